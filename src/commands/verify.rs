//! `trustctl verify`: does this chain hold, by whose rules, and what is wrong with it.

mod batch;

pub use batch::BatchReport;

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::{Context, Outcome, Report, Warning};
use crate::cert::{self, Certificate, Document, Fingerprint, Time};
use crate::error::{Error, Exit, Result};
use crate::store::inventory::{BUNDLE_LIMIT, FILE_LIMIT};
use crate::store::layout::{BUNDLE, CERTS};
use crate::system::files;
use crate::verify::{
    self, Anchors, Options, PROFILES, PeerName, PolicyId, Profile, Purpose, Source, Verdict,
};

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The certificate to judge, with helpers after it if it is a bundle; `-` reads standard input
    #[arg(value_name = "LEAF", required_unless_present = "batch")]
    pub leaf: Option<PathBuf>,
    /// Trust every certificate in FILE, and nothing else (default: this host's store)
    #[arg(long, value_name = "FILE")]
    pub trusted: Option<PathBuf>,
    /// Certificates that may help to build the path
    #[arg(long, value_name = "FILE")]
    pub untrusted: Option<PathBuf>,
    /// Judge at this moment (RFC 3339) instead of now
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// What the certificate is to be used for
    #[arg(long, value_name = "PURPOSE", default_value = "server")]
    pub purpose: PurposeArg,
    /// It must be for this host name; may be given more than once
    #[arg(long, value_name = "NAME")]
    pub hostname: Vec<String>,
    /// It must be for this address; may be given more than once
    #[arg(long, value_name = "ADDRESS")]
    pub ip: Vec<String>,
    /// It must be for this mailbox; may be given more than once
    #[arg(long, value_name = "MAILBOX")]
    pub email: Vec<String>,
    /// Most intermediates allowed between leaf and anchor
    #[arg(long, value_name = "N")]
    pub max_depth: Option<usize>,
    /// A certificate policy (object identifier) that is acceptable; may be given more than once
    #[arg(long, value_name = "OID")]
    pub policy: Vec<String>,
    /// One of the acceptable policies must be left over
    #[arg(long)]
    pub require_explicit_policy: bool,
    /// Policy mappings in certificates are not followed
    #[arg(long)]
    pub inhibit_policy_mapping: bool,
    /// anyPolicy stands for no policy
    #[arg(long)]
    pub inhibit_any_policy: bool,
    /// By whose rules: a standard (rfc5280, webpki) or a program (openssl, curl, python, go, …)
    #[arg(long, value_name = "PROFILE", default_value = "rfc5280", value_parser = profile_names())]
    pub profile: String,
    /// Show what every program on a host would say
    #[arg(long, conflicts_with = "batch")]
    pub consumers: bool,
    /// For programs on OpenSSL: end a path at any certificate of the store, root or not
    #[arg(long)]
    pub partial_chain: bool,
    /// For programs on OpenSSL: the security level (0 to 5)
    #[arg(long, value_name = "LEVEL", value_parser = clap::value_parser!(u8).range(0..=5))]
    pub security_level: Option<u8>,
    /// Judge every case of an x509-limbo suite, one JSON line each (`--format jsonl`)
    #[arg(long, value_name = "SUITE", conflicts_with_all = ["leaf", "trusted", "untrusted"])]
    pub batch: Option<PathBuf>,
}

fn profile_names() -> clap::builder::PossibleValuesParser {
    PROFILES
        .iter()
        .map(|profile| profile.name)
        .collect::<Vec<_>>()
        .into()
}

/// Purposes on the command line.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum PurposeArg {
    /// A TLS server
    Server,
    /// A TLS client
    Client,
    /// No purpose is checked
    Any,
}

impl From<PurposeArg> for Purpose {
    fn from(purpose: PurposeArg) -> Self {
        match purpose {
            PurposeArg::Server => Self::Server,
            PurposeArg::Client => Self::Client,
            PurposeArg::Any => Self::Any,
        }
    }
}

/// What `verify` reports.
#[derive(Debug, Serialize)]
pub struct VerifyReport {
    /// The path holds.
    pub valid: bool,
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
    /// `error` or `warning`.
    pub severity: &'static str,
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
    /// It would accept the chain.
    pub accepts: bool,
    /// Why not; `null` if it would.
    pub reason: Option<Reason>,
}

/// Certificates of one file with their places in it.
struct Loaded {
    file: PathBuf,
    certificates: Vec<(usize, Certificate)>,
}

