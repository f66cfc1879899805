//! What the bare `update-ca-certificates` gets wrong, row by row (E1 to E27 as measured on Debian 11, 12 and 13):
//! each fault is reproduced first with the real script, then shown refused, repaired or at least visible.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(
    clippy::disallowed_methods,
    reason = "tests make their own trees and run real programs"
)]

mod broken;
mod changes;
mod contents;
mod names;
mod runs;
mod visible;

use std::path::Path;

use support::{Ca, Host};

/// Asserts that a call is refused with this text, and that nothing of the store has changed.
#[track_caller]
fn refuses(host: &Host, arguments: &[&str], why: &str) {
    let before = host.store();
    host.trustctl(arguments).exits(2).says(why);
    assert_eq!(
        host.store(),
        before,
        "the store is not as it was before `{arguments:?}`"
    );
}

/// Adds a file through trustctl.
#[track_caller]
fn adds(host: &Host, file: &Path) {
    host.trustctl(["add", "--yes", file.to_str().unwrap()])
        .exits(0);
}

/// Asserts in which of the three views a certificate is: bundle, hash directory, every file.
#[track_caller]
fn assert_seen(host: &Host, ca: &Ca, views: [bool; 3]) {
    assert_eq!(
        host.sees(&ca.sha256()),
        views,
        "bundle, hash directory, every file of {}",
        ca.name()
    );
}

/// Asserts that bundle and hash directory work for real OpenSSL, with this CA and with every vendor root.
#[track_caller]
fn assert_trusted(host: &Host, ca: &Ca) {
    assert_seen(host, ca, [true; 3]);
    for trusted in host.vendors().iter().chain([ca]) {
        assert!(
            host.bundle_trusts(trusted.pem()),
            "{} through the bundle",
            trusted.name()
        );
        assert!(
            host.hash_dir_trusts(trusted.pem()),
            "{} through the hash directory",
            trusted.name()
        );
    }
}
