use super::*;

fn fault(bytes: &[u8]) -> Option<(usize, &'static str)> {
    check(bytes)
        .err()
        .map(|fault| (fault.offset, fault.kind.code()))
}

#[test]
fn strict_der_passes() {
    for bytes in [
        &[0x30, 0x00][..],
        &[0x30, 0x03, 0x02, 0x01, 0x05],
        &[0x30, 0x03, 0x01, 0x01, 0xff],
        &[0x02, 0x02, 0x00, 0x80],
        &[0x02, 0x02, 0xff, 0x7f],
        &[0x03, 0x02, 0x07, 0x80],
        &[0x03, 0x01, 0x00],
        &[0x06, 0x03, 0x55, 0x04, 0x03],
        &[0xa0, 0x02, 0x05, 0x00],
    ] {
        assert_eq!(fault(bytes), None, "{bytes:02x?}");
    }
    let mut long = vec![0x04, 0x81, 0x80];
    long.resize(3 + 0x80, 0);
    assert_eq!(fault(&long), None);
}

#[test]
fn whatever_is_not_der_is_told_with_its_offset() {
    for (bytes, offset, code) in [
        (&[][..], 0, "der-empty"),
        (&[0x30], 0, "der-truncated"),
        (&[0x30, 0x01], 0, "der-truncated"),
        (&[0x30, 0x82, 0x01], 0, "der-truncated"),
        (&[0x30, 0x80, 0x00, 0x00], 0, "der-indefinite-length"),
        (&[0x30, 0x81, 0x00], 0, "der-long-length"),
        (&[0x04, 0x82, 0x00, 0x01, 0x00], 0, "der-long-length"),
        (&[0x04, 0x85, 1, 1, 1, 1, 1], 0, "der-long-length"),
        (&[0x1f, 0x81, 0x00, 0x00], 0, "der-high-tag"),
        (&[0x30, 0x00, 0x00], 2, "der-trailing-bytes"),
        (&[0x30, 0x03, 0x02, 0x02, 0x05], 2, "der-truncated"),
        (&[0x01, 0x01, 0x01], 0, "der-content"),
        (&[0x01, 0x02, 0x00, 0x00], 0, "der-content"),
        (&[0x02, 0x00], 0, "der-content"),
        (&[0x02, 0x02, 0x00, 0x7f], 0, "der-content"),
        (&[0x02, 0x02, 0xff, 0x80], 0, "der-content"),
        (&[0x0a, 0x02, 0x00, 0x01], 0, "der-content"),
        (&[0x03, 0x00], 0, "der-content"),
        (&[0x03, 0x01, 0x01], 0, "der-content"),
        (&[0x03, 0x02, 0x08, 0x00], 0, "der-content"),
        (&[0x03, 0x02, 0x01, 0x01], 0, "der-content"),
        (&[0x05, 0x01, 0x00], 0, "der-content"),
        (&[0x06, 0x00], 0, "der-content"),
        (&[0x06, 0x02, 0x55, 0x84], 0, "der-content"),
        (&[0x06, 0x03, 0x55, 0x80, 0x01], 0, "der-content"),
        (&[0x00, 0x00], 0, "der-content"),
        (&[0x10, 0x00], 0, "der-content"),
        (&[0x24, 0x03, 0x04, 0x01, 0x00], 0, "der-content"),
    ] {
        assert_eq!(fault(bytes), Some((offset, code)), "{bytes:02x?}");
    }
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| {
        let mut bytes = vec![0x05, 0x00];
        for _ in 0..depth {
            let mut outer = vec![0x30, bytes.len() as u8];
            outer.append(&mut bytes);
            bytes = outer;
        }
        bytes
    };
    assert_eq!(fault(&nested(MAX_DEPTH)), None);
    assert_eq!(
        fault(&nested(MAX_DEPTH + 1)),
        Some((2 * MAX_DEPTH, "der-too-deep"))
    );
}

#[test]
fn object_identifiers_are_shown_dotted() {
    for (bytes, text) in [
        (&[0x55, 0x04, 0x03][..], "2.5.4.3"),
        (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d], "1.2.840.113549"),
        (&[0x00], "0.0"),
        (&[0x88, 0x37], "2.999"),
    ] {
        assert_eq!(oid_text(bytes), text);
    }
}

#[test]
fn a_fault_says_how_much_is_missing_or_what_is_wrong() {
    let kind = |bytes: &[u8]| check(bytes).unwrap_err().kind;
    assert_eq!(kind(&[0x30]), DerFaultKind::Truncated(1));
    assert_eq!(kind(&[0x30, 0x02, 0x05]), DerFaultKind::Truncated(1));
    assert_eq!(kind(&[0x30, 0x83, 0x01]), DerFaultKind::Truncated(2));
    let mut padded = vec![0x04, 0x82, 0x00, 0x81];
    padded.resize(4 + 0x81, 0);
    assert_eq!(kind(&padded), DerFaultKind::LongLength);
    for (bytes, what) in [
        (&[0x03, 0x00][..], "a bit string must have a byte"),
        (
            &[0x03, 0x02, 0x01, 0xff],
            "a bit string's unused bits must be zero",
        ),
        (
            &[0x03, 0x02, 0x08, 0x00],
            "a bit string with too many unused bits",
        ),
    ] {
        assert_eq!(kind(bytes), DerFaultKind::Content(what));
    }
}
