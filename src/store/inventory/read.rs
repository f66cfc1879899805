//! From the files of a tree to its inventory.

use std::collections::{BTreeMap, HashMap};
use std::ffi::{OsStr, OsString};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::thread;

use super::{
    BUNDLE_LIMIT, Content, Entry, EntryKind, FILE_LIMIT, Ignored, Inventory, Origin, Source,
};
use crate::cert::{self, Document};
use crate::store::conf::{self, Conf, Line};
use crate::store::layout::{BUNDLE, Layout, Place};
use crate::store::{links, walk};
use crate::system::FileError;
use crate::system::files::{Facts, Kind};
use crate::system::folder::{Folder, Held};
use crate::system::processors;
use crate::system::resolve;
use crate::system::signals::leave_to_main_thread;

/// More bytes of sources are not read: who may write in the local folder would choose how much memory that takes.
/// (100,000 certificates have 200 MB.)
const SOURCES_LIMIT: u64 = 256 << 20;
/// A file of this size is read all the same: an ordinary certificate must not become unreadable by what others left.
const SMALL: u64 = 64 << 10;
/// So many names of the certificate folder are looked at in a thread of their own.
const WORTH_A_THREAD: usize = 2000;

/// What is done with a file that was read before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// It is read again; what was parsed is kept where the bytes are the same.
    Read,
    /// Its facts are looked at; it is read again where they are others.
    Look,
}

