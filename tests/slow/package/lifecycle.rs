//! From installing to purging, on whole distributions without a network.

use std::collections::BTreeSet;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use support::{Ca, Cell};

use crate::distros::clients::Site;
use crate::package::packages::{Which, path};

pub const TRUSTCTL: &str = "/usr/bin/trustctl";
/// As automation calls it: an edited configuration file is kept without a question.
pub const APT: &str = "DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 \
                   -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold";
const LOCAL: &str = "/usr/local/share/ca-certificates/corp.crt";

/// Puts a package into a cell and installs it with the release's own apt.
#[track_caller]
pub fn install(cell: &Cell, which: Which) {
    cell.write("/root/trustctl.deb", std::fs::read(path(which)).unwrap());
    cell.sh(&format!("{APT} install /root/trustctl.deb"))
        .exits(0);
    cell.sh("rm /root/trustctl.deb").exits(0);
}

/// Every file, link and folder of the distribution with mode, owner and content, but for what every package manager
/// run leaves: its own database, caches and logs.
fn tree(cell: &Cell) -> BTreeSet<String> {
    let volatile = [
        "/proc",
        "/sys",
        "/dev",
        "/opt/trustctl",
        "/tmp",
        "/root",
        "/srv",
        "/run",
        "/mnt",
        "/var/cache",
        "/var/log",
        "/var/lib/dpkg",
        "/var/lib/apt",
    ];
    let pruned = volatile.map(|path| format!("-path {path}")).join(" -o ");
    let places = format!("find / \\( {pruned} \\) -prune -o -printf '%y %m %U:%G %p %l\\n'");
    let contents = format!("find / \\( {pruned} \\) -prune -o -type f -exec sha256sum {{}} +");
    let run = cell.sh(&format!("{places} && {contents}")).exits(0);
    // A folder that had something in it and is empty again has another size and time, which say nothing.
    run.stdout.lines().map(str::to_string).collect()
}

#[track_caller]
fn assert_same(before: &BTreeSet<String>, after: &BTreeSet<String>, release: &str) {
    let gone: Vec<_> = before.difference(after).collect();
    let come: Vec<_> = after.difference(before).collect();
    assert!(
        gone.is_empty() && come.is_empty(),
        "{release}: gone {gone:#?}, come {come:#?}"
    );
}

#[test]
fn on_bullseye_the_package_works_from_install_to_purge() {
    from_install_to_purge("bullseye");
}

#[test]
fn on_bookworm_the_package_works_from_install_to_purge() {
    from_install_to_purge("bookworm");
}

#[test]
fn on_trixie_the_package_works_from_install_to_purge() {
    from_install_to_purge("trixie");
}

fn from_install_to_purge(release: &str) {
    let ca = Ca::new("Corp Root");
    let site = Site::new(release, &ca);
    let cell = &site.cell;
    let store = cell.tree().store();
    let trustctl = |arguments: &str| cell.sh(&format!("{TRUSTCTL} {arguments}"));

    install(cell, Which::Previous);
    let previous = trustctl("--version").exits(0).stdout;
    cell.write("/root/corp.crt", ca.pem());
    site.assert_trusted_by_all(false);
    trustctl("add --yes --reason 'ticket 4711' /root/corp.crt").exits(0);
    site.assert_trusted_by_all(true);

    // An edited configuration is kept, and so is the history.
    cell.sh("echo '[history]' >>/etc/trustctl/trustctl.toml && echo 'keep = 7' >>/etc/trustctl/trustctl.toml").exits(0);
    let edited = cell.read("/etc/trustctl/trustctl.toml");
    install(cell, Which::This);
    assert!(!previous.is_empty());
    assert_eq!(
        cell.read("/etc/trustctl/trustctl.toml"),
        edited,
        "{release}"
    );
    trustctl("history").exits(0).says("ticket 4711");
    site.assert_trusted_by_all(true);

    trustctl("list --local").exits(0).says("Corp Root");
    let audit = trustctl("audit --fail-on never").exits(0);
    audit.says("Corp Root").says("0 errors");
    let tls = trustctl("tls").says("TLS 1.3");
    assert!(tls.code < 2, "{release}: {tls}");
    trustctl("remove corp").exits(0);
    site.assert_trusted_by_all(false);
    trustctl("rollback").exits(0);
    site.assert_trusted_by_all(true);
    trustctl("remove corp").exits(0);
    assert_eq!(cell.tree().store(), store, "{release}");

    // Removed without purging: history and configuration wait for the next installation.
    cell.sh(&format!("{APT} remove trustctl")).exits(0);
    assert!(cell.tree().read(TRUSTCTL).is_none());
    install(cell, Which::This);
    trustctl("history").exits(0).says("ticket 4711");
    cell.sh(&format!("{APT} purge trustctl")).exits(0);
    assert_eq!(
        cell.sh("find / -xdev -name '*trustctl*' -not -path '/opt/*'")
            .stdout,
        "",
        "{release}"
    );
    install(cell, Which::This);
    trustctl("history").exits(0).never_says("ticket 4711");
    trustctl("list").exits(0);
}

