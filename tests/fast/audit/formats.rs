//! The formats of a report: for people, SARIF, Prometheus; and the file it can be written to.

use serde_json::Value;
use support::Host;

use super::{furnished, good_host};

/// A host with findings of every severity, one in a file with an odd name.
fn busy_host() -> Host {
    let host = furnished(Host::new().local(
        "ö %\u{202e}x.crt",
        support::Ca::new("Corp \u{202e}Root").pem(),
    ))
    .settled();
    host.write(
        "etc/environment",
        "NODE_TLS_REJECT_UNAUTHORIZED=0\nPYTHONHTTPSVERIFY=0\n",
    );
    host.write("etc/pip.conf", "[global]\ntrusted-host = a\n");
    host.write("etc/cron.d/secret", "x");
    host
}

/// The schema; one of its patterns has a bracket that regular expressions of today want escaped.
fn schema() -> Value {
    let text = include_str!("sarif-2.1.0.schema.json").replace("{2}]?$", "{2}\\\\]?$");
    serde_json::from_str(&text).unwrap()
}

#[test]
fn people_get_a_page_of_80_columns_that_ends_with_a_command() {
    let text = busy_host().trustctl(["audit"]).exits(1).stdout;
    for line in text.lines() {
        let is_path = line.trim_start().starts_with('/');
        assert!(line.chars().count() <= 80 || is_path, "{line}");
    }
    assert!(!text.contains('\u{202e}'), "{text}");
    assert!(
        text.lines()
            .last()
            .unwrap()
            .starts_with("next: `trustctl explain node-verification-off`"),
        "{text}"
    );
    assert!(text.find("error ").unwrap() < text.find("warning ").unwrap());
}

#[test]
fn a_healthy_host_gets_one_screen() {
    let text = good_host().trustctl(["audit"]).exits(0).stdout;
    assert!(text.lines().count() <= 12, "{text}");
    assert!(text.contains("0 errors, 0 warnings, 0 notes"), "{text}");
}

#[test]
fn many_findings_of_one_rule_are_named_by_three() {
    let host = good_host();
    for number in 0..20 {
        host.write(
            format!("usr/local/share/ca-certificates/{number}.crt"),
            "<html>",
        );
    }
    let text = host.trustctl(["audit", "--only", "files"]).exits(1).stdout;
    assert!(text.contains("not-a-certificate  (20)"), "{text}");
    assert!(text.contains("and 17 more"), "{text}");
}

#[test]
fn sarif_validates_against_the_schema_and_names_its_rules_by_their_place() {
    let text = busy_host()
        .trustctl(["--format", "sarif", "audit"])
        .exits(1)
        .stdout;
    let document: Value = serde_json::from_str(&text).unwrap();
    let schema: Value = schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let faults: Vec<String> = validator
        .iter_errors(&document)
        .map(|fault| format!("{fault} at {}", fault.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{faults:?}");
    let run = &document["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert!(results.len() >= 3, "{text}");
    for result in results {
        let index = result["ruleIndex"].as_u64().unwrap() as usize;
        assert_eq!(
            run["tool"]["driver"]["rules"][index]["id"],
            result["ruleId"]
        );
    }
}

#[test]
fn a_document_that_is_no_sarif_does_not_validate() {
    let schema: Value = schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(!validator.is_valid(
        &serde_json::json!({"version": "2.1.0", "runs": [{"results": [{"level": "loud"}]}]})
    ));
}

#[test]
fn prometheus_text_has_findings_expiry_sizes_and_library() {
    let text = busy_host()
        .trustctl(["--format", "prometheus", "audit"])
        .exits(1)
        .stdout;
    for sample in [
        "trustctl_audit_findings{severity=\"error\"} 1\n",
        "trustctl_audit_rule_findings{rule=\"pip-trusted-host\",severity=\"warning\"} 1\n",
        "trustctl_store_sources{origin=\"local\"} 1\n",
        "trustctl_store_certificates{view=\"bundle\"} 4\n",
        "trustctl_openssl_info{version=\"unknown\",package=\"libssl3t64\",package_version=\"3.0.13-0ubuntu3.16\"} 1\n",
    ] {
        assert!(text.contains(sample), "{sample} in {text}");
    }
    let ends = text
        .lines()
        .filter(|line| line.starts_with("trustctl_certificate_expiry_timestamp_seconds{"));
    assert_eq!(ends.count(), 4);
    assert!(text.lines().all(|line| {
        line.starts_with("# ")
            || line
                .rsplit_once(' ')
                .is_some_and(|(_, value)| value.parse::<i64>().is_ok())
    }));
}

#[test]
fn the_output_file_is_replaced_whole_and_readable_by_all() {
    use std::os::unix::fs::PermissionsExt;
    let host = good_host();
    let file = host.input("textfile/trustctl.prom", "old");
    let run = host
        .trustctl([
            "--format",
            "prometheus",
            "audit",
            "--output",
            file.to_str().unwrap(),
        ])
        .exits(0);
    assert_eq!(run.stdout, "");
    assert!(
        std::fs::read_to_string(&file)
            .unwrap()
            .starts_with("# HELP trustctl_audit")
    );
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o644
    );
    let names = std::fs::read_dir(file.parent().unwrap()).unwrap();
    assert_eq!(names.count(), 1, "no temporary file is left");
    host.trustctl(["audit", "--output", "/proc/none/x"])
        .exits(2)
        .says("cannot write the report");
}

#[test]
fn formats_of_audit_are_refused_by_other_commands() {
    Host::empty()
        .trustctl(["--format", "sarif", "list"])
        .exits(2)
        .says("for `trustctl audit`");
}
