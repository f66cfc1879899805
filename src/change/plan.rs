//! What a request comes to: the sources to be, the tree to be made of them, and why it must not be. Pure.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::exposure::{self, Exposure};
use super::in_place;
use super::model::{self, Expected, Hazard, ModelSource};
use super::moves::{self, Move};
use super::others::Others;
use super::trust::{self, Recorded, Trust};
use crate::cert::{self, Certificate, Document, Fingerprint};
use crate::store::conf::Conf;
use crate::store::inventory::{Content, Entry, EntryKind, Inventory, Origin, Source};
use crate::store::links;

/// The sources as somebody wants them: what differs from today.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Local files to write, by name inside the tree.
    pub writes: BTreeMap<PathBuf, SourceFile>,
    /// Local files to remove, by name inside the tree.
    pub removals: BTreeSet<PathBuf>,
    /// A new selection of vendor certificates.
    pub conf: Option<Conf>,
    /// Certificates that the request wants gone, so that any that stays trusted through another file is said.
    pub meant: Vec<Certificate>,
    /// Certificates that the request wants trusted, although the sources that bring them are there already.
    pub asked: BTreeSet<Fingerprint>,
    /// Certificates that the bundle is to have although no source does.
    pub only_bundle: Vec<Certificate>,
    /// The bundle as it was, to be taken byte by byte where it holds just what it is to hold. Where the bundle is all
    /// there is: what it is to be.
    pub bundle: Option<Vec<u8>>,
    /// What an undoing takes back, for the record.
    pub undoing: Undoing,
    /// What is to be done in other stores.
    pub others: Others,
}

impl Wanted {
    /// Whether both want the same of the system's store; where the bundle is to have more than its sources, that is not
    /// told.
    fn is_same(&self, other: &Wanted) -> bool {
        let is_plain = |one: &Wanted| one.only_bundle.is_empty() && one.bundle.is_none();
        let conf = |one: &Wanted| one.conf.as_ref().map(|conf| conf.bytes().to_vec());
        let written = self.writes.iter().zip(&other.writes);
        is_plain(self)
            && is_plain(other)
            && self.writes.len() == other.writes.len()
            && written.into_iter().all(|((name, file), (other, same))| {
                name.as_os_str() == other.as_os_str() && file.is_same(same)
            })
            && self.removals == other.removals
            && conf(self) == conf(other)
            && self.meant == other.meant
            && self.asked == other.asked
    }
}

/// Which changes a change takes back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undoing {
    /// These generations, and no other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undoes: Vec<u64>,
    /// Every generation after this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restores: Option<u64>,
    /// This undoing, so that what it took back stands again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redoes: Option<u64>,
}

/// A local file to write.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Its content; of a link, that of the file it leads to.
    pub content: Arc<Content>,
    /// Where it points, if it is to be a link.
    pub link: Option<PathBuf>,
    /// Permission bits.
    pub mode: u32,
    /// Owner and group, where they are to be set.
    pub owner: Option<(u32, u32)>,
    /// The sources that it brings, where that is not just itself: of a link to a folder all that is reached through it, of a
    /// file its other names through such links too.
    pub through: Option<Vec<(PathBuf, Arc<Content>)>>,
}

impl SourceFile {
    fn is_same(&self, other: &SourceFile) -> bool {
        let of = |file: &'_ SourceFile| (file.link.clone(), file.mode, file.owner);
        of(self) == of(other)
            && self.content.bytes() == other.content.bytes()
            && self.through.is_none()
            && other.through.is_none()
    }

    /// A certificate as a file: PEM made from its DER, readable by everyone.
    pub fn certificate(certificate: &Certificate) -> SourceFile {
        SourceFile {
            content: Arc::new(Content::of(certificate.to_pem().into_bytes())),
            link: None,
            mode: 0o644,
            owner: None,
            through: None,
        }
    }
}

/// A plan that was made before the lock was taken.
#[derive(Debug)]
pub struct Prior {
    /// The plan.
    pub plan: Plan,
    /// The last change that stood then.
    pub last: Option<u64>,
}

