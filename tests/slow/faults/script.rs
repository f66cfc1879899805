//! The script that makes the stage fails, hangs, lies or makes the wrong thing, or is killed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use support::{Ca, Run, output};

use crate::faults::bed::{Bed, Copy};
use crate::faults::kill::recover;
use crate::faults::{add, distrust, remove, replace};

/// What each script begins with: `$certs` is the folder that it is to fill, `real` does what it should.
const BEGINNING: &str = r#"#!/bin/sh
while [ $# -gt 0 ]; do
    all="$all '$1'"
    if [ "$1" = --etccertsdir ]; then certs=$2; fi
    shift
done
real() { eval "/usr/sbin/update-ca-certificates $all"; }
"#;

/// Runs the command with another script in the place of the real one.
fn with_script(bed: &Bed, text: &str, seconds: u32) -> (Copy, Run) {
    let copy = bed.copy();
    let (script, config) = (copy.beside("script"), copy.beside("config.toml"));
    fs::write(&script, format!("{BEGINNING}{text}\n")).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let script = script.display();
    let text = format!(
        "[tools]\nupdate_ca_certificates = \"{script}\"\n[timeouts]\ntool_seconds = {seconds}\n"
    );
    fs::write(&config, text).unwrap();
    let run = output(copy.command().arg("--config").arg(config));
    (copy, run)
}

/// The command must refuse to go on, say this, and leave the store as it was.
#[track_caller]
fn refuses(bed: &Bed, text: &str, says: &str) {
    let (copy, run) = with_script(bed, text, 60);
    let run = run.exits(2).says(says);
    let state = copy.state();
    assert!(
        state == bed.before,
        "{text}: {} with {run}",
        state.differs_from(&bed.before)
    );
    assert!(!copy.is_unfinished());
}

#[test]
fn the_wrapper_of_these_tests_itself_changes_nothing() {
    let bed = add();
    let (copy, run) = with_script(&bed, "real", 60);
    run.exits(0);
    assert!(copy.state() == bed.after);
}

#[test]
fn a_script_that_fails_leaves_the_store_as_it_was() {
    for bed in [add(), remove(), distrust(), replace()] {
        refuses(&bed, "exit 3", "exit status 3");
        refuses(&bed, "real; echo no luck >&2; exit 1", "no luck");
        refuses(&bed, "kill -9 $$", "killed by signal 9");
        refuses(&bed, "real; kill -9 $$", "killed by signal 9");
    }
}

#[test]
fn a_script_that_lies_leaves_the_store_as_it_was() {
    for bed in [add(), remove(), distrust(), replace()] {
        refuses(&bed, "exit 0", "did not make what it should");
        refuses(
            &bed,
            "real; cat </dev/null >$certs/ca-certificates.crt",
            "its bundle has 0 certificates",
        );
        refuses(
            &bed,
            "real; rm $certs/ca-certificates.crt",
            "its bundle has 0 certificates",
        );
    }
}

#[test]
fn a_script_that_makes_the_wrong_thing_leaves_the_store_as_it_was() {
    let stranger = Ca::new("Stranger").pem().replace('\n', "\\n");
    let bundle = "$certs/ca-certificates.crt";
    for bed in [add(), remove(), distrust(), replace()] {
        for (text, says) in [
            (format!("real; head -c 3000 /dev/urandom >>{bundle}"), "its bundle"),
            (format!("real; head -c 3000 /dev/urandom >{bundle}"), "its bundle"),
            (format!("real; printf -- '{stranger}' >>{bundle}"), "its bundle"),
            (format!("real; sed -i '1,/END/d' {bundle}"), "its bundle"),
            (format!("real; sed -i 's/^MII/MIJ/' {bundle}"), "its bundle"),
            (format!("real; cat {bundle} {bundle} >{bundle}.2; mv {bundle}.2 {bundle}"), "its bundle"),
            ("real; rm $certs/Alpha.pem".to_string(), "its link"),
            ("real; ln -sf /etc/hostname $certs/Alpha.pem".to_string(), "its link"),
            ("real; ln -s /etc/hostname $certs/more.pem".to_string(), "a link `more.pem`"),
            ("real; rm $certs/????????.0".to_string(), "hash link"),
            ("real; for l in $certs/*.0; do mv $l $certs/00000000.0; done".to_string(), "hash link"),
            ("real; ln -sf Beta.pem $certs/$(openssl x509 -subject_hash -noout -in $certs/Alpha.pem).0".to_string(), "hash link"),
            ("real; ln -s Alpha.pem $certs/$(openssl x509 -subject_hash -noout -in $certs/Alpha.pem).2".to_string(), "gap"),
            ("real; rm -r $certs".to_string(), "its bundle"),
        ] {
            refuses(&bed, &text, says);
        }
    }
}

#[test]
fn a_script_that_hangs_is_killed_with_all_it_started() {
    let bed = add();
    let started = Instant::now();
    let text = "sleep 987 | sleep 987 & trap '' TERM INT HUP; sleep 987";
    let (copy, run) = with_script(&bed, text, 1);
    run.exits(2).says("did not end within 1 s");
    assert!(started.elapsed() < Duration::from_secs(20));
    assert!(copy.state() == bed.before);
    let left = output(Command::new("/bin/pgrep").args(["-f", "sleep 987$"])).stdout;
    assert_eq!(left, "", "something of the script goes on");
}

#[test]
fn a_script_that_never_stops_talking_is_bounded() {
    let bed = add();
    refuses(
        &bed,
        "head -c 300000000 /dev/zero; head -c 300000000 /dev/zero >&2; exit 5",
        "exit status 5",
    );
}

#[test]
fn a_script_that_leaves_something_behind_at_work_does_not_hold_the_change_up() {
    let bed = add();
    let started = Instant::now();
    let (copy, run) = with_script(&bed, "real; sleep 20 &", 60);
    run.exits(0);
    assert!(started.elapsed() < Duration::from_secs(15));
    assert!(copy.state() == bed.after);
}

#[test]
fn killed_at_points_of_time_while_the_script_runs_the_next_command_works_at_once() {
    let mut kills = 0;
    for bed in [add(), distrust()] {
        let (copy, started) = (bed.copy(), Instant::now());
        output(&mut copy.command()).exits(0);
        let whole = started.elapsed();
        for part in 0..12 {
            let copy = bed.copy();
            let mut command = copy.command();
            command.stdout(Stdio::null()).stderr(Stdio::null());
            let mut child = command.process_group(0).spawn().unwrap();
            sleep(whole * part / 12);
            let group = format!("-{}", child.id());
            output(Command::new("/bin/kill").args(["-KILL", "--", &group]));
            child.wait().unwrap();
            bed.promise(&copy.state()).unwrap();
            // Its script has a group of its own and may still be at work on the stage.
            recover(&bed, &copy, ["refresh", "recover"][part as usize % 2]).unwrap();
            let run = copy.trustctl(&["add", "--yes", "further.crt"]).exits(0);
            assert!(run.has("Further"), "{run}");
            kills += 1;
        }
    }
    println!("{kills} kill points in time");
}
