//! What the hash directory and the files beside the bundle have, against their sources.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::cert::{Certificate, Encoding};
use crate::rules::facts::Facts;
use crate::rules::{Hit, Severity, files};
use crate::store::inventory::{Entry, EntryKind, Origin, Source};
use crate::store::layout::CERTS;
use crate::store::links;

/// The package that puts a self-signed server certificate into the certificate folder.
const SNAKEOIL: &str = "ssl-cert-snakeoil.pem";

pub(super) fn hash_missing(facts: &Facts) -> Vec<Hit> {
    let mut known = facts.views.hash.clone();
    if known.is_empty() {
        // One finding, not one for each certificate; where the bundle is empty too, that is the finding.
        let all = !facts.views.bundle.is_empty() && !facts.views.expected.is_empty();
        let hit = || Hit::at(CERTS, "no hash link leads to any certificate");
        return all.then(hit).into_iter().collect();
    }
    // The last source of a link name has the link; that others lost it is for other rules to say.
    let mut links: BTreeMap<PathBuf, &Source> = BTreeMap::new();
    for source in facts
        .store
        .vendor()
        .chain(facts.store.local())
        .filter(|source| source.selected && !files::hides_its_certificates(source))
    {
        links.insert(links::link_name(&source.place.name), source);
    }
    let missing = links.values().filter_map(|source| {
        let certificate = plain(source)?;
        known
            .insert(certificate.sha256())
            .then_some((source, certificate))
    });
    missing
        .map(|(source, certificate)| {
            let evidence = format!(
                "no hash link `{:08x}.N` leads to it",
                certificate.subject_hash()
            );
            Hit::at(&source.place.name, evidence).certificate(certificate, source.origin)
        })
        .collect()
}

/// The certificate of a file for which `openssl rehash` makes a link: one, PEM, nothing damaged beside it.
pub(super) fn plain(source: &Source) -> Option<&Certificate> {
    let document = source.content.document()?;
    let sound = document.encoding == Encoding::Pem && source.content.harm().is_none();
    source
        .single()
        .filter(|_| sound && document.blocks.len() == 1)
}

/// The certificates in files beside the bundle that are neither asked for nor deselected.
fn beside(facts: &Facts) -> Vec<(&Entry, &Certificate)> {
    let mut known = facts.views.expected.clone();
    known.extend(&facts.views.deselected);
    known.extend(&facts.views.bundle);
    let own = |entry: &&Entry| {
        !matches!(
            entry.kind,
            EntryKind::Bundle | EntryKind::HashLink { .. } | EntryKind::StrayBundle
        )
    };
    let entries = facts.store.entries.values().filter(own);
    let found = entries.flat_map(|entry| {
        let content = entry.content.iter();
        content
            .flat_map(|content| content.certificates())
            .map(move |certificate| (entry, certificate))
    });
    found
        .filter(|(_, certificate)| !known.contains(&certificate.sha256()))
        .collect()
}

/// Whether an entry is the server certificate that the package ssl-cert makes, whose key only root can read.
pub fn is_snakeoil(facts: &Facts, entry: &Path) -> bool {
    entry == Path::new(SNAKEOIL) && facts.package("ssl-cert").is_some()
}

fn foreign(facts: &Facts, in_hash_directory: bool) -> Vec<Hit> {
    let trusted = &facts.views.hash;
    let found = beside(facts)
        .into_iter()
        .filter(|(_, c)| trusted.contains(&c.sha256()) == in_hash_directory);
    found
        .map(|(entry, certificate)| {
            let evidence = format!("`{}`", certificate.subject().display());
            let hit = Hit::at(Path::new(CERTS).join(&entry.name), evidence)
                .certificate(certificate, Origin::Foreign);
            if is_snakeoil(facts, &entry.name) {
                hit.severity(Severity::Note)
                    .remedy("nothing: it is the package ssl-cert's own")
            } else {
                hit
            }
        })
        .collect()
}

pub(super) fn foreign_in_hash_directory(facts: &Facts) -> Vec<Hit> {
    foreign(facts, true)
}

pub(super) fn foreign_for_go(facts: &Facts) -> Vec<Hit> {
    foreign(facts, false)
}

pub(super) fn deselected_still_trusted(facts: &Facts) -> Vec<Hit> {
    let off = &facts.views.deselected;
    let store = &facts.store;
    let views = [
        ("the bundle", &facts.views.bundle),
        ("the hash directory", &facts.views.hash),
        ("Go's view of every file", &facts.views.file),
    ];
    let hit = |source: &Source| {
        let certificate = source
            .single()
            .filter(|certificate| off.contains(&certificate.sha256()))?;
        let by: Vec<&str> = views
            .iter()
            .filter(|(_, view)| view.contains(&certificate.sha256()))
            .map(|(name, _)| *name)
            .collect();
        let hit = Hit::at(&source.place.name, format!("still in {}", by.join(" and ")));
        (!by.is_empty()).then(|| hit.certificate(certificate, Origin::Vendor))
    };
    store
        .vendor()
        .filter(|source| !source.selected)
        .filter_map(hit)
        .collect()
}
