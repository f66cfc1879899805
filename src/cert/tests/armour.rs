use super::sample::*;
use crate::cert::{BlockKind, Encoding, Problem, read};

fn pem() -> String {
    Sample::default().read().unwrap().to_pem()
}

/// What is said of each block, and after `|` what is said of the rest.
fn places(text: &str) -> String {
    let document = read(text.as_bytes());
    let codes = |problems: &[Problem]| {
        let codes: Vec<&str> = problems.iter().map(|problem| problem.code.code()).collect();
        codes.join(" ")
    };
    let blocks: Vec<String> = document
        .blocks
        .iter()
        .map(|block| codes(&block.problems))
        .collect();
    format!("{} | {}", blocks.join(", "), codes(&document.problems))
}

#[test]
fn a_problem_belongs_to_the_block_on_its_line() {
    let pem = pem();
    let cut = pem.rsplit_once("-----END").unwrap().0;
    for (text, expected) in [
        (
            pem.replacen("-----\n", "----- x\n", 1),
            "text-after-marker | ",
        ),
        (
            pem.replace("CATE-----\n", "CATE----- x\n"),
            "text-after-marker text-after-marker | ",
        ),
        (
            format!("{pem}{}", pem.replacen("-----\n", "----- x\n", 1)),
            ", text-after-marker | ",
        ),
        (format!("{cut}{pem}"), "begin-inside-block,  | "),
        (
            format!("-----END X----- x\n{pem}"),
            " | end-without-begin text-after-marker",
        ),
        (
            format!("{}-----END X-----\n", pem.trim_end()),
            " | end-without-begin marker-inside-line",
        ),
    ] {
        assert_eq!(places(&text), expected, "{text}");
    }
}

#[test]
fn only_the_headers_of_an_encrypted_block_hide_its_content() {
    let pem = pem();
    for (header, code) in [
        ("Proc-Type: 4,ENCRYPTED", "headers encrypted-block | "),
        ("proc-type:4,ENCRYPTED", "headers encrypted-block | "),
        ("DEK-Info: AES-128-CBC,00", "headers encrypted-block | "),
        ("Proc-Type: 4,MIC-CLEAR", "headers | "),
        ("Comment: ENCRYPTED", "headers | "),
    ] {
        let text = pem.replacen('\n', &format!("\n{header}\n\n"), 1);
        assert_eq!(places(&text), code, "{header}");
    }
}

#[test]
fn markers_are_found_wherever_they_stand() {
    let short = "-----BEGIN X-----\nAAAA\n";
    for (end, expected) in [
        ("-----END ", "end-label-mismatch malformed-marker | "),
        (
            "-----END",
            "unterminated-block odd-line-length bad-base64 | ",
        ),
        (
            "x-----END X-----",
            "odd-line-length bad-padding marker-inside-line | ",
        ),
    ] {
        assert_eq!(places(&format!("{short}{end}")), expected, "{end}");
    }
}

#[test]
fn what_an_unknown_label_hides_is_told_only_if_it_is_a_key() {
    let key = seq(&[&tlv(2, &[&[1]]), &tlv(4, &[&[7; 32]])]);
    for (bytes, expected) in [
        (&key, (BlockKind::PrivateKey, "label-mismatch | ")),
        (&Sample::default().der(), (BlockKind::Unknown, " | ")),
    ] {
        let text = pem::encode(&pem::Pem::new("SOMETHING", bytes.clone()));
        let kind = read(text.as_bytes()).blocks[0].kind;
        assert_eq!((kind, &*places(&text)), expected);
    }
    let neither = seq(&[&tlv(2, &[&[1]]), &tlv(1, &[&[0]])]);
    let document = read(&neither);
    assert_eq!(document.encoding, Encoding::Der);
    assert_eq!(document.blocks[0].kind, BlockKind::Certificate);
}
