//! What was seen of a server, step by step: values only, nothing judged.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::cert::Time;
use crate::programs::hellos::Offer;

use super::target::Target;

/// A version of the protocol, by its number on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u16);

impl Version {
    /// SSL 3.0.
    pub const SSL3: Self = Self(0x0300);
    /// TLS 1.0.
    pub const TLS10: Self = Self(0x0301);
    /// TLS 1.1.
    pub const TLS11: Self = Self(0x0302);
    /// TLS 1.2.
    pub const TLS12: Self = Self(0x0303);
    /// TLS 1.3.
    pub const TLS13: Self = Self(0x0304);
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Self::SSL3 => f.write_str("SSL 3.0"),
            Self::TLS10 => f.write_str("TLS 1.0"),
            Self::TLS11 => f.write_str("TLS 1.1"),
            Self::TLS12 => f.write_str("TLS 1.2"),
            Self::TLS13 => f.write_str("TLS 1.3"),
            Self(other) => write!(f, "version {other:#06x}"),
        }
    }
}

/// How a name was resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// The target is an address, or the address was told.
    Given(IpAddr),
    /// The addresses, in the resolver's order.
    Found(Vec<IpAddr>),
    /// The resolver says that there is no such name, or none with an address.
    Missing(String),
    /// The resolver could not be asked.
    Failed(String),
    /// No answer in time.
    TimedOut,
}

/// Why no TCP connection came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectFault {
    /// Nobody listens (RST).
    Refused,
    /// No answer in time.
    TimedOut,
    /// No route, or a firewall says so.
    Unreachable(String),
    /// Anything else, in the operating system's words.
    Failed(String),
}

/// One attempt to connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Where to.
    pub address: SocketAddr,
    /// How it went.
    pub fault: Option<ConnectFault>,
    /// How long it took.
    pub time: Duration,
}

/// Why a proxy gave no tunnel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxyFault {
    /// It wants credentials (407): the schemes that it offers, and whether some were sent.
    Authentication {
        /// From `Proxy-Authenticate`, lower case.
        schemes: Vec<String>,
        /// Whether credentials were sent.
        sent: bool,
    },
    /// It is spoken to in a way that is not spoken here; it was not asked.
    Unspoken(String),
    /// It said no: status and reason.
    Refused(u16, String),
    /// What it said is no HTTP.
    NotHttp(String),
    /// It ended the connection, or said nothing in time.
    Silent,
}

/// Why a service did not turn to TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StarttlsFault {
    /// It said no.
    Refused(String),
    /// It speaks another protocol.
    Unexpected(String),
    /// It ended the connection, or said nothing in time.
    Silent,
}

/// How a server answered a ClientHello.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// As it should; for rustls the handshake is complete.
    Accepted,
    /// With a fatal alert (RFC 8446 §6).
    Alert(u8),
    /// It ended the connection properly.
    Closed,
    /// It broke the connection (RST).
    Reset,
    /// Not in time.
    TimedOut,
    /// With bytes that are no TLS.
    NotTls,
    /// With TLS that breaks the standard.
    Malformed(String),
    /// With something that this program's own TLS does not offer (an old version, an old cipher).
    Incompatible(String),
    /// With a handshake in which no certificate is sent.
    NoCertificate,
    /// With more than 1 MiB, or messages larger than any client takes.
    TooLarge,
    /// There was no connection to ask on.
    NotAsked,
}

/// What the server wants of a client certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The names of the authorities it accepts.
    pub authorities: Vec<String>,
    /// How it refused to go on without one, where it did.
    pub refusal: Option<String>,
}

/// A handshake with TLS 1.2 and 1.3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handshake {
    /// How it ended.
    pub answer: Answer,
    /// Agreed version.
    pub version: Option<Version>,
    /// Agreed cipher suite, by its IANA name.
    pub suite: Option<String>,
    /// What was agreed on, by number.
    pub agreement: Option<Agreement>,
    /// What the server sent, leaf first.
    pub certificates: Vec<Vec<u8>>,
    /// The response of OCSP that came along (RFC 6066 §8); empty: none.
    pub staple: Vec<u8>,
    /// Whether the server has shown that the leaf's key is its own.
    pub key_proven: Option<bool>,
    /// Whether a server of TLS 1.2 answers for its renegotiation (RFC 5746); `None` where it was not to be asked.
    pub safe_renegotiation: Option<bool>,
    /// Set when the server asked for one.
    pub client_certificate: Option<ClientCertificate>,
    /// The first bytes the server sent.
    pub head: Vec<u8>,
    /// How many bytes it sent.
    pub received: u64,
    /// How long nothing had come when the handshake ended.
    pub quiet: Duration,
    /// How long the handshake took.
    pub time: Duration,
}

/// What client and server have agreed on, by the numbers of IANA's registries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// Version.
    pub version: Version,
    /// Cipher suite.
    pub suite: u16,
    /// Group of the key exchange; `None` where there is none.
    pub group: Option<u16>,
    /// Signature scheme; `None` where nothing is signed, or the signature is encrypted (TLS 1.3).
    pub scheme: Option<u16>,
    /// The length of a prime that the server chose, in bits (RFC 5246 §7.4.3).
    pub prime: Option<u32>,
    /// Whether a server of TLS 1.2 answers for its renegotiation (RFC 5746); `None` where it was not to be asked.
    pub safe_renegotiation: Option<bool>,
}

