//! What people call signature algorithms.

use super::super::{Hash, oids};

/// Name and hash of a signature algorithm by its object identifier's content (RFC 3279, 4055, 5758, 8410, 9881).
pub(crate) fn describe(oid: &[u8]) -> Option<(&'static str, Option<Hash>)> {
    Some(match oid {
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, last] => match last {
            2 => ("md2WithRSAEncryption", Some(Hash::Md2)),
            3 => ("md4WithRSAEncryption", Some(Hash::Md4)),
            4 => ("md5WithRSAEncryption", Some(Hash::Md5)),
            5 => ("sha1WithRSAEncryption", Some(Hash::Sha1)),
            10 => ("rsassaPss", None),
            11 => ("sha256WithRSAEncryption", Some(Hash::Sha256)),
            12 => ("sha384WithRSAEncryption", Some(Hash::Sha384)),
            13 => ("sha512WithRSAEncryption", Some(Hash::Sha512)),
            14 => ("sha224WithRSAEncryption", Some(Hash::Sha224)),
            15 => ("sha512-224WithRSAEncryption", Some(Hash::Sha512T224)),
            16 => ("sha512-256WithRSAEncryption", Some(Hash::Sha512T256)),
            _ => return None,
        },
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01] => ("ecdsa-with-SHA1", Some(Hash::Sha1)),
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, last] => match last {
            1 => ("ecdsa-with-SHA224", Some(Hash::Sha224)),
            2 => ("ecdsa-with-SHA256", Some(Hash::Sha256)),
            3 => ("ecdsa-with-SHA384", Some(Hash::Sha384)),
            4 => ("ecdsa-with-SHA512", Some(Hash::Sha512)),
            _ => return None,
        },
        [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, last] => match last {
            1 => ("dsa-with-SHA224", Some(Hash::Sha224)),
            2 => ("dsa-with-SHA256", Some(Hash::Sha256)),
            3 => ("dsa-with-SHA384", Some(Hash::Sha384)),
            4 => ("dsa-with-SHA512", Some(Hash::Sha512)),
            5 => ("dsa-with-SHA3-224", Some(Hash::Sha3T224)),
            6 => ("dsa-with-SHA3-256", Some(Hash::Sha3T256)),
            7 => ("dsa-with-SHA3-384", Some(Hash::Sha3T384)),
            8 => ("dsa-with-SHA3-512", Some(Hash::Sha3T512)),
            9 => ("ecdsa-with-SHA3-224", Some(Hash::Sha3T224)),
            10 => ("ecdsa-with-SHA3-256", Some(Hash::Sha3T256)),
            11 => ("ecdsa-with-SHA3-384", Some(Hash::Sha3T384)),
            12 => ("ecdsa-with-SHA3-512", Some(Hash::Sha3T512)),
            13 => ("rsa-with-SHA3-224", Some(Hash::Sha3T224)),
            14 => ("rsa-with-SHA3-256", Some(Hash::Sha3T256)),
            15 => ("rsa-with-SHA3-384", Some(Hash::Sha3T384)),
            16 => ("rsa-with-SHA3-512", Some(Hash::Sha3T512)),
            0x11 => ("ML-DSA-44", None),
            0x12 => ("ML-DSA-65", None),
            0x13 => ("ML-DSA-87", None),
            set @ 20..=31 => (slh_dsa_name(*set), None),
            _ => return None,
        },
        [0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x03] => ("dsa-with-SHA1", Some(Hash::Sha1)),
        oids::RIPEMD160_RSA => ("ripemd160WithRSA", Some(Hash::Ripemd160)),
        oids::SM2_SM3 => ("SM2-with-SM3", None),
        [0x2b, 0x0e, 0x03, 0x02, 0x1d] => ("sha1WithRSA", Some(Hash::Sha1)),
        [0x2b, 0x65, 0x70] => ("Ed25519", None),
        [0x2b, 0x65, 0x71] => ("Ed448", None),
        _ => return None,
    })
}

/// A parameter set of SLH-DSA by the last arc of its object identifier (FIPS 205, RFC 9909).
pub(crate) fn slh_dsa_name(set: u8) -> &'static str {
    const NAMES: [&str; 12] = [
        "SLH-DSA-SHA2-128s",
        "SLH-DSA-SHA2-128f",
        "SLH-DSA-SHA2-192s",
        "SLH-DSA-SHA2-192f",
        "SLH-DSA-SHA2-256s",
        "SLH-DSA-SHA2-256f",
        "SLH-DSA-SHAKE-128s",
        "SLH-DSA-SHAKE-128f",
        "SLH-DSA-SHAKE-192s",
        "SLH-DSA-SHAKE-192f",
        "SLH-DSA-SHAKE-256s",
        "SLH-DSA-SHAKE-256f",
    ];
    let place = usize::from(set).wrapping_sub(20);
    NAMES.get(place).copied().unwrap_or("SLH-DSA")
}
