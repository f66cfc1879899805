//! docker (dockerd(8), "daemon.json"; `certs.d`) and containerd (`certs.d/HOST/hosts.toml`): registries.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::{Found, Look, Route};
use crate::commands::diagnose::Plan;
use crate::commands::diagnose::gather::Own;
use crate::host::format::{self, Setting};
use crate::host::places;
use crate::probe::target::{Host, Target};
use crate::programs::no_proxy::NoProxy;

const DOCKER: &str = "/etc/docker/certs.d";
const CONTAINERD: &str = "/etc/containerd/certs.d";
/// What Docker asks where no registry is named.
const HUB: [&str; 2] = ["https://registry-1.docker.io/", "https://auth.docker.io/"];

/// The registries named, or those of the configuration; the daemon reads its own files, whoever calls.
pub(super) fn docker(look: &mut Look<'_>, names: &[String]) -> Plan {
    let files = places::SYSTEM
        .iter()
        .filter(|(_, kind)| *kind == places::Kind::Docker);
    let mut files: Vec<PathBuf> = files.map(|(path, _)| PathBuf::from(path)).collect();
    files.extend(look.home(".config/docker/daemon.json"));
    for path in files {
        look.file(&path, format::json::parse);
    }
    for name in names {
        look.url(&registry(name), None);
    }
    let mirrors = look.settings(&|setting| setting.is(&["registry-mirrors", "*"]));
    for found in mirrors.iter().filter(|_| names.is_empty()) {
        look.effective(found);
        look.url(&found.value, Some(found));
    }
    let insecure = look.settings(&|setting| setting.is(&["insecure-registries", "*"]));
    if names.is_empty() {
        let folders = look.tree.entries(Path::new(DOCKER)).into_iter();
        for (folder, _) in folders {
            look.url(&format!("https://{folder}/"), None);
        }
        for found in insecure.iter().filter(|found| !found.value.contains('/')) {
            look.url(&format!("https://{}/", found.value), Some(found));
        }
        for url in HUB {
            look.url(url, None);
        }
    }
    for at in 0..look.targets.len() {
        let own = look
            .targets
            .get(at)
            .and_then(|asked| certificates(look, &asked.target));
        if let Some(asked) = look.targets.get_mut(at) {
            asked.own = own;
        }
    }
    let proxy = look.setting(&|setting| setting.is(&["proxies", "https-proxy"]));
    let exceptions = look.setting(&|setting| setting.is(&["proxies", "no-proxy"]));
    if let Some(found) = &proxy {
        look.effective(found);
        let exceptions = exceptions.map_or_else(String::new, |found| found.value);
        for asked in &mut look.targets {
            let host = asked.target.host.to_string();
            asked.route = match NoProxy::Go.is_direct(&exceptions, &host, asked.target.port) {
                true => Route::Direct,
                false => Route::Proxy(found.value.clone()),
            };
        }
    } else {
        look.note("the daemon has an environment of its own: proxies are those of `daemon.json` and of its unit (`systemctl show docker -p Environment`), not of this shell");
    }
    for found in &insecure {
        look.unverified("docker", found, &|target| is_named(&found.value, target));
        look.advise(
            "bypass",
            found,
            "docker checks no certificate of this registry, and falls back to HTTP in clear",
            &format!("put the registry's CA into `{DOCKER}/HOST:PORT/ca.crt`, then delete it"),
        );
    }
    if look.targets.iter().any(|asked| is_loopback(&asked.target)) {
        look.note(
            "docker checks no certificates of registries on loopback addresses (127.0.0.0/8)",
        );
    }
    look.plan("docker", &["go"], Some(NoProxy::Go))
}

/// `*.crt` in the registry's folder count beside the system's store.
fn certificates(look: &Look<'_>, target: &Target) -> Option<Own> {
    let folders = [target.to_string(), target.host.to_string()];
    let count = if target.port == 443 { 2 } else { 1 };
    folders.iter().take(count).find_map(|name| {
        let folder = Path::new(DOCKER).join(name);
        let names = look.tree.names(&folder).into_iter().take(100);
        let found = super::default_of(&folder.display().to_string(), "");
        let mut all: Option<Own> = None;
        let is_read = |name: &String| Path::new(name).extension().is_some_and(|end| end == "crt");
        for name in names.filter(is_read) {
            let one = look.own(&found, &folder.join(name), true)?;
            match &mut all {
                Some(all) => all.certificates.extend(one.certificates),
                None => all = Some(one),
            }
        }
        all
    })
}

