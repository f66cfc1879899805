use super::sample::*;
use crate::cert::{Certificate, Defect, Hash, Time};

pub(super) fn with(change: impl FnOnce(&mut Sample)) -> Certificate {
    let mut sample = Sample::default();
    change(&mut sample);
    sample.read().unwrap()
}

/// Code and text of the fault that a change leads to.
fn fault(change: impl FnOnce(&mut Sample)) -> (&'static str, String) {
    let mut sample = Sample::default();
    change(&mut sample);
    let fault = sample.read().unwrap_err();
    (fault.kind.code(), fault.to_string())
}

#[test]
fn a_certificate_is_read_with_all_its_facts() {
    let root = with(|_| {});
    assert_eq!(root.version(), 3);
    assert_eq!(root.serial(), "01");
    assert_eq!(root.subject().display(), "CN=Sample Root");
    assert_eq!(root.issuer().common_name(), Some("Sample Root"));
    assert_eq!(root.not_before().to_string(), "2025-01-01T00:00:00Z");
    assert_eq!(root.not_after().to_string(), "2035-01-01T00:00:00Z");
    assert_eq!(root.key().to_string(), "RSA 2048");
    assert_eq!(root.signature_algorithm(), "sha256WithRSAEncryption");
    assert_eq!(root.signature_hash(), Some(Hash::Sha256));
    assert_eq!(root.key_usage().unwrap().uses, ["keyCertSign", "cRLSign"]);
    assert_eq!(root.subject_key_id(), Some(&[1][..]));
    assert_eq!(root.authority_key_id(), None);
    assert!(root.is_ca() && root.has_key_cert_sign() && root.is_self_issued());
    assert_eq!(root.defects(), []);
    assert_eq!(root.der(), Sample::default().der());
}

#[test]
fn the_path_length_and_the_criticality_are_read() {
    let constraints = extension(19, false, &seq(&[&tlv(1, &[&[0xff]]), &[2, 1, 3]]));
    let found = with(|s| s.tail = Sample::extensions(&[&constraints]))
        .basic_constraints()
        .unwrap();
    assert_eq!(
        (found.critical, found.ca, found.path_len),
        (false, true, Some(3))
    );
}

#[test]
fn both_forms_of_time_are_read() {
    for (tag, text, shown) in [
        (0x17, "491231235959Z", "2049-12-31T23:59:59Z"),
        (0x17, "500101000000Z", "1950-01-01T00:00:00Z"),
        (0x18, "99991231235959Z", "9999-12-31T23:59:59Z"),
        (0x18, "20240229120000Z", "2024-02-29T12:00:00Z"),
    ] {
        let time = tlv(tag, &[text.as_bytes()]);
        let certificate = with(|s| s.validity = seq(&[&time, &time]));
        assert_eq!(certificate.not_before().to_string(), shown);
    }
}

#[test]
fn other_forms_of_time_are_faults() {
    for (tag, text) in [
        (0x17, "2501010000Z"),
        (0x17, "250101000000"),
        (0x17, "250101000000+0000"),
        (0x17, "250230000000Z"),
        (0x17, "25010100000aZ"),
        (0x17, "250101240000Z"),
        (0x18, "20250101000000.5Z"),
        (0x18, "250101000000Z"),
        (0x0c, "250101000000Z"),
    ] {
        let time = tlv(tag, &[text.as_bytes()]);
        let (code, message) = fault(|s| s.validity = seq(&[&time, &time]));
        assert!(
            ["der-content", "der-unexpected"].contains(&code),
            "{text}: {message}"
        );
    }
}

#[test]
fn serials_are_shown_in_hex_with_their_sign() {
    for (content, shown) in [
        (&[0x00][..], "00"),
        (&[0x00, 0x80], "80"),
        (&[0x01, 0x02], "0102"),
        (&[0xff], "-01"),
        (&[0x80], "-80"),
        (&[0xff, 0x00], "-0100"),
    ] {
        assert_eq!(with(|s| s.serial = tlv(2, &[content])).serial(), shown);
    }
}

#[test]
fn versions_are_one_to_three() {
    assert_eq!(
        with(|s| (s.version, s.tail) = (vec![], vec![])).version(),
        1
    );
    assert_eq!(
        with(|s| (s.version, s.tail) = (tlv(0xa0, &[&[2, 1, 1]]), vec![])).version(),
        2
    );
    assert_eq!(
        fault(|s| s.version = tlv(0xa0, &[&[2, 1, 3]])).0,
        "der-content"
    );
    assert_eq!(
        fault(|s| s.version = tlv(0xa0, &[&[2, 2, 1, 0]])).0,
        "der-content"
    );
    assert_eq!(
        fault(|s| s.version = tlv(0xa0, &[&[2, 1, 2, 5, 0]])).0,
        "der-trailing-bytes"
    );
}

