//! What the JSON report of one host says, as far as a fleet wants to know it.
//!
//! The reports come from other machines: every text is cut, every list is bounded.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};

use crate::cert::{Fingerprint, Time};
use crate::rules::Severity;

/// The schema that is understood.
pub const SCHEMA: u64 = 1;
/// Characters kept of one text.
const LONGEST: usize = 300;
/// Local certificates and findings kept of one host.
const MOST: usize = 2000;

/// A text from a report, cut.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(pub String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        let cut = text.char_indices().nth(LONGEST);
        Ok(Text(match cut {
            None => text.into_owned(),
            Some((end, _)) => format!("{}…", &text[..end]),
        }))
    }
}

/// One report.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "B: Deserialize<'de> + Default"))]
pub struct Envelope<B = Body> {
    /// The schema's number.
    pub schema: u64,
    /// The version that wrote it.
    pub trustctl: Text,
    /// The command that wrote it.
    pub command: Text,
    /// What it says.
    #[serde(default)]
    pub report: B,
}

/// What reports of `audit`, `list` and `reach` say; each says some of it.
#[derive(Debug, Default, Deserialize)]
pub struct Body {
    /// When.
    pub time: Option<Time>,
    /// Of which host.
    pub host: Option<HostName>,
    /// `audit`: the findings.
    #[serde(default, deserialize_with = "bounded")]
    pub findings: Vec<Finding>,
    /// The OpenSSL library.
    pub openssl: Option<OpenSsl>,
    /// `audit`: the certificates that no vendor delivers.
    pub local: Option<Bounded<Certificate>>,
    /// `audit`: the vendor certificates that are not selected.
    pub deselected: Option<Bounded<Vendor>>,
    /// `list`: all certificates.
    pub certificates: Option<Bounded<Certificate>>,
}

/// What a report of `reach` says: its `certificates` are others than those of `list`.
#[derive(Debug, Default, Deserialize)]
pub struct Reach {
    time: Option<Time>,
    host: Option<HostName>,
    #[serde(default, deserialize_with = "bounded")]
    rows: Vec<Store>,
}

impl Reach {
    /// When and of which host, as of other reports; and what each store says of each certificate.
    pub fn split(self) -> (Body, Vec<Store>) {
        let body = Body {
            time: self.time,
            host: self.host,
            ..Body::default()
        };
        (body, self.rows)
    }
}

/// A host's name and release.
#[derive(Debug, Deserialize)]
pub struct HostName {
    /// Its name.
    pub name: Option<Text>,
    /// Its release.
    pub release: Option<Text>,
}

/// A finding of `audit`.
#[derive(Debug, Deserialize)]
pub struct Finding {
    /// The rule.
    pub rule: Text,
    /// How much it matters.
    pub severity: Severity,
    /// In a few words.
    #[serde(default)]
    pub title: Text,
    /// What it is about.
    #[serde(default)]
    pub subject: Subject,
    /// What was seen.
    #[serde(default)]
    pub evidence: Text,
    /// What to do.
    #[serde(default)]
    pub remedy: Text,
}

/// What a finding is about.
#[derive(Debug, Default, Deserialize)]
pub struct Subject {
    /// A file.
    pub path: Option<Text>,
    /// A certificate's subject, a package, a variable.
    pub name: Option<Text>,
}

/// What a store says of a certificate.
#[derive(Debug, Deserialize)]
pub struct Store {
    /// What kind of store it is.
    pub kind: Text,
    /// Where it is.
    pub path: Text,
    /// The certificate.
    pub sha256: Fingerprint,
    /// The answer.
    pub verdict: Text,
    /// What helps.
    pub remedy: Option<Text>,
}

impl Store {
    /// The store as a finding, where programs that read it refuse servers of the CA.
    pub fn finding(self) -> Option<Finding> {
        let title = match self.verdict.0.as_str() {
            "does_not" => "a store or program that does not trust a local certificate",
            "distrusts" => "a store or program that distrusts a local certificate",
            _ => return None,
        };
        let remedy = self
            .remedy
            .map_or_else(String::new, |remedy| format!(": {}", remedy.0));
        Some(Finding {
            rule: Text(format!("reach-{}", self.kind.0)),
            severity: Severity::Warning,
            title: Text(title.to_string()),
            subject: Subject {
                path: Some(self.path),
                name: None,
            },
            evidence: Text(format!("{}{remedy}", self.sha256)),
            remedy: Text("`trustctl reach` on the host says more".to_string()),
        })
    }
}

/// `audit` has the package, `list` a line.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum OpenSsl {
    /// The line that the library has of itself.
    Line(Text),
    /// The package.
    Library {
        /// Its version.
        version: Text,
        /// The library's own version.
        upstream: Option<Text>,
    },
}

/// A certificate.
#[derive(Debug, Deserialize)]
pub struct Certificate {
    /// Its fingerprint.
    pub sha256: Fingerprint,
    /// Its subject.
    pub subject: Text,
    /// Its issuer.
    pub issuer: Text,
    /// The begin of its validity.
    pub not_before: Time,
    /// The end of its validity.
    pub not_after: Time,
    /// `list`: local, vendor or foreign.
    pub origin: Option<Text>,
    /// `list`: whether it is selected.
    pub selected: Option<bool>,
}

/// A vendor certificate.
#[derive(Debug, Deserialize)]
pub struct Vendor {
    /// Its fingerprint.
    pub sha256: Fingerprint,
    /// Its subject.
    pub subject: Text,
}

/// A list of at most `MOST`.
#[derive(Debug)]
pub struct Bounded<T>(pub Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Bounded<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        bounded(deserializer).map(Bounded)
    }
}

/// The first [`MOST`] of a list; the others are read over.
fn bounded<'de, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    struct Visitor<T>(std::marker::PhantomData<T>);
    impl<'de, T: Deserialize<'de>> serde::de::Visitor<'de> for Visitor<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut all: A) -> Result<Vec<T>, A::Error> {
            let mut kept = Vec::new();
            while kept.len() < MOST {
                match all.next_element()? {
                    Some(one) => kept.push(one),
                    None => return Ok(kept),
                }
            }
            while all.next_element::<serde::de::IgnoredAny>()?.is_some() {}
            Ok(kept)
        }
    }
    deserializer.deserialize_seq(Visitor(std::marker::PhantomData))
}

impl Finding {
    /// What it is about and what was seen, in one line.
    pub fn line(&self) -> String {
        let about = self.subject.path.as_ref().or(self.subject.name.as_ref());
        match about {
            Some(about) if self.evidence.0.is_empty() => about.0.clone(),
            Some(about) => format!("{}: {}", about.0, self.evidence.0),
            None => self.evidence.0.clone(),
        }
    }
}

impl OpenSsl {
    /// In one line: `3.0.20 (3.0.20-1~deb12u2)`.
    pub fn line(&self) -> String {
        match self {
            OpenSsl::Line(line) => line.0.clone(),
            OpenSsl::Library { version, upstream } => match upstream {
                Some(upstream) => format!("{} ({})", upstream.0, version.0),
                None => version.0.clone(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_lists_are_bounded() {
        let text: Text = serde_json::from_str(&format!("\"{}\"", "é".repeat(5000))).unwrap();
        assert_eq!(text.0.chars().count(), LONGEST + 1);
        let list: Bounded<u32> =
            serde_json::from_str(&serde_json::to_string(&vec![7; MOST + 10]).unwrap()).unwrap();
        assert_eq!(list.0.len(), MOST);
    }
}
