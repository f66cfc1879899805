//! The path that GnuTLS takes: the list as sent, put in order, cut at the first trusted certificate
//! (`gnutls_x509_trust_list_verify_crt2` and `_gnutls_verify_crt_status`, 3.7).

use super::parsed::Parsed;
use super::path::key_id_fits;
use super::search::{Ending, Node, Searcher};

/// Builds the one path that GnuTLS would judge.
pub(crate) fn build(searcher: &Searcher<'_, '_>) -> (Vec<Node>, Ending) {
    let mut list = sorted(searcher);
    if searcher.anchor_like(searcher.get(Node::Local(0))).is_some() {
        return (vec![Node::Local(0)], Ending::LeafIsAnchor);
    }
    if list.len() > 1
        && list
            .last()
            .is_some_and(|&place| issues_itself(searcher, searcher.get(Node::Local(place))))
    {
        list.pop();
    }
    let cut = list
        .iter()
        .skip(1)
        .position(|&place| has_trusted_twin(searcher, searcher.get(Node::Local(place))));
    if let Some(cut) = cut {
        list.truncate(cut + 1);
    }
    let mut path: Vec<Node> = list.into_iter().map(Node::Local).collect();
    let issuer = path
        .last()
        .and_then(|&tip| trusted_issuer(searcher, searcher.get(tip)));
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
fn has_trusted_twin(searcher: &Searcher<'_, '_>, certificate: &Parsed<'_>) -> bool {
    searcher.anchors_of_subject(certificate).any(|node| {
        let anchor = searcher.get(node);
        anchor.subject.raw == certificate.subject.raw && anchor.key_info() == certificate.key_info()
    })
}

/// Among the anchors of that name, one whose key identifier fits, in time if possible.
fn trusted_issuer(searcher: &Searcher<'_, '_>, certificate: &Parsed<'_>) -> Option<Node> {
    let fitting = searcher
        .anchors_named(certificate)
        .filter(|&node| is_issuer(searcher, certificate, searcher.get(node)));
    let now = searcher.options.time;
    let late = |node: &Node| {
        !(searcher.get(*node).not_before..=searcher.get(*node).not_after).contains(&now)
    };
    fitting.min_by_key(late)
}
