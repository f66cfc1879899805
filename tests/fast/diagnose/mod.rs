//! `trustctl diagnose` against servers with one fault each: every one is expected to give exactly its conclusion.
//! All of them listen on loopback, and nothing else is ever connected to.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(
    clippy::disallowed_methods,
    reason = "tests start servers of their own"
)]

mod add_from;
mod certificates;
mod configurations;
mod cures;
mod handshakes;
mod hostile;
mod layers;
mod programs;
mod remedies;
mod staples;
mod tools;
mod trust;

use serde_json::Value;
use support::Ca;
use support::Host;
use support::Run;

/// Runs `trustctl diagnose --format json ARGUMENT…` on a tree.
#[track_caller]
fn diagnose(host: &Host, arguments: &[&str]) -> Run {
    let mut all = vec!["--format", "json", "diagnose"];
    if !arguments.contains(&"--timeout") {
        all.extend(["--timeout", "5"]);
    }
    all.extend_from_slice(arguments);
    host.trustctl(all)
}

/// The first target's part of the report.
#[track_caller]
fn first(run: &Run) -> Value {
    run.report()["targets"][0].take()
}

/// Diagnoses `localhost:PORT` and expects exactly this conclusion, and its exit status.
#[track_caller]
fn concludes(host: &Host, port: u16, arguments: &[&str], code: &str) -> Value {
    let target = format!("localhost:{port}");
    let mut all = vec!["--connect", "127.0.0.1"];
    all.extend_from_slice(arguments);
    all.push(&target);
    let run = diagnose(host, &all);
    let report = first(&run);
    assert_eq!(report["conclusion"]["code"], code, "{report:#}");
    run.exits(i32::from(code != "healthy"));
    agrees(&report);
    report
}

/// The report on `localhost:PORT`, whatever it concludes.
#[track_caller]
fn report(host: &Host, port: u16) -> Value {
    let target = format!("localhost:{port}");
    let report = first(&diagnose(host, &["--connect", "127.0.0.1", &target]));
    agrees(&report);
    report
}

/// No conclusion contradicts a row above it: asserted of every server of these tests.
#[track_caller]
fn agrees(report: &Value) {
    let code = report["conclusion"]["code"].as_str().unwrap();
    let steps = report["steps"].as_array().unwrap();
    let state = |name: &str| {
        steps
            .iter()
            .find(|one| one["step"] == name)
            .map(|one| &one["state"])
    };
    let programs = report["programs"].as_array().unwrap();
    let connecting = programs
        .iter()
        .filter(|one| one["connects"] == true)
        .count();
    let all = connecting == programs.len();
    // Healthy is healthy for every program asked about, and nothing else is.
    let of_store = ["store-damaged", "key-not-proven"].contains(&code);
    assert_eq!(
        code == "healthy",
        all && !programs.is_empty() && !of_store,
        "{report:#}"
    );
    for one in programs {
        let reasons = one["reasons"].as_array().unwrap();
        assert_eq!(one["connects"] == true, reasons.is_empty(), "{report:#}");
    }
    // Who says that nothing came, that the server refuses, or that all fail has seen nothing else.
    let evidence: String = steps
        .iter()
        .map(|one| one["evidence"].to_string())
        .collect();
    if ["closed", "silent", "handshake-refused"].contains(&code) {
        assert!(
            !evidence.contains("accepted") && connecting == 0,
            "{report:#}"
        );
    }
    let failed = |name: &str| state(name).is_some_and(|state| state == "failed");
    let early = ["resolve", "connect", "proxy", "starttls"];
    if early.iter().any(|name| failed(name)) {
        assert!(connecting == 0 && report["certificates"].as_array().unwrap().is_empty());
    }
    if code == "healthy" {
        assert!(
            !steps.iter().any(|one| one["state"] == "failed"),
            "{report:#}"
        );
    }
}

/// A tree whose only root is this one, delivered by the vendor.
fn trusting(ca: Ca) -> Host {
    Host::empty().vendor("Test_Root", ca).settled()
}

/// A root with the usual name.
fn root() -> Ca {
    Ca::new("Test Root")
}

/// Every conclusion that trustctl knows has a server in these tests that leads to it.
#[test]
fn every_conclusion_has_a_server_that_leads_to_it() {
    let sources = [
        include_str!("certificates.rs"),
        include_str!("configurations.rs"),
        include_str!("handshakes.rs"),
        include_str!("layers.rs"),
        include_str!("trust.rs"),
        include_str!("programs.rs"),
        include_str!("remedies.rs"),
        include_str!("staples.rs"),
        include_str!("hostile.rs"),
        include_str!("tools.rs"),
        include_str!("../../slow/diagnose_distros/causes.rs"),
        include_str!("../../support/src/tls_servers.rs"),
    ];
    let missing: Vec<&str> = trustctl::rules::diagnosis::codes::EXPLANATIONS
        .iter()
        .map(|explanation| explanation.id)
        .filter(|code| {
            !sources
                .iter()
                .any(|source| source.contains(&format!("\"{code}\"")))
        })
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
