use std::iter::repeat_n;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;

use super::*;
use crate::cert::public_key::Kind;

const MESSAGE: &[u8] = b"a certificate";
const HASHES: [Hash; 5] = [
    Hash::Sha1,
    Hash::Sha224,
    Hash::Sha256,
    Hash::Sha384,
    Hash::Sha512,
];

fn usual(hash: Hash) -> Pss {
    Pss {
        hash,
        mask: hash,
        salt: hash.length().unwrap(),
    }
}

/// A modulus of so many bits, all of them set.
fn modulus(bits: usize) -> Vec<u8> {
    let mut modulus = vec![0xff; bits.div_ceil(8)];
    modulus[0] >>= (8 - bits % 8) % 8;
    modulus
}

/// A key whose exponent is 1: the signature is the encoded message itself.
fn plain(modulus: &[u8]) -> Rsa<'_> {
    Rsa {
        modulus,
        exponent: &[1],
    }
}

#[test]
fn aws_lc_does_what_it_has_a_name_for() {
    for (hash, pkcs1, pss) in [
        (Hash::Md5, false, false),
        (Hash::Sha1, true, false),
        (Hash::Sha224, false, false),
        (Hash::Sha256, true, true),
        (Hash::Sha384, true, true),
        (Hash::Sha512, true, true),
    ] {
        assert_eq!(pkcs1_parameters(hash).is_some(), pkcs1, "{hash:?}");
        let salt = hash.length().unwrap_or(20);
        let [same, shorter] = [salt, salt - 1].map(|salt| Pss {
            hash,
            mask: hash,
            salt,
        });
        assert_eq!(pss_parameters(same).is_some(), pss, "{hash:?}");
        assert!(pss_parameters(shorter).is_none(), "{hash:?}");
    }
    let parameters = pkcs1_parameters(Hash::Sha384).unwrap();
    for (bits, exponent, takes) in [
        (2047, &[1, 0, 1][..], false),
        (2048, &[1, 0, 1], true),
        (8192, &[1, 0, 1], true),
        (8193, &[1, 0, 1], false),
        (2048, &[1, 0xff, 0xff, 0xff, 0xff], true),
        (2048, &[3, 0xff, 0xff, 0xff, 0xff], false),
    ] {
        let modulus = &modulus(bits);
        let found = library_takes(parameters, Rsa { modulus, exponent });
        assert_eq!(found, takes, "{bits} {exponent:02x?}");
    }
}

#[test]
fn both_ways_agree_on_signatures_of_a_library() {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let info: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    let key = PublicKey::read(info.as_ref());
    let Kind::Rsa(rsa) = key.kind else {
        panic!("an RSA key")
    };
    let sign = |encoding: &'static dyn lc::RsaEncoding| {
        let mut signature = vec![0; pair.public_modulus_len()];
        let random = SystemRandom::new();
        pair.sign(encoding, &random, MESSAGE, &mut signature)
            .unwrap();
        signature
    };
    for (hash, by_pkcs1, by_pss) in [
        (
            Hash::Sha256,
            sign(&lc::RSA_PKCS1_SHA256),
            sign(&lc::RSA_PSS_SHA256),
        ),
        (
            Hash::Sha384,
            sign(&lc::RSA_PKCS1_SHA384),
            sign(&lc::RSA_PSS_SHA384),
        ),
        (
            Hash::Sha512,
            sign(&lc::RSA_PKCS1_SHA512),
            sign(&lc::RSA_PSS_SHA512),
        ),
    ] {
        let way = usual(hash);
        for (message, holds) in [(MESSAGE, true), (b"another", false)] {
            let expected = outcome(Some(holds));
            assert_eq!(pkcs1(hash, &key, rsa, message, &by_pkcs1), expected);
            assert_eq!(plain_pkcs1(hash, rsa, message, &by_pkcs1), Some(holds));
            assert_eq!(pss(way, &key, rsa, message, &by_pss), expected);
            assert_eq!(plain_pss(way, rsa, message, &by_pss), Some(holds));
        }
        assert_eq!(plain_pkcs1(hash, rsa, MESSAGE, &by_pss), Some(false));
        assert_eq!(plain_pss(way, rsa, MESSAGE, &by_pkcs1), Some(false));
    }
}

#[test]
fn the_public_operation_keeps_to_its_bounds() {
    let number = |length: usize| [vec![0; length - 1], vec![5]].concat();
    for (bits, exponent, length, expected) in [
        (512, &[1][..], 64, Some(number(64))),
        (511, &[1], 64, Some(vec![])),
        (512, &[1], 63, Some(vec![])),
        (512, &[1], 65, Some(vec![])),
        (16_384, &[1], 2048, Some(number(2048))),
        (16_385, &[1], 2049, None),
        (512, &[1, 0, 0, 0, 0, 0, 0, 0, 0], 64, None),
    ] {
        let modulus = &modulus(bits);
        let found = raise(Rsa { modulus, exponent }, &number(length));
        assert_eq!(found, expected, "{bits} {exponent:02x?} {length}");
    }
    let longest = Rsa {
        modulus: &modulus(512),
        exponent: &[0xff; 8],
    };
    assert!(raise(longest, &number(64)).is_some_and(|block| block.len() == 64));
    // Not below the modulus, though it is congruent to a number that is.
    let odd = [&[0x7f][..], &[0xff; 63]].concat();
    let above = [&[0x80][..], &[0; 62], &[4]].concat();
    assert_eq!(raise(plain(&odd), &above), Some(vec![]));
    assert_eq!(raise(plain(&odd), &odd), Some(vec![]));
}

