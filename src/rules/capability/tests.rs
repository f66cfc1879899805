//! The verdict on made-up hosts.

use super::*;
use crate::host::release::Distribution;
use crate::host::release::{OsRelease, life};

/// 2026-11-22
const NOW: Time = Time(1_795_305_600);

fn ubuntu(version: &str) -> Option<Life> {
    let release = OsRelease {
        id: "ubuntu".to_string(),
        version: version.to_string(),
        ..OsRelease::default()
    };
    life(
        Distribution::Ubuntu,
        Distribution::Ubuntu.own_copy(),
        &release,
    )
}

fn evidence(handshake: Answer) -> Evidence {
    Evidence {
        protocol: "TLS 1.3",
        by_version: Answer::Yes,
        by_build: Answer::Yes,
        by_configuration: handshake,
        by_handshake: handshake,
        detail: None,
    }
}

fn facts(release: &str, library: &str, version: &str) -> Facts {
    Facts {
        now: NOW,
        life: ubuntu(release),
        package: Some((
            library.to_string(),
            version.to_string(),
            version.to_string(),
        )),
        version: Some("3.0.2".to_string()),
        command_version: None,
        candidate: Candidate {
            version: Some(version.to_string()),
            fetched: Some(NOW),
            pinned: false,
        },
        evidence: vec![evidence(Answer::Yes)],
        settings: Vec::new(),
        loaded_instead: None,
        empty_stores: Vec::new(),
        sudo: "sudo ",
    }
}

fn states(facts: &Facts) -> Vec<String> {
    judge(facts)
        .rows
        .iter()
        .map(|row| format!("{} {:?}", row.question, row.state))
        .collect()
}

fn commands(facts: &Facts) -> Vec<String> {
    judge(facts)
        .advice
        .into_iter()
        .filter_map(|advice| advice.command)
        .collect()
}

#[test]
fn made_up_hosts_get_the_verdict_that_their_package_deserves() {
    let esm = "1.1.1f-1ubuntu2.24+esm5";
    for (release, library, version, fixes, maintained, command) in [
        ("22.04", "libssl3", "3.0.2-0ubuntu1.30", "Ok", "Ok", None),
        (
            "22.04",
            "libssl3",
            "3.0.2-0ubuntu1.29",
            "Failed",
            "Ok",
            Some("sudo apt-get install --only-upgrade openssl libssl3"),
        ),
        (
            "20.04",
            "libssl1.1",
            "1.1.1f-1ubuntu2.24",
            "Failed",
            "Note",
            Some("sudo pro attach"),
        ),
        (
            "20.04",
            "libssl1.1",
            esm,
            "Ok",
            "Note",
            Some("sudo pro attach"),
        ),
        (
            "20.04",
            "libssl1.1",
            "1.1.1f-1ubuntu2.fips.7.1",
            "Unknown",
            "Note",
            Some("pro status"),
        ),
        (
            "25.10",
            "libssl3t64",
            "3.5.3-1ubuntu3.4",
            "Unknown",
            "Failed",
            Some("sudo do-release-upgrade"),
        ),
    ] {
        let facts = facts(release, library, version);
        let expected = [
            format!("fixes {fixes}"),
            "tls-1.3 Ok".to_string(),
            format!("maintained {maintained}"),
            "update Ok".to_string(),
        ];
        assert_eq!(states(&facts), expected, "{version}");
        assert_eq!(
            commands(&facts).first().map(String::as_str),
            command,
            "{version}"
        );
        assert_eq!(
            judge(&facts).has_failed(),
            fixes == "Failed" || maintained == "Failed",
            "{version}"
        );
    }
}

#[test]
fn tls_1_3_that_is_switched_off_is_told_with_the_line() {
    let mut facts = facts("22.04", "libssl3", "3.0.2-0ubuntu1.30");
    facts.evidence = vec![evidence(Answer::No)];
    facts.settings = vec![Setting {
        name: "maxprotocol".to_string(),
        value: "TLSv1.2".to_string(),
        application: "system_default".to_string(),
        origin: "/etc/ssl/openssl.cnf:9".to_string(),
    }];
    let verdict = judge(&facts);
    assert!(verdict.has_failed());
    assert!(
        verdict.rows[1].answer.contains("/etc/ssl/openssl.cnf:9"),
        "{:?}",
        verdict.rows
    );
}

#[test]
fn what_apt_knows_and_how_old_it_is_decides_about_updates() {
    let mut facts = facts("22.04", "libssl3", "3.0.2-0ubuntu1.30");
    facts.candidate.version = Some("3.0.2-0ubuntu1.31".to_string());
    assert_eq!(states(&facts)[3], "update Note");
    facts.candidate = Candidate {
        version: None,
        fetched: Some(NOW.plus_days(-20)),
        pinned: false,
    };
    assert_eq!(states(&facts)[3], "update Unknown");
    facts.candidate.fetched = None;
    assert_eq!(commands(&facts), ["sudo apt-get update"]);
}

#[test]
fn nobody_is_told_to_build_openssl() {
    for row in ["20.04", "22.04", "18.04", "25.10"] {
        let mut facts = facts(row, "libssl1.0.0", "1.0.2g-1ubuntu4");
        facts.version = Some("1.0.2g".to_string());
        facts.evidence = vec![Evidence {
            by_version: Answer::No,
            by_build: Answer::Unknown,
            by_configuration: Answer::Unknown,
            by_handshake: Answer::Unknown,
            ..evidence(Answer::No)
        }];
        let verdict = judge(&facts);
        assert!(verdict.has_failed());
        let text = format!("{:?}", verdict.advice);
        assert!(
            !text.contains("./config") && !text.contains("make install"),
            "{text}"
        );
    }
}
