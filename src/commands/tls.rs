//! `trustctl tls`: what the OpenSSL of this host can do, proven as far as it can be, and what to do about it.

mod evidence;
mod live;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::{Context, Outcome, Report};
use crate::cert::Time;
use crate::error::Exit;
use crate::host::apt;
use crate::host::copies::{self, Copy};
use crate::host::dpkg::{self, Package};
use crate::host::loader::Loader;
use crate::host::release::{Life, OsRelease, life};
use crate::host::tree::Tree;
use crate::rules::capability::{self, Candidate, Evidence, Facts, Setting, Verdict};

/// Arguments of `tls`.
#[derive(Debug, Args)]
pub struct TlsArgs {
    /// Look for copies of OpenSSL inside programs under /usr/local, /opt, /srv and /home too
    #[arg(long)]
    pub deep: bool,
    /// Run nothing, not even the distribution's own openssl
    #[arg(long)]
    pub no_run: bool,
}

/// What `tls` reports.
#[derive(Debug, Serialize)]
pub struct TlsReport {
    /// The release.
    pub release: Release,
    /// The distribution's own OpenSSL.
    pub own: Own,
    /// Each version of the protocol, at four levels of evidence.
    pub protocols: Vec<Evidence>,
    /// Settings of `openssl.cnf` in force.
    pub settings: Vec<Setting>,
    /// Lowest version that works, by the strongest evidence.
    pub minimum: Option<&'static str>,
    /// Highest version that works.
    pub maximum: Option<&'static str>,
    /// OpenSSL's security level, and where it comes from.
    pub security_level: Option<Level>,
    /// Every OpenSSL found.
    pub copies: Vec<Found>,
    /// How it stands, row by row.
    pub verdict: Verdict,
    /// What was not looked at, and why.
    pub skipped: Vec<String>,
}

/// The release of the distribution.
#[derive(Debug, Serialize)]
pub struct Release {
    /// Its name.
    pub name: String,
    /// The end of support for all users.
    pub standard_end: Option<Time>,
    /// The end of ESM or LTS.
    pub extended_end: Option<Time>,
}

/// The distribution's own OpenSSL.
#[derive(Debug, Serialize)]
pub struct Own {
    /// The library's package and version; `null` where dpkg knows none.
    pub package: Option<String>,
    /// The library's version text.
    pub library: Option<String>,
    /// What the command says of itself (first line of `openssl version`).
    pub command: Option<String>,
    /// How it was built, where the command tells.
    pub build: Vec<String>,
    /// Its OPENSSLDIR.
    pub folder: Option<String>,
}

/// A security level.
#[derive(Debug, Serialize)]
pub struct Level {
    /// 0 to 5.
    pub level: u32,
    /// Where it comes from.
    pub origin: String,
}

/// One OpenSSL.
#[derive(Debug, Serialize)]
pub struct Found {
    /// The file.
    pub path: String,
    /// Upstream version.
    pub version: String,
    /// Its date.
    pub date: String,
    /// Its OPENSSLDIR.
    pub folder: Option<String>,
    /// Whether the trust store that leads to is empty; `null` where it reads none of its own.
    pub empty_store: Option<bool>,
    /// Whether a package installed it.
    pub packaged: bool,
    /// Who brought it: `distribution`, `by hand`, `conda`, `homebrew`, `snap`, `python`, `node`.
    pub origin: &'static str,
    /// Whether programs that ask for a library of its name get it from the dynamic loader.
    pub loaded: bool,
    /// Whether it is what `openssl` in the usual search path starts.
    pub first_in_path: bool,
}

/// Packages of the library, newest first, and of the command.
const LIBRARIES: [&str; 4] = ["libssl3t64", "libssl3", "libssl1.1", "libssl1.0.0"];

