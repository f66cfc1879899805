//! What must not be done, whoever asks: refused before anything is rehearsed.

use super::exposure::Exposure;
use super::moves::Move;
use super::plan::{Plan, Step};
use super::transaction::Request;
use crate::error::{Error, ErrorKind, Result};
use crate::host::format::words::quoted;
use crate::store::conf::Conf;
use crate::store::inventory::{Inventory, Origin};
use crate::store::layout::{CONF, Layout, VENDOR};
use crate::system::files;
use crate::system::obstacles::{self, Kind};

/// Refuses sources that must not be published, also where nothing is to be done: a bundle that no program can
/// load, or with a private key in it, is not as it should be.
pub(super) fn safe(layout: &Layout, plan: &Plan) -> Result<()> {
    let Some(hazard) = plan.hazards.first() else {
        return match plan.exposures.first() {
            Some(exposure) => Err(exposed(layout, exposure)),
            None => Ok(()),
        };
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
    Err(Error::new(message).kind(ErrorKind::Refused).hint(format!(
        "run `sudo trustctl {root}{command} {file}`; the store is as it was before"
    )))
}

/// Refuses where the records of a change could not be kept.
pub(super) fn can_record(layout: &Layout) -> Result<()> {
    const ELSEWHERE: &str = "keep them on a writable file system with `--state DIR`, or with `history.folder` in the configuration";
    let state = &layout.state.real;
    if let Some(obstacle) = obstacles::of_folder(state) {
        let folder = state.display();
        let message = format!("cannot keep records in `{folder}`: {obstacle}");
        return Err(Error::new(message).hint(ELSEWHERE));
    }
    match files::facts(state)? {
        Some(facts) if facts.mode & 0o002 != 0 => {
            let folder = state.display();
            let message = format!("cannot keep records in `{folder}`: everyone can write there");
            Err(Error::new(message).hint("name a folder of root's own with `--state DIR`"))
        }
        _ => Ok(()),
    }
}

/// Refuses what the kernel would refuse later, half-way: mount points, read-only file systems, immutable files.
pub(super) fn can_reach(layout: &Layout, steps: &[Step]) -> Result<()> {
    for step in steps {
        let real = layout.place(step.path.parent().unwrap_or(&step.path)).real;
        let real = real.join(step.path.file_name().unwrap_or_default());
        let Some(obstacle) = obstacles::of_name(&real) else {
            continue;
        };
        let message = format!("cannot change `{}`: {obstacle}", step.path.display());
        let path = quoted(&obstacle.path.to_string_lossy());
        let hint = match obstacle.kind {
            Kind::MountPoint => format!(
                "mount the folder `{}` instead of the single file: a file that is a mount point cannot be replaced",
                real.parent().unwrap_or(&real).display()
            ),
            Kind::ReadOnly => {
                "in a container, mount a writable volume there; the store is as it was before"
                    .into()
            }
            Kind::Immutable => format!("run `sudo chattr -i {path}`"),
            Kind::AppendOnly => format!("run `sudo chattr -a {path}`"),
        };
        return Err(Error::new(message).hint(hint));
    }
    Ok(())
}

fn exposed(layout: &Layout, exposure: &Exposure) -> Error {
    let (name, reason) = (exposure.name.display(), &exposure.reason);
    Error::new(format!("cannot publish `{name}`: {reason}"))
        .kind(ErrorKind::Refused)
        .hint(format!(
            "{}; the store is as it was before",
            exposure.remedy(layout)
        ))
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
            Error::new("this would leave the store without any certificate")
                .kind(ErrorKind::Refused)
                .hint(
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
        ))
        .kind(ErrorKind::Refused)),
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
    Error::new(format!("`{subject}` would move from `{from}` to `{to}`, which holds another certificate")).kind(ErrorKind::Refused)
        .details(vec!["in one change there would be a moment in which programs do not find it".to_string()])
        .hint("free that file first (`sudo trustctl remove`), or roll back to the generations between, one after the other (`trustctl history`)")
}

/// Refuses a selection that would bring in what is no vendor certificate, or take all of them away unasked.
pub(super) fn check_selection(inventory: &Inventory, plan: &Plan) -> Result<()> {
    let conf = plan.wanted.conf.as_ref().or(inventory.conf.as_ref());
    if let Some((number, name)) = conf.and_then(Conf::stray) {
        let message =
            format!("`{CONF}` line {number} selects `{name}`, which is outside `{VENDOR}`");
        return Err(Error::new(message)
            .kind(ErrorKind::Refused)
            .hint("remove that line; the store is as it was before"));
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
        .kind(ErrorKind::Refused)
        .hint(
            "`sudo dpkg-reconfigure ca-certificates` writes it anew; the store is as it was before",
        )),
    }
}
