//! What each program finds in odd PEM files: the files, and the product's word on them.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests fail by panicking and act on trees of their own"
)]

pub(crate) mod files;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use files::Odd;
use support::output_with;
use trustctl::cert;
use trustctl::cert::readers::Reader;

/// Fingerprints; `-` where a hash link's file makes OpenSSL look no further.
pub(crate) type Found = BTreeSet<String>;

/// What trustctl says that a program finds in a file.
pub(crate) fn word(reader: Reader, bytes: &[u8]) -> Found {
    let reading = reader.read_known(bytes, &cert::read(bytes));
    let found = reading.certificates.iter();
    let mut found: Found = found.map(|found| found.sha256().to_string()).collect();
    if matches!(reader, Reader::Folder1 | Reader::Folder3) && reading.stopped.is_some() {
        found.insert("-".to_owned());
    }
    found
}

/// Writes the files into a folder.
pub(crate) fn written(files: &[Odd], folder: &Path) -> Vec<PathBuf> {
    let write = |file: &Odd| {
        let path = folder.join(format!("{}.crt", file.name));
        std::fs::write(&path, &file.bytes).unwrap();
        path
    };
    files.iter().map(write).collect()
}

/// What a program that is told names says: so many lines of fingerprints for each.
pub(crate) fn told(command: &mut Command, paths: &[PathBuf], lines: usize) -> Vec<Vec<Found>> {
    let names = paths.iter().map(|path| format!("{}\n", path.display()));
    let run = output_with(command, names.collect::<String>().as_bytes()).exits(0);
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect();
    let all: Vec<Found> = run.stdout.lines().map(words).collect();
    assert_eq!(all.len(), lines * paths.len());
    all.chunks(lines).map(<[Found]>::to_vec).collect()
}

/// Holds the product's word on every file against what a program found.
pub(crate) fn compare(files: &[Odd], reader: Reader, real: &[&Found], program: &str) {
    assert_eq!(files.len(), real.len());
    let mut wrong = Vec::new();
    for (file, real) in files.iter().zip(real) {
        let said = word(reader, &file.bytes);
        if said != **real {
            wrong.push(format!("{}: said {said:.8?}, real {real:.8?}", file.name));
        }
    }
    let count = wrong.len();
    assert!(
        count == 0,
        "{program}: {count} differences:\n{}",
        wrong.join("\n")
    );
}
