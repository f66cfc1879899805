//! A change from the first lock to the last check. Nothing is published that was not rehearsed and verified, and
//! what fails is undone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::generation::{Generations, Manifest, Mention, Phase};
use super::hooks;
use super::model;
use super::plan::{self, Plan, Role, State, Step, Wanted};
use super::publish::{self, Direction};
use super::stage::{self, Hashes, Script};
use crate::cert::{Certificate, Time};
use crate::config::Config;
use crate::error::{Error, Exit, Result};
use crate::store::inventory::{EntryKind, Inventory};
use crate::store::layout::{BUNDLE, CERTS, CONF, Layout};
use crate::system::lock::{self, Lock, PackageLock};
use crate::system::signals::Shield;
use crate::system::{files, scripts};

/// dpkg's frontend lock (dpkg 1.19.1 and later; apt takes it too).
const PACKAGE_LOCK: &str = "/var/lib/dpkg/lock-frontend";
/// How often the tree is published again while runs of the bare script get in the way.
const ATTEMPTS: usize = 20;

/// Who asks for a change, and on what.
#[derive(Debug)]
pub struct Request<'a> {
    /// Every path of the store.
    pub layout: &'a Layout,
    /// Limits and tools.
    pub config: &'a Config,
    /// The command, for the record.
    pub command: &'a str,
    /// Why, for the record.
    pub reason: Option<&'a str>,
    /// `SUDO_USER`.
    pub user: Option<&'a str>,
    /// Effective user.
    pub uid: u32,
    /// The time of the call.
    pub now: Time,
    /// Whether dpkg runs us from a maintainer script: it holds its own lock.
    pub inside_dpkg: bool,
    /// Rehearse only.
    pub dry_run: bool,
    /// Whether a store without any certificate is wanted.
    pub allow_empty: bool,
    /// Told what is being done.
    pub progress: fn(&str),
}

/// What a change came to.
#[derive(Debug, Default, Serialize)]
pub struct Done {
    /// Its generation; `None` where nothing was to be done, or for a rehearsal.
    pub generation: Option<u64>,
    /// Whether it was only rehearsed.
    pub dry_run: bool,
    /// Certificates that became trusted.
    pub added: Vec<Mention>,
    /// Certificates that ceased to be trusted.
    pub removed: Vec<Mention>,
    /// Every place changed.
    pub steps: Vec<Step>,
    /// What was found wrong before and is mended by this.
    pub repaired: Vec<String>,
    /// The hooks that were told.
    pub hooks: Vec<PathBuf>,
    /// What is still open: the change stands, but did not reach this.
    pub open: Vec<String>,
    /// Worth knowing.
    pub notes: Vec<String>,
    /// What an earlier, interrupted change left, and what became of it.
    pub recovered: Option<String>,
}

/// Carries out what `decide` wants of the store as it is under the lock.
pub fn run(request: &Request<'_>, decide: &dyn Fn(&Inventory) -> Result<Wanted>) -> Result<Done> {
    if request.dry_run {
        return rehearse_only(request, decide);
    }
    let held = Held::take(request)?;
    let recovered = recover(request, &held)?;
    wait_for_scripts(request)?;
    let inventory = Inventory::read(request.layout);
    let plan = Plan::new(&inventory, decide(&inventory)?);
    let mut done = Done {
        recovered,
        ..Done::default()
    };
    if plan.is_empty() {
        return Ok(done);
    }
    allow(request, &plan)?;
    let folder = request.layout.state.real.join("stage");
    files::remove_folder(&folder)?;
    files::create_folder(&folder, 0o700)?;
    let rehearsed = rehearse(request, &inventory, &plan, &folder);
    files::remove_folder(&folder)?;
    let (hashes, steps) = rehearsed?;
    describe(&mut done, &plan, &steps);
    let mut open = Open {
        request,
        kept: &held.kept,
        plan: &plan,
        hashes,
        manifest: manifest(request, &held.kept, &inventory, &plan, steps)?,
    };
    let shield = Shield::raise();
    open.carry_out(&held, &mut done)?;
    drop(shield);
    Ok(done)
}

/// Finishes or undoes what an interrupted change left; says so.
pub fn recover_only(request: &Request<'_>) -> Result<Option<String>> {
    let kept = Generations::at(&request.layout.state);
    if kept.unfinished()?.is_none() {
        return Ok(None);
    }
    let held = Held::take(request)?;
    recover(request, &held)
}

