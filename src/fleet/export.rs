//! The desired state that a host is in, as a file for `apply`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::Serialize;

use crate::cert::judge::{self, Weight};
use crate::cert::{Certificate, Fingerprint, Time};
use crate::change::model;
use crate::store::inventory::{Inventory, Source};

/// What `export` found.
#[derive(Debug, Serialize)]
pub struct Exported {
    /// The local certificates.
    pub ca: Vec<ExportedCa>,
    /// The vendor certificates that are not selected.
    pub distrust: Vec<ExportedVendor>,
    /// What such a file cannot say.
    pub notes: Vec<String>,
}

/// A local certificate.
#[derive(Debug, Serialize)]
pub struct ExportedCa {
    /// Its fingerprint.
    pub sha256: Fingerprint,
    /// Its subject.
    pub subject: String,
    /// The name of its file, without `.crt`, where it has one alone that `add` would give.
    pub name: Option<String>,
    /// The certificate.
    pub pem: String,
    /// Other stores that it was put into and that trust it.
    pub stores: Vec<String>,
    /// Its file.
    #[serde(skip)]
    pub file: PathBuf,
    /// Rules of admission that refuse it on a host that lacks it.
    pub refused_by: Vec<&'static str>,
}

/// A vendor certificate.
#[derive(Debug, Serialize)]
pub struct ExportedVendor {
    /// Its fingerprint.
    pub sha256: Fingerprint,
    /// Its subject.
    pub subject: String,
}

/// Reads the state from an inventory.
pub fn export(inventory: &Inventory, now: Time) -> Exported {
    let mut exported = Exported {
        ca: Vec::new(),
        distrust: Vec::new(),
        notes: Vec::new(),
    };
    let (mut seen, mut names) = (BTreeSet::new(), BTreeSet::new());
    for source in inventory.local() {
        let name = source.place.name.display();
        let single = model::plain_single(&source.content).is_some();
        let mut count = 0;
        for certificate in source.content.certificates() {
            count += 1;
            if seen.insert(certificate.sha256()) {
                let mut ca = ca(source, certificate, single, now);
                // Two files of one name in different folders are two names elsewhere.
                ca.name = ca.name.filter(|name| names.insert(name.to_lowercase()));
                exported.ca.push(ca);
            }
        }
        match count {
            0 => exported
                .notes
                .push(format!("`{name}` was left out: there is no certificate in it")),
            _ if !single => exported.notes.push(format!(
                "`{name}` is not one certificate in plain PEM: `apply` would write each into a file of its own"
            )),
            _ => {}
        }
    }
    let trusted: BTreeSet<Fingerprint> = inventory
        .sources
        .iter()
        .filter(|source| source.selected)
        .flat_map(|source| source.content.certificates().map(Certificate::sha256))
        .collect();
    let deselected = inventory.vendor().filter(|source| !source.selected);
    for certificate in deselected.flat_map(|source| source.content.certificates()) {
        let sha256 = certificate.sha256();
        if !trusted.contains(&sha256) && seen.insert(sha256) {
            exported.distrust.push(ExportedVendor {
                sha256,
                subject: certificate.subject().display().to_string(),
            });
        }
    }
    exported
}

fn ca(source: &Source, certificate: &Certificate, single: bool, now: Time) -> ExportedCa {
    let stem = source.place.name.file_stem();
    let plain = |stem: &&str| {
        stem.chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
            && stem.starts_with(|c: char| c.is_ascii_alphanumeric())
    };
    let refusing = |verdict: &judge::Verdict| verdict.weight == Weight::RefusedUnlessAllowed;
    let verdicts = judge::certificate(certificate, now);
    ExportedCa {
        sha256: certificate.sha256(),
        subject: certificate.subject().display().to_string(),
        name: stem
            .and_then(|stem| stem.to_str())
            .filter(|stem| single && plain(stem))
            .map(str::to_string),
        pem: certificate.to_pem(),
        stores: Vec::new(),
        file: source.place.name.clone(),
        refused_by: verdicts
            .iter()
            .filter(|verdict| refusing(verdict))
            .map(|verdict| verdict.rule.id())
            .collect(),
    }
}

impl Exported {
    /// The lines of the file. All are printable ASCII: names from certificates are escaped, so that none leaves its comment.
    pub fn lines(&self, host: &str) -> Vec<String> {
        let mut lines = vec![
            format!(
                "# The trust of {}, for `trustctl apply`; see trustctl-apply(5).",
                ascii(host)
            ),
            "exclusive = true".to_string(),
        ];
        for ca in &self.ca {
            lines.push(String::new());
            lines.push(format!("# {}", ascii(&ca.subject)));
            lines.push("[[ca]]".to_string());
            lines.push(format!("sha256 = \"{}\"", ca.sha256));
            if let Some(name) = &ca.name {
                lines.push(format!("name = \"{name}\""));
            }
            if !ca.stores.is_empty() {
                let stores: Vec<String> = ca
                    .stores
                    .iter()
                    .map(|name| format!("\"{}\"", ascii(name)))
                    .collect();
                lines.push(format!("stores = [{}]", stores.join(", ")));
            }
            if !ca.refused_by.is_empty() {
                let rules: Vec<String> =
                    ca.refused_by.iter().map(|id| format!("\"{id}\"")).collect();
                let rules = rules.join(", ");
                lines.push("# A host that lacks it would refuse it without:".to_string());
                lines.push(format!("#allow = [{rules}]"));
            }
            lines.push("pem = \"\"\"".to_string());
            lines.extend(ca.pem.lines().map(str::to_string));
            lines.push("\"\"\"".to_string());
        }
        for vendor in &self.distrust {
            lines.push(String::new());
            lines.push("[[distrust]]".to_string());
            lines.push(format!("sha256 = \"{}\"", vendor.sha256));
            lines.push(format!("name = \"{}\"", ascii(&vendor.subject)));
        }
        lines
    }
}

/// Text as printable ASCII that can stand in a comment and in a TOML string.
fn ascii(text: &str) -> String {
    text.chars()
        .flat_map(|c| match c {
            '"' | '\\' => vec!['\\', c],
            ' '..='~' => vec![c],
            c => format!("\\U{:08x}", u32::from(c)).chars().collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::ascii;

    #[test]
    fn names_stay_in_their_string() {
        let name = "a\"b\\c\nd\u{202e}é";
        let text = format!("x = \"{}\"", ascii(name));
        assert!(text.is_ascii() && !text.contains('\n'));
        let table: toml::Table = text.parse().unwrap();
        assert_eq!(table["x"].as_str(), Some(name));
    }
}
