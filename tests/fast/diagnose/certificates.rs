//! The certificates themselves: validity and clocks, names, keys, signatures, purposes.

use std::process::Command;
use std::sync::Arc;

use rcgen::{CustomExtension, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, NameConstraints};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use support::{Ca, Dates, output};

use crate::diagnose::trust::serve;
use crate::diagnose::{concludes, diagnose, first, root, trusting};
use support::servers::{Identity, Server, openssl, python, raw};

pub(super) const PAST: Dates = Dates {
    from: 2020,
    to: 2021,
};
pub(super) const FUTURE: Dates = Dates {
    from: 2090,
    to: 2099,
};

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
pub(super) fn dated(identity: &Identity, date: &str) -> Server {
    https(identity, "", &format!("Date: {date}\\r\\n"))
}

/// An HTTPS server in Python: lines that set up its context `c`, and fields of its answer.
pub(super) fn https(identity: &Identity, context: &str, fields: &str) -> Server {
    let program = format!(
        "import ssl,socket,sys\n\
         c=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); c.load_cert_chain('server.pem')\n\
         {context}\n\
         s=socket.create_server(('127.0.0.1',int(sys.argv[1]))); print('ACCEPT')\n\
         while True:\n\
         \x20try:\n\
         \x20 t=c.wrap_socket(s.accept()[0],server_side=True); t.recv(4096)\n\
         \x20 t.sendall(b'HTTP/1.1 200 OK\\r\\n{fields}\\r\\n'); t.close()\n\
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

/// Shows a certificate with a key that is not its own.
#[derive(Debug)]
struct Impostor(Arc<CertifiedKey>);

impl ResolvesServerCert for Impostor {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

pub(super) fn impostor(certificates: Vec<CertificateDer<'static>>, key_pem: &str) -> Server {
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
        support::servers::drain(&mut stream);
    })
}

#[test]
fn what_only_python_3_13_objects_to_is_concluded_where_it_may_be_used() {
    // OpenSSL's codes 85 to 93: a root whose form is not by the book.
    let bare = Ca::with("Bare Root", Dates::default(), |params| {
        params.key_usages.clear();
    });
    let server = openssl(&Identity::of(&bare.leaf("localhost")), &["-www"]);
    let host = trusting(bare);
    let report = concludes(&host, server.port, &[], "chain-invalid");
    let judgements = report["trust"].as_array().unwrap();
    let refusing = judgements.iter().filter(|one| one["accepted"] == false);
    let refusing: Vec<&str> = refusing
        .filter_map(|one| one["consumer"].as_str())
        .collect();
    assert_eq!(refusing, ["python-strict"], "{report:#}");
    let evidence = report["conclusion"]["evidence"].as_str().unwrap();
    assert!(
        evidence.contains("refused by Python from 3.13"),
        "{evidence}"
    );
    // A host whose Python is older does not care.
    host.write("usr/bin/python3.11", "");
    concludes(&host, server.port, &[], "healthy");
    host.write("usr/bin/python3.13", "");
    concludes(&host, server.port, &[], "chain-invalid");
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
