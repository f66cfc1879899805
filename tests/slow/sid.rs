//! Debian sid as Ubuntu 25.10 and newer are: the coreutils are uutils', and sudo is sudo-rs.

#![allow(
    clippy::unwrap_used,
    reason = "a test acts on machines of its own, and fails by panicking"
)]

use support::{Ca, Cell};

const TRUSTCTL: &str = "/opt/trustctl/trustctl";

/// Sid with uutils' programs where GNU's were.
fn cell() -> Cell {
    let cell = Cell::new("sid");
    cell.sh("for file in /usr/lib/cargo/bin/coreutils/*; do
                 /usr/bin/coreutils ln -sf \"$file\" \"/usr/bin/${file##*/}\" || exit 1
             done")
        .exits(0);
    for program in ["readlink", "sort", "ln", "mv", "mktemp", "basename"] {
        cell.sh(&format!("{program} --version"))
            .exits(0)
            .says("uutils");
    }
    cell
}

#[test]
fn the_script_makes_the_same_store_with_uutils() {
    let (cell, ca) = (cell(), Ca::new("Corp Root"));
    let before = cell.tree().store();
    cell.bare_update(&["--fresh"]).exits(0);
    assert_eq!(cell.tree().store(), before);
    let local = "/usr/local/share/ca-certificates/corp.crt";
    cell.write(local, ca.pem());
    cell.bare_update(&[]).exits(0).says("1 added, 0 removed");
    assert_eq!(cell.tree().sees(&ca.sha256()), [true; 3]);
    cell.sh(&format!("rm {local}")).exits(0);
    cell.bare_update(&["--fresh"]).exits(0);
    assert_eq!(cell.tree().store(), before);
}

#[test]
fn trustctl_works_beside_uutils() {
    let (cell, ca) = (cell(), Ca::new("Corp Root"));
    let before = cell.tree().store();
    cell.write("/root/corp.crt", ca.pem());
    cell.trustctl(["add", "--yes", "/root/corp.crt"]).exits(0);
    assert!(cell.bundle_trusts(ca.pem()) && cell.hash_dir_trusts(ca.pem()));
    cell.trustctl(["refresh", "--full"]).exits(0);
    cell.trustctl(["audit", "--fail-on", "never"])
        .exits(0)
        .says("0 errors, 0 warnings");
    cell.trustctl(["remove", "corp.crt"]).exits(0);
    assert_eq!(cell.tree().sees(&ca.sha256()), [false; 3]);
    cell.trustctl(["rollback"]).exits(0);
    assert_eq!(cell.tree().sees(&ca.sha256()), [true; 3]);
    cell.trustctl(["rollback", "0"]).exits(0);
    assert_eq!(cell.tree().store(), before);
}

#[test]
fn the_history_names_who_called_sudo_rs() {
    let (cell, ca) = (cell(), Ca::new("Corp Root"));
    cell.sh("useradd ann").exits(0);
    let rights = "ann ALL=(ALL:ALL) NOPASSWD: ALL\n";
    for file in ["/etc/sudoers", "/etc/sudoers-rs"] {
        cell.write(file, rights);
        cell.sh(&format!("chmod 440 {file}")).exits(0);
    }
    let sudo = "/usr/lib/cargo/bin/sudo";
    cell.sh(&format!("{sudo} --version"))
        .exits(0)
        .says("sudo-rs");
    cell.write("/root/corp.crt", ca.pem());
    cell.sh(&format!(
        "runuser -u ann -- {sudo} {TRUSTCTL} add --yes /root/corp.crt"
    ))
    .exits(0);
    let history = cell.trustctl(["--format", "json", "history"]).exits(0);
    assert!(history.has("\"ann\""), "{history}");
    assert_eq!(cell.tree().sees(&ca.sha256()), [true; 3]);
}
