//! The exit statuses that trustctl(8) documents are those that the commands end with: for every sentence about one there
//! are cases here, which are run.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests act on trees of their own, and fail by panicking"
)]

use std::collections::BTreeMap;
use std::process::Command;

use clap::CommandFactory;
use support::{Ca, Dates, Host, PATH, output, trustctl};
use trustctl::cli::Cli;

use crate::tls;
use support::servers::{Identity, openssl};

const LOCAL: &str = "usr/local/share/ca-certificates";
const PAGE: &str = include_str!("../../man/trustctl.8");

/// The command, what its part of the manual says of its exit status, and the cases of it.
type Said = (&'static str, &'static str, fn());

const SAID: [Said; 16] = [
    (
        "check",
        "Exit status: 0 when every file could be added, 1 when something stands in the way, 2 when a file could not be \
         read or holds no readable certificate.",
        check,
    ),
    (
        "list",
        "The exit status is 0 if each Ar SELECTOR names a certificate of the store, 1 if one does not.",
        list,
    ),
    (
        "audit",
        "The least severity that makes the exit status 1: Cm error , warning (the default), Cm note or Cm never .",
        audit,
    ),
    (
        "reach",
        "Exit status: 1 if a store that was found lacks or distrusts the certificate.",
        reach,
    ),
    (
        "reach",
        "Exit status: 1 if there is one.",
        crate::reach::a_program_that_is_older_than_a_removal_may_still_trust,
    ),
    ("compare", "The exit status is 1 when they differ.", compare),
    (
        "verify",
        "Exit status: 0 valid, 1 not valid or undecided, 2 usage or unreadable.",
        verify,
    ),
    (
        "diagnose",
        "Exit status: 0 healthy, 1 a diagnosis was made, 2 usage.",
        diagnose,
    ),
    (
        "tls",
        "The exit status is 1 when TLS 1.3 cannot be negotiated or the package lacks a known fix.",
        of_tls,
    ),
    (
        "add",
        "Add what can be added and list what is refused, each with its reason; the exit status is 1 if there was any.",
        add,
    ),
    (
        "remove",
        "A foreign file that still carries the certificate is named, and so is another trusted certificate with the \
         same subject and key, through which what the key has signed stays valid; both make the exit status 1.",
        remove,
    ),
    (
        "remove",
        "Remove it from every other store of the host too, even where it was not added by trustctl; stores that cannot be \
         changed are listed with what to do, and the exit status is 1.",
        remove_everywhere,
    ),
    (
        "apply",
        "With Fl -check nothing is changed: the exit status is 1 when the host differs, 0 when it does not.",
        apply,
    ),
    (
        "rollback",
        "What somebody else has changed since stays, is named, and makes the exit status 1, or 2 where nothing else is \
         left to undo.",
        rollback,
    ),
    (
        "EXIT STATUS",
        "The answer is no. After a change: it was made and stands, but something that it could not reach is still open \
         (a hook failed, a foreign file still carries the certificate), named on standard error.",
        open,
    ),
    (
        "EXIT STATUS",
        "Undoing failed too: manual intervention is required.",
        undone_in_part,
    ),
];

/// The sentences of the manual about exit statuses, with the name of their part.
fn sentences() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let commands = PAGE.split("\n.Sh ").filter(|part| {
        part.starts_with("COMMANDS ") || part.starts_with("DESCRIPTION") || part.contains("\n.Ss ")
    });
    for part in commands.flat_map(|part| part.split("\n.Ss ").skip(1)) {
        let name = part.split([' ', '\n']).next().unwrap();
        let mut sentence = String::new();
        for line in part.lines().skip(1) {
            let line = match line.strip_prefix('.') {
                Some(call) if call.starts_with(['P', 'B', 'E', 'I']) => {
                    sentence.clear();
                    continue;
                }
                Some(call) => call,
                None => line,
            };
            sentence += if sentence.is_empty() { "" } else { " " };
            sentence += line;
            if line.ends_with('.') && !line.ends_with("...") {
                if sentence.contains("xit status") {
                    found.push((name.to_string(), sentence.clone()));
                }
                sentence.clear();
            }
        }
    }
    found
}

#[test]
fn every_exit_status_of_a_command_in_the_manual_has_its_cases() {
    let said: Vec<(String, String)> = SAID
        .iter()
        .filter(|(name, _, _)| *name != "EXIT STATUS")
        .map(|(name, sentence, _)| ((*name).to_string(), (*sentence).to_string()))
        .collect();
    assert_eq!(sentences(), said, "the manual (left) and the cases (right)");
    let general = PAGE.split(".Sh EXIT STATUS").nth(1).unwrap();
    let general = general.replace('\n', " ");
    for (_, sentence, _) in SAID.iter().filter(|(name, _, _)| *name == "EXIT STATUS") {
        assert!(general.contains(sentence), "{sentence}");
    }
    for (_, _, cases) in SAID
        .iter()
        .filter(|(_, sentence, _)| !sentence.ends_with("if there is one."))
    {
        cases();
    }
}

