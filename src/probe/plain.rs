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
        _ if starts("* ok") || starts("* preauth") || starts("* bye") => Some(Plain::Imap),
        _ if starts("+ok") => Some(Plain::Pop3),
        _ if starts("220") && text.contains("ftp") => Some(Plain::Ftp),
        _ if starts("220") || starts("554 ") || starts("421 ") => Some(Plain::Smtp),
        _ => None,
    }
}

/// The status of an HTTP answer.
pub(crate) fn status(answer: &[u8]) -> Option<u16> {
    let line = String::from_utf8_lossy(answer.split(|byte| *byte == b'\n').next()?).into_owned();
    let rest = line.strip_prefix("HTTP/")?;
    rest.split(' ').nth(1)?.trim_end().parse().ok()
}

/// The `Date:` field of an HTTP answer (RFC 9110 §6.6.1), in its only current form.
pub(crate) fn date(answer: &[u8]) -> Option<Time> {
    let text = String::from_utf8_lossy(answer);
    let line = text.lines().take_while(|line| !line.is_empty());
    let field = line.filter_map(|line| line.split_once(':'));
    let (_, value) = field
        .into_iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("date"))?;
    imf_fixdate(value.trim())
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
