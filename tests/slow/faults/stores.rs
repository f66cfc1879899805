//! The same for a change that reaches other stores too: each of them is as before or as planned, and none between.

use support::Host;

use crate::faults::bed::Bed;
use crate::faults::{errors, kill, store};

const STORES: &str = "firefox,chromium,env,docker:registry.test:5000";

/// A store beside policies that somebody else wrote.
fn host() -> Host {
    let host = store();
    host.write("usr/bin/chromium", "");
    host.write(
        "usr/lib/firefox-esr/application.ini",
        "[App]\nVersion=140\n",
    );
    let policies = "{\"policies\": {\"DisableTelemetry\": true}}\n";
    host.write("etc/firefox/policies/policies.json", policies);
    host
}

fn added() -> Host {
    let host = host();
    let file = host.beside("further.crt");
    let add = ["add", "--yes", "--to", STORES, file.to_str().unwrap()];
    host.trustctl(add).exits(0);
    host
}

fn add() -> Bed {
    Bed::new(&host(), &["add", "--yes", "--to", STORES, "two.pem"])
}

fn remove() -> Bed {
    Bed::new(&added(), &["remove", "--everywhere", "further.crt"])
}

fn rollback() -> Bed {
    Bed::new(&added(), &["rollback"])
}

#[test]
fn add_to_other_stores_killed_anywhere_is_undone_or_complete() {
    kill::sweep("add --to", &add());
}

#[test]
fn remove_from_everywhere_killed_anywhere_is_undone_or_complete() {
    kill::sweep("remove --everywhere", &remove());
}

#[test]
fn rollback_of_add_to_killed_anywhere_is_undone_or_complete() {
    kill::sweep("rollback of add --to", &rollback());
}

#[test]
fn add_to_other_stores_that_fails_anywhere_leaves_them_as_they_were() {
    errors::sweep("add --to", &add());
}

#[test]
fn remove_from_everywhere_that_fails_anywhere_leaves_them_as_they_were() {
    errors::sweep("remove --everywhere", &remove());
}

#[test]
fn rollback_of_add_to_that_fails_anywhere_leaves_them_as_they_were() {
    errors::sweep("rollback of add --to", &rollback());
}
