//! The CA/Browser Forum's Baseline Requirements as far as a chain shows them: errors under `webpki`, warnings under `rfc5280`.

use super::certificate::Judge;
use super::constraints::is_host;
use super::extensions::Extension;
use super::fault::{Code, Role};
use super::form;
use super::key::{Curve, Kind};
use super::names::{GeneralName, address};
use super::oids;

/// Notes every departure from the Baseline Requirements.
pub(crate) fn check(judge: &mut Judge<'_, '_, '_>) {
    key(judge);
    key_identifiers(judge);
    match judge.role {
        Role::Leaf => {
            subscriber_purposes(judge);
            subscriber_names(judge);
        }
        Role::Anchor if judge.certificate.self_issued() => root(judge),
        _ => {}
    }
}

fn key(judge: &mut Judge<'_, '_, '_>) {
    let key = judge.certificate.key;
    match key.kind {
        Kind::Rsa(_) | Kind::RsaPss(..) if key.bits() < 2048 => {
            judge.note(Code::KeyForbidden, || {
                format!("has a {} key, 2048 bits are the least", key.describe())
            });
        }
        Kind::Rsa(_) | Kind::RsaPss(..) if !key.bits().is_multiple_of(8) => {
            judge.note(Code::ModulusOdd, || {
                format!("has a modulus of {} bits, no multiple of 8", key.bits())
            });
        }
        Kind::Rsa(_) | Kind::Ec(Curve::P256 | Curve::P384 | Curve::P521 | Curve::Explicit(_)) => {}
        _ => judge.note(Code::KeyForbidden, || {
            format!("has a {} key, which is not permitted", key.describe())
        }),
    }
}

fn key_identifiers(judge: &mut Judge<'_, '_, '_>) {
    if let Some(authority) = judge.certificate.authority_key()
        && (authority.key_id.is_none() || authority.issuer.is_some() || authority.serial.is_some())
    {
        judge.note(Code::AuthorityKeyForm, || {
            "has an authorityKeyIdentifier that is not a key identifier alone".into()
        });
    }
}

fn root(judge: &mut Judge<'_, '_, '_>) {
    if judge.certificate.extensions.extended_key_usage.is_some() {
        judge.note(Code::RootPurposes, || {
            "is a root with an extended key usage".into()
        });
    }
    let authority = judge
        .certificate
        .authority_key()
        .and_then(|authority| authority.key_id);
    if authority.is_some() && authority != judge.certificate.subject_key_id() {
        judge.note(Code::RootAuthorityKey, || {
            "is a root whose authority key identifier is not its own".into()
        });
    }
}

fn subscriber_purposes(judge: &mut Judge<'_, '_, '_>) {
    let certificate = judge.certificate;
    match &certificate.extensions.extended_key_usage {
        None => judge.note(Code::PurposesMissing, || "has no extended key usage".into()),
        Some(Extension { critical, value }) => {
            if *critical {
                judge.note(Code::PurposesCritical, || {
                    "has a critical extended key usage".into()
                });
            }
            if value
                .as_ref()
                .is_ok_and(|purposes| purposes.contains(&oids::ANY_EXTENDED_KEY_USAGE))
            {
                judge.note(Code::AnyPurpose, || "may be used for any purpose".into());
            }
        }
    }
}

fn subscriber_names(judge: &mut Judge<'_, '_, '_>) {
    let certificate = judge.certificate;
    let critical = certificate
        .extensions
        .alt_names
        .as_ref()
        .is_some_and(|extension| extension.critical);
    if critical && !certificate.subject.is_empty() {
        judge.note(Code::AltNameCritical, || {
            "has a critical alternative name beside a subject".into()
        });
    }
    if certificate.extensions.alt_names.is_none() {
        judge.note(Code::NoAltName, || "has no alternative name".into());
    }
    for name in certificate.alt_names() {
        if let GeneralName::Dns(text) = name
            && covers_public_suffix(text)
        {
            judge.note(Code::WildcardSuffix, || {
                format!("has `{}`, which covers a public suffix", name.describe())
            });
        }
    }
    common_name(judge);
}

/// `*`, or `*.` before a name under which anyone may register (the Public Suffix List, private section included).
fn covers_public_suffix(pattern: &[u8]) -> bool {
    match pattern.strip_prefix(b"*.") {
        Some(base) => {
            let base = base.to_ascii_lowercase();
            psl::suffix(&base).is_some_and(|suffix| suffix.as_bytes() == base)
        }
        None => pattern == b"*",
    }
}

