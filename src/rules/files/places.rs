//! Rules about the places of the store: links, owners, modes, names, hooks.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::super::facts::Facts;
use super::super::{Hit, Severity};
use super::remedies::{rename, word};
use crate::host::users;
use crate::store::inventory::{Entry, EntryKind, Inventory, Origin, Source};
use crate::store::layout::{CERTS, CONF, LOCAL};
use crate::store::links;
use crate::system::files;

pub(super) fn dangling_link(facts: &Facts) -> Vec<Hit> {
    let entry = |entry: &Entry| {
        let (EntryKind::SourceLink(target)
        | EntryKind::ForeignLink(target)
        | EntryKind::HashLink { target, .. }) = &entry.kind
        else {
            return None;
        };
        let path = Path::new(CERTS).join(&entry.name);
        let hit = Hit::at(
            &path,
            format!("it points at `{}`, where no file is", target.display()),
        );
        // A refresh takes away what was made of sources, and leaves what others have put there.
        let hit = match entry.kind {
            EntryKind::ForeignLink(_) => hit.remedy(delete_link(&path)),
            _ => hit,
        };
        entry.content.is_none().then_some(hit)
    };
    let entries = facts.store.entries.values().filter_map(entry);
    let ignored = facts
        .ignored
        .iter()
        .filter(|file| file.reason.contains("link") || file.reason.contains("loop"));
    let local =
        ignored.map(|file| Hit::at(&file.path, file.reason).remedy(delete_link(&file.path)));
    entries.chain(local).collect()
}

fn delete_link(path: &Path) -> String {
    format!("delete the link with `rm {}`", word(path))
}

/// Every file and folder whose owner and mode matter, each once.
fn guarded(facts: &Facts) -> BTreeMap<PathBuf, files::Facts> {
    let store = &facts.store;
    let folders = [(LOCAL, store.local_folder), (CERTS, store.certs_folder)];
    let folders = folders
        .into_iter()
        .filter_map(|(path, facts)| Some((PathBuf::from(path), facts?)));
    let sources = facts
        .selected()
        .filter_map(|source| Some((source.place.name.clone(), *source.content.facts()?)));
    let plain = |entry: &&Entry| {
        matches!(
            entry.kind,
            EntryKind::Bundle | EntryKind::StrayBundle | EntryKind::ForeignFile
        )
    };
    let entries = store.entries.values().filter(plain);
    let entries = entries
        .filter_map(|entry| Some((Path::new(CERTS).join(&entry.name), *entry.facts.as_deref()?)));
    let hooks = facts.hooks.iter().cloned();
    let others = facts
        .modes
        .iter()
        .map(|(path, facts)| (path.clone(), *facts));
    folders
        .chain(sources)
        .chain(entries)
        .chain(hooks)
        .chain(others)
        .collect()
}

pub(super) fn wrong_owner(facts: &Facts) -> Vec<Hit> {
    let wrong = guarded(facts)
        .into_iter()
        .filter(|(_, found)| found.uid != facts.owner && found.uid != 0);
    wrong
        .map(|(path, found)| {
            let remedy = format!(
                "run `chown root:root {}`, after comparing it with what should be there",
                word(&path)
            );
            Hit::at(
                path,
                format!("it belongs to {}", facts.user_name(found.uid)),
            )
            .remedy(remedy)
        })
        .collect()
}

pub(super) fn writable_store(facts: &Facts) -> Vec<Hit> {
    let hit = |(path, found): (PathBuf, files::Facts)| {
        let remedy = format!(
            "run `chmod go-w {}`, after comparing it with what should be there",
            word(&path)
        );
        let mode = found.mode;
        if mode & 0o002 != 0 {
            return Some(
                Hit::at(path, format!("mode {mode:04o}: everyone can write")).remedy(remedy),
            );
        }
        let members = users::members(found.gid, &facts.groups, &facts.users);
        let by_group = mode & 0o020 != 0 && found.gid != 0 && !members.is_empty() && found.uid == 0;
        let group = facts
            .groups
            .iter()
            .find(|group| group.gid == found.gid)
            .map_or("", |group| group.name.as_str());
        let evidence = format!(
            "mode {mode:04o}: the group `{group}` may write ({})",
            members.join(", ")
        );
        by_group.then(|| {
            Hit::at(path, evidence)
                .remedy(remedy)
                .severity(Severity::Warning)
        })
    };
    guarded(facts).into_iter().filter_map(hit).collect()
}

