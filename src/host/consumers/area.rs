//! A folder in which to look: a user's home, or one where software is installed by hand. No link below it is
//! followed, since those who may write there are not those who look.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use crate::host::tree::Tree;
use crate::host::users::User;
use crate::system::beneath::Beneath;
use crate::system::files::{Facts, Kind};
use crate::system::plain;

/// More names in one folder are not looked at.
const NAMES: usize = 10_000;

/// The folder.
pub struct Area {
    /// Its name inside the tree.
    path: PathBuf,
    /// Whose home it is.
    pub user: Option<User>,
    folder: Beneath,
}

impl Area {
    /// Opens a folder; one that is missing is none, one that is closed is noted.
    pub fn open(tree: &Tree<'_>, path: &Path, user: Option<User>) -> Option<Area> {
        let real = tree.real(path)?;
        match Beneath::open(&real) {
            Ok(folder) => Some(Area {
                path: path.to_path_buf(),
                user,
                folder,
            }),
            Err(error) => {
                if !error.is_missing() && error.source.raw_os_error() != Some(nix::libc::ENOTDIR) {
                    tree.note(path, plain(&error.source));
                }
                None
            }
        }
    }

    /// Where it lies on this machine.
    pub fn real(&self) -> &Path {
        self.folder.path()
    }

    /// The name inside the tree of something in it.
    pub fn inside(&self, relative: impl AsRef<Path>) -> PathBuf {
        match relative.as_ref() {
            relative if relative.as_os_str().is_empty() => self.path.clone(),
            relative => self.path.join(relative),
        }
    }

    /// What something in it is; a link is one.
    pub fn facts(&self, relative: impl AsRef<Path>) -> Option<Facts> {
        self.folder.facts(relative.as_ref()).ok().flatten()
    }

    /// The same, with the reason in words where it cannot be told (a link on the way, no right to look).
    pub fn look(&self, relative: impl AsRef<Path>) -> Result<Option<Facts>, String> {
        let found = self.folder.facts(relative.as_ref());
        found.map_err(|error| plain(&error.source))
    }

    /// Whether it is a regular file.
    pub fn is_file(&self, relative: impl AsRef<Path>) -> bool {
        self.facts(relative)
            .is_some_and(|facts| facts.kind == Kind::File)
    }

    /// Whether it is a folder.
    pub fn is_folder(&self, relative: impl AsRef<Path>) -> bool {
        self.facts(relative)
            .is_some_and(|facts| facts.kind == Kind::Directory)
    }

    /// The content of a regular file: `None` where there is none, an error in words where it cannot be read.
    pub fn read(&self, relative: impl AsRef<Path>, limit: u64) -> Option<Result<Vec<u8>, String>> {
        match self.folder.read(relative.as_ref(), limit) {
            Ok((bytes, _)) => Some(Ok(bytes)),
            Err(error) if error.is_missing() => None,
            Err(error) => Some(Err(plain(&error.source))),
        }
    }

    /// The text of a file; what cannot be read is noted.
    pub fn text(&self, tree: &Tree<'_>, relative: impl AsRef<Path>) -> Option<String> {
        match self.read(&relative, crate::host::tree::TEXT_LIMIT)? {
            Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            Err(reason) => {
                tree.note(&self.inside(relative), reason);
                None
            }
        }
    }

    /// Where a link points.
    pub fn link_target(&self, relative: impl AsRef<Path>) -> Option<PathBuf> {
        self.folder.link_target(relative.as_ref()).ok()
    }

    /// The names in a folder and what they are; names that are not UTF-8 are left out.
    pub fn names(&self, tree: &Tree<'_>, relative: impl AsRef<Path>) -> Vec<(String, Kind)> {
        let listed = match self.folder.names(relative.as_ref()) {
            Ok(listed) => listed,
            Err(error) => {
                tree.note(&self.inside(relative), plain(&error.source));
                return Vec::new();
            }
        };
        if listed.len() > NAMES {
            let reason = format!(
                "only the first {NAMES} of {} names were looked at",
                listed.len()
            );
            tree.note(&self.inside(relative), reason);
        }
        let listed = listed.into_iter().take(NAMES);
        listed
            .filter_map(|(name, kind)| Some((name.into_string().ok()?, kind)))
            .collect()
    }

    /// Looks through a large file, see [`Beneath::scan`].
    pub fn scan(
        &self,
        relative: &Path,
        limit: u64,
        overlap: usize,
        look: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> bool {
        self.folder.scan(relative, limit, overlap, look).is_ok()
    }
}
