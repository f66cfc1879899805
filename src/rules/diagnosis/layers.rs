//! What a failure below the certificates means: names, connections, proxies, and TLS itself. Pure.

use super::Finding;
use super::alerts;
use super::codes::Code;
use super::facts::Facts;
use crate::host::format::words::quoted;
use crate::probe::observation::{
    Answer, Attempt, ConnectFault, Handshake, Hello, Observation, Plain, ProxyFault, Resolution,
    StarttlsFault, Version,
};
use crate::probe::suites::{self, Strength};
use crate::probe::target::{Host, Starttls, Target};

/// What OpenSSL takes at security level 2, the distributions' own; below it says `dh key too small`.
const DH_MINIMUM: u32 = 2048;

/// The first step that failed, if one did before there were certificates to judge; `others` is whether programs go
/// through with the handshake, though rustls may not.
pub(super) fn find(seen: &Observation, others: bool) -> Option<Finding> {
    resolution(seen)
        .or_else(|| connection(seen))
        .or_else(|| tunnel(seen))
        .or_else(|| starttls(seen))
        .or_else(|| plain(seen))
        .or_else(|| handshake(seen, seen.handshake.as_ref()?, others))
}

/// The code that an answer to a program's hello comes to when nothing else is known.
pub(super) fn code_of(answer: &Answer) -> Code {
    match answer {
        Answer::Alert(alert) => alerts::code(*alert),
        Answer::Closed | Answer::Reset => Code::Closed,
        Answer::TimedOut => Code::Silent,
        Answer::TooLarge => Code::HandshakeTooLarge,
        Answer::NoCertificate => Code::NoCertificate,
        Answer::NotTls => Code::NotTls,
        _ => Code::MalformedTls,
    }
}

/// An answer in words.
pub(super) fn said(answer: &Answer) -> String {
    match answer {
        Answer::Alert(alert) => {
            format!(
                "the server answers with alert {alert} ({})",
                alerts::name(*alert)
            )
        }
        Answer::Closed => "the connection is ended".to_string(),
        Answer::Reset => "the connection is reset".to_string(),
        Answer::TimedOut => "there is no answer".to_string(),
        Answer::Malformed(reason) | Answer::Incompatible(reason) => reason.clone(),
        Answer::TooLarge => "the answer is larger than any client takes".to_string(),
        _ => "the answer is not TLS".to_string(),
    }
}

/// The configuration that lets one program with OpenSSL connect to a server without RFC 5746: whole, since a file named
/// by `OPENSSL_CONF` replaces the system's.
fn legacy_configuration(openssl: Option<&str>) -> String {
    let before = |version: &str| {
        let mut numbers = version
            .split(['.', ' '])
            .map(|part| part.parse::<u32>().ok());
        let mut next = || numbers.next().flatten().unwrap_or(0);
        (next(), next(), next()) < (3, 0, 4)
    };
    let option = if openssl.is_some_and(before) {
        "UnsafeLegacyRenegotiation"
    } else {
        "UnsafeLegacyServerConnect"
    };
    let options = format!("Options = {option}");
    let lines = [
        "openssl_conf = init",
        "nodejs_conf = init",
        "[init]",
        "ssl_conf = ssl",
        "[ssl]",
        "system_default = tls",
        "[tls]",
        "MinProtocol = TLSv1.2",
        "CipherString = DEFAULT@SECLEVEL=2",
        &options,
    ];
    let lines: Vec<String> = lines.iter().map(|line| quoted(line)).collect();
    format!("printf '%s\\n' {} >legacy-server.cnf", lines.join(" "))
}

