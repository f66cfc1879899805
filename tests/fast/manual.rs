//! What is written for people says what the code does: manual pages, the configuration file, SECURITY.md.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test reads the repository, and fails by panicking"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::CommandFactory;
use support::{PATH, output};
use trustctl::cert::judge::Rule;
use trustctl::cli::Cli;
use trustctl::config::{Accept, Config};
use trustctl::rules::diagnosis::codes::EXPLANATIONS;

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[track_caller]
fn text(path: &str) -> String {
    let path = repository().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn pages() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(repository().join("man")).unwrap();
    let mut pages: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    pages
}

/// The part of a page under the heading `.Ss NAME …`.
#[track_caller]
fn subsection<'a>(page: &'a str, name: &str) -> &'a str {
    let heading = format!("\n.Ss {name}");
    let (start, _) = page
        .match_indices(&heading)
        .find(|(at, _)| page[at + heading.len()..].starts_with(['\n', ' ']))
        .unwrap_or_else(|| panic!("no `.Ss {name}`"));
    let rest = &page[start + heading.len()..];
    let ends = ["\n.Ss ", "\n.Sh "].map(|heading| rest.find(heading).unwrap_or(rest.len()));
    &rest[..ends[0].min(ends[1])]
}

/// What the section of a subsection says before its first subsection: options that all of its commands take.
fn introduction<'a>(page: &'a str, subsection: &str) -> &'a str {
    let at = page.find(subsection).unwrap();
    let start = page[..at].rfind("\n.Sh ").unwrap();
    page[start..at].split("\n.Ss ").next().unwrap()
}

