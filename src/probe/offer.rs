//! The ClientHello that is made by hand, for versions and ciphers that rustls does not offer. Pure.

use super::observation::Version;
use super::suites::OFFERED;
use crate::programs::hellos::Offer;

/// What is random in a hello, and the public keys for its shares.
pub(crate) struct Material {
    /// The random value.
    pub(crate) random: [u8; 32],
    /// The identifier of a session that never was (RFC 8446 appendix D.4).
    pub(crate) session: [u8; 32],
    /// Groups and public keys.
    pub(crate) shares: Vec<(u16, Vec<u8>)>,
}

/// The hello of a program, built from its row: the same versions, ciphers, groups, shares, schemes and extensions, in
/// its order, and of its length.
pub(crate) fn as_program(offer: &Offer, name: Option<&str>, material: &Material) -> Vec<u8> {
    let mut body = vec![3, 3];
    body.extend_from_slice(&material.random);
    body.push(32);
    body.extend_from_slice(&material.session);
    push_long(&mut body, &numbers(offer.ciphers));
    body.extend_from_slice(&[1, 0]); // no compression
    let mut all = Vec::new();
    for kind in offer.extensions {
        match content(*kind, offer, name, material) {
            Some(content) => push_extension(&mut all, *kind, &content),
            // RFC 7685: what is missing to 512 bytes; two and two for lengths, four for the message's head.
            None if *kind == PADDING => {
                let length = (body.len() + all.len() + 10).min(512);
                push_extension(&mut all, PADDING, &vec![0; 512 - length]);
            }
            None => {}
        }
    }
    push_long(&mut body, &all);
    record(1, &body, Version::TLS10)
}

/// `padding` (RFC 7685).
const PADDING: u16 = 21;

/// What an extension holds; `None` where it is left out.
fn content(kind: u16, offer: &Offer, name: Option<&str>, material: &Material) -> Option<Vec<u8>> {
    let short = |bytes: Vec<u8>| [vec![bytes.len() as u8], bytes].concat();
    Some(match kind {
        0 => server_name(name?),
        5 => vec![1, 0, 0, 0, 0],
        10 => long(&numbers(offer.groups)),
        11 if offer.consumer == "go" || offer.consumer == "java" => vec![1, 0],
        11 => vec![3, 0, 1, 2],
        13 | 50 => long(&numbers(offer.schemes)),
        // Whatever is spoken inside, HTTP/1.1 is offered for it: other services pass over it.
        16 => long(b"\x08http/1.1"),
        17 => vec![0, 7, 2, 0, 4, 0, 0, 0, 0],
        // compress_certificate: zlib, brotli, zstd (RFC 8879); what is encrypted is not read here
        27 => vec![6, 0, 1, 0, 2, 0, 3],
        28 => vec![0x40, 0x01],
        43 => short(numbers(offer.versions)),
        45 => vec![1, 1],
        51 => {
            let mut shares = Vec::new();
            let wanted = |share: &&(u16, Vec<u8>)| offer.shares.contains(&share.0);
            for (group, key) in material.shares.iter().filter(wanted) {
                shares.extend_from_slice(&group.to_be_bytes());
                push_long(&mut shares, key);
            }
            long(&shares)
        }
        0xff01 => vec![0],
        // 13172: next_protocol_negotiation of older versions of curl
        18 | 22 | 23 | 35 | 49 | 13172 => Vec::new(),
        _ => return None,
    })
}

fn numbers(ids: &[u16]) -> Vec<u8> {
    ids.iter().flat_map(|id| id.to_be_bytes()).collect()
}

fn server_name(name: &str) -> Vec<u8> {
    let mut entry = vec![0];
    push_long(&mut entry, name.as_bytes());
    long(&entry)
}

/// A handshake message in its record.
fn record(kind: u8, body: &[u8], outer: Version) -> Vec<u8> {
    let mut message = vec![kind];
    message.extend_from_slice(&(body.len() as u32).to_be_bytes()[1..]);
    message.extend_from_slice(body);
    let mut record = vec![22];
    record.extend_from_slice(&outer.0.to_be_bytes());
    push_long(&mut record, &message);
    record
}

