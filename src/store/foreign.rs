//! Certificates that readers trust although no source has them: in the bundle alone, in a file or behind a link that
//! somebody put into the certificate folder. The next run of the bare script drops those of the bundle.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::inventory::{EntryKind, Inventory};
use super::layout::CERTS;
use super::select::{self, Fit};
use crate::cert::{Certificate, Fingerprint};

/// A certificate without a source.
#[derive(Clone, Debug)]
pub struct Foreign {
    /// The certificate.
    pub certificate: Certificate,
    /// Whether the bundle has it.
    pub in_bundle: bool,
    /// The other names in the certificate folder that lead to it.
    pub files: Vec<PathBuf>,
}

/// Every certificate without a source, in the order of the bundle, then by name.
pub fn all(inventory: &Inventory) -> Vec<Foreign> {
    let sources = inventory.sources.iter();
    let with_source: BTreeSet<Fingerprint> = sources
        .flat_map(|source| source.content.pem_certificates())
        .map(Certificate::sha256)
        .collect();
    let mut found: Vec<Foreign> = Vec::new();
    let mut places: BTreeMap<Fingerprint, usize> = BTreeMap::new();
    let (bundle, others): (Vec<_>, Vec<_>) = inventory
        .entries
        .values()
        .partition(|entry| entry.kind == EntryKind::Bundle);
    for entry in bundle.into_iter().chain(others) {
        let certificates = entry.content.iter().flat_map(|c| c.pem_certificates());
        for certificate in certificates {
            let sha256 = certificate.sha256();
            if with_source.contains(&sha256) {
                continue;
            }
            let at = *places.entry(sha256).or_insert_with(|| {
                found.push(Foreign {
                    certificate: certificate.clone(),
                    in_bundle: false,
                    files: Vec::new(),
                });
                found.len() - 1
            });
            let Some(of) = found.get_mut(at) else {
                continue;
            };
            match entry.kind {
                EntryKind::Bundle => of.in_bundle = true,
                _ => of.files.push(Path::new(CERTS).join(&entry.name)),
            }
        }
    }
    found
}

impl Foreign {
    /// How a selector names it: by one of its files, or as any certificate.
    pub fn fit(&self, selector: &str) -> Option<Fit> {
        let is_file = |file: &PathBuf| select::is_name_of(file, CERTS, selector);
        match self.files.iter().any(is_file) {
            true => Some(Fit::File),
            false => select::fit_of(&self.certificate, selector),
        }
    }
}

/// Those that a selector names best; the fit says how.
pub fn named<'a>(all: &'a [Foreign], selector: &str) -> Option<(Fit, Vec<&'a Foreign>)> {
    let fits: Vec<(Fit, &Foreign)> = all
        .iter()
        .filter_map(|foreign| Some((foreign.fit(selector)?, foreign)))
        .collect();
    let best = fits.iter().map(|(fit, _)| *fit).max()?;
    let found = fits.into_iter().filter(|(fit, _)| *fit == best);
    Some((best, found.map(|(_, foreign)| foreign).collect()))
}
