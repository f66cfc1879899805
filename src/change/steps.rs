//! The steps of a change: from what the places hold to what they are to hold.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::model;
use super::plan::{Plan, Role, State, Step};
use super::publish;
use super::seen::Seen;
use super::stage::Hashes;
use super::transaction::Request;
use crate::cert::Fingerprint;
use crate::error::{Error, Result};
use crate::store::inventory::{Content, Entry, EntryKind, Inventory};
use crate::store::layout::{BUNDLE, CERTS, Layout};
use crate::store::links;
use crate::system::files;

/// The steps among the sources: local files, their folders, the selection.
pub(super) fn source_steps(
    request: &Request<'_>,
    inventory: &Inventory,
    plan: &Plan,
) -> Result<Vec<Step>> {
    let layout = request.layout;
    let seen = Seen::of(inventory);
    let mut steps = Vec::new();
    let folders: BTreeSet<&Path> = plan
        .wanted
        .writes
        .keys()
        .flat_map(|name| name.ancestors().skip(1))
        .collect();
    for (name, file) in &plan.wanted.writes {
        let (uid, gid) = file.owner.unwrap_or_else(|| own_ids(request));
        let after = match &file.link {
            Some(target) => link(target),
            None => State::File {
                sha256: file
                    .content
                    .sha256()
                    .unwrap_or_else(|| Fingerprint::of(&[]))
                    .to_string(),
                mode: file.mode,
                uid,
                gid,
            },
        };
        steps.push(step(layout, &seen, Role::Source, name, after)?);
    }
    for name in removed_names(request, inventory, plan)? {
        steps.push(step(layout, &seen, Role::Source, &name, State::Absent)?);
    }
    for folder in folders {
        let after = State::Folder { mode: 0o755 };
        let step = step(layout, &seen, Role::Folder, folder, after)?;
        steps.extend((step.before == State::Absent).then_some(step));
    }
    if let Some(conf) = &plan.wanted.conf {
        let facts = layout.tree.facts(&layout.conf.real)?;
        let (uid, gid) = facts.map_or_else(|| own_ids(request), |facts| (facts.uid, facts.gid));
        let mode = facts.map_or(0o644, |facts| facts.mode);
        let after = file_state(conf.bytes(), mode, uid, gid);
        let name = layout.conf_name();
        steps.push(step(layout, &seen, Role::Selection, &name, after)?);
    }
    steps.retain(|step| step.before != step.after);
    Ok(steps)
}

/// The names that go. Of what is reached through a link to a folder it is the link that goes, never the file in a
/// folder that is somebody else's; then all that is reached through it must be meant to go.
fn removed_names(
    request: &Request<'_>,
    inventory: &Inventory,
    plan: &Plan,
) -> Result<BTreeSet<PathBuf>> {
    let mut names = BTreeSet::new();
    for name in &plan.wanted.removals {
        let Some(link) = publish::link_on_the_way(request.layout, name)? else {
            names.insert(name.clone());
            continue;
        };
        let stays = inventory
            .local()
            .map(|source| &source.place.name)
            .find(|other| other.starts_with(&link) && !plan.wanted.removals.contains(*other));
        if let Some(stays) = stays {
            let (name, link, stays) = (name.display(), link.display(), stays.display());
            let message = format!("`{name}` is reached through the link `{link}`, as `{stays}` is");
            let hint = format!(
                "`rm {link}` takes the link away with all that it leads to; then run `trustctl refresh`"
            );
            return Err(Error::new(message).hint(hint));
        }
        names.insert(link);
    }
    Ok(names)
}

/// Root gives new files to root; an ordinary user keeps their own.
fn own_ids(request: &Request<'_>) -> (u32, u32) {
    match request.uid {
        0 => (0, 0),
        uid => (uid, nix::unistd::getegid().as_raw()),
    }
}

fn file_state(bytes: &[u8], mode: u32, uid: u32, gid: u32) -> State {
    State::File {
        sha256: Fingerprint::of(bytes).to_string(),
        mode,
        uid,
        gid,
    }
}

fn step(layout: &Layout, seen: &Seen<'_>, role: Role, name: &Path, after: State) -> Result<Step> {
    Ok(Step {
        role,
        path: name.to_path_buf(),
        before: publish::look_knowing(layout, name, seen)?,
        after,
    })
}