/// What a place holds before or after a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum State {
    /// Nothing.
    Absent,
    /// A file with this content (SHA-256), mode, owner and group.
    File {
        /// SHA-256 of the content, lower-case hex; the content is kept under this name.
        sha256: String,
        /// Permission bits.
        mode: u32,
        /// Owner.
        uid: u32,
        /// Group.
        gid: u32,
    },
    /// A link.
    Link {
        /// Where it points, as stored.
        target: PathBuf,
    },
    /// A folder.
    Folder {
        /// Permission bits.
        mode: u32,
    },
}

/// What kind of place a step changes; decides the order in which steps are carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A folder for sources.
    Folder,
    /// A local certificate.
    Source,
    /// `ca-certificates.conf`.
    Selection,
    /// A link in the certificate folder.
    Link,
    /// A hash link.
    HashLink,
    /// The bundle.
    Bundle,
    /// A stray file that the next script run would take up.
    Stray,
    /// A file of another store.
    Store,
}

/// One place to change, with what it holds before and after: enough to do it, to undo it, and to repeat either.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What kind of place it is.
    pub role: Role,
    /// Its name inside the tree.
    pub path: PathBuf,
    /// What it holds before.
    pub before: State,
    /// What it holds after.
    pub after: State,
}

/// The sources to be and the tree that follows from them.
#[derive(Debug)]
pub struct Plan {
    /// What is written and removed among the sources.
    pub wanted: Wanted,
    /// The selected sources before the change, in the script's order.
    pub today: Vec<ModelSource>,
    /// Whether the live store is just what the script makes of those.
    pub settled: bool,
    /// The selected sources after the change, in the script's order.
    pub sources: Vec<ModelSource>,
    /// The tree that the script must make of them.
    pub expected: Expected,
    /// What readers come to trust and cease to trust.
    pub trust: Trust,
    /// Local files whose names the script cannot handle; they are left out.
    pub unusable: Vec<PathBuf>,
    /// What forbids publishing.
    pub hazards: Vec<Hazard>,
    /// What would make public what may not be meant to be.
    pub exposures: Vec<Exposure>,
    /// What cannot be done in one change without a moment in which a certificate is missing.
    pub moves: Vec<Move>,
    /// Whether the stage must be made from nothing, because something goes away or is wrong.
    pub fresh: bool,
    /// What differs between the certificate folder as it is and as it should be.
    pub differences: Vec<Difference>,
    /// Whether the bundle is all there is: it is edited in place, and nothing is made of sources.
    pub bundle_only: bool,
}

impl Plan {
    /// Plans the change of today's store to what is wanted.
    pub fn new(inventory: &Inventory, mut wanted: Wanted, recorded: &Recorded) -> Plan {
        if inventory.is_bundle_only() {
            return in_place::plan(inventory, wanted);
        }
        let (today, _) = selected(inventory, &Wanted::default());
        let (sources, unusable) = selected(inventory, &wanted);
        if !wanted.only_bundle.is_empty() {
            let with_source = trust::all(&sources);
            let mut only = wanted.only_bundle;
            only.retain(|certificate| !with_source.contains(&certificate.sha256()));
            wanted.only_bundle = only;
        }
        let mut expected = model::expected(&sources);
        expected.instead = in_place::bundle_with(&expected.bundle, &wanted);
        let differences = differences(inventory, &expected);
        let settled = match changes_no_source(&wanted) {
            true => differences.is_empty() && expected.instead.is_none(),
            false => self::differences(inventory, &model::expected(&today)).is_empty(),
        };
        let known: HashSet<&OsStr> = today.iter().map(|s| s.name.as_os_str()).collect();
        let replaced = wanted
            .writes
            .keys()
            .any(|name| known.contains(name.as_os_str()));
        // A link to a folder brings files that are not written one by one.
        let written = |source: &ModelSource| {
            known.contains(source.name.as_os_str()) || wanted.writes.contains_key(&source.name)
        };
        // The script links hashes only when it adds something.
        let only_adds = !wanted.writes.is_empty()
            && wanted.removals.is_empty()
            && wanted.conf.is_none()
            && !replaced
            && sources.iter().all(written)
            && settled;
        Plan {
            trust: trust::compare(inventory, &wanted, recorded, &today, &sources),
            hazards: model::hazards(&sources),
            exposures: exposure::exposures(inventory, &wanted),
            moves: moves::moves(&today, &sources),
            fresh: !only_adds,
            wanted,
            today,
            settled,
            sources,
            expected,
            unusable,
            differences,
            bundle_only: false,
        }
    }

