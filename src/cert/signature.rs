//! Signature algorithms: their names, the hash in them, and checking a signature.

use aws_lc_rs::signature::RsaPssSaltLength::Max;
use aws_lc_rs::signature::{self as lc};
use serde::Serialize;

use super::Key;
use super::der::{BIT_STRING, INTEGER, OID, Reader, SEQUENCE};

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

/// RSASSA-PSS-params (RFC 4055 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pss {
    /// `None` where it is not known here.
    hash: Option<Hash>,
    /// The mask's hash is the same, as everybody has it.
    same_mask: bool,
    /// Length of the salt in bytes.
    salt: u32,
}

impl Pss {
    fn read(parameters: &Reader<'_>) -> Option<Self> {
        let mut parameters = parameters.clone();
        let mut fields = match parameters.optional(SEQUENCE).ok()? {
            Some(sequence) => parameters.inside(&sequence),
            None => Reader::new(&[]),
        };
        let hash = match fields.optional(0xa0).ok()? {
            Some(tagged) => hash_identifier(&mut fields.inside(&tagged)),
            None => Some(Hash::Sha1),
        };
        let mask = match fields.optional(0xa1).ok()? {
            Some(tagged) => mask_hash(&mut fields.inside(&tagged)),
            None => Some(Hash::Sha1),
        };
        let salt = match fields.optional(0xa2).ok()? {
            Some(tagged) => small_integer(&mut fields.inside(&tagged))?,
            None => 20,
        };
        Some(Self {
            hash,
            same_mask: mask == hash,
            salt,
        })
    }
}

/// The hash named in RSASSA-PSS parameters; absent means SHA-1.
pub(crate) fn pss_hash(parameters: &Reader<'_>) -> Option<Hash> {
    Pss::read(parameters)?.hash
}

fn mask_hash(tagged: &mut Reader<'_>) -> Option<Hash> {
    let algorithm = tagged.expect(SEQUENCE, "a mask generation function").ok()?;
    let mut algorithm = tagged.inside(&algorithm);
    algorithm.expect(OID, "a mask generation function").ok()?;
    hash_identifier(&mut algorithm)
}

fn small_integer(tagged: &mut Reader<'_>) -> Option<u32> {
    let integer = tagged.expect(INTEGER, "a length").ok()?;
    match *tagged.content(&integer) {
        [byte @ ..0x80] => Some(u32::from(byte)),
        [0..0x80, _] => Some(u32::from(u16::from_be_bytes(
            tagged.content(&integer).try_into().ok()?,
        ))),
        _ => None,
    }
}

fn hash_identifier(reader: &mut Reader<'_>) -> Option<Hash> {
    let algorithm = reader.expect(SEQUENCE, "a hash").ok()?;
    let mut algorithm = reader.inside(&algorithm);
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

/// A SubjectPublicKeyInfo, as far as checking a signature goes.
pub(crate) struct PublicKey<'a> {
    /// The key's own bytes.
    bytes: &'a [u8],
    /// The curve's object identifier; empty where there is none.
    curve: &'a [u8],
    /// Its kind and strength.
    kind: &'a Key,
}

impl<'a> PublicKey<'a> {
    pub fn read(spki: &'a [u8], kind: &'a Key) -> Option<Self> {
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
        let bytes = info.content(&key).get(1..)?;
        Some(Self { bytes, curve, kind })
    }
}

/// Checks `signature` over `signed`; `algorithm` is the whole AlgorithmIdentifier.
pub(crate) fn check(
    algorithm: &[u8],
    key: &PublicKey<'_>,
    signed: &[u8],
    signature: &[u8],
) -> Check {
    let chosen = match choose(algorithm, key) {
        Some(Chosen::Algorithm(chosen)) => chosen,
        Some(Chosen::WrongKey) => return Check::Invalid,
        None => return Check::Unsupported,
    };
    // aws-lc does not tell an unusable key from a wrong signature, so the key is parsed apart.
    let Ok(parsed) = lc::ParsedPublicKey::new(chosen, key.bytes) else {
        return Check::Unsupported;
    };
    match parsed.verify_sig(signed, signature) {
        Ok(()) => Check::Valid,
        Err(_) => Check::Invalid,
    }
}

