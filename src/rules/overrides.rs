//! Rules about settings that point programs at another trust store.

use std::path::PathBuf;

use super::facts::{Facts, Target};
use super::{Family, Hit, Rule, Severity, bypass};
use crate::host::format::Setting;
use crate::host::places::Kind as FileKind;
use crate::host::sources::{Scope, Source, expanded};
use crate::store::inventory::Origin;
use crate::system::files::Kind;

/// Variables that name a trust store which replaces the system's.
const REPLACING: [&str; 10] = [
    "SSL_CERT_FILE",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "AWS_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "PIP_CERT",
    "CARGO_HTTP_CAINFO",
    "PERL_LWP_SSL_CA_FILE",
    "HTTPS_CA_FILE",
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
];
/// Variables that name further certificates, or folders.
const OTHERS: [&str; 4] = [
    "SSL_CERT_DIR",
    "NODE_EXTRA_CA_CERTS",
    "DENO_CERT",
    "GIT_SSL_CAPATH",
];

/// Settings of files that do either, by how the file is read.
const IN_FILES: &[(FileKind, &[&str])] = &[
    (FileKind::Git, &["http", "sslcainfo"]),
    (FileKind::Git, &["http", "*", "sslcainfo"]),
    (FileKind::Git, &["http", "sslcapath"]),
    (FileKind::Git, &["http", "*", "sslcapath"]),
    (FileKind::Curl, &["cacert"]),
    (FileKind::Curl, &["capath"]),
    (FileKind::Wget, &["cacertificate"]),
    (FileKind::Wget, &["cadirectory"]),
    (FileKind::Pip, &["*", "cert"]),
    (FileKind::Npm, &["cafile"]),
    (FileKind::Yarn, &["cafile"]),
    (FileKind::YarnBerry, &["httpsCaFilePath"]),
    (FileKind::Gem, &[":ssl_ca_cert"]),
    (FileKind::Cargo, &["http", "cainfo"]),
    (FileKind::Conda, &["ssl_verify"]),
    (
        FileKind::Kube,
        &["clusters", "*", "cluster", "certificate-authority"],
    ),
    (FileKind::Ldap, &["tls_cacert"]),
    (FileKind::Ldap, &["tls_cacertdir"]),
    (FileKind::AptConf, &["acquire", "https", "cainfo"]),
    (FileKind::AptConf, &["acquire", "https", "*", "cainfo"]),
];

/// The rules about overrides.
pub const RULES: &[Rule] = &[
    Rule {
        id: "ca-override-missing",
        severity: Severity::Warning,
        family: Family::Bypass,
        title: "a setting that names a trust store which is not there",
        explanation: "Programs that follow the setting find no CA and refuse every server (or, as Node does, silently go without the certificates they were \
                      meant to get). People then switch verification off.",
        remedy: "delete the setting, or let it name `/etc/ssl/certs/ca-certificates.crt`",
        reference: "openssl-env(7), curl(1), Node.js CLI documentation",
        check: missing,
    },
    Rule {
        id: "ca-override-writable",
        severity: Severity::Error,
        family: Family::Bypass,
        title: "a setting that names a trust store which others may write",
        explanation: "Anyone who can write to the file decides which servers the programs that follow the setting believe.",
        remedy: "give the file to root and take the right away with `chmod go-w`, or delete the setting",
        reference: "openssl-env(7)",
        check: writable,
    },
    Rule {
        id: "ca-override-stale",
        severity: Severity::Warning,
        family: Family::Bypass,
        title: "a setting that names a trust store without this host's local CAs",
        explanation: "Programs that follow the variable do not use the system's store but a copy that lacks the local certificates of this host: what was \
                      added here does not count for them, and what an update took away still does.",
        remedy: "delete the setting, or let it name `/etc/ssl/certs/ca-certificates.crt`",
        reference: "openssl-env(7), curl(1), requests documentation",
        check: stale,
    },
];

/// Whether a setting names a trust store.
fn is_override(source: &Source, setting: &Setting) -> bool {
    if source.kind.is_environment() {
        return REPLACING.contains(&setting.key()) || OTHERS.contains(&setting.key());
    }
    IN_FILES
        .iter()
        .any(|(kind, path)| *kind == source.kind && setting.is(path))
}

/// The files and folders that a setting names as trust stores.
pub fn named(source: &Source, setting: &Setting) -> Vec<PathBuf> {
    if source.said.is_some() || !is_override(source, setting) {
        return Vec::new();
    }
    let parts: Vec<&str> = if setting.key().ends_with("_DIR") {
        setting.value.split(':').collect()
    } else {
        vec![&setting.value]
    };
    let paths = parts
        .into_iter()
        .filter(|part| !part.is_empty())
        .filter_map(|part| expanded(source, part));
    paths.filter(|path| path.is_absolute()).collect()
}

/// Every override with what it leads to.
fn overrides(facts: &Facts) -> Vec<(&Source, &Setting, PathBuf, &Target)> {
    let mut out = Vec::new();
    for source in &facts.settings {
        for setting in &source.settings {
            for path in named(source, setting) {
                if let Some(target) = facts.targets.get(&path) {
                    out.push((source, setting, path, target));
                }
            }
        }
    }
    out
}

fn missing(facts: &Facts) -> Vec<Hit> {
    let gone = overrides(facts)
        .into_iter()
        .filter(|(.., target)| target.facts.is_none());
    gone.map(|(source, setting, path, _)| {
        bypass::hit(
            source,
            setting,
            format!("`{}` is not there", path.display()),
        )
    })
    .collect()
}

fn writable(facts: &Facts) -> Vec<Hit> {
    let hit = |(source, setting, path, target): (&Source, &Setting, PathBuf, &Target)| {
        let others = if source.scope == Scope::System {
            0o022
        } else {
            0o002
        };
        let found = target
            .facts
            .filter(|found| found.mode & others != 0 || !trusted_owner(facts, source, found.uid))?;
        let whose = facts.user_name(found.uid);
        let evidence = format!(
            "`{}` has mode {:04o} and belongs to {whose}",
            path.display(),
            found.mode
        );
        Some(bypass::hit(source, setting, evidence))
    };
    overrides(facts).into_iter().filter_map(hit).collect()
}

/// A user's own setting may name the user's own file.
fn trusted_owner(facts: &Facts, source: &Source, uid: u32) -> bool {
    let own = match &source.scope {
        Scope::User(name) => facts
            .users
            .iter()
            .any(|user| user.name == *name && user.uid == uid),
        Scope::Process | Scope::Project(_) => true,
        Scope::System => false,
    };
    uid == 0 || uid == facts.owner || own
}

fn stale(facts: &Facts) -> Vec<Hit> {
    let local: Vec<_> = facts
        .placed()
        .into_iter()
        .filter(|placed| placed.origin == Origin::Local)
        .collect();
    let hit = |(source, setting, path, target): (&Source, &Setting, PathBuf, &Target)| {
        let replaces = source.kind.is_environment()
            && REPLACING.contains(&setting.key())
            && target.facts.is_some_and(|found| found.kind == Kind::File);
        let lacking = local
            .iter()
            .filter(|placed| !target.certificates.contains(&placed.certificate.sha256()))
            .count();
        let evidence = format!(
            "`{}` lacks {lacking} of {} local certificates",
            path.display(),
            local.len()
        );
        (replaces && lacking > 0).then(|| bypass::hit(source, setting, evidence))
    };
    overrides(facts).into_iter().filter_map(hit).collect()
}
