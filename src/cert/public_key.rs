//! Public keys, read so far that signatures can be checked with them: what kind, how strong.

use super::oids;
use super::tlv::{self, Malformed, Read, Reader, tag};

/// A named curve, or what stands in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Curve {
    P192,
    P224,
    P256,
    P384,
    P521,
    P256k1,
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

/// The parts of an RSA key, big-endian without leading zeros.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rsa<'a> {
    pub(crate) modulus: &'a [u8],
    pub(crate) exponent: &'a [u8],
}

/// The domain parameters of a DSA key (RFC 3279 §2.3.2).
#[derive(Clone, Copy, Debug)]
pub(crate) struct DsaParameters<'a> {
    pub(crate) p: &'a [u8],
    pub(crate) q: &'a [u8],
    pub(crate) g: &'a [u8],
}

/// What kind of key it is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind<'a> {
    Rsa(Rsa<'a>),
    /// id-RSASSA-PSS: the key may be used with PSS only (RFC 4055 §1.2).
    RsaPss(Rsa<'a>),
    Ec(Curve),
    Ed25519,
    Ed448,
    /// `None`: the parameters are those of the issuer (RFC 3279 §2.3.2).
    Dsa(Option<DsaParameters<'a>>),
    /// 44, 65 or 87.
    MlDsa(u8),
    Unknown,
    Malformed,
}

/// A public key as it stands in a certificate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PublicKey<'a> {
    pub(crate) kind: Kind<'a>,
    /// The bits of the BIT STRING.
    pub(crate) bytes: &'a [u8],
}

impl<'a> PublicKey<'a> {
    /// Reads a SubjectPublicKeyInfo, header included. What can't be read becomes `Kind::Malformed`.
    pub(crate) fn read(info: &'a [u8]) -> Self {
        let (kind, bytes) = read_info(info).unwrap_or((Kind::Malformed, &[]));
        Self { kind, bytes }
    }

    /// The size people speak of: the modulus, the prime of the field, in bits; 0 if unknown.
    pub(crate) fn bits(&self) -> u32 {
        match self.kind {
            Kind::Rsa(rsa) | Kind::RsaPss(rsa) => bit_length(rsa.modulus),
            Kind::Ec(curve) => curve_bits(curve),
            Kind::Ed25519 => 256,
            Kind::Ed448 => 456,
            Kind::Dsa(parameters) => parameters.map_or(0, |parameters| bit_length(parameters.p)),
            Kind::MlDsa(set) => u32::from(set) * 32,
            Kind::Unknown | Kind::Malformed => 0,
        }
    }

    /// As people name it, e.g. `RSA-2048`.
    pub(crate) fn describe(&self) -> String {
        match self.kind {
            Kind::Rsa(_) => format!("RSA-{}", self.bits()),
            Kind::RsaPss(_) => format!("RSASSA-PSS-{}", self.bits()),
            Kind::Ec(Curve::Explicit(_)) => "EC with explicit parameters".into(),
            Kind::Ec(Curve::P256k1) => "secp256k1".into(),
            Kind::Ec(Curve::Unknown) => "EC on an unknown curve".into(),
            Kind::Ec(_) => format!("P-{}", self.bits()),
            Kind::Ed25519 => "Ed25519".into(),
            Kind::Ed448 => "Ed448".into(),
            Kind::Dsa(_) => format!("DSA-{}", self.bits()),
            Kind::MlDsa(set) => format!("ML-DSA-{set}"),
            Kind::Unknown => "unknown key type".into(),
            Kind::Malformed => "malformed key".into(),
        }
    }

    /// Strength in bits of a symmetric key (NIST SP 800-57 part 1 table 2, with OpenSSL's steps between).
    pub(crate) fn strength(&self) -> u32 {
        match self.kind {
            Kind::Rsa(_) | Kind::RsaPss(_) | Kind::Dsa(_) => match self.bits() {
                0..1024 => 0,
                1024..2048 => 80,
                2048..3072 => 112,
                3072..7680 => 128,
                7680..15360 => 192,
                _ => 256,
            },
            Kind::Ec(_) => self.bits() / 2,
            Kind::Ed25519 | Kind::MlDsa(44) => 128,
            Kind::Ed448 => 224,
            Kind::MlDsa(65) => 192,
            Kind::MlDsa(_) => 256,
            Kind::Unknown | Kind::Malformed => 0,
        }
    }
}

fn curve_bits(curve: Curve) -> u32 {
    match curve {
        Curve::P192 => 192,
        Curve::P224 => 224,
        Curve::P256 | Curve::P256k1 | Curve::Explicit(Some(NamedByPrime::P256)) => 256,
        Curve::P384 | Curve::Explicit(Some(NamedByPrime::P384)) => 384,
        Curve::P521 | Curve::Explicit(Some(NamedByPrime::P521)) => 521,
        Curve::Explicit(None) | Curve::Unknown => 0,
    }
}

/// Length of a big-endian number in bits.
pub(crate) fn bit_length(number: &[u8]) -> u32 {
    let start = number
        .iter()
        .position(|&byte| byte != 0)
        .unwrap_or(number.len());
    let digits = number.get(start..).unwrap_or_default();
    digits
        .first()
        .map_or(0, |first| digits.len() as u32 * 8 - first.leading_zeros())
}

fn read_info(raw: &[u8]) -> Read<(Kind<'_>, &[u8])> {
    let mut info = tlv::sequence(raw)?;
    let mut algorithm = Reader::new(info.expect(tag::SEQUENCE)?);
    let oid = algorithm.expect(tag::OID)?;
    let bits = info.expect(tag::BIT_STRING)?;
    info.finish()?;
    let (&unused, bytes) = bits.split_first().ok_or(Malformed)?;
    if unused != 0 {
        return Err(Malformed);
    }
    Ok((kind(oid, algorithm, bytes)?, bytes))
}

fn kind<'a>(oid: &[u8], mut parameters: Reader<'a>, bytes: &'a [u8]) -> Read<Kind<'a>> {
    Ok(match oid {
        oids::RSA_ENCRYPTION => Kind::Rsa(rsa(bytes)?),
        oids::RSASSA_PSS => Kind::RsaPss(rsa(bytes)?),
        oids::EC_PUBLIC_KEY => Kind::Ec(curve(parameters)?),
        oids::ED25519 if bytes.len() == 32 => Kind::Ed25519,
        oids::ED448 if bytes.len() == 57 => Kind::Ed448,
        oids::ED25519 | oids::ED448 => return Err(Malformed),
        oids::DSA => Kind::Dsa(parameters.optional(tag::SEQUENCE)?.map(dsa).transpose()?),
        oids::ML_DSA_44 => Kind::MlDsa(44),
        oids::ML_DSA_65 => Kind::MlDsa(65),
        oids::ML_DSA_87 => Kind::MlDsa(87),
        _ => Kind::Unknown,
    })
}

/// A positive INTEGER without its sign octet.
fn positive<'a>(reader: &mut Reader<'a>) -> Read<&'a [u8]> {
    match reader.expect(tag::INTEGER)? {
        [] => Err(Malformed),
        [first, ..] if first & 0x80 != 0 => Err(Malformed),
        [0, rest @ ..] if !rest.is_empty() => Ok(rest),
        content => Ok(content),
    }
}

