//! Steps carried out on the live tree, one atomic rename each (a new link is made in its place), in the order that
//! keeps every reader whole.
//!
//! New sources come first, then links, then hash links, then sources whose content changes, then the bundle; what
//! goes away goes last, the highest hash slot first. The same function does a change, undoes it, and finishes either
//! after a crash: a place that holds what it should is left alone.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::generation::Generations;
use super::plan::{Role, State, Step};
use super::seen::Seen;
use crate::cert::Fingerprint;
use crate::error::{Error, Result};
use crate::store::layout::{CERTS, LOCAL, Layout};
use crate::system::FileError;
use crate::system::files::{self, Kind};
use crate::system::folder::Folder;

/// Name of the folder for files on their way; readers of every file do not enter folders.
const TEMPORARY: &str = ".trustctl-tmp";
/// No file of the store that is larger is moved, kept or replaced.
pub const LARGEST: u64 = 1 << 30;
/// The permissions that a file of the store can have: never set-uid, whatever a record in a tree says.
pub(super) const PERMISSIONS: u32 = 0o777;

/// So many new sources are synced one by one; of more it is cheaper to sync the file system they are on.
const SYNCED_ALONE: usize = 8;

/// Which side of a step is to be made true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// `after`: do it.
    Forward,
    /// `before`: undo it.
    Back,
}

impl Step {
    fn goal(&self, direction: Direction) -> &State {
        match direction {
            Direction::Forward => &self.after,
            Direction::Back => &self.before,
        }
    }
}

/// Where the contents of files come from, and what is known of those that are there.
#[derive(Debug)]
pub struct Contents<'a> {
    /// What is kept.
    pub kept: &'a Generations,
    /// What the steps lead to, as far as this run has it in memory, by its SHA-256.
    pub(super) in_memory: HashMap<String, &'a [u8]>,
    /// What this run has read.
    pub(super) seen: Seen<'a>,
}

impl<'a> Contents<'a> {
    /// What is kept, and nothing else.
    pub fn kept(kept: &'a Generations) -> Contents<'a> {
        Contents {
            kept,
            in_memory: HashMap::new(),
            seen: Seen::default(),
        }
    }

    /// The content of the file that a step leads to.
    fn of(&self, step: &Step, direction: Direction) -> Result<Cow<'_, [u8]>> {
        match step.goal(direction) {
            State::File { sha256, .. } => match self.in_memory.get(sha256) {
                Some(bytes) => Ok(Cow::Borrowed(bytes)),
                None => Ok(Cow::Owned(self.kept.kept(sha256)?)),
            },
            _ => Ok(Cow::Borrowed(&[])),
        }
    }
}

/// Carries steps out; an error leaves the rest undone.
///
/// Undoing leaves a source or selection alone that holds neither what the change put there nor what was there
/// before: somebody else has changed it since. Those are the names that it returns.
pub fn converge(
    layout: &Layout,
    contents: &Contents<'_>,
    steps: &[Step],
    direction: Direction,
) -> Result<Vec<PathBuf>> {
    let (mut open, mut foreign) = (Vec::new(), Vec::new());
    for step in steps {
        let goal = step.goal(direction);
        let now = look_knowing(layout, &step.path, &contents.seen)?;
        let is_source = matches!(step.role, Role::Source | Role::Selection | Role::Store);
        if now == *goal {
        } else if direction == Direction::Back && is_source && now != step.after {
            foreign.push(step.path.clone());
        } else {
            open.push((order(step.role, &now, goal), step, now == State::Absent));
        }
    }
    open.sort_by(|(a, step_a, _), (b, step_b, _)| {
        let names = match a.descending() {
            true => step_b.path.cmp(&step_a.path),
            false => step_a.path.cmp(&step_b.path),
        };
        a.cmp(b).then(names)
    });
    let temporary = Temporaries::new(layout)?;
    let (mut changed, mut unsynced) = (Changed::default(), Changed::default());
    let is_new_source = |(turn, ..): &&(Turn, &Step, bool)| *turn == Turn::NewSource;
    let many = open.iter().filter(is_new_source).count() > SYNCED_ALONE;
    for (turn, step, is_new) in &open {
        let together = many && *turn == Turn::NewSource && step.role == Role::Source;
        if !together {
            // Before anything leads to them.
            std::mem::take(&mut unsynced).sync_filesystems()?;
        }
        let task = Task {
            step,
            direction,
            is_new: *is_new,
            together,
        };
        if let Some(spot) = apply(layout, &temporary, contents, &task)? {
            if together {
                unsynced.note(&spot.folder);
            }
            changed.note(&spot.folder);
        }
    }
    unsynced.sync_filesystems()?;
    temporary.clear()?;
    changed.sync()?;
    Ok(foreign)
}

