//! Checks of what fetches libraries and packages of programming languages, and of their programs.

use super::super::facts::Facts;
use super::super::{Hit, Severity};
use super::settings::{environments, in_environments, in_files, is_loopback, is_off, is_on, shown};
use crate::host::format::{Setting, yaml};
use crate::host::places::Kind;
use crate::host::sources::{Scope, Source};
use crate::programs::GO_PROXY;

pub(super) fn go_insecure(facts: &Facts) -> Vec<Hit> {
    in_environments(facts, |name, value| {
        name == "GOINSECURE" && !value.is_empty()
    })
}

pub(super) fn go_checksum_off(facts: &Facts) -> Vec<Hit> {
    in_environments(facts, |name, value| match name {
        "GOSUMDB" => value == "off",
        "GONOSUMDB" => value
            .split(',')
            .any(|pattern| matches!(pattern.trim(), "*" | "*/*")),
        "GOFLAGS" => value
            .split_whitespace()
            .filter_map(|flag| flag.trim_start_matches('-').strip_prefix("insecure"))
            .any(|value| value.is_empty() || value.strip_prefix('=').is_some_and(is_on)),
        _ => false,
    })
}

/// The proxies in a value of `GOPROXY`.
fn proxies(value: &str) -> impl Iterator<Item = &str> {
    let entries = value
        .split([',', '|'])
        .map(|entry| entry.trim().trim_end_matches('/'));
    entries.filter(|entry| !matches!(*entry, "" | "direct" | "off"))
}

/// The value of a variable that counts: the last.
fn last_set<'a>(source: &'a Source, name: &str) -> Option<&'a Setting> {
    let mut all = source.settings.iter().rev();
    all.find(|setting| setting.key() == name && !setting.value.is_empty())
}

pub(super) fn go_proxy_replaced(facts: &Facts) -> Vec<Hit> {
    let all: Vec<(&Source, &Setting)> = environments(facts)
        .filter_map(|source| Some((source, last_set(source, "GOPROXY")?)))
        .collect();
    let for_all = all
        .iter()
        .filter(|(source, _)| source.scope == Scope::System);
    let own: Vec<&str> = for_all
        .flat_map(|(_, setting)| proxies(&setting.value))
        .filter(|proxy| *proxy != GO_PROXY)
        .collect();
    let replaces = |(source, setting): &&(&Source, &Setting)| {
        let is_alone = setting.value.trim().trim_end_matches('/') == GO_PROXY;
        let leaves_out =
            !own.is_empty() && !proxies(&setting.value).any(|proxy| own.contains(&proxy));
        is_alone || (source.scope != Scope::System && leaves_out)
    };
    all.iter()
        .filter(replaces)
        .map(|(source, setting)| shown(source, setting))
        .collect()
}

/// Each `key=value` of `GODEBUG`.
fn debug_keys(value: &str) -> impl Iterator<Item = (&str, &str)> {
    value
        .split(',')
        .filter_map(|part| part.trim().split_once('='))
}

pub(super) fn go_debug_weakened(facts: &Facts) -> Vec<Hit> {
    let weakens = |(key, value): (&str, &str)| match key {
        "x509ignoreCN" | "rsa1024min" => value == "0",
        "x509sha1" | "tls10default" | "tls10server" | "tlsrsakex" | "tls3des" | "tlsunsafeekm"
        | "tlssha1" | "x509negativeserial" => value == "1",
        _ => false,
    };
    in_environments(facts, |name, value| {
        name == "GODEBUG" && debug_keys(value).any(weakens)
    })
}

pub(super) fn go_no_effect(facts: &Facts) -> Vec<Hit> {
    in_environments(facts, |name, value| match name {
        "GODEBUG" => debug_keys(value).any(|(key, _)| matches!(key, "tls10" | "tls11" | "tls12")),
        "GONOSUMCHECK" => true,
        _ => false,
    })
}

/// Sections of pip's configuration whose settings reach a command that fetches; `DEFAULT` reaches all
/// (configparser).
const PIP_SECTIONS: [&str; 8] = [
    "DEFAULT", "global", "install", "download", "wheel", "list", "index", "lock",
];

pub(super) fn pip_off(facts: &Facts) -> Vec<Hit> {
    // pip takes its own host for secure as it is.
    let others = |value: &str| value.split_whitespace().any(|host| !is_loopback(host));
    let mut hits = in_files(facts, &[Kind::Pip], |setting| {
        let counts = |section: &&str| setting.is(&[section, "trusted-host"]);
        PIP_SECTIONS.iter().any(counts) && others(&setting.value)
    });
    hits.extend(in_environments(facts, |name, value| {
        name == "PIP_TRUSTED_HOST" && others(value)
    }));
    hits
}

pub(super) fn npm_off(facts: &Facts) -> Vec<Hit> {
    let mut hits = in_files(facts, &[Kind::Npm], |setting| {
        setting.is(&["strict-ssl"]) && setting.value == "false"
    });
    hits.extend(in_environments(facts, |name, value| {
        name.eq_ignore_ascii_case("npm_config_strict_ssl") && value == "false"
    }));
    hits
}

