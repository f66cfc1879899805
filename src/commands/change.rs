//! What the commands that change the store have in common.

use std::cell::RefCell;
use std::path::Path;

use clap::Args;
use clap::builder::{PossibleValue, TypedValueParser};
use serde::Serialize;

use super::{Context, Outcome, Question, Report, Warning};
use crate::cert::{Certificate, Fingerprint};
use crate::change::others::{self, Addition, Others};
use crate::change::plan::{Plan, Prior, Wanted};
use crate::change::transaction::{self, Consent, Done, Request};
use crate::error::{Error, ErrorKind, Exit, Result};
use crate::redact;
use crate::store::inventory::Inventory;
use crate::store::layout::Layout;
use crate::store::names::StoreName;

/// Options of every change.
#[derive(Clone, Debug, Default, Args)]
pub struct ChangeOptions {
    /// Reason, kept in the history
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
    /// Also accept this certificate, which a file already in place would make trusted
    #[arg(long, value_name = "SHA256", value_delimiter = ',')]
    pub also: Vec<Fingerprint>,
    /// Drop certificates that have no source file (`trustctl adopt` keeps them)
    #[arg(long)]
    pub drop_foreign: bool,
    /// Show what would be done; change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// What a change did, or would do.
#[derive(Debug, Default, Serialize)]
pub struct ChangeReport {
    /// Whether anything was (or, rehearsed, would be) changed.
    pub changed: bool,
    /// Whether nothing was changed because of `lost`, or of what of `added` nobody asked for.
    pub refused: bool,
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
        whole: false,
        seen: None,
        prior: RefCell::default(),
        kept: &context.kept,
        consent: Consent {
            also: options.also.iter().copied().collect(),
            // A rehearsal at a terminal goes as if the person had agreed.
            all: options.dry_run && context.interactive && !options.yes,
            drop_foreign: options.drop_foreign,
            may_go: None,
        },
        progress: context.progress,
    }
}

/// Reads the name of a store, and offers those that need no more than the name.
pub fn store_name() -> impl TypedValueParser<Value = StoreName> {
    let plain = StoreName::FORMS.iter().filter(|form| !form.contains(':'));
    let plain: Vec<PossibleValue> = plain.map(|form| PossibleValue::new(*form)).collect();
    StoreNames(plain)
}

#[derive(Clone)]
struct StoreNames(Vec<PossibleValue>);

impl TypedValueParser for StoreNames {
    type Value = StoreName;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<StoreName, clap::Error> {
        let parse = |text: &str| text.parse::<StoreName>();
        parse.parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.0.iter().cloned()))
    }
}

/// The stores that a change goes to: those that were named, or those of the configuration.
pub fn stores(context: &Context, named: &[StoreName]) -> Result<Vec<StoreName>> {
    let config = &context.config;
    let read = |name: &String| {
        name.parse::<StoreName>().map_err(|reason| {
            let place = config.origin.place("stores", "default");
            Error::new(format!("{place}: `{name}` is not a store: {reason}"))
        })
    };
    let mut stores: Vec<StoreName> = match named.is_empty() {
        true => config
            .stores
            .default
            .iter()
            .map(read)
            .collect::<Result<_>>()?,
        false => named.to_vec(),
    };
    // The system's store is changed in any case.
    stores.retain(|store| !store.parts().is_empty());
    Ok(stores)
}

/// What is to be done in other stores.
pub fn others(
    context: &Context,
    add: Vec<Addition>,
    remove: &[Certificate],
    everywhere: bool,
) -> Result<Others> {
    let placed = match remove.is_empty() {
        true => others::Placed::new(),
        false => context.kept.placed(),
    };
    let wish = others::Wish {
        add,
        remove: remove.to_vec(),
        placed: &placed,
        everywhere,
        uid: context.uid,
    };
    others::plan(&context.layout, &wish)
}

/// What changes in other stores, one line each.
pub fn elsewhere(layout: &Layout, plan: &Plan) -> Vec<Vec<(String, String)>> {
    let others = &plan.wanted.others;
    let files = others
        .edits
        .iter()
        .map(|edit| &edit.path)
        .chain(others.restore.keys());
    let files = files.map(|path| on_machine(layout, path));
    let databases = others.databases.iter();
    let databases =
        databases.map(|step| format!("{} of {}", on_machine(layout, &step.folder), step.user));
    let line = |text: String| vec![("also".to_string(), text)];
    files.chain(databases).map(line).collect()
}

/// When a person at a terminal is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// Before trust goes, and before any comes that was not asked for.
    BeforeTrustGoes,
    /// Only before trust comes that was not asked for.
    BeforeUnasked,
}

/// Carries a change out and reports it; asks first where it must.
pub fn carry_out(
    context: &Context,
    options: &ChangeOptions,
    mut request: Request<'_>,
    asks: Asks,
    decide: &dyn Fn(&Inventory) -> Result<Wanted>,
) -> anyhow::Result<Outcome> {
    may_change(context, &request)?;
    if context.interactive && !options.yes && !options.dry_run {
        agree(context, &mut request, asks, decide)?;
    }
    let done = transaction::run(&request, decide)?;
    Ok(outcome(done, Vec::new()))
}

