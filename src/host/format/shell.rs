//! Variables that a shell script leaves in the environment.

use std::collections::{HashMap, HashSet};

use super::Setting;
use super::environment::unquoted;
use super::words::{Word, commands, is_name};

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
/// Scripts within scripts (`sh -c`, `eval`) are read to this depth.
const DEPTH: usize = 4;
/// A value that would become longer (`A=$A$A`, again and again) is left as it is written.
const LONGEST: usize = 1 << 13;

/// The variables of the script, one setting each, the name as its path.
pub fn parse(text: &str, exported: Exported) -> Vec<Setting> {
    parse_from(1, text, exported)
}

/// The variables of a script that begins on this line.
pub fn parse_from(line: usize, text: &str, exported: Exported) -> Vec<Setting> {
    let mut known: Vec<Variable> = read(line, text, exported == Exported::All)
        .variables
        .into_values()
        .filter(|v| v.exported)
        .collect();
    known.sort_by_key(|variable| variable.order);
    known.into_iter().map(|variable| variable.setting).collect()
}

/// The names of the variables that the script sets or takes away, whatever it exports.
pub fn touched(text: &str) -> HashSet<String> {
    let reader = read(1, text, false);
    reader.variables.into_keys().chain(reader.unset).collect()
}

/// The files that the script reads with `.` or `source`, as it names them, and what of them counts.
pub fn sourced(text: &str) -> Vec<(String, Exported)> {
    read(1, text, false).sourced
}

/// A program that a script runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The line its name stands on.
    pub line: usize,
    /// Its name, without its folder.
    pub program: String,
    /// Its arguments, with what the script itself has said put in for its variables.
    pub arguments: Vec<String>,
}

/// The programs that the script runs, scripts within it and aliases included.
pub fn runs(text: &str) -> Vec<Run> {
    runs_from(1, text)
}

/// The programs that a script runs which begins on this line.
pub fn runs_from(line: usize, text: &str) -> Vec<Run> {
    read(line, text, false).runs
}

fn read(line: usize, text: &str, all: bool) -> Reader {
    let mut reader = Reader {
        all,
        variables: HashMap::new(),
        assignments: 0,
        sourced: Vec::new(),
        unset: HashSet::new(),
        runs: Vec::new(),
        depth: 0,
    };
    reader.script(text, line.saturating_sub(1));
    reader
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
    sourced: Vec<(String, Exported)>,
    /// Names of variables that were taken away.
    unset: HashSet<String>,
    runs: Vec<Run>,
    depth: usize,
}

impl Reader {
    /// A script whose first line is the line behind `before`.
    fn script(&mut self, text: &str, before: usize) {
        for mut command in commands(text) {
            for word in &mut command {
                word.line += before;
            }
            self.command(&command);
        }
    }

    fn command(&mut self, mut words: &[Word]) {
        while let Some((program, arguments)) = self.assignments(words) {
            words = match program.text.rsplit('/').next().unwrap_or_default() {
                "env" => self.given(behind_options(arguments, "uCS")),
                "sudo" => self.given(behind_options(arguments, "ugpCDhRTUrt")),
                "exec" => behind_options(arguments, "a"),
                "nice" | "nohup" | "setsid" | "chronic" => behind_options(arguments, "n"),
                "ionice" => behind_options(arguments, "cnpPu"),
                "timeout" => behind_first(behind_options(arguments, "ks")),
                "flock" => behind_first(behind_options(arguments, "wE")),
                "function" => behind_first(arguments),
                name => return self.run(name, program, arguments),
            };
        }
    }

