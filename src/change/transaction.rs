//! A change from the first lock to the last check. Nothing is published that was not rehearsed and verified, and
//! what fails is undone.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::announce::announce;
use super::generation::{Generations, Manifest, Mention, Phase};
use super::held::{Held, wait_for_scripts};
use super::hooks;
use super::java;
use super::loaded::OpenSsl;
use super::others::{self, DatabaseStep};
use super::plan::{self, Difference, Plan, Role, Step, Wanted};
use super::publish::{self, Direction};
use super::record::{manifest, still_trusted};
use super::recover::{after_failed_undoing, recover, stays};
use super::refuse::{allow, can_reach, can_record, check_selection, safe, unasked};
use super::stage::{self, Hashes, Script, Shown};
use super::steps::{source_steps, tree_steps};
use super::tools;
use super::trust::Recorded;
use crate::cert::{Certificate, Fingerprint, Time};
use crate::config::{Config, Rehearsal};
use crate::error::{Error, Exit, Result};
use crate::host::format::words::trustctl;
use crate::store::inventory::Inventory;
use crate::store::layout::Layout;
use crate::system::lock::stopped;
use crate::system::scripts;
use crate::system::signals::{Shield, hear_of_interrupts, interrupted};

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
    /// Whether the script is shown every source, whatever the change touches.
    pub whole: bool,
    /// The store as it was read before the lock, so that nothing is parsed twice.
    pub seen: Option<&'a Inventory>,
    /// What may come and go beside what the request names.
    pub consent: Consent,
    /// Told what is being done.
    pub progress: fn(&str),
}

/// What a person has agreed to beside what a request names.
#[derive(Clone, Debug, Default)]
pub struct Consent {
    /// Certificates that may become trusted too.
    pub also: BTreeSet<Fingerprint>,
    /// Whether everything that the sources hold may become trusted.
    pub all: bool,
    /// Whether certificates may go that no source has.
    pub drop_foreign: bool,
    /// The only certificates that may go; `None` is all that the request takes away.
    pub may_go: Option<BTreeSet<Fingerprint>>,
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
    /// Those of `removed` that nobody named and no source has: without `--drop-foreign` they are a refusal.
    pub lost: Vec<Mention>,
    /// Every place changed.
    pub steps: Vec<Step>,
    /// Databases of NSS that were changed.
    pub databases: Vec<DatabaseStep>,
    /// What was found wrong before and is mended by this.
    pub repaired: Vec<String>,
    /// The hooks that were told.
    pub hooks: Vec<PathBuf>,
    /// What is still open: the change stands, but did not reach this.
    pub open: Vec<String>,
    /// Worth knowing.
    pub notes: Vec<String>,
    /// What the script was shown in the rehearsal; `None` where there was none.
    pub rehearsal: Option<Shown>,
    /// What an earlier, interrupted change left, and what became of it.
    pub recovered: Option<String>,
    /// Whether the bundle is all there is.
    #[serde(skip)]
    pub bundle_only: bool,
    /// Whether it is a rollback, which the next one does not take back.
    #[serde(skip)]
    pub goes_back: bool,
    /// Why nothing was changed, where trust would come or go that nobody asked for.
    #[serde(skip)]
    pub refusal: Option<Error>,
}

/// Carries out what `decide` wants of the store as it is under the lock.
pub fn run(request: &Request<'_>, decide: &dyn Fn(&Inventory) -> Result<Wanted>) -> Result<Done> {
    hear_of_interrupts();
    if request.dry_run {
        return rehearse_only(request, decide);
    }
    can_record(request.layout)?;
    let held = Held::take(request)?;
    let recovered = recover(request, &held)?;
    wait_for_scripts(request)?;
    let inventory = read(request);
    let last = held.kept.last();
    let mut plan = Plan::new(&inventory, decide(&inventory)?, sources_of(last.as_ref()));
    let mut done = Done {
        recovered,
        ..Done::default()
    };
    safe(request.layout, &plan)?;
    check_selection(&inventory, &plan)?;
    let java = match plan.bundle_only {
        true => Vec::new(),
        false => java::lines(request.layout, &plan.expected),
    };
    if plan.is_empty() && java.is_empty() && !request.whole {
        tell_others(&mut done, &plan);
        return Ok(done);
    }
    allow(request, &inventory, &plan)?;
    if is_refused(request, &plan, &mut done) {
        return Ok(done);
    }
    let tools = tools::versions(&request.config.tools);
    let folder = stage::folder_of(request.layout)?;
    let scene = Scene {
        folder: folder.path(),
        whole: is_whole(request, tools.as_ref(), last.as_ref()),
    };
    let rehearsed = rehearse(request, &inventory, &plan, &scene, &mut done);
    drop(folder);
    if interrupted() {
        return Err(stopped());
    }
    let (hashes, mut steps) = rehearsed?;
    if plan.is_empty() && java.is_empty() {
        return Ok(done);
    }
    let contents = stage_others(request, &mut plan, &mut steps)?;
    describe(&mut done, &plan, &steps);
    let mut manifest = manifest(
        request,
        &held.kept,
        &inventory,
        &plan,
        steps,
        &contents,
        last.as_ref(),
    )?;
    manifest.open.clone_from(&plan.wanted.others.open);
    manifest.tools = tools;
    for line in java {
        if !manifest.hook_lines.contains(&line) {
            manifest.hook_lines.push(line);
        }
    }
    let mut open = Open {
        request,
        kept: &held.kept,
        plan: &plan,
        inventory,
        hashes,
        manifest,
    };
    let shield = Shield::raise();
    // The last moment at which nothing has been changed.
    if interrupted() {
        return Err(stopped());
    }
    open.carry_out(&held, &mut done)?;
    drop(shield);
    Ok(done)
}

