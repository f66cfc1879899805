//! `trustctl list` and `trustctl show`: what is trusted, by whom, and where it comes from.

mod problems;

pub(in crate::commands) use problems::problems;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::facts::Facts;
use super::{Context, Outcome, Report};
use crate::cert::{Certificate, Fingerprint, Time};
use crate::change::generation::Generations;
use crate::error::{Error, ErrorKind, Exit};
use crate::host::identity::Identity;
use crate::host::openssl;
use crate::store::inventory::{EntryKind, Inventory, Origin};
use crate::store::layout::{CERTS, LOCAL};
use crate::store::provenance::{self, Provenance};
use crate::store::select::{self, Fit};

/// Arguments of `list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only local certificates (/usr/local/share/ca-certificates)
    #[arg(long)]
    pub local: bool,
    /// Only vendor certificates (/usr/share/ca-certificates)
    #[arg(long)]
    pub vendor: bool,
    /// Only certificates that have expired
    #[arg(long)]
    pub expired: bool,
    /// Only certificates that expire within DAYS days
    #[arg(long, value_name = "DAYS")]
    pub expiring: Option<u32>,
    /// Only certificates that no program, or not every one, trusts: deselected, or missing from the store
    #[arg(long)]
    pub untrusted: bool,
    /// One line each, with the whole SHA-256 and path, whatever the width of the terminal
    #[arg(long, conflicts_with = "tsv")]
    pub wide: bool,
    /// One line each for scripts, without headings: SHA-256, end of validity, trusted, origin, file, subject, with tabs between
    #[arg(long)]
    pub tsv: bool,
    /// Write no list: exit status 0 if each SELECTOR names a certificate of the store, 1 if one does not
    #[arg(short, long, requires = "selectors", conflicts_with_all = ["wide", "tsv"])]
    pub quiet: bool,
    /// Only these: a file name, a SHA-256 (8 hex digits or more), or a part of the subject
    #[arg(value_name = "SELECTOR")]
    pub selectors: Vec<String>,
}

/// How certificates are shown to people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// As a table.
    #[default]
    Table,
    /// As a table with everything in full.
    Wide,
    /// As lines with tabs.
    Tsv,
    /// Everything about each (`show`).
    Cards,
    /// Not at all.
    Quiet,
}

/// Arguments of `show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// A file name, a SHA-256 (8 hex digits or more), or a part of the subject
    #[arg(value_name = "SELECTOR", required = true)]
    pub selectors: Vec<String>,
}

/// What `list` and `show` report.
#[derive(Debug, Serialize)]
pub struct ListReport {
    /// The time of the call.
    pub time: Time,
    /// The host.
    pub host: Identity,
    /// The certificates asked for.
    pub certificates: Vec<Row>,
    /// The whole store in numbers.
    pub store: Numbers,
    /// One line on the OpenSSL library; `null` where none was found.
    pub openssl: Option<String>,
    /// Files of the store that are not what they should be, and why.
    pub problems: Vec<FileProblem>,
    /// What could not be looked at.
    pub unread: Vec<String>,
    /// How it is shown to people.
    #[serde(skip)]
    pub shape: Shape,
}

/// One certificate in one file.
#[derive(Debug, Serialize)]
pub struct Row {
    /// The file, by its name inside the tree.
    pub file: PathBuf,
    /// Its other names, by links.
    pub also: Vec<PathBuf>,
    /// Local, vendor or foreign.
    pub origin: Origin,
    /// Whether the script adds it (a vendor certificate can be deselected).
    pub selected: bool,
    /// What the certificate says.
    #[serde(flatten)]
    pub facts: Facts,
    /// Whether it is a CA.
    pub ca: bool,
    /// Who trusts it.
    pub trusted: Trusted,
    /// Who put it there; `null` for vendor certificates.
    pub provenance: Option<Provenance>,
    /// The last change on record that wrote the file.
    pub recorded: Option<Recorded>,
}

