//! What a failure below the certificates means: names, connections, proxies, and TLS itself. Pure.

use super::Finding;
use super::alerts;
use super::codes::Code;
use crate::probe::observation::{
    Answer, Attempt, ConnectFault, Handshake, Hello, Observation, Plain, ProxyFault, Resolution,
    StarttlsFault, Version,
};
use crate::probe::suites::{self, Strength};
use crate::probe::target::Starttls;

/// What OpenSSL takes at security level 2, the distributions' own; below it says `dh key too small`.
const DH_MINIMUM: u32 = 2048;

/// The first step that failed, if one did before there were certificates to judge.
pub(super) fn find(seen: &Observation) -> Option<Finding> {
    resolution(seen)
        .or_else(|| connection(seen))
        .or_else(|| tunnel(seen))
        .or_else(|| starttls(seen))
        .or_else(|| plain(seen))
        .or_else(|| handshake(seen, seen.handshake.as_ref()?))
}

/// What some programs object to although the handshake and the certificates are right.
pub(super) fn objection(seen: &Observation) -> Option<Finding> {
    let found = seen.handshake.as_ref()?;
    (found.safe_renegotiation == Some(false)).then(|| {
        let evidence = format!(
            "{} speaks TLS 1.2 without the extension `renegotiation_info`",
            seen.target
        );
        Finding::new(Code::LegacyRenegotiation, evidence)
    })
}

fn resolution(seen: &Observation) -> Option<Finding> {
    let (code, reason) = match &seen.resolution {
        Resolution::Given(_) | Resolution::Found(_) => return None,
        Resolution::Missing(reason) => (Code::NameUnknown, reason.clone()),
        Resolution::Failed(reason) => (Code::ResolverFailed, reason.clone()),
        Resolution::TimedOut => (Code::ResolverFailed, "no answer in time".to_string()),
    };
    Some(match &seen.proxy {
        Some(proxy) => Finding::new(
            Code::ProxyUnreachable,
            format!("the name of the proxy `{proxy}` is not resolved: {reason}"),
        ),
        None => Finding::new(code, format!("`{}`: {reason}", seen.target.host)),
    })
}

fn connection(seen: &Observation) -> Option<Finding> {
    if seen.connected().is_some() {
        return None;
    }
    // The most telling outcome: a refusal means that the host was reached.
    let worst = seen
        .attempts
        .iter()
        .filter_map(|attempt| Some((rank(attempt.fault.as_ref()?), attempt)));
    let (_, attempt) = worst.min_by_key(|(rank, _)| *rank)?;
    let (code, evidence) = fault(attempt)?;
    Some(match &seen.proxy {
        Some(proxy) => Finding::new(
            Code::ProxyUnreachable,
            format!("the proxy `{proxy}`: {evidence}"),
        ),
        None => Finding::new(code, evidence),
    })
}

fn rank(fault: &ConnectFault) -> u8 {
    match fault {
        ConnectFault::Refused => 0,
        ConnectFault::TimedOut => 1,
        ConnectFault::Unreachable(_) => 2,
        ConnectFault::Failed(_) => 3,
    }
}

fn fault(attempt: &Attempt) -> Option<(Code, String)> {
    let address = attempt.address;
    Some(match attempt.fault.as_ref()? {
        ConnectFault::Refused => (
            Code::ConnectionRefused,
            format!("{address} refuses the connection"),
        ),
        ConnectFault::TimedOut => {
            let seconds = attempt.time.as_secs();
            (
                Code::ConnectionTimeout,
                format!("{address} does not answer within {seconds} s"),
            )
        }
        ConnectFault::Unreachable(reason) => (Code::Unreachable, format!("{address}: {reason}")),
        ConnectFault::Failed(reason) => (Code::ConnectionFailed, format!("{address}: {reason}")),
    })
}

fn tunnel(seen: &Observation) -> Option<Finding> {
    let fault = seen.tunnel.as_ref()?.as_ref().err()?;
    let proxy = seen.proxy.as_deref().unwrap_or_default();
    Some(match fault {
        ProxyFault::Authentication => Finding::new(
            Code::ProxyAuthentication,
            format!("`{proxy}` answers with status 407"),
        ),
        ProxyFault::Refused(status, line) => Finding::new(
            Code::ProxyRefused,
            format!("`{proxy}` answers with status {status} (`{line}`)"),
        ),
        ProxyFault::NotHttp(line) => {
            Finding::new(Code::ProxyNotHttp, format!("`{proxy}` answers `{line}`"))
        }
        ProxyFault::Silent => Finding::new(
            Code::ProxyNotHttp,
            format!("`{proxy}` gives no answer to CONNECT"),
        ),
    })
}

