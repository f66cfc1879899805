//! Serialized certificate stores of Windows (`.sst`, as `certutil -generateSSTFromWU` and the certificate manager write
//! them): a header, then elements of identifier, encoding, length and content, one of them zero at the end.

use super::certificate::Certificate;
use super::der::DerFault;

/// Version 0 and `CERT`.
pub(super) const MAGIC: &[u8] = b"\0\0\0\0CERT";
/// CERT_CERT_PROP_ID: the content is a certificate; all others describe it.
const CERTIFICATE: u32 = 32;

/// The certificates in their order, or `None` where the elements do not come to their end.
pub(super) fn certificates(bytes: &[u8]) -> Option<Vec<Result<Certificate, DerFault>>> {
    let mut rest = bytes.strip_prefix(MAGIC)?;
    let mut found = Vec::new();
    loop {
        let identifier = number(&mut rest)?;
        let _encoding = number(&mut rest)?;
        let length = number(&mut rest)?;
        let (content, after) = rest.split_at_checked(length as usize)?;
        rest = after;
        match identifier {
            0 => return Some(found),
            CERTIFICATE => found.push(Certificate::from_der(content)),
            _ => {}
        }
    }
}

fn number(rest: &mut &[u8]) -> Option<u32> {
    let (number, after) = rest.split_first_chunk::<4>()?;
    *rest = after;
    Some(u32::from_le_bytes(*number))
}
