//! Words as a shell splits them: quotes, escapes, comments, separators, here-documents.

use std::iter::Peekable;
use std::str::Chars;

/// One word of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word {
    /// The line it begins on, counted from 1.
    pub line: usize,
    /// The text without its quotes.
    pub text: String,
    /// How many characters at the front stood outside quotes: `A='b=c'` can be an assignment, `'A=b'` cannot.
    pub bare: usize,
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
        }
    }

    fn run(&mut self) {
        while let Some(c) = self.next() {
            match c {
                '\n' => self.end_line(),
                ' ' | '\t' | '\r' | '>' => self.end_word(),
                ';' | '&' | '|' | '(' | ')' => self.end_command(),
                '#' if self.word.is_none() => self.comment(),
                '<' => self.redirected(),
                '\'' => self.single(),
                '"' => self.double(),
                '\\' => self.escaped(),
                '`' => self.until('`'),
                '$' => self.dollar(),
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

    fn redirected(&mut self) {
        self.end_word();
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

    fn dollar(&mut self) {
        match self.chars.peek() {
            Some('\'') => {
                self.next();
                self.single();
            }
            Some('(') => {
                self.push('$');
                self.nested();
            }
            _ => self.push('$'),
        }
    }

    /// `$( … )` belongs to the word it stands in, whatever is inside.
    fn nested(&mut self) {
        let mut depth = 0_usize;
        while let Some(c) = self.next() {
            self.push_quoted(c);
            match c {
                '(' => depth += 1,
                ')' if depth <= 1 => return,
                ')' => depth -= 1,
                _ => {}
            }
        }
    }

    fn until(&mut self, end: char) {
        self.push('`');
        while let Some(c) = self.next() {
            self.push_quoted(c);
            if c == end {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(script: &str) -> Vec<String> {
        let show = |command: &Vec<Word>| {
            let words: Vec<_> = command
                .iter()
                .map(|w| format!("{}:{}", w.line, w.text))
                .collect();
            words.join(" ")
        };
        commands(script).iter().map(show).collect()
    }

    #[test]
    fn words_are_split_as_a_shell_does() {
        assert_eq!(
            shown("a 'b c' \"d\\\"e\"f g\\ h\n"),
            ["1:a 1:b c 1:d\"ef 1:g h"]
        );
        assert_eq!(
            shown("a; b && c | d\ne"),
            ["1:a", "1:b", "1:c", "1:d", "2:e"]
        );
        assert_eq!(shown("a \\\n b"), ["1:a 2:b"]);
        assert_eq!(shown("a=$(x; y) b=`c d`"), ["1:a=$(x; y) 1:b=`c d`"]);
    }

    #[test]
    fn comments_and_here_documents_are_no_words() {
        assert_eq!(shown("a # b\n#c\nd#e"), ["1:a", "3:d#e"]);
        assert_eq!(shown("cat <<EOF\nexport A=1\nEOF\nb"), ["1:cat", "4:b"]);
        assert_eq!(shown("cat <<-'E'\n\tx\n\tE\nb"), ["1:cat", "4:b"]);
        assert_eq!(shown("cat <<< x\ny"), ["1:cat 1:x", "2:y"]);
    }

    #[test]
    fn what_never_ends_is_read_to_its_end() {
        for script in ["'a", "\"a\\", "$(a", "`a", "cat <<E\nx", "a\\"] {
            commands(script);
        }
    }

    #[test]
    fn a_quoted_name_is_no_assignment() {
        let word = |script: &str| commands(script).remove(0).remove(0);
        assert_eq!(word("A='b c'").assignment(), Some(("A", "b c")));
        assert_eq!(word("A=").assignment(), Some(("A", "")));
        assert_eq!(word("'A=b'").assignment(), None);
        assert_eq!(word("1A=b").assignment(), None);
    }
}
