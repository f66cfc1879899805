use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::sample::*;
use crate::cert::{BlockKind, Characters, Document, Encoding, read, read_at_most};

fn pem() -> String {
    Sample::default().read().unwrap().to_pem()
}

pub(super) fn codes(document: &Document) -> Vec<&'static str> {
    let blocks = document.blocks.iter().flat_map(|block| &block.problems);
    blocks
        .chain(&document.problems)
        .map(|problem| problem.code.code())
        .collect()
}

/// Readable certificates, and every problem's code.
pub(super) fn seen(text: &[u8]) -> (usize, Vec<&'static str>) {
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
fn what_editors_and_mailers_do_to_a_file_is_read() {
    let pem = pem();
    let plain = |more: &[&'static str]| (1, more.to_vec());
    assert_eq!(seen(pem.replace('\n', "\r\n").as_bytes()), plain(&[]));
    assert_eq!(seen(pem.replace('\n', "\r\r\n").as_bytes()).0, 1);
    assert_eq!(
        seen(pem.replace('\n', "\r").as_bytes()),
        plain(&["carriage-returns"])
    );
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
            (2, vec!["joined-files"]),
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
