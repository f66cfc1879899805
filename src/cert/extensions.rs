//! The extensions that decide what a certificate may be used for (RFC 5280 §4.2).

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use serde::Serialize;
use x509_parser::extensions::{
    self as x509, GeneralName, GeneralSubtree, ParsedExtension, X509Extension,
};
use x509_parser::prelude::FromDer;

use super::der::{
    self, BIT_STRING, BOOLEAN, DerFault, DerFaultKind, INTEGER, OCTET_STRING, OID, Reader, SEQUENCE,
};
use super::name::Name;

/// Whether the subject is a CA (RFC 5280 §4.2.1.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct BasicConstraints {
    /// Marked critical, as it must be in a CA certificate.
    pub critical: bool,
    /// The subject is a CA.
    pub ca: bool,
    /// How many CA certificates may follow below it.
    pub path_len: Option<u32>,
}

/// What the key may be used for (RFC 5280 §4.2.1.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyUsage {
    /// Marked critical.
    pub critical: bool,
    /// The names of RFC 5280: `keyCertSign`, `cRLSign` …
    pub uses: Vec<&'static str>,
}

impl KeyUsage {
    /// Whether certificates may be signed with the key.
    pub fn key_cert_sign(&self) -> bool {
        self.uses.contains(&KEY_CERT_SIGN)
    }
}

const KEY_CERT_SIGN: &str = "keyCertSign";

/// The bits of keyUsage in their order.
const KEY_USES: [&str; 9] = [
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    KEY_CERT_SIGN,
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
];

/// For which names a CA may issue (RFC 5280 §4.2.1.10), readable: `DNS:example.org`, `IP:10.0.0.0/255.0.0.0`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NameConstraints {
    /// Marked critical, as it must be.
    pub critical: bool,
    /// Only these.
    pub permitted: Vec<String>,
    /// Not these.
    pub excluded: Vec<String>,
}

/// Something in a certificate that reads, but breaks a rule that some programs enforce.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Defect {
    /// An extension whose content is not what its identifier promises.
    MalformedExtension(String),
    /// The same extension twice (RFC 5280 §4.2).
    RepeatedExtension(String),
    /// Extensions in a certificate that is not version 3 (RFC 5280 §4.1.2.9).
    ExtensionsBeforeV3,
    /// An extensions field without an extension (RFC 5280 §4.1.2.9).
    NoExtensions,
    /// Unique identifiers in a certificate of version 1 (RFC 5280 §4.1.2.8).
    UniqueIdInV1,
    /// The signature algorithm outside is not the one that was signed (RFC 5280 §4.1.1.2).
    AlgorithmMismatch,
    /// A name with a value of another type than a string, or a string that breaks its encoding; OpenSSL refuses the
    /// certificate.
    MalformedName,
    /// A name with a part that has no attribute.
    EmptyNamePart,
    /// A certificate that was never valid: notAfter lies before notBefore.
    NeverValid,
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MalformedExtension(oid) => write!(f, "the extension {oid} is malformed"),
            Self::RepeatedExtension(oid) => write!(f, "the extension {oid} occurs more than once"),
            Self::ExtensionsBeforeV3 => f.write_str("extensions, but not version 3"),
            Self::NoExtensions => f.write_str("an empty list of extensions"),
            Self::UniqueIdInV1 => f.write_str("unique identifiers, but version 1"),
            Self::AlgorithmMismatch => {
                f.write_str("two different signature algorithms, one signed and one outside")
            }
            Self::MalformedName => {
                f.write_str("a name whose value is not a string or breaks its own encoding")
            }
            Self::EmptyNamePart => f.write_str("a name with an empty part"),
            Self::NeverValid => f.write_str("notAfter lies before notBefore"),
        }
    }
}

/// All that trustctl reads from a certificate's extensions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extensions {
    /// basicConstraints.
    pub basic_constraints: Option<BasicConstraints>,
    /// keyUsage.
    pub key_usage: Option<KeyUsage>,
    /// extKeyUsage: `serverAuth` …, or object identifiers.
    pub extended_key_usage: Option<Vec<String>>,
    /// subjectAltName: `DNS:…`, `IP:…` …
    pub subject_alt_names: Vec<String>,
    /// subjectKeyIdentifier.
    pub subject_key_id: Option<Vec<u8>>,
    /// The key identifier in authorityKeyIdentifier.
    pub authority_key_id: Option<Vec<u8>>,
    /// nameConstraints.
    pub name_constraints: Option<NameConstraints>,
    /// Object identifiers of critical extensions that nothing here knows; a validator must refuse them.
    pub unknown_critical: Vec<String>,
    /// Broken rules.
    pub defects: Vec<Defect>,
}

