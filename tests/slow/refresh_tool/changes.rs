//! Certificates that come and go: E10, E12, E16, E18, E19.

use support::{Ca, Host};

use crate::refresh_tool::{adds, assert_seen, assert_trusted};

const LOCAL: &str = "usr/local/share/ca-certificates/corp.crt";

#[test]
fn e10_a_deleted_file_leaves_dangling_links_until_refresh_and_none_after_remove() {
    let ca = Ca::new("Corp");
    let bare = Host::new().local("corp.crt", ca.pem()).settled();
    let hash_link = format!("etc/ssl/certs/{}.0", ca.subject_hash());
    bare.delete(LOCAL);
    bare.bare_update(&[]).exits(0).says("0 added, 0 removed");
    assert!(bare.has("etc/ssl/certs/corp.pem") && bare.has(&hash_link));
    bare.trustctl(["refresh"]).exits(0);
    assert!(!bare.has("etc/ssl/certs/corp.pem") && !bare.has(&hash_link));

    let host = Host::new().settled();
    let before = host.store();
    adds(&host, &host.input("corp.crt", ca.pem()));
    host.trustctl(["remove", "corp.crt"]).exits(0);
    assert_eq!(host.store(), before);
}

#[test]
fn e12_a_rotated_file_keeps_its_old_hash_link_until_refresh_and_gets_its_own_from_replace() {
    let (old, new) = (Ca::new("Corp 2020"), Ca::new("Corp 2030"));
    let bare = Host::new().local("corp.crt", old.pem()).settled();
    bare.write(LOCAL, new.pem());
    bare.bare_update(&[]).exits(0).says("0 added, 0 removed");
    assert!(bare.bundle_trusts(new.pem()) && !bare.hash_dir_trusts(new.pem()));
    bare.trustctl(["refresh"]).exits(0);
    assert_trusted(&bare, &new);
    assert_seen(&bare, &old, [false; 3]);
    assert!(!bare.has(format!("etc/ssl/certs/{}.0", old.subject_hash())));

    let host = Host::new().local("corp.crt", old.pem()).settled();
    let file = host.input("corp.crt", new.pem());
    host.trustctl([
        "add",
        "--yes",
        "--replace",
        &old.sha256(),
        file.to_str().unwrap(),
    ])
    .exits(0);
    assert_trusted(&host, &new);
    assert_seen(&host, &old, [false; 3]);
}

#[test]
fn e16_with_every_root_switched_off_the_bundle_keeps_them_all_and_is_emptied_by_distrust() {
    let bare = Host::new().settled();
    let conf = bare.text("etc/ca-certificates.conf");
    bare.write(
        "etc/ca-certificates.conf",
        conf.replace("mozilla/", "!mozilla/"),
    );
    bare.bare_update(&[]).exits(0);
    assert_eq!(bare.views().map(|view| view.len()), [3, 0, 3]);
    assert!(bare.bundle_trusts(bare.vendors()[0].pem()));

    let host = Host::new().settled();
    let all: Vec<String> = host.vendors().iter().map(Ca::sha256).collect();
    let selectors = all.iter().map(String::as_str);
    let before = host.store();
    host.trustctl(["distrust"].into_iter().chain(selectors.clone()))
        .exits(2)
        .says("--allow-empty");
    assert_eq!(host.store(), before);
    host.trustctl(["distrust", "--allow-empty"].into_iter().chain(selectors))
        .exits(0);
    assert_eq!(host.views().map(|view| view.len()), [0; 3]);
    assert!(!host.bundle_trusts(host.vendors()[0].pem()));
}

#[test]
fn e18_a_stray_file_in_the_folder_is_trusted_whatever_the_script_does_and_is_named_by_list() {
    let rogue = Ca::new("Rogue");
    let host = Host::new().settled();
    host.write("etc/ssl/certs/rogue.pem", rogue.pem());
    // A rehash comes with the next change.
    let host = host.local("corp.crt", Ca::new("Corp").pem());
    host.bare_update(&[]).exits(0);
    host.bare_update(&["--fresh"]).exits(0);
    assert_seen(&host, &rogue, [false, true, true]);
    assert!(host.hash_dir_trusts(rogue.pem()));

    host.trustctl(["list"]).exits(0).says("rogue.pem");
}

#[test]
fn e19_a_certificate_written_into_the_bundle_by_hand_is_named_by_list_and_goes_only_when_asked() {
    let hand = Ca::new("Hand Made");
    let host = Host::new().settled();
    let text = [host.bundle(), hand.pem().as_bytes().to_vec()].concat();
    host.write("etc/ssl/certs/ca-certificates.crt", &text);
    assert!(host.bundle_trusts(hand.pem()));
    let bare = Host::new().settled();
    bare.write("etc/ssl/certs/ca-certificates.crt", text);
    bare.bare_update(&[]).exits(0);
    assert_seen(&bare, &hand, [false; 3]);

    host.trustctl(["list"]).exits(0).says("Hand Made");
    host.trustctl(["refresh"])
        .exits(2)
        .says("Hand Made")
        .says("adopt --all`");
    assert_seen(&host, &hand, [true, false, true]);
    host.trustctl(["refresh", "--drop-foreign"]).exits(0);
    assert_seen(&host, &hand, [false; 3]);
    assert!(!host.bundle_trusts(hand.pem()));
}
