//! One certificate, read once, owned, cheap to clone.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use serde::Serialize;

use super::der::{
    self, BIT_STRING, DerFault, DerFaultKind, Element, GENERALIZED_TIME, INTEGER, OID, Reader,
    SEQUENCE, UTC_TIME,
};
use super::extensions::{BasicConstraints, Defect, Extensions, KeyUsage, NameConstraints};
use super::signature::{self, Check, Hash};
use super::{Fingerprint, Key, Name, Time, hex};

/// Whether a certificate is signed with its own key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SelfSigned {
    /// Issuer and subject are the same and the signature verifies with the certificate's own key.
    Yes,
    /// Issued by another, or the signature is wrong.
    No,
    /// Issuer and subject are the same, but this signature algorithm or key cannot be checked here.
    Unverifiable,
}

/// An X.509 certificate (RFC 5280 §4.1).
#[derive(Clone)]
pub struct Certificate(Arc<Inner>);

struct Inner {
    der: Box<[u8]>,
    tbs: Range<usize>,
    spki: Range<usize>,
    signature: Range<usize>,
    version: u8,
    serial: String,
    algorithm: Cow<'static, str>,
    hash: Option<Hash>,
    issuer: Name,
    subject: Name,
    not_before: Time,
    not_after: Time,
    key: Key,
    extensions: Extensions,
    sha256: OnceLock<Fingerprint>,
    self_signed: OnceLock<SelfSigned>,
}

impl Certificate {
    /// Reads exactly one certificate in strict DER.
    pub fn from_der(der: &[u8]) -> Result<Self, DerFault> {
        der::check(der)?;
        let mut top = Reader::new(der);
        let outer = top.expect(SEQUENCE, "a certificate")?;
        let mut outer = top.inside(&outer);
        let tbs = outer.expect(SEQUENCE, "a certificate's content")?;
        let mut inner = read_tbs(&outer.inside(&tbs), der)?;
        inner.tbs = tbs.whole();
        let algorithm = outer.expect(SEQUENCE, "the signature's algorithm")?;
        outer
            .inside(&algorithm)
            .expect(OID, "the signature's algorithm identifier")?;
        if outer.bytes(algorithm.whole()) != outer.bytes(inner.signature.clone()) {
            inner.extensions.defects.push(Defect::AlgorithmMismatch);
        }
        inner.signature = outer.expect(BIT_STRING, "the signature")?.content;
        outer.finish()?;
        inner.der = der.into();
        Ok(Self(Arc::new(inner)))
    }

    fn bytes(&self, range: &Range<usize>) -> &[u8] {
        self.0.der.get(range.clone()).unwrap_or_default()
    }

    /// The whole certificate.
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// The signed part, header included.
    pub fn tbs_der(&self) -> &[u8] {
        self.bytes(&self.0.tbs)
    }

    /// The SubjectPublicKeyInfo, header included.
    pub fn spki_der(&self) -> &[u8] {
        self.bytes(&self.0.spki)
    }

    /// SHA-256 of the whole certificate.
    pub fn sha256(&self) -> Fingerprint {
        *self.0.sha256.get_or_init(|| Fingerprint::of(&self.0.der))
    }

    /// SHA-256 of the SubjectPublicKeyInfo: the same for all certificates of one key.
    pub fn spki_sha256(&self) -> Fingerprint {
        Fingerprint::of(self.spki_der())
    }

    /// To whom the key belongs.
    pub fn subject(&self) -> &Name {
        &self.0.subject
    }

    /// Who says so.
    pub fn issuer(&self) -> &Name {
        &self.0.issuer
    }

    /// Valid from this second on.
    pub fn not_before(&self) -> Time {
        self.0.not_before
    }

    /// Valid up to and including this second.
    pub fn not_after(&self) -> Time {
        self.0.not_after
    }

    /// The serial number in lower-case hex, whole bytes, `-` before a negative one.
    pub fn serial(&self) -> &str {
        &self.0.serial
    }

    /// 1, 2 or 3.
    pub fn version(&self) -> u8 {
        self.0.version
    }

    /// The public key's kind and strength.
    pub fn key(&self) -> &Key {
        &self.0.key
    }

    /// `sha256WithRSAEncryption` …, or the object identifier.
    pub fn signature_algorithm(&self) -> &str {
        &self.0.algorithm
    }

    /// The hash in the signature algorithm; `None` where the algorithm has its own (Ed25519) or is unknown.
    pub fn signature_hash(&self) -> Option<Hash> {
        self.0.hash
    }

    /// All that was read from the extensions.
    pub fn extensions(&self) -> &Extensions {
        &self.0.extensions
    }

    /// basicConstraints, where present and well-formed.
    pub fn basic_constraints(&self) -> Option<BasicConstraints> {
        self.0.extensions.basic_constraints
    }

