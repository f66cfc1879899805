//! Services that begin in clear: the words that turn them to TLS.

use std::io::Write;

use super::observation::StarttlsFault;
use super::target::{Starttls, Target};
use super::wire::Wire;

/// No line of such a dialogue is longer (RFC 5321 §4.5.3.1.5 has 512, IMAP greetings are longer).
const LINE: usize = 4096;
/// No greeting has more lines.
const LINES: usize = 64;
/// `StartTLS` in an LDAP ExtendedRequest, message 1 (RFC 4511 §4.14.1).
const LDAP: &[u8] = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";
/// `SSLRequest` (PostgreSQL "Message Formats").
const POSTGRES: &[u8] = &[0, 0, 0, 8, 4, 210, 22, 47];

type Step<T = ()> = Result<T, StarttlsFault>;

/// What a server of XMPP says when it knows `<starttls/>`.
const XMPP_TLS: &str = "urn:ietf:params:xml:ns:xmpp-tls";
/// `CLIENT_SSL` among the capabilities of a MySQL server.
const MYSQL_TLS: u16 = 0x0800;
/// `SSLRequest` of MySQL: its header, then `CLIENT_LONG_PASSWORD`, `CLIENT_PROTOCOL_41`, `CLIENT_SSL` and
/// `CLIENT_SECURE_CONNECTION`, 16 MiB, utf8, and 23 bytes of nothing.
const MYSQL: [u8; 13] = [32, 0, 0, 1, 0x01, 0x8a, 0, 0, 0, 0, 0, 1, 33];

/// Says what must be said; afterwards the next byte is TLS.
pub(crate) fn turn(wire: &mut Wire, kind: Starttls, target: &Target) -> Step {
    match kind {
        Starttls::Smtp => smtp(wire),
        Starttls::Imap => imap(wire),
        Starttls::Pop3 => pop3(wire),
        Starttls::Postgres => postgres(wire),
        Starttls::Ldap => ldap(wire),
        Starttls::Mysql => mysql(wire),
        Starttls::Ftp => ftp(wire),
        Starttls::Xmpp => xmpp(wire, target),
        Starttls::Sieve => sieve(wire),
        Starttls::Nntp => nntp(wire),
    }
}

fn say(wire: &mut Wire, words: &[u8]) -> Step {
    wire.write_all(words).map_err(|_| StarttlsFault::Silent)
}

/// One line, byte by byte, so that nothing of the handshake is taken.
fn line(wire: &mut Wire) -> Step<String> {
    let mut bytes = Vec::new();
    while bytes.len() < LINE && bytes.last() != Some(&b'\n') {
        match wire.byte() {
            Ok(Some(byte)) => bytes.push(byte),
            _ if bytes.is_empty() => return Err(StarttlsFault::Silent),
            _ => break,
        }
    }
    Ok(String::from_utf8_lossy(&bytes).trim_end().to_string())
}

/// An SMTP reply (RFC 5321 §4.2): its code, and all its lines.
fn reply(wire: &mut Wire) -> Step<(u16, Vec<String>)> {
    let mut lines = Vec::new();
    while lines.len() < LINES {
        let text = line(wire)?;
        let code = text.get(..3).and_then(|code| code.parse().ok());
        let Some(code) = code else {
            return Err(StarttlsFault::Unexpected(text));
        };
        let more = text.as_bytes().get(3) == Some(&b'-');
        lines.push(text);
        if !more {
            return Ok((code, lines));
        }
    }
    Err(StarttlsFault::Unexpected(
        "a reply without an end".to_string(),
    ))
}

fn expect(wire: &mut Wire, wanted: u16) -> Step<Vec<String>> {
    let (code, lines) = reply(wire)?;
    if code == wanted {
        Ok(lines)
    } else {
        Err(StarttlsFault::Refused(
            lines.last().cloned().unwrap_or_default(),
        ))
    }
}

fn smtp(wire: &mut Wire) -> Step {
    expect(wire, 220)?;
    say(wire, b"EHLO trustctl.invalid\r\n")?;
    let offers = expect(wire, 250)?;
    let is_offered = |offer: &String| {
        offer
            .get(4..)
            .is_some_and(|word| word.eq_ignore_ascii_case("STARTTLS"))
    };
    if !offers.iter().any(is_offered) {
        return Err(StarttlsFault::Refused(
            "the server does not offer STARTTLS".to_string(),
        ));
    }
    say(wire, b"STARTTLS\r\n")?;
    expect(wire, 220).map(drop)
}

