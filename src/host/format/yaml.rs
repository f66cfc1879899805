//! YAML with the line of every value.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser};

use super::Setting;

/// Deeper nesting than this ends the reading.
const DEPTH: usize = 64;

/// Every scalar with its path (list items by their index); an alias of a scalar counts as that scalar,
/// one of a collection is not followed. A broken file gives what stands before the fault.
pub fn parse(text: &str) -> Vec<Setting> {
    let mut reader = Reader::default();
    let last = text.lines().count().max(1);
    for event in Parser::new_from_str(text) {
        let Ok((event, span)) = event else { break };
        // An empty value at the end is given the line behind the last.
        if !reader.take(event, span.start.line().min(last)) {
            break;
        }
    }
    reader.out
}

/// An open collection: the next part of the path.
enum Level {
    /// In a mapping, waiting for a key.
    Key,
    /// In a mapping, with the key whose value comes next.
    Value(String),
    /// In a list, with the index of the next item.
    Item(usize),
    /// A collection as a key, or an alias of one: nothing below has a path.
    Lost,
}

#[derive(Default)]
struct Reader {
    levels: Vec<Level>,
    scalars: HashMap<usize, String>,
    out: Vec<Setting>,
}

impl Reader {
    /// Returns whether to read on.
    fn take(&mut self, event: Event<'_>, line: usize) -> bool {
        match event {
            Event::Scalar(value, _, anchor, _) => {
                if anchor != 0 {
                    self.scalars.insert(anchor, value.to_string());
                }
                self.scalar(value.into_owned(), line);
            }
            Event::Alias(anchor) => {
                let value = self.scalars.get(&anchor).cloned().unwrap_or_default();
                self.scalar(value, line);
            }
            Event::MappingStart(..) => self.open(Level::Key),
            Event::SequenceStart(..) => self.open(Level::Item(0)),
            Event::MappingEnd | Event::SequenceEnd => self.close(),
            Event::DocumentStart(_) => self.levels.clear(),
            _ => {}
        }
        self.levels.len() <= DEPTH
    }

    fn open(&mut self, level: Level) {
        let lost = matches!(self.levels.last(), Some(Level::Key | Level::Lost));
        self.levels.push(if lost { Level::Lost } else { level });
    }

    fn close(&mut self) {
        let closed = self.levels.pop();
        match (closed, self.levels.last_mut()) {
            // A collection was the key: its value comes next and has no name.
            (Some(Level::Lost), Some(level @ (Level::Key | Level::Lost))) => *level = Level::Lost,
            _ => self.advance(),
        }
    }

    fn scalar(&mut self, value: String, line: usize) {
        if let Some(level @ Level::Key) = self.levels.last_mut() {
            *level = Level::Value(value);
            return;
        }
        if let Some(path) = self.path() {
            self.out.push(Setting { line, path, value });
        }
        self.advance();
    }

    fn path(&self) -> Option<Vec<String>> {
        let part = |level: &Level| match level {
            Level::Value(key) => Some(key.clone()),
            Level::Item(index) => Some(index.to_string()),
            Level::Key | Level::Lost => None,
        };
        self.levels.iter().map(part).collect()
    }

    /// A value is complete: wait for the next key or item.
    fn advance(&mut self) {
        match self.levels.last_mut() {
            Some(level @ Level::Value(_)) => *level = Level::Key,
            Some(Level::Item(index)) => *index += 1,
            _ => {}
        }
    }
}

/// YAML 1.1's words for false, which these programs take (PyYAML, libyaml).
pub fn is_false(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "false" | "no" | "off")
}

/// YAML 1.1's words for true.
pub fn is_true(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "true" | "yes" | "on")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::format::flat;

    #[test]
    fn scalars_with_their_lines() {
        let text = "a: 1\nclusters:\n- cluster:\n    insecure-skip-tls-verify: true\n  name: x\n- name: y\n";
        let all = [
            "1:a=1",
            "4:clusters/0/cluster/insecure-skip-tls-verify=true",
            "5:clusters/0/name=x",
            "6:clusters/1/name=y",
        ];
        assert_eq!(flat(&parse(text)), all);
        assert_eq!(
            flat(&parse(":ssl_verify_mode: 0\n")),
            ["1::ssl_verify_mode=0"]
        );
        assert_eq!(
            flat(&parse("{\"a\": [true, {b: c}]}")),
            ["1:a/0=true", "1:a/1/b=c"]
        );
    }

    #[test]
    fn an_alias_of_a_scalar_is_that_scalar() {
        assert_eq!(flat(&parse("a: &x no\nb: *x\n")), ["1:a=no", "2:b=no"]);
    }

    #[test]
    fn near_misses() {
        let table = [
            "# ssl_verify: false",
            "x: 'ssl_verify: false'",
            "x: |\n  ssl_verify: false",
            "x:\n  ssl_verify: false",
        ];
        for text in table {
            assert!(!parse(text).iter().any(|s| s.is(&["ssl_verify"])), "{text}");
        }
    }

    #[test]
    fn bombs_and_depth_are_bounded() {
        let bomb = "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b,*b]\n";
        assert!(parse(bomb).len() < 20);
        parse(&"[".repeat(100_000));
        parse(&"a:\n ".repeat(1000));
    }
}
