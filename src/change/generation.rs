//! Generations: what is needed to finish, undo or repeat a change, kept under `/var/lib/trustctl`.
//!
//! `generations/NNNNNN/manifest.json` says what the change is and how far it came; `objects/SHA256` holds the
//! content of every file that a manifest names (mode 0700: a local file may hold a key that it should not).
//!
//! A tree given with `--root` may come with records that somebody else wrote. They are read as foreign text: what no
//! change of ours can have written is refused, and carried out is only what root or the caller has on record.

mod fault;

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::others::{DatabaseStep, Placed};
use super::parts;
use super::plan::{Role, State, Step, Undoing};
use crate::cert::{Certificate, Fingerprint, Time};
use crate::error::{Error, Result};
use crate::store::layout::Layout;
use crate::system::FileError;
use crate::system::files::Facts;
use crate::system::folder::Folder;
use crate::system::root::Root;

/// A manifest is refused when larger (500 sources take about 200 KiB).
const MANIFEST_LIMIT: u64 = 64 << 20;
/// A kept file is refused when larger; sources and bundles are bounded when they are read.
const OBJECT_LIMIT: u64 = 1 << 30;

/// How far a change came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Everything needed to undo it is on disk; the store may have been changed in part.
    Prepared,
    /// The store is changed and verified; hooks may not have run.
    Published,
    /// Done.
    Committed,
    /// Undone: the store is as it was before.
    Undone,
}

/// A certificate that a change adds or removes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mention {
    /// Its fingerprint.
    pub sha256: Fingerprint,
    /// Its subject.
    pub subject: String,
}

impl From<&Certificate> for Mention {
    fn from(certificate: &Certificate) -> Self {
        Mention {
            sha256: certificate.sha256(),
            subject: certificate.subject().display().to_string(),
        }
    }
}

/// One change, on record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// Layout of this file.
    pub schema: u32,
    /// Number of the generation, from 1.
    pub number: u64,
    /// How far it came.
    pub phase: Phase,
    /// The command.
    pub command: String,
    /// Why, in the words of who did it.
    pub reason: Option<String>,
    /// When.
    pub time: Time,
    /// `SUDO_USER`, where the call came through sudo.
    pub user: Option<String>,
    /// Effective user.
    pub uid: u32,
    /// Version of trustctl.
    pub version: String,
    /// Certificates that became trusted.
    pub added: Vec<Mention>,
    /// Certificates that ceased to be trusted.
    pub removed: Vec<Mention>,
    /// Those of `removed` that nobody named and no source had.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<Mention>,
    /// Every place changed.
    pub steps: Vec<Step>,
    /// Certificates that only the bundle had before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign: Vec<Fingerprint>,
    /// Which changes it takes back.
    #[serde(flatten)]
    pub undoing: Undoing,
    /// What hooks are told: `+NAME` and `-NAME` lines.
    pub hook_lines: Vec<String>,
    /// What went wrong but did not stop it.
    pub open: Vec<String>,
    /// With which script and which OpenSSL it was rehearsed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tools: Option<String>,
    /// Databases of NSS that are changed after the files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub databases: Vec<DatabaseStep>,
    /// Where this and earlier changes have put certificates in other stores.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub placed: Placed,
    /// All local files after the change, by name inside the tree.
    pub sources: BTreeMap<PathBuf, State>,
    /// `ca-certificates.conf` after the change.
    pub selection: State,
}

/// The kept generations of one tree.
#[derive(Debug)]
pub struct Generations {
    /// The tree that they are kept in.
    records: Root,
    state: PathBuf,
    /// The file that has the selection, by its name inside the tree.
    selection: PathBuf,
    /// The folder of the kept contents, once it has been used.
    objects: OnceCell<Folder>,
    /// Whether contents were kept that are not synced yet.
    unsynced: Cell<bool>,
    /// What is known to be kept.
    present: RefCell<HashSet<Fingerprint>>,
    /// The record that was read last, by the facts of its file: it is read again where those are others.
    parsed: RefCell<Option<(Facts, Rc<Manifest>)>>,
}

/// The folder of the generations, in the state folder.
const GENERATIONS: &str = "generations";
/// The folder of the kept contents.
const OBJECTS: &str = "objects";
/// The record of one generation, in its folder.
const MANIFEST: &str = "manifest.json";

impl Generations {
    /// The generations of a tree; nothing is created yet.
    pub fn at(layout: &Layout) -> Generations {
        Generations {
            records: layout.records.clone(),
            state: layout.state.real.clone(),
            selection: layout.conf_name(),
            objects: OnceCell::new(),
            // What a killed run has left there may not be synced.
            unsynced: Cell::new(true),
            present: RefCell::default(),
            parsed: RefCell::default(),
        }
    }

