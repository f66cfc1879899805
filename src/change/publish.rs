//! Steps carried out on the live tree, one atomic rename each, in the order that keeps every reader whole.
//!
//! New sources come first, then links, then hash links, then sources whose content changes, then the bundle; what
//! goes away goes last, the highest hash slot first. The same function does a change, undoes it, and finishes either
//! after a crash: a place that holds what it should is left alone.

use std::path::{Path, PathBuf};

use super::generation::Generations;
use super::plan::{Role, State, Step};
use crate::error::Result;
use crate::store::layout::Layout;
use crate::system::files::{self, Kind};
use crate::system::resolve;

/// Name of the folder for files on their way; readers of every file do not enter folders.
const TEMPORARY: &str = ".trustctl-tmp";

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
pub fn converge(
    layout: &Layout,
    kept: &Generations,
    steps: &[Step],
    direction: Direction,
) -> Result<()> {
    let mut open = Vec::new();
    for step in steps {
        let place = real(layout, &step.path)?;
        let goal = step.goal(direction);
        let now = look(&place)?;
        if now != *goal {
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
    sync(
        &open
            .iter()
            .map(|(_, _, place)| place.as_path())
            .collect::<Vec<_>>(),
    )
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
    let inside = match resolve::parent_inside(&layout.root, name) {
        Ok(inside) => inside,
        // The folder is yet to be made by an earlier step.
        Err(error) if error.is_missing() => name.to_path_buf(),
        Err(error) => return Err(error.into()),
    };
    Ok(resolve::under(&layout.root, &inside))
}

/// What a place holds now.
pub fn look(place: &Path) -> Result<State> {
    let Some(facts) = files::facts(place)? else {
        return Ok(State::Absent);
    };
    Ok(match facts.kind {
        Kind::Link => State::Link {
            target: files::link_target(place)?,
        },
        Kind::Directory => State::Folder { mode: facts.mode },
        _ => {
            let (bytes, facts) = files::read_with_facts(place, u64::MAX >> 1)?;
            State::File {
                sha256: crate::cert::Fingerprint::of(&bytes).to_string(),
                mode: facts.mode,
                uid: facts.uid,
                gid: facts.gid,
            }
        }
    })
}

fn apply(temporary: &Temporaries, kept: &Generations, goal: &State, place: &Path) -> Result<()> {
    match goal {
        State::Absent => match look(place)? {
            State::Folder { .. } => Ok(files::remove_empty_folder(place)?),
            _ => Ok(files::remove(place)?),
        },
        State::Folder { mode } => Ok(files::create_folder(place, *mode)?),
        State::Link { target } => {
            let path = temporary.path(place)?;
            files::create_link(&path, target)?;
            Ok(files::rename(&path, place)?)
        }
        State::File {
            sha256,
            mode,
            uid,
            gid,
        } => {
            let path = temporary.path(place)?;
            files::create(&path, &kept.kept(sha256)?, *mode)?;
            own(&path, *uid, *gid)?;
            Ok(files::rename(&path, place)?)
        }
    }
}

/// Sets the owner only where it differs: an ordinary user's own tree needs no right to do so.
fn own(path: &Path, uid: u32, gid: u32) -> Result<()> {
    match files::facts(path)? {
        Some(facts) if (facts.uid, facts.gid) != (uid, gid) => {
            Ok(files::set_owner(path, uid, gid)?)
        }
        _ => Ok(()),
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
    folder: PathBuf,
}

impl Temporaries {
    fn new(layout: &Layout) -> Result<Temporaries> {
        let certs = layout.certs.real.clone();
        let folder = folder_for(&certs)?;
        files::remove_folder(&folder)?;
        Ok(Temporaries { certs, folder })
    }

    /// A free name from which a rename to `place` is atomic.
    ///
    /// For a source it lies beside the place, under a name that the script ignores (no `.crt`).
    fn path(&self, place: &Path) -> Result<PathBuf> {
        let parent = place.parent().unwrap_or(Path::new("/"));
        if parent == self.certs {
            files::create_folder(&self.folder, 0o755)?;
            return Ok(self.folder.join("new"));
        }
        let path = parent.join(TEMPORARY);
        files::remove(&path)?;
        Ok(path)
    }

    fn clear(&self) -> Result<()> {
        Ok(files::remove_folder(&self.folder)?)
    }
}

/// Beside the certificate folder; inside it where that is a mount of its own.
fn folder_for(certs: &Path) -> Result<PathBuf> {
    let parent = certs.parent().unwrap_or(Path::new("/"));
    let device =
        |path: &Path| -> Result<Option<u64>> { Ok(files::facts(path)?.map(|facts| facts.device)) };
    let base = if device(parent)? == device(certs)? {
        parent
    } else {
        certs
    };
    Ok(base.join(TEMPORARY))
}

/// Removes what a killed process left on its way to these places.
pub fn clear_temporaries(layout: &Layout, steps: &[Step]) -> Result<()> {
    files::remove_folder(&folder_for(&layout.certs.real)?)?;
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
