//! dpkg killed in the middle of an upgrade: what was added stays trusted, what was recorded stays on record, and the
//! usual way to mend a broken installation mends this one.

use std::process::Command;

use support::{Ca, Cell, PATH, Run, output};

use crate::package::lifecycle::{APT, TRUSTCTL, install};
use crate::package::packages::{Which, path};

const PACKAGE: &str = "/root/this.deb";
const PREVIOUS: &str = "/root/previous.deb";

/// `dpkg --install` in a cell, killed at its nth renaming of a file: by one it puts each file of the package under its
/// name, by others it keeps its own database.
fn killed_at(cell: &Cell, rename: usize) -> Run {
    let dpkg = cell.command("dpkg");
    let mut strace = Command::new("/usr/bin/strace");
    strace.env_clear().env("PATH", PATH);
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=/^rename"]);
    strace.args(["-e", &format!("inject=/^rename:signal=KILL:when={rename}")]);
    strace.arg(dpkg.get_program()).args(dpkg.get_args());
    output(strace.args(["--force-confold", "--install", PACKAGE]))
}

/// What must hold whatever state dpkg is in: there is a whole program, and it knows what was done.
fn assert_unharmed(cell: &Cell, ca: &Ca, when: &str) {
    let history = cell.sh(&format!("{TRUSTCTL} history"));
    assert!(
        history.ok() && history.has("ticket 4711"),
        "{when}: {history}"
    );
    assert_eq!(cell.tree().sees(&ca.sha256()), [true; 3], "{when}");
}

#[test]
fn an_upgrade_that_is_killed_anywhere_is_mended_by_repeating_it() {
    let (cell, ca) = (Cell::new("bookworm"), Ca::new("Corp Root"));
    install(&cell, Which::Previous);
    cell.write("/root/corp.crt", ca.pem());
    cell.sh(&format!(
        "{TRUSTCTL} add --yes --reason 'ticket 4711' /root/corp.crt"
    ))
    .exits(0);
    for (place, which) in [(PACKAGE, Which::This), (PREVIOUS, Which::Previous)] {
        cell.write(place, std::fs::read(path(which)).unwrap());
    }

    let (mut killed, mut broken) = (0, 0);
    for rename in (1..).step_by(10) {
        let run = killed_at(&cell, rename);
        let when = format!("killed at renaming {rename}: {run}");
        assert_unharmed(&cell, &ca, &when);
        if run.ok() {
            println!(
                "killed {killed} times, {broken} of them with the package left half installed"
            );
            break;
        }
        killed += 1;
        let state = cell.sh("dpkg-query -W -f '${db:Status-Status}' trustctl");
        broken += usize::from(state.stdout != "installed");

        // As dpkg and apt themselves say.
        cell.sh("dpkg --force-confold --configure -a");
        cell.sh(&format!("{APT} install --fix-broken {PACKAGE}"))
            .exits(0);
        assert_eq!(cell.sh("dpkg --audit").exits(0).stdout, "", "{when}");
        cell.sh("dpkg --verify trustctl").exits(0);
        assert_unharmed(&cell, &ca, &when);
        cell.sh(&format!("dpkg --force-confold --install {PREVIOUS}"))
            .exits(0);
    }
    assert!(
        killed >= 3 && broken >= 1,
        "{killed} killed, {broken} broken"
    );
    let shipped = cell.sh("find / -xdev -name '*.dpkg-new' -o -xdev -name '*.dpkg-tmp'");
    assert_eq!(shipped.stdout, "", "left over");
    cell.sh(&format!("{TRUSTCTL} remove corp")).exits(0);
    assert_eq!(cell.tree().sees(&ca.sha256()), [false; 3]);
}
