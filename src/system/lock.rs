//! Locks: our own per tree (`flock`), and dpkg's frontend lock on the live root (`fcntl`).

#![expect(clippy::disallowed_methods, reason = "system owns the locks")]

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{io, thread};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, Flock, FlockArg, fcntl};

use super::FileError;
use super::files::READING;
use super::folder::Folder;
use super::signals::interrupted;
use crate::error::{Error, ErrorKind, Result};

/// How often a held lock is tried again.
const PAUSE: Duration = Duration::from_millis(20);
/// What helps where the lock file is not one of ours.
const HINT: &str = "if no other trustctl is at work, remove that file and run the command again";

/// The lock of one tree, released when dropped.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "held for its Drop")] Flock<File>);

/// Takes the lock file of this name, waiting at most `wait`; `holder` is what others are told while we hold it.
///
/// Nothing is written to a file that could be somebody's: see `Folder::open_lock`.
pub fn take(folder: &Folder, name: &str, holder: &str, wait: Duration) -> Result<Lock> {
    let deadline = Instant::now() + wait;
    let path = &folder.path().join(name);
    let opened = folder.open_lock(OsStr::new(name));
    let mut file = opened.map_err(|error| {
        let mut error = Error::from(FileError::on("use the lock file", path)(error));
        error.hint.get_or_insert_with(|| HINT.to_string());
        error
    })?;
    loop {
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(mut lock) => {
                // Only for the message below: a holder that cannot be written is no failure.
                let _ = lock.set_len(0);
                let _ = lock.rewind();
                let _ = lock.write_all(holder.as_bytes());
                return Ok(Lock(lock));
            }
            Err(_) if interrupted() => return Err(stopped()),
            Err((back, Errno::EWOULDBLOCK | Errno::EINTR)) if Instant::now() < deadline => {
                file = back;
                thread::sleep(PAUSE);
            }
            Err((back, Errno::EWOULDBLOCK)) => return Err(held(back, path, wait)),
            Err((_, errno)) => return Err(FileError::on("lock", path)(errno.into()).into()),
        }
    }
}

/// An interrupt while nothing has been changed.
pub fn stopped() -> Error {
    Error::new("interrupted; the store is as it was before").kind(ErrorKind::NotConfirmed)
}

fn held(mut file: File, path: &Path, wait: Duration) -> Error {
    let mut holder = String::new();
    let _ = file.rewind();
    let _ = file.take(200).read_to_string(&mut holder);
    let holder = if holder.is_empty() {
        "another process"
    } else {
        holder.trim()
    };
    Error::new(format!(
        "the trust store is being changed by {holder} (waited {} s for `{}`)",
        wait.as_secs(),
        path.display()
    ))
    .kind(ErrorKind::Busy)
    .hint("run the command again when that has ended")
}

/// dpkg's frontend lock, released when dropped.
#[derive(Debug)]
pub struct PackageLock(#[expect(dead_code, reason = "held for its Drop")] File);

/// Takes dpkg's frontend lock (`lockf` as dpkg(1) and apt do), waiting at most `wait`.
///
/// `None` where there is no dpkg database or where its folder may not be written.
pub fn take_package_lock(path: &Path, wait: Duration) -> Result<Option<PackageLock>> {
    let opened = OpenOptions::new()
        .write(true)
        .custom_flags(nix::libc::O_NOFOLLOW | READING)
        .open(path);
    let file = match opened {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(FileError::on("open", path)(error).into()),
    };
    let deadline = Instant::now() + wait;
    loop {
        match fcntl(&file, FcntlArg::F_SETLK(&whole_file())) {
            Ok(_) => return Ok(Some(PackageLock(file))),
            Err(_) if interrupted() => return Err(stopped()),
            Err(Errno::EAGAIN | Errno::EACCES | Errno::EINTR) if Instant::now() < deadline => {
                thread::sleep(PAUSE);
            }
            Err(Errno::EAGAIN | Errno::EACCES) => {
                let seconds = wait.as_secs();
                let message = format!("a package manager is at work (waited {seconds} s)");
                return Err(Error::new(message)
                    .kind(ErrorKind::Busy)
                    .hint("run the command again when it has ended"));
            }
            Err(errno) => return Err(FileError::on("lock", path)(errno.into()).into()),
        }
    }
}

fn whole_file() -> nix::libc::flock {
    nix::libc::flock {
        l_type: nix::libc::F_WRLCK as i16,
        l_whence: nix::libc::SEEK_SET as i16,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_lock_names_its_holder() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Folder::open(folder.path()).unwrap();
        let held = |holder| take(&folder, "lock", holder, Duration::ZERO);
        let _held = held("`trustctl add` (process 7)").unwrap();
        let error = held("me").unwrap_err();
        assert!(
            error.message.contains("`trustctl add` (process 7)"),
            "{error}"
        );
    }

    #[test]
    fn a_lock_is_free_again_when_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Folder::open(folder.path()).unwrap();
        drop(take(&folder, "lock", "me", Duration::ZERO).unwrap());
        assert!(take(&folder, "lock", "me", Duration::ZERO).is_ok());
    }
}
