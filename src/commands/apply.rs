//! `trustctl apply`: the trust of a host as a file describes it, made so in one change.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::add::inputs::{self, Candidate, Inputs, Refusal, admit};
use super::add::names::{file_name, taken_names};
use super::change::{self, ChangeOptions, ChangeReport, Reported};
use super::input::{self, Input};
use super::{Context, Outcome, Question, Report, Warning};
use crate::cert::Fingerprint;
use crate::cert::judge::Rule;
use crate::change::others::Addition;
use crate::change::plan::{SourceFile, Wanted};
use crate::change::transaction::{self, Done, Request};
use crate::error::{Error, Exit, Result};
use crate::fleet::compare::{self, Comparison, Declared, Drift, DriftKind};
use crate::fleet::desired::{Ca, Desired, Source};
use crate::store::inventory::Inventory;
use crate::system::files::{self, Facts};

/// A desired state is not read when larger.
const LIMIT: u64 = 16 << 20;

/// Arguments of `apply`.
#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// The desired state, see trustctl-apply(5); - for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Change nothing: list how the host differs, and exit with 1 if it does
    #[arg(long, conflicts_with = "dry_run")]
    pub check: bool,
    /// Allow the change to leave the store without any certificate
    #[arg(long)]
    pub allow_empty: bool,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows the options' own help")]
    pub options: ChangeOptions,
}

/// What `apply` found and did.
#[derive(Debug, Serialize)]
pub struct ApplyReport {
    /// The desired state, as it was named.
    pub file: PathBuf,
    /// Whether the host was only compared with it.
    pub check: bool,
    /// How the host differed.
    pub drift: Vec<Drift>,
    /// What was done.
    #[serde(flatten)]
    pub change: ChangeReport,
}

/// Runs `apply`.
pub fn run(context: &Context, arguments: &ApplyArgs) -> anyhow::Result<Outcome> {
    let applied = Applied::read(context, arguments)?;
    let reason = applied.reason(&arguments.options);
    let options = ChangeOptions {
        reason,
        ..arguments.options.clone()
    };
    let mut request = change::request(context, "apply", &options);
    request.allow_empty = arguments.allow_empty;
    let inventory = Inventory::read(&context.layout);
    let (wanted, comparison) = applied.wanted(context, &inventory)?;
    let mut drift = comparison.drift;
    let unmet = drift.iter().any(|drift| drift.kind == DriftKind::Unmet);
    let (plan, java) = transaction::outlook(&request, &inventory, wanted)?;
    if plan.changes_no_source() {
        drift.extend(plan.differences.iter().map(Drift::from));
    }
    for (_, path) in change::elsewhere(&context.layout, &plan)
        .into_iter()
        .flatten()
    {
        let message = format!("`{path}` is not as it is to be");
        drift.push(Drift::plain(DriftKind::Store, message));
    }
    if let Some(line) = java.first() {
        let message = format!("the Java keystore is not as the store is (`{line}`)");
        drift.push(Drift::plain(DriftKind::Store, message));
    }
    let report = |drift, change| {
        Report::Apply(Box::new(ApplyReport {
            file: arguments.file.clone(),
            check: arguments.check,
            drift,
            change,
        }))
    };
    if arguments.check {
        if change::is_unfinished(context)? {
            let message = "an interrupted change waits to be completed or undone".to_string();
            drift.push(Drift::plain(DriftKind::Interrupted, message));
        }
        let exit = match drift.is_empty() {
            true => Exit::Done,
            false => Exit::Findings,
        };
        let report = report(drift, ChangeReport::default());
        return Ok(Outcome::done(report).exit(exit));
    }
    change::may_change(context, &request)?;
    let comes = !plan.changes_no_source() || !plan.wanted.others.is_empty();
    if !arguments.options.dry_run && comes {
        confirm(context, arguments, &drift)?;
    }
    // Nothing to do needs no lock.
    let settled = plan.is_empty() && java.is_empty() && !change::is_unfinished(context)?;
    let mut done = match settled {
        true => Done {
            dry_run: arguments.options.dry_run,
            ..Done::default()
        },
        false => applied.carry_out(context, &request)?,
    };
    done.notes.extend(applied.notes());
    let Reported {
        report: change,
        mut exit,
        mut warnings,
        error,
    } = change::report(done, Vec::new());
    let open = drift.iter().filter(|drift| drift.kind == DriftKind::Unmet);
    warnings.extend(open.map(|drift| Warning::new(&drift.message)));
    if unmet {
        exit = exit.max(Exit::Findings);
    }
    Ok(Outcome {
        report: report(drift, change),
        exit,
        warnings,
        error,
    })
}

