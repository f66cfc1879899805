use super::sample::*;
use crate::cert::{Certificate, Defect};

fn with(extensions: &[&[u8]]) -> Certificate {
    let sample = Sample {
        tail: Sample::extensions(extensions),
        ..Sample::default()
    };
    sample.read().unwrap()
}

/// An extension of id-pe (1.3.6.1.5.5.7.1).
fn private(last: u8, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical { tlv(1, &[&[0xff]]) } else { vec![] };
    let oid = tlv(6, &[&[0x2b, 6, 1, 5, 5, 7, 1, last]]);
    seq(&[&oid, &critical, &tlv(4, &[value])])
}

#[test]
fn only_what_is_critical_and_unknown_is_told_as_such() {
    let access = seq(&[&seq(&[
        &tlv(6, &[&[0x2b, 6, 1, 5, 5, 7, 48, 2]]),
        &tlv(0x86, &[b"http://example.com/"]),
    ])]);
    for (extension, unknown) in [
        (extension(99, false, &[]), &[][..]),
        (extension(99, true, &[]), &["2.5.29.99"]),
        (private(1, true, &access), &[]),
        (private(11, true, &access), &[]),
        (private(7, true, &access), &["1.3.6.1.5.5.7.1.7"]),
    ] {
        let certificate = with(&[&extension]);
        assert_eq!(certificate.extensions().unknown_critical, unknown);
        assert_eq!(certificate.defects(), []);
    }
    let malformed = with(&[&private(1, false, &[5])]);
    let oid = "1.3.6.1.5.5.7.1.1".to_owned();
    assert_eq!(malformed.defects(), [Defect::MalformedExtension(oid)]);
}

#[test]
fn a_moment_is_the_shortest_validity_and_less_is_none() {
    let ends = |end: &[u8]| {
        let validity = seq(&[&tlv(0x17, &[b"250101000000Z"]), &tlv(0x17, &[end])]);
        let sample = Sample {
            validity,
            ..Sample::default()
        };
        sample.read().unwrap().defects().to_vec()
    };
    assert_eq!(ends(b"250101000000Z"), []);
    assert_eq!(ends(b"241231235959Z"), [Defect::NeverValid]);
}

#[test]
fn a_certificate_of_another_ca_is_not_self_signed() {
    let other = Sample {
        issuer: common_name("Other"),
        ..Sample::default()
    };
    assert!(!other.read().unwrap().is_self_signed());
    assert!(!Sample::default().read().unwrap().is_self_signed());
    let key = rcgen::KeyPair::generate().unwrap();
    let parameters = rcgen::CertificateParams::default();
    let root = parameters.self_signed(&key).unwrap();
    assert!(Certificate::from_der(root.der()).unwrap().is_self_signed());
}
