//! `trustctl explain`: what a rule, a refusal or a diagnosis means, and what to do.

use clap::Args;
use serde::Serialize;

use super::{Outcome, Report};
use crate::error::{Error, ErrorKind};
use crate::rules::explain::{self, Explained};

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// What to explain, as `audit`, `check`, `verify` or `diagnose` name it
    #[arg(value_name = "ID", required = true)]
    pub ids: Vec<String>,
}

/// What `explain` reports.
#[derive(Debug, Serialize)]
pub struct ExplainReport {
    /// The explanations asked for.
    pub explained: Vec<Explained>,
}

/// Runs the command.
pub fn explain(arguments: &ExplainArgs) -> anyhow::Result<Outcome> {
    let all = explain::all();
    let mut explained = Vec::new();
    for id in &arguments.ids {
        let before = explained.len();
        explained.extend(all.iter().filter(|known| known.id == id).copied());
        if explained.len() == before {
            return Err(unknown(id, &all).into());
        }
    }
    Ok(Outcome::done(Report::Explain(ExplainReport { explained })))
}

fn unknown(id: &str, all: &[Explained]) -> Error {
    let mut near: Vec<(usize, &str)> = all
        .iter()
        .map(|explained| (likeness(explained.id, id), explained.id))
        .filter(|(likeness, _)| *likeness > 0)
        .collect();
    near.sort_by_key(|(likeness, known)| (std::cmp::Reverse(*likeness), *known));
    let names: Vec<String> = near
        .iter()
        .take(3)
        .map(|(_, known)| format!("`{known}`"))
        .collect();
    let error = Error::new(format!("nothing is called `{id}`")).kind(ErrorKind::NotFound);
    if names.is_empty() {
        return error.hint("`trustctl rules` lists the rules");
    }
    error.hint(format!("perhaps you mean {}", names.join(", ")))
}

/// How many words of three letters or more two names have in common; a common beginning counts as well.
fn likeness(known: &str, id: &str) -> usize {
    let words = id.split(['-', '_', ' ']).filter(|word| word.len() > 2);
    let common = words
        .filter(|word| known.split('-').any(|part| part == *word))
        .count();
    common + usize::from(id.len() > 2 && known.starts_with(id))
}
