//! Random chains with random faults, made from DER by hand so that every fault is possible.

#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(
    clippy::semicolon_if_nothing_returned,
    reason = "the faults are one-line functions"
)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(missing_docs, reason = "a module of tests")]

mod faults;
pub mod oddities;
mod parts;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};

use faults::FAULTS;
pub use parts::*;

/// A small generator of pseudo-random numbers (xorshift64*), so that a seed names a whole run.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % limit
    }

    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[self.below(from.len())]
    }
}

const ECDSA_SHA256: &[u8] = &[0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];

/// A key, able to sign.
pub struct Key {
    pair: EcdsaKeyPair,
    pub pkcs8: Vec<u8>,
}

impl Key {
    pub fn new() -> Self {
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).unwrap();
        let pkcs8 = pkcs8.as_ref().to_vec();
        Self {
            pair: EcdsaKeyPair::from_pkcs8(algorithm, &pkcs8).unwrap(),
            pkcs8,
        }
    }

    fn info(&self) -> Vec<u8> {
        let algorithm = sequence(&[
            vec![0x06, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1],
            vec![0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7],
        ]);
        let bits = [&[0], self.pair.public_key().as_ref()].concat();
        sequence(&[algorithm, der(3, &bits)])
    }

    /// The key identifier that certificates give it.
    pub fn id(&self) -> Vec<u8> {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &self.info());
        digest.as_ref()[..20].to_vec()
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair
            .sign(&SystemRandom::new(), message)
            .unwrap()
            .as_ref()
            .to_vec()
    }
}

/// A certificate to be made.
#[derive(Clone)]
pub struct Spec {
    /// The version's number as it is encoded, instead of what the extensions ask for.
    pub version: Option<u8>,
    pub serial: Vec<u8>,
    pub issuer: Vec<u8>,
    pub subject: Vec<u8>,
    pub not_before: i64,
    pub not_after: i64,
    /// Validity as it is instead of one made from the two.
    pub validity: Option<Vec<u8>>,
    /// Identifier, critical, content; a certificate without any is of version 1.
    pub extensions: Vec<(Vec<u8>, bool, Vec<u8>)>,
    /// SubjectPublicKeyInfo instead of that of the key.
    pub info: Option<Vec<u8>>,
    /// The unique identifiers of issuer and subject, each with its tag.
    pub unique_ids: Vec<u8>,
    /// The algorithm identifier in the signed part, and the one beside the signature.
    pub algorithms: [Vec<u8>; 2],
}

pub fn ce(number: u8) -> Vec<u8> {
    vec![0x55, 0x1d, number]
}

impl Spec {
    /// A root that signs itself.
    pub fn plain(now: i64) -> Self {
        let mut spec = Self {
            version: None,
            serial: vec![7],
            issuer: name("Plain"),
            subject: name("Plain"),
            not_before: now - DAY,
            not_after: now + 900 * DAY,
            validity: None,
            extensions: Vec::new(),
            info: None,
            unique_ids: Vec::new(),
            algorithms: [0; 2].map(|_| sequence(&[ECDSA_SHA256.to_vec()])),
        };
        spec.set(ce(19), true, basic(true, None));
        spec.set(ce(15), true, usage(CERT_SIGN | CRL_SIGN));
        spec.set(ce(14), false, der(4, &[7; 20]));
        spec
    }

    pub fn set(&mut self, oid: Vec<u8>, critical: bool, content: Vec<u8>) {
        self.drop(&oid);
        self.extensions.push((oid, critical, content));
    }

    pub fn drop(&mut self, oid: &[u8]) {
        self.extensions.retain(|(found, _, _)| found != oid);
    }

    pub fn make(&self, key: &Key, signer: &Key) -> Vec<u8> {
        self.make_signed(key, |message| signer.sign(message))
    }

