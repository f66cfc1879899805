//! Everything that the rules look at, read once through the root.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use super::skipped::skipped;
use super::wanted;
use super::{AuditArgs, Skip};
use crate::cert::{self, Fingerprint, Time};
use crate::change::generation::Generations;
use crate::change::plan::State;
use crate::commands::Context;
use crate::error::Result;
use crate::host::consumers::{Found, Look};
use crate::host::dpkg::{self, Package};
use crate::host::format::openssl::{self, Conf};
use crate::host::installed::on_host;
use crate::host::keystore::{self, Entry, KeystoreFault};
use crate::host::reach::Kind;
use crate::host::release::{self, Life, OsRelease};
use crate::host::sources::{self, Source};
use crate::host::tree::Tree;
use crate::host::users::{self, User};
use crate::host::{apt, consumers, copies};
use crate::programs::Release;
use crate::rules::facts::{Accepted, Facts, IgnoredFile, Present, Recorded, Target, Views};
use crate::rules::policy::Policy;
use crate::rules::{overrides, packages};
use crate::store::inventory::{Content, Inventory};
use crate::store::layout::{BUNDLE, CERTS, CONF, HOOKS, LOCAL, Layout, VENDOR};
use crate::store::provenance;
use crate::system::files::{self, Kind as FileKind};

/// Files that the script passes over are read up to this size, and no more of them than this.
const IGNORED_LIMIT: u64 = 1 << 20;
const IGNORED_COUNT: usize = 1000;
/// A file that a variable names as a trust store is not read when larger.
const TARGET_LIMIT: u64 = 16 << 20;
/// All of them together are not read beyond this: users name them.
const TARGETS_LIMIT: u64 = 64 << 20;
/// The configuration of OpenSSL.
const OPENSSL_CONF: &str = "/etc/ssl/openssl.cnf";

/// Reads everything; what could not be looked at is told beside it.
pub(super) fn facts(
    context: &Context,
    arguments: &AuditArgs,
    accepted: Vec<Accepted>,
) -> Result<(Facts, Vec<Skip>)> {
    let layout = &context.layout;
    let tree = Tree::new(layout);
    let store = Inventory::read(layout);
    let text = |path: &str| tree.text(path).unwrap_or_default();
    let accounts = users::users(&text("/etc/passwd"));
    let wanted = wanted::wanted(context, &tree, &accounts, &arguments.project)?;
    let settings = sources::gather(&tree, wanted);
    let release = OsRelease::parse(&text("/etc/os-release"));
    let packages = installed(&tree);
    let copies = copies::find(&tree, &owned(&tree, &packages), arguments.deep);
    let folders = copies.iter().filter_map(|copy| copy.folder.clone());
    let recorded = recorded(context, &tree, &store);
    let found = other_stores(context, &tree, &accounts);
    let facts = Facts {
        now: context.now,
        expiring_days: i64::from(context.config.audit.expiring_days),
        policy: Policy::read(&context.config.policy)?,
        accepted,
        ignored: ignored(&tree, &store),
        hooks: below(&tree, HOOKS),
        modes: modes(&tree),
        owner: layout
            .tree
            .facts(&layout.root)
            .ok()
            .flatten()
            .map_or(0, |facts| facts.uid),
        groups: users::groups(&text("/etc/group")),
        users: accounts,
        provenance: if recorded.is_some() {
            provenances(context, &store)
        } else {
            BTreeMap::new()
        },
        recorded,
        keystores: keystores(&tree),
        unusable_keystores: unusable_keystores(&tree),
        other_stores: found.stores,
        policies: found.policies,
        targets: targets(&tree, &settings),
        programs: programs(layout, &tree),
        life: life(&tree, &release),
        release,
        lists: apt::read(
            &tree,
            &packages
                .iter()
                .map(|package| package.name.clone())
                .collect::<Vec<_>>(),
        ),
        packages,
        empty_stores: folders
            .filter(|folder| copies::store_is_empty(&tree, folder))
            .collect(),
        copies,
        openssl: configurations(&tree, &settings),
        newest: newest(&tree, &store),
        settings,
        views: Views::of(&store),
        verdicts: std::sync::OnceLock::new(),
        store,
    };
    let skipped = skipped(&facts, &tree);
    Ok((facts, skipped))
}

/// The databases and policies of browsers in all homes that are looked at, and the keystores of JDKs that are there for all.
fn other_stores(context: &Context, tree: &Tree<'_>, accounts: &[User]) -> Found {
    let homes = wanted::homes(context, accounts);
    let find = |users: &[User], only: &[Kind]| {
        let look = Look::new(tree, users, accounts, BTreeSet::new(), context.uid, only);
        consumers::find(&look)
    };
    let browsers = [Kind::Chromium, Kind::Firefox, Kind::Thunderbird, Kind::Nss];
    let mut found = find(&homes, &browsers);
    found.stores.extend(find(&[], &[Kind::Java]).stores);
    found
}