/// Reads each real file once, however many names lead to it.
pub(super) struct Reader<'a> {
    layout: &'a Layout,
    cache: HashMap<OsString, Arc<Content>>,
    /// The same by device and inode: many names can be links to one file.
    files: HashMap<(u64, u64), Arc<Content>>,
    /// The same as an earlier reading found them.
    earlier: HashMap<(u64, u64), Arc<Content>>,
    earlier_conf: Option<(Conf, Facts)>,
    again: Again,
    /// How many bytes of sources may still be read.
    left: u64,
    /// Sources by their names inside the tree, to which the links of the script point.
    sources: HashMap<OsString, Arc<Content>>,
    certificates: cert::Known,
    folders: resolve::Folders,
    /// The folder of the last file read.
    folder: Option<Folder>,
    unread: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(layout: &'a Layout) -> Self {
        Self {
            layout,
            cache: HashMap::new(),
            files: HashMap::new(),
            earlier: HashMap::new(),
            earlier_conf: None,
            again: Again::Read,
            left: SOURCES_LIMIT,
            sources: HashMap::new(),
            certificates: cert::Known::default(),
            folders: resolve::Folders::new(),
            folder: None,
            unread: Vec::new(),
        }
    }

    /// A reader that knows what an earlier one has found.
    pub(super) fn after(layout: &'a Layout, earlier: &Inventory, again: Again) -> Self {
        let identified = |content: &Arc<Content>| {
            let facts = content.facts()?;
            Some(((facts.device, facts.inode), Arc::clone(content)))
        };
        Self {
            earlier: earlier.contents().filter_map(identified).collect(),
            earlier_conf: earlier.conf.clone().zip(earlier.conf_facts),
            again,
            ..Self::new(layout)
        }
    }

    pub(super) fn read(self) -> Inventory {
        let layout = self.layout;
        let listed = listed(layout);
        // In a large store the names take a third of the time of the sources; in a small one a thread takes longer.
        if processors() == 1 || listed.names.len() < WORTH_A_THREAD {
            return self.read_beside(|| listed.entries());
        }
        thread::scope(|scope| {
            let names = scope.spawn(|| {
                leave_to_main_thread();
                listed.entries()
            });
            self.read_beside(|| names.join().unwrap_or_else(|panic| resume_unwind(panic)))
        })
    }

    /// Reads everything; `names` waits for what stands in the certificate folder.
    fn read_beside(mut self, names: impl FnOnce() -> Names) -> Inventory {
        let conf = self.conf();
        let conf_facts = conf.as_ref().map(|conf| conf.1);
        let (local, ignored) = self.local();
        let (vendor, missing) = self.vendor(conf.as_ref().map(|conf| &conf.0));
        // The script's order.
        let selected = vendor.iter().filter(|source| source.selected);
        self.bundle(selected.chain(&local));
        let entries = self.entries(names());
        let folder = |place: &Place| self.layout.tree.facts(&place.real).ok().flatten();
        Inventory {
            sources: local.into_iter().chain(vendor).collect(),
            ignored,
            missing,
            entries,
            local_folder: folder(&self.layout.local),
            vendor_folder: folder(&self.layout.vendor),
            certs_folder: folder(&self.layout.certs),
            conf: conf.map(|conf| conf.0),
            conf_facts,
            unread: self.unread,
        }
    }

    fn note(&mut self, error: impl std::fmt::Display) {
        self.unread.push(error.to_string());
    }

    /// The selection, and the facts of its file.
    fn conf(&mut self) -> Option<(Conf, Facts)> {
        let (tree, path) = (&self.layout.tree, &self.layout.conf.real);
        if let (Again::Look, Some((conf, facts))) = (self.again, &self.earlier_conf)
            && tree.facts(path).ok().flatten() == Some(*facts)
        {
            return Some((conf.clone(), *facts));
        }
        match tree.read_with_facts(path, FILE_LIMIT) {
            Ok((bytes, facts)) => Some((Conf::new(bytes), facts)),
            Err(error) if error.is_missing() => None,
            Err(error) => {
                self.note(error);
                None
            }
        }
    }

    fn content(&mut self, real: &Path, limit: u64) -> Arc<Content> {
        if let Some(known) = self.cache.get(real.as_os_str()) {
            return Arc::clone(known);
        }
        let held = self.hold(real);
        let facts = held.as_ref().map(Held::facts);
        let identity = facts.map(|facts| (facts.device, facts.inode));
        let known = identity.and_then(|identity| self.files.get(&identity));
        let content = match known {
            Some(known) => Arc::clone(known),
            None => self.unknown(real, limit, held),
        };
        self.cache.insert(real.into(), Arc::clone(&content));
        self.files
            .extend(identity.map(|identity| (identity, Arc::clone(&content))));
        content
    }

    fn unknown(&mut self, real: &Path, limit: u64, held: Option<Held>) -> Arc<Content> {
        let facts = held.as_ref().map(|held| *held.facts());
        let size = facts.map_or(0, |facts| facts.size);
        let content = if size > self.left.max(SMALL) {
            let reason = format!(
                "not checked: the sources have more than {} MiB",
                SOURCES_LIMIT >> 20
            );
            Arc::new(Content::Unread(reason))
        } else {
            self.left = self.left.saturating_sub(size);
            match facts.and_then(|facts| self.unchanged(&facts)) {
                Some(same) => same,
                None => {
                    let read = match held {
                        Some(held) => self.read_held(real, &held, limit),
                        None => self.read_file(real, limit),
                    };
                    self.parsed(read)
                }
            }
        };
        if let Content::Unread(reason) = &*content {
            self.note(format!("cannot read `{}`: {reason}", real.display()));
        }
        content
    }

    /// The content of a file that need not be read again.
    fn unchanged(&self, facts: &Facts) -> Option<Arc<Content>> {
        let earlier = self.earlier.get(&(facts.device, facts.inode))?;
        let is_same = self.again == Again::Look && earlier.facts() == Some(facts);
        is_same.then(|| Arc::clone(earlier))
    }

    /// What was read, parsed unless it was before.
    fn parsed(&mut self, read: Result<(Vec<u8>, Facts), FileError>) -> Arc<Content> {
        let same = read.as_ref().ok();
        let same = same.and_then(|(bytes, facts)| self.same(bytes, facts));
        same.unwrap_or_else(|| Arc::new(Content::known(read, &mut self.certificates)))
    }

    /// The earlier content that is just this one.
    fn same(&self, bytes: &[u8], facts: &Facts) -> Option<Arc<Content>> {
        let earlier = self.earlier.get(&(facts.device, facts.inode))?;
        let is_same = earlier.facts() == Some(facts) && earlier.bytes() == Some(bytes);
        is_same.then(|| Arc::clone(earlier))
    }

    /// Sources stand beside each other: their folder is opened once.
    fn beside(&mut self, parent: &Path) -> Result<&Folder, FileError> {
        let folder = match self.folder.take() {
            Some(folder) if folder.path().as_os_str() == parent.as_os_str() => folder,
            _ => self.layout.tree.folder(parent)?,
        };
        Ok(self.folder.insert(folder))
    }

    fn facts(&mut self, real: &Path) -> Option<Facts> {
        let (Some(parent), Some(name)) = (real.parent(), real.file_name()) else {
            return self.layout.tree.facts(real).ok().flatten();
        };
        self.beside(parent).ok()?.facts(name).ok().flatten()
    }

    fn hold(&mut self, real: &Path) -> Option<Held> {
        let (parent, name) = (real.parent()?, real.file_name()?);
        self.beside(parent).ok()?.hold(name).ok()
    }

    fn read_held(
        &mut self,
        real: &Path,
        held: &Held,
        limit: u64,
    ) -> Result<(Vec<u8>, Facts), FileError> {
        let (Some(parent), Some(name)) = (real.parent(), real.file_name()) else {
            return self.read_file(real, limit);
        };
        let bytes = self.beside(parent)?.read_held(name, held, limit)?;
        Ok((bytes, *held.facts()))
    }

    fn read_file(&mut self, real: &Path, limit: u64) -> Result<(Vec<u8>, Facts), FileError> {
        let (Some(parent), Some(name)) = (real.parent(), real.file_name()) else {
            return self.layout.tree.read_with_facts(real, limit);
        };
        self.beside(parent)?.read_with_facts(name, limit)
    }

    fn source(&mut self, place: Place, origin: Origin, selected: bool) -> Source {
        let content = self.content(&place.real, FILE_LIMIT);
        self.sources
            .insert(place.name.clone().into(), Arc::clone(&content));
        Source {
            closed: self.closed(&place, origin),
            place,
            origin,
            selected,
            content,
        }
    }

    /// The first folder on the way to a file outside the local folder that others cannot enter.
    fn closed(&self, place: &Place, origin: Origin) -> Option<PathBuf> {
        if origin != Origin::Local || place.real.starts_with(&self.layout.local.real) {
            return None;
        }
        let within = place.real.strip_prefix(&self.layout.root).ok()?;
        let mut folders: Vec<&Path> = within.parent()?.ancestors().collect();
        folders.pop();
        let is_closed = |folder: &&&Path| {
            let folder = self.layout.root.join(folder);
            let facts = self.layout.tree.facts(&folder).ok().flatten();
            facts.is_none_or(|facts| facts.mode & 0o001 == 0)
        };
        let closed = folders.iter().rev().find(is_closed)?;
        Some(Path::new("/").join(closed))
    }

    fn local(&mut self) -> (Vec<Source>, Vec<Ignored>) {
        let found = walk::sources(self.layout, &self.layout.local);
        self.unread.extend(found.unread);
        let files = found.files.into_iter();
        let sources = files.map(|place| self.source(place, Origin::Local, true));
        (sources.collect(), found.ignored)
    }

    fn vendor(&mut self, conf: Option<&Conf>) -> (Vec<Source>, Vec<(usize, String)>) {
        let found = walk::sources(self.layout, &self.layout.vendor);
        self.unread.extend(found.unread);
        let files = found.files.into_iter();
        let mut files: BTreeMap<OsString, Place> = files
            .map(|place| (place.name.clone().into_os_string(), place))
            .collect();
        let (mut sources, mut missing) = (Vec::new(), Vec::new());
        for (number, line) in conf.iter().flat_map(|conf| conf.lines()) {
            let Line::Selected(name) = line else { continue };
            match self.selected(&name, &mut files) {
                Some(place) => sources.push(self.source(place, Origin::Vendor, true)),
                None => missing.push((number, name)),
            }
        }
        for place in files.into_values() {
            sources.push(self.source(place, Origin::Vendor, false));
        }
        (sources, missing)
    }

    /// A name of the conf; it need not end in `.crt` (the script only asks for a regular file).
    fn selected(&self, name: &str, files: &mut BTreeMap<OsString, Place>) -> Option<Place> {
        if !conf::stays_inside(name) {
            return None;
        }
        let wanted = self.layout.vendor.name.join(name);
        files.remove(wanted.as_os_str()).or_else(|| {
            // `mozilla//X.crt` is the same file.
            let wanted: PathBuf = wanted.components().collect();
            if let Some(place) = files.remove(wanted.as_os_str()) {
                return Some(place);
            }
            let place = self.layout.place(&wanted);
            let facts = self.layout.tree.facts(&place.real).ok().flatten()?;
            (facts.kind == Kind::File).then_some(place)
        })
    }

    /// Reads the bundle; what it has of the sources is not read once more. What hinders is told when it is looked at.
    fn bundle<'s>(&mut self, sources: impl Iterator<Item = &'s Source>) {
        let real = self.layout.certs.real.join(BUNDLE);
        let Some(facts) = self.facts(&real).filter(|facts| facts.kind == Kind::File) else {
            return;
        };
        if let Some(same) = self.unchanged(&facts) {
            self.cache.insert(real.into(), same);
            return;
        }
        let Ok((bytes, facts)) = self.read_file(&real, BUNDLE_LIMIT) else {
            return;
        };
        if let Some(same) = self.same(&bytes, &facts) {
            self.cache.insert(real.into(), same);
            return;
        }
        let files = sources.filter_map(|s| Some((s.content.bytes()?, s.content.document()?)));
        let document = Document::joined(&bytes, files)
            .unwrap_or_else(|| cert::read_known(&bytes, &mut self.certificates));
        let content = Content::Read {
            bytes,
            document,
            facts: Some(facts),
            digest: OnceLock::new(),
        };
        self.cache.insert(real.into(), Arc::new(content));
    }

    fn entries(&mut self, names: Names) -> BTreeMap<OsString, Entry> {
        self.unread.extend(names.unread);
        let mut entries = names.entries;
        let behind: Vec<_> = entries
            .values()
            .map(|entry| self.behind(&entries, entry))
            .collect();
        for (entry, content) in entries.values_mut().zip(behind) {
            entry.content = content;
        }
        entries
    }

    /// What a reader finds when it opens the name.
    fn behind<'e>(
        &mut self,
        entries: &'e BTreeMap<OsString, Entry>,
        mut entry: &'e Entry,
    ) -> Option<Arc<Content>> {
        // Hash links point to links in the same folder, those to sources: nothing need be asked of the kernel.
        if let Some(next) = entry
            .target()
            .and_then(|target| entries.get(target.as_os_str()))
        {
            entry = next;
        }
        if let Some(source) = entry
            .target()
            .and_then(|target| self.sources.get(target.as_os_str()))
        {
            return Some(Arc::clone(source));
        }
        if entry.facts.is_some() {
            let real = self.layout.certs.real.join(&entry.name);
            return Some(self.content(&real, limit_of(&entry.name)));
        }
        match entry.kind {
            EntryKind::Folder | EntryKind::Special => None,
            _ => self.followed(&entry.name),
        }
    }

    /// What is behind a link that leads anywhere in the tree.
    fn followed(&mut self, name: &Path) -> Option<Arc<Content>> {
        let named = self.layout.certs.name.join(name);
        let inside = resolve::inside_known(&self.layout.root, &named, &mut self.folders).ok()?;
        let real = resolve::under(&self.layout.root, &inside);
        let facts = self.layout.tree.facts(&real).ok().flatten()?;
        (facts.kind == Kind::File).then(|| self.content(&real, limit_of(name)))
    }
}

