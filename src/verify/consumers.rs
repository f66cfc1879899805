//! What every program would say, and what to do about a chain that doesn't hold.

use super::extensions::Extension;
use super::fault::{Code, Severity};
use super::names::{GeneralName, describe_dn};
use super::options::Options;
use super::parsed::Parsed;
use super::points::PointName;
use super::profile::Profile;
use super::{Anchors, Presented, Verdict, judge};
use crate::programs::{self, Answer, Release};

/// One program's verdict.
#[derive(Debug)]
pub struct Opinion<'a> {
    /// The program.
    pub profile: &'static Profile,
    /// Which release of it.
    pub release: Release,
    /// What it says.
    pub verdict: Verdict<'a>,
}

/// The verdicts of these releases on the same question.
pub fn consumers<'a>(
    presented: &Presented<'a>,
    anchors: &Anchors<'a>,
    options: &Options,
    releases: &[Release],
) -> Vec<Opinion<'a>> {
    let opinion = |release: &Release| {
        let profile = Profile::named(release.program)?;
        let options = Options {
            profile,
            release: Some(release.clone()),
            partial_chain: None,
            security_level: None,
            ..options.clone()
        };
        Some(Opinion {
            profile,
            release: release.clone(),
            verdict: judge(presented, anchors, &options, None),
        })
    };
    releases.iter().filter_map(opinion).collect()
}

/// How a consumer would take a certificate as the anchor of a chain.
#[derive(Clone, Debug)]
pub struct AsAnchor {
    /// The consumer.
    pub profile: &'static Profile,
    /// Which release of it.
    pub release: Release,
    /// The first thing that keeps it from serving; `None`: it serves.
    pub obstacle: Option<Obstacle>,
}

/// Why a certificate doesn't serve as anchor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// Stable code.
    pub code: Code,
    /// In words, about the certificate.
    pub message: String,
}

/// Which consumers would accept chains that end in this certificate, were it in the store at this moment.
///
/// `None` if it can't be read.
pub fn as_anchor(der: &[u8], time: i64, releases: &[Release]) -> Option<Vec<AsAnchor>> {
    let certificate = Parsed::read(der).ok()?;
    let own = denies_ca(&certificate).then(|| {
        (
            Presented::of(certificate.clone()),
            Anchors::of(certificate.clone()),
        )
    });
    let taken = |release: &Release| {
        let profile = Profile::named(release.program)?;
        let options = Options {
            profile,
            release: Some(release.clone()),
            ..Options::at(time)
        };
        let obstacle = match &own {
            Some((presented, anchors)) => own_anchor(presented, anchors, &options),
            None => obstacle(&certificate, &options),
        };
        Some(AsAnchor {
            profile,
            release: release.clone(),
            obstacle,
        })
    };
    Some(releases.iter().filter_map(taken).collect())
}

/// A server's certificate: it is an anchor for itself or for nothing.
fn denies_ca(certificate: &Parsed<'_>) -> bool {
    matches!(&certificate.extensions.basic, Some(Extension { value: Ok(basic), .. }) if !basic.ca)
}

/// What a program says of a server that has this very certificate, with it as the only anchor.
fn own_anchor(
    presented: &Presented<'_>,
    anchors: &Anchors<'_>,
    options: &Options,
) -> Option<Obstacle> {
    let verdict = judge(presented, anchors, options, None);
    verdict.first_error().map(|fault| Obstacle {
        code: fault.code,
        message: fault.message.clone(),
    })
}

fn obstacle(certificate: &Parsed<'_>, options: &Options) -> Option<Obstacle> {
    if !options.partial_chain() && !super::form::is_self_signed(certificate) {
        let message = "it is an intermediate, and this program wants a root".into();
        return Some(Obstacle {
            code: Code::AnchorNotRoot,
            message,
        });
    }
    if let Some((library, version)) = options.library()
        && programs::verifies_with(library, version, &certificate.key) != Answer::Can
    {
        let message = format!(
            "it can't check signatures by a key of type {}",
            certificate.key.describe()
        );
        return Some(Obstacle {
            code: Code::SignatureUnsupported,
            message,
        });
    }
    let mut faults = super::certificate::judge(certificate, super::Role::Anchor, 0, options).list;
    faults.sort_by_key(|fault| fault.code);
    let error = faults
        .into_iter()
        .find(|fault| fault.severity == Severity::Error)?;
    Some(Obstacle {
        code: error.code,
        message: error.message,
    })
}