type Algorithm = &'static dyn lc::VerificationAlgorithm;

/// How a signature is to be checked.
enum Chosen {
    Algorithm(Algorithm),
    /// A key of this kind cannot have made it.
    WrongKey,
}

fn choose(identifier: &[u8], key: &PublicKey<'_>) -> Option<Chosen> {
    let mut reader = Reader::new(identifier);
    let whole = reader.next().ok()?;
    let mut fields = reader.inside(&whole);
    let oid = fields.expect(OID, "an identifier").ok()?;
    let (name, hash) = describe(fields.content(&oid))?;
    if !fits(name, &key.kind.algorithm) {
        return Some(Chosen::WrongKey);
    }
    let algorithm = match name {
        "Ed25519" => &lc::ED25519,
        "rsassaPss" => rsa_pss(Pss::read(&fields)?, key.kind.bits)?,
        _ if name.starts_with("ecdsa") => elliptic(hash?, key.curve)?,
        _ => {
            // Outside their range of sizes aws-lc would call every signature wrong.
            let parameters = rsa_pkcs1(name)?;
            let range = parameters.min_modulus_len()..=parameters.max_modulus_len();
            range.contains(&key.kind.bits).then_some(parameters)?
        }
    };
    Some(Chosen::Algorithm(algorithm))
}

/// Whether a key of the kind `key` can make a signature called `name`.
fn fits(name: &str, key: &str) -> bool {
    match key {
        "RSA" => name.contains("RSA") || name.starts_with("rsa"),
        "RSA-PSS" => name == "rsassaPss",
        "EC" => name.starts_with("ecdsa"),
        "DSA" => name.starts_with("dsa"),
        _ => name == key,
    }
}

fn rsa_pkcs1(name: &str) -> Option<&'static lc::RsaParameters> {
    Some(match name {
        "sha1WithRSAEncryption" | "sha1WithRSA" => {
            &lc::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY
        }
        "sha256WithRSAEncryption" => &lc::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        "sha384WithRSAEncryption" => &lc::RSA_PKCS1_2048_8192_SHA384,
        "sha512WithRSAEncryption" => &lc::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
        _ => return None,
    })
}

/// The salt is as long as the hash, or as long as it can be (what OpenSSL 1.1.1 does unless told otherwise).
fn rsa_pss(pss: Pss, bits: u32) -> Option<Algorithm> {
    if !pss.same_mask || !(2048..=8192).contains(&bits) {
        return None;
    }
    let hash = pss.hash?;
    let length = match hash {
        Hash::Sha256 => 32,
        Hash::Sha384 => 48,
        Hash::Sha512 => 64,
        _ => return None,
    };
    let longest = (bits + 6) / 8 - length - 2;
    Some(match (hash, pss.salt) {
        (Hash::Sha256, 32) => &lc::RSA_PSS_2048_8192_SHA256,
        (Hash::Sha384, 48) => &lc::RSA_PSS_2048_8192_SHA384,
        (Hash::Sha512, 64) => &lc::RSA_PSS_2048_8192_SHA512,
        (_, salt) if salt != longest => return None,
        (Hash::Sha256, _) => &const { lc::RSA_PSS_2048_8192_SHA256.with_pss_salt_length(Max) },
        (Hash::Sha384, _) => &const { lc::RSA_PSS_2048_8192_SHA384.with_pss_salt_length(Max) },
        _ => &const { lc::RSA_PSS_2048_8192_SHA512.with_pss_salt_length(Max) },
    })
}

fn elliptic(hash: Hash, curve: &[u8]) -> Option<Algorithm> {
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
