//! `trustctl explain`: what a rule, a refusal or a diagnosis means, and what to do.

use clap::Args;
use serde::Serialize;

use super::{Outcome, Report};
use crate::error::Error;
use crate::rules::explain::{self, Explained};

/// Tables beside the rules: one line for each.
const MORE: &[&[Explained]] = &[];

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// What to explain, as `audit`, `check` or `diagnose` name it
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
    let all = explain::all(MORE);
    let find = |id: &String| {
        let known = all.iter().find(|explained| explained.id == id).copied();
        known.ok_or_else(|| unknown(id, &all))
    };
    let explained: Result<Vec<Explained>, Error> = arguments.ids.iter().map(find).collect();
    Ok(Outcome::done(Report::Explain(ExplainReport {
        explained: explained?,
    })))
}

fn unknown(id: &str, all: &[Explained]) -> Error {
    let near = all
        .iter()
        .filter(|explained| is_near(explained.id, id))
        .map(|explained| format!("`{}`", explained.id));
    let near: Vec<String> = near.take(5).collect();
    let error = Error::new(format!("nothing is called `{id}`"));
    if near.is_empty() {
        return error.hint("`trustctl rules` lists the rules");
    }
    error.hint(format!("perhaps you mean {}", near.join(", ")))
}

/// Whether two names share a word of some length.
fn is_near(known: &str, id: &str) -> bool {
    id.split(['-', '_']).any(|word| {
        word.len() > 3
            && known
                .split('-')
                .any(|part| part.starts_with(word) || word.starts_with(part) && part.len() > 3)
    })
}
