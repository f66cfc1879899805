//! Certificate revocation lists (RFC 5280 §5): read so far that §6.3 can be decided with them.

use x509_parser::prelude::FromDer;
use x509_parser::revocation_list::{CertificateRevocationList, RevokedCertificate};

use super::der::{self, Malformed, Read, Reader, tag};
use super::key::{DsaParameters, PublicKey};
use super::names::{GeneralName, Name, general_names};
use super::oids;
use super::parsed;
use super::points::{PointName, reasons};
use super::signature::{self, Outcome, Scheme};

/// Revocation lists, read once; borrowed from whoever holds the DER.
#[derive(Debug, Default)]
pub struct Crls<'a> {
    pub(crate) lists: Vec<Crl<'a>>,
    unreadable: Vec<usize>,
}

impl<'a> Crls<'a> {
    /// Reads lists. One that can't be read is left out and remembered in [`Crls::unreadable`].
    pub fn read(ders: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut crls = Self::default();
        for (place, der) in ders.into_iter().enumerate() {
            match Crl::read(der) {
                Ok(crl) => crls.lists.push(crl),
                Err(_) => crls.unreadable.push(place),
            }
        }
        crls
    }

    /// The places of those that can't be read.
    pub fn unreadable(&self) -> &[usize] {
        &self.unreadable
    }
}

/// One list.
#[derive(Debug)]
pub(crate) struct Crl<'a> {
    x509: CertificateRevocationList<'a>,
    pub(crate) issuer: Name<'a>,
    pub(crate) this_update: i64,
    pub(crate) next_update: Option<i64>,
    scheme: Read<Scheme>,
}

/// issuingDistributionPoint (§5.2.5): what the list is for.
#[derive(Debug, Default)]
pub(crate) struct Scope<'a> {
    pub(crate) name: Option<PointName<'a>>,
    pub(crate) only_users: bool,
    pub(crate) only_cas: bool,
    pub(crate) only_attributes: bool,
    /// The reasons it covers, bit 0 lowest; `None`: all.
    pub(crate) reasons: Option<u16>,
    pub(crate) indirect: bool,
}

/// What a list says of one certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// Revoked, for this reason (§5.3.1).
    Revoked(u8),
    /// Taken off the list again, which only a delta list says.
    Removed,
}

/// removeFromCRL.
const REMOVED: u8 = 8;

impl<'a> Crl<'a> {
    fn read(der: &'a [u8]) -> Read<Self> {
        der::sequence(der)?;
        let (rest, x509) = CertificateRevocationList::from_der(der).map_err(|_| Malformed)?;
        if !rest.is_empty() {
            return Err(Malformed);
        }
        let list = &x509.tbs_cert_list;
        Ok(Self {
            issuer: Name::of(&list.issuer),
            this_update: list.this_update.timestamp(),
            next_update: list.next_update.map(|time| time.timestamp()),
            scheme: parsed::scheme(&x509.signature_algorithm),
            x509,
        })
    }

    /// The content of an extension, and whether it is critical.
    fn extension(&self, oid: &[u8]) -> Option<(&[u8], bool)> {
        let mut all = self.x509.extensions().iter();
        let found = all.find(|extension| extension.oid.as_bytes() == oid)?;
        Some((found.value, found.critical))
    }

    /// The content of cRLNumber, big-endian; `None` if it is missing, malformed or critical, which §5.2.3 forbids.
    pub(crate) fn number(&self) -> Option<&[u8]> {
        let (value, critical) = self.extension(oids::CRL_NUMBER)?;
        let digits = der::sole(value, tag::INTEGER).ok()?;
        (!critical).then(|| trimmed(digits))
    }

    /// cRLNumber is critical, which it must not be.
    pub(crate) fn has_critical_number(&self) -> bool {
        self.extension(oids::CRL_NUMBER)
            .is_some_and(|(_, critical)| critical)
    }

    /// The number of the list that this one is the difference to; `None`: it is complete.
    pub(crate) fn base(&self) -> Option<&[u8]> {
        let (value, _) = self.extension(oids::DELTA_CRL)?;
        Some(der::sole(value, tag::INTEGER).map_or(&[], trimmed))
    }

