//! The form that RFC 5280 §4 gives a certificate, beyond what validation itself needs.

use super::certificate::{Judge, alt_name_in_order, has_explicit_curve};
use super::extensions::{Extension, usage};
use super::fault::{Code, Role};
use super::names::GeneralName;
use super::parsed::Parsed;
use super::profile::Who;
use super::signature::Outcome;

/// Notes every departure from the profile of RFC 5280 §4.
pub(crate) fn check(judge: &mut Judge<'_, '_, '_>) {
    serial(judge);
    key_identifiers(judge);
    authority(judge);
    stray(judge);
    criticality(judge);
    alt_names(judge);
    rest(judge);
}

fn serial(judge: &mut Judge<'_, '_, '_>) {
    let serial = judge.certificate.x509.tbs_certificate.raw_serial();
    if serial.first().is_some_and(|first| first & 0x80 != 0) {
        judge.note(Code::SerialNegative, || {
            "has a negative serial number".into()
        });
    }
    if serial.iter().all(|&byte| byte == 0) {
        judge.note(Code::SerialZero, || "has serial number 0".into());
    }
    if serial.len() > 20 {
        judge.note(Code::SerialTooLong, || {
            format!("has a serial number of {} octets", serial.len())
        });
    }
}

fn key_identifiers(judge: &mut Judge<'_, '_, '_>) {
    let certificate = judge.certificate;
    let authority = certificate.extensions.authority_key.as_ref();
    let key_id = certificate
        .authority_key()
        .and_then(|authority| authority.key_id);
    // libcrypto asks for them in version 3.
    let asked = !judge.is(Who::LIBCRYPTO) || certificate.version() >= 3;
    if asked && key_id.is_none() && authority.is_none_or(|extension| extension.value.is_ok()) {
        if judge.role == Role::Anchor && !signed_itself(certificate) {
            judge.note(Code::AnchorAuthorityKeyMissing, || {
                "is not self-signed and has no authority key identifier".into()
            });
        } else if !certificate.self_issued() {
            judge.note(Code::AuthorityKeyMissing, || {
                "has no authority key identifier".into()
            });
        }
    }
    if authority.is_some_and(|extension| extension.critical) {
        judge.note(Code::AuthorityKeyCritical, || {
            "has a critical authorityKeyIdentifier".into()
        });
    }
    match &certificate.extensions.subject_key {
        None if certificate.is_ca() && asked => {
            judge.note(Code::SubjectKeyMissing, || {
                "is a CA without subject key identifier".into()
            });
        }
        Some(extension) if extension.critical => {
            judge.note(Code::SubjectKeyCritical, || {
                "has a critical subjectKeyIdentifier".into()
            });
        }
        _ => {}
    }
}

/// Signed by its own key, whatever name it gives its issuer.
fn signed_itself(certificate: &Parsed<'_>) -> bool {
    certificate.self_issued() || certificate.signature_by(&certificate.key, None) == Outcome::Good
}

/// Signed by its own key, as far as its names and identifiers say (the signature is the search's business).
pub(crate) fn is_self_signed(certificate: &Parsed<'_>) -> bool {
    let authority = certificate
        .authority_key()
        .and_then(|authority| authority.key_id);
    match (authority, certificate.subject_key_id()) {
        (Some(authority), Some(subject)) => certificate.self_issued() && authority == subject,
        _ => certificate.self_issued(),
    }
}

fn authority(judge: &mut Judge<'_, '_, '_>) {
    let certificate = judge.certificate;
    let Some(Extension {
        critical,
        value: Ok(basic),
    }) = &certificate.extensions.basic
    else {
        return;
    };
    if basic.ca && !critical {
        judge.note(Code::BasicNotCritical, || {
            "is a CA whose basicConstraints are not critical".into()
        });
    }
    let signs = certificate
        .usage()
        .is_none_or(|bits| bits & usage::KEY_CERT_SIGN != 0);
    if basic.path_length.is_some() && !(basic.ca && signs) {
        judge.note(Code::StrayPathLength, || {
            "has a path length but may not issue certificates".into()
        });
    }
    if basic.ca && certificate.extensions.key_usage.is_none() {
        judge.note(Code::UsageMissing, || "is a CA without key usage".into());
    }
    if basic.ca && certificate.subject.is_empty() {
        judge.note(Code::EmptyCaSubject, || "is a CA with an empty name".into());
    }
}

