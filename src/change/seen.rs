//! What this run knows: files that were read, of which one whose facts are still the same is not read again, and
//! folders that are held open.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::cert::Fingerprint;
use crate::store::conf::Conf;
use crate::store::inventory::{Content, Inventory};
use crate::system::FileError;
use crate::system::files::Facts;
use crate::system::folder::Folder;

/// As many folders are held open: a process may have 1,024 files open, and local folders can be many.
const HELD: usize = 256;

/// What was read so far.
#[derive(Debug, Default)]
pub(super) struct Seen<'a> {
    /// By device and inode.
    files: HashMap<(u64, u64), &'a Content>,
    selection: Option<(&'a Conf, Facts)>,
    /// By their names inside the tree.
    folders: RefCell<HashMap<PathBuf, Rc<Folder>>>,
}

impl<'a> Seen<'a> {
    /// All that an inventory has read.
    pub(super) fn of(inventory: &'a Inventory) -> Seen<'a> {
        let read = inventory.contents().map(|content| &**content);
        let known = |content: &'a Content| Some((key(content.facts()?), content));
        Seen {
            files: read.filter_map(known).collect(),
            selection: inventory.conf.as_ref().zip(inventory.conf_facts),
            folders: RefCell::default(),
        }
    }

    /// A folder of this name. The first [`HELD`] are opened once, and names are found through that handle from then on.
    pub(super) fn folder(
        &self,
        name: &Path,
        open: impl FnOnce() -> Result<Folder, FileError>,
    ) -> Result<Rc<Folder>, FileError> {
        if let Some(held) = self.folders.borrow().get(name) {
            return Ok(Rc::clone(held));
        }
        let held = Rc::new(open()?);
        let mut folders = self.folders.borrow_mut();
        if folders.len() < HELD {
            folders.insert(name.to_path_buf(), Rc::clone(&held));
        }
        Ok(held)
    }

    /// What a file with these facts holds, and the SHA-256 of that.
    pub(super) fn file(&self, facts: &Facts) -> Option<(&'a [u8], Fingerprint)> {
        if let Some((conf, _)) = self.selection.filter(|(_, of)| of == facts) {
            return Some((conf.bytes(), Fingerprint::of(conf.bytes())));
        }
        let content = self.files.get(&key(facts))?;
        let same = (content.facts() == Some(facts)).then_some(*content)?;
        same.bytes().zip(same.sha256())
    }
}

fn key(facts: &Facts) -> (u64, u64) {
    (facts.device, facts.inode)
}
