//! Java keystores: JKS and JCEKS read here, PKCS#12 through a crate. No JVM, no private key is ever decoded.

use p12_keystore::{KeyStore, KeyStoreEntry, Pkcs12ImportPolicy};

use super::format::shell::{self, Exported};
use super::tree::Tree;
use crate::cert::{Certificate, Fingerprint};

/// The keystore of Debian's JDKs.
pub const CACERTS: &str = "/etc/ssl/certs/java/cacerts";
/// A keystore larger than this is not read.
pub const LIMIT: u64 = 32 << 20;
/// What the hook of ca-certificates-java reads its settings from, the password among them.
pub const SETTINGS: &str = "/etc/default/cacerts";
/// The password that every JDK ships with; it protects nothing.
pub const DEFAULT_PASSWORD: &str = "changeit";
/// A PKCS#12 file that asks for more rounds of key derivation in all is not opened (JDK: 20,000).
const MAX_ROUNDS: u64 = 500_000;

/// One trusted certificate of a keystore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name in the keystore: `debian:corp.pem`.
    pub alias: String,
    /// The certificate.
    pub der: Vec<u8>,
    /// Its fingerprint.
    pub sha256: Fingerprint,
    /// Its subject, or why it cannot be read.
    pub subject: Result<String, String>,
}

/// Why a keystore cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeystoreFault {
    /// Its file cannot be read.
    Unread(String),
    /// It is neither JKS, JCEKS nor PKCS#12.
    Unknown,
    /// It ends too early or contradicts itself; where, in bytes.
    Broken(usize),
    /// It is PKCS#12 and does not open with this password, or is damaged.
    Locked(String),
    /// It is PKCS#12 and asks for an absurd amount of work.
    Costly(u64),
}

impl std::fmt::Display for KeystoreFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unread(reason) => f.write_str(reason),
            Self::Unknown => write!(f, "it is neither a JKS nor a PKCS#12 keystore"),
            Self::Broken(offset) => write!(f, "it is damaged at byte {offset}"),
            Self::Locked(reason) => {
                let from = "`changeit` or the `storepass` of";
                write!(f, "it does not open with {from} `{SETTINGS}` ({reason})")
            }
            Self::Costly(rounds) => write!(f, "it asks for {rounds} rounds of key derivation"),
        }
    }
}

/// The trusted certificates of a tree's keystore, opened with the tree's own password; `None` where there is none.
pub fn of(tree: &Tree<'_>) -> Option<Result<Vec<Entry>, KeystoreFault>> {
    let Some(bytes) = tree.bytes(CACERTS, LIMIT) else {
        let unread = KeystoreFault::Unread("it cannot be read".to_owned());
        return tree.facts(CACERTS).map(|_| Err(unread));
    };
    let set = password(&tree.text(SETTINGS).unwrap_or_default());
    let password = set.as_deref().unwrap_or(DEFAULT_PASSWORD);
    let read = read(&bytes, password);
    // Whoever set a password there need not have changed that of the keystore.
    Some(match read {
        Err(KeystoreFault::Locked(_)) if set.is_some() => {
            self::read(&bytes, DEFAULT_PASSWORD).or(read)
        }
        read => read,
    })
}

/// The password that the settings of the hook name.
pub fn password(settings: &str) -> Option<String> {
    let all = shell::parse(settings, Exported::All);
    let set = all.into_iter().rev().find(|set| set.key() == "storepass");
    set.map(|set| set.value).filter(|value| !value.is_empty())
}

/// The same as certificates; those that can't be read are left out.
pub fn certificates(bytes: &[u8], password: &str) -> Result<Vec<Certificate>, KeystoreFault> {
    let entries = read(bytes, password)?;
    let read = |entry: &Entry| Certificate::from_der(&entry.der).ok();
    Ok(entries.iter().filter_map(read).collect())
}

