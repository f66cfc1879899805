//! The handshake with TLS 1.2 and 1.3 by rustls, with a verifier that records and never stops.

use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, Resumption};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, InvalidMessage, ProtocolVersion,
    SignatureScheme,
};

use super::hello::{broken, is_renegotiation_safe};
use super::observation::{Agreement, Answer, ClientCertificate, Handshake, Version};
use super::offer::Material;
use super::plain;
use super::target::{Host, Target};
use super::wire::Wire;
use crate::cert::{Name, Time};
use crate::programs::hellos::Offer;

/// So many names of accepted authorities are kept.
const AUTHORITIES: usize = 16;
/// No more of an answer inside TLS is read.
const REPLY: usize = 8 << 10;
/// A server that says nothing after the handshake is not waited for longer.
const PATIENCE: Duration = Duration::from_secs(2);
/// After a handshake that asked for a client certificate, a refusal arrives within a round trip or so.
const REFUSAL: Duration = Duration::from_millis(700);

/// What the handshake tells while it runs.
#[derive(Debug, Default)]
struct Record {
    certificates: Vec<Vec<u8>>,
    staple: Vec<u8>,
    key_proven: Option<bool>,
    scheme: Option<SignatureScheme>,
    client_certificate: Option<ClientCertificate>,
}

/// Writes down what it is asked to judge, and agrees.
#[derive(Debug)]
struct Recorder {
    provider: Arc<CryptoProvider>,
    record: Mutex<Record>,
}

impl Recorder {
    fn note(&self, note: impl FnOnce(&mut Record)) {
        // Poisoned only if a holder panicked; what is in it is still worth telling.
        note(
            &mut self
                .record
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner),
        );
    }

    /// A signature of a kind that can't be checked here proves nothing, neither way.
    fn proven(
        &self,
        scheme: SignatureScheme,
        outcome: &Result<HandshakeSignatureValid, rustls::Error>,
    ) -> HandshakeSignatureValid {
        let algorithms = &self.provider.signature_verification_algorithms;
        let is_known = algorithms.supported_schemes().contains(&scheme);
        self.note(|record| {
            record.scheme = Some(scheme);
            record.key_proven = is_known.then_some(outcome.is_ok());
        });
        HandshakeSignatureValid::assertion()
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        staple: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let all = std::iter::once(leaf).chain(others);
        let all = all.map(|one| one.as_ref().to_vec()).collect();
        self.note(|record| {
            record.certificates = all;
            record.staple = staple.to_vec();
        });
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        let outcome = verify_tls12_signature(message, leaf, signed, algorithms);
        Ok(self.proven(signed.scheme, &outcome))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        let outcome = verify_tls13_signature(message, leaf, signed, algorithms);
        Ok(self.proven(signed.scheme, &outcome))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let mut schemes = self
            .provider
            .signature_verification_algorithms
            .supported_schemes();
        // Accepted so that a server with nothing better still shows its certificates.
        schemes.extend([
            SignatureScheme::ED448,
            // Keys of RSA-PSS with SHA-256 to SHA-512 (RFC 8446 §4.2.3)
            SignatureScheme::Unknown(0x0809),
            SignatureScheme::Unknown(0x080a),
            SignatureScheme::Unknown(0x080b),
            SignatureScheme::RSA_PKCS1_SHA1,
            SignatureScheme::ECDSA_SHA1_Legacy,
        ]);
        schemes
    }
}

impl ResolvesClientCert for Recorder {
    fn resolve(&self, authorities: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let names = authorities
            .iter()
            .take(AUTHORITIES)
            .map(|der| name(der))
            .collect();
        self.note(|record| {
            record.client_certificate = Some(ClientCertificate {
                authorities: names,
                refusal: None,
            });
        });
        None
    }

    fn has_certs(&self) -> bool {
        true
    }
}

fn name(der: &[u8]) -> String {
    match Name::from_der(der) {
        Ok(name) => name.display().to_string(),
        Err(_) => "a name that cannot be read".to_string(),
    }
}

/// What is random in a program's hello, and the keys it shares.
pub(crate) fn material(offer: &Offer) -> Option<Material> {
    let (mut random, mut session) = ([0; 32], [0; 32]);
    fill(&mut random)?;
    fill(&mut session)?;
    let share = |id: &u16| {
        let mut known = aws_lc_rs::ALL_KX_GROUPS.iter();
        let group = known.find(|group| u16::from(group.name()) == *id)?;
        Some((*id, group.start().ok()?.pub_key().to_vec()))
    };
    let shares: Option<Vec<_>> = offer.shares.iter().map(share).collect();
    Some(Material {
        random,
        session,
        shares: shares?,
    })
}

