//! No path leads from what a server sends to an anchor: which issuer is missing, and why. Pure.

use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::Finding;
use super::chain::{Case, top};
use super::codes::Code;
use super::facts::{Bundle, Reader, Uneven};
use super::interception;
use super::removed;
use super::trust::{self, Judgement};
use crate::cert::readers::Reader as Loader;
use crate::cert::{Certificate, Check};
use crate::host::format::words::quoted;

/// No path to an anchor: what is missing, and why?
pub(super) fn missing(case: &Case<'_>, judgement: &Judgement) -> Finding {
    let Some(top) = top(case.chain, judgement) else {
        return Finding::new(
            Code::MalformedCertificate,
            "the server's own certificate can't be read".to_string(),
        );
    };
    store_lacks(case)
        .or_else(|| deselected(case, top))
        .or_else(|| damaged(case))
        .or_else(|| inconsistent(case, top))
        .or_else(|| candidate(case, judgement))
        .or_else(|| namesake(case, top))
        .or_else(|| dropped(case, top))
        .or_else(|| interception::product(case, top))
        .or_else(|| no_intermediate(case, top))
        .unwrap_or_else(|| unknown(case, top))
}

/// No program finds a certificate, in whatever part of the store it looks.
pub(super) fn store_lacks(case: &Case<'_>) -> Option<Finding> {
    if !case.facts.system().is_empty() {
        return None;
    }
    let path = "/etc/ssl/certs/ca-certificates.crt";
    let code = match case.facts.bundle {
        Bundle::Missing => Code::StoreMissing,
        Bundle::Empty => Code::StoreEmpty,
        Bundle::Holds(_) => return None,
    };
    let state = if code == Code::StoreMissing {
        "does not exist"
    } else {
        "has no readable certificate"
    };
    let sudo = case.facts.sudo;
    Some(
        Finding::new(code, format!("`{path}` {state}"))
            .command(format!("{sudo}apt-get install --reinstall ca-certificates")),
    )
}

/// Programs that load the whole bundle or nothing of it.
const STRICT_LOADERS: [&str; 5] = ["openssl", "curl", "python", "python-strict", "node"];

/// The bundle is damaged, and one of the programs asked about won't load it.
pub(super) fn damaged(case: &Case<'_>) -> Option<Finding> {
    let harm = case.facts.damage.as_ref()?;
    let (line, reason) = (harm.line, &harm.cause);
    let is_hit = |profile: &str| match profile {
        "gnutls" => harm.readers.contains(&Loader::GnuTls),
        "go" => harm.readers.contains(&Loader::Go),
        _ => harm.hits_openssl() && STRICT_LOADERS.contains(&profile),
    };
    let reads = |reader: &&Reader| {
        let store = case.facts.stores.get(reader.store);
        is_hit(reader.profile) && store.is_some_and(|one| one.variable.is_none())
    };
    case.facts.readers.iter().find(reads)?;
    let path = "/etc/ssl/certs/ca-certificates.crt";
    Some(Finding::new(
        Code::StoreDamaged,
        format!("`{path}`, line {line}: {reason}"),
    ))
}

/// Whether `issuer` has signed `one`, or is the very same certificate.
pub(super) fn issued(issuer: &Certificate, one: &Certificate) -> bool {
    issuer == one
        || (one.issuer().matches(issuer.subject()) && one.check_signature(issuer) != Check::Invalid)
}

fn deselected(case: &Case<'_>, top: &Certificate) -> Option<Finding> {
    let (line, root) = case
        .facts
        .deselected
        .iter()
        .find(|(_, root)| issued(root, top))?;
    let evidence = format!(
        "{} is switched off in `/etc/ca-certificates.conf` (`!{line}`)",
        root.subject().display()
    );
    let name = line.rsplit('/').next().unwrap_or(line);
    Some(
        Finding::new(Code::RootDeselected, evidence).command(format!(
            "{}trustctl trust {}",
            case.facts.sudo,
            quoted(name)
        )),
    )
}

/// The root that fits is in one part of the store, or in a source, and not in all parts.
pub(super) fn inconsistent(case: &Case<'_>, top: &Certificate) -> Option<Finding> {
    let uneven = case
        .facts
        .uneven
        .iter()
        .find(|uneven| issued(&uneven.certificate, top))?;
    let Uneven {
        certificate,
        source,
        has,
        lacks,
    } = uneven;
    let name = certificate.subject().display();
    let places: Vec<String> = source
        .iter()
        .map(|source| format!("`{source}`"))
        .chain(has.iter().map(ToString::to_string))
        .collect();
    let evidence = format!(
        "`{name}` is in {}, but not in {}",
        places.join(" and in "),
        lacks.join(" or ")
    );
    let finding = Finding::new(Code::StoreInconsistent, evidence);
    let sudo = case.facts.sudo;
    Some(if source.is_some() {
        finding.command(format!("{sudo}trustctl refresh"))
    } else {
        finding.remedy(vec![
            "no selected source delivers this certificate: the next refresh of the store takes it out everywhere"
                .to_string(),
            format!("if it is to be trusted, get it from the operator of `{name}`, compare its SHA-256 ({}), and add it: `{sudo}trustctl add FILE`", certificate.sha256()),
            format!("if not, make the parts agree: `{sudo}trustctl refresh`"),
        ])
    })
}