fn rsa(bytes: &[u8]) -> Read<Rsa<'_>> {
    let mut reader = tlv::sequence(bytes)?;
    let key = Rsa {
        modulus: positive(&mut reader)?,
        exponent: positive(&mut reader)?,
    };
    reader.finish()?;
    Ok(key)
}

fn dsa(content: &[u8]) -> Read<DsaParameters<'_>> {
    let mut reader = Reader::new(content);
    let parameters = DsaParameters {
        p: positive(&mut reader)?,
        q: positive(&mut reader)?,
        g: positive(&mut reader)?,
    };
    reader.finish()?;
    Ok(parameters)
}

fn curve(mut parameters: Reader<'_>) -> Read<Curve> {
    Ok(match parameters.element()? {
        (tag::OID, oids::P192, _) => Curve::P192,
        (tag::OID, oids::P224, _) => Curve::P224,
        (tag::OID, oids::P256, _) => Curve::P256,
        (tag::OID, oids::P384, _) => Curve::P384,
        (tag::OID, oids::P521, _) => Curve::P521,
        (tag::OID, oids::P256K1, _) => Curve::P256k1,
        (tag::SEQUENCE, content, _) => Curve::Explicit(by_prime(content).unwrap_or(None)),
        _ => Curve::Unknown,
    })
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

    fn rsa_of(bits: usize) -> Vec<u8> {
        let mut modulus = vec![0; bits.div_ceil(8)];
        modulus[0] = 1 << ((bits - 1) % 8);
        modulus
    }

    #[test]
    fn strength_rises_in_the_steps_of_the_table() {
        for (bits, strength) in [
            (1023, 0),
            (1024, 80),
            (2047, 80),
            (2048, 112),
            (3072, 128),
            (7680, 192),
            (15360, 256),
        ] {
            let modulus = rsa_of(bits);
            let kind = Kind::Rsa(Rsa {
                modulus: &modulus,
                exponent: &[3],
            });
            let key = PublicKey { kind, bytes: &[] };
            assert_eq!((key.bits(), key.strength()), (bits as u32, strength));
        }
        for (kind, bits, strength) in [
            (Kind::MlDsa(44), 1408, 128),
            (Kind::MlDsa(65), 2080, 192),
            (Kind::MlDsa(87), 2784, 256),
            (Kind::Ed25519, 256, 128),
            (Kind::Ed448, 456, 224),
            (Kind::Ec(Curve::P384), 384, 192),
        ] {
            let key = PublicKey { kind, bytes: &[] };
            assert_eq!((key.bits(), key.strength()), (bits, strength));
        }
    }

    #[test]
    fn numbers_lose_their_sign_octet_and_nothing_else() {
        let read = |der: &[u8]| positive(&mut Reader::new(der)).map(<[u8]>::to_vec);
        assert_eq!(read(&[2, 1, 0]), Ok(vec![0]));
        assert_eq!(read(&[2, 2, 0, 0x80]), Ok(vec![0x80]));
        assert_eq!(read(&[2, 1, 0x80]), Err(Malformed));
        assert_eq!(read(&[2, 0]), Err(Malformed));
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
