//! What was seen of one target as a list of steps with their evidence, in the order in which they happen. Pure.

use serde::Serialize;

use crate::cert::{Certificate, Fingerprint, Time};
use crate::probe::observation::{
    Answer, Attempt, ConnectFault, Handshake, Hello, Observation, ProxyFault, Resolution, Version,
};
use crate::probe::suites;
use crate::programs::hellos;
use crate::rules::diagnosis::codes::Code;
use crate::rules::diagnosis::programs::Program;
use crate::rules::diagnosis::{Diagnosis, alerts, trust::Judgement};

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should.
    Ok,
    /// Not as it should.
    Failed,
    /// For some programs as it should, for others not.
    Partly,
    /// That can't be told.
    Unknown,
}

/// One step.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// What was done: `resolve`, `connect`, `proxy`, `starttls`, `handshake`, `versions`, `certificates`, `name`,
    /// `validity`, `trust`, `programs`.
    pub step: &'static str,
    /// How it ended.
    pub state: State,
    /// What was seen.
    pub evidence: Vec<String>,
    /// How long it took.
    pub milliseconds: Option<u64>,
}

impl Step {
    fn new(step: &'static str, is_ok: bool, evidence: Vec<String>) -> Self {
        Self {
            step,
            state: if is_ok { State::Ok } else { State::Failed },
            evidence,
            milliseconds: None,
        }
    }

    fn took(mut self, time: std::time::Duration) -> Self {
        self.milliseconds = Some(time.as_millis() as u64);
        self
    }
}

/// One certificate that the server sent.
#[derive(Clone, Debug, Serialize)]
pub struct Sent {
    /// Its place in what was sent, the leaf being 0.
    pub position: usize,
    /// Subject; `null` where the certificate can't be read.
    pub subject: Option<String>,
    /// Issuer.
    pub issuer: Option<String>,
    /// Alternative names, at most 20.
    pub names: Vec<String>,
    /// How many alternative names there are.
    pub name_count: usize,
    /// Start of validity.
    pub not_before: Option<Time>,
    /// End of validity.
    pub not_after: Option<Time>,
    /// Key.
    pub key: Option<String>,
    /// Signature algorithm.
    pub signature: Option<String>,
    /// SHA-256 of what was sent.
    pub sha256: Fingerprint,
}

/// So many alternative names are shown.
const NAMES: usize = 20;

/// The certificates as sent.
pub(super) fn sent(seen: &Observation) -> Vec<Sent> {
    seen.certificates()
        .iter()
        .enumerate()
        .map(|(position, der)| one(position, der))
        .collect()
}

fn one(position: usize, der: &[u8]) -> Sent {
    let read = Certificate::from_der(der).ok();
    let read = read.as_ref();
    let names = read.map_or(&[][..], |one| &one.extensions().subject_alt_names);
    Sent {
        position,
        subject: read.map(|one| one.subject().display().to_string()),
        issuer: read.map(|one| one.issuer().display().to_string()),
        names: names.iter().take(NAMES).cloned().collect(),
        name_count: names.len(),
        not_before: read.map(Certificate::not_before),
        not_after: read.map(Certificate::not_after),
        key: read.map(|one| one.key().to_string()),
        signature: read.map(|one| one.signature_algorithm().to_string()),
        sha256: Fingerprint::of(der),
    }
}

/// The steps that were taken.
pub(super) fn steps(seen: &Observation, diagnosis: &Diagnosis) -> Vec<Step> {
    let mut steps: Vec<Step> = resolution(seen).into_iter().collect();
    if !seen.attempts.is_empty() {
        steps.push(connection(seen));
    }
    if let Some(tunnel) = &seen.tunnel {
        let proxy = seen.proxy.clone().unwrap_or_default();
        let evidence = format!("CONNECT {} through `{proxy}`", seen.target);
        let mut step = Step::new("proxy", tunnel.is_ok(), vec![evidence]);
        if let Err(ProxyFault::Unspoken(_)) = tunnel {
            step.state = State::Unknown;
        }
        steps.push(step);
    }
    if let (Some(starttls), Some(kind)) = (&seen.starttls, seen.target.starttls) {
        steps.push(Step::new(
            "starttls",
            starttls.is_ok(),
            vec![kind.name().to_string()],
        ));
    }
    steps.extend(seen.handshake.as_ref().map(handshake));
    if !seen.hellos.is_empty() {
        steps.push(versions(&seen.hellos));
    }
    steps.extend(chain(seen, diagnosis));
    steps.extend(programs(&diagnosis.programs));
    steps
}

