//! Which keys each library reads and which signatures it checks, by version, in one table.
//!
//! Measured with chains of one algorithm each: OpenSSL 3.0.19 and 3.5.9, GnuTLS 3.7.9, Go 1.19 and 1.27, JDK 17,
//! rustls-webpki 0.103, and by handshake curl, Node 20 and Python 3.11. Where a version is told that was not measured,
//! the comment says where the change is written down. Strength is not told here, but by security levels and sizes.

use super::release::{Library, Version};
use crate::cert::Hash;
use crate::cert::public_key::{Curve, Kind, PublicKey};
use crate::cert::signature::Scheme;

/// What a library does with a key or a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Reads it, checks it.
    Can,
    /// Reads the certificate, but takes no signature of the kind.
    Refuses,
    /// The certificate does not exist for it.
    CannotParse,
}

use Answer::{Can, CannotParse, Refuses};

/// From a version on; before the first one: [`Refuses`].
type Since = &'static [(Version, Answer)];

const FIRST: Version = Version::new(0, 0);
const YES: Since = &[(FIRST, Can)];
const NO: Since = &[(FIRST, Refuses)];
const UNREAD: Since = &[(FIRST, CannotParse)];

/// One kind of key with one kind of signature, and each library's answers.
struct Row {
    fits: fn(Scheme, Kind<'_>) -> bool,
    openssl: Since,
    gnutls: Since,
    go: Since,
    java: Since,
    webpki: Since,
}

/// The first row that fits decides.
#[rustfmt::skip]
static SIGNATURES: &[Row] = &[
    // RSASSA-PSS keys, with another hash in the mask than in the signature: GnuTLS 3.7.9 takes both for one.
    Row { fits: |scheme, key| matches!((scheme, key), (Scheme::RsaPss(pss), Kind::RsaPss(..)) if pss.mask != pss.hash),
        openssl: YES, gnutls: NO, go: NO, java: &[(Version::new(8, 0), Can)], webpki: NO },
    // RSASSA-PSS keys.
    Row { fits: |_, key| matches!(key, Kind::RsaPss(..)),
        openssl: YES, gnutls: YES, go: NO,
        // JDK-8146293, also in 8u251.
        java: &[(Version::new(8, 0), Can)], webpki: NO },
    // RSA with MD5 or older.
    Row { fits: |scheme, _| matches!(scheme, Scheme::RsaPkcs1(hash) if hash < Hash::Sha1),
        // Left to the security level.
        openssl: YES, gnutls: NO, go: NO, java: NO, webpki: NO },
    // RSA with RIPEMD-160.
    Row { fits: |scheme, _| scheme == Scheme::RsaPkcs1(Hash::Ripemd160),
        openssl: YES, gnutls: NO, go: NO, java: NO, webpki: NO },
    // RSA with SHA-512/224 or /256.
    Row { fits: |scheme, _| matches!(scheme, Scheme::RsaPkcs1(Hash::Sha512T224 | Hash::Sha512T256)),
        openssl: NO, gnutls: NO, go: NO,
        // JDK-8146293.
        java: &[(Version::new(11, 0), Can)], webpki: NO },
    // RSA with SHA-3.
    Row { fits: |scheme, _| matches!(scheme, Scheme::RsaPkcs1(hash) if hash.is_sha3()),
        openssl: YES, gnutls: YES, go: NO,
        // JDK-8172366.
        java: &[(Version::new(16, 0), Can)], webpki: NO },
    // RSA with SHA-1.
    Row { fits: |scheme, _| scheme == Scheme::RsaPkcs1(Hash::Sha1),
        // Since Go 1.18 (its release notes).
        openssl: YES, gnutls: NO, go: &[(FIRST, Can), (Version::new(1, 18), Refuses)], java: YES, webpki: NO },
    // RSA with SHA-224.
    Row { fits: |scheme, _| scheme == Scheme::RsaPkcs1(Hash::Sha224),
        openssl: YES, gnutls: YES, go: NO, java: YES, webpki: NO },
    // RSASSA-PSS with SHA-1 or as nobody makes it.
    Row { fits: |scheme, _| matches!(scheme, Scheme::RsaPss(pss)
            if pss.hash.is_broken() || !pss.is_usual() || !matches!(pss.hash, Hash::Sha256 | Hash::Sha384 | Hash::Sha512)),
        openssl: YES, gnutls: NO, go: NO, java: &[(Version::new(8, 0), Can)], webpki: NO },
    // RSASSA-PSS.
    Row { fits: |scheme, _| matches!(scheme, Scheme::RsaPss(_)),
        openssl: YES, gnutls: YES, go: YES, java: &[(Version::new(8, 0), Can)], webpki: YES },
    // RSA.
    Row { fits: |scheme, _| matches!(scheme, Scheme::RsaPkcs1(_)),
        openssl: YES, gnutls: YES, go: YES, java: YES, webpki: YES },
    // Curves written out.
    Row { fits: |_, key| matches!(key, Kind::Ec(Curve::Explicit(_))),
        openssl: YES, gnutls: UNREAD, go: UNREAD, java: NO, webpki: NO },
    // Curves that only OpenSSL has.
    Row { fits: |_, key| matches!(key, Kind::Ec(curve)
            if !matches!(curve, Curve::P192 | Curve::P224 | Curve::P256 | Curve::P384 | Curve::P521)),
        openssl: YES, gnutls: UNREAD, go: UNREAD, java: NO, webpki: NO },
    // P-192.
    Row { fits: |_, key| matches!(key, Kind::Ec(Curve::P192)),
        openssl: YES, gnutls: YES, go: UNREAD, java: NO, webpki: NO },
    // P-224.
    Row { fits: |_, key| matches!(key, Kind::Ec(Curve::P224)),
        // Out of the JDK by JDK-8235710 (16), and before by `jdk.disabled.namedCurves` of the updates.
        openssl: YES, gnutls: YES, go: YES, java: NO, webpki: NO },
    // ECDSA with SHA-3.
    Row { fits: |scheme, _| matches!(scheme, Scheme::Ecdsa(hash) if hash.is_sha3()),
        openssl: &[(FIRST, Refuses), (Version::new(3, 5), Can)], gnutls: YES, go: NO,
        // JDK-8172366.
        java: &[(Version::new(16, 0), Can)], webpki: NO },
    // ECDSA with SHA-1.
    Row { fits: |scheme, _| scheme == Scheme::Ecdsa(Hash::Sha1),
        openssl: YES, gnutls: NO, go: &[(FIRST, Can), (Version::new(1, 18), Refuses)], java: YES, webpki: NO },
    // ECDSA with SHA-224.
    Row { fits: |scheme, _| scheme == Scheme::Ecdsa(Hash::Sha224),
        openssl: YES, gnutls: YES, go: NO, java: YES, webpki: NO },
    // ECDSA.
    Row { fits: |scheme, _| matches!(scheme, Scheme::Ecdsa(_)),
        openssl: YES, gnutls: YES, go: YES, java: YES, webpki: YES },
    // SM2.
    Row { fits: |scheme, _| scheme == Scheme::Sm2,
        openssl: YES, gnutls: UNREAD, go: UNREAD, java: NO, webpki: NO },
    // DSA with SHA-1.
    Row { fits: |scheme, _| scheme == Scheme::Dsa(Hash::Sha1),
        openssl: YES, gnutls: NO, go: NO, java: YES, webpki: NO },
    // DSA with SHA-384, SHA-512 or SHA-3.
    Row { fits: |scheme, _| matches!(scheme, Scheme::Dsa(hash) if hash > Hash::Sha256 || hash.is_sha3()),
        openssl: NO, gnutls: YES, go: NO, java: &[(Version::new(16, 0), Can)], webpki: NO },
    // DSA that inherits its parameters.
    Row { fits: |_, key| matches!(key, Kind::Dsa(None)),
        openssl: NO, gnutls: NO, go: NO, java: YES, webpki: NO },
    // DSA.
    Row { fits: |scheme, _| matches!(scheme, Scheme::Dsa(_)),
        openssl: YES, gnutls: YES, go: NO, java: YES, webpki: NO },
    // Ed25519.
    Row { fits: |scheme, _| scheme == Scheme::Ed25519,
        // JEP 339.
        openssl: YES, gnutls: YES, go: YES, java: &[(Version::new(15, 0), Can)], webpki: YES },
    // Ed448.
    Row { fits: |scheme, _| scheme == Scheme::Ed448,
        openssl: YES, gnutls: YES, go: NO, java: &[(Version::new(15, 0), Can)], webpki: NO },
    // ML-DSA.
    Row { fits: |scheme, _| matches!(scheme, Scheme::MlDsa(_)),
        // JEP 497; Go 1.27 as measured.
        openssl: &[(FIRST, Refuses), (Version::new(3, 5), Can)], gnutls: NO,
        go: &[(FIRST, Refuses), (Version::new(1, 27), Can)], java: &[(Version::new(24, 0), Can)], webpki: YES },
    // SLH-DSA.
    Row { fits: |scheme, _| matches!(scheme, Scheme::SlhDsa(_)),
        openssl: &[(FIRST, Refuses), (Version::new(3, 5), Can)], gnutls: NO, go: NO, java: NO, webpki: NO },
];

/// What decides about reading a certificate with a key, whatever its signature: the leaf's key is never used to check.
#[rustfmt::skip]
static KEYS: &[Row] = &[
    // Curves written out.
    Row { fits: |_, key| matches!(key, Kind::Ec(Curve::Explicit(_))),
        openssl: NO, gnutls: UNREAD, go: UNREAD, java: UNREAD, webpki: YES },
    // P-192.
    Row { fits: |_, key| matches!(key, Kind::Ec(Curve::P192)),
        openssl: YES, gnutls: YES, go: UNREAD, java: NO, webpki: YES },
    // SM2.
    Row { fits: |_, key| matches!(key, Kind::Ec(Curve::Sm2)),
        openssl: YES, gnutls: UNREAD, go: UNREAD, java: UNREAD, webpki: YES },
    // P-224. JDKs before 16 refuse a server with a curve of `jdk.disabled.namedCurves` (measured with 11.0.24 and 17.0.19).
    Row { fits: |_, key| matches!(key, Kind::Ec(Curve::P224)),
        openssl: YES, gnutls: YES, go: YES, java: &[(Version::new(16, 0), Can)], webpki: YES },
    // Other curves.
    Row { fits: |_, key| matches!(key, Kind::Ec(curve)
            if !matches!(curve, Curve::P256 | Curve::P384 | Curve::P521)),
        openssl: YES, gnutls: UNREAD, go: UNREAD, java: &[(Version::new(16, 0), Can)], webpki: YES },
    // ML-DSA and SLH-DSA.
    Row { fits: |_, key| matches!(key, Kind::MlDsa(_) | Kind::SlhDsa(_)),
        openssl: &[(FIRST, Refuses), (Version::new(3, 5), Can)], gnutls: NO, go: YES, java: YES, webpki: YES },
];

impl Row {
    fn answer(&self, library: Library, version: Version) -> Answer {
        let since = match library {
            Library::OpenSsl => self.openssl,
            Library::GnuTls => self.gnutls,
            Library::Go => self.go,
            Library::Java => self.java,
            Library::Webpki => self.webpki,
        };
        let held = since.iter().rev().find(|(from, _)| version >= *from);
        held.map_or(Refuses, |(_, answer)| *answer)
    }
}

fn find(table: &'static [Row], scheme: Scheme, key: Kind<'_>) -> Option<&'static Row> {
    table.iter().find(|row| (row.fits)(scheme, key))
}

