//! RSA: PKCS#1 v1.5 and PSS (RFC 8017), by aws-lc where it can, else from public values.

use aws_lc_rs::digest;
use aws_lc_rs::signature as lc;
use num_bigint::BigUint;

use super::{Hash, Outcome, Pss, library, outcome};
use crate::cert::public_key::{PublicKey, Rsa, bit_length};
use crate::cert::tlv::tag;

/// Larger keys are refused unread: a modulus is foreign input, and the work grows with its cube.
const MAX_RSA_BITS: u32 = 16_384;
/// An exponent longer than this makes a signature as slow as a private key operation.
const MAX_EXPONENT_BITS: u32 = 64;

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

/// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2.2): the expected block is built and compared whole, its hash's parameters being
/// NULL (appendix A.2.4), as aws-lc wants it too.
fn plain_pkcs1(hash: Hash, rsa: Rsa<'_>, message: &[u8], signature: &[u8]) -> Option<bool> {
    let digest = digest::digest(hash.algorithm()?, message);
    let found = raise(rsa, signature)?;
    let oid = hash.oid()?;
    let identifier = [&[tag::OID, oid.len() as u8], oid, &[tag::NULL, 0]].concat();
    Some(found == pkcs1_block(&identifier, digest.as_ref(), found.len()))
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
fn plain_pss(pss: Pss, rsa: Rsa<'_>, message: &[u8], signature: &[u8]) -> Option<bool> {
    let algorithm = pss.hash.algorithm()?;
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
            pss.mask.algorithm()?,
            pss.salt as usize,
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

#[cfg(test)]
mod tests;