fn starttls(seen: &Observation) -> Option<Finding> {
    Some(match seen.starttls.as_ref()?.as_ref().err()? {
        StarttlsFault::Refused(reason) => {
            Finding::new(Code::StarttlsRefused, format!("it says: `{reason}`"))
        }
        StarttlsFault::Unexpected(reason) => {
            Finding::new(Code::StarttlsUnexpected, format!("it says: `{reason}`"))
        }
        StarttlsFault::Silent => Finding::new(
            Code::StarttlsUnexpected,
            "it ends the connection, or says nothing in time".to_string(),
        ),
    })
}

fn plain(seen: &Observation) -> Option<Finding> {
    let (code, protocol, starttls) = match seen.plain? {
        Plain::Http => (Code::PlainHttp, "HTTP", None),
        Plain::Smtp => (Code::StarttlsNeeded, "SMTP", Some(Starttls::Smtp)),
        Plain::Imap => (Code::StarttlsNeeded, "IMAP", Some(Starttls::Imap)),
        Plain::Pop3 => (Code::StarttlsNeeded, "POP3", Some(Starttls::Pop3)),
        Plain::Ssh => (Code::OtherProtocol, "SSH", None),
        Plain::Ftp => (Code::OtherProtocol, "FTP", None),
    };
    let finding = Finding::new(
        code,
        format!("{} answers in clear with {protocol}", seen.target),
    );
    Some(match starttls {
        Some(kind) => finding.command(format!(
            "trustctl diagnose --starttls {} {}",
            kind.name(),
            seen.target
        )),
        None => finding,
    })
}

fn handshake(seen: &Observation, found: &Handshake) -> Option<Finding> {
    if let Some(finding) = client_certificate(seen, found) {
        return Some(finding);
    }
    match &found.answer {
        Answer::Accepted => None,
        Answer::NoCertificate => Some(Finding::new(
            Code::NoCertificate,
            format!("{} shakes hands without a certificate", seen.target),
        )),
        Answer::TimedOut if found.received == 0 => Some(Finding::new(
            Code::Silent,
            format!("no byte within {} s", found.time.as_secs()),
        )),
        Answer::TimedOut => Some(Finding::new(
            Code::TooSlow,
            format!("{} bytes within {} s", found.received, found.time.as_secs()),
        )),
        Answer::NotTls => Some(not_tls(&found.head)),
        _ => old_or_refused(seen, found),
    }
}

/// The handshake failed in one of the ways of which further questions tell more.
fn old_or_refused(seen: &Observation, found: &Handshake) -> Option<Finding> {
    older(seen).or_else(|| match same_version(seen, found) {
        Shown::Cause(finding) => Some(finding),
        Shown::Sound => None,
        Shown::Nothing => Some(refused(seen, found)),
    })
}

/// Asked for, and not to be done without.
fn client_certificate(seen: &Observation, found: &Handshake) -> Option<Finding> {
    let asked = found.client_certificate.as_ref();
    let told = asked.and_then(|client| client.refusal.clone());
    let during = match found.answer {
        Answer::Alert(116) => Some("alert 116 (certificate_required)".to_string()),
        Answer::Alert(alert) if asked.is_some() => {
            Some(format!("alert {alert} ({})", alerts::name(alert)))
        }
        Answer::Closed | Answer::Reset if asked.is_some() => {
            Some("the connection ended".to_string())
        }
        _ => None,
    };
    let how = told.or(during)?;
    let names = asked
        .map(|client| client.authorities.join("; "))
        .filter(|names| !names.is_empty());
    let of = names.map_or_else(String::new, |names| {
        format!("; it accepts certificates of: {names}")
    });
    Some(Finding::new(
        Code::ClientCertificateRequired,
        format!("{} asks for a client certificate: {how}{of}", seen.target),
    ))
}

