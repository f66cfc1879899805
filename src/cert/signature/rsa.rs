//! RSA: PKCS#1 v1.5 and PSS (RFC 8017), by aws-lc where it can, else by RustCrypto's crate, whose PSS takes one hash
//! only, so that the encoding is compared here.

use ::rsa::traits::PublicKeyParts as _;
use ::rsa::{BoxedUint, Pkcs1v15Sign, PublicKey as CrateKey, hazmat};
use aws_lc_rs::signature as lc;

use super::{Hash, Outcome, Pss, library, outcome};
use crate::cert::public_key::{PublicKey, Rsa, bit_length};
use crate::cert::tlv::tag;

/// Larger keys are not computed with: a modulus is foreign input, and the work grows with its cube.
const MAX_RSA_BITS: usize = 16_384;
/// Smaller ones hold no signature of any digest in use.
const MIN_RSA_BITS: usize = 512;

pub(super) fn pkcs1(
    hash: Hash,
    key: &PublicKey<'_>,
    rsa: Rsa<'_>,
    message: &[u8],
    signature: &[u8],
) -> Outcome {
    match pkcs1_parameters(hash).filter(|parameters| library_takes(parameters, rsa)) {
        Some(parameters) => library(parameters, key, message, signature),
        None => outcome(plain_pkcs1(hash, rsa, message, signature)),
    }
}

/// What aws-lc calls PKCS#1 v1.5 with this hash.
fn pkcs1_parameters(hash: Hash) -> Option<&'static lc::RsaParameters> {
    Some(match hash {
        Hash::Sha1 => &lc::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
        Hash::Sha256 => &lc::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        Hash::Sha384 => &lc::RSA_PKCS1_2048_8192_SHA384,
        Hash::Sha512 => &lc::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
        _ => return None,
    })
}

pub(super) fn pss(
    pss: Pss,
    key: &PublicKey<'_>,
    rsa: Rsa<'_>,
    message: &[u8],
    signature: &[u8],
) -> Outcome {
    match pss_parameters(pss).filter(|parameters| library_takes(parameters, rsa)) {
        Some(parameters) => library(parameters, key, message, signature),
        None => outcome(plain_pss(pss, rsa, message, signature)),
    }
}

/// What aws-lc calls PSS with these parameters; it knows only the usual ones.
fn pss_parameters(pss: Pss) -> Option<&'static lc::RsaParameters> {
    Some(match pss.hash {
        _ if !pss.is_usual() => return None,
        Hash::Sha256 => &lc::RSA_PSS_2048_8192_SHA256,
        Hash::Sha384 => &lc::RSA_PSS_2048_8192_SHA384,
        Hash::Sha512 => &lc::RSA_PSS_2048_8192_SHA512,
        _ => return None,
    })
}

/// Outside its range of sizes aws-lc would call every signature wrong.
fn library_takes(parameters: &lc::RsaParameters, rsa: Rsa<'_>) -> bool {
    let range = parameters.min_modulus_len()..=parameters.max_modulus_len();
    range.contains(&bit_length(rsa.modulus)) && bit_length(rsa.exponent) <= 33
}

/// The key as the crate takes it. `None`: out of bounds.
fn crate_key(rsa: Rsa<'_>) -> Option<CrateKey> {
    let number = BoxedUint::from_be_slice_vartime;
    let sizes = MIN_RSA_BITS..=MAX_RSA_BITS;
    CrateKey::new_with_size_limits(number(rsa.modulus), number(rsa.exponent), sizes).ok()
}

/// The RSA public operation (RFC 8017 §5.2.2), result as long as the modulus; empty if the signature can be none.
fn raise(rsa: Rsa<'_>, signature: &[u8]) -> Option<Vec<u8>> {
    let key = crate_key(rsa)?;
    if signature.len() != rsa.modulus.len() {
        return Some(Vec::new());
    }
    let base = BoxedUint::from_be_slice(signature, key.n().bits_precision()).ok();
    let Some(base) = base.filter(|base| base < key.n().as_ref()) else {
        return Some(Vec::new());
    };
    let number = hazmat::rsa_encrypt(&key, &base).ok()?.to_be_bytes();
    let length = rsa.modulus.len();
    Some(number.get(number.len().checked_sub(length)?..)?.to_vec())
}

/// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2.2), the hash's parameters being NULL (appendix A.2.4), as aws-lc wants it too.
fn plain_pkcs1(hash: Hash, rsa: Rsa<'_>, message: &[u8], signature: &[u8]) -> Option<bool> {
    let digest = hash.digest(message)?;
    let key = crate_key(rsa)?;
    let scheme = Pkcs1v15Sign {
        hash_len: Some(digest.len()),
        prefix: prefix(hash).into(),
    };
    Some(key.verify(scheme, &digest, signature).is_ok())
}

/// DigestInfo up to the digest (RFC 8017 §9.2).
fn prefix(hash: Hash) -> Vec<u8> {
    let (oid, length) = (hash.oid(), hash.length());
    let identifier = [&[tag::OID, oid.len() as u8], oid, &[tag::NULL, 0]].concat();
    [
        &[
            tag::SEQUENCE,
            (identifier.len() + length + 4) as u8,
            tag::SEQUENCE,
            identifier.len() as u8,
        ],
        identifier.as_slice(),
        &[tag::OCTET_STRING, length as u8],
    ]
    .concat()
}

/// EMSA-PSS-VERIFY (RFC 8017 §9.1.2).
fn plain_pss(pss: Pss, rsa: Rsa<'_>, message: &[u8], signature: &[u8]) -> Option<bool> {
    let digest = pss.hash.digest(message)?;
    pss.mask.digest(&[])?;
    let block = raise(rsa, signature)?;
    Some(block_holds(pss, bit_length(rsa.modulus), &block, &digest))
}

/// A block as long as the modulus, which has so many bits, encodes the digest.
fn block_holds(pss: Pss, modulus_bits: u32, block: &[u8], digest: &[u8]) -> bool {
    let bits = modulus_bits.saturating_sub(1);
    // With a modulus of 8n+1 bits the encoded message is one octet shorter than the modulus.
    let encoded = if bits.is_multiple_of(8) {
        block.get(1..).unwrap_or_default()
    } else {
        block
    };
    pss_holds(encoded, bits, digest, pss).unwrap_or(false)
}

fn pss_holds(encoded: &[u8], bits: u32, digest: &[u8], pss: Pss) -> Option<bool> {
    let (body, last) = encoded.split_last().map(|(last, body)| (body, *last))?;
    let (masked, check) = body.split_at_checked(body.len().checked_sub(digest.len())?)?;
    let unused = (8 - bits % 8) % 8;
    let head = masked.first()?;
    if last != 0xbc || (unused > 0 && head >> (8 - unused) != 0) {
        return Some(false);
    }
    let mut data: Vec<u8> = masked
        .iter()
        .zip(mgf1(pss.mask, check, masked.len())?)
        .map(|(a, b)| a ^ b)
        .collect();
    *data.first_mut()? &= 0xff >> unused;
    let (padding, salt) = data.split_at_checked(data.len().checked_sub(pss.salt as usize)?)?;
    let (one, zeros) = padding.split_last()?;
    if *one != 1 || zeros.iter().any(|&byte| byte != 0) {
        return Some(false);
    }
    let hashed = pss.hash.digest(&[&[0; 8], digest, salt].concat())?;
    Some(hashed == check)
}

/// MGF1 (RFC 8017 appendix B.2.1).
fn mgf1(hash: Hash, seed: &[u8], length: usize) -> Option<Vec<u8>> {
    let mut mask = Vec::with_capacity(length + 64);
    for counter in 0u32.. {
        if mask.len() >= length {
            break;
        }
        mask.extend(hash.digest(&[seed, &counter.to_be_bytes()].concat())?);
    }
    mask.truncate(length);
    Some(mask)
}

#[cfg(test)]
mod tests;
