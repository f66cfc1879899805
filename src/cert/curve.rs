//! Elliptic curves by name, in one table (SEC 2, RFC 5639, GB/T 32918).

use super::public_key::{bit_length, positive};
use super::tlv::{Read, Reader, tag};

/// A named curve, or what stands in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Curve {
    P192,
    P224,
    P256,
    P384,
    P521,
    P256k1,
    Bp256r1,
    Bp256t1,
    Bp384r1,
    Bp384t1,
    Bp512r1,
    Sm2,
    /// Another of the table: its row.
    Other(&'static Named),
    /// Written out instead of named, which RFC 5480 §2.1.1 forbids; the named curve it equals, if it does.
    Explicit(Option<NamedByPrime>),
    Unknown,
}

/// A curve recognised by its prime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NamedByPrime {
    P256,
    P384,
    P521,
}

/// One row of the table.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// How the code calls it, if it has a word of its own.
    curve: Option<Curve>,
    /// Content octets of its object identifier.
    oid: &'static [u8],
    /// As people write it.
    pub(crate) name: &'static str,
    /// Bits of the field.
    pub(crate) bits: u32,
}

const fn named(curve: Option<Curve>, oid: &'static [u8], name: &'static str, bits: u32) -> Named {
    Named {
        curve,
        oid,
        name,
        bits,
    }
}

static CURVES: &[Named] = &[
    named(
        Some(Curve::P192),
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x01],
        "P-192",
        192,
    ),
    named(
        Some(Curve::P224),
        &[0x2b, 0x81, 0x04, 0x00, 0x21],
        "P-224",
        224,
    ),
    named(
        Some(Curve::P256),
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07],
        "P-256",
        256,
    ),
    named(
        Some(Curve::P384),
        &[0x2b, 0x81, 0x04, 0x00, 0x22],
        "P-384",
        384,
    ),
    named(
        Some(Curve::P521),
        &[0x2b, 0x81, 0x04, 0x00, 0x23],
        "P-521",
        521,
    ),
    named(
        Some(Curve::P256k1),
        &[0x2b, 0x81, 0x04, 0x00, 0x0a],
        "secp256k1",
        256,
    ),
    named(
        None,
        &[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x01],
        "brainpoolP160r1",
        160,
    ),
    named(
        None,
        &[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x02],
        "brainpoolP160t1",
        160,
    ),
    named(
        None,
        &[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x03],
        "brainpoolP192r1",
        192,
    ),
    named(
        None,
        &[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x04],
        "brainpoolP192t1",
        192,
    ),
    named(
        None,
        &[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x05],
        "brainpoolP224r1",
        224,
    ),
    named(
        None,
        &[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x06],
        "brainpoolP224t1",
        224,
    ),
    named(
        Some(Curve::Bp256r1),
        &[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x07],
        "brainpoolP256r1",
        256,
    ),
    named(
        Some(Curve::Bp256t1),
        &[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x08],
        "brainpoolP256t1",
        256,
    ),
    named(
        None,
        &[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x09],
        "brainpoolP320r1",
        320,
    ),
    named(
        None,
        &[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0a],
        "brainpoolP320t1",
        320,
    ),
    named(
        Some(Curve::Bp384r1),
        &[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0b],
        "brainpoolP384r1",
        384,
    ),
    named(
        Some(Curve::Bp384t1),
        &[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0c],
        "brainpoolP384t1",
        384,
    ),
    named(
        Some(Curve::Bp512r1),
        &[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0d],
        "brainpoolP512r1",
        512,
    ),
    named(
        None,
        &[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0e],
        "brainpoolP512t1",
        512,
    ),
    named(
        Some(Curve::Sm2),
        &[0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d],
        "SM2",
        256,
    ),
    named(None, &[0x2b, 0x81, 0x04, 0x00, 0x01], "sect163k1", 163),
    named(None, &[0x2b, 0x81, 0x04, 0x00, 0x02], "sect163r1", 163),
    named(None, &[0x2b, 0x81, 0x04, 0x00, 0x03], "sect239k1", 239),
    named(None, &[0x2b, 0x81, 0x04, 0x00, 0x04], "sect113r1", 113),
    named(None, &[0x2b, 0x81, 0x04, 0x00, 0x05], "sect113r2", 113),
    named(None, &[0x2b, 0x81, 0x04, 0x00, 0x06], "secp112r1", 112),
    named(None, &[0x2b, 0x81, 0x04, 0x00, 0x07], "secp112r2", 112),
    named(None, &[0x2b, 0x81, 0x04, 0x00, 0x08], "secp160r1", 160),
    named(None, &[0x2b, 0x81, 0x04, 0x00, 0x09], "secp160k1", 160),
    named(None, &[0x2b, 0x81, 0x04, 0x00, 0x0f], "sect163r2", 163),
    named(None, &[0x2b, 0x81, 0x04, 0x00, 0x10], "sect283k1", 283),
    named(None, &[0x2b, 0x81, 0x04, 0x00, 0x11], "sect283r1", 283),
    named(None, &[0x2b, 0x81, 0x04, 0x00, 0x16], "sect131r1", 131),
    named(None, &[0x2b, 0x81, 0x04, 0x00, 0x17], "sect131r2", 131),
    named(None, &[0x2b, 0x81, 0x04, 0x00, 0x18], "sect193r1", 193),
    named(None, &[0x2b, 0x81, 0x04, 0x00, 0x19], "sect193r2", 193),
    named(None, &[0x2b, 0x81, 0x04, 0x00, 0x1a], "sect233k1", 233),
    named(None, &[0x2b, 0x81, 0x04, 0x00, 0x1b], "sect233r1", 233),
    named(None, &[0x2b, 0x81, 0x04, 0x00, 0x1c], "secp128r1", 128),
    named(None, &[0x2b, 0x81, 0x04, 0x00, 0x1d], "secp128r2", 128),
    named(None, &[0x2b, 0x81, 0x04, 0x00, 0x1e], "secp160r2", 160),
    named(None, &[0x2b, 0x81, 0x04, 0x00, 0x1f], "secp192k1", 192),
    named(None, &[0x2b, 0x81, 0x04, 0x00, 0x20], "secp224k1", 224),
    named(None, &[0x2b, 0x81, 0x04, 0x00, 0x24], "sect409k1", 409),
    named(None, &[0x2b, 0x81, 0x04, 0x00, 0x25], "sect409r1", 409),
    named(None, &[0x2b, 0x81, 0x04, 0x00, 0x26], "sect571k1", 571),
    named(None, &[0x2b, 0x81, 0x04, 0x00, 0x27], "sect571r1", 571),
];

