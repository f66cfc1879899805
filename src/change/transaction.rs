//! A change from the first lock to the last check. Nothing is published that was not rehearsed and verified, and
//! what fails is undone.

mod open;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Serialize;

use self::open::Open;
use super::generation::{Generations, Manifest, Mention, Phase};
use super::held::{Held, wait_for_scripts};
use super::java;
use super::loaded::OpenSsl;
use super::others::{self, DatabaseStep};
use super::plan::{Plan, Prior, Step, Wanted};
use super::record::manifest;
use super::recover::recover;
use super::refuse::{allow, can_reach, can_record, check_selection, safe, unasked};
use super::stage::{self, Hashes, Script, Shown};
use super::steps::{source_steps, tree_steps};
use super::tools;
use super::trust::Recorded;
use crate::cert::{Certificate, Fingerprint, Time};
use crate::config::{Config, Rehearsal};
use crate::error::{Error, Result};
use crate::store::inventory::Inventory;
use crate::store::layout::Layout;
use crate::system::lock::stopped;
use crate::system::signals::{Shield, hear_of_interrupts, interrupted};

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
    /// What was planned of that, so that it is not planned twice where nothing has changed since.
    pub prior: RefCell<Option<Prior>>,
    /// The record of changes.
    pub kept: &'a Generations,
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
    let wanted = decide(&inventory)?;
    let mut plan = plan_under_lock(request, &inventory, wanted, last.as_deref());
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
        whole: is_whole(request, tools.as_ref(), last.as_deref()),
    };
    let rehearsed = rehearse(request, &inventory, &plan, &scene, &mut done);
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
        held.kept,
        &inventory,
        &plan,
        steps,
        &contents,
        last.as_deref(),
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
        kept: held.kept,
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
    // Not before: ext4 takes its time to make files where others have just been removed.
    drop(folder);
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

/// The plan under the lock: the one made before it, where the store, the record and what is wanted are still the same.
fn plan_under_lock(
    request: &Request<'_>,
    inventory: &Inventory,
    wanted: Wanted,
    last: Option<&Manifest>,
) -> Plan {
    let prior = request.prior.take().filter(|prior| {
        request.seen.is_some_and(|seen| seen.is_same(inventory))
            && prior.last == last.map(|manifest| manifest.number)
            && prior.plan.is_of(&wanted)
    });
    match prior {
        Some(prior) => Plan {
            wanted,
            ..prior.plan
        },
        None => Plan::new(inventory, wanted, sources_of(last)),
    }
}

/// The sources on record.
pub fn sources_of(last: Option<&Manifest>) -> &Recorded {
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
    let last = request.kept.last();
    let plan = Plan::new(inventory, wanted, sources_of(last.as_deref()));
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
    if request.kept.numbers()?.is_empty() {
        return Ok(None);
    }
    let held = Held::take(request)?;
    let Some(what) = recover(request, &held)? else {
        return Ok(None);
    };
    let newest = held.kept.newest()?;
    let stands = newest.filter(|manifest| manifest.phase == Phase::Committed);
    let open = stands.map_or_else(Vec::new, |manifest| manifest.open.clone());
    Ok(Some(Recovered { what, open }))
}

fn rehearse_only(
    request: &Request<'_>,
    decide: &dyn Fn(&Inventory) -> Result<Wanted>,
) -> Result<Done> {
    let inventory = read(request);
    let last = request.kept.last();
    let wanted = decide(&inventory)?;
    let mut plan = plan_under_lock(request, &inventory, wanted, last.as_deref());
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
        whole: is_whole(request, tools.as_ref(), last.as_deref()),
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
