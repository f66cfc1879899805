//! Words as a shell splits them: quotes, escapes, comments, separators, here-documents.

use std::fmt::Write;
use std::iter::Peekable;
use std::ops::Range;
use std::str::Chars;

use crate::redact::is_unsafe;
use crate::store::layout::Layout;

/// One word of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word {
    /// The line it begins on, counted from 1.
    pub line: usize,
    /// The text without its quotes.
    pub text: String,
    /// How many characters at the front stood outside quotes: `A='b=c'` can be an assignment, `'A=b'` cannot.
    pub bare: usize,
    /// Where in the text (in bytes) the shell puts something else in: `$NAME`, `${NAME...}`, `$(...)`.
    pub expansions: Vec<Range<usize>>,
}

impl Word {
    /// Name and value where the word is an assignment (`sh(1)`: name outside quotes, then `=`).
    pub fn assignment(&self) -> Option<(&str, &str)> {
        let (name, value) = self.text.split_once('=')?;
        (name.chars().count() < self.bare && is_name(name)).then_some((name, value))
    }
}

/// Whether this can be the name of a variable.
pub fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A word as a shell takes it back: in quotes where it needs them. Characters that no terminal gets raw are written by
/// printf(1), which every shell has.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_string();
    }
    if !word.chars().any(is_unsafe) {
        return format!("'{}'", word.replace('\'', r"'\''"));
    }
    let mut format = String::new();
    for c in word.chars() {
        match c {
            '%' => format.push_str("%%"),
            '\\' => format.push_str(r"\\"),
            '\'' => format.push_str(r"\047"),
            // The first must not look like an option.
            c if is_unsafe(c) || (c == '-' && format.is_empty()) => {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    let _ = write!(format, "\\{byte:03o}");
                }
            }
            c => format.push(c),
        }
    }
    match word.ends_with('\n') {
        false => format!("\"$(printf '{format}')\""),
        // A substitution drops it: this quoting is that of bash and zsh.
        true => format!("$'{}'", format.replace("%%", "%")),
    }
}

/// A command of trustctl on this tree, as it is typed.
pub fn trustctl(layout: &Layout, words: &str) -> String {
    match layout.is_live() {
        true => format!("sudo trustctl {words}"),
        false => {
            let root = quoted(&layout.root.to_string_lossy());
            format!("sudo trustctl --root {root} {words}")
        }
    }
}

/// The commands of a script, each as its words; control flow is not judged, only split off.
pub fn commands(script: &str) -> Vec<Vec<Word>> {
    let mut splitter = Splitter::new(script);
    splitter.run();
    splitter.commands
}

/// A here-document whose body is still to come.
struct Here {
    end: String,
    tabs: bool,
}

struct Splitter<'a> {
    chars: Peekable<Chars<'a>>,
    line: usize,
    word: Option<Word>,
    /// The text of the word so far contains a quoted part.
    quoted: bool,
    command: Vec<Word>,
    commands: Vec<Vec<Word>>,
    heres: Vec<Here>,
    /// The next word is the end mark of a here-document.
    wants_mark: Option<bool>,
    /// Inside `(( ... ))`, where `<<` shifts and begins no document.
    arithmetic: bool,
}

impl<'a> Splitter<'a> {
    fn new(script: &'a str) -> Self {
        Self {
            chars: script.chars().peekable(),
            line: 1,
            word: None,
            quoted: false,
            command: Vec::new(),
            commands: Vec::new(),
            heres: Vec::new(),
            wants_mark: None,
            arithmetic: false,
        }
    }

    fn run(&mut self) {
        while let Some(c) = self.next() {
            match c {
                '\n' => self.end_line(),
                ' ' | '\t' | '\r' | '>' => self.end_word(),
                '(' | ')' => self.parenthesis(c),
                ';' | '&' | '|' => self.end_command(),
                '#' if self.word.is_none() => self.comment(),
                '<' => self.redirected(),
                '\'' => self.single(),
                '"' => self.double(),
                '\\' => self.escaped(),
                '`' => self.backquoted(),
                '$' => self.dollar(false),
                c => self.push(c),
            }
        }
        self.end_command();
    }

    fn next(&mut self) -> Option<char> {
        let c = self.chars.next()?;
        if c == '\n' {
            self.line += 1;
        }
        Some(c)
    }

    fn word(&mut self) -> &mut Word {
        let line = self.line;
        self.word.get_or_insert_with(|| Word {
            line,
            ..Word::default()
        })
    }

    fn push(&mut self, c: char) {
        let bare = !self.quoted;
        let word = self.word();
        word.text.push(c);
        if bare {
            word.bare += 1;
        }
    }

    fn push_quoted(&mut self, c: char) {
        self.quoted = true;
        self.push(c);
    }

    fn end_word(&mut self) {
        self.quoted = false;
        let Some(word) = self.word.take() else { return };
        match self.wants_mark.take() {
            Some(tabs) => self.heres.push(Here {
                end: word.text,
                tabs,
            }),
            None => self.command.push(word),
        }
    }