    /// The certificate with a signature of any kind.
    pub fn make_signed(&self, key: &Key, sign: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
        let extensions: Vec<Vec<u8>> = self
            .extensions
            .iter()
            .map(|(oid, critical, content)| {
                let flag = if *critical {
                    vec![1, 1, 0xff]
                } else {
                    Vec::new()
                };
                sequence(&[der(6, oid), flag, der(4, content)])
            })
            .collect();
        let (number, list) = if extensions.is_empty() {
            (0, Vec::new())
        } else {
            (2, der(0xa3, &sequence(&extensions)))
        };
        let version = match self.version.unwrap_or(number) {
            0 => Vec::new(),
            number => der(0xa0, &integer(&[number])),
        };
        let dates = || sequence(&[time(self.not_before), time(self.not_after)]);
        let tbs = sequence(&[
            version,
            integer(&self.serial),
            self.algorithms[0].clone(),
            self.issuer.clone(),
            self.validity.clone().unwrap_or_else(dates),
            self.subject.clone(),
            self.info.clone().unwrap_or_else(|| key.info()),
            self.unique_ids.clone(),
            list,
        ]);
        let signature = [&[0], sign(&tbs).as_slice()].concat();
        sequence(&[tbs, self.algorithms[1].clone(), der(3, &signature)])
    }
}

fn time(seconds: i64) -> Vec<u8> {
    let civil = jiff::Timestamp::from_second(seconds)
        .unwrap()
        .to_zoned(jiff::tz::TimeZone::UTC);
    der(0x17, civil.strftime("%y%m%d%H%M%SZ").to_string().as_bytes())
}

/// A question to a validator, and what was broken in it.
pub struct Chain {
    pub host: String,
    pub leaf: Vec<u8>,
    pub leaf_key: Vec<u8>,
    pub helpers: Vec<Vec<u8>>,
    pub anchors: Vec<Vec<u8>>,
    pub faults: Vec<&'static str>,
}

/// The parts of a chain while faults are put in.
struct Draft {
    now: i64,
    host: String,
    keys: Vec<Key>,
    /// Leaf first, root last.
    specs: Vec<Spec>,
    /// Who signs each: its place in `keys`.
    signers: Vec<usize>,
    trusted: Vec<usize>,
    sent: Vec<usize>,
    faults: Vec<&'static str>,
}

