//! `trustctl audit` on pristine distributions: no false alarm, and quick. `make test-audit` makes what it needs.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests run programs, and fail by panicking"
)]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use support::{Ca, Cell, output, output_with};

/// The roots, and what stands above `note` on each: only what is true of the release's own life.
const ROOTS: [(&str, &[&str]); 6] = [
    ("bullseye", &["release-ended"]),
    ("bookworm", &[]),
    ("trixie", &[]),
    ("bullseye-java", &["release-ended"]),
    ("bookworm-java", &[]),
    ("trixie-java", &[]),
];

/// Notes that a pristine root may have: about certificates that the distribution ships, and about its life.
const NOTES: [&str; 5] = [
    "expired",
    "known-bad",
    "known-limited",
    "release-ending",
    "package-lists-stale",
];

fn audit(cell: &Cell) -> Value {
    cell.trustctl(["--format", "json", "audit", "--fail-on", "never"])
        .exits(0)
        .report()
}

fn rules(report: &Value, wanted: impl Fn(&str) -> bool) -> BTreeSet<&str> {
    let findings = report["findings"].as_array().unwrap().iter();
    let wanted = findings.filter(|finding| wanted(finding["severity"].as_str().unwrap()));
    wanted
        .map(|finding| finding["rule"].as_str().unwrap())
        .collect()
}

#[test]
fn a_pristine_distribution_has_nothing_above_a_note() {
    for (name, expected) in ROOTS {
        let cell = Cell::new(name);
        let report = audit(&cell);
        let above = rules(&report, |severity| severity != "note");
        assert_eq!(
            above,
            expected.iter().copied().collect(),
            "{name}: {report:#}"
        );
        let notes = rules(&report, |severity| severity == "note");
        let unknown: Vec<_> = notes.iter().filter(|rule| !NOTES.contains(rule)).collect();
        assert!(unknown.is_empty(), "{name}: {unknown:?}");
        for rule in &notes {
            let of_rule = report["findings"].as_array().unwrap().iter();
            let count = of_rule.filter(|finding| finding["rule"] == **rule).count();
            println!("{name}: note {rule} ({count})");
        }
        let store = &report["store"];
        assert_eq!(store["bundle"], store["vendor_selected"], "{name}");
        assert_eq!(store["hash_directory"], store["vendor_selected"], "{name}");
    }
}

#[test]
fn programs_with_settings_of_their_own_are_on_a_root_of_each_release() {
    for name in ["bullseye-java", "bookworm-java", "trixie-java"] {
        let cell = Cell::new(name);
        cell.sh("dpkg --verify default-jre-headless git curl wget apt python3 nodejs docker.io")
            .exits(0);
    }
}

#[test]
fn a_pristine_distribution_fits_on_a_screen() {
    for (name, _) in ROOTS {
        let text = Cell::new(name)
            .trustctl(["audit", "--fail-on", "never"])
            .exits(0)
            .stdout;
        assert!(text.lines().count() <= 35, "{name}: {text}");
    }
}

#[test]
fn java_that_goes_on_trusting_a_removed_ca_is_an_error() {
    let cell = Cell::new("bookworm-java");
    let ca = Ca::new("Corp Root");
    cell.write("/usr/local/share/ca-certificates/corp.crt", ca.pem());
    cell.bare_update(&[]).exits(0);
    let report = audit(&cell);
    assert!(
        rules(&report, |severity| severity != "note").is_empty(),
        "{report:#}"
    );
    cell.sh("rm /usr/local/share/ca-certificates/corp.crt")
        .exits(0);
    cell.bare_update(&["--fresh"]).exits(0);
    let report = audit(&cell);
    assert_eq!(
        rules(&report, |severity| severity == "error"),
        BTreeSet::from(["java-extra"]),
        "{report:#}"
    );
    let finding = &report["findings"][0];
    assert_eq!(finding["subject"]["sha256"], ca.sha256());
    let remedy = finding["remedy"].as_str().unwrap();
    cell.sh(remedy.split('`').nth(1).unwrap()).exits(0);
    assert!(rules(&audit(&cell), |severity| severity != "note").is_empty());
}

