//! Name constraints (RFC 5280 §4.2.1.10): reading them and holding names against them.

use super::der::{self, Malformed, Read, Reader, tag};
use super::names::GeneralName;

/// The permitted and excluded subtrees of one certificate.
#[derive(Clone, Debug, Default)]
pub(crate) struct Constraints<'a> {
    pub(crate) permitted: Vec<Subtree<'a>>,
    pub(crate) excluded: Vec<Subtree<'a>>,
    /// Neither list is there, or one that is there is empty (`GeneralSubtrees ::= SEQUENCE SIZE (1..MAX)`).
    pub(crate) empty: bool,
}

/// One subtree.
#[derive(Clone, Debug)]
pub(crate) struct Subtree<'a> {
    pub(crate) base: GeneralName<'a>,
    /// `minimum` other than 0, or `maximum`, which the profile forbids.
    pub(crate) bounded: bool,
    /// Any of the two is written out, be it the default.
    pub(crate) written: bool,
}

impl<'a> Constraints<'a> {
    /// Reads the extension's content.
    pub(crate) fn read(bytes: &'a [u8]) -> Read<Self> {
        let mut reader = der::sequence(bytes)?;
        let permitted = reader.optional(0xa0)?;
        let excluded = reader.optional(0xa1)?;
        reader.finish()?;
        let lists = [permitted, excluded];
        let empty =
            lists.iter().all(Option::is_none) || lists.iter().flatten().any(|list| list.is_empty());
        Ok(Self {
            permitted: subtrees(permitted.unwrap_or_default())?,
            excluded: subtrees(excluded.unwrap_or_default())?,
            empty,
        })
    }

    /// All subtrees, permitted ones first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Subtree<'a>> {
        self.permitted.iter().chain(&self.excluded)
    }
}

fn subtrees(bytes: &[u8]) -> Read<Vec<Subtree<'_>>> {
    let mut reader = Reader::new(bytes);
    let mut found = Vec::new();
    while !reader.is_empty() {
        let mut subtree = Reader::new(reader.expect(tag::SEQUENCE)?);
        let base = GeneralName::read(&mut subtree)?;
        let minimum = subtree.optional(0x80)?.map(der::unsigned).transpose()?;
        let maximum = subtree.optional(0x81)?;
        subtree.finish()?;
        found.push(Subtree {
            base,
            bounded: minimum.is_some_and(|minimum| minimum != 0) || maximum.is_some(),
            written: minimum.is_some() || maximum.is_some(),
        });
    }
    Ok(found)
}

/// How a name stands to a subtree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// Of another kind: the subtree says nothing of it.
    Unrelated,
    Inside,
    Outside,
    /// A wildcard of which some expansions lie inside (only DNS).
    Partly,
    /// The name is malformed: whether it lies inside can't be said.
    BadName,
    /// The subtree is malformed.
    BadSubtree,
    /// A kind of name that nobody can hold against a subtree of its kind.
    Unsupported,
}

/// Holds a name against a subtree.
pub(crate) fn fit(name: &GeneralName<'_>, subtree: &GeneralName<'_>) -> Fit {
    match (name, subtree) {
        (GeneralName::Dns(name), GeneralName::Dns(subtree)) => fit_dns(name, subtree),
        (GeneralName::Email(name), GeneralName::Email(subtree)) => fit_email(name, subtree),
        (GeneralName::Smtp(name), GeneralName::Email(subtree)) => fit_smtp(name, subtree),
        (GeneralName::Uri(name), GeneralName::Uri(subtree)) => fit_uri(name, subtree),
        (GeneralName::Ip(name), GeneralName::Ip(subtree)) => fit_ip(name, subtree),
        (GeneralName::Directory(name), GeneralName::Directory(subtree)) => {
            inside(name.within(subtree))
        }
        (GeneralName::Other(kind, _), GeneralName::Other(of, _)) if kind == of => Fit::Unsupported,
        (
            GeneralName::Smtp(_) | GeneralName::Other(0, _),
            GeneralName::Smtp(_) | GeneralName::Other(0, _),
        ) => Fit::Unsupported,
        _ => Fit::Unrelated,
    }
}

fn inside(yes: bool) -> Fit {
    if yes { Fit::Inside } else { Fit::Outside }
}

