//! The command line: global options and the commands. No effects.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgMatches, Args, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::commands::{
    Context, Outcome, add, adopt, apply, audit, check, compare, diagnose, explain, export, history,
    list, reach, recover, report, rules, sources, tls, verify,
};
use crate::error::{Error, ErrorKind};
use crate::output::{Call, Format};

/// Options of every command, behind the command's own.
const GLOBAL: &str = "Global options";

/// Manage the system trust store: the CA certificates that every TLS client relies on.
#[derive(Debug, Parser)]
#[command(
    name = "trustctl",
    version,
    max_term_width = 100,
    infer_subcommands = false
)]
#[command(after_help = "\
Examples:
  trustctl check corp-ca.crt          check whether this file could be added
  sudo trustctl add corp-ca.crt       add it, verify the result
  trustctl list --local               show what has been added to this host
  sudo trustctl rollback              undo the last change")]
pub struct Cli {
    /// Work on the tree in DIR (an image, a chroot) instead of on this host
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        default_value = "/",
        help_heading = GLOBAL,
        hide_default_value = true
    )]
    pub root: PathBuf,

    /// Read the configuration from FILE instead of /etc/trustctl/trustctl.toml
    #[arg(long, global = true, value_name = "FILE", help_heading = GLOBAL)]
    pub config: Option<PathBuf>,

    /// Keep the lock and the undo records in DIR instead of /var/lib/trustctl
    #[arg(long, global = true, value_name = "DIR", help_heading = GLOBAL)]
    pub state: Option<PathBuf>,

    /// Output format
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        default_value = "human",
        help_heading = GLOBAL
    )]
    pub format: Format,

    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add CA certificates, verify the result, keep an undo record
    Add(Deferred<add::AddArgs>),
    /// Turn certificates that are only in the store into local ones, so that no refresh drops them
    Adopt(Deferred<adopt::AdoptArgs>),
    /// Remove local certificates
    Remove(Deferred<sources::RemoveArgs>),
    /// Deselect vendor certificates so that this host no longer trusts them
    Distrust(Deferred<sources::RemoveArgs>),
    /// Select vendor certificates again
    Trust(Deferred<sources::TrustArgs>),
    /// Rebuild, verify and repair the store from its sources
    Refresh(Deferred<sources::RefreshArgs>),
    /// Bring the trust store in line with a file, in one change
    Apply(Deferred<apply::ApplyArgs>),
    /// Write a file for `apply` that describes this host as it is
    Export(Deferred<export::ExportArgs>),
    /// List the changes on record
    History(Deferred<history::HistoryArgs>),
    /// Undo the last change, or go back to a generation
    Rollback(Deferred<history::RollbackArgs>),
    /// Complete or undo an interrupted change, as the next change would
    Recover(Deferred<recover::RecoverArgs>),
    /// Undo one change and keep those after it
    Revert(Deferred<history::RevertArgs>),
    /// List certificates: what is trusted and where it comes from
    List(Deferred<list::ListArgs>),
    /// Show certificates of the store in detail, and who added them
    Show(Deferred<list::ShowArgs>),
    /// Check whether files could be added; changes nothing
    Check(Deferred<check::CheckArgs>),
    /// Verify a certificate chain, and predict what each program would say
    Verify(Deferred<verify::VerifyArgs>),
    /// Find out why a TLS connection fails, step by step, and what to do
    Diagnose(Deferred<diagnose::DiagnoseArgs>),
    /// Audit the trust store and TLS settings of this host
    Audit(Deferred<audit::AuditArgs>),
    /// Show which programs on this host trust a certificate, which do not, and how to make them
    Reach(Deferred<reach::ReachArgs>),
    /// Summarize many hosts from the JSON reports of their `audit` and `list`
    Report(Deferred<report::ReportArgs>),
    /// Compare two hosts, or one at two times, from their JSON reports
    Compare(Deferred<compare::CompareArgs>),
    /// List the rules of `audit`
    Rules(Deferred<rules::RulesArgs>),
    /// Explain a rule, a reason for refusal, or a diagnosis
    Explain(Deferred<explain::ExplainArgs>),
    /// Show what this host's OpenSSL can negotiate, tested by handshakes
    Tls(Deferred<tls::TlsArgs>),
}

/// What arguments that cannot be read ask for: the first word that is a command, the last `--format`.
pub fn guessed(arguments: impl IntoIterator<Item = OsString>) -> Call {
    let known = <Cli as clap::CommandFactory>::command();
    let mut call = Call::default();
    let mut words = arguments
        .into_iter()
        .skip(1)
        .map(|word| word.to_string_lossy().into_owned());
    while let Some(word) = words.next() {
        match word.split_once('=').unwrap_or((word.as_str(), "")) {
            ("--", _) => break,
            ("--format", "") => call.format = format_of(&words.next().unwrap_or_default()),
            ("--format", value) => call.format = format_of(value),
            ("--root" | "--config", "") => drop(words.next()),
            (word, _) if call.command.is_none() => {
                let known = known.find_subcommand(word);
                call.command = known.map(|command| command.get_name().to_string());
            }
            _ => {}
        }
    }
    call
}

fn format_of(word: &str) -> Format {
    Format::from_str(word, false).unwrap_or_default()
}

impl Cli {
    /// What it asks for.
    pub fn call(&self) -> Call {
        Call {
            command: Some(self.command.name().to_string()),
            format: self.format,
        }
    }
}