#[test]
fn a_keystore_made_by_keytool_is_read_in_both_formats() {
    let cell = Cell::new("bookworm-java");
    for format in ["jks", "pkcs12"] {
        cell.sh(&format!(
            "keytool -importkeystore -noprompt -srckeystore /etc/ssl/certs/java/cacerts -srcstorepass changeit \
             -destkeystore /root/store -deststoretype {format} -deststorepass changeit \
             && mv /root/store /etc/ssl/certs/java/cacerts"
        ))
        .exits(0);
        let report = audit(&cell);
        // Java gives no password, without which the certificates of keytool's PKCS#12 stay closed to it.
        let closed: &[&str] = if format == "pkcs12" {
            &["java-unusable"]
        } else {
            &[]
        };
        let with = |more: &[&'static str]| -> BTreeSet<String> {
            closed.iter().chain(more).map(ToString::to_string).collect()
        };
        let found = rules(&report, |severity| severity != "note");
        let found: BTreeSet<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found, with(&[]), "{format}: {report:#}");
        assert!(
            !report["skipped"].to_string().contains("cacerts"),
            "{format}"
        );
        // That it was read shows in what it lacks.
        cell.sh(
            "name=$(keytool -list -keystore /etc/ssl/certs/java/cacerts -storepass changeit | sed -n 's/^\\(debian:[^,]*\\),.*/\\1/p' | head -1) \
             && cp /etc/ssl/certs/java/cacerts /root/whole \
             && keytool -delete -keystore /etc/ssl/certs/java/cacerts -storepass changeit -alias \"$name\"",
        )
        .exits(0);
        let report = audit(&cell);
        let found = rules(&report, |severity| severity != "note");
        let found: BTreeSet<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found, with(&["java-missing"]), "{format}");
        cell.sh("mv /root/whole /etc/ssl/certs/java/cacerts")
            .exits(0);
    }
}

#[test]
fn a_ca_that_is_only_put_into_the_folder_is_told_apart_by_reader() {
    for name in ["bullseye", "bookworm", "trixie"] {
        let cell = Cell::new(name);
        cell.write("/etc/ssl/certs/rogue.pem", Ca::new("Rogue Root").pem());
        let report = audit(&cell);
        assert!(
            rules(&report, |severity| severity == "warning").contains("foreign-for-go"),
            "{name}: {report:#}"
        );
        cell.write(
            "/usr/local/share/ca-certificates/corp.crt",
            Ca::new("Corp Root").pem(),
        );
        cell.bare_update(&[]).exits(0);
        let report = audit(&cell);
        let found = rules(&report, |severity| severity == "warning");
        assert!(
            found.contains("foreign-in-hash-directory"),
            "{name}: {report:#}"
        );
    }
}

/// Peak memory in KiB of a command inside a cell.
fn peak(command: &Command) -> u64 {
    let mut timed = Command::new("/usr/bin/time");
    timed.env_clear().args(["-q", "-f", "PEAK %M"]);
    timed.arg(command.get_program()).args(command.get_args());
    let run = output(&mut timed);
    let line = run
        .stderr
        .lines()
        .find_map(|line| line.strip_prefix("PEAK "));
    line.unwrap().parse().unwrap()
}

#[test]
fn an_audit_takes_less_than_50_mib() {
    for name in ["bullseye", "bookworm", "trixie"] {
        let cell = Cell::new(name);
        let mut trustctl = cell.command("trustctl");
        trustctl.args(["audit", "--fail-on", "never"]);
        let memory = peak(&trustctl);
        println!("{name}: {memory} KiB");
        assert!(memory < 50 << 10, "{name}: {memory} KiB");
    }
}

#[test]
fn ten_thousand_local_files_are_judged_in_less_than_200_mib() {
    let cell = Cell::new("bookworm");
    let folder = "/usr/local/share/ca-certificates";
    cell.write(&format!("{folder}/0.crt"), Ca::new("Corp Root").pem());
    cell.sh(&format!(
        "cd {folder} && for n in $(seq 9999); do cp 0.crt $n.crt; done"
    ))
    .exits(0);
    let mut trustctl = cell.command("trustctl");
    trustctl.args(["audit", "--fail-on", "never"]);
    let memory = peak(&trustctl);
    println!("10,000 local files: {memory} KiB");
    assert!(memory < 200 << 10, "{memory} KiB");
}

#[test]
fn promtool_finds_nothing_to_say() {
    let testbed = std::env::var_os("TRUSTCTL_TESTBED");
    let testbed = testbed.map_or_else(|| PathBuf::from("target/testbed"), PathBuf::from);
    let promtool = testbed.join("promtool/usr/bin/promtool");
    assert!(
        promtool.exists(),
        "promtool is missing: run `make test-audit`"
    );
    let cell = Cell::new("bookworm");
    cell.write(
        "/usr/local/share/ca-certificates/corp.crt",
        Ca::new("Corp \"Root\" \\ x").pem(),
    );
    let text = cell
        .trustctl(["--format", "prometheus", "audit", "--fail-on", "never"])
        .exits(0)
        .stdout;
    let mut check = Command::new(promtool);
    check.env_clear().args(["check", "metrics"]);
    let run = output_with(&mut check, text.as_bytes()).exits(0);
    assert_eq!(run.stdout + &run.stderr, "");
}
