//! Which programs connect: the answer to the hello that each would send, and its judgement of the certificates. Pure.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Finding;
use super::codes::Code;
use super::facts::Facts;
use super::layers;
use super::staple::Stapled;
use super::trust::Judgement;
use crate::probe::answers::{self, Told};
use crate::probe::observation::{Agreement, Answer, Hello, Observation, Version};
use crate::probe::suites;
use crate::programs::hellos::{self, Offer, SHA1};
use crate::verify::Profile;

/// What one program does with the server.
#[derive(Clone, Debug, Serialize)]
pub struct Program {
    /// The program, as `verify` names it.
    pub consumer: &'static str,
    /// The version of it, or of the library that speaks TLS for it, from which on this is so.
    pub version: &'static str,
    /// Program and version, as a person calls them.
    #[serde(skip)]
    pub title: String,
    /// Whether it connects; `null` where that can't be told.
    pub connects: Option<bool>,
    /// Why not, or why it can't be told.
    pub reasons: Vec<Objection>,
}

impl Program {
    /// The program without a version.
    pub fn name(&self) -> &'static str {
        Profile::named(self.consumer).map_or(self.consumer, |profile| profile.title)
    }
}

/// Why a program does not connect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Objection {
    /// The stable code: of a conclusion, or of a reason of `verify`.
    pub code: &'static str,
    /// In words.
    pub message: String,
}

/// How a handshake with one program ends.
pub(super) struct Outcome {
    offer: &'static Offer,
    /// What stops it; nothing where it goes through.
    objection: Option<(Code, String)>,
}

/// The alert of a server that has nothing in common with a client (RFC 8446 §6.2).
const HANDSHAKE_FAILURE: u8 = 40;

/// How the handshake with each program ends, as far as that is known.
pub(super) fn outcomes(seen: &Observation, facts: &Facts) -> Vec<Outcome> {
    let mut outcomes: Vec<Outcome> = Vec::new();
    let offers = facts.readers.iter().flat_map(|reader| &reader.offers);
    for offer in offers {
        let is_known = outcomes.iter().any(|known| known.offer == *offer);
        if let Some(told) = answers::to(seen, offer).filter(|_| !is_known) {
            outcomes.push(Outcome {
                offer,
                objection: objection(seen, offer, &told),
            });
        }
    }
    outcomes
}

/// Whether most programs find the server's versions of TLS too old, though GnuTLS 3.7, which takes TLS 1.0, goes on.
pub(super) fn find_it_too_old(outcomes: &[Outcome]) -> bool {
    let too_old = |one: &&Outcome| matches!(one.objection, Some((Code::ProtocolTooOld, _)));
    outcomes.iter().filter(too_old).count() * 2 > outcomes.len()
}

/// Whether any program's handshake goes through.
pub(super) fn any_connects(outcomes: &[Outcome]) -> bool {
    outcomes.iter().any(|one| one.objection.is_none())
}

fn objection(seen: &Observation, offer: &Offer, told: &Told) -> Option<(Code, String)> {
    let answer = match told {
        Told::Agreed(agreement) => return not_taken(offer, agreement),
        Told::Refused(answer) => answer,
    };
    let said = layers::said(answer);
    if offer.is_large() && answers::takes_large(seen) == Some(false) {
        let size = offer.size;
        return Some((
            Code::LargeHello,
            format!("its first message has {size} bytes and needs two packets: {said}"),
        ));
    }
    // What others have agreed on shows what this one lacks.
    let agreed = seen.handshake.iter().filter_map(|one| one.agreement);
    let rows = seen.rows.iter().filter_map(Hello::agreement);
    let plain = seen.hellos.iter().filter_map(Hello::agreement);
    let mut all = agreed.chain(rows).chain(plain).peekable();
    let others = all.peek().is_some();
    if let Some(lacking) = all.find_map(|one| lacking(offer, &one)) {
        return Some(lacking);
    }
    // Before TLS 1.3 the curve of the server's own key must be among the groups (RFC 8422 §5.1.1).
    if others && *answer == Answer::Alert(HANDSHAKE_FAILURE) {
        let text = format!("it offers nothing that the server can use its key with: {said}");
        return Some((Code::NoCommonSignature, text));
    }
    Some((layers::code_of(answer), said))
}

