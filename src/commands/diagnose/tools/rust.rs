//! cargo: its configuration files and variables (The Cargo Book, "Configuration").
//!
//! Measured with cargo 1.9x, whose libcurl treats files of certificates as curl does.

use std::path::{Path, PathBuf};

use super::{Found, Look, Route, broken};
use crate::commands::diagnose::Plan;
use crate::host::format;
use crate::programs::no_proxy::NoProxy;

pub(super) fn plan(look: &mut Look<'_>) -> Plan {
    for path in files(look) {
        look.file(&path, format::toml::parse);
    }
    let replaced = look.setting(&|setting| setting.is(&["source", "crates-io", "replace-with"]));
    match &replaced {
        Some(found) => {
            look.effective(found);
            let name = found.value.clone();
            let registry = look.setting(&|setting| setting.is(&["source", &name, "registry"]));
            let index = look.setting(&|setting| setting.is(&["registries", &name, "index"]));
            for found in registry.iter().chain(&index) {
                registry_of(look, found);
            }
        }
        None => {
            look.url("https://index.crates.io/", None);
            look.url("https://static.crates.io/", None);
        }
    }
    for found in look.settings(&|setting| setting.is(&["registries", "*", "index"])) {
        registry_of(look, &found);
    }
    let file = option(look, "CARGO_HTTP_CAINFO", "cainfo");
    let proxy = option(look, "CARGO_HTTP_PROXY", "proxy");
    for found in file.iter().chain(&proxy) {
        look.effective(found);
    }
    let own = file
        .as_ref()
        .and_then(|found| look.own(found, &beside(found), true));
    let is_unread = file.is_some() && own.is_none();
    let ruling = file.filter(|_| is_unread).map(|found| {
        broken(&found, "the file can't be read; cargo says `Problem with the SSL CA cert (path? access rights?)`")
    });
    let exceptions = look.filled("no_proxy").or_else(|| look.filled("NO_PROXY"));
    let exceptions = exceptions.map_or_else(String::new, |found| found.value);
    for asked in &mut look.targets {
        asked.own.clone_from(&own);
        asked.ruling.clone_from(&ruling);
        let host = asked.target.host.to_string();
        let is_direct = NoProxy::Curl.is_direct(&exceptions, &host, asked.target.port);
        if let Some(found) = &proxy {
            asked.route = match is_direct {
                true => Route::Direct,
                false => Route::Proxy(found.value.clone()),
            };
        }
    }
    look.plan("cargo", &["curl"], Some(NoProxy::Curl))
}

fn registry_of(look: &mut Look<'_>, found: &Found) {
    look.effective(found);
    let url = found
        .value
        .trim_start_matches("sparse+")
        .trim_start_matches("registry+")
        .to_string();
    look.url(&url, Some(found));
}

/// A relative path begins at the folder that holds `.cargo` (The Cargo Book, "Config-relative paths").
fn beside(found: &Found) -> PathBuf {
    let file = found.origin.rsplit_once(':').map_or("", |(file, _)| file);
    let folder = Path::new(file).parent().and_then(Path::parent);
    folder.map_or_else(
        || PathBuf::from(&found.value),
        |folder| folder.join(&found.value),
    )
}

/// Most important first.
fn files(look: &Look<'_>) -> Vec<PathBuf> {
    let mut folders = look.upwards(".cargo");
    let home = look
        .filled("CARGO_HOME")
        .map(|found| PathBuf::from(found.value));
    folders.extend(home.or_else(|| look.home(".cargo")));
    let both = |folder: PathBuf| [folder.join("config"), folder.join("config.toml")];
    folders.into_iter().flat_map(both).collect()
}

fn option(look: &Look<'_>, variable: &str, key: &str) -> Option<Found> {
    let found = look
        .filled(variable)
        .or_else(|| look.setting(&|setting| setting.is(&["http", key])));
    found.filter(|found| !found.value.is_empty())
}
