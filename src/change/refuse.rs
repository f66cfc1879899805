//! What must not be done, whoever asks: refused before anything is rehearsed.

use super::moves::Move;
use super::plan::Plan;
use super::transaction::Request;
use crate::error::{Error, Result};
use crate::store::conf::Conf;
use crate::host::format::words::quoted;
use crate::store::inventory::{Inventory, Origin};
use crate::store::layout::{CONF, Layout, VENDOR};

/// Refuses sources that must not be published, also where nothing is to be done: a bundle that no program can
/// load, or with a private key in it, is not as it should be.
pub(super) fn safe(layout: &Layout, plan: &Plan) -> Result<()> {
    let Some(hazard) = plan.hazards.first() else {
        return Ok(());
    };
    let (name, reason) = (hazard.name.display(), &hazard.reason);
    let message = format!("cannot publish `{name}`: {reason}");
    let command = match hazard.origin {
        Origin::Vendor => "distrust",
        _ => "remove",
    };
    let root = match layout.is_live() {
        true => String::new(),
        false => format!("--root {} ", quoted(&layout.root.to_string_lossy())),
    };
    let file = quoted(&hazard.name.to_string_lossy());
    Err(Error::new(message).hint(format!(
        "run `sudo trustctl {root}{command} {file}`; the store is as it was before"
    )))
}

/// Refuses changes that nobody wants.
pub(super) fn allow(request: &Request<'_>, inventory: &Inventory, plan: &Plan) -> Result<()> {
    if inventory.certs_folder.is_none() {
        let folder = request.layout.certs.real.display();
        return Err(Error::new(format!("there is no `{folder}`"))
            .hint("install the package ca-certificates: `sudo apt-get install ca-certificates`"));
    }
    if plan.sources.is_empty() && !request.allow_empty {
        return Err(
            Error::new("this would leave the store without any certificate").hint(
                "add `--allow-empty` if that is what you want; the store is as it was before",
            ),
        );
    }
    if let Some(moved) = plan.moves.first() {
        return Err(crosses(moved));
    }
    match plan
        .unusable
        .iter()
        .find(|name| plan.wanted.writes.contains_key(*name))
    {
        Some(name) => Err(Error::new(format!(
            "update-ca-certificates cannot handle the name `{}`",
            name.display()
        ))),
        None => Ok(()),
    }
}

fn crosses(moved: &Move) -> Error {
    let Move {
        certificate,
        from,
        to,
    } = moved;
    let (subject, from, to) = (
        certificate.subject().display(),
        from.display(),
        to.display(),
    );
    Error::new(format!("`{subject}` would move from `{from}` to `{to}`, which holds another certificate"))
        .details(vec!["in one change there would be a moment in which programs do not find it".to_string()])
        .hint("free that file first (`sudo trustctl remove`), or roll back to the generations between, one after the other (`trustctl history`)")
}

/// Refuses a selection that would bring in what is no vendor certificate, or take all of them away unasked.
pub(super) fn check_selection(inventory: &Inventory, plan: &Plan) -> Result<()> {
    let conf = plan.wanted.conf.as_ref().or(inventory.conf.as_ref());
    if let Some((number, name)) = conf.and_then(Conf::stray) {
        let message =
            format!("`{CONF}` line {number} selects `{name}`, which is outside `{VENDOR}`");
        return Err(Error::new(message).hint("remove that line; the store is as it was before"));
    }
    if inventory.conf.is_some() {
        return Ok(());
    }
    let trusted = inventory.bundle_view();
    let mut vendor = inventory
        .vendor()
        .flat_map(|source| source.content.certificates());
    match vendor.any(|certificate| trusted.contains(&certificate.sha256())) {
        false => Ok(()),
        true => Err(Error::new(format!(
            "`{CONF}` cannot be read: without it no vendor certificate would stay trusted"
        ))
        .hint(
            "`sudo dpkg-reconfigure ca-certificates` writes it anew; the store is as it was before",
        )),
    }
}
