//! The part of the sources that a change touches: what of them the real script has to be shown so that its outcome tells
//! the whole. Pure.
//!
//! The script treats each source by itself, but for three things: sources of one link name take the link from each
//! other, certificates of one subject hash share its hash links, and what is odd may be treated in a way of its own. So
//! the part is every source that comes, goes or changes, every one that is not plain, and whatever shares a link name
//! or a subject hash with one of those. All others are in the live store as the model wants them, byte for byte and
//! link for link. Where anything casts doubt on that, there is no part, and the script makes the whole.
//!
//! Of many plain sources that share nothing with any other, the script is shown [`ENOUGH`]: the rest differ from those
//! in nothing but their certificates, and what is made of a certificate, its hash link, is made by `openssl rehash`,
//! which is shown all of them.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::Arc;

use super::model::{self, ModelSource};
use super::plan::Plan;
use super::stage::Hashes;
use crate::cert::{Certificate, Characters};
use crate::store::conf::{Conf, Line};
use crate::store::inventory::{Content, EntryKind, Inventory};
use crate::store::layout::VENDOR;
use crate::store::links;

/// As many plain sources that share nothing are shown to the script.
const ENOUGH: usize = 50;

/// What is shown to the script, and to `openssl rehash` alone.
#[derive(Debug)]
pub(super) struct Part {
    /// The sources after the change, in the script's order.
    pub(super) sources: Vec<ModelSource>,
    /// Further ones, of which only the hash links are proven one by one.
    pub(super) alike: Vec<ModelSource>,
    /// The lines of the selection that are about them.
    pub(super) conf: Vec<u8>,
    /// The link names of what is in the part, before the change and after it.
    links: HashSet<OsString>,
}

/// The part that a change touches; `None` where only the whole tells.
pub(super) fn of(inventory: &Inventory, plan: &Plan) -> Option<Part> {
    let before = &plan.today;
    let is_known = plan.settled
        && !plan.bundle_only
        && plan.expected.instead.is_none()
        && plan.unusable.is_empty()
        && inventory.unread.is_empty();
    let conf = plan.wanted.conf.as_ref().or(inventory.conf.as_ref())?;
    let confs_are_plain = is_plain(conf) && inventory.conf.as_ref().is_some_and(is_plain);
    if !is_known || !confs_are_plain || !keeps_order(before, &plan.sources) {
        return None;
    }
    let touched = Touched::of(before, &plan.sources);
    let (mut sources, mut alike) = (Vec::new(), Vec::new());
    let mut alone = 0;
    for (source, is_alone) in touched.later() {
        alone += usize::from(is_alone);
        match is_alone && alone > ENOUGH {
            true => alike.push(source.clone()),
            false => sources.push(source.clone()),
        }
    }
    if sources.is_empty() {
        // Something to make a store of, so that the script has something to say.
        sources.extend(plan.sources.first().cloned());
    }
    let names: HashSet<&OsStr> = sources.iter().map(|s| s.name.as_os_str()).collect();
    let links = touched
        .links
        .iter()
        .cloned()
        .chain(sources.iter().map(link));
    let part = Part {
        conf: lines_about(conf, &names, &touched.gone),
        links: links.collect(),
        sources,
        alike,
    };
    // Then the whole costs little more.
    (part.sources.len() * 2 <= plan.sources.len()).then_some(part)
}

impl Part {
    /// The hash links of the whole: those that the script made of the part, and the live ones of all others.
    pub(super) fn with_the_rest(&self, inventory: &Inventory, plan: &Plan, made: Hashes) -> Hashes {
        let mut whole = made;
        for entry in inventory.entries.values() {
            let EntryKind::HashLink { hash, target, .. } = &entry.kind else {
                continue;
            };
            if plan.expected.links.contains_key(target) && !self.links.contains(target.as_os_str())
            {
                whole.entry(*hash).or_default().insert(target.clone());
            }
        }
        whole
    }
}

fn link(source: &ModelSource) -> OsString {
    links::link_name(&source.name).into_os_string()
}

/// Whether every line is one that can be read in one way only, and no name is there twice.
fn is_plain(conf: &Conf) -> bool {
    let is_sure = |c: char| !c.is_control() && !c.is_whitespace() && !"\\\u{fffd}".contains(c);
    let mut seen = HashSet::new();
    let whole = conf.bytes().is_empty() || conf.bytes().ends_with(b"\n");
    whole
        && conf.lines().all(|(_, line)| match line {
            Line::Idle => true,
            Line::Selected(name) | Line::Deselected(name) => {
                let mut parts = name.split('/');
                name.chars().all(is_sure)
                    && parts.all(|part| !part.is_empty() && !part.starts_with('.'))
                    && seen.insert(name)
            }
        })
}

/// What no shell, `sed` or `find` treats in a way of its own; letters of any script are bytes to them.
fn is_plain_char(c: char) -> bool {
    c.is_alphanumeric() || "._-+=@~/".contains(c)
}

fn has_plain_name(source: &ModelSource) -> bool {
    let stem = source
        .name
        .to_str()
        .and_then(|text| text.strip_suffix(".crt"));
    stem.is_some_and(|stem| stem.chars().all(is_plain_char))
}

fn is_plain_source(source: &ModelSource) -> bool {
    let document = source.content.document();
    has_plain_name(source)
        && document.is_some_and(|d| d.characters == Characters::Utf8 && !d.has_cr)
        && model::plain_single(&source.content).is_some()
}

