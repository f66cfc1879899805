//! What a conclusion says helps, done as it is said: the server changed as told, or the client. And for every
//! conclusion where that is shown, or in whose hands it is.

use std::fs;
use std::io::Write;
use std::process::Command;

use rcgen::{ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, NameConstraints};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use support::servers::{Identity, Server, answering, free_port, openssl, raw, read_some, tunnel};
use support::{Answer, Ca, Dates, Host, Leaf, PATH, ocsp_response, output};
use tempfile::TempDir;

use crate::diagnose::certificates::{FUTURE, PAST, dated, https, impostor};
use crate::diagnose::layers::proxy;
use crate::diagnose::{concludes, diagnose, first, root, trusting};

/// Where it is shown that what helps helps: a test of this folder or of the slow layer, or who alone can do it.
enum Cure {
    Test(&'static str),
    /// What is to be done lies outside of this host and of the server.
    Elsewhere(&'static str),
}

use Cure::{Elsewhere, Test};

const HERE: Cure = Test("what_is_wrong_with_a_certificate_is_mended_as_told");
const SERVER: Cure = Test("what_is_wrong_with_a_service_is_mended_as_told");
const CIPHERS: Cure = Test("servers_that_only_some_programs_connect_to_are_mended_as_told");
const STORE: Cure = Test("every_fault_of_the_store");

const CURES: &[(&str, Cure)] = &[
    ("healthy", Elsewhere("nothing is to be done")),
    ("verification-off", Test("a_setting_is_mended_as_told")),
    ("setting-broken", Test("a_setting_is_mended_as_told")),
    ("no-target", Test("what_is_no_target_is_refused_as_usage")),
    ("name-unknown", Elsewhere("the resolver")),
    ("resolver-failed", Elsewhere("the resolver")),
    ("connection-refused", SERVER),
    ("connection-timeout", Elsewhere("firewall and route")),
    ("network-unreachable", Elsewhere("routes")),
    (
        "connection-failed",
        Elsewhere("the operating system's message"),
    ),
    (
        "proxy-unreachable",
        Test("what_is_wrong_with_a_proxy_is_mended_as_told"),
    ),
    (
        "proxy-authentication",
        Test("what_is_wrong_with_a_proxy_is_mended_as_told"),
    ),
    ("proxy-refused", Elsewhere("the administrator of the proxy")),
    (
        "proxy-not-tested",
        Test("what_is_printed_for_a_proxy_that_was_not_tested_tests_it"),
    ),
    (
        "proxy-not-http",
        Test("what_is_wrong_with_a_proxy_is_mended_as_told"),
    ),
    ("starttls-refused", SERVER),
    ("starttls-unexpected", SERVER),
    ("plain-http", SERVER),
    ("starttls-needed", SERVER),
    ("other-protocol", Elsewhere("the port that was named")),
    ("not-tls", Elsewhere("what answers in the server's place")),
    ("captive-portal", Elsewhere("signing in to the network")),
    ("silent", Elsewhere("the server's load and log")),
    ("too-slow", Elsewhere("the network, the server's load")),
    ("mtu", Elsewhere("tunnel and router")),
    ("cut-off", Elsewhere("the server's log")),
    (
        "tls13-intolerant",
        Test("a_server_that_fails_on_the_offer_of_tls_1_3_is_told_and_what_helps_helps"),
    ),
    ("closed", Elsewhere("the firewall, the server's log")),
    ("name-filtered", Elsewhere("the firewall")),
    ("protocol-too-old", SERVER),
    ("no-common-cipher", CIPHERS),
    ("old-cipher", CIPHERS),
    ("no-common-group", CIPHERS),
    ("signs-with-sha1", CIPHERS),
    ("no-common-signature", CIPHERS),
    ("large-hello", Test("what_helps_against_large_hellos_helps")),
    ("weak-key-exchange", SERVER),
    (
        "legacy-renegotiation",
        Test(
            "the_configuration_printed_for_a_server_without_safe_renegotiation_lets_one_program_connect",
        ),
    ),
    ("handshake-refused", SERVER),
    ("name-not-served", SERVER),
    (
        "client-certificate-required",
        Test("a_client_certificate_helps_as_told"),
    ),
    ("client-certificate-refused", Elsewhere("the server's log")),
    ("server-fault", Elsewhere("the server's log")),
    ("alert", Elsewhere("the server's log")),
    ("handshake-too-large", HERE),
    (
        "malformed-tls",
        Elsewhere("what changes the bytes on the way, or the server"),
    ),
    (
        "no-certificate",
        Elsewhere("no server of these tests can be made to send none"),
    ),
    ("malformed-certificate", HERE),
    ("key-not-proven", HERE),
    (
        "not-seen",
        Test("certificates_that_can_not_be_seen_are_said_to_be_so"),
    ),
    ("store-missing", STORE),
    ("store-empty", STORE),
    (
        "store-damaged",
        Test("a_damaged_bundle_is_told_though_the_root_is_in_it"),
    ),
    (
        "store-redirected",
        Test("a_redirected_store_is_given_up_only_after_what_it_alone_has_is_added"),
    ),
    (
        "store-inconsistent",
        Test("a_root_that_only_one_part_of_the_store_has_is_told_and_a_refresh_helps"),
    ),
    ("interception", Test("a_root_that_is_added_as_told_helps")),
    (
        "self-signed",
        Test("a_self_signed_certificate_is_added_only_where_it_is_an_authority"),
    ),
    ("private-root", Test("a_root_that_is_added_as_told_helps")),
    (
        "same-name-other-key",
        Test("a_root_of_the_same_name_is_told_by_both_fingerprints_and_the_new_one_helps"),
    ),
    (
        "unknown-issuer",
        Test("an_issuer_that_is_a_root_is_told_by_its_names_and_adding_it_helps"),
    ),
    (
        "missing-intermediate",
        Test("a_missing_intermediate_helps_when_the_server_sends_it"),
    ),
    (
        "root-deselected",
        Test("a_root_that_is_switched_off_is_told_and_trusting_it_again_helps"),
    ),
    ("root-removed", Test("a_root_that_is_added_as_told_helps")),
    (
        "intermediate-anchor",
        Test("only_an_intermediate_in_the_store_helps_when_the_root_is_added"),
    ),
    ("expired-leaf", HERE),
    ("expired-intermediate", HERE),
    ("expired-root", Test("a_root_that_is_added_as_told_helps")),
    ("chain-not-yet-valid", HERE),
    ("clock-wrong", Test("a_clock_that_is_set_helps")),
    ("wrong-name", HERE),
    ("common-name-only", HERE),
    ("chain-weak-key", HERE),
    ("chain-weak-signature", HERE),
    (
        "signature-mismatch",
        Test("a_root_that_is_added_as_told_helps"),
    ),
    ("wrong-purpose", HERE),
    ("issuer-not-a-ca", HERE),
    ("name-constraint", HERE),
    ("revoked", HERE),
    ("staple-refused", HERE),
    ("staple-missing", HERE),
    ("chain-invalid", HERE),
];

#[test]
fn every_conclusion_has_a_cure_that_was_tried_or_lies_elsewhere() {
    let sources = [
        include_str!("cures.rs"),
        include_str!("layers.rs"),
        include_str!("programs.rs"),
        include_str!("remedies.rs"),
        include_str!("trust.rs"),
        include_str!("../../slow/diagnose_distros/runtimes.rs"),
        include_str!("../../slow/diagnose_distros/stores.rs"),
    ];
    let known = trustctl::rules::diagnosis::codes::EXPLANATIONS.iter();
    let known: Vec<&str> = known.map(|one| one.id).collect();
    let listed: Vec<&str> = CURES.iter().map(|row| row.0).collect();
    assert_eq!(listed, known);
    for (code, cure) in CURES {
        match cure {
            Test(name) => {
                let function = format!("fn {name}(");
                assert!(
                    sources.iter().any(|source| source.contains(&function)),
                    "{code}: {name}"
                );
            }
            Elsewhere(whose) => assert!(!whose.is_empty()),
        }
    }
}

/// What a server shows and how it is started, what is concluded, and the same changed as told.
type Row<'a> = (
    &'static str,
    Identity,
    &'a [&'a str],
    Identity,
    &'a [&'a str],
);