/// The ClientHello in its record (RFC 5246 §7.4.1.2).
pub(crate) fn client_hello(version: Version, name: Option<&str>, random: [u8; 32]) -> Vec<u8> {
    let mut body = version.0.to_be_bytes().to_vec();
    body.extend_from_slice(&random);
    body.push(0); // no session
    let mut suites: Vec<u8> = OFFERED.iter().flat_map(|id| id.to_be_bytes()).collect();
    // TLS_EMPTY_RENEGOTIATION_INFO_SCSV (RFC 5746 §3.3)
    suites.extend_from_slice(&[0x00, 0xff]);
    push_long(&mut body, &suites);
    body.extend_from_slice(&[1, 0]); // no compression
    if version > Version::SSL3 {
        push_long(&mut body, &extensions(version, name));
    }
    // Old servers refuse a record version above TLS 1.0 in the first record (RFC 5246 appendix E.1).
    record(1, &body, version.min(Version::TLS10))
}

fn extensions(version: Version, name: Option<&str>) -> Vec<u8> {
    let mut all = Vec::new();
    if let Some(name) = name {
        push_extension(&mut all, 0, &server_name(name));
    }
    // supported_groups: X25519, P-256, P-384, P-521, X448, ffdhe2048 and larger; ec_point_formats: uncompressed
    let groups = [29, 23, 24, 25, 30, 256, 257, 258, 259, 260];
    push_extension(&mut all, 10, &long(&numbers(&groups)));
    push_extension(&mut all, 11, &[1, 0]);
    if version >= Version::TLS12 {
        // signature_algorithms: ECDSA, EdDSA, PSS and PKCS#1 with SHA-2, DSA, then SHA-1
        let schemes = [
            0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0807, 0x0808, 0x0809, 0x080a, 0x080b,
            0x0401, 0x0501, 0x0601, 0x0303, 0x0301, 0x0402, 0x0203, 0x0201,
        ];
        push_extension(&mut all, 13, &long(&numbers(&schemes)));
    }
    all
}

/// Puts bytes behind their length in two bytes.
pub(crate) fn push_long(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u16).to_be_bytes());
    out.extend_from_slice(bytes);
}

fn long(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 2);
    push_long(&mut out, bytes);
    out
}

fn push_extension(out: &mut Vec<u8>, kind: u16, content: &[u8]) {
    out.extend_from_slice(&kind.to_be_bytes());
    push_long(out, content);
}

#[cfg(test)]
mod tests {
    use tls_parser::{TlsMessage, TlsMessageHandshake};

    use super::*;

    #[test]
    fn the_hello_is_what_tls_parser_reads_back() {
        for version in [
            Version::SSL3,
            Version::TLS10,
            Version::TLS11,
            Version::TLS12,
        ] {
            let bytes = client_hello(version, Some("example.org"), [7; 32]);
            let (rest, record) = tls_parser::parse_tls_plaintext(&bytes).unwrap();
            assert!(rest.is_empty());
            let [TlsMessage::Handshake(TlsMessageHandshake::ClientHello(hello))] = &record.msg[..]
            else {
                panic!("{record:?}");
            };
            assert_eq!(hello.version.0, version.0);
            assert_eq!(hello.ciphers.len(), OFFERED.len() + 1);
            let named = bytes.windows(11).any(|window| window == b"example.org");
            assert_eq!(named, version > Version::SSL3);
            let read = hello
                .ext
                .map(|ext| tls_parser::parse_tls_client_hello_extensions(ext).is_ok());
            assert_eq!(read, (version > Version::SSL3).then_some(true));
        }
    }

    #[test]
    fn a_programs_hello_says_what_its_row_says_and_is_of_its_length() {
        for offer in crate::programs::hellos::OFFERS {
            let material = crate::probe::handshake::material(offer).unwrap();
            let bytes = as_program(offer, Some("localhost"), &material);
            let (rest, record) = tls_parser::parse_tls_plaintext(&bytes).unwrap();
            assert!(rest.is_empty());
            let [TlsMessage::Handshake(TlsMessageHandshake::ClientHello(hello))] = &record.msg[..]
            else {
                panic!("{record:?}");
            };
            let ciphers: Vec<u16> = hello.ciphers.iter().map(|one| one.0).collect();
            assert_eq!(ciphers, offer.ciphers, "{}", offer.title());
            let (_, read) =
                tls_parser::parse_tls_client_hello_extensions(hello.ext.unwrap()).unwrap();
            assert_eq!(read.len(), offer.extensions.len(), "{}", offer.title());
            // Protocols for HTTP/2, certificate compression and tickets differ by some bytes.
            assert!(
                bytes.len().abs_diff(offer.size) <= 16,
                "{} {}",
                offer.title(),
                bytes.len()
            );
        }
    }
}