/// The change of trustctl that wrote a file.
#[derive(Clone, Debug, Serialize)]
pub struct Recorded {
    /// Its generation.
    pub generation: u64,
    /// The command.
    pub command: String,
    /// When.
    pub time: Time,
    /// `SUDO_USER`, where the call came through sudo.
    pub user: Option<String>,
    /// Effective user.
    pub uid: u32,
    /// Why.
    pub reason: Option<String>,
}

/// Which kinds of reader trust a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Trusted {
    /// Readers of `ca-certificates.crt` (curl, GnuTLS, Python …).
    pub bundle: bool,
    /// Readers of the hash directory (OpenSSL's CApath).
    pub hash_directory: bool,
    /// Readers of every file of the folder (Go).
    pub every_file: bool,
}

impl Trusted {
    /// Whether every kind of reader trusts it.
    pub fn by_all(self) -> bool {
        self.bundle && self.hash_directory && self.every_file
    }
}

/// What a store is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Source files, from which `update-ca-certificates` makes bundle and links.
    Sources,
    /// A bundle and nothing else, as in many container images.
    Bundle,
}

/// The store in numbers.
#[derive(Debug, Serialize)]
pub struct Numbers {
    /// What the store is made of.
    pub kind: Kind,
    /// Local files.
    pub local: usize,
    /// Vendor files that are selected.
    pub vendor_selected: usize,
    /// Vendor files that are not.
    pub vendor_deselected: usize,
    /// Certificates in the bundle.
    pub bundle: usize,
    /// Links to sources.
    pub links: usize,
    /// Hash links.
    pub hash_links: usize,
    /// Files and links in the certificate folder that no script made.
    pub foreign: usize,
}

/// A file that is not what it should be.
#[derive(Debug, Serialize)]
pub struct FileProblem {
    /// The file, by its name inside the tree.
    pub file: PathBuf,
    /// Line, where there is one.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
}

/// Runs `list`.
pub fn list(context: &Context, arguments: &ListArgs) -> anyhow::Result<Outcome> {
    let inventory = Inventory::read(&context.layout);
    let mut rows = rows(context, &inventory);
    let kinds = |row: &Row| match (arguments.local, arguments.vendor) {
        (false, false) => true,
        (local, vendor) => {
            (local && row.origin == Origin::Local) || (vendor && row.origin == Origin::Vendor)
        }
    };
    let dates = |row: &Row| match (arguments.expired, arguments.expiring) {
        (false, None) => true,
        (expired, days) => {
            let not_after = row.facts.certificate().not_after();
            let ended = not_after < context.now;
            let limit = days.map(|days| context.now.plus_days(i64::from(days)));
            (expired && ended) || (!ended && limit.is_some_and(|limit| not_after <= limit))
        }
    };
    let trust = |row: &Row| !(arguments.untrusted && row.trusted.by_all());
    rows.retain(|row| kinds(row) && dates(row) && trust(row));
    let mut exit = Exit::Done;
    if !arguments.selectors.is_empty() {
        rows = match narrowed(rows, &arguments.selectors) {
            Err(_) if arguments.quiet => {
                exit = Exit::Findings;
                Vec::new()
            }
            narrowed => narrowed?,
        };
    }
    let shape = match (arguments.wide, arguments.tsv, arguments.quiet) {
        (true, _, _) => Shape::Wide,
        (_, true, _) => Shape::Tsv,
        (_, _, true) => Shape::Quiet,
        _ => Shape::Table,
    };
    let report = report(context, &inventory, rows, shape);
    // The program ends after the report: to give thousands of pieces back one by one would only take time.
    std::mem::forget(inventory);
    Ok(Outcome::done(Report::List(report)).exit(exit))
}