/// BR 7.1.4.3: a common name is a copy, character for character, of one alternative name.
fn common_name(judge: &mut Judge<'_, '_, '_>) {
    let certificate = judge.certificate;
    let names = certificate.alt_names();
    let stray = |value: &[u8]| !names.iter().any(|name| is_copy(value, name));
    let strays: Vec<(Code, String)> = certificate
        .subject_values(oids::COMMON_NAME)
        .filter(|(_, value)| stray(value))
        .map(|(_, value)| {
            (
                stray_code(value, names),
                String::from_utf8_lossy(value).into_owned(),
            )
        })
        .collect();
    for (code, name) in strays {
        judge.note(code, || {
            format!("has the common name `{name}`, which is not among its alternative names")
        });
    }
}

/// A host name beside nothing it could be a copy of (wildcards, addresses) misleads nobody; x509-limbo takes it too.
fn stray_code(value: &[u8], names: &[GeneralName<'_>]) -> Code {
    let plain =
        |name: &GeneralName<'_>| matches!(name, GeneralName::Dns(text) if !text.starts_with(b"*"));
    let host = is_host(value) && value.contains(&b'.') && !looks_numeric(value);
    if host && !names.is_empty() && !names.iter().any(plain) {
        Code::CommonNameStray
    } else {
        Code::CommonNameNotInAltNames
    }
}

/// An address in some notation: every label is a number, decimal or hexadecimal.
fn looks_numeric(text: &[u8]) -> bool {
    let number = |label: &[u8]| {
        let digits = label.strip_prefix(b"0x").or(label.strip_prefix(b"0X"));
        digits.map_or(label.iter().all(u8::is_ascii_digit), |digits| {
            digits.iter().all(u8::is_ascii_hexdigit)
        })
    };
    text.split(|&byte| byte == b'.').all(number)
}

fn is_copy(value: &[u8], name: &GeneralName<'_>) -> bool {
    match name {
        GeneralName::Dns(text) | GeneralName::Email(text) => {
            value == *text && !form::is_address(text)
        }
        GeneralName::Ip(octets) => value == address(octets).as_bytes(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_must_stay_inside_one_registered_name() {
        for (pattern, covers) in [
            ("*", true),
            ("*.com", true),
            ("*.co.uk", true),
            ("*.s3.amazonaws.com", true),
            ("*.CO.UK", true),
            ("*.example.com", false),
            ("*.example.co.uk", false),
            ("com", false),
        ] {
            assert_eq!(
                covers_public_suffix(pattern.as_bytes()),
                covers,
                "{pattern}"
            );
        }
    }

    #[test]
    fn a_common_name_is_a_copy_of_a_name_or_of_an_address() {
        let address = GeneralName::Ip(vec![10, 0, 0, 1].into());
        for (value, name, copy) in [
            ("example.com", &GeneralName::Dns(b"example.com"), true),
            ("EXAMPLE.com", &GeneralName::Dns(b"example.com"), false),
            ("a@example.com", &GeneralName::Email(b"a@example.com"), true),
            ("10.0.0.1", &address, true),
            ("10.0.0.2", &address, false),
            ("10.0.0.1", &GeneralName::Dns(b"10.0.0.1"), false),
            ("http://a/", &GeneralName::Uri(b"http://a/"), false),
        ] {
            assert_eq!(is_copy(value.as_bytes(), name), copy, "{value} {name:?}");
        }
    }

    #[test]
    fn a_host_beside_wildcards_and_addresses_alone_is_only_stray() {
        let wildcard = || GeneralName::Dns(b"*.example.com");
        let address = || GeneralName::Ip(vec![10, 0, 0, 1].into());
        for (value, names, stray) in [
            ("example.com", vec![wildcard(), address()], true),
            ("example.com", vec![], false),
            (
                "example.com",
                vec![wildcard(), GeneralName::Dns(b"a.org")],
                false,
            ),
            ("example", vec![wildcard()], false),
            ("10.0.0.2", vec![address()], false),
            ("0x0a.0.0.2", vec![address()], false),
            ("an example.com", vec![wildcard()], false),
        ] {
            let found = stray_code(value.as_bytes(), &names) == Code::CommonNameStray;
            assert_eq!(found, stray, "{value} {names:?}");
        }
    }
}