/// Whether the library checks such a signature with this key. What no row knows it can't.
pub(crate) fn verifies(
    library: Library,
    version: Version,
    scheme: Scheme,
    key: &PublicKey<'_>,
) -> Answer {
    if library == Library::Webpki && key.bits() > WEBPKI_LARGEST && is_rsa(key.kind) {
        return Refuses;
    }
    // Neither takes the parameters of a DSA key from the certificates above it (RFC 5280 §6.1.4 (f)): PKITS 4.1.5.
    let inherits = matches!(key.kind, Kind::Dsa(None));
    if inherits && matches!(library, Library::OpenSsl | Library::GnuTls) {
        return Refuses;
    }
    find(SIGNATURES, scheme, key.kind).map_or(Refuses, |row| row.answer(library, version))
}

/// aws-lc's `RSA_PKCS1_2048_8192_…`.
const WEBPKI_LARGEST: u32 = 8192;

fn is_rsa(kind: Kind<'_>) -> bool {
    matches!(kind, Kind::Rsa(_) | Kind::RsaPss(..))
}

/// Whether the library reads a certificate that has this key.
pub(crate) fn reads(library: Library, version: Version, key: &PublicKey<'_>) -> Answer {
    find(KEYS, Scheme::Unknown, key.kind).map_or(Can, |row| row.answer(library, version))
}