    /// What it is for.
    pub(crate) fn scope(&self) -> Read<Scope<'_>> {
        let Some((value, _)) = self.extension(oids::ISSUING_POINT) else {
            return Ok(Scope::default());
        };
        let mut reader = der::sequence(value)?;
        let name = reader.optional(0xa0)?.map(PointName::read).transpose()?;
        let mut flag = |tag| reader.optional(tag)?.map_or(Ok(false), der::boolean);
        let (only_users, only_cas) = (flag(0x81)?, flag(0x82)?);
        let reasons = reader.optional(0x83)?.map(reasons).transpose()?;
        let mut flag = |tag| reader.optional(tag)?.map_or(Ok(false), der::boolean);
        let (indirect, only_attributes) = (flag(0x84)?, flag(0x85)?);
        reader.finish()?;
        Ok(Scope {
            name,
            only_users,
            only_cas,
            only_attributes,
            reasons,
            indirect,
        })
    }

    /// Both lists have the same scope and are by the same key, as far as their extensions say (§6.3.3 (c)).
    pub(crate) fn is_alike(&self, other: &Self) -> bool {
        let content = |crl: &Self, oid| crl.extension(oid).map(|(value, _)| value.to_vec());
        self.issuer.matches(&other.issuer)
            && [oids::ISSUING_POINT, oids::AUTHORITY_KEY_ID]
                .into_iter()
                .all(|oid| content(self, oid) == content(other, oid))
    }

    /// A critical extension, of the list or of an entry, that is not processed here: the list decides nothing (§5.2,
    /// §5.3).
    pub(crate) fn unknown_critical(&self) -> Option<String> {
        const LIST: [&[u8]; 4] = [
            oids::ISSUING_POINT,
            oids::DELTA_CRL,
            oids::AUTHORITY_KEY_ID,
            oids::CRL_NUMBER,
        ];
        const ENTRY: [&[u8]; 2] = [oids::REASON_CODE, oids::CERTIFICATE_ISSUER];
        let of_list = self
            .x509
            .extensions()
            .iter()
            .map(|found| (found, &LIST[..]));
        let entries = self.x509.iter_revoked_certificates();
        let of_entries = entries
            .flat_map(RevokedCertificate::extensions)
            .map(|found| (found, &ENTRY[..]));
        of_list
            .chain(of_entries)
            .find(|(found, known)| found.critical && !known.contains(&found.oid.as_bytes()))
            .map(|(found, _)| found.oid.to_id_string())
    }

    /// Looks a certificate up by issuer and serial number. Malformed: an entry that can't be read.
    pub(crate) fn entry(&self, issuer: &Name<'_>, serial: &[u8]) -> Read<Option<Entry>> {
        let mut last = None;
        for entry in self.x509.iter_revoked_certificates() {
            let named = entry_extension(entry, oids::CERTIFICATE_ISSUER);
            if let Some(value) = named {
                last = Some(directory_names(value)?);
            }
            // As encoded: 255 and -1 differ by a leading zero alone.
            if entry.raw_serial() != serial {
                continue;
            }
            let by = last.as_ref().map_or_else(
                || self.issuer.matches(issuer),
                |names| names.iter().any(|name| name.matches(issuer)),
            );
            if by {
                return reason(entry).map(Some);
            }
        }
        Ok(None)
    }

    /// The key made the list's signature.
    pub(crate) fn signed_by(
        &self,
        key: &PublicKey<'_>,
        inherited: Option<DsaParameters<'_>>,
    ) -> Outcome {
        let signature = &self.x509.signature_value;
        let same = self.x509.signature_algorithm == self.x509.tbs_cert_list.signature;
        match self.scheme {
            Ok(scheme) if same && signature.unused_bits == 0 => {
                let message = self.x509.tbs_cert_list.as_ref();
                signature::check(scheme, key, message, &signature.data, inherited)
            }
            _ => Outcome::Bad,
        }
    }

    /// How it is signed.
    pub(crate) fn scheme(&self) -> Read<Scheme> {
        self.scheme
    }
}

/// Without leading zeros, so that numbers compare by length, then by content.
fn trimmed(number: &[u8]) -> &[u8] {
    let start = number.iter().position(|&byte| byte != 0);
    start.map_or(&[], |start| &number[start..])
}

/// `a` is not above `b`, both without leading zeros.
pub(crate) fn at_most(a: &[u8], b: &[u8]) -> bool {
    (a.len(), a) <= (b.len(), b)
}

fn entry_extension<'e>(entry: &'e RevokedCertificate<'_>, oid: &[u8]) -> Option<&'e [u8]> {
    let mut all = entry.extensions().iter();
    all.find(|extension| extension.oid.as_bytes() == oid)
        .map(|extension| extension.value)
}

fn directory_names(value: &[u8]) -> Read<Vec<Name<'_>>> {
    let names = general_names(value)?.into_iter();
    Ok(names
        .filter_map(|name| match name {
            GeneralName::Directory(name) => Some(name),
            _ => None,
        })
        .collect())
}

fn reason(entry: &RevokedCertificate<'_>) -> Read<Entry> {
    let code = match entry_extension(entry, oids::REASON_CODE) {
        Some(value) => {
            let mut reader = Reader::new(value);
            let code = reader.expect(ENUMERATED)?;
            reader.finish()?;
            *code.last().ok_or(Malformed)?
        }
        None => 0,
    };
    Ok(if code == REMOVED {
        Entry::Removed
    } else {
        Entry::Revoked(code)
    })
}

const ENUMERATED: u8 = 0x0a;

/// The reason in the words of RFC 5280 §5.3.1.
pub(crate) fn reason_name(code: u8) -> &'static str {
    const NAMES: [&str; 11] = [
        "no reason given",
        "keyCompromise",
        "cACompromise",
        "affiliationChanged",
        "superseded",
        "cessationOfOperation",
        "certificateHold",
        "reason 7",
        "removeFromCRL",
        "privilegeWithdrawn",
        "aACompromise",
    ];
    NAMES
        .get(usize::from(code))
        .copied()
        .unwrap_or("an unknown reason")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_whatever_their_leading_zeros() {
        for (a, b, expected) in [
            (&[0, 1][..], &[2][..], true),
            (&[2], &[0, 1], false),
            (&[1, 0], &[0, 0xff], false),
            (&[0, 0xff], &[1, 0], true),
            (&[0], &[], true),
            (&[5], &[5], true),
        ] {
            assert_eq!(at_most(trimmed(a), trimmed(b)), expected, "{a:?} {b:?}");
        }
    }

    #[test]
    fn what_is_no_list_is_remembered() {
        let crls = Crls::read([&b"garbage"[..], &[0x30, 0]]);
        assert_eq!((crls.lists.len(), crls.unreadable()), (0, &[0, 1][..]));
    }
}
