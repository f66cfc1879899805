//! Is the leaf for the name that was asked for? (RFC 9525; never by common name under the strict profiles.)

use super::certificate::Judge;
use super::certificate::seen_alt_names;
use super::constraints::{is_host, mailbox};
use super::fault::Code;
use super::form::is_address;
use super::names::GeneralName;
use super::oids;
use super::options::PeerName;
use super::parsed::Parsed;
use super::profile::{Profile, Who, Wildcard};

/// Holds every wanted name against the leaf.
pub(crate) fn check(judge: &mut Judge<'_, '_, '_>) {
    let options = judge.options;
    for wanted in &options.names {
        if !carries(judge.certificate, wanted, options.profile) {
            let certificate = judge.certificate;
            judge.note(Code::WrongName, || {
                format!(
                    "is not for `{}`: {}",
                    wanted.describe(),
                    names_of(certificate)
                )
            });
        }
    }
}

/// What it is for, to tell the reader.
fn names_of(certificate: &Parsed<'_>) -> String {
    const SHOWN: usize = 5;
    let names = certificate.alt_names();
    if names.is_empty() {
        return "it has no alternative name".into();
    }
    let mut shown: Vec<String> = names
        .iter()
        .take(SHOWN)
        .map(|name| format!("`{}`", name.describe()))
        .collect();
    if names.len() > SHOWN {
        shown.push(format!("{} more", names.len() - SHOWN));
    }
    format!("it is for {}", shown.join(", "))
}

fn carries(certificate: &Parsed<'_>, wanted: &PeerName, profile: &Profile) -> bool {
    let names = seen_alt_names(certificate, profile);
    match wanted {
        PeerName::Dns(host) => carries_host(certificate, host.as_bytes(), profile),
        PeerName::Ip(octets) => names
            .iter()
            .any(|name| matches!(name, GeneralName::Ip(found) if **found == **octets)),
        PeerName::Email(address) => {
            names.iter().any(|name| matches!(name, GeneralName::Email(found) if same_mailbox(found, address.as_bytes())))
        }
    }
}

fn carries_host(certificate: &Parsed<'_>, host: &[u8], profile: &Profile) -> bool {
    let host = host.strip_suffix(b".").unwrap_or(host);
    if !is_host(host) || is_address(host) {
        return false;
    }
    let mut listed = false;
    for name in seen_alt_names(certificate, profile) {
        if let GeneralName::Dns(pattern) = name {
            listed = true;
            if matches(pattern, host, profile.wildcard) {
                return true;
            }
        }
    }
    // GnuTLS and curl fall back only if there is no address either.
    let addressed = certificate
        .alt_names()
        .iter()
        .any(|name| matches!(name, GeneralName::Ip(_)));
    let fallback = profile.common_name
        && !listed
        && !(addressed && Who::GNUTLS.and(Who::CURL).has(profile.who));
    fallback
        && certificate
            .subject_values(oids::COMMON_NAME)
            .any(|(_, value)| matches(value, host, profile.wildcard))
}

/// Local parts as written, hosts without regard to case (RFC 5280 §7.5).
fn same_mailbox(found: &[u8], wanted: &[u8]) -> bool {
    match (mailbox(found), mailbox(wanted)) {
        (Some((local, host)), Some((wanted, at))) => {
            local == wanted && host.eq_ignore_ascii_case(at)
        }
        _ => false,
    }
}

/// A presented DNS name against a host name.
fn matches(pattern: &[u8], host: &[u8], rule: Wildcard) -> bool {
    let pattern = pattern.strip_suffix(b".").unwrap_or(pattern);
    if !pattern.contains(&b'*') {
        return is_host(pattern) && pattern.eq_ignore_ascii_case(host);
    }
    let (Some(dot), Some(host_dot)) = (dot(pattern), dot(host)) else {
        return false;
    };
    let (label, base) = pattern.split_at(dot);
    let (first, rest) = host.split_at(host_dot);
    let base_is_name = is_host(base.get(1..).unwrap_or_default());
    base_is_name && base.eq_ignore_ascii_case(rest) && label_matches(label, first, base, rule)
}

fn dot(name: &[u8]) -> Option<usize> {
    name.iter().position(|&byte| byte == b'.')
}

fn label_matches(label: &[u8], first: &[u8], base: &[u8], rule: Wildcard) -> bool {
    let deep = base.split(|&byte| byte == b'.').count() > 2;
    match rule {
        Wildcard::Leftmost => label == b"*",
        Wildcard::LeftmostOfThree => label == b"*" && deep,
        Wildcard::GnuTls => deep && label.starts_with(b"*") && partial(label, first),
        Wildcard::Partial => deep && (label == b"*" || partial(label, first)),
    }
}

