//! How a store differs from its desired state, and what is to be done about it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::desired::Desired;
use crate::cert::{Certificate, Fingerprint};
use crate::change::model;
use crate::change::plan::Difference;
use crate::error::{Error, Result};
use crate::store::conf::Conf;
use crate::store::inventory::{EntryKind, Inventory, Origin, Source};
use crate::store::layout::{CERTS, VENDOR};

/// In which way a host differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DriftKind {
    /// A CA of the desired state is not in the store.
    Missing,
    /// It is, but in a file that the hash directory cannot reach, or that holds more.
    Malformed,
    /// A local certificate is there that the desired state does not have.
    Unwanted,
    /// A CA is there whose last day has passed.
    Ended,
    /// A certificate is trusted that is not to be.
    Distrusted,
    /// A vendor certificate is deselected that is to be trusted.
    Deselected,
    /// Something that `apply` cannot bring about.
    Unmet,
    /// The store is not what its sources make.
    Store,
    /// An interrupted change waits to be completed or undone.
    Interrupted,
}

impl DriftKind {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            DriftKind::Missing => "missing",
            DriftKind::Malformed => "malformed",
            DriftKind::Unwanted => "unwanted",
            DriftKind::Ended => "ended",
            DriftKind::Distrusted => "distrusted",
            DriftKind::Deselected => "deselected",
            DriftKind::Unmet => "unmet",
            DriftKind::Store => "store",
            DriftKind::Interrupted => "interrupted",
        }
    }
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Drift {
    /// In which way.
    pub kind: DriftKind,
    /// The certificate.
    pub sha256: Option<Fingerprint>,
    /// Its subject.
    pub subject: Option<String>,
    /// The file, by its name inside the tree.
    pub file: Option<PathBuf>,
    /// The same in words.
    pub message: String,
}

impl Drift {
    fn about(kind: DriftKind, certificate: &Certificate, file: Option<&Path>, said: &str) -> Drift {
        let subject = certificate.subject().display().to_string();
        Drift {
            kind,
            sha256: Some(certificate.sha256()),
            message: format!("`{subject}` {said}"),
            subject: Some(subject),
            file: file.map(Path::to_path_buf),
        }
    }

    fn unmet(sha256: Fingerprint, message: String) -> Drift {
        Drift {
            sha256: Some(sha256),
            ..Drift::plain(DriftKind::Unmet, message)
        }
    }

    /// A difference that is about no certificate.
    pub fn plain(kind: DriftKind, message: String) -> Drift {
        Drift {
            kind,
            sha256: None,
            subject: None,
            file: None,
            message,
        }
    }
}

impl From<&Difference> for Drift {
    fn from(difference: &Difference) -> Drift {
        Drift::plain(DriftKind::Store, difference.to_string())
    }
}

/// A certificate of a `[[ca]]` table.
#[derive(Clone, Debug)]
pub struct Declared {
    /// The certificate.
    pub certificate: Certificate,
    /// Whether its last day has passed.
    pub ended: bool,
}

/// What is to be done.
#[derive(Debug, Default)]
pub struct Comparison {
    /// Certificates of the desired state that need a file, by their place among those declared.
    pub missing: Vec<usize>,
    /// Local files that go.
    pub removals: BTreeSet<PathBuf>,
    /// The selection of vendor certificates, if it changes.
    pub conf: Option<Conf>,
    /// Certificates that are to be trusted by nothing.
    pub meant: Vec<Certificate>,
    /// Every difference.
    pub drift: Vec<Drift>,
}

/// Compares a store with its desired state; `declared` is what the `[[ca]]` tables were found to hold.
pub fn compare(
    desired: &Desired,
    declared: &[Declared],
    inventory: &Inventory,
) -> Result<Comparison> {
    let mut comparing = Comparing::new(desired, declared, inventory);
    comparing.vendor();
    for source in inventory.local() {
        comparing.local(source)?;
    }
    comparing.declared(declared);
    comparing.unmet();
    Ok(comparing.found)
}

struct Comparing<'a> {
    desired: &'a Desired,
    inventory: &'a Inventory,
    /// Certificates that `[[ca]]` tables have, and whose time is not over.
    active: BTreeSet<Fingerprint>,
    /// Certificates that no source is to have, and why.
    unwanted: BTreeMap<Fingerprint, (DriftKind, &'static str)>,
    /// Vendor files that are selected in the end.
    selected: BTreeSet<&'a Path>,
    found: Comparison,
}