/// What stands in the certificate folder, without what is behind it.
#[derive(Default)]
struct Names {
    entries: BTreeMap<OsString, Entry>,
    unread: Vec<String>,
}

/// The names of the certificate folder, not looked at yet.
#[derive(Default)]
struct Listed {
    folder: Option<Folder>,
    names: Vec<(OsString, Kind)>,
    unread: Option<String>,
}

fn listed(layout: &Layout) -> Listed {
    let folder = layout.tree.folder(&layout.certs.real);
    match folder.and_then(|folder| Ok((folder.names_and_kinds()?, folder))) {
        Ok((names, folder)) => Listed {
            folder: Some(folder),
            names,
            unread: None,
        },
        Err(error) => Listed {
            unread: (!error.is_absent()).then(|| error.to_string()),
            ..Listed::default()
        },
    }
}

impl Listed {
    fn entries(self) -> Names {
        let (mut found, mut unread) = (Vec::with_capacity(self.names.len()), Vec::new());
        unread.extend(self.unread);
        let Some(folder) = self.folder else {
            let entries = BTreeMap::new();
            return Names { entries, unread };
        };
        for (name, kind) in self.names {
            match entry(&folder, &name, kind) {
                Ok(Some(entry)) => found.push((name, entry)),
                Ok(None) => {}
                Err(error) if error.is_missing() => {}
                Err(error) => unread.push(error.to_string()),
            }
        }
        Names {
            entries: BTreeMap::from_iter(found),
            unread,
        }
    }
}

