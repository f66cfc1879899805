//! A small reader of DER for keys, signatures and extensions, which borrows and tells only that something is wrong.
//!
//! [`super::der`] tells where and why. Here the question is another one: a validator must tell "absent" from
//! "malformed", which a lenient parser blurs.

/// Universal and context tags used in certificates (X.690 §8.1.2).
pub(crate) mod tag {
    pub(crate) use crate::cert::der::{
        BIT_STRING, BOOLEAN, INTEGER, NULL, OCTET_STRING, OID, SEQUENCE, SET,
    };

    pub(crate) const UTF8_STRING: u8 = 0x0c;
    pub(crate) const PRINTABLE_STRING: u8 = 0x13;
    pub(crate) const TELETEX_STRING: u8 = 0x14;
    pub(crate) const IA5_STRING: u8 = 0x16;
    pub(crate) const UNIVERSAL_STRING: u8 = 0x1c;
    pub(crate) const BMP_STRING: u8 = 0x1e;
}

/// What is not DER. No detail: the caller names the extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// The result of reading DER.
pub(crate) type Read<T> = Result<T, Malformed>;

/// Reads elements one after another from a slice; never panics on foreign input.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tag of the next element, without taking it.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The next element: its tag, its content, and the whole of it.
    pub(crate) fn element(&mut self) -> Read<(u8, &'a [u8], &'a [u8])> {
        let (&tag, rest) = self.0.split_first().ok_or(Malformed)?;
        if tag & 0x1f == 0x1f {
            return Err(Malformed);
        }
        let (length, rest) = length(rest)?;
        let (content, after) = rest.split_at_checked(length).ok_or(Malformed)?;
        let whole = self.0.get(..self.0.len() - after.len()).ok_or(Malformed)?;
        self.0 = after;
        Ok((tag, content, whole))
    }

    /// The content of the next element, which must have this tag.
    pub(crate) fn expect(&mut self, tag: u8) -> Read<&'a [u8]> {
        match self.element()? {
            (found, content, _) if found == tag => Ok(content),
            _ => Err(Malformed),
        }
    }

    /// The content of the next element if it has this tag.
    pub(crate) fn optional(&mut self, tag: u8) -> Read<Option<&'a [u8]>> {
        if self.peek() == Some(tag) {
            self.expect(tag).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Refuses trailing bytes.
    pub(crate) fn finish(self) -> Read<()> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Malformed)
        }
    }
}

/// A length, definite and minimal (X.690 §10.1).
fn length(bytes: &[u8]) -> Read<(usize, &[u8])> {
    let (&first, rest) = bytes.split_first().ok_or(Malformed)?;
    if first < 0x80 {
        return Ok((usize::from(first), rest));
    }
    let count = usize::from(first & 0x7f);
    if count == 0 || count > 4 {
        return Err(Malformed);
    }
    let (digits, rest) = rest.split_at_checked(count).ok_or(Malformed)?;
    let value = digits
        .iter()
        .fold(0usize, |sum, &digit| (sum << 8) | usize::from(digit));
    let minimal = value >= 0x80 && digits.first() != Some(&0);
    if minimal {
        Ok((value, rest))
    } else {
        Err(Malformed)
    }
}

/// The content of a lone element that fills the slice.
pub(crate) fn sole(bytes: &[u8], tag: u8) -> Read<&[u8]> {
    let mut reader = Reader::new(bytes);
    let content = reader.expect(tag)?;
    reader.finish()?;
    Ok(content)
}

/// A lone SEQUENCE, ready to be read.
pub(crate) fn sequence(bytes: &[u8]) -> Read<Reader<'_>> {
    sole(bytes, tag::SEQUENCE).map(Reader::new)
}

/// A BOOLEAN's content (X.690 §11.1: TRUE is 0xff).
pub(crate) fn boolean(content: &[u8]) -> Read<bool> {
    match content {
        [0] => Ok(false),
        [0xff] => Ok(true),
        _ => Err(Malformed),
    }
}

/// A small non-negative INTEGER's content; larger than `u32::MAX` counts as `u32::MAX`.
pub(crate) fn unsigned(content: &[u8]) -> Read<u32> {
    match content {
        [] => Err(Malformed),
        [first, ..] if first & 0x80 != 0 => Err(Malformed),
        [0, second, ..] if second & 0x80 == 0 => Err(Malformed),
        _ => Ok(content.iter().fold(0u32, |sum, &digit| {
            sum.checked_mul(256)
                .and_then(|sum| sum.checked_add(u32::from(digit)))
                .unwrap_or(u32::MAX)
        })),
    }
}

/// The contents of a non-empty list of elements with one tag.
pub(crate) fn list(mut reader: Reader<'_>, tag: u8) -> Read<Vec<&[u8]>> {
    let mut found = Vec::new();
    while !reader.is_empty() {
        found.push(reader.expect(tag)?);
    }
    Ok(found)
}

