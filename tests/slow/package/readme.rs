//! The README, top to bottom: its commands run in its order on a host with the package, and say what it shows.

use std::path::Path;

use support::{Ca, Cell};

use crate::package::lifecycle::install;
use crate::package::packages::Which;

/// What the README shows and this test does not run, with the test that does.
const ELSEWHERE: [(&str, &str); 7] = [
    (
        "make demo",
        "make_demo_in_a_fresh_clone_needs_no_privileges_and_leaves_nothing_behind",
    ),
    // All of them.
    (
        "make test",
        "every_command_of_the_readme_runs_and_says_what_it_shows",
    ),
    ("make deb", "two_builds_of_one_commit_are_equal"),
    (
        "sudo apt-get install ./target/package",
        "from_install_to_purge",
    ),
    (
        "sudo trustctl reach corp-ca",
        "what_reads_and_judges_is_shown_as_reviewed_too",
    ),
    (
        "trustctl audit",
        "what_reads_and_judges_is_shown_as_reviewed_too",
    ),
    ("trustctl diagnose", "a_diagnosis_is_shown_as_reviewed"),
];

/// A command and what is shown below it.
struct Call {
    command: String,
    shown: String,
}

fn readme() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

/// The first block in this language that begins with `start`.
fn block<'a>(readme: &'a str, start: &str) -> &'a str {
    let from = readme.find(start).unwrap();
    readme[from..].split("```").next().unwrap()
}

fn calls(readme: &str) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    for console in readme.split("```console\n").skip(1) {
        for line in console.split("```").next().unwrap().lines() {
            match (line.strip_prefix("$ "), calls.last_mut()) {
                (Some(command), _) => calls.push(Call {
                    command: command.split(" #").next().unwrap().trim().to_string(),
                    shown: String::new(),
                }),
                (None, Some(call)) => call.shown.extend([line, "\n"]),
                (None, None) => panic!("output without a command: {line}"),
            }
        }
    }
    calls
}

/// A text without what differs from day to day and from host to host: numbers, and where lines are broken.
fn steady(text: &str) -> String {
    let lines = text
        .lines()
        .filter(|line| !line.starts_with("trustctl: still "));
    let words: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
    let mut out = String::new();
    for c in words.join(" ").chars() {
        match c.is_ascii_digit() {
            true if out.ends_with('0') => {}
            true => out.push('0'),
            false => out.push(c),
        }
    }
    out
}

/// A host as the README has it, with what it calls by name.
fn host(readme: &str) -> Cell {
    let cell = Cell::new("bookworm");
    install(&cell, Which::This);
    cell.write("/usr/local/bin/sudo", "#!/bin/sh\nexec \"$@\"\n");
    cell.sh("chmod 755 /usr/local/bin/sudo").exits(0);
    let pem = block(readme, "-----BEGIN CERTIFICATE-----");
    let pem: Vec<&str> = pem
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("runcmd"))
        .collect();
    let pem = pem.join("\n") + "\n";
    cell.write("/root/corp-ca.crt", &pem);
    cell.write("/etc/trustctl/corp-ca.crt", &pem);
    let with_key = Ca::new("Key").key_pem() + &pem;
    cell.write("/root/bad.crt", with_key);
    cell.write(
        "/etc/trustctl/apply.toml",
        block(readme, "exclusive = true"),
    );
    cell
}

#[test]
fn every_command_of_the_readme_runs_and_says_what_it_shows() {
    let readme = readme();
    let (cell, calls) = (host(&readme), calls(&readme));
    assert!(calls.len() > 15, "{}", calls.len());
    let mut compared = 0;
    for call in calls {
        let is_elsewhere = |(start, _): &&(&str, &str)| call.command.starts_with(start);
        let writes = call.command.contains("--output");
        if !writes && ELSEWHERE.iter().any(|row| is_elsewhere(&row)) {
            continue;
        }
        let run = cell.sh(&format!("cd /root && {} 2>&1", call.command));
        // 1 is an answer: what differs, what was found; the one refusal shown is that of a private key.
        let refused = call.command.contains("bad.crt");
        assert!(
            run.code == 2 && refused || run.code < 2,
            "{}: {run}",
            call.command
        );
        if !call.shown.trim().is_empty() {
            compared += 1;
            assert_eq!(steady(&run.stdout), steady(&call.shown), "{}", call.command);
        }
        if writes {
            // "on each host, then fetched into a folder"
            cell.sh("cd /root && mkdir -p reports && for n in 1 2; do [ ! -e web1.json ] || cp web1.json reports/web$n.json; done")
                .exits(0);
        }
    }
    assert!(compared >= 6, "{compared}");
}

#[test]
fn what_the_readme_test_leaves_to_other_tests_is_there() {
    let mut sources = String::new();
    for folder in ["tests/fast", "tests/slow"] {
        for entry in walkdir::WalkDir::new(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)) {
            let entry = entry.unwrap();
            if entry.path().extension().is_some_and(|end| end == "rs") {
                sources += &std::fs::read_to_string(entry.path()).unwrap();
            }
        }
    }
    let readme = readme();
    for (start, test) in ELSEWHERE {
        assert!(sources.contains(&format!("fn {test}(")), "{test}");
        assert!(readme.contains(&format!("$ {start}")), "{start}");
    }
}
