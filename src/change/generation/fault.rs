//! What in a record no change of ours can have written: it may come with a tree that somebody else made. Pure.

use std::path::{Component, Path, PathBuf};

use super::{Manifest, is_digest};
use crate::change::others;
use crate::change::plan::{Role, State, Step};
use crate::store::layout::{CERTS, CONF, LOCAL};

impl Manifest {
    /// What in it no change of ours can have written. The record may come with a tree that somebody else made:
    /// carrying it out must not reach beyond the store.
    pub(super) fn fault(&self, selection: &Path) -> Option<String> {
        let is_local = |name: &&PathBuf| is_plain(name) && name.starts_with(LOCAL);
        let stranger = self
            .steps
            .iter()
            .find(|step| !step.is_of_the_store(selection));
        let stranger = stranger.map(|step| &step.path);
        let stranger = stranger.or_else(|| self.sources.keys().find(|name| !is_local(name)));
        if let Some(name) = stranger {
            return Some(format!("`{}` is not part of the store", name.display()));
        }
        let steps = self
            .steps
            .iter()
            .flat_map(|step| [&step.before, &step.after]);
        let mut states = steps.chain(self.sources.values()).chain([&self.selection]);
        let no_digest =
            |state: &&State| matches!(state, State::File { sha256, .. } if !is_digest(sha256));
        if states.any(|state| no_digest(&state)) {
            return Some("it has a digest that is none".to_string());
        }
        let (one, other) = self.nested()?;
        let (one, other) = (one.display(), other.display());
        Some(format!(
            "`{other}` lies below `{one}`, which is not a folder"
        ))
    }

    /// Two steps of which one lies below the place of the other, though that is no folder of sources; the same place
    /// twice, too.
    fn nested(&self) -> Option<(&Path, &Path)> {
        let mut steps: Vec<&Step> = self.steps.iter().collect();
        steps.sort_by(|one, other| one.path.cmp(&other.path));
        // Sorted by components, what lies below a place follows it at once.
        let mut above: Vec<&Step> = Vec::new();
        for step in steps {
            above.retain(|outer| step.path.starts_with(&outer.path));
            let is_wrong = |outer: &&&Step| outer.role != Role::Folder || outer.path == step.path;
            if let Some(outer) = above.iter().find(is_wrong) {
                return Some((&outer.path, &step.path));
            }
            above.push(step);
        }
        None
    }
}

impl Step {
    fn is_of_the_store(&self, selection: &Path) -> bool {
        let path = &self.path;
        let may_be = |state: &State| match (self.role, state) {
            (_, State::Absent) => true,
            (Role::Folder, state) => matches!(state, State::Folder { .. }),
            (_, state) => !matches!(state, State::Folder { .. }),
        };
        let in_place = match self.role {
            Role::Source => path.starts_with(LOCAL) && path != Path::new(LOCAL),
            Role::Folder => {
                path.starts_with(LOCAL)
                    || Path::new(LOCAL).starts_with(path)
                    || others::is_folder_of_place(path)
            }
            Role::Store => others::is_place(path),
            // A link to the selection may lead anywhere in the tree, but that is where the file is.
            Role::Selection => path == selection || path == Path::new(CONF),
            Role::Link | Role::HashLink | Role::Bundle | Role::Stray => {
                path.parent() == Some(Path::new(CERTS))
            }
        };
        in_place && is_plain(path) && may_be(&self.before) && may_be(&self.after)
    }
}

/// Whether a name is absolute and without `..`.
fn is_plain(name: &Path) -> bool {
    let plain = |part| matches!(part, Component::RootDir | Component::Normal(_));
    name.is_absolute() && name.components().all(plain)
}
