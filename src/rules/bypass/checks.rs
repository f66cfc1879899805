//! How the rules about checks that are switched off judge.

use std::collections::HashSet;

use super::super::facts::Facts;
use super::super::{Hit, Severity};
use crate::host::format::{Setting, curl, git, lines, yaml};
use crate::host::places::Kind;
use crate::host::sources::{Scope, Source};

/// A hit on one setting: where it stands, what it says, whom it is for.
pub fn hit(source: &Source, setting: &Setting, evidence: impl Into<String>) -> Hit {
    let whom = match &source.scope {
        Scope::System => "for everybody".to_string(),
        Scope::User(name) => format!("for the user `{name}`"),
        Scope::Process => "in the environment of this call".to_string(),
    };
    let evidence = format!("{}, {whom}", evidence.into());
    let hit = match &source.path {
        Some(path) => Hit::at(path, evidence),
        None => Hit::named("", evidence),
    };
    hit.line(setting.line).name(setting.path.join("."))
}

fn shown(source: &Source, setting: &Setting) -> Hit {
    let key = if source.kind.is_environment() {
        setting.key().to_string()
    } else {
        setting.path.join(".")
    };
    let evidence = match (source.kind.is_environment(), setting.value.is_empty()) {
        (true, _) => format!("`{key}={}`", setting.value),
        (false, true) => format!("`{key}`"),
        (false, false) => format!("`{key} = {}`", setting.value.replace('\n', " ")),
    };
    hit(source, setting, evidence)
}

/// The settings of one kind of file that are wrong.
fn in_files(facts: &Facts, kinds: &[Kind], wrong: impl Fn(&Setting) -> bool) -> Vec<Hit> {
    let files = facts
        .settings
        .iter()
        .filter(|source| kinds.contains(&source.kind));
    let all = files.flat_map(|source| source.settings.iter().map(move |setting| (source, setting)));
    all.filter(|(_, setting)| wrong(setting))
        .map(|(source, setting)| shown(source, setting))
        .collect()
}

/// The variables with a wrong value, in every place where variables are set.
fn in_environments(facts: &Facts, wrong: impl Fn(&str, &str) -> bool) -> Vec<Hit> {
    let places = facts
        .settings
        .iter()
        .filter(|source| source.kind.is_environment());
    let all =
        places.flat_map(|source| source.settings.iter().map(move |setting| (source, setting)));
    all.filter(|(_, setting)| wrong(setting.key(), &setting.value))
        .map(|(source, setting)| shown(source, setting))
        .collect()
}

fn is_on(value: &str) -> bool {
    matches!(
        value.trim().to_lowercase().as_str(),
        "1" | "true" | "yes" | "on" | "y" | "t"
    )
}

fn is_off(value: &str) -> bool {
    matches!(
        value.trim().to_lowercase().as_str(),
        "0" | "false" | "no" | "off" | "n" | "f"
    )
}

/// Names that mean this host: never verified, and no danger.
fn is_loopback(host: &str) -> bool {
    let host = host.split_once("://").map_or(host, |(_, rest)| rest);
    let host = host.split('/').next().unwrap_or_default();
    host == "::1"
        || host.starts_with("[::1]")
        || host
            .split(':')
            .next()
            .is_some_and(|name| name == "localhost" || name.starts_with("127."))
}

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
            .any(|flag| matches!(flag, "-insecure" | "--insecure" | "-insecure=true")),
        _ => false,
    })
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

pub(super) fn git_off(facts: &Facts) -> Vec<Hit> {
    let off = |setting: &Setting| {
        let verify = setting.is(&["http", "sslverify"]) || setting.is(&["http", "*", "sslverify"]);
        verify && git::is_false(&setting.value)
    };
    let mut hits = in_files(facts, &[Kind::Git], off);
    // Set to anything, even to nothing, it counts (git http.c).
    hits.extend(in_environments(facts, |name, _| {
        name == "GIT_SSL_NO_VERIFY"
    }));
    for source in facts
        .settings
        .iter()
        .filter(|source| source.kind.is_environment())
    {
        hits.extend(given_as_variables(source));
    }
    hits
}

