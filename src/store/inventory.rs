//! Everything the store consists of, read once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::conf::{self, Conf, Line};
use super::layout::{BUNDLE, Layout, Place};
use super::links;
use super::walk;
use crate::cert::{self, Certificate, Characters, Document, Encoding, Fingerprint};
use crate::system::files::{self, Facts, Kind};
use crate::system::resolve;

/// A source or a file in the certificate folder is not read when larger (a bundle of 100,000 certificates has 200 MB).
pub const FILE_LIMIT: u64 = 64 << 20;
/// The bundle is not read when larger.
pub const BUNDLE_LIMIT: u64 = 1 << 30;

/// A file's content, or why there is none.
#[derive(Debug)]
pub enum Content {
    /// It was read.
    Read {
        /// Exactly what it holds.
        bytes: Vec<u8>,
        /// What a PEM/DER reader finds in it.
        document: Document,
        /// Its facts, links followed; `None` for a file that is yet to be written.
        facts: Option<Facts>,
    },
    /// It was not, for this reason.
    Unread(String),
}

impl Content {
    /// Reads a file of the tree; never fails.
    pub fn read(real: &Path, limit: u64) -> Content {
        Content::read_known(real, limit, &mut cert::Known::default())
    }

    fn read_known(real: &Path, limit: u64, known: &mut cert::Known) -> Content {
        match files::read_with_facts(real, limit) {
            Ok((bytes, facts)) => Content::Read {
                document: cert::read_known(&bytes, known),
                bytes,
                facts: Some(facts),
            },
            Err(error) => Content::Unread(crate::system::plain(&error.source)),
        }
    }

    /// The content of a file that is yet to be written.
    pub fn of(bytes: Vec<u8>) -> Content {
        Content::Read {
            document: cert::read(&bytes),
            bytes,
            facts: None,
        }
    }

    /// Every certificate that programs find in it: none of them reads anything but PEM from the store, and none
    /// reads UTF-16.
    pub fn pem_certificates(&self) -> impl Iterator<Item = &Certificate> {
        let readable = |document: &&Document| {
            document.encoding == Encoding::Pem
                && matches!(document.characters, Characters::Utf8 | Characters::Utf8Bom)
        };
        let document = self.document().filter(readable);
        document
            .into_iter()
            .flat_map(Document::certificates)
            .map(|(_, certificate)| certificate)
    }

    /// Every certificate in it that parses.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        self.document()
            .into_iter()
            .flat_map(Document::certificates)
            .map(|(_, certificate)| certificate)
    }

    /// What a reader finds in it.
    pub fn document(&self) -> Option<&Document> {
        match self {
            Content::Read { document, .. } => Some(document),
            Content::Unread(_) => None,
        }
    }

    /// Exactly what it holds.
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Content::Read { bytes, .. } => Some(bytes),
            Content::Unread(_) => None,
        }
    }

    /// Its facts, links followed.
    pub fn facts(&self) -> Option<&Facts> {
        match self {
            Content::Read { facts, .. } => facts.as_ref(),
            Content::Unread(_) => None,
        }
    }
}

/// Where a certificate comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// `/usr/local/share/ca-certificates`.
    Local,
    /// `/usr/share/ca-certificates`.
    Vendor,
    /// Only in `/etc/ssl/certs`.
    Foreign,
}

/// One `.crt` file that `update-ca-certificates` would take up, or could if selected.
#[derive(Debug)]
pub struct Source {
    /// Its name inside the tree and its real path (links followed).
    pub place: Place,
    /// Local or vendor.
    pub origin: Origin,
    /// Whether the script adds it: every local one, and the vendor ones that the conf selects.
    pub selected: bool,
    /// What it holds.
    pub content: Arc<Content>,
}

impl Source {
    /// The certificate, when the file holds exactly one and nothing that hurts.
    pub fn single(&self) -> Option<&Certificate> {
        let mut all = self.content.certificates();
        match (all.next(), all.next()) {
            (Some(one), None) => Some(one),
            _ => None,
        }
    }
}

/// A file in the local folder that the script passes over.
#[derive(Debug)]
pub struct Ignored {
    /// Its name inside the tree and its real path.
    pub place: Place,
    /// Why.
    pub reason: &'static str,
}