fn rehearse_only(
    request: &Request<'_>,
    decide: &dyn Fn(&Inventory) -> Result<Wanted>,
) -> Result<Done> {
    let inventory = Inventory::read(request.layout);
    let plan = Plan::new(&inventory, decide(&inventory)?);
    let mut done = Done {
        dry_run: true,
        ..Done::default()
    };
    if plan.is_empty() {
        return Ok(done);
    }
    allow(request, &plan)?;
    let folder = tempfile::Builder::new()
        .prefix("trustctl-")
        .tempdir_in("/tmp")
        .map_err(|error| {
            Error::from(crate::system::FileError::on("create a folder in", "/tmp")(
                error,
            ))
        })?;
    let (_, steps) = rehearse(request, &inventory, &plan, folder.path())?;
    describe(&mut done, &plan, &steps);
    Ok(done)
}

fn describe(done: &mut Done, plan: &Plan, steps: &[Step]) {
    done.added = plan.added.iter().map(Mention::from).collect();
    done.removed = plan.removed.iter().map(Mention::from).collect();
    done.steps = steps.to_vec();
    if plan.changes_no_source() {
        done.repaired.clone_from(&plan.differences);
    }
    for name in &plan.unusable {
        done.notes.push(format!(
            "`{}` was left out: update-ca-certificates cannot handle its name",
            name.display()
        ));
    }
}

/// Refuses what must not be published.
fn allow(request: &Request<'_>, plan: &Plan) -> Result<()> {
    if let Some(hazard) = plan.hazards.first() {
        let name = hazard.name.display();
        let file = hazard
            .name
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let message = format!("cannot publish `{name}`: {}", hazard.reason);
        return Err(Error::new(message).hint(format!(
            "run `sudo trustctl remove {file}`, or move the file away; the store is as it was before"
        )));
    }
    if plan.sources.is_empty() && !request.allow_empty {
        return Err(
            Error::new("this would leave the store without any certificate").hint(
                "add `--allow-empty` if that is what you want; the store is as it was before",
            ),
        );
    }
    match plan
        .unusable
        .iter()
        .find(|name| plan.wanted.writes.contains_key(*name))
    {
        Some(name) => Err(Error::new(format!(
            "update-ca-certificates cannot handle the name `{}`",
            name.display()
        ))),
        None => Ok(()),
    }
}

fn rehearse(
    request: &Request<'_>,
    inventory: &Inventory,
    plan: &Plan,
    folder: &Path,
) -> Result<(Hashes, Vec<Step>)> {
    (request.progress)("rehearsing the change");
    let script = Script {
        path: &request.config.tools.update_ca_certificates,
        limit: request.config.timeouts.tool(),
    };
    let hashes = stage::rehearse(request.layout, plan, &script, folder)?;
    let mut steps = source_steps(request, plan)?;
    steps.extend(tree_steps(request, inventory, plan, &hashes)?);
    Ok((hashes, steps))
}

/// The locks of a change, released in the end.
struct Held {
    kept: Generations,
    package_lock: Option<PackageLock>,
    _lock: Lock,
}

impl Held {
    fn take(request: &Request<'_>) -> Result<Held> {
        let wait = request.config.timeouts.lock();
        let layout = request.layout;
        let package_lock = match layout.is_live() && !request.inside_dpkg {
            true => lock::take_package_lock(Path::new(PACKAGE_LOCK), wait)?,
            false => None,
        };
        make_state(layout)?;
        let (command, process) = (request.command, std::process::id());
        let holder = format!("`trustctl {command}` (process {process})");
        let lock = lock::take(&layout.state.real.join("lock"), &holder, wait)?;
        let kept = Generations::at(&layout.state);
        kept.prepare()?;
        Ok(Held {
            kept,
            package_lock,
            _lock: lock,
        })
    }
}

fn make_state(layout: &Layout) -> Result<()> {
    let mut missing = Vec::new();
    let mut folder = layout.state.real.as_path();
    while files::facts(folder)?.is_none() {
        missing.push(folder);
        folder = folder.parent().unwrap_or(Path::new("/"));
    }
    for folder in missing.into_iter().rev() {
        files::create_folder(folder, 0o755)?;
    }
    Ok(())
}

