//! The go command: `go help environment`, `go help goproxy`, `go help module-auth`.

use std::path::PathBuf;

use super::{Found, Look, Supported};
use crate::commands::diagnose::Plan;
use crate::error::Result;
use crate::host::format;
use crate::probe::target::Target;
use crate::programs::GO_PROXY;
use crate::programs::no_proxy::NoProxy;
use crate::redact;
use crate::rules::diagnosis::Ruling;
use crate::system::files;

/// A go.mod is not read when larger.
const GO_MOD: u64 = 4 << 20;

/// Keys of GODEBUG that people set in the hope of an old server or certificate (Go `internal/godebugs/table.go`,
/// `doc/godebug.md`, as of 1.27.3): what they do today.
const GODEBUG: &[(&str, &str)] = &[
    ("tls10", "this key never existed; Go ignores it silently"),
    ("tls11", "this key never existed; Go ignores it silently"),
    (
        "tls10default",
        "only Go 1.18 knew this key; later versions ignore it",
    ),
    (
        "tls10server",
        "this key concerned servers only, up to Go 1.26; it has no effect on what Go connects to",
    ),
    (
        "x509ignoreCN",
        "removed in Go 1.17: certificates need alternative names",
    ),
    (
        "x509sha1",
        "removed in Go 1.24: SHA-1 signatures are refused",
    ),
];

/// One entry of GOPROXY.
#[derive(Clone, Debug)]
pub(in crate::commands::diagnose) struct Entry {
    /// As it stands there.
    text: String,
    /// What stands behind it: `,`, `|`, or nothing.
    behind: Option<char>,
    /// Its host, where it is one.
    target: Option<Target>,
}

pub(super) fn plan(look: &mut Look<'_>) -> Result<Plan> {
    layers(look);
    let found = value(look, "GOPROXY");
    let proxies = look.or_default(found.clone(), "GOPROXY", &format!("{GO_PROXY},direct"));
    let sequence = entries(&proxies);
    for entry in &sequence {
        match entry.text.as_str() {
            "direct" => {}
            "off" => look.note("`GOPROXY` has `off`: what comes after it is never asked, and nothing is downloaded there"),
            text => drop(look.url(&address(text), found.as_ref())),
        }
    }
    let sequence: Vec<Entry> = sequence
        .into_iter()
        .map(|entry| Entry {
            target: Target::parse(&address(&entry.text), None)
                .ok()
                .filter(|_| !matches!(entry.text.as_str(), "direct" | "off")),
            ..entry
        })
        .collect();
    let required = required_modules(look)?;
    modules(
        look,
        required.as_deref(),
        sequence.iter().any(|entry| entry.text == "direct"),
    );
    checksums(look, required.as_deref(), &sequence);
    credentials(look);
    bypasses(look);
    old_protocols(look);
    let mut plan = look.plan("go", &["go"], Some(NoProxy::Go));
    plan.sequence = sequence;
    Ok(plan)
}

/// `go help goproxy`: without a scheme it is https.
fn address(text: &str) -> String {
    match text.contains("://") {
        true => text.to_string(),
        false => format!("https://{text}"),
    }
}

/// The list as go splits it (`modfetch.parseProxyList`).
fn entries(list: &str) -> Vec<Entry> {
    let pieces = list.split_inclusive([',', '|']);
    let entries = pieces.map(|piece| Entry {
        text: piece.trim_end_matches([',', '|']).trim().to_string(),
        behind: piece.chars().last().filter(|end| matches!(end, ',' | '|')),
        target: None,
    });
    entries.filter(|entry| !entry.text.is_empty()).collect()
}

