//! The tables of trustctl: their age, and the file that takes the place of those compiled in.

use std::collections::BTreeSet;

use serde_json::Value;

use super::good_host;
use support::{Ca, Host, Run};

const TABLES: &str = include_str!("../../../packaging/data.toml");

pub fn rules() -> BTreeSet<&'static str> {
    ["data-old", "data-unusable"].into()
}

/// Runs an audit with these tables.
fn audit(host: &Host, tables: &str, mode: u32) -> Run {
    use std::os::unix::fs::PermissionsExt;
    let file = host.input("data.toml", tables);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
    let config = format!("[data]\nfile = \"{}\"\n", file.display());
    let config = host.input("config.toml", config);
    let config = config.to_str().unwrap();
    let words = [
        "--config",
        config,
        "--format",
        "json",
        "audit",
        "--fail-on",
        "never",
    ];
    host.trustctl(words).exits(0)
}

/// Which of the two rules speak, and their evidence.
fn said(run: &Run) -> Vec<(String, String)> {
    let report = run.report();
    let findings = report["findings"].as_array().unwrap().iter();
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_string();
    findings
        .map(|finding| (text(finding, "rule"), text(finding, "evidence")))
        .filter(|(rule, _)| rules().contains(rule.as_str()))
        .collect()
}

#[test]
fn tables_older_than_180_days_are_told_of() {
    let host = good_host();
    let dated = |day: &str| TABLES.replace("as_of = \"2026-11-22\"", &format!("as_of = \"{day}\""));
    let run = audit(&host, &dated("2025-01-31"), 0o644);
    let (rule, evidence) = said(&run).remove(0);
    assert_eq!(rule, "data-old");
    assert!(
        evidence.starts_with("known certificates as of 2025-01-31"),
        "{evidence}"
    );
    assert_eq!(run.report()["tables"]["certificates"], "2025-01-31");
    let fresh = ["2026-11-22", "2026-09-29", "2026-10-12"]
        .iter()
        .fold(TABLES.to_string(), |text, day| {
            text.replace(day, "2199-01-01")
        });
    assert_eq!(said(&audit(&host, &fresh, 0o644)), []);
}

#[test]
fn a_certificate_in_a_newer_file_is_known_without_a_newer_program() {
    let ca = Ca::new("Leaked Yesterday");
    let host = good_host().local("leaked.crt", ca.pem()).settled();
    let row = format!(
        "known = [\n    {{ class = \"key-leaked-or-interception\", of = \"cert\", sha256 = \"{}\", name = \"Leaked\" }},",
        ca.sha256()
    );
    let known = |run: &Run| run.has("known-bad");
    assert!(!known(&audit(&host, TABLES, 0o644)));
    assert!(known(&audit(
        &host,
        &TABLES.replacen("known = [", &row, 1),
        0o644
    )));
}

#[test]
fn tables_that_cannot_be_used_are_told_of_and_those_compiled_in_are_used() {
    let host = good_host();
    for (tables, mode, reason) in [
        (
            TABLES.replacen("schema = 1", "schema = 7", 1),
            0o644,
            "schema 7",
        ),
        (
            TABLES.replacen("high = true", "high = \"yes\"", 1),
            0o644,
            "line ",
        ),
        ("\u{0}".repeat(2_000_000), 0o644, "larger than"),
        (TABLES.to_string(), 0o666, "written by others"),
    ] {
        let run = audit(&host, &tables, mode);
        let (rule, evidence) = said(&run).remove(0);
        assert_eq!(rule, "data-unusable");
        assert!(evidence.contains(reason), "{evidence}");
        assert_eq!(run.report()["tables"]["certificates"], "2026-11-22");
    }
    // A tree does not choose what the host is told of.
    let host = good_host();
    host.write("etc/trustctl/trustctl.toml", "[data]\nfile = \"/x.toml\"\n");
    host.trustctl(["audit"])
        .exits(2)
        .says("not this host's own");
}
