//! Files and links as they were, from what is kept of them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::change::generation::Generations;
use crate::change::plan::{SourceFile, State, Wanted};
use crate::error::{Error, Result};
use crate::store::inventory::{Content, FILE_LIMIT};
use crate::store::layout::{LOCAL, Layout, Place};
use crate::store::walk;
use crate::system::files::Kind;

/// A file as it was.
pub(super) fn file(
    layout: &Layout,
    kept: &Generations,
    folders: &[Place],
    (name, state): (&Path, State),
) -> Result<SourceFile> {
    match state {
        State::File {
            sha256,
            mode,
            uid,
            gid,
        } => {
            let content = Arc::new(Content::of(kept.kept(&sha256)?));
            let names = names(folders, &layout.place(name)).into_iter();
            Ok(SourceFile {
                through: Some(names.map(|name| (name, Arc::clone(&content))).collect()),
                content,
                link: None,
                mode,
                owner: Some((uid, gid)),
            })
        }
        _ => Err(Error::new(format!(
            "`{}` cannot be restored: it was no file",
            name.display()
        ))),
    }
}

/// A file's own name, and those that it has through links to its folder, which stay where they are.
fn names(folders: &[Place], file: &Place) -> BTreeSet<PathBuf> {
    let others = folders.iter().filter_map(|folder| {
        let rest = file.real.strip_prefix(&folder.real).ok()?;
        Some(folder.name.join(rest))
    });
    others.chain([file.name.clone()]).collect()
}

/// A link as it was; what is behind it may be written by the same change.
pub(super) fn link(layout: &Layout, wanted: &Wanted, name: &Path, target: PathBuf) -> SourceFile {
    let leads_to = plain(&name.parent().unwrap_or(Path::new("/")).join(&target));
    let real = layout.place(&leads_to).real;
    // Folders on the way can be links themselves.
    let inside = real
        .strip_prefix(&layout.local.real)
        .map(|rest| Path::new(LOCAL).join(rest));
    let behind = inside.unwrap_or(leads_to);
    let through = through(layout, wanted, name, (&real, &behind));
    let content = match wanted.writes.get(&behind) {
        Some(file) => Arc::clone(&file.content),
        None if through.is_some() => Arc::new(Content::of(Vec::new())),
        None => Arc::new(Content::read(layout, &real, FILE_LIMIT)),
    };
    SourceFile {
        content,
        link: Some(target),
        mode: 0o777,
        owner: None,
        through,
    }
}

/// The sources that a link to a folder brings: those there, and those that the same change puts there.
fn through(
    layout: &Layout,
    wanted: &Wanted,
    name: &Path,
    (real, behind): (&Path, &Path),
) -> Option<Vec<(PathBuf, Arc<Content>)>> {
    let facts = layout.tree.facts(real).ok().flatten()?;
    let folder = Place {
        name: name.to_path_buf(),
        real: real.to_path_buf(),
    };
    let files = (facts.kind == Kind::Directory).then(|| walk::sources(layout, &folder).files)?;
    let read = |place: Place| {
        let content = Content::read(layout, &place.real, FILE_LIMIT);
        (place.name, Arc::new(content))
    };
    let written = wanted.writes.iter().filter_map(|(path, file)| {
        let rest = path.strip_prefix(behind).ok()?;
        Some((name.join(rest), Arc::clone(&file.content)))
    });
    Some(files.into_iter().map(read).chain(written).collect())
}

/// The same path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}