/// What to do about a verdict, the most helpful first; empty if the path holds.
pub fn advice(verdict: &Verdict<'_>, options: &Options) -> Vec<String> {
    let mut advice = Vec::new();
    for fault in verdict
        .reasons
        .iter()
        .filter(|fault| fault.severity == Severity::Error)
    {
        let subject = fault
            .at
            .and_then(|at| verdict.chain.get(at))
            .and_then(|link| Parsed::read(link.der).ok());
        let line = subject
            .and_then(|certificate| remedy(fault.code, fault.at == Some(0), &certificate, options));
        advice.extend(line.filter(|line| !advice.contains(line)));
    }
    advice
}

fn remedy(code: Code, leaf: bool, certificate: &Parsed<'_>, options: &Options) -> Option<String> {
    let issuer = || describe_dn(certificate.issuer.raw);
    let subject = || describe_dn(certificate.subject.raw);
    Some(match code {
        Code::UnknownIssuer if leaf => {
            format!(
                "the server must send the intermediate `{}`; if that is a root, it must be added to the store",
                issuer()
            )
        }
        Code::UnknownIssuer => {
            format!(
                "add the root `{}` to the store, or have the server send it if it is an intermediate",
                issuer()
            )
        }
        Code::SelfSigned => {
            "trust this certificate itself, or have it issued by a CA that is trusted".into()
        }
        Code::UntrustedRoot => format!(
            "add the root `{}` to the store, if it is to be trusted",
            subject()
        ),
        Code::AnchorNotRoot => format!("add the root above `{}`, not the intermediate", subject()),
        Code::Expired if leaf => "renew the certificate".into(),
        Code::Expired => format!("replace `{}` by its renewed certificate", subject()),
        Code::NotYetValid => {
            "check the clock of this host, then the dates of the certificate".into()
        }
        Code::WrongName => {
            let wanted: Vec<String> = options
                .names
                .iter()
                .map(|name| format!("`{}`", name.describe()))
                .collect();
            format!(
                "have the certificate issued for {}, or use a name that it carries",
                wanted.join(", ")
            )
        }
        Code::SignatureInvalid => {
            "the issuer's key is another one: look for a renewed CA of the same name".into()
        }
        Code::WeakKey | Code::WeakSignature => format!(
            "have `{}` issued anew with a strong key and SHA-256",
            subject()
        ),
        Code::WrongPurpose | Code::WrongUsage => {
            format!("have `{}` issued for this purpose", subject())
        }
        Code::NotCa | Code::DeniesCa | Code::MayNotSign => format!(
            "`{}` must not issue certificates: ask its owner for the right CA",
            subject()
        ),
        Code::RevocationUnknown => format!(
            "give the revocation list that `{}` names: `--crl-from {}`",
            subject(),
            list_named(certificate)?
        ),
        Code::NotPermitted | Code::Excluded | Code::WildcardExcluded => {
            "have the certificate issued by a CA that may issue for this name".into()
        }
        _ => return None,
    })
}

/// The first http:// URL at which a certificate says that its revocation list is, if a shell takes it as it stands.
fn list_named(certificate: &Parsed<'_>) -> Option<String> {
    let points = certificate
        .extensions
        .points
        .as_ref()?
        .value
        .as_ref()
        .ok()?;
    let names = points.iter().filter_map(|point| match &point.name {
        Some(PointName::Full(names)) => Some(names),
        _ => None,
    });
    let urls = names.flatten().filter_map(|name| match name {
        GeneralName::Uri(url) => std::str::from_utf8(url).ok(),
        _ => None,
    });
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    let is_plain = |url: &&str| url.starts_with("http://") && url.chars().all(plain);
    urls.filter(is_plain).map(str::to_string).next()
}
