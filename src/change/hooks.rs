//! Hooks in `/etc/ca-certificates/update.d`, run as `run-parts` runs them, but told the true list of changes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::model::ModelSource;
use crate::error::Result;
use crate::store::inventory::{EntryKind, Inventory};
use crate::store::layout::{CERTS, Layout};
use crate::store::links;
use crate::system::files::Kind;
use crate::system::program::Program;

/// What hooks are told of a change: `-NAME` for every link that goes or changes what it leads to, then `+NAME`
/// for every link that comes or changes.
///
/// The script itself gives no `-` line for a local file that is gone, and no line at all for one whose content
/// changed (measured on 20210119 to 20250419); that is why Java goes on trusting what was removed.
pub fn lines(inventory: &Inventory, after: &[ModelSource]) -> Vec<String> {
    let mut before: BTreeMap<PathBuf, Option<&[u8]>> = BTreeMap::new();
    for entry in inventory.entries.values() {
        if matches!(entry.kind, EntryKind::SourceLink(_)) {
            let bytes = entry.content.as_deref().and_then(|content| content.bytes());
            before.insert(entry.name.clone(), bytes);
        }
    }
    let after: BTreeMap<PathBuf, Option<&[u8]>> = after
        .iter()
        .map(|source| (links::link_name(&source.name), source.content.bytes()))
        .collect();
    let differs = |name: &PathBuf,
                   other: &BTreeMap<PathBuf, Option<&[u8]>>,
                   bytes: Option<&[u8]>| { other.get(name) != Some(&bytes) };
    let line = |sign: char, name: &PathBuf| format!("{sign}{CERTS}/{}", name.display());
    let gone = before
        .iter()
        .filter(|(name, bytes)| differs(name, &after, **bytes));
    let come = after
        .iter()
        .filter(|(name, bytes)| differs(name, &before, **bytes));
    gone.map(|(name, _)| line('-', name))
        .chain(come.map(|(name, _)| line('+', name)))
        .collect()
}

/// The hooks that `run-parts` would run: names of letters, digits, `_` and `-` only, executable files, in order.
pub fn find(layout: &Layout) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for name in layout.tree.names(&layout.hooks.real)? {
        let place = layout.place(layout.hooks.name.join(&name));
        let usable = name.to_str().is_some_and(|name| {
            name.chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
        });
        let facts = layout.tree.facts(&place.real)?;
        if usable && facts.is_some_and(|f| f.kind == Kind::File && f.mode & 0o111 != 0) {
            found.push(layout.hooks.real.join(&name));
        }
    }
    Ok(found)
}

/// Runs every hook and tells which failed, and how.
///
/// `package_lock_held` says that we hold dpkg's frontend lock: the Java hook calls `dpkg --triggers-only`, which
/// must know.
pub fn run(
    hooks: &[PathBuf],
    lines: &[String],
    limit: Duration,
    package_lock_held: bool,
) -> Vec<String> {
    let input: String = lines.iter().map(|line| format!("{line}\n")).collect();
    hooks
        .iter()
        .filter_map(|hook| failure(hook, &input, limit, package_lock_held))
        .collect()
}

fn failure(hook: &Path, input: &str, limit: Duration, package_lock_held: bool) -> Option<String> {
    let mut program = Program::new(hook, limit).input(input);
    if package_lock_held {
        program = program.env("DPKG_FRONTEND_LOCKED", "true");
    }
    match program.run() {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(format!(
            "the hook `{}` failed: {}",
            hook.display(),
            output.explain()
        )),
        Err(error) => Some(format!("the hook failed: {error}")),
    }
}