fn not_tls(head: &[u8]) -> Finding {
    let shown =
        String::from_utf8_lossy(head.get(..head.len().min(40)).unwrap_or_default()).into_owned();
    Finding::new(Code::NotTls, format!("its first bytes are `{shown}`"))
}

/// The versions before TLS 1.2 that the server accepts, when it does not accept TLS 1.2.
fn older(seen: &Observation) -> Option<Finding> {
    if seen.hello(Version::TLS12).is_some_and(is_tls12) {
        return None;
    }
    let accepted = seen
        .hellos
        .iter()
        .filter(|hello| hello.named && hello.is_accepted());
    let mut versions: Vec<Version> = accepted.filter_map(|hello| hello.version).collect();
    versions.sort();
    versions.dedup();
    if versions.is_empty() {
        return None;
    }
    let list: Vec<String> = versions.iter().map(ToString::to_string).collect();
    let list = list.join(" and ");
    let evidence = format!("{} accepts {list} and nothing later", seen.target);
    Some(Finding::new(Code::ProtocolTooOld, evidence))
}

fn is_tls12(hello: &Hello) -> bool {
    hello.is_accepted() && hello.version == Some(Version::TLS12)
}

/// What a hand-made hello of TLS 1.2 shows where rustls failed.
enum Shown {
    /// The cause.
    Cause(Finding),
    /// Only rustls fails: every other program shares a cipher with the server.
    Sound,
    /// Nothing.
    Nothing,
}

/// The server accepts TLS 1.2 from the hand-made hello: the cipher it chose tells what was wrong.
fn same_version(seen: &Observation, found: &Handshake) -> Shown {
    let Some(hello) = seen.hello(Version::TLS12).filter(|hello| is_tls12(hello)) else {
        return Shown::Nothing;
    };
    if found.answer == Answer::TooLarge {
        let bytes: usize = hello.certificates.iter().map(Vec::len).sum();
        let evidence = format!("it sends {bytes} bytes of certificates");
        return Shown::Cause(Finding::new(Code::HandshakeTooLarge, evidence));
    }
    let Some(suite) = hello.suite else {
        return Shown::Nothing;
    };
    let evidence = format!("it chooses {}", suites::name(suite));
    if let Some(prime) = hello.prime.filter(|prime| *prime < DH_MINIMUM) {
        let evidence = format!("{evidence} with a prime of {prime} bits");
        return Shown::Cause(Finding::new(Code::WeakKeyExchange, evidence));
    }
    match suites::strength(suite) {
        Strength::Broken => Shown::Cause(Finding::new(Code::NoCommonCipher, evidence)),
        Strength::Old => Shown::Cause(Finding::new(Code::OldCipher, evidence)),
        Strength::Ageing => Shown::Sound,
        // The same suite was offered by rustls and refused: the reason is elsewhere.
        Strength::Modern => Shown::Nothing,
    }
}

/// Nothing was accepted: the answers themselves.
fn refused(seen: &Observation, found: &Handshake) -> Finding {
    let nameless = seen
        .hellos
        .iter()
        .any(|hello| !hello.named && hello.is_accepted());
    let host = &seen.target.host;
    match &found.answer {
        Answer::Closed | Answer::Reset if nameless => Finding::new(
            Code::NameFiltered,
            format!(
                "with the name `{host}` the connection is ended, without it the server answers"
            ),
        ),
        Answer::Alert(alert) if nameless => {
            let name = alerts::name(*alert);
            Finding::new(
                Code::NameNotServed,
                format!(
                    "for the name `{host}` it answers with alert {alert} ({name}), without a name it goes on"
                ),
            )
        }
        Answer::Alert(alert) => Finding::new(
            alerts::code(*alert),
            format!("alert {alert} ({})", alerts::name(*alert)),
        ),
        Answer::TooLarge => Finding::new(
            Code::HandshakeTooLarge,
            "it sends a message larger than any client takes".to_string(),
        ),
        Answer::Closed => Finding::new(Code::Closed, "the server ends the connection".to_string()),
        Answer::Reset => Finding::new(Code::Closed, "the connection is reset".to_string()),
        Answer::Malformed(reason) | Answer::Incompatible(reason) => {
            Finding::new(Code::MalformedTls, reason.clone())
        }
        other => Finding::new(Code::MalformedTls, format!("{other:?}")),
    }
}
