//! A bundle that is edited in place: one block more or less, every other byte as it is. Pure.

use crate::cert::{self, Certificate, Fingerprint};

const END: &[u8] = b"-----END";

/// The same bytes with a certificate behind them.
pub fn with(bundle: &[u8], certificate: &Certificate) -> Vec<u8> {
    let mut bytes = bundle.to_vec();
    if !bytes.is_empty() && !bytes.ends_with(b"\n") {
        bytes.push(b'\n');
    }
    bytes.extend_from_slice(certificate.to_pem().as_bytes());
    bytes
}

/// Whether it has this certificate.
pub fn has(bundle: &[u8], certificate: &Certificate) -> bool {
    let document = cert::read(bundle);
    let mut all = document.certificates();
    all.any(|(_, other)| other.sha256() == certificate.sha256())
}

/// The same bytes without every block that is this certificate and nothing else.
pub fn without(bundle: &[u8], sha256: Fingerprint) -> Vec<u8> {
    let document = cert::read(bundle);
    let mut left = Vec::with_capacity(bundle.len());
    let mut copied = 0;
    for block in &document.blocks {
        let is_it = matches!(block.certificates.as_slice(), [Ok(one)] if one.sha256() == sha256);
        let Some(end) = end_of(bundle, block.offset).filter(|_| is_it) else {
            continue;
        };
        left.extend_from_slice(bundle.get(copied..block.offset).unwrap_or_default());
        copied = end;
    }
    left.extend_from_slice(bundle.get(copied..).unwrap_or_default());
    left
}

/// The offset behind the END line of the block that begins here.
fn end_of(bundle: &[u8], from: usize) -> Option<usize> {
    let rest = bundle.get(from..)?;
    let marker = from + memchr::memmem::find(rest, END)?;
    let line = bundle.get(marker..)?;
    Some(memchr::memchr(b'\n', line).map_or(bundle.len(), |at| marker + at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Vec<Certificate> {
        let made = ["one", "two", "three"].map(|name| {
            let key = rcgen::KeyPair::generate().unwrap();
            let mut params = rcgen::CertificateParams::default();
            params
                .distinguished_name
                .push(rcgen::DnType::CommonName, name);
            params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
            Certificate::from_der(params.self_signed(&key).unwrap().der()).unwrap()
        });
        made.to_vec()
    }

    #[test]
    fn a_block_goes_without_touching_another_byte() {
        let all = some();
        let text = ["# first\r\n", "\nsecond\n", "third\n"];
        let mut bundle = Vec::new();
        for (certificate, text) in all.iter().zip(text) {
            bundle.extend_from_slice(text.as_bytes());
            bundle.extend_from_slice(certificate.to_pem().as_bytes());
        }
        let without_two = without(&bundle, all[1].sha256());
        let pem = all[1].to_pem();
        let expected = String::from_utf8(bundle.clone()).unwrap().replace(&pem, "");
        assert_eq!(String::from_utf8(without_two).unwrap(), expected);
        assert_eq!(without(&bundle, Fingerprint([0; 32])), bundle);
    }

    #[test]
    fn a_certificate_comes_behind_every_byte_that_was_there() {
        let all = some();
        let bundle = format!("# no newline at the end\n{}", all[0].to_pem());
        let bundle = bundle.trim_end().as_bytes();
        let longer = with(bundle, &all[1]);
        assert!(longer.starts_with(bundle));
        assert_eq!(cert::read(&longer).certificates().count(), 2);
        assert_eq!(without(&longer, all[1].sha256()), [bundle, b"\n"].concat());
    }

    #[test]
    fn a_certificate_that_stands_twice_goes_twice() {
        let all = some();
        let bundle = [0, 1, 0].map(|at| all[at].to_pem()).concat();
        let left = without(bundle.as_bytes(), all[0].sha256());
        assert_eq!(left, all[1].to_pem().as_bytes());
    }
}
