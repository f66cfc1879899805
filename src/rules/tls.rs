//! Rules about the TLS settings of GnuTLS and Java.

use super::facts::Facts;
use super::{Family, Hit, Rule, Severity};
use crate::host::places::Kind;

/// The rules about GnuTLS and Java.
pub const RULES: &[Rule] = &[
    Rule {
        id: "gnutls-lowered",
        severity: Severity::Warning,
        family: Family::Tls,
        title: "GnuTLS is configured to accept old protocols or weak keys",
        explanation: "`/etc/gnutls/config` turns on TLS 1.0 or 1.1, SSL 3, or a low security profile for every program that uses GnuTLS: git, wget on Debian, \
                      the LDAP client and others.",
        remedy: "delete the setting",
        reference: "GnuTLS manual, \"System-wide configuration of the library\"",
        check: gnutls_lowered,
    },
    Rule {
        id: "java-tls-lowered",
        severity: Severity::Warning,
        family: Family::Tls,
        title: "Java is configured to accept what its makers switched off",
        explanation: "`jdk.tls.disabledAlgorithms` lacks protocols or ciphers that every JDK disables: TLS 1.0, TLS 1.1, RC4 or triple DES are possible for all \
                      Java programs on the host.",
        remedy: "restore the line as the package delivers it",
        reference: "java.security of OpenJDK 21",
        check: java_lowered,
    },
];

fn gnutls_lowered(facts: &Facts) -> Vec<Hit> {
    let low = [
        "+vers-tls1.0",
        "+vers-tls1.1",
        "+vers-ssl3.0",
        "+vers-tls-all",
        "+vers-all",
        "%profile_low",
        "%profile_very_weak",
        "%profile_none",
        "%verify_allow_sign_rsa_md5",
        "legacy",
    ];
    let is_low = |value: &str| {
        value
            .to_lowercase()
            .split(':')
            .any(|part| low.contains(&part))
    };
    let enabled = |key: &str, value: &str| {
        key == "enabled-version"
            && matches!(
                value.to_lowercase().as_str(),
                "ssl3.0" | "tls1.0" | "tls1.1" | "dtls1.0"
            )
    };
    let files = facts
        .settings
        .iter()
        .filter(|source| source.kind == Kind::Gnutls);
    let settings =
        files.flat_map(|source| source.settings.iter().map(move |setting| (source, setting)));
    let wrong = settings.filter(|(_, setting)| {
        let named = setting.is(&["overrides", "default-priority-string"])
            || setting.is(&["priorities", "*"]);
        let priority = named && is_low(&setting.value);
        priority
            || (setting.is(&["overrides", "enabled-version"])
                && enabled(setting.key(), &setting.value))
    });
    wrong
        .map(|(source, setting)| {
            let path = source.path.clone().unwrap_or_default();
            Hit::at(path, format!("`{} = {}`", setting.key(), setting.value)).line(setting.line)
        })
        .collect()
}

fn java_lowered(facts: &Facts) -> Vec<Hit> {
    let files = facts
        .settings
        .iter()
        .filter(|source| source.kind == Kind::JavaSecurity);
    files
        .filter_map(|source| {
            let setting = source
                .settings
                .iter()
                .find(|setting| setting.is(&["jdk.tls.disabledAlgorithms"]))?;
            let disabled: Vec<&str> = setting.value.split(',').map(str::trim).collect();
            let needed = ["SSLv3", "TLSv1", "TLSv1.1", "RC4", "3DES_EDE_CBC"];
            let missing: Vec<&str> = needed
                .into_iter()
                .filter(|name| {
                    !disabled
                        .iter()
                        .any(|known| known.eq_ignore_ascii_case(name))
                })
                .collect();
            let path = source.path.clone().unwrap_or_default();
            let hit = Hit::at(
                path,
                format!("`jdk.tls.disabledAlgorithms` lacks {}", missing.join(", ")),
            );
            (!missing.is_empty()).then(|| hit.line(setting.line))
        })
        .collect()
}