/// The store as it is now, with what was parsed before.
fn read(request: &Request<'_>) -> Inventory {
    match request.seen {
        Some(seen) => Inventory::read_again(request.layout, seen),
        None => Inventory::read(request.layout),
    }
}

/// The sources on record.
fn sources_of(last: Option<&Manifest>) -> &Recorded {
    static NONE: Recorded = Recorded::new();
    last.map_or(&NONE, |manifest| &manifest.sources)
}

/// Whether the script is shown every source: by request, by configuration, and where it or OpenSSL may be another than
/// in the last change.
fn is_whole(request: &Request<'_>, tools: Option<&String>, last: Option<&Manifest>) -> bool {
    let known = last.and_then(|manifest| manifest.tools.as_ref());
    request.whole
        || request.config.change.rehearsal == Rehearsal::Whole
        || tools.is_none()
        || known != tools
}

/// What a run would find to be done: the plan, and what the Java keystore would be told. Nothing is locked or written.
pub fn outlook(
    request: &Request<'_>,
    inventory: &Inventory,
    wanted: Wanted,
) -> Result<(Plan, Vec<String>)> {
    let recorded = Generations::at(request.layout).recorded();
    let plan = Plan::new(inventory, wanted, &recorded);
    safe(request.layout, &plan)?;
    check_selection(inventory, &plan)?;
    let java = match plan.bundle_only {
        true => Vec::new(),
        false => java::lines(request.layout, &plan.expected),
    };
    Ok((plan, java))
}

/// An interrupted change, completed or undone.
#[derive(Debug)]
pub struct Recovered {
    /// What became of it.
    pub what: String,
    /// What is still open where it was completed.
    pub open: Vec<String>,
}

/// Finishes or undoes what an interrupted change left; says so.
pub fn recover_only(request: &Request<'_>) -> Result<Option<Recovered>> {
    // A tree without any record is left without one.
    if Generations::at(request.layout).numbers()?.is_empty() {
        return Ok(None);
    }
    let held = Held::take(request)?;
    let Some(what) = recover(request, &held)? else {
        return Ok(None);
    };
    let newest = held.kept.newest()?;
    let stands = newest.filter(|manifest| manifest.phase == Phase::Committed);
    let open = stands.map_or_else(Vec::new, |manifest| manifest.open);
    Ok(Some(Recovered { what, open }))
}

fn rehearse_only(
    request: &Request<'_>,
    decide: &dyn Fn(&Inventory) -> Result<Wanted>,
) -> Result<Done> {
    let inventory = read(request);
    let last = Generations::at(request.layout).last();
    let mut plan = Plan::new(&inventory, decide(&inventory)?, sources_of(last.as_ref()));
    check_selection(&inventory, &plan)?;
    let mut done = Done {
        dry_run: true,
        ..Done::default()
    };
    safe(request.layout, &plan)?;
    if plan.is_empty() && !request.whole {
        tell_others(&mut done, &plan);
        return Ok(done);
    }
    can_record(request.layout)?;
    allow(request, &inventory, &plan)?;
    if is_refused(request, &plan, &mut done) {
        return Ok(done);
    }
    let folder = stage::folder(Path::new(stage::TEMPORARY))?;
    let tools = tools::versions(&request.config.tools);
    let scene = Scene {
        folder: folder.path(),
        whole: is_whole(request, tools.as_ref(), last.as_ref()),
    };
    let rehearsed = rehearse(request, &inventory, &plan, &scene, &mut done);
    if interrupted() {
        return Err(stopped());
    }
    let (_, mut steps) = rehearsed?;
    stage_others(request, &mut plan, &mut steps)?;
    describe(&mut done, &plan, &steps);
    done.open.clone_from(&plan.wanted.others.open);
    Ok(done)
}