    /// Takes the assignments among the arguments of `env` or `sudo`, where quotes do not count.
    fn given<'a>(&mut self, words: &'a [Word]) -> &'a [Word] {
        let count = words.iter().take_while(|w| name(w).is_some()).count();
        let (assigned, rest) = words.split_at(count);
        for word in assigned {
            self.assign(word, true);
        }
        rest
    }

    /// Takes the assignments in front of a command; the program and its arguments follow, if there are any.
    fn assignments<'a>(&mut self, words: &'a [Word]) -> Option<(&'a Word, &'a [Word])> {
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
        rest.split_first()
    }

    fn run(&mut self, name: &str, program: &Word, arguments: &[Word]) {
        self.runs.push(Run {
            line: program.line,
            program: name.to_string(),
            arguments: arguments.iter().map(|w| self.expanded(w, 0)).collect(),
        });
        match name {
            "alias" => self.aliases(arguments),
            "export" => self.export(arguments),
            "declare" | "typeset" | "readonly" | "local" => self.declare(arguments),
            "unset" => self.unset(arguments),
            "set" => self.options(arguments),
            "." | "source" => {
                let file = arguments.first().map(|word| self.expanded(word, 0));
                let exported = if self.all {
                    Exported::All
                } else {
                    Exported::Marked
                };
                self.sourced.extend(file.map(|file| (file, exported)));
            }
            "sh" | "bash" | "dash" | "zsh" | "ksh" | "su" | "runuser" => self.shell(arguments),
            "eval" => {
                let text: Vec<&str> = arguments.iter().map(|word| word.text.as_str()).collect();
                self.inner(&text.join(" "), program.line);
            }
            _ => {}
        }
    }

    /// `alias NAME=TEXT`: what the text runs will be run; what it sets is set for that only.
    fn aliases(&mut self, arguments: &[Word]) {
        let texts = arguments.iter().filter_map(|word| {
            let (_, text) = word.text.split_once('=')?;
            Some((text, word.line))
        });
        for (text, line) in texts.filter(|_| self.depth < DEPTH) {
            self.runs.extend(runs_from(line, text));
        }
    }

    /// `sh -c TEXT`, `su -c TEXT USER`.
    fn shell(&mut self, arguments: &[Word]) {
        let asks = |word: &Word| {
            word.text.starts_with('-') && !word.text.starts_with("--") && word.text.ends_with('c')
        };
        let text = arguments.iter().skip_while(|word| !asks(word)).nth(1);
        if let Some(text) = text {
            self.inner(&text.text, text.line);
        }
    }

    fn inner(&mut self, text: &str, line: usize) {
        if self.depth < DEPTH {
            self.depth += 1;
            self.script(text, line.saturating_sub(1));
            self.depth -= 1;
        }
    }

    fn assign(&mut self, word: &Word, exported: bool) {
        let Some(name) = name(word) else {
            return;
        };
        let was = self
            .variables
            .get(name)
            .is_some_and(|before| before.exported);
        self.assignments += 1;
        let value = self.expanded(word, name.len() + 1);
        let variable = Variable {
            setting: Setting::new(word.line, &[name], value),
            order: self.assignments,
            exported: exported || was || self.all,
        };
        self.variables.insert(name.to_string(), variable);
    }

    /// The text from an offset on, with what the script itself has said put in for its variables.
    fn expanded(&self, word: &Word, from: usize) -> String {
        let known = |name: &str| self.variables.get(name).map(|v| v.setting.value.clone());
        filled(word, from, &known)
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
            self.unset.insert(word.text.clone());
        }
    }

    /// `set -a`, `set -o allexport`, and back with `+`.
    fn options(&mut self, arguments: &[Word]) {
        let mut named = None;
        for word in arguments {
            match (named.take(), word.text.as_str()) {
                (Some(on), "allexport") => self.all = on,
                (_, "-o") => named = Some(true),
                (_, "+o") => named = Some(false),
                (_, letters) if letters.starts_with(['-', '+']) && letters.contains('a') => {
                    self.all = letters.starts_with('-');
                }
                _ => {}
            }
        }
    }
}

/// The text of a word from an offset on, with what is known of its variables put in.
pub fn filled(word: &Word, from: usize, known: &dyn Fn(&str) -> Option<String>) -> String {
    let (mut out, mut at) = (String::new(), from);
    for range in word.expansions.iter().filter(|range| range.start >= from) {
        let before = word.text.get(at..range.start).unwrap_or_default();
        let place = word.text.get(range.clone()).unwrap_or_default();
        out.push_str(before);
        out.push_str(&value(place, known).unwrap_or_else(|| place.to_string()));
        at = range.end;
    }
    out.push_str(word.text.get(at..).unwrap_or_default());
    if out.len() > LONGEST {
        out.clone_from(&word.text);
        out.drain(..from);
    }
    out
}

/// The value of `$NAME`, `${NAME}` or `${NAME:-default}` where it is known.
fn value(place: &str, known: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let inner = place.strip_prefix("${").and_then(|p| p.strip_suffix('}'));
    let inner = inner.or_else(|| place.strip_prefix('$'))?;
    let end = inner
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(inner.len());
    let (name, rest) = inner.split_at(end);
    if rest.is_empty() {
        return known(name);
    }
    let default = [":-", ":=", "-", "="]
        .iter()
        .find_map(|sign| rest.strip_prefix(sign))?;
    Some(known(name).unwrap_or_else(|| unquoted(default).to_string()))
}

/// The name, where an argument sets a variable.
fn name(word: &Word) -> Option<&str> {
    let (name, _) = word.text.split_once('=')?;
    is_name(name).then_some(name)
}

/// The words behind one that is no option (a lock file, a time).
fn behind_first(arguments: &[Word]) -> &[Word] {
    arguments.get(1..).unwrap_or_default()
}

/// The words behind a program's options; the letters are those of options whose value is the next word.
fn behind_options<'a>(arguments: &'a [Word], valued: &str) -> &'a [Word] {
    let mut rest = arguments;
    while let Some((word, behind)) = rest.split_first() {
        let Some(option) = word.text.strip_prefix('-') else {
            break;
        };
        let mut letters = option.chars();
        let takes = letters.next_back().is_some_and(|c| valued.contains(c));
        let skipped = usize::from(takes && !option.starts_with('-') && letters.next().is_none());
        rest = behind.get(skipped..).unwrap_or_default();
    }
    rest
}

#[cfg(test)]
mod tests;
