//! Everything the rules look at, gathered once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::cert::judge::{self, Verdict};
use crate::cert::{Certificate, Document, Fingerprint, Time};
use crate::host::apt::Lists;
use crate::host::consumers::Policies;
use crate::host::copies::Copy;
use crate::host::dpkg::Package;
use crate::host::format::openssl::Conf;
use crate::host::keystore::{Entry, KeystoreFault};
use crate::host::reach::Store;
use crate::host::release::{Life, OsRelease};
use crate::host::sources::Source;
use crate::host::users::{Group, User};
use crate::programs::Release;
use crate::rules::policy::Policy;
use crate::store::inventory::{self, Inventory, Origin};
use crate::store::links;
use crate::system::files;

/// The values that every rule judges.
pub struct Facts {
    /// The time of the call.
    pub now: Time,
    /// Within how many days an end of validity is reported.
    pub expiring_days: i64,
    /// What the policy says.
    pub policy: Policy,
    /// Findings that the configuration accepts.
    pub accepted: Vec<Accepted>,
    /// The store.
    pub store: Inventory,
    /// What each kind of reader of it trusts, and what it should be.
    pub views: Views,
    /// What `cert::judge` says of each certificate of [`Facts::placed`], made when first asked for.
    pub verdicts: OnceLock<Vec<Vec<Verdict>>>,
    /// Files in the local folder that the script passes over, with what they hold where they were read.
    pub ignored: Vec<IgnoredFile>,
    /// Names in the folder of hooks.
    pub hooks: Vec<(PathBuf, files::Facts)>,
    /// Facts of further folders and files of the store, by their name inside the tree.
    pub modes: BTreeMap<PathBuf, files::Facts>,
    /// Who must own the store: root, or the owner of a tree that an ordinary user keeps.
    pub owner: u32,
    /// The accounts.
    pub users: Vec<User>,
    /// The groups.
    pub groups: Vec<Group>,
    /// Who put each local file there, where that can be told.
    pub provenance: BTreeMap<PathBuf, String>,
    /// What the last generation of trustctl left behind.
    pub recorded: Option<Recorded>,
    /// Java's keystores.
    pub keystores: Vec<(PathBuf, Result<Vec<Entry>, KeystoreFault>)>,
    /// Java's keystores in which Java itself finds no certificate, and why.
    pub unusable_keystores: Vec<(PathBuf, String)>,
    /// The databases, policies and keystores of browsers and JDKs.
    pub other_stores: Vec<Store>,
    /// The policies of the browsers that are installed.
    pub policies: Policies,
    /// Every file of settings, and the environment of this call.
    pub settings: Vec<Source>,
    /// Files and folders that settings name as trust stores.
    pub targets: BTreeMap<PathBuf, Target>,
    /// The programs that are installed and validate certificates.
    pub programs: Vec<Release>,
    /// The release.
    pub release: OsRelease,
    /// How long it is supported.
    pub life: Option<Life>,
    /// The installed packages that matter here.
    pub packages: Vec<Package>,
    /// What apt knows of newer ones.
    pub lists: Lists,
    /// Every OpenSSL.
    pub copies: Vec<Copy>,
    /// The folders of OpenSSLs whose own trust store is empty.
    pub empty_stores: BTreeSet<String>,
    /// OpenSSL's configuration, and those that `OPENSSL_CONF` names, by the file they begin with.
    pub openssl: Vec<(PathBuf, Conf)>,
    /// The newest time stamp of package database, package lists and bundle.
    pub newest: Option<(PathBuf, Time)>,
}

/// What the kinds of reader trust, and what the sources ask for.
pub struct Views {
    /// Readers of the bundle.
    pub bundle: BTreeSet<Fingerprint>,
    /// Readers of the hash directory.
    pub hash: BTreeSet<Fingerprint>,
    /// Readers of every file.
    pub file: BTreeSet<Fingerprint>,
    /// Every certificate of the sources that the script adds.
    pub expected: BTreeSet<Fingerprint>,
    /// The certificates of deselected vendor files that nothing else adds.
    pub deselected: BTreeSet<Fingerprint>,
}

impl Views {
    /// Looks at a store as its readers do.
    pub fn of(store: &Inventory) -> Views {
        let of = |selected: bool| {
            let sources = store
                .sources
                .iter()
                .filter(move |source| source.selected == selected);
            let all = sources.flat_map(|source| source.content.certificates());
            all.map(Certificate::sha256).collect::<BTreeSet<_>>()
        };
        let expected = of(true);
        Views {
            bundle: store.bundle_view(),
            hash: store.hash_view(),
            file: store.file_view(),
            deselected: of(false).difference(&expected).copied().collect(),
            expected,
        }
    }

    /// Whether a source, selected or not, has this certificate.
    pub fn accounts_for(&self, sha256: Fingerprint) -> bool {
        self.expected.contains(&sha256) || self.deselected.contains(&sha256)
    }
}

