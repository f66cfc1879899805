//! What is really removed where links are in play. A certificate is the file behind its names: all of them go, each as
//! the link or file that it is; of what lies in a folder elsewhere it is the link to that folder.

use std::path::{Path, PathBuf};

use crate::change::plan::Wanted;
use crate::store::inventory::{Inventory, Source};
use crate::store::layout::{LOCAL, Layout};

/// Adds everything to `wanted` that must go for this source to be gone.
pub(super) fn remove(layout: &Layout, inventory: &Inventory, source: &Source, wanted: &mut Wanted) {
    let same = |other: &&Source| other.place.real == source.place.real;
    for name in inventory.local().filter(same) {
        match place(layout, &name.place.name) {
            Lies::Here(name) => drop(wanted.removals.insert(name)),
            // The change takes the link away, where nothing else is behind it.
            Lies::Behind => drop(wanted.removals.insert(name.place.name.clone())),
        }
    }
}

enum Lies {
    /// In the local folder, under this name.
    Here(PathBuf),
    /// Elsewhere, behind a link to a folder.
    Behind,
}

/// Where a name of the local folder lies once links to folders are followed; a link in its last part is itself.
fn place(layout: &Layout, name: &Path) -> Lies {
    let (Some(parent), Some(file)) = (name.parent(), name.file_name()) else {
        return Lies::Here(name.to_path_buf());
    };
    let real = layout.place(parent).real;
    if let Ok(relative) = real.strip_prefix(&layout.local.real) {
        return Lies::Here(Path::new(LOCAL).join(relative).join(file));
    }
    Lies::Behind
}
