//! What is judged, what is reported, what decides the exit status: arguments, configuration, policy, record.

use std::collections::BTreeSet;

use serde_json::Value;
use support::Host;

use super::{findings, furnished, good_host, limited_ca, only, shown};

pub fn rules() -> BTreeSet<&'static str> {
    BTreeSet::from([
        "drift",
        "policy-required",
        "policy-forbidden",
        "policy-unlisted",
        "acceptance-expired",
    ])
}

/// A host with an error, a warning and a note.
fn mixed_host() -> Host {
    let host = good_host();
    host.write(
        "etc/environment",
        "NODE_TLS_REJECT_UNAUTHORIZED=0\nPYTHONHTTPSVERIFY=0\n",
    );
    host.write("etc/pip.conf", "[global]\ntrusted-host = a\n");
    host
}

fn names(found: &[Value]) -> BTreeSet<&str> {
    found
        .iter()
        .map(|finding| finding["rule"].as_str().unwrap())
        .collect()
}

#[test]
fn fail_on_decides_the_exit_status() {
    let host = mixed_host();
    let exits = |arguments: &[&str], code: i32| {
        drop(host.trustctl(["audit"].iter().chain(arguments)).exits(code));
    };
    exits(&[], 1);
    exits(&["--fail-on", "never"], 0);
    exits(&["--fail-on", "error"], 1);
    exits(
        &["--fail-on", "error", "--skip", "node-verification-off"],
        0,
    );
    exits(&["--skip", "node-verification-off,pip-trusted-host"], 0);
    exits(
        &[
            "--fail-on",
            "note",
            "--skip",
            "node-verification-off,pip-trusted-host",
        ],
        1,
    );
    exits(&["--fail-on", "sometimes"], 2);
}

#[test]
fn findings_are_sorted_and_counted() {
    let report = mixed_host()
        .trustctl(["--format", "json", "audit"])
        .exits(1)
        .report();
    let severities: Vec<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["severity"].as_str().unwrap())
        .collect();
    assert_eq!(severities, ["error", "warning", "note"]);
    assert_eq!(
        (
            &report["counts"]["error"],
            &report["counts"]["warning"],
            &report["counts"]["note"]
        ),
        (&1.into(), &1.into(), &1.into())
    );
}

#[test]
fn rules_are_chosen_by_name_and_by_what_they_are_about() {
    let host = mixed_host();
    assert_eq!(
        names(&findings(&host, &["--rule", "pip-trusted-host"])),
        BTreeSet::from(["pip-trusted-host"])
    );
    assert_eq!(names(&findings(&host, &["--only", "bypass"])).len(), 3);
    assert!(findings(&host, &["--only", "tls,files"]).is_empty());
    host.trustctl(["audit", "--rule", "no-such-rule"])
        .exits(2)
        .says("there is no rule `no-such-rule`")
        .says("trustctl rules");
}

#[test]
fn findings_are_chosen_by_where_certificates_come_from() {
    let expired = support::Ca::with(
        "Old",
        support::Dates {
            from: 2010,
            to: 2020,
        },
        super::limit,
    );
    let host = furnished(
        Host::new()
            .vendor("Old", expired)
            .local("corp.crt", support::Ca::new("Corp Root").pem()),
    )
    .settled();
    assert_eq!(
        names(&findings(&host, &["--only", "local"])),
        BTreeSet::from(["no-name-constraints"])
    );
    assert_eq!(
        names(&findings(&host, &["--only", "vendor"])),
        BTreeSet::from(["expired"])
    );
}

#[test]
fn the_configuration_changes_severities_and_switches_rules_off() {
    let host = mixed_host();
    host.write(
        "etc/trustctl/trustctl.toml",
        "[audit.severity]\nnode-verification-off = \"note\"\npip-trusted-host = \"off\"\n",
    );
    let report = host
        .trustctl(["--format", "json", "audit"])
        .exits(0)
        .report();
    assert_eq!(report["counts"]["note"], 2);
    assert!(
        report["skipped"]
            .to_string()
            .contains("switched off in the configuration")
    );
    host.write(
        "etc/trustctl/trustctl.toml",
        "[audit.severity]\npip-trusted-host = \"loud\"\n",
    );
    host.trustctl(["audit"])
        .exits(2)
        .says("`loud` is not a severity");
    host.write(
        "etc/trustctl/trustctl.toml",
        "[audit.severity]\nno-such-rule = \"note\"\n",
    );
    host.trustctl(["audit"])
        .exits(2)
        .says("there is no rule `no-such-rule`");
}

