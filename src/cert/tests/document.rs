use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::sample::*;
use crate::cert::{
    BlockKind, Certificate, Characters, Document, Encoding, Known, read, read_at_most, read_known,
};

fn pem() -> String {
    Sample::default().read().unwrap().to_pem()
}

fn codes(document: &Document) -> Vec<&'static str> {
    let blocks = document.blocks.iter().flat_map(|block| &block.problems);
    blocks
        .chain(&document.problems)
        .map(|problem| problem.code.code())
        .collect()
}

/// Readable certificates, and every problem's code.
fn seen(text: &[u8]) -> (usize, Vec<&'static str>) {
    let document = read(text);
    (document.certificates().count(), codes(&document))
}

#[test]
fn a_plain_file_has_one_sound_block() {
    let document = read(pem().as_bytes());
    assert_eq!(
        (document.encoding, document.characters),
        (Encoding::Pem, Characters::Utf8)
    );
    assert!(!document.has_cr && document.ends_with_newline && !document.has_private_key());
    let block = &document.blocks[0];
    assert_eq!(
        (block.line, block.offset, &*block.label, block.kind),
        (1, 0, "CERTIFICATE", BlockKind::Certificate)
    );
    assert!(block.is_sound());
    assert_eq!(codes(&document), Vec::<&str>::new());
}

#[test]
fn a_bundle_of_files_that_were_read_is_the_same_as_if_it_were_read_itself() {
    let serial = |last| Sample {
        serial: vec![2, 1, last],
        ..Sample::default()
    };
    let [one, two, three] = [1, 2, 3].map(|last| serial(last).read().unwrap().to_pem());
    let bare = two.trim_end();
    let pair = format!("{one}{three}");
    let crlf = one.replace('\n', "\r\n");
    let text = format!("Root\n{one}");
    let marked = format!("\u{feff}{one}");
    let long = one.replacen('\n', "\n ", 2);
    let rubbish = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    for (files, bundle, is_joined) in [
        (
            &[&*one, &two, &three][..],
            format!("{one}{two}{three}"),
            true,
        ),
        (&[&one, bare, &three], format!("{one}{two}{three}"), true),
        (
            &[&one, rubbish, &pair],
            format!("{one}{rubbish}{pair}"),
            true,
        ),
        (&[&one, &two, &three], format!("{one}{three}"), true),
        (&[&one, &two], format!("{two}{one}"), false),
        (&[&one, bare, &three], format!("{one}{bare}{three}"), false),
        (&[&one], format!("{one}x"), false),
        (&[&one], format!("{one}\n"), false),
        (&[&one, &two], two[..two.len() - 1].to_string(), false),
        (&[&crlf, &two], format!("{crlf}{two}"), false),
        (&[&text, &two], format!("{text}{two}"), false),
        (&[&marked, &two], format!("{marked}{two}"), false),
        (&[&long, &two], format!("{long}{two}"), false),
        (&[&one], String::new(), false),
    ] {
        let read_files: Vec<Document> = files.iter().map(|file| read(file.as_bytes())).collect();
        let known = files.iter().map(|file| file.as_bytes()).zip(&read_files);
        let joined = Document::joined(bundle.as_bytes(), known);
        assert_eq!(joined.is_some(), is_joined, "{bundle}");
        if let Some(joined) = joined {
            let whole = read(bundle.as_bytes());
            assert_eq!(format!("{joined:?}"), format!("{whole:?}"));
        }
    }
    let binary = serial(1).read().unwrap();
    let document = read(binary.der());
    let bundle = [binary.der(), b"\n"].concat();
    assert!(Document::joined(&bundle, [(binary.der(), &document)]).is_none());
}

#[test]
fn a_certificate_with_the_same_end_as_one_read_before_is_another() {
    let serial = |last| Sample {
        serial: vec![2, 1, last],
        ..Sample::default()
    };
    let (first, second) = (serial(1).read().unwrap(), serial(2).read().unwrap());
    assert_eq!(first.der().last_chunk::<16>(), second.der().last_chunk());
    let mut known = Known::default();
    for expected in [&first, &second, &first, &second] {
        let document = read_known(expected.to_pem().as_bytes(), &mut known);
        let found: Vec<&Certificate> = document.certificates().map(|(_, found)| found).collect();
        assert_eq!(found, [expected]);
    }
}

