//! How each program holds a name against a name constraint, where it differs from RFC 5280 §4.2.1.10.

use super::constraints::{Fit, fit};
use super::names::GeneralName;
use super::oids;
use super::parsed::Parsed;
use super::profile::{Constraining, Profile};

/// One name and one subtree, as a program sees them.
pub(crate) fn fit_as(
    name: &GeneralName<'_>,
    subtree: &GeneralName<'_>,
    way: Constraining,
    permitted: bool,
) -> Fit {
    match way {
        Constraining::Standard => fit(name, subtree),
        Constraining::Java => java(name, subtree),
        Constraining::OpenSsl => openssl(name, subtree),
        Constraining::Go => go(name, subtree),
        Constraining::GnuTls => gnutls(name, subtree, permitted),
        Constraining::Webpki => webpki(name, subtree),
    }
}

fn inside(yes: bool) -> Fit {
    if yes { Fit::Inside } else { Fit::Outside }
}

/// `nc_match_single` in v3_ncons.c: names are taken as they are, a wildcard is a label like any other.
fn openssl(name: &GeneralName<'_>, subtree: &GeneralName<'_>) -> Fit {
    match (name, subtree) {
        (GeneralName::Dns(name), GeneralName::Dns(base)) => inside(ends_with(name, base)),
        (GeneralName::Email(name), GeneralName::Email(base)) => openssl_email(name, base),
        _ => fit(name, subtree),
    }
}

/// The end of the name is the base, at a label's edge unless the base brings its own dot.
fn ends_with(name: &[u8], base: &[u8]) -> bool {
    let Some(split) = name.len().checked_sub(base.len()) else {
        return false;
    };
    let (head, tail) = name.split_at(split);
    let edge = base.is_empty() || base.starts_with(b".") || head.is_empty() || head.ends_with(b".");
    edge && tail.eq_ignore_ascii_case(base)
}

fn openssl_email(name: &[u8], base: &[u8]) -> Fit {
    let Some(at) = name.iter().rposition(|&byte| byte == b'@') else {
        return Fit::BadName;
    };
    let (local, host) = (&name[..at], &name[at + 1..]);
    match base.iter().position(|&byte| byte == b'@') {
        Some(split) => {
            let (wanted, domain) = (&base[..split], &base[split + 1..]);
            inside((wanted.is_empty() || wanted == local) && host.eq_ignore_ascii_case(domain))
        }
        None if base.starts_with(b".") => inside(ends_with(name, base)),
        None => inside(host.eq_ignore_ascii_case(base)),
    }
}

/// `matchDomainConstraint` serves mailboxes and URIs as well, so that a host stands for all hosts below it.
fn go(name: &GeneralName<'_>, subtree: &GeneralName<'_>) -> Fit {
    match (name, subtree) {
        (GeneralName::Directory(_) | GeneralName::Other(_), _) => Fit::Unrelated,
        (GeneralName::Email(mail), GeneralName::Email(base)) if !base.contains(&b'@') => {
            super::constraints::mailbox(mail).map_or(Fit::BadName, |(_, host)| {
                fit(&GeneralName::Dns(host), &GeneralName::Dns(base))
            })
        }
        (GeneralName::Uri(uri), GeneralName::Uri(base)) => super::constraints::uri_host(uri)
            .map_or(Fit::BadName, |host| {
                fit(&GeneralName::Dns(host), &GeneralName::Dns(base))
            }),
        _ => fit(name, subtree),
    }
}

/// Directory names and URIs are unsupported: nothing is permitted by them, everything excluded
/// (`check_unsupported_constraint`).
fn gnutls(name: &GeneralName<'_>, subtree: &GeneralName<'_>, permitted: bool) -> Fit {
    match (name, subtree) {
        (GeneralName::Dns(_), GeneralName::Dns(_))
        | (GeneralName::Email(_), GeneralName::Email(_)) => openssl(name, subtree),
        (GeneralName::Ip(name), GeneralName::Ip(_)) if !matches!(name.len(), 4 | 16) => {
            Fit::Unrelated
        }
        (GeneralName::Directory(_), GeneralName::Directory(_))
        | (GeneralName::Uri(_), GeneralName::Uri(_)) => {
            if permitted {
                Fit::Unrelated
            } else {
                Fit::Unsupported
            }
        }
        _ => fit(name, subtree),
    }
}

/// The JDK stumbles over an empty DNS constraint (`DNSName.constrains` reads its first character).
fn java(name: &GeneralName<'_>, subtree: &GeneralName<'_>) -> Fit {
    match (name, subtree) {
        (GeneralName::Dns(_), GeneralName::Dns(b"")) => Fit::Unsupported,
        _ => fit(name, subtree),
    }
}

/// `check_presented_id_conforms_to_constraints`.
fn webpki(name: &GeneralName<'_>, subtree: &GeneralName<'_>) -> Fit {
    match (name, subtree) {
        (GeneralName::Directory(_), GeneralName::Directory(_))
        | (GeneralName::Uri(_), GeneralName::Uri(_))
        | (GeneralName::Email(_), GeneralName::Email(_)) => Fit::Unsupported,
        _ => fit(name, subtree),
    }
}

