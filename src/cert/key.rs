//! Public keys: what kind and how strong.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

use super::curve::Curve;
use super::der::{self, BIT_STRING, DerFault, INTEGER, OID, Reader, SEQUENCE};
use super::oids;
use super::signature::slh_dsa_name;

/// A certificate's public key, as far as its strength goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Key {
    /// `RSA`, `RSA-PSS`, `EC`, `DSA`, `Ed25519`, `Ed448`, `ML-DSA-65` …, or the object identifier.
    pub algorithm: Cow<'static, str>,
    /// Bits of the modulus or of the field; 0 where unknown.
    pub bits: u32,
    /// The curve's usual name (`P-256`), its object identifier, or `explicit`.
    pub curve: Option<Cow<'static, str>>,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.algorithm)?;
        match &self.curve {
            Some(curve) => write!(f, " {curve}"),
            None if matches!(&*self.algorithm, "RSA" | "RSA-PSS" | "DSA" | "DH") => {
                write!(f, " {}", self.bits)
            }
            None => Ok(()),
        }
    }
}

impl Key {
    /// Reads a SubjectPublicKeyInfo (RFC 5280 §4.1) that is already known to be DER.
    pub(crate) fn read(info: &Reader<'_>) -> Result<Self, DerFault> {
        let mut info = info.clone();
        let algorithm = info.expect(SEQUENCE, "the public key's algorithm")?;
        let mut algorithm = info.inside(&algorithm);
        let oid = algorithm.expect(OID, "the public key's algorithm identifier")?;
        let bits = info.expect(BIT_STRING, "the public key")?;
        info.finish()?;
        let key = info.content(&bits).get(1..).unwrap_or_default();
        Ok(Self::from_parts(algorithm.content(&oid), &algorithm, key))
    }

    fn from_parts(oid: &[u8], parameters: &Reader<'_>, key: &[u8]) -> Self {
        let (name, bits): (&'static str, u32) = match oid {
            [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01] => ("RSA", modulus_bits(key)),
            [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a] => {
                ("RSA-PSS", modulus_bits(key))
            }
            [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01] => return Self::elliptic(parameters, key),
            [0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01] => ("DSA", first_integer_bits(parameters)),
            [0x2a, 0x86, 0x48, 0xce, 0x3e, 0x02, 0x01] => ("DH", first_integer_bits(parameters)),
            [0x2b, 0x65, 0x70] => ("Ed25519", 256),
            [0x2b, 0x65, 0x71] => ("Ed448", 456),
            [0x2b, 0x65, 0x6e] => ("X25519", 256),
            [0x2b, 0x65, 0x6f] => ("X448", 448),
            [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x11] => ("ML-DSA-44", 0),
            [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x12] => ("ML-DSA-65", 0),
            [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x13] => ("ML-DSA-87", 0),
            [register @ .., set @ 20..=31] if register == oids::NIST_SIGNATURES => {
                (slh_dsa_name(*set), 0)
            }
            _ => {
                return Self {
                    algorithm: Cow::Owned(der::oid_text(oid)),
                    bits: 0,
                    curve: None,
                };
            }
        };
        Self {
            algorithm: Cow::Borrowed(name),
            bits,
            curve: None,
        }
    }

    fn elliptic(parameters: &Reader<'_>, key: &[u8]) -> Self {
        let mut parameters = parameters.clone();
        let (curve, bits) = match parameters.optional(OID) {
            Ok(Some(oid)) => named_curve(parameters.content(&oid)),
            _ => (Cow::Borrowed("explicit"), 0),
        };
        let bits = if bits == 0 { field_bits(key) } else { bits };
        Self {
            algorithm: Cow::Borrowed("EC"),
            bits,
            curve: Some(curve),
        }
    }
}

/// The field's size by the length of a point (SEC 1 §2.3.3), for curves not in the table.
fn field_bits(point: &[u8]) -> u32 {
    let length = point.len().saturating_sub(1);
    match point.first() {
        Some(4) => (length / 2 * 8) as u32,
        Some(2 | 3) => (length * 8) as u32,
        _ => 0,
    }
}

fn named_curve(oid: &[u8]) -> (Cow<'static, str>, u32) {
    let curve = Curve::named(oid);
    match curve.name() {
        Some(name) => (Cow::Borrowed(name), curve.bits()),
        None => (Cow::Owned(der::oid_text(oid)), 0),
    }
}

fn modulus_bits(key: &[u8]) -> u32 {
    let mut outer = Reader::new(key);
    outer
        .expect(SEQUENCE, "an RSA key")
        .map_or(0, |element| first_integer_bits(&outer.inside(&element)))
}

/// The bits of the first integer in `reader`, looking into a sequence (DSA and DH parameters).
fn first_integer_bits(reader: &Reader<'_>) -> u32 {
    let mut reader = reader.clone();
    if let Ok(Some(inner)) = reader.optional(SEQUENCE) {
        reader = reader.inside(&inner);
    }
    reader
        .expect(INTEGER, "an integer")
        .map_or(0, |element| integer_bits(reader.content(&element)))
}

fn integer_bits(content: &[u8]) -> u32 {
    let skip = content.iter().take_while(|&&byte| byte == 0).count();
    let digits = content.get(skip..).unwrap_or_default();
    digits
        .first()
        .map_or(0, |first| digits.len() as u32 * 8 - first.leading_zeros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_shown_by_kind_and_strength() {
        let key = |algorithm: &'static str, bits, curve: Option<&'static str>| {
            let curve = curve.map(Cow::Borrowed);
            Key {
                algorithm: Cow::Borrowed(algorithm),
                bits,
                curve,
            }
            .to_string()
        };
        assert_eq!(key("RSA", 2048, None), "RSA 2048");
        assert_eq!(key("EC", 256, Some("P-256")), "EC P-256");
        assert_eq!(key("Ed25519", 256, None), "Ed25519");
    }

    #[test]
    fn bits_are_counted_without_leading_zeros() {
        for (content, bits) in [
            (&[0x00, 0x80][..], 8),
            (&[0x7f], 7),
            (&[0x01, 0x00], 9),
            (&[0x00], 0),
            (&[], 0),
        ] {
            assert_eq!(integer_bits(content), bits, "{content:02x?}");
        }
    }

    #[test]
    fn an_unknown_curve_is_measured_by_its_point() {
        for (point, bits) in [
            (vec![4; 57], 224),
            (vec![2; 21], 160),
            (vec![3; 33], 256),
            (vec![0; 9], 0),
            (vec![], 0),
        ] {
            assert_eq!(field_bits(&point), bits);
        }
    }
}
