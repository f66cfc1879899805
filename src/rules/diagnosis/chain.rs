//! What the programs' judgements of a chain come to: one cause. Pure.

use super::Finding;
use super::clock;
use super::codes::Code;
use super::facts::Facts;
use super::interception;
use super::issuer::{self, issued};
use super::name;
use super::trust::{self, Judgement, Reason};
use crate::cert::Certificate;
use crate::probe::observation::Observation;
use crate::verify::Code as Fault;

/// Everything a cause is looked for in.
pub(super) struct Case<'a> {
    /// What was seen.
    pub(super) seen: &'a Observation,
    /// What the server sent, leaf first; unreadable ones are left out.
    pub(super) chain: &'a [Certificate],
    /// What is known of this host.
    pub(super) facts: &'a Facts,
    /// What each program says.
    pub(super) judgements: &'a [Judgement],
}

/// Profiles that object to the form of certificates where others don't.
fn is_pedant(consumer: &str) -> bool {
    consumer == "python-strict"
}

/// The cause, or `None` where every program asked accepts the server.
pub(super) fn find(case: &Case<'_>) -> Option<Finding> {
    let proven = case
        .seen
        .handshake
        .as_ref()
        .and_then(|handshake| handshake.key_proven);
    if case
        .seen
        .certificates()
        .first()
        .is_some_and(|der| Certificate::from_der(der).is_err())
    {
        return Some(Finding::new(
            Code::MalformedCertificate,
            "the server's own certificate can't be read".to_string(),
        ));
    }
    let refusals = refusals(case.judgements);
    let Some((judgement, reason)) = refusals.first() else {
        let leaf = case.chain.first()?;
        // Checked only where rustls knows the key type; a wrong signature is what else is left.
        let known =
            matches!(&*leaf.key().algorithm, "RSA" | "EC" | "Ed25519") && leaf.key().bits >= 256;
        let text = "the signature in the handshake is not by the certificate's key".to_string();
        return (proven == Some(false) && known && leaf.version() == 3)
            .then(|| Finding::new(Code::KeyNotProven, text))
            .or_else(|| {
                let mut finding = issuer::damaged(case)?;
                finding.evidence += "; with a sound bundle the server would be accepted";
                Some(finding)
            });
    };
    redirected(case, judgement).or_else(|| Some(cause(case, judgement, reason)))
}

/// The first reason of each program that refuses; one that all others share comes before one program's own.
fn refusals(judgements: &[Judgement]) -> Vec<(&Judgement, &Reason)> {
    let mut found: Vec<_> = judgements
        .iter()
        .filter(|judgement| !judgement.accepted)
        .filter_map(|judgement| Some((judgement, judgement.reasons.first()?)))
        .collect();
    // What only a pedant says comes last, and before it what a program can't check and others call weak.
    found.sort_by_key(|(judgement, reason)| {
        let is_unchecked = reason.kind == Fault::SignatureUnsupported;
        (is_pedant(judgement.consumer), is_unchecked, reason.kind)
    });
    found
}

/// The programs that refuse, in words.
fn who(case: &Case<'_>) -> String {
    let refusing: Vec<_> = case
        .judgements
        .iter()
        .filter(|judgement| !judgement.accepted)
        .map(|j| j.title)
        .collect();
    if refusing.len() == case.judgements.len() {
        return "every program refuses it".to_string();
    }
    format!("refused by {}", refusing.join(", "))
}

fn redirected(case: &Case<'_>, judgement: &Judgement) -> Option<Finding> {
    let reader = case
        .facts
        .readers
        .iter()
        .find(|reader| reader.profile == judgement.consumer)?;
    let store = case.facts.stores.get(reader.store)?;
    let variable = store.variable.as_deref()?;
    let system: Vec<&Certificate> = case.facts.system().iter().collect();
    let sent = case.seen.certificates();
    let accepted = trust::accepts(
        reader.profile,
        sent,
        &case.seen.target.host,
        &system,
        case.facts,
    );
    accepted.then(|| {
        let evidence = format!(
            "`{variable}` makes {} read {}, the system store would do",
            judgement.title, store.label
        );
        let sudo = case.facts.sudo;
        let mut remedy = Vec::new();
        let known = |one: &&Certificate| !case.facts.system().contains(one);
        match store.certificates.iter().filter(known).count() {
            0 => {}
            count => remedy.push(format!(
                "{} {} that the system store lacks: if servers of theirs are still needed, compare the SHA-256 of the root with its owner's and add it first (`{sudo}trustctl add FILE`)",
                store.label,
                if count == 1 { "has one certificate".to_string() } else { format!("has {count} certificates") },
            )),
        }
        remedy.push(format!("unset `{variable}` where it is set: {} reads the system store then", judgement.title));
        Finding::new(Code::StoreRedirected, evidence).remedy(remedy)
    })
}

