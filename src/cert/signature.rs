//! Signature algorithms: their names, the hash in them, and checking a signature.

use aws_lc_rs::signature as lc;
use serde::Serialize;

use super::der::{BIT_STRING, OID, Reader, SEQUENCE};

/// The hash inside a signature algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Hash {
    /// Broken.
    Md2,
    /// Broken.
    Md4,
    /// Broken: forged CA certificates exist.
    Md5,
    /// Broken: chosen-prefix collisions are affordable.
    Sha1,
    /// 224 bits of SHA-2.
    Sha224,
    /// 256 bits of SHA-2.
    Sha256,
    /// 384 bits of SHA-2.
    Sha384,
    /// 512 bits of SHA-2.
    Sha512,
    /// Any of SHA-3.
    Sha3,
}

impl Hash {
    /// The usual name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Md2 => "MD2",
            Self::Md4 => "MD4",
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha224 => "SHA-224",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
            Self::Sha3 => "SHA-3",
        }
    }

    /// Whether collisions can be made, so that a signature by others proves nothing.
    pub fn is_broken(self) -> bool {
        matches!(self, Self::Md2 | Self::Md4 | Self::Md5 | Self::Sha1)
    }
}

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

/// Name and hash of a signature algorithm by its object identifier's content (RFC 3279, 4055, 5758, 8410, 9881).
pub(crate) fn describe(oid: &[u8]) -> Option<(&'static str, Option<Hash>)> {
    Some(match oid {
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, last] => match last {
            2 => ("md2WithRSAEncryption", Some(Hash::Md2)),
            3 => ("md4WithRSAEncryption", Some(Hash::Md4)),
            4 => ("md5WithRSAEncryption", Some(Hash::Md5)),
            5 => ("sha1WithRSAEncryption", Some(Hash::Sha1)),
            10 => ("rsassaPss", None),
            11 => ("sha256WithRSAEncryption", Some(Hash::Sha256)),
            12 => ("sha384WithRSAEncryption", Some(Hash::Sha384)),
            13 => ("sha512WithRSAEncryption", Some(Hash::Sha512)),
            14 => ("sha224WithRSAEncryption", Some(Hash::Sha224)),
            _ => return None,
        },
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01] => ("ecdsa-with-SHA1", Some(Hash::Sha1)),
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, last] => match last {
            1 => ("ecdsa-with-SHA224", Some(Hash::Sha224)),
            2 => ("ecdsa-with-SHA256", Some(Hash::Sha256)),
            3 => ("ecdsa-with-SHA384", Some(Hash::Sha384)),
            4 => ("ecdsa-with-SHA512", Some(Hash::Sha512)),
            _ => return None,
        },
        [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, last] => match last {
            1 => ("dsa-with-SHA224", Some(Hash::Sha224)),
            2 => ("dsa-with-SHA256", Some(Hash::Sha256)),
            9..=12 => ("ecdsa-with-SHA3", Some(Hash::Sha3)),
            13..=16 => ("rsa-with-SHA3", Some(Hash::Sha3)),
            0x11 => ("ML-DSA-44", None),
            0x12 => ("ML-DSA-65", None),
            0x13 => ("ML-DSA-87", None),
            _ => return None,
        },
        [0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x03] => ("dsa-with-SHA1", Some(Hash::Sha1)),
        [0x2b, 0x0e, 0x03, 0x02, 0x1d] => ("sha1WithRSA", Some(Hash::Sha1)),
        [0x2b, 0x65, 0x70] => ("Ed25519", None),
        [0x2b, 0x65, 0x71] => ("Ed448", None),
        _ => return None,
    })
}

/// The hash named in RSASSA-PSS parameters; absent means SHA-1 (RFC 4055 §3.1).
pub(crate) fn pss_hash(parameters: &Reader<'_>) -> Option<Hash> {
    let mut parameters = parameters.clone();
    let Ok(Some(sequence)) = parameters.optional(SEQUENCE) else {
        return Some(Hash::Sha1);
    };
    let mut fields = parameters.inside(&sequence);
    let Ok(Some(tagged)) = fields.optional(0xa0) else {
        return Some(Hash::Sha1);
    };
    let mut tagged = fields.inside(&tagged);
    let algorithm = tagged.expect(SEQUENCE, "a hash").ok()?;
    let mut algorithm = tagged.inside(&algorithm);
    let oid = algorithm.expect(OID, "a hash").ok()?;
    match algorithm.content(&oid) {
        [0x2b, 0x0e, 0x03, 0x02, 0x1a] => Some(Hash::Sha1),
        [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, last] => match last {
            1 => Some(Hash::Sha256),
            2 => Some(Hash::Sha384),
            3 => Some(Hash::Sha512),
            4 => Some(Hash::Sha224),
            7..=10 => Some(Hash::Sha3),
            _ => None,
        },
        _ => None,
    }
}

