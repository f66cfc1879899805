//! What may be shown of text that can hold credentials. Everything that is printed, logged or reported goes through
//! here, so that no format and no message has rules of its own.
//!
//! Passwords are written as they were handed over: with `/`, `?`, `,`, quotes and `@` in them, where RFC 3986 would
//! end the userinfo early and show the rest. So what stands before the *last* `@` is left out, whatever it is: hiding
//! too much costs a look into the file, hiding too little costs the password.

use std::borrow::Cow;
use std::fmt;

/// Whether a character could move the cursor, reorder or hide text (Unicode categories Cc, Cf, Zl, Zp, and fillers).
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Stands for what is not shown.
const HIDDEN: &str = "…";

/// Parts of names whose values are secrets.
const SECRET: [&str; 14] = [
    "token",
    "passw",
    "passphrase",
    "secret",
    "_auth",
    "authorization",
    "extraheader",
    "apikey",
    "api_key",
    "accesskey",
    "access_key",
    "credential",
    "cookie",
    "privatekey",
];

/// Where one of these begins behind a separator, so does another URL of a list.
const SCHEMES: [&str; 20] = [
    "http",
    "https",
    "git+http",
    "git+https",
    "git+ssh",
    "ssh",
    "git",
    "ftp",
    "ftps",
    "file",
    "socks4",
    "socks4a",
    "socks5",
    "socks5h",
    "ldap",
    "ldaps",
    "ws",
    "wss",
    "mirror+http",
    "mirror+https",
];

/// What may follow a URL in a sentence, and is no part of it.
const PUNCTUATION: [char; 11] = ['`', '"', '\'', ',', ';', '.', ':', ')', ']', '}', '>'];

/// A URL without what may be secret in it: userinfo, query and fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Url<'a> {
    /// What stands before `://`; empty where there is no scheme.
    pub scheme: &'a str,
    /// Whether there is userinfo.
    pub has_userinfo: bool,
    /// Host, port and path: everything between the last `@` and the query.
    pub place: &'a str,
    /// `?` or `#`, where a query or a fragment follows.
    mark: Option<char>,
}

impl<'a> Url<'a> {
    /// Takes a URL apart; `rest` is what follows the scheme's `://`.
    fn new(scheme: &'a str, rest: &'a str) -> Self {
        let (userinfo, place) = match rest.rsplit_once('@') {
            Some((userinfo, place)) => (Some(userinfo), place),
            None => (None, rest),
        };
        // What stands behind the colon is not a port: a login that was cut at a separator before its `@`.
        let (is_cut, place) = match userinfo.is_none() && is_cut_login(place) {
            true => (true, ""),
            false => (false, place),
        };
        let (place, mark) = match place.find(['?', '#']) {
            Some(at) if at + 1 < place.len() => {
                let (place, query) = place.split_at(at);
                (place, query.chars().next())
            }
            _ => (place, None),
        };
        Self {
            scheme,
            has_userinfo: is_cut || userinfo.is_some_and(|userinfo| !userinfo.is_empty()),
            place,
            mark,
        }
    }

    /// Reads `SCHEME://…` or, without a scheme, `[USER:PASSWORD@]HOST…`.
    pub fn of(text: &'a str) -> Self {
        match text.split_once("://") {
            Some((scheme, rest)) if is_scheme(scheme) => Self::new(scheme, rest),
            _ => Self::new("", text),
        }
    }
}

impl fmt::Display for Url<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.scheme.is_empty() {
            write!(f, "{}://", self.scheme)?;
        }
        if self.has_userinfo {
            write!(f, "{HIDDEN}@")?;
        }
        f.write_str(self.place)?;
        match self.mark {
            Some(mark) => write!(f, "{mark}{HIDDEN}"),
            None => Ok(()),
        }
    }
}

/// A sentence, a line of a log, a whole message: URLs in it end at white space.
pub fn text(text: &str) -> Cow<'_, str> {
    if !may_hold_secrets(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut last = "";
    let mut hidden = 0;
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end_matches(char::is_whitespace);
        let blank = piece.get(word.len()..).unwrap_or_default();
        if hidden > 0 && !word.is_empty() {
            hidden = if is_word_of_authentication(word) {
                1
            } else {
                hidden - 1
            };
            put_hidden(
                &mut out,
                word,
                hidden == 1 && is_word_of_authentication(word),
            );
        } else {
            let mut shown = String::with_capacity(word.len());
            put_urls(&mut shown, word);
            out.push_str(&without_value(&shown));
        }
        if word == "=" && is_secret(last) || is_header(word) {
            hidden = 1;
        }
        out.push_str(blank);
        if !word.is_empty() {
            last = word;
        }
    }
    Cow::Owned(out)
}