#[test]
fn every_part_must_be_there_and_nothing_else() {
    for change in [
        (|s: &mut Sample| s.serial = vec![]) as fn(&mut Sample),
        |s| s.signed_algorithm = vec![],
        |s| s.validity = vec![],
        |s| s.key = vec![],
        |s| s.signature = vec![],
        |s| s.algorithm = vec![],
        |s| s.algorithm = seq(&[]),
        |s| s.tail = tlv(0xa3, &[]),
        |s| s.tail = tlv(0xa4, &[]),
        |s| s.tail.extend([5, 0]),
        |s| s.signature.extend([5, 0]),
        |s| s.key = seq(&[&rsa_sha256()]),
        |s| s.validity = seq(&[&tlv(0x17, &[b"250101000000Z"])]),
        |s| s.tail = Sample::extensions(&[&seq(&[&tlv(6, &[&[0x55, 0x1d, 1]])])]),
        |s| s.tail = Sample::extensions(&[&[extension(1, true, &[]), vec![5, 0]].concat()]),
    ] {
        let (code, message) = fault(change);
        assert!(
            ["der-unexpected", "der-trailing-bytes", "der-truncated"].contains(&code),
            "{message}"
        );
    }
}

#[test]
fn a_fault_has_the_offset_of_its_element() {
    let mut der = Sample::default().der();
    let end = der.len();
    der.push(0);
    let fault = Certificate::from_der(&der).unwrap_err();
    assert_eq!(
        (fault.offset, fault.kind.code()),
        (end, "der-trailing-bytes")
    );
    assert_eq!(
        fault.to_string(),
        format!("1 bytes after the end at offset {end}")
    );
}

#[test]
fn what_reads_but_breaks_a_rule_is_a_defect() {
    let malformed = |last: &str| vec![Defect::MalformedExtension(format!("2.5.29.{last}"))];
    let extensions = |list: &[&[u8]]| Sample::extensions(list);
    let broken_ip = extension(17, false, &seq(&[&tlv(0x87, &[&[1, 2, 3]])]));
    let trailing = extension(19, true, &[seq(&[]), vec![0]].concat());
    for (tail, defects) in [
        (extensions(&[]), vec![Defect::NoExtensions]),
        (
            extensions(&[&ca(true), &ca(true)]),
            vec![Defect::RepeatedExtension("2.5.29.19".into())],
        ),
        (
            extensions(&[&extension(15, true, &[5, 0])]),
            malformed("15"),
        ),
        (extensions(&[&broken_ip]), malformed("17")),
        (extensions(&[&trailing]), malformed("19")),
        (tlv(0x81, &[&[0, 1]]), vec![]),
    ] {
        assert_eq!(with(|s| s.tail = tail).defects(), defects);
    }
    let early = with(|s| s.version = tlv(0xa0, &[&[2, 1, 1]]));
    assert_eq!(early.defects(), [Defect::ExtensionsBeforeV3]);
    let unique = with(|s| (s.version, s.tail) = (vec![], tlv(0x82, &[&[0, 1]])));
    assert_eq!(unique.defects(), [Defect::UniqueIdInV1]);
    assert_eq!(
        with(|s| s.algorithm = algorithm(5)).defects(),
        [Defect::AlgorithmMismatch]
    );
    assert_eq!(
        with(|s| s.subject = name(&[&[]])).defects(),
        [Defect::EmptyNamePart]
    );
    assert_eq!(
        with(|s| s.subject = name(&[&[(3, 0x0c, b"\xff")]])).defects(),
        [Defect::MalformedName]
    );
    let backwards = seq(&[
        &tlv(0x17, &[b"350101000000Z"]),
        &tlv(0x17, &[b"250101000000Z"]),
    ]);
    assert_eq!(
        with(|s| s.validity = backwards).defects(),
        [Defect::NeverValid]
    );
}

