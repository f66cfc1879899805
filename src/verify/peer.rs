//! Is the leaf for the name that was asked for? (RFC 9525; never by common name under the strict profiles.)

use super::certificate::Judge;
use super::certificate::seen_alt_names;
use super::constraints::{is_host, mailbox};
use super::der::tag;
use super::fault::Code;
use super::form::is_address;
use super::names::GeneralName;
use super::oids;
use super::options::{Options, PeerName};
use super::parsed::Parsed;
use super::profile::{Profile, Who, Wildcard};

/// Holds every wanted name against the leaf.
pub(crate) fn check(judge: &mut Judge<'_, '_, '_>) {
    let options = judge.options;
    for wanted in &options.names {
        if !carries(judge.certificate, wanted, options) {
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

fn carries(certificate: &Parsed<'_>, wanted: &PeerName, options: &Options) -> bool {
    let profile = options.profile;
    let names = seen_alt_names(certificate, options);
    match wanted {
        PeerName::Dns(host) => carries_host(certificate, host.as_bytes(), options),
        PeerName::Ip(octets) => {
            let same = |name: &GeneralName<'_>| matches!(name, GeneralName::Ip(found)
                if **found == **octets || (Who::GO.has(profile.who) && unmapped(found) == unmapped(octets)));
            names.iter().any(same) || curl_takes(certificate, wanted, profile)
        }
        PeerName::Email(address) => {
            names.iter().any(|name| matches!(name, GeneralName::Email(found) if same_mailbox(found, address.as_bytes())))
        }
    }
}

/// An address without the prefix that makes one of IPv6 of it (RFC 4291 §2.5.5.2).
pub(super) fn unmapped(octets: &[u8]) -> &[u8] {
    const PREFIX: [u8; 12] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
    octets
        .strip_prefix(&PREFIX)
        .filter(|rest| rest.len() == 4)
        .unwrap_or(octets)
}

/// curl takes the common name for an address as well, where there is no alternative name.
fn curl_takes(certificate: &Parsed<'_>, wanted: &PeerName, profile: &Profile) -> bool {
    let names = certificate.alt_names().iter();
    let mut named = names.map(|name| matches!(name, GeneralName::Dns(_) | GeneralName::Ip(_)));
    let text = wanted.describe();
    let values = certificate.subject_values(oids::COMMON_NAME);
    Who::CURL.has(profile.who)
        && !named.any(|one| one)
        && values
            .last()
            .is_some_and(|(_, value)| value == text.as_bytes())
}

fn carries_host(certificate: &Parsed<'_>, host: &[u8], options: &Options) -> bool {
    let profile = options.profile;
    let rule = profile.wildcard;
    if rule == Wildcard::Leftmost && !names_a_host(host) {
        return false;
    }
    let names = seen_alt_names(certificate, options);
    let mut listed = names.iter().filter_map(|name| match name {
        GeneralName::Dns(pattern) => Some(*pattern),
        _ => None,
    });
    let is_listed = listed.clone().next().is_some();
    let matches = |pattern: &[u8], host, rule| {
        matches(pattern, host, rule) && !is_beyond(pattern, host, options)
    };
    // Go took a lone star before 1.23.
    let bare = options.go_before(23) && dots(host) == 0;
    if listed.any(|pattern| matches(pattern, host, rule) || (bare && pattern == b"*")) {
        return true;
    }
    let common = common_names(certificate, is_listed, options);
    common.into_iter().any(|name| matches(name, host, rule))
}

/// A name that some releases of a program alone refuse; the JDK from 21 on a wildcard beyond the first label (17 takes it).
fn is_beyond(pattern: &[u8], host: &[u8], options: &Options) -> bool {
    let star = pattern.iter().rposition(|&byte| byte == b'*');
    match (options.profile.wildcard, star) {
        (Wildcard::Java, Some(star)) => !options.java_before(21) && pattern[..star].contains(&b'.'),
        (Wildcard::Node, Some(_)) => {
            let prefix = host.get(..4);
            options.node_keeps_wildcards_ascii()
                && prefix.is_some_and(|four| four.eq_ignore_ascii_case(b"xn--"))
        }
        (Wildcard::Curl, _) => pattern.ends_with(b".") && options.curl_takes_no_final_dot(),
        _ => false,
    }
}

/// A host name, a dot at its end or not.
fn names_a_host(host: &[u8]) -> bool {
    let host = undotted(host);
    is_host(host) && !is_address(host)
}

/// The common names that serve as host names, where no alternative name is one (`listed`).
fn common_names<'c>(certificate: &'c Parsed<'_>, listed: bool, options: &Options) -> Vec<&'c [u8]> {
    let profile = options.profile;
    let names = certificate.alt_names();
    let addressed = names.iter().any(|name| matches!(name, GeneralName::Ip(_)));
    // GnuTLS and curl fall back only if there is no address either.
    let blocked = addressed && Who::GNUTLS.and(Who::CURL).has(profile.who);
    if !profile.common_name || listed || blocked {
        return Vec::new();
    }
    let values = certificate.subject_values(oids::COMMON_NAME);
    // GnuTLS does not read a common name of this type.
    let any = profile.wildcard != Wildcard::GnuTls || options.gnutls_is_old();
    let read = |kind: u8| kind != tag::IA5_STRING || any;
    let mut all: Vec<&[u8]> = values
        .filter(|(kind, _)| read(*kind))
        .map(|(_, value)| value)
        .collect();
    match profile.wildcard {
        // The most specific one.
        Wildcard::Curl | Wildcard::Java => all.split_off(all.len().saturating_sub(1)),
        // RFC 6125 §1.8: one alone.
        Wildcard::GnuTls if all.len() > 1 => Vec::new(),
        _ => all,
    }
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

/// A presented DNS name against a host name, as each program compares them.
fn matches(pattern: &[u8], host: &[u8], rule: Wildcard) -> bool {
    match rule {
        Wildcard::Leftmost => standard(pattern, host),
        Wildcard::Whole => openssl(pattern, host, false),
        Wildcard::Partial => openssl(pattern, host, true),
        Wildcard::Curl => curl(pattern, host),
        Wildcard::Node => node(pattern, host),
        Wildcard::Go => go(pattern, host),
        Wildcard::GnuTls => gnutls(pattern, host),
        Wildcard::Java => java(pattern, host),
        Wildcard::Webpki => webpki(pattern, host),
    }
}

fn undotted(name: &[u8]) -> &[u8] {
    name.strip_suffix(b".").unwrap_or(name)
}

fn dots(name: &[u8]) -> usize {
    name.split(|&byte| byte == b'.').count() - 1
}

/// The first label, and the rest from its dot on.
fn split(name: &[u8]) -> Option<(&[u8], &[u8])> {
    let dot = name.iter().position(|&byte| byte == b'.')?;
    Some(name.split_at(dot))
}

/// RFC 9525 §6.3: `*` alone as the leftmost label.
fn standard(pattern: &[u8], host: &[u8]) -> bool {
    let (pattern, host) = (undotted(pattern), undotted(host));
    let Some(base) = pattern.strip_prefix(b"*.") else {
        return is_host(pattern) && pattern.eq_ignore_ascii_case(host);
    };
    let rest = split(host).and_then(|(_, rest)| rest.get(1..));
    is_host(base) && rest.is_some_and(|rest| rest.eq_ignore_ascii_case(base))
}

/// `equal_wildcard` in v3_utl.c; partial wildcards by default, whole ones alone for Python
/// (`X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS`).
fn openssl(pattern: &[u8], host: &[u8], partial: bool) -> bool {
    if host.starts_with(b".") || !valid_star(pattern, partial) {
        return pattern.eq_ignore_ascii_case(host);
    }
    let Some(star) = pattern.iter().position(|&byte| byte == b'*') else {
        return false;
    };
    let (head, tail) = (&pattern[..star], &pattern[star + 1..]);
    let whole = head.is_empty() && tail.starts_with(b".");
    let Some(length) = host.len().checked_sub(head.len() + tail.len()) else {
        return false;
    };
    let (start, rest) = host.split_at(head.len());
    let (middle, end) = rest.split_at(length);
    let international = has_prefix(host, b"xn--");
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    start.eq_ignore_ascii_case(head)
        && end.eq_ignore_ascii_case(tail)
        && (!whole || !middle.is_empty())
        && (whole || !international)
        && (middle == b"*" || middle.iter().all(plain))
}

fn has_prefix(text: &[u8], prefix: &[u8]) -> bool {
    let start = text.get(..prefix.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// `valid_star`: one `*` at the start or the end of the first label, which is none of IDNA, before two labels of
/// letters, digits and hyphens.
fn valid_star(pattern: &[u8], partial: bool) -> bool {
    let mut labels = pattern.split(|&byte| byte == b'.');
    let first = labels.next().unwrap_or_default();
    let edge = first.starts_with(b"*") || first.ends_with(b"*");
    let bare: Vec<u8> = first.iter().copied().filter(|&byte| byte != b'*').collect();
    let fine = |label: &[u8]| {
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
        label.iter().all(plain) && !label.starts_with(b"-") && !label.ends_with(b"-")
    };
    // A hyphen may stand between the star and letters, not at the edge of the label.
    let outer = !first.starts_with(b"-") && !first.ends_with(b"-");
    let inner = bare
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
    edge && first.len() == bare.len() + 1
        && (partial || bare.is_empty())
        && outer
        && inner
        && !has_prefix(first, b"xn--")
        && labels.all(|label| !label.is_empty() && fine(label))
        && dots(pattern) >= 2
}

/// `Curl_cert_hostcheck`: dots at the end don't count, `*.` before two labels stands for any first label.
fn curl(pattern: &[u8], host: &[u8]) -> bool {
    let (pattern, host) = (undotted(pattern), undotted(host));
    match pattern.strip_prefix(b"*") {
        Some(base) if base.starts_with(b".") && dots(pattern) >= 2 => {
            let rest = split(host).filter(|(first, _)| !first.is_empty());
            !is_address(host) && rest.is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(base))
        }
        Some(base) if base.starts_with(b".") && is_address(host) => false,
        _ => !host.is_empty() && pattern.eq_ignore_ascii_case(host),
    }
}

/// `tls.checkServerIdentity`: one `*` anywhere in the first label, before two labels.
fn node(pattern: &[u8], host: &[u8]) -> bool {
    let (pattern, host) = (undotted(pattern), undotted(host));
    let visible = |byte: &u8| (0x21..0x80).contains(byte);
    let labels = |name: &[u8]| name.split(|&byte| byte == b'.').any(<[u8]>::is_empty);
    if labels(pattern) || !pattern.iter().all(visible) || dots(pattern) != dots(host) {
        return false;
    }
    let nothing = &b""[..];
    let (first, base) = split(pattern).unwrap_or((pattern, nothing));
    let (label, rest) = split(host).unwrap_or((host, nothing));
    let stars = first.split(|&byte| byte == b'*').count() - 1;
    if !base.eq_ignore_ascii_case(rest) {
        return false;
    }
    if stars == 0
        || first
            .windows(4)
            .any(|four| four.eq_ignore_ascii_case(b"xn--"))
    {
        return first.eq_ignore_ascii_case(label);
    }
    let star = first.iter().position(|&byte| byte == b'*').unwrap_or(0);
    let (head, tail) = (&first[..star], &first[star + 1..]);
    stars == 1
        && dots(pattern) >= 2
        && head.len() + tail.len() <= label.len()
        && has_prefix(label, head)
        && label[label.len() - tail.len()..].eq_ignore_ascii_case(tail)
}

/// `VerifyHostname`: what is no host name, on either side, is compared as it stands.
fn go(pattern: &[u8], host: &[u8]) -> bool {
    let asked = undotted(host);
    if !go_host(asked, false) || !go_host(pattern, true) {
        let nothing = |name: &[u8]| matches!(name, b"" | b".");
        return !nothing(host) && !nothing(pattern) && pattern.eq_ignore_ascii_case(host);
    }
    match pattern.strip_prefix(b"*.") {
        Some(base) => split(asked).is_some_and(|(_, rest)| rest[1..].eq_ignore_ascii_case(base)),
        None => pattern.eq_ignore_ascii_case(asked),
    }
}

/// `validHostname`.
fn go_host(name: &[u8], pattern: bool) -> bool {
    let name = if pattern {
        name.strip_prefix(b"*.").unwrap_or(name)
    } else {
        name
    };
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    name.split(|&byte| byte == b'.')
        .all(|label| !label.is_empty() && !label.starts_with(b"-") && label.iter().all(plain))
}

/// `gnutls_hostname_compare`: `*` at the very start, before two labels, stands for any part of a label.
fn gnutls(pattern: &[u8], host: &[u8]) -> bool {
    let Some(tail) = pattern.strip_prefix(b"*") else {
        return !pattern.is_empty() && pattern.eq_ignore_ascii_case(host);
    };
    let Some(length) = host.len().checked_sub(tail.len()) else {
        return false;
    };
    let (covered, end) = host.split_at(length);
    dots(tail) >= 2
        && !tail.ends_with(b".")
        && !covered.contains(&b'.')
        && end.eq_ignore_ascii_case(tail)
}

/// `HostnameChecker` of type TLS: `*` in any label and anywhere in it, but no underscores and no dots at the end.
fn java(pattern: &[u8], host: &[u8]) -> bool {
    let last = pattern.iter().rposition(|&byte| byte == b'*');
    let deep = last.is_none_or(|star| pattern[star..].contains(&b'.'));
    let letters: Vec<u8> = pattern
        .iter()
        .map(|&byte| if byte == b'*' { b'z' } else { byte })
        .collect();
    if !deep || pattern == b"*." || !ldh(&letters) || !ldh(host) || dots(pattern) != dots(host) {
        return false;
    }
    let labels = |name: &[u8]| -> Vec<Vec<u8>> {
        let labels = name.split(|&byte| byte == b'.');
        labels.map(<[u8]>::to_ascii_lowercase).collect()
    };
    let (patterns, hosts) = (labels(pattern), labels(host));
    patterns
        .iter()
        .zip(&hosts)
        .all(|(pattern, label)| java_label(pattern, label))
}

/// Labels of letters, digits and inner hyphens (`IDN.USE_STD3_ASCII_RULES`).
fn ldh(name: &[u8]) -> bool {
    is_host(name) && !name.contains(&b'_')
}

/// `matchWildCards`: the parts between the stars, one after another.
fn java_label(pattern: &[u8], label: &[u8]) -> bool {
    let mut parts: Vec<&[u8]> = pattern.split(|&byte| byte == b'*').collect();
    let Some(end) = parts.pop().filter(|_| !parts.is_empty()) else {
        return pattern == label;
    };
    let mut rest = label;
    for (at, part) in parts.into_iter().enumerate() {
        let found = match part {
            b"" => Some(0),
            part => rest.windows(part.len()).position(|window| window == part),
        };
        let Some(place) = found.filter(|&place| at > 0 || place == 0) else {
            return false;
        };
        rest = &rest[place + part.len()..];
    }
    rest.ends_with(end)
}

/// `presented_id_matches_reference_id` of rustls-webpki.
fn webpki(pattern: &[u8], host: &[u8]) -> bool {
    let host = undotted(host);
    if !webpki_name(host) {
        return false;
    }
    match pattern.strip_prefix(b"*.") {
        Some(base) => {
            let rest = split(host).map(|(_, rest)| &rest[1..]);
            webpki_name(base)
                && dots(base) >= 1
                && rest.is_some_and(|rest| rest.eq_ignore_ascii_case(base))
        }
        None => webpki_name(pattern) && pattern.eq_ignore_ascii_case(host),
    }
}

/// `is_valid_dns_id`: the last label is no number.
pub(super) fn webpki_name(name: &[u8]) -> bool {
    let last = name.rsplit(|&byte| byte == b'.').next().unwrap_or_default();
    is_host(name) && !last.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cert::tests::sample::{Sample, extension, seq, tlv};

    /// As the real programs were seen to answer: RFC 9525, OpenSSL, Python, curl, Node.js, Go, GnuTLS, Java, rustls.
    const MEASURED: &[(&str, &str, &str)] = &[
        ("host.example.com", "HOST.Example.com", "+++++++++"),
        ("*.example.com", "ho_st.example.com", "+--++++-+"),
        ("host.example.com.", "host.example.com", "+--++----"),
        ("ba*.example.com", "ba.example.com", "-+--+--+-"),
        ("b*z.example.com", "baz.example.com", "----+--+-"),
        ("*z.example.com", "z.example.com", "-+--+-++-"),
        ("www.*.com", "www.example.com", "-------+-"),
        ("*.com", "example.com", "+----+-+-"),
        ("*.a-.example", "host.a-.example", "---++++--"),
        ("*.example.com", "xn--a.example.com", "+++++++++"),
        ("x*.example.com", "xn--a.example.com", "----+--+-"),
        ("a-.example.com", "a-.example.com", "-++++++--"),
        ("*.host.example.com", "host.example.com", "---------"),
        ("foo.*.example.com", "foo.bar.example.com", "-------+-"),
        ("*", "com", "---------"),
    ];

    #[test]
    fn each_program_compares_names_in_its_own_way() {
        use Wildcard::{Curl, GnuTls, Go, Java, Leftmost, Node, Partial, Webpki, Whole};
        let rules = [
            Leftmost, Partial, Whole, Curl, Node, Go, GnuTls, Java, Webpki,
        ];
        for (pattern, host, expected) in MEASURED {
            let of = |rule| matches(pattern.as_bytes(), host.as_bytes(), rule);
            let found: String = rules
                .map(|rule| if of(rule) { '+' } else { '-' })
                .iter()
                .collect();
            assert_eq!(found, *expected, "{pattern} {host}");
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
            let found = carries_host(&certificate, host.as_bytes(), &Options::at(0));
            assert_eq!(found, carried, "{host}");
        }
    }
}
