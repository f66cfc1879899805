//! The rehearsal: the real `update-ca-certificates` makes the whole tree in a private folder, from the sources to
//! be, and what it made is compared with what it must make.
//!
//! The live certificate folder is never handed to the script, so its fixed temporary name, its appending and its
//! missing lock cannot hurt. Sources are staged as files with the content that was judged (of this host's own vendor folder,
//! which packages alone write, the script takes them itself), so that a change can be rehearsed before any source is
//! touched and nobody can change what the script reads.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde::Serialize;

use super::model::{self, Expected, ModelSource};
use super::part::{self, Part};
use super::plan::Plan;
use crate::cert;
use crate::error::{Error, Result};
use crate::store::inventory::{Inventory, Origin};
use crate::store::layout::{BUNDLE, LOCAL, Layout, VENDOR};
use crate::store::links;
use crate::system::files::{self, Kind, PrivateFolder};
use crate::system::processors;
use crate::system::program::Program;
use crate::system::signals::leave_to_main_thread;

/// Largest bundle that a stage may hold.
const BUNDLE_LIMIT: u64 = 1 << 30;

/// Which programs make the stage and read it.
#[derive(Debug)]
pub struct Script<'a> {
    /// `update-ca-certificates`.
    pub path: &'a Path,
    /// How long it may take.
    pub limit: Duration,
    /// Whether it is to be shown the whole.
    pub whole: bool,
    /// The program that makes hash links.
    pub openssl: &'a Path,
}

/// What the script was shown in a rehearsal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// The part of the sources that the change touches.
    Part,
    /// Every source.
    Whole,
}

/// What a rehearsal came to.
#[derive(Debug)]
pub struct Rehearsed {
    /// The hash links of the store to be.
    pub hashes: Hashes,
    /// What the script was shown.
    pub shown: Shown,
}

/// The link names that the script linked under each subject hash.
pub type Hashes = BTreeMap<u32, BTreeSet<PathBuf>>;

/// How the names of stages begin.
const PREFIX: &str = "trustctl-stage-";

/// A new folder for a stage, readable by its owner alone, gone when dropped.
///
/// Each has a name of its own: where trustctl was killed, its script may still be at work in the last one.
pub fn folder(parent: &Path) -> Result<PrivateFolder> {
    Ok(PrivateFolder::create(parent, PREFIX)?)
}

/// A folder for the stage of a change: among what trustctl keeps, where there is as much room as the change needs.
///
/// The script is told of it by name. The names of another tree can be changed by whoever owns that, so its stages are
/// made on this machine.
pub fn folder_of(layout: &Layout) -> Result<PrivateFolder> {
    match layout.is_live() {
        true => folder(&layout.state.real),
        false => folder(Path::new(TEMPORARY)),
    }
}

/// Where stages of rehearsals and of other trees are made.
pub const TEMPORARY: &str = "/tmp";

/// Removes the stages that killed changes left, as far as nobody is at work in them.
pub fn clear(layout: &Layout) {
    let Ok(state) = layout.records.folder_to_change(&layout.state.real) else {
        return;
    };
    for name in state.names().unwrap_or_default() {
        if name.as_encoded_bytes().starts_with(PREFIX.as_bytes()) {
            // What is left goes the next time: it harms nobody.
            let _ = state.remove_all(&name);
        }
    }
}

/// Makes the stage in `folder` (which must be empty) and verifies it; what the script was shown is a part of the
/// sources where that tells the whole.
pub fn rehearse(
    layout: &Layout,
    inventory: &Inventory,
    plan: &Plan,
    script: &Script<'_>,
    folder: &Path,
) -> Result<Rehearsed> {
    const HINT: &str = "the store is as it was before; nothing was published";
    let part = match script.whole {
        true => None,
        false => part::of(inventory, plan),
    };
    let has_openssl = files::facts(script.openssl)?.is_some();
    let part = part.filter(|part| part.alike.is_empty() || has_openssl);
    let made = match &part {
        Some(part) => make_part(layout, part, script, folder),
        None => {
            let stage = Stage::new(layout, &plan.sources, &plan.expected, folder);
            stage.fill(&conf_of(layout, plan)?)?;
            if !plan.fresh {
                stage.link_what_stays(plan)?;
            }
            stage.make(script)
        }
    };
    let made = made.map_err(|error| error.hint(HINT))?;
    let hashes = match &part {
        Some(part) => part.with_the_rest(inventory, plan, made),
        None => made,
    };
    Ok(Rehearsed {
        hashes,
        shown: if part.is_some() {
            Shown::Part
        } else {
            Shown::Whole
        },
    })
}