#[track_caller]
fn exits(host: &Host, cases: &[(&str, i32)]) {
    for (line, code) in cases {
        let run = host.trustctl(line.split(' '));
        assert_eq!(run.code, *code, "`{line}`: {run}");
    }
}

fn settled() -> Host {
    let host = Host::new()
        .local("corp.crt", Ca::new("Corp").pem())
        .settled();
    host.input("good.crt", Ca::new("Good").pem());
    let leaf = Ca::new("Issuer").leaf("host.example");
    host.input("leaf.crt", &leaf.pem);
    host.input("both.pem", leaf.pem + Ca::new("Third").pem());
    host.input("text.crt", "nothing of the kind\n");
    host
}

fn check() {
    exits(
        &settled(),
        &[
            ("check good.crt", 0),
            ("check leaf.crt", 1),
            ("check good.crt leaf.crt", 1),
            ("check text.crt", 2),
            ("check none.crt", 2),
        ],
    );
}

fn list() {
    exits(
        &settled(),
        &[
            ("list -q corp.crt", 0),
            ("list -q corp.crt Vendor_Root_1.crt", 0),
            ("list -q corp.crt nothing", 1),
            ("list --none", 2),
        ],
    );
}

fn audit() {
    let host = settled();
    let of = |rule: &str, ends: [i32; 5]| {
        let options = ["", " error", " warning", " note", " never"];
        for (option, code) in options.into_iter().zip(ends) {
            let option = match option {
                "" => String::new(),
                severity => format!(" --fail-on{severity}"),
            };
            exits(&host, &[(&format!("audit --rule {rule}{option}"), code)]);
        }
    };
    host.write(
        "etc/environment",
        "NODE_TLS_REJECT_UNAUTHORIZED=0\nPYTHONHTTPSVERIFY=0\n",
    );
    host.write("etc/pip.conf", "[global]\ntrusted-host = a\n");
    of("node-verification-off", [1, 1, 1, 1, 0]);
    of("pip-trusted-host", [1, 0, 1, 1, 0]);
    of("python-verification-off", [0, 0, 0, 1, 0]);
    of("private-key", [0; 5]);
    exits(&host, &[("audit --fail-on sometimes", 2)]);
}

fn reach() {
    let host = settled();
    exits(&host, &[("reach --only system corp.crt", 0)]);
    host.write(format!("{LOCAL}/late.crt"), Ca::new("Late").pem());
    exits(
        &host,
        &[
            ("reach --only system late.crt", 1),
            ("reach --only nowhere corp.crt", 2),
        ],
    );
}

fn compare() {
    let (one, two) = (settled(), settled());
    for (name, host) in [("one.json", &one), ("two.json", &two)] {
        let report = host.trustctl(["--format", "json", "audit", "--fail-on", "never"]);
        one.input(name, report.exits(0).stdout);
    }
    exits(
        &one,
        &[
            ("compare one.json one.json", 0),
            ("compare one.json two.json", 1),
            ("compare one.json none.json", 2),
        ],
    );
}

/// What is undecided has its own test (`what_nothing_here_can_check_is_neither_valid_nor_refused`).
fn verify() {
    let (host, ca) = (Host::empty(), Ca::new("Root"));
    host.write("etc/ssl/certs/ca-certificates.crt", ca.pem());
    host.input("leaf.crt", ca.leaf("www.example.com").pem);
    host.input("other.crt", Ca::new("Other").leaf("www.example.com").pem);
    exits(
        &host,
        &[
            ("verify --hostname www.example.com leaf.crt", 0),
            ("verify --hostname elsewhere.example leaf.crt", 1),
            ("verify other.crt", 1),
            ("verify none.crt", 2),
            ("verify leaf.crt --at yesterday", 2),
        ],
    );
}

fn diagnose() {
    let ca = Ca::new("Test Root");
    let server = openssl(&Identity::of(&ca.leaf("localhost")), &["-www"]);
    let line = format!("diagnose --connect 127.0.0.1 localhost:{}", server.port);
    exits(
        &Host::empty().vendor("Test_Root", ca).settled(),
        &[(&line, 0)],
    );
    exits(
        &settled(),
        &[(&line, 1), ("diagnose http://plain.example", 2)],
    );
}

