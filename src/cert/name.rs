//! Distinguished names: readable, comparable, and hashed as OpenSSL does.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::Arc;

use super::der::{self, DerFault, DerFaultKind, Element, OID, Reader, SEQUENCE, SET};
use super::extensions::Defect;
use super::fingerprint::hex;

/// A distinguished name (RFC 5280 §4.1.2.4), cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(Arc<Parts>);

#[derive(Debug, Default, PartialEq, Eq)]
struct Parts {
    der: Box<[u8]>,
    display: String,
    common_name: Option<String>,
    organization: Option<String>,
    defect: Option<Defect>,
}

impl Name {
    /// Reads a name from its DER.
    pub fn from_der(der: &[u8]) -> Result<Self, DerFault> {
        let mut reader = Reader::new(der);
        let element = reader.next()?;
        Self::read(&reader, &element)
    }

    /// Reads the name that `element` (already known to be DER) holds.
    pub(crate) fn read(reader: &Reader<'_>, element: &Element) -> Result<Self, DerFault> {
        let der = reader.bytes(element.whole());
        let mut name = Parts {
            der: der.into(),
            ..Parts::default()
        };
        let mut shown = String::with_capacity(der.len());
        let mut parts = Vec::with_capacity(8);
        let mut sets = reader.inside(element);
        while !sets.is_empty() {
            let set = sets.expect(SET, "a relative distinguished name")?;
            let start = shown.len();
            name.read_set(&sets.inside(&set), &mut shown)?;
            if shown.len() > start {
                parts.push(start..shown.len());
            }
        }
        name.display.reserve(shown.len() + 2 * parts.len());
        for part in parts.into_iter().rev() {
            if !name.display.is_empty() {
                name.display.push_str(", ");
            }
            name.display.push_str(&shown[part]);
        }
        Ok(Self(Arc::new(name)))
    }

    /// The DER as it stands in the certificate.
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// Most specific attribute first, as RFC 4514: `CN=Example Root, O=Example\, Inc., C=NL`. Control characters are
    /// escaped; other characters that fool a terminal are not, that is for whoever prints.
    pub fn display(&self) -> &str {
        &self.0.display
    }

    /// The last (most specific) common name.
    pub fn common_name(&self) -> Option<&str> {
        self.0.common_name.as_deref()
    }

    /// The first organisation.
    pub fn organization(&self) -> Option<&str> {
        self.0.organization.as_deref()
    }

    /// Whether the name has no attribute at all.
    pub fn is_empty(&self) -> bool {
        self.0.display.is_empty()
    }

    /// The worst rule that it breaks.
    pub(crate) fn defect(&self) -> Option<&Defect> {
        self.0.defect.as_ref()
    }

    /// Whether both are the same name by RFC 5280 §7.1 (case and white space of strings do not count).
    pub fn matches(&self, other: &Self) -> bool {
        self.der() == other.der() || self.canonical() == other.canonical()
    }

    /// OpenSSL's `X509_NAME_hash`: the first four bytes, least significant first, of the SHA-1 of the canonical form.
    pub fn hash(&self) -> u32 {
        let digest = aws_lc_rs::digest::digest(
            &aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY,
            &self.canonical(),
        );
        let mut first = [0; 4];
        first.copy_from_slice(&digest.as_ref()[..4]);
        u32::from_le_bytes(first)
    }

    /// OpenSSL's canonical form (`x509_name_canon` in crypto/x509/x_name.c): the relative names without the outer
    /// header, each string as lower-case UTF-8 with single blanks, the attributes of a set in DER order.
    pub(crate) fn canonical(&self) -> Vec<u8> {
        canonical(self.der()).unwrap_or_else(|_| self.der().to_vec())
    }
}

impl Parts {
    /// Appends what one set says to `shown`.
    fn read_set(&mut self, set: &Reader<'_>, shown: &mut String) -> Result<(), DerFault> {
        let mut set = set.clone();
        let start = shown.len();
        while !set.is_empty() {
            let pair = set.expect(SEQUENCE, "an attribute of a name")?;
            let mut pair = set.inside(&pair);
            let oid = pair.expect(OID, "an attribute's type")?;
            let value = pair.next()?;
            pair.finish()?;
            if shown.len() > start {
                shown.push('+');
            }
            self.add(shown, pair.content(&oid), &pair, &value);
        }
        // All common parsers take a set without an attribute, which X.501 forbids.
        if shown.len() == start && self.defect.is_none() {
            self.defect = Some(Defect::EmptyNamePart);
        }
        Ok(())
    }

