//! What every command shows a person, whole, at three widths of a terminal; and that no width loses or breaks a word.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests act on trees of their own and fail by panicking"
)]

use std::fmt::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use rcgen::SerialNumber;
use support::{Ca, Dates, Host, output_with};

use support::servers::{Identity, free_port, openssl};

const WIDTHS: [usize; 3] = [40, 80, 200];

/// What a call writes on a terminal of this width.
fn shown(host: &Host, arguments: &str, width: usize) -> String {
    let line = format!("\"$TRUSTCTL\" --root \"$ROOT\" {arguments}");
    let mut command = Command::new("/usr/bin/script");
    command.args(["-qec", &line, "/dev/null"]);
    command
        .env_clear()
        .current_dir(host.beside(""))
        .env("TERM", "xterm")
        .env("NO_COLOR", "1")
        .env("SHELL", "/bin/sh")
        .env("PATH", "/usr/bin:/bin")
        .env("COLUMNS", width.to_string())
        .env("TRUSTCTL", support::trustctl())
        .env("ROOT", host.root())
        // So that any user who runs the tests is called the same.
        .env("SUDO_USER", "root");
    let text = output_with(&mut command, b"").stdout.replace('\r', "");
    // A machine that is slow has a word to say about it.
    let lines = text
        .lines()
        .filter(|line| !line.starts_with("trustctl: still "));
    lines.map(|line| format!("{line}\n")).collect()
}

/// The same without what differs from run to run, character by character, so that lines stay as long as they were.
fn steady(text: &str, host: &Host) -> String {
    let beside = host.beside("");
    let beside = beside.to_str().unwrap().trim_end_matches('/');
    let random = beside.rsplit('-').next().unwrap();
    let text = text.replace(random, &"x".repeat(random.len()));
    let is_hex = |word: &str| word.len() >= 8 && word.chars().all(|c| c.is_ascii_hexdigit());
    let mut out = String::new();
    let mut word = String::new();
    for c in text.chars().chain(['\n']) {
        if c.is_ascii_alphanumeric() {
            word.push(c);
            continue;
        }
        match is_hex(&word) && word.chars().any(|c| c.is_ascii_digit()) {
            true => out.extend(std::iter::repeat_n('f', word.len())),
            false => out.push_str(&dated(&word)),
        }
        word.clear();
        out.push(c);
    }
    out.pop();
    out
}

/// Digits of times and counts of days.
fn dated(word: &str) -> String {
    let is_time = word.len() >= 2 && word.chars().all(|c| c.is_ascii_digit() || "TZ".contains(c));
    match is_time {
        true => word.replace(|c: char| c.is_ascii_digit(), "0"),
        false => word.to_string(),
    }
}

fn host() -> Host {
    let host = Host::new().settled();
    // A random serial number has a shorter one in a hundred, which `show` prints.
    let corp = Ca::with("Example Corp Root CA", Dates::default(), |params| {
        params.serial_number = Some(SerialNumber::from_slice(&[0x47; 20]));
    });
    host.input("corp ca.crt", corp.pem());
    host.input("inbox/one.crt", Ca::new("Inbox One").pem());
    host.input("inbox/two.crt", Ca::new("Inbox Two").pem());
    host.input("inbox/README", "Ask the PKI team.\n");
    host.input("bad.crt", "-----BEGIN CERTIFICATE-----\nAAAA\n");
    host.input("apply.toml", "exclusive = true\n");
    host
}

/// Calls in an order in which each has something to say.
const CALLS: [&str; 21] = [
    "check 'corp ca.crt'",
    "check inbox",
    "check bad.crt",
    "add --dry-run 'corp ca.crt'",
    "add --yes --reason 'proxy team, ticket 4711' 'corp ca.crt'",
    "add --yes 'corp ca.crt'",
    "add --yes bad.crt",
    "add --yes inbox",
    "list",
    "list --wide --local",
    "list nothing",
    "show corp_ca",
    "history",
    "history corp_ca",
    "apply --check apply.toml",
    "distrust --yes Vendor_Root_2.crt",
    "list --untrusted",
    "refresh",
    "remove --dry-run corp_ca",
    "rollback",
    "recover",
];

#[test]
fn what_is_shown_at_40_80_and_200_columns_is_as_reviewed() {
    shown_as_reviewed("columns", &CALLS, &host);
}

/// Compares what the calls show with the snapshots `NAME_WIDTH`, and looks at each line.
fn shown_as_reviewed(name: &str, calls: &[&str], host: &dyn Fn() -> Host) {
    let mut words: Vec<String> = Vec::new();
    for width in WIDTHS {
        let host = host();
        let mut page = String::new();
        for call in calls {
            let text = steady(&shown(&host, call, width), &host);
            // The one is asked for whole lines, the other writes a file.
            let wraps = !call.contains("--wide") && !call.starts_with("export");
            for line in text.lines().filter(|_| wraps) {
                let long = line.chars().count() > width;
                assert!(
                    !long || is_one_word(line, width),
                    "{call} at {width}: {line}"
                );
            }
            writeln!(page, "$ trustctl {call}\n{text}").unwrap();
        }
        words.push(page.split_whitespace().collect());
        insta::assert_snapshot!(format!("{name}_{width}"), page);
    }
    assert_eq!(words[0], words[1]);
    assert_eq!(words[1], words[2]);
}

