//! yarn 1 (`.yarnrc`, and npm's files) and yarn 2 and later (`.yarnrc.yml`).

use std::path::PathBuf;

use super::{Found, Look, Route, npm};
use crate::commands::diagnose::Plan;
use crate::host::format;
use crate::programs::no_proxy::NoProxy;

/// What the two generations call the same thing.
struct Names {
    registry: &'static str,
    file: &'static str,
    strict: &'static str,
    proxy: &'static str,
}

const CLASSIC: Names = Names {
    registry: "registry",
    file: "cafile",
    strict: "strict-ssl",
    proxy: "https-proxy",
};

const BERRY: Names = Names {
    registry: "npmRegistryServer",
    file: "httpsCaFilePath",
    strict: "enableStrictSsl",
    proxy: "httpsProxy",
};

pub(super) fn plan(look: &mut Look<'_>) -> Plan {
    let mut berry = look.upwards(".yarnrc.yml");
    berry.extend(look.home(".yarnrc.yml"));
    for path in berry {
        look.file(&path, format::yaml::parse);
    }
    let is_berry = !look.layers.is_empty();
    let names = if is_berry { BERRY } else { CLASSIC };
    if !is_berry {
        let mut files = look.upwards(".yarnrc");
        files.extend(look.home(".yarnrc"));
        files.push(PathBuf::from("/etc/yarnrc"));
        for path in files {
            look.file(&path, format::lines::yarn);
        }
        npm::beside(look);
    }
    let get = |look: &Look<'_>, name: &str| match is_berry {
        true => look.setting(&|setting| setting.is(&[name])),
        false => npm::option(look, name),
    };
    let registry = get(look, names.registry);
    let url = look.or_default(
        registry.clone(),
        names.registry,
        "https://registry.yarnpkg.com",
    );
    look.url(&url, registry.as_ref());
    let scopes = |setting: &format::Setting| {
        setting.is(&["npmScopes", "*", "npmRegistryServer"])
            || (setting.path.len() == 1
                && setting.key().starts_with('@')
                && setting.key().ends_with(":registry"))
    };
    for scoped in look.settings(&scopes) {
        look.effective(&scoped);
        look.url(&scoped.value, Some(&scoped));
    }
    let file = get(look, names.file).filter(|found| !found.value.is_empty());
    let own = file.as_ref().and_then(|found| {
        look.effective(found);
        look.own(found, &look.without_tilde(&found.value), false)
    });
    let proxy = get(look, names.proxy).filter(|found| !matches!(found.value.as_str(), "" | "null"));
    if let Some(found) = &proxy {
        look.effective(found);
    }
    for asked in &mut look.targets {
        asked.own.clone_from(&own);
        if let Some(found) = &proxy {
            asked.route = Route::Proxy(found.value.clone());
        }
    }
    let is_off = |found: &Found| match is_berry {
        true => format::yaml::is_false(&found.value),
        false => found.value == "false",
    };
    if let Some(found) = get(look, names.strict).filter(is_off) {
        look.unverified("yarn", &found, &|_| true);
        let remedy = format!("set `{}`, then delete it", names.file);
        look.advise("bypass", &found, "yarn checks no certificate", &remedy);
    }
    look.plan("yarn", &["node"], Some(NoProxy::Npm))
}
