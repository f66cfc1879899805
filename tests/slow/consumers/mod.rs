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
use std::time::{SystemTime, UNIX_EPOCH};

use crate::random_chains::{Chain, chain, pem, pems};
use serde_json::{Value, json};
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

/// Profile, and the least share of agreement in percent.
const THRESHOLDS: &[(&str, f64)] = &[
    ("openssl", 99.5),
    ("curl", 99.5),
    ("python", 99.5),
    ("python-strict", 99.5),
    ("go", 99.5),
    ("gnutls", 99.5),
    ("node", 99.5),
    ("java", 99.0),
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

fn write(folder: &Path, chains: &[Chain]) {
    let put = |id: usize, kind: &str, text: String| {
        std::fs::write(folder.join(format!("c{id}.{kind}.pem")), text).unwrap();
    };
    let mut questions = Vec::new();
    for (id, chain) in chains.iter().enumerate() {
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

/// Runs one engine over all chains and adds its answers.
fn ask(folder: &Path, command: &[&str], answers: &mut BTreeMap<(String, usize), bool>) {
    let output = Command::new(command[0])
        .args(&command[1..])
        .arg(folder)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", folder)
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}",
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

fn predicted(chain: &Chain, engine: &str, now: i64) -> (bool, String) {
    let helpers: Vec<&[u8]> = chain.helpers.iter().map(Vec::as_slice).collect();
    let anchors = Anchors::read(chain.anchors.iter().map(Vec::as_slice));
    let name = PeerName::ip(&chain.host).unwrap_or_else(|| PeerName::Dns(chain.host.clone()));
    let options = Options {
        profile: Profile::named(engine).unwrap(),
        // The JDK's trust manager alone checks no names.
        names: if engine == "java" {
            Vec::new()
        } else {
            vec![name]
        },
        ..Options::at(now)
    };
    let verdict = verify(&chain.leaf, &helpers, &anchors, &options);
    (
        verdict.valid,
        verdict
            .first_error()
            .map_or_else(String::new, |fault| fault.code.code().into()),
    )
}

#[test]
fn real_programs_say_what_is_predicted() {
    programs_are_there();
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs() as i64;
    let seed = number("TRUSTCTL_SEED").unwrap_or(now as u64);
    let count = number("TRUSTCTL_CHAINS").map_or(CHAINS, |count| count as usize);
    println!("seed {seed}, {count} chains");
    let chains: Vec<Chain> = (0..count).map(|number| chain(seed, number, now)).collect();
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &chains);

    let mut answers = BTreeMap::new();
    let drive = |name: &str| drivers().join(name).to_str().unwrap().to_owned();
    ask(
        folder.path(),
        &["/usr/bin/python3", &drive("drive.py")],
        &mut answers,
    );
    ask(
        folder.path(),
        &["/usr/bin/go", "run", &drive("drive.go")],
        &mut answers,
    );
    ask(
        folder.path(),
        &["/usr/bin/node", &drive("drive.js")],
        &mut answers,
    );
    ask(
        folder.path(),
        &["/usr/bin/java", &drive("Drive.java")],
        &mut answers,
    );

    let mut failed = Vec::new();
    for (engine, least) in THRESHOLDS {
        let share = compare(engine, &chains, &answers, now);
        if share < *least {
            failed.push(format!("{engine} {share:.2} % of at least {least} %"));
        }
    }
    assert!(failed.is_empty(), "seed {seed}: {failed:?}");
}

/// What the profile `go` judges and releases before 1.24 do not: policies, and negative serial numbers.
fn since_go_1_24() -> &'static [&'static str] {
    let output = Command::new("/usr/bin/go")
        .arg("version")
        .env_clear()
        .env("HOME", "/")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let minor = text
        .split("go1.")
        .nth(1)
        .and_then(|rest| rest.split(['.', ' ']).next())
        .and_then(|minor| minor.parse().ok());
    if minor.is_some_and(|minor: u32| minor < 24) {
        &["policy required", "serial number"]
    } else {
        &[]
    }
}

/// Share of agreement in percent; differences are printed, false accepts and false rejects apart.
fn compare(
    engine: &str,
    chains: &[Chain],
    answers: &BTreeMap<(String, usize), bool>,
    now: i64,
) -> f64 {
    let (mut asked, mut accepts, mut rejects) = (0, Vec::new(), Vec::new());
    let spared: &[&str] = if engine == "go" { since_go_1_24() } else { &[] };
    for (id, chain) in chains.iter().enumerate() {
        if chain.faults.iter().any(|fault| spared.contains(fault)) {
            continue;
        }
        let Some(&real) = answers.get(&(engine.to_owned(), id)) else {
            continue;
        };
        asked += 1;
        let (predicted, code) = predicted(chain, engine, now);
        match (predicted, real) {
            (true, false) => accepts.push(format!("c{id} {:?}", chain.faults)),
            (false, true) => rejects.push(format!("c{id} {:?} {code}", chain.faults)),
            _ => {}
        }
    }
    assert!(
        asked * 10 >= chains.len() * 9,
        "{engine} answered only {asked} of {} questions",
        chains.len()
    );
    let share = 100.0 - 100.0 * (accepts.len() + rejects.len()) as f64 / asked as f64;
    println!(
        "{engine}: {share:.2} % of {asked}, {} false accepts, {} false rejects",
        accepts.len(),
        rejects.len()
    );
    for line in accepts
        .iter()
        .map(|line| format!("accepts {line}"))
        .chain(rejects.iter().map(|line| format!("rejects {line}")))
    {
        println!("    {line}");
    }
    share
}
