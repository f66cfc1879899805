//! The only code that prints. Foreign text is escaped here, once, on its way to the terminal.

pub mod escape;
mod html;
pub mod human;
pub mod page;
mod progress;
mod prometheus;
pub mod prompt;
mod sarif;
pub mod surface;
pub mod wrap;

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use anstream::{AutoStream, ColorChoice};
use serde::Serialize;

use crate::commands::{Outcome, Report, Warning};
use crate::data;
use crate::error::{Error, ErrorKind, Exit};
use crate::redact;
use crate::system::report_file;
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
    /// Prometheus text for node_exporter (`audit` and `reach`).
    Prometheus,
    /// One HTML file without scripts from elsewhere (`audit` and `report`).
    Html,
}

/// What a call asks for, as far as how to answer goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// The command, where there is one.
    pub command: Option<String>,
    /// How the report is written.
    pub format: Format,
}

/// Every JSON report in its envelope; the schema is part of the contract.
#[derive(Serialize)]
struct Envelope<'a> {
    schema: u32,
    trustctl: &'static str,
    command: &'a str,
    report: &'a Report,
    /// Why the change that the report describes was not made.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Fault<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit: Option<u8>,
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
pub fn emit(call: &Call, outcome: &Outcome) -> Exit {
    still();
    let (command, format) = (call.command.as_deref().unwrap_or_default(), call.format);
    for warning in &outcome.warnings {
        warn(warning);
    }
    let written = match destination(&outcome.report) {
        Some(file) => to_file(file, command, format, outcome),
        None if format == Format::Human => to_stdout(
            &human::render(&outcome.report),
            human::is_read_by_programs(&outcome.report),
        ),
        None => rendered(command, format, outcome).and_then(|text| plainly(&text)),
    };
    if let Some(error) = &outcome.error {
        told(&error.message, Some(error));
    }
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let reason = crate::system::plain(&error);
            let exit = outcome.exit.max(unreported(&outcome.report));
            let error = Error::new(format!("cannot write the report: {reason}"));
            let error = error.kind(ErrorKind::Io).exit(exit).into();
            match destination(&outcome.report) {
                // Standard output, where the report was not to go, is still free.
                Some(_) => refuse(call, &error),
                None => fail(&error),
            }
        }
        _ => outcome.exit,
    }
}

/// How a command ends whose report cannot be written: a change that was made stands, which 2 would deny.
fn unreported(report: &Report) -> Exit {
    match report {
        Report::Change(change) if change.stands() => Exit::Findings,
        Report::Apply(report) if report.change.stands() => Exit::Findings,
        _ => Exit::Failed,
    }
}

fn to_stdout(page: &Page, as_it_is: bool) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    // Into a pipe each line goes whole: `grep` is to find what stands in it.
    let fitted = (stdout.is_terminal() && !as_it_is).then(|| page.fitted());
    let page = fitted.as_ref().unwrap_or(page);
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
fn rendered(command: &str, format: Format, outcome: &Outcome) -> io::Result<String> {
    match (format, &outcome.report) {
        (Format::Human, report) => Ok(human::render(report).text().to_string()),
        (Format::Sarif, Report::Audit(report)) => lines(format, &sarif::document(report)),
        (Format::Prometheus, Report::Audit(report)) => Ok(prometheus::audit(report)),
        (Format::Prometheus, Report::Reach(report)) => Ok(prometheus::reach(report)),
        (Format::Html, Report::Fleet(report)) => html::page(&report.fleet),
        (Format::Html, _) => {
            // One host is a fleet of one, read as the reports of others are.
            let json =
                serde_json::to_vec(&enveloped(command, outcome)).map_err(io::Error::other)?;
            let fleet = crate::commands::report::of_one(&json);
            html::page(&fleet)
        }
        _ => lines(format, &enveloped(command, outcome)),
    }
}

fn enveloped<'a>(command: &'a str, outcome: &'a Outcome) -> Envelope<'a> {
    let verdict = match &outcome.report {
        Report::Verify(report) => Some(TopVerdict {
            valid: report.valid,
            reasons: &report.reasons,
        }),
        _ => None,
    };
    let error = outcome.error.as_ref();
    Envelope {
        schema: 1,
        trustctl: env!("CARGO_PKG_VERSION"),
        command,
        report: &outcome.report,
        error: error.map(|error| Fault::of(error.message.clone(), Some(error))),
        exit: error.map(|_| outcome.exit.code()),
        verdict,
    }
}

fn lines(format: Format, document: &impl Serialize) -> io::Result<String> {
    let text = match format {
        Format::Jsonl => serde_json::to_string(document),
        _ => serde_json::to_string_pretty(document),
    };
    let text = text.map_err(io::Error::other)?;
    Ok(escape::json(&redact::json(&text)) + "\n")
}

