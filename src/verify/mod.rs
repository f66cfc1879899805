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
mod crl;
mod dns_index;
mod extensions;
mod fault;
mod form;
mod gnutls;
mod habits;
mod names;
mod ocsp;
mod openssl;
mod options;
mod parsed;
mod path;
mod peer;
mod points;
mod policy;
mod presented;
mod profile;
mod reading;
mod releases;
mod search;

use std::collections::HashMap;
use std::sync::Arc;

pub use consumers::{AsAnchor, Obstacle, Opinion, advice, as_anchor, consumers};
pub use crl::Crls;
pub use fault::{Code, Fault, Part, Role, Severity};
pub use ocsp::{Staple, StapleFault, UNDATED, must_staple, staple, staple_fault};
pub use options::{Options, PeerName, PolicyId, Purpose};
pub use presented::{Pool, Presented};
pub use profile::{PROFILES, Profile};

use crate::cert::{oids, public_key as key, signature, tlv as der};
use parsed::Parsed;
use search::{Judged, Node, Searcher};

/// Trust anchors, read once and found by name; borrowed from whoever holds the DER.
#[derive(Debug, Default)]
pub struct Anchors<'a> {
    certificates: Vec<Arc<Parsed<'a>>>,
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
                Ok(parsed) => anchors.push(place, Arc::new(parsed)),
                Err(_) => anchors.unreadable.push(place),
            }
        }
        anchors
    }

    /// A single anchor, read before.
    fn of(parsed: Parsed<'a>) -> Self {
        let mut anchors = Self::default();
        anchors.push(0, Arc::new(parsed));
        anchors
    }

    fn push(&mut self, place: usize, parsed: Arc<Parsed<'a>>) {
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
    /// The path holds under the profile. Where it doesn't, [`Verdict::answer`] tells a refusal from what can't be told.
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
    /// Whether the path holds; `None` if that can't be told, because nothing here can check one of its signatures.
    pub fn answer(&self) -> Option<bool> {
        let refused = !self.complete || self.has(Severity::Error);
        (self.valid || refused).then_some(self.valid)
    }

    /// The same of the path alone, whatever form its certificates have.
    pub fn path(&self) -> Option<bool> {
        let of_path =
            |fault: &&Fault| fault.severity == Severity::Error && fault.part() == Part::Path;
        if !self.complete || self.reasons.iter().any(|fault| of_path(&fault)) {
            return Some(false);
        }
        (!self.has(Severity::Undecided)).then_some(true)
    }

    /// Nothing is wrong with the form of the certificates.
    pub fn has_form(&self) -> bool {
        !self.reasons.iter().any(|fault| fault.part() == Part::Form)
    }

    fn has(&self, severity: Severity) -> bool {
        self.reasons.iter().any(|fault| fault.severity == severity)
    }

    /// The most telling error, or what can't be told, if the path does not hold.
    pub fn first_error(&self) -> Option<&Fault> {
        self.reasons
            .iter()
            .find(|fault| fault.severity != Severity::Warning)
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

/// Which certificates of a path must not be revoked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Checked {
    /// The leaf.
    Leaf,
    /// Every certificate below the anchor.
    #[default]
    Chain,
}

/// Revocation lists, and what is to be held against them.
#[derive(Clone, Copy, Debug)]
pub struct Revocation<'r, 'a> {
    /// The lists; nothing else is looked at.
    pub crls: &'r Crls<'a>,
    /// Which certificates.
    pub checked: Checked,
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
    judge(&Presented::read(leaf, untrusted), anchors, options, None)
}

/// The same of certificates that were read before, and no certificate may be revoked. A program's profile judges as the
/// program does when it is told to read these lists; Go's never reads any.
pub fn judge<'a>(
    presented: &Presented<'a>,
    anchors: &Anchors<'a>,
    options: &Options,
    revocation: Option<Revocation<'_, 'a>>,
) -> Verdict<'a> {
    let locals = presented.certificates.as_slice();
    if locals.is_empty() {
        return Verdict::malformed();
    }
    let (judged, paths_tried) = Searcher::new(locals, anchors, options, revocation.as_ref()).run();
    verdict(judged, paths_tried, presented, anchors)
}

fn verdict<'a>(
    judged: Judged,
    paths_tried: usize,
    presented: &Presented<'a>,
    anchors: &Anchors<'a>,
) -> Verdict<'a> {
    let link = |node: &Node| match *node {
        Node::Local(0) => Link {
            source: Source::Leaf,
            der: presented.certificates[0].der,
        },
        Node::Local(at) => Link {
            source: Source::Untrusted(presented.places[at]),
            der: presented.certificates[at].der,
        },
        Node::Anchor(at) => Link {
            source: Source::Anchor(anchors.places[at]),
            der: anchors.certificates[at].der,
        },
    };
    Verdict {
        valid: judged.complete && judged.errors() == 0 && !judged.is_undecided(),
        chain: judged.path.iter().map(link).collect(),
        complete: judged.complete,
        reasons: judged.faults,
        paths_tried,
    }
}
