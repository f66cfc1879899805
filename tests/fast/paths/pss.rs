//! RSASSA-PSS keys that are restricted to certain parameters (RFC 4055 §1.2 and §3.3).

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{self, KeyPair as _};
use trustctl::verify::{Options, Profile};

use super::{Ca, HOST, judged_by, options, outcome};
use crate::random_chains::{der, integer, sequence};

const RSASSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];
const MGF1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8];

/// The last arc of a digest of SHA-2: 256 or 384 bits.
const SHA256: u8 = 1;
const SHA384: u8 = 2;

fn sha2(last: u8) -> Vec<u8> {
    let oid = [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, last];
    sequence(&[der(6, &oid), vec![5, 0]])
}

/// RSASSA-PSS-params.
fn parameters(hash: u8, mask: u8, salt: u8) -> Vec<u8> {
    let generator = sequence(&[der(6, MGF1), sha2(mask)]);
    sequence(&[
        der(0xa0, &sha2(hash)),
        der(0xa1, &generator),
        der(0xa2, &integer(&[salt])),
    ])
}

fn algorithm(parameters: &[u8]) -> Vec<u8> {
    sequence(&[der(6, RSASSA_PSS), parameters.to_vec()])
}

/// The bits of the key in a SubjectPublicKeyInfo, under another algorithm.
fn info(pair: &KeyPair, parameters: &[u8]) -> Vec<u8> {
    let plain: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    // SEQUENCE { SEQUENCE { rsaEncryption, NULL } (15 bytes), BIT STRING }, each length in two octets.
    let bits = &plain.as_ref()[4 + 15..];
    sequence(&[algorithm(parameters), bits.to_vec()])
}

fn sign(pair: &KeyPair, hash: u8, message: &[u8]) -> Vec<u8> {
    let encoding = if hash == SHA256 {
        &signature::RSA_PSS_SHA256
    } else {
        &signature::RSA_PSS_SHA384
    };
    let mut bytes = vec![0; pair.public_modulus_len()];
    pair.sign(encoding, &SystemRandom::new(), message, &mut bytes)
        .unwrap();
    bytes
}

#[test]
fn a_key_signs_with_the_parameters_that_it_is_restricted_to_and_no_others() {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let (ca, server) = (Ca::new("CA"), Ca::new(HOST));
    let judges = ["rfc5280", "openssl", "gnutls", "java"];
    for (restricted, signed_with, holds) in [
        (parameters(SHA384, SHA384, 48), SHA384, true),
        (parameters(SHA384, SHA384, 20), SHA384, true),
        (parameters(SHA256, SHA256, 32), SHA256, true),
        // No parameters: any may be used.
        (Vec::new(), SHA256, true),
        (parameters(SHA384, SHA384, 48), SHA256, false),
        (parameters(SHA384, SHA384, 49), SHA384, false),
        (parameters(SHA384, SHA256, 48), SHA384, false),
        // Empty parameters are SHA-1, and a salt of 20.
        (sequence(&[]), SHA256, false),
    ] {
        let salt = if signed_with == SHA256 { 32 } else { 48 };
        let used = algorithm(&parameters(signed_with, signed_with, salt));
        let made = |mut spec: crate::random_chains::Spec, key: &crate::random_chains::Key| {
            spec.algorithms = [0; 2].map(|_| used.clone());
            spec.make_signed(key, |message| sign(&pair, signed_with, message))
        };
        let mut root = ca.spec(&ca);
        root.info = Some(info(&pair, &restricted));
        let (root, leaf) = (
            made(root, &ca.key),
            made(ca.leaf_spec(&server), &server.key),
        );
        for judge in judges {
            let options = Options {
                profile: Profile::named(judge).unwrap(),
                ..options()
            };
            let found = judged_by(&options, &leaf, &[], std::slice::from_ref(&root));
            let told = if holds { "" } else { "signature-invalid@0" };
            let expected = outcome(holds, "a0", told, 1);
            assert_eq!(found, expected, "{judge} {restricted:02x?} {signed_with}");
        }
    }
}
