//! What each program's parser makes of an extension that it can't read: it refuses the certificate, or goes on as if
//! the extension were not there. Measured with OpenSSL 3.0, GnuTLS 3.7, Go 1.19 and 1.27, JDK 17 and rustls-webpki 0.103.

use super::der::{self, Malformed, Read, Reader, tag};
use super::extensions::Extension;
use super::fault::Role;
use super::habits;
use super::names::GeneralName;
use super::oids;
use super::options::Options;
use super::parsed::Parsed;
use super::profile::Who;

/// An extension that can't be read.
struct Bad {
    oid: &'static [u8],
    name: &'static str,
    critical: bool,
    /// It is an empty sequence, which some take for no entries.
    empty: bool,
    /// All that is wrong is a general name of a kind that there isn't.
    unknown_name: bool,
}

/// What RFC 5280 §6 needs; the rest below is known to programs alone.
const OF_PATHS: [&[u8]; 11] = [
    oids::BASIC_CONSTRAINTS,
    oids::KEY_USAGE,
    oids::EXTENDED_KEY_USAGE,
    oids::SUBJECT_ALT_NAME,
    oids::NAME_CONSTRAINTS,
    oids::CERTIFICATE_POLICIES,
    oids::POLICY_MAPPINGS,
    oids::POLICY_CONSTRAINTS,
    oids::INHIBIT_ANY_POLICY,
    oids::SUBJECT_KEY_ID,
    oids::AUTHORITY_KEY_ID,
];

const OF_POLICIES: [&[u8]; 4] = [
    oids::CERTIFICATE_POLICIES,
    oids::POLICY_MAPPINGS,
    oids::POLICY_CONSTRAINTS,
    oids::INHIBIT_ANY_POLICY,
];

/// The name of the first extension for which the judge refuses the certificate.
pub(super) fn stumbles(
    certificate: &Parsed<'_>,
    role: Role,
    options: &Options,
) -> Option<&'static str> {
    let java = Who::JAVA.has(options.profile.who);
    let found = unreadable(certificate, java).into_iter();
    let mut found = found.filter(|bad| refuses(bad, role, options));
    found.next().map(|bad| bad.name)
}

fn refuses(bad: &Bad, role: Role, options: &Options) -> bool {
    let who = options.profile.who;
    if Who::STRICT.has(who) {
        return OF_PATHS.contains(&bad.oid);
    }
    let empty_names = bad.empty && bad.oid == oids::SUBJECT_ALT_NAME;
    match who {
        Who::GO => go(bad, options),
        Who::GNUTLS => gnutls(bad, role),
        Who::RUSTLS => {
            const READ: [&[u8]; 4] = [
                oids::BASIC_CONSTRAINTS,
                oids::EXTENDED_KEY_USAGE,
                oids::SUBJECT_ALT_NAME,
                oids::NAME_CONSTRAINTS,
            ];
            // Alternative names are read one by one, and only as far as needed.
            let lazy = empty_names || (bad.unknown_name && bad.oid == oids::SUBJECT_ALT_NAME);
            READ.contains(&bad.oid) && !lazy
        }
        Who::JAVA => java(bad, role, options),
        _ => {
            const MORE: [&[u8]; 2] = [oids::CRL_DISTRIBUTION_POINTS, oids::NETSCAPE_CERT_TYPE];
            // Policies are read when they are asked for.
            let asked = !options.policies.is_empty() || options.require_explicit_policy;
            let unread = OF_POLICIES.contains(&bad.oid) && !asked;
            let strict = who == Who::PYTHON_STRICT;
            (OF_PATHS.contains(&bad.oid) || MORE.contains(&bad.oid))
                && !unread
                && (strict || !empty_names)
        }
    }
}

/// One that is not critical is dropped (`UnparseableExtension`), but for the key identifier of an anchor, and since 21 for
/// the names and purposes of a leaf (measured with 17 and 21).
fn java(bad: &Bad, role: Role, options: &Options) -> bool {
    const OF_LEAVES: [&[u8]; 2] = [oids::SUBJECT_ALT_NAME, oids::EXTENDED_KEY_USAGE];
    const MAY_BE_EMPTY: [&[u8]; 8] = [
        oids::CERTIFICATE_POLICIES,
        oids::POLICY_MAPPINGS,
        oids::POLICY_CONSTRAINTS,
        oids::CRL_DISTRIBUTION_POINTS,
        oids::FRESHEST_CRL,
        oids::AUTHORITY_INFO_ACCESS,
        oids::SUBJECT_INFO_ACCESS,
        oids::AUTHORITY_KEY_ID,
    ];
    let needed = bad.oid == oids::SUBJECT_KEY_ID && role == Role::Anchor;
    let asked = role == Role::Leaf && !options.java_before(21) && OF_LEAVES.contains(&bad.oid);
    (bad.critical || needed || asked) && !(bad.empty && MAY_BE_EMPTY.contains(&bad.oid))
}

/// Sequences may be empty, and general names of any kind; of policies it reads little before 1.24.
fn go(bad: &Bad, options: &Options) -> bool {
    let lenient = [
        oids::SUBJECT_ALT_NAME,
        oids::CERTIFICATE_POLICIES,
        oids::POLICY_MAPPINGS,
        oids::POLICY_CONSTRAINTS,
        oids::AUTHORITY_INFO_ACCESS,
    ];
    let old = options.go_before(24) && OF_POLICIES[1..].contains(&bad.oid);
    let read = OF_PATHS.contains(&bad.oid) || bad.oid == oids::AUTHORITY_INFO_ACCESS;
    let names = bad.empty && bad.oid == oids::SUBJECT_ALT_NAME && bad.critical;
    read && !old && (names || !(bad.unknown_name || (bad.empty && lenient.contains(&bad.oid))))
}