/// Runs `tls`.
pub fn run(context: &Context, arguments: &TlsArgs) -> anyhow::Result<Outcome> {
    let tree = Tree::new(&context.layout);
    let first = context.variable("LD_LIBRARY_PATH").unwrap_or_default();
    let first = first.split(':').filter(|folder| !folder.is_empty());
    let host = Host::read(&tree, arguments.deep, first.map(PathBuf::from).collect());
    let conf = evidence::configuration(&tree, host.folder());
    let mut skipped = Vec::new();
    (context.progress)("testing handshakes with openssl");
    let live = match live::look(context, arguments.no_run) {
        Ok(live) => Some(live),
        Err(reason) => {
            skipped.push(format!("the distribution's openssl was not run: {reason}"));
            None
        }
    };
    let settings = evidence::settings(&conf);
    let protocols = evidence::protocols(host.version(), &settings, &host.release, live.as_ref());
    let level = evidence::level(&settings, &host.release, live.as_ref());
    let facts = host.facts(context, &tree, &protocols, &settings, live.as_ref());
    let verdict = capability::judge(&facts);
    skipped.extend(
        tree.unread()
            .iter()
            .map(|unread| format!("`{}`: {}", unread.path.display(), unread.reason)),
    );
    let exit = if verdict.has_failed() {
        Exit::Findings
    } else {
        Exit::Done
    };
    let works = |evidence: &&Evidence| evidence.conclusion() == capability::Answer::Yes;
    let report = TlsReport {
        minimum: protocols
            .iter()
            .find(works)
            .map(|evidence| evidence.protocol),
        maximum: protocols
            .iter()
            .rev()
            .find(works)
            .map(|evidence| evidence.protocol),
        release: host.release(),
        own: host.own(live.as_ref()),
        copies: host.copies(&tree),
        protocols,
        settings,
        security_level: level,
        verdict,
        skipped,
    };
    Ok(Outcome::done(Report::Tls(Box::new(report))).exit(exit))
}

/// What is read of the host without running anything.
struct Host {
    release: OsRelease,
    life: Option<Life>,
    packages: Vec<Package>,
    copies: Vec<Copy>,
    /// The libraries that the loader picks.
    loaded: BTreeSet<PathBuf>,
}

impl Host {
    fn read(tree: &Tree<'_>, deep: bool, first: Vec<PathBuf>) -> Self {
        let release = OsRelease::parse(&tree.text("/etc/os-release").unwrap_or_default());
        let life = release.distribution().and_then(|distribution| {
            let on_disk = tree.text(distribution.file()).unwrap_or_default();
            life(distribution, &on_disk, &release)
                .or_else(|| life(distribution, distribution.own_copy(), &release))
        });
        let status = tree
            .bytes(dpkg::STATUS, dpkg::STATUS_LIMIT)
            .unwrap_or_default();
        let wanted = |name: &str| name == "openssl" || LIBRARIES.contains(&name);
        let packaged = |path: &Path| {
            ["/usr/bin", "/usr/lib", "/lib"]
                .iter()
                .any(|folder| path.starts_with(folder))
        };
        let copies = copies::find(tree, &packaged, deep);
        Self {
            loaded: loaded(tree, &copies, first),
            packages: dpkg::installed(&String::from_utf8_lossy(&status), wanted),
            copies,
            release,
            life,
        }
    }

    /// The package of the library; the newest generation where there are several.
    fn library(&self) -> Option<&Package> {
        LIBRARIES
            .iter()
            .find_map(|name| self.packages.iter().find(|package| package.name == *name))
    }

    /// The distribution's own library among the copies.
    fn library_copy(&self) -> Option<&Copy> {
        let own = |copy: &&Copy| copy.packaged && copy.is_library();
        self.copies
            .iter()
            .filter(own)
            .max_by(|a, b| dpkg::compare(&a.version, &b.version))
    }

    /// The library that is loaded where the distribution's is meant.
    fn loaded_instead(&self) -> Option<&Copy> {
        let own = self.library_copy()?;
        let same_name = |copy: &&Copy| copy.path.file_name() == own.path.file_name();
        let mut loaded = self
            .copies
            .iter()
            .filter(|copy| self.loaded.contains(&copy.path));
        loaded.find(|copy| same_name(copy) && copy.path != own.path)
    }

    fn version(&self) -> Option<&str> {
        self.library_copy().map(|copy| copy.version.as_str())
    }

    fn folder(&self) -> Option<&str> {
        self.library_copy().and_then(|copy| copy.folder.as_deref())
    }

