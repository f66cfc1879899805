//! What is said of each program beside what it does, on every server that only some programs connect to: Go, Java and
//! Node.js of this machine (the fast layer has its OpenSSL, curl, Python and GnuTLS), and all seven of each distribution.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use support::servers::{Identity, Server, openssl, raw, read_some, tunnel_after};
use support::tls_clients::CLIENTS;
use support::tls_servers::{HIDDEN, TlsServer, every_one};
use support::{Ca, Cell, Dates, Host, PATH, output, sample};
use tempfile::TempDir;
use trustctl::programs::hellos;

/// A program that connects to all ports it is given.
struct Runtime {
    consumer: &'static str,
    command: &'static str,
    version: &'static str,
}

const RUNTIMES: &[Runtime] = &[
    Runtime {
        consumer: "go",
        command: "test -e go.mod || /usr/bin/go mod init client 2>said; GOCACHE=/tmp/go /usr/bin/go run client.go",
        version: "/usr/bin/go version | sed 's/.*go\\([0-9]\\)/\\1/; s/ .*//'",
    },
    Runtime {
        consumer: "java",
        command: "/usr/bin/java -cp . Client",
        version: "/usr/bin/java --version | sed -n '1s/[^ ]* \\([0-9.]*\\).*/\\1/p'",
    },
    Runtime {
        consumer: "node",
        command: "/usr/bin/node client.js",
        version: "/usr/bin/node -p process.versions.openssl",
    },
];

/// Root, its programs, and the Go package of a host that is not asked about unless it is there.
type Root = (&'static str, &'static [&'static str], Option<&'static str>);

const ROOTS: &[Root] = &[
    ("bullseye", &["openssl", "curl", "python", "gnutls"], None),
    ("bullseye", &["go"], Some("golang-1.15-go")),
    ("bullseye-java", &["java", "node"], None),
    (
        "bookworm",
        &["openssl", "curl", "python", "gnutls", "go"],
        None,
    ),
    ("bookworm-java", &["java", "node"], None),
    (
        "trixie",
        &["openssl", "curl", "python", "gnutls", "go"],
        None,
    ),
    ("trixie-java", &["java", "node"], None),
];

/// So many servers run at once.
const AT_ONCE: usize = 40;

/// Where programs run: on this machine, or in a root with this machine's network.
enum Place {
    Here(TempDir),
    Root(Cell),
}

impl Place {
    fn with(self, files: &[(&str, &[u8])]) -> Place {
        for (name, bytes) in files {
            match &self {
                Place::Here(folder) => fs::write(folder.path().join(name), bytes).unwrap(),
                Place::Root(cell) => cell.write(&format!("/srv/{name}"), bytes),
            }
        }
        self
    }

    fn name(&self) -> &str {
        match self {
            Place::Here(_) => "here",
            Place::Root(cell) => cell.name(),
        }
    }

    /// What shell text prints that runs beside the files.
    fn run(&self, text: &str) -> String {
        let mut shell = match self {
            Place::Here(folder) => {
                let mut shell = Command::new("/bin/sh");
                shell.env_clear().env("PATH", PATH);
                shell.env("HOME", folder.path()).current_dir(folder.path());
                shell
            }
            Place::Root(cell) => cell.command_on_outer_network("/bin/sh"),
        };
        let text = match self {
            Place::Here(_) => text.to_string(),
            Place::Root(_) => format!("cd /srv\n{text}"),
        };
        output(shell.args(["-c", &text])).exits(0).stdout
    }

    /// What a program comes to on each port, `ok` or what it says, and its version.
    fn outcomes(&self, consumer: &str, ports: &[String]) -> (BTreeMap<String, String>, String) {
        let mut clients = CLIENTS.iter();
        let (text, version) = match clients.find(|one| one.consumer == consumer) {
            Some(client) => {
                let last = "$(grep . said | tail -n 1)";
                let each = ports.iter().map(|port| {
                    let command = client.at(port, "ca.pem");
                    format!("if {command} >said 2>&1; then echo {port} ok; else echo \"{port} {last}\"; fi\n")
                });
                (each.collect(), client.version)
            }
            None => {
                let mut runtimes = RUNTIMES.iter();
                let runtime = runtimes.find(|one| one.consumer == consumer).unwrap();
                let text = format!("{} ca.pem {}", runtime.command, ports.join(" "));
                (text, runtime.version)
            }
        };
        let said = self.run(&text);
        let pairs = said.lines().filter_map(|line| line.split_once(' '));
        let pairs = pairs.map(|(port, what)| (port.to_string(), what.to_string()));
        (pairs.collect(), self.run(version).trim().to_string())
    }
}

/// A place, the programs to be run there, and a package of the host that is asked about them.
type Machine = (Place, Vec<&'static str>, Option<&'static str>);

fn machines(ca: &Ca) -> Vec<Machine> {
    let drivers = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slow/diagnose_distros/clients");
    let compiled = TempDir::new().unwrap();
    let mut javac = Command::new("/usr/bin/javac");
    javac.env_clear().env("PATH", PATH);
    javac.args(["--release", "11", "-d"]).arg(compiled.path());
    output(javac.arg(drivers.join("Client.java"))).exits(0);
    let class = fs::read(compiled.path().join("Client.class")).unwrap();
    let files = [
        ("ca.pem", ca.pem().as_bytes()),
        ("Client.class", &class),
        ("client.go", include_bytes!("clients/client.go")),
        ("client.js", include_bytes!("clients/client.js")),
    ];
    let here = Place::Here(TempDir::new().unwrap()).with(&files);
    let all = RUNTIMES.iter().map(|one| one.consumer).collect();
    let roots = ROOTS.iter().map(|(name, programs, package)| {
        let root = Place::Root(Cell::new(name)).with(&files);
        (root, programs.to_vec(), *package)
    });
    [(here, all, None)].into_iter().chain(roots).collect()
}

/// What is said of a consumer in this version.
fn said<'r>(report: &'r Value, consumer: &str, version: &str) -> &'r Value {
    let mut programs = report["programs"].as_array().unwrap().iter();
    let found = programs.find(|one| one["consumer"] == consumer && one["version"] == version);
    &found.unwrap_or_else(|| panic!("{consumer} {version}: {report:#}"))["connects"]
}

