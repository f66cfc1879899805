//! Public suites of chains: x509-limbo, BetterTLS, NIST PKITS, and the measured verdicts of real programs on them.
//!
//! They are other people's and lie in the folder that `TRUSTCTL_SUITES` names; without it only one line is said.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "figures are what these tests are for")]
#![expect(
    clippy::disallowed_methods,
    reason = "a test reads suites and runs the program"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

/// The longest that any case may take (microseconds), on a machine that does nothing else. Debug builds are slower.
const LONGEST: u64 = if cfg!(debug_assertions) {
    60_000_000
} else {
    50_000
};

fn folder() -> Option<PathBuf> {
    let folder =
        std::env::var_os("TRUSTCTL_SUITES").map(|suites| PathBuf::from(suites).join("conformance"));
    if folder.is_none() {
        println!("TRUSTCTL_SUITES is not set: the public suites are not run");
    }
    folder
}

fn unpack(folder: &std::path::Path, name: &str) -> Vec<u8> {
    let output = Command::new("/usr/bin/xz")
        .arg("-dc")
        .arg(folder.join(name))
        .output()
        .unwrap();
    assert!(output.status.success(), "cannot unpack {name}");
    output.stdout
}

fn suite(folder: &std::path::Path, name: &str) -> Vec<Value> {
    let mut suite: Value = serde_json::from_slice(&unpack(folder, name)).unwrap();
    let Value::Array(cases) = suite["testcases"].take() else {
        panic!("{name} has no cases")
    };
    cases
}

fn id(case: &Value) -> String {
    case["id"].as_str().unwrap().to_owned()
}

/// Result and code of every case; expected results are taken out before the program sees them.
fn judge(cases: &[Value], arguments: &[&str]) -> BTreeMap<String, (String, String)> {
    let hidden: Vec<Value> = cases
        .iter()
        .map(|case| {
            let mut case = case.clone();
            let keys = case.as_object_mut().unwrap();
            for key in [
                "expected_result",
                "description",
                "importance",
                "conflicts_with",
                "pkits_name",
            ] {
                keys.remove(key);
            }
            case
        })
        .collect();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), json!({ "testcases": hidden }).to_string()).unwrap();
    let output = Command::new(support::limbo())
        .env_clear()
        .arg(file.path())
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let lines = String::from_utf8(output.stdout).unwrap();
    let text = |line: &Value, key: &str| line[key].as_str().unwrap().to_owned();
    lines
        .lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            assert!(line["us"].as_u64().unwrap() < LONGEST, "too slow: {line}");
            assert_ne!(line["context"], "internal", "{line}");
            (
                text(&line, "id"),
                (text(&line, "actual_result"), text(&line, "context")),
            )
        })
        .collect()
}

#[derive(serde::Deserialize)]
struct Exceptions {
    exception: Vec<Exception>,
}

#[derive(serde::Deserialize)]
struct Exception {
    ids: Vec<String>,
    reason: String,
}

fn exceptions() -> BTreeSet<String> {
    let text = include_str!("exceptions.toml");
    let exceptions: Exceptions = toml::from_str(text).unwrap();
    for exception in &exceptions.exception {
        assert!(
            exception.reason.len() > 20,
            "{:?} needs a reason",
            exception.ids
        );
    }
    exceptions
        .exception
        .into_iter()
        .flat_map(|exception| exception.ids)
        .collect()
}

