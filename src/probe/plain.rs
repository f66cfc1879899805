//! What answers in clear: protocols told by their first bytes, HTTP dates. Pure.

use crate::cert::Time;

use super::observation::Plain;

/// The protocol that begins with these bytes, where it is a well-known one.
pub(crate) fn sniff(head: &[u8]) -> Option<Plain> {
    let text = String::from_utf8_lossy(head).to_ascii_lowercase();
    let starts = |prefix: &str| text.starts_with(prefix);
    match text.as_str() {
        // Python's http.server answers what it takes for HTTP/0.9 with the body alone.
        _ if starts("http/") || starts("<!doctype") || starts("<html") => Some(Plain::Http),
        _ if starts("ssh-") => Some(Plain::Ssh),
        // A packet of at most 64 KiB, the first one, of protocol 10 with a version in ASCII.
        _ if matches!(head, [_, _, 0, 0, 10, version, ..] if version.is_ascii_digit()) => {
            Some(Plain::Mysql)
        }
        _ if matches!(head, [_, _, 0, 0, 0xff, ..]) => Some(Plain::Mysql),
        _ if text.contains("http://etherx.jabber.org/streams") => Some(Plain::Xmpp),
        _ if starts("\"implementation\"") => Some(Plain::Sieve),
        _ if (starts("200 ") || starts("201 ")) && !starts("200 ok") => Some(Plain::Nntp),
        _ if starts("-err") || starts("-noauth") || starts("-denied") => Some(Plain::Redis),
        _ if starts("amqp") => Some(Plain::Amqp),
        _ if starts("rfb ") => Some(Plain::Vnc),
        _ if starts("* ok") || starts("* preauth") || starts("* bye") => Some(Plain::Imap),
        _ if starts("+ok") => Some(Plain::Pop3),
        _ if starts("220") && text.contains("ftp") => Some(Plain::Ftp),
        _ if starts("220") || starts("554 ") || starts("421 ") => Some(Plain::Smtp),
        _ => None,
    }
}

/// Whether an HTTP answer is one to the request, and not an error that might say that TLS is wanted.
pub(crate) fn is_content(answer: &[u8]) -> bool {
    answer.contains(&b'\n') && status(answer).is_some_and(|status| status != 400)
}

/// Whether a server of HTTPS complains of plain HTTP, in the words of nginx, Apache, Go and Tomcat.
pub(crate) fn wants_tls(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer).to_ascii_lowercase();
    let complaints = [
        "plain http request was sent to https port",
        "speaking plain http to an ssl-enabled server port",
        "sent an http request to an https server",
        "combination of host and port requires tls",
    ];
    complaints.iter().any(|complaint| text.contains(complaint))
}

/// The status of an HTTP answer.
pub(crate) fn status(answer: &[u8]) -> Option<u16> {
    let line = String::from_utf8_lossy(answer.split(|byte| *byte == b'\n').next()?).into_owned();
    let rest = line.strip_prefix("HTTP/")?;
    rest.split(' ').nth(1)?.trim_end().parse().ok()
}

/// Where an HTTP answer leads to (RFC 9110 §10.2.2), if it is a redirection.
pub(crate) fn location(answer: &[u8]) -> Option<String> {
    let is_redirection = status(answer).is_some_and(|status| (300..400).contains(&status));
    field(answer, "location").filter(|_| is_redirection)
}

/// The schemes of `Proxy-Authenticate` (RFC 9110 §11.7.1), one field each or several in one.
pub(crate) fn schemes(answer: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(answer);
    let lines = text.lines().take_while(|line| !line.is_empty());
    let fields = lines.filter_map(|line| line.split_once(':'));
    let values = fields.filter(|(name, _)| name.eq_ignore_ascii_case("proxy-authenticate"));
    let mut schemes: Vec<String> = values
        .flat_map(|(_, value)| value.split(','))
        .filter_map(|part| part.split_whitespace().next())
        // What has a `=` is a parameter of the scheme before it.
        .filter(|word| !word.contains('=') && word.len() <= 32)
        .map(str::to_ascii_lowercase)
        .collect();
    schemes.dedup();
    schemes
}

/// The value of a field in the head of an HTTP answer.
pub(crate) fn field(answer: &[u8], wanted: &str) -> Option<String> {
    let text = String::from_utf8_lossy(answer);
    let lines = text.lines().take_while(|line| !line.is_empty());
    let mut fields = lines.filter_map(|line| line.split_once(':'));
    let (_, value) = fields.find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
    Some(value.trim().to_string())
}

