//! `list` as a table, `show` as cards.

use std::path::Path;

use crate::cert::SelfSigned;
use crate::commands::facts::subject_hash;
use crate::commands::list::{Kind, ListReport, Row, Shape, Trusted};
use crate::output::page::{Page, Tone};
use crate::output::{escape, surface};
use crate::store::inventory::Origin;
use crate::store::layout::{CERTS, LOCAL, VENDOR};

pub(super) fn render(report: &ListReport) -> Page {
    let mut page = Page::default();
    match report.shape {
        Shape::Table | Shape::Wide | Shape::Quiet => {}
        Shape::Cards => report
            .certificates
            .iter()
            .for_each(|row| card(&mut page, row)),
        Shape::Tsv => report
            .certificates
            .iter()
            .for_each(|row| fields(&mut page, row)),
    }
    if !matches!(report.shape, Shape::Table | Shape::Wide) {
        return page;
    }
    for origin in [Origin::Local, Origin::Vendor, Origin::Foreign] {
        group(&mut page, report, origin);
    }
    problems(&mut page, report);
    summary(&mut page, report);
    page
}

fn group(page: &mut Page, report: &ListReport, origin: Origin) {
    let rows: Vec<&Row> = report
        .certificates
        .iter()
        .filter(|row| row.origin == origin)
        .collect();
    if rows.is_empty() {
        return;
    }
    let (title, folder) = match origin {
        Origin::Local => ("local (", LOCAL),
        Origin::Vendor => ("vendor (", VENDOR),
        Origin::Foreign => ("foreign (only in ", CERTS),
    };
    page.heading(format!("{title}{})", surface::path(Path::new(folder))));
    let wide = report.shape == Shape::Wide;
    let longest = rows.iter().map(|row| file(row, wide).chars().count()).max();
    // Longer names push their subject to the right, or on a terminal to the next line.
    let most = if wide || surface::width() >= 120 {
        64
    } else {
        28
    };
    let columns = Columns {
        wide,
        sha256: if wide { 64 } else { 12 },
        file: longest.unwrap_or_default().clamp(4, most),
    };
    let Columns { sha256, file, .. } = columns;
    let titles = format!(
        "  {:sha256$}  {:10}  {:7}  {:file$}  subject",
        "sha-256", "until", "trusted", "file"
    );
    page.styled(Tone::Faint, titles).end();
    for row in rows {
        line(page, row, &columns);
    }
    page.end();
}

/// The widths of a table.
struct Columns {
    wide: bool,
    sha256: usize,
    file: usize,
}

fn file(row: &Row, whole: bool) -> String {
    match whole {
        true => surface::path(&row.file),
        false => {
            let name = row.file.file_name().unwrap_or_default();
            escape::terminal(&name.to_string_lossy())
        }
    }
}

fn line(page: &mut Page, row: &Row, columns: &Columns) {
    let certificate = row.facts.certificate();
    let sha256 = certificate.sha256().to_string();
    let until = certificate.not_after().to_string();
    page.put(format!(
        "  {}  {}  ",
        &sha256[..columns.sha256],
        &until[..10]
    ));
    let (word, tone) = trusted(row.trusted);
    page.styled(tone, word);
    let (file, width, blanks) = (file(row, columns.wide), columns.file, 9 - word.len());
    page.put(format!("{:blanks$}{file:width$}  ", ""));
    page.line(certificate.subject().display());
}

/// One certificate for scripts; tabs and line breaks in names are escaped, as everywhere.
fn fields(page: &mut Page, row: &Row) {
    let certificate = row.facts.certificate();
    let origin = match row.origin {
        Origin::Local => "local",
        Origin::Vendor => "vendor",
        Origin::Foreign => "foreign",
    };
    let fields = [
        certificate.sha256().to_string(),
        certificate.not_after().to_string(),
        trusted(row.trusted).0.to_string(),
        origin.to_string(),
        surface::path(&row.file),
        certificate.subject().display().to_string(),
    ];
    page.fields(&fields);
}

/// One word for the three views.
fn trusted(trusted: Trusted) -> (&'static str, Tone) {
    match (trusted.bundle, trusted.hash_directory, trusted.every_file) {
        (true, true, true) => ("yes", Tone::Good),
        (false, false, false) => ("no", Tone::Plain),
        _ => ("partly", Tone::Warning),
    }
}