/// A person at a terminal is asked; for a caller without one the file itself is the answer.
fn confirm(context: &Context, arguments: &ApplyArgs, drift: &[Drift]) -> anyhow::Result<()> {
    if arguments.options.yes || !context.interactive {
        return Ok(());
    }
    let fact = |drift: &Drift| (String::from("differs"), drift.message.clone());
    let question = Question {
        facts: vec![drift.iter().map(fact).collect()],
        prompt: format!("make the store as `{}` says?", arguments.file.display()),
    };
    match (context.confirm)(&question)? {
        true => Ok(()),
        false => Err(Error::new("not confirmed; the store is as it was before").into()),
    }
}

/// A desired state with the certificates that it names.
struct Applied {
    name: String,
    desired: Desired,
    /// One entry for each table with its certificates.
    tables: Vec<(usize, Candidate)>,
    declared: Vec<Declared>,
    refusals: Vec<Refusal>,
}

impl Applied {
    fn read(context: &Context, arguments: &ApplyArgs) -> Result<Applied> {
        let changes = !arguments.check && !arguments.options.dry_run;
        let (text, folder) = read_file(context, &arguments.file, changes)?;
        let name = arguments.file.display().to_string();
        let mut applied = Applied {
            desired: Desired::parse(&text, &name)?,
            name,
            tables: Vec::new(),
            declared: Vec::new(),
            refusals: Vec::new(),
        };
        for number in 0..applied.desired.cas.len() {
            applied.take(context, &folder, number, changes)?;
        }
        Ok(applied)
    }

    /// Reads the certificates of one `[[ca]]` table.
    fn take(
        &mut self,
        context: &Context,
        folder: &Path,
        number: usize,
        changes: bool,
    ) -> Result<()> {
        let table = &self.desired.cas[number];
        let ended = table.has_ended(context.now);
        let mut found = Inputs::default();
        read_table(context, table, folder, &self.name, changes, &mut found)?;
        self.refusals.append(&mut found.refusals);
        let at = |said: String| Error::new(format!("`{}`{}: {said}", self.name, table.place));
        let have: BTreeSet<Fingerprint> = found
            .candidates
            .iter()
            .map(|candidate| candidate.certificate.sha256())
            .collect();
        if let Some(lacking) = table.sha256.iter().find(|sha256| !have.contains(sha256)) {
            if self.refusals.is_empty() && found.candidates.len() <= 1 && table.sha256.len() == 1 {
                let is = have
                    .iter()
                    .next()
                    .map_or("nothing".to_string(), ToString::to_string);
                return Err(at(format!("the SHA-256 is to be {lacking}, but is {is}"))
                    .hint("ask the owner of the CA which fingerprint is right; the store is as it was before"));
            }
            return Err(at(format!(
                "there is no certificate with the SHA-256 {lacking}"
            ))
            .hint("the store is as it was before"));
        }
        if table.name.is_some() && have.len() > 1 {
            return Err(at(format!(
                "`name` names one file, but there are {} certificates",
                have.len()
            ))
            .hint("leave it out: the files are named after the certificates"));
        }
        for candidate in found.candidates {
            let sha256 = candidate.certificate.sha256();
            if !table.sha256.is_empty() && !table.sha256.contains(&sha256) {
                let reason =
                    format!("{candidate}: its SHA-256 {sha256} is none that `sha256` names");
                self.refusals.push(Refusal::unpinned(reason));
            }
            if let Some(said) = self.desired.contradiction(sha256).filter(|_| !ended) {
                return Err(at(format!("`{sha256}` is to be trusted here, but {said}"))
                    .hint("take it out of one place; the store is as it was before"));
            }
            self.declared.push(Declared {
                certificate: candidate.certificate.clone(),
                ended,
            });
            self.tables.push((number, candidate));
        }
        Ok(())
    }

