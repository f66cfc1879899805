//! What is to be looked at: a URL or `host[:port]`, as a checked value. Pure.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use serde::{Serialize, Serializer};

use crate::error::{Error, ErrorKind, Result};
use crate::redact;

/// How a connection that begins in clear is turned to TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Starttls {
    /// `STARTTLS` (RFC 3207)
    Smtp,
    /// `STARTTLS` (RFC 2595)
    Imap,
    /// `STLS` (RFC 2595)
    Pop3,
    /// `SSLRequest` (PostgreSQL frontend protocol)
    Postgres,
    /// extended operation (RFC 4511 §4.14)
    Ldap,
    /// `SSLRequest` (MySQL client/server protocol)
    Mysql,
    /// `AUTH TLS` (RFC 4217)
    Ftp,
    /// `<starttls/>` of a client (RFC 6120 §5)
    Xmpp,
    /// `STARTTLS` of ManageSieve (RFC 5804 §2.2)
    Sieve,
    /// `STARTTLS` (RFC 4642)
    Nntp,
}

impl Starttls {
    /// The port that such a service listens on.
    pub fn port(self) -> u16 {
        match self {
            Self::Smtp => 25,
            Self::Imap => 143,
            Self::Pop3 => 110,
            Self::Postgres => 5432,
            Self::Ldap => 389,
            Self::Mysql => 3306,
            Self::Ftp => 21,
            Self::Xmpp => 5222,
            Self::Sieve => 4190,
            Self::Nntp => 119,
        }
    }

    /// The word after `--starttls`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Smtp => "smtp",
            Self::Imap => "imap",
            Self::Pop3 => "pop3",
            Self::Postgres => "postgres",
            Self::Ldap => "ldap",
            Self::Mysql => "mysql",
            Self::Ftp => "ftp",
            Self::Xmpp => "xmpp",
            Self::Sieve => "sieve",
            Self::Nntp => "nntp",
        }
    }
}

/// The host in a target: a name to resolve or an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// A DNS name in ASCII, lower case, without a final dot.
    Name(String),
    /// An address, which is not sent as server name (RFC 6066 §3).
    Address(IpAddr),
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(address) => address.fmt(f),
        }
    }
}

impl Serialize for Host {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Host and port, and what must happen before TLS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Target {
    /// The host.
    pub host: Host,
    /// The port.
    pub port: u16,
    /// What is said before TLS.
    pub starttls: Option<Starttls>,
    /// Whether HTTP is spoken inside TLS, as far as scheme or port tell.
    pub http: bool,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        authority(f, &self.host, self.port)
    }
}

fn authority(f: &mut fmt::Formatter<'_>, host: &Host, port: u16) -> fmt::Result {
    match host {
        Host::Address(IpAddr::V6(address)) => write!(f, "[{address}]:{port}"),
        host => write!(f, "{host}:{port}"),
    }
}

impl Target {
    /// Reads a URL or `host[:port]`; `starttls` as told on the command line.
    pub fn parse(text: &str, starttls: Option<Starttls>) -> Result<Self> {
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (Some(scheme.to_ascii_lowercase()), rest),
            None => (None, text),
        };
        let defaults = Defaults::of(text, scheme.as_deref(), starttls)?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let authority = rest.get(..end).unwrap_or(rest);
        // What stands before `@` is a secret at worst; it is not kept.
        let authority = authority.rsplit('@').next().unwrap_or(authority);
        let (host, port) = split(authority).ok_or_else(|| bad(text, "it names no host"))?;
        let port = match port {
            None => defaults.port,
            Some(port) => {
                number(port).ok_or_else(|| bad(text, "the port is not a number from 1 to 65535"))?
            }
        };
        Ok(Self {
            host: read_host(host).map_err(|reason| bad(text, reason))?,
            port,
            starttls: defaults.starttls,
            http: defaults.http,
        })
    }
}

/// Schemes of services that speak TLS from the first byte, and their ports.
const OVER_TLS: &[(&str, u16)] = &[
    ("ldaps", 636),
    ("smtps", 465),
    ("imaps", 993),
    ("pop3s", 995),
    ("ftps", 990),
    ("nntps", 563),
    ("amqps", 5671),
    ("mqtts", 8883),
    ("rediss", 6379),
    ("ircs", 6697),
    ("sips", 5061),
    ("xmpps", 5223),
];

/// Schemes of services that begin in clear.
const IN_CLEAR_FIRST: &[(&str, Starttls)] = &[
    ("smtp", Starttls::Smtp),
    ("imap", Starttls::Imap),
    ("pop3", Starttls::Pop3),
    ("ldap", Starttls::Ldap),
    ("postgres", Starttls::Postgres),
    ("postgresql", Starttls::Postgres),
    ("mysql", Starttls::Mysql),
    ("mariadb", Starttls::Mysql),
    ("xmpp", Starttls::Xmpp),
    ("sieve", Starttls::Sieve),
    ("nntp", Starttls::Nntp),
];

struct Defaults {
    port: u16,
    starttls: Option<Starttls>,
    http: bool,
}