/// A DNS name: letters, digits, hyphens (and the underscore, which issuers use) in labels of 1 to 63 octets.
pub(crate) fn is_host(name: &[u8]) -> bool {
    let label = |label: &[u8]| {
        let fine = |&byte: &u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        !label.is_empty()
            && label.len() <= 63
            && label.iter().all(fine)
            && label[0] != b'-'
            && label.last() != Some(&b'-')
    };
    !name.is_empty() && name.len() <= 253 && name.split(|&byte| byte == b'.').all(label)
}

/// The suffix matches whole labels; `strict` wants at least one label more.
fn under(name: &[u8], suffix: &[u8], strict: bool) -> bool {
    let Some(split) = name.len().checked_sub(suffix.len()) else {
        return false;
    };
    let (head, tail) = name.split_at(split);
    if !tail.eq_ignore_ascii_case(suffix) {
        return false;
    }
    if head.is_empty() {
        !strict
    } else {
        suffix.is_empty() || head.last() == Some(&b'.')
    }
}

fn fit_dns(name: &[u8], subtree: &[u8]) -> Fit {
    // A leading dot isn't in RFC 5280's syntax for DNS, yet everyone takes it as "at least one label more".
    let (bare, strict) = subtree
        .strip_prefix(b".")
        .map_or((subtree, false), |bare| (bare, true));
    if !bare.is_empty() && !is_host(bare) {
        return Fit::BadSubtree;
    }
    let name = name.strip_suffix(b".").unwrap_or(name);
    match name.strip_prefix(b"*.") {
        Some(base) if is_host(base) => fit_wildcard(base, bare, strict),
        _ if is_host(name) => inside(under(name, bare, strict)),
        _ => Fit::BadName,
    }
}

/// `*.base` stands for all names of one label more: wholly inside, or partly if the subtree is one of them.
fn fit_wildcard(base: &[u8], subtree: &[u8], strict: bool) -> Fit {
    if under(base, subtree, false) {
        return Fit::Inside;
    }
    let child = subtree
        .iter()
        .position(|&byte| byte == b'.')
        .map(|dot| &subtree[dot + 1..]);
    if !strict && child.is_some_and(|parent| parent.eq_ignore_ascii_case(base)) {
        Fit::Partly
    } else {
        Fit::Outside
    }
}

/// Local part and host of a mailbox; exactly one `@`.
pub(crate) fn mailbox(address: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = address.iter().position(|&byte| byte == b'@')?;
    let (local, host) = (&address[..at], &address[at + 1..]);
    let plain = |byte: &u8| byte.is_ascii_graphic() && *byte != b'@';
    (!local.is_empty() && local.iter().all(plain) && is_host(host)).then_some((local, host))
}

fn fit_email(name: &[u8], subtree: &[u8]) -> Fit {
    mailbox(name).map_or(Fit::BadName, |parts| fit_mailbox(parts, subtree))
}

/// RFC 9598 §6: constraints on mailboxes hold for those beyond ASCII as well; the host is in its ASCII form.
fn fit_smtp(name: &[u8], subtree: &[u8]) -> Fit {
    let at = name.iter().rposition(|&byte| byte == b'@');
    let parts = at.map(|at| (&name[..at], &name[at + 1..]));
    let sound = |(local, host): &(&[u8], &[u8])| !local.is_empty() && is_host(host);
    parts
        .filter(sound)
        .map_or(Fit::BadName, |parts| fit_mailbox(parts, subtree))
}

fn fit_mailbox((local, host): (&[u8], &[u8]), subtree: &[u8]) -> Fit {
    if subtree.contains(&b'@') {
        let Some((wanted, at)) = mailbox(subtree) else {
            return Fit::BadSubtree;
        };
        return inside(local == wanted && host.eq_ignore_ascii_case(at));
    }
    match subtree.strip_prefix(b".") {
        Some(domain) if is_host(domain) => inside(under(host, domain, true)),
        None if subtree.is_empty() => Fit::Inside,
        None if is_host(subtree) => inside(host.eq_ignore_ascii_case(subtree)),
        _ => Fit::BadSubtree,
    }
}

