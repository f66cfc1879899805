//! Every cause that a server or the network can have, with a real server each, on hosts of OpenSSL 1.1.1 and 3.x: each
//! leads to exactly its conclusion, and to the same one on both.

use serde_json::Value;

use crate::diagnose_distros::pki::Pki;
use crate::diagnose_distros::servers::{By, FIRST, serving};

/// A server, how it is asked, and the conclusion that must come of it.
struct Cause {
    code: &'static str,
    by: By,
    /// Arguments of `diagnose`; `PORT` stands for the server's.
    asked: &'static [&'static str],
}

/// By name and port alone.
const PLAINLY: &[&str] = &["goproxy.corp.example:PORT"];

fn cause(code: &'static str, by: By) -> Cause {
    let asked = PLAINLY;
    Cause { code, by, asked }
}

impl Cause {
    fn asked(self, asked: &'static [&'static str]) -> Cause {
        Cause { asked, ..self }
    }
}

/// Names, connections, proxies, and what answers in clear.
fn below_tls(pki: &Pki) -> Vec<Cause> {
    let python = |code, kind| cause(code, By::Python(kind));
    let proxy: &[&str] = &["--proxy", "http://127.0.0.1:PORT", "goproxy.corp.example"];
    vec![
        cause("healthy", By::Nginx(pki.good(), "")),
        cause("name-unknown", By::Nobody).asked(&["missing.example:PORT"]),
        cause("resolver-failed", By::Nobody).asked(&["failing.example:PORT"]),
        cause("connection-refused", By::Nobody),
        python("connection-timeout", "full").asked(&["--timeout", "1", "127.0.0.1:PORT"]),
        cause("network-unreachable", By::Nobody).asked(&["192.0.2.1:PORT"]),
        cause("proxy-unreachable", By::Nobody).asked(proxy),
        python("proxy-authentication", "proxy:407").asked(proxy),
        python("proxy-refused", "proxy:502").asked(proxy),
        python("proxy-not-http", "ssh").asked(proxy),
        cause("plain-http", By::PlainNginx),
        python("starttls-needed", "smtp"),
        python("other-protocol", "ssh"),
        python("not-tls", "rubbish"),
        python("silent", "silent").asked(&["--timeout", "1", "goproxy.corp.example:PORT"]),
        python("closed", "closes"),
        python("closed", "resets"),
        // "The plain HTTP request was sent to HTTPS port" is no plain HTTP.
        python("closed", "blocks-tls:NGINX"),
        python("name-filtered", "filters:NGINX"),
        python("malformed-tls", "broken-tls"),
    ]
}

/// Versions, ciphers, client certificates and alerts.
fn handshakes(pki: &Pki) -> Vec<Cause> {
    let nginx = |code, lines| cause(code, By::Nginx(pki.good(), lines));
    let rsa = |code, lines| cause(code, By::Nginx(pki.good_rsa(), lines));
    let openssl = |code, arguments| cause(code, By::OpenSsl(pki.good(), arguments));
    let alert = |code, kind| cause(code, By::Python(kind));
    vec![
        nginx("healthy", "ssl_protocols TLSv1.2;"),
        nginx(
            "protocol-too-old",
            "ssl_protocols TLSv1; ssl_ciphers DEFAULT@SECLEVEL=0;",
        ),
        nginx(
            "protocol-too-old",
            "ssl_protocols TLSv1.1; ssl_ciphers DEFAULT@SECLEVEL=0;",
        ),
        openssl("protocol-too-old", "-tls1 -cipher DEFAULT@SECLEVEL=0 -www"),
        nginx(
            "client-certificate-required",
            "ssl_verify_client on; ssl_client_certificate /srv/trusted.pem;",
        ),
        nginx(
            "client-certificate-required",
            "ssl_verify_client on; ssl_client_certificate /srv/trusted.pem; ssl_protocols TLSv1.2; server_tokens off;",
        ),
        nginx(
            "healthy",
            "ssl_verify_client optional; ssl_client_certificate /srv/trusted.pem;",
        ),
        openssl(
            "client-certificate-required",
            "-tls1_3 -Verify 1 -verify_return_error -www",
        ),
        openssl(
            "client-certificate-required",
            "-tls1_2 -Verify 1 -verify_return_error -www",
        ),
        nginx(
            "handshake-refused",
            "ssl_protocols TLSv1.2; ssl_ciphers AES128-SHA256;",
        ),
        rsa(
            "old-cipher",
            "ssl_protocols TLSv1.2; ssl_ciphers AES128-SHA256;",
        ),
        rsa(
            "weak-key-exchange",
            "ssl_protocols TLSv1.2; ssl_ciphers DHE-RSA-AES128-GCM-SHA256@SECLEVEL=0; ssl_dhparam /srv/dh1024.pem;",
        ),
        rsa(
            "old-cipher",
            "ssl_protocols TLSv1.2; ssl_ciphers DHE-RSA-AES128-GCM-SHA256; ssl_dhparam /srv/dh2048.pem;",
        ),
        cause(
            "no-common-cipher",
            By::OpenSsl(
                pki.good_rsa(),
                "-tls1_2 -cipher NULL-SHA256@SECLEVEL=0 -www",
            ),
        ),
        cause(
            "legacy-renegotiation",
            By::GnuTls(
                pki.good(),
                "NORMAL:-VERS-ALL:+VERS-TLS1.2:%DISABLE_SAFE_RENEGOTIATION",
            ),
        ),
        alert("handshake-refused", "alert:40"),
        alert("client-certificate-refused", "alert:42"),
        alert("client-certificate-refused", "alert:46"),
        alert("client-certificate-refused", "alert:48"),
        alert("protocol-too-old", "alert:70"),
        alert("no-common-cipher", "alert:71"),
        alert("server-fault", "alert:80"),
        alert("alert", "alert:86"),
        alert("alert", "alert:109"),
        alert("name-not-served", "alert:112"),
        alert("client-certificate-required", "alert:116"),
        alert("alert", "alert:120"),
    ]
}

