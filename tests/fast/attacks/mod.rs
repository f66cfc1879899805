//! Attacks by whoever may write in a tree, in the folder of local certificates, or below `/usr/local`: nothing outside
//! the tree is written, removed or read, nobody else's program is run or waited for (SECURITY.md).

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "tests act on trees of their own and fail by panicking"
)]

mod children;
mod random;
mod trees;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use support::{PATH, output};

/// Ends an attacker's thread when dropped, also where a test fails.
struct Stopped<'a>(&'a AtomicBool);

impl Drop for Stopped<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Whether the tests run as root.
fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// Runs this very test once more as root of a user namespace, where it was started by an ordinary user: other users'
/// files are needed. Whether that was done.
fn done_as_root(test: &str) -> bool {
    if is_root() {
        return false;
    }
    let mut command = Command::new("/usr/bin/unshare");
    command
        .env("PATH", PATH)
        .args(["--map-auto", "--map-root-user"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", &format!("attacks::{test}")]);
    output(&mut command).exits(0).says("1 passed");
    true
}
