//! What is wrong with files of the store, short of what needs judgement (that is audit's).

use std::path::Path;

use super::FileProblem;
use crate::store::inventory::{Entry, EntryKind, Inventory, Source};
use crate::store::layout::{CERTS, CONF};
use crate::store::links;

/// Every problem, sources first.
pub(in crate::commands) fn problems(inventory: &Inventory) -> Vec<FileProblem> {
    let mut found = Vec::new();
    for source in &inventory.sources {
        found.extend(source_problems(source));
    }
    for ignored in &inventory.ignored {
        found.push(problem(
            &ignored.place.name,
            None,
            format!("ignored: {}", ignored.reason),
        ));
    }
    for (line, name) in &inventory.missing {
        let message = format!("selected, but there is no file `{name}`");
        found.push(problem(Path::new(CONF), Some(*line), message));
    }
    found.extend(shadowed(inventory));
    for entry in inventory.entries.values() {
        if let Some(message) = entry_problem(entry) {
            found.push(problem(&Path::new(CERTS).join(&entry.name), None, message));
        }
    }
    found
}

fn source_problems(source: &Source) -> Vec<FileProblem> {
    let name = &source.place.name;
    let Some(document) = source.content.document() else {
        return Vec::new();
    };
    let blocks = document.blocks.iter().flat_map(|block| &block.problems);
    let mut found: Vec<_> = document
        .problems
        .iter()
        .chain(blocks)
        .filter(|p| !p.is_note())
        .map(|p| {
            problem(
                name,
                (p.line > 0).then_some(p.line),
                p.message().to_string(),
            )
        })
        .collect();
    for block in &document.blocks {
        for fault in block.certificates.iter().filter_map(|c| c.as_ref().err()) {
            found.push(problem(
                name,
                Some(block.line),
                format!("broken certificate: {fault}"),
            ));
        }
    }
    if document.has_private_key() {
        found.push(problem(name, None, "it holds a private key".to_string()));
    }
    match source.content.certificates().count() {
        0 => found.push(problem(name, None, "it holds no certificate".to_string())),
        1 => {}
        n => found.push(problem(
            name,
            None,
            format!("it holds {n} certificates; the hash directory gets none of them"),
        )),
    }
    found
}

/// Two sources with one link name: only the last one is linked.
fn shadowed(inventory: &Inventory) -> Vec<FileProblem> {
    let vendor = inventory.vendor().filter(|source| source.selected);
    let mut links: Vec<_> = vendor
        .chain(inventory.local())
        .map(|source| {
            (
                links::link_name(&source.place.name).into_os_string(),
                source,
            )
        })
        .collect();
    links.sort_by(|(one, _), (other, _)| one.cmp(other));
    links
        .chunk_by(|(one, _), (other, _)| one == other)
        .filter_map(|same| same.split_last())
        .flat_map(|((_, last), others)| {
            // Another name of the same file takes nothing away.
            let others = others
                .iter()
                .filter(|(_, other)| other.place.real != last.place.real);
            others.map(|(_, other)| {
                let message = format!("its link is taken by `{}`", last.place.name.display());
                problem(&other.place.name, None, message)
            })
        })
        .collect()
}

fn entry_problem(entry: &Entry) -> Option<String> {
    match &entry.kind {
        EntryKind::StrayBundle => {
            Some("left by a killed update-ca-certificates; the next run would add to it".into())
        }
        EntryKind::SourceLink(target)
        | EntryKind::HashLink { target, .. }
        | EntryKind::ForeignLink(target)
            if entry.content.is_none() =>
        {
            Some(format!("dangling link to `{}`", target.display()))
        }
        EntryKind::HashLink { hash, .. } => {
            let mut found = entry
                .content
                .iter()
                .flat_map(|content| content.certificates());
            let right = found.any(|certificate| certificate.subject_hash() == *hash);
            (!right).then(|| "leads to no certificate with this hash".to_string())
        }
        EntryKind::Special => Some("not a regular file".to_string()),
        _ => None,
    }
}

fn problem(file: &Path, line: Option<usize>, message: String) -> FileProblem {
    FileProblem {
        file: file.to_path_buf(),
        line,
        message,
    }
}
