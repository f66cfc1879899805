//! DSA (FIPS 186-4 §4.7), from public values.

use aws_lc_rs::digest;
use num_bigint::BigUint;

use super::Hash;
use crate::cert::public_key::{DsaParameters, bit_length};
use crate::cert::tlv::{self, Malformed, Read, tag};

/// The signature is one of this key over the message. `None`: the parameters are out of bounds.
pub(super) fn holds(
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
    let public = BigUint::from_bytes_be(tlv::sole(key, tag::INTEGER).ok()?);
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
    let mut reader = tlv::sequence(signature)?;
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

#[cfg(test)]
mod tests;
