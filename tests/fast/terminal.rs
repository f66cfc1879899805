//! A person at a terminal: the question before `add`, its default, and what colour is and is not.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests act on trees of their own and fail by panicking"
)]

use std::process::Command;

use support::{Ca, Host, Run, output_when, output_with};

/// Runs trustctl on a pseudo-terminal made by script(1) and types `answer`.
fn typed(host: &Host, arguments: &[&str], answer: &str) -> Run {
    let root = host.root().display().to_string();
    let program = support::trustctl().display().to_string();
    let words = [&program, "--root", &root].into_iter().map(str::to_string);
    let words = words.chain(arguments.iter().map(|word| (*word).to_string()));
    let line: Vec<String> = words.map(|word| format!("'{word}'")).collect();
    let mut command = Command::new("/usr/bin/script");
    command.args(["-qec", &line.join(" "), "/dev/null"]);
    command
        .env_clear()
        .env("TERM", "xterm")
        .env("SHELL", "/bin/sh")
        .env("PATH", "/usr/bin:/bin");
    output_with(&mut command, answer.as_bytes())
}

#[test]
fn a_person_is_shown_the_certificate_and_asked_and_no_is_the_default() {
    let (host, ca) = (Host::new().settled(), Ca::new("Asked"));
    let path = host.input("asked.crt", ca.pem());
    let arguments = ["add", path.to_str().unwrap()];
    let before = host.store();
    for answer in ["\r", "n\r", "no\r", "nonsense\rmaybe\rx\r", "\u{4}"] {
        let run = typed(&host, &arguments, answer).exits(2);
        let file = "usr/local/share/ca-certificates/asked.crt";
        let file = host.path(file).display().to_string();
        let question = format!("trust this CA in `{}`? [y/N]", host.root().display());
        for text in [
            "CN=Asked",
            &ca.sha256(),
            &file,
            &question,
            "nothing was changed",
        ] {
            assert!(run.has(text), "{text}: {run}");
        }
        assert_eq!(host.store(), before);
    }
    typed(&host, &arguments, "what?\rYES\r").exits(0);
    assert_eq!(host.sees(&ca.sha256()), [true; 3]);
}

#[test]
fn colour_is_on_a_terminal_only_and_obeys_no_color() {
    let host = Host::new().settled();
    assert!(typed(&host, &["list"], "").exits(0).has("\u{1b}["));
    assert!(!host.trustctl(["list"]).exits(0).has("\u{1b}["));
    let plain = host
        .command(["list"])
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    assert!(!plain.stdout.contains(&0x1b));
}

#[test]
fn control_characters_of_a_certificate_never_reach_the_terminal() {
    let (host, ca) = (
        Host::new().settled(),
        Ca::new("Evil\u{1b}[2J\u{202e}\u{200b}\n+ CN=Fake"),
    );
    let path = host.input("evil.crt", ca.pem());
    let run = typed(&host, &["add", path.to_str().unwrap()], "y\r").exits(0);
    for text in ["\u{1b}[2J", "\u{202e}", "\u{200b}", "\n+ CN=Fake"] {
        assert!(!run.has(text), "{text:?}: {run}");
    }
    let json = host
        .trustctl(["list", "--local", "--format", "json"])
        .exits(0);
    assert!(json.stdout.is_ascii() && !json.stdout.contains('\u{1b}'));
}

#[test]
fn who_waits_is_told_for_what_and_the_line_goes_away() {
    let (host, ca) = (Host::new().settled(), Ca::new("Slow"));
    let text = "#!/bin/sh\nsleep 1\nexec /usr/sbin/update-ca-certificates \"$@\"\n";
    let script = host.program("slow", text);
    let config = format!(
        "[tools]\nupdate_ca_certificates = \"{}\"\n",
        script.display()
    );
    let config = host.input("slow.toml", config);
    let path = host.input("slow.crt", ca.pem());
    let (config, path) = (config.to_str().unwrap(), path.to_str().unwrap());
    let run = typed(&host, &["--config", config, "add", "--yes", path], "").exits(0);
    let (waiting, rest) = run.stdout.split_once('…').unwrap();
    assert_eq!(waiting, "rehearsing the change ");
    // The last line shown is cleared before the report.
    let (cleared, report) = rest.rsplit_once("\r\u{1b}[2K").unwrap();
    assert!(
        !cleared.contains("CN=Slow") && report.contains("CN=Slow"),
        "{run}"
    );
    let quick = typed(&host, &["list"], "").exits(0);
    assert!(!quick.has("\u{1b}[2K"), "{quick}");
}

