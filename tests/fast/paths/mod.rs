//! Which path is found among many, with what effort, and which one explains a failure.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod choices;
mod dsa;
mod limits;
mod pss;
mod readings;

use std::collections::BTreeSet;

use crate::random_chains::{
    DIGITAL_SIGNATURE, Key, SERVER, Spec, alt_names, basic, ce, constraints, der, dns, name,
    purposes, sequence, usage,
};
use trustctl::verify::{Anchors, Options, PeerName, Profile, Severity, Source, verify};

/// 2027-01-15T08:00:00Z
const NOW: i64 = 1_800_000_000;
const DAY: i64 = 86_400;
const HOST: &str = "host.example.com";

/// A CA: a name and a key, for which many certificates may exist.
struct Ca {
    name: Vec<u8>,
    key: Key,
}

impl Ca {
    fn new(common_name: &str) -> Self {
        Self {
            name: name(common_name),
            key: Key::new(),
        }
    }

    /// A certificate for this CA by another (or by itself) that differs from a good one in what `change` does to it.
    fn by_with(&self, issuer: &Ca, change: impl FnOnce(&mut Spec)) -> Vec<u8> {
        let mut spec = self.spec(issuer);
        change(&mut spec);
        spec.make(&self.key, &issuer.key)
    }

    fn by(&self, issuer: &Ca) -> Vec<u8> {
        self.by_with(issuer, |_| {})
    }

    fn root(&self) -> Vec<u8> {
        self.by(self)
    }

    fn spec(&self, issuer: &Ca) -> Spec {
        let mut spec = Spec::plain(NOW);
        (spec.subject, spec.issuer) = (self.name.clone(), issuer.name.clone());
        spec.set(ce(14), false, der(4, &self.key.id()));
        let authority = sequence(&[der(0x80, &issuer.key.id())]);
        spec.set(ce(35), false, authority);
        spec
    }

    /// A server's certificate by this CA, to be made.
    fn leaf_spec(&self, server: &Ca) -> Spec {
        let mut spec = server.spec(self);
        spec.drop(&ce(19));
        spec.set(ce(15), true, usage(DIGITAL_SIGNATURE));
        spec.set(ce(37), false, purposes(&[SERVER]));
        spec.set(ce(17), false, alt_names(&[dns(HOST)]));
        spec
    }

    fn leaf_with(&self, change: impl FnOnce(&mut Spec)) -> Vec<u8> {
        let server = Ca::new(HOST);
        let mut spec = self.leaf_spec(&server);
        change(&mut spec);
        spec.make(&server.key, &self.key)
    }

    fn leaf(&self) -> Vec<u8> {
        self.leaf_with(|_| {})
    }
}

fn no_ca(spec: &mut Spec) {
    spec.set(ce(19), true, basic(false, None));
}

fn expired(spec: &mut Spec) {
    spec.not_before = NOW - 9 * DAY;
    spec.not_after = NOW - DAY;
}

/// May not issue for the host of the leaf: no fault of its own, but one of the path.
fn excluding(spec: &mut Spec) {
    spec.set(ce(30), true, constraints(&[], &[dns("example.com")]));
}

/// The certificate of another key that claims to be this CA's.
fn look_alike(ca: &Ca, issuer: &Ca, change: impl FnOnce(&mut Spec)) -> Vec<u8> {
    let mut spec = ca.spec(issuer);
    change(&mut spec);
    spec.make(&Key::new(), &issuer.key)
}

fn many(count: usize, one: impl Fn() -> Vec<u8>) -> Vec<Vec<u8>> {
    (0..count).map(|_| one()).collect()
}

/// What came of a validation: whether it holds, the places on the path after the leaf (`h3`, `a0`), its errors
/// (`not-ca@1`), and how many paths were tried.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    valid: bool,
    path: String,
    errors: String,
    tried: usize,
}

fn outcome(valid: bool, path: &str, errors: &str, tried: usize) -> Outcome {
    Outcome {
        valid,
        path: path.into(),
        errors: errors.into(),
        tried,
    }
}

