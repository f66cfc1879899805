//! Stapled responses of OCSP, made by OpenSSL's responder: what they say, and that `diagnose` reads them.

use std::path::Path;

use rcgen::CustomExtension;
use support::{Ca, Dates, Leaf, openssl as run};
use tempfile::TempDir;
use trustctl::verify::{Staple, must_staple, staple};

use crate::diagnose::servers::{Identity, openssl};
use crate::diagnose::{concludes, root, trusting};

fn hex_serial(leaf: &Leaf) -> String {
    let text = run(&["x509", "-noout", "-serial"], leaf.pem.as_bytes()).stdout;
    text.trim().trim_start_matches("serial=").to_owned()
}

/// A response by this CA about the leaf; `status` are the first three columns of its index.
fn response(folder: &Path, by: &Ca, leaf: &Leaf, status: &str) -> Vec<u8> {
    let put = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let [ca, key] = [put("ca.pem", by.pem()), put("ca.key", &by.key_pem())];
    let leaf_file = put("about.pem", &leaf.pem);
    let index = format!("{status}\t{}\tunknown\t/CN=any\n", hex_serial(leaf));
    let index = put("index.txt", &index);
    let [request, out] = ["request.der", "response.der"].map(|name| put(name, ""));
    let ask = [
        "ocsp", "-issuer", &ca, "-cert", &leaf_file, "-reqout", &request,
    ];
    run(&ask, b"").exits(0);
    let answer = [
        "ocsp", "-index", &index, "-CA", &ca, "-rsigner", &ca, "-rkey", &key,
    ];
    let files = ["-reqin", &request, "-respout", &out, "-ndays", "1"];
    run(&[&answer[..], &files].concat(), b"").exits(0);
    std::fs::read(out).unwrap()
}

const VALID: &str = "V\t491231235959Z\t";
const REVOKED: &str = "R\t491231235959Z\t260101000000Z,keyCompromise";

fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.unwrap().as_secs() as i64
}

fn der(pem: &str) -> Vec<u8> {
    pem::parse(pem).unwrap().into_contents()
}

#[test]
fn a_response_is_good_revoked_expired_foreign_or_not_by_the_issuer() {
    let folder = TempDir::new().unwrap();
    let (ca, twin) = (Ca::new("Corp Root"), Ca::new("Corp Root"));
    let [leaf, other] = ["localhost", "other"].map(|host| ca.leaf(host));
    let good = response(folder.path(), &ca, &leaf, VALID);
    let revoked = response(folder.path(), &ca, &leaf, REVOKED);
    let by_twin = response(folder.path(), &twin, &leaf, VALID);
    let judge =
        |response: &[u8], leaf: &Leaf, at| staple(response, &der(&leaf.pem), &[ca.der()], at);
    let (now, day) = (now(), 86_400);
    assert!(matches!(judge(&good, &leaf, now), Staple::Good(Some(end)) if end > now));
    assert!(matches!(
        judge(&good, &leaf, now + 2 * day),
        Staple::Expired(_)
    ));
    assert!(matches!(judge(&good, &leaf, now - day), Staple::NotYet(_)));
    let at = 1_767_225_600;
    assert_eq!(
        judge(&revoked, &leaf, now),
        Staple::Revoked(at, "keyCompromise")
    );
    assert_eq!(judge(&good, &other, now), Staple::Foreign);
    // Another CA of the same name has another key.
    assert_eq!(judge(&by_twin, &leaf, now), Staple::Foreign);
    let mut changed = good.clone();
    // The last digit of the time of production.
    let time = changed.windows(2).position(|two| two == [0x18, 15]);
    let digit = &mut changed[time.unwrap() + 15];
    *digit = if *digit == b'0' { b'1' } else { b'0' };
    assert_eq!(judge(&changed, &leaf, now), Staple::Unsigned);
    assert_eq!(staple(&good, &der(&leaf.pem), &[], now), Staple::Unsigned);
    assert_eq!(judge(&[0x30, 3, 0x0a, 1, 6], &leaf, now), Staple::Failed(6));
    assert_eq!(judge(b"no response", &leaf, now), Staple::Malformed);
}

#[test]
fn diagnose_says_what_is_stapled_and_what_is_missing() {
    let folder = TempDir::new().unwrap();
    let ca = Ca::new("Corp Root");
    let promising = ca.leaf_with("localhost", Dates::default(), |params| {
        let features = vec![0x30, 3, 2, 1, 5];
        let oid = &[1, 3, 6, 1, 5, 5, 7, 1, 24];
        let extension = CustomExtension::from_oid_content(oid, features);
        params.custom_extensions.push(extension);
    });
    assert!(must_staple(&der(&promising.pem)));
    let leaf = ca.leaf("localhost");
    let host = trusting(root()).local("corp.crt", ca.pem()).settled();
    let notes = |leaf: &Leaf, staple: Option<&[u8]>| {
        let file = folder.path().join("staple.der");
        let mut arguments = vec!["-www"];
        if let Some(bytes) = staple {
            std::fs::write(&file, bytes).unwrap();
            arguments.extend(["-status_file", file.to_str().unwrap()]);
        }
        let server = openssl(&Identity::of(leaf), &arguments);
        let report = concludes(&host, server.port, &[], "healthy");
        report["notes"].to_string()
    };
    let (good, revoked) = (
        response(folder.path(), &ca, &leaf, VALID),
        response(folder.path(), &ca, &leaf, REVOKED),
    );
    assert!(notes(&leaf, Some(&good)).contains("stapled OCSP response: good, until "));
    let said = notes(&leaf, Some(&revoked));
    assert!(
        said.contains("revoked since 2026-01-01T00:00:00Z (keyCompromise)"),
        "{said}"
    );
    assert!(notes(&promising, None).contains("Must-Staple"));
    assert!(!notes(&leaf, None).contains("OCSP"));
}
