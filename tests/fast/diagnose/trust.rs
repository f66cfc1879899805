//! Trust: issuers that are missing, stores that lack them, and who decrypts on the way.

use rcgen::{IsCa, SanType};
use support::Host;
use support::output;
use support::{Ca, Dates, names_its_issuer};

use crate::diagnose::{concludes, diagnose, first, root, trusting};
use support::servers::{Identity, Server, openssl};

/// `openssl s_server` that shows this.
pub fn serve(identity: &Identity) -> Server {
    openssl(identity, &["-www"])
}

#[test]
fn a_leaf_whose_issuer_is_nowhere_is_of_an_unknown_issuer() {
    let server = serve(&Identity::of(&Ca::new("Private Root").leaf("localhost")));
    let report = concludes(&trusting(root()), server.port, &[], "unknown-issuer");
    let refused = report["trust"]
        .as_array()
        .unwrap()
        .iter()
        .all(|judgement| judgement["accepted"] == false);
    assert!(refused, "{report:#}");
}

#[test]
fn with_the_right_ca_named_the_printed_command_adds_it_and_the_server_is_healthy() {
    let private = Ca::new("Private Root");
    let server = serve(&Identity::of(&private.leaf("localhost")));
    let host = trusting(root());
    host.input("private.crt", private.pem());
    let report = concludes(
        &host,
        server.port,
        &["--ca", "private.crt"],
        "unknown-issuer",
    );
    let command = report["conclusion"]["commands"][0].as_str().unwrap();
    let words: Vec<&str> = command.trim_start_matches("sudo ").split(' ').collect();
    assert_eq!(words, ["trustctl", "add", "private.crt"]);
    host.trustctl(["add", "private.crt", "--yes"]).exits(0);
    concludes(&host, server.port, &[], "healthy");
}

#[test]
fn a_wrong_ca_named_does_not_change_the_conclusion() {
    let server = serve(&Identity::of(&Ca::new("Private Root").leaf("localhost")));
    let host = trusting(root());
    host.input("other.crt", Ca::new("Other Root").pem());
    let report = concludes(&host, server.port, &["--ca", "other.crt"], "unknown-issuer");
    assert_eq!(
        report["conclusion"]["commands"].as_array().unwrap().len(),
        0
    );
    host.input("bad.crt", "no certificate");
    diagnose(&host, &["--ca", "bad.crt", "localhost:1"])
        .exits(2)
        .says("holds no certificate");
}

#[test]
fn a_root_that_is_sent_but_not_trusted_is_a_private_root() {
    let private = Ca::new("Private Root");
    let server = serve(&Identity::with(&private.leaf("localhost"), &[&private]));
    let report = concludes(&trusting(root()), server.port, &[], "private-root");
    let command = report["conclusion"]["commands"][0].as_str().unwrap();
    assert!(
        command.ends_with(&format!(
            "add --from localhost:{} --sha256 {}",
            server.port,
            private.sha256()
        )),
        "{command}"
    );
}

#[test]
fn a_certificate_that_signs_itself_is_told() {
    let leaf = Ca::with("localhost", Dates::default(), |params| {
        params.is_ca = IsCa::NoCa;
        params.key_usages.clear();
        params.subject_alt_names = vec![SanType::DnsName("localhost".try_into().unwrap())];
    });
    let server = serve(&Identity::raw(leaf.pem(), "", &leaf.key_pem()));
    concludes(&trusting(root()), server.port, &[], "self-signed");
}

#[test]
fn a_lonely_leaf_that_says_where_its_issuer_is_lacks_the_intermediate() {
    let ca = root();
    let leaf =
        ca.intermediate("Issuing CA")
            .leaf_with("localhost", Dates::default(), names_its_issuer);
    let server = serve(&Identity::of(&leaf));
    let report = concludes(&trusting(ca), server.port, &[], "missing-intermediate");
    let evidence = report["conclusion"]["evidence"].as_str().unwrap();
    assert!(
        evidence.contains("http://aia.example/issuer.crt") && evidence.contains("not fetched"),
        "{evidence}"
    );
}

#[test]
fn a_root_that_is_switched_off_is_told_and_trusting_it_again_helps() {
    let ca = root();
    let server = serve(&Identity::of(&ca.leaf("localhost")));
    let host = trusting(ca).vendor("Other_Root", Ca::new("Other Root"));
    let conf = host
        .text("etc/ca-certificates.conf")
        .replace("mozilla/Test_Root", "!mozilla/Test_Root");
    host.write("etc/ca-certificates.conf", conf);
    let host = host.settled();
    let report = concludes(&host, server.port, &[], "root-deselected");
    let command = report["conclusion"]["commands"][0]
        .as_str()
        .unwrap()
        .trim_start_matches("sudo ");
    let words: Vec<&str> = command.split(' ').skip(1).chain(["--yes"]).collect();
    host.trustctl(words).exits(0);
    concludes(&host, server.port, &[], "healthy");
}

