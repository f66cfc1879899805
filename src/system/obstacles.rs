//! What keeps a file from being replaced although its permissions allow it, found out without touching it.

use std::fmt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, StatVfsMountFlags, StatxAttributes, StatxFlags, statvfs, statx};

/// Something in the way of a change of one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// The path that it is about.
    pub path: PathBuf,
    /// What it is.
    pub kind: Kind,
}

/// The ways in which a path can be out of reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Another file is mounted over it.
    MountPoint,
    /// The file system is mounted read-only.
    ReadOnly,
    /// `chattr +i`.
    Immutable,
    /// `chattr +a`.
    AppendOnly,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match self.kind {
            Kind::MountPoint => write!(f, "`{path}` is a mount point of its own"),
            Kind::ReadOnly => write!(f, "`{path}` is on a read-only file system"),
            Kind::Immutable => write!(f, "`{path}` is immutable (`lsattr`)"),
            Kind::AppendOnly => write!(f, "`{path}` can only be appended to (`lsattr`)"),
        }
    }
}

/// What about this name itself keeps it from being replaced or removed, whatever its folder is like; what cannot be
/// asked is not in the way.
pub fn of_name(path: &Path) -> Option<Obstacle> {
    let attributes = attributes(path)?;
    let kind = match attributes {
        _ if attributes.contains(StatxAttributes::MOUNT_ROOT) => Kind::MountPoint,
        _ => flagged(attributes)?,
    };
    let path = path.to_path_buf();
    Some(Obstacle { path, kind })
}

/// What keeps names from being made and removed in this folder, or in the one that it will be made in.
pub fn of_folder(folder: &Path) -> Option<Obstacle> {
    let folder = existing(folder);
    let read_only = statvfs(folder).is_ok_and(|fs| fs.f_flag.contains(StatVfsMountFlags::RDONLY));
    let kind = match read_only {
        true => Kind::ReadOnly,
        false => flagged(attributes(folder)?)?,
    };
    let path = folder.to_path_buf();
    Some(Obstacle { path, kind })
}

fn flagged(attributes: StatxAttributes) -> Option<Kind> {
    if attributes.contains(StatxAttributes::IMMUTABLE) {
        return Some(Kind::Immutable);
    }
    let append = attributes.contains(StatxAttributes::APPEND);
    append.then_some(Kind::AppendOnly)
}

fn attributes(path: &Path) -> Option<StatxAttributes> {
    let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT;
    let found = statx(CWD, path, flags, StatxFlags::empty()).ok()?;
    // Kernels before 5.8 do not know mount points, old file systems no flags.
    Some(found.stx_attributes & found.stx_attributes_mask)
}

/// The folder itself, or the nearest above it that is there.
fn existing(folder: &Path) -> &Path {
    let mut all = folder.ancestors();
    let there = |folder: &&Path| attributes(folder).is_some();
    all.find(there).unwrap_or(Path::new("/"))
}