/// What a name in the certificate folder is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// The bundle.
    Bundle,
    /// `ca-certificates.crt.new`, left by a killed run.
    StrayBundle,
    /// A link to a source, made by the script.
    SourceLink(PathBuf),
    /// A hash link to a name in the same folder.
    HashLink {
        /// Subject hash in the name.
        hash: u32,
        /// Index in the name.
        index: u32,
        /// Where it points.
        target: PathBuf,
    },
    /// Any other link.
    ForeignLink(PathBuf),
    /// Any other file.
    ForeignFile,
    /// A folder.
    Folder,
    /// A FIFO, socket or device.
    Special,
}

/// One name in the certificate folder.
#[derive(Debug)]
pub struct Entry {
    /// The name.
    pub name: PathBuf,
    /// What it is.
    pub kind: EntryKind,
    /// The facts of a regular file; `None` for anything else.
    pub facts: Option<Facts>,
    /// What readers find behind it; `None` for folders, special files and dangling links.
    pub content: Option<Arc<Content>>,
}

impl Entry {
    /// Where it points, exactly as stored; `None` for what is no link.
    pub fn target(&self) -> Option<&Path> {
        match &self.kind {
            EntryKind::SourceLink(target)
            | EntryKind::ForeignLink(target)
            | EntryKind::HashLink { target, .. } => Some(target),
            _ => None,
        }
    }
}

/// The whole store of one tree.
#[derive(Debug)]
pub struct Inventory {
    /// The selection; `None` where the file is missing.
    pub conf: Option<Conf>,
    /// Local sources in the script's order, then vendor ones.
    pub sources: Vec<Source>,
    /// Files in the local folder that the script passes over.
    pub ignored: Vec<Ignored>,
    /// Selected names without a file.
    pub missing: Vec<(usize, String)>,
    /// The certificate folder, by name; the bundle included.
    pub entries: BTreeMap<OsString, Entry>,
    /// Facts of the local folder itself.
    pub local_folder: Option<Facts>,
    /// Facts of the certificate folder itself.
    pub certs_folder: Option<Facts>,
    /// What could not be looked at, and why.
    pub unread: Vec<String>,
}

impl Inventory {
    /// Reads the store under a layout; what cannot be read becomes part of the result.
    pub fn read(layout: &Layout) -> Inventory {
        Reader::new(layout).read()
    }

    /// Local sources in the script's order.
    pub fn local(&self) -> impl Iterator<Item = &Source> {
        self.sources.iter().filter(|s| s.origin == Origin::Local)
    }

    /// Vendor sources: in the order of the conf, then those that it does not name.
    pub fn vendor(&self) -> impl Iterator<Item = &Source> {
        self.sources.iter().filter(|s| s.origin == Origin::Vendor)
    }

    /// The bundle.
    pub fn bundle(&self) -> Option<&Content> {
        self.entries.get(OsStr::new(BUNDLE))?.content.as_deref()
    }

    /// What readers of the bundle trust.
    pub fn bundle_view(&self) -> BTreeSet<Fingerprint> {
        self.bundle()
            .map(|content| content.certificates().map(Certificate::sha256).collect())
            .unwrap_or_default()
    }

    /// What readers of the hash directory trust: for each hash the names `.0`, `.1` … up to the first
    /// gap (OpenSSL `by_dir.c`), and only certificates whose subject has that hash.
    pub fn hash_view(&self) -> BTreeSet<Fingerprint> {
        let mut slots: BTreeMap<u32, BTreeMap<u32, &Entry>> = BTreeMap::new();
        for entry in self.entries.values() {
            if let Some((hash, index)) = links::hash_name(&entry.name) {
                slots.entry(hash).or_default().insert(index, entry);
            }
        }
        let mut trusted = BTreeSet::new();
        for (hash, entries) in slots {
            for (expected, (index, entry)) in (0..).zip(entries) {
                if expected != index {
                    break;
                }
                let found = entry.content.iter().flat_map(|c| c.pem_certificates());
                trusted.extend(
                    found
                        .filter(|certificate| certificate.subject_hash() == hash)
                        .map(Certificate::sha256),
                );
            }
        }
        trusted
    }

    /// What readers of every file of the folder trust (Go: the bundle and all files beside it).
    pub fn file_view(&self) -> BTreeSet<Fingerprint> {
        self.entries
            .values()
            .flat_map(|entry| entry.content.iter())
            .flat_map(|content| content.pem_certificates())
            .map(Certificate::sha256)
            .collect()
    }
}