/// Has the script make a part of the tree, and `openssl rehash` the hash links of what is like it, beside each other.
fn make_part(layout: &Layout, part: &Part, script: &Script<'_>, folder: &Path) -> Result<Hashes> {
    let expected = model::expected(&part.sources);
    let stage = Stage::new(layout, &part.sources, &expected, folder);
    thread::scope(|scope| {
        let pieces = part.alike.chunks(piece(part.alike.len()));
        let rehashed = pieces.enumerate().map(|(at, sources)| {
            let folder = folder.join(format!("alike-{at}"));
            scope.spawn(move || {
                leave_to_main_thread();
                rehash(sources, script, &folder)
            })
        });
        let rehashed: Vec<_> = rehashed.collect();
        let mut made = stage.fill(&part.conf).and_then(|()| stage.make(script))?;
        for piece in rehashed {
            made.extend(piece.join().unwrap_or_else(|panic| resume_unwind(panic))?);
        }
        Ok(made)
    })
}

/// How many sources each `openssl rehash` gets, of so many: a program more has to be worth its start.
fn piece(sources: usize) -> usize {
    const LEAST: usize = 500;
    sources.div_ceil(processors()).max(LEAST)
}

/// Has `openssl rehash` alone link sources that share no subject hash with any other, and verifies what it made.
///
/// In memory where there is room, else in `folder`, which is created: making and removing a file and a link for each
/// source costs a file system on a disk more than the program itself.
fn rehash(sources: &[ModelSource], script: &Script<'_>, folder: &Path) -> Result<Hashes> {
    let expected = model::expected(sources);
    let bytes = |source: &ModelSource| source.content.bytes().unwrap_or_default().len() as u64;
    let room = sources
        .iter()
        .map(|s| bytes(s).next_multiple_of(4096) + 2048);
    let in_memory = PrivateFolder::in_memory(PREFIX, 2 * sources.len() as u64, room.sum());
    let folder = match &in_memory {
        Some(private) => private.path(),
        None => {
            files::create_folder(folder, 0o755)?;
            folder
        }
    };
    for source in sources {
        let path = folder.join(links::link_name(&source.name));
        files::create_unsynced(&path, source.content.bytes().unwrap_or_default(), 0o644)?;
    }
    let output = Program::new(script.openssl, script.limit)
        .arg("rehash")
        .arg(folder)
        .run()?;
    let (path, said) = (script.openssl.display(), output.explain());
    if !output.status.success() {
        return Err(Error::new(format!("`{path} rehash` failed: {said}")));
    }
    let slots = hash_links(folder)?;
    compare_hashes(&slots, &expected).map_err(|error| {
        Error::new(format!(
            "`{path} rehash` did not make what it should: {error}; it said {said}"
        ))
    })?;
    Ok(by_hash(slots))
}

/// The hash links of a folder, by slot.
fn hash_links(folder: &Path) -> Result<Slots> {
    let mut slots = Slots::new();
    for name in files::names(folder)? {
        if let Some((hash, index)) = links::hash_name(Path::new(&name)) {
            let target = files::link_target(&folder.join(&name))?;
            slots.entry(hash).or_default().insert(index, target);
        }
    }
    Ok(slots)
}

fn by_hash(slots: Slots) -> Hashes {
    let names = |slots: BTreeMap<u32, PathBuf>| slots.into_values().collect();
    slots
        .into_iter()
        .map(|(hash, slots)| (hash, names(slots)))
        .collect()
}

fn conf_of(layout: &Layout, plan: &Plan) -> Result<Vec<u8>> {
    match &plan.wanted.conf {
        Some(conf) => Ok(conf.bytes().to_vec()),
        None => {
            let conf = layout.tree.read(&layout.conf.real, BUNDLE_LIMIT);
            Ok(conf.or_else(missing_is_empty)?)
        }
    }
}

