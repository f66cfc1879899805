//! `trustctl verify`: does this chain hold, by whose rules, and what is wrong with it.

mod arguments;
mod inputs;
mod report;

pub use arguments::{PurposeArg, VerifyArgs, moment};
pub use inputs::{Inputs, Loaded};
pub use report::{ChainLink, Consumer, Reason, VerifyReport};

use super::{Context, Outcome, Report, Warning};
use crate::error::Exit;
use inputs::{host_store, load, read};

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
    let report = inputs.judge(&options, arguments.consumers);
    let exit = if report.valid { Exit::Done } else { Exit::No };
    let mut outcome = Outcome::done(Report::Verify(report)).exit(exit);
    outcome.warnings = warnings;
    Ok(outcome)
}
