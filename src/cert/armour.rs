//! The markers of PEM (RFC 7468, RFC 1421) and what stands between them.
//!
//! Parsers in use drop what they do not understand, so that a truncated bundle loses roots unseen. This one goes
//! through every line and says what it met.

use std::collections::VecDeque;

use super::base64::Base64;
use super::problem::{Problem, ProblemCode};
use super::text::{Line, Lines};

const DASHES: &[u8] = b"-----";
const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";

/// Labels are shown to people; nobody needs more of one than this.
const MAX_LABEL: usize = 80;

/// A block between two markers, decoded as far as possible.
#[derive(Debug)]
pub(crate) struct RawBlock {
    pub line: usize,
    pub offset: usize,
    pub label: String,
    /// `None` where the Base64 is broken or the content is encrypted.
    pub bytes: Option<Vec<u8>>,
    pub problems: Vec<Problem>,
}

/// What the scanner meets.
#[derive(Debug)]
pub(crate) enum Found {
    Block(RawBlock),
    Outside(Problem),
}

/// Goes through a text and yields its blocks, and the problems outside them, in order.
#[derive(Debug)]
pub(crate) struct Scanner<'a> {
    lines: Lines<'a>,
    open: Option<Open>,
    ready: VecDeque<Found>,
    said_text: bool,
    said_nul: bool,
}

impl<'a> Scanner<'a> {
    pub fn new(text: &'a [u8]) -> Self {
        Self {
            lines: Lines::new(text),
            open: None,
            ready: VecDeque::new(),
            said_text: false,
            said_nul: false,
        }
    }

    fn line(&mut self, line: Line<'a>) {
        let mut text = line.text;
        let mut first = true;
        while let Some(marker) = Marker::find(text) {
            if marker.begin {
                self.begin(&line, &marker);
            } else {
                self.end(&line, &marker);
            }
            if !marker.closed {
                self.say(ProblemCode::MalformedMarker, &line);
            }
            if let Some(code) = marker.misplaced(first) {
                self.say(code, &line);
            }
            if marker.begin
                && (marker.after.starts_with(br"\n") || marker.after.starts_with(br"\r"))
            {
                self.say(ProblemCode::LiteralNewlines, &line);
            }
            if marker.begin && line.cr_alone {
                self.say(ProblemCode::CarriageReturns, &line);
            }
            first = false;
            text = marker.after;
        }
        if first {
            self.plain(line);
        } else if !text.trim_ascii().is_empty() {
            self.say(ProblemCode::TextAfterMarker, &line);
        }
    }

    fn plain(&mut self, line: Line<'_>) {
        if let Some(open) = &mut self.open {
            open.plain(line);
            return;
        }
        let text = line.text.trim_ascii();
        if looks_like_marker(text) {
            self.outside(ProblemCode::MalformedMarker, &line);
        } else if !text.is_empty() && !std::mem::replace(&mut self.said_text, true) {
            self.outside(ProblemCode::TextOutside, &line);
        }
        if text.contains(&0) && !std::mem::replace(&mut self.said_nul, true) {
            self.outside(ProblemCode::NulByte, &line);
        }
    }

    fn outside(&mut self, code: ProblemCode, line: &Line<'_>) {
        self.ready.push_back(Found::Outside(problem(code, line)));
    }

    /// Says something about the block at hand: the open one, or the one that this line closed.
    fn say(&mut self, code: ProblemCode, line: &Line<'_>) {
        let problem = problem(code, line);
        match (&mut self.open, self.ready.back_mut()) {
            (Some(open), _) => open.problems.push(problem),
            (None, Some(Found::Block(block))) => block.problems.push(problem),
            _ => self.ready.push_back(Found::Outside(problem)),
        }
    }

    fn begin(&mut self, line: &Line<'_>, marker: &Marker<'_>) {
        if self.open.is_some() {
            self.say(ProblemCode::BeginInsideBlock, line);
            self.close();
        }
        self.open = Some(Open::new(line, marker.label()));
    }

    fn end(&mut self, line: &Line<'_>, marker: &Marker<'_>) {
        let Some(open) = &mut self.open else {
            self.outside(ProblemCode::EndWithoutBegin, line);
            return;
        };
        if !marker.before.trim_ascii().is_empty() {
            open.plain(Line {
                text: marker.before,
                ..*line
            });
        }
        if open.label != marker.label() {
            open.problems
                .push(problem(ProblemCode::EndLabelMismatch, line));
        }
        self.close();
    }

    fn close(&mut self) {
        if let Some(open) = self.open.take() {
            self.ready.push_back(Found::Block(open.finish()));
        }
    }
}

impl Iterator for Scanner<'_> {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        // A block stays in the queue until the line that closed it has been read to its end.
        loop {
            if let Some(found) = self.ready.pop_front() {
                return Some(found);
            }
            if let Some(line) = self.lines.next() {
                self.line(line);
            } else {
                let open = self.open.as_mut()?;
                open.problems.push(open.last);
                self.close();
            }
        }
    }
}

