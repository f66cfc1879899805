//! The public collection of malformed, disputed and odd inputs, through `check`.
//!
//! It is other people's, so it is read from the folder named by `TRUSTCTL_SUITES`; own generated files run everywhere
//! (tests/fast/check.rs and the tests of `cert`).

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests read files, run programs, say what they skip, and fail by panicking"
)]

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

/// One row of the collection's manifest.
struct Row {
    path: String,
    /// All six reference parsers read it.
    all_read: bool,
    class: String,
}

fn manifest(folder: &Path) -> Vec<Row> {
    let text = fs::read_to_string(folder.join("manifest-verdicts.tsv")).unwrap();
    let rows = text.lines().skip(1).map(|line| {
        let fields: Vec<&str> = line.split('\t').collect();
        let all_read = fields[4..10]
            .iter()
            .all(|verdict| verdict.starts_with("ok"));
        Row {
            path: fields[0].to_owned(),
            all_read,
            class: fields[10].to_owned(),
        }
    });
    rows.collect()
}

fn unpack() -> Option<tempfile::TempDir> {
    let Some(suites) = std::env::var_os("TRUSTCTL_SUITES") else {
        println!("skipped: TRUSTCTL_SUITES does not name the folder with badinput.tar.xz");
        return None;
    };
    let folder = tempfile::tempdir().unwrap();
    let status = Command::new("tar")
        .arg("-xJf")
        .arg(Path::new(&suites).join("badinput.tar.xz"))
        .arg("-C")
        .arg(folder.path())
        .status()
        .expect("tar is installed");
    assert!(status.success());
    Some(folder)
}

/// The reports on many files by one process, by name.
fn check(folder: &Path, rows: &[Row]) -> HashMap<String, Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_trustctl"))
        .env_clear()
        .current_dir(folder)
        .args(["--root", ".", "check", "--format", "json"])
        .args(rows.iter().map(|row| &row.path))
        .output()
        .unwrap();
    assert!(
        matches!(output.status.code(), Some(0..=2)),
        "{:?}",
        output.status
    );
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let files = document["report"]["files"].as_array().unwrap().iter();
    files
        .map(|file| (file["path"].as_str().unwrap().to_owned(), file.clone()))
        .collect()
}

#[test]
fn no_bad_file_passes_and_every_good_one_is_read() {
    let Some(folder) = unpack() else { return };
    let rows = manifest(folder.path());
    assert_eq!(rows.len(), 2873);
    for chunk in rows.chunks(100) {
        let reports = check(folder.path(), chunk);
        for row in chunk {
            let report = &reports[&row.path];
            let answer = report["answer"].as_str().unwrap();
            if matches!(&*row.class, "malformed" | "nocert") {
                assert_ne!(answer, "addable", "{}", row.path);
            }
            if row.all_read || row.class == "good" {
                assert_ne!(report["certificate_count"], 0, "{}", row.path);
                assert_ne!(answer, "unreadable", "{}", row.path);
            }
            let silent = answer == "unreadable"
                && report["unread"].is_null()
                && report["verdicts"] == Value::Array(vec![]);
            assert!(!silent, "{} is refused without a reason", row.path);
        }
    }
}

#[test]
fn no_file_takes_long() {
    let Some(folder) = unpack() else { return };
    for row in manifest(folder.path()) {
        let bytes = fs::read(folder.path().join(&row.path)).unwrap();
        let start = Instant::now();
        for (_, certificate) in trustctl::cert::read(&bytes).certificates() {
            let _ = (certificate.self_signed(), certificate.subject_hash());
        }
        assert!(start.elapsed() < Duration::from_secs(1), "{}", row.path);
    }
}