/// Whether every version of a program does the same.
fn is_same_in_all(program: &Program, programs: &[Program]) -> bool {
    let versions = programs
        .iter()
        .filter(|one| one.consumer == program.consumer);
    let mut others = versions
        .filter(|one| one.version != program.version)
        .peekable();
    let same = |one: &Program| one.connects == program.connects && one.reasons == program.reasons;
    others.peek().is_some() && others.all(same)
}

/// One line for all programs that do the same.
fn programs(programs: &[Program]) -> Option<Step> {
    let mut lines: Vec<(String, Vec<&str>)> = Vec::new();
    for program in programs {
        let verdict = match (program.connects, program.reasons.first()) {
            (Some(true), _) => "connect".to_string(),
            (Some(false), Some(reason)) => format!("fail [{}]: {}", reason.code, reason.message),
            (Some(false), None) => "fail".to_string(),
            (None, reason) => {
                let why = reason.map_or("", |reason| &reason.message);
                format!("can't be told: {why}")
            }
        };
        let title = if is_same_in_all(program, programs) {
            program.name()
        } else {
            &program.title
        };
        match lines.iter_mut().find(|(known, _)| *known == verdict) {
            Some((_, titles)) if titles.contains(&title) => {}
            Some((_, titles)) => titles.push(title),
            None => lines.push((verdict, vec![title])),
        }
    }
    let count = |connects| {
        let those = programs.iter().filter(|one| one.connects == connects);
        those.count()
    };
    let connecting = count(Some(true));
    let lines = lines
        .iter()
        .map(|(verdict, titles)| format!("{}: {verdict}", titles.join(", ")));
    let mut step = Step::new("programs", connecting == programs.len(), lines.collect());
    if connecting > 0 && connecting < programs.len() {
        step.state = State::Partly;
    } else if count(None) == programs.len() {
        step.state = State::Unknown;
    }
    (!programs.is_empty()).then_some(step)
}

fn resolution(seen: &Observation) -> Option<Step> {
    Some(match &seen.resolution {
        // Nobody was asked.
        Resolution::Found(addresses) if addresses.is_empty() => return None,
        Resolution::Given(address) => {
            Step::new("resolve", true, vec![format!("{address} (given)")])
        }
        Resolution::Found(addresses) => Step::new(
            "resolve",
            true,
            vec![
                addresses
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join(", "),
            ],
        ),
        Resolution::Missing(reason) | Resolution::Failed(reason) => {
            Step::new("resolve", false, vec![reason.clone()])
        }
        Resolution::TimedOut => Step::new("resolve", false, vec!["no answer in time".to_string()]),
    })
}

fn connection(seen: &Observation) -> Step {
    let is_ok = seen.connected().is_some();
    let time = seen
        .attempts
        .iter()
        .map(|attempt| attempt.time)
        .max()
        .unwrap_or_default();
    Step::new(
        "connect",
        is_ok,
        seen.attempts.iter().map(attempt).collect(),
    )
    .took(time)
}

fn attempt(attempt: &Attempt) -> String {
    let address = attempt.address;
    match &attempt.fault {
        None => address.to_string(),
        Some(ConnectFault::Refused) => format!("{address}: refused"),
        Some(ConnectFault::TimedOut) => format!("{address}: no answer"),
        Some(ConnectFault::Unreachable(reason) | ConnectFault::Failed(reason)) => {
            format!("{address}: {reason}")
        }
    }
}

fn handshake(found: &Handshake) -> Step {
    let is_ok = found.answer == Answer::Accepted;
    let mut evidence = vec![match (&found.version, &found.suite) {
        (Some(version), Some(suite)) if is_ok => {
            let agreed = found.agreement.as_ref();
            let group = agreed.and_then(|one| one.group).map(hellos::group);
            let scheme = agreed.and_then(|one| one.scheme).map(hellos::scheme);
            let signed = scheme.map(|scheme| format!("signed by {scheme}"));
            let mut words = vec![version.to_string(), suite.clone()];
            words.extend(group.into_iter().chain(signed));
            words.join(", ")
        }
        _ => answer(&found.answer),
    }];
    if let Some(client) = &found.client_certificate {
        let how = client
            .refusal
            .as_ref()
            .map_or_else(|| "goes on without".to_string(), Clone::clone);
        evidence.push(format!("asks for a client certificate: {how}"));
    }
    Step::new("handshake", is_ok, evidence).took(found.time)
}

