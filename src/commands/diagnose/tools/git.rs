//! git over HTTPS: git-config(1), "http", and the remotes of a repository.

use std::path::{Path, PathBuf};

use super::{Found, Look};
use crate::commands::diagnose::Plan;
use crate::error::{Error, ErrorKind, Result};
use crate::host::format;
use crate::host::format::Setting;
use crate::programs::no_proxy::NoProxy;
use crate::system::files;

/// A repository's configuration is not read when larger.
const CONFIG: u64 = 1 << 20;

pub(super) fn plan(look: &mut Look<'_>, urls: &[String]) -> Result<Plan> {
    let own = look.context.folder.join(".git/config");
    if let Ok(bytes) = files::read(&own, CONFIG) {
        look.layers.push(super::Layer {
            settings: format::git::parse(&String::from_utf8_lossy(&bytes)),
            path: Some(own),
        });
    }
    for path in paths(look) {
        look.file(&path, format::git::parse);
    }
    let urls = if urls.is_empty() {
        remotes(look)?
    } else {
        urls.to_vec()
    };
    for url in &urls {
        look.url(url, None);
    }
    let first = urls.first().map_or("", String::as_str);
    bypasses(look, first);
    let file = look
        .variable("GIT_SSL_CAINFO")
        .filter(|found| !found.value.is_empty())
        .or_else(|| http(look, "sslcainfo", first));
    if let Some(found) = &file {
        look.effective(found);
    }
    let proxy = http(look, "proxy", first).filter(|found| !found.value.is_empty());
    if let Some(found) = &proxy {
        look.effective(found);
    }
    let mut plan = look.plan("git", &["gnutls"]);
    plan.own_file = file.map(|found| (PathBuf::from(found.value), found.name));
    plan.rule = Some(NoProxy::Curl);
    plan.proxy = proxy.map(|found| found.value);
    Ok(plan)
}

/// Most important first.
fn paths(look: &Look<'_>) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    paths.extend(look.home(".gitconfig"));
    paths.extend(match look.context.variable("XDG_CONFIG_HOME") {
        Some(folder) => Some(Path::new(folder).join("git/config")),
        None => look.home(".config/git/config"),
    });
    paths.push(PathBuf::from("/etc/gitconfig"));
    paths
}

fn remotes(look: &Look<'_>) -> Result<Vec<String>> {
    let found = look.settings(&|setting| setting.is(&["remote", "*", "url"]));
    if found.is_empty() {
        return Err(Error::new(
            "no URL was given, and the folder of the call is no repository with a remote",
        )
        .kind(ErrorKind::Usage)
        .hint("name one: `trustctl diagnose git https://git.example.org/repository.git`"));
    }
    Ok(found.into_iter().map(|found| found.value).collect())
}

/// `http.KEY` for a URL: `http.<url>.KEY` whose URL is a prefix comes before the general one.
fn http(look: &Look<'_>, key: &str, url: &str) -> Option<Found> {
    let scoped = |setting: &Setting| {
        setting.is(&["http", "*", key])
            && setting
                .path
                .get(1)
                .is_some_and(|prefix| url.starts_with(prefix.trim_end_matches('/')))
    };
    look.setting(&scoped)
        .or_else(|| look.setting(&|setting| setting.is(&["http", key])))
}

fn bypasses(look: &mut Look<'_>, url: &str) {
    if let Some(found) = look.variable("GIT_SSL_NO_VERIFY") {
        look.advise(
            "bypass",
            &found,
            "git checks no certificate; any value does this, even 0",
            "unset it",
        );
    }
    if let Some(found) =
        http(look, "sslverify", url).filter(|found| format::git::is_false(&found.value))
    {
        look.advise(
            "bypass",
            &found,
            "git checks no certificate",
            "add the CA to the system store, or set `http.<url>.sslCAInfo`, then delete it",
        );
    }
}
