//! A change that is on record: published, verified, committed, or undone.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::{Done, Request};
use crate::cert::Certificate;
use crate::change::announce::announce;
use crate::change::generation::{Generations, Manifest, Phase};
use crate::change::held::Held;
use crate::change::plan::{self, Difference, Plan, Role, State};
use crate::change::publish::{self, Contents, Direction};
use crate::change::record::still_trusted;
use crate::change::recover::{after_failed_undoing, stays};
use crate::change::seen::Seen;
use crate::change::stage::Hashes;
use crate::change::steps::tree_steps;
use crate::change::{hooks, java, others};
use crate::error::{Error, Exit, Result};
use crate::host::format::words::trustctl;
use crate::store::inventory::Inventory;
use crate::system::scripts;

/// How often the tree is published again while runs of the bare script get in the way.
const ATTEMPTS: usize = 20;

/// A change whose generation is being written.
pub(super) struct Open<'a> {
    pub(super) request: &'a Request<'a>,
    pub(super) kept: &'a Generations,
    pub(super) plan: &'a Plan,
    /// The store as it was last read.
    pub(super) inventory: Inventory,
    pub(super) hashes: Hashes,
    pub(super) manifest: Manifest,
}

impl Open<'_> {
    /// Publishes what is on record, and undoes it where that fails.
    pub(super) fn carry_out(&mut self, held: &Held<'_>, done: &mut Done) -> Result<()> {
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

    fn contents(&self) -> Contents<'_> {
        Contents {
            kept: self.kept,
            in_memory: self.in_memory(),
            seen: Seen::of(&self.inventory),
        }
    }

    /// What the steps lead to: the files that were asked for, and the bundle.
    fn in_memory(&self) -> HashMap<String, &[u8]> {
        let writes = self.plan.wanted.writes.values();
        let files = writes.filter_map(|file| file.content.sha256().zip(file.content.bytes()));
        let mut in_memory: HashMap<String, &[u8]> = files
            .map(|(sha256, bytes)| (sha256.to_string(), bytes))
            .collect();
        for step in &self.manifest.steps {
            if let (Role::Bundle, State::File { sha256, .. }) = (step.role, &step.after) {
                in_memory.insert(sha256.clone(), self.plan.expected.published());
            }
        }
        in_memory
    }

    fn publish(&mut self) -> Result<()> {
        let layout = self.request.layout;
        publish::converge(
            layout,
            &self.contents(),
            &self.manifest.steps,
            Direction::Forward,
        )?;
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
            publish::converge(layout, &self.contents(), &steps, Direction::Forward)?;
            std::thread::sleep(Duration::from_millis(if busy { 20 } else { 0 }));
        }
        let left: Vec<String> = left.iter().map(ToString::to_string).collect();
        let message = format!("the store is not what was planned: {}", left.join("; "));
        Err(Error::new(message))
    }

    /// The sources are what was planned: with a group-writable folder others can change them while we work.
    fn sources_hold(&self) -> Result<()> {
        let seen = Seen::of(&self.inventory);
        for step in &self.manifest.steps {
            let is_source = matches!(step.role, Role::Source | Role::Selection | Role::Store);
            let look = || publish::look_knowing(self.request.layout, &step.path, &seen);
            if is_source && look()? != step.after {
                let name = step.path.display();
                let message = format!("`{name}` was changed by somebody else meanwhile");
                return Err(Error::new(message));
            }
        }
        Ok(())
    }

    fn tell_hooks(&mut self, held: &Held<'_>, done: &mut Done) {
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
        if !done.hooks.is_empty() {
            self.inventory = Inventory::look_again(self.request.layout, &self.inventory);
        }
        self.manifest
            .open
            .extend(still_trusted(&self.inventory, self.plan));
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
            publish::converge(
                layout,
                &self.contents(),
                &self.manifest.steps,
                Direction::Back,
            )
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