fn of_tls() {
    exits(&tls::host(&tls::JAMMY), &[("tls", 0), ("tls --none", 2)]);
    let version = "3.0.2-0ubuntu1.29";
    let lacking = tls::Made {
        version,
        ..tls::JAMMY
    };
    exits(&tls::host(&lacking), &[("tls", 1)]);
    let conf = format!("{}MaxProtocol = TLSv1.2\n", tls::JAMMY.conf);
    let held = tls::Made {
        conf: &conf,
        ..tls::JAMMY
    };
    exits(&tls::host(&held), &[("tls", 1)]);
}

fn add() {
    exits(
        &settled(),
        &[
            ("add --yes both.pem", 2),
            ("add --yes --skip-refused both.pem", 1),
            ("add --yes --skip-refused good.crt", 0),
            ("add --yes good.crt", 0),
            ("add good.crt leaf.crt", 2),
        ],
    );
}

fn remove() {
    let host = settled();
    let carried = Ca::new("Carried");
    host.input("carried.crt", carried.pem());
    let one = Ca::new("Twin");
    let (from, to) = (2021, 2048);
    host.input("one.crt", one.pem());
    host.input("two.crt", one.renewed(Dates { from, to }).pem());
    exits(&host, &[("add --yes carried.crt one.crt two.crt", 0)]);
    host.write("etc/ssl/certs/stray.pem", carried.pem());
    exits(
        &host,
        &[
            ("remove carried.crt", 1),
            ("remove one.crt", 1),
            ("remove two.crt", 0),
            ("remove two.crt", 2),
            ("remove --if-present two.crt", 0),
        ],
    );
}

fn remove_everywhere() {
    let host = settled();
    exits(&host, &[("add --yes good.crt", 0)]);
    let good = std::fs::read(host.beside("good.crt")).unwrap();
    let base64: String = String::from_utf8(good)
        .unwrap()
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .collect();
    host.write("usr/bin/chromium", "");
    host.write(
        "etc/chromium/policies/managed/theirs.json",
        format!("{{\"CACertificates\": [\"{base64}\"]}}"),
    );
    exits(&host, &[("remove --everywhere good.crt", 1)]);
    host.delete("etc/chromium/policies/managed/theirs.json");
    exits(
        &host,
        &[
            ("add --yes good.crt", 0),
            ("remove --everywhere good.crt", 0),
        ],
    );
}

fn apply() {
    let host = settled();
    let pem = Ca::new("Wanted");
    let text = format!("[[ca]]\npem = '''\n{}'''\nname = \"wanted\"\n", pem.pem());
    host.input("state.toml", text);
    exits(
        &host,
        &[
            ("apply --check state.toml", 1),
            ("apply --yes state.toml", 0),
            ("apply --check state.toml", 0),
            ("apply --check none.toml", 2),
        ],
    );
}

fn rollback() {
    let host = settled();
    exits(&host, &[("add --yes --name vv good.crt", 0)]);
    host.write(format!("{LOCAL}/vv.crt"), Ca::new("Theirs").pem());
    exits(&host, &[("rollback", 2), ("rollback --force --yes", 0)]);

    let host = settled();
    host.input(
        "two.pem",
        format!("{}{}", Ca::new("One").pem(), Ca::new("Two").pem()),
    );
    exits(&host, &[("add --yes two.pem", 0)]);
    host.write(format!("{LOCAL}/Two.crt"), Ca::new("Theirs").pem());
    // Whoever changed it has made the store of it too, without trustctl.
    host.bare_update(&["--fresh"]).exits(0);
    exits(&host, &[("rollback --yes", 1)]);
}

fn open() {
    let host = settled();
    host.write_program(
        "etc/ca-certificates/update.d/failing",
        "#!/bin/sh\nexit 3\n",
    );
    let good = host.beside("good.crt");
    let run = host.inside([
        trustctl().as_os_str(),
        "add".as_ref(),
        "--yes".as_ref(),
        good.as_os_str(),
    ]);
    assert!(run.clone().exits(1).stderr.contains("failing"), "{run}");
    assert!(host.has("etc/ssl/certs/good.pem"));
}

/// From one rename on all of them fail, those of undoing too; the command that is printed helps afterwards.
fn undone_in_part() {
    for nth in 1..40 {
        let host = settled();
        let mut strace = Command::new("/usr/bin/strace");
        strace.env_clear().env("PATH", PATH);
        strace.args(["-o", "/dev/null", "-e"]);
        strace.arg(format!(
            "inject=rename,renameat,renameat2:error=EIO:when={nth}+"
        ));
        strace.arg(trustctl()).arg("--root").arg(host.root());
        let run = output(strace.args(["add", "--yes"]).arg(host.beside("good.crt")));
        match run.code {
            // Refused, or the record of what was made could not be finished.
            1 | 2 => {}
            3 => {
                let root = host.root().display();
                run.says(&format!("run `sudo trustctl --root {root} refresh`"));
                return exits(&host, &[("refresh", 0)]);
            }
            _ => panic!("never 3: {run}"),
        }
    }
    panic!("there are not so many renames");
}

