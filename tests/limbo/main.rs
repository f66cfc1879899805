//! `limbo SUITE.json [OPTION…]`: judges every case of a suite in the shape of x509-limbo, one JSON line each.
//!
//! The options are those of `trustctl verify`, and so are the functions that read and judge a chain: a suite says
//! what the command line would say. Expected results are never looked at.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the driver of the tests prints itself"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "the driver of the tests reads its suite itself"
)]

use std::path::Path;
use std::process::ExitCode;
use std::time::{Instant, SystemTime};

use clap::Parser;
use serde::{Deserialize, Serialize};
use trustctl::cert::{self, Time};
use trustctl::commands::verify::{
    Inputs, Loaded, VerifyArgs, VerifyReport, moment, revocation_lists,
};
use trustctl::error::{Error, Result};
use trustctl::verify::{Checked, Crls, Options, PeerName, PolicyId, Purpose};

/// A suite; keys that are not named here are ignored.
#[derive(Deserialize)]
struct Suite {
    testcases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    #[serde(default)]
    validation_kind: Option<String>,
    #[serde(default)]
    trusted_certs: Vec<String>,
    #[serde(default)]
    untrusted_intermediates: Vec<String>,
    peer_certificate: String,
    #[serde(default)]
    validation_time: Option<String>,
    #[serde(default)]
    expected_peer_name: Option<Name>,
    #[serde(default)]
    expected_peer_names: Vec<Name>,
    #[serde(default)]
    max_chain_depth: Option<usize>,
    #[serde(default)]
    crls: Vec<String>,
    #[serde(default)]
    features: Vec<String>,
    #[serde(default)]
    policy: Option<Policy>,
}

#[derive(Deserialize)]
struct Name {
    kind: String,
    value: String,
}

#[derive(Deserialize)]
struct Policy {
    #[serde(default)]
    initial_policy_set: Vec<String>,
    #[serde(default)]
    explicit: bool,
    #[serde(default)]
    inhibit_mapping: bool,
    #[serde(default)]
    inhibit_any: bool,
}

/// One line of the answer.
#[derive(Serialize)]
struct Line<'s> {
    id: &'s str,
    actual_result: &'static str,
    context: String,
    us: u64,
}

/// `SUITE` stands where `trustctl verify` takes the certificate.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    verify: VerifyArgs,
}

fn main() -> ExitCode {
    match run(&Arguments::parse().verify) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &VerifyArgs) -> Result<()> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = Time(now.map_or(0, |since| since.as_secs() as i64));
    let base = Options {
        own_store: false,
        ..arguments.options(now)?
    };
    let fail = |why: String| Error::new(format!("`{}`: {why}", arguments.leaf.display()));
    let bytes = std::fs::read(&arguments.leaf).map_err(|error| fail(error.to_string()))?;
    let suite: Suite = serde_json::from_slice(&bytes).map_err(|error| fail(error.to_string()))?;
    for case in &suite.testcases {
        let start = Instant::now();
        let (actual_result, context) = judge(case, &base);
        let line = Line {
            id: &case.id,
            actual_result,
            context,
            us: start.elapsed().as_micros() as u64,
        };
        let line = serde_json::to_string(&line).map_err(|error| fail(error.to_string()))?;
        println!("{line}");
    }
    Ok(())
}

fn judge(case: &Case, base: &Options) -> (&'static str, String) {
    let options = match options(case, base) {
        Ok(options) => options,
        Err(error) => return ("SKIPPED", error.message),
    };
    let texts = case.crls.iter();
    let lists = texts.flat_map(|text| revocation_lists(text.as_bytes()));
    let lists: Vec<Vec<u8>> = lists.collect();
    let crls = Crls::read(lists.iter().map(Vec::as_slice));
    // A case about revocation that comes without a list asks what is said without one.
    let asks = !case.crls.is_empty() || case.features.iter().any(|feature| feature == "has-crl");
    let given = asks.then_some((&crls, Checked::Chain));
    let report = inputs(case).judge(&options, &[], given);
    match report.valid {
        Some(true) => ("SUCCESS", String::new()),
        Some(false) => ("FAILURE", first_error(&report).into()),
        None => ("SKIPPED", "undecided".into()),
    }
}

fn first_error(report: &VerifyReport) -> &'static str {
    let mut errors = report
        .reasons
        .iter()
        .filter(|reason| reason.severity == "error");
    errors.next().map_or("internal", |reason| reason.code)
}

/// The case as the files that `trustctl verify` would be given.
fn inputs(case: &Case) -> Inputs {
    let load = |name: &str, texts: &[String]| {
        let document = cert::read(texts.join("\n").as_bytes());
        Loaded::of(Path::new(name), &document)
    };
    Inputs::new(
        Path::new("leaf"),
        &cert::read(case.peer_certificate.as_bytes()),
        Some(load("untrusted", &case.untrusted_intermediates)),
        load("trusted", &case.trusted_certs),
    )
}

fn options(case: &Case, base: &Options) -> Result<Options> {
    let mut options = base.clone();
    if let Some(text) = &case.validation_time {
        (options.time, options.fraction) =
            moment(text).ok_or_else(|| Error::new(format!("`{text}` is not a time")))?;
    }
    match case.validation_kind.as_deref() {
        Some("SERVER") => options.purpose = Purpose::Server,
        Some("CLIENT") => options.purpose = Purpose::Client,
        Some(_) => options.purpose = Purpose::Any,
        None => {}
    }
    let names = case.expected_peer_name.iter();
    for name in names.chain(&case.expected_peer_names) {
        options.names.push(peer(name)?);
    }
    options.max_depth = case.max_chain_depth.or(options.max_depth);
    if let Some(policy) = &case.policy {
        let ids = policy.initial_policy_set.iter();
        options.policies = ids
            .map(|text| PolicyId::from_dotted(text))
            .collect::<Option<_>>()
            .ok_or_else(|| Error::new("a policy is not an object identifier"))?;
        options.require_explicit_policy = policy.explicit;
        options.inhibit_policy_mapping = policy.inhibit_mapping;
        options.inhibit_any_policy = policy.inhibit_any;
    }
    Ok(options)
}

fn peer(name: &Name) -> Result<PeerName> {
    match name.kind.as_str() {
        "DNS" => Ok(PeerName::Dns(name.value.clone())),
        "IP" => PeerName::ip(&name.value)
            .ok_or_else(|| Error::new(format!("`{}` is not an address", name.value))),
        "RFC822" => Ok(PeerName::Email(name.value.clone())),
        other => Err(Error::new(format!(
            "names of kind `{other}` are not checked"
        ))),
    }
}
