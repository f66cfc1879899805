//! Whose settings an audit looks at beside the system's.

use std::path::{Path, PathBuf};

use crate::commands::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::host::format::Setting;
use crate::host::places::Kind;
use crate::host::sources::{Scope, Source, Wanted};
use crate::host::tree::Tree;
use crate::host::users::{self, User};

/// The homes, the projects that were asked for, and the environment of this call.
pub(super) fn wanted(
    context: &Context,
    tree: &Tree<'_>,
    accounts: &[User],
    asked: &[PathBuf],
) -> Result<Wanted> {
    Ok(Wanted {
        homes: homes(context, accounts),
        projects: projects(context, tree, asked)?,
        process: process(context),
        without_projects: false,
    })
}

/// Root looks into all homes, and so does an audit of an image; others only into their own.
pub(super) fn homes(context: &Context, accounts: &[User]) -> Vec<User> {
    let all = users::with_homes(accounts.to_vec());
    if context.uid == 0 || !context.layout.is_live() {
        return all;
    }
    all.into_iter()
        .filter(|user| user.uid == context.uid)
        .collect()
}

/// The folders of projects that were asked for, by their names inside the tree.
fn projects(context: &Context, tree: &Tree<'_>, asked: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let inside = |folder: &PathBuf| {
        let path = context.absolute(folder);
        let path = match path.strip_prefix(&context.layout.root) {
            Ok(rest) => Path::new("/").join(rest),
            Err(_) => path,
        };
        let missing = || {
            Error::new(format!("there is no folder `{}`", path.display()))
                .kind(ErrorKind::NotFound)
                .hint("`--project` wants the folder of a project")
        };
        tree.is_folder(&path)
            .then(|| path.clone())
            .ok_or_else(missing)
    };
    asked.iter().map(inside).collect()
}

/// The environment of this call, which only says something about the running host.
pub(in crate::commands) fn process(context: &Context) -> Option<Source> {
    let variable = |(name, value): (&std::ffi::OsString, &std::ffi::OsString)| {
        Some(Setting::new(0, &[name.to_str()?], value.to_string_lossy()))
    };
    context.layout.is_live().then(|| Source {
        path: None,
        kind: Kind::Process,
        scope: Scope::Process,
        home: context.variable("HOME").map(PathBuf::from),
        settings: context.environment.iter().filter_map(variable).collect(),
        said: None,
    })
}
