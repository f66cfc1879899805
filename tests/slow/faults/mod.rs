//! What happens when a change is killed, or fails, at each of its file-changing system calls in turn; when the disk
//! is really full; and when the script that makes the stage fails, hangs, lies or makes the wrong thing.
//!
//! The faults come from outside (strace, small file systems, replaced scripts): the product has no code for this.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests act on trees of their own and fail by panicking"
)]

mod bed;
mod errors;
mod foreign;
mod full;
mod kill;
mod old_kernel;
mod script;
mod stores;
mod vanish;

use bed::Bed;
use support::{Ca, Host};

/// A small store with what makes changes difficult: two vendor roots of one subject, two local ones of one
/// subject, and a foreign file with a hash link.
fn store() -> Host {
    let host = ["Alpha", "Beta", "Gamma", "Delta"]
        .iter()
        .fold(Host::empty(), |host, name| host.vendor(name, Ca::new(name)));
    let host = host
        .vendor("Twin_A", Ca::new("Twin"))
        .vendor("Twin_B", Ca::new("Twin"))
        .local("corp.crt", Ca::new("Corp").pem())
        .local("corp2.crt", Ca::new("Corp").pem());
    host.write("etc/ssl/certs/foreign.pem", Ca::new("Foreign").pem());
    let two = [Ca::new("Twin"), Ca::new("New")];
    host.input("two.pem", format!("{}{}", two[0].pem(), two[1].pem()));
    host.input("corp.crt", Ca::new("Corp of today").pem());
    host.input("further.crt", Ca::new("Further").pem());
    host.settled()
}

/// Two certificates at once, one of a subject that is there already.
fn add() -> Bed {
    Bed::new(&store(), &["add", "--yes", "two.pem"])
}

/// The same where the script has made the whole store for an earlier change, so that it is shown a part of it now.
fn add_in_part() -> Bed {
    let host = store();
    let earlier = host.input("earlier.crt", Ca::new("Earlier").pem());
    let add = [
        "--format",
        "json",
        "add",
        "--yes",
        earlier.to_str().unwrap(),
    ];
    host.trustctl(add).exits(0);
    let two = host.beside("two.pem");
    let rehearsed = ["--format", "json", "add", "--yes", "--dry-run"];
    let rehearsed = rehearsed.iter().copied().chain([two.to_str().unwrap()]);
    let report = host.trustctl(rehearsed).exits(0).report();
    assert_eq!(report["rehearsal"], "part");
    Bed::new(&host, &["add", "--yes", "two.pem"])
}

/// Another certificate in a file of the same name.
fn replace() -> Bed {
    Bed::new(
        &store(),
        &["add", "--yes", "--replace", "corp.crt", "corp.crt"],
    )
}

/// One of two certificates of one subject, so that hash links move up.
fn remove() -> Bed {
    Bed::new(&store(), &["remove", "corp.crt"])
}

/// The same for vendor roots.
fn distrust() -> Bed {
    Bed::new(&store(), &["distrust", "Twin_A.crt"])
}

/// Back from a replacement.
fn rollback() -> Bed {
    let host = store();
    host.trustctl(
        ["add", "--yes", "--replace", "corp.crt"]
            .iter()
            .copied()
            .chain([host.beside("corp.crt").to_str().unwrap()]),
    )
    .exits(0);
    Bed::new(&host, &["rollback"])
}

/// What a killed run of the bare script and an untidy hand left, mended.
fn refresh() -> Bed {
    let host = store();
    let hash = host.vendors()[0].subject_hash();
    host.delete(format!("etc/ssl/certs/{hash}.0"));
    host.link(
        "etc/ssl/certs/gone.pem",
        "/usr/local/share/ca-certificates/gone.crt",
    );
    let bundle = host.bundle();
    host.write("etc/ssl/certs/ca-certificates.crt.new", &bundle);
    host.write(
        "etc/ssl/certs/ca-certificates.crt",
        &bundle[..bundle.len() / 2],
    );
    Bed::new(&host, &["refresh", "--yes"])
}
