//! `/etc/ca-certificates.conf`: which vendor certificates are selected.
//!
//! Read exactly as `update-ca-certificates` (20210119 to 20250419, measured) reads it: `#` and `!` count only in the
//! first column, blanks round a name are dropped, a carriage return is part of the name, and a last line
//! without a newline is not read at all.

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Nothing the script acts on: empty, a comment, or a last line without a newline.
    Idle,
    /// A vendor certificate to trust, relative to `/usr/share/ca-certificates`.
    Selected(String),
    /// A vendor certificate not to trust (`!`).
    Deselected(String),
}

/// The whole file, its bytes kept as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conf {
    bytes: Vec<u8>,
}

impl Conf {
    /// Takes the content of the file; anything is accepted.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Conf {
        Conf {
            bytes: bytes.into(),
        }
    }

    /// The content.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The lines in their order, numbered from 1.
    pub fn lines(&self) -> impl Iterator<Item = (usize, Line)> + '_ {
        self.raw_lines()
            .enumerate()
            .map(|(index, raw)| (index + 1, read_line(raw)))
    }

    /// The names the script adds, in their order.
    pub fn selected(&self) -> impl Iterator<Item = String> + '_ {
        self.lines().filter_map(|(_, line)| match line {
            Line::Selected(name) => Some(name),
            _ => None,
        })
    }

    /// The names the script removes, in their order.
    pub fn deselected(&self) -> impl Iterator<Item = String> + '_ {
        self.lines().filter_map(|(_, line)| match line {
            Line::Deselected(name) => Some(name),
            _ => None,
        })
    }

    /// The same file with one certificate selected or deselected; every other byte stays.
    ///
    /// A name that no line has is appended.
    #[must_use]
    pub fn with(&self, name: &str, selected: bool) -> Conf {
        let mut bytes = Vec::with_capacity(self.bytes.len() + name.len() + 2);
        let mut found = false;
        for raw in self.raw_lines() {
            let ours = match read_line(raw) {
                Line::Selected(n) | Line::Deselected(n) => n == name,
                Line::Idle => false,
            };
            found |= ours;
            match (ours, selected, raw.strip_prefix(b"!")) {
                (true, true, Some(rest)) => bytes.extend_from_slice(rest),
                (true, false, None) => {
                    bytes.push(b'!');
                    bytes.extend_from_slice(raw);
                }
                _ => bytes.extend_from_slice(raw),
            }
        }
        if !found {
            if !bytes.is_empty() && !bytes.ends_with(b"\n") {
                bytes.push(b'\n');
            }
            let mark = if selected { "" } else { "!" };
            bytes.extend_from_slice(format!("{mark}{name}\n").as_bytes());
        }
        Conf { bytes }
    }

    fn raw_lines(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes.split_inclusive(|byte| *byte == b'\n')
    }
}

fn read_line(raw: &[u8]) -> Line {
    let Some(text) = raw.strip_suffix(b"\n") else {
        return Line::Idle;
    };
    let text = String::from_utf8_lossy(text);
    let name = |text: &str| text.trim_matches([' ', '\t']).to_string();
    match text.chars().next() {
        None | Some('#') => Line::Idle,
        Some('!') => Line::Deselected(name(&text[1..])),
        Some(_) => Line::Selected(name(&text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "# list\nmozilla/A.crt\n!mozilla/B.crt\n\n  mozilla/C.crt \n !mozilla/D.crt\nmozilla/E.crt";

    #[test]
    fn lines_are_read_as_the_script_reads_them() {
        let conf = Conf::new(TEXT);
        let selected: Vec<_> = conf.selected().collect();
        assert_eq!(
            selected,
            ["mozilla/A.crt", "mozilla/C.crt", "!mozilla/D.crt"]
        );
        assert_eq!(conf.deselected().collect::<Vec<_>>(), ["mozilla/B.crt"]);
    }

    #[test]
    fn a_change_keeps_every_other_byte() {
        let conf = Conf::new(TEXT);
        let changed = conf.with("mozilla/A.crt", false);
        let expected = TEXT.replace("\nmozilla/A", "\n!mozilla/A");
        assert_eq!(changed.bytes(), expected.as_bytes());
        assert_eq!(changed.with("mozilla/A.crt", true), conf);
    }

    #[test]
    fn a_name_that_no_line_has_is_appended_on_a_line_of_its_own() {
        let changed = Conf::new(TEXT).with("other/F.crt", false);
        assert!(changed.bytes().ends_with(b"mozilla/E.crt\n!other/F.crt\n"));
    }

    #[test]
    fn a_carriage_return_is_part_of_the_name() {
        let conf = Conf::new("mozilla/A.crt\r\n");
        assert_eq!(conf.selected().collect::<Vec<_>>(), ["mozilla/A.crt\r"]);
    }
}