/// Parts of the names of settings that hold hosts, with or without a port.
const PLACE: [&str; 4] = ["host", "proxy", "registry", "mirror"];

/// How a list of Go's module proxies can end (`GOPROXY`, `go help goproxy`).
const AFTER_PROXIES: [&str; 4] = [",direct", "|direct", ",off", "|off"];

/// Whether an authority without `@` has more behind its colon than a port.
fn is_cut_login(place: &str) -> bool {
    if place.starts_with('[') {
        return false;
    }
    let authority = place.split(['/', '?', '#']).next().unwrap_or_default();
    let port = authority.split_once(':').map(|(_, port)| port);
    let port = port.map(|port| {
        AFTER_PROXIES
            .iter()
            .find_map(|word| port.strip_suffix(word))
            .unwrap_or(port)
    });
    port.is_some_and(|port| port != "PORT" && !port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A quick look: most texts need no other.
fn may_hold_secrets(text: &str) -> bool {
    text.contains("//") || (text.contains('=') && is_secret(text)) || is_secret_header(text)
}

fn is_secret_header(text: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), b"uthorization:").is_some()
}

/// The value of a setting, which is one URL, a list of them, `USER:PASSWORD@HOST`, or something without secrets.
pub fn value(value: &str) -> Cow<'_, str> {
    if value.contains("://") || value.starts_with("//") {
        let mut out = String::with_capacity(value.len());
        put_urls(&mut out, value);
        return Cow::Owned(out);
    }
    without_login(value)
}

/// `USER:PASSWORD@HOST`, or a list of such, without what stands before the last `@`.
fn without_login(text: &str) -> Cow<'_, str> {
    match text.rsplit_once('@') {
        Some((before, host)) if before.contains(':') => Cow::Owned(format!("{HIDDEN}@{host}")),
        _ => Cow::Borrowed(text),
    }
}

/// The value of a setting with this name.
pub fn setting<'a>(name: &str, given: &'a str) -> Cow<'a, str> {
    let lower = name.to_lowercase();
    let is_login = lower.ends_with("user") && given.contains(':');
    if !given.is_empty() && (is_secret(name) || is_login) {
        return Cow::Borrowed(HIDDEN);
    }
    let names_a_place = PLACE.iter().any(|part| lower.contains(part));
    if names_a_place && !given.contains(['@', '/']) && given.split_whitespace().any(is_cut_login) {
        let shown = given
            .split_whitespace()
            .map(|word| if is_cut_login(word) { HIDDEN } else { word });
        return Cow::Owned(shown.collect::<Vec<_>>().join(" "));
    }
    value(given)
}

/// Whether the value of such a name is a secret.
pub fn is_secret(name: &str) -> bool {
    let lower = name.to_lowercase();
    SECRET.iter().any(|part| lower.contains(part))
}

/// `Authorization:` or `Proxy-Authorization:`, whatever quotes stand before it.
fn is_header(word: &str) -> bool {
    word.to_lowercase().ends_with("authorization:")
}

/// The scheme in an `Authorization` header, before the secret itself.
fn is_word_of_authentication(word: &str) -> bool {
    matches!(
        word.to_lowercase().as_str(),
        "basic" | "bearer" | "token" | "digest" | "negotiate"
    )
}

/// Hides a word but for the quotes around it.
fn put_hidden(out: &mut String, word: &str, is_shown: bool) {
    if is_shown {
        return out.push_str(word);
    }
    let end = word.trim_end_matches(PUNCTUATION).len();
    out.push_str(HIDDEN);
    out.push_str(word.get(end..).unwrap_or_default());
}

/// `NPM_TOKEN=abc` as `NPM_TOKEN=…`; the folders of a path are no names.
fn without_value(word: &str) -> Cow<'_, str> {
    let Some((name, value)) = word.split_once('=') else {
        return Cow::Borrowed(word);
    };
    let last = name.rsplit('/').next().unwrap_or(name);
    let end = value.trim_end_matches(PUNCTUATION).len();
    match is_secret(last) && end > 0 {
        true => {
            let after = value.get(end..).unwrap_or_default();
            Cow::Owned(format!("{name}={HIDDEN}{after}"))
        }
        false => Cow::Borrowed(word),
    }
}

