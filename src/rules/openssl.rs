//! Rules about the copies of OpenSSL on the host and about its configuration.

use std::path::PathBuf;

use super::facts::Facts;
use super::{Family, Hit, Rule, Severity, versions};
use crate::host::copies::Copy;
use crate::host::format::openssl::{Entry, security_level};

const CONFIG: &str = "config(5) and SSL_CONF_cmd(3) of OpenSSL";
const SCOPED: &str = "delete the setting; where one program must talk to an old server, give that program its own file with `OPENSSL_CONF`, then fix the server";

/// The rules about OpenSSL.
pub const RULES: &[Rule] = &[
    Rule {
        id: "openssl-command-differs",
        severity: Severity::Warning,
        family: Family::Tls,
        title: "an `openssl` command of another version than the library",
        explanation: "The command that a shell finds first, or the distribution's own, is not of the version of the library that programs use. Whatever is \
                      tested with it (versions, ciphers, connections) says nothing about the host's services.",
        remedy: "remove the other copy, or test with `/usr/bin/openssl`",
        reference: "openssl-version(1)",
        check: command_differs,
    },
    Rule {
        id: "openssl-private-copy",
        severity: Severity::Note,
        family: Family::Tls,
        title: "a copy of OpenSSL beside the distribution's",
        explanation: "It was not installed by a package: the distribution's security updates do not reach it, and neither may the system's trust store and \
                      configuration.",
        remedy: "find out who needs it, and use the distribution's library where possible",
        reference: "OpenSSL INSTALL.md",
        check: private_copy,
    },
    Rule {
        id: "openssl-copy-ended",
        severity: Severity::Warning,
        family: Family::Tls,
        title: "bundled OpenSSL copy is end-of-life",
        explanation: "The copy was not installed by a package, and OpenSSL itself no longer maintains its branch. (For packages the distribution's time counts, \
                      not OpenSSL's.)",
        remedy: "use the distribution's library, or get a supported version from the vendor of the copy",
        reference: "OpenSSL release strategy",
        check: copy_ended,
    },
    Rule {
        id: "openssl-empty-store",
        severity: Severity::Warning,
        family: Family::Tls,
        title: "an OpenSSL whose own trust store is empty",
        explanation: "A hand-built OpenSSL looks for CAs in its own folder, where nobody put any: every connection of programs that use it fails with \
                      `unable to get local issuer certificate`, whatever is in the system's store.",
        remedy: "link its store to the system's: `ln -s /etc/ssl/certs/ca-certificates.crt OPENSSLDIR/cert.pem`",
        reference: "OpenSSL INSTALL.md, --openssldir",
        check: empty_store,
    },
    Rule {
        id: "openssl-min-protocol",
        severity: Severity::Warning,
        family: Family::Tls,
        title: "OpenSSL is configured to accept TLS below 1.2",
        explanation: "`MinProtocol` allows SSL 3, TLS 1.0 or TLS 1.1 for every program on the host. RFC 8996 forbids them; Debian and Ubuntu allow none by \
                      default.",
        remedy: SCOPED,
        reference: CONFIG,
        check: min_protocol,
    },
    Rule {
        id: "openssl-max-protocol",
        severity: Severity::Warning,
        family: Family::Tls,
        title: "OpenSSL is configured to never use TLS 1.3",
        explanation: "`MaxProtocol` is below TLS 1.3: no program on the host negotiates it, though every supported release can.",
        remedy: "delete the setting",
        reference: CONFIG,
        check: max_protocol,
    },
    Rule {
        id: "openssl-security-level",
        severity: Severity::Warning,
        family: Family::Tls,
        title: "OpenSSL is configured to accept weak keys and signatures",
        explanation: "`CipherString` lowers the security level below 2 for every program on the host: keys of 1024 bits at level 1, anything at level 0, and with \
                      OpenSSL 1.1.1 TLS 1.0 too.",
        remedy: SCOPED,
        reference: "SSL_CTX_set_security_level(3)",
        check: low_level,
    },
    Rule {
        id: "openssl-legacy-options",
        severity: Severity::Warning,
        family: Family::Tls,
        title: "OpenSSL is configured to accept insecure renegotiation",
        explanation: "`UnsafeLegacyRenegotiation` or `UnsafeLegacyServerConnect` is on for every program on the host: a known attack lets others put their own \
                      text before what is sent (CVE-2009-3555).",
        remedy: SCOPED,
        reference: "RFC 5746; SSL_CONF_cmd(3)",
        check: legacy_options,
    },
];

/// The copies that a program can be linked with or run, each of them no package's.
fn private(facts: &Facts) -> impl Iterator<Item = &Copy> {
    facts.copies.iter().filter(|copy| !copy.packaged)
}

fn told(copy: &Copy) -> String {
    format!("OpenSSL {} of {}", copy.version, copy.date)
}