#[test]
fn an_accepted_finding_is_kept_apart_until_its_day() {
    let host = good_host();
    host.write("etc/pip.conf", "[global]\ntrusted-host = a\n");
    let accept = |until: &str| {
        format!(
            "[[accept]]\nrule = \"pip-trusted-host\"\nsubject = \"/etc/pip.conf\"\nreason = \"the old mirror\"\nuntil = \"{until}\"\n"
        )
    };
    host.write("etc/trustctl/trustctl.toml", accept("2199-01-31"));
    let report = host
        .trustctl(["--format", "json", "audit"])
        .exits(0)
        .report();
    assert_eq!(report["findings"], serde_json::json!([]));
    assert_eq!(report["accepted"][0]["reason"], "the old mirror");
    host.write("etc/trustctl/trustctl.toml", accept("2020-01-31"));
    only(
        &host,
        &[
            "pip-trusted-host /etc/pip.conf:2",
            "acceptance-expired /etc/trustctl/trustctl.toml",
        ],
        "its day has passed",
    );
    host.write("etc/trustctl/trustctl.toml", accept("tomorrow"));
    host.trustctl(["audit"]).exits(2).says("is not a date");
}

#[test]
fn a_finding_is_accepted_by_the_fingerprint_of_its_certificate() {
    let ca = support::Ca::new("Corp Root");
    let host = furnished(Host::new().local("corp.crt", ca.pem())).settled();
    let sha256 = ca.sha256();
    host.write("etc/trustctl/trustctl.toml", format!("[[accept]]\nrule = \"no-name-constraints\"\nsubject = \"{}\"\nreason = \"x\"\nuntil = \"2199-01-31\"\n", &sha256[..16]));
    only(&host, &[], "accepted by 16 digits");
}

#[test]
fn the_policy_requires_forbids_and_lists() {
    let ca = limited_ca("Corp Root");
    let host = furnished(Host::new().local("corp.crt", ca.pem())).settled();
    let (own, other) = (ca.sha256(), "ab".repeat(32));
    let with = |policy: String| {
        host.write(
            "etc/trustctl/trustctl.toml",
            format!("[policy]\n{policy}\n"),
        );
    };
    with(format!(
        "require = [\"{own}\"]\nforbid = [\"{other}\"]\nallow_local_only = [\"{own}\"]"
    ));
    only(&host, &[], "all as the policy wants it");
    with(format!("require = [\"{other}\"]"));
    only(
        &host,
        &["policy-required /etc/trustctl/trustctl.toml"],
        "required and missing",
    );
    with(format!("forbid = [\"{own}\"]"));
    only(
        &host,
        &["policy-forbidden /usr/local/share/ca-certificates/corp.crt"],
        "forbidden and there",
    );
    with("allow_local_only = []".to_string());
    only(
        &host,
        &["policy-unlisted /usr/local/share/ca-certificates/corp.crt"],
        "not listed",
    );
    with("require = [\"abc\"]".to_string());
    host.trustctl(["audit"])
        .exits(2)
        .says("is not a SHA-256 fingerprint");
}

#[test]
fn changes_outside_trustctl_are_found_and_told() {
    let host = good_host();
    let input = host.input("corp.crt", limited_ca("Corp Root").pem());
    host.trustctl(["add", "--yes", input.to_str().unwrap()])
        .exits(0);
    only(&host, &[], "trustctl's own change");
    let name = host
        .names()
        .into_iter()
        .find(|name| {
            name.to_lowercase().contains("corp") && name.split('.').next_back() == Some("pem")
        })
        .unwrap();
    let file = format!(
        "usr/local/share/ca-certificates/{}",
        name.replace(".pem", ".crt")
    );
    assert!(host.has(&file), "{file}");
    let other = host.text(&file).replacen("-----BEGIN", "\n-----BEGIN", 1);
    host.write(&file, other);
    host.bare_update(&[]);
    let found: Vec<String> = findings(&host, &[]).iter().map(shown).collect();
    assert_eq!(found, [format!("drift /{file}")]);
    host.trustctl(["audit"])
        .exits(1)
        .says("altered since generation 1");
    host.delete(&file);
    host.bare_update(&["--fresh"]);
    only(&host, &[&format!("drift /{file}")], "removed");
    host.write(
        "usr/local/share/ca-certificates/new.crt",
        limited_ca("New Root").pem(),
    );
    host.bare_update(&["--fresh"]);
    only(
        &host,
        &[
            &format!("drift /{file}"),
            "drift /usr/local/share/ca-certificates/new.crt",
        ],
        "removed and added",
    );
}

#[test]
fn rules_and_reasons_are_explained() {
    let host = Host::empty();
    host.trustctl(["explain", "private-key", "too-large"])
        .exits(0)
        .says("every user")
        .says("limits.file_bytes");
    host.trustctl(["explain", "git-verification"])
        .exits(2)
        .says("perhaps you mean")
        .says("`git-verification-off`");
    host.trustctl(["rules", "--only", "clock"])
        .exits(0)
        .says("clock-behind")
        .never_says("pip-trusted-host");
}
