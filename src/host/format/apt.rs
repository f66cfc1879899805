//! apt.conf(5).

use std::collections::HashSet;
use std::iter::Peekable;
use std::str::Chars;

use super::Setting;

/// Deeper nesting than this is not read on.
const DEPTH: usize = 32;

/// The first part of the path of a `#clear`: it takes back everything below the rest of the path.
pub const CLEAR: &str = "#clear";

/// The settings; the path is the option split at `::`, in lower case.
pub fn parse(text: &str) -> Vec<Setting> {
    let mut reader = Reader {
        tokens: tokens(text).into_iter().peekable(),
        out: Vec::new(),
    };
    reader.block(&[], 0);
    reader.out
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Word(usize, String),
    Open,
    Close,
    End,
}

fn tokens(text: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut line = 1;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' => line += 1,
            '{' => out.push(Token::Open),
            '}' => out.push(Token::Close),
            ';' => out.push(Token::End),
            '#' => match directive(&mut chars) {
                Some(name) => out.push(Token::Word(line, name)),
                None => skip_line(&mut chars),
            },
            '/' if chars.peek() == Some(&'/') => skip_line(&mut chars),
            '/' if chars.peek() == Some(&'*') => line += skip_comment(&mut chars),
            c if c.is_whitespace() => {}
            '"' => out.push(Token::Word(line, quoted(&mut chars, &mut line))),
            c => out.push(Token::Word(line, bare(c, &mut chars))),
        }
    }
    out
}

/// `#clear` and `#include` are no comments.
fn directive(chars: &mut Peekable<Chars<'_>>) -> Option<String> {
    let ahead: String = chars
        .clone()
        .take_while(char::is_ascii_alphabetic)
        .take(8)
        .collect();
    if !matches!(ahead.as_str(), "clear" | "include") {
        return None;
    }
    chars.by_ref().take(ahead.len()).for_each(drop);
    Some(format!("#{ahead}"))
}

fn skip_line(chars: &mut Peekable<Chars<'_>>) {
    while chars.next_if(|c| *c != '\n').is_some() {}
}

/// Returns the lines skipped.
fn skip_comment(chars: &mut Peekable<Chars<'_>>) -> usize {
    chars.next();
    let (mut lines, mut star) = (0, false);
    for c in chars.by_ref() {
        match c {
            '/' if star => break,
            '\n' => lines += 1,
            _ => {}
        }
        star = c == '*';
    }
    lines
}

fn quoted(chars: &mut Peekable<Chars<'_>>, line: &mut usize) -> String {
    let mut out = String::new();
    for c in chars.by_ref() {
        match c {
            '"' => break,
            '\n' => *line += 1,
            _ => {}
        }
        out.push(c);
    }
    out
}

fn bare(first: char, chars: &mut Peekable<Chars<'_>>) -> String {
    let mut out = String::from(first);
    while let Some(c) =
        chars.next_if(|c| !c.is_whitespace() && !matches!(c, '{' | '}' | ';' | '"' | '#'))
    {
        out.push(c);
    }
    out
}

struct Reader {
    tokens: Peekable<std::vec::IntoIter<Token>>,
    out: Vec<Setting>,
}

impl Reader {
    fn block(&mut self, path: &[String], depth: usize) {
        let mut words: Vec<(usize, String)> = Vec::new();
        while let Some(token) = self.tokens.next() {
            match token {
                Token::Word(line, word) => words.push((line, word)),
                Token::End => self.statement(path, &std::mem::take(&mut words)),
                Token::Open => {
                    let words = std::mem::take(&mut words);
                    let inner = match words.first() {
                        Some((_, name)) if depth < DEPTH => joined(path, name),
                        _ => path.to_vec(),
                    };
                    if depth < DEPTH {
                        self.block(&inner, depth + 1);
                    }
                }
                Token::Close => break,
            }
        }
        self.statement(path, &words);
    }

    fn statement(&mut self, path: &[String], words: &[(usize, String)]) {
        let setting = match words {
            [(line, name), targets @ ..] if name == CLEAR => {
                self.out.extend(targets.iter().map(|(_, target)| Setting {
                    line: *line,
                    path: joined(&[CLEAR.to_string()], target),
                    value: String::new(),
                }));
                return;
            }
            [(line, name), (_, value), ..] => Setting {
                line: *line,
                path: joined(path, name),
                value: value.clone(),
            },
            // A list item: a value without a name.
            [(line, value)] => Setting {
                line: *line,
                path: path.to_vec(),
                value: value.clone(),
            },
            [] => return,
        };
        self.out.push(setting);
    }
}

fn joined(path: &[String], name: &str) -> Vec<String> {
    let parts = name
        .split("::")
        .filter(|part| !part.is_empty())
        .map(str::to_lowercase);
    path.iter().cloned().chain(parts).collect()
}

