//! A tree, held by a handle of its root: every name is resolved inside it, at the moment of the operation.
//!
//! Whoever can write in a tree can change its links between a look and a write, so no path that was resolved before is
//! handed to the kernel by name. Its parent is resolved once more from the handle, where neither an absolute link nor
//! `..` leads out, and the last component is never followed.

use std::ffi::{OsStr, OsString};
use std::io;
use std::ops::ControlFlow;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat, openat2, readlinkat};
use nix::libc;
use nix::sys::stat::{Mode, fstat};

use super::FileError;
use super::files::{Facts, Kind};
use super::folder::Folder;
use super::opened::Opened;
use super::resolve::{self, MAX_LINKS};

/// So often is the kernel asked again when it saw a rename on the way (openat2(2): EAGAIN).
const TRIES: usize = 16;
/// A handle that says where something is, and opens nothing.
const PLACE: OFlag = OFlag::O_PATH.union(OFlag::O_CLOEXEC);

/// Whether this kernel lacks openat2 (Linux before 5.6), or a container's filter of system calls forbids it.
static WITHOUT_OPENAT2: AtomicBool = AtomicBool::new(false);

/// Which links on the way to a folder are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Links {
    /// Every one.
    All,
    /// Those of root, the caller and the tree's owner: nobody else decides where something is written.
    Own,
    /// None.
    None,
}

/// A tree; paths are those of the machine, below [`Root::path`].
#[derive(Clone, Debug)]
pub struct Root {
    path: PathBuf,
    handle: Result<Arc<OwnedFd>, Errno>,
}

impl Root {
    /// Takes hold of a tree (an absolute path). That it cannot be opened is told by the operations on it.
    pub fn open(path: &Path) -> Root {
        let handle = nix::fcntl::open(path, PLACE | OFlag::O_DIRECTORY, Mode::empty());
        Root {
            path: path.to_path_buf(),
            handle: handle.map(Arc::new),
        }
    }

    /// Where the tree is on this machine.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A folder of the tree, to read from it.
    pub fn folder(&self, path: &Path) -> Result<Folder, FileError> {
        let opened = self.resolve(path, Links::All, OFlag::O_DIRECTORY);
        Folder::held(path, opened)
    }

    /// A folder of the tree, to change what is in it: no link of a stranger leads there.
    pub fn folder_to_change(&self, path: &Path) -> Result<Folder, FileError> {
        let opened = self.resolve(path, Links::Own, OFlag::O_DIRECTORY);
        Folder::held(path, opened)
    }

    /// The folder in which a name of the tree stands, and the name there. The tree's root itself is named `.`.
    fn parent<'p>(&self, path: &'p Path) -> Result<(Folder, &'p OsStr), FileError> {
        match (path.parent(), path.file_name()) {
            (Some(parent), Some(name)) if path != self.path => Ok((self.folder(parent)?, name)),
            _ => Ok((self.folder(path)?, OsStr::new("."))),
        }
    }

    /// As [`files::facts`](super::files::facts).
    pub fn facts(&self, path: &Path) -> Result<Option<Facts>, FileError> {
        match self.parent(path) {
            Ok((folder, name)) => folder.facts(name),
            Err(error) if error.is_absent() => Ok(None),
            Err(error) => Err(FileError::on("look at", path)(error.source)),
        }
    }

    /// Where a link points, exactly as stored.
    pub fn link_target(&self, path: &Path) -> Result<PathBuf, FileError> {
        let (folder, name) = self.parent(path)?;
        folder.link_target(name)
    }

    /// As [`files::read`](super::files::read); a link in the last place is refused.
    pub fn read(&self, path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
        self.read_with_facts(path, limit).map(|(bytes, _)| bytes)
    }

    /// Like [`Root::read`], with the facts of the very file that was read.
    pub fn read_with_facts(&self, path: &Path, limit: u64) -> Result<(Vec<u8>, Facts), FileError> {
        let (folder, name) = self.parent_to_read(path)?;
        folder.read_with_facts(name, limit)
    }

    /// A regular file, open and not yet read; a link in the last place is refused.
    pub fn open_to_read(&self, path: &Path) -> Result<Opened, FileError> {
        let (folder, name) = self.parent_to_read(path)?;
        folder.open_to_read(name)
    }

    /// As [`files::scan`](super::files::scan).
    pub fn scan(
        &self,
        path: &Path,
        limit: u64,
        overlap: usize,
        look: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), FileError> {
        let (folder, name) = self.parent_to_read(path)?;
        folder.scan(name, limit, overlap, look)
    }

    fn parent_to_read<'p>(&self, path: &'p Path) -> Result<(Folder, &'p OsStr), FileError> {
        let found = self.parent(path);
        found.map_err(|error| FileError::on("read", path)(error.source))
    }

    /// The names in a folder, sorted bytewise; a missing folder is empty.
    pub fn names(&self, folder: &Path) -> Result<Vec<OsString>, FileError> {
        match self.folder(folder) {
            Ok(folder) => folder.names(),
            Err(error) if error.is_absent() => Ok(Vec::new()),
            Err(error) => Err(FileError::on("list", folder)(error.source)),
        }
    }

    /// The names in a folder, sorted bytewise, and what each is; a missing folder is empty.
    pub fn names_and_kinds(&self, folder: &Path) -> Result<Vec<(OsString, Kind)>, FileError> {
        match self.folder(folder) {
            Ok(folder) => folder.names_and_kinds(),
            Err(error) if error.is_absent() => Ok(Vec::new()),
            Err(error) => Err(FileError::on("list", folder)(error.source)),
        }
    }

    /// Opens what a path of the tree leads to, as a place only.
    fn resolve(&self, path: &Path, links: Links, flags: OFlag) -> io::Result<OwnedFd> {
        let root = self.handle.as_ref().map_err(|errno| *errno)?;
        let inside = path.strip_prefix(&self.path).unwrap_or(path);
        if !WITHOUT_OPENAT2.load(Ordering::Relaxed) {
            match by_kernel(root, inside, links, flags) {
                Err(Errno::ENOSYS | Errno::EPERM) => {
                    WITHOUT_OPENAT2.store(true, Ordering::Relaxed);
                }
                // Too many renames on the way, or links, of which the kernel does not tell whose they are.
                Err(Errno::EAGAIN) => {}
                Err(Errno::ELOOP) if links == Links::Own => {}
                opened => return Ok(opened?),
            }
        }
        step_by_step(root, inside, links, flags)
    }
}