fn wait_for_scripts(request: &Request<'_>) -> Result<()> {
    let layout = request.layout;
    let runs = scripts::running(&layout.root, &layout.certs.real);
    if runs.is_empty() {
        return Ok(());
    }
    (request.progress)("waiting for a running update-ca-certificates");
    let limit = request.config.timeouts.lock();
    match scripts::wait(&runs, limit) {
        true => Ok(()),
        false => {
            let message = format!(
                "`update-ca-certificates` has been running for {} s",
                limit.as_secs()
            );
            Err(Error::new(message).hint("look at why it does not end, then run the command again"))
        }
    }
}

/// The steps among the sources: local files, their folders, the selection.
fn source_steps(request: &Request<'_>, plan: &Plan) -> Result<Vec<Step>> {
    let layout = request.layout;
    let mut steps = Vec::new();
    let mut folders = BTreeSet::new();
    for (name, file) in &plan.wanted.writes {
        for folder in name.ancestors().skip(1) {
            if publish::look(&publish::real(layout, folder)?)? == State::Absent {
                folders.insert(folder.to_path_buf());
            }
        }
        let (uid, gid) = file.owner.unwrap_or_else(|| own_ids(request));
        let bytes = file.content.bytes().unwrap_or_default();
        let after = match &file.link {
            Some(target) => link(target),
            None => file_state(bytes, file.mode, uid, gid),
        };
        steps.push(step(layout, Role::Source, name, after)?);
    }
    for name in &plan.wanted.removals {
        steps.push(step(layout, Role::Source, name, State::Absent)?);
    }
    for folder in folders {
        let after = State::Folder { mode: 0o755 };
        steps.push(step(layout, Role::Folder, &folder, after)?);
    }
    if let Some(conf) = &plan.wanted.conf {
        let facts = files::facts(&layout.conf.real)?;
        let (uid, gid) = facts.map_or_else(|| own_ids(request), |facts| (facts.uid, facts.gid));
        let mode = facts.map_or(0o644, |facts| facts.mode);
        let after = file_state(conf.bytes(), mode, uid, gid);
        let name = inside_name(layout, &layout.conf.real, CONF);
        steps.push(step(layout, Role::Selection, &name, after)?);
    }
    steps.retain(|step| step.before != step.after);
    Ok(steps)
}

/// A link to the conf file stays a link: the file behind it is what changes.
fn inside_name(layout: &Layout, real: &Path, name: &str) -> PathBuf {
    match real.strip_prefix(&layout.root) {
        Ok(relative) => Path::new("/").join(relative),
        Err(_) => PathBuf::from(name),
    }
}

/// Root gives new files to root; an ordinary user keeps their own.
fn own_ids(request: &Request<'_>) -> (u32, u32) {
    match request.uid {
        0 => (0, 0),
        uid => (uid, nix::unistd::getegid().as_raw()),
    }
}

fn file_state(bytes: &[u8], mode: u32, uid: u32, gid: u32) -> State {
    State::File {
        sha256: crate::cert::Fingerprint::of(bytes).to_string(),
        mode,
        uid,
        gid,
    }
}

fn step(layout: &Layout, role: Role, name: &Path, after: State) -> Result<Step> {
    Ok(Step {
        role,
        path: name.to_path_buf(),
        before: publish::look(&publish::real(layout, name)?)?,
        after,
    })
}

/// The steps in the certificate folder: from what is there to what was rehearsed. Foreign names stay.
fn tree_steps(
    request: &Request<'_>,
    inventory: &Inventory,
    plan: &Plan,
    hashes: &Hashes,
) -> Result<Vec<Step>> {
    let expected = &plan.expected;
    let mut goals: BTreeMap<PathBuf, (Role, State)> = BTreeMap::new();
    for entry in inventory.entries.values() {
        let role = match &entry.kind {
            EntryKind::SourceLink(_) => Role::Link,
            EntryKind::HashLink { .. } => Role::HashLink,
            EntryKind::StrayBundle => Role::Stray,
            _ => continue,
        };
        goals.insert(entry.name.clone(), (role, State::Absent));
    }
    for (name, target) in &expected.links {
        refuse_foreign(inventory, plan, name)?;
        goals.insert(name.clone(), (Role::Link, link(target)));
    }
    for (name, target) in hash_links(inventory, expected, hashes) {
        goals.insert(name, (Role::HashLink, link(&target)));
    }
    let (uid, gid) = own_ids(request);
    let bundle = file_state(&expected.bundle, 0o644, uid, gid);
    goals.insert(PathBuf::from(BUNDLE), (Role::Bundle, bundle));
    let mut steps = Vec::new();
    for (name, (role, after)) in goals {
        steps.push(step(
            request.layout,
            role,
            &Path::new(CERTS).join(name),
            after,
        )?);
    }
    steps.retain(|step| step.before != step.after);
    Ok(steps)
}

