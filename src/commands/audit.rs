//! `trustctl audit`: the whole host judged by one table of rules.

mod gather;
mod selection;
mod skipped;
mod tree;
mod wanted;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::{Context, Outcome, Report};
use crate::cert::{Fingerprint, Time};
use crate::data::{self, Day};
use crate::error::{Error, ErrorKind, Exit};
use crate::host::dpkg::Package;
use crate::host::format::words;
use crate::host::identity::Identity;
use crate::rules::facts::{Accepted, Facts};
use crate::rules::{self, Finding, Severity};
use crate::store::inventory::{EntryKind, Inventory, Origin};
use crate::store::layout::CERTS;
use selection::Selection;
pub(super) use wanted::process;

/// Arguments of `audit`.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// The least severity that makes the exit status 1
    #[arg(long, value_name = "SEVERITY", default_value = "warning")]
    pub fail_on: FailOn,
    /// Only these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub rule: Vec<String>,
    /// Not these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub skip: Vec<String>,
    /// Only findings about these: a family of rules, or local or vendor certificates
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    pub only: Vec<Only>,
    /// Write the report to FILE, whole or not at all, instead of to standard output
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Also look for OpenSSL inside programs and libraries below /usr/local, /opt, /srv and /home (slow)
    #[arg(long)]
    pub deep: bool,
    /// Also look deep into the folder of a project: settings, Dockerfiles, files of CI, Ansible tasks
    #[arg(long, value_name = "DIR")]
    pub project: Vec<PathBuf>,
}

/// From which severity on findings make the exit status 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Errors only.
    Error,
    /// Warnings and errors.
    Warning,
    /// Everything.
    Note,
    /// Nothing.
    Never,
}

/// What findings can be narrowed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Only {
    /// Local certificates and their folder.
    Local,
    /// Vendor certificates and their folder.
    Vendor,
    /// Files and folders of the store.
    Files,
    /// Sources, bundle, hash directory and Java keystore against each other.
    Consistency,
    /// The certificates themselves.
    Certificates,
    /// Changes made outside trustctl, and the policy.
    Change,
    /// OpenSSL, GnuTLS and Java: versions and settings.
    Tls,
    /// Checks that somebody has switched off.
    Bypass,
    /// The time of the host.
    Clock,
}

/// What `audit` reports.
#[derive(Debug, Serialize)]
pub struct AuditReport {
    /// The time of the audit.
    pub time: Time,
    /// The host.
    pub host: Identity,
    /// What was found, the worst first.
    pub findings: Vec<Finding>,
    /// What the configuration accepts.
    pub accepted: Vec<AcceptedFinding>,
    /// What could not be judged or looked at.
    pub skipped: Vec<Skip>,
    /// The findings in numbers.
    pub counts: Counts,
    /// The store in numbers.
    pub store: Store,
    /// The OpenSSL library that programs use.
    pub openssl: Option<Library>,
    /// The days of the tables that the rules rest on.
    pub tables: Tables,
    /// The last change that trustctl made; `None` where none is on record.
    pub last_change: Option<LastChange>,
    /// The certificates that no vendor delivers.
    pub local: Vec<Local>,
    /// The vendor certificates that are not selected.
    pub deselected: Vec<Deselected>,
    /// Every certificate that the script adds, for monitoring.
    #[serde(skip)]
    pub certificates: Vec<Validity>,
    /// Where the report is written instead of to standard output.
    #[serde(skip)]
    pub output: Option<PathBuf>,
    /// Whether more could be seen as root.
    #[serde(skip)]
    pub as_user: bool,
}

/// A finding that the configuration accepts.
#[derive(Debug, Serialize)]
pub struct AcceptedFinding {
    /// The finding.
    pub finding: Finding,
    /// Why.
    pub reason: String,
    /// Until when.
    pub until: Time,
}

/// Something that could not be judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Skip {
    /// The rule, or `*` where many are concerned.
    pub rule: String,
    /// Why.
    pub reason: String,
}

/// The findings in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Errors.
    pub error: usize,
    /// Warnings.
    pub warning: usize,
    /// Notes.
    pub note: usize,
    /// Accepted findings.
    pub accepted: usize,
    /// What could not be judged or looked at.
    pub skipped: usize,
    /// Rules that were judged.
    pub rules: usize,
}

