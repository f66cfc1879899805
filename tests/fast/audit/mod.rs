//! `trustctl audit` on private trees: each fault alone, each near miss, each format.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests act on trees of their own, and fail by panicking"
)]

mod asked;
mod bypass;
mod certificates;
mod data;
mod exhaustion;
mod faults;
mod formats;
mod hostile;
mod manual;
mod near_misses;
mod oracles;
mod projects;
mod secrets;
mod selection;
mod spellings;
mod store;
mod tls;
mod units;

use std::collections::BTreeSet;

use serde_json::Value;
use support::{Ca, Host};

/// A host of a supported Ubuntu release with nothing wrong: vendor roots, users, current packages.
fn good_host() -> Host {
    furnished(Host::new()).settled()
}

/// Adds to a tree what audit looks at beside the store.
fn furnished(host: Host) -> Host {
    host.write("etc/os-release", "ID=ubuntu\nVERSION_ID=\"24.04\"\nVERSION_CODENAME=noble\nPRETTY_NAME=\"Ubuntu 24.04 LTS\"\n");
    // The life of a release must not end while this test is in use.
    let life = "version,codename,series,created,release,eol,eol-server,eol-esm,eol-legacy\n24.04 LTS,Noble Numbat,noble,2023-10-12,2024-04-25,2199-05-31,2199-05-31,2199-04-25,2199-04-28\n";
    host.write("usr/share/distro-info/ubuntu.csv", life);
    host.write(
        "etc/passwd",
        "root:x:0:0:root:/root:/bin/bash\nann:x:1000:1000:Ann:/home/ann:/bin/bash\n",
    );
    host.write("etc/group", "root:x:0:\nstaff:x:50:\nann:x:1000:\n");
    host.write("var/lib/dpkg/status", status("3.0.13-0ubuntu3.16"));
    host.write("home/ann/.profile", "# nothing\n");
    host.write("etc/ssl/openssl.cnf", "openssl_conf = default_conf\n[default_conf]\nssl_conf = ssl_sect\n[ssl_sect]\nsystem_default = system_default_sect\n[system_default_sect]\nCipherString = DEFAULT:@SECLEVEL=2\n");
    host
}

/// dpkg's database with this version of OpenSSL.
fn status(openssl: &str) -> String {
    let stanza = |name: &str, source: &str, version: &str| {
        format!(
            "Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nSource: {source}\nVersion: {version}\n\n"
        )
    };
    [
        stanza("libssl3t64", "openssl", openssl),
        stanza("openssl", "openssl", openssl),
        stanza("ca-certificates", "ca-certificates", "20250419"),
    ]
    .concat()
}

/// A local CA about which there is nothing to say: limited to a domain, valid for less than 30 years.
fn limited_ca(name: &str) -> Ca {
    Ca::with(name, support::Dates::default(), limit)
}

/// Limits a CA to a domain.
fn limit(params: &mut rcgen::CertificateParams) {
    params.name_constraints = Some(rcgen::NameConstraints {
        permitted_subtrees: vec![rcgen::GeneralSubtree::DnsName("corp.example".to_string())],
        excluded_subtrees: Vec::new(),
    });
}

/// The findings of an audit, `--fail-on never` or not.
fn findings(host: &Host, arguments: &[&str]) -> Vec<Value> {
    let run = host.trustctl(
        ["--format", "json", "audit", "--fail-on", "never"]
            .iter()
            .chain(arguments),
    );
    let run = run.exits(0);
    let mut findings = run.report()["findings"].as_array().unwrap().clone();
    // The tables compiled in grow old while this test is in use.
    findings.retain(|finding| finding["rule"] != "data-old");
    findings
}

/// Each finding as `rule path:line`.
fn found(host: &Host) -> BTreeSet<String> {
    findings(host, &[]).iter().map(shown).collect()
}

fn shown(finding: &Value) -> String {
    let subject = &finding["subject"];
    let line = subject["line"]
        .as_u64()
        .map_or_else(String::new, |line| format!(":{line}"));
    format!(
        "{} {}{line}",
        finding["rule"].as_str().unwrap(),
        subject["path"].as_str().unwrap_or("-")
    )
}

/// Fails unless exactly this is found.
#[track_caller]
fn only(host: &Host, expected: &[&str], what: &str) {
    let expected: BTreeSet<String> = expected.iter().map(ToString::to_string).collect();
    assert_eq!(found(host), expected, "{what}");
}

/// Carries out what the remedies of the findings say; each must hold a command.
fn mend(host: &Host) {
    for _ in 0..10 {
        // One remedy can settle other findings too: as a person does, look again after each.
        let found = findings(host, &[]);
        let Some(finding) = found.first() else {
            return;
        };
        let remedy = finding["remedy"].as_str().unwrap();
        let commands: Vec<&str> = remedy.split('`').skip(1).step_by(2).collect();
        assert!(!commands.is_empty(), "no command in {remedy}");
        for command in commands {
            carry_out(host, command);
        }
    }
}

/// Runs a command as a person would paste it, where the tree's store is the machine's; questions are answered by an
/// option, since there is no terminal.
fn carry_out(host: &Host, command: &str) {
    // What is moved out of the way is moved beside the tree, not into this machine's own folder.
    let aside = host.beside("aside");
    std::fs::create_dir_all(&aside).unwrap();
    let command = command.replace("/var/tmp", aside.to_str().unwrap());
    let root = format!("trustctl --root {} ", host.root().display());
    let command = match command.strip_prefix(&root) {
        Some(words) if words.starts_with("audit") => format!("{root}{words}"),
        Some(words) => format!("{root}{words} --yes"),
        None => command,
    };
    let programs = support::trustctl();
    let programs = programs.parent().unwrap().display().to_string();
    let script = format!("PATH={programs}:$PATH; {command}");
    host.inside(["/bin/sh", "-c", &script]).exits(0);
}

#[test]
fn a_good_host_has_no_finding() {
    let host = good_host();
    let report = host
        .trustctl(["--format", "json", "audit"])
        .exits(0)
        .report();
    assert_eq!(report["findings"], serde_json::json!([]));
    let rules = host
        .trustctl(["--format", "json", "rules"])
        .exits(0)
        .report();
    assert_eq!(
        report["counts"]["rules"].as_u64().unwrap() as usize,
        rules["rules"].as_array().unwrap().len()
    );
}

#[test]
fn every_rule_has_a_failing_case_and_a_manual_entry() {
    let host = Host::empty();
    let report = host
        .trustctl(["--format", "json", "rules"])
        .exits(0)
        .report();
    let known: BTreeSet<&str> = report["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| rule["id"].as_str().unwrap())
        .collect();
    let cases = [
        asked::rules(),
        bypass::rules(),
        certificates::rules(),
        data::rules(),
        selection::rules(),
        faults::rules(),
        projects::rules(),
        store::rules(),
        tls::rules(),
    ];
    let tried: BTreeSet<&str> = cases.into_iter().flatten().collect();
    let untried: Vec<_> = known.difference(&tried).collect();
    assert!(
        untried.is_empty(),
        "rules without a failing case: {untried:?}"
    );
    let unknown: Vec<_> = tried.difference(&known).collect();
    assert!(unknown.is_empty(), "cases of no rule: {unknown:?}");
    let unwritten: Vec<_> = known.iter().filter(|id| !manual::has(id)).collect();
    assert!(
        unwritten.is_empty(),
        "rules without an entry in man/trustctl-rules.7: {unwritten:?}"
    );
}
