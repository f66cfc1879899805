//! `remove`, `distrust`, `trust` and `refresh`.

use std::path::Path;

use clap::Args;

use super::change::{self, ChangeOptions};
use super::{Context, Outcome};
use crate::change::plan::Wanted;
use crate::error::Result;
use crate::store::inventory::{Inventory, Origin};
use crate::store::layout::VENDOR;
use crate::store::select;

/// Arguments of `remove` and `distrust`.
#[derive(Debug, Args)]
pub struct RemoveArgs {
    /// A file name, a SHA-256 (8 hex digits or more), or a part of the subject
    #[arg(value_name = "SELECTOR", required = true)]
    pub selectors: Vec<String>,
    /// Allow the change to leave the store without any certificate
    #[arg(long)]
    pub allow_empty: bool,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows the options' own help")]
    pub options: ChangeOptions,
}

/// Arguments of `trust`.
#[derive(Debug, Args)]
pub struct TrustArgs {
    /// A file name, a SHA-256 (8 hex digits or more), or a part of the subject
    #[arg(value_name = "SELECTOR", required = true)]
    pub selectors: Vec<String>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows the options' own help")]
    pub options: ChangeOptions,
}

/// Arguments of `refresh`.
#[derive(Debug, Args)]
pub struct RefreshArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows the options' own help")]
    pub options: ChangeOptions,
}

/// Removes local certificates.
pub fn remove(context: &Context, arguments: &RemoveArgs) -> anyhow::Result<Outcome> {
    let mut request = change::request(context, "remove", &arguments.options);
    request.allow_empty = arguments.allow_empty;
    change::carry_out(context, &request, &|inventory| {
        let mut wanted = Wanted::default();
        for selector in &arguments.selectors {
            let found = select::sources(inventory, Some(Origin::Local), selector)
                .map_err(|error| point_to_vendor(inventory, selector, error))?;
            for source in found {
                wanted.meant.extend(source.content.certificates().cloned());
                wanted.removals.insert(source.place.name.clone());
            }
        }
        Ok(wanted)
    })
}

/// Whoever asks to remove a vendor certificate is told how to distrust it.
fn point_to_vendor(
    inventory: &Inventory,
    selector: &str,
    error: crate::error::Error,
) -> crate::error::Error {
    match select::sources(inventory, Some(Origin::Vendor), selector) {
        Ok(_) => error.hint(format!(
            "it is a vendor certificate, which belongs to a package: `sudo trustctl distrust '{selector}'`"
        )),
        Err(_) => error,
    }
}

/// Deselects vendor certificates.
pub fn distrust(context: &Context, arguments: &RemoveArgs) -> anyhow::Result<Outcome> {
    let mut request = change::request(context, "distrust", &arguments.options);
    request.allow_empty = arguments.allow_empty;
    change::carry_out(context, &request, &|inventory| {
        select_vendor(inventory, &arguments.selectors, false)
    })
}

/// Selects vendor certificates.
pub fn trust(context: &Context, arguments: &TrustArgs) -> anyhow::Result<Outcome> {
    let request = change::request(context, "trust", &arguments.options);
    change::carry_out(context, &request, &|inventory| {
        select_vendor(inventory, &arguments.selectors, true)
    })
}

fn select_vendor(inventory: &Inventory, selectors: &[String], selected: bool) -> Result<Wanted> {
    let before = inventory.conf.clone().unwrap_or_default();
    let (mut conf, mut meant) = (before.clone(), Vec::new());
    for selector in selectors {
        for source in select::sources(inventory, Some(Origin::Vendor), selector)? {
            if source.selected != selected {
                conf = conf.with(&relative(&source.place.name), selected);
            }
            if !selected {
                meant.extend(source.content.certificates().cloned());
            }
        }
    }
    Ok(Wanted {
        conf: (conf != before).then_some(conf),
        meant,
        ..Wanted::default()
    })
}

fn relative(name: &Path) -> String {
    let relative = name.strip_prefix(VENDOR).unwrap_or(name);
    relative.display().to_string()
}

/// Rebuilds, verifies and repairs the store from its sources.
pub fn refresh(context: &Context, arguments: &RefreshArgs) -> anyhow::Result<Outcome> {
    let mut request = change::request(context, "refresh", &arguments.options);
    // What is empty already may be refreshed: it takes no certificate away that a source has.
    request.allow_empty = true;
    change::carry_out(context, &request, &|_| Ok(Wanted::default()))
}
