//! Every store of trust on a host beside the system's, found and read: browsers, Java, Python, Node and the rest.
//!
//! Facts about the programs are measured (Debian 11 to 13 and sid, their own builds and those of the vendors); what
//! is not known of a program is not claimed of it.

mod area;
mod browsers;
mod java;
mod node;
mod policy_files;
mod python;
mod registries;
mod services;
mod walk;

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::format::words::quoted;
use super::keystore::Entry;
use super::tree::Tree;
use super::users::User;
use crate::cert::{self, Certificate, Fingerprint};
use crate::host::reach::{Kind, Store};
use crate::store::nss::Reader;
pub use area::Area;
pub use browsers::{MozillaPolicies, Policies};
pub use policy_files::{PolicyFile, policy_files, policy_kind, policy_paths};

/// A file of certificates larger than this is not read.
const BUNDLE_LIMIT: u64 = 16 << 20;

/// What is known before the looking begins.
pub struct Look<'a> {
    /// The tree.
    pub tree: &'a Tree<'a>,
    /// The users in whose homes to look.
    pub users: &'a [User],
    /// Everybody, to name owners.
    pub accounts: &'a [User],
    /// The version of `libnss3`, if it is installed.
    pub nss: Option<String>,
    /// What the system's bundle trusts.
    pub bundle: Arc<BTreeSet<Fingerprint>>,
    /// Who asks.
    pub uid: u32,
    /// Only these kinds; empty: all.
    pub only: &'a [Kind],
    read: RefCell<HashMap<Fingerprint, Arc<BTreeSet<Fingerprint>>>>,
}

/// A keystore that an option of Java names.
pub struct Keystore<'a> {
    /// Where it is.
    pub path: &'a Path,
    /// The password that is given with it.
    pub password: Option<&'a str>,
    /// Where that is said.
    pub title: &'a str,
}

/// What was found.
#[derive(Default)]
pub struct Found {
    /// The stores.
    pub stores: Vec<Store>,
    /// Java's keystores that Java itself cannot use.
    pub unusable: Vec<(PathBuf, String)>,
    /// The policies of browsers, to be judged by themselves.
    pub policies: Policies,
}

impl<'a> Look<'a> {
    /// A look at a tree.
    pub fn new(
        tree: &'a Tree<'a>,
        users: &'a [User],
        accounts: &'a [User],
        bundle: BTreeSet<Fingerprint>,
        uid: u32,
        only: &'a [Kind],
    ) -> Look<'a> {
        Look {
            tree,
            users,
            accounts,
            nss: nss_version(tree),
            bundle: Arc::new(bundle),
            uid,
            only,
            read: RefCell::default(),
        }
    }

    /// Whether this kind is asked for.
    fn wants(&self, kind: Kind) -> bool {
        self.only.is_empty() || self.only.contains(&kind)
    }

    /// The certificates in a file of PEM or DER; the same content is parsed once.
    pub fn certificates(&self, bytes: &[u8]) -> Arc<BTreeSet<Fingerprint>> {
        let digest = Fingerprint::of(bytes);
        if let Some(known) = self.read.borrow().get(&digest) {
            return Arc::clone(known);
        }
        let document = cert::read(bytes);
        let all = document.certificates().map(|(_, found)| found);
        let found: Arc<BTreeSet<Fingerprint>> = Arc::new(all.map(Certificate::sha256).collect());
        self.read.borrow_mut().insert(digest, Arc::clone(&found));
        found
    }

    /// The user's name, or the number where there is no such account.
    fn owner(&self, uid: u32) -> String {
        let known = self.accounts.iter().find(|user| user.uid == uid);
        known.map_or_else(|| uid.to_string(), |user| user.name.clone())
    }

    /// A file that a setting names as the whole of what is trusted.
    pub fn file(&self, kind: Kind, path: &Path, title: &str) -> Store {
        services::of_file(self, kind, path, title)
    }

    /// A keystore that an option of Java names.
    pub fn keystore(&self, keystore: &Keystore<'_>) -> Store {
        java::named(self, keystore)
    }

    /// What to write before a command that must be run as this user, so that the user's files stay the user's.
    fn run_as(&self, user: Option<&User>) -> String {
        match user {
            Some(user) if user.uid != self.uid => {
                format!("runuser -u {} -- ", quoted(&user.name))
            }
            _ => String::new(),
        }
    }

    /// Where a path leads, as a name inside the tree.
    fn inside(&self, path: &Path) -> Option<PathBuf> {
        let real = self.tree.real(path)?;
        match real.strip_prefix(self.tree.root()) {
            Ok(rest) => Some(Path::new("/").join(rest)),
            Err(_) => Some(real),
        }
    }

    /// Folders of users and of software by hand, opened.
    fn areas(&self) -> Vec<Area> {
        let system = walk::SYSTEM
            .iter()
            .map(|(folder, _)| (PathBuf::from(folder), None));
        let homes = self
            .users
            .iter()
            .map(|user| (user.home.clone(), Some(user.clone())));
        let mut seen = HashSet::new();
        let all = system.chain(homes);
        all.filter_map(|(folder, user)| Area::open(self.tree, &folder, user))
            .filter(|area| seen.insert(area.real().to_path_buf()))
            .collect()
    }
}

