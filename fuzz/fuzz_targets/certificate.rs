//! A certificate: what is taken is exactly the bytes that came, x509-parser agrees on its main facts, and no question
//! about it panics.

#![no_main]

use libfuzzer_sys::fuzz_target;
use trustctl::cert::{Certificate, Time, judge};
use x509_parser::prelude::{FromDer, X509Certificate};

fuzz_target!(|bytes: &[u8]| {
    let Ok(certificate) = Certificate::from_der(bytes) else { return };
    assert_eq!(certificate.der(), bytes);
    let _ = certificate.subject_hash();
    let _ = certificate.spki_sha256();
    let _ = certificate.self_signed();
    let _ = judge::certificate(&certificate, Time(0));
    if let Ok((rest, theirs)) = X509Certificate::from_der(bytes) {
        assert!(rest.is_empty());
        assert_eq!(certificate.subject().der(), theirs.subject().as_raw());
        assert_eq!(certificate.issuer().der(), theirs.issuer().as_raw());
        assert_eq!(certificate.not_before().0, theirs.validity().not_before.timestamp());
        assert_eq!(certificate.not_after().0, theirs.validity().not_after.timestamp());
        assert_eq!(certificate.spki_der(), theirs.public_key().raw);
        assert_eq!(certificate.tbs_der(), theirs.tbs_certificate.as_ref());
    }
});