    fn end_command(&mut self) {
        self.end_word();
        if !self.command.is_empty() {
            self.commands.push(std::mem::take(&mut self.command));
        }
    }

    fn end_line(&mut self) {
        self.end_command();
        for here in std::mem::take(&mut self.heres) {
            self.skip_body(&here);
        }
    }

    fn skip_body(&mut self, here: &Here) {
        loop {
            let mut text = String::new();
            let ended = loop {
                match self.next() {
                    Some('\n') => break false,
                    Some(c) => text.push(c),
                    None => break true,
                }
            };
            let text = if here.tabs {
                text.trim_start_matches('\t')
            } else {
                &text
            };
            if ended || text == here.end {
                return;
            }
        }
    }

    fn comment(&mut self) {
        while self.chars.peek().is_some_and(|c| *c != '\n') {
            self.next();
        }
    }

    fn parenthesis(&mut self, c: char) {
        self.end_command();
        if self.chars.peek() == Some(&c) {
            self.arithmetic = c == '(';
        }
    }

    fn redirected(&mut self) {
        self.end_word();
        if self.arithmetic {
            return;
        }
        if self.chars.next_if_eq(&'<').is_some() {
            self.here();
        }
    }

    /// `<<MARK`, `<<-MARK`; `<<<` is a word and no document.
    fn here(&mut self) {
        if self.chars.next_if_eq(&'<').is_some() {
            return;
        }
        self.wants_mark = Some(self.chars.next_if_eq(&'-').is_some());
    }

    fn single(&mut self) {
        self.word();
        self.quoted = true;
        while let Some(c) = self.next() {
            if c == '\'' {
                return;
            }
            self.push_quoted(c);
        }
    }

    fn double(&mut self) {
        self.word();
        self.quoted = true;
        while let Some(c) = self.next() {
            match c {
                '"' => return,
                '$' => self.dollar(true),
                '`' => self.backquoted(),
                '\\' => match self.next() {
                    Some('\n') | None => {}
                    Some(c @ ('"' | '\\' | '$' | '`')) => self.push_quoted(c),
                    Some(c) => {
                        self.push_quoted('\\');
                        self.push_quoted(c);
                    }
                },
                c => self.push_quoted(c),
            }
        }
    }

    fn escaped(&mut self) {
        match self.next() {
            Some('\n') | None => {}
            Some(c) => self.push_quoted(c),
        }
    }

    /// What `$` begins; `quoted` says whether it stands in double quotes.
    fn dollar(&mut self, quoted: bool) {
        match self.chars.peek() {
            Some('\'') if !quoted => {
                self.next();
                self.escaped_text();
            }
            // `$"..."` is translated text.
            Some('"') if !quoted => {}
            Some('(' | '{') => self.expansion(Self::enclosed),
            Some(c) if c.is_ascii_alphabetic() || *c == '_' => self.expansion(Self::name),
            _ => self.push_quoted('$'),
        }
    }

    /// `$'...'`, in which a backslash protects a quote.
    fn escaped_text(&mut self) {
        self.word();
        self.quoted = true;
        while let Some(c) = self.next() {
            match c {
                '\'' => return,
                '\\' => self.escaped(),
                c => self.push_quoted(c),
            }
        }
    }

    /// Notes what `rest` reads behind a `$` as a place where something else is put in.
    fn expansion(&mut self, rest: fn(&mut Self)) {
        let start = self.word().text.len();
        self.push_quoted('$');
        rest(self);
        let word = self.word();
        let end = word.text.len();
        word.expansions.push(start..end);
    }

    fn name(&mut self) {
        while let Some(c) = self
            .chars
            .next_if(|c| c.is_ascii_alphanumeric() || *c == '_')
        {
            self.push_quoted(c);
        }
    }

    /// `( ... )` or `{ ... }` belongs to the word it stands in, whatever is inside; quotes in it are kept.
    fn enclosed(&mut self) {
        let mut depth = 0_usize;
        while let Some(c) = self.next() {
            self.push_quoted(c);
            match c {
                '(' | '{' => depth += 1,
                ')' | '}' if depth <= 1 => return,
                ')' | '}' => depth -= 1,
                '\'' | '"' | '`' => self.kept_until(c),
                '\\' => self.kept(),
                _ => {}
            }
        }
    }

    fn backquoted(&mut self) {
        self.push_quoted('`');
        self.kept_until('`');
    }

    /// Everything up to the closing quote, the quote included, as it is.
    fn kept_until(&mut self, end: char) {
        while let Some(c) = self.next() {
            self.push_quoted(c);
            match c {
                c if c == end => return,
                '\\' if end != '\'' => self.kept(),
                _ => {}
            }
        }
    }

    fn kept(&mut self) {
        if let Some(c) = self.next() {
            self.push_quoted(c);
        }
    }
}

#[cfg(test)]
mod tests;
