//! Steps carried out on the live tree, one atomic rename each, in the order that keeps every reader whole.
//!
//! New sources come first, then links, then hash links, then sources whose content changes, then the bundle; what
//! goes away goes last, the highest hash slot first. The same function does a change, undoes it, and finishes either
//! after a crash: a place that holds what it should is left alone.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use super::generation::Generations;
use super::plan::{Role, State, Step};
use crate::error::Result;
use crate::store::layout::Layout;
use crate::system::FileError;
use crate::system::files::{self, Kind};
use crate::system::resolve;

/// Name of the folder for files on their way; readers of every file do not enter folders.
const TEMPORARY: &str = ".trustctl-tmp";
/// No file of the store that is larger is moved, kept or replaced.
pub const LARGEST: u64 = 1 << 30;
/// The permissions that a file of the store can have: never set-uid, whatever a record in a tree says.
const PERMISSIONS: u32 = 0o777;

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

/// Carries steps out; an error leaves the rest undone.
///
/// Undoing leaves a source or selection alone that holds neither what the change put there nor what was there
/// before: somebody else has changed it since. Those are the names that it returns.
pub fn converge(
    layout: &Layout,
    kept: &Generations,
    steps: &[Step],
    direction: Direction,
) -> Result<Vec<PathBuf>> {
    let (mut open, mut foreign) = (Vec::new(), Vec::new());
    for step in steps {
        let place = real(layout, &step.path)?;
        let goal = step.goal(direction);
        let now = look(&place)?;
        let is_source = matches!(step.role, Role::Source | Role::Selection);
        if now == *goal {
        } else if direction == Direction::Back && is_source && now != step.after {
            foreign.push(step.path.clone());
        } else {
            open.push((order(step.role, &now, goal), step, place));
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
    for (_, step, place) in &open {
        apply(&temporary, kept, step.goal(direction), place)?;
    }
    temporary.clear()?;
    let places: Vec<&Path> = open.iter().map(|(_, _, place)| place.as_path()).collect();
    sync(&places)?;
    Ok(foreign)
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

/// Where a name inside the tree really lies; its folder's links are followed, its own is not.
pub fn real(layout: &Layout, name: &Path) -> Result<PathBuf> {
    // Its folder may be yet to be made by an earlier step.
    let inside = resolve::name_inside(&layout.root, name)?;
    Ok(resolve::under(&layout.root, &inside))
}

/// What a place holds now.
pub fn look(place: &Path) -> Result<State> {
    look_and_read(place).map(|(state, _)| state)
}

/// What a place holds now, and the bytes where that is a file.
///
/// A run of the bare script beside us makes and removes names at any moment: one that is gone when it is read is absent.
pub fn look_and_read(place: &Path) -> Result<(State, Option<Vec<u8>>)> {
    match found(place) {
        Err(error) if error.is_missing() => Ok((State::Absent, None)),
        found => Ok(found?),
    }
}

fn found(place: &Path) -> std::result::Result<(State, Option<Vec<u8>>), FileError> {
    let Some(facts) = files::facts(place)? else {
        return Ok((State::Absent, None));
    };
    let state = match facts.kind {
        Kind::Link => State::Link {
            target: files::link_target(place)?,
        },
        Kind::Directory => State::Folder {
            mode: facts.mode & PERMISSIONS,
        },
        _ => {
            let (bytes, facts) = files::read_with_facts(place, LARGEST)?;
            let state = State::File {
                sha256: crate::cert::Fingerprint::of(&bytes).to_string(),
                mode: facts.mode & PERMISSIONS,
                uid: facts.uid,
                gid: facts.gid,
            };
            return Ok((state, Some(bytes)));
        }
    };
    Ok((state, None))
}

fn apply(temporary: &Temporaries, kept: &Generations, goal: &State, place: &Path) -> Result<()> {
    match goal {
        State::Absent => match look(place)? {
            State::Folder { .. } => Ok(files::remove_empty_folder(place)?),
            _ => Ok(files::remove(place)?),
        },
        State::Folder { mode } => Ok(files::create_folder(place, mode & PERMISSIONS)?),
        State::Link { target } => {
            temporary.deliver(place, &|path| Ok(files::create_link(path, target)?))
        }
        State::File {
            sha256,
            mode,
            uid,
            gid,
        } => {
            let bytes = kept.kept(sha256)?;
            temporary.deliver(place, &|path| {
                let mode = mode & PERMISSIONS;
                Ok(files::create_owned(path, &bytes, mode, (*uid, *gid))?)
            })
        }
    }
}

fn sync(places: &[&Path]) -> Result<()> {
    let mut folders: Vec<&Path> = places.iter().filter_map(|place| place.parent()).collect();
    folders.sort_unstable();
    folders.dedup();
    for folder in folders {
        match files::sync_folder(folder) {
            Err(error) if !error.is_missing() => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

/// Folders for files on their way, each on the same file system as the place they go to.
struct Temporaries {
    certs: PathBuf,
    folder: RefCell<PathBuf>,
}

impl Temporaries {
    fn new(layout: &Layout) -> Result<Temporaries> {
        let certs = layout.certs.real.clone();
        clear_folders(&certs)?;
        Ok(Temporaries {
            folder: RefCell::new(folder_for(&certs)?),
            certs,
        })
    }

    /// Makes something under a temporary name, and moves it to its place at one instant.
    ///
    /// For a source the name lies beside the place and is one that the script ignores (no `.crt`).
    fn deliver(&self, place: &Path, make: &dyn Fn(&Path) -> Result<()>) -> Result<()> {
        let parent = place.parent().unwrap_or(Path::new("/"));
        if parent != self.certs {
            let path = parent.join(TEMPORARY);
            files::remove(&path)?;
            make(&path)?;
            return Ok(files::rename(&path, place)?);
        }
        match self.deliver_cert(place, make)? {
            Ok(()) => Ok(()),
            // A mount of another part of the same file system: only the attempt shows it.
            Err(error) if error.crosses_mounts() => {
                self.folder.replace(inside(&self.certs));
                Ok(self.deliver_cert(place, make)??)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The outer result is that of making it, the inner one that of moving it.
    fn deliver_cert(
        &self,
        place: &Path,
        make: &dyn Fn(&Path) -> Result<()>,
    ) -> Result<Result<(), FileError>> {
        let folder = self.folder.borrow();
        files::create_folder(&folder, 0o755)?;
        let path = folder.join("new");
        make(&path)?;
        Ok(files::rename(&path, place))
    }

    fn clear(&self) -> Result<()> {
        clear_folders(&self.certs)
    }
}

fn beside(certs: &Path) -> PathBuf {
    certs.parent().unwrap_or(Path::new("/")).join(TEMPORARY)
}

fn inside(certs: &Path) -> PathBuf {
    certs.join(TEMPORARY)
}

/// Beside the certificate folder; inside it where that is a file system of its own.
fn folder_for(certs: &Path) -> Result<PathBuf> {
    let parent = certs.parent().unwrap_or(Path::new("/"));
    let device =
        |path: &Path| -> Result<Option<u64>> { Ok(files::facts(path)?.map(|facts| facts.device)) };
    match device(parent)? == device(certs)? {
        true => Ok(beside(certs)),
        false => Ok(inside(certs)),
    }
}

fn clear_folders(certs: &Path) -> Result<()> {
    for folder in [beside(certs), inside(certs)] {
        if files::facts(&folder)?.is_some() {
            files::remove_folder(&folder)?;
        }
    }
    Ok(())
}

/// Removes what a killed process left on its way to these places.
pub fn clear_temporaries(layout: &Layout, steps: &[Step]) -> Result<()> {
    clear_folders(&layout.certs.real)?;
    let mut folders = vec![layout.local.real.clone()];
    for step in steps
        .iter()
        .filter(|s| matches!(s.role, Role::Source | Role::Selection))
    {
        folders.extend(real(layout, &step.path)?.parent().map(Path::to_path_buf));
    }
    for folder in folders {
        let path = folder.join(TEMPORARY);
        if files::facts(&path)?.is_some_and(|facts| facts.kind != Kind::Directory) {
            files::remove(&path)?;
        }
    }
    Ok(())
}