/// Every case agrees, but those in the exceptions file, none of which may agree.
fn agrees(cases: &[Value], arguments: &[&str], skipped: usize) {
    let found = judge(cases, arguments);
    let exceptions = exceptions();
    let mut wrong = Vec::new();
    let mut left_out = 0;
    for case in cases {
        let (result, code) = &found[&id(case)];
        left_out += usize::from(result == "SKIPPED");
        let agrees = result == "SKIPPED" || case["expected_result"] == result.as_str();
        if agrees == exceptions.contains(&id(case)) {
            wrong.push(format!("{}: {result} {code}", id(case)));
        }
    }
    println!(
        "{} of {} agree, {left_out} skipped",
        cases.len() - wrong.len() - left_out,
        cases.len()
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(left_out, skipped);
}

/// What RFC 5280 says of a chain, its form included, is what the suites of its profile ask.
const STRICT: &[&str] = &["--profile", "rfc5280", "--strict"];

#[test]
fn limbo_agrees_case_by_case_under_the_two_strict_profiles() {
    let Some(folder) = folder() else { return };
    let (forum, rest): (Vec<Value>, Vec<Value>) = suite(&folder, "limbo-core.json.xz")
        .into_iter()
        .partition(|case| id(case).starts_with("webpki::"));
    agrees(&rest, STRICT, 0);
    agrees(&forum, &["--profile", "webpki"], 0);
}

#[test]
fn better_tls_agrees_case_by_case() {
    let Some(folder) = folder() else { return };
    agrees(&suite(&folder, "limbo-bettertls.json.xz"), STRICT, 0);
}

#[test]
fn pkits_without_revocation_agrees_case_by_case() {
    let Some(folder) = folder() else { return };
    agrees(&suite(&folder, "pkits-norev.limbo.json.xz"), STRICT, 0);
}

#[test]
fn pkits_with_revocation_lists_agrees_case_by_case() {
    let Some(folder) = folder() else { return };
    agrees(&suite(&folder, "pkits.limbo.json.xz"), STRICT, 0);
}

#[test]
fn the_suites_of_boringssl_and_of_bsi_agree_case_by_case() {
    let Some(folder) = folder() else { return };
    for (name, undecided) in [("boringssl-chains", 0), ("bsi", 1), ("pss", 0)] {
        let file = format!("{name}.limbo.json.xz");
        println!("{name}");
        agrees(&suite(&folder, &file), STRICT, undecided);
    }
}

/// One algorithm in each chain: what is refused is refused for its weakness, and little is undecided.
#[test]
fn one_algorithm_after_another_is_judged() {
    let Some(folder) = folder() else { return };
    agrees(&suite(&folder, "algorithms.limbo.json.xz"), &[], 3);
}

/// The measured verdicts of one column.
fn measured(folder: &std::path::Path, file: &str, column: &str) -> BTreeMap<String, String> {
    let text = String::from_utf8(unpack(folder, file)).unwrap();
    let mut lines = text
        .lines()
        .map(|line| line.split('\t').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let place = header.iter().position(|name| *name == column).unwrap();
    lines
        .map(|row| (row[0].to_owned(), row[place].to_owned()))
        .collect()
}

/// How a column was measured, where it was not the program's usual way.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// As the suite asks.
    Plain,
    /// Without the suite's demands on policies.
    NoPolicies,
    /// Acceptable policies, but no flags.
    PoliciesOnly,
    /// No names, no purpose, no depth.
    PathOnly,
    /// As a TLS server where no purpose is asked for, without demands on policies.
    Server,
}

fn asked(case: &Value, way: Way) -> Value {
    let mut case = case.clone();
    let keys = case.as_object_mut().unwrap();
    match way {
        Way::Plain => {}
        Way::NoPolicies => {
            keys.remove("policy");
        }
        Way::PoliciesOnly => {
            if let Some(policy) = keys.get_mut("policy") {
                *policy = json!({ "initial_policy_set": policy["initial_policy_set"] });
            }
        }
        Way::Server => {
            keys.remove("policy");
            if keys["validation_kind"] == "ANY" {
                keys.insert("validation_kind".into(), json!("SERVER"));
            }
        }
        Way::PathOnly => {
            for (key, value) in [
                ("expected_peer_name", Value::Null),
                ("expected_peer_names", json!([])),
                ("max_chain_depth", Value::Null),
                ("validation_kind", json!("ANY")),
            ] {
                keys.insert(key.into(), value);
            }
        }
    }
    case
}

/// Compares predictions with measurements: in limbo and PKITS they differ in the cases `known` and in no other, in
/// BetterTLS in as many as `better_tls` says.
fn predicts(
    profile: &str,
    columns: [&str; 2],
    way: Way,
    arguments: &[&str],
    known: &[&str],
    better_tls: usize,
) {
    let Some(folder) = folder() else { return };
    let core = [
        ("limbo-core.json.xz", "verdicts-limbo.tsv.xz", columns[0]),
        (
            "pkits-norev.limbo.json.xz",
            "verdicts-pkits-norev.tsv.xz",
            columns[1],
        ),
    ];
    let large = [(
        "limbo-bettertls.json.xz",
        "verdicts-limbo.tsv.xz",
        columns[0],
    )];
    let arguments = [&["--profile", profile], arguments].concat();
    let (count, wrong) = compare(&folder, &core, way, &arguments);
    println!(
        "{profile} limbo and PKITS: {} of {count}",
        count - wrong.len()
    );
    assert_eq!(wrong, known, "{profile}");
    let (count, wrong) = compare(&folder, &large, way, &arguments);
    println!("{profile} BetterTLS: {} of {count}", count - wrong.len());
    assert_eq!(wrong.len(), better_tls, "{profile}: {wrong:#?}");
}

/// How many cases both judged, and those in which the prediction is wrong.
fn compare(
    folder: &std::path::Path,
    parts: &[(&str, &str, &str)],
    way: Way,
    arguments: &[&str],
) -> (usize, Vec<String>) {
    let (mut count, mut wrong) = (0, Vec::new());
    for (file, verdicts, column) in parts {
        let cases = suite(folder, file);
        let cases: Vec<Value> = cases.iter().map(|case| asked(case, way)).collect();
        let measured = measured(folder, verdicts, column);
        for (id, (result, code)) in judge(&cases, arguments) {
            let real = &measured[&id];
            if result == "SKIPPED" || real == "SKIPPED" {
                continue;
            }
            count += 1;
            if result != *real {
                wrong.push(format!("{id}: {result} {code}"));
            }
        }
    }
    (count, wrong)
}

#[test]
fn predictions_for_openssl_are_what_it_says() {
    // The column is `openssl verify -partial_chain`, which knows no security level.
    predicts(
        "openssl",
        ["openssl", "cli-openssl"],
        Way::Plain,
        &[
            "--partial-chain",
            "--security-level",
            "0",
            "--consumer",
            "openssl@3.0",
        ],
        &[],
        0,
    );
}

#[test]
fn predictions_for_go_are_what_it_says() {
    predicts("go", ["go", "go"], Way::PoliciesOnly, &[], &[], 0);
}

#[test]
fn predictions_for_gnutls_are_what_it_says() {
    let columns = ["gnutls", "cli-gnutls"];
    predicts("gnutls", columns, Way::NoPolicies, &[], &[], 0);
}

#[test]
fn predictions_for_webpki_are_what_it_says() {
    let columns = ["webpki_rs", "webpki-aws"];
    predicts("webpki-rs", columns, Way::NoPolicies, &[], &[], 0);
}

#[test]
fn predictions_for_java_are_what_it_says() {
    // Java differs in a case of policy mapping.
    // The P-192 leaf: these verdicts were taken from paths alone; beside names and a handshake JDK 17 refuses the key.
    let known = [
        "webpki::forbidden-p192-leaf: FAILURE key-unsupported",
        "pkits::4.10.13.s3: FAILURE no-policy",
    ];
    let java = &["--consumer", "java@17"];
    predicts("java", ["java", "java"], Way::PathOnly, java, &known, 0);
}

/// A program as it was measured: profile, options, and how it was asked.
type Measured = (&'static str, &'static [&'static str], Way);

const OPENSSL: Measured = ("openssl", &["--consumer", "openssl@3.0"], Way::Plain);
const GO: Measured = ("go", &["--consumer", "go@1.27"], Way::Plain);
const GNUTLS: Measured = ("gnutls", &["--consumer", "gnutls@3.7"], Way::NoPolicies);
const JAVA: Measured = ("java", &["--consumer", "java@17"], Way::Server);
const WEBPKI: Measured = ("webpki-rs", &[], Way::Server);

/// Each program on suites that it was not written against; the cases in which the prediction is wrong are `known`.
fn agrees_with(suites: &[&str], programs: &[(&str, Measured)], known: &[&str]) {
    let Some(folder) = folder() else { return };
    let mut wrong = Vec::new();
    for name in suites {
        let (file, verdicts) = (
            format!("{name}.limbo.json.xz"),
            format!("verdicts-{name}.tsv.xz"),
        );
        for (column, (profile, options, way)) in programs {
            let arguments = [&["--profile", profile], *options].concat();
            let part = [(file.as_str(), verdicts.as_str(), *column)];
            let (count, found) = compare(&folder, &part, *way, &arguments);
            println!("{column} {name}: {} of {count}", count - found.len());
            wrong.extend(found.into_iter().map(|case| format!("{column} {case}")));
        }
    }
    assert_eq!(wrong, known);
}

#[test]
fn predictions_on_the_suites_of_boringssl_and_of_bsi_are_what_programs_say() {
    let level_0 = (
        "openssl",
        &["--consumer", "openssl@3.0", "--security-level", "0"][..],
        Way::Plain,
    );
    let strict = (
        "python-strict",
        &["--consumer", "python@3.13/openssl@3.0"][..],
        Way::Plain,
    );
    let programs = [
        ("openssl", OPENSSL),
        ("openssl0", level_0),
        ("openssl-strict", strict),
        ("go", GO),
        ("gnutls", GNUTLS),
        ("java", JAVA),
        ("webpki", WEBPKI),
    ];
    // Java was asked by `CertPathValidator`, which refuses qualifiers of critical policies unless told otherwise, as
    // its TLS tells it. A certificate of version 6 is one that nothing here reads.
    let mut known = vec!["java bssl::unknown-critical-policy-qualifier/main: SUCCESS "];
    let malformed = ["openssl", "openssl0", "openssl-strict", "gnutls"];
    let malformed = malformed.map(|column| format!("{column} bsi::common_11: FAILURE malformed"));
    known.extend(malformed.iter().map(String::as_str));
    agrees_with(&["boringssl-chains", "bsi", "pss"], &programs, &known);
}

#[test]
fn predictions_for_one_algorithm_after_another_are_what_programs_say() {
    let on_host = |name: &'static str| -> &'static [&'static str] {
        match name {
            "curl" => &["--consumer", "curl@7.88/openssl@3.0"],
            "python" => &["--consumer", "python@3.11/openssl@3.0"],
            _ => &["--consumer", "node@20"],
        }
    };
    let newer = ("openssl", &["--consumer", "openssl@3.5"][..], Way::Plain);
    let programs = [
        ("openssl", OPENSSL),
        ("openssl35", newer),
        ("gnutls-medium", GNUTLS),
        ("go", GO),
        ("java", JAVA),
        ("webpki", WEBPKI),
        ("curl", ("curl", on_host("curl"), Way::Plain)),
        ("pyssl", ("python", on_host("python"), Way::Plain)),
        ("node", ("node", on_host("node"), Way::Plain)),
    ];
    agrees_with(&["algorithms"], &programs, &[]);
}
