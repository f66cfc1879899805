//! The locks that a change holds, and the runs of the bare script that it waits for.

use std::path::Path;

use super::generation::Generations;
use super::transaction::Request;
use crate::error::{Error, Result};
use crate::store::layout::Layout;
use crate::system::lock::{self, Lock, PackageLock};
use crate::system::{files, scripts};

/// dpkg's frontend lock (dpkg 1.19.1 and later; apt takes it too).
const PACKAGE_LOCK: &str = "/var/lib/dpkg/lock-frontend";

/// The locks of a change, released in the end.
pub(super) struct Held {
    pub(super) kept: Generations,
    pub(super) package_lock: Option<PackageLock>,
    _lock: Lock,
}

impl Held {
    pub(super) fn take(request: &Request<'_>) -> Result<Held> {
        let wait = request.config.timeouts.lock();
        let layout = request.layout;
        let package_lock = match layout.is_live() && !request.inside_dpkg {
            true => lock::take_package_lock(Path::new(PACKAGE_LOCK), wait)?,
            false => None,
        };
        make_state(layout)?;
        let (command, process) = (request.command, std::process::id());
        let holder = format!("`trustctl {command}` (process {process})");
        let lock = lock::take(&layout.state.real.join("lock"), &holder, wait)?;
        let kept = Generations::at(&layout.state);
        kept.prepare()?;
        Ok(Held {
            kept,
            package_lock,
            _lock: lock,
        })
    }
}

fn make_state(layout: &Layout) -> Result<()> {
    let mut missing = Vec::new();
    let mut folder = layout.state.real.as_path();
    while files::facts(folder)?.is_none() {
        missing.push(folder);
        folder = folder.parent().unwrap_or(Path::new("/"));
    }
    for folder in missing.into_iter().rev() {
        files::create_folder(folder, 0o755)?;
    }
    Ok(())
}

pub(super) fn wait_for_scripts(request: &Request<'_>) -> Result<()> {
    let layout = request.layout;
    let runs = scripts::running(&layout.root, &layout.certs.real);
    if runs.is_empty() {
        return Ok(());
    }
    (request.progress)("waiting for a running update-ca-certificates");
    let limit = request.config.timeouts.lock();
    match scripts::wait(&runs, limit) {
        true => Ok(()),
        false => {
            let message = format!(
                "`update-ca-certificates` has been running for {} s",
                limit.as_secs()
            );
            Err(Error::new(message).hint("look at why it does not end, then run the command again"))
        }
    }
}
