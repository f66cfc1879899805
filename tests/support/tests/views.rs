//! The tests' own eyes: do the three views say what real programs say?

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests act on trees of their own and fail by panicking"
)]

use support::{Ca, Host, Reader};

#[test]
fn a_settled_tree_is_seen_in_all_views_and_by_openssl() {
    let host = Host::new()
        .local("corp.crt", Ca::new("Corp").pem())
        .settled();
    assert_eq!(host.views().map(|view| view.len()), [4; 3]);
    for vendor in host.vendors() {
        assert_eq!(host.sees(&vendor.sha256()), [true; 3]);
        assert!(host.bundle_trusts(vendor.pem()) && host.hash_dir_trusts(vendor.pem()));
    }
    let stranger = Ca::new("Stranger");
    assert_eq!(host.sees(&stranger.sha256()), [false; 3]);
    assert!(!host.bundle_trusts(stranger.pem()) && !host.hash_dir_trusts(stranger.pem()));
}

#[test]
fn the_bare_script_gives_the_tree_the_links_of_a_real_host() {
    let host = Host::new()
        .local("corp.crt", Ca::new("Corp").pem())
        .settled();
    let link = std::fs::read_link(host.path("etc/ssl/certs/corp.pem")).unwrap();
    assert_eq!(
        link.to_str(),
        Some("/usr/local/share/ca-certificates/corp.crt")
    );
    assert_eq!(
        host.bare_update(&[]).exits(0).stdout.lines().nth(1),
        Some("0 added, 0 removed; done.")
    );
}

#[test]
fn a_gap_in_the_hash_links_hides_what_comes_after_it() {
    let host = Host::new().settled();
    let [vendor, ..] = host.vendors() else {
        unreachable!("there are three")
    };
    let (hash, certs) = (vendor.subject_hash(), host.certs());
    std::fs::rename(
        certs.join(format!("{hash}.0")),
        certs.join(format!("{hash}.1")),
    )
    .unwrap();
    assert_eq!(host.sees(&vendor.sha256()), [true, false, true]);
    assert!(!host.hash_dir_trusts(vendor.pem()));
}

#[test]
fn a_reader_notices_what_is_missing() {
    let host = Host::new().settled();
    let (vendor, stranger) = (&host.vendors()[0], Ca::new("Stranger"));
    let calm = Reader::start(&host, &[vendor]).stop();
    assert_eq!((calm.lost(), calm.met.len()), (0, 3), "{calm:?}");
    let lost = Reader::start(&host, &[&stranger]).stop();
    assert_eq!(lost.lost(), 3 * lost.rounds);
}

#[test]
fn a_tree_of_this_machine_has_its_vendor_roots_and_no_other() {
    let host = Host::of_this_machine().settled();
    let views = host.views();
    assert!(views[0].len() > 50, "{}", views[0].len());
    assert!(views.iter().all(|view| *view == views[0]));
    assert!(
        host.names()
            .iter()
            .all(|name| !host.has(format!("usr/local/share/ca-certificates/{name}")))
    );
}