#[test]
fn a_root_that_an_update_took_away_is_told_by_the_conf_and_by_its_name() {
    let gone = Ca::new("Gone Root X1");
    let server = serve(&Identity::of(&gone.leaf("localhost")));
    let host = trusting(root());
    let conf = host.text("etc/ca-certificates.conf");
    host.write(
        "etc/ca-certificates.conf",
        format!("{conf}mozilla/Gone_Root_X1.crt\n"),
    );
    concludes(&host, server.port, &[], "root-removed");
    let known = Ca::new("DigiCert Global Root CA");
    let server = serve(&Identity::of(&known.leaf("localhost")));
    let report = concludes(&trusting(root()), server.port, &[], "root-removed");
    assert!(
        report["conclusion"]["evidence"]
            .as_str()
            .unwrap()
            .contains("20260601"),
        "{report:#}"
    );
}

#[test]
fn an_intermediate_alone_in_the_store_satisfies_only_some_programs() {
    let ca = root();
    let issuing = ca.intermediate("Issuing CA");
    let server = serve(&Identity::with(&issuing.leaf("localhost"), &[&issuing]));
    let host = Host::empty().local("issuing.crt", issuing.pem()).settled();
    let report = concludes(&host, server.port, &[], "intermediate-anchor");
    let accepted = |name: &str| {
        let all = report["trust"].as_array().unwrap();
        all.iter().find(|one| one["consumer"] == name).unwrap()["accepted"]
            .as_bool()
            .unwrap()
    };
    assert_eq!(
        ["openssl", "curl", "go", "gnutls", "python", "node"].map(accepted),
        [false, true, true, true, false, false]
    );
}

#[test]
fn an_intercepting_proxy_is_known_by_its_authority_and_by_public_hosts() {
    let proxy = Ca::new("mitmproxy");
    let server = serve(&Identity::of(&proxy.leaf("localhost")));
    concludes(&trusting(root()), server.port, &[], "interception");
    let company = Ca::new("Company Gateway");
    let server = serve(&Identity::with(
        &company.leaf("proxy.golang.org"),
        &[&company],
    ));
    let address = format!("127.0.0.1:{}", server.port);
    let run = diagnose(
        &trusting(root()),
        &["--connect", &address, "https://proxy.golang.org/"],
    )
    .exits(1);
    let conclusion = first(&run)["conclusion"].take();
    assert_eq!(conclusion["code"], "interception");
    assert!(
        conclusion["commands"][0]
            .as_str()
            .unwrap()
            .contains(&company.sha256()),
        "{conclusion:#}"
    );
}

#[test]
fn the_same_private_issuer_on_unrelated_hosts_is_interception_and_on_related_ones_is_not() {
    let company = Ca::new("Company Gateway");
    let leaf = company.leaf_with("one.example.com", Dates::default(), |params| {
        for name in ["two.example.net", "three.example.com"] {
            params
                .subject_alt_names
                .push(SanType::DnsName(name.try_into().unwrap()));
        }
    });
    let server = serve(&Identity::of(&leaf));
    let address = format!("127.0.0.1:{}", server.port);
    let host = trusting(root());
    let codes = |targets: [&str; 2]| {
        let run = diagnose(&host, &["--connect", &address, targets[0], targets[1]]).exits(1);
        let targets = run.report()["targets"].take();
        [0, 1].map(|at| {
            targets[at]["conclusion"]["code"]
                .as_str()
                .unwrap()
                .to_string()
        })
    };
    assert_eq!(
        codes(["one.example.com", "two.example.net"]),
        ["interception", "interception"]
    );
    assert_eq!(
        codes(["one.example.com", "three.example.com"]),
        ["unknown-issuer", "unknown-issuer"]
    );
}

#[test]
fn a_damaged_bundle_is_told_though_the_root_is_in_it() {
    let ca = root();
    let server = serve(&Identity::of(&ca.leaf("localhost")));
    let host = trusting(ca);
    let path = "etc/ssl/certs/ca-certificates.crt";
    let block = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    host.write(path, host.text(path) + block);
    let report = concludes(&host, server.port, &[], "store-damaged");
    let evidence = report["conclusion"]["evidence"].as_str().unwrap();
    assert!(
        evidence.contains(&format!("`/{path}`, line ")),
        "{evidence}"
    );
    host.trustctl(["refresh", "--yes"]).exits(0);
    concludes(&host, server.port, &[], "healthy");
}

