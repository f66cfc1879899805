//! Public keys, read so far that signatures can be checked with them: what kind, how strong.

pub(crate) use super::curve::Curve;
use super::oids;
use super::signature::{Pss, slh_dsa_name};
use super::tlv::{self, Malformed, Read, Reader, tag};

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
    /// id-RSASSA-PSS: the key may be used with PSS only, and with these parameters if it names any (RFC 4055 §1.2).
    RsaPss(Rsa<'a>, Option<Pss>),
    Ec(Curve),
    Ed25519,
    Ed448,
    /// Keys for key agreement, which sign nothing.
    X25519,
    X448,
    /// `None`: the parameters are those of the issuer (RFC 3279 §2.3.2).
    Dsa(Option<DsaParameters<'a>>),
    /// 44, 65 or 87.
    MlDsa(u8),
    /// The last arc of its object identifier, which tells the parameter set.
    SlhDsa(u8),
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
            Kind::Rsa(rsa) | Kind::RsaPss(rsa, _) => bit_length(rsa.modulus),
            Kind::Ec(curve) => curve.bits(),
            Kind::Ed25519 | Kind::X25519 => 256,
            Kind::Ed448 => 456,
            Kind::X448 => 448,
            Kind::Dsa(parameters) => parameters.map_or(0, |parameters| bit_length(parameters.p)),
            Kind::MlDsa(set) => u32::from(set) * 32,
            Kind::SlhDsa(_) | Kind::Unknown | Kind::Malformed => 0,
        }
    }

    /// As people name it, e.g. `RSA-2048`.
    pub(crate) fn describe(&self) -> String {
        match self.kind {
            Kind::Rsa(_) => format!("RSA-{}", self.bits()),
            Kind::RsaPss(..) => format!("RSASSA-PSS-{}", self.bits()),
            Kind::Ec(Curve::Explicit(_)) => "EC with explicit parameters".into(),
            Kind::Ec(curve) => curve.name().unwrap_or("EC on an unknown curve").into(),
            Kind::Ed25519 => "Ed25519".into(),
            Kind::Ed448 => "Ed448".into(),
            Kind::Dsa(_) => format!("DSA-{}", self.bits()),
            Kind::X25519 => "X25519".into(),
            Kind::X448 => "X448".into(),
            Kind::MlDsa(set) => format!("ML-DSA-{set}"),
            Kind::SlhDsa(set) => slh_dsa_name(set).into(),
            Kind::Unknown => "unknown key type".into(),
            Kind::Malformed => "malformed key".into(),
        }
    }

    /// Strength in bits of a symmetric key (NIST SP 800-57 part 1 table 2, with OpenSSL's steps between).
    pub(crate) fn strength(&self) -> u32 {
        match self.kind {
            Kind::Rsa(_) | Kind::RsaPss(..) | Kind::Dsa(_) => match self.bits() {
                0..1024 => 0,
                1024..2048 => 80,
                2048..3072 => 112,
                3072..7680 => 128,
                7680..15360 => 192,
                _ => 256,
            },
            Kind::Ec(_) => self.bits() / 2,
            Kind::Ed25519 | Kind::X25519 | Kind::MlDsa(44) => 128,
            Kind::Ed448 | Kind::X448 => 224,
            Kind::MlDsa(65) => 192,
            Kind::MlDsa(_) => 256,
            // Sets of 128, 192 and 256 bits, two of each (FIPS 205 table 2), first over SHA-2, then over SHAKE.
            Kind::SlhDsa(set) => 128 + u32::from(set.saturating_sub(20) % 6 / 2) * 64,
            Kind::Unknown | Kind::Malformed => 0,
        }
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
        oids::RSASSA_PSS => {
            let restricted = parameters.optional(tag::SEQUENCE)?;
            parameters.finish()?;
            match restricted.map(Pss::read).transpose()? {
                None => Kind::RsaPss(rsa(bytes)?, None),
                Some(Some(pss)) => Kind::RsaPss(rsa(bytes)?, Some(pss)),
                // Restricted to hashes that are not known here.
                Some(None) => Kind::Unknown,
            }
        }
        oids::EC_PUBLIC_KEY => Kind::Ec(Curve::read(parameters)?),
        oids::ED25519 if bytes.len() == 32 => Kind::Ed25519,
        oids::ED448 if bytes.len() == 57 => Kind::Ed448,
        oids::ED25519 | oids::ED448 => return Err(Malformed),
        oids::X25519 => Kind::X25519,
        oids::X448 => Kind::X448,
        oids::DSA => Kind::Dsa(parameters.optional(tag::SEQUENCE)?.map(dsa).transpose()?),
        oids::ML_DSA_44 => Kind::MlDsa(44),
        oids::ML_DSA_65 => Kind::MlDsa(65),
        oids::ML_DSA_87 => Kind::MlDsa(87),
        [register @ .., set @ 20..=31] if register == oids::NIST_SIGNATURES => Kind::SlhDsa(*set),
        _ => Kind::Unknown,
    })
}

/// A positive INTEGER without its sign octet.
pub(crate) fn positive<'a>(reader: &mut Reader<'a>) -> Read<&'a [u8]> {
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
            (Kind::SlhDsa(20), 0, 128),
            (Kind::SlhDsa(23), 0, 192),
            (Kind::SlhDsa(31), 0, 256),
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
}
