//! Looking for a path: all candidates with backtracking, every effort bounded.

mod explain;
mod judge;
mod revocation;

use std::collections::HashMap;

use super::certificate;
use super::fault::{Code, Fault, Role, Severity};
use super::key::PublicKey;
use super::names::{self, Name};
use super::options::Options;
use super::parsed::Parsed;
use super::path;
use super::profile::{Constraining, NameMatch, Search, Who};
use super::signature::Outcome;
use super::signature::Scheme;
use super::{Anchors, Revocation, gnutls, openssl};
use crate::programs::{self, Answer, Library, Version};

pub(crate) use judge::{Ending, Judged};

/// Signature checks in one validation; enough for any real set, little for a hostile one (as Go and webpki do).
const MAX_SIGNATURES: usize = 100;
/// Complete paths judged in one validation.
const MAX_PATHS: usize = 100;
/// Steps of the search, complete or not.
const MAX_STEPS: usize = 5_000;
/// Certificates in one path.
const MAX_LENGTH: usize = 40;

/// A certificate at hand: the leaf (0) and its helpers by their place, anchors by theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    Local(usize),
    Anchor(usize),
}

/// One validation at work.
pub(crate) struct Searcher<'s, 'a> {
    locals: &'s [Parsed<'a>],
    anchors: &'s Anchors<'a>,
    pub(crate) options: &'s Options,
    own: HashMap<(Node, u8), Vec<Fault>>,
    signatures: HashMap<(Node, &'a [u8]), Option<Outcome>>,
    signatures_left: usize,
    steps_left: usize,
    paths_left: usize,
    pub(crate) paths_tried: usize,
    gave_up: bool,
    best: Option<Judged>,
    revocation: Option<&'s Revocation<'s, 'a>>,
    /// What validates for the judge, if it is a program.
    library: Option<(Library, Version)>,
    /// Signers of revocation lists for whom this is the search.
    signers: Vec<&'a [u8]>,
}