#[track_caller]
fn mended(host: &Host, rows: Vec<Row<'_>>) {
    for (code, identity, arguments, changed, new) in rows {
        let start = |identity: &Identity, arguments: &[&str]| {
            openssl(identity, &[arguments, &["-www"]].concat())
        };
        concludes(host, start(&identity, arguments).port, &[], code);
        concludes(host, start(&changed, new).port, &[], "healthy");
    }
}

#[test]
fn what_is_wrong_with_a_certificate_is_mended_as_told() {
    let ca = root();
    let leaf = |dates, change: fn(&mut rcgen::CertificateParams)| {
        Identity::of(&ca.leaf_with("localhost", dates, change))
    };
    let good = || Identity::of(&ca.leaf("localhost"));
    let below = |issuing: Ca| Identity::with(&issuing.leaf("localhost"), &[&issuing]);
    let issuing = |dates, change: fn(&mut rcgen::CertificateParams)| {
        below(ca.intermediate_with("Issuing CA", dates, change))
    };
    let now = Dates::default;
    let of_key = |key, hash| Identity::of(&ca.leaf_by_openssl("localhost", key, hash, ""));
    let any_level: &[&str] = &["-cipher", "DEFAULT@SECLEVEL=0"];
    let rows: Vec<Row<'_>> = vec![
        ("expired-leaf", leaf(PAST, |_| {}), &[], good(), &[]),
        (
            "chain-not-yet-valid",
            leaf(FUTURE, |_| {}),
            &[],
            good(),
            &[],
        ),
        (
            "expired-intermediate",
            issuing(PAST, |_| {}),
            &[],
            issuing(now(), |_| {}),
            &[],
        ),
        (
            "wrong-name",
            Identity::of(&ca.leaf("other.example")),
            &[],
            good(),
            &[],
        ),
        (
            "common-name-only",
            leaf(now(), |params| params.subject_alt_names.clear()),
            &[],
            good(),
            &[],
        ),
        (
            "chain-weak-key",
            of_key("rsa:1024", "sha256"),
            any_level,
            of_key("rsa:2048", "sha256"),
            &[],
        ),
        (
            "chain-weak-signature",
            of_key("rsa:2048", "sha1"),
            any_level,
            of_key("rsa:2048", "sha256"),
            &[],
        ),
        (
            "wrong-purpose",
            leaf(now(), |params| {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
            }),
            &[],
            leaf(now(), |params| {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            }),
            &[],
        ),
        (
            "issuer-not-a-ca",
            issuing(now(), |params| {
                params.is_ca = IsCa::ExplicitNoCa;
                params.key_usages.clear();
            }),
            &[],
            issuing(now(), |_| {}),
            &[],
        ),
        (
            "name-constraint",
            issuing(now(), |params| {
                params.name_constraints = Some(NameConstraints {
                    permitted_subtrees: vec![GeneralSubtree::DnsName("example.org".to_string())],
                    excluded_subtrees: vec![],
                });
            }),
            &[],
            good(),
            &[],
        ),
        (
            "chain-invalid",
            leaf(now(), |params| {
                let mut extension = rcgen::CustomExtension::from_oid_content(
                    &[1, 3, 6, 1, 4, 1, 99999, 1],
                    vec![5, 0],
                );
                extension.set_criticality(true);
                params.custom_extensions.push(extension);
            }),
            &[],
            good(),
            &[],
        ),
    ];
    // What is stapled: renewed, turned on, and a certificate that nobody has revoked.
    let folder = TempDir::new().unwrap();
    let staple = |name: &str, leaf: &Leaf, answer| {
        let file = folder.path().join(name);
        fs::write(&file, ocsp_response(&ca, leaf, answer)).unwrap();
        file.to_str().unwrap().to_string()
    };
    let (leaf, new) = (ca.leaf("localhost"), ca.leaf("localhost"));
    let promising = ca.leaf_with("localhost", Dates::default(), |params| {
        let oid = &[1, 3, 6, 1, 5, 5, 7, 1, 24];
        let extension = rcgen::CustomExtension::from_oid_content(oid, vec![0x30, 3, 2, 1, 5]);
        params.custom_extensions.push(extension);
    });
    let late = Answer {
        when: "-5 days",
        days: "1",
        ..Answer::GOOD
    };
    let revoked = staple("revoked", &leaf, Answer::REVOKED);
    let expired = staple("expired", &leaf, late);
    let renewed = staple("renewed", &leaf, Answer::GOOD);
    let of_new = staple("new", &new, Answer::GOOD);
    let promised = staple("promised", &promising, Answer::GOOD);
    let stapling = |file: &str| ["-status_file".to_string(), file.to_string()];
    let staples = [
        ("revoked", &leaf, Some(revoked), &new, Some(of_new)),
        (
            "staple-refused",
            &leaf,
            Some(expired.clone()),
            &leaf,
            Some(renewed),
        ),
        ("staple-refused", &leaf, Some(expired), &leaf, None),
        (
            "staple-missing",
            &promising,
            None,
            &promising,
            Some(promised),
        ),
        ("staple-missing", &promising, None, &leaf, None),
    ];
    // A chain with more than a client takes, a key of another certificate, and bytes that are none.
    let large = ca.leaf_with("localhost", Dates::default(), |params| {
        for n in 0..9_999 {
            let name = format!("host-{n}.example.org");
            let name = rcgen::SanType::DnsName(name.as_str().try_into().unwrap());
            params.subject_alt_names.push(name);
        }
    });
    let large = Identity::of(&large);
    let shown = CertificateDer::from_pem_slice(new.pem.as_bytes()).unwrap();
    let rubbish = CertificateDer::from(vec![0x30, 3, 1, 2, 3]);
    let [not_its_own, rubbish] = [shown, rubbish].map(|one| impostor(vec![one], &leaf.key));
    let host = trusting_copy(&ca);
    mended(&host, rows);
    for (code, before, staple, after, changed) in staples {
        let start = |leaf: &Leaf, staple: Option<String>| {
            let arguments = staple.iter().flat_map(|file| stapling(file));
            let arguments: Vec<String> = arguments.chain(["-www".to_string()]).collect();
            let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
            openssl(&Identity::of(leaf), &words)
        };
        concludes(&host, start(before, staple).port, &[], code);
        concludes(&host, start(after, changed).port, &[], "healthy");
    }
    let good = openssl(&good(), &["-www"]);
    concludes(
        &host,
        openssl(&large, &["-www"]).port,
        &[],
        "handshake-too-large",
    );
    concludes(&host, not_its_own.port, &[], "key-not-proven");
    concludes(&host, rubbish.port, &[], "malformed-certificate");
    concludes(&host, good.port, &[], "healthy");
}

