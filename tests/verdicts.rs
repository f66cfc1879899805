//! The verdict of every profile on chains with one fault each, as tables in `tests/snapshots`.
//!
//! Whether the verdicts are right is for the layers with real programs and suites to say. These tables run everywhere,
//! and show at a glance what a change to the engine does to whom.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "verdicts/contents.rs"]
mod contents;
#[path = "verdicts/keys.rs"]
mod keys;
mod random_chains;

use std::fmt::Write as _;

use contents::Content;
use random_chains::{Chain, faulty, injected};
use trustctl::verify::{Anchors, Options, PROFILES, PeerName, Severity, Verdict, verify};

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
            Severity::Warning => "?",
        };
        let at = fault.at.map_or("path".to_owned(), |at| at.to_string());
        format!("{}@{at}{mark}", fault.code.code())
    });
    let word = if verdict.valid { "valid" } else { "refused" };
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
