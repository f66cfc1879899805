//! A hand-made ClientHello, and what a server answers in clear (SSL 3.0 to TLS 1.2).
//!
//! rustls speaks no version before TLS 1.2 and no old cipher; a server that wants one of these tells it in its
//! ServerHello, its alert or its Certificate message, none of which is encrypted before TLS 1.3.

use std::io::{self, Read, Write};

use tls_parser::{
    TlsExtension, TlsMessage, TlsMessageHandshake, TlsRawRecord, TlsRecordType, nom,
    parse_tls_message_handshake, parse_tls_raw_record, parse_tls_server_hello_extensions,
};

use super::observation::{Answer, Hello, Version};
use super::offer::{Material, as_program, client_hello};
use super::suites;
use super::wire::Wire;
use crate::programs::hellos::Offer;

/// No handshake message may be longer; the largest certificate message that any client takes has 256 KiB (Go).
const MESSAGE: usize = 1 << 20;

/// No handshake has more messages before ServerHelloDone; a server that goes on sends rubbish.
const MESSAGES: usize = 64;

/// Asks with exactly one version, and reads until the server has said all it says in clear.
pub(crate) fn ask(
    wire: &mut Wire,
    version: Version,
    name: Option<&str>,
    random: [u8; 32],
) -> Hello {
    let mut hello = not_asked(version, name.is_some());
    let sent = wire.write_all(&client_hello(version, name, random));
    hello.answer = match sent {
        Ok(()) => Reader::default().run(wire, &mut hello),
        Err(error) => broken(&error),
    };
    hello
}

/// Asks with the hello of a program, and reads until the server has said all it says in clear.
pub(crate) fn ask_as(
    wire: &mut Wire,
    offer: &'static Offer,
    name: Option<&str>,
    material: &Material,
) -> Hello {
    let mut hello = not_asked(Version(offer.highest()), name.is_some());
    hello.by = Some(offer);
    let sent = wire.write_all(&as_program(offer, name, material));
    hello.answer = match sent {
        Ok(()) => Reader::default().run(wire, &mut hello),
        Err(error) => broken(&error),
    };
    hello
}

/// The hello for which there was no connection.
pub(crate) fn not_asked(version: Version, named: bool) -> Hello {
    Hello {
        offered: version,
        named,
        answer: Answer::NotAsked,
        version: None,
        suite: None,
        prime: None,
        certificates: Vec::new(),
        wants_certificate: false,
        by: None,
        group: None,
        scheme: None,
        safe_renegotiation: None,
    }
}

/// What a failed read or write means.
pub(crate) fn broken(error: &io::Error) -> Answer {
    match error.kind() {
        io::ErrorKind::TimedOut => Answer::TimedOut,
        io::ErrorKind::FileTooLarge => Answer::TooLarge,
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::ConnectionAborted => Answer::Reset,
        io::ErrorKind::UnexpectedEof => Answer::Closed,
        _ => Answer::Malformed(crate::system::plain(error)),
    }
}

/// Puts records and handshake messages together.
#[derive(Default)]
struct Reader {
    records: Vec<u8>,
    messages: Vec<u8>,
    count: usize,
}

/// What stops the reading.
enum Stop {
    /// The server has said all it says in clear.
    Done,
    /// It gave up or broke the rules.
    With(Answer),
}

impl Reader {
    fn run(&mut self, wire: &mut Wire, hello: &mut Hello) -> Answer {
        let mut buffer = [0; 16 << 10];
        loop {
            let answer = match wire.read(&mut buffer) {
                Ok(0) => Some(Answer::Closed),
                Ok(count) => {
                    self.records
                        .extend_from_slice(buffer.get(..count).unwrap_or_default());
                    match self.take(hello) {
                        Ok(()) => None,
                        Err(Stop::Done) => Some(Answer::Accepted),
                        Err(Stop::With(answer)) => Some(answer),
                    }
                }
                Err(error) => Some(broken(&error)),
            };
            if let Some(answer) = answer {
                return answer;
            }
        }
    }

    /// Takes every whole record.
    fn take(&mut self, hello: &mut Hello) -> Result<(), Stop> {
        let bytes = std::mem::take(&mut self.records);
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            check_header(rest)?;
            match parse_tls_raw_record(rest) {
                Ok((after, record)) => {
                    self.record(&record, hello)?;
                    rest = after;
                }
                Err(nom::Err::Incomplete(_)) => break,
                Err(_) => return Err(malformed("a record that cannot be read")),
            }
        }
        self.records = rest.to_vec();
        Ok(())
    }

    fn record(&mut self, record: &TlsRawRecord<'_>, hello: &mut Hello) -> Result<(), Stop> {
        match record.hdr.record_type {
            TlsRecordType::Alert => match record.data {
                // A warning (unrecognized_name, RFC 6066 §3) is no refusal.
                [1, code] if *code != 0 => Ok(()),
                [_, code] => Err(Stop::With(Answer::Alert(*code))),
                _ => Err(malformed("an alert that is none")),
            },
            TlsRecordType::Handshake => {
                self.messages.extend_from_slice(record.data);
                self.messages(hello)
            }
            _ => Err(malformed("a record that does not belong in a handshake")),
        }
    }

    /// Takes every whole handshake message.
    fn messages(&mut self, hello: &mut Hello) -> Result<(), Stop> {
        loop {
            let Some(&[_, a, b, c]) = self.messages.first_chunk::<4>() else {
                return Ok(());
            };
            let length = 4 + u32::from_be_bytes([0, a, b, c]) as usize;
            if length > MESSAGE {
                return Err(Stop::With(Answer::TooLarge));
            }
            if self.messages.len() < length {
                return Ok(());
            }
            self.count += 1;
            if self.count > MESSAGES {
                return Err(malformed("a handshake without an end"));
            }
            let rest = self.messages.split_off(length);
            let message = std::mem::replace(&mut self.messages, rest);
            note(&message, hello)?;
        }
    }
}

