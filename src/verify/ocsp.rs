//! A response of OCSP (RFC 6960) that a server has stapled: what it says of the server's certificate, and whether it
//! may say so.

use x509_parser::prelude::{ASN1Time, AlgorithmIdentifier, FromDer};

use super::crl::reason_name;
use super::der::{self, Malformed, Read, Reader, tag};
use super::parsed::{self, Parsed};
use super::signature::{self, Outcome};
use crate::cert::Hash;
use crate::programs::Library;

/// What a stapled response comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Staple {
    /// Not revoked; until when that is known (Unix seconds), if it says so.
    Good(Option<i64>),
    /// Revoked at this moment, and why.
    Revoked(i64, &'static str),
    /// The responder knows nothing of the certificate.
    Unknown,
    /// Good, but only up to this moment, which is over.
    Expired(i64),
    /// Good as of this moment; it does not say until when, and more than [`UNDATED`] seconds have gone by.
    Stale(i64),
    /// Good, but only from this moment on.
    NotYet(i64),
    /// For other certificates than the server's.
    Foreign,
    /// Signed by nobody who may speak for the issuer; or the issuer's certificate is missing.
    Unsigned,
    /// No answer, but an error: a status other than 0.
    Failed(u8),
    /// Not to be read.
    Malformed,
}

/// What a program holds against a server for its stapled response, or for having none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StapleFault {
    /// The certificate is revoked.
    Revoked,
    /// The response is too old.
    Expired,
    /// The response is for another certificate, or by somebody else.
    Invalid,
    /// The certificate promises a response, and there is none to use.
    Missing,
}

/// Whether clients on this library refuse a server for what it staples; `promised`: its certificate has Must-Staple.
///
/// Only GnuTLS looks at it unasked: measured with `gnutls-cli`, wget and git on GnuTLS 3.7.1, 3.7.9 and 3.8.9, and
/// with OpenSSL 1.1.1, 3.0 and 3.5, curl, Python, Go 1.19 and 1.24, Node.js 20 and Java 17, which go on at each of them.
pub fn staple_fault(
    library: Library,
    staple: Option<&Staple>,
    promised: bool,
) -> Option<StapleFault> {
    if library != Library::GnuTls {
        return None;
    }
    match staple {
        Some(Staple::Revoked(..)) => Some(StapleFault::Revoked),
        Some(Staple::Expired(_) | Staple::Stale(_)) => Some(StapleFault::Expired),
        Some(Staple::Foreign | Staple::Unsigned) => Some(StapleFault::Invalid),
        // GnuTLS does not look at when a response begins, and takes "unknown" for an answer.
        Some(Staple::Good(_) | Staple::Unknown | Staple::NotYet(_)) => None,
        Some(Staple::Failed(_) | Staple::Malformed) | None => {
            promised.then_some(StapleFault::Missing)
        }
    }
}

/// For so many seconds GnuTLS takes a response without `nextUpdate` (measured with 3.7.9: 14 days pass, 16 don't;
/// `MAX_OCSP_VALIDITY_SECS` in its source).
pub const UNDATED: i64 = 15 * 86_400;

/// basicResponse.
const BASIC: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 48, 1, 1];
/// id-kp-OCSPSigning.
const OCSP_SIGNING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 9];
const ENUMERATED: u8 = 0x0a;

/// Judges a response about `leaf`; `others` are certificates among which its issuer is looked for.
pub fn staple(response: &[u8], leaf: &[u8], others: &[&[u8]], now: i64) -> Staple {
    match read(response, leaf, others, now) {
        Ok(found) => found,
        Err(Malformed) => Staple::Malformed,
    }
}

/// The certificate wants its server to staple a response (RFC 7633).
pub fn must_staple(leaf: &[u8]) -> bool {
    const STATUS_REQUEST: u32 = 5;
    let Ok(leaf) = Parsed::read(leaf) else {
        return false;
    };
    let Some(Ok(features)) = leaf.features() else {
        return false;
    };
    let asks = |content: &&[u8]| der::unsigned(content) == Ok(STATUS_REQUEST);
    features.iter().any(asks)
}

fn read(response: &[u8], leaf: &[u8], others: &[&[u8]], now: i64) -> Read<Staple> {
    let mut outer = der::sequence(response)?;
    let status = *outer.expect(ENUMERATED)?.last().ok_or(Malformed)?;
    if status != 0 {
        return Ok(Staple::Failed(status));
    }
    let mut bytes = der::sequence(outer.expect(0xa0)?)?;
    if bytes.expect(tag::OID)? != BASIC {
        return Err(Malformed);
    }
    let basic = Basic::read(bytes.expect(tag::OCTET_STRING)?)?;
    let leaf = Parsed::read(leaf)?;
    let others: Vec<Parsed<'_>> = others
        .iter()
        .filter_map(|der| Parsed::read(der).ok())
        .collect();
    let mut issuers = others
        .iter()
        .filter(|issuer| issuer.subject.matches(&leaf.issuer));
    let Some(single) = basic.about(&leaf, &others) else {
        return Ok(Staple::Foreign);
    };
    if !issuers.any(|issuer| basic.is_by(issuer, now)) {
        return Ok(Staple::Unsigned);
    }
    single.judge(now)
}

/// BasicOCSPResponse.
struct Basic<'a> {
    /// ResponseData as it is signed.
    signed: &'a [u8],
    singles: Vec<Single<'a>>,
    algorithm: AlgorithmIdentifier<'a>,
    signature: &'a [u8],
    certificates: Vec<&'a [u8]>,
}

