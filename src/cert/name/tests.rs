use super::*;

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    push_header(&mut out, tag, content.len());
    out.extend_from_slice(content);
    out
}

fn attribute(last: u8, tag: u8, value: &[u8]) -> Vec<u8> {
    let oid = element(OID, &[0x55, 0x04, last]);
    element(SEQUENCE, &[oid, element(tag, value)].concat())
}

fn name(sets: &[&[Vec<u8>]]) -> Name {
    let sets: Vec<Vec<u8>> = sets.iter().map(|set| element(SET, &set.concat())).collect();
    let der = element(SEQUENCE, &sets.concat());
    let mut reader = Reader::new(&der);
    let whole = reader.next().unwrap();
    Name::read(&reader, &whole).unwrap()
}

#[test]
fn a_name_is_shown_most_specific_first() {
    let name = name(&[
        &[attribute(6, PRINTABLE_STRING, b"NL")],
        &[attribute(10, UTF8_STRING, b"Example, Inc.")],
        &[
            attribute(11, IA5_STRING, b"a"),
            attribute(3, T61_STRING, b"Caf\xe9"),
        ],
    ]);
    assert_eq!(name.display(), "OU=a+CN=Café, O=Example\\, Inc., C=NL");
    assert_eq!(name.common_name(), Some("Café"));
    assert_eq!(name.organization(), Some("Example, Inc."));
}

#[test]
fn characters_with_a_meaning_are_escaped() {
    for (value, shown) in [
        (&b" a "[..], "CN=\\ a\\ "),
        (b"#a#", "CN=\\#a#"),
        (b"a\x1b[31m\n", "CN=a\\1B[31m\\0A"),
        ("\u{85}".as_bytes(), "CN=\\C2\\85"),
        (b"<\"\\+;>", "CN=\\<\\\"\\\\\\+\\;\\>"),
    ] {
        assert_eq!(
            name(&[&[attribute(3, UTF8_STRING, value)]]).display(),
            shown
        );
    }
    assert_eq!(
        name(&[&[attribute(99, 0x04, b"\x01")]]).display(),
        "2.5.4.99=#040101"
    );
    assert_eq!(
        name(&[&[attribute(3, UTF8_STRING, b"\xff")]]).display(),
        "CN=#0c01ff"
    );
}

#[test]
fn case_blanks_and_string_types_make_no_other_name() {
    let one = name(&[&[attribute(3, PRINTABLE_STRING, b"  Example   ROOT ")]]);
    let two = name(&[&[attribute(
        3,
        BMP_STRING,
        b"\0e\0x\0a\0m\0p\0l\0e\0 \0r\0o\0o\0t",
    )]]);
    assert!(one.matches(&two));
    assert_eq!(one.hash(), two.hash());
    let three = name(&[&[attribute(3, PRINTABLE_STRING, b"Exampleroot")]]);
    assert!(!one.matches(&three));
}

#[test]
fn the_empty_name_is_hashed_as_the_empty_string() {
    assert!(name(&[]).is_empty());
    assert_eq!(name(&[]).hash(), 0xeea3_39da);
}

#[test]
fn malformed_names_are_faults() {
    for der in [
        &[0x30, 0x02, 0x30, 0x00][..],
        &[0x30, 0x04, 0x31, 0x02, 0x30, 0x00],
        &[
            0x30, 0x09, 0x31, 0x07, 0x30, 0x05, 0x06, 0x03, 0x55, 0x04, 0x03,
        ],
    ] {
        let mut reader = Reader::new(der);
        let whole = reader.next().unwrap();
        assert!(Name::read(&reader, &whole).is_err(), "{der:02x?}");
    }
}

#[test]
fn lengths_are_written_in_as_few_octets_as_possible() {
    for (length, head) in [
        (127, &[4, 127][..]),
        (128, &[4, 0x81, 128]),
        (255, &[4, 0x81, 255]),
        (256, &[4, 0x82, 1, 0]),
    ] {
        let element = element(4, &vec![7; length]);
        assert_eq!(element.strip_suffix(&*vec![7; length]), Some(head));
    }
}

#[test]
fn a_t61_string_is_latin_1_even_if_it_could_be_utf_8() {
    for (value, text) in [
        (&b"abc"[..], "abc"),
        (b"Caf\xe9", "Caf\u{e9}"),
        (b"\xc3\xa9", "\u{c3}\u{a9}"),
    ] {
        assert_eq!(string_text(T61_STRING, value).as_deref(), Some(text));
    }
}

#[test]
fn an_empty_part_of_a_name_is_not_shown() {
    let part = || attribute(3, UTF8_STRING, b"x");
    assert_eq!(name(&[&[part()], &[], &[part()]]).display(), "CN=x, CN=x");
    assert_eq!(name(&[&[], &[part()], &[]]).display(), "CN=x");
}

#[test]
fn a_blank_at_either_end_is_escaped() {
    for (value, shown) in [
        (&b" a"[..], "CN=\\ a"),
        (b"a ", "CN=a\\ "),
        (b"a b", "CN=a b"),
    ] {
        assert_eq!(
            name(&[&[attribute(3, UTF8_STRING, value)]]).display(),
            shown
        );
    }
}