#[test]
fn installing_using_and_purging_leaves_only_the_added_ca() {
    for release in ["bullseye", "bookworm", "trixie"] {
        let (cell, ca) = (Cell::new(release), Ca::new("Corp Root"));
        let before = tree(&cell);
        install(&cell, Which::This);
        cell.sh(&format!("{APT} purge trustctl"))
            .exits(0)
            .never_says("stay trusted");
        assert_same(&before, &tree(&cell), release);

        install(&cell, Which::This);
        cell.write("/root/corp.crt", ca.pem());
        cell.sh(&format!("{TRUSTCTL} add --yes /root/corp.crt"))
            .exits(0);
        let with = cell.tree().store();
        let purge = cell.sh(&format!("{APT} purge trustctl")).exits(0);
        purge.says("local CA certificates stay trusted: see /usr/local/share/ca-certificates");
        assert_eq!(cell.tree().store(), with, "{release}");
        assert_eq!(cell.tree().sees(&ca.sha256()), [true; 3], "{release}");

        cell.sh(&format!("rm {LOCAL}")).exits(0);
        cell.bare_update(&["--fresh"]).exits(0);
        assert_same(&before, &tree(&cell), release);
    }
}

#[test]
fn a_change_that_was_interrupted_is_completed_when_the_package_is_removed() {
    let (cell, ca) = (Cell::new("bookworm"), Ca::new("Corp Root"));
    install(&cell, Which::This);
    cell.write("/root/corp.crt", ca.pem());
    // Killed while it waits for a hook: the store is published, the change is not committed.
    cell.write(
        "/etc/ca-certificates/update.d/slow",
        "#!/bin/sh\n[ -e /root/once ] || { >/root/once; exec sleep 60; }\n",
    );
    cell.sh("chmod 755 /etc/ca-certificates/update.d/slow")
        .exits(0);
    cell.sh(&format!(
        "{TRUSTCTL} add --yes /root/corp.crt & while [ ! -e /root/once ]; do sleep 0.1; done; kill -9 $!; wait"
    ));
    let manifest = "/var/lib/trustctl/generations/000001/manifest.json";
    let phase = |cell: &Cell| String::from_utf8(cell.read(manifest)).unwrap();
    assert!(phase(&cell).contains("\"published\""), "{}", phase(&cell));
    cell.sh(&format!("{APT} remove trustctl")).exits(0);
    assert!(phase(&cell).contains("\"committed\""), "{}", phase(&cell));
    assert_eq!(cell.tree().sees(&ca.sha256()), [true; 3]);
}

#[test]
fn the_timer_is_installed_and_off() {
    let cell = Cell::new("bookworm");
    install(&cell, Which::This);
    let enabled = cell.sh("find /etc/systemd -name 'trustctl*'").stdout;
    assert_eq!(enabled, "", "the timer is on");
    cell.sh(
        "ls /lib/systemd/system/trustctl-audit.timer /lib/systemd/system/trustctl-audit.service",
    )
    .exits(0);
}

#[test]
fn every_change_leaves_a_line_in_the_system_log() {
    let (cell, ca) = (Cell::new("bookworm"), Ca::new("Corp Root"));
    install(&cell, Which::This);
    // A log daemon of the test's own, at the cell's socket.
    let log = UnixDatagram::bind(cell.tree().path("/dev/log")).unwrap();
    log.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let line = || {
        let mut buffer = [0; 9000];
        let length = log.recv(&mut buffer).expect("a line in the log");
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    };
    cell.write("/root/corp.crt", ca.pem());
    cell.sh(&format!(
        "SUDO_USER=alice {TRUSTCTL} add --yes --reason 'ticket 4711' /root/corp.crt"
    ))
    .exits(0);
    let added = line();
    let sha256 = ca.sha256();
    assert!(added.starts_with("<85>trustctl["), "{added}");
    let expected = format!(
        "generation=1 command=add result=done uid=0 user=\"alice\" added={sha256} reason=\"ticket 4711\""
    );
    assert!(added.ends_with(&expected), "{added}");

    cell.sh(&format!("{TRUSTCTL} remove corp")).exits(0);
    assert!(line().ends_with(&format!(
        "generation=2 command=remove result=done uid=0 removed={sha256}"
    )));

    // Neither a rehearsal nor a change of another tree is this host's business.
    cell.sh(&format!("{TRUSTCTL} add --yes --dry-run /root/corp.crt"))
        .exits(0);
    cell.sh("mkdir -p /root/image/etc/ssl/certs /root/image/usr/local/share/ca-certificates")
        .exits(0);
    cell.sh(&format!(
        "{TRUSTCTL} --root /root/image add --yes /root/corp.crt"
    ))
    .exits(0);
    log.set_read_timeout(Some(Duration::from_millis(200)))
        .unwrap();
    assert!(log.recv(&mut [0; 10]).is_err());
}

#[test]
fn a_log_that_takes_nothing_holds_no_change_up() {
    let (cell, ca) = (Cell::new("bookworm"), Ca::new("Corp Root"));
    install(&cell, Which::This);
    // A daemon that never reads: its queue is full before we come.
    let _stuck = UnixDatagram::bind(cell.tree().path("/dev/log")).unwrap();
    let flood = UnixDatagram::unbound().unwrap();
    flood.set_nonblocking(true).unwrap();
    while flood.send_to(b"x", cell.tree().path("/dev/log")).is_ok() {}
    cell.write("/root/corp.crt", ca.pem());
    cell.sh(&format!("timeout 60 {TRUSTCTL} add --yes /root/corp.crt"))
        .exits(0);
    assert_eq!(cell.tree().sees(&ca.sha256()), [true; 3]);
}
