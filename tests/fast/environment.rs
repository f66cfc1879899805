//! What surrounds a call has no say in what it does: variables, search path, umask, closed streams.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test acts on folders of its own, and fails by panicking"
)]

use std::process::Command;

use support::{Ca, Entry, Host, Run, Snapshot, output};

/// Variables that make other programs run, read or write something else. Each `EVIL` is a folder of traps.
const HOSTILE: &[(&str, &str)] = &[
    ("PATH", "EVIL:."),
    ("IFS", "/ce"),
    ("ENV", "EVIL/sh"),
    ("BASH_ENV", "EVIL/sh"),
    ("TMPDIR", "EVIL/nowhere"),
    ("TMP", "EVIL/nowhere"),
    ("HOME", "EVIL"),
    ("XDG_CONFIG_HOME", "EVIL"),
    ("LANG", "tr_TR.UTF-8"),
    ("LC_ALL", "tr_TR.UTF-8"),
    ("LOCPATH", "EVIL"),
    ("TZ", "EVIL/zone"),
    ("POSIXLY_CORRECT", "1"),
    ("OPENSSL_CONF", "EVIL/openssl.cnf"),
    ("OPENSSL_MODULES", "EVIL"),
    ("OPENSSL_ENGINES", "EVIL"),
    ("SSL_CERT_FILE", "EVIL/none.pem"),
    ("SSL_CERT_DIR", "EVIL"),
    ("LD_LIBRARY_PATH", "EVIL"),
    ("GCONV_PATH", "EVIL"),
    ("PERL5LIB", "EVIL"),
    ("RUST_LOG", "trace"),
    ("COMPLETE", "bash"),
    ("COLUMNS", "1"),
    ("TERM", "EVIL"),
    ("NO_COLOR", "1"),
];

/// A host, a certificate to add, and a folder of traps: programs that leave a mark when they are run.
struct Scene {
    host: Host,
    evil: String,
    input: String,
}

impl Scene {
    fn new() -> Scene {
        let host = Host::new().settled();
        let trap = format!(
            "#!/bin/sh\necho \"$0\" >>{}\n",
            host.beside("sprung").display()
        );
        let programs = "sh bash openssl update-ca-certificates sed basename readlink ln mv find sort tempfile mktemp \
                        run-parts dpkg cat chmod rm touch";
        for name in programs.split_whitespace() {
            host.program(&format!("evil/{name}"), &trap);
        }
        host.input(
            "evil/openssl.cnf",
            ".include /nonexistent\nopenssl_conf = \n",
        );
        let input = host.input("corp-ca.crt", Ca::new("Corp Root").pem());
        Scene {
            evil: host.beside("evil").display().to_string(),
            input: input.display().to_string(),
            host,
        }
    }

    /// Adds the certificate as `prepare` has it; tells what was said, and what the store is afterwards. Then removes it.
    #[track_caller]
    fn add(&self, prepare: impl Fn(Command) -> Command) -> (Run, Snapshot) {
        let add = ["--format", "json", "add", "--yes", &self.input];
        let run = output(&mut prepare(self.host.command(add)));
        let tree = self.host.store();
        self.host.trustctl(["remove", "corp-ca"]).exits(0);
        let sprung = self.host.beside("sprung");
        assert!(
            !sprung.exists(),
            "used from the environment: {}",
            self.host.beside_text("sprung")
        );
        (run, tree)
    }

    /// Kind, mode and owner of everything that trustctl keeps for itself, each once.
    fn state_modes(&self) -> String {
        let state = self.host.path("var/lib/trustctl");
        let mut find = Command::new("/usr/bin/find");
        let run = output(find.arg(state).args(["-printf", "%y %m %U %G\n"])).exits(0);
        let mut kinds: Vec<&str> = run.stdout.lines().collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds.join("\n")
    }
}

/// What two runs must have in common: all but the number of the change.
fn essence(run: &Run) -> (i32, serde_json::Value, String) {
    let mut report = run.report();
    report["generation"].take();
    (run.code, report, run.stderr.clone())
}