fn link(target: &Path) -> State {
    State::Link {
        target: target.to_path_buf(),
    }
}

/// A file that somebody else put where a link must be: replaced only when it is a copy of the very source.
fn refuse_foreign(inventory: &Inventory, plan: &Plan, name: &Path) -> Result<()> {
    let Some(entry) = inventory.entries.get(name) else {
        return Ok(());
    };
    let copy = || {
        let target = &plan.expected.links[name];
        let source = plan.sources.iter().find(|source| source.name == *target);
        let bytes =
            |content: &crate::store::inventory::Content| content.bytes().map(<[u8]>::to_vec);
        source.map(|s| bytes(&s.content)) == entry.content.as_deref().map(bytes)
    };
    let taken = match entry.kind {
        EntryKind::ForeignFile => !copy(),
        EntryKind::Folder | EntryKind::Special => true,
        _ => false,
    };
    match taken {
        true => Err(Error::new(format!(
            "`{CERTS}/{}` was not made by update-ca-certificates and stands where a link must be",
            name.display()
        ))
        .hint("move it away and run the command again; the store is as it was before")),
        false => Ok(()),
    }
}

/// Which hash link leads where: what the rehearsal linked, and the foreign files that are linked today.
fn hash_links(
    inventory: &Inventory,
    expected: &model::Expected,
    hashes: &Hashes,
) -> BTreeMap<PathBuf, PathBuf> {
    let mut live: BTreeMap<u32, BTreeMap<u32, PathBuf>> = BTreeMap::new();
    let mut wanted = hashes.clone();
    for entry in inventory.entries.values() {
        let (hash, index, target) = match &entry.kind {
            EntryKind::HashLink {
                hash,
                index,
                target,
            } => (*hash, *index, target.clone()),
            EntryKind::ForeignFile => match crate::store::links::hash_name(&entry.name) {
                Some((hash, index)) => (hash, index, entry.name.clone()),
                None => continue,
            },
            _ => continue,
        };
        let foreign = !expected.links.contains_key(&target) && !leads_to_source(inventory, &target);
        if foreign && entry.content.is_some() {
            wanted.entry(hash).or_default().insert(target.clone());
        }
        live.entry(hash).or_default().insert(index, target);
    }
    let mut links = model::slots(&live, &wanted);
    links.retain(|name, target| name != target);
    links
}

fn leads_to_source(inventory: &Inventory, target: &Path) -> bool {
    inventory
        .entries
        .get(target)
        .is_some_and(|entry| matches!(entry.kind, EntryKind::SourceLink(_)))
}

/// Writes down everything that is needed to finish, undo or repeat the change.
fn manifest(
    request: &Request<'_>,
    kept: &Generations,
    inventory: &Inventory,
    plan: &Plan,
    steps: Vec<Step>,
) -> Result<Manifest> {
    for file in plan.wanted.writes.values() {
        kept.keep(file.content.bytes().unwrap_or_default())?;
    }
    for conf in plan.wanted.conf.iter().chain(&inventory.conf) {
        kept.keep(conf.bytes())?;
    }
    kept.keep(&plan.expected.bundle)?;
    for step in &steps {
        if matches!(step.before, State::File { .. }) {
            let place = publish::real(request.layout, &step.path)?;
            kept.keep(&files::read(&place, u64::MAX >> 1)?)?;
        }
    }
    let (sources, selection) = sources_after(request, kept, inventory, &steps)?;
    Ok(Manifest {
        schema: 1,
        number: kept.next_number()?,
        phase: Phase::Prepared,
        command: request.command.to_string(),
        reason: request.reason.map(str::to_string),
        time: request.now,
        user: request.user.map(str::to_string),
        uid: request.uid,
        version: env!("CARGO_PKG_VERSION").to_string(),
        added: plan.added.iter().map(Mention::from).collect(),
        removed: plan.removed.iter().map(Mention::from).collect(),
        hook_lines: hooks::lines(inventory, &plan.sources),
        open: Vec::new(),
        steps,
        sources,
        selection,
    })
}

