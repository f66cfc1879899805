//! From what was seen of a server to one cause and a remedy that works. Pure.

pub mod alerts;
mod chain;
mod clock;
pub mod codes;
pub mod facts;
mod interception;
mod issuer;
mod layers;
mod name;
pub mod programs;
mod removed;
mod staple;
pub mod trust;

use serde::Serialize;

use crate::cert::Certificate;
use crate::probe::observation::Observation;
use chain::Case;
use codes::Code;
use facts::Facts;
use programs::Program;
use staple::Stapled;
use trust::Judgement;

/// A cause as it was found.
#[derive(Debug)]
struct Finding {
    code: Code,
    evidence: String,
    remedy: Vec<String>,
    commands: Vec<String>,
}

impl Finding {
    fn new(code: Code, evidence: String) -> Self {
        Self {
            code,
            evidence,
            remedy: Vec::new(),
            commands: Vec::new(),
        }
    }

    fn remedy(mut self, remedy: Vec<String>) -> Self {
        self.remedy = remedy;
        self
    }

    fn command(mut self, command: String) -> Self {
        self.commands.push(command);
        self
    }
}

/// What a diagnosis comes to.
#[derive(Clone, Debug, Serialize)]
pub struct Conclusion {
    /// The stable code, see `trustctl explain`.
    pub code: Code,
    /// In a few words.
    pub title: &'static str,
    /// What was seen that says so.
    pub evidence: String,
    /// What it means.
    pub text: &'static str,
    /// What helps, step by step.
    pub remedy: Vec<String>,
    /// Commands that can be run as they stand.
    pub commands: Vec<String>,
    /// The standard, manual page or source behind it.
    pub reference: &'static str,
}

impl From<Finding> for Conclusion {
    fn from(finding: Finding) -> Self {
        let explanation = finding.code.explanation();
        let remedy = if finding.remedy.is_empty() {
            vec![explanation.remedy.to_string()]
        } else {
            finding.remedy
        };
        Self {
            code: finding.code,
            title: explanation.title,
            evidence: finding.evidence,
            text: explanation.text,
            remedy,
            commands: finding.commands,
            reference: explanation.reference,
        }
    }
}

/// One target, judged.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    /// What it comes to.
    pub conclusion: Conclusion,
    /// Which programs connect.
    pub programs: Vec<Program>,
    /// What each program says of the chain.
    pub judgements: Vec<Judgement>,
    /// What the server sent and can be read, leaf first.
    pub chain: Vec<Certificate>,
    /// What else is worth knowing.
    pub notes: Vec<String>,
}

/// What a setting of the program that is asked about does to a connection, whatever the server shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// Certificates are not checked.
    Unverified {
        /// The program.
        program: &'static str,
        /// The setting, and where it is set.
        setting: String,
    },
    /// The program gives up before it connects.
    Broken {
        /// The setting, and where it is set.
        setting: String,
        /// What is wrong with it, and what the program says.
        reason: String,
    },
}

/// One target: what was seen of it, and what is known of the host that asks.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// What was seen.
    pub seen: &'a Observation,
    /// What is known.
    pub facts: &'a Facts,
    /// What a setting does to the connection.
    pub ruling: Option<&'a Ruling>,
}

