//! Certificates made piece by piece, so that any single piece can be wrong.

use crate::cert::{Certificate, DerFault, Time};

/// 2026-06-01T00:00:00Z: inside the validity of a plain sample.
pub const NOW: Time = Time(1_780_272_000);

/// One element in DER.
pub fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut out = vec![tag];
    match content.len() {
        short @ 0..=0x7f => out.push(short as u8),
        medium @ 0x80..=0xff => out.extend([0x81, medium as u8]),
        long => out.extend([0x82, (long >> 8) as u8, long as u8]),
    }
    out.extend(content);
    out
}

/// A sequence.
pub fn seq(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, parts)
}

/// An attribute of a name: the last byte of its type in 2.5.4, the string's tag, the string.
pub type Attribute<'a> = (u8, u8, &'a [u8]);

/// A name: one set of attributes for each relative name.
pub fn name(sets: &[&[Attribute<'_>]]) -> Vec<u8> {
    let attribute = |(kind, tag, value): &Attribute<'_>| {
        seq(&[&tlv(6, &[&[0x55, 0x04, *kind]]), &tlv(*tag, &[value])])
    };
    let set = |set: &&[Attribute<'_>]| {
        tlv(
            0x31,
            &[&set.iter().flat_map(attribute).collect::<Vec<u8>>()],
        )
    };
    seq(&[&sets.iter().flat_map(set).collect::<Vec<u8>>()])
}

/// A name that is one common name.
pub fn common_name(text: &str) -> Vec<u8> {
    name(&[&[(3, 0x0c, text.as_bytes())]])
}

/// An extension of 2.5.29.
pub fn extension(last: u8, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical { tlv(1, &[&[0xff]]) } else { vec![] };
    seq(&[
        &tlv(6, &[&[0x55, 0x1d, last]]),
        &critical,
        &tlv(4, &[value]),
    ])
}

/// basicConstraints with `cA TRUE`.
pub fn ca(critical: bool) -> Vec<u8> {
    extension(19, critical, &seq(&[&tlv(1, &[&[0xff]])]))
}

/// keyUsage with these bits.
pub fn key_usage(bits: u8) -> Vec<u8> {
    extension(15, true, &[3, 2, bits.trailing_zeros() as u8, bits])
}

/// subjectKeyIdentifier.
pub fn ski(id: u8) -> Vec<u8> {
    extension(14, false, &tlv(4, &[&[id]]))
}

/// authorityKeyIdentifier.
pub fn aki(id: u8) -> Vec<u8> {
    extension(35, false, &seq(&[&tlv(0x80, &[&[id]])]))
}

/// sha256WithRSAEncryption.
pub fn rsa_sha256() -> Vec<u8> {
    algorithm(11)
}

/// An algorithm of PKCS#1 by its last number.
pub fn algorithm(last: u8) -> Vec<u8> {
    let oid = tlv(6, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, last]]);
    seq(&[&oid, &[5, 0]])
}

/// An RSA key with a modulus of so many bits (a multiple of 8) that nobody can use.
pub fn rsa_key(bits: usize) -> Vec<u8> {
    let modulus = [&[0][..], &vec![0xab; bits / 8]].concat();
    let key = seq(&[&tlv(2, &[&modulus]), &tlv(2, &[&[1, 0, 1]])]);
    seq(&[&algorithm(1), &tlv(3, &[&[0], &key])])
}

/// An elliptic key with these parameters and a point of so many bytes.
pub fn ec_key(parameters: &[u8], point: usize) -> Vec<u8> {
    let oid = tlv(6, &[&[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1]]);
    seq(&[
        &seq(&[&oid, parameters]),
        &tlv(3, &[&[0, 4], &vec![7; point - 1]]),
    ])
}

/// Everything a certificate is made of, as DER; the default is a root that breaks no rule but has no true signature.
#[derive(Clone)]
pub struct Sample {
    pub version: Vec<u8>,
    pub serial: Vec<u8>,
    pub signed_algorithm: Vec<u8>,
    pub issuer: Vec<u8>,
    pub validity: Vec<u8>,
    pub subject: Vec<u8>,
    pub key: Vec<u8>,
    pub tail: Vec<u8>,
    pub algorithm: Vec<u8>,
    pub signature: Vec<u8>,
}

impl Default for Sample {
    fn default() -> Self {
        Self {
            version: tlv(0xa0, &[&[2, 1, 2]]),
            serial: vec![2, 1, 1],
            signed_algorithm: rsa_sha256(),
            issuer: common_name("Sample Root"),
            validity: seq(&[
                &tlv(0x17, &[b"250101000000Z"]),
                &tlv(0x17, &[b"350101000000Z"]),
            ]),
            subject: common_name("Sample Root"),
            key: rsa_key(2048),
            tail: Self::extensions(&[&ca(true), &key_usage(0x06), &ski(1)]),
            algorithm: rsa_sha256(),
            signature: tlv(3, &[&[0], &[0x55; 256]]),
        }
    }
}

impl Sample {
    /// The field that holds these extensions.
    pub fn extensions(list: &[&[u8]]) -> Vec<u8> {
        tlv(0xa3, &[&seq(list)])
    }

    /// The whole certificate.
    pub fn der(&self) -> Vec<u8> {
        let tbs = seq(&[
            &self.version,
            &self.serial,
            &self.signed_algorithm,
            &self.issuer,
            &self.validity,
            &self.subject,
            &self.key,
            &self.tail,
        ]);
        seq(&[&tbs, &self.algorithm, &self.signature])
    }

    /// The whole certificate, read.
    pub fn read(&self) -> Result<Certificate, DerFault> {
        Certificate::from_der(&self.der())
    }
}
