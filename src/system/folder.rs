//! A folder held open: what is in it is looked at, read, made and removed through the handle, whatever becomes of the
//! folder's name.

use std::ffi::{OsStr, OsString};
use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use nix::dir::{Dir, Type};
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, openat, readlinkat, renameat};
use nix::sys::stat::{Mode, fstatat, mkdirat};
use nix::unistd::{UnlinkatFlags, symlinkat, unlinkat};

use super::FileError;
use super::files::{Facts, Kind, READING, content, is_absent, scan_opened};
use super::opened::Opened;
use super::root;

/// Folders in folders that are removed; ours are no deeper than the local certificates.
const DEEPEST: usize = 64;
/// So often is a file opened that somebody makes and removes meanwhile.
const TRIES: usize = 16;

/// A folder with more names is not listed: who may write in it would choose how much memory that takes.
const MOST: usize = 1_000_000;

/// A folder held open.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    descriptor: OwnedFd,
}

/// What had a name in a folder, held without being opened.
#[derive(Debug)]
pub struct Held {
    file: File,
    facts: Facts,
}

impl Held {
    /// Its facts when it was taken hold of.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }
}

impl Folder {
    /// Opens a folder of this machine.
    pub fn open(path: &Path) -> Result<Folder, FileError> {
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let opened = nix::fcntl::open(path, flags, Mode::empty());
        Folder::held(path, opened.map_err(io::Error::from))
    }

    pub(super) fn held(path: &Path, opened: io::Result<OwnedFd>) -> Result<Folder, FileError> {
        let descriptor = opened.map_err(FileError::on("open", path))?;
        Ok(Folder {
            path: path.to_path_buf(),
            descriptor,
        })
    }

    /// The same folder, named so in messages.
    #[must_use]
    pub fn shown_as(self, path: &Path) -> Folder {
        Folder {
            path: path.to_path_buf(),
            ..self
        }
    }

