//! What OpenSSL can do, for people.

use crate::commands::tls::TlsReport;
use crate::output::page::{Page, Tone};
use crate::rules::capability::{Answer, Evidence, State, Verdict};

/// The page of a `tls`.
pub fn render(report: &TlsReport) -> Page {
    let mut page = Page::default();
    own(&mut page, report);
    protocols(&mut page, report);
    copies(&mut page, report);
    verdict(&mut page, &report.verdict);
    for skipped in &report.skipped {
        page.toned(Tone::Faint, 0, format!("not looked at: {skipped}"));
    }
    page
}

fn own(page: &mut Page, report: &TlsReport) {
    let own = &report.own;
    let none = || "none".to_string();
    page.heading("OpenSSL of the distribution");
    let release = match report.release.name.as_str() {
        "" => "unknown",
        name => name,
    };
    page.field(10, "release", release);
    page.field(10, "package", own.package.clone().unwrap_or_else(none));
    page.field(10, "library", own.library.clone().unwrap_or_else(none));
    if let Some(command) = &own.command {
        page.field(10, "command", command);
    }
    if let Some(folder) = &own.folder {
        page.field(10, "OPENSSLDIR", folder);
    }
    if let Some(level) = &report.security_level {
        page.field(10, "level", format!("{} ({})", level.level, level.origin));
    }
    let range = match (report.minimum, report.maximum) {
        (Some(minimum), Some(maximum)) => format!("{minimum} to {maximum}"),
        _ => none(),
    };
    page.field(10, "protocols", range);
    for setting in &report.settings {
        page.field(
            10,
            "setting",
            format!(
                "{} = {} ({}, {})",
                setting.name, setting.value, setting.application, setting.origin
            ),
        );
    }
    page.end();
}

fn protocols(page: &mut Page, report: &TlsReport) {
    page.heading(format!(
        "{:10}{:>9}{:>9}{:>9}{:>11}",
        "", "version", "build", "config", "handshake"
    ));
    for evidence in &report.protocols {
        page.put(format!("  {:8}", evidence.protocol));
        for (answer, width) in levels(evidence) {
            let tone = if answer == Answer::Yes {
                Tone::Good
            } else {
                Tone::Plain
            };
            page.styled(tone, format!("{:>width$}", word(answer)));
        }
        page.put(
            evidence
                .detail
                .as_ref()
                .map_or_else(String::new, |detail| format!("  {detail}")),
        )
        .end();
    }
    page.end();
}

fn levels(evidence: &Evidence) -> [(Answer, usize); 4] {
    [
        (evidence.by_version, 9),
        (evidence.by_build, 9),
        (evidence.by_configuration, 9),
        (evidence.by_handshake, 11),
    ]
}

fn word(answer: Answer) -> &'static str {
    match answer {
        Answer::Yes => "yes",
        Answer::No => "no",
        Answer::Unknown => "?",
    }
}

fn copies(page: &mut Page, report: &TlsReport) {
    page.heading("every OpenSSL found");
    if report.copies.is_empty() {
        page.line("  none");
    }
    for copy in &report.copies {
        page.put(format!("  {}  {}", copy.version, copy.path));
        let mut marks = Vec::new();
        if copy.origin != "distribution" {
            marks.push(copy.origin);
        }
        if copy.empty_store == Some(true) {
            marks.push("its trust store is empty");
        }
        if copy.loaded {
            marks.push("loaded by programs");
        }
        if copy.first_in_path {
            marks.push("first in PATH");
        }
        let marks = if marks.is_empty() {
            String::new()
        } else {
            format!("  ({})", marks.join(", "))
        };
        page.styled(Tone::Faint, marks).end();
    }
    page.end();
}

fn verdict(page: &mut Page, verdict: &Verdict) {
    page.heading(format!("verdict (fixes as of {})", verdict.as_of));
    for row in &verdict.rows {
        let (tone, word) = match row.state {
            State::Ok => (Tone::Good, "ok"),
            State::Failed => (Tone::Error, "failed"),
            State::Note => (Tone::Warning, "note"),
            State::Unknown => (Tone::Faint, "?"),
        };
        page.styled(tone, format!("  {word:7}  "))
            .put(format!("{:12}", row.question))
            .paragraph(23, &row.answer);
    }
    for advice in &verdict.advice {
        page.styled(Tone::Hint, "hint: ").paragraph(6, &advice.text);
        if let Some(command) = &advice.command {
            page.put("    ").styled(Tone::Strong, command).end();
        }
    }
}
