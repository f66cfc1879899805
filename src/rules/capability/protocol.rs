//! TLS 1.3, by the strongest evidence there is.

use super::{Answer, Evidence, Facts, State, Verdict};

/// "TLS 1.3", by the strongest evidence there is.
pub(super) fn judge(facts: &Facts, verdict: &mut Verdict) {
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