    /// Where it was when it was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn fails(&self, action: &'static str, name: &OsStr) -> impl FnOnce(Errno) -> FileError {
        let path = self.path.join(name);
        move |errno| FileError::on(action, path)(errno.into())
    }

    /// A folder below this one, reached through no link.
    pub fn below(&self, relative: &Path) -> Result<Folder, FileError> {
        let opened = root::below(&self.descriptor, relative);
        Folder::held(&self.path.join(relative), opened)
    }

    /// The facts of a name itself, a link not followed; `None` where there is nothing.
    pub fn facts(&self, name: &OsStr) -> Result<Option<Facts>, FileError> {
        match fstatat(&self.descriptor, name, AtFlags::AT_SYMLINK_NOFOLLOW) {
            Ok(found) => Ok(Some(Facts::of_status(&found))),
            Err(Errno::ENOENT | Errno::ENOTDIR) => Ok(None),
            Err(errno) => Err(self.fails("look at", name)(errno)),
        }
    }

    /// As [`files::read_with_facts`](super::files::read_with_facts), by the name in this folder.
    pub fn read_with_facts(&self, name: &OsStr, limit: u64) -> Result<(Vec<u8>, Facts), FileError> {
        let held = self.hold_it(name);
        held.and_then(|held| self.read_it(name, &held, limit))
            .map_err(|error| FileError::on("read", self.path.join(name))(error))
    }

    /// Takes hold of what has this name now, a link not followed, so that it can be looked at and then read.
    pub fn hold(&self, name: &OsStr) -> Result<Held, FileError> {
        let held = self.hold_it(name);
        held.map_err(|error| FileError::on("look at", self.path.join(name))(error))
    }

    /// As [`read_with_facts`](Self::read_with_facts), of what was taken hold of by this name.
    pub fn read_held(&self, name: &OsStr, held: &Held, limit: u64) -> Result<Vec<u8>, FileError> {
        let read = self.read_it(name, held, limit);
        read.map(|(bytes, _)| bytes)
            .map_err(|error| FileError::on("read", self.path.join(name))(error))
    }

    fn hold_it(&self, name: &OsStr) -> io::Result<Held> {
        let place = OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let file = File::from(openat(&self.descriptor, name, place, Mode::empty())?);
        let facts = Facts::of(&file.metadata()?);
        Ok(Held { file, facts })
    }

    fn read_it(&self, name: &OsStr, held: &Held, limit: u64) -> io::Result<(Vec<u8>, Facts)> {
        let file = self.open_held(name, held, OFlag::O_RDONLY)?;
        Ok((content(&file, held.facts.size, limit)?, held.facts))
    }

    /// Opens a regular file to be looked at before it is read.
    pub fn open_to_read(&self, name: &OsStr) -> Result<Opened, FileError> {
        let path = self.path.join(name);
        self.open_regular(name, OFlag::O_RDONLY)
            .and_then(|file| Opened::of(file, &path))
            .map_err(FileError::on("read", path.clone()))
    }

    /// As [`files::scan`](super::files::scan), by the name in this folder.
    pub fn scan(
        &self,
        name: &OsStr,
        limit: u64,
        overlap: usize,
        look: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), FileError> {
        self.open_regular(name, OFlag::O_RDONLY)
            .and_then(|file| scan_opened(file, limit, overlap, look))
            .map_err(|error| FileError::on("read", self.path.join(name))(error))
    }

    /// Opens a regular file.
    ///
    /// What it is gets looked at on a handle that opens nothing (some devices act when they are opened), and it is that
    /// very file that is opened then, whatever its name has become.
    fn open_regular(&self, name: &OsStr, access: OFlag) -> io::Result<File> {
        self.open_held(name, &self.hold_it(name)?, access)
    }

    fn open_held(&self, name: &OsStr, held: &Held, access: OFlag) -> io::Result<File> {
        match held.facts.kind {
            Kind::File => {}
            Kind::Directory => return Err(io::ErrorKind::IsADirectory.into()),
            Kind::Link => return Err(io::Error::other("it is a link")),
            Kind::Special => return Err(io::Error::other("not a regular file")),
        }
        let flags = access | OFlag::from_bits_retain(READING);
        let itself = format!("/proc/self/fd/{}", held.file.as_raw_fd());
        if let Ok(opened) = nix::fcntl::open(itself.as_str(), flags, Mode::empty()) {
            return Ok(File::from(opened));
        }
        // Without `/proc` the name is all there is.
        let flags = flags | OFlag::O_NOFOLLOW;
        let opened = File::from(openat(&self.descriptor, name, flags, Mode::empty())?);
        let now = Facts::of(&opened.metadata()?);
        match (now.device, now.inode) == (held.facts.device, held.facts.inode) {
            true => Ok(opened),
            false => Err(io::Error::other("it was replaced while it was opened")),
        }
    }

    /// Opens a file to be locked, made when it is missing: a regular file with no other name, of root or the caller.
    pub(super) fn open_lock(&self, name: &OsStr) -> io::Result<File> {
        let create = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW;
        for _ in 0..TRIES {
            // Whoever can open the file can hold the lock: nobody else may.
            let mode = Mode::S_IRUSR | Mode::S_IWUSR;
            match openat(&self.descriptor, name, create | OFlag::O_CLOEXEC, mode) {
                Err(Errno::EEXIST) => {}
                made => return Ok(File::from(made?)),
            }
            match self.open_regular(name, OFlag::O_RDWR) {
                Err(error) if is_absent(&error) => {}
                Err(error) => return Err(error),
                Ok(file) => return own(file),
            }
        }
        Err(io::Error::other("it comes and goes"))
    }

    /// Where the link of this name points, exactly as stored.
    pub fn link_target(&self, name: &OsStr) -> Result<PathBuf, FileError> {
        match readlinkat(&self.descriptor, name) {
            Ok(mut target) => {
                // It comes with room for the longest there can be.
                target.shrink_to_fit();
                Ok(target.into())
            }
            Err(errno) => Err(self.fails("read the link", name)(errno)),
        }
    }

    /// The names in it, sorted bytewise.
    pub fn names(&self) -> Result<Vec<OsString>, FileError> {
        self.listed(|_, name, _| Ok(Some(name.to_os_string())))
    }

    /// The names in it, sorted bytewise, and what each is.
    pub fn names_and_kinds(&self) -> Result<Vec<(OsString, Kind)>, FileError> {
        self.listed(|folder, name, kind| {
            let kind = match kind {
                Some(Type::File) => Some(Kind::File),
                Some(Type::Directory) => Some(Kind::Directory),
                Some(Type::Symlink) => Some(Kind::Link),
                Some(_) => Some(Kind::Special),
                // Not every file system tells the type; the file can be gone when it is asked for.
                None => folder.facts(name)?.map(|facts| facts.kind),
            };
            Ok(kind.map(|kind| (name.to_os_string(), kind)))
        })
    }

    fn listed<T: Ord>(
        &self,
        what: impl Fn(&Folder, &OsStr, Option<Type>) -> Result<Option<T>, FileError>,
    ) -> Result<Vec<T>, FileError> {
        let fail = |errno: Errno| FileError::on("list", &self.path)(errno.into());
        let mut listing = Dir::from_fd(self.opened().map_err(fail)?).map_err(fail)?;
        let mut listed = Vec::new();
        for entry in listing.iter() {
            let entry = entry.map_err(fail)?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if listed.len() >= MOST {
                let reason = format!("it has more than {MOST} names");
                return Err(FileError::on("list", &self.path)(io::Error::other(reason)));
            }
            if name != "." && name != ".." {
                listed.extend(what(self, name, entry.file_type())?);
            }
        }
        listed.sort_unstable();
        Ok(listed)
    }

    /// Opened to be listed or synced, where the handle only holds the place.
    fn opened(&self) -> Result<OwnedFd, Errno> {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        openat(&self.descriptor, ".", flags, Mode::empty())
    }

    /// Creates a new file (`O_EXCL|O_NOFOLLOW`) with exactly this mode whatever the umask.
    ///
    /// Owner and mode are set on the open file, never by its name: where others may write in the folder, the name
    /// could be a link to something else by then. The owner is set only where it differs, so that an ordinary user's
    /// own tree needs no right to do so.
    pub fn create_unsynced(
        &self,
        name: &OsStr,
        bytes: &[u8],
        mode: u32,
        owner: Option<(u32, u32)>,
    ) -> Result<File, FileError> {
        let fail = |error| FileError::on("create", self.path.join(name))(error);
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW;
        let private = Mode::S_IRUSR | Mode::S_IWUSR;
        let file = openat(&self.descriptor, name, flags | OFlag::O_CLOEXEC, private);
        let mut file = File::from(file.map_err(|errno| fail(errno.into()))?);
        file.write_all(bytes).map_err(fail)?;
        if let Some((uid, gid)) = owner {
            let facts = Facts::of(&file.metadata().map_err(fail)?);
            if (facts.uid, facts.gid) != (uid, gid) {
                std::os::unix::fs::fchown(&file, Some(uid), Some(gid))
                    .map_err(FileError::on("set the owner of", self.path.join(name)))?;
            }
        }
        file.set_permissions(Permissions::from_mode(mode))
            .map_err(fail)?;
        Ok(file)
    }

    /// Like [`Folder::create_unsynced`], and synced.
    pub fn create(
        &self,
        name: &OsStr,
        bytes: &[u8],
        mode: u32,
        owner: Option<(u32, u32)>,
    ) -> Result<(), FileError> {
        let file = self.create_unsynced(name, bytes, mode, owner)?;
        file.sync_all()
            .map_err(FileError::on("create", self.path.join(name)))
    }

    /// Creates a symbolic link; fails when the name is taken.
    pub fn create_link(&self, name: &OsStr, target: &Path) -> Result<(), FileError> {
        symlinkat(target, &self.descriptor, name).map_err(self.fails("create the link", name))
    }

    /// Creates a folder with exactly this mode; one that is there already is left as it is.
    ///
    /// A link to a folder is none: what is written into it would land somewhere else.
    pub fn create_folder(&self, name: &OsStr, mode: u32) -> Result<Folder, FileError> {
        // Never writable by others, not even for a moment; else as wanted at once, so that a killed run leaves no
        // private `/var` behind.
        let at_once = Mode::from_bits_truncate(mode & !0o022);
        match mkdirat(&self.descriptor, name, at_once) {
            Ok(()) => {
                let folder = self.below(Path::new(name))?;
                // One that somebody has put in its place meanwhile keeps its mode.
                if folder.names()?.is_empty() {
                    let opened = folder.opened().map_err(io::Error::from);
                    opened
                        .and_then(|open| {
                            File::from(open).set_permissions(Permissions::from_mode(mode))
                        })
                        .map_err(FileError::on("set the mode of", self.path.join(name)))?;
                }
                Ok(folder)
            }
            Err(Errno::EEXIST) => match self.facts(name)? {
                Some(facts) if facts.kind == Kind::Directory => self.below(Path::new(name)),
                _ => Err(self.fails("create", name)(Errno::EEXIST)),
            },
            Err(errno) => Err(self.fails("create", name)(errno)),
        }
    }

    /// Creates a folder that was not there, for the caller alone to write in.
    pub fn create_new_folder(&self, name: &OsStr, mode: u32) -> Result<Folder, FileError> {
        mkdirat(&self.descriptor, name, Mode::from_bits_truncate(mode))
            .map_err(self.fails("create", name))?;
        let folder = self.below(Path::new(name))?;
        let own = nix::unistd::geteuid().as_raw();
        match folder.facts(OsStr::new("."))? {
            Some(facts) if facts.uid == own && facts.mode & 0o022 == 0 => Ok(folder),
            _ => Err(FileError::on("use", self.path.join(name))(
                io::Error::other("somebody else has put it there"),
            )),
        }
    }

    /// Moves a name to another on the same file system, replacing what is there at one instant.
    pub fn rename(&self, name: &OsStr, to: &Folder, new: &OsStr) -> Result<(), FileError> {
        renameat(&self.descriptor, name, &to.descriptor, new).map_err(to.fails("replace", new))
    }

    /// Removes a file or link; one that is gone already is no error.
    pub fn remove(&self, name: &OsStr) -> Result<(), FileError> {
        match unlinkat(&self.descriptor, name, UnlinkatFlags::NoRemoveDir) {
            Ok(()) | Err(Errno::ENOENT) => Ok(()),
            Err(errno) => Err(self.fails("remove", name)(errno)),
        }
    }

    /// Removes a folder if nothing is in it; one that is used, or gone already, is no error.
    pub fn remove_empty_folder(&self, name: &OsStr) -> Result<(), FileError> {
        match unlinkat(&self.descriptor, name, UnlinkatFlags::RemoveDir) {
            Ok(()) | Err(Errno::ENOENT | Errno::ENOTEMPTY | Errno::EEXIST) => Ok(()),
            Err(errno) => Err(self.fails("remove", name)(errno)),
        }
    }

    /// Removes whatever has this name, a folder with everything in it (links are removed, never followed); what is
    /// missing is no error.
    pub fn remove_all(&self, name: &OsStr) -> Result<(), FileError> {
        self.remove_below(name, DEEPEST)
    }

    fn remove_below(&self, name: &OsStr, deep: usize) -> Result<(), FileError> {
        match unlinkat(&self.descriptor, name, UnlinkatFlags::NoRemoveDir) {
            Ok(()) | Err(Errno::ENOENT) => return Ok(()),
            Err(Errno::EISDIR) => {}
            Err(errno) => return Err(self.fails("remove", name)(errno)),
        }
        if deep == 0 {
            let error = io::Error::other("there are too many folders in each other");
            return Err(FileError::on("remove", self.path.join(name))(error));
        }
        match self.below(Path::new(name)) {
            Ok(folder) => {
                for name in folder.names()? {
                    folder.remove_below(&name, deep - 1)?;
                }
            }
            Err(error) if error.is_missing() => return Ok(()),
            Err(error) => return Err(error),
        }
        match unlinkat(&self.descriptor, name, UnlinkatFlags::RemoveDir) {
            Ok(()) | Err(Errno::ENOENT) => Ok(()),
            Err(errno) => Err(self.fails("remove", name)(errno)),
        }
    }

    /// Makes the names in it survive a power cut.
    pub fn sync(&self) -> Result<(), FileError> {
        self.opened()
            .map_err(io::Error::from)
            .and_then(|folder| File::from(folder).sync_all())
            .map_err(FileError::on("sync", &self.path))
    }

    /// Makes everything written to its file system survive a power cut.
    pub fn sync_filesystem(&self) -> Result<(), FileError> {
        self.opened()
            .and_then(nix::unistd::syncfs)
            .map_err(|errno| FileError::on("sync", &self.path)(errno.into()))
    }
}

/// A file that may be written: it has no other name, under which it is somebody's, and its owner is root or the caller.
fn own(file: File) -> io::Result<File> {
    let facts = Facts::of(&file.metadata()?);
    let caller = nix::unistd::geteuid().as_raw();
    if facts.links != 1 {
        return Err(io::Error::other("it has another name as well"));
    }
    if ![0, caller].contains(&facts.uid) {
        let owner = facts.uid;
        let reason = format!("it belongs to user {owner}, neither root nor the caller");
        return Err(io::Error::other(reason));
    }
    Ok(file)
}