/// What the name itself is; what is behind it is looked at once all names are known.
fn entry(folder: &Folder, name: &OsStr, kind: Kind) -> Result<Option<Entry>, FileError> {
    let target = match kind {
        Kind::Link => Some(folder.link_target(name)?),
        _ => None,
    };
    let facts = match kind {
        Kind::File => folder.facts(name)?.map(Box::new),
        _ => None,
    };
    // It can be gone since the folder was listed.
    let is_there = kind != Kind::File || facts.is_some();
    Ok(is_there.then(|| Entry {
        name: PathBuf::from(name),
        kind: classify(name, kind, target),
        content: None,
        facts,
    }))
}

fn limit_of(name: &Path) -> u64 {
    if name == Path::new(BUNDLE) {
        BUNDLE_LIMIT
    } else {
        FILE_LIMIT
    }
}

fn classify(name: &OsStr, kind: Kind, target: Option<PathBuf>) -> EntryKind {
    if name == BUNDLE {
        return EntryKind::Bundle;
    }
    if name == OsString::from(format!("{BUNDLE}.new")) {
        return EntryKind::StrayBundle;
    }
    match (kind, target) {
        (Kind::Link, Some(target)) => {
            if let Some((hash, index)) = links::hash_name(Path::new(name)) {
                EntryKind::HashLink {
                    hash,
                    index,
                    target,
                }
            } else if links::points_to_source(&target) {
                EntryKind::SourceLink(target)
            } else {
                EntryKind::ForeignLink(target)
            }
        }
        (Kind::Directory, _) => EntryKind::Folder,
        (Kind::Special, _) => EntryKind::Special,
        _ => EntryKind::ForeignFile,
    }
}
