//! OpenSSL's trust settings behind a certificate (`X509_CERT_AUX`, crypto/x509/x_x509a.c).

use super::der::{OID, Reader, SEQUENCE};

/// `[0]`: the list of purposes that are rejected.
const REJECTED: u8 = 0xa0;
/// id-kp-serverAuth, 1.3.6.1.5.5.7.3.1.
const SERVERS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];
/// anyExtendedKeyUsage, 2.5.29.37.0.
const ANY: &[u8] = &[0x55, 0x1d, 0x25, 0];

/// Whether OpenSSL would not trust the certificate for TLS servers: they are among what is rejected, or not among what
/// is trusted where that is named (`obj_trust` in crypto/x509/x509_trust.c, since 1.1.0).
pub(super) fn rejects_servers(settings: &[u8]) -> bool {
    let mut top = Reader::new(settings);
    let Ok(outer) = top.expect(SEQUENCE, "trust settings") else {
        return false;
    };
    let mut inside = top.inside(&outer);
    let mut rejects = false;
    while !inside.is_empty() {
        let Ok(element) = inside.next() else { break };
        let servers = names_servers(&inside.inside(&element));
        rejects |= match element.tag {
            SEQUENCE => !servers,
            REJECTED => servers,
            _ => false,
        };
    }
    rejects
}

fn names_servers(list: &Reader<'_>) -> bool {
    let mut list = list.clone();
    while !list.is_empty() {
        let Ok(purpose) = list.next() else { break };
        if purpose.tag == OID && [SERVERS, ANY].contains(&list.content(&purpose)) {
            return true;
        }
    }
    false
}