/// The host of a URI (RFC 3986 §3.2.2), if it has one that is a name.
pub(crate) fn uri_host(uri: &[u8]) -> Option<&[u8]> {
    let start = uri.windows(3).position(|three| three == b"://")? + 3;
    let authority = uri
        .get(start..)?
        .split(|byte| b"/?#".contains(byte))
        .next()?;
    let host = authority.rsplit(|&byte| byte == b'@').next()?;
    let host = host.split(|&byte| byte == b':').next()?;
    let number = host
        .split(|&byte| byte == b'.')
        .all(|part| part.iter().all(u8::is_ascii_digit));
    (is_host(host) && !number).then_some(host)
}

fn fit_uri(name: &[u8], subtree: &[u8]) -> Fit {
    let Some(host) = uri_host(name) else {
        return Fit::BadName;
    };
    match subtree.strip_prefix(b".") {
        Some(domain) if is_host(domain) => inside(under(host, domain, true)),
        None if subtree.is_empty() => Fit::Inside,
        None if is_host(subtree) => inside(host.eq_ignore_ascii_case(subtree)),
        _ => Fit::BadSubtree,
    }
}

fn fit_ip(name: &[u8], subtree: &[u8]) -> Fit {
    let (base, mask) = match subtree.len() {
        8 | 32 => subtree.split_at(subtree.len() / 2),
        _ => return Fit::BadSubtree,
    };
    if !contiguous(mask) {
        return Fit::BadSubtree;
    }
    match name.len() {
        4 | 16 if name.len() != base.len() => Fit::Outside,
        4 | 16 => inside(
            name.iter()
                .zip(base)
                .zip(mask)
                .all(|((name, base), mask)| name & mask == base & mask),
        ),
        _ => Fit::BadName,
    }
}

/// Ones, then zeros: a CIDR prefix (RFC 4632).
fn contiguous(mask: &[u8]) -> bool {
    let ones = mask.iter().map(|byte| byte.count_ones()).sum::<u32>();
    let leading = mask
        .iter()
        .position(|&byte| byte != 0xff)
        .map_or(mask.len() as u32 * 8, |place| {
            place as u32 * 8 + mask.get(place).map_or(0, |byte| byte.leading_ones())
        });
    ones == leading
}

