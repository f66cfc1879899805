//! The record of a change: everything needed to finish, undo or repeat it, and what it left open.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::generation::{Generations, Manifest, Mention, Phase};
use super::hooks;
use super::plan::{Plan, Role, State, Step};
use super::publish;
use super::transaction::Request;
use crate::cert::Certificate;
use crate::error::Result;
use crate::store::inventory::{EntryKind, Inventory};
use crate::store::layout::CERTS;

/// Writes down everything that is needed to finish, undo or repeat the change.
pub(super) fn manifest(
    request: &Request<'_>,
    kept: &Generations,
    inventory: &Inventory,
    plan: &Plan,
    mut steps: Vec<Step>,
) -> Result<Manifest> {
    for file in plan.wanted.writes.values() {
        kept.keep(file.content.bytes().unwrap_or_default())?;
    }
    for conf in plan.wanted.conf.iter().chain(&inventory.conf) {
        kept.keep(conf.bytes())?;
    }
    kept.keep(&plan.expected.bundle)?;
    for step in &mut steps {
        if matches!(step.before, State::File { .. }) {
            // What is on record is what is kept: a run of the bare script may have changed it since the plan.
            let (now, bytes) = publish::look_and_read(request.layout, &step.path)?;
            if let Some(bytes) = bytes {
                kept.keep(&bytes)?;
            }
            step.before = now;
        }
    }
    steps.retain(|step| step.before != step.after);
    let (sources, selection) = sources_after(request, kept, inventory, &steps)?;
    Ok(Manifest {
        schema: 1,
        number: kept.next_number()?,
        phase: Phase::Prepared,
        command: request.command.to_string(),
        reason: request.reason.map(str::to_string),
        time: request.now,
        user: request.user.map(str::to_string),
        uid: request.uid,
        version: env!("CARGO_PKG_VERSION").to_string(),
        added: plan.added.iter().map(Mention::from).collect(),
        removed: plan.removed.iter().map(Mention::from).collect(),
        hook_lines: hooks::lines(inventory, &plan.sources),
        open: Vec::new(),
        steps,
        sources,
        selection,
    })
}

/// All local files and the selection as they are after these steps, their contents kept.
fn sources_after(
    request: &Request<'_>,
    kept: &Generations,
    inventory: &Inventory,
    steps: &[Step],
) -> Result<(BTreeMap<PathBuf, State>, State)> {
    let mut sources = BTreeMap::new();
    for source in inventory.local() {
        let name = &source.place.name;
        // What is reached through a link to a folder is not ours: the link is.
        let link = publish::link_on_the_way(request.layout, name)?;
        let name = link.as_ref().unwrap_or(name);
        let state = publish::look(request.layout, name)?;
        if let (State::File { .. }, Some(bytes)) = (&state, source.content.bytes()) {
            kept.keep(bytes)?;
        }
        sources.insert(name.clone(), state);
    }
    let mut selection = publish::look(request.layout, &request.layout.conf_name())?;
    for step in steps {
        match step.role {
            Role::Source => drop(sources.insert(step.path.clone(), step.after.clone())),
            Role::Selection => selection = step.after.clone(),
            _ => {}
        }
    }
    sources.retain(|_, state| *state != State::Absent);
    Ok((sources, selection))
}

/// What still carries a certificate that was to go: another source, or a foreign file of the certificate folder.
pub(super) fn still_trusted(inventory: &Inventory, plan: &Plan) -> Vec<String> {
    let meant = |certificate: &Certificate| {
        let gone = plan.removed.iter().chain(&plan.wanted.meant);
        gone.into_iter()
            .any(|gone| gone.sha256() == certificate.sha256())
    };
    let mut found = Vec::new();
    for source in inventory.sources.iter().filter(|source| source.selected) {
        for certificate in source.content.certificates().filter(|c| meant(c)) {
            let (name, subject) = (source.place.name.display(), certificate.subject().display());
            found.push(format!("`{subject}` is still trusted through `{name}`"));
        }
    }
    for entry in inventory.entries.values() {
        if matches!(
            entry.kind,
            EntryKind::HashLink { .. } | EntryKind::SourceLink(_) | EntryKind::Bundle
        ) {
            continue;
        }
        let carried = entry
            .content
            .iter()
            .flat_map(|content| content.certificates());
        for certificate in carried.filter(|c| meant(c)) {
            let (name, subject) = (entry.name.display(), certificate.subject().display());
            found.push(format!(
                "`{CERTS}/{name}` still carries `{subject}`; it was not made by update-ca-certificates"
            ));
        }
    }
    found
}
