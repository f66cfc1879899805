//! The question before a change. It is written to standard error, and its default is no.

use std::io::{self, Write};

use super::escape;
use super::page::Page;
use crate::commands::Question;
use crate::error::{Error, ErrorKind};
use crate::redact;
use crate::system::terminal::{Line, read_line};

/// How often an answer that is neither yes nor no is asked for again.
const TRIES: usize = 3;

/// Shows the facts and asks for a whole line: y and yes are a yes, everything else is a no in the end.
pub fn confirm(question: &Question) -> anyhow::Result<bool> {
    let mut page = Page::default();
    for group in &question.facts {
        let width = group
            .iter()
            .map(|(label, _)| label.len())
            .max()
            .unwrap_or(0);
        for (label, value) in group {
            page.field(width, label, value);
        }
        page.end();
    }
    super::to_stderr(&page);
    let mut asked = format!("{} [y/N] ", question.prompt);
    for _ in 0..TRIES {
        match read_line(|| ask(&asked))? {
            Line::Text(line) => match line.trim().to_lowercase().as_str() {
                "y" | "yes" => return Ok(true),
                "" | "n" | "no" => return Ok(false),
                _ => asked = "please answer yes or no [y/N] ".to_string(),
            },
            Line::End => {
                end_line();
                return Ok(false);
            }
            Line::Interrupted => {
                end_line();
                let error = Error::new("interrupted; nothing was changed");
                return Err(error.kind(ErrorKind::NotConfirmed).into());
            }
        }
    }
    Ok(false)
}

// A standard error that cannot be written to is no terminal: nobody is asked there.

fn ask(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = write!(stderr, "{}", escape::terminal(&redact::text(text)));
    let _ = stderr.flush();
}

/// The cursor stands behind the question.
fn end_line() {
    let _ = writeln!(io::stderr().lock());
}
