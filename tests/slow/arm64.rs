//! The package for arm64 on whole distributions of that architecture, every program run by qemu. Slow, hence a layer
//! of its own (`make test-arm64`), which `make test-whole` runs.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test acts on machines of its own, tells its steps, and fails by panicking"
)]

use support::{Ca, Cell};

use crate::package::lifecycle::{APT, TRUSTCTL, install};
use crate::package::packages::Which;

#[test]
fn on_bullseye_the_arm64_package_works_from_install_to_purge() {
    from_install_to_purge("bullseye-arm64");
}

#[test]
fn on_bookworm_the_arm64_package_works_from_install_to_purge() {
    from_install_to_purge("bookworm-arm64");
}

#[test]
fn on_trixie_the_arm64_package_works_from_install_to_purge() {
    from_install_to_purge("trixie-arm64");
}

fn from_install_to_purge(root: &str) {
    let (cell, ca) = (Cell::new(root), Ca::new("Corp Root"));
    let step = |command: &str| {
        let run = cell.sh(command).exits(0);
        println!(
            "{root}: {command}: {}",
            run.stdout.lines().last().unwrap_or("")
        );
        run
    };
    step("uname -m").says("aarch64");
    let before = cell.tree().store();
    install(&cell, Which::Arm64);
    step("dpkg --print-architecture").says("arm64");
    step(&format!("{TRUSTCTL} --version"));
    cell.write("/root/corp.crt", ca.pem());
    step(&format!(
        "{TRUSTCTL} add --yes --reason 'ticket 4711' /root/corp.crt"
    ))
    .says("verified in the bundle, the hash directory and the folder");
    assert_eq!(cell.tree().sees(&ca.sha256()), [true; 3]);
    assert!(cell.bundle_trusts(ca.pem()) && cell.hash_dir_trusts(ca.pem()));
    step(&format!("{TRUSTCTL} audit --fail-on never"))
        .says("Corp Root")
        .says("0 errors");
    step(&format!("{TRUSTCTL} remove corp.crt"));
    assert_eq!(cell.tree().sees(&ca.sha256()), [false; 3]);
    assert!(!cell.bundle_trusts(ca.pem()) && !cell.hash_dir_trusts(ca.pem()));
    step(&format!("{TRUSTCTL} rollback"));
    assert_eq!(cell.tree().sees(&ca.sha256()), [true; 3]);
    step(&format!("{TRUSTCTL} remove corp.crt"));
    assert_eq!(cell.tree().store(), before);
    step(&format!("{TRUSTCTL} history")).says("ticket 4711");
    step(&format!("{APT} purge trustctl"));
    let left = step("find / -xdev -name '*trustctl*' -not -path '/opt/*'");
    assert_eq!(left.stdout, "", "{root}");
    assert_eq!(cell.tree().store(), before);
}