/// The folders in which names have changed, each once.
#[derive(Default)]
struct Changed(Vec<Rc<Folder>>);

impl Changed {
    fn note(&mut self, folder: &Rc<Folder>) {
        if !self.0.iter().any(|known| known.path() == folder.path()) {
            self.0.push(Rc::clone(folder));
        }
    }

    /// Syncs the file systems that they are on, each once.
    fn sync_filesystems(&self) -> Result<()> {
        let mut devices = Vec::new();
        for folder in &self.0 {
            let facts = folder.facts(OsStr::new("."))?;
            let device = facts.map(|facts| facts.device);
            if !devices.contains(&device) {
                folder.sync_filesystem()?;
                devices.push(device);
            }
        }
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        for folder in &self.0 {
            match folder.sync() {
                Err(error) if !error.is_missing() => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }
}

/// When a step's turn comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    NewFolder,
    NewSource,
    Link,
    NewHashLink,
    HashLink,
    ChangedSource,
    Bundle,
    Store,
    OldHashLink,
    OldLink,
    OldSource,
    OldFolder,
}

impl Turn {
    fn descending(self) -> bool {
        matches!(self, Turn::OldHashLink | Turn::OldFolder)
    }
}

fn order(role: Role, now: &State, goal: &State) -> Turn {
    let (absent_now, absent_then) = (*now == State::Absent, *goal == State::Absent);
    match role {
        Role::Folder if absent_then => Turn::OldFolder,
        Role::Folder => Turn::NewFolder,
        Role::Bundle => Turn::Bundle,
        // Between: a policy names the file of a source, which is there as long as the policy is.
        Role::Store => Turn::Store,
        Role::HashLink if absent_then => Turn::OldHashLink,
        Role::HashLink if absent_now => Turn::NewHashLink,
        Role::HashLink => Turn::HashLink,
        Role::Link if absent_then => Turn::OldLink,
        Role::Link => Turn::Link,
        Role::Source | Role::Selection | Role::Stray if absent_then => Turn::OldSource,
        Role::Source if !absent_now => Turn::ChangedSource,
        Role::Source | Role::Selection | Role::Stray => Turn::NewSource,
    }
}

/// Where a step is carried out: a folder held open, and a name in it that is never followed.
struct Spot {
    folder: Rc<Folder>,
    name: OsString,
}

impl Spot {
    /// Finds a name of the tree, now. Its folder may be yet to be made by an earlier step.
    ///
    /// Nothing is written or removed through a link below the folder of local certificates: where a group may write
    /// there, such a link leads wherever somebody else likes. Anywhere else links of the system's own are followed.
    fn find(layout: &Layout, seen: &Seen<'_>, name: &Path) -> Result<Spot, FileError> {
        let parent = name.parent().unwrap_or(Path::new("/"));
        let folder = seen.folder(parent, || match parent.strip_prefix(LOCAL) {
            Ok(relative) => local_folder(layout, relative),
            Err(_) => layout.tree.folder_to_change(&layout.under_root(parent)),
        })?;
        let name = name.file_name().unwrap_or(OsStr::new(".")).to_os_string();
        Ok(Spot { folder, name })
    }
}

fn local_folder(layout: &Layout, relative: &Path) -> Result<Folder, FileError> {
    let local = layout
        .tree
        .folder_to_change(&layout.under_root(Path::new(LOCAL)))?;
    match relative.as_os_str().is_empty() {
        true => Ok(local),
        false => local.below(relative).map_err(|error| {
            let is_link = error.source.raw_os_error() == Some(nix::libc::ELOOP);
            let reason = "a link is on the way, and nothing is changed through one";
            match is_link {
                true => FileError::on("open", error.path)(std::io::Error::other(reason)),
                false => error,
            }
        }),
    }
}

/// The link below the folder of local certificates through which a name is reached, if there is one.
pub fn link_on_the_way(layout: &Layout, name: &Path) -> Result<Option<PathBuf>> {
    let below = |folder: &&Path| folder.starts_with(LOCAL) && *folder != Path::new(LOCAL);
    let mut folders: Vec<&Path> = name.ancestors().skip(1).filter(below).collect();
    folders.reverse();
    for folder in folders {
        if let State::Link { .. } = look(layout, folder)? {
            return Ok(Some(folder.to_path_buf()));
        }
    }
    Ok(None)
}

/// What a name of the tree holds now.
pub fn look(layout: &Layout, name: &Path) -> Result<State> {
    look_and_read(layout, name).map(|(state, _)| state)
}

/// What a name holds, and the bytes where that is a file.
type Found<'s> = (State, Option<Cow<'s, [u8]>>);