/// All local files and the selection as they are after these steps, their contents kept.
fn sources_after(
    request: &Request<'_>,
    kept: &Generations,
    inventory: &Inventory,
    steps: &[Step],
) -> Result<(BTreeMap<PathBuf, State>, State)> {
    let mut sources = BTreeMap::new();
    for source in inventory.local() {
        let place = publish::real(request.layout, &source.place.name)?;
        let state = publish::look(&place)?;
        if let (State::File { .. }, Some(bytes)) = (&state, source.content.bytes()) {
            kept.keep(bytes)?;
        }
        sources.insert(source.place.name.clone(), state);
    }
    let mut selection = publish::look(&request.layout.conf.real)?;
    for step in steps {
        match step.role {
            Role::Source => drop(sources.insert(step.path.clone(), step.after.clone())),
            Role::Selection => selection = step.after.clone(),
            _ => {}
        }
    }
    sources.retain(|_, state| *state != State::Absent);
    Ok((sources, selection))
}

/// A change whose generation is being written.
struct Open<'a> {
    request: &'a Request<'a>,
    kept: &'a Generations,
    plan: &'a Plan,
    hashes: Hashes,
    manifest: Manifest,
}

impl Open<'_> {
    fn carry_out(&mut self, held: &Held, done: &mut Done) -> Result<()> {
        if let Err(error) = self.write(Phase::Prepared) {
            // Nothing was changed; a half-written generation is of no use.
            let _ = self.kept.remove(self.manifest.number);
            return Err(as_before(error));
        }
        (self.request.progress)("publishing the change");
        if let Err(error) = self.publish() {
            return Err(self.undo(error));
        }
        self.tell_hooks(held, done);
        self.commit(done)
    }

    fn write(&mut self, phase: Phase) -> Result<()> {
        self.manifest.phase = phase;
        self.kept.write(&self.manifest)
    }

    fn publish(&mut self) -> Result<()> {
        let layout = self.request.layout;
        publish::converge(layout, self.kept, &self.manifest.steps, Direction::Forward)?;
        self.settle()?;
        self.write(Phase::Published)
    }

    /// Looks until the live store is what was planned. Runs of the bare script that were under way while we
    /// published may have put back what they had read before: their end is waited for, and what they did is mended.
    fn settle(&self) -> Result<()> {
        let layout = self.request.layout;
        let deadline = Instant::now() + self.request.config.timeouts.lock();
        let mut left = Vec::new();
        for _ in 0..ATTEMPTS {
            let runs = scripts::running(&layout.root, &layout.certs.real);
            scripts::wait(&runs, deadline.saturating_duration_since(Instant::now()));
            let inventory = Inventory::read(layout);
            let busy = !scripts::running(&layout.root, &layout.certs.real).is_empty();
            left = plan::differences(&inventory, &self.plan.expected);
            left.retain(|difference| !(busy && difference.contains("killed run")));
            if left.is_empty() {
                return Ok(());
            }
            if Instant::now() >= deadline {
                break;
            }
            let mut steps = tree_steps(self.request, &inventory, self.plan, &self.hashes)?;
            steps.retain(|step| !(busy && step.role == Role::Stray));
            publish::converge(layout, self.kept, &steps, Direction::Forward)?;
            std::thread::sleep(Duration::from_millis(if busy { 20 } else { 0 }));
        }
        Err(Error::new(format!(
            "the store is not what was planned: {}",
            left.join("; ")
        )))
    }

    fn tell_hooks(&mut self, held: &Held, done: &mut Done) {
        let layout = self.request.layout;
        let found = match hooks::find(layout) {
            Ok(found) => found,
            Err(error) => return self.manifest.open.push(error.to_string()),
        };
        if found.is_empty() || self.manifest.hook_lines.is_empty() {
            return;
        }
        if !layout.is_live() {
            let note = "hooks of the tree were not run: they are programs of another system";
            return done.notes.push(note.to_string());
        }
        (self.request.progress)("telling the hooks");
        let limit = self.request.config.timeouts.hook();
        let lock = held.package_lock.is_some();
        self.manifest
            .open
            .extend(hooks::run(&found, &self.manifest.hook_lines, limit, lock));
        done.hooks = found;
    }

    fn commit(&mut self, done: &mut Done) -> Result<()> {
        let inventory = Inventory::read(self.request.layout);
        self.manifest
            .open
            .extend(still_trusted(&inventory, self.plan));
        done.open.clone_from(&self.manifest.open);
        done.generation = Some(self.manifest.number);
        self.write(Phase::Committed).map_err(|error| {
            Error::new(format!(
                "the change stands, but could not be put on record: {error}"
            ))
            .hint("run `sudo trustctl history` to complete it")
            .exit(Exit::No)
        })?;
        self.kept.prune(self.request.config.history.keep)
    }

    /// Goes back to the state before; the error says how that went.
    fn undo(&mut self, error: Error) -> Error {
        let layout = self.request.layout;
        let back = publish::clear_temporaries(layout, &self.manifest.steps).and_then(|()| {
            publish::converge(layout, self.kept, &self.manifest.steps, Direction::Back)
        });
        match back {
            Ok(()) => {
                self.manifest.open.push(error.to_string());
                if self.write(Phase::Undone).is_err() {
                    let _ = self.kept.remove(self.manifest.number);
                }
                as_before(error)
            }
            Err(undoing) => Error::new(format!(
                "{error}; undoing it failed too: {undoing}; the store may be changed in part"
            ))
            .hint(
                "mend the cause (disk full, read-only file system) and run `sudo trustctl refresh`",
            )
            .exit(Exit::Broken),
        }
    }
}

