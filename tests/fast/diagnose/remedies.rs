//! What a diagnosis says that helps is done here as it is said, and helps: commands as they are printed, and servers
//! changed as they are told.

use std::process::Command;

use rcgen::SanType;
use serde_json::Value;
use support::{Ca, Dates, Host, PATH, Run, names_its_issuer, output};

use crate::diagnose::trust::serve;
use crate::diagnose::{concludes, root, trusting};
use support::servers::{Identity, openssl};

/// The commands of a conclusion.
fn commands(report: &Value) -> Vec<String> {
    let all = report["conclusion"]["commands"].as_array().unwrap();
    let words = all.iter().map(|one| one.as_str().unwrap().to_string());
    words.collect()
}

fn remedy(report: &Value) -> String {
    report["conclusion"]["remedy"].to_string()
}

/// Runs a printed `trustctl` command on a tree, `FILE` being this file.
#[track_caller]
fn follow(host: &Host, command: &str, file: &str) -> Run {
    let command = command.trim_start_matches("sudo ");
    let words: Vec<String> = command
        .split(' ')
        .skip(1)
        .map(|word| word.replace("FILE", file))
        .collect();
    // Nobody is there to answer the question that `add` asks.
    let yes = words.first().filter(|word| *word == "add").map(|_| "--yes");
    host.trustctl(words.iter().map(String::as_str).chain(yes))
}

/// The command in a remedy's words that begins so, up to the closing backtick.
#[track_caller]
fn quoted(report: &Value, begins: &str) -> String {
    let remedy = remedy(report);
    let at = remedy.find(begins).unwrap_or_else(|| panic!("{report:#}"));
    remedy[at..].split('`').next().unwrap().to_string()
}

#[test]
fn an_issuer_that_is_a_root_is_told_by_its_names_and_adding_it_helps() {
    let private = Ca::new("Private Root");
    let server = serve(&Identity::of(&private.leaf("localhost")));
    let host = trusting(root());
    let report = concludes(&host, server.port, &[], "unknown-issuer");
    host.input("private.crt", private.pem());
    let shown = follow(
        &host,
        &quoted(&report, "trustctl check FILE"),
        "private.crt",
    );
    assert!(
        shown.has("Private Root") && shown.has(&private.sha256()[..8]),
        "{shown}"
    );
    follow(&host, &quoted(&report, "trustctl add FILE"), "private.crt").exits(0);
    concludes(&host, server.port, &[], "healthy");
}

#[test]
fn an_issuer_that_is_an_intermediate_is_told_by_its_names_and_sending_it_helps() {
    let private = Ca::new("Private Root");
    let issuing = private.intermediate("Issuing CA");
    let leaf = issuing.leaf("localhost");
    let host = trusting(root());
    let server = serve(&Identity::of(&leaf));
    let report = concludes(&host, server.port, &[], "unknown-issuer");
    host.input("issuing.crt", issuing.pem());
    let shown = follow(
        &host,
        &quoted(&report, "trustctl check FILE"),
        "issuing.crt",
    );
    assert!(
        shown.has("Issuing CA") && shown.has("Private Root"),
        "{shown}"
    );
    // That it is not to be added is what `add` says too.
    follow(&host, "trustctl add FILE", "issuing.crt")
        .exits(2)
        .says("an intermediate");
    assert!(remedy(&report).contains("fullchain.pem"), "{report:#}");
    let mended = serve(&Identity::with(&leaf, &[&issuing]));
    concludes(&host, mended.port, &[], "unknown-issuer");
    host.input("private.crt", private.pem());
    follow(&host, "trustctl add FILE", "private.crt").exits(0);
    concludes(&host, mended.port, &[], "healthy");
}

#[test]
fn an_intermediate_that_did_not_issue_the_leaf_is_named_and_the_right_one_helps() {
    let ca = root();
    let (right, wrong) = (
        ca.intermediate("Issuing CA 2"),
        ca.intermediate("Issuing CA 1"),
    );
    let leaf = right.leaf("localhost");
    let server = serve(&Identity::with(&leaf, &[&wrong]));
    let host = trusting(ca);
    let report = concludes(&host, server.port, &[], "unknown-issuer");
    let remedy = remedy(&report);
    let first = remedy.split("\",").next().unwrap();
    assert!(
        first.contains("Issuing CA 1") && first.contains("Issuing CA 2"),
        "{report:#}"
    );
    let mended = serve(&Identity::with(&leaf, &[&right]));
    concludes(&host, mended.port, &[], "healthy");
}