/// A tree that trusts this root, which is kept.
fn trusting_copy(ca: &Ca) -> Host {
    let host = Host::empty();
    host.write("usr/share/ca-certificates/mozilla/Test_Root.crt", ca.pem());
    host.write("etc/ca-certificates.conf", "mozilla/Test_Root.crt\n");
    host.settled()
}

#[test]
fn what_is_wrong_with_a_service_is_mended_as_told() {
    let ca = root();
    let rsa = || Identity::of(&ca.leaf_by_openssl("localhost", "rsa:2048", "sha256", ""));
    let ec = || Identity::of(&ca.leaf("localhost"));
    let other = ca.leaf("other.example");
    let folder = TempDir::new().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_string()
    };
    let (cert, key) = (file("cert", &other.pem), file("key", &other.key));
    let parameters = |name: &str, words: &[&str]| {
        let path = folder.path().join(name);
        let mut openssl = Command::new("/usr/bin/openssl");
        openssl.env_clear().env("PATH", PATH).arg(words[0]);
        output(openssl.arg("-out").arg(&path).args(&words[1..])).exits(0);
        path.to_str().unwrap().to_string()
    };
    let short = parameters("short", &["dhparam", "-dsaparam", "1024"]);
    let group = [
        "genpkey",
        "-genparam",
        "-algorithm",
        "DH",
        "-pkeyopt",
        "group:ffdhe2048",
    ];
    let long = parameters("long", &group);
    let served = [
        "-servername",
        "other.example",
        "-servername_fatal",
        "-cert2",
        &cert,
        "-key2",
        &key,
    ];
    let rows: Vec<Row<'_>> = vec![
        (
            "protocol-too-old",
            rsa(),
            &["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"],
            rsa(),
            &["-tls1_2"],
        ),
        (
            "handshake-refused",
            ec(),
            &["-tls1_2", "-cipher", "AES128-SHA256"],
            rsa(),
            &["-tls1_2", "-cipher", "DEFAULT"],
        ),
        ("name-not-served", ec(), &served, ec(), &[]),
    ];
    let host = trusting_copy(&ca);
    mended(&host, rows);
    // Groups that s_server does not take: ECDHE where nothing else is enabled, a longer group where DHE is preferred.
    let (rsa, any) = (rsa(), "DHE+AESGCM:ECDHE+AESGCM");
    let cases = [
        ((&short, "DHE+AESGCM"), (&short, "ECDHE+AESGCM")),
        ((&short, any), (&long, any)),
    ];
    for (before, after) in cases {
        let start = |(file, ciphers): (&String, &str)| with_group(&rsa, file, ciphers);
        concludes(&host, start(before).port, &[], "weak-key-exchange");
        concludes(&host, start(after).port, &[], "healthy");
    }
    let (good, mail) = (openssl(&ec(), &["-www"]), openssl(&ec(), &[]));
    // Enabled on that port, or another one used.
    let http = answering("HTTP/1.1 400 Bad Request\r\n\r\n");
    concludes(&host, http.port, &[], "plain-http");
    concludes(&host, good.port, &[], "healthy");
    concludes(&host, free_port(), &[], "connection-refused");
    // A service that begins in clear, asked as told; one that does not, asked without; one that refuses, mended.
    let smtp = |answer: &'static [u8]| {
        let port = mail.port;
        raw(move |mut stream| {
            let _ = stream.write_all(b"220 mail.example ESMTP\r\n");
            if read_some(&mut stream).first() != Some(&b'E') {
                return;
            }
            let _ = stream.write_all(b"250 STARTTLS\r\n");
            read_some(&mut stream);
            let _ = stream.write_all(answer);
            if answer.starts_with(b"220") {
                tunnel(stream, port);
            }
        })
    };
    let server = smtp(b"220 go ahead\r\n");
    concludes(&host, server.port, &[], "starttls-needed");
    concludes(&host, server.port, &["--starttls", "smtp"], "healthy");
    let refusing = smtp(b"454 TLS not available\r\n");
    concludes(
        &host,
        refusing.port,
        &["--starttls", "smtp"],
        "starttls-refused",
    );
    concludes(
        &host,
        good.port,
        &["--starttls", "smtp", "--timeout", "1"],
        "starttls-unexpected",
    );
    concludes(&host, good.port, &[], "healthy");
}