/// What go does where a proxy of its list fails, and which value would restore builds at what price. `works` tells of a
/// host whether it was found healthy.
pub(in crate::commands::diagnose) fn afterwards(
    sequence: &[Entry],
    failing: &Target,
    works: &dyn Fn(&Target) -> bool,
) -> Vec<String> {
    let Some(at) = sequence
        .iter()
        .position(|entry| entry.target.as_ref() == Some(failing))
    else {
        return Vec::new();
    };
    let (before, rest) = sequence.split_at(at);
    let Some((failed, later)) = rest.split_first() else {
        return Vec::new();
    };
    let shown = |text: &str| redact::value(text).into_owned();
    let mut said = Vec::new();
    let next = later.first().map(|entry| shown(&entry.text));
    said.push(match (failed.behind, next) {
        (Some(','), Some(next)) => format!("go stops here: after a `,` it goes on to `{next}` only where the proxy answers 404 or 410, and a connection that fails is neither"),
        (Some('|'), Some(next)) => format!("go goes on to `{next}`: after a `|` it does so at any error"),
        _ => "go stops here: nothing comes after it in `GOPROXY`".to_string(),
    });
    let mut others = before.iter().chain(later);
    let other = others.find(|entry| entry.target.as_ref().is_some_and(works));
    let (value, price) = match other {
        Some(entry) => (
            shown(&entry.text),
            "modules that only the failing proxy has are not found",
        ),
        None => (
            GO_PROXY.to_string(),
            "names and versions of modules become known outside, and private modules are not found there",
        ),
    };
    said.push(format!("until it is repaired, builds can be restored for one command at a time: `GOPROXY={value} go mod download`. The price: {price}. `GOSUMDB` stays on, so what arrives is still checked against `go.sum` and the checksum database; keep `GOPRIVATE` as it is. Nothing is left behind; if it was exported or written with `go env -w`, take it back afterwards (`go env -u GOPROXY`)"));
    said
}

/// The file of `go env -w`, then the defaults of the installation.
fn layers(look: &mut Look<'_>) {
    let own = match look.context.variable("GOENV") {
        Some("off") => None,
        Some(path) if !path.is_empty() => Some(PathBuf::from(path)),
        _ => look.config_home("go/env"),
    };
    let installed = [
        "/usr/local/go/go.env",
        "/usr/lib/go/go.env",
        "/usr/lib/go-*/go.env",
        "/usr/share/go-*/go.env",
    ];
    let installed = installed
        .iter()
        .flat_map(|pattern| look.tree.expand(pattern));
    let paths: Vec<PathBuf> = own.into_iter().chain(installed).collect();
    for path in paths {
        look.file(&path, format::environment::go);
    }
}

/// A variable, from the environment or from one of the files; an empty one is unset.
fn value(look: &Look<'_>, name: &str) -> Option<Found> {
    let found = look.variable(name).filter(|found| !found.value.is_empty());
    found
        .or_else(|| look.setting(&|setting| setting.key() == name))
        .filter(|found| !found.value.is_empty())
}

/// The modules of the go.mod that was named.
fn required_modules(look: &Look<'_>) -> Result<Option<Vec<String>>> {
    let Some(folder) = look.arguments.module_dir.clone() else {
        return Ok(None);
    };
    let bytes = files::read(&look.context.absolute(&folder).join("go.mod"), GO_MOD)?;
    Ok(Some(required(&String::from_utf8_lossy(&bytes))))
}

/// The hosts of the modules that are fetched from where they live.
fn modules(look: &mut Look<'_>, required: Option<&[String]>, direct: bool) {
    let private = value(look, "GONOPROXY").or_else(|| value(look, "GOPRIVATE"));
    if let Some(found) = &private {
        look.effective(found);
    }
    let Some(required) = required else {
        if direct || private.is_some() {
            look.note("modules are also fetched from their own hosts; pass `--module-dir DIR` to look at those of a go.mod");
        }
        return;
    };
    let insecure = value(look, "GOINSECURE");
    for path in required {
        let fits = |found: &Found| matches(&found.value, path);
        let host = path.split('/').next().unwrap_or_default();
        if (direct || private.as_ref().is_some_and(fits)) && host.contains('.') {
            let ruling =
                insecure
                    .as_ref()
                    .filter(|found| fits(found))
                    .map(|found| Ruling::Unverified {
                        program: "go",
                        setting: found.shown(),
                    });
            if let Some(asked) = look.url(&format!("https://{host}/"), None) {
                asked.ruling = ruling;
            }
        }
    }
}

