//! What single programs make of one certificate: of a CA that does not say so, of odd parts, of usages.

use trustctl::verify::{Anchors, Code, Fault, Options, Profile, Purpose, verify};

use crate::paths::{Ca, judged_by, options};
use crate::random_chains::{Spec, ce, der, sequence, usage};

fn errors(profile: &str, purpose: Purpose, leaf: &[u8], anchor: Vec<u8>) -> String {
    let options = Options {
        profile: Profile::named(profile).unwrap(),
        purpose,
        ..options()
    };
    judged_by(&options, leaf, &[], &[anchor]).errors
}

#[test]
fn an_anchor_without_basic_constraints_is_taken_by_some() {
    let (root, other) = (Ca::new("Root"), Ca::new("Other"));
    let first_version = |spec: &mut Spec| spec.extensions.clear();
    let bare = |spec: &mut Spec| spec.extensions.retain(|(oid, ..)| *oid == ce(14));
    let signing = |spec: &mut Spec| spec.drop(&ce(19));
    for (what, anchor, refused_by) in [
        ("version 1", root.by_with(&root, first_version), &[][..]),
        (
            "version 1, by another",
            root.by_with(&other, first_version),
            &["curl", "gnutls"],
        ),
        ("version 3", root.by_with(&root, bare), &["curl"]),
        (
            "version 3, by another",
            root.by_with(&other, bare),
            &["curl", "gnutls"],
        ),
        ("for signing", root.by_with(&root, signing), &[]),
        (
            "for signing, by another",
            root.by_with(&other, signing),
            &["gnutls"],
        ),
        (
            "for other uses",
            root.by_with(&root, |spec| {
                signing(spec);
                spec.set(ce(15), true, usage(0x02));
            }),
            &["curl"],
        ),
    ] {
        for profile in ["curl", "gnutls"] {
            let found = errors(profile, Purpose::Server, &root.leaf(), anchor.clone());
            let refused = found.contains("denies-ca");
            assert_eq!(
                refused,
                refused_by.contains(&profile),
                "{what} {profile}: {found}"
            );
        }
    }
}

#[test]
fn rustls_does_not_read_unique_identifiers_and_dates_before_1970() {
    let root = Ca::new("Root");
    let unique = |tags: &'static [u8]| {
        move |spec: &mut Spec| {
            spec.unique_ids = tags.iter().flat_map(|&tag| [tag, 2, 0, 1]).collect();
        }
    };
    let from = |seconds| move |spec: &mut Spec| spec.not_before = seconds;
    let leaf = |change: &dyn Fn(&mut Spec)| root.leaf_with(change);
    let anchor = |change: &dyn Fn(&mut Spec)| root.by_with(&root, change);
    for (what, leaf, anchor, expected) in [
        ("sound", root.leaf(), root.root(), ""),
        (
            "identifier of the issuer",
            leaf(&unique(&[0x81])),
            root.root(),
            "unreadable@0",
        ),
        (
            "identifier of the subject",
            leaf(&unique(&[0x82])),
            root.root(),
            "unreadable@0",
        ),
        (
            "both identifiers",
            leaf(&unique(&[0x81, 0x82])),
            root.root(),
            "unreadable@0",
        ),
        ("of 1969", leaf(&from(-1)), root.root(), "unreadable@0"),
        ("of 1970", leaf(&from(0)), root.root(), ""),
        ("an anchor of 1969", root.leaf(), anchor(&from(-1)), ""),
        (
            "an anchor with an identifier",
            root.leaf(),
            anchor(&unique(&[0x81])),
            "unreadable@1",
        ),
    ] {
        let found = errors("webpki-rs", Purpose::Server, &leaf, anchor);
        assert_eq!(found, expected, "{what}");
    }
}

#[test]
fn a_usage_fits_a_handshake_or_not() {
    let root = Ca::new("Root");
    for (bits, openssl, openssl_client, java) in [
        (0x80, true, true, true),
        (0x40, false, false, false),
        (0x20, true, false, false),
        (0x10, false, false, false),
        (0x08, true, true, false),
        (0x28, true, true, false),
    ] {
        let leaf = root.leaf_with(|spec| {
            spec.set(ce(15), true, usage(bits));
            spec.drop(&ce(37));
        });
        for (profile, purpose, fits) in [
            ("openssl", Purpose::Server, openssl),
            ("openssl", Purpose::Client, openssl_client),
            ("java", Purpose::Server, java),
        ] {
            let found = errors(profile, purpose, &leaf, root.root());
            let expected = if fits { "" } else { "wrong-usage@0" };
            assert_eq!(found, expected, "{profile} {purpose:?} {bits:02x}");
        }
    }
}

#[test]
fn a_time_after_2049_is_written_in_full_and_no_other() {
    let root = Ca::new("Root");
    let generalized = |text: &str| [&[0x18, text.len() as u8], text.as_bytes()].concat();
    let in_short = |text: &str| [&[0x17, text.len() as u8], text.as_bytes()].concat();
    for (from, to, wrong) in [
        (in_short("260101000000Z"), in_short("491231235959Z"), false),
        (
            in_short("260101000000Z"),
            generalized("20491231235959Z"),
            true,
        ),
        (
            in_short("260101000000Z"),
            generalized("20500101000000Z"),
            false,
        ),
        (
            generalized("20260101000000Z"),
            in_short("491231235959Z"),
            true,
        ),
    ] {
        let validity = sequence(&[from, to]);
        let leaf = root.leaf_with(|spec| spec.validity = Some(validity.clone()));
        let root = root.root();
        let verdict = verify(&leaf, &[], &Anchors::read([&*root]), &options());
        let told = |fault: &Fault| fault.code == Code::TimeEncoding && fault.at == Some(0);
        assert_eq!(verdict.reasons.iter().any(told), wrong, "{validity:02x?}");
    }
}

#[test]
fn a_self_issued_ca_may_stand_for_any_policy_where_that_is_inhibited() {
    let policies = |oid: &'static [u8]| {
        move |spec: &mut Spec| {
            let content = sequence(&[sequence(&[der(6, oid)])]);
            spec.set(ce(32), false, content);
        }
    };
    let (any, one) = (policies(&[0x55, 0x1d, 0x20, 0]), policies(&[0x2a, 3]));
    let options = Options {
        require_explicit_policy: true,
        inhibit_any_policy: true,
        ..options()
    };
    let root = Ca::new("Root");
    for (name, error) in [("Root", ""), ("CA", "no-policy@1")] {
        let ca = Ca::new(name);
        let helpers = [ca.by_with(&root, any)];
        let found = judged_by(&options, &ca.leaf_with(one), &helpers, &[root.root()]);
        assert_eq!((&*found.path, &*found.errors), ("h0 a0", error), "{name}");
    }
}
