//! The parameters of RSASSA-PSS (RFC 4055 §3.1), in a signature or in a key that they restrict.

use super::{Hash, Malformed, Read, oids};
use crate::cert::tlv::{self, Reader, tag};

/// RSASSA-PSS-params.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pss {
    pub(crate) hash: Hash,
    /// The hash of the mask generation function.
    pub(crate) mask: Hash,
    /// Length of the salt in octets.
    pub(crate) salt: u32,
}

impl Pss {
    /// The content of the SEQUENCE, with the defaults of SHA-1 and 20 octets. `None`: hashes that are not known here.
    pub(crate) fn read(content: &[u8]) -> Read<Option<Self>> {
        let mut reader = Reader::new(content);
        let hash = reader
            .optional(0xa0)?
            .map_or(Ok(Some(Hash::Sha1)), hash_identifier)?;
        let mask = reader
            .optional(0xa1)?
            .map_or(Ok(Some(Hash::Sha1)), mask_generation)?;
        let salt = reader.optional(0xa2)?.map_or(Ok(20), |content| {
            tlv::sole(content, tag::INTEGER).and_then(tlv::unsigned)
        })?;
        let trailer = reader.optional(0xa3)?.map_or(Ok(1), |content| {
            tlv::sole(content, tag::INTEGER).and_then(tlv::unsigned)
        })?;
        reader.finish()?;
        if trailer != 1 {
            return Err(Malformed);
        }
        let hashes = hash.zip(mask);
        Ok(hashes.map(|(hash, mask)| Self { hash, mask, salt }))
    }

    /// As everybody makes it: one hash for both, and a salt as long.
    pub(crate) fn is_usual(self) -> bool {
        self.hash == self.mask && self.hash.length() == self.salt as usize
    }

    /// The content of the parameters as everybody writes them: NULL after each hash, nothing about the trailer.
    pub(crate) fn usual_encoding(self) -> Vec<u8> {
        let element = |tag: u8, content: &[u8]| [&[tag, content.len() as u8], content].concat();
        let hash = |hash: Hash| {
            let oid = element(tag::OID, hash.oid());
            element(tag::SEQUENCE, &[oid, vec![tag::NULL, 0]].concat())
        };
        let generator = [element(tag::OID, oids::MGF1), hash(self.mask)].concat();
        [
            element(0xa0, &hash(self.hash)),
            element(0xa1, &element(tag::SEQUENCE, &generator)),
            element(0xa2, &element(tag::INTEGER, &[self.salt as u8])),
        ]
        .concat()
    }

    /// A key with these restrictions may have made a signature with `self` (RFC 4055 §3.3: the same hashes, and a
    /// salt that is not shorter).
    pub(crate) fn fits(self, restricted: Self) -> bool {
        self.hash == restricted.hash && self.mask == restricted.mask && self.salt >= restricted.salt
    }
}

fn hash_identifier(content: &[u8]) -> Read<Option<Hash>> {
    let mut reader = tlv::sequence(content)?;
    Ok(Hash::from_oid(reader.expect(tag::OID)?))
}

fn mask_generation(content: &[u8]) -> Read<Option<Hash>> {
    let mut reader = tlv::sequence(content)?;
    if reader.expect(tag::OID)? != oids::MGF1 {
        return Ok(None);
    }
    let (_, _, hash) = reader.element()?;
    hash_identifier(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restricted_key_takes_its_hashes_and_a_salt_that_is_long_enough() {
        let pss = |hash, mask, salt| Pss { hash, mask, salt };
        let key = pss(Hash::Sha384, Hash::Sha384, 48);
        for (signature, fits) in [
            (key, true),
            (pss(Hash::Sha384, Hash::Sha384, 64), true),
            (pss(Hash::Sha384, Hash::Sha384, 47), false),
            (pss(Hash::Sha384, Hash::Sha256, 48), false),
            (pss(Hash::Sha256, Hash::Sha384, 48), false),
        ] {
            assert_eq!(signature.fits(key), fits, "{signature:?}");
        }
    }
}