/// What was agreed on, and the program does not go on with.
fn not_taken(offer: &Offer, agreed: &Agreement) -> Option<(Code, String)> {
    if agreed.version.0 < offer.takes.minimum {
        let (version, minimum) = (agreed.version, Version(offer.takes.minimum));
        let text = format!("the server chooses {version}, and it takes {minimum} at least");
        return Some((Code::ProtocolTooOld, text));
    }
    if let Some(prime) = agreed.prime.filter(|prime| *prime < offer.takes.prime) {
        let suite = suites::name(agreed.suite);
        let text = format!("the server chooses {suite} with a prime of {prime} bits");
        return Some((Code::WeakKeyExchange, text));
    }
    let is_unsafe = agreed.safe_renegotiation == Some(false) && agreed.version <= Version::TLS12;
    (is_unsafe && offer.takes.renegotiation).then(|| {
        let version = agreed.version;
        let text =
            format!("the server speaks {version} without the extension `renegotiation_info`");
        (Code::LegacyRenegotiation, text)
    })
}

/// What another program has agreed on with the server, and this one does not offer.
fn lacking(offer: &Offer, agreed: &Agreement) -> Option<(Code, String)> {
    if !offer.versions.contains(&agreed.version.0) {
        let text = format!("it does not offer {}", agreed.version);
        return Some((Code::ProtocolTooOld, text));
    }
    let lacks = |known: &[u16], id: Option<u16>| id.filter(|id| !known.contains(id));
    if let Some(group) = lacks(offer.groups, agreed.group) {
        let text = format!("it does not offer the group {}", hellos::group(group));
        return Some((Code::NoCommonGroup, text));
    }
    if let Some(scheme) = lacks(offer.schemes, agreed.scheme) {
        let code = if SHA1.contains(&scheme) {
            Code::SignsWithSha1
        } else {
            Code::NoCommonSignature
        };
        let text = format!("it does not offer signatures by {}", hellos::scheme(scheme));
        return Some((code, text));
    }
    lacks(offer.ciphers, Some(agreed.suite)).map(|suite| {
        let code = match suites::strength(suite) {
            suites::Strength::Broken => Code::NoCommonCipher,
            _ => Code::OldCipher,
        };
        let text = format!("it does not offer {}", suites::name(suite));
        (code, text)
    })
}

/// Codes in the order in which they are concluded, where programs fail for several reasons.
const ORDER: [Code; 9] = [
    Code::WeakKeyExchange,
    Code::SignsWithSha1,
    Code::NoCommonGroup,
    Code::NoCommonSignature,
    Code::NoCommonCipher,
    Code::OldCipher,
    Code::LargeHello,
    Code::LegacyRenegotiation,
    Code::ProtocolTooOld,
];

/// What keeps some programs from connecting, where others do.
pub(super) fn find(outcomes: &[Outcome]) -> Option<Finding> {
    let failing = || {
        outcomes
            .iter()
            .filter_map(|one| Some((one.offer, one.objection.as_ref()?)))
    };
    let rank = |code: &Code| ORDER.iter().position(|one| one == code).unwrap_or(9);
    let (code, _) = failing()
        .map(|(_, objection)| objection)
        .min_by_key(|(code, _)| rank(code))?;
    let mut said: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (offer, (_, text)) in failing() {
        said.entry(text).or_default().push(offer.title());
    }
    let lines: Vec<String> = said
        .into_iter()
        .map(|(text, titles)| format!("{}: {text}", titles.join(", ")))
        .collect();
    let others: Vec<String> = outcomes
        .iter()
        .filter(|one| one.objection.is_none())
        .map(|one| one.offer.title())
        .collect();
    let others = if others.is_empty() {
        String::new()
    } else {
        format!("; {} connect", others.join(", "))
    };
    Some(Finding::new(*code, format!("{}{others}", lines.join("; "))))
}

