//! CPU time per chain against rustls-webpki, driven the same way in the same run: DER in, verdict out, nothing kept.
//!
//! BetterTLS from `TRUSTCTL_SUITES` if that is set, else generated chains. Ends with status 1 above the limit.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![allow(clippy::print_stdout, reason = "figures are what a benchmark is for")]
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark reads a suite and the clock"
)]

#[path = "../tests/random_chains/mod.rs"]
mod random_chains;

use std::hint::black_box;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use trustctl::verify::{Anchors, Options, PeerName, verify};

/// Mean time per case against webpki's.
const LIMIT: f64 = 1.0;
/// Rounds, in turns; the fastest of each counts.
const ROUNDS: usize = 5;

struct Case {
    leaf: Vec<u8>,
    helpers: Vec<Vec<u8>>,
    anchors: Vec<Vec<u8>>,
    host: String,
    time: i64,
}

fn main() -> ExitCode {
    let (name, cases) = better_tls().unwrap_or_else(generated);
    let (mut webpki, mut ours) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        webpki = webpki.min(mean(&cases, by_webpki));
        ours = ours.min(mean(&cases, by_us));
    }
    let ratio = ours.as_secs_f64() / webpki.as_secs_f64();
    let slowest = cases.iter().map(|case| time_of(case, by_us)).max();
    println!("{name}: {} cases", cases.len());
    println!(
        "rustls-webpki {webpki:?} a case, trustctl {ours:?}, ratio {ratio:.2} (at most {LIMIT})"
    );
    println!("slowest case {:?}", slowest.unwrap_or_default());
    ExitCode::from(u8::from(ratio > LIMIT))
}

fn mean(cases: &[Case], judge: fn(&Case) -> bool) -> Duration {
    let all = || {
        for case in cases {
            black_box(judge(black_box(case)));
        }
    };
    spent(all) / cases.len() as u32
}

fn time_of(case: &Case, judge: fn(&Case) -> bool) -> Duration {
    spent(|| {
        black_box(judge(black_box(case)));
    })
}

/// CPU time, of which other programs on the machine take nothing away.
fn spent(work: impl FnOnce()) -> Duration {
    let start = cpu_time();
    work();
    cpu_time().saturating_sub(start)
}

fn cpu_time() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_THREAD).unwrap();
    let part = |time: TimeVal| {
        Duration::from_secs(time.tv_sec() as u64) + Duration::from_micros(time.tv_usec() as u64)
    };
    part(usage.user_time()) + part(usage.system_time())
}

fn by_us(case: &Case) -> bool {
    let helpers: Vec<&[u8]> = case.helpers.iter().map(Vec::as_slice).collect();
    let anchors = Anchors::read(case.anchors.iter().map(Vec::as_slice));
    let name = PeerName::ip(&case.host).unwrap_or_else(|| PeerName::Dns(case.host.clone()));
    let options = Options {
        names: vec![name],
        ..Options::at(case.time)
    };
    verify(&case.leaf, &helpers, &anchors, &options).valid
}

fn by_webpki(case: &Case) -> bool {
    let anchors: Vec<CertificateDer<'_>> = case
        .anchors
        .iter()
        .map(|der| der.as_slice().into())
        .collect();
    let anchors: Vec<_> = anchors
        .iter()
        .filter_map(|der| webpki::anchor_from_trusted_cert(der).ok())
        .collect();
    let helpers: Vec<CertificateDer<'_>> = case
        .helpers
        .iter()
        .map(|der| der.as_slice().into())
        .collect();
    let leaf = CertificateDer::from(case.leaf.as_slice());
    let Ok(leaf) = webpki::EndEntityCert::try_from(&leaf) else {
        return false;
    };
    let time = UnixTime::since_unix_epoch(Duration::from_secs(case.time as u64));
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
    let name = ServerName::try_from(case.host.as_str()).unwrap();
    path.is_ok() && leaf.verify_is_valid_for_subject_name(&name).is_ok()
}

fn generated() -> (&'static str, Vec<Case>) {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs() as i64;
    let chains = (0..1000).map(|number| random_chains::chain(7, number, now));
    let cases = chains.map(|chain| Case {
        leaf: chain.leaf,
        helpers: chain.helpers,
        anchors: chain.anchors,
        host: chain.host,
        time: now,
    });
    ("generated chains", cases.collect())
}

fn better_tls() -> Option<(&'static str, Vec<Case>)> {
    let folder = PathBuf::from(std::env::var_os("TRUSTCTL_SUITES")?).join("conformance");
    let packed = folder.join("limbo-bettertls.json.xz");
    let output = Command::new("/usr/bin/xz")
        .arg("-dc")
        .arg(packed)
        .output()
        .unwrap();
    let suite: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let one =
        |text: &serde_json::Value| pem::parse(text.as_str().unwrap()).unwrap().into_contents();
    let all = |list: &serde_json::Value| list.as_array().unwrap().iter().map(one).collect();
    let case = |case: &serde_json::Value| Case {
        leaf: one(&case["peer_certificate"]),
        helpers: all(&case["untrusted_intermediates"]),
        anchors: all(&case["trusted_certs"]),
        host: case["expected_peer_name"]["value"]
            .as_str()
            .unwrap()
            .to_owned(),
        time: case["validation_time"]
            .as_str()
            .unwrap()
            .parse::<trustctl::cert::Time>()
            .unwrap()
            .0,
    };
    Some((
        "BetterTLS",
        suite["testcases"]
            .as_array()
            .unwrap()
            .iter()
            .map(case)
            .collect(),
    ))
}
