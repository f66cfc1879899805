//! How each program holds a name against a name constraint, where it differs from RFC 5280 §4.2.1.10.

use super::constraints::{Fit, fit, well_formed};
use super::extensions::Extension;
use super::names::{GeneralName, jdk_form};
use super::oids;
use super::options::Options;
use super::parsed::Parsed;
use super::peer::{unmapped, webpki_name};
use super::profile::{Constraining, Profile, Who};

/// One name and one subtree, as a program sees them.
pub(crate) fn fit_as(
    name: &GeneralName<'_>,
    subtree: &GeneralName<'_>,
    options: &Options,
    permitted: bool,
) -> Fit {
    match options.profile.constraining {
        Constraining::Standard => fit(name, subtree),
        Constraining::Java => java(name, subtree, options, permitted),
        Constraining::OpenSsl => openssl(name, subtree, options),
        Constraining::Go => go(name, subtree, options),
        Constraining::GnuTls => gnutls(name, subtree, permitted, options.gnutls_is_old()),
        Constraining::Webpki => webpki(name, subtree),
    }
}

fn inside(yes: bool) -> Fit {
    if yes { Fit::Inside } else { Fit::Outside }
}

/// `nc_match_single` in v3_ncons.c: names are taken as they are, a wildcard is a label like any other.
fn openssl(name: &GeneralName<'_>, subtree: &GeneralName<'_>, options: &Options) -> Fit {
    match (name, subtree) {
        (GeneralName::Dns(name), GeneralName::Dns(base)) => inside(ends_with(name, base)),
        (GeneralName::Email(name), GeneralName::Email(base)) => openssl_email(name, base),
        // Measured with 3.5; between 3.0 and 3.5 it is not known since when.
        (GeneralName::Uri(name), GeneralName::Uri(_))
            if options.openssl_since(3, 5) && !has_sound_port(name) =>
        {
            Fit::Unsupported
        }
        (GeneralName::Uri(name), GeneralName::Uri(base)) => {
            openssl_uri(name, base, options.openssl_since(3, 5))
        }
        (GeneralName::Ip(name), GeneralName::Ip(base)) => masked(name, base),
        (GeneralName::Smtp(_), GeneralName::Email(_)) if options.openssl_is_old() => Fit::Unrelated,
        (GeneralName::Smtp(_), GeneralName::Smtp(_)) if options.openssl_is_old() => {
            Fit::Unsupported
        }
        (GeneralName::Smtp(_), GeneralName::Smtp(_) | GeneralName::Other(..)) => Fit::Unrelated,
        _ => fit(name, subtree),
    }
}

/// `nc_ip`: any mask is one.
fn masked(name: &[u8], subtree: &[u8]) -> Fit {
    let (base, mask) = subtree.split_at(subtree.len() / 2);
    if !matches!(name.len(), 4 | 16) || !matches!(subtree.len(), 8 | 32) {
        return Fit::Unsupported;
    }
    let mut octets = name.iter().zip(base).zip(mask);
    let same = octets.all(|((name, base), mask)| name & mask == base & mask);
    inside(name.len() == base.len() && same)
}