    /// Whether it is the plan of this too, for the same store; not told of a store that is a bundle and nothing else.
    pub fn is_of(&self, wanted: &Wanted) -> bool {
        !self.bundle_only && self.wanted.is_same(wanted)
    }

    /// Whether nothing is to be done: the sources stay, and the tree is already what they make.
    pub fn is_empty(&self) -> bool {
        self.changes_no_source() && self.differences.is_empty() && self.wanted.others.is_empty()
    }

    /// Whether the sources stay as they are.
    pub fn changes_no_source(&self) -> bool {
        changes_no_source(&self.wanted)
    }

    /// What is to be found in the bundle, read once more only where it is not its sources one after the other.
    pub fn document(&self) -> Document {
        let bytes = self.expected.published();
        let files = self.sources.iter();
        let files = files.filter_map(|s| Some((s.content.bytes()?, s.content.document()?)));
        Document::joined(bytes, files).unwrap_or_else(|| cert::read(bytes))
    }
}

fn changes_no_source(wanted: &Wanted) -> bool {
    wanted.writes.is_empty() && wanted.removals.is_empty() && wanted.conf.is_none()
}

/// The selected sources after the change, in the order in which the script takes them, and the local names that
/// it cannot handle.
fn selected(inventory: &Inventory, wanted: &Wanted) -> (Vec<ModelSource>, Vec<PathBuf>) {
    let mut sources = vendor(inventory, wanted.conf.as_ref());
    let mut local: BTreeMap<Vec<u8>, ModelSource> = BTreeMap::new();
    let mut put = |name: &Path, content: &Arc<Content>| {
        use std::os::unix::ffi::OsStrExt;
        let source = ModelSource {
            name: name.to_path_buf(),
            origin: Origin::Local,
            content: Arc::clone(content),
        };
        local.insert(name.as_os_str().as_bytes().to_vec(), source);
    };
    // A file that goes takes every other name of it along.
    let goes = |source: &Source| wanted.removals.contains(&source.place.name);
    let is_itself =
        |source: &&Source| source.place.name.file_name() == source.place.real.file_name();
    let gone: BTreeSet<&Path> = inventory
        .local()
        .filter(|source| goes(source))
        .filter(is_itself)
        .map(|source| source.place.real.as_path())
        .collect();
    for source in inventory.local() {
        if !goes(source) && !gone.contains(source.place.real.as_path()) {
            put(&source.place.name, &source.content);
        }
    }
    for (name, file) in &wanted.writes {
        match &file.through {
            Some(through) => through
                .iter()
                .for_each(|(name, content)| put(name, content)),
            None => put(name, &file.content),
        }
    }
    let (usable, unusable): (Vec<_>, Vec<_>) = local
        .into_values()
        .partition(|source| model::name_is_usable(&source.name));
    sources.extend(usable);
    (
        sources,
        unusable.into_iter().map(|source| source.name).collect(),
    )
}

fn vendor(inventory: &Inventory, conf: Option<&Conf>) -> Vec<ModelSource> {
    let by_name: BTreeMap<&Path, &Arc<Content>> = inventory
        .vendor()
        .map(|source| (source.place.name.as_path(), &source.content))
        .collect();
    let folder = Path::new(crate::store::layout::VENDOR);
    let conf = conf.or(inventory.conf.as_ref());
    conf.iter()
        .flat_map(|conf| conf.selected())
        .filter_map(|name| {
            let name = folder.join(name);
            let content = by_name.get(name.as_path())?;
            Some(ModelSource {
                content: Arc::clone(content),
                name,
                origin: Origin::Vendor,
            })
        })
        .collect()
}

