//! Files: bounded reading, and writing that is whole or not at all.

#![expect(clippy::disallowed_methods, reason = "system owns the file system")]

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::{fs, io};

use nix::sys::stat::{FileStat, Mode, umask};
use nix::sys::statfs::{TMPFS_MAGIC, statfs};

use super::FileError;
use super::folder::Folder;

/// How much of a large file is looked at in one piece.
const SCAN_PIECE: usize = 1 << 18;
/// How a file is opened to be read: never waiting for a FIFO, never becoming a terminal's process.
pub(super) const READING: i32 = nix::libc::O_NONBLOCK | nix::libc::O_CLOEXEC | nix::libc::O_NOCTTY;
/// Where files are kept in memory (file-hierarchy(7)).
const MEMORY: &str = "/dev/shm";
/// A folder in memory takes one part in so many of what is free.
const MEMORY_SHARE: u64 = 8;
/// How many names are tried for a private folder.
const NAMES_TRIED: u32 = 100;

/// What a directory entry is, without following links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A FIFO, socket or device.
    Special,
}

impl Kind {
    pub(super) fn of(kind: fs::FileType) -> Self {
        match kind {
            t if t.is_symlink() => Kind::Link,
            t if t.is_dir() => Kind::Directory,
            t if t.is_file() => Kind::File,
            _ => Kind::Special,
        }
    }
}

/// Type, owner, mode, size and age of one file, as `lstat(2)` or `stat(2)` tells them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// What it is.
    pub kind: Kind,
    /// Permission bits (07777).
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Bytes.
    pub size: u64,
    /// Last change of the content, Unix seconds.
    pub modified: i64,
    /// The nanoseconds of that.
    pub modified_nanos: i64,
    /// Last change of anything about it (`st_ctime`), seconds and nanoseconds: nobody can set it.
    pub changed: (i64, i64),
    /// File system.
    pub device: u64,
    /// Inode number.
    pub inode: u64,
    /// How many names it has.
    pub links: u64,
}

impl Facts {
    pub(super) fn of(metadata: &fs::Metadata) -> Self {
        Self {
            kind: Kind::of(metadata.file_type()),
            mode: metadata.mode() & 0o7777,
            uid: metadata.uid(),
            gid: metadata.gid(),
            size: metadata.size(),
            modified: metadata.mtime(),
            modified_nanos: metadata.mtime_nsec(),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            device: metadata.dev(),
            inode: metadata.ino(),
            links: metadata.nlink(),
        }
    }

    pub(super) fn of_status(status: &FileStat) -> Self {
        Self {
            kind: match status.st_mode & nix::libc::S_IFMT {
                nix::libc::S_IFLNK => Kind::Link,
                nix::libc::S_IFDIR => Kind::Directory,
                nix::libc::S_IFREG => Kind::File,
                _ => Kind::Special,
            },
            mode: status.st_mode & 0o7777,
            uid: status.st_uid,
            gid: status.st_gid,
            size: status.st_size as u64,
            modified: status.st_mtime,
            modified_nanos: status.st_mtime_nsec,
            changed: (status.st_ctime, status.st_ctime_nsec),
            device: status.st_dev,
            inode: status.st_ino,
            // 32 bits on arm64.
            #[allow(clippy::useless_conversion, reason = "64 bits on amd64")]
            links: u64::from(status.st_nlink),
        }
    }
}

/// The facts of `path` itself, a link not followed; `None` where there is nothing.
pub fn facts(path: &Path) -> Result<Option<Facts>, FileError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(Facts::of(&metadata))),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(FileError::on("look at", path)(error)),
    }
}

pub(super) fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// Where a link points, exactly as stored.
pub fn link_target(path: &Path) -> Result<PathBuf, FileError> {
    fs::read_link(path).map_err(FileError::on("read the link", path))
}

/// The names in a folder, sorted bytewise; a missing folder is empty.
pub fn names(folder: &Path) -> Result<Vec<OsString>, FileError> {
    match Folder::open(folder) {
        Ok(folder) => folder.names(),
        Err(error) if error.is_absent() => Ok(Vec::new()),
        Err(error) => Err(FileError::on("list", folder)(error.source)),
    }
}

