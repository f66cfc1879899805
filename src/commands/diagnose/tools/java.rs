//! Maven and gradle: the repositories of their files, and the options of Java that decide whom they trust.

use std::path::{Path, PathBuf};

use super::{Found, Look, Route, broken};
use crate::commands::diagnose::Plan;
use crate::commands::diagnose::gather::Own;
use crate::host::format;
use crate::host::{keystore, places};
use crate::rules::diagnosis::Ruling;

/// Where Maven fetches from without a mirror.
const CENTRAL: &str = "https://repo.maven.apache.org/maven2";
/// What gradle asks without settings: plugins, and its own distribution.
const GRADLE: [&str; 2] = [
    "https://plugins.gradle.org/m2",
    "https://services.gradle.org/distributions",
];
/// A file of a build is not read when larger.
const BUILD: usize = 1 << 20;

pub(super) fn maven(look: &mut Look<'_>) -> Plan {
    let mut settings: Vec<PathBuf> = look.home(".m2/settings.xml").into_iter().collect();
    settings.extend(
        [
            "/etc/maven/settings.xml",
            "/usr/share/maven/conf/settings.xml",
        ]
        .map(PathBuf::from),
    );
    let mirrors: Vec<Found> = settings
        .iter()
        .flat_map(|path| elements(look, path, "mirror"))
        .collect();
    settings.push(PathBuf::from("pom.xml"));
    let repositories = ["repository", "pluginRepository"];
    let others = settings
        .iter()
        .flat_map(|path| repositories.map(|name| elements(look, path, name)));
    let others: Vec<Found> = others.flatten().collect();
    for found in mirrors.iter().chain(&others) {
        look.effective(found);
        look.url(&found.value, Some(found));
    }
    if mirrors.is_empty() {
        look.url(CENTRAL, None);
    } else {
        look.note("which repositories a mirror stands for is said in its `mirrorOf`; all of them are looked at here");
    }
    let mut options = variables(look, &["MAVEN_OPTS", "MAVEN_ARGS"]);
    for path in [".mvn/jvm.config", ".mvn/maven.config"] {
        options.extend(words(look, Path::new(path)));
    }
    options_of_java(look, "maven", options)
}

pub(super) fn gradle(look: &mut Look<'_>) -> Plan {
    let mut properties: Vec<PathBuf> = look.home(".gradle/gradle.properties").into_iter().collect();
    properties.push(PathBuf::from("gradle.properties"));
    for path in properties {
        look.file(&path, format::properties::parse);
    }
    let wrapper = Path::new("gradle/wrapper/gradle-wrapper.properties");
    let text = look.text(wrapper).unwrap_or_default();
    let distribution = format::properties::parse(&text);
    let distribution = distribution
        .iter()
        .find(|setting| setting.is(&["distributionUrl"]));
    if let Some(setting) = distribution {
        let found = of_file(wrapper, setting.line, "distributionUrl", &setting.value);
        look.effective(&found);
        look.url(&found.value, Some(&found));
    }
    let builds = [
        "settings.gradle",
        "settings.gradle.kts",
        "build.gradle",
        "build.gradle.kts",
    ];
    for path in builds {
        for found in addresses(look, Path::new(path)) {
            look.effective(&found);
            look.url(&found.value, Some(&found));
        }
    }
    for url in GRADLE.iter().chain([&CENTRAL]) {
        look.url(url, None);
    }
    let mut options = variables(look, &["GRADLE_OPTS"]);
    for found in look.settings(&|setting| {
        setting.key().starts_with("systemProp.") || setting.is(&["org.gradle.jvmargs"])
    }) {
        match found.name.strip_prefix("systemProp.") {
            Some(name) => options.push(Found {
                name: name.to_string(),
                ..found.clone()
            }),
            None => options.extend(split(&found)),
        }
    }
    options_of_java(look, "gradle", options)
}

/// The plan, judged by the keystore that Java is told to read.
fn options_of_java(look: &mut Look<'_>, tool: &'static str, mut options: Vec<Found>) -> Plan {
    options.extend(variables(look, places::JAVA_OPTIONS));
    let get = |name: &str| options.iter().find(|found| found.name == name);
    let mut own = None;
    let mut ruling = None;
    if let Some(found) = get("javax.net.ssl.trustStore") {
        look.effective(found);
        let password =
            get("javax.net.ssl.trustStorePassword").map_or("changeit", |found| &found.value);
        match store(look, found, password) {
            Ok(read) => own = Some(read),
            Err(reason) => ruling = Some(broken(found, &reason)),
        }
    }
    let off = [
        "maven.wagon.http.ssl.insecure",
        "aether.connector.https.securityMode",
    ];
    let mut off = off.iter().filter_map(|name| get(name));
    let off = off.find(|found| matches!(found.value.as_str(), "true" | "insecure"));
    if let Some(found) = off {
        look.advise(
            "bypass",
            found,
            "certificates are not checked",
            "add the CA to the system store, which feeds Java's, then delete it",
        );
        ruling = Some(Ruling::Unverified {
            program: tool,
            setting: found.shown(),
        });
    }
    let proxy = get("https.proxyHost").map(|host| {
        look.effective(host);
        let port = get("https.proxyPort").map_or("443", |found| &found.value);
        format!("http://{}:{port}", host.value)
    });
    look.note("Java reads no proxy variables: `-Dhttps.proxyHost`, `-Dhttp.nonProxyHosts` and the tool's own settings count");
    for asked in &mut look.targets {
        asked.route = proxy.clone().map_or(Route::Direct, Route::Proxy);
        (asked.own, asked.ruling) = (own.clone(), ruling.clone());
    }
    look.plan(tool, &["java"], None)
}

