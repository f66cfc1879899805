//! Certificates that would move into a file that holds another one today.
//!
//! Links lead to files by name. While such a file gets its new content, a link to it shows one certificate too early
//! or the other too late, whatever comes first: for that moment programs that look up hashes would not find one that
//! is trusted before and after. One change after the other has no such moment.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::model::ModelSource;
use crate::cert::{Certificate, Fingerprint};

/// A certificate that stays trusted, but in another file.
#[derive(Debug, PartialEq, Eq)]
pub struct Move {
    /// What moves.
    pub certificate: Certificate,
    /// The file that it leaves, by its name inside the tree.
    pub from: PathBuf,
    /// The file that it comes to.
    pub to: PathBuf,
}

/// Every certificate that leaves all its files for one that holds something else today.
pub fn moves(today: &[ModelSource], after: &[ModelSource]) -> Vec<Move> {
    let (before, later) = (by_name(today), by_name(after));
    let holds =
        |files: &BTreeMap<&Path, BTreeSet<Fingerprint>>, name: &Path, which: Fingerprint| {
            files.get(name).is_some_and(|all| all.contains(&which))
        };
    let mut found = Vec::new();
    for source in after
        .iter()
        .filter(|source| before.contains_key(&*source.name))
    {
        for certificate in source.content.certificates() {
            let sha256 = certificate.sha256();
            let mut homes = today
                .iter()
                .filter(|home| holds(&before, &home.name, sha256));
            let stays = homes.clone().any(|home| holds(&later, &home.name, sha256));
            if let Some(from) = homes.next().filter(|_| !stays) {
                found.push(Move {
                    certificate: certificate.clone(),
                    from: from.name.clone(),
                    to: source.name.clone(),
                });
            }
        }
    }
    found
}

fn by_name(sources: &[ModelSource]) -> BTreeMap<&Path, BTreeSet<Fingerprint>> {
    sources
        .iter()
        .map(|source| {
            let all = source.content.certificates().map(Certificate::sha256);
            (source.name.as_path(), all.collect())
        })
        .collect()
}