impl<'a> Comparing<'a> {
    fn new(desired: &'a Desired, declared: &[Declared], inventory: &'a Inventory) -> Self {
        let of = |ended: bool| {
            let these = declared.iter().filter(move |one| one.ended == ended);
            these.map(|one| one.certificate.sha256())
        };
        let active: BTreeSet<Fingerprint> = of(false).collect();
        let mut unwanted = BTreeMap::new();
        for sha256 in of(true).filter(|sha256| !active.contains(sha256)) {
            unwanted.insert(
                sha256,
                (DriftKind::Ended, "is there, but its last day has passed"),
            );
        }
        for sha256 in desired.distrust.iter().chain(&desired.policy.forbid) {
            unwanted.insert(
                *sha256,
                (DriftKind::Distrusted, "is trusted, but is not to be"),
            );
        }
        let selected = inventory.vendor().filter(|source| source.selected);
        Comparing {
            desired,
            inventory,
            active,
            unwanted,
            selected: selected.map(|source| &*source.place.name).collect(),
            found: Comparison::default(),
        }
    }

    /// Selects and deselects vendor certificates.
    fn vendor(&mut self) {
        let before = self.inventory.conf.clone().unwrap_or_default();
        let mut conf = before.clone();
        for source in self.inventory.vendor() {
            let name = source.place.name.as_path();
            let distrusted = source
                .content
                .certificates()
                .find(|c| self.kind(c) == Some(DriftKind::Distrusted));
            let Some(certificate) = distrusted else {
                continue;
            };
            self.found.meant.push(certificate.clone());
            if self.selected.remove(name) {
                conf = conf.with(&relative(name), false);
                let said = "is selected, but is not to be trusted";
                let drift = Drift::about(DriftKind::Distrusted, certificate, Some(name), said);
                self.found.drift.push(drift);
            }
        }
        let wanted = self
            .desired
            .trust
            .iter()
            .chain(&self.desired.policy.require);
        for sha256 in wanted.collect::<BTreeSet<_>>() {
            let having: Vec<&Source> = self
                .inventory
                .vendor()
                .filter(|source| has(source, *sha256))
                .collect();
            if self.active.contains(sha256)
                || having
                    .iter()
                    .any(|s| self.selected.contains(&*s.place.name))
            {
                continue;
            }
            for source in having {
                let name = source.place.name.as_path();
                conf = conf.with(&relative(name), true);
                self.selected.insert(name);
                let found = source
                    .content
                    .certificates()
                    .find(|c| c.sha256() == *sha256);
                let said = "is deselected, but is to be trusted";
                self.found.drift.extend(
                    found.map(|c| Drift::about(DriftKind::Deselected, c, Some(name), said)),
                );
            }
        }
        self.found.conf = (conf != before).then_some(conf);
    }

    fn kind(&self, certificate: &Certificate) -> Option<DriftKind> {
        let sha256 = certificate.sha256();
        self.unwanted.get(&sha256).map(|(kind, _)| *kind)
    }

    /// Why a local certificate is not to be there.
    fn objection(&self, certificate: &Certificate) -> Option<(DriftKind, &'static str)> {
        let sha256 = certificate.sha256();
        if self.active.contains(&sha256) {
            return None;
        }
        let other = self.desired.exclusive || !self.desired.policy.allows_local(sha256);
        let other = other.then_some((
            DriftKind::Unwanted,
            "is there, but the desired state does not have it",
        ));
        self.unwanted.get(&sha256).copied().or(other)
    }

    /// Decides whether a local file goes.
    fn local(&mut self, source: &Source) -> Result<()> {
        let name = source.place.name.as_path();
        let all: Vec<&Certificate> = source.content.certificates().collect();
        let mut objections = Vec::new();
        for certificate in &all {
            if let Some((kind, said)) = self.objection(certificate) {
                objections.push(Drift::about(kind, certificate, Some(name), said));
            }
        }
        let declared = |certificate: &&&Certificate| self.active.contains(&certificate.sha256());
        let wanted = all.iter().filter(declared).count();
        let odd = wanted > 0 && model::plain_single(&source.content).is_none();
        if objections.is_empty() && !odd {
            return Ok(());
        }
        if objections.len() + wanted < all.len() {
            // Who else is in the file, nobody has decided on.
            return self.shared(source, &objections);
        }
        let gone = all.iter().filter(|certificate| {
            let sha256 = certificate.sha256();
            objections.iter().any(|drift| drift.sha256 == Some(sha256))
        });
        self.found.meant.extend(gone.copied().cloned());
        self.found.drift.extend(objections);
        for certificate in all.iter().filter(declared) {
            let said = "is there, but not alone and in plain PEM";
            let drift = Drift::about(DriftKind::Malformed, certificate, Some(name), said);
            self.found.drift.push(drift);
        }
        self.found.removals.insert(name.to_path_buf());
        Ok(())
    }

