//! Stores that are a bundle and nothing else, and bundles that are to have more than their sources. Pure.

use std::collections::BTreeSet;

use super::model::{self, Expected, ModelSource};
use super::plan::{self, Plan, Wanted};
use super::trust::Trust;
use crate::cert::{self, Certificate, Fingerprint};
use crate::store::bundle;
use crate::store::inventory::{Content, Inventory, Origin};
use crate::store::layout::{BUNDLE, CERTS};

/// Plans a change of a store that has no sources: what is to be written goes behind the last byte of the bundle, what
/// is to go is cut out, and nothing else is made.
pub(super) fn plan(inventory: &Inventory, mut wanted: Wanted) -> Plan {
    let before = inventory
        .bundle()
        .and_then(Content::bytes)
        .unwrap_or_default();
    let mut after = match wanted.bundle.take() {
        Some(bytes) => bytes,
        None => before.to_vec(),
    };
    for certificate in &wanted.meant {
        after = bundle::without(&after, certificate.sha256());
    }
    let mut there = cert::fingerprints(&after);
    let written = std::mem::take(&mut wanted.writes);
    for certificate in written
        .values()
        .flat_map(|file| file.content.certificates())
    {
        if there.insert(certificate.sha256()) {
            after = bundle::with(&after, certificate);
        }
    }
    let trust = compare(before, &after);
    let expected = Expected {
        bundle: after.clone(),
        ..Expected::default()
    };
    let source = ModelSource {
        name: std::path::Path::new(CERTS).join(BUNDLE),
        origin: Origin::Foreign,
        content: std::sync::Arc::new(Content::of(after)),
    };
    let sources = vec![source];
    Plan {
        hazards: model::hazards(&sources),
        exposures: Vec::new(),
        differences: plan::differences(inventory, &expected),
        moves: Vec::new(),
        unusable: Vec::new(),
        fresh: true,
        today: Vec::new(),
        settled: false,
        bundle_only: true,
        trust,
        sources,
        expected,
        wanted,
    }
}

fn compare(before: &[u8], after: &[u8]) -> Trust {
    let (old, new) = (cert::fingerprints(before), cert::fingerprints(after));
    Trust {
        added: missing_from(after, &old),
        removed: missing_from(before, &new),
        foreign: old.into_iter().collect(),
        ..Trust::default()
    }
}

fn missing_from(bytes: &[u8], other: &BTreeSet<Fingerprint>) -> Vec<Certificate> {
    let document = cert::read(bytes);
    let mut seen = other.clone();
    let all = document.certificates().map(|(_, certificate)| certificate);
    all.filter(|certificate| seen.insert(certificate.sha256()))
        .cloned()
        .collect()
}

/// The bundle to publish, where it is to have more than the sources make: as it was before, if that holds just what it
/// is to hold, or with the rest behind it.
pub(super) fn bundle_with(made: &[u8], wanted: &Wanted) -> Option<Vec<u8>> {
    if wanted.only_bundle.is_empty() {
        return None;
    }
    let mut longer = made.to_vec();
    for certificate in &wanted.only_bundle {
        longer = bundle::with(&longer, certificate);
    }
    let goal = cert::fingerprints(&longer);
    let was = wanted.bundle.clone();
    Some(
        was.filter(|was| cert::fingerprints(was) == goal)
            .unwrap_or(longer),
    )
}