/// Runs `show`.
pub fn show(context: &Context, arguments: &ShowArgs) -> anyhow::Result<Outcome> {
    let inventory = Inventory::read(&context.layout);
    let rows = narrowed(rows(context, &inventory), &arguments.selectors)?;
    Ok(Outcome::done(Report::List(report(
        context,
        &inventory,
        rows,
        Shape::Cards,
    ))))
}

/// The rows that each selector names best: exact matches win over parts of a subject.
fn narrowed(rows: Vec<Row>, selectors: &[String]) -> anyhow::Result<Vec<Row>> {
    let mut wanted = vec![false; rows.len()];
    for selector in selectors {
        let fits: Vec<Option<Fit>> = rows.iter().map(|row| fit(row, selector)).collect();
        let Some(best) = fits.iter().flatten().max() else {
            let message = format!("no certificate is called `{selector}`");
            return Err(Error::new(message)
                .kind(ErrorKind::NotFound)
                .hint("`trustctl list` shows what there is")
                .into());
        };
        for (wanted, fit) in wanted.iter_mut().zip(&fits) {
            *wanted |= fit.as_ref() == Some(best);
        }
    }
    let named = rows.into_iter().zip(wanted).filter(|(_, wanted)| *wanted);
    Ok(named.map(|(row, _)| row).collect())
}

fn fit(row: &Row, selector: &str) -> Option<Fit> {
    let file = Path::new(selector);
    let names = [
        Some(row.file.as_path()),
        row.file.file_name().map(Path::new),
        row.file.file_stem().map(Path::new),
    ];
    let also = row
        .also
        .iter()
        .any(|name| name == file || name.ends_with(file));
    match also || names.contains(&Some(file)) || row.file.ends_with(file) {
        true => Some(Fit::File),
        false => select::fit_of(row.facts.certificate(), selector),
    }
}

fn report(context: &Context, inventory: &Inventory, rows: Vec<Row>, shape: Shape) -> ListReport {
    ListReport {
        time: context.now,
        host: Identity::read(&context.layout),
        certificates: rows,
        store: numbers(inventory),
        openssl: openssl::library_line(&context.layout),
        problems: problems(inventory),
        unread: inventory.unread.clone(),
        shape,
    }
}

/// Every certificate of every source, then those that only foreign files carry.
fn rows(context: &Context, inventory: &Inventory) -> Vec<Row> {
    let views = Views::of(inventory);
    let written = match inventory.local().next() {
        Some(_) => recorded(context),
        None => BTreeMap::new(),
    };
    let by = || {
        written
            .iter()
            .map(|(file, (by, _))| (file.clone(), by.clone()))
            .collect()
    };
    let provenance = provenance::of_local(&context.layout, inventory, by);
    let mut rows = Vec::new();
    let mut known = BTreeSet::new();
    let names = names(inventory);
    for source in &inventory.sources {
        let of = names.get(source.place.real.as_path());
        if of.is_some_and(|names| names.first() != Some(&source.place.name.as_path())) {
            continue;
        }
        let also = of.iter().flat_map(|names| names.iter().skip(1));
        let also: Vec<PathBuf> = also.map(|name| name.to_path_buf()).collect();
        for certificate in source.content.certificates() {
            known.insert(certificate.sha256());
            let name = source.place.name.clone();
            let by = provenance.get(&name).cloned();
            let recorded = written.get(&name).map(|(_, change)| change.clone());
            rows.push(Row {
                also: also.clone(),
                recorded,
                ..row(
                    name,
                    source.origin,
                    source.selected,
                    certificate,
                    &views,
                    by,
                )
            });
        }
    }
    for entry in inventory.entries.values() {
        if matches!(entry.kind, EntryKind::HashLink { .. }) {
            continue;
        }
        for certificate in entry
            .content
            .iter()
            .flat_map(|content| content.certificates())
        {
            if known.insert(certificate.sha256()) {
                let name = Path::new(CERTS).join(&entry.name);
                rows.push(row(name, Origin::Foreign, false, certificate, &views, None));
            }
        }
    }
    rows
}

