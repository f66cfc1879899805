//! Undoing: exactly what generations changed is taken back, the newest first, and nothing that anybody else has
//! changed since.
//!
//! A generation says what its files held before and after, which lines of `ca-certificates.conf` it changed, and which
//! certificates only the bundle had. A place that holds neither what the generation put there nor what was there
//! before belongs to somebody else by now: that part is left alone and named, unless it is forced.

mod chain;
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::generation::{Generations, Manifest, Phase};
use super::others::DatabaseStep;
use super::plan::{Role, State, Step, Undoing, Wanted};
use super::publish;
use crate::cert::{self, Certificate, Fingerprint};
use crate::error::{Error, ErrorKind, Result};
use crate::store::bundle;
use crate::store::conf::Conf;
use crate::store::inventory::Inventory;
use crate::store::layout::{LOCAL, Layout, VENDOR};
use crate::store::walk;

/// What is to be undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The newest change that stands and has not been undone.
    Last,
    /// The newest undoing.
    Redo,
    /// Every change after this generation; 0 is the state before the first.
    After(u64),
    /// This generation alone.
    Only(u64),
}

/// What undoing comes to.
#[derive(Debug)]
pub struct Undone {
    /// What the sources are to be.
    pub wanted: Wanted,
    /// The generations that are undone.
    pub numbers: Vec<u64>,
    /// Certificates that those had added: that they go is what undoing means.
    pub added: BTreeSet<Fingerprint>,
    /// What is left alone, because somebody else has changed it since.
    pub conflicts: Vec<String>,
}

/// Works out how to undo, on the store as it is.
pub fn undo(
    layout: &Layout,
    kept: &Generations,
    inventory: &Inventory,
    target: Target,
    force: bool,
) -> Result<Undone> {
    let mut all = kept.all()?;
    all.retain(|manifest| manifest.phase == Phase::Committed);
    let chosen = chain::choose(&all, &kept.numbers()?, target)?;
    let bundle = inventory.bundle().filter(|_| inventory.is_bundle_only());
    let bundle = bundle.and_then(|content| content.bytes());
    let mut work = Work {
        layout,
        kept,
        inventory,
        all: &all,
        force,
        files: BTreeMap::new(),
        conf: inventory.conf.clone().unwrap_or_default(),
        bundle: bundle.unwrap_or_default().to_vec(),
        was: None,
        returning: BTreeMap::new(),
        conflicts: Vec::new(),
        databases: Vec::new(),
        changes: 0,
    };
    for manifest in &chosen.manifests {
        // Only what root or the caller has written is carried out.
        kept.read_to_act(manifest.number)?;
        work.invert(manifest)?;
    }
    if let Some((newer, first)) = chosen.gap {
        work.bridge(newer, first)?;
    }
    if work.changes == 0 && !work.conflicts.is_empty() {
        return Err(refused(&work.conflicts));
    }
    let numbers: Vec<u64> = chosen
        .manifests
        .iter()
        .map(|manifest| manifest.number)
        .collect();
    let added = chosen.manifests.iter().flat_map(|manifest| &manifest.added);
    Ok(Undone {
        added: added.map(|mention| mention.sha256).collect(),
        conflicts: std::mem::take(&mut work.conflicts),
        wanted: work.wanted(chosen.undoing)?,
        numbers,
    })
}

fn refused(conflicts: &[String]) -> Error {
    Error::new("what is to be undone has been changed since; the store is as it was before")
        .kind(ErrorKind::Refused)
        .details(conflicts.to_vec())
        .hint("look at it, and add `--force` if it may be overwritten")
}

/// The store as it would be, one generation after the other taken back.
struct Work<'a> {
    layout: &'a Layout,
    kept: &'a Generations,
    inventory: &'a Inventory,
    all: &'a [Manifest],
    force: bool,
    /// Files touched so far.
    files: BTreeMap<PathBuf, State>,
    conf: Conf,
    /// The bundle, where that is all there is.
    bundle: Vec<u8>,
    /// The bundle as it was before the oldest change that is undone.
    was: Option<State>,
    /// Certificates that only the bundle had.
    returning: BTreeMap<Fingerprint, Certificate>,
    conflicts: Vec<String>,
    /// Databases to be changed back.
    databases: Vec<DatabaseStep>,
    /// How much there was to take back.
    changes: usize,
}

