//! YAML with the line of every value.

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Parser};

use super::Setting;

/// Deeper nesting than this ends the reading.
const DEPTH: usize = 64;

/// Aliases of collections add at most this many scalars.
const ALIASED: usize = 10_000;

/// Every scalar with its path (list items by their index); an alias counts as what it stands for, at the lines of
/// that, and `<<` puts it into the mapping around, where a key of its own wins. A broken file gives what stands before
/// the fault.
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
    reader.finish()
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
    /// Of each open collection its anchor, how much was read before it, and how deep it lies.
    open: Vec<(usize, usize, usize)>,
    /// What stands in collections with an anchor, with paths inside them.
    collections: HashMap<usize, Vec<Setting>>,
    /// Which of the settings come from aliases.
    aliased: Vec<usize>,
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
            Event::Alias(anchor) => match self.collections.get(&anchor).cloned() {
                Some(inside) => self.alias(inside),
                None => {
                    let value = self.scalars.get(&anchor).cloned().unwrap_or_default();
                    self.scalar(value, line);
                }
            },
            Event::MappingStart(anchor, _) => self.open(Level::Key, anchor),
            Event::SequenceStart(anchor, _) => self.open(Level::Item(0), anchor),
            Event::MappingEnd | Event::SequenceEnd => {
                self.keep();
                self.close();
            }
            Event::DocumentStart(_) => {
                self.levels.clear();
                self.open.clear();
            }
            _ => {}
        }
        self.levels.len() <= DEPTH && self.aliased.len() <= ALIASED
    }

    /// Puts what stands in another collection here.
    fn alias(&mut self, inside: Vec<Setting>) {
        if let Some(mut path) = self.path() {
            let merged = match path.as_slice() {
                [.., key] if key == "<<" => 1,
                [.., key, _] if key == "<<" => 2,
                _ => 0,
            };
            path.truncate(path.len() - merged);
            for setting in inside {
                self.aliased.push(self.out.len());
                self.out.push(Setting {
                    path: [path.as_slice(), &setting.path].concat(),
                    ..setting
                });
            }
        }
        match self.levels.last_mut() {
            // As a key it names nothing that is looked for.
            Some(level @ Level::Key) => *level = Level::Value(String::new()),
            _ => self.advance(),
        }
    }

    /// Keeps what stands in the collection that ends, where aliases can stand for it.
    fn keep(&mut self) {
        let Some((anchor, from, depth)) = self.open.pop() else {
            return;
        };
        if anchor == 0 {
            return;
        }
        let inside = self.out.get(from..).unwrap_or_default().iter();
        let relative = inside.map(|setting| Setting {
            path: setting.path.get(depth..).unwrap_or_default().to_vec(),
            ..setting.clone()
        });
        let relative = relative.collect();
        self.collections.insert(anchor, relative);
    }

    /// What is in the file, without the aliased settings that stand there themselves.
    fn finish(self) -> Vec<Setting> {
        let mut aliased = self.aliased.into_iter().peekable();
        let mut marked = self
            .out
            .into_iter()
            .enumerate()
            .map(|(index, setting)| (aliased.next_if_eq(&index).is_some(), setting))
            .collect::<Vec<_>>();
        let own: HashSet<Vec<String>> = marked
            .iter()
            .filter(|(aliased, _)| !aliased)
            .map(|(_, setting)| setting.path.clone())
            .collect();
        marked.retain(|(aliased, setting)| !aliased || !own.contains(&setting.path));
        marked.into_iter().map(|(_, setting)| setting).collect()
    }

    fn open(&mut self, level: Level, anchor: usize) {
        self.open.push((anchor, self.out.len(), self.levels.len()));
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
    fn an_alias_of_a_collection_is_what_stands_in_it() {
        let text = "v: &v\n  A: 0\n  B: [1]\nx: *v\ny:\n  <<: *v\n  A: 2\nz:\n  <<: [*v]\n";
        let all = [
            "2:v/A=0",
            "3:v/B/0=1",
            "2:x/A=0",
            "3:x/B/0=1",
            "3:y/B/0=1",
            "7:y/A=2",
            "2:z/A=0",
            "3:z/B/0=1",
        ];
        assert_eq!(flat(&parse(text)), all);
        assert_eq!(
            flat(&parse("a: &a {b: 1}\n? *a\n: 2\nc: 3\n")),
            ["1:a/b=1", "3:=2", "4:c=3"]
        );
        assert_eq!(flat(&parse("a: &a {b: *a}\nc: 1\n")), ["1:a/b=", "2:c=1"]);
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
        let mut bomb = String::from("a0: &a0 [x,x]\n");
        for n in 1..60 {
            let m = n - 1;
            let line = format!("a{n}: &a{n} [*a{m},*a{m},*a{m},*a{m}]\n");
            bomb.push_str(&line);
        }
        assert!(parse(&bomb).len() < 5 * ALIASED);
        parse(&"[".repeat(100_000));
        parse(&"a:\n ".repeat(1000));
    }
}