/// What it does not look at in this place it does not read.
fn gnutls(bad: &Bad, role: Role) -> bool {
    const OF_CAS: [&[u8]; 3] = [
        oids::KEY_USAGE,
        oids::BASIC_CONSTRAINTS,
        oids::NAME_CONSTRAINTS,
    ];
    let names = [oids::SUBJECT_ALT_NAME, oids::ISSUER_ALT_NAME].contains(&bad.oid);
    (names && !bad.empty)
        || (bad.oid == oids::EXTENDED_KEY_USAGE && role != Role::Anchor)
        || (OF_CAS.contains(&bad.oid) && role != Role::Leaf)
}

fn unreadable(certificate: &Parsed<'_>, java: bool) -> Vec<Bad> {
    fn bad<T>(extension: Option<&Extension<T>>) -> bool {
        extension.is_some_and(|extension| extension.value.is_err())
    }
    let all = &certificate.extensions;
    let unknown = |name: &GeneralName<'_>| matches!(name, GeneralName::Other(9.., _));
    let names = certificate.alt_names().iter().any(unknown);
    let subtrees = matches!(&all.constraints, Some(Extension { value: Ok(constraints), .. })
        if constraints.all().any(|subtree| unknown(&subtree.base)));
    let points = all.relative_point == Some(Err(Malformed));
    let table: [(&'static [u8], &'static str, bool); 17] = [
        (
            oids::BASIC_CONSTRAINTS,
            "basicConstraints",
            bad(all.basic.as_ref()),
        ),
        (oids::KEY_USAGE, "keyUsage", bad(all.key_usage.as_ref())),
        (
            oids::EXTENDED_KEY_USAGE,
            "extendedKeyUsage",
            bad(all.extended_key_usage.as_ref()),
        ),
        (
            oids::SUBJECT_ALT_NAME,
            "subjectAltName",
            bad(all.alt_names.as_ref()) || names,
        ),
        (
            oids::NAME_CONSTRAINTS,
            "nameConstraints",
            bad(all.constraints.as_ref()) || subtrees,
        ),
        (
            oids::CERTIFICATE_POLICIES,
            "certificatePolicies",
            bad(all.policies.as_ref()),
        ),
        (
            oids::POLICY_MAPPINGS,
            "policyMappings",
            bad(all.mappings.as_ref()),
        ),
        (
            oids::POLICY_CONSTRAINTS,
            "policyConstraints",
            bad(all.policy_constraints.as_ref()),
        ),
        (
            oids::INHIBIT_ANY_POLICY,
            "inhibitAnyPolicy",
            bad(all.inhibit_any.as_ref()),
        ),
        (
            oids::SUBJECT_KEY_ID,
            "subjectKeyIdentifier",
            bad(all.subject_key.as_ref()),
        ),
        (
            oids::AUTHORITY_KEY_ID,
            "authorityKeyIdentifier",
            bad(all.authority_key.as_ref()),
        ),
        (
            oids::CRL_DISTRIBUTION_POINTS,
            "cRLDistributionPoints",
            points,
        ),
        (
            oids::ISSUER_ALT_NAME,
            "issuerAltName",
            bad(all.issuer_alt_names.as_ref()),
        ),
        (
            oids::FRESHEST_CRL,
            "freshestCRL",
            bad(all.freshest.as_ref()),
        ),
        (
            oids::AUTHORITY_INFO_ACCESS,
            "authorityInfoAccess",
            bad(all.authority_info.as_ref()),
        ),
        (oids::SUBJECT_INFO_ACCESS, "subjectInfoAccess", false),
        (oids::NETSCAPE_CERT_TYPE, "netscape-cert-type", false),
    ];
    let list = certificate.x509.tbs_certificate.extensions().iter();
    let look = |found: &x509_parser::prelude::X509Extension<'_>| {
        let of = |row: &&(&'static [u8], &'static str, bool)| found.oid.as_bytes() == row.0;
        let &(oid, name, bad) = table.iter().find(of)?;
        let bad = match oid {
            oids::SUBJECT_INFO_ACCESS => der::sequence(found.value).is_err(),
            oids::NETSCAPE_CERT_TYPE => der::sole(found.value, tag::BIT_STRING).is_err(),
            oids::SUBJECT_ALT_NAME => bad || (java && !habits::java_reads_names(certificate)),
            oids::NAME_CONSTRAINTS => bad || (java && habits::java_drops(certificate)),
            oids::CERTIFICATE_POLICIES => bad || (java && bare_qualifier(found.value) == Ok(true)),
            _ => bad,
        };
        bad.then_some(Bad {
            oid,
            name,
            critical: found.critical,
            empty: found.value == [tag::SEQUENCE, 0],
            unknown_name: names || subtrees,
        })
    };
    list.filter_map(look).collect()
}

/// A qualifier without content, which the JDK can't read (`PolicyQualifierInfo`).
fn bare_qualifier(policies: &[u8]) -> Read<bool> {
    let mut reader = der::sequence(policies)?;
    while !reader.is_empty() {
        let mut information = Reader::new(reader.expect(tag::SEQUENCE)?);
        information.expect(tag::OID)?;
        let list = information.optional(tag::SEQUENCE)?.unwrap_or_default();
        let mut list = Reader::new(list);
        while !list.is_empty() {
            let mut qualifier = Reader::new(list.expect(tag::SEQUENCE)?);
            qualifier.expect(tag::OID)?;
            if qualifier.is_empty() {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