impl Work<'_> {
    fn invert(&mut self, manifest: &Manifest) -> Result<()> {
        let of = |role: Role| manifest.steps.iter().filter(move |step| step.role == role);
        for step in of(Role::Source) {
            if self.put_back(manifest.number, &step.path, &step.after, &step.before)? {
                self.give_back(manifest, &self.bytes(&step.after)?, &BTreeSet::new());
            }
        }
        for step in of(Role::Selection) {
            let (before, after) = (self.conf_of(&step.before)?, self.conf_of(&step.after)?);
            self.turn_lines(manifest.number, &after, &before);
        }
        for step in of(Role::Bundle) {
            self.bundle_step(manifest, step)?;
        }
        for step in of(Role::Store) {
            self.put_back(manifest.number, &step.path, &step.after, &step.before)?;
        }
        let databases = manifest.databases.iter().rev();
        self.databases.extend(databases.map(DatabaseStep::opposite));
        self.changes += manifest.databases.len();
        Ok(())
    }

    /// Certificates among these bytes that only the bundle had before the change are its alone again.
    fn give_back(&mut self, manifest: &Manifest, bytes: &[u8], but: &BTreeSet<Fingerprint>) {
        let document = cert::read(bytes);
        for (_, certificate) in document.certificates() {
            let sha256 = certificate.sha256();
            if manifest.foreign.contains(&sha256) && !but.contains(&sha256) {
                self.changes += 1;
                self.returning.insert(sha256, certificate.clone());
            }
        }
    }

    /// Makes a file what it was before; false where it is that already, or is somebody else's by now.
    fn put_back(
        &mut self,
        number: u64,
        path: &Path,
        after: &State,
        before: &State,
    ) -> Result<bool> {
        let now = match self.files.get(path) {
            Some(state) => state.clone(),
            None => publish::look(self.layout, path)?,
        };
        if same(&now, before) {
            return Ok(false);
        }
        if !same(&now, after) && !self.force {
            let who = self.who(number, |step| step.path == path);
            let name = path.display();
            self.conflicts.push(format!(
                "`{name}` is not what generation {number} made it: {who}"
            ));
            return Ok(false);
        }
        self.changes += 1;
        self.files.insert(path.to_path_buf(), before.clone());
        Ok(true)
    }

    /// Who can have changed a place since that generation.
    fn who(&self, number: u64, touches: impl Fn(&Step) -> bool) -> String {
        let later = self
            .all
            .iter()
            .rev()
            .filter(|manifest| manifest.number > number);
        let found = later
            .into_iter()
            .find(|manifest| manifest.steps.iter().any(&touches));
        match found {
            Some(later) => {
                format!(
                    "generation {} (`trustctl {}`) changed it since",
                    later.number, later.command
                )
            }
            None => "somebody else has changed it since, without trustctl".to_string(),
        }
    }

    /// Gives each line that a change turned its old state; every other line stays as it is.
    fn turn_lines(&mut self, number: u64, after: &Conf, before: &Conf) {
        let names: BTreeSet<String> = after.names().chain(before.names()).collect();
        for name in names {
            let (then, goal) = (after.status(&name), before.status(&name));
            let now = self.conf.status(&name);
            if then == goal || now == goal {
                continue;
            }
            if now != then && !self.force {
                // A package that took its certificate away took its line along.
                if now.is_none() && !self.has_vendor(&name) {
                    continue;
                }
                let who = self.who(number, |step| step.role == Role::Selection);
                self.conflicts.push(format!(
                    "the line of `{name}` in `{}` is not what generation {number} made it: {who}",
                    crate::store::layout::CONF
                ));
                continue;
            }
            self.changes += 1;
            self.conf = match goal {
                Some(selected) => self.conf.with(&name, selected),
                None => self.conf.without(&name),
            };
        }
    }

    fn has_vendor(&self, name: &str) -> bool {
        let path = Path::new(VENDOR).join(name);
        self.inventory
            .vendor()
            .any(|source| source.place.name == path)
    }

    fn bundle_step(&mut self, manifest: &Manifest, step: &Step) -> Result<()> {
        if self.inventory.is_bundle_only() {
            let (before, after) = (self.bytes(&step.before)?, self.bytes(&step.after)?);
            self.turn_blocks(manifest, &before, &after);
            return Ok(());
        }
        if !manifest.foreign.is_empty() {
            // What the bundle still had afterwards, this change did not take.
            let kept = cert::fingerprints(&self.bytes(&step.after)?);
            self.give_back(manifest, &self.bytes(&step.before)?, &kept);
        }
        self.was = Some(step.before.clone());
        Ok(())
    }

    /// A bundle without sources: whole where nobody has touched it, otherwise block by block.
    fn turn_blocks(&mut self, manifest: &Manifest, before: &[u8], after: &[u8]) {
        self.changes += 1;
        if self.bundle == after {
            self.bundle = before.to_vec();
            return;
        }
        for mention in &manifest.added {
            self.bundle = bundle::without(&self.bundle, mention.sha256);
        }
        let document = cert::read(before);
        for mention in &manifest.removed {
            let mut all = document.certificates().map(|(_, certificate)| certificate);
            let certificate = all.find(|c| c.sha256() == mention.sha256);
            if let Some(certificate) = certificate.filter(|c| !bundle::has(&self.bundle, c)) {
                self.bundle = bundle::with(&self.bundle, certificate);
            }
        }
    }

    /// Goes on over generations that are not kept any more, from the state before `newer` to that before `first`.
    fn bridge(&mut self, newer: &Manifest, first: &Manifest) -> Result<()> {
        let (after, before) = (newer.sources_before(), first.sources_before());
        let paths: BTreeSet<&PathBuf> = after.keys().chain(before.keys()).collect();
        for path in paths {
            let of =
                |all: &BTreeMap<PathBuf, State>| all.get(path).cloned().unwrap_or(State::Absent);
            self.put_back(first.number, path, &of(&after), &of(&before))?;
        }
        let (after, before) = (newer.selection_before(), first.selection_before());
        let (after, before) = (self.conf_of(&after)?, self.conf_of(&before)?);
        // Lines that came or went belong to packages; only those that were turned are a change of trustctl's.
        let common = |name: &String| after.status(name).is_some() && before.status(name).is_some();
        let names: Vec<String> = before.names().filter(common).collect();
        let only = |conf: &Conf| {
            let mut kept = Conf::default();
            for name in &names {
                kept = kept.with(name, conf.status(name).unwrap_or_default());
            }
            kept
        };
        self.turn_lines(first.number, &only(&after), &only(&before));
        let step = first.steps.iter().find(|step| step.role == Role::Bundle);
        match step {
            Some(step) => self.bundle_step(first, step),
            None => Ok(()),
        }
    }

    fn bytes(&self, state: &State) -> Result<Vec<u8>> {
        match state {
            State::File { sha256, .. } => self.kept.kept(sha256),
            _ => Ok(Vec::new()),
        }
    }

    fn conf_of(&self, state: &State) -> Result<Conf> {
        Ok(Conf::new(self.bytes(state)?))
    }

    fn wanted(self, undoing: Undoing) -> Result<Wanted> {
        let was = self.was.as_ref().filter(|_| !self.returning.is_empty());
        let was = was.map(|state| self.bytes(state)).transpose()?;
        let mut wanted = Wanted {
            undoing,
            ..Wanted::default()
        };
        wanted.others.databases = self.databases;
        let mut links = Vec::new();
        let folders = walk::sources(self.layout, &self.layout.local).folders;
        for (name, state) in self.files {
            let now = publish::look(self.layout, &name)?;
            match state {
                _ if now == state => {}
                state if !name.starts_with(LOCAL) => {
                    wanted.others.restore.insert(name, state);
                }
                State::Absent => drop(wanted.removals.insert(name)),
                State::Link { target } => links.push((name, target)),
                state => {
                    let file = source::file(self.layout, self.kept, &folders, (&name, state))?;
                    wanted.writes.insert(name, file);
                }
            }
        }
        // Targets first: a link may lead to a file that comes back in the same change.
        for (name, target) in links {
            let file = source::link(self.layout, &wanted, &name, target);
            wanted.writes.insert(name, file);
        }
        let today = self.inventory.conf.clone().unwrap_or_default();
        wanted.conf = (self.conf != today).then_some(self.conf);
        if self.inventory.is_bundle_only() {
            wanted.bundle = Some(self.bundle);
        } else {
            wanted.bundle = was;
            wanted.only_bundle = self.returning.into_values().collect();
        }
        Ok(wanted)
    }
}

/// Whether two states are the same to readers: a file by its content, a link by its target.
fn same(one: &State, other: &State) -> bool {
    match (one, other) {
        (State::File { sha256: one, .. }, State::File { sha256: other, .. }) => one == other,
        _ => one == other,
    }
}
