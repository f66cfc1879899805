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
fn every_use_of_a_key_has_its_bit() {
    let uses = |bits: &[u8]| {
        let certificate = with(&[&extension(15, true, &tlv(3, &[bits]))]);
        assert_eq!(certificate.defects(), []);
        certificate.key_usage().unwrap().uses.clone()
    };
    let names = [
        "digitalSignature",
        "nonRepudiation",
        "keyEncipherment",
        "dataEncipherment",
        "keyAgreement",
        "keyCertSign",
        "cRLSign",
        "encipherOnly",
    ];
    for (bit, name) in (0..8).zip(names) {
        assert_eq!(uses(&[7 - bit, 0x80 >> bit]), [name]);
    }
    assert_eq!(uses(&[7, 0, 0x80]), ["decipherOnly"]);
    assert_eq!(uses(&[0, 0x05, 0, 0xff]), ["keyCertSign", "encipherOnly"]);
    // No use at all, which is not the same as nothing said about uses.
    assert!(uses(&[0]).is_empty());
}

#[test]
fn constraints_are_a_truth_and_a_number_and_both_can_be_left_out() {
    let (yes, no) = (&[1, 1, 0xff][..], &[1, 1, 0][..]);
    for (parts, ca, path_len) in [
        (&[][..], false, None),
        (&[yes], true, None),
        (&[no], false, None),
        (&[&[2, 1, 7]], false, Some(7)),
        (&[yes, &[2, 1, 0]], true, Some(0)),
        (&[yes, &[2, 2, 1, 2]], true, Some(258)),
        (
            &[yes, &[2, 5, 0, 0xff, 0xff, 0xff, 0xff]],
            true,
            Some(u32::MAX),
        ),
    ] {
        let certificate = with(&[&extension(19, true, &seq(parts))]);
        assert_eq!(certificate.defects(), [], "{parts:?}");
        let found = certificate.basic_constraints().unwrap();
        assert_eq!(
            (found.critical, found.ca, found.path_len),
            (true, ca, path_len)
        );
    }
}

#[test]
fn other_forms_of_common_extensions_are_malformed() {
    let yes = &[1, 1, 0xff][..];
    for (last, value) in [
        (14, seq(&[&[4, 1, 1]])),
        (14, vec![4, 1, 1, 5, 0]),
        (15, vec![4, 2, 0, 4]),
        (15, vec![3, 0]),
        (19, vec![4, 0]),
        (19, seq(&[yes, yes])),
        (19, seq(&[&[2, 1, 1], yes])),
        (19, seq(&[yes, &[2, 1, 0xff]])),
        (19, seq(&[yes, &[2, 5, 1, 0, 0, 0, 0]])),
        (19, seq(&[yes, &[2, 1, 1], &[5, 0]])),
    ] {
        let certificate = with(&[&extension(last, true, &value)]);
        let oid = format!("2.5.29.{last}");
        assert_eq!(
            certificate.defects(),
            [Defect::MalformedExtension(oid)],
            "{value:?}"
        );
        assert_eq!(certificate.basic_constraints(), None);
        assert_eq!(certificate.key_usage(), None);
        assert_eq!(certificate.subject_key_id(), None);
    }
}
