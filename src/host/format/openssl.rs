//! `openssl.cnf` as OpenSSL reads it (config(5), `crypto/conf/conf_def.c`).

use std::collections::HashMap;

/// Includes deeper than this are not followed.
const INCLUDE_DEPTH: usize = 8;
/// More files than this are not included in all.
const INCLUDES: usize = 64;
/// The section before the first heading.
const DEFAULT: &str = "default";
/// Longest value after variables are replaced (`conf_def.c`: MAX_CONF_VALUE_LENGTH).
const MAX_VALUE: usize = 65_536;

/// More applications than this have no settings of their own.
const MAX_APPLICATIONS: usize = 1000;
/// More TLS settings than this are not looked at.
const MAX_SETTINGS: usize = 10_000;

/// One assignment that is in force (a later one of the same name in the same section has replaced others).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The file it stands in, as it was named.
    pub file: String,
    /// The line it begins on, counted from 1.
    pub line: usize,
    /// The section it belongs to.
    pub section: String,
    /// Its name, case kept.
    pub name: String,
    /// Its value, variables replaced.
    pub value: String,
}

/// The file with everything it includes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conf {
    /// The assignments in order.
    pub entries: Vec<Entry>,
}

/// Gives the files an `.include` names, each with its name and text: one file, or the `*.cnf` and `*.conf` of
/// a folder in order.
pub type Include<'a> = dyn FnMut(&str) -> Vec<(String, String)> + 'a;

/// Reads the text of the file called `name`.
pub fn parse(name: &str, text: &str, include: &mut Include<'_>) -> Conf {
    let mut reader = Reader {
        conf: Conf::default(),
        places: HashMap::new(),
        section: DEFAULT.to_string(),
        includes: 0,
    };
    reader.file(name, text, include, 0);
    reader.conf.entries.retain(|entry| !entry.name.is_empty());
    reader.conf
}

struct Reader {
    conf: Conf,
    places: HashMap<(String, String), usize>,
    section: String,
    includes: usize,
}

impl Reader {
    fn file(&mut self, name: &str, text: &str, include: &mut Include<'_>, depth: usize) {
        for (line, text) in logical(text) {
            let text = text.trim();
            if let Some(rest) = text.strip_prefix('[') {
                self.section = rest
                    .split(']')
                    .next()
                    .unwrap_or_default()
                    .trim()
                    .to_string();
            } else if let Some(path) = directive(text, ".include") {
                self.include(&self.expanded(path), include, depth);
            } else if let Some((key, value)) =
                text.split_once('=').filter(|_| !text.starts_with('.'))
            {
                let entry = self.entry(name, line, key.trim(), value.trim());
                self.assign(entry);
            }
        }
    }

    fn include(&mut self, path: &str, include: &mut Include<'_>, depth: usize) {
        if depth >= INCLUDE_DEPTH || self.includes >= INCLUDES {
            return;
        }
        for (name, text) in include(path) {
            self.includes += 1;
            if self.includes <= INCLUDES {
                self.file(&name, &text, include, depth + 1);
            }
        }
    }

    fn entry(&self, file: &str, line: usize, key: &str, value: &str) -> Entry {
        let (section, name) = key.split_once("::").unwrap_or((&self.section, key));
        Entry {
            file: file.to_string(),
            line,
            section: section.trim().to_string(),
            name: name.trim().to_string(),
            value: self.expanded(value),
        }
    }

    fn assign(&mut self, entry: Entry) {
        let key = (entry.section.clone(), entry.name.clone());
        let place = self.conf.entries.len();
        if let Some(before) = self.places.insert(key, place)
            && let Some(replaced) = self.conf.entries.get_mut(before)
        {
            // An empty name marks what was replaced; positions must not move.
            replaced.name.clear();
        }
        self.conf.entries.push(entry);
    }

    fn value(&self, section: &str, name: &str) -> Option<&str> {
        let at = |section: &str| self.places.get(&(section.to_string(), name.to_string()));
        let place = at(section).or_else(|| at(DEFAULT))?;
        self.conf
            .entries
            .get(*place)
            .map(|entry| entry.value.as_str())
    }

