//! The package for arm64: what is in it is what the other one has, and its program works, run by qemu on a private tree.
//! In whole distributions of that architecture it is run by `make test-arm64`.

use std::collections::BTreeSet;
use std::process::Command;

use support::{Ca, Host, PATH, Run, output};

use crate::package::packages::{Unpacked, Which, dpkg_deb, path, program, testbed};

const QEMU: &str = "/usr/bin/qemu-aarch64-static";

/// `trustctl` of arm64 on a private tree, with the C library of that architecture. The programs that it runs
/// (`update-ca-certificates`, `openssl`) are this machine's: qemu hands a program of another architecture to the kernel.
struct Foreign {
    host: Host,
    files: Unpacked,
}

impl Foreign {
    fn new() -> Foreign {
        Foreign {
            host: Host::new().settled(),
            files: Unpacked::of(Which::Arm64),
        }
    }

    #[track_caller]
    fn trustctl(&self, arguments: &[&str]) -> Run {
        let mut qemu = Command::new(QEMU);
        qemu.env_clear()
            .env("PATH", PATH)
            .current_dir(self.host.beside(""))
            .arg("-L")
            .arg(testbed().join("sysroot-arm64"))
            .arg(self.files.binary());
        let root = self.host.root().to_str().unwrap();
        output(qemu.args(["--root", root]).args(arguments))
    }
}

#[test]
fn the_arm64_program_checks_adds_audits_and_removes_on_a_private_tree() {
    let (foreign, ca) = (Foreign::new(), Ca::new("Corp Root"));
    let host = &foreign.host;
    host.input("corp.crt", ca.pem());
    let before = host.store();
    let version = dpkg_deb(&["--field", path(Which::Arm64).to_str().unwrap(), "Version"]);
    foreign
        .trustctl(&["--version"])
        .exits(0)
        .says(version.trim());
    foreign
        .trustctl(&["check", "corp.crt"])
        .exits(0)
        .says("corp.crt: could be added")
        .says("signature verified");
    foreign
        .trustctl(&["add", "--yes", "--reason", "ticket 4711", "corp.crt"])
        .exits(0)
        .says("verified in the bundle, the hash directory and the folder");
    assert_eq!(host.sees(&ca.sha256()), [true; 3]);
    assert!(host.bundle_trusts(ca.pem()) && host.hash_dir_trusts(ca.pem()));
    // What it wrote is a whole store to the program of this machine, too.
    host.trustctl(["refresh", "--dry-run"])
        .exits(0)
        .says("nothing to do");
    let audit = foreign.trustctl(&["audit", "--fail-on", "never"]).exits(0);
    audit.says("Corp Root").says("0 errors");
    foreign.trustctl(&["remove", "corp.crt"]).exits(0);
    assert_eq!(host.sees(&ca.sha256()), [false; 3]);
    foreign.trustctl(&["rollback"]).exits(0);
    assert_eq!(host.sees(&ca.sha256()), [true; 3]);
    foreign.trustctl(&["rollback", "0"]).exits(0);
    assert_eq!(host.store(), before);
}

#[test]
fn the_arm64_program_refuses_what_would_hurt() {
    let (foreign, ca) = (Foreign::new(), Ca::new("Key"));
    let before = foreign.host.store();
    foreign.host.input("bad.crt", ca.key_pem() + ca.pem());
    foreign
        .trustctl(&["add", "--yes", "bad.crt"])
        .exits(2)
        .says("a private key");
    assert_eq!(foreign.host.store(), before);
}

#[test]
fn the_arm64_package_differs_from_the_other_in_its_program_and_its_list_of_crates_only() {
    let field = |which, name| dpkg_deb(&["--field", path(which).to_str().unwrap(), name]);
    assert_eq!(field(Which::Arm64, "Architecture").trim(), "arm64");
    for name in ["Version", "Depends", "Recommends", "Suggests", "Section"] {
        assert_eq!(
            field(Which::Arm64, name),
            field(Which::This, name),
            "{name}"
        );
    }
    let (this, other) = (Unpacked::new(), Unpacked::of(Which::Arm64));
    let files = |unpacked: &Unpacked| -> BTreeSet<String> {
        let root = unpacked.path("");
        let walk = walkdir::WalkDir::new(&root).into_iter();
        let names = walk.map(|entry| entry.unwrap().into_path());
        names
            .map(|path| path.strip_prefix(&root).unwrap().display().to_string())
            .collect()
    };
    assert_eq!(files(&this), files(&other));
    let mut differ = Vec::new();
    for name in files(&this) {
        let read = |unpacked: &Unpacked| std::fs::read(unpacked.path(&name)).ok();
        if read(&this) != read(&other) {
            differ.push(name);
        }
    }
    // Some crates are linked on one architecture only (feature detection).
    differ.retain(|name| {
        !name.starts_with("usr/share/doc/trustctl/crates")
            && !name.starts_with("usr/share/doc/trustctl/sbom")
    });
    assert_eq!(differ, ["usr/bin/trustctl"]);
    let binary = other.binary();
    let header = program(
        "/usr/bin/readelf",
        &["--file-header", binary.to_str().unwrap()],
    );
    assert!(header.contains("AArch64"), "{header}");
}
