//! Kinds of keys and signature algorithms.

use std::fmt::Write as _;

use crate::random_chains::{Chain, der, integer, sequence, with_leaf_algorithm, with_leaf_key};
use crate::verdicts::contents::oid;
use crate::verdicts::{NOW, opinions};

/// SubjectPublicKeyInfo.
fn info(algorithm: &[Vec<u8>], bits: &[u8]) -> Vec<u8> {
    sequence(&[sequence(algorithm), der(3, &[&[0], bits].concat())])
}

fn rsa(modulus_bits: usize, exponent: &[u8]) -> Vec<u8> {
    let mut modulus = vec![0xff; modulus_bits.div_ceil(8)];
    if modulus_bits.is_multiple_of(8) {
        modulus.insert(0, 0);
    } else {
        modulus[0] >>= 8 - modulus_bits % 8;
    }
    sequence(&[integer(&modulus), integer(exponent)])
}

const RSA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
const PSS: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];
const EC: [u8; 7] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
const DSA: [u8; 7] = [0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1];

/// Kinds of keys by name.
fn keys() -> Vec<(String, Vec<u8>)> {
    let null = || der(5, &[]);
    let curve = |content: &[u8]| info(&[oid(&EC), oid(content)], &[4; 65]);
    let explicit = |prime: &[u8]| {
        let field = sequence(&[oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 1, 1]), integer(prime)]);
        info(&[oid(&EC), sequence(&[integer(&[1]), field])], &[4; 65])
    };
    let p256 = [&[0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1][..], &[0xff; 24]].concat();
    let p384 = [&[0][..], &[0xff; 40], &[0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]].concat();
    let p521 = [&[1][..], &[0xff; 65]].concat();
    let dsa = |p: usize| {
        let prime = [&[0][..], &vec![0xff; p]].concat();
        sequence(&[integer(&prime), integer(&[0x7f; 20]), integer(&[2])])
    };
    let ml_dsa = |set: u8| info(&[oid(&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, set])], &[1; 32]);
    let mut keys: Vec<(String, Vec<u8>)> = Vec::new();
    for bits in [512, 1023, 1024, 2047, 2048, 2049, 3072, 4096, 7680, 15_360] {
        keys.push((
            format!("RSA of {bits}"),
            info(&[oid(&RSA), null()], &rsa(bits, &[1, 0, 1])),
        ));
    }
    keys.extend([
        (
            "RSA-PSS of 2048".into(),
            info(&[oid(&PSS)], &rsa(2048, &[3])),
        ),
        (
            "RSA, negative".into(),
            info(
                &[oid(&RSA), null()],
                &sequence(&[integer(&[0x80]), integer(&[3])]),
            ),
        ),
        (
            "RSA without exponent".into(),
            info(&[oid(&RSA), null()], &sequence(&[integer(&[1])])),
        ),
        (
            "RSA and more".into(),
            info(
                &[oid(&RSA), null()],
                &sequence(&[integer(&[1]), integer(&[1]), null()]),
            ),
        ),
        (
            "P-192".into(),
            curve(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 1]),
        ),
        ("P-224".into(), curve(&[0x2b, 0x81, 4, 0, 0x21])),
        (
            "P-256".into(),
            curve(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]),
        ),
        ("P-384".into(), curve(&[0x2b, 0x81, 4, 0, 0x22])),
        ("P-521".into(), curve(&[0x2b, 0x81, 4, 0, 0x23])),
        ("secp256k1".into(), curve(&[0x2b, 0x81, 4, 0, 0x0a])),
        ("unknown curve".into(), curve(&[0x2b, 0x81, 4, 0, 0x0b])),
        ("P-256 written out".into(), explicit(&p256)),
        ("P-384 written out".into(), explicit(&p384)),
        ("P-521 written out".into(), explicit(&p521)),
        ("another curve written out".into(), explicit(&[0x7f; 32])),
        ("implicit curve".into(), info(&[oid(&EC), null()], &[4; 65])),
        ("no curve".into(), info(&[oid(&EC)], &[4; 65])),
        (
            "Ed25519".into(),
            info(&[oid(&[0x2b, 0x65, 0x70])], &[1; 32]),
        ),
        (
            "Ed25519, too long".into(),
            info(&[oid(&[0x2b, 0x65, 0x70])], &[1; 33]),
        ),
        ("Ed448".into(), info(&[oid(&[0x2b, 0x65, 0x71])], &[1; 57])),
        (
            "Ed448, too short".into(),
            info(&[oid(&[0x2b, 0x65, 0x71])], &[1; 56]),
        ),
        (
            "DSA of 2040".into(),
            info(&[oid(&DSA), dsa(255)], &integer(&[5])),
        ),
        (
            "DSA of 1024".into(),
            info(&[oid(&DSA), dsa(128)], &integer(&[5])),
        ),
        (
            "DSA of 2048".into(),
            info(&[oid(&DSA), dsa(256)], &integer(&[5])),
        ),
        (
            "DSA without parameters".into(),
            info(&[oid(&DSA)], &integer(&[5])),
        ),
        (
            "DSA with half the parameters".into(),
            info(&[oid(&DSA), sequence(&[integer(&[5])])], &integer(&[5])),
        ),
        ("ML-DSA-44".into(), ml_dsa(17)),
        ("ML-DSA-65".into(), ml_dsa(18)),
        ("ML-DSA-87".into(), ml_dsa(19)),
        ("unknown".into(), ml_dsa(99)),
        (
            "unused bits".into(),
            sequence(&[sequence(&[oid(&[0x2b, 0x65, 0x70])]), der(3, &[1; 33])]),
        ),
    ]);
    keys
}

