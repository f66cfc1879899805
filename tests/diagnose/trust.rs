//! Certificates: one fault each, in the chain, in the store, or in the clock.

use std::process::Command;
use std::sync::Arc;

use rcgen::{
    CustomExtension, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, NameConstraints, SanType,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use support::Host;
use support::output;
use support::{Ca, Dates, names_its_issuer};

use crate::servers::{Identity, Server, openssl, python, raw};
use crate::{concludes, diagnose, first, root, trusting};

const PAST: Dates = Dates {
    from: 2020,
    to: 2021,
};
const FUTURE: Dates = Dates {
    from: 2090,
    to: 2099,
};

fn serve(identity: &Identity) -> Server {
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
fn what_has_expired_is_named_by_its_place_in_the_chain() {
    let ca = root();
    let leaf = Identity::of(&ca.leaf_with("localhost", PAST, |_| {}));
    let issuing = ca.intermediate_with("Issuing CA", PAST, |_| {});
    let below = Identity::with(&issuing.leaf("localhost"), &[&issuing]);
    let old = Ca::with("Old Root", PAST, |_| {});
    let rooted = Identity::of(&old.leaf("localhost"));
    let future = Identity::of(&ca.leaf_with("localhost", FUTURE, |_| {}));
    let host = trusting(ca);
    for (identity, code) in [
        (leaf, "expired-leaf"),
        (below, "expired-intermediate"),
        (future, "chain-not-yet-valid"),
    ] {
        concludes(&host, openssl(&identity, &[]).port, &[], code);
    }
    concludes(
        &trusting(old),
        openssl(&rooted, &[]).port,
        &[],
        "expired-root",
    );
}

/// An HTTPS server with a clock of its own.
fn dated(identity: &Identity, date: &str) -> Server {
    let program = format!(
        "import ssl,socket,sys\n\
         c=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); c.load_cert_chain('server.pem')\n\
         s=socket.create_server(('127.0.0.1',int(sys.argv[1]))); print('ACCEPT')\n\
         while True:\n\
         \x20try:\n\
         \x20 t=c.wrap_socket(s.accept()[0],server_side=True); t.recv(4096)\n\
         \x20 t.sendall(b'HTTP/1.1 200 OK\\r\\nDate: {date}\\r\\n\\r\\n'); t.close()\n\
         \x20except OSError: pass"
    );
    python(&program, Some(identity))
}

#[test]
fn a_wrong_clock_is_told_by_the_servers_and_by_files_newer_than_it() {
    let ca = root();
    let future = Identity::of(&ca.leaf_with("localhost", FUTURE, |_| {}));
    let past = Identity::of(&ca.leaf_with("localhost", PAST, |_| {}));
    let host = trusting(ca);
    let report = concludes(
        &host,
        dated(&future, "Fri, 01 Jun 2091 12:00:00 GMT").port,
        &[],
        "clock-wrong",
    );
    assert_eq!(report["server_time"], "2091-06-01T12:00:00Z");
    concludes(
        &host,
        dated(&past, "Mon, 01 Jun 2020 12:00:00 GMT").port,
        &[],
        "clock-wrong",
    );
    // The server's clock agrees with this host's: it is the certificate.
    let now = run_date();
    concludes(&host, dated(&past, &now).port, &[], "expired-leaf");
    // dpkg has been at work at a time that this host's clock has not reached.
    host.write("var/lib/dpkg/status", "");
    let status = host.path("var/lib/dpkg/status");
    output(
        Command::new("/usr/bin/touch")
            .arg("-d")
            .arg("2092-01-01")
            .arg(&status),
    )
    .exits(0);
    let report = concludes(&host, openssl(&future, &[]).port, &[], "clock-wrong");
    assert!(
        report["conclusion"]["evidence"]
            .as_str()
            .unwrap()
            .contains("/var/lib/dpkg/status"),
        "{report:#}"
    );
}

fn run_date() -> String {
    let mut date = Command::new("/bin/date");
    date.env("LC_ALL", "C")
        .args(["-u", "+%a, %d %b %Y %H:%M:%S GMT"]);
    output(&mut date).exits(0).stdout.trim().to_string()
}

#[test]
fn a_name_that_is_not_in_the_certificate_is_told_with_those_that_are() {
    let ca = root();
    let server = serve(&Identity::of(&ca.leaf("other.example")));
    let report = concludes(&trusting(ca), server.port, &[], "wrong-name");
    assert!(
        report["conclusion"]["evidence"]
            .as_str()
            .unwrap()
            .contains("DNS:other.example"),
        "{report:#}"
    );
}

#[test]
fn an_address_that_is_not_in_the_certificate_is_a_wrong_name_too() {
    let ca = root();
    let server = serve(&Identity::of(&ca.leaf("localhost")));
    let run = diagnose(&trusting(ca), &[&format!("127.0.0.1:{}", server.port)]).exits(1);
    assert_eq!(first(&run)["conclusion"]["code"], "wrong-name");
}

#[test]
fn a_name_only_in_the_common_name_is_refused_by_go_and_told() {
    let ca = root();
    let leaf = ca.leaf_with("localhost", Dates::default(), |params| {
        params.subject_alt_names.clear();
    });
    let server = serve(&Identity::of(&leaf));
    let report = concludes(&trusting(ca), server.port, &[], "common-name-only");
    assert!(
        report["conclusion"]["evidence"]
            .as_str()
            .unwrap()
            .contains("Go"),
        "{report:#}"
    );
}

#[test]
fn short_keys_and_weak_hashes_are_told() {
    let ca = root();
    let short = Identity::of(&ca.leaf_by_openssl("localhost", "rsa:1024", "sha256", ""));
    let sha1 = Identity::of(&ca.leaf_by_openssl("localhost", "rsa:2048", "sha1", ""));
    let host = trusting(ca);
    concludes(
        &host,
        openssl(&short, &["-cipher", "DEFAULT@SECLEVEL=0"]).port,
        &[],
        "chain-weak-key",
    );
    concludes(
        &host,
        openssl(&sha1, &["-cipher", "DEFAULT@SECLEVEL=0"]).port,
        &[],
        "chain-weak-signature",
    );
}

#[test]
fn a_root_of_the_same_name_with_another_key_is_told() {
    let server = serve(&Identity::of(&without_key_ids(&Ca::new("Test Root"))));
    concludes(&trusting(root()), server.port, &[], "signature-mismatch");
}

/// A leaf that does not say which of several keys of its issuer signed it.
fn without_key_ids(ca: &Ca) -> support::Leaf {
    ca.leaf_with("localhost", Dates::default(), |params| {
        params.use_authority_key_identifier_extension = false;
    })
}

#[test]
fn purposes_limits_and_issuers_that_may_not_issue_are_told() {
    let ca = root();
    let client = ca.leaf_with("localhost", Dates::default(), |params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    });
    let limited = ca.intermediate_with("Limited CA", Dates::default(), |params| {
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName("example.org".to_string())],
            excluded_subtrees: vec![],
        });
    });
    let outside = Identity::with(&limited.leaf("localhost"), &[&limited]);
    let no_ca = ca.intermediate_with("No CA", Dates::default(), |params| {
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages.clear();
    });
    let by_no_ca = Identity::with(&no_ca.leaf("localhost"), &[&no_ca]);
    let host = trusting(ca);
    concludes(
        &host,
        serve(&Identity::of(&client)).port,
        &[],
        "wrong-purpose",
    );
    concludes(&host, serve(&outside).port, &[], "name-constraint");
    concludes(&host, serve(&by_no_ca).port, &[], "issuer-not-a-ca");
}

