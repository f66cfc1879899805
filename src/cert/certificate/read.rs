//! From DER to the fields of a certificate (RFC 5280 §4.1).

use std::borrow::Cow;
use std::sync::OnceLock;

use super::Inner;
use crate::cert::der::{
    self, DerFault, DerFaultKind, Element, GENERALIZED_TIME, INTEGER, OID, Reader, SEQUENCE,
    UTC_TIME,
};
use crate::cert::extensions::{Defect, Extensions};
use crate::cert::signature::{self, Scheme};
use crate::cert::{Hash, Key, Name, Time, hex};

/// Reads TBSCertificate; what lies outside it (the whole, the signature) is for the caller to fill in.
pub(super) fn read_tbs(fields: &Reader<'_>, der: &[u8]) -> Result<Inner, DerFault> {
    let mut fields = fields.clone();
    let version = read_version(&mut fields)?;
    let serial = fields.expect(INTEGER, "a serial number")?;
    let serial = serial_text(fields.content(&serial));
    let signed_algorithm = fields.expect(SEQUENCE, "a signature algorithm")?;
    let (algorithm, hash, scheme) = read_algorithm(&fields.inside(&signed_algorithm))?;
    let issuer = fields.expect(SEQUENCE, "an issuer")?;
    let issuer = Name::read(&fields, &issuer)?;
    let validity = fields.expect(SEQUENCE, "a validity")?;
    let (not_before, not_after) = read_validity(&fields.inside(&validity))?;
    let subject = fields.expect(SEQUENCE, "a subject")?;
    // A root's two names are one.
    let subject = match fields.bytes(subject.whole()) == issuer.der() {
        true => issuer.clone(),
        false => Name::read(&fields, &subject)?,
    };
    let spki = fields.expect(SEQUENCE, "a public key")?;
    let key = Key::read(&fields.inside(&spki))?;
    let mut extensions = read_tail(&mut fields, version)?;
    if not_after < not_before {
        extensions.defects.push(Defect::NeverValid);
    }
    extensions.defects.extend(
        [&issuer, &subject]
            .into_iter()
            .filter_map(Name::defect)
            .cloned(),
    );
    Ok(Inner {
        der: Box::default(),
        tbs: 0..der.len(),
        spki: spki.whole(),
        identifier: signed_algorithm.whole(),
        scheme,
        signature: 0..0,
        version,
        serial,
        algorithm,
        hash,
        issuer,
        subject,
        not_before,
        not_after,
        key,
        extensions,
        sha256: OnceLock::new(),
        subject_hash: OnceLock::new(),
        self_signed: OnceLock::new(),
    })
}

/// `[0] EXPLICIT INTEGER DEFAULT 0`; the number shown is one higher than the number written.
fn read_version(fields: &mut Reader<'_>) -> Result<u8, DerFault> {
    let Some(tagged) = fields.optional(0xa0)? else {
        return Ok(1);
    };
    let mut tagged = fields.inside(&tagged);
    let number = tagged.expect(INTEGER, "a version")?;
    tagged.finish()?;
    match tagged.content(&number) {
        [written @ 0..=2] => Ok(written + 1),
        _ => Err(number.fault(DerFaultKind::Content("a version other than 1, 2 or 3"))),
    }
}

fn serial_text(content: &[u8]) -> String {
    let negative = content.first().is_some_and(|first| first & 0x80 != 0);
    let mut magnitude = content.to_vec();
    let mut text = String::with_capacity(2 * content.len() + 1);
    if negative {
        negate(&mut magnitude);
        text.push('-');
    }
    let skip = magnitude.iter().take_while(|&&byte| byte == 0).count();
    let skip = skip.min(magnitude.len().saturating_sub(1));
    text.push_str(&hex(magnitude.get(skip..).unwrap_or_default()));
    text
}

/// Two's complement.
fn negate(number: &mut [u8]) {
    let mut carry = true;
    for byte in number.iter_mut().rev() {
        (*byte, carry) = (!*byte).overflowing_add(u8::from(carry));
    }
}

/// The usual name of a signature algorithm, the hash in it, and how to check it.
type Algorithm = (Cow<'static, str>, Option<Hash>, Option<Scheme>);

fn read_algorithm(fields: &Reader<'_>) -> Result<Algorithm, DerFault> {
    let mut fields = fields.clone();
    let oid = fields.expect(OID, "a signature algorithm's identifier")?;
    let oid = fields.content(&oid);
    let parameters = fields.optional(SEQUENCE)?;
    let parameters = parameters.map(|found| fields.content(&found));
    let scheme = Scheme::read(oid, parameters).ok();
    let (name, hash) = match signature::describe(oid) {
        Some((name, hash)) => (Cow::Borrowed(name), hash),
        None => (Cow::Owned(der::oid_text(oid)), None),
    };
    Ok((name, hash.or(scheme.and_then(Scheme::hash)), scheme))
}

fn read_validity(fields: &Reader<'_>) -> Result<(Time, Time), DerFault> {
    let mut fields = fields.clone();
    let not_before = fields.next()?;
    let not_before = read_time(&fields, &not_before)?;
    let not_after = fields.next()?;
    let not_after = read_time(&fields, &not_after)?;
    fields.finish()?;
    Ok((not_before, not_after))
}

/// `YYMMDDhhmmssZ` or `YYYYMMDDhhmmssZ` (RFC 5280 §4.1.2.5); other forms of X.690 are refused.
fn read_time(reader: &Reader<'_>, element: &Element) -> Result<Time, DerFault> {
    let content = reader.content(element);
    let year_digits = match element.tag {
        UTC_TIME => 2,
        GENERALIZED_TIME => 4,
        _ => return Err(element.fault(DerFaultKind::Expected("a time"))),
    };
    civil(content, year_digits).ok_or_else(|| {
        element.fault(DerFaultKind::Content(
            "a time that is not a valid date, or not in the form of RFC 5280",
        ))
    })
}

fn civil(content: &[u8], year_digits: usize) -> Option<Time> {
    let (digits, zone) = content.split_at_checked(year_digits + 10)?;
    if zone != b"Z" || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = |part: &[u8]| {
        part.iter()
            .fold(0_i16, |sum, digit| sum * 10 + i16::from(digit - b'0'))
    };
    let (year, rest) = digits.split_at(year_digits);
    let year = match (year_digits, number(year)) {
        (2, short @ 50..) => 1900 + short,
        (2, short) => 2000 + short,
        (_, long) => long,
    };
    let mut parts = rest.chunks_exact(2).map(|part| number(part) as i8);
    let mut part = || parts.next();
    Time::from_civil(year, part()?, part()?, part()?, part()?, part()?)
}

/// The unique identifiers and the extensions.
fn read_tail(fields: &mut Reader<'_>, version: u8) -> Result<Extensions, DerFault> {
    let first = fields.optional(0x81)?;
    let second = fields.optional(0x82)?;
    let mut extensions = Extensions::default();
    if let Some(tagged) = fields.optional(0xa3)? {
        let mut tagged = fields.inside(&tagged);
        let list = tagged.expect(SEQUENCE, "a list of extensions")?;
        tagged.finish()?;
        extensions = Extensions::read(&tagged.inside(&list))?;
        if version < 3 {
            extensions.defects.push(Defect::ExtensionsBeforeV3);
        }
    }
    if version == 1 && (first.is_some() || second.is_some()) {
        extensions.defects.push(Defect::UniqueIdInV1);
    }
    fields.finish()?;
    Ok(extensions)
}
