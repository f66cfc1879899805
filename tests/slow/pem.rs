//! What Go and the OpenSSL of each distribution find in odd PEM files, against what is said of them.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests fail by panicking and act on trees of their own"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use support::{Cell, PATH, output_with};
use trustctl::cert::readers::Reader;

use crate::odd_pem::files::{self, Authorities, Odd};
use crate::odd_pem::{Found, compare, told, written};

#[test]
fn go_finds_in_every_odd_file_exactly_what_is_said_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let files = files::all(&Authorities::new());
    assert!(files.len() >= 400, "{}", files.len());
    let paths = written(&files, folder.path());
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pem/readers.go");
    let program = folder.path().join("readers");
    let mut build = Command::new("/usr/bin/go");
    build
        .env_clear()
        .env("PATH", PATH)
        .env("HOME", folder.path());
    build.env("GOTOOLCHAIN", "local").args(["build", "-o"]);
    output_with(build.arg(&program).arg(source), b"").exits(0);
    let real = told(&mut Command::new(program), &paths, 1);
    let real: Vec<_> = real.iter().map(|lines| &lines[0]).collect();
    compare(&files, Reader::Go, &real, "Go");
}

/// Puts the files into the cell (`/root/odd`) and tells their paths there.
fn placed(cell: &Cell, files: &[Odd]) -> Vec<PathBuf> {
    let folder = tempfile::tempdir().unwrap();
    written(files, folder.path());
    let mut tar = Command::new("/bin/tar");
    let packed = folder.path().join("all.tar");
    tar.args(["-C", folder.path().to_str().unwrap(), "-cf"])
        .arg(&packed);
    for file in files {
        tar.arg(format!("{}.crt", file.name));
    }
    output_with(&mut tar, b"").exits(0);
    let unpack = ["-c", "mkdir /root/odd && tar -C /root/odd -xf -"];
    let bytes = std::fs::read(&packed).unwrap();
    output_with(cell.command("/bin/sh").args(unpack), &bytes).exits(0);
    let path = |file: &Odd| format!("/root/odd/{}.crt", file.name).into();
    files.iter().map(path).collect()
}

/// What the cell's own `openssl` copies out of each file with the function that `-CAfile` reads with.
fn by_openssl(cell: &Cell, of: &Authorities, paths: &[PathBuf]) -> Vec<Found> {
    let names = paths.iter().map(|path| format!("{}\n", path.display()));
    let names: String = names.collect();
    let each = "cd /root/odd && while read -r name; do \
                openssl crl2pkcs7 -nocrl -certfile \"$name\" -outform DER -out p7 </dev/null 2>/dev/null || : >p7; \
                base64 -w0 p7; echo; done";
    let run = output_with(cell.command("/bin/sh").args(["-c", each]), names.as_bytes()).exits(0);
    let known = [&of.good[0], &of.good[1], &of.odd];
    let found = |line: &str| -> Found {
        let bytes = STANDARD.decode(line).unwrap();
        let has = |der: &[u8]| bytes.windows(der.len()).any(|part| part == der);
        let all = known.iter().filter(|ca| has(ca.der()));
        all.map(|ca| ca.sha256()).collect()
    };
    run.stdout.lines().map(found).collect()
}

#[test]
fn the_openssl_of_each_distribution_finds_in_every_odd_file_exactly_what_is_said_of_it() {
    let of = Authorities::new();
    let files = files::all(&of);
    assert!(files.len() >= 400, "{}", files.len());
    for (release, version, reader) in [
        ("bullseye", "OpenSSL 1.1.1", Reader::OpenSsl1),
        ("bookworm", "OpenSSL 3.0.", Reader::OpenSsl3),
        ("trixie", "OpenSSL 3.5.", Reader::OpenSsl3),
    ] {
        let cell = Cell::new(release);
        let run = cell.sh("openssl version").exits(0);
        assert!(run.stdout.starts_with(version), "{run}");
        let real = by_openssl(&cell, &of, &placed(&cell, &files));
        let real: Vec<_> = real.iter().collect();
        compare(&files, reader, &real, run.stdout.trim());
    }
}

#[test]
fn python_hash_links_and_gnutls_of_each_distribution_find_in_every_odd_file_exactly_what_is_said_of_it()
 {
    let files = files::all(&Authorities::new());
    assert!(files.len() >= 400, "{}", files.len());
    for (release, version, python, linked) in [
        (
            "bullseye",
            "OpenSSL 1.1.1",
            Reader::OpenSsl1,
            Reader::Folder1,
        ),
        (
            "bookworm",
            "OpenSSL 3.0.",
            Reader::OpenSsl3,
            Reader::Folder3,
        ),
    ] {
        let cell = Cell::new(release);
        let run = cell.sh("python3 -c 'import ssl; print(ssl.OPENSSL_VERSION)'");
        assert!(run.stdout.starts_with(version), "{run}");
        let paths = placed(&cell, &files);
        cell.write("/root/readers.py", include_str!("../pem/readers.py"));
        let real = told(cell.command("python3").arg("/root/readers.py"), &paths, 3);
        for (index, reader) in [python, linked, Reader::GnuTls].into_iter().enumerate() {
            let real: Vec<_> = real.iter().map(|lines| &lines[index]).collect();
            compare(&files, reader, &real, &format!("{release}, {reader:?}"));
        }
    }
}
