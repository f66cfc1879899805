//! The verdict of every profile on chains with one fault each, as tables in `snapshots`.
//!
//! Whether the verdicts are right is for the layers with real programs and suites to say. These tables run everywhere,
//! and show at a glance what a change to the engine does to whom.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod anchors;
mod contents;
mod keys;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::random_chains::{Chain, constrained, constraints, faulty, injected};
use contents::Content;
use trustctl::programs::Release;
use trustctl::verify::{
    Anchors, Options, PROFILES, PeerName, Purpose, Severity, Verdict, advice, as_anchor, verify,
};

/// 2027-01-15T08:00:00Z
const NOW: i64 = 1_800_000_000;

/// What each profile says, profiles of one mind together.
fn opinions(chain: &Chain) -> String {
    let helpers: Vec<&[u8]> = chain.helpers.iter().map(Vec::as_slice).collect();
    let anchors = Anchors::read(chain.anchors.iter().map(Vec::as_slice));
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for profile in &PROFILES {
        let name = PeerName::ip(&chain.host).unwrap_or_else(|| PeerName::Dns(chain.host.clone()));
        let options = Options {
            profile,
            names: vec![name],
            ..Options::at(NOW)
        };
        let opinion = opinion(&verify(&chain.leaf, &helpers, &anchors, &options));
        match groups.iter_mut().find(|(found, _)| *found == opinion) {
            Some((_, names)) => names.push(profile.name),
            None => groups.push((opinion, vec![profile.name])),
        }
    }
    groups
        .into_iter()
        .map(|(opinion, names)| format!("\n    {}: {opinion}", names.join(" ")))
        .collect()
}