/// `GIT_CONFIG_KEY_n=http.sslVerify` with `GIT_CONFIG_VALUE_n=false`.
fn given_as_variables(source: &Source) -> Vec<Hit> {
    let value = |number: &str| {
        let name = format!("GIT_CONFIG_VALUE_{number}");
        source.settings.iter().find(|setting| setting.key() == name)
    };
    let off = |setting: &&Setting| {
        let key = setting.value.to_lowercase();
        let verify = key.starts_with("http.") && key.ends_with(".sslverify");
        let number = setting.key().strip_prefix("GIT_CONFIG_KEY_");
        verify
            && number
                .and_then(value)
                .is_some_and(|value| git::is_false(&value.value))
    };
    source
        .settings
        .iter()
        .filter(off)
        .map(|setting| shown(source, setting))
        .collect()
}

pub(super) fn curl_off(facts: &Facts) -> Vec<Hit> {
    let files = facts
        .settings
        .iter()
        .filter(|source| source.kind == Kind::Curl);
    files
        .flat_map(|source| {
            let switches = [
                ("insecure", "k"),
                ("proxy-insecure", ""),
                ("doh-insecure", ""),
            ];
            let on = switches
                .into_iter()
                .filter_map(|(long, short)| curl::switched_on(&source.settings, long, short));
            on.map(|setting| shown(source, &setting))
                .collect::<Vec<_>>()
        })
        .collect()
}

pub(super) fn wget_off(facts: &Facts) -> Vec<Hit> {
    in_files(facts, &[Kind::Wget], |setting| {
        setting.is(&["checkcertificate"])
            && (is_off(&setting.value) || setting.value.eq_ignore_ascii_case("quiet"))
    })
}

pub(super) fn pip_off(facts: &Facts) -> Vec<Hit> {
    let mut hits = in_files(facts, &[Kind::Pip], |setting| {
        setting.is(&["*", "trusted-host"]) && !setting.value.is_empty()
    });
    hits.extend(in_environments(facts, |name, value| {
        name == "PIP_TRUSTED_HOST" && !value.is_empty()
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
        setting.is(&["enableStrictSsl"]) && yaml::is_false(&setting.value)
    }));
    hits
}

