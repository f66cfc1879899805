//! `trustctl list` and `trustctl show`: what is trusted, by whom, and where it comes from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::{Context, Outcome, Report};
use crate::cert::{Certificate, Fingerprint, SelfSigned, Time};
use crate::change::generation::Generations;
use crate::error::Error;
use crate::host::openssl;
use crate::store::inventory::{EntryKind, Inventory, Origin};
use crate::store::layout::{CERTS, LOCAL};
use crate::store::provenance::{self, Provenance};
use crate::store::{links, select};

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
    /// Only these: a file name, a SHA-256 (8 hex digits or more), or a part of the subject
    #[arg(value_name = "SELECTOR")]
    pub selectors: Vec<String>,
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
    /// Whether everything is to be shown of each (`show`).
    #[serde(skip)]
    pub full: bool,
}

/// One certificate in one file.
#[derive(Debug, Serialize)]
pub struct Row {
    /// The file, by its name inside the tree.
    pub file: PathBuf,
    /// Local, vendor or foreign.
    pub origin: Origin,
    /// Whether the script adds it (a vendor certificate can be deselected).
    pub selected: bool,
    /// Subject.
    pub subject: String,
    /// Issuer.
    pub issuer: String,
    /// Serial number, hex.
    pub serial: String,
    /// Start of validity.
    pub not_before: Time,
    /// End of validity.
    pub not_after: Time,
    /// Key type and size.
    pub key: String,
    /// Signature algorithm.
    pub signature_algorithm: String,
    /// SHA-256 of the DER.
    pub sha256: Fingerprint,
    /// SHA-256 of the SubjectPublicKeyInfo.
    pub spki_sha256: Fingerprint,
    /// Whether its own key signed it, really verified.
    pub self_signed: SelfSigned,
    /// Whether it is a CA.
    pub ca: bool,
    /// OpenSSL's subject hash.
    pub subject_hash: String,
    /// Who trusts it.
    pub trusted: Trusted,
    /// Who put it there; `null` for vendor certificates.
    pub provenance: Option<Provenance>,
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

/// The store in numbers.
#[derive(Debug, Serialize)]
pub struct Numbers {
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
            let ended = row.not_after < context.now;
            let limit = days.map(|days| context.now.plus_days(i64::from(days)));
            (expired && ended) || (!ended && limit.is_some_and(|limit| row.not_after <= limit))
        }
    };
    rows.retain(|row| kinds(row) && dates(row));
    if !arguments.selectors.is_empty() {
        rows = narrowed(rows, &arguments.selectors)?;
    }
    Ok(Outcome::done(Report::List(report(
        context, &inventory, rows, false,
    ))))
}

/// Runs `show`.
pub fn show(context: &Context, arguments: &ShowArgs) -> anyhow::Result<Outcome> {
    let inventory = Inventory::read(&context.layout);
    let rows = narrowed(rows(context, &inventory), &arguments.selectors)?;
    Ok(Outcome::done(Report::List(report(
        context, &inventory, rows, true,
    ))))
}

fn narrowed(rows: Vec<Row>, selectors: &[String]) -> anyhow::Result<Vec<Row>> {
    for selector in selectors {
        if !rows.iter().any(|row| row_matches(row, selector)) {
            let message = format!("no certificate is called `{selector}`");
            return Err(Error::new(message)
                .hint("`trustctl list` shows what there is")
                .into());
        }
    }
    let wanted = |row: &Row| selectors.iter().any(|selector| row_matches(row, selector));
    Ok(rows.into_iter().filter(wanted).collect())
}

fn row_matches(row: &Row, selector: &str) -> bool {
    let file = Path::new(selector);
    let names = [
        Some(row.file.as_path()),
        row.file.file_name().map(Path::new),
        row.file.file_stem().map(Path::new),
    ];
    if names.contains(&Some(file)) || row.file.ends_with(file) {
        return true;
    }
    match select::fingerprint_prefix(selector) {
        Some(prefix) => row.sha256.to_string().starts_with(&prefix),
        None => row
            .subject
            .to_lowercase()
            .contains(&selector.to_lowercase()),
    }
}

fn report(context: &Context, inventory: &Inventory, rows: Vec<Row>, full: bool) -> ListReport {
    ListReport {
        certificates: rows,
        store: numbers(inventory),
        openssl: openssl::library_line(&context.layout),
        problems: problems(inventory),
        unread: inventory.unread.clone(),
        full,
    }
}

