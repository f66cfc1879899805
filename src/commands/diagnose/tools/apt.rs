//! apt over HTTPS: sources.list(5), apt-transport-https(1).

use std::path::{Path, PathBuf};

use super::{Found, Look, Route, broken};
use crate::commands::diagnose::Plan;
use crate::commands::diagnose::gather::Own;
use crate::host::format::{self, Setting, lines};
use crate::host::places;
use crate::probe::target::Target;
use crate::programs::no_proxy::NoProxy;
use crate::rules::diagnosis::Ruling;

pub(super) fn plan(look: &mut Look<'_>) -> Plan {
    let mut plain = 0;
    for found in uris(look) {
        let address = found.value.trim_start_matches("mirror+").to_string();
        if address.starts_with("https://") {
            look.url(&address, Some(&found));
        } else {
            plain += 1;
        }
    }
    if plain > 0 {
        let sources = if plain == 1 {
            "1 source is"
        } else {
            &format!("{plain} sources are")
        };
        look.note(format!("{sources} not fetched over TLS; what comes from there is protected by signatures, not by certificates"));
    }
    configuration(look);
    let targets: Vec<Target> = look
        .targets
        .iter()
        .map(|asked| asked.target.clone())
        .collect();
    for (at, target) in targets.iter().enumerate() {
        let (route, own, ruling) = for_host(look, target);
        if let Some(asked) = look.targets.get_mut(at) {
            (asked.route, asked.own, asked.ruling) = (route, own, ruling);
        }
    }
    let pattern = |setting: &Setting| {
        matches!(setting.path.as_slice(), [acquire, scheme, key, _] if acquire == "acquire" && matches!(scheme.as_str(), "https" | "http")
            && matches!(key.as_str(), "cainfo" | "verify-peer" | "verify-host"))
    };
    for found in look.settings(&pattern) {
        look.advise(
            "no-effect",
            &found,
            "apt reads the host before the option, not behind it",
            "write `Acquire::https::HOST::CaInfo`",
        );
    }
    // apt 3 (libapt-pkg 7) uses OpenSSL, earlier versions GnuTLS.
    let openssl = !look.tree.expand("/usr/lib/*/libapt-pkg.so.7.0").is_empty();
    look.plan(
        "apt",
        if openssl { &["openssl"] } else { &["gnutls"] },
        Some(NoProxy::Apt),
    )
}

/// Every file of settings, the last file read being the most important, and of the settings those that count.
fn configuration(look: &mut Look<'_>) {
    let named = look
        .filled("APT_CONFIG")
        .map(|found| PathBuf::from(found.value));
    let system = places::SYSTEM
        .iter()
        .filter(|(_, kind)| *kind == places::Kind::AptConf);
    let system = system.flat_map(|(path, _)| look.tree.expand(path));
    let paths: Vec<PathBuf> = named.into_iter().chain(system).collect();
    for path in paths {
        look.file(&path, format::apt::parse);
    }
    let mut settings: Vec<_> = look
        .layers
        .iter_mut()
        .map(|layer| &mut layer.settings)
        .collect();
    format::apt::effective(&mut settings);
    look.layers.reverse();
}

/// What the settings say for one host.
fn for_host(look: &mut Look<'_>, target: &Target) -> (Route, Option<Own>, Option<Ruling>) {
    let host = target.host.to_string();
    let proxy = option(look, &host, "proxy");
    let proxy = proxy
        .or_else(|| look.filled("https_proxy"))
        .or_else(|| look.filled("http_proxy"));
    let exceptions = look
        .filled("no_proxy")
        .map_or_else(String::new, |found| found.value);
    let route = match &proxy {
        // `no_proxy` counts for a proxy of apt's own configuration too.
        Some(found)
            if !matches!(found.value.as_str(), "" | "DIRECT" | "false")
                && !NoProxy::Apt.is_direct(&exceptions, &host, target.port) =>
        {
            Route::Proxy(found.value.clone())
        }
        _ => Route::Direct,
    };
    let file = option(look, &host, "cainfo").filter(|found| !found.value.is_empty());
    let off = option(look, &host, "verify-peer").filter(|found| lines::is_no(&found.value));
    let mut known = look
        .report
        .settings
        .iter()
        .map(|one| (one.name.clone(), one.origin.clone()))
        .collect::<Vec<_>>();
    for found in proxy.iter().chain(&file) {
        let key = (found.name.clone(), found.origin.clone());
        if !known.contains(&key) {
            look.effective(found);
            known.push(key);
        }
    }
    if let Some(found) = &off {
        look.advise(
            "bypass",
            found,
            "apt does not check certificates",
            "add the CA to the system store, or set `Acquire::https::CaInfo`, then delete it",
        );
    }
    let own = file
        .as_ref()
        .and_then(|found| look.own(found, Path::new(&found.value), false));
    let ruling = match (&off, &file, &own) {
        (Some(found), ..) => Some(Ruling::Unverified {
            program: "apt",
            setting: found.shown(),
        }),
        (None, Some(found), None) => Some(broken(
            found,
            "the file can't be read; apt says `Could not load certificates from`",
        )),
        _ => None,
    };
    (route, own, ruling)
}

