//! The only code that touches the machine: files, locks, programs.
//!
//! Every path is absolute and, where it comes from a tree, resolved *inside* that tree at the moment of each operation
//! (see [`root`]), every read is bounded, every program is started by its absolute path with an emptied environment.

pub mod beneath;
pub mod files;
pub mod folder;
pub mod journal;
pub mod lock;
pub mod obstacles;
pub mod opened;
pub mod program;
pub mod report_file;
pub mod resolve;
pub mod root;
pub mod scripts;
pub mod signals;
pub mod terminal;

use std::path::PathBuf;
use std::{fmt, io, thread};

use crate::error::ErrorKind;

/// How many processors this process may use, by its affinity and its control group; 1 where that can't be told.
pub fn processors() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// A failed call on the file system: what was tried, on which path, and why it failed.
#[derive(Debug)]
pub struct FileError {
    /// What was tried, as a verb: "read", "create", "rename" …
    pub action: &'static str,
    /// The path it was tried on.
    pub path: PathBuf,
    /// What the operating system said.
    pub source: io::Error,
}

impl FileError {
    /// Wraps what the operating system said; for use in `map_err`.
    pub fn on(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> FileError {
        let path = path.into();
        move |source| FileError {
            action,
            path,
            source,
        }
    }

    /// Whether the file does not exist.
    pub fn is_missing(&self) -> bool {
        self.source.kind() == io::ErrorKind::NotFound
    }

    /// Whether the file or a folder on the way does not exist.
    pub fn is_absent(&self) -> bool {
        files::is_absent(&self.source)
    }

    /// Whether a rename would have had to cross from one mount to another.
    pub fn crosses_mounts(&self) -> bool {
        self.source.kind() == io::ErrorKind::CrossesDevices
    }

    /// Whether permission was denied.
    pub fn is_denied(&self) -> bool {
        matches!(
            self.source.raw_os_error(),
            Some(code) if code == nix::libc::EACCES || code == nix::libc::EPERM
        )
    }
}

/// The operating system's words without Rust's `(os error N)`.
pub fn plain(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(code) => nix::errno::Errno::from_raw(code).desc().to_lowercase(),
        None => error.to_string(),
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (action, path) = (self.action, self.path.display());
        write!(f, "cannot {action} `{path}`: {}", plain(&self.source))
    }
}

impl std::error::Error for FileError {}

impl From<FileError> for crate::error::Error {
    fn from(error: FileError) -> Self {
        let denied = error.is_denied();
        let full = error.source.raw_os_error() == Some(nix::libc::ENOSPC);
        let kind = match (denied, error.is_missing()) {
            (true, _) => ErrorKind::PermissionDenied,
            (_, true) => ErrorKind::NotFound,
            _ => ErrorKind::Io,
        };
        let converted = crate::error::Error::new(error.to_string()).kind(kind);
        if denied {
            converted.hint("run the command as root, for example with `sudo`")
        } else if full {
            converted.hint("free some space on that file system and run the command again")
        } else {
            converted
        }
    }
}
