//! What the store has, for looking certificates and their issuers up.

use std::collections::HashMap;

use super::IssuerPlace;
use crate::cert::{Certificate, Check, Fingerprint};
use crate::store::inventory::Inventory;
use crate::store::layout::Layout;

/// The certificates of the store by what they are looked up by.
pub(super) struct Known {
    holders: HashMap<Fingerprint, Vec<String>>,
    by_subject: HashMap<Vec<u8>, Vec<Certificate>>,
}

impl Known {
    /// Reads the store of a tree; what cannot be read there is simply not known.
    pub fn read(layout: &Layout) -> Self {
        let inventory = Inventory::read(layout);
        let mut known = Self {
            holders: HashMap::new(),
            by_subject: HashMap::new(),
        };
        for source in &inventory.sources {
            known.add(
                &source.place.name.display().to_string(),
                source.content.certificates(),
            );
        }
        for entry in inventory.entries.values() {
            let name = layout.certs.join(&entry.name).name.display().to_string();
            known.add_new(
                &name,
                entry
                    .content
                    .iter()
                    .flat_map(|content| content.certificates()),
            );
        }
        known
    }

    fn add<'a>(&mut self, name: &str, certificates: impl Iterator<Item = &'a Certificate>) {
        for certificate in certificates {
            let holders = self.holders.entry(certificate.sha256()).or_default();
            if holders.is_empty() {
                self.by_subject
                    .entry(certificate.subject().canonical())
                    .or_default()
                    .push(certificate.clone());
            }
            holders.push(name.to_owned());
        }
    }

    /// Links and the bundle repeat what the sources hold; only what is nowhere else is named.
    fn add_new<'a>(&mut self, name: &str, certificates: impl Iterator<Item = &'a Certificate>) {
        for certificate in certificates {
            if !self.holders.contains_key(&certificate.sha256()) {
                self.add(name, std::iter::once(certificate));
            }
        }
    }

    /// The files of the store that hold a certificate.
    pub fn holders(&self, certificate: &Certificate) -> Vec<String> {
        self.holders
            .get(&certificate.sha256())
            .cloned()
            .unwrap_or_default()
    }

    /// The certificate of the store that signed this one.
    pub fn issuer_of(&self, certificate: &Certificate) -> Option<IssuerPlace> {
        let candidates = self.by_subject.get(&certificate.issuer().canonical())?;
        let issuer = candidates
            .iter()
            .find(|issuer| signed(certificate, issuer))?;
        let path = self.holders(issuer).into_iter().next()?;
        Some(IssuerPlace::Store {
            sha256: issuer.sha256(),
            path,
        })
    }
}

/// Whether `issuer` signed `certificate`, as far as that can be told.
pub(super) fn signed(certificate: &Certificate, issuer: &Certificate) -> bool {
    certificate.check_signature(issuer) != Check::Invalid
}
