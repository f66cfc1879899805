//! Parts of certificates in DER.

pub fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut whole = vec![tag];
    match content.len() {
        n @ 0..0x80 => whole.push(n as u8),
        n @ 0x80..0x100 => whole.extend([0x81, n as u8]),
        n => whole.extend([0x82, (n >> 8) as u8, n as u8]),
    }
    whole.extend_from_slice(content);
    whole
}

pub fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    der(0x30, &parts.concat())
}

pub fn integer(bytes: &[u8]) -> Vec<u8> {
    der(2, bytes)
}

/// Distinguished names of one common name.
pub fn name(common_name: &str) -> Vec<u8> {
    if common_name.is_empty() {
        return sequence(&[]);
    }
    let organization = attribute(10, "Random");
    sequence(&[
        der(0x31, &organization),
        der(0x31, &attribute(3, common_name)),
    ])
}

pub fn attribute(kind: u8, text: &str) -> Vec<u8> {
    sequence(&[vec![6, 3, 0x55, 4, kind], der(0x0c, text.as_bytes())])
}

pub fn basic(ca: bool, path_length: Option<u8>) -> Vec<u8> {
    let flag = if ca { vec![1, 1, 0xff] } else { Vec::new() };
    sequence(&[flag, path_length.map(|n| integer(&[n])).unwrap_or_default()])
}

pub fn usage(bits: u8) -> Vec<u8> {
    der(3, &[bits.trailing_zeros().min(7) as u8, bits])
}

pub const DIGITAL_SIGNATURE: u8 = 0x80;
pub const KEY_ENCIPHERMENT: u8 = 0x20;
pub const CERT_SIGN: u8 = 0x04;
pub const CRL_SIGN: u8 = 0x02;

pub fn purposes(which: &[&[u8]]) -> Vec<u8> {
    sequence(&which.iter().map(|oid| der(6, oid)).collect::<Vec<_>>())
}

pub const SERVER: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];
pub const CLIENT: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 2];
pub const ANY: &[u8] = &[0x55, 0x1d, 0x25, 0];

pub fn dns(text: &str) -> Vec<u8> {
    der(0x82, text.as_bytes())
}

pub fn ip(octets: &[u8]) -> Vec<u8> {
    der(0x87, octets)
}

pub fn alt_names(names: &[Vec<u8>]) -> Vec<u8> {
    sequence(names)
}

pub fn constraints(permitted: &[Vec<u8>], excluded: &[Vec<u8>]) -> Vec<u8> {
    let list = |tag: u8, bases: &[Vec<u8>]| {
        let subtrees: Vec<u8> = bases.iter().flat_map(|base| der(0x30, base)).collect();
        if bases.is_empty() {
            Vec::new()
        } else {
            der(tag, &subtrees)
        }
    };
    sequence(&[list(0xa0, permitted), list(0xa1, excluded)])
}
