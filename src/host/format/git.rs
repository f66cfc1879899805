//! git-config(1) files.

use std::iter::Peekable;
use std::str::Chars;

use super::Setting;
use super::environment::numbered;

/// The variables; the path is section, subsection where there is one, and name (section and name in lower case).
pub fn parse(text: &str) -> Vec<Setting> {
    let mut section = Vec::new();
    let mut out = Vec::new();
    let mut lines = numbered(text).peekable();
    while let Some((line, text)) = lines.next() {
        let mut text = text.trim_start().to_string();
        if let Some((found, rest)) = header(&text) {
            section = found;
            text = rest;
        }
        while continues(&text) {
            text.pop();
            text.push_str(lines.next().map_or("", |(_, next)| next));
        }
        out.extend(variable(line, &text, &section));
    }
    out
}

/// What counts: of a variable that is set more than once the last, and every include.
pub fn effective(settings: Vec<Setting>) -> Vec<Setting> {
    let (includes, others) = settings.into_iter().partition(is_include);
    let mut out: Vec<Setting> = includes;
    out.extend(super::last_of_each(others));
    out.sort_by_key(|setting| setting.line);
    out
}

/// Whether the setting leads to another file (git-config(1), "Includes").
pub fn is_include(setting: &Setting) -> bool {
    setting.is(&["include", "path"]) || setting.is(&["includeif", "*", "path"])
}

/// Whether the line ends in a backslash outside a comment.
fn continues(text: &str) -> bool {
    let (mut quoted, mut escaped) = (false, false);
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            '#' | ';' if !quoted => return false,
            _ => {}
        }
    }
    escaped
}

/// `[section]`, `[section "sub"]`, `[section.sub]`, and what follows on the line.
fn header(text: &str) -> Option<(Vec<String>, String)> {
    let mut chars = text.strip_prefix('[')?.chars().peekable();
    let mut name = String::new();
    let mut path = None;
    loop {
        match chars.next()? {
            ']' => break,
            '"' => path = Some(vec![name.trim().to_lowercase(), subsection(&mut chars)?]),
            c => name.push(c),
        }
    }
    let old_style = || {
        name.trim()
            .to_lowercase()
            .split('.')
            .map(str::to_string)
            .collect()
    };
    Some((
        path.unwrap_or_else(old_style),
        chars.collect::<String>().trim_start().to_string(),
    ))
}

fn subsection(chars: &mut Peekable<Chars<'_>>) -> Option<String> {
    let mut out = String::new();
    loop {
        match chars.next()? {
            '"' => return Some(out),
            '\\' => out.push(chars.next()?),
            c => out.push(c),
        }
    }
}

fn variable(line: usize, text: &str, section: &[String]) -> Option<Setting> {
    let end = text
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if section.is_empty() || !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let rest = rest.trim_start();
    let value = match rest.strip_prefix('=') {
        Some(value) => self::value(value),
        // A name alone is a boolean that is true.
        None if rest.is_empty() || rest.starts_with(['#', ';']) => "true".to_string(),
        None => return None,
    };
    let mut path = section.to_vec();
    path.push(name.to_lowercase());
    Some(Setting { line, path, value })
}

/// Quotes taken off, escapes resolved, an unquoted comment and trailing blanks dropped.
fn value(text: &str) -> String {
    let mut out = String::new();
    let mut kept = 0;
    let mut quoted = false;
    let mut chars = text.trim_start().chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                quoted = !quoted;
                kept = out.len();
            }
            '\\' => out.push(match chars.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some(c) => c,
                None => break,
            }),
            '#' | ';' if !quoted => break,
            c => out.push(c),
        }
        if quoted || !c.is_whitespace() {
            kept = out.len();
        }
    }
    out.truncate(kept);
    out
}

/// How well the URL of a section `http.URL` fits the one that is asked for, where it does (git-config(1), `http.<url>.*`;
/// git's `urlmatch.c`): the longer host wins, then the longer path, then a user that fits.
pub fn fits(wanted: &str, url: &str) -> Option<(usize, usize, bool)> {
    let (wanted, url) = (Url::of(wanted)?, Url::of(url)?);
    let same = wanted.scheme == url.scheme && wanted.port == url.port;
    let user = wanted.user.is_none() || wanted.user == url.user;
    let below = url.path.strip_prefix(&*wanted.path);
    let path = below
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || wanted.path.ends_with('/'));
    (same && user && path && hosts(&wanted.host, &url.host)).then_some((
        wanted.host.len(),
        wanted.path.len(),
        wanted.user.is_some(),
    ))
}

/// A URL in the form in which git compares them.
struct Url {
    scheme: String,
    user: Option<String>,
    host: String,
    port: String,
    path: String,
}

