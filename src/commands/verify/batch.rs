//! `verify --batch`: every case of an x509-limbo suite, one line each, as soon as it is judged.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::{Context, Outcome, Report};
use crate::cert::{self, Time};
use crate::error::{Error, Result};
use crate::system::files;
use crate::verify::{self, Anchors, Options, PeerName, PolicyId, Purpose};

/// The largest suite in the field has 40 MB.
const SUITE_LIMIT: u64 = 1 << 30;

/// A suite in the shape of x509-limbo; unknown keys are ignored, expected results never looked at.
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
    crls: Vec<serde::de::IgnoredAny>,
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
#[derive(Debug, Serialize)]
struct Line<'s> {
    id: &'s str,
    actual_result: &'static str,
    context: String,
    us: u64,
}

/// How many cases came out how.
#[derive(Debug, Default, Serialize)]
pub struct BatchReport {
    /// Chains that hold.
    pub valid: usize,
    /// Chains that don't.
    pub invalid: usize,
    /// Cases that ask for what is not judged (revocation).
    pub skipped: usize,
}

/// Judges every case and writes its line at once.
pub(super) fn run(context: &Context, suite: &Path, base: &Options) -> anyhow::Result<Outcome> {
    let bytes = files::read(suite, SUITE_LIMIT)?;
    let suite: Suite = serde_json::from_slice(&bytes).map_err(|error| {
        Error::new(format!(
            "`{}` is no suite of x509-limbo: {error}",
            suite.display()
        ))
    })?;
    let mut report = BatchReport::default();
    for case in &suite.testcases {
        let line = answer(case, base);
        match line.actual_result {
            "SUCCESS" => report.valid += 1,
            "SKIPPED" => report.skipped += 1,
            _ => report.invalid += 1,
        }
        let text = serde_json::to_string(&line).unwrap_or_default();
        if !(context.stream)(&text) {
            break;
        }
    }
    Ok(Outcome::done(Report::Batch(report)))
}

fn answer<'s>(case: &'s Case, base: &Options) -> Line<'s> {
    let start = Instant::now();
    // One hostile case must not end the run: its panic is its own failure.
    let judged = catch_unwind(AssertUnwindSafe(|| judge(case, base)));
    let (actual_result, context) = judged.unwrap_or_else(|_| ("FAILURE", "internal".into()));
    Line {
        id: &case.id,
        actual_result,
        context,
        us: start.elapsed().as_micros() as u64,
    }
}

fn judge(case: &Case, base: &Options) -> (&'static str, String) {
    if !case.crls.is_empty() {
        return ("SKIPPED", "revocation is not judged".into());
    }
    let options = match options(case, base) {
        Ok(options) => options,
        Err(error) => return ("SKIPPED", error.message),
    };
    let Some(leaf) = certificate(&case.peer_certificate) else {
        return ("FAILURE", "malformed".into());
    };
    let read = |all: &[String]| -> Vec<Vec<u8>> {
        all.iter().filter_map(|text| certificate(text)).collect()
    };
    let (helpers, anchors) = (
        read(&case.untrusted_intermediates),
        read(&case.trusted_certs),
    );
    let helpers: Vec<&[u8]> = helpers.iter().map(Vec::as_slice).collect();
    let anchors = Anchors::read(anchors.iter().map(Vec::as_slice));
    let verdict = verify::verify(&leaf, &helpers, &anchors, &options);
    match verdict.first_error() {
        None if verdict.valid => ("SUCCESS", String::new()),
        Some(fault) => ("FAILURE", fault.code.code().into()),
        None => ("FAILURE", "internal".into()),
    }
}

fn options(case: &Case, base: &Options) -> Result<Options> {
    let mut options = base.clone();
    if let Some(text) = &case.validation_time {
        (options.time, options.fraction) =
            moment(text).ok_or_else(|| Error::new(format!("`{text}` is no time")))?;
    }
    match case.validation_kind.as_deref() {
        Some("SERVER") => options.purpose = Purpose::Server,
        Some("CLIENT") => options.purpose = Purpose::Client,
        Some(_) => options.purpose = Purpose::Any,
        None => {}
    }
    for name in case
        .expected_peer_name
        .iter()
        .chain(&case.expected_peer_names)
    {
        options.names.push(peer(name)?);
    }
    options.max_depth = case.max_chain_depth.or(options.max_depth);
    if let Some(policy) = &case.policy {
        let ids = policy
            .initial_policy_set
            .iter()
            .map(|text| PolicyId::from_dotted(text));
        options.policies = ids
            .collect::<Option<_>>()
            .ok_or_else(|| Error::new("a policy is no object identifier"))?;
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
            .ok_or_else(|| Error::new(format!("`{}` is no address", name.value))),
        "RFC822" => Ok(PeerName::Email(name.value.clone())),
        other => Err(Error::new(format!(
            "names of kind `{other}` are not judged"
        ))),
    }
}

/// A moment in whole seconds, rounded down, and whether a fraction was cut off.
pub(super) fn moment(text: &str) -> Option<(i64, bool)> {
    let time: Time = text.parse().ok()?;
    let exact: Option<jiff::Timestamp> = text.parse().ok();
    let nanoseconds = exact.map_or(0, jiff::Timestamp::subsec_nanosecond);
    let floor = if nanoseconds < 0 {
        time.0.saturating_sub(1)
    } else {
        time.0
    };
    Some((floor, nanoseconds != 0))
}

/// The DER in a PEM text; texts that only the careful reader understands go there.
fn certificate(text: &str) -> Option<Vec<u8>> {
    match pem::parse(text) {
        Ok(block) => Some(block.into_contents()),
        Err(_) => cert::read(text.as_bytes())
            .certificates()
            .next()
            .map(|(_, found)| found.der().to_vec()),
    }
}