fn imap(wire: &mut Wire) -> Step {
    let greeting = line(wire)?;
    if !greeting.starts_with("* ") {
        return Err(StarttlsFault::Unexpected(greeting));
    }
    say(wire, b"a1 STARTTLS\r\n")?;
    for _ in 0..LINES {
        let answer = line(wire)?;
        match answer.strip_prefix("a1 ") {
            Some(rest) if rest.to_ascii_uppercase().starts_with("OK") => return Ok(()),
            Some(_) => return Err(StarttlsFault::Refused(answer)),
            None => {}
        }
    }
    Err(StarttlsFault::Unexpected(
        "no answer to STARTTLS".to_string(),
    ))
}

fn pop3(wire: &mut Wire) -> Step {
    let greeting = line(wire)?;
    if !greeting.starts_with("+OK") {
        return Err(StarttlsFault::Unexpected(greeting));
    }
    say(wire, b"STLS\r\n")?;
    match line(wire)? {
        answer if answer.starts_with("+OK") => Ok(()),
        answer => Err(StarttlsFault::Refused(answer)),
    }
}

fn postgres(wire: &mut Wire) -> Step {
    say(wire, POSTGRES)?;
    match wire.byte() {
        Ok(Some(b'S')) => Ok(()),
        Ok(Some(b'N')) => Err(StarttlsFault::Refused(
            "the server is set up without TLS (`ssl = off`)".to_string(),
        )),
        Ok(Some(other)) => Err(StarttlsFault::Unexpected(format!("the byte {other:#04x}"))),
        _ => Err(StarttlsFault::Silent),
    }
}

/// An ExtendedResponse whose resultCode is 0 (RFC 4511 §4.12); its length in short form is all that is needed.
fn ldap(wire: &mut Wire) -> Step {
    say(wire, LDAP)?;
    let mut answer = Vec::new();
    let mut wanted = 2;
    while answer.len() < wanted {
        match wire.byte() {
            Ok(Some(byte)) => answer.push(byte),
            _ => return Err(StarttlsFault::Silent),
        }
        match answer.as_slice() {
            [0x30, length] if *length < 0x80 => wanted = 2 + usize::from(*length),
            [0x30, 0x84] => wanted = 6,
            [0x30, 0x84, 0, 0, 0, length] => wanted = 6 + usize::from(*length),
            _ => {}
        }
    }
    let result = answer
        .windows(3)
        .find(|window| window.starts_with(&[0x0a, 1]));
    match (answer.first(), result) {
        (Some(0x30), Some([.., 0])) => Ok(()),
        (Some(0x30), Some([.., code])) => {
            Err(StarttlsFault::Refused(format!("LDAP result code {code}")))
        }
        _ => Err(StarttlsFault::Unexpected(
            "an answer that is not LDAP".to_string(),
        )),
    }
}

/// So many bytes.
fn bytes(wire: &mut Wire, count: usize) -> Step<Vec<u8>> {
    let mut bytes = Vec::new();
    while bytes.len() < count {
        match wire.byte() {
            Ok(Some(byte)) => bytes.push(byte),
            _ => return Err(StarttlsFault::Silent),
        }
    }
    Ok(bytes)
}

/// The server begins with a packet that has its version and what it can do (MySQL "Protocol::HandshakeV10").
fn mysql(wire: &mut Wire) -> Step {
    let unexpected = || StarttlsFault::Unexpected("an answer that is no MySQL".to_string());
    let header = bytes(wire, 4)?;
    let length = match header.as_slice() {
        [low, high, 0, 0] => usize::from(u16::from_le_bytes([*low, *high])),
        _ => return Err(unexpected()),
    };
    if length > LINE {
        return Err(unexpected());
    }
    let packet = bytes(wire, length)?;
    match packet.split_first() {
        Some((10, rest)) => {
            let version = rest
                .iter()
                .position(|byte| *byte == 0)
                .ok_or_else(unexpected)?;
            // The version's end, a thread number of 4 bytes, 8 of a challenge, and one of nothing.
            let capabilities = rest
                .get(version + 14..version + 16)
                .ok_or_else(unexpected)?;
            let capabilities = capabilities
                .iter()
                .rev()
                .fold(0, |all, byte| all << 8 | u16::from(*byte));
            if capabilities & MYSQL_TLS == 0 {
                return Err(StarttlsFault::Refused(
                    "the server is set up without TLS".to_string(),
                ));
            }
        }
        // A host that may not connect is told so at once: a number of 2 bytes, then the text.
        Some((0xff, rest)) => {
            let text = rest.get(2..).unwrap_or_default();
            return Err(StarttlsFault::Refused(
                String::from_utf8_lossy(text).into_owned(),
            ));
        }
        _ => return Err(unexpected()),
    }
    say(wire, &[MYSQL.as_slice(), &[0; 23]].concat())
}

