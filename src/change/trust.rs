//! What readers trust before and after a change, certificate by certificate, and what of it nobody asked for. Pure.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::model::ModelSource;
use super::plan::{State, Wanted};
use crate::cert::{Certificate, Fingerprint};
use crate::store::inventory::{Entry, EntryKind, Inventory, Origin};
use crate::store::links;

/// The difference between what readers trust before a change and after it.
#[derive(Debug, Default)]
pub struct Trust {
    /// Certificates that become trusted.
    pub added: Vec<Certificate>,
    /// Certificates that cease to be trusted by at least one kind of reader.
    pub removed: Vec<Certificate>,
    /// Those of `added` that nobody asked for.
    pub unasked: Vec<Unasked>,
    /// Those of `removed` that nobody asked for, and that no source accounts for.
    pub lost: Vec<Certificate>,
    /// Certificates that only the bundle has before the change.
    pub foreign: Vec<Fingerprint>,
}

/// A certificate that would become trusted, which was not asked for.
#[derive(Clone, Debug)]
pub struct Unasked {
    /// The certificate.
    pub certificate: Certificate,
    /// The source that brings it.
    pub file: PathBuf,
}

/// The sources on record after the last change, by name inside the tree.
pub type Recorded = BTreeMap<PathBuf, State>;

type Set = BTreeSet<Fingerprint>;

/// Compares the three views before a change with those after it.
///
/// `today` are the sources as they lie there, `after` those to be: what the two differ in was asked for, and so was
/// what the request names. Everything else was brought by somebody since the store was last built.
pub fn compare(
    inventory: &Inventory,
    wanted: &Wanted,
    recorded: &Recorded,
    today: &[ModelSource],
    after: &[ModelSource],
) -> Trust {
    let before = Before::of(inventory);
    let (sources_today, mut stays) = (all(today), all(after));
    stays.extend(wanted.only_bundle.iter().map(Certificate::sha256));
    let mut trust = Trust {
        foreign: before.foreign(inventory),
        ..Trust::default()
    };
    let mut seen = Set::new();
    for source in after {
        for certificate in source.content.pem_certificates() {
            let sha256 = certificate.sha256();
            if !seen.insert(sha256) {
                continue;
            }
            let asked = wanted.asked.contains(&sha256) || !sources_today.contains(&sha256);
            let known = || is_recorded(source, recorded);
            match before.gain(sha256, asked, &known, source.origin) {
                Gain::None => continue,
                Gain::Unasked => trust.unasked.push(Unasked {
                    certificate: certificate.clone(),
                    file: source.name.clone(),
                }),
                Gain::Asked => {}
            }
            trust.added.push(certificate.clone());
        }
    }
    let returning = wanted.only_bundle.iter();
    let returning = returning.filter(|certificate| !before.bundle.contains(&certificate.sha256()));
    trust.added.extend(returning.cloned());
    let meant: Set = wanted.meant.iter().map(Certificate::sha256).collect();
    let accounts = OnceCell::new();
    for certificate in before.certificates.values() {
        let sha256 = certificate.sha256();
        if stays.contains(&sha256) || !before.loses(sha256) {
            continue;
        }
        trust.removed.push(certificate.clone());
        let asked = sources_today.contains(&sha256) || meant.contains(&sha256);
        if !asked
            && !accounts
                .get_or_init(|| Accounts::of(inventory, &before))
                .has(certificate)
        {
            trust.lost.push(certificate.clone());
        }
    }
    trust
}

enum Gain {
    None,
    Asked,
    Unasked,
}

/// The views before the change.
struct Before {
    certificates: BTreeMap<Fingerprint, Certificate>,
    bundle: Set,
    hashes: Set,
    /// What only foreign names carry, which every change leaves alone.
    foreign_files: Set,
    foreign_hashes: Set,
}

impl Before {
    fn of(inventory: &Inventory) -> Before {
        let mut before = Before {
            certificates: BTreeMap::new(),
            bundle: Set::new(),
            hashes: inventory.hash_view(),
            foreign_files: Set::new(),
            foreign_hashes: Set::new(),
        };
        for entry in inventory.entries.values() {
            let found = entry.content.iter().flat_map(|c| c.pem_certificates());
            for certificate in found {
                let sha256 = certificate.sha256();
                before
                    .certificates
                    .entry(sha256)
                    .or_insert_with(|| certificate.clone());
                if entry.kind == EntryKind::Bundle {
                    before.bundle.insert(sha256);
                }
                if stays(inventory, entry) {
                    before.foreign_files.insert(sha256);
                }
                if stays(inventory, entry) && links::hash_name(&entry.name).is_some() {
                    before.foreign_hashes.insert(sha256);
                }
            }
        }
        before
    }