/// The `Date:` field of an HTTP answer (RFC 9110 §6.6.1), in its only current form.
pub(crate) fn date(answer: &[u8]) -> Option<Time> {
    imf_fixdate(&field(answer, "date")?)
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`.
fn imf_fixdate(text: &str) -> Option<Time> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let (_, rest) = text.split_once(", ")?;
    let mut parts = rest.split(' ');
    let day = parts.next()?.parse().ok()?;
    let month = parts.next()?;
    let month = MONTHS.iter().position(|name| *name == month)? as i8 + 1;
    let year = parts.next()?.parse().ok()?;
    let mut clock = parts.next()?.split(':').map(str::parse::<i8>);
    let mut next = || clock.next()?.ok();
    let time = Time::from_civil(year, month, day, next()?, next()?, next()?)?;
    (parts.next() == Some("GMT")).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_protocols_are_told_by_their_greeting() {
        for (head, expected) in [
            (&b"HTTP/1.1 400 Bad Request\r\n"[..], Some(Plain::Http)),
            (b"<!DOCTYPE HTML>\n", Some(Plain::Http)),
            (b"220 mail.example.org ESMTP\r\n", Some(Plain::Smtp)),
            (b"220 ProFTPD Server", Some(Plain::Ftp)),
            (b"SSH-2.0-OpenSSH_9.2", Some(Plain::Ssh)),
            (b"* OK IMAP4rev1", Some(Plain::Imap)),
            (b"+OK ready", Some(Plain::Pop3)),
            (b"J\0\0\0\x0a8.0.36\0", Some(Plain::Mysql)),
            (b"E\0\0\0\xffj\x04Host", Some(Plain::Mysql)),
            (b"\"IMPLEMENTATION\" \"Dovecot Pigeonhole\"\r\n", Some(Plain::Sieve)),
            (b"200 news.example InterNetNews", Some(Plain::Nntp)),
            (b"-ERR wrong number of arguments", Some(Plain::Redis)),
            (b"AMQP\0\0\x09\x01", Some(Plain::Amqp)),
            (b"RFB 003.008\n", Some(Plain::Vnc)),
            (b"<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams'>", Some(Plain::Xmpp)),
            (b"\x15\x03\x01\x00\x02\x02\x46", None),
            (b"", None),
        ] {
            assert_eq!(sniff(head), expected, "{}", String::from_utf8_lossy(head));
        }
    }

    #[test]
    fn the_date_field_is_read_and_nothing_else_is_taken_for_it() {
        let answer = |date: &str| format!("HTTP/1.1 200 OK\r\ndate: {date}\r\n\r\nDate: x");
        let good = "2026-11-22T08:49:37Z".parse().ok();
        assert_eq!(
            date(answer("Sun, 22 Nov 2026 08:49:37 GMT").as_bytes()),
            good
        );
        for text in [
            "",
            "Sun, 22 Nov 2026 08:49 GMT",
            "22 Nov 2026",
            "Sun, 40 Nov 2026 08:49:37 GMT",
            "Sunday, 22-Nov-26 08:49:37 GMT",
        ] {
            assert_eq!(date(answer(text).as_bytes()), None, "{text}");
        }
        assert_eq!(
            date(b"HTTP/1.1 200 OK\r\n\r\nDate: Sun, 22 Nov 2026 08:49:37 GMT\r\n"),
            None
        );
    }

    #[test]
    fn a_server_of_https_that_complains_of_plain_http_is_none_of_plain_http() {
        let nginx = b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n<html>\r\n<head><title>400 The plain HTTP request was sent to HTTPS port</title>";
        let go =
            b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
        assert!(wants_tls(nginx) && wants_tls(go) && !is_content(nginx));
        let plain = b"HTTP/1.1 400 Bad Request\r\n\r\nBad Request";
        assert!(!wants_tls(plain) && !is_content(plain));
        assert!(is_content(b"HTTP/1.1 404 Not Found\r\n") && !is_content(b"HTTP/1.1 4"));
    }

    #[test]
    fn the_schemes_that_a_proxy_offers_are_read() {
        let answer = b"HTTP/1.1 407 No\r\nProxy-Authenticate: Negotiate\r\nproxy-authenticate: NTLM, Basic realm=\"a\", charset=\"UTF-8\"\r\n\r\nProxy-Authenticate: x";
        assert_eq!(schemes(answer), ["negotiate", "ntlm", "basic"]);
        assert!(schemes(b"HTTP/1.1 407 No\r\n\r\n").is_empty());
    }

    #[test]
    fn the_status_is_read() {
        assert_eq!(
            status(b"HTTP/1.1 407 Proxy Authentication Required\r\n"),
            Some(407)
        );
        assert_eq!(status(b"HTTP/1.0 200\r\n"), Some(200));
        assert_eq!(status(b"SSH-2.0"), None);
        assert_eq!(status(b""), None);
    }
}
