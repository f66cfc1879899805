//! What is said of each program beside what it does: servers that only some programs connect to, with the real OpenSSL,
//! curl, Python and GnuTLS of this machine.

use std::io::Write;
use std::process::Command;

use serde_json::Value;
use support::{Ca, Host, PATH, output};
use tempfile::TempDir;
use trustctl::programs::hellos;

use crate::diagnose::servers::{Identity, Server, openssl, raw, read_some, tunnel_after};
use crate::diagnose::{concludes, root, trusting};

/// A key as `openssl req -newkey` takes it, arguments of `openssl s_server`, and what is concluded.
const SERVERS: &[(&str, &str, &str)] = &[
    ("ed25519", "", "healthy"),
    ("ec -pkeyopt ec_paramgen_curve:P-384", "", "healthy"),
    ("ec -pkeyopt ec_paramgen_curve:P-521", "", "healthy"),
    (
        "ec -pkeyopt ec_paramgen_curve:P-521",
        "-tls1_2",
        "no-common-signature",
    ),
    ("ed448", "", "no-common-signature"),
    ("ed448", "-tls1_2", "no-common-signature"),
    ("ed448", "-tls1_3", "no-common-signature"),
    (
        "rsa-pss -pkeyopt rsa_keygen_bits:2048",
        "",
        "no-common-signature",
    ),
    (
        "rsa-pss -pkeyopt rsa_keygen_bits:2048",
        "-tls1_2",
        "no-common-signature",
    ),
    (
        "rsa:2048",
        "-tls1_2 -sigalgs RSA+SHA224",
        "no-common-signature",
    ),
    (
        "rsa:2048",
        "-tls1_2 -sigalgs RSA+SHA1 -cipher DEFAULT@SECLEVEL=0",
        "signs-with-sha1",
    ),
    (
        EC,
        "-tls1_2 -sigalgs ECDSA+SHA1 -cipher DEFAULT@SECLEVEL=0",
        "signs-with-sha1",
    ),
    (EC, "-groups P-521", "no-common-group"),
    (EC, "-groups P-521 -tls1_2", "no-common-group"),
    (EC, "-groups X448", "no-common-group"),
    (EC, "-groups X448 -tls1_2", "no-common-group"),
    (EC, "-groups ffdhe3072", "no-common-group"),
    (EC, "-groups P-256", "healthy"),
    (EC, "-groups P-384 -tls1_3", "healthy"),
    (
        EC,
        "-tls1_3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256",
        "healthy",
    ),
    ("rsa:2048", "-tls1_2", "healthy"),
    (
        "rsa:2048",
        "-tls1_2 -cipher ECDHE-RSA-AES256-SHA384",
        "old-cipher",
    ),
    (
        "rsa:2048",
        "-tls1_2 -cipher ECDHE-RSA-AES128-SHA256",
        "old-cipher",
    ),
    (
        "rsa:2048",
        "-tls1_2 -cipher ECDHE-RSA-AES128-SHA",
        "old-cipher",
    ),
    (
        "rsa:2048",
        "-tls1_2 -cipher AES128-GCM-SHA256",
        "old-cipher",
    ),
    ("rsa:2048", "-tls1_2 -cipher AES128-SHA256", "old-cipher"),
    ("rsa:2048", "-tls1_2 -cipher AES128-CCM", "old-cipher"),
    (EC, "-tls1_2 -cipher ECDHE-ECDSA-AES128-CCM", "old-cipher"),
    (
        "rsa:2048",
        "-tls1_2 -cipher DHE-RSA-AES128-GCM-SHA256",
        "old-cipher",
    ),
    (
        "rsa:2048",
        "-tls1_2 -cipher NULL-SHA256@SECLEVEL=0",
        "no-common-cipher",
    ),
    (
        EC,
        "-tls1_3 -ciphersuites TLS_AES_128_CCM_SHA256",
        "old-cipher",
    ),
    (
        "rsa:2048",
        "-tls1 -cipher DEFAULT@SECLEVEL=0",
        "protocol-too-old",
    ),
    (
        "rsa:2048",
        "-tls1_1 -cipher DEFAULT@SECLEVEL=0",
        "protocol-too-old",
    ),
];

