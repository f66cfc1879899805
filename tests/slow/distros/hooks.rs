//! Hooks of `/etc/ca-certificates/update.d` that never end, and a change that is killed while one of them runs.

use support::{Ca, Cell};

const INPUT: &str = "/tmp/corp.crt";
const HOOK: &str = "/etc/ca-certificates/update.d/ours";

/// A cell with a hook of ours that notes what it is told and then does what `text` says.
fn cell(release: &str, text: &str) -> Cell {
    let cell = Cell::new(release);
    cell.write(HOOK, format!("#!/bin/sh\ncat >>/tmp/told\n{text}\n"));
    cell.sh(&format!("chmod +x {HOOK}")).exits(0);
    cell
}

#[test]
fn a_hook_that_never_ends_is_ended_with_all_it_started() {
    let cell = cell("bookworm", "sleep 1000 & sleep 1001");
    cell.write(
        "/etc/trustctl/trustctl.toml",
        "[timeouts]\nhook_seconds = 1\n",
    );
    let corp = Ca::new("Corp");
    cell.write(INPUT, corp.pem());
    cell.trustctl(["add", "--yes", INPUT])
        .exits(1)
        .says(HOOK)
        .says("1 s");
    assert_eq!(cell.tree().sees(&corp.sha256()), [true; 3]);
    assert!(
        !cell.sh("pgrep -x sleep").ok(),
        "a program of the hook is left"
    );
    cell.trustctl(["history"]).exits(0).says(HOOK);
}

#[test]
fn a_change_killed_while_a_hook_runs_is_completed_and_the_hook_told_again() {
    let cell = cell(
        "bookworm",
        "test -e /tmp/once && exit 0; touch /tmp/once; kill -9 $PPID; sleep 1",
    );
    let corp = Ca::new("Corp");
    cell.write(INPUT, corp.pem());
    assert_eq!(cell.trustctl(["add", "--yes", INPUT]).code, 137);
    assert_eq!(cell.tree().sees(&corp.sha256()), [true; 3]);
    cell.trustctl(["refresh"]).exits(0).says("it was completed");
    assert_eq!(
        cell.read("/tmp/told"),
        b"+/etc/ssl/certs/corp.pem\n+/etc/ssl/certs/corp.pem\n"
    );
    assert_eq!(cell.tree().sees(&corp.sha256()), [true; 3]);
    cell.trustctl(["rollback"]).exits(0);
    assert_eq!(cell.tree().sees(&corp.sha256()), [false; 3]);
}

#[test]
fn a_hook_that_is_killed_is_told_of() {
    let cell = cell("bookworm", "kill -9 $$");
    let corp = Ca::new("Corp");
    cell.write(INPUT, corp.pem());
    cell.trustctl(["add", "--yes", INPUT])
        .exits(1)
        .says(HOOK)
        .says("signal 9");
    assert_eq!(cell.tree().sees(&corp.sha256()), [true; 3]);
}
