//! `trustctl reach`: which program on this host sees a certificate, which does not, and how to make it.

mod carriers;
mod running;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::{Context, Outcome, Report};
use crate::cert::{Certificate, Fingerprint, Time};
use crate::error::{Error, Exit, Result};
use crate::host::consumers::{self, Found, Look};
use crate::host::identity::Identity;
use crate::host::reach::{Asked, Kind, Said, Store, Verdict};
use crate::host::sources::{self, Source, Wanted};
use crate::host::tree::Tree;
use crate::host::users::{self, User};
use crate::store::inventory::{Inventory, Origin};
use crate::store::layout::{BUNDLE, CERTS};
use crate::store::select;
pub use running::{Running, Unit};

/// Arguments of `reach`.
#[derive(Debug, Args)]
pub struct ReachArgs {
    /// Only stores of these kinds
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    pub only: Vec<Kind>,
    /// Look into the home of this user only
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// Say instead which running programs may still act on an older store
    #[arg(long, conflicts_with_all = ["only", "user", "selectors"])]
    pub running: bool,
    /// A file name, a SHA-256 (8 hex digits or more), or a part of the subject; none: every local certificate
    #[arg(value_name = "SELECTOR")]
    pub selectors: Vec<String>,
}

/// What `reach` reports.
#[derive(Debug, Serialize)]
pub struct ReachReport {
    /// When it was looked at.
    pub time: Time,
    /// Which host.
    pub host: Identity,
    /// The certificates that were asked about.
    pub certificates: Vec<Named>,
    /// What every store says of each, the worst first.
    pub rows: Vec<Row>,
    /// The rows in numbers.
    pub counts: BTreeMap<Verdict, usize>,
    /// What could not be looked at.
    pub unread: Vec<Unread>,
    /// Which running programs may still act on an older store, where that was asked.
    pub running: Option<Running>,
    /// Whether more could be seen as root.
    #[serde(skip)]
    pub as_user: bool,
}

/// A certificate that was asked about.
#[derive(Clone, Debug, Serialize)]
pub struct Named {
    /// Its fingerprint.
    pub sha256: Fingerprint,
    /// Its subject; `null` for one that is known by its fingerprint only.
    pub subject: Option<String>,
    /// The file of the system's store that has it.
    pub file: Option<PathBuf>,
}

/// What one store says of one certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What kind of store it is.
    pub kind: Kind,
    /// Where, inside the tree.
    pub path: PathBuf,
    /// Whose it is.
    pub owner: Option<String>,
    /// The certificate.
    pub sha256: Fingerprint,
    /// The answer.
    pub verdict: Verdict,
    /// What it rests on.
    pub evidence: String,
    /// What helps, commands in backticks; `null` where nothing has to be done, or nothing is known to help.
    pub remedy: Option<String>,
}

/// Something that could not be looked at.
#[derive(Debug, Serialize)]
pub struct Unread {
    /// Its path inside the tree.
    pub path: PathBuf,
    /// Why.
    pub reason: String,
}