/// Why Java finds no certificate in this keystore, if it does not: it gives no password.
pub fn unusable_by_java(bytes: &[u8]) -> Option<String> {
    match java::opened(bytes) {
        java::Opened::Nothing(reason) => Some(reason),
        java::Opened::Read(_) | java::Opened::Unknown(_) => None,
    }
}

/// Looks for everything that is asked for.
pub fn find(look: &Look<'_>) -> Found {
    let areas = look.areas();
    let mut found = Found::default();
    let browsers = [Kind::Chromium, Kind::Firefox, Kind::Thunderbird, Kind::Nss];
    if browsers.into_iter().any(|kind| look.wants(kind)) {
        browsers::find(look, &areas, &mut found);
    }
    let walked = [
        Kind::Java,
        Kind::Python,
        Kind::Node,
        Kind::Deno,
        Kind::Bun,
        Kind::Uv,
    ];
    if walked.into_iter().any(|kind| look.wants(kind)) {
        walk::find(look, &areas, &mut found);
    }
    registries::find(look, &areas, &mut found);
    services::find(look, &areas, &mut found);
    found.stores.retain(|store| look.wants(store.kind));
    found
}

fn nss_version(tree: &Tree<'_>) -> Option<String> {
    let bytes = tree.bytes(super::dpkg::STATUS, super::dpkg::STATUS_LIMIT)?;
    let text = String::from_utf8_lossy(&bytes);
    let packages = super::dpkg::installed(&text, |name| name == "libnss3");
    packages.into_iter().next().map(|package| package.version)
}

/// Which format the NSS of a version obeys: measured up to 3.112 and from 3.132 on.
fn reader_of_nss(version: Option<&str>) -> Reader {
    let upstream = version.map(|version| version.rsplit(':').next().unwrap_or(version));
    let mut numbers = upstream
        .into_iter()
        .flat_map(|version| version.split(['.', '-', '+', '~']))
        .map_while(|part| part.parse::<u32>().ok());
    match (numbers.next(), numbers.next()) {
        (Some(3), Some(minor)) if minor <= 112 => Reader::Old,
        (Some(3), Some(minor)) if minor >= 132 => Reader::New,
        _ => Reader::Unknown,
    }
}

/// The same by the version of Firefox or Thunderbird, which bring their own NSS: measured with 140 and 153.
fn reader_of_mozilla(version: Option<u32>) -> Reader {
    match version {
        Some(version) if version <= 140 => Reader::Old,
        Some(version) if version >= 153 => Reader::New,
        _ => Reader::Unknown,
    }
}

/// The certificates of a keystore.
fn of_keystore(entries: &[Entry]) -> Arc<BTreeSet<Fingerprint>> {
    Arc::new(entries.iter().map(|entry| entry.sha256).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_tell_the_format_where_it_is_known() {
        let table = [
            ("2:3.61-1+deb11u3", Reader::Old),
            ("2:3.110-1", Reader::Old),
            ("2:3.112.1-1", Reader::Old),
            ("2:3.120-1", Reader::Unknown),
            ("2:3.132-1", Reader::New),
            ("x", Reader::Unknown),
        ];
        for (version, reader) in table {
            assert_eq!(reader_of_nss(Some(version)), reader, "{version}");
        }
        assert_eq!(reader_of_nss(None), Reader::Unknown);
        assert_eq!(reader_of_mozilla(Some(153)), Reader::New);
        assert_eq!(reader_of_mozilla(Some(147)), Reader::Unknown);
    }
}