/// Where go takes credentials from, which it sends to whoever is trusted.
fn credentials(look: &mut Look<'_>) {
    for name in ["GOENV", "GOAUTH"] {
        if let Some(found) = value(look, name) {
            look.effective(&found);
        }
    }
    let netrc = look
        .filled("NETRC")
        .map(|found| PathBuf::from(found.value))
        .or_else(|| look.home(".netrc"));
    let Some((path, text)) = netrc.and_then(|path| Some((path.clone(), look.text(&path)?))) else {
        return;
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    let machines: Vec<&str> = words
        .windows(2)
        .filter_map(|pair| match pair {
            ["machine", name] => Some(*name),
            _ => None,
        })
        .take(8)
        .collect();
    if !machines.is_empty() {
        look.note(format!(
            "`{}` has credentials for {}",
            path.display(),
            machines.join(", ")
        ));
    }
}

/// The module paths in `require` lines and blocks (Go Modules Reference, "go.mod files").
fn required(text: &str) -> Vec<String> {
    let mut paths = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default().trim();
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["require", "("] => inside = true,
            [")"] => inside = false,
            ["require", path, _] => paths.push((*path).trim_matches('"').to_string()),
            [path, _] if inside => paths.push((*path).trim_matches('"').to_string()),
            _ => {}
        }
    }
    paths
}

/// Patterns of GOPRIVATE: globs of path prefixes, `*` within one element (Go `module.MatchPrefixPatterns`).
fn matches(patterns: &str, path: &str) -> bool {
    patterns
        .split(',')
        .map(str::trim)
        .filter(|pattern| !pattern.is_empty())
        .any(|pattern| {
            let (wanted, elements): (Vec<&str>, Vec<&str>) =
                (pattern.split('/').collect(), path.split('/').collect());
            wanted.len() <= elements.len()
                && wanted
                    .iter()
                    .zip(elements)
                    .all(|(wanted, element)| glob(wanted, element))
        })
}

fn glob(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, rest)) => text.strip_prefix(before).is_some_and(|text| {
            (0..=text.len())
                .filter(|at| text.is_char_boundary(*at))
                .any(|at| glob(rest, text.get(at..).unwrap_or_default()))
        }),
    }
}

/// The checksum database: `off`, a name, a name with its key, or one of these and a URL.
fn checksums(look: &mut Look<'_>, required: Option<&[String]>, sequence: &[Entry]) {
    let found = value(look, "GOSUMDB");
    if let Some(found) = found.clone().filter(|found| found.value == "off") {
        look.effective(&found);
        let text = "no checksum database is asked, for any module; a proxy can deliver anything";
        return look.advise(
            "bypass",
            &found,
            text,
            "unset it, and name private modules in `GOPRIVATE`",
        );
    }
    let excepted = value(look, "GONOSUMDB").or_else(|| value(look, "GOPRIVATE"));
    let is_all = excepted.is_some_and(|found| {
        let all = found.value.split(',').any(|pattern| pattern.trim() == "*");
        let fits = |path: &String| matches(&found.value, path);
        all || required.is_some_and(|paths| !paths.is_empty() && paths.iter().all(fits))
    });
    if is_all {
        return look.note("the checksum database is asked about no module: all are excepted");
    }
    let database = look.or_default(found.clone(), "GOSUMDB", "sum.golang.org");
    let words: Vec<&str> = database.split_whitespace().collect();
    let name = words
        .first()
        .and_then(|name| name.split('+').next())
        .unwrap_or_default();
    // Through the first proxy, where that offers it; a database with a URL of its own is asked there.
    let first = sequence
        .first()
        .and_then(|entry| Some((entry, entry.target.clone()?)));
    let through = first
        .filter(|_| words.len() < 2)
        .map(|(entry, target)| Supported {
            proxy: target,
            path: format!("{}/sumdb/{name}/supported", path_of(&address(&entry.text))),
        });
    let url = match words.get(1) {
        Some(url) => (*url).to_string(),
        None => format!("https://{name}/"),
    };
    if let Some(through) = &through {
        look.note(format!(
            "the checksum database is asked through `{}` where that offers it, else directly",
            through.proxy
        ));
    }
    if let Some(asked) = look.url(&url, found.as_ref()) {
        asked.unless = through;
    }
}

/// The path of a URL, where it can stand in a request as it is.
fn path_of(url: &str) -> String {
    let path = url.split_once("://").map_or("", |(_, rest)| rest);
    let path = path.split_once('/').map_or("", |(_, path)| path);
    let path = path
        .split(['?', '#'])
        .next()
        .unwrap_or_default()
        .trim_end_matches('/');
    match path.is_empty() || !path.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => String::new(),
        false => format!("/{path}"),
    }
}