pub(super) fn node_off(facts: &Facts) -> Vec<Hit> {
    let places = facts
        .settings
        .iter()
        .filter(|source| source.kind.is_environment());
    places
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

pub(super) fn apt_off(facts: &Facts) -> Vec<Hit> {
    let names = ["verify-peer", "verify-host"];
    in_files(facts, &[Kind::AptConf], |setting| {
        let https = setting
            .path
            .starts_with(&["acquire".to_string(), "https".to_string()]);
        https
            && setting.path.len() <= 4
            && names.contains(&setting.key())
            && lines::is_no(&setting.value)
    })
}

pub(super) fn apt_unsigned(facts: &Facts) -> Vec<Hit> {
    let mut hits = in_files(facts, &[Kind::AptList, Kind::AptSources], |setting| {
        matches!(setting.key(), "trusted" | "allow-insecure") && lines::is_yes(&setting.value)
    });
    hits.extend(in_files(facts, &[Kind::AptConf], |setting| {
        let lowered = setting.is(&["acquire", "allowinsecurerepositories"])
            || setting.is(&["acquire", "allowdowngradetoinsecurerepositories"])
            || setting.is(&["apt", "get", "allowunauthenticated"]);
        lowered && lines::is_yes(&setting.value)
    }));
    hits
}

pub(super) fn docker_off(facts: &Facts) -> Vec<Hit> {
    let mut hits = in_files(facts, &[Kind::Docker], |setting| {
        setting.is(&["insecure-registries", "*"]) && !is_loopback(&setting.value)
    });
    for source in facts
        .settings
        .iter()
        .filter(|source| source.kind == Kind::UnitCommands)
    {
        let words: Vec<&str> = source
            .settings
            .iter()
            .map(|setting| setting.value.as_str())
            .collect();
        for (index, setting) in source
            .settings
            .iter()
            .enumerate()
            .filter(|(_, setting)| setting.is(&["Exec", "dockerd"]))
        {
            let next = words.get(index + 1).copied();
            if insecure_option(&setting.value, next) {
                hits.push(shown(source, setting));
            }
        }
    }
    hits.extend(in_environments(facts, |name, value| {
        let words: Vec<&str> = value.split_whitespace().collect();
        let insecure = |index: usize| {
            words
                .get(index)
                .is_some_and(|word| insecure_option(word, words.get(index + 1).copied()))
        };
        matches!(name, "DOCKER_OPTS" | "OPTIONS" | "INSECURE_REGISTRY")
            && (0..words.len()).any(insecure)
    }));
    hits
}

/// `--insecure-registry=HOST` or `--insecure-registry HOST`.
fn insecure_option(word: &str, next: Option<&str>) -> bool {
    let word = word.trim_matches(['"', '\'']);
    match word.strip_prefix("--insecure-registry") {
        Some("") => next.is_some_and(|host| !is_loopback(host)),
        Some(rest) => rest
            .strip_prefix('=')
            .is_some_and(|host| !is_loopback(host)),
        None => false,
    }
}

pub(super) fn containers_off(facts: &Facts) -> Vec<Hit> {
    let files = facts
        .settings
        .iter()
        .filter(|source| source.kind == Kind::Registries);
    files.flat_map(insecure_registries).collect()
}

fn insecure_registries(source: &Source) -> Vec<Hit> {
    let local = local_registries(source);
    let insecure = source.settings.iter().filter(|setting| {
        let version_1 = setting.is(&["registries", "insecure", "registries", "*"]);
        let switched = setting.key() == "insecure" && setting.value == "true";
        (version_1 && !is_loopback(&setting.value)) || (switched && !local.contains(table(setting)))
    });
    insecure.map(|setting| shown(source, setting)).collect()
}

/// The tables that are about a registry on this host.
fn local_registries(source: &Source) -> HashSet<&[String]> {
    let locations = source
        .settings
        .iter()
        .filter(|setting| setting.key() == "location");
    locations
        .filter(|location| is_loopback(&location.value))
        .map(table)
        .collect()
}

/// The path without the key.
fn table(setting: &Setting) -> &[String] {
    setting.path.split_last().map_or(&[], |(_, table)| table)
}

pub(super) fn containerd_off(facts: &Facts) -> Vec<Hit> {
    in_files(facts, &[Kind::Containerd], |setting| {
        matches!(setting.key(), "skip_verify" | "insecure_skip_verify") && setting.value == "true"
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

pub(super) fn helm_off(facts: &Facts) -> Vec<Hit> {
    let mut hits = in_files(facts, &[Kind::Helm], |setting| {
        setting.is(&["repositories", "*", "insecure_skip_tls_verify"])
            && yaml::is_true(&setting.value)
    });
    hits.extend(in_environments(facts, |name, value| {
        name == "HELM_KUBEINSECURE_SKIP_TLS_VERIFY" && is_on(value)
    }));
    hits
}

pub(super) fn kube_off(facts: &Facts) -> Vec<Hit> {
    in_files(facts, &[Kind::Kube], |setting| {
        setting.is(&["clusters", "*", "cluster", "insecure-skip-tls-verify"])
            && yaml::is_true(&setting.value)
    })
}

pub(super) fn ansible_off(facts: &Facts) -> Vec<Hit> {
    let value = |setting: &Setting| setting.value.split([';', '#']).next().is_some_and(is_on);
    let mut hits = in_files(facts, &[Kind::Ansible], |setting| {
        setting.is(&["galaxy", "ignore-certs"]) && value(setting)
    });
    hits.extend(in_environments(facts, |name, value| {
        name == "ANSIBLE_GALAXY_IGNORE" && is_on(value)
    }));
    hits
}

pub(super) fn ldap_off(facts: &Facts) -> Vec<Hit> {
    let off = |value: &str| matches!(value.to_lowercase().as_str(), "never" | "allow");
    let mut hits = in_files(facts, &[Kind::Ldap], |setting| {
        setting.is(&["tls_reqcert"]) && off(&setting.value)
    });
    hits.extend(in_environments(facts, |name, value| {
        name == "LDAPTLS_REQCERT" && off(value)
    }));
    hits
}

pub(super) fn perl_off(facts: &Facts) -> Vec<Hit> {
    in_environments(facts, |name, value| match name {
        "PERL_LWP_SSL_VERIFY_HOSTNAME" => value == "0",
        "PERL_HTTP_TINY_SSL_INSECURE_BY_DEFAULT" => value == "1",
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_registries_are_no_danger() {
        for host in [
            "localhost:5000",
            "127.0.0.0/8",
            "http://127.0.0.1:5000/x",
            "::1",
            "[::1]:5000",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["localhost.example", "10.0.0.0/8", "registry:5000"] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn options_of_maven_and_docker() {
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
        assert!(insecure_option("--insecure-registry=a:5000", None));
        assert!(insecure_option("--insecure-registry", Some("a")));
        assert!(!insecure_option("--insecure-registry=localhost:5000", None));
        assert!(!insecure_option("--insecure-registry-x=a", None));
    }
}
