//! What the distribution's OpenSSL can do, and how that stands against the usual advice ("at least 1.1.1k, TLS 1.3,
//! officially maintained"), put right: by package version, by configuration, and by handshakes that took place. Pure.

mod copies;
mod package;
mod protocol;
#[cfg(test)]
mod tests;

use serde::Serialize;

use super::versions;
use crate::cert::Time;
use crate::data::Day;
use crate::host::release::Life;

/// Yes, no, or not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// Yes.
    Yes,
    /// No.
    No,
    /// It was not, or could not be, looked at.
    Unknown,
}

impl Answer {
    /// Yes or no.
    pub fn of(truth: bool) -> Self {
        if truth { Self::Yes } else { Self::No }
    }
}

/// The four levels of evidence for one version of the protocol.
#[derive(Clone, Debug, Serialize)]
pub struct Evidence {
    /// `TLS 1.3` …
    pub protocol: &'static str,
    /// The upstream version has the code.
    pub by_version: Answer,
    /// It was compiled in.
    pub by_build: Answer,
    /// The configuration allows it.
    pub by_configuration: Answer,
    /// A handshake between the host's own server and client took place.
    pub by_handshake: Answer,
    /// What the strongest level said, in words.
    pub detail: Option<String>,
}

impl Evidence {
    /// What the strongest level that was looked at says.
    pub fn conclusion(&self) -> Answer {
        let levels = [
            self.by_handshake,
            self.by_configuration,
            self.by_build,
            self.by_version,
        ];
        levels
            .into_iter()
            .find(|level| *level != Answer::Unknown)
            .unwrap_or(Answer::Unknown)
    }
}

/// A setting of `openssl.cnf` that decides about TLS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// `minprotocol`, `maxprotocol`, `cipherstring` …
    pub name: String,
    /// Its value.
    pub value: String,
    /// For whom: `system_default`, or an application's name.
    pub application: String,
    /// `FILE:LINE`.
    pub origin: String,
}

/// What is known of apt's candidate for the library.
#[derive(Clone, Debug, Default)]
pub struct Candidate {
    /// The newest version in apt's lists.
    pub version: Option<String>,
    /// When the lists were fetched.
    pub fetched: Option<Time>,
    /// Whether pins exist, which can hold a newer version back.
    pub pinned: bool,
}

/// What the verdict is made from.
#[derive(Clone, Debug)]
pub struct Facts {
    /// This host's clock.
    pub now: Time,
    /// The release's life, where it is known.
    pub life: Option<Life>,
    /// The library's package: name, version, and version of its source.
    pub package: Option<(String, String, String)>,
    /// Upstream version of the library.
    pub version: Option<String>,
    /// Upstream version of the command, where it tells.
    pub command_version: Option<String>,
    /// What apt has.
    pub candidate: Candidate,
    /// The evidence for each protocol.
    pub evidence: Vec<Evidence>,
    /// Settings in force.
    pub settings: Vec<Setting>,
    /// What the loader takes instead of the distribution's library: path and upstream version.
    pub loaded_instead: Option<(String, String)>,
    /// Copies outside the package manager whose own trust store is empty: path and OPENSSLDIR.
    pub empty_stores: Vec<(String, String)>,
    /// What stands before a command that needs root.
    pub sudo: &'static str,
}

/// How a row of the verdict stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Ok,
    /// Not as it should be.
    Failed,
    /// Worth knowing.
    Note,
    /// Not known.
    Unknown,
}

/// One row of the verdict.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// What is asked: `fixes`, `tls-1.3`, `maintained`, `update`, `command`, `loader`, `other-store`.
    pub question: &'static str,
    /// How it stands.
    pub state: State,
    /// What was found.
    pub answer: String,
}

/// What to do, with the command where there is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// Why.
    pub text: String,
    /// The exact command.
    pub command: Option<String>,
}

/// The verdict.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// Its rows.
    pub rows: Vec<Row>,
    /// What to do, most urgent first.
    pub advice: Vec<Advice>,
    /// The date of the table of fixes.
    pub as_of: Day,
}

impl Verdict {
    /// Whether something is not as it should be.
    pub fn has_failed(&self) -> bool {
        self.rows.iter().any(|row| row.state == State::Failed)
    }
}

/// Judges.
pub fn judge(facts: &Facts) -> Verdict {
    let mut verdict = Verdict {
        rows: Vec::new(),
        advice: Vec::new(),
        as_of: versions::as_of().clone(),
    };
    package::fixes(facts, &mut verdict);
    protocol::judge(facts, &mut verdict);
    package::maintained(facts, &mut verdict);
    package::update(facts, &mut verdict);
    copies::command(facts, &mut verdict);
    copies::loaded(facts, &mut verdict);
    copies::stores(facts, &mut verdict);
    verdict
}

impl Verdict {
    fn row(&mut self, question: &'static str, state: State, answer: impl Into<String>) {
        let answer = answer.into();
        self.rows.push(Row {
            question,
            state,
            answer,
        });
    }

    fn advise(&mut self, text: impl Into<String>, command: Option<String>) {
        let advice = Advice {
            text: text.into(),
            command,
        };
        if !self.advice.contains(&advice) {
            self.advice.push(advice);
        }
    }
}