/// The trusted certificates of a keystore.
pub fn read(bytes: &[u8], password: &str) -> Result<Vec<Entry>, KeystoreFault> {
    match bytes {
        [0xfe, 0xed, 0xfe, 0xed, ..] | [0xce, 0xce, 0xce, 0xce, ..] => jks(bytes),
        [0x30, ..] => pkcs12(bytes, password),
        _ => Err(KeystoreFault::Unknown),
    }
}

fn entry(alias: &str, der: &[u8]) -> Entry {
    Entry {
        alias: alias.to_string(),
        der: der.to_vec(),
        sha256: Fingerprint::of(der),
        subject: Certificate::from_der(der)
            .map(|certificate| certificate.subject().display().to_string())
            .map_err(|fault| fault.to_string()),
    }
}

/// The layout of `sun.security.provider.JavaKeyStore`: magic, version, count, then entries.
fn jks(bytes: &[u8]) -> Result<Vec<Entry>, KeystoreFault> {
    let mut reader = Reader { bytes, offset: 4 };
    let version = reader.u32()?;
    let count = reader.u32()?;
    let mut entries = Vec::new();
    for _ in 0..count {
        let tag = reader.u32()?;
        let alias = reader.text()?;
        reader.take(8)?;
        match tag {
            1 => reader.key(version)?,
            2 => {
                let der = reader.certificate(version)?;
                entries.push(entry(&alias, der));
            }
            _ => return Err(KeystoreFault::Broken(reader.offset)),
        }
    }
    Ok(entries)
}

struct Reader<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], KeystoreFault> {
        let broken = KeystoreFault::Broken(self.offset);
        let end = self.offset.checked_add(count).ok_or(broken.clone())?;
        let taken = self.bytes.get(self.offset..end).ok_or(broken)?;
        self.offset = end;
        Ok(taken)
    }

    fn u32(&mut self) -> Result<u32, KeystoreFault> {
        self.take(4).map(|b| {
            b.iter()
                .fold(0, |number, byte| number << 8 | u32::from(*byte))
        })
    }

    /// Java's modified UTF-8, of which names use the common part.
    fn text(&mut self) -> Result<String, KeystoreFault> {
        let length = self
            .take(2)?
            .iter()
            .fold(0, |number, byte| number << 8 | usize::from(*byte));
        Ok(String::from_utf8_lossy(self.take(length)?).into_owned())
    }

    fn certificate(&mut self, version: u32) -> Result<&'a [u8], KeystoreFault> {
        if version == 2 {
            self.text()?;
        }
        let length = self.u32()? as usize;
        self.take(length)
    }

    fn key(&mut self, version: u32) -> Result<(), KeystoreFault> {
        let length = self.u32()? as usize;
        self.take(length)?;
        for _ in 0..self.u32()? {
            self.certificate(version)?;
        }
        Ok(())
    }
}

fn pkcs12(bytes: &[u8], password: &str) -> Result<Vec<Entry>, KeystoreFault> {
    let rounds = rounds(bytes);
    if rounds > MAX_ROUNDS {
        return Err(KeystoreFault::Costly(rounds));
    }
    let locked = |error: p12_keystore::error::Error| KeystoreFault::Locked(error.to_string());
    let open = |password: &str| KeyStore::from_pkcs12(bytes, password, Pkcs12ImportPolicy::Relaxed);
    // JDK 18 and later ship a keystore without a password.
    let store = open(password).or_else(|error| open("").map_err(|_| locked(error)))?;
    let trusted = |(alias, found): (&String, &KeyStoreEntry)| match found {
        KeyStoreEntry::Certificate(certificate) => Some(entry(alias, certificate.as_der())),
        _ => None,
    };
    Ok(store.entries().filter_map(trusted).collect())
}

/// scrypt (RFC 7914), whose cost in memory is not bounded by its rounds; no JDK writes it.
const SCRYPT: [u8; 11] = [6, 9, 0x2b, 6, 1, 4, 1, 0xda, 0x47, 4, 0x0b];