/// What every command can end with, whatever it does: 0, and 2 for a command line that cannot be read.
#[test]
fn every_command_ends_with_0_and_with_2_as_the_manual_has_it() {
    let host = settled();
    host.input("empty.toml", "");
    let report = host.trustctl(["--format", "json", "audit", "--fail-on", "never"]);
    host.input("host.json", report.exits(0).stdout);
    let done: BTreeMap<&str, &str> = [
        ("check", "good.crt"),
        ("list", ""),
        ("show", "corp.crt"),
        ("history", ""),
        ("export", ""),
        ("audit", "--fail-on never"),
        ("reach", "--only system"),
        ("rules", ""),
        ("report", "host.json"),
        ("compare", "host.json host.json"),
        ("explain", "private-key"),
        ("verify", "--trusted good.crt good.crt"),
        ("tls", "--no-run"),
        ("add", "--yes good.crt"),
        ("adopt", "--all --yes"),
        ("remove", "good.crt"),
        ("distrust", "Vendor_Root_1.crt"),
        ("trust", "Vendor_Root_1.crt"),
        ("refresh", ""),
        ("apply", "--check empty.toml"),
        ("rollback", "--yes"),
        ("revert", "1"),
        ("recover", ""),
    ]
    .into();
    let mut cli = Cli::command();
    cli.build();
    let order = "check list show history export audit reach rules report compare explain verify tls add adopt remove \
                 distrust trust refresh apply rollback revert recover";
    for name in order.split(' ') {
        let line = format!("{name} {}", done[name]);
        exits(&host, &[(line.trim_end(), 0)]);
    }
    for command in cli.get_subcommands() {
        let name = command.get_name();
        // A server is needed: its cases are those of the sentence of `diagnose`.
        let known = done.contains_key(name) || ["help", "diagnose"].contains(&name);
        assert!(known, "`{name}` has no case that ends with 0");
        if name != "help" {
            exits(&host, &[(&format!("{name} --no-such-option"), 2)]);
        }
    }
}

/// Where a change works, as trustctl-refresh(7) has it: in a tree given with `--root`, and on a machine's own store.
#[test]
fn the_paths_of_stage_and_temporary_files_are_those_of_the_manual() {
    let page = include_str!("../../man/trustctl-refresh.7");
    let made = |run: &support::Run, log: &std::path::Path| -> String {
        assert_eq!(run.code, 0, "{run}");
        std::fs::read_to_string(log).unwrap()
    };
    let host = settled();
    let (log, good) = (host.beside("calls.log"), host.beside("good.crt"));
    let strace = |log: &std::path::Path| -> Vec<std::ffi::OsString> {
        let words = [
            "/usr/bin/strace",
            "-f",
            "-y",
            "-e",
            "trace=mkdir,mkdirat,openat",
            "-o",
        ];
        words.iter().map(Into::into).chain([log.into()]).collect()
    };
    let mut words = strace(&log);
    words.extend([trustctl().into(), "--root".into(), host.root().into()]);
    words.extend(["add".into(), "--yes".into(), good.clone().into()]);
    let mut command = Command::new(&words[0]);
    let of_tree = made(
        &output(command.env_clear().env("PATH", PATH).args(&words[1..])),
        &log,
    );
    assert!(of_tree.contains("/tmp/trustctl-stage-"), "{of_tree}");
    assert!(of_tree.contains("etc/ssl>, \".trustctl-tmp\""), "{of_tree}");
    assert!(
        of_tree.contains("share/ca-certificates>, \".trustctl-tmp\""),
        "{of_tree}"
    );
    for path in [
        "/tmp/trustctl-stage-*",
        "/var/lib/trustctl/trustctl-stage-*",
        "/etc/ssl/.trustctl-tmp",
        "/etc/ssl/certs/.trustctl-tmp",
    ] {
        assert!(page.contains(path), "{path}");
    }

    let host = settled();
    let state = host.beside("state");
    std::fs::create_dir(&state).unwrap();
    let mut words = strace(&log);
    words.extend([trustctl().into(), "--state".into(), state.clone().into()]);
    words.extend(["add".into(), "--yes".into(), good.into()]);
    let live = made(&host.inside(words), &log);
    let stage = format!("{}/trustctl-stage-", state.display());
    assert!(live.contains(&stage), "{live}");
}