#[test]
fn any_other_broken_rule_is_told_with_the_programs_that_enforce_it() {
    let ca = root();
    let leaf = ca.leaf_with("localhost", Dates::default(), |params| {
        let mut extension =
            CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99999, 1], vec![5, 0]);
        extension.set_criticality(true);
        params.custom_extensions.push(extension);
    });
    let server = serve(&Identity::of(&leaf));
    concludes(&trusting(ca), server.port, &[], "chain-invalid");
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

/// Shows a certificate with a key that is not its own.
#[derive(Debug)]
struct Impostor(Arc<CertifiedKey>);

impl ResolvesServerCert for Impostor {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

fn impostor(certificates: Vec<CertificateDer<'static>>, key_pem: &str) -> Server {
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let key = PrivatePkcs8KeyDer::from_pem_slice(key_pem.as_bytes()).unwrap();
    let key = provider
        .key_provider
        .load_private_key(PrivateKeyDer::Pkcs8(key))
        .unwrap();
    let resolver = Arc::new(Impostor(Arc::new(CertifiedKey::new(certificates, key))));
    let config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let config = Arc::new(config.with_no_client_auth().with_cert_resolver(resolver));
    raw(move |mut stream| {
        let mut session = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
        while session.is_handshaking() && session.complete_io(&mut stream).is_ok() {}
        crate::servers::drain(&mut stream);
    })
}

#[test]
fn a_certificate_shown_without_its_key_is_told() {
    let ca = root();
    let (shown, own) = (ca.leaf("localhost"), ca.leaf("localhost"));
    let server = impostor(
        vec![CertificateDer::from_pem_slice(shown.pem.as_bytes()).unwrap()],
        &own.key,
    );
    concludes(&trusting(ca), server.port, &[], "key-not-proven");
}

#[test]
fn bytes_that_are_no_certificate_are_told() {
    let ca = root();
    let server = impostor(
        vec![CertificateDer::from(vec![0x30, 3, 1, 2, 3])],
        &ca.leaf("localhost").key,
    );
    concludes(&trusting(ca), server.port, &[], "malformed-certificate");
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

#[test]
fn a_root_from_a_server_is_added_only_with_the_right_fingerprint() {
    let private = Ca::new("Private Root");
    let server = serve(&Identity::with(&private.leaf("localhost"), &[&private]));
    let host = trusting(root());
    let from = format!("localhost:{}", server.port);
    let before = host.store();
    host.trustctl(["add", "--from", &from])
        .exits(2)
        .says("proves nothing");
    host.trustctl(["add", "--from", &from, "--yes"])
        .exits(2)
        .says("--sha256");
    let wrong = "0".repeat(64);
    host.trustctl(["add", "--from", &from, "--sha256", &wrong])
        .exits(2)
        .says(&private.sha256());
    host.trustctl(["add", "--from", &from, "x.crt"]).exits(2);
    assert!(before == host.store(), "something was changed");
    let run = host
        .trustctl(["add", "--from", &from, "--sha256", &private.sha256()])
        .exits(0);
    assert!(run.has("proves nothing"), "{run}");
    concludes(&host, server.port, &[], "healthy");
}

#[test]
fn the_command_that_a_private_root_is_answered_with_works_as_printed() {
    let private = Ca::new("Private Root");
    let server = serve(&Identity::with(&private.leaf("localhost"), &[&private]));
    let host = trusting(root());
    let report = concludes(&host, server.port, &[], "private-root");
    let command = report["conclusion"]["commands"][0].as_str().unwrap();
    let words: Vec<&str> = command
        .trim_start_matches("sudo ")
        .split(' ')
        .skip(1)
        .collect();
    host.trustctl(words).exits(0);
    concludes(&host, server.port, &[], "healthy");
}

#[test]
fn a_leaf_or_a_chain_without_a_root_is_not_added_from_a_server() {
    let private = Ca::new("Private Root");
    let leaf = private.leaf("localhost");
    let server = serve(&Identity::of(&leaf));
    let host = trusting(root());
    let from = format!("localhost:{}", server.port);
    host.trustctl(["add", "--from", &from])
        .exits(2)
        .says("does not send a root");
    let sha256 = support::sha256(&::pem::parse(&leaf.pem).unwrap().into_contents());
    host.trustctl(["add", "--from", &from, "--sha256", &sha256])
        .exits(2)
        .says("refused");
    let closed = format!("localhost:{}", crate::servers::free_port());
    host.trustctl(["add", "--from", &closed, "--sha256", &sha256])
        .exits(2)
        .says("refuses the connection");
}
