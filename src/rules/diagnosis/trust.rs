//! How each program judges a chain that a server sent: the engine of [`crate::verify`] run once per program.

use serde::Serialize;

use super::facts::{Facts, Reader, Store};
use crate::cert::{Certificate, Fingerprint};
use crate::probe::target::Host;
use crate::verify::{self, Anchors, Code, Options, PeerName, Profile, Severity, Verdict};

/// One program's judgement.
#[derive(Clone, Debug, Serialize)]
pub struct Judgement {
    /// The profile's name.
    pub consumer: &'static str,
    /// What a person calls the program.
    pub title: &'static str,
    /// Where its anchors come from.
    pub store: String,
    /// Whether it accepts the server.
    pub accepted: bool,
    /// Why not, the most telling reason first.
    pub reasons: Vec<Reason>,
    /// The best path it finds, leaf first.
    pub path: Vec<Fingerprint>,
    /// Whether the path ends in an anchor.
    #[serde(skip)]
    pub complete: bool,
}

/// One reason against a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The engine's stable code.
    pub code: &'static str,
    /// Which certificate of the path, the leaf being 0.
    pub at: Option<usize>,
    /// In words.
    pub message: String,
    /// The code as a value.
    #[serde(skip)]
    pub kind: Code,
}

/// A host as the name that its certificate must carry.
pub(super) fn peer_name(host: &Host) -> PeerName {
    match host {
        Host::Name(name) => PeerName::Dns(name.clone()),
        Host::Address(std::net::IpAddr::V4(address)) => PeerName::Ip(address.octets().to_vec()),
        Host::Address(std::net::IpAddr::V6(address)) => PeerName::Ip(address.octets().to_vec()),
    }
}

/// Every program's judgement of a chain, leaf first.
pub fn judge(chain: &[Vec<u8>], host: &Host, facts: &Facts) -> Vec<Judgement> {
    let anchors: Vec<Anchors<'_>> = facts.stores.iter().map(|store| read(store)).collect();
    let judge = |reader: &Reader| {
        let (anchors, store) = (anchors.get(reader.store)?, facts.stores.get(reader.store)?);
        Some(one(reader, chain, host, anchors, store, facts))
    };
    facts.readers.iter().filter_map(judge).collect()
}

/// Whether a program would accept the chain with other anchors.
pub(super) fn accepts(
    profile: &'static str,
    chain: &[Vec<u8>],
    host: &Host,
    anchors: &[&Certificate],
    facts: &Facts,
) -> bool {
    let anchors = Anchors::read(anchors.iter().map(|anchor| anchor.der()));
    verdict(profile, chain, host, &anchors, facts).is_some_and(|verdict| verdict.valid)
}

fn read(store: &Store) -> Anchors<'_> {
    Anchors::read(store.certificates.iter().map(Certificate::der))
}

fn verdict<'a>(
    profile: &'static str,
    chain: &'a [Vec<u8>],
    host: &Host,
    anchors: &Anchors<'a>,
    facts: &Facts,
) -> Option<Verdict<'a>> {
    let (leaf, others) = chain.split_first()?;
    let others: Vec<&[u8]> = others.iter().map(Vec::as_slice).collect();
    let options = Options {
        profile: Profile::named(profile)?,
        names: vec![peer_name(host)],
        own_store: true,
        ..Options::at(facts.now.0)
    };
    Some(verify::verify(leaf, &others, anchors, &options))
}

fn one<'a>(
    reader: &Reader,
    chain: &'a [Vec<u8>],
    host: &Host,
    anchors: &Anchors<'a>,
    store: &Store,
    facts: &Facts,
) -> Judgement {
    let found = verdict(reader.profile, chain, host, anchors, facts);
    let reasons = found.iter().flat_map(|verdict| &verdict.reasons);
    let reasons = reasons.filter(|fault| fault.severity == Severity::Error);
    Judgement {
        consumer: reader.profile,
        title: Profile::named(reader.profile).map_or(reader.profile, |profile| profile.title),
        store: store.label.clone(),
        accepted: found.as_ref().is_some_and(|verdict| verdict.valid),
        reasons: reasons
            .map(|fault| Reason {
                code: fault.code.code(),
                at: fault.at,
                message: fault.message.clone(),
                kind: fault.code,
            })
            .collect(),
        path: found
            .iter()
            .flat_map(|verdict| &verdict.chain)
            .map(|link| Fingerprint::of(link.der))
            .collect(),
        complete: found.is_some_and(|verdict| verdict.complete),
    }
}
