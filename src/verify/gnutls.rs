//! The path that GnuTLS takes: the list as sent, put in order, cut at the first trusted certificate
//! (`gnutls_x509_trust_list_verify_crt2` and `_gnutls_verify_crt_status`, 3.7).

use super::parsed::Parsed;
use super::path::key_id_fits;
use super::search::{Ending, Node, Searcher};

/// A path and how it ends.
type Candidate = (Vec<Node>, Ending);

/// Builds the paths that GnuTLS would judge: it looks for anchors by the issuer of the last certificate sent, and
/// where that fails by the last certificate itself.
pub(crate) fn build(searcher: &Searcher<'_, '_>) -> (Candidate, Candidate) {
    let mut list = sorted(searcher);
    let last = |list: &[usize]| searcher.get(Node::Local(list.last().copied().unwrap_or(0)));
    if list.len() > 1 && issues_itself(searcher, last(&list)) {
        list.pop();
    }
    let above: Vec<Node> = searcher.anchors_named(last(&list)).collect();
    let same: Vec<Node> = searcher.anchors_of_subject(last(&list)).collect();
    (path(searcher, &list, &above), path(searcher, &list, &same))
}

/// The list up to the first certificate that has a twin among these anchors, then its issuer among them.
fn path(searcher: &Searcher<'_, '_>, list: &[usize], anchors: &[Node]) -> (Vec<Node>, Ending) {
    let trusted = |&place: &usize| has_twin(searcher, searcher.get(Node::Local(place)), anchors);
    let cut = list.iter().skip(1).position(trusted);
    let kept = cut.map_or(list, |cut| list.get(..=cut).unwrap_or(list));
    let mut path: Vec<Node> = kept.iter().copied().map(Node::Local).collect();
    let tip = path.last().map(|&tip| searcher.get(tip));
    let issuer = tip.and_then(|tip| trusted_issuer(searcher, tip, anchors));
    path.extend(issuer);
    let ending = if issuer.is_some() {
        Ending::Anchor
    } else {
        Ending::Open
    };
    (path, ending)
}

/// `_gnutls_sort_clist`: from the leaf upwards, the first in the list that could have issued the last.
fn sorted(searcher: &Searcher<'_, '_>) -> Vec<usize> {
    let mut list = vec![0];
    while let Some(&tip) = list.last() {
        let certificate = searcher.get(Node::Local(tip));
        let issuer = (1..searcher.local_count()).find(|&place| {
            place != tip && is_issuer(searcher, certificate, searcher.get(Node::Local(place)))
        });
        match issuer {
            Some(place) if !list.contains(&place) => list.push(place),
            _ => break,
        }
    }
    list
}

fn is_issuer(searcher: &Searcher<'_, '_>, certificate: &Parsed<'_>, issuer: &Parsed<'_>) -> bool {
    searcher.names_chain(certificate, issuer) && key_id_fits(certificate, issuer)
}

fn issues_itself(searcher: &Searcher<'_, '_>, certificate: &Parsed<'_>) -> bool {
    is_issuer(searcher, certificate, certificate)
}

/// An anchor with the same name and key (`_gnutls_check_if_same_key`).
fn has_twin(searcher: &Searcher<'_, '_>, certificate: &Parsed<'_>, anchors: &[Node]) -> bool {
    anchors.iter().any(|&node| {
        let anchor = searcher.get(node);
        anchor.subject.raw == certificate.subject.raw && anchor.key_info() == certificate.key_info()
    })
}

/// Among these anchors, one whose key identifier fits, in time if possible.
fn trusted_issuer(
    searcher: &Searcher<'_, '_>,
    certificate: &Parsed<'_>,
    anchors: &[Node],
) -> Option<Node> {
    let fits = |node: &Node| is_issuer(searcher, certificate, searcher.get(*node));
    let now = searcher.options.time;
    let late = |node: &Node| {
        let anchor = searcher.get(*node);
        !(anchor.not_before..=anchor.not_after).contains(&now)
    };
    anchors.iter().copied().filter(fits).min_by_key(late)
}
