//! What the script is shown of a change, and when it is shown everything.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests act on trees of their own and fail by panicking"
)]

use std::path::PathBuf;

use support::{Ca, Host, Run};

const BUNDLE: &str = "etc/ssl/certs/ca-certificates.crt";
const CONF: &str = "etc/ca-certificates.conf";

/// A store of ten vendor roots, and a script that writes down which sources it was shown.
struct Stage {
    host: Host,
    config: PathBuf,
}

impl Stage {
    fn new(host: Host, more: &str) -> Stage {
        let host = (1..=10).fold(host, |host, n| {
            host.vendor(&format!("Root_{n:02}"), Ca::new(&format!("Root {n}")))
        });
        let host = host.settled();
        let log = host.beside("shown");
        let script = host.program("script", &wrapper(&log.display().to_string(), ""));
        let text = format!(
            "[tools]\nupdate_ca_certificates = \"{}\"\n{more}",
            script.display()
        );
        let config = host.input("config.toml", text);
        Stage { host, config }
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let _ = std::fs::remove_file(self.host.beside("shown"));
        let config = [
            "--config",
            self.config.to_str().unwrap(),
            "--format",
            "json",
        ];
        self.host.trustctl(config.iter().chain(arguments))
    }

    /// Adds a new certificate; says what the script was shown.
    fn add(&self, name: &str, ca: &Ca) -> (String, Vec<String>) {
        let file = self.host.input(&format!("{name}.crt"), ca.pem());
        let run = self.run(&["add", "--yes", file.to_str().unwrap()]).exits(0);
        (
            run.report()["rehearsal"].as_str().unwrap().to_string(),
            self.shown(),
        )
    }

    fn shown(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.host.beside("shown")).unwrap_or_default();
        text.lines().map(str::to_string).collect()
    }
}

/// The script itself, which lists its sources first, and then does `more` with what it made in `$certs`.
fn wrapper(log: &str, more: &str) -> String {
    format!(
        "#!/bin/sh\nall=\nwhile [ $# -gt 0 ]; do all=\"$all '$1'\"; case $1 in --certsconf) conf=$2;; \
         --localcertsdir) local=$2;; --etccertsdir) certs=$2;; esac; shift; done\n\
         {{ grep -v '^[#!]' $conf; cd $local; find . -type f | cut -c3-; }} | sort >>{log}\n\
         eval \"/usr/sbin/update-ca-certificates $all\" || exit\n{more}\n"
    )
}

#[test]
fn the_first_change_is_shown_whole_and_the_next_ones_in_part() {
    let stage = Stage::new(Host::empty(), "");
    let (how, shown) = stage.add("one", &Ca::new("One"));
    assert_eq!((how.as_str(), shown.len()), ("whole", 11));
    let (how, shown) = stage.add("two", &Ca::new("Two"));
    assert_eq!((how.as_str(), shown), ("part", vec!["two.crt".to_string()]));
    let run = stage.run(&["remove", "two.crt"]).exits(0);
    assert_eq!(run.report()["rehearsal"], "part");
    // Nothing of the change is left: something that stays stands in for it.
    assert_eq!(stage.shown(), ["mozilla/Root_01.crt"]);
    let run = stage.run(&["distrust", "Root_05.crt"]).exits(0);
    assert_eq!(run.report()["rehearsal"], "part");
    let run = stage.run(&["trust", "Root_05.crt"]).exits(0);
    assert_eq!(run.report()["rehearsal"], "part");
    assert_eq!(stage.shown(), ["mozilla/Root_05.crt"]);
}

#[test]
fn what_shares_a_subject_or_a_link_name_or_is_odd_is_shown_too() {
    let host = Host::empty()
        .local("twin.crt", Ca::new("Twin").pem())
        .local(
            "two.crt",
            format!("{}{}", Ca::new("A").pem(), Ca::new("B").pem()),
        )
        .local("sub/same.crt", Ca::new("Same 1").pem())
        .local("other/same.crt", Ca::new("Same 2").pem())
        .local("Corp Root (G2).crt", Ca::new("Blanks").pem());
    let stage = Stage::new(host, "");
    stage.add("first", &Ca::new("First"));
    let (how, shown) = stage.add("another-twin", &Ca::new("Twin"));
    assert_eq!(how, "part");
    assert_eq!(
        shown,
        [
            "Corp Root (G2).crt",
            "another-twin.crt",
            "twin.crt",
            "two.crt"
        ]
    );
    let run = stage.run(&["remove", "other/same.crt"]).exits(0);
    assert_eq!(run.report()["rehearsal"], "part");
    assert_eq!(
        stage.shown(),
        ["Corp Root (G2).crt", "sub/same.crt", "two.crt"]
    );
}

