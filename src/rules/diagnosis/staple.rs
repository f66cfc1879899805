//! What the server staples: a response of OCSP about its certificate, or none where the certificate promises one.

use super::chain::Case;
use crate::cert::{Certificate, Time};
use crate::verify::{Staple, must_staple, staple};

/// What there is to say of it.
pub(super) fn note(case: &Case<'_>) -> Option<String> {
    let handshake = case.seen.handshake.as_ref()?;
    let (leaf, sent) = handshake.certificates.split_first()?;
    if handshake.staple.is_empty() {
        return must_staple(leaf).then(|| {
            "the certificate promises a stapled OCSP response (Must-Staple, RFC 7633), but the server sends none: \
             GnuTLS and Firefox refuse it; turn on OCSP stapling on the server"
                .to_string()
        });
    }
    let system = case.facts.system().iter().map(Certificate::der);
    let others: Vec<&[u8]> = sent.iter().map(Vec::as_slice).chain(system).collect();
    let said = words(&staple(&handshake.staple, leaf, &others, case.facts.now.0));
    Some(format!("stapled OCSP response: {said}"))
}

fn words(found: &Staple) -> String {
    match found {
        Staple::Good(Some(end)) => format!("good, until {}", Time(*end)),
        Staple::Good(None) => "good".into(),
        Staple::Revoked(at, reason) => format!(
            "the certificate has been revoked since {} ({reason}); GnuTLS and browsers refuse it, curl, Go and Java \
             don't look: replace the certificate on the server",
            Time(*at)
        ),
        Staple::Unknown => "the responder does not know the certificate".into(),
        Staple::Expired(end) => format!("expired on {}: the server does not renew it", Time(*end)),
        Staple::NotYet(start) => format!("not valid before {}: check the clocks", Time(*start)),
        Staple::Foreign => "for another certificate: it says nothing of this one".into(),
        Staple::Unsigned => {
            "not signed by the issuer, or the issuer's certificate is missing: it says nothing"
                .into()
        }
        Staple::Failed(status) => {
            format!("the responder failed (status {status}, RFC 6960 §4.2.1)")
        }
        Staple::Malformed => "can't be read".into(),
    }
}