/// An object identifier's content as dotted text, for messages.
pub(crate) fn dotted(oid: &[u8]) -> String {
    let mut arcs: Vec<u64> = Vec::new();
    let mut arc = 0u64;
    for &byte in oid {
        arc = arc
            .saturating_mul(128)
            .saturating_add(u64::from(byte & 0x7f));
        if byte & 0x80 == 0 {
            arcs.push(arc);
            arc = 0;
        }
    }
    let Some((&first, rest)) = arcs.split_first() else {
        return "?".into();
    };
    let top = (first / 40).min(2);
    let mut text = format!("{top}.{}", first - top * 40);
    for arc in rest {
        text.push('.');
        text.push_str(&arc.to_string());
    }
    text
}

/// The content octets of an object identifier given as dotted text.
pub(crate) fn undotted(text: &str) -> Option<Vec<u8>> {
    let mut arcs = text.split('.').map(|arc| arc.parse::<u64>().ok());
    let (top, second) = (arcs.next()??, arcs.next()??);
    if top > 2 || (top < 2 && second > 39) {
        return None;
    }
    let mut bytes = Vec::new();
    push_arc(&mut bytes, top.checked_mul(40)?.checked_add(second)?);
    for arc in arcs {
        push_arc(&mut bytes, arc?);
    }
    Some(bytes)
}

fn push_arc(bytes: &mut Vec<u8>, arc: u64) {
    let digits = (64 - arc.leading_zeros()).div_ceil(7).max(1);
    for place in (0..digits).rev() {
        let more = if place > 0 { 0x80 } else { 0 };
        bytes.push(((arc >> (7 * place)) & 0x7f) as u8 | more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_must_be_definite_and_minimal() {
        for bad in [
            &[0x30, 0x80, 0, 0][..],
            &[0x30, 0x81, 1, 0],
            &[0x30, 0x82, 0, 0x80],
            &[0x30, 2, 0],
            // Nine octets of length, of which a number of 64 bits would keep the last alone.
            &[&[0x30, 0x89, 1, 0, 0, 0, 0, 0, 0, 0, 0x80][..], &[0; 0x80]].concat(),
            &[0x30],
            &[],
        ] {
            assert_eq!(sequence(bad).err(), Some(Malformed), "{bad:02x?}");
        }
        let mut long = vec![0x30, 0x81, 0x80];
        long.extend([0; 0x80]);
        assert!(sequence(&long).is_ok());
    }

    #[test]
    fn integers_are_minimal_non_negative_and_saturate() {
        assert_eq!(unsigned(&[0]), Ok(0));
        assert_eq!(unsigned(&[0, 0x80]), Ok(128));
        assert_eq!(unsigned(&[1, 0, 0, 0, 0, 0]), Ok(u32::MAX));
        for bad in [&[][..], &[0x80], &[0, 1]] {
            assert_eq!(unsigned(bad), Err(Malformed), "{bad:02x?}");
        }
    }

    #[test]
    fn object_identifiers_survive_the_way_there_and_back() {
        for text in [
            "2.5.29.32.0",
            "1.3.6.1.4.1.55738.666.1",
            "0.9.2342.19200300.100.1.25",
            "2.999.3",
        ] {
            assert_eq!(dotted(&undotted(text).unwrap()), text);
        }
        for bad in ["", "1", "3.1", "1.40", "1.a", "1..2"] {
            assert_eq!(undotted(bad), None, "{bad}");
        }
    }

    #[test]
    fn trailing_bytes_and_a_wrong_boolean_are_refused() {
        assert_eq!(sole(&[5, 0, 0], tag::NULL), Err(Malformed));
        assert_eq!(boolean(&[1]), Err(Malformed));
        assert_eq!(boolean(&[0xff]), Ok(true));
    }

    #[test]
    fn lengths_are_definite_and_in_their_shortest_form() {
        let of = |header: &[u8], content: usize| {
            let bytes = [header, &vec![0; content]].concat();
            let read = Reader::new(&bytes).element();
            read.map(|(_, content, whole)| (content.len(), whole.len()))
        };
        assert_eq!(of(&[4, 0x7f], 0x7f), Ok((0x7f, 0x81)));
        assert_eq!(of(&[4, 0x81, 0x80], 0x80), Ok((0x80, 0x83)));
        assert_eq!(
            of(&[4, 0x84, 1, 0, 0, 0], 1 << 24),
            Ok((1 << 24, 6 + (1 << 24)))
        );
        for header in [
            &[4, 0x80][..],
            &[4, 0x81, 0x7f],
            &[4, 0x82, 0, 0x80],
            &[4, 0x85, 0, 0, 0, 0, 0x80],
            &[0x1f, 1],
            &[0xbf, 1],
        ] {
            assert_eq!(of(header, 0x100), Err(Malformed), "{header:02x?}");
        }
    }

    #[test]
    fn the_second_arc_ends_at_39_below_the_first_two_roots() {
        assert_eq!(undotted("1.39"), Some(vec![79]));
        assert_eq!(undotted("1.40"), None);
        assert_eq!(undotted("2.40"), Some(vec![120]));
        assert_eq!(undotted("3.1"), None);
    }
}