    fn release(&self) -> Release {
        Release {
            name: self.release.name.clone(),
            standard_end: self.life.as_ref().and_then(|life| life.standard),
            extended_end: self.life.as_ref().and_then(|life| life.extended),
        }
    }

    fn own(&self, live: Option<&live::Live>) -> Own {
        Own {
            package: self
                .library()
                .map(|package| format!("{} {}", package.name, package.version)),
            library: self
                .library_copy()
                .map(|copy| format!("OpenSSL {} {}", copy.version, copy.date)),
            command: live.map(|live| live.version_line.clone()),
            build: live.map_or_else(Vec::new, |live| live.build.clone()),
            folder: self.folder().map(ToString::to_string),
        }
    }

    fn copies(&self, tree: &Tree<'_>) -> Vec<Found> {
        let search = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"];
        let first = search
            .iter()
            .map(|folder| Path::new(folder).join("openssl"))
            .find(|path| tree.facts(path).is_some());
        let first = first.and_then(|path| tree.real(&path));
        let found = |copy: &Copy| Found {
            path: copy.path.display().to_string(),
            version: copy.version.clone(),
            date: copy.date.clone(),
            folder: copy.folder.clone(),
            empty_store: copy
                .folder
                .as_deref()
                .filter(|_| copy.has_own_store())
                .map(|folder| copies::store_is_empty(tree, folder)),
            packaged: copy.packaged,
            origin: copy.origin(),
            loaded: self.loaded.contains(&copy.path),
            first_in_path: copy.is_command() && first.is_some() && tree.real(&copy.path) == first,
        };
        self.copies.iter().map(found).collect()
    }

    fn facts(
        &self,
        context: &Context,
        tree: &Tree<'_>,
        protocols: &[Evidence],
        settings: &[Setting],
        live: Option<&live::Live>,
    ) -> Facts {
        let library = self.library();
        let lists = apt::read(
            tree,
            &library
                .map(|package| vec![package.name.clone()])
                .unwrap_or_default(),
        );
        let newest = library.and_then(|package| lists.newest(&package.name, &package.architecture));
        let empty = self
            .copies
            .iter()
            .filter(|copy| !copy.packaged && copy.has_own_store());
        let empty =
            empty.filter_map(|copy| Some((copy.path.display().to_string(), copy.folder.clone()?)));
        let command = self
            .copies
            .iter()
            .find(|copy| copy.packaged && copy.is_command());
        Facts {
            now: context.now,
            life: self.life.clone(),
            package: library.map(|package| {
                (
                    package.name.clone(),
                    package.version.clone(),
                    package.source_version.clone(),
                )
            }),
            version: self.version().map(ToString::to_string),
            command_version: live
                .map(|live| live.command_version.clone())
                .or_else(|| command.map(|copy| copy.version.clone())),
            candidate: Candidate {
                version: newest.map(|package| package.version.clone()),
                pinned: lists.pinned,
                fetched: lists.fetched.map(Time),
            },
            evidence: protocols.to_vec(),
            settings: settings.to_vec(),
            loaded_instead: self
                .loaded_instead()
                .map(|copy| (copy.path.display().to_string(), copy.version.clone())),
            empty_stores: empty
                .filter(|(_, folder)| copies::store_is_empty(tree, folder))
                .collect(),
            sudo: if context.uid == 0 { "" } else { "sudo " },
        }
    }
}

/// For each library's name the file that the loader picks, its links followed.
fn loaded(tree: &Tree<'_>, copies: &[Copy], first: Vec<PathBuf>) -> BTreeSet<PathBuf> {
    let loader = Loader::read(tree, first);
    let libraries = copies.iter().filter(|copy| copy.is_library());
    let names: BTreeSet<_> = libraries
        .filter_map(|copy| Some(copy.path.file_name()?.to_string_lossy().into_owned()))
        .collect();
    let picked = names.iter().filter_map(|name| loader.pick(name));
    picked
        .filter_map(|path| {
            let real = tree.real(&path)?;
            let inside = real.strip_prefix(tree.root()).ok()?;
            Some(Path::new("/").join(inside))
        })
        .collect()
}
