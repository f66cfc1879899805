//! The programs of each distribution, and releases that no distribution of this generation brings, beside what is
//! predicted of them.

use std::path::{Path, PathBuf};
use std::process::Command;

use support::{Cell, sample};
use trustctl::programs::Release;

use super::algorithms;
use super::{Answers, Asked, EXPORT, agree, ask, asked, drivers, now, random, version_in, write};
use crate::random_chains::Chain;
use crate::random_chains::oddities::odd_chains;

/// Chains that each root is shown beside all oddities.
const CHAINS: usize = 100;
/// Root, and the drivers that it has programs for.
const ROOTS: &[(&str, &[Driver])] = &[
    ("bullseye", &[Driver::Python, Driver::Go]),
    ("bookworm", &[Driver::Python, Driver::Go]),
    // The driver exhausts the memory of its Node.js 12, which is out of support.
    ("bullseye-java", &[Driver::Java]),
    ("bookworm-java", &[Driver::Node, Driver::Java]),
    ("trixie-java", &[Driver::Python, Driver::Node, Driver::Java]),
];

#[derive(Clone, Copy, PartialEq)]
enum Driver {
    /// OpenSSL, curl, GnuTLS and Python itself, as far as they are there.
    Python,
    Go,
    Node,
    Java,
}

impl Driver {
    fn words(self) -> &'static [&'static str] {
        match self {
            Self::Python => &["python3", "/srv/drive.py"],
            Self::Go => &["go", "run", "/srv/drive.go"],
            Self::Node => &["node", "/srv/drive.js"],
            Self::Java => &["java", "--add-exports", EXPORT, "-cp", "/srv", "Drive"],
        }
    }

    /// The releases that it asks, as programs say of themselves.
    fn releases(self, cell: &Cell) -> Vec<Asked> {
        let version = |text: &str, word| version_in(&cell.sh(text).stdout, word);
        let names: Vec<Option<String>> = match self {
            Self::Python => {
                let openssl = version("openssl version", "OpenSSL ").unwrap();
                let with = |name: &str, version: Option<String>| {
                    Some(format!("{name}@{}/openssl@{openssl}", version?))
                };
                let python = version("python3 --version 2>&1", "Python ");
                let minor = |python: &str| python.split('.').nth(1)?.parse::<u32>().ok();
                let has_strict = python.as_deref().and_then(minor) >= Some(10);
                vec![
                    Some(format!("openssl@{openssl}")),
                    with("curl", version("curl --version", "curl ")),
                    with("python", Some("3.9".to_owned())).filter(|_| python.is_some()),
                    with("python", Some("3.13".to_owned())).filter(|_| has_strict),
                    version("certtool --version", "certtool ").map(|one| format!("gnutls@{one}")),
                ]
            }
            Self::Go => vec![version("go version", " go").map(|one| format!("go@{one}"))],
            // A package's: it links the system's OpenSSL.
            Self::Node => {
                let openssl = version(
                    "node -p process.versions.openssl | sed 's/^/OpenSSL /'",
                    "OpenSSL ",
                )
                .unwrap();
                vec![
                    version("node --version", "v")
                        .map(|one| format!("node@{one}/openssl@{openssl}")),
                ]
            }
            Self::Java => {
                vec![version("java --version", "openjdk ").map(|one| format!("java@{one}"))]
            }
        };
        let packaged = |(engine, release): Asked| {
            let package = (self == Self::Node).then(|| "nodejs".to_owned());
            (engine, Release { package, ..release })
        };
        let named = names.iter().flatten().flat_map(|name| asked(name));
        named.map(packaged).collect()
    }
}

/// The classes of `Drive.java` for the oldest JRE.
fn compiled(folder: &Path) -> Vec<u8> {
    let mut javac = Command::new("/usr/bin/javac");
    javac.args([
        "-nowarn",
        "-source",
        "11",
        "-target",
        "11",
        "--add-exports",
        EXPORT,
        "-d",
    ]);
    javac.arg(folder).arg(drivers().join("Drive.java"));
    support::output(javac.env_clear()).exits(0);
    std::fs::read(folder.join("Drive.class")).unwrap()
}

