//! Signatures on certificates.
//!
//! aws-lc-rs does the common ones. What it has no name for but certificates in the field carry (DSA, SHA-224 with
//! RSA, PSS salts other than the hash length, RSA keys outside 2048 to 8192 bits) is computed here from public
//! values only, so timing is no concern.

use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::signature::{self as lc, UnparsedPublicKey, VerificationAlgorithm};
use num_bigint::BigUint;
use x509_parser::x509::AlgorithmIdentifier;

use super::der::{self, Malformed, Read, Reader, tag};
use super::key::{Curve, DsaParameters, Key, Kind, NamedByPrime, Rsa, bit_length};
use super::oids;
use super::parsed::Parsed;

/// Larger keys are refused unread: a modulus is foreign input, and the work grows with its cube.
const MAX_RSA_BITS: u32 = 16_384;
/// An exponent longer than this makes a signature as slow as a private key operation.
const MAX_EXPONENT_BITS: u32 = 64;

/// A digest algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Hash {
    /// MD2, MD4, MD5: known by name, never computed.
    Broken,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

/// How a certificate is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    RsaPkcs1(Hash),
    RsaPss { hash: Hash, mask: Hash, salt: u32 },
    Ecdsa(Hash),
    Dsa(Hash),
    Ed25519,
    Ed448,
    MlDsa(u8),
    Unknown,
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

impl Hash {
    fn algorithm(self) -> Option<&'static digest::Algorithm> {
        Some(match self {
            Self::Broken => return None,
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha224 => &digest::SHA224,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        })
    }

    /// Length in octets.
    pub(crate) fn length(self) -> u32 {
        self.algorithm()
            .map_or(16, |algorithm| algorithm.output_len as u32)
    }

    fn oid(self) -> &'static [u8] {
        match self {
            Self::Broken => &[],
            Self::Sha1 => oids::SHA1,
            Self::Sha224 => oids::SHA224,
            Self::Sha256 => oids::SHA256,
            Self::Sha384 => oids::SHA384,
            Self::Sha512 => oids::SHA512,
        }
    }

    fn from_oid(oid: &[u8]) -> Option<Self> {
        [
            Self::Sha1,
            Self::Sha224,
            Self::Sha256,
            Self::Sha384,
            Self::Sha512,
        ]
        .into_iter()
        .find(|hash| hash.oid() == oid)
    }

    /// Strength against collisions in bits; SHA-1 as OpenSSL counts it (63), MD5 (39).
    pub(crate) fn strength(self) -> u32 {
        match self {
            Self::Broken => 39,
            Self::Sha1 => 63,
            Self::Sha224 => 112,
            Self::Sha256 => 128,
            Self::Sha384 => 192,
            Self::Sha512 => 256,
        }
    }
}

impl Scheme {
    /// Reads an algorithm identifier.
    pub(crate) fn read(algorithm: &AlgorithmIdentifier<'_>) -> Read<Self> {
        Ok(match algorithm.algorithm.as_bytes() {
            oids::MD2_RSA | oids::MD5_RSA => Self::RsaPkcs1(Hash::Broken),
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
            oids::RSASSA_PSS => pss(algorithm)?,
            _ => Self::Unknown,
        })
    }

    /// The digest of the signed bytes, where the scheme names one.
    pub(crate) fn hash(self) -> Option<Hash> {
        match self {
            Self::RsaPkcs1(hash)
            | Self::RsaPss { hash, .. }
            | Self::Ecdsa(hash)
            | Self::Dsa(hash) => Some(hash),
            Self::Ed25519 | Self::Ed448 | Self::MlDsa(_) | Self::Unknown => None,
        }
    }

