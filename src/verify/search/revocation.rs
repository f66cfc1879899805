//! Is a certificate of the path revoked? RFC 5280 §6.3.3 with whatever lists were given.

use super::{Node, Searcher};
use crate::verify::Checked;
use crate::verify::crl::{Crl, Entry, Scope, at_most, reason_name};
use crate::verify::extensions::{Extension, usage};
use crate::verify::fault::{Code, Faults};
use crate::verify::names::{GeneralName, Name};
use crate::verify::options::{Options, Purpose};
use crate::verify::parsed::Parsed;
use crate::verify::path;
use crate::verify::points::{Point, PointName};
use crate::verify::profile::Who;
use crate::verify::signature::Outcome;

/// The reasons of ReasonFlags, bit 0 (unused) left out.
const ALL_REASONS: u16 = 0b1_1111_1110;
/// Signers of lists for whom a path of their own is looked for, one above another.
const MAX_SIGNERS: usize = 4;

/// Why a list does not tell anything about a certificate, the least telling first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Unfit {
    /// It is for other certificates.
    Foreign,
    NotYet,
    Expired,
    Unsigned,
    Critical(String),
    Malformed,
    Number,
}

impl Unfit {
    fn describe(&self) -> String {
        match self {
            Self::Foreign => "there is no list for it".into(),
            Self::NotYet => "the list for it is not valid yet".into(),
            Self::Expired => "the list for it has expired".into(),
            Self::Unsigned => "the list for it is not signed by a key that may sign it".into(),
            Self::Critical(oid) => {
                format!("the list for it has the critical extension {oid}, which is not processed")
            }
            Self::Malformed => "the list for it is malformed".into(),
            Self::Number => "the list for it has no number (cRLNumber), or a critical one".into(),
        }
    }
}

/// What is known of a certificate.
enum Status {
    Good,
    Revoked(u8),
    Unknown(Unfit),
}

/// A certificate under examination: where it is on which path.
struct Subject<'p> {
    path: &'p [Node],
    at: usize,
}

impl<'s, 'a> Searcher<'s, 'a> {
    /// Notes certificates of a complete path that are revoked, or of which nothing is known.
    pub(super) fn revocations(&mut self, path: &[Node], faults: &mut Faults<'_>) {
        let Some(revocation) = self.revocation else {
            return;
        };
        let count = match revocation.checked {
            Checked::Leaf => 1,
            Checked::Chain => path.len().saturating_sub(1),
        };
        for at in 0..count.min(path.len().saturating_sub(1)) {
            let role = path::role(at, path.len(), true);
            match self.status(&Subject { path, at }) {
                Status::Good => {}
                Status::Revoked(reason) => faults.note(Code::Revoked, role, at, || {
                    format!("is revoked ({})", reason_name(reason))
                }),
                Status::Unknown(why) => faults.note(Code::RevocationUnknown, role, at, || {
                    format!("may be revoked: {}", why.describe())
                }),
            }
        }
    }

    fn status(&mut self, subject: &Subject<'_>) -> Status {
        let Some(revocation) = self.revocation else {
            return Status::Unknown(Unfit::Foreign);
        };
        let certificate = self.get(subject.path[subject.at]);
        let mut points: Vec<Option<&Point<'_>>> = Vec::new();
        if let Some(Extension {
            value: Ok(listed), ..
        }) = &certificate.extensions.points
        {
            points.extend(listed.iter().map(Some));
        }
        // Lists that no point names, but which the certificate's issuer made (§6.3.3, last paragraph).
        points.push(None);
        let mut covered = 0;
        let mut why = Unfit::Foreign;
        for point in points {
            for crl in &revocation.crls.lists {
                match self.consult(subject, point, crl, covered) {
                    Ok((Some(reason), _)) => return Status::Revoked(reason),
                    Ok((None, reasons)) => covered |= reasons,
                    Err(unfit) => why = why.max(unfit),
                }
                if covered & ALL_REASONS == ALL_REASONS {
                    return Status::Good;
                }
            }
        }
        Status::Unknown(why)
    }