/// The kernel's own look-up, confined to the tree.
fn by_kernel(root: &OwnedFd, inside: &Path, links: Links, flags: OFlag) -> Result<OwnedFd, Errno> {
    let mut confined = ResolveFlag::RESOLVE_IN_ROOT | ResolveFlag::RESOLVE_NO_MAGICLINKS;
    if links != Links::All {
        confined |= ResolveFlag::RESOLVE_NO_SYMLINKS;
    }
    let how = OpenHow::new().flags(PLACE | flags).resolve(confined);
    let relative = match inside.as_os_str().is_empty() {
        true => Path::new("."),
        false => inside,
    };
    let mut result = Err(Errno::EAGAIN);
    for _ in 0..TRIES {
        result = openat2(root, relative, how);
        if !matches!(result, Err(Errno::EAGAIN | Errno::EINTR)) {
            break;
        }
    }
    result
}

/// The same one component at a time: each is opened without being followed, and `..` goes back to the handle of the
/// folder that it was entered from, wherever that has been moved since.
fn step_by_step(root: &OwnedFd, inside: &Path, links: Links, flags: OFlag) -> io::Result<OwnedFd> {
    let owners = [0, nix::unistd::geteuid().as_raw(), fstat(root)?.st_uid];
    let start = || openat(root, ".", PLACE | OFlag::O_DIRECTORY, Mode::empty());
    let mut todo = resolve::names(inside);
    let mut folders = vec![start()?];
    let mut followed = 0;
    while let Some(name) = todo.pop() {
        if name == ".." {
            folders.truncate((folders.len() - 1).max(1));
            continue;
        }
        let Some(here) = folders.last() else {
            return Err(Errno::ENOENT.into());
        };
        let next = openat(
            here,
            name.as_os_str(),
            PLACE | OFlag::O_NOFOLLOW,
            Mode::empty(),
        )?;
        let found = fstat(&next)?;
        match found.st_mode & libc::S_IFMT {
            libc::S_IFLNK => {
                followed += 1;
                match links {
                    _ if followed > MAX_LINKS => return Err(Errno::ELOOP.into()),
                    Links::None => return Err(Errno::ELOOP.into()),
                    Links::Own if !owners.contains(&found.st_uid) => {
                        return Err(strange_link(&name, found.st_uid));
                    }
                    _ => {}
                }
                let target = PathBuf::from(readlinkat(&next, "")?);
                if target.is_absolute() {
                    folders.truncate(1);
                }
                todo.extend(resolve::names(&target));
            }
            libc::S_IFDIR => folders.push(next),
            _ if todo.is_empty() && !flags.contains(OFlag::O_DIRECTORY) => return Ok(next),
            _ => return Err(Errno::ENOTDIR.into()),
        }
    }
    folders.pop().ok_or_else(|| Errno::ENOENT.into())
}

fn strange_link(name: &OsStr, owner: u32) -> io::Error {
    let name = name.display();
    io::Error::other(format!(
        "the link `{name}` on the way belongs to user {owner}: only links of root, the caller or the tree's owner are \
         followed to change something"
    ))
}

