//! `trustctl rules`: the rules of `audit`.

use clap::Args;
use serde::Serialize;

use super::{Outcome, Report};
use crate::rules::{self, Family, Severity};

/// Arguments of `rules`.
#[derive(Debug, Args)]
pub struct RulesArgs {
    /// Only the rules of this family
    #[arg(long, value_name = "FAMILY")]
    pub only: Option<Family>,
}

/// What `rules` reports.
#[derive(Debug, Serialize)]
pub struct RulesReport {
    /// The rules, family by family.
    pub rules: Vec<Row>,
}

/// One rule.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Its name.
    pub id: &'static str,
    /// How much a breach matters, as a rule.
    pub severity: Severity,
    /// What it is about.
    pub family: Family,
    /// The finding in a few words.
    pub title: &'static str,
}

/// Runs the command.
pub fn rules(arguments: &RulesArgs) -> Outcome {
    let wanted =
        rules::all().filter(|rule| arguments.only.is_none_or(|family| family == rule.family));
    let row = |rule: &'static rules::Rule| Row {
        id: rule.id,
        severity: rule.severity,
        family: rule.family,
        title: rule.title,
    };
    let mut rules: Vec<Row> = wanted.map(row).collect();
    rules.sort_by_key(|row| (row.family, std::cmp::Reverse(row.severity), row.id));
    Outcome::done(Report::Rules(RulesReport { rules }))
}
