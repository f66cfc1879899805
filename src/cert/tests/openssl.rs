//! The installed OpenSSL as oracle for what it invented: the subject hash.

#![expect(clippy::disallowed_methods, reason = "the oracle is a program")]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::sample::*;
use crate::cert::{Certificate, SelfSigned};

fn openssl_hash(der: &[u8]) -> Option<u32> {
    let mut child = Command::new("/usr/bin/openssl")
        .args(["x509", "-inform", "DER", "-noout", "-subject_hash"])
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("openssl is installed");
    child.stdin.take().unwrap().write_all(der).unwrap();
    let output = child.wait_with_output().unwrap();
    u32::from_str_radix(String::from_utf8(output.stdout).ok()?.trim(), 16).ok()
}

fn agrees(subject: &[u8]) {
    let sample = Sample {
        subject: subject.to_vec(),
        ..Sample::default()
    };
    let certificate = sample.read().unwrap();
    let Some(theirs) = openssl_hash(&sample.der()) else {
        assert_ne!(certificate.defects(), [], "OpenSSL refuses {subject:02x?}");
        return;
    };
    assert_eq!(
        format!("{:08x}", certificate.subject_hash()),
        format!("{theirs:08x}"),
        "{subject:02x?}"
    );
}

pub(crate) fn openssl(folder: &Path, line: &str) -> Vec<u8> {
    let output = Command::new("/usr/bin/openssl")
        .args(line.split_whitespace())
        .env_clear()
        .current_dir(folder)
        .output()
        .expect("openssl is installed");
    assert!(
        output.status.success(),
        "openssl {line}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

/// Roots made and signed by OpenSSL with one key, for each set of options.
fn check_roots(key: &str, cases: &[(&str, SelfSigned)]) {
    let folder = tempfile::tempdir().unwrap();
    openssl(folder.path(), &format!("genpkey -out key -algorithm {key}"));
    for (options, expected) in cases {
        let options = options.replace(
            "pss",
            "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen",
        );
        let der = openssl(
            folder.path(),
            &format!("req -x509 -key key -subj /CN=x -outform DER {options}"),
        );
        let root = Certificate::from_der(&der).unwrap();
        assert_eq!(
            root.self_signed(),
            *expected,
            "{key} {options}: {}",
            root.signature_algorithm()
        );
    }
}

#[test]
fn signatures_that_openssl_makes_are_verified_or_said_to_be_unverifiable() {
    use SelfSigned::{Unverifiable, Yes};
    check_roots(
        "RSA -pkeyopt rsa_keygen_bits:1024",
        &[
            ("-sha256", Yes),
            ("-sha1", Yes),
            ("-sha384", Yes),
            ("-sha256 pss:32", Yes),
        ],
    );
    check_roots(
        "RSA -pkeyopt rsa_keygen_bits:2048",
        &[
            ("-sha384", Yes),
            ("-sha512", Yes),
            ("-sha224", Yes),
            ("-md5", Yes),
            ("-ripemd160", Yes),
            ("-sha512-256", Yes),
            ("-sha3-256", Yes),
            ("-sha3-512", Yes),
            ("-sha256 pss:32", Yes),
            ("-sha384 pss:48", Yes),
            ("-sha512 pss:64", Yes),
            ("-sha256 pss:-2", Yes),
            ("-sha384 pss:-2", Yes),
            ("-sha512 pss:-2", Yes),
            ("-sha256 pss:20", Yes),
            ("-sha1 pss:20", Yes),
        ],
    );
    check_roots(
        "EC -pkeyopt ec_paramgen_curve:P-256",
        &[("-sha1", Yes), ("-sha384", Yes), ("-sha512", Yes)],
    );
    check_roots(
        "EC -pkeyopt ec_paramgen_curve:P-384",
        &[("-sha256", Yes), ("-sha512", Yes)],
    );
    let all = [
        ("-sha1", Yes),
        ("-sha224", Yes),
        ("-sha256", Yes),
        ("-sha384", Yes),
        ("-sha512", Yes),
    ];
    check_roots("EC -pkeyopt ec_paramgen_curve:P-521", &all);
    check_roots(
        "EC -pkeyopt ec_paramgen_curve:secp256k1",
        &[("-sha256", Yes), ("-sha384", Yes)],
    );
    let some = [("-sha1", Yes), ("-sha256", Yes), ("-sha512", Yes)];
    for curve in [
        "P-192",
        "P-224",
        "brainpoolP256r1",
        "brainpoolP256t1",
        "brainpoolP384r1",
        "brainpoolP384t1",
    ] {
        check_roots(&format!("EC -pkeyopt ec_paramgen_curve:{curve}"), &some);
    }
    for curve in ["brainpoolP512r1", "sect283r1", "secp224k1"] {
        let key = format!("EC -pkeyopt ec_paramgen_curve:{curve}");
        check_roots(&key, &[("-sha256", Unverifiable)]);
    }
    check_roots("ED25519", &[("", Yes)]);
    check_roots("ED448", &[("", Yes)]);
}

#[test]
fn the_subject_hash_of_odd_names_is_that_of_openssl() {
    let wide = "Ä b"
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect::<Vec<u8>>();
    let wider = "Ä 😀"
        .chars()
        .flat_map(|c| u32::from(c).to_be_bytes())
        .collect::<Vec<u8>>();
    let long = "Long Name ".repeat(30);
    for subject in [
        name(&[]),
        name(&[&[]]),
        name(&[&[(3, 0x0c, b"")]]),
        name(&[&[(3, 0x0c, b"   ")]]),
        name(&[&[(3, 0x0c, " \t Mixed\u{b}  CASE\n ÄÖ \r\n".as_bytes())]]),
        name(&[
            &[(3, 0x13, b"Printable")],
            &[(10, 0x16, b"IA5")],
            &[(11, 0x1a, b"Visible ")],
        ]),
        name(&[&[(3, 0x14, b"T61 \xe4\xf6")]]),
        name(&[&[(3, 0x1e, &wide)]]),
        name(&[&[(3, 0x1c, &wider)]]),
        name(&[&[(3, 0x1e, b"\xd8\x3d\xde\x00")]]),
        name(&[&[(3, 0x1e, b"odd")]]),
        name(&[&[(5, 0x12, b" 12  34 ")]]),
        name(&[&[(3, 0x04, b"octets")]]),
        name(&[&[(11, 0x0c, b"zz"), (3, 0x0c, b"a")]]),
        name(&[&[(3, 0x0c, b"long"), (3, 0x0c, b"a")], &[(6, 0x13, b"NL")]]),
        name(&[&[(3, 0x0c, b"a\0b")]]),
        name(&[&[(3, 0x0c, b"\xff\xfe")]]),
        name(&[
            &[(3, 0x0c, long.as_bytes())],
            &[(10, 0x0c, long.as_bytes())],
        ]),
    ] {
        agrees(&subject);
    }
}

#[test]
fn values_of_every_type_are_taken_or_refused_as_openssl_does() {
    for tag in (0x01..=0x1e).chain([0x30, 0x31, 0x80, 0xa0]) {
        let value: &[u8] = match tag {
            0x01 => &[0xff],
            0x05 | 0x10 | 0x11 | 0x30 | 0x31 | 0xa0 => &[],
            0x06 => &[0x55],
            0x1c => &[0, 0, 0, 65],
            _ => &[0, 65],
        };
        let sample = Sample {
            subject: name(&[&[(3, tag, value)]]),
            ..Sample::default()
        };
        let Ok(certificate) = sample.read() else {
            continue;
        };
        let theirs = openssl_hash(&sample.der());
        let ours = certificate
            .defects()
            .is_empty()
            .then(|| certificate.subject_hash());
        assert_eq!(ours, theirs, "tag {tag:02x}");
    }
}

#[test]
fn the_subject_hash_of_random_names_is_that_of_openssl() {
    let text = "[ \tA-Za-zÄé0-9,+=#\u{a0}]{0,12}";
    let attribute = (
        prop::sample::select(vec![3_u8, 6, 10, 11, 5]),
        0..4_usize,
        text,
    )
        .prop_map(|(kind, how, text)| {
            let latin = |text: &str| text.chars().map(|c| c as u8).collect::<Vec<u8>>();
            match how {
                0 => (kind, 0x0c, text.into_bytes()),
                1 => (kind, 0x14, latin(&text)),
                2 => (
                    kind,
                    0x1e,
                    text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
                ),
                _ => (
                    kind,
                    0x13,
                    text.chars()
                        .filter(char::is_ascii)
                        .collect::<String>()
                        .into_bytes(),
                ),
            }
        });
    let names = prop::collection::vec(prop::collection::vec(attribute, 1..3), 0..4);
    let config = Config {
        cases: 32,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&names, |sets| {
            let sets: Vec<Vec<Attribute<'_>>> = sets
                .iter()
                .map(|set| {
                    set.iter()
                        .map(|(kind, tag, text)| (*kind, *tag, &text[..]))
                        .collect()
                })
                .collect();
            agrees(&name(&sets.iter().map(Vec::as_slice).collect::<Vec<_>>()));
            Ok(())
        })
        .unwrap();
}
