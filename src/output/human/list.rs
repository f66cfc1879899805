//! `list` as a table, `show` as cards.

use std::borrow::Cow;

use crate::cert::{SelfSigned, hex};
use crate::commands::facts::subject_hash;
use crate::commands::list::{Kind, ListReport, Row, Trusted};
use crate::output::page::{Page, Tone};
use crate::store::inventory::Origin;

pub(super) fn render(report: &ListReport) -> Page {
    let mut page = Page::default();
    if report.full {
        for row in &report.certificates {
            card(&mut page, row);
        }
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
    let title = match origin {
        Origin::Local => "local (/usr/local/share/ca-certificates)",
        Origin::Vendor => "vendor (/usr/share/ca-certificates)",
        Origin::Foreign => "foreign (only in /etc/ssl/certs)",
    };
    page.heading(title);
    page.styled(
        Tone::Faint,
        format!(
            "  {:12}  {:10}  {:7}  {:28}  subject",
            "sha-256", "until", "trusted", "file"
        ),
    )
    .end();
    for row in rows {
        line(page, row);
    }
    page.end();
}

/// Fills columns.
const BLANKS: &str = "                              ";

fn line(page: &mut Page, row: &Row) {
    let certificate = row.facts.certificate();
    let sha256 = hex(&certificate.sha256().0[..6]);
    let until = certificate.not_after().to_string();
    let file = row.file.file_name().unwrap_or_default().to_string_lossy();
    page.put("  ")
        .put(sha256)
        .put("  ")
        .put(&until[..10])
        .put("  ");
    let (word, tone) = trusted(row.trusted);
    page.styled(tone, word);
    page.put(&BLANKS[word.len()..9]);
    let file = shortened(&file, 28);
    page.put(&file).put(&BLANKS[file.chars().count()..30]);
    page.line(certificate.subject().display());
}

/// One word for the three views.
fn trusted(trusted: Trusted) -> (&'static str, Tone) {
    match (trusted.bundle, trusted.hash_directory, trusted.every_file) {
        (true, true, true) => ("yes", Tone::Good),
        (false, false, false) => ("no", Tone::Plain),
        _ => ("partly", Tone::Warning),
    }
}

fn shortened(text: &str, width: usize) -> Cow<'_, str> {
    match text.chars().count() > width {
        true => text.chars().take(width - 1).chain(['…']).collect(),
        false => Cow::Borrowed(text),
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
            problem.file.display(),
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
    let openssl = report
        .openssl
        .as_deref()
        .unwrap_or("no OpenSSL library found");
    page.line(openssl);
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
        ("file", row.file.display().to_string()),
        ("origin", origin.to_string()),
        (
            "put there by",
            row.provenance
                .as_ref()
                .map_or_else(|| "-".to_string(), ToString::to_string),
        ),
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
        ("among every file", yes(row.trusted.every_file).to_string()),
    ];
    for (label, value) in fields {
        page.field(21, label, value);
    }
    page.end();
}
