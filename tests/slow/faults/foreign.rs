//! The same faults in changes of what has no source: adoption, bundles that are all there is, links, and undoing of
//! one change among several.

use support::{Ca, Host};

use crate::faults::bed::Bed;
use crate::faults::{errors, kill, store};

const BUNDLE: &str = "etc/ssl/certs/ca-certificates.crt";
const LOCAL: &str = "usr/local/share/ca-certificates";

/// A certificate that only the bundle has, and one in a file of its own.
fn adopt() -> Bed {
    let host = store();
    let bundle = host.text(BUNDLE);
    host.write(BUNDLE, format!("{bundle}{}", Ca::new("Appended").pem()));
    Bed::new(&host, &["adopt", "--all", "--yes"])
}

/// Back from an adoption: the certificate is the bundle's alone again.
fn back_from_adoption() -> Bed {
    let host = store();
    let bundle = host.text(BUNDLE);
    host.write(BUNDLE, format!("{bundle}{}", Ca::new("Appended").pem()));
    host.trustctl(["adopt", "--all", "--yes"]).exits(0);
    Bed::new(&host, &["rollback"])
}

/// The older of two changes.
fn revert() -> Bed {
    let host = store();
    host.trustctl(["distrust", "Twin_A.crt"]).exits(0);
    let path = host.beside("two.pem");
    host.trustctl(["add", "--yes", path.to_str().unwrap()])
        .exits(0);
    Bed::new(&host, &["revert", "1"])
}

/// A bundle and nothing else.
fn bundle() -> Host {
    let host = Host::bare();
    let text: String = ["One", "Two", "Three"]
        .iter()
        .map(|name| Ca::new(name).pem().to_string())
        .collect();
    host.write(BUNDLE, text);
    host.input(
        "two.pem",
        format!("{}{}", Ca::new("New").pem(), Ca::new("Newer").pem()),
    );
    host.input("further.crt", Ca::new("Further").pem());
    host
}

fn appended() -> Bed {
    Bed::new(&bundle(), &["add", "--yes", "two.pem"])
}

fn taken_out() -> Bed {
    Bed::new(&bundle(), &["remove", "Two"])
}

/// A file and a link to it.
fn linked() -> Host {
    let host = store();
    host.write(format!("{LOCAL}/real.crt"), Ca::new("Linked").pem());
    host.link(format!("{LOCAL}/alias.crt"), "real.crt");
    host.settled()
}

fn links() -> Bed {
    Bed::new(&linked(), &["remove", "real.crt"])
}

fn links_back() -> Bed {
    let host = linked();
    host.trustctl(["remove", "real.crt"]).exits(0);
    Bed::new(&host, &["rollback"])
}

/// A change by its name, and the store before it.
type Named = (&'static str, fn() -> Bed);

fn beds() -> [Named; 7] {
    [
        ("adopt", adopt),
        ("rollback of adopt", back_from_adoption),
        ("revert", revert),
        ("add to a bundle alone", appended),
        ("remove from a bundle alone", taken_out),
        ("remove with links", links),
        ("rollback with links", links_back),
    ]
}

#[test]
fn killed_anywhere_they_are_undone_or_complete() {
    for (name, bed) in beds() {
        kill::sweep(name, &bed());
    }
}

#[test]
fn failing_anywhere_they_leave_the_store_as_it_was() {
    for (name, bed) in beds() {
        errors::sweep(name, &bed());
    }
}
