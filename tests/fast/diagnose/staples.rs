//! Stapled responses of OCSP, made by OpenSSL's responder: what they say, and that `diagnose` reads them.

use rcgen::CustomExtension;
use support::{
    Answer, Ca, Dates, Leaf, ocsp_response as response, ocsp_response_forged, ocsp_response_unknown,
};
use tempfile::TempDir;
use trustctl::verify::{Staple, must_staple, staple};

use crate::diagnose::programs::differences;
use crate::diagnose::{concludes, root, trusting};
use support::servers::{Identity, openssl};

fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.unwrap().as_secs() as i64
}

fn der(pem: &str) -> Vec<u8> {
    pem::parse(pem).unwrap().into_contents()
}

#[test]
fn a_response_is_good_revoked_expired_foreign_or_not_by_the_issuer() {
    let (ca, twin) = (Ca::new("Corp Root"), Ca::new("Corp Root"));
    let [leaf, other] = ["localhost", "other"].map(|host| ca.leaf(host));
    let good = response(&ca, &leaf, Answer::GOOD);
    let revoked = response(&ca, &leaf, Answer::REVOKED);
    let by_twin = response(&twin, &leaf, Answer::GOOD);
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

/// With Must-Staple (RFC 7633).
fn promising(ca: &Ca) -> Leaf {
    ca.leaf_with("localhost", Dates::default(), |params| {
        let features = vec![0x30, 3, 2, 1, 5];
        let oid = &[1, 3, 6, 1, 5, 5, 7, 1, 24];
        let extension = CustomExtension::from_oid_content(oid, features);
        params.custom_extensions.push(extension);
    })
}

/// What is stapled, what is concluded, and a part of the note.
type Row = (Option<Vec<u8>>, &'static str, &'static str);

fn rows(ca: &Ca, leaf: &Leaf) -> Vec<Row> {
    let other = ca.leaf("other");
    let of = |answer: Answer| Some(response(ca, leaf, answer));
    let at = |when, days| Answer {
        when,
        days,
        ..Answer::GOOD
    };
    vec![
        (of(Answer::GOOD), "healthy", "good, until "),
        (of(at("-14 days", "")), "healthy", "good"),
        (of(at("+5 days", "1")), "healthy", "not valid before "),
        (
            Some(ocsp_response_unknown(ca, leaf)),
            "healthy",
            "does not know the certificate",
        ),
        (
            of(Answer::REVOKED),
            "revoked",
            "revoked since 2026-01-01T00:00:00Z (keyCompromise)",
        ),
        (of(at("-5 days", "1")), "staple-refused", "expired on "),
        (
            of(at("-16 days", "")),
            "staple-refused",
            "without a time until which it holds",
        ),
        (
            Some(response(ca, &other, Answer::GOOD)),
            "staple-refused",
            "for another certificate",
        ),
        (
            Some(ocsp_response_forged(ca, &other, leaf)),
            "staple-refused",
            "not signed by the issuer",
        ),
    ]
}

#[test]
fn what_is_stapled_decides_for_the_programs_that_look_at_it() {
    let ca = root();
    let (plain, promising) = (ca.leaf("localhost"), promising(&ca));
    assert!(must_staple(&der(&promising.pem)) && !must_staple(&der(&plain.pem)));
    let failed = Some(vec![0x30, 3, 0x0a, 1, 6]);
    let mut cases: Vec<(&Leaf, Row)> = Vec::new();
    for leaf in [&plain, &promising] {
        cases.extend(rows(&ca, leaf).into_iter().map(|row| (leaf, row)));
    }
    let missing = "the server sends none";
    cases.push((&plain, (None, "healthy", "")));
    cases.push((
        &plain,
        (failed.clone(), "healthy", "the responder failed (status 6"),
    ));
    cases.push((&promising, (None, "staple-missing", missing)));
    cases.push((
        &promising,
        (failed, "staple-missing", "the responder failed (status 6"),
    ));
    let identities = [Identity::of(&plain), Identity::of(&promising)];
    let folder = TempDir::new().unwrap();
    let (file, pem) = (folder.path().join("staple.der"), ca.pem().to_owned());
    let host = trusting(ca);
    assert_eq!(host.vendors()[0].pem(), pem);
    let mut wrong = Vec::new();
    for (leaf, (staple, code, said)) in cases {
        let mut arguments = vec!["-www"];
        if let Some(bytes) = staple {
            std::fs::write(&file, bytes).unwrap();
            arguments.extend(["-status_file", file.to_str().unwrap()]);
        }
        let identity = &identities[usize::from(leaf.pem == promising.pem)];
        let server = openssl(identity, &arguments);
        let report = concludes(&host, server.port, &[], code);
        let notes = report["notes"].to_string();
        assert!(notes.contains(said), "{code}: {said}: {notes}");
        assert_eq!(notes.contains("OCSP"), !said.is_empty(), "{notes}");
        wrong.extend(differences(&report, server.port, &host.vendors()[0], said));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