/// `Acquire::https::Proxy::HOST` and `Acquire::https::HOST::OPTION` come before `Acquire::https::OPTION`, and all of
/// these before the same of `http`, which count for https too (measured with apt 2.6.1).
fn option(look: &Look<'_>, host: &str, key: &str) -> Option<Found> {
    ["https", "http"].iter().find_map(|scheme| {
        let of_host: &[&[&str]] = &[
            &["acquire", scheme, "proxy", host],
            &["acquire", scheme, host, key],
            &["acquire", scheme, key],
        ];
        let mut paths = of_host.iter().skip(usize::from(key != "proxy"));
        paths.find_map(|path| look.setting(&|setting| setting.is(path)))
    })
}

/// Every address in the sources that are enabled.
fn uris(look: &Look<'_>) -> Vec<Found> {
    let mut all = Vec::new();
    let lists = look.tree.expand("/etc/apt/sources.list.d/*.list");
    for path in lists
        .into_iter()
        .chain([PathBuf::from("/etc/apt/sources.list")])
    {
        let text = look.tree.text(&path).unwrap_or_default();
        all.extend(
            one_line(&text)
                .into_iter()
                .map(|(line, uri)| source(&path, line, uri)),
        );
    }
    for path in look.tree.expand("/etc/apt/sources.list.d/*.sources") {
        let text = look.tree.text(&path).unwrap_or_default();
        let fields = lines::sources_deb822(&text)
            .into_iter()
            .filter(|setting| setting.key() == "uris");
        all.extend(fields.flat_map(|setting| {
            let uris: Vec<String> = setting
                .value
                .split_whitespace()
                .map(ToString::to_string)
                .collect();
            uris.into_iter()
                .map(|uri| source(&path, setting.line, uri))
                .collect::<Vec<_>>()
        }));
    }
    all
}

fn source(path: &std::path::Path, line: usize, uri: String) -> Found {
    Found {
        name: "source".to_string(),
        value: uri,
        origin: format!("{}:{line}", path.display()),
    }
}

/// `deb [options] URI suite …`
fn one_line(text: &str) -> Vec<(usize, String)> {
    let uri = |line: &str| -> Option<String> {
        let line = line.split('#').next()?.trim();
        let rest = line
            .strip_prefix("deb-src")
            .or_else(|| line.strip_prefix("deb"))?;
        let rest = rest.strip_prefix([' ', '\t'])?.trim_start();
        let rest = match rest.strip_prefix('[') {
            Some(options) => options.split_once(']')?.1,
            None => rest,
        };
        rest.split_whitespace().next().map(ToString::to_string)
    };
    text.lines()
        .enumerate()
        .filter_map(|(at, line)| Some((at + 1, uri(line)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn addresses_are_read_from_enabled_lines_only() {
        let text = "# deb https://no.example x\ndeb https://a.example/debian stable main\n\
                    deb [arch=amd64 signed-by=/k] https://b.example stable main # x\ndebx https://no.example\n deb-src\thttp://c.example s\n";
        let expected = [
            (2, "https://a.example/debian"),
            (3, "https://b.example"),
            (5, "http://c.example"),
        ];
        assert_eq!(
            one_line(text),
            expected.map(|(line, uri)| (line, uri.to_string()))
        );
    }
}