pub(super) fn unreadable_store(facts: &Facts) -> Vec<Hit> {
    let hooks: Vec<&PathBuf> = facts.hooks.iter().map(|(path, _)| path).collect();
    let hit = |(path, found): (PathBuf, files::Facts)| {
        let (needed, rights) = match found.kind {
            files::Kind::Directory => (0o005, "go+rx"),
            _ => (0o004, "go+r"),
        };
        let closed =
            found.mode & needed != needed && !hooks.contains(&&path) && path != Path::new(CONF);
        let own = path.starts_with(CERTS) && is_foreign(&facts.store, &path);
        let remedy = format!("run `chmod {rights} {}`", word(&path));
        (closed && !own).then(|| Hit::at(path, format!("mode {:04o}", found.mode)).remedy(remedy))
    };
    guarded(facts).into_iter().filter_map(hit).collect()
}

/// Somebody's own file in the certificate folder need not be readable.
fn is_foreign(store: &Inventory, path: &Path) -> bool {
    let entry = path
        .file_name()
        .and_then(|name| store.entries.get(OsStr::new(name)));
    entry.is_some_and(|entry| entry.kind == EntryKind::ForeignFile)
}

pub(super) fn shadows_vendor(facts: &Facts) -> Vec<Hit> {
    let vendor: BTreeMap<PathBuf, &Path> = facts
        .selected()
        .filter(|s| s.origin == Origin::Vendor)
        .map(|s| (links::link_name(&s.place.name), s.place.name.as_path()))
        .collect();
    let hit = |source: &Source| {
        let shadowed = vendor.get(&links::link_name(&source.place.name))?;
        let path = &source.place.name;
        let hit = Hit::at(
            path,
            format!("it takes the link of `{}`", shadowed.display()),
        );
        Some(hit.remedy(rename(path)))
    };
    facts.store.local().filter_map(hit).collect()
}

pub(super) fn same_base_name(facts: &Facts) -> Vec<Hit> {
    let mut first: BTreeMap<PathBuf, &Source> = BTreeMap::new();
    let mut hits = Vec::new();
    for source in facts.store.local() {
        let link = links::link_name(&source.place.name);
        if let Some(other) = first.get(&link) {
            // Another name of the same file takes nothing away.
            if other.place.real == source.place.real {
                continue;
            }
            let other = &other.place.name;
            let evidence = format!(
                "`{}` has the same link, `{}`",
                other.display(),
                link.display()
            );
            let path = &source.place.name;
            hits.push(Hit::at(path, evidence).remedy(rename(path)));
        } else {
            first.insert(link, source);
        }
    }
    hits
}

pub(super) fn breaking_name(facts: &Facts) -> Vec<Hit> {
    let old = facts
        .package("ca-certificates")
        .is_none_or(|package| crate::host::dpkg::compare(&package.version, "20250419").is_lt());
    let hit = |source: &Source| {
        let name = source.place.name.as_os_str().as_bytes();
        let what = match (name.contains(&b'\n'), name.contains(&b'\\')) {
            (true, _) => "a line break in the name",
            (false, true) if old => "a backslash in the name",
            _ => return None,
        };
        Some(Hit::at(&source.place.name, what).remedy(rename(&source.place.name)))
    };
    facts.store.local().filter_map(hit).collect()
}

pub(super) fn stray_bundle(facts: &Facts) -> Vec<Hit> {
    let stray = facts
        .store
        .entries
        .values()
        .filter(|entry| entry.kind == EntryKind::StrayBundle);
    stray
        .map(|entry| {
            let count = entry
                .content
                .as_ref()
                .map_or(0, |content| content.certificates().count());
            let path = Path::new(CERTS).join(&entry.name);
            let remedy = format!("run `rm {}`, then `trustctl refresh`", word(&path));
            Hit::at(path, format!("{count} certificates in it")).remedy(remedy)
        })
        .collect()
}

pub(super) fn ignored_hook(facts: &Facts) -> Vec<Hit> {
    let runnable = |c: u8| c.is_ascii_alphanumeric() || c == b'_' || c == b'-';
    let hit = |(path, found): &(PathBuf, files::Facts)| {
        let name = path.file_name().unwrap_or_default().as_bytes();
        let left_over = name.windows(5).any(|part| part == b".dpkg") || name.ends_with(b"~");
        if found.kind != files::Kind::File || left_over {
            return None;
        }
        if !name.iter().copied().all(runnable) {
            let runnable = |c: char| {
                if c.is_ascii_alphanumeric() || "_-".contains(c) {
                    c
                } else {
                    '-'
                }
            };
            let name: String = String::from_utf8_lossy(name)
                .chars()
                .map(runnable)
                .collect();
            let to = path.with_file_name(name);
            let remedy = format!(
                "run `mv {} {}` and `chmod 755 {1}`, or delete it",
                word(path),
                word(&to)
            );
            return Some(Hit::at(path, "run-parts ignores this name").remedy(remedy));
        }
        (found.mode & 0o111 == 0).then(|| {
            Hit::at(path, format!("mode {:04o}: not executable", found.mode))
                .remedy(format!("run `chmod 755 {}`, or delete it", word(path)))
        })
    };
    facts.hooks.iter().filter_map(hit).collect()
}
