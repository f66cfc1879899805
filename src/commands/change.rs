//! What the commands that change the store have in common.

use clap::Args;
use serde::Serialize;

use super::{Context, Outcome, Report, Warning};
use crate::change::generation::Generations;
use crate::change::transaction::{self, Done, Request};
use crate::error::{Error, ErrorKind, Exit, Result};
use crate::redact;
use crate::store::inventory::Inventory;

/// Options of every change.
#[derive(Clone, Debug, Default, Args)]
pub struct ChangeOptions {
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Do not ask (only `add` and `apply` ask, and only on a terminal)
    #[arg(long, short)]
    pub yes: bool,
    /// Rehearse and report, change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// What a change did, or would do.
#[derive(Debug, Default, Serialize)]
pub struct ChangeReport {
    /// Whether anything was (or, rehearsed, would be) changed.
    pub changed: bool,
    /// Certificates that were there already, and where.
    pub already: Vec<Already>,
    /// What was done.
    #[serde(flatten)]
    pub done: Done,
}

impl ChangeReport {
    /// Whether the store is another than before.
    pub fn stands(&self) -> bool {
        self.changed && !self.done.dry_run
    }
}

/// A certificate that is in the store already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Already {
    /// Its fingerprint.
    pub sha256: crate::cert::Fingerprint,
    /// Its subject.
    pub subject: String,
    /// The file that has it, by its name inside the tree.
    pub file: std::path::PathBuf,
}

/// The request of a command.
pub fn request<'a>(
    context: &'a Context,
    command: &'a str,
    options: &'a ChangeOptions,
) -> Request<'a> {
    Request {
        layout: &context.layout,
        config: &context.config,
        command,
        reason: options.reason.as_deref(),
        user: context.sudo_user.as_deref(),
        uid: context.uid,
        now: context.now,
        inside_dpkg: context.variable("DPKG_MAINTSCRIPT_PACKAGE").is_some(),
        dry_run: options.dry_run,
        allow_empty: false,
        progress: context.progress,
    }
}

/// Carries a change out and reports it.
pub fn carry_out(
    context: &Context,
    request: &Request<'_>,
    decide: &dyn Fn(&Inventory) -> Result<crate::change::plan::Wanted>,
) -> anyhow::Result<Outcome> {
    may_change(context, request)?;
    let done = transaction::run(request, decide)?;
    Ok(outcome(done, Vec::new()))
}

/// An ordinary user is told at once, with the very command that works.
pub fn may_change(context: &Context, request: &Request<'_>) -> Result<()> {
    if request.dry_run || !context.layout.is_live() || context.uid == 0 {
        return Ok(());
    }
    let words = context
        .arguments
        .iter()
        .map(|word| crate::host::format::words::quoted(&redact::value(word)));
    let words: Vec<String> = words.collect();
    Err(
        Error::new("changing the trust store of this host needs root")
            .kind(ErrorKind::PermissionDenied)
            .hint(format!("run `sudo trustctl {}`", words.join(" "))),
    )
}

/// Whether an interrupted change waits to be completed or undone.
pub fn is_unfinished(context: &Context) -> Result<bool> {
    Ok(Generations::at(&context.layout).unfinished()?.is_some())
}

/// The report of a change; what is still open makes the exit status 1 and is said on standard error.
pub fn outcome(done: Done, already: Vec<Already>) -> Outcome {
    let (report, exit, warnings) = report(done, already);
    Outcome {
        report: Report::Change(report),
        exit,
        warnings,
    }
}

/// The same for a command whose report has more to say.
pub fn report(done: Done, already: Vec<Already>) -> (ChangeReport, Exit, Vec<Warning>) {
    let mut warnings: Vec<Warning> = done.recovered.iter().map(Warning::new).collect();
    warnings.extend(done.open.iter().map(Warning::new));
    let exit = match done.open.is_empty() {
        true => Exit::Done,
        false => Exit::Findings,
    };
    let report = ChangeReport {
        changed: !done.steps.is_empty(),
        already,
        done,
    };
    (report, exit, warnings)
}
