//! Certificates that would move into a file that holds another one today.
//!
//! Links lead to files by name. While such a file gets its new content, a link to it shows one certificate too early
//! or the other too late, whatever comes first: for that moment programs that look up hashes would not find one that
//! is trusted before and after. One change after the other has no such moment.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
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
    let mut homes: HashMap<Fingerprint, Vec<&Path>> = HashMap::new();
    for source in today {
        for certificate in source.content.certificates() {
            homes
                .entry(certificate.sha256())
                .or_default()
                .push(&source.name);
        }
    }
    let mut found = Vec::new();
    for source in after {
        if !before.contains_key(source.name.as_os_str()) {
            continue;
        }
        for certificate in source.content.certificates() {
            let sha256 = certificate.sha256();
            let homes = homes.get(&sha256).map(Vec::as_slice).unwrap_or_default();
            let stays = homes.iter().any(|home| {
                later
                    .get(home.as_os_str())
                    .is_some_and(|all| all.contains(&sha256))
            });
            if let Some(from) = homes.first().filter(|_| !stays) {
                found.push(Move {
                    certificate: certificate.clone(),
                    from: from.to_path_buf(),
                    to: source.name.clone(),
                });
            }
        }
    }
    found
}

/// By the bytes of the name: a path is compared part by part, which takes many times as long.
fn by_name(sources: &[ModelSource]) -> HashMap<&OsStr, HashSet<Fingerprint>> {
    sources
        .iter()
        .map(|source| {
            let all = source.content.certificates().map(Certificate::sha256);
            (source.name.as_os_str(), all.collect())
        })
        .collect()
}