/// How much was compared, of how much nothing is said, and where a program does something else than is said.
#[derive(Default)]
struct Compared {
    outcomes: usize,
    not_told: usize,
    wrong: Vec<String>,
}

impl Compared {
    fn add(&mut self, servers: &[(String, Server)], host: &Host, machines: &[Machine]) {
        let ports: Vec<String> = servers.iter().map(|one| one.1.port.to_string()).collect();
        let ask = || -> Vec<Value> { ports.iter().map(|port| report(host, port)).collect() };
        let of_any = ask();
        for (place, programs, package) in machines {
            let reports = match package {
                Some(package) => {
                    host.write("var/lib/dpkg/status", status(package));
                    let reports = ask();
                    host.delete("var/lib/dpkg/status");
                    reports
                }
                None => of_any.clone(),
            };
            for consumer in programs {
                let (done, version) = place.outcomes(consumer, &ports);
                let row = hellos::at(consumer, &version).unwrap().version;
                let program = format!("{}: {consumer} {version} ({row})", place.name());
                for ((name, server), report) in servers.iter().zip(&reports) {
                    let outcome = done.get(&server.port.to_string());
                    let outcome = outcome.unwrap_or_else(|| panic!("{program}: {name}: nothing"));
                    self.one(&program, name, said(report, consumer, row), outcome);
                }
            }
        }
    }

    fn one(&mut self, program: &str, server: &str, said: &Value, outcome: &str) {
        self.outcomes += 1;
        if said.is_null() && HIDDEN.iter().any(|part| server.ends_with(part)) {
            self.not_told += 1;
        } else if *said != (outcome == "ok") {
            let wrong = format!("{program}: {server}: said {said}, but {outcome}");
            self.wrong.push(wrong);
        }
    }
}

/// A list of installed packages with one whose name tells its version.
fn status(package: &str) -> String {
    let version = package.split('-').nth(1).unwrap();
    format!(
        "Package: {package}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}-1\n\n"
    )
}