/// All names of each local file, the plainest first: links to it and to its folder are no further certificates.
fn names(inventory: &Inventory) -> BTreeMap<&Path, Vec<&Path>> {
    let mut names: BTreeMap<&Path, Vec<&Path>> = BTreeMap::new();
    for source in inventory.local() {
        let of = names.entry(source.place.real.as_path()).or_default();
        of.push(source.place.name.as_path());
    }
    for of in names.values_mut() {
        of.sort_by_key(|name| (name.components().count(), *name));
    }
    names
}

/// The files that trustctl's own generations have written, each with the last of them; an unreadable history only means
/// "unknown".
fn recorded(context: &Context) -> BTreeMap<PathBuf, (Provenance, Recorded)> {
    let all = Generations::at(&context.layout).all().unwrap_or_default();
    let mut recorded: BTreeMap<PathBuf, (Provenance, Recorded)> = BTreeMap::new();
    for manifest in all {
        let by = match manifest.command.as_str() {
            "adopt" => Provenance::Adopted,
            _ => Provenance::Trustctl,
        };
        let change = Recorded {
            generation: manifest.number,
            command: manifest.command,
            time: manifest.time,
            user: manifest.user,
            uid: manifest.uid,
            reason: manifest.reason,
        };
        let steps = manifest.steps.into_iter().map(|step| step.path);
        for path in steps.filter(|path| path.starts_with(LOCAL)) {
            // What another change has put back is as it was adopted.
            let known = recorded.get(&path).map(|(by, _)| by) == Some(&Provenance::Adopted);
            let is_undoing = matches!(change.command.as_str(), "rollback" | "revert");
            if !(known && is_undoing) {
                recorded.insert(path, (by.clone(), change.clone()));
            }
        }
    }
    recorded
}

struct Views {
    bundle: BTreeSet<Fingerprint>,
    hashes: BTreeSet<Fingerprint>,
    files: BTreeSet<Fingerprint>,
}

impl Views {
    fn of(inventory: &Inventory) -> Views {
        Views {
            bundle: inventory.bundle_view(),
            hashes: inventory.hash_view(),
            files: inventory.file_view(),
        }
    }

    fn trusted(&self, sha256: Fingerprint) -> Trusted {
        Trusted {
            bundle: self.bundle.contains(&sha256),
            hash_directory: self.hashes.contains(&sha256),
            every_file: self.files.contains(&sha256),
        }
    }
}

fn row(
    file: PathBuf,
    origin: Origin,
    selected: bool,
    certificate: &Certificate,
    views: &Views,
    provenance: Option<Provenance>,
) -> Row {
    Row {
        file,
        also: Vec::new(),
        origin,
        selected,
        facts: Facts::of(certificate),
        ca: certificate.is_ca(),
        trusted: views.trusted(certificate.sha256()),
        provenance,
        recorded: None,
    }
}

fn numbers(inventory: &Inventory) -> Numbers {
    let entries = |wanted: fn(&EntryKind) -> bool| {
        inventory
            .entries
            .values()
            .filter(|entry| wanted(&entry.kind))
            .count()
    };
    Numbers {
        kind: match inventory.is_bundle_only() {
            true => Kind::Bundle,
            false => Kind::Sources,
        },
        local: names(inventory).len(),
        vendor_selected: inventory.vendor().filter(|source| source.selected).count(),
        vendor_deselected: inventory.vendor().filter(|source| !source.selected).count(),
        bundle: inventory
            .bundle()
            .map_or(0, |content| content.certificates().count()),
        links: entries(|kind| matches!(kind, EntryKind::SourceLink(_))),
        hash_links: entries(|kind| matches!(kind, EntryKind::HashLink { .. })),
        foreign: entries(|kind| {
            matches!(
                kind,
                EntryKind::ForeignFile | EntryKind::ForeignLink(_) | EntryKind::Special
            )
        }),
    }
}
