//! The files of policies through which a CA reaches every user of a browser.

use std::path::{Path, PathBuf};

use super::browsers::{CHROMIUM, DISTRIBUTION, INSTALLED, MOZILLA, policies_but};
use crate::host::reach::Kind;
use crate::host::tree::Tree;

/// The policy file of the Chromium family that trustctl keeps: it is nobody else's.
const OWN_POLICIES: &str = "managed/trustctl.json";

/// A file of policies through which a CA reaches every user of a browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyFile {
    /// Which browser, by its kind.
    pub kind: Kind,
    /// The program's name.
    pub name: &'static str,
    /// The file, inside the tree.
    pub path: PathBuf,
    /// Whether the program is there.
    pub installed: bool,
    /// Another file with the policy that the file is to have, of which the browser takes one only.
    pub rival: Option<PathBuf>,
    /// Files of policies that the browser no longer reads once this one is there.
    pub shadows: Vec<PathBuf>,
}

/// The browser whose policies trustctl keeps in this file, by its kind.
pub fn policy_kind(path: &Path) -> Option<Kind> {
    let chromium = CHROMIUM.iter().map(|browser| {
        let file = Path::new(browser.policies).join(OWN_POLICIES);
        (file, Kind::Chromium)
    });
    let mozilla = MOZILLA
        .iter()
        .map(|program| (PathBuf::from(program.policies), program.kind));
    let mut all = chromium.chain(mozilla);
    all.find(|(file, _)| file == path).map(|(_, kind)| kind)
}

/// All those files.
pub fn policy_paths() -> impl Iterator<Item = PathBuf> {
    let chromium = CHROMIUM
        .iter()
        .map(|browser| Path::new(browser.policies).join(OWN_POLICIES));
    chromium.chain(MOZILLA.iter().map(|program| program.policies.into()))
}

/// Every such file whose place is known, whether the browser is there or not.
pub fn policy_files(tree: &Tree<'_>) -> Vec<PolicyFile> {
    let is_there = |paths: &[&str]| paths.iter().any(|path| tree.facts(path).is_some());
    let chromium = CHROMIUM.iter().map(|browser| {
        let own = Path::new(browser.policies).join(OWN_POLICIES);
        PolicyFile {
            kind: Kind::Chromium,
            name: browser.name,
            installed: is_there(browser.programs),
            rival: policies_but(tree, browser, &own)
                .trusted
                .map(|(path, _)| path),
            path: own,
            shadows: Vec::new(),
        }
    });
    let mozilla = MOZILLA.iter().map(|program| {
        let path = PathBuf::from(program.policies);
        PolicyFile {
            kind: program.kind,
            name: program.name,
            installed: !program.files(tree, INSTALLED).is_empty(),
            rival: None,
            shadows: match tree.facts(&path) {
                Some(_) => Vec::new(),
                None => program.files(tree, DISTRIBUTION),
            },
            path,
        }
    });
    chromium.chain(mozilla).collect()
}