/// What was named with `--ca` would do.
fn candidate(case: &Case<'_>, judgement: &Judgement) -> Option<Finding> {
    let (path, _) = case.facts.candidates.first()?;
    let anchors: Vec<&Certificate> = case
        .facts
        .candidates
        .iter()
        .map(|(_, certificate)| certificate)
        .collect();
    let issuing = anchors.iter().find(|one| {
        let is_below = |sent: &Certificate| *one != &sent && issued(one, sent);
        !one.is_self_signed() && case.chain.iter().any(is_below)
    });
    let is_rooted = anchors.iter().any(|one| one.is_self_signed());
    if let Some(found) = issuing.filter(|_| !is_rooted) {
        return Some(intermediate_named(case, path, found));
    }
    let sent = case.seen.certificates();
    if !trust::accepts(
        judgement.consumer,
        sent,
        &case.seen.target.host,
        &anchors,
        case.facts,
    ) {
        return None;
    }
    let root = anchors
        .iter()
        .find(|root| case.chain.iter().any(|one| issued(root, one)))
        .copied();
    let named = root.map_or_else(
        || "its certificates".to_string(),
        |root| root.subject().display().to_string(),
    );
    let code = if case
        .chain
        .iter()
        .any(|one| Some(one) == root && one.is_self_signed())
    {
        Code::PrivateRoot
    } else {
        Code::UnknownIssuer
    };
    let evidence =
        format!("{named} is not in the trust store; with `{path}` the server would be accepted");
    let remedy = root.map_or_else(Vec::new, |root| {
        let sha256 = root.sha256();
        vec![
            format!(
                "compare the SHA-256 with the one that the authority's owner tells you: {sha256}"
            ),
            "if it is the same, add the root".to_string(),
        ]
    });
    Some(Finding::new(code, evidence).remedy(remedy).command(format!(
        "{}trustctl add {}",
        case.facts.sudo,
        quoted(path)
    )))
}

/// What was named with `--ca` issued the certificate, but is no root: `add` does not take it, and many programs neither.
fn intermediate_named(case: &Case<'_>, path: &str, found: &Certificate) -> Finding {
    let (subject, issuer) = (found.subject().display(), found.issuer().display());
    let evidence = format!(
        "`{path}` holds `{subject}`, an intermediate that issued what the server sends; its own issuer `{issuer}` is not in the trust store"
    );
    let sudo = case.facts.sudo;
    Finding::new(Code::UnknownIssuer, evidence).remedy(vec![
        format!("make the server send `{subject}` behind its own certificate (`fullchain.pem`): it does not belong into a trust store"),
        format!("get the root `{issuer}` from the operator of that CA, not over this connection, and compare its SHA-256 with the one they publish (`trustctl check FILE` shows it)"),
        format!("add the root: `{sudo}trustctl add FILE`"),
    ])
}

/// A certificate in the store has the name of the missing issuer, but another key.
fn namesake(case: &Case<'_>, top: &Certificate) -> Option<Finding> {
    let is_namesake = |one: &&Certificate| {
        one.subject().matches(top.issuer()) && top.check_signature(one) == Check::Invalid
    };
    let anchor = case.facts.system().iter().find(is_namesake)?;
    let (name, sha256) = (anchor.subject().display(), anchor.sha256());
    let sudo = case.facts.sudo;
    let (shown, other) = match root(top) {
        Some(root) => (
            format!("the server sends one with SHA-256 {}", root.sha256()),
            root.sha256().to_string(),
        ),
        None => match top.authority_key_id() {
            Some(_) => ("the one that signed is not sent".to_string(), String::new()),
            None => (
                "the one that signed is not sent, nor is its key named".to_string(),
                String::new(),
            ),
        },
    };
    let evidence = format!(
        "`{name}` in the trust store (SHA-256 {sha256}) did not sign `{}`; {shown}",
        top.subject().display()
    );
    let compare = if other.is_empty() {
        "compare its SHA-256 with the one that they publish (`trustctl check FILE` shows it)"
            .to_string()
    } else {
        format!("compare its SHA-256 with what the server sends: {other}")
    };
    Some(Finding::new(Code::SameNameOtherKey, evidence).remedy(vec![
        format!("get the current certificate of `{name}` from the operator of that CA, not over this connection"),
        compare,
        format!("add it beside the old one: `{sudo}trustctl add FILE`"),
    ]))
}

