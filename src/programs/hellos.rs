//! What each program's first message to a server offers, by version, and what it takes of an answer to it. Pure.
//!
//! A server that answers one program may well refuse another: which it does follows from these rows.

mod table;

pub use table::OFFERS;

/// What a program's first message (ClientHello, RFC 8446 §4.1.2) offers.
#[derive(Debug, PartialEq, Eq)]
pub struct Offer {
    /// The program, as the profiles of [`crate::verify`] name it.
    pub consumer: &'static str,
    /// The first version of which this is true: of the program, or of the library that speaks TLS for it.
    pub version: &'static str,
    /// What was looked at.
    pub captured: &'static str,
    /// The length of its record, with the server name `localhost`.
    pub size: usize,
    /// Versions of the protocol, in its order.
    pub versions: &'static [u16],
    /// Cipher suites.
    pub ciphers: &'static [u16],
    /// Groups for the key exchange.
    pub groups: &'static [u16],
    /// The groups for which it sends a share of the key at once.
    pub shares: &'static [u16],
    /// Signature schemes.
    pub schemes: &'static [u16],
    /// Extensions.
    pub extensions: &'static [u16],
    /// What it takes of the answer.
    pub takes: Takes,
}

/// What a program takes of an answer to what it has offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Takes {
    /// The lowest version of the protocol; some offer lower ones than they take.
    pub minimum: u16,
    /// The shortest prime of a Diffie-Hellman exchange, in bits.
    pub prime: u32,
    /// Whether a server of TLS 1.2 must answer for its renegotiation (RFC 5746).
    pub renegotiation: bool,
}

/// What is larger does not fit into one packet of an ordinary network (1,500 bytes less headers and options).
const PACKET: usize = 1400;

/// `signature_algorithms` with SHA-1 (RFC 8446 §4.2.3).
pub const SHA1: [u16; 3] = [0x0201, 0x0202, 0x0203];

impl Offer {
    /// Whether its message needs more than one packet.
    pub fn is_large(&self) -> bool {
        self.size > PACKET
    }

    /// The highest version it offers.
    pub fn highest(&self) -> u16 {
        self.versions.iter().copied().max().unwrap_or_default()
    }

    /// Whether it offers an exchange in which the server chooses a prime.
    pub fn offers_primes(&self) -> bool {
        self.takes.prime != u32::MAX
    }

    /// Program and version, as a person calls them.
    pub fn title(&self) -> String {
        let (name, version) = (self.consumer, self.version);
        match name {
            "openssl" => format!("OpenSSL {version}"),
            "curl" => format!("curl (OpenSSL {version})"),
            "python" => format!("Python (OpenSSL {version})"),
            "gnutls" => format!("GnuTLS {version}"),
            "go" => format!("Go {version}"),
            "java" => format!("Java {version}"),
            "node" => format!("Node.js (OpenSSL {version})"),
            _ => format!("rustls {version}"),
        }
    }
}

/// Every row of a program, older versions first.
pub fn of(consumer: &str) -> impl Iterator<Item = &'static Offer> {
    OFFERS
        .iter()
        .filter(move |offer| offer.consumer == consumer)
}

/// The rows of a program whose version is not known: a release that nobody supports any more is not thought of.
pub fn of_any(consumer: &str) -> impl Iterator<Item = &'static Offer> {
    of(consumer).filter(|offer| !UNSUPPORTED.contains(&(offer.consumer, offer.version)))
}

/// Go before 1.18 still takes TLS 1.0; Debian 11 has it.
const UNSUPPORTED: [(&str, &str); 1] = [("go", "1.15")];

/// The row of a program in this version: the last that is not newer, or the first of all. A row of an update (17.0.18)
/// says nothing of later major versions, which had been branched off before it.
pub fn at(consumer: &str, version: &str) -> Option<&'static Offer> {
    let wanted = numbers(version);
    let holds = |row: Vec<u32>| row <= wanted && (row.len() < 3 || row.first() == wanted.first());
    let not_newer = of(consumer).filter(|offer| holds(numbers(offer.version)));
    not_newer.last().or_else(|| of(consumer).next())
}

