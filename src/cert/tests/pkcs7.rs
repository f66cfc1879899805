use super::sample::*;
use crate::cert::{BlockKind, Encoding, read};

const SIGNED_DATA: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
const DATA: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];

/// Signed data that holds these members of its certificate set.
fn pkcs7(members: &[&[u8]]) -> Vec<u8> {
    let data = seq(&[
        &[2, 1, 1],
        &tlv(0x31, &[]),
        &seq(&[DATA]),
        &tlv(0xa0, members),
        &tlv(0x31, &[]),
    ]);
    seq(&[SIGNED_DATA, &tlv(0xa0, &[&data])])
}

/// The same with an indefinite length at every level, as Java and streaming OpenSSL write it.
fn indefinite(members: &[&[u8]]) -> Vec<u8> {
    let open = |tag: u8, parts: &[&[u8]]| [&[tag, 0x80], &parts.concat()[..], &[0, 0]].concat();
    let data = open(
        0x30,
        &[
            &[2, 1, 1],
            &tlv(0x31, &[]),
            &open(0x30, &[DATA]),
            &open(0xa0, members),
            &tlv(0x31, &[]),
        ],
    );
    open(0x30, &[SIGNED_DATA, &open(0xa0, &[&data])])
}

#[test]
fn certificates_are_taken_out_in_their_order() {
    let one = Sample::default().der();
    let two = Sample {
        subject: common_name("Two"),
        ..Sample::default()
    }
    .der();
    for bytes in [pkcs7(&[&one, &two]), indefinite(&[&one, &two])] {
        let document = read(&bytes);
        assert_eq!(document.encoding, Encoding::Pkcs7Der);
        assert_eq!(document.blocks[0].kind, BlockKind::Pkcs7);
        let found: Vec<&[u8]> = document
            .certificates()
            .map(|(_, found)| found.der())
            .collect();
        assert_eq!(found, [&one[..], &two]);
    }
}

#[test]
fn a_text_with_markers_inside_a_message_is_not_read_instead_of_it() {
    let one = Sample::default().der();
    let pem = tlv(0xa1, &[&tlv(4, &[b"\n-----BEGIN CERTIFICATE-----\n"])]);
    for bytes in [pkcs7(&[&pem, &one]), indefinite(&[&pem, &one])] {
        assert_eq!(read(&bytes).encoding, Encoding::Pkcs7Der);
    }
}

#[test]
fn other_members_of_the_set_are_passed_over() {
    let one = Sample::default().der();
    let document = read(&pkcs7(&[&tlv(0xa1, &[&[5, 0]]), &one]));
    assert_eq!(document.certificates().count(), 1);
}

#[test]
fn a_broken_member_is_a_fault_with_its_offset_in_the_whole() {
    let mut broken = Sample::default().der();
    let at = broken.len() - 257;
    broken[at] = 7;
    let bytes = pkcs7(&[&broken]);
    let document = read(&bytes);
    let fault = *document.blocks[0].certificates[0].as_ref().unwrap_err();
    assert!(
        fault.offset > bytes.len() - broken.len() && fault.offset < bytes.len(),
        "{fault}"
    );
}

#[test]
fn what_holds_no_certificates_is_told() {
    let code = |bytes: &[u8]| {
        let document = read(bytes);
        assert_eq!(document.certificates().count(), 0);
        document.blocks[0].problems[0].code.code()
    };
    assert_eq!(code(&pkcs7(&[])), "empty-pkcs7");
    let without_set = seq(&[&[2, 1, 1], &tlv(0x31, &[]), &seq(&[DATA])]);
    assert_eq!(
        code(&seq(&[SIGNED_DATA, &tlv(0xa0, &[&without_set])])),
        "empty-pkcs7"
    );
    assert_eq!(code(&seq(&[DATA, &tlv(0xa0, &[&[4, 0]])])), "bad-pkcs7");
    assert_eq!(
        code(&seq(&[SIGNED_DATA, &tlv(0xa0, &[&[5, 0]])])),
        "bad-pkcs7"
    );
    let cut = pkcs7(&[&Sample::default().der()[..50]]);
    assert_eq!(code(&cut), "bad-pkcs7");
}

#[test]
fn deep_nesting_of_indefinite_lengths_ends() {
    let mut bytes = vec![];
    for _ in 0..10_000 {
        bytes.extend([0x30, 0x80]);
    }
    let document = read(&bytes);
    assert_eq!(document.certificates().count(), 0);
}

#[test]
fn only_the_outer_shape_may_be_ber() {
    use crate::cert::pkcs7::is_one_element;
    let mut long = vec![0x30, 0x81, 0x80];
    long.resize(3 + 0x80, 0);
    assert!(is_one_element(&long));
    assert!(is_one_element(&[0x30, 0x80, 0x00, 0x00]));
    assert!(!is_one_element(&[0x1f, 0x00]), "a high tag");
    assert!(
        !is_one_element(&[0x04, 0x80, 0x00, 0x00]),
        "a simple type without length"
    );
}

#[test]
fn the_offset_of_a_fault_counts_from_the_beginning_of_the_file() {
    let file = pkcs7(&[&seq(&[&[0x05, 0x01, 0x00]])]);
    let found = crate::cert::pkcs7::certificates(&file).unwrap();
    let at = file
        .windows(3)
        .position(|three| three == [0x05, 0x01, 0x00]);
    let [Err(fault)] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!(Some(fault.offset), at);
}