/// What only the whole of what was seen tells: the versions, and what can be done on the client's side.
pub(super) fn with_remedy(seen: &Observation, facts: &Facts, finding: Finding) -> Finding {
    let target = &seen.target;
    match finding.code {
        Code::LegacyRenegotiation => finding
            .remedy(vec![
                "upgrade the server, or whatever on the way ends its TLS".to_string(),
                "as a last resort let one program connect all the same, never the whole host: with a configuration of its own, named by `OPENSSL_CONF` (Node.js reads the section that `nodejs_conf` names)".to_string(),
            ])
            .command(legacy_configuration(facts.openssl.as_deref()))
            .command(if target.http {
                format!("OPENSSL_CONF=$PWD/legacy-server.cnf curl https://{target}/")
            } else {
                format!("OPENSSL_CONF=$PWD/legacy-server.cnf openssl s_client -connect {target}")
            }),
        Code::NotSeen if target.starttls.is_none() => unseen(target, finding),
        Code::ProtocolTooOld => match older(seen) {
            Some(found) => Finding {
                evidence: format!("{}; {}", found.evidence, finding.evidence),
                ..finding
            },
            None => finding,
        },
        _ => finding,
    }
}

/// How a program that speaks what trustctl does not sees the certificates, and what is to be made of them.
fn unseen(target: &Target, finding: Finding) -> Finding {
    let (server, wanted) = match &target.host {
        Host::Name(name) => (format!(" -servername {name}"), format!("--hostname {name}")),
        Host::Address(address) => (String::new(), format!("--ip {address}")),
    };
    finding
        .remedy(vec![
            "fetch the certificates with a program that speaks it, and verify them".to_string(),
        ])
        .command(format!(
            "openssl s_client -showcerts -connect {target}{server} </dev/null >sent.pem"
        ))
        .command(format!("trustctl verify sent.pem {wanted}"))
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
        ProxyFault::Authentication { schemes, sent } => authentication(proxy, schemes, *sent),
        ProxyFault::Unspoken(scheme) => untested(proxy, scheme, seen),
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

/// A proxy that trustctl does not speak to, and programs that do.
fn untested(proxy: &str, scheme: &str, seen: &Observation) -> Finding {
    let (target, named) = (&seen.target, quoted(proxy));
    Finding::new(
        Code::ProxyNotTested,
        format!("trustctl speaks HTTP to proxies, not `{scheme}` as `{proxy}` wants"),
    )
    .remedy(vec![
        format!("test it with a program that can: `curl -v --proxy {named} https://{target}/`"),
        format!("to look at the target itself, run `trustctl diagnose --no-proxy {target}` on a host that reaches it directly"),
    ])
}

/// What the proxy asks for, and what it got.
fn authentication(proxy: &str, schemes: &[String], sent: bool) -> Finding {
    let offers = if schemes.is_empty() {
        "names no scheme".to_string()
    } else {
        format!("offers {}", schemes.join(", "))
    };
    let how = if sent {
        "rejects the credentials that were sent"
    } else {
        "wants credentials, and none were sent"
    };
    let finding = Finding::new(
        Code::ProxyAuthentication,
        format!("`{proxy}` answers with status 407: it {how}, and {offers}"),
    );
    if schemes.is_empty() || schemes.iter().any(|scheme| scheme == "basic") {
        let step = if sent {
            "correct user and password in the proxy's URL; special characters are percent-encoded (`@` is `%40`)"
        } else {
            "put the credentials in the proxy's URL where the tool reads it (`http://USER:PASSWORD@HOST:PORT`, special characters percent-encoded), in a file that only its user can read"
        };
        return finding.remedy(vec![step.to_string()]);
    }
    finding.remedy(vec![
        "user and password in the proxy's URL can't work: the proxy does not take them".to_string(),
        "run a local proxy that signs in for all programs (cntlm for NTLM, px for both) and name that one; curl alone can do it with `--proxy-negotiate --proxy-user :` or `--proxy-ntlm`".to_string(),
    ])
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
        Plain::Ftp => (Code::StarttlsNeeded, "FTP", Some(Starttls::Ftp)),
        Plain::Mysql => (Code::StarttlsNeeded, "MySQL", Some(Starttls::Mysql)),
        Plain::Xmpp => (Code::StarttlsNeeded, "XMPP", Some(Starttls::Xmpp)),
        Plain::Sieve => (Code::StarttlsNeeded, "ManageSieve", Some(Starttls::Sieve)),
        Plain::Nntp => (Code::StarttlsNeeded, "NNTP", Some(Starttls::Nntp)),
        Plain::Redis => (Code::OtherProtocol, "Redis", None),
        Plain::Amqp => (Code::OtherProtocol, "AMQP", None),
        Plain::Vnc => (Code::OtherProtocol, "VNC", None),
    };
    if let Some(location) = seen
        .location
        .as_deref()
        .filter(|place| elsewhere(seen, place))
    {
        let evidence = format!(
            "{} answers with plain HTTP that leads to `{location}`",
            seen.target
        );
        return Some(Finding::new(Code::CaptivePortal, evidence));
    }
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

/// Whether a redirection leads away from the host that was asked.
fn elsewhere(seen: &Observation, location: &str) -> bool {
    let host = seen.target.host.to_string();
    Target::parse(&location.replacen("http://", "https://", 1), None)
        .is_ok_and(|target| target.host.to_string() != host)
}

fn handshake(seen: &Observation, found: &Handshake, others: bool) -> Option<Finding> {
    if let Some(finding) = client_certificate(seen, found) {
        return Some(finding);
    }
    match &found.answer {
        Answer::Accepted => None,
        Answer::TooLarge => old_or_refused(seen, found),
        Answer::NoCertificate => Some(Finding::new(
            Code::NoCertificate,
            format!("{} shakes hands without a certificate", seen.target),
        )),
        // Cut off in the middle: that others' hellos begin to be answered says nothing of the rest.
        _ if others && !(is_cut(found) && found.received > 0) => None,
        Answer::TimedOut if accepts_tls12(seen) => Some(intolerant(&found.answer)),
        Answer::TimedOut if found.received == 0 => Some(Finding::new(
            Code::Silent,
            format!("no byte within {} s", found.time.as_secs()),
        )),
        Answer::TimedOut if found.quiet * 2 > found.time => Some(Finding::new(
            Code::Mtu,
            format!(
                "{} bytes at once, then nothing for {} s",
                found.received,
                found.quiet.as_secs()
            ),
        )),
        Answer::TimedOut => Some(Finding::new(
            Code::TooSlow,
            format!("{} bytes within {} s", found.received, found.time.as_secs()),
        )),
        Answer::NotTls => Some(not_tls(&found.head)),
        _ => old_or_refused(seen, found),
    }
}

/// Whether a hello of TLS 1.2 alone is accepted, with the name.
fn accepts_tls12(seen: &Observation) -> bool {
    seen.hello(Version::TLS12).is_some_and(is_tls12)
}

fn intolerant(answer: &Answer) -> Finding {
    let evidence = format!(
        "with TLS 1.3 among the versions {}; with TLS 1.2 alone the server goes on",
        said(answer)
    );
    Finding::new(Code::Tls13Intolerant, evidence)
}

/// The handshake failed in one of the ways of which further questions tell more.
fn old_or_refused(seen: &Observation, found: &Handshake) -> Option<Finding> {
    older(seen).or_else(|| match same_version(seen, found) {
        Shown::Cause(finding) => Some(finding),
        Shown::Sound => None,
        Shown::Nothing if accepts_tls12(seen) => Some(intolerant(&found.answer)),
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

fn is_cut(found: &Handshake) -> bool {
    matches!(
        found.answer,
        Answer::Closed | Answer::Reset | Answer::TimedOut
    )
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
        Answer::Closed | Answer::Reset if found.received > 0 => {
            let (received, how) = (found.received, said(&found.answer));
            Finding::new(
                Code::CutOff,
                format!("after {received} bytes of its answer {how}"),
            )
        }
        Answer::Closed => Finding::new(Code::Closed, "the server ends the connection".to_string()),
        Answer::Reset => Finding::new(Code::Closed, "the connection is reset".to_string()),
        Answer::Malformed(reason) | Answer::Incompatible(reason) => {
            Finding::new(Code::MalformedTls, reason.clone())
        }
        other => Finding::new(Code::MalformedTls, format!("{other:?}")),
    }
}
