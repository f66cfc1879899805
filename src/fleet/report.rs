//! The report of a fleet: who trusts what, who is odd, what is wrong where, and what ends when.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::hosts::{Host, Hosts, Known, Unusable};
use crate::cert::{Fingerprint, Time};
use crate::rules::Severity;

/// Of one rule so many hosts are shown with what was seen.
pub const EXAMPLES: usize = 20;

/// What is not in the reports themselves.
#[derive(Debug)]
pub struct Options<'a> {
    /// The time of the call.
    pub now: Time,
    /// A report of more days is old.
    pub max_age_days: u32,
    /// The host that the others are compared with; without it, with what most have.
    pub baseline: Option<(&'a str, &'a Host)>,
}

/// The fleet.
#[derive(Debug, Serialize)]
pub struct Fleet {
    /// The time of the call.
    pub time: Time,
    /// The name of the host that the others are compared with.
    pub baseline: Option<String>,
    /// The hosts, those first that deviate most.
    pub hosts: Vec<Row>,
    /// Certificates that no vendor delivers, those first that fewest hosts have.
    pub certificates: Vec<Ca>,
    /// Hosts with the same certificates, the smallest groups first.
    pub groups: Vec<Group>,
    /// The rules that are broken, the worst first.
    pub rules: Vec<Rule>,
    /// The releases in use.
    pub releases: Vec<Share>,
    /// The OpenSSL libraries in use.
    pub openssl: Vec<Share>,
    /// Files that are of no use.
    pub unusable: Vec<Unusable>,
}

/// A host.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// When its report was made.
    pub time: Option<Time>,
    /// Whether that is long ago.
    pub old: bool,
    /// The version of trustctl there.
    pub trustctl: String,
    /// Its release.
    pub release: Option<String>,
    /// Its OpenSSL library.
    pub openssl: Option<String>,
    /// Its findings; `None` where no audit was read.
    pub findings: Option<Counts>,
    /// How it deviates.
    pub deviations: Vec<Deviation>,
}

/// Findings in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Counts {
    /// Errors.
    pub error: usize,
    /// Warnings.
    pub warning: usize,
    /// Notes.
    pub note: usize,
}

/// In which way a host deviates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// It has a certificate that the others lack.
    Additional,
    /// It lacks a certificate that the others have.
    Lacking,
    /// It does not trust a vendor certificate that the others trust.
    Deselected,
    /// It trusts a vendor certificate that the others do not.
    Selected,
}

/// One deviation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Deviation {
    /// In which way.
    pub way: Way,
    /// The certificate.
    pub sha256: Fingerprint,
    /// Its subject.
    pub subject: String,
}

/// A certificate that no vendor delivers.
#[derive(Debug, Serialize)]
pub struct Ca {
    /// Its fingerprint.
    pub sha256: Fingerprint,
    /// Its subject.
    pub subject: String,
    /// Its issuer.
    pub issuer: String,
    /// The begin of its validity.
    pub not_before: Option<Time>,
    /// The end of its validity.
    pub not_after: Option<Time>,
    /// The certificate above it, if some host has that.
    pub parent: Option<Fingerprint>,
    /// How many hosts have it.
    pub hosts: usize,
}

/// Hosts with the same certificates.
#[derive(Debug, Serialize)]
pub struct Group {
    /// Their names.
    pub hosts: Vec<String>,
    /// What they have.
    pub certificates: Vec<Fingerprint>,
}

/// A rule and the hosts that break it.
#[derive(Debug, Serialize)]
pub struct Rule {
    /// Its id.
    pub rule: String,
    /// How much it matters.
    pub severity: Severity,
    /// In a few words.
    pub title: String,
    /// What to do.
    pub remedy: String,
    /// How often it is broken.
    pub findings: usize,
    /// The hosts.
    pub hosts: Vec<String>,
    /// What was seen on some of them.
    pub examples: Vec<Example>,
}

/// What was seen on a host.
#[derive(Debug, Serialize)]
pub struct Example {
    /// The host.
    pub host: String,
    /// What was seen.
    pub seen: String,
}

