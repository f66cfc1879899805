//! PEM files as people have them: what programs find in them, what may stay in the store, what is read.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests fail by panicking and act on trees of their own"
)]

mod bundle;
mod inputs;
mod keystore;
mod reach;

use std::path::Path;
use std::process::Command;

use trustctl::cert::readers::Reader;

use crate::odd_pem::files::{self, Authorities};
use crate::odd_pem::{compare, told, written};

#[test]
fn openssl_python_and_gnutls_find_in_every_odd_file_exactly_what_is_said_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let files = files::all(&Authorities::new());
    assert!(files.len() >= 400, "{}", files.len());
    let paths = written(&files, folder.path());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pem/readers.py");
    let mut python = Command::new("/usr/bin/python3");
    let real = told(python.env_clear().arg(script), &paths, 3);
    for (index, (reader, program)) in [
        (Reader::OpenSsl3, "Python"),
        (Reader::Folder3, "OpenSSL's X509_load_cert_file"),
        (Reader::GnuTls, "GnuTLS"),
    ]
    .into_iter()
    .enumerate()
    {
        let real: Vec<_> = real.iter().map(|lines| &lines[index]).collect();
        compare(&files, reader, &real, program);
    }
}

#[test]
fn check_tells_what_each_program_finds() {
    let of = Authorities::new();
    let host = support::Host::new();
    let bytes = format!("{} foo\n{}", of.odd.pem().trim_end(), of.good[0].pem());
    let file = host.input("two.crt", &bytes);
    let run = host.trustctl(["check", "--format", "json", file.to_str().unwrap()]);
    let report = run.report();
    let readers = report["files"][0]["readers"].as_array().unwrap();
    let of_reader = |id: &str| readers.iter().find(|one| one["reader"] == id).unwrap();
    assert!(
        of_reader("openssl-3")["certificates"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    assert!(of_reader("openssl-3")["stopped"].is_u64());
    let go = of_reader("go")["certificates"].as_array().unwrap();
    assert_eq!(go, &[serde_json::json!(of.good[0].sha256())]);
    host.trustctl(["check", file.to_str().unwrap()])
        .exits(1)
        .says("OpenSSL refuses the file at line ")
        .says("Go finds 1 of 2 certificates");
    let plain = host.input("plain.crt", of.odd.pem());
    let run = host.trustctl(["check", "--format", "json", plain.to_str().unwrap()]);
    assert_eq!(run.report()["files"][0]["readers"], serde_json::json!([]));
}

#[test]
fn the_manual_lists_the_rules_of_admission_as_they_weigh() {
    use trustctl::cert::judge::{Rule, Weight};
    let page = include_str!("../../../man/trustctl.8");
    let part = page.split(".Sh RULES OF ADMISSION").nth(1).unwrap();
    let part = part.split("\n.Sh ").next().unwrap();
    let (refused, rest) = part.split_once("It refuses, unless").unwrap();
    let (unless, noted) = rest.split_once("It notes, and adds").unwrap();
    for rule in Rule::ALL {
        let text = match rule.weight() {
            Weight::Refused => refused,
            Weight::RefusedUnlessAllowed => unless,
            Weight::Note => noted,
        };
        let mut words = text.split([' ', ',', '\n']);
        assert!(
            words.any(|word| word.trim_end_matches('.') == rule.id()),
            "{rule}"
        );
    }
}

#[test]
fn the_configuration_as_shipped_loads_with_every_line_uncommented_and_errors_name_their_line() {
    let host = support::Host::new().settled();
    let shipped = include_str!("../../../packaging/trustctl.toml");
    let lines = shipped.lines().map(|line| match line.strip_prefix('#') {
        Some(rest) if !rest.starts_with(' ') => rest,
        _ => line,
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    let audit = |text: &str| {
        let config = host.input("trustctl.toml", text);
        host.trustctl(["--config", config.to_str().unwrap(), "audit"])
    };
    let run = audit(&text);
    assert!(run.code < 2, "{run}");
    for (from, to, line) in [
        (
            "expired = \"warning\"",
            "certificate-expired = \"warning\"",
            "certificate-expired",
        ),
        ("expired = \"warning\"", "expired = \"grave\"", "grave"),
        ("keep = 50", "keep = 0", "keep = 0"),
        ("hook_seconds = 300", "hook_seconds = 0", "hook_seconds = 0"),
    ] {
        let changed = text.replacen(from, to, 1);
        let number = changed.lines().position(|one| one.contains(line)).unwrap() + 1;
        let run = audit(&changed).exits(2);
        run.says(&format!("trustctl.toml` line {number}"));
    }
}
