//! Distinguished names and general names: reading, and comparing as RFC 5280 §7.1 wants.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use x509_parser::x509::X509Name;

use super::der::{self, Malformed, Read, Reader, tag};
use super::oids;

/// A distinguished name in its encoded form and in the form it is compared in.
#[derive(Clone, Debug)]
pub(crate) struct Name<'a> {
    /// The SEQUENCE as it stands in the certificate.
    pub(crate) raw: &'a [u8],
    /// One comparable byte string per relative name.
    pub(crate) folded: Vec<Vec<u8>>,
}

impl<'a> Name<'a> {
    /// From a name that x509-parser has read.
    pub(crate) fn of(name: &X509Name<'a>) -> Self {
        let folded = name.iter_rdn().map(|rdn| {
            fold_rdn(rdn.iter().map(|attribute| {
                let value = attribute.attr_value();
                (
                    attribute.attr_type().as_bytes(),
                    value.tag().0 as u8,
                    value.data,
                )
            }))
        });
        Self {
            raw: name.as_raw(),
            folded: folded.collect(),
        }
    }

    /// From the DER of a name, as it stands in a general name.
    pub(crate) fn read(raw: &'a [u8]) -> Read<Self> {
        let mut relative = der::sequence(raw)?;
        let mut folded = Vec::new();
        while !relative.is_empty() {
            let mut attributes = Vec::new();
            let mut set = Reader::new(relative.expect(tag::SET)?);
            while !set.is_empty() {
                let mut pair = Reader::new(set.expect(tag::SEQUENCE)?);
                let oid = pair.expect(tag::OID)?;
                let (tag, value, _) = pair.element()?;
                pair.finish()?;
                attributes.push((oid, tag, value));
            }
            folded.push(fold_rdn(attributes.into_iter()));
        }
        Ok(Self { raw, folded })
    }

    /// The folded form of this name with one more relative name, given as the content of its SET.
    pub(crate) fn with_relative(&self, content: &[u8]) -> Read<Vec<Vec<u8>>> {
        let mut attributes = Vec::new();
        let mut set = Reader::new(content);
        while !set.is_empty() {
            let mut pair = Reader::new(set.expect(tag::SEQUENCE)?);
            let oid = pair.expect(tag::OID)?;
            let (tag, value, _) = pair.element()?;
            attributes.push((oid, tag, value));
        }
        let mut folded = self.folded.clone();
        folded.push(fold_rdn(attributes.into_iter()));
        Ok(folded)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.folded.is_empty()
    }

    /// Same name after folding (RFC 5280 §7.1).
    pub(crate) fn matches(&self, other: &Self) -> bool {
        self.raw == other.raw || self.folded == other.folded
    }

    /// Lies in the subtree (RFC 5280 §4.2.1.10: the constraint is a prefix, relative name by relative name).
    pub(crate) fn within(&self, subtree: &Self) -> bool {
        self.folded.starts_with(&subtree.folded)
    }
}

/// An order-free, unambiguous form of one relative name (a SET: its attributes have no order).
fn fold_rdn<'a>(attributes: impl Iterator<Item = (&'a [u8], u8, &'a [u8])>) -> Vec<u8> {
    let mut parts: Vec<Vec<u8>> = attributes
        .map(|(oid, tag, value)| fold_attribute(oid, tag, value))
        .collect();
    parts.sort_unstable();
    if parts.len() == 1 {
        parts.remove(0)
    } else {
        parts.concat()
    }
}

/// Type, then length and folded value, so that no two attributes run into one another.
fn fold_attribute(oid: &[u8], tag: u8, value: &[u8]) -> Vec<u8> {
    let decoded = decode(tag, value);
    let (kind, text) = match &decoded {
        Some(text) => (0u8, fold_text(text)),
        None => (tag, Cow::Borrowed(value)),
    };
    let mut part = Vec::with_capacity(oid.len() + text.len() + 8);
    part.push(oid.len() as u8);
    part.extend_from_slice(oid);
    part.push(kind);
    part.extend_from_slice(&(text.len() as u32).to_be_bytes());
    part.extend_from_slice(&text);
    part
}

