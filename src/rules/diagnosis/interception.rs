//! Somebody on the way decrypts: known by the issuer, by public hosts, and by hosts that have no owner in common. Pure.

use super::chain::{self, Case};
use super::codes::Code;
use super::issuer;
use super::{Asked, Diagnosis, Finding};
use crate::cert::Certificate;
use crate::probe::target::Host;

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

pub(super) fn product(case: &Case<'_>, top: &Certificate) -> Option<Finding> {
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
fn intercepted(case: &Case<'_>, top: &Certificate, what: &str) -> Finding {
    let variables = &case.facts.proxy_variables;
    let proxy = if variables.is_empty() {
        String::new()
    } else {
        format!("; proxy variables are set: {}", variables.join(", "))
    };
    let finding = Finding::new(Code::Interception, format!("{what}{proxy}"));
    match issuer::root(top) {
        Some(root) => issuer::with_fingerprint(case, finding, root),
        None => finding,
    }
}

/// The same unknown authority on hosts that belong to different owners is somebody in between.
pub(super) fn compare(asked: &[Asked<'_>], all: &mut [Diagnosis]) {
    let issuer = |diagnosis: &Diagnosis| -> Option<(String, Certificate)> {
        let unknown = matches!(
            diagnosis.conclusion.code,
            Code::PrivateRoot | Code::UnknownIssuer | Code::MissingIntermediate
        );
        let judgement = diagnosis.judgements.first().filter(|_| unknown)?;
        let top = chain::top(&diagnosis.chain, judgement)?;
        Some((top.issuer().display().to_string(), top.clone()))
    };
    let found: Vec<_> = all.iter().map(issuer).collect();
    for (at, diagnosis) in all.iter_mut().enumerate() {
        let (Some(Some((name, top))), Some(one)) = (found.get(at), asked.get(at)) else {
            continue;
        };
        let Some(own) = owner(&one.seen.target.host) else {
            continue;
        };
        let others = asked.iter().zip(&found).filter(|(other, issuer)| {
            let same = issuer.as_ref().is_some_and(|(other, _)| other == name);
            same && owner(&other.seen.target.host).is_some_and(|other| other != own)
        });
        let Some((other, _)) = others.into_iter().next() else {
            continue;
        };
        let what = format!(
            "`{}` and `{}` have nothing in common, and both show certificates of `{name}`",
            one.seen.target.host, other.seen.target.host
        );
        let case = Case {
            seen: one.seen,
            chain: &diagnosis.chain,
            facts: one.facts,
            judgements: &diagnosis.judgements,
        };
        diagnosis.conclusion = intercepted(&case, top, &what).into();
    }
}

/// The registrable domain under a public suffix (<https://publicsuffix.org>); private names have no public owner.
fn owner(host: &Host) -> Option<String> {
    let Host::Name(name) = host else { return None };
    let domain = psl::domain(name.as_bytes())?;
    let public = domain.suffix().is_known() && domain.suffix().typ() == Some(psl::Type::Icann);
    public.then(|| String::from_utf8_lossy(domain.as_bytes()).into_owned())
}