/// A server of TLS 1.2 that prefers these ciphers in this order, with the Diffie-Hellman group in a file.
fn with_group(identity: &Identity, file: &str, ciphers: &str) -> Server {
    let context = format!(
        "c.maximum_version=ssl.TLSVersion.TLSv1_2; c.options|=ssl.OP_CIPHER_SERVER_PREFERENCE\n\
         c.set_ciphers('{ciphers}:@SECLEVEL=0'); c.load_dh_params('{file}')"
    );
    https(identity, &context, "")
}

#[test]
fn a_client_certificate_helps_as_told() {
    let ca = root();
    let client = ca.leaf_with("client", Dates::default(), |params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    });
    let folder = TempDir::new().unwrap();
    for (name, text) in [
        ("ca", ca.pem()),
        ("cert", &client.pem),
        ("key", &client.key),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let issuer = folder.path().join("ca");
    let arguments = [
        "-Verify",
        "1",
        "-verify_return_error",
        "-CAfile",
        issuer.to_str().unwrap(),
        "-www",
    ];
    let server = openssl(&Identity::of(&ca.leaf("localhost")), &arguments);
    let report = concludes(
        &trusting(ca),
        server.port,
        &[],
        "client-certificate-required",
    );
    let remedy = report["conclusion"]["remedy"].to_string();
    assert!(remedy.contains("`curl --cert --key`"), "{remedy}");
    let curl = |options: &str| {
        let text = format!(
            "curl -sS -o /dev/null --cacert ca {options} https://localhost:{}/",
            server.port
        );
        let mut shell = Command::new("/bin/sh");
        shell
            .env_clear()
            .env("PATH", PATH)
            .current_dir(folder.path());
        output(shell.args(["-c", &text])).ok()
    };
    assert!(!curl("") && curl("--cert cert --key key"));
}

