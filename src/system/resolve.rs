//! Names inside a tree: every link is followed as a program running *inside* the root would follow it.

#![expect(clippy::disallowed_methods, reason = "system owns the file system")]

use std::collections::HashSet;
use std::ffi::OsString;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::FileError;

/// As many links as Linux follows in one look-up (`path_resolution(7)`: MAXSYMLINKS).
pub(super) const MAX_LINKS: usize = 40;

/// Joins an absolute path of the tree to the root: `/etc/ssl` in root `/srv/image` is `/srv/image/etc/ssl`.
pub fn under(root: &Path, path: &Path) -> PathBuf {
    match path.strip_prefix("/") {
        Ok(relative) if !relative.as_os_str().is_empty() => root.join(relative),
        _ if path == Path::new("/") => root.to_path_buf(),
        _ => root.join(path),
    }
}

/// The absolute path inside the tree that `path` (inside the tree) leads to once every link is followed.
///
/// Absolute link targets start again at the root, `..` never leaves it. The last component may be missing;
/// a missing or looping folder on the way is an error.
pub fn inside(root: &Path, path: &Path) -> Result<PathBuf, FileError> {
    walk(root, path, true, false, &mut Folders::default())
}

/// Folders of a tree that are known to be no links, for many look-ups in one reading.
pub type Folders = HashSet<PathBuf>;

/// Like [`inside`], without a look at folders that are known already.
pub fn inside_known(root: &Path, path: &Path, known: &mut Folders) -> Result<PathBuf, FileError> {
    walk(root, path, true, false, known)
}

/// Like [`inside`], but folders on the way may be missing too: the place that `path` has once they are made.
pub fn place_inside(root: &Path, path: &Path) -> Result<PathBuf, FileError> {
    walk(root, path, true, true, &mut Folders::default())
}

/// Like [`place_inside`], but a link in the last place is not followed.
pub fn name_inside(root: &Path, path: &Path) -> Result<PathBuf, FileError> {
    walk(root, path, false, true, &mut Folders::default())
}

fn walk(
    root: &Path,
    path: &Path,
    follow_last: bool,
    folders_may_miss: bool,
    known: &mut Folders,
) -> Result<PathBuf, FileError> {
    let may_miss = |last: bool| last || folders_may_miss;
    let mut links = 0;
    let mut todo: Vec<OsString> = names(path);
    let mut done = PathBuf::from("/");
    while let Some(name) = todo.pop() {
        if name == ".." {
            done.pop();
            continue;
        }
        let next = done.join(&name);
        if todo.is_empty() && !follow_last {
            return Ok(next);
        }
        if known.contains(&next) {
            done = next;
            continue;
        }
        match std::fs::read_link(under(root, &next)) {
            Ok(target) => {
                links += 1;
                if links > MAX_LINKS {
                    let looped = io::Error::from_raw_os_error(nix::libc::ELOOP);
                    return Err(FileError::on("resolve", under(root, path))(looped));
                }
                if target.is_absolute() {
                    done = PathBuf::from("/");
                }
                todo.extend(names(&target));
            }
            // EINVAL: it is there and no link.
            Err(error) if error.raw_os_error() == Some(nix::libc::EINVAL) => {
                if !todo.is_empty() {
                    known.insert(next.clone());
                }
                done = next;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && may_miss(todo.is_empty()) => {
                done = next;
            }
            Err(error) => return Err(FileError::on("resolve", under(root, path))(error)),
        }
    }
    Ok(done)
}

/// The components still to walk, last one first; `..` kept, `.` and the root dropped.
pub(super) fn names(path: &Path) -> Vec<OsString> {
    path.components()
        .rev()
        .filter_map(|component| match component {
            Component::Normal(name) => Some(name.to_os_string()),
            Component::ParentDir => Some(OsString::from("..")),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn tree() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("usr/share/ca")).unwrap();
        std::fs::write(root.path().join("usr/share/ca/a.crt"), "a").unwrap();
        root
    }

    #[test]
    fn an_absolute_link_stays_inside_the_tree() {
        let root = tree();
        symlink("/usr/share/ca", root.path().join("ca")).unwrap();
        let found = inside(root.path(), Path::new("/ca/a.crt")).unwrap();
        assert_eq!(found, Path::new("/usr/share/ca/a.crt"));
    }

    #[test]
    fn dots_never_leave_the_tree() {
        let root = tree();
        symlink("../../../../usr", root.path().join("up")).unwrap();
        let found = inside(root.path(), Path::new("/up/share/ca/a.crt")).unwrap();
        assert_eq!(found, Path::new("/usr/share/ca/a.crt"));
    }

    #[test]
    fn a_loop_of_links_is_an_error() {
        let root = tree();
        symlink("/b", root.path().join("a")).unwrap();
        symlink("/a", root.path().join("b")).unwrap();
        let error = inside(root.path(), Path::new("/a")).unwrap_err();
        assert_eq!(error.source.raw_os_error(), Some(nix::libc::ELOOP));
    }

    #[test]
    fn the_last_name_may_be_missing() {
        let root = tree();
        let found = inside(root.path(), Path::new("/usr/share/none")).unwrap();
        assert_eq!(found, Path::new("/usr/share/none"));
        assert!(inside(root.path(), Path::new("/none/none")).is_err());
    }

    #[test]
    fn a_place_that_is_yet_to_be_made_lies_inside_the_tree_too() {
        let root = tree();
        symlink("/usr/share", root.path().join("opt")).unwrap();
        let place = |path| place_inside(root.path(), Path::new(path)).unwrap();
        assert_eq!(place("/opt/new/a.crt"), Path::new("/usr/share/new/a.crt"));
        assert_eq!(place("/opt/none/../../../../x"), Path::new("/x"));
        let name = name_inside(root.path(), Path::new("/opt/new/opt")).unwrap();
        assert_eq!(name, Path::new("/usr/share/new/opt"));
    }
}
