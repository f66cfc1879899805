//! Everything the store consists of, read once.

mod read;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::conf::Conf;
use super::layout::{BUNDLE, Layout, Place};
use super::links;
use crate::cert::readers::{self, Harm, Reader, Reading};
use crate::cert::{self, Certificate, Document, Fingerprint};
use crate::system::FileError;
use crate::system::files::Facts;

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
        /// The SHA-256 of the bytes, once somebody has asked for it.
        digest: OnceLock<Fingerprint>,
    },
    /// It was not, for this reason.
    Unread(String),
}

impl Content {
    /// Reads a file of the tree; never fails.
    pub fn read(layout: &Layout, real: &Path, limit: u64) -> Content {
        let read = layout.tree.read_with_facts(real, limit);
        Content::known(read, &mut cert::Known::default())
    }

    fn known(read: Result<(Vec<u8>, Facts), FileError>, known: &mut cert::Known) -> Content {
        match read {
            Ok((bytes, facts)) => Content::Read {
                document: cert::read_known(&bytes, known),
                bytes,
                facts: Some(facts),
                digest: OnceLock::new(),
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
            digest: OnceLock::new(),
        }
    }

    /// What a program finds in it.
    pub fn found_by(&self, reader: Reader) -> Reading {
        match self {
            Content::Read {
                bytes, document, ..
            } => reader.read_known(bytes, document),
            Content::Unread(_) => Reading::default(),
        }
    }

    /// Whether it costs a program the rest of a bundle that it is a part of.
    pub fn harm(&self) -> Option<Harm> {
        match self {
            Content::Read {
                bytes, document, ..
            } => readers::harm(bytes, document),
            Content::Unread(_) => None,
        }
    }

    /// Every certificate in PEM text, whichever program finds it there.
    pub fn pem_certificates(&self) -> impl Iterator<Item = &Certificate> {
        let readable = |document: &&Document| {
            document.encoding == cert::Encoding::Pem
                && matches!(
                    document.characters,
                    cert::Characters::Utf8 | cert::Characters::Utf8Bom
                )
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

    /// The SHA-256 of what it holds, computed once; `None` where it could not be read.
    pub fn sha256(&self) -> Option<Fingerprint> {
        match self {
            Content::Read { bytes, digest, .. } => {
                Some(*digest.get_or_init(|| Fingerprint::of(bytes)))
            }
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
    /// The folder, by its name inside the tree, that keeps others from reading the file: only looked for where a link
    /// leads out of the local folder.
    pub closed: Option<PathBuf>,
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
    /// The facts of a regular file; `None` for anything else. Nearly all names are links: no room for them.
    pub facts: Option<Box<Facts>>,
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
    /// The facts of its file.
    pub conf_facts: Option<Facts>,
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
    /// Facts of the vendor folder itself.
    pub vendor_folder: Option<Facts>,
    /// Facts of the certificate folder itself.
    pub certs_folder: Option<Facts>,
    /// What could not be looked at, and why.
    pub unread: Vec<String>,
}

impl Inventory {
    /// Reads the store under a layout; what cannot be read becomes part of the result.
    pub fn read(layout: &Layout) -> Inventory {
        read::Reader::new(layout).read()
    }

    /// The same once more: every file is read, and parsed where it has changed since.
    pub fn read_again(layout: &Layout, earlier: &Inventory) -> Inventory {
        read::Reader::after(layout, earlier, read::Again::Read).read()
    }

    /// The same once more: a file is read where its facts (device, inode, size, times, owner, mode) are others than
    /// when it was read for `earlier`.
    pub fn look_again(layout: &Layout, earlier: &Inventory) -> Inventory {
        read::Reader::after(layout, earlier, read::Again::Look).read()
    }

    /// Whether another reading found the very same: names, facts, and every content by what was parsed.
    pub fn is_same(&self, other: &Inventory) -> bool {
        let same = |one: Option<&Arc<Content>>, other: Option<&Arc<Content>>| match (one, other) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (one, other) => one.is_none() && other.is_none(),
        };
        let mut sources = self.sources.iter().zip(&other.sources);
        let mut entries = self.entries.values().zip(other.entries.values());
        let rest = |inventory: &Inventory| {
            let folders = [
                inventory.local_folder,
                inventory.vendor_folder,
                inventory.certs_folder,
            ];
            (folders, inventory.conf_facts, inventory.ignored.len())
        };
        (self.sources.len(), self.entries.len()) == (other.sources.len(), other.entries.len())
            && rest(self) == rest(other)
            && self.conf == other.conf
            && self.missing == other.missing
            && self.unread == other.unread
            && sources.all(|(one, other)| {
                one.place.name.as_os_str() == other.place.name.as_os_str()
                    && one.place.real.as_os_str() == other.place.real.as_os_str()
                    && (one.origin, one.selected) == (other.origin, other.selected)
                    && one.closed == other.closed
                    && Arc::ptr_eq(&one.content, &other.content)
            })
            && entries.all(|(one, other)| {
                one.name.as_os_str() == other.name.as_os_str()
                    && one.kind == other.kind
                    && one.facts == other.facts
                    && same(one.content.as_ref(), other.content.as_ref())
            })
    }

    /// Every content that was read.
    pub fn contents(&self) -> impl Iterator<Item = &Arc<Content>> {
        let sources = self.sources.iter().map(|source| &source.content);
        sources.chain(
            self.entries
                .values()
                .filter_map(|entry| entry.content.as_ref()),
        )
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

    /// Whether the bundle is all there is, as in many container images: no sources that it could be made from, and
    /// no links.
    pub fn is_bundle_only(&self) -> bool {
        let has_bundle = self
            .bundle()
            .is_some_and(|content| content.bytes().is_some());
        let is_link = |entry: &Entry| {
            matches!(
                entry.kind,
                EntryKind::SourceLink(_) | EntryKind::HashLink { .. }
            )
        };
        has_bundle
            && self.conf.is_none()
            && self.vendor_folder.is_none()
            && self.sources.is_empty()
            && !self.entries.values().any(is_link)
    }

    /// What readers of the bundle trust (OpenSSL 3, and with it curl, Python and most others).
    pub fn bundle_view(&self) -> BTreeSet<Fingerprint> {
        self.bundle_of(Reader::OpenSsl3)
    }

    /// What one program finds in the bundle.
    pub fn bundle_of(&self, reader: Reader) -> BTreeSet<Fingerprint> {
        let found = self.bundle().map(|content| content.found_by(reader));
        let found = found.into_iter().flat_map(|reading| reading.certificates);
        found.map(|certificate| certificate.sha256()).collect()
    }

    /// What readers of the hash directory trust: for each hash the names `.0`, `.1` … up to the first
    /// gap or the first file that cannot be read to its end (OpenSSL `by_dir.c`), and only certificates whose subject
    /// has that hash.
    pub fn hash_view(&self) -> BTreeSet<Fingerprint> {
        let entries = self.entries.values();
        let mut slots: Vec<((u32, u32), &Entry)> = entries
            .filter_map(|entry| Some((links::hash_name(&entry.name)?, entry)))
            .collect();
        slots.sort_unstable_by_key(|(slot, _)| *slot);
        let mut trusted = BTreeSet::new();
        for of_hash in slots.chunk_by(|((one, _), _), ((other, _), _)| one == other) {
            for (expected, ((hash, index), entry)) in (0..).zip(of_hash) {
                let Some(content) = entry.content.as_ref().filter(|_| expected == *index) else {
                    break;
                };
                let reading = content.found_by(Reader::Folder3);
                let found = reading.certificates.iter();
                let found = found.filter(|certificate| certificate.subject_hash() == *hash);
                trusted.extend(found.map(Certificate::sha256));
                if reading.stopped.is_some() {
                    break;
                }
            }
        }
        trusted
    }

    /// What readers of every file of the folder trust (Go: the bundle and all files beside it).
    pub fn file_view(&self) -> BTreeSet<Fingerprint> {
        let contents = self.entries.values().flat_map(|entry| entry.content.iter());
        contents
            .flat_map(|content| content.found_by(Reader::Go).certificates)
            .map(|certificate| certificate.sha256())
            .collect()
    }
}
