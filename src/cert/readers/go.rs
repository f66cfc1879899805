//! Go: `pem.Decode` (encoding/pem) as `CertPool.AppendCertsFromPEM` calls it; what it cannot read it leaves out.

use super::{Reading, find, strict};
use crate::cert::base64::value;

const START: &[u8] = b"\n-----BEGIN ";
const END: &[u8] = b"\n-----END ";
const DASHES: &[u8] = b"-----";

pub(super) fn file(bytes: &[u8]) -> Reading {
    let mut reading = Reading::default();
    let mut rest = bytes;
    while !rest.is_empty() {
        let Some((block, after)) = next(rest) else {
            break;
        };
        rest = after;
        if block.label == b"CERTIFICATE" && !block.headers {
            reading.certificates.extend(strict(&block.der));
        }
    }
    reading
}

struct Block<'a> {
    label: &'a [u8],
    headers: bool,
    der: Vec<u8>,
}

/// `pem.Decode`.
fn next(data: &[u8]) -> Option<(Block<'_>, &[u8])> {
    let mut rest = data;
    loop {
        rest = match rest.strip_prefix(&START[1..]) {
            Some(after) => after,
            None => &rest[find(rest, START, 0)? + START.len()..],
        };
        let (line, after) = line(rest);
        rest = after;
        let Some(label) = line.strip_suffix(DASHES) else {
            continue;
        };
        let headers = skip_headers(&mut rest)?;
        if let Some(found) = block(label, headers, rest) {
            return Some(found);
        }
    }
}

/// Whether there are header lines, which are left behind; `None` where the data end in them.
fn skip_headers(rest: &mut &[u8]) -> Option<bool> {
    let mut headers = false;
    loop {
        if rest.is_empty() {
            return None;
        }
        let (text, after) = line(rest);
        if !text.contains(&b':') {
            return Some(headers);
        }
        headers = true;
        *rest = after;
    }
}

/// The block that ends at the next END marker, if that marker fits and the Base64 is sound.
fn block<'a>(label: &'a [u8], headers: bool, rest: &'a [u8]) -> Option<(Block<'a>, &'a [u8])> {
    let at_once = !headers && rest.starts_with(&END[1..]);
    let (end, trailer) = match at_once {
        true => (0, END.len() - 1),
        false => {
            let end = find(rest, END, 0)?;
            (end, end + END.len())
        }
    };
    let after = rest.get(trailer..)?.strip_prefix(label)?;
    let after = after.strip_prefix(DASHES)?;
    if !line(after).0.is_empty() {
        return None;
    }
    let der = base64(&rest[..end])?;
    let (_, rest) = line(rest.get(end + END.len() - 1..)?);
    let block = Block {
        label,
        headers,
        der,
    };
    Some((block, rest))
}

/// `getLine`: without blanks at its end; CR LF and LF end it, CR does not.
fn line(data: &[u8]) -> (&[u8], &[u8]) {
    let (text, rest) = match memchr::memchr(b'\n', data) {
        Some(end) => {
            let text = &data[..end];
            (text.strip_suffix(b"\r").unwrap_or(text), &data[end + 1..])
        }
        None => (data, &data[data.len()..]),
    };
    let keep = text
        .iter()
        .rposition(|byte| !matches!(byte, b' ' | b'\t'))
        .map_or(0, |last| last + 1);
    (&text[..keep], rest)
}

/// `base64.StdEncoding`: padding is wanted, bits that belong to no byte are not looked at.
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let (mut group, mut padding, mut out) = (Vec::with_capacity(4), 0, Vec::new());
    for (at, &byte) in text.iter().enumerate() {
        match byte {
            b'\n' | b'\r' | b' ' | b'\t' => continue,
            b'=' if group.len() >= 2 => padding += 1,
            _ if padding == 0 => {}
            _ => return None,
        }
        let value = if byte == b'=' { 0 } else { value(byte)? };
        group.push(value);
        if let [a, b, c, d] = group[..] {
            let bytes = [a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d];
            out.extend_from_slice(&bytes[..3 - padding]);
            if padding > 0 {
                // Nothing but newlines may follow.
                return text[at + 1..]
                    .iter()
                    .all(|byte| matches!(byte, b'\n' | b'\r' | b' ' | b'\t'))
                    .then_some(out);
            }
            group.clear();
        }
    }
    group.is_empty().then_some(out)
}
