//! The ClientHello that is made by hand, for versions and ciphers that rustls does not offer. Pure.

use super::observation::Version;
use super::suites::OFFERED;

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
    let length = body.len() as u32;
    let mut message = vec![1];
    message.extend_from_slice(&length.to_be_bytes()[1..]);
    message.extend_from_slice(&body);
    // Old servers refuse a record version above TLS 1.0 in the first record (RFC 5246 appendix E.1).
    let outer = version.min(Version::TLS10);
    let mut record = vec![22];
    record.extend_from_slice(&outer.0.to_be_bytes());
    push_long(&mut record, &message);
    record
}

fn extensions(version: Version, name: Option<&str>) -> Vec<u8> {
    let mut all = Vec::new();
    if let Some(name) = name {
        let mut entry = vec![0];
        push_long(&mut entry, name.as_bytes());
        push_extension(&mut all, 0, &long(&entry));
    }
    // supported_groups: X25519, P-256, P-384, P-521, ffdhe2048; ec_point_formats: uncompressed
    push_extension(&mut all, 10, &long(&[0, 29, 0, 23, 0, 24, 0, 25, 1, 0]));
    push_extension(&mut all, 11, &[1, 0]);
    if version >= Version::TLS12 {
        // signature_algorithms: ECDSA, PSS and PKCS#1 with SHA-2, then SHA-1
        let schemes = [
            4, 3, 5, 3, 6, 3, 8, 4, 8, 5, 8, 6, 8, 7, 4, 1, 5, 1, 6, 1, 2, 3, 2, 1,
        ];
        push_extension(&mut all, 13, &long(&schemes));
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
}
