//! Signatures on certificates: how they are made, and checking them.
//!
//! aws-lc-rs does the common ones, RustCrypto's crates what it has no name for but certificates in the field carry:
//! the rarer curves, digests and key sizes, DSA, Ed448, SLH-DSA. What neither computes is [`Outcome::Unsupported`].

mod curves;
mod dsa;
mod names;
mod pss;
mod rsa;
mod stateless;

use aws_lc_rs::signature::{self as lc, ParsedPublicKey, VerificationAlgorithm};
use ed448_goldilocks as ed448;

use super::public_key::{DsaParameters, Kind, PublicKey};
use super::tlv::{Malformed, Read};
use super::{Hash, oids};

pub(crate) use names::{describe, slh_dsa_name};
pub(crate) use pss::Pss;

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
    /// The last arc of its object identifier.
    SlhDsa(u8),
    Sm2,
    Unknown,
}

/// What came of checking one signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Good,
    Bad,
    /// The key can't have made this kind of signature.
    WrongKey,
    /// The key is restricted to other parameters than the signature has (RFC 4055 §3.3).
    NotAllowed,
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
            oids::SHA512_224_RSA => Self::RsaPkcs1(Hash::Sha512T224),
            oids::SHA512_256_RSA => Self::RsaPkcs1(Hash::Sha512T256),
            oids::RIPEMD160_RSA => Self::RsaPkcs1(Hash::Ripemd160),
            oids::SHA1_ECDSA => Self::Ecdsa(Hash::Sha1),
            oids::SHA224_ECDSA => Self::Ecdsa(Hash::Sha224),
            oids::SHA256_ECDSA => Self::Ecdsa(Hash::Sha256),
            oids::SHA384_ECDSA => Self::Ecdsa(Hash::Sha384),
            oids::SHA512_ECDSA => Self::Ecdsa(Hash::Sha512),
            oids::SHA1_DSA => Self::Dsa(Hash::Sha1),
            oids::ED25519 => Self::Ed25519,
            oids::ED448 => Self::Ed448,
            oids::SM2_SM3 => Self::Sm2,
            oids::RSASSA_PSS => {
                Pss::read(parameters.ok_or(Malformed)?)?.map_or(Self::Unknown, Self::RsaPss)
            }
            [register @ .., last] if register == oids::NIST_SIGNATURES => registered(*last),
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
            Self::Ed25519
            | Self::Ed448
            | Self::MlDsa(_)
            | Self::SlhDsa(_)
            | Self::Sm2
            | Self::Unknown => None,
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
            Self::SlhDsa(set) => return slh_dsa_name(set).to_owned(),
            Self::Sm2 => "SM2 with SM3",
            Self::Unknown => "an unknown algorithm",
        };
        match self.hash() {
            Some(hash) => format!("{name} with {}", hash.name()),
            None => name.to_owned(),
        }
    }
}

/// The schemes of NIST's register by their last arc (2.16.840.1.101.3.4.3).
fn registered(last: u8) -> Scheme {
    const SHA3: [Hash; 4] = [
        Hash::Sha3T224,
        Hash::Sha3T256,
        Hash::Sha3T384,
        Hash::Sha3T512,
    ];
    let sha3 = |first: u8| SHA3[usize::from(last - first)];
    match last {
        1 => Scheme::Dsa(Hash::Sha224),
        2 => Scheme::Dsa(Hash::Sha256),
        3 => Scheme::Dsa(Hash::Sha384),
        4 => Scheme::Dsa(Hash::Sha512),
        5..=8 => Scheme::Dsa(sha3(5)),
        9..=12 => Scheme::Ecdsa(sha3(9)),
        13..=16 => Scheme::RsaPkcs1(sha3(13)),
        17 => Scheme::MlDsa(44),
        18 => Scheme::MlDsa(65),
        19 => Scheme::MlDsa(87),
        20..=31 => Scheme::SlhDsa(last),
        _ => Scheme::Unknown,
    }
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
        (Scheme::Unknown | Scheme::Sm2, _) | (_, Kind::Unknown) => Outcome::Unsupported,
        (Scheme::RsaPkcs1(hash), Kind::Rsa(rsa)) => rsa::pkcs1(hash, key, rsa, message, signature),
        (Scheme::RsaPss(pss), Kind::RsaPss(_, Some(restricted))) if !pss.fits(restricted) => {
            Outcome::NotAllowed
        }
        (Scheme::RsaPss(pss), Kind::Rsa(rsa) | Kind::RsaPss(rsa, _)) => {
            rsa::pss(pss, key, rsa, message, signature)
        }
        (Scheme::Ecdsa(hash), Kind::Ec(curve)) => {
            outcome(curves::ecdsa(hash, curve, key.bytes, message, signature))
        }
        (Scheme::Ed448, Kind::Ed448) => outcome(ed448_holds(key.bytes, message, signature)),
        (Scheme::SlhDsa(set), Kind::SlhDsa(of)) if set == of => {
            outcome(stateless::slh_dsa(set, key.bytes, message, signature))
        }
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

/// RFC 8032 §5.2.7. `None`: the key is no point of the curve.
fn ed448_holds(key: &[u8], message: &[u8], signature: &[u8]) -> Option<bool> {
    let key = ed448::VerifyingKey::from_bytes(&key.try_into().ok()?).ok()?;
    let Ok(signature) = ed448::Signature::try_from(signature) else {
        return Some(false);
    };
    Some(key.verify_raw(&signature, message).is_ok())
}

/// Whether a key of this kind can have made such a signature, as far as both are known; computes nothing.
pub(crate) fn could_sign(scheme: Scheme, key: &PublicKey<'_>) -> bool {
    matches!(
        (scheme, key.kind),
        (Scheme::Unknown, _)
            | (_, Kind::Unknown | Kind::Malformed)
            | (Scheme::RsaPkcs1(_) | Scheme::RsaPss(_), Kind::Rsa(_))
            | (Scheme::RsaPss(_), Kind::RsaPss(..))
            | (Scheme::Ecdsa(_) | Scheme::Sm2, Kind::Ec(_))
            | (Scheme::SlhDsa(_), Kind::SlhDsa(_))
            | (Scheme::Dsa(_), Kind::Dsa(_))
            | (Scheme::Ed25519, Kind::Ed25519)
            | (Scheme::Ed448, Kind::Ed448)
            | (Scheme::MlDsa(_), Kind::MlDsa(_))
    )
}

#[cfg(test)]
mod tests;
