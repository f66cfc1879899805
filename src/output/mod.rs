//! The only code that prints. Foreign text is escaped here, once, on its way to the terminal.

pub mod escape;
mod html;
pub mod human;
pub mod page;
mod progress;
mod prometheus;
pub mod prompt;
mod sarif;
pub mod wrap;

use std::io::{self, Write};
use std::path::Path;

use anstream::{AutoStream, ColorChoice};
use serde::Serialize;

use crate::commands::{Outcome, Report, Warning};
use crate::error::{Error, Exit};
use crate::system::files;
use page::{Page, Tone};
pub use progress::progress;
use progress::still;

/// How a report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Human,
    /// One JSON object, see trustctl(8).
    Json,
    /// One JSON object a line, where a command tells many things.
    Jsonl,
    /// SARIF 2.1.0 for code-scanning tools (`audit` only).
    Sarif,
    /// Prometheus text for node_exporter (`audit` only).
    Prometheus,
    /// One HTML file without scripts from elsewhere (`audit` and `report`).
    Html,
}

/// Every JSON report in its envelope; the schema is part of the contract.
#[derive(Serialize)]
struct Envelope<'a> {
    schema: u32,
    trustctl: &'static str,
    command: &'a str,
    report: &'a Report,
    /// `verify` alone: the verdict again, for callers that look no deeper.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    verdict: Option<TopVerdict<'a>>,
}

#[derive(Serialize)]
struct TopVerdict<'a> {
    valid: Option<bool>,
    reasons: &'a [crate::commands::verify::Reason],
}

/// Writes the report to standard output and the warnings to standard error; closed streams end quietly.
pub fn emit(command: &str, format: Format, outcome: &Outcome) -> Exit {
    still();
    for warning in &outcome.warnings {
        warn(warning);
    }
    let written = match destination(&outcome.report) {
        Some(file) => to_file(file, command, format, &outcome.report),
        None if format == Format::Human => to_stdout(&human::render(&outcome.report)),
        None => rendered(command, format, &outcome.report).and_then(|text| plainly(&text)),
    };
    if let Some(error) = &outcome.error {
        refuse(error);
    }
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let reason = crate::system::plain(&error);
            fail(&Error::new(format!("cannot write the report: {reason}")).into());
            outcome.exit.max(unreported(&outcome.report))
        }
        _ => outcome.exit,
    }
}

/// How a command ends whose report cannot be written: a change that was made stands, which 2 would deny.
fn unreported(report: &Report) -> Exit {
    match report {
        Report::Change(change) if change.stands() => Exit::No,
        Report::Apply(report) if report.change.stands() => Exit::No,
        _ => Exit::Failed,
    }
}

fn to_stdout(page: &Page) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match AutoStream::choice(&stdout) {
        ColorChoice::Never => stdout.write_all(page.text().as_bytes())?,
        choice => page.write(&mut AutoStream::new(&mut stdout, choice))?,
    }
    stdout.flush()
}

/// The file that a report is to be written to instead of standard output.
fn destination(report: &Report) -> Option<&Path> {
    match report {
        Report::Audit(report) => report.output.as_deref(),
        Report::Fleet(report) => report.output.as_deref(),
        _ => None,
    }
}

/// The report as text, without any style.
fn rendered(command: &str, format: Format, report: &Report) -> io::Result<String> {
    match (format, report) {
        (Format::Human, report) => Ok(human::render(report).text().to_string()),
        (Format::Sarif, Report::Audit(report)) => lines(format, &sarif::document(report)),
        (Format::Prometheus, Report::Audit(report)) => Ok(prometheus::text(report)),
        (Format::Html, Report::Fleet(report)) => html::page(&report.fleet),
        (Format::Html, report) => {
            // One host is a fleet of one, read as the reports of others are.
            let json = serde_json::to_vec(&enveloped(command, report)).map_err(io::Error::other)?;
            let fleet = crate::commands::report::of_one(&json);
            html::page(&fleet)
        }
        (_, report) => lines(format, &enveloped(command, report)),
    }
}

fn enveloped<'a>(command: &'a str, report: &'a Report) -> Envelope<'a> {
    let verdict = match report {
        Report::Verify(report) => Some(TopVerdict {
            valid: report.valid,
            reasons: &report.reasons,
        }),
        _ => None,
    };
    Envelope {
        schema: 1,
        trustctl: env!("CARGO_PKG_VERSION"),
        command,
        report,
        verdict,
    }
}

fn lines(format: Format, document: &impl Serialize) -> io::Result<String> {
    let text = match format {
        Format::Jsonl => serde_json::to_string(document),
        _ => serde_json::to_string_pretty(document),
    };
    Ok(escape::json(&text.map_err(io::Error::other)?) + "\n")
}

fn plainly(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// Whole or not at all: another program may read the file at any time.
fn to_file(file: &Path, command: &str, format: Format, report: &Report) -> io::Result<()> {
    let text = rendered(command, format, report)?;
    files::replace(file, text.as_bytes(), 0o644).map_err(|error| error.source)
}

/// Writes `warning:` and `hint:` lines to standard error.
pub fn warn(warning: &Warning) {
    let mut page = Page::default();
    page.styled(Tone::Warning, "warning: ")
        .line(&warning.message);
    hint(&mut page, warning.hint.as_deref());
    to_stderr(&page);
}

/// Writes `error:` and `hint:` lines to standard error and tells how the process ends.
pub fn fail(error: &anyhow::Error) -> Exit {
    let known = error.downcast_ref::<Error>();
    told(&format!("{error:#}"), known);
    known.map_or(Exit::Failed, |error| error.exit)
}

/// Writes why a command did not do what it was asked, where its report has been written.
fn refuse(error: &Error) {
    told(&error.message, Some(error));
}

fn told(message: &str, known: Option<&Error>) {
    let mut page = Page::default();
    page.styled(Tone::Error, "error: ").line(message);
    for detail in known.iter().flat_map(|error| &error.details) {
        page.put("  ").line(detail);
    }
    hint(&mut page, known.and_then(|error| error.hint.as_deref()));
    to_stderr(&page);
}

fn hint(page: &mut Page, hint: Option<&str>) {
    if let Some(hint) = hint {
        page.styled(Tone::Hint, "hint: ").line(hint);
    }
}

fn to_stderr(page: &Page) {
    still();
    // A closed standard error is no reason to fail: there is nobody to tell.
    let _ = page.write(&mut AutoStream::auto(io::stderr().lock()));
}