fn as_before(error: Error) -> Error {
    let Error {
        message,
        hint,
        exit,
    } = error;
    Error {
        message: format!("{message}; the store is as it was before"),
        hint,
        exit,
    }
}

/// What still carries a certificate that was to go: another source, or a foreign file of the certificate folder.
fn still_trusted(inventory: &Inventory, plan: &Plan) -> Vec<String> {
    let meant = |certificate: &Certificate| {
        let gone = plan.removed.iter().chain(&plan.wanted.meant);
        gone.into_iter()
            .any(|gone| gone.sha256() == certificate.sha256())
    };
    let mut found = Vec::new();
    for source in inventory.sources.iter().filter(|source| source.selected) {
        for certificate in source.content.certificates().filter(|c| meant(c)) {
            let (name, subject) = (source.place.name.display(), certificate.subject().display());
            found.push(format!("`{subject}` is still trusted through `{name}`"));
        }
    }
    for entry in inventory.entries.values() {
        if matches!(
            entry.kind,
            EntryKind::HashLink { .. } | EntryKind::SourceLink(_) | EntryKind::Bundle
        ) {
            continue;
        }
        let carried = entry
            .content
            .iter()
            .flat_map(|content| content.certificates());
        for certificate in carried.filter(|c| meant(c)) {
            let (name, subject) = (entry.name.display(), certificate.subject().display());
            found.push(format!(
                "`{CERTS}/{name}` still carries `{subject}`; it was not made by update-ca-certificates"
            ));
        }
    }
    found
}

fn recover(request: &Request<'_>, held: &Held) -> Result<Option<String>> {
    let layout = request.layout;
    files::remove_folder(&layout.state.real.join("stage"))?;
    let Some(mut manifest) = held.kept.unfinished()? else {
        publish::clear_temporaries(layout, &[])?;
        return Ok(None);
    };
    let what = format!(
        "`trustctl {}` of {} was interrupted",
        manifest.command, manifest.time
    );
    publish::clear_temporaries(layout, &manifest.steps)?;
    if manifest.phase == Phase::Published {
        if layout.is_live() {
            let limit = request.config.timeouts.hook();
            let found = hooks::find(layout)?;
            let lock = held.package_lock.is_some();
            manifest
                .open
                .extend(hooks::run(&found, &manifest.hook_lines, limit, lock));
        }
        manifest.phase = Phase::Committed;
        held.kept.write(&manifest)?;
        return Ok(Some(format!("{what}; it was completed")));
    }
    publish::converge(layout, &held.kept, &manifest.steps, Direction::Back).map_err(|error| {
        Error::new(format!("{what}, and undoing it failed: {error}"))
            .hint(
                "mend the cause (disk full, read-only file system) and run `sudo trustctl refresh`",
            )
            .exit(Exit::Broken)
    })?;
    manifest.phase = Phase::Undone;
    manifest.open.push("interrupted".to_string());
    held.kept.write(&manifest)?;
    Ok(Some(format!(
        "{what}; it was undone, the store is as it was before that"
    )))
}