/// Whether the library checks any signature with this key: the one that is usual for its kind. An anchor with another
/// key is of no use to it.
pub(crate) fn verifies_with(library: Library, version: Version, key: &PublicKey<'_>) -> Answer {
    let scheme = match key.kind {
        Kind::Rsa(_) => Scheme::RsaPkcs1(Hash::Sha256),
        Kind::RsaPss(_, restricted) => Scheme::RsaPss(restricted.unwrap_or(USUAL_PSS)),
        Kind::Ec(Curve::Sm2) => Scheme::Sm2,
        Kind::Ec(_) => Scheme::Ecdsa(Hash::Sha256),
        Kind::Ed25519 => Scheme::Ed25519,
        Kind::Ed448 => Scheme::Ed448,
        Kind::Dsa(_) => Scheme::Dsa(Hash::Sha256),
        Kind::MlDsa(set) => Scheme::MlDsa(set),
        Kind::SlhDsa(set) => Scheme::SlhDsa(set),
        Kind::X25519 | Kind::X448 | Kind::Unknown | Kind::Malformed => return Refuses,
    };
    verifies(library, version, scheme, key)
}

/// Strength of a key in bits, as the library counts it: OpenSSL from 3.0 on by the formula of SP 800-56B rev. 2
/// appendix D, rounded to whole bytes (`ossl_ifc_ffc_compute_security_bits`), the others by steps.
pub(crate) fn strength(library: Option<(Library, Version)>, key: &PublicKey<'_>) -> u32 {
    let new_openssl = library.is_some_and(|(library, version)| {
        library == Library::OpenSsl && version >= Version::new(3, 0)
    });
    if !new_openssl || !is_rsa(key.kind) {
        return key.strength();
    }
    match key.bits() {
        0..919 => 0,
        919..1962 => 80,
        1962..2670 => 112,
        2670..6944 => 128,
        6944..13911 => 192,
        _ => 256,
    }
}