/// The same call from a shell that first does `first`.
fn after(first: &str, command: &Command) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell
        .env_clear()
        .args(["-c", &format!("{first}; exec \"$@\""), "sh"]);
    shell.arg(command.get_program()).args(command.get_args());
    shell.current_dir(command.get_current_dir().unwrap());
    shell
}

/// The kind and mode of every place; the names of hash links differ between hosts, so they are counted.
fn modes(tree: &Snapshot) -> Vec<String> {
    let mut all: Vec<String> = tree
        .iter()
        .map(|(path, entry)| match entry {
            Entry::Folder(mode) => format!("{} folder {mode:o}", path.display()),
            Entry::File(mode, _) => format!("{} file {mode:o}", path.display()),
            Entry::Link(target) if path.extension().is_some_and(|n| n.len() < 3) => {
                format!("link to {}", target.display())
            }
            Entry::Link(target) => format!("{} link to {}", path.display(), target.display()),
            Entry::Other => format!("{} other", path.display()),
        })
        .collect();
    all.sort();
    all
}

#[test]
fn no_variable_changes_what_a_change_does() {
    let scene = Scene::new();
    // The first change is rehearsed another way than those after it.
    scene.add(|command| command).0.exits(0);
    let (plain, tree) = scene.add(|command| command);
    let (run, hostile_tree) = scene.add(|mut command| {
        for (name, value) in HOSTILE {
            command.env(name, value.replace("EVIL", &scene.evil));
        }
        command
    });
    assert_eq!(essence(&run.exits(0)), essence(&plain.exits(0)));
    assert_eq!(hostile_tree, tree);

    let (run, empty_tree) = scene.add(|mut command| {
        command.env_clear();
        command
    });
    run.exits(0);
    assert_eq!(empty_tree, tree);
}

#[test]
fn the_umask_changes_no_mode() {
    let plain = Scene::new();
    let (_, tree) = plain.add(|command| command);
    let kept = plain.state_modes();
    assert!(
        kept.contains("d 700"),
        "what is kept of local files is for root only: {kept}"
    );
    for umask in ["000", "077", "777"] {
        let scene = Scene::new();
        let (run, other) = scene.add(|command| after(&format!("umask {umask}"), &command));
        run.exits(0);
        assert_eq!(modes(&other), modes(&tree), "umask {umask}");
        assert_eq!(scene.state_modes(), kept, "umask {umask}");
    }
}

#[test]
fn closed_streams_change_nothing() {
    let scene = Scene::new();
    let (_, tree) = scene.add(|command| command);
    let closed = [
        "exec <&-",
        "exec >&-",
        "exec 2>&-",
        "exec <&- >&- 2>&-",
        "exec >/dev/full",
        "exec 2>/dev/full",
    ];
    for first in closed {
        let (run, other) = scene.add(|command| after(first, &command));
        assert_eq!(other, tree, "{first}");
        // A report that cannot be written is said; the change stands.
        run.exits(i32::from(first == "exec >/dev/full"));
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let host = Host::of_this_machine().settled();
    let list = host.command(["--format", "json", "list"]);
    let mut shell = Command::new("/bin/bash");
    shell.env_clear().args([
        "-c",
        "\"$@\" | head -c 10 >/dev/null; echo ${PIPESTATUS[0]}",
        "sh",
    ]);
    let run = output(shell.arg(list.get_program()).args(list.get_args())).exits(0);
    assert_eq!((run.stdout.trim(), run.stderr.as_str()), ("0", ""));
}

#[test]
fn the_variable_of_completions_does_not_swallow_a_command() {
    let scene = Scene::new();
    let (run, _) = scene.add(|mut command| {
        command.env("_TRUSTCTL_COMPLETE", "bash");
        command
    });
    assert_eq!(run.exits(0).report()["changed"], true);
}

#[test]
fn json_never_has_colour_and_text_only_on_terminals() {
    let scene = Scene::new();
    let run = scene.host.trustctl(["list"]).exits(0);
    assert!(!run.stdout.contains('\u{1b}'), "{run}");
    let mut forced = scene.host.command(["--format", "json", "list"]);
    let run = output(forced.env("CLICOLOR_FORCE", "1")).exits(0);
    assert!(!run.stdout.contains('\u{1b}'), "{run}");
}
