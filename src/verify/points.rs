//! Distribution points (RFC 5280 §4.2.1.13), as certificates name them and as CRLs say what they are for (§5.2.5).

use super::der::{self, Malformed, Read, Reader, tag};
use super::names::{GeneralName, general_names_in};

/// The name of a distribution point.
#[derive(Clone, Debug)]
pub(crate) enum PointName<'a> {
    /// Any of these names.
    Full(Vec<GeneralName<'a>>),
    /// The content of a relative distinguished name, to be added to the name of the CRL's issuer.
    Relative(&'a [u8]),
}

/// One distribution point of a certificate.
#[derive(Clone, Debug)]
pub(crate) struct Point<'a> {
    pub(crate) name: Option<PointName<'a>>,
    /// The reasons for which it is good, bit 0 lowest; `None`: all.
    pub(crate) reasons: Option<u16>,
    /// Who issues the CRL, if not the certificate's issuer.
    pub(crate) issuer: Option<Vec<GeneralName<'a>>>,
}

impl<'a> PointName<'a> {
    /// The content of a DistributionPointName's tag, which is explicit.
    pub(crate) fn read(content: &'a [u8]) -> Read<Self> {
        let mut reader = Reader::new(content);
        let name = match reader.element()? {
            (0xa0, names, _) => Self::Full(general_names_in(names)?),
            (0xa1, relative, _) => Self::Relative(relative),
            _ => return Err(Malformed),
        };
        reader.finish()?;
        Ok(name)
    }
}

/// CRLDistributionPoints, which is also the syntax of freshestCRL.
pub(crate) fn points(bytes: &[u8]) -> Read<Vec<Point<'_>>> {
    let mut reader = der::sequence(bytes)?;
    let mut found = Vec::new();
    while !reader.is_empty() {
        let mut point = Reader::new(reader.expect(tag::SEQUENCE)?);
        found.push(Point {
            name: point.optional(0xa0)?.map(PointName::read).transpose()?,
            reasons: point.optional(0x81)?.map(reasons).transpose()?,
            issuer: point.optional(0xa2)?.map(general_names_in).transpose()?,
        });
        point.finish()?;
    }
    // §4.2.1.13: a point must have a name or an issuer.
    let empty = |point: &Point<'_>| point.name.is_none() && point.issuer.is_none();
    if found.is_empty() || found.iter().any(empty) {
        return Err(Malformed);
    }
    Ok(found)
}

/// ReasonFlags: the content of a BIT STRING, bit 0 lowest.
pub(crate) fn reasons(content: &[u8]) -> Read<u16> {
    let (&unused, octets) = content.split_first().ok_or(Malformed)?;
    if unused > 7 || octets.len() > 2 {
        return Err(Malformed);
    }
    let octet = |at: usize| octets.get(at).copied().unwrap_or(0).reverse_bits();
    Ok(u16::from(octet(0)) | u16::from(octet(1)) << 8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cert::tests::sample::{seq, tlv};

    #[test]
    fn points_have_a_name_or_an_issuer_and_nothing_behind() {
        let uri = tlv(0x86, &[b"http://example.com/crl"]);
        let full = tlv(0xa0, &[&tlv(0xa0, &[&uri])]);
        let one = seq(&[&full]);
        let reasons = seq(&[&full, &tlv(0x81, &[&[1, 0x60]])]);
        for (content, read) in [
            (vec![one.clone()], true),
            (vec![one.clone(), reasons.clone()], true),
            (vec![seq(&[&tlv(0xa2, &[&uri])])], true),
            (vec![], false),
            (vec![seq(&[])], false),
            (vec![seq(&[&tlv(0x81, &[&[1, 0x60]])])], false),
            (vec![seq(&[&full, &[5, 0]])], false),
            (vec![tlv(4, &[b"garbage"])], false),
        ] {
            let bytes = seq(&content.iter().map(Vec::as_slice).collect::<Vec<_>>());
            assert_eq!(points(&bytes).is_ok(), read, "{bytes:02x?}");
        }
        let bytes = seq(&[&reasons]);
        assert_eq!(points(&bytes).unwrap()[0].reasons, Some(0b110));
    }
}