#[test]
fn everything_is_shown_when_asked_and_whenever_there_is_a_doubt() {
    let whole = Stage::new(Host::empty(), "[change]\nrehearsal = \"whole\"\n");
    whole.add("one", &Ca::new("One"));
    assert_eq!(whole.add("two", &Ca::new("Two")).0, "whole");

    let stage = Stage::new(Host::empty(), "");
    stage.add("one", &Ca::new("One"));
    // With nothing to do, too.
    let run = stage.run(&["refresh", "--full"]).exits(0);
    assert_eq!(run.report()["changed"], false);
    assert_eq!(stage.shown().len(), 11);
    stage.run(&["refresh"]).exits(0);
    assert_eq!(stage.shown(), [""; 0]);

    let (host, conf) = (&stage.host, stage.host.text(CONF));
    for (number, doubt) in ["bundle", "hash link", "selection", "script"]
        .iter()
        .enumerate()
    {
        let (before, after) = (format!("before-{number}"), format!("after-{number}"));
        assert_eq!(stage.add(&before, &Ca::new(&before)).0, "part");
        match *doubt {
            "bundle" => {
                let bundle = host.bundle();
                host.write(BUNDLE, &bundle[..bundle.len() / 2]);
            }
            "hash link" => {
                let hash = host.vendors()[0].subject_hash();
                host.delete(format!("etc/ssl/certs/{hash}.0"));
            }
            "selection" => host.write(CONF, format!("{conf}# without a last newline")),
            _ => {
                let log = host.beside("shown").display().to_string();
                host.program("script", &wrapper(&log, "# of another version"));
            }
        }
        assert_eq!(stage.add(&after, &Ca::new(&after)).0, "whole", "{doubt}");
        host.write(CONF, &conf);
    }
}

#[test]
fn a_script_that_makes_the_wrong_thing_of_the_part_changes_nothing() {
    let stage = Stage::new(Host::empty(), "");
    let log = stage.host.beside("shown").display().to_string();
    // The script is the same; what it does beside is told by a file.
    let evil = stage.host.beside("evil");
    let more = format!("if [ -e {0} ]; then . {0}; fi", evil.display());
    stage.host.program("script", &wrapper(&log, &more));
    stage.add("one", &Ca::new("One"));
    let before = stage.host.store();
    let file = stage.host.input("two.crt", Ca::new("Two").pem());
    let stranger = stage.host.input("stranger", Ca::new("Stranger").pem());
    let stranger = stranger.display();
    for (text, says) in [
        ("exit 3".to_string(), "exit status 3"),
        (
            "rm $certs/ca-certificates.crt".to_string(),
            "its bundle has 0 certificates where the sources have 1",
        ),
        (
            format!("cat {stranger} >>$certs/ca-certificates.crt"),
            "its bundle has 2 certificates",
        ),
        (
            "rm $certs/two.pem".to_string(),
            "its link `two.pem` is missing",
        ),
        (
            "ln -s /etc/hostname $certs/more.pem".to_string(),
            "a link `more.pem`",
        ),
        ("rm $certs/*.0".to_string(), "no hash link"),
    ] {
        stage.host.input("evil", &text);
        for arguments in [
            ["add", "--yes", file.to_str().unwrap()].as_slice(),
            &["remove", "one.crt"],
        ] {
            let run = stage.run(arguments);
            if arguments[0] == "add" {
                run.exits(2).says(says);
            } else {
                assert_eq!(run.code, 2, "{text}: {run}");
            }
            assert_eq!(stage.host.store(), before, "{text}");
        }
    }
    stage.host.input("evil", "");
    assert_eq!(stage.add("two", &Ca::new("Two")).0, "part");
}

#[test]
fn of_many_that_are_alike_the_script_is_shown_enough_and_openssl_all() {
    let stage = Stage::new(Host::empty(), "");
    stage.add("one", &Ca::new("One"));
    let cas: Vec<Ca> = (0..120).map(|n| Ca::new(&format!("Corp {n}"))).collect();
    for (n, ca) in cas.iter().enumerate() {
        stage.host.input(&format!("many/corp-{n}.crt"), ca.pem());
    }
    let many = stage.host.beside("many");
    let add = ["add", "--yes", many.to_str().unwrap()];
    // Where OpenSSL links nothing, nothing is published.
    let before = stage.host.store();
    let idle = "#!/bin/sh\n[ \"$1\" = rehash ] || exec /usr/bin/openssl \"$@\"\n";
    let idle = stage.host.program("idle", idle);
    let config = std::fs::read_to_string(&stage.config).unwrap();
    let with = format!("{config}openssl = \"{}\"\n", idle.display());
    std::fs::write(&stage.config, &with).unwrap();
    // Another OpenSSL than in the last change: the next one is shown whole, and is on record.
    assert_eq!(stage.add("two", &Ca::new("Two")).0, "whole");
    let settled = stage.host.store();
    assert_ne!(settled, before);
    stage.run(&add).exits(2).says("has no hash link");
    assert_eq!(stage.host.store(), settled);

    std::fs::write(&stage.config, &config).unwrap();
    assert_eq!(stage.add("three", &Ca::new("Three")).0, "whole");
    let run = stage.run(&add).exits(0);
    assert_eq!(run.report()["rehearsal"], "part");
    assert_eq!(stage.shown().len(), 50);
    for view in stage.host.views() {
        assert!(cas.iter().all(|ca| view.contains(&ca.sha256())));
    }
    // The script itself would make it all alike.
    let made = stage.host.store();
    stage.host.bare_update(&["--fresh"]).exits(0);
    let remade = stage.host.store();
    let names = |store: &support::Snapshot| store.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&made), names(&remade));
    let bundle = std::path::Path::new(BUNDLE);
    assert_eq!(made.get(bundle), remade.get(bundle));
}
