//! The three answers of `verify`, its parts (path, form), and revocation lists.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

use rcgen::{CrlDistributionPoint, KeyUsagePurpose};
use serde_json::{Value, json};
use support::{Ca, Dates, openssl};

use super::Bed;

/// A root whose key nothing here can check, and a server's certificate signed with it, by OpenSSL.
fn binary_curve(bed: &Bed) {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (key, root, leaf_key) = (at("key"), at("root"), at("leaf.key"));
    let run = |line: &[&str]| openssl(line, b"").exits(0).stdout;
    let curve = |name: &str, out: &str| {
        let option = format!("ec_paramgen_curve:{name}");
        run(&[
            "genpkey",
            "-algorithm",
            "EC",
            "-pkeyopt",
            &option,
            "-out",
            out,
        ]);
    };
    curve("sect283r1", &key);
    curve("P-256", &leaf_key);
    let dates = ["-days", "9000"];
    let root_pem = run(&[
        &[
            "req",
            "-x509",
            "-key",
            &key,
            "-subj",
            "/CN=Odd Root",
            "-sha256",
        ][..],
        &dates,
    ]
    .concat());
    std::fs::write(&root, &root_pem).unwrap();
    let leaf = run(&[
        &[
            "req",
            "-x509",
            "-key",
            &leaf_key,
            "-subj",
            "/CN=odd.example",
            "-sha256",
        ][..],
        &[
            "-CA",
            &root,
            "-CAkey",
            &key,
            "-addext",
            "subjectAltName=DNS:odd.example",
        ],
        &["-addext", "basicConstraints=critical,CA:FALSE"],
        &dates,
    ]
    .concat());
    bed.host.input("odd-root.pem", root_pem);
    bed.host.input("odd.pem", leaf);
}

#[test]
fn what_nothing_here_can_check_is_neither_valid_nor_refused() {
    let bed = Bed::new();
    binary_curve(&bed);
    let arguments = "--trusted odd-root.pem odd.pem";
    let run = bed.verify(arguments).exits(1);
    run.says("undecided as server at ")
        .says("? undecided: is signed with ECDSA with SHA-256 by a key of type sect283r1, which trustctl can't check")
        .never_says("not valid");
    let output = bed.verify(&format!("--format json {arguments}")).exits(1);
    let whole: Value = serde_json::from_str(&output.stdout).unwrap();
    for report in [&whole, &whole["report"]] {
        assert_eq!(report["valid"], Value::Null, "{report}");
        assert_eq!(report["reasons"][0]["code"], "undecided");
        assert_eq!(report["reasons"][0]["severity"], "undecided");
    }
    // What is certainly wrong stays wrong.
    let report = bed.report(&format!("--hostname other.example {arguments}"), 1);
    assert_eq!(report["valid"], false);
    // A path that can be checked is found beside one that can't.
    bed.host.input("both.pem", bed.root.pem());
    bed.verify("--trusted both.pem --untrusted odd-root.pem chain.pem")
        .exits(0);
}