#[test]
fn what_is_wrong_with_a_proxy_is_mended_as_told() {
    let ca = root();
    let server = openssl(&Identity::of(&ca.leaf("app.example")), &["-www"]);
    let host = trusting(ca);
    let (proxy, other) = (proxy(), answering("SSH-2.0-OpenSSH_9.2\r\n"));
    let target = format!("app.example:{}", server.port);
    let ask = |proxy: &str, words: &[&str]| {
        let all = ["--format", "json", "diagnose", "--timeout", "5"];
        let mut command = host.command(all.iter().chain(words).chain([&target.as_str()]));
        command.env("https_proxy", proxy);
        // For the target that is not asked through it.
        command.env(
            "no_proxy",
            if words.is_empty() { "" } else { "app.example" },
        );
        let report = output(&mut command).report()["targets"][0].take();
        report["conclusion"]["code"].as_str().unwrap().to_string()
    };
    let at = |port: u16, login: &str| format!("http://{login}127.0.0.1:{port}");
    for (code, wrong) in [
        ("proxy-unreachable", at(free_port(), "")),
        ("proxy-not-http", at(other.port, "")),
        ("proxy-authentication", at(proxy.port, "")),
    ] {
        assert_eq!(ask(&wrong, &[]), code);
        assert_eq!(ask(&at(proxy.port, "me:secret@"), &[]), "healthy", "{code}");
        // Or the host is excepted.
        assert_eq!(
            ask(&wrong, &["--connect", "127.0.0.1"]),
            "healthy",
            "{code}"
        );
    }
}

