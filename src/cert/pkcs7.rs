//! The certificates in PKCS#7 and CMS signed data (RFC 5652 §5.1).
//!
//! Only the way to the certificates is read, and BER is allowed on it: Java and older Windows tools write indefinite
//! lengths there, which DER libraries refuse, while the certificates themselves are DER and keep their bytes.

use super::Fingerprint;
use super::certificate::Certificate;
use super::der::{DerFault, INTEGER, OID, SEQUENCE, SET};

/// 1.2.840.113549.1.7, the arc of all PKCS#7 content types.
pub(crate) const PKCS7: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07];
/// Its member for signed data.
const SIGNED_DATA: u8 = 2;

/// How deep indefinite lengths may be nested; each level costs another pass.
const MAX_DEPTH: usize = 8;

/// The certificates in their order, or `None` where this is no signed data. Faults count their offset from the
/// beginning of `bytes`.
pub(crate) fn certificates(bytes: &[u8]) -> Option<Vec<Result<Certificate, DerFault>>> {
    let elements = elements(bytes)?;
    Some(elements.iter().map(Ber::certificate).collect())
}

/// The fingerprints of the certificates, which need not be sound.
pub fn fingerprints(bytes: &[u8]) -> Option<Vec<Fingerprint>> {
    let elements = elements(bytes)?;
    Some(
        elements
            .iter()
            .map(|one| Fingerprint::of(one.whole()))
            .collect(),
    )
}

fn elements(bytes: &[u8]) -> Option<Vec<Ber<'_>>> {
    let content_info = Ber::of(bytes)?.expect(SEQUENCE)?;
    let mut content_info = content_info.inside();
    let kind = content_info.next()?.expect(OID)?;
    if kind.content().strip_prefix(PKCS7) != Some(&[SIGNED_DATA]) {
        return None;
    }
    let explicit = content_info.next()?.expect(0xa0)?;
    let signed_data = explicit.inside().next()?.expect(SEQUENCE)?;
    let mut fields = signed_data.inside();
    fields.next()?.expect(INTEGER)?;
    fields.next()?.expect(SET)?;
    fields.next()?.expect(SEQUENCE)?;
    match fields.next().filter(|field| field.tag == 0xa0) {
        Some(set) => set.inside().certificates(),
        None => Some(Vec::new()),
    }
}

/// Whether `bytes` are one element of DER or BER from the first byte to the last.
pub(crate) fn is_one_element(bytes: &[u8]) -> bool {
    Ber::of(bytes).is_some()
}

/// One BER element: its tag, and where its content lies in `data`.
#[derive(Clone, Copy)]
struct Ber<'a> {
    data: &'a [u8],
    tag: u8,
    start: usize,
    content: usize,
    end: usize,
    next: usize,
}

impl<'a> Ber<'a> {
    /// The only element of `data`, and nothing after it.
    fn of(data: &'a [u8]) -> Option<Self> {
        let mut elements = Elements {
            data,
            at: 0,
            end: data.len(),
        };
        elements.next().filter(|element| element.next == data.len())
    }

    /// The element at `at`, which may not reach beyond `limit`.
    fn at(data: &'a [u8], at: usize, limit: usize, depth: usize) -> Option<Self> {
        let header = data.get(at..limit)?;
        let (&tag, &first) = (header.first()?, header.get(1)?);
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (content, length) = match first {
            0x80 => return Self::indefinite(data, tag, at, limit, depth),
            short @ 0..0x80 => (at + 2, usize::from(short)),
            long => {
                let count = usize::from(long & 0x7f);
                let bytes = header.get(2..2 + count).filter(|_| count <= 8)?;
                let length = bytes
                    .iter()
                    .fold(0_u64, |sum, &byte| sum << 8 | u64::from(byte));
                (at + 2 + count, usize::try_from(length).ok()?)
            }
        };
        let end = content.checked_add(length).filter(|&end| end <= limit)?;
        Some(Self {
            data,
            tag,
            start: at,
            content,
            end,
            next: end,
        })
    }

    /// An element that two zero bytes end.
    fn indefinite(
        data: &'a [u8],
        tag: u8,
        start: usize,
        limit: usize,
        depth: usize,
    ) -> Option<Self> {
        if depth == 0 || tag & 0x20 == 0 {
            return None;
        }
        let content = start + 2;
        let mut at = content;
        while data.get(at..limit)?.get(..2)? != [0, 0] {
            at = Self::at(data, at, limit, depth - 1)?.next;
        }
        Some(Self {
            data,
            tag,
            start,
            content,
            end: at,
            next: at + 2,
        })
    }

    fn expect(self, tag: u8) -> Option<Self> {
        Some(self).filter(|element| element.tag == tag)
    }

    fn content(&self) -> &'a [u8] {
        self.data.get(self.content..self.end).unwrap_or_default()
    }

    fn inside(&self) -> Elements<'a> {
        Elements {
            data: self.data,
            at: self.content,
            end: self.end,
        }
    }

    fn whole(&self) -> &'a [u8] {
        self.data.get(self.start..self.next).unwrap_or_default()
    }

    fn certificate(&self) -> Result<Certificate, DerFault> {
        Certificate::from_der(self.whole()).map_err(|fault| DerFault {
            offset: fault.offset + self.start,
            ..fault
        })
    }
}

/// Elements one after the other.
struct Elements<'a> {
    data: &'a [u8],
    at: usize,
    end: usize,
}

impl<'a> Elements<'a> {
    fn next(&mut self) -> Option<Ber<'a>> {
        let element = Ber::at(self.data, self.at, self.end, MAX_DEPTH)?;
        self.at = element.next;
        Some(element)
    }

    /// Plain certificates; the other choices of CMS (attribute certificates and such) are passed over.
    fn certificates(mut self) -> Option<Vec<Ber<'a>>> {
        let mut found = Vec::new();
        while self.at < self.end {
            let element = self.next()?;
            if element.tag == SEQUENCE {
                found.push(element);
            }
        }
        Some(found)
    }
}