    /// A file with certificates that are decided on and others that are not: only in the way where it must go.
    fn shared(&self, source: &Source, objections: &[Drift]) -> Result<()> {
        let name = source.place.name.display();
        let elsewhere = |sha256: &Fingerprint| self.is_sound(*sha256);
        let needed = source
            .content
            .certificates()
            .map(Certificate::sha256)
            .filter(|sha256| self.active.contains(sha256));
        if objections.is_empty() && needed.collect::<Vec<_>>().iter().all(elsewhere) {
            return Ok(());
        }
        Err(Error::new(format!(
            "`{name}` holds certificates that the desired state names, and others that it does not"
        ))
        .hint("name them all, or set `exclusive = true`; the store is as it was before"))
    }

    /// Whether a file that stays has this very certificate, alone and in plain PEM.
    fn is_sound(&self, sha256: Fingerprint) -> bool {
        let stays = |source: &&Source| match source.origin {
            Origin::Vendor => self.selected.contains(&*source.place.name),
            _ => !self.found.removals.contains(&source.place.name),
        };
        let mut all = self.inventory.sources.iter().filter(stays);
        all.any(|source| model::plain_single(&source.content).is_some_and(|c| c.sha256() == sha256))
    }

    /// Finds which certificates of the desired state need a file.
    fn declared(&mut self, declared: &[Declared]) {
        let mut seen = BTreeSet::new();
        for (place, one) in declared.iter().enumerate().filter(|(_, one)| !one.ended) {
            let sha256 = one.certificate.sha256();
            if !seen.insert(sha256) || self.is_sound(sha256) {
                continue;
            }
            self.found.missing.push(place);
            let known =
                |drift: &Drift| drift.sha256 == Some(sha256) && drift.kind == DriftKind::Malformed;
            if !self.found.drift.iter().any(known) {
                let said = "is not in the store";
                let drift = Drift::about(DriftKind::Missing, &one.certificate, None, said);
                self.found.drift.push(drift);
            }
        }
    }

    /// What no change of the sources brings about.
    fn unmet(&mut self) {
        let wanted = self
            .desired
            .trust
            .iter()
            .chain(&self.desired.policy.require);
        for sha256 in wanted.copied().collect::<BTreeSet<_>>() {
            if !self.active.contains(&sha256) && !self.is_sound(sha256) {
                let message = format!(
                    "{sha256} is to be trusted, but no vendor certificate of this host has it"
                );
                self.found.drift.push(Drift::unmet(sha256, message));
            }
        }
        let foreign =
            |kind: &EntryKind| matches!(kind, EntryKind::ForeignFile | EntryKind::ForeignLink(_));
        for entry in self.inventory.entries.values() {
            let content = entry.content.iter().filter(|_| foreign(&entry.kind));
            for certificate in content.flat_map(|content| content.certificates()) {
                let sha256 = certificate.sha256();
                let listed = self.desired.policy.allows_local(sha256)
                    || self.inventory.vendor().any(|source| has(source, sha256));
                if self.active.contains(&sha256) || (listed && !self.unwanted.contains_key(&sha256))
                {
                    continue;
                }
                let name = Path::new(CERTS).join(&entry.name);
                let said = format!(
                    "is not to be trusted, but a foreign file has it: `{}`",
                    name.display()
                );
                let drift = Drift::about(DriftKind::Unmet, certificate, Some(&name), &said);
                self.found.drift.push(drift);
            }
        }
    }
}

fn has(source: &Source, sha256: Fingerprint) -> bool {
    source.content.certificates().any(|c| c.sha256() == sha256)
}

/// A vendor file as `ca-certificates.conf` names it.
fn relative(name: &Path) -> String {
    let relative = name.strip_prefix(VENDOR).unwrap_or(name);
    relative.display().to_string()
}