/// The files that a text includes.
pub fn includes(settings: &[Setting]) -> impl Iterator<Item = &str> {
    let of = |setting: &&Setting| setting.is(&["#include"]);
    settings.iter().filter(of).map(|s| s.value.as_str())
}

/// What is left of several files that apt reads one after the other: of each option the last value, and nothing of
/// what a `#clear` took back. Given and returned as the settings of each file.
pub fn effective(files: &mut [&mut Vec<Setting>]) {
    let mut later: HashSet<Vec<String>> = HashSet::new();
    let mut cleared: HashSet<Vec<String>> = HashSet::new();
    for settings in files.iter_mut().rev() {
        let mut kept: Vec<Setting> = Vec::new();
        for setting in settings.drain(..).rev() {
            if let Some((CLEAR, rest)) = first(&setting.path) {
                cleared.insert(rest.to_vec());
                continue;
            }
            let gone = prefixes(&setting.path).any(|path| cleared.contains(path));
            if !gone && later.insert(setting.path.clone()) {
                kept.push(setting);
            }
        }
        kept.reverse();
        **settings = kept;
    }
}

/// The path cut off behind each of its parts.
fn prefixes(path: &[String]) -> impl Iterator<Item = &[String]> {
    (0..=path.len()).filter_map(|end| path.get(..end))
}

fn first(path: &[String]) -> Option<(&str, &[String])> {
    path.split_first()
        .map(|(first, rest)| (first.as_str(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::format::flat;

    #[test]
    fn both_spellings_give_one_path() {
        let table: [(&str, &[&str]); 5] = [
            (
                "Acquire::https::Verify-Peer \"false\";",
                &["1:acquire/https/verify-peer=false"],
            ),
            (
                "Acquire {\n https {\n  Verify-Peer \"false\";\n };\n};",
                &["3:acquire/https/verify-peer=false"],
            ),
            (
                "Acquire { https::h.example::Verify-Peer false; };",
                &["1:acquire/https/h.example/verify-peer=false"],
            ),
            (
                "DPkg::Pre-Install-Pkgs {\"/usr/x\";};",
                &["1:dpkg/pre-install-pkgs=/usr/x"],
            ),
            ("A \"1\";\n/* x\n y */\nB \"2\";", &["1:a=1", "4:b=2"]),
        ];
        for (text, expected) in table {
            assert_eq!(flat(&parse(text)), expected, "{text}");
        }
    }

    #[test]
    fn comments_and_directives_are_those_of_apt() {
        let table: [(&str, &[&str]); 4] = [
            (
                "A \"1\"; # B \"2\";\nC \"3\"; #D \"4\";",
                &["1:a=1", "2:c=3"],
            ),
            ("A::B # why\n \"no\";", &["1:a/b=no"]),
            (
                "#clear A::B;\n#include \"/x y\";",
                &["1:#clear/a/b=", "2:#include=/x y"],
            ),
            ("\"A\" \"#1//\";", &["1:a=#1//"]),
        ];
        for (text, expected) in table {
            assert_eq!(flat(&parse(text)), expected, "{text}");
        }
        assert_eq!(includes(&parse("#include /x;")).collect::<Vec<_>>(), ["/x"]);
    }

    #[test]
    fn the_last_value_of_all_files_counts() {
        let mut one = parse("A::B \"no\"; A::C \"no\"; A::D \"no\"; E::F \"no\";");
        let mut two = parse("A::B \"yes\"; #clear E; A::C \"no\"; A::C \"off\";");
        effective(&mut [&mut one, &mut two]);
        assert_eq!(flat(&one), ["1:a/d=no"]);
        assert_eq!(flat(&two), ["1:a/b=yes", "1:a/c=off"]);
    }

    #[test]
    fn near_misses() {
        let table = [
            "Acquire::https::Verify-Peer=false;",
            "// Acquire::https::Verify-Peer \"false\";",
            "# Acquire::https::Verify-Peer \"false\";",
            "/* Acquire::https::Verify-Peer \"false\"; */",
            "DPkg::Post-Invoke { \"echo Acquire::https::Verify-Peer false\"; };",
            "Foo::Acquire::https::Verify-Peer \"false\";",
        ];
        for text in table {
            assert!(
                !parse(text)
                    .iter()
                    .any(|s| s.is(&["acquire", "https", "verify-peer"])),
                "{text}"
            );
        }
    }

    #[test]
    fn broken_files_end() {
        let deep = "a{".repeat(10_000);
        for text in ["{", "}", "a {", "\"", "/*", deep.as_str(), "a \"x"] {
            parse(text);
        }
    }
}