/// Whether a subtree is well formed in itself, whatever name is held against it.
pub(crate) fn well_formed(subtree: &GeneralName<'_>) -> Read<()> {
    let probe = match subtree {
        GeneralName::Dns(_) => fit(&GeneralName::Dns(b"a"), subtree),
        GeneralName::Email(_) => fit(&GeneralName::Email(b"a@a"), subtree),
        GeneralName::Uri(_) => fit(&GeneralName::Uri(b"a://a"), subtree),
        GeneralName::Ip(_) => fit(&GeneralName::Ip(vec![0; 4].into()), subtree),
        GeneralName::Directory(_) | GeneralName::Smtp(_) | GeneralName::Other(..) => Fit::Unrelated,
    };
    if probe == Fit::BadSubtree {
        Err(Malformed)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dns_subtrees_hold_the_name_and_all_below_it() {
        let cases: &[(&str, &str, Fit)] = &[
            ("example.com", "example.com", Fit::Inside),
            ("WWW.Example.com", "example.COM", Fit::Inside),
            ("notexample.com", "example.com", Fit::Outside),
            ("com", "example.com", Fit::Outside),
            ("example.com", "", Fit::Inside),
            ("example.com", ".example.com", Fit::Outside),
            ("a.example.com", ".example.com", Fit::Inside),
            ("*.example.com", "example.com", Fit::Inside),
            ("*.example.com", ".example.com", Fit::Inside),
            ("*.example.com", "bar.example.com", Fit::Partly),
            ("*.example.com", "a.bar.example.com", Fit::Outside),
            ("*.example.com", "other.org", Fit::Outside),
            (".example.com", "example.com", Fit::BadName),
            ("a..b", "b", Fit::BadName),
            ("*.a..b", "b", Fit::BadName),
            ("example.com", "*.example.com", Fit::BadSubtree),
            ("example.com.", "example.com", Fit::Inside),
        ];
        for (name, subtree, expected) in cases {
            assert_eq!(
                fit_dns(name.as_bytes(), subtree.as_bytes()),
                *expected,
                "{name} in {subtree}"
            );
        }
    }

    #[test]
    fn mail_subtrees_are_a_mailbox_a_host_or_a_domain() {
        let cases: &[(&str, &str, Fit)] = &[
            ("a@example.com", "a@EXAMPLE.com", Fit::Inside),
            ("A@example.com", "a@example.com", Fit::Outside),
            ("a@example.com", "example.com", Fit::Inside),
            ("a@www.example.com", "example.com", Fit::Outside),
            ("a@www.example.com", ".example.com", Fit::Inside),
            ("a@example.com", ".example.com", Fit::Outside),
            ("*@example.com", "*@example.com", Fit::Inside),
            ("b@example.com", "*@example.com", Fit::Outside),
            ("a@b@example.com", "example.com", Fit::BadName),
            ("a@example.com", "a@b@example.com", Fit::BadSubtree),
            ("a b@example.com", "example.com", Fit::BadName),
            ("@example.com", "example.com", Fit::BadName),
            ("a@bad..example", "example.com", Fit::BadName),
            ("a@example.com", "", Fit::Inside),
            ("a@example.com", ".bad..com", Fit::BadSubtree),
            ("a@example.com", "bad..com", Fit::BadSubtree),
        ];
        for (name, subtree, expected) in cases {
            assert_eq!(
                fit_email(name.as_bytes(), subtree.as_bytes()),
                *expected,
                "{name} in {subtree}"
            );
        }
    }

    #[test]
    fn uri_subtrees_look_at_the_host_only() {
        let cases: &[(&str, &str, Fit)] = &[
            (
                "https://u@host.example.com:8443/x?y",
                "host.example.com",
                Fit::Inside,
            ),
            ("https://host.example.com", "example.com", Fit::Outside),
            ("https://host.example.com/", ".example.com", Fit::Inside),
            ("https://example.com/", ".example.com", Fit::Outside),
            ("https://192.0.2.1/", "example.com", Fit::BadName),
            ("urn:x", "example.com", Fit::BadName),
            ("https://example.com/", "", Fit::Inside),
            ("https://example.com/", ".bad..com", Fit::BadSubtree),
            ("https://example.com/", "bad..com", Fit::BadSubtree),
        ];
        for (name, subtree, expected) in cases {
            assert_eq!(
                fit_uri(name.as_bytes(), subtree.as_bytes()),
                *expected,
                "{name} in {subtree}"
            );
        }
    }

    #[test]
    fn address_subtrees_are_a_prefix() {
        let net = [192, 0, 2, 0, 255, 255, 255, 0];
        assert_eq!(fit_ip(&[192, 0, 2, 7], &net), Fit::Inside);
        assert_eq!(fit_ip(&[192, 0, 3, 7], &net), Fit::Outside);
        assert_eq!(fit_ip(&[0; 16], &net), Fit::Outside);
        assert_eq!(fit_ip(&net, &net), Fit::BadName);
        assert_eq!(fit_ip(&[192, 0, 2, 7], &net[..4]), Fit::BadSubtree);
        assert_eq!(
            fit_ip(&[192, 0, 2, 7], &[192, 0, 2, 0, 255, 0, 255, 0]),
            Fit::BadSubtree
        );
        assert_eq!(fit_ip(&[192, 0, 2, 7], &[0; 8]), Fit::Inside);
        assert_eq!(
            fit_ip(&[192, 0, 2, 7], &[0, 0, 0, 0, 0, 255, 0, 0]),
            Fit::BadSubtree
        );
        let wide = [172, 16, 0, 0, 255, 240, 0, 0];
        assert_eq!(fit_ip(&[172, 31, 5, 5], &wide), Fit::Inside);
        assert_eq!(fit_ip(&[172, 32, 5, 5], &wide), Fit::Outside);
        let mut long = [0; 16];
        long[..4].copy_from_slice(&[192, 0, 2, 7]);
        assert_eq!(fit_ip(&long, &net), Fit::Outside);
    }

    #[test]
    fn other_kinds_of_name_are_held_against_their_own_kind_only() {
        let held = |name, of| fit(&GeneralName::Other(name, b""), &GeneralName::Other(of, b""));
        assert_eq!(held(0, 0), Fit::Unsupported);
        assert_eq!(held(0, 3), Fit::Unrelated);
        assert_eq!(
            fit(&GeneralName::Dns(b"a"), &GeneralName::Email(b"a")),
            Fit::Unrelated
        );
    }
}