/// A hand-made ClientHello and what came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// The highest (and only) version offered.
    pub offered: Version,
    /// Whether the server's name was sent.
    pub named: bool,
    /// How the server answered.
    pub answer: Answer,
    /// The version it chose.
    pub version: Option<Version>,
    /// The cipher suite it chose.
    pub suite: Option<u16>,
    /// The length of the prime that it chose for a Diffie-Hellman exchange (RFC 5246 §7.4.3), in bits.
    pub prime: Option<u32>,
    /// What it sent in clear, leaf first.
    pub certificates: Vec<Vec<u8>>,
    /// Whether it asks for a client certificate.
    pub wants_certificate: bool,
    /// The program whose hello this was; `None` for one of no program.
    pub by: Option<&'static Offer>,
    /// The group it chose.
    pub group: Option<u16>,
    /// The signature scheme it chose, before TLS 1.3.
    pub scheme: Option<u16>,
    /// Whether it answers for its renegotiation.
    pub safe_renegotiation: Option<bool>,
}

impl Hello {
    /// What was agreed on.
    pub fn agreement(&self) -> Option<Agreement> {
        Some(Agreement {
            version: self.version.filter(|_| self.is_accepted())?,
            suite: self.suite?,
            group: self.group,
            scheme: self.scheme,
            prime: self.prime,
            safe_renegotiation: self.safe_renegotiation,
        })
    }

    /// Whether the server would go on with what was offered.
    pub fn is_accepted(&self) -> bool {
        self.answer == Answer::Accepted
    }
}

/// A plain protocol that answered where TLS was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plain {
    /// HTTP without TLS.
    Http,
    /// A mail server that greets first.
    Smtp,
    /// An IMAP server.
    Imap,
    /// A POP3 server.
    Pop3,
    /// An SSH server.
    Ssh,
    /// An FTP server.
    Ftp,
    /// A MySQL or MariaDB server.
    Mysql,
    /// An XMPP server.
    Xmpp,
    /// A ManageSieve server.
    Sieve,
    /// An NNTP server.
    Nntp,
    /// A Redis server.
    Redis,
    /// An AMQP server.
    Amqp,
    /// A VNC server.
    Vnc,
}

/// Everything that was seen of one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// What was looked at.
    pub target: Target,
    /// The proxy used, without its credentials.
    pub proxy: Option<String>,
    /// How the name (of the proxy, where there is one) was resolved.
    pub resolution: Resolution,
    /// The connections tried.
    pub attempts: Vec<Attempt>,
    /// What the proxy answered to CONNECT.
    pub tunnel: Option<Result<(), ProxyFault>>,
    /// What the service answered to the wish for TLS.
    pub starttls: Option<Result<(), StarttlsFault>>,
    /// The handshake with TLS 1.2 and 1.3.
    pub handshake: Option<Handshake>,
    /// Further questions, asked only when the handshake failed.
    pub hellos: Vec<Hello>,
    /// Hellos of programs that might be answered otherwise than the handshake was.
    pub rows: Vec<Hello>,
    /// The plain protocol spoken instead.
    pub plain: Option<Plain>,
    /// Where an answer in plain HTTP leads to (its `Location:`).
    pub location: Option<String>,
    /// The server's clock, from an HTTP `Date:` field.
    pub date: Option<Time>,
    /// The status of its answer over HTTP, where it was asked for a path.
    pub status: Option<u16>,
}

impl Observation {
    /// An observation of which nothing is known yet.
    pub(crate) fn new(target: Target, proxy: Option<String>, resolution: Resolution) -> Self {
        Self {
            target,
            proxy,
            resolution,
            attempts: Vec::new(),
            tunnel: None,
            starttls: None,
            handshake: None,
            hellos: Vec::new(),
            rows: Vec::new(),
            plain: None,
            location: None,
            date: None,
            status: None,
        }
    }

    /// The address that answered.
    pub fn connected(&self) -> Option<SocketAddr> {
        let answered = self.attempts.iter().find(|attempt| attempt.fault.is_none());
        answered.map(|attempt| attempt.address)
    }

    /// The hello that offered this version with the server's name.
    pub fn hello(&self, version: Version) -> Option<&Hello> {
        self.hellos
            .iter()
            .find(|hello| hello.offered == version && hello.named)
    }

    /// The certificates of the best answer there was, leaf first.
    pub fn certificates(&self) -> &[Vec<u8>] {
        let shaken = self
            .handshake
            .iter()
            .map(|handshake| &handshake.certificates);
        let told = self
            .hellos
            .iter()
            .chain(&self.rows)
            .filter(|hello| hello.named)
            .map(|hello| &hello.certificates);
        shaken
            .chain(told)
            .find(|list| !list.is_empty())
            .map_or(&[], Vec::as_slice)
    }
}