/// The hosts that use something.
#[derive(Debug, Serialize)]
pub struct Share {
    /// What they use.
    pub value: String,
    /// Who.
    pub hosts: Vec<String>,
}

/// Puts the report together.
pub fn report(hosts: Hosts, options: &Options<'_>) -> Fleet {
    let usual = Usual::new(&hosts, options);
    let mut rows: Vec<Row> = hosts
        .all
        .iter()
        .map(|(name, host)| row(&hosts, name, host, &usual, options))
        .collect();
    rows.sort_by(|one, other| {
        let weight = |row: &Row| (row.deviations.len(), row.findings.unwrap_or_default());
        weight(other)
            .cmp(&weight(one))
            .then_with(|| one.name.cmp(&other.name))
    });
    Fleet {
        time: options.now,
        baseline: options.baseline.map(|(name, _)| name.to_string()),
        hosts: rows,
        certificates: certificates(&hosts),
        groups: groups(&hosts),
        rules: rules(&hosts),
        releases: shares(&hosts, |host| host.release.as_ref()),
        openssl: shares(&hosts, |host| host.openssl.as_ref()),
        unusable: {
            let mut unusable = hosts.unusable;
            unusable.sort();
            unusable
        },
    }
}

/// What a host is expected to have.
struct Usual {
    local: BTreeSet<Fingerprint>,
    deselected: BTreeSet<Fingerprint>,
}

impl Usual {
    fn new(hosts: &Hosts, options: &Options<'_>) -> Usual {
        if let Some((_, baseline)) = options.baseline {
            return Usual {
                local: baseline.local.clone().unwrap_or_default(),
                deselected: baseline.deselected.clone().unwrap_or_default(),
            };
        }
        Usual {
            local: majority(hosts.all.values().filter_map(|host| host.local.as_ref())),
            deselected: majority(
                hosts
                    .all
                    .values()
                    .filter_map(|host| host.deselected.as_ref()),
            ),
        }
    }
}

/// What more than half of the sets have.
fn majority<'a>(sets: impl Iterator<Item = &'a BTreeSet<Fingerprint>>) -> BTreeSet<Fingerprint> {
    let mut all = 0;
    let mut counts: BTreeMap<Fingerprint, usize> = BTreeMap::new();
    for set in sets {
        all += 1;
        for sha256 in set {
            *counts.entry(*sha256).or_default() += 1;
        }
    }
    let most = counts.into_iter().filter(|(_, count)| 2 * count > all);
    most.map(|(sha256, _)| sha256).collect()
}

fn row(hosts: &Hosts, name: &str, host: &Host, usual: &Usual, options: &Options<'_>) -> Row {
    let mut deviations = Vec::new();
    let mut deviate = |way: Way, sha256: &Fingerprint| {
        deviations.push(Deviation {
            way,
            sha256: *sha256,
            subject: hosts
                .certificates
                .get(sha256)
                .map_or_else(String::new, |known| known.subject.clone()),
        });
    };
    for (set, usual, more, less) in [
        (&host.local, &usual.local, Way::Additional, Way::Lacking),
        (
            &host.deselected,
            &usual.deselected,
            Way::Deselected,
            Way::Selected,
        ),
    ] {
        let Some(set) = set else { continue };
        set.difference(usual).for_each(|one| deviate(more, one));
        usual.difference(set).for_each(|one| deviate(less, one));
    }
    let age = host.time.map(|time| time.days_until(options.now));
    Row {
        name: name.to_string(),
        time: host.time,
        old: age.is_none_or(|days| days > i64::from(options.max_age_days)),
        trustctl: host.trustctl.clone(),
        release: host.release.clone(),
        openssl: host.openssl.clone(),
        findings: (host.findings.is_some() || host.lacking.is_some())
            .then(|| counts(hosts, host.all_findings())),
        deviations,
    }
}

fn counts<'a>(hosts: &Hosts, findings: impl Iterator<Item = &'a (u32, u32)>) -> Counts {
    let mut counts = Counts::default();
    for rule in findings.filter_map(|(rule, _)| hosts.rules.get(*rule as usize)) {
        match rule.severity {
            Severity::Error => counts.error += 1,
            Severity::Warning => counts.warning += 1,
            Severity::Note => counts.note += 1,
        }
    }
    counts
}