/// A folder below another one, reached through no link.
pub(super) fn below(folder: impl AsFd, relative: &Path) -> io::Result<OwnedFd> {
    let root = openat(folder, ".", PLACE | OFlag::O_DIRECTORY, Mode::empty())?;
    if relative.as_os_str().is_empty() {
        return Ok(root);
    }
    if !WITHOUT_OPENAT2.load(Ordering::Relaxed) {
        match by_kernel(&root, relative, Links::None, OFlag::O_DIRECTORY) {
            Err(Errno::ENOSYS | Errno::EPERM | Errno::EAGAIN) => {}
            opened => return Ok(opened?),
        }
    }
    step_by_step(&root, relative, Links::None, OFlag::O_DIRECTORY)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests act on trees of their own")]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    const NAMES: [&str; 12] = [
        "a", "b", "file", "absolute", "up", "down", "loop", "self", "twice", "dangling", "..",
        "none",
    ];

    fn tree() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("root/a/b/a")).unwrap();
        fs::create_dir_all(at("root/b/a")).unwrap();
        fs::create_dir_all(at("outside/b")).unwrap();
        for name in ["root/file", "root/a/file", "outside/file"] {
            fs::write(at(name), name).unwrap();
        }
        for folder in ["root", "root/a", "root/b", "root/a/b"] {
            let link = |name: &str, target: &Path| {
                symlink(target, at(folder).join(name)).unwrap();
            };
            link("absolute", &at("outside"));
            link("up", Path::new("../../../../../outside"));
            link("down", Path::new("/a/../b"));
            link("loop", Path::new("self"));
            link("self", Path::new("loop"));
            link("twice", Path::new("down/a"));
            link("dangling", Path::new("nowhere"));
        }
        folder
    }

    fn identity(opened: io::Result<OwnedFd>) -> Result<(u64, u64), Option<i32>> {
        let opened = opened.map_err(|error| error.raw_os_error())?;
        let found = fstat(&opened).unwrap();
        Ok((found.st_dev, found.st_ino))
    }

    #[test]
    fn both_ways_to_look_a_name_up_find_the_same() {
        let folder = tree();
        let root = Root::open(&folder.path().join("root"));
        let root = root.handle.unwrap();
        let mut found = 0;
        for (one, two, three) in NAMES.iter().flat_map(|one| {
            let pairs = NAMES
                .iter()
                .flat_map(|two| NAMES.map(|three| (*two, three)));
            pairs.map(|(two, three)| (*one, two, three))
        }) {
            let path = PathBuf::from(format!("{one}/{two}/{three}"));
            for links in [Links::All, Links::None] {
                for flags in [OFlag::empty(), OFlag::O_DIRECTORY] {
                    let kernel = by_kernel(&root, &path, links, flags).map_err(io::Error::from);
                    let (kernel, own) = (
                        identity(kernel),
                        identity(step_by_step(&root, &path, links, flags)),
                    );
                    assert_eq!(kernel, own, "{} {links:?} {flags:?}", path.display());
                    found += usize::from(own.is_ok());
                }
            }
        }
        assert!(found > 100, "{found}");
    }

    #[test]
    fn no_path_leads_out_of_the_tree() {
        let folder = tree();
        let path = folder.path().join("root");
        let root = Root::open(&path);
        let outside = folder.path().join("outside/file");
        for name in [
            "absolute/file",
            "up/file",
            "a/up/file",
            "../outside/file",
            "../../../etc/passwd",
        ] {
            assert!(root.read(&path.join(name), 100).is_err(), "{name}");
        }
        assert!(root.read(&outside, 100).is_err());
        assert_eq!(
            root.read(&path.join("a/file"), 100).unwrap(),
            b"root/a/file"
        );
        assert_eq!(
            root.read(&path.join("a/../../../file"), 100).unwrap(),
            b"root/file"
        );
    }

    #[test]
    fn a_folder_moved_out_of_the_tree_is_no_way_out() {
        let folder = tree();
        let path = folder.path().join("root");
        let root = Root::open(&path);
        let held = root.folder(&path.join("a/b")).unwrap();
        fs::rename(path.join("a/b"), folder.path().join("moved")).unwrap();
        // The handle is still that folder, and leads nowhere else: no name with `..` is ever looked up from it.
        assert!(held.below(Path::new("../outside")).is_err());
        assert!(held.below(Path::new("up")).is_err());
        assert_eq!(held.names().unwrap().len(), 8);
    }

    #[test]
    fn only_an_empty_new_folder_gets_a_mode_and_only_ours_is_used() {
        let folder = tree();
        let held = Folder::open(folder.path()).unwrap();
        let name = OsStr::new("new");
        held.create_new_folder(name, 0o755).unwrap();
        assert!(held.create_new_folder(name, 0o755).is_err());
        held.remove_all(name).unwrap();
        held.remove_all(name).unwrap();
        symlink("outside", folder.path().join("new")).unwrap();
        assert!(held.create_folder(name, 0o755).is_err());
        held.remove_all(name).unwrap();
        assert!(folder.path().join("outside/file").exists());
    }
}
