//! Several that change the store at once.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use support::{Ca, Cell, Host};

const ROUNDS: usize = 20;
const WRITERS: usize = 8;

/// Starts all commands at once; each must end with status 0.
#[track_caller]
fn all_succeed(commands: Vec<Command>) {
    let children: Vec<_> = commands
        .into_iter()
        .map(|mut command| {
            command
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
}

#[test]
fn eight_that_add_at_once_all_get_their_certificate_in() {
    let host = Host::new().settled();
    let cas: Vec<Ca> = (0..WRITERS)
        .map(|n| Ca::new(&format!("Corp {n}")))
        .collect();
    let files: Vec<_> = cas
        .iter()
        .enumerate()
        .map(|(n, ca)| host.input(&format!("corp-{n}.crt"), ca.pem()))
        .collect();
    let before = host.store();
    for round in 0..ROUNDS {
        all_succeed(
            files
                .iter()
                .map(|file| host.command(["add", "--yes", file.to_str().unwrap()]))
                .collect(),
        );
        let views = host.views();
        for ca in &cas {
            assert!(
                views.iter().all(|view| view.contains(&ca.sha256())),
                "{} in round {round}",
                ca.name()
            );
        }
        let fingerprints: Vec<String> = cas.iter().map(Ca::sha256).collect();
        let remove = ["remove"]
            .into_iter()
            .chain(fingerprints.iter().map(String::as_str));
        host.trustctl(remove).exits(0);
        assert_eq!(host.store(), before, "round {round}");
    }
}

/// Ends the loop beside the test, also when the test fails.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The bare script takes no lock: what it read before our change it may still publish after it. So trustctl
/// waits for its end and looks again.
#[test]
fn eight_that_add_beside_a_loop_of_bare_runs_all_get_their_certificate_in() {
    let cell = Cell::new("bookworm");
    // Ten roots are enough, and keep each run short.
    let conf = "/etc/ca-certificates.conf";
    cell.sh(&format!(
        "grep ^mozilla {conf} | head -10 >/tmp/conf && cat /tmp/conf >{conf}"
    ))
    .exits(0);
    cell.bare_update(&["--fresh"]).exits(0);
    let vendors = cell.tree().bundle_certs();
    assert_eq!(vendors.len(), 10);
    let cas: Vec<Ca> = (0..WRITERS)
        .map(|n| Ca::new(&format!("Corp {n}")))
        .collect();
    for (n, ca) in cas.iter().enumerate() {
        cell.write(&format!("/root/corp-{n}.crt"), ca.pem());
    }
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let bare = scope.spawn(|| {
            let mut runs = 0;
            while !stop.load(Ordering::Relaxed) {
                cell.bare_update(&[]);
                runs += 1;
            }
            runs
        });
        let stopper = Stop(&stop);
        for round in 0..ROUNDS {
            let add = |n| {
                let mut command = cell.command("trustctl");
                command.args(["add", "--yes", &format!("/root/corp-{n}.crt")]);
                command
            };
            all_succeed((0..WRITERS).map(add).collect());
            let views = cell.tree().views();
            for ca in &cas {
                let found = views.each_ref().map(|view| view.contains(&ca.sha256()));
                assert_eq!(found, [true; 3], "{} in round {round}", ca.name());
            }
            let mut remove = cell.command("trustctl");
            remove.args(["remove"]).args(cas.iter().map(Ca::sha256));
            all_succeed(vec![remove]);
        }
        drop(stopper);
        println!(
            "{} bare runs beside {} adds",
            bare.join().unwrap(),
            ROUNDS * WRITERS
        );
    });
    cell.trustctl(["refresh"]).exits(0);
    assert_eq!(cell.tree().views(), [&vendors; 3].map(Clone::clone));
}
