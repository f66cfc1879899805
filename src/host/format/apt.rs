//! apt.conf(5).

use std::iter::Peekable;
use std::str::Chars;

use super::Setting;

/// Deeper nesting than this is not read on.
const DEPTH: usize = 32;

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
    let mut at_start = true;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' => line += 1,
            '{' => out.push(Token::Open),
            '}' => out.push(Token::Close),
            ';' => out.push(Token::End),
            // `#clear` and `#include` are directives; they set nothing, and a comment sets nothing either.
            '#' if at_start => skip_line(&mut chars),
            '/' if chars.peek() == Some(&'/') => skip_line(&mut chars),
            '/' if chars.peek() == Some(&'*') => line += skip_comment(&mut chars),
            c if c.is_whitespace() => {}
            '"' => out.push(Token::Word(line, quoted(&mut chars, &mut line))),
            c => out.push(Token::Word(line, bare(c, &mut chars))),
        }
        at_start = c == '\n' || (at_start && c.is_whitespace());
    }
    out
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
    while let Some(c) = chars.next_if(|c| !c.is_whitespace() && !matches!(c, '{' | '}' | ';' | '"'))
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
    fn near_misses() {
        let table = [
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