impl Url {
    fn of(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (user, authority) = match authority.rsplit_once('@') {
            Some((user, rest)) => (user.split(':').next().map(str::to_string), rest),
            None => (None, authority),
        };
        let usual = match scheme.as_str() {
            "https" => "443",
            "http" => "80",
            _ => "",
        };
        let split = authority
            .rsplit_once(':')
            .filter(|(_, port)| !port.contains(']'));
        let (host, port) = split.unwrap_or((authority, usual));
        let path = path.trim_end_matches('/');
        Some(Self {
            user,
            host: host.to_ascii_lowercase(),
            port: if port.is_empty() { usual } else { port }.to_string(),
            path: path.to_string(),
            scheme,
        })
    }
}

/// A `*` stands for one label.
fn hosts(wanted: &str, host: &str) -> bool {
    let (mut wanted, mut host) = (wanted.split('.'), host.split('.'));
    loop {
        match (wanted.next(), host.next()) {
            (None, None) => return true,
            (Some(label), Some(found)) if label == "*" || label == found => {}
            _ => return false,
        }
    }
}

/// Whether a path fits a pattern of `includeIf` (gitignore(5)): `*` and `?` within one part, `**` over parts. Every place
/// of the pattern that can be reached is kept, so that no pattern takes long.
pub fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let tokens = tokens(pattern);
    let mut reached = vec![false; tokens.len() + 1];
    reach(&tokens, &mut reached, 0);
    for c in text {
        let mut next = vec![false; tokens.len() + 1];
        for (at, token) in tokens.iter().enumerate() {
            if reached.get(at) != Some(&true) {
                continue;
            }
            match token {
                // It ends behind a `/` only.
                Token::Folders => mark(&mut next, at),
                token if token.stays(*c) => reach(&tokens, &mut next, at),
                _ => {}
            }
            if token.takes(*c) {
                reach(&tokens, &mut next, at + 1);
            }
        }
        reached = next;
    }
    reached.last() == Some(&true)
}

/// A part of a pattern.
enum Token {
    Byte(u8),
    One,
    Some,
    All,
    Folders,
}

impl Token {
    /// Whether it takes the byte and more after it.
    fn stays(&self, c: u8) -> bool {
        match self {
            Token::Some => c != b'/',
            Token::All => true,
            Token::Byte(_) | Token::One | Token::Folders => false,
        }
    }

    /// Whether it ends with the byte.
    fn takes(&self, c: u8) -> bool {
        match self {
            Token::Byte(byte) => *byte == c,
            Token::One => c != b'/',
            Token::Folders => c == b'/',
            Token::Some | Token::All => false,
        }
    }
}

fn tokens(mut pattern: &[u8]) -> Vec<Token> {
    let mut out = Vec::new();
    loop {
        let (token, rest) = match pattern {
            [] => return out,
            [b'*', b'*', b'/', rest @ ..] => (Token::Folders, rest),
            [b'*', b'*', rest @ ..] => (Token::All, rest),
            [b'*', rest @ ..] => (Token::Some, rest),
            [b'?', rest @ ..] => (Token::One, rest),
            [byte, rest @ ..] => (Token::Byte(*byte), rest),
        };
        out.push(token);
        pattern = rest;
    }
}

fn mark(places: &mut [bool], at: usize) {
    if let Some(place) = places.get_mut(at) {
        *place = true;
    }
}

/// Marks a place, and those behind it that need no byte.
fn reach(tokens: &[Token], places: &mut [bool], mut at: usize) {
    while let Some(place) = places.get_mut(at) {
        *place = true;
        match tokens.get(at) {
            Some(Token::Some | Token::All | Token::Folders) => at += 1,
            _ => return,
        }
    }
}

/// Whether git takes the value for false (git-config(1): false, no, off, empty, or a number that is zero).
pub fn is_false(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    matches!(value.as_str(), "false" | "no" | "off" | "")
        || value
            .trim_end_matches(['k', 'm', 'g'])
            .parse::<i64>()
            .is_ok_and(|number| number == 0)
}

