//! Reading inside a root: bounded, links followed as inside the tree, and a note of everything that could not
//! be looked at.

use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use crate::store::layout::Layout;
use crate::system::files::{Facts, Kind};
use crate::system::opened::Opened;
use crate::system::root::Root;
use crate::system::{FileError, plain, resolve};

/// Configuration larger than this is not read.
pub const TEXT_LIMIT: u64 = 1 << 20;
/// More names than this in one folder are not looked at.
pub const NAMES_LIMIT: usize = 50_000;
/// More than this is counted, not told one by one.
const NOTES_LIMIT: usize = 2000;
/// Folders below a `**` deeper than this are not looked at.
const DEPTH: usize = 4;

/// Something that is there but could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Its path inside the tree.
    pub path: PathBuf,
    /// Why, in words.
    pub reason: String,
}

/// A tree to read from; all paths are absolute and mean places inside it.
pub struct Tree<'a> {
    root: &'a Path,
    handle: &'a Root,
    unread: RefCell<Vec<Unread>>,
    /// How much more there would have been to note.
    unnoted: Cell<usize>,
    /// How many names may still be looked at.
    names_left: Cell<usize>,
    /// Who owns a tree that is not this host's own.
    owner: Option<u32>,
}

impl<'a> Tree<'a> {
    /// The tree of a layout.
    pub fn new(layout: &'a Layout) -> Tree<'a> {
        Tree {
            root: &layout.root,
            handle: &layout.tree,
            unread: RefCell::default(),
            unnoted: Cell::default(),
            names_left: Cell::new(usize::MAX),
            owner: match layout.is_live() {
                true => None,
                false => layout
                    .tree
                    .facts(&layout.root)
                    .ok()
                    .flatten()
                    .map(|facts| facts.uid),
            },
        }
    }

    /// Lets at most so many names be looked at from here on.
    pub fn allow_names(&self, count: usize) {
        self.names_left.set(count);
    }

    /// Whether a file is the own one of an ordinary user who owns the whole tree, as one that was unpacked without
    /// root is.
    pub fn is_owners_own(&self, uid: u32) -> bool {
        uid != 0 && self.owner == Some(uid)
    }

    /// The folder on this machine that the tree's `/` is.
    pub fn root(&self) -> &Path {
        self.root
    }

    /// The facts of a place that [`Tree::real`] has found.
    pub fn facts_at(&self, real: &Path) -> Option<Facts> {
        self.handle.facts(real).ok().flatten()
    }

    /// What could not be looked at so far, each once, in order of path.
    pub fn unread(&self) -> Vec<Unread> {
        let mut unread = self.unread.borrow().clone();
        unread.sort_by(|a, b| a.path.cmp(&b.path));
        unread.dedup();
        if self.unnoted.get() > 0 {
            unread.push(Unread {
                path: PathBuf::from("/"),
                reason: format!(
                    "{} more files and folders could not be looked at",
                    self.unnoted.get()
                ),
            });
        }
        unread
    }

    /// Notes that something could not be looked at.
    pub fn note(&self, path: &Path, reason: impl Into<String>) {
        let mut unread = self.unread.borrow_mut();
        if unread.len() >= NOTES_LIMIT {
            return self.unnoted.set(self.unnoted.get() + 1);
        }
        unread.push(Unread {
            path: path.to_path_buf(),
            reason: reason.into(),
        });
    }

    fn failed(&self, path: &Path, error: &FileError) {
        self.note(path, plain(&error.source));
    }

    /// Where a path really lies, every link followed inside the tree; `None` where a part of it is missing.
    pub fn real(&self, path: &Path) -> Option<PathBuf> {
        match resolve::inside(self.root, path) {
            Ok(inside) => Some(resolve::under(self.root, &inside)),
            Err(error) if error.is_missing() => None,
            Err(error) if error.source.raw_os_error() == Some(nix::libc::ENOTDIR) => None,
            Err(error) => {
                self.failed(path, &error);
                None
            }
        }
    }

    /// The facts of what a path leads to.
    pub fn facts(&self, path: impl AsRef<Path>) -> Option<Facts> {
        let path = path.as_ref();
        match self.handle.facts(&self.real(path)?) {
            Ok(facts) => facts,
            Err(error) => {
                self.failed(path, &error);
                None
            }
        }
    }

    /// A regular file, open and not yet read; absent, masked (a link to `/dev/null`) or unreadable: none.
    pub fn open(&self, path: &Path) -> Option<Opened> {
        let real = self.real(path)?;
        // What is masked is not noted.
        match self.handle.facts(&real) {
            Ok(Some(facts)) if facts.kind == Kind::File => {}
            Ok(Some(facts)) => {
                if facts.kind == Kind::Special && !real.ends_with("dev/null") {
                    self.note(path, "not a regular file");
                }
                return None;
            }
            Ok(None) => return None,
            Err(error) => {
                self.failed(path, &error);
                return None;
            }
        }
        match self.handle.open_to_read(&real) {
            Ok(opened) => Some(opened),
            Err(error) => {
                if !error.is_missing() {
                    self.failed(path, &error);
                }
                None
            }
        }
    }

    /// The content of a regular file; see [`Tree::open`]. What the kernel makes up is not read: it may be gone then.
    pub fn bytes(&self, path: impl AsRef<Path>, limit: u64) -> Option<Vec<u8>> {
        let path = path.as_ref();
        let opened = self.open(path)?;
        if opened.is_made_by_the_kernel() {
            self.note(path, "the kernel makes its content up");
            return None;
        }
        self.content(path, &opened, limit)
    }

    fn content(&self, path: &Path, opened: &Opened, limit: u64) -> Option<Vec<u8>> {
        opened
            .read(limit)
            .map_err(|error| self.failed(path, &error))
            .ok()
    }

    /// The content of an open text file of at most [`TEXT_LIMIT`] bytes.
    pub fn text_of(&self, path: &Path, opened: &Opened) -> Option<String> {
        self.content(path, opened, TEXT_LIMIT).map(lossy)
    }

    /// The content of a text file of at most [`TEXT_LIMIT`] bytes; what is not UTF-8 is replaced.
    pub fn text(&self, path: impl AsRef<Path>) -> Option<String> {
        self.bytes(path, TEXT_LIMIT).map(lossy)
    }

    /// The names in a folder, sorted; names that are not UTF-8 are left out and noted.
    pub fn names(&self, folder: impl AsRef<Path>) -> Vec<String> {
        let folder = folder.as_ref();
        // What is left out has been noted when the last were used up.
        if self.names_left.get() == 0 {
            return Vec::new();
        }
        let Some(real) = self.real(folder) else {
            return Vec::new();
        };
        let names = match self.handle.names(&real) {
            Ok(names) => names,
            Err(error) => {
                self.failed(folder, &error);
                return Vec::new();
            }
        };
        if names.len() > NAMES_LIMIT {
            self.note(
                folder,
                format!(
                    "only the first {NAMES_LIMIT} of {} names were looked at",
                    names.len()
                ),
            );
        }
        let left = self.names_left.get();
        if left <= names.len() {
            self.note(
                folder,
                "not all names were checked: there are too many below this home",
            );
        }
        self.names_left.set(left.saturating_sub(names.len()));
        let known = |name: std::ffi::OsString| match name.into_string() {
            Ok(name) => Some(name),
            Err(name) => {
                self.note(&folder.join(name), "its name is not UTF-8");
                None
            }
        };
        names
            .into_iter()
            .take(NAMES_LIMIT.min(left))
            .filter_map(known)
            .collect()
    }

    /// The names in a folder with what they are themselves (links are not followed), sorted; see [`Tree::names`].
    pub fn entries(&self, folder: &Path) -> Vec<(String, Kind)> {
        let Some(real) = self.real(folder) else {
            return Vec::new();
        };
        let entries = match self.handle.names_and_kinds(&real) {
            Ok(entries) => entries,
            Err(error) => {
                if !error.is_missing() {
                    self.failed(folder, &error);
                }
                return Vec::new();
            }
        };
        let entries = entries.into_iter().take(NAMES_LIMIT);
        entries
            .filter_map(|(name, kind)| Some((name.into_string().ok()?, kind)))
            .collect()
    }

    /// Whether a path leads to a folder.
    pub fn is_folder(&self, path: impl AsRef<Path>) -> bool {
        self.facts(path)
            .is_some_and(|facts| facts.kind == Kind::Directory)
    }

    /// The paths a pattern stands for: one `*` in a component matches within a name, a component `**` any number
    /// of folders (up to four deep). Without a star it is the path itself, there or not.
    pub fn expand(&self, pattern: &str) -> Vec<PathBuf> {
        let mut found = vec![PathBuf::from("/")];
        for part in pattern.split('/').filter(|part| !part.is_empty()) {
            found = match part {
                "**" => found
                    .iter()
                    .flat_map(|folder| self.folders(folder, DEPTH))
                    .collect(),
                part if part.contains('*') => found
                    .iter()
                    .flat_map(|folder| self.matching(folder, part))
                    .collect(),
                part => found.into_iter().map(|folder| folder.join(part)).collect(),
            };
        }
        found
    }

    fn matching(&self, folder: &Path, part: &str) -> Vec<PathBuf> {
        let (before, after) = part.split_once('*').unwrap_or((part, ""));
        let fits = |name: &String| {
            let hidden = name.starts_with('.') && before.is_empty();
            name.len() >= before.len() + after.len()
                && name.starts_with(before)
                && name.ends_with(after)
                && !hidden
        };
        self.names(folder)
            .into_iter()
            .filter(fits)
            .map(|name| folder.join(name))
            .collect()
    }

    /// A folder and the real folders in it (links to folders are not followed: they may loop).
    fn folders(&self, folder: &Path, depth: usize) -> Vec<PathBuf> {
        let mut out = vec![folder.to_path_buf()];
        if depth == 0 {
            return out;
        }
        for name in self.names(folder) {
            let path = folder.join(name);
            let real = self
                .real(folder)
                .map(|real| real.join(path.file_name().unwrap_or_default()));
            let is_folder = |real: PathBuf| matches!(self.handle.facts(&real), Ok(Some(f)) if f.kind == Kind::Directory);
            if real.is_some_and(is_folder) {
                out.extend(self.folders(&path, depth - 1));
            }
        }
        out
    }

    /// Hands a large file to `look` piece by piece, each piece beginning with the last `overlap` bytes of the one
    /// before; at most `limit` bytes of the file.
    pub fn scan(
        &self,
        path: &Path,
        limit: u64,
        overlap: usize,
        look: &mut dyn FnMut(&[u8]),
    ) -> bool {
        let mut look = |piece: &[u8]| {
            look(piece);
            ControlFlow::Continue(())
        };
        self.scan_until(path, limit, overlap, &mut look)
    }

    /// The same until `look` has seen enough.
    pub fn scan_until(
        &self,
        path: &Path,
        limit: u64,
        overlap: usize,
        look: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> bool {
        let Some(real) = self.real(path) else {
            return false;
        };
        match self.handle.scan(&real, limit, overlap, look) {
            Ok(()) => true,
            Err(error) => {
                if !error.is_missing() {
                    self.failed(path, &error);
                }
                false
            }
        }
    }
}

/// What is not UTF-8 is replaced.
fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|bad| String::from_utf8_lossy(bad.as_bytes()).into_owned())
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests act on trees of their own")]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn tree() -> (tempfile::TempDir, Layout) {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("etc/a.d/sub")).unwrap();
        for name in [
            "etc/a.d/1.conf",
            "etc/a.d/2.txt",
            "etc/a.d/sub/3.conf",
            "etc/a.d/.4.conf",
        ] {
            std::fs::write(root.path().join(name), name).unwrap();
        }
        let layout = Layout::new(root.path());
        (root, layout)
    }

    fn shown(paths: &[PathBuf]) -> Vec<String> {
        paths
            .iter()
            .map(|path| path.display().to_string())
            .collect()
    }

    #[test]
    fn patterns_expand_to_what_is_there() {
        let (_root, layout) = tree();
        let tree = Tree::new(&layout);
        assert_eq!(shown(&tree.expand("/etc/a.d/*.conf")), ["/etc/a.d/1.conf"]);
        assert_eq!(
            shown(&tree.expand("/etc/a.d/**/*.conf")),
            ["/etc/a.d/1.conf", "/etc/a.d/sub/3.conf"]
        );
        assert_eq!(shown(&tree.expand("/etc/none")), ["/etc/none"]);
        assert_eq!(
            shown(&tree.expand("/etc/*/sub/3.conf")),
            ["/etc/a.d/sub/3.conf"]
        );
        assert!(tree.unread().is_empty());
    }

    #[test]
    fn a_fifo_and_a_large_file_are_noted_not_read() {
        let (root, layout) = tree();
        let fifo = root.path().join("etc/fifo");
        nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
        std::fs::File::create(root.path().join("etc/big"))
            .unwrap()
            .set_len(100 << 20)
            .unwrap();
        let tree = Tree::new(&layout);
        assert_eq!(tree.text("/etc/fifo"), None);
        assert_eq!(tree.text("/etc/big"), None);
        let reasons: Vec<_> = tree.unread().into_iter().map(|u| u.reason).collect();
        assert_eq!(
            reasons,
            [
                "it is larger than the limit of 1048576 bytes",
                "not a regular file"
            ]
        );
    }

    #[test]
    fn links_stay_inside_and_a_masked_file_is_absent() {
        let (root, layout) = tree();
        symlink("/dev/null", root.path().join("etc/masked")).unwrap();
        symlink("/outside/../etc/a.d/1.conf", root.path().join("etc/link")).unwrap();
        symlink("/etc/loop", root.path().join("etc/loop")).unwrap();
        let tree = Tree::new(&layout);
        assert_eq!(tree.text("/etc/masked"), None);
        assert_eq!(tree.text("/etc/link"), None);
        assert_eq!(tree.text("/etc/loop"), None);
        assert_eq!(tree.unread().len(), 1, "{:?}", tree.unread());
    }

    #[test]
    fn a_scan_sees_what_lies_across_two_pieces() {
        let (root, layout) = tree();
        let mut bytes = vec![b'x'; (1 << 18) - 3];
        bytes.extend_from_slice(b"needle");
        bytes.resize(1 << 19, b'y');
        std::fs::write(root.path().join("etc/lib"), &bytes).unwrap();
        let mut seen = 0;
        let mut look = |piece: &[u8]| seen += memchr::memmem::find_iter(piece, b"needle").count();
        assert!(Tree::new(&layout).scan(Path::new("/etc/lib"), 1 << 20, 16, &mut look));
        assert_eq!(seen, 1);
    }
}