fn installed(tree: &Tree<'_>) -> Vec<Package> {
    let bytes = tree
        .bytes(dpkg::STATUS, dpkg::STATUS_LIMIT)
        .unwrap_or_default();
    let extra = ["ssl-cert"];
    dpkg::installed(&String::from_utf8_lossy(&bytes), |name| {
        packages::WATCHED.contains(&name) || extra.contains(&name)
    })
}

/// Whether one of the packages put a file there; without its list, whether it lies where only packages put files.
fn owned(tree: &Tree<'_>, packages: &[Package]) -> impl Fn(&Path) -> bool + use<> {
    let merged = |path: &str| path.strip_prefix("/usr").unwrap_or(path).to_string();
    let mut listed = HashSet::new();
    for package in packages {
        let names = [
            format!("{}:{}", package.name, package.architecture),
            package.name.clone(),
        ];
        let lists = names
            .iter()
            .filter_map(|name| tree.text(format!("/var/lib/dpkg/info/{name}.list")));
        listed.extend(lists.flat_map(|list| list.lines().map(merged).collect::<Vec<_>>()));
    }
    move |path: &Path| {
        let packaged = ["/usr/bin", "/usr/lib", "/lib"]
            .iter()
            .any(|folder| path.starts_with(folder));
        packaged && (listed.is_empty() || listed.contains(&merged(&path.to_string_lossy())))
    }
}

fn ignored(tree: &Tree<'_>, store: &Inventory) -> Vec<IgnoredFile> {
    let read = |file: &crate::store::inventory::Ignored| {
        let by_name = file.reason.contains(".crt");
        let bytes = by_name
            .then(|| tree.bytes(&file.place.name, IGNORED_LIMIT))
            .flatten();
        IgnoredFile {
            path: file.place.name.clone(),
            reason: file.reason,
            document: bytes.map(|bytes| cert::read(&bytes)),
            shown: tree
                .facts(&file.place.name)
                .is_some_and(|facts| facts.mode & 0o044 != 0),
        }
    };
    store.ignored.iter().take(IGNORED_COUNT).map(read).collect()
}

fn below(tree: &Tree<'_>, folder: &str) -> Vec<(PathBuf, files::Facts)> {
    let paths = tree
        .names(folder)
        .into_iter()
        .map(|name| Path::new(folder).join(name));
    paths
        .filter_map(|path| tree.facts(&path).map(|facts| (path, facts)))
        .collect()
}

fn modes(tree: &Tree<'_>) -> BTreeMap<PathBuf, files::Facts> {
    let places = [
        CONF,
        HOOKS,
        VENDOR,
        "/etc/ca-certificates",
        "/etc/ssl",
        "/usr/share/ca-certificates/mozilla",
    ];
    let found = places
        .into_iter()
        .filter_map(|path| Some((PathBuf::from(path), tree.facts(path)?)));
    found.collect()
}

fn provenances(context: &Context, store: &Inventory) -> BTreeMap<PathBuf, String> {
    let known = provenance::of_local(&context.layout, store, std::collections::BTreeMap::new);
    let told = known
        .into_iter()
        .filter(|(_, by)| *by != provenance::Provenance::Unknown);
    told.map(|(path, by)| (path, by.to_string())).collect()
}

/// What the last generation left, against what is there; without any generation there is no record.
fn recorded(context: &Context, tree: &Tree<'_>, store: &Inventory) -> Option<Recorded> {
    let newest = Generations::at(&context.layout).newest();
    let manifest = newest.unwrap_or_else(|error| {
        tree.note(&context.layout.state.name, error.to_string());
        None
    })?;
    let sources = manifest
        .sources
        .iter()
        .filter_map(|(path, state)| match state {
            State::File { sha256, .. } if path.starts_with(LOCAL) => {
                Some((path.clone(), sha256.clone()))
            }
            _ => None,
        });
    let present = store.local().filter_map(|source| {
        let (bytes, facts) = (source.content.bytes()?, source.content.facts()?);
        let present = Present {
            sha256: Fingerprint::of(bytes).to_string(),
            uid: facts.uid,
            modified: Time(facts.modified),
        };
        Some((source.place.name.clone(), present))
    });
    Some(Recorded {
        number: manifest.number,
        time: manifest.time,
        sources: sources.collect(),
        present: present.collect(),
    })
}
fn keystores(tree: &Tree<'_>) -> Vec<(PathBuf, std::result::Result<Vec<Entry>, KeystoreFault>)> {
    let read = keystore::of(tree);
    let path = || PathBuf::from(keystore::CACERTS);
    read.map(|read| (path(), read)).into_iter().collect()
}

