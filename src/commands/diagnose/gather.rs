//! What is known of this host, gathered for the judgement: the stores as each program reads them, and its clock's bounds.

mod readers;
mod versions;

use std::collections::BTreeSet;
use std::path::Path;

use crate::cert::readers::Harm;
use crate::cert::{self, Certificate, Fingerprint, Time};
use crate::commands::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::host::tree::Tree;
use crate::host::{installed, keystore};
use crate::rules::diagnosis::facts::{Bundle, Facts, Floor, Uneven};
use crate::store::inventory::{Content, Inventory, Origin};
use crate::system::files;
use readers::Gatherer;

/// A file of certificates named by a variable or on the command line is not read when larger.
pub(super) const FILE_LIMIT: u64 = 16 << 20;

/// Whom to ask, and what for.
pub(super) struct Question<'a> {
    /// The profiles to judge by.
    pub(super) consumers: &'a [&'static str],
    /// What a tool's own configuration makes it trust.
    pub(super) own: Option<&'a Own>,
    /// What was named with `--ca`.
    pub(super) candidates: &'a [(String, Certificate)],
}

/// Certificates that a tool's own configuration names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Own {
    /// The setting.
    pub(super) setting: String,
    /// Where they come from, in words.
    pub(super) label: String,
    /// The certificates.
    pub(super) certificates: Vec<Certificate>,
    /// Whether the system's store counts beside them.
    pub(super) adds: bool,
}

/// Gathers everything.
pub(super) fn facts(context: &Context, question: &Question<'_>) -> Facts {
    let inventory = Inventory::read(&context.layout);
    let tree = Tree::new(&context.layout);
    let keystore = java(&tree);
    let releases = installed::on_host(&context.layout, &tree);
    let openssl = versions::openssl(&releases).map(|release| release.version.to_string());
    let mut gatherer = Gatherer::new(context, &inventory, &tree, &keystore, &releases);
    gatherer.readers(question);
    Facts {
        now: context.now,
        floor: floor(&tree),
        bundle: bundle(&inventory),
        damage: damage(&inventory),
        uneven: uneven(&inventory, keystore.as_ref().ok()),
        deselected: deselected(&inventory),
        missing: inventory
            .missing
            .iter()
            .map(|(_, name)| name.clone())
            .collect(),
        vendor: fingerprints(&inventory, Origin::Vendor),
        local: fingerprints(&inventory, Origin::Local),
        openssl,
        candidates: question.candidates.to_vec(),
        proxy_variables: proxy_variables(context),
        sudo: if context.uid == 0 { "" } else { "sudo " },
        stores: gatherer.stores,
        readers: gatherer.readers,
        skipped: gatherer.skipped,
    }
}

/// The certificates of a file named on the command line.
pub(super) fn candidates(context: &Context, path: &Path) -> Result<Vec<(String, Certificate)>> {
    let real = context.absolute(path);
    let bytes = files::read(&real, FILE_LIMIT)?;
    let name = path.display().to_string();
    let document = cert::read(&bytes);
    let found: Vec<_> = document
        .certificates()
        .map(|(_, certificate)| (name.clone(), certificate.clone()))
        .collect();
    if found.is_empty() {
        return Err(
            Error::new(format!("`{name}` holds no certificate that can be read"))
                .kind(ErrorKind::Refused)
                .hint(format!("run `trustctl check {name}` to see why")),
        );
    }
    Ok(found)
}

fn bundle(inventory: &Inventory) -> Bundle {
    match inventory.bundle() {
        None => Bundle::Missing,
        Some(content) => match content.certificates().count() {
            0 => Bundle::Empty,
            count => Bundle::Holds(count),
        },
    }
}

fn deselected(inventory: &Inventory) -> Vec<(String, Certificate)> {
    let Some(conf) = &inventory.conf else {
        return Vec::new();
    };
    let names: BTreeSet<String> = conf.deselected().collect();
    let sources = inventory.vendor().filter(|source| !source.selected);
    let named = sources.filter_map(|source| {
        let name = names
            .iter()
            .find(|name| source.place.name.ends_with(name.as_str()))?;
        Some((name.clone(), source.single()?.clone()))
    });
    named.collect()
}

/// What programs stumble over in the bundle.
fn damage(inventory: &Inventory) -> Option<Harm> {
    inventory.bundle()?.harm()
}

/// Certificates that are selected or in one part of the store, and that another part lacks.
fn uneven(inventory: &Inventory, keystore: Option<&BTreeSet<Fingerprint>>) -> Vec<Uneven> {
    let mut parts = vec![
        ("the bundle", inventory.bundle_view()),
        ("the hash directory", inventory.hash_view()),
    ];
    parts.extend(keystore.map(|view| ("the Java keystore", view.clone())));
    let selected = inventory.sources.iter().filter(|source| source.selected);
    let delivered = selected.flat_map(|source| {
        let name = source.place.name.display().to_string();
        let certificates = source.content.certificates();
        certificates.map(move |certificate| (certificate, Some(name.clone())))
    });
    let entries = inventory.entries.values();
    let present = entries
        .filter_map(|entry| entry.content.as_deref())
        .flat_map(Content::certificates)
        .map(|certificate| (certificate, None));
    let mut known = BTreeSet::new();
    let mut uneven = Vec::new();
    for (certificate, source) in delivered.chain(present) {
        let sha256 = certificate.sha256();
        let (has, lacks): (Vec<_>, Vec<_>) =
            parts.iter().partition(|(_, view)| view.contains(&sha256));
        let is_read = source.is_some() || !has.is_empty();
        if is_read && !lacks.is_empty() && known.insert(sha256) {
            let names =
                |parts: Vec<&(&'static str, _)>| parts.into_iter().map(|(n, _)| *n).collect();
            uneven.push(Uneven {
                certificate: certificate.clone(),
                source,
                has: names(has),
                lacks: names(lacks),
            });
        }
    }
    uneven
}

/// What is in the Java keystore, or why that can't be told.
fn java(tree: &Tree<'_>) -> Result<BTreeSet<Fingerprint>, String> {
    let path = keystore::CACERTS;
    let read = keystore::of(tree).ok_or_else(|| format!("there is no keystore `{path}`"))?;
    let entries = read.map_err(|fault| format!("`{path}`: {fault}"))?;
    Ok(entries.iter().map(|entry| entry.sha256).collect())
}

fn fingerprints(inventory: &Inventory, origin: Origin) -> BTreeSet<Fingerprint> {
    let sources = inventory
        .sources
        .iter()
        .filter(|source| source.origin == origin);
    sources
        .flat_map(|source| source.content.certificates())
        .map(Certificate::sha256)
        .collect()
}

fn proxy_variables(context: &Context) -> Vec<String> {
    let names = [
        "https_proxy",
        "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
        "http_proxy",
        "HTTP_PROXY",
    ];
    let set = |name: &&str| {
        context
            .variable(name)
            .is_some_and(|value| !value.is_empty())
    };
    names
        .iter()
        .copied()
        .filter(set)
        .map(ToString::to_string)
        .collect()
}

/// Files that every host writes to in its ordinary life: the clock can't be before the newest of them.
fn floor(tree: &Tree<'_>) -> Option<Floor> {
    let files = [
        "/var/lib/dpkg/status",
        "/etc/ssl/certs/ca-certificates.crt",
        "/var/lib/apt/extended_states",
        "/etc/ld.so.cache",
    ];
    let dated = files
        .iter()
        .filter_map(|path| Some((tree.facts(path)?.modified, path)));
    let (modified, path) = dated.max()?;
    Some(Floor {
        time: Time(modified),
        evidence: format!("`{path}`"),
    })
}