/// The lines between may be free text (RFC 959 §4.2).
fn ftp_reply(wire: &mut Wire, wanted: &str) -> Step {
    let first = line(wire)?;
    let code = first.get(..3).unwrap_or_default().to_string();
    if code.parse::<u16>().is_err() {
        return Err(StarttlsFault::Unexpected(first));
    }
    let mut last = first;
    for _ in 0..LINES {
        if last.get(..4) != Some(&format!("{code}-")) && last.starts_with(&code) {
            return match code == wanted {
                true => Ok(()),
                false => Err(StarttlsFault::Refused(last)),
            };
        }
        last = line(wire)?;
    }
    Err(StarttlsFault::Unexpected(
        "a reply without an end".to_string(),
    ))
}

fn ftp(wire: &mut Wire) -> Step {
    ftp_reply(wire, "220")?;
    say(wire, b"AUTH TLS\r\n")?;
    ftp_reply(wire, "234")
}

/// What comes up to these words.
fn until(wire: &mut Wire, ends: &[&str]) -> Step<String> {
    let mut text = Vec::new();
    while text.len() < LINE * 2 {
        match wire.byte() {
            Ok(Some(byte)) => text.push(byte),
            _ if text.is_empty() => return Err(StarttlsFault::Silent),
            _ => break,
        }
        if ends.iter().any(|end| text.ends_with(end.as_bytes())) {
            return Ok(String::from_utf8_lossy(&text).into_owned());
        }
    }
    let shown = text.get(..text.len().min(200)).unwrap_or_default();
    Err(StarttlsFault::Unexpected(
        String::from_utf8_lossy(shown).into_owned(),
    ))
}

fn xmpp(wire: &mut Wire, target: &Target) -> Step {
    let open = format!(
        "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='{}' version='1.0'>",
        target.host
    );
    say(wire, open.as_bytes())?;
    let features = until(
        wire,
        &[
            "</stream:features>",
            "<stream:features/>",
            "</stream:error>",
        ],
    )?;
    if features.ends_with("</stream:error>") {
        return Err(StarttlsFault::Refused(format!(
            "it knows no host `{}`, or says another error",
            target.host
        )));
    }
    if !features.contains(XMPP_TLS) {
        return Err(StarttlsFault::Refused(
            "the server does not offer `starttls`".to_string(),
        ));
    }
    say(wire, format!("<starttls xmlns='{XMPP_TLS}'/>").as_bytes())?;
    let answer = until(wire, &[">"])?;
    match answer.contains("<proceed") {
        true => Ok(()),
        false => Err(StarttlsFault::Refused(answer)),
    }
}

/// The capabilities end in a line that begins with `OK`.
fn sieve(wire: &mut Wire) -> Step {
    let is_end = |line: &str| {
        ["OK", "NO", "BYE"]
            .iter()
            .any(|word| line.starts_with(word))
    };
    let mut offers = false;
    for _ in 0..LINES {
        let text = line(wire)?;
        offers |= text.to_ascii_uppercase().starts_with("\"STARTTLS\"");
        match text {
            text if text.starts_with("OK") && offers => {
                say(wire, b"STARTTLS\r\n")?;
                let answer = line(wire)?;
                return match answer.starts_with("OK") {
                    true => Ok(()),
                    false => Err(StarttlsFault::Refused(answer)),
                };
            }
            text if is_end(&text) => {
                return Err(StarttlsFault::Refused(match text.starts_with("OK") {
                    true => "the server does not offer STARTTLS".to_string(),
                    false => text,
                }));
            }
            text if text.starts_with('"') => {}
            text => return Err(StarttlsFault::Unexpected(text)),
        }
    }
    Err(StarttlsFault::Unexpected(
        "capabilities without an end".to_string(),
    ))
}

fn nntp(wire: &mut Wire) -> Step {
    let (code, lines) = reply(wire)?;
    if !matches!(code, 200 | 201) {
        return Err(StarttlsFault::Refused(
            lines.last().cloned().unwrap_or_default(),
        ));
    }
    say(wire, b"STARTTLS\r\n")?;
    expect(wire, 382).map(drop)
}
