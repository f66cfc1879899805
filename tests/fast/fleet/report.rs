//! `report` and `compare` on reports of private trees, and `audit --format html`.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use support::{Ca, Dates, Host, PATH, Run, output, trustctl};
use tempfile::TempDir;

/// A folder for the reports of some hosts.
struct Reports(TempDir);

impl Reports {
    fn new() -> Reports {
        Reports(TempDir::with_prefix("trustctl-reports-").unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The audit of a host that is called `name`, written where a fleet would have it.
    fn audit(&self, host: &Host, name: &str) -> PathBuf {
        host.write("etc/hostname", format!("{name}\n"));
        let run = host
            .trustctl(["--format", "json", "audit", "--fail-on", "never"])
            .exits(0);
        self.write(&format!("{name}.json"), run.stdout)
    }

    fn run<S: AsRef<std::ffi::OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Run {
        let mut command = Command::new(trustctl());
        command
            .env_clear()
            .env("PATH", PATH)
            .current_dir(self.0.path());
        output(command.args(arguments))
    }

    fn report(&self) -> Value {
        self.run(["--format", "json", "report", "."])
            .exits(0)
            .report()
    }
}

fn add(host: &Host, ca: &Ca) {
    let path = host.input("ca.crt", ca.pem());
    let allow = ["add", "--yes", "--name", ca.name(), "--allow", "expired"];
    host.trustctl(allow.iter().copied().chain([path.to_str().unwrap()]))
        .exits(0);
}

fn names(value: &Value) -> Vec<String> {
    let all = value.as_array().unwrap().iter();
    all.map(|one| one.as_str().unwrap().to_string()).collect()
}

/// Three hosts with one CA, one that lacks it and has another, which is over, and has a vendor root deselected.
fn fleet() -> (Reports, Ca, Ca) {
    let (corp, odd) = (
        Ca::new("corp"),
        Ca::with(
            "odd",
            Dates {
                from: 2019,
                to: 2020,
            },
            |_| {},
        ),
    );
    let reports = Reports::new();
    let host = Host::new().settled();
    host.write(
        "etc/os-release",
        "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian 12\"\n",
    );
    add(&host, &corp);
    for name in ["web1", "web2", "web3"] {
        reports.audit(&host, name);
    }
    host.trustctl(["remove", "corp"]).exits(0);
    add(&host, &odd);
    host.trustctl(["distrust", "Vendor_Root_1"]).exits(0);
    host.write(
        "etc/os-release",
        "ID=debian\nVERSION_ID=\"13\"\nPRETTY_NAME=\"Debian 13\"\n",
    );
    reports.audit(&host, "db1");
    (reports, corp, odd)
}

#[test]
fn a_fleet_is_told_with_the_odd_ones_first() {
    let (reports, corp, odd) = fleet();
    let report = reports.report();
    let hosts = report["hosts"].as_array().unwrap();
    assert_eq!(hosts.len(), 4);
    assert_eq!(hosts[0]["name"], "db1");
    let ways: Vec<(&str, &str)> = hosts[0]["deviations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| {
            (
                d["way"].as_str().unwrap(),
                d["subject"].as_str().unwrap().rsplit("CN=").next().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        ways,
        [
            ("additional", "odd"),
            ("lacking", "corp"),
            ("deselected", "Vendor Root 1")
        ]
    );
    assert!(
        hosts[1..]
            .iter()
            .all(|host| host["deviations"].as_array().unwrap().is_empty())
    );
    let cas: Vec<(&str, u64)> = report["certificates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|ca| {
            (
                ca["sha256"].as_str().unwrap(),
                ca["hosts"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(cas, [(&*odd.sha256(), 1), (&*corp.sha256(), 3)]);
    let groups: Vec<Vec<String>> = report["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| names(&group["hosts"]))
        .collect();
    assert_eq!(groups, [vec!["db1"], vec!["web1", "web2", "web3"]]);
    let expired = report["rules"]
        .as_array()
        .unwrap()
        .iter()
        .find(|rule| rule["rule"] == "expired")
        .unwrap();
    assert_eq!(names(&expired["hosts"]), ["db1"]);
    let releases: Vec<(&str, usize)> = report["releases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|share| {
            (
                share["value"].as_str().unwrap(),
                share["hosts"].as_array().unwrap().len(),
            )
        })
        .collect();
    assert_eq!(releases, [("Debian 12", 3), ("Debian 13", 1)]);
    reports
        .run(["report", "."])
        .exits(0)
        .says("hosts that differ from most")
        .says("db1");

    let report = reports
        .run(["--format", "json", "report", "--baseline", "db1.json", "."])
        .exits(0)
        .report();
    assert_eq!(report["baseline"], "db1");
    let odd: Vec<&str> = report["hosts"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|host| !host["deviations"].as_array().unwrap().is_empty())
        .map(|host| host["name"].as_str().unwrap())
        .collect();
    assert_eq!(odd, ["web1", "web2", "web3"]);
}

#[test]
fn lists_serve_where_audits_lack_and_the_newest_report_counts() {
    let reports = Reports::new();
    let (host, ca) = (Host::new().settled(), Ca::new("corp"));
    add(&host, &ca);
    host.trustctl(["distrust", "Vendor_Root_2"]).exits(0);
    let list = host.trustctl(["--format", "json", "list"]).exits(0);
    reports.write("srv/list.json", &list.stdout);
    let report = reports.report();
    let row = &report["hosts"][0];
    assert_eq!(
        (&row["name"], &row["findings"]),
        (&json!("srv"), &Value::Null)
    );
    assert_eq!(report["certificates"][0]["sha256"], ca.sha256());

    // An audit of the same host a year before says less.
    host.write("etc/hostname", "srv\n");
    let run = host
        .trustctl(["--format", "json", "audit", "--fail-on", "never"])
        .exits(0);
    let mut old = run.json();
    let new = old.clone();
    old["report"]["time"] = json!("2020-01-01T00:00:00Z");
    old["report"]["local"] = json!([]);
    reports.write("a.json", new.to_string());
    reports.write("b.json", old.to_string());
    let report = reports.report();
    let row = &report["hosts"][0];
    assert_eq!(
        (&row["old"], &report["certificates"][0]["hosts"]),
        (&json!(false), &json!(1))
    );
    std::fs::remove_file(reports.path("a.json")).unwrap();
    std::fs::remove_dir_all(reports.path("srv")).unwrap();
    let report = reports.report();
    assert_eq!(report["hosts"][0]["old"], true);
    reports
        .run(["report", "."])
        .exits(0)
        .says("old reports: srv");
}

#[test]
fn what_stores_lack_on_a_host_is_told_beside_its_audit() {
    let reports = Reports::new();
    let (host, ca) = (Host::new().settled(), Ca::new("corp"));
    add(&host, &ca);
    host.write("etc/hostname", "web1\n");
    host.write(
        "etc/passwd",
        "root:x:0:0:root:/root:/bin/bash\nann:x:1000:1000:Ann:/home/ann:/bin/bash\n",
    );
    host.write(
        "home/ann/venv/pyvenv.cfg",
        "home = /usr/bin\nversion = 3.11.2\n",
    );
    host.write(
        "home/ann/venv/lib/python3.11/site-packages/certifi/cacert.pem",
        Ca::new("other").pem(),
    );
    host.write(
        "home/ann/venv/lib/python3.11/site-packages/certifi-2024.7.4.dist-info/METADATA",
        "Name: certifi\nVersion: 2024.7.4\n",
    );
    let reach = host.trustctl(["--format", "json", "reach"]).exits(1);
    let lacking = reach.report()["counts"]["does_not"].as_u64().unwrap();
    assert!(lacking >= 1, "{reach}");
    reports.write("reach.json", &reach.stdout);
    let report = reports.report();
    assert_eq!(report["unusable"], json!([]));
    let row = &report["hosts"][0];
    assert_eq!(
        (&row["name"], &row["findings"]["warning"]),
        (&json!("web1"), &json!(lacking))
    );
    // Beside an audit of the same host, and in its place again when the next report of reach is read.
    reports.audit(&host, "web1");
    let both = reports.report();
    let count = both["hosts"][0]["findings"]["warning"].as_u64().unwrap();
    assert!(count >= lacking, "{both:#}");
    assert_eq!(both["hosts"].as_array().unwrap().len(), 1);
    let rules = both["rules"].as_array().unwrap().iter();
    let reached: Vec<&Value> = rules
        .filter(|rule| rule["rule"] == "reach-python")
        .collect();
    assert_eq!(reached.len(), 1, "{both:#}");
    let text = host.trustctl(["--format", "prometheus", "reach"]).exits(1);
    text.says(&format!(
        "trustctl_reach_lacking{{sha256=\"{}\"}} {lacking}\n",
        ca.sha256()
    ))
    .says("trustctl_reach_stores{kind=\"python\",verdict=\"does_not\"} 1\n");
}

#[test]
fn what_is_no_report_is_named_and_the_others_count() {
    let (reports, ..) = fleet();
    reports.write("broken.json", "{\"schema\": 1, ");
    reports.write("future.json", "{\"schema\": 2, \"reports\": []}");
    reports.write(
        "rules.json",
        reports.run(["--format", "json", "rules"]).exits(0).stdout,
    );
    reports.write("notes.txt", "no report");
    let run = reports.run(["--format", "json", "report", "."]).exits(0);
    assert!(
        run.stderr.contains("3 files are of no use"),
        "{}",
        run.stderr
    );
    let report = run.report();
    let useless: Vec<(&str, &str)> = report["unusable"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| {
            (
                file["file"].as_str().unwrap(),
                file["reason"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(useless.len(), 3);
    for (file, said) in [
        ("./broken.json", "it is not a report of trustctl"),
        ("./future.json", "its schema is 2"),
        ("./rules.json", "it is a report of `rules`"),
    ] {
        assert!(
            useless
                .iter()
                .any(|(name, reason)| *name == file && reason.starts_with(said)),
            "{useless:?}"
        );
    }
    assert_eq!(report["hosts"].as_array().unwrap().len(), 4);
    let nothing = reports.run(["report", "broken.json"]).exits(2);
    assert!(
        nothing.stderr.contains("there is no report"),
        "{}",
        nothing.stderr
    );
}

#[test]
fn two_hosts_and_two_times_are_compared() {
    let (reports, corp, odd) = fleet();
    reports
        .run(["compare", "web1.json", "web2.json"])
        .exits(0)
        .says("no difference");
    let run = reports
        .run(["--format", "json", "compare", "web1.json", "db1.json"])
        .exits(1);
    let found = run.report();
    assert_eq!(
        (&found["before"], &found["after"]),
        (&json!("web1"), &json!("db1"))
    );
    let local: Vec<(&str, &str)> = found["local"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| (c["side"].as_str().unwrap(), c["sha256"].as_str().unwrap()))
        .collect();
    assert_eq!(
        local,
        [("before", &*corp.sha256()), ("after", &*odd.sha256())]
    );
    assert_eq!(found["vendor"][0]["side"], "before");
    assert_eq!(found["values"][0]["name"], "release");
    let gained = |f: &&Value| f["side"] == "after" && f["rule"] == "expired";
    assert!(
        found["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|f| gained(&f))
    );
    reports
        .run(["compare", "web1.json", "db1.json"])
        .exits(1)
        .says("\n- O=Example Corp, CN=corp\n")
        .says("\n+ Debian 13\n");
    reports
        .run(["compare", "web1.json", "missing.json"])
        .exits(2);
}

/// Names that would be markup, reorder, hide, or fill the page.
fn hostile() -> Vec<String> {
    vec![
        "<script>document.title='owned'</script>".to_string(),
        "\"><img src=x onerror=alert(1)>".to_string(),
        "a\u{202e}gnp.exe\u{200b}".to_string(),
        "</style></title><h1>x</h1>".to_string(),
        "N".repeat(5000),
    ]
}

/// The audit of a host whose every text is hostile.
fn hostile_report(text: &str) -> Value {
    let ca = |n: u8| {
        json!({"sha256": format!("{n:02x}").repeat(32), "subject": text, "issuer": text,
        "not_before": "2020-01-01T00:00:00Z", "not_after": "2027-01-01T00:00:00Z", "file": text})
    };
    json!({"schema": 1, "trustctl": text, "command": "audit", "report": {
        "time": "2026-11-01T00:00:00Z", "host": {"name": text, "release": text},
        "findings": [{"rule": text, "severity": "error", "title": text, "remedy": text, "evidence": text,
            "subject": {"path": text, "name": null}}],
        "openssl": {"package": text, "version": text, "upstream": text},
        "local": [ca(1), ca(2)], "deselected": [{"sha256": "03".repeat(32), "subject": text}],
    }})
}

#[test]
fn html_is_one_file_in_which_foreign_text_stays_text() {
    let (reports, ..) = fleet();
    for (number, text) in hostile().iter().enumerate() {
        reports.write(&format!("h{number}.json"), hostile_report(text).to_string());
    }
    let html = reports
        .run(["--format", "html", "report", "."])
        .exits(0)
        .stdout;
    for raw in [
        "<script>document",
        "<img",
        "<h1>x",
        "\u{202e}",
        "\u{200b}",
        &"N".repeat(400),
    ] {
        assert!(!html.contains(raw), "{raw}");
    }
    assert!(html.contains("\\u{202e}gnp.exe") && html.contains("db1"));
    assert_eq!(html.matches("<script").count(), 1);
    for foreign in ["http:", "https:", "@import", "url("] {
        assert!(!html.contains(foreign), "{foreign}");
    }
    reports
        .run(["--format", "html", "report", ".", "--output", "fleet.html"])
        .exits(0);
    let again = std::fs::read_to_string(reports.path("fleet.html")).unwrap();
    let without_time = |html: &str| {
        html.lines()
            .filter(|line| !line.contains("<time"))
            .collect::<String>()
    };
    assert_eq!(without_time(&again), without_time(&html));
}

#[test]
fn an_audit_is_written_as_html_too_and_nothing_else_is() {
    let (host, ca) = (Host::new().settled(), Ca::new("corp"));
    add(&host, &ca);
    let html = host
        .trustctl(["--format", "html", "audit", "--fail-on", "never"])
        .exits(0)
        .stdout;
    assert!(html.starts_with("<!DOCTYPE html>") && html.contains(&ca.sha256()));
    let run = host.trustctl(["--format", "html", "list"]).exits(2);
    assert!(
        run.stderr
            .contains("`list` cannot be written in this format"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_chain_that_goes_round_is_told_once() {
    let reports = Reports::new();
    let ca = |n: u8, subject: &str, issuer: &str| {
        json!({"sha256": format!("{n:02x}").repeat(32), "subject": subject,
        "issuer": issuer, "not_before": "2020-01-01T00:00:00Z", "not_after": "2030-01-01T00:00:00Z", "file": "f"})
    };
    let report = json!({"schema": 1, "trustctl": "0", "command": "audit", "report": {"time": "2026-01-01T00:00:00Z",
        "local": [ca(1, "A", "B"), ca(2, "B", "A"), ca(3, "Leaf", "Mid"), ca(4, "Mid", "Root"), ca(5, "Root", "Root"), ca(6, "Alone", "Gone")]}});
    reports.write("h.json", report.to_string());
    let html = reports
        .run(["--format", "html", "report", "h.json"])
        .exits(0)
        .stdout;
    let tree = html
        .split("<div class=\"tree\">")
        .nth(1)
        .unwrap()
        .split("</div>")
        .next()
        .unwrap();
    let tight: String = tree.split('\n').collect();
    assert!(
        tight.contains("<li>Root<ul><li>Mid<ul><li>Leaf</li></ul></li></ul></li>"),
        "{tight}"
    );
    assert!(
        tight.contains("issued by Gone, which no host has"),
        "{tight}"
    );
    assert_eq!(
        tight.matches("<li>").count(),
        tight.matches("</li>").count(),
        "{tight}"
    );
    for name in ["<li>A", "<li>B"] {
        assert_eq!(
            tight.matches(name).count() - tight.matches(&format!("{name}lone")).count(),
            1,
            "{tight}"
        );
    }
}

#[test]
fn links_out_of_the_folder_are_not_followed() {
    let (reports, ..) = fleet();
    let outside = Reports::new();
    outside.write("other.json", hostile_report("outside").to_string());
    std::os::unix::fs::symlink(outside.path("other.json"), reports.path("link.json")).unwrap();
    std::os::unix::fs::symlink(Path::new(outside.0.path()), reports.path("folder")).unwrap();
    assert_eq!(reports.report()["hosts"].as_array().unwrap().len(), 4);
}