    /// What is to be written, removed and selected.
    fn wanted(&self, context: &Context, inventory: &Inventory) -> Result<(Wanted, Comparison)> {
        let mut found = compare::compare(&self.desired, &self.declared, inventory)?;
        let mut wanted = Wanted {
            removals: std::mem::take(&mut found.removals),
            conf: found.conf.take(),
            meant: std::mem::take(&mut found.meant),
            asked: self
                .tables
                .iter()
                .map(|(_, candidate)| candidate.certificate.sha256())
                .collect(),
            ..Wanted::default()
        };
        let new: Vec<&(usize, Candidate)> =
            found.missing.iter().map(|at| &self.tables[*at]).collect();
        for (number, candidate) in &new {
            let allow = &self.desired.cas[*number].allow;
            admit(&self.refusals, &[candidate], allow)?;
        }
        admit(&self.refusals, &[], &[] as &[Rule])?;
        let mut taken = taken_names(inventory, &wanted);
        for (number, candidate) in new {
            let table = &self.desired.cas[*number];
            let name =
                file_name(candidate, table.name.as_deref(), &mut taken).map_err(|error| {
                    Error::new(format!("`{}`{}: {error}", self.name, table.place))
                        .hint("give another `name`, or none; the store is as it was before")
                })?;
            wanted.removals.remove(&name);
            let file = SourceFile::certificate(&candidate.certificate);
            wanted.writes.insert(name, file);
        }
        let additions = self.additions(inventory, &wanted);
        wanted.others = change::others(context, additions, &wanted.meant, false)?;
        Ok((wanted, found))
    }

    fn carry_out(&self, context: &Context, request: &Request<'_>) -> Result<Done> {
        transaction::run(request, &|inventory| Ok(self.wanted(context, inventory)?.0))
    }

    /// The certificates that other stores are to trust, each with its file.
    fn additions(&self, inventory: &Inventory, wanted: &Wanted) -> Vec<Addition> {
        let of = |(number, candidate): &(usize, Candidate)| {
            let certificate = &candidate.certificate;
            let sha256 = certificate.sha256();
            let mut written = wanted.writes.iter();
            let new =
                written.find(|(_, file)| file.content.certificates().any(|c| c.sha256() == sha256));
            let mut local = inventory.local();
            let file = match new {
                Some((name, _)) => name.clone(),
                None => {
                    let there = local
                        .find(|source| source.single().is_some_and(|c| c.sha256() == sha256))?;
                    there.place.name.clone()
                }
            };
            Some(Addition {
                stores: self.desired.cas[*number].stores.clone(),
                file,
                certificate: certificate.clone(),
            })
        };
        self.tables.iter().filter_map(of).collect()
    }

    /// What is put on record as the reason: the caller's, the file's, or those of its certificates.
    fn reason(&self, options: &ChangeOptions) -> Option<String> {
        let of_tables = || {
            let mut all: Vec<&str> = Vec::new();
            for reason in self
                .desired
                .cas
                .iter()
                .filter_map(|ca| ca.reason.as_deref())
            {
                if !all.contains(&reason) {
                    all.push(reason);
                }
            }
            (!all.is_empty()).then(|| all.join("; "))
        };
        let own = options
            .reason
            .clone()
            .or_else(|| self.desired.reason.clone());
        own.or_else(of_tables)
    }

