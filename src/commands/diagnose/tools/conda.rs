//! conda: its configuration files and variables (conda documentation, "Using the .condarc conda configuration file").

use std::path::{Path, PathBuf};

use super::{Found, Look, Route};
use crate::commands::diagnose::Plan;
use crate::host::format::{self, yaml};
use crate::host::places;
use crate::programs::no_proxy::NoProxy;

/// Where channels with a name alone lie.
const ALIAS: &str = "https://conda.anaconda.org";
/// Where the channel `defaults` lies.
const DEFAULTS: &str = "https://repo.anaconda.com/pkgs/main";

pub(super) fn plan(look: &mut Look<'_>) -> Plan {
    for path in files(look) {
        look.file(&path, format::yaml::parse);
    }
    let alias =
        option(look, "channel_alias").map_or_else(|| ALIAS.to_string(), |found| found.value);
    let mut channels = look.settings(&|setting| setting.is(&["channels", "*"]));
    if channels.is_empty() {
        channels.push(super::default_of("channels", "defaults"));
    }
    let defaults = look.settings(&|setting| setting.is(&["default_channels", "*"]));
    for channel in channels {
        look.effective(&channel);
        match channel.value.as_str() {
            "defaults" if defaults.is_empty() => drop(look.url(DEFAULTS, None)),
            "defaults" => {
                for found in &defaults {
                    look.url(&found.value, Some(found));
                }
            }
            url if url.contains("://") => drop(look.url(url, Some(&channel))),
            name => drop(look.url(
                &format!("{}/{name}", alias.trim_end_matches('/')),
                Some(&channel),
            )),
        }
    }
    let verify = option(look, "ssl_verify");
    let own = verify.as_ref().filter(|found| found.value.contains('/'));
    let own = own.and_then(|found| look.own(found, &look.without_tilde(&found.value), false));
    let own = own.or_else(|| {
        let found = look
            .filled("REQUESTS_CA_BUNDLE")
            .or_else(|| look.filled("CURL_CA_BUNDLE"))?;
        look.own(&found, Path::new(&found.value), false)
    });
    let bundled = look
        .filled("CONDA_PREFIX")
        .map(|found| Path::new(&found.value).join("ssl/cacert.pem"));
    let is_system = verify
        .as_ref()
        .is_some_and(|found| found.value == "truststore");
    let own = own.or_else(|| {
        let path = bundled.filter(|_| !is_system)?;
        look.own(&super::default_of("ssl_verify", "true"), &path, false)
    });
    if own.is_none() && !is_system {
        look.note("conda brings a list of its own (certifi), which is not read here: `conda config --set ssl_verify truststore` makes it read the system store (conda 23.9 and later)");
    }
    let proxy = look.setting(&|setting| setting.is(&["proxy_servers", "https"]));
    for found in verify.iter().chain(&proxy) {
        look.effective(found);
    }
    for asked in &mut look.targets {
        asked.own.clone_from(&own);
        if let Some(found) = &proxy {
            asked.route = Route::Proxy(found.value.clone());
        }
    }
    if let Some(found) =
        verify.filter(|found| yaml::is_false(&found.value) || found.value == "<false>")
    {
        look.unverified("conda", &found, &|_| true);
        look.advise(
            "bypass",
            &found,
            "conda checks no certificate",
            "set `ssl_verify: truststore`",
        );
    }
    look.plan("conda", &["python"], Some(NoProxy::Requests))
}

/// Most important first.
fn files(look: &Look<'_>) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = look
        .filled("CONDARC")
        .map(|found| found.value.into())
        .into_iter()
        .collect();
    files.extend(
        look.filled("CONDA_PREFIX")
            .map(|found| Path::new(&found.value).join(".condarc")),
    );
    let user = places::USER
        .iter()
        .filter(|(_, kind)| *kind == places::Kind::Conda);
    let user = user.filter_map(|(path, _)| look.home(path)).rev();
    let system = places::SYSTEM
        .iter()
        .filter(|(_, kind)| *kind == places::Kind::Conda);
    let system = system.map(|(path, _)| PathBuf::from(path)).rev();
    let patterns = user.chain(system);
    files.extend(patterns.flat_map(|path| look.tree.expand(&path.to_string_lossy())));
    files
}

fn option(look: &Look<'_>, name: &str) -> Option<Found> {
    let variable = look.filled(&format!("CONDA_{}", name.to_uppercase()));
    variable.or_else(|| look.setting(&|setting| setting.is(&[name])))
}
