//! What readers see under a root: three views of the store, and the tree as it lies there.
//!
//! Written apart from trustctl's own reading, so that one can't hide a fault of the other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};

use crate::ca::sha256;

/// A root and what lies under it.
#[derive(Clone, Debug)]
pub struct Tree {
    root: PathBuf,
}

/// One thing in a tree.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entry {
    /// A folder with its mode.
    Folder(u32),
    /// A file with its mode and bytes.
    File(u32, Vec<u8>),
    /// A link with its target.
    Link(PathBuf),
    /// A device, socket or pipe.
    Other,
}

/// Everything in a tree (or in parts of it) by path, to be compared with a later one.
pub type Snapshot = BTreeMap<PathBuf, Entry>;

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Entry::Folder(mode) => write!(f, "folder {mode:o}"),
            Entry::File(mode, bytes) => {
                write!(
                    f,
                    "file {mode:o}, {} bytes, sha256 {:.8}",
                    bytes.len(),
                    sha256(bytes)
                )
            }
            Entry::Link(target) => write!(f, "link to {}", target.display()),
            Entry::Other => f.write_str("neither file, folder nor link"),
        }
    }
}

/// The parts of a tree that make up the store.
const STORE: [&str; 5] = [
    "etc/ca-certificates.conf",
    "etc/ca-certificates",
    "etc/ssl",
    "usr/share/ca-certificates",
    "usr/local/share/ca-certificates",
];

impl Tree {
    /// The tree under this folder.
    pub fn new(root: &Path) -> Tree {
        Tree {
            root: root.to_path_buf(),
        }
    }

    /// The root folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where a path of the tree (with or without its first `/`) lies on this machine; links are not followed.
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        self.root.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// `/etc/ssl/certs`.
    pub fn certs(&self) -> PathBuf {
        self.path("etc/ssl/certs")
    }

    /// The bundle's bytes; none when it is missing.
    pub fn bundle(&self) -> Vec<u8> {
        fs::read(self.certs().join("ca-certificates.crt")).unwrap_or_default()
    }

    /// Fingerprints of the certificates in the bundle.
    pub fn bundle_certs(&self) -> BTreeSet<String> {
        certificates_in(&self.bundle()).into_iter().collect()
    }

    /// Fingerprints of the certificates that a reader of the hash directory finds: files `HHHHHHHH.N`, with no
    /// gap in N, followed inside the tree. (OpenSSL 3 also takes names beyond a gap, see `-CAstore`: what must
    /// *not* be trusted is looked for in [`Tree::every_file_certs`].)
    pub fn hash_dir_certs(&self) -> BTreeSet<String> {
        let names = self.names();
        let found = names.iter().filter(|name| is_reachable(name, &names));
        found.flat_map(|name| self.certs_of(name)).collect()
    }

    /// Fingerprints of the certificates in any file of the folder (Go's view).
    pub fn every_file_certs(&self) -> BTreeSet<String> {
        self.names()
            .iter()
            .flat_map(|name| self.certs_of(name))
            .collect()
    }

    /// Fingerprints of the certificates in all three views: (bundle, hash directory, every file).
    pub fn views(&self) -> [BTreeSet<String>; 3] {
        [
            self.bundle_certs(),
            self.hash_dir_certs(),
            self.every_file_certs(),
        ]
    }

    /// In which of the three views a certificate is: `[bundle, hash directory, every file]`.
    pub fn sees(&self, sha256: &str) -> [bool; 3] {
        self.views().map(|view| view.contains(sha256))
    }

    /// Names in `/etc/ssl/certs`, sorted.
    pub fn names(&self) -> BTreeSet<String> {
        let Ok(entries) = fs::read_dir(self.certs()) else {
            return BTreeSet::new();
        };
        entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect()
    }

    fn certs_of(&self, name: &str) -> Vec<String> {
        let path = Path::new("/etc/ssl/certs").join(name);
        self.read(&path)
            .map(|bytes| certificates_in(&bytes))
            .unwrap_or_default()
    }

    /// The bytes of a file, every link on the way followed inside the tree.
    pub fn read(&self, path: impl AsRef<Path>) -> Option<Vec<u8>> {
        fs::read(self.resolve(path.as_ref(), 0)?).ok()
    }

    /// Follows links as a program inside the tree would.
    fn resolve(&self, path: &Path, depth: u32) -> Option<PathBuf> {
        if depth > 40 {
            return None;
        }
        let mut inside = PathBuf::new();
        let mut parts = path.components();
        while let Some(part) = parts.next() {
            match part {
                Component::RootDir => inside = PathBuf::new(),
                Component::ParentDir => {
                    inside.pop();
                }
                Component::Normal(name) => {
                    if let Ok(target) = fs::read_link(self.root.join(&inside).join(name)) {
                        let on = inside.join(target).join(parts.as_path());
                        return self.resolve(&on, depth + 1);
                    }
                    inside.push(name);
                }
                _ => {}
            }
        }
        Some(self.root.join(inside))
    }

    /// The parts of the tree that make up the store: sources, selection, links, bundle.
    pub fn store(&self) -> Snapshot {
        let mut found = Snapshot::new();
        for part in STORE {
            collect(&self.root, &self.root.join(part), &mut found);
        }
        found
    }

    /// Everything in the tree.
    pub fn everything(&self) -> Snapshot {
        let mut found = Snapshot::new();
        collect(&self.root, &self.root, &mut found);
        found
    }
}

/// Whether OpenSSL gets to this name: it asks for `.0`, `.1`, … and stops at the first that is missing.
fn is_reachable(name: &str, names: &BTreeSet<String>) -> bool {
    let Some((hash, index)) = name.split_once('.') else {
        return false;
    };
    let is_hash = hash.len() == 8
        && hash
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let Some(index) = index.parse::<u32>().ok().filter(|_| is_hash) else {
        return false;
    };
    (0..=index).all(|below| names.contains(&format!("{hash}.{below}")))
}

fn collect(root: &Path, path: &Path, found: &mut Snapshot) {
    let Ok(metadata) = fs::symlink_metadata(path) else {
        return;
    };
    let name = path
        .strip_prefix(root)
        .expect("it lies under the root")
        .to_path_buf();
    let mode = metadata.permissions().mode() & 0o7777;
    if metadata.is_dir() {
        found.insert(name, Entry::Folder(mode));
        for entry in fs::read_dir(path).unwrap() {
            collect(root, &entry.unwrap().path(), found);
        }
    } else if metadata.is_symlink() {
        found.insert(name, Entry::Link(fs::read_link(path).unwrap()));
    } else if metadata.is_file() {
        debug_assert!(metadata.size() < 1 << 30);
        found.insert(name, Entry::File(mode, fs::read(path).unwrap()));
    } else {
        found.insert(name, Entry::Other);
    }
}

/// Fingerprints of the certificates in PEM text, in their order, as OpenSSL and Go read it: text between the
/// blocks is skipped, and what doesn't decode is left out.
pub fn certificates_in(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let mut found = Vec::new();
    for part in text.split("-----BEGIN CERTIFICATE-----").skip(1) {
        let Some((body, _)) = part.split_once("-----END CERTIFICATE-----") else {
            continue;
        };
        let block = format!("-----BEGIN CERTIFICATE-----{body}-----END CERTIFICATE-----\n");
        if let Ok(block) = pem::parse(block) {
            found.push(sha256(block.contents()));
        }
    }
    found
}
