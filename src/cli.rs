//! The command line: global options and the commands. No effects.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::commands::{Context, Outcome, check};
use crate::output::Format;

/// Manages the system trust store: the CA certificates that every TLS client relies on.
#[derive(Debug, Parser)]
#[command(
    name = "trustctl",
    version,
    max_term_width = 100,
    infer_subcommands = false
)]
#[command(after_help = "\
Examples:
  trustctl check corp-ca.crt          could this file be added, and why not
  sudo trustctl add corp-ca.crt       add it, with proof and a way back
  trustctl list --local               what has been added to this host
  sudo trustctl rollback              undo the last change")]
pub struct Cli {
    /// Work on the tree in DIR (an image, a chroot) instead of on this host
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        default_value = "/",
        hide_default_value = true
    )]
    pub root: PathBuf,

    /// How the report is written
    #[arg(long, global = true, value_name = "FORMAT", default_value = "human")]
    pub format: Format,

    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say whether files could be added, and why not; changes nothing
    Check(check::CheckArgs),
}

impl Command {
    /// The command's name as typed.
    pub fn name(&self) -> &'static str {
        match self {
            Command::Check(_) => "check",
        }
    }

    /// Carries the command out.
    pub fn run(self, context: &Context) -> anyhow::Result<Outcome> {
        match self {
            Command::Check(arguments) => check::check(context, &arguments),
        }
    }
}
