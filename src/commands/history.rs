//! `history` and `rollback`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde::Serialize;

use super::change::{self, ChangeOptions};
use super::{Context, Outcome, Report, Warning};
use crate::cert::Time;
use crate::change::generation::{Generations, Manifest, Mention, Phase};
use crate::change::plan::{Role, SourceFile, State, Wanted};
use crate::change::publish;
use crate::error::{Error, ErrorKind, Exit, Result};
use crate::host::format::words;
use crate::store::conf::Conf;
use crate::store::inventory::{Content, FILE_LIMIT, Inventory};
use crate::store::layout::{LOCAL, Layout};

/// Arguments of `history`.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// Only the last N changes
    #[arg(short = 'n', long, value_name = "N")]
    pub last: Option<usize>,
}

/// Arguments of `rollback`.
#[derive(Debug, Args)]
pub struct RollbackArgs {
    /// Go back to the state after generation N; without it, undo the last change
    #[arg(value_name = "N")]
    pub generation: Option<u64>,
    /// Allow the change to leave the store without any certificate
    #[arg(long)]
    pub allow_empty: bool,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows the options' own help")]
    pub options: ChangeOptions,
}

/// What `history` reports, newest first.
#[derive(Debug, Serialize)]
pub struct HistoryReport {
    /// The changes on record.
    pub generations: Vec<Generation>,
}

/// One change on record.
#[derive(Debug, Serialize)]
pub struct Generation {
    /// Its number.
    pub number: u64,
    /// When.
    pub time: Time,
    /// The command.
    pub command: String,
    /// How it ended.
    pub result: Phase,
    /// `SUDO_USER`, where the call came through sudo.
    pub user: Option<String>,
    /// Effective user.
    pub uid: u32,
    /// Why.
    pub reason: Option<String>,
    /// Version of trustctl.
    pub version: String,
    /// Certificates that became trusted.
    pub added: Vec<Mention>,
    /// Certificates that ceased to be trusted.
    pub removed: Vec<Mention>,
    /// Files changed among the sources.
    pub files: Vec<PathBuf>,
    /// What was still open, or why it was undone.
    pub open: Vec<String>,
}

impl From<Manifest> for Generation {
    fn from(manifest: Manifest) -> Self {
        let sources = manifest
            .steps
            .iter()
            .filter(|step| matches!(step.role, Role::Source | Role::Selection));
        Generation {
            files: sources.map(|step| step.path.clone()).collect(),
            number: manifest.number,
            time: manifest.time,
            command: manifest.command,
            result: manifest.phase,
            user: manifest.user,
            uid: manifest.uid,
            reason: manifest.reason,
            version: manifest.version,
            added: manifest.added,
            removed: manifest.removed,
            open: manifest.open,
        }
    }
}

/// Lists the changes, and changes nothing: of one that was interrupted it says so.
pub fn history(context: &Context, arguments: &HistoryArgs) -> anyhow::Result<Outcome> {
    let mut warnings = Vec::new();
    if change::is_unfinished(context)? {
        let command = match context.layout.is_live() {
            true => "sudo trustctl recover".to_string(),
            false => {
                let root = context.layout.root.to_string_lossy();
                format!("trustctl --root {} recover", words::quoted(&root))
            }
        };
        warnings.push(
            Warning::new("a change was interrupted or is under way").hint(format!(
                "`{command}` completes or undoes an interrupted one, as the next change does"
            )),
        );
    }
    let mut all = Generations::at(&context.layout).all()?;
    all.reverse();
    all.truncate(arguments.last.unwrap_or(usize::MAX));
    Ok(Outcome {
        report: Report::History(HistoryReport {
            generations: all.into_iter().map(Generation::from).collect(),
        }),
        exit: Exit::Done,
        warnings,
    })
}

