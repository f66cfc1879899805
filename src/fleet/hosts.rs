//! The hosts of a fleet as their reports describe them, put together file by file: what is kept grows with the hosts,
//! not with the size of their reports.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::reading::{self, Body, Envelope, SCHEMA};
use crate::cert::{Fingerprint, Time};
use crate::rules::Severity;

/// A certificate that some host has.
#[derive(Clone, Debug)]
pub struct Known {
    /// Its subject.
    pub subject: String,
    /// Its issuer; empty for vendor certificates that only their name is known of.
    pub issuer: String,
    /// Its validity.
    pub validity: Option<(Time, Time)>,
}

/// A rule that some host breaks.
#[derive(Clone, Debug)]
pub struct BrokenRule {
    /// Its id.
    pub rule: String,
    /// How much it matters there.
    pub severity: Severity,
    /// In a few words.
    pub title: String,
    /// What to do.
    pub remedy: String,
}

/// One host.
#[derive(Clone, Debug, Default)]
pub struct Host {
    /// Its name, where a report tells.
    pub name: Option<String>,
    /// When its newest report was made.
    pub time: Option<Time>,
    /// The version of trustctl that made it.
    pub trustctl: String,
    /// Its release.
    pub release: Option<String>,
    /// Its OpenSSL library.
    pub openssl: Option<String>,
    /// The certificates that no vendor delivers, where a report tells.
    pub local: Option<BTreeSet<Fingerprint>>,
    /// The vendor certificates that are not selected, where a report tells.
    pub deselected: Option<BTreeSet<Fingerprint>>,
    /// Places in [`Hosts::rules`] and [`Hosts::lines`]; `None` where no audit was read.
    pub findings: Option<Vec<(u32, u32)>>,
    /// The same for what its stores lack; `None` where no report of `reach` was read.
    pub lacking: Option<Vec<(u32, u32)>>,
    /// When the report was made that each kind of fact comes from.
    times: BTreeMap<&'static str, Option<Time>>,
}

impl Host {
    /// The findings of its audit, and what its stores lack.
    pub fn all_findings(&self) -> impl Iterator<Item = &(u32, u32)> {
        self.findings.iter().chain(&self.lacking).flatten()
    }
}

/// What a host is called.
#[derive(Clone, Copy, Debug)]
pub enum Called<'a> {
    /// As its report says; as this where it does not.
    Unless(&'a str),
    /// As this, whatever its report says.
    Always(&'a str),
}

impl Called<'_> {
    fn name(&self, body: &Body) -> String {
        let said = body.host.as_ref().and_then(|host| host.name.as_ref());
        match self {
            Called::Always(name) => (*name).to_string(),
            Called::Unless(name) => said.map_or(*name, |said| &said.0).to_string(),
        }
    }
}

/// A file that is of no use.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Unusable {
    /// The file.
    pub file: String,
    /// Why.
    pub reason: String,
}

/// All hosts.
#[derive(Debug, Default)]
pub struct Hosts {
    /// By name.
    pub all: BTreeMap<String, Host>,
    /// The certificates that their reports name.
    pub certificates: BTreeMap<Fingerprint, Known>,
    /// The rules that they break.
    pub rules: Vec<BrokenRule>,
    /// What findings say.
    pub lines: Vec<String>,
    /// Files that are of no use.
    pub unusable: Vec<Unusable>,
    rule_places: HashMap<(String, Severity), u32>,
    line_places: HashMap<String, u32>,
    /// How many lines are kept of each rule, and how many may be.
    lines_kept: Vec<usize>,
    lines_per_rule: usize,
}

/// Stands for a line that was not kept.
const NOT_KEPT: u32 = u32::MAX;

impl Hosts {
    /// No host yet. Of what findings of one rule say so many different lines are kept, those that come first.
    pub fn new(lines_per_rule: usize) -> Hosts {
        Hosts {
            lines_per_rule,
            ..Hosts::default()
        }
    }

    /// Takes the report of one file.
    pub fn take(&mut self, file: &str, called: &Called<'_>, bytes: &[u8]) {
        let mut unusable = |reason: String| {
            self.unusable.push(Unusable {
                file: file.to_string(),
                reason,
            });
        };
        let envelope: Envelope = match serde_json::from_slice(bytes) {
            Ok(envelope) => envelope,
            Err(error) => {
                // Of another schema it may be that nothing else is as it is here.
                return match head_of(bytes) {
                    Some(head) if head.schema != SCHEMA => unusable(other_schema(head.schema)),
                    Some(head) if head.command == "reach" => self.reach(file, called, bytes),
                    _ => unusable(format!("it is not a report of trustctl: {error}")),
                };
            }
        };
        if envelope.schema != SCHEMA {
            return unusable(other_schema(envelope.schema));
        }
        match envelope.command.0.as_str() {
            "audit" => self.audit(called, envelope),
            "list" => self.list(called, envelope),
            "reach" => self.reach(file, called, bytes),
            other => unusable(format!(
                "it is a report of `{other}`; those of `audit`, `list` and `reach` tell of hosts"
            )),
        }
    }

    /// The host that a report is about, if the report is not older than what is known already.
    fn host(
        &mut self,
        called: &Called<'_>,
        envelope: &Envelope,
        kind: &'static str,
    ) -> Option<&mut Host> {
        let body = &envelope.report;
        let host = self.all.entry(called.name(body)).or_default();
        let named = body.host.as_ref().and_then(|host| host.name.as_ref());
        host.name = named.map(|name| name.0.clone()).or(host.name.take());
        let known = host.times.get(kind);
        if known.is_some_and(|known| *known > body.time) {
            return None;
        }
        host.times.insert(kind, body.time);
        if body.time >= host.time || host.trustctl.is_empty() {
            host.time = body.time;
            host.trustctl.clone_from(&envelope.trustctl.0);
            let release = body.host.as_ref().and_then(|host| host.release.as_ref());
            if let Some(release) = release {
                host.release = Some(release.0.clone());
            }
        }
        Some(host)
    }

