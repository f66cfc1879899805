//! The README's Puppet manifest, applied by Puppet as it is printed.

use std::process::Command;

use support::{Ca, Host, PATH, Run, output, trustctl};

use super::{PRINTED, block};

/// Applies the manifest to a tree: the paths of a host become those of the tree and of this build.
fn apply(host: &Host, sha256: &str) -> Run {
    let file = host.beside("received.crt");
    let program = format!("{} --root {}", trustctl().display(), host.root().display());
    let manifest = block("README.md", "puppet", "exec {")
        .replace("/usr/bin/trustctl", &program)
        .replace("/etc/trustctl/corp-ca.crt", file.to_str().unwrap())
        .replace(PRINTED, sha256);
    let mut puppet = Command::new("/usr/bin/puppet");
    puppet
        .env_clear()
        .env("PATH", PATH)
        .env("HOME", host.beside("."))
        .args(["apply", "--detailed-exitcodes"]);
    for folder in ["confdir", "vardir", "rundir", "logdir", "modulepath"] {
        let path = host.beside(folder);
        std::fs::create_dir_all(&path).unwrap();
        puppet.arg(format!("--{folder}")).arg(path);
    }
    output(puppet.args(["-e", &manifest]))
}

/// Puppet's word for "changed", "nothing to do" and "failed", with `--detailed-exitcodes`.
const CHANGED: i32 = 2;
const UNCHANGED: i32 = 0;
const FAILED: i32 = 6;

#[test]
fn the_manifest_of_the_readme_changes_once_and_tells_of_a_refusal() {
    let (host, ca) = (Host::new().settled(), Ca::new("Corp Root"));
    let files = host.beside("modulepath/profile/files");
    std::fs::create_dir_all(&files).unwrap();
    std::fs::write(files.join("corp-ca.crt"), ca.pem()).unwrap();

    apply(&host, &"0".repeat(64))
        .exits(FAILED)
        .says("its SHA-256");
    assert_eq!(host.sees(&ca.sha256()), [false; 3]);
    apply(&host, &ca.sha256()).exits(CHANGED);
    assert_eq!(host.sees(&ca.sha256()), [true; 3]);
    apply(&host, &ca.sha256()).exits(UNCHANGED);
    host.trustctl(["history"]).exits(0).says("puppet");
}
