//! `history`, `rollback` and `revert`.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::change::{self, ChangeOptions};
use super::{Context, Outcome, Report, Warning};
use crate::cert::{Certificate, Time};
use crate::change::generation::{Manifest, Mention, Phase};
use crate::change::plan::{Plan, Role};
use crate::change::transaction::{self, Request};
use crate::change::undo::{self, Target};
use crate::error::{Error, ErrorKind, Exit};
use crate::host::format::words;
use crate::store::inventory::Inventory;
use crate::store::layout::LOCAL;
use crate::store::select;

/// Arguments of `history`.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// Only the last N changes
    #[arg(short = 'n', long, value_name = "N")]
    pub last: Option<usize>,
    /// Only changes that concern these: a file name, a SHA-256 (8 hex digits or more), or a part of the subject
    #[arg(value_name = "SELECTOR")]
    pub selectors: Vec<String>,
}

/// Arguments of `rollback`.
#[derive(Debug, Args)]
pub struct RollbackArgs {
    /// Go back to the state after generation N (0: before trustctl); without it, undo the last change that stands
    #[arg(value_name = "N")]
    pub generation: Option<u64>,
    /// Take the last rollback back
    #[arg(long, conflicts_with = "generation")]
    pub redo: bool,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows the options' own help")]
    pub undo: UndoOptions,
}

/// Arguments of `revert`.
#[derive(Debug, Args)]
pub struct RevertArgs {
    /// The generation to undo; those after it stay
    #[arg(value_name = "N")]
    pub generation: u64,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows the options' own help")]
    pub undo: UndoOptions,
}

/// Options of every undoing.
#[derive(Clone, Debug, Default, Args)]
pub struct UndoOptions {
    /// Overwrite what somebody else has changed since
    #[arg(long)]
    pub force: bool,
    /// Allow the change to leave the store without any certificate
    #[arg(long)]
    pub allow_empty: bool,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows the options' own help")]
    pub change: ChangeOptions,
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
    /// Those of `removed` that nobody named and no source had.
    pub lost: Vec<Mention>,
    /// The generations that it undid, one by one.
    pub undoes: Vec<u64>,
    /// The generation that it went back to; 0 is the state before the first.
    pub restores: Option<u64>,
    /// The rollback that it took back.
    pub redoes: Option<u64>,
    /// Files changed among the sources.
    pub files: Vec<PathBuf>,
    /// What was still open, or why it was undone.
    pub open: Vec<String>,
}

impl Generation {
    /// Whether a selector names a certificate that came or went, or a file that was changed.
    fn concerns(&self, selector: &str) -> bool {
        let mut mentions = self.added.iter().chain(&self.removed);
        let digits = select::fingerprint_prefix(selector);
        let wanted = selector.trim().to_lowercase();
        let is_named = |mention: &Mention| {
            let sha256 = mention.sha256.to_string();
            digits
                .as_ref()
                .is_some_and(|digits| sha256.starts_with(digits))
                || (!wanted.is_empty() && mention.subject.to_lowercase().contains(&wanted))
        };
        let mut files = self.files.iter();
        mentions.any(is_named) || files.any(|file| select::is_name_of(file, LOCAL, selector))
    }
}

impl From<Manifest> for Generation {
    fn from(manifest: Manifest) -> Self {
        let files = manifest
            .steps
            .iter()
            .filter(|step| matches!(step.role, Role::Source | Role::Selection | Role::Store));
        let databases = manifest.databases.iter().map(|step| step.folder.clone());
        Generation {
            files: files
                .map(|step| step.path.clone())
                .chain(databases)
                .collect(),
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
            lost: manifest.lost,
            undoes: manifest.undoing.undoes,
            restores: manifest.undoing.restores,
            redoes: manifest.undoing.redoes,
            open: manifest.open,
        }
    }
}