/// Runs the command.
pub fn reach(context: &Context, arguments: &ReachArgs) -> anyhow::Result<Outcome> {
    if arguments.running {
        return Ok(outcome_of_running(context)?);
    }
    (context.progress)("looking at the stores of other programs");
    let inventory = Inventory::read(&context.layout);
    let (asked, named): (Vec<Asked>, Vec<Named>) =
        asked(&inventory, &arguments.selectors)?.into_iter().unzip();
    let tree = Tree::new(&context.layout);
    let accounts = users::users(&tree.text("/etc/passwd").unwrap_or_default());
    let homes = homes(context, &accounts, arguments.user.as_deref())?;
    let look = Look::new(
        &tree,
        &homes,
        &accounts,
        inventory.bundle_view(),
        context.uid,
        &arguments.only,
    );
    let stores = stores(context, &look, &inventory).stores;
    let mut rows: Vec<Row> = asked
        .iter()
        .flat_map(|asked| stores.iter().map(|store| row(store, asked)))
        .collect();
    // By certificate as they were asked for, the worst first.
    let order: BTreeMap<Fingerprint, usize> = (0..)
        .zip(&asked)
        .map(|(at, asked)| (asked.sha256, at))
        .collect();
    rows.sort_by(|a, b| {
        let key = |row: &Row| (order.get(&row.sha256).copied(), row.verdict, row.kind);
        key(a).cmp(&key(b)).then_with(|| a.path.cmp(&b.path))
    });
    let mut counts: BTreeMap<Verdict, usize> = Verdict::ALL.map(|verdict| (verdict, 0)).into();
    for row in &rows {
        *counts.entry(row.verdict).or_default() += 1;
    }
    let lacks = rows.iter().any(|row| row.verdict.lacks());
    let unread = tree.unread().into_iter().map(|unread| Unread {
        path: unread.path,
        reason: unread.reason,
    });
    let report = ReachReport {
        time: context.now,
        host: Identity::read(&context.layout),
        certificates: named,
        rows,
        counts,
        unread: unread.collect(),
        running: None,
        as_user: context.uid != 0 && context.layout.is_live(),
    };
    let exit = if lacks { Exit::Findings } else { Exit::Done };
    Ok(Outcome::done(Report::Reach(report)).exit(exit))
}

/// What runs, instead of what is on disk.
fn outcome_of_running(context: &Context) -> Result<Outcome> {
    let running = running::running(context)?;
    let exit = if running.units.is_empty() {
        Exit::Done
    } else {
        Exit::Findings
    };
    let report = ReachReport {
        time: context.now,
        host: Identity::read(&context.layout),
        certificates: Vec::new(),
        rows: Vec::new(),
        counts: Verdict::ALL.map(|verdict| (verdict, 0)).into(),
        unread: Vec::new(),
        running: Some(running),
        as_user: false,
    };
    Ok(Outcome::done(Report::Reach(report)).exit(exit))
}

/// Everything on the host that has an idea of trust.
pub(super) fn stores(context: &Context, look: &Look<'_>, inventory: &Inventory) -> Found {
    let mut found = consumers::find(look);
    let wanted = |kind: Kind| look.only.is_empty() || look.only.contains(&kind);
    if wanted(Kind::System) {
        found.stores.splice(0..0, of_system(inventory));
    }
    if wanted(Kind::Carrier) || wanted(Kind::Java) {
        let settings = settings(context, look);
        carriers::find(look, &settings, &mut found);
        found.stores.retain(|store| wanted(store.kind));
    }
    found
}

fn settings(context: &Context, look: &Look<'_>) -> Vec<Source> {
    let wanted = Wanted {
        homes: look.users.to_vec(),
        process: super::audit::process(context),
        without_projects: true,
        ..Wanted::default()
    };
    sources::gather(look.tree, wanted)
}

fn row(store: &Store, asked: &Asked) -> Row {
    let Said { verdict, evidence } = store.judge(asked);
    Row {
        kind: store.kind,
        path: store.path.clone(),
        owner: store.owner.clone(),
        sha256: asked.sha256,
        verdict,
        evidence,
        remedy: store.remedy_for(asked, verdict),
    }
}

/// The three views of the system's store.
fn of_system(inventory: &Inventory) -> Vec<Store> {
    let folder = Path::new(CERTS);
    let views = [
        (
            folder.join(BUNDLE),
            "the bundle (curl, GnuTLS, Python)",
            inventory.bundle_view(),
        ),
        (
            folder.to_path_buf(),
            "the hash directory (OpenSSL)",
            inventory.hash_view(),
        ),
        (
            folder.to_path_buf(),
            "every file of the folder (Go)",
            inventory.file_view(),
        ),
    ];
    let store = |(path, view, trusted): (PathBuf, &str, BTreeSet<Fingerprint>)| {
        Store::of(
            Kind::System,
            path,
            trusted.into(),
            format!("in {view}"),
            format!("not in {view}"),
        )
        .owned_by(Some("root".to_string()))
    };
    views.into_iter().map(store).collect()
}