/// Reads a regular file of at most `limit` bytes.
///
/// A FIFO, socket or device is refused without waiting on it (`O_NONBLOCK`), a longer file is
/// refused as `FileTooLarge`.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    read_with_facts(path, limit).map(|(bytes, _)| bytes)
}

/// Like [`read`], with the facts of the very file that was read.
pub fn read_with_facts(path: &Path, limit: u64) -> Result<(Vec<u8>, Facts), FileError> {
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(READING)
        .open(path);
    file.and_then(|file| read_opened(&file, limit))
        .map_err(|error| FileError::on("read", path)(error))
}

/// Reads a file that was opened with [`READING`].
pub(super) fn read_opened(file: &File, limit: u64) -> io::Result<(Vec<u8>, Facts)> {
    let facts = Facts::of(&file.metadata()?);
    match facts.kind {
        Kind::File => {}
        Kind::Directory => return Err(io::ErrorKind::IsADirectory.into()),
        _ => return Err(io::Error::other("not a regular file")),
    }
    Ok((content(file, facts.size, limit)?, facts))
}

/// As many bytes as the file had when it was looked at; all there are where the kernel does not know (`/proc`).
pub(super) fn content(file: &File, size: u64, limit: u64) -> io::Result<Vec<u8>> {
    if size > limit {
        return Err(too_large(limit));
    }
    let mut bytes = Vec::with_capacity(size as usize);
    let known = if size > 0 { size } else { limit + 1 };
    file.take(known).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(too_large(limit));
    }
    Ok(bytes)
}

/// Hands a large file to `look` piece by piece, each beginning with the last `overlap` bytes of the one before, until
/// it has seen enough.
///
/// At most `limit` bytes are read; what is not a regular file is refused without waiting on it.
pub fn scan(
    path: &Path,
    limit: u64,
    overlap: usize,
    look: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
) -> Result<(), FileError> {
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(READING)
        .open(path);
    file.and_then(|file| scan_opened(file, limit, overlap, look))
        .map_err(|error| FileError::on("read", path)(error))
}

/// Scans a file that was opened with [`READING`].
pub(super) fn scan_opened(
    file: File,
    limit: u64,
    overlap: usize,
    look: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
) -> io::Result<()> {
    if Facts::of(&file.metadata()?).kind != Kind::File {
        return Err(io::Error::other("not a regular file"));
    }
    let mut file = file.take(limit);
    let mut piece = vec![0; SCAN_PIECE + overlap];
    let mut kept = 0;
    loop {
        let read = file.read(&mut piece[kept..])?;
        if read == 0 {
            return Ok(());
        }
        let end = kept + read;
        if look(&piece[..end]).is_break() {
            return Ok(());
        }
        kept = overlap.min(end);
        piece.copy_within(end - kept..end, 0);
    }
}

/// Reads a stream (standard input) of at most `limit` bytes.
pub fn read_stream(stream: impl Read, name: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    stream
        .take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(FileError::on("read", name))?;
    if bytes.len() as u64 > limit {
        return Err(FileError::on("read", name)(too_large(limit)));
    }
    Ok(bytes)
}

fn too_large(limit: u64) -> io::Error {
    let reason = format!("it is larger than the limit of {limit} bytes");
    io::Error::new(io::ErrorKind::FileTooLarge, reason)
}

/// Lets this program and those that it runs open the files that they create, under `umask 777` too; what the umask
/// takes from others stays taken.
pub fn keep_own_rights() {
    let given = umask(Mode::S_IRWXG | Mode::S_IRWXO);
    umask(given - Mode::S_IRWXU);
}

/// Creates a new file (`O_EXCL|O_NOFOLLOW`) with exactly this mode whatever the umask, and syncs it.
pub fn create(path: &Path, bytes: &[u8], mode: u32) -> Result<(), FileError> {
    let file = create_unsynced(path, bytes, mode)?;
    file.sync_all().map_err(FileError::on("create", path))
}

/// Like [`create`], for a file that need not survive a power cut or is synced with others.
pub fn create_unsynced(path: &Path, bytes: &[u8], mode: u32) -> Result<File, FileError> {
    let fail = |error| FileError::on("create", path)(error);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .custom_flags(nix::libc::O_NOFOLLOW | nix::libc::O_CLOEXEC)
        .open(path)
        .map_err(fail)?;
    file.write_all(bytes).map_err(fail)?;
    file.set_permissions(fs::Permissions::from_mode(mode))
        .map_err(fail)?;
    Ok(file)
}

