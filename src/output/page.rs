//! A page of text for people: every piece is escaped when it is put there, styles are kept apart from the text.

use std::io::{self, Write};
use std::ops::Range;

use anstyle::{AnsiColor, Style};

use super::escape;
use super::surface;
use super::wrap::{breaks, wrapped};
use crate::redact;

/// What a piece of text means; colour only supports what the words say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Ordinary text.
    Plain,
    /// A heading or a name that matters.
    Strong,
    /// Less important.
    Faint,
    /// Something is right.
    Good,
    /// Something is wrong.
    Error,
    /// Something deserves attention.
    Warning,
    /// What to do.
    Hint,
}

impl Tone {
    fn style(self) -> Style {
        let colour = |colour: AnsiColor| colour.on_default();
        match self {
            Tone::Plain => Style::new(),
            Tone::Strong => Style::new().bold(),
            Tone::Faint => Style::new().dimmed(),
            Tone::Good => colour(AnsiColor::Green),
            Tone::Error => colour(AnsiColor::Red).bold(),
            Tone::Warning => colour(AnsiColor::Yellow).bold(),
            Tone::Hint => colour(AnsiColor::Cyan).bold(),
        }
    }
}

/// The page; text goes in as it is and comes out escaped, without secrets.
#[derive(Default)]
pub struct Page {
    text: String,
    /// Where the text means something, in order.
    toned: Vec<(Tone, Range<usize>)>,
}

impl Page {
    /// Puts plain text.
    pub fn put(&mut self, text: impl AsRef<str>) -> &mut Self {
        self.styled(Tone::Plain, text)
    }

    /// Puts text with a meaning.
    pub fn styled(&mut self, tone: Tone, text: impl AsRef<str>) -> &mut Self {
        self.safe(tone, |page| {
            escape::terminal_into(page, &redact::text(text.as_ref()));
        })
    }

    /// Puts text that is safe already.
    fn safe(&mut self, tone: Tone, put: impl FnOnce(&mut String)) -> &mut Self {
        let start = self.text.len();
        put(&mut self.text);
        if tone != Tone::Plain {
            self.toned.push((tone, start..self.text.len()));
        }
        self
    }

    /// Puts a line of values with tabs between them.
    pub fn fields(&mut self, values: &[String]) -> &mut Self {
        for (number, value) in values.iter().enumerate() {
            if number > 0 {
                self.text.push('\t');
            }
            self.put(value);
        }
        self.end()
    }

    /// Ends the line.
    pub fn end(&mut self) -> &mut Self {
        self.text.push('\n');
        self
    }

    /// Puts plain text and ends the line.
    pub fn line(&mut self, text: impl AsRef<str>) -> &mut Self {
        self.put(text).end()
    }

    /// Puts a heading on a line of its own.
    pub fn heading(&mut self, text: impl AsRef<str>) -> &mut Self {
        self.styled(Tone::Strong, text).end()
    }

    /// Puts `label  value` with the label padded to `width` columns.
    pub fn field(&mut self, width: usize, label: &str, value: impl AsRef<str>) -> &mut Self {
        self.styled(Tone::Faint, format!("  {label:width$}  "))
            .line(value)
    }

    /// Puts text in lines no wider than the page and ends the last: the first line goes after the `indent` columns that
    /// stand there already, the others are indented by as many.
    pub fn paragraph(&mut self, indent: usize, text: impl AsRef<str>) -> &mut Self {
        self.toned(Tone::Plain, indent, text)
    }

    /// The same with a meaning.
    pub fn toned(&mut self, tone: Tone, indent: usize, text: impl AsRef<str>) -> &mut Self {
        // Escaped first: what is escaped is longer.
        let text = escape::terminal(&redact::text(text.as_ref()));
        for (number, line) in wrapped(&text, surface::width().saturating_sub(indent))
            .into_iter()
            .enumerate()
        {
            if number > 0 {
                self.end().put(" ".repeat(indent));
            }
            self.safe(tone, |page| page.push_str(&line));
        }
        self.end()
    }

    /// The page with its long lines broken between words, for a terminal, which would break them anywhere.
    #[must_use]
    pub fn fitted(&self) -> Page {
        let width = surface::width();
        let mut page = Page::default();
        // Where the text has moved: from here on by so many bytes.
        let mut moved: Vec<(usize, isize)> = Vec::new();
        let mut done = 0;
        for line in self.text.split_inclusive('\n') {
            let start = done;
            done += line.len();
            let text = line.trim_end_matches('\n');
            let (broken, indent) = match text.chars().count() > width {
                true => breaks(text, width),
                false => (Vec::new(), 0),
            };
            let mut from = 0;
            for blanks in broken {
                page.text += &line[from..blanks.start];
                page.text.push('\n');
                page.text.extend(std::iter::repeat_n(' ', indent));
                from = blanks.end;
                let at = start + from;
                moved.push((at, page.text.len() as isize - at as isize));
            }
            page.text += &line[from..];
        }
        let new = |at: usize| {
            let before = moved.partition_point(|(from, _)| *from <= at);
            let by = before.checked_sub(1).map_or(0, |last| moved[last].1);
            at.saturating_add_signed(by).min(page.text.len())
        };
        page.toned = self
            .toned
            .iter()
            .map(|(tone, range)| (*tone, new(range.start)..new(range.end)))
            .collect();
        page
    }

    /// The page without any style.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Writes the page with its styles; the stream decides whether they are kept.
    pub fn write(&self, stream: &mut impl Write) -> io::Result<()> {
        let mut out = Vec::with_capacity(2 * self.text.len());
        let mut done = 0;
        for (tone, range) in &self.toned {
            let style = tone.style();
            let (before, text) = (&self.text[done..range.start], &self.text[range.clone()]);
            write!(out, "{before}{style}{text}{style:#}")?;
            done = range.end;
        }
        write!(out, "{}", &self.text[done..])?;
        stream.write_all(&out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_stay_where_their_words_are_when_lines_are_broken() {
        let mut page = Page::default();
        let long = "word ".repeat(30);
        page.put(&long).styled(Tone::Error, "bad").end();
        page.styled(Tone::Strong, "next").end();
        let fitted = page.fitted();
        assert!(fitted.text.lines().all(|line| line.chars().count() <= 80));
        let words = |page: &Page| -> Vec<String> {
            let toned = page.toned.iter();
            toned
                .map(|(_, range)| page.text[range.clone()].to_string())
                .collect()
        };
        assert_eq!(words(&fitted), ["bad", "next"]);
        assert_eq!(
            fitted.text.split_whitespace().collect::<Vec<_>>(),
            page.text.split_whitespace().collect::<Vec<_>>()
        );
    }
}