struct Stage<'a> {
    sources: &'a [ModelSource],
    expected: &'a Expected,
    folder: &'a Path,
    certs: PathBuf,
    local: PathBuf,
    vendor: PathBuf,
    conf: PathBuf,
    temporary: PathBuf,
}

impl<'a> Stage<'a> {
    fn new(
        layout: &Layout,
        sources: &'a [ModelSource],
        expected: &'a Expected,
        folder: &'a Path,
    ) -> Stage<'a> {
        let vendor = match layout.is_live() {
            true => PathBuf::from(VENDOR),
            false => folder.join("vendor"),
        };
        Stage {
            sources,
            expected,
            folder,
            certs: folder.join("certs"),
            local: folder.join("local"),
            vendor,
            conf: folder.join("conf"),
            temporary: folder.join("tmp"),
        }
    }

    fn fill(&self, conf: &[u8]) -> Result<()> {
        for folder in [&self.certs, &self.local, &self.temporary] {
            files::create_folder(folder, 0o755)?;
        }
        files::create_unsynced(&self.conf, conf, 0o644)?;
        self.sources
            .iter()
            .try_for_each(|source| self.place(source))
    }

    /// Puts one source where the script will find it: what was judged, whatever has become of the file meanwhile.
    fn place(&self, source: &ModelSource) -> Result<()> {
        let path = self.staged(&source.name);
        if source.origin == Origin::Vendor && !path.starts_with(self.folder) {
            return Ok(());
        }
        make_folders(path.parent().unwrap_or(&self.local))?;
        // The selection can name a file twice.
        if files::facts(&path)?.is_none() {
            let bytes = source.content.bytes().unwrap_or_default();
            files::create_unsynced(&path, bytes, 0o644)?;
        }
        Ok(())
    }

    /// The name of a source on the stage.
    fn staged(&self, name: &Path) -> PathBuf {
        if let Ok(relative) = name.strip_prefix(LOCAL) {
            return self.local.join(relative);
        }
        match name.strip_prefix(VENDOR) {
            Ok(relative) => self.vendor.join(relative),
            // There is no other source; whatever it were, the stage is not left.
            Err(_) => self.local.join(name.strip_prefix("/").unwrap_or(name)),
        }
    }

    /// The name of a staged source inside the tree.
    fn unstaged(&self, target: &Path) -> PathBuf {
        if let Ok(relative) = target.strip_prefix(&self.local) {
            return Path::new(LOCAL).join(relative);
        }
        match target.strip_prefix(&self.vendor) {
            Ok(relative) => Path::new(VENDOR).join(relative),
            Err(_) => target.to_path_buf(),
        }
    }

    /// Links that stay are there already, so that the script has no more to do than on the live folder.
    fn link_what_stays(&self, plan: &Plan) -> Result<()> {
        for (name, target) in &self.expected.links {
            if !plan.wanted.writes.contains_key(target) {
                files::create_link(&self.certs.join(name), &self.staged(target))?;
            }
        }
        Ok(())
    }

    /// Has the script make the stage, and verifies what it made.
    fn make(&self, script: &Script<'_>) -> Result<Hashes> {
        let said = self.run(script)?;
        self.verify(self.expected).map_err(|error| {
            let path = script.path.display();
            Error::new(format!(
                "`{path}` did not make what it should: {error}; {said}"
            ))
        })
    }

    fn run(&self, script: &Script<'_>) -> Result<String> {
        let output = Program::new(script.path, script.limit)
            .arg("--certsconf")
            .arg(&self.conf)
            .arg("--certsdir")
            .arg(&self.vendor)
            .arg("--localcertsdir")
            .arg(&self.local)
            .arg("--etccertsdir")
            .arg(&self.certs)
            .args(["--hooksdir", ""])
            .env("TMPDIR", &self.temporary)
            .run()
            .map_err(|error| {
                Error::from(error).hint(
                    "install the package ca-certificates, or look at why its script does not run",
                )
            })?;
        match output.status.success() {
            true => Ok(format!("it said {}", output.explain())),
            false => {
                let path = script.path.display();
                let message = format!("`{path}` failed: {}", output.explain());
                Err(Error::new(message).hint("the store is as it was before"))
            }
        }
    }

    fn verify(&self, expected: &Expected) -> Result<Hashes, String> {
        let text = |error: crate::system::FileError| error.to_string();
        let bundle = files::read(&self.certs.join(BUNDLE), BUNDLE_LIMIT)
            .or_else(missing_is_empty)
            .map_err(text)?;
        compare_bundle(&bundle, &expected.bundle)?;
        let (links, hashes) = self.links().map_err(|error| error.to_string())?;
        compare_links(&links, &expected.links)?;
        compare_hashes(&hashes, expected)?;
        Ok(by_hash(hashes))
    }

    /// The links of the stage, translated to names inside the tree, and its hash links by slot.
    fn links(&self) -> Result<(Links, Slots)> {
        let (mut links, mut hashes) = (Links::new(), Slots::new());
        for name in files::names(&self.certs)? {
            let path = self.certs.join(&name);
            if files::facts(&path)?.is_none_or(|facts| facts.kind != Kind::Link) {
                continue;
            }
            let target = files::link_target(&path)?;
            match links::hash_name(Path::new(&name)) {
                Some((hash, index)) => {
                    hashes.entry(hash).or_default().insert(index, target);
                }
                // No certificate depends on the link of a revocation list.
                None if links::is_crl_name(Path::new(&name)) => {}
                None => drop(links.insert(PathBuf::from(name), self.unstaged(&target))),
            }
        }
        Ok((links, hashes))
    }
}

