//! Responses of OCSP, made by OpenSSL's responder.

use std::path::Path;
use std::process::Command;

use crate::ca::{Ca, Leaf, openssl};
use crate::run::{PATH, output};

/// What a response says, and of when it is.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// The first three columns of the responder's index: state, expiry, revocation.
    pub state: &'static str,
    /// `faketime(1)`'s offset from now; empty: now.
    pub when: &'static str,
    /// How many days it holds; empty: it does not say.
    pub days: &'static str,
}

impl Answer {
    /// Good for a day.
    pub const GOOD: Answer = Answer {
        state: "V\t491231235959Z\t",
        when: "",
        days: "1",
    };
    /// Revoked on the first day of 2026, since the key was known to others.
    pub const REVOKED: Answer = Answer {
        state: "R\t491231235959Z\t260101000000Z,keyCompromise",
        ..Answer::GOOD
    };
}

/// A response by this CA about the leaf.
///
/// # Panics
///
/// Where OpenSSL, or `faketime` for another moment than now, fails.
pub fn ocsp_response(by: &Ca, leaf: &Leaf, answer: Answer) -> Vec<u8> {
    let run = openssl(&["x509", "-noout", "-serial"], leaf.pem.as_bytes()).exits(0);
    let serial = run.stdout.trim().trim_start_matches("serial=").to_owned();
    response(by, (by.pem(), &by.key_pem()), leaf, &serial, answer)
}

/// A response by a CA that has never heard of the leaf.
pub fn ocsp_response_unknown(by: &Ca, leaf: &Leaf) -> Vec<u8> {
    let signer = (by.pem(), &*by.key_pem());
    response(by, signer, leaf, "00FF", Answer::GOOD)
}

/// A response in the name of this CA, signed by somebody who may not speak for it.
pub fn ocsp_response_forged(by: &Ca, signer: &Leaf, leaf: &Leaf) -> Vec<u8> {
    let run = openssl(&["x509", "-noout", "-serial"], leaf.pem.as_bytes()).exits(0);
    let serial = run.stdout.trim().trim_start_matches("serial=").to_owned();
    let signer = (signer.pem.as_str(), signer.key.as_str());
    response(by, signer, leaf, &serial, Answer::GOOD)
}

fn response(
    by: &Ca,
    (signer, key): (&str, &str),
    leaf: &Leaf,
    serial: &str,
    answer: Answer,
) -> Vec<u8> {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let put = |name: &str, text: &str| put(folder.path(), name, text);
    let (ca, about) = (put("ca.pem", by.pem()), put("about.pem", &leaf.pem));
    let (signer, key) = (put("signer.pem", signer), put("signer.key", key));
    let index = format!("{}\t{serial}\tunknown\t/CN=any\n", answer.state);
    let index = put("index.txt", &index);
    let [request, out] = ["request.der", "response.der"].map(|name| put(name, ""));
    let ask = [
        "-issuer",
        &ca,
        "-cert",
        &about,
        "-no_nonce",
        "-reqout",
        &request,
    ];
    openssl(&[&["ocsp"], &ask[..]].concat(), b"").exits(0);
    let mut responder = match answer.when {
        "" => Command::new("/usr/bin/openssl"),
        when => {
            let mut faketime = Command::new("faketime");
            faketime.args([when, "/usr/bin/openssl"]);
            faketime
        }
    };
    responder.env_clear().env("PATH", PATH).args([
        "ocsp", "-index", &index, "-CA", &ca, "-rsigner", &signer, "-rkey", &key, "-reqin",
        &request, "-respout", &out,
    ]);
    if !answer.days.is_empty() {
        responder.args(["-ndays", answer.days]);
    }
    output(&mut responder).exits(0);
    std::fs::read(out).expect("the response")
}

fn put(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("a file in a temporary folder");
    path.to_str().expect("a path in UTF-8").to_owned()
}
