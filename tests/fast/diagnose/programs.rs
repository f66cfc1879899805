//! What is said of each program beside what it does: servers that only some programs connect to, with the real OpenSSL,
//! curl, Python and GnuTLS of this machine.

use std::io::Write;
use std::process::Command;

use serde_json::Value;
use support::tls_clients::{CLIENTS, Client};
use support::tls_servers::{self, HIDDEN, SERVERS, TlsServer};
use support::{Ca, Host, PATH, output};
use tempfile::TempDir;
use trustctl::programs::hellos;

use crate::diagnose::{concludes, root, trusting};
use support::servers::{Identity, Server, openssl, raw, read_some, tunnel_after};

/// The version of a program on this machine, as the rows name it.
fn version(client: &Client) -> &'static str {
    let mut shell = Command::new("/bin/sh");
    shell.env_clear().env("PATH", PATH);
    let found = output(shell.args(["-c", client.version])).exits(0);
    let row = hellos::at(client.consumer, found.stdout.trim());
    row.unwrap().version
}

/// Whether each real program connects, and what is said of it, where these differ.
pub(super) fn differences(report: &Value, port: u16, ca: &Ca, name: &str) -> Vec<String> {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, ca.pem()).unwrap();
    let mut wrong = Vec::new();
    for client in &CLIENTS {
        let consumer = client.consumer;
        let text = client.at(&port.to_string(), file.to_str().unwrap());
        let mut shell = Command::new("/bin/sh");
        shell.env_clear().env("PATH", PATH).args(["-c", &text]);
        let run = output(&mut shell);
        let row = version(client);
        let mut programs = report["programs"].as_array().unwrap().iter();
        let said = programs.find(|one| one["consumer"] == consumer && one["version"] == row);
        let said = &said.unwrap()["connects"];
        let mut messages = report["messages"].as_array().unwrap().iter();
        let message = messages.find(|one| one["program"] == consumer);
        let text = message
            .and_then(|one| one["text"].as_str())
            .unwrap_or_default();
        if !run.ok() && !run.has(text) {
            wrong.push(format!(
                "{name}: {consumer} {row}: `{text}` is not what it says: {run}"
            ));
        }
        // That it can't be told is no wrong answer where the certificates can't be seen.
        let is_hidden = said.is_null() && HIDDEN.iter().any(|part| name.ends_with(part));
        if *said != run.ok() && !is_hidden {
            wrong.push(format!("{name}: {consumer} {row}: said {said}, but {run}"));
        }
    }
    wrong
}