    /// keyUsage, where present and well-formed.
    pub fn key_usage(&self) -> Option<&KeyUsage> {
        self.0.extensions.key_usage.as_ref()
    }

    /// Whether keyUsage is absent (then every use is allowed) or has keyCertSign.
    pub fn has_key_cert_sign(&self) -> bool {
        self.key_usage().is_none_or(KeyUsage::key_cert_sign)
    }

    /// Whether basicConstraints say that it is a CA.
    pub fn is_ca(&self) -> bool {
        self.basic_constraints().is_some_and(|found| found.ca)
    }

    /// nameConstraints, where present and well-formed.
    pub fn name_constraints(&self) -> Option<&NameConstraints> {
        self.0.extensions.name_constraints.as_ref()
    }

    /// The subject key identifier.
    pub fn subject_key_id(&self) -> Option<&[u8]> {
        self.0.extensions.subject_key_id.as_deref()
    }

    /// The authority key identifier.
    pub fn authority_key_id(&self) -> Option<&[u8]> {
        self.0.extensions.authority_key_id.as_deref()
    }

    /// Rules that the certificate breaks though it could be read.
    pub fn defects(&self) -> &[Defect] {
        &self.0.extensions.defects
    }

    /// Whether issuer and subject are the same name (RFC 5280 §6.1: "self-issued"), which proves nothing.
    pub fn is_self_issued(&self) -> bool {
        self.0.subject.matches(&self.0.issuer)
    }

    /// Whether it is signed with its own key; the signature is verified at the first call.
    pub fn self_signed(&self) -> SelfSigned {
        *self.0.self_signed.get_or_init(|| {
            if !self.is_self_issued() {
                return SelfSigned::No;
            }
            match self.check_signature(self) {
                Check::Valid => SelfSigned::Yes,
                Check::Invalid => SelfSigned::No,
                Check::Unsupported => SelfSigned::Unverifiable,
            }
        })
    }

    /// Whether it is certainly signed with its own key.
    pub fn is_self_signed(&self) -> bool {
        self.self_signed() == SelfSigned::Yes
    }

    /// Whether this certificate's signature was made with the key of `issuer`; names and dates are not looked at.
    pub fn check_signature(&self, issuer: &Self) -> Check {
        // The first content byte of the bit string counts unused bits; a signature has none.
        let Some((0, signature)) = self
            .bytes(&self.0.signature)
            .split_first()
            .map(|(unused, rest)| (*unused, rest))
        else {
            return Check::Invalid;
        };
        signature::check(
            &self.0.algorithm,
            self.0.hash,
            issuer.spki_der(),
            self.tbs_der(),
            signature,
        )
    }

    /// OpenSSL's hash of the subject: the file name of the hash link (`openssl x509 -subject_hash`).
    pub fn subject_hash(&self) -> u32 {
        self.0.subject.hash()
    }

    /// PEM with lines of 64 characters and LF (RFC 7468 §5.1).
    pub fn to_pem(&self) -> String {
        let block = pem::Pem::new("CERTIFICATE", self.der());
        pem::encode_config(
            &block,
            pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF),
        )
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.0.der == other.0.der
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Certificate({} {})",
            self.sha256(),
            self.subject().display()
        )
    }
}

/// Reads TBSCertificate; `signature` of the result is for now the range of the signed algorithm identifier.
fn read_tbs(fields: &Reader<'_>, der: &[u8]) -> Result<Inner, DerFault> {
    let mut fields = fields.clone();
    let version = read_version(&mut fields)?;
    let serial = fields.expect(INTEGER, "a serial number")?;
    let serial = serial_text(fields.content(&serial));
    let signed_algorithm = fields.expect(SEQUENCE, "a signature algorithm")?;
    let (algorithm, hash) = read_algorithm(&fields.inside(&signed_algorithm))?;
    let issuer = fields.expect(SEQUENCE, "an issuer")?;
    let issuer = Name::read(&fields, &issuer)?;
    let validity = fields.expect(SEQUENCE, "a validity")?;
    let (not_before, not_after) = read_validity(&fields.inside(&validity))?;
    let subject = fields.expect(SEQUENCE, "a subject")?;
    let subject = Name::read(&fields, &subject)?;
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
        signature: signed_algorithm.whole(),
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

fn read_algorithm(fields: &Reader<'_>) -> Result<(Cow<'static, str>, Option<Hash>), DerFault> {
    let mut fields = fields.clone();
    let oid = fields.expect(OID, "a signature algorithm's identifier")?;
    let oid = fields.content(&oid);
    Ok(match signature::describe(oid) {
        Some((name @ "rsassaPss", _)) => (Cow::Borrowed(name), signature::pss_hash(&fields)),
        Some((name, hash)) => (Cow::Borrowed(name), hash),
        None => (Cow::Owned(der::oid_text(oid)), None),
    })
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
            "a time that is no date, or not in the form of RFC 5280",
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
