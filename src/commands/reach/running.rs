//! `trustctl reach --running`: which running programs may still act on an older store. Nothing is restarted.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::Context;
use crate::change::generation::{Generations, Manifest, Phase};
use crate::error::{Error, Result};
use crate::host::processes::{self, Manager, Process, Processes, Tls};

/// Units whose reload reads the store again.
const RELOADING: [&str; 3] = ["nginx.service", "apache2.service", "php"];
/// Units that end sessions or the machine's own work with them: they need no TLS of this store, or a new start of the
/// machine.
const NEVER: [&str; 6] = ["dbus", "systemd-", "ssh", "gdm", "lightdm", "sddm"];

/// What is known of running programs.
#[derive(Debug, Serialize)]
pub struct Running {
    /// What runs them, each with its programs.
    pub units: Vec<Unit>,
    /// How many processes could not be looked into.
    pub not_judged: usize,
    /// How many have another root, as in containers: their stores are their own.
    pub elsewhere: usize,
}

/// A unit, session or lone program with something older than the store.
#[derive(Debug, Serialize)]
pub struct Unit {
    /// The unit; `null` for what systemd does not run.
    pub unit: Option<String>,
    /// The programs, each once.
    pub programs: Vec<String>,
    /// Their processes.
    pub pids: Vec<u32>,
    /// How they do TLS.
    pub tls: Vec<Tls>,
    /// Whether they do not see a certificate that was added since they started.
    pub misses_added: bool,
    /// Whether they may go on trusting one that was removed since.
    pub may_trust_removed: bool,
    /// What to run; `null` where nobody can say.
    pub command: Option<String>,
}

/// Looks at what runs on this host.
pub(super) fn running(context: &Context) -> Result<Running> {
    if !context.layout.is_live() {
        return Err(
            Error::new("`--running` is about this host, not about a tree")
                .hint("leave out `--root`"),
        );
    }
    let changes = changes(context)?;
    let processes = processes::running();
    Ok(judged(context, &changes, processes))
}

/// A change that is on record.
struct Change {
    /// Seconds since the epoch at which it was complete.
    at: i64,
    adds: bool,
    removes: bool,
}

fn changes(context: &Context) -> Result<Vec<Change>> {
    let generations = Generations::at(&context.layout);
    let all = generations.all()?;
    let done = |manifest: &&Manifest| matches!(manifest.phase, Phase::Committed | Phase::Published);
    let change = |manifest: &Manifest| Change {
        at: generations
            .finished(manifest.number)
            .unwrap_or(manifest.time.0),
        adds: !manifest.added.is_empty(),
        removes: !manifest.removed.is_empty(),
    };
    Ok(all.iter().filter(done).map(change).collect())
}

fn judged(context: &Context, changes: &[Change], processes: Processes) -> Running {
    let mut units: BTreeMap<(Manager, Option<u32>), Unit> = BTreeMap::new();
    for process in processes.all {
        let started = context.now.0 as f64 - (processes.uptime - process.started);
        // A second for what clocks round.
        let since = || {
            changes
                .iter()
                .filter(|change| started <= change.at as f64 + 1.0)
        };
        let misses = !process.tls.sees_added() && since().any(|change| change.adds);
        let trusts = since().any(|change| change.removes);
        if !misses && !trusts {
            continue;
        }
        let alone = matches!(process.manager, Manager::Nobody).then_some(process.pid);
        let unit = units
            .entry((process.manager.clone(), alone))
            .or_insert_with(|| unit_of(&process));
        if !unit.programs.contains(&process.name) {
            unit.programs.push(process.name.clone());
        }
        if !unit.tls.contains(&process.tls) {
            unit.tls.push(process.tls);
        }
        unit.pids.push(process.pid);
        unit.misses_added |= misses;
        unit.may_trust_removed |= trusts;
    }
    Running {
        units: units.into_values().collect(),
        not_judged: processes.closed,
        elsewhere: processes.elsewhere,
    }
}

fn unit_of(process: &Process) -> Unit {
    let (unit, command) = match &process.manager {
        Manager::Unit(unit) => (Some(unit.clone()), restart(unit)),
        Manager::UserUnit { uid, unit } => {
            let command = format!("systemctl --user -M {uid}@ restart {}", quoted(unit));
            (
                Some(unit.clone()),
                unit.ends_with(".service").then_some(command),
            )
        }
        Manager::Session(unit) | Manager::Container(unit) => (Some(unit.clone()), None),
        Manager::Nobody => (None, None),
    };
    Unit {
        unit,
        programs: Vec::new(),
        pids: Vec::new(),
        tls: Vec::new(),
        misses_added: false,
        may_trust_removed: false,
        command,
    }
}

fn quoted(unit: &str) -> String {
    crate::host::format::words::quoted(unit)
}

/// The command that lets a unit read the store again.
fn restart(unit: &str) -> Option<String> {
    let is = |names: &[&str]| names.iter().any(|name| unit.starts_with(name));
    if is(&NEVER) || !unit.ends_with(".service") {
        return None;
    }
    // php8.2-fpm.service
    let reloads = is(&RELOADING[..2]) || (unit.starts_with(RELOADING[2]) && unit.contains("-fpm"));
    let verb = if reloads {
        "try-reload-or-restart"
    } else {
        "restart"
    };
    Some(format!("systemctl {verb} {}", quoted(unit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_unit_gets_the_command_that_is_right_for_it() {
        let table = [
            (
                "nginx.service",
                Some("systemctl try-reload-or-restart nginx.service"),
            ),
            (
                "php8.2-fpm.service",
                Some("systemctl try-reload-or-restart php8.2-fpm.service"),
            ),
            ("docker.service", Some("systemctl restart docker.service")),
            ("a b@c.service", Some("systemctl restart 'a b@c.service'")),
            ("dbus.service", None),
            ("ssh.service", None),
            ("init.scope", None),
        ];
        for (unit, expected) in table {
            assert_eq!(restart(unit).as_deref(), expected, "{unit}");
        }
    }
}