fn stray(judge: &mut Judge<'_, '_, '_>) {
    let certificate = judge.certificate;
    if judge.role == Role::Leaf && !certificate.is_ca() {
        if certificate
            .usage()
            .is_some_and(|bits| bits & usage::KEY_CERT_SIGN != 0)
        {
            judge.note(Code::StraySigning, || {
                "has keyCertSign but is not a CA".into()
            });
        }
        if certificate.extensions.constraints.is_some() {
            judge.note(Code::StrayConstraints, || {
                "has name constraints but is not a CA".into()
            });
        }
    }
    if judge.role == Role::Leaf && certificate.is_ca() {
        judge.note(Code::LeafIsCa, || "is a CA in the place of a leaf".into());
    }
    if certificate.usage() == Some(0) {
        judge.note(Code::UsageEmpty, || {
            "has a key usage that allows nothing".into()
        });
    }
}

fn criticality(judge: &mut Judge<'_, '_, '_>) {
    fn loose<T>(extension: Option<&Extension<T>>) -> bool {
        extension.is_some_and(|extension| !extension.critical)
    }
    let all = &judge.certificate.extensions;
    if loose(all.constraints.as_ref()) {
        judge.note(Code::ConstraintsNotCritical, || {
            "has name constraints that are not critical".into()
        });
    }
    if loose(all.policy_constraints.as_ref()) {
        judge.note(Code::PolicyConstraintsNotCritical, || {
            "has policy constraints that are not critical".into()
        });
    }
    if loose(all.inhibit_any.as_ref()) {
        judge.note(Code::InhibitAnyNotCritical, || {
            "has an inhibitAnyPolicy that is not critical".into()
        });
    }
    if all
        .authority_info
        .as_ref()
        .is_some_and(|extension| extension.critical)
    {
        judge.note(Code::AuthorityInfoCritical, || {
            "has a critical authorityInfoAccess".into()
        });
    }
}

fn alt_names(judge: &mut Judge<'_, '_, '_>) {
    let certificate = judge.certificate;
    if certificate.subject.is_empty()
        && judge.role == Role::Leaf
        && certificate
            .extensions
            .alt_names
            .as_ref()
            .is_none_or(|extension| !extension.critical)
    {
        judge.note(Code::AltNameNotCritical, || {
            "has an empty subject and no critical alternative name".into()
        });
    }
    if let Some(name) = certificate
        .alt_names()
        .iter()
        .find(|name| !alt_name_in_order(name))
    {
        judge.note(Code::AltNameMalformed, || {
            format!("has the malformed alternative name `{}`", name.describe())
        });
    }
    let numeric = certificate
        .alt_names()
        .iter()
        .find(|name| matches!(name, GeneralName::Dns(text) if is_address(text)));
    if let Some(name) = numeric {
        judge.note(Code::NameNotDns, || {
            format!("has the address `{}` as DNS name", name.describe())
        });
    }
}

/// Text that is an IP address.
pub(crate) fn is_address(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| text.parse::<std::net::IpAddr>().is_ok())
}

fn rest(judge: &mut Judge<'_, '_, '_>) {
    let certificate = judge.certificate;
    if matches!(&certificate.extensions.extended_key_usage, Some(Extension { value: Ok(purposes), .. }) if purposes.is_empty())
    {
        judge.note(Code::PurposesEmpty, || {
            "has an extended key usage without purposes".into()
        });
    }
    if matches!(
        &certificate.extensions.authority_info,
        Some(Extension { value: Err(_), .. })
    ) {
        judge.note(Code::AuthorityInfoMalformed, || {
            "has an unreadable authorityInfoAccess".into()
        });
    }
    if certificate.version() != 3 {
        judge.note(Code::OldVersion, || {
            format!("is a version {} certificate", certificate.version())
        });
    }
    if has_explicit_curve(certificate) {
        judge.note(Code::ExplicitCurve, || {
            "has an elliptic curve written out instead of named".into()
        });
    }
    times(judge);
}

/// 2049-12-31T23:59:59Z: UTCTime up to here, GeneralizedTime after (RFC 5280 §4.1.2.5).
const LAST_UTC_TIME: i64 = 2_524_607_999;

fn times(judge: &mut Judge<'_, '_, '_>) {
    let validity = &judge.certificate.x509.tbs_certificate.validity;
    let wrong = [validity.not_before, validity.not_after]
        .iter()
        .any(|time| time.is_generalizedtime() != (time.timestamp() > LAST_UTC_TIME));
    if wrong {
        judge.note(Code::TimeEncoding, || {
            "has a time in the wrong encoding for its year".into()
        });
    }
}
