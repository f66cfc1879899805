//! One file over plain HTTP, as revocation lists are published (RFC 5280 §4.2.1.13): a GET of HTTP/1.0, so that the answer
//! ends with the connection. Through a proxy it is asked for by its whole URL: the CONNECT of HTTP libraries is refused
//! for port 80 by Squid as it is shipped.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use super::observation::Resolution;
use super::proxy::Proxy;
use super::target::{Host, Target};
use super::wire::Wire;
use super::{Limits, look_up, plain};
use crate::error::{Error, ErrorKind, Result};
use crate::redact;

/// No head of an answer is longer.
const HEAD: u64 = 64 << 10;
/// What the head of an answer ends with.
const END: &[u8] = b"\r\n\r\n";

/// A URL of the scheme `http`.
#[derive(Clone, Debug)]
pub struct Url {
    /// Host and port.
    pub target: Target,
    /// Path and query.
    path: String,
}

impl Url {
    /// Reads `http://HOST[:PORT][/PATH]`.
    pub fn parse(text: &str) -> Result<Self> {
        let bad = |why: &str| {
            Error::new(format!("cannot fetch `{}`: {why}", redact::value(text)))
                .kind(ErrorKind::Usage)
                .hint("name an http:// URL; from anywhere else fetch the file yourself and pass it with --crl")
        };
        let scheme = text.get(..7).unwrap_or_default();
        if !scheme.eq_ignore_ascii_case("http://") {
            return Err(bad("it is not an http:// URL"));
        }
        let rest = text.get(7..).unwrap_or_default();
        let rest = rest.split('#').next().unwrap_or_default();
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if authority.contains('@') {
            return Err(bad("a user name or password is not sent"));
        }
        if !path.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(bad(
                "blanks and characters beyond ASCII must be percent-encoded",
            ));
        }
        let target = Target::parse(authority, None).map_err(|_| bad("it names no valid host"))?;
        let has_port = authority
            .rsplit(']')
            .next()
            .is_some_and(|rest| rest.contains(':'));
        let port = if has_port { target.port } else { 80 };
        Ok(Self {
            target: Target { port, ..target },
            path: match path.starts_with('/') {
                true => path.to_string(),
                false => format!("/{path}"),
            },
        })
    }

    /// Host, and port unless it is the usual one (RFC 9110 §7.2).
    fn authority(&self) -> String {
        let whole = self.target.to_string();
        match whole.strip_suffix(":80") {
            Some(host) => host.to_string(),
            None => whole,
        }
    }
}

/// Fetches at most `most` bytes.
pub fn get(url: &Url, proxy: Option<&Proxy>, limits: Limits, most: u64) -> Result<Vec<u8>> {
    let authority = url.authority();
    let failed = |why: String| {
        Error::new(format!(
            "cannot fetch `http://{authority}{}`: {why}",
            url.path
        ))
        .kind(ErrorKind::Network)
        .hint("check the URL, or fetch the file yourself and pass it with --crl")
    };
    let mut wire = connect(url, proxy, limits, most).map_err(&failed)?;
    let (place, authorization) = match proxy {
        Some(proxy) => (
            format!("http://{authority}{}", url.path),
            proxy.authorization(),
        ),
        None => (url.path.clone(), String::new()),
    };
    let request = format!(
        "GET {place} HTTP/1.0\r\nHost: {authority}\r\nUser-Agent: trustctl\r\nConnection: close\r\n{authorization}\r\n"
    );
    let mut answer = Vec::new();
    wire.write_all(request.as_bytes())
        .and_then(|()| wire.read_to_end(&mut answer))
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::FileTooLarge => failed(format!("it has more than {most} bytes")),
            std::io::ErrorKind::TimedOut => failed("the answer does not end in time".into()),
            _ => failed(format!("the connection broke: {error}")),
        })?;
    body(&answer).map_err(failed)
}