/// The text of a string type; `None` for other types, which are compared byte for byte.
fn decode(tag: u8, value: &[u8]) -> Option<Cow<'_, str>> {
    match tag {
        tag::UTF8_STRING | tag::PRINTABLE_STRING | tag::IA5_STRING => {
            std::str::from_utf8(value).ok().map(Cow::Borrowed)
        }
        // Latin-1 is what issuers mean by T61String in practice.
        tag::TELETEX_STRING => Some(Cow::Owned(
            value.iter().map(|&byte| char::from(byte)).collect(),
        )),
        tag::BMP_STRING => {
            let units = value
                .chunks_exact(2)
                .map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            char::decode_utf16(units)
                .collect::<Result<String, _>>()
                .ok()
                .map(Cow::Owned)
        }
        tag::UNIVERSAL_STRING => {
            let points = value
                .chunks_exact(4)
                .map(|four| u32::from_be_bytes([four[0], four[1], four[2], four[3]]));
            points
                .map(char::from_u32)
                .collect::<Option<String>>()
                .map(Cow::Owned)
        }
        _ => None,
    }
}

/// RFC 4518 string preparation as far as it decides equality: case, compatibility forms, insignificant spaces.
fn fold_text(text: &str) -> Cow<'_, [u8]> {
    if text.is_ascii() {
        return fold_ascii(text);
    }
    let lower: String = text
        .nfkc()
        .flat_map(char::to_lowercase)
        .filter(|&c| c != '\u{ad}')
        .nfkc()
        .collect();
    Cow::Owned(
        lower
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .into_bytes(),
    )
}

fn fold_ascii(text: &str) -> Cow<'_, [u8]> {
    let bytes = text.as_bytes();
    let spaced = bytes.first() == Some(&b' ')
        || bytes.last() == Some(&b' ')
        || bytes.windows(2).any(|pair| pair == b"  ");
    let special = bytes
        .iter()
        .any(|byte| byte.is_ascii_uppercase() || (byte.is_ascii_whitespace() && *byte != b' '));
    if !spaced && !special {
        return Cow::Borrowed(bytes);
    }
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    Cow::Owned(words.join(" ").to_ascii_lowercase().into_bytes())
}

/// The same text in the same places, whatever the string types.
pub(crate) fn same_text(a: &[u8], b: &[u8]) -> bool {
    /// Type and text of each attribute, relative name by relative name.
    type Texts<'a> = Vec<Vec<(&'a [u8], Vec<u8>)>>;
    fn texts(raw: &[u8]) -> Read<Texts<'_>> {
        let mut relative = der::sequence(raw)?;
        let mut all = Vec::new();
        while !relative.is_empty() {
            let mut set = Reader::new(relative.expect(tag::SET)?);
            let mut attributes = Vec::new();
            while !set.is_empty() {
                let mut pair = Reader::new(set.expect(tag::SEQUENCE)?);
                let oid = pair.expect(tag::OID)?;
                let (tag, value, _) = pair.element()?;
                attributes.push((
                    oid,
                    decode(tag, value)
                        .map_or_else(|| value.to_vec(), |text| text.as_bytes().to_vec()),
                ));
            }
            all.push(attributes);
        }
        Ok(all)
    }
    a == b || texts(a).is_ok_and(|a| texts(b).is_ok_and(|b| a == b))
}

/// A name as the JDK compares it: PrintableString and UTF8String by their text, other types as they are encoded
/// (`AVA.isDerString`).
pub(crate) fn jdk_form(raw: &[u8]) -> Read<Vec<Vec<u8>>> {
    let mut relative = der::sequence(raw)?;
    let mut all = Vec::new();
    while !relative.is_empty() {
        let mut set = Reader::new(relative.expect(tag::SET)?);
        let mut attributes = Vec::new();
        while !set.is_empty() {
            let mut pair = Reader::new(set.expect(tag::SEQUENCE)?);
            let oid = pair.expect(tag::OID)?;
            let (kind, value, whole) = pair.element()?;
            attributes.push(match kind {
                tag::PRINTABLE_STRING | tag::UTF8_STRING => fold_attribute(oid, kind, value),
                _ => [oid, whole].concat(),
            });
        }
        attributes.sort_unstable();
        all.push(attributes.concat());
    }
    Ok(all)
}

