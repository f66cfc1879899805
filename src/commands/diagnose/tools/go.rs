//! The go command: `go help environment`, `go help goproxy`, `go help module-auth`.

use std::path::{Path, PathBuf};

use super::{Found, Look};
use crate::commands::diagnose::Plan;
use crate::error::Result;
use crate::host::format;
use crate::programs::no_proxy::NoProxy;
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

pub(super) fn plan(look: &mut Look<'_>) -> Result<Plan> {
    layers(look);
    let found = value(look, "GOPROXY");
    let proxies = look.or_default(found.clone(), "GOPROXY", "https://proxy.golang.org,direct");
    let entries: Vec<&str> = proxies
        .split([',', '|'])
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
        .collect();
    for entry in &entries {
        match *entry {
            "direct" => {}
            "off" => look.note("`GOPROXY` has `off`: what comes after it is never asked, and nothing is downloaded there"),
            // `go help goproxy`: without a scheme it is https.
            url if !url.contains("://") => look.url(&format!("https://{url}"), found.as_ref()),
            url => look.url(url, found.as_ref()),
        }
    }
    modules(look, entries.contains(&"direct"))?;
    checksums(look);
    bypasses(look);
    old_protocols(look);
    let mut plan = look.plan("go", &["go"]);
    plan.rule = Some(NoProxy::Go);
    Ok(plan)
}

/// The file of `go env -w`, then the defaults of the installation.
fn layers(look: &mut Look<'_>) {
    let own = match look.context.variable("GOENV") {
        Some("off") => None,
        Some(path) if !path.is_empty() => Some(PathBuf::from(path)),
        _ => look
            .context
            .variable("XDG_CONFIG_HOME")
            .map(|config| Path::new(config).join("go/env"))
            .or_else(|| look.home(".config/go/env")),
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

/// The hosts of the modules that are fetched from where they live.
fn modules(look: &mut Look<'_>, direct: bool) -> Result<()> {
    let private = value(look, "GONOPROXY").or_else(|| value(look, "GOPRIVATE"));
    if let Some(found) = &private {
        look.effective(found);
    }
    let Some(folder) = look.arguments.module_dir.clone() else {
        if direct || private.is_some() {
            look.note("modules are also fetched from their own hosts; pass `--module-dir DIR` to look at those of a go.mod");
        }
        return Ok(());
    };
    let bytes = files::read(&look.context.absolute(&folder).join("go.mod"), GO_MOD)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    for path in required(&text) {
        let is_private = private
            .as_ref()
            .is_some_and(|found| matches(&found.value, &path));
        let host = path.split('/').next().unwrap_or_default();
        if (direct || is_private) && host.contains('.') {
            look.url(&format!("https://{host}/"), None);
        }
    }
    Ok(())
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
fn checksums(look: &mut Look<'_>) {
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
    if excepted.is_some_and(|found| found.value.split(',').any(|pattern| pattern.trim() == "*")) {
        return look.note("the checksum database is asked about no module: all are excepted");
    }
    let database = look.or_default(found.clone(), "GOSUMDB", "sum.golang.org");
    let words: Vec<&str> = database.split_whitespace().collect();
    let host = words
        .first()
        .and_then(|name| name.split('+').next())
        .unwrap_or_default();
    let url = match words.get(1) {
        Some(url) => (*url).to_string(),
        None => format!("https://{host}/"),
    };
    if host == "sum.golang.org"
        && words.len() < 2
        && look
            .targets
            .iter()
            .any(|target| target.host.to_string() != "proxy.golang.org")
    {
        look.note("the checksum database is asked through the module proxy where that offers it, else directly");
    }
    look.url(&url, found.as_ref());
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
            "delete it; the server must be mended",
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
