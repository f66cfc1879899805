//! Signatures on certificates: how they are made, and checking them.
//!
//! aws-lc-rs does the common ones. What it has no name for but certificates in the field carry (DSA, SHA-224 with
//! RSA, PSS salts other than the hash length, RSA keys outside 2048 to 8192 bits) is computed here from public
//! values only, so timing is no concern.

mod dsa;
mod names;
mod rsa;

use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::signature::{self as lc, ParsedPublicKey, VerificationAlgorithm};

use super::public_key::{Curve, DsaParameters, Kind, NamedByPrime, PublicKey};
use super::tlv::{self, Malformed, Read, Reader, tag};
use super::{Hash, oids};

pub(crate) use names::describe;

/// What checking a signature can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// The key made this signature.
    Valid,
    /// It did not.
    Invalid,
    /// This algorithm, curve or key size cannot be checked here.
    Unsupported,
}

/// How a certificate is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    RsaPkcs1(Hash),
    RsaPss(Pss),
    Ecdsa(Hash),
    Dsa(Hash),
    Ed25519,
    Ed448,
    MlDsa(u8),
    Unknown,
}

/// RSASSA-PSS-params (RFC 4055 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pss {
    pub(crate) hash: Hash,
    /// The hash of the mask generation function.
    pub(crate) mask: Hash,
    /// Length of the salt in octets.
    pub(crate) salt: u32,
}

impl Pss {
    /// As everybody makes it: one hash for both, and a salt as long.
    pub(crate) fn is_usual(self) -> bool {
        self.hash == self.mask && self.hash.length() == Some(self.salt)
    }
}

/// What came of checking one signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Good,
    Bad,
    /// The key can't have made this kind of signature.
    WrongKey,
    /// Nothing here can compute it.
    Unsupported,
    /// A DSA key without parameters: they are those of its issuer, which only the path knows.
    NeedsParameters,
}

impl Scheme {
    /// Reads an AlgorithmIdentifier: its identifier, and the content of its parameters if they are a SEQUENCE.
    pub(crate) fn read(oid: &[u8], parameters: Option<&[u8]>) -> Read<Self> {
        Ok(match oid {
            oids::MD2_RSA => Self::RsaPkcs1(Hash::Md2),
            oids::MD4_RSA => Self::RsaPkcs1(Hash::Md4),
            oids::MD5_RSA => Self::RsaPkcs1(Hash::Md5),
            oids::SHA1_RSA | oids::SHA1_RSA_OIW => Self::RsaPkcs1(Hash::Sha1),
            oids::SHA224_RSA => Self::RsaPkcs1(Hash::Sha224),
            oids::SHA256_RSA => Self::RsaPkcs1(Hash::Sha256),
            oids::SHA384_RSA => Self::RsaPkcs1(Hash::Sha384),
            oids::SHA512_RSA => Self::RsaPkcs1(Hash::Sha512),
            oids::SHA1_ECDSA => Self::Ecdsa(Hash::Sha1),
            oids::SHA224_ECDSA => Self::Ecdsa(Hash::Sha224),
            oids::SHA256_ECDSA => Self::Ecdsa(Hash::Sha256),
            oids::SHA384_ECDSA => Self::Ecdsa(Hash::Sha384),
            oids::SHA512_ECDSA => Self::Ecdsa(Hash::Sha512),
            oids::SHA1_DSA => Self::Dsa(Hash::Sha1),
            oids::SHA224_DSA => Self::Dsa(Hash::Sha224),
            oids::SHA256_DSA => Self::Dsa(Hash::Sha256),
            oids::ED25519 => Self::Ed25519,
            oids::ED448 => Self::Ed448,
            oids::ML_DSA_44 => Self::MlDsa(44),
            oids::ML_DSA_65 => Self::MlDsa(65),
            oids::ML_DSA_87 => Self::MlDsa(87),
            oids::RSASSA_PSS => pss(parameters.ok_or(Malformed)?)?,
            _ => Self::Unknown,
        })
    }

