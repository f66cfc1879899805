//! What the library says about certificates: names, keys, algorithms and kinds of blocks, table by table.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use crate::random_chains::{Key, Random, Spec, attribute, chain, der, integer, sequence};
use trustctl::cert::{BlockKind, Certificate, Fingerprint, Hash, Time, judge, known_bad, read};

/// 2027-01-15T08:00:00Z
const NOW: i64 = 1_800_000_000;

fn oid(content: &[u8]) -> Vec<u8> {
    der(6, content)
}

fn made(change: impl FnOnce(&mut Spec)) -> Certificate {
    let mut spec = Spec::plain(NOW);
    change(&mut spec);
    let key = Key::new();
    Certificate::from_der(&spec.make(&key, &key)).unwrap()
}

fn named(parts: &[Vec<u8>]) -> Vec<u8> {
    let sets: Vec<Vec<u8>> = parts.iter().map(|part| der(0x31, part)).collect();
    sequence(&sets)
}

fn typed(oid: &[u8]) -> Vec<u8> {
    sequence(&[der(6, oid), der(0x0c, b"x")])
}

#[test]
fn attributes_have_their_usual_short_names() {
    for (number, name) in [
        (3, "CN"),
        (4, "SN"),
        (5, "serialNumber"),
        (6, "C"),
        (7, "L"),
        (8, "ST"),
        (9, "STREET"),
        (10, "O"),
        (11, "OU"),
        (12, "title"),
        (13, "description"),
        (15, "businessCategory"),
        (17, "postalCode"),
        (41, "name"),
        (42, "GN"),
        (43, "initials"),
        (44, "generationQualifier"),
        (46, "dnQualifier"),
        (65, "pseudonym"),
        (97, "organizationIdentifier"),
        (99, "2.5.4.99"),
    ] {
        let certificate = made(|spec| spec.subject = named(&[attribute(number, "x")]));
        assert_eq!(certificate.subject().display(), format!("{name}=x"));
    }
    let jurisdiction = |last| [0x2b, 6, 1, 4, 1, 0x82, 0x37, 0x3c, 2, 1, last];
    let directory = |last| [9, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, last];
    for (oid, name) in [
        (
            &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1][..],
            "emailAddress",
        ),
        (&directory(0x19), "DC"),
        (&directory(1), "UID"),
        (&jurisdiction(1), "jurisdictionL"),
        (&jurisdiction(2), "jurisdictionST"),
        (&jurisdiction(3), "jurisdictionC"),
        (&jurisdiction(4), "1.3.6.1.4.1.311.60.2.1.4"),
    ] {
        let certificate = made(|spec| spec.subject = named(&[typed(oid)]));
        assert_eq!(certificate.subject().display(), format!("{name}=x"));
    }
}

#[test]
fn of_several_organisations_the_first_counts_and_of_several_common_names_the_last() {
    let certificate = made(|spec| {
        let parts = [(10, "One"), (3, "Low"), (10, "Two"), (3, "High")];
        spec.subject = named(&parts.map(|(kind, text)| attribute(kind, text)));
    });
    assert_eq!(certificate.subject().organization(), Some("One"));
    assert_eq!(certificate.subject().common_name(), Some("High"));
    assert!(!certificate.subject().is_empty());
    let nobody = made(|spec| spec.subject = named(&[]));
    assert!(nobody.subject().is_empty());
    assert_eq!(nobody.subject().der(), [0x30, 0]);
}

/// SubjectPublicKeyInfo.
fn info(algorithm: &[Vec<u8>], bits: &[u8]) -> Vec<u8> {
    sequence(&[sequence(algorithm), der(3, &[&[0], bits].concat())])
}