/// Checks `signature` over `signed` with the key in `spki` (a SubjectPublicKeyInfo), for the algorithm called `name`.
pub(crate) fn check(
    name: &str,
    hash: Option<Hash>,
    spki: &[u8],
    signed: &[u8],
    signature: &[u8],
) -> Check {
    let Some((key, curve)) = key_bytes(spki) else {
        return Check::Unsupported;
    };
    let Some(algorithm) = algorithm(name, hash, curve) else {
        return Check::Unsupported;
    };
    // aws-lc does not tell an unusable key from a wrong signature, so the key is parsed apart.
    let Ok(key) = lc::ParsedPublicKey::new(algorithm, key) else {
        return Check::Unsupported;
    };
    match key.verify_sig(signed, signature) {
        Ok(()) => Check::Valid,
        Err(_) => Check::Invalid,
    }
}

/// The key's own bytes and its curve's object identifier.
fn key_bytes(spki: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut outer = Reader::new(spki);
    let info = outer.next().ok()?;
    let mut info = outer.inside(&info);
    let algorithm = info.expect(SEQUENCE, "an algorithm").ok()?;
    let mut algorithm = info.inside(&algorithm);
    algorithm.expect(OID, "an identifier").ok()?;
    let curve = match algorithm.optional(OID).ok()? {
        Some(oid) => algorithm.content(&oid),
        None => &[],
    };
    let key = info.expect(BIT_STRING, "a key").ok()?;
    Some((info.content(&key).get(1..)?, curve))
}

fn algorithm(
    name: &str,
    hash: Option<Hash>,
    curve: &[u8],
) -> Option<&'static dyn lc::VerificationAlgorithm> {
    if name == "Ed25519" {
        return Some(&lc::ED25519);
    }
    let hash = hash?;
    if name.starts_with("ecdsa") {
        return elliptic(hash, curve);
    }
    Some(match (name, hash) {
        ("rsassaPss", Hash::Sha256) => &lc::RSA_PSS_2048_8192_SHA256,
        ("rsassaPss", Hash::Sha384) => &lc::RSA_PSS_2048_8192_SHA384,
        ("rsassaPss", Hash::Sha512) => &lc::RSA_PSS_2048_8192_SHA512,
        ("sha1WithRSAEncryption" | "sha1WithRSA", _) => {
            &lc::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY
        }
        ("sha256WithRSAEncryption", _) => &lc::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        ("sha384WithRSAEncryption", _) => &lc::RSA_PKCS1_2048_8192_SHA384,
        ("sha512WithRSAEncryption", _) => &lc::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
        _ => return None,
    })
}

fn elliptic(hash: Hash, curve: &[u8]) -> Option<&'static dyn lc::VerificationAlgorithm> {
    Some(match (curve, hash) {
        ([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07], Hash::Sha1) => &lc::ECDSA_P256_SHA1_ASN1,
        ([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07], Hash::Sha256) => {
            &lc::ECDSA_P256_SHA256_ASN1
        }
        ([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07], Hash::Sha384) => {
            &lc::ECDSA_P256_SHA384_ASN1
        }
        ([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07], Hash::Sha512) => {
            &lc::ECDSA_P256_SHA512_ASN1
        }
        ([0x2b, 0x81, 0x04, 0x00, 0x22], Hash::Sha256) => &lc::ECDSA_P384_SHA256_ASN1,
        ([0x2b, 0x81, 0x04, 0x00, 0x22], Hash::Sha384) => &lc::ECDSA_P384_SHA384_ASN1,
        ([0x2b, 0x81, 0x04, 0x00, 0x22], Hash::Sha512) => &lc::ECDSA_P384_SHA512_ASN1,
        ([0x2b, 0x81, 0x04, 0x00, 0x23], Hash::Sha1) => &lc::ECDSA_P521_SHA1_ASN1,
        ([0x2b, 0x81, 0x04, 0x00, 0x23], Hash::Sha224) => &lc::ECDSA_P521_SHA224_ASN1,
        ([0x2b, 0x81, 0x04, 0x00, 0x23], Hash::Sha256) => &lc::ECDSA_P521_SHA256_ASN1,
        ([0x2b, 0x81, 0x04, 0x00, 0x23], Hash::Sha384) => &lc::ECDSA_P521_SHA384_ASN1,
        ([0x2b, 0x81, 0x04, 0x00, 0x23], Hash::Sha512) => &lc::ECDSA_P521_SHA512_ASN1,
        ([0x2b, 0x81, 0x04, 0x00, 0x0a], Hash::Sha256) => &lc::ECDSA_P256K1_SHA256_ASN1,
        _ => return None,
    })
}
