//! The HTML report in a real browser: headless Chromium, judged by axe-core. `make test-fleet` makes what it needs.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use support::{PATH, output, trustctl};
use tempfile::TempDir;

/// Where `tests/testbed/browser.sh` put its modules.
fn modules() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = std::env::var_os("TRUSTCTL_BROWSER")
        .map_or_else(|| root.join("target/browser"), PathBuf::from);
    assert!(
        folder.join("key").is_file(),
        "`{}` is missing: run `make test-fleet`, which makes it",
        folder.display()
    );
    folder
}

const HOSTILE: [&str; 4] = [
    "<script>document.title='owned';alert(1)</script>",
    "\"><img src=x onerror=\"document.title='owned'\">",
    "</style></script><h1>x</h1><base href=//evil.example>",
    "a\u{202e}gnp.exe\u{200b}",
];

/// The audit of a host: its certificates and findings, by number, and a name.
fn audit(name: &str, cas: &[u8], rules: &[(&str, &str)], text: &str) -> Value {
    let ca = |n: &u8| {
        json!({"sha256": format!("{n:02x}").repeat(32), "subject": format!("CN={text} {n}"),
            "issuer": format!("CN={text} {}", n / 2), "not_before": "2020-01-01T00:00:00Z",
            "not_after": format!("20{}-06-01T00:00:00Z", 25 + n), "file": format!("/x/{n}.crt")})
    };
    let finding = |(rule, severity): &(&str, &str)| {
        json!({"rule": rule, "severity": severity, "title": format!("a title {text}"), "remedy": text,
            "evidence": text, "subject": {"path": format!("/etc/{text}"), "name": null}})
    };
    json!({"schema": 1, "trustctl": "0.1.0", "command": "audit", "report": {
        "time": "2026-11-01T00:00:00Z", "host": {"name": name, "release": format!("Debian {text}")},
        "openssl": {"package": "libssl3", "version": text, "upstream": "3.0.20"},
        "local": cas.iter().map(ca).collect::<Vec<_>>(), "deselected": [],
        "findings": rules.iter().map(finding).collect::<Vec<_>>()}})
}

fn fleet(folder: &Path) {
    let rules = [
        ("expired", "warning"),
        ("git-verification-off", "error"),
        ("go-no-effect", "note"),
    ];
    for n in 0..12 {
        let cas: &[u8] = if n < 10 { &[1, 2, 3] } else { &[1, 4, 5, 9] };
        let report = audit(&format!("web{n}"), cas, &rules[..=(n % 3)], "Example Corp");
        std::fs::write(folder.join(format!("web{n}.json")), report.to_string()).unwrap();
    }
    for (n, text) in HOSTILE
        .into_iter()
        .map(str::to_string)
        .chain(["N".repeat(5000)])
        .enumerate()
    {
        let report = audit(&text, &[20 + n as u8], &[(&text, "error")], &text);
        std::fs::write(folder.join(format!("h{n}.json")), report.to_string()).unwrap();
    }
    std::fs::write(folder.join("broken.json"), "{").unwrap();
}

#[test]
fn the_html_report_works_in_a_browser_and_is_accessible() {
    let modules = modules();
    let folder = TempDir::with_prefix("trustctl-browser-").unwrap();
    fleet(folder.path());
    let html = folder.path().join("report.html");
    let mut report = Command::new(trustctl());
    report.env_clear().args(["--format", "html", "report"]);
    output(report.arg(folder.path()).arg("--output").arg(&html)).exits(0);

    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/check.cjs");
    let mut node = Command::new("/usr/bin/node");
    node.env_clear()
        .env("PATH", PATH)
        .env("HOME", folder.path());
    let run = output(node.arg(script).arg(&modules).arg(&html).arg(folder.path())).exits(0);
    let seen: Value = serde_json::from_str(&run.stdout).unwrap();

    let looks = seen["looks"].as_array().unwrap();
    assert_eq!(looks.len(), 5);
    for look in looks {
        let about = format!(
            "{} {} script {}",
            look["scheme"], look["width"], look["script"]
        );
        for none in ["errors", "dialogs", "violations"] {
            assert_eq!(look[none], json!([]), "{about}: {none}");
        }
        // The file itself, and nothing else.
        assert_eq!(
            look["requests"].as_array().unwrap().len(),
            1,
            "{about}: {}",
            look["requests"]
        );
        assert_eq!(
            look["overflow"], 0,
            "{about}: the page is wider than the window"
        );
        assert_eq!(look["title"], "Trust of 17 hosts", "{about}");
        assert_eq!(
            [&look["scripts"], &look["images"], &look["headings"]],
            [&json!(1), &json!(0), &json!(1)],
            "{about}"
        );
        let filters = if look["script"] == true {
            "flex"
        } else {
            "none"
        };
        assert_eq!(look["filters"], filters, "{about}");
        assert!(
            look["rules"].as_u64().unwrap() >= 3 + HOSTILE.len() as u64,
            "{about}"
        );
    }
    let image = |n: usize| std::fs::read(looks[n]["image"].as_str().unwrap()).unwrap();
    // Light and dark differ, wide and narrow too; a page that is empty would not be so large.
    assert_ne!(looks[0]["background"], looks[2]["background"]);
    for (one, other) in [(0, 2), (1, 3), (0, 1), (2, 3)] {
        assert_ne!(image(one), image(other), "{one} and {other}");
    }
    assert!((0..5).all(|n| image(n).len() > 10_000));

    let filter = &seen["filter"];
    assert_eq!(filter["errors"], json!([]));
    let all = filter["all"].as_u64().unwrap();
    assert_eq!(all, looks[0]["rules"].as_u64().unwrap());
    assert_eq!(filter["withoutNotes"], json!(["error", "warning"]));
    assert_eq!(filter["expired"], 1);
    assert_eq!(filter["count"], format!("1 of {all} rules"));
    assert_eq!(filter["none"], 0);
}

#[test]
fn the_html_report_works_in_firefox_too() {
    let folder = TempDir::with_prefix("trustctl-firefox-").unwrap();
    let (reports, profile) = (folder.path().join("reports"), folder.path().join("profile"));
    std::fs::create_dir_all(&reports).unwrap();
    std::fs::create_dir_all(&profile).unwrap();
    fleet(&reports);
    let html = folder.path().join("report.html");
    let mut report = Command::new(trustctl());
    report.env_clear().args(["--format", "html", "report"]);
    output(report.arg(&reports).arg("--output").arg(&html)).exits(0);
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut python = Command::new("/usr/bin/python3");
    python
        .env_clear()
        .env("PATH", PATH)
        .env("HOME", folder.path())
        .env("MOZ_HEADLESS", "1")
        .arg(tests.join("browser/firefox.py"))
        .arg(tests.join("slow/reach"))
        .arg(&profile)
        .arg(format!("file://{}", html.display()));
    let seen: Value = serde_json::from_str(&output(&mut python).exits(0).stdout).unwrap();
    assert_eq!(seen["title"], "Trust of 17 hosts");
    assert_eq!(
        [&seen["overflow"], &seen["images"], &seen["filters"]],
        [&json!(0), &json!(0), &json!("flex")],
        "{seen}"
    );
    assert!(
        seen["rules"].as_u64().unwrap() >= 3 + HOSTILE.len() as u64,
        "{seen}"
    );
    assert_eq!(seen["withoutNotes"], json!(["error", "warning"]));
    assert_eq!(seen["expired"], 1);
}
