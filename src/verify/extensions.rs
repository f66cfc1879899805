//! The extensions that path validation knows, each absent, there or malformed.

use x509_parser::prelude::X509Extension;

use super::constraints::Constraints;
use super::der::{self, Malformed, Read, Reader, tag};
use super::names::{GeneralName, general_names};
use super::oids;
use super::points::{Point, points};

/// Key usage bits (RFC 5280 §4.2.1.3), bit 0 lowest.
pub(crate) mod usage {
    pub(crate) const DIGITAL_SIGNATURE: u16 = 1;
    pub(crate) const KEY_ENCIPHERMENT: u16 = 1 << 2;
    pub(crate) const KEY_AGREEMENT: u16 = 1 << 4;
    pub(crate) const KEY_CERT_SIGN: u16 = 1 << 5;
    pub(crate) const CRL_SIGN: u16 = 1 << 6;
}

/// An extension that is there: its criticality and its content, or that it is malformed.
#[derive(Clone, Debug)]
pub(crate) struct Extension<T> {
    pub(crate) critical: bool,
    pub(crate) value: Read<T>,
}

/// basicConstraints (RFC 5280 §4.2.1.9).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Basic {
    pub(crate) ca: bool,
    pub(crate) path_length: Option<u32>,
}

/// authorityKeyIdentifier (RFC 5280 §4.2.1.1).
#[derive(Clone, Copy, Debug)]
pub(crate) struct AuthorityKey<'a> {
    pub(crate) key_id: Option<&'a [u8]>,
    pub(crate) issuer: Option<&'a [u8]>,
    pub(crate) serial: Option<&'a [u8]>,
}

/// policyConstraints (RFC 5280 §4.2.1.11).
#[derive(Clone, Copy, Debug)]
pub(crate) struct PolicyConstraints {
    pub(crate) require_explicit: Option<u32>,
    pub(crate) inhibit_mapping: Option<u32>,
}

/// From the issuer's domain policy to the subject's (RFC 5280 §4.2.1.5).
pub(crate) type Mapping<'a> = (&'a [u8], &'a [u8]);

/// The extensions that path validation knows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extensions<'a> {
    pub(crate) basic: Option<Extension<Basic>>,
    pub(crate) key_usage: Option<Extension<u16>>,
    pub(crate) extended_key_usage: Option<Extension<Vec<&'a [u8]>>>,
    pub(crate) alt_names: Option<Extension<Vec<GeneralName<'a>>>>,
    pub(crate) constraints: Option<Extension<Constraints<'a>>>,
    pub(crate) policies: Option<Extension<Vec<&'a [u8]>>>,
    /// A policy has a qualifier that RFC 5280 does not define, so that nothing interprets it.
    pub(crate) other_qualifier: bool,
    pub(crate) issuer_alt_names: Option<Extension<Vec<GeneralName<'a>>>>,
    pub(crate) points: Option<Extension<Vec<Point<'a>>>>,
    pub(crate) freshest: Option<Extension<Vec<Point<'a>>>>,
    pub(crate) mappings: Option<Extension<Vec<Mapping<'a>>>>,
    pub(crate) policy_constraints: Option<Extension<PolicyConstraints>>,
    pub(crate) inhibit_any: Option<Extension<u32>>,
    pub(crate) subject_key: Option<Extension<&'a [u8]>>,
    pub(crate) authority_key: Option<Extension<AuthorityKey<'a>>>,
    pub(crate) authority_info: Option<Extension<()>>,
    /// CRL distribution points: is one named relative to the issuer (RFC 5280 §4.2.1.13)?
    pub(crate) relative_point: Option<Read<bool>>,
    /// The place of one that is there for the second time (RFC 5280 §4.2).
    pub(crate) repeated: Option<usize>,
}

