//! Certificates known for something an administrator should hear before trusting them.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Serialize;

use super::{Certificate, Fingerprint, Time};
pub use crate::data::Class;
use crate::data::{self, Day, Known};

impl Class {
    /// Whether trusting it anew is refused, rather than only commented.
    pub fn is_refused(self) -> bool {
        matches!(
            self,
            Self::KeyLeakedOrInterception | Self::RemovedForCause | Self::Symantec
        )
    }

    /// What the class means, for people.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::KeyLeakedOrInterception => {
                "its private key is public, or it exists to intercept traffic"
            }
            Self::RemovedForCause => "Mozilla removed it because of what its operator did",
            Self::Symantec => "it belongs to the Symantec roots that all browsers distrust",
            Self::DistrustAfter => "Mozilla refuses certificates that it issued after a date",
            Self::ChromeSctAfter => "Chrome refuses certificates that it issued after a date",
            Self::DebianBlacklist2026 => "Debian put it on its blacklist in October 2026",
            Self::Notice => "it belongs to no public root program; know who operates it",
            Self::Expired => "it has expired, and much stopped working when it did",
        }
    }
}

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct KnownBad {
    /// Why it is there.
    pub class: Class,
    /// The usual name.
    pub name: &'static str,
    /// For the classes with a date: that date.
    pub date: Option<Time>,
}

static ROWS: LazyLock<HashMap<Fingerprint, KnownBad>> = LazyLock::new(|| {
    let known = data::tables().certificates.known.iter();
    known.filter_map(row).collect()
});

fn row(known: &'static Known) -> Option<(Fingerprint, KnownBad)> {
    let date = known
        .date
        .as_ref()
        .and_then(|date| date.text().parse().ok());
    let row = KnownBad {
        class: known.class,
        name: &known.name,
        date,
    };
    Some((known.sha256.text().parse().ok()?, row))
}

/// The day up to which the sources of the table were read.
pub fn as_of() -> &'static Day {
    &data::tables().certificates.as_of
}

/// What is known of a certificate, by its own fingerprint and by its key's (which finds re-issued ones).
pub fn look_up(certificate: &Certificate) -> Option<&'static KnownBad> {
    ROWS.get(&certificate.sha256())
        .or_else(|| ROWS.get(&certificate.spki_sha256()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_read() {
        assert_eq!(ROWS.len(), data::tables().certificates.known.len());
    }

    #[test]
    fn classes_with_a_date_have_one() {
        for known in ROWS.values().filter(|known| known.date.is_some()) {
            assert!(
                matches!(known.class, Class::DistrustAfter | Class::ChromeSctAfter),
                "{known:?}"
            );
        }
        let superfish = "b6fe9151402bad1c06d7e66db67a26aa7356f2e6c644dbcf9f98968ff632e1b7"
            .parse()
            .unwrap();
        assert_eq!(ROWS[&superfish].class, Class::KeyLeakedOrInterception);
        let izenpe = "2530cc8e98321502bad96f9b1fba1b099e2d299e0f4548bb914f363bc0d4531f"
            .parse()
            .unwrap();
        assert_eq!(
            ROWS[&izenpe].date.map(|date| date.to_string()).as_deref(),
            Some("2026-04-15T23:59:59Z")
        );
    }
}