/// A general name (RFC 5280 §4.2.1.6), its content not yet judged.
#[derive(Clone, Debug)]
pub(crate) enum GeneralName<'a> {
    Dns(&'a [u8]),
    Email(&'a [u8]),
    Uri(&'a [u8]),
    /// 4 or 16 bytes in a name, 8 or 32 in a constraint; other lengths are the caller's finding.
    Ip(Cow<'a, [u8]>),
    Directory(Name<'a>),
    /// SmtpUTF8Mailbox (RFC 9598), an otherName: a mailbox whose local part is not ASCII.
    Smtp(&'a [u8]),
    /// otherName, x400Address, ediPartyName, registeredID, or of no kind that there is (9 and above): the context tag
    /// and the content.
    Other(u8, &'a [u8]),
}

impl<'a> GeneralName<'a> {
    /// The next general name.
    pub(crate) fn read(reader: &mut Reader<'a>) -> Read<Self> {
        let (tag, content, _) = reader.element()?;
        Ok(match tag {
            0x81 => Self::Email(content),
            0x82 => Self::Dns(content),
            0x86 => Self::Uri(content),
            0x87 => Self::Ip(Cow::Borrowed(content)),
            0xa4 => {
                der::sequence(content)?;
                Self::Directory(Name::read(content)?)
            }
            0xa0 => smtp_mailbox(content).map_or(Self::Other(0, content), Self::Smtp),
            0xa3 | 0xa5 | 0x88..=0x9e => Self::Other(tag & 0x1f, content),
            _ => return Err(Malformed),
        })
    }

    /// As a person would write it.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Dns(text) | Self::Email(text) | Self::Uri(text) | Self::Smtp(text) => {
                String::from_utf8_lossy(text).into_owned()
            }
            Self::Ip(bytes) => address(bytes),
            Self::Directory(name) => describe_dn(name.raw),
            Self::Other(kind, _) => format!("name of type [{kind}]"),
        }
    }
}

/// An address, or an address range of a constraint, as text.
pub(crate) fn address(bytes: &[u8]) -> String {
    use std::net::{Ipv4Addr, Ipv6Addr};
    let one = |bytes: &[u8]| {
        <[u8; 4]>::try_from(bytes)
            .map(|four| Ipv4Addr::from(four).to_string())
            .or_else(|_| {
                <[u8; 16]>::try_from(bytes).map(|sixteen| Ipv6Addr::from(sixteen).to_string())
            })
            .unwrap_or_else(|_| format!("{} bytes", bytes.len()))
    };
    match bytes.len() {
        8 | 32 => {
            let (base, mask) = bytes.split_at(bytes.len() / 2);
            format!(
                "{}/{}",
                one(base),
                mask.iter().map(|byte| byte.count_ones()).sum::<u32>()
            )
        }
        _ => one(bytes),
    }
}

/// A distinguished name as text.
pub(crate) fn describe_dn(raw: &[u8]) -> String {
    let name = crate::cert::Name::from_der(raw);
    name.map_or_else(
        |_| "unreadable name".into(),
        |name| name.display().to_string(),
    )
}

/// The mailbox of an otherName of RFC 9598, if it is one.
fn smtp_mailbox(content: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(content);
    if reader.expect(tag::OID) != Ok(oids::SMTP_UTF8_MAILBOX) {
        return None;
    }
    let value = reader.expect(0xa0).ok()?;
    der::sole(value, tag::UTF8_STRING).ok()
}

/// The general names of a GeneralNames value.
pub(crate) fn general_names(bytes: &[u8]) -> Read<Vec<GeneralName<'_>>> {
    general_names_in(der::sole(bytes, tag::SEQUENCE)?)
}

/// The general names in the content of a GeneralNames value.
pub(crate) fn general_names_in(content: &[u8]) -> Read<Vec<GeneralName<'_>>> {
    let mut reader = Reader::new(content);
    let mut names = Vec::new();
    while !reader.is_empty() {
        names.push(GeneralName::read(&mut reader)?);
    }
    if names.is_empty() {
        Err(Malformed)
    } else {
        Ok(names)
    }
}

#[cfg(test)]
mod tests;