impl<'s, 'a> Searcher<'s, 'a> {
    pub(crate) fn new(
        locals: &'s [Parsed<'a>],
        anchors: &'s Anchors<'a>,
        options: &'s Options,
        revocation: Option<&'s Revocation<'s, 'a>>,
    ) -> Self {
        Self {
            locals,
            anchors,
            options,
            own: HashMap::new(),
            signatures: HashMap::new(),
            signatures_left: MAX_SIGNATURES,
            steps_left: MAX_STEPS,
            paths_left: MAX_PATHS,
            paths_tried: 0,
            gave_up: false,
            best: None,
            // A program reads lists that it is given; crypto/x509 takes none.
            revocation: revocation.filter(|given| {
                let told = !given.crls.lists.is_empty() && options.profile.who != Who::GO;
                options.profile.is_strict() || told
            }),
            library: options.library(),
            signers: Vec::new(),
        }
    }

    /// The best path there is, with all its faults.
    pub(crate) fn run(mut self) -> (Judged, usize) {
        match self.options.profile.search {
            Search::Backtracking => self.backtrack(),
            Search::OpenSsl => {
                let (path, ending) = openssl::build(&self);
                self.settle(path, ending);
            }
            Search::GnuTls => {
                let (first, second) = gnutls::build(&self);
                self.settle(first.0, first.1);
                if self.wants_another_anchor() {
                    self.settle(second.0, second.1);
                }
            }
        }
        let fallback = || Judged {
            path: vec![Node::Local(0)],
            faults: Vec::new(),
            complete: false,
        };
        let best = self.best.take().unwrap_or_else(fallback);
        (best, self.paths_tried)
    }

    /// GnuTLS looks again if the first anchor is unknown, out of its time or weak (`SIGNER_OLD_OR_UNKNOWN`).
    fn wants_another_anchor(&self) -> bool {
        const AGE: [Code; 3] = [Code::Expired, Code::NotYetValid, Code::WeakSignature];
        let old = |best: &Judged| best.faults.iter().any(|fault| AGE.contains(&fault.code));
        self.best
            .as_ref()
            .is_none_or(|best| !best.complete || old(best))
    }

    /// The certificate of a node.
    pub(crate) fn get(&self, node: Node) -> &'s Parsed<'a> {
        match node {
            Node::Local(place) => &self.locals[place],
            Node::Anchor(place) => &self.anchors.certificates[place],
        }
    }

    /// How many helpers there are, the leaf counted.
    pub(crate) fn local_count(&self) -> usize {
        self.locals.len()
    }

    /// Anchors that carry the issuer's name of this certificate.
    pub(crate) fn anchors_named(
        &self,
        certificate: &Parsed<'_>,
    ) -> impl Iterator<Item = Node> + use<'s, 'a> {
        self.anchors
            .named(&certificate.issuer.folded)
            .iter()
            .map(|&place| Node::Anchor(place))
    }

    /// Anchors that carry the subject of this certificate.
    pub(crate) fn anchors_of_subject(
        &self,
        certificate: &Parsed<'_>,
    ) -> impl Iterator<Item = Node> + use<'s, 'a> {
        self.anchors
            .named(&certificate.subject.folded)
            .iter()
            .map(|&place| Node::Anchor(place))
    }

    /// Any anchor that is this very certificate.
    pub(crate) fn anchor_like(&self, certificate: &Parsed<'_>) -> Option<Node> {
        let same = self.anchors.named(&certificate.subject.folded).iter();
        same.copied()
            .find(|&place| self.anchors.certificates[place].der == certificate.der)
            .map(Node::Anchor)
    }

    /// The names chain, as the profile compares them.
    pub(crate) fn names_chain(&self, certificate: &Parsed<'_>, issuer: &Parsed<'_>) -> bool {
        match self.options.profile.names {
            NameMatch::Folded => certificate.issuer.matches(&issuer.subject),
            NameMatch::Text => names::same_text(certificate.issuer.raw, issuer.subject.raw),
            NameMatch::Jdk => {
                let form = |name: &Name<'_>| names::jdk_form(name.raw);
                certificate.issuer.raw == issuer.subject.raw
                    || form(&certificate.issuer) == form(&issuer.subject)
            }
            NameMatch::Bytes => certificate.issuer.raw == issuer.subject.raw,
        }
    }

    fn backtrack(&mut self) {
        let leaf = Node::Local(0);
        if self.leaf_may_be_anchor() {
            // Whatever is wrong with the leaf would be wrong with it on a longer path, too.
            self.settle(vec![leaf], Ending::LeafIsAnchor);
            return;
        }
        let floor = self.own_errors(leaf, Role::Leaf);
        self.extend(&mut vec![leaf], floor);
        if self.best.is_none() {
            self.explain();
        }
        if self.gave_up {
            self.confess();
        }
    }

    /// The leaf itself is in the store; webpki still wants an issuer, which a self-signed leaf is to itself.
    fn leaf_may_be_anchor(&mut self) -> bool {
        let leaf = self.get(Node::Local(0));
        let any = self.options.partial_chain() && !Who::RUSTLS.has(self.options.profile.who);
        if self.anchor_like(leaf).is_none() || !(any || leaf.self_issued()) {
            return false;
        }
        let own = Node::Local(0);
        !Who::RUSTLS.has(self.options.profile.who)
            || self.signature(own, own) == Some(Outcome::Good)
    }

    /// Depth first over issuers that are good in themselves, to a path with no more errors than the leaf has in any
    /// place (`floor`). True: it was found, or the budget is used up.
    fn extend(&mut self, path: &mut Vec<Node>, floor: usize) -> bool {
        let Some(&tip) = path.last() else {
            return false;
        };
        for candidate in self.candidates(path) {
            if self.spend_step() {
                return true;
            }
            let role = role_of(candidate);
            if self.own_errors(candidate, role) > 0
                || !self.may_end(candidate)
                || !self.signed_by(tip, candidate)
            {
                continue;
            }
            path.push(candidate);
            let done = match candidate {
                Node::Anchor(_) => self.settle_good(path, floor),
                Node::Local(_) => path.len() < MAX_LENGTH && self.extend(path, floor),
            };
            path.pop();
            if done {
                return true;
            }
        }
        false
    }

    /// Judges a path of good certificates. True: it is good enough, or was the last that the budget allows.
    fn settle_good(&mut self, path: &[Node], floor: usize) -> bool {
        self.settle(path.to_vec(), Ending::Anchor);
        if self
            .best
            .as_ref()
            .is_some_and(|best| best.errors() <= floor && !best.is_undecided())
        {
            return true;
        }
        self.paths_left -= 1;
        self.gave_up |= self.paths_left == 0;
        self.paths_left == 0
    }

    fn spend_step(&mut self) -> bool {
        self.steps_left = self.steps_left.saturating_sub(1);
        self.gave_up |= self.steps_left == 0;
        self.steps_left == 0
    }

    /// An anchor that this judge takes as the end of a path.
    fn may_end(&self, node: Node) -> bool {
        matches!(node, Node::Local(_))
            || self.options.partial_chain()
            || self.get(node).self_issued()
    }

    fn signed_by(&mut self, child: Node, issuer: Node) -> bool {
        matches!(
            self.signature(child, issuer),
            Some(Outcome::Good | Outcome::NeedsParameters | Outcome::Unsupported)
        )
    }

    /// The signature on `child` by the key of `issuer`, computed once. `None`: the judge does not take this kind of
    /// signature, or the budget is used up.
    fn signature(&mut self, child: Node, issuer: Node) -> Option<Outcome> {
        let (certificate, key) = (self.get(child), self.get(issuer));
        if let Some(&known) = self.signatures.get(&(child, key.key_info())) {
            return known;
        }
        if self.signatures_left == 0 {
            self.gave_up = true;
            return None;
        }
        self.signatures_left -= 1;
        // webpki compares the whole algorithm identifier with constants.
        let odd = matches!(certificate.scheme, Ok(Scheme::RsaPss(_))) && !certificate.plain_pss;
        let takes = certificate
            .scheme
            .map_or(true, |scheme| self.takes(scheme, &key.key))
            && !(odd && self.options.profile.constraining == Constraining::Webpki);
        let outcome = takes.then(|| certificate.signature_by(&key.key, None));
        self.signatures.insert((child, key.key_info()), outcome);
        outcome
    }

    /// The judge checks signatures of this kind by this key: a standard all of them, a program those it can.
    pub(crate) fn takes(&self, scheme: Scheme, key: &PublicKey<'_>) -> bool {
        self.library.is_none_or(|(library, version)| {
            programs::verifies(library, version, scheme, key) == Answer::Can
        })
    }

    /// Possible issuers of the path's tip, the likeliest first; none that would make a circle.
    fn candidates(&self, path: &[Node]) -> Vec<Node> {
        let Some(&tip) = path.last() else {
            return Vec::new();
        };
        let child = self.get(tip);
        let anchors = self.anchors_named(child);
        let helpers = (1..self.locals.len()).map(Node::Local);
        let mut found: Vec<(bool, bool, Node)> = anchors
            .chain(helpers)
            .filter(|&node| self.names_chain(child, self.get(node)) && !self.circular(path, node))
            .map(|node| {
                let issuer = self.get(node);
                let in_time = (issuer.not_before..=issuer.not_after).contains(&self.options.time);
                (!path::key_id_fits(child, issuer), !in_time, node)
            })
            .collect();
        found.sort_by_key(|&(key, time, _)| (key, time));
        found.into_iter().map(|(_, _, node)| node).collect()
    }

    /// The same CA (name and key) is in the path already (RFC 4158 §2.4.2).
    fn circular(&self, path: &[Node], node: Node) -> bool {
        let candidate = self.get(node);
        path.iter().any(|&earlier| {
            let earlier = self.get(earlier);
            earlier.der == candidate.der
                || (matches!(node, Node::Local(_))
                    && earlier.key_info() == candidate.key_info()
                    && earlier.subject.matches(&candidate.subject))
        })
    }

    fn own(&mut self, node: Node, role: Role) -> &[Fault] {
        let certificate = self.get(node);
        let options = self.options;
        self.own
            .entry((node, role as u8))
            .or_insert_with(|| certificate::judge(certificate, role, 0, options).list)
    }

    fn own_errors(&mut self, node: Node, role: Role) -> usize {
        self.own(node, role)
            .iter()
            .filter(|fault| fault.severity == Severity::Error)
            .count()
    }
}

fn role_of(node: Node) -> Role {
    match node {
        Node::Local(_) => Role::Intermediate,
        Node::Anchor(_) => Role::Anchor,
    }
}