/// The first bytes decide whether this is TLS at all.
fn check_header(bytes: &[u8]) -> Result<(), Stop> {
    match bytes {
        [20..=23, 3, ..] | [20..=23] => Ok(()),
        _ => Err(Stop::With(Answer::NotTls)),
    }
}

fn malformed(what: &str) -> Stop {
    Stop::With(Answer::Malformed(what.to_string()))
}

/// Keeps what a handshake message tells.
fn note(message: &[u8], hello: &mut Hello) -> Result<(), Stop> {
    // Not every server ends with ServerHelloDone as tls-parser wants it; its type is enough.
    if message.first() == Some(&14) {
        return Err(Stop::Done);
    }
    let Ok((_, TlsMessage::Handshake(parsed))) = parse_tls_message_handshake(message) else {
        return Err(malformed("a handshake message that cannot be read"));
    };
    match parsed {
        TlsMessageHandshake::ServerHello(found) => {
            hello.version = Some(Version(found.version.0));
            hello.suite = Some(found.cipher.0);
            hello.safe_renegotiation = Some(false);
            extensions(found.ext.unwrap_or_default(), hello);
            // From here on TLS 1.3 is encrypted.
            if hello.version >= Some(Version::TLS13) {
                return Err(Stop::Done);
            }
        }
        TlsMessageHandshake::Certificate(found) => {
            let chain = found.cert_chain.iter().map(|one| one.data.to_vec());
            hello.certificates = chain.collect();
        }
        TlsMessageHandshake::ServerKeyExchange(found) => exchange(found.parameters, hello),
        TlsMessageHandshake::CertificateRequest(_) => hello.wants_certificate = true,
        _ => {}
    }
    Ok(())
}

/// What the extensions of a ServerHello choose: `supported_versions`, `key_share`, `renegotiation_info`.
fn extensions(mut rest: &[u8], hello: &mut Hello) {
    while let Some((&[a, b, c, d], tail)) = rest.split_first_chunk::<4>() {
        let length = usize::from(u16::from_be_bytes([c, d]));
        let Some((content, after)) = tail.split_at_checked(length) else {
            return;
        };
        rest = after;
        match (u16::from_be_bytes([a, b]), content) {
            (43, &[high, low]) => {
                hello.version = Some(Version(u16::from_be_bytes([high, low])));
                hello.safe_renegotiation = None;
            }
            (51, &[high, low, ..]) => hello.group = Some(u16::from_be_bytes([high, low])),
            (0xff01, _) => hello.safe_renegotiation = Some(true),
            _ => {}
        }
    }
}

/// What a ServerKeyExchange chooses (RFC 5246 §7.4.3, RFC 8422 §5.4).
fn exchange(parameters: &[u8], hello: &mut Hello) {
    let rest = if hello.suite.is_some_and(suites::is_dhe) {
        hello.prime = prime(parameters);
        // Prime, generator, public value, each behind its length.
        (0..3).try_fold(parameters, |rest, _| behind::<2>(rest))
    } else if let [3, high, low, point @ ..] = parameters {
        hello.group = Some(u16::from_be_bytes([*high, *low]));
        behind::<1>(point)
    } else {
        None
    };
    if let Some([high, low, ..]) = rest
        && hello.version >= Some(Version::TLS12)
    {
        hello.scheme = Some(u16::from_be_bytes([*high, *low]));
    }
}

/// What stands behind a value that has its length in `WIDTH` bytes before it.
fn behind<const WIDTH: usize>(bytes: &[u8]) -> Option<&[u8]> {
    let (length, rest) = bytes.split_first_chunk::<WIDTH>()?;
    let length = length
        .iter()
        .fold(0, |sum, byte| (sum << 8) | usize::from(*byte));
    rest.get(length..)
}

/// The length in bits of the prime at the head of `ServerDHParams` (RFC 5246 §7.4.3).
fn prime(parameters: &[u8]) -> Option<u32> {
    let (length, rest) = parameters.split_first_chunk::<2>()?;
    let bytes = rest.get(..u16::from_be_bytes(*length).into())?;
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let significant = bytes.get(zeros..)?;
    let first = significant.first().map_or(0, |byte| byte.leading_zeros());
    Some(significant.len() as u32 * 8 - first)
}