/// The rounds asked for in all: every INTEGER behind an OCTET STRING (the salt), as in the parameters of PKCS#5
/// (RFC 8018 A.2) and PKCS#12 (RFC 7292 §4). Encrypted content is not looked into.
fn rounds(bytes: &[u8]) -> u64 {
    if memchr::memmem::find(bytes, &SCRYPT).is_some() {
        return u64::MAX;
    }
    rounds_in(bytes, 0)
}

fn rounds_in(mut bytes: &[u8], depth: usize) -> u64 {
    let (mut sum, mut salted) = (0_u64, false);
    while let Some((tag, content, rest)) = element(bytes).filter(|_| depth < 24) {
        let inner = match tag {
            0x02 if salted => number(content),
            0x04 | 0x30 | 0x31 | 0xa0..=0xbf => rounds_in(content, depth + 1),
            _ => 0,
        };
        sum = sum.saturating_add(inner);
        salted = tag == 0x04;
        bytes = rest;
    }
    sum
}

/// The first DER element: its tag, its content, and what follows.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first - 0x80))?;
            (number(digits) as usize, rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

/// A number in the most significant byte first; more than eight bytes are more than enough.
fn number(bytes: &[u8]) -> u64 {
    match bytes.len() {
        0..=8 => bytes
            .iter()
            .fold(0, |value, byte| value << 8 | u64::from(*byte)),
        _ => u64::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jks_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut out = vec![0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2];
        out.extend((entries.len() as u32).to_be_bytes());
        for (alias, der) in entries {
            out.extend(2_u32.to_be_bytes());
            out.extend((alias.len() as u16).to_be_bytes());
            out.extend(alias.as_bytes());
            out.extend([0; 8]);
            out.extend([0, 5]);
            out.extend(b"X.509");
            out.extend((der.len() as u32).to_be_bytes());
            out.extend(*der);
        }
        out.extend([0; 20]);
        out
    }

    #[test]
    fn a_jks_gives_its_trusted_certificates() {
        let found = read(&jks_of(&[("debian:a.pem", b"der"), ("b", b"x")]), "").unwrap();
        let aliases: Vec<_> = found.iter().map(|entry| entry.alias.as_str()).collect();
        assert_eq!(aliases, ["debian:a.pem", "b"]);
        assert_eq!(found[0].sha256, Fingerprint::of(b"der"));
        assert!(found[0].subject.is_err());
    }

    #[test]
    fn the_password_is_that_of_the_hook() {
        for (text, expected) in [
            ("storepass='s3 cret'\n", Some("s3 cret")),
            (
                "# storepass=no\ncacerts_updates=yes\nstorepass=\"a\"\n",
                Some("a"),
            ),
            ("storepass=''\n", None),
            ("", None),
        ] {
            assert_eq!(password(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn every_truncation_is_a_fault_and_no_panic() {
        let whole = jks_of(&[("debian:a.pem", b"der")]);
        for end in 0..whole.len() - 20 {
            assert!(read(&whole[..end], "").is_err(), "{end}");
        }
        assert_eq!(read(b"garbage", ""), Err(KeystoreFault::Unknown));
        assert!(
            read(
                &[0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2, 255, 255, 255, 255],
                ""
            )
            .is_err()
        );
    }

    #[test]
    fn a_costly_pkcs12_is_not_opened() {
        let salted = |salt: &[u8], rounds: u32| {
            let mut out = vec![0x30, (salt.len() + 8) as u8, 0x04, salt.len() as u8];
            out.extend(salt);
            out.extend([0x02, 4]);
            out.extend(rounds.to_be_bytes());
            out
        };
        assert_eq!(
            read(&salted(&[1; 8], 0x7fff_ffff), "x"),
            Err(KeystoreFault::Costly(0x7fff_ffff))
        );
        assert_eq!(rounds(&salted(&[], 600_000)), 600_000);
        let many: Vec<u8> = (0..100).flat_map(|_| salted(&[1; 100], 10_000)).collect();
        assert_eq!(rounds(&many), 1_000_000);
        assert_eq!(rounds(&SCRYPT), u64::MAX);
        assert_eq!(rounds(&[0x04, 0x84, 0xff, 0xff, 0xff, 0xff]), 0);
    }
}
