//! Alerts and the dashboard ask for metrics that there are.

use std::collections::BTreeSet;
use std::path::Path;

use support::{Ca, Host};

/// Every word that is the name of a metric of ours.
fn metrics(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let ours = words.filter(|word| word.starts_with("trustctl_"));
    ours.map(str::to_string).collect()
}

fn packaged(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/monitoring");
    std::fs::read_to_string(folder.join(name)).unwrap()
}

/// What a host writes that has something of everything.
fn written() -> String {
    let (host, ca) = (Host::new().settled(), Ca::new("Corp"));
    host.write("var/lib/dpkg/status", "Package: libssl3\nStatus: install ok installed\nVersion: 3.0.20-1~deb12u2\nArchitecture: amd64\n");
    let path = host.input("ca.crt", ca.pem());
    host.trustctl(["add", "--yes", path.to_str().unwrap()])
        .exits(0);
    host.write(
        "usr/local/share/ca-certificates/other.crt",
        Ca::new("Other").pem(),
    );
    host.trustctl(["--format", "prometheus", "audit", "--fail-on", "never"])
        .exits(0)
        .stdout
}

#[test]
fn alerts_and_dashboard_ask_for_metrics_that_there_are() {
    let text = written();
    let there: BTreeSet<String> = text
        .lines()
        .filter_map(|line| {
            line.strip_prefix("# TYPE ")?
                .split(' ')
                .next()
                .map(str::to_string)
        })
        .collect();
    for file in [
        "trustctl.rules.yml",
        "trustctl.rules.test.yml",
        "dashboard.json",
    ] {
        let asked = metrics(&packaged(file));
        assert!(asked.len() > 4, "{file}: {asked:?}");
        let missing: Vec<&String> = asked.difference(&there).collect();
        assert!(
            missing.is_empty(),
            "{file} asks for {missing:?}; there are {there:?}"
        );
    }
    let dashboard: serde_json::Value = serde_json::from_str(&packaged("dashboard.json")).unwrap();
    assert!(dashboard["panels"].as_array().unwrap().len() > 8);
    assert!(
        text.lines().any(|line| line == "trustctl_store_drift 1"),
        "{text}"
    );
    assert!(
        text.lines().any(|line| line == "trustctl_generation 1"),
        "{text}"
    );
    for table in ["certificates", "openssl", "releases"] {
        assert!(
            text.contains(&format!(
                "trustctl_data_timestamp_seconds{{table=\"{table}\"}} "
            )),
            "{text}"
        );
    }
}

#[test]
fn a_host_without_a_record_has_no_drift_to_tell() {
    let host = Host::new().settled();
    let text = host
        .trustctl(["--format", "prometheus", "audit", "--fail-on", "never"])
        .exits(0)
        .stdout;
    assert!(
        !text.contains("trustctl_store_drift") && !text.contains("trustctl_last_change"),
        "{text}"
    );
}