/// Every fault with its place, a warning with a question mark.
fn opinion(verdict: &Verdict<'_>) -> String {
    let faults = verdict.reasons.iter().map(|fault| {
        let mark = match fault.severity {
            Severity::Error => "",
            Severity::Undecided => "??",
            Severity::Warning => "?",
        };
        let at = fault.at.map_or("path".to_owned(), |at| at.to_string());
        format!("{}@{at}{mark}", fault.code.code())
    });
    let word = match verdict.answer() {
        Some(true) => "valid",
        Some(false) => "refused",
        None => "undecided",
    };
    [word.to_owned()]
        .into_iter()
        .chain(faults)
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn faults_of_chains() {
    let mut table = String::new();
    let mut number = 0;
    while let Some(first) = faulty(number, 0, NOW) {
        let mut seen: Vec<String> = Vec::new();
        for variant in 0..8 {
            let chain = faulty(number, variant, NOW).unwrap();
            let opinions = opinions(&chain);
            if !seen.contains(&opinions) {
                write!(table, "{}{opinions}\n\n", first.faults[0]).unwrap();
                seen.push(opinions);
            }
        }
        number += 1;
    }
    insta::assert_snapshot!(table);
}

/// A sound chain of four in which one certificate has this extension.
fn chain_with((oid, critical, _, content): &Content, at: usize, flipped: bool) -> Chain {
    let chain = injected(1, at, oid, *critical != flipped, content, NOW);
    assert_eq!((chain.helpers.len(), chain.anchors.len()), (2, 1));
    chain
}

fn extensions(contents: &[Content]) -> String {
    let mut table = String::new();
    let mut last = Vec::new();
    for content in contents {
        // Whether criticality is what it should be is asked of the first content of a kind.
        let first = last != content.0;
        last.clone_from(&content.0);
        for at in [0, 1, 3] {
            for flipped in [false, true] {
                if flipped && !first {
                    continue;
                }
                let opinions = opinions(&chain_with(content, at, flipped));
                let oid = content.0.iter().map(|byte| format!("{byte:02x}"));
                let critical = if content.1 == flipped {
                    ""
                } else {
                    ", critical"
                };
                let (oid, what) = (oid.collect::<String>(), content.2);
                write!(table, "{oid} {what}{critical} @{at}{opinions}\n\n").unwrap();
            }
        }
    }
    table
}

#[test]
fn basic_constraints_in_each_place() {
    insta::assert_snapshot!(extensions(&contents::basic_constraints()));
}

#[test]
fn key_usages_in_each_place() {
    insta::assert_snapshot!(extensions(
        &[contents::key_usage(), contents::extended_key_usage()].concat()
    ));
}

#[test]
fn names_in_each_place() {
    insta::assert_snapshot!(extensions(&contents::subject_alt_name()));
}

#[test]
fn constraints_in_each_place() {
    insta::assert_snapshot!(extensions(&contents::name_constraints()));
}

#[test]
fn policies_in_each_place() {
    insta::assert_snapshot!(extensions(&contents::policy_extensions()));
}

#[test]
fn other_extensions_in_each_place() {
    insta::assert_snapshot!(extensions(&contents::identifiers_and_places()));
}

/// Every way in which chains are broken here.
fn broken_chains() -> Vec<Chain> {
    let faulty = (0..)
        .map_while(|number| faulty(number, 0, NOW).map(|_| number))
        .flat_map(|number| (0..8).filter_map(move |variant| faulty(number, variant, NOW)));
    let contents = [
        contents::basic_constraints(),
        contents::key_usage(),
        contents::extended_key_usage(),
        contents::subject_alt_name(),
        contents::name_constraints(),
        contents::policy_extensions(),
        contents::identifiers_and_places(),
    ];
    let contents = contents.into_iter().flatten();
    let injected = contents.flat_map(|content| [0, 1, 3].map(|at| chain_with(&content, at, false)));
    faulty.chain(injected).chain(keys::chains()).collect()
}

#[test]
fn messages_and_advice_for_each_fault() {
    let mut told: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for chain in broken_chains() {
        let helpers: Vec<&[u8]> = chain.helpers.iter().map(Vec::as_slice).collect();
        let anchors = Anchors::read(chain.anchors.iter().map(Vec::as_slice));
        for profile in &PROFILES {
            let name =
                PeerName::ip(&chain.host).unwrap_or_else(|| PeerName::Dns(chain.host.clone()));
            let options = Options {
                profile,
                names: vec![name],
                ..Options::at(NOW)
            };
            let verdict = verify(&chain.leaf, &helpers, &anchors, &options);
            for fault in &verdict.reasons {
                let code = fault.code.code();
                told.entry(code).or_default().insert(fault.message.clone());
            }
            let lines = advice(&verdict, &options).into_iter();
            told.entry("advice").or_default().extend(lines);
        }
    }
    let mut table = String::new();
    for (code, messages) in &told {
        // A few of each kind: names of certificates make many of one.
        let few = messages.iter().take(if *code == "advice" { 40 } else { 6 });
        let few: Vec<String> = few.map(|message| format!("    {message}\n")).collect();
        writeln!(table, "{code}\n{}", few.concat()).unwrap();
    }
    insta::assert_snapshot!(table);
}

#[test]
fn each_consumer_says_whether_a_certificate_serves_as_anchor() {
    let mut table = String::new();
    for content in contents::basic_constraints()
        .iter()
        .chain(&contents::key_usage())
    {
        for at in [1, 3] {
            let chain = chain_with(content, at, false);
            let der = if at == 1 {
                &chain.helpers[0]
            } else {
                &chain.anchors[0]
            };
            writeln!(table, "{} @{at}", content.2).unwrap();
            for taken in as_anchor(der, NOW, &Release::all_newest()).unwrap() {
                let Some(obstacle) = taken.obstacle else {
                    continue;
                };
                let code = obstacle.code.code();
                writeln!(
                    table,
                    "    {}: {code}: {}",
                    taken.profile.name, obstacle.message
                )
                .unwrap();
            }
        }
    }
    assert!(as_anchor(b"no certificate", NOW, &[]).is_none());
    insta::assert_snapshot!(table);
}

#[test]
fn names_under_constraints() {
    let mut table = String::new();
    for (what, name, subtree) in contents::names_and_subtrees() {
        let host = crate::random_chains::dns("host.example.com");
        let subtrees = [subtree, host];
        let (permits, excludes) = (
            constraints(&subtrees, &[]),
            constraints(&[], &subtrees[..1]),
        );
        for (word, content) in [("permitted", permits), ("excluded", excludes)] {
            let opinions = opinions(&constrained(std::slice::from_ref(&name), &content, NOW));
            write!(table, "{what}, {word}{opinions}\n\n").unwrap();
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn options_decide_too() {
    let expired = |number: usize| {
        (0..8).find_map(|variant| {
            let chain = faulty(number, variant, NOW).unwrap();
            let top = chain.anchors[0].clone();
            as_anchor(&top, NOW, &Release::all_newest()).unwrap()[0]
                .obstacle
                .is_some()
                .then_some(chain)
        })
    };
    let (old_root, sound) = (expired(0).unwrap(), keys::chains().swap_remove(16));
    let no_root = faulty(42, 0, NOW).unwrap();
    let mut table = String::new();
    for (what, chain) in [
        ("old root", &old_root),
        ("sound", &sound),
        ("odd", &no_root),
    ] {
        for profile in &PROFILES {
            let base = || Options {
                profile,
                ..Options::at(NOW)
            };
            let all = [
                ("as it is", base()),
                (
                    "any purpose",
                    Options {
                        purpose: Purpose::Any,
                        ..base()
                    },
                ),
                (
                    "client",
                    Options {
                        purpose: Purpose::Client,
                        ..base()
                    },
                ),
                (
                    "own store",
                    Options {
                        own_store: true,
                        ..base()
                    },
                ),
                (
                    "level 0",
                    Options {
                        security_level: Some(0),
                        ..base()
                    },
                ),
                (
                    "level 1",
                    Options {
                        security_level: Some(1),
                        ..base()
                    },
                ),
                (
                    "level 3",
                    Options {
                        security_level: Some(3),
                        ..base()
                    },
                ),
                (
                    "level 4",
                    Options {
                        security_level: Some(4),
                        ..base()
                    },
                ),
                (
                    "level 5",
                    Options {
                        security_level: Some(5),
                        ..base()
                    },
                ),
                (
                    "depth 0",
                    Options {
                        max_depth: Some(0),
                        ..base()
                    },
                ),
                (
                    "depth 2",
                    Options {
                        max_depth: Some(2),
                        ..base()
                    },
                ),
                (
                    "last second",
                    Options {
                        time: NOW + 90 * 86_400,
                        ..base()
                    },
                ),
                (
                    "and a fraction",
                    Options {
                        time: NOW + 90 * 86_400,
                        fraction: true,
                        ..base()
                    },
                ),
                (
                    "a second later",
                    Options {
                        time: NOW + 90 * 86_400 + 1,
                        ..base()
                    },
                ),
                (
                    "first second",
                    Options {
                        time: NOW - 10 * 86_400,
                        ..base()
                    },
                ),
                (
                    "a second before",
                    Options {
                        time: NOW - 10 * 86_400 - 1,
                        ..base()
                    },
                ),
                (
                    "root only",
                    Options {
                        partial_chain: Some(false),
                        ..base()
                    },
                ),
                (
                    "policy wanted",
                    Options {
                        require_explicit_policy: true,
                        ..base()
                    },
                ),
            ];
            for (option, options) in all {
                let helpers: Vec<&[u8]> = chain.helpers.iter().map(Vec::as_slice).collect();
                let anchors = Anchors::read(chain.anchors.iter().map(Vec::as_slice));
                let verdict = verify(&chain.leaf, &helpers, &anchors, &options);
                let opinion = opinion(&verdict);
                writeln!(table, "{what}, {}, {option}: {opinion}", profile.name).unwrap();
            }
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn anchors_that_cannot_be_read_are_remembered() {
    let chain = faulty(2, 0, NOW).unwrap();
    let none = Anchors::read([]);
    assert!(none.is_empty() && none.unreadable().is_empty());
    assert_eq!(none.len(), 0);
    let some = Anchors::read([&b"no certificate"[..], &chain.anchors[0], b"", &chain.leaf]);
    assert_eq!((some.len(), some.is_empty()), (2, false));
    assert_eq!(some.unreadable(), [0, 2]);
}
