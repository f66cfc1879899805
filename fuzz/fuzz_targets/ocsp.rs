//! Stapled responses of OCSP: foreign bytes as a response, whole or as the content of one. Nobody signed them, so that
//! they must never tell anything of the certificate.

#![no_main]

#[path = "../../tests/random_chains/mod.rs"]
mod random_chains;

use libfuzzer_sys::fuzz_target;
use random_chains::{der, sequence};
use trustctl::verify::{Staple, must_staple, staple};

/// 2027-01-15T08:00:00Z
const NOW: i64 = 1_800_000_000;

/// ecdsa-with-SHA256.
const ALGORITHM: &[u8] = &[0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
/// id-pkix-ocsp-basic.
const BASIC: &[u8] = &[6, 9, 0x2b, 6, 1, 5, 5, 7, 48, 1, 1];

fuzz_target!(|bytes: &[u8]| {
    let chain = random_chains::chain(1, 1, NOW);
    let others: Vec<&[u8]> = chain.helpers.iter().map(Vec::as_slice).collect();
    let basic = sequence(&[sequence(&[bytes.to_vec()]), ALGORITHM.to_vec(), der(3, &[0, 0x30, 0])]);
    let content = sequence(&[BASIC.to_vec(), der(4, &basic)]);
    let wrapped = sequence(&[vec![0x0a, 1, 0], der(0xa0, &content)]);
    for response in [bytes, &wrapped] {
        let found = staple(response, &chain.leaf, &others, NOW);
        let silent = matches!(found, Staple::Foreign | Staple::Unsigned | Staple::Failed(_) | Staple::Malformed);
        assert!(silent, "{found:?}");
    }
    let _ = must_staple(bytes);
});
