//! The apt repository that `make repo` lays out: installed from, upgraded from, and refused once it is tampered with.

use std::path::Path;
use std::process::Command;

use support::{Cell, PATH, output};
use tempfile::TempDir;

use crate::package::lifecycle::{APT, TRUSTCTL};
use crate::package::packages::{Which, path, program};

const NAME: &str = "packages@trustctl.example";

/// A repository of these packages, signed with a key of its own.
fn repository(folder: &Path, packages: &[Which]) {
    let keys = folder.join("keys");
    if !keys.exists() {
        std::fs::create_dir(&keys).unwrap();
        gpg(
            &keys,
            &["--quick-generate-key", NAME, "ed25519", "sign", "never"],
        );
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/repo.sh");
    let mut command = Command::new(script);
    command
        .env_clear()
        .env("PATH", PATH)
        .env("GNUPGHOME", &keys)
        .arg(folder.join("repo"))
        .arg(NAME);
    for which in packages {
        let file = path(*which);
        let field = |name| {
            program(
                "/usr/bin/dpkg-deb",
                &["--field", file.to_str().unwrap(), name],
            )
        };
        let (version, arch) = (field("Version"), field("Architecture"));
        let name = format!("trustctl_{}_{}.deb", version.trim(), arch.trim());
        std::fs::copy(&file, folder.join(&name)).unwrap();
        command.arg(folder.join(name));
    }
    output(&mut command).exits(0);
}

fn gpg(keys: &Path, arguments: &[&str]) {
    let mut command = Command::new("/usr/bin/gpg");
    command.env_clear().env("PATH", PATH).env("GNUPGHOME", keys);
    output(
        command
            .args(["--batch", "--passphrase", ""])
            .args(arguments),
    )
    .exits(0);
}

/// Shows a cell the repository as it is now.
fn publish(cell: &Cell, folder: &Path) {
    let archive = folder.join("repo.tar");
    let mut tar = Command::new("/bin/tar");
    tar.args(["-C"])
        .arg(folder)
        .arg("-cf")
        .arg(&archive)
        .arg("repo");
    output(&mut tar).exits(0);
    cell.write("/srv/repo.tar", std::fs::read(archive).unwrap());
    cell.sh("rm -rf /srv/repo && tar -C /srv -xf /srv/repo.tar && cp /srv/repo/trustctl.asc /etc/apt/trustctl.asc")
        .exits(0);
}

const UPDATE: &str = "apt-get update -q -o Dir::Etc::SourceList=/etc/apt/trustctl.list -o Dir::Etc::SourceParts=/nothing \
                      -o APT::Get::List-Cleanup=0";

#[test]
fn apt_installs_and_upgrades_from_the_repository_and_takes_nothing_unsigned() {
    let folder = TempDir::with_prefix("trustctl-repo-").unwrap();
    let cell = Cell::new("bookworm");
    cell.write(
        "/etc/apt/trustctl.list",
        "deb [signed-by=/etc/apt/trustctl.asc] file:/srv/repo stable main\n",
    );
    cell.sh("cp /etc/apt/trustctl.list /etc/apt/sources.list.d/")
        .exits(0);
    repository(folder.path(), &[Which::Previous]);
    publish(&cell, folder.path());
    cell.sh(UPDATE).exits(0);
    cell.sh(&format!("{APT} install trustctl")).exits(0);
    let installed = || {
        let shown = cell
            .sh("dpkg-query -W -f '${Version}' trustctl")
            .exits(0)
            .stdout;
        shown.trim().to_string()
    };
    let previous = installed();
    repository(folder.path(), &[Which::This]);
    publish(&cell, folder.path());
    cell.sh(UPDATE).exits(0);
    cell.sh(&format!("{APT} install --only-upgrade trustctl"))
        .exits(0);
    assert_ne!(installed(), previous);
    cell.sh(&format!("{TRUSTCTL} --version"))
        .exits(0)
        .says(&installed());
    // What was changed after it was signed is not taken.
    cell.sh("sed -i 's/^Version: .*/Version: 99/' /srv/repo/dists/stable/main/binary-*/Packages && rm /srv/repo/dists/stable/main/binary-*/Packages.gz /var/lib/apt/lists/*stable*")
        .exits(0);
    let run = cell.sh(UPDATE);
    assert!(
        run.code != 0 || run.has("Hash Sum mismatch") || run.has("unexpected size"),
        "{run}"
    );
}
