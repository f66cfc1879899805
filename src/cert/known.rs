//! Certificates that stand in many files.

use std::collections::HashMap;

use super::certificate::Certificate;
use super::der::DerFault;

/// Certificates read so far: one that stands in many files is read once and kept once.
#[derive(Debug, Default)]
pub struct Known(HashMap<[u8; TAIL], Certificate>);

/// The end of a certificate is the end of its signature, so a few bytes of it find the one it can be.
const TAIL: usize = 16;

impl Known {
    /// The certificate in these bytes: the one that was read before, or read now.
    pub(crate) fn read(&mut self, der: &[u8]) -> Result<Certificate, DerFault> {
        let Some(tail) = der.last_chunk() else {
            return Certificate::from_der(der);
        };
        if let Some(known) = self.0.get(tail).filter(|known| known.der() == der) {
            return Ok(known.clone());
        }
        let read = Certificate::from_der(der)?;
        self.0.insert(*tail, read.clone());
        Ok(read)
    }
}