fn all_chains(now: i64) -> Vec<(String, Chain)> {
    let mut chains = random(now, CHAINS);
    chains.extend(odd_chains(now));
    let mut chains = sample(chains, 6);
    chains.extend(algorithms::chains());
    chains
}

fn of_root(root: &str, now: i64) {
    super::programs_are_there();
    let chains = all_chains(now);
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &chains);
    let mut tar = Command::new("/bin/tar");
    let tar = tar
        .arg("-C")
        .arg(folder.path())
        .args(["-c", "."])
        .output()
        .unwrap();
    let cell = Cell::new(root);
    cell.write("/srv/chains.tar", tar.stdout);
    cell.sh("mkdir /srv/chains && tar -C /srv/chains -xf /srv/chains.tar")
        .exits(0);
    for name in ["drive.py", "drive.go", "drive.js"] {
        cell.write(
            &format!("/srv/{name}"),
            std::fs::read(drivers().join(name)).unwrap(),
        );
    }
    let (_, drivers) = ROOTS.iter().find(|(name, _)| *name == root).unwrap();
    if drivers.contains(&Driver::Java) {
        let classes = tempfile::tempdir().unwrap();
        cell.write("/srv/Drive.class", compiled(classes.path()));
    }
    let (mut answers, mut releases) = (Answers::new(), Vec::new());
    for driver in *drivers {
        let words = driver.words();
        let mut command = cell.command(words[0]);
        command.args(&words[1..]).arg("/srv/chains");
        ask(&mut command, &mut answers);
        releases.extend(driver.releases(&cell));
    }
    if root == "bullseye" {
        // certtool 3.7.1 does not heed --verify-profile (RSA-1024 passes at `ultra`): it tells nothing of keys.
        let keys = chains.len() - algorithms::COUNT;
        answers.retain(|(engine, id), _| !engine.starts_with("gnutls") || *id < keys);
    }
    // OpenSSL has made some of them valid from a later second on.
    agree(&releases, &chains, &answers, super::now(), 0);
}

#[test]
fn programs_of_bullseye_say_what_is_predicted() {
    of_root("bullseye", now());
}

#[test]
fn programs_of_bookworm_say_what_is_predicted() {
    of_root("bookworm", now());
}

#[test]
fn java_of_bullseye_says_what_is_predicted() {
    of_root("bullseye-java", now());
}

#[test]
fn node_and_java_of_bookworm_say_what_is_predicted() {
    of_root("bookworm-java", now());
}

#[test]
fn programs_of_trixie_say_what_is_predicted() {
    of_root("trixie-java", now());
}

/// `make test-releases` alone: they are several gigabytes.
#[test]
fn releases_from_1_21_of_go_from_20_of_node_and_from_11_of_java_say_what_is_predicted() {
    // One folder each: `go-1.24.11`, `node-22.20.0`, `java-21.0.8.2`.
    let folder = std::env::var_os("TRUSTCTL_RELEASES").map(PathBuf::from);
    let folder = folder.expect("TRUSTCTL_RELEASES is not set: run `make test-releases`");
    super::programs_are_there();
    let now = now();
    let chains = all_chains(now);
    let files = tempfile::tempdir().unwrap();
    write(files.path(), &chains);
    let classes = tempfile::tempdir().unwrap();
    compiled(classes.path());
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert!(names.len() >= 12, "{names:?}");
    let mut wrong = Vec::new();
    for name in names {
        let (program, version) = name.split_once('-').unwrap();
        let place = folder.join(&name);
        let mut driver = Command::new(place.join("bin").join(program));
        match program {
            "go" => driver.arg("run").arg(drivers().join("drive.go")),
            "node" => driver.arg(drivers().join("drive.js")),
            _ => driver
                .args(["--add-exports", EXPORT, "-cp"])
                .arg(classes.path())
                .arg("Drive"),
        };
        driver.arg(files.path()).env_clear();
        driver
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", files.path());
        // A Go compiles its library first; what it has compiled is kept.
        driver.env("GOCACHE", place.join("cache"));
        let mut answers = Answers::new();
        ask(&mut driver, &mut answers);
        for asked in asked(&format!("{program}@{version}")) {
            let count = super::compare(&asked, &chains, &answers, super::now());
            wrong.extend((count > 0).then_some((name.clone(), count)));
        }
    }
    assert_eq!(wrong, []);
}
