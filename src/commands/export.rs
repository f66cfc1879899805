//! `trustctl export`: the file for `apply` that describes a host as it is.

use clap::Args;
use serde::Serialize;

use super::{Context, Outcome, Report, Warning};
use crate::fleet::export::{self, Exported};
use crate::store::inventory::Inventory;

/// Arguments of `export`.
#[derive(Debug, Args)]
pub struct ExportArgs {}

/// What `export` reports.
#[derive(Debug, Serialize)]
pub struct ExportReport {
    /// The file, as text.
    pub file: String,
    /// What it says, as values.
    #[serde(flatten)]
    pub exported: Exported,
}

/// Runs `export`.
pub fn run(context: &Context, _: &ExportArgs) -> Outcome {
    let inventory = Inventory::read(&context.layout);
    let exported = export::export(&inventory, context.now);
    let root = context.layout.root.display().to_string();
    let host = match context.layout.is_live() {
        true => "this host",
        false => &root,
    };
    let notes = exported.notes.iter().chain(&inventory.unread);
    let warnings = notes.map(Warning::new).collect();
    let file = exported.lines(host).join("\n") + "\n";
    Outcome {
        warnings,
        ..Outcome::done(Report::Export(ExportReport { file, exported }))
    }
}