    /// One list for one distribution point: the reason for revocation if it has one, and the reasons it covers.
    fn consult(
        &mut self,
        subject: &Subject<'_>,
        point: Option<&Point<'_>>,
        crl: &'s Crl<'a>,
        covered: u16,
    ) -> Result<(Option<u8>, u16), Unfit> {
        let certificate = self.get(subject.path[subject.at]);
        let scope = crl.scope().map_err(|_| Unfit::Malformed)?;
        if crl.base().is_some() || !fits(certificate, point, crl, &scope) {
            return Err(Unfit::Foreign);
        }
        let reasons = point.and_then(|point| point.reasons).unwrap_or(ALL_REASONS)
            & scope.reasons.unwrap_or(ALL_REASONS)
            & ALL_REASONS;
        if reasons & !covered == 0 {
            return Ok((None, 0));
        }
        self.usable(crl)?;
        let signer = self.signer(subject, crl).ok_or(Unfit::Unsigned)?;
        let serial = certificate.x509.tbs_certificate.raw_serial();
        let look_up = |crl: &Crl<'_>| {
            let found = crl.entry(&certificate.issuer, serial);
            found.map_err(|_| Unfit::Malformed)
        };
        let delta = self.delta(crl, &signer);
        let found = match delta.map(look_up).transpose()?.flatten() {
            Some(entry) => Some(entry),
            None => look_up(crl)?,
        };
        Ok(match found {
            Some(Entry::Revoked(reason)) => (Some(reason), reasons),
            Some(Entry::Removed) | None => (None, reasons),
        })
    }

    /// In time, and with nothing critical in it that is not understood.
    fn usable(&self, crl: &Crl<'_>) -> Result<(), Unfit> {
        let now = self.options.time;
        if let Some(oid) = crl.unknown_critical() {
            return Err(Unfit::Critical(oid));
        }
        let who = self.options.profile.who;
        if crl.has_critical_number() && Who::LIBCRYPTO.and(Who::JAVA).has(who) {
            return Err(Unfit::Number);
        }
        if now < crl.this_update {
            return Err(Unfit::NotYet);
        }
        // §5.1.2.5: every list must have a next update; one that has none does not say until when it holds.
        if crl.next_update.is_none_or(|next| next < now) {
            return Err(Unfit::Expired);
        }
        if self.options.decides_on_form() && crl.number().is_none() {
            return Err(Unfit::Number);
        }
        Ok(())
    }

    /// The newest delta list that goes with a complete one (§6.3.3 (c) and (h)).
    fn delta(&self, complete: &Crl<'_>, signer: &Signer) -> Option<&'s Crl<'a>> {
        let number = complete.number()?;
        let lists = &self.revocation?.crls.lists;
        let fits = |delta: &&Crl<'_>| {
            let Some((base, own)) = delta.base().zip(delta.number()) else {
                return false;
            };
            at_most(base, number)
                && !at_most(own, number)
                && delta.is_alike(complete)
                && self.usable(delta).is_ok()
                && self.made_by(delta, signer)
        };
        let newer = |a: &Crl<'_>, b: &Crl<'_>| {
            let (a, b) = (
                a.number().unwrap_or_default(),
                b.number().unwrap_or_default(),
            );
            at_most(a, b)
        };
        let found = lists.iter().filter(fits);
        found.reduce(|best, one| if newer(best, one) { one } else { best })
    }

    /// Who signed the list and may do so, on a path to the same anchor (§6.3.3 (f) and (g)).
    fn signer(&mut self, subject: &Subject<'_>, crl: &Crl<'_>) -> Option<Signer> {
        let above = subject.path.get(subject.at + 1..)?;
        for (place, &node) in above.iter().enumerate() {
            let signer = Signer {
                node,
                above: above.get(place..)?.to_vec(),
            };
            if self.may_sign(crl, &signer) {
                return Some(signer);
            }
        }
        let others = (0..self.locals.len()).map(Node::Local);
        let others: Vec<Node> = others.filter(|node| !above.contains(node)).collect();
        for node in others {
            let bare = Signer {
                node,
                above: vec![node],
            };
            if !self.may_sign(crl, &bare) {
                continue;
            }
            // The list of an indirect issuer may cover the certificate of that issuer itself.
            let own = subject.at == 0 && subject.path.first() == Some(&node);
            if own && self.signers.last() == Some(&self.get(node).der) {
                let above = subject.path.to_vec();
                return Some(Signer { node, above });
            }
            if let Some(above) = self.path_of_signer(node, *subject.path.last()?) {
                return Some(Signer { node, above });
            }
        }
        None
    }

    fn may_sign(&self, crl: &Crl<'_>, signer: &Signer) -> bool {
        let certificate = self.get(signer.node);
        let bits = certificate.usage();
        // These look at the key alone.
        let loose = Who::GNUTLS.and(Who::JAVA).and(Who::RUSTLS);
        let allowed = bits.is_none_or(|bits| bits & usage::CRL_SIGN != 0)
            || loose.has(self.options.profile.who);
        allowed && certificate.subject.matches(&crl.issuer) && self.made_by(crl, signer)
    }

    fn made_by(&self, crl: &Crl<'_>, signer: &Signer) -> bool {
        let key = self.get(signer.node).key;
        let takes = crl.scheme().is_ok_and(|scheme| self.takes(scheme, &key));
        let inherited = self.inherited_parameters(&signer.above);
        takes && crl.signed_by(&key, inherited) == Outcome::Good
    }

    /// A path of its own for a signer that is not on the path, to the same anchor.
    fn path_of_signer(&self, signer: Node, anchor: Node) -> Option<Vec<Node>> {
        let certificate = self.get(signer);
        let Node::Local(place) = signer else {
            return None;
        };
        if self.signers.len() >= MAX_SIGNERS || self.signers.contains(&certificate.der) {
            return None;
        }
        // The signer in the place of the leaf.
        let mut locals = self.locals.to_vec();
        locals.swap(0, place);
        let options = Options {
            purpose: Purpose::Any,
            names: Vec::new(),
            max_depth: None,
            policies: Vec::new(),
            require_explicit_policy: false,
            ..self.options.clone()
        };
        let mut search = Searcher::new(&locals, self.anchors, &options, self.revocation);
        search.signers.clone_from(&self.signers);
        search.signers.push(certificate.der);
        let (found, _) = search.run();
        let holds = found.complete && found.errors() == 0 && !found.is_undecided();
        let back = |node: Node| match node {
            Node::Local(0) => signer,
            Node::Local(at) if at == place => Node::Local(0),
            node => node,
        };
        let path: Vec<Node> = found.path.into_iter().map(back).collect();
        let same = |node: &Node| self.get(*node).der == self.get(anchor).der;
        (holds && path.last().is_some_and(same)).then_some(path)
    }
}