    fn audit(&mut self, called: &Called<'_>, envelope: Envelope) {
        let name = called.name(&envelope.report);
        let Some(host) = self.host(called, &envelope, "audit") else {
            return;
        };
        let body = envelope.report;
        host.openssl = body.openssl.as_ref().map(reading::OpenSsl::line);
        let local = body.local.map(|local| local.0);
        let deselected = body.deselected.map(|vendor| vendor.0);
        let of = |all: &Vec<reading::Certificate>| all.iter().map(|c| c.sha256).collect();
        if let Some(local) = &local {
            host.local = Some(of(local));
        }
        if let Some(vendor) = &deselected {
            host.deselected = Some(vendor.iter().map(|c| c.sha256).collect());
        }
        for certificate in local.into_iter().flatten() {
            self.know(certificate);
        }
        for vendor in deselected.into_iter().flatten() {
            self.certificates.entry(vendor.sha256).or_insert(Known {
                subject: vendor.subject.0,
                issuer: String::new(),
                validity: None,
            });
        }
        let findings = body.findings.into_iter();
        let findings = findings.map(|finding| self.finding(finding)).collect();
        if let Some(host) = self.all.get_mut(&name) {
            host.findings = Some(findings);
        }
    }

    fn list(&mut self, called: &Called<'_>, envelope: Envelope) {
        let Some(host) = self.host(called, &envelope, "list") else {
            return;
        };
        let body = envelope.report;
        if host.openssl.is_none() {
            host.openssl = body.openssl.as_ref().map(reading::OpenSsl::line);
        }
        let all = body.certificates.map(|all| all.0).unwrap_or_default();
        let is = |certificate: &reading::Certificate, origin: &str| {
            certificate.origin.as_ref().is_some_and(|is| is.0 == origin)
        };
        // `list --vendor` says nothing of local ones, and the other way round.
        let some_vendor = all.iter().any(|c| is(c, "vendor"));
        let others = all.iter().filter(|c| !is(c, "vendor"));
        let others: BTreeSet<Fingerprint> = others.map(|c| c.sha256).collect();
        if !others.is_empty() || some_vendor {
            host.local = Some(others);
        }
        if some_vendor {
            let off = all
                .iter()
                .filter(|c| is(c, "vendor") && c.selected == Some(false));
            host.deselected = Some(off.map(|c| c.sha256).collect());
        }
        let worth = |c: &reading::Certificate| !is(c, "vendor") || c.selected == Some(false);
        for certificate in all.into_iter().filter(worth) {
            self.know(certificate);
        }
    }

    fn reach(&mut self, file: &str, called: &Called<'_>, bytes: &[u8]) {
        let envelope: Envelope<reading::Reach> = match serde_json::from_slice(bytes) {
            Ok(envelope) => envelope,
            Err(error) => {
                return self.unusable.push(Unusable {
                    file: file.to_string(),
                    reason: format!("it is not a report of trustctl: {error}"),
                });
            }
        };
        let (report, rows) = envelope.report.split();
        let name = called.name(&report);
        let about = Envelope {
            schema: envelope.schema,
            trustctl: envelope.trustctl,
            command: envelope.command,
            report,
        };
        if self.host(called, &about, "reach").is_none() {
            return;
        }
        let lacking = rows.into_iter().filter_map(reading::Store::finding);
        let lacking = lacking.map(|finding| self.finding(finding)).collect();
        if let Some(host) = self.all.get_mut(&name) {
            host.lacking = Some(lacking);
        }
    }

    fn know(&mut self, certificate: reading::Certificate) {
        let known = Known {
            subject: certificate.subject.0,
            issuer: certificate.issuer.0,
            validity: Some((certificate.not_before, certificate.not_after)),
        };
        match self.certificates.get_mut(&certificate.sha256) {
            Some(before) if before.validity.is_none() => *before = known,
            Some(_) => {}
            None => drop(self.certificates.insert(certificate.sha256, known)),
        }
    }

    fn finding(&mut self, finding: reading::Finding) -> (u32, u32) {
        let line = finding.line();
        let key = (finding.rule.0, finding.severity);
        let rule = match self.rule_places.get(&key) {
            Some(place) => *place,
            None => {
                let place = self.rules.len() as u32;
                self.rules.push(BrokenRule {
                    rule: key.0.clone(),
                    severity: key.1,
                    title: finding.title.0,
                    remedy: finding.remedy.0,
                });
                self.rule_places.insert(key, place);
                self.lines_kept.push(0);
                place
            }
        };
        let kept = &mut self.lines_kept[rule as usize];
        let line = match self.line_places.get(&line) {
            Some(place) => *place,
            None if *kept >= self.lines_per_rule => NOT_KEPT,
            None => {
                *kept += 1;
                let place = self.lines.len() as u32;
                self.lines.push(line.clone());
                self.line_places.insert(line, place);
                place
            }
        };
        (rule, line)
    }
}

/// What every report begins with, whatever it says.
#[derive(serde::Deserialize)]
struct Head {
    schema: u64,
    #[serde(default)]
    command: String,
}

fn head_of(bytes: &[u8]) -> Option<Head> {
    serde_json::from_slice(bytes).ok()
}

fn other_schema(schema: u64) -> String {
    format!("its schema is {schema}; this version reads {SCHEMA}")
}
