//! `trustctl export`: the file for `apply` that describes a host as it is.

use clap::Args;
use serde::Serialize;

use super::{Context, Outcome, Report, Warning};
use crate::change::generation::Generations;
use crate::change::others;
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
    let mut exported = export::export(&inventory, context.now);
    let placed = Generations::at(&context.layout).placed();
    for ca in exported.ca.iter_mut().filter(|_| !placed.is_empty()) {
        let local = inventory
            .local()
            .flat_map(|source| source.content.certificates());
        let certificate = local
            .into_iter()
            .find(|certificate| certificate.sha256() == ca.sha256);
        let stores = certificate.map(|certificate| {
            others::stores_of(&context.layout, &placed, &ca.file, certificate, context.uid)
        });
        ca.stores = stores.iter().flatten().map(ToString::to_string).collect();
    }
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