/// Lists the changes, and changes nothing: of one that was interrupted it says so.
pub fn history(context: &Context, arguments: &HistoryArgs) -> anyhow::Result<Outcome> {
    let mut warnings = Vec::new();
    if change::is_unfinished(context)? {
        let command = words::trustctl(&context.layout, "recover");
        warnings.push(
            Warning::new("a change was interrupted or is under way").hint(format!(
                "`{command}` completes or undoes an interrupted one, as the next change does"
            )),
        );
    }
    let mut all = context.kept.all()?;
    all.reverse();
    let mut generations: Vec<Generation> = all.into_iter().map(Generation::from).collect();
    for selector in &arguments.selectors {
        if !generations
            .iter()
            .any(|generation| generation.concerns(selector))
        {
            let message = format!("no change on record concerns `{selector}`");
            return Err(Error::new(message)
                .kind(ErrorKind::NotFound)
                .hint("`trustctl history` lists all of them")
                .into());
        }
    }
    if !arguments.selectors.is_empty() {
        let named = &arguments.selectors;
        generations.retain(|generation| named.iter().any(|selector| generation.concerns(selector)));
    }
    generations.truncate(arguments.last.unwrap_or(usize::MAX));
    Ok(Outcome {
        report: Report::History(HistoryReport { generations }),
        exit: Exit::Done,
        warnings,
        error: None,
    })
}

/// Undoes the last change, redoes what was undone, or goes back to a generation, as a change of its own.
pub fn rollback(context: &Context, arguments: &RollbackArgs) -> anyhow::Result<Outcome> {
    let target = match arguments.generation {
        _ if arguments.redo => Target::Redo,
        None => Target::Last,
        Some(number) => Target::After(number),
    };
    undo(context, "rollback", target, &arguments.undo)
}

/// Undoes one generation, and keeps those after it.
pub fn revert(context: &Context, arguments: &RevertArgs) -> anyhow::Result<Outcome> {
    let target = Target::Only(arguments.generation);
    undo(context, "revert", target, &arguments.undo)
}

fn undo(
    context: &Context,
    command: &str,
    target: Target,
    options: &UndoOptions,
) -> anyhow::Result<Outcome> {
    let mut request = change::request(context, command, &options.change);
    request.allow_empty = options.allow_empty;
    change::may_change(context, &request)?;
    // What was interrupted is completed or undone before anybody is asked about the rest.
    let recovered = match options.change.dry_run {
        true => None,
        false => transaction::recover_only(&request)?,
    };
    let work = |inventory: &Inventory| {
        undo::undo(
            &context.layout,
            &context.kept,
            inventory,
            target,
            options.force,
        )
    };
    let (inventory, last) = (Inventory::read(&context.layout), context.kept.last());
    let first = work(&inventory)?;
    let recorded = transaction::sources_of(last.as_deref());
    let plan = Plan::new(&inventory, first.wanted, recorded);
    // A rehearsal at a terminal goes as if the person had agreed.
    let rehearses = options.change.dry_run && context.interactive;
    if !options.change.yes && !rehearses {
        request.consent.may_go = Some(first.added);
        if !options.change.dry_run {
            ask(context, &mut request, &plan)?;
        }
    }
    request.prior = change::prior(context, plan);
    request.seen = Some(&inventory);
    let conflicts = std::cell::RefCell::new(Vec::new());
    let mut done = transaction::run(&request, &|inventory| {
        let undone = work(inventory)?;
        conflicts.replace(undone.conflicts);
        Ok(undone.wanted)
    })?;
    done.goes_back = command == "rollback" && target != Target::Redo;
    done.recovered = done.recovered.or(recovered.map(|recovered| recovered.what));
    let left = conflicts.into_inner();
    let left = left
        .into_iter()
        .map(|conflict| format!("not undone: {conflict}"));
    done.open.extend(left);
    Ok(change::outcome(done, Vec::new()))
}

/// Asks before certificates go that the undone changes did not add.
fn ask(context: &Context, request: &mut Request<'_>, plan: &Plan) -> anyhow::Result<()> {
    let expected = request.consent.may_go.clone().unwrap_or_default();
    let mut others = plan.trust.removed.iter();
    let must = others.any(|certificate| !expected.contains(&certificate.sha256()));
    if !context.interactive || (!must && plan.trust.unasked.is_empty()) {
        return Ok(());
    }
    change::confirm(context, plan)?;
    change::agreed(request, plan);
    let seen = plan.trust.removed.iter().map(Certificate::sha256);
    request.consent.may_go.get_or_insert_default().extend(seen);
    Ok(())
}