fn judged_by(options: &Options, leaf: &[u8], helpers: &[Vec<u8>], anchors: &[Vec<u8>]) -> Outcome {
    let helpers: Vec<&[u8]> = helpers.iter().map(Vec::as_slice).collect();
    let anchors = Anchors::read(anchors.iter().map(Vec::as_slice));
    let verdict = verify(leaf, &helpers, &anchors, options);
    let places = verdict.chain.iter().filter_map(|link| match link.source {
        Source::Leaf => None,
        Source::Untrusted(at) => Some(format!("h{at}")),
        Source::Anchor(at) => Some(format!("a{at}")),
    });
    let errors = verdict.reasons.iter();
    let errors = errors.filter(|fault| fault.severity != Severity::Warning);
    let errors = errors.map(|fault| match fault.at {
        Some(at) => format!("{}@{at}", fault.code.code()),
        None => fault.code.code().to_owned(),
    });
    Outcome {
        valid: verdict.valid,
        path: places.collect::<Vec<_>>().join(" "),
        errors: errors.collect::<Vec<_>>().join(" "),
        tried: verdict.paths_tried,
    }
}

fn options() -> Options {
    Options {
        names: vec![PeerName::Dns(HOST.into())],
        ..Options::at(NOW)
    }
}

fn judged(leaf: &[u8], helpers: &[Vec<u8>], anchors: &[Vec<u8>]) -> Outcome {
    judged_by(&options(), leaf, helpers, anchors)
}

#[test]
fn an_issuer_with_a_fault_of_its_own_is_passed_over() {
    let (root, ca) = (Ca::new("Root"), Ca::new("CA"));
    let bad = [
        ("no CA", many(13, || ca.by_with(&root, no_ca))),
        ("expired", many(13, || ca.by_with(&root, expired))),
        ("another key", many(13, || look_alike(&ca, &root, |_| {}))),
    ];
    for (what, bad) in bad {
        let helpers = [bad, vec![ca.by(&root)]].concat();
        let found = judged(&ca.leaf(), &helpers, &[root.root()]);
        assert_eq!(found, outcome(true, "h13 a0", "", 1), "{what}");
        let helpers = [vec![root.root()], helpers].concat();
        let anchors = &helpers[1..];
        let found = judged(&ca.leaf(), &[], anchors);
        assert_eq!(found, outcome(true, "a13", "", 1), "{what}, as anchors");
    }
}

#[test]
fn a_faulty_path_to_an_anchor_is_told_before_one_to_nowhere() {
    let [root, other, ca] = ["Root", "Other", "CA"].map(Ca::new);
    let found = judged(&ca.leaf(), &[ca.by(&other)], &[ca.by_with(&root, no_ca)]);
    assert_eq!(found, outcome(false, "a0", "denies-ca@1", 2));
    let strict = Options {
        strict: true,
        ..options()
    };
    let anchors = [ca.by_with(&root, no_ca)];
    let found = judged_by(&strict, &ca.leaf(), &[ca.by(&other)], &anchors);
    assert_eq!(found, outcome(false, "a0", "not-ca@1 denies-ca@1", 2));
    let found = judged(&ca.leaf(), &[ca.by(&other)], &[root.root()]);
    assert_eq!(found, outcome(false, "h0", "unknown-issuer@1", 1));
}

#[test]
fn where_a_root_is_wanted_an_intermediate_is_no_end() {
    let (root, ca) = (Ca::new("Root"), Ca::new("CA"));
    let only_roots = Options {
        partial_chain: Some(false),
        ..options()
    };
    let (leaf, anchors) = (ca.leaf(), [ca.by(&root), root.root()]);
    let found = judged_by(&only_roots, &leaf, &[ca.by(&root)], &anchors);
    assert_eq!(found, outcome(true, "h0 a1", "", 1));
    let found = judged_by(&only_roots, &leaf, &[], &anchors);
    assert_eq!(found, outcome(false, "a0", "anchor-not-root@1", 1));
    assert_eq!(judged(&leaf, &[], &anchors), outcome(true, "a0", "", 1));
}

#[test]
fn the_first_of_equals_is_taken() {
    let root = Ca::new("Root");
    let twins = |change: fn(&mut Spec)| {
        [1, 2].map(|serial| {
            root.by_with(&root, |spec| {
                spec.serial = vec![serial];
                change(spec);
            })
        })
    };
    let good = twins(|_| {});
    assert_eq!(judged(&root.leaf(), &[], &good), outcome(true, "a0", "", 1));
    // A fault of the leaf is on every path, so that none is worth a second try for it.
    let found = judged(&root.leaf_with(expired), &[], &good);
    assert_eq!(found, outcome(false, "a0", "expired@0", 1));
    let found = judged(&root.leaf(), &[], &twins(excluding));
    assert_eq!(found, outcome(false, "a0", "name-excluded@0", 2));
    let mixed = [twins(excluding), good].concat();
    assert_eq!(
        judged(&root.leaf(), &[], &mixed),
        outcome(true, "a2", "", 3)
    );
}