/// Adds what other stores are to become to the steps; the contents that those need.
fn stage_others(
    request: &Request<'_>,
    plan: &mut Plan,
    steps: &mut Vec<Step>,
) -> Result<Vec<Vec<u8>>> {
    if plan.wanted.others.is_empty() {
        return Ok(Vec::new());
    }
    (request.progress)("preparing other stores");
    let limit = request.config.timeouts.tool();
    let (more, contents) = others::stage(request.layout, &mut plan.wanted.others, limit)?;
    can_reach(request.layout, &more)?;
    steps.extend(more);
    Ok(contents)
}

fn tell_others(done: &mut Done, plan: &Plan) {
    done.open.extend(plan.wanted.others.open.iter().cloned());
    done.notes.extend(plan.wanted.others.notes.iter().cloned());
}

fn tell_trust(done: &mut Done, plan: &Plan) {
    let mentions = |all: &[Certificate]| all.iter().map(Mention::from).collect();
    done.added = mentions(&plan.trust.added);
    done.removed = mentions(&plan.trust.removed);
    done.lost = mentions(&plan.trust.lost);
}

/// Whether the change stops here, because readers would gain or lose trust that nobody asked for.
fn is_refused(request: &Request<'_>, plan: &Plan, done: &mut Done) -> bool {
    if let Some(refusal) = unasked(request, plan) {
        tell_trust(done, plan);
        done.refusal = Some(refusal);
    }
    done.refusal.is_some()
}

fn describe(done: &mut Done, plan: &Plan, steps: &[Step]) {
    tell_trust(done, plan);
    done.bundle_only = plan.bundle_only;
    done.databases.clone_from(&plan.wanted.others.databases);
    done.notes.extend(plan.wanted.others.notes.iter().cloned());
    done.steps = steps.to_vec();
    if plan.changes_no_source() {
        done.repaired = plan.differences.iter().map(ToString::to_string).collect();
    }
    for name in &plan.unusable {
        done.notes.push(format!(
            "`{}` was left out: update-ca-certificates cannot handle its name",
            name.display()
        ));
    }
}

/// Where a rehearsal takes place, and whether of the whole.
struct Scene<'a> {
    folder: &'a Path,
    whole: bool,
}

fn rehearse(
    request: &Request<'_>,
    inventory: &Inventory,
    plan: &Plan,
    scene: &Scene<'_>,
    done: &mut Done,
) -> Result<(Hashes, Vec<Step>)> {
    (request.progress)("rehearsing the change");
    let script = Script {
        path: &request.config.tools.update_ca_certificates,
        limit: request.config.timeouts.tool(),
        whole: scene.whole,
        openssl: &request.config.tools.openssl,
    };
    let hashes = match plan.bundle_only {
        true => Hashes::new(),
        false => {
            let made = stage::rehearse(request.layout, inventory, plan, &script, scene.folder)?;
            done.rehearsal = Some(made.shown);
            made.hashes
        }
    };
    let bytes = plan.expected.published();
    let note = openssl(request).check(bytes, &plan.document(), scene.folder);
    done.notes.extend(
        note.map_err(|error| error.hint("the store is as it was before; nothing was published"))?,
    );
    let mut steps = source_steps(request, inventory, plan)?;
    steps.extend(tree_steps(request, inventory, plan, &hashes)?);
    can_reach(request.layout, &steps)?;
    Ok((hashes, steps))
}

/// The program that has the last word on a bundle.
fn openssl<'a>(request: &Request<'a>) -> OpenSsl<'a> {
    OpenSsl {
        path: &request.config.tools.openssl,
        limit: request.config.timeouts.tool(),
    }
}

