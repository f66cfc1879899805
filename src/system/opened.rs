//! A file that was opened, and is looked at before its first byte is read: where others choose what a name leads to,
//! reading alone can hurt (`/proc/kmsg` hands each message out once).

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use nix::sys::statfs::fstatfs;

use super::FileError;
use super::files::{Facts, read_opened};

/// File systems whose files are made by the kernel as they are read (linux/magic.h).
const MADE_BY_THE_KERNEL: [i64; 17] = [
    0x9fa0,      // proc
    0x6265_6572, // sysfs
    0x6462_6720, // debugfs
    0x7472_6163, // tracefs
    0x7363_6673, // securityfs
    0x0027_e0eb, // cgroup
    0x6367_7270, // cgroup2
    0x1cd1,      // devpts
    0xcafe_4a11, // bpf
    0x6265_6570, // configfs
    0xf97c_ff8c, // selinuxfs
    0x5a3c_69f0, // apparmorfs
    0x4341_5d53, // smackfs
    0xde5e_81e4, // efivarfs
    0x6165_676c, // pstore
    0x1980_0202, // mqueue
    0x4249_4e4d, // binfmt_misc
];
/// A file system whose answers a program of a user gives, at any speed.
const FUSE: i64 = 0x6573_5546;

/// A regular file, open for reading.
#[derive(Debug)]
pub struct Opened {
    file: File,
    facts: Facts,
    path: PathBuf,
}

impl Opened {
    /// A file that was opened to be read.
    pub(super) fn of(file: File, path: &Path) -> io::Result<Opened> {
        let facts = Facts::of(&file.metadata()?);
        Ok(Opened {
            file,
            facts,
            path: path.to_path_buf(),
        })
    }

    /// The facts of the very file that will be read.
    pub fn facts(&self) -> Facts {
        self.facts
    }

    /// Whether the kernel makes its content up; where that cannot be told, it does.
    pub fn is_made_by_the_kernel(&self) -> bool {
        self.file_system()
            .is_none_or(|kind| MADE_BY_THE_KERNEL.contains(&kind))
    }

    /// Whether a program of a user makes its content up.
    pub fn is_made_by_a_user(&self) -> bool {
        self.file_system() == Some(FUSE)
    }

    fn file_system(&self) -> Option<i64> {
        fstatfs(&self.file)
            .ok()
            .map(|found| found.filesystem_type().0)
    }

    /// Its content, if it is a regular file of at most `limit` bytes.
    pub fn read(&self, limit: u64) -> Result<Vec<u8>, FileError> {
        read_opened(&self.file, limit)
            .map(|(bytes, _)| bytes)
            .map_err(FileError::on("read", &self.path))
    }
}