    fn add(&mut self, shown: &mut String, oid: &[u8], reader: &Reader<'_>, value: &Element) {
        let short = short_name(oid);
        match short {
            Some(short) => shown.push_str(short),
            None => shown.push_str(&der::oid_text(oid)),
        }
        shown.push('=');
        let text = string_text(value.tag, reader.content(value));
        if !is_read_by_openssl(value.tag) || (text.is_none() && has_canonical_form(value.tag)) {
            self.defect = Some(Defect::MalformedName);
        }
        let Some(text) = text else {
            shown.push('#');
            shown.push_str(&hex(reader.bytes(value.whole())));
            return;
        };
        push_escaped(shown, &text);
        match short {
            Some("CN") => self.common_name = Some(text.into_owned()),
            Some("O") if self.organization.is_none() => {
                self.organization = Some(text.into_owned());
            }
            _ => {}
        }
    }
}

fn canonical(name: &[u8]) -> Result<Vec<u8>, DerFault> {
    let mut out = Vec::with_capacity(name.len());
    let mut top = Reader::new(name);
    let element = top.next()?;
    let mut sets = top.inside(&element);
    let mut members = Vec::with_capacity(1);
    while !sets.is_empty() {
        let set = sets.next()?;
        let mut pairs = sets.inside(&set);
        while !pairs.is_empty() {
            let pair = pairs.next()?;
            members.push(canonical_pair(&pairs.inside(&pair))?);
        }
        members.sort();
        if !members.is_empty() {
            push_header(&mut out, SET, members.iter().map(Vec::len).sum());
        }
        members.drain(..).for_each(|member| out.extend(member));
    }
    Ok(out)
}

fn canonical_pair(pair: &Reader<'_>) -> Result<Vec<u8>, DerFault> {
    let mut pair = pair.clone();
    let oid = pair.next()?;
    let value = pair.next()?;
    let oid = pair.bytes(oid.whole());
    let value = match (
        has_canonical_form(value.tag),
        string_text(value.tag, pair.content(&value)),
    ) {
        (true, Some(text)) => {
            let text = canonical_text(&text);
            let mut string = Vec::with_capacity(text.len() + LONGEST_HEADER);
            push_header(&mut string, UTF8_STRING, text.len());
            string.extend_from_slice(text.as_bytes());
            Cow::Owned(string)
        }
        (true, None) => {
            return Err(value.fault(DerFaultKind::Content(
                "a string that breaks its own encoding",
            )));
        }
        (false, _) => Cow::Borrowed(pair.bytes(value.whole())),
    };
    let length = oid.len() + value.len();
    let mut out = Vec::with_capacity(length + LONGEST_HEADER);
    push_header(&mut out, SEQUENCE, length);
    out.extend_from_slice(oid);
    out.extend_from_slice(&value);
    Ok(out)
}

/// OpenSSL's `ASN1_MASK_CANON`; a NumericString is not in it.
fn has_canonical_form(tag: u8) -> bool {
    matches!(
        tag,
        UTF8_STRING
            | PRINTABLE_STRING
            | T61_STRING
            | IA5_STRING
            | VISIBLE_STRING
            | UNIVERSAL_STRING
            | BMP_STRING
    )
}

/// OpenSSL's `B_ASN1_PRINTABLE` (asn1.h): a name with any other value is refused, and the whole certificate with it.
fn is_read_by_openssl(tag: u8) -> bool {
    matches!(tag, 0x03 | 0x07..=0x0f | 0x12..=0x14 | 0x16 | 0x1c..=0x1e | 0x30)
}

fn canonical_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split(is_blank).filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out.make_ascii_lowercase();
    out
}

/// C's `isspace` in the C locale.
fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t'..='\r')
}

/// Tag and length of an element.
fn push_header(out: &mut Vec<u8>, tag: u8, length: usize) {
    out.push(tag);
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let bytes = length.to_be_bytes();
        let skip = (length.leading_zeros() / 8) as usize;
        out.push(0x80 | (bytes.len() - skip) as u8);
        out.extend_from_slice(&bytes[skip..]);
    }
}