#[test]
fn keys_are_called_by_kind_curve_and_size() {
    let ec = oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1]);
    let curve = |content: &[u8]| info(&[ec.clone(), oid(content)], &[4; 65]);
    let brainpool = |last| [0x2b, 0x24, 3, 3, 2, 8, 1, 1, last];
    let pkcs1 = |last| oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, last]);
    let modulus = sequence(&[integer(&[0x7f; 128]), integer(&[3])]);
    let montgomery = |last| info(&[oid(&[0x2b, 0x65, last])], &[1; 56]);
    let ml_dsa = |last| {
        info(
            &[oid(&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, last])],
            &[1; 56],
        )
    };
    let group = sequence(&[integer(&[0x7f; 32]), integer(&[2])]);
    let dh = info(
        &[oid(&[0x2a, 0x86, 0x48, 0xce, 0x3e, 2, 1]), group],
        &[1; 9],
    );
    for (info, name) in [
        (curve(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 1]), "EC P-192"),
        (curve(&[0x2b, 0x81, 4, 0, 0x21]), "EC P-224"),
        (curve(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]), "EC P-256"),
        (curve(&[0x2b, 0x81, 4, 0, 0x22]), "EC P-384"),
        (curve(&[0x2b, 0x81, 4, 0, 0x23]), "EC P-521"),
        (curve(&[0x2b, 0x81, 4, 0, 0x0a]), "EC secp256k1"),
        (curve(&brainpool(7)), "EC brainpoolP256r1"),
        (curve(&brainpool(11)), "EC brainpoolP384r1"),
        (curve(&brainpool(13)), "EC brainpoolP512r1"),
        (curve(&brainpool(14)), "EC brainpoolP512t1"),
        (curve(&brainpool(15)), "EC 1.3.36.3.3.2.8.1.1.15"),
        (curve(&[0x2b, 0x81, 4, 0, 0x11]), "EC sect283r1"),
        (info(&[pkcs1(1)], &modulus), "RSA 1023"),
        (info(&[pkcs1(10)], &modulus), "RSA-PSS 1023"),
        (dh, "DH 255"),
        (montgomery(0x6e), "X25519"),
        (montgomery(0x6f), "X448"),
        (ml_dsa(17), "ML-DSA-44"),
        (ml_dsa(18), "ML-DSA-65"),
        (ml_dsa(19), "ML-DSA-87"),
        (ml_dsa(20), "SLH-DSA-SHA2-128s"),
        (ml_dsa(31), "SLH-DSA-SHAKE-256f"),
        (ml_dsa(32), "2.16.840.1.101.3.4.3.32"),
    ] {
        let certificate = made(|spec| spec.info = Some(info));
        assert_eq!(certificate.key().to_string(), name);
    }
}

#[test]
fn signature_algorithms_have_their_names_and_hashes() {
    let rsa = |last| vec![0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, last];
    let ecdsa = |last| vec![0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, last];
    let nist = |last| vec![0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, last];
    for (content, name, hash) in [
        (rsa(2), "md2WithRSAEncryption", Some("MD2")),
        (rsa(3), "md4WithRSAEncryption", Some("MD4")),
        (rsa(4), "md5WithRSAEncryption", Some("MD5")),
        (rsa(5), "sha1WithRSAEncryption", Some("SHA-1")),
        (rsa(10), "rsassaPss", None),
        (rsa(11), "sha256WithRSAEncryption", Some("SHA-256")),
        (rsa(12), "sha384WithRSAEncryption", Some("SHA-384")),
        (rsa(13), "sha512WithRSAEncryption", Some("SHA-512")),
        (rsa(14), "sha224WithRSAEncryption", Some("SHA-224")),
        (rsa(15), "sha512-224WithRSAEncryption", Some("SHA-512/224")),
        (rsa(16), "sha512-256WithRSAEncryption", Some("SHA-512/256")),
        (rsa(17), "1.2.840.113549.1.1.17", None),
        (
            vec![0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1],
            "ecdsa-with-SHA1",
            Some("SHA-1"),
        ),
        (ecdsa(1), "ecdsa-with-SHA224", Some("SHA-224")),
        (ecdsa(2), "ecdsa-with-SHA256", Some("SHA-256")),
        (ecdsa(3), "ecdsa-with-SHA384", Some("SHA-384")),
        (ecdsa(4), "ecdsa-with-SHA512", Some("SHA-512")),
        (ecdsa(5), "1.2.840.10045.4.3.5", None),
        (nist(1), "dsa-with-SHA224", Some("SHA-224")),
        (nist(2), "dsa-with-SHA256", Some("SHA-256")),
        (nist(5), "dsa-with-SHA3-224", Some("SHA3-224")),
        (nist(10), "ecdsa-with-SHA3-256", Some("SHA3-256")),
        (nist(12), "ecdsa-with-SHA3-512", Some("SHA3-512")),
        (nist(15), "rsa-with-SHA3-384", Some("SHA3-384")),
        (nist(17), "ML-DSA-44", None),
        (nist(18), "ML-DSA-65", None),
        (nist(19), "ML-DSA-87", None),
        (nist(25), "SLH-DSA-SHA2-256f", None),
        (nist(99), "2.16.840.1.101.3.4.3.99", None),
        (
            vec![0x2a, 0x86, 0x48, 0xce, 0x38, 4, 3],
            "dsa-with-SHA1",
            Some("SHA-1"),
        ),
        (vec![0x2b, 14, 3, 2, 29], "sha1WithRSA", Some("SHA-1")),
        (vec![0x2b, 0x65, 0x70], "Ed25519", None),
        (vec![0x2b, 0x65, 0x71], "Ed448", None),
    ] {
        let algorithm = sequence(&[oid(&content)]);
        let certificate = made(|spec| spec.algorithms = [algorithm.clone(), algorithm]);
        assert_eq!(certificate.signature_algorithm(), name);
        assert_eq!(certificate.signature_hash().map(Hash::name), hash, "{name}");
    }
}

