//! How the rules about the views of the store judge.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::super::facts::{Facts, Placed};
use super::super::{Hit, Severity, files};
use crate::cert::{Certificate, Document, Fingerprint};
use crate::host::keystore::Entry as JavaEntry;
use crate::store::inventory::{Entry, EntryKind, Origin, Source};
use crate::store::layout::{BUNDLE, CERTS, CONF};
use crate::store::links;

/// The package that puts a self-signed server certificate into the certificate folder.
const SNAKEOIL: &str = "ssl-cert-snakeoil.pem";

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
    let document = facts.store.bundle().and_then(|content| content.document());
    let damage = document.and_then(files::damage);
    damage
        .into_iter()
        .map(|(line, reason)| Hit::at(bundle_path(), reason).line(line))
        .collect()
}

/// The certificates of the selected sources that are sound PEM, with their file.
fn sound(facts: &Facts) -> impl Iterator<Item = (&Source, &Certificate)> {
    facts.selected().flat_map(|source| {
        let pem = source
            .content
            .document()
            .filter(|document| document.encoding == crate::cert::Encoding::Pem);
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
            let hit = Hit::at(
                bundle_path(),
                format!("`{}`", placed.certificate.subject().display()),
            );
            hit.line(placed.line)
                .certificate(placed.certificate, Origin::Foreign)
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
        .filter(|source| source.selected)
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
fn plain(source: &Source) -> Option<&Certificate> {
    let document = source.content.document()?;
    let sound =
        document.encoding == crate::cert::Encoding::Pem && files::damage(document).is_none();
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

pub(super) fn conf_without_file(facts: &Facts) -> Vec<Hit> {
    let hit = |(line, name): &(usize, String)| {
        let evidence = match name.strip_suffix('\r') {
            Some(name) => {
                format!("`{name}` is followed by a carriage return, which becomes part of the name")
            }
            None => format!("`{name}` is not in `/usr/share/ca-certificates`"),
        };
        Hit::at(CONF, evidence).line(*line)
    };
    facts.store.missing.iter().map(hit).collect()
}

pub(super) fn conf_unfinished(facts: &Facts) -> Vec<Hit> {
    let bytes = facts
        .store
        .conf
        .as_ref()
        .map_or(&[][..], |conf| conf.bytes());
    let last = bytes
        .rsplit(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    if last.is_empty() || last.starts_with(b"#") {
        return Vec::new();
    }
    let line = bytes.split(|byte| *byte == b'\n').count();
    vec![Hit::at(CONF, format!("`{}`", String::from_utf8_lossy(last))).line(line)]
}

pub(super) fn conf_missing(facts: &Facts) -> Vec<Hit> {
    let store = &facts.store;
    let vendor = store.vendor().count();
    let selected = store.vendor().any(|source| source.selected) || !store.missing.is_empty();
    let decided = store
        .conf
        .as_ref()
        .is_some_and(|conf| conf.deselected().next().is_some());
    if vendor == 0 || selected || decided {
        return Vec::new();
    }
    let what = if store.conf.is_none() {
        "the file is missing"
    } else {
        "the file selects nothing"
    };
    vec![Hit::at(
        CONF,
        format!("{what}; {vendor} vendor certificates are installed"),
    )]
}

/// Java's keystores that could be read and belong to the store.
fn keystores(facts: &Facts) -> impl Iterator<Item = (&PathBuf, &Vec<JavaEntry>)> {
    facts
        .keystores
        .iter()
        .filter_map(|(path, entries)| Some((path, entries.as_ref().ok()?)))
}

pub(super) fn java_extra(facts: &Facts) -> Vec<Hit> {
    let expected = &facts.views.expected;
    let hit = |path: &PathBuf, entry: &JavaEntry| {
        let subject = entry.subject.as_deref().unwrap_or("unreadable");
        let remedy = format!(
            "run `keytool -delete -keystore {} -storepass changeit -alias {}`",
            path.display(),
            entry.alias
        );
        let mut hit = Hit::at(path, format!("alias `{}`: `{subject}`", entry.alias))
            .name(&entry.alias)
            .remedy(remedy);
        hit.subject.sha256 = Some(entry.sha256);
        if entry.alias.starts_with("debian:") {
            hit.severity(Severity::Error)
        } else {
            hit
        }
    };
    keystores(facts)
        .flat_map(|(path, entries)| {
            let extra = entries
                .iter()
                .filter(|entry| !expected.contains(&entry.sha256));
            extra.map(|entry| hit(path, entry)).collect::<Vec<_>>()
        })
        .collect()
}

pub(super) fn java_missing(facts: &Facts) -> Vec<Hit> {
    keystores(facts)
        .flat_map(|(path, entries)| {
            let mut present: BTreeSet<Fingerprint> =
                entries.iter().map(|entry| entry.sha256).collect();
            let wanted = facts
                .selected()
                .filter_map(|source| Some((source, plain(source)?)));
            let missing = wanted.filter(|(_, certificate)| present.insert(certificate.sha256()));
            missing
                .map(|(source, certificate)| {
                    let evidence = format!(
                        "`{}` is selected, but not in the keystore",
                        source.place.name.display()
                    );
                    Hit::at(path, evidence).certificate(certificate, source.origin)
                })
                .collect::<Vec<_>>()
        })
        .collect()
}

pub(super) fn java_updates_off(facts: &Facts) -> Vec<Hit> {
    let file = Path::new("/etc/default/cacerts");
    let source = facts
        .settings
        .iter()
        .find(|source| source.path.as_deref() == Some(file));
    let last = source.and_then(|source| {
        source
            .settings
            .iter()
            .rev()
            .find(|s| s.is(&["cacerts_updates"]))
    });
    let off = last.filter(|setting| setting.value != "yes");
    off.map(|setting| {
        Hit::at(file, format!("`cacerts_updates={}`", setting.value)).line(setting.line)
    })
    .into_iter()
    .collect()
}
