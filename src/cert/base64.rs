//! Base64 line by line, with the place of whatever is wrong (RFC 4648 §4, RFC 7468 §3).

use super::problem::{Problem, ProblemCode};

/// The usual length of a line (RFC 7468 §2).
const LINE: usize = 64;

/// Room for an ordinary certificate from the start.
const USUAL_SIZE: usize = 2048;

/// Collects the lines of one block.
#[derive(Debug, Default)]
pub(crate) struct Base64 {
    bytes: Vec<u8>,
    /// Up to three characters' bits that make no whole group yet, and how many characters they are.
    group: u32,
    characters: u8,
    padding: u8,
    last: (usize, usize),
    /// The last line was not of the usual length, which only the very last may be.
    short: bool,
    noted: [bool; 2],
    broken: bool,
    problems: Vec<Problem>,
}

impl Base64 {
    /// Takes one line without its end.
    pub fn push(&mut self, text: &[u8], line: usize, offset: usize) {
        self.last = (line, offset);
        if self.usual(text) {
            return;
        }
        let blanks = text
            .iter()
            .filter(|byte| byte.is_ascii_whitespace())
            .count();
        let trailing = text.len() - text.trim_ascii_end().len();
        if blanks > trailing || text.len() == trailing {
            self.note(0, ProblemCode::BlanksInBase64);
        }
        if self.short || text.len() - blanks > LINE {
            self.note(1, ProblemCode::OddLineLength);
        }
        self.short = text.len() - blanks != LINE;
        for &byte in text {
            self.take(byte);
        }
    }

    /// Takes a line of the usual length with nothing unusual in it or before it, as nearly all are. Lines of that
    /// length leave no group open, unless one was broken, and then nothing is decoded any more.
    fn usual(&mut self, text: &[u8]) -> bool {
        if text.len() != LINE || self.short || self.padding > 0 {
            return false;
        }
        let (groups, _) = text.as_chunks::<4>();
        let mut bytes = [[0; 3]; LINE / 4];
        let mut seen = 0;
        for ([a, b, c, d], out) in groups.iter().zip(&mut bytes) {
            let value = |byte: &u8| VALUES[usize::from(*byte)];
            let [a, b, c, d] = [value(a), value(b), value(c), value(d)];
            seen |= a | b | c | d;
            *out = [a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d];
        }
        let taken = seen != NONE;
        if taken {
            if self.bytes.is_empty() {
                self.bytes.reserve(USUAL_SIZE);
            }
            self.bytes.extend_from_slice(bytes.as_flattened());
        }
        taken
    }

    fn note(&mut self, which: usize, code: ProblemCode) {
        if !std::mem::replace(&mut self.noted[which], true) {
            self.problem(code);
        }
    }

    fn problem(&mut self, code: ProblemCode) {
        let (line, offset) = self.last;
        self.problems.push(Problem { code, line, offset });
    }

    fn take(&mut self, byte: u8) {
        match value(byte) {
            Some(bits) if self.padding == 0 => {
                self.group = self.group << 6 | u32::from(bits);
                self.characters += 1;
                if self.characters == 4 {
                    self.bytes.extend_from_slice(&self.group.to_be_bytes()[1..]);
                    (self.group, self.characters) = (0, 0);
                }
            }
            None if byte.is_ascii_whitespace() => {}
            None if byte == b'=' && self.padding < 2 => self.padding += 1,
            Some(_) => self.fail(ProblemCode::BadPadding),
            None if byte == b'=' => self.fail(ProblemCode::BadPadding),
            None => self.fail(ProblemCode::BadBase64),
        }
    }

    /// Only the first fault is told; what follows it follows from it.
    fn fail(&mut self, code: ProblemCode) {
        if !std::mem::replace(&mut self.broken, true) {
            self.problem(code);
        }
    }

    /// The bytes, unless they cannot be made out, and everything there is to say about the text.
    pub fn finish(mut self) -> (Option<Vec<u8>>, Vec<Problem>) {
        let loose = match (self.characters, self.padding) {
            (0, 0) => 0,
            (2, 2) => {
                self.bytes.push((self.group >> 4) as u8);
                self.group & 0x0f
            }
            (3, 1) => {
                self.bytes
                    .extend_from_slice(&(self.group >> 2).to_be_bytes()[2..]);
                self.group & 0x03
            }
            _ => {
                self.fail(ProblemCode::BadPadding);
                0
            }
        };
        if loose != 0 {
            self.problem(ProblemCode::LooseBits);
        }
        let bytes = (!self.broken).then_some(self.bytes);
        (bytes, self.problems)
    }
}