#[test]
fn a_setting_is_mended_as_told() {
    let private = Ca::new("Private Root");
    let server = openssl(&Identity::of(&private.leaf("localhost")), &["-www"]);
    let host = trusting(root());
    let url = format!("https://localhost:{}/x.git", server.port);
    let ask = || {
        let run = diagnose(&host, &["--connect", "127.0.0.1", "git", &url]);
        first(&run)["conclusion"]["code"]
            .as_str()
            .unwrap()
            .to_string()
    };
    host.write("etc/gitconfig", "[http]\nsslVerify = false\n");
    assert_eq!(ask(), "verification-off");
    // Made trusted first, then the setting deleted.
    host.input("private.crt", private.pem());
    host.trustctl(["add", "--yes", "private.crt"]).exits(0);
    assert_eq!(ask(), "verification-off");
    host.write("etc/gitconfig", "");
    assert_eq!(ask(), "healthy");
    for correct in [
        "[http]\nsslCAInfo = /etc/ssl/certs/ca-certificates.crt\n",
        "",
    ] {
        host.write("etc/gitconfig", "[http]\nsslCAInfo = /opt/none.pem\n");
        assert_eq!(ask(), "setting-broken");
        host.write("etc/gitconfig", correct);
        assert_eq!(ask(), "healthy");
    }
}

