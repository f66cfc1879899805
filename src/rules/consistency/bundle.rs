//! What the bundle has, against its sources.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::cert::{Certificate, Document, Encoding, Fingerprint};
use crate::rules::facts::{Facts, Placed};
use crate::rules::{Hit, files};
use crate::store::inventory::{Origin, Source};
use crate::store::layout::{BUNDLE, CERTS};

fn bundle_path() -> PathBuf {
    Path::new(CERTS).join(BUNDLE)
}

pub(super) fn empty_store(facts: &Facts) -> Vec<Hit> {
    let store = &facts.store;
    if !facts.views.bundle.is_empty() || !facts.views.hash.is_empty() {
        return Vec::new();
    }
    let unread = store
        .entries
        .get(OsStr::new(BUNDLE))
        .and_then(|entry| entry.content.as_ref()?.bytes())
        .is_none();
    let evidence = match (
        store.certs_folder,
        store.entries.contains_key(OsStr::new(BUNDLE)),
    ) {
        (None, _) => "there is no such folder",
        // What could not be read is not known to be empty.
        (_, true) if unread => return Vec::new(),
        (_, false) => "there is no bundle and no certificate beside it",
        (_, true) => "no certificate in the bundle, and none beside it",
    };
    vec![Hit::at(bundle_path(), evidence)]
}

pub(super) fn bundle_empty(facts: &Facts) -> Vec<Hit> {
    if !facts.views.bundle.is_empty() || facts.views.hash.is_empty() {
        return Vec::new();
    }
    let beside = facts.views.hash.len();
    let evidence = match facts.store.entries.get(OsStr::new(BUNDLE)) {
        None => format!("it is missing; {beside} certificates are in the hash directory"),
        Some(entry) => {
            let content = entry.content.as_ref();
            let read = content.is_some_and(|content| content.bytes().is_some());
            // What could not be read is not known to be empty, and what is damaged is a finding of its own.
            if !read || !bundle_unloadable(facts).is_empty() {
                return Vec::new();
            }
            format!("no certificate is in it; {beside} are in the hash directory")
        }
    };
    vec![Hit::at(bundle_path(), evidence)]
}

pub(super) fn bundle_unloadable(facts: &Facts) -> Vec<Hit> {
    let damage = facts.store.bundle().and_then(files::damage);
    damage
        .into_iter()
        .map(|(line, reason)| Hit::at(bundle_path(), reason).line(line))
        .collect()
}

/// The certificates of the selected sources that are sound PEM, with their file.
fn sound(facts: &Facts) -> impl Iterator<Item = (&Source, &Certificate)> {
    let found = |source: &&Source| !files::hides_its_certificates(source);
    facts.selected().filter(found).flat_map(|source| {
        let pem = source
            .content
            .document()
            .filter(|document| document.encoding == Encoding::Pem);
        let all = pem.into_iter().flat_map(Document::certificates);
        all.map(move |(_, certificate)| (source, certificate))
    })
}

pub(super) fn bundle_missing(facts: &Facts) -> Vec<Hit> {
    // An empty or damaged bundle is one finding, not one for each certificate.
    if facts.views.bundle.is_empty() || !bundle_unloadable(facts).is_empty() {
        return Vec::new();
    }
    // One certificate in several files is missing once.
    let mut known = facts.views.bundle.clone();
    let missing = sound(facts).filter(|(_, certificate)| known.insert(certificate.sha256()));
    missing
        .map(|(source, certificate)| {
            let evidence = format!(
                "`{}` is selected, but not in the bundle",
                source.place.name.display()
            );
            Hit::at(bundle_path(), evidence).certificate(certificate, source.origin)
        })
        .collect()
}

/// The certificates of the bundle with their lines.
fn bundled(facts: &Facts) -> Vec<Placed<'_>> {
    let document = facts.store.bundle().and_then(|content| content.document());
    let all = document.into_iter().flat_map(Document::certificates);
    let path = Path::new(BUNDLE);
    all.map(|(block, certificate)| Placed {
        path,
        line: block.line,
        origin: Origin::Foreign,
        certificate,
    })
    .collect()
}

pub(super) fn foreign_in_bundle(facts: &Facts) -> Vec<Hit> {
    let mut known = facts.views.expected.clone();
    known.extend(&facts.views.deselected);
    let foreign = bundled(facts)
        .into_iter()
        .filter(|placed| known.insert(placed.certificate.sha256()));
    foreign
        .map(|placed| {
            let sha256 = placed.certificate.sha256();
            let hit = Hit::at(
                bundle_path(),
                format!("`{}`", placed.certificate.subject().display()),
            );
            hit.line(placed.line)
                .certificate(placed.certificate, Origin::Foreign)
                .remedy(format!(
                    "if it is wanted, run `trustctl adopt {sha256}`; if not, `trustctl refresh --drop-foreign`"
                ))
        })
        .collect()
}

pub(super) fn bundle_twice(facts: &Facts) -> Vec<Hit> {
    let mut accounted: BTreeMap<Fingerprint, usize> = BTreeMap::new();
    for (_, certificate) in sound(facts) {
        *accounted.entry(certificate.sha256()).or_default() += 1;
    }
    let mut hits = Vec::new();
    let mut seen: BTreeMap<Fingerprint, usize> = BTreeMap::new();
    for placed in bundled(facts) {
        let sha256 = placed.certificate.sha256();
        let count = seen.entry(sha256).or_default();
        *count += 1;
        if *count == accounted.get(&sha256).copied().unwrap_or(1).max(1) + 1 {
            let hit = Hit::at(
                bundle_path(),
                "it stands there more often than in the sources",
            );
            hits.push(
                hit.line(placed.line)
                    .certificate(placed.certificate, Origin::Foreign),
            );
        }
    }
    hits
}
