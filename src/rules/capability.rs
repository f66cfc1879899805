//! What the distribution's OpenSSL can do, and how that stands against the usual advice ("at least 1.1.1k, TLS 1.3,
//! officially maintained"), put right: by package version, by configuration, and by handshakes that took place. Pure.

use std::cmp::Ordering;

use serde::Serialize;

use super::versions::{self, AS_OF, Standing};
use crate::cert::Time;
use crate::host::dpkg::compare;
use crate::host::release::{Distribution, Life};

/// apt's lists tell nothing any more when they are older, in days.
const STALE: i64 = 14;

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
    /// What is asked: `fixes`, `tls-1.3`, `maintained`, `update`, `command`.
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
    pub as_of: &'static str,
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
        as_of: AS_OF,
    };
    fixes(facts, &mut verdict);
    protocol(facts, &mut verdict);
    maintained(facts, &mut verdict);
    update(facts, &mut verdict);
    command(facts, &mut verdict);
    stores(facts, &mut verdict);
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

fn upgrade(facts: &Facts, library: &str) -> String {
    format!(
        "{}apt-get install --only-upgrade openssl {library}",
        facts.sudo
    )
}

/// "At least 1.1.1k", put right: whether the package has the fixes, whatever upstream's letter.
fn fixes(facts: &Facts, verdict: &mut Verdict) {
    let Some((name, version, source)) = &facts.package else {
        return verdict.row(
            "fixes",
            State::Unknown,
            "no package of the OpenSSL library is installed, so its fixes can't be told",
        );
    };
    match versions::standing(source) {
        Standing::Good => {
            verdict.row("fixes", State::Ok, format!("{name} {version} has every fix in the table as of {AS_OF}, whatever its upstream letter"));
        }
        Standing::Fips => {
            verdict.row(
                "fixes",
                State::Unknown,
                format!(
                    "{name} {version} is a FIPS build, whose versions can't be compared with others"
                ),
            );
            verdict.advise(
                "see whether `fips-updates` is enabled rather than the frozen `fips`",
                Some("pro status".to_string()),
            );
        }
        Standing::Unknown => {
            let answer = format!(
                "{name} {version} is not one of Ubuntu's in the table; only apt knows of newer ones"
            );
            verdict.row("fixes", State::Unknown, answer);
        }
        Standing::Missing(missing) => lacking(facts, verdict, name, version, &missing),
    }
}

fn lacking(
    facts: &Facts,
    verdict: &mut Verdict,
    name: &str,
    version: &str,
    missing: &[(&versions::Fix, &str)],
) {
    let list: Vec<String> = missing
        .iter()
        .map(|(fix, mended)| format!("{} (fixed in {mended})", fix.cve))
        .collect();
    verdict.row(
        "fixes",
        State::Failed,
        format!("{name} {version} lacks {} as of {AS_OF}", list.join(", ")),
    );
    let free = missing.iter().any(|(_, mended)| !mended.contains("+esm"));
    if free {
        verdict.advise("install the fixed package", Some(upgrade(facts, name)));
    }
    if missing.iter().any(|(_, mended)| mended.contains("+esm")) {
        let attach = format!("{}pro attach", facts.sudo);
        verdict.advise(
            "the newest fixes come only with Ubuntu Pro (ESM): attach it, or upgrade the release",
            Some(attach),
        );
    }
}

/// "TLS 1.3", by the strongest evidence there is.
fn protocol(facts: &Facts, verdict: &mut Verdict) {
    let Some(evidence) = facts
        .evidence
        .iter()
        .find(|evidence| evidence.protocol == "TLS 1.3")
    else {
        return verdict.row(
            "tls-1.3",
            State::Unknown,
            "there is no OpenSSL of the distribution",
        );
    };
    let how = [
        (evidence.by_handshake, "by a handshake on loopback"),
        (evidence.by_configuration, "by configuration"),
        (evidence.by_build, "by build"),
        (evidence.by_version, "by version"),
    ];
    let (answer, how) = how
        .into_iter()
        .find(|(answer, _)| *answer != Answer::Unknown)
        .unwrap_or((Answer::Unknown, ""));
    match answer {
        Answer::Yes => verdict.row(
            "tls-1.3",
            State::Ok,
            format!("TLS 1.3 can be negotiated ({how})"),
        ),
        Answer::Unknown => verdict.row(
            "tls-1.3",
            State::Unknown,
            "nothing tells whether TLS 1.3 can be negotiated",
        ),
        Answer::No => no_tls13(facts, verdict, evidence, how),
    }
}