fn unusable_keystores(tree: &Tree<'_>) -> Vec<(PathBuf, String)> {
    let path = PathBuf::from(keystore::CACERTS);
    let bytes = tree.bytes(&path, keystore::LIMIT);
    let reason = bytes.and_then(|bytes| consumers::unusable_by_java(&bytes));
    reason.map(|reason| (path, reason)).into_iter().collect()
}

/// The files and folders that settings name as trust stores.
fn targets(tree: &Tree<'_>, settings: &[Source]) -> BTreeMap<PathBuf, Target> {
    let named = settings.iter().flat_map(|source| {
        let all = source.settings.iter();
        all.flat_map(move |setting| overrides::named(source, setting))
    });
    let paths: BTreeSet<PathBuf> = named.collect();
    let mut left = TARGETS_LIMIT;
    paths
        .into_iter()
        .map(|path| (path.clone(), target(tree, &path, &mut left)))
        .collect()
}

fn target(tree: &Tree<'_>, path: &Path, left: &mut u64) -> Target {
    let facts = tree.facts(path);
    let is_file = |facts: &files::Facts| facts.kind == FileKind::File;
    let bytes = match facts.filter(is_file) {
        Some(facts) if facts.size > *left => {
            tree.note(
                path,
                "not checked: the files that variables name are too large together",
            );
            None
        }
        Some(facts) => {
            *left -= facts.size;
            tree.bytes(path, TARGET_LIMIT)
        }
        None => None,
    };
    let document = bytes.map(|bytes| cert::read(&bytes));
    let certificates = document
        .iter()
        .flat_map(cert::Document::certificates)
        .map(|(_, certificate)| certificate.sha256());
    Target {
        certificates: certificates.collect(),
        facts,
    }
}

/// The row of the host's own table, or else of the one in this program.
fn programs(layout: &Layout, tree: &Tree<'_>) -> Vec<Release> {
    let mut releases = on_host(layout, tree);
    releases.retain(|release| release.package.is_some());
    releases
}

fn life(tree: &Tree<'_>, release: &OsRelease) -> Option<Life> {
    let distribution = release.distribution()?;
    let on_disk = tree
        .text(distribution.file())
        .and_then(|csv| release::life(distribution, &csv, release));
    on_disk.or_else(|| release::life(distribution, distribution.own_copy(), release))
}

/// The system's configuration of OpenSSL, and every other that `OPENSSL_CONF` names.
fn configurations(tree: &Tree<'_>, settings: &[Source]) -> Vec<(PathBuf, Conf)> {
    let mut paths = BTreeSet::from([PathBuf::from(OPENSSL_CONF)]);
    for source in settings
        .iter()
        .filter(|source| source.kind.is_environment())
    {
        let named = source
            .settings
            .iter()
            .filter(|setting| setting.key() == "OPENSSL_CONF");
        let absolute = named
            .filter_map(|setting| sources::expanded(source, &setting.value))
            .filter(|path| path.is_absolute());
        paths.extend(absolute.map(|path| {
            if tree.real(&path) == tree.real(Path::new(OPENSSL_CONF)) {
                PathBuf::from(OPENSSL_CONF)
            } else {
                path
            }
        }));
    }
    let read = |path: PathBuf| {
        let text = tree.text(&path)?;
        let folder = path.parent().unwrap_or(Path::new("/")).to_path_buf();
        let mut include = |name: &str| included(tree, &folder.join(name));
        let conf = openssl::parse(&path.to_string_lossy(), &text, &mut include);
        Some((path, conf))
    };
    paths.into_iter().filter_map(read).collect()
}

fn included(tree: &Tree<'_>, path: &Path) -> Vec<(String, String)> {
    let read = |path: PathBuf| Some((path.to_string_lossy().into_owned(), tree.text(&path)?));
    if !tree.is_folder(path) {
        return read(path.to_path_buf()).into_iter().collect();
    }
    let names = tree
        .names(path)
        .into_iter()
        .filter(|name| matches!(name.rsplit('.').next(), Some("cnf" | "conf")));
    names.filter_map(|name| read(path.join(name))).collect()
}

fn newest(tree: &Tree<'_>, store: &Inventory) -> Option<(PathBuf, Time)> {
    let status = tree
        .facts(dpkg::STATUS)
        .map(|facts| (PathBuf::from(dpkg::STATUS), Time(facts.modified)));
    let lists = tree
        .facts(apt::LISTS)
        .map(|facts| (PathBuf::from(apt::LISTS), Time(facts.modified)));
    let bundle = store
        .bundle()
        .and_then(Content::facts)
        .map(|facts| (Path::new(CERTS).join(BUNDLE), Time(facts.modified)));
    [status, lists, bundle]
        .into_iter()
        .flatten()
        .max_by_key(|(_, time)| *time)
}