/// Undoes the last change or goes back to a generation, as a change of its own.
pub fn rollback(context: &Context, arguments: &RollbackArgs) -> anyhow::Result<Outcome> {
    let mut request = change::request(context, "rollback", &arguments.options);
    request.allow_empty = arguments.allow_empty;
    let kept = Generations::at(&context.layout);
    change::carry_out(context, &request, &|inventory| {
        let goal = match arguments.generation {
            None => before_last(&kept)?,
            Some(number) => after(&kept, number, inventory)?,
        };
        goal.wanted(&context.layout, &kept, inventory)
    })
}

/// What the sources are to be: only what is named is touched.
struct Goal {
    files: BTreeMap<PathBuf, State>,
    selection: Option<State>,
}

fn before_last(kept: &Generations) -> Result<Goal> {
    let all = kept.all()?;
    let last = all
        .iter()
        .rev()
        .find(|manifest| manifest.phase == Phase::Committed);
    let last = last.map(|last| kept.read_to_act(last.number)).transpose()?;
    let Some(last) = last.flatten() else {
        return Err(Error::new("there is no change to undo")
            .kind(ErrorKind::NotFound)
            .hint("`trustctl history` shows the changes on record"));
    };
    let of = |role: Role| last.steps.iter().filter(move |step| step.role == role);
    Ok(Goal {
        files: of(Role::Source)
            .map(|step| (step.path.clone(), step.before.clone()))
            .collect(),
        selection: of(Role::Selection).map(|step| step.before.clone()).next(),
    })
}

fn after(kept: &Generations, number: u64, inventory: &Inventory) -> Result<Goal> {
    let manifest = kept
        .read_to_act(number)?
        .filter(|manifest| manifest.phase == Phase::Committed);
    let Some(manifest) = manifest else {
        return Err(
            Error::new(format!("there is no generation {number} to go back to"))
                .kind(ErrorKind::NotFound)
                .hint("`trustctl history` shows the changes on record"),
        );
    };
    let mut files = manifest.sources;
    for source in inventory.local() {
        // On record is the link to a folder, not what is reached through it.
        let on_record = |name: &Path| name.starts_with(LOCAL) && files.contains_key(name);
        if !source.place.name.ancestors().any(on_record) {
            files.insert(source.place.name.clone(), State::Absent);
        }
    }
    Ok(Goal {
        files,
        selection: Some(manifest.selection),
    })
}

impl Goal {
    fn wanted(self, layout: &Layout, kept: &Generations, inventory: &Inventory) -> Result<Wanted> {
        let mut wanted = Wanted::default();
        for (name, state) in self.files {
            let now = publish::look(layout, &name)?;
            match state {
                _ if now == state => {}
                State::Absent => drop(wanted.removals.insert(name)),
                state => {
                    let file = file(layout, kept, &name, state)?;
                    wanted.writes.insert(name, file);
                }
            }
        }
        if let Some(State::File { sha256, .. }) = self.selection {
            let conf = Conf::new(kept.kept(&sha256)?);
            let today = inventory.conf.clone().unwrap_or_default();
            wanted.conf = (conf != today).then_some(conf);
        }
        Ok(wanted)
    }
}

fn file(layout: &Layout, kept: &Generations, name: &Path, state: State) -> Result<SourceFile> {
    match state {
        State::File {
            sha256,
            mode,
            uid,
            gid,
        } => Ok(SourceFile {
            content: Arc::new(Content::of(kept.kept(&sha256)?)),
            link: None,
            mode,
            owner: Some((uid, gid)),
        }),
        State::Link { target } => {
            let leads_to = name.parent().unwrap_or(Path::new("/")).join(&target);
            Ok(SourceFile {
                content: Arc::new(Content::read(
                    layout,
                    &layout.place(leads_to).real,
                    FILE_LIMIT,
                )),
                link: Some(target),
                mode: 0o777,
                owner: None,
            })
        }
        _ => Err(Error::new(format!(
            "`{}` cannot be restored: it was not a file",
            name.display()
        ))),
    }
}