/// Every certificate of every source, then those that only foreign files carry.
fn rows(context: &Context, inventory: &Inventory) -> Vec<Row> {
    let views = Views::of(inventory);
    let recorded = recorded(context);
    let provenance = provenance::of_local(&context.layout, inventory, &recorded);
    let mut rows = Vec::new();
    let mut known = BTreeSet::new();
    for source in &inventory.sources {
        for certificate in source.content.certificates() {
            known.insert(certificate.sha256());
            let name = source.place.name.clone();
            let by = provenance.get(&name).cloned();
            rows.push(row(
                name,
                source.origin,
                source.selected,
                certificate,
                &views,
                by,
            ));
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

/// The files that trustctl's own generations have written; an unreadable history only means "unknown".
fn recorded(context: &Context) -> BTreeSet<PathBuf> {
    let all = Generations::at(&context.layout.state)
        .all()
        .unwrap_or_default();
    all.iter()
        .flat_map(|manifest| &manifest.steps)
        .map(|step| step.path.clone())
        .filter(|path| path.starts_with(LOCAL))
        .collect()
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
        origin,
        selected,
        subject: certificate.subject().display().to_string(),
        issuer: certificate.issuer().display().to_string(),
        serial: certificate.serial().to_string(),
        not_before: certificate.not_before(),
        not_after: certificate.not_after(),
        key: certificate.key().to_string(),
        signature_algorithm: certificate.signature_algorithm().to_string(),
        sha256: certificate.sha256(),
        spki_sha256: certificate.spki_sha256(),
        self_signed: certificate.self_signed(),
        ca: certificate.is_ca(),
        subject_hash: format!("{:08x}", certificate.subject_hash()),
        trusted: views.trusted(certificate.sha256()),
        provenance,
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
        local: inventory.local().count(),
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

/// What is wrong with files of the store, short of what needs judgement (that is audit's).
fn problems(inventory: &Inventory) -> Vec<FileProblem> {
    let mut found = Vec::new();
    for source in &inventory.sources {
        found.extend(source_problems(source));
    }
    for ignored in &inventory.ignored {
        found.push(problem(
            &ignored.place.name,
            None,
            format!("ignored: {}", ignored.reason),
        ));
    }
    for (line, name) in &inventory.missing {
        let message = format!("selected, but there is no file `{name}`");
        found.push(problem(
            Path::new(crate::store::layout::CONF),
            Some(*line),
            message,
        ));
    }
    found.extend(shadowed(inventory));
    for entry in inventory.entries.values() {
        if let Some(message) = entry_problem(entry) {
            found.push(problem(&Path::new(CERTS).join(&entry.name), None, message));
        }
    }
    found
}

fn source_problems(source: &crate::store::inventory::Source) -> Vec<FileProblem> {
    let name = &source.place.name;
    let Some(document) = source.content.document() else {
        return Vec::new();
    };
    let blocks = document.blocks.iter().flat_map(|block| &block.problems);
    let mut found: Vec<_> = document
        .problems
        .iter()
        .chain(blocks)
        .filter(|p| !p.is_note())
        .map(|p| {
            problem(
                name,
                (p.line > 0).then_some(p.line),
                p.message().to_string(),
            )
        })
        .collect();
    for block in &document.blocks {
        for fault in block.certificates.iter().filter_map(|c| c.as_ref().err()) {
            found.push(problem(
                name,
                Some(block.line),
                format!("broken certificate: {fault}"),
            ));
        }
    }
    if document.has_private_key() {
        found.push(problem(name, None, "it holds a private key".to_string()));
    }
    match source.content.certificates().count() {
        0 => found.push(problem(name, None, "it holds no certificate".to_string())),
        1 => {}
        n => found.push(problem(
            name,
            None,
            format!("it holds {n} certificates; the hash directory gets none of them"),
        )),
    }
    found
}

/// Two sources with one link name: only the last one is linked.
fn shadowed(inventory: &Inventory) -> Vec<FileProblem> {
    let mut by_link: BTreeMap<PathBuf, Vec<&Path>> = BTreeMap::new();
    let vendor = inventory.vendor().filter(|source| source.selected);
    for source in vendor.chain(inventory.local()) {
        let name = source.place.name.as_path();
        by_link
            .entry(links::link_name(name))
            .or_default()
            .push(name);
    }
    by_link
        .values()
        .filter_map(|names| names.split_last())
        .flat_map(|(last, others)| {
            others.iter().map(|name| {
                problem(
                    name,
                    None,
                    format!("its link is taken by `{}`", last.display()),
                )
            })
        })
        .collect()
}

fn entry_problem(entry: &crate::store::inventory::Entry) -> Option<String> {
    match &entry.kind {
        EntryKind::StrayBundle => {
            Some("left by a killed update-ca-certificates; the next run would add to it".into())
        }
        EntryKind::SourceLink(target)
        | EntryKind::HashLink { target, .. }
        | EntryKind::ForeignLink(target)
            if entry.content.is_none() =>
        {
            Some(format!("dangling link to `{}`", target.display()))
        }
        EntryKind::HashLink { hash, .. } => {
            let mut found = entry
                .content
                .iter()
                .flat_map(|content| content.certificates());
            let right = found.any(|certificate| certificate.subject_hash() == *hash);
            (!right).then(|| "leads to no certificate with this hash".to_string())
        }
        EntryKind::Special => Some("no regular file".to_string()),
        _ => None,
    }
}

fn problem(file: &Path, line: Option<usize>, message: String) -> FileProblem {
    FileProblem {
        file: file.to_path_buf(),
        line,
        message,
    }
}