/// `nc_uri`: what stands between `://` and the next `:` or `/`; since 3.5 without the user before it.
fn openssl_uri(uri: &[u8], base: &[u8], drops_user: bool) -> Fit {
    let colon = uri
        .iter()
        .position(|&byte| byte == b':')
        .unwrap_or(uri.len());
    let Some(rest) = uri[colon..].strip_prefix(b"://") else {
        return Fit::Unsupported;
    };
    let authority = rest.split(|&byte| byte == b'/').next();
    let user = authority.and_then(|authority| authority.iter().rposition(|&byte| byte == b'@'));
    let rest = match user.filter(|_| drops_user) {
        Some(at) => &rest[at + 1..],
        None => rest,
    };
    let ends = |end: u8| rest.iter().position(|&byte| byte == end);
    let host = &rest[..ends(b':').or_else(|| ends(b'/')).unwrap_or(rest.len())];
    if host.is_empty() {
        return Fit::Unsupported;
    }
    if base.starts_with(b".") {
        return inside(host.len() > base.len() && ends_with(host, base));
    }
    inside(host.eq_ignore_ascii_case(base))
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
fn go(name: &GeneralName<'_>, subtree: &GeneralName<'_>, options: &Options) -> Fit {
    match (name, subtree) {
        (GeneralName::Dns(name), GeneralName::Dns(base)) => match name.strip_prefix(b"*.") {
            Some(_) => fit(&GeneralName::Dns(name), subtree),
            None => go_domain(name, base),
        },
        (GeneralName::Email(mail), GeneralName::Email(base)) => {
            let Some((local, host)) = go_mailbox(mail) else {
                return Fit::BadName;
            };
            if host.contains(&b'@') && !options.go_before(27) {
                return Fit::BadName;
            }
            match go_mailbox(base).filter(|_| base.contains(&b'@')) {
                Some((wanted, at)) => inside(local == wanted && host.eq_ignore_ascii_case(at)),
                None => go_domain(host, base),
            }
        }
        (GeneralName::Uri(uri), GeneralName::Uri(base)) => {
            super::constraints::uri_host(uri).map_or(Fit::BadName, |host| go_domain(host, base))
        }
        (GeneralName::Ip(_), GeneralName::Ip(_)) => fit(name, subtree),
        _ => Fit::Unrelated,
    }
}

/// `domainToReverseLabels`: labels of visible characters, the last one not empty.
fn go_labels(name: &[u8]) -> Option<Vec<&[u8]>> {
    if name.is_empty() {
        return Some(Vec::new());
    }
    let sound = |label: &&[u8]| !label.is_empty() && label.iter().all(u8::is_ascii_graphic);
    let labels: Vec<&[u8]> = name.split(|&byte| byte == b'.').collect();
    labels.iter().all(sound).then_some(labels)
}

fn go_domain(name: &[u8], base: &[u8]) -> Fit {
    let (bare, more) = base.strip_prefix(b".").map_or((base, 0), |bare| (bare, 1));
    match (go_labels(name), go_labels(bare)) {
        (_, Some(base)) if base.is_empty() => Fit::Inside,
        (None, _) => Fit::BadName,
        (_, None) => Fit::BadSubtree,
        (Some(name), Some(base)) => {
            let tail = name
                .len()
                .checked_sub(base.len())
                .filter(|&above| above >= more);
            let same = |(a, b): (&&[u8], &&[u8])| a.eq_ignore_ascii_case(b);
            inside(tail.is_some_and(|tail| name[tail..].iter().zip(&base).all(same)))
        }
    }
}

/// `parseRFC2821Mailbox`: a local part of atoms or in quotes, and any domain.
fn go_mailbox(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = match text.strip_prefix(b"\"") {
        Some(quoted) => {
            let mut escaped = false;
            let close = quoted.iter().position(|&byte| {
                let ends = byte == b'"' && !escaped;
                escaped = byte == b'\\' && !escaped;
                ends
            })?;
            close + 2
        }
        None => text.iter().position(|&byte| byte == b'@')?,
    };
    let (local, rest) = text.split_at(end);
    let host = rest.strip_prefix(b"@")?;
    let atom = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(byte);
    let atoms = !local.is_empty() && local.iter().all(atom) && go_labels(local).is_some();
    (go_labels(host).is_some() && (atoms || local.starts_with(b"\""))).then_some((local, host))
}

/// A URI that Go reads: what follows the host is a number (`validOptionalPort`).
pub(crate) fn has_sound_port(uri: &[u8]) -> bool {
    let Some(start) = uri.windows(3).position(|three| three == b"://") else {
        return true;
    };
    let rest = &uri[start + 3..];
    let authority = rest.split(|byte| b"/?#".contains(byte)).next();
    let authority = authority.unwrap_or_default();
    let host = authority
        .rsplit(|&byte| byte == b'@')
        .next()
        .unwrap_or_default();
    let after = match host.iter().rposition(|&byte| byte == b']') {
        Some(end) => &host[end + 1..],
        None => host,
    };
    let colon = after.iter().position(|&byte| byte == b':');
    colon.is_none_or(|colon| after[colon + 1..].iter().all(u8::is_ascii_digit))
}

/// Directory names and URIs are unsupported: nothing is permitted by them, everything excluded
/// (`check_unsupported_constraint`). Addresses of one kind have nothing to do with ranges of the other.
fn gnutls(name: &GeneralName<'_>, subtree: &GeneralName<'_>, permitted: bool, exact: bool) -> Fit {
    let undotted = |name: &'_ [u8]| -> Vec<u8> { name.strip_suffix(b".").unwrap_or(name).to_vec() };
    match (name, subtree) {
        (GeneralName::Dns(b""), GeneralName::Dns(_)) => Fit::Unsupported,
        // Excluded it covers every name, permitted it is skipped (`check_dns_constraints`).
        (GeneralName::Dns(_), GeneralName::Dns(b"")) if permitted => Fit::Unrelated,
        (GeneralName::Dns(name), GeneralName::Dns(base)) if exact => {
            inside(ends_with(name, base) && name.ends_with(base))
        }
        (GeneralName::Dns(name), GeneralName::Dns(base)) => {
            inside(ends_with(&undotted(name), &undotted(base)))
        }
        (GeneralName::Email(_), GeneralName::Email(b"")) => Fit::Inside,
        (GeneralName::Email(_), GeneralName::Email(base)) if base.starts_with(b"@") => Fit::Outside,
        (GeneralName::Email(name), GeneralName::Email(base)) if !name.contains(&b'@') => {
            inside(name.eq_ignore_ascii_case(base))
        }
        (GeneralName::Email(name), GeneralName::Email(base)) => {
            let host = base.rsplit(|&byte| byte == b'@').next().unwrap_or(base);
            match openssl_email(name, base) {
                Fit::Inside if exact && !name.ends_with(host) => Fit::Outside,
                found => found,
            }
        }
        (GeneralName::Ip(name), GeneralName::Ip(base)) if name.len() * 2 != base.len() => {
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
        (GeneralName::Smtp(_), _) => Fit::Unrelated,
        _ => fit(name, subtree),
    }
}

/// `constrains` of the JDK's kinds of names, which compares text; it stumbles over an empty DNS name or constraint.
fn java(
    name: &GeneralName<'_>,
    subtree: &GeneralName<'_>,
    options: &Options,
    permitted: bool,
) -> Fit {
    match (name, subtree) {
        (GeneralName::Dns(name), GeneralName::Dns(base)) => {
            java_dns(name, base, options, permitted)
        }
        (GeneralName::Email(name), GeneralName::Email(base)) => inside(java_email(name, base)),
        (GeneralName::Uri(uri), GeneralName::Uri(base)) => java_uri(uri, base),
        (GeneralName::Ip(name), GeneralName::Ip(base)) => {
            inside(java_ip(name, base, options.java_is_of_2026()))
        }
        (GeneralName::Directory(name), GeneralName::Directory(base)) => {
            match (jdk_form(name.raw), jdk_form(base.raw)) {
                (Ok(name), Ok(base)) => inside(name.starts_with(&base)),
                _ => Fit::BadName,
            }
        }
        (GeneralName::Other(8, name), GeneralName::Other(8, base)) => inside(name == base),
        (GeneralName::Smtp(_), GeneralName::Email(_)) => Fit::Unrelated,
        _ => fit(name, subtree),
    }
}

fn java_dns(name: &[u8], base: &[u8], options: &Options, permitted: bool) -> Fit {
    match name {
        // A wildcard stands for the excluded host among others.
        [b'*', tail @ ..] if !permitted && options.java_is_of_2026() && tail.starts_with(b".") => {
            inside(ends_with(tail, base) || ends_with(base, tail))
        }
        _ if options.java_reads_no_leading_dot() => {
            inside(!base.is_empty() && !base.starts_with(b".") && ends_with(name, base))
        }
        _ if name.is_empty() || base.is_empty() => Fit::Unsupported,
        _ => inside(ends_with(name, base) && (!base.starts_with(b".") || name.len() > base.len())),
    }
}

fn java_email(name: &[u8], base: &[u8]) -> bool {
    let below = base.starts_with(b".") && ends_with(name, base);
    let at = [b"@", base].concat().to_ascii_lowercase();
    let host = name.to_ascii_lowercase().ends_with(&at);
    name.eq_ignore_ascii_case(base) || (!base.contains(&b'@') && (below || host))
}

/// The address of the range is not masked. `unmaps`: an address of IPv6 that stands for one of IPv4 is taken as that.
fn java_ip(name: &[u8], base: &[u8], unmaps: bool) -> bool {
    let (address, mask) = base.split_at(base.len() / 2);
    let (name, address) = match unmaps && unmapped(name).len() == 4 {
        true => (unmapped(name), unmapped(address)),
        false => (name, address),
    };
    let mask = &mask[mask.len().saturating_sub(address.len())..];
    let mut octets = name.iter().zip(address).zip(mask);
    name.len() == address.len() && octets.all(|((name, address), mask)| name & mask == *address)
}

fn java_uri(uri: &[u8], base: &[u8]) -> Fit {
    let start = uri.windows(3).position(|three| three == b"://");
    let Some(start) = start.filter(|_| has_sound_port(uri)) else {
        return Fit::BadName;
    };
    let rest = uri[start + 3..].split(|byte| b"/?#".contains(byte)).next();
    let host = rest.unwrap_or_default().rsplit(|&byte| byte == b'@').next();
    let host = host.unwrap_or_default();
    let host = if host.starts_with(b"[") {
        host
    } else {
        host.split(|&byte| byte == b':').next().unwrap_or_default()
    };
    match base.starts_with(b".") {
        true => inside(host.len() > base.len() && ends_with(host, base)),
        false => inside(host.eq_ignore_ascii_case(base)),
    }
}

/// The JDK can read every alternative name (`GeneralName`).
pub(crate) fn java_reads_names(certificate: &Parsed<'_>) -> bool {
    certificate.alt_names().iter().all(|name| match name {
        GeneralName::Email(text) => !text.is_empty() && !text.ends_with(b"@"),
        GeneralName::Ip(octets) => matches!(octets.len(), 4 | 16),
        GeneralName::Uri(text) => text.contains(&b':'),
        GeneralName::Other(kind, _) => *kind < 9,
        _ => true,
    })
}

/// The JDK can't read the name constraints: it drops them if they are not critical, and the certificate if they are.
pub(crate) fn java_drops(certificate: &Parsed<'_>) -> bool {
    let Some(Extension {
        value: Ok(constraints),
        ..
    }) = &certificate.extensions.constraints
    else {
        return false;
    };
    constraints.all().any(|subtree| match &subtree.base {
        GeneralName::Email(text) => text.is_empty() || text.ends_with(b"@"),
        GeneralName::Uri(text) => {
            text.is_empty()
                || !text
                    .iter()
                    .all(|byte| byte.is_ascii_graphic() && *byte != b':')
        }
        GeneralName::Ip(octets) => !matches!(octets.len(), 4 | 8 | 16 | 32),
        _ => false,
    })
}

/// A subtree over which the program stumbles, whatever names there are below.
pub(crate) fn stops_at(base: &GeneralName<'_>, options: &Options) -> bool {
    let who = options.profile.who;
    let go = Who::GO.has(who);
    let domain = |text: &[u8]| go_labels(text.strip_prefix(b".").unwrap_or(text)).is_some();
    match base {
        GeneralName::Ip(octets) => {
            // Since it compares such addresses as what they stand for.
            let mapped = octets.len() == 32 && unmapped(&octets[..16]).len() == 4;
            (Who::GNUTLS.has(who) || go) && well_formed(base).is_err()
                || (go && mapped && !options.go_before(27))
        }
        GeneralName::Email(text) if text.contains(&b'@') => go && go_mailbox(text).is_none(),
        GeneralName::Dns(text) | GeneralName::Email(text) => go && !domain(text),
        GeneralName::Uri(text) => go && (super::form::is_address(text) || !domain(text)),
        _ => false,
    }
}

/// `check_presented_id_conforms_to_constraints`.
fn webpki(name: &GeneralName<'_>, subtree: &GeneralName<'_>) -> Fit {
    match (name, subtree) {
        (GeneralName::Directory(_), GeneralName::Directory(_))
        | (GeneralName::Uri(_), GeneralName::Uri(_))
        | (GeneralName::Email(_), GeneralName::Email(_))
        | (GeneralName::Other(9.., _), _) => Fit::Unsupported,
        (GeneralName::Dns(name), GeneralName::Dns(base)) => {
            let bare = base.strip_prefix(b".").unwrap_or(base);
            let presented = name.strip_prefix(b"*.").unwrap_or(name);
            let known = webpki_name(presented) && (bare.is_empty() || webpki_name(bare));
            let deep = presented.len() == name.len() || presented.contains(&b'.');
            if known && deep {
                fit(&GeneralName::Dns(name), subtree)
            } else {
                Fit::Unsupported
            }
        }
        (GeneralName::Smtp(_), GeneralName::Email(_)) => Fit::Unrelated,
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

    /// The newest release of the first program with this way.
    fn newest(way: Constraining) -> Options {
        let mut profiles = super::super::PROFILES.iter();
        let profile = profiles
            .find(|profile| profile.constraining == way)
            .unwrap();
        Options {
            profile,
            ..Options::at(0)
        }
    }

    fn check(cases: &[(Constraining, &str, &str, Fit)], of: fn(&[u8]) -> GeneralName<'_>) {
        for (way, name, base, expected) in cases {
            let found = fit_as(
                &of(name.as_bytes()),
                &of(base.as_bytes()),
                &newest(*way),
                true,
            );
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
            (GnuTls, "a@x.org", "@x.org", Outside),
            (GnuTls, "a@x.org", "", Inside),
            (GnuTls, "x.org", "x.org", Inside),
            (OpenSsl, "a@x.org", "", Outside),
            (Java, "A@X.org", "a@x.org", Inside),
            (Java, "a@x.org", "@x.org", Outside),
            (Go, "a@b@x.org", "x.org", Fit::BadName),
            (Go, "\"a b\"@x.org", "x.org", Inside),
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
            (Webpki, "w.x.org.", "x.org", Unsupported),
            (GnuTls, "w.x.org.", "x.org", Inside),
            (GnuTls, "w.x.org", "", Unrelated),
            (Java, "w.x.org.", "x.org", Outside),
            (Go, "w.x.org.", "x.org", Fit::BadName),
            (Go, "w.x_y.org", "x_y.org", Inside),
        ];
        check(&dns, |text| GeneralName::Dns(text));
        let uri = [
            (Standard, "https://w.x.org/", "x.org", Outside),
            (Go, "https://w.x.org/", "x.org", Inside),
            (Go, "urn:x", "x.org", Fit::BadName),
            (GnuTls, "https://x.org/", "x.org", Unrelated),
            (Webpki, "https://x.org/", "x.org", Unsupported),
            (OpenSsl, "https://u@x.org:1/", "x.org", Inside),
            (OpenSsl, "https://x.org:1/", "x.org", Inside),
            (OpenSsl, "https://192.0.2.1/", "192.0.2.1", Inside),
            (OpenSsl, "urn:x.org", "x.org", Unsupported),
            (Java, "https://[2001:db8::1]/", "x.org", Outside),
            (Java, "https://x.org:port/", "x.org", Fit::BadName),
        ];
        check(&uri, |text| GeneralName::Uri(text));
    }

    #[test]
    fn gnutls_passes_over_what_it_cannot_hold_against_a_constraint() {
        let (address, range) = ([192, 0, 2, 1], [192, 0, 2, 0, 255, 255, 255, 0]);
        let ip = |bytes: &'static [u8]| GeneralName::Ip(bytes.into());
        let held = |name: GeneralName<'_>, way| {
            fit_as(
                &name,
                &GeneralName::Ip(range[..].into()),
                &newest(way),
                true,
            )
        };
        assert_eq!(
            held(GeneralName::Ip(address[..].into()), GnuTls),
            Fit::Inside
        );
        assert_eq!(held(ip(&[192, 0, 2]), GnuTls), Fit::Unrelated);
        assert_eq!(held(ip(&[192, 0, 2]), OpenSsl), Fit::Unsupported);
        let uri = GeneralName::Uri(b"https://x.org/");
        assert_eq!(
            fit_as(&uri, &GeneralName::Uri(b"y.org"), &newest(GnuTls), false),
            Fit::Unsupported
        );
    }
}
