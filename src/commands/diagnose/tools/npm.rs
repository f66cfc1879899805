//! npm: its configuration files and variables (npm documentation, "config", "npmrc").

use std::path::PathBuf;

use super::{Found, Look};
use crate::commands::diagnose::Plan;
use crate::host::format;

pub(super) fn plan(look: &mut Look<'_>) -> Plan {
    for path in files(look) {
        look.file(&path, format::ini::npm);
    }
    let registry = option(look, "registry");
    let url = look.or_default(registry.clone(), "registry", "https://registry.npmjs.org/");
    look.url(&url, registry.as_ref());
    for scoped in look
        .settings(&|setting| setting.key().starts_with('@') && setting.key().ends_with(":registry"))
    {
        look.effective(&scoped);
        look.url(&scoped.value, Some(&scoped));
    }
    bypasses(look);
    let file = option(look, "cafile").filter(|found| !found.value.is_empty());
    if let Some(found) = &file {
        look.effective(found);
    } else {
        look.note("Debian's Node.js reads the system store; others bring a list of their own and need `NODE_EXTRA_CA_CERTS` or npm's `cafile`");
    }
    let proxy = option(look, "https-proxy").or_else(|| option(look, "proxy"));
    let proxy = proxy.filter(|found| !matches!(found.value.as_str(), "" | "null" | "false"));
    if let Some(found) = &proxy {
        look.effective(found);
    }
    let mut plan = look.plan("npm", &["node"]);
    plan.own_file = file.map(|found| (PathBuf::from(found.value), found.name));
    plan.proxy = proxy.map(|found| found.value);
    plan
}

fn bypasses(look: &mut Look<'_>) {
    if let Some(found) = option(look, "strict-ssl").filter(|found| found.value == "false") {
        look.advise(
            "bypass",
            &found,
            "npm checks no certificate",
            "set `cafile`, or add the CA to the system store, then delete it",
        );
    }
    if let Some(found) = look
        .variable("NODE_TLS_REJECT_UNAUTHORIZED")
        .filter(|found| found.value == "0")
    {
        look.advise(
            "bypass",
            &found,
            "Node.js checks no certificate in this process",
            "use `NODE_EXTRA_CA_CERTS`, then unset it",
        );
    }
}

/// Most important first; a project's own file lies in the folder of the call.
fn files(look: &Look<'_>) -> Vec<PathBuf> {
    let mut files = vec![look.context.folder.join(".npmrc")];
    let own = look
        .context
        .variable("NPM_CONFIG_USERCONFIG")
        .or_else(|| look.context.variable("npm_config_userconfig"));
    files.extend(own.map(PathBuf::from).or_else(|| look.home(".npmrc")));
    files.extend(["/etc/npmrc", "/usr/etc/npmrc", "/usr/local/etc/npmrc"].map(PathBuf::from));
    files
}

/// `npm_config_NAME` in lower or upper case, or the key in a file.
fn option(look: &Look<'_>, name: &str) -> Option<Found> {
    let variable = format!("npm_config_{}", name.replace('-', "_"));
    let found = look
        .variable(&variable)
        .or_else(|| look.variable(&variable.to_uppercase()));
    found.or_else(|| look.setting(&|setting| setting.is(&[name])))
}