fn certificates(hosts: &Hosts) -> Vec<Ca> {
    let mut having: BTreeMap<Fingerprint, usize> = BTreeMap::new();
    for sha256 in hosts
        .all
        .values()
        .filter_map(|h| h.local.as_ref())
        .flatten()
    {
        *having.entry(*sha256).or_default() += 1;
    }
    // By name, as a person would find it; whether a signature fits is for `verify` to say.
    let by_subject: BTreeMap<&str, Fingerprint> = having
        .keys()
        .filter_map(|sha256| Some((hosts.certificates.get(sha256)?.subject.as_str(), *sha256)))
        .collect();
    let ca = |(sha256, count): (&Fingerprint, &usize)| {
        let Known {
            subject,
            issuer,
            validity,
        } = hosts.certificates.get(sha256)?.clone();
        let parent = (subject != issuer).then(|| by_subject.get(issuer.as_str()));
        Some(Ca {
            sha256: *sha256,
            parent: parent.flatten().copied(),
            subject,
            issuer,
            not_before: validity.map(|(begin, _)| begin),
            not_after: validity.map(|(_, end)| end),
            hosts: *count,
        })
    };
    let mut all: Vec<Ca> = having.iter().filter_map(ca).collect();
    all.sort_by(|one, other| {
        let key = |ca: &Ca| (ca.hosts, ca.subject.clone(), ca.sha256);
        key(one).cmp(&key(other))
    });
    all
}

fn groups(hosts: &Hosts) -> Vec<Group> {
    let mut by_set: BTreeMap<&BTreeSet<Fingerprint>, Vec<String>> = BTreeMap::new();
    for (name, host) in &hosts.all {
        if let Some(local) = &host.local {
            by_set.entry(local).or_default().push(name.clone());
        }
    }
    let mut groups: Vec<Group> = by_set
        .into_iter()
        .map(|(set, hosts)| Group {
            hosts,
            certificates: set.iter().copied().collect(),
        })
        .collect();
    groups.sort_by(|one, other| {
        let key = |group: &Group| (group.hosts.len(), group.hosts.first().cloned());
        key(one).cmp(&key(other))
    });
    groups
}

fn rules(hosts: &Hosts) -> Vec<Rule> {
    let mut rules: Vec<Rule> = hosts
        .rules
        .iter()
        .map(|known| Rule {
            rule: known.rule.clone(),
            severity: known.severity,
            title: known.title.clone(),
            remedy: known.remedy.clone(),
            findings: 0,
            hosts: Vec::new(),
            examples: Vec::new(),
        })
        .collect();
    for (name, host) in &hosts.all {
        for (rule, line) in host.all_findings() {
            let Some(rule) = rules.get_mut(*rule as usize) else {
                continue;
            };
            rule.findings += 1;
            if rule.hosts.last() != Some(name) {
                rule.hosts.push(name.clone());
            }
            if let Some(seen) = hosts
                .lines
                .get(*line as usize)
                .filter(|_| rule.examples.len() < EXAMPLES)
            {
                rule.examples.push(Example {
                    host: name.clone(),
                    seen: seen.clone(),
                });
            }
        }
    }
    // An older report of a host may have been replaced by a newer one.
    rules.retain(|rule| rule.findings > 0);
    rules.sort_by(|one, other| {
        let key = |rule: &Rule| (rule.severity, rule.hosts.len());
        key(other)
            .cmp(&key(one))
            .then_with(|| one.rule.cmp(&other.rule))
    });
    rules
}

fn shares(hosts: &Hosts, of: impl Fn(&Host) -> Option<&String>) -> Vec<Share> {
    let mut by_value: BTreeMap<&String, Vec<String>> = BTreeMap::new();
    for (name, host) in &hosts.all {
        if let Some(value) = of(host) {
            by_value.entry(value).or_default().push(name.clone());
        }
    }
    let mut shares: Vec<Share> = by_value
        .into_iter()
        .map(|(value, hosts)| Share {
            value: value.clone(),
            hosts,
        })
        .collect();
    shares.sort_by_key(|share| std::cmp::Reverse(share.hosts.len()));
    shares
}
