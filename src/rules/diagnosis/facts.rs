//! What is known of this host when a server's answer is judged: values only.

use std::collections::BTreeSet;

use crate::cert::readers::Harm;
use crate::cert::{Certificate, Fingerprint, Time};
use crate::programs::Release;
use crate::programs::hellos::Offer;

/// Certificates that a program reads as trusted.
#[derive(Clone, Debug, Default)]
pub struct Store {
    /// Where they come from, in words.
    pub label: String,
    /// The variable of the environment that leads there, where one does.
    pub variable: Option<String>,
    /// The certificates.
    pub certificates: Vec<Certificate>,
}

/// One program (or library) and the store that it reads.
#[derive(Clone, Debug)]
pub struct Reader {
    /// The name of its profile in [`crate::verify`].
    pub profile: &'static str,
    /// Its store's place in [`Facts::stores`].
    pub store: usize,
    /// The release that judges certificates: this host's, or the newest.
    pub release: Release,
    /// What its hello offers: of the version on this host, or of every version where none is known.
    pub offers: Vec<&'static Offer>,
}

/// The state of the bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bundle {
    /// There is no such file.
    Missing,
    /// It has no certificate that can be read.
    Empty,
    /// It has so many.
    Holds(usize),
}

/// A certificate that is selected, or in one part of the system store, and that another part lacks.
#[derive(Clone, Debug)]
pub struct Uneven {
    /// The certificate.
    pub certificate: Certificate,
    /// The selected file that delivers it, where there is one.
    pub source: Option<String>,
    /// The parts that have it.
    pub has: Vec<&'static str>,
    /// The parts that lack it.
    pub lacks: Vec<&'static str>,
}

/// The newest thing on this host that could not be there if the clock were right and earlier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Floor {
    /// The time it bears.
    pub time: Time,
    /// What it is.
    pub evidence: String,
}

/// Everything known of this host.
#[derive(Clone, Debug)]
pub struct Facts {
    /// This host's clock.
    pub now: Time,
    /// The latest lower bound of the true time.
    pub floor: Option<Floor>,
    /// The system store is the first.
    pub stores: Vec<Store>,
    /// The programs asked about.
    pub readers: Vec<Reader>,
    /// Programs that could not be asked about, and why.
    pub skipped: Vec<(&'static str, String)>,
    /// The state of the bundle.
    pub bundle: Bundle,
    /// Where the bundle is damaged, and which programs lose certificates by it.
    pub damage: Option<Harm>,
    /// Certificates of which the parts of the store disagree.
    pub uneven: Vec<Uneven>,
    /// Vendor certificates that are switched off: the line of the conf, and the certificate.
    pub deselected: Vec<(String, Certificate)>,
    /// Lines of the conf without a file: what an update took away.
    pub missing: Vec<String>,
    /// Certificates delivered by the vendor, selected or not.
    pub vendor: BTreeSet<Fingerprint>,
    /// Local certificates: what was added to this host.
    pub local: BTreeSet<Fingerprint>,
    /// The version of the distribution's OpenSSL.
    pub openssl: Option<String>,
    /// A file named with `--ca`, and what is in it.
    pub candidates: Vec<(String, Certificate)>,
    /// Variables that name a proxy, without their values.
    pub proxy_variables: Vec<String>,
    /// What stands before a command that needs root: nothing for root itself.
    pub sudo: &'static str,
}

impl Facts {
    /// The system store.
    pub fn system(&self) -> &[Certificate] {
        self.stores.first().map_or(&[], |store| &store.certificates)
    }
}
