//! What every report says of a certificate.

use serde::{Serialize, Serializer};

use crate::cert::{
    BasicConstraints, Certificate, Fingerprint, KeyUsage, NameConstraints, SelfSigned, Time, hex,
};

/// The facts of one certificate; absent is `null`.
#[derive(Debug, Serialize)]
pub struct Facts {
    /// Readable, most specific attribute first.
    pub subject: String,
    /// The same for the issuer.
    pub issuer: String,
    /// Lower-case hex.
    pub serial: String,
    /// Begin of validity.
    pub not_before: Time,
    /// End of validity.
    pub not_after: Time,
    /// `RSA 2048`, `EC P-256` …
    pub key: String,
    /// Bits of the key; 0 where unknown.
    pub key_bits: u32,
    /// `sha256WithRSAEncryption` …
    pub signature_algorithm: String,
    /// Of the whole certificate.
    pub sha256: Fingerprint,
    /// Of its public key.
    pub spki_sha256: Fingerprint,
    /// Signed with its own key, really verified.
    pub self_signed: OwnSignature,
    /// 1 to 3.
    pub version: u8,
    /// basicConstraints.
    pub basic_constraints: Option<BasicConstraints>,
    /// keyUsage.
    pub key_usage: Option<KeyUsage>,
    /// extKeyUsage.
    pub extended_key_usage: Option<Vec<String>>,
    /// subjectAltName.
    pub subject_alt_names: Vec<String>,
    /// nameConstraints.
    pub name_constraints: Option<NameConstraints>,
    /// Lower-case hex.
    pub subject_key_id: Option<String>,
    /// Lower-case hex.
    pub authority_key_id: Option<String>,
    /// Critical extensions that nothing here knows.
    pub unknown_critical_extensions: Vec<String>,
    /// OpenSSL's hash of the subject, as in the names of hash links.
    pub subject_hash: String,
}

/// Whether a certificate is signed with its own key: verified only when it is shown, since that costs as much as
/// all the rest of a list.
#[derive(Clone, Debug)]
pub struct OwnSignature(Certificate);

impl OwnSignature {
    /// Verifies it.
    pub fn verify(&self) -> SelfSigned {
        self.0.self_signed()
    }
}

impl Serialize for OwnSignature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.verify().serialize(serializer)
    }
}

impl Facts {
    /// The facts of `certificate`.
    pub fn of(certificate: &Certificate) -> Self {
        let extensions = certificate.extensions();
        Self {
            subject: certificate.subject().display().to_owned(),
            issuer: certificate.issuer().display().to_owned(),
            serial: certificate.serial().to_owned(),
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
            key: certificate.key().to_string(),
            key_bits: certificate.key().bits,
            signature_algorithm: certificate.signature_algorithm().to_owned(),
            sha256: certificate.sha256(),
            spki_sha256: certificate.spki_sha256(),
            self_signed: OwnSignature(certificate.clone()),
            version: certificate.version(),
            basic_constraints: certificate.basic_constraints(),
            key_usage: certificate.key_usage().cloned(),
            extended_key_usage: extensions.extended_key_usage.clone(),
            subject_alt_names: extensions.subject_alt_names.clone(),
            name_constraints: certificate.name_constraints().cloned(),
            subject_key_id: certificate.subject_key_id().map(hex),
            authority_key_id: certificate.authority_key_id().map(hex),
            unknown_critical_extensions: extensions.unknown_critical.clone(),
            subject_hash: format!("{:08x}", certificate.subject_hash()),
        }
    }
}
