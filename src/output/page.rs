//! A page of text for people: every piece is escaped when it is put there, styles are kept apart from the text.

use std::io::{self, Write};
use std::ops::Range;

use anstyle::{AnsiColor, Style};

use super::escape;
use super::wrap::wrapped;
use crate::redact;

/// The width of a page.
const WIDTH: usize = 80;

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

    /// Puts text in lines of at most 80 columns and ends the last: the first line goes after the `indent`
    /// columns that stand there already, the others are indented by as many.
    pub fn paragraph(&mut self, indent: usize, text: impl AsRef<str>) -> &mut Self {
        self.toned(Tone::Plain, indent, text)
    }

    /// The same with a meaning.
    pub fn toned(&mut self, tone: Tone, indent: usize, text: impl AsRef<str>) -> &mut Self {
        // Escaped first: what is escaped is longer.
        let text = escape::terminal(&redact::text(text.as_ref()));
        for (number, line) in wrapped(&text, WIDTH.saturating_sub(indent))
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