/// Puts a text in which every URL reaches to the next one, or to the end. A login can stand before the first
/// (`USER:PASSWORD@HOST`, then a URL), and `://` in its password.
fn put_urls(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some((scheme, start)) = next_url(rest, 0) {
        let end = next_listed(rest, start).unwrap_or(rest.len());
        let before = start - scheme.len() - if scheme.is_empty() { 2 } else { 3 };
        let head = rest.get(..before).unwrap_or_default();
        let url = rest.get(start..end).unwrap_or_default();
        let body = url.trim_end_matches(PUNCTUATION);
        if head.contains(':') && body.contains('@') && !is_in_use(scheme) {
            let all = rest.get(..start + body.len()).unwrap_or_default();
            out.push_str(&Url::new("", all).to_string());
        } else {
            out.push_str(&without_login(head));
            if scheme.is_empty() {
                out.push_str("//");
            }
            out.push_str(&Url::new(scheme, body).to_string());
        }
        out.push_str(url.get(body.len()..).unwrap_or_default());
        rest = rest.get(end..).unwrap_or_default();
    }
    match rest.contains("://") {
        true => out.push_str(&without_login(rest)),
        false => out.push_str(rest),
    }
}

/// Whether it is a scheme that is in use.
fn is_in_use(scheme: &str) -> bool {
    SCHEMES
        .iter()
        .any(|known| known.eq_ignore_ascii_case(scheme))
}

/// The scheme of the next URL, and where what follows its `://` begins. A text that begins with `//` is a URL too
/// (npm's keys).
fn next_url(text: &str, from: usize) -> Option<(&str, usize)> {
    if from == 0 && text.starts_with("//") {
        return Some(("", 2));
    }
    let mut from = from;
    loop {
        let at = from + text.get(from..)?.find("://")?;
        let before = text.get(..at)?;
        let scheme =
            before.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || "+-.".contains(c));
        let scheme = before.get(scheme.len()..)?;
        // What stands before a scheme in `http.https://…` (a section of git) is a name.
        let name = scheme.rsplit('.').next().unwrap_or(scheme);
        if !name.is_empty() {
            return Some((name, at + 3));
        }
        from = at + 3;
    }
}

/// Where the next URL of a list begins: behind a separator, with a scheme that is in use. (`://` can be in a password.)
fn next_listed(text: &str, from: usize) -> Option<usize> {
    let mut from = from;
    while let Some((scheme, start)) = next_url(text, from.max(1)) {
        let begin = start - scheme.len() - 3;
        let separated = text
            .get(..begin)
            .and_then(|before| before.chars().next_back())
            .is_some_and(|c| c.is_whitespace() || ",|;".contains(c));
        if separated && is_in_use(scheme) && begin >= from {
            return Some(begin);
        }
        from = start;
    }
    None
}