/// The steps in the certificate folder: from what is there to what was rehearsed. Foreign names stay.
pub(super) fn tree_steps(
    request: &Request<'_>,
    inventory: &Inventory,
    plan: &Plan,
    hashes: &Hashes,
) -> Result<Vec<Step>> {
    let expected = &plan.expected;
    let hash_links = hash_links(inventory, expected, hashes);
    let mut goals: BTreeMap<PathBuf, (Role, State)> = BTreeMap::new();
    for entry in inventory.entries.values() {
        let role = match &entry.kind {
            EntryKind::SourceLink(_) => Role::Link,
            EntryKind::HashLink { .. } => Role::HashLink,
            EntryKind::StrayBundle => Role::Stray,
            // The bare script's link of a revocation list goes with its source.
            EntryKind::ForeignLink(target)
                if links::is_crl_name(&entry.name)
                    && leads_to_source(inventory, target)
                    && !expected.links.contains_key(target) =>
            {
                Role::Link
            }
            _ => continue,
        };
        let stays =
            expected.links.contains_key(&entry.name) || hash_links.contains_key(&entry.name);
        if !stays {
            goals.insert(entry.name.clone(), (role, State::Absent));
        }
    }
    // What is there already needs no second look.
    let leads_to = |name: &Path, target: &Path| {
        let entry = inventory.entries.get(name.as_os_str());
        entry.and_then(Entry::target) == Some(target)
    };
    for (name, target) in &expected.links {
        refuse_foreign(inventory, plan, name)?;
        if !leads_to(name, target) {
            goals.insert(name.clone(), (Role::Link, link(target)));
        }
    }
    for (name, target) in hash_links {
        if !leads_to(&name, &target) {
            goals.insert(name, (Role::HashLink, link(&target)));
        }
    }
    let (uid, gid) = own_ids(request);
    let bundle = match bundle_facts(inventory).filter(|_| plan.bundle_only) {
        // What somebody else made stays theirs.
        Some(facts) => file_state(expected.published(), facts.mode, facts.uid, facts.gid),
        None => file_state(expected.published(), 0o644, uid, gid),
    };
    goals.insert(PathBuf::from(BUNDLE), (Role::Bundle, bundle));
    let mut steps = Vec::new();
    let seen = Seen::of(inventory);
    for (name, (role, after)) in goals {
        steps.push(step(
            request.layout,
            &seen,
            role,
            &Path::new(CERTS).join(name),
            after,
        )?);
    }
    steps.retain(|step| step.before != step.after);
    Ok(steps)
}

fn bundle_facts(inventory: &Inventory) -> Option<&files::Facts> {
    let entry = inventory.entries.get(std::ffi::OsStr::new(BUNDLE))?;
    entry.facts.as_deref()
}

fn link(target: &Path) -> State {
    State::Link {
        target: target.to_path_buf(),
    }
}

/// A file that somebody else put where a link must be: replaced only when it is a copy of the very source.
fn refuse_foreign(inventory: &Inventory, plan: &Plan, name: &Path) -> Result<()> {
    let Some(entry) = inventory.entries.get(name.as_os_str()) else {
        return Ok(());
    };
    let copy = || {
        let target = &plan.expected.links[name];
        let source = plan.sources.iter().find(|source| source.name == *target);
        let bytes = |content: &Content| content.bytes().map(<[u8]>::to_vec);
        source.map(|s| bytes(&s.content)) == entry.content.as_deref().map(bytes)
    };
    let taken = match entry.kind {
        EntryKind::ForeignFile => !copy(),
        EntryKind::Folder | EntryKind::Special => true,
        _ => false,
    };
    match taken {
        true => Err(Error::new(format!(
            "`{CERTS}/{}` was not made by update-ca-certificates and stands where a link must be",
            name.display()
        ))
        .hint("move it away and run the command again; the store is as it was before")),
        false => Ok(()),
    }
}

/// Which hash link leads where: what the rehearsal linked, and the foreign files that are linked today.
fn hash_links(
    inventory: &Inventory,
    expected: &model::Expected,
    hashes: &Hashes,
) -> BTreeMap<PathBuf, PathBuf> {
    let mut live: BTreeMap<u32, BTreeMap<u32, PathBuf>> = BTreeMap::new();
    let mut wanted = hashes.clone();
    for entry in inventory.entries.values() {
        let (hash, index, target) = match &entry.kind {
            EntryKind::HashLink {
                hash,
                index,
                target,
            } => (*hash, *index, target.clone()),
            EntryKind::ForeignFile => match links::hash_name(&entry.name) {
                Some((hash, index)) => (hash, index, entry.name.clone()),
                None => continue,
            },
            _ => continue,
        };
        let foreign = !expected.links.contains_key(&target) && !leads_to_source(inventory, &target);
        if foreign && entry.content.is_some() {
            wanted.entry(hash).or_default().insert(target.clone());
        }
        live.entry(hash).or_default().insert(index, target);
    }
    let mut links = model::slots(&live, &wanted);
    links.retain(|name, target| name != target);
    links
}

fn leads_to_source(inventory: &Inventory, target: &Path) -> bool {
    inventory
        .entries
        .get(target.as_os_str())
        .is_some_and(|entry| matches!(entry.kind, EntryKind::SourceLink(_)))
}