impl<'a> Basic<'a> {
    fn read(bytes: &'a [u8]) -> Read<Self> {
        let mut outer = der::sequence(bytes)?;
        let (_, data, signed) = outer.element()?;
        let (_, _, algorithm) = outer.element()?;
        let (_, algorithm) = AlgorithmIdentifier::from_der(algorithm).map_err(|_| Malformed)?;
        let (&unused, signature) = outer
            .expect(tag::BIT_STRING)?
            .split_first()
            .ok_or(Malformed)?;
        let mut certificates = Vec::new();
        if let Some(list) = outer.optional(0xa0)? {
            let mut list = der::sequence(list)?;
            while !list.is_empty() {
                certificates.push(list.element()?.2);
            }
        }
        let mut data = Reader::new(data);
        data.optional(0xa0)?;
        // Responder and time of production.
        data.element()?;
        data.element()?;
        let mut list = Reader::new(data.expect(tag::SEQUENCE)?);
        let mut singles = Vec::new();
        while !list.is_empty() {
            singles.push(Single::read(list.expect(tag::SEQUENCE)?)?);
        }
        if unused != 0 {
            return Err(Malformed);
        }
        Ok(Self {
            signed,
            singles,
            algorithm,
            signature,
            certificates,
        })
    }

    /// What it says of this certificate. The key of the issuer is told by its hash, so that any of these may be it.
    fn about(&self, leaf: &Parsed<'_>, others: &[Parsed<'_>]) -> Option<&Single<'a>> {
        let serial = leaf.x509.tbs_certificate.raw_serial();
        for single in self.singles.iter().filter(|single| single.serial == serial) {
            let digest = |bytes: &[u8]| single.hash.and_then(|hash| hash.digest(bytes));
            let same = |issuer: &Parsed<'_>| {
                let key = &issuer.x509.tbs_certificate.subject_pki.subject_public_key;
                digest(&key.data).as_deref() == Some(single.key)
            };
            let named = digest(leaf.issuer.raw).as_deref() == Some(single.name);
            let mut issuers = others
                .iter()
                .filter(|one| one.subject.matches(&leaf.issuer));
            // Without the issuer's certificate its name has to do.
            let keyed = issuers.clone().next().is_none() || issuers.any(same);
            if named && keyed {
                return Some(single);
            }
        }
        None
    }

    /// Signed by the issuer, or by a responder whom the issuer has appointed (RFC 6960 §4.2.2.2).
    fn is_by(&self, issuer: &Parsed<'_>, now: i64) -> bool {
        let signed_by = |signer: &Parsed<'_>| {
            let scheme = parsed::scheme(&self.algorithm);
            let check =
                |scheme| signature::check(scheme, &signer.key, self.signed, self.signature, None);
            scheme.map(check) == Ok(Outcome::Good)
        };
        let appointed = |der: &&[u8]| {
            let Ok(responder) = Parsed::read(der) else {
                return false;
            };
            let purposes = &responder.extensions.extended_key_usage;
            let purposes = purposes
                .as_ref()
                .and_then(|found| found.value.as_ref().ok());
            purposes.is_some_and(|all| all.contains(&OCSP_SIGNING))
                && (responder.not_before..=responder.not_after).contains(&now)
                && responder.issuer.matches(&issuer.subject)
                && responder.signature_by(&issuer.key, None) == Outcome::Good
                && signed_by(&responder)
        };
        signed_by(issuer) || self.certificates.iter().any(appointed)
    }
}

/// SingleResponse.
struct Single<'a> {
    hash: Option<Hash>,
    name: &'a [u8],
    key: &'a [u8],
    serial: &'a [u8],
    /// The tag of the status, and its content.
    status: (u8, &'a [u8]),
    this_update: i64,
    next_update: Option<i64>,
}

impl<'a> Single<'a> {
    fn read(content: &'a [u8]) -> Read<Self> {
        let mut reader = Reader::new(content);
        let mut id = Reader::new(reader.expect(tag::SEQUENCE)?);
        let mut hash = Reader::new(id.expect(tag::SEQUENCE)?);
        let hash = Hash::from_oid(hash.expect(tag::OID)?);
        let (name, key) = (id.expect(tag::OCTET_STRING)?, id.expect(tag::OCTET_STRING)?);
        let serial = id.expect(tag::INTEGER)?;
        let (kind, status, _) = reader.element()?;
        let this_update = moment(reader.element()?.2)?;
        let next_update = reader.optional(0xa0)?.map(moment).transpose()?;
        Ok(Self {
            hash,
            name,
            key,
            serial,
            status: (kind, status),
            this_update,
            next_update,
        })
    }

    fn judge(&self, now: i64) -> Read<Staple> {
        Ok(match self.status {
            (0xa1, content) => {
                let mut info = Reader::new(content);
                let at = moment(info.element()?.2)?;
                let reason = info.optional(0xa0)?;
                let reason = reason
                    .map(|bytes| der::sole(bytes, ENUMERATED))
                    .transpose()?;
                let reason = reason.and_then(<[u8]>::last).copied();
                Staple::Revoked(at, reason_name(reason.unwrap_or(0)))
            }
            (0x82, _) => Staple::Unknown,
            (0x80, _) if now < self.this_update => Staple::NotYet(self.this_update),
            (0x80, _) => match self.next_update {
                Some(end) if end < now => Staple::Expired(end),
                None if now - self.this_update > UNDATED => Staple::Stale(self.this_update),
                end => Staple::Good(end),
            },
            _ => return Err(Malformed),
        })
    }
}

fn moment(bytes: &[u8]) -> Read<i64> {
    let (_, time) = ASN1Time::from_der(bytes).map_err(|_| Malformed)?;
    Ok(time.timestamp())
}
