use num_bigint::BigUint;

use super::*;
use crate::cert::tlv::tag;

const MESSAGE: &[u8] = b"a certificate";
/// Parameters of 512 and 160 bits, by `openssl genpkey -genparam -algorithm DSA`.
const P: &str = "a0c52af2d2ad9ad45d119580113d49477e30b34a4375206d8272f4f47dea7e45\
                 fb340b914ce08339cd9d80b76aa820d58579b8d63acb2912c2776a67494d0a97";
const Q: &str = "d59d4d973ebf061185d40657f4d5b6760211bc53";
const G: &str = "3c20e38ad9c1c170622b8b2003b61b0323973f57e89ae1229ef6382e7e11cb5d\
                 91adf51aa7c4bf9eafc380eca1118884e8522696c16cef0417f60648440bee06";

fn number(hex: &str) -> BigUint {
    BigUint::parse_bytes(hex.as_bytes(), 16).unwrap()
}

/// INTEGER, positive.
fn integer(number: &BigUint) -> Vec<u8> {
    let mut digits = number.to_bytes_be();
    if digits[0] & 0x80 != 0 {
        digits.insert(0, 0);
    }
    [&[tag::INTEGER, digits.len() as u8], digits.as_slice()].concat()
}

fn pair_of(r: &BigUint, s: &BigUint) -> Vec<u8> {
    let content = [integer(r), integer(s)].concat();
    [&[tag::SEQUENCE, content.len() as u8], content.as_slice()].concat()
}

/// The key 7 and its signature with the nonce 11 (FIPS 186-4 §4.6): the public key, r and s.
fn sign(hash: Hash) -> (BigUint, BigUint, BigUint) {
    sign_by(7, hash)
}

/// The same by another key.
fn sign_by(secret: u32, hash: Hash) -> (BigUint, BigUint, BigUint) {
    let [prime, order, generator] = [P, Q, G].map(number);
    let [secret, nonce] = [secret, 11].map(BigUint::from);
    let digest = hash.digest(MESSAGE).unwrap();
    let leftmost = BigUint::from_bytes_be(&digest[..20]);
    let r = generator.modpow(&nonce, &prime) % &order;
    let s = nonce.modinv(&order).unwrap() * (leftmost + &secret * &r) % &order;
    (generator.modpow(&secret, &prime), r, s)
}

/// What comes of a signature under a key, both as numbers.
fn found(hash: Hash, generator: &BigUint, key: &BigUint, r: &BigUint, s: &BigUint) -> Option<bool> {
    let [prime, order] = [P, Q].map(|hex| number(hex).to_bytes_be());
    let parameters = DsaParameters {
        p: &prime,
        q: &order,
        g: &generator.to_bytes_be(),
    };
    let key = integer(key);
    holds(hash, parameters, &key, MESSAGE, &pair_of(r, s))
}

#[test]
fn the_leftmost_bits_of_any_hash_are_signed() {
    let generator = number(G);
    for hash in [
        Hash::Sha1,
        Hash::Sha224,
        Hash::Sha256,
        Hash::Sha512,
        Hash::Sha3T384,
    ] {
        let (key, r, s) = sign(hash);
        assert_eq!(
            found(hash, &generator, &key, &r, &s),
            Some(true),
            "{hash:?}"
        );
    }
    let (key, r, s) = sign(Hash::Sha1);
    assert_eq!(found(Hash::Sha256, &generator, &key, &r, &s), Some(false));
    assert_eq!(found(Hash::Md2, &generator, &key, &r, &s), None);
}

/// A number whose highest bit is set has an octet of zeros before it (X.690 §8.3.3).
#[test]
fn public_keys_as_long_as_the_prime_sign_too() {
    let lengths: Vec<u64> = (1..32)
        .map(|secret| {
            let (key, r, s) = sign_by(secret, Hash::Sha256);
            let found = found(Hash::Sha256, &number(G), &key, &r, &s);
            assert_eq!(found, Some(true), "{secret}");
            key.bits()
        })
        .collect();
    assert!(
        lengths.contains(&512) && lengths.contains(&511),
        "{lengths:?}"
    );
}

#[test]
fn numbers_out_of_range_are_no_signature() {
    let hash = Hash::Sha256;
    let (key, r, s) = sign(hash);
    let [prime, order, generator] = [P, Q, G].map(number);
    let (none, one) = (BigUint::ZERO, BigUint::from(1u32));
    for (what, generator, key, r, s) in [
        ("another r", &generator, &key, &(&r + &one), &s),
        ("another s", &generator, &key, &r, &(&s + &one)),
        ("another key", &generator, &(&key + &one), &r, &s),
        ("r beyond the order", &generator, &key, &(&r + &order), &s),
        ("s beyond the order", &generator, &key, &r, &(&s + &order)),
        ("no r", &generator, &key, &none, &s),
        ("no s", &generator, &key, &r, &none),
        (
            "a key beyond the prime",
            &generator,
            &(&key + &prime),
            &r,
            &s,
        ),
        // With such a generator everything would be signed by a zero.
        ("no r under the generator 0", &none, &key, &none, &s),
    ] {
        assert_eq!(found(hash, generator, key, r, s), Some(false), "{what}");
    }
}

#[test]
fn parameters_out_of_bounds_are_not_computed_with() {
    let (key, r, s) = sign(Hash::Sha1);
    let signature = pair_of(&r, &s);
    let ones = |bits: usize| {
        let mut ones = vec![0xff; bits.div_ceil(8)];
        ones[0] >>= (8 - bits % 8) % 8;
        ones
    };
    for (p_bits, q_bits, computed) in [
        (511, 160, false),
        (512, 160, true),
        (4096, 256, true),
        (4097, 256, false),
        (512, 159, false),
        (512, 161, false),
        (512, 224, true),
    ] {
        let parameters = DsaParameters {
            p: &ones(p_bits),
            q: &ones(q_bits),
            g: &[2],
        };
        let found = holds(Hash::Sha1, parameters, &integer(&key), MESSAGE, &signature);
        assert_eq!(found.is_some(), computed, "{p_bits} {q_bits}");
    }
}

#[test]
fn a_signature_is_two_positive_integers() {
    for (bytes, read) in [
        (&[0x30, 6, 2, 1, 1, 2, 1, 2][..], true),
        (&[0x30, 6, 2, 1, 0x81, 2, 1, 2], false),
        (&[0x30, 6, 2, 1, 1, 2, 1, 0x82], false),
        (&[0x30, 3, 2, 1, 1], false),
        (&[0x30, 8, 2, 1, 1, 2, 1, 2, 5, 0], false),
        (&[0x30, 5, 2, 0, 2, 1, 2], false),
    ] {
        assert_eq!(pair(bytes).is_ok(), read, "{bytes:02x?}");
    }
}
