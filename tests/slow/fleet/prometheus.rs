//! The alerts, tested by Prometheus's own tool.

use std::path::{Path, PathBuf};
use std::process::Command;

use support::output;

#[test]
fn every_alert_fires_where_it_should_and_only_there() {
    let testbed = std::env::var_os("TRUSTCTL_TESTBED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/testbed"),
        PathBuf::from,
    );
    let promtool = std::env::var_os("TRUSTCTL_PROMTOOL")
        .map_or_else(|| testbed.join("promtool/usr/bin/promtool"), PathBuf::from);
    assert!(
        promtool.is_file(),
        "`{}` is missing: run `make test-fleet`",
        promtool.display()
    );
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/monitoring");
    let run = |arguments: &[&str]| {
        output(
            Command::new(&promtool)
                .env_clear()
                .current_dir(&folder)
                .args(arguments),
        )
        .exits(0)
    };
    run(&["check", "rules", "trustctl.rules.yml"]);
    run(&["test", "rules", "trustctl.rules.test.yml"]);
    // Each alert is tested where it fires.
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let (rules, tests) = (text("trustctl.rules.yml"), text("trustctl.rules.test.yml"));
    for alert in rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "))
    {
        let fires = format!("alertname: {alert}\n        exp_alerts:\n          - exp_labels");
        assert!(tests.contains(&fires), "{alert}");
    }
}
