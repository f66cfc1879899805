//! Diagnosis on whole distributions, with their own OpenSSL, nginx, GnuTLS, Python and Go.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "tests read what they have made")]

mod causes;
mod hellos;
mod pki;
mod runtimes;
mod servers;
mod staples;
mod stores;
mod story;
mod tls;

/// The server's name, which each cell resolves to itself.
const HOST: &str = "goproxy.corp.example";

/// What administrators meet (the numbers and words of OpenSSL, the alerts of RFC 8446 §6), and what it must come to.
/// Each has a real server in `causes` or a broken store in `stores`, on a host of OpenSSL 1.1.1 and on one of 3.x.
const CAUSES: &[(&str, &str)] = &[
    ("no such name", "name-unknown"),
    ("no answer from the resolver", "resolver-failed"),
    ("connection refused", "connection-refused"),
    ("connection timed out", "connection-timeout"),
    ("no route to host", "network-unreachable"),
    ("proxy not there", "proxy-unreachable"),
    ("proxy: 407", "proxy-authentication"),
    ("proxy: 403, 502", "proxy-refused"),
    ("proxy that is none", "proxy-not-http"),
    ("wrong version number: HTTP", "plain-http"),
    ("wrong version number: SMTP", "starttls-needed"),
    ("wrong version number: SSH", "other-protocol"),
    ("wrong version number: anything", "not-tls"),
    ("unexpected eof", "closed"),
    ("unexpected eof for one name", "name-filtered"),
    ("no answer to the handshake", "silent"),
    ("alert 40", "handshake-refused"),
    ("alerts 42 to 46, 48", "client-certificate-refused"),
    (
        "alert 70, unsupported protocol, legacy sigalg",
        "protocol-too-old",
    ),
    ("alert 71, no cipher", "no-common-cipher"),
    ("alert 80", "server-fault"),
    ("alerts 86, 109, 120", "alert"),
    ("alert 112", "name-not-served"),
    ("alert 116, nginx's 400", "client-certificate-required"),
    ("dh key too small", "weak-key-exchange"),
    ("a cipher that only some take", "old-cipher"),
    (
        "unsafe legacy renegotiation disabled",
        "legacy-renegotiation",
    ),
    ("2: intermediate as anchor", "intermediate-anchor"),
    ("7: wrong key behind the name", "signature-mismatch"),
    ("9", "chain-not-yet-valid"),
    ("9, 10: clock", "clock-wrong"),
    ("10 at the leaf", "expired-leaf"),
    ("10 at an intermediate", "expired-intermediate"),
    ("10 at the root", "expired-root"),
    ("18", "self-signed"),
    ("19", "private-root"),
    (
        "19: the same issuer everywhere, or a gateway's",
        "interception",
    ),
    ("20", "unknown-issuer"),
    ("20: switched off", "root-deselected"),
    ("20: dropped by an update", "root-removed"),
    ("20: in one part of the store only", "store-inconsistent"),
    ("20: another store", "store-redirected"),
    ("20 everywhere: no store", "store-missing"),
    ("20 everywhere: empty store", "store-empty"),
    ("curl: 77", "store-damaged"),
    ("20, 21", "missing-intermediate"),
    ("24, 79", "issuer-not-a-ca"),
    ("26", "wrong-purpose"),
    ("47, 48", "name-constraint"),
    ("62, 64", "wrong-name"),
    ("Go: legacy Common Name field", "common-name-only"),
    ("66, 67", "chain-weak-key"),
    ("68", "chain-weak-signature"),
    ("nothing", "healthy"),
];

#[test]
fn every_cause_of_the_table_is_tried_here() {
    let sources = [
        include_str!("causes.rs"),
        include_str!("pki.rs"),
        include_str!("stores.rs"),
    ];
    for (sign, code) in CAUSES {
        let named = format!("\"{code}\"");
        let is_tried = sources.iter().any(|source| source.contains(&named));
        assert!(is_tried, "{sign}: {code}");
        let mut known = trustctl::rules::diagnosis::codes::EXPLANATIONS.iter();
        assert!(known.any(|one| one.id == *code), "{sign}: {code}");
    }
}