#[test]
fn a_leaf_in_the_store_needs_no_path() {
    let (root, java) = (Ca::new("Root"), Profile::named("java").unwrap());
    let by_java = Options {
        profile: java,
        ..options()
    };
    let other_host = Options {
        names: vec![PeerName::Dns("other.example.com".into())],
        ..by_java.clone()
    };
    let (good, old) = (root.leaf(), root.leaf_with(expired));
    let store = [root.root(), good.clone(), old.clone()];
    for (what, options, leaf, store, expected) in [
        (
            "good",
            options(),
            &good,
            &store[..],
            outcome(true, "", "", 1),
        ),
        (
            "old",
            options(),
            &old,
            &store,
            outcome(false, "", "expired@0", 1),
        ),
        (
            "old in Java",
            by_java.clone(),
            &old,
            &store,
            outcome(true, "", "", 1),
        ),
        (
            "other name in Java",
            other_host,
            &old,
            &store,
            outcome(false, "", "wrong-name@0", 1),
        ),
        (
            "old in Java, not trusted itself",
            by_java,
            &old,
            &store[..1],
            outcome(false, "a0", "expired@0", 1),
        ),
    ] {
        assert_eq!(judged_by(&options, leaf, &[], store), expected, "{what}");
    }
}

#[test]
fn no_ca_stands_twice_on_a_path() {
    let (a, b, root) = (Ca::new("A"), Ca::new("B"), Ca::new("Root"));
    let again = a.by_with(&b, |spec| spec.serial = vec![8]);
    let (leaf, circle) = (a.leaf(), [a.by(&b), b.by(&a), again]);
    let found = judged(&leaf, &circle, &[root.root()]);
    assert_eq!(found, outcome(false, "h0 h1", "unknown-issuer@2", 2));
    let way_out = [&circle[..], &[b.by(&root)]].concat();
    let found = judged(&leaf, &way_out, &[root.root()]);
    assert_eq!(found, outcome(true, "h0 h3 a0", "", 1));
}

#[test]
fn the_likeliest_path_explains_a_failure() {
    let (root, ca) = (Ca::new("Root"), Ca::new("CA"));
    let other_id = |spec: &mut Spec| {
        no_ca(spec);
        spec.set(ce(14), false, der(4, &[9; 20]));
    };
    let old = |spec: &mut Spec| {
        no_ca(spec);
        expired(spec);
    };
    // Twelve paths are judged to explain; the thirteenth issuer is the likeliest.
    for (what, unlikely) in [
        ("expired", many(12, || ca.by_with(&root, old))),
        ("another key", many(12, || look_alike(&ca, &root, no_ca))),
        (
            "another identifier",
            many(12, || ca.by_with(&root, other_id)),
        ),
    ] {
        let helpers = [unlikely, vec![ca.by_with(&root, no_ca)]].concat();
        let found = judged(&ca.leaf(), &helpers, &[root.root()]);
        assert_eq!(found, outcome(false, "h12 a0", "not-ca@1", 12), "{what}");
        let found = judged(&ca.leaf(), &[], &helpers);
        assert_eq!(
            (&*found.path, found.tried),
            ("a12", 12),
            "{what}, as anchors"
        );
        let found = judged(&ca.leaf(), &helpers, &[]);
        assert_eq!(found.tried, 12, "{what}, without an anchor");
    }
}

#[test]
fn where_a_path_ends_is_told() {
    let (root, ca) = (Ca::new("Root"), Ca::new("CA"));
    let (leaf, other) = (ca.leaf(), [Ca::new("Other").root()]);
    let alone = root.by_with(&root, |spec| {
        spec.set(ce(17), false, alt_names(&[dns(HOST)]));
    });
    for (leaf, helpers, path, error) in [
        (&leaf, vec![], "", "unknown-issuer@0"),
        (&leaf, vec![ca.by(&root)], "h0", "unknown-issuer@1"),
        (
            &leaf,
            vec![ca.by(&root), root.root()],
            "h0 h1",
            "untrusted-root@2",
        ),
        (&alone, vec![], "", "self-signed@0"),
    ] {
        let found = judged(leaf, &helpers, &other);
        assert_eq!(found.path, path);
        let errors: BTreeSet<&str> = found.errors.split(' ').collect();
        assert!(errors.contains(error), "{found:?}");
    }
}
