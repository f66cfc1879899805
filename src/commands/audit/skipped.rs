//! What an audit could not look at, and why.

use std::path::{Path, PathBuf};

use super::Skip;
use crate::host::tree::Tree;
use crate::rules::facts::Facts;
use crate::store::inventory::Content;
use crate::store::layout::CERTS;

fn skip(rule: &str, reason: impl Into<String>) -> Skip {
    Skip {
        rule: rule.to_string(),
        reason: reason.into(),
    }
}

/// Everything that was not judged or not read.
pub(super) fn skipped(facts: &Facts, tree: &Tree<'_>) -> Vec<Skip> {
    let mut out = Vec::new();
    if facts.lists.fetched.is_none()
        && facts.lists.packages.is_empty()
        && !facts.packages.is_empty()
    {
        out.push(skip(
            "package-outdated",
            "apt has no package lists; `apt-get update` fetches them",
        ));
    }
    if facts.lists.pinned {
        out.push(skip(
            "package-outdated",
            "apt preferences (pins) decide which version is wanted",
        ));
    }
    if facts.life.is_none() {
        let name = if facts.release.name.is_empty() {
            "this release"
        } else {
            &facts.release.name
        };
        out.push(skip(
            "release-ended",
            format!("nothing is known of the life of {name}"),
        ));
    }
    for (path, fault) in facts
        .keystores
        .iter()
        .filter_map(|(path, read)| Some((path, read.as_ref().err()?)))
    {
        out.push(skip(
            "java-extra",
            format!("`{}` was not read: {fault}", path.display()),
        ));
    }
    out.extend(unread(facts));
    let rest = tree.unread().into_iter().map(|unread| {
        skip(
            "*",
            format!(
                "`{}` was not read: {}",
                unread.path.display(),
                unread.reason
            ),
        )
    });
    out.extend(rest);
    out
}

/// Parts of the store that could not be read, by their names inside the tree.
fn unread(facts: &Facts) -> Vec<Skip> {
    let sources = facts
        .store
        .sources
        .iter()
        .map(|source| (source.place.name.clone(), &*source.content));
    let own = facts
        .store
        .entries
        .values()
        .filter(|entry| entry.facts.is_some());
    let entries = own.filter_map(|entry| {
        Some((
            Path::new(CERTS).join(&entry.name),
            entry.content.as_deref()?,
        ))
    });
    let reason = |(path, content): (PathBuf, &Content)| match content {
        Content::Unread(reason) => Some(skip(
            "*",
            format!("`{}` was not read: {reason}", path.display()),
        )),
        Content::Read { .. } => None,
    };
    let special = facts
        .ignored
        .iter()
        .filter(|file| file.reason == "not a regular file");
    let special = special.map(|file| {
        skip(
            "*",
            format!("`{}` was not read: not a regular file", file.path.display()),
        )
    });
    sources
        .chain(entries)
        .filter_map(reason)
        .chain(special)
        .collect()
}
