//! Checks on a path as a whole: RFC 5280 §6.1 beyond what one certificate shows.

use super::certificate::seen_alt_names;
use super::constraints::{Constraints, Fit, Subtree, is_host};
use super::dns_index::DnsIndex;
use super::extensions::Extension;
use super::fault::{Code, Faults, Role};
use super::form::is_address;
use super::habits::{self, address_in_common_name, fit_as};
use super::names::GeneralName;
use super::oids;
use super::options::Options;
use super::parsed::Parsed;
use super::policy;
use super::profile::{Constraining, Profile, Search, Who};

/// Notes what is wrong with the path, leaf first. `complete`: the last certificate is an anchor; `anchor_constrains`: its
/// name constraints count.
pub(crate) fn check(
    path: &[&Parsed<'_>],
    complete: bool,
    anchor_constrains: bool,
    options: &Options,
    faults: &mut Faults<'_>,
) {
    lengths(path, complete, options, faults);
    key_identifiers(path, complete, faults);
    features(path, complete, options, faults);
    constraints(path, complete, anchor_constrains, options, faults);
    let asked = !options.policies.is_empty() || options.require_explicit_policy;
    // libcrypto processes policies only when told to (X509_V_FLAG_POLICY_CHECK).
    let processed = options.profile.policies && !options.go_before(24);
    if complete && processed && (asked || options.profile.search != Search::OpenSsl) {
        policy::check(path, options, faults);
    }
}

/// The role of a place in the path.
pub(crate) fn role(at: usize, length: usize, complete: bool) -> Role {
    match at {
        0 => Role::Leaf,
        _ if complete && at + 1 == length => Role::Anchor,
        _ => Role::Intermediate,
    }
}

fn lengths(path: &[&Parsed<'_>], complete: bool, options: &Options, faults: &mut Faults<'_>) {
    let mut below = 0u32;
    let mut below_with_self_issued = 0u32;
    for (at, certificate) in path.iter().enumerate().skip(1) {
        let role = role(at, path.len(), complete);
        let most = path_length(certificate);
        if let Some(most) = most.filter(|&most| below > most) {
            let message = || format!("allows {most} CAs below it, there are {below}");
            faults.note(Code::PathTooLong, role, at, message);
        } else if let Some(most) = most.filter(|&most| below_with_self_issued > most) {
            let found = below_with_self_issued;
            let message =
                || format!("allows {most} CAs below it, there are {found} with self-issued ones");
            faults.note(Code::PathTooLongSelfIssued, role, at, message);
        }
        if role == Role::Intermediate {
            below_with_self_issued += 1;
            below += u32::from(!certificate.self_issued());
        }
    }
    depth(
        path.len(),
        below as usize,
        below_with_self_issued as usize,
        options,
        faults,
    );
}

fn path_length(certificate: &Parsed<'_>) -> Option<u32> {
    let basic = certificate.extensions.basic.as_ref()?;
    basic.value.ok()?.path_length
}

fn depth(
    length: usize,
    below: usize,
    with_self_issued: usize,
    options: &Options,
    faults: &mut Faults<'_>,
) {
    let Some(most) = options.max_depth else {
        return;
    };
    // OpenSSL counts every certificate between leaf and anchor.
    let found = if options.profile.search == Search::OpenSsl {
        with_self_issued
    } else {
        below
    };
    if found > most {
        let at = length.saturating_sub(1);
        faults.note(Code::TooDeep, Role::Intermediate, at, || {
            format!("lies above {found} intermediates, {most} are allowed")
        });
    }
}

fn key_identifiers(path: &[&Parsed<'_>], complete: bool, faults: &mut Faults<'_>) {
    for (at, pair) in path.windows(2).enumerate() {
        let [certificate, issuer] = pair else {
            continue;
        };
        if certificate
            .authority_key()
            .is_some_and(|_| !key_id_fits(certificate, issuer))
        {
            let role = role(at, path.len(), complete);
            if complete && at + 2 == path.len() {
                faults.note(Code::AnchorKeyMismatch, role, at, || {
                    "names another key than the anchor's (authorityKeyIdentifier)".into()
                });
            }
            faults.note(Code::AuthorityKeyMismatch, role, at, || {
                "names another key than its issuer's (authorityKeyIdentifier)".into()
            });
        }
    }
}

/// The authority key identifier of one and the subject key identifier of the other agree, where both are there.
pub(crate) fn key_id_fits(certificate: &Parsed<'_>, issuer: &Parsed<'_>) -> bool {
    let wanted = certificate
        .authority_key()
        .and_then(|authority| authority.key_id);
    match (wanted, issuer.subject_key_id()) {
        (Some(wanted), Some(found)) => wanted == found,
        _ => true,
    }
}

/// RFC 7633 §4.2.2: what a CA promises of TLS must be promised by whom it issues to. Only GnuTLS holds them to it.
fn features(path: &[&Parsed<'_>], complete: bool, options: &Options, faults: &mut Faults<'_>) {
    if !Who::GNUTLS.has(options.profile.who) {
        return;
    }
    for (at, pair) in path.windows(2).enumerate() {
        let [certificate, issuer] = pair else {
            continue;
        };
        let (own, above) = (certificate.features(), issuer.features());
        let kept = match (own, above) {
            (_, None) => true,
            (Some(Ok(own)), Some(Ok(above))) => above.iter().all(|one| own.contains(one)),
            (None, Some(Ok(above))) => above.is_empty(),
            _ => false,
        };
        if !kept {
            faults.note(
                Code::FeatureMissing,
                role(at, path.len(), complete),
                at,
                || "lacks features of TLS that its issuer promises".into(),
            );
        }
    }
}

/// Every certificate's names against the constraints of all CAs above it (§6.1.3 (b) and (c), §6.1.4 (g)).
fn constraints(
    path: &[&Parsed<'_>],
    complete: bool,
    anchor_constrains: bool,
    options: &Options,
    faults: &mut Faults<'_>,
) {
    let profile = options.profile;
    let mut above: Vec<(usize, &Constraints<'_>)> = Vec::new();
    let mut budget = profile.constraint_budget;
    for (at, certificate) in path.iter().enumerate().rev() {
        let role = role(at, path.len(), complete);
        let exempt = at > 0
            && ((certificate.self_issued() && !profile.constrains_self_issued)
                || profile.constrains_leaf_only);
        if !above.is_empty() && !exempt && role != Role::Anchor {
            let names = constrained_names(certificate, options);
            let subtrees: usize = above
                .iter()
                .map(|(_, constraints)| constraints.all().count())
                .sum();
            let work = names.len() as u64 * subtrees as u64;
            if work > budget {
                faults.note(Code::TooManyNames, role, at, || {
                    format!("has too many names for {subtrees} constraints")
                });
                return;
            }
            budget -= work;
            for (_, constraints) in &above {
                hold(&names, constraints, options, |code, message| {
                    faults.note(code, role, at, || message);
                });
            }
        }
        if let Some(Extension {
            value: Ok(constraints),
            ..
        }) = &certificate.extensions.constraints
            && (role != Role::Anchor || anchor_constrains)
            && !(Who::JAVA.has(profile.who) && habits::java_drops(certificate))
        {
            above.push((at, constraints));
        }
    }
}

/// All names of a certificate that constraints speak of.
fn constrained_names<'a>(certificate: &'a Parsed<'a>, options: &Options) -> Vec<GeneralName<'a>> {
    let profile = options.profile;
    let mut names: Vec<GeneralName<'_>> = seen_alt_names(certificate, options).to_vec();
    if Who::GO.has(profile.who) && !options.go_before(27) {
        // A mapped address must be permitted as it is, and must not be excluded as what it stands for.
        let stands = |name: &GeneralName<'_>| match name {
            GeneralName::Ip(octets) => {
                let bare = super::peer::unmapped(octets);
                (bare.len() < octets.len()).then(|| GeneralName::Ip(bare.to_vec().into()))
            }
            _ => None,
        };
        let bare: Vec<GeneralName<'_>> = names.iter().filter_map(stands).collect();
        names.extend(bare);
    }
    // rustls-webpki does not look into the subject, be it empty.
    if certificate.subject.is_empty() && profile.constraining != Constraining::Webpki {
        return names;
    }
    let subject = subject_names(certificate, &names, profile);
    let address = address_in_common_name(certificate, &names, profile);
    names.push(GeneralName::Directory(certificate.subject.clone()));
    names.extend(subject);
    names.extend(address);
    names
}

/// Mailboxes and host names that stand in the subject, where no alternative name of that kind does.
fn subject_names<'a>(
    certificate: &'a Parsed<'a>,
    names: &[GeneralName<'_>],
    profile: &Profile,
) -> Vec<GeneralName<'a>> {
    let none = |kind: fn(&GeneralName<'_>) -> bool| !names.iter().any(kind);
    let mut mailboxes = Vec::new();
    // §4.2.1.10: a mailbox in the subject counts where there is none among the alternative names.
    // OpenSSL holds it against constraints in any case (`NAME_CONSTRAINTS_check`).
    let wanted = match profile.constraining {
        Constraining::OpenSsl => true,
        // The JDK only if there is no such extension at all.
        Constraining::Java => names.is_empty(),
        _ => none(|name| matches!(name, GeneralName::Email(_))),
    };
    if wanted && !Who::GO.and(Who::RUSTLS).has(profile.who) {
        let values = certificate.subject_values(oids::EMAIL_ADDRESS);
        mailboxes.extend(values.map(|(_, value)| GeneralName::Email(value)));
    }
    let mut hosts = Vec::new();
    if profile.constrains_common_name && none(|name| matches!(name, GeneralName::Dns(_))) {
        let wide = profile.constraining == Constraining::Java;
        let values = certificate
            .subject_values(oids::COMMON_NAME)
            .map(|(_, value)| value);
        let any = profile.constraining == Constraining::GnuTls;
        let host = |value: &&[u8]| {
            any || is_host(value) && (value.contains(&b'.') || wide) && !(wide && is_address(value))
        };
        hosts.extend(values.filter(host).map(GeneralName::Dns));
    }
    // GnuTLS takes an attribute for a name only if it is the only one of its kind.
    if profile.constraining == Constraining::GnuTls {
        mailboxes.truncate(usize::from(mailboxes.len() == 1));
        hosts.truncate(usize::from(hosts.len() == 1));
    }
    mailboxes.extend(hosts);
    mailboxes
}

/// Holds all names against one certificate's constraints.
fn hold(
    names: &[GeneralName<'_>],
    constraints: &Constraints<'_>,
    options: &Options,
    mut note: impl FnMut(Code, String),
) {
    let way = options.profile.constraining;
    let permitted = DnsIndex::worth(&constraints.permitted, names.len(), way);
    let excluded = DnsIndex::worth(&constraints.excluded, names.len(), way);
    for name in names {
        let mut related = false;
        let mut inside = false;
        each_fit(
            name,
            &constraints.permitted,
            permitted.as_ref(),
            |subtree| {
                let fit = bounded(fit_as(name, &subtree.base, options, true), subtree, options);
                related |= fit != Fit::Unrelated;
                inside |= fit == Fit::Inside;
                report(fit, name, &mut note);
            },
        );
        if related && !inside {
            note(
                Code::NotPermitted,
                format!(
                    "has the name `{}`, which a CA above it does not permit",
                    name.describe()
                ),
            );
        }
        each_fit(
            name,
            &constraints.excluded,
            excluded.as_ref(),
            |subtree| match bounded(
                fit_as(name, &subtree.base, options, false),
                subtree,
                options,
            ) {
                Fit::Inside => note(
                    Code::Excluded,
                    format!(
                        "has the name `{}`, which a CA above it excludes",
                        name.describe()
                    ),
                ),
                Fit::Partly => note(
                    Code::WildcardExcluded,
                    format!(
                        "has the name `{}`, part of which a CA above it excludes",
                        name.describe()
                    ),
                ),
                fit => report(fit, name, &mut note),
            },
        );
    }
}

/// Calls for every subtree that can decide about the name: all of them, or the few that an index finds.
fn each_fit<'s, 'c>(
    name: &GeneralName<'_>,
    list: &'s [Subtree<'c>],
    index: Option<&DnsIndex<'s, 'c>>,
    then: impl FnMut(&Subtree<'c>),
) {
    match (name, index) {
        (GeneralName::Dns(name), Some(index)) => index.near(name).for_each(then),
        _ => list.iter().for_each(then),
    }
}

/// RFC 5280 §4.2.1.10: `minimum` and `maximum` are to be processed or the name to be refused. The JDK refuses whatever
/// name it is (`calcMinMax`), rustls-webpki reads no subtree in which one is written out.
fn bounded(fit: Fit, subtree: &Subtree<'_>, options: &Options) -> Fit {
    let refused = match options.profile.constraining {
        Constraining::OpenSsl if options.openssl_is_old() => {
            subtree.written && fit != Fit::Unrelated
        }
        Constraining::Standard | Constraining::OpenSsl => subtree.bounded && fit != Fit::Unrelated,
        Constraining::Java => subtree.bounded,
        Constraining::Webpki => subtree.written,
        Constraining::Go | Constraining::GnuTls => false,
    };
    if refused { Fit::Unsupported } else { fit }
}

/// A name or a subtree that can't be judged.
fn report(fit: Fit, name: &GeneralName<'_>, note: &mut impl FnMut(Code, String)) {
    let code = match fit {
        Fit::BadName => Code::ConstrainedNameMalformed,
        Fit::BadSubtree => Code::ConstraintMalformed,
        Fit::Unsupported => Code::ConstraintUnsupported,
        Fit::Unrelated | Fit::Inside | Fit::Outside | Fit::Partly => return,
    };
    note(
        code,
        format!(
            "has the name `{}`, which can't be held against the constraints above it",
            name.describe()
        ),
    );
}

#[cfg(test)]
mod tests;