fn no_tls13(facts: &Facts, verdict: &mut Verdict, evidence: &Evidence, how: &str) {
    let limit = facts
        .settings
        .iter()
        .find(|setting| setting.name == "maxprotocol");
    let detail = evidence
        .detail
        .as_ref()
        .map_or_else(String::new, |detail| format!(": {detail}"));
    match limit {
        Some(setting) => {
            let (value, origin) = (&setting.value, &setting.origin);
            verdict.row(
                "tls-1.3",
                State::Failed,
                format!("TLS 1.3 is switched off: `MaxProtocol = {value}` in {origin}"),
            );
            verdict.advise(
                format!("delete the line `MaxProtocol = {value}` ({origin})"),
                None,
            );
        }
        None if evidence.by_version == Answer::No => {
            verdict.row(
                "tls-1.3",
                State::Failed,
                "this OpenSSL is older than 1.1.1, the release that brought TLS 1.3",
            );
            verdict.advise(
                "upgrade the release of the distribution; don't build OpenSSL by hand",
                None,
            );
        }
        None => verdict.row(
            "tls-1.3",
            State::Failed,
            format!("TLS 1.3 can't be negotiated ({how}){detail}"),
        ),
    }
}

/// "Officially maintained", by whom it counts: the distribution.
fn maintained(facts: &Facts, verdict: &mut Verdict) {
    let upstream = facts
        .version
        .as_deref()
        .and_then(ended_upstream)
        .filter(|end| *end < facts.now);
    let upstream = upstream.map_or_else(String::new, |end| {
        format!(
            "; OpenSSL itself ended this branch on {}, the distribution goes on mending it",
            day(end)
        )
    });
    let Some(life) = &facts.life else {
        return verdict.row(
            "maintained",
            State::Unknown,
            format!("the life of this release is not known here{upstream}"),
        );
    };
    let name = format!("{} {}", life.distribution.name(), life.version);
    if let Some(end) = life.standard.filter(|end| *end >= facts.now) {
        return verdict.row(
            "maintained",
            State::Ok,
            format!(
                "{name} gets updates for everybody until {}{upstream}",
                day(end)
            ),
        );
    }
    let (service, free) = match life.distribution {
        Distribution::Ubuntu => ("Ubuntu Pro (ESM)", false),
        Distribution::Debian => ("Debian LTS", true),
    };
    if let Some(end) = life.extended.filter(|end| *end >= facts.now) {
        let state = if free { State::Ok } else { State::Note };
        verdict.row(
            "maintained",
            state,
            format!(
                "{name} gets updates only through {service}, until {}",
                day(end)
            ),
        );
        if !free {
            verdict.advise(
                "attach Ubuntu Pro, or upgrade the release",
                Some(format!("{}pro attach", facts.sudo)),
            );
        }
        return;
    }
    verdict.row(
        "maintained",
        State::Failed,
        format!("{name} gets no more updates that everybody can have"),
    );
    let command = match life.distribution {
        Distribution::Ubuntu => Some(format!("{}do-release-upgrade", facts.sudo)),
        Distribution::Debian => None,
    };
    verdict.advise("upgrade the release of the distribution", command);
}

fn ended_upstream(version: &str) -> Option<Time> {
    let numbers: Vec<&str> = version.split('.').collect();
    let branch = match numbers.as_slice() {
        [major @ ("0" | "1"), minor, patch, ..] => {
            format!(
                "{major}.{minor}.{}",
                patch.trim_end_matches(|c: char| c.is_ascii_alphabetic())
            )
        }
        [major, minor, ..] => format!("{major}.{minor}"),
        _ => return None,
    };
    versions::upstream_end(&branch)
}

