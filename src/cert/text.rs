//! From a file's bytes to text with lines.

use std::borrow::Cow;

use serde::Serialize;

/// How a file's characters are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Characters {
    /// ASCII, UTF-8 or any other superset of ASCII.
    Utf8,
    /// UTF-8 after a byte order mark, which only OpenSSL and pyca skip.
    Utf8Bom,
    /// UTF-16, least significant byte first, as Windows writes it.
    Utf16Le,
    /// UTF-16, most significant byte first.
    Utf16Be,
}

/// The text, without a byte order mark, and how it was written.
pub(crate) fn decode(bytes: &[u8]) -> (Characters, Cow<'_, [u8]>) {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => (Characters::Utf8Bom, Cow::Borrowed(rest)),
        [0xff, 0xfe, rest @ ..] => (Characters::Utf16Le, utf16(rest, u16::from_le_bytes)),
        [0xfe, 0xff, rest @ ..] => (Characters::Utf16Be, utf16(rest, u16::from_be_bytes)),
        [b'-', 0, b'-', 0, ..] => (Characters::Utf16Le, utf16(bytes, u16::from_le_bytes)),
        [0, b'-', 0, b'-', ..] => (Characters::Utf16Be, utf16(bytes, u16::from_be_bytes)),
        _ => (Characters::Utf8, Cow::Borrowed(bytes)),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Cow<'_, [u8]> {
    let units = bytes.chunks(2).map(|pair| match *pair {
        [first, second] => unit([first, second]),
        _ => u16::from(b'?'),
    });
    let text: String = char::decode_utf16(units)
        .map(|decoded| decoded.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    Cow::Owned(text.into_bytes())
}

/// One line without its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    /// Counted from 1.
    pub number: usize,
    pub offset: usize,
    pub text: &'a [u8],
    /// Ended by CR alone, which OpenSSL and Go do not take for the end of a line.
    pub cr_alone: bool,
}

/// The lines of a text; LF, CR LF and CR end a line.
#[derive(Clone, Debug)]
pub(crate) struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    number: usize,
}

impl<'a> Lines<'a> {
    pub fn new(text: &'a [u8]) -> Self {
        Self {
            text,
            at: 0,
            number: 0,
        }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let length = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        let (text, end) = rest.split_at(length);
        self.number += 1;
        let line = Line {
            number: self.number,
            offset: self.at,
            text,
            cr_alone: matches!(end, [b'\r', next, ..] if !matches!(next, b'\r' | b'\n')),
        };
        // Of the last line without an end one beyond it is the end, too.
        self.at += length + if end.starts_with(b"\r\n") { 2 } else { 1 };
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_order_marks_tell_how_the_text_is_written() {
        for (bytes, characters) in [
            (&b"-a"[..], Characters::Utf8),
            (b"\xef\xbb\xbf-a", Characters::Utf8Bom),
            (b"\xff\xfe-\0a\0", Characters::Utf16Le),
            (b"\xfe\xff\0-\0a", Characters::Utf16Be),
        ] {
            assert_eq!(
                decode(bytes),
                (characters, Cow::Borrowed(&b"-a"[..])),
                "{bytes:02x?}"
            );
        }
        assert_eq!(decode(b"-\0-\0").0, Characters::Utf16Le);
        assert_eq!(decode(b"\0-\0-").0, Characters::Utf16Be);
    }

    #[test]
    fn broken_utf_16_is_replaced() {
        assert_eq!(decode(b"\xff\xfe\x00\xd8a").1, "\u{fffd}?".as_bytes());
    }

    #[test]
    fn every_kind_of_line_end_ends_a_line() {
        let lines: Vec<(usize, usize, &[u8])> = Lines::new(b"a\nbc\r\n\rd")
            .map(|line| (line.number, line.offset, line.text))
            .collect();
        assert_eq!(
            lines,
            [(1, 0, &b"a"[..]), (2, 2, b"bc"), (3, 6, b""), (4, 7, b"d")]
        );
        assert_eq!(Lines::new(b"").next(), None);
    }
}