#[test]
fn an_intermediate_named_with_ca_is_not_to_be_added_and_its_root_is() {
    let private = Ca::new("Private Root");
    let issuing = private.intermediate("Issuing CA");
    let leaf = issuing.leaf("localhost");
    let host = trusting(root());
    host.input("issuing.crt", issuing.pem());
    host.input("private.crt", private.pem());
    let server = serve(&Identity::of(&leaf));
    let report = concludes(
        &host,
        server.port,
        &["--ca", "issuing.crt"],
        "unknown-issuer",
    );
    assert!(commands(&report).is_empty(), "{report:#}");
    assert!(remedy(&report).contains("Private Root"), "{report:#}");
    follow(&host, &quoted(&report, "trustctl add FILE"), "private.crt").exits(0);
    let mended = serve(&Identity::with(&leaf, &[&issuing]));
    concludes(&host, mended.port, &[], "healthy");
}

#[test]
fn a_missing_intermediate_helps_when_the_server_sends_it() {
    let ca = root();
    let issuing = ca.intermediate("Issuing CA");
    let leaf = issuing.leaf_with("localhost", Dates::default(), names_its_issuer);
    let host = trusting(ca);
    concludes(
        &host,
        serve(&Identity::of(&leaf)).port,
        &[],
        "missing-intermediate",
    );
    let mended = serve(&Identity::with(&leaf, &[&issuing]));
    concludes(&host, mended.port, &[], "healthy");
}

#[test]
fn only_an_intermediate_in_the_store_helps_when_the_root_is_added() {
    let ca = root();
    let issuing = ca.intermediate("Issuing CA");
    let server = serve(&Identity::with(&issuing.leaf("localhost"), &[&issuing]));
    let host = Host::empty().local("issuing.crt", issuing.pem()).settled();
    host.input("root.crt", ca.pem());
    concludes(&host, server.port, &[], "intermediate-anchor");
    follow(&host, "trustctl add FILE", "root.crt").exits(0);
    concludes(&host, server.port, &[], "healthy");
}

#[test]
fn a_root_of_the_same_name_is_told_by_both_fingerprints_and_the_new_one_helps() {
    let (old, new) = (Ca::new("Test Root"), Ca::new("Test Root"));
    let before = old.sha256();
    let host = trusting(old);
    let sent = serve(&Identity::with(&new.leaf("localhost"), &[&new]));
    let report = concludes(&host, sent.port, &[], "same-name-other-key");
    let evidence = report["conclusion"]["evidence"].as_str().unwrap();
    assert!(
        evidence.contains(&before) && evidence.contains(&new.sha256()),
        "{evidence}"
    );
    let server = serve(&Identity::of(&new.leaf("localhost")));
    let report = concludes(&host, server.port, &[], "same-name-other-key");
    host.input("new.crt", new.pem());
    follow(&host, &quoted(&report, "trustctl add FILE"), "new.crt").exits(0);
    concludes(&host, server.port, &[], "healthy");
    concludes(&host, sent.port, &[], "healthy");
}

#[test]
fn a_self_signed_certificate_is_added_only_where_it_is_an_authority() {
    let names = |params: &mut rcgen::CertificateParams| {
        params.subject_alt_names = vec![SanType::DnsName("localhost".try_into().unwrap())];
    };
    // As `openssl req -x509` makes it: an authority and a server's certificate in one.
    let both = Ca::with("localhost", Dates::default(), |params| {
        names(params);
        params
            .key_usages
            .push(rcgen::KeyUsagePurpose::DigitalSignature);
    });
    let server = serve(&Identity::raw(both.pem(), "", &both.key_pem()));
    let host = trusting(root());
    let report = concludes(&host, server.port, &[], "self-signed");
    assert!(!remedy(&report).contains("the root that"), "{report:#}");
    let command = commands(&report).remove(0);
    follow(&host, &command, "").exits(0);
    let after = crate::diagnose::report(&host, server.port);
    let programs = after["programs"].as_array().unwrap();
    let connects = |name: &str| {
        let mut all = programs.iter();
        all.find(|one| one["consumer"] == name).unwrap()["connects"].clone()
    };
    assert_eq!(
        ["openssl", "curl", "go", "gnutls"].map(connects),
        [true, true, true, true],
        "{after:#}"
    );
    // No authority: what `add` refuses is not advised.
    let leaf = Ca::with("localhost", Dates::default(), |params| {
        names(params);
        params.is_ca = rcgen::IsCa::NoCa;
        params.key_usages.clear();
    });
    let server = serve(&Identity::raw(leaf.pem(), "", &leaf.key_pem()));
    let report = concludes(&host, server.port, &[], "self-signed");
    assert!(
        commands(&report).is_empty() && !remedy(&report).contains("add"),
        "{report:#}"
    );
    let ca = &host.vendors()[0];
    let mended = serve(&Identity::of(&ca.leaf("localhost")));
    concludes(&host, mended.port, &[], "healthy");
}