fn is_scheme(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

/// A document in JSON whose strings are shown as [`text`] shows them. What keys, numbers and structure are stays.
pub fn json(document: &str) -> Cow<'_, str> {
    if !may_hold_secrets(document) {
        return Cow::Borrowed(document);
    }
    let mut out = String::with_capacity(document.len());
    let mut rest = document;
    while let Some(start) = rest.find('"') {
        let Some(length) = string_length(rest.get(start..).unwrap_or_default()) else {
            break;
        };
        let (head, tail) = rest.split_at(start);
        let (string, tail) = tail.split_at(length);
        out.push_str(head);
        out.push_str(&json_string(string));
        rest = tail;
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The length of the string that a text begins with, quotes included.
fn string_length(text: &str) -> Option<usize> {
    let mut bytes = text.bytes().enumerate().skip(1);
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' => drop(bytes.next()),
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

fn json_string(literal: &str) -> Cow<'_, str> {
    if !may_hold_secrets(literal) {
        return Cow::Borrowed(literal);
    }
    let Ok(plain) = serde_json::from_str::<String>(literal) else {
        return Cow::Borrowed(literal);
    };
    let shown = text(&plain);
    if shown == plain {
        return Cow::Borrowed(literal);
    }
    serde_json::to_string(&shown).map_or(Cow::Borrowed("\"…\""), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What can be typed into a password, each also between letters.
    const ODD: &str = "/?#,'\"@:;|&=!*()[]{}<>`\\%$^~+-._ é";

    #[test]
    fn secrets_are_left_out_of_sentences() {
        for (given, shown) in [
            ("`a = https://u:p@h/x?y`", "`a = https://…@h/x?…`"),
            ("HTTP=http://u@h,http://x:y@z", "HTTP=http://…@h,http://…@z"),
            ("`NPM_TOKEN=abc`, for all", "`NPM_TOKEN=…`, for all"),
            ("//r/:_authToken=x", "//r/:_authToken=…"),
            ("_authToken = x y", "_authToken = … y"),
            (
                "-H 'Authorization: Bearer abc' x",
                "-H 'Authorization: Bearer …' x",
            ),
            ("Authorization: abc x", "Authorization: … x"),
            ("http.https://u:p@h.sslverify", "http.https://…@h.sslverify"),
            ("sslVerify = false", "sslVerify = false"),
            ("mail a@b", "mail a@b"),
            ("see `https://h/a`.", "see `https://h/a`."),
            (
                "cannot read `/run/secrets/a=b`",
                "cannot read `/run/secrets/a=b`",
            ),
            ("Basic Constraints = CA", "Basic Constraints = CA"),
        ] {
            assert_eq!(text(given), shown);
            assert_eq!(text(shown), shown, "twice is once");
        }
    }

    #[test]
    fn secrets_are_left_out_of_values() {
        for (given, shown) in [
            ("https://me:p w@h/x?token=1", "https://…@h/x?…"),
            (
                "https://a|https://u:p@b/,direct",
                "https://a|https://…@b/,direct",
            ),
            ("https://h:1,direct", "https://h:1,direct"),
            ("https://h:1|off", "https://h:1|off"),
            ("https://u:p,direct", "https://…@"),
            ("user:pass@proxy:3128", "…@proxy:3128"),
            ("//u:p@r/x", "//…@r/x"),
            ("git@host:x", "git@host:x"),
            ("t:pw@h https://u:p@g/r", "…@h https://…@g/r"),
            ("t:pw@h\nt:pw@i\nhttps://g/r", "…@i\nhttps://g/r"),
            ("t:p://w@h", "…@h"),
            ("t:p)://w@h", "…@h"),
            ("t:p)://w@h https://g/r", "…@h https://g/r"),
            ("off", "off"),
        ] {
            assert_eq!(value(given), shown);
            assert_eq!(value(shown), shown, "twice is once");
        }
        assert_eq!(setting("//r/:_authToken", "npm_x"), HIDDEN);
        assert_eq!(setting("proxy-user", "me:pw"), HIDDEN);
        assert_eq!(setting("User", "me"), "me");
        assert_eq!(setting("sslverify", "false"), "false");
    }

    /// No spelling of a password is shown, as a value, in a sentence, in JSON.
    #[test]
    fn no_password_is_shown_whatever_is_in_it() {
        for odd in ODD.chars() {
            for password in [
                format!("S3{odd}CRET"),
                format!("{odd}S3CRET"),
                format!("S3CRET{odd}"),
                format!("S3{odd}{odd}CR{odd}ET"),
            ] {
                for login in [
                    format!("u:{password}"),
                    password.clone(),
                    format!("{password}:"),
                ] {
                    let url = format!("https://{login}@h.example/x");
                    let leaks =
                        |shown: &str| ["S3", "CR", "ET"].iter().any(|part| shown.contains(part));
                    assert!(!leaks(&value(&url)), "{url}: {}", value(&url));
                    if login.starts_with("u:") {
                        let listed = format!("{login}@h.example\n{url}");
                        assert!(!leaks(&value(&listed)), "{listed}: {}", value(&listed));
                    }
                    let keyed = format!("http.{url}.sslVerify");
                    assert!(!leaks(&value(&keyed)), "{keyed}: {}", value(&keyed));
                    if odd == ' ' {
                        continue;
                    }
                    let said = format!("`{url}` is wrong, see `man x`");
                    assert!(!leaks(&text(&said)), "{said}: {}", text(&said));
                    assert!(text(&said).ends_with("is wrong, see `man x`"), "{said}");
                    let document = serde_json::json!({ "a": said, "b": [url] }).to_string();
                    let shown = json(&document);
                    assert!(!leaks(&shown), "{document}: {shown}");
                    let read: serde_json::Value = serde_json::from_str(&shown).unwrap();
                    assert_eq!(read["b"][0], "https://…@h.example/x");
                }
            }
        }
    }

    /// What is shown is the URL that a standard reader sees, without its userinfo.
    #[test]
    fn what_is_shown_is_what_a_standard_reader_sees() {
        for given in [
            "https://u:p@h.example:8443/x/y",
            "http://h.example/",
            "https://tok@[::1]:1/",
        ] {
            let read = url::Url::parse(given).unwrap();
            let shown = Url::of(given).to_string().replace("…@", "");
            let shown = url::Url::parse(&shown).unwrap();
            assert_eq!(
                (read.host(), read.port(), read.path()),
                (shown.host(), shown.port(), shown.path())
            );
            assert!(shown.username().is_empty() && shown.password().is_none());
        }
    }
}