fn command_differs(facts: &Facts) -> Vec<Hit> {
    let mut libraries = facts
        .copies
        .iter()
        .filter(|copy| copy.packaged && !copy.is_command());
    let commands = facts.copies.iter().filter(|copy| copy.is_command());
    // With two generations of the library installed the command goes with one of them.
    let versions: Vec<&Copy> = libraries.by_ref().collect();
    let differs = |copy: &&Copy| {
        !versions.is_empty()
            && !versions
                .iter()
                .any(|library| library.version == copy.version)
    };
    let in_path = |copy: &&Copy| {
        ["/usr/bin", "/usr/local/bin", "/usr/local/sbin", "/usr/sbin"]
            .iter()
            .any(|folder| copy.path.starts_with(folder))
    };
    let libraries: Vec<String> = versions
        .iter()
        .map(|library| library.version.clone())
        .collect();
    let hit = |copy: &Copy| {
        Hit::at(
            &copy.path,
            format!("{}; the library is {}", told(copy), libraries.join(", ")),
        )
    };
    commands.filter(differs).filter(in_path).map(hit).collect()
}

fn private_copy(facts: &Facts) -> Vec<Hit> {
    private(facts)
        .map(|copy| Hit::at(&copy.path, told(copy)))
        .collect()
}

fn copy_ended(facts: &Facts) -> Vec<Hit> {
    let hit = |copy: &Copy| {
        let end = versions::upstream_end(&copy.branch()).filter(|end| *end < facts.now)?;
        let day: String = end.to_string().chars().take(10).collect();
        Some(Hit::at(
            &copy.path,
            format!("{}; OpenSSL maintained this branch until {day}", told(copy)),
        ))
    };
    private(facts).filter_map(hit).collect()
}

fn empty_store(facts: &Facts) -> Vec<Hit> {
    let hit = |copy: &Copy| {
        let folder = copy
            .folder
            .as_ref()
            .filter(|folder| facts.empty_stores.contains(*folder))?;
        let remedy = format!("run `ln -s /etc/ssl/certs/ca-certificates.crt {folder}/cert.pem`");
        Some(
            Hit::at(
                &copy.path,
                format!("it looks in `{folder}`, where there is no certificate"),
            )
            .remedy(remedy),
        )
    };
    private(facts)
        .filter(|copy| copy.has_own_store())
        .filter_map(hit)
        .collect()
}

/// The settings of one command of SSL_CONF_cmd(3) that are in force, last one first.
fn settings<'a>(facts: &'a Facts, command: &'a str) -> impl Iterator<Item = (&'a str, &'a Entry)> {
    facts.openssl.iter().flat_map(move |(_, conf)| {
        let mut last: Vec<(&str, &Entry)> = Vec::new();
        for (application, entry) in conf
            .tls()
            .into_iter()
            .filter(|(_, entry)| entry.command() == command)
        {
            last.retain(|(known, _)| *known != application);
            last.push((application, entry));
        }
        last
    })
}

fn hit(application: &str, entry: &Entry) -> Hit {
    let whom = match application {
        "system_default" => "for every program".to_string(),
        name => format!("for programs that ask for `{name}`"),
    };
    Hit::at(
        PathBuf::from(&entry.file),
        format!("`{} = {}` {whom}", entry.name, entry.value),
    )
    .line(entry.line)
    .name(application)
}

fn min_protocol(facts: &Facts) -> Vec<Hit> {
    let low = [
        "none", "sslv3", "tlsv1", "tlsv1.0", "tlsv1.1", "dtlsv1", "dtlsv1.0",
    ];
    let wrong = settings(facts, "minprotocol")
        .filter(|(_, entry)| low.contains(&entry.value.to_lowercase().as_str()));
    wrong
        .map(|(application, entry)| hit(application, entry))
        .collect()
}

fn max_protocol(facts: &Facts) -> Vec<Hit> {
    let low = ["sslv3", "tlsv1", "tlsv1.0", "tlsv1.1", "tlsv1.2"];
    let wrong = settings(facts, "maxprotocol")
        .filter(|(_, entry)| low.contains(&entry.value.to_lowercase().as_str()));
    wrong
        .map(|(application, entry)| hit(application, entry))
        .collect()
}

fn low_level(facts: &Facts) -> Vec<Hit> {
    let wrong = settings(facts, "cipherstring")
        .filter(|(_, entry)| security_level(&entry.value).is_some_and(|level| level < 2));
    wrong
        .map(|(application, entry)| hit(application, entry))
        .collect()
}

fn legacy_options(facts: &Facts) -> Vec<Hit> {
    let legacy = |option: &str| {
        matches!(
            option
                .trim()
                .trim_start_matches('+')
                .to_lowercase()
                .as_str(),
            "unsafelegacyrenegotiation" | "unsafelegacyserverconnect"
        )
    };
    let wrong = settings(facts, "options").filter(|(_, entry)| entry.value.split(',').any(legacy));
    wrong
        .map(|(application, entry)| hit(application, entry))
        .collect()
}
