//! Digest algorithms.

use aws_lc_rs::digest;
use serde::Serialize;
use sha3::Digest as _;

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
    /// 160 bits, as few as SHA-1 has.
    Ripemd160,
    /// 224 bits of SHA-2.
    Sha224,
    /// SHA-512 cut to 224 bits.
    Sha512T224,
    /// 224 bits of SHA-3.
    Sha3T224,
    /// 256 bits of SHA-2.
    Sha256,
    /// SHA-512 cut to 256 bits.
    Sha512T256,
    /// 256 bits of SHA-3.
    Sha3T256,
    /// 384 bits of SHA-2.
    Sha384,
    /// 384 bits of SHA-3.
    Sha3T384,
    /// 512 bits of SHA-2.
    Sha512,
    /// 512 bits of SHA-3.
    Sha3T512,
}

/// Name, object identifier (NIST's register; RFC 3279 §2.2.1; TeleTrusT), length in octets, strength.
type Row = (&'static str, &'static [u8], usize, u32);

impl Hash {
    const ALL: [Self; 15] = [
        Self::Md2,
        Self::Md4,
        Self::Md5,
        Self::Sha1,
        Self::Ripemd160,
        Self::Sha224,
        Self::Sha512T224,
        Self::Sha3T224,
        Self::Sha256,
        Self::Sha512T256,
        Self::Sha3T256,
        Self::Sha384,
        Self::Sha3T384,
        Self::Sha512,
        Self::Sha3T512,
    ];

    fn row(self) -> Row {
        match self {
            Self::Md2 => ("MD2", oids::MD2, 16, 39),
            Self::Md4 => ("MD4", oids::MD4, 16, 39),
            Self::Md5 => ("MD5", oids::MD5, 16, 39),
            Self::Sha1 => ("SHA-1", oids::SHA1, 20, 63),
            Self::Ripemd160 => ("RIPEMD-160", oids::RIPEMD160, 20, 80),
            Self::Sha224 => ("SHA-224", oids::SHA224, 28, 112),
            Self::Sha512T224 => ("SHA-512/224", oids::SHA512_224, 28, 112),
            Self::Sha3T224 => ("SHA3-224", oids::SHA3_224, 28, 112),
            Self::Sha256 => ("SHA-256", oids::SHA256, 32, 128),
            Self::Sha512T256 => ("SHA-512/256", oids::SHA512_256, 32, 128),
            Self::Sha3T256 => ("SHA3-256", oids::SHA3_256, 32, 128),
            Self::Sha384 => ("SHA-384", oids::SHA384, 48, 192),
            Self::Sha3T384 => ("SHA3-384", oids::SHA3_384, 48, 192),
            Self::Sha512 => ("SHA-512", oids::SHA512, 64, 256),
            Self::Sha3T512 => ("SHA3-512", oids::SHA3_512, 64, 256),
        }
    }

    /// The usual name.
    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// Whether collisions can be made, so that a signature by others proves nothing.
    pub fn is_broken(self) -> bool {
        self <= Self::Sha1
    }

    /// SHA-3 of any length.
    pub(crate) fn is_sha3(self) -> bool {
        matches!(
            self,
            Self::Sha3T224 | Self::Sha3T256 | Self::Sha3T384 | Self::Sha3T512
        )
    }

    /// The digest of a message; `None` for those known by name only.
    pub(crate) fn digest(self, message: &[u8]) -> Option<Vec<u8>> {
        let by_library = |algorithm| digest::digest(algorithm, message).as_ref().to_vec();
        Some(match self {
            Self::Md2 | Self::Md4 => return None,
            Self::Md5 => md5::Md5::digest(message).to_vec(),
            Self::Ripemd160 => ripemd::Ripemd160::digest(message).to_vec(),
            Self::Sha1 => by_library(&digest::SHA1_FOR_LEGACY_USE_ONLY),
            Self::Sha224 => by_library(&digest::SHA224),
            Self::Sha256 => by_library(&digest::SHA256),
            Self::Sha384 => by_library(&digest::SHA384),
            Self::Sha512 => by_library(&digest::SHA512),
            Self::Sha512T224 => sha2::Sha512_224::digest(message).to_vec(),
            Self::Sha512T256 => by_library(&digest::SHA512_256),
            Self::Sha3T224 => sha3::Sha3_224::digest(message).to_vec(),
            Self::Sha3T256 => by_library(&digest::SHA3_256),
            Self::Sha3T384 => by_library(&digest::SHA3_384),
            Self::Sha3T512 => by_library(&digest::SHA3_512),
        })
    }

    /// Length in octets.
    pub(crate) fn length(self) -> usize {
        self.row().2
    }

    /// The object identifier.
    pub(crate) fn oid(self) -> &'static [u8] {
        self.row().1
    }

    /// By object identifier.
    pub(crate) fn from_oid(oid: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|hash| hash.oid() == oid)
    }

    /// Strength against collisions in bits, as OpenSSL counts it: MD5 39, SHA-1 63.
    pub(crate) fn strength(self) -> u32 {
        self.row().3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_known_by_their_identifiers_and_have_their_length() {
        for hash in Hash::ALL {
            assert_eq!(Hash::from_oid(hash.oid()), Some(hash));
            let computed = !matches!(hash, Hash::Md2 | Hash::Md4);
            let length = hash.digest(b"a certificate").map(|digest| digest.len());
            assert_eq!(length, computed.then_some(hash.length()), "{hash:?}");
        }
        assert_eq!(Hash::from_oid(&[0x2a]), None);
        assert!(Hash::ALL.is_sorted());
    }

    /// `openssl dgst` and Python's hashlib say the same of the empty message.
    #[test]
    fn the_digests_beside_sha_2_are_the_standard_ones() {
        for (hash, hex) in [
            (Hash::Md5, "d41d8cd98f00b204e9800998ecf8427e"),
            (Hash::Ripemd160, "9c1185a5c5e9fc54612808977ee8f548b2258d31"),
            (
                Hash::Sha512T224,
                "6ed0dd02806fa89e25de060c19d3ac86cabb87d6a0ddd05c333b84f4",
            ),
            (
                Hash::Sha3T224,
                "6b4e03423667dbb73b6e15454f0eb1abd4597f9a1b078e3f5b5a6bc7",
            ),
            (
                Hash::Sha512T256,
                "c672b8d1ef56ed28ab87c3622c5114069bdd3ad7b8f9737498d0c01ecef0967a",
            ),
            (
                Hash::Sha3T256,
                "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a",
            ),
        ] {
            let digest = hash.digest(b"").unwrap();
            let found: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(found, hex, "{hash:?}");
        }
    }
}