fn day(time: Time) -> String {
    time.to_string().chars().take(10).collect()
}

/// Whether apt knows of something newer, and whether it would.
fn update(facts: &Facts, verdict: &mut Verdict) {
    let refresh = || Some(format!("{}apt-get update", facts.sudo));
    let Some((name, version, _)) = &facts.package else {
        return;
    };
    let age = facts
        .candidate
        .fetched
        .map(|fetched| fetched.days_until(facts.now));
    match (&facts.candidate.version, age) {
        (Some(candidate), _) if compare(version, candidate) == Ordering::Less => {
            let pins = if facts.candidate.pinned {
                " (pins exist: see `apt-cache policy`)"
            } else {
                ""
            };
            verdict.row(
                "update",
                State::Note,
                format!("apt knows of {name} {candidate}, {version} is installed{pins}"),
            );
            verdict.advise("install the newer package", Some(upgrade(facts, name)));
        }
        (_, None) => {
            verdict.row("update", State::Unknown, "apt has no package lists");
            verdict.advise("fetch the package lists, then look again", refresh());
        }
        (_, Some(age)) if age > STALE => {
            verdict.row(
                "update",
                State::Unknown,
                format!("apt's package lists are {age} days old"),
            );
            verdict.advise("fetch the package lists, then look again", refresh());
        }
        (None, Some(_)) => verdict.row(
            "update",
            State::Unknown,
            format!("apt's package lists do not have {name}"),
        ),
        (Some(_), Some(age)) => verdict.row(
            "update",
            State::Ok,
            format!("apt knows of nothing newer (lists {age} days old)"),
        ),
    }
}

fn command(facts: &Facts, verdict: &mut Verdict) {
    let (Some(library), Some(command)) = (&facts.version, &facts.command_version) else {
        return;
    };
    if library != command {
        let answer = format!(
            "the command `openssl` is {command}, the library {library}: tests with the command say nothing of the library"
        );
        verdict.row("command", State::Note, answer);
    }
}

