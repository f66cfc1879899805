//! `trustctl report`: many hosts, from the JSON reports of their `audit` and `list`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::{Context, Outcome, Report, Warning};
use crate::cert::Time;
use crate::error::{Error, Result};
use crate::fleet::hosts::{Called, Host, Hosts};
use crate::fleet::report::{self, Fleet, Options};
use crate::system::files::{self, Kind};

/// A report is not read when larger.
const LIMIT: u64 = 64 << 20;
/// Folders are looked into so deep.
const DEPTH: usize = 4;

/// Arguments of `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Reports in JSON, or folders of them (*.json, at most four folders deep)
    #[arg(value_name = "FILE|DIR", required = true)]
    pub inputs: Vec<PathBuf>,
    /// Compare the hosts with this report instead of with what most of them have
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// A report that is more days old is named
    #[arg(long, value_name = "DAYS", default_value_t = 7)]
    pub max_age: u32,
    /// Write the report to FILE, whole or not at all, instead of to standard output
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// What `report` tells.
#[derive(Debug, Serialize)]
pub struct FleetReport {
    /// The fleet.
    #[serde(flatten)]
    pub fleet: Fleet,
    /// Where the report is written instead of to standard output.
    #[serde(skip)]
    pub output: Option<PathBuf>,
}

/// Runs `report`.
pub fn run(context: &Context, arguments: &ReportArgs) -> anyhow::Result<Outcome> {
    let mut hosts = Hosts::new(report::EXAMPLES);
    for input in &arguments.inputs {
        read(context, input, &mut hosts)?;
    }
    let mut warnings = Vec::new();
    if hosts.all.is_empty() {
        let details = hosts.unusable.iter().take(5);
        let details = details.map(|file| format!("`{}`: {}", file.file, file.reason));
        return Err(
            Error::new("there is no report of `audit` or `list` in what was given")
                .details(details.collect())
                .hint("`trustctl audit --format json --output HOST.json` writes one on each host")
                .into(),
        );
    }
    if !hosts.unusable.is_empty() {
        let count = hosts.unusable.len();
        let text = match count {
            1 => "1 file is of no use".to_string(),
            n => format!("{n} files are of no use"),
        };
        warnings.push(Warning::new(text).hint("the report names them, with the reason"));
    }
    let baseline = match &arguments.baseline {
        Some(file) => Some(single(context, file)?),
        None => None,
    };
    let options = Options {
        now: context.now,
        max_age_days: arguments.max_age,
        baseline: baseline
            .as_ref()
            .map(|(name, baseline)| (name.as_str(), baseline)),
    };
    let fleet = report::report(hosts, &options);
    let output = arguments.output.as_ref().map(|file| context.absolute(file));
    Ok(Outcome {
        warnings,
        ..Outcome::done(Report::Fleet(Box::new(FleetReport { fleet, output })))
    })
}

/// The fleet of the one host that this report is about.
pub fn of_one(json: &[u8]) -> Fleet {
    let mut hosts = Hosts::new(report::EXAMPLES);
    hosts.take("-", &Called::Unless("this host"), json);
    let now = hosts.all.values().find_map(|host| host.time);
    let options = Options {
        now: now.unwrap_or(Time(0)),
        max_age_days: u32::MAX,
        baseline: None,
    };
    report::report(hosts, &options)
}

/// The one host that a report is about, with its name.
fn single(context: &Context, file: &Path) -> Result<(String, Host)> {
    let mut hosts = Hosts::new(report::EXAMPLES);
    read(context, file, &mut hosts)?;
    if hosts.all.len() > 1 {
        let message = format!("`{}` is about {} hosts", file.display(), hosts.all.len());
        return Err(Error::new(message).hint("name the report of one host"));
    }
    match hosts.all.pop_first() {
        Some(host) => Ok(host),
        None => Err(useless(file, &hosts)),
    }
}

/// Why there is no host in what was read.
pub(super) fn useless(file: &Path, hosts: &Hosts) -> Error {
    let reason = hosts
        .unusable
        .first()
        .map_or("it is empty", |unusable| &unusable.reason);
    Error::new(format!("`{}` cannot be used: {reason}", file.display()))
        .hint("`trustctl audit --format json` writes such a report")
}

/// Reads a report, or all in a folder.
pub(super) fn read(context: &Context, input: &Path, hosts: &mut Hosts) -> Result<()> {
    read_as(context, input, None, hosts)
}

/// The same with the name of the host said.
pub(super) fn read_as(
    context: &Context,
    input: &Path,
    name: Option<&str>,
    hosts: &mut Hosts,
) -> Result<()> {
    let path = context.absolute(input);
    let facts = files::facts(&path.join("."));
    if !matches!(facts, Ok(Some(facts)) if facts.kind == Kind::Directory) {
        let bytes = files::read(&path, LIMIT)?;
        take(input, input, name, &bytes, hosts);
        return Ok(());
    }
    let walk = walkdir::WalkDir::new(&path)
        .max_depth(DEPTH)
        .sort_by_file_name();
    for entry in walk {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let file = error.path().unwrap_or(&path).display().to_string();
                let reason = error
                    .io_error()
                    .map_or("it cannot be read".to_string(), crate::system::plain);
                hosts
                    .unusable
                    .push(crate::fleet::hosts::Unusable { file, reason });
                continue;
            }
        };
        let is_report = entry.path().extension().is_some_and(|is| is == "json");
        if !entry.file_type().is_file() || !is_report {
            continue;
        }
        let below = entry.path().strip_prefix(&path).unwrap_or(entry.path());
        let shown = input.join(below);
        match files::read(entry.path(), LIMIT) {
            Ok(bytes) => take(&shown, below, name, &bytes, hosts),
            Err(error) => hosts.unusable.push(crate::fleet::hosts::Unusable {
                file: shown.display().to_string(),
                reason: crate::system::plain(&error.source),
            }),
        }
    }
    Ok(())
}

fn take(shown: &Path, below: &Path, name: Option<&str>, bytes: &[u8], hosts: &mut Hosts) {
    let (own, certain) = host_of(below);
    let called = match name {
        Some(name) => Called::Always(name),
        None if certain => Called::Always(&own),
        None => Called::Unless(&own),
    };
    hosts.take(&shown.display().to_string(), &called, bytes);
}

/// `web1` for `web1.audit.json` and `web1/audit.json`, which somebody called so on purpose, and for `web1.json`, which may
/// well be the name of something else.
fn host_of(file: &Path) -> (String, bool) {
    let folder = file.parent().and_then(Path::file_name);
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let kind = |word: &str| matches!(word, "audit" | "list" | "reach");
    match (folder, stem.rsplit_once('.')) {
        (Some(folder), None) if kind(&stem) => (folder.to_string_lossy().into_owned(), true),
        (_, Some((host, word))) if kind(word) => (host.to_string(), true),
        _ => (stem.into_owned(), false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_named_after_their_files_or_folders() {
        for (file, host, certain) in [
            ("web1.json", "web1", false),
            ("web1.example.org.json", "web1.example.org", false),
            ("web1.example.org.audit.json", "web1.example.org", true),
            ("a/web1/list.json", "web1", true),
            ("audit.json", "audit", false),
        ] {
            assert_eq!(
                host_of(Path::new(file)),
                (host.to_string(), certain),
                "{file}"
            );
        }
    }
}
