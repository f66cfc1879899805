//! How each program judges a chain that a server sent: the engine of [`crate::verify`] run once per program, on
//! certificates that are read once for all of them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::facts::{Facts, Reader, Store};
use crate::cert::{Certificate, Fingerprint};
use crate::probe::target::Host;
use crate::programs::Release;
use crate::verify::{
    self, Anchors, Code, Options, PeerName, Pool, Presented, Profile, Severity, Verdict,
};

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

/// Every program's judgement of what was sent, leaf first, of which `chain` is what can be read.
pub fn judge<'a>(
    sent: &'a [Vec<u8>],
    chain: &[Certificate],
    host: &Host,
    facts: &'a Facts,
) -> Vec<Judgement> {
    let Some(presented) = presented(sent) else {
        return Vec::new();
    };
    let reachable = reachable(chain, facts);
    let mut pool = Pool::default();
    let read = |store: &'a Store| {
        let certificates = store.certificates.iter();
        let within = certificates.filter(|one| reachable.contains(&one.sha256()));
        pool.anchors(within.map(Certificate::der))
    };
    let anchors: Vec<Anchors<'_>> = facts.stores.iter().map(read).collect();
    let judge = |reader: &Reader| {
        let (anchors, store) = (anchors.get(reader.store)?, facts.stores.get(reader.store)?);
        let verdict = verdict(&reader.release, &presented, host, anchors, facts);
        Some(judgement(reader, verdict.as_ref(), store))
    };
    facts.readers.iter().filter_map(judge).collect()
}

fn presented(sent: &[Vec<u8>]) -> Option<Presented<'_>> {
    let (leaf, others) = sent.split_first()?;
    let others: Vec<&[u8]> = others.iter().map(Vec::as_slice).collect();
    Some(Presented::read(leaf, &others))
}

/// Whether a program would accept the chain with other anchors.
pub(super) fn accepts(
    profile: &str,
    sent: &[Vec<u8>],
    host: &Host,
    anchors: &[&Certificate],
    facts: &Facts,
) -> bool {
    let anchors = Anchors::read(anchors.iter().map(|anchor| anchor.der()));
    let reader = facts.readers.iter().find(|one| one.profile == profile);
    let verdict = reader
        .zip(presented(sent))
        .and_then(|(reader, sent)| verdict(&reader.release, &sent, host, &anchors, facts));
    verdict.is_some_and(|verdict| verdict.valid)
}

/// The certificates of all stores that a path from a chain can reach: those that have the name of one of its
/// certificates or issuers, those that have the name of their issuers, and so on. Reading whole stores for each program
/// would cost more than everything else in a diagnosis.
fn reachable(chain: &[Certificate], facts: &Facts) -> BTreeSet<Fingerprint> {
    let both = |one: &Certificate| [one.subject().canonical(), one.issuer().canonical()];
    let mut names: BTreeSet<Vec<u8>> = chain.iter().flat_map(both).collect();
    let stores = facts.stores.iter().flat_map(|store| &store.certificates);
    let known: BTreeMap<Fingerprint, &Certificate> =
        stores.map(|one| (one.sha256(), one)).collect();
    let named: Vec<(Fingerprint, [Vec<u8>; 2])> = known
        .into_iter()
        .map(|(sha256, one)| (sha256, both(one)))
        .collect();
    // Beyond ASCII there are more ways to compare names than one.
    let fits = |names: &BTreeSet<Vec<u8>>, subject: &Vec<u8>| {
        !subject.is_ascii() || names.contains(subject)
    };
    loop {
        let reached = named
            .iter()
            .filter(|(_, [subject, _])| fits(&names, subject));
        let issuers = reached.map(|(_, [_, issuer])| issuer);
        let more: Vec<Vec<u8>> = issuers
            .filter(|one| !names.contains(*one))
            .cloned()
            .collect();
        if more.is_empty() {
            break;
        }
        names.extend(more);
    }
    let reached = named
        .iter()
        .filter(|(_, [subject, _])| fits(&names, subject));
    reached.map(|(sha256, _)| *sha256).collect()
}

fn verdict<'a>(
    release: &Release,
    presented: &Presented<'a>,
    host: &Host,
    anchors: &Anchors<'a>,
    facts: &Facts,
) -> Option<Verdict<'a>> {
    let options = Options {
        profile: Profile::named(release.program)?,
        release: Some(release.clone()),
        names: vec![peer_name(host)],
        own_store: true,
        ..Options::at(facts.now.0)
    };
    Some(verify::judge(presented, anchors, &options, None))
}

fn judgement(reader: &Reader, found: Option<&Verdict<'_>>, store: &Store) -> Judgement {
    let reasons = found.iter().flat_map(|verdict| &verdict.reasons);
    let reasons = reasons.filter(|fault| fault.severity != Severity::Warning);
    Judgement {
        consumer: reader.profile,
        title: Profile::named(reader.profile).map_or(reader.profile, |profile| profile.title),
        store: store.label.clone(),
        accepted: found.is_some_and(|verdict| verdict.valid),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cert::Time;
    use crate::rules::diagnosis::facts::Bundle;
    use support::Ca;

    fn facts(certificates: &[&Ca]) -> Facts {
        let read = |ca: &&Ca| Certificate::from_der(ca.der()).unwrap();
        Facts {
            now: Time(0),
            floor: None,
            stores: vec![Store {
                certificates: certificates.iter().map(read).collect(),
                ..Store::default()
            }],
            readers: Vec::new(),
            skipped: Vec::new(),
            bundle: Bundle::Missing,
            damage: None,
            uneven: Vec::new(),
            deselected: Vec::new(),
            missing: Vec::new(),
            vendor: BTreeSet::new(),
            local: BTreeSet::new(),
            openssl: None,
            candidates: Vec::new(),
            proxy_variables: Vec::new(),
            sudo: "",
        }
    }

    #[test]
    fn only_what_a_path_can_pass_is_read_of_a_store() {
        let root = Ca::new("Root");
        let issuing = root.intermediate("Issuing");
        let (twin, other) = (Ca::new("root"), Ca::new("Other"));
        let beyond = Ca::new("Wurzel Ö");
        let leaf = issuing.leaf("localhost").pem;
        let leaf = ::pem::parse(leaf).unwrap().into_contents();
        let leaf = Certificate::from_der(&leaf).unwrap();
        let facts = facts(&[&root, &issuing, &twin, &other, &beyond]);
        let reached = reachable(&[leaf], &facts);
        let is_in = |ca: &Ca| reached.contains(&Fingerprint::of(ca.der()));
        // The twin's name differs in case only; names beyond ASCII are always kept.
        assert_eq!(
            [&root, &issuing, &twin, &other, &beyond].map(is_in),
            [true, true, true, false, true]
        );
    }
}