/// What a name of the tree holds now; a file that was read before is not read again.
pub(super) fn look_knowing(layout: &Layout, name: &Path, seen: &Seen<'_>) -> Result<State> {
    found_at(layout, name, seen).map(|(state, _)| state)
}

/// What a name of the tree holds now, and the bytes where that is a file.
pub fn look_and_read(layout: &Layout, name: &Path) -> Result<(State, Option<Vec<u8>>)> {
    let (state, bytes) = found_at(layout, name, &Seen::default())?;
    Ok((state, bytes.map(Cow::into_owned)))
}

/// What a name of the tree holds now, and the bytes where that is a file.
///
/// A run of the bare script beside us makes and removes names at any moment: one that is gone when it is read is absent.
pub(super) fn found_at<'s>(layout: &Layout, name: &Path, seen: &Seen<'s>) -> Result<Found<'s>> {
    match Spot::find(layout, seen, name).and_then(|spot| found(&spot, seen)) {
        Err(error) if error.is_absent() => Ok((State::Absent, None)),
        found => Ok(found?),
    }
}

fn found<'s>(spot: &Spot, seen: &Seen<'s>) -> Result<Found<'s>, FileError> {
    let Some(facts) = spot.folder.facts(&spot.name)? else {
        return Ok((State::Absent, None));
    };
    if let Some((bytes, sha256)) = seen.file(&facts) {
        return Ok((file(&facts, sha256), Some(Cow::Borrowed(bytes))));
    }
    let state = match facts.kind {
        Kind::Link => State::Link {
            target: spot.folder.link_target(&spot.name)?,
        },
        Kind::Directory => State::Folder {
            mode: facts.mode & PERMISSIONS,
        },
        _ => {
            let (bytes, facts) = spot.folder.read_with_facts(&spot.name, LARGEST)?;
            let state = file(&facts, Fingerprint::of(&bytes));
            return Ok((state, Some(Cow::Owned(bytes))));
        }
    };
    Ok((state, None))
}

fn file(facts: &files::Facts, sha256: Fingerprint) -> State {
    State::File {
        sha256: sha256.to_string(),
        mode: facts.mode & PERMISSIONS,
        uid: facts.uid,
        gid: facts.gid,
    }
}

/// A step whose turn has come.
struct Task<'a> {
    step: &'a Step,
    direction: Direction,
    /// Whether nothing has its name.
    is_new: bool,
    /// Whether a file is synced later, together with others.
    together: bool,
}

/// Makes a name hold what it should; says where that was.
fn apply(
    layout: &Layout,
    temporary: &Temporaries<'_>,
    contents: &Contents<'_>,
    task: &Task<'_>,
) -> Result<Option<Spot>> {
    let (path, goal) = (task.step.path.as_path(), task.step.goal(task.direction));
    let spot = match Spot::find(layout, &contents.seen, path) {
        // The folder has gone, and what was in it.
        Err(error) if *goal == State::Absent && error.is_absent() => return Ok(None),
        spot => spot?,
    };
    match goal {
        State::Absent => match spot.folder.facts(&spot.name)? {
            Some(facts) if facts.kind == Kind::Directory => {
                spot.folder.remove_empty_folder(&spot.name)?;
            }
            _ => spot.folder.remove(&spot.name)?,
        },
        State::Folder { mode } => {
            spot.folder.create_folder(&spot.name, mode & PERMISSIONS)?;
        }
        State::Link { target } => {
            // One that somebody has made meanwhile is replaced.
            if !task.is_new || spot.folder.create_link(&spot.name, target).is_err() {
                temporary.deliver(path, &spot, &|folder, name| {
                    Ok(folder.create_link(name, target)?)
                })?;
            }
        }
        State::File { mode, uid, gid, .. } => {
            let bytes = contents.of(task.step, task.direction)?;
            temporary.deliver(path, &spot, &|folder, name| {
                let (mode, owner) = (mode & PERMISSIONS, Some((*uid, *gid)));
                match task.together {
                    true => drop(folder.create_unsynced(name, &bytes, mode, owner)?),
                    false => folder.create(name, &bytes, mode, owner)?,
                }
                Ok(())
            })?;
        }
    }
    Ok(Some(spot))
}

/// Makes a file or link of this name in this folder.
type Make<'a> = dyn Fn(&Folder, &OsStr) -> Result<()> + 'a;

/// Folders for files on their way, each on the same file system as the place they go to.
///
/// Both have a fixed name, so that the next change finds what a killed one left. Whoever could take that name in advance
/// gains nothing: what has it is removed, the folder is made anew, and it is worked in through its handle.
struct Temporaries<'a> {
    layout: &'a Layout,
    /// Where it is made: beside the certificate folder, or in it.
    parent: RefCell<&'static str>,
    folder: RefCell<OnceCell<Folder>>,
}

