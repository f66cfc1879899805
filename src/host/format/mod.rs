//! Readers of other programs' configuration: bytes in, settings out. Pure.
//!
//! Each reads its format as the program that owns it does, so that a comment, a quoted string or another
//! section is never taken for a setting. None of them stops at a line it does not understand: the program
//! would, or would skip it, and either way the line sets nothing.

pub mod apt;
pub mod crontab;
pub mod curl;
pub mod dockerfile;
pub mod environment;
pub mod git;
pub mod ini;
pub mod json;
pub mod lines;
pub mod openssl;
pub mod pipeline;
pub mod properties;
pub mod shell;
pub mod systemd;
pub mod toml;
pub mod words;
pub mod yaml;

/// One thing that a configuration file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The line it begins on, counted from 1.
    pub line: usize,
    /// Sections from the outside in, then the key; lower case where the program ignores case.
    pub path: Vec<String>,
    /// The value without its quotes; empty where there is none.
    pub value: String,
}

impl Setting {
    /// A setting of one key.
    pub fn new(line: usize, path: &[&str], value: impl Into<String>) -> Setting {
        Setting {
            line,
            path: path.iter().map(ToString::to_string).collect(),
            value: value.into(),
        }
    }

    /// The last part of the path.
    pub fn key(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    /// Whether the path has exactly these parts; `*` stands for any one part, `**` in front for any number.
    pub fn is(&self, pattern: &[&str]) -> bool {
        let parts = match pattern.split_first() {
            Some((&"**", rest)) if self.path.len() >= rest.len() => {
                return same(self.path.get(self.path.len() - rest.len()..), rest);
            }
            _ => self.path.get(..),
        };
        same(parts, pattern)
    }
}

fn same(parts: Option<&[String]>, pattern: &[&str]) -> bool {
    let parts = parts.unwrap_or_default();
    parts.len() == pattern.len()
        && parts
            .iter()
            .zip(pattern)
            .all(|(part, wanted)| *wanted == "*" || part == wanted)
}

/// Where the lines of a text begin, to find the line of an offset.
pub struct Lines(Vec<usize>);

impl Lines {
    /// Looks through the text once.
    pub fn of(text: &str) -> Lines {
        Lines(memchr::memchr_iter(b'\n', text.as_bytes()).collect())
    }

    /// The line of an offset, counted from 1.
    pub fn at(&self, offset: usize) -> usize {
        self.0.partition_point(|end| *end < offset) + 1
    }
}

/// Of several settings of the same path only the last: what a program that reads top to bottom ends with.
pub fn last_of_each(settings: Vec<Setting>) -> Vec<Setting> {
    let mut last = std::collections::HashMap::new();
    for (index, setting) in settings.iter().enumerate() {
        last.insert(setting.path.clone(), index);
    }
    let kept = |(index, setting): (usize, Setting)| {
        (last.get(&setting.path) == Some(&index)).then_some(setting)
    };
    settings.into_iter().enumerate().filter_map(kept).collect()
}

#[cfg(test)]
pub(crate) fn flat(settings: &[Setting]) -> Vec<String> {
    let show = |s: &Setting| format!("{}:{}={}", s.line, s.path.join("/"), s.value);
    settings.iter().map(show).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_whole_parts_only() {
        let setting = Setting::new(1, &["http", "https://a", "sslverify"], "");
        assert!(setting.is(&["http", "*", "sslverify"]));
        assert!(setting.is(&["**", "sslverify"]));
        assert!(!setting.is(&["http", "sslverify"]));
        assert!(!setting.is(&["**", "verify"]));
    }

    #[test]
    fn the_last_setting_of_a_path_wins() {
        let all = vec![
            Setting::new(1, &["a"], "1"),
            Setting::new(2, &["b"], "2"),
            Setting::new(3, &["a"], "3"),
        ];
        assert_eq!(flat(&last_of_each(all)), ["2:b=2", "3:a=3"]);
    }
}
