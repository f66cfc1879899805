//! `add --from`: the root in what a server sends. The connection itself proves nothing about it.

use std::time::Duration;

use crate::cert::{Certificate, Fingerprint};
use crate::commands::Context;
use crate::error::{Error, ErrorKind, Exit, Result};
use crate::probe::proxy::Proxy;
use crate::probe::target::{Starttls, Target};
use crate::probe::{self, Limits, Options};
use crate::redact;
use crate::rules::diagnosis;

/// The longest any step of the connection may take.
const STEP: Duration = Duration::from_secs(10);
/// What a person must be told before a certificate from the network is trusted.
pub(super) const WARNING: &str = "the connection proves nothing about this certificate: an attacker in between can \
    send one of their own; only the SHA-256, compared with its owner's over another channel, does";

/// The certificate to add: the one with a pinned fingerprint, or else the root.
pub(super) fn root(
    context: &Context,
    from: &str,
    starttls: Option<Starttls>,
    pinned: &[Fingerprint],
) -> Result<Certificate> {
    let target = Target::parse(from, starttls)?;
    (context.progress)(&format!("asking {target} for its certificates"));
    let options = Options {
        proxy: Proxy::from_environment(&target, |name| context.variable(name))?,
        address: None,
        limits: Limits::within(STEP),
        now: context.now,
        offers: Vec::new(),
        path: None,
    };
    let seen = probe::observe(target, &options);
    let chain = probe::chain(&seen);
    if chain.is_empty() {
        let reason = diagnosis::failure(&seen).unwrap_or_else(|| "no certificate came".to_string());
        return Err(Error::new(format!(
            "cannot get a certificate from `{}`: {reason}",
            seen.target
        ))
        .kind(ErrorKind::Network)
        .hint(format!("`trustctl diagnose {}` tells more", seen.target)));
    }
    let wanted = |certificate: &&Certificate| match pinned {
        [] => certificate.is_self_signed(),
        pinned => pinned.contains(&certificate.sha256()),
    };
    chain
        .iter()
        .find(wanted)
        .cloned()
        .ok_or_else(|| none(from, &chain, pinned))
}

fn none(from: &str, chain: &[Certificate], pinned: &[Fingerprint]) -> Error {
    let from = redact::value(from);
    let sent = chain
        .iter()
        .map(|one| format!("`{}`: {}", one.subject().display(), one.sha256()));
    let error = if pinned.is_empty() {
        let top = chain.last().map_or("", |top| top.issuer().display());
        Error::new(format!(
            "`{from}` does not send a root; the store is as it was before"
        ))
        .kind(ErrorKind::NotFound)
        .hint(format!(
            "get the certificate of `{top}` from the operator of that CA"
        ))
    } else {
        Error::new(format!("`{from}` sends no certificate with that SHA-256; the store is as it was before")).kind(ErrorKind::NotFound)
            .hint("ask the owner of the CA which fingerprint is right, and whether the connection is intercepted")
    };
    error.details(sent.collect()).exit(Exit::Failed)
}
