//! The audit rules: one table, pure. A rule looks at gathered [`Facts`] and says what is wrong, where, and what
//! to do. It reads no file and no clock.

pub mod bypass;
pub mod capability;
pub mod certificates;
pub mod change;
pub mod clock;
pub mod consistency;
pub mod diagnosis;
pub mod evidence;
pub mod explain;
pub mod facts;
pub mod files;
pub mod openssl;
pub mod overrides;
pub mod packages;
pub mod policy;
pub mod stores;
pub mod tls;
pub mod versions;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::cert::{Certificate, Fingerprint};
use crate::redact;
use crate::store::inventory::Origin;
pub use facts::Facts;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing has to be done.
    Note,
    /// Something is not as it should be.
    Warning,
    /// Trust or availability is broken, or an attacker could break it.
    Error,
}

impl Severity {
    /// All, the worst first.
    pub const ALL: [Severity; 3] = [Severity::Error, Severity::Warning, Severity::Note];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// Files and folders of the store.
    Files,
    /// Sources, bundle, hash directory and Java keystore against each other.
    Consistency,
    /// The certificates themselves.
    Certificates,
    /// Changes made outside trustctl, and the policy.
    Change,
    /// OpenSSL, GnuTLS and Java: versions and settings.
    Tls,
    /// Checks that somebody has switched off.
    Bypass,
    /// The time of the host.
    Clock,
}

impl Family {
    /// All, in the order in which they are listed.
    pub const ALL: [Family; 7] = [
        Family::Files,
        Family::Consistency,
        Family::Certificates,
        Family::Change,
        Family::Tls,
        Family::Bypass,
        Family::Clock,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Family::Files => "files",
            Family::Consistency => "consistency",
            Family::Certificates => "certificates",
            Family::Change => "change",
            Family::Tls => "tls",
            Family::Bypass => "bypass",
            Family::Clock => "clock",
        }
    }
}

/// One rule of the table.
pub struct Rule {
    /// Its stable name, in kebab case.
    pub id: &'static str,
    /// How much a breach matters, as a rule; a hit can say otherwise.
    pub severity: Severity,
    /// What it is about.
    pub family: Family,
    /// The finding in a few words.
    pub title: &'static str,
    /// What it means and why it matters.
    pub explanation: &'static str,
    /// What to do, as a rule; a hit can be more precise.
    pub remedy: &'static str,
    /// Where this is written: a manual, a standard, or what was measured.
    pub reference: &'static str,
    /// Judges.
    pub check: fn(&Facts) -> Vec<Hit>,
}

/// All rules, family by family.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    [
        files::RULES,
        consistency::RULES,
        stores::RULES,
        certificates::RULES,
        change::RULES,
        packages::RULES,
        openssl::RULES,
        tls::RULES,
        overrides::RULES,
        bypass::RULES,
        clock::RULES,
    ]
    .into_iter()
    .flatten()
}

/// The rule with this name.
pub fn find(id: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.id == id)
}

/// What a finding is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Subject {
    /// The file, by its name inside the tree.
    pub path: Option<PathBuf>,
    /// The line in it, counted from 1.
    pub line: Option<usize>,
    /// The certificate.
    pub sha256: Option<Fingerprint>,
    /// The certificate's subject, a package, or a variable.
    pub name: Option<String>,
}

/// One breach of a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hit {
    /// What it is about.
    pub subject: Subject,
    /// What was seen.
    pub evidence: String,
    /// What to do, where it is more precise than the rule's remedy.
    pub remedy: Option<String>,
    /// How much it matters, where it differs from the rule's severity.
    pub severity: Option<Severity>,
    /// Where the certificate comes from, if it is about one.
    pub origin: Option<Origin>,
}

impl Hit {
    /// A hit on a file.
    pub fn at(path: impl Into<PathBuf>, evidence: impl Into<String>) -> Hit {
        Hit {
            subject: Subject {
                path: Some(path.into()),
                ..Subject::default()
            },
            evidence: evidence.into(),
            ..Hit::default()
        }
    }

    /// A hit on something that is no file.
    pub fn named(name: impl Into<String>, evidence: impl Into<String>) -> Hit {
        Hit {
            subject: Subject {
                name: Some(name.into()),
                ..Subject::default()
            },
            evidence: evidence.into(),
            ..Hit::default()
        }
    }

    /// Adds the line.
    #[must_use]
    pub fn line(mut self, line: usize) -> Hit {
        self.subject.line = (line > 0).then_some(line);
        self
    }

    /// Adds a name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Hit {
        self.subject.name = Some(name.into());
        self
    }

    /// Adds the certificate and where it comes from.
    #[must_use]
    pub fn certificate(mut self, certificate: &Certificate, origin: Origin) -> Hit {
        self.subject.sha256 = Some(certificate.sha256());
        self.subject.name = Some(title(certificate));
        self.origin = Some(origin);
        self
    }

    /// Adds what to do about this one.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Hit {
        self.remedy = Some(remedy.into());
        self
    }

    /// Replaces the rule's severity.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Hit {
        self.severity = Some(severity);
        self
    }
}

/// The shortest name people know a certificate by.
pub fn title(certificate: &Certificate) -> String {
    let subject = certificate.subject();
    let name = subject.common_name().or_else(|| subject.organization());
    name.unwrap_or_else(|| subject.display()).to_string()
}

/// A finding as it is reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule's id.
    pub rule: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What the rule is about.
    pub family: Family,
    /// The finding in a few words.
    pub title: &'static str,
    /// What it is about.
    pub subject: Subject,
    /// What was seen; secrets are cut out.
    pub evidence: String,
    /// What to do.
    pub remedy: String,
    /// Where this is written.
    pub reference: &'static str,
    /// Where the certificate comes from, if it is about one.
    #[serde(skip)]
    pub origin: Option<Origin>,
}

impl Rule {
    /// Every finding of this rule, in order of what they are about.
    pub fn judge(&'static self, facts: &Facts) -> Vec<Finding> {
        let mut findings: Vec<Finding> = (self.check)(facts)
            .into_iter()
            .map(|hit| self.finding(hit))
            .collect();
        findings.sort_by(|a, b| a.subject.cmp(&b.subject));
        findings
    }

    fn finding(&'static self, hit: Hit) -> Finding {
        Finding {
            rule: self.id,
            severity: hit.severity.unwrap_or(self.severity),
            family: self.family,
            title: self.title,
            subject: Subject {
                name: hit
                    .subject
                    .name
                    .map(|name| redact::text(&name).into_owned()),
                ..hit.subject
            },
            evidence: evidence::shown(&hit.evidence),
            remedy: hit.remedy.unwrap_or_else(|| self.remedy.to_string()),
            reference: self.reference,
            origin: hit.origin,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_in_kebab_case() {
        let mut seen = std::collections::HashSet::new();
        for rule in all() {
            assert!(seen.insert(rule.id), "{} is there twice", rule.id);
            let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(rule.id.chars().all(kebab), "{}", rule.id);
        }
        assert!(seen.len() > 80, "{}", seen.len());
    }

    #[test]
    fn every_rule_says_what_why_and_what_to_do() {
        for rule in all() {
            let texts = [rule.title, rule.explanation, rule.remedy, rule.reference];
            assert!(
                texts.iter().all(|text| !text.trim().is_empty()),
                "{}",
                rule.id
            );
            assert!(rule.title.len() <= 72, "{}: {}", rule.id, rule.title);
            assert!(
                !rule.title.ends_with('.') && rule.explanation.ends_with(['.', ')']),
                "{}",
                rule.id
            );
        }
    }
}