/// The store in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Store {
    /// Local files.
    pub local: usize,
    /// Selected vendor files.
    pub vendor_selected: usize,
    /// Vendor files that are not selected.
    pub vendor_deselected: usize,
    /// Certificates that readers of the bundle trust.
    pub bundle: usize,
    /// Certificates that readers of the hash directory trust.
    pub hash_directory: usize,
    /// Certificates that readers of every file trust.
    pub every_file: usize,
}

/// The OpenSSL library that programs use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Library {
    /// Its package.
    pub package: String,
    /// The package's version.
    pub version: String,
    /// The upstream version, where the library itself was read.
    pub upstream: Option<String>,
}

/// The days of the tables that the rules rest on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Tables {
    /// Certificates that deserve a word.
    pub certificates: &'static Day,
    /// Fixes of OpenSSL.
    pub openssl: &'static Day,
    /// Lives of releases, where the host has no newer table of its own.
    pub releases: &'static Day,
}

/// The last change on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LastChange {
    /// Its number.
    pub generation: u64,
    /// When.
    pub time: Time,
}

/// A certificate that no vendor delivers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Local {
    /// Its fingerprint.
    pub sha256: Fingerprint,
    /// Its subject.
    pub subject: String,
    /// Its issuer.
    pub issuer: String,
    /// The begin of its validity.
    pub not_before: Time,
    /// The end of its validity.
    pub not_after: Time,
    /// The file, by its name inside the tree.
    pub file: PathBuf,
}

/// A vendor certificate that is not selected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Deselected {
    /// Its fingerprint.
    pub sha256: Fingerprint,
    /// Its subject.
    pub subject: String,
}

/// One certificate of the store and its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validity {
    /// The fingerprint.
    pub sha256: Fingerprint,
    /// The shortest name people know it by.
    pub name: String,
    /// Where it comes from.
    pub origin: Origin,
    /// The end of its validity.
    pub not_after: Time,
}

/// Commands in what is said about another tree name that tree.
fn on_tree(context: &Context, findings: &mut [Finding]) {
    if context.layout.is_live() {
        return;
    }
    let root = words::quoted(&context.layout.root.to_string_lossy());
    for finding in findings {
        finding.remedy = tree::remedy(&finding.remedy, &root);
    }
}

/// Runs the command.
pub fn audit(context: &Context, arguments: &AuditArgs) -> anyhow::Result<Outcome> {
    let selection = Selection::new(arguments, &context.config)?;
    let accepted = accepted(context)?;
    (context.progress)("auditing this host");
    let (facts, mut skipped) = gather::facts(context, arguments, accepted)?;
    skipped.extend(selection.switched_off());
    skipped.retain(|skip| selection.wants_to_know(&skip.rule));
    let mut report = judged(context, arguments, &selection, &facts, skipped);
    on_tree(context, &mut report.findings);
    let exit = if fails(&report.findings, arguments.fail_on) {
        Exit::Findings
    } else {
        Exit::Done
    };
    Ok(Outcome::done(Report::Audit(Box::new(report))).exit(exit))
}

fn fails(findings: &[Finding], fail_on: FailOn) -> bool {
    let least = match fail_on {
        FailOn::Error => Severity::Error,
        FailOn::Warning => Severity::Warning,
        FailOn::Note => Severity::Note,
        FailOn::Never => return false,
    };
    findings.iter().any(|finding| finding.severity >= least)
}

/// The `[[accept]]` entries of the configuration.
fn accepted(context: &Context) -> anyhow::Result<Vec<Accepted>> {
    let read = |accept: &crate::config::Accept| {
        if rules::find(&accept.rule).is_none() {
            return Err(selection::unknown(&accept.rule));
        }
        let until = Time::end_of_day(&accept.until).ok_or_else(|| {
            Error::new(format!(
                "`until = \"{}\"` of an `[[accept]]` entry is not a date",
                accept.until
            ))
            .kind(ErrorKind::Config)
            .hint("write it as `2027-01-31`")
        })?;
        Ok(Accepted {
            rule: accept.rule.clone(),
            subject: accept.subject.clone(),
            reason: accept.reason.clone(),
            until,
        })
    };
    let all: Result<Vec<Accepted>, Error> = context.config.accept.iter().map(read).collect();
    Ok(all?)
}

