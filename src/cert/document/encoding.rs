//! What a file is, told from its content.

use serde::Serialize;

use crate::cert::der::SEQUENCE;
use crate::cert::kind::BlockKind;
use crate::cert::pkcs7;
use crate::cert::problem::ProblemCode;
use crate::cert::sst;

/// What a file is, seen from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// Text with markers.
    Pem,
    /// One binary object, a certificate as a rule.
    Der,
    /// PKCS#7 without markers.
    Pkcs7Der,
    /// A serialized certificate store of Windows.
    SerializedStore,
    /// PKCS#12.
    Pkcs12,
    /// JKS or JCEKS.
    JavaKeystore,
    /// Nothing, or nothing but white space.
    Empty,
    /// Anything else.
    Unknown,
}

impl Encoding {
    /// Tells it from the content alone.
    pub(super) fn of(text: &[u8]) -> Encoding {
        match text {
            _ if text.iter().all(u8::is_ascii_whitespace) => Encoding::Empty,
            [0xfe, 0xed, 0xfe, 0xed, ..] | [0xce, 0xce, 0xce, 0xce, ..] => Encoding::JavaKeystore,
            _ if text.starts_with(sst::MAGIC) => Encoding::SerializedStore,
            [SEQUENCE, ..] if is_binary(text) => binary_encoding(text),
            _ if has_marker(text) => Encoding::Pem,
            _ => Encoding::Unknown,
        }
    }
}

/// DER or BER rather than a text that begins with the digit 0, which has the same value. A signed message can hold a
/// text with markers in it, so markers count only where the bytes are not one whole element.
fn is_binary(text: &[u8]) -> bool {
    let is_text = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    pkcs7::is_one_element(text) || (!has_marker(text) && !text.iter().take(64).all(is_text))
}

fn binary_encoding(text: &[u8]) -> Encoding {
    match BlockKind::of_der(text) {
        BlockKind::Pkcs12 => Encoding::Pkcs12,
        BlockKind::Pkcs7 => Encoding::Pkcs7Der,
        BlockKind::Unknown if pkcs7::certificates(text).is_some() => Encoding::Pkcs7Der,
        _ => Encoding::Der,
    }
}

fn has_marker(text: &[u8]) -> bool {
    text.windows(11)
        .any(|window| window.starts_with(b"-----BEGIN ") || window.starts_with(b"-----END "))
}

/// Why a text without markers holds nothing: the likeliest mistake is a certificate pasted without them.
pub(super) fn unknown(text: &[u8]) -> ProblemCode {
    let text = text.trim_ascii_start();
    let page = |start: &[u8]| {
        let head = text.get(..start.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(start))
    };
    if text.starts_with(b"MII") {
        ProblemCode::BareBase64
    } else if page(b"<!doctype html") || page(b"<html") {
        ProblemCode::WebPage
    } else {
        ProblemCode::NotCertificates
    }
}
