//! Folders of other people: what lies below them is read without following a single link.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use nix::dir::{Dir, Type};
use nix::fcntl::{OFlag, openat};
use nix::sys::stat::Mode;

use super::FileError;
use super::files::{Facts, Kind, READING, read_opened, scan_opened};

/// A folder held open, below which no link is followed, neither in the last place nor on the way.
#[derive(Debug)]
pub struct Beneath {
    path: PathBuf,
    descriptor: OwnedFd,
}

impl Beneath {
    /// Opens a folder whose own path is trusted (an account's home, links resolved).
    pub fn open(path: &Path) -> Result<Beneath, FileError> {
        let opened = nix::fcntl::open(path, FOLDER, Mode::empty());
        match opened {
            Ok(descriptor) => Ok(Beneath {
                path: path.to_path_buf(),
                descriptor,
            }),
            Err(errno) => Err(FileError::on("open", path)(errno.into())),
        }
    }

    /// Where it was when it was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The facts of what is there, a link being one; `None` where there is nothing.
    pub fn facts(&self, relative: &Path) -> Result<Option<Facts>, FileError> {
        let found = self.reach(relative, OFlag::O_PATH);
        let facts = found.and_then(|file| Ok(Facts::of(&File::from(file).metadata()?)));
        match facts {
            Ok(facts) => Ok(Some(facts)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(FileError::on("look at", self.path.join(relative))(error)),
        }
    }

    /// Reads a regular file of at most `limit` bytes.
    pub fn read(&self, relative: &Path, limit: u64) -> Result<(Vec<u8>, Facts), FileError> {
        let file = self.reach(relative, OFlag::from_bits_retain(READING));
        file.and_then(|file| read_opened(&File::from(file), limit))
            .map_err(|error| FileError::on("read", self.path.join(relative))(error))
    }

    /// Where the link of this name points, exactly as stored; the link itself is not followed.
    pub fn link_target(&self, relative: &Path) -> Result<PathBuf, FileError> {
        // An empty name means the link that is held open (readlinkat(2)).
        let link = self.reach(relative, OFlag::O_PATH);
        link.and_then(|link| Ok(nix::fcntl::readlinkat(&link, "")?.into()))
            .map_err(|error| FileError::on("read the link", self.path.join(relative))(error))
    }

    /// As [`scan`](super::files::scan).
    pub fn scan(
        &self,
        relative: &Path,
        limit: u64,
        overlap: usize,
        look: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), FileError> {
        let file = self.reach(relative, OFlag::from_bits_retain(READING));
        file.and_then(|file| scan_opened(File::from(file), limit, overlap, look))
            .map_err(|error| FileError::on("read", self.path.join(relative))(error))
    }

    /// The names in a folder and what each is, sorted bytewise; a missing folder is empty.
    pub fn names(&self, relative: &Path) -> Result<Vec<(OsString, Kind)>, FileError> {
        let listed = self
            .reach(relative, OFlag::O_RDONLY | OFlag::O_DIRECTORY)
            .and_then(entries);
        match listed {
            Ok(names) => Ok(names),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(FileError::on("list", self.path.join(relative))(error)),
        }
    }

    /// Opens what is there, component by component.
    fn reach(&self, relative: &Path, flags: OFlag) -> io::Result<OwnedFd> {
        let mut names: Vec<&OsStr> = Vec::new();
        for component in relative.components() {
            match component {
                Component::Normal(name) => names.push(name),
                Component::CurDir => {}
                _ => return Err(io::Error::other("it leads out of the folder")),
            }
        }
        let Some((last, folders)) = names.split_last() else {
            return step(&self.descriptor, OsStr::new("."), flags);
        };
        let mut at = None;
        for name in folders {
            at = Some(step(at.as_ref().unwrap_or(&self.descriptor), name, FOLDER)?);
        }
        step(at.as_ref().unwrap_or(&self.descriptor), last, flags)
    }
}

const FOLDER: OFlag = OFlag::O_PATH
    .union(OFlag::O_DIRECTORY)
    .union(OFlag::O_CLOEXEC);

fn step(at: &OwnedFd, name: &OsStr, flags: OFlag) -> io::Result<OwnedFd> {
    let flags = flags | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    openat(at, name, flags, Mode::empty()).map_err(|errno| {
        let link = matches!(errno, nix::errno::Errno::ELOOP | nix::errno::Errno::ENOTDIR)
            && is_link(at, name);
        match link {
            true => io::Error::other(format!(
                "`{}` is a symbolic link, which is not followed",
                name.display()
            )),
            // A file where a folder would have to be: what is asked for is not there.
            false if errno == nix::errno::Errno::ENOTDIR => io::ErrorKind::NotFound.into(),
            false => errno.into(),
        }
    })
}

fn is_link(at: &OwnedFd, name: &OsStr) -> bool {
    let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let found = openat(at, name, flags, Mode::empty()).map(File::from);
    found.is_ok_and(|file| file.metadata().is_ok_and(|facts| facts.is_symlink()))
}

fn entries(folder: OwnedFd) -> io::Result<Vec<(OsString, Kind)>> {
    let at = folder.try_clone()?;
    let mut names = Vec::new();
    for entry in Dir::from_fd(folder).map_err(io::Error::from)?.iter() {
        let entry = entry.map_err(io::Error::from)?;
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        if name == "." || name == ".." {
            continue;
        }
        let kind = match entry.file_type() {
            Some(Type::File) => Kind::File,
            Some(Type::Directory) => Kind::Directory,
            Some(Type::Symlink) => Kind::Link,
            Some(_) => Kind::Special,
            // Not every file system tells the type.
            None => match step(&at, name, OFlag::O_PATH).map(File::from) {
                Ok(file) => Facts::of(&file.metadata()?).kind,
                Err(_) => continue,
            },
        };
        names.push((name.to_os_string(), kind));
    }
    names.sort_unstable();
    Ok(names)
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "tests act on folders of their own"
)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn no_link_is_followed_and_nothing_leads_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("home");
        std::fs::create_dir_all(path.join("real/deep")).unwrap();
        std::fs::write(path.join("real/deep/file"), "content").unwrap();
        std::fs::write(folder.path().join("secret"), "secret").unwrap();
        symlink("real", path.join("link")).unwrap();
        symlink("../secret", path.join("out")).unwrap();
        let home = Beneath::open(&path).unwrap();
        let read = |name: &str| home.read(Path::new(name), 100).map(|(bytes, _)| bytes);
        assert_eq!(read("real/deep/file").unwrap(), b"content");
        for name in ["link/deep/file", "out", "../secret", "/etc/passwd"] {
            let error = read(name).unwrap_err();
            assert!(!error.is_missing(), "{name}: {error}");
        }
        assert!(
            read("link/deep/file")
                .unwrap_err()
                .to_string()
                .contains("symbolic link")
        );
        assert!(read("real/none").unwrap_err().is_missing());
        assert!(read("real/deep/file/x").unwrap_err().is_missing());
        let kinds = home.names(Path::new("")).unwrap();
        let shown: Vec<_> = kinds
            .iter()
            .map(|(name, kind)| (name.to_str().unwrap(), *kind))
            .collect();
        assert_eq!(
            shown,
            [
                ("link", Kind::Link),
                ("out", Kind::Link),
                ("real", Kind::Directory)
            ]
        );
        assert_eq!(
            home.facts(Path::new("link")).unwrap().unwrap().kind,
            Kind::Link
        );
        assert!(home.names(Path::new("link")).is_err());
    }

    #[test]
    fn a_fifo_is_refused_without_waiting() {
        let folder = tempfile::tempdir().unwrap();
        nix::unistd::mkfifo(&folder.path().join("fifo"), Mode::S_IRWXU).unwrap();
        let home = Beneath::open(folder.path()).unwrap();
        assert!(home.read(Path::new("fifo"), 10).is_err());
    }
}