/// A registry as a URL: `HOST[:PORT]`, with or without the name of an image behind it.
fn registry(name: &str) -> String {
    match name.contains("://") {
        true => name.to_string(),
        false => format!("https://{}/", name.split('/').next().unwrap_or(name)),
    }
}

/// An entry of `insecure-registries`: a registry, or a network.
fn is_named(entry: &str, target: &Target) -> bool {
    if let (Host::Address(address), true) = (&target.host, entry.contains('/')) {
        // Go's rule of NO_PROXY reads networks alike.
        return NoProxy::Go.is_direct(entry, &address.to_string(), target.port)
            && !address.is_loopback();
    }
    let with_port = target.to_string();
    entry.eq_ignore_ascii_case(&with_port)
        || (target.port == 443 && entry.eq_ignore_ascii_case(&target.host.to_string()))
}

fn is_loopback(target: &Target) -> bool {
    match &target.host {
        Host::Address(address) => IpAddr::is_loopback(address),
        Host::Name(name) => name == "localhost",
    }
}

/// The hosts of every registry that has a `hosts.toml`, or of those named.
pub(super) fn containerd(look: &mut Look<'_>, names: &[String]) -> Plan {
    let mut registries: Vec<String> = names.to_vec();
    if registries.is_empty() {
        registries = look
            .tree
            .entries(Path::new(CONTAINERD))
            .into_iter()
            .map(|(name, _)| name)
            .collect();
    }
    for name in &registries {
        let path = Path::new(CONTAINERD).join(name).join("hosts.toml");
        look.layers.clear();
        look.file(&path, format::toml::parse);
        hosts(look, name, &path);
    }
    look.note("`hosts.toml` counts only where `config_path` in `/etc/containerd/config.toml` names the folder");
    look.plan("containerd", &["go"], Some(NoProxy::Go))
}

/// What one `hosts.toml` names: `[host."URL"]` with its `ca` and `skip_verify`, and `server`.
fn hosts(look: &mut Look<'_>, name: &str, path: &Path) {
    let server = look.setting(&|setting| setting.is(&["server"]));
    let url = server
        .as_ref()
        .map_or_else(|| registry(name), |found| found.value.clone());
    let mut urls: Vec<(String, Option<Found>)> = vec![(url, server)];
    for found in look.settings(&|setting| setting.path.first().is_some_and(|first| first == "host"))
    {
        let url = found.name.trim_start_matches("host.").to_string();
        let url = match url.rsplit_once('.') {
            Some((before, key)) if !key.contains(['/', ':']) => before.to_string(),
            _ => url,
        };
        if url.contains("://") && !urls.iter().any(|(known, _)| *known == url) {
            urls.push((url, Some(found)));
        }
    }
    for (at, (url, found)) in urls.iter().enumerate() {
        let is_of = |setting: &Setting, key: &str| match at {
            0 => setting.path.first().is_some_and(|first| first == key),
            _ => setting.is(&["host", url, key]) || setting.is(&["host", url, key, "*"]),
        };
        let certificate = look.setting(&|setting| is_of(setting, "ca"));
        let folder = path.parent().unwrap_or(Path::new("/"));
        let own = certificate
            .as_ref()
            .and_then(|found| look.own(found, &folder.join(&found.value), true));
        let off = look.setting(&|setting| is_of(setting, "skip_verify") && setting.value == "true");
        for found in certificate.iter().chain(&off) {
            look.effective(found);
        }
        let Some(asked) = look.url(url, found.as_ref()) else {
            continue;
        };
        asked.own = own;
        let target = asked.target.clone();
        if let Some(found) = off {
            look.unverified("containerd", &found, &|one| *one == target);
            look.advise(
                "bypass",
                &found,
                "containerd checks no certificate of this host",
                "name its CA with `ca`, then delete it",
            );
        }
    }
}