#[test]
fn certificates_are_the_same_if_their_bytes_are_and_are_shown_by_their_fingerprint() {
    let (one, other) = (made(|_| {}), made(|_| {}));
    assert_eq!(one, one.clone());
    assert_ne!(one, other);
    assert!(one.is_self_signed() && one.is_self_issued() && one.is_ca());
    assert!(!made(|spec| spec.issuer = named(&[])).is_self_issued());
    assert!(!made(|spec| spec.extensions.clear()).is_ca());
    let shown = format!("{one:?}");
    assert_eq!(
        shown,
        format!("Certificate({} CN=Plain, O=Random)", one.sha256())
    );
}

#[test]
fn blocks_without_label_are_known_by_their_shape() {
    // What has the shape of nothing is taken for a broken certificate.
    const NONE: BlockKind = BlockKind::Certificate;
    let octets = || der(4, &[1; 9]);
    let bits = || der(3, &[0; 9]);
    let null = || der(5, &[]);
    let date = || der(0x17, b"270115080000Z");
    let set = || sequence(&[]);
    let pbe = oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 13]);
    let one = |first: u8| integer(&[first]);
    let signed = |parts: &[Vec<u8>]| sequence(&[sequence(parts), set(), bits()]);
    for (bytes, kind) in [
        (sequence(&[oid(&[0x2a, 3]), der(0xa0, &null())]), NONE),
        (sequence(&[one(0), set(), octets()]), BlockKind::PrivateKey),
        (sequence(&[one(4), set(), set()]), NONE),
        (
            sequence(&[one(0), one(1), one(1), one(1), one(1)]),
            BlockKind::PrivateKey,
        ),
        (sequence(&[one(1), one(1), one(1), one(1), one(1)]), NONE),
        (sequence(&[one(0), one(1), one(1), one(1)]), NONE),
        (sequence(&[one(1), octets()]), BlockKind::PrivateKey),
        (sequence(&[one(2), octets()]), NONE),
        (
            sequence(&[sequence(&[pbe, set()]), octets()]),
            BlockKind::PrivateKey,
        ),
        (
            sequence(&[sequence(&[oid(&[0x2a, 3]), set()]), octets()]),
            NONE,
        ),
        (
            sequence(&[sequence(&[oid(&[0x2a, 3])]), bits()]),
            BlockKind::PublicKey,
        ),
        (signed(&[one(0), set(), set()]), BlockKind::Csr),
        (
            signed(&[one(0), set(), set(), der(0xa0, &[])]),
            BlockKind::Csr,
        ),
        (signed(&[set(), set(), date()]), BlockKind::Crl),
        (signed(&[one(1), set(), set(), date()]), BlockKind::Crl),
        (signed(&[null()]), NONE),
    ] {
        let document = read(&bytes);
        let found = document.blocks[0].kind;
        assert_eq!(found, kind, "{bytes:02x?}");
    }
    let certificates = [BlockKind::Certificate, BlockKind::TrustedCertificate];
    for kind in [
        BlockKind::Pkcs7,
        BlockKind::Crl,
        BlockKind::PrivateKey,
        BlockKind::Unknown,
    ] {
        assert!(!kind.is_certificate());
    }
    assert!(certificates.into_iter().all(BlockKind::is_certificate));
}