fn judged(
    context: &Context,
    arguments: &AuditArgs,
    selection: &Selection,
    facts: &Facts,
    skipped: Vec<Skip>,
) -> AuditReport {
    let rules: Vec<_> = rules::all().filter(|rule| selection.has(rule)).collect();
    let all = rules
        .iter()
        .flat_map(|rule| rule.judge(facts))
        .map(|finding| selection.weighed(finding));
    let (accepted, mut findings): (Vec<_>, Vec<_>) = all
        .filter(|finding| selection.wants(finding))
        .partition(|finding| covering(facts, finding).is_some());
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let accepted: Vec<AcceptedFinding> = accepted
        .into_iter()
        .filter_map(|finding| with_reason(facts, finding))
        .collect();
    let count = |severity: Severity| {
        findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    };
    let counts = Counts {
        error: count(Severity::Error),
        warning: count(Severity::Warning),
        note: count(Severity::Note),
        accepted: accepted.len(),
        skipped: skipped.len(),
        rules: rules.len(),
    };
    let tables = data::tables();
    AuditReport {
        time: context.now,
        host: Identity::of(&context.layout, &facts.release),
        findings,
        accepted,
        skipped,
        counts,
        store: numbers(facts),
        openssl: facts.library().map(|package| library(facts, package)),
        tables: Tables {
            certificates: &tables.certificates.as_of,
            openssl: &tables.openssl.as_of,
            releases: &tables.releases.as_of,
        },
        last_change: facts.recorded.as_ref().map(|recorded| LastChange {
            generation: recorded.number,
            time: recorded.time,
        }),
        local: local(facts),
        deselected: deselected(&facts.store),
        certificates: validities(facts),
        output: arguments.output.as_ref().map(|file| context.absolute(file)),
        as_user: context.uid != 0 && context.layout.is_live(),
    }
}

fn covering<'a>(facts: &'a Facts, finding: &Finding) -> Option<&'a Accepted> {
    let in_time = facts
        .accepted
        .iter()
        .filter(|accepted| accepted.until >= facts.now);
    in_time
        .into_iter()
        .find(|accepted| accepted.covers(finding))
}

fn with_reason(facts: &Facts, finding: Finding) -> Option<AcceptedFinding> {
    let accepted = covering(facts, &finding)?;
    Some(AcceptedFinding {
        reason: accepted.reason.clone(),
        until: accepted.until,
        finding,
    })
}

fn numbers(facts: &Facts) -> Store {
    let store = &facts.store;
    Store {
        local: store.local().count(),
        vendor_selected: store.vendor().filter(|source| source.selected).count(),
        vendor_deselected: store.vendor().filter(|source| !source.selected).count(),
        bundle: facts.views.bundle.len(),
        hash_directory: facts.views.hash.len(),
        every_file: facts.views.file.len(),
    }
}

fn library(facts: &Facts, package: &Package) -> Library {
    let library = facts
        .copies
        .iter()
        .find(|copy| copy.packaged && !copy.is_command());
    Library {
        package: package.name.clone(),
        version: package.version.clone(),
        upstream: library.map(|copy| copy.version.clone()),
    }
}

/// Local certificates, and those that only foreign files have.
fn local(facts: &Facts) -> Vec<Local> {
    let placed = facts.placed().into_iter();
    let own = placed.filter(|placed| placed.origin != Origin::Vendor);
    own.map(|placed| {
        let certificate = placed.certificate;
        Local {
            sha256: certificate.sha256(),
            subject: certificate.subject().display().to_string(),
            issuer: certificate.issuer().display().to_string(),
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
            file: match placed.origin {
                Origin::Foreign => Path::new(CERTS).join(placed.path),
                _ => placed.path.to_path_buf(),
            },
        }
    })
    .collect()
}

fn deselected(store: &Inventory) -> Vec<Deselected> {
    let off = store.vendor().filter(|source| !source.selected);
    off.flat_map(|source| source.content.certificates())
        .map(|certificate| Deselected {
            sha256: certificate.sha256(),
            subject: certificate.subject().display().to_string(),
        })
        .collect()
}

fn validities(facts: &Facts) -> Vec<Validity> {
    let in_bundle = |kind: &EntryKind| matches!(kind, EntryKind::Bundle);
    let has_bundle = facts
        .store
        .entries
        .values()
        .any(|entry| in_bundle(&entry.kind));
    let placed = facts
        .placed()
        .into_iter()
        .filter(|placed| has_bundle && placed.origin != Origin::Foreign);
    let mut out: Vec<Validity> = placed
        .map(|placed| Validity {
            sha256: placed.certificate.sha256(),
            name: rules::title(placed.certificate),
            origin: placed.origin,
            not_after: placed.certificate.not_after(),
        })
        .collect();
    out.sort_by_key(|validity| validity.sha256);
    out.dedup_by_key(|validity| validity.sha256);
    out
}
