//! The file that a caller names for a report: replaced whole where it is a regular file, written to where it is a
//! FIFO, a terminal or `/dev/null`, and left alone otherwise.

#![expect(clippy::disallowed_methods, reason = "system owns the file system")]

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use nix::fcntl::{FcntlArg, OFlag, fcntl};

use super::FileError;

/// What the umask takes away from, as for every file that a shell makes.
const ORDINARY: u32 = 0o666;
/// Character devices that take everything and do nothing: null, zero, full, tty (Linux, devices.txt).
const HARMLESS: [(u64, u64); 4] = [(1, 3), (1, 5), (1, 7), (5, 0)];
/// Majors of terminals: virtual and serial ones, pseudo-terminals (devices.txt).
const TERMINALS: std::ops::RangeInclusive<u64> = 136..=143;

/// Writes a report to the file that the caller named.
///
/// A new file gets the mode that the umask leaves; one that is there keeps mode and owner, and is replaced whole or
/// not at all, for another program may read it at any time. A link is not followed to a regular file: in a folder
/// that others may write it leads where they want.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let fail = |error| FileError::on("write", path)(error);
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => replace(path, bytes, None),
        Err(error) => Err(fail(error)),
        Ok(found) if found.is_file() => replace(path, bytes, Some(&found)),
        Ok(found) if found.is_symlink() && !is_own_stream(path) => {
            let target = fs::metadata(path).map_err(fail)?;
            match target.is_file() || target.is_dir() {
                true => Err(fail(io::Error::other(
                    "it is a symbolic link; name the file that it leads to",
                ))),
                false => into(path, bytes).map_err(fail),
            }
        }
        Ok(_) => into(path, bytes).map_err(fail),
    }
}

/// `/dev/stdout` and its like lead to whatever the caller has opened already.
fn is_own_stream(path: &Path) -> bool {
    let streams = ["/dev/stdout", "/dev/stderr"];
    streams.iter().any(|stream| path == Path::new(stream))
        || path.starts_with("/dev/fd")
        || path.starts_with("/proc/self/fd")
}

/// Writes into what is there and cannot be replaced.
fn into(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // Without O_NONBLOCK a FIFO that nobody reads would hold the call for ever.
    let flags = nix::libc::O_NONBLOCK | nix::libc::O_CLOEXEC | nix::libc::O_NOCTTY;
    let opened = OpenOptions::new()
        .write(true)
        .append(is_own_stream(path))
        .custom_flags(flags)
        .open(path);
    let mut file = match opened {
        Err(error) if error.raw_os_error() == Some(nix::libc::ENXIO) => {
            return Err(io::Error::other("no program reads from it"));
        }
        opened => opened?,
    };
    if !takes_reports(&file.metadata()?, is_own_stream(path)) {
        return Err(io::Error::other(
            "it is neither a regular file nor one to write reports to",
        ));
    }
    // A reader that is slow is waited for.
    let left = OFlag::from_bits_retain(fcntl(&file, FcntlArg::F_GETFL)?) - OFlag::O_NONBLOCK;
    fcntl(&file, FcntlArg::F_SETFL(left))?;
    file.write_all(bytes)
}

fn takes_reports(found: &fs::Metadata, is_own_stream: bool) -> bool {
    let kind = found.file_type();
    let device = (
        nix::sys::stat::major(found.rdev()),
        nix::sys::stat::minor(found.rdev()),
    );
    let harmless = HARMLESS.contains(&device) || TERMINALS.contains(&device.0);
    kind.is_fifo() || (kind.is_char_device() && harmless) || (kind.is_file() && is_own_stream)
}

fn replace(path: &Path, bytes: &[u8], old: Option<&fs::Metadata>) -> Result<(), FileError> {
    let fail = |error| FileError::on("write", path)(error);
    let temporary = temporary_name(path);
    let written = create(&temporary, bytes, old)
        .and_then(|()| fs::rename(&temporary, path))
        .map_err(fail);
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// It begins with a dot and ends otherwise, so that nobody who reads the folder takes it for the file.
fn temporary_name(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.tmp", std::process::id()))
}

fn create(path: &Path, bytes: &[u8], old: Option<&fs::Metadata>) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(ORDINARY)
        .custom_flags(nix::libc::O_NOFOLLOW | nix::libc::O_CLOEXEC)
        .open(path)?;
    if let Some(old) = old {
        keep(&file, old)?;
    }
    file.write_all(bytes)?;
    file.sync_all()
}

/// Gives the new file what the old one had, as a shell that writes over it does.
fn keep(file: &File, old: &fs::Metadata) -> io::Result<()> {
    let own = file.metadata()?;
    if (own.uid(), own.gid()) != (old.uid(), old.gid()) {
        // An ordinary user cannot give files away; then it is theirs.
        let _ = fchown(file, Some(old.uid()), Some(old.gid()));
    }
    file.set_permissions(fs::Permissions::from_mode(old.mode() & 0o777))
}
