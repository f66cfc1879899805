//! What each program finds in a PEM file: the product's word against the programs themselves.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "pem/bundle.rs"]
mod bundle;
#[path = "pem/files.rs"]
mod files;
#[path = "pem/inputs.rs"]
mod inputs;
#[path = "pem/reach.rs"]
mod reach;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use files::Authorities;
use serde_json::Value;
use support::{PATH, output_with, trustctl};

type Found = BTreeSet<String>;

/// What trustctl says that each program finds in each file.
fn product(paths: &[PathBuf]) -> Vec<BTreeMap<String, Found>> {
    let mut command = Command::new(trustctl());
    command.env_clear().env("PATH", PATH);
    let run = output_with(command.args(["check", "--format", "json"]).args(paths), b"");
    let json: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("{e}: {run}"));
    let files = json["report"]["files"].as_array().unwrap();
    assert_eq!(files.len(), paths.len());
    files.iter().map(word).collect()
}

fn word(file: &Value) -> BTreeMap<String, Found> {
    let sums = |value: &Value| -> Found {
        let all = value.as_array().unwrap().iter();
        all.map(|one| one.as_str().unwrap().to_owned()).collect()
    };
    let readers = file["readers"].as_array().unwrap();
    let word = readers.iter().map(|reader| {
        let mut found = sums(&reader["certificates"]);
        let name = reader["reader"].as_str().unwrap().to_owned();
        if name.ends_with("-directory") && !reader["stopped"].is_null() {
            found.insert("-".to_owned());
        }
        (name, found)
    });
    let word: BTreeMap<_, _> = word.collect();
    if !word.is_empty() {
        return word;
    }
    let all = file["certificates"].as_array().unwrap().iter();
    let all: Found = all.map(|one| one["sha256"].as_str().unwrap().to_owned()).collect();
    let names = ["openssl-1.1.1", "openssl-3", "openssl-3-directory", "gnutls", "go"];
    names.map(|name| (name.to_owned(), all.clone())).into()
}

/// What a program that is told names says, in lines of fingerprints.
fn told(command: &mut Command, paths: &[PathBuf]) -> Vec<Found> {
    let names: String = paths.iter().map(|path| format!("{}\n", path.display())).collect();
    let run = output_with(command, names.as_bytes()).exits(0);
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect();
    run.stdout.lines().map(words).collect()
}

fn go(folder: &Path) -> Command {
    let (source, program) = (
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pem/readers.go"),
        folder.join("readers"),
    );
    let mut build = Command::new("/usr/bin/go");
    // Go compiles its own library the first time.
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("go");
    build.env_clear().env("PATH", PATH).env("HOME", folder);
    build.env("GOCACHE", cache).env("GOTOOLCHAIN", "local");
    build.args(["build", "-o"]).arg(&program).arg(source);
    output_with(&mut build, b"").exits(0);
    Command::new(program)
}

#[test]
fn every_program_finds_in_every_odd_file_exactly_what_is_said_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let files = files::all(&Authorities::new());
    assert!(files.len() >= 400, "{}", files.len());
    let paths: Vec<PathBuf> = files
        .iter()
        .map(|file| {
            let path = folder.path().join(format!("{}.crt", file.name));
            std::fs::write(&path, &file.bytes).unwrap();
            path
        })
        .collect();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pem/readers.py");
    let by_libraries = told(
        Command::new("/usr/bin/python3").env_clear().arg(script),
        &paths,
    );
    let by_go = told(&mut go(folder.path()), &paths);
    assert_eq!((by_libraries.len(), by_go.len()), (3 * paths.len(), paths.len()));
    let mut wrong = Vec::new();
    for (((file, word), real), go) in files
        .iter()
        .zip(product(&paths))
        .zip(by_libraries.chunks(3))
        .zip(by_go)
    {
        let reals = [
            ("openssl-3", &real[0]),
            ("openssl-3-directory", &real[1]),
            ("gnutls", &real[2]),
            ("go", &go),
        ];
        for (reader, real) in reals {
            if word[reader] != *real {
                let name = &file.name;
                wrong.push(format!("{name}: {reader}: said {:.8?}, real {real:.8?}", word[reader]));
            }
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}
