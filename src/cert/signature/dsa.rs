//! DSA (FIPS 186-4 §4.7), by RustCrypto's crate.

use ::dsa::signature::hazmat::PrehashVerifier;
use ::dsa::{BoxedUint, Components, Signature, VerifyingKey};

use super::Hash;
use crate::cert::public_key::{DsaParameters, bit_length, positive};
use crate::cert::tlv::{self, Read, Reader};

/// The signature is one of this key over the message. `None`: the parameters are out of bounds.
pub(super) fn holds(
    hash: Hash,
    parameters: DsaParameters<'_>,
    key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Option<bool> {
    let (p_bits, q_bits) = (bit_length(parameters.p), bit_length(parameters.q));
    // What is larger costs more than any certificate is worth.
    if !(512..=4096).contains(&p_bits) || ![160, 224, 256].contains(&q_bits) {
        return None;
    }
    let digest = hash.digest(message)?;
    Some(by_crate(parameters, key, &digest, signature).unwrap_or(false))
}

/// `None`: the parameters, the key or the signature are not what FIPS 186-4 wants.
fn by_crate(
    DsaParameters { p, q, g }: DsaParameters<'_>,
    key: &[u8],
    digest: &[u8],
    signature: &[u8],
) -> Option<bool> {
    let modulus = BoxedUint::from_be_slice_vartime(p);
    // The crate computes with numbers as long as the modulus; a longer one is none of its residues.
    let residue = |number| BoxedUint::from_be_slice(number, modulus.bits_precision()).ok();
    let (order, generator) = (BoxedUint::from_be_slice_vartime(q), residue(g)?);
    let public = residue(lone_positive(key).ok()?)?;
    if public >= modulus {
        return None;
    }
    let components = Components::from_components_unchecked(modulus, order, generator).ok()?;
    let key = VerifyingKey::from_components(components, public).ok()?;
    let [r, s] = pair(signature).ok()?;
    let signature = Signature::from_components(r, s)?;
    Some(key.verify_prehash(digest, &signature).is_ok())
}

/// DSAPublicKey: a positive integer.
fn lone_positive(key: &[u8]) -> Read<&[u8]> {
    let mut reader = Reader::new(key);
    let number = positive(&mut reader)?;
    reader.finish()?;
    Ok(number)
}

/// Dss-Sig-Value: two positive integers.
fn pair(signature: &[u8]) -> Read<[BoxedUint; 2]> {
    let mut reader = tlv::sequence(signature)?;
    let pair = [positive(&mut reader)?, positive(&mut reader)?];
    reader.finish()?;
    Ok(pair.map(BoxedUint::from_be_slice_vartime))
}

#[cfg(test)]
mod tests;