    /// Rules that were broken and allowed, and other things worth knowing, are in the record of `add`; here it is
    /// enough to say what was allowed.
    fn notes(&self) -> Vec<String> {
        let allowed = |(number, candidate): &(usize, Candidate)| {
            let allow = &self.desired.cas[*number].allow;
            let rules: Vec<&str> = candidate
                .verdicts
                .iter()
                .filter(|verdict| allow.contains(&verdict.rule))
                .map(|verdict| verdict.rule.id())
                .collect();
            (!rules.is_empty()).then(|| {
                let subject = candidate.certificate.subject().display();
                format!("`{subject}` is allowed in spite of {}", rules.join(", "))
            })
        };
        self.tables.iter().filter_map(allowed).collect()
    }
}

/// The text of the desired state, and the folder that its paths are relative to.
fn read_file(context: &Context, file: &Path, changes: bool) -> Result<(String, PathBuf)> {
    let bytes = if file == Path::new("-") {
        files::read_stream(std::io::stdin().lock(), file, LIMIT)?
    } else {
        let path = context.absolute(file);
        let (bytes, facts) = files::read_with_facts(&path, LIMIT)?;
        if changes {
            own(context, file, &facts)?;
        }
        bytes
    };
    let text = String::from_utf8(bytes)
        .map_err(|_| Error::new(format!("`{}`: the file is not UTF-8 text", file.display())))?;
    let folder = match file.parent() {
        Some(folder) if file != Path::new("-") => context.absolute(folder),
        _ => context.folder.clone(),
    };
    Ok((text, folder))
}

/// Anyone who can write the file decides what this host trusts: only root and the caller may be able to.
fn own(context: &Context, file: &Path, facts: &Facts) -> Result<()> {
    let caller = context
        .variable("SUDO_UID")
        .and_then(|uid| uid.parse().ok());
    let owners = [Some(0), Some(context.uid), caller];
    if facts.mode & 0o022 == 0 && owners.contains(&Some(facts.uid)) {
        return Ok(());
    }
    let name = crate::host::format::words::quoted(&file.to_string_lossy());
    Err(
        Error::new(format!("`{}` can be written by others", file.display())).hint(format!(
            "run `chown root {name} && chmod go-w {name}`; the store is as it was before"
        )),
    )
}

fn read_table(
    context: &Context,
    table: &Ca,
    folder: &Path,
    name: &str,
    changes: bool,
    found: &mut Inputs,
) -> Result<()> {
    let (path, is_folder) = match &table.content {
        Source::Pem(pem) => {
            let input = Input {
                name: format!("{name}{}", table.place),
                path: None,
                from_folder: false,
            };
            inputs::take(context, &input, pem.as_bytes(), found);
            return Ok(());
        }
        Source::File(path) => (path, false),
        Source::Folder(path) => (path, true),
    };
    let path = folder.join(path);
    let files = match is_folder {
        true => input::files_of(context, &path, false),
        false => vec![Input {
            name: path.display().to_string(),
            path: Some(path.clone()),
            from_folder: false,
        }],
    };
    if files.is_empty() {
        let message = format!(
            "`{name}`{}: `{}` has no file in it",
            table.place,
            path.display()
        );
        return Err(Error::new(message).hint("the store is as it was before"));
    }
    for file in &files {
        // A fingerprint says which certificate is meant, whoever can write the file. Without one, what is judged is what
        // was read, and whose it is.
        let unpinned = file
            .path
            .as_deref()
            .filter(|_| changes && table.sha256.is_empty());
        let limit = context.config.limits.file_bytes;
        if let Some(Ok((bytes, facts))) = unpinned.map(|path| files::read_with_facts(path, limit)) {
            own(context, Path::new(&file.name), &facts)?;
            inputs::take(context, file, &bytes, found);
            continue;
        }
        inputs::read_one(context, file, found)?;
    }
    Ok(())
}
