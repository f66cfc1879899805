//! What every command shows a person, whole, at three widths of a terminal; and that no width loses or breaks a word.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests act on trees of their own and fail by panicking"
)]

use std::fmt::Write;
use std::process::Command;

use rcgen::SerialNumber;
use support::{Ca, Dates, Host, output_with};

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
    let mut words: Vec<String> = Vec::new();
    for width in WIDTHS {
        let host = host();
        let mut page = String::new();
        for call in CALLS {
            let text = steady(&shown(&host, call, width), &host);
            for line in text.lines().filter(|_| !call.contains("--wide")) {
                let long = line.chars().count() > width;
                assert!(
                    !long || is_one_word(line, width),
                    "{call} at {width}: {line}"
                );
            }
            writeln!(page, "$ trustctl {call}\n{text}").unwrap();
        }
        words.push(page.split_whitespace().collect());
        insta::assert_snapshot!(format!("columns_{width}"), page);
    }
    assert_eq!(words[0], words[1]);
    assert_eq!(words[1], words[2]);
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
