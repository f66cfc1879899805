use super::certificate::with;
use super::sample::*;
use crate::cert::{Certificate, Check, SelfSigned};

#[test]
fn only_a_true_signature_makes_a_certificate_self_signed() {
    for algorithm in [
        &rcgen::PKCS_ECDSA_P256_SHA256,
        &rcgen::PKCS_ECDSA_P384_SHA384,
        &rcgen::PKCS_ED25519,
    ] {
        let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
        let made = rcgen::CertificateParams::default()
            .self_signed(&key)
            .unwrap();
        let root = Certificate::from_der(made.der()).unwrap();
        assert_eq!(root.self_signed(), SelfSigned::Yes, "{}", root.key());
        let mut broken = made.der().to_vec();
        *broken.last_mut().unwrap() ^= 1;
        let broken = Certificate::from_der(&broken).unwrap();
        assert_eq!(broken.self_signed(), SelfSigned::No);
        assert_eq!(broken.check_signature(&root), Check::Invalid);
    }
    assert_eq!(
        with(|s| s.issuer = common_name("Another")).self_signed(),
        SelfSigned::No
    );
    // MD2 is computed nowhere, MD5 is.
    for (last, expected) in [(2, SelfSigned::Unverifiable), (4, SelfSigned::No)] {
        let old = with(|s| (s.signed_algorithm, s.algorithm) = (algorithm(last), algorithm(last)));
        assert_eq!(old.self_signed(), expected, "{last}");
    }
}

#[test]
fn a_key_of_another_kind_cannot_have_signed() {
    let p256 = tlv(6, &[&[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]]);
    assert_eq!(
        with(|s| s.key = ec_key(&p256, 65)).self_signed(),
        SelfSigned::No
    );
    let small = with(|s| s.key = rsa_key(512));
    assert_eq!(small.self_signed(), SelfSigned::No);
    let huge = with(|s| s.key = rsa_key(20_000));
    assert_eq!(huge.self_signed(), SelfSigned::Unverifiable);
}

#[test]
fn a_signature_with_loose_bits_is_none() {
    let odd = with(|s| s.signature = tlv(3, &[&[1], &[0x54; 256]]));
    assert_eq!(odd.check_signature(&odd), Check::Invalid);
}

#[test]
fn a_certificate_of_another_ca_is_not_self_signed() {
    let other = Sample {
        issuer: common_name("Other"),
        ..Sample::default()
    };
    assert!(!other.read().unwrap().is_self_signed());
    assert!(!Sample::default().read().unwrap().is_self_signed());
    let key = rcgen::KeyPair::generate().unwrap();
    let parameters = rcgen::CertificateParams::default();
    let root = parameters.self_signed(&key).unwrap();
    assert!(Certificate::from_der(root.der()).unwrap().is_self_signed());
}
