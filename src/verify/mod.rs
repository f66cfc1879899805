//! Path building and validation (RFC 5280 §6), every fault explained, and how each consumer's verdict differs.
//!
//! Pure: certificates and options in, a verdict out; no files, no clock. One engine judges for all profiles; a
//! profile is a row of data ([`Profile`]), a column of the fault table ([`Code`]) and, for the two programs that
//! don't backtrack, the way they choose a path.

mod baseline;
mod capability;
mod certificate;
mod constraints;
mod consumers;
mod dns_index;
mod extensions;
mod fault;
mod form;
mod gnutls;
mod habits;
mod names;
mod openssl;
mod options;
mod parsed;
mod path;
mod peer;
mod policy;
mod profile;
mod search;

use std::collections::HashMap;

pub use consumers::{AsAnchor, Obstacle, advice, as_anchor, consumers};
pub use fault::{Code, Fault, Role, Severity};
pub use options::{Options, PeerName, PolicyId, Purpose};
pub use profile::{PROFILES, Profile};

use crate::cert::{oids, public_key as key, signature, tlv as der};
use parsed::Parsed;
use search::{Judged, Node, Searcher};

/// Trust anchors, read once and found by name; borrowed from whoever holds the DER.
#[derive(Debug, Default)]
pub struct Anchors<'a> {
    certificates: Vec<Parsed<'a>>,
    /// For each certificate, its place in what was handed in.
    places: Vec<usize>,
    by_subject: HashMap<Vec<Vec<u8>>, Vec<usize>>,
    unreadable: Vec<usize>,
}

impl<'a> Anchors<'a> {
    /// Reads anchors. One that can't be read is left out and remembered in [`Anchors::unreadable`].
    pub fn read(ders: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut anchors = Self::default();
        for (place, der) in ders.into_iter().enumerate() {
            match Parsed::read(der) {
                Ok(parsed) => anchors.push(place, parsed),
                Err(_) => anchors.unreadable.push(place),
            }
        }
        anchors
    }

    fn push(&mut self, place: usize, parsed: Parsed<'a>) {
        self.by_subject
            .entry(parsed.subject.folded.clone())
            .or_default()
            .push(self.certificates.len());
        self.certificates.push(parsed);
        self.places.push(place);
    }

    fn named(&self, subject: &[Vec<u8>]) -> &[usize] {
        self.by_subject.get(subject).map_or(&[], Vec::as_slice)
    }

    /// The places of those that are no certificates.
    pub fn unreadable(&self) -> &[usize] {
        &self.unreadable
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.certificates.len()
    }

    /// There is none.
    pub fn is_empty(&self) -> bool {
        self.certificates.is_empty()
    }
}

/// Where a certificate of a path came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// It is what was asked about.
    Leaf,
    /// A helper: its place in what was handed in.
    Untrusted(usize),
    /// An anchor: its place in what was handed in.
    Anchor(usize),
}

/// One certificate of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link<'a> {
    /// Where it came from.
    pub source: Source,
    /// The certificate.
    pub der: &'a [u8],
}

/// The outcome of a validation.
#[derive(Clone, Debug)]
pub struct Verdict<'a> {
    /// The path holds under the profile.
    pub valid: bool,
    /// The best path, leaf first; empty if the leaf is unreadable.
    pub chain: Vec<Link<'a>>,
    /// The path ends in an anchor.
    pub complete: bool,
    /// Everything wrong with it, errors first, the most telling first.
    pub reasons: Vec<Fault>,
    /// How many paths were judged.
    pub paths_tried: usize,
}

impl Verdict<'_> {
    /// The most telling error, if the path does not hold.
    pub fn first_error(&self) -> Option<&Fault> {
        self.reasons
            .iter()
            .find(|fault| fault.severity == Severity::Error)
    }

    fn malformed() -> Self {
        let message = "is not a certificate in DER".to_owned();
        let fault = Fault {
            code: Code::Malformed,
            severity: Severity::Error,
            at: Some(0),
            message,
        };
        Self {
            valid: false,
            chain: Vec::new(),
            complete: false,
            reasons: vec![fault],
            paths_tried: 0,
        }
    }
}

/// Looks for a path from the leaf over the helpers to an anchor and judges the best one there is.
///
/// Helpers that can't be read are passed over. Bounded in time whatever the input: see [`Code::Budget`].
pub fn verify<'a>(
    leaf: &'a [u8],
    untrusted: &[&'a [u8]],
    anchors: &Anchors<'a>,
    options: &Options,
) -> Verdict<'a> {
    let Ok(leaf) = Parsed::read(leaf) else {
        return Verdict::malformed();
    };
    let mut locals = vec![leaf];
    let mut places = vec![0];
    for (place, der) in untrusted.iter().enumerate() {
        if let Ok(parsed) = Parsed::read(der) {
            locals.push(parsed);
            places.push(place);
        }
    }
    let (judged, paths_tried) = Searcher::new(&locals, anchors, options).run();
    verdict(judged, paths_tried, &locals, &places, anchors)
}

fn verdict<'a>(
    judged: Judged,
    paths_tried: usize,
    locals: &[Parsed<'a>],
    places: &[usize],
    anchors: &Anchors<'a>,
) -> Verdict<'a> {
    let link = |node: &Node| match *node {
        Node::Local(0) => Link {
            source: Source::Leaf,
            der: locals[0].der,
        },
        Node::Local(at) => Link {
            source: Source::Untrusted(places[at]),
            der: locals[at].der,
        },
        Node::Anchor(at) => Link {
            source: Source::Anchor(anchors.places[at]),
            der: anchors.certificates[at].der,
        },
    };
    Verdict {
        valid: judged.complete && judged.errors() == 0,
        chain: judged.path.iter().map(link).collect(),
        complete: judged.complete,
        reasons: judged.faults,
        paths_tried,
    }
}
