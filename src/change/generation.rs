//! Generations: what is needed to finish, undo or repeat a change, kept under `/var/lib/trustctl`.
//!
//! `generations/NNNNNN/manifest.json` says what the change is and how far it came; `objects/SHA256` holds the
//! content of every file that a manifest names (mode 0700: a local file may hold a key that it should not).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::plan::{Role, State, Step};
use crate::cert::{Certificate, Fingerprint, Time};
use crate::error::{Error, Result};
use crate::store::layout::{CERTS, LOCAL, Place};
use crate::system::files;

/// A manifest is refused when larger (500 sources take about 200 KiB).
const MANIFEST_LIMIT: u64 = 64 << 20;
/// A kept file is refused when larger; sources and bundles are bounded when they are read.
const OBJECT_LIMIT: u64 = 1 << 30;

/// How far a change came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Everything needed to undo it is on disk; the store may have been changed in part.
    Prepared,
    /// The store is changed and verified; hooks may not have run.
    Published,
    /// Done.
    Committed,
    /// Undone: the store is as it was before.
    Undone,
}

/// A certificate that a change adds or removes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mention {
    /// Its fingerprint.
    pub sha256: Fingerprint,
    /// Its subject.
    pub subject: String,
}

impl From<&Certificate> for Mention {
    fn from(certificate: &Certificate) -> Self {
        Mention {
            sha256: certificate.sha256(),
            subject: certificate.subject().display().to_string(),
        }
    }
}

/// One change, on record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// Layout of this file.
    pub schema: u32,
    /// Number of the generation, from 1.
    pub number: u64,
    /// How far it came.
    pub phase: Phase,
    /// The command.
    pub command: String,
    /// Why, in the words of who did it.
    pub reason: Option<String>,
    /// When.
    pub time: Time,
    /// `SUDO_USER`, where the call came through sudo.
    pub user: Option<String>,
    /// Effective user.
    pub uid: u32,
    /// Version of trustctl.
    pub version: String,
    /// Certificates that became trusted.
    pub added: Vec<Mention>,
    /// Certificates that ceased to be trusted.
    pub removed: Vec<Mention>,
    /// Every place changed.
    pub steps: Vec<Step>,
    /// What hooks are told: `+NAME` and `-NAME` lines.
    pub hook_lines: Vec<String>,
    /// What went wrong but did not stop it.
    pub open: Vec<String>,
    /// All local files after the change, by name inside the tree.
    pub sources: BTreeMap<PathBuf, State>,
    /// `ca-certificates.conf` after the change.
    pub selection: State,
}

/// The kept generations of one tree.
#[derive(Debug)]
pub struct Generations {
    folder: PathBuf,
    objects: PathBuf,
}

impl Generations {
    /// The generations under a state folder; nothing is created yet.
    pub fn at(state: &Place) -> Generations {
        Generations {
            folder: state.real.join("generations"),
            objects: state.real.join("objects"),
        }
    }

    /// Creates the folders.
    pub fn prepare(&self) -> Result<()> {
        files::create_folder(&self.folder, 0o755)?;
        files::create_folder(&self.objects, 0o700)?;
        Ok(())
    }

