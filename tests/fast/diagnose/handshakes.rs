//! What answers instead of TLS, and TLS itself: versions, ciphers, client certificates, alerts.

use std::io::Write;
use std::thread;
use std::time::Duration;

use support::Host;

use crate::diagnose::layers::healthy;
use crate::diagnose::{concludes, root, trusting};
use support::servers::{
    self, Identity, Server, alert, answering, drain, openssl, raw, read_some, tunnel_after,
};

/// An RSA key and its certificate, for servers whose ciphers need one.
fn rsa(ca: &support::Ca, bits: u32) -> Identity {
    Identity::of(&ca.leaf_by_openssl("localhost", &format!("rsa:{bits}"), "sha256", ""))
}

#[test]
fn plain_protocols_are_told_by_what_they_say() {
    for (said, code) in [
        (
            &b"HTTP/1.1 400 Bad Request\r\nDate: x\r\n\r\n"[..],
            "plain-http",
        ),
        (b"220 mail.example ESMTP\r\n", "starttls-needed"),
        (b"* OK IMAP4rev1\r\n", "starttls-needed"),
        (b"+OK POP3\r\n", "starttls-needed"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "other-protocol"),
        (b"220 (vsFTPd 3.0.3)\r\n", "starttls-needed"),
        (b"\x00\x01\x02\x03hello", "not-tls"),
    ] {
        let server = answering(said);
        concludes(&Host::empty(), server.port, &[], code);
    }
}

#[test]
fn pythons_own_http_server_is_recognised() {
    let server = servers::python(
        "import http.server,sys\ns=http.server.HTTPServer(('127.0.0.1',int(sys.argv[1])),http.server.SimpleHTTPRequestHandler)\nprint('ACCEPT')\ns.serve_forever()",
        None,
    );
    concludes(&Host::empty(), server.port, &[], "plain-http");
}

#[test]
fn an_http_server_that_only_closes_on_a_handshake_is_recognised_by_asking_it() {
    let server = raw(|mut stream| {
        if read_some(&mut stream).starts_with(b"GET ") {
            let _ = stream.write_all(b"HTTP/1.0 200 OK\r\n\r\n");
        }
    });
    concludes(&Host::empty(), server.port, &[], "plain-http");
}

#[test]
fn silence_slowness_and_a_closed_connection_are_told_apart() {
    let silent = raw(|mut stream| drain(&mut stream));
    concludes(&Host::empty(), silent.port, &["--timeout", "1"], "silent");
    let slow = raw(|mut stream| {
        for byte in [22, 3, 3, 0, 80, 2, 0, 0, 76] {
            if stream.write_all(&[byte]).is_err() {
                return;
            }
            thread::sleep(Duration::from_millis(300));
        }
        drain(&mut stream);
    });
    concludes(&Host::empty(), slow.port, &["--timeout", "1"], "too-slow");
    let closed = raw(|mut stream| drop(read_some(&mut stream)));
    concludes(&Host::empty(), closed.port, &[], "closed");
}

/// Lets only handshakes through whose first bytes lack the name.
fn filter(port: u16, answer: &'static [u8]) -> Server {
    raw(move |mut stream| {
        let hello = read_some(&mut stream);
        if hello.windows(9).any(|window| window == b"localhost") {
            let _ = stream.write_all(answer);
            return;
        }
        tunnel_after(&hello, stream, port);
    })
}

#[test]
fn a_filter_that_looks_at_the_name_is_found_by_leaving_it_out() {
    let (host, server) = healthy(&["-tls1_2"]);
    concludes(&host, filter(server.port, b"").port, &[], "name-filtered");
    concludes(
        &host,
        filter(server.port, &[21, 3, 3, 0, 2, 2, 40]).port,
        &[],
        "name-not-served",
    );
}

#[test]
fn a_server_that_does_not_serve_the_name_is_told() {
    let ca = root();
    let other = ca.leaf("other.example");
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = (folder.path().join("c"), folder.path().join("k"));
    std::fs::write(&cert, &other.pem).unwrap();
    std::fs::write(&key, &other.key).unwrap();
    let (cert, key) = (cert.to_str().unwrap(), key.to_str().unwrap());
    let arguments = [
        "-servername",
        "other.example",
        "-servername_fatal",
        "-cert2",
        cert,
        "-key2",
        key,
    ];
    let server = openssl(&Identity::of(&ca.leaf("localhost")), &arguments);
    concludes(&trusting(ca), server.port, &[], "name-not-served");
}