/// `GIT_CONFIG_PARAMETERS`, where `git -c` hands on its settings: `'http.sslverify=false'` or `'http.sslverify'='false'`.
pub fn parameters(text: &str) -> Vec<(String, String)> {
    let words = super::words::commands(text).into_iter().flatten();
    words
        .filter_map(|word| {
            let (name, value) = word.text.split_once('=')?;
            Some((name.to_lowercase(), value.to_string()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::format::flat;

    #[test]
    fn variables_are_read_as_git_reads_them() {
        let table: [(&str, &[&str]); 10] = [
            ("[http]\n\tsslVerify = false\n", &["2:http/sslverify=false"]),
            (
                "[HTTP \"https://A.b/\"] SSLVERIFY=0 ; x\n",
                &["1:http/https://A.b//sslverify=0"],
            ),
            (
                "[http.example]\nsslverify = \"no\"\n",
                &["2:http/example/sslverify=no"],
            ),
            ("[a]\nb = x \"y # z\" w # c\n", &["2:a/b=x y # z w"]),
            (
                "[a]\nb = one \\\n two\nc\n",
                &["2:a/b=one  two", "4:a/c=true"],
            ),
            ("[a \"q\\\"r\"]\nb=1", &["2:a/q\"r/b=1"]),
            ("[a]\nb=\n", &["2:a/b="]),
            ("[a]\nb = 1 # \\\nc = 2\n", &["2:a/b=1", "3:a/c=2"]),
            ("[a]\nb = \"x#\\\ny\"\n", &["2:a/b=x#y"]),
            ("[a]\r\nb = false\r\n", &["2:a/b=false"]),
        ];
        for (text, expected) in table {
            assert_eq!(flat(&parse(text)), expected, "{text}");
        }
    }

    #[test]
    fn the_last_of_a_variable_counts_and_every_include() {
        let text = "[include]\npath = a\npath = b\n[http]\nproxy = c\nproxy = d\n[includeIf \"x\"]\npath = e\npath = f\n";
        let expected = [
            "2:include/path=a",
            "3:include/path=b",
            "6:http/proxy=d",
            "8:includeif/x/path=e",
            "9:includeif/x/path=f",
        ];
        assert_eq!(flat(&effective(parse(text))), expected);
    }

    #[test]
    fn near_misses_are_not_the_setting() {
        let table = [
            "[http]\n# sslVerify = false",
            "[http]\n; sslVerify = false",
            "sslVerify = false",
            "[alias]\n x = \"!git -c http.sslVerify=false clone\"",
            "[https]\n sslVerify = false",
            "[http]\n sslVerifyX = false",
        ];
        for text in table {
            assert!(
                !parse(text).iter().any(|s| s.is(&["http", "sslverify"])),
                "{text}"
            );
        }
    }

    #[test]
    fn booleans_are_those_of_git() {
        let no = ["false", "No", "OFF", "0", "", "00", "0k", "-0"];
        assert!(no.iter().all(|v| is_false(v)));
        let others = ["true", "yes", "1", "falsey", "n", "disable", "k"];
        assert!(!others.iter().any(|v| is_false(v)));
    }

    #[test]
    fn sections_for_urls_fit_as_git_says() {
        // As `git config --get-urlmatch` answers.
        let url = "https://me@git.corp.test/team/x.git";
        for (wanted, expected) in [
            ("https://git.corp.test", true),
            ("https://git.corp.test/", true),
            ("https://git.corp.test:443/team", true),
            ("https://git.corp.test/tea", false),
            ("https://git.corp.test/team/", true),
            ("https://*.corp.test", true),
            ("https://*.test", false),
            ("https://g*.corp.test", false),
            ("https://GIT.corp.test", true),
            ("https://me@git.corp.test", true),
            ("https://you@git.corp.test", false),
            ("http://git.corp.test", false),
            ("https://git.corp.test:8443", false),
            ("git.corp.test", false),
        ] {
            assert_eq!(fits(wanted, url).is_some(), expected, "{wanted}");
        }
        let rank = |wanted| fits(wanted, url);
        assert!(rank("https://git.corp.test") > rank("https://*.corp.test/team"));
        assert!(rank("https://git.corp.test/team") > rank("https://me@git.corp.test"));
    }

    #[test]
    fn patterns_of_folders_are_those_of_git() {
        for (pattern, text, expected) in [
            ("/a/**", "/a/b/.git", true),
            ("**/b/**", "/a/b/.git", true),
            ("/a/*", "/a/b/.git", false),
            ("/a/?/.git", "/a/b/.git", true),
            ("/x/**", "/a/b/.git", false),
            ("**/b", "/ab", false),
            ("**/b", "b", true),
            ("a**b", "a/x/b", true),
            ("a*b", "a/b", false),
        ] {
            assert_eq!(
                glob(pattern.as_bytes(), text.as_bytes()),
                expected,
                "{pattern}"
            );
        }
    }

    #[test]
    fn parameters_in_both_spellings() {
        let both = "'http.sslVerify=false' 'http.https://a b.sslverify'='0'";
        let expected = [
            ("http.sslverify", "false"),
            ("http.https://a b.sslverify", "0"),
        ];
        let expected = expected.map(|(name, value)| (name.to_string(), value.to_string()));
        assert_eq!(parameters(both), expected);
    }

    #[test]
    fn unfinished_files_end() {
        for text in ["[", "[a \"", "[a \"b\\", "[a]\nb=\\", "[a]\nb=\"x"] {
            parse(text);
        }
    }
}
