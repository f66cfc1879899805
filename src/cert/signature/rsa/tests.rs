#![expect(clippy::disallowed_methods, reason = "a folder of the test's own")]

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;

use super::*;
use crate::cert::public_key::Kind;
use crate::cert::tests::openssl::openssl;

const MESSAGE: &[u8] = b"a certificate";

fn usual(hash: Hash) -> Pss {
    Pss {
        hash,
        mask: hash,
        salt: hash.length() as u32,
    }
}

/// A modulus of so many bits, all of them set.
fn modulus(bits: usize) -> Vec<u8> {
    let mut modulus = vec![0xff; bits.div_ceil(8)];
    modulus[0] >>= (8 - bits % 8) % 8;
    modulus
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
        let salt = hash.length() as u32;
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
    let number = |length: usize, last: u8| [vec![0; length - 1], vec![last]].concat();
    for (bits, exponent, length, expected) in [
        (512, &[3][..], 64, Some(number(64, 125))),
        (511, &[3], 64, None),
        (512, &[3], 63, Some(vec![])),
        (512, &[3], 65, Some(vec![])),
        (16_384, &[3], 2048, Some(number(2048, 125))),
        (16_385, &[3], 2049, None),
        (512, &[1], 64, None),
        (512, &[4], 64, None),
        (512, &[3, 0xff, 0xff, 0xff, 0xff], 64, None),
    ] {
        let modulus = &modulus(bits);
        let found = raise(Rsa { modulus, exponent }, &number(length, 5));
        assert_eq!(found, expected, "{bits} {exponent:02x?} {length}");
    }
    // Not below the modulus, though it is congruent to a number that is.
    let odd = [&[0x80][..], &[0; 62], &[1]].concat();
    let above = [&[0x80][..], &[0; 62], &[6]].concat();
    let cube = Rsa {
        modulus: &odd,
        exponent: &[3],
    };
    assert_eq!(raise(cube, &number(64, 5)), Some(number(64, 125)));
    assert_eq!(raise(cube, &above), Some(vec![]));
    assert_eq!(raise(cube, &odd), Some(vec![]));
}

/// One key of each kind and what `openssl` signed with it: sizes and digests that aws-lc has no name for.
#[test]
fn openssl_is_understood_where_aws_lc_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let run = |line: &str| openssl(folder.path(), line);
    std::fs::write(folder.path().join("message"), MESSAGE).unwrap();
    for bits in ["1000", "2047", "2052"] {
        run(&format!(
            "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:{bits} -out key"
        ));
        let info = run("pkey -in key -pubout -outform DER");
        let key = PublicKey::read(&info);
        let Kind::Rsa(rsa) = key.kind else {
            panic!("an RSA key")
        };
        for (name, hash) in [
            ("md5", Hash::Md5),
            ("ripemd160", Hash::Ripemd160),
            ("sha512-256", Hash::Sha512T256),
            ("sha3-384", Hash::Sha3T384),
        ] {
            let signature = run(&format!("dgst -{name} -sign key message"));
            let found = |message| pkcs1(hash, &key, rsa, message, &signature);
            assert_eq!(found(MESSAGE), Outcome::Good, "{bits} {name}");
            assert_eq!(found(b"another"), Outcome::Bad, "{bits} {name}");
            let mut bad = signature.clone();
            bad[9] ^= 1;
            assert_eq!(pkcs1(hash, &key, rsa, MESSAGE, &bad), Outcome::Bad);
        }
    }
    assert_eq!(prefix(Hash::Sha256).len(), 19);
}

/// The encoded message of PSS (RFC 8017 §9.1.1) as long as the modulus, its data changed before it is masked.
fn encode_pss(pss: Pss, bits: usize, change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let (salt, length) = (vec![9; pss.salt as usize], (bits - 1).div_ceil(8));
    let digest = pss.hash.digest(MESSAGE).unwrap();
    let check = pss
        .hash
        .digest(&[&[0; 8], digest.as_slice(), &salt].concat());
    let check = check.unwrap();
    let mut data = vec![0; length - check.len() - salt.len() - 2];
    data.push(1);
    data.extend(&salt);
    change(&mut data);
    let masking = mgf1(pss.mask, &check, data.len()).unwrap();
    let mut block: Vec<u8> = data.iter().zip(masking).map(|(a, b)| a ^ b).collect();
    block[0] &= 0xff >> (8 * length - (bits - 1));
    block.extend(check);
    block.push(0xbc);
    [vec![0; bits.div_ceil(8) - length], block].concat()
}

#[test]
fn a_pss_block_may_have_any_size_salt_and_mask() {
    for bits in [1024, 1025, 1026, 1029, 1031, 2048] {
        for (hash, mask, salt) in [
            (Hash::Sha256, Hash::Sha256, 32),
            (Hash::Sha256, Hash::Sha256, 0),
            (Hash::Sha256, Hash::Sha1, 20),
            (Hash::Sha1, Hash::Sha1, 20),
            (Hash::Sha224, Hash::Sha512, 33),
        ] {
            let way = Pss { hash, mask, salt };
            let digest = hash.digest(MESSAGE).unwrap();
            let holds = |way, block: &[u8]| block_holds(way, bits as u32, block, &digest);
            let good = encode_pss(way, bits, |_| {});
            assert!(holds(way, &good), "{bits} {way:?}");
            let longer = Pss {
                salt: salt + 1,
                ..way
            };
            assert!(!holds(longer, &good), "{bits} {way:?}");
        }
    }
}

type Change = fn(&mut Vec<u8>);

#[test]
fn a_pss_block_is_held_against_every_rule() {
    let (way, bits) = (usual(Hash::Sha256), 1030);
    let digest = way.hash.digest(MESSAGE).unwrap();
    let holds = |block: &[u8]| block_holds(way, bits as u32, block, &digest);
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
        assert!(!holds(&encode_pss(way, bits, change)), "{what}");
    }
    let good = encode_pss(way, bits, |_| {});
    for (what, at, bit) in [
        ("a bit above the modulus less one", 0, 0x20),
        ("trailer", good.len() - 1, 0x01),
        ("check", good.len() - 2, 0x01),
    ] {
        let mut bad = good.clone();
        bad[at] ^= bit;
        assert!(!holds(&bad), "{what}");
    }
    let large = Pss { salt: 1000, ..way };
    assert!(!block_holds(large, bits as u32, &good, &digest));
}