fn problem(code: ProblemCode, line: &Line<'_>) -> Problem {
    Problem {
        code,
        line: line.number,
        offset: line.offset,
    }
}

/// A block whose END marker was not met yet.
#[derive(Debug)]
struct Open {
    line: usize,
    offset: usize,
    label: String,
    headers: Headers,
    encrypted: bool,
    body: Base64,
    problems: Vec<Problem>,
    /// What is wrong, at the last line read, if the text ends there.
    last: Problem,
}

/// Where in a block's RFC 1421 headers the scanner is.
#[derive(Debug, PartialEq, Eq)]
enum Headers {
    /// No line of the block was read yet.
    Possible,
    /// Inside them, until an empty line.
    Inside,
    /// In the Base64.
    Over,
}

impl Open {
    fn new(line: &Line<'_>, label: String) -> Self {
        Self {
            line: line.number,
            offset: line.offset,
            label,
            headers: Headers::Possible,
            encrypted: false,
            body: Base64::default(),
            problems: Vec::new(),
            last: problem(ProblemCode::UnterminatedBlock, line),
        }
    }

    fn plain(&mut self, line: Line<'_>) {
        self.last = problem(ProblemCode::UnterminatedBlock, &line);
        if self.headers == Headers::Possible {
            self.headers = if line.text.contains(&b':') {
                Headers::Inside
            } else {
                Headers::Over
            };
            if self.headers == Headers::Inside {
                self.problems.push(problem(ProblemCode::Headers, &line));
            }
        }
        match self.headers {
            Headers::Inside if line.text.trim_ascii().is_empty() => self.headers = Headers::Over,
            Headers::Inside => self.header(&line),
            _ => self.body.push(line.text, line.number, line.offset),
        }
    }

    fn header(&mut self, line: &Line<'_>) {
        let name = line
            .text
            .split(|&byte| byte == b':')
            .next()
            .unwrap_or_default();
        let is_proc_type =
            name.eq_ignore_ascii_case(b"Proc-Type") && line.text.ends_with(b"ENCRYPTED");
        if (is_proc_type || name.eq_ignore_ascii_case(b"DEK-Info")) && !self.encrypted {
            self.encrypted = true;
            self.problems
                .push(problem(ProblemCode::EncryptedBlock, line));
        }
    }

    fn finish(mut self) -> RawBlock {
        let (bytes, said) = self.body.finish();
        self.problems.extend(said);
        RawBlock {
            line: self.line,
            offset: self.offset,
            label: self.label,
            bytes: bytes.filter(|_| !self.encrypted),
            problems: self.problems,
        }
    }
}

/// A marker somewhere in a line.
struct Marker<'a> {
    begin: bool,
    label: &'a [u8],
    /// The closing dashes are there.
    closed: bool,
    before: &'a [u8],
    after: &'a [u8],
}

impl<'a> Marker<'a> {
    fn find(text: &'a [u8]) -> Option<Self> {
        // Most lines have no dash, and this is the quickest way to know.
        memchr::memchr(b'-', text)?;
        let at = text
            .windows(END.len())
            .enumerate()
            .position(|(at, window)| {
                window == END || (text.get(at..).is_some_and(|rest| rest.starts_with(BEGIN)))
            })?;
        let (before, marker) = text.split_at_checked(at)?;
        let begin = marker.starts_with(BEGIN);
        let label = marker.get(if begin { BEGIN.len() } else { END.len() }..)?;
        let length = label
            .windows(DASHES.len())
            .position(|window| window == DASHES);
        let (label, after) = label.split_at_checked(length.unwrap_or(label.len()))?;
        let after = after.get(DASHES.len()..).unwrap_or_default();
        Some(Self {
            begin,
            label,
            closed: length.is_some(),
            before,
            after,
        })
    }

    /// What there is to say about its place in the line.
    fn misplaced(&self, first: bool) -> Option<ProblemCode> {
        let before = self.before;
        if !first && self.begin && before.trim_ascii().is_empty() {
            Some(ProblemCode::JoinedFiles)
        } else if first && before == b"\xef\xbb\xbf" {
            Some(ProblemCode::ByteOrderMarkInside)
        } else if !first || (self.begin && !before.is_empty()) || !before.trim_ascii().is_empty() {
            Some(ProblemCode::MarkerInsideLine)
        } else {
            None
        }
    }

    fn label(&self) -> String {
        let label = self.label.get(..MAX_LABEL).unwrap_or(self.label);
        String::from_utf8_lossy(label)
            .trim_matches(['-', ' ', '\t'])
            .to_owned()
    }
}

/// A line of dashes and BEGIN or END that is no marker: four dashes, lower case, no blank.
fn looks_like_marker(text: &[u8]) -> bool {
    let Some(word) = text.strip_prefix(b"--") else {
        return false;
    };
    let word = word.trim_ascii_start();
    let dashes = word.iter().take_while(|&&byte| byte == b'-').count();
    let word = word.get(dashes..).unwrap_or_default().trim_ascii_start();
    [&b"BEGIN"[..], b"END"].iter().any(|known| {
        word.get(..known.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(known))
    })
}
