//! Digest algorithms.

use aws_lc_rs::digest;
use serde::Serialize;

use super::oids;

/// The hash inside a signature algorithm, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Hash {
    /// Broken.
    Md2,
    /// Broken.
    Md4,
    /// Broken: forged CA certificates exist.
    Md5,
    /// Broken: chosen-prefix collisions are affordable.
    Sha1,
    /// 224 bits of SHA-2.
    Sha224,
    /// 256 bits of SHA-2.
    Sha256,
    /// 384 bits of SHA-2.
    Sha384,
    /// 512 bits of SHA-2.
    Sha512,
    /// Any of SHA-3.
    Sha3,
}

impl Hash {
    /// The usual name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Md2 => "MD2",
            Self::Md4 => "MD4",
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha224 => "SHA-224",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
            Self::Sha3 => "SHA-3",
        }
    }

    /// Whether collisions can be made, so that a signature by others proves nothing.
    pub fn is_broken(self) -> bool {
        self <= Self::Sha1
    }

    /// How to compute it; `None` for those known by name only.
    pub(crate) fn algorithm(self) -> Option<&'static digest::Algorithm> {
        Some(match self {
            Self::Md2 | Self::Md4 | Self::Md5 | Self::Sha3 => return None,
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha224 => &digest::SHA224,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        })
    }

    /// Length in octets of one that can be computed.
    pub(crate) fn length(self) -> Option<u32> {
        self.algorithm()
            .map(|algorithm| algorithm.output_len as u32)
    }

    /// The object identifier of one that can be computed.
    pub(crate) fn oid(self) -> Option<&'static [u8]> {
        Some(match self {
            Self::Md2 | Self::Md4 | Self::Md5 | Self::Sha3 => return None,
            Self::Sha1 => oids::SHA1,
            Self::Sha224 => oids::SHA224,
            Self::Sha256 => oids::SHA256,
            Self::Sha384 => oids::SHA384,
            Self::Sha512 => oids::SHA512,
        })
    }

    /// By object identifier (NIST's register of hash algorithms; SHA-1 in RFC 3279 §2.2.1).
    pub(crate) fn from_oid(oid: &[u8]) -> Option<Self> {
        Some(match oid {
            oids::SHA1 => Self::Sha1,
            oids::SHA224 => Self::Sha224,
            oids::SHA256 => Self::Sha256,
            oids::SHA384 => Self::Sha384,
            oids::SHA512 => Self::Sha512,
            [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 7..=10] => Self::Sha3,
            _ => return None,
        })
    }

    /// Strength against collisions in bits, as OpenSSL counts it: MD5 39, SHA-1 63.
    pub(crate) fn strength(self) -> u32 {
        match self {
            Self::Md2 | Self::Md4 | Self::Md5 => 39,
            Self::Sha1 => 63,
            Self::Sha224 | Self::Sha3 => 112,
            Self::Sha256 => 128,
            Self::Sha384 => 192,
            Self::Sha512 => 256,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_known_by_their_identifiers() {
        for (oid, hash) in [
            (oids::SHA1, Hash::Sha1),
            (oids::SHA224, Hash::Sha224),
            (oids::SHA256, Hash::Sha256),
            (oids::SHA384, Hash::Sha384),
            (oids::SHA512, Hash::Sha512),
        ] {
            assert_eq!(Hash::from_oid(oid), Some(hash));
        }
        assert_eq!(Hash::from_oid(&[0x2a]), None);
    }
}
