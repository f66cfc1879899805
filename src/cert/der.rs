//! Strict DER (X.690 §10), with the offset of whatever is wrong.
//!
//! Parsers in use differ in how much BER they let pass; a certificate that one program takes and another refuses does
//! harm in a shared bundle. So the rule here is the strictest of theirs, and faults are told, not skipped.

use std::fmt;
use std::ops::Range;

/// How deep values may be nested; real certificates stay below 12.
const MAX_DEPTH: usize = 32;

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const NULL: u8 = 0x05;
pub(crate) const OID: u8 = 0x06;
pub(crate) const ENUMERATED: u8 = 0x0a;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// Where and why bytes are not the DER they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DerFault {
    /// Offset of the first byte of the element that is wrong.
    pub offset: usize,
    /// What is wrong with it.
    pub kind: DerFaultKind,
}

/// The ways in which bytes can fail to be a certificate in DER.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DerFaultKind {
    /// There is nothing.
    Empty,
    /// The data end before the element does; the number of missing bytes.
    Truncated(usize),
    /// BER's indefinite length.
    IndefiniteLength,
    /// A length in more bytes than it needs, or in more than four.
    LongLength,
    /// A tag number above 30, which X.509 never uses.
    HighTag,
    /// Bytes after the end; how many.
    Trailing(usize),
    /// Another element than the named one.
    Expected(&'static str),
    /// An element whose content breaks the rule of its type.
    Content(&'static str),
    /// More nested than any certificate.
    TooDeep,
}

impl DerFaultKind {
    /// The fault's stable name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "der-empty",
            Self::Truncated(_) => "der-truncated",
            Self::IndefiniteLength => "der-indefinite-length",
            Self::LongLength => "der-long-length",
            Self::HighTag => "der-high-tag",
            Self::Trailing(_) => "der-trailing-bytes",
            Self::Expected(_) => "der-unexpected",
            Self::Content(_) => "der-content",
            Self::TooDeep => "der-too-deep",
        }
    }
}

impl fmt::Display for DerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            DerFaultKind::Empty => f.write_str("there are no bytes"),
            DerFaultKind::Truncated(missing) => {
                write!(f, "cut off: {missing} more bytes announced than there are")
            }
            DerFaultKind::IndefiniteLength => f.write_str("indefinite length (BER, not DER)"),
            DerFaultKind::LongLength => {
                f.write_str("length not in its shortest form (BER, not DER)")
            }
            DerFaultKind::HighTag => f.write_str("a tag that X.509 does not use"),
            DerFaultKind::Trailing(count) => write!(f, "{count} bytes after the end"),
            DerFaultKind::Expected(what) => write!(f, "expected {what}"),
            DerFaultKind::Content(what) => f.write_str(what),
            DerFaultKind::TooDeep => f.write_str("nested too deeply"),
        }?;
        write!(f, " at offset {}", self.offset)
    }
}

impl std::error::Error for DerFault {}

/// One element: its tag and where it and its content lie in the whole.
#[derive(Clone, Debug)]
pub(crate) struct Element {
    pub tag: u8,
    pub start: usize,
    pub content: Range<usize>,
}

impl Element {
    /// Header and content.
    pub fn whole(&self) -> Range<usize> {
        self.start..self.content.end
    }

    pub fn is_constructed(&self) -> bool {
        self.tag & 0x20 != 0
    }

    pub fn fault(&self, kind: DerFaultKind) -> DerFault {
        DerFault {
            offset: self.start,
            kind,
        }
    }
}

/// Reads elements one after the other from a part of `data`.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    data: &'a [u8],
    at: usize,
    end: usize,
}

impl<'a> Reader<'a> {
    pub fn new(data: &'a [u8]) -> Self {
        Self {
            data,
            at: 0,
            end: data.len(),
        }
    }

    /// A reader of what `element` (read from this reader) contains.
    pub fn inside(&self, element: &Element) -> Self {
        Self {
            data: self.data,
            at: element.content.start,
            end: element.content.end,
        }
    }

    pub fn bytes(&self, range: Range<usize>) -> &'a [u8] {
        self.data.get(range).unwrap_or_default()
    }

    pub fn content(&self, element: &Element) -> &'a [u8] {
        self.bytes(element.content.clone())
    }

    pub fn is_empty(&self) -> bool {
        self.at >= self.end
    }

    pub fn peek(&self) -> Option<u8> {
        if self.is_empty() {
            None
        } else {
            self.data.get(self.at).copied()
        }
    }

    fn fault<T>(&self, kind: DerFaultKind) -> Result<T, DerFault> {
        Err(DerFault {
            offset: self.at,
            kind,
        })
    }

    /// The next element, whatever it is.
    pub fn next(&mut self) -> Result<Element, DerFault> {
        let rest = self.bytes(self.at..self.end);
        let (Some(&tag), Some(&first)) = (rest.first(), rest.get(1)) else {
            return self.fault(DerFaultKind::Truncated(2 - rest.len().min(2)));
        };
        if tag & 0x1f == 0x1f {
            return self.fault(DerFaultKind::HighTag);
        }
        let (header, length) = match length(first, rest.get(2..).unwrap_or_default()) {
            Ok(found) => found,
            Err(kind) => return self.fault(kind),
        };
        let missing = (header + length).saturating_sub(rest.len());
        if missing > 0 {
            return self.fault(DerFaultKind::Truncated(missing));
        }
        let start = self.at;
        self.at += header + length;
        Ok(Element {
            tag,
            start,
            content: start + header..self.at,
        })
    }

    /// The next element, which must have the tag `tag`; `what` names it in the fault.
    pub fn expect(&mut self, tag: u8, what: &'static str) -> Result<Element, DerFault> {
        match self.peek() {
            Some(found) if found == tag => self.next(),
            _ => self.fault(DerFaultKind::Expected(what)),
        }
    }

    /// The next element if it has the tag `tag`.
    pub fn optional(&mut self, tag: u8) -> Result<Option<Element>, DerFault> {
        if self.peek() == Some(tag) {
            self.next().map(Some)
        } else {
            Ok(None)
        }
    }

    /// Nothing may follow.
    pub fn finish(&self) -> Result<(), DerFault> {
        match self.end.saturating_sub(self.at) {
            0 => Ok(()),
            count => self.fault(DerFaultKind::Trailing(count)),
        }
    }
}

