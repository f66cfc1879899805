//! Random chains, shown to the real programs: is each prediction what the program says?
//!
//! The seed is printed; `TRUSTCTL_SEED` and `TRUSTCTL_CHAINS` replace it and the number of chains.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "figures are what this test is for")]
#![expect(
    clippy::disallowed_methods,
    reason = "a test runs the programs it compares with"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

mod algorithms;
mod releases;

use crate::random_chains::oddities::odd_chains;
use crate::random_chains::{Chain, chain, pem, pems};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use serde_json::{Value, json};
use trustctl::programs::Release;
use trustctl::verify::{Anchors, Options, PeerName, Profile, verify};

/// Chains per run; the engines need about two minutes for them.
const CHAINS: usize = 600;

/// Program, its Debian package, and an argument with which it ends well.
const PROGRAMS: &[(&str, &str, &str)] = &[
    ("/usr/bin/openssl", "openssl", "version"),
    ("/usr/bin/curl", "curl", "--version"),
    ("/usr/bin/certtool", "gnutls-bin", "--version"),
    ("/usr/bin/python3", "python3", "--version"),
    ("/usr/bin/go", "golang-go", "version"),
    ("/usr/bin/java", "default-jdk-headless", "--version"),
    ("/usr/bin/node", "nodejs", "--version"),
];

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

fn works(program: &str, argument: &str) -> bool {
    let run = Command::new(program).arg(argument).env_clear().output();
    run.is_ok_and(|output| output.status.success())
}

/// Installs what is missing; says so, and fails with the package's name where it can't.
fn programs_are_there() {
    let missing: Vec<_> = PROGRAMS
        .iter()
        .filter(|(program, _, argument)| !works(program, argument))
        .collect();
    if missing.is_empty() {
        return;
    }
    let packages: Vec<&str> = missing.iter().map(|(_, package, _)| *package).collect();
    println!(
        "installing from this machine's apt sources: {}",
        packages.join(" ")
    );
    let apt = |arguments: &[&str]| {
        let run = Command::new("/usr/bin/apt-get")
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .output();
        run.is_ok_and(|output| output.status.success())
    };
    apt(&["update", "-q"]);
    assert!(
        apt(&[
            &["install", "-y", "--no-install-recommends"],
            packages.as_slice()
        ]
        .concat()),
        "cannot install {packages:?}"
    );
    for (program, package, argument) in missing {
        assert!(
            works(program, argument),
            "`{program}` of {package} does not work"
        );
    }
}

/// What programs say, by engine and chain.
type Answers = BTreeMap<(String, usize), bool>;

fn write(folder: &Path, chains: &[(String, Chain)]) {
    let put = |id: usize, kind: &str, text: String| {
        std::fs::write(folder.join(format!("c{id}.{kind}.pem")), text).unwrap();
    };
    let mut questions = Vec::new();
    for (id, (_, chain)) in chains.iter().enumerate() {
        let leaf = pems(std::slice::from_ref(&chain.leaf));
        put(id, "sent", leaf.clone() + &pems(&chain.helpers));
        put(id, "leaf", leaf);
        put(id, "helpers", pems(&chain.helpers));
        put(id, "anchors", pems(&chain.anchors));
        put(id, "key", pem("PRIVATE KEY", &chain.leaf_key));
        questions.push(json!({ "id": format!("c{id}"), "host": chain.host, "ip": PeerName::ip(&chain.host).is_some() }));
    }
    std::fs::write(
        folder.join("chains.json"),
        Value::from(questions).to_string(),
    )
    .unwrap();
}

/// Runs one driver over all chains and adds its answers.
fn ask(driver: &mut Command, answers: &mut Answers) {
    let output = driver.output().unwrap();
    assert!(
        output.status.success(),
        "{driver:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let line: BTreeMap<String, Value> = serde_json::from_str(line).unwrap();
        let id: usize = line["id"].as_str().unwrap()[1..].parse().unwrap();
        for (engine, verdict) in &line {
            if let Value::Bool(verdict) = verdict {
                answers.insert((engine.clone(), id), *verdict);
            }
        }
    }
}

fn drivers() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/slow/consumers")
}