/// Beside the certificate folder; where that is `/` itself, this is the same place.
const BESIDE: &str = "..";
/// In the certificate folder, where that is a file system of its own.
const INSIDE: &str = ".";

impl<'a> Temporaries<'a> {
    fn new(layout: &'a Layout) -> Result<Temporaries<'a>> {
        clear_folders(layout)?;
        let device = |parent| -> Result<Option<u64>> {
            let folder = parent_of_temporary(layout, parent)?;
            let facts = folder.map(|folder| folder.facts(OsStr::new(".")));
            Ok(facts.transpose()?.flatten().map(|facts| facts.device))
        };
        let parent = match device(BESIDE)? == device(INSIDE)? {
            true => BESIDE,
            false => INSIDE,
        };
        Ok(Temporaries {
            layout,
            parent: RefCell::new(parent),
            folder: RefCell::default(),
        })
    }

    /// Makes something under a temporary name, and moves it to its place at one instant.
    ///
    /// For a source the name lies beside the place and is one that the script ignores (no `.crt`).
    fn deliver(&self, path: &Path, spot: &Spot, make: &Make<'_>) -> Result<()> {
        if path.parent() != Some(Path::new(CERTS)) {
            let name = OsStr::new(TEMPORARY);
            // Not a folder with what is in it: where a group may write, it could be anything that they moved there.
            spot.folder.remove(name)?;
            make(&spot.folder, name)?;
            return Ok(spot.folder.rename(name, &spot.folder, &spot.name)?);
        }
        match self.deliver_cert(spot, make)? {
            Ok(()) => Ok(()),
            // A mount of another part of the same file system: only the attempt shows it.
            Err(error) if error.crosses_mounts() => {
                self.parent.replace(INSIDE);
                self.folder.take();
                Ok(self.deliver_cert(spot, make)??)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The outer result is that of making it, the inner one that of moving it.
    fn deliver_cert(&self, spot: &Spot, make: &Make<'_>) -> Result<Result<(), FileError>> {
        let held = self.folder.borrow();
        let folder = match held.get() {
            Some(folder) => folder,
            None => {
                let made = self.make()?;
                held.get_or_init(|| made)
            }
        };
        let name = OsStr::new("new");
        make(folder, name)?;
        Ok(folder.rename(name, &spot.folder, &spot.name))
    }

    fn make(&self) -> Result<Folder> {
        let Some(parent) = parent_of_temporary(self.layout, *self.parent.borrow())? else {
            return Err(Error::new(format!("`{CERTS}` is missing")));
        };
        Ok(parent.create_new_folder(OsStr::new(TEMPORARY), 0o755)?)
    }

    fn clear(&self) -> Result<()> {
        clear_folders(self.layout)
    }
}

/// The folder that a temporary folder is made in; `..` does not lead out of the tree.
fn parent_of_temporary(layout: &Layout, parent: &str) -> Result<Option<Folder>> {
    let path = layout.under_root(&Path::new(CERTS).join(parent));
    match layout.tree.folder_to_change(&path) {
        Err(error) if error.is_absent() => Ok(None),
        folder => {
            let certs = layout.certs.real.as_path();
            let shown = match parent {
                BESIDE => certs.parent().unwrap_or(certs),
                _ => certs,
            };
            Ok(Some(folder?.shown_as(shown)))
        }
    }
}

fn clear_folders(layout: &Layout) -> Result<()> {
    for parent in [BESIDE, INSIDE] {
        let name = OsStr::new(TEMPORARY);
        if let Some(folder) = parent_of_temporary(layout, parent)?
            // On a read-only file system the attempt alone would fail.
            && folder.facts(name)?.is_some()
        {
            folder.remove_all(name)?;
        }
    }
    Ok(())
}

/// Removes what a killed process left on its way to these places.
pub fn clear_temporaries(layout: &Layout, steps: &[Step]) -> Result<()> {
    clear_folders(layout)?;
    let sources = steps
        .iter()
        .filter(|s| matches!(s.role, Role::Source | Role::Selection | Role::Store))
        .map(|step| step.path.clone());
    let seen = Seen::default();
    for name in sources.chain([Path::new(LOCAL).join(TEMPORARY)]) {
        let spot = match Spot::find(layout, &seen, &name) {
            Err(error) if error.is_absent() => continue,
            spot => spot?,
        };
        let name = OsStr::new(TEMPORARY);
        let is_file = |facts: files::Facts| facts.kind != Kind::Directory;
        if spot.folder.facts(name)?.is_some_and(is_file) {
            spot.folder.remove(name)?;
        }
    }
    Ok(())
}
