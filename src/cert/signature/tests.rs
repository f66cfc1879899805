use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, ML_DSA_44_SIGNING,
    ML_DSA_65_SIGNING, ML_DSA_87_SIGNING, PqdsaKeyPair,
};

use super::*;
use crate::cert::public_key::Curve;

const MESSAGE: &[u8] = b"a certificate";

/// A scheme, the kind of key for it, a public key and its signature.
type Signed = (Scheme, Kind<'static>, Vec<u8>, Vec<u8>);

fn signed() -> Vec<Signed> {
    let mut all: Vec<Signed> = [
        (44, &ML_DSA_44_SIGNING, 2420),
        (65, &ML_DSA_65_SIGNING, 3309),
        (87, &ML_DSA_87_SIGNING, 4627),
    ]
    .into_iter()
    .map(|(set, algorithm, length)| {
        let pair = PqdsaKeyPair::generate(algorithm).unwrap();
        let mut signature = vec![0; length];
        assert_eq!(pair.sign(MESSAGE, &mut signature).unwrap(), length);
        let key = pair.public_key().as_ref().to_vec();
        (Scheme::MlDsa(set), Kind::MlDsa(set), key, signature)
    })
    .collect();
    let pair = Ed25519KeyPair::generate().unwrap();
    let (key, signature) = (pair.public_key().as_ref(), pair.sign(MESSAGE));
    all.push((
        Scheme::Ed25519,
        Kind::Ed25519,
        key.to_vec(),
        signature.as_ref().to_vec(),
    ));
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
    let signature = pair.sign(&SystemRandom::new(), MESSAGE).unwrap();
    all.push((
        Scheme::Ecdsa(Hash::Sha256),
        Kind::Ec(Curve::P256),
        pair.public_key().as_ref().to_vec(),
        signature.as_ref().to_vec(),
    ));
    all
}

#[test]
fn a_signature_holds_for_its_message_and_its_kind_of_key_alone() {
    let all = signed();
    for (scheme, kind, bytes, signature) in &all {
        let by = |kind, message: &[u8]| {
            check(
                *scheme,
                &PublicKey { kind, bytes },
                message,
                signature,
                None,
            )
        };
        assert_eq!(by(*kind, MESSAGE), Outcome::Good, "{scheme:?}");
        assert_eq!(by(*kind, b"another"), Outcome::Bad, "{scheme:?}");
        assert_eq!(by(Kind::Malformed, MESSAGE), Outcome::Bad, "{scheme:?}");
        assert_eq!(
            by(Kind::Unknown, MESSAGE),
            Outcome::Unsupported,
            "{scheme:?}"
        );
        for (other, kind, _, _) in all.iter().filter(|(other, ..)| other != scheme) {
            let found = by(*kind, MESSAGE);
            assert_eq!(found, Outcome::WrongKey, "{scheme:?} {other:?}");
        }
    }
}