/// The encoded message of PKCS#1 v1.5 (RFC 8017 §9.2) for a hash identifier with or without its NULL.
fn encode_pkcs1(hash: Hash, null: bool, length: usize) -> Vec<u8> {
    let digest = digest::digest(hash.algorithm().unwrap(), MESSAGE);
    let digest = digest.as_ref();
    let oid = hash.oid().unwrap();
    let null: &[u8] = if null { &[5, 0] } else { &[] };
    let identifier = [&[6, oid.len() as u8], oid, null].concat();
    let content = [
        &[0x30, identifier.len() as u8][..],
        &identifier,
        &[4, digest.len() as u8],
        digest,
    ]
    .concat();
    let info = [&[0x30, content.len() as u8][..], &content].concat();
    let padding = repeat_n(0xff, length - info.len() - 3);
    [0, 1]
        .into_iter()
        .chain(padding)
        .chain([0])
        .chain(info)
        .collect()
}

#[test]
fn a_pkcs1_block_is_compared_whole() {
    let modulus = modulus(1024);
    let holds = |hash, block: &[u8]| plain_pkcs1(hash, plain(&modulus), MESSAGE, block);
    for hash in HASHES {
        let good = encode_pkcs1(hash, true, 128);
        assert_eq!(holds(hash, &good), Some(true), "{hash:?}");
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            assert_eq!(holds(hash, &bad), Some(false), "{hash:?} {at}");
        }
        let bare = encode_pkcs1(hash, false, 128);
        assert_eq!(holds(hash, &bare), Some(false), "{hash:?} without NULL");
    }
    assert_eq!(holds(Hash::Md5, &[0; 128]), None);
}

/// The encoded message of PSS (RFC 8017 §9.1.1) as long as the modulus, its data changed before it is masked.
fn encode_pss(pss: Pss, bits: usize, change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let [algorithm, mask] = [pss.hash, pss.mask].map(|hash| hash.algorithm().unwrap());
    let (salt, length) = (vec![9; pss.salt as usize], (bits - 1).div_ceil(8));
    let digest = digest::digest(algorithm, MESSAGE);
    let check = digest::digest(algorithm, &[&[0; 8], digest.as_ref(), &salt].concat());
    let check = check.as_ref();
    let mut data = vec![0; length - check.len() - salt.len() - 2];
    data.push(1);
    data.extend(&salt);
    change(&mut data);
    let masking = mgf1(mask, check, data.len());
    let mut block: Vec<u8> = data.iter().zip(masking).map(|(a, b)| a ^ b).collect();
    block[0] &= 0xff >> (8 * length - (bits - 1));
    block.extend(check);
    block.push(0xbc);
    [vec![0; bits.div_ceil(8) - length], block].concat()
}

#[test]
fn a_pss_block_may_have_any_size_salt_and_mask() {
    for bits in [1024, 1025, 1026, 1029, 1031, 2048] {
        let modulus = modulus(bits);
        for (hash, mask, salt) in [
            (Hash::Sha256, Hash::Sha256, 32),
            (Hash::Sha256, Hash::Sha256, 0),
            (Hash::Sha256, Hash::Sha1, 20),
            (Hash::Sha1, Hash::Sha1, 20),
            (Hash::Sha224, Hash::Sha512, 33),
        ] {
            let way = Pss { hash, mask, salt };
            let holds = |way, block: &[u8]| plain_pss(way, plain(&modulus), MESSAGE, block);
            let good = encode_pss(way, bits, |_| {});
            assert_eq!(holds(way, &good), Some(true), "{bits} {way:?}");
            let longer = Pss {
                salt: salt + 1,
                ..way
            };
            assert_eq!(holds(longer, &good), Some(false), "{bits} {way:?}");
        }
    }
}

type Change = fn(&mut Vec<u8>);

#[test]
fn a_pss_block_is_held_against_every_rule() {
    let (way, bits) = (usual(Hash::Sha256), 1030);
    let modulus = modulus(bits);
    let holds = |block: &[u8]| plain_pss(way, plain(&modulus), MESSAGE, block);
    let inside: [(&str, Change); 4] = [
        ("padding", |data| data[5] = 1),
        ("no one before the salt", |data| {
            let at = data.len() - 33;
            data[at] = 0;
        }),
        ("another one before the salt", |data| {
            let at = data.len() - 33;
            data[at] = 3;
        }),
        ("salt", |data| *data.last_mut().unwrap() ^= 1),
    ];
    for (what, change) in inside {
        assert_eq!(holds(&encode_pss(way, bits, change)), Some(false), "{what}");
    }
    let good = encode_pss(way, bits, |_| {});
    for (what, at, bit) in [
        ("a bit above the modulus less one", 0, 0x20),
        ("trailer", good.len() - 1, 0x01),
        ("check", good.len() - 2, 0x01),
    ] {
        let mut bad = good.clone();
        bad[at] ^= bit;
        assert_eq!(holds(&bad), Some(false), "{what}");
    }
    let large = Pss { salt: 1000, ..way };
    assert_eq!(
        plain_pss(large, plain(&modulus), MESSAGE, &good),
        Some(false)
    );
}