#[test]
fn form_is_shown_and_decides_with_strict_alone() {
    let bed = Bed::with(
        |ca| ca.use_authority_key_identifier_extension = false,
        |_| {},
    );
    let run = bed.verify("chain.pem").exits(0);
    run.says("valid as server")
        .says("! warning: ")
        .says("[authority-key-missing; RFC 5280 §4.2.1.1]");
    let report = bed.report("chain.pem", 0);
    assert_eq!(report["path"], true);
    assert_eq!(
        (&report["form"], &report["strict"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(report["reasons"][0]["part"], "form");
    let report = bed.report("--strict chain.pem", 1);
    assert_eq!(report["path"], true);
    assert_eq!(
        (&report["valid"], &report["form"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(report["reasons"][0]["code"], "authority-key-missing");
    // Sound chains hold either way.
    let sound = Bed::new();
    let report = sound.report("chain.pem", 0);
    assert_eq!(
        (&report["path"], &report["form"]),
        (&json!(true), &json!(true))
    );
    sound.verify("--strict chain.pem").exits(0);
    // An error of the path is no matter of form.
    let report = sound.report("--purpose client chain.pem", 1);
    assert_eq!(
        (&report["path"], &report["reasons"][0]["part"]),
        (&json!(false), &json!("path"))
    );
}

fn serial(pem: &str) -> Vec<u8> {
    let der = pem::parse(pem).unwrap().into_contents();
    let certificate = trustctl::cert::Certificate::from_der(&der).unwrap();
    let digits = certificate.serial().as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// A bed whose CAs may sign lists.
fn signing() -> Bed {
    Bed::with(|ca| ca.key_usages.push(KeyUsagePurpose::CrlSign), |_| {})
}

const AT: &str = "--at 2030-01-01T00:00:00Z";

#[test]
fn a_revoked_certificate_is_named_with_its_reason() {
    let bed = signing();
    let none: &[Vec<u8>] = &[];
    bed.host.input("root.crl", bed.root.crl_of(none));
    bed.host.input("ca.crl", bed.intermediate.crl_of(none));
    let both = format!("{AT} --crl root.crl --crl ca.crl chain.pem");
    bed.verify(&both).exits(0);

    bed.host
        .input("ca.crl", bed.intermediate.crl_of(&[serial(&bed.leaf.pem)]));
    let run = bed.verify(&both).exits(1);
    run.says("not valid")
        .says("is revoked (keyCompromise)")
        .says("[revoked; RFC 5280 §6.3.3]");
    assert_eq!(bed.errors(&both), ["revoked"]);
    // PEM is read as well.
    let der = bed.intermediate.crl_of(&[serial(&bed.leaf.pem)]);
    bed.host
        .input("ca.crl", pem::encode(&pem::Pem::new("X509 CRL", der)));
    assert_eq!(bed.errors(&both), ["revoked"]);

    // The intermediate is looked at unless only the leaf is asked for.
    bed.host.input("ca.crl", bed.intermediate.crl_of(none));
    bed.host.input(
        "root.crl",
        bed.root.crl_of(&[serial(bed.intermediate.pem())]),
    );
    assert_eq!(bed.errors(&both), ["revoked"]);
    bed.verify(&format!("--crl-check leaf {both}")).exits(0);
}

/// Sends this body for every request, and tells the first line of each.
fn serving(status: &'static str, body: Vec<u8>) -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let first = lines.next().unwrap().unwrap();
            while !lines.next().unwrap().unwrap().is_empty() {}
            let head = format!(
                "HTTP/1.0 {status}\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(&body).unwrap();
            if sender.send(first).is_err() {
                break;
            }
        }
    });
    (port, receiver)
}

#[test]
fn a_list_is_fetched_from_the_url_that_is_named_and_from_nowhere_else() {
    let named = "http://crl.bed.example/ca.crl";
    let bed = Bed::with(
        |ca| ca.key_usages.push(KeyUsagePurpose::CrlSign),
        |leaf| {
            let uris = vec![named.to_string()];
            leaf.crl_distribution_points = vec![CrlDistributionPoint { uris }];
        },
    );
    let revoked = bed.intermediate.crl_of(&[serial(&bed.leaf.pem)]);
    let (port, requests) = serving("200 OK", revoked);
    let url = format!("http://127.0.0.1:{port}/ca.crl");
    let ask = format!("{AT} --crl-check leaf --crl-from {url} chain.pem");
    // The list is the issuer's, wherever it comes from.
    assert_eq!(bed.errors(&ask), ["revoked"]);
    assert_eq!(requests.recv().unwrap(), "GET /ca.crl HTTP/1.0");

    // Through the environment's proxy a server is asked for by the whole URL.
    let through = |proxy: &str| {
        let ask = format!("verify {AT} --crl-check leaf --crl-from {named} chain.pem");
        let mut command = bed.host.command(ask.split_whitespace());
        support::output(command.env("http_proxy", proxy))
    };
    through(&format!("http://127.0.0.1:{port}"))
        .exits(1)
        .says("is revoked (keyCompromise)");
    assert_eq!(requests.recv().unwrap(), format!("GET {named} HTTP/1.0"));
    through("socks5://127.0.0.1:1")
        .exits(2)
        .says("a proxy of the scheme `socks5` is not used");

    // Nobody fetches what was not named: it is said where it would be.
    bed.host.input("none.crl", "no list at all");
    bed.verify(&format!("{AT} --crl-check leaf --crl none.crl chain.pem"))
        .exits(1)
        .says(&format!(
            "give the revocation list that `CN=www.example.com` names: `--crl-from {named}`"
        ));
    assert!(requests.try_recv().is_err());

    for (from, said) in [
        (
            "https://127.0.0.1/ca.crl".to_string(),
            "it is not an http:// URL",
        ),
        (
            "http://127.0.0.1:1/ca.crl".to_string(),
            "Connection refused",
        ),
        (
            format!(
                "http://127.0.0.1:{}/x",
                serving("404 Not Found", Vec::new()).0
            ),
            "status 404",
        ),
        (
            format!(
                "http://127.0.0.1:{}/x",
                serving("200 OK", b"<html>".to_vec()).0
            ),
            "did not send a revocation list",
        ),
    ] {
        bed.verify(&format!("{AT} --crl-from {from} chain.pem"))
            .exits(2)
            .says(said);
    }
}

#[test]
fn a_list_that_tells_nothing_is_named_with_its_fault() {
    let bed = signing();
    let none: &[Vec<u8>] = &[];
    bed.host.input("ca.crl", bed.intermediate.crl_of(none));
    let stranger = Ca::with("Bed CA", Dates::default(), |_| {});
    bed.host.input("stranger.crl", stranger.crl_of(none));
    bed.host.input("none.crl", "no list at all");
    bed.host.input("broken.crl", [0x30, 0]);
    for (arguments, said) in [
        // Valid from 2026 to 2049.
        (
            "--at 2025-06-01T00:00:00Z --crl ca.crl",
            "the list for it is not valid yet",
        ),
        (
            "--at 2048-12-31T23:59:59Z --crl stranger.crl",
            "the list for it is not signed by a key that may sign it",
        ),
        (
            "--at 2030-01-01T00:00:00Z --crl none.crl",
            "there is no revocation list in `none.crl`",
        ),
        (
            "--at 2030-01-01T00:00:00Z --crl broken.crl",
            "skipped a revocation list that can't be read",
        ),
    ] {
        let run = bed
            .verify(&format!("{arguments} --crl-check leaf chain.pem"))
            .exits(1);
        let all = format!("{}{}", run.stdout, run.stderr);
        assert!(all.contains(said), "{arguments}: {run}");
        assert_eq!(
            bed.errors(&format!("{arguments} --crl-check leaf chain.pem")),
            ["revocation-unknown"],
            "{arguments}"
        );
    }
    // A CA whose key usage leaves cRLSign out signs no lists.
    let other = Bed::with(
        |ca| ca.key_usages = vec![KeyUsagePurpose::KeyCertSign],
        |_| {},
    );
    other
        .host
        .input("ca.crl", other.intermediate.crl_without_leave());
    let arguments = format!("{AT} --crl ca.crl --crl-check leaf chain.pem");
    assert_eq!(other.errors(&arguments), ["revocation-unknown"]);
    bed.verify("--crl-check leaf chain.pem")
        .exits(2)
        .says("--crl");
}

#[test]
fn a_program_judges_as_the_release_that_is_asked_for() {
    let bed = Bed::new();
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    let key = key.to_str().unwrap();
    openssl(&["genpkey", "-algorithm", "ED25519", "-out", key], b"").exits(0);
    let root = [
        "req",
        "-x509",
        "-key",
        key,
        "-subj",
        "/CN=Ed Root",
        "-days",
        "9000",
        "-addext",
        "keyUsage=critical,keyCertSign",
    ];
    bed.host
        .input("ed.pem", openssl(&root, b"").exits(0).stdout);
    let arguments = "--trusted ed.pem --purpose any ed.pem";
    let report = bed.report(
        &format!("--consumer java@11 --consumer java@17 --consumer go {arguments}"),
        0,
    );
    let consumers = report["consumers"].as_array().unwrap();
    let versions: Vec<&str> = consumers
        .iter()
        .map(|one| one["version"].as_str().unwrap())
        .collect();
    assert_eq!(
        versions,
        [
            "11.0, not installed",
            "17.0, not installed",
            "1.27, not installed"
        ]
    );
    assert!(consumers.iter().all(|one| one["package"].is_null()));
    bed.verify(&format!("--consumer netscape@4 {arguments}"))
        .exits(2)
        .says("`netscape@4` is not a known program")
        .says("hint: write it like go@1.22");
    // SHA-1 under ECDSA: Go refuses it since 1.18.
    let chain = bed
        .root
        .leaf_by_openssl("sha1.example", "rsa:2048", "sha1", "");
    bed.host.input("sha1.pem", chain.pem);
    let said = |release: &str| {
        let arguments = format!("--profile go --consumer {release} --trusted root.pem sha1.pem");
        let code = i32::from(release != "go@1.17");
        bed.report(&arguments, code)["reasons"][0]["code"].clone()
    };
    assert_eq!(said("go@1.18"), "signature-unsupported");
    assert_eq!(said("go@1.17"), Value::Null);
}

#[test]
fn programs_are_judged_as_the_packages_of_the_host_have_them() {
    let bed = Bed::new();
    let package = |name: &str, version: &str| {
        format!(
            "Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n\n"
        )
    };
    let status = package("libssl3", "3.0.19-1~deb12u2") + &package("golang-1.19-go", "1.19.8-2");
    bed.host.write("var/lib/dpkg/status", status);
    let run = bed.verify("--consumers chain.pem").exits(0);
    run.says("OpenSSL               3.0.19\n")
        .says("Go                    1.19.8\n")
        .says("25.0, not installed");
    let report = bed.report("--consumers --consumer go@1.22 chain.pem", 0);
    let of = |name: &str| {
        let mut all = report["consumers"].as_array().unwrap().iter();
        all.find(|one| one["name"] == name).unwrap().clone()
    };
    assert_eq!(of("openssl")["package"], "libssl3 3.0.19-1~deb12u2");
    assert_eq!(of("go")["version"], "1.22, not installed");
}
