//! What an interrupted change left: completed when it was published, undone otherwise.

use std::path::PathBuf;
use std::rc::Rc;

use super::announce::announce;
use super::generation::Phase;
use super::held::Held;
use super::hooks;
use super::others;
use super::publish::{self, Contents, Direction};
use super::stage;
use super::transaction::Request;
use crate::error::{Error, Exit, Result};
use crate::host::format::words::trustctl;
use crate::store::layout::Layout;

/// Finishes or undoes an interrupted change, and clears away what it left; says so.
pub(super) fn recover(request: &Request<'_>, held: &Held<'_>) -> Result<Option<String>> {
    let layout = request.layout;
    stage::clear(layout);
    let Some(unfinished) = held.kept.unfinished_to_act()? else {
        publish::clear_temporaries(layout, &[])?;
        return Ok(None);
    };
    let mut manifest = Rc::unwrap_or_clone(unfinished);
    let what = format!(
        "`trustctl {}` of {} was interrupted",
        manifest.command, manifest.time
    );
    publish::clear_temporaries(layout, &manifest.steps)?;
    if manifest.phase == Phase::Published {
        if layout.is_live() {
            let limit = request.config.timeouts.hook();
            let found = hooks::find(layout)?;
            let lock = held.package_lock.is_some();
            manifest
                .open
                .extend(hooks::run(&found, &manifest.hook_lines, limit, lock));
        }
        let open = others::follow(layout, held.kept, &manifest.databases);
        manifest.open.extend(open);
        manifest.phase = Phase::Committed;
        held.kept.write(&manifest)?;
        announce(layout, &manifest);
        return Ok(Some(format!("{what}; it was completed")));
    }
    let undone = publish::converge(
        layout,
        &Contents::kept(held.kept),
        &manifest.steps,
        Direction::Back,
    );
    let foreign = undone.map_err(|error| {
        Error::new(format!("{what}, and undoing it failed: {error}"))
            .hint(after_failed_undoing(layout))
            .exit(Exit::Unrecovered)
    })?;
    manifest.phase = Phase::Undone;
    manifest.open.push("interrupted".to_string());
    held.kept.write(&manifest)?;
    announce(layout, &manifest);
    Ok(Some(match foreign.as_slice() {
        [] => format!("{what}; it was undone, the store is as it was before that"),
        changed => format!("{what}; it was undone, but for {}", stays(layout, changed)),
    }))
}

/// What helps where a change could not be undone.
pub(super) fn after_failed_undoing(layout: &Layout) -> String {
    let refresh = trustctl(layout, "refresh");
    format!("fix the cause (disk full, read-only file system) and run `{refresh}`")
}

/// What somebody else has changed since is theirs.
pub(super) fn stays(layout: &Layout, names: &[PathBuf]) -> String {
    let names: Vec<String> = names.iter().map(|n| format!("`{}`", n.display())).collect();
    let names = names.join(", ");
    let refresh = trustctl(layout, "refresh");
    format!("{names}, which somebody else has changed meanwhile: run `{refresh}`")
}
