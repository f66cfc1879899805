//! npm: its configuration files and variables (npm documentation, "config", "npmrc"). pnpm reads the same files.
//!
//! Measured with npm 11 and Node.js 20.

use std::path::{Path, PathBuf};

use super::{Found, Look, Route, own_of};
use crate::commands::diagnose::Plan;
use crate::commands::diagnose::gather::Own;
use crate::host::{format, places};
use crate::programs::no_proxy::NoProxy;

pub(super) fn plan(look: &mut Look<'_>, tool: &'static str) -> Plan {
    for path in files(look) {
        look.file(&path, format::ini::npm);
    }
    registries(look, "https://registry.npmjs.org/");
    let own = own(look);
    if own.is_none() {
        look.note("Debian's Node.js reads the system store; others bring a list of their own and need `NODE_EXTRA_CA_CERTS` or npm's `cafile`");
    }
    let proxy = ["https-proxy", "proxy"]
        .iter()
        .find_map(|name| option(look, name).filter(is_set));
    let exceptions = option(look, "noproxy").filter(is_set);
    for found in proxy.iter().chain(&exceptions) {
        look.effective(found);
    }
    let exceptions = exceptions
        .or_else(|| look.filled("NO_PROXY"))
        .or_else(|| look.filled("no_proxy"));
    let exceptions = exceptions.map_or_else(String::new, |found| found.value);
    for asked in &mut look.targets {
        asked.own.clone_from(&own);
        let (host, port) = (asked.target.host.to_string(), asked.target.port);
        let is_direct = NoProxy::Npm.is_direct(&exceptions, &host, port);
        asked.route = match &proxy {
            _ if is_direct => Route::Direct,
            Some(found) => Route::Proxy(found.value.clone()),
            None => Route::Environment(NoProxy::Npm),
        };
    }
    bypasses(look);
    let is_mirror = option(look, "registry").is_some_and(|found| is_set(&found));
    let mirror = look.targets.first().filter(|_| is_mirror);
    let mirror = mirror.map(|asked| asked.target.clone());
    let mut plan = look.plan(tool, &["node"], Some(NoProxy::Npm));
    plan.meanwhile = mirror.map(|target| {
        let text = format!("until it is repaired, public packages can be had for one command at a time: `{tool} install --registry https://registry.npmjs.org/`. The price: names become known outside, and a private package's name may belong to somebody else there; certificates and the hashes of the lock file are still checked. Nothing is left behind");
        (target, text)
    });
    plan
}

/// The registry, and those of scopes.
pub(super) fn registries(look: &mut Look<'_>, default: &str) {
    let registry = option(look, "registry").filter(is_set);
    let url = look.or_default(registry.clone(), "registry", default);
    look.url(&url, registry.as_ref());
    let is_scoped = |setting: &format::Setting| {
        setting.key().starts_with('@') && setting.key().ends_with(":registry")
    };
    for scoped in look.settings(&is_scoped) {
        let scoped = expanded(look, scoped);
        look.effective(&scoped);
        look.url(&scoped.value, Some(&scoped));
    }
}

/// `cafile` takes the place of the store, and so does `ca`; a file that can't be read is as good as none.
fn own(look: &mut Look<'_>) -> Option<Own> {
    let file = option(look, "cafile").filter(is_set);
    if let Some(found) = &file {
        look.effective(found);
        let own = look.own(found, &look.without_tilde(&found.value), false);
        if own.is_none() {
            look.advise(
                "no-effect",
                found,
                "the file can't be read, and npm goes on without it and without a word",
                "correct the path",
            );
        }
        return own;
    }
    let inline = look.settings(&|setting| setting.is(&["ca"]) || setting.is(&["ca[]"]));
    let first = inline.first()?.clone();
    let text: String = inline
        .iter()
        .map(|found| found.value.replace("\\n", "\n") + "\n")
        .collect();
    let own = own_of(&first, text.as_bytes(), false);
    let value = format!("({} certificates)", own.certificates.len());
    look.effective(&Found { value, ..first });
    Some(own)
}

fn bypasses(look: &mut Look<'_>) {
    let off = option(look, "strict-ssl").filter(|found| found.value == "false");
    if let Some(found) = off {
        look.unverified("npm", &found, &|_| true);
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
        // npm says itself whether it checks, and this variable does not change it.
        look.advise(
            "bypass",
            &found,
            "Node.js checks no certificate in this process; npm itself does, unless `strict-ssl` is off",
            "use `NODE_EXTRA_CA_CERTS`, then unset it",
        );
    }
}

/// Most important first; a project's own file lies in the folder of the call or one above it.
fn files(look: &Look<'_>) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let project = look.upwards("package.json").into_iter();
    let mut project = project
        .filter(|path| look.bytes(path).is_some())
        .filter_map(|path| Some(path.parent()?.to_path_buf()));
    let folder = project
        .next()
        .unwrap_or_else(|| look.context.folder.clone());
    files.push(folder.join(".npmrc"));
    let named = |name: &str| {
        let upper = look.filled(&format!("NPM_CONFIG_{}", name.to_uppercase()));
        let found = upper.or_else(|| look.filled(&format!("npm_config_{name}")));
        found.map(|found| PathBuf::from(found.value))
    };
    files.extend(named("userconfig").or_else(|| look.home(".npmrc")));
    files.extend(look.config_home("pnpm/rc"));
    files.extend(named("globalconfig"));
    let system = places::SYSTEM
        .iter()
        .filter(|(_, kind)| *kind == places::Kind::Npm);
    files.extend(system.map(|(path, _)| PathBuf::from(path)));
    files
}

/// `npm_config_NAME` in lower or upper case, or the key in a file.
pub(super) fn option(look: &Look<'_>, name: &str) -> Option<Found> {
    let variable = format!("npm_config_{}", name.replace('-', "_"));
    let found = look
        .variable(&variable)
        .or_else(|| look.variable(&variable.to_uppercase()));
    let found = found.or_else(|| look.setting(&|setting| setting.is(&[name])));
    found.map(|found| expanded(look, found))
}

/// Whether a setting says anything.
fn is_set(found: &Found) -> bool {
    !matches!(found.value.as_str(), "" | "null" | "false")
}

/// `${NAME}` is the variable's value; where there is no such variable it stays as it is (`@npmcli/config`).
fn expanded(look: &Look<'_>, found: Found) -> Found {
    let mut value = String::new();
    let mut rest = found.value.as_str();
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, behind)) = after.split_once('}') else {
            break;
        };
        value.push_str(before);
        let optional = name.strip_suffix('?');
        match (look.context.variable(optional.unwrap_or(name)), optional) {
            (Some(known), _) => value.push_str(known),
            (None, Some(_)) => {}
            (None, None) => value.extend(["${", name, "}"]),
        }
        rest = behind;
    }
    value.push_str(rest);
    Found { value, ..found }
}

/// A file of settings beside the others, as yarn 1 reads npm's.
pub(super) fn beside(look: &mut Look<'_>) {
    for path in files(look) {
        look.file(Path::new(&path), format::ini::npm);
    }
}
