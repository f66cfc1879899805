//! kubectl: the server of the current context (`kubectl config view`).

use std::path::{Path, PathBuf};

use base64::prelude::{BASE64_STANDARD, Engine};

use super::{Found, Look, Route, broken, own_of};
use crate::commands::diagnose::Plan;
use crate::error::{Error, ErrorKind, Result};
use crate::host::format;
use crate::programs::no_proxy::NoProxy;

pub(super) fn plan(look: &mut Look<'_>) -> Result<Plan> {
    for path in files(look) {
        look.file(&path, format::yaml::parse);
    }
    let context =
        look.setting(&|setting| setting.is(&["current-context"]) && !setting.value.is_empty());
    let Some(context) = context else {
        return Err(Error::new("no configuration of kubectl with a `current-context` was found")
            .kind(ErrorKind::NotFound)
            .hint("name the file in `KUBECONFIG`, or the server itself: `trustctl diagnose https://HOST:6443/`"));
    };
    look.effective(&context);
    let cluster = of_named(look, "contexts", &context.value, &["context", "cluster"]);
    let cluster = cluster.map_or_else(String::new, |found| found.value);
    let get = |look: &Look<'_>, key: &str| of_named(look, "clusters", &cluster, &["cluster", key]);
    let Some(server) = get(look, "server") else {
        return Err(Error::new(format!(
            "the cluster `{cluster}` of kubectl's configuration names no server"
        ))
        .kind(ErrorKind::Config));
    };
    look.effective(&server);
    look.url(&server.value, Some(&server));
    // Data comes before a file (client-go, `clientcmd`), and either takes the place of the system's store.
    let data = get(look, "certificate-authority-data").filter(|found| !found.value.is_empty());
    let file = get(look, "certificate-authority").filter(|found| !found.value.is_empty());
    let mut ruling = None;
    let own = match (&data, &file) {
        (Some(found), _) => {
            let bytes = BASE64_STANDARD.decode(found.value.replace([' ', '\n'], ""));
            let own = own_of(found, &bytes.unwrap_or_default(), false);
            let value = format!("({} certificates)", own.certificates.len());
            look.effective(&Found {
                value,
                ..found.clone()
            });
            Some(own)
        }
        (None, Some(found)) => {
            look.effective(found);
            // A relative path begins at the file of settings.
            let folder = Path::new(&found.origin).parent().unwrap_or(Path::new("/"));
            let own = look.own(found, &folder.join(&found.value), false);
            if own.is_none() {
                ruling = Some(broken(
                    found,
                    "the file can't be read; kubectl says `unable to read certificate-authority`",
                ));
            }
            own
        }
        (None, None) => None,
    };
    let proxy = get(look, "proxy-url").filter(|found| !found.value.is_empty());
    if let Some(found) = &proxy {
        look.effective(found);
    }
    if get(look, "tls-server-name").is_some() {
        look.note("`tls-server-name` is set: kubectl asks for that name, while the name of the server is looked at here");
    }
    for asked in &mut look.targets {
        (asked.own, asked.ruling) = (own.clone(), ruling.clone());
        if let Some(found) = &proxy {
            asked.route = Route::Proxy(found.value.clone());
        }
    }
    let off =
        get(look, "insecure-skip-tls-verify").filter(|found| format::yaml::is_true(&found.value));
    if let Some(found) = off {
        look.unverified("kubectl", &found, &|_| true);
        look.advise(
            "bypass",
            &found,
            "kubectl checks no certificate, and sends its credentials to whoever answers",
            "set `certificate-authority-data`, then delete it",
        );
    }
    Ok(look.plan("kubectl", &["go"], Some(NoProxy::Go)))
}

/// A list in `KUBECONFIG`, the first being the most important, or the file in the home.
fn files(look: &Look<'_>) -> Vec<PathBuf> {
    match look.filled("KUBECONFIG") {
        Some(found) => found
            .value
            .split(':')
            .filter(|path| !path.is_empty())
            .map(PathBuf::from)
            .collect(),
        None => look.home(".kube/config").into_iter().collect(),
    }
}

/// A key in the item of a list that has this name.
fn of_named(look: &Look<'_>, list: &str, name: &str, keys: &[&str; 2]) -> Option<Found> {
    let items = look.layers.iter().flat_map(|layer| &layer.settings);
    let mut items =
        items.filter(|setting| setting.is(&[list, "*", "name"]) && setting.value == name);
    let at = items.next()?.path.get(1)?.clone();
    let [outer, inner] = *keys;
    look.setting(&|setting| setting.is(&[list, &at, outer, inner]))
}