    /// Quotes taken off, escapes and variables replaced.
    fn expanded(&self, text: &str) -> String {
        let mut out = String::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '"' | '\'' | '`' => out.extend(chars.by_ref().take_while(|next| *next != c)),
                '\\' => out.extend(chars.next().map(escaped)),
                '$' => {
                    let closing = match chars.peek() {
                        Some('{') => Some('}'),
                        Some('(') => Some(')'),
                        _ => None,
                    };
                    let name = variable(&mut chars, closing);
                    let (section, name) = name.split_once("::").unwrap_or((&self.section, &name));
                    out.push_str(self.value(section, name).unwrap_or_default());
                }
                c => out.push(c),
            }
            if out.len() > MAX_VALUE {
                out.clear();
                break;
            }
        }
        out
    }
}

fn escaped(c: char) -> char {
    match c {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        c => c,
    }
}

fn variable(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, closing: Option<char>) -> String {
    let part = |c: &char| c.is_ascii_alphanumeric() || *c == '_' || *c == ':';
    match closing {
        Some(end) => {
            chars.next();
            chars.by_ref().take_while(|c| *c != end).collect()
        }
        None => std::iter::from_fn(|| chars.next_if(part)).collect(),
    }
}

/// `.include path` and `.include = path`.
fn directive<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let rest = text.strip_prefix(name)?;
    let rest = rest.strip_prefix([' ', '\t', '='])?;
    Some(rest.trim_start().trim_start_matches('=').trim())
}

/// Lines without their comments, joined where they end in a backslash.
fn logical(text: &str) -> Vec<(usize, String)> {
    let mut out: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for (line, text) in super::environment::numbered(text) {
        let text = text
            .strip_prefix('\u{feff}')
            .filter(|_| line == 1)
            .unwrap_or(text);
        let text = uncommented(text);
        let continues = text.chars().rev().take_while(|c| *c == '\\').count() % 2 == 1;
        let text = if continues {
            text.get(..text.len() - 1).unwrap_or_default()
        } else {
            text
        };
        match out.last_mut() {
            Some((_, last)) if open => last.push_str(text),
            _ => out.push((line, text.to_string())),
        }
        open = continues;
    }
    out
}

fn uncommented(text: &str) -> &str {
    let (mut quote, mut escape) = (None, false);
    for (index, c) in text.char_indices() {
        match (quote, c) {
            _ if escape => escape = false,
            (_, '\\') => escape = true,
            (None, '#') => return text.get(..index).unwrap_or_default(),
            (None, '"' | '\'' | '`') => quote = Some(c),
            (Some(q), c) if q == c => quote = None,
            _ => {}
        }
    }
    text
}

impl Conf {
    /// The value of a name in a section, or else in the default section.
    pub fn value(&self, section: &str, name: &str) -> Option<&str> {
        let find = |section: &str| {
            self.entries
                .iter()
                .find(|e| e.section == section && e.name == name)
        };
        find(section)
            .or_else(|| find(DEFAULT))
            .map(|entry| entry.value.as_str())
    }

    /// The TLS settings that libssl applies: the application they are for (`system_default`: all), and the entry.
    ///
    /// They hang on a chain: `openssl_conf` names a section, its `ssl_conf` another, whose entries name one each
    /// (SSL_CONF_CTX, config(5) "SSL Configuration").
    pub fn tls(&self) -> Vec<(&str, &Entry)> {
        let chain = self
            .value(DEFAULT, "openssl_conf")
            .and_then(|section| self.value(section, "ssl_conf"));
        let Some(applications) = chain else {
            return Vec::new();
        };
        let of = |section: &str| {
            let section = section.to_string();
            self.entries
                .iter()
                .filter(move |entry| entry.section == section)
        };
        of(applications)
            .take(MAX_APPLICATIONS)
            .flat_map(|application| {
                of(&application.value).map(move |entry| (application.name.as_str(), entry))
            })
            .take(MAX_SETTINGS)
            .collect()
    }
}

impl Entry {
    /// The command of SSL_CONF_cmd(3): what stands before a dot only makes the name unique, case does not count.
    pub fn command(&self) -> String {
        self.name
            .rsplit('.')
            .next()
            .unwrap_or_default()
            .to_lowercase()
    }
}