const EC: &str = "ec -pkeyopt ec_paramgen_curve:P-256";

/// Servers of [`SERVERS`] whose certificates trustctl can't see: it speaks neither, and TLS 1.3 encrypts them.
const HIDDEN: [&str; 7] = [
    "-groups ffdhe3072",
    "-ciphersuites TLS_AES_128_CCM_SHA256",
    "-tls1_3 -groups P-521",
    "-tls1_3 -groups X448",
    "-tls1_3 -groups ffdhe2048",
    "-tls1_3 -groups ffdhe4096",
    "-ciphersuites TLS_AES_128_CCM_8_SHA256",
];

/// The real programs: consumer, and shell text in which `PORT` and `@CA@` are replaced.
const CLIENTS: &[(&str, &str)] = &[
    (
        "openssl",
        "openssl s_client -connect localhost:PORT -servername localhost -verify_hostname localhost -verify_return_error -CAfile @CA@ </dev/null",
    ),
    (
        "curl",
        "curl -sS --max-time 5 -o /dev/null --cacert @CA@ https://localhost:PORT/",
    ),
    (
        "python",
        "/usr/bin/python3 -c 'import ssl,socket; c=ssl.create_default_context(cafile=\"@CA@\"); c.wrap_socket(socket.create_connection((\"127.0.0.1\",PORT),5),server_hostname=\"localhost\")'",
    ),
    (
        "gnutls",
        "timeout 5 gnutls-cli --x509cafile @CA@ --port PORT localhost </dev/null",
    ),
];

/// The version of a program on this machine, as the rows name it.
fn version(consumer: &str) -> &'static str {
    let asked = if consumer == "gnutls" {
        "gnutls-cli --version | sed -n '1s/.* //p'"
    } else {
        "openssl version | cut -d' ' -f2"
    };
    let mut shell = Command::new("/bin/sh");
    let found = output(shell.env_clear().env("PATH", PATH).args(["-c", asked])).exits(0);
    hellos::at(consumer, found.stdout.trim()).unwrap().version
}

