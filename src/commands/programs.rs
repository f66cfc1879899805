//! Which programs judge: those of this host, and releases that were asked for.

use super::Context;
use crate::error::{Error, Result};
use crate::host::release::OsRelease;
use crate::host::{dpkg, installed};
use crate::programs::Release;
use crate::system::files;

/// `os-release(5)` is a handful of lines.
const OS_RELEASE_LIMIT: u64 = 1 << 16;

/// Every program that is judged, as it is installed in this tree or as its newest release.
pub fn of_host(context: &Context) -> Vec<Release> {
    let read = |path: &str, limit| {
        let place = context.layout.place(path);
        files::read(&place.real, limit).unwrap_or_default()
    };
    let status = read(dpkg::STATUS, dpkg::STATUS_LIMIT);
    let name = read("/etc/os-release", OS_RELEASE_LIMIT);
    let system = OsRelease::parse(&String::from_utf8_lossy(&name));
    installed::releases(&String::from_utf8_lossy(&status), system.id == "ubuntu")
}

/// Releases that were asked for, such as `go@1.22`.
pub fn asked(texts: &[String]) -> Result<Vec<Release>> {
    let read = |text: &String| {
        Release::named(text).ok_or_else(|| {
            Error::new(format!("`{text}` is not a known program"))
                .hint("write it like go@1.22, openssl@3.0, java@17, or without a version")
        })
    };
    texts.iter().map(read).collect()
}
