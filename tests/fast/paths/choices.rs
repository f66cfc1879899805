//! Which issuers OpenSSL and GnuTLS choose: they take one at each step and never come back to it.

use trustctl::programs::Release;
use trustctl::verify::{Anchors, Options, Presented, Profile, consumers};

use crate::paths::{Ca, DAY, NOW, judged_by, options};
use crate::random_chains::{Spec, ce, der, dns, name, sequence};

fn by(profile: &str) -> Options {
    Options {
        profile: Profile::named(profile).unwrap(),
        ..options()
    }
}

/// The path that a program takes; what it thinks of it is not asked here.
fn path(profile: &str, leaf: &[u8], helpers: &[Vec<u8>], anchors: &[Vec<u8>]) -> String {
    judged_by(&by(profile), leaf, helpers, anchors).path
}

/// When a certificate is valid, in seconds from now.
type Dates = (i64, i64);

const EVER: Dates = (-DAY, DAY);

fn dated(ca: &Ca, issuer: &Ca, (from, to): Dates) -> Vec<u8> {
    ca.by_with(issuer, |spec| {
        (spec.not_before, spec.not_after) = (NOW + from, NOW + to);
    })
}

#[test]
fn openssl_takes_the_first_issuer_in_time_or_the_last_to_expire() {
    let (root, ca) = (Ca::new("Root"), Ca::new("CA"));
    for (what, dates, anchor, helper) in [
        ("both in time", vec![EVER, (-DAY, 9 * DAY)], "a0", "h0"),
        ("the second in time", vec![(-DAY, -1), EVER], "a1", "h1"),
        ("ending now", vec![(-DAY, 0), EVER], "a1", "h1"),
        ("ending in a second", vec![(-DAY, 1), EVER], "a0", "h0"),
        ("beginning now", vec![(0, DAY), EVER], "a0", "h0"),
        ("beginning in a second", vec![(1, DAY), EVER], "a1", "h1"),
        // Of helpers out of time it takes the last, of anchors the one that expires last, the first of equals.
        (
            "all expired",
            vec![(-9, -3), (-9, -1), (-9, -2)],
            "a1",
            "h2",
        ),
        ("all expired at once", vec![(-9, -2), (-8, -2)], "a0", "h1"),
    ] {
        let roots: Vec<Vec<u8>> = dates
            .iter()
            .map(|&dates| dated(&root, &root, dates))
            .collect();
        assert_eq!(path("openssl", &root.leaf(), &[], &roots), anchor, "{what}");
        let helpers: Vec<Vec<u8>> = dates
            .iter()
            .map(|&dates| dated(&ca, &root, dates))
            .collect();
        let found = path("openssl", &ca.leaf(), &helpers, &[root.root()]);
        assert_eq!(found, format!("{helper} a0"), "{what}, among helpers");
    }
}

/// Names an issuer by more than its key: the general names of its own issuer, and its serial number.
fn authority(names: &[Vec<u8>], serial: &[u8]) -> impl FnOnce(&mut Spec) {
    let part = |tag, content: &[u8]| {
        if content.is_empty() {
            vec![]
        } else {
            der(tag, content)
        }
    };
    let content = sequence(&[part(0xa1, &names.concat()), part(0x82, serial)]);
    move |spec| spec.set(ce(35), false, content)
}

#[test]
fn openssl_holds_every_part_of_the_authority_key_identifier_against_an_issuer() {
    let [first, second, ca] = ["First", "Second", "CA"].map(Ca::new);
    let helpers = [(&first, 7), (&second, 7), (&second, 8)]
        .map(|(issuer, serial)| ca.by_with(issuer, |spec| spec.serial = vec![serial]));
    let anchors = [first.root(), second.root()];
    let directory = |common_name| der(0xa4, &name(common_name));
    for (what, names, serial, expected) in [
        ("nothing", vec![], &[][..], "h0 a0"),
        ("a serial number", vec![], &[8], "h2 a1"),
        ("its issuer", vec![directory("Second")], &[], "h1 a1"),
        ("both", vec![directory("Second")], &[8], "h2 a1"),
        ("both, of none", vec![directory("First")], &[8], ""),
        ("another kind of name", vec![dns("Second")], &[], "h0 a0"),
        (
            "the first directory name",
            vec![dns("x"), directory("Second"), directory("First")],
            &[],
            "h1 a1",
        ),
    ] {
        let leaf = ca.leaf_with(authority(&names, serial));
        assert_eq!(
            path("openssl", &leaf, &helpers, &anchors),
            expected,
            "{what}"
        );
    }
}

#[test]
fn a_trusted_leaf_is_enough_where_a_root_is_not_wanted() {
    let (root, ca) = (Ca::new("Root"), Ca::new("CA"));
    let leaf = ca.leaf();
    for (profile, helpers, valid, path) in [
        ("curl", vec![], true, ""),
        ("curl", vec![ca.by(&root)], true, "h0"),
        ("openssl", vec![], false, ""),
        ("openssl", vec![ca.by(&root)], false, "h0"),
    ] {
        let found = judged_by(&by(profile), &leaf, &helpers, std::slice::from_ref(&leaf));
        assert_eq!((found.valid, &*found.path), (valid, path), "{profile}");
    }
}

#[test]
fn gnutls_puts_the_list_in_order_and_prefers_an_anchor_in_time() {
    let [a, b, root] = ["A", "B", "Root"].map(Ca::new);
    let circle = [b.by(&a), a.by(&b)];
    assert_eq!(path("gnutls", &a.leaf(), &circle, &[root.root()]), "h1 h0");
    for (dates, expected) in [
        ([(-DAY, -1), EVER], "a1"),
        ([EVER, (-DAY, -1)], "a0"),
        ([(-DAY, 0), EVER], "a0"),
        ([(1, DAY), EVER], "a1"),
    ] {
        let roots = dates.map(|dates| dated(&root, &root, dates));
        assert_eq!(
            path("gnutls", &root.leaf(), &[], &roots),
            expected,
            "{dates:?}"
        );
    }
}

#[test]
fn consumers_judge_by_their_own_settings() {
    let (root, ca) = (Ca::new("Root"), Ca::new("CA"));
    let (leaf, anchor) = (ca.leaf(), ca.by(&root));
    let anchors = Anchors::read([&*anchor]);
    let presented = Presented::read(&leaf, &[]);
    let valid = |options: &Options| -> Vec<(&str, bool)> {
        let all = consumers(&presented, &anchors, options, &Release::all_newest()).into_iter();
        all.map(|found| (found.profile.name, found.verdict.valid))
            .collect()
    };
    let usual = valid(&options());
    assert!(usual.contains(&("curl", true)) && usual.contains(&("openssl", false)));
    for (partial_chain, security_level) in
        [(Some(true), None), (Some(false), None), (None, Some(5))]
    {
        let options = Options {
            partial_chain,
            security_level,
            ..options()
        };
        assert_eq!(
            valid(&options),
            usual,
            "{partial_chain:?} {security_level:?}"
        );
    }
}
