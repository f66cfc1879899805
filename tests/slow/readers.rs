//! No reader ever meets a half-made store: one that never rests, during a hundred changes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use support::{Ca, Cell, Host, Reader, Seen};

/// Asserts that nothing watched was ever missing, and nothing unknown ever there.
#[track_caller]
fn assert_calm(seen: &Seen, known: &[&Ca]) {
    let known: BTreeSet<String> = known.iter().map(|ca| ca.sha256()).collect();
    let strangers: Vec<_> = seen.met.difference(&known).collect();
    assert!(
        seen.rounds > 100,
        "the reader hardly looked: {} rounds",
        seen.rounds
    );
    assert_eq!((seen.lost(), strangers.len()), (0, 0), "{seen:?}");
}

#[test]
fn a_reader_loses_nothing_during_a_hundred_changes() {
    let stays = Ca::new("Stays");
    let (one, two) = (Ca::new("One"), Ca::new("Two"));
    // The last of the bundle: whatever cuts it short loses this one first.
    let host = Host::new().local("zz-stays.crt", stays.pem()).settled();
    let vendors = host.vendors();
    let (first, second) = (
        host.input("one.crt", one.pem()),
        host.input("two.crt", two.pem()),
    );
    let (first, second) = (first.to_str().unwrap(), second.to_str().unwrap());
    let (one_sha, two_sha, vendor_sha) = (one.sha256(), two.sha256(), vendors[1].sha256());
    let changes: [&[&str]; 10] = [
        &["add", "--yes", first],
        &["add", "--yes", "--replace", &one_sha, second],
        &["distrust", &vendor_sha],
        &["rollback"],
        &["remove", &two_sha],
        &["add", "--yes", first, second],
        &["distrust", &vendor_sha],
        &["trust", &vendor_sha],
        &["remove", &one_sha, &two_sha],
        &["refresh"],
    ];

    let reader = Reader::start(&host, &[&stays, &vendors[0], &vendors[2]]);
    for _ in 0..10 {
        for change in changes {
            host.trustctl(change).exits(0);
        }
    }
    let seen = reader.stop();
    println!("{} rounds of reading during 100 changes", seen.rounds);
    assert_calm(
        &seen,
        &[&stays, &one, &two, &vendors[0], &vendors[1], &vendors[2]],
    );
    assert!(seen.met.contains(&one.sha256()) && seen.met.contains(&two.sha256()));
}

#[test]
fn a_reader_loses_nothing_on_a_whole_distribution() {
    for release in ["bullseye", "bookworm", "trixie"] {
        let cell = Cell::new(release);
        let (stays, comes) = (Ca::new("Stays"), Ca::new("Comes"));
        cell.write("/usr/local/share/ca-certificates/zz-stays.crt", stays.pem());
        cell.bare_update(&[]).exits(0);
        let mut known = cell.tree().bundle_certs();
        cell.write("/root/comes.crt", comes.pem());
        let reader = Reader::start(&cell.tree(), &[&stays]);
        cell.trustctl(["add", "--yes", "/root/comes.crt"]).exits(0);
        cell.trustctl(["distrust", "ISRG_Root_X1.crt"]).exits(0);
        cell.trustctl(["rollback"]).exits(0);
        cell.trustctl(["remove", "comes.crt"]).exits(0);
        let seen = reader.stop();
        known.insert(comes.sha256());
        println!(
            "{release}: {} rounds of reading during 4 changes",
            seen.rounds
        );
        assert_eq!(
            (seen.lost(), seen.met.difference(&known).count()),
            (0, 0),
            "{release}: {} rounds",
            seen.rounds
        );
        assert!(
            seen.rounds > 10 && seen.met.contains(&comes.sha256()),
            "{release}"
        );
    }
}

#[test]
fn the_same_reader_catches_the_bare_script() {
    let stays = Ca::new("Stays");
    let host = Host::of_this_machine()
        .local("zz-stays.crt", stays.pem())
        .settled();
    let reader = Reader::start(&host, &[&stays]);
    for _ in 0..3 {
        host.bare_update(&["--fresh"]).exits(0);
    }
    let seen = reader.stop();
    println!(
        "{} of {} rounds lost a certificate in the hash directory",
        seen.lost_in_hash_dir, seen.rounds
    );
    assert!(seen.lost_in_hash_dir > 0, "{} rounds", seen.rounds);
}
