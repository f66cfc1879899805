//! What a block or a binary file is, by its label or by its shape.

use serde::Serialize;

use super::der::{BIT_STRING, INTEGER, OCTET_STRING, OID, Reader, SEQUENCE};

/// What a block or a file in DER holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BlockKind {
    /// An X.509 certificate.
    Certificate,
    /// A certificate with OpenSSL's trust settings behind it.
    TrustedCertificate,
    /// A private key of any kind, encrypted or not.
    PrivateKey,
    /// PKCS#7 or CMS.
    Pkcs7,
    /// A serialized certificate store of Windows.
    SerializedStore,
    /// PKCS#12.
    Pkcs12,
    /// A certificate revocation list.
    Crl,
    /// A certificate signing request.
    Csr,
    /// A public key.
    PublicKey,
    /// Parameters of a key (DH, EC, DSA).
    Parameters,
    /// Something with a label or shape that is not known here.
    Unknown,
}

impl BlockKind {
    /// By the label between BEGIN and the dashes (RFC 7468, OpenSSL's pem.h).
    pub(crate) fn of_label(label: &str) -> Self {
        match label {
            "CERTIFICATE" | "X509 CERTIFICATE" => Self::Certificate,
            "TRUSTED CERTIFICATE" => Self::TrustedCertificate,
            "PKCS7" | "PKCS #7 SIGNED DATA" | "CMS" => Self::Pkcs7,
            "PKCS12" => Self::Pkcs12,
            "X509 CRL" => Self::Crl,
            "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => Self::Csr,
            label if label.contains("PRIVATE KEY") => Self::PrivateKey,
            label if label.ends_with("PUBLIC KEY") => Self::PublicKey,
            label if label.ends_with("PARAMETERS") => Self::Parameters,
            _ => Self::Unknown,
        }
    }

    /// By the first elements of what should be DER; `Unknown` where they fit nothing.
    pub(crate) fn of_der(bytes: &[u8]) -> Self {
        let Some(tags) = Shape::of(bytes) else {
            return Self::Unknown;
        };
        tags.kind()
    }

    /// Whether a certificate can be meant.
    pub fn is_certificate(self) -> bool {
        matches!(self, Self::Certificate | Self::TrustedCertificate)
    }
}

/// The tags of the first elements inside the outermost one, and inside the first of those.
struct Shape<'a> {
    outer: Vec<u8>,
    inner: Vec<u8>,
    /// The content of the first element, and of the first element inside that.
    first: &'a [u8],
    inner_first: &'a [u8],
}

impl<'a> Shape<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let mut top = Reader::new(bytes);
        let outermost = top.expect(SEQUENCE, "a sequence").ok()?;
        let (outer, first) = tags(&top.inside(&outermost));
        let mut inside = top.inside(&outermost);
        let head = inside.next().ok()?;
        let (inner, inner_first) = if head.is_constructed() {
            tags(&inside.inside(&head))
        } else {
            (vec![], &[][..])
        };
        Some(Self {
            outer,
            inner,
            first,
            inner_first,
        })
    }

    fn kind(&self) -> BlockKind {
        match (&self.outer[..], &self.inner[..]) {
            ([OID, 0xa0, ..], _) if self.first.starts_with(super::pkcs7::PKCS7) => BlockKind::Pkcs7,
            ([INTEGER, SEQUENCE, OCTET_STRING, ..], _) => BlockKind::PrivateKey,
            ([INTEGER, SEQUENCE, ..], _) if self.first == [3] => BlockKind::Pkcs12,
            // PKCS#1 and DSA: nothing but integers; SEC 1: version 1 and an octet string.
            ([INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, ..], _) if self.first == [0] => {
                BlockKind::PrivateKey
            }
            ([INTEGER, OCTET_STRING, ..], _) if self.first == [1] => BlockKind::PrivateKey,
            // Encrypted PKCS#8: PKCS#5 or PKCS#12 algorithms.
            ([SEQUENCE, OCTET_STRING], [OID, ..]) if self.inner_first.starts_with(PKCS) => {
                BlockKind::PrivateKey
            }
            ([SEQUENCE, BIT_STRING], [OID, ..]) => BlockKind::PublicKey,
            ([SEQUENCE, SEQUENCE, BIT_STRING], inner) => signed(inner),
            _ => BlockKind::Unknown,
        }
    }
}

/// 1.2.840.113549.1: all of PKCS.
const PKCS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01];

/// Certificates, requests and revocation lists look alike from outside.
fn signed(inner: &[u8]) -> BlockKind {
    match inner {
        [0xa0, INTEGER, ..] | [INTEGER, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE, ..] => {
            BlockKind::Certificate
        }
        [INTEGER, SEQUENCE, SEQUENCE, 0xa0 | 0x80, ..] | [INTEGER, SEQUENCE, SEQUENCE] => {
            BlockKind::Csr
        }
        [SEQUENCE, SEQUENCE, 0x17 | 0x18, ..] | [INTEGER, SEQUENCE, SEQUENCE, 0x17 | 0x18, ..] => {
            BlockKind::Crl
        }
        _ => BlockKind::Unknown,
    }
}

/// The first tags of `reader` (no more than tell anything) and the content of the first element.
fn tags<'a>(reader: &Reader<'a>) -> (Vec<u8>, &'a [u8]) {
    let mut reader = reader.clone();
    let mut tags = Vec::new();
    let mut first: &[u8] = &[];
    for _ in 0..9 {
        let Ok(element) = reader.next() else { break };
        if tags.is_empty() {
            first = reader.content(&element);
        }
        tags.push(element.tag);
    }
    (tags, first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_is_told_apart_by_its_first_fields() {
        let (time, version) = (0x17, 0xa0);
        for (inner, kind) in [
            (&[version, INTEGER, SEQUENCE][..], BlockKind::Certificate),
            (
                &[INTEGER, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE],
                BlockKind::Certificate,
            ),
            (&[INTEGER, SEQUENCE, SEQUENCE, 0xa0], BlockKind::Csr),
            (&[INTEGER, SEQUENCE, SEQUENCE], BlockKind::Csr),
            (&[SEQUENCE, SEQUENCE, time], BlockKind::Crl),
            (&[INTEGER, SEQUENCE, SEQUENCE, time], BlockKind::Crl),
            (&[INTEGER], BlockKind::Unknown),
        ] {
            assert_eq!(signed(inner), kind, "{inner:02x?}");
        }
    }
}
