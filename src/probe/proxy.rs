//! Proxies: which one the environment names for a host, and the tunnel through it (RFC 9110 §9.3.6).

use std::io::Write;
use std::net::IpAddr;

use base64::prelude::{BASE64_STANDARD, Engine};

use super::observation::ProxyFault;
use super::plain;
use super::target::{Host, Target};
use super::wire::Wire;
use crate::error::{Error, Result};

/// No answer to CONNECT is longer.
const ANSWER: usize = 16 << 10;

/// An HTTP proxy.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Its host.
    pub host: Host,
    /// Its port.
    pub port: u16,
    credentials: Option<String>,
}

/// Without the credentials.
impl std::fmt::Display for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.host {
            Host::Address(IpAddr::V6(address)) => write!(f, "http://[{address}]:{}", self.port),
            _ => write!(f, "http://{}:{}", self.host, self.port),
        }
    }
}

impl std::fmt::Debug for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl Proxy {
    /// Reads `[http://][user:password@]host[:port]`; errors never show the credentials.
    pub fn parse(text: &str) -> Result<Self> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let rest = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (credentials, authority) = match rest.rsplit_once('@') {
            Some((credentials, authority)) => (Some(decode(credentials)), authority),
            None => (None, rest),
        };
        if !scheme.eq_ignore_ascii_case("http") {
            return Err(Error::new(format!(
                "cannot use the proxy `{scheme}://{authority}`: only HTTP proxies are supported"
            ))
            .hint("name it as `http://HOST:PORT`, or look from a host without proxy"));
        }
        let given = Target::parse(authority, None).map_err(|_| {
            Error::new(format!("`{authority}` is no proxy")).hint("name it as `http://HOST:PORT`")
        })?;
        let has_port = authority
            .rsplit(']')
            .next()
            .is_some_and(|rest| rest.contains(':'));
        Ok(Self {
            host: given.host,
            port: if has_port { given.port } else { 80 },
            credentials,
        })
    }

    /// The proxy that an environment names for a target (curl, Go and Python agree on these rules).
    pub fn from_environment<'a>(
        target: &Target,
        variable: impl Fn(&str) -> Option<&'a str>,
    ) -> Result<Option<Self>> {
        let first = |names: &[&str]| {
            names
                .iter()
                .find_map(|name| variable(name).filter(|value| !value.is_empty()))
        };
        let Some(proxy) = first(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]) else {
            return Ok(None);
        };
        let exceptions = first(&["no_proxy", "NO_PROXY"]).unwrap_or_default();
        if is_loopback(&target.host) || is_excepted(exceptions, target) {
            return Ok(None);
        }
        Self::parse(proxy).map(Some)
    }

    /// Asks for a tunnel.
    pub(crate) fn connect(&self, wire: &mut Wire, target: &Target) -> Result<(), ProxyFault> {
        let credentials = self
            .credentials
            .as_ref()
            .map_or_else(String::new, |credentials| {
                let encoded = BASE64_STANDARD.encode(credentials);
                format!("Proxy-Authorization: Basic {encoded}\r\n")
            });
        let request = format!(
            "CONNECT {target} HTTP/1.1\r\nHost: {target}\r\nUser-Agent: trustctl\r\n{credentials}\r\n"
        );
        wire.write_all(request.as_bytes())
            .map_err(|_| ProxyFault::Silent)?;
        let answer = read_answer(wire);
        match plain::status(&answer) {
            Some(200..=299) if answer.ends_with(END) => Ok(()),
            Some(200..=299) => Err(ProxyFault::NotHttp(
                "status 200, and a head without an end".to_string(),
            )),
            Some(407) => Err(ProxyFault::Authentication),
            Some(status) => Err(ProxyFault::Refused(status, first_line(&answer))),
            None if answer.is_empty() => Err(ProxyFault::Silent),
            None => Err(ProxyFault::NotHttp(first_line(&answer))),
        }
    }
}

/// What the head of an answer ends with.
const END: &[u8] = b"\r\n\r\n";

/// Byte by byte, so that nothing of what comes through the tunnel is taken.
fn read_answer(wire: &mut Wire) -> Vec<u8> {
    let mut answer = Vec::new();
    while answer.len() < ANSWER && !answer.ends_with(END) {
        match wire.byte() {
            Ok(Some(byte)) => answer.push(byte),
            _ => break,
        }
    }
    answer
}

fn first_line(answer: &[u8]) -> String {
    let line = answer
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let line = line.get(..line.len().min(200)).unwrap_or_default();
    String::from_utf8_lossy(line).trim_end().to_string()
}

fn is_loopback(host: &Host) -> bool {
    match host {
        Host::Name(name) => name == "localhost" || name.ends_with(".localhost"),
        Host::Address(address) => address.is_loopback(),
    }
}

