//! A certificate read once, with everything that path validation asks for.

use x509_parser::nom::Parser as _;
use x509_parser::prelude::{AlgorithmIdentifier, X509Certificate, X509CertificateParser};

use super::der::{self, Malformed, Read};
use super::extensions::{self, AuthorityKey, Extension, Extensions};
use super::key::{DsaParameters, PublicKey};
use super::names::{GeneralName, Name};
use super::oids;
use super::signature::{self, Outcome, Scheme};

/// A certificate, read once.
#[derive(Clone, Debug)]
pub(crate) struct Parsed<'a> {
    pub(crate) der: &'a [u8],
    pub(crate) x509: X509Certificate<'a>,
    pub(crate) subject: Name<'a>,
    pub(crate) issuer: Name<'a>,
    pub(crate) not_before: i64,
    pub(crate) not_after: i64,
    pub(crate) extensions: Extensions<'a>,
    pub(crate) key: PublicKey<'a>,
    /// How it is signed; malformed if the parameters are.
    pub(crate) scheme: Read<Scheme>,
    /// The parameters of RSASSA-PSS are encoded as everybody encodes them, byte for byte.
    pub(crate) plain_pss: bool,
}

impl<'a> Parsed<'a> {
    /// Reads a certificate; the slice must hold nothing else.
    pub(crate) fn read(der: &'a [u8]) -> Read<Self> {
        der::sequence(der)?;
        let mut parser = X509CertificateParser::new().with_deep_parse_extensions(false);
        let (rest, x509) = parser.parse(der).map_err(|_| Malformed)?;
        if !rest.is_empty() {
            return Err(Malformed);
        }
        let name = |name: &x509_parser::x509::X509Name<'a>| Name::of(name);
        Ok(Self {
            der,
            subject: name(&x509.tbs_certificate.subject),
            issuer: name(&x509.tbs_certificate.issuer),
            not_before: x509.tbs_certificate.validity.not_before.timestamp(),
            not_after: x509.tbs_certificate.validity.not_after.timestamp(),
            extensions: extensions::read(x509.tbs_certificate.extensions()),
            key: PublicKey::read(x509.tbs_certificate.subject_pki.raw),
            scheme: scheme(&x509.signature_algorithm),
            plain_pss: plain_pss(&x509.signature_algorithm),
            x509,
        })
    }

    /// Checks its signature with a key; `inherited` are the parameters for a DSA key that has none.
    pub(crate) fn signature_by(
        &self,
        key: &PublicKey<'_>,
        inherited: Option<DsaParameters<'_>>,
    ) -> Outcome {
        let Ok(scheme) = self.scheme else {
            return Outcome::Bad;
        };
        let signature = &self.x509.signature_value;
        if signature.unused_bits != 0 {
            return Outcome::Bad;
        }
        let message = self.x509.tbs_certificate.as_ref();
        signature::check(scheme, key, message, &signature.data, inherited)
    }

    /// Issuer and subject are the same name.
    pub(crate) fn self_issued(&self) -> bool {
        self.subject.matches(&self.issuer)
    }

    /// The version as people count it: 1, 2 or 3.
    pub(crate) fn version(&self) -> u32 {
        self.x509.tbs_certificate.version.0.saturating_add(1)
    }

    /// The whole subject public key info, which tells two keys apart.
    pub(crate) fn key_info(&self) -> &'a [u8] {
        self.x509.tbs_certificate.subject_pki.raw
    }

    /// basicConstraints says CA. Malformed counts as no.
    pub(crate) fn is_ca(&self) -> bool {
        matches!(&self.extensions.basic, Some(Extension { value: Ok(basic), .. }) if basic.ca)
    }

    /// The key usage bits, if the extension is there and readable.
    pub(crate) fn usage(&self) -> Option<u16> {
        self.extensions
            .key_usage
            .as_ref()
            .and_then(|extension| extension.value.ok())
    }

    /// The alternative names; none if absent or malformed.
    pub(crate) fn alt_names(&self) -> &[GeneralName<'a>] {
        match &self.extensions.alt_names {
            Some(Extension {
                value: Ok(names), ..
            }) => names,
            _ => &[],
        }
    }

    /// The subject key identifier, if there is one.
    pub(crate) fn subject_key_id(&self) -> Option<&'a [u8]> {
        self.extensions
            .subject_key
            .as_ref()
            .and_then(|extension| extension.value.ok())
    }

    /// The authority key identifier extension, if readable.
    pub(crate) fn authority_key(&self) -> Option<AuthorityKey<'a>> {
        self.extensions
            .authority_key
            .as_ref()
            .and_then(|extension| extension.value.ok())
    }

    /// The features of TLS that it promises (RFC 7633); malformed if the extension is.
    pub(crate) fn features(&self) -> Option<Read<Vec<&'a [u8]>>> {
        let mut all = self.x509.tbs_certificate.extensions().iter();
        let found = all.find(|extension| extension.oid.as_bytes() == oids::TLS_FEATURE)?;
        let list = der::sequence(found.value);
        Some(list.and_then(|list| der::list(list, der::tag::INTEGER)))
    }

    /// The identifiers of all critical extensions.
    pub(crate) fn critical(&self) -> impl Iterator<Item = &[u8]> {
        let all = self.x509.tbs_certificate.extensions().iter();
        all.filter(|extension| extension.critical)
            .map(|extension| extension.oid.as_bytes())
    }

    /// The values of one attribute of the subject: tag and bytes.
    pub(crate) fn subject_values(&self, oid: &'static [u8]) -> impl Iterator<Item = (u8, &[u8])> {
        let attributes = self.x509.tbs_certificate.subject.iter_attributes();
        attributes
            .filter(move |attribute| attribute.attr_type().as_bytes() == oid)
            .map(|attribute| {
                (
                    attribute.attr_value().tag().0 as u8,
                    attribute.attr_value().data,
                )
            })
    }
}

/// How something is signed.
pub(super) fn scheme(algorithm: &AlgorithmIdentifier<'_>) -> Read<Scheme> {
    let parameters = algorithm.parameters.as_ref();
    let sequence = parameters.filter(|found| found.tag().0 == u32::from(der::tag::SEQUENCE & 0x1f));
    Scheme::read(
        algorithm.algorithm.as_bytes(),
        sequence.map(|found| found.data),
    )
}

/// RSASSA-PSS-params with NULL after each hash and no default written out, which some parsers compare with a constant.
fn plain_pss(algorithm: &AlgorithmIdentifier<'_>) -> bool {
    let Ok(Scheme::RsaPss(pss)) = scheme(algorithm) else {
        return false;
    };
    let found = algorithm.parameters.as_ref().map(|found| found.data);
    found == Some(&pss.usual_encoding()[..])
}
