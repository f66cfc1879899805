//! `/etc/ca-certificates.conf`: which vendor certificates are selected.
//!
//! Read exactly as `update-ca-certificates` (20210119 to 20250419, measured) reads it: `#` and `!` count only in the
//! first column, blanks round a name are dropped, a carriage return is part of the name, and a last line
//! without a newline is not read at all.

use std::path::{Component, Path};

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

    /// The first line that selects a name outside the folder of vendor certificates, and that name: `..` and
    /// absolute names are no certificates of a package.
    pub fn stray(&self) -> Option<(usize, String)> {
        self.lines().find_map(|(number, line)| match line {
            Line::Selected(name) if !stays_inside(&name) => Some((number, name)),
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

    /// The same file with one certificate selected or deselected; every other line stays, and stays what it means.
    ///
    /// A name that no line has gets a line of its own: at the end, but before a last line without a newline, which
    /// would otherwise come into force.
    #[must_use]
    pub fn with(&self, name: &str, selected: bool) -> Conf {
        let mark = if selected { "" } else { "!" };
        let own = format!("{mark}{name}\n").into_bytes();
        let mut lines: Vec<Vec<u8>> = self.raw_lines().map(<[u8]>::to_vec).collect();
        let ours: Vec<usize> = (0..lines.len())
            .filter(|at| names(&lines[*at], name))
            .collect();
        for at in &ours {
            let bare = lines[*at]
                .strip_prefix(b"!")
                .unwrap_or(&lines[*at])
                .to_vec();
            let newline = if bare.ends_with(b"\n") { "" } else { "\n" };
            lines[*at] = [mark.as_bytes(), &bare, newline.as_bytes()].concat();
        }
        if ours.is_empty() {
            let idle_tail = lines.last().is_some_and(|line| !line.ends_with(b"\n"));
            lines.insert(lines.len() - usize::from(idle_tail), own);
        }
        Conf {
            bytes: lines.concat(),
        }
    }

    /// The same file without any line for this name; every other line stays.
    #[must_use]
    pub fn without(&self, name: &str) -> Conf {
        let lines = self.raw_lines().filter(|line| !names(line, name));
        Conf {
            bytes: lines.collect::<Vec<_>>().concat(),
        }
    }

    /// Whether a name is selected; `None` where no line that counts names it.
    pub fn status(&self, name: &str) -> Option<bool> {
        if self.selected().any(|selected| selected == name) {
            return Some(true);
        }
        let mut deselected = self.deselected();
        deselected.any(|found| found == name).then_some(false)
    }

    /// Every name that a line selects or deselects.
    pub fn names(&self) -> impl Iterator<Item = String> + '_ {
        self.lines().filter_map(|(_, line)| match line {
            Line::Selected(name) | Line::Deselected(name) => Some(name),
            Line::Idle => None,
        })
    }

    fn raw_lines(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes.split_inclusive(|byte| *byte == b'\n')
    }
}

/// Whether a name leads to a place below the folder that it is relative to.
pub fn stays_inside(name: &str) -> bool {
    let inside = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    Path::new(name).components().all(inside)
}

/// Whether a line selects or deselects this name, or would if it had its newline.
fn names(raw: &[u8], name: &str) -> bool {
    let whole = match raw.ends_with(b"\n") {
        true => raw.to_vec(),
        false => [raw, b"\n"].concat(),
    };
    match read_line(&whole) {
        Line::Selected(found) | Line::Deselected(found) => found == name,
        Line::Idle => false,
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
    fn names_that_leave_the_folder_are_found() {
        let stray = |text: &str| Conf::new(text).stray();
        assert_eq!(stray("a.crt\n!../b.crt\n./c/d.crt\n"), None);
        assert_eq!(
            stray("a.crt\nb/../../c.crt\n"),
            Some((2, "b/../../c.crt".to_string()))
        );
        assert_eq!(stray("/etc/x.crt\n"), Some((1, "/etc/x.crt".to_string())));
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
    fn a_name_that_no_line_has_gets_a_line_without_waking_an_idle_last_line() {
        let changed = Conf::new(TEXT).with("other/F.crt", false);
        assert!(changed.bytes().ends_with(b"!other/F.crt\nmozilla/E.crt"));
        assert_eq!(
            Conf::new("a.crt\n").with("b.crt", true).bytes(),
            b"a.crt\nb.crt\n"
        );
        assert_eq!(Conf::default().with("b.crt", true).bytes(), b"b.crt\n");
    }

    #[test]
    fn a_line_that_came_goes_without_another() {
        let conf = Conf::new(TEXT);
        assert_eq!(conf.with("other/F.crt", false).without("other/F.crt"), conf);
        let name = "mozilla/A.crt";
        let status = |conf: &Conf| conf.status(name);
        assert_eq!(status(&conf), Some(true));
        assert_eq!(status(&conf.with(name, false)), Some(false));
        assert_eq!(status(&conf.without(name)), None);
    }

    #[test]
    fn an_idle_last_line_is_deselected_or_woken_when_it_is_meant() {
        let conf = Conf::new(TEXT);
        let off = conf.with("mozilla/E.crt", false);
        assert!(off.deselected().any(|name| name == "mozilla/E.crt"));
        let on = conf.with("mozilla/E.crt", true);
        assert!(on.selected().any(|name| name == "mozilla/E.crt"));
    }

    #[test]
    fn a_carriage_return_is_part_of_the_name() {
        let conf = Conf::new("mozilla/A.crt\r\n");
        assert_eq!(conf.selected().collect::<Vec<_>>(), ["mozilla/A.crt\r"]);
    }
}