fn dropped(case: &Case<'_>, top: &Certificate) -> Option<Finding> {
    let issuer = top.issuer();
    let common_name = issuer.common_name().unwrap_or_default();
    let line = case
        .facts
        .missing
        .iter()
        .find(|line| removed::names_file(line, common_name));
    let by_conf = line.map(|line| {
        format!("`/etc/ca-certificates.conf` names `{line}`, which is no longer there")
    });
    let how = by_conf.or_else(|| removed::by_update(issuer.display()))?;
    Some(Finding::new(
        Code::RootRemoved,
        format!("{}: {how}", issuer.display()),
    ))
}

pub(super) fn root(top: &Certificate) -> Option<&Certificate> {
    top.is_self_signed().then_some(top)
}

/// One certificate only, and it says where its issuer's can be had.
fn no_intermediate(case: &Case<'_>, top: &Certificate) -> Option<Finding> {
    let leaf = case
        .chain
        .first()
        .filter(|leaf| *leaf == top && !leaf.is_self_issued())?;
    let url = ca_issuers(leaf)?;
    let issuer = leaf.issuer().display();
    let evidence = format!(
        "only `{}` is sent; its issuer `{issuer}` is published at `{url}` (not fetched)",
        leaf.subject().display()
    );
    Some(Finding::new(Code::MissingIntermediate, evidence))
}

/// The first HTTP address at which the issuer's certificate is published (RFC 5280 §4.2.2.1).
fn ca_issuers(certificate: &Certificate) -> Option<String> {
    let (_, parsed) = X509Certificate::from_der(certificate.der()).ok()?;
    let access =
        parsed
            .extensions()
            .iter()
            .find_map(|extension| match extension.parsed_extension() {
                ParsedExtension::AuthorityInfoAccess(access) => Some(access),
                _ => None,
            })?;
    let issuers = access
        .accessdescs
        .iter()
        .filter(|one| one.access_method.to_id_string() == "1.3.6.1.5.5.7.48.2");
    issuers
        .into_iter()
        .find_map(|one| match &one.access_location {
            GeneralName::URI(url) => Some((*url).to_string()),
            _ => None,
        })
}

fn unknown(case: &Case<'_>, top: &Certificate) -> Finding {
    if let Some(root) = root(top).filter(|_| case.chain.len() > 1) {
        let evidence = format!(
            "the server sends the root `{}`, which is not in the trust store",
            root.subject().display()
        );
        return with_fingerprint(case, Finding::new(Code::PrivateRoot, evidence), root);
    }
    let issuer = top.issuer().display();
    let mut evidence = format!("the issuer `{issuer}` is neither sent nor in the trust store");
    let sudo = case.facts.sudo;
    let mut remedy = Vec::new();
    // Sent behind the leaf, and no issuer of anything in the path.
    let strays = case.chain.iter().skip(1).filter(|one| {
        *one != top
            && !case
                .chain
                .iter()
                .any(|below| below != *one && issued(one, below))
    });
    if let Some(stray) = strays.into_iter().next() {
        let stray = stray.subject().display();
        evidence = format!("{evidence}; `{stray}`, which is sent too, did not issue it");
        remedy.push(format!(
            "on the server, look at the chain file: it holds `{stray}` where `{issuer}` belongs"
        ));
    }
    remedy.extend([
        format!("get the certificate of `{issuer}` from the operator of that CA, not over this connection, and look at it: `trustctl check FILE` shows its subject, issuer and SHA-256"),
        format!("if its subject and issuer are the same, it is the root, and this host lacks it: compare the SHA-256 with the one they publish, and add it: `{sudo}trustctl add FILE`"),
        "if they differ, it is an intermediate that the server fails to send: put it behind the server's own certificate in its chain file (`fullchain.pem`), and add its root here if that is not trusted yet".to_string(),
    ]);
    Finding::new(Code::UnknownIssuer, evidence).remedy(remedy)
}

/// A root that the server sent can be added by its fingerprint, once that is confirmed by its owner.
pub(super) fn with_fingerprint(case: &Case<'_>, finding: Finding, root: &Certificate) -> Finding {
    let sha256 = root.sha256();
    finding
        .remedy(vec![
            format!(
                "ask the operator of `{}` for the SHA-256 of its root, not over this connection",
                root.subject().display()
            ),
            format!("compare it with what the server sends: {sha256}"),
            "only if they are the same, add the root".to_string(),
        ])
        .command(add_from(case, root))
}

/// The command that adds what the server sends, by its fingerprint.
pub(super) fn add_from(case: &Case<'_>, one: &Certificate) -> String {
    let (sudo, target) = (case.facts.sudo, &case.seen.target);
    let starttls = target
        .starttls
        .map_or_else(String::new, |kind| format!(" --starttls {}", kind.name()));
    let sha256 = one.sha256();
    format!("{sudo}trustctl add --from {target}{starttls} --sha256 {sha256}")
}
