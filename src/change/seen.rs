//! Files that were read in this run: one whose facts are still the same is not read again.

use std::collections::HashMap;

use crate::cert::Fingerprint;
use crate::store::conf::Conf;
use crate::store::inventory::{Content, Inventory};
use crate::system::files::Facts;

/// What was read so far.
#[derive(Debug, Default)]
pub(super) struct Seen<'a> {
    /// By device and inode.
    files: HashMap<(u64, u64), &'a Content>,
    selection: Option<(&'a Conf, Facts)>,
}

impl<'a> Seen<'a> {
    /// All that an inventory has read.
    pub(super) fn of(inventory: &'a Inventory) -> Seen<'a> {
        let read = inventory.contents().map(|content| &**content);
        let known = |content: &'a Content| Some((key(content.facts()?), content));
        Seen {
            files: read.filter_map(known).collect(),
            selection: inventory.conf.as_ref().zip(inventory.conf_facts),
        }
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
