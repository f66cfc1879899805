//! `trustctl verify`: does this chain hold, by whose rules, and what is wrong with it.

mod arguments;
mod batch;
mod inputs;
mod report;

use std::path::Path;

pub use arguments::{PurposeArg, VerifyArgs};
pub use batch::BatchReport;
pub use report::{ChainLink, Consumer, Reason, VerifyReport};

use super::{Context, Outcome, Report, Warning};
use crate::error::Exit;
use inputs::{Inputs, host_store, load, read};

/// Runs `verify`.
pub fn run(context: &Context, arguments: &VerifyArgs) -> anyhow::Result<Outcome> {
    let options = arguments.options(context)?;
    if let Some(suite) = &arguments.batch {
        return batch::run(context, &context.absolute(suite), &options);
    }
    let path = arguments.leaf.as_deref().unwrap_or(Path::new("-"));
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
    let report = inputs.judge(&options, arguments.consumers);
    let exit = if report.valid { Exit::Done } else { Exit::No };
    let mut outcome = Outcome::done(Report::Verify(report)).exit(exit);
    outcome.warnings = warnings;
    Ok(outcome)
}