fn connect(
    url: &Url,
    proxy: Option<&Proxy>,
    limits: Limits,
    most: u64,
) -> std::result::Result<Wire, String> {
    if let Some(scheme) = proxy.and_then(Proxy::unspoken) {
        return Err(format!(
            "a proxy of the scheme `{scheme}` is not used for it"
        ));
    }
    let (host, port) = match proxy {
        Some(proxy) => (&proxy.host, proxy.port),
        None => (&url.target.host, url.target.port),
    };
    let addresses: Vec<IpAddr> = match host {
        Host::Address(address) => vec![*address],
        Host::Name(name) => match look_up(name.clone(), limits.resolve) {
            Resolution::Given(address) => vec![address],
            Resolution::Found(addresses) => addresses,
            Resolution::Missing(why) | Resolution::Failed(why) => {
                return Err(format!("`{name}`: {why}"));
            }
            Resolution::TimedOut => return Err(format!("no name server answers for `{name}`")),
        },
    };
    let deadline = Instant::now() + limits.total;
    let mut why = "it has no address".to_string();
    for address in addresses {
        let address = SocketAddr::new(address, port);
        match Wire::connect(address, limits.connect, deadline, most.saturating_add(HEAD)) {
            Ok(wire) => return Ok(wire),
            Err(error) => why = format!("{address}: {error}"),
        }
    }
    Err(why)
}

/// What comes after the head of an answer, if it is what was asked for, and whole.
fn body(answer: &[u8]) -> std::result::Result<Vec<u8>, String> {
    let end = answer.windows(END.len()).position(|four| four == END);
    let (Some(status), Some(end)) = (plain::status(answer), end) else {
        return Err("the answer is not HTTP".to_string());
    };
    let (head, body) = answer.split_at(end + END.len());
    if status != 200 {
        return Err(match plain::location(head) {
            Some(place) => format!(
                "the server says to ask `{}` (status {status})",
                redact::value(&place)
            ),
            None => format!("the server answers with status {status}"),
        });
    }
    let length = plain::field(head, "content-length");
    let length = length.and_then(|length| length.parse::<usize>().ok());
    if length.is_some_and(|length| length != body.len()) {
        return Err("the answer ends early".to_string());
    }
    Ok(body.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_other_schemes_and_with_passwords_are_refused() {
        for (text, shown) in [
            ("http://crl.example/x.crl", Some("crl.example/x.crl")),
            ("HTTP://crl.example:8080", Some("crl.example:8080/")),
            ("http://[::1]/a?b#c", Some("[::1]/a?b")),
            ("http://crl.example?b", Some("crl.example/?b")),
            ("https://crl.example/x.crl", None),
            ("ldap://crl.example/cn=x", None),
            ("http://user:pw@crl.example/", None),
            ("http://", None),
            ("http://crl.example/a b", None),
            ("http://crl.example/\r\nX: y", None),
            ("x", None),
        ] {
            let url = Url::parse(text).ok();
            let read = url.map(|url| format!("{}{}", url.authority(), url.path));
            assert_eq!(read.as_deref(), shown, "{text}");
        }
    }

    #[test]
    fn only_a_whole_answer_is_taken() {
        for (answer, taken) in [
            (&b"HTTP/1.1 200 OK\r\n\r\nlist"[..], Ok(b"list".to_vec())),
            (
                b"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nlist",
                Ok(b"list".to_vec()),
            ),
            (
                b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nlist",
                Err("ends early"),
            ),
            (
                b"HTTP/1.0 302 Found\r\nLocation: http://x/\r\n\r\n",
                Err("ask `http://x/`"),
            ),
            (b"HTTP/1.0 404 No\r\n\r\n", Err("status 404")),
            (b"SSH-2.0-x\r\n\r\n", Err("not HTTP")),
            (b"HTTP/1.0 200 OK\r\n", Err("not HTTP")),
        ] {
            match (body(answer), taken) {
                (Ok(found), Ok(taken)) => assert_eq!(found, taken),
                (Err(why), Err(part)) => assert!(why.contains(part), "{why}"),
                (found, taken) => panic!("{found:?} instead of {taken:?}"),
            }
        }
    }
}