fn fill(bytes: &mut [u8]) -> Option<()> {
    let provider = aws_lc_rs::default_provider();
    provider.secure_random.fill(bytes).ok()
}

/// What the caller wants to know beside the handshake.
pub(crate) struct Wanted {
    /// The point in time by which certificates are judged; outside their validity the server's clock is asked for.
    pub(crate) now: Time,
    /// A path that is to be asked for over HTTP.
    pub(crate) path: Option<String>,
}

/// What an HTTP server says after the handshake.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Said {
    /// Its clock.
    pub(crate) date: Option<Time>,
    /// The status of its answer.
    pub(crate) status: Option<u16>,
}

/// Shakes hands, and where it matters asks on for a refusal, the server's clock or a path.
pub(crate) fn shake(wire: &mut Wire, target: &Target, wanted: &Wanted) -> (Handshake, Said) {
    let started = Instant::now();
    wire.begin();
    let recorder = Arc::new(Recorder {
        provider: Arc::new(aws_lc_rs::default_provider()),
        record: Mutex::default(),
    });
    let (answer, session) = match session(&recorder, target) {
        Ok(mut session) => (run(wire, &mut session), Some(session)),
        Err(error) => (Answer::Incompatible(error.to_string()), None),
    };
    let time = started.elapsed();
    let complete = answer == Answer::Accepted;
    let mut handshake = describe(wire, answer, session.as_ref(), &recorder, time);
    let mut said = Said::default();
    if let Some(mut session) = session.filter(|_| complete) {
        said = ask_on(wire, &mut session, target, wanted, &mut handshake);
        session.send_close_notify();
        // The peer may be gone already; nothing depends on this farewell.
        let _ = session.write_tls(wire);
    }
    (handshake, said)
}

fn session(recorder: &Arc<Recorder>, target: &Target) -> Result<ClientConnection, rustls::Error> {
    let mut config = ClientConfig::builder_with_provider(Arc::clone(&recorder.provider))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(recorder) as Arc<dyn ServerCertVerifier>)
        .with_client_cert_resolver(Arc::clone(recorder) as Arc<dyn ResolvesClientCert>);
    config.resumption = Resumption::disabled();
    let name = match &target.host {
        Host::Address(address) => ServerName::IpAddress((*address).into()),
        Host::Name(name) => ServerName::try_from(name.clone()).map_err(|_| {
            rustls::Error::General("no client can send this server name".to_string())
        })?,
    };
    ClientConnection::new(Arc::new(config), name)
}

fn run(wire: &mut Wire, session: &mut ClientConnection) -> Answer {
    while session.is_handshaking() {
        if let Err(error) = session.complete_io(wire) {
            return failed(&error, wire);
        }
    }
    Answer::Accepted
}

fn failed(error: &io::Error, wire: &Wire) -> Answer {
    let inner = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let Some(inner) = inner else {
        return broken(error);
    };
    let is_tls = matches!(wire.head(), [20..=23, 3, ..]);
    match inner {
        rustls::Error::AlertReceived(alert) => Answer::Alert(u8::from(*alert)),
        _ if !is_tls => Answer::NotTls,
        rustls::Error::NoCertificatesPresented => Answer::NoCertificate,
        rustls::Error::InvalidMessage(
            InvalidMessage::HandshakePayloadTooLarge | InvalidMessage::CertificatePayloadTooLarge,
        ) => Answer::TooLarge,
        rustls::Error::PeerIncompatible(reason) => Answer::Incompatible(format!("{reason:?}")),
        other => Answer::Malformed(other.to_string()),
    }
}

