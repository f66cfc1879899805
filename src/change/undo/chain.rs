//! Which generations stand, and which of them an undoing takes back. Pure.

use std::collections::BTreeMap;

use super::Target;
use crate::change::generation::Manifest;
use crate::change::plan::Undoing;
use crate::error::{Error, ErrorKind, Result};

/// What to take back, newest first.
pub(super) struct Chosen<'a> {
    pub(super) manifests: Vec<&'a Manifest>,
    /// Where the generations between are not kept any more: the oldest that is, and the very first.
    pub(super) gap: Option<(&'a Manifest, &'a Manifest)>,
    pub(super) undoing: Undoing,
}

/// Chooses from the generations that were carried out, oldest first.
pub(super) fn choose<'a>(
    all: &'a [Manifest],
    numbers: &[u64],
    target: Target,
) -> Result<Chosen<'a>> {
    match target {
        Target::Last => last(all),
        Target::Redo => redo(all),
        Target::Only(number) => {
            let found = all.iter().find(|manifest| manifest.number == number);
            let manifest = found.ok_or_else(|| missing(number, "to undo"))?;
            if !Standing::of(all).now().contains(&number) {
                let message =
                    format!("generation {number} has been undone already, or is an undoing itself");
                return Err(Error::new(message)
                    .kind(ErrorKind::NotFound)
                    .hint("`trustctl history` shows the changes on record"));
            }
            Ok(Chosen {
                manifests: vec![manifest],
                gap: None,
                undoing: Undoing {
                    undoes: vec![number],
                    ..Undoing::default()
                },
            })
        }
        Target::After(number) => after(all, numbers, number),
    }
}

fn missing(number: u64, what: &str) -> Error {
    Error::new(format!("there is no generation {number} {what}"))
        .kind(ErrorKind::NotFound)
        .hint("`trustctl history` shows the changes on record")
}

fn nothing(what: &str) -> Error {
    Error::new(format!("there is no change to {what}"))
        .kind(ErrorKind::NotFound)
        .hint("`trustctl history` shows the changes on record")
}

fn last(all: &[Manifest]) -> Result<Chosen<'_>> {
    let standing = Standing::of(all);
    let number = standing
        .now()
        .last()
        .copied()
        .ok_or_else(|| nothing("undo"))?;
    let manifests = all.iter().filter(|manifest| manifest.number == number);
    Ok(Chosen {
        manifests: manifests.collect(),
        gap: None,
        undoing: Undoing {
            undoes: vec![number],
            ..Undoing::default()
        },
    })
}

/// The newest rollback that was not redone, unless another change came after it.
fn redo(all: &[Manifest]) -> Result<Chosen<'_>> {
    let mut open: Vec<&Manifest> = Vec::new();
    for manifest in all {
        if manifest.undoing.redoes.is_some() {
            open.pop();
        } else if is_rollback(manifest) {
            open.push(manifest);
        } else {
            open.clear();
        }
    }
    let manifest = open.pop().ok_or_else(|| nothing("redo"))?;
    Ok(Chosen {
        manifests: vec![manifest],
        gap: None,
        undoing: Undoing {
            redoes: Some(manifest.number),
            ..Undoing::default()
        },
    })
}

fn is_rollback(manifest: &Manifest) -> bool {
    let undoing = &manifest.undoing;
    manifest.command != "revert" && (!undoing.undoes.is_empty() || undoing.restores.is_some())
}

fn after<'a>(all: &'a [Manifest], numbers: &[u64], number: u64) -> Result<Chosen<'a>> {
    let known = number == 0 || all.iter().any(|manifest| manifest.number == number);
    if !known || all.is_empty() {
        return Err(missing(number, "to go back to"));
    }
    let mut manifests: Vec<&Manifest> = all.iter().rev().filter(|m| m.number > number).collect();
    // The oldest number down to which none is missing. The very first generation is always kept.
    let newest = numbers.last().copied().unwrap_or_default();
    let unbroken = (1..=newest)
        .rev()
        .take_while(|number| numbers.contains(number));
    let oldest = unbroken.last().unwrap_or(newest);
    let mut gap = None;
    if oldest > number + 1 {
        let first = all.first().filter(|first| first.number == 1 && number == 0);
        manifests.retain(|manifest| manifest.number >= oldest);
        match (manifests.last(), first) {
            (Some(newer), Some(first)) => gap = Some((*newer, first)),
            _ => {
                return Err(Error::new(format!(
                    "generations after {number} are not kept any more; the store is as it was before"
                ))
                .kind(ErrorKind::NotFound)
                .hint("`trustctl rollback 0` goes back to before the first change"));
            }
        }
    }
    Ok(Chosen {
        manifests,
        gap,
        undoing: Undoing {
            restores: Some(number),
            ..Undoing::default()
        },
    })
}

/// Which changes stood after each generation.
struct Standing(BTreeMap<u64, Vec<u64>>);

impl Standing {
    fn of(all: &[Manifest]) -> Standing {
        let mut after: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        let mut now: Vec<u64> = Vec::new();
        let at = |after: &BTreeMap<u64, Vec<u64>>, number: u64| {
            let before = after.range(..=number).next_back();
            before
                .map(|(_, standing)| standing.clone())
                .unwrap_or_default()
        };
        for manifest in all {
            let undoing = &manifest.undoing;
            if let Some(number) = undoing.restores {
                now = at(&after, number);
            } else if let Some(number) = undoing.redoes {
                now = at(&after, number.saturating_sub(1));
            } else {
                for undone in &undoing.undoes {
                    now.retain(|number| number != undone);
                    // What an undone revert had undone stands again.
                    let revert = all
                        .iter()
                        .find(|m| m.number == *undone && m.command == "revert");
                    now.extend(revert.iter().flat_map(|m| &m.undoing.undoes));
                }
                now.sort_unstable();
                if !is_rollback(manifest) {
                    now.push(manifest.number);
                }
            }
            after.insert(manifest.number, now.clone());
        }
        Standing(after)
    }

    fn now(&self) -> &[u64] {
        self.0
            .last_key_value()
            .map_or(&[], |(_, standing)| standing)
    }
}
