//! Checks of containers and clusters.

use std::collections::{HashMap, HashSet};

use super::super::Hit;
use super::super::facts::Facts;
use super::settings::{files, in_environments, in_files, is_loopback, is_on, shown};
use crate::host::format::{Setting, yaml};
use crate::host::places::Kind;
use crate::host::sources::Source;

pub(super) fn docker_off(facts: &Facts) -> Vec<Hit> {
    let mut hits = in_files(facts, &[Kind::Docker], |setting| {
        setting.is(&["insecure-registries", "*"]) && !is_loopback(&setting.value)
    });
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
    files(facts, &[Kind::Registries])
        .flat_map(insecure_registries)
        .collect()
}

fn insecure_registries(source: &Source) -> Vec<Hit> {
    let local = local_registries(source);
    let insecure = source.settings.iter().filter(|setting| {
        let version_1 = setting.is(&["registries", "insecure", "registries", "*"]);
        let switched = setting.is(&["registry", "*", "insecure"])
            || setting.is(&["registry", "*", "mirror", "*", "insecure"]);
        (version_1 && !is_loopback(&setting.value))
            || (switched && setting.value == "true" && !local.contains(table(setting)))
    });
    insecure.map(|setting| shown(source, setting)).collect()
}

/// The tables that are about a registry on this host: by `location`, else by `prefix`.
fn local_registries(source: &Source) -> HashSet<&[String]> {
    let named = |key: &'static str| {
        let settings = source.settings.iter().filter(move |s| s.key() == key);
        settings.map(|setting| (table(setting), is_loopback(&setting.value)))
    };
    let mut registries: HashMap<&[String], bool> = named("prefix").collect();
    registries.extend(named("location"));
    let local = registries.into_iter().filter(|(_, local)| *local);
    local.map(|(table, _)| table).collect()
}

/// The path without the key.
fn table(setting: &Setting) -> &[String] {
    setting.path.split_last().map_or(&[], |(_, table)| table)
}

pub(super) fn containerd_off(facts: &Facts) -> Vec<Hit> {
    // The registry's name is the part of the path in front: `host."https://NAME"`, `configs."NAME".tls`.
    let local = |setting: &Setting| setting.path.iter().any(|part| is_loopback(part));
    in_files(facts, &[Kind::Containerd], |setting| {
        matches!(setting.key(), "skip_verify" | "insecure_skip_verify")
            && setting.value == "true"
            && !local(setting)
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_docker() {
        assert!(insecure_option("--insecure-registry=a:5000", None));
        assert!(insecure_option("--insecure-registry", Some("a")));
        assert!(!insecure_option("--insecure-registry=localhost:5000", None));
        assert!(!insecure_option("--insecure-registry-x=a", None));
    }
}
