//! The levels of evidence that need nothing to be run: version and configuration; and how the run ones join them.

use std::path::Path;

use super::Level;
use super::live::{Live, Spoken};
use crate::host::format::openssl::{self, Conf, security_level};
use crate::host::release::OsRelease;
use crate::host::tree::Tree;
use crate::rules::capability::{Answer, Evidence, Setting};

/// The versions of the protocol, in order.
pub(super) const PROTOCOLS: [&str; 4] = ["TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"];

/// `openssl.cnf` in the OPENSSLDIR of the library, with what it includes.
pub(super) fn configuration(tree: &Tree<'_>, folder: Option<&str>) -> Conf {
    let path = Path::new(folder.unwrap_or("/usr/lib/ssl")).join("openssl.cnf");
    let text = tree.text(&path).unwrap_or_default();
    let mut include = |name: &str| included(tree, name);
    openssl::parse(&path.display().to_string(), &text, &mut include)
}

/// One file, or the `*.cnf` and `*.conf` of a folder (config(5), `.include`).
fn included(tree: &Tree<'_>, name: &str) -> Vec<(String, String)> {
    let path = Path::new(name);
    if !tree.is_folder(path) {
        return tree
            .text(path)
            .map(|text| (name.to_string(), text))
            .into_iter()
            .collect();
    }
    let names = tree.names(path).into_iter().filter(|name| {
        name.rsplit_once('.')
            .is_some_and(|(_, end)| ["cnf", "conf"].contains(&end))
    });
    names
        .filter_map(|name| {
            let file = path.join(&name);
            Some((file.display().to_string(), tree.text(&file)?))
        })
        .collect()
}

/// The settings in force for all users and for single applications.
pub(super) fn settings(conf: &Conf) -> Vec<Setting> {
    let shown = [
        "minprotocol",
        "maxprotocol",
        "protocol",
        "cipherstring",
        "ciphersuites",
        "options",
        "groups",
        "signaturealgorithms",
    ];
    let all = conf.tls().into_iter().map(|(application, entry)| Setting {
        name: entry.command(),
        value: entry.value.clone(),
        application: application.to_string(),
        origin: format!("{}:{}", entry.file, entry.line),
    });
    all.filter(|setting| shown.contains(&setting.name.as_str()))
        .collect()
}

/// The number of a protocol's name in `openssl.cnf`; `None` and what is unknown sets no limit.
fn number(name: &str) -> Option<usize> {
    match name {
        "SSLv3" | "TLSv1" | "TLSv1.0" => Some(0),
        "TLSv1.1" => Some(1),
        "TLSv1.2" => Some(2),
        "TLSv1.3" => Some(3),
        _ => None,
    }
}

/// All four levels for each version of the protocol.
pub(super) fn protocols(
    version: Option<&str>,
    settings: &[Setting],
    release: &OsRelease,
    live: Option<&Live>,
) -> Vec<Evidence> {
    let system = |name: &str| {
        let mut found = settings
            .iter()
            .filter(|setting| setting.application == "system_default" && setting.name == name);
        found.next_back().and_then(|setting| number(&setting.value))
    };
    let (lowest, highest) = (
        system("minprotocol").unwrap_or(0),
        system("maxprotocol").unwrap_or(3),
    );
    let floor = floor(
        version,
        system_level(settings).map(|(level, _)| level),
        release,
    );
    PROTOCOLS
        .iter()
        .enumerate()
        .map(|(at, protocol)| {
            let spoken = live.and_then(|live| live.spoken.get(at));
            let by_version = version.map_or(Answer::Unknown, |version| has_code(at, version));
            let read = configured(at, (lowest, highest), floor, by_version);
            Evidence {
                protocol,
                by_version,
                by_build: spoken.map_or(Answer::Unknown, |spoken| spoken.built),
                by_configuration: spoken.map_or(read, |spoken| both(read, spoken.configured)),
                by_handshake: spoken.map_or(Answer::Unknown, |spoken| spoken.shaken),
                detail: spoken.and_then(|spoken: &Spoken| spoken.detail.clone()),
            }
        })
        .collect()
}

/// What two sources both allow.
fn both(file: Answer, ciphers: Answer) -> Answer {
    match (file, ciphers) {
        (Answer::No, _) | (_, Answer::No) => Answer::No,
        (Answer::Unknown, other) | (other, Answer::Unknown) => other,
        _ => Answer::Yes,
    }
}

/// TLS 1.1 and 1.2 came with 1.0.1, TLS 1.3 with 1.1.1 (CHANGES).
fn has_code(at: usize, version: &str) -> Answer {
    let since = match at {
        0 => return Answer::Yes,
        3 => [1, 1, 1],
        _ => [1, 0, 1],
    };
    let digits = |part: &str| -> u32 {
        let end = part
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(part.len());
        part.get(..end)
            .and_then(|part| part.parse().ok())
            .unwrap_or(0)
    };
    let numbers: Vec<u32> = version.split('.').map(digits).collect();
    Answer::of(numbers.as_slice() >= since.as_slice())
}

/// The oldest version that the library speaks at its security level, whatever the file says of protocols. From OpenSSL
/// 3.0 on the signatures of TLS before 1.2 need level 0 (NEWS, 3.0), which no distribution has as its default; Ubuntu's
/// 1.1.1 forbids these versions at level 2, its default since 20.04.
fn floor(version: Option<&str>, level: Option<u32>, release: &OsRelease) -> usize {
    let is_3 =
        version.is_some_and(|version| !version.starts_with("1.") && !version.starts_with("0."));
    let is_ubuntu = release.id == "ubuntu" && !release.version.starts_with("18.");
    match (is_3, is_ubuntu) {
        (true, _) if level != Some(0) => 2,
        (false, true) if level.is_none_or(|level| level >= 2) => 2,
        _ => 0,
    }
}

/// What the file says, as far as the library follows it.
fn configured(
    at: usize,
    (lowest, highest): (usize, usize),
    floor: usize,
    by_version: Answer,
) -> Answer {
    if by_version != Answer::Yes {
        return by_version;
    }
    Answer::of((lowest.max(floor)..=highest).contains(&at))
}

/// The security level that the configuration sets, and where.
fn system_level(settings: &[Setting]) -> Option<(u32, String)> {
    let system = settings.iter().filter(|setting| {
        setting.application == "system_default" && setting.name == "cipherstring"
    });
    system
        .filter_map(|setting| Some((security_level(&setting.value)?, setting.origin.clone())))
        .next_back()
}

/// The security level: from the configuration, else from how the library was built.
pub(super) fn level(
    settings: &[Setting],
    release: &OsRelease,
    live: Option<&Live>,
) -> Option<Level> {
    if let Some((level, origin)) = system_level(settings) {
        return Some(Level { level, origin });
    }
    let built = live.and_then(|live| {
        live.build.iter().find_map(|line| {
            line.split("-DOPENSSL_TLS_SECURITY_LEVEL=")
                .nth(1)?
                .chars()
                .next()?
                .to_digit(10)
        })
    });
    if let Some(level) = built {
        return Some(Level {
            level,
            origin: "how the library was built (`openssl version -a`)".to_string(),
        });
    }
    // Debian changelog of 3.0.5-4; Ubuntu since 20.04; upstream since 3.2.
    let known = match (release.id.as_str(), release.version.as_str()) {
        ("debian", "12" | "13") => 2,
        ("ubuntu", version) if !version.starts_with("18.") => 2,
        ("debian", "11") | ("ubuntu", _) => 1,
        _ => return None,
    };
    Some(Level {
        level: known,
        origin: format!("the default of {}", release.name),
    })
}