/// Whether each real program connects, and what is said of it, where these differ.
pub(super) fn differences(report: &Value, port: u16, ca: &Ca, name: &str) -> Vec<String> {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, ca.pem()).unwrap();
    let mut wrong = Vec::new();
    for (consumer, text) in CLIENTS {
        let text = text
            .replace("PORT", &port.to_string())
            .replace("@CA@", file.to_str().unwrap());
        let mut shell = Command::new("/bin/sh");
        shell.env_clear().env("PATH", PATH).args(["-c", &text]);
        let run = output(&mut shell);
        let row = version(consumer);
        let mut programs = report["programs"].as_array().unwrap().iter();
        let said = programs.find(|one| one["consumer"] == *consumer && one["version"] == row);
        let said = &said.unwrap()["connects"];
        let mut messages = report["messages"].as_array().unwrap().iter();
        let message = messages.find(|one| one["program"] == *consumer);
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

/// Each of these once with every kind of arguments: what is said of the programs is what they do.
const KEYS: &[&str] = &[
    "rsa:2048",
    "rsa:3072",
    EC,
    "ec -pkeyopt ec_paramgen_curve:P-384",
    "ec -pkeyopt ec_paramgen_curve:P-521",
    "ec -pkeyopt ec_paramgen_curve:secp256k1",
    "ed25519",
    "ed448",
    "rsa-pss -pkeyopt rsa_keygen_bits:2048",
];

const VERSIONS: &[&str] = &["", "-tls1_2", "-tls1_3", "-no_tls1_3 -serverpref"];

const GROUPS: &[&str] = &[
    "P-256",
    "P-384",
    "P-521",
    "X25519",
    "X448",
    "ffdhe2048",
    "ffdhe4096",
    "P-521:P-384",
    "X448:X25519",
    "ffdhe2048:P-256",
];

const OF_RSA: &[&str] = &[
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-CHACHA20-POLY1305",
    "ECDHE-RSA-AES256-SHA384",
    "ECDHE-RSA-AES256-SHA",
    "ECDHE-RSA-CAMELLIA128-SHA256",
    "ECDHE-ARIA128-GCM-SHA256",
    "DHE-RSA-AES256-GCM-SHA384",
    "DHE-RSA-CHACHA20-POLY1305",
    "DHE-RSA-AES128-SHA256",
    "DHE-RSA-AES128-SHA",
    "DHE-RSA-AES128-CCM",
    "AES256-GCM-SHA384",
    "AES256-SHA256",
    "AES128-SHA",
    "AES128-CCM8@SECLEVEL=0",
    "CAMELLIA128-SHA",
    "ECDHE+AESGCM:AES128-SHA",
];

const OF_EC: &[&str] = &[
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-ECDSA-AES256-SHA384",
    "ECDHE-ECDSA-AES128-SHA256",
    "ECDHE-ECDSA-AES256-SHA",
    "ECDHE-ECDSA-AES256-CCM",
    "ECDHE-ECDSA-AES128-CCM8@SECLEVEL=0",
    "ECDHE-ECDSA-CAMELLIA128-SHA256",
];

const SIGNATURES: &[&str] = &[
    "RSA-PSS+SHA256",
    "RSA-PSS+SHA384",
    "RSA-PSS+SHA512",
    "RSA+SHA256",
    "RSA+SHA384",
    "RSA+SHA512",
    "RSA+SHA224",
    "RSA+SHA1:RSA+SHA256",
];

const SUITES: &[&str] = &[
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_AES_128_CCM_SHA256:TLS_AES_256_GCM_SHA384",
    "TLS_AES_128_CCM_8_SHA256",
];

/// Servers whose conclusion is not named here: only that no program does what is not said of it.
fn all_agree(servers: &[(&str, String)]) {
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
    let both = KEYS.iter().flat_map(|key| {
        VERSIONS
            .iter()
            .map(move |version| (*key, version.to_string()))
    });
    all_agree(&both.collect::<Vec<_>>());
}

#[test]
fn programs_do_what_is_said_of_them_with_every_group() {
    let versions = ["-tls1_2", "-tls1_3"];
    let both = GROUPS
        .iter()
        .flat_map(|group| versions.map(|version| (EC, format!("{version} -groups {group}"))));
    all_agree(&both.collect::<Vec<_>>());
}

#[test]
fn programs_do_what_is_said_of_them_with_every_cipher() {
    let of = |key, names: &'static [&str]| {
        names
            .iter()
            .map(move |name| (key, format!("-tls1_2 -cipher {name}")))
    };
    let suites = SUITES
        .iter()
        .map(|name| (EC, format!("-tls1_3 -ciphersuites {name}")));
    all_agree(
        &of("rsa:2048", OF_RSA)
            .chain(of(EC, OF_EC))
            .chain(suites)
            .collect::<Vec<_>>(),
    );
}

#[test]
fn programs_do_what_is_said_of_them_with_every_signature() {
    let versions = ["-tls1_2", ""];
    let both = SIGNATURES.iter().flat_map(|name| {
        versions.map(|version| ("rsa:2048", format!("{version} -sigalgs {name}")))
    });
    all_agree(&both.collect::<Vec<_>>());
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
        crate::diagnose::servers::drain(&mut stream);
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
                "node 22",
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
        crate::diagnose::servers::drain(&mut stream);
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
                crate::diagnose::servers::drain(&mut stream);
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
        let server = crate::diagnose::servers::answering(answer);
        let report = concludes(&Host::empty(), server.port, &[], code);
        let evidence = report["conclusion"]["evidence"].as_str().unwrap();
        let is_portal = code == "captive-portal";
        assert_eq!(evidence.contains(shown), is_portal, "{report:#}");
        assert!(!report.to_string().contains("from=x"), "{report:#}");
    }
}
