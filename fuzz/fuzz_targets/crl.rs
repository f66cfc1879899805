//! Revocation lists: foreign bytes as a list, whole or as the signed part of one, before a sound chain. Nobody signed
//! them, so that they must never tell that a certificate is not revoked.

#![no_main]

#[path = "../../tests/random_chains/mod.rs"]
mod random_chains;

use libfuzzer_sys::fuzz_target;
use random_chains::{der, sequence};
use trustctl::verify::{Anchors, Checked, Crls, Options, Presented, Revocation, judge};

/// 2027-01-15T08:00:00Z
const NOW: i64 = 1_800_000_000;

/// ecdsa-with-SHA256.
const ALGORITHM: &[u8] = &[0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];

fuzz_target!(|bytes: &[u8]| {
    let chain = random_chains::chain(1, 1, NOW);
    let helpers: Vec<&[u8]> = chain.helpers.iter().map(Vec::as_slice).collect();
    let anchors = Anchors::read(chain.anchors.iter().map(Vec::as_slice));
    let wrapped = sequence(&[sequence(&[bytes.to_vec()]), ALGORITHM.to_vec(), der(3, &[0, 0x30, 0])]);
    let crls = Crls::read([bytes, &wrapped]);
    let presented = Presented::read(&chain.leaf, &helpers);
    for checked in [Checked::Leaf, Checked::Chain] {
        let revocation = Revocation { crls: &crls, checked };
        let verdict = judge(&presented, &anchors, &Options::at(NOW), Some(revocation));
        assert!(!verdict.valid, "{verdict:?}");
    }
});