#[test]
fn what_editors_and_mailers_do_to_a_file_is_read() {
    let pem = pem();
    let plain = |more: &[&'static str]| (1, more.to_vec());
    assert_eq!(seen(pem.replace('\n', "\r\n").as_bytes()), plain(&[]));
    assert_eq!(seen(pem.replace('\n', "\r").as_bytes()), plain(&[]));
    assert_eq!(seen(pem.trim_end().as_bytes()), plain(&[]));
    assert_eq!(seen(format!("\u{feff}{pem}").as_bytes()), plain(&[]));
    assert_eq!(
        seen(format!("Subject: x\n\n{pem}more\n").as_bytes()),
        plain(&["text-outside"])
    );
    assert_eq!(
        seen(pem.replace("-----\n", "-----  \n").as_bytes()),
        plain(&[])
    );
    assert_eq!(
        seen(pem.replace("CERTIFICATE", "X509 CERTIFICATE").as_bytes()),
        plain(&[])
    );
    let wide: Vec<u8> = pem.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(seen(&wide), plain(&[]));
    assert_eq!(seen(&[&[0xff, 0xfe], &wide[..]].concat()), plain(&[]));
    assert_eq!(
        seen(
            &pem.encode_utf16()
                .flat_map(u16::to_be_bytes)
                .collect::<Vec<u8>>()
        ),
        plain(&[])
    );
    assert!(read(pem.replace('\n', "\r\n").as_bytes()).has_cr);
    assert!(!read(pem.trim_end().as_bytes()).ends_with_newline);
}

#[test]
fn lines_of_any_length_are_read_and_noted() {
    let pem = pem();
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let wrap = |width: usize| {
        let lines: Vec<&str> = body
            .as_bytes()
            .chunks(width)
            .map(|line| str::from_utf8(line).unwrap())
            .collect();
        format!(
            "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
            lines.join("\n")
        )
    };
    assert_eq!(seen(wrap(64).as_bytes()), (1, vec![]));
    for width in [1, 63, 65, 76, 5000] {
        assert_eq!(
            seen(wrap(width).as_bytes()),
            (1, vec!["odd-line-length"]),
            "{width}"
        );
    }
    assert_eq!(
        seen(wrap(64).replace('\n', "\n\n").as_bytes()),
        (1, vec!["blanks-in-base64", "odd-line-length"])
    );
}

#[test]
fn broken_armour_is_told_and_never_passed_over() {
    let pem = pem();
    let cut = pem.rsplit_once("-----END").unwrap().0;
    let headers = pem.replacen(
        '\n',
        "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n",
        1,
    );
    for (text, expected) in [
        (
            pem.replace("END CERTIFICATE", "END X509 CRL"),
            (1, vec!["end-label-mismatch"]),
        ),
        (cut.to_owned(), (1, vec!["unterminated-block"])),
        (format!("{cut}{pem}"), (2, vec!["begin-inside-block"])),
        (
            format!("{pem}-----END CERTIFICATE-----\n"),
            (1, vec!["end-without-begin"]),
        ),
        (
            format!("{}{pem}", pem.trim_end()),
            (2, vec!["marker-inside-line"]),
        ),
        (format!("  {pem}"), (1, vec!["marker-inside-line"])),
        (format!("x{pem}"), (1, vec!["marker-inside-line"])),
        (
            pem.replace("\n-----END", "-----END"),
            (1, vec!["marker-inside-line"]),
        ),
        (
            pem.replace("CERTIFICATE-----\n", "CERTIFICATE----- x\n"),
            (1, vec!["text-after-marker"; 2]),
        ),
        (
            pem.replace("-----BEGIN", "----BEGIN"),
            (
                0,
                vec!["malformed-marker", "text-outside", "end-without-begin"],
            ),
        ),
        (
            pem.replacen("CERTIFICATE-----", "CERTIFICATE---", 1),
            (1, vec!["malformed-marker"]),
        ),
        (pem.replacen('M', "!", 1), (0, vec!["bad-base64"])),
        (
            pem.replace("VVVV", "VVV"),
            (0, vec!["odd-line-length", "bad-padding"]),
        ),
        (headers, (0, vec!["headers", "encrypted-block"])),
        (
            pem.replacen('\n', "\nComment: x\n\n", 1),
            (1, vec!["headers"]),
        ),
        (
            "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n".to_owned(),
            (0, vec!["empty-block"]),
        ),
        (format!("\0{pem}"), (1, vec!["marker-inside-line"])),
        (format!("\0\n{pem}"), (1, vec!["text-outside", "nul-byte"])),
        (pem.replace("CERTIFICATE", "PKCS7"), (0, vec!["bad-pkcs7"])),
        (pem.replace("CERTIFICATE", "X509 CRL"), (0, vec!["bad-crl"])),
        (String::new(), (0, vec!["empty"])),
        (" \r\n\t".to_owned(), (0, vec!["empty"])),
        ("hello".to_owned(), (0, vec!["not-certificates"])),
        (
            "0: a text that begins with the tag of a sequence".to_owned(),
            (0, vec!["not-certificates"]),
        ),
        ("MIIBszCCAVmgAwIBAgIB".to_owned(), (0, vec!["bare-base64"])),
    ] {
        assert_eq!(seen(text.as_bytes()), expected, "{text}");
    }
}

#[test]
fn problems_have_their_line_and_offset() {
    let pem = pem();
    let text = format!("{pem}{}", pem.replacen('M', "!", 1));
    let document = read(text.as_bytes());
    let lines = pem.lines().count();
    assert_eq!(
        (document.blocks[1].line, document.blocks[1].offset),
        (lines + 1, pem.len())
    );
    let problem = document.blocks[1].problems[0];
    assert_eq!(
        (problem.line, problem.offset),
        (lines + 2, pem.len() + "-----BEGIN CERTIFICATE-----\n".len())
    );
    let cut = pem.rsplit_once("-----END").unwrap().0;
    let last = read(cut.as_bytes()).blocks[0].problems[0];
    assert_eq!(last.line, lines - 1);
}

#[test]
fn der_is_read_to_the_last_byte() {
    let der = Sample::default().der();
    let document = read(&der);
    assert_eq!(
        (document.encoding, document.certificates().count()),
        (Encoding::Der, 1)
    );
    assert_eq!(document.blocks[0].line, 0);
    for bytes in [
        [&der[..], &[0]].concat(),
        der[..der.len() - 1].to_vec(),
        [&der[..], &der].concat(),
    ] {
        let document = read(&bytes);
        assert_eq!(document.certificates().count(), 0);
        assert!(document.blocks[0].certificates[0].is_err());
    }
}

#[test]
fn trailing_bytes_in_a_block_are_a_fault_unless_they_are_trust_settings() {
    let armour =
        |label: &str, bytes: &[u8]| pem::encode(&pem::Pem::new(label, bytes)).replace("\r\n", "\n");
    let der = Sample::default().der();
    let settings = [
        &der[..],
        &seq(&[&seq(&[&tlv(6, &[&[0x2b, 6, 1, 5, 5, 7, 3, 1]])])]),
    ]
    .concat();
    assert_eq!(
        seen(armour("TRUSTED CERTIFICATE", &der).as_bytes()),
        (1, vec![])
    );
    assert_eq!(
        seen(armour("TRUSTED CERTIFICATE", &settings).as_bytes()),
        (1, vec!["trust-settings"])
    );
    assert_eq!(
        seen(armour("CERTIFICATE", &settings).as_bytes()),
        (0, vec![])
    );
    let rubbish = [&der[..], &[0x30, 5]].concat();
    assert_eq!(
        seen(armour("TRUSTED CERTIFICATE", &rubbish).as_bytes()),
        (0, vec![])
    );
    assert_eq!(
        seen(armour("TRUSTED CERTIFICATE", &[&der[..], &[5, 0]].concat()).as_bytes()),
        (0, vec![])
    );
}

#[test]
fn a_revocation_list_is_a_problem_only_where_it_does_not_read() {
    let crl = support::Ca::new("Revoking").crl();
    let codes_of = |bytes: &[u8]| {
        let text = pem::encode(&pem::Pem::new("X509 CRL", bytes));
        codes(&read(text.as_bytes()))
    };
    assert!(codes_of(&crl).is_empty());
    assert!(codes_of(&[&crl, &b"more"[..]].concat()).is_empty());
    assert_eq!(codes_of(&crl[..crl.len() - 1]), ["bad-crl"]);
}

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

#[test]
fn reading_stops_at_the_limit() {
    let text = pem().repeat(3);
    let document = read_at_most(text.as_bytes(), 2);
    assert_eq!(document.certificates().count(), 2);
    assert_eq!(codes(&document), ["too-many-certificates"]);
    assert_eq!(codes(&read_at_most(text.as_bytes(), 3)), Vec::<&str>::new());
}

#[test]
fn long_rubbish_is_read_quickly() {
    let megabytes = 5 << 20;
    let marker = b"-----BEGIN A-----";
    for rubbish in [
        vec![0; megabytes],
        vec![b'-'; megabytes],
        vec![b'\n'; megabytes],
        [
            b"-----BEGIN CERTIFICATE-----\n".to_vec(),
            vec![b'A'; megabytes],
        ]
        .concat(),
        marker.repeat(megabytes / marker.len()),
        b"-----BEGIN ".repeat(megabytes / 11),
        vec![0x30; megabytes],
        [0x30, 0x80].repeat(megabytes / 2),
    ] {
        let start = Instant::now();
        let document = read(&rubbish);
        assert_eq!(document.certificates().count(), 0);
        // Without optimisation and on a busy machine; alone, the release build needs milliseconds.
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "{:?} {:02x?}",
            start.elapsed(),
            &rubbish[..16]
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = read(&bytes);
    }

    #[test]
    fn any_change_to_a_file_is_read_without_a_panic(at in 0..1400_usize, with in any::<u8>(), cut in 0..1400_usize) {
        for mut bytes in [pem().into_bytes(), Sample::default().der()] {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = with;
            }
            bytes.truncate(cut.max(1));
            for (_, certificate) in read(&bytes).certificates() {
                let _ = (certificate.self_signed(), certificate.subject_hash());
            }
        }
    }

    #[test]
    fn what_is_written_is_read_again(count in 1..4_usize, cr in any::<bool>(), serial in 1..127_u8) {
        let certificate = Sample { serial: vec![2, 1, serial], ..Sample::default() }.read().unwrap();
        let mut text = certificate.to_pem().repeat(count);
        if cr {
            text = text.replace('\n', "\r\n");
        }
        let document = read(text.as_bytes());
        prop_assert_eq!(document.certificates().filter(|(_, found)| **found == certificate).count(), count);
        prop_assert!(document.blocks.iter().all(crate::cert::Block::is_sound) && document.problems.is_empty());
    }
}