/// Runs `verify`.
pub fn run(context: &Context, arguments: &VerifyArgs) -> anyhow::Result<Outcome> {
    let options = options(context, arguments)?;
    if let Some(suite) = &arguments.batch {
        return batch::run(context, &context.absolute(suite), &options);
    }
    let path = arguments.leaf.as_deref().unwrap_or(Path::new("-"));
    let mut warnings = Vec::new();
    let document = read(context, path)?;
    let untrusted = arguments
        .untrusted
        .as_deref()
        .map(|file| load(context, file, &mut warnings))
        .transpose()?;
    let anchors = match &arguments.trusted {
        Some(file) => load(context, file, &mut warnings)?,
        None => host_store(context)?,
    };
    if anchors.certificates.is_empty() {
        warnings.push(Warning::new(format!(
            "there is no certificate to trust in `{}`",
            anchors.file.display()
        )));
    }
    let inputs = Inputs::new(path, &document, untrusted, anchors);
    let report = inputs.judge(&options, arguments.consumers);
    let exit = if report.valid { Exit::Done } else { Exit::No };
    let mut outcome = Outcome::done(Report::Verify(report)).exit(exit);
    outcome.warnings = warnings;
    Ok(outcome)
}

fn options(context: &Context, arguments: &VerifyArgs) -> Result<Options> {
    let (time, fraction) = match &arguments.at {
        Some(text) => batch::moment(text).ok_or_else(|| {
            Error::new(format!("`{text}` is no time"))
                .hint("write it like 2026-01-31T12:00:00Z (RFC 3339)")
        })?,
        None => (context.now.0, false),
    };
    Ok(Options {
        profile: Profile::named(&arguments.profile).unwrap_or(&PROFILES[0]),
        fraction,
        purpose: arguments.purpose.into(),
        names: names(arguments)?,
        max_depth: arguments.max_depth,
        policies: policies(&arguments.policy)?,
        require_explicit_policy: arguments.require_explicit_policy,
        inhibit_policy_mapping: arguments.inhibit_policy_mapping,
        inhibit_any_policy: arguments.inhibit_any_policy,
        own_store: arguments.trusted.is_none() && arguments.batch.is_none(),
        partial_chain: arguments.partial_chain.then_some(true),
        security_level: arguments.security_level,
        ..Options::at(time)
    })
}

fn names(arguments: &VerifyArgs) -> Result<Vec<PeerName>> {
    let mut names = Vec::new();
    for name in &arguments.hostname {
        names.push(PeerName::ip(name).unwrap_or_else(|| PeerName::Dns(name.clone())));
    }
    for address in &arguments.ip {
        let parsed = PeerName::ip(address)
            .ok_or_else(|| Error::new(format!("`{address}` is no IP address")))?;
        names.push(parsed);
    }
    names.extend(arguments.email.iter().cloned().map(PeerName::Email));
    Ok(names)
}

fn policies(texts: &[String]) -> Result<Vec<PolicyId>> {
    let read = |text: &String| {
        PolicyId::from_dotted(text).ok_or_else(|| {
            Error::new(format!("`{text}` is no object identifier"))
                .hint("write it like 2.23.140.1.2.1")
        })
    };
    texts.iter().map(read).collect()
}

fn read(context: &Context, path: &Path) -> Result<Document> {
    let bytes = if path == Path::new("-") {
        files::read_stream(
            std::io::stdin().lock(),
            Path::new("standard input"),
            FILE_LIMIT,
        )?
    } else {
        files::read(&context.absolute(path), FILE_LIMIT)?
    };
    Ok(cert::read(&bytes))
}

/// The certificates of a file; those that can't be read become warnings.
fn load(context: &Context, path: &Path, warnings: &mut Vec<Warning>) -> Result<Loaded> {
    let document = read(context, path)?;
    for block in &document.blocks {
        for fault in block
            .certificates
            .iter()
            .filter_map(|certificate| certificate.as_ref().err())
        {
            let place = format!("`{}` line {}", path.display(), block.line);
            warnings.push(Warning::new(format!(
                "passed over a broken certificate in {place}: {fault}"
            )));
        }
    }
    Ok(Loaded {
        file: path.to_path_buf(),
        certificates: numbered(&document),
    })
}

fn numbered(document: &Document) -> Vec<(usize, Certificate)> {
    (1..)
        .zip(
            document
                .certificates()
                .map(|(_, certificate)| certificate.clone()),
        )
        .collect()
}

/// What this host trusts: the bundle, which most programs read.
fn host_store(context: &Context) -> Result<Loaded> {
    let name = Path::new(CERTS).join(BUNDLE);
    let place = context.layout.place(&name);
    let bytes = files::read(&place.real, BUNDLE_LIMIT)?;
    Ok(Loaded {
        file: name,
        certificates: numbered(&cert::read(&bytes)),
    })
}