    /// The digest of the signed bytes, where the scheme names one.
    pub(crate) fn hash(self) -> Option<Hash> {
        match self {
            Self::RsaPkcs1(hash)
            | Self::RsaPss(Pss { hash, .. })
            | Self::Ecdsa(hash)
            | Self::Dsa(hash) => Some(hash),
            Self::Ed25519 | Self::Ed448 | Self::MlDsa(_) | Self::Unknown => None,
        }
    }

    /// As people name it.
    pub(crate) fn describe(self) -> String {
        let name = match self {
            Self::RsaPkcs1(_) => "RSA",
            Self::RsaPss(_) => "RSA-PSS",
            Self::Ecdsa(_) => "ECDSA",
            Self::Dsa(_) => "DSA",
            Self::Ed25519 => "Ed25519",
            Self::Ed448 => "Ed448",
            Self::MlDsa(set) => return format!("ML-DSA-{set}"),
            Self::Unknown => "an unknown algorithm",
        };
        match self.hash() {
            Some(hash) => format!("{name} with {}", hash.name()),
            None => name.to_owned(),
        }
    }
}

/// The parameters of RSASSA-PSS with their SHA-1 defaults.
fn pss(parameters: &[u8]) -> Read<Scheme> {
    let mut reader = Reader::new(parameters);
    let hash = reader
        .optional(0xa0)?
        .map_or(Ok(Hash::Sha1), hash_identifier)?;
    let mask = reader
        .optional(0xa1)?
        .map_or(Ok(Hash::Sha1), mask_generation)?;
    let salt = reader.optional(0xa2)?.map_or(Ok(20), |content| {
        tlv::sole(content, tag::INTEGER).and_then(tlv::unsigned)
    })?;
    let trailer = reader.optional(0xa3)?.map_or(Ok(1), |content| {
        tlv::sole(content, tag::INTEGER).and_then(tlv::unsigned)
    })?;
    reader.finish()?;
    if trailer == 1 {
        Ok(Scheme::RsaPss(Pss { hash, mask, salt }))
    } else {
        Err(Malformed)
    }
}

fn hash_identifier(content: &[u8]) -> Read<Hash> {
    let mut reader = tlv::sequence(content)?;
    Hash::from_oid(reader.expect(tag::OID)?).ok_or(Malformed)
}

fn mask_generation(content: &[u8]) -> Read<Hash> {
    let mut reader = tlv::sequence(content)?;
    if reader.expect(tag::OID)? != oids::MGF1 {
        return Err(Malformed);
    }
    let (_, _, hash) = reader.element()?;
    hash_identifier(hash)
}

/// Checks a signature over `message`; `inherited` serves a DSA key that has no parameters of its own.
pub(crate) fn check(
    scheme: Scheme,
    key: &PublicKey<'_>,
    message: &[u8],
    signature: &[u8],
    inherited: Option<DsaParameters<'_>>,
) -> Outcome {
    match (scheme, key.kind) {
        (_, Kind::Malformed) => Outcome::Bad,
        (Scheme::Unknown, _) | (_, Kind::Unknown) | (Scheme::Ed448, Kind::Ed448) => {
            Outcome::Unsupported
        }
        (Scheme::RsaPkcs1(hash), Kind::Rsa(rsa)) => rsa::pkcs1(hash, key, rsa, message, signature),
        (Scheme::RsaPss(pss), Kind::Rsa(rsa) | Kind::RsaPss(rsa)) => {
            rsa::pss(pss, key, rsa, message, signature)
        }
        (Scheme::Ecdsa(hash), Kind::Ec(curve)) => ecdsa(hash, curve, key, message, signature),
        (Scheme::Ed25519, Kind::Ed25519) => library(&lc::ED25519, key, message, signature),
        (Scheme::MlDsa(44), Kind::MlDsa(44)) => library(&lc::ML_DSA_44, key, message, signature),
        (Scheme::MlDsa(65), Kind::MlDsa(65)) => library(&lc::ML_DSA_65, key, message, signature),
        (Scheme::MlDsa(87), Kind::MlDsa(87)) => library(&lc::ML_DSA_87, key, message, signature),
        (Scheme::Dsa(hash), Kind::Dsa(parameters)) => match parameters.or(inherited) {
            Some(parameters) => {
                outcome(dsa::holds(hash, parameters, key.bytes, message, signature))
            }
            None => Outcome::NeedsParameters,
        },
        _ => Outcome::WrongKey,
    }
}