/// Whether what is there before and after stands in the same order.
fn keeps_order(before: &[ModelSource], after: &[ModelSource]) -> bool {
    let names = |all: &'_ [ModelSource]| -> HashSet<OsString> {
        all.iter()
            .map(|source| source.name.clone().into_os_string())
            .collect()
    };
    let (old, new) = (names(before), names(after));
    if old.len() != before.len() || new.len() != after.len() {
        return false;
    }
    let stays =
        |other: &HashSet<OsString>, source: &&ModelSource| other.contains(source.name.as_os_str());
    let one = before.iter().filter(|source| stays(&new, source));
    let other = after.iter().filter(|source| stays(&old, source));
    one.map(|source| source.name.as_os_str())
        .eq(other.map(|source| source.name.as_os_str()))
}

/// The sources that a change touches, before it and after it.
struct Touched<'a> {
    /// Those before, then those after.
    all: Vec<&'a ModelSource>,
    /// How many of them are those before.
    before: usize,
    marked: Vec<bool>,
    /// Whether it is plain, and shares neither link name nor subject hash.
    alone: Vec<bool>,
    links: HashSet<OsString>,
    /// Names that are there before and not after.
    gone: HashSet<&'a OsStr>,
}

impl<'a> Touched<'a> {
    fn of(before: &'a [ModelSource], after: &'a [ModelSource]) -> Touched<'a> {
        let all: Vec<&ModelSource> = before.iter().chain(after).collect();
        let mut touched = Touched {
            marked: vec![false; all.len()],
            alone: vec![false; all.len()],
            before: before.len(),
            links: HashSet::new(),
            gone: HashSet::new(),
            all,
        };
        let seeds = touched.seeds();
        touched.spread(seeds);
        touched
    }

    /// The sources after the change that are touched, and whether each is alone.
    fn later(&self) -> impl Iterator<Item = (&'a ModelSource, bool)> {
        let all = self.all.iter().zip(&self.marked).zip(&self.alone);
        let marked = all.skip(self.before).filter(|((_, marked), _)| **marked);
        marked.map(|((source, _), alone)| (*source, *alone))
    }

    /// What comes, goes, changes, or is not plain.
    fn seeds(&mut self) -> Vec<usize> {
        let (before, after) = self.all.split_at(self.before);
        let by_name = |all: &[&'a ModelSource]| -> HashMap<&'a OsStr, &'a Arc<Content>> {
            let named = all
                .iter()
                .map(|source| (source.name.as_os_str(), &source.content));
            named.collect()
        };
        let (old, new) = (by_name(before), by_name(after));
        let stays = |other: &HashMap<&OsStr, &Arc<Content>>, source: &ModelSource| {
            other.get(source.name.as_os_str()).is_some_and(|content| {
                Arc::ptr_eq(content, &source.content) || content.bytes() == source.content.bytes()
            })
        };
        self.gone = old
            .keys()
            .filter(|name| !new.contains_key(*name))
            .copied()
            .collect();
        let others = (before.iter().map(|_| &new)).chain(after.iter().map(|_| &old));
        let is_seed =
            |(source, other): (&&ModelSource, _)| !stays(other, source) || !is_plain_source(source);
        let seeds = self.all.iter().zip(others).map(is_seed).enumerate();
        seeds
            .filter(|(_, is_seed)| *is_seed)
            .map(|(at, _)| at)
            .collect()
    }

    /// Marks whatever shares a link name or a subject hash with what is marked.
    fn spread(&mut self, mut open: Vec<usize>) {
        let mut by_link: HashMap<OsString, Vec<usize>> = HashMap::new();
        let mut by_hash: HashMap<u32, Vec<usize>> = HashMap::new();
        for (at, source) in self.all.iter().enumerate() {
            by_link.entry(link(source)).or_default().push(at);
            for hash in hashes(source) {
                by_hash.entry(hash).or_default().push(at);
            }
        }
        self.alone = self
            .all
            .iter()
            .map(|source| {
                let shares = |all: Option<&Vec<usize>>| all.is_none_or(|all| all.len() > 1);
                is_plain_source(source)
                    && !shares(by_link.get(&link(source)))
                    && !hashes(source).iter().any(|hash| shares(by_hash.get(hash)))
            })
            .collect();
        while let Some(at) = open.pop() {
            let (Some(marked), Some(source)) = (self.marked.get_mut(at), self.all.get(at)) else {
                continue;
            };
            if std::mem::replace(marked, true) {
                continue;
            }
            let link = link(source);
            open.extend(by_link.remove(&link).unwrap_or_default());
            self.links.insert(link);
            for hash in hashes(source) {
                open.extend(by_hash.remove(&hash).unwrap_or_default());
            }
        }
    }
}

fn hashes(source: &ModelSource) -> BTreeSet<u32> {
    let certificates = source.content.certificates();
    certificates.map(Certificate::subject_hash).collect()
}

/// The lines that select what is in the part or deselect what has gone; never empty, which the script takes for a
/// wish of its own.
fn lines_about(conf: &Conf, names: &HashSet<&OsStr>, gone: &HashSet<&OsStr>) -> Vec<u8> {
    let mut text = b"# the part of a selection\n".to_vec();
    for (_, line) in conf.lines() {
        let (mark, name, of) = match line {
            Line::Idle => continue,
            Line::Selected(name) => ("", name, names),
            Line::Deselected(name) => ("!", name, gone),
        };
        if of.contains(PathBuf::from(VENDOR).join(&name).as_os_str()) {
            text.extend_from_slice(format!("{mark}{name}\n").as_bytes());
        }
    }
    text
}