    /// What the bundle has and no source, selected or not.
    fn foreign(&self, inventory: &Inventory) -> Vec<Fingerprint> {
        let sources = inventory.sources.iter();
        let with_source: Set = sources
            .flat_map(|source| source.content.pem_certificates())
            .map(Certificate::sha256)
            .collect();
        self.bundle.difference(&with_source).copied().collect()
    }

    /// Whether a certificate of a source becomes trusted. One that another view has already is no news where its
    /// source is a package's or the very file on record: then the store was damaged, and is repaired.
    ///
    /// Whether it is on record is asked only then: the answer takes a digest of the file.
    fn gain(
        &self,
        sha256: Fingerprint,
        asked: bool,
        known: &dyn Fn() -> bool,
        origin: Origin,
    ) -> Gain {
        let (in_bundle, in_hashes) = (self.bundle.contains(&sha256), self.hashes.contains(&sha256));
        let in_any = self.certificates.contains_key(&sha256);
        if in_bundle && (in_hashes || !asked) {
            return Gain::None;
        }
        match asked {
            true => Gain::Asked,
            false if in_any && (origin == Origin::Vendor || known()) => Gain::None,
            false if known() => Gain::Asked,
            false => Gain::Unasked,
        }
    }

    /// Whether a certificate that no source has after the change is lost to a kind of reader.
    fn loses(&self, sha256: Fingerprint) -> bool {
        self.bundle.contains(&sha256)
            || !self.foreign_files.contains(&sha256)
            || (self.hashes.contains(&sha256) && !self.foreign_hashes.contains(&sha256))
    }
}

/// Whether a change leaves this name alone: nobody but its maker knows what it is for.
fn stays(inventory: &Inventory, entry: &Entry) -> bool {
    match &entry.kind {
        EntryKind::ForeignFile | EntryKind::ForeignLink(_) => true,
        EntryKind::HashLink { target, .. } => !is_source_link(inventory, target),
        _ => false,
    }
}

fn is_source_link(inventory: &Inventory, name: &Path) -> bool {
    let entry = inventory.entries.get(name.as_os_str());
    entry.is_some_and(|entry| matches!(entry.kind, EntryKind::SourceLink(_)))
}

/// What the sources say themselves of certificates that are to go.
struct Accounts {
    /// What deselected sources hold.
    deselected: Set,
    /// Subject hashes of which a hash link leads to the link of a source, and none of that source's certificates was in
    /// the bundle: so the link was made for what the source held before.
    relinked: BTreeSet<u32>,
}

impl Accounts {
    fn of(inventory: &Inventory, before: &Before) -> Accounts {
        let deselected = inventory.sources.iter().filter(|source| !source.selected);
        let deselected = deselected.flat_map(|source| source.content.certificates());
        let relinked = inventory.entries.values().filter_map(|entry| {
            let EntryKind::HashLink { hash, target, .. } = &entry.kind else {
                return None;
            };
            let mut now = entry.content.iter().flat_map(|c| c.pem_certificates());
            let is_other = is_source_link(inventory, target)
                && !now.any(|other| before.bundle.contains(&other.sha256()));
            is_other.then_some(*hash)
        });
        Accounts {
            deselected: deselected.map(Certificate::sha256).collect(),
            relinked: relinked.collect(),
        }
    }

    /// Whether a certificate is to go: it has been deselected, or the file that it was linked from is gone or holds
    /// another one now.
    fn has(&self, certificate: &Certificate) -> bool {
        self.deselected.contains(&certificate.sha256())
            || self.relinked.contains(&certificate.subject_hash())
    }
}

fn is_recorded(source: &ModelSource, recorded: &Recorded) -> bool {
    let now = source.content.sha256().map(|sha256| sha256.to_string());
    match recorded.get(&source.name) {
        Some(State::File { sha256, .. }) => now.as_ref() == Some(sha256),
        _ => false,
    }
}

pub(super) fn all(sources: &[ModelSource]) -> Set {
    sources
        .iter()
        .flat_map(|source| source.content.pem_certificates())
        .map(Certificate::sha256)
        .collect()
}