#[test]
fn a_root_that_is_added_as_told_helps() {
    let old = Ca::with("Old Root", PAST, |_| {});
    let (new, gone) = (Ca::new("Old Root"), Ca::new("DigiCert Global Root CA"));
    let (private, twin) = (Ca::new("Private Root"), Ca::new("Test Root"));
    let serve = |ca: &Ca| openssl(&Identity::of(&ca.leaf("localhost")), &["-www"]);
    let sending = |ca: &Ca| openssl(&Identity::with(&ca.leaf("localhost"), &[ca]), &["-www"]);
    let without_key_ids = openssl(
        &Identity::of(&twin.leaf_with("localhost", Dates::default(), |params| {
            params.use_authority_key_identifier_extension = false;
        })),
        &["-www"],
    );
    let cases = [
        (
            "expired-root",
            serve(&old),
            serve(&new),
            &new,
            trusting(old),
        ),
        (
            "root-removed",
            serve(&gone),
            serve(&gone),
            &gone,
            trusting(root()),
        ),
        (
            "private-root",
            sending(&private),
            sending(&private),
            &private,
            trusting(root()),
        ),
        (
            "signature-mismatch",
            without_key_ids,
            serve(&twin),
            &twin,
            trusting(root()),
        ),
    ];
    for (code, server, changed, ca, host) in &cases {
        concludes(host, server.port, &[], code);
        host.input("new.crt", ca.pem());
        host.trustctl(["add", "--yes", "new.crt"]).exits(0);
        concludes(host, changed.port, &[], "healthy");
    }
    // Of a public host, decrypted on the way.
    let proxy = Ca::new("Zscaler Root CA");
    let leaf = Identity::with(&proxy.leaf("proxy.golang.org"), &[&proxy]);
    let server = openssl(&leaf, &["-www"]);
    let host = trusting(root());
    let at = format!("127.0.0.1:{}", server.port);
    let ask = || {
        let run = diagnose(&host, &["--connect", &at, "https://proxy.golang.org/"]);
        first(&run)["conclusion"]["code"]
            .as_str()
            .unwrap()
            .to_string()
    };
    assert_eq!(ask(), "interception");
    host.input("proxy.crt", proxy.pem());
    host.trustctl(["add", "--yes", "proxy.crt"]).exits(0);
    assert_eq!(ask(), "healthy");
}

#[test]
fn a_clock_that_is_set_helps() {
    let root = Ca::with(
        "Long Root",
        Dates {
            from: 2020,
            to: 2099,
        },
        |_| {},
    );
    let later = Dates {
        from: 2030,
        to: 2099,
    };
    let leaf = root.leaf_with("localhost", later, |_| {});
    let server = dated(&Identity::of(&leaf), "Fri, 01 Jun 2035 12:00:00 GMT");
    let host = trusting(root);
    concludes(&host, server.port, &[], "clock-wrong");
    let target = format!("localhost:{}", server.port);
    let words = [
        "--format",
        "json",
        "diagnose",
        "--timeout",
        "5",
        "--connect",
        "127.0.0.1",
        &target,
    ];
    let right = host.command(words);
    let mut faketime = Command::new("/usr/bin/faketime");
    faketime.env_clear().envs(
        right
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    faketime
        .arg("2035-06-01 12:00:00")
        .arg(right.get_program())
        .args(right.get_args());
    let report = output(&mut faketime).report()["targets"][0].take();
    assert_eq!(report["conclusion"]["code"], "healthy", "{report:#}");
}