/// What one character of the alphabet stands for.
pub(super) fn value(byte: u8) -> Option<u8> {
    Some(VALUES[usize::from(byte)]).filter(|value| *value != NONE)
}

/// The value of a character that is not in the alphabet; all bits, so that it shows among others.
const NONE: u8 = 0xff;

/// The value of each character (RFC 4648, table 1).
const VALUES: [u8; 256] = {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut values = [NONE; 256];
    let mut value = 0;
    while value < alphabet.len() {
        values[alphabet[value] as usize] = value as u8;
        value += 1;
    }
    values
};

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(lines: &[&str]) -> (Option<Vec<u8>>, Vec<&'static str>) {
        let mut decoder = Base64::default();
        for (i, line) in lines.iter().enumerate() {
            decoder.push(line.as_bytes(), i + 1, 0);
        }
        let (bytes, problems) = decoder.finish();
        (
            bytes,
            problems.iter().map(|problem| problem.code.code()).collect(),
        )
    }

    #[test]
    fn the_vectors_of_rfc_4648_are_read() {
        for (text, bytes) in [
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
            ("Zm9vYg==", "foob"),
            ("Zm9vYmE=", "fooba"),
            ("Zm9vYmFy", "foobar"),
        ] {
            assert_eq!(decode(&[text]), (Some(bytes.as_bytes().to_vec()), vec![]));
        }
        assert_eq!(decode(&["+/+/"]), (Some(vec![0xfb, 0xff, 0xbf]), vec![]));
    }

    #[test]
    fn faults_leave_no_bytes() {
        for (text, code) in [
            ("Zg=", "bad-padding"),
            ("Zg", "bad-padding"),
            ("Z===", "bad-padding"),
            ("Zm9v=", "bad-padding"),
            ("Zg==Zg==", "bad-padding"),
            ("Zg=Z", "bad-padding"),
            ("Zm9v\0", "bad-base64"),
            ("Zm-v", "bad-base64"),
            ("Zm9v\u{e9}", "bad-base64"),
        ] {
            assert_eq!(decode(&[text]), (None, vec![code]), "{text}");
        }
    }

    #[test]
    fn loose_bits_are_told() {
        assert_eq!(decode(&["Zh=="]), (Some(b"f".to_vec()), vec!["loose-bits"]));
        assert_eq!(
            decode(&["Zm9="]),
            (Some(b"fo".to_vec()), vec!["loose-bits"])
        );
    }

    #[test]
    fn unusual_lines_are_noted_once() {
        let long = "A".repeat(LINE);
        assert_eq!(decode(&[&long, &long, "AAAA"]).1, Vec::<&str>::new());
        assert_eq!(decode(&["AAAA", "AAAA", "AAAA"]).1, ["odd-line-length"]);
        assert_eq!(decode(&[&"A".repeat(LINE + 4)]).1, ["odd-line-length"]);
        assert_eq!(decode(&["AA AA"]).1, ["blanks-in-base64"]);
        assert_eq!(decode(&["AAAA  "]).1, Vec::<&str>::new());
        let blank = format!("{long}  ");
        assert_eq!(decode(&[&blank, &long, "AAAA"]).1, Vec::<&str>::new());
        assert_eq!(
            decode(&[&long, "", "AAAA"]).1,
            ["blanks-in-base64", "odd-line-length"]
        );
    }

    #[test]
    fn the_place_of_a_fault_is_its_line() {
        let mut decoder = Base64::default();
        decoder.push(b"AAAA", 7, 100);
        decoder.push(b"A!AA", 8, 105);
        let (_, problems) = decoder.finish();
        let fault = problems.iter().find(|problem| !problem.is_note()).unwrap();
        assert_eq!((fault.line, fault.offset), (8, 105));
        let mut decoder = Base64::default();
        decoder.push(b"Zg===", 7, 100);
        decoder.push(b"", 8, 106);
        let (_, problems) = decoder.finish();
        assert_eq!((problems[0].line, problems[0].offset), (7, 100));
    }

    #[test]
    fn lines_are_taken_whole_while_nothing_is_unusual() {
        let usual = |before: &[&str], line: &str| {
            let mut decoder = Base64::default();
            for line in before {
                decoder.push(line.as_bytes(), 1, 0);
            }
            decoder.usual(line.as_bytes())
        };
        let long = "A".repeat(LINE);
        assert!(usual(&[], &long) && usual(&[&long], &long));
        for line in ["!!AA", "A!!A", "AA!!", "AAA!", "A AA"] {
            assert!(!usual(&[], &line.repeat(LINE / 4)), "{line}");
        }
        assert!(!usual(&[], "AAAA"));
        assert!(!usual(&["AAAA"], &long));
        assert!(!usual(&[&format!("{}==", &long[2..])], &long));
    }
}
