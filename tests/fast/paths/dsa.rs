//! DSA keys that take their parameters from the CA above (RFC 3279 §2.3.2, RFC 5280 §6.1.4 (f)).

use aws_lc_rs::digest::{SHA256, digest};
use num_bigint::BigUint;

use trustctl::verify::{Options, Purpose};

use crate::paths::{Ca, judged, judged_by, options, outcome};
use crate::random_chains::{Key, Spec, der, integer, sequence};

/// Parameters of 512 and 160 bits, by `openssl genpkey -genparam -algorithm DSA`.
const P: &str = "a0c52af2d2ad9ad45d119580113d49477e30b34a4375206d8272f4f47dea7e45\
                 fb340b914ce08339cd9d80b76aa820d58579b8d63acb2912c2776a67494d0a97";
const Q: &str = "d59d4d973ebf061185d40657f4d5b6760211bc53";
const G: &str = "3c20e38ad9c1c170622b8b2003b61b0323973f57e89ae1229ef6382e7e11cb5d\
                 91adf51aa7c4bf9eafc380eca1118884e8522696c16cef0417f60648440bee06";

const DSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1];
const DSA_SHA256: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 2];

fn parameter(hex: &str) -> BigUint {
    BigUint::parse_bytes(hex.as_bytes(), 16).unwrap()
}

fn positive(number: &BigUint) -> Vec<u8> {
    let mut digits = number.to_bytes_be();
    if digits[0] & 0x80 != 0 {
        digits.insert(0, 0);
    }
    integer(&digits)
}

/// SubjectPublicKeyInfo of a secret key.
fn info(secret: u32, with_parameters: bool) -> Vec<u8> {
    let [prime, order, generator] = [P, Q, G].map(parameter);
    let key = positive(&generator.modpow(&BigUint::from(secret), &prime));
    let mut algorithm = vec![der(6, DSA)];
    if with_parameters {
        algorithm.push(sequence(
            &[prime, order, generator].map(|number| positive(&number)),
        ));
    }
    let bits = [&[0], key.as_slice()].concat();
    sequence(&[sequence(&algorithm), der(3, &bits)])
}

/// FIPS 186-4 §4.6, always with the same nonce.
fn sign(secret: u32, message: &[u8]) -> Vec<u8> {
    let [prime, order, generator] = [P, Q, G].map(parameter);
    let nonce = BigUint::from(11u32);
    let leftmost = BigUint::from_bytes_be(&digest(&SHA256, message).as_ref()[..20]);
    let r = generator.modpow(&nonce, &prime) % &order;
    let s = nonce.modinv(&order).unwrap() * (leftmost + secret * &r) % &order;
    sequence(&[positive(&r), positive(&s)])
}

fn signed_with_dsa(mut spec: Spec, key: &Key, secret: u32) -> Vec<u8> {
    spec.algorithms = [0; 2].map(|_| sequence(&[der(6, DSA_SHA256)]));
    spec.make_signed(key, |message| sign(secret, message))
}

#[test]
fn parameters_come_from_the_next_ca_above_that_has_some() {
    let [root, upper, ca, server] = ["Root", "Upper", "CA", crate::paths::HOST].map(Ca::new);
    let by_dsa = |subject: &Ca, issuer: &Ca, key: Option<Vec<u8>>, secret| {
        let mut spec = subject.spec(issuer);
        spec.info = key;
        signed_with_dsa(spec, &subject.key, secret)
    };
    let leaf = |secret| signed_with_dsa(ca.leaf_spec(&server), &server.key, secret);
    let inherits = by_dsa(&ca, &upper, Some(info(5, false)), 3);
    let inherits_too = by_dsa(&upper, &root, Some(info(3, false)), 2);
    let has_parameters = by_dsa(&root, &root, Some(info(2, true)), 2);
    // Too small for a handshake, which is not what is asked here.
    let any = Options {
        purpose: Purpose::Any,
        ..options()
    };
    let found_by = |leaf: &[u8], helpers: &[Vec<u8>], anchors: &[Vec<u8>]| {
        judged_by(&any, leaf, helpers, anchors)
    };
    let helpers = [inherits, inherits_too];
    let found = found_by(&leaf(5), &helpers, std::slice::from_ref(&has_parameters));
    assert_eq!(found, outcome(true, "h0 h1 a0", "", 1));
    let as_server = judged(&leaf(5), &helpers, std::slice::from_ref(&has_parameters));
    assert_eq!(as_server, outcome(false, "h0 h1 a0", "weak-key@3", 1));
    let found = found_by(&leaf(6), &helpers, &[has_parameters]);
    assert_eq!(
        (found.valid, &*found.errors),
        (false, "signature-invalid@0")
    );
    let none = by_dsa(&root, &root, Some(info(2, false)), 2);
    let found = found_by(&leaf(5), &helpers, &[none]);
    assert!(found.errors.contains("undecided@0"), "{found:?}");
    // A key of another kind in between cuts the inheritance off.
    let other_kind = by_dsa(&upper, &root, None, 2);
    let below = ca.by_with(&upper, |spec| spec.info = Some(info(5, false)));
    let anchor = by_dsa(&root, &root, Some(info(2, true)), 2);
    let found = found_by(&leaf(5), &[below, other_kind], &[anchor]);
    assert_eq!((found.valid, &*found.errors), (false, "undecided@0"));
}