#[test]
fn a_person_is_asked_before_trust_goes_and_before_a_strangers_comes() {
    let (corp, stranger) = (Ca::new("Corp"), Ca::new("Stranger"));
    let host = Host::new().local("corp.crt", corp.pem()).settled();
    let before = host.store();
    // A part of the subject will do where a person sees what it means.
    let run = typed(&host, &["remove", "n=cor"], "n\r").exits(2);
    let file = "usr/local/share/ca-certificates/corp.crt";
    let file = host.path(file).display().to_string();
    for text in ["CN=Corp", &corp.sha256(), &file, "[y/N]", "not confirmed"] {
        assert!(run.has(text), "{text}: {run}");
    }
    typed(&host, &["distrust", "Vendor_Root_1.crt"], "n\r").exits(2);
    assert_eq!(host.store(), before);
    typed(&host, &["remove", "n=cor"], "y\r").exits(0);
    assert_eq!(host.sees(&corp.sha256()), [false; 3]);
    // Back to where it was: nothing goes that the undone change did not add.
    typed(&host, &["rollback"], "").exits(0).never_says("[y/N]");
    host.write(
        "usr/local/share/ca-certificates/stranger.crt",
        stranger.pem(),
    );
    let run = typed(&host, &["refresh"], "n\r").exits(2);
    for text in ["CN=Stranger", &stranger.sha256(), "stranger.crt", "[y/N]"] {
        assert!(run.has(text), "{text}: {run}");
    }
    assert_eq!(host.sees(&stranger.sha256()), [false; 3]);
    typed(&host, &["refresh"], "y\r").exits(0);
    assert_eq!(host.sees(&stranger.sha256()), [true; 3]);
}

/// A shell on a pseudo-terminal that runs trustctl and then reads on; all is typed ahead.
fn shell(host: &Host, line: &str, environment: &[(&str, &str)], typed: &str) -> Run {
    output_with(&mut in_shell(host, line, environment), typed.as_bytes())
}

fn in_shell(host: &Host, line: &str, environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new("/usr/bin/script");
    command.args(["-qec", line, "/dev/null"]);
    command
        .env_clear()
        .env("TERM", "xterm")
        .env("SHELL", "/bin/sh")
        .env("PATH", "/usr/bin:/bin")
        .env("TRUSTCTL", support::trustctl())
        .env("ROOT", host.root())
        .envs(environment.iter().copied());
    command
}

#[test]
fn an_answer_is_a_whole_line_and_what_is_typed_behind_it_is_left_for_the_shell() {
    for answer in ["y", "yes", "Yes"] {
        let (host, ca) = (Host::new().settled(), Ca::new("Asked"));
        let path = host.input("asked.crt", ca.pem());
        let line = format!(
            "\"$TRUSTCTL\" --root \"$ROOT\" add '{}'; read next; echo \"left:[$next]\"",
            path.display()
        );
        let run = shell(&host, &line, &[], &format!("{answer}\rnext line\r")).exits(0);
        assert!(run.has("left:[next line]"), "{run}");
        assert_eq!(host.sees(&ca.sha256()), [true; 3], "{run}");
    }
}

#[test]
fn an_interrupt_at_the_question_says_that_nothing_was_changed_and_leaves_the_terminal_as_it_was() {
    let (host, ca) = (Host::new().settled(), Ca::new("Asked"));
    let path = host.input("asked.crt", ca.pem());
    let before = host.store();
    let line = format!(
        "stty -g > '{0}/before'; trap : INT; \"$TRUSTCTL\" --root \"$ROOT\" add '{1}'; echo \"status:[$?]\"; stty -g > '{0}/after'",
        host.beside("").display(),
        path.display()
    );
    // What is typed before the question would go to the shell.
    let mut command = in_shell(&host, &line, &[]);
    let run = output_when(&mut command, "[y/N]", "\u{3}").exits(0);
    assert!(
        run.has("interrupted; nothing was changed") && run.has("status:[2]"),
        "{run}"
    );
    assert_eq!(host.store(), before);
    assert_eq!(host.beside_text("before"), host.beside_text("after"));
    assert!(!run.has("\u{1b}[?25l"), "{run}");
}