/// Judges what was seen of one or more targets; hosts that have nothing to do with each other are compared.
pub fn conclude(asked: &[Asked<'_>]) -> Vec<Diagnosis> {
    let mut all: Vec<Diagnosis> = asked.iter().map(one).collect();
    interception::compare(asked, &mut all);
    all
}

/// Why there were no certificates to judge, where that is so.
pub fn failure(seen: &Observation) -> Option<String> {
    layers::find(seen, false).map(|finding| finding.evidence)
}

fn one(asked: &Asked<'_>) -> Diagnosis {
    let (seen, facts) = (asked.seen, asked.facts);
    let sent = seen.certificates();
    let chain: Vec<Certificate> = sent
        .iter()
        .filter_map(|der| Certificate::from_der(der).ok())
        .collect();
    let judgements = trust::judge(sent, &chain, &seen.target.host, facts);
    let case = Case {
        seen,
        chain: &chain,
        facts,
        judgements: &judgements,
    };
    let outcomes = programs::outcomes(seen, facts);
    // What stops one program does not stop another: the server is judged by those that it agrees with.
    let whole = layers::find(seen, programs::any_connects(&outcomes));
    let stapled = Stapled::of(seen, facts);
    let checked = Some((judgements.as_slice(), stapled.as_ref()));
    let programs = programs::verdicts(&outcomes, checked, facts, whole.as_ref());
    let whole_is_none = whole.is_none();
    let too_old = programs::find_it_too_old(&outcomes);
    let finding = whole
        .or_else(|| layers::find(seen, false).filter(|_| too_old))
        .or_else(|| chain::find(&case))
        .or_else(|| stapled.as_ref()?.find(&programs))
        .or_else(|| programs::find(&outcomes).map(|found| layers::with_remedy(seen, facts, found)));
    let unknown = programs.iter().find(|one| one.connects.is_none());
    let finding = finding.unwrap_or_else(|| match unknown.and_then(|one| one.reasons.first()) {
        Some(reason) => {
            let unseen = Finding::new(Code::NotSeen, reason.message.clone());
            layers::with_remedy(seen, facts, unseen)
        }
        None => Finding::new(Code::Healthy, healthy(seen)),
    });
    let is_reached = whole_is_none && programs::any_connects(&outcomes);
    let (finding, programs) = match asked.ruling {
        Some(Ruling::Unverified { program, setting }) if is_reached => (
            unverified(finding, program, setting),
            programs::verdicts(&outcomes, None, facts, None),
        ),
        Some(Ruling::Broken { setting, reason }) => {
            let broken = Finding::new(Code::SettingBroken, format!("{setting}: {reason}"));
            let programs = programs::all_fail(programs, &broken);
            (broken, programs)
        }
        _ => (finding, programs),
    };
    Diagnosis {
        conclusion: finding.into(),
        notes: notes(&case, stapled.as_ref()),
        programs,
        judgements,
        chain,
    }
}

/// What is said where certificates are not checked: the cause that is hidden so, and what helps before the setting goes.
fn unverified(hidden: Finding, program: &str, setting: &str) -> Finding {
    let is_healthy = hidden.code == Code::Healthy;
    let said = if is_healthy {
        "with it on nothing would be wrong".to_string()
    } else {
        format!("with it on: {} [{}]", hidden.evidence, hidden.code.as_str())
    };
    let mut remedy = if is_healthy {
        Vec::new()
    } else if hidden.remedy.is_empty() {
        vec![hidden.code.explanation().remedy.to_string()]
    } else {
        hidden.remedy
    };
    remedy.push(format!("delete {setting}"));
    Finding {
        code: Code::VerificationOff,
        evidence: format!("{program} would connect: verification is off by {setting}; {said}"),
        remedy,
        commands: hidden.commands,
    }
}

fn healthy(seen: &Observation) -> String {
    let version = seen
        .handshake
        .as_ref()
        .and_then(|handshake| handshake.version);
    let version = version.map_or_else(|| "TLS 1.2".to_string(), |version| version.to_string());
    format!(
        "{} speaks {version}, and every program asked about accepts its certificate",
        seen.target
    )
}

fn notes(case: &Case<'_>, stapled: Option<&Stapled>) -> Vec<String> {
    let mut notes = Vec::new();
    let failed = case
        .seen
        .attempts
        .iter()
        .filter(|attempt| attempt.fault.is_some());
    if case.seen.connected().is_some() {
        notes.extend(failed.map(|attempt| {
            format!(
                "{} does not answer; programs that try it first are slow",
                attempt.address
            )
        }));
    }
    let asked = case
        .seen
        .handshake
        .as_ref()
        .and_then(|handshake| handshake.client_certificate.as_ref());
    if asked.is_some_and(|client| client.refusal.is_none()) {
        notes.push("the server asks for a client certificate and goes on without one".to_string());
    }
    notes.extend(stapled.and_then(Stapled::note));
    notes.extend(facts_notes(case));
    notes
}

fn facts_notes(case: &Case<'_>) -> Option<String> {
    let judgement = case
        .judgements
        .iter()
        .find(|judgement| judgement.accepted)?;
    let anchor = judgement.path.last()?;
    let mut known = case.facts.system().iter();
    let anchor = known.find(|one| one.sha256() == *anchor)?;
    case.facts.local.contains(&anchor.sha256()).then(|| {
        format!(
            "trusted through `{}`, which was added to this host and is not the vendor's",
            anchor.subject().display()
        )
    })
}