fn bypasses(look: &mut Look<'_>) {
    if let Some(found) = value(look, "GOINSECURE") {
        look.advise(
            "bypass",
            &found,
            "modules that match are fetched without checking certificates, or over plain HTTP",
            "add the CA of the host to the system store instead, then unset it",
        );
    }
    if let Some(found) = value(look, "GONOSUMDB")
        .filter(|found| found.value.split(',').any(|pattern| pattern == "*"))
    {
        look.advise(
            "bypass",
            &found,
            "no module is checked against the checksum database",
            "name private modules only",
        );
    }
    if let Some(found) = value(look, "GONOSUMCHECK") {
        look.advise(
            "no-effect",
            &found,
            "there is no such variable in Go",
            "delete it; `GONOSUMDB` and `GOPRIVATE` exist",
        );
    }
    let flags = value(look, "GOFLAGS").filter(|found| {
        found
            .value
            .split_whitespace()
            .any(|flag| flag.trim_start_matches('-') == "insecure")
    });
    if let Some(found) = flags {
        look.advise(
            "bypass",
            &found,
            "`-insecure` skips certificate checks up to Go 1.16 and is an error since",
            "delete it",
        );
    }
}

fn old_protocols(look: &mut Look<'_>) {
    let Some(found) = value(look, "GODEBUG") else {
        return;
    };
    let keys: Vec<&str> = found
        .value
        .split(',')
        .filter_map(|pair| pair.split('=').next())
        .map(str::trim)
        .collect();
    for (key, text) in GODEBUG.iter().filter(|(key, _)| keys.contains(key)) {
        look.advise(
            "no-effect",
            &found,
            &format!("`{key}`: {text}"),
            "delete it; it is the server that must be upgraded",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn module_paths_are_read_from_lines_and_blocks() {
        let text = "module corp.example/app\n\ngo 1.22\n\nrequire corp.example/greet v1.0.0 // indirect\n\
                    require (\n\tgithub.com/a/b v1.2.3\n\t\"golang.org/x/net\" v0.1.0 // indirect\n)\nreplace x => ../x\n";
        assert_eq!(
            required(text),
            ["corp.example/greet", "github.com/a/b", "golang.org/x/net"]
        );
        assert!(required("require (\n").is_empty());
    }

    #[test]
    fn the_list_of_proxies_is_split_as_go_does_and_a_failure_ends_it_or_not() {
        let list: Vec<Entry> = entries("https://a.test, b.test|direct")
            .into_iter()
            .map(|entry| Entry {
                target: Target::parse(&address(&entry.text), None)
                    .ok()
                    .filter(|_| entry.text != "direct"),
                ..entry
            })
            .collect();
        let target = |text| Target::parse(text, None).unwrap();
        let said = afterwards(&list, &target("a.test"), &|one| *one == target("b.test"));
        assert!(
            said[0].contains("only where the proxy answers 404 or 410"),
            "{said:?}"
        );
        assert!(
            said[1].contains("`GOPROXY=b.test go mod download`"),
            "{said:?}"
        );
        let said = afterwards(&list, &target("b.test"), &|_| false);
        assert!(said[0].contains("goes on to `direct`"), "{said:?}");
        assert!(
            said[1].contains("`GOPROXY=https://proxy.golang.org go"),
            "{said:?}"
        );
        assert!(afterwards(&list, &target("c.test"), &|_| true).is_empty());
    }

    #[test]
    fn paths_of_addresses_stand_in_requests_as_they_are() {
        let found = [
            "https://a/b/c/",
            "https://a",
            "https://a/x y",
            "https://u@a:1/b?c",
        ]
        .map(path_of);
        assert_eq!(found, ["/b/c", "", "", "/b"]);
    }

    #[test]
    fn private_patterns_are_prefixes_by_element() {
        for (patterns, path, expected) in [
            ("corp.example", "corp.example/greet", true),
            ("*.corp.example", "git.corp.example/x/y", true),
            ("a.example,corp.example/team", "corp.example/team/z", true),
            ("corp.example/team", "corp.example/teams", false),
            ("*", "anything.example/x", true),
            ("corp", "corp.example/x", false),
            ("", "corp.example/x", false),
        ] {
            assert_eq!(matches(patterns, path), expected, "{patterns} {path}");
        }
    }
}
