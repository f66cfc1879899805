//! What the administrator decided, by SHA-256: one meaning for the configuration, `audit` and `apply`.

use std::collections::BTreeSet;

use crate::cert::Fingerprint;
use crate::config;
use crate::error::{Error, Result};

/// What must, may and must not be trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Must be in the bundle.
    pub require: Vec<Fingerprint>,
    /// Must not be trusted by anything.
    pub forbid: Vec<Fingerprint>,
    /// The only ones allowed that no vendor delivers; absent: all are.
    pub allow_local_only: Option<Vec<Fingerprint>>,
}

impl Policy {
    /// Reads a `[policy]` table.
    pub fn read(table: &config::Policy) -> Result<Policy> {
        Ok(Policy {
            require: fingerprints(&table.require)?,
            forbid: fingerprints(&table.forbid)?,
            allow_local_only: table
                .allow_local_only
                .as_deref()
                .map(fingerprints)
                .transpose()?,
        })
    }

    /// The required certificates that are not in the bundle.
    pub fn missing(&self, bundle: &BTreeSet<Fingerprint>) -> Vec<Fingerprint> {
        let absent = |sha256: &&Fingerprint| !bundle.contains(sha256);
        self.require.iter().filter(absent).copied().collect()
    }

    /// The forbidden certificates that readers of one of these views trust.
    pub fn trusted_but_forbidden(
        &self,
        views: [&BTreeSet<Fingerprint>; 3],
    ) -> impl Iterator<Item = Fingerprint> {
        let trusted = move |sha256: &&Fingerprint| views.iter().any(|view| view.contains(sha256));
        self.forbid.iter().filter(trusted).copied()
    }

    /// Whether a certificate that no vendor delivers may be there.
    pub fn allows_local(&self, sha256: Fingerprint) -> bool {
        self.allow_local_only
            .as_ref()
            .is_none_or(|allowed| allowed.contains(&sha256))
    }
}

fn fingerprints(list: &[String]) -> Result<Vec<Fingerprint>> {
    let one = |text: &String| {
        let bad = |_| {
            Error::new(format!("`{text}` in `policy` is not a SHA-256 fingerprint"))
                .hint("`trustctl list --format json` shows them")
        };
        text.parse().map_err(bad)
    };
    list.iter().map(one).collect()
}
