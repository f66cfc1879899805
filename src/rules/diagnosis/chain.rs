//! What the programs' judgements of a chain come to: one cause. Pure.

use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::Finding;
use super::clock;
use super::codes::Code;
use super::facts::{Bundle, Facts};
use super::removed;
use super::trust::{self, Judgement, Reason};
use crate::cert::{Certificate, Check};
use crate::probe::observation::Observation;
use crate::probe::target::Host;
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

/// Profiles whose objections are to the form of certificates only, and are remarked rather than concluded.
pub(super) fn is_pedant(consumer: &str) -> bool {
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
            .then(|| Finding::new(Code::KeyNotProven, text));
    };
    redirected(case, judgement).or_else(|| Some(cause(case, judgement, reason)))
}

/// The first reason of each program that refuses; one that all others share comes before one program's own.
fn refusals(judgements: &[Judgement]) -> Vec<(&Judgement, &Reason)> {
    let mut found: Vec<_> = judgements
        .iter()
        .filter(|judgement| !judgement.accepted && !is_pedant(judgement.consumer))
        .filter_map(|judgement| Some((judgement, judgement.reasons.first()?)))
        .collect();
    found.sort_by_key(|(_, reason)| reason.kind);
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
        Finding::new(Code::StoreRedirected, evidence)
    })
}

fn cause(case: &Case<'_>, judgement: &Judgement, reason: &Reason) -> Finding {
    let found = match reason.kind {
        Fault::UnknownIssuer | Fault::UntrustedRoot => return missing(case, judgement),
        Fault::SelfSigned => return self_signed(case),
        Fault::Expired | Fault::NotYetValid => return validity(case, judgement, reason),
        Fault::WrongName | Fault::NoAltName => return name(case),
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
        .map_or_else(String::new, |one| format!("{}: ", one.subject().display()));
    Finding::new(
        found,
        format!("{subject}{} ({})", reason.message, who(case)),
    )
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

/// No path to an anchor: what is missing, and why?
fn missing(case: &Case<'_>, judgement: &Judgement) -> Finding {
    let Some(top) = top(case.chain, judgement) else {
        return Finding::new(
            Code::MalformedCertificate,
            "the server's own certificate can't be read".to_string(),
        );
    };
    store_lacks(case)
        .or_else(|| deselected(case, top))
        .or_else(|| candidate(case, judgement))
        .or_else(|| dropped(case, top))
        .or_else(|| product(case, top))
        .or_else(|| no_intermediate(case, top))
        .unwrap_or_else(|| unknown(case, top))
}

fn store_lacks(case: &Case<'_>) -> Option<Finding> {
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

/// Whether `issuer` has signed `one`, or is the very same certificate.
fn issued(issuer: &Certificate, one: &Certificate) -> bool {
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
            crate::host::format::words::quoted(name)
        )),
    )
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
        crate::host::format::words::quoted(path)
    )))
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

/// Makers of interception proxies, as they name their authorities by default.
const PRODUCTS: &[&str] = &[
    "zscaler",
    "fortinet",
    "fortigate",
    "blue coat",
    "bluecoat",
    "palo alto",
    "netskope",
    "sophos",
    "umbrella",
    "mitmproxy",
    "charles proxy",
    "burp",
    "portswigger",
    "fiddler",
    "kaspersky",
    "eset ssl filter",
    "squid",
    "mcafee web gateway",
];

/// Hosts that show certificates of public authorities to everybody.
const PUBLIC: &[&str] = &[
    "proxy.golang.org",
    "sum.golang.org",
    "go.dev",
    "golang.org",
    "github.com",
    "gitlab.com",
    "bitbucket.org",
    "gopkg.in",
    "pypi.org",
    "files.pythonhosted.org",
    "registry.npmjs.org",
    "registry.yarnpkg.com",
    "deb.debian.org",
    "security.debian.org",
    "archive.ubuntu.com",
    "security.ubuntu.com",
    "esm.ubuntu.com",
    "crates.io",
    "index.crates.io",
    "static.crates.io",
    "rubygems.org",
    "repo.maven.apache.org",
    "registry-1.docker.io",
    "www.google.com",
];

