//! The path that OpenSSL takes: `build_chain` in crypto/x509/x509_vfy.c of 3.0, which never reconsiders a choice.

use super::form::is_self_signed;
use super::options::Options;
use super::parsed::Parsed;
use super::search::{Ending, Node, Searcher};
use super::signature;

/// X509_STORE_CTX's default depth.
const DEFAULT_DEPTH: usize = 100;

/// Builds the one path that OpenSSL would judge.
pub(crate) fn build(searcher: &Searcher<'_, '_>) -> (Vec<Node>, Ending) {
    let mut chain = vec![Node::Local(0)];
    let mut helpers: Vec<usize> = (1..searcher.local_count()).collect();
    let depth = searcher.options.max_depth.unwrap_or(DEFAULT_DEPTH);
    let depth = depth.min(DEFAULT_DEPTH);
    let mut only_trusted = false;
    while let Some(&tip) = chain.last() {
        let certificate = searcher.get(tip);
        let self_signed = is_self_signed(certificate);
        if chain.len() > depth + 1 {
            break;
        }
        let step = trusted_issuer(searcher, certificate)
            .map(|issuer| accept_trusted(searcher, &mut chain, issuer, self_signed));
        match step {
            Some(Step::Done) => return (chain, Ending::Anchor),
            Some(Step::Deeper) => {
                only_trusted = true;
                continue;
            }
            Some(Step::No) | None => {}
        }
        if only_trusted || self_signed {
            break;
        }
        let Some(place) = untrusted_issuer(searcher, certificate, &helpers) else {
            break;
        };
        helpers.retain(|&helper| helper != place);
        chain.push(Node::Local(place));
    }
    finish(searcher, chain)
}

enum Step {
    Done,
    Deeper,
    No,
}

fn accept_trusted(
    searcher: &Searcher<'_, '_>,
    chain: &mut Vec<Node>,
    issuer: Node,
    self_signed: bool,
) -> Step {
    let trusted = searcher.get(issuer);
    if self_signed {
        // A self-signed certificate is replaced by its trusted twin; one that merely looks like it is not trusted.
        let twin = chain
            .last()
            .is_some_and(|&tip| searcher.get(tip).der == trusted.der);
        if !twin {
            return Step::No;
        }
        chain.pop();
        if chain.is_empty() {
            chain.push(Node::Local(0));
            return Step::Done;
        }
    }
    chain.push(issuer);
    if searcher.options.partial_chain() || is_self_signed(trusted) {
        Step::Done
    } else {
        Step::Deeper
    }
}

/// No anchor at the end: the leaf itself may be trusted (partial chains only), yet all that was found stays on the path.
fn finish(searcher: &Searcher<'_, '_>, chain: Vec<Node>) -> (Vec<Node>, Ending) {
    let ends_in_store = matches!(chain.last(), Some(Node::Anchor(_)));
    let trusted_leaf = || {
        let leaf = searcher.get(Node::Local(0));
        searcher.options.partial_chain() && searcher.anchor_like(leaf).is_some()
    };
    let ending = if ends_in_store {
        Ending::NotRoot
    } else if trusted_leaf() {
        Ending::Anchor
    } else {
        Ending::Open
    };
    (chain, ending)
}

/// `X509_STORE_CTX_get1_issuer`: the first that is in time, else the one that expires last.
fn trusted_issuer(searcher: &Searcher<'_, '_>, certificate: &Parsed<'_>) -> Option<Node> {
    let mut found: Option<Node> = None;
    for node in searcher.anchors_named(certificate) {
        let issuer = searcher.get(node);
        if !likely_issued(searcher, certificate, issuer) {
            continue;
        }
        if in_time(issuer, searcher.options) {
            return Some(node);
        }
        if found.is_none_or(|found| issuer.not_after > searcher.get(found).not_after) {
            found = Some(node);
        }
    }
    found
}

/// `find_issuer`: likewise among the helpers not yet used.
fn untrusted_issuer(
    searcher: &Searcher<'_, '_>,
    certificate: &Parsed<'_>,
    helpers: &[usize],
) -> Option<usize> {
    let mut found = None;
    for &place in helpers {
        let issuer = searcher.get(Node::Local(place));
        if likely_issued(searcher, certificate, issuer) {
            found = Some(place);
            if in_time(issuer, searcher.options) {
                break;
            }
        }
    }
    found
}

fn in_time(certificate: &Parsed<'_>, options: &Options) -> bool {
    certificate.not_before <= options.time && options.time < certificate.not_after
}

/// `ossl_x509_likely_issued`: names, authority key identifier in all its parts, and the kind of key.
fn likely_issued(
    searcher: &Searcher<'_, '_>,
    certificate: &Parsed<'_>,
    issuer: &Parsed<'_>,
) -> bool {
    searcher.names_chain(certificate, issuer)
        && authority_key_fits(certificate, issuer)
        && kind_fits(certificate, issuer)
}

/// `X509_check_akid`.
fn authority_key_fits(certificate: &Parsed<'_>, issuer: &Parsed<'_>) -> bool {
    let Some(authority) = certificate.authority_key() else {
        return true;
    };
    let key = match (authority.key_id, issuer.subject_key_id()) {
        (Some(wanted), Some(found)) => wanted == found,
        _ => true,
    };
    let serial = authority
        .serial
        .is_none_or(|serial| serial == issuer.x509.tbs_certificate.raw_serial());
    key && serial
        && authority
            .issuer
            .is_none_or(|names| issuer_named(names, issuer))
}

/// The first directory name among the general names is the issuer's issuer.
fn issuer_named(names: &[u8], issuer: &Parsed<'_>) -> bool {
    use super::der::Reader;
    use super::names::GeneralName;
    let mut reader = Reader::new(names);
    while let Ok(name) = GeneralName::read(&mut reader) {
        if let GeneralName::Directory(name) = name {
            return name.matches(&issuer.issuer);
        }
    }
    true
}

fn kind_fits(certificate: &Parsed<'_>, issuer: &Parsed<'_>) -> bool {
    let could_sign = |scheme| signature::could_sign(scheme, &issuer.key);
    certificate.scheme.is_ok_and(could_sign) || certificate.scheme.is_err()
}
