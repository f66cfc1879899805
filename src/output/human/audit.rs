//! `audit` for people: by severity, the worst first, as wide as the page, and one command at the end.

use crate::commands::audit::{AuditReport, Counts};
use crate::output::page::{Page, Tone};
use crate::output::surface;
use crate::output::wrap::wrapped;
use crate::rules::{Finding, Severity};

/// Of one rule so many findings are shown in full.
const SHOWN: usize = 3;
/// Of one rule so many subjects of notes are named.
const NAMED: usize = 3;
/// So many reasons for not looking are shown.
const SKIPPED: usize = 5;

pub(super) fn render(report: &AuditReport) -> Page {
    let mut page = Page::default();
    for severity in [Severity::Error, Severity::Warning] {
        full(&mut page, report, severity);
    }
    notes(&mut page, report);
    skipped(&mut page, report);
    summary(&mut page, report);
    page
}

fn tone(severity: Severity) -> Tone {
    match severity {
        Severity::Error => Tone::Error,
        Severity::Warning => Tone::Warning,
        Severity::Note => Tone::Hint,
    }
}

/// The findings of one severity, those of one rule together.
fn groups(report: &AuditReport, severity: Severity) -> Vec<Vec<&Finding>> {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    for finding in report
        .findings
        .iter()
        .filter(|finding| finding.severity == severity)
    {
        match groups.iter_mut().find(|group| {
            group
                .first()
                .is_some_and(|first| first.rule == finding.rule)
        }) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups
}

fn head(page: &mut Page, severity: Severity, first: &Finding, count: usize) {
    page.styled(tone(severity), format!("{:7}", severity.name()));
    page.put("  ").styled(Tone::Strong, first.rule);
    if count > 1 {
        page.put(format!("  ({count})"));
    }
    page.end();
    lines(page, "  ", "  ", first.title);
}

/// Wrapped text, the first line after `first`, the others after `rest`.
fn lines(page: &mut Page, first: &str, rest: &str, text: &str) {
    for (index, line) in wrapped(text, surface::width() - rest.len())
        .into_iter()
        .enumerate()
    {
        page.put(if index == 0 { first } else { rest }).line(line);
    }
}

fn full(page: &mut Page, report: &AuditReport, severity: Severity) {
    for group in groups(report, severity) {
        let Some(first) = group.first() else { continue };
        let one_remedy = group.iter().all(|other| other.remedy == first.remedy);
        head(page, severity, first, group.len());
        for finding in group.iter().take(SHOWN) {
            one(page, finding);
            if !one_remedy {
                remedy(page, &finding.remedy);
            }
        }
        if group.len() > SHOWN {
            let rest = group.len() - SHOWN;
            let text = format!("    and {rest} more, in `--format json`");
            page.styled(Tone::Faint, text).end();
        }
        if one_remedy {
            remedy(page, &first.remedy);
        }
        page.end();
    }
}

fn one(page: &mut Page, finding: &Finding) {
    let place = place(finding);
    if !place.is_empty() {
        page.put("    ").line(&place);
    }
    lines(page, "      ", "      ", &finding.evidence);
    if let Some(sha256) = finding.subject.sha256 {
        let text = format!("      sha-256 {}", &sha256.to_string()[..16]);
        page.styled(Tone::Faint, text).end();
    }
}

fn remedy(page: &mut Page, text: &str) {
    lines(page, "    → ", "      ", text);
}

/// `path:line`, and the name where that tells more.
fn place(finding: &Finding) -> String {
    let subject = &finding.subject;
    let path = subject.path.as_ref().map(|path| path.display().to_string());
    let line = subject
        .line
        .map_or_else(String::new, |line| format!(":{line}"));
    match (path, &subject.name) {
        (Some(path), _) => format!("{path}{line}"),
        (None, Some(name)) => name.clone(),
        (None, None) => String::new(),
    }
}

fn notes(page: &mut Page, report: &AuditReport) {
    let groups = groups(report, Severity::Note);
    for group in &groups {
        let Some(first) = group.first() else { continue };
        head(page, Severity::Note, first, group.len());
        let names: Vec<String> = group
            .iter()
            .take(NAMED)
            .map(|finding| short(finding))
            .collect();
        let more = group.len().saturating_sub(NAMED);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        lines(page, "    ", "    ", &format!("{}{more}", names.join(", ")));
    }
    if !groups.is_empty() {
        page.end();
    }
}

/// What a note is about, in as few words as possible.
fn short(finding: &Finding) -> String {
    match (&finding.subject.name, finding.subject.sha256) {
        (Some(name), Some(_)) => name.clone(),
        _ => format!("{}: {}", place(finding), finding.evidence),
    }
}

fn skipped(page: &mut Page, report: &AuditReport) {
    if report.skipped.is_empty() {
        return;
    }
    page.heading("not checked");
    for skip in report.skipped.iter().take(SKIPPED) {
        let rule = if skip.rule == "*" {
            String::new()
        } else {
            format!("{}: ", skip.rule)
        };
        lines(page, "  ", "    ", &format!("{rule}{}", skip.reason));
    }
    if report.skipped.len() > SKIPPED {
        page.styled(
            Tone::Faint,
            format!(
                "  and {} more: `--format json`",
                report.skipped.len() - SKIPPED
            ),
        )
        .end();
    }
    page.end();
}

fn count(number: usize, word: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {word}{plural}")
}

fn summary(page: &mut Page, report: &AuditReport) {
    let store = &report.store;
    let openssl = report.openssl.as_ref().map_or_else(String::new, |library| {
        let upstream = library
            .upstream
            .as_ref()
            .map_or_else(String::new, |version| format!("OpenSSL {version}, "));
        format!("; {upstream}{} {}", library.package, library.version)
    });
    let text = format!(
        "{} local and {} vendor certificates, {} in the bundle{openssl}",
        store.local, store.vendor_selected, store.bundle
    );
    lines(page, "", "", &text);
    let tables = &report.tables;
    lines(
        page,
        "",
        "",
        &format!(
            "known certificates as of {}, OpenSSL fixes as of {}",
            tables.certificates, tables.openssl
        ),
    );
    let counts = counts(&report.counts);
    let good = report.counts.error + report.counts.warning == 0;
    page.styled(if good { Tone::Good } else { Tone::Strong }, counts)
        .end();
    page.styled(Tone::Hint, "next: ")
        .line(format!("`{}`", next(report)));
}

fn counts(counts: &Counts) -> String {
    let mut parts = vec![
        count(counts.error, "error"),
        count(counts.warning, "warning"),
        count(counts.note, "note"),
    ];
    if counts.accepted > 0 {
        parts.push(format!("{} accepted", counts.accepted));
    }
    if counts.skipped > 0 {
        parts.push(format!("{} not checked", counts.skipped));
    }
    format!("{}; {} rules", parts.join(", "), counts.rules)
}

/// The one command that helps most now.
fn next(report: &AuditReport) -> String {
    match report.findings.first() {
        Some(worst) if worst.severity > Severity::Note => {
            format!("trustctl explain {}", worst.rule)
        }
        _ if report.as_user => "sudo trustctl audit".to_string(),
        Some(note) => format!("trustctl explain {}", note.rule),
        None => "trustctl list --local".to_string(),
    }
}