fn stores(facts: &Facts, verdict: &mut Verdict) {
    for (path, folder) in &facts.empty_stores {
        let answer = format!(
            "`{path}` reads its own trust store `{folder}`, which is empty: everything it connects to is untrusted"
        );
        verdict.row("other-store", State::Note, answer);
        let command = format!(
            "{}ln -s /etc/ssl/certs/ca-certificates.crt {folder}/cert.pem",
            facts.sudo
        );
        verdict.advise(
            format!("give `{path}` the system's store, or use the distribution's OpenSSL"),
            Some(command),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::release::{OsRelease, life};

    /// 2026-11-22
    const NOW: Time = Time(1_795_305_600);

    fn ubuntu(version: &str) -> Option<Life> {
        let release = OsRelease {
            id: "ubuntu".to_string(),
            version: version.to_string(),
            ..OsRelease::default()
        };
        life(
            Distribution::Ubuntu,
            Distribution::Ubuntu.embedded(),
            &release,
        )
    }

    fn evidence(handshake: Answer) -> Evidence {
        Evidence {
            protocol: "TLS 1.3",
            by_version: Answer::Yes,
            by_build: Answer::Yes,
            by_configuration: handshake,
            by_handshake: handshake,
            detail: None,
        }
    }

    fn facts(release: &str, library: &str, version: &str) -> Facts {
        Facts {
            now: NOW,
            life: ubuntu(release),
            package: Some((
                library.to_string(),
                version.to_string(),
                version.to_string(),
            )),
            version: Some("3.0.2".to_string()),
            command_version: None,
            candidate: Candidate {
                version: Some(version.to_string()),
                fetched: Some(NOW),
                pinned: false,
            },
            evidence: vec![evidence(Answer::Yes)],
            settings: Vec::new(),
            empty_stores: Vec::new(),
            sudo: "sudo ",
        }
    }

    fn states(facts: &Facts) -> Vec<String> {
        judge(facts)
            .rows
            .iter()
            .map(|row| format!("{} {:?}", row.question, row.state))
            .collect()
    }

    fn commands(facts: &Facts) -> Vec<String> {
        judge(facts)
            .advice
            .into_iter()
            .filter_map(|advice| advice.command)
            .collect()
    }

    #[test]
    fn made_up_hosts_get_the_verdict_that_their_package_deserves() {
        let esm = "1.1.1f-1ubuntu2.24+esm5";
        for (release, library, version, fixes, maintained, command) in [
            ("22.04", "libssl3", "3.0.2-0ubuntu1.30", "Ok", "Ok", None),
            (
                "22.04",
                "libssl3",
                "3.0.2-0ubuntu1.29",
                "Failed",
                "Ok",
                Some("sudo apt-get install --only-upgrade openssl libssl3"),
            ),
            (
                "20.04",
                "libssl1.1",
                "1.1.1f-1ubuntu2.24",
                "Failed",
                "Note",
                Some("sudo pro attach"),
            ),
            (
                "20.04",
                "libssl1.1",
                esm,
                "Ok",
                "Note",
                Some("sudo pro attach"),
            ),
            (
                "20.04",
                "libssl1.1",
                "1.1.1f-1ubuntu2.fips.7.1",
                "Unknown",
                "Note",
                Some("pro status"),
            ),
            (
                "25.10",
                "libssl3t64",
                "3.5.3-1ubuntu3.4",
                "Unknown",
                "Failed",
                Some("sudo do-release-upgrade"),
            ),
        ] {
            let facts = facts(release, library, version);
            let expected = [
                format!("fixes {fixes}"),
                "tls-1.3 Ok".to_string(),
                format!("maintained {maintained}"),
                "update Ok".to_string(),
            ];
            assert_eq!(states(&facts), expected, "{version}");
            assert_eq!(
                commands(&facts).first().map(String::as_str),
                command,
                "{version}"
            );
            assert_eq!(
                judge(&facts).has_failed(),
                fixes == "Failed" || maintained == "Failed",
                "{version}"
            );
        }
    }

    #[test]
    fn tls_1_3_that_is_switched_off_is_told_with_the_line() {
        let mut facts = facts("22.04", "libssl3", "3.0.2-0ubuntu1.30");
        facts.evidence = vec![evidence(Answer::No)];
        facts.settings = vec![Setting {
            name: "maxprotocol".to_string(),
            value: "TLSv1.2".to_string(),
            application: "system_default".to_string(),
            origin: "/etc/ssl/openssl.cnf:9".to_string(),
        }];
        let verdict = judge(&facts);
        assert!(verdict.has_failed());
        assert!(
            verdict.rows[1].answer.contains("/etc/ssl/openssl.cnf:9"),
            "{:?}",
            verdict.rows
        );
    }

    #[test]
    fn what_apt_knows_and_how_old_it_is_decides_about_updates() {
        let mut facts = facts("22.04", "libssl3", "3.0.2-0ubuntu1.30");
        facts.candidate.version = Some("3.0.2-0ubuntu1.31".to_string());
        assert_eq!(states(&facts)[3], "update Note");
        facts.candidate = Candidate {
            version: None,
            fetched: Some(NOW.plus_days(-20)),
            pinned: false,
        };
        assert_eq!(states(&facts)[3], "update Unknown");
        facts.candidate.fetched = None;
        assert_eq!(commands(&facts), ["sudo apt-get update"]);
    }

    #[test]
    fn nobody_is_told_to_build_openssl() {
        for row in ["20.04", "22.04", "18.04", "25.10"] {
            let mut facts = facts(row, "libssl1.0.0", "1.0.2g-1ubuntu4");
            facts.version = Some("1.0.2g".to_string());
            facts.evidence = vec![Evidence {
                by_version: Answer::No,
                by_build: Answer::Unknown,
                by_configuration: Answer::Unknown,
                by_handshake: Answer::Unknown,
                ..evidence(Answer::No)
            }];
            let verdict = judge(&facts);
            assert!(verdict.has_failed());
            let text = format!("{:?}", verdict.advice);
            assert!(
                !text.contains("./config") && !text.contains("make install"),
                "{text}"
            );
        }
    }
}
