//! The last word on a bundle is a real program's: the host's own OpenSSL reads it from the first byte to the last,
//! and must find what the model of it says. Where they disagree, nothing is published.
//!
//! `openssl crl2pkcs7` reads with the function that curl, Python and OpenSSL's own `-CAfile` read with
//! (`PEM_X509_INFO_read_bio`) and copies every certificate out (0.04 s for 142 roots, most of it the start of the
//! program).
//!
//! OpenSSL 3 also tries to decode each public key, with the providers that are active, and goes on where it cannot. That
//! takes six times as long as all the rest and decides nothing of what is loaded, so it is given the `null` provider,
//! which has no decoder: what it copies is the same to the byte (measured with 1.1.1w, 3.0.20, 3.5.9 and 3.6.5).

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::Duration;

use crate::cert::readers::Reader;
use crate::cert::{self, Certificate, Document, Fingerprint};
use crate::error::{Error, Result};
use crate::store::inventory::BUNDLE_LIMIT;
use crate::system::files;
use crate::system::program::{Output, Program, ProgramError};

/// A configuration of OpenSSL 3 without any decoder of keys; 1.1.1 has no providers.
const WITHOUT_DECODERS: &[u8] = b"openssl_conf = all
[all]
providers = providers
[providers]
null = null
[null]
activate = 1
";

/// The program that reads the bundle.
#[derive(Clone, Copy, Debug)]
pub struct OpenSsl<'a> {
    /// The host's `openssl`, by absolute path.
    pub path: &'a Path,
    /// How long it may take.
    pub limit: Duration,
}

/// How often each certificate is there.
type Counted = BTreeMap<Fingerprint, usize>;

impl OpenSsl<'_> {
    /// Has a bundle read that has these bytes, which are this document; `folder` is a private one for what the program
    /// reads and writes.
    ///
    /// Says so where the host has no such program.
    pub fn check(
        &self,
        bytes: &[u8],
        document: &Document,
        folder: &Path,
    ) -> Result<Option<String>> {
        // Without a source the script makes no bundle, and nothing is to be found in one.
        if bytes.is_empty() {
            return Ok(None);
        }
        let bundle = folder.join("bundle.pem");
        files::create_unsynced(&bundle, bytes, 0o600)?;
        let Some(found) = self.read(&bundle, folder)? else {
            let path = self.path.display();
            return Ok(Some(format!(
                "the bundle was not loaded with OpenSSL: there is no `{path}`"
            )));
        };
        let by = |reader: Reader| {
            let reading = reader.read_known(bytes, document);
            counted(reading.certificates.iter().map(Certificate::sha256))
        };
        let expected = by(Reader::OpenSsl3);
        if found == expected || found == by(Reader::OpenSsl1) {
            return Ok(None);
        }
        Err(self.disagrees(&found, &expected))
    }

    fn disagrees(&self, found: &Counted, expected: &Counted) -> Error {
        let count = |all: &Counted| all.values().sum::<usize>();
        let path = self.path.display();
        let message = format!(
            "`{path}` loads {} certificates from the bundle where {} were expected",
            count(found),
            count(expected)
        );
        let of = |one: &Counted, other: &Counted, what: &str| {
            let only = one.keys().filter(|sha256| !other.contains_key(sha256));
            let only = only.map(|sha256| format!("{what}: {sha256}"));
            only.take(5).collect::<Vec<_>>()
        };
        let mut details = of(expected, found, "not loaded");
        details.extend(of(found, expected, "not expected"));
        Error::new(message).details(details)
    }

    /// The certificates that the program finds; `None` where there is no such program.
    fn read(&self, bundle: &Path, folder: &Path) -> Result<Option<Counted>> {
        let out = folder.join("bundle.p7");
        let conf = folder.join("openssl.cnf");
        files::create_unsynced(&conf, WITHOUT_DECODERS, 0o600)?;
        let mut run = self.copy(bundle, &out, &conf);
        // Where that configuration is not understood, the bundle is not to blame.
        if run.as_ref().is_ok_and(|output| !output.status.success()) {
            run = self.copy(bundle, &out, Path::new("/dev/null"));
        }
        let output = match run {
            Err(ProgramError::Start(_, error)) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(None);
            }
            run => run?,
        };
        let path = self.path.display();
        if !output.status.success() {
            let message = format!("`{path}` cannot load the bundle: {}", output.explain());
            return Err(Error::new(message));
        }
        let bytes = files::read(&out, BUNDLE_LIMIT)?;
        let certificates = cert::pkcs7_fingerprints(&bytes);
        let certificates = certificates
            .ok_or_else(|| Error::new(format!("`{path}` wrote PKCS#7 that cannot be read")))?;
        Ok(Some(counted(certificates)))
    }

    /// Has the program copy every certificate that it loads.
    fn copy(&self, bundle: &Path, out: &Path, conf: &Path) -> Result<Output, ProgramError> {
        Program::new(self.path, self.limit)
            .args(["crl2pkcs7", "-nocrl", "-outform", "DER", "-certfile"])
            .arg(bundle)
            .arg("-out")
            .arg(out)
            .env("OPENSSL_CONF", conf)
            .run()
    }
}

fn counted(all: impl IntoIterator<Item = Fingerprint>) -> Counted {
    let mut counted = Counted::new();
    for sha256 in all {
        *counted.entry(sha256).or_default() += 1;
    }
    counted
}