fn outcome(good: Option<bool>) -> Outcome {
    match good {
        Some(true) => Outcome::Good,
        Some(false) => Outcome::Bad,
        None => Outcome::Unsupported,
    }
}

/// aws-lc does not tell an unusable key from a wrong signature, so the key is parsed apart.
fn library(
    algorithm: &'static dyn VerificationAlgorithm,
    key: &PublicKey<'_>,
    message: &[u8],
    signature: &[u8],
) -> Outcome {
    let key = ParsedPublicKey::new(algorithm, key.bytes).ok();
    outcome(key.map(|key| key.verify_sig(message, signature).is_ok()))
}

/// ECDSA takes the leftmost bits of any digest, so each curve needs one library algorithm: the digest is cut, or
/// given leading zeros, to the length that this algorithm takes.
fn ecdsa(
    hash: Hash,
    curve: Curve,
    key: &PublicKey<'_>,
    message: &[u8],
    signature: &[u8],
) -> Outcome {
    let (algorithm, carrier): (&'static dyn VerificationAlgorithm, _) = match curve {
        Curve::P256 | Curve::Explicit(Some(NamedByPrime::P256)) => {
            (&lc::ECDSA_P256_SHA256_ASN1, &digest::SHA256)
        }
        Curve::P384 | Curve::Explicit(Some(NamedByPrime::P384)) => {
            (&lc::ECDSA_P384_SHA384_ASN1, &digest::SHA384)
        }
        Curve::P521 | Curve::Explicit(Some(NamedByPrime::P521)) => {
            (&lc::ECDSA_P521_SHA512_ASN1, &digest::SHA512)
        }
        Curve::P256k1 => (&lc::ECDSA_P256K1_SHA256_ASN1, &digest::SHA256),
        _ => return Outcome::Unsupported,
    };
    let found = hash.algorithm().map(|hash| digest::digest(hash, message));
    let digest = found.and_then(|found| fit_digest(found.as_ref(), carrier));
    let key = ParsedPublicKey::new(algorithm, key.bytes).ok();
    outcome(
        digest
            .zip(key)
            .map(|(digest, key)| key.verify_digest_sig(&digest, signature).is_ok()),
    )
}

fn fit_digest(found: &[u8], carrier: &'static digest::Algorithm) -> Option<Digest> {
    let length = carrier.output_len;
    let mut value = vec![0; length.saturating_sub(found.len())];
    value.extend_from_slice(found.get(..length.min(found.len()))?);
    Digest::import_less_safe(&value, carrier).ok()
}

/// Whether a key of this kind can have made such a signature, as far as both are known; computes nothing.
pub(crate) fn could_sign(scheme: Scheme, key: &PublicKey<'_>) -> bool {
    matches!(
        (scheme, key.kind),
        (Scheme::Unknown, _)
            | (_, Kind::Unknown | Kind::Malformed)
            | (Scheme::RsaPkcs1(_) | Scheme::RsaPss(_), Kind::Rsa(_))
            | (Scheme::RsaPss(_), Kind::RsaPss(_))
            | (Scheme::Ecdsa(_), Kind::Ec(_))
            | (Scheme::Dsa(_), Kind::Dsa(_))
            | (Scheme::Ed25519, Kind::Ed25519)
            | (Scheme::Ed448, Kind::Ed448)
            | (Scheme::MlDsa(_), Kind::MlDsa(_))
    )
}

#[cfg(test)]
mod tests;
