//! The profiles themselves.

use super::{Constraining, Limits, NameMatch, Profile, Search, Who, Wildcard};
use crate::verify::oids;

const ANYTHING: Limits = Limits {
    rsa_signer: 0,
    rsa_leaf: 0,
    strength: 0,
    sha1: true,
    sha1_dsa: true,
};

/// RFC 5280 §4.2: what a conforming validator must process.
const STANDARD: &[&[u8]] = &[
    oids::KEY_USAGE,
    oids::SUBJECT_ALT_NAME,
    oids::ISSUER_ALT_NAME,
    oids::BASIC_CONSTRAINTS,
    oids::NAME_CONSTRAINTS,
    oids::CRL_DISTRIBUTION_POINTS,
    oids::CERTIFICATE_POLICIES,
    oids::POLICY_MAPPINGS,
    oids::POLICY_CONSTRAINTS,
    oids::EXTENDED_KEY_USAGE,
    oids::INHIBIT_ANY_POLICY,
    // Forbidden to be critical, which is a finding of its own. freshestCRL is left out: it is not processed unless CRLs
    // are given, and a critical one would have to be.
    oids::SUBJECT_KEY_ID,
    oids::AUTHORITY_KEY_ID,
    oids::AUTHORITY_INFO_ACCESS,
    oids::SUBJECT_INFO_ACCESS,
];

/// `supported_nids` in OpenSSL 3.0 `crypto/x509/v3_purp.c`.
const OPENSSL_KNOWS: &[&[u8]] = &[
    oids::NETSCAPE_CERT_TYPE,
    oids::KEY_USAGE,
    oids::SUBJECT_ALT_NAME,
    oids::BASIC_CONSTRAINTS,
    oids::CERTIFICATE_POLICIES,
    oids::CRL_DISTRIBUTION_POINTS,
    oids::EXTENDED_KEY_USAGE,
    oids::IP_ADDRESS_BLOCKS,
    oids::AS_NUMBERS,
    oids::POLICY_CONSTRAINTS,
    oids::PROXY_CERT_INFO,
    oids::NAME_CONSTRAINTS,
    oids::POLICY_MAPPINGS,
    oids::INHIBIT_ANY_POLICY,
    oids::OCSP_NO_CHECK,
];

/// `processExtensions` in Go `crypto/x509/parser.go`.
const GO_KNOWS: &[&[u8]] = &[
    oids::KEY_USAGE,
    oids::SUBJECT_ALT_NAME,
    oids::BASIC_CONSTRAINTS,
    oids::NAME_CONSTRAINTS,
    oids::CRL_DISTRIBUTION_POINTS,
    oids::CERTIFICATE_POLICIES,
    oids::POLICY_MAPPINGS,
    oids::POLICY_CONSTRAINTS,
    oids::EXTENDED_KEY_USAGE,
    oids::INHIBIT_ANY_POLICY,
    // Critical ones are refused since 1.24, as what they are.
    oids::SUBJECT_KEY_ID,
    oids::AUTHORITY_KEY_ID,
    oids::AUTHORITY_INFO_ACCESS,
];

/// `supported_extensions` in GnuTLS 3.7 `lib/x509/verify.c`.
const GNUTLS_KNOWS: &[&[u8]] = &[
    oids::KEY_USAGE,
    oids::SUBJECT_ALT_NAME,
    oids::BASIC_CONSTRAINTS,
    oids::NAME_CONSTRAINTS,
    oids::CRL_DISTRIBUTION_POINTS,
    oids::CERTIFICATE_POLICIES,
    oids::AUTHORITY_KEY_ID,
    oids::EXTENDED_KEY_USAGE,
    oids::INHIBIT_ANY_POLICY,
    oids::AUTHORITY_INFO_ACCESS,
    oids::TLS_FEATURE,
    oids::PROXY_CERT_INFO,
    oids::SUBJECT_KEY_ID,
    oids::ISSUER_ALT_NAME,
];

/// The checkers of the JDK's PKIX validator (`getSupportedExtensions` of each).
const JAVA_KNOWS: &[&[u8]] = &[
    oids::KEY_USAGE,
    oids::SUBJECT_ALT_NAME,
    oids::BASIC_CONSTRAINTS,
    oids::NAME_CONSTRAINTS,
    oids::CERTIFICATE_POLICIES,
    oids::POLICY_MAPPINGS,
    oids::POLICY_CONSTRAINTS,
    oids::EXTENDED_KEY_USAGE,
    oids::INHIBIT_ANY_POLICY,
];

/// `remember_cert_extension` in rustls-webpki `src/cert.rs`.
const RUSTLS_KNOWS: &[&[u8]] = &[
    oids::KEY_USAGE,
    oids::SUBJECT_ALT_NAME,
    oids::BASIC_CONSTRAINTS,
    oids::NAME_CONSTRAINTS,
    oids::CRL_DISTRIBUTION_POINTS,
    oids::EXTENDED_KEY_USAGE,
];