    /// As people name it.
    pub(crate) fn describe(self) -> String {
        let name = match self {
            Self::RsaPkcs1(_) => "RSA",
            Self::RsaPss { .. } => "RSA-PSS",
            Self::Ecdsa(_) => "ECDSA",
            Self::Dsa(_) => "DSA",
            Self::Ed25519 => "Ed25519",
            Self::Ed448 => "Ed448",
            Self::MlDsa(set) => return format!("ML-DSA-{set}"),
            Self::Unknown => "an unknown algorithm",
        };
        let hash = self.hash().map(|hash| match hash {
            Hash::Broken => "MD5 or older",
            Hash::Sha1 => "SHA-1",
            Hash::Sha224 => "SHA-224",
            Hash::Sha256 => "SHA-256",
            Hash::Sha384 => "SHA-384",
            Hash::Sha512 => "SHA-512",
        });
        hash.map_or_else(|| name.to_owned(), |hash| format!("{name} with {hash}"))
    }
}

/// RSASSA-PSS-params (RFC 4055 §3.1), with its SHA-1 defaults.
fn pss(algorithm: &AlgorithmIdentifier<'_>) -> Read<Scheme> {
    let parameters = algorithm.parameters.as_ref().ok_or(Malformed)?;
    let mut reader = Reader::new(parameters.data);
    let hash = reader
        .optional(0xa0)?
        .map_or(Ok(Hash::Sha1), hash_identifier)?;
    let mask = reader
        .optional(0xa1)?
        .map_or(Ok(Hash::Sha1), mask_generation)?;
    let salt = reader.optional(0xa2)?.map_or(Ok(20), |content| {
        der::sole(content, tag::INTEGER).and_then(der::unsigned)
    })?;
    let trailer = reader.optional(0xa3)?.map_or(Ok(1), |content| {
        der::sole(content, tag::INTEGER).and_then(der::unsigned)
    })?;
    reader.finish()?;
    if trailer == 1 {
        Ok(Scheme::RsaPss { hash, mask, salt })
    } else {
        Err(Malformed)
    }
}

fn hash_identifier(content: &[u8]) -> Read<Hash> {
    let mut reader = der::sequence(content)?;
    Hash::from_oid(reader.expect(tag::OID)?).ok_or(Malformed)
}

fn mask_generation(content: &[u8]) -> Read<Hash> {
    let mut reader = der::sequence(content)?;
    if reader.expect(tag::OID)? != oids::MGF1 {
        return Err(Malformed);
    }
    let (_, _, hash) = reader.element()?;
    hash_identifier(hash)
}