impl Defaults {
    fn of(text: &str, scheme: Option<&str>, told: Option<Starttls>) -> Result<Self> {
        let by_scheme = |port, starttls: Option<Starttls>, http| Self {
            port,
            starttls: told.or(starttls),
            http: http && told.is_none(),
        };
        let tls = OVER_TLS.iter().find(|(known, _)| Some(*known) == scheme);
        let clear = IN_CLEAR_FIRST
            .iter()
            .find(|(known, _)| Some(*known) == scheme);
        Ok(match scheme {
            _ if tls.is_some() || clear.is_some() => {
                let port = tls
                    .map(|(_, port)| *port)
                    .or(clear.map(|(_, kind)| kind.port()));
                by_scheme(
                    port.unwrap_or_default(),
                    clear.map(|(_, kind)| *kind),
                    false,
                )
            }
            None => by_scheme(told.map_or(443, Starttls::port), None, true),
            Some("https" | "wss" | "git+https") => by_scheme(443, None, true),
            Some("http" | "ssh" | "git" | "ftp" | "file" | "ws" | "redis" | "amqp" | "mqtt") => {
                let reason = "its scheme does not use TLS, so no certificate is involved";
                return Err(bad(text, reason));
            }
            Some(_) => return Err(bad(text, "its scheme is unknown")),
        })
    }
}

fn bad(text: &str, reason: &str) -> Error {
    let shown = redact::value(text);
    Error::new(format!("`{shown}` is not a valid target: {reason}"))
        .kind(ErrorKind::Usage)
        .hint("name a URL such as `https://proxy.example.org/` or a `host:port`")
}

/// Host and port of an authority, the brackets of an IPv6 address taken off.
fn split(authority: &str) -> Option<(&str, Option<&str>)> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, rest) = rest.split_once(']')?;
        return match rest.strip_prefix(':') {
            Some(port) => Some((host, Some(port))),
            None if rest.is_empty() => Some((host, None)),
            None => None,
        };
    }
    if authority.parse::<Ipv6Addr>().is_ok() {
        return Some((authority, None));
    }
    match authority.split_once(':') {
        Some((host, port)) => Some((host, Some(port))),
        None => Some((authority, None)),
    }
}

fn number(port: &str) -> Option<u16> {
    port.parse().ok().filter(|port| *port != 0)
}

/// RFC 1123 §2.1 and the underscore that private names have; names beyond ASCII in the form that DNS has (UTS #46).
fn read_host(text: &str) -> Result<Host, &'static str> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(Host::Address(address));
    }
    let name = text.strip_suffix('.').unwrap_or(text);
    let name = if name.is_ascii() {
        name.to_ascii_lowercase()
    } else {
        idna::domain_to_ascii(name).map_err(|_| "the host is no DNS name")?
    };
    let fits = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
    let is_label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(fits);
    if name.is_empty() {
        Err("it names no host")
    } else if name.rsplit('.').next().is_some_and(is_number) {
        Err(
            "an address of IPv4 that is not written with four decimal numbers is not read here; write it as `127.0.0.1`",
        )
    } else if name.len() > 253 || !name.split('.').all(is_label) {
        Err("the host is not a DNS name")
    } else {
        Ok(Host::Name(name))
    }
}

/// Whether a label makes a name an address for inet_aton(3): decimal, octal or hexadecimal digits.
fn is_number(label: &str) -> bool {
    let hexadecimal = label
        .strip_prefix("0x")
        .filter(|digits| digits.bytes().all(|c| c.is_ascii_hexdigit()));
    hexadecimal.is_some() || (!label.is_empty() && label.bytes().all(|c| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_and_hosts_with_and_without_port_are_targets() {
        for (text, expected, starttls) in [
            ("example.org", "example.org:443", None),
            ("Example.ORG.:8443", "example.org:8443", None),
            (
                "https://user:secret@example.org/a/b?c#d",
                "example.org:443",
                None,
            ),
            ("https://[::1]:8443/", "[::1]:8443", None),
            ("::1", "[::1]:443", None),
            ("[::1]", "[::1]:443", None),
            ("127.0.0.1:1", "127.0.0.1:1", None),
            (
                "smtp://mail.example.org",
                "mail.example.org:25",
                Some(Starttls::Smtp),
            ),
            ("postgresql://u:p@db/x", "db:5432", Some(Starttls::Postgres)),
            ("ldaps://dc", "dc:636", None),
            ("ftps://f", "f:990", None),
            ("rediss://r", "r:6379", None),
            ("amqps://q", "q:5671", None),
            ("mysql://db/x", "db:3306", Some(Starttls::Mysql)),
            ("https://bücher.example/", "xn--bcher-kva.example:443", None),
            ("BÜCHER.example:1", "xn--bcher-kva.example:1", None),
            ("HTTPS://a_b.example?x=/", "a_b.example:443", None),
        ] {
            let target = Target::parse(text, None).unwrap();
            assert_eq!(target.to_string(), expected, "{text}");
            assert_eq!(target.starttls, starttls, "{text}");
        }
    }

    #[test]
    fn the_protocol_told_decides_over_port_and_scheme() {
        let target = Target::parse("mail.example.org", Some(Starttls::Imap)).unwrap();
        assert_eq!((target.port, target.http), (143, false));
        let target = Target::parse("mail.example.org:2500", Some(Starttls::Smtp)).unwrap();
        assert_eq!((target.port, target.starttls), (2500, Some(Starttls::Smtp)));
    }

    #[test]
    fn what_names_no_host_is_refused() {
        let long = format!("{}.example", "a".repeat(64));
        for text in [
            "",
            "https://",
            "a..b",
            "a:0",
            "a:65536",
            "a:x",
            "http://a",
            "gopher://a",
            "[::1",
            "[::1]x",
            "redis://r",
            "2130706433",
            "127.1",
            "0x7f.0.0.1",
            "a.0x7f",
            "\u{202e}a.example",
            "a b",
            "a\u{1b}[31m",
            &long,
            "-",
            "ssh://git@a/b",
        ] {
            let outcome = Target::parse(text, None);
            // A lone hyphen is a label by character; it resolves to nothing, which is told then.
            assert_eq!(outcome.is_err(), text != "-", "{text}");
        }
    }
}