pub(super) fn yarn_off(facts: &Facts) -> Vec<Hit> {
    let mut hits = in_files(facts, &[Kind::Yarn], |setting| {
        setting.is(&["strict-ssl"]) && setting.value == "false"
    });
    hits.extend(in_files(facts, &[Kind::YarnBerry], |setting| {
        setting.is(&["enableStrictSsl"]) && (yaml::is_false(&setting.value) || setting.value == "0")
    }));
    hits.extend(in_environments(facts, |name, value| {
        match name.to_ascii_uppercase().as_str() {
            "YARN_STRICT_SSL" => value == "false",
            "YARN_ENABLE_STRICT_SSL" => matches!(value, "false" | "0"),
            _ => false,
        }
    }));
    hits
}

pub(super) fn node_off(facts: &Facts) -> Vec<Hit> {
    environments(facts)
        .flat_map(|source| {
            let off = source.settings.iter().filter(|setting| {
                setting.key() == "NODE_TLS_REJECT_UNAUTHORIZED" && setting.value == "0"
            });
            let severity = if source.scope == Scope::System {
                Severity::Error
            } else {
                Severity::Warning
            };
            off.map(move |setting| shown(source, setting).severity(severity))
        })
        .collect()
}

pub(super) fn python_off(facts: &Facts) -> Vec<Hit> {
    in_environments(facts, |name, value| {
        name == "PYTHONHTTPSVERIFY" && value == "0"
    })
}

pub(super) fn gem_off(facts: &Facts) -> Vec<Hit> {
    in_files(facts, &[Kind::Gem], |setting| {
        (setting.is(&[":ssl_verify_mode"]) || setting.is(&["ssl_verify_mode"]))
            && setting.value == "0"
    })
}

pub(super) fn conda_off(facts: &Facts) -> Vec<Hit> {
    let mut hits = in_files(facts, &[Kind::Conda], |setting| {
        setting.is(&["ssl_verify"])
            && (yaml::is_false(&setting.value) || setting.value == "<false>")
    });
    hits.extend(in_environments(facts, |name, value| match name {
        "CONDA_SSL_VERIFY" => is_off(value),
        "SSL_NO_VERIFY" => is_on(value),
        _ => false,
    }));
    hits
}

pub(super) fn cargo_old(facts: &Facts) -> Vec<Hit> {
    let old = |value: &str| matches!(value, "sslv2" | "sslv3" | "tlsv1" | "tlsv1.0" | "tlsv1.1");
    let mut hits = in_files(facts, &[Kind::Cargo], |setting| {
        let version = setting.is(&["http", "ssl-version"])
            || setting.is(&["http", "ssl-version", "min"])
            || setting.is(&["http", "ssl-version", "max"]);
        version && old(&setting.value)
    });
    hits.extend(in_environments(facts, |name, value| {
        name == "CARGO_HTTP_SSL_VERSION" && old(value)
    }));
    hits
}

/// Options of Maven that turn verification off; the value may be missing, which means true.
fn is_maven_bypass(option: &str) -> bool {
    let Some(property) = option.strip_prefix("-D") else {
        return false;
    };
    let (name, value) = property.split_once('=').unwrap_or((property, "true"));
    match name {
        "aether.connector.https.securityMode" => value == "insecure",
        "maven.wagon.http.ssl.insecure"
        | "maven.wagon.http.ssl.allowall"
        | "maven.wagon.http.ssl.ignore.validity.dates" => value == "true",
        _ => false,
    }
}

pub(super) fn maven_off(facts: &Facts) -> Vec<Hit> {
    let mut hits = in_files(facts, &[Kind::Maven], |setting| {
        is_maven_bypass(&setting.value)
    });
    let names = [
        "MAVEN_OPTS",
        "MAVEN_ARGS",
        "JAVA_TOOL_OPTIONS",
        "JDK_JAVA_OPTIONS",
        "_JAVA_OPTIONS",
    ];
    hits.extend(in_environments(facts, |name, value| {
        names.contains(&name) && value.split_whitespace().any(is_maven_bypass)
    }));
    hits
}

pub(super) fn perl_off(facts: &Facts) -> Vec<Hit> {
    in_environments(facts, |name, value| match name {
        "PERL_LWP_SSL_VERIFY_HOSTNAME" => matches!(value, "" | "0"),
        "PERL_HTTP_TINY_SSL_INSECURE_BY_DEFAULT" => value == "1",
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_maven() {
        assert!(is_maven_bypass("-Dmaven.wagon.http.ssl.insecure=true"));
        assert!(is_maven_bypass(
            "-Daether.connector.https.securityMode=insecure"
        ));
        for option in [
            "-Dmaven.wagon.http.ssl.insecure=false",
            "maven.wagon.http.ssl.insecure=true",
            "-Dx=insecure",
            "-Daether.connector.https.securityMode=default",
        ] {
            assert!(!is_maven_bypass(option), "{option}");
        }
    }
}