fn describe(
    wire: &Wire,
    answer: Answer,
    session: Option<&ClientConnection>,
    recorder: &Recorder,
    time: Duration,
) -> Handshake {
    let mut record = Record::default();
    recorder.note(|found| record = std::mem::take(found));
    let suite = session.and_then(|session| session.negotiated_cipher_suite());
    let agreed = session
        .and_then(|session| session.protocol_version())
        .map(version);
    let safe_renegotiation = (agreed == Some(Version::TLS12))
        .then(|| is_renegotiation_safe(wire.head()))
        .flatten();
    let group = session.and_then(|session| session.negotiated_key_exchange_group());
    let agreement = agreed
        .zip(suite)
        .filter(|_| answer == Answer::Accepted)
        .map(|(version, suite)| Agreement {
            version,
            suite: u16::from(suite.suite()),
            group: group.map(|group| u16::from(group.name())),
            scheme: record.scheme.map(u16::from),
            prime: None,
            safe_renegotiation,
        });
    Handshake {
        answer,
        agreement,
        version: agreed,
        suite: suite.map(|suite| format!("{:?}", suite.suite()).replacen("TLS13_", "TLS_", 1)),
        certificates: record.certificates,
        staple: record.staple,
        key_proven: record.key_proven,
        safe_renegotiation,
        client_certificate: record.client_certificate,
        head: wire.head().to_vec(),
        received: wire.received(),
        quiet: wire.quiet(),
        time,
    }
}

fn version(found: ProtocolVersion) -> Version {
    Version(u16::from(found))
}

/// After a complete handshake: was the missing client certificate forgiven, and what time is it there?
fn ask_on(
    wire: &mut Wire,
    session: &mut ClientConnection,
    target: &Target,
    wanted: &Wanted,
    handshake: &mut Handshake,
) -> Said {
    let asks_client = handshake.client_certificate.is_some();
    let wants_date = target.http
        && handshake
            .certificates
            .iter()
            .any(|der| is_outside(der, wanted.now));
    let path = wanted.path.as_deref().filter(|_| target.http);
    if !asks_client && !wants_date && path.is_none() {
        return Said::default();
    }
    wire.hurry(if target.http { PATIENCE } else { REFUSAL });
    let (reply, ended) = converse(wire, session, target, path);
    if let Some(client) = &mut handshake.client_certificate {
        client.refusal = refusal(&reply, &ended);
    }
    Said {
        date: plain::date(&reply),
        status: plain::status(&reply),
    }
}

/// Whether a certificate is not valid at `now` (or cannot be read, which is judged elsewhere).
fn is_outside(der: &[u8], now: Time) -> bool {
    crate::cert::Certificate::from_der(der)
        .is_ok_and(|certificate| now < certificate.not_before() || certificate.not_after() < now)
}

/// Sends an HTTP request where HTTP is spoken, and reads what comes: the reply, and how it ended.
fn converse(
    wire: &mut Wire,
    session: &mut ClientConnection,
    target: &Target,
    path: Option<&str>,
) -> (Vec<u8>, io::Result<()>) {
    let mut reply = Vec::new();
    if target.http {
        let line = path.map_or_else(|| "HEAD /".to_string(), |path| format!("GET {path}"));
        let request = format!(
            "{line} HTTP/1.1\r\nHost: {target}\r\nUser-Agent: trustctl\r\nConnection: close\r\n\r\n"
        );
        if let Err(error) = session.writer().write_all(request.as_bytes()) {
            return (reply, Err(error));
        }
    }
    loop {
        if let Err(error) = session.complete_io(wire) {
            return (reply, Err(error));
        }
        let mut piece = [0; 1024];
        match session.reader().read(&mut piece) {
            Ok(0) => return (reply, Ok(())),
            Ok(count) => reply.extend_from_slice(piece.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return (reply, Err(error)),
        }
        if reply.len() > REPLY || reply.windows(4).any(|window| window == b"\r\n\r\n") {
            return (reply, Ok(()));
        }
    }
}

/// How a server shows that it will not go on without a client certificate.
fn refusal(reply: &[u8], ended: &io::Result<()>) -> Option<String> {
    if let Err(error) = ended {
        let inner = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<rustls::Error>());
        if let Some(rustls::Error::AlertReceived(alert)) = inner {
            let code = u8::from(*alert);
            return Some(format!("alert {code} after the handshake"));
        }
        let cut = matches!(
            error.kind(),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset
        );
        return (cut && reply.is_empty())
            .then(|| "connection ended after the handshake".to_string());
    }
    // nginx completes the handshake and answers 400 (ngx_http_request.c, NGX_HTTPS_NO_CERT).
    match plain::status(reply) {
        Some(400) if String::from_utf8_lossy(reply).contains("nginx") => {
            Some("HTTP status 400 from nginx".to_string())
        }
        Some(status @ (401 | 403 | 496)) => Some(format!("HTTP status {status}")),
        _ => None,
    }
}
