//! What stands outside the blocks of a PEM file: headers that tools and people put there, or something else. Pure.

use crate::redact;

/// A word this long with letters and digits in it is rather a secret than prose.
const TOKEN: usize = 16;

/// A line that is not an ordinary header.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong with it, as the rest of a sentence that begins with the line.
    pub what: &'static str,
}

/// The first line outside the blocks that is not an ordinary header; `subjects` are those of the file's certificates.
pub(super) fn suspicious(bytes: &[u8], subjects: &[String]) -> Option<Line> {
    let names: Vec<String> = subjects.iter().map(|subject| letters(subject)).collect();
    let mut inside = false;
    let mut in_dump = false;
    for (number, raw) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        let line = raw.trim_ascii();
        if inside {
            inside = !line.starts_with(b"-----END ");
            continue;
        }
        if line.starts_with(b"-----BEGIN ") {
            inside = true;
            in_dump = false;
            continue;
        }
        let Some(what) = fault(raw, &names, in_dump) else {
            in_dump = in_dump || starts_dump(line);
            continue;
        };
        return Some(Line { line: number, what });
    }
    None
}

/// openssl-x509(1) `-text`, openssl-pkcs12(1), openssl-crl(1).
fn starts_dump(line: &[u8]) -> bool {
    matches!(
        line,
        b"Certificate:"
            | b"Bag Attributes"
            | b"Key Attributes"
            | b"Certificate Revocation List (CRL):"
    )
}

fn fault(raw: &[u8], names: &[String], in_dump: bool) -> Option<&'static str> {
    let Ok(text) = std::str::from_utf8(raw) else {
        return Some("holds bytes that are not text");
    };
    // A byte order mark is no text, and harmless.
    let text = text.trim_start_matches('\u{feff}');
    if text.chars().any(|c| c.is_control() && !"\t\r".contains(c)) {
        return Some("holds bytes that are not text");
    }
    let line = text.trim();
    if line.is_empty() {
        return None;
    }
    if is_credential(line) {
        return Some("looks like a password or key");
    }
    let is_dump = in_dump && text.starts_with([' ', '\t']);
    if is_dump || line.starts_with("-----END ") || is_rule(line) {
        return None;
    }
    let body = line.trim_start_matches(['#', ';']).trim();
    if line.len() != body.len() {
        return body
            .split_whitespace()
            .any(|word| is_token(word, body))
            .then_some("looks like a password or key");
    }
    if line.starts_with('<') {
        return Some("belongs to the configuration of a program");
    }
    if line.split_whitespace().any(|word| is_token(word, line)) {
        return Some("looks like a password or key");
    }
    let is_heading = line.ends_with(':') || is_field(line) || starts_dump(line.as_bytes());
    let is_single = line.split_whitespace().count() == 1;
    let is_name = || names.iter().any(|name| name.contains(&letters(line)));
    (is_single && !is_heading && !is_name())
        .then_some("is a single word that names none of its certificates")
}

/// `password: x`, `token = x`, `https://user:x@host`.
fn is_credential(line: &str) -> bool {
    if redact::text(line) != line {
        return true;
    }
    line.find([':', '=']).is_some_and(|at| {
        let (name, value) = line.split_at(at);
        let last = name.split_whitespace().next_back().unwrap_or_default();
        redact::is_secret(last) && value.len() > 1
    })
}

/// A line under or over a title.
fn is_rule(line: &str) -> bool {
    line.chars().all(|c| "=-*_~#+.".contains(c))
}

/// A field that tools write beside a certificate.
fn is_field(line: &str) -> bool {
    let name = line.split(['=', ':']).next().unwrap_or_default();
    let name = letters(name);
    let known = [
        "subject",
        "issuer",
        "serial",
        "notbefore",
        "notafter",
        "fingerprint",
        "friendlyname",
        "localkeyid",
        "label",
        "md5",
        "sha1",
        "sha256",
    ];
    line.len() > name.len() && known.iter().any(|known| name.ends_with(known))
}

/// A word that nobody writes into prose: long, of letters and digits, and no fingerprint, date or address.
fn is_token(word: &str, line: &str) -> bool {
    let lower = line.to_lowercase();
    let is_print = [
        "fingerprint",
        "serial",
        "sha",
        "md5",
        "hash",
        "keyid",
        "key id",
        "localkeyid",
    ]
    .iter()
    .any(|known| lower.contains(known));
    let is_hex = word
        .chars()
        .all(|c| c.is_ascii_hexdigit() || ":=".contains(c));
    if is_print && (is_hex || word.contains('=')) {
        return false;
    }
    word.split(['-', '_', '.', '/', ',', ':', '=', '@', '(', ')'])
        .any(|part| {
            let has = |wanted: fn(&char) -> bool| part.chars().any(|c| wanted(&c));
            part.len() >= TOKEN && has(char::is_ascii_digit) && has(char::is_ascii_alphabetic)
        })
}

/// Letters and digits alone, in lower case: how names are compared.
fn letters(text: &str) -> String {
    let kept = text.chars().filter(|c| c.is_alphanumeric());
    kept.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(text: &str) -> Option<&'static str> {
        let text =
            format!("{text}\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        suspicious(text.as_bytes(), &["C=US, CN=Corp Root CA".to_string()]).map(|line| line.what)
    }

    #[test]
    fn headers_of_tools_and_people_are_ordinary() {
        for text in [
            "",
            "# Corp Root CA, valid to 2031-01-01T00:00:00Z",
            "# SHA256: 5a1b2c3d4e5f60718293a4b5c6d7e8f95a1b2c3d4e5f60718293a4b5c6d7e8f9",
            "Corp Root CA\n============",
            "CorpRootCA",
            "Installed by the proxy team, see http://pki.corp.example/aia/ca1.crt",
            "Certificate:\n    Data:\n        Serial Number:\n            5a:8c:01:5a:8c:01:5a:8c:01\n    Signature Algorithm: x\n         5a:8c",
            "Bag Attributes\n    localKeyID: 54 69\n    friendlyName: corp\nsubject=C = US, CN = Corp\nissuer=C = US, CN = Corp",
            "subject=/CN=Corp",
            "SHA256 Fingerprint=5A:1B:2C:3D:4E:5F:60:71",
            "notAfter=Jan  1 00:00:00 2031 GMT",
            "Alias name: corp-root-ca-2023",
            "\u{feff}# a byte order mark",
        ] {
            assert_eq!(what(text), None, "{text}");
        }
    }

    #[test]
    fn what_may_be_a_secret_is_not() {
        for text in [
            "hunter2",
            "password: hunter2",
            "# Passphrase = hunter2",
            "vpn-token=abc",
            "proxy https://me:pw@proxy.example/",
            "use eyJhbGciOiJIUzI1NiJ9x here",
            "# key 5a1b2c3d4e5f60718293a4b5c6d7e8f9",
            "<ca>",
            "client\ndev tun",
            "\u{0}\u{1}",
            "Certificate:\nhunter2",
        ] {
            assert!(what(text).is_some(), "{text}");
        }
        assert_eq!(
            suspicious(b"\xff\xfe x", &[]).map(|line| line.line),
            Some(1)
        );
        let after = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n\nhunter2";
        assert_eq!(suspicious(after, &[]).map(|line| line.line), Some(5));
    }
}