/// Reads them all; of one that is there twice, the first.
pub(crate) fn read<'a>(list: &[X509Extension<'a>]) -> Extensions<'a> {
    let mut found = Extensions::default();
    for (place, extension) in list.iter().enumerate() {
        if list
            .iter()
            .take(place)
            .any(|earlier| earlier.oid == extension.oid)
        {
            found.repeated = found.repeated.or(Some(place));
            continue;
        }
        take(
            &mut found,
            extension.oid.as_bytes(),
            extension.critical,
            extension.value,
        );
    }
    found
}

fn take<'a>(found: &mut Extensions<'a>, oid: &[u8], critical: bool, bytes: &'a [u8]) {
    fn put<T>(slot: &mut Option<Extension<T>>, critical: bool, value: Read<T>) {
        *slot = Some(Extension { critical, value });
    }
    match oid {
        oids::BASIC_CONSTRAINTS => put(&mut found.basic, critical, basic(bytes)),
        oids::KEY_USAGE => put(&mut found.key_usage, critical, key_usage(bytes)),
        oids::EXTENDED_KEY_USAGE => put(
            &mut found.extended_key_usage,
            critical,
            extended_key_usage(bytes),
        ),
        oids::SUBJECT_ALT_NAME => put(&mut found.alt_names, critical, general_names(bytes)),
        oids::NAME_CONSTRAINTS => put(&mut found.constraints, critical, Constraints::read(bytes)),
        oids::CERTIFICATE_POLICIES => {
            put(&mut found.policies, critical, policies(bytes));
            found.other_qualifier = other_qualifier(bytes).unwrap_or(false);
        }
        oids::ISSUER_ALT_NAME => {
            put(&mut found.issuer_alt_names, critical, general_names(bytes));
        }
        oids::FRESHEST_CRL => put(&mut found.freshest, critical, points(bytes)),
        oids::POLICY_MAPPINGS => put(&mut found.mappings, critical, mappings(bytes)),
        oids::POLICY_CONSTRAINTS => put(
            &mut found.policy_constraints,
            critical,
            policy_constraints(bytes),
        ),
        oids::INHIBIT_ANY_POLICY => {
            put(
                &mut found.inhibit_any,
                critical,
                der::sole(bytes, tag::INTEGER).and_then(der::unsigned),
            );
        }
        oids::SUBJECT_KEY_ID => put(
            &mut found.subject_key,
            critical,
            der::sole(bytes, tag::OCTET_STRING),
        ),
        oids::AUTHORITY_KEY_ID => put(&mut found.authority_key, critical, authority_key(bytes)),
        oids::AUTHORITY_INFO_ACCESS => {
            put(&mut found.authority_info, critical, authority_info(bytes));
        }
        oids::CRL_DISTRIBUTION_POINTS => {
            found.relative_point = Some(relative_point(bytes));
            put(&mut found.points, critical, points(bytes));
        }
        _ => {}
    }
}

fn basic(bytes: &[u8]) -> Read<Basic> {
    let mut reader = der::sequence(bytes)?;
    let ca = reader
        .optional(tag::BOOLEAN)?
        .map_or(Ok(false), der::boolean)?;
    let path_length = reader
        .optional(tag::INTEGER)?
        .map(der::unsigned)
        .transpose()?;
    reader.finish()?;
    Ok(Basic { ca, path_length })
}

fn key_usage(bytes: &[u8]) -> Read<u16> {
    let bits = der::sole(bytes, tag::BIT_STRING)?;
    let (&unused, octets) = bits.split_first().ok_or(Malformed)?;
    if unused > 7 || octets.len() > 2 || (octets.is_empty() && unused > 0) {
        return Err(Malformed);
    }
    let first = octets.first().copied().unwrap_or(0).reverse_bits();
    let second = octets.get(1).copied().unwrap_or(0).reverse_bits();
    Ok(u16::from(first) | u16::from(second) << 8)
}