type Links = BTreeMap<PathBuf, PathBuf>;
type Slots = BTreeMap<u32, BTreeMap<u32, PathBuf>>;

fn missing_is_empty(error: crate::system::FileError) -> Result<Vec<u8>, crate::system::FileError> {
    match error.is_missing() {
        true => Ok(Vec::new()),
        false => Err(error),
    }
}

fn make_folders(folder: &Path) -> Result<()> {
    if files::facts(folder)?.is_none() {
        make_folders(folder.parent().unwrap_or(Path::new("/")))?;
        files::create_folder(folder, 0o755)?;
    }
    Ok(())
}

fn compare_bundle(made: &[u8], expected: &[u8]) -> Result<(), String> {
    if made == expected {
        return Ok(());
    }
    let certificates = |bytes: &[u8]| {
        let document = cert::read(bytes);
        let all = document
            .certificates()
            .map(|(_, certificate)| certificate.sha256());
        all.collect::<Vec<_>>()
    };
    let (made, expected) = (certificates(made), certificates(expected));
    Err(format!(
        "its bundle has {} certificates where the sources have {}",
        made.len(),
        expected.len()
    ))
}

fn compare_links(made: &Links, expected: &Links) -> Result<(), String> {
    for (name, target) in expected {
        match made.get(name) {
            Some(found) if found == target => {}
            Some(found) => {
                let (name, found) = (name.display(), found.display());
                return Err(format!("its link `{name}` leads to `{found}`"));
            }
            None => return Err(format!("its link `{}` is missing", name.display())),
        }
    }
    match made.keys().find(|name| !expected.contains_key(*name)) {
        Some(extra) => Err(format!(
            "it made a link `{}` without a source",
            extra.display()
        )),
        None => Ok(()),
    }
}

fn compare_hashes(made: &Slots, expected: &Expected) -> Result<(), String> {
    for (hash, slots) in made {
        if !slots.keys().copied().eq(0..slots.len() as u32) {
            return Err(format!("its hash links {hash:08x} have a gap"));
        }
        let stray = slots
            .values()
            .find(|name| !expected.requires(*hash, name) && !expected.lax.contains(*name));
        if let Some(name) = stray {
            return Err(format!(
                "its hash link {hash:08x} leads to `{}`",
                name.display()
            ));
        }
    }
    for ((hash, sha256), names) in &expected.required {
        let slots = made.get(hash);
        if !slots.is_some_and(|slots| slots.values().any(|name| names.contains(name))) {
            return Err(format!(
                "the certificate {sha256} has no hash link {hash:08x}"
            ));
        }
    }
    Ok(())
}
