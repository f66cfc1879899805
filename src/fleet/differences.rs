//! Two hosts, or one at two times, against each other.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::hosts::{Host, Hosts};
use crate::cert::Fingerprint;
use crate::rules::Severity;

/// What differs.
#[derive(Debug, Serialize)]
pub struct Differences {
    /// The first host.
    pub before: String,
    /// The second.
    pub after: String,
    /// Release and OpenSSL library.
    pub values: Vec<Value>,
    /// Certificates that no vendor delivers.
    pub local: Vec<Certificate>,
    /// Vendor certificates that are trusted by one only.
    pub vendor: Vec<Certificate>,
    /// Findings of one only.
    pub findings: Vec<Finding>,
    /// What could not be compared, because a report does not tell.
    pub unknown: Vec<&'static str>,
}

/// On which side something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The first has it.
    Before,
    /// The second has it.
    After,
}

/// A value that differs.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Value {
    /// What it is.
    pub name: &'static str,
    /// In the first.
    pub before: Option<String>,
    /// In the second.
    pub after: Option<String>,
}

/// A certificate that one trusts.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Certificate {
    /// Who.
    pub side: Side,
    /// Its subject.
    pub subject: String,
    /// Its fingerprint.
    pub sha256: Fingerprint,
}

/// A finding of one.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// Whose.
    pub side: Side,
    /// How much it matters.
    pub severity: Severity,
    /// The rule.
    pub rule: String,
    /// What was seen.
    pub seen: String,
}

impl Differences {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
            && self.local.is_empty()
            && self.vendor.is_empty()
            && self.findings.is_empty()
    }
}

/// Compares two hosts; their certificates and findings are those of `hosts`.
pub fn differences(hosts: &Hosts, before: (&str, &Host), after: (&str, &Host)) -> Differences {
    let ((first, one), (second, other)) = (before, after);
    let mut found = Differences {
        before: first.to_string(),
        after: second.to_string(),
        values: values(one, other),
        local: Vec::new(),
        vendor: Vec::new(),
        findings: Vec::new(),
        unknown: Vec::new(),
    };
    match (&one.local, &other.local) {
        (Some(one), Some(other)) => {
            found.local = certificates(hosts, one, other, [Side::Before, Side::After]);
        }
        _ => found.unknown.push("local certificates"),
    }
    match (&one.deselected, &other.deselected) {
        // Who has deselected it is the one that does not trust it.
        (Some(one), Some(other)) => {
            found.vendor = certificates(hosts, one, other, [Side::After, Side::Before]);
        }
        _ => found.unknown.push("the selection of vendor certificates"),
    }
    match (&one.findings, &other.findings) {
        (Some(one), Some(other)) => {
            found.findings = only(hosts, one, other, Side::Before);
            found.findings.extend(only(hosts, other, one, Side::After));
            found.findings.sort();
        }
        _ => found.unknown.push("findings"),
    }
    found
}

fn values(one: &Host, other: &Host) -> Vec<Value> {
    let value = |name, before: &Option<String>, after: &Option<String>| Value {
        name,
        before: before.clone(),
        after: after.clone(),
    };
    [
        value("release", &one.release, &other.release),
        value("openssl", &one.openssl, &other.openssl),
    ]
    .into_iter()
    .filter(|value| value.before != value.after)
    .collect()
}

fn certificates(
    hosts: &Hosts,
    one: &BTreeSet<Fingerprint>,
    other: &BTreeSet<Fingerprint>,
    [first, second]: [Side; 2],
) -> Vec<Certificate> {
    let of = |side: Side, sha256: &Fingerprint| Certificate {
        side,
        subject: hosts
            .certificates
            .get(sha256)
            .map_or_else(String::new, |known| known.subject.clone()),
        sha256: *sha256,
    };
    let left = one.difference(other).map(|sha256| of(first, sha256));
    let right = other.difference(one).map(|sha256| of(second, sha256));
    let mut all: Vec<Certificate> = left.chain(right).collect();
    all.sort();
    all
}

/// The findings of one that the other lacks; the same finding twice counts twice.
fn only(hosts: &Hosts, these: &[(u32, u32)], those: &[(u32, u32)], side: Side) -> Vec<Finding> {
    let mut left: BTreeMap<(u32, u32), usize> = BTreeMap::new();
    for finding in those {
        *left.entry(*finding).or_default() += 1;
    }
    let mut found = Vec::new();
    for finding in these {
        match left.get_mut(finding) {
            Some(count) if *count > 0 => *count -= 1,
            _ => {
                let (rule, line) = (finding.0 as usize, finding.1 as usize);
                let (Some(rule), Some(seen)) = (hosts.rules.get(rule), hosts.lines.get(line))
                else {
                    continue;
                };
                found.push(Finding {
                    side,
                    severity: rule.severity,
                    rule: rule.rule.clone(),
                    seen: seen.clone(),
                });
            }
        }
    }
    found
}