/// Who signed a list, and the path above, the signer first.
struct Signer {
    node: Node,
    above: Vec<Node>,
}

/// Issuer and scope of a complete list against a certificate and one of its points (§6.3.3 (b)); no point stands for
/// the certificate's issuer.
fn fits(
    certificate: &Parsed<'_>,
    point: Option<&Point<'_>>,
    crl: &Crl<'_>,
    scope: &Scope<'_>,
) -> bool {
    let issuers = point.and_then(|point| point.issuer.as_deref());
    let by_issuer = match issuers {
        Some(names) => scope.indirect && named(names, &crl.issuer),
        None => crl.issuer.matches(&certificate.issuer),
    };
    let is_ca = certificate.is_ca();
    by_issuer
        && !scope.only_attributes
        && (!scope.only_users || !is_ca)
        && (!scope.only_cas || is_ca)
        && at_point(certificate, point, crl, scope)
}

fn named(names: &[GeneralName<'_>], wanted: &Name<'_>) -> bool {
    names
        .iter()
        .any(|name| matches!(name, GeneralName::Directory(name) if name.matches(wanted)))
}

/// The list is for a distribution point of which one name is among the certificate's (§6.3.3 (b)(2)(i)).
fn at_point(
    certificate: &Parsed<'_>,
    point: Option<&Point<'_>>,
    crl: &Crl<'_>,
    scope: &Scope<'_>,
) -> bool {
    let Some(of_list) = &scope.name else {
        return true;
    };
    let of_list = keys(of_list, &crl.issuer);
    let issuer = || vec![key(&GeneralName::Directory(certificate.issuer.clone()))];
    let wanted = match point {
        None => issuer(),
        Some(point) => match (&point.name, &point.issuer) {
            (Some(name), Some(issuers)) => {
                let base = issuers.iter().find_map(|name| match name {
                    GeneralName::Directory(name) => Some(name),
                    _ => None,
                });
                keys(name, base.unwrap_or(&certificate.issuer))
            }
            (Some(name), None) => keys(name, &certificate.issuer),
            (None, Some(issuers)) => issuers.iter().map(key).collect(),
            (None, None) => Vec::new(),
        },
    };
    of_list.iter().any(|name| wanted.contains(name))
}

/// The names of a point in a form that compares; a relative one stands below `base`.
fn keys(name: &PointName<'_>, base: &Name<'_>) -> Vec<Vec<Vec<u8>>> {
    match name {
        PointName::Full(names) => names.iter().map(key).collect(),
        PointName::Relative(content) => base.with_relative(content).into_iter().collect(),
    }
}

fn key(name: &GeneralName<'_>) -> Vec<Vec<u8>> {
    match name {
        GeneralName::Directory(name) => name.folded.clone(),
        // No relative name begins like this: theirs begins with the length of an object identifier.
        other => vec![vec![0], other.describe().into_bytes()],
    }
}