fn report(host: &Host, port: &str) -> Value {
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
    fs::create_dir_all(host.certs().join("java")).unwrap();
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
fn each_program_here_and_in_the_distributions_does_what_is_said_of_it() {
    let (ca, other) = (Ca::new("Test Root"), Ca::new("Other Root"));
    let mut identities: BTreeMap<&str, Identity> = BTreeMap::new();
    let servers: Vec<TlsServer> = sample(every_one(), 5);
    for (key, _) in &servers {
        let leaf = || ca.leaf_by_openssl("localhost", key, "sha256", "");
        identities
            .entry(key)
            .or_insert_with(|| Identity::of(&leaf()));
    }
    let host = Host::empty().vendor("Test_Root", ca).settled();
    let ca = &host.vendors()[0];
    give_java_its_keystore(&host, ca);
    let machines = machines(ca);
    let mut compared = Compared::default();
    for some in servers.chunks(AT_ONCE) {
        let start = |(key, arguments): &TlsServer| {
            let words: Vec<&str> = arguments.split_whitespace().chain(["-www"]).collect();
            (
                format!("{key} {arguments}"),
                openssl(&identities[key], &words),
            )
        };
        let some: Vec<_> = some.iter().map(start).collect();
        compared.add(&some, &host, &machines);
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
    compared.add(&refused, &host, &machines);
    let Compared {
        outcomes,
        not_told,
        wrong,
    } = compared;
    println!(
        "{outcomes} outcomes of {} servers, {not_told} of them not told",
        servers.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(not_told * 20 <= outcomes, "{not_told} of {outcomes}");
}

/// What stands before a server and drops a first message in which `stops` finds what it does not bear.
fn before(port: u16, stops: fn(&[u8]) -> bool) -> Server {
    raw(move |mut stream| {
        let hello = read_some(&mut stream);
        if !stops(&hello) {
            tunnel_after(&hello, stream, port);
        }
    })
}

/// Whether a client connects to the port, with what is said to help before its command, after it, or without.
fn connects(place: &Place, client: &str, port: u16) -> bool {
    let client = client.replace("PORT", &port.to_string());
    let text = format!("({client}) >said 2>&1 || echo failed >>said; cat said");
    let said = place.run(&text);
    !said.contains("failed")
        && !said.contains("exception")
        && said.lines().all(|line| {
            // The runtimes' clients end well and say what came.
            !line.starts_with(&port.to_string()) || line.ends_with(" ok")
        })
}

const OPENSSL_CONF: &[u8] = b"openssl_conf = init\nnodejs_conf = init\n[init]\nssl_conf = ssl\n\
    [ssl]\nsystem_default = tls\n[tls]\nGroups = X25519:P-256\n";

#[test]
fn what_helps_against_large_hellos_helps() {
    let ca = Ca::new("Test Root");
    let server = openssl(&Identity::of(&ca.leaf("localhost")), &["-www"]);
    let front = before(server.port, |hello| hello.len() > 1400);
    let host = Host::empty().vendor("Test_Root", ca).settled();
    let ca = host.vendors()[0].pem().to_string();
    let told = report(&host, &front.port.to_string());
    assert_eq!(told["conclusion"]["code"], "large-hello", "{told:#}");
    let told = told["conclusion"]["remedy"].to_string();
    let files = [
        ("ca.pem", ca.as_bytes()),
        ("openssl.cnf", OPENSSL_CONF),
        ("client.go", include_bytes!("clients/client.go")),
        ("client.js", include_bytes!("clients/client.js")),
    ];
    let go = "test -e go.mod || go mod init client; export GOCACHE=/tmp/go; MORE go run client.go ca.pem PORT";
    let curl = "curl -sS -o /dev/null --cacert ca.pem MORE https://localhost:PORT/";
    let s_client = "openssl s_client MORE -connect localhost:PORT -CAfile ca.pem -verify_return_error </dev/null";
    let node = "MORE node client.js ca.pem PORT";
    let conf = "OPENSSL_CONF=openssl.cnf";
    let cases = [
        ("trixie", go, "GODEBUG=tlsmlkem=0"),
        ("trixie", s_client, "-groups X25519:P-256"),
        ("trixie", curl, "--curves X25519:P-256"),
        ("trixie-java", node, conf),
    ];
    for (root, client, helps) in cases {
        let place = Place::Root(Cell::new(root)).with(&files);
        let variable = helps.split('=').next().unwrap();
        assert!(told.contains(helps) || told.contains(variable), "{told}");
        assert!(
            !connects(&place, &client.replace("MORE", ""), front.port),
            "{client}"
        );
        assert!(
            connects(&place, &client.replace("MORE", helps), front.port),
            "{client} {helps}"
        );
    }
}

#[test]
fn what_helps_against_an_intolerant_server_helps_java_and_node() {
    let ca = Ca::new("Test Root");
    let server = openssl(&Identity::of(&ca.leaf("localhost")), &["-tls1_2", "-www"]);
    // The extension `supported_versions` with TLS 1.3 in it.
    let front = before(server.port, |hello| {
        let mut four = hello.windows(4);
        four.any(|window| window[..2] == [3, 4] && window[2] == 3)
    });
    let host = Host::empty().vendor("Test_Root", ca).settled();
    let told = report(&host, &front.port.to_string());
    assert_eq!(told["conclusion"]["code"], "tls13-intolerant", "{told:#}");
    let told = told["conclusion"]["remedy"].to_string();
    let machines = machines(&host.vendors()[0]);
    let cases = [
        (
            "java -Djdk.tls.client.protocols=TLSv1.2",
            "java",
            " -cp . Client ca.pem PORT",
        ),
        (
            "NODE_OPTIONS=--tls-max-v1.2",
            "",
            " node client.js ca.pem PORT",
        ),
    ];
    for root in ["bookworm-java", "trixie-java"] {
        let found = machines.iter().find(|machine| machine.0.name() == root);
        let place = &found.unwrap().0;
        for (helps, without, client) in cases {
            assert!(told.contains(helps), "{told}");
            assert!(
                !connects(place, &format!("{without}{client}"), front.port),
                "{root} {client}"
            );
            assert!(
                connects(place, &format!("{helps}{client}"), front.port),
                "{root} {helps}"
            );
        }
    }
}