    /// The numbers in use, ascending.
    pub fn numbers(&self) -> Result<Vec<u64>> {
        let names = files::names(&self.folder)?;
        let mut numbers: Vec<u64> = names
            .iter()
            .filter_map(|name| name.to_str()?.parse().ok())
            .collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// Reads one manifest; `None` where a crash left a folder without one.
    pub fn read(&self, number: u64) -> Result<Option<Manifest>> {
        let path = self.manifest(number);
        let bytes = match files::read(&path, MANIFEST_LIMIT) {
            Ok(bytes) => bytes,
            Err(error) if error.is_missing() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let damaged = |reason: &str| {
            Error::new(format!("`{}` is damaged: {reason}", path.display()))
                .hint("move that folder away; the change it records cannot be undone any more")
        };
        let manifest: Manifest =
            serde_json::from_slice(&bytes).map_err(|error| damaged(&error.to_string()))?;
        match manifest.stranger() {
            None => Ok(Some(manifest)),
            Some(name) => {
                let name = name.display();
                Err(damaged(&format!("`{name}` is no place of the store")))
            }
        }
    }

    /// Every manifest that can be read, oldest first.
    pub fn all(&self) -> Result<Vec<Manifest>> {
        let mut all = Vec::new();
        for number in self.numbers()? {
            all.extend(self.read(number)?);
        }
        Ok(all)
    }

    /// The change that was left unfinished, if any: only the newest can be.
    pub fn unfinished(&self) -> Result<Option<Manifest>> {
        let newest = self.newest()?;
        Ok(newest.filter(|m| matches!(m.phase, Phase::Prepared | Phase::Published)))
    }

    /// The newest generation that has a manifest.
    pub fn newest(&self) -> Result<Option<Manifest>> {
        for number in self.numbers()?.into_iter().rev() {
            if let Some(manifest) = self.read(number)? {
                return Ok(Some(manifest));
            }
        }
        Ok(None)
    }

    /// The number of the next generation.
    pub fn next_number(&self) -> Result<u64> {
        Ok(self
            .numbers()?
            .last()
            .map_or(1, |last| last.saturating_add(1)))
    }

    /// Keeps a file's content under its hash (synced by [`Generations::write`]); one that is kept already is not written again.
    pub fn keep(&self, bytes: &[u8]) -> Result<String> {
        let sha256 = Fingerprint::of(bytes).to_string();
        let path = self.objects.join(&sha256);
        if files::facts(&path)?.is_none() {
            let temporary = self.objects.join("new");
            files::remove(&temporary)?;
            files::create_unsynced(&temporary, bytes, 0o600)?;
            files::rename(&temporary, &path)?;
        }
        Ok(sha256)
    }

    /// A kept content, checked against its hash.
    pub fn kept(&self, sha256: &str) -> Result<Vec<u8>> {
        let path = self.objects.join(sha256);
        let bytes = files::read(&path, OBJECT_LIMIT)?;
        if Fingerprint::of(&bytes).to_string() == sha256 {
            return Ok(bytes);
        }
        Err(Error::new(format!("`{}` is damaged", path.display())))
    }

    /// Writes a manifest, whole or not at all, and syncs it with everything kept before.
    pub fn write(&self, manifest: &Manifest) -> Result<()> {
        let folder = self.folder.join(format!("{:06}", manifest.number));
        files::create_folder(&folder, 0o755)?;
        let text = serde_json::to_vec_pretty(manifest)
            .map_err(|error| Error::new(format!("cannot write the manifest: {error}")))?;
        let temporary = folder.join("manifest.new");
        files::remove(&temporary)?;
        files::create(&temporary, &text, 0o644)?;
        files::sync_filesystem(&self.objects)?;
        files::rename(&temporary, &self.manifest(manifest.number))?;
        files::sync_folder(&folder)?;
        files::sync_folder(&self.folder)?;
        Ok(())
    }

    /// Forgets one generation.
    pub fn remove(&self, number: u64) -> Result<()> {
        Ok(files::remove_folder(
            &self.folder.join(format!("{number:06}")),
        )?)
    }

    /// Keeps the newest `keep` generations, and only the contents that those can need.
    pub fn prune(&self, keep: usize) -> Result<()> {
        let numbers = self.numbers()?;
        for number in numbers.iter().take(numbers.len().saturating_sub(keep)) {
            self.remove(*number)?;
        }
        let mut needed = BTreeSet::new();
        for manifest in self.all()? {
            needed.extend(manifest.needed());
        }
        for name in files::names(&self.objects)? {
            if !name.to_str().is_some_and(|name| needed.contains(name)) {
                files::remove(&self.objects.join(name))?;
            }
        }
        Ok(())
    }

    /// When a generation's record was last written (seconds since the epoch): its change was complete by then.
    pub fn finished(&self, number: u64) -> Option<i64> {
        let facts = files::facts(&self.manifest(number)).ok()??;
        Some(facts.modified)
    }

    fn manifest(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{number:06}/manifest.json"))
    }
}

impl Manifest {
    /// The kept contents that this generation can still need: of a finished one its sources, not its bundle.
    fn needed(&self) -> BTreeSet<String> {
        let finished = matches!(self.phase, Phase::Committed | Phase::Undone);
        let steps = self
            .steps
            .iter()
            .filter(|step| !finished || matches!(step.role, Role::Source | Role::Selection))
            .flat_map(|step| [&step.before, &step.after]);
        steps
            .chain(self.sources.values())
            .chain([&self.selection])
            .filter_map(|state| match state {
                State::File { sha256, .. } => Some(sha256.clone()),
                _ => None,
            })
            .collect()
    }

    /// A name that no change of ours can have written. The record may come with a tree that somebody else made:
    /// carrying it out must not reach beyond the store.
    fn stranger(&self) -> Option<&Path> {
        let step = self.steps.iter().find(|step| !step.is_of_the_store());
        let is_local = |name: &&PathBuf| is_plain(name) && name.starts_with(LOCAL);
        let source = self.sources.keys().find(|name| !is_local(name));
        step.map(|step| step.path.as_path())
            .or(source.map(PathBuf::as_path))
    }

    /// What a step's place inside the tree is called in messages.
    pub fn names(&self) -> impl Iterator<Item = &Path> {
        self.steps.iter().map(|step| step.path.as_path())
    }
}

impl Step {
    fn is_of_the_store(&self) -> bool {
        let path = &self.path;
        let in_place = match self.role {
            Role::Source => path.starts_with(LOCAL),
            Role::Folder => path.starts_with(LOCAL) || Path::new(LOCAL).starts_with(path),
            // A link to the selection may lead anywhere in the tree.
            Role::Selection => true,
            Role::Link | Role::HashLink | Role::Bundle | Role::Stray => {
                path.parent() == Some(Path::new(CERTS))
            }
        };
        in_place && is_plain(path)
    }
}

/// Whether a name is absolute and without `..`.
fn is_plain(name: &Path) -> bool {
    let plain = |part| matches!(part, Component::RootDir | Component::Normal(_));
    name.is_absolute() && name.components().all(plain)
}