#[test]
fn a_missing_and_an_empty_store_are_told() {
    let server = serve(&Identity::of(&root().leaf("localhost")));
    let host = Host::empty();
    concludes(&host, server.port, &[], "store-missing");
    host.write("etc/ssl/certs/ca-certificates.crt", "");
    concludes(&host, server.port, &[], "store-empty");
}

/// A tree with a root of its own beside the vendor's, the store being as `update-ca-certificates` left it.
fn with_local(private: &Ca) -> Host {
    trusting(root())
        .local("private.crt", private.pem())
        .settled()
}

/// Diagnoses, expects that the parts of the store disagree, runs the printed command and expects that it helps.
#[track_caller]
fn disagrees(host: &Host, server: &Server, evidence: &str) {
    let report = concludes(host, server.port, &[], "store-inconsistent");
    let conclusion = &report["conclusion"];
    assert!(
        conclusion["evidence"].as_str().unwrap().contains(evidence),
        "{conclusion:#}"
    );
    let command = conclusion["commands"][0].as_str().unwrap();
    assert_eq!(command.trim_start_matches("sudo "), "trustctl refresh");
    host.trustctl(["refresh", "--yes"]).exits(0);
    concludes(host, server.port, &[], "healthy");
}

#[test]
fn a_root_that_only_one_part_of_the_store_has_is_told_and_a_refresh_helps() {
    let private = Ca::new("Private Root");
    let server = serve(&Identity::with(&private.leaf("localhost"), &[&private]));
    let source = "`/usr/local/share/ca-certificates/private.crt`";

    // OpenSSL 1.1.1 reads the hash directory alone.
    let host = with_local(&private);
    host.delete(format!("etc/ssl/certs/{}.0", private.subject_hash()));
    let lacks = format!("is in {source} and in the bundle, but not in the hash directory");
    disagrees(&host, &server, &lacks);

    let host = with_local(&private);
    let bundle = host.text("etc/ssl/certs/ca-certificates.crt");
    host.write(
        "etc/ssl/certs/ca-certificates.crt",
        bundle.replace(private.pem(), ""),
    );
    let lacks = format!("is in {source} and in the hash directory, but not in the bundle");
    disagrees(&host, &server, &lacks);

    // Copied to its place, and the store never refreshed.
    let host = trusting(root()).local("private.crt", private.pem());
    let lacks = format!("is in {source}, but not in the bundle or the hash directory");
    disagrees(&host, &server, &lacks);
}

#[test]
fn a_root_that_no_source_delivers_any_more_is_not_said_to_come_back() {
    let private = Ca::new("Private Root");
    let server = serve(&Identity::of(&private.leaf("localhost")));
    let host = with_local(&private);
    host.delete("usr/local/share/ca-certificates/private.crt");
    host.delete(format!("etc/ssl/certs/{}.0", private.subject_hash()));
    let report = concludes(&host, server.port, &[], "store-inconsistent");
    let conclusion = &report["conclusion"];
    assert_eq!(conclusion["commands"].as_array().unwrap().len(), 0);
    let remedy = conclusion["remedy"].to_string();
    assert!(
        remedy.contains("takes it out") && remedy.contains(&private.sha256()),
        "{conclusion:#}"
    );
}

#[test]
fn a_variable_that_leads_to_another_store_is_told() {
    let ca = root();
    let server = serve(&Identity::of(&ca.leaf("localhost")));
    let host = trusting(ca);
    host.write("opt/old.pem", Ca::new("Old Root").pem());
    let target = format!("localhost:{}", server.port);
    let mut command = host.command([
        "--format",
        "json",
        "diagnose",
        "--connect",
        "127.0.0.1",
        &target,
    ]);
    let report = first(
        &output(
            command
                .env("SSL_CERT_FILE", "/opt/old.pem")
                .env("SSL_CERT_DIR", "/nowhere"),
        )
        .exits(1),
    );
    assert_eq!(
        report["conclusion"]["code"], "store-redirected",
        "{report:#}"
    );
    assert!(
        report["conclusion"]["evidence"]
            .as_str()
            .unwrap()
            .contains("/opt/old.pem")
    );
}

#[test]
fn a_server_trusted_through_a_local_certificate_is_healthy_and_it_is_said() {
    let local = Ca::new("Corp Root");
    let server = serve(&Identity::of(&local.leaf("localhost")));
    let host = trusting(root()).local("corp.crt", local.pem()).settled();
    let report = concludes(&host, server.port, &[], "healthy");
    assert!(
        report["notes"][0].as_str().unwrap().contains("Corp Root"),
        "{report:#}"
    );
}
