//! Rules about checks that somebody has switched off, one for each program, in every place where it can be done.

use std::collections::HashSet;

use super::facts::Facts;
use super::{Family, Hit, Rule, Severity};
use crate::host::format::{Setting, curl, git, lines, yaml};
use crate::host::places::Kind;
use crate::host::sources::{Scope, Source};

/// The rules of this family.
pub const RULES: &[Rule] = &[
    Rule {
        id: "go-insecure",
        severity: Severity::Warning,
        family: Family::Bypass,
        title: "Go fetches modules without verification",
        explanation: "`GOINSECURE` names modules that the go command may fetch over plain HTTP or from servers whose certificate it does not check: whoever is on the way can put their own code into builds.",
        remedy: "delete the setting, and add the CA of the internal server with `trustctl add`",
        reference: "go help environment",
        check: go_insecure,
    },
    Rule {
        id: "go-checksum-off",
        severity: Severity::Warning,
        family: Family::Bypass,
        title: "Go does not check modules against the checksum database",
        explanation: "`GOSUMDB=off` or `GONOSUMDB=*` takes away the check that a module is the same for everybody; `-insecure` in `GOFLAGS` took away verification up to Go 1.16 and is an error since.",
        remedy: "delete the setting; for private modules set `GOPRIVATE=HOST/*`",
        reference: "go help environment; Go module reference",
        check: go_checksum_off,
    },
    Rule {
        id: "go-debug-weakened",
        severity: Severity::Warning,
        family: Family::Bypass,
        title: "GODEBUG weakens TLS in Go programs",
        explanation: "The setting brings back something that Go has given up: names taken from the common name, signatures over SHA-1, small keys, old ciphers or TLS 1.0 in servers. It counts for every Go program that was built with a Go that still knows it.",
        remedy: "delete the setting; where one program needs it, set it for that program only",
        reference: "Go documentation, \"Go, Backwards Compatibility, and GODEBUG\"",
        check: go_debug_weakened,
    },
    Rule {
        id: "go-no-effect",
        severity: Severity::Note,
        family: Family::Bypass,
        title: "a Go setting that has no effect",
        explanation: "`GODEBUG=tls10=1` and `tls11=1` never existed, and neither did `GONOSUMCHECK`: Go passes over them without a word. The old server that somebody wanted to reach is still out of reach.",
        remedy: "delete the setting; upgrade the server, or set `MinVersion` in the program for that host only",
        reference: "Go doc/godebug.md; measured with Go 1.24",
        check: go_no_effect,
    },
    Rule {
        id: "git-verification-off",
        severity: Severity::Warning,
        family: Family::Bypass,
        title: "git does not verify servers",
        explanation: "`http.sslVerify = false`, or `GIT_SSL_NO_VERIFY` set to anything (even to 0): whoever is on the way can change the code that is fetched and read the passwords that are sent.",
        remedy: "delete the setting, and add the CA with `trustctl add` or name it with `http.URL.sslCAInfo`",
        reference: "git-config(1), git(1)",
        check: git_off,
    },
    Rule {
        id: "curl-verification-off",
        severity: Severity::Warning,
        family: Family::Bypass,
        title: "curl does not verify servers",
        explanation: "A configuration file of curl has `insecure`: every call of curl by this user, in scripts too, takes any certificate.",
        remedy: "delete the line, and add the CA with `trustctl add` or name it with `cacert`",
        reference: "curl(1)",
        check: curl_off,
    },
    Rule {
        id: "wget-verification-off",
        severity: Severity::Warning,
        family: Family::Bypass,
        title: "wget does not verify servers",
        explanation: "`check_certificate` is off: every call of wget takes any certificate.",
        remedy: "delete the line, and add the CA with `trustctl add` or name it with `ca_certificate`",
        reference: "GNU Wget manual, \"Wgetrc Commands\"",
        check: wget_off,
    },
    Rule {
        id: "pip-trusted-host",
        severity: Severity::Warning,
        family: Family::Bypass,
        title: "pip does not verify a package server",
        explanation: "`trusted-host` turns verification off for the hosts it names, and allows plain HTTP: whoever is on the way can put their own code into packages.",
        remedy: "delete the setting, and add the CA with `trustctl add` or name it with `cert`",
        reference: "pip documentation, \"Configuration\"",
        check: pip_off,
    },
    Rule {
        id: "npm-verification-off",
        severity: Severity::Warning,
        family: Family::Bypass,
        title: "npm does not verify servers",
        explanation: "`strict-ssl` is false: whoever is on the way can put their own code into packages.",
        remedy: "delete the setting, and name the CA with `cafile`",
        reference: "npm-config(7)",
        check: npm_off,
    },
    Rule {
        id: "yarn-verification-off",
        severity: Severity::Warning,
        family: Family::Bypass,
        title: "yarn does not verify servers",
        explanation: "`strict-ssl` or `enableStrictSsl` is false: whoever is on the way can put their own code into packages.",
        remedy: "delete the setting, and name the CA with `cafile` or `httpsCaFilePath`",
        reference: "Yarn documentation, \"Configuration\"",
        check: yarn_off,
    },
    Rule {
        id: "node-verification-off",
        severity: Severity::Warning,
        family: Family::Bypass,
        title: "Node.js does not verify servers",
        explanation: "`NODE_TLS_REJECT_UNAUTHORIZED=0` turns verification off for all TLS of every Node.js and Bun program that sees it. Set for the whole system it is an error.",
        remedy: "delete the setting, and name the CA with `NODE_EXTRA_CA_CERTS`",
        reference: "Node.js CLI documentation",
        check: node_off,
    },
    Rule {
        id: "python-verification-off",
        severity: Severity::Note,
        family: Family::Bypass,
        title: "a switch that turned off verification in Python 2.7",
        explanation: "`PYTHONHTTPSVERIFY=0` has no effect on Python 3. Python 2.7 verifies nothing while it is set.",
        remedy: "delete the setting",
        reference: "PEP 493",
        check: python_off,
    },
    Rule {
        id: "apt-verification-off",
        severity: Severity::Warning,
        family: Family::Bypass,
        title: "apt does not verify servers",
        explanation: "`Verify-Peer` or `Verify-Host` is off for https: whoever is on the way sees and holds back updates. The signatures of the packages are still checked.",
        remedy: "delete the setting, and name the CA with `Acquire::https::CAInfo`",
        reference: "apt-transport-https(1)",
        check: apt_off,
    },
    Rule {
        id: "apt-unsigned",
        severity: Severity::Error,
        family: Family::Bypass,
        title: "apt installs packages without checking signatures",
        explanation: "A source is marked as trusted, or apt is told to accept unsigned archives: whoever is on the way to that server, or runs it, becomes root on this host.",
        remedy: "delete the option, and name the archive's key with `signed-by`",
        reference: "sources.list(5), apt.conf(5), apt-secure(8)",
        check: apt_unsigned,
    },
    Rule {
        id: "docker-insecure-registry",
        severity: Severity::Warning,
        family: Family::Bypass,
        title: "Docker does not verify a registry",
        explanation: "`insecure-registries` lets the daemon take any certificate, or plain HTTP, for the registries it names: whoever is on the way can put their own code into images.",
        remedy: "delete the entry, and put the CA into `/etc/docker/certs.d/HOST/ca.crt`",
        reference: "dockerd documentation, \"Insecure registries\"",
        check: docker_off,
    },
    Rule {
        id: "containers-insecure-registry",
        severity: Severity::Warning,
        family: Family::Bypass,
        title: "podman and its relatives do not verify a registry",
        explanation: "`insecure = true` lets podman, buildah and skopeo take any certificate, or plain HTTP, for a registry.",
        remedy: "delete the line, and put the CA into `/etc/containers/certs.d/HOST/ca.crt`",
        reference: "containers-registries.conf(5)",
        check: containers_off,
    },
    Rule {
        id: "containerd-verification-off",
        severity: Severity::Warning,
        family: Family::Bypass,
        title: "containerd does not verify a registry",
        explanation: "`skip_verify` lets containerd take any certificate of a registry.",
        remedy: "delete the line, and name the CA with `ca` in `hosts.toml`",
        reference: "containerd documentation, hosts.md",
        check: containerd_off,
    },
    Rule {
        id: "gem-verification-off",
        severity: Severity::Warning,
        family: Family::Bypass,
        title: "RubyGems does not verify servers",
        explanation: "`:ssl_verify_mode: 0`: whoever is on the way can put their own code into gems.",
        remedy: "delete the line, and name the CA with `:ssl_ca_cert:`",
        reference: "RubyGems documentation, gem environment",
        check: gem_off,
    },
    Rule {
        id: "conda-verification-off",
        severity: Severity::Warning,
        family: Family::Bypass,
        title: "conda does not verify servers",
        explanation: "`ssl_verify` is false: whoever is on the way can put their own code into packages.",
        remedy: "set `ssl_verify: truststore`",
        reference: "conda documentation, \"Settings\"",
        check: conda_off,
    },
    Rule {
        id: "cargo-old-tls",
        severity: Severity::Warning,
        family: Family::Bypass,
        title: "cargo may use TLS below 1.2",
        explanation: "`http.ssl-version` sets an old protocol. (A switch that turns verification off does not exist in cargo.)",
        remedy: "delete the line",
        reference: "The Cargo Book, \"Configuration\"",
        check: cargo_old,
    },
    Rule {
        id: "maven-verification-off",
        severity: Severity::Warning,
        family: Family::Bypass,
        title: "Maven does not verify servers",
        explanation: "An option turns verification off for everything that Maven fetches: whoever is on the way can put their own code into builds.",
        remedy: "delete the option, and add the CA with `trustctl add`; the Java keystore gets it through the hook",
        reference: "Maven Resolver configuration options; Maven Wagon HTTP documentation",
        check: maven_off,
    },
    Rule {
        id: "helm-verification-off",
        severity: Severity::Warning,
        family: Family::Bypass,
        title: "helm does not verify servers",
        explanation: "`insecure_skip_tls_verify` is on for a repository, or `HELM_KUBEINSECURE_SKIP_TLS_VERIFY` for the cluster.",
        remedy: "delete the setting, and name the CA with `caFile`",
        reference: "Helm documentation, environment variables",
        check: helm_off,
    },
    Rule {
        id: "kube-verification-off",
        severity: Severity::Error,
        family: Family::Bypass,
        title: "kubectl does not verify a cluster",
        explanation: "`insecure-skip-tls-verify` is on: the credentials of the cluster's users go to whoever is on the way.",
        remedy: "delete the line, and give the cluster its `certificate-authority-data`",
        reference: "Kubernetes documentation, kubeconfig",
        check: kube_off,
    },
    Rule {
        id: "ansible-verification-off",
        severity: Severity::Warning,
        family: Family::Bypass,
        title: "ansible-galaxy does not verify servers",
        explanation: "`ignore_certs` is on: whoever is on the way can put their own code into roles and collections.",
        remedy: "delete the setting, and add the CA with `trustctl add`",
        reference: "Ansible configuration settings, GALAXY_IGNORE_CERTS",
        check: ansible_off,
    },
    Rule {
        id: "ldap-verification-off",
        severity: Severity::Error,
        family: Family::Bypass,
        title: "the LDAP client does not verify servers",
        explanation: "`TLS_REQCERT never` or `allow` takes any certificate: the passwords of everybody who logs in go to whoever is on the way.",
        remedy: "set `TLS_REQCERT demand`, and name the CA with `TLS_CACERT`",
        reference: "ldap.conf(5)",
        check: ldap_off,
    },
    Rule {
        id: "perl-verification-off",
        severity: Severity::Warning,
        family: Family::Bypass,
        title: "Perl programs do not verify servers",
        explanation: "`PERL_LWP_SSL_VERIFY_HOSTNAME=0` or `PERL_HTTP_TINY_SSL_INSECURE_BY_DEFAULT=1` turns verification off for every Perl program that sees it.",
        remedy: "delete the setting, and add the CA with `trustctl add`",
        reference: "LWP::UserAgent(3pm), HTTP::Tiny(3perl)",
        check: perl_off,
    },
];

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

