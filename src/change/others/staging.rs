//! From what the files of other stores are to become to the steps of a change.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use super::{Edit, Others, What, keystore};
use crate::cert::Fingerprint;
use crate::change::plan::{Role, State, Step};
use crate::change::publish;
use crate::error::{Error, Result};
use crate::store::layout::Layout;

/// The steps that make the files of other stores what they are to be, and the contents that these name.
///
/// What keytool cannot do is left open, and the rest goes on.
pub fn stage(
    layout: &Layout,
    others: &mut Others,
    limit: Duration,
) -> Result<(Vec<Step>, Vec<Vec<u8>>)> {
    let (mut steps, mut contents) = (Vec::new(), Vec::new());
    let mut folders = BTreeSet::new();
    for edit in std::mem::take(&mut others.edits) {
        let (before, bytes) = publish::look_and_read(layout, &edit.path)?;
        let content = match content(layout, &edit, bytes, limit) {
            Ok(content) => content,
            Err(error) => {
                others.placed.remove(&edit.path);
                let name = edit.path.display();
                others
                    .open
                    .push(format!("`{name}` was not changed: {error}"));
                continue;
            }
        };
        let after = after(&before, content.as_deref());
        contents.extend(content);
        for folder in edit.path.ancestors().skip(1) {
            if publish::look(layout, folder)? == State::Absent {
                folders.insert(folder.to_path_buf());
            }
        }
        steps.push(step(edit.path, before, after));
    }
    for (path, after) in std::mem::take(&mut others.restore) {
        let before = publish::look(layout, &path)?;
        steps.push(step(path, before, after));
    }
    steps.extend(folders.into_iter().map(|path| Step {
        role: Role::Folder,
        path,
        before: State::Absent,
        after: State::Folder { mode: 0o755 },
    }));
    steps.retain(|step| step.before != step.after);
    Ok((steps, contents))
}

fn step(path: PathBuf, before: State, after: State) -> Step {
    Step {
        role: Role::Store,
        path,
        before,
        after,
    }
}

fn content(
    layout: &Layout,
    edit: &Edit,
    bytes: Option<Vec<u8>>,
    limit: Duration,
) -> Result<Option<Vec<u8>>> {
    match &edit.what {
        What::Content(content) => Ok(content.clone()),
        What::Keystore { add, remove } => {
            let bytes = bytes.ok_or_else(|| Error::new("it is gone"))?;
            keystore::changed(layout, &edit.path, &bytes, add, remove, limit).map(Some)
        }
    }
}

/// A file keeps its owner and mode; a new one is the caller's and readable by everyone.
fn after(before: &State, content: Option<&[u8]>) -> State {
    let Some(content) = content else {
        return State::Absent;
    };
    let sha256 = Fingerprint::of(content).to_string();
    let (mode, uid, gid) = match before {
        State::File { mode, uid, gid, .. } => (*mode, *uid, *gid),
        _ => (
            0o644,
            nix::unistd::geteuid().as_raw(),
            nix::unistd::getegid().as_raw(),
        ),
    };
    State::File {
        sha256,
        mode,
        uid,
        gid,
    }
}