fn names_flag(text: &str, argument: &clap::Arg) -> bool {
    let long = argument.get_long().map(|long| format!("Fl -{long}"));
    let short = argument.get_short().map(|short| format!("Fl {short}"));
    let named = |flag: &String| {
        text.match_indices(flag.as_str()).any(|(at, _)| {
            !text[at + flag.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-')
        })
    };
    long.iter().chain(&short).all(named)
}

#[test]
fn every_command_and_option_is_in_the_manual() {
    let page = text("man/trustctl.8");
    let mut cli = Cli::command();
    cli.build();
    let mut missing = Vec::new();
    let global = subsection(&page, "Global options");
    for argument in cli
        .get_arguments()
        .filter(|argument| !names_flag(global, argument))
    {
        missing.push(argument.get_id().to_string());
    }
    for command in cli
        .get_subcommands()
        .filter(|command| command.get_name() != "help")
    {
        let part = subsection(&page, command.get_name());
        let part = format!("{}{part}", introduction(&page, part));
        let own = command.get_arguments().filter(|argument| {
            !argument.is_hide_set() && !argument.is_global_set() && argument.get_id() != "help"
        });
        for argument in
            own.filter(|argument| !argument.is_positional() && !names_flag(&part, argument))
        {
            missing.push(format!("{} {}", command.get_name(), argument.get_id()));
        }
    }
    assert!(missing.is_empty(), "not in man/trustctl.8: {missing:#?}");
}

#[test]
fn the_manual_names_no_command_or_option_that_does_not_exist() {
    let page = text("man/trustctl.8");
    let mut cli = Cli::command();
    cli.build();
    let mut known: BTreeSet<String> = ["Fl -help", "Fl -version", "Fl h", "Fl V", "Fl t"]
        .map(String::from)
        .into();
    for command in std::iter::once(&cli).chain(cli.get_subcommands()) {
        known.extend(
            command
                .get_arguments()
                .filter_map(|a| a.get_long())
                .map(|long| format!("Fl -{long}")),
        );
        known.extend(
            command
                .get_arguments()
                .filter_map(clap::Arg::get_short)
                .map(|short| format!("Fl {short}")),
        );
    }
    for (at, _) in page.match_indices("Fl ") {
        let flag: String = page[at..]
            .split([' ', '\n'])
            .take(2)
            .collect::<Vec<_>>()
            .join(" ");
        assert!(known.contains(&flag), "man/trustctl.8 names `{flag}`");
    }
    let headings = page.lines().filter_map(|line| line.strip_prefix(".Ss "));
    for heading in headings.filter(|heading| heading.starts_with(|c: char| c.is_ascii_lowercase()))
    {
        let name = heading.split(' ').next().unwrap();
        assert!(
            cli.find_subcommand(name).is_some(),
            "man/trustctl.8 describes `{name}`"
        );
    }
}

#[test]
fn every_exit_status_and_rule_of_admission_is_in_the_manual() {
    let page = text("man/trustctl.8");
    let statuses = page.split(".Sh EXIT STATUS").nth(1).unwrap();
    for status in 0..=3 {
        assert!(
            statuses.contains(&format!("\n.It {status}\n")),
            "exit status {status}"
        );
    }
    let rules = page
        .split(".Sh RULES OF ADMISSION")
        .nth(1)
        .unwrap()
        .split("\n.Sh ")
        .next()
        .unwrap();
    let words: BTreeSet<&str> = rules.split_whitespace().collect();
    for rule in Rule::ALL {
        assert!(words.contains(rule.id()), "rule `{}`", rule.id());
    }
}

#[test]
fn every_conclusion_of_a_diagnosis_is_in_the_manual() {
    let page = text("man/trustctl.8");
    let part = page
        .split(".Sh CONCLUSIONS")
        .nth(1)
        .unwrap()
        .split("\n.Sh ")
        .next()
        .unwrap();
    for explanation in EXPLANATIONS {
        assert!(
            part.contains(&format!("\n.It Cm {}\n", explanation.id)),
            "{}",
            explanation.id
        );
    }
}

#[test]
fn every_rule_of_audit_is_in_its_manual_page() {
    let page = text("man/trustctl-rules.7").replace("\\-", "-");
    let words: BTreeSet<&str> = page
        .split(|c: char| c.is_whitespace() || "()".contains(c))
        .collect();
    for rule in trustctl::rules::all() {
        assert!(words.contains(rule.id), "{}", rule.id);
    }
}

/// Every key of the configuration with its table, from a value in which nothing is empty.
fn keys() -> Vec<(String, String)> {
    let mut config = Config::default();
    config.audit.severity.insert("rule".into(), "off".into());
    config.policy.allow_local_only = Some(Vec::new());
    let word = String::new;
    config.accept.push(Accept {
        rule: word(),
        subject: word(),
        reason: word(),
        until: word(),
    });
    let toml::Value::Table(tables) = toml::Value::try_from(config).unwrap() else {
        panic!("no table")
    };
    let pairs = tables.into_iter().flat_map(|(table, keys)| {
        let first = keys.as_array().map_or(&keys, |list| &list[0]);
        let names = first
            .as_table()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>();
        names.into_iter().map(move |key| (table.clone(), key))
    });
    pairs.collect()
}

#[test]
fn every_key_of_the_configuration_is_in_its_manual_page() {
    let page = text("man/trustctl.toml.5");
    for (table, key) in keys() {
        let part = subsection(&page, &table);
        assert!(part.contains(&format!("\n.It Cm {key}\n")), "{table}.{key}");
    }
}

#[test]
fn the_configuration_file_that_is_installed_names_every_key_with_its_default() {
    let installed = text("packaging/trustctl.toml");
    assert_eq!(
        Config::parse(&installed, "installed").unwrap(),
        Config::default()
    );
    // Commented-out lines are those without a blank behind the `#`.
    let lines = installed.lines().map(|line| match line.strip_prefix('#') {
        Some(rest) if !rest.starts_with(' ') => rest,
        _ => line,
    });
    let uncommented = lines.collect::<Vec<_>>().join("\n");
    let mut config = Config::parse(&uncommented, "uncommented").unwrap();
    for (table, key) in keys() {
        let named = uncommented.lines().any(|line| {
            line.starts_with(&format!("{key} = ")) || line == format!("[{table}.{key}]")
        });
        assert!(named, "{table}.{key}");
    }
    // What has no default has an example.
    config.audit.severity.clear();
    config.policy.allow_local_only = None;
    assert_eq!(config.accept.len(), 1);
    config.accept.clear();
    assert_eq!(config, Config::default());
}

/// The words of a command line as a shell takes them, as far as documents go: quotes, but nothing else.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, ' ') => words.push(String::new()),
            _ => words.last_mut().unwrap().push(c),
        }
    }
    words.into_iter().filter(|word| !word.is_empty()).collect()
}

/// Every call of `trustctl` that a document shows: at the start of a line, behind a prompt or `sudo`.
fn calls(document: &str) -> Vec<String> {
    let joined = document.replace("\\e\n", " ").replace("\\\n", " ");
    let start = |line: &str| {
        line.trim_start()
            .trim_start_matches("$ ")
            .trim_start_matches("sudo ")
            .to_string()
    };
    let lines = joined
        .lines()
        .map(start)
        .filter(|line| line.starts_with("trustctl "))
        .map(|line| {
            let end = line.find(" |").or(line.find(" #")).unwrap_or(line.len());
            line[..end].to_string()
        });
    lines.collect()
}