/// The certificates of a keystore.
fn store(look: &Look<'_>, found: &Found, password: &str) -> Result<Own, String> {
    let path = Path::new(&found.value);
    let bytes = look.bytes(path).ok_or("the file can't be read, and Java goes on with an empty store: `the trustAnchors parameter must be non-empty`")?;
    let certificates =
        keystore::certificates(&bytes, password).map_err(|fault| fault.to_string())?;
    Ok(Own {
        setting: found.name.clone(),
        label: format!("`{}`", path.display()),
        certificates,
        adds: false,
    })
}

/// `-Dname=value` in variables.
fn variables(look: &Look<'_>, names: &[&str]) -> Vec<Found> {
    let found = names.iter().filter_map(|name| look.filled(name));
    found.flat_map(|found| split(&found)).collect()
}

fn split(found: &Found) -> Vec<Found> {
    let options = found
        .value
        .split_whitespace()
        .filter_map(|word| word.strip_prefix("-D")?.split_once('='));
    options
        .map(|(name, value)| Found {
            name: name.to_string(),
            value: value.to_string(),
            origin: match found.origin.as_str() {
                "the environment" => format!("`{}` in the environment", found.name),
                origin => origin.to_string(),
            },
        })
        .collect()
}

fn words(look: &Look<'_>, path: &Path) -> Vec<Found> {
    let text = look.text(path).unwrap_or_default();
    let lines = text.lines().enumerate();
    lines
        .flat_map(|(at, line)| split(&of_file(path, at + 1, "option", line)))
        .collect()
}

fn of_file(path: &Path, line: usize, name: &str, value: &str) -> Found {
    Found {
        name: name.to_string(),
        value: value.to_string(),
        origin: format!("{}:{line}", path.display()),
    }
}

/// The `<url>` of each element of this name in a file of Maven's; comments do not count.
fn elements(look: &Look<'_>, path: &Path, name: &str) -> Vec<Found> {
    let text = look
        .text(path)
        .filter(|text| text.len() <= BUILD)
        .unwrap_or_default();
    let text = without_comments(&text);
    let mut found = Vec::new();
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut at = 0;
    while let Some(begin) = text
        .get(at..)
        .and_then(|rest| rest.find(&open))
        .map(|begin| begin + at)
    {
        let rest = text.get(begin..).unwrap_or_default();
        let end = rest.find(&close).unwrap_or(rest.len());
        let element = rest.get(..end).unwrap_or_default();
        let url = element
            .split_once("<url>")
            .and_then(|(_, rest)| Some(rest.split_once("</url>")?.0.trim()));
        if let Some(url) = url.filter(|url| !url.contains("${")) {
            let line = text.get(..begin).unwrap_or_default().matches('\n').count() + 1;
            found.push(of_file(path, line, name, url));
        }
        at = begin + end.max(1);
    }
    found
}

/// Comments become blanks, so that lines stay where they are.
fn without_comments(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<!--") {
        out.push_str(before);
        let (comment, behind) = after.split_once("-->").unwrap_or((after, ""));
        out.extend(comment.chars().filter(|c| *c == '\n'));
        rest = behind;
    }
    out + rest
}

/// Quoted addresses of HTTPS in lines of a build file that speak of a URL or a repository.
fn addresses(look: &Look<'_>, path: &Path) -> Vec<Found> {
    let text = look
        .text(path)
        .filter(|text| text.len() <= BUILD)
        .unwrap_or_default();
    let lines = text.lines().enumerate();
    let in_line = |(at, line): (usize, &str)| {
        let line = line.trim();
        let is_wanted =
            !line.starts_with("//") && ["url", "maven"].iter().any(|word| line.contains(word));
        let quoted = line.split(['"', '\'']).skip(1).step_by(2);
        let urls = quoted.filter(|text| {
            is_wanted && (text.starts_with("https://") || text.starts_with("http://"))
        });
        urls.map(|url| of_file(path, at + 1, "repository", url))
            .collect::<Vec<_>>()
    };
    lines
        .flat_map(in_line)
        .filter(|found| !found.value.contains('$'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_of_xml_leave_only_their_lines() {
        assert_eq!(without_comments("a<!-- b\nc -->d\n<!-- e"), "a\nd\n");
    }

    #[test]
    fn options_of_java_are_read_from_words() {
        let found = of_file(Path::new("/x"), 3, "MAVEN_OPTS", "-Xmx1g -Da=b -Dc -Dd=e=f");
        let pairs: Vec<String> = split(&found).iter().map(Found::shown).collect();
        assert_eq!(pairs, ["`a=b` (/x:3)", "`d=e=f` (/x:3)"]);
    }
}
