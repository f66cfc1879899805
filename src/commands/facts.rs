//! What every report says of a certificate.

use serde::{Serialize, Serializer};

use crate::cert::{
    BasicConstraints, Certificate, Fingerprint, KeyUsage, NameConstraints, SelfSigned, Time, hex,
};

/// The facts of one certificate: put together when they are written, since a list for people needs few of them, and
/// to verify a signature costs as much as all the rest of a list.
#[derive(Clone, Debug)]
pub struct Facts(Certificate);

impl Facts {
    /// The facts of `certificate`.
    pub fn of(certificate: &Certificate) -> Self {
        Self(certificate.clone())
    }

    /// Whose facts they are.
    pub fn certificate(&self) -> &Certificate {
        &self.0
    }
}

impl Serialize for Facts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Written::of(&self.0).serialize(serializer)
    }
}

/// The facts as they are written; absent is `null`.
#[derive(Serialize)]
struct Written<'a> {
    /// Readable, most specific attribute first.
    subject: &'a str,
    /// The same for the issuer.
    issuer: &'a str,
    /// Lower-case hex.
    serial: &'a str,
    /// Begin of validity.
    not_before: Time,
    /// End of validity.
    not_after: Time,
    /// `RSA 2048`, `EC P-256` …
    key: String,
    /// Bits of the key; 0 where unknown.
    key_bits: u32,
    /// `sha256WithRSAEncryption` …
    signature_algorithm: &'a str,
    /// Of the whole certificate.
    sha256: Fingerprint,
    /// Of its public key.
    spki_sha256: Fingerprint,
    /// Signed with its own key, really verified.
    self_signed: SelfSigned,
    /// 1 to 3.
    version: u8,
    /// basicConstraints.
    basic_constraints: Option<BasicConstraints>,
    /// keyUsage.
    key_usage: Option<&'a KeyUsage>,
    /// extKeyUsage.
    extended_key_usage: Option<&'a [String]>,
    /// subjectAltName.
    subject_alt_names: &'a [String],
    /// nameConstraints.
    name_constraints: Option<&'a NameConstraints>,
    /// Lower-case hex.
    subject_key_id: Option<String>,
    /// Lower-case hex.
    authority_key_id: Option<String>,
    /// Critical extensions that nothing here knows.
    unknown_critical_extensions: &'a [String],
    /// OpenSSL's hash of the subject, as in the names of hash links.
    subject_hash: String,
}

impl<'a> Written<'a> {
    fn of(certificate: &'a Certificate) -> Self {
        let extensions = certificate.extensions();
        Self {
            subject: certificate.subject().display(),
            issuer: certificate.issuer().display(),
            serial: certificate.serial(),
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
            key: certificate.key().to_string(),
            key_bits: certificate.key().bits,
            signature_algorithm: certificate.signature_algorithm(),
            sha256: certificate.sha256(),
            spki_sha256: certificate.spki_sha256(),
            self_signed: certificate.self_signed(),
            version: certificate.version(),
            basic_constraints: certificate.basic_constraints(),
            key_usage: certificate.key_usage(),
            extended_key_usage: extensions.extended_key_usage.as_deref(),
            subject_alt_names: &extensions.subject_alt_names,
            name_constraints: certificate.name_constraints(),
            subject_key_id: certificate.subject_key_id().map(hex),
            authority_key_id: certificate.authority_key_id().map(hex),
            unknown_critical_extensions: &extensions.unknown_critical,
            subject_hash: subject_hash(certificate),
        }
    }
}

/// The hash of the subject as in the name of a hash link.
pub fn subject_hash(certificate: &Certificate) -> String {
    format!("{:08x}", certificate.subject_hash())
}
