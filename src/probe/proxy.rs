//! Proxies: which one the environment names for a host, and the tunnel through it (RFC 9110 §9.3.6).

use std::io::Write;
use std::net::IpAddr;

use base64::prelude::{BASE64_STANDARD, Engine};

use super::observation::ProxyFault;
use super::plain;
use super::target::{Host, Target};
use super::wire::Wire;
use crate::error::{Error, ErrorKind, Result};
use crate::programs::no_proxy::NoProxy;
use crate::redact;

/// What a proxy's URL may begin with, and the port without one: curl's for all but `http`, which others see as 80.
const SCHEMES: [(&str, u16); 6] = [
    ("http", 80),
    ("https", 443),
    ("socks4", 1080),
    ("socks4a", 1080),
    ("socks5", 1080),
    ("socks5h", 1080),
];

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
    /// How it is spoken to.
    scheme: String,
}

/// Without the credentials.
impl std::fmt::Display for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.host {
            Host::Address(IpAddr::V6(address)) => {
                write!(f, "{}://[{address}]:{}", self.scheme, self.port)
            }
            _ => write!(f, "{}://{}:{}", self.scheme, self.host, self.port),
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
        let shown = redact::value(text);
        let scheme = scheme.to_ascii_lowercase();
        let Some((_, usual)) = SCHEMES.iter().find(|(known, _)| *known == scheme) else {
            return Err(Error::new(format!(
                "cannot use the proxy `{shown}`: its scheme is unknown"
            ))
            .kind(ErrorKind::Usage)
            .hint("name it as `http://HOST:PORT`, or look from a host without proxy"));
        };
        let given = Target::parse(authority, None).map_err(|_| {
            let hint = match redact::Url::of(text).has_userinfo {
                true => "name it as `http://USER:PASSWORD@HOST:PORT`, with `/`, `?`, `#` and `@` of the password percent-encoded",
                false => "name it as `http://HOST:PORT`",
            };
            Error::new(format!("`{shown}` is not a valid proxy")).kind(ErrorKind::Usage).hint(hint)
        })?;
        let has_port = authority
            .rsplit(']')
            .next()
            .is_some_and(|rest| rest.contains(':'));
        Ok(Self {
            host: given.host,
            port: if has_port { given.port } else { *usual },
            credentials,
            scheme,
        })
    }

    /// The proxy that an environment names for a target, as one kind of program reads it.
    pub fn of_program<'a>(
        target: &Target,
        variable: impl Fn(&str) -> Option<&'a str>,
        rule: NoProxy,
    ) -> Result<Option<Self>> {
        match named(&variable, rule) {
            Some(proxy) if !is_direct(target, &variable, rule) => Self::parse(proxy).map(Some),
            _ => Ok(None),
        }
    }

    /// The proxy that an environment names for plain HTTP, as curl reads it: `HTTP_PROXY` in capitals could come from a
    /// request to a CGI program, and does not count.
    pub fn for_http<'a>(
        target: &Target,
        variable: impl Fn(&str) -> Option<&'a str>,
    ) -> Result<Option<Self>> {
        let named = first(&variable, &["http_proxy", "all_proxy", "ALL_PROXY"]);
        match named {
            Some(proxy) if !is_direct(target, &variable, NoProxy::Curl) => {
                Self::parse(proxy).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The proxy that an environment names for a target that no one program is asked for: none where any program that
    /// has a proxy goes there directly.
    pub fn from_environment<'a>(
        target: &Target,
        variable: impl Fn(&str) -> Option<&'a str>,
    ) -> Result<Option<Self>> {
        let mut rules = NoProxy::USUAL.into_iter();
        let goes = |rule| named(&variable, rule).is_some() && is_direct(target, &variable, rule);
        if rules.any(goes) {
            return Ok(None);
        }
        named(&variable, NoProxy::Curl).map(Self::parse).transpose()
    }

    /// What is to be said where programs disagree on whether they go through the environment's proxy.
    pub fn disagreement<'a>(
        target: &Target,
        variable: impl Fn(&str) -> Option<&'a str>,
    ) -> Option<String> {
        let is_through = |rule: &NoProxy| {
            named(&variable, *rule).is_some() && !is_direct(target, &variable, *rule)
        };
        let (through, direct): (Vec<_>, Vec<_>) = NoProxy::USUAL.into_iter().partition(is_through);
        let names = |rules: &[NoProxy]| {
            let titles: Vec<_> = rules.iter().map(|rule| rule.title()).collect();
            titles.join(", ")
        };
        (!through.is_empty() && !direct.is_empty()).then(|| {
            format!(
                "programs read the proxy variables differently: {} through the proxy, {} directly; `--proxy` and `--no-proxy` choose",
                names(&through),
                names(&direct)
            )
        })
    }

    /// The scheme, where it is one that is not spoken here.
    pub(crate) fn unspoken(&self) -> Option<&str> {
        (self.scheme != "http").then_some(&self.scheme)
    }

    /// The field with the credentials, where there are any (RFC 7617).
    pub(crate) fn authorization(&self) -> String {
        self.credentials
            .as_ref()
            .map_or_else(String::new, |credentials| {
                let encoded = BASE64_STANDARD.encode(credentials);
                format!("Proxy-Authorization: Basic {encoded}\r\n")
            })
    }

    /// Asks for a tunnel.
    pub(crate) fn connect(&self, wire: &mut Wire, target: &Target) -> Result<(), ProxyFault> {
        let credentials = self.authorization();
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
            Some(407) => Err(ProxyFault::Authentication {
                schemes: plain::schemes(&answer),
                sent: self.credentials.is_some(),
            }),
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

/// The value of the variable that names the proxy for HTTPS.
fn named<'a>(variable: &impl Fn(&str) -> Option<&'a str>, rule: NoProxy) -> Option<&'a str> {
    let names = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
    let count = if rule.reads_all_proxy() { 4 } else { 2 };
    first(variable, names.get(..count)?)
}

