//! Judging one path: what each certificate shows, the signatures between them, the path as a whole, and its end.

use super::{Node, Searcher};
use crate::programs::{Library, Version};
use crate::verify::fault::{Code, Fault, Faults, Role, Severity};
use crate::verify::key::{DsaParameters, Kind};
use crate::verify::names::describe_dn;
use crate::verify::parsed::Parsed;
use crate::verify::path;
use crate::verify::profile::Who;
use crate::verify::signature::{Outcome, Scheme};

/// A path with its faults.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) path: Vec<Node>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) complete: bool,
}

impl Judged {
    pub(crate) fn errors(&self) -> usize {
        self.faults
            .iter()
            .filter(|fault| fault.severity == Severity::Error)
            .count()
    }

    /// Something on the path can't be told.
    pub(crate) fn is_undecided(&self) -> bool {
        self.faults
            .iter()
            .any(|fault| fault.severity == Severity::Undecided)
    }
}

/// How a path ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// In an anchor.
    Anchor,
    /// The leaf itself is trusted.
    LeafIsAnchor,
    /// In an anchor that is no root, under a judge that wants one.
    NotRoot,
    /// Nowhere.
    Open,
}

impl<'a> Searcher<'_, 'a> {
    /// Judges one path and keeps it if it is the best so far.
    pub(crate) fn settle(&mut self, path: Vec<Node>, ending: Ending) {
        self.paths_tried += 1;
        let judged = self.judge(path, ending);
        let rank = |judged: &Judged| {
            (
                !judged.complete,
                judged.errors(),
                judged.is_undecided(),
                judged.path.len(),
            )
        };
        if self
            .best
            .as_ref()
            .is_none_or(|best| rank(&judged) < rank(best))
        {
            self.best = Some(judged);
        }
    }

    fn judge(&mut self, path: Vec<Node>, ending: Ending) -> Judged {
        let complete = matches!(ending, Ending::Anchor | Ending::LeafIsAnchor);
        let mut faults = Faults::new(self.options);
        for (at, &node) in path.iter().enumerate() {
            let role = path::role(at, path.len(), complete);
            faults
                .list
                .extend(self.own(node, role).iter().map(|fault| Fault {
                    at: Some(at),
                    ..fault.clone()
                }));
        }
        if ending == Ending::LeafIsAnchor && Who::JAVA.has(self.options.profile.who) {
            // The JDK takes a trusted certificate as it is (`PKIXValidator`): only its names are looked at.
            faults.list.retain(|fault| fault.code == Code::WrongName);
        }
        if complete && path.len() == 1 && Who::LIBCRYPTO.has(self.options.profile.who) {
            // `check_extensions` in x509_vfy.c looks at form and curves where there is more than one certificate.
            faults.list.retain(|fault| !fault.code.is_of_longer_paths());
        }
        self.signatures_of(&path, complete, &mut faults);
        let certificates: Vec<&Parsed<'_>> = path.iter().map(|&node| self.get(node)).collect();
        let built = complete && self.is_built_by_jdk();
        let constrains = self.options.profile.anchor_constrains || (built && self.is_old_jdk());
        path::check(
            &certificates,
            complete,
            constrains,
            self.options,
            &mut faults,
        );
        if let Some(anchor) = certificates.last().filter(|_| built) {
            let time = self.options.time;
            if !(anchor.not_before..=anchor.not_after).contains(&time) {
                let at = certificates.len() - 1;
                faults.note(Code::AnchorOutOfTime, Role::Anchor, at, || {
                    "is out of its time, and the certificates were not sent in order".into()
                });
            }
        }
        if complete {
            self.revocations(&path, &mut faults);
        }
        note_ending(ending, &certificates, &mut faults);
        faults
            .list
            .sort_by_key(|fault| (fault.severity, fault.code, fault.at));
        Judged {
            path,
            faults: faults.list,
            complete,
        }
    }

    /// The JDK builds a path of its own where what was sent is not in order or does not end below an anchor
    /// (`PKIXValidator.engineValidate`), and then takes no anchor out of its time; 11 none whose name constraints a
    /// certificate below breaks either. Measured with 11.0.13, 17.0.9, 17.0.15, 21.0.8 and 25.0.2.
    fn is_built_by_jdk(&mut self) -> bool {
        if !Who::JAVA.has(self.options.profile.who) {
            return false;
        }
        let mut above: Option<&Parsed<'_>> = None;
        for certificate in self.locals {
            if above.is_some_and(|before| !self.names_chain(before, certificate)) {
                return true;
            }
            if self.is_known_key(certificate) {
                return false;
            }
            above = Some(certificate);
        }
        let Some(last) = self.locals.len().checked_sub(1) else {
            return false;
        };
        let issuers: Vec<Node> = self.issuing_anchors(last);
        let signs = |searcher: &mut Self, &anchor: &Node| {
            searcher.signature(Node::Local(last), anchor) == Some(Outcome::Good)
        };
        !issuers.iter().any(|anchor| signs(self, anchor))
    }

    fn is_old_jdk(&self) -> bool {
        let java = self
            .library
            .filter(|(library, _)| *library == Library::Java);
        java.is_some_and(|(_, version)| version < Version::new(17, 0))
    }

    /// An anchor has this name and key.
    fn is_known_key(&self, certificate: &Parsed<'_>) -> bool {
        let mut anchors = self.anchors.certificates.iter();
        anchors.any(|anchor| {
            anchor.key_info() == certificate.key_info()
                && anchor.subject.raw == certificate.subject.raw
        })
    }

    fn issuing_anchors(&self, local: usize) -> Vec<Node> {
        let certificate = &self.locals[local];
        let anchors = self.anchors.certificates.iter().enumerate();
        let issuing = anchors.filter(|(_, anchor)| self.names_chain(certificate, anchor));
        issuing.map(|(place, _)| Node::Anchor(place)).collect()
    }

    fn signatures_of(&mut self, path: &[Node], complete: bool, faults: &mut Faults<'_>) {
        for (at, pair) in path.windows(2).enumerate() {
            let &[child, issuer] = pair else { continue };
            let mut outcome = self.signature(child, issuer);
            if outcome == Some(Outcome::NeedsParameters) {
                let inherited = self.inherited_parameters(path.get(at + 1..).unwrap_or_default());
                outcome = Some(
                    self.get(child)
                        .signature_by(&self.get(issuer).key, inherited),
                );
            }
            let role = path::role(at, path.len(), complete);
            if let Some((code, message)) = self.signature_fault(outcome, child, issuer) {
                faults.note(code, role, at, || message);
            }
        }
    }

    /// What an outcome means for the path; `None` in its place: the judge does not take this kind of signature.
    fn signature_fault(
        &self,
        outcome: Option<Outcome>,
        child: Node,
        issuer: Node,
    ) -> Option<(Code, String)> {
        let scheme = self.get(child).scheme;
        let scheme = scheme.map_or_else(|_| "unreadable parameters".into(), Scheme::describe);
        let key = self.get(issuer).key.describe();
        Some(match outcome {
            Some(Outcome::Good) => return None,
            Some(Outcome::Bad | Outcome::WrongKey) => (
                Code::SignatureInvalid,
                "is not signed by the key of its issuer".into(),
            ),
            Some(Outcome::NotAllowed) => (
                Code::SignatureInvalid,
                format!(
                    "is signed with {scheme}, but its issuer's key is restricted to other parameters of RSASSA-PSS"
                ),
            ),
            Some(Outcome::Unsupported | Outcome::NeedsParameters) => (
                Code::Undecided,
                format!(
                    "is signed with {scheme} by a key of type {key}, which trustctl can't check"
                ),
            ),
            None => (
                Code::SignatureUnsupported,
                format!(
                    "is signed with {scheme} by a key of type {key}, which this program can't check"
                ),
            ),
        })
    }

    /// The DSA parameters in force for the first certificate of this part of the path (RFC 5280 §6.1.4 (f)).
    pub(super) fn inherited_parameters(&self, above: &[Node]) -> Option<DsaParameters<'a>> {
        for &node in above {
            match self.get(node).key.kind {
                Kind::Dsa(Some(parameters)) => return Some(parameters),
                Kind::Dsa(None) => {}
                _ => return None,
            }
        }
        None
    }
}

fn note_ending(ending: Ending, path: &[&Parsed<'_>], faults: &mut Faults<'_>) {
    let Some((last, certificate)) = path.iter().enumerate().next_back() else {
        return;
    };
    let role = path::role(last, path.len(), false);
    match ending {
        Ending::Anchor | Ending::LeafIsAnchor => {}
        Ending::NotRoot => faults.note(Code::AnchorNotRoot, role, last, || {
            "is trusted, but it is not a root, and this program wants a path up to a root".into()
        }),
        Ending::Open if certificate.self_issued() && last == 0 => {
            faults.note(Code::SelfSigned, role, last, || {
                "is self-signed and not trusted".into()
            });
        }
        Ending::Open if certificate.self_issued() => {
            faults.note(Code::UntrustedRoot, role, last, || {
                "is a root that is not trusted".into()
            });
        }
        Ending::Open => faults.note(Code::UnknownIssuer, role, last, || {
            let issuer = describe_dn(certificate.issuer.raw);
            format!("is issued by `{issuer}`, which was not found (neither in the trust store nor sent with it)")
        }),
    }
}