/// Root looks into all homes, and so does a look at an image; others only into their own.
fn homes(context: &Context, accounts: &[User], only: Option<&str>) -> Result<Vec<User>> {
    let mut all = users::with_homes(accounts.to_vec());
    if context.uid != 0 && context.layout.is_live() {
        all.retain(|user| user.uid == context.uid);
    }
    if let Some(name) = only {
        if !accounts.iter().any(|user| user.name == name) {
            return Err(Error::new(format!("there is no user `{name}`"))
                .hint("`getent passwd` lists the users"));
        }
        all.retain(|user| user.name == name);
        if all.is_empty() {
            return Err(
                Error::new(format!("the home of `{name}` cannot be looked into"))
                    .hint("run the command as root, for example with `sudo`"),
            );
        }
    }
    Ok(all)
}

/// The certificates that are meant, each once.
fn asked(inventory: &Inventory, selectors: &[String]) -> Result<Vec<(Asked, Named)>> {
    let mut all: Vec<(Asked, Named)> = Vec::new();
    let mut add = |found: (Asked, Named)| {
        if !all.iter().any(|(known, _)| known.sha256 == found.0.sha256) {
            all.push(found);
        }
    };
    if selectors.is_empty() {
        for source in inventory.local() {
            for certificate in source.content.certificates() {
                add(of_certificate(inventory, certificate));
            }
        }
        return Ok(all);
    }
    for selector in selectors {
        match select::sources(inventory, None, selector) {
            Ok(found) => {
                let whole = found
                    .sources
                    .iter()
                    .flat_map(|source| source.content.certificates());
                let whole: Vec<&Certificate> = whole.collect();
                let fits = |certificate: &&&Certificate| select::matches(certificate, selector);
                let some = whole.iter().any(|certificate| fits(&certificate));
                for certificate in whole
                    .iter()
                    .filter(|certificate| !some || fits(certificate))
                {
                    add(of_certificate(inventory, certificate));
                }
            }
            // One that is gone from this store may still be trusted in others.
            Err(error) => match selector.parse::<Fingerprint>() {
                Ok(sha256) => add(of_fingerprint(inventory, sha256)),
                Err(_) => {
                    return Err(error.hint(
                        "a certificate that is in no source can be named by its whole SHA-256",
                    ));
                }
            },
        }
    }
    Ok(all)
}

fn of_certificate(inventory: &Inventory, certificate: &Certificate) -> (Asked, Named) {
    let sha256 = certificate.sha256();
    let mut holders = inventory.sources.iter().filter(|source| {
        let single = source.single();
        single.is_some_and(|single| single.sha256() == sha256)
    });
    let holder = holders.next();
    let file = holder.map(|source| source.place.name.clone());
    let selected = holder.is_some_and(|source| source.selected);
    let vendor = holder.is_some_and(|source| source.origin == Origin::Vendor);
    let stem = file.as_deref().and_then(Path::file_stem);
    let name = stem.map_or_else(|| short(sha256), |stem| stem.to_string_lossy().into_owned());
    let named = Named {
        sha256,
        subject: Some(certificate.subject().display().to_string()),
        file: file.clone(),
    };
    let asked = Asked {
        sha256,
        name,
        file,
        in_bundle: inventory.bundle_view().contains(&sha256),
        selected,
        vendor,
    };
    (asked, named)
}

fn of_fingerprint(inventory: &Inventory, sha256: Fingerprint) -> (Asked, Named) {
    let asked = Asked {
        sha256,
        name: short(sha256),
        file: None,
        in_bundle: inventory.bundle_view().contains(&sha256),
        selected: false,
        vendor: false,
    };
    let named = Named {
        sha256,
        subject: None,
        file: None,
    };
    (asked, named)
}

fn short(sha256: Fingerprint) -> String {
    sha256.to_string().chars().take(16).collect()
}