fn plainly(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

fn to_file(file: &Path, command: &str, format: Format, outcome: &Outcome) -> io::Result<()> {
    let text = rendered(command, format, outcome)?;
    report_file::write(file, text.as_bytes()).map_err(|error| error.source)
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

fn told(message: &str, known: Option<&Error>) {
    let mut page = Page::default();
    page.styled(Tone::Error, "error: ").line(message);
    for detail in known.iter().flat_map(|error| &error.details) {
        page.put("  ").line(detail);
    }
    hint(&mut page, known.and_then(|error| error.hint.as_deref()));
    to_stderr(&page);
}

/// A refusal or failure in the format that was asked for, in place of the report, and in words on standard error.
#[derive(Serialize)]
struct Refusal<'a> {
    schema: u32,
    trustctl: &'static str,
    command: Option<&'a str>,
    error: Fault<'a>,
    exit: u8,
}

#[derive(Serialize)]
struct Fault<'a> {
    kind: ErrorKind,
    message: String,
    details: &'a [String],
    hint: Option<&'a str>,
    rules: &'a [&'static str],
}

impl<'a> Fault<'a> {
    fn of(message: String, known: Option<&'a Error>) -> Self {
        Fault {
            kind: known.map_or(ErrorKind::default(), |error| error.kind),
            message,
            details: known.map_or(&[], |error| &error.details),
            hint: known.and_then(|error| error.hint.as_deref()),
            rules: known.map_or(&[], |error| &error.rules),
        }
    }
}

/// Says why a command failed, and tells how the process ends.
pub fn refuse(call: &Call, error: &anyhow::Error) -> Exit {
    let exit = fail(error);
    let known = error.downcast_ref::<Error>();
    answer(call, Fault::of(format!("{error:#}"), known), exit);
    exit
}

/// Which version this is, which build of it, and how old the tables are that it brings. The package's build sets the
/// version of the package; every other build of a version says the same.
fn version() -> String {
    let (version, tables) = (env!("CARGO_PKG_VERSION"), data::tables());
    let build = option_env!("TRUSTCTL_BUILD").unwrap_or("not packaged");
    format!(
        "trustctl {version} (build: {build})\nknown certificates as of {}, OpenSSL fixes as of {}, releases as of {}\n",
        tables.certificates.as_of.text(),
        tables.openssl.as_of.text(),
        tables.releases.as_of.text()
    )
}

/// What the standard library says of numbers, as it is said to people.
fn in_words(text: &str) -> String {
    [
        ("invalid digit found in string", "not a whole number"),
        (
            "cannot parse integer from empty string",
            "not a whole number",
        ),
        ("number too large to fit in target type", "too large"),
    ]
    .into_iter()
    .fold(text.to_string(), |text, (said, words)| {
        text.replace(said, words)
    })
}

/// Says what is wrong with a command line, or gives the help or version that it asks for.
pub fn misused(call: &Call, error: &clap::Error) -> Exit {
    let rendered = error.render();
    if error.kind() == clap::error::ErrorKind::DisplayVersion {
        let _ = io::stdout().lock().write_all(version().as_bytes());
        return Exit::Done;
    }
    if !error.use_stderr() {
        // A closed standard output ends quietly.
        let _ = write!(AutoStream::auto(io::stdout().lock()), "{}", rendered.ansi());
        return Exit::Done;
    }
    let text = in_words(&rendered.ansi().to_string());
    let _ = write!(
        AutoStream::auto(io::stderr().lock()),
        "{}",
        redact::text(&text)
    );
    let plain = in_words(&rendered.to_string());
    let mut lines = plain.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let details: Vec<String> = lines
        .take_while(|line| !line.starts_with("Usage:"))
        .map(str::to_string)
        .collect();
    let hint = call
        .command
        .as_deref()
        .map_or("run `trustctl --help`".to_string(), |command| {
            format!("run `trustctl {command} --help`")
        });
    let fault = Fault {
        kind: ErrorKind::Usage,
        message: first.strip_prefix("error: ").unwrap_or(first).to_string(),
        details: &details,
        hint: Some(&hint),
        rules: &[],
    };
    answer(call, fault, Exit::Failed);
    Exit::Failed
}

fn answer(call: &Call, error: Fault<'_>, exit: Exit) {
    if !matches!(call.format, Format::Json | Format::Jsonl) {
        return;
    }
    let refusal = Refusal {
        schema: 1,
        trustctl: env!("CARGO_PKG_VERSION"),
        command: call.command.as_deref(),
        error,
        exit: exit.code(),
    };
    // A standard output that cannot be written to changes nothing: it has failed already.
    let _ = lines(call.format, &refusal).and_then(|text| plainly(&text));
}

fn hint(page: &mut Page, hint: Option<&str>) {
    if let Some(hint) = hint {
        page.styled(Tone::Hint, "hint: ").line(hint);
    }
}

fn to_stderr(page: &Page) {
    still();
    let stderr = io::stderr().lock();
    let fitted = stderr.is_terminal().then(|| page.fitted());
    // A closed standard error is no reason to fail: there is nobody to tell.
    let _ = fitted
        .as_ref()
        .unwrap_or(page)
        .write(&mut AutoStream::auto(stderr));
}