/// A change whose generation is being written.
struct Open<'a> {
    request: &'a Request<'a>,
    kept: &'a Generations,
    plan: &'a Plan,
    /// The store as it was last read.
    inventory: Inventory,
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
        let open = others::follow(self.request.layout, self.kept, &self.manifest.databases);
        self.manifest.open.extend(open);
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
    ///
    /// The bundle that is found then has the very bytes that OpenSSL has read in the rehearsal.
    fn settle(&mut self) -> Result<()> {
        let layout = self.request.layout;
        let deadline = Instant::now() + self.request.config.timeouts.lock();
        let mut left = Vec::new();
        for _ in 0..ATTEMPTS {
            let runs = scripts::running(&layout.root, &layout.certs.real);
            scripts::wait(&runs, deadline.saturating_duration_since(Instant::now()));
            self.inventory = Inventory::look_again(layout, &self.inventory);
            let inventory = &self.inventory;
            let busy = !scripts::running(&layout.root, &layout.certs.real).is_empty();
            left = plan::differences(inventory, &self.plan.expected);
            left.retain(|difference| !(busy && *difference == Difference::StrayBundle));
            if left.is_empty() {
                return self.sources_hold();
            }
            if Instant::now() >= deadline {
                break;
            }
            let mut steps = tree_steps(self.request, inventory, self.plan, &self.hashes)?;
            steps.retain(|step| !(busy && step.role == Role::Stray));
            publish::converge(layout, self.kept, &steps, Direction::Forward)?;
            std::thread::sleep(Duration::from_millis(if busy { 20 } else { 0 }));
        }
        let left: Vec<String> = left.iter().map(ToString::to_string).collect();
        let message = format!("the store is not what was planned: {}", left.join("; "));
        Err(Error::new(message))
    }

    /// The sources are what was planned: with a group-writable folder others can change them while we work.
    fn sources_hold(&self) -> Result<()> {
        for step in &self.manifest.steps {
            let is_source = matches!(step.role, Role::Source | Role::Selection | Role::Store);
            if is_source && publish::look(self.request.layout, &step.path)? != step.after {
                let name = step.path.display();
                let message = format!("`{name}` was changed by somebody else meanwhile");
                return Err(Error::new(message));
            }
        }
        Ok(())
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
        if self.request.inside_dpkg {
            let note = "dpkg is at work: hooks that wait for it finish when it does";
            return done.notes.push(note.to_string());
        }
        let plan = self.plan;
        let gone: Vec<&Certificate> = plan
            .trust
            .removed
            .iter()
            .chain(&plan.wanted.meant)
            .collect();
        let open = java::still_open(layout, &gone, &plan.trust.added);
        if open.is_empty() {
            done.notes.extend(java::followed(layout));
        }
        self.manifest.open.extend(open);
    }

    fn commit(&mut self, done: &mut Done) -> Result<()> {
        // Hooks may have changed what they like.
        let inventory = Inventory::look_again(self.request.layout, &self.inventory);
        self.manifest
            .open
            .extend(still_trusted(&inventory, self.plan));
        done.open.clone_from(&self.manifest.open);
        done.generation = Some(self.manifest.number);
        self.write(Phase::Committed).map_err(|error| {
            Error::new(format!(
                "the change stands, but could not be put on record: {error}"
            ))
            .hint(format!(
                "run `{}` to complete it",
                trustctl(self.request.layout, "recover")
            ))
            .exit(Exit::Findings)
        })?;
        announce(self.request.layout, &self.manifest);
        // Only tidying: the change stands and is on record whether that succeeds or not.
        if let Err(error) = self.kept.prune(self.request.config.history.keep) {
            let note = format!("old generations were not cleared away: {error}");
            done.notes.push(note);
        }
        Ok(())
    }

    /// Goes back to the state before; the error says how that went.
    fn undo(&mut self, error: Error) -> Error {
        let layout = self.request.layout;
        let back = publish::clear_temporaries(layout, &self.manifest.steps).and_then(|()| {
            publish::converge(layout, self.kept, &self.manifest.steps, Direction::Back)
        });
        match back {
            Ok(foreign) => {
                self.manifest.open.push(error.to_string());
                if self.write(Phase::Undone).is_err() {
                    let _ = self.kept.remove(self.manifest.number);
                }
                announce(layout, &self.manifest);
                match foreign.is_empty() {
                    true => as_before(error),
                    false => Error {
                        message: format!(
                            "{error}; all was undone but for {}",
                            stays(layout, &foreign)
                        ),
                        ..error
                    },
                }
            }
            Err(undoing) => Error::new(format!(
                "{error}; undoing it failed too: {undoing}; the store may be changed in part"
            ))
            .hint(after_failed_undoing(layout))
            .exit(Exit::Unrecovered),
        }
    }
}

fn as_before(error: Error) -> Error {
    Error {
        message: format!("{}; the store is as it was before", error.message),
        ..error
    }
}