/// A file that `update-ca-certificates` passes over.
pub struct IgnoredFile {
    /// Its name inside the tree.
    pub path: PathBuf,
    /// Why the script passes it over.
    pub reason: &'static str,
    /// What it holds, where it was read.
    pub document: Option<Document>,
    /// Whether others than its owner can read it.
    pub shown: bool,
}

/// A finding that the configuration accepts for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The rule's id.
    pub rule: String,
    /// Path, SHA-256 (or a prefix of 8 or more digits) or name of what it is about.
    pub subject: String,
    /// Why.
    pub reason: String,
    /// The last second on which it counts.
    pub until: Time,
}

impl Accepted {
    /// Whether it is about this finding.
    pub fn covers(&self, finding: &super::Finding) -> bool {
        let subject = &finding.subject;
        let path = subject
            .path
            .as_ref()
            .is_some_and(|path| path.as_os_str() == self.subject.as_str());
        let name = subject
            .name
            .as_ref()
            .is_some_and(|name| *name == self.subject);
        let wanted = self.subject.to_lowercase().replace(':', "");
        let by_hash = subject
            .sha256
            .is_some_and(|sha256| wanted.len() >= 8 && sha256.to_string().starts_with(&wanted));
        self.rule == finding.rule && (path || name || by_hash)
    }
}

/// The sources as the last generation left them.
pub struct Recorded {
    /// Its number.
    pub number: u64,
    /// When.
    pub time: Time,
    /// The SHA-256 of each local file's content, lower-case hex.
    pub sources: BTreeMap<PathBuf, String>,
    /// What the files have now.
    pub present: BTreeMap<PathBuf, Present>,
}

/// A local file as it is now.
pub struct Present {
    /// The SHA-256 of its content, lower-case hex.
    pub sha256: String,
    /// Its owner.
    pub uid: u32,
    /// When it was changed.
    pub modified: Time,
}

/// A file or folder that a setting names.
pub struct Target {
    /// Its own facts; `None` where it is missing.
    pub facts: Option<files::Facts>,
    /// The certificates in it, if it is a file.
    pub certificates: BTreeSet<Fingerprint>,
}

/// One certificate in one file of the store.
pub struct Placed<'a> {
    /// The file.
    pub path: &'a Path,
    /// The line its block begins on; 0 in a binary file.
    pub line: usize,
    /// Where it comes from.
    pub origin: Origin,
    /// The certificate.
    pub certificate: &'a Certificate,
}

impl Facts {
    /// The sources that the script adds.
    pub fn selected(&self) -> impl Iterator<Item = &inventory::Source> {
        self.store.sources.iter().filter(|source| source.selected)
    }

    /// Every certificate that stands in a source or, beside the bundle, in the certificate folder only.
    pub fn placed(&self) -> Vec<Placed<'_>> {
        let sources = self.selected().flat_map(|source| {
            let document = source.content.document();
            placed(document, &source.place.name, source.origin)
        });
        let known = &self.views;
        let foreign = self
            .store
            .entries
            .values()
            .filter(|entry| links::hash_name(&entry.name).is_none());
        let foreign = foreign.flat_map(|entry| {
            let document = entry
                .content
                .as_deref()
                .and_then(inventory::Content::document);
            placed(document, &entry.name, Origin::Foreign)
        });
        let unknown = foreign.filter(|placed| !known.accounts_for(placed.certificate.sha256()));
        sources.chain(unknown).collect()
    }

    /// What `cert::judge` says of each certificate in [`Facts::placed`].
    pub fn verdicts(&self) -> &[Vec<Verdict>] {
        self.verdicts.get_or_init(|| {
            let placed = self.placed();
            placed
                .iter()
                .map(|placed| self.verdicts_on(placed))
                .collect()
        })
    }

    /// Of a vendor certificate only whether its time is over: the rest is the distribution's to judge.
    fn verdicts_on(&self, placed: &Placed<'_>) -> Vec<Verdict> {
        let over = placed.certificate.not_after() < self.now;
        if placed.origin == Origin::Vendor && !over {
            return Vec::new();
        }
        let verdicts = judge::certificate(placed.certificate, self.now);
        let wanted = |verdict: &Verdict| {
            placed.origin != Origin::Vendor || verdict.rule == judge::Rule::Expired
        };
        verdicts.into_iter().filter(wanted).collect()
    }

    /// The version of an installed package.
    pub fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }

    /// The distribution's OpenSSL library, the newest generation first.
    pub fn library(&self) -> Option<&Package> {
        ["libssl3t64", "libssl3", "libssl1.1", "libssl1.0.0"]
            .iter()
            .find_map(|name| self.package(name))
    }

    /// The user with this number, in words.
    pub fn user_name(&self, uid: u32) -> String {
        let known = self.users.iter().find(|user| user.uid == uid);
        known.map_or_else(|| format!("user {uid}"), |user| format!("`{}`", user.name))
    }
}

fn placed<'a>(document: Option<&'a Document>, path: &'a Path, origin: Origin) -> Vec<Placed<'a>> {
    let all = document.into_iter().flat_map(Document::certificates);
    all.map(|(block, certificate)| Placed {
        path,
        line: block.line,
        origin,
        certificate,
    })
    .collect()
}