/// The row of a program in its newest version.
pub fn newest(consumer: &str) -> Option<&'static Offer> {
    of(consumer).last()
}

/// A version as numbers: `3.0.19` is 3, 0, 19.
fn numbers(version: &str) -> Vec<u32> {
    let digits = |part: &str| -> String { part.chars().take_while(char::is_ascii_digit).collect() };
    let parts = version.split('.').map(digits);
    parts.map_while(|part| part.parse().ok()).collect()
}

/// The name of a group in IANA's registry, as OpenSSL and Go write it.
pub fn group(id: u16) -> String {
    let name = match id {
        23 => "P-256",
        24 => "P-384",
        25 => "P-521",
        29 => "X25519",
        30 => "X448",
        256 => "ffdhe2048",
        257 => "ffdhe3072",
        258 => "ffdhe4096",
        259 => "ffdhe6144",
        260 => "ffdhe8192",
        4587 => "SecP256r1MLKEM768",
        4588 => "X25519MLKEM768",
        4589 => "SecP384r1MLKEM1024",
        _ => return format!("group {id}"),
    };
    name.to_string()
}

/// The name of a signature scheme (RFC 8446 §4.2.3; those of TLS 1.2 as hash and key, RFC 5246 §7.4.1.4.1).
pub fn scheme(id: u16) -> String {
    let name = match id {
        0x0807 => "Ed25519",
        0x0808 => "Ed448",
        0x0804..=0x0806 => "RSA-PSS",
        0x0809..=0x080b => "RSA-PSS with an RSA-PSS key",
        0x0201 => "RSA with SHA-1",
        0x0203 => "ECDSA with SHA-1",
        0x0301 => "RSA with SHA-224",
        0x0303 => "ECDSA with SHA-224",
        0x0401 => "RSA with SHA-256",
        0x0501 => "RSA with SHA-384",
        0x0601 => "RSA with SHA-512",
        0x0403 => "ECDSA with SHA-256",
        0x0503 => "ECDSA with SHA-384",
        0x0603 => "ECDSA with SHA-512",
        0x0904..=0x0906 => "ML-DSA",
        _ => return format!("scheme {id:#06x}"),
    };
    name.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_judged_by_the_last_row_that_is_not_newer() {
        for (consumer, version, row) in [
            ("go", "1.13", "1.15"),
            ("go", "1.17.13", "1.15"),
            ("go", "1.19", "1.18"),
            ("go", "1.23.4", "1.22"),
            ("go", "1.24rc1", "1.24"),
            ("go", "1.26.5", "1.24"),
            ("go", "2", "1.27"),
            ("java", "17.0.15", "17"),
            ("java", "17.0.19", "17.0.18"),
            ("java", "19.0.2", "17"),
            ("java", "21.0.13", "21.0.10"),
            ("java", "23", "21"),
            ("java", "26.0.1", "25"),
            ("node", "3.0.20", "3.0"),
            ("java", "8", "11"),
        ] {
            let found = at(consumer, version).map(|offer| offer.version);
            assert_eq!(found, Some(row), "{consumer} {version}");
        }
        assert_eq!(at("nobody", "1"), None);
    }

    #[test]
    fn a_program_shares_keys_of_groups_it_offers_and_rows_are_in_order() {
        for offer in OFFERS {
            let shares = offer.shares.iter();
            assert!(shares.clone().all(|share| offer.groups.contains(share)));
            assert!(offer.extensions.contains(&13) && !offer.ciphers.is_empty());
            let large = offer.shares.iter().any(|share| *share > 4000);
            assert_eq!(offer.is_large(), large, "{}", offer.title());
            let rows: Vec<_> = of(offer.consumer).map(|one| numbers(one.version)).collect();
            assert!(rows.is_sorted(), "{}", offer.consumer);
        }
    }
}