/// What a program of this machine says of itself.
fn said(program: &[&str]) -> String {
    let output = Command::new(program[0])
        .args(&program[1..])
        .env_clear()
        .env("HOME", "/")
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The first version after this word; nothing without the word.
fn version_in(text: &str, word: &str) -> Option<String> {
    let rest = text.split_once(word)?.1;
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.');
    Some(rest[..end.unwrap_or(rest.len())].to_owned())
}

/// A release, and the name by which its driver answers.
type Asked = (&'static str, Release);

/// Every program as it is installed here.
fn releases() -> Vec<Asked> {
    let version_of = |program: &[&str], word| version_in(&said(program), word).unwrap();
    let openssl = version_of(&["/usr/bin/openssl", "version"], "OpenSSL ");
    let curl = version_of(&["/usr/bin/curl", "--version"], "curl ");
    let python = version_of(&["/usr/bin/python3", "--version"], "Python ");
    let names = [
        format!("openssl@{openssl}"),
        format!("curl@{curl}/openssl@{openssl}"),
        format!("python@{python}/openssl@{openssl}"),
        format!("python@3.13/openssl@{openssl}"),
        format!("go@{}", version_of(&["/usr/bin/go", "version"], " go")),
        format!(
            "gnutls@{}",
            version_of(&["/usr/bin/certtool", "--version"], "certtool ")
        ),
        format!(
            "java@{}",
            version_of(&["/usr/bin/java", "--version"], "openjdk ")
        ),
        format!("node@{}", version_of(&["/usr/bin/node", "--version"], "v")),
        "webpki-rs".to_owned(),
    ];
    println!("{}", names.join(", "));
    names.iter().flat_map(|name| asked(name)).collect()
}

/// A release as its own name; GnuTLS by both profiles that distributions choose.
fn asked(name: &str) -> Vec<Asked> {
    let release = Release::named(name).unwrap();
    let low = Release {
        medium: false,
        ..release.clone()
    };
    let is_gnutls = release.program == "gnutls";
    let mut all = vec![(release.program, release)];
    all.extend(is_gnutls.then_some(("gnutls-low", low)));
    all
}

/// What is predicted, and why not; `None`: trustctl says that it can't tell.
fn predicted(chain: &Chain, release: &Release, now: i64) -> (Option<bool>, String) {
    let helpers: Vec<&[u8]> = chain.helpers.iter().map(Vec::as_slice).collect();
    let anchors = Anchors::read(chain.anchors.iter().map(Vec::as_slice));
    let name = PeerName::ip(&chain.host).unwrap_or_else(|| PeerName::Dns(chain.host.clone()));
    let options = Options {
        profile: Profile::named(release.program).unwrap(),
        release: Some(release.clone()),
        names: vec![name],
        ..Options::at(now)
    };
    let verdict = verify(&chain.leaf, &helpers, &anchors, &options);
    let code = verdict.first_error().map_or("", |fault| fault.code.code());
    (verdict.answer(), code.into())
}

/// What rustls-webpki says, asked as rustls asks it.
fn webpki_accepts(chain: &Chain, now: i64) -> bool {
    let ders = |all: &[Vec<u8>]| -> Vec<CertificateDer<'static>> {
        all.iter().map(|der| der.clone().into()).collect()
    };
    let (anchors, helpers) = (ders(&chain.anchors), ders(&chain.helpers));
    let anchors = anchors
        .iter()
        .filter_map(|der| webpki::anchor_from_trusted_cert(der).ok());
    let anchors: Vec<_> = anchors.collect();
    let leaf = CertificateDer::from(chain.leaf.as_slice());
    let (Ok(leaf), Ok(host)) = (
        webpki::EndEntityCert::try_from(&leaf),
        ServerName::try_from(chain.host.as_str()),
    ) else {
        return false;
    };
    let time = UnixTime::since_unix_epoch(Duration::from_secs(now as u64));
    let usage = webpki::KeyUsage::server_auth();
    let algorithms = webpki::ALL_VERIFICATION_ALGS;
    let path = leaf.verify_for_usage(algorithms, &anchors, &helpers, time, usage, None, None);
    path.is_ok() && leaf.verify_is_valid_for_subject_name(&host).is_ok()
}

const EXPORT: &str = "java.base/sun.security.util=ALL-UNNAMED";

/// Shows the chains to all programs; of each so many predictions may be wrong.
fn ask_all(chains: &[(String, Chain)], now: i64, allowed: usize) {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), chains);
    let mut answers = BTreeMap::new();
    let drive = |name: &str| drivers().join(name).to_str().unwrap().to_owned();
    for words in [
        &["/usr/bin/python3", &drive("drive.py")][..],
        &["/usr/bin/go", "run", &drive("drive.go")],
        &["/usr/bin/node", &drive("drive.js")],
        &[
            "/usr/bin/java",
            "--add-exports",
            EXPORT,
            &drive("Drive.java"),
        ],
    ] {
        let mut driver = Command::new(words[0]);
        driver
            .args(&words[1..])
            .arg(folder.path())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", folder.path())
            .env("LC_ALL", "C.UTF-8");
        ask(&mut driver, &mut answers);
    }
    for (id, (_, chain)) in chains.iter().enumerate() {
        answers.insert(("webpki-rs".to_owned(), id), webpki_accepts(chain, now));
    }
    agree(&releases(), chains, &answers, now, allowed);
}

