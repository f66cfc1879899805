//! Sources that cost a program the certificates of others, and the real reader that has the last word.

use std::process::Command;

use support::{Ca, Host, PATH, Run, output, trustctl};

use crate::odd_pem::files::{Authorities, fragments};

/// Oddities that cost OpenSSL, GnuTLS or Go certificates that stand before or after them.
const HARMFUL: [&str; 15] = [
    "pkcs7-as-certificate",
    "crl-cut",
    "header",
    "end-4-dashes-after",
    "text-after-end",
    "nul-line",
    "nul-tail",
    "all-nul",
    "apple-double",
    "request",
    "loose-bits",
    "truncated",
    "bad-base64",
    "empty-line-before-end",
    "utf-16-le",
];

/// Oddities that harm nobody: they are left out, or read by all.
const HARMLESS: [&str; 8] = [
    "cr",
    "indented",
    "newlines-as-blanks",
    "pkcs7",
    "cms",
    "text-around",
    "crl",
    "trailing-blanks",
];

/// Runs the command that a hint prints, as it is printed.
fn run_the_hint(host: &Host, run: &Run) -> Run {
    let hint = run.stderr.lines().find(|line| line.starts_with("hint: "));
    let command = hint.and_then(|hint| hint.split('`').nth(1));
    let command = command.unwrap_or_else(|| panic!("no command in the hint; {run}"));
    let programs = host.beside("programs");
    host.program("programs/sudo", "#!/bin/sh\nexec \"$@\"\n");
    let name = programs.join("trustctl");
    if !name.exists() {
        std::os::unix::fs::symlink(trustctl(), name).unwrap();
    }
    let mut shell = Command::new("/bin/sh");
    shell
        .env_clear()
        .env("PATH", format!("{}:{PATH}", programs.display()));
    output(shell.args(["-c", command]))
}

/// A tree with an odd file before a good one.
fn with(bytes: &[u8], after: &Ca) -> Host {
    let host = Host::new()
        .local("m.crt", bytes)
        .local("z.crt", after.pem());
    host.bare_update(&["--fresh"]);
    host
}

#[test]
fn nothing_is_added_to_a_harmful_file_until_the_printed_command_has_been_run() {
    let of = Authorities::new();
    let (good, after) = (Ca::new("Good"), Ca::new("After It"));
    let joined = format!("{}{}", of.odd.pem().trim_end(), of.good[0].pem());
    let all = fragments(&of);
    let named = |name: &str| {
        let found = all.iter().find(|(odd, _)| *odd == name);
        found.unwrap_or_else(|| panic!("{name}")).1.clone()
    };
    let mut files: Vec<(&str, Vec<u8>)> = HARMFUL.iter().map(|name| (*name, named(name))).collect();
    files.push(("joined", joined.into()));
    for (name, bytes) in files {
        let host = with(&bytes, &after);
        let input = host.input("good.crt", good.pem());
        let add = ["add", "--yes", input.to_str().unwrap()];
        let before = host.store();
        let refused = host.trustctl(add);
        println!("{name}: {}", refused.stderr);
        let refused = refused.exits(2).says("m.crt").says("line ");
        host.trustctl(["refresh"]).exits(2).says("m.crt");
        assert_eq!(host.store(), before, "{name}");
        host.trustctl(["audit", "--only", "files"])
            .exits(1)
            .says("m.crt");
        run_the_hint(&host, &refused).exits(0);
        host.trustctl(add).exits(0);
        assert!(
            host.bundle_trusts(good.pem()) && host.bundle_trusts(after.pem()),
            "{name}"
        );
    }
}

#[test]
fn list_calls_in_the_bundle_what_openssl_finds_there() {
    let of = Authorities::new();
    let after = Ca::new("After It");
    let all = fragments(&of);
    for name in HARMFUL.iter().chain(&HARMLESS) {
        let (_, bytes) = all.iter().find(|(odd, _)| odd == name).unwrap();
        let host = with(bytes, &after);
        let report = host.trustctl(["list", "--format", "json"]).report();
        for ca in [&of.odd, &after] {
            let rows = report["certificates"].as_array().unwrap().iter();
            let mut rows = rows.filter(|row| row["sha256"] == ca.sha256());
            let said = rows.any(|row| row["trusted"]["bundle"] == true);
            assert_eq!(said, host.bundle_trusts(ca.pem()), "{name}: {}", ca.name());
        }
    }
}

#[test]
fn a_harmless_file_stands_in_the_way_of_nothing() {
    let of = Authorities::new();
    let (good, after) = (Ca::new("Good"), Ca::new("After It"));
    let all = fragments(&of);
    for name in HARMLESS {
        let (_, bytes) = all.iter().find(|(odd, _)| *odd == name).unwrap();
        let host = with(bytes, &after);
        let input = host.input("good.crt", good.pem());
        host.trustctl(["add", "--yes", input.to_str().unwrap()])
            .exits(0);
        assert!(host.bundle_trusts(good.pem()), "{name}");
    }
}

#[test]
fn nothing_is_published_that_openssl_does_not_load_as_expected() {
    let ca = Ca::new("Corp");
    let host = Host::new().settled();
    let input = host.input("corp.crt", ca.pem());
    let add = |program: &str| {
        let text = format!("[tools]\nopenssl = \"{program}\"\n");
        let config = host.input("config.toml", text);
        let (config, input) = (config.to_str().unwrap(), input.to_str().unwrap());
        host.trustctl(["--config", config, "add", "--yes", input])
    };
    let before = host.store();
    let fails = host.program("fails", "#!/bin/sh\necho bad end line >&2\nexit 1\n");
    // The real program on a bundle that lacks the last certificate.
    let cuts = "#!/bin/sh\nwhile [ $# -gt 0 ]; do case $1 in -certfile) in=$2;; -out) out=$2;; esac; shift; done\n\
                sed '1,/END CERT/d' \"$in\" >\"$out.pem\"\n\
                exec /usr/bin/openssl crl2pkcs7 -nocrl -outform DER -certfile \"$out.pem\" -out \"$out\"\n";
    let cuts = host.program("cuts", cuts);
    add(fails.to_str().unwrap())
        .exits(2)
        .says("cannot load the bundle")
        .says("bad end line");
    add(cuts.to_str().unwrap())
        .exits(2)
        .says("loads 3 certificates from the bundle where 4 were expected")
        .says("not loaded: ");
    assert_eq!(host.store(), before);
    add("/nonexistent/openssl")
        .exits(0)
        .says("there is no `/nonexistent/openssl`");
    assert!(host.bundle_trusts(ca.pem()));
    let same = Ca::new("Twice");
    // The same certificate in two files is in the bundle twice.
    let host = Host::new()
        .local("a.crt", same.pem())
        .local("b.crt", same.pem())
        .settled();
    let input = host.input("corp.crt", ca.pem());
    host.trustctl(["add", "--yes", input.to_str().unwrap()])
        .exits(0);
}