const RFC5280: Profile = Profile {
    name: "rfc5280",
    title: "RFC 5280",
    who: Who::RFC5280,
    search: Search::Backtracking,
    partial_chain: true,
    names: NameMatch::Folded,
    security_level: 0,
    processes: STANDARD,
    end_inclusive: true,
    fractions: false,
    common_name: false,
    constrains_common_name: false,
    constrains_self_issued: false,
    any_purpose: true,
    no_purpose_is_any: false,
    constrains_leaf_only: false,
    anchor_constrains: true,
    constraint_budget: 250_000,
    policies: true,
    constraining: Constraining::Standard,
    wildcard: Wildcard::Leftmost,
    limits: Limits {
        sha1: false,
        ..ANYTHING
    },
};

const OPENSSL: Profile = Profile {
    name: "openssl",
    title: "OpenSSL",
    who: Who::OPENSSL,
    search: Search::OpenSsl,
    partial_chain: false,
    security_level: 2,
    processes: OPENSSL_KNOWS,
    end_inclusive: false,
    common_name: true,
    constrains_common_name: true,
    any_purpose: false,
    // NAME_CHECK_MAX in crypto/x509/v3_ncons.c
    constraint_budget: 1 << 20,
    constraining: Constraining::OpenSsl,
    wildcard: Wildcard::Partial,
    limits: ANYTHING,
    ..RFC5280
};

/// All profiles, the default first.
pub static PROFILES: [Profile; 11] = [
    RFC5280,
    Profile {
        name: "webpki",
        title: "CA/Browser Forum",
        who: Who::WEBPKI,
        ..RFC5280
    },
    OPENSSL,
    Profile {
        name: "curl",
        title: "curl (OpenSSL)",
        who: Who::CURL,
        partial_chain: true,
        wildcard: Wildcard::Curl,
        ..OPENSSL
    },
    Profile {
        name: "python",
        title: "Python before 3.13",
        who: Who::PYTHON,
        wildcard: Wildcard::Whole,
        ..OPENSSL
    },
    Profile {
        name: "python-strict",
        title: "Python from 3.13",
        who: Who::PYTHON_STRICT,
        partial_chain: true,
        wildcard: Wildcard::Whole,
        ..OPENSSL
    },
    Profile {
        name: "go",
        title: "Go",
        who: Who::GO,
        names: NameMatch::Bytes,
        wildcard: Wildcard::Go,
        no_purpose_is_any: true,
        processes: GO_KNOWS,
        fractions: true,
        constrains_self_issued: true,
        constraint_budget: u64::MAX,
        constraining: Constraining::Go,
        limits: Limits {
            rsa_signer: 1024,
            sha1: false,
            ..ANYTHING
        },
        ..RFC5280
    },
    Profile {
        name: "gnutls",
        title: "GnuTLS",
        who: Who::GNUTLS,
        search: Search::GnuTls,
        names: NameMatch::Text,
        no_purpose_is_any: true,
        processes: GNUTLS_KNOWS,
        common_name: true,
        constrains_common_name: true,
        constrains_leaf_only: true,
        constraint_budget: 1 << 20,
        policies: false,
        wildcard: Wildcard::GnuTls,
        constraining: Constraining::GnuTls,
        limits: Limits {
            strength: 112,
            sha1: false,
            sha1_dsa: false,
            ..ANYTHING
        },
        ..RFC5280
    },
    Profile {
        name: "java",
        title: "Java",
        who: Who::JAVA,
        names: NameMatch::Jdk,
        processes: JAVA_KNOWS,
        anchor_constrains: false,
        wildcard: Wildcard::Java,
        common_name: true,
        constrains_common_name: true,
        constraint_budget: u64::MAX,
        constraining: Constraining::Java,
        limits: Limits {
            rsa_signer: 1024,
            rsa_leaf: 1024,
            ..ANYTHING
        },
        ..RFC5280
    },
    Profile {
        name: "node",
        title: "Node.js",
        who: Who::NODE,
        security_level: 1,
        wildcard: Wildcard::Node,
        ..OPENSSL
    },
    Profile {
        name: "webpki-rs",
        title: "rustls (webpki)",
        who: Who::RUSTLS,
        names: NameMatch::Bytes,
        any_purpose: false,
        processes: RUSTLS_KNOWS,
        constrains_self_issued: true,
        policies: false,
        wildcard: Wildcard::Webpki,
        constraining: Constraining::Webpki,
        limits: Limits {
            rsa_signer: 2048,
            sha1: false,
            ..ANYTHING
        },
        ..RFC5280
    },
];