/// Of each release so many predictions may be wrong.
fn agree(
    releases: &[Asked],
    chains: &[(String, Chain)],
    answers: &Answers,
    now: i64,
    allowed: usize,
) {
    let wrong: Vec<(&str, usize)> = releases
        .iter()
        .map(|asked| (asked.0, compare(asked, chains, answers, now)))
        .filter(|(_, wrong)| *wrong > allowed)
        .collect();
    assert_eq!(wrong, []);
}

fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    now.as_secs() as i64
}

/// The same chains each time; others by `TRUSTCTL_SEED` and `TRUSTCTL_CHAINS`.
fn random(now: i64, usual: usize) -> Vec<(String, Chain)> {
    let seed = number("TRUSTCTL_SEED").unwrap_or(1);
    let count = number("TRUSTCTL_CHAINS").map_or(usual, |count| count as usize);
    println!("seed {seed}, {count} chains");
    let make = |number| {
        let chain = chain(seed, number, now);
        (format!("{:?}", chain.faults), chain)
    };
    (0..count).map(make).collect()
}

#[test]
fn real_programs_say_of_random_chains_what_is_predicted() {
    programs_are_there();
    let now = now();
    let chains = random(now, CHAINS);
    // Of three faults at once, one in 500 chains still meets a rule that is not written down.
    ask_all(&chains, now, chains.len() / 500);
}

#[test]
fn real_programs_say_of_oddities_what_is_predicted() {
    programs_are_there();
    let now = now();
    ask_all(&odd_chains(now), now, 0);
}

#[test]
fn real_programs_say_of_each_key_and_signature_what_is_predicted() {
    programs_are_there();
    let chains = algorithms::chains();
    // OpenSSL has made them valid from this second on.
    ask_all(&chains, now() + 1, 0);
}

/// How many predictions are wrong; they are printed, false accepts and false rejects apart.
fn compare(
    (engine, release): &Asked,
    chains: &[(String, Chain)],
    answers: &Answers,
    now: i64,
) -> usize {
    let (mut asked, mut undecided) = (0, 0);
    let (mut accepts, mut rejects) = (Vec::new(), Vec::new());
    for (id, (label, chain)) in chains.iter().enumerate() {
        let Some(&real) = answers.get(&((*engine).to_owned(), id)) else {
            continue;
        };
        asked += 1;
        let (predicted, code) = predicted(chain, release, now);
        match (predicted, real) {
            (None, _) => undecided += 1,
            (Some(true), false) => accepts.push(format!("accepts c{id} {label}")),
            (Some(false), true) => rejects.push(format!("rejects c{id} {label}: {code}")),
            _ => {}
        }
    }
    assert!(
        asked * 4 >= chains.len() * 3 && undecided * 20 <= asked,
        "{engine} answered only {asked} of {} questions, {undecided} undecided",
        chains.len()
    );
    let (right, fa, fr) = (
        asked - undecided - accepts.len() - rejects.len(),
        accepts.len(),
        rejects.len(),
    );
    let version = release.describe();
    println!("{engine} {version}: {right} of {asked} ({fa}, {fr}, {undecided})");
    for line in accepts.iter().chain(&rejects) {
        println!("    {line}");
    }
    fa + fr
}