fn problems(page: &mut Page, report: &ListReport) {
    if report.problems.is_empty() && report.unread.is_empty() {
        return;
    }
    page.heading("not as it should be");
    for problem in &report.problems {
        let line = problem
            .line
            .map_or_else(String::new, |line| format!(" line {line}"));
        page.styled(Tone::Warning, "  ! ");
        page.line(format!(
            "{}{line}: {}",
            surface::path(&problem.file),
            problem.message
        ));
    }
    for unread in &report.unread {
        page.styled(Tone::Warning, "  ? ").line(unread);
    }
    page.end();
}

fn summary(page: &mut Page, report: &ListReport) {
    let store = &report.store;
    page.line(match store.kind {
        Kind::Bundle => format!(
            "a bundle alone: {} certificates, no sources, no links; foreign files {}",
            store.bundle, store.foreign
        ),
        Kind::Sources => format!(
        "{} local, {} vendor ({} deselected); bundle {}, links {}, hash links {}, foreign files {}",
        store.local,
        store.vendor_selected,
        store.vendor_deselected,
        store.bundle,
        store.links,
        store.hash_links,
        store.foreign,
    ),
    });
    match &report.openssl {
        Some(openssl) => drop(page.line(openssl)),
        // Many an image has none, and needs none.
        None if surface::root().is_some() => {}
        None => drop(page.line("no OpenSSL library found")),
    }
}

fn card(page: &mut Page, row: &Row) {
    let yes = |is: bool| if is { "yes" } else { "no" };
    let certificate = row.facts.certificate();
    page.heading(certificate.subject().display());
    let origin = match row.origin {
        Origin::Local => "local",
        Origin::Vendor if row.selected => "vendor, selected",
        Origin::Vendor => "vendor, deselected",
        Origin::Foreign => "foreign",
    };
    let self_signed = match certificate.self_signed() {
        SelfSigned::Yes => "yes (signature verified)",
        SelfSigned::No => "no",
        SelfSigned::Unverifiable => "cannot be verified",
    };
    let fields = [
        ("file", surface::path(&row.file)),
        ("origin", origin.to_string()),
        ("issuer", certificate.issuer().display().to_string()),
        ("serial", certificate.serial().to_string()),
        ("valid from", certificate.not_before().to_string()),
        ("valid until", certificate.not_after().to_string()),
        ("key", certificate.key().to_string()),
        ("signature", certificate.signature_algorithm().to_string()),
        ("self-signed", self_signed.to_string()),
        ("a CA", yes(row.ca).to_string()),
        ("sha-256", certificate.sha256().to_string()),
        ("spki sha-256", certificate.spki_sha256().to_string()),
        ("subject hash", subject_hash(certificate)),
        ("in the bundle", yes(row.trusted.bundle).to_string()),
        (
            "in the hash directory",
            yes(row.trusted.hash_directory).to_string(),
        ),
        (
            "among all files (Go)",
            yes(row.trusted.every_file).to_string(),
        ),
    ];
    let (head, rest) = fields.split_at(2);
    for (label, value) in head
        .iter()
        .cloned()
        .chain(added(row))
        .chain(rest.iter().cloned())
    {
        page.field(21, label, value);
    }
    page.end();
}

/// Who put a local certificate there, and what is on record of that.
fn added(row: &Row) -> Vec<(&'static str, String)> {
    let Some(provenance) = &row.provenance else {
        return Vec::new();
    };
    let mut lines = vec![("added by", provenance.to_string())];
    if let Some(recorded) = &row.recorded {
        let who = match (&recorded.user, recorded.uid) {
            (Some(user), _) => user.clone(),
            (None, 0) => "root".to_string(),
            (None, uid) => format!("uid {uid}"),
        };
        lines = vec![(
            "added by",
            format!("{who}, with `trustctl {}`", recorded.command),
        )];
        lines.push(("added on", recorded.time.to_string()));
        lines.extend(
            recorded
                .reason
                .iter()
                .map(|reason| ("reason", reason.clone())),
        );
        lines.push(("generation", recorded.generation.to_string()));
    }
    lines
}
