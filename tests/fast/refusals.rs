//! With `--format json` a refusal or misuse is one object on standard output, as the schema says.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests act on trees of their own, and fail by panicking"
)]

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::Value;
use support::{Ca, Host, Run, output, trustctl};

/// The object of a run that failed with status 2, its words the same as those on standard error.
#[track_caller]
fn refusal(run: &Run, kind: &str) -> Value {
    let value = run.clone().exits(2).json();
    assert_eq!(value["exit"], 2, "{run}");
    assert_eq!(value["error"]["kind"], kind, "{run}");
    assert!(value.get("report").is_none(), "{run}");
    let message = value["error"]["message"].as_str().unwrap();
    assert!(!message.is_empty() && run.stderr.contains(message), "{run}");
    value
}

fn json(host: &Host, arguments: &[&str]) -> Run {
    host.trustctl(["--format", "json"].iter().chain(arguments))
}

#[test]
fn every_kind_of_refusal_is_one_object() {
    let host = Host::new()
        .local("corp-a.crt", Ca::new("Corp A").pem())
        .local("corp-b.crt", Ca::new("Corp B").pem())
        .settled();
    let leaf = host.input("leaf.crt", Ca::new("Issuer").leaf("host.example").pem);
    let good = host.input("good.crt", Ca::new("Good").pem());
    let key = host.input(
        "key.crt",
        "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n",
    );
    let (leaf, good, key) = (
        leaf.to_str().unwrap(),
        good.to_str().unwrap(),
        key.to_str().unwrap(),
    );
    let bad_config = host.input("bad.toml", "[nonsense]\nx = 1\n");
    let open_config = host.input("open.toml", "");
    std::fs::set_permissions(&open_config, std::fs::Permissions::from_mode(0o666)).unwrap();
    std::fs::create_dir(host.beside("empty")).unwrap();
    let cases: &[(&[&str], &str)] = &[
        (&["add", leaf, "--yes"], "refused"),
        (&["add", key, "--yes"], "refused"),
        (&["add", good], "not_confirmed"),
        (&["add", good, "--yes", "--name", "../x"], "usage"),
        (&["add", "none.crt", "--yes"], "not_found"),
        (&["add", "empty", "--yes"], "not_found"),
        (&["add", "--from", "127.0.0.1:1", "--yes"], "network"),
        (&["add", "--from", "gopher://x", "--yes"], "usage"),
        (&["remove", "--yes", "nothing-like-this"], "not_found"),
        (&["remove", "--yes", "Corp"], "ambiguous"),
        (&["distrust", "--yes", "nothing-like-this"], "not_found"),
        (&["trust", "nothing-like-this"], "not_found"),
        (&["show", "nothing-like-this"], "not_found"),
        (&["rollback"], "not_found"),
        (&["rollback", "77"], "not_found"),
        (&["explain", "nothing-like-this"], "not_found"),
        (&["audit", "--rule", "nothing-like-this"], "not_found"),
        (&["audit", "--project", "none"], "not_found"),
        (&["audit", "--output", "/proc/none/x"], "io"),
        (&["diagnose", "http://plain.example"], "usage"),
        (&["diagnose", "--connect", "nowhere", "x.example"], "usage"),
        (&["diagnose", "--proxy", "gopher://x", "x.example"], "usage"),
        (&["verify", "none.crt"], "not_found"),
        (&["verify", good, "--at", "yesterday"], "usage"),
        (
            &["--config", bad_config.to_str().unwrap(), "list"],
            "config",
        ),
        (
            &["--config", open_config.to_str().unwrap(), "list"],
            "config",
        ),
        (&["--config", "/none.toml", "list"], "not_found"),
    ];
    for (arguments, kind) in cases {
        let run = json(&host, arguments);
        let value = refusal(&run, kind);
        let command = value["command"].as_str().unwrap();
        assert!(arguments.contains(&command), "{run}");
    }
    let leaf = refusal(&json(&host, &["add", leaf, "--yes"]), "refused");
    let rules = leaf["error"]["rules"].as_array().unwrap();
    assert!(!rules.is_empty(), "{leaf}");
    for rule in rules {
        host.trustctl(["explain", rule.as_str().unwrap()]).exits(0);
    }
    assert!(!leaf["error"]["details"].as_array().unwrap().is_empty());
}

#[test]
fn a_command_line_that_cannot_be_read_is_answered_by_one_object_too() {
    let host = Host::empty();
    for (arguments, command) in [
        (&["list", "--none"][..], Some("list")),
        (&["lst"], None),
        (&["add"], Some("add")),
        (&[], None),
        (&["audit", "--fail-on", "sometimes"], Some("audit")),
        (&["add", "--sha256", "xyz", "a"], Some("add")),
        (&["add", "--allow", "nothing", "a"], Some("add")),
    ] {
        let value = refusal(&json(&host, arguments), "usage");
        assert_eq!(value["command"].as_str(), command, "{value}");
    }
    let late = host.trustctl(["list", "--none", "--format=json"]);
    refusal(&late, "usage");
    let one_line = host
        .trustctl(["list", "--none", "--format", "jsonl"])
        .exits(2);
    assert_eq!(one_line.stdout.lines().count(), 1, "{one_line}");
    // In words nothing goes to standard output.
    assert_eq!(host.trustctl(["list", "--none"]).exits(2).stdout, "");
    assert!(
        host.trustctl(["--format", "json", "--help"])
            .exits(0)
            .stdout
            .contains("Usage:")
    );
    assert!(
        host.trustctl(["--version"])
            .exits(0)
            .stdout
            .starts_with("trustctl ")
    );
    let root =
        output(Command::new(trustctl()).args(["--root", "/none", "--format", "json", "list"]));
    refusal(&root, "usage");
}

#[test]
fn a_format_of_another_command_is_refused_in_words() {
    let run = Host::empty()
        .trustctl(["--format", "sarif", "list"])
        .exits(2);
    assert_eq!(run.stdout, "");
}