#[test]
fn names_constraints_and_purposes_are_readable() {
    let names = [
        tlv(0x82, &[b"a.example"]),
        tlv(0x81, &[b"a@example"]),
        tlv(0x86, &[b"https://a.example"]),
        tlv(0x87, &[&[10, 0, 0, 1]]),
        tlv(0x87, &[&[0; 16]]),
        tlv(0xa4, &[&common_name("x")]),
        tlv(0x88, &[&[0x2a, 3]]),
        tlv(0xa0, &[&tlv(6, &[&[0x2a, 3]]), &tlv(0xa0, &[&[5, 0]])]),
    ];
    let alternatives = extension(17, false, &seq(&names.each_ref().map(Vec::as_slice)));
    let subtree = |name: &[u8]| seq(&[&seq(&[name])])[2..].to_vec();
    let constraints = extension(
        30,
        true,
        &seq(&[
            &tlv(
                0xa0,
                &[&subtree(&tlv(0x87, &[&[10, 0, 0, 0, 255, 0, 0, 0]]))],
            ),
            &tlv(0xa1, &[&subtree(&tlv(0x82, &[b".example"]))]),
        ]),
    );
    let purposes = [
        &[0x55, 0x1d, 0x25, 0][..],
        &[0x2b, 6, 1, 5, 5, 7, 3, 1],
        &[0x2a, 3],
    ]
    .map(|oid| tlv(6, &[oid]));
    let purposes = extension(37, false, &seq(&purposes.each_ref().map(Vec::as_slice)));
    let unknown = extension(99, true, &[]);
    let all =
        with(|s| s.tail = Sample::extensions(&[&alternatives, &constraints, &purposes, &unknown]));
    assert_eq!(all.defects(), []);
    let extensions = all.extensions();
    let shown = [
        "DNS:a.example",
        "email:a@example",
        "URI:https://a.example",
        "IP:10.0.0.1",
        "IP:::",
        "DirName:CN=x",
    ];
    assert_eq!(extensions.subject_alt_names[..6], shown);
    assert_eq!(
        extensions.subject_alt_names[6..],
        ["RID:1.2.3", "otherName:1.2.3"]
    );
    let found = all.name_constraints().unwrap();
    assert_eq!(
        (&found.permitted[..], &found.excluded[..]),
        (
            &["IP:10.0.0.0/255.0.0.0".into()][..],
            &["DNS:.example".into()][..]
        )
    );
    assert_eq!(
        extensions.extended_key_usage.as_deref().unwrap(),
        ["anyExtendedKeyUsage", "serverAuth", "1.2.3"]
    );
    assert_eq!(extensions.unknown_critical, ["2.5.29.99"]);
}

#[test]
fn keys_are_named_by_kind_and_strength() {
    let p256 = tlv(6, &[&[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]]);
    let okp = |last| {
        seq(&[
            &seq(&[&tlv(6, &[&[0x2b, 0x65, last]])]),
            &tlv(3, &[&[0; 33]]),
        ])
    };
    let dsa = tlv(6, &[&[0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1]]);
    let dsa = seq(&[
        &seq(&[&dsa, &seq(&[&tlv(2, &[&[0x7f; 128]])])]),
        &tlv(3, &[&[0; 9]]),
    ]);
    for (key, shown) in [
        (rsa_key(1024), "RSA 1024"),
        (ec_key(&p256, 65), "EC P-256"),
        (ec_key(&seq(&[]), 57), "EC explicit"),
        (ec_key(&tlv(6, &[&[0x2a, 3]]), 57), "EC 1.2.3"),
        (okp(0x70), "Ed25519"),
        (okp(0x71), "Ed448"),
        (okp(0x01), "1.3.101.1"),
        (dsa, "DSA 1023"),
        (seq(&[&algorithm(1), &tlv(3, &[&[0, 5, 0]])]), "RSA 0"),
    ] {
        assert_eq!(with(|s| s.key = key).key().to_string(), shown);
    }
    assert_eq!(with(|s| s.key = ec_key(&seq(&[]), 57)).key().bits, 224);
}

#[test]
fn the_hash_of_pss_is_in_its_parameters() {
    let pss = |parameters: &[u8]| {
        seq(&[
            &tlv(6, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10]]),
            parameters,
        ])
    };
    let sha2 = |last| {
        let oid = tlv(6, &[&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, last]]);
        pss(&seq(&[&tlv(0xa0, &[&seq(&[&oid])])]))
    };
    for (algorithm, hash) in [
        (pss(&[]), None),
        (pss(&seq(&[])), Some(Hash::Sha1)),
        (sha2(1), Some(Hash::Sha256)),
        (sha2(2), Some(Hash::Sha384)),
        (sha2(3), Some(Hash::Sha512)),
        (sha2(4), Some(Hash::Sha224)),
        (sha2(8), Some(Hash::Sha3T256)),
        (sha2(99), None),
        (pss(&seq(&[&tlv(0xa0, &[])])), None),
    ] {
        let certificate = with(|s| s.signed_algorithm = algorithm);
        assert_eq!(
            (
                certificate.signature_algorithm(),
                certificate.signature_hash()
            ),
            ("rsassaPss", hash)
        );
    }
}

#[test]
fn pem_is_written_as_openssl_writes_it() {
    let root = with(|_| {});
    let pem = root.to_pem();
    let lines: Vec<&str> = pem.lines().collect();
    assert_eq!(
        (lines[0], lines[lines.len() - 1]),
        ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----")
    );
    assert!(
        lines[1..lines.len() - 2]
            .iter()
            .all(|line| line.len() == 64)
    );
    assert!(pem.ends_with("-----\n") && !pem.contains('\r'));
    let read = crate::cert::read(pem.as_bytes());
    assert_eq!(
        read.certificates()
            .map(|(_, found)| found)
            .collect::<Vec<_>>(),
        [&root]
    );
}

#[test]
fn times_are_compared_with_the_clock_that_is_handed_in() {
    let root = with(|_| {});
    assert!(root.not_before() < NOW && NOW < root.not_after());
    assert_eq!(NOW, "2026-06-01T00:00:00Z".parse::<Time>().unwrap());
}
