//! Cipher suites of TLS 1.2 and before: what is offered, and what a server's choice means. Pure.

use tls_parser::{TlsCipherEnc, TlsCipherKx, TlsCipherMac, TlsCipherSuite};

/// Offered in this order, best first, so that a server that follows the client tells its best.
pub(crate) const OFFERED: &[u16] = &[
    // ECDHE with AEAD
    0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, // ECDHE with CBC
    0xc023, 0xc027, 0xc024, 0xc028, 0xc009, 0xc013, 0xc00a, 0xc014, // DHE
    0x009e, 0x009f, 0xccaa, 0x0067, 0x006b, 0x0033, 0x0039, // RSA key exchange
    0x009c, 0x009d, 0x003c, 0x003d, 0x002f, 0x0035, // 3DES
    0xc008, 0xc012, 0x0016, 0x000a, // RC4
    0xc007, 0xc011, 0x0005, 0x0004, // no encryption at all, single DES, export
    0x003b, 0x0002, 0x0001, 0x0009, 0x0015, 0x0003, 0x0008,
];

/// Who takes a cipher suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// Everybody.
    Modern,
    /// All but rustls (RFC 7525 §4.2: CBC is discouraged).
    Ageing,
    /// OpenSSL and GnuTLS still do; Go (1.22 on: no RSA key exchange, never DHE) and rustls don't.
    Old,
    /// Nobody by default: 3DES, RC4, single DES, export, no encryption.
    Broken,
}

/// What a suite's number says.
pub fn strength(id: u16) -> Strength {
    let Some(suite) = TlsCipherSuite::from_id(id) else {
        return Strength::Broken;
    };
    let broken = !matches!(
        suite.enc,
        TlsCipherEnc::Aes
            | TlsCipherEnc::Chacha20_Poly1305
            | TlsCipherEnc::Camellia
            | TlsCipherEnc::Aria
    );
    let aead = matches!(suite.mac, TlsCipherMac::Aead);
    match &suite.kx {
        _ if broken => Strength::Broken,
        TlsCipherKx::Ecdhe | TlsCipherKx::Tls13 if aead => Strength::Modern,
        TlsCipherKx::Ecdhe => Strength::Ageing,
        TlsCipherKx::Dhe | TlsCipherKx::Rsa => Strength::Old,
        _ => Strength::Broken,
    }
}

/// Whether the server chooses a prime for a Diffie-Hellman exchange.
pub(crate) fn is_dhe(id: u16) -> bool {
    TlsCipherSuite::from_id(id).is_some_and(|suite| matches!(suite.kx, TlsCipherKx::Dhe))
}

/// The IANA name of a suite, or its number.
pub fn name(id: u16) -> String {
    match TlsCipherSuite::from_id(id) {
        Some(suite) => suite.name.to_string(),
        None => format!("{id:#06x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suite_is_as_strong_as_those_who_take_it() {
        for (id, expected) in [
            (0x1301, Strength::Modern),
            (0xc02b, Strength::Modern),
            (0xcca8, Strength::Modern),
            (0xc013, Strength::Ageing),
            (0x009e, Strength::Old),
            (0x002f, Strength::Old),
            (0x000a, Strength::Broken),
            (0xc011, Strength::Broken),
            (0x0002, Strength::Broken),
            (0xfefe, Strength::Broken),
        ] {
            assert_eq!(strength(id), expected, "{}", name(id));
        }
    }

    #[test]
    fn what_is_offered_is_known_once_and_in_order() {
        let classes: Vec<_> = OFFERED.iter().map(|id| strength(*id)).collect();
        assert!(classes.is_sorted());
        let names: std::collections::BTreeSet<_> = OFFERED.iter().map(|id| name(*id)).collect();
        assert_eq!(names.len(), OFFERED.len());
        assert!(
            names.iter().all(|name| name.starts_with("TLS_")),
            "{names:?}"
        );
    }
}