#[test]
fn every_call_that_the_documents_show_is_understood() {
    let mut calls_seen = 0;
    for document in [
        "README.md",
        "man/trustctl.8",
        "man/trustctl-refresh.7",
        "man/trustctl-apply.5",
        "man/trustctl.toml.5",
    ] {
        for call in calls(&text(document)) {
            calls_seen += 1;
            let call = call.replace("6b401eba...", &"0".repeat(64));
            if let Err(error) = Cli::command().try_get_matches_from(words(&call)) {
                panic!("{document}: `{call}`: {error}");
            }
        }
    }
    assert!(calls_seen > 15, "{calls_seen}");
}

#[test]
fn the_tests_that_security_md_names_exist() {
    let mut sources = String::new();
    for folder in ["src", "tests"] {
        for entry in walkdir::WalkDir::new(repository().join(folder)) {
            let entry = entry.unwrap();
            if entry
                .path()
                .extension()
                .is_some_and(|extension| extension == "rs")
            {
                sources += &std::fs::read_to_string(entry.path()).unwrap();
            }
        }
    }
    let security = text("SECURITY.md");
    let table = security.split("## Attack → test").nth(1).unwrap();
    let rows: Vec<&str> = table
        .lines()
        .filter(|line| line.starts_with("| "))
        .skip(1)
        .collect();
    assert!(rows.len() > 15, "the table is not read as it is written");
    for row in rows {
        let tests = row.trim_end_matches('|').rsplit('|').next().unwrap();
        let names: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "no test: {row}");
        for name in names {
            assert!(
                sources.contains(&format!("fn {name}(")),
                "SECURITY.md names `{name}`"
            );
        }
    }
}

#[test]
fn mandoc_and_man_have_nothing_to_say_about_the_pages() {
    for page in pages() {
        let mut mandoc = Command::new("/usr/bin/mandoc");
        let run = output(mandoc.env_clear().args(["-T", "lint"]).arg(&page));
        // Whether other packages' pages are installed here is no fault of ours.
        let faults = |line: &&str| {
            !line.contains("referenced manual not found") && !line.contains("outdated mandoc.db")
        };
        let said: Vec<&str> = run
            .stdout
            .lines()
            .chain(run.stderr.lines())
            .filter(faults)
            .collect();
        assert!(said.is_empty(), "{said:#?}");

        let mut man = Command::new("/usr/bin/man");
        man.env_clear()
            .env("PATH", PATH)
            .env("LC_ALL", "C.UTF-8")
            .env("MANWIDTH", "80");
        let run = output(
            man.args(["--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z"])
                .arg(&page),
        )
        .exits(0);
        assert_eq!(run.stderr, "", "{}", page.display());
    }
}

/// The targets of each `make …` in the README and in what contributors read.
fn make_lines() -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    for page in ["README.md", "CONTRIBUTING.md", "tests/README.md"] {
        let text = text(page);
        for start in ["`make ", "$ make "] {
            for (at, _) in text.match_indices(start) {
                let words = text[at + start.len()..].split(['`', '\n', '#']).next();
                lines.push((page, words.unwrap().trim().to_string()));
            }
        }
    }
    lines
}

#[test]
fn every_make_line_has_a_target_that_make_help_lists() {
    let mut make = Command::new("/usr/bin/make");
    make.env_clear().env("PATH", PATH).current_dir(repository());
    let help = output(make.arg("help")).exits(0).stdout;
    let listed = |target: &str| {
        let start = format!("make {target} ");
        help.lines().any(|line| line.starts_with(&start))
    };
    let lines = make_lines();
    assert!(lines.len() > 15, "{lines:?}");
    for (page, words) in lines {
        let targets = words.split(' ').filter(|word| !word.contains('='));
        for target in targets {
            assert!(listed(target), "{page}: `make {words}`; {help}");
            // What it would run can be put together: the target and all that it stands on are there.
            let mut dry = Command::new("/usr/bin/make");
            dry.env_clear().env("PATH", PATH).current_dir(repository());
            output(dry.args(["--dry-run", target, "KEY=0"])).exits(0);
        }
    }
    // Each layer that `make test` runs is one that can be run alone.
    let makefile = text("Makefile");
    for variable in ["LAYERS := ", "WHOLE_LAYERS := "] {
        let start = format!("\n{variable}");
        let layers = makefile
            .split(&start)
            .nth(1)
            .unwrap()
            .lines()
            .next()
            .unwrap();
        for layer in layers.split(' ') {
            assert!(listed(layer), "{layer}: {help}");
        }
    }
}
