//! Source code as words, texts and signs: as much of a language as tells what is code from what only looks like it.

use std::iter::Peekable;
use std::str::Chars;

/// A piece of source code; words and texts with the line on which they begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A name, a keyword or a number.
    Word(usize, String),
    /// What stands in quotes, without them.
    Text(usize, String),
    /// Any other character.
    Sign(char),
}

/// How a language writes comments and texts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Syntax {
    /// Comments begin with `#`, not with `//` or `/*`.
    pub hash: bool,
    /// A text may stand in backquotes, over several lines.
    pub backquotes: bool,
    /// In backquotes a backslash is one.
    pub raw: bool,
    /// A text may stand in three of a quote.
    pub triple: bool,
    /// A text in single or double quotes ends with its line at the latest.
    pub one_line: bool,
}

/// Reads source code; what is not closed ends with the text.
pub(super) fn tokens(text: &str, syntax: Syntax) -> Vec<Token> {
    let mut reader = Reader {
        chars: text.chars().peekable(),
        line: 1,
        syntax,
    };
    let mut out = Vec::new();
    while let Some(c) = reader.next() {
        let second = reader.chars.peek().copied();
        match c {
            '#' if syntax.hash => reader.comment(false),
            '/' if !syntax.hash && matches!(second, Some('/' | '*')) => {
                reader.comment(second == Some('*'));
            }
            '"' | '\'' => out.push(reader.text(c)),
            '`' if syntax.backquotes => out.push(reader.text(c)),
            c if c.is_alphanumeric() || c == '_' => out.push(reader.word(c)),
            c if c.is_whitespace() => {}
            c => out.push(Token::Sign(c)),
        }
    }
    out
}

struct Reader<'a> {
    chars: Peekable<Chars<'a>>,
    line: usize,
    syntax: Syntax,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.chars.next()?;
        self.line += usize::from(c == '\n');
        Some(c)
    }

    fn comment(&mut self, block: bool) {
        let mut last = ' ';
        if block {
            self.next();
        }
        while let Some(c) = self.next() {
            let ended = if block {
                last == '*' && c == '/'
            } else {
                c == '\n'
            };
            if ended {
                return;
            }
            last = c;
        }
    }

    fn word(&mut self, first: char) -> Token {
        let line = self.line;
        let mut word = String::from(first);
        while let Some(c) = self.chars.next_if(|c| c.is_alphanumeric() || *c == '_') {
            word.push(c);
        }
        Token::Word(line, word)
    }

    /// A text in one or three of a quote; a backslash protects what follows it.
    fn text(&mut self, quote: char) -> Token {
        let (line, mut out) = (self.line, String::new());
        let mut wanted = 1;
        if self.syntax.triple && self.chars.next_if_eq(&quote).is_some() {
            if self.chars.next_if_eq(&quote).is_none() {
                return Token::Text(line, out);
            }
            wanted = 3;
        }
        let raw = quote == '`' && self.syntax.raw;
        let one_line = wanted == 1 && quote != '`' && self.syntax.one_line;
        let mut seen = 0;
        while let Some(c) = self.next() {
            seen = if c == quote { seen + 1 } else { 0 };
            match c {
                '\\' if !raw => out.extend(self.protected()),
                '\n' if one_line => break,
                c => out.push(c),
            }
            if seen == wanted {
                out.truncate(out.len() - wanted);
                break;
            }
        }
        Token::Text(line, out)
    }

    fn protected(&mut self) -> Option<char> {
        match self.next()? {
            'n' => Some('\n'),
            't' => Some('\t'),
            c => Some(c),
        }
    }
}
