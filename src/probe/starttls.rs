//! Services that begin in clear: the words that turn them to TLS.

use std::io::Write;

use super::observation::StarttlsFault;
use super::target::Starttls;
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

/// Says what must be said; afterwards the next byte is TLS.
pub(crate) fn turn(wire: &mut Wire, kind: Starttls) -> Step {
    match kind {
        Starttls::Smtp => smtp(wire),
        Starttls::Imap => imap(wire),
        Starttls::Pop3 => pop3(wire),
        Starttls::Postgres => postgres(wire),
        Starttls::Ldap => ldap(wire),
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
            "an answer that is no LDAP".to_string(),
        )),
    }
}