#[test]
fn a_redirected_store_is_given_up_only_after_what_it_alone_has_is_added() {
    let ca = root();
    let public = serve(&Identity::of(&ca.leaf("localhost")));
    let own = Ca::new("Registry Root");
    let registry = serve(&Identity::of(&own.leaf("localhost")));
    let host = trusting(ca);
    host.write("opt/own.pem", own.pem());
    host.input("own.crt", own.pem());
    let ask = |port: u16, variables: &[(&str, &str)]| {
        let target = format!("localhost:{port}");
        let words = [
            "--format",
            "json",
            "diagnose",
            "--connect",
            "127.0.0.1",
            &target,
        ];
        let mut command = host.command(words);
        let run = output(command.envs(variables.iter().copied()));
        crate::diagnose::first(&run)
    };
    let set = [
        ("SSL_CERT_FILE", "/opt/own.pem"),
        ("SSL_CERT_DIR", "/nowhere"),
    ];
    let report = ask(public.port, &set);
    assert_eq!(
        report["conclusion"]["code"], "store-redirected",
        "{report:#}"
    );
    // In the order in which it is said: first what the registry needs, then the variable.
    let steps = report["conclusion"]["remedy"].as_array().unwrap();
    assert!(
        steps[0].as_str().unwrap().contains("add FILE"),
        "{report:#}"
    );
    assert!(steps[1].as_str().unwrap().contains("unset"), "{report:#}");
    follow(&host, &quoted(&report, "trustctl add FILE"), "own.crt").exits(0);
    for port in [public.port, registry.port] {
        let report = ask(port, &[]);
        assert_eq!(report["conclusion"]["code"], "healthy", "{report:#}");
    }
}

/// A server of TLS 1.2 without RFC 5746.
fn unsafe_server(identity: &Identity) -> support::servers::Server {
    support::servers::gnutls(
        identity,
        "NORMAL:-VERS-ALL:+VERS-TLS1.2:%DISABLE_SAFE_RENEGOTIATION",
    )
}

#[test]
fn the_configuration_printed_for_a_server_without_safe_renegotiation_lets_one_program_connect() {
    let ca = root();
    let server = unsafe_server(&Identity::of(&ca.leaf("localhost")));
    let host = trusting(ca);
    let report = concludes(&host, server.port, &[], "legacy-renegotiation");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ca.pem"), host.vendors()[0].pem()).unwrap();
    let run = |text: &str| {
        let mut shell = Command::new("/bin/sh");
        shell
            .env_clear()
            .env("PATH", PATH)
            .env("CURL_CA_BUNDLE", "ca.pem");
        output(shell.current_dir(folder.path()).args(["-c", text]))
    };
    let [configuration, client] = &commands(&report)[..] else {
        panic!("{report:#}");
    };
    let bare = client.split_once(' ').unwrap().1;
    assert!(!run(bare).ok(), "it is to fail without");
    run(configuration).exits(0);
    run(client).exits(0);
    // And only this: what level 2 refuses is refused still.
    let old = openssl(
        &Identity::of(&host.vendors()[0].leaf_by_openssl("localhost", "rsa:2048", "sha256", "")),
        &["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"],
    );
    let port = old.port;
    assert!(!run(&client.replace(&server.port.to_string(), &port.to_string())).ok());
}

/// What is wrong with a server, and the same server changed as told.
#[test]
fn servers_that_only_some_programs_connect_to_are_mended_as_told() {
    let ca = root();
    let make = |key: &str| Identity::of(&ca.leaf_by_openssl("localhost", key, "sha256", ""));
    let (rsa, ed448) = (make("rsa:2048"), make("ed448"));
    let ec = Identity::of(&ca.leaf("localhost"));
    let host = trusting(ca);
    let cases: &[(&Identity, &str, &str, &Identity, &str)] = &[
        (
            &ec,
            "-groups X448",
            "no-common-group",
            &ec,
            "-groups X25519:P-256",
        ),
        (
            &rsa,
            "-tls1_2 -sigalgs RSA+SHA1 -cipher DEFAULT@SECLEVEL=0",
            "signs-with-sha1",
            &rsa,
            "-tls1_2 -sigalgs ECDSA+SHA256:RSA-PSS+SHA256:RSA+SHA256",
        ),
        (&ed448, "", "no-common-signature", &ec, ""),
        (
            &rsa,
            "-tls1_2 -cipher AES128-SHA256",
            "old-cipher",
            &rsa,
            "-tls1_2 -cipher ECDHE+AESGCM",
        ),
        (
            &rsa,
            "-tls1_2 -cipher NULL-SHA256@SECLEVEL=0",
            "no-common-cipher",
            &rsa,
            "-tls1_2 -cipher ECDHE+AESGCM",
        ),
    ];
    for (identity, arguments, code, mended, new) in cases {
        let words =
            |text: &'static str| text.split_whitespace().chain(["-www"]).collect::<Vec<_>>();
        let report = concludes(&host, openssl(identity, &words(arguments)).port, &[], code);
        // What stands in the remedy is what is done.
        let remedy = remedy(&report);
        let told = ["X25519", "SHA256", "P-256", "ECDHE"];
        assert!(told.iter().any(|word| remedy.contains(word)), "{remedy}");
        concludes(&host, openssl(mended, &words(new)).port, &[], "healthy");
    }
}