/// What reads, judges and explains, and the changes that the calls above leave out.
const MORE_CALLS: [&str; 21] = [
    "audit",
    "audit --only local",
    "rules --only clock",
    "explain writable-store",
    "explain unknown-issuer",
    "explain nothing",
    "tls",
    "reach corp",
    "reach --only java",
    "verify --trusted corp.crt --hostname www.corp.example chain.pem",
    "verify --trusted corp.crt --hostname other.example chain.pem",
    "verify --consumers --trusted corp.crt leaf.pem",
    // Without the certificate itself, which is another one each time.
    "export | sed '/^-----BEGIN/,/^-----END/d'",
    "compare before.json after.json",
    "report reports",
    "adopt --yes --all",
    "distrust --yes Vendor_Root_2.crt",
    "trust --yes Vendor_Root_2.crt",
    "revert --yes 1",
    "revert --yes 9",
    "audit --rule no-such-rule",
];

/// A host with something to find: odd modes, a certificate without a source, settings of programs, reports of a fleet.
fn busy_host() -> Host {
    let serial = |params: &mut rcgen::CertificateParams| {
        params.serial_number = Some(SerialNumber::from_slice(&[0x47; 20]));
    };
    let corp = Ca::with("Example Corp Root CA", Dates::default(), serial);
    let foreign = Ca::with("Only In The Bundle", Dates::default(), serial);
    let sub = corp.intermediate_with("Example Corp Issuing CA", Dates::default(), serial);
    let leaf = sub.leaf_with("www.corp.example", Dates::default(), serial);
    let host = Host::new().local("corp.crt", corp.pem());
    host.write(
        "etc/os-release",
        "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n",
    );
    host.write("etc/hostname", "web0\n");
    host.write(
        "etc/passwd",
        "root:x:0:0:root:/root:/bin/bash\nann:x:1000:1000::/home/ann:/bin/bash\n",
    );
    let host = host.settled();
    host.input("reports/web0.json", audit(&host));
    host.write("etc/hostname", "web1\n");
    host.input("before.json", audit(&host));
    host.write(
        "etc/gitconfig",
        "[http \"https://git.corp.example\"]\n\tsslVerify = false\n",
    );
    let bundle = "etc/ssl/certs/ca-certificates.crt";
    host.write(bundle, host.text(bundle) + foreign.pem());
    let file = host.path("usr/local/share/ca-certificates/corp.crt");
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o666)).unwrap();
    host.input("after.json", audit(&host));
    host.input("reports/web1.json", audit(&host));
    host.input("corp.crt", corp.pem());
    host.input("chain.pem", format!("{}{}", leaf.pem, sub.pem()));
    host.input("leaf.pem", leaf.pem);
    host
}

fn audit(host: &Host) -> String {
    host.trustctl(["--format", "json", "audit", "--fail-on", "never"])
        .exits(0)
        .stdout
}

#[test]
fn what_reads_and_judges_is_shown_as_reviewed_too() {
    shown_as_reviewed("reading", &MORE_CALLS, &busy_host);
}

#[test]
fn a_diagnosis_is_shown_as_reviewed() {
    let ca = Ca::new("Example Corp Root CA");
    let leaf = ca.leaf("localhost");
    // Whatever the OpenSSL of this machine would choose.
    let chosen = [
        "-www",
        "-groups",
        "X25519",
        "-ciphersuites",
        "TLS_AES_256_GCM_SHA384",
    ];
    let server = openssl(&Identity::of(&leaf), &chosen);
    let closed = free_port();
    for width in WIDTHS {
        let host = Host::new().settled();
        host.input("corp-ca.crt", ca.pem());
        let mut page = String::new();
        for (call, port) in [
            ("diagnose", server.port),
            ("diagnose --ca corp-ca.crt", server.port),
            ("diagnose", closed),
        ] {
            let call = format!("{call} --connect 127.0.0.1 localhost:{port}");
            let text = steady(&shown(&host, &call, width), &host);
            let page_text = format!("$ trustctl {call}\n{text}\n");
            page += &timeless(&page_text.replace(&port.to_string(), "nnnnn"));
        }
        insta::assert_snapshot!(format!("diagnose_{width}"), page);
    }
}

/// Without the milliseconds that a step took.
fn timeless(text: &str) -> String {
    let mut parts = text.split(" ms)");
    let mut out = String::new();
    let mut part = parts.next().unwrap();
    for next in parts {
        out += part.trim_end_matches(|c: char| c.is_ascii_digit());
        out += "0 ms)";
        part = next;
    }
    out + part
}

/// Whether nothing but one word, or a command in backticks, makes a line too long: it begins where any other line would.
fn is_one_word(line: &str, width: usize) -> bool {
    let line = line.trim_end().trim_end_matches(['.', ',', ';', ')']);
    let start = match line.strip_suffix('`') {
        Some(command) => command.rfind('`'),
        None => line.rfind(' ').map(|blank| blank + 1),
    };
    start.is_none_or(|start| line[..start].chars().count() <= width / 2)
}