fn first<'a>(variable: &impl Fn(&str) -> Option<&'a str>, names: &[&str]) -> Option<&'a str> {
    let mut values = names.iter().filter_map(|name| variable(name));
    values.find(|value| !value.is_empty())
}

fn is_direct<'a>(
    target: &Target,
    variable: &impl Fn(&str) -> Option<&'a str>,
    rule: NoProxy,
) -> bool {
    let exceptions = first(variable, &["no_proxy", "NO_PROXY"]).unwrap_or_default();
    rule.is_direct(exceptions, &target.host.to_string(), target.port)
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
            "gopher://user:secret@p:1",
            "http://",
            "http://user:secret@bad host",
        ] {
            let error = Proxy::parse(text).unwrap_err();
            assert!(!format!("{error:?}").contains("secret"), "{error:?}");
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

    #[test]
    fn programs_that_disagree_are_named_and_go_ignores_the_proxy_for_all() {
        let target = Target::parse("app.corp.test:4443", None).unwrap();
        let with = |name: &'static str, exceptions: &'static str| {
            move |asked: &str| match asked {
                _ if asked == name => Some("http://p:1"),
                "no_proxy" => Some(exceptions),
                _ => None,
            }
        };
        let note = Proxy::disagreement(&target, with("https_proxy", "*.corp.test")).unwrap();
        assert!(
            note.contains("curl and git, pip, Python's urllib through"),
            "{note}"
        );
        assert!(
            note.ends_with("Go directly; `--proxy` and `--no-proxy` choose"),
            "{note}"
        );
        assert_eq!(Proxy::disagreement(&target, with("https_proxy", "")), None);
        let all = with("ALL_PROXY", "");
        let through = |rule| Proxy::of_program(&target, all, rule).unwrap().is_some();
        assert_eq!(NoProxy::USUAL.map(through), [true, false, true, false]);
        assert!(Proxy::from_environment(&target, all).unwrap().is_some());
    }
}