#[test]
fn no_escape_sequence_is_written_where_none_is_wanted() {
    let host = Host::new().settled();
    let ca = Ca::new("Asked");
    let path = host.input("asked.crt", ca.pem());
    let line = format!("\"$TRUSTCTL\" --root \"$ROOT\" add '{}'", path.display());
    for variable in [("TERM", "dumb"), ("NO_COLOR", "1")] {
        let run = shell(&host, &line, &[variable], "n\r").exits(2);
        assert!(
            run.has("[y/N]") && !run.has("\u{1b}"),
            "{variable:?}: {run}"
        );
    }
}

/// A configuration whose script takes its time.
fn slow(host: &Host, seconds: &str) -> String {
    let arguments = host.beside("arguments");
    let text = format!(
        "#!/bin/sh\necho \"$@\" > '{}'\nsleep {seconds}\nexec /usr/sbin/update-ca-certificates \"$@\"\n",
        arguments.display()
    );
    let script = host.program("slow", &text);
    let config = format!(
        "[tools]\nupdate_ca_certificates = \"{}\"\n",
        script.display()
    );
    host.input("slow.toml", config).display().to_string()
}

#[test]
fn an_interrupt_while_a_change_is_rehearsed_says_so_and_leaves_nothing_behind() {
    let (host, ca) = (Host::new().settled(), Ca::new("Slow"));
    let (config, path) = (slow(&host, "60"), host.input("slow.crt", ca.pem()));
    let before = host.store();
    let line = format!(
        "trap : INT; \"$TRUSTCTL\" --root \"$ROOT\" --config '{config}' add --yes '{}'; echo \"status:[$?]\"",
        path.display()
    );
    let mut command = in_shell(&host, &line, &[]);
    let run = output_when(&mut command, "rehearsing", "\u{3}").exits(0);
    assert!(
        run.has("interrupted; the store is as it was before") && run.has("status:[2]"),
        "{run}"
    );
    assert_eq!(host.store(), before);
    let arguments = host.beside_text("arguments");
    let stage = arguments
        .split_whitespace()
        .find(|word| word.contains("trustctl-stage-"));
    assert!(
        !std::path::Path::new(stage.unwrap()).exists(),
        "{arguments}"
    );
    host.trustctl(["history"])
        .exits(0)
        .says("no change on record");
}

#[test]
fn off_a_terminal_a_long_wait_is_said_once_and_a_short_one_not_at_all() {
    let (host, ca) = (Host::new().settled(), Ca::new("Slow"));
    let (config, path) = (slow(&host, "2"), host.input("slow.crt", ca.pem()));
    let run = host
        .trustctl(["--config", &config, "add", "--yes", path.to_str().unwrap()])
        .exits(0);
    let waiting = run.stderr.matches("still rehearsing the change").count();
    assert_eq!(waiting, 1, "{run}");
    assert!(!run.stderr.contains('\u{1b}'), "{run}");
    assert_eq!(host.trustctl(["list"]).exits(0).stderr, "");
}

#[test]
fn into_a_pipe_no_name_is_cut_and_each_certificate_is_one_line() {
    let name = "a-name-that-is-much-longer-than-any-column-of-a-table-would-be.crt";
    let ca =
        Ca::new("A common name that is longer than a terminal is wide, as some of them really are");
    let host = Host::new().local(name, ca.pem()).settled();
    for columns in ["40", "80", "nonsense", "0"] {
        let run = host
            .command(["list"])
            .env("COLUMNS", columns)
            .output()
            .unwrap();
        let text = String::from_utf8(run.stdout).unwrap();
        let mut lines = text.lines().filter(|line| line.contains(name));
        assert!(lines.next().unwrap().contains("really are"), "{text}");
        assert!(lines.next().is_none(), "{text}");
    }
}
