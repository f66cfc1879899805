//! What is said of Go, Java and Node.js beside what they do, on every server that only some programs connect to; the
//! fast layer has OpenSSL, curl, Python and GnuTLS.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use support::servers::{Identity, Server, openssl};
use support::tls_servers::{HIDDEN, TlsServer, every_one};
use support::{Ca, Dates, Host, PATH, output, sample};
use tempfile::TempDir;
use trustctl::programs::hellos;

/// Consumer, the command that runs its client, and the one that tells its version.
const RUNTIMES: &[(&str, &str, &str)] = &[
    (
        "go",
        "/usr/bin/go run client.go",
        "go version | sed 's/.*go\\([0-9]\\)/\\1/; s/ .*//'",
    ),
    (
        "java",
        "/usr/bin/java Client.java",
        "java --version | sed -n '1s/[^ ]* \\([0-9]*\\).*/\\1/p'",
    ),
    (
        "node",
        "/usr/bin/node client.js",
        "node --version | tr -d v",
    ),
];

/// So many servers run at once.
const AT_ONCE: usize = 40;

fn shell(text: &str, home: &Path) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.env_clear().env("PATH", PATH).env("HOME", home);
    shell.env("GOFLAGS", "-mod=mod").env("GO111MODULE", "off");
    shell.current_dir(drivers()).args(["-c", text]);
    shell
}

fn drivers() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/slow/diagnose_distros/clients")
}

/// What the client of a runtime comes to on each port: `ok`, or what it says.
fn outcomes(client: &str, ca: &Path, ports: &[u16], home: &Path) -> BTreeMap<u16, String> {
    let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
    let text = format!("{client} {} {}", ca.display(), ports.join(" "));
    let run = output(&mut shell(&text, home)).exits(0);
    let pairs = run.stdout.lines().filter_map(|line| line.split_once(' '));
    let all: BTreeMap<u16, String> = pairs
        .filter_map(|(port, what)| Some((port.parse().ok()?, what.to_string())))
        .collect();
    assert_eq!(all.len(), ports.len(), "{run}");
    all
}

/// What is said of a consumer in this version.
fn said<'r>(report: &'r Value, consumer: &str, version: &str) -> &'r Value {
    let mut programs = report["programs"].as_array().unwrap().iter();
    let found = programs.find(|one| one["consumer"] == consumer && one["version"] == version);
    &found.unwrap_or_else(|| panic!("{consumer} {version}: {report:#}"))["connects"]
}

/// Where a program does something else than is said, by server; how much was compared, and of how much nothing is said.
fn compare(servers: &[(String, Server)], host: &Host, ca: &Ca) -> (usize, usize, Vec<String>) {
    let home = TempDir::new().unwrap();
    let file = home.path().join("ca.pem");
    std::fs::write(&file, ca.pem()).unwrap();
    let ports: Vec<u16> = servers.iter().map(|(_, server)| server.port).collect();
    let reports: Vec<Value> = ports.iter().map(|port| report(host, *port)).collect();
    let (mut compared, mut unknown, mut wrong) = (0, 0, Vec::new());
    for (consumer, client, asked) in RUNTIMES {
        let own = output(&mut shell(asked, home.path())).exits(0);
        let row = hellos::at(consumer, own.stdout.trim()).unwrap().version;
        let done = outcomes(client, &file, &ports, home.path());
        for ((name, server), report) in servers.iter().zip(&reports) {
            let outcome = &done[&server.port];
            let said = said(report, consumer, row);
            compared += 1;
            if said.is_null() && HIDDEN.iter().any(|part| name.ends_with(part)) {
                unknown += 1;
            } else if *said != (outcome == "ok") {
                wrong.push(format!(
                    "{name}: {consumer} {row}: said {said}, but {outcome}"
                ));
            }
        }
    }
    (compared, unknown, wrong)
}

fn report(host: &Host, port: u16) -> Value {
    let target = format!("localhost:{port}");
    let words = [
        "--format",
        "json",
        "diagnose",
        "--timeout",
        "5",
        "--connect",
        "127.0.0.1",
    ];
    host.trustctl(words.into_iter().chain([target.as_str()]))
        .report()["targets"][0]
        .take()
}

/// Java is only asked about where it has the system's keystore.
fn give_java_its_keystore(host: &Host, ca: &Ca) {
    std::fs::create_dir_all(host.certs().join("java")).unwrap();
    let file = host.input("java.pem", ca.pem());
    let mut keytool = Command::new("/usr/bin/keytool");
    keytool.env_clear().env("PATH", PATH);
    keytool.args([
        "-importcert",
        "-noprompt",
        "-alias",
        "root",
        "-storepass",
        "changeit",
    ]);
    keytool.arg("-file").arg(file);
    keytool
        .arg("-keystore")
        .arg(host.certs().join("java/cacerts"));
    output(&mut keytool).exits(0);
}

#[test]
fn go_java_and_node_do_what_is_said_of_them() {
    let (ca, other) = (Ca::new("Test Root"), Ca::new("Other Root"));
    let mut identities: BTreeMap<&str, Identity> = BTreeMap::new();
    let servers: Vec<TlsServer> = sample(every_one(), 3);
    for (key, _) in &servers {
        let leaf = || ca.leaf_by_openssl("localhost", key, "sha256", "");
        identities
            .entry(key)
            .or_insert_with(|| Identity::of(&leaf()));
    }
    let host = Host::empty().vendor("Test_Root", ca).settled();
    let ca = &host.vendors()[0];
    give_java_its_keystore(&host, ca);
    let (mut compared, mut unknown, mut wrong) = (0, 0, Vec::new());
    let mut add = |servers: Vec<(String, Server)>| {
        let (more, not_told, differences) = compare(&servers, &host, ca);
        compared += more;
        unknown += not_told;
        wrong.extend(differences);
    };
    for some in servers.chunks(AT_ONCE) {
        let start = |(key, arguments): &TlsServer| {
            let words: Vec<&str> = arguments.split_whitespace().chain(["-www"]).collect();
            (
                format!("{key} {arguments}"),
                openssl(&identities[key], &words),
            )
        };
        add(some.iter().map(start).collect());
    }
    let past = Dates {
        from: 2020,
        to: 2021,
    };
    let refused = [
        ("unknown issuer", Identity::of(&other.leaf("localhost"))),
        ("wrong name", Identity::of(&ca.leaf("other.example"))),
        (
            "expired",
            Identity::of(&ca.leaf_with("localhost", past, |_| {})),
        ),
        (
            "no intermediate",
            Identity::of(&ca.intermediate("Issuing CA").leaf("localhost")),
        ),
    ];
    let refused = refused.map(|(name, shown)| (name.to_string(), openssl(&shown, &["-www"])));
    add(refused.into());
    println!(
        "{compared} outcomes of {} programs, {unknown} of them not told",
        RUNTIMES.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(unknown * 20 <= compared, "{unknown} of {compared}");
}
