//! Chains: one certificate carries foreign bytes as an extension, properly signed. Every profile ends with a verdict and
//! a reason, and what the profile `webpki-rs` accepts is accepted by rustls-webpki.

#![no_main]

#[path = "../../tests/random_chains/mod.rs"]
mod random_chains;

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use random_chains::{Chain, ce};
use rustls_pki_types::{CertificateDer, UnixTime};
use trustctl::verify::{Anchors, Options, PROFILES, PeerName, verify};

/// 2027-01-15T08:00:00Z
const NOW: i64 = 1_800_000_000;

/// The extensions that decide about paths.
const EXTENSIONS: [u8; 12] = [14, 15, 17, 18, 19, 30, 31, 32, 33, 35, 36, 37];

fuzz_target!(|bytes: &[u8]| {
    let [seed, at, which, critical, content @ ..] = bytes else { return };
    let oid = ce(EXTENSIONS[usize::from(*which) % EXTENSIONS.len()]);
    let chain = random_chains::injected(u64::from(*seed), usize::from(*at), &oid, critical & 1 == 1, content, NOW);
    let helpers: Vec<&[u8]> = chain.helpers.iter().map(Vec::as_slice).collect();
    let anchors = Anchors::read(chain.anchors.iter().map(Vec::as_slice));
    for profile in &PROFILES {
        let names = vec![PeerName::Dns(chain.host.clone())];
        let options = Options { profile, names, ..Options::at(NOW) };
        let verdict = verify(&chain.leaf, &helpers, &anchors, &options);
        assert_eq!(verdict.valid, verdict.first_error().is_none(), "{} {:?}", profile.name, verdict.reasons);
        if verdict.valid && profile.name == "webpki-rs" {
            assert!(webpki_accepts(&chain), "{verdict:?}");
        }
    }
});

fn webpki_accepts(chain: &Chain) -> bool {
    let anchors: Vec<CertificateDer<'_>> = chain.anchors.iter().map(|der| der.as_slice().into()).collect();
    let anchors: Vec<_> = anchors.iter().filter_map(|der| webpki::anchor_from_trusted_cert(der).ok()).collect();
    let helpers: Vec<CertificateDer<'_>> = chain.helpers.iter().map(|der| der.as_slice().into()).collect();
    let leaf = CertificateDer::from(chain.leaf.as_slice());
    let Ok(leaf) = webpki::EndEntityCert::try_from(&leaf) else { return false };
    let time = UnixTime::since_unix_epoch(Duration::from_secs(NOW as u64));
    let usage = webpki::KeyUsage::server_auth();
    leaf.verify_for_usage(webpki::ALL_VERIFICATION_ALGS, &anchors, &helpers, time, usage, None, None).is_ok()
}