/// The JDK takes a common name that is an address for one, where no alternative name is (`NameConstraintsExtension`).
pub(crate) fn address_in_common_name<'a>(
    certificate: &Parsed<'_>,
    names: &[GeneralName<'_>],
    profile: &Profile,
) -> Option<GeneralName<'a>> {
    let listed = names.iter().any(|name| matches!(name, GeneralName::Ip(_)));
    if profile.constraining != Constraining::Java || listed {
        return None;
    }
    let (_, value) = certificate.subject_values(oids::COMMON_NAME).last()?;
    let address: std::net::IpAddr = std::str::from_utf8(value).ok()?.parse().ok()?;
    Some(match address {
        std::net::IpAddr::V4(address) => GeneralName::Ip(address.octets().to_vec().into()),
        std::net::IpAddr::V6(address) => GeneralName::Ip(address.octets().to_vec().into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use Constraining::{GnuTls, Go, Java, OpenSsl, Standard, Webpki};

    fn check(cases: &[(Constraining, &str, &str, Fit)], of: fn(&[u8]) -> GeneralName<'_>) {
        for (way, name, base, expected) in cases {
            let found = fit_as(&of(name.as_bytes()), &of(base.as_bytes()), *way, true);
            assert_eq!(found, *expected, "{way:?}: {name} in {base}");
        }
    }

    #[test]
    fn mail_constraints_differ_by_program() {
        use Fit::{BadName, BadSubtree, Inside, Outside, Unsupported};
        let cases = [
            (OpenSsl, "a@x.org", "a@X.ORG", Inside),
            (OpenSsl, "A@x.org", "a@x.org", Outside),
            (OpenSsl, "a@y.org", "a@x.org", Outside),
            (OpenSsl, "a@x.org", "@x.org", Inside),
            (OpenSsl, "a@y.org", "@x.org", Outside),
            (OpenSsl, "a@x.org", "X.org", Inside),
            (OpenSsl, "a@b@x.org", "x.org", Inside),
            (OpenSsl, "a@w.x.org", "x.org", Outside),
            (OpenSsl, "a@w.x.org", ".x.org", Inside),
            (OpenSsl, "a@other.org", ".x.org", Outside),
            (OpenSsl, "x.org", "x.org", BadName),
            (GnuTls, "a@x.org", "@x.org", Inside),
            (Standard, "a@x.org", "@x.org", BadSubtree),
            (Go, "a@w.x.org", "x.org", Inside),
            (Go, "a@x.org", "a@x.org", Inside),
            (Go, "b@x.org", "a@x.org", Outside),
            (Go, "x.org", "x.org", BadName),
            (Java, "a@w.x.org", "x.org", Outside),
            (Webpki, "a@x.org", "x.org", Unsupported),
        ];
        check(&cases, |text| GeneralName::Email(text));
    }

    #[test]
    fn dns_and_uri_constraints_differ_by_program() {
        use Fit::{Inside, Outside, Partly, Unrelated, Unsupported};
        let dns = [
            (Standard, "*.x.org", "w.x.org", Partly),
            (OpenSsl, "*.x.org", "w.x.org", Outside),
            (GnuTls, "*.x.org", "w.x.org", Outside),
            (OpenSsl, "w.x.org", ".x.org", Inside),
            (OpenSsl, "wx.org", "x.org", Outside),
            (Java, "x.org", "", Unsupported),
            (Java, "x.org", "x.org", Inside),
            (Webpki, "w.x.org", "x.org", Inside),
        ];
        check(&dns, |text| GeneralName::Dns(text));
        let uri = [
            (Standard, "https://w.x.org/", "x.org", Outside),
            (Go, "https://w.x.org/", "x.org", Inside),
            (Go, "urn:x", "x.org", Fit::BadName),
            (GnuTls, "https://x.org/", "x.org", Unrelated),
            (Webpki, "https://x.org/", "x.org", Unsupported),
        ];
        check(&uri, |text| GeneralName::Uri(text));
    }

    #[test]
    fn gnutls_passes_over_what_it_cannot_hold_against_a_constraint() {
        let (address, range) = ([192, 0, 2, 1], [192, 0, 2, 0, 255, 255, 255, 0]);
        let ip = |bytes: &'static [u8]| GeneralName::Ip(bytes.into());
        let held = |name: GeneralName<'_>, way| {
            fit_as(&name, &GeneralName::Ip(range[..].into()), way, true)
        };
        assert_eq!(
            held(GeneralName::Ip(address[..].into()), GnuTls),
            Fit::Inside
        );
        assert_eq!(held(ip(&[192, 0, 2]), GnuTls), Fit::Unrelated);
        assert_eq!(held(ip(&[192, 0, 2]), OpenSsl), Fit::BadName);
        let uri = GeneralName::Uri(b"https://x.org/");
        assert_eq!(
            fit_as(&uri, &GeneralName::Uri(b"y.org"), GnuTls, false),
            Fit::Unsupported
        );
    }
}