/// Reads each real file once, however many names lead to it.
struct Reader<'a> {
    layout: &'a Layout,
    cache: HashMap<OsString, Arc<Content>>,
    /// Sources by their names inside the tree, to which the links of the script point.
    sources: HashMap<OsString, Arc<Content>>,
    certificates: cert::Known,
    folders: resolve::Folders,
    unread: Vec<String>,
}

impl<'a> Reader<'a> {
    fn new(layout: &'a Layout) -> Self {
        Self {
            layout,
            cache: HashMap::new(),
            sources: HashMap::new(),
            certificates: cert::Known::default(),
            folders: resolve::Folders::new(),
            unread: Vec::new(),
        }
    }

    fn read(mut self) -> Inventory {
        let conf = self.conf();
        let (local, ignored) = self.local();
        let (vendor, missing) = self.vendor(conf.as_ref());
        let entries = self.entries();
        let folder = |place: &Place| files::facts(&place.real).ok().flatten();
        Inventory {
            sources: local.into_iter().chain(vendor).collect(),
            ignored,
            missing,
            entries,
            local_folder: folder(&self.layout.local),
            certs_folder: folder(&self.layout.certs),
            conf,
            unread: self.unread,
        }
    }

    fn note(&mut self, error: impl std::fmt::Display) {
        self.unread.push(error.to_string());
    }

    fn conf(&mut self) -> Option<Conf> {
        match files::read(&self.layout.conf.real, FILE_LIMIT) {
            Ok(bytes) => Some(Conf::new(bytes)),
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
        let content = Arc::new(Content::read_known(real, limit, &mut self.certificates));
        if let Content::Unread(reason) = &*content {
            self.note(format!("cannot read `{}`: {reason}", real.display()));
        }
        self.cache.insert(real.into(), Arc::clone(&content));
        content
    }

    fn source(&mut self, place: Place, origin: Origin, selected: bool) -> Source {
        let content = self.content(&place.real, FILE_LIMIT);
        self.sources
            .insert(place.name.clone().into(), Arc::clone(&content));
        Source {
            place,
            origin,
            selected,
            content,
        }
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
        let mut files: BTreeMap<PathBuf, Place> = found
            .files
            .into_iter()
            .map(|place| (place.name.clone(), place))
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
    fn selected(&self, name: &str, files: &mut BTreeMap<PathBuf, Place>) -> Option<Place> {
        if !conf::stays_inside(name) {
            return None;
        }
        let wanted = self.layout.vendor.name.join(name);
        files.remove(&wanted).or_else(|| {
            let place = self.layout.place(&wanted);
            let facts = files::facts(&place.real).ok().flatten()?;
            (facts.kind == Kind::File).then_some(place)
        })
    }

    fn entries(&mut self) -> BTreeMap<OsString, Entry> {
        let names = match files::names_and_kinds(&self.layout.certs.real) {
            Ok(names) => names,
            Err(error) => {
                self.note(error);
                return BTreeMap::new();
            }
        };
        let mut entries = BTreeMap::new();
        for (name, kind) in names {
            match self.entry(&name, kind) {
                Ok(Some(entry)) => drop(entries.insert(name, entry)),
                Ok(None) => {}
                Err(error) if error.is_missing() => {}
                Err(error) => self.note(error),
            }
        }
        let names: Vec<OsString> = entries.keys().cloned().collect();
        for name in names {
            let content = self.behind(&entries, &name);
            if let Some(entry) = entries.get_mut(&name) {
                entry.content = content;
            }
        }
        entries
    }

    /// What the name itself is; what is behind it is looked at once all names are known.
    fn entry(&self, name: &OsStr, kind: Kind) -> Result<Option<Entry>, crate::system::FileError> {
        let real = self.layout.certs.real.join(name);
        let target = match kind {
            Kind::Link => Some(files::link_target(&real)?),
            _ => None,
        };
        let facts = match kind {
            Kind::File => files::facts(&real)?,
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

    /// What a reader finds when it opens the name.
    fn behind(
        &mut self,
        entries: &BTreeMap<OsString, Entry>,
        name: &OsStr,
    ) -> Option<Arc<Content>> {
        let mut entry = entries.get(name)?;
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
        let facts = files::facts(&real).ok().flatten()?;
        (facts.kind == Kind::File).then(|| self.content(&real, limit_of(name)))
    }
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
