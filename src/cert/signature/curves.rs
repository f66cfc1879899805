//! ECDSA over every curve that a library computes on.

use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::signature::{self as lc, EcdsaVerificationAlgorithm, ParsedPublicKey};
use bp256::{BrainpoolP256r1, BrainpoolP256t1};
use bp384::{BrainpoolP384r1, BrainpoolP384t1};
use ecdsa::elliptic_curve::sec1::{FromSec1Point, ModulusSize, ToSec1Point};
use ecdsa::elliptic_curve::{AffinePoint, CurveArithmetic, FieldBytes, FieldBytesSize};
use ecdsa::signature::hazmat::PrehashVerifier;
use ecdsa::{EcdsaCurve, Signature, VerifyingKey};
use p192::NistP192;
use p224::NistP224;

use super::Hash;
use crate::cert::curve::{Curve, NamedByPrime};
use crate::cert::tlv::{self, Reader, tag};

/// Whether the key made the signature over the message. `None`: the curve, the digest or the key is unusable here.
pub(super) fn ecdsa(
    hash: Hash,
    curve: Curve,
    key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Option<bool> {
    let digest = hash.digest(message)?;
    match curve {
        Curve::P256 | Curve::Explicit(Some(NamedByPrime::P256)) => by_aws_lc(
            (&lc::ECDSA_P256_SHA256_ASN1, &digest::SHA256),
            key,
            &digest,
            signature,
        ),
        Curve::P384 | Curve::Explicit(Some(NamedByPrime::P384)) => by_aws_lc(
            (&lc::ECDSA_P384_SHA384_ASN1, &digest::SHA384),
            key,
            &digest,
            signature,
        ),
        Curve::P521 | Curve::Explicit(Some(NamedByPrime::P521)) => by_aws_lc(
            (&lc::ECDSA_P521_SHA512_ASN1, &digest::SHA512),
            key,
            &digest,
            signature,
        ),
        Curve::P256k1 => by_aws_lc(
            (&lc::ECDSA_P256K1_SHA256_ASN1, &digest::SHA256),
            key,
            &digest,
            signature,
        ),
        Curve::P192 => by_rustcrypto::<NistP192>(key, &digest, signature),
        Curve::P224 => by_rustcrypto::<NistP224>(key, &digest, signature),
        Curve::Bp256r1 => by_rustcrypto::<BrainpoolP256r1>(key, &digest, signature),
        Curve::Bp256t1 => by_rustcrypto::<BrainpoolP256t1>(key, &digest, signature),
        Curve::Bp384r1 => by_rustcrypto::<BrainpoolP384r1>(key, &digest, signature),
        Curve::Bp384t1 => by_rustcrypto::<BrainpoolP384t1>(key, &digest, signature),
        _ => None,
    }
}

/// ECDSA takes the leftmost bits of any digest, so each curve needs one library algorithm: the digest is cut, or
/// given leading zeros, to the length that this algorithm takes.
fn by_aws_lc(
    (algorithm, carrier): (
        &'static EcdsaVerificationAlgorithm,
        &'static digest::Algorithm,
    ),
    key: &[u8],
    digest: &[u8],
    signature: &[u8],
) -> Option<bool> {
    let digest = Digest::import_less_safe(&fit(digest, carrier.output_len), carrier).ok()?;
    let key = ParsedPublicKey::new(algorithm, key).ok()?;
    Some(key.verify_digest_sig(&digest, signature).is_ok())
}

fn by_rustcrypto<C>(key: &[u8], digest: &[u8], signature: &[u8]) -> Option<bool>
where
    C: EcdsaCurve + CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    let key = VerifyingKey::<C>::from_sec1_bytes(key).ok()?;
    let length = FieldBytes::<C>::default().len();
    let Some(signature) =
        scalars(signature, length).and_then(|scalars| Signature::<C>::from_slice(&scalars).ok())
    else {
        return Some(false);
    };
    Some(key.verify_prehash(&fit(digest, length), &signature).is_ok())
}

fn fit(digest: &[u8], length: usize) -> Vec<u8> {
    let mut value = vec![0; length.saturating_sub(digest.len())];
    value.extend(digest.iter().take(length));
    value
}

/// Ecdsa-Sig-Value (RFC 3279 §2.2.3) as two numbers of fixed length, which is what the curves' crates take.
fn scalars(signature: &[u8], length: usize) -> Option<Vec<u8>> {
    let mut reader: Reader<'_> = tlv::sequence(signature).ok()?;
    let mut both = Vec::with_capacity(2 * length);
    for _ in 0..2 {
        let number = reader.expect(tag::INTEGER).ok()?;
        let digits = match number {
            [first, ..] if first & 0x80 != 0 => return None,
            [0, rest @ ..] => rest,
            digits => digits,
        };
        both.resize(both.len() + length.checked_sub(digits.len())?, 0);
        both.extend_from_slice(digits);
    }
    reader.finish().ok()?;
    Some(both)
}