/// Everything a validation needs, owned.
struct Inputs {
    leaf_file: PathBuf,
    /// The leaf, or why there is none.
    leaf: std::result::Result<Certificate, String>,
    /// Helpers: file, place, certificate.
    helpers: Vec<(PathBuf, usize, Certificate)>,
    anchors: Loaded,
}

impl Inputs {
    fn new(path: &Path, document: &Document, untrusted: Option<Loaded>, anchors: Loaded) -> Self {
        let leaf_file = path.to_path_buf();
        let mut own = numbered(document).into_iter();
        let leaf = first_certificate(document);
        if leaf.is_ok() {
            own.next();
        }
        let mut helpers: Vec<_> = own
            .map(|(place, certificate)| (leaf_file.clone(), place, certificate))
            .collect();
        if let Some(loaded) = untrusted {
            let file = loaded.file;
            helpers.extend(
                loaded
                    .certificates
                    .into_iter()
                    .map(|(place, found)| (file.clone(), place, found)),
            );
        }
        Self {
            leaf_file,
            leaf,
            helpers,
            anchors,
        }
    }

    fn judge(&self, options: &Options, consumers: bool) -> VerifyReport {
        let leaf = match &self.leaf {
            Ok(leaf) => leaf,
            Err(why) => return self.malformed(why, options),
        };
        let helpers: Vec<&[u8]> = self
            .helpers
            .iter()
            .map(|(_, _, certificate)| certificate.der())
            .collect();
        let anchors = Anchors::read(
            self.anchors
                .certificates
                .iter()
                .map(|(_, certificate)| certificate.der()),
        );
        let verdict = verify::verify(leaf.der(), &helpers, &anchors, options);
        let consumers = consumers.then(|| {
            let all = verify::consumers(leaf.der(), &helpers, &anchors, options);
            all.iter()
                .map(|(profile, verdict)| consumer(profile, verdict))
                .collect()
        });
        VerifyReport {
            valid: verdict.valid,
            chain: verdict
                .chain
                .iter()
                .map(|link| self.link(link.source, leaf))
                .collect(),
            complete: verdict.complete,
            reasons: verdict.reasons.iter().map(reason).collect(),
            advice: verify::advice(&verdict, options),
            paths_tried: verdict.paths_tried,
            consumers,
            ..empty(options)
        }
    }

    fn malformed(&self, why: &str, options: &Options) -> VerifyReport {
        let code = verify::Code::Malformed;
        let reason = Reason {
            code: code.code(),
            severity: verify::Severity::Error.as_str(),
            cert: Some(0),
            reference: code.reference(),
            message: format!("`{}` {why}", self.leaf_file.display()),
        };
        VerifyReport {
            reasons: vec![reason],
            ..empty(options)
        }
    }

    fn link(&self, source: Source, leaf: &Certificate) -> ChainLink {
        let (word, file, block, certificate) = match source {
            Source::Leaf => ("leaf", &self.leaf_file, 1, leaf),
            Source::Untrusted(place) => {
                let (file, block, certificate) = &self.helpers[place];
                ("untrusted", file, *block, certificate)
            }
            Source::Anchor(place) => {
                let (block, certificate) = &self.anchors.certificates[place];
                ("anchor", &self.anchors.file, *block, certificate)
            }
        };
        ChainLink {
            subject: certificate.subject().display().to_string(),
            sha256: certificate.sha256(),
            source: word,
            file: file.clone(),
            block,
        }
    }
}

/// The first certificate of a file must be sound: judging the second in its place would answer another question.
fn first_certificate(document: &Document) -> std::result::Result<Certificate, String> {
    let mut blocks = document.blocks.iter();
    let first = blocks.find_map(|block| block.certificates.first());
    match first {
        Some(Ok(certificate)) => Ok(certificate.clone()),
        Some(Err(fault)) => Err(format!("is no certificate: {fault}")),
        None => Err("holds no certificate".into()),
    }
}

fn empty(options: &Options) -> VerifyReport {
    VerifyReport {
        valid: false,
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

fn reason(fault: &verify::Fault) -> Reason {
    Reason {
        code: fault.code.code(),
        severity: fault.severity.as_str(),
        cert: fault.at,
        reference: fault.code.reference(),
        message: fault.message.clone(),
    }
}

fn consumer(profile: &'static Profile, verdict: &Verdict<'_>) -> Consumer {
    Consumer {
        name: profile.name,
        title: profile.title,
        accepts: verdict.valid,
        reason: verdict.first_error().map(reason),
    }
}