/// What [`push_header`] puts at most.
const LONGEST_HEADER: usize = 2 + size_of::<usize>();

const UTF8_STRING: u8 = 0x0c;
const NUMERIC_STRING: u8 = 0x12;
const PRINTABLE_STRING: u8 = 0x13;
const T61_STRING: u8 = 0x14;
const IA5_STRING: u8 = 0x16;
const VISIBLE_STRING: u8 = 0x1a;
const UNIVERSAL_STRING: u8 = 0x1c;
const BMP_STRING: u8 = 0x1e;

/// The text of a string, where it is one and keeps to its encoding. T61 is read as Latin-1, as everybody does.
pub(crate) fn string_text(tag: u8, content: &[u8]) -> Option<Cow<'_, str>> {
    match tag {
        UTF8_STRING => str::from_utf8(content).ok().map(Cow::Borrowed),
        NUMERIC_STRING | PRINTABLE_STRING | T61_STRING | IA5_STRING | VISIBLE_STRING => {
            Some(latin1(content))
        }
        BMP_STRING => wide::<2>(content).map(Cow::Owned),
        UNIVERSAL_STRING => wide::<4>(content).map(Cow::Owned),
        _ => None,
    }
}

fn latin1(content: &[u8]) -> Cow<'_, str> {
    match str::from_utf8(content) {
        Ok(ascii) if ascii.is_ascii() => Cow::Borrowed(ascii),
        _ => content.iter().copied().map(char::from).collect(),
    }
}

/// Big-endian code points of `N` bytes; no surrogates, as OpenSSL.
fn wide<const N: usize>(content: &[u8]) -> Option<String> {
    if !content.len().is_multiple_of(N) {
        return None;
    }
    content
        .chunks_exact(N)
        .map(|unit| char::from_u32(unit.iter().fold(0, |sum, &byte| sum << 8 | u32::from(byte))))
        .collect()
}

/// RFC 4514 §2.4, and control characters as the hex of their UTF-8.
fn push_escaped(out: &mut String, text: &str) {
    if is_plain(text.as_bytes()) {
        return out.push_str(text);
    }
    let last = text.chars().count().saturating_sub(1);
    for (i, c) in text.chars().enumerate() {
        match c {
            ',' | '+' | '"' | '\\' | '<' | '>' | ';' => out.extend(['\\', c]),
            '#' if i == 0 => out.push_str("\\#"),
            ' ' if i == 0 || i == last => out.push_str("\\ "),
            c if c.is_control() => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    write!(out, "\\{byte:02X}").expect("writing to a string cannot fail");
                }
            }
            c => out.push(c),
        }
    }
}

/// Whether nothing in the text is escaped; it may say no where nothing is.
fn is_plain(text: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b" -./()&':@".contains(byte);
    text.iter().all(plain) && text.first() != Some(&b' ') && text.last() != Some(&b' ')
}

/// The usual short names (RFC 4514 §3, RFC 4519, OpenSSL).
fn short_name(oid: &[u8]) -> Option<&'static str> {
    Some(match oid {
        [0x55, 0x04, last] => match last {
            3 => "CN",
            4 => "SN",
            5 => "serialNumber",
            6 => "C",
            7 => "L",
            8 => "ST",
            9 => "STREET",
            10 => "O",
            11 => "OU",
            12 => "title",
            13 => "description",
            15 => "businessCategory",
            17 => "postalCode",
            41 => "name",
            42 => "GN",
            43 => "initials",
            44 => "generationQualifier",
            46 => "dnQualifier",
            65 => "pseudonym",
            97 => "organizationIdentifier",
            _ => return None,
        },
        // 1.2.840.113549.1.9.1
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01] => "emailAddress",
        // 0.9.2342.19200300.100.1.25 and .1
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x19] => "DC",
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x01] => "UID",
        // 1.3.6.1.4.1.311.60.2.1.1 to .3
        [
            0x2b,
            0x06,
            0x01,
            0x04,
            0x01,
            0x82,
            0x37,
            0x3c,
            0x02,
            0x01,
            last,
        ] => match last {
            1 => "jurisdictionL",
            2 => "jurisdictionST",
            3 => "jurisdictionC",
            _ => return None,
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
