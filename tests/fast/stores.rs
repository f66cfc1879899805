//! `add --to`, `remove` and the undoing of both on private trees: policies of browsers, keystores, registries, the
//! environment of logins. What the browsers themselves make of it is a matter of the slow layer.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests act on trees of their own and fail by panicking"
)]

use std::process::Command;

use serde_json::Value;
use support::{Ca, Host};

const FIREFOX: &str = "etc/firefox/policies/policies.json";
const CHROMIUM: &str = "etc/chromium/policies/managed/trustctl.json";
const KEYSTORE: &str = "opt/jdk/lib/security/cacerts";
const LOGIN: &str = "etc/profile.d/trustctl.sh";

/// A tree with Firefox, Chromium and a JDK of its own.
fn host() -> Host {
    let host = Host::new().settled();
    host.write("etc/passwd", "root:x:0:0:root:/root:/bin/bash\n");
    host.write(
        "usr/lib/firefox-esr/application.ini",
        "[App]\nVersion=140.1\n",
    );
    host.write("usr/bin/chromium", "");
    host.write("opt/jdk/release", "");
    host
}

fn keystore(host: &Host, kind: &str, ca: &Ca) {
    let file = host.input("first.crt", ca.pem());
    host.write("opt/jdk/lib/security/.keep", "");
    let mut command = Command::new("keytool");
    command.args([
        "-importcert",
        "-noprompt",
        "-alias",
        "first",
        "-storepass",
        "changeit",
    ]);
    command
        .args(["-storetype", kind, "-keystore"])
        .arg(host.root().join(KEYSTORE));
    command.arg("-file").arg(file);
    if kind == "pkcs12" {
        command.args([
            "-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE",
            "-J-Dkeystore.pkcs12.macAlgorithm=NONE",
        ]);
    }
    assert!(command.status().unwrap().success());
}

fn verdict(host: &Host, ca: &Ca, kind: &str) -> Vec<String> {
    let run = host.trustctl(["--format", "json", "reach", "--only", kind, &ca.sha256()]);
    assert!(run.code < 2, "{run}");
    let report = run.report();
    let rows = report["rows"].as_array().unwrap().clone();
    rows.iter()
        .map(|row| row["verdict"].as_str().unwrap().to_string())
        .collect()
}

fn add(host: &Host, ca: &Ca, to: &str) -> support::Run {
    let file = host.input("corp.crt", ca.pem());
    host.trustctl(["add", "--yes", "--to", to, file.to_str().unwrap()])
}

#[test]
fn one_change_reaches_all_stores_and_one_undoing_takes_it_back() {
    for kind in ["jks", "pkcs12"] {
        let (host, ca, first) = (host(), Ca::new("Corp Root"), Ca::new("First"));
        keystore(&host, kind, &first);
        let before = std::fs::read(host.root().join(KEYSTORE)).unwrap();
        let run = add(&host, &ca, "all");
        assert_eq!(run.code, 0, "{run}");
        for store in ["firefox", "chromium", "java"] {
            assert_eq!(verdict(&host, &ca, store), ["trusts"], "{store}");
        }
        assert_eq!(verdict(&host, &first, "java"), ["trusts"]);
        assert!(
            host.text(LOGIN)
                .contains("NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt")
        );
        // Java opens it as before: without a password, or with the usual one.
        let after = std::fs::read(host.root().join(KEYSTORE)).unwrap();
        assert_eq!(before[0], after[0]);
        // A second time there is nothing to do.
        let again = add(&host, &ca, "all");
        assert_eq!(again.code, 0, "{again}");
        assert!(again.stdout.contains("nothing to do"), "{again}");
        let history = host.trustctl(["history", "corp"]);
        assert!(history.stdout.contains(KEYSTORE), "{history}");
        let run = host.trustctl(["rollback", "--yes"]);
        assert_eq!(run.code, 0, "{run}");
        for file in [FIREFOX, CHROMIUM, LOGIN] {
            assert!(!host.has(file), "{file}");
        }
        assert_eq!(std::fs::read(host.root().join(KEYSTORE)).unwrap(), before);
        let run = host.trustctl(["rollback", "--redo", "--yes"]);
        assert_eq!(run.code, 0, "{run}");
        assert_eq!(verdict(&host, &ca, "chromium"), ["trusts"]);
    }
}

#[test]
fn what_is_removed_leaves_every_store_that_it_was_put_into() {
    let (host, ca, other) = (host(), Ca::new("Corp Root"), Ca::new("Other Root"));
    keystore(&host, "jks", &Ca::new("First"));
    assert_eq!(
        add(
            &host,
            &ca,
            "browsers,java,docker:registry.corp.test:5000,containers:r"
        )
        .code,
        0
    );
    assert_eq!(add(&host, &other, "firefox").code, 0);
    let names = || {
        std::fs::read_dir(
            host.root()
                .join("etc/docker/certs.d/registry.corp.test:5000"),
        )
        .unwrap()
        .count()
    };
    assert_eq!(names(), 1);
    let run = host.trustctl(["remove", "--yes", &ca.sha256()]);
    assert_eq!(run.code, 0, "{run}");
    assert!(!host.has(CHROMIUM));
    assert_eq!(names(), 0);
    assert_eq!(verdict(&host, &ca, "java"), ["does_not"]);
    // The other CA stays where it is.
    let policies: Value = serde_json::from_str(&host.text(FIREFOX)).unwrap();
    let install = policies["policies"]["Certificates"]["Install"]
        .as_array()
        .unwrap();
    assert_eq!(install.len(), 1);
    let run = host.trustctl(["rollback", "--yes"]);
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(verdict(&host, &ca, "java"), ["trusts"]);
    assert_eq!(names(), 1);
}

