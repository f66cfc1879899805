//! Which version of each program this host has, and so which hello it sends.

use std::collections::BTreeMap;

use crate::host::openssl;
use crate::host::tree::Tree;
use crate::programs::hellos::{self, Offer};
use crate::store::layout::Layout;

/// Versions by program, where they are known.
pub(super) type Versions = BTreeMap<&'static str, String>;

/// The versions that this host's files tell, nothing being run.
pub(super) fn found(layout: &Layout, tree: &Tree<'_>) -> Versions {
    let mut versions = Versions::new();
    let line = openssl::library_line(layout);
    let library = line.as_deref().and_then(|line| line.split(' ').nth(1));
    for consumer in ["openssl", "curl", "python"] {
        versions.extend(library.map(|version| (consumer, version.to_string())));
    }
    versions.extend(python(tree).map(|minor| (PYTHON, minor)));
    versions.extend(go(tree).map(|version| ("go", version)));
    versions.extend(java(tree).map(|version| ("java", version)));
    versions.extend(node(tree).map(|version| ("node", version)));
    versions
}

/// The profiles to ask, each once: Python is strict from 3.13 on, and the host's is one or the other.
pub(super) fn profiles(asked: &[&'static str], versions: &Versions) -> Vec<&'static str> {
    let minor = versions
        .get(PYTHON)
        .and_then(|minor| minor.parse::<u32>().ok());
    let of_this_host = |profile: &'static str| match minor {
        Some(minor) if profile.starts_with("python") => {
            if minor < STRICT {
                "python"
            } else {
                "python-strict"
            }
        }
        _ => profile,
    };
    let mut profiles = Vec::new();
    for profile in asked.iter().copied().map(of_this_host) {
        if !profiles.contains(&profile) {
            profiles.push(profile);
        }
    }
    profiles
}

/// The minor version of the distribution's Python 3, which has nothing to do with that of its TLS.
const PYTHON: &str = "python3";
/// The minor version from which on it is strict.
const STRICT: u32 = 13;

/// The newest `python3.N`.
fn python(tree: &Tree<'_>) -> Option<String> {
    let files = tree.expand("/usr/bin/python3.*");
    let minor = files.iter().filter_map(|path| {
        let name = path.file_name()?.to_str()?;
        name.strip_prefix("python3.")?.parse::<u32>().ok()
    });
    minor.max().map(|minor| minor.to_string())
}

/// What a program's hello offers: of its version here, or of every version where none is known.
pub(super) fn offers(profile: &str, versions: &Versions) -> Vec<&'static Offer> {
    let consumer = if profile == "python-strict" {
        "python"
    } else {
        profile
    };
    match versions.get(consumer) {
        Some(version) => hellos::at(consumer, version).into_iter().collect(),
        None => hellos::of(consumer).collect(),
    }
}

/// The first line of an installation's `VERSION` (`go1.24.1`), or the name of a package's folder.
fn go(tree: &Tree<'_>) -> Option<String> {
    let own = tree.text("/usr/local/go/VERSION");
    let own = own.and_then(|text| Some(text.lines().next()?.strip_prefix("go")?.to_string()));
    own.or_else(|| {
        let folders = tree.expand("/usr/lib/go-*");
        let versions = folders.iter().filter_map(|path| {
            let name = path.file_name()?.to_str()?;
            let version = name.strip_prefix("go-")?;
            let minor: u32 = version.split('.').nth(1)?.parse().ok()?;
            Some((minor, version.to_string()))
        });
        versions.max().map(|(_, version)| version)
    })
}

/// `JAVA_VERSION="17.0.15"` in a JDK's file `release`, the newest.
fn java(tree: &Tree<'_>) -> Option<String> {
    let files = tree.expand("/usr/lib/jvm/*/release");
    let versions = files.iter().filter_map(|path| {
        let text = tree.text(path)?;
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("JAVA_VERSION="))?;
        let version = line.trim_matches('"').to_string();
        let major: u32 = version.split('.').next()?.parse().ok()?;
        Some((major, version))
    });
    versions.max().map(|(_, version)| version)
}

/// From the headers that a Node.js package brings, or the list of installed packages.
fn node(tree: &Tree<'_>) -> Option<String> {
    let text = tree.text("/usr/include/node/node_version.h")?;
    let number = |name: &str| {
        let mut lines = text.lines();
        lines.find_map(|line| {
            let rest = line.strip_prefix("#define ")?.strip_prefix(name)?;
            rest.trim().parse::<u32>().ok()
        })
    };
    let (major, minor) = (number("NODE_MAJOR_VERSION")?, number("NODE_MINOR_VERSION")?);
    Some(format!("{major}.{minor}"))
}