fn go_insecure(facts: &Facts) -> Vec<Hit> {
    in_environments(facts, |name, value| {
        name == "GOINSECURE" && !value.is_empty()
    })
}

fn go_checksum_off(facts: &Facts) -> Vec<Hit> {
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

fn go_debug_weakened(facts: &Facts) -> Vec<Hit> {
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

fn go_no_effect(facts: &Facts) -> Vec<Hit> {
    in_environments(facts, |name, value| match name {
        "GODEBUG" => debug_keys(value).any(|(key, _)| matches!(key, "tls10" | "tls11" | "tls12")),
        "GONOSUMCHECK" => true,
        _ => false,
    })
}

fn git_off(facts: &Facts) -> Vec<Hit> {
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

fn curl_off(facts: &Facts) -> Vec<Hit> {
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

fn wget_off(facts: &Facts) -> Vec<Hit> {
    in_files(facts, &[Kind::Wget], |setting| {
        setting.is(&["checkcertificate"])
            && (is_off(&setting.value) || setting.value.eq_ignore_ascii_case("quiet"))
    })
}

fn pip_off(facts: &Facts) -> Vec<Hit> {
    let mut hits = in_files(facts, &[Kind::Pip], |setting| {
        setting.is(&["*", "trusted-host"]) && !setting.value.is_empty()
    });
    hits.extend(in_environments(facts, |name, value| {
        name == "PIP_TRUSTED_HOST" && !value.is_empty()
    }));
    hits
}

fn npm_off(facts: &Facts) -> Vec<Hit> {
    let mut hits = in_files(facts, &[Kind::Npm], |setting| {
        setting.is(&["strict-ssl"]) && setting.value == "false"
    });
    hits.extend(in_environments(facts, |name, value| {
        name.eq_ignore_ascii_case("npm_config_strict_ssl") && value == "false"
    }));
    hits
}

fn yarn_off(facts: &Facts) -> Vec<Hit> {
    let mut hits = in_files(facts, &[Kind::Yarn], |setting| {
        setting.is(&["strict-ssl"]) && setting.value == "false"
    });
    hits.extend(in_files(facts, &[Kind::YarnBerry], |setting| {
        setting.is(&["enableStrictSsl"]) && yaml::is_false(&setting.value)
    }));
    hits
}

fn node_off(facts: &Facts) -> Vec<Hit> {
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

fn python_off(facts: &Facts) -> Vec<Hit> {
    in_environments(facts, |name, value| {
        name == "PYTHONHTTPSVERIFY" && value == "0"
    })
}

fn apt_off(facts: &Facts) -> Vec<Hit> {
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

fn apt_unsigned(facts: &Facts) -> Vec<Hit> {
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

fn docker_off(facts: &Facts) -> Vec<Hit> {
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

fn containers_off(facts: &Facts) -> Vec<Hit> {
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

fn containerd_off(facts: &Facts) -> Vec<Hit> {
    in_files(facts, &[Kind::Containerd], |setting| {
        matches!(setting.key(), "skip_verify" | "insecure_skip_verify") && setting.value == "true"
    })
}

fn gem_off(facts: &Facts) -> Vec<Hit> {
    in_files(facts, &[Kind::Gem], |setting| {
        (setting.is(&[":ssl_verify_mode"]) || setting.is(&["ssl_verify_mode"]))
            && setting.value == "0"
    })
}

fn conda_off(facts: &Facts) -> Vec<Hit> {
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

fn cargo_old(facts: &Facts) -> Vec<Hit> {
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

fn maven_off(facts: &Facts) -> Vec<Hit> {
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

fn helm_off(facts: &Facts) -> Vec<Hit> {
    let mut hits = in_files(facts, &[Kind::Helm], |setting| {
        setting.is(&["repositories", "*", "insecure_skip_tls_verify"])
            && yaml::is_true(&setting.value)
    });
    hits.extend(in_environments(facts, |name, value| {
        name == "HELM_KUBEINSECURE_SKIP_TLS_VERIFY" && is_on(value)
    }));
    hits
}

fn kube_off(facts: &Facts) -> Vec<Hit> {
    in_files(facts, &[Kind::Kube], |setting| {
        setting.is(&["clusters", "*", "cluster", "insecure-skip-tls-verify"])
            && yaml::is_true(&setting.value)
    })
}

fn ansible_off(facts: &Facts) -> Vec<Hit> {
    let value = |setting: &Setting| setting.value.split([';', '#']).next().is_some_and(is_on);
    let mut hits = in_files(facts, &[Kind::Ansible], |setting| {
        setting.is(&["galaxy", "ignore-certs"]) && value(setting)
    });
    hits.extend(in_environments(facts, |name, value| {
        name == "ANSIBLE_GALAXY_IGNORE" && is_on(value)
    }));
    hits
}

fn ldap_off(facts: &Facts) -> Vec<Hit> {
    let off = |value: &str| matches!(value.to_lowercase().as_str(), "never" | "allow");
    let mut hits = in_files(facts, &[Kind::Ldap], |setting| {
        setting.is(&["tls_reqcert"]) && off(&setting.value)
    });
    hits.extend(in_environments(facts, |name, value| {
        name == "LDAPTLS_REQCERT" && off(value)
    }));
    hits
}

fn perl_off(facts: &Facts) -> Vec<Hit> {
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
