//! `trustctl compare`: how two hosts differ, or one at two times.

use std::path::{Path, PathBuf};

use clap::Args;

use super::report::{read_as, useless};
use super::{Context, Outcome, Report};
use crate::error::{Exit, Result};
use crate::fleet::differences;
use crate::fleet::hosts::Hosts;

/// Arguments of `compare`.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// The report of a host in JSON, or a folder with its reports
    #[arg(value_name = "BEFORE")]
    pub before: PathBuf,
    /// The same of another host, or of the same host later
    #[arg(value_name = "AFTER")]
    pub after: PathBuf,
}

/// Runs `compare`.
pub fn run(context: &Context, arguments: &CompareArgs) -> anyhow::Result<Outcome> {
    let mut hosts = Hosts::new(usize::MAX);
    take(context, &arguments.before, "before", &mut hosts)?;
    take(context, &arguments.after, "after", &mut hosts)?;
    let (before, after) = (&hosts.all["before"], &hosts.all["after"]);
    let name = |host: &crate::fleet::hosts::Host, file: &Path| {
        host.name
            .clone()
            .unwrap_or_else(|| file.display().to_string())
    };
    let names = (
        name(before, &arguments.before),
        name(after, &arguments.after),
    );
    let found = differences::differences(&hosts, (&names.0, before), (&names.1, after));
    let exit = match found.is_empty() {
        true => Exit::Done,
        false => Exit::Findings,
    };
    Ok(Outcome::done(Report::Compare(found)).exit(exit))
}

fn take(context: &Context, file: &Path, name: &str, hosts: &mut Hosts) -> Result<()> {
    read_as(context, file, Some(name), hosts)?;
    match hosts.all.contains_key(name) {
        true => Ok(()),
        false => Err(useless(file, hosts)),
    }
}
