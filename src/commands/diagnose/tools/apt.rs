//! apt over HTTPS: sources.list(5), apt-transport-https(1).

use std::path::PathBuf;

use super::{Found, Look};
use crate::commands::diagnose::Plan;
use crate::host::format;
use crate::host::format::lines;

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
    for path in look
        .tree
        .expand("/etc/apt/apt.conf.d/*")
        .into_iter()
        .chain([PathBuf::from("/etc/apt/apt.conf")])
    {
        look.file(&path, format::apt::parse);
    }
    // The last file read wins in apt.
    look.layers.reverse();
    for key in ["verify-peer", "verify-host"] {
        let found = look.setting(&|setting| {
            let path: Vec<String> = setting
                .path
                .iter()
                .map(|part| part.to_lowercase())
                .collect();
            // For all hosts, or for one: `Acquire::https::HOST::Verify-Peer`.
            path.starts_with(&["acquire".into(), "https".into()])
                && matches!(path.len(), 3 | 4)
                && path.last().is_some_and(|last| last == key)
        });
        if let Some(found) = found.filter(|found| lines::is_no(&found.value)) {
            look.advise(
                "bypass",
                &found,
                "apt does not check certificates",
                "add the CA to the system store, or set `Acquire::https::CAInfo`, then delete it",
            );
        }
    }
    let file = option(look, &["acquire", "https", "cainfo"]);
    if let Some(found) = &file {
        look.effective(found);
    }
    let proxy = option(look, &["acquire", "https", "proxy"])
        .or_else(|| option(look, &["acquire", "http", "proxy"]));
    if let Some(found) = &proxy {
        look.effective(found);
    }
    // apt 3 (libapt-pkg 7) uses OpenSSL, earlier versions GnuTLS.
    let openssl = !look.tree.expand("/usr/lib/*/libapt-pkg.so.7.0").is_empty();
    let mut plan = look.plan("apt", if openssl { &["openssl"] } else { &["gnutls"] });
    plan.own_file = file.map(|found| (PathBuf::from(found.value), found.name));
    plan.proxy = proxy
        .map(|found| found.value)
        .filter(|proxy| !proxy.is_empty() && proxy != "DIRECT");
    plan
}

fn option(look: &Look<'_>, path: &[&str]) -> Option<Found> {
    look.setting(&|setting| {
        setting
            .path
            .iter()
            .map(|part| part.to_lowercase())
            .eq(path.iter().copied())
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