/// The purposes. An empty list is kept empty: that it is forbidden is a finding of its own.
fn extended_key_usage(bytes: &[u8]) -> Read<Vec<&[u8]>> {
    der::list(der::sequence(bytes)?, tag::OID)
}

fn policies(bytes: &[u8]) -> Read<Vec<&[u8]>> {
    let mut reader = der::sequence(bytes)?;
    let mut found = Vec::new();
    while !reader.is_empty() {
        let mut information = Reader::new(reader.expect(tag::SEQUENCE)?);
        found.push(information.expect(tag::OID)?);
        information.optional(tag::SEQUENCE)?;
        information.finish()?;
    }
    if found.is_empty() {
        Err(Malformed)
    } else {
        Ok(found)
    }
}

/// Whether any policy has a qualifier other than the two of RFC 5280 §4.2.1.4.
fn other_qualifier(bytes: &[u8]) -> Read<bool> {
    let mut reader = der::sequence(bytes)?;
    while !reader.is_empty() {
        let mut information = Reader::new(reader.expect(tag::SEQUENCE)?);
        information.expect(tag::OID)?;
        let mut qualifiers = Reader::new(information.optional(tag::SEQUENCE)?.unwrap_or_default());
        while !qualifiers.is_empty() {
            let mut qualifier = Reader::new(qualifiers.expect(tag::SEQUENCE)?);
            let oid = qualifier.expect(tag::OID)?;
            if oid != oids::CPS_QUALIFIER && oid != oids::NOTICE_QUALIFIER {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn mappings(bytes: &[u8]) -> Read<Vec<(&[u8], &[u8])>> {
    let mut reader = der::sequence(bytes)?;
    let mut found = Vec::new();
    while !reader.is_empty() {
        let mut pair = Reader::new(reader.expect(tag::SEQUENCE)?);
        found.push((pair.expect(tag::OID)?, pair.expect(tag::OID)?));
        pair.finish()?;
    }
    if found.is_empty() {
        Err(Malformed)
    } else {
        Ok(found)
    }
}

fn policy_constraints(bytes: &[u8]) -> Read<PolicyConstraints> {
    let mut reader = der::sequence(bytes)?;
    let require_explicit = reader.optional(0x80)?.map(der::unsigned).transpose()?;
    let inhibit_mapping = reader.optional(0x81)?.map(der::unsigned).transpose()?;
    reader.finish()?;
    if require_explicit.is_none() && inhibit_mapping.is_none() {
        return Err(Malformed);
    }
    Ok(PolicyConstraints {
        require_explicit,
        inhibit_mapping,
    })
}

fn authority_key(bytes: &[u8]) -> Read<AuthorityKey<'_>> {
    let mut reader = der::sequence(bytes)?;
    let key_id = reader.optional(0x80)?;
    let issuer = reader.optional(0xa1)?;
    let serial = reader.optional(0x82)?;
    reader.finish()?;
    Ok(AuthorityKey {
        key_id,
        issuer,
        serial,
    })
}

/// Any distribution point whose name is nameRelativeToCRLIssuer.
fn relative_point(bytes: &[u8]) -> Read<bool> {
    let mut reader = der::sequence(bytes)?;
    while !reader.is_empty() {
        let mut point = Reader::new(reader.expect(tag::SEQUENCE)?);
        let name = point.optional(0xa0)?;
        if name.is_some_and(|name| Reader::new(name).peek() == Some(0xa1)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// AuthorityInfoAccessSyntax: one or more of method and location (RFC 5280 §4.2.2.1).
fn authority_info(bytes: &[u8]) -> Read<()> {
    let mut reader = der::sequence(bytes)?;
    if reader.is_empty() {
        return Err(Malformed);
    }
    while !reader.is_empty() {
        let mut access = Reader::new(reader.expect(tag::SEQUENCE)?);
        access.expect(tag::OID)?;
        GeneralName::read(&mut access)?;
        access.finish()?;
    }
    Ok(())
}