/// One way in which the certificate folder differs from what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The bundle is not what the sources make.
    Bundle,
    /// A link leads elsewhere.
    WrongLink(PathBuf),
    /// A link is missing.
    MissingLink(PathBuf),
    /// A link to a source that is none any more.
    OldLink(PathBuf),
    /// A hash link that leads to nothing of its hash.
    StaleHashLink(PathBuf),
    /// A source that the hash directory does not reach.
    Unreachable(PathBuf),
    /// `ca-certificates.crt.new`: the next run of the script would add to it.
    StrayBundle,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Difference::Bundle => f.write_str("the bundle differs from its sources"),
            Difference::WrongLink(name) => {
                write!(
                    f,
                    "the link `{}` does not lead to its source",
                    name.display()
                )
            }
            Difference::MissingLink(name) => write!(f, "the link `{}` is missing", name.display()),
            Difference::OldLink(name) => {
                write!(f, "the link `{}` has no source any more", name.display())
            }
            Difference::StaleHashLink(name) => {
                let name = name.display();
                write!(f, "the hash link `{name}` leads to nothing of its hash")
            }
            Difference::Unreachable(name) => write!(f, "`{}` has no hash link", name.display()),
            Difference::StrayBundle => {
                f.write_str("`ca-certificates.crt.new` was left by a killed run")
            }
        }
    }
}

/// How the certificate folder differs from what it should be; foreign names are left out.
pub fn differences(inventory: &Inventory, expected: &Expected) -> Vec<Difference> {
    let mut found = Vec::new();
    let bundle = inventory
        .bundle()
        .and_then(Content::bytes)
        .unwrap_or_default();
    if bundle != expected.published() {
        found.push(Difference::Bundle);
    }
    for (name, target) in &expected.links {
        match inventory
            .entries
            .get(name.as_os_str())
            .map(|entry| &entry.kind)
        {
            Some(EntryKind::SourceLink(live)) if live == target => {}
            Some(_) => found.push(Difference::WrongLink(name.clone())),
            None => found.push(Difference::MissingLink(name.clone())),
        }
    }
    for entry in inventory.entries.values() {
        match &entry.kind {
            EntryKind::StrayBundle => found.push(Difference::StrayBundle),
            EntryKind::SourceLink(_) if !expected.links.contains_key(&entry.name) => {
                found.push(Difference::OldLink(entry.name.clone()));
            }
            EntryKind::HashLink { hash, .. } if is_stale(entry, *hash) => {
                found.push(Difference::StaleHashLink(entry.name.clone()));
            }
            _ => {}
        }
    }
    found.extend(unreachable(inventory, expected));
    found
}

/// A hash link whose target is gone, or whose target's subject has another hash.
fn is_stale(entry: &Entry, hash: u32) -> bool {
    let mut found = entry
        .content
        .iter()
        .flat_map(|content| content.certificates());
    !found.any(|certificate| certificate.subject_hash() == hash)
}

fn unreachable(inventory: &Inventory, expected: &Expected) -> Vec<Difference> {
    let reachable = reachable(inventory);
    let mut found = Vec::new();
    for ((hash, _), names) in &expected.required {
        let mut linked = names.iter().map(|name| (*hash, name.clone()));
        if !linked.any(|link| reachable.contains(&link)) {
            found.extend(names.iter().min().cloned().map(Difference::Unreachable));
        }
    }
    found
}

/// Every (hash, link name) that a reader of the hash directory comes to before the first gap.
pub fn reachable(inventory: &Inventory) -> BTreeSet<(u32, PathBuf)> {
    let mut slots: BTreeMap<u32, BTreeMap<u32, PathBuf>> = BTreeMap::new();
    for entry in inventory.entries.values() {
        if let EntryKind::HashLink {
            hash,
            index,
            target,
        } = &entry.kind
        {
            slots
                .entry(*hash)
                .or_default()
                .insert(*index, target.clone());
        } else if let Some((hash, index)) = links::hash_name(&entry.name) {
            // A foreign file under a hash name holds its slot, but leads to no link of ours.
            slots.entry(hash).or_default().insert(index, PathBuf::new());
        }
    }
    let mut reachable = BTreeSet::new();
    for (hash, names) in slots {
        for (expected, (index, target)) in (0..).zip(names) {
            if expected != index {
                break;
            }
            reachable.insert((hash, target));
        }
    }
    reachable
}