    /// Creates the folders.
    pub fn prepare(&self) -> Result<()> {
        let state = self.records.folder_to_change(&self.state)?;
        state.create_folder(OsStr::new(GENERATIONS), 0o755)?;
        state.create_folder(OsStr::new(OBJECTS), 0o700)?;
        Ok(())
    }

    /// One of our own folders: never a link.
    fn folder(&self, name: &str) -> Result<Folder, FileError> {
        let state = self.records.folder_to_change(&self.state)?;
        state.below(Path::new(name))
    }

    fn objects(&self) -> Result<&Folder, FileError> {
        match self.objects.get() {
            Some(folder) => Ok(folder),
            None => {
                let folder = self.folder(OBJECTS)?;
                Ok(self.objects.get_or_init(|| folder))
            }
        }
    }

    fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.state.join(name)
    }

    /// The numbers in use, ascending.
    pub fn numbers(&self) -> Result<Vec<u64>> {
        let names = match self.folder(GENERATIONS) {
            Ok(folder) => folder.names()?,
            Err(error) if error.is_absent() => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let mut numbers: Vec<u64> = names
            .iter()
            .filter_map(|name| name.to_str()?.parse().ok())
            .collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// Reads one manifest; `None` where a crash left a folder without one.
    pub fn read(&self, number: u64) -> Result<Option<Manifest>> {
        let folder = self.folder_of(number)?;
        let read = folder.map_or(Ok(None), |folder| self.read_in(number, &folder))?;
        Ok(read.map(|(manifest, _)| manifest))
    }

    /// Reads one manifest that is to be carried out: it must be root's or the caller's own.
    pub fn read_to_act(&self, number: u64) -> Result<Option<Rc<Manifest>>> {
        let Some((manifest, owner)) = self.read_once(number)? else {
            return Ok(None);
        };
        if [0, nix::unistd::geteuid().as_raw()].contains(&owner) {
            return Ok(Some(manifest));
        }
        let path = self.path(manifest_name(number));
        let (path, folder) = (path.display(), path.parent().unwrap_or(&path).display());
        let message = format!("`{path}` was written by user {owner}, neither root nor the caller");
        Err(Error::new(message).hint(format!(
            "run the command as that user, or move `{folder}` away; nothing on record there is carried out"
        )))
    }

    /// A manifest with the owner of its file. The one that was read last is not read again while its file is the same.
    fn read_once(&self, number: u64) -> Result<Option<(Rc<Manifest>, u32)>> {
        let Some(folder) = self.folder_of(number)? else {
            return Ok(None);
        };
        let now = folder.facts(OsStr::new(MANIFEST))?;
        if let Some((facts, known)) = self.parsed.borrow().as_ref()
            && now.as_ref() == Some(facts)
        {
            return Ok(Some((Rc::clone(known), facts.uid)));
        }
        let Some((manifest, facts)) = self.read_in(number, &folder)? else {
            return Ok(None);
        };
        let manifest = Rc::new(manifest);
        self.parsed.replace(Some((facts, Rc::clone(&manifest))));
        Ok(Some((manifest, facts.uid)))
    }

    fn folder_of(&self, number: u64) -> Result<Option<Folder>> {
        match self.folder(&format!("{GENERATIONS}/{}", folder_name(number))) {
            Ok(folder) => Ok(Some(folder)),
            Err(error) if error.is_absent() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn read_in(&self, number: u64, folder: &Folder) -> Result<Option<(Manifest, Facts)>> {
        let path = self.path(manifest_name(number));
        let (bytes, facts) = match folder.read_with_facts(OsStr::new(MANIFEST), MANIFEST_LIMIT) {
            Ok(read) => read,
            Err(error) if error.is_absent() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let damaged = |reason: &str| {
            Error::new(format!("`{}` is damaged: {reason}", path.display()))
                .hint("move that folder away; the change it records cannot be undone any more")
        };
        if facts.links != 1 {
            return Err(damaged("it has another name as well"));
        }
        let manifest: Manifest =
            serde_json::from_slice(&bytes).map_err(|error| damaged(&error.to_string()))?;
        match manifest.fault(&self.selection) {
            None => Ok(Some((manifest, facts))),
            Some(fault) => Err(damaged(&fault)),
        }
    }

    /// When a generation's record was last written (seconds since the epoch): its change was complete by then.
    pub fn finished(&self, number: u64) -> Option<i64> {
        let folder = self.folder(&format!("{GENERATIONS}/{number:06}")).ok()?;
        Some(folder.facts(OsStr::new(MANIFEST)).ok()??.modified)
    }

    /// Every manifest that can be read, oldest first.
    pub fn all(&self) -> Result<Vec<Manifest>> {
        let mut all = Vec::new();
        for number in self.numbers()? {
            all.extend(self.read(number)?);
        }
        Ok(all)
    }

    /// The change that was left unfinished, if any: only the newest can be.
    pub fn unfinished(&self) -> Result<Option<Rc<Manifest>>> {
        let newest = self.newest()?;
        Ok(newest.filter(|manifest| manifest.is_unfinished()))
    }

    /// The change that was left unfinished, to be completed or undone.
    pub fn unfinished_to_act(&self) -> Result<Option<Rc<Manifest>>> {
        match self.unfinished()? {
            Some(manifest) => self.read_to_act(manifest.number),
            None => Ok(None),
        }
    }

    /// The newest generation that has a manifest.
    pub fn newest(&self) -> Result<Option<Rc<Manifest>>> {
        for number in self.numbers()?.into_iter().rev() {
            if let Some((manifest, _)) = self.read_once(number)? {
                return Ok(Some(manifest));
            }
        }
        Ok(None)
    }

    /// The last change that stands; `None` where there is none, or no record can be read.
    pub fn last(&self) -> Option<Rc<Manifest>> {
        let numbers = self.numbers().unwrap_or_default();
        let committed = |manifest: &Rc<Manifest>| manifest.phase == Phase::Committed;
        let read = |number: u64| self.read_to_act(number).ok().flatten();
        let mut newest_first = numbers.into_iter().rev().filter_map(read);
        newest_first.find(committed)
    }

    /// Where the changes that stand have put certificates in other stores.
    pub fn placed(&self) -> Placed {
        self.last()
            .map(|manifest| manifest.placed.clone())
            .unwrap_or_default()
    }

    /// The number of the next generation.
    pub fn next_number(&self) -> Result<u64> {
        Ok(self
            .numbers()?
            .last()
            .map_or(1, |last| last.saturating_add(1)))
    }

    /// Keeps a file's content under its hash (synced by [`Generations::write`]); one that is kept already is not written again.
    pub fn keep(&self, bytes: &[u8]) -> Result<String> {
        self.keep_as(bytes, Fingerprint::of(bytes))
    }

    /// As [`Generations::keep`], of bytes whose SHA-256 is known.
    pub fn keep_as(&self, bytes: &[u8], sha256: Fingerprint) -> Result<String> {
        let name = sha256.to_string();
        if self.present.borrow().contains(&sha256) {
            return Ok(name);
        }
        let objects = self.objects()?;
        if objects.facts(OsStr::new(&name))?.is_none() {
            let parts = parts::split(bytes);
            let mut names = Vec::new();
            for part in parts.iter().flatten() {
                names.push(self.keep(part)?);
            }
            let list = parts.map(|_| parts::list(&names));
            let bytes = list.as_deref().unwrap_or(bytes);
            let temporary = OsStr::new("new");
            objects.remove(temporary)?;
            objects.create_unsynced(temporary, bytes, 0o600, None)?;
            objects.rename(temporary, objects, OsStr::new(&name))?;
            self.unsynced.set(true);
        }
        self.present.borrow_mut().insert(sha256);
        Ok(name)
    }

    /// A kept content, checked against its hash.
    pub fn kept(&self, sha256: &str) -> Result<Vec<u8>> {
        let path = self.path(OBJECTS).join(sha256);
        let damaged = || Error::new(format!("`{}` is damaged", path.display()));
        if !is_digest(sha256) {
            return Err(damaged());
        }
        let mut bytes = self.object(sha256)?.ok_or_else(damaged)?;
        if let Some(parts) = parts::read(&bytes).filter(|_| !is_named(&bytes, sha256)) {
            bytes = self.whole(&parts)?.ok_or_else(damaged)?;
        }
        match is_named(&bytes, sha256) {
            true => Ok(bytes),
            false => Err(damaged()),
        }
    }

    /// An object as it lies there; `None` for one that has another name as well.
    fn object(&self, sha256: &str) -> Result<Option<Vec<u8>>> {
        let objects = self.objects()?;
        let (bytes, facts) = objects.read_with_facts(OsStr::new(sha256), OBJECT_LIMIT)?;
        Ok((facts.links == 1).then_some(bytes))
    }

    /// A content that is kept in parts.
    fn whole(&self, parts: &[String]) -> Result<Option<Vec<u8>>> {
        let mut whole = Vec::new();
        for part in parts {
            match self.object(part)? {
                Some(bytes) if whole.len() as u64 <= OBJECT_LIMIT => whole.extend(bytes),
                _ => return Ok(None),
            }
        }
        whole.shrink_to_fit();
        Ok(Some(whole))
    }

    /// The parts that these contents are kept in.
    fn parts_of(&self, needed: &BTreeSet<String>) -> BTreeSet<String> {
        let read = |name: &String| self.object(name).ok().flatten();
        let lists = needed.iter().filter_map(read);
        lists
            .filter_map(|bytes| parts::read(&bytes))
            .flatten()
            .collect()
    }

    /// Writes a manifest, whole or not at all, and syncs it with everything kept before.
    pub fn write(&self, manifest: &Manifest) -> Result<()> {
        self.parsed.take();
        let all = self.folder(GENERATIONS)?;
        let folder = all.create_folder(OsStr::new(&folder_name(manifest.number)), 0o755)?;
        let text = serde_json::to_vec_pretty(manifest)
            .map_err(|error| Error::new(format!("cannot write the manifest: {error}")))?;
        let temporary = OsStr::new("manifest.new");
        folder.remove(temporary)?;
        folder.create(temporary, &text, 0o644, None)?;
        if self.unsynced.get() {
            self.objects()?.sync_filesystem()?;
            self.unsynced.set(false);
        }
        folder.rename(temporary, &folder, OsStr::new(MANIFEST))?;
        folder.sync()?;
        // Its folder is a new name only then.
        if manifest.phase == Phase::Prepared {
            all.sync()?;
        }
        Ok(())
    }

    /// Forgets one generation.
    pub fn remove(&self, number: u64) -> Result<()> {
        let all = self.folder(GENERATIONS)?;
        Ok(all.remove_all(OsStr::new(&folder_name(number)))?)
    }

    /// Keeps the newest `keep` generations, and now and then clears away the contents that none of those can need:
    /// for that every record is read.
    pub fn prune(&self, keep: usize) -> Result<()> {
        let numbers = self.numbers()?;
        // The first tells how the store was before trustctl.
        let old = numbers.iter().take(numbers.len().saturating_sub(keep));
        let old: Vec<u64> = old.copied().filter(|number| *number != 1).collect();
        for number in &old {
            self.remove(*number)?;
        }
        match old.iter().any(|number| number % (1 + keep as u64 / 4) == 0) {
            true => self.clear_objects(),
            false => Ok(()),
        }
    }

    fn clear_objects(&self) -> Result<()> {
        let mut needed = BTreeSet::new();
        for manifest in self.all()? {
            needed.extend(manifest.needed());
        }
        needed.extend(self.parts_of(&needed));
        let objects = self.objects()?;
        self.present.take();
        for name in objects.names()? {
            if !name.to_str().is_some_and(|name| needed.contains(name)) {
                objects.remove(&name)?;
            }
        }
        Ok(())
    }
}

fn folder_name(number: u64) -> String {
    format!("{number:06}")
}

fn manifest_name(number: u64) -> PathBuf {
    Path::new(GENERATIONS)
        .join(folder_name(number))
        .join(MANIFEST)
}

/// Whether a text is the SHA-256 of something: nothing else becomes part of a path.
fn is_digest(text: &str) -> bool {
    let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    text.len() == 64 && text.bytes().all(digit)
}

impl Manifest {
    /// The kept contents that this generation can still need.
    fn needed(&self) -> BTreeSet<String> {
        let steps = self
            .steps
            .iter()
            .flat_map(|step| [&step.before, &step.after]);
        steps
            .chain(self.sources.values())
            .chain([&self.selection])
            .filter_map(|state| match state {
                State::File { sha256, .. } => Some(sha256.clone()),
                _ => None,
            })
            .chain(self.databases.iter().map(|step| step.object.clone()))
            .collect()
    }

    /// All local files before the change.
    pub fn sources_before(&self) -> BTreeMap<PathBuf, State> {
        let mut sources = self.sources.clone();
        for step in self.steps.iter().filter(|step| step.role == Role::Source) {
            sources.insert(step.path.clone(), step.before.clone());
        }
        sources.retain(|_, state| *state != State::Absent);
        sources
    }

    /// `ca-certificates.conf` before the change.
    pub fn selection_before(&self) -> State {
        let mut steps = self.steps.iter();
        let step = steps.find(|step| step.role == Role::Selection);
        step.map_or(&self.selection, |step| &step.before).clone()
    }

    /// Whether it waits to be completed or undone.
    pub fn is_unfinished(&self) -> bool {
        matches!(self.phase, Phase::Prepared | Phase::Published)
    }

    /// What a step's place inside the tree is called in messages.
    pub fn names(&self) -> impl Iterator<Item = &Path> {
        self.steps.iter().map(|step| step.path.as_path())
    }
}

fn is_named(bytes: &[u8], sha256: &str) -> bool {
    Fingerprint::of(bytes).to_string() == sha256
}
