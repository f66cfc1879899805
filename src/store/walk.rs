//! The `.crt` files under a folder, as `find -L FOLDER -type f -name '*.crt' | sort` finds them,
//! with every link followed inside the tree.

use std::collections::HashSet;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::inventory::Ignored;
use super::layout::{Layout, Place};
use crate::system::files::Kind;
use crate::system::resolve;

/// Folders deeper than this are not entered.
const DEPTH: usize = 32;
/// No more names than this are looked at.
const NAMES: usize = 200_000;

/// What was found under a folder.
#[derive(Debug, Default)]
pub struct Found {
    /// The files, sorted bytewise by name.
    pub files: Vec<Place>,
    /// Every folder below, by each of its names.
    pub folders: Vec<Place>,
    /// Names that the script passes over.
    pub ignored: Vec<Ignored>,
    /// What could not be looked at.
    pub unread: Vec<String>,
}

/// Walks a folder of the tree.
pub fn sources(layout: &Layout, folder: &Place) -> Found {
    let mut walk = Walk {
        layout,
        seen: HashSet::new(),
        names: 0,
        found: Found::default(),
    };
    // A link back to the folder itself is a loop, as `find -L` sees it.
    if let Ok(Some(facts)) = layout.tree.facts(&folder.real) {
        walk.seen.insert((facts.device, facts.inode));
    }
    walk.folder(folder, 0);
    walk.found
        .files
        .sort_unstable_by(|one, other| one.name.as_os_str().cmp(other.name.as_os_str()));
    walk.found
}

struct Walk<'a> {
    layout: &'a Layout,
    /// Folders on the way down, by device and inode: a link back up is a loop.
    seen: HashSet<(u64, u64)>,
    names: usize,
    found: Found,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Place, depth: usize) {
        let names = match self.layout.tree.names_and_kinds(&folder.real) {
            Ok(names) => names,
            Err(error) => return self.found.unread.push(error.to_string()),
        };
        for (name, kind) in names {
            self.names += 1;
            if self.names > NAMES {
                let path = folder.real.display();
                return self
                    .found
                    .unread
                    .push(format!("`{path}` has more than {NAMES} names"));
            }
            self.name(folder.join(&name), kind, depth);
        }
    }

    fn name(&mut self, place: Place, kind: Kind, depth: usize) {
        if kind != Kind::Link {
            let real = place.real.clone();
            return self.target(place, real, kind, depth);
        }
        let Ok(inside) = resolve::inside(&self.layout.root, &place.name) else {
            return self.ignore(place, "a link that leads nowhere");
        };
        let real = resolve::under(&self.layout.root, &inside);
        match self.layout.tree.facts(&real) {
            Ok(Some(facts)) => self.target(place, real, facts.kind, depth),
            _ => self.ignore(place, "a link that leads nowhere"),
        }
    }

    /// `place` is where the name stands, `real` where it leads.
    fn target(&mut self, place: Place, real: PathBuf, kind: Kind, depth: usize) {
        match kind {
            Kind::Directory => self.below(place, real, depth),
            Kind::File if is_crt(&place.name) => self.found.files.push(Place { real, ..place }),
            Kind::File => self.ignore(place, "its name does not end in `.crt`"),
            _ => self.ignore(place, "not a regular file"),
        }
    }

    fn below(&mut self, place: Place, real: PathBuf, depth: usize) {
        let facts = match self.layout.tree.facts(&real) {
            Ok(Some(facts)) => facts,
            Ok(None) => return,
            Err(error) => return self.found.unread.push(error.to_string()),
        };
        let identity = (facts.device, facts.inode);
        if depth < DEPTH && self.seen.insert(identity) {
            let folder = Place { real, ..place };
            self.folder(&folder, depth + 1);
            self.found.folders.push(folder);
            self.seen.remove(&identity);
        } else {
            self.ignore(place, "a loop of folders");
        }
    }

    fn ignore(&mut self, place: Place, reason: &'static str) {
        self.found.ignored.push(Ignored { place, reason });
    }
}

fn is_crt(name: &Path) -> bool {
    name.as_os_str().as_bytes().ends_with(b".crt")
}
