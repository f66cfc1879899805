//! The locks that a change holds, and the runs of the bare script that it waits for.

use std::path::Path;

use super::generation::Generations;
use super::transaction::Request;
use crate::error::{Error, ErrorKind, Result};
use crate::store::layout::Layout;
use crate::system::folder::Folder;
use crate::system::lock::{self, Lock, PackageLock};
use crate::system::scripts;
use crate::system::signals::interrupted;

/// dpkg's frontend lock (dpkg 1.19.1 and later; apt takes it too).
const PACKAGE_LOCK: &str = "/var/lib/dpkg/lock-frontend";

/// The locks of a change, released in the end.
pub(super) struct Held<'a> {
    pub(super) kept: &'a Generations,
    pub(super) package_lock: Option<PackageLock>,
    _lock: Lock,
}

impl<'a> Held<'a> {
    pub(super) fn take(request: &Request<'a>) -> Result<Held<'a>> {
        let wait = request.config.timeouts.lock();
        let layout = request.layout;
        (request.progress)("waiting for the lock");
        let package_lock = match layout.is_live() && !request.inside_dpkg {
            true => lock::take_package_lock(Path::new(PACKAGE_LOCK), wait)?,
            false => None,
        };
        let state = make_state(layout)?;
        let (command, process) = (request.command, std::process::id());
        let holder = format!("`trustctl {command}` (process {process})");
        let lock = lock::take(&state, "lock", &holder, wait)?;
        request.kept.prepare()?;
        Ok(Held {
            kept: request.kept,
            package_lock,
            _lock: lock,
        })
    }
}

/// The state folder, made where it is missing.
fn make_state(layout: &Layout) -> Result<Folder> {
    let path = layout.state.real.as_path();
    let mut missing = Vec::new();
    let mut present = path;
    let mut folder = loop {
        match layout.records.folder_to_change(present) {
            Ok(folder) => break folder,
            Err(error) if error.is_missing() && present != layout.records.path() => {
                missing.extend(present.file_name());
                present = present.parent().unwrap_or(layout.records.path());
            }
            Err(error) => return Err(error.into()),
        }
    };
    for name in missing.into_iter().rev() {
        folder = folder.create_folder(name, 0o755)?;
    }
    Ok(folder)
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
        false if interrupted() => Err(lock::stopped()),
        false => {
            let message = format!(
                "`update-ca-certificates` has been running for {} s",
                limit.as_secs()
            );
            Err(Error::new(message)
                .kind(ErrorKind::Busy)
                .hint("look at why it does not end, then run the command again"))
        }
    }
}
