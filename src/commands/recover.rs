//! `recover`.

use clap::Args;
use serde::Serialize;

use super::change::{self, ChangeOptions};
use super::{Context, Outcome, Report, Warning};
use crate::change::transaction::{self, Recovered};
use crate::error::Exit;

/// Arguments of `recover`: none.
#[derive(Debug, Args)]
pub struct RecoverArgs {}

/// What `recover` reports.
#[derive(Debug, Serialize)]
pub struct RecoverReport {
    /// What an interrupted change left, and what became of it; `null` where there was none.
    pub recovered: Option<String>,
}

/// Completes or undoes a change that was interrupted, and nothing else.
pub fn recover(context: &Context) -> anyhow::Result<Outcome> {
    let options = ChangeOptions::default();
    let request = change::request(context, "recover", &options);
    change::may_change(context, &request)?;
    let (recovered, open) = match transaction::recover_only(&request)? {
        Some(Recovered { what, open }) => (Some(what), open),
        None => (None, Vec::new()),
    };
    let exit = match open.is_empty() {
        true => Exit::Done,
        false => Exit::Findings,
    };
    Ok(Outcome {
        report: Report::Recover(RecoverReport { recovered }),
        exit,
        warnings: open.into_iter().map(Warning::new).collect(),
        error: None,
    })
}