impl Command {
    /// The command's name as typed.
    pub fn name(&self) -> &'static str {
        match self {
            Command::Add(_) => "add",
            Command::Adopt(_) => "adopt",
            Command::Remove(_) => "remove",
            Command::Distrust(_) => "distrust",
            Command::Trust(_) => "trust",
            Command::Refresh(_) => "refresh",
            Command::Apply(_) => "apply",
            Command::Export(_) => "export",
            Command::History(_) => "history",
            Command::Rollback(_) => "rollback",
            Command::Recover(_) => "recover",
            Command::Revert(_) => "revert",
            Command::List(_) => "list",
            Command::Show(_) => "show",
            Command::Check(_) => "check",
            Command::Verify(_) => "verify",
            Command::Diagnose(_) => "diagnose",
            Command::Audit(_) => "audit",
            Command::Reach(_) => "reach",
            Command::Report(_) => "report",
            Command::Compare(_) => "compare",
            Command::Rules(_) => "rules",
            Command::Explain(_) => "explain",
            Command::Tls(_) => "tls",
        }
    }

    /// Refuses a format in which this command has nothing to say.
    pub fn check_format(&self, format: Format) -> Result<(), Error> {
        let (fits, hint) = match format {
            Format::Sarif => (
                matches!(self, Command::Audit(_)),
                "`--format sarif` is for `trustctl audit`",
            ),
            Format::Prometheus => (
                matches!(self, Command::Audit(_) | Command::Reach(_)),
                "`--format prometheus` is for `trustctl audit` and `trustctl reach`",
            ),
            Format::Html => (
                matches!(self, Command::Audit(_) | Command::Report(_)),
                "`--format html` is for `trustctl audit` and `trustctl report`",
            ),
            Format::Human | Format::Json | Format::Jsonl => return Ok(()),
        };
        if fits {
            return Ok(());
        }
        let name = self.name();
        Err(
            Error::new(format!("`{name}` cannot be written in this format"))
                .kind(ErrorKind::Usage)
                .hint(hint),
        )
    }

    /// Carries the command out.
    pub fn run(self, context: &Context) -> anyhow::Result<Outcome> {
        match self {
            Command::Add(arguments) => add::run(context, &arguments.0),
            Command::Adopt(arguments) => adopt::run(context, &arguments.0),
            Command::Remove(arguments) => sources::remove(context, &arguments.0),
            Command::Distrust(arguments) => sources::distrust(context, &arguments.0),
            Command::Trust(arguments) => sources::trust(context, &arguments.0),
            Command::Refresh(arguments) => sources::refresh(context, &arguments.0),
            Command::Apply(arguments) => apply::run(context, &arguments.0),
            Command::Export(arguments) => Ok(export::run(context, &arguments.0)),
            Command::History(arguments) => history::history(context, &arguments.0),
            Command::Rollback(arguments) => history::rollback(context, &arguments.0),
            Command::Recover(_) => recover::recover(context),
            Command::Revert(arguments) => history::revert(context, &arguments.0),
            Command::List(arguments) => list::list(context, &arguments.0),
            Command::Show(arguments) => list::show(context, &arguments.0),
            Command::Check(arguments) => check::check(context, &arguments.0),
            Command::Verify(arguments) => verify::run(context, &arguments.0),
            Command::Diagnose(arguments) => diagnose::run(context, &arguments.0),
            Command::Audit(arguments) => audit::audit(context, &arguments.0),
            Command::Reach(arguments) => reach::reach(context, &arguments.0),
            Command::Report(arguments) => report::run(context, &arguments.0),
            Command::Compare(arguments) => compare::run(context, &arguments.0),
            Command::Rules(arguments) => Ok(rules::rules(&arguments.0)),
            Command::Explain(arguments) => explain::explain(&arguments.0),
            Command::Tls(arguments) => tls::run(context, &arguments.0),
        }
    }
}

/// Arguments that are defined when their command is given: no call waits for the definitions of all the others.
#[derive(Debug)]
pub struct Deferred<T>(pub T);

impl<T: FromArgMatches> FromArgMatches for Deferred<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        T::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }
}

impl<T: Args> Args for Deferred<T> {
    fn augment_args(command: clap::Command) -> clap::Command {
        command.defer(|command| {
            // What the command says of itself stands.
            let about = command.get_about().cloned();
            T::augment_args(command).about(about.unwrap_or_default())
        })
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        T::augment_args_for_update(command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(words: &[&str]) -> (Option<String>, Format) {
        let words = [&["trustctl"], words].concat();
        let call = guessed(words.into_iter().map(OsString::from));
        (call.command, call.format)
    }

    #[test]
    fn what_a_call_asks_for_is_told_without_reading_all_of_it() {
        for (words, expected) in [
            (
                &["--format", "json", "list", "--none"][..],
                (Some("list"), Format::Json),
            ),
            (
                &["add", "list", "--format=jsonl"],
                (Some("add"), Format::Jsonl),
            ),
            (&["--root", "add", "--format", "json"], (None, Format::Json)),
            (
                &["add", "--", "--format", "json"],
                (Some("add"), Format::Human),
            ),
            (&["--format", "xml"], (None, Format::Human)),
            (&["--format"], (None, Format::Human)),
        ] {
            let (command, format) = guess(words);
            assert_eq!((command.as_deref(), format), expected, "{words:?}");
        }
    }
}
