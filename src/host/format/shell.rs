//! Variables that a shell script leaves in the environment.

use std::collections::HashMap;

use super::Setting;
use super::words::{Word, commands};

/// Which assignments count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exported {
    /// Only what the script exports, or sets for one command (a profile).
    Marked,
    /// Every assignment (a file that others source or hand on whole, as in `/etc/default`).
    All,
}

/// Words that may stand before a command.
const BEFORE: [&str; 12] = [
    "if", "then", "else", "elif", "while", "until", "do", "{", "!", "time", "command", "builtin",
];

/// The variables of the script, one setting each, the name as its path.
pub fn parse(text: &str, exported: Exported) -> Vec<Setting> {
    let mut reader = Reader {
        all: exported == Exported::All,
        variables: HashMap::new(),
        assignments: 0,
    };
    for command in commands(text) {
        reader.command(&command);
    }
    let mut known: Vec<Variable> = reader
        .variables
        .into_values()
        .filter(|v| v.exported)
        .collect();
    known.sort_by_key(|variable| variable.order);
    known.into_iter().map(|variable| variable.setting).collect()
}

struct Variable {
    setting: Setting,
    /// Which assignment it was.
    order: usize,
    exported: bool,
}

struct Reader {
    all: bool,
    variables: HashMap<String, Variable>,
    assignments: usize,
}

impl Reader {
    fn command(&mut self, words: &[Word]) {
        let start = words
            .iter()
            .position(|w| !BEFORE.contains(&w.text.as_str()))
            .unwrap_or(words.len());
        let words = words.get(start..).unwrap_or_default();
        let count = words
            .iter()
            .take_while(|w| w.assignment().is_some())
            .count();
        let (assigned, rest) = words.split_at(count);
        // `A=1 program` sets A for that program, which is an environment all the same.
        for word in assigned {
            self.assign(word, !rest.is_empty());
        }
        let Some((program, arguments)) = rest.split_first() else {
            return;
        };
        match program.text.as_str() {
            "export" => self.export(arguments),
            "declare" | "typeset" => self.declare(arguments),
            "readonly" | "local" => arguments.iter().for_each(|word| self.assign(word, false)),
            "unset" => self.unset(arguments),
            "set" => self.options(arguments),
            "env" | "/usr/bin/env" => self.env(arguments),
            _ => {}
        }
    }

    fn assign(&mut self, word: &Word, exported: bool) {
        let Some((name, value)) = word.assignment() else {
            return;
        };
        let was = self
            .variables
            .get(name)
            .is_some_and(|before| before.exported);
        self.assignments += 1;
        let variable = Variable {
            setting: Setting::new(word.line, &[name], value),
            order: self.assignments,
            exported: exported || was || self.all,
        };
        self.variables.insert(name.to_string(), variable);
    }

    fn export(&mut self, arguments: &[Word]) {
        if arguments.iter().any(|word| word.text == "-n") {
            return self.unset(arguments);
        }
        for word in arguments {
            self.assign(word, true);
            if let Some(variable) = self.variables.get_mut(&word.text) {
                variable.exported = true;
            }
        }
    }

    fn declare(&mut self, arguments: &[Word]) {
        let marks = |word: &Word| word.text.starts_with('-') && word.text.contains('x');
        match arguments.iter().any(marks) {
            true => self.export(arguments),
            false => arguments.iter().for_each(|word| self.assign(word, false)),
        }
    }

    fn unset(&mut self, arguments: &[Word]) {
        for word in arguments {
            self.variables.remove(&word.text);
        }
    }

    fn options(&mut self, arguments: &[Word]) {
        for word in arguments {
            match word.text.as_str() {
                "-a" | "allexport" => self.all = true,
                "+a" => self.all = false,
                _ => {}
            }
        }
    }

    fn env(&mut self, arguments: &[Word]) {
        let options = arguments
            .iter()
            .take_while(|word| word.text.starts_with('-'))
            .count();
        let rest = arguments.get(options..).unwrap_or_default();
        for word in rest.iter().take_while(|word| word.assignment().is_some()) {
            self.assign(word, true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::format::flat;

    #[test]
    fn exported_variables_are_found() {
        let table: [(&str, &[&str]); 9] = [
            ("export A=1\n", &["1:A=1"]),
            ("A=1\nexport A\n", &["1:A=1"]),
            ("export A=1 B='x y'; export C", &["1:A=1", "1:B=x y"]),
            ("declare -x A=0", &["1:A=0"]),
            ("set -a\nA=0\n", &["2:A=0"]),
            ("if true; then export A=0; fi", &["1:A=0"]),
            ("A=0 git pull", &["1:A=0"]),
            ("env -i A=0 git pull", &["1:A=0"]),
            ("export A=0\nA=1\n", &["2:A=1"]),
        ];
        for (script, expected) in table {
            assert_eq!(flat(&parse(script, Exported::Marked)), expected, "{script}");
        }
    }

    #[test]
    fn what_only_looks_like_an_export_is_none() {
        let table = [
            "# export A=0",
            "echo export A=0",
            "echo 'export A=0'",
            "A=0",
            "export A=0\nunset A",
            "export A=0\nexport -n A",
            "cat <<EOF\nexport A=0\nEOF",
            "printf '%s\\n' \"export A=0\" >> x",
            "alias x='A=0 git'",
        ];
        for script in table {
            assert_eq!(parse(script, Exported::Marked), [], "{script}");
        }
    }

    #[test]
    fn a_sourced_file_counts_every_assignment() {
        assert_eq!(flat(&parse("A=0\n#B=1\n", Exported::All)), ["1:A=0"]);
    }
}