const USUAL_PSS: crate::cert::signature::Pss = crate::cert::signature::Pss {
    hash: Hash::Sha256,
    mask: Hash::Sha256,
    salt: 32,
};

/// Whether a TLS client on OpenSSL offers a signature algorithm and a group that a server with this key can use: its
/// defaults have no P-192, P-224, secp256k1, binary curves or DSA, and brainpool only since 3.2 (its release notes;
/// measured with 3.0.20 and 3.5.9).
pub(crate) fn offers_in_handshake(version: Version, key: &PublicKey<'_>) -> bool {
    match key.kind {
        Kind::Ec(Curve::Bp256r1 | Curve::Bp384r1 | Curve::Bp512r1) => version >= Version::new(3, 2),
        Kind::Ec(curve) => matches!(curve, Curve::P256 | Curve::P384 | Curve::P521),
        Kind::Dsa(_) | Kind::X25519 | Kind::X448 => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_has_versions_in_order() {
        for row in SIGNATURES.iter().chain(KEYS) {
            for since in [row.openssl, row.gnutls, row.go, row.java, row.webpki] {
                let sorted = since.is_sorted_by(|a, b| a.0 < b.0);
                assert!(!since.is_empty() && sorted, "{since:?}");
            }
        }
    }

    #[test]
    fn answers_change_with_the_version() {
        let key = |kind| PublicKey { kind, bytes: &[] };
        let of = |library, version, scheme, kind| verifies(library, version, scheme, &key(kind));
        let (p256, p192) = (Kind::Ec(Curve::P256), Kind::Ec(Curve::P192));
        for (library, version, scheme, kind, answer) in [
            (
                Library::OpenSsl,
                Version::new(3, 0),
                Scheme::MlDsa(65),
                Kind::MlDsa(65),
                Refuses,
            ),
            (
                Library::OpenSsl,
                Version::new(3, 5),
                Scheme::MlDsa(65),
                Kind::MlDsa(65),
                Can,
            ),
            (
                Library::Java,
                Version::new(11, 0),
                Scheme::Ed25519,
                Kind::Ed25519,
                Refuses,
            ),
            (
                Library::Java,
                Version::new(17, 0),
                Scheme::Ed25519,
                Kind::Ed25519,
                Can,
            ),
            (
                Library::Go,
                Version::new(1, 17),
                Scheme::Ecdsa(Hash::Sha1),
                p256,
                Can,
            ),
            (
                Library::Go,
                Version::new(1, 18),
                Scheme::Ecdsa(Hash::Sha1),
                p256,
                Refuses,
            ),
            (
                Library::Go,
                Version::new(1, 27),
                Scheme::Ecdsa(Hash::Sha256),
                p192,
                CannotParse,
            ),
            (
                Library::Go,
                Version::new(1, 27),
                Scheme::Unknown,
                p256,
                Refuses,
            ),
        ] {
            assert_eq!(
                of(library, version, scheme, kind),
                answer,
                "{library:?} {scheme:?}"
            );
        }
    }
}
