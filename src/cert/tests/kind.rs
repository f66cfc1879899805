use super::document::{codes, seen};
use super::sample::*;
use crate::cert::{BlockKind, Encoding, read};

#[test]
fn labels_tell_the_kind() {
    for (label, kind) in [
        ("PRIVATE KEY", BlockKind::PrivateKey),
        ("ENCRYPTED PRIVATE KEY", BlockKind::PrivateKey),
        ("RSA PRIVATE KEY", BlockKind::PrivateKey),
        ("OPENSSH PRIVATE KEY", BlockKind::PrivateKey),
        ("PGP PRIVATE KEY BLOCK", BlockKind::PrivateKey),
        ("RSA PUBLIC KEY", BlockKind::PublicKey),
        ("EC PARAMETERS", BlockKind::Parameters),
        ("X509 CRL", BlockKind::Crl),
        ("NEW CERTIFICATE REQUEST", BlockKind::Csr),
        ("PKCS12", BlockKind::Pkcs12),
        ("CMS", BlockKind::Pkcs7),
        ("PKCS #7 SIGNED DATA", BlockKind::Pkcs7),
        ("SOMETHING", BlockKind::Unknown),
    ] {
        let text = format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
        assert_eq!(read(text.as_bytes()).blocks[0].kind, kind, "{label}");
    }
}

#[test]
fn the_shape_tells_the_kind_of_a_binary_file() {
    let integer = |value: &[u8]| tlv(2, &[value]);
    let zero = integer(&[0]);
    let name = common_name("x");
    let signed = |inner: &[u8]| seq(&[inner, &rsa_sha256(), &tlv(3, &[&[0]])]);
    let time = tlv(0x17, &[b"250101000000Z"]);
    let pbes2 = seq(&[
        &tlv(6, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 13]]),
        &seq(&[]),
    ]);
    for (bytes, kind) in [
        (
            seq(&[&zero, &rsa_sha256(), &tlv(4, &[&[1]])]),
            BlockKind::PrivateKey,
        ),
        (
            seq(&[
                &zero,
                &integer(&[5]),
                &integer(&[3]),
                &integer(&[7]),
                &integer(&[9]),
            ]),
            BlockKind::PrivateKey,
        ),
        (
            seq(&[&integer(&[1]), &tlv(4, &[&[7; 32]])]),
            BlockKind::PrivateKey,
        ),
        (seq(&[&pbes2, &tlv(4, &[&[7; 32]])]), BlockKind::PrivateKey),
        (rsa_key(1024), BlockKind::PublicKey),
        (
            signed(&seq(&[&zero, &name, &rsa_key(1024), &tlv(0xa0, &[])])),
            BlockKind::Csr,
        ),
        (signed(&seq(&[&rsa_sha256(), &name, &time])), BlockKind::Crl),
        (
            signed(&seq(&[&integer(&[1]), &rsa_sha256(), &name, &time])),
            BlockKind::Crl,
        ),
        (
            Sample {
                version: vec![],
                tail: vec![],
                ..Sample::default()
            }
            .der(),
            BlockKind::Certificate,
        ),
    ] {
        let document = read(&bytes);
        assert_eq!(document.blocks[0].kind, kind, "{bytes:02x?}");
        assert_eq!(document.has_private_key(), kind == BlockKind::PrivateKey);
    }
}

#[test]
fn containers_are_recognised_and_named() {
    let pkcs12 = seq(&[
        &tlv(2, &[&[3]]),
        &seq(&[&tlv(6, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1]])]),
    ]);
    assert_eq!(
        (read(&pkcs12).encoding, seen(&pkcs12)),
        (Encoding::Pkcs12, (0, vec!["pkcs12"]))
    );
    for magic in [[0xfe, 0xed, 0xfe, 0xed], [0xce, 0xce, 0xce, 0xce]] {
        let bytes = [&magic[..], &[0, 0, 0, 2]].concat();
        assert_eq!(
            (read(&bytes).encoding, seen(&bytes)),
            (Encoding::JavaKeystore, (0, vec!["java-keystore"]))
        );
    }
}

#[test]
fn a_key_behind_a_wrong_label_is_a_key_all_the_same() {
    let key = seq(&[&tlv(2, &[&[0]]), &rsa_sha256(), &tlv(4, &[&[1]])]);
    for label in ["CERTIFICATE", "SOMETHING"] {
        let text = pem::encode(&pem::Pem::new(label, key.clone()));
        let document = read(text.as_bytes());
        assert!(document.has_private_key());
        assert_eq!(codes(&document), ["label-mismatch"]);
    }
}