/// `no_proxy`: `*`, names (with what is below them), `host:port`, addresses and networks, separated by commas or blanks.
fn is_excepted(exceptions: &str, target: &Target) -> bool {
    let entries = exceptions.split([',', ' ']).map(str::trim);
    let mut entries = entries.filter(|entry| !entry.is_empty());
    entries.any(|entry| entry == "*" || covers(entry, target))
}

fn covers(entry: &str, target: &Target) -> bool {
    if let (Some((network, bits)), Host::Address(address)) = (entry.split_once('/'), &target.host) {
        return is_inside(*address, network, bits).unwrap_or(false);
    }
    let (name, port) = match entry.rsplit_once(':') {
        Some((name, port)) if port.parse::<u16>().is_ok() && !name.contains(':') => {
            (name, port.parse().ok())
        }
        _ => (entry, None),
    };
    if port.is_some_and(|port: u16| port != target.port) {
        return false;
    }
    let name = name
        .trim_start_matches("*.")
        .trim_matches(['.', '[', ']'])
        .to_ascii_lowercase();
    let host = target.host.to_string();
    host == name
        || host
            .strip_suffix(&name)
            .is_some_and(|rest| rest.ends_with('.') && !name.is_empty())
}

fn is_inside(address: IpAddr, network: &str, bits: &str) -> Option<bool> {
    let bits: u32 = bits.parse().ok()?;
    let (address, network, width) = match (address, network.parse().ok()?) {
        (IpAddr::V4(a), IpAddr::V4(n)) => {
            (u128::from(u32::from(a)), u128::from(u32::from(n)), 32_u32)
        }
        (IpAddr::V6(a), IpAddr::V6(n)) => (u128::from(a), u128::from(n), 128),
        _ => return Some(false),
    };
    let shift = width.checked_sub(bits)?;
    Some(address.checked_shr(shift).unwrap_or(0) == network.checked_shr(shift).unwrap_or(0))
}

/// Percent-encoding in the credentials of a URL (RFC 3986 §2.1).
fn decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.as_bytes().iter();
    while let Some(&byte) = bytes.next() {
        let rest = bytes.as_slice();
        let pair = rest
            .get(..2)
            .and_then(|pair| std::str::from_utf8(pair).ok());
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(value) if byte == b'%' => {
                out.push(value);
                bytes.nth(1);
            }
            _ => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_read_and_shown_without_its_credentials() {
        for (text, shown, credentials) in [
            (
                "http://proxy.example:3128",
                "http://proxy.example:3128",
                None,
            ),
            ("proxy.example", "http://proxy.example:80", None),
            (
                "http://me:p%40ss@[::1]:8080/",
                "http://[::1]:8080",
                Some("me:p@ss"),
            ),
            ("http://me:100%@p:1", "http://p:1", Some("me:100%")),
        ] {
            let proxy = Proxy::parse(text).unwrap();
            assert_eq!(proxy.to_string(), shown);
            assert_eq!(proxy.credentials.as_deref(), credentials);
        }
        for text in [
            "socks5://p:1",
            "https://user:secret@p",
            "http://",
            "http://user:secret@bad host",
        ] {
            let error = Proxy::parse(text).unwrap_err();
            assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        }
    }

    #[test]
    fn exceptions_are_names_ports_addresses_and_networks() {
        let target = |text| Target::parse(text, None).unwrap();
        for (exceptions, host, expected) in [
            ("*", "a.example", true),
            ("example", "a.example", true),
            (".example", "a.example", true),
            ("*.example", "a.example", true),
            ("a.example:8443", "a.example:8443", true),
            ("10.0.0.0/8, 192.168.1.1", "10.2.3.4", true),
            ("10.0.0.0/8 192.168.1.1", "192.168.1.1", true),
            ("fd00::/8", "[fd12::1]", true),
            ("", "a.example", false),
            ("ample", "a.example", false),
            ("b.a.example", "a.example", false),
            ("a.example:8443", "a.example", false),
            ("10.0.0.0/8", "11.2.3.4", false),
            ("10.0.0.0/40", "10.2.3.4", false),
            (",,", "a.example", false),
        ] {
            assert_eq!(
                is_excepted(exceptions, &target(host)),
                expected,
                "{exceptions} {host}"
            );
        }
    }

    #[test]
    fn the_environment_names_a_proxy_for_all_but_loopback_and_exceptions() {
        let variable = |name: &str| match name {
            "HTTPS_PROXY" => Some("http://p:1"),
            "no_proxy" => Some("corp.example"),
            _ => None,
        };
        let proxy =
            |text| Proxy::from_environment(&Target::parse(text, None).unwrap(), variable).unwrap();
        assert!(proxy("example.org").is_some());
        assert!(proxy("git.corp.example").is_none());
        assert!(proxy("localhost").is_none());
        assert!(proxy("127.0.0.1:8443").is_none());
    }
}
