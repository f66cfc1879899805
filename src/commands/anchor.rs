//! Which programs take a certificate as an anchor, in one sentence: half of them do not take an intermediate.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cert::{Certificate, Time};
use crate::programs::Release;
use crate::verify::as_anchor;

/// How the programs of a host take a certificate as an anchor.
#[derive(Debug, Default, Serialize)]
pub struct AsAnchor {
    /// Programs that take it.
    pub accepted_by: Vec<&'static str>,
    /// Programs that do not, by the reason.
    pub refused_by: BTreeMap<String, Vec<&'static str>>,
    /// The release of each that was judged.
    pub versions: BTreeMap<&'static str, String>,
}

impl AsAnchor {
    /// What each program would say of this certificate in the store at this moment.
    pub fn of(certificate: &Certificate, now: Time, releases: &[Release]) -> AsAnchor {
        let mut result = AsAnchor::default();
        for verdict in as_anchor(certificate.der(), now.0, releases).unwrap_or_default() {
            let title = verdict.profile.title;
            match verdict.obstacle {
                None => result.accepted_by.push(title),
                Some(obstacle) => {
                    let by = result.refused_by.entry(obstacle.message).or_default();
                    by.push(title);
                }
            }
            let version = verdict.release.describe();
            result.versions.insert(title, version);
        }
        result
    }

    /// `accepted by curl, Go; not by OpenSSL, Node.js: it is an intermediate`.
    pub fn sentence(&self) -> String {
        if self.refused_by.is_empty() {
            return "accepted by every program".to_string();
        }
        let mut parts = Vec::new();
        if !self.accepted_by.is_empty() {
            parts.push(format!("accepted by {}", self.accepted_by.join(", ")));
        }
        for (reason, programs) in &self.refused_by {
            parts.push(format!("not by {}: {reason}", programs.join(", ")));
        }
        parts.join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_names_both_sides_and_the_reason() {
        let anchor = AsAnchor {
            accepted_by: vec!["Go", "curl"],
            refused_by: [("it is an intermediate".to_string(), vec!["OpenSSL"])].into(),
            versions: BTreeMap::new(),
        };
        let sentence = "accepted by Go, curl; not by OpenSSL: it is an intermediate";
        assert_eq!(anchor.sentence(), sentence);
    }
}