fn answer(answer: &Answer) -> String {
    match answer {
        Answer::Accepted => "accepted".to_string(),
        Answer::Alert(alert) => format!("alert {alert} ({})", alerts::name(*alert)),
        Answer::Closed => "connection ended".to_string(),
        Answer::Reset => "connection reset".to_string(),
        Answer::TimedOut => "no answer in time".to_string(),
        Answer::NotTls => "an answer that is not TLS".to_string(),
        Answer::Malformed(reason) => format!("TLS that can't be read: {reason}"),
        Answer::Incompatible(reason) => format!("nothing in common: {reason}"),
        Answer::NoCertificate => "no certificate".to_string(),
        Answer::TooLarge => "more than a client takes".to_string(),
        Answer::NotAsked => "no connection".to_string(),
    }
}

fn versions(hellos: &[Hello]) -> Step {
    let line = |hello: &Hello| {
        let name = if hello.named {
            ""
        } else {
            " without server name"
        };
        let chosen = match (hello.version, hello.suite) {
            (Some(version), Some(suite)) if hello.is_accepted() => {
                format!(", {version} with {}", suites::name(suite))
            }
            _ => String::new(),
        };
        format!(
            "{} offered{name}: {}{chosen}",
            hello.offered,
            answer(&hello.answer)
        )
    };
    let is_ok = hellos
        .iter()
        .any(|hello| hello.is_accepted() && hello.version >= Some(Version::TLS12));
    Step::new("versions", is_ok, hellos.iter().map(line).collect())
}

/// What there is to say of the certificates: which, for whom, until when, and who trusts them.
fn chain(seen: &Observation, diagnosis: &Diagnosis) -> Vec<Step> {
    let Some(leaf) = diagnosis.chain.first() else {
        return Vec::new();
    };
    let code = diagnosis.conclusion.code;
    let count = seen.certificates().len();
    let issuers = diagnosis
        .chain
        .iter()
        .map(|one| format!("`{}`, issued by `{}`", shown(one), one.issuer().display()));
    let mut evidence = vec![format!("{count} sent")];
    evidence.extend(issuers.take(8));
    let name_ok = !has(&diagnosis.judgements, &["wrong-name", "no-alt-name"]);
    let valid = !has(&diagnosis.judgements, &["expired", "not-yet-valid"]);
    vec![
        Step::new("certificates", code != Code::MalformedCertificate, evidence),
        Step::new("name", name_ok, vec![names(leaf)]),
        Step::new(
            "validity",
            valid,
            vec![format!("{} to {}", leaf.not_before(), leaf.not_after())],
        ),
        trust(&diagnosis.judgements, &diagnosis.chain),
    ]
}

fn shown(certificate: &Certificate) -> String {
    match certificate.subject().display() {
        "" => "(no subject)".to_string(),
        name => name.to_string(),
    }
}

fn has(judgements: &[Judgement], codes: &[&str]) -> bool {
    judgements
        .iter()
        .flat_map(|judgement| &judgement.reasons)
        .any(|reason| codes.contains(&reason.code))
}

fn names(leaf: &Certificate) -> String {
    let names = &leaf.extensions().subject_alt_names;
    let shown: Vec<&str> = names.iter().take(6).map(String::as_str).collect();
    match names.len() {
        0 => format!(
            "no alternative names; CN={}",
            leaf.subject().common_name().unwrap_or_default()
        ),
        count if count > 6 => format!("{} and {} more", shown.join(", "), count - 6),
        _ => shown.join(", "),
    }
}

/// One line for all programs that say the same.
fn trust(judgements: &[Judgement], chain: &[Certificate]) -> Step {
    let mut lines: Vec<(String, Vec<&str>)> = Vec::new();
    for judgement in judgements {
        let verdict = match judgement.reasons.first().filter(|_| !judgement.accepted) {
            None if judgement.accepted => "accepted".to_string(),
            None => "refused".to_string(),
            Some(reason) => {
                let wanted = reason.at.and_then(|at| judgement.path.get(at));
                let about =
                    wanted.and_then(|sha256| chain.iter().find(|one| one.sha256() == *sha256));
                let about = about.map_or_else(String::new, |one| format!("`{}` ", shown(one)));
                format!("refused: {about}{}", reason.message)
            }
        };
        match lines.iter_mut().find(|(known, _)| *known == verdict) {
            Some((_, titles)) => titles.push(judgement.title),
            None => lines.push((verdict, vec![judgement.title])),
        }
    }
    let accepted = judgements
        .iter()
        .filter(|judgement| judgement.accepted)
        .count();
    let mut step = Step::new("trust", accepted == judgements.len(), Vec::new());
    if accepted > 0 && accepted < judgements.len() {
        step.state = State::Partly;
    }
    step.evidence = lines
        .iter()
        .map(|(verdict, titles)| format!("{}: {verdict}", titles.join(", ")))
        .collect();
    step
}