fn cause(case: &Case<'_>, judgement: &Judgement, reason: &Reason) -> Finding {
    let lonely = case.chain.len() == 1 && case.chain.iter().all(Certificate::is_self_signed);
    let found = match reason.kind {
        Fault::UnknownIssuer | Fault::UntrustedRoot | Fault::SelfSigned if lonely => {
            return self_signed(case);
        }
        Fault::UnknownIssuer | Fault::UntrustedRoot => {
            return elsewhere(case, judgement, issuer::missing(case, judgement));
        }
        Fault::SelfSigned => return self_signed(case),
        Fault::Expired | Fault::NotYetValid => return validity(case, judgement, reason),
        Fault::WrongName | Fault::NoAltName => return name::find(case, &who(case)),
        Fault::Malformed => Code::MalformedCertificate,
        Fault::AnchorNotRoot => Code::IntermediateAnchor,
        Fault::SignatureInvalid => Code::SignatureMismatch,
        Fault::NotCa | Fault::DeniesCa | Fault::MayNotSign => Code::NotCa,
        _ if reason.code.starts_with("path-too-long") => Code::NotCa,
        Fault::WrongPurpose | Fault::WrongUsage => Code::WrongPurpose,
        Fault::NotPermitted | Fault::Excluded => Code::NameConstraint,
        _ if reason.code.starts_with("constrain") || reason.code.ends_with("-excluded") => {
            Code::NameConstraint
        }
        Fault::WeakKey => Code::WeakKey,
        Fault::WeakSignature => Code::WeakSignature,
        _ => Code::ChainInvalid,
    };
    let subject = at(case, judgement, reason)
        .map_or_else(String::new, |one| format!("`{}` ", one.subject().display()));
    Finding::new(
        found,
        format!("{subject}{} ({})", reason.message, who(case)),
    )
}

/// A program that is told to read another store is not helped by the system's alone.
fn elsewhere(case: &Case<'_>, judgement: &Judgement, mut finding: Finding) -> Finding {
    let mut readers = case.facts.readers.iter();
    let reader = readers.find(|reader| reader.profile == judgement.consumer);
    let store = reader.and_then(|reader| case.facts.stores.get(reader.store));
    let Some((store, variable)) = store.and_then(|store| Some((store, store.variable.as_deref()?)))
    else {
        return finding;
    };
    let text = finding.code.explanation().remedy;
    if finding.remedy.is_empty() {
        finding.remedy.push(text.to_string());
    }
    let (title, label) = (judgement.title, &store.label);
    let state = if store.certificates.is_empty() {
        "where there is no certificate"
    } else {
        "which lacks it too"
    };
    finding.remedy.push(format!(
        "delete the setting `{variable}`, or correct what it names: it makes {title} read {label}, {state}, and nothing of the system's store"
    ));
    finding
}

/// The certificate that a reason is about.
fn at<'a>(case: &'a Case<'_>, judgement: &Judgement, reason: &Reason) -> Option<&'a Certificate> {
    let wanted = judgement.path.get(reason.at?)?;
    let known = case.chain.iter().chain(
        case.facts
            .stores
            .iter()
            .flat_map(|store| &store.certificates),
    );
    known
        .into_iter()
        .find(|certificate| certificate.sha256() == *wanted)
}

/// The highest certificate that the server sent above the end of the path (GnuTLS leaves untrusted roots out of it).
pub(super) fn top<'a>(chain: &'a [Certificate], judgement: &Judgement) -> Option<&'a Certificate> {
    let sent = judgement
        .path
        .iter()
        .rev()
        .find_map(|sha256| chain.iter().find(|one| one.sha256() == *sha256));
    let mut top = sent.or_else(|| chain.first())?;
    // Each step up takes another certificate, so the length of the chain bounds the walk.
    for _ in chain {
        let above = chain.iter().find(|one| *one != top && issued(one, top));
        match above {
            Some(above) if !top.is_self_issued() => top = above,
            _ => break,
        }
    }
    Some(top)
}

fn self_signed(case: &Case<'_>) -> Finding {
    let leaf = case.chain.first();
    let store = issuer::store_lacks(case).or_else(|| issuer::inconsistent(case, leaf?));
    if let Some(finding) = store {
        return finding;
    }
    let subject = leaf.map_or_else(String::new, |leaf| leaf.subject().display().to_string());
    let sha256 = leaf.map_or_else(String::new, |leaf| leaf.sha256().to_string());
    let evidence = format!("`{subject}` (SHA-256 {sha256}) is signed with its own key");
    let finding = leaf
        .and_then(|leaf| interception::product(case, leaf))
        .unwrap_or_else(|| Finding::new(Code::SelfSigned, evidence));
    let mut remedy =
        vec!["give the server a certificate of your own authority or of a public one".to_string()];
    // `add` takes what is marked as an authority, as `openssl req -x509` makes it, and nothing else.
    let Some(leaf) = leaf.filter(|leaf| leaf.is_ca() && finding.code == Code::SelfSigned) else {
        return if finding.code == Code::SelfSigned {
            finding.remedy(remedy)
        } else {
            finding
        };
    };
    remedy.push(format!("if there must be none, look on the server itself at the file that it shows (`openssl x509 -in FILE -noout -sha256 -fingerprint`), and only if it is {sha256} there too, add it here"));
    let command = issuer::add_from(case, leaf);
    finding.remedy(remedy).command(command)
}

fn validity(case: &Case<'_>, judgement: &Judgement, reason: &Reason) -> Finding {
    let Some(one) = at(case, judgement, reason) else {
        return Finding::new(Code::ChainInvalid, reason.message.clone());
    };
    if let Some(finding) = clock::find(case.seen.date, one, case.facts) {
        return finding;
    }
    let (from, until) = (one.not_before(), one.not_after());
    let evidence = format!(
        "`{}` is valid from {from} to {until}; this host's clock says {}",
        one.subject().display(),
        case.facts.now
    );
    let code = if reason.kind == Fault::NotYetValid {
        Code::NotYetValid
    } else if reason.at == Some(0) {
        Code::ExpiredLeaf
    } else if one.is_self_issued() {
        Code::ExpiredRoot
    } else {
        Code::ExpiredIntermediate
    };
    Finding::new(code, evidence)
}
