//! Generated chains, with rustls-webpki and the real `openssl verify` as oracles.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(
    clippy::disallowed_methods,
    reason = "a test runs OpenSSL and asks the time"
)]

use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::random_chains::{
    CLIENT, Chain, Random, SERVER, alt_names, basic, ce, chain, constraints, der, dns, injected,
    pems, purposes, usage,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use trustctl::verify::{Anchors, Options, PeerName, Profile, Verdict, verify};

const SEED: u64 = 20_261_122;
const COUNT: usize = 150;

fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs() as i64
}

fn options(chain: &Chain, profile: &str, now: i64) -> Options {
    let name = PeerName::ip(&chain.host).unwrap_or_else(|| PeerName::Dns(chain.host.clone()));
    Options {
        profile: Profile::named(profile).unwrap(),
        names: vec![name],
        ..Options::at(now)
    }
}

fn judged<'c>(chain: &'c Chain, profile: &str, now: i64) -> Verdict<'c> {
    let helpers: Vec<&[u8]> = chain.helpers.iter().map(Vec::as_slice).collect();
    let anchors = Anchors::read(chain.anchors.iter().map(Vec::as_slice));
    verify(
        &chain.leaf,
        &helpers,
        &anchors,
        &options(chain, profile, now),
    )
}

fn webpki_says(chain: &Chain, now: i64) -> bool {
    let anchors: Vec<CertificateDer<'_>> = chain
        .anchors
        .iter()
        .map(|der| der.as_slice().into())
        .collect();
    let anchors: Vec<_> = anchors
        .iter()
        .filter_map(|der| webpki::anchor_from_trusted_cert(der).ok())
        .collect();
    let helpers: Vec<CertificateDer<'_>> = chain
        .helpers
        .iter()
        .map(|der| der.as_slice().into())
        .collect();
    let leaf = CertificateDer::from(chain.leaf.as_slice());
    let Ok(leaf) = webpki::EndEntityCert::try_from(&leaf) else {
        return false;
    };
    let time = UnixTime::since_unix_epoch(Duration::from_secs(now as u64));
    let usage = webpki::KeyUsage::server_auth();
    let path = leaf.verify_for_usage(
        webpki::ALL_VERIFICATION_ALGS,
        &anchors,
        &helpers,
        time,
        usage,
        None,
        None,
    );
    let name = ServerName::try_from(chain.host.as_str()).unwrap();
    path.is_ok() && leaf.verify_is_valid_for_subject_name(&name).is_ok()
}

fn openssl_says(chain: &Chain, now: i64, folder: &std::path::Path) -> bool {
    let write = |name: &str, all: &[Vec<u8>]| {
        std::fs::write(folder.join(name), pems(all)).unwrap();
        folder.join(name)
    };
    let leaf = write("leaf.pem", std::slice::from_ref(&chain.leaf));
    let name = if PeerName::ip(&chain.host).is_some() {
        "-verify_ip"
    } else {
        "-verify_hostname"
    };
    let mut openssl = Command::new("/usr/bin/openssl");
    openssl.env_clear().args([
        "verify",
        "-purpose",
        "sslserver",
        "-auth_level",
        "2",
        "-no-CApath",
        "-no-CAstore",
    ]);
    openssl
        .arg("-attime")
        .arg(now.to_string())
        .arg(name)
        .arg(&chain.host);
    openssl
        .arg("-CAfile")
        .arg(write("anchors.pem", &chain.anchors));
    if !chain.helpers.is_empty() {
        openssl
            .arg("-untrusted")
            .arg(write("helpers.pem", &chain.helpers));
    }
    openssl.arg(leaf).output().unwrap().status.success()
}

/// Compares a profile with an oracle; at most one case in two hundred may differ.
fn compare(profile: &str, oracle: impl Fn(&Chain) -> bool, now: i64) {
    let mut wrong = Vec::new();
    for number in 0..COUNT {
        let chain = chain(SEED, number, now);
        let verdict = judged(&chain, profile, now);
        if verdict.valid != oracle(&chain) {
            let code = verdict.first_error().map(|fault| fault.code.code());
            wrong.push(format!(
                "{number} {:?}: predicted {} {code:?}",
                chain.faults, verdict.valid
            ));
        }
    }
    assert!(wrong.len() * 200 <= COUNT, "seed {SEED}: {wrong:#?}");
}

#[test]
fn rustls_webpki_agrees_with_its_profile() {
    let now = now();
    compare("webpki-rs", |chain| webpki_says(chain, now), now);
}

#[test]
fn openssl_agrees_with_its_profile() {
    let now = now();
    let folder = tempfile::tempdir().unwrap();
    compare(
        "openssl",
        |chain| openssl_says(chain, now, folder.path()),
        now,
    );
}

#[test]
fn a_chain_without_fault_holds_for_everyone_and_a_fault_is_always_explained() {
    let now = now();
    for number in 0..COUNT {
        let chain = chain(SEED, number, now);
        for profile in &trustctl::verify::PROFILES {
            let verdict = judged(&chain, profile.name, now);
            assert!(
                verdict.valid || verdict.first_error().is_some(),
                "{number} {}",
                profile.name
            );
            // The Baseline Requirements want a common name among the alternative names, and so it is here.
            assert!(
                verdict.valid || !chain.faults.is_empty(),
                "{number} {}: {:?}",
                profile.name,
                verdict.reasons
            );
        }
    }
}

/// Extensions that decide about paths: id-ce numbers.
const EXTENSIONS: [u8; 12] = [14, 15, 17, 18, 19, 30, 31, 32, 33, 35, 36, 37];

/// Contents near the sound ones: a few bytes changed, added or taken away.
fn content(random: &mut Random) -> Vec<u8> {
    let mut content = random
        .pick(&[
            basic(true, Some(1)),
            basic(false, None),
            usage(0x84),
            purposes(&[SERVER, CLIENT]),
            alt_names(&[dns("host.example.com"), dns("*.example.com")]),
            constraints(&[dns("example.com")], &[dns("bad.example.com")]),
            der(4, &[7; 20]),
            Vec::new(),
        ])
        .clone();
    for _ in 0..random.below(4) {
        let at = random.below(content.len() + 1);
        match random.below(3) {
            0 => content.insert(at, random.below(256) as u8),
            _ if at == content.len() => {}
            1 => content[at] = random.below(256) as u8,
            _ => {
                content.remove(at);
            }
        }
    }
    content
}

#[test]
fn foreign_bytes_in_an_extension_end_in_a_verdict_that_webpki_does_not_contradict() {
    let now = now();
    let mut random = Random::new(SEED);
    let mut contradicted: Vec<String> = Vec::new();
    for number in 0..300 {
        let oid = ce(*random.pick(&EXTENSIONS));
        let (at, critical, content) = (random.below(4), random.one_in(2), content(&mut random));
        let chain = injected(number % 40, at, &oid, critical, &content, now);
        for profile in &trustctl::verify::PROFILES {
            let verdict = judged(&chain, profile.name, now);
            assert_eq!(verdict.valid, verdict.first_error().is_none());
            if profile.name == "webpki-rs" && verdict.valid && !webpki_says(&chain, now) {
                contradicted.push(format!("{oid:02x?} at {at}: {content:02x?}"));
            }
        }
    }
    assert!(contradicted.is_empty(), "{contradicted:#?}");
}