/// AlgorithmIdentifiers by name: the one that is signed, and the one beside the signature.
fn algorithms() -> Vec<(String, Vec<u8>, Vec<u8>)> {
    let null = || der(5, &[]);
    let rsa = |last: u8| {
        sequence(&[
            oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, last]),
            null(),
        ])
    };
    let ecdsa = |last: u8| sequence(&[oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, last])]);
    let nist = |last: u8| sequence(&[oid(&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, last])]);
    let hash = |last: u8| sequence(&[oid(&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, last]), null()]);
    let mask = |last: u8| {
        sequence(&[
            oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8]),
            hash(last),
        ])
    };
    let pss = |parts: &[Vec<u8>]| sequence(&[oid(&PSS), sequence(parts)]);
    let usual = |salt: u8, trailer: u8| {
        pss(&[
            der(0xa0, &hash(1)),
            der(0xa1, &mask(1)),
            der(0xa2, &integer(&[salt])),
            der(0xa3, &integer(&[trailer])),
        ])
    };
    let good = ecdsa(2);
    let mut rows: Vec<(String, Vec<u8>)> = Vec::new();
    rows.extend([2, 3, 4, 5, 11, 12, 13, 14, 99].map(|last| (format!("RSA {last}"), rsa(last))));
    rows.extend([1, 2, 3, 4, 9].map(|last| (format!("ECDSA {last}"), ecdsa(last))));
    rows.extend([1, 2, 9, 13, 17, 18, 19].map(|last| (format!("NIST {last}"), nist(last))));
    rows.extend([
        (
            "ECDSA with SHA-1".into(),
            sequence(&[oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1])]),
        ),
        (
            "DSA with SHA-1".into(),
            sequence(&[oid(&[0x2a, 0x86, 0x48, 0xce, 0x38, 4, 3])]),
        ),
        (
            "RSA with SHA-1, OIW".into(),
            sequence(&[oid(&[0x2b, 14, 3, 2, 29])]),
        ),
        ("Ed25519".into(), sequence(&[oid(&[0x2b, 0x65, 0x70])])),
        ("Ed448".into(), sequence(&[oid(&[0x2b, 0x65, 0x71])])),
        ("PSS, usual".into(), usual(32, 1)),
        ("PSS, other salt".into(), usual(20, 1)),
        ("PSS, other trailer".into(), usual(32, 2)),
        (
            "PSS, other mask".into(),
            pss(&[
                der(0xa0, &hash(1)),
                der(0xa1, &mask(2)),
                der(0xa2, &integer(&[32])),
            ]),
        ),
        (
            "PSS, unknown mask".into(),
            pss(&[der(0xa1, &sequence(&[oid(&[0x2a, 3]), hash(1)]))]),
        ),
        ("PSS, SHA-3".into(), pss(&[der(0xa0, &hash(8))])),
        ("PSS, unknown hash".into(), pss(&[der(0xa0, &hash(99))])),
        ("PSS, defaults".into(), pss(&[])),
        ("PSS, trailing NULL".into(), pss(&[null()])),
        ("PSS without parameters".into(), sequence(&[oid(&PSS)])),
    ]);
    let mut all: Vec<(String, Vec<u8>, Vec<u8>)> = rows
        .into_iter()
        .map(|(what, algorithm)| (what, algorithm.clone(), algorithm))
        .collect();
    all.push(("another outside".into(), good.clone(), ecdsa(3)));
    all.push(("another inside".into(), ecdsa(3), good));
    all
}

/// A chain for each kind of key and each algorithm.
pub(crate) fn chains() -> Vec<Chain> {
    let keys = keys().into_iter().map(|(_, info)| with_leaf_key(info, NOW));
    let algorithms = algorithms()
        .into_iter()
        .map(|(_, inside, outside)| with_leaf_algorithm(&inside, &outside, NOW));
    keys.chain(algorithms).collect()
}

#[test]
fn keys_of_leaves() {
    let row = |(what, info): (String, Vec<u8>)| {
        format!("{what}{}\n\n", opinions(&with_leaf_key(info, NOW)))
    };
    insta::assert_snapshot!(keys().into_iter().map(row).collect::<String>());
}

#[test]
fn signature_algorithms_of_leaves() {
    let mut table = String::new();
    for (what, inside, outside) in algorithms() {
        let opinions = opinions(&with_leaf_algorithm(&inside, &outside, NOW));
        write!(table, "{what}{opinions}\n\n").unwrap();
    }
    insta::assert_snapshot!(table);
}