#[test]
fn everything_else_in_policies_stays_and_what_is_in_the_way_is_a_refusal() {
    let (host, ca) = (host(), Ca::new("Corp Root"));
    let text = "{\n\t\"policies\": {\n\t\t\"DisableTelemetry\":true\n\t}\n}\n";
    host.write(FIREFOX, text);
    assert_eq!(add(&host, &ca, "firefox").code, 0);
    assert!(host.text(FIREFOX).contains("\"DisableTelemetry\":true"));
    assert_eq!(host.trustctl(["remove", "--yes", &ca.sha256()]).code, 0);
    let value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(value(&host.text(FIREFOX)), value(text));

    host.write(FIREFOX, "{\"policies\": {},}");
    let bundle = host.text("etc/ssl/certs/ca-certificates.crt");
    let run = add(&host, &ca, "firefox");
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stderr.contains("policies.json"), "{run}");
    host.write(
        "etc/chromium/policies/managed/corp.json",
        "{\"CACertificates\": []}",
    );
    let run = add(&host, &ca, "chromium");
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stderr.contains("corp.json"), "{run}");
    let run = add(&host, &ca, "java:/opt/none");
    assert_eq!(run.code, 2, "{run}");
    assert_eq!(host.text("etc/ssl/certs/ca-certificates.crt"), bundle);
    // Of a group the rest is done, and what is left open is said.
    let run = add(&host, &ca, "browsers");
    assert_eq!(run.code, 1, "{run}");
    assert!(
        run.stderr.contains("policies.json") && run.stderr.contains("corp.json"),
        "{run}"
    );
}

#[test]
fn a_rehearsal_names_the_files_and_writes_none() {
    let (host, ca) = (host(), Ca::new("Corp Root"));
    let file = host.input("corp.crt", ca.pem());
    let run = host.trustctl([
        "add",
        "--dry-run",
        "--yes",
        "--to",
        "browsers,env",
        file.to_str().unwrap(),
    ]);
    assert_eq!(run.code, 0, "{run}");
    for path in [FIREFOX, CHROMIUM, LOGIN] {
        assert!(
            run.stdout.contains(path) && !host.has(path),
            "{path}: {run}"
        );
    }
}

#[test]
fn the_configuration_names_the_stores_of_every_add() {
    let (host, ca) = (host(), Ca::new("Corp Root"));
    host.write(
        "etc/trustctl/trustctl.toml",
        "[stores]\ndefault = [\"system\", \"browsers\"]\n",
    );
    let file = host.input("corp.crt", ca.pem());
    let file = file.to_str().unwrap();
    assert_eq!(host.trustctl(["add", "--yes", file]).code, 0);
    assert_eq!(verdict(&host, &ca, "chromium"), ["trusts"]);
    host.write(
        "etc/trustctl/trustctl.toml",
        "[stores]\ndefault = [\"system\", \"browser\"]\n",
    );
    let run = host.trustctl(["add", "--yes", file]);
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stderr.contains("trustctl.toml` line 2"), "{run}");
}

#[test]
fn everywhere_takes_it_out_of_stores_that_others_filled() {
    let (host, ca) = (host(), Ca::new("Corp Root"));
    keystore(&host, "pkcs12", &ca);
    host.write("etc/containers/certs.d/r.test/mine.crt", ca.pem());
    assert_eq!(add(&host, &ca, "system").code, 0);
    assert_eq!(host.trustctl(["remove", "--yes", &ca.sha256()]).code, 0);
    assert_eq!(verdict(&host, &ca, "java"), ["trusts"]);
    assert_eq!(add(&host, &ca, "system").code, 0);
    let run = host.trustctl(["remove", "--yes", "--everywhere", &ca.sha256()]);
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(verdict(&host, &ca, "java"), ["does_not"]);
    assert!(!host.has("etc/containers/certs.d/r.test/mine.crt"));
}

#[test]
fn a_desired_state_names_stores_and_an_export_names_them_too() {
    let (host, ca) = (host(), Ca::new("Corp Root"));
    keystore(&host, "jks", &Ca::new("First"));
    let text = format!(
        "[[ca]]\npem = \"\"\"\n{}\"\"\"\nstores = [\"browsers\", \"java\", \"docker:r.test:5000\"]\n",
        ca.pem()
    );
    let file = host.input("desired.toml", text);
    let file = file.to_str().unwrap();
    assert_eq!(host.trustctl(["apply", "--check", file]).code, 1);
    let run = host.trustctl(["apply", "--yes", file]);
    assert_eq!(run.code, 0, "{run}");
    for store in ["firefox", "chromium", "java"] {
        assert_eq!(verdict(&host, &ca, store), ["trusts"], "{store}");
    }
    assert_eq!(host.trustctl(["apply", "--check", file]).code, 0);
    let exported = host.trustctl(["export"]);
    let stores = "stores = [\"java\", \"firefox\", \"chromium\", \"docker:r.test:5000\"]";
    assert!(exported.stdout.contains(stores), "{exported}");
    let again = host.input("exported.toml", &exported.stdout);
    assert_eq!(
        host.trustctl(["apply", "--check", again.to_str().unwrap()])
            .code,
        0
    );
    // What somebody takes out is drift, and is put back in one change.
    host.delete(CHROMIUM);
    let run = host.trustctl(["apply", "--check", file]);
    assert!(run.code == 1 && run.stdout.contains(CHROMIUM), "{run}");
    assert_eq!(host.trustctl(["apply", "--yes", file]).code, 0);
    assert_eq!(verdict(&host, &ca, "chromium"), ["trusts"]);
    // Of the export's own words nothing is left where the store lost it.
    host.delete(CHROMIUM);
    let exported = host.trustctl(["export"]);
    assert!(!exported.stdout.contains("chromium"), "{exported}");
}