/// Header length and content length, from the first length byte and the bytes after it.
fn length(first: u8, more: &[u8]) -> Result<(usize, usize), DerFaultKind> {
    let count = usize::from(first & 0x7f);
    match first {
        0..=0x7f => return Ok((2, count)),
        0x80 => return Err(DerFaultKind::IndefiniteLength),
        0x81..=0x84 => {}
        _ => return Err(DerFaultKind::LongLength),
    }
    let Some(bytes) = more.get(..count) else {
        return Err(DerFaultKind::Truncated(count - more.len()));
    };
    let length = bytes
        .iter()
        .fold(0, |sum, &byte| sum << 8 | usize::from(byte));
    if bytes.first() == Some(&0) || length < 0x80 {
        return Err(DerFaultKind::LongLength);
    }
    Ok((2 + count, length))
}

/// Checks that `data` is exactly one DER element, down to the contents of every universal type.
pub(crate) fn check(data: &[u8]) -> Result<(), DerFault> {
    if data.is_empty() {
        return Err(DerFault {
            offset: 0,
            kind: DerFaultKind::Empty,
        });
    }
    let mut reader = Reader::new(data);
    let mut element = reader.next()?;
    reader.finish()?;
    // Where the elements end that the reader is inside of.
    let (mut ends, mut depth) = ([0; MAX_DEPTH], 0);
    loop {
        if let Some(what) = broken_rule(element.tag, reader.content(&element)) {
            return Err(element.fault(DerFaultKind::Content(what)));
        }
        if element.is_constructed() {
            let Some(end) = ends.get_mut(depth) else {
                return Err(element.fault(DerFaultKind::TooDeep));
            };
            *end = reader.end;
            depth += 1;
            (reader.at, reader.end) = (element.content.start, element.content.end);
        }
        while reader.is_empty() {
            match ends[..depth].last() {
                Some(end) => (reader.end, depth) = (*end, depth - 1),
                None => return Ok(()),
            }
        }
        element = reader.next()?;
    }
}

/// The rule of X.690 that a universal element of this tag and content breaks.
fn broken_rule(tag: u8, content: &[u8]) -> Option<&'static str> {
    match tag {
        BOOLEAN if !matches!(content, [0 | 0xff]) => Some("a boolean must be one byte, 00 or ff"),
        INTEGER | ENUMERATED => broken_integer(content),
        BIT_STRING => broken_bit_string(content),
        NULL if !content.is_empty() => Some("a null must be empty"),
        OID => broken_oid(content),
        0x00 => Some("an end-of-contents mark (BER, not DER)"),
        0x10 | 0x11 => Some("a sequence or set must be constructed"),
        SEQUENCE | SET => None,
        0x20..=0x3f => Some("a simple type in constructed form (BER, not DER)"),
        _ => None,
    }
}

fn broken_integer(content: &[u8]) -> Option<&'static str> {
    match content {
        [] => Some("an integer must have a byte"),
        [0, next, ..] if next & 0x80 == 0 => Some("an integer with a needless leading byte"),
        [0xff, next, ..] if next & 0x80 != 0 => Some("an integer with a needless leading byte"),
        _ => None,
    }
}

fn broken_bit_string(content: &[u8]) -> Option<&'static str> {
    match content {
        [] => Some("a bit string must have a byte"),
        [0, ..] => None,
        [unused @ 1..=7, .., last] if last & ((1 << unused) - 1) == 0 => None,
        [1..=7, _, ..] => Some("a bit string's unused bits must be zero"),
        _ => Some("a bit string with too many unused bits"),
    }
}

fn broken_oid(content: &[u8]) -> Option<&'static str> {
    let mut at_start = true;
    for &byte in content {
        if at_start && byte == 0x80 {
            return Some("an object identifier with a needless leading byte");
        }
        at_start = byte & 0x80 == 0;
    }
    if content.is_empty() || !at_start {
        return Some("an object identifier that is cut off");
    }
    None
}

/// The dotted form of an object identifier's content.
pub(crate) fn oid_text(content: &[u8]) -> String {
    let mut text = String::new();
    let mut arc: u128 = 0;
    for &byte in content {
        arc = arc
            .saturating_mul(128)
            .saturating_add(u128::from(byte & 0x7f));
        if byte & 0x80 == 0 {
            push_arc(&mut text, arc);
            arc = 0;
        }
    }
    text
}

fn push_arc(text: &mut String, arc: u128) {
    use fmt::Write as _;
    let arc = if text.is_empty() {
        let root = (arc / 40).min(2);
        text.push(char::from(b'0' + root as u8));
        arc - root * 40
    } else {
        arc
    };
    write!(text, ".{arc}").expect("writing to a string cannot fail");
}

#[cfg(test)]
mod tests;
