//! `trustctl verify`: does this chain hold, by whose rules, and what is wrong with it.

mod arguments;
mod inputs;
mod report;

pub use arguments::{PurposeArg, VerifyArgs, moment};
pub use inputs::{Inputs, Loaded, revocation_lists};
pub use report::{ChainLink, Consumer, Reason, VerifyReport};

use super::{Context, Outcome, Report, Warning, programs};
use crate::error::Exit;
use crate::error::Result;
use crate::verify::Crls;
use inputs::{fetched, host_store, lists, load, read};

/// Runs `verify`.
pub fn run(context: &Context, arguments: &VerifyArgs) -> anyhow::Result<Outcome> {
    let options = arguments.options(context.now)?;
    let path = arguments.leaf.as_path();
    let mut warnings = Vec::new();
    let document = read(context, path)?;
    let untrusted = arguments
        .untrusted
        .as_deref()
        .map(|file| load(context, file, &mut warnings))
        .transpose()?;
    let anchors = match &arguments.trusted {
        Some(file) => load(context, file, &mut warnings)?,
        None => host_store(context)?,
    };
    if anchors.certificates.is_empty() {
        warnings.push(Warning::new(format!(
            "there is no certificate to trust in `{}`",
            anchors.file.display()
        )));
    }
    let inputs = Inputs::new(path, &document, untrusted, anchors);
    let lists = all_lists(context, arguments, &mut warnings)?;
    let crls = Crls::read(lists.iter().map(Vec::as_slice));
    for _ in crls.unreadable() {
        warnings.push(Warning::new("skipped a revocation list that can't be read"));
    }
    let asked = !arguments.crl.is_empty() || !arguments.crl_from.is_empty();
    let given = asked.then(|| (&crls, arguments.crl_check.into()));
    let mut releases = programs::asked(&arguments.consumer)?;
    if arguments.consumers {
        let asked: Vec<&str> = releases.iter().map(|release| release.program).collect();
        let mut host = programs::of_host(context);
        host.retain(|release| !asked.contains(&release.program));
        releases.extend(host);
    }
    let report = inputs.judge(&options, &releases, given);
    let exit = if report.valid == Some(true) {
        Exit::Done
    } else {
        Exit::Findings
    };
    let mut outcome = Outcome::done(Report::Verify(report)).exit(exit);
    outcome.warnings = warnings;
    Ok(outcome)
}

fn all_lists(
    context: &Context,
    arguments: &VerifyArgs,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<Vec<u8>>> {
    let mut all = Vec::new();
    for file in &arguments.crl {
        all.extend(lists(context, file, warnings)?);
    }
    for url in &arguments.crl_from {
        all.extend(fetched(context, url)?);
    }
    Ok(all)
}