/// Whether the server's first message, a ServerHello of TLS 1.2, has the extension `renegotiation_info`.
pub(crate) fn is_renegotiation_safe(head: &[u8]) -> Option<bool> {
    // One record header, then the message with its own length; what follows may be cut off.
    let message = head.get(5..)?;
    let &[_, a, b, c] = message.first_chunk::<4>()?;
    let length = 4 + u32::from_be_bytes([0, a, b, c]) as usize;
    let (_, parsed) = parse_tls_message_handshake(message.get(..length)?).ok()?;
    let TlsMessage::Handshake(TlsMessageHandshake::ServerHello(hello)) = parsed else {
        return None;
    };
    let (_, extensions) = parse_tls_server_hello_extensions(hello.ext.unwrap_or_default()).ok()?;
    let is_answer =
        |extension: &TlsExtension<'_>| matches!(extension, TlsExtension::RenegotiationInfo(_));
    Some(extensions.iter().any(is_answer))
}

#[cfg(test)]
mod tests {
    use super::super::offer::push_long;
    use super::*;

    fn fresh() -> Hello {
        not_asked(Version::TLS12, true)
    }

    fn feed(bytes: &[u8]) -> (Option<Answer>, Hello) {
        let (mut reader, mut hello) = (Reader::default(), fresh());
        for piece in bytes.chunks(3) {
            reader.records.extend_from_slice(piece);
            match reader.take(&mut hello) {
                Ok(()) => {}
                Err(Stop::Done) => return (Some(Answer::Accepted), hello),
                Err(Stop::With(answer)) => return (Some(answer), hello),
            }
        }
        (None, hello)
    }

    #[test]
    fn alerts_are_read_in_whatever_pieces_they_come() {
        assert_eq!(feed(&[21, 3, 1, 0, 2, 2, 70]).0, Some(Answer::Alert(70)));
        // A warning that the name is unknown is passed over.
        assert_eq!(
            feed(&[21, 3, 1, 0, 2, 1, 112, 21, 3, 1, 0, 2, 2, 40]).0,
            Some(Answer::Alert(40))
        );
    }

    #[test]
    fn what_is_no_tls_or_breaks_it_is_told_apart() {
        assert_eq!(feed(b"HTTP/1.1 400 Bad Request").0, Some(Answer::NotTls));
        assert!(matches!(
            feed(&[23, 3, 3, 0, 1, 0]).0,
            Some(Answer::Malformed(_))
        ));
        assert!(matches!(
            feed(&[22, 3, 3, 0, 8, 2, 0, 0, 4, 3, 3, 0, 0]).0,
            Some(Answer::Malformed(_))
        ));
        assert!(matches!(
            feed(&[21, 3, 3, 0, 1, 2]).0,
            Some(Answer::Malformed(_))
        ));
    }

    #[test]
    fn a_message_of_sixteen_megabytes_is_refused_by_its_length() {
        assert_eq!(
            feed(&[22, 3, 3, 0, 4, 11, 0xff, 0xff, 0xff]).0,
            Some(Answer::TooLarge)
        );
    }

    #[test]
    fn a_server_hello_answers_for_its_renegotiation_or_does_not() {
        let hello = |extensions: &[u8]| {
            let mut body = vec![3, 3];
            body.extend([7; 32]);
            body.extend([0, 0xc0, 0x2f, 0]);
            if !extensions.is_empty() {
                push_long(&mut body, extensions);
            }
            let mut record = vec![22, 3, 3, 0, body.len() as u8 + 4, 2, 0, 0, body.len() as u8];
            record.extend(body);
            record.extend([22, 3, 3, 4, 0, 11, 0]);
            record
        };
        let answers = hello(&[0xff, 1, 0, 1, 0]);
        assert_eq!(is_renegotiation_safe(&answers), Some(true));
        assert_eq!(is_renegotiation_safe(&hello(&[])), Some(false));
        assert_eq!(is_renegotiation_safe(&hello(&[0, 23, 0, 0])), Some(false));
        assert_eq!(is_renegotiation_safe(&answers[..20]), None);
        assert_eq!(is_renegotiation_safe(&[]), None);
    }

    #[test]
    fn the_prime_of_an_exchange_is_measured_without_its_leading_zeros() {
        for (parameters, bits) in [
            (&[0, 3, 0, 0x80, 1, 9][..], Some(16)),
            (&[0, 2, 1, 0], Some(9)),
            (&[0, 1, 0], Some(0)),
            (&[0, 4, 1], None),
            (&[0], None),
        ] {
            assert_eq!(prime(parameters), bits, "{parameters:?}");
        }
    }

    #[test]
    fn any_bytes_end_in_an_answer_without_a_panic() {
        proptest::proptest!(|(bytes: Vec<u8>)| {
            let _ = feed(&bytes);
            let mut framed = vec![22, 3, 3];
            push_long(&mut framed, &bytes);
            let _ = feed(&framed);
        });
    }
}
