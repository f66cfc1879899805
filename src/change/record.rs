//! The record of a change: everything needed to finish, undo or repeat it, and what it left open.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use super::generation::{Generations, Manifest, Mention, Phase};
use super::hooks;
use super::plan::{Plan, Role, State, Step};
use super::publish;
use super::seen::Seen;
use super::transaction::Request;
use crate::cert::{Certificate, Fingerprint};
use crate::error::Result;
use crate::store::inventory::{EntryKind, Inventory, Source};
use crate::store::layout::{CERTS, LOCAL, Layout};

/// Writes down everything that is needed to finish, undo or repeat the change.
pub(super) fn manifest(
    request: &Request<'_>,
    kept: &Generations,
    inventory: &Inventory,
    plan: &Plan,
    mut steps: Vec<Step>,
    contents: &[Vec<u8>],
    last: Option<&Manifest>,
) -> Result<Manifest> {
    let others = &plan.wanted.others;
    let certificates = others.certificates.iter().map(String::as_bytes);
    for bytes in contents.iter().map(Vec::as_slice).chain(certificates) {
        kept.keep(bytes)?;
    }
    let mut placed = last.map(|last| last.placed.clone()).unwrap_or_default();
    for (path, found) in &others.placed {
        placed.entry(path.clone()).or_default().extend(found);
    }
    for file in plan.wanted.writes.values() {
        if let (Some(bytes), Some(sha256)) = (file.content.bytes(), file.content.sha256()) {
            kept.keep_as(bytes, sha256)?;
        }
    }
    for conf in plan.wanted.conf.iter().chain(&inventory.conf) {
        kept.keep(conf.bytes())?;
    }
    kept.keep(plan.expected.published())?;
    let seen = Seen::of(inventory);
    for step in &mut steps {
        if matches!(step.before, State::File { .. }) {
            // What is on record is what is kept: a run of the bare script may have changed it since the plan.
            let (now, bytes) = publish::found_at(request.layout, &step.path, &seen)?;
            if let Some(bytes) = bytes {
                kept.keep(&bytes)?;
            }
            step.before = now;
        }
    }
    steps.retain(|step| step.before != step.after);
    let (sources, selection) = sources_after(request, kept, inventory, (&steps, &seen))?;
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
        added: plan.trust.added.iter().map(Mention::from).collect(),
        removed: plan.trust.removed.iter().map(Mention::from).collect(),
        lost: plan.trust.lost.iter().map(Mention::from).collect(),
        hook_lines: match plan.bundle_only {
            true => Vec::new(),
            false => hooks::lines(inventory, &plan.sources),
        },
        foreign: plan.trust.foreign.clone(),
        undoing: plan.wanted.undoing.clone(),
        open: Vec::new(),
        tools: None,
        databases: others.databases.clone(),
        placed,
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
    (steps, seen): (&[Step], &Seen<'_>),
) -> Result<(BTreeMap<PathBuf, State>, State)> {
    let mut sources = BTreeMap::new();
    for source in inventory.local() {
        let name = &source.place.name;
        if let Some(state) = as_judged(request.layout, kept, source)? {
            sources.insert(name.clone(), state);
            continue;
        }
        // What is reached through a link to a folder is not ours: the link is.
        let link = publish::link_on_the_way(request.layout, name)?;
        let name = link.as_ref().unwrap_or(name);
        let mut state = publish::look_knowing(request.layout, name, seen)?;
        // On record is what was judged, not what somebody may have put there since.
        if let (State::File { sha256, .. }, Some(kept)) = (&mut state, keep(kept, source)?) {
            *sha256 = kept;
        }
        sources.insert(name.clone(), state);
    }
    let name = request.layout.conf_name();
    let mut selection = publish::look_knowing(request.layout, &name, seen)?;
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

/// The state of a file that no link leads to, as it was judged; it is not read once more.
fn as_judged(layout: &Layout, kept: &Generations, source: &Source) -> Result<Option<State>> {
    let place = &source.place;
    let relative = place.name.strip_prefix(LOCAL).ok();
    let is_itself = relative.is_some_and(|name| layout.local.real.join(name) == place.real);
    let Some(facts) = source.content.facts().filter(|_| is_itself) else {
        return Ok(None);
    };
    Ok(keep(kept, source)?.map(|sha256| State::File {
        sha256,
        mode: facts.mode & publish::PERMISSIONS,
        uid: facts.uid,
        gid: facts.gid,
    }))
}

/// Keeps the content of a source that could be read.
fn keep(kept: &Generations, source: &Source) -> Result<Option<String>> {
    let content = source.content.bytes().zip(source.content.sha256());
    content
        .map(|(bytes, sha256)| kept.keep_as(bytes, sha256))
        .transpose()
}

/// What still carries a certificate that was to go: another source, or a foreign file of the certificate folder.
pub(super) fn still_trusted(inventory: &Inventory, plan: &Plan) -> Vec<String> {
    let gone = plan.trust.removed.iter().chain(&plan.wanted.meant);
    let gone: HashSet<Fingerprint> = gone.map(Certificate::sha256).collect();
    let meant = |certificate: &Certificate| gone.contains(&certificate.sha256());
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
    found.extend(twins(inventory, plan));
    found
}

/// Certificates with the subject and key of one that was to go: whatever that key signed stays valid through them.
fn twins(inventory: &Inventory, plan: &Plan) -> Vec<String> {
    if plan.wanted.meant.is_empty() {
        return Vec::new();
    }
    let keys: HashSet<&[u8]> = plan
        .wanted
        .meant
        .iter()
        .map(Certificate::spki_der)
        .collect();
    let twin = |certificate: &Certificate| {
        if !keys.contains(certificate.spki_der()) {
            return false;
        }
        plan.wanted.meant.iter().any(|gone| {
            gone.sha256() != certificate.sha256()
                && gone.spki_der() == certificate.spki_der()
                && gone.subject().matches(certificate.subject())
        })
    };
    let asked = |sha256: Fingerprint| {
        let mut written = plan.wanted.writes.values();
        written.any(|file| file.content.certificates().any(|c| c.sha256() == sha256))
    };
    let selected = inventory.sources.iter().filter(|source| source.selected);
    let sources = selected.map(|source| (source.place.name.clone(), &source.content));
    let foreign = inventory.entries.values().filter_map(|entry| {
        let is_foreign = matches!(
            entry.kind,
            EntryKind::ForeignFile | EntryKind::ForeignLink(_)
        );
        let content = entry.content.as_ref().filter(|_| is_foreign)?;
        Some((Path::new(CERTS).join(&entry.name), content))
    });
    let mut found = Vec::new();
    for (name, content) in sources.chain(foreign) {
        for certificate in content.pem_certificates() {
            if twin(certificate) && !asked(certificate.sha256()) {
                let (subject, name) = (certificate.subject().display(), name.display());
                let sha256 = certificate.sha256();
                found.push(format!(
                    "another certificate with the subject and key of `{subject}` is trusted through `{name}` \
                     (SHA-256 {sha256}): what that key has signed stays valid"
                ));
            }
        }
    }
    found
}