/// Servers whose conclusion is not named here: only that no program does what is not said of it.
fn all_agree(servers: &[TlsServer]) {
    let ca = root();
    let mut identities: Vec<(&str, Identity)> = Vec::new();
    for (key, _) in servers {
        if !identities.iter().any(|(known, _)| known == key) {
            let leaf = ca.leaf_by_openssl("localhost", key, "sha256", "");
            identities.push((key, Identity::of(&leaf)));
        }
    }
    let host = trusting(ca);
    let mut wrong = Vec::new();
    for (key, arguments) in servers {
        let (_, identity) = identities.iter().find(|(known, _)| known == key).unwrap();
        let words: Vec<&str> = arguments.split_whitespace().chain(["-www"]).collect();
        let server = openssl(identity, &words);
        let report = crate::diagnose::report(&host, server.port);
        let name = format!("{key} {arguments}");
        wrong.extend(differences(&report, server.port, &host.vendors()[0], &name));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn programs_do_what_is_said_of_them_with_every_key_and_version() {
    all_agree(&tls_servers::with_every_key());
}

#[test]
fn programs_do_what_is_said_of_them_with_every_group() {
    all_agree(&tls_servers::with_every_group());
}

#[test]
fn programs_do_what_is_said_of_them_with_every_cipher() {
    all_agree(&tls_servers::with_every_cipher());
}

#[test]
fn programs_do_what_is_said_of_them_with_every_signature() {
    all_agree(&tls_servers::with_every_signature());
}

#[test]
fn each_program_does_what_is_said_of_it() {
    let ca = root();
    let identities: Vec<Identity> = SERVERS
        .iter()
        .map(|(key, _, _)| Identity::of(&ca.leaf_by_openssl("localhost", key, "sha256", "")))
        .collect();
    let copy = ca.pem().to_string();
    let host = trusting(ca);
    let ca = &host.vendors()[0];
    assert_eq!(copy, ca.pem());
    let mut wrong = Vec::new();
    for ((key, arguments, code), identity) in SERVERS.iter().zip(&identities) {
        let words: Vec<&str> = arguments.split_whitespace().chain(["-www"]).collect();
        let server = openssl(identity, &words);
        let name = format!("{key} {arguments}");
        let report = crate::diagnose::report(&host, server.port);
        let found = &report["conclusion"]["code"];
        if found != code {
            wrong.push(format!("{name}: {found} instead of {code}: {report:#}"));
        }
        wrong.extend(differences(&report, server.port, ca, &name));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn messages_of_refused_certificates_are_what_each_program_says() {
    let (ca, other) = (root(), Ca::new("Other Root"));
    let past = support::Dates {
        from: 2020,
        to: 2021,
    };
    let own = Ca::with("localhost", support::Dates::default(), |params| {
        let name = rcgen::SanType::DnsName("localhost".try_into().unwrap());
        params.subject_alt_names = vec![name];
        params.is_ca = rcgen::IsCa::NoCa;
        params.key_usages.clear();
    });
    let cases = [
        ("unknown-issuer", Identity::of(&other.leaf("localhost"))),
        ("wrong-name", Identity::of(&ca.leaf("other.example"))),
        (
            "expired-leaf",
            Identity::of(&ca.leaf_with("localhost", past, |_| {})),
        ),
        ("self-signed", Identity::raw(own.pem(), "", &own.key_pem())),
    ];
    let host = trusting(ca);
    for (code, identity) in &cases {
        let server = openssl(identity, &["-www"]);
        let report = concludes(&host, server.port, &[], code);
        assert!(
            report["messages"].as_array().unwrap().len() >= 5,
            "{report:#}"
        );
        let wrong = differences(&report, server.port, &host.vendors()[0], code);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

/// The programs of a report that do not connect.
fn failing(report: &Value) -> Vec<String> {
    let programs = report["programs"].as_array().unwrap().iter();
    let failing = programs.filter(|one| one["connects"] == false);
    failing
        .map(|one| format!("{} {}", one["consumer"], one["version"]).replace('"', ""))
        .collect()
}

/// What stops messages of more than 1,400 bytes, each in its own way.
fn middlebox(port: u16, stop: fn(std::net::TcpStream)) -> Server {
    raw(move |mut stream| {
        let hello = read_some(&mut stream);
        if hello.len() > 1400 {
            return stop(stream);
        }
        tunnel_after(&hello, stream, port);
    })
}

#[test]
fn a_middlebox_that_stops_large_hellos_is_told_with_the_programs_that_send_them() {
    let (host, server) = crate::diagnose::layers::healthy(&["-www"]);
    let stops: [fn(std::net::TcpStream); 2] = [drop, |mut stream| {
        support::servers::drain(&mut stream);
    }];
    for stop in stops {
        let front = middlebox(server.port, stop);
        let report = concludes(&host, front.port, &[], "large-hello");
        assert_eq!(
            failing(&report),
            [
                "openssl 3.5",
                "curl 3.5",
                "go 1.24",
                "go 1.27",
                "node 3.5",
                "webpki-rs 0.23"
            ],
            "{report:#}"
        );
        let wrong = differences(&report, front.port, &host.vendors()[0], "middlebox");
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}

#[test]
fn a_server_that_fails_on_the_offer_of_tls_1_3_is_told_and_what_helps_helps() {
    let (host, server) = crate::diagnose::layers::healthy(&["-tls1_2", "-www"]);
    let port = server.port;
    let answers: [fn(std::net::TcpStream); 2] = [drop, |mut stream| {
        support::servers::drain(&mut stream);
    }];
    for (answer, timeout) in answers.into_iter().zip(["5", "2"]) {
        let front = raw(move |mut stream| {
            let hello = read_some(&mut stream);
            // The extension `supported_versions` with TLS 1.3 in it.
            if hello
                .windows(4)
                .any(|window| window[..2] == [3, 4] && window[2] == 3)
            {
                return answer(stream);
            }
            tunnel_after(&hello, stream, port);
        });
        let report = concludes(
            &host,
            front.port,
            &["--timeout", timeout],
            "tls13-intolerant",
        );
        assert!(
            report["programs"]
                .as_array()
                .unwrap()
                .iter()
                .all(|one| one["connects"] == false)
        );
        let wrong = differences(&report, front.port, &host.vendors()[0], "intolerant");
        assert!(wrong.is_empty(), "{wrong:?}");
        let remedy = report["conclusion"]["remedy"].to_string();
        for option in ["curl --tls-max 1.2", "openssl s_client -no_tls1_3"] {
            assert!(remedy.contains(option), "{remedy}");
            let text = format!(
                "{option} {} </dev/null",
                if option.starts_with("curl") {
                    format!("-sSk -o /dev/null https://localhost:{}/", front.port)
                } else {
                    format!("-connect localhost:{}", front.port)
                }
            );
            let mut shell = Command::new("/bin/sh");
            output(shell.env_clear().env("PATH", PATH).args(["-c", &text])).exits(0);
        }
    }
}

#[test]
fn an_answer_that_stops_and_one_that_is_cut_off_are_told_with_what_came() {
    let (host, server) = crate::diagnose::layers::healthy(&["-www"]);
    let port = server.port;
    // The first bytes of a real answer, then nothing or the end.
    let cut = |keep: bool| {
        raw(move |mut stream| {
            let hello = read_some(&mut stream);
            let mut real = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
            real.write_all(&hello).unwrap();
            let answer = read_some(&mut real);
            let _ = stream.write_all(&answer[..answer.len().min(130)]);
            if keep {
                support::servers::drain(&mut stream);
            }
        })
    };
    let report = concludes(&host, cut(true).port, &["--timeout", "2"], "mtu");
    let evidence = report["conclusion"]["evidence"].as_str().unwrap();
    assert!(
        evidence.starts_with("130 bytes at once, then nothing"),
        "{evidence}"
    );
    let report = concludes(&host, cut(false).port, &[], "cut-off");
    let evidence = report["conclusion"]["evidence"].as_str().unwrap();
    assert!(evidence.starts_with("after 130 bytes"), "{evidence}");
}

#[test]
fn certificates_that_can_not_be_seen_are_said_to_be_so() {
    // Only GnuTLS is asked: it has X448, trustctl's own TLS has not, and TLS 1.3 hides the rest.
    let (host, server) = crate::diagnose::layers::healthy(&["-groups", "X448", "-tls1_3", "-www"]);
    let url = format!("https://localhost:{}/x.git", server.port);
    let run = crate::diagnose::diagnose(&host, &["--connect", "127.0.0.1", "git", &url]).exits(1);
    let report = crate::diagnose::first(&run);
    assert_eq!(report["conclusion"]["code"], "not-seen", "{report:#}");
    assert!(report["programs"][0]["connects"].is_null(), "{report:#}");
    // What is printed shows them.
    let commands = report["conclusion"]["commands"].as_array().unwrap().iter();
    let commands: Vec<&str> = commands.map(|one| one.as_str().unwrap()).collect();
    let [fetch, verify] = commands[..] else {
        panic!("{report:#}")
    };
    let folder = TempDir::new().unwrap();
    let mut shell = Command::new("/bin/sh");
    shell
        .env_clear()
        .env("PATH", PATH)
        .current_dir(folder.path());
    output(shell.args(["-c", fetch]));
    let sent = folder.path().join("sent.pem");
    let words = verify.replace("sent.pem", sent.to_str().unwrap());
    let verified = host.trustctl(words.split(' ').skip(1));
    verified.exits(0).says("localhost");
}

#[test]
fn a_portal_is_told_by_where_it_leads() {
    // What stands behind `?` may be a secret of the session.
    for (location, shown, code) in [
        (
            "http://portal.example/login?from=x",
            "`http://portal.example/login?…`",
            "captive-portal",
        ),
        ("https://localhost/", "https://localhost/", "plain-http"),
        ("/login", "/login", "plain-http"),
    ] {
        let answer =
            format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
        let server = support::servers::answering(answer);
        let report = concludes(&Host::empty(), server.port, &[], code);
        let evidence = report["conclusion"]["evidence"].as_str().unwrap();
        let is_portal = code == "captive-portal";
        assert_eq!(evidence.contains(shown), is_portal, "{report:#}");
        assert!(!report.to_string().contains("from=x"), "{report:#}");
    }
}
