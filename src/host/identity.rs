//! Which host a report is about.

use serde::Serialize;

use super::release::OsRelease;
use crate::store::layout::Layout;
use crate::system::files;

/// A host name or `os-release(5)` is not read when larger.
const LIMIT: u64 = 64 << 10;
/// Where the release is told, the first that is there.
const RELEASE: [&str; 2] = ["/etc/os-release", "/usr/lib/os-release"];

/// A host's name and release.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// Its name: the kernel's, or that of `/etc/hostname` in another tree.
    pub name: Option<String>,
    /// Its release, as `PRETTY_NAME` in `os-release(5)`.
    pub release: Option<String>,
}

impl Identity {
    /// Of a tree whose release is known.
    pub fn of(layout: &Layout, release: &OsRelease) -> Identity {
        let name = match layout.is_live() {
            true => text(layout, "/proc/sys/kernel/hostname"),
            false => text(layout, "/etc/hostname"),
        };
        let name = name.and_then(|text| Some(text.lines().next()?.trim().to_string()));
        Identity {
            name: name.filter(|name| !name.is_empty()),
            release: Some(release.name.clone()).filter(|name| !name.is_empty()),
        }
    }

    /// Of any tree.
    pub fn read(layout: &Layout) -> Identity {
        let release = RELEASE.iter().find_map(|name| text(layout, name));
        let release = release.as_deref().map(OsRelease::parse);
        Identity::of(layout, &release.unwrap_or_default())
    }
}

fn text(layout: &Layout, name: &str) -> Option<String> {
    let bytes = files::read(&layout.place(name).real, LIMIT).ok()?;
    String::from_utf8(bytes).ok()
}
