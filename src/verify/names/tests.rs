use super::*;

fn name(attributes: &[(u8, &[u8])]) -> Vec<u8> {
    let mut rdns = Vec::new();
    for (kind, value) in attributes {
        let mut pair = vec![6, 3, 0x55, 4, 3, *kind, value.len() as u8];
        pair.extend_from_slice(value);
        rdns.extend([
            tag::SET,
            pair.len() as u8 + 2,
            tag::SEQUENCE,
            pair.len() as u8,
        ]);
        rdns.extend(pair);
    }
    let mut whole = vec![tag::SEQUENCE, rdns.len() as u8];
    whole.extend(rdns);
    whole
}

fn same(a: (u8, &[u8]), b: (u8, &[u8])) -> bool {
    let (a, b) = (name(&[a]), name(&[b]));
    Name::read(&a).unwrap().matches(&Name::read(&b).unwrap())
}

#[test]
fn case_spaces_and_string_types_do_not_make_two_names_differ() {
    let (utf8, printable, bmp) = (tag::UTF8_STRING, tag::PRINTABLE_STRING, tag::BMP_STRING);
    assert!(same((printable, b"Good CA"), (utf8, b"  good   ca ")));
    assert!(same((bmp, b"\0a\0b"), (printable, b"AB")));
    assert!(same((utf8, "ÄÖ".as_bytes()), (utf8, "äö".as_bytes())));
    assert!(same((utf8, "\u{fb01}x".as_bytes()), (utf8, b"fix")));
    assert!(!same((printable, b"Good CA"), (printable, b"GoodCA")));
    assert!(!same((tag::OCTET_STRING, b"A"), (tag::OCTET_STRING, b"a")));
}

#[test]
fn each_kind_of_blank_and_of_string_is_folded() {
    let utf8 = tag::UTF8_STRING;
    for (text, folded) in [
        (" a", "a"),
        ("a ", "a"),
        ("a  b", "a b"),
        ("a\tb", "a b"),
        ("aB", "ab"),
    ] {
        assert!(
            same((utf8, text.as_bytes()), (utf8, folded.as_bytes())),
            "{text:?}"
        );
    }
    assert!(same((tag::TELETEX_STRING, b"\xc4"), (utf8, "Ä".as_bytes())));
    assert!(same((tag::UNIVERSAL_STRING, b"\0\0\0A"), (utf8, b"a")));
}

#[test]
fn the_same_text_is_the_same_to_the_letter_in_whatever_type() {
    let of = |kind, text: &[u8]| name(&[(kind, text)]);
    let printable = of(tag::PRINTABLE_STRING, b"A");
    assert!(same_text(&printable, &printable));
    assert!(same_text(&printable, &of(tag::UTF8_STRING, b"A")));
    assert!(!same_text(&printable, &of(tag::UTF8_STRING, b"a")));
    assert!(!same_text(&printable, b"\x30\x05"));
}

#[test]
fn every_attribute_of_a_set_counts() {
    let set = |second: u8| {
        let pair = |value| {
            [
                tag::SEQUENCE,
                8,
                6,
                3,
                0x55,
                4,
                3,
                tag::UTF8_STRING,
                1,
                value,
            ]
        };
        let content = [pair(b'a'), pair(second)].concat();
        let set = [&[tag::SET, content.len() as u8][..], &content].concat();
        [&[tag::SEQUENCE, set.len() as u8][..], &set].concat()
    };
    let (b, c) = (set(b'b'), set(b'c'));
    assert!(!Name::read(&b).unwrap().matches(&Name::read(&c).unwrap()));
}

#[test]
fn general_names_are_described_as_people_write_them() {
    let described =
        |der: &[u8]| GeneralName::read(&mut Reader::new(der)).map(|name| name.describe());
    for (der, text) in [
        (&b"\x82\x05x.org"[..], "x.org"),
        (b"\x87\x04\xc0\x00\x02\x01", "192.0.2.1"),
        (b"\x87\x08\xc0\x00\x02\x00\xff\xff\xff\x00", "192.0.2.0/24"),
        (b"\x87\x03\x01\x02\x03", "3 bytes"),
        (b"\xa0\x02\x05\x00", "name of type [0]"),
        (b"\x88\x01\x2a", "name of type [8]"),
    ] {
        assert_eq!(described(der).as_deref(), Ok(text));
    }
    assert!(described(b"\x84\x01\x2a").is_err());
}

#[test]
fn a_subtree_is_a_prefix_of_relative_names() {
    let (long, short, other) = (
        name(&[(tag::UTF8_STRING, b"a"), (tag::UTF8_STRING, b"b")]),
        name(&[(tag::UTF8_STRING, b"A")]),
        name(&[(tag::UTF8_STRING, b"b")]),
    );
    let (long, short, other) = (
        Name::read(&long).unwrap(),
        Name::read(&short).unwrap(),
        Name::read(&other).unwrap(),
    );
    assert!(long.within(&short) && !short.within(&long) && !long.within(&other));
}

#[test]
fn general_names_of_no_kind_or_an_empty_list_are_malformed() {
    assert!(general_names(&[0x30, 0]).is_err());
    assert!(general_names(&[0x30, 2, 0x0c, 0]).is_err());
    // `reading` says who refuses it.
    assert!(matches!(
        general_names(&[0x30, 2, 0x8f, 0]).unwrap()[..],
        [GeneralName::Other(15, b"")]
    ));
    assert!(general_names(b"example.com").is_err());
    assert!(matches!(
        general_names(&[0x30, 3, 0x82, 1, b'a']).unwrap()[..],
        [GeneralName::Dns(b"a")]
    ));
}