impl Extensions {
    /// Reads the SEQUENCE OF Extension that `list` holds.
    pub(crate) fn read(list: &Reader<'_>) -> Result<Self, DerFault> {
        let mut found = Self::default();
        let mut list = list.clone();
        if list.is_empty() {
            found.defects.push(Defect::NoExtensions);
        }
        let mut seen = Vec::with_capacity(16);
        while !list.is_empty() {
            let extension = list.expect(SEQUENCE, "an extension")?;
            let whole = list.bytes(extension.whole());
            let oid = found.read_one(&list.inside(&extension), whole)?;
            if seen.contains(&oid) {
                let text = der::oid_text(oid);
                found.defects.push(Defect::RepeatedExtension(text));
            }
            seen.push(oid);
        }
        Ok(found)
    }

    /// Reads one extension; tells its identifier.
    fn read_one<'a>(&mut self, fields: &Reader<'a>, whole: &[u8]) -> Result<&'a [u8], DerFault> {
        let mut fields = fields.clone();
        let oid = fields.expect(OID, "an extension's identifier")?;
        let critical = fields.optional(BOOLEAN)?;
        let critical = critical.is_some_and(|element| fields.content(&element) != [0]);
        let value = fields.expect(OCTET_STRING, "an extension's value")?;
        fields.finish()?;
        let (oid, value) = (fields.content(&oid), fields.content(&value));
        let taken = if !is_known(oid) {
            if critical {
                self.unknown_critical.push(der::oid_text(oid));
            }
            Some(())
        } else if der::check(value).is_err() {
            // x509-parser overlooks trailing bytes.
            None
        } else {
            match oid {
                // What nearly every certificate has is read without another parser's detours.
                SUBJECT_KEY_ID => {
                    read_octets(value).map(|found| self.subject_key_id = Some(found.to_vec()))
                }
                KEY_USAGE => {
                    read_key_usage(value, critical).map(|found| self.key_usage = Some(found))
                }
                BASIC_CONSTRAINTS => read_basic_constraints(value, critical)
                    .map(|found| self.basic_constraints = Some(found)),
                _ => X509Extension::from_der(whole)
                    .ok()
                    .and_then(|(_, extension)| self.take(critical, extension.parsed_extension())),
            }
        };
        if taken.is_none() {
            let text = der::oid_text(oid);
            self.defects.push(Defect::MalformedExtension(text));
        }
        Ok(oid)
    }

    /// Keeps what is needed later; `None` when the content makes no sense after all.
    fn take(&mut self, critical: bool, parsed: &ParsedExtension<'_>) -> Option<()> {
        match parsed {
            ParsedExtension::ExtendedKeyUsage(found) => {
                self.extended_key_usage = Some(purposes(found));
            }
            ParsedExtension::SubjectAlternativeName(found) => {
                self.subject_alt_names = found
                    .general_names
                    .iter()
                    .map(general_name)
                    .collect::<Option<_>>()?;
            }
            ParsedExtension::AuthorityKeyIdentifier(found) => {
                self.authority_key_id = found.key_identifier.as_ref().map(|id| id.0.to_vec());
            }
            ParsedExtension::NameConstraints(found) => {
                let permitted = subtrees(found.permitted_subtrees.as_deref())?;
                let excluded = subtrees(found.excluded_subtrees.as_deref())?;
                self.name_constraints = Some(NameConstraints {
                    critical,
                    permitted,
                    excluded,
                });
            }
            ParsedExtension::ParseError { .. } => return None,
            _ => {}
        }
        Some(())
    }
}

const SUBJECT_KEY_ID: &[u8] = &[0x55, 0x1d, 14];
const KEY_USAGE: &[u8] = &[0x55, 0x1d, 15];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 19];

/// The content of the OCTET STRING that `value`, one DER element, is.
fn read_octets(value: &[u8]) -> Option<&[u8]> {
    let mut value = Reader::new(value);
    let octets = value.expect(OCTET_STRING, "an octet string").ok()?;
    Some(value.content(&octets))
}

/// `BIT STRING` with named bits (RFC 5280 §4.2.1.3); `value` is one DER element.
fn read_key_usage(value: &[u8], critical: bool) -> Option<KeyUsage> {
    let mut value = Reader::new(value);
    let bits = value.expect(BIT_STRING, "a bit string").ok()?;
    // The first byte counts unused bits, and those are zero.
    let (_, bits) = value.content(&bits).split_first()?;
    let is_set = |bit: usize| {
        bits.get(bit / 8)
            .is_some_and(|byte| byte << (bit % 8) & 0x80 != 0)
    };
    let uses = (0..).zip(KEY_USES).filter(|(bit, _)| is_set(*bit));
    let uses = uses.map(|(_, name)| name).collect();
    Some(KeyUsage { critical, uses })
}