/// Writes a file whole or not at all: under another name in the same folder, then renamed over what is there.
pub fn replace(path: &Path, bytes: &[u8], mode: u32) -> Result<(), FileError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // The name begins with a dot and ends otherwise, so that nobody who reads the folder takes it for the file.
    let temporary = path.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    let written = create(&temporary, bytes, mode).and_then(|()| rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Creates a folder with exactly this mode; one that is there already is left as it is.
///
/// A link to a folder is none: what is written into it would land somewhere else.
pub fn create_folder(path: &Path, mode: u32) -> Result<(), FileError> {
    match fs::create_dir(path) {
        Ok(()) => open_folder(path)
            .and_then(|folder| folder.set_permissions(fs::Permissions::from_mode(mode)))
            .map_err(FileError::on("set the mode of", path)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match facts(path)? {
            Some(facts) if facts.kind == Kind::Directory => Ok(()),
            _ => Err(FileError::on("create", path)(error)),
        },
        Err(error) => Err(FileError::on("create", path)(error)),
    }
}

/// A folder for its owner alone, gone with all that is in it when dropped.
#[derive(Debug)]
pub struct PrivateFolder(PathBuf);

impl PrivateFolder {
    /// Creates one with a new name that begins with `prefix`.
    pub fn create(parent: &Path, prefix: &str) -> Result<PrivateFolder, FileError> {
        let fail = |error| FileError::on("create a folder in", parent)(error);
        let mut last = io::ErrorKind::AlreadyExists.into();
        for _ in 0..NAMES_TRIED {
            // Not to be known in advance: in `/tmp` anybody could take it.
            let path = parent.join(format!("{prefix}{:016x}", any_number()));
            match fs::DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Ok(PrivateFolder(path)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = error,
                Err(error) => return Err(fail(error)),
            }
        }
        Err(fail(last))
    }

    /// Creates one in memory, as [`create`](Self::create) does, for about `files` files and links that need `bytes`.
    ///
    /// `None` where `/dev/shm` is not the file system in memory that systemd and Docker mount there, or is short of room.
    pub fn in_memory(prefix: &str, files: u64, bytes: u64) -> Option<PrivateFolder> {
        let memory = Path::new(MEMORY);
        let facts = facts(memory).ok()??;
        // Where names belong to whoever made them.
        let is_shared = facts.kind == Kind::Directory && facts.uid == 0 && facts.mode & 0o1000 != 0;
        let fs = statfs(memory).ok()?;
        let room = fs.blocks_available() * fs.block_size().unsigned_abs();
        // Without a limit on files there are none to be counted.
        let names = match fs.files() {
            0 => u64::MAX,
            _ => fs.files_free(),
        };
        let has_room = |free: u64, needed: u64| free / MEMORY_SHARE >= needed;
        let fits = has_room(room, bytes) && has_room(names, files);
        match is_shared && fs.filesystem_type() == TMPFS_MAGIC && fits {
            true => PrivateFolder::create(memory, prefix).ok(),
            false => None,
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Makes it another user's.
    pub fn give_to(&self, uid: u32, gid: u32) -> Result<(), FileError> {
        std::os::unix::fs::chown(&self.0, Some(uid), Some(gid))
            .map_err(FileError::on("give away", &self.0))
    }
}

impl Drop for PrivateFolder {
    fn drop(&mut self) {
        // What is left harms nobody; in the state folder the next change clears it away.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A number that nobody can know: the standard library draws keys for its hash tables from the kernel.
fn any_number() -> u64 {
    RandomState::new().hash_one(0)
}

/// Opens a folder, but no link to one.
fn open_folder(path: &Path) -> io::Result<File> {
    let flags = nix::libc::O_DIRECTORY | nix::libc::O_NOFOLLOW | nix::libc::O_CLOEXEC;
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

/// Creates a symbolic link; fails when the name is taken.
pub fn create_link(path: &Path, target: &Path) -> Result<(), FileError> {
    std::os::unix::fs::symlink(target, path).map_err(FileError::on("create the link", path))
}

/// Moves a name to another on the same file system, replacing what is there at one instant.
fn rename(from: &Path, to: &Path) -> Result<(), FileError> {
    fs::rename(from, to).map_err(FileError::on("replace", to))
}