/// The security level of a cipher string: the last `@SECLEVEL=N` in it.
pub fn security_level(ciphers: &str) -> Option<u32> {
    let digits = |rest: &str| rest.chars().next().and_then(|c| c.to_digit(10));
    ciphers
        .rsplit_once("@SECLEVEL=")
        .and_then(|(_, rest)| digits(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let mut include = |path: &str| match path {
            "/d" => vec![(
                "/d/a.cnf".to_string(),
                "[sys]\nMinProtocol = TLSv1\n".to_string(),
            )],
            "/loop" => vec![("/loop".to_string(), ".include /loop\n".repeat(100))],
            _ => Vec::new(),
        };
        let conf = parse("/c", text, &mut include);
        conf.tls()
            .iter()
            .map(|(app, e)| format!("{app} {}:{} {}={}", e.file, e.line, e.command(), e.value))
            .collect()
    }

    const HEAD: &str = "openssl_conf = init\n[init]\nssl_conf = ssl\n[ssl]\nsystem_default = sys\n";

    #[test]
    fn the_chain_of_sections_is_followed() {
        let table: [(&str, &[&str]); 7] = [
            (
                "[sys]\nMinProtocol = TLSv1 # low\n",
                &["system_default /c:7 minprotocol=TLSv1"],
            ),
            (
                "[sys]\nminprotocol=TLSv1\n[sys]\nMinProtocol = TLSv1.2\n",
                &[
                    "system_default /c:7 minprotocol=TLSv1",
                    "system_default /c:9 minprotocol=TLSv1.2",
                ],
            ),
            (
                "[sys]\nA.CipherString = DEFAULT\\\n@SECLEVEL=0\n",
                &["system_default /c:7 cipherstring=DEFAULT@SECLEVEL=0"],
            ),
            (
                "[default]\nlow = TLSv1\n[sys]\nMinProtocol = $low.1\n",
                &["system_default /c:9 minprotocol=TLSv1.1"],
            ),
            (
                "[x]\nv = TLSv1\n[sys]\nMinProtocol = ${x::v}\n",
                &["system_default /c:9 minprotocol=TLSv1"],
            ),
            (
                ".include /d\n",
                &["system_default /d/a.cnf:2 minprotocol=TLSv1"],
            ),
            (
                "[sys]\nMinProtocol = TLSv1\nMinProtocol = TLSv1.2\n",
                &["system_default /c:8 minprotocol=TLSv1.2"],
            ),
        ];
        for (text, expected) in table {
            assert_eq!(read(&format!("{HEAD}{text}")), expected, "{text}");
        }
    }

    #[test]
    fn near_misses_have_no_effect() {
        let table = [
            "[sys]\n# MinProtocol = TLSv1\n",
            "[other]\nMinProtocol = TLSv1\n",
            "MinProtocol = TLSv1\n[sys]\n",
            "[sys2]\nMinProtocol = TLSv1\n",
        ];
        for text in table {
            let found = read(&format!("{HEAD}{text}"));
            assert!(
                !found
                    .iter()
                    .any(|line| line.starts_with("system_default /c")
                        && line.contains("minprotocol")),
                "{text} {found:?}"
            );
        }
        assert!(read("[system_default_sect]\nMinProtocol = TLSv1\n").is_empty());
    }

    #[test]
    fn loops_and_unfinished_files_end() {
        for text in [
            ".include /loop\n",
            "a = ${",
            "[",
            "a = \"",
            "a = $",
            "a\\",
            "a = $a$a\na = $a$a$a\n",
        ] {
            read(text);
        }
        let bomb: String = (0..64)
            .map(|n| format!("a{} = $a{n}$a{n}\n", n + 1))
            .collect();
        read(&format!("a0 = xx\n{bomb}"));
    }

    #[test]
    fn the_last_security_level_counts() {
        assert_eq!(security_level("DEFAULT:@SECLEVEL=1"), Some(1));
        assert_eq!(security_level("ALL@SECLEVEL=2:@SECLEVEL=0"), Some(0));
        assert_eq!(security_level("DEFAULT"), None);
    }
}
