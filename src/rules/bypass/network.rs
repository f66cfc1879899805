//! Checks of what fetches files, code and packages, and of clients that send passwords.

use super::super::Hit;
use super::super::facts::Facts;
use super::settings::{environments, files, in_environments, in_files, is_off, is_on, shown};
use crate::host::format::{Setting, curl, git, lines};
use crate::host::places::Kind;
use crate::host::sources::Source;

pub(super) fn git_off(facts: &Facts) -> Vec<Hit> {
    let off = |setting: &Setting| {
        let verify = setting.is(&["http", "sslverify"]) || setting.is(&["http", "*", "sslverify"]);
        verify && git::is_false(&setting.value)
    };
    let mut hits = in_files(facts, &[Kind::Git], off);
    hits.extend(in_environments(facts, |name, value| match name {
        // Set to anything, even to nothing, it counts (git http.c).
        "GIT_SSL_NO_VERIFY" => true,
        "GIT_CONFIG_PARAMETERS" => git::parameters(value)
            .iter()
            .any(|(name, value)| is_verification(name) && git::is_false(value)),
        _ => false,
    }));
    hits.extend(environments(facts).flat_map(given_as_variables));
    hits
}

/// `http.sslVerify` or `http.URL.sslVerify`.
fn is_verification(name: &str) -> bool {
    let name = name.to_lowercase();
    name.starts_with("http.") && name.ends_with(".sslverify")
}

/// `GIT_CONFIG_KEY_n=http.sslVerify` with `GIT_CONFIG_VALUE_n=false`, as many as `GIT_CONFIG_COUNT` says.
fn given_as_variables(source: &Source) -> Vec<Hit> {
    let count = source
        .settings
        .iter()
        .rfind(|s| s.key() == "GIT_CONFIG_COUNT");
    let count: usize = count.map_or(0, |setting| setting.value.trim().parse().unwrap_or(0));
    let value = |number: &str| {
        let name = format!("GIT_CONFIG_VALUE_{number}");
        source.settings.iter().find(|setting| setting.key() == name)
    };
    let off = |setting: &&Setting| {
        let number = setting.key().strip_prefix("GIT_CONFIG_KEY_");
        let number = number.filter(|text| text.parse().is_ok_and(|number: usize| number < count));
        is_verification(&setting.value)
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
    files(facts, &[Kind::Curl])
        .flat_map(|source| {
            let switches = [
                ("insecure", "-k"),
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
        let unsigned = [
            "trusted",
            "allow-insecure",
            "allow-weak",
            "allow-downgrade-to-insecure",
        ];
        unsigned.contains(&setting.key()) && lines::is_yes(&setting.value)
    });
    hits.extend(in_files(facts, &[Kind::AptConf], |setting| {
        let lowered = setting.is(&["acquire", "allowinsecurerepositories"])
            || setting.is(&["acquire", "allowweakrepositories"])
            || setting.is(&["acquire", "allowdowngradetoinsecurerepositories"])
            || setting.is(&["apt", "get", "allowunauthenticated"]);
        lowered && lines::is_yes(&setting.value)
    }));
    hits
}

pub(super) fn aws_off(facts: &Facts) -> Vec<Hit> {
    in_files(facts, &[Kind::Aws], |setting| {
        setting.is(&["no-verify-ssl"])
    })
}

pub(super) fn ansible_off(facts: &Facts) -> Vec<Hit> {
    let mut hits = in_files(facts, &[Kind::Ansible], |setting| {
        let server = |section: &String| section.starts_with("galaxy_server.");
        let ignored = setting.is(&["galaxy", "ignore_certs"]) && is_on(&setting.value);
        let unchecked = setting.is(&["*", "validate_certs"])
            && setting.path.first().is_some_and(server)
            && is_off(&setting.value);
        ignored || unchecked
    });
    // A playbook is a list of plays or tasks; a file of variables is none.
    hits.extend(in_files(facts, &[Kind::Playbook], |setting| {
        let listed = setting
            .path
            .first()
            .is_some_and(|part| part.parse::<u32>().is_ok());
        listed && setting.is(&["**", "validate_certs"]) && is_off(&setting.value)
    }));
    hits.extend(in_environments(facts, |name, value| {
        matches!(
            name,
            "ANSIBLE_GALAXY_IGNORE" | "ANSIBLE_GALAXY_IGNORE_CERTS"
        ) && is_on(value)
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
