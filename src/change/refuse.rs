//! What must not be done, whoever asks: refused before anything is rehearsed.

use std::collections::HashMap;

use super::exposure::Exposure;
use super::moves::Move;
use super::plan::{Plan, State, Step};
use super::transaction::Request;
use super::trust::Unasked;
use crate::cert::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::host::format::words::{quoted, trustctl};
use crate::store::conf::Conf;
use crate::store::inventory::{Inventory, Origin};
use crate::store::layout::{BUNDLE, CERTS, CONF, Layout, VENDOR};
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
    let file = quoted(&hazard.name.to_string_lossy());
    let command = trustctl(layout, &format!("{command} {file}"));
    Err(Error::new(message)
        .kind(ErrorKind::Refused)
        .hint(format!("run `{command}`; the store is as it was before")))
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
    let mut folders = HashMap::new();
    for step in steps {
        let parent = step.path.parent().unwrap_or(&step.path);
        let (folder, closed) = folders.entry(parent).or_insert_with(|| {
            let folder = layout.place(parent).real;
            let closed = obstacles::of_folder(&folder);
            (folder, closed)
        });
        let real = folder.join(step.path.file_name().unwrap_or_default());
        let own = match step.before {
            State::Absent => None,
            _ => obstacles::of_name(&real),
        };
        let Some(obstacle) = own.or_else(|| closed.clone()) else {
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
    if plan.bundle_only && is_link(inventory) {
        let name = format!("{CERTS}/{BUNDLE}");
        return Err(Error::new(format!(
            "`{name}` is a link, and there are no sources that a bundle could be made from"
        ))
        .hint("change the file that it leads to; the store is as it was before"));
    }
    let mut all = plan.sources.iter().flat_map(|s| s.content.certificates());
    let is_empty = plan.sources.is_empty() || (plan.bundle_only && all.next().is_none());
    if is_empty && !request.allow_empty {
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

fn is_link(inventory: &Inventory) -> bool {
    let bundle = inventory.entries.get(std::ffi::OsStr::new(BUNDLE));
    bundle.is_some_and(|entry| entry.facts.is_none())
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

/// So many certificates are named one by one.
const NAMED: usize = 50;

/// Refuses trust that would come or go without a word: what the request does not name is named here.
pub(super) fn unasked(request: &Request<'_>, plan: &Plan) -> Option<Error> {
    let consent = &request.consent;
    let trust = &plan.trust;
    if !trust.lost.is_empty() && !consent.drop_foreign {
        return Some(loses(request.layout, &trust.lost));
    }
    if let Some(may_go) = &consent.may_go {
        let others = trust
            .removed
            .iter()
            .filter(|c| !may_go.contains(&c.sha256()));
        let others: Vec<&Certificate> = others.collect();
        if !others.is_empty() {
            return Some(takes_along(&others));
        }
    }
    let agreed =
        |unasked: &&Unasked| !consent.all && !consent.also.contains(&unasked.certificate.sha256());
    let gained: Vec<&Unasked> = trust.unasked.iter().filter(agreed).collect();
    (!gained.is_empty()).then(|| gains(request, &gained))
}

fn loses(layout: &Layout, lost: &[Certificate]) -> Error {
    let details = lost.iter().map(|certificate| {
        let (subject, sha256) = (certificate.subject().display(), certificate.sha256());
        format!("- `{subject}`, SHA-256 {sha256}")
    });
    Error::new(format!(
        "{} would no longer be trusted, which was not asked for: no source has {}; the store is as it was before",
        count(lost.len()),
        if lost.len() == 1 { "it" } else { "them" },
    ))
    .kind(ErrorKind::Refused)
    .details(shortened(details.collect()))
    .hint(format!("`{}` gives them files of their own; `--drop-foreign` lets them go", trustctl(layout, "adopt --all")))
}

fn takes_along(others: &[&Certificate]) -> Error {
    let details = others.iter().map(|certificate| {
        let (subject, sha256) = (certificate.subject().display(), certificate.sha256());
        format!("- `{subject}`, SHA-256 {sha256}")
    });
    Error::new(format!(
        "{} would no longer be trusted that the undone changes did not add; the store is as it was before",
        count(others.len())
    ))
    .kind(ErrorKind::Refused)
    .details(shortened(details.collect()))
    .hint("add `--yes` if that is what you want; `trustctl history` shows each change")
}

fn gains(request: &Request<'_>, gained: &[&Unasked]) -> Error {
    let details = gained.iter().map(|unasked| {
        let certificate = &unasked.certificate;
        let (subject, sha256) = (certificate.subject().display(), certificate.sha256());
        format!(
            "+ `{subject}` from `{}`, SHA-256 {sha256}",
            unasked.file.display()
        )
    });
    let hint = match request.command {
        "refresh" => {
            "compare each SHA-256 with its owner's and add `--yes`, or move the files away"
                .to_string()
        }
        _ => format!(
            "`{}` shows them and asks; `--also SHA256` takes one along; or move the files away",
            trustctl(request.layout, "refresh")
        ),
    };
    Error::new(format!(
        "{} would become trusted, which was not asked for; the store is as it was before",
        count(gained.len())
    ))
    .kind(ErrorKind::Refused)
    .details(shortened(details.collect()))
    .hint(hint)
}

fn count(number: usize) -> String {
    match number {
        1 => "1 certificate".to_string(),
        n => format!("{n} certificates"),
    }
}

fn shortened(mut lines: Vec<String>) -> Vec<String> {
    let more = lines.len().saturating_sub(NAMED);
    lines.truncate(NAMED);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines
}
