//! One certificate, read once, owned, cheap to clone.

mod read;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use serde::Serialize;

use super::der::{self, BIT_STRING, DerFault, OID, Reader, SEQUENCE};
use super::extensions::{BasicConstraints, Defect, Extensions, KeyUsage, NameConstraints};
use super::public_key::PublicKey;
use super::signature::{self, Check, Outcome, Scheme};
use super::{Fingerprint, Hash, Key, Name, Time};

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
    /// The signed AlgorithmIdentifier.
    identifier: Range<usize>,
    /// `None`: its parameters are malformed.
    scheme: Option<Scheme>,
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
    subject_hash: OnceLock<u32>,
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
        let mut inner = read::read_tbs(&outer.inside(&tbs), der)?;
        inner.tbs = tbs.whole();
        let algorithm = outer.expect(SEQUENCE, "the signature's algorithm")?;
        outer
            .inside(&algorithm)
            .expect(OID, "the signature's algorithm identifier")?;
        if outer.bytes(algorithm.whole()) != outer.bytes(inner.identifier.clone()) {
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
        let Some(scheme) = self.0.scheme else {
            return Check::Unsupported;
        };
        let key = PublicKey::read(issuer.spki_der());
        match signature::check(scheme, &key, self.tbs_der(), signature, None) {
            Outcome::Good => Check::Valid,
            Outcome::Bad | Outcome::WrongKey | Outcome::NotAllowed => Check::Invalid,
            Outcome::Unsupported | Outcome::NeedsParameters => Check::Unsupported,
        }
    }

    /// OpenSSL's hash of the subject: the file name of the hash link (`openssl x509 -subject_hash`).
    pub fn subject_hash(&self) -> u32 {
        *self.0.subject_hash.get_or_init(|| self.0.subject.hash())
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
