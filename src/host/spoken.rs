//! What command lines say: options and commands that switch off what a file of settings can switch off too, told as
//! that file's setting.

use super::format::Setting;
use super::format::shell::Run;
use super::names::is_loopback;
use super::places::Kind;
use crate::redact;

mod languages;
mod network;

/// A setting that a command line makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// The kind of file that could say the same.
    pub kind: Kind,
    /// What it would say there; the line is that of the command.
    pub setting: Setting,
    /// The program and the words that say it; nothing else of the command, which may hold secrets.
    pub text: String,
}

/// What a command says; most say nothing.
pub fn spoken(run: &Run) -> Vec<Spoken> {
    let call = Call {
        line: run.line,
        program: &run.program,
        words: run.arguments.iter().map(String::as_str).collect(),
    };
    match call.program {
        "git" => network::git(&call),
        "curl" => network::curl(&call),
        "wget" => network::wget(&call),
        "apt" | "apt-get" | "aptitude" => network::apt(&call),
        "aws" => network::aws(&call),
        "ansible-galaxy" => network::ansible(&call),
        "kubectl" | "helm" => network::cluster(&call),
        "dockerd" | "docker" | "dockerd-rootless.sh" => network::docker(&call),
        "podman" | "buildah" | "skopeo" => network::registries(&call),
        "npm" | "pnpm" => languages::npm(&call),
        "yarn" | "yarnpkg" => languages::yarn(&call),
        "go" => languages::go(&call),
        "conda" | "mamba" | "micromamba" => languages::conda(&call),
        "mvn" | "mvnw" => languages::maven(&call),
        name if is_numbered(name, "pip") => languages::pip(&call),
        name if is_numbered(name, "python") => languages::python(&call),
        _ => Vec::new(),
    }
}

/// Whether a name is that of a program, with a version behind it or not (`python3.11`).
fn is_numbered(name: &str, program: &str) -> bool {
    let version = name.strip_prefix(program);
    version.is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == '.'))
}

/// A command, taken apart.
struct Call<'a> {
    line: usize,
    program: &'a str,
    words: Vec<&'a str>,
}

impl<'a> Call<'a> {
    /// The setting that some words of the call make.
    fn says(&self, kind: Kind, path: &[&str], value: &str, words: &[&str]) -> Spoken {
        let shown: Vec<_> = words.iter().map(|word| redact::value(word)).collect();
        let text = format!("{} {}", self.program, shown.join(" "));
        Spoken {
            kind,
            setting: Setting::new(self.line, path, value),
            text,
        }
    }

    fn has(&self, word: &str) -> bool {
        self.words.contains(&word)
    }

    /// The values of an option: `--name VALUE`, `--name=VALUE`.
    fn values(&self, name: &str) -> Vec<&'a str> {
        let mut out = Vec::new();
        let mut words = self.words.iter();
        while let Some(word) = words.next() {
            match word.strip_prefix(name) {
                Some("") => out.extend(words.next()),
                Some(rest) => out.extend(rest.strip_prefix('=')),
                None => {}
            }
        }
        out
    }

    /// Whether a switch is on: there, and not `=false`.
    fn is_on(&self, name: &str) -> bool {
        let mut given = self.words.iter().filter_map(|word| word.strip_prefix(name));
        let last = given.rfind(|rest| rest.is_empty() || rest.starts_with('='));
        last.is_some_and(|rest| !matches!(rest, "=false" | "=False" | "=0" | "=no"))
    }

    /// The words that are no options.
    fn operands(&self) -> Vec<&'a str> {
        let words = self.words.iter().copied();
        words.filter(|word| !word.starts_with('-')).collect()
    }

    /// Whether all addresses among the words are this host's.
    fn is_local(&self) -> bool {
        let address = |word: &&str| word.contains("://") || is_loopback(word);
        let mut addresses = self.words.iter().filter(|word| address(word)).peekable();
        addresses.peek().is_some() && addresses.all(|word| is_loopback(word))
    }
}

#[cfg(test)]
mod tests;
