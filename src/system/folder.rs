//! Folders: what is in them, and what is behind a name without walking the whole path for each.

#![expect(clippy::disallowed_methods, reason = "system owns the file system")]

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use nix::fcntl::{OFlag, openat, readlinkat};
use nix::sys::stat::Mode;

use super::FileError;
use super::files::{Facts, Kind, READING, is_absent, read_opened};

/// A folder held open.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    descriptor: OwnedFd,
}

impl Folder {
    /// Opens a folder.
    pub fn open(path: &Path) -> Result<Folder, FileError> {
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        match nix::fcntl::open(path, flags, Mode::empty()) {
            Ok(descriptor) => Ok(Folder {
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

    /// As [`read_with_facts`](super::files::read_with_facts), by the name in this folder.
    pub fn read_with_facts(&self, name: &OsStr, limit: u64) -> Result<(Vec<u8>, Facts), FileError> {
        let flags = OFlag::O_RDONLY | OFlag::from_bits_retain(READING);
        let file = openat(&self.descriptor, name, flags, Mode::empty());
        file.map_err(io::Error::from)
            .and_then(|file| read_opened(&File::from(file), limit))
            .map_err(|error| FileError::on("read", self.path.join(name))(error))
    }

    /// Where the link of this name points, exactly as stored.
    pub fn link_target(&self, name: &OsStr) -> Result<PathBuf, FileError> {
        match readlinkat(&self.descriptor, name) {
            Ok(mut target) => {
                // It comes with room for the longest there can be.
                target.shrink_to_fit();
                Ok(target.into())
            }
            Err(errno) => Err(FileError::on("read the link", self.path.join(name))(
                errno.into(),
            )),
        }
    }
}

/// The names in a folder, sorted bytewise; a missing folder is empty.
pub fn names(folder: &Path) -> Result<Vec<OsString>, FileError> {
    listed(folder, |entry| Ok(Some(entry.file_name())))
}

/// The names in a folder, sorted bytewise, and what each is; a missing folder is empty.
pub fn names_and_kinds(folder: &Path) -> Result<Vec<(OsString, Kind)>, FileError> {
    listed(folder, |entry| match entry.file_type() {
        Ok(kind) => Ok(Some((entry.file_name(), Kind::of(kind)))),
        // Not every file system tells the type; the file can be gone when it is asked for.
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(error),
    })
}

fn listed<T: Ord>(
    folder: &Path,
    what: impl Fn(&fs::DirEntry) -> io::Result<Option<T>>,
) -> Result<Vec<T>, FileError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if is_absent(&error) => return Ok(Vec::new()),
        Err(error) => return Err(FileError::on("list", folder)(error)),
    };
    let mut listed = entries
        .filter_map(|entry| entry.and_then(|entry| what(&entry)).transpose())
        .collect::<io::Result<Vec<_>>>()
        .map_err(FileError::on("list", folder))?;
    listed.sort_unstable();
    Ok(listed)
}