type Fault = (&'static str, fn(&mut Draft, &mut Random));

const DAY: i64 = 86_400;

impl Draft {
    /// A sound chain with one or two intermediates.
    fn new(now: i64, random: &mut Random, number: usize) -> Self {
        let length = 3 + random.below(2);
        let keys: Vec<Key> = (0..length).map(|_| Key::new()).collect();
        let names: Vec<Vec<u8>> = (0..length)
            .map(|at| match at {
                0 => name("host.example.com"),
                at if at == length - 1 => name(&format!("Random Root {number}")),
                at => name(&format!("Random CA {number} {at}")),
            })
            .collect();
        let specs = (0..length)
            .map(|at| sound(at, length, &names, &keys, now, number))
            .collect();
        let signers = (0..length).map(|at| (at + 1).min(length - 1)).collect();
        let sent = (1..length - 1).collect();
        let trusted = vec![length - 1];
        Self {
            now,
            host: "host.example.com".into(),
            keys,
            specs,
            signers,
            trusted,
            sent,
            faults: Vec::new(),
        }
    }

    fn last(&self) -> usize {
        self.specs.len() - 1
    }

    /// An intermediate or the root.
    fn some_ca(&self, random: &mut Random) -> usize {
        1 + random.below(self.last())
    }

    fn some(&self, random: &mut Random) -> usize {
        random.below(self.specs.len())
    }

    fn finish(self) -> Chain {
        let made: Vec<Vec<u8>> = self
            .specs
            .iter()
            .zip(&self.keys)
            .zip(&self.signers)
            .map(|((spec, key), signer)| spec.make(key, &self.keys[*signer]))
            .collect();
        Chain {
            host: self.host,
            leaf: made[0].clone(),
            leaf_key: self.keys[0].pkcs8.clone(),
            helpers: self.sent.iter().map(|&at| made[at].clone()).collect(),
            anchors: self.trusted.iter().map(|&at| made[at].clone()).collect(),
            faults: self.faults,
        }
    }
}

fn sound(
    at: usize,
    length: usize,
    names: &[Vec<u8>],
    keys: &[Key],
    now: i64,
    number: usize,
) -> Spec {
    let issuer = (at + 1).min(length - 1);
    let mut spec = Spec {
        version: None,
        serial: vec![0x40 + at as u8, (number >> 8) as u8, number as u8, 7],
        issuer: names[issuer].clone(),
        subject: names[at].clone(),
        not_before: now - 10 * DAY,
        not_after: now + 90 * DAY,
        validity: None,
        extensions: Vec::new(),
        info: None,
        unique_ids: Vec::new(),
        algorithms: [0; 2].map(|_| sequence(&[ECDSA_SHA256.to_vec()])),
    };
    if at + 1 < length {
        spec.set(ce(35), false, sequence(&[der(0x80, &keys[issuer].id())]));
    }
    spec.set(ce(14), false, der(4, &keys[at].id()));
    if at == 0 {
        spec.set(ce(15), true, usage(DIGITAL_SIGNATURE));
        spec.set(ce(37), false, purposes(&[SERVER]));
        spec.set(ce(17), false, alt_names(&[dns("host.example.com")]));
    } else {
        spec.set(ce(19), true, basic(true, None));
        spec.set(ce(15), true, usage(CERT_SIGN | CRL_SIGN));
    }
    spec
}

/// The `number`th chain of a seed: sound one time in eight, else with one to three faults.
pub fn chain(seed: u64, number: usize, now: i64) -> Chain {
    let mut random = Random::new(seed ^ ((number as u64 + 1) << 20));
    let mut draft = Draft::new(now, &mut random, number);
    let count = if random.one_in(8) {
        0
    } else {
        1 + random.below(3)
    };
    for _ in 0..count {
        let (label, apply) = random.pick(FAULTS);
        apply(&mut draft, &mut random);
        draft.faults.push(label);
    }
    draft.finish()
}

/// A sound chain with one fault of the list and its name, in one of its variants; `None` after the last fault.
pub fn faulty(fault: usize, variant: u64, now: i64) -> Option<Chain> {
    let (label, apply) = FAULTS.get(fault)?;
    let mut random = Random::new((fault as u64 + 1) << 8 | variant);
    let mut draft = Draft::new(now, &mut random, fault);
    apply(&mut draft, &mut random);
    draft.faults.push(label);
    Some(draft.finish())
}

/// A sound chain whose leaf has these alternative names, beside its own, under a CA with these constraints.
pub fn constrained(names: &[Vec<u8>], constraints: &[u8], now: i64) -> Chain {
    let mut draft = Draft::new(now, &mut Random::new(1), 1);
    let all = [&[dns("host.example.com")], names].concat();
    draft.specs[0].set(ce(17), false, alt_names(&all));
    draft.specs[1].set(ce(30), true, constraints.to_vec());
    draft.finish()
}

/// A sound chain whose leaf has this SubjectPublicKeyInfo.
pub fn with_leaf_key(info: Vec<u8>, now: i64) -> Chain {
    let mut draft = Draft::new(now, &mut Random::new(1), 1);
    draft.specs[0].info = Some(info);
    draft.finish()
}

/// A sound chain whose leaf says that it is signed with this algorithm, inside and outside.
pub fn with_leaf_algorithm(inside: &[u8], outside: &[u8], now: i64) -> Chain {
    let mut draft = Draft::new(now, &mut Random::new(1), 1);
    draft.specs[0].algorithms = [inside.to_vec(), outside.to_vec()];
    draft.finish()
}

/// PEM of any kind.
pub fn pem(label: &str, der: &[u8]) -> String {
    pem::encode(&pem::Pem::new(label, der.to_vec()))
}

/// PEM of certificates.
pub fn pems(all: &[Vec<u8>]) -> String {
    all.iter().map(|one| pem("CERTIFICATE", one)).collect()
}

/// A sound chain in which one certificate carries this extension as it is, signed all the same.
pub fn injected(
    seed: u64,
    at: usize,
    oid: &[u8],
    critical: bool,
    content: &[u8],
    now: i64,
) -> Chain {
    let mut random = Random::new(seed);
    let mut draft = Draft::new(now, &mut random, seed as usize & 0xffff);
    let at = at % draft.specs.len();
    draft.specs[at].set(oid.to_vec(), critical, content.to_vec());
    draft.finish()
}