/// Checks the signature of `certificate` with `key`; `inherited` serves a DSA key that has no parameters of its own.
pub(crate) fn check(
    certificate: &Parsed<'_>,
    key: &Key<'_>,
    inherited: Option<DsaParameters<'_>>,
) -> Outcome {
    let Ok(scheme) = Scheme::read(&certificate.x509.signature_algorithm) else {
        return Outcome::Unsupported;
    };
    let message = certificate.x509.tbs_certificate.as_ref();
    let signature = &certificate.x509.signature_value;
    if signature.unused_bits != 0 {
        return Outcome::Bad;
    }
    let signature: &[u8] = &signature.data;
    match (scheme, key.kind) {
        (_, Kind::Malformed) => Outcome::Bad,
        (Scheme::Unknown, _) | (_, Kind::Unknown) | (Scheme::Ed448, Kind::Ed448) => {
            Outcome::Unsupported
        }
        (Scheme::RsaPkcs1(hash), Kind::Rsa(rsa)) => pkcs1(hash, key, rsa, message, signature),
        (Scheme::RsaPss { hash, mask, salt }, Kind::Rsa(rsa) | Kind::RsaPss(rsa)) => {
            rsa_pss(hash, mask, salt, key, rsa, message, signature)
        }
        (Scheme::Ecdsa(hash), Kind::Ec(curve)) => ecdsa(hash, curve, key, message, signature),
        (Scheme::Ed25519, Kind::Ed25519) => library(&lc::ED25519, key, message, signature),
        (Scheme::MlDsa(44), Kind::MlDsa(44)) => library(&lc::ML_DSA_44, key, message, signature),
        (Scheme::MlDsa(65), Kind::MlDsa(65)) => library(&lc::ML_DSA_65, key, message, signature),
        (Scheme::MlDsa(87), Kind::MlDsa(87)) => library(&lc::ML_DSA_87, key, message, signature),
        (Scheme::Dsa(hash), Kind::Dsa(parameters)) => match parameters.or(inherited) {
            Some(parameters) => outcome(dsa(hash, parameters, key.bytes, message, signature)),
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

fn library(
    algorithm: &'static dyn VerificationAlgorithm,
    key: &Key<'_>,
    message: &[u8],
    signature: &[u8],
) -> Outcome {
    outcome(Some(
        UnparsedPublicKey::new(algorithm, key.bytes)
            .verify(message, signature)
            .is_ok(),
    ))
}

fn pkcs1(hash: Hash, key: &Key<'_>, rsa: Rsa<'_>, message: &[u8], signature: &[u8]) -> Outcome {
    let algorithm: &'static dyn VerificationAlgorithm = match hash {
        Hash::Sha1 => &lc::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
        Hash::Sha256 => &lc::RSA_PKCS1_2048_8192_SHA256,
        Hash::Sha384 => &lc::RSA_PKCS1_2048_8192_SHA384,
        Hash::Sha512 => &lc::RSA_PKCS1_2048_8192_SHA512,
        Hash::Sha224 | Hash::Broken => return outcome(plain_pkcs1(hash, rsa, message, signature)),
    };
    if library_takes(rsa) {
        library(algorithm, key, message, signature)
    } else {
        outcome(plain_pkcs1(hash, rsa, message, signature))
    }
}

fn library_takes(rsa: Rsa<'_>) -> bool {
    (2048..=8192).contains(&bit_length(rsa.modulus)) && bit_length(rsa.exponent) <= 33
}

fn rsa_pss(
    hash: Hash,
    mask: Hash,
    salt: u32,
    key: &Key<'_>,
    rsa: Rsa<'_>,
    message: &[u8],
    signature: &[u8],
) -> Outcome {
    let algorithm: &'static dyn VerificationAlgorithm = match (hash, salt) {
        (Hash::Sha256, 32) => &lc::RSA_PSS_2048_8192_SHA256,
        (Hash::Sha384, 48) => &lc::RSA_PSS_2048_8192_SHA384,
        (Hash::Sha512, 64) => &lc::RSA_PSS_2048_8192_SHA512,
        _ => return outcome(plain_pss(hash, mask, salt, rsa, message, signature)),
    };
    if hash == mask && library_takes(rsa) {
        library(algorithm, key, message, signature)
    } else {
        outcome(plain_pss(hash, mask, salt, rsa, message, signature))
    }
}

/// The RSA public operation (RFC 8017 §5.2.2), result as long as the modulus. `None`: out of bounds.
fn raise(rsa: Rsa<'_>, signature: &[u8]) -> Option<Vec<u8>> {
    if bit_length(rsa.modulus) > MAX_RSA_BITS || bit_length(rsa.exponent) > MAX_EXPONENT_BITS {
        return None;
    }
    let (modulus, base) = (
        BigUint::from_bytes_be(rsa.modulus),
        BigUint::from_bytes_be(signature),
    );
    if modulus.bits() < 512 || base >= modulus || signature.len() != rsa.modulus.len() {
        return Some(Vec::new());
    }
    let number = base
        .modpow(&BigUint::from_bytes_be(rsa.exponent), &modulus)
        .to_bytes_be();
    let mut block = vec![0; rsa.modulus.len().saturating_sub(number.len())];
    block.extend(number);
    Some(block)
}

/// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2.2): the expected block is built and compared whole.
fn plain_pkcs1(hash: Hash, rsa: Rsa<'_>, message: &[u8], signature: &[u8]) -> Option<bool> {
    let digest = digest::digest(hash.algorithm()?, message);
    let found = raise(rsa, signature)?;
    let mut info = vec![tag::OID, hash.oid().len() as u8];
    info.extend_from_slice(hash.oid());
    let null = [info.as_slice(), &[tag::NULL, 0]].concat();
    Some(
        [null, info]
            .iter()
            .any(|identifier| found == pkcs1_block(identifier, digest.as_ref(), found.len())),
    )
}

fn pkcs1_block(identifier: &[u8], digest: &[u8], length: usize) -> Vec<u8> {
    let mut info = vec![
        tag::SEQUENCE,
        (identifier.len() + digest.len() + 4) as u8,
        tag::SEQUENCE,
        identifier.len() as u8,
    ];
    info.extend_from_slice(identifier);
    info.extend([tag::OCTET_STRING, digest.len() as u8]);
    info.extend_from_slice(digest);
    let mut block = vec![0, 1];
    block.resize(length.saturating_sub(info.len() + 1).max(10), 0xff);
    block.push(0);
    block.extend(info);
    block
}

/// EMSA-PSS-VERIFY (RFC 8017 §9.1.2).
fn plain_pss(
    hash: Hash,
    mask: Hash,
    salt: u32,
    rsa: Rsa<'_>,
    message: &[u8],
    signature: &[u8],
) -> Option<bool> {
    let algorithm = hash.algorithm()?;
    let block = raise(rsa, signature)?;
    let bits = bit_length(rsa.modulus).saturating_sub(1);
    // With a modulus of 8n+1 bits the encoded message is one octet shorter than the modulus.
    let encoded = if bits.is_multiple_of(8) {
        block.get(1..).unwrap_or_default()
    } else {
        &block
    };
    let digest = digest::digest(algorithm, message);
    Some(
        pss_holds(
            encoded,
            bits,
            digest.as_ref(),
            algorithm,
            mask.algorithm()?,
            salt as usize,
        )
        .unwrap_or(false),
    )
}

fn pss_holds(
    encoded: &[u8],
    bits: u32,
    digest: &[u8],
    algorithm: &'static digest::Algorithm,
    mask: &'static digest::Algorithm,
    salt: usize,
) -> Option<bool> {
    let (body, last) = encoded.split_last().map(|(last, body)| (body, *last))?;
    let (masked, check) = body.split_at_checked(body.len().checked_sub(digest.len())?)?;
    let unused = (8 - bits % 8) % 8;
    let head = masked.first()?;
    if last != 0xbc || (unused > 0 && head >> (8 - unused) != 0) {
        return Some(false);
    }
    let mut data: Vec<u8> = masked
        .iter()
        .zip(mgf1(mask, check, masked.len()))
        .map(|(a, b)| a ^ b)
        .collect();
    *data.first_mut()? &= 0xff >> unused;
    let (padding, salt) = data.split_at_checked(data.len().checked_sub(salt)?)?;
    let (one, zeros) = padding.split_last()?;
    if *one != 1 || zeros.iter().any(|&byte| byte != 0) {
        return Some(false);
    }
    let hashed = digest::digest(algorithm, &[&[0; 8], digest, salt].concat());
    Some(hashed.as_ref() == check)
}

/// MGF1 (RFC 8017 appendix B.2.1).
fn mgf1(algorithm: &'static digest::Algorithm, seed: &[u8], length: usize) -> Vec<u8> {
    let mut mask = Vec::with_capacity(length + 64);
    for counter in 0u32.. {
        if mask.len() >= length {
            break;
        }
        mask.extend_from_slice(
            digest::digest(algorithm, &[seed, &counter.to_be_bytes()].concat()).as_ref(),
        );
    }
    mask.truncate(length);
    mask
}

/// ECDSA takes the leftmost bits of any digest, so each curve needs one library algorithm: the digest is cut, or
/// given leading zeros, to the length that this algorithm takes.
fn ecdsa(hash: Hash, curve: Curve, key: &Key<'_>, message: &[u8], signature: &[u8]) -> Outcome {
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
    let Some(found) = hash.algorithm().map(|hash| digest::digest(hash, message)) else {
        return Outcome::Unsupported;
    };
    let Some(digest) = fit_digest(found.as_ref(), carrier) else {
        return Outcome::Unsupported;
    };
    outcome(Some(
        UnparsedPublicKey::new(algorithm, key.bytes)
            .verify_digest(&digest, signature)
            .is_ok(),
    ))
}

fn fit_digest(found: &[u8], carrier: &'static digest::Algorithm) -> Option<Digest> {
    let length = carrier.output_len;
    let mut value = vec![0; length.saturating_sub(found.len())];
    value.extend_from_slice(found.get(..length.min(found.len()))?);
    Digest::import_less_safe(&value, carrier).ok()
}

/// DSA (FIPS 186-4 §4.7). `None`: the parameters are out of bounds.
fn dsa(
    hash: Hash,
    parameters: DsaParameters<'_>,
    key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Option<bool> {
    let (p_bits, q_bits) = (bit_length(parameters.p), bit_length(parameters.q));
    if !(512..=4096).contains(&p_bits) || ![160, 224, 256].contains(&q_bits) {
        return None;
    }
    let digest = digest::digest(hash.algorithm()?, message);
    let leftmost = digest
        .as_ref()
        .get(..(q_bits as usize / 8).min(digest.as_ref().len()))?;
    let Ok((first, second)) = pair(signature) else {
        return Some(false);
    };
    let public = BigUint::from_bytes_be(der::sole(key, tag::INTEGER).ok()?);
    let DsaParameters { p, q, g } = parameters;
    let [prime, order, generator] = [p, q, g].map(BigUint::from_bytes_be);
    let in_range = |number: &BigUint| *number != BigUint::ZERO && *number < order;
    if !in_range(&first) || !in_range(&second) || public >= prime {
        return Some(false);
    }
    let Some(inverse) = second.modinv(&order) else {
        return Some(false);
    };
    let by_digest = BigUint::from_bytes_be(leftmost) * &inverse % &order;
    let by_key = &first * &inverse % &order;
    let product = generator.modpow(&by_digest, &prime) * public.modpow(&by_key, &prime);
    Some(product % &prime % &order == first)
}

/// Dss-Sig-Value: two positive integers.
fn pair(signature: &[u8]) -> Read<(BigUint, BigUint)> {
    let mut reader = der::sequence(signature)?;
    let (r, s) = (reader.expect(tag::INTEGER)?, reader.expect(tag::INTEGER)?);
    reader.finish()?;
    if [r, s]
        .iter()
        .any(|number| number.first().is_none_or(|first| first & 0x80 != 0))
    {
        return Err(Malformed);
    }
    Ok((BigUint::from_bytes_be(r), BigUint::from_bytes_be(s)))
}

/// Whether a key of this kind can have made the certificate's signature at all; computes nothing.
pub(crate) fn could_sign(certificate: &Parsed<'_>, key: &Key<'_>) -> Outcome {
    let Ok(scheme) = Scheme::read(&certificate.x509.signature_algorithm) else {
        return Outcome::Unsupported;
    };
    match (scheme, key.kind) {
        (Scheme::Unknown, _) | (_, Kind::Unknown | Kind::Malformed) => Outcome::Unsupported,
        (Scheme::RsaPkcs1(_) | Scheme::RsaPss { .. }, Kind::Rsa(_))
        | (Scheme::RsaPss { .. }, Kind::RsaPss(_))
        | (Scheme::Ecdsa(_), Kind::Ec(_))
        | (Scheme::Dsa(_), Kind::Dsa(_))
        | (Scheme::Ed25519, Kind::Ed25519)
        | (Scheme::Ed448, Kind::Ed448)
        | (Scheme::MlDsa(_), Kind::MlDsa(_)) => Outcome::Good,
        _ => Outcome::WrongKey,
    }
}