#[test]
fn a_block_is_sound_if_there_is_nothing_but_notes() {
    let pem = made(|_| {}).to_pem();
    for (text, sound) in [
        (pem.clone(), true),
        (format!("a note\n{pem}"), true),
        (pem.replacen('\n', "\n\n", 1), true),
        (pem.replace("END CERTIFICATE", "END CRL"), false),
        (pem.replacen("\nMI", "\nAA", 1), false),
    ] {
        let document = read(text.as_bytes());
        assert_eq!(document.blocks[0].is_sound(), sound, "{text}");
    }
    let spaced = read(pem.replacen('\n', "\n\n", 1).as_bytes());
    assert!(
        spaced.blocks[0]
            .problems
            .iter()
            .all(trustctl::cert::Problem::is_note)
    );
    assert!(!spaced.blocks[0].problems.is_empty());
}

#[test]
fn what_is_refused_and_what_is_noted_is_told_apart() {
    let mut random = Random::new(3);
    let chain = chain(3, random.below(9), NOW);
    let leaf = Certificate::from_der(&chain.leaf).unwrap();
    let verdicts = judge::certificate(&leaf, Time(NOW));
    assert!(verdicts.iter().any(judge::Verdict::is_refusal));
    let soon = made(|spec| spec.not_after = NOW + 86_400);
    let notes = judge::certificate(&soon, Time(NOW));
    assert!(
        !notes.is_empty() && !notes.iter().any(judge::Verdict::is_refusal),
        "{notes:?}"
    );
    for verdict in verdicts.iter().chain(&notes) {
        let id = verdict.rule.to_string();
        assert_eq!(judge::Rule::from_id(&id), Some(verdict.rule));
        assert_eq!(serde_json::to_value(verdict.rule).unwrap(), id);
    }
}

#[test]
fn classes_of_known_bad_certificates_differ_in_meaning_and_three_are_refused() {
    use known_bad::Class;
    let all = [
        (Class::KeyLeakedOrInterception, true),
        (Class::RemovedForCause, true),
        (Class::Symantec, true),
        (Class::DistrustAfter, false),
        (Class::ChromeSctAfter, false),
        (Class::DebianBlacklist2026, false),
        (Class::Notice, false),
        (Class::Expired, false),
    ];
    let meanings: BTreeSet<&str> = all.iter().map(|(class, _)| class.meaning()).collect();
    assert_eq!(meanings.len(), all.len());
    assert!(meanings.iter().all(|meaning| meaning.contains(' ')));
    for (class, refused) in all {
        assert_eq!(class.is_refused(), refused, "{class:?}");
    }
}

#[test]
fn texts_that_are_no_fingerprint_or_time_say_what_one_looks_like() {
    let fault = "12".parse::<Fingerprint>().unwrap_err().to_string();
    assert!(fault.contains("64 hex digits"), "{fault}");
    let digits = "0f".repeat(32);
    assert_eq!(digits.parse::<Fingerprint>().unwrap().to_string(), digits);
    let fault = "noon".parse::<Time>().unwrap_err().to_string();
    assert!(fault.starts_with("`noon` is not a time like 20"), "{fault}");
    let time: Time = serde_json::from_str("\"2027-01-15T08:00:00Z\"").unwrap();
    assert_eq!(time, Time(NOW));
    assert!(serde_json::from_str::<Time>("\"noon\"").is_err());
}

#[test]
fn defects_are_told_in_words() {
    let repeated = |spec: &mut Spec| {
        let first = spec.extensions[0].clone();
        spec.extensions.push(first);
    };
    let cases: [(&str, Certificate); 3] = [
        ("occurs more than once", made(repeated)),
        (
            "notAfter lies before notBefore",
            made(|spec| spec.not_after = spec.not_before - 1),
        ),
        (
            "two different signature algorithms",
            made(|spec| spec.algorithms[1] = sequence(&[oid(&[0x2b, 0x65, 0x70])])),
        ),
    ];
    for (words, certificate) in cases {
        let told: Vec<String> = certificate
            .defects()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert!(told.iter().any(|text| text.contains(words)), "{told:?}");
    }
}
