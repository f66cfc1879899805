//! The command line of `verify`, and what it asks of the validator.

use std::path::PathBuf;

use clap::Args;

use crate::cert::Time;
use crate::commands::programs;
use crate::error::{Error, ErrorKind, Result};
use crate::verify::{Checked, Options, PROFILES, PeerName, PolicyId, Profile, Purpose};

/// Arguments of `verify`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("lists").multiple(true))]
pub struct VerifyArgs {
    /// The certificate to judge, with helpers after it if it is a bundle; `-` reads standard input
    #[arg(value_name = "LEAF")]
    pub leaf: PathBuf,
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
    /// Certificate revocation lists (PEM or DER): no certificate may be on them; may be given more than once
    #[arg(long, value_name = "FILE", group = "lists")]
    pub crl: Vec<PathBuf>,
    /// Fetch a revocation list from this http:// URL, as certificates name it; may be given more than once
    #[arg(long, value_name = "URL", group = "lists")]
    pub crl_from: Vec<String>,
    /// Which certificates must not be revoked, if lists are given
    #[arg(
        long,
        value_name = "WHICH",
        default_value = "chain",
        requires = "lists"
    )]
    pub crl_check: CrlCheck,
    /// Hold the certificates to the form of RFC 5280 §4, too, not the path alone
    #[arg(long)]
    pub strict: bool,
    /// Show what every program on a host would say
    #[arg(long)]
    pub consumers: bool,
    /// Show what this release of a program would say, such as go@1.22; may be given more than once
    #[arg(long, value_name = "PROGRAM[@VERSION]")]
    pub consumer: Vec<String>,
    /// For programs on OpenSSL: end a path at any certificate of the store, root or not
    #[arg(long)]
    pub partial_chain: bool,
    /// For programs on OpenSSL: the security level (0 to 5)
    #[arg(long, value_name = "LEVEL", value_parser = clap::value_parser!(u8).range(0..=5))]
    pub security_level: Option<u8>,
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

/// Which certificates must not be revoked.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum CrlCheck {
    /// The leaf alone
    Leaf,
    /// Every certificate below the anchor
    Chain,
}

impl From<CrlCheck> for Checked {
    fn from(check: CrlCheck) -> Self {
        match check {
            CrlCheck::Leaf => Self::Leaf,
            CrlCheck::Chain => Self::Chain,
        }
    }
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

impl VerifyArgs {
    /// What the validator is to heed.
    pub fn options(&self, now: Time) -> Result<Options> {
        let (time, fraction) = match &self.at {
            Some(text) => moment(text).ok_or_else(|| {
                Error::new(format!("`{text}` is not a time"))
                    .kind(ErrorKind::Usage)
                    .hint("write it like 2026-01-31T12:00:00Z (RFC 3339)")
            })?,
            None => (now.0, false),
        };
        Ok(Options {
            profile: Profile::named(&self.profile).unwrap_or(&PROFILES[0]),
            release: programs::asked(&self.consumer)?
                .into_iter()
                .find(|release| release.program == self.profile),
            fraction,
            purpose: self.purpose.into(),
            names: self.names()?,
            max_depth: self.max_depth,
            policies: policies(&self.policy)?,
            require_explicit_policy: self.require_explicit_policy,
            inhibit_policy_mapping: self.inhibit_policy_mapping,
            inhibit_any_policy: self.inhibit_any_policy,
            strict: self.strict,
            own_store: self.trusted.is_none(),
            partial_chain: self.partial_chain.then_some(true),
            security_level: self.security_level,
            ..Options::at(time)
        })
    }

    fn names(&self) -> Result<Vec<PeerName>> {
        let mut names = Vec::new();
        for name in &self.hostname {
            names.push(PeerName::ip(name).unwrap_or_else(|| PeerName::Dns(name.clone())));
        }
        for address in &self.ip {
            let parsed = PeerName::ip(address).ok_or_else(|| {
                Error::new(format!("`{address}` is not an IP address")).kind(ErrorKind::Usage)
            })?;
            names.push(parsed);
        }
        names.extend(self.email.iter().cloned().map(PeerName::Email));
        Ok(names)
    }
}

fn policies(texts: &[String]) -> Result<Vec<PolicyId>> {
    let read = |text: &String| {
        PolicyId::from_dotted(text).ok_or_else(|| {
            Error::new(format!("`{text}` is not an object identifier"))
                .kind(ErrorKind::Usage)
                .hint("write it like 2.23.140.1.2.1")
        })
    };
    texts.iter().map(read).collect()
}

/// A moment in whole seconds, rounded down, and whether a fraction was cut off.
pub fn moment(text: &str) -> Option<(i64, bool)> {
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