#[test]
fn servers_of_old_versions_only_are_told_with_their_versions() {
    for (version, shown) in [("-tls1", "TLS 1.0"), ("-tls1_1", "TLS 1.1")] {
        let (host, server) = healthy(&[version, "-cipher", "DEFAULT@SECLEVEL=0"]);
        let report = concludes(&host, server.port, &[], "protocol-too-old");
        let evidence = report["conclusion"]["evidence"].as_str().unwrap();
        assert!(
            evidence.contains(&format!("accepts {shown} and nothing later")),
            "{evidence}"
        );
    }
    concludes(
        &Host::empty(),
        answering(alert(70)).port,
        &[],
        "protocol-too-old",
    );
}

#[test]
fn ciphers_that_nobody_or_only_some_accept_are_told() {
    let ca = root();
    let (nothing, exchange) = (rsa(&ca, 2048), rsa(&ca, 2048));
    let host = trusting(ca);
    let server = openssl(&nothing, &["-tls1_2", "-cipher", "NULL-SHA256@SECLEVEL=0"]);
    concludes(&host, server.port, &[], "no-common-cipher");
    let server = openssl(&exchange, &["-tls1_2", "-cipher", "AES128-SHA256"]);
    let report = concludes(&host, server.port, &[], "old-cipher");
    assert_eq!(report["suite"], "TLS_RSA_WITH_AES_128_CBC_SHA256");
    // An EC certificate with a cipher that needs RSA: the server can agree to nothing.
    let (host, server) = healthy(&["-tls1_2", "-cipher", "AES128-SHA256"]);
    concludes(&host, server.port, &[], "handshake-refused");
}

#[test]
fn a_server_that_requires_a_client_certificate_is_told_in_every_version() {
    for version in ["-tls1_3", "-tls1_2"] {
        let (host, server) = healthy(&[version, "-Verify", "1", "-verify_return_error"]);
        let report = concludes(&host, server.port, &[], "client-certificate-required");
        assert_eq!(report["client_certificate"], true, "{version}");
    }
}

#[test]
fn a_server_that_asks_for_a_client_certificate_and_goes_on_is_healthy() {
    let (host, server) = healthy(&["-verify", "1", "-www"]);
    let report = concludes(&host, server.port, &[], "healthy");
    assert!(
        report["notes"][0]
            .as_str()
            .unwrap()
            .contains("goes on without one"),
        "{report:#}"
    );
}

#[test]
fn alerts_are_told_by_number() {
    for (number, code) in [
        (40, "handshake-refused"),
        (42, "client-certificate-refused"),
        (48, "client-certificate-refused"),
        (71, "no-common-cipher"),
        (80, "server-fault"),
        (86, "alert"),
        (109, "alert"),
        (112, "name-not-served"),
        (116, "client-certificate-required"),
        (120, "alert"),
    ] {
        let report = concludes(&Host::empty(), answering(alert(number)).port, &[], code);
        let evidence = report["conclusion"]["evidence"].as_str().unwrap();
        assert!(evidence.contains(&format!("alert {number}")), "{evidence}");
    }
}

/// TLS 1.2 by the book (RFC 5246), but for an empty list of certificates.
fn without_certificate() -> Vec<u8> {
    let mut hello = vec![2, 0, 0, 38, 3, 3];
    hello.extend([7; 32]);
    hello.extend([0, 0xc0, 0x2f, 0]);
    let mut exchange = vec![12, 0, 0, 44, 3, 0, 29, 32];
    exchange.extend([9; 32]);
    exchange.extend([8, 4, 0, 4, 1, 2, 3, 4]);
    let messages = [
        hello,
        vec![11, 0, 0, 3, 0, 0, 0],
        exchange,
        vec![14, 0, 0, 0],
    ];
    let records = messages.iter().flat_map(|message| {
        let mut record = vec![22, 3, 3, 0, message.len() as u8];
        record.extend(message);
        record
    });
    records.collect()
}

#[test]
fn a_server_without_a_certificate_is_told() {
    concludes(
        &Host::empty(),
        answering(without_certificate()).port,
        &[],
        "no-certificate",
    );
}
