//! What `verify` reports.

use std::path::PathBuf;

use serde::Serialize;

use crate::cert::{Fingerprint, Time};
use crate::verify::{self, Opinion, Options, PeerName};

/// What `verify` reports.
#[derive(Debug, Serialize)]
pub struct VerifyReport {
    /// The path holds; `null` if that can't be told.
    pub valid: Option<bool>,
    /// The path by itself (RFC 5280 §6) holds; `null` if that can't be told.
    pub path: Option<bool>,
    /// The certificates have the form of their standard (RFC 5280 §4); decides with `--strict` alone.
    pub form: bool,
    /// Whether form decides.
    pub strict: bool,
    /// By whose rules.
    pub profile: &'static str,
    /// The moment judged at.
    pub at: Time,
    /// What the certificate is to be used for.
    pub purpose: &'static str,
    /// The names it must carry.
    pub names: Vec<String>,
    /// The best path, leaf first.
    pub chain: Vec<ChainLink>,
    /// Whether the path ends in a trusted certificate.
    pub complete: bool,
    /// Everything wrong with it, the most telling first.
    pub reasons: Vec<Reason>,
    /// What to do.
    pub advice: Vec<String>,
    /// How many paths were judged.
    pub paths_tried: usize,
    /// What each program would say; `null` unless asked for.
    pub consumers: Option<Vec<Consumer>>,
}

/// One certificate of the path.
#[derive(Debug, Serialize)]
pub struct ChainLink {
    /// Its subject.
    pub subject: String,
    /// SHA-256 of its DER.
    pub sha256: Fingerprint,
    /// `leaf`, `untrusted` or `anchor`.
    pub source: &'static str,
    /// The file it was read from.
    pub file: PathBuf,
    /// Its place in that file, counted from 1.
    pub block: usize,
}

/// One thing that is wrong.
#[derive(Clone, Debug, Serialize)]
pub struct Reason {
    /// Stable name.
    pub code: &'static str,
    /// `error`, `undecided` or `warning`.
    pub severity: &'static str,
    /// The part of the verdict: `path`, `form` or `undecided`.
    pub part: &'static str,
    /// Its place in the chain, the leaf being 0; `null`: the chain as a whole.
    pub cert: Option<usize>,
    /// The standard, manual page or source.
    #[serde(rename = "ref")]
    pub reference: &'static str,
    /// In words.
    pub message: String,
}

/// What one program would say.
#[derive(Debug, Serialize)]
pub struct Consumer {
    /// The profile's name.
    pub name: &'static str,
    /// The program.
    pub title: &'static str,
    /// The release that was judged.
    pub version: String,
    /// The package it was found in; `null`: it is not installed, and judged as this release.
    pub package: Option<String>,
    /// It would accept the chain; `null` if that can't be told.
    pub accepts: Option<bool>,
    /// Why not; `null` if it would.
    pub reason: Option<Reason>,
}

impl VerifyReport {
    /// A report of a chain that does not hold, with nothing said of it yet.
    pub(super) fn empty(options: &Options) -> VerifyReport {
        VerifyReport {
            valid: Some(false),
            path: Some(false),
            form: true,
            strict: options.strict,
            profile: options.profile.name,
            at: Time(options.time),
            purpose: options.purpose.as_str(),
            names: options.names.iter().map(PeerName::describe).collect(),
            chain: Vec::new(),
            complete: false,
            reasons: Vec::new(),
            advice: Vec::new(),
            paths_tried: 0,
            consumers: None,
        }
    }
}

impl From<&verify::Fault> for Reason {
    fn from(fault: &verify::Fault) -> Self {
        Self {
            code: fault.code.code(),
            severity: fault.severity.as_str(),
            part: fault.part().as_str(),
            cert: fault.at,
            reference: fault.code.reference(),
            message: fault.message.clone(),
        }
    }
}

impl Consumer {
    /// The verdict of a release.
    pub(super) fn new(opinion: &Opinion<'_>) -> Self {
        let release = &opinion.release;
        Self {
            name: opinion.profile.name,
            title: opinion.profile.title,
            version: release.describe(),
            package: release.package.clone(),
            accepts: opinion.verdict.answer(),
            reason: opinion.verdict.first_error().map(Reason::from),
        }
    }
}