/// Every program fails for one reason alone.
pub(super) fn all_fail(programs: Vec<Program>, why: &Finding) -> Vec<Program> {
    let reason = Objection {
        code: why.code.as_str(),
        message: why.evidence.clone(),
    };
    let fails = |program| Program {
        connects: Some(false),
        reasons: vec![reason.clone()],
        ..program
    };
    programs.into_iter().map(fails).collect()
}

/// The union of both verdicts for every program asked about. `whole` is what stops all of them alike; without
/// judgements no certificate is checked, nor what is stapled.
pub(super) fn verdicts(
    outcomes: &[Outcome],
    checked: Option<(&[Judgement], Option<&Stapled>)>,
    facts: &Facts,
    whole: Option<&Finding>,
) -> Vec<Program> {
    let mut programs = Vec::new();
    for reader in &facts.readers {
        let of_reader = |one: &&Judgement| one.consumer == reader.profile;
        let checked = match checked {
            None => Checked::Off,
            Some((all, stapled)) => match all.iter().find(of_reader) {
                None => Checked::Unseen,
                Some(judgement) => Checked::By(judgement, stapled),
            },
        };
        for offer in &reader.offers {
            let outcome = outcomes.iter().find(|one| one.offer == *offer);
            programs.push(verdict(reader.profile, offer, outcome, checked, whole));
        }
    }
    programs
}

/// What becomes of the certificates.
#[derive(Clone, Copy)]
enum Checked<'a> {
    /// They are not checked.
    Off,
    /// They can't be seen.
    Unseen,
    /// They are judged, and what is stapled beside them.
    By(&'a Judgement, Option<&'a Stapled>),
}

/// What a program has against the certificates, if it refuses them.
fn against(judgement: &Judgement) -> impl Iterator<Item = Objection> + '_ {
    let reasons = judgement.reasons.iter().filter(|_| !judgement.accepted);
    reasons.map(|reason| Objection {
        code: reason.code,
        message: reason.message.clone(),
    })
}

fn verdict(
    consumer: &'static str,
    offer: &'static Offer,
    outcome: Option<&Outcome>,
    checked: Checked<'_>,
    whole: Option<&Finding>,
) -> Program {
    let mut reasons = Vec::new();
    if let Some((code, message)) = outcome.and_then(|one| one.objection.clone()) {
        let code = code.as_str();
        reasons.push(Objection { code, message });
    } else if let Some(whole) = whole {
        reasons.push(Objection {
            code: whole.code.as_str(),
            message: whole.evidence.clone(),
        });
    }
    let mut is_refused = false;
    if let Checked::By(judgement, stapled) = checked {
        is_refused = !judgement.accepted;
        reasons.extend(against(judgement));
        reasons.extend(stapled.and_then(|stapled| stapled.objection(consumer)));
    }
    // What was not tested is no failure.
    let untested = whole.is_some_and(|whole| whole.code == Code::ProxyNotTested);
    let fails = (!reasons.is_empty() || is_refused) && !untested;
    let known = outcome.is_some() && !matches!(checked, Checked::Unseen) && !untested;
    let connects = if fails {
        Some(false)
    } else {
        known.then_some(true)
    };
    if connects.is_none() && reasons.is_empty() {
        let message = match outcome {
            Some(_) => {
                "the certificates are encrypted, and trustctl has no group or cipher in common with the server"
            }
            None => "the server could not be asked as this program would",
        };
        reasons.push(Objection {
            code: Code::NotSeen.as_str(),
            message: message.to_string(),
        });
    }
    Program {
        consumer,
        version: offer.version,
        title: match consumer {
            "python-strict" => format!("Python from 3.13 (OpenSSL {})", offer.version),
            _ => offer.title(),
        },
        connects,
        reasons,
    }
}
