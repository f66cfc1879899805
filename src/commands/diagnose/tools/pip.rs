//! pip: its configuration files and variables (pip documentation, "Configuration").

use std::path::{Path, PathBuf};

use super::{Found, Look};
use crate::commands::diagnose::Plan;
use crate::host::format;
use crate::programs::no_proxy::NoProxy;

pub(super) fn plan(look: &mut Look<'_>) -> Plan {
    for path in files(look) {
        look.file(&path, format::ini::pip);
    }
    let index = option(look, "index-url");
    let url = look.or_default(index.clone(), "index-url", "https://pypi.org/simple");
    look.url(&url, index.as_ref());
    if index.is_none() {
        // Where the index of pypi.org points to.
        look.url("https://files.pythonhosted.org/", None);
    }
    if let Some(extra) = option(look, "extra-index-url") {
        look.effective(&extra);
        let urls: Vec<String> = extra
            .value
            .split_whitespace()
            .map(ToString::to_string)
            .collect();
        for url in urls {
            look.url(&url, Some(&extra));
        }
    }
    if let Some(found) = option(look, "trusted-host") {
        look.advise(
            "bypass",
            &found,
            "certificates of these hosts are not checked",
            "add the CA of the host to the system store instead, then delete it",
        );
    }
    let file = own_file(look);
    if file.is_none() {
        look.note("pip from 24.2 on reads the system store; earlier versions from PyPI bring a list of their own and need `PIP_CERT=/etc/ssl/certs/ca-certificates.crt`");
    }
    let proxy = option(look, "proxy");
    if let Some(found) = &proxy {
        look.effective(found);
    }
    let mut plan = look.plan("pip", &["python"]);
    plan.own_file = file;
    plan.rule = Some(NoProxy::Requests);
    plan.proxy = proxy.map(|found| found.value);
    plan
}

/// Most important first.
fn files(look: &Look<'_>) -> Vec<PathBuf> {
    let variable = |name| {
        look.context
            .variable(name)
            .filter(|value| !value.is_empty())
    };
    let mut files = Vec::new();
    files.extend(variable("PIP_CONFIG_FILE").map(PathBuf::from));
    files.extend(variable("VIRTUAL_ENV").map(|folder| Path::new(folder).join("pip.conf")));
    files.extend(match variable("XDG_CONFIG_HOME") {
        Some(folder) => Some(Path::new(folder).join("pip/pip.conf")),
        None => look.home(".config/pip/pip.conf"),
    });
    files.extend(look.home(".pip/pip.conf"));
    files.extend(["/etc/pip.conf", "/etc/xdg/pip/pip.conf"].map(PathBuf::from));
    files
}

/// `PIP_NAME`, or the key in `[global]`, `[install]` or `[download]`.
fn option(look: &Look<'_>, name: &str) -> Option<Found> {
    let variable = format!("PIP_{}", name.to_uppercase().replace('-', "_"));
    look.variable(&variable)
        .filter(|found| !found.value.is_empty())
        .or_else(|| {
            let sections = ["global", "install", "download"];
            look.setting(&|setting| sections.iter().any(|section| setting.is(&[section, name])))
        })
}

/// The file that pip is told to read instead of a store.
fn own_file(look: &mut Look<'_>) -> Option<(PathBuf, String)> {
    let told = option(look, "cert")
        .or_else(|| look.variable("REQUESTS_CA_BUNDLE"))
        .or_else(|| look.variable("CURL_CA_BUNDLE"))
        .filter(|found| !found.value.is_empty())?;
    look.effective(&told);
    Some((PathBuf::from(&told.value), told.name))
}