/// Certificates, clocks, and who decrypts on the way.
fn certificates(pki: &Pki) -> Vec<Cause> {
    let nginx = pki
        .faults()
        .into_iter()
        .map(|(code, shown)| cause(code, By::Nginx(shown, "")));
    let weak = pki.weak().into_iter();
    let weak = weak
        .map(|(code, shown)| cause(code, By::OpenSsl(shown, "-cipher DEFAULT@SECLEVEL=0 -www")));
    let shared = By::Nginx(
        pki.everywhere(&["proxy.golang.org", "one.example.com", "two.example.net"]),
        "",
    );
    let again = By::Nginx(pki.everywhere(&["proxy.golang.org"]), "");
    let more = [
        cause("wrong-name", By::Nginx(pki.good(), "")).asked(&["127.0.0.1:PORT"]),
        cause("clock-wrong", By::Python("dated:2091")),
        cause("interception", shared).asked(&[
            "--connect",
            "127.0.0.1:PORT",
            "one.example.com",
            "two.example.net",
        ]),
        cause("interception", again).asked(&[
            "--connect",
            "127.0.0.1:PORT",
            "https://proxy.golang.org/",
        ]),
    ];
    nginx.chain(weak).chain(more).collect()
}

/// Asks about every server; what is concluded of one is listed where it is not what it should be.
fn expect(release: &str, causes: impl Fn(&Pki) -> Vec<Cause>) {
    let pki = Pki::new();
    let causes = causes(&pki);
    let cell = serving(release, &pki, causes.iter().map(|cause| &cause.by));
    let mut wrong = Vec::new();
    for (port, cause) in (FIRST..).zip(&causes) {
        let mut command = cell.command("trustctl");
        command.args(["--format", "json", "diagnose"]);
        if !cause.asked.contains(&"--timeout") {
            command.args(["--timeout", "5"]);
        }
        command.args(
            cause
                .asked
                .iter()
                .map(|word| word.replace("PORT", &port.to_string())),
        );
        let run = support::output(&mut command);
        let report = run.report();
        for target in report["targets"].as_array().unwrap() {
            if target["conclusion"]["code"] != cause.code {
                wrong.push(format!("{port}: {} expected, {}", cause.code, said(target)));
            }
        }
        let status = i32::from(cause.code != "healthy");
        if run.code != status {
            wrong.push(format!("{port}: {} ends with {}", cause.code, run.code));
        }
    }
    assert!(wrong.is_empty(), "{release}:\n{}", wrong.join("\n"));
}

fn said(target: &Value) -> String {
    format!("{:#}\n{:#}", target["conclusion"], target["steps"])
}

#[test]
fn on_bullseye_what_fails_below_tls_is_told() {
    expect("bullseye", below_tls);
}

#[test]
fn on_bookworm_what_fails_below_tls_is_told() {
    expect("bookworm", below_tls);
}

#[test]
fn on_bullseye_handshakes_that_fail_are_told() {
    expect("bullseye", handshakes);
}

#[test]
fn on_bookworm_handshakes_that_fail_are_told() {
    expect("bookworm", handshakes);
}

#[test]
fn on_bullseye_certificates_that_are_refused_are_told() {
    expect("bullseye", certificates);
}

#[test]
fn on_bookworm_certificates_that_are_refused_are_told() {
    expect("bookworm", certificates);
}

#[test]
fn what_is_said_of_openssl_is_what_it_says() {
    for (release, refuses_legacy) in [("bullseye", false), ("bookworm", true)] {
        let pki = Pki::new();
        let wanted = ["weak-key-exchange", "legacy-renegotiation"];
        let servers: Vec<Cause> = handshakes(&pki)
            .into_iter()
            .filter(|cause| wanted.contains(&cause.code))
            .collect();
        let cell = serving(release, &pki, servers.iter().map(|cause| &cause.by));
        let refuses = |port: usize, words: &str| {
            let client =
                format!("openssl s_client -connect 127.0.0.1:{port} -tls1_2 </dev/null 2>&1");
            cell.sh(&client).has(words)
        };
        assert!(refuses(FIRST, "dh key too small"), "{release}");
        let said = refuses(FIRST + 1, "unsafe legacy renegotiation disabled");
        assert_eq!(said, refuses_legacy, "{release}");
        assert_eq!(
            refuses(FIRST + 1, "Cipher is ECDHE"),
            !refuses_legacy,
            "{release}"
        );
    }
}