/// `ba*`, `*z`, `b*z`, but never inside an internationalised label (OpenSSL's `wildcard_match`).
fn partial(label: &[u8], first: &[u8]) -> bool {
    let Some(star) = label.iter().position(|&byte| byte == b'*') else {
        return false;
    };
    let (head, tail) = (&label[..star], &label[star + 1..]);
    let international = first
        .get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case(b"xn--"));
    // A host has no star, so that a second one in the pattern fits nothing.
    !international
        && first.len() > head.len() + tail.len()
        && first[..head.len()].eq_ignore_ascii_case(head)
        && first[first.len() - tail.len()..].eq_ignore_ascii_case(tail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cert::tests::sample::{Sample, extension, seq, tlv};

    #[test]
    fn a_wildcard_is_one_whole_leftmost_label() {
        let cases: &[(&str, &str, bool)] = &[
            ("example.com", "EXAMPLE.com", true),
            ("*.example.com", "foo.example.com", true),
            ("*.example.com", "foo.bar.example.com", false),
            ("*.example.com", "example.com", false),
            ("ba*.example.com", "baz.example.com", false),
            ("foo.*.example.com", "foo.bar.example.com", false),
            ("*", "com", false),
            ("*.com", "example.com", true),
            ("xn--*.example.com", "xn--a.example.com", false),
            ("foo.example.com.", "foo.example.com", true),
        ];
        for (pattern, host, expected) in cases {
            assert_eq!(
                matches(pattern.as_bytes(), host.as_bytes(), Wildcard::Leftmost),
                *expected,
                "{pattern} {host}"
            );
        }
    }

    #[test]
    fn openssl_takes_partial_wildcards_but_none_over_one_label() {
        let cases: &[(&str, &str, bool)] = &[
            ("ba*.example.com", "baz.example.com", true),
            ("*z.example.com", "baz.example.com", true),
            ("b*z.example.com", "bz.example.com", false),
            ("*.com", "example.com", false),
            ("xn--*.example.com", "xn--ab.example.com", false),
        ];
        for (pattern, host, expected) in cases {
            assert_eq!(
                matches(pattern.as_bytes(), host.as_bytes(), Wildcard::Partial),
                *expected,
                "{pattern} {host}"
            );
        }
    }

    #[test]
    fn a_partial_wildcard_fits_its_head_and_its_tail() {
        for (label, first, expected) in [
            ("b*z", "bxz", true),
            ("B*Z", "bxyz", true),
            ("b*z", "bz", false),
            ("b*z", "bxx", false),
            ("b*z", "xxz", false),
            ("b*", "axx", false),
            ("*z", "axx", false),
            ("b*z*", "bxzx", false),
            ("*", "xn--a", false),
            ("xn--*", "xn--ab", false),
            ("b", "b", false),
        ] {
            let found = partial(label.as_bytes(), first.as_bytes());
            assert_eq!(found, expected, "{label} {first}");
        }
    }

    /// A certificate for these host names.
    fn certificate_for(hosts: &[&str]) -> Vec<u8> {
        let names: Vec<Vec<u8>> = hosts
            .iter()
            .map(|host| tlv(0x82, &[host.as_bytes()]))
            .collect();
        let content = seq(&names.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let sample = Sample {
            tail: Sample::extensions(&[&extension(17, false, &content)]),
            ..Sample::default()
        };
        sample.der()
    }

    #[test]
    fn a_few_names_are_told() {
        let told = |hosts: &[&str]| names_of(&Parsed::read(&certificate_for(hosts)).unwrap());
        assert_eq!(told(&["a", "b"]), "it is for `a`, `b`");
        assert!(told(&["a", "b", "c", "d", "e"]).ends_with(", `e`"));
        assert!(told(&["a", "b", "c", "d", "e", "f"]).ends_with("`e`, 1 more"));
        let none = Sample::default().der();
        let none = names_of(&Parsed::read(&none).unwrap());
        assert_eq!(none, "it has no alternative name");
    }

    #[test]
    fn only_a_host_name_is_looked_for_among_host_names() {
        let der = certificate_for(&["example.com", "10.0.0.1", "two words"]);
        let certificate = Parsed::read(&der).unwrap();
        for (host, carried) in [
            ("example.com", true),
            ("example.com.", true),
            ("example.org", false),
            ("10.0.0.1", false),
            ("two words", false),
        ] {
            let profile = Profile::named("rfc5280").unwrap();
            let found = carries_host(&certificate, host.as_bytes(), profile);
            assert_eq!(found, carried, "{host}");
        }
    }
}