/// `SEQUENCE { BOOLEAN DEFAULT FALSE, INTEGER OPTIONAL }` (RFC 5280 §4.2.1.9); `value` is one DER element.
fn read_basic_constraints(value: &[u8], critical: bool) -> Option<BasicConstraints> {
    let mut value = Reader::new(value);
    let list = value.expect(SEQUENCE, "basic constraints").ok()?;
    let mut list = value.inside(&list);
    let ca = list.optional(BOOLEAN).ok()?;
    let path_len = list.optional(INTEGER).ok()?;
    list.finish().ok()?;
    let path_len = match path_len {
        Some(number) => Some(unsigned(list.content(&number))?),
        None => None,
    };
    Some(BasicConstraints {
        critical,
        ca: ca.is_some_and(|found| list.content(&found) != [0]),
        path_len,
    })
}

/// An INTEGER that is not negative and not too large.
fn unsigned(content: &[u8]) -> Option<u32> {
    if content.first()? & 0x80 != 0 {
        return None;
    }
    content.iter().try_fold(0_u32, |number, &byte| {
        number.checked_mul(256)?.checked_add(byte.into())
    })
}

/// Whether RFC 5280 or one that follows it defines the extension.
fn is_known(oid: &[u8]) -> bool {
    match oid {
        [0x55, 0x1d, last] => matches!(last, 9 | 14..=19 | 21 | 24 | 28..=33 | 35..=37 | 46 | 54),
        [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, last] => matches!(last, 1 | 11),
        _ => false,
    }
}

fn purposes(found: &x509::ExtendedKeyUsage<'_>) -> Vec<String> {
    let known = [
        (found.any, "anyExtendedKeyUsage"),
        (found.server_auth, "serverAuth"),
        (found.client_auth, "clientAuth"),
        (found.code_signing, "codeSigning"),
        (found.email_protection, "emailProtection"),
        (found.time_stamping, "timeStamping"),
        (found.ocsp_signing, "OCSPSigning"),
    ];
    let known = known
        .into_iter()
        .filter(|(set, _)| *set)
        .map(|(_, name)| name.to_owned());
    known
        .chain(found.other.iter().map(|oid| der::oid_text(oid.as_bytes())))
        .collect()
}

fn subtrees(found: Option<&[GeneralSubtree<'_>]>) -> Option<Vec<String>> {
    found
        .unwrap_or_default()
        .iter()
        .map(|subtree| general_name(&subtree.base))
        .collect()
}

fn general_name(name: &GeneralName<'_>) -> Option<String> {
    Some(match name {
        GeneralName::DNSName(text) => format!("DNS:{text}"),
        GeneralName::RFC822Name(text) => format!("email:{text}"),
        GeneralName::URI(text) => format!("URI:{text}"),
        GeneralName::IPAddress(bytes) => format!("IP:{}", address(bytes)?),
        GeneralName::DirectoryName(name) => {
            format!("DirName:{}", directory_name(name.as_raw()).ok()?)
        }
        GeneralName::RegisteredID(oid) => format!("RID:{}", der::oid_text(oid.as_bytes())),
        GeneralName::OtherName(oid, _) => format!("otherName:{}", der::oid_text(oid.as_bytes())),
        GeneralName::X400Address(_) => "X400Name".to_owned(),
        GeneralName::EDIPartyName(_) => "EdiPartyName".to_owned(),
        GeneralName::Invalid(..) => return None,
    })
}

fn directory_name(raw: &[u8]) -> Result<String, DerFault> {
    let mut reader = Reader::new(raw);
    let element = reader.next()?;
    if element.tag != SEQUENCE {
        return Err(element.fault(DerFaultKind::Expected("a name")));
    }
    Ok(Name::read(&reader, &element)?.display().to_owned())
}

/// An address, or in name constraints an address and a mask.
fn address(bytes: &[u8]) -> Option<String> {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        return Some(Ipv4Addr::from(v4).to_string());
    }
    if let Ok(v6) = <[u8; 16]>::try_from(bytes) {
        return Some(Ipv6Addr::from(v6).to_string());
    }
    let (address_part, mask) = bytes.split_at_checked(bytes.len() / 2)?;
    match bytes.len() {
        8 | 32 => Some(format!("{}/{}", address(address_part)?, address(mask)?)),
        _ => None,
    }
}