impl Curve {
    /// By the content octets of its object identifier.
    pub(crate) fn named(oid: &[u8]) -> Self {
        let row = CURVES.iter().find(|row| row.oid == oid);
        row.map_or(Self::Unknown, |row| row.curve.unwrap_or(Self::Other(row)))
    }

    /// From the parameters of an EC key: a name, or the curve written out.
    pub(crate) fn read(mut parameters: Reader<'_>) -> Read<Self> {
        Ok(match parameters.element()? {
            (tag::OID, oid, _) => Self::named(oid),
            (tag::SEQUENCE, content, _) => Self::Explicit(by_prime(content).unwrap_or(None)),
            _ => Self::Unknown,
        })
    }

    fn row(self) -> Option<&'static Named> {
        match self {
            Self::Other(row) => Some(row),
            Self::Explicit(Some(NamedByPrime::P256)) => Self::P256.row(),
            Self::Explicit(Some(NamedByPrime::P384)) => Self::P384.row(),
            Self::Explicit(Some(NamedByPrime::P521)) => Self::P521.row(),
            Self::Explicit(None) | Self::Unknown => None,
            curve => CURVES.iter().find(|row| row.curve == Some(curve)),
        }
    }

    /// Bits of the field; 0 where unknown.
    pub(crate) fn bits(self) -> u32 {
        self.row().map_or(0, |row| row.bits)
    }

    /// The usual name; `None` for a curve that is written out or not in the table.
    pub(crate) fn name(self) -> Option<&'static str> {
        match self {
            Self::Explicit(_) => None,
            curve => curve.row().map(|row| row.name),
        }
    }
}

/// Finds the named curve with this prime; the NIST primes begin and end unmistakably.
fn by_prime(content: &[u8]) -> Read<Option<NamedByPrime>> {
    let mut reader = Reader::new(content);
    reader.expect(tag::INTEGER)?;
    let mut field = Reader::new(reader.expect(tag::SEQUENCE)?);
    field.expect(tag::OID)?;
    let prime = positive(&mut field)?;
    Ok(match bit_length(prime) {
        256 if prime.starts_with(&[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1]) => Some(NamedByPrime::P256),
        384 if prime.ends_with(&[0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]) => Some(NamedByPrime::P384),
        521 if prime.iter().skip(1).all(|&byte| byte == 0xff) => Some(NamedByPrime::P521),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_curve_is_found_by_its_identifier_and_knows_its_row() {
        for row in CURVES {
            let curve = Curve::named(row.oid);
            assert_eq!((curve.bits(), curve.name()), (row.bits, Some(row.name)));
            assert_eq!(
                CURVES.iter().filter(|other| other.oid == row.oid).count(),
                1
            );
        }
        assert_eq!(Curve::named(&[0x2a]), Curve::Unknown);
    }

    #[test]
    fn a_curve_written_out_is_known_by_its_whole_prime() {
        let element = |tag: u8, content: &[u8]| {
            let length = content.len() as u8;
            assert!(length < 0x80);
            [&[tag, length][..], content].concat()
        };
        let of = |prime: &[u8]| {
            let sign: &[u8] = if prime[0] & 0x80 == 0 { &[] } else { &[0] };
            let prime = element(tag::INTEGER, &[sign, prime].concat());
            let field = [element(tag::OID, &[0x2a]), prime].concat();
            let content = [element(tag::INTEGER, &[1]), element(tag::SEQUENCE, &field)].concat();
            by_prime(&content).unwrap()
        };
        let mut p256 = [0xff; 32];
        p256[4..8].copy_from_slice(&[0, 0, 0, 1]);
        assert_eq!(of(&p256), Some(NamedByPrime::P256));
        assert_eq!(of(&[0xff; 32]), None);
        let mut p384 = [0xff; 48];
        p384[40..44].copy_from_slice(&[0; 4]);
        assert_eq!(of(&p384), Some(NamedByPrime::P384));
        assert_eq!(of(&[0xff; 48]), None);
        let mut p521 = [0xff; 66];
        p521[0] = 1;
        assert_eq!(of(&p521), Some(NamedByPrime::P521));
        p521[9] = 0;
        assert_eq!(of(&p521), None);
    }
}
