//! How files are called, and certificates that are there twice: E8, E9, E17, E21, E22.

use support::{Ca, Host};

use crate::refresh_tool::{adds, assert_seen, assert_trusted};

#[test]
fn e08_one_name_in_two_folders_loses_a_link_for_ever_and_gets_two_names_from_add() {
    let (x, y) = (Ca::new("X"), Ca::new("Y"));
    let bare = Host::new()
        .local("x/ca.crt", x.pem())
        .local("y/ca.crt", y.pem())
        .settled();
    for _ in 0..2 {
        bare.bare_update(&[]).exits(0).says("2 added, 0 removed");
    }
    assert_eq!(
        [&x, &y].map(|ca| bare.sees(&ca.sha256())),
        [[true, false, true], [true; 3]]
    );

    let host = Host::new().settled();
    let files = [
        host.input("x/ca.crt", x.pem()),
        host.input("y/ca.crt", y.pem()),
    ];
    let [x_file, y_file] = files.each_ref().map(|file| file.to_str().unwrap());
    host.trustctl(["add", "--yes", x_file, y_file]).exits(0);
    assert_trusted(&host, &x);
    assert_trusted(&host, &y);
}

#[test]
fn e09_a_local_file_named_like_a_vendor_root_hides_it_and_gets_another_name_from_add() {
    let ca = Ca::new("Usurper");
    let bare = Host::new().local("Vendor_Root_1.crt", ca.pem()).settled();
    let hidden = &bare.vendors()[0];
    bare.bare_update(&[]).exits(0).says("2 added, 0 removed");
    assert_seen(&bare, hidden, [true, false, true]);
    assert!(!bare.hash_dir_trusts(hidden.pem()));

    let host = Host::new().settled();
    adds(&host, &host.input("Vendor_Root_1.crt", ca.pem()));
    assert_trusted(&host, &ca);
}

#[test]
fn e17_a_vendor_root_with_a_blank_in_its_name_stays_trusted_by_hash_and_goes_with_distrust() {
    let name = "Old Root (1998), Ltd";
    let bare = Host::new().vendor(name, Ca::new("Old")).settled();
    let conf = bare.text("etc/ca-certificates.conf");
    bare.write(
        "etc/ca-certificates.conf",
        conf.replace("mozilla/Old", "!mozilla/Old"),
    );
    bare.bare_update(&[]).exits(0);
    let old = &bare.vendors()[3];
    assert_seen(&bare, old, [false, true, true]);
    assert!(bare.hash_dir_trusts(old.pem()));

    let host = Host::new().vendor(name, Ca::new("Old")).settled();
    let old = &host.vendors()[3];
    host.trustctl(["distrust", &old.sha256()]).exits(0);
    assert_seen(&host, old, [false; 3]);
    assert!(!host.bundle_trusts(old.pem()) && !host.hash_dir_trusts(old.pem()));
}

#[test]
fn e21_two_keys_under_one_subject_both_work() {
    let (one, two) = (Ca::new("Same Subject"), Ca::new("Same Subject"));
    let bare = Host::new()
        .local("one.crt", one.pem())
        .local("two.crt", two.pem())
        .settled();
    assert_eq!(
        [&one, &two].map(|ca| bare.sees(&ca.sha256())),
        [[true; 3]; 2]
    );

    let host = Host::new().settled();
    adds(
        &host,
        &host.input("both.crt", format!("{}{}", one.pem(), two.pem())),
    );
    assert_seen(&host, &one, [true; 3]);
    assert_seen(&host, &two, [true; 3]);
    host.trustctl(["remove", &one.sha256()]).exits(0);
    assert_seen(&host, &one, [false; 3]);
    assert_trusted(&host, &two);
}

#[test]
fn e21_more_than_256_certificates_of_one_subject_break_the_script_and_leave_the_store_as_it_was() {
    let text: Vec<String> = (0..258)
        .map(|_| Ca::new("Crowd").pem().to_string())
        .collect();
    let bare = Host::new().settled();
    for (n, pem) in text.iter().enumerate() {
        bare.write(
            format!("usr/local/share/ca-certificates/crowd-{n:03}.crt"),
            pem,
        );
    }
    let run = bare.bare_update(&[]);
    assert!(!run.ok() && run.has("hash table overflow"), "{run}");

    let host = Host::new().settled();
    let before = host.store();
    let file = host.input("crowd.crt", text.concat());
    host.trustctl(["add", "--yes", file.to_str().unwrap()])
        .exits(2);
    assert_eq!(host.store(), before);
}

#[test]
fn e22_a_certificate_in_two_files_is_twice_in_the_bundle_and_once_after_add() {
    let ca = Ca::new("Twice");
    let count = |host: &Host| {
        support::certificates_in(&host.bundle())
            .iter()
            .filter(|found| **found == ca.sha256())
            .count()
    };
    let bare = Host::new()
        .local("one.crt", ca.pem())
        .local("two.crt", ca.pem())
        .settled();
    assert_eq!(count(&bare), 2);

    let host = Host::new().settled();
    adds(
        &host,
        &host.input("twice.crt", format!("{}{}", ca.pem(), ca.pem())),
    );
    adds(&host, &host.input("again.crt", ca.pem()));
    assert_eq!(count(&host), 1);
    assert_trusted(&host, &ca);
}
