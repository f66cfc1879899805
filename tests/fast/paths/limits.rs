//! How much effort one validation may cost.

use crate::paths::{Ca, excluding, judged, look_alike, many, outcome};

#[test]
fn signatures_are_checked_up_to_a_bound() {
    let root = Ca::new("Root");
    let false_roots = |count| many(count, || look_alike(&root, &root, |_| {}));
    let (leaf, good) = (root.leaf(), root.root());
    let anchors = |count| [false_roots(count), vec![good.clone()]].concat();
    assert_eq!(
        judged(&leaf, &[], &anchors(99)),
        outcome(true, "a99", "", 1)
    );
    let found = judged(&leaf, &[], &anchors(100));
    assert!(
        !found.valid && found.errors.ends_with(" budget"),
        "{found:?}"
    );
    // Giving up on some does no harm where a signature known by then leads to a good path.
    let first = root.by_with(&root, excluding);
    let anchors = [vec![first], false_roots(100), vec![good]].concat();
    assert_eq!(judged(&leaf, &[], &anchors), outcome(true, "a101", "", 2));
}

#[test]
fn paths_are_judged_up_to_a_bound() {
    let root = Ca::new("Root");
    let (leaf, good) = (root.leaf(), root.root());
    let anchors = |count| {
        [
            many(count, || root.by_with(&root, excluding)),
            vec![good.clone()],
        ]
        .concat()
    };
    let found = judged(&leaf, &[], &anchors(99));
    assert_eq!(found, outcome(true, "a99", "", 100));
    let found = judged(&leaf, &[], &anchors(100));
    assert_eq!(found, outcome(false, "a0", "name-excluded@0 budget", 100));
}

#[test]
fn cross_signed_cas_without_an_anchor_end_in_a_bound() {
    let cas: Vec<Ca> = (0..9).map(|at| Ca::new(&format!("CA {at}"))).collect();
    let mut helpers = Vec::new();
    for (at, ca) in cas.iter().enumerate() {
        let others = cas.iter().enumerate().filter(|(other, _)| *other != at);
        helpers.extend(others.map(|(_, other)| ca.by(other)));
    }
    let found = judged(&cas[0].leaf(), &helpers, &[Ca::new("Root").root()]);
    assert_eq!((found.valid, found.tried), (false, 12), "{found:?}");
    assert!(found.errors.starts_with("unknown-issuer@"), "{found:?}");
    assert!(found.errors.ends_with(" budget"), "{found:?}");
}

#[test]
fn a_path_has_forty_certificates_at_most() {
    let cas: Vec<Ca> = (0..41).map(|at| Ca::new(&format!("CA {at}"))).collect();
    let helpers: Vec<Vec<u8>> = cas.windows(2).map(|pair| pair[0].by(&pair[1])).collect();
    let places = |count: usize| {
        (0..count)
            .map(|at| format!("h{at}"))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let leaf = cas[0].leaf();
    let found = judged(&leaf, &helpers[..38], &[cas[38].root()]);
    assert_eq!(found, outcome(true, &format!("{} a0", places(38)), "", 1));
    let found = judged(&leaf, &helpers[..39], &[cas[39].root()]);
    assert_eq!(found, outcome(false, &places(39), "unknown-issuer@39", 1));
}
