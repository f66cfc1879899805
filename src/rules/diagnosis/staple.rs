//! What the server staples: a response of OCSP about its certificate, or none where the certificate promises one.

use super::Finding;
use super::codes::Code;
use super::facts::Facts;
use super::programs::{Objection, Program};
use crate::cert::{Certificate, Time};
use crate::probe::observation::Observation;
use crate::programs::Release;
use crate::verify::{Staple, StapleFault, UNDATED, must_staple, staple, staple_fault};

/// What there is to know of a server's stapling.
pub(super) struct Stapled {
    /// The response; nothing where none was sent.
    response: Option<Staple>,
    /// The certificate promises one.
    promised: bool,
}

impl Stapled {
    /// What was seen; nothing where no certificate was.
    pub(super) fn of(seen: &Observation, facts: &Facts) -> Option<Self> {
        let handshake = seen.handshake.as_ref()?;
        let (leaf, sent) = handshake.certificates.split_first()?;
        let read = || {
            let stores = facts.stores.iter().flat_map(|store| &store.certificates);
            let known = stores.map(Certificate::der);
            let others: Vec<&[u8]> = sent.iter().map(Vec::as_slice).chain(known).collect();
            staple(&handshake.staple, leaf, &others, facts.now.0)
        };
        Some(Self {
            response: (!handshake.staple.is_empty()).then(read),
            promised: must_staple(leaf),
        })
    }

    /// What a program that checks certificates has against it.
    pub(super) fn objection(&self, consumer: &str) -> Option<Objection> {
        let library = Release::newest(consumer)?.library;
        let fault = staple_fault(library, self.response.as_ref(), self.promised)?;
        Some(Objection {
            code: code(fault).as_str(),
            message: self.words(),
        })
    }

    /// The cause, where it is all that keeps a program from connecting.
    pub(super) fn find(&self, programs: &[Program]) -> Option<Finding> {
        let refusing = programs
            .iter()
            .filter(|one| self.objection(one.consumer).is_some())
            .collect::<Vec<_>>();
        let library = Release::newest(refusing.first()?.consumer)?.library;
        let fault = staple_fault(library, self.response.as_ref(), self.promised)?;
        let titles: Vec<&str> = refusing.iter().map(|one| one.title.as_str()).collect();
        let others = match refusing.len() == programs.len() {
            true => "",
            false => "; the other programs asked about do not check it",
        };
        let evidence = format!("{}: refused by {}{others}", self.words(), titles.join(", "));
        Some(Finding::new(code(fault), evidence))
    }

    /// What there is to say of it, whether or not a program looks at it.
    pub(super) fn note(&self) -> Option<String> {
        (self.promised || self.response.is_some()).then(|| self.words())
    }

    fn words(&self) -> String {
        let Some(response) = &self.response else {
            return "the certificate promises a stapled OCSP response (Must-Staple, RFC 7633), but the server sends none"
                .to_string();
        };
        let said = words(response);
        let is_answer = !matches!(response, Staple::Failed(_) | Staple::Malformed);
        match self.promised && !is_answer {
            true => format!(
                "stapled OCSP response: {said}; the certificate promises one (Must-Staple, RFC 7633)"
            ),
            false => format!("stapled OCSP response: {said}"),
        }
    }
}

fn code(fault: StapleFault) -> Code {
    match fault {
        StapleFault::Revoked => Code::Revoked,
        StapleFault::Expired | StapleFault::Invalid => Code::StapleRefused,
        StapleFault::Missing => Code::StapleMissing,
    }
}

fn words(found: &Staple) -> String {
    match found {
        Staple::Good(Some(end)) => format!("good, until {}", Time(*end)),
        Staple::Good(None) => "good".into(),
        Staple::Revoked(at, reason) => {
            format!(
                "the certificate has been revoked since {} ({reason})",
                Time(*at)
            )
        }
        Staple::Unknown => "the responder does not know the certificate".into(),
        Staple::Expired(end) => format!("expired on {}: the server does not renew it", Time(*end)),
        Staple::Stale(from) => format!(
            "made on {}, more than {} days ago, without a time until which it holds",
            Time(*from),
            UNDATED / 86_400
        ),
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
