//! `curl URL`: its configuration file and its variables (curl(1)).
//!
//! Measured with curl 7.88 of Debian 12.

use std::path::{Path, PathBuf};

use super::{Found, Look, Route, broken};
use crate::commands::diagnose::Plan;
use crate::error::{Error, ErrorKind, Result};
use crate::host::format;
use crate::programs::no_proxy::NoProxy;
use crate::rules::diagnosis::Ruling;

pub(super) fn plan(look: &mut Look<'_>, urls: &[String]) -> Result<Plan> {
    if urls.is_empty() {
        return Err(Error::new("no URL was given")
            .kind(ErrorKind::Usage)
            .hint("name one: `trustctl diagnose curl https://example.org/`"));
    }
    // The first that is there counts alone.
    if let Some(path) = files(look)
        .into_iter()
        .find(|path| look.bytes(path).is_some())
    {
        look.file(&path, format::curl::parse);
    }
    for url in urls {
        match url.contains("://") {
            true => look.url(url, None),
            // Without a scheme curl guesses, and speaks HTTP.
            false => look.url(&format!("http://{url}"), None),
        };
    }
    let file = option(look, &["cacert"]);
    let folder = option(look, &["capath"]);
    let proxy = option(look, &["proxy", "-x"]);
    let exceptions = option(look, &["noproxy"])
        .or_else(|| look.filled("no_proxy"))
        .or_else(|| look.filled("NO_PROXY"));
    for found in [&file, &folder, &proxy].into_iter().flatten() {
        look.effective(found);
    }
    let mut own = match (&file, &folder) {
        (Some(found), None) => look.own(found, Path::new(&found.value), true),
        (Some(found), Some(_)) => look.own(found, Path::new(&found.value), false),
        (None, Some(found)) => Some(look.own_folder(found, Path::new(&found.value), true)),
        (None, None) => None,
    };
    if let (Some(own), Some(_), Some(found)) = (&mut own, &file, &folder) {
        let more = look.own_folder(found, Path::new(&found.value), false);
        own.certificates.extend(more.certificates);
    }
    let unread = file.filter(|found| look.bytes(Path::new(&found.value)).is_none());
    let off = look.setting(&|setting| setting.is(&["insecure"]) || setting.is(&["-k"]));
    if let Some(found) = &off {
        let remedy = "add the CA to the system store, or set `cacert`, then delete it";
        look.advise("bypass", found, "curl checks no certificate", remedy);
    }
    let ruling = match (&unread, &off) {
        (Some(found), _) => Some(broken(
            found,
            "the file can't be read; curl says `error setting certificate file` (77)",
        )),
        (None, Some(found)) => Some(Ruling::Unverified {
            program: "curl",
            setting: found.shown(),
        }),
        (None, None) => None,
    };
    let exceptions = exceptions.map_or_else(String::new, |found| found.value);
    for asked in &mut look.targets {
        let host = asked.target.host.to_string();
        let is_direct = NoProxy::Curl.is_direct(&exceptions, &host, asked.target.port);
        asked.route = match &proxy {
            _ if is_direct => Route::Direct,
            Some(found) => Route::Proxy(found.value.clone()),
            None => Route::Environment(NoProxy::Curl),
        };
        asked.own.clone_from(&own);
        asked.ruling.clone_from(&ruling);
    }
    Ok(look.plan("curl", &["curl"], Some(NoProxy::Curl)))
}

fn files(look: &Look<'_>) -> Vec<PathBuf> {
    let folder = |name: &str| look.filled(name).map(|found| PathBuf::from(found.value));
    let mut files = Vec::new();
    files.extend(folder("CURL_HOME").map(|folder| folder.join(".curlrc")));
    files.extend(folder("XDG_CONFIG_HOME").map(|folder| folder.join("curlrc")));
    files.extend(look.home(".curlrc"));
    files.extend(look.home(".config/curlrc"));
    files
}

fn option(look: &Look<'_>, names: &[&str]) -> Option<Found> {
    look.setting(&|setting| names.iter().any(|name| setting.is(&[name])))
}
