//! Which rules are judged, which findings are wanted, and how loudly they speak.

use std::collections::BTreeMap;

use super::{AuditArgs, Only, Skip};
use crate::config::Config;
use crate::error::{Error, ErrorKind, Result};
use crate::rules::{self, Family, Finding, Rule, Severity};
use crate::store::inventory::Origin;
use crate::store::layout::{LOCAL, VENDOR};

/// The choice that arguments and configuration make.
pub(super) struct Selection {
    rules: Vec<String>,
    skip: Vec<String>,
    only: Vec<Only>,
    severity: BTreeMap<String, Option<Severity>>,
}

/// The error for a rule that is none.
pub(super) fn unknown(id: &str) -> Error {
    Error::new(format!("there is no rule `{id}`"))
        .kind(ErrorKind::NotFound)
        .hint("`trustctl rules` lists them")
}

impl Selection {
    /// Takes the choice; a rule that does not exist is an error.
    pub(super) fn new(arguments: &AuditArgs, config: &Config) -> Result<Selection> {
        for id in arguments.rule.iter().chain(&arguments.skip) {
            if rules::find(id).is_none() {
                return Err(unknown(id));
            }
        }
        let severity = config.audit.severity.iter().map(|(id, name)| {
            let located = |error: Error| {
                let place = config.origin.place("audit.severity", id);
                Error {
                    message: format!("{place}: {}", error.message),
                    ..error
                }
            };
            match rules::find(id) {
                Some(_) => Ok((id.clone(), severity(name).map_err(located)?)),
                None => Err(located(unknown(id))),
            }
        });
        Ok(Selection {
            rules: arguments.rule.clone(),
            skip: arguments.skip.clone(),
            only: arguments.only.clone(),
            severity: severity.collect::<Result<_>>()?,
        })
    }

    /// Whether a rule is judged.
    pub(super) fn has(&self, rule: &Rule) -> bool {
        let id = |known: &String| known == rule.id;
        let asked = self.rules.is_empty() || self.rules.iter().any(id);
        let family = self.only.is_empty()
            || self
                .only
                .iter()
                .any(|only| only.family().is_none_or(|family| family == rule.family));
        asked && family && !self.skip.iter().any(id) && self.severity.get(rule.id) != Some(&None)
    }

    /// Whether a word on what was not judged is wanted: `*` is about every rule.
    pub(super) fn wants_to_know(&self, id: &str) -> bool {
        // What the configuration switches off was asked for all the same.
        let asked = |rule: &Rule| self.has(rule) || self.severity.get(rule.id) == Some(&None);
        id == "*" || rules::find(id).is_none_or(asked)
    }

    /// Whether a finding is wanted.
    pub(super) fn wants(&self, finding: &Finding) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only.covers(finding))
    }

    /// The finding with the severity that the configuration gives it.
    pub(super) fn weighed(&self, mut finding: Finding) -> Finding {
        if let Some(Some(severity)) = self.severity.get(finding.rule) {
            finding.severity = *severity;
        }
        finding
    }

    /// The rules that the configuration switches off.
    pub(super) fn switched_off(&self) -> impl Iterator<Item = Skip> {
        let off = self
            .severity
            .iter()
            .filter(|(_, severity)| severity.is_none());
        off.map(|(id, _)| Skip {
            rule: id.clone(),
            reason: "switched off in the configuration".to_string(),
        })
    }
}

fn severity(name: &str) -> Result<Option<Severity>> {
    if name == "off" {
        return Ok(None);
    }
    let known = Severity::ALL
        .into_iter()
        .find(|severity| severity.name() == name);
    let bad = || {
        Error::new(format!("`{name}` is not a severity"))
            .kind(ErrorKind::Config)
            .hint("write `error`, `warning`, `note` or `off` in `audit.severity`")
    };
    known.map(Some).ok_or_else(bad)
}

impl Only {
    /// The family, unless it is about where certificates come from.
    fn family(self) -> Option<Family> {
        match self {
            Only::Local | Only::Vendor => None,
            Only::Files => Some(Family::Files),
            Only::Consistency => Some(Family::Consistency),
            Only::Certificates => Some(Family::Certificates),
            Only::Change => Some(Family::Change),
            Only::Tls => Some(Family::Tls),
            Only::Bypass => Some(Family::Bypass),
            Only::Clock => Some(Family::Clock),
        }
    }

    fn covers(self, finding: &Finding) -> bool {
        let below = |folder: &str| {
            finding
                .subject
                .path
                .as_ref()
                .is_some_and(|path| path.starts_with(folder))
        };
        match self {
            Only::Local => finding.origin == Some(Origin::Local) || below(LOCAL),
            Only::Vendor => finding.origin == Some(Origin::Vendor) || below(VENDOR),
            _ => self.family() == Some(finding.family),
        }
    }
}
