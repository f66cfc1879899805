//! GnuTLS: `gnutls_x509_crt_list_import2` (lib/x509/x509.c, lib/x509_b64.c) and nettle's Base64: all or nothing.

use super::{Reading, find, strict};
use crate::cert::base64::value;

const CERTIFICATE: &[u8] = b"-----BEGIN CERTIFICATE";
const X509: &[u8] = b"-----BEGIN X509 CERTIFICATE";
const DASHES: &[u8] = b"-----";
const END: &[u8] = b"-----END ";

pub(super) fn file(bytes: &[u8]) -> Reading {
    let mut reading = Reading::default();
    let next = |at| find(bytes, CERTIFICATE, at).or_else(|| find(bytes, X509, at));
    let mut at = next(0);
    while let Some(start) = at {
        let der = decode(bytes, start, CERTIFICATE).or_else(|| decode(bytes, start, X509));
        let Some(found) = der.and_then(|der| strict(&der)) else {
            reading.certificates.clear();
            reading.stop(bytes, start);
            return reading;
        };
        reading.certificates.push(found);
        at = next(start + 1);
    }
    reading
}

/// The first block with this beginning (`_gnutls_fbase64_decode`), whatever follows in its label.
fn decode(bytes: &[u8], at: usize, begin: &[u8]) -> Option<Vec<u8>> {
    let start = find(bytes, begin, at)?;
    let content = find(bytes, DASHES, start + 1)? + DASHES.len();
    let end = find(bytes, END, content)?;
    base64(bytes.get(content..end).filter(|text| text.len() >= 4)?)
}

/// nettle's `base64_decode_update` and `base64_decode_final`: bits that belong to no byte are refused.
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let (mut out, mut word, mut bits, mut padding) = (Vec::new(), 0_u32, 0_u32, 0);
    for &byte in text {
        match byte {
            b'\t' | b'\n' | 0x0b | 0x0c | b'\r' | b' ' => {}
            b'-' => break,
            b'=' => {
                if bits == 0 || padding > 2 || word & ((1 << bits) - 1) != 0 {
                    return None;
                }
                padding += 1;
                bits -= 2;
            }
            _ => {
                let value = value(byte).filter(|_| padding == 0)?;
                word = word << 6 | u32::from(value);
                bits += 6;
                if bits >= 8 {
                    bits -= 8;
                    out.push((word >> bits & 0xff) as u8);
                }
            }
        }
    }
    (bits == 0 && !out.is_empty()).then_some(out)
}