/// Shows what readers would come to trust and cease to trust, and asks.
fn agree(
    context: &Context,
    request: &mut Request<'_>,
    asks: Asks,
    decide: &dyn Fn(&Inventory) -> Result<Wanted>,
) -> anyhow::Result<()> {
    let inventory = Inventory::read(&context.layout);
    let last = context.kept.last();
    let recorded = transaction::sources_of(last.as_deref());
    let plan = Plan::new(&inventory, decide(&inventory)?, recorded);
    let goes = !plan.trust.removed.is_empty()
        || !plan.wanted.removals.is_empty()
        || !plan.wanted.others.is_empty();
    let must = !plan.trust.unasked.is_empty() || (asks == Asks::BeforeTrustGoes && goes);
    if !must || (!plan.trust.lost.is_empty() && !request.consent.drop_foreign) {
        return Ok(());
    }
    confirm(context, &plan)?;
    agreed(request, &plan);
    Ok(())
}

/// Shows everything that comes and goes, and asks a person.
pub fn confirm(context: &Context, plan: &Plan) -> anyhow::Result<()> {
    let gone = plan.wanted.removals.iter();
    let layout = &context.layout;
    let files = gone.map(|name| vec![("removes".to_string(), on_machine(layout, name))]);
    let question = Question {
        facts: differences(layout, plan)
            .into_iter()
            .chain(files)
            .chain(elsewhere(layout, plan))
            .collect(),
        prompt: question(layout, plan),
    };
    match (context.confirm)(&question)? {
        true => Ok(()),
        false => Err(Error::new("not confirmed; the store is as it was before").into()),
    }
}

/// What a person has seen and agreed to, and nothing that comes between that and the lock.
pub fn agreed(request: &mut Request<'_>, plan: &Plan) {
    let shown = plan.trust.unasked.iter();
    let shown = shown.map(|unasked| unasked.certificate.sha256());
    request.consent.also.extend(shown);
}

fn question(layout: &Layout, plan: &Plan) -> String {
    match (plan.trust.added.is_empty(), plan.trust.removed.is_empty()) {
        (true, false) => "stop trusting these CAs?".to_string(),
        (false, true) => format!("trust these CAs {}?", for_what(layout)),
        _ => "is this what you want?".to_string(),
    }
}

/// What a CA of this tree is trusted for, as a person is asked.
pub fn for_what(layout: &Layout) -> String {
    match layout.is_live() {
        true => "for every TLS connection of this host".to_string(),
        false => format!("in `{}`", layout.root.display()),
    }
}

/// A name inside the tree as it is called on this machine, for a person to look at.
pub fn on_machine(layout: &Layout, name: &Path) -> String {
    layout.under_root(name).display().to_string()
}

/// What comes and goes, one group of lines per certificate.
pub fn differences(layout: &Layout, plan: &Plan) -> Vec<Vec<(String, String)>> {
    let group = |sign: &str, certificate: &Certificate| {
        [
            (sign, certificate.subject().display().to_string()),
            ("sha-256", certificate.sha256().to_string()),
        ]
        .map(|(label, value)| (label.to_string(), value))
        .to_vec()
    };
    let added = plan.trust.added.iter().map(|c| group("+", c));
    let removed = plan.trust.removed.iter().map(|c| group("-", c));
    let mut groups: Vec<_> = added.chain(removed).collect();
    for unasked in &plan.trust.unasked {
        let sha256 = unasked.certificate.sha256().to_string();
        let file = ("file".to_string(), on_machine(layout, &unasked.file));
        let mut of = groups.iter_mut();
        if let Some(group) = of.find(|group| group.iter().any(|(_, value)| *value == sha256)) {
            group.push(file);
        }
    }
    groups
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

/// A plan of today's store, to be taken up under the lock where it still holds.
pub fn prior(context: &Context, plan: Plan) -> RefCell<Option<Prior>> {
    let last = context.kept.last().map(|manifest| manifest.number);
    RefCell::new(Some(Prior { plan, last }))
}

/// Whether an interrupted change waits to be completed or undone.
pub fn is_unfinished(context: &Context) -> Result<bool> {
    Ok(context.kept.unfinished()?.is_some())
}

/// The report of a change; what is still open makes the exit status 1 and is said on standard error.
pub fn outcome(done: Done, already: Vec<Already>) -> Outcome {
    let reported = report(done, already);
    Outcome {
        report: Report::Change(reported.report),
        exit: reported.exit,
        warnings: reported.warnings,
        error: reported.error,
    }
}

/// A report of a change with what goes with it.
pub struct Reported {
    /// What was done.
    pub report: ChangeReport,
    /// How the process ends.
    pub exit: Exit,
    /// What is open.
    pub warnings: Vec<Warning>,
    /// Why nothing was done.
    pub error: Option<Error>,
}

/// The same for a command whose report has more to say.
pub fn report(mut done: Done, already: Vec<Already>) -> Reported {
    let error = done.refusal.take();
    let mut warnings: Vec<Warning> = done.recovered.iter().map(Warning::new).collect();
    warnings.extend(done.open.iter().map(Warning::new));
    let exit = match (&error, done.open.is_empty()) {
        (Some(error), _) => error.exit,
        (None, true) => Exit::Done,
        (None, false) => Exit::Findings,
    };
    let report = ChangeReport {
        changed: !done.steps.is_empty() || !done.databases.is_empty(),
        refused: error.is_some(),
        already,
        done,
    };
    Reported {
        report,
        exit,
        warnings,
        error,
    }
}