fn product(case: &Case<'_>, top: &Certificate) -> Option<Finding> {
    let host = case.seen.target.host.to_string();
    let issuer = top.issuer().display();
    let lower = issuer.to_lowercase();
    let maker = PRODUCTS.iter().find(|product| lower.contains(**product));
    if maker.is_none() && !PUBLIC.contains(&host.as_str()) {
        return None;
    }
    let what = match maker {
        Some(_) => format!("the issuer `{issuer}` is the authority of an intercepting proxy"),
        None => format!(
            "`{host}` is a public host, and its issuer here is `{issuer}`, no authority of the vendor's list"
        ),
    };
    Some(intercepted(case, top, &what))
}

/// The conclusion that somebody on the way decrypts.
pub(super) fn intercepted(case: &Case<'_>, top: &Certificate, what: &str) -> Finding {
    let variables = &case.facts.proxy_variables;
    let proxy = if variables.is_empty() {
        String::new()
    } else {
        format!("; proxy variables are set: {}", variables.join(", "))
    };
    let finding = Finding::new(Code::Interception, format!("{what}{proxy}"));
    match root(top) {
        Some(root) => with_fingerprint(case, finding, root),
        None => finding,
    }
}

fn root(top: &Certificate) -> Option<&Certificate> {
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
pub(super) fn ca_issuers(certificate: &Certificate) -> Option<String> {
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
    let evidence = format!("the issuer `{issuer}` is neither sent nor in the trust store");
    let sudo = case.facts.sudo;
    Finding::new(Code::UnknownIssuer, evidence).remedy(vec![
        format!("get the certificate of `{issuer}` from whoever runs that authority, not over this connection"),
        "compare its SHA-256 with the one they publish (`trustctl check FILE` shows it)".to_string(),
        format!("add it: `{sudo}trustctl add FILE`"),
    ])
}

/// A root that the server sent can be added by its fingerprint, once that is confirmed by its owner.
fn with_fingerprint(case: &Case<'_>, finding: Finding, root: &Certificate) -> Finding {
    let sha256 = root.sha256();
    let (sudo, target) = (case.facts.sudo, &case.seen.target);
    finding
        .remedy(vec![
            format!(
                "ask whoever runs `{}` for the SHA-256 of its root, not over this connection",
                root.subject().display()
            ),
            format!("compare it with what the server sends: {sha256}"),
            "only if they are the same, add the root".to_string(),
        ])
        .command(format!(
            "{sudo}trustctl add --from {target} --sha256 {sha256}"
        ))
}

fn self_signed(case: &Case<'_>) -> Finding {
    if let Some(finding) = store_lacks(case) {
        return finding;
    }
    let leaf = case.chain.first();
    let subject = leaf.map_or_else(String::new, |leaf| leaf.subject().display().to_string());
    let sha256 = leaf.map_or_else(String::new, |leaf| leaf.sha256().to_string());
    Finding::new(
        Code::SelfSigned,
        format!("`{subject}` (SHA-256 {sha256}) is signed with its own key"),
    )
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

fn name(case: &Case<'_>) -> Finding {
    let host = &case.seen.target.host;
    let Some(leaf) = case.chain.first() else {
        return Finding::new(Code::WrongName, format!("no name is `{host}`"));
    };
    let names = &leaf.extensions().subject_alt_names;
    let is_host = |name: &&String| name.starts_with("DNS:") || name.starts_with("IP:");
    let usable: Vec<&str> = names.iter().filter(is_host).map(String::as_str).collect();
    let common_name = leaf.subject().common_name().unwrap_or_default();
    if usable.is_empty() && matches(common_name, host) {
        let evidence = format!(
            "`{host}` is the common name, and there are no alternative names ({})",
            who(case)
        );
        return Finding::new(Code::CommonNameOnly, evidence);
    }
    let shown: Vec<&str> = usable.iter().take(8).copied().collect();
    let more = usable.len().saturating_sub(shown.len());
    let more = if more == 0 {
        String::new()
    } else {
        format!(" and {more} more")
    };
    let list = if shown.is_empty() {
        format!("CN={common_name}")
    } else {
        shown.join(", ")
    };
    Finding::new(
        Code::WrongName,
        format!("asked for `{host}`, the certificate is for {list}{more}"),
    )
}

fn matches(common_name: &str, host: &Host) -> bool {
    let Host::Name(host) = host else {
        return common_name == host.to_string();
    };
    match common_name.strip_prefix("*.") {
        Some(rest) => host
            .split_once('.')
            .is_some_and(|(_, parent)| parent.eq_ignore_ascii_case(rest)),
        None => common_name.eq_ignore_ascii_case(host),
    }
}
