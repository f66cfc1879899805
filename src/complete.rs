//! Completion in shells: the command line with the names of certificates and rules in it. No effects but reading the store.

use std::path::PathBuf;
use std::sync::OnceLock;

use clap::{CommandFactory, builder::StyledStr};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};

use crate::cert::judge::{Rule, Weight};
use crate::cli::Cli;
use crate::store::inventory::{Inventory, Origin, Source};
use crate::store::layout::Layout;

/// The variable that the installed completion scripts set. Not clap's own `COMPLETE`, which may well be set for
/// something else, and must never turn a change into a list of words.
pub const VARIABLE: &str = "_TRUSTCTL_COMPLETE";

/// The tree whose certificates are offered (clap's candidates take no argument).
static ROOT: OnceLock<PathBuf> = OnceLock::new();

/// Offers the certificates of this tree (`/` unless told), for the rest of the process.
pub fn look_under(root: PathBuf) {
    // A second call would be a mistake of ours, and harmless: the first root stays.
    let _ = ROOT.set(root);
}

/// Whether these arguments (without the program's name) are a question of a completion script, or ask for the
/// script itself. Anything else is a command, whatever the environment says.
pub fn is_asked<S: AsRef<std::ffi::OsStr>>(first: Option<S>) -> bool {
    first.is_none_or(|word| word.as_ref() == "--")
}

/// The folder given with `--root` in a command line that is being typed.
pub fn root_of<S: AsRef<str>>(words: &[S]) -> Option<PathBuf> {
    words.iter().enumerate().find_map(|(index, word)| {
        let word = word.as_ref();
        let next = || words.get(index + 1).map(|next| next.as_ref().into());
        match word.strip_prefix("--root") {
            Some("") => next(),
            Some(rest) => rest.strip_prefix('=').map(PathBuf::from),
            None => None,
        }
    })
}

/// Looks up the names that fit.
type Candidates = fn() -> Vec<CompletionCandidate>;

/// The command line, where certificates and rules are named with the names that fit.
pub fn command() -> clap::Command {
    let mut command = Cli::command();
    // Arguments are defined as late as can be, see `Deferred`.
    command.build();
    let places: [(&str, &str, Candidates); 13] = [
        ("list", "selectors", any),
        ("show", "selectors", any),
        ("history", "selectors", any),
        ("add", "allow", admission),
        ("adopt", "allow", admission),
        ("reach", "selectors", any),
        ("remove", "selectors", local),
        ("add", "replace", local),
        ("distrust", "selectors", selected),
        ("trust", "selectors", deselected),
        ("audit", "rule", rules),
        ("audit", "skip", rules),
        ("explain", "ids", rules),
    ];
    for (name, argument, candidates) in places {
        command = command.mut_subcommand(name, |subcommand| {
            subcommand.mut_arg(argument, |argument| {
                argument.add(ArgValueCandidates::new(candidates))
            })
        });
    }
    command
}

fn rules() -> Vec<CompletionCandidate> {
    let candidate = |rule: &crate::rules::Rule| {
        CompletionCandidate::new(rule.id).help(Some(StyledStr::from(rule.title)))
    };
    crate::rules::all().map(candidate).collect()
}

/// The rules that `--allow` can override.
fn admission() -> Vec<CompletionCandidate> {
    let can = |rule: &&Rule| rule.weight() == Weight::RefusedUnlessAllowed;
    Rule::ALL
        .iter()
        .filter(can)
        .map(|rule| CompletionCandidate::new(rule.id()))
        .collect()
}

fn any() -> Vec<CompletionCandidate> {
    names(|_| true)
}

fn local() -> Vec<CompletionCandidate> {
    names(|source| source.origin == Origin::Local)
}

fn selected() -> Vec<CompletionCandidate> {
    names(|source| source.origin == Origin::Vendor && source.selected)
}

fn deselected() -> Vec<CompletionCandidate> {
    names(|source| source.origin == Origin::Vendor && !source.selected)
}

fn names(wanted: fn(&Source) -> bool) -> Vec<CompletionCandidate> {
    let root = ROOT.get().map_or("/".into(), PathBuf::clone);
    let inventory = Inventory::read(&Layout::new(&root));
    let sources = inventory.sources.iter().filter(|source| wanted(source));
    sources.filter_map(candidate).collect()
}

/// A file name with its subject; names that a shell or a terminal could trip over are left to be typed.
fn candidate(source: &Source) -> Option<CompletionCandidate> {
    let name = source.place.name.file_name()?.to_str()?;
    let plain = |c: char| c.is_alphanumeric() || "._-+@,=".contains(c);
    let subject = source.content.certificates().next().map(|certificate| {
        let subject = certificate.subject().display();
        StyledStr::from(crate::output::escape::terminal(subject))
    });
    name.chars()
        .all(plain)
        .then(|| CompletionCandidate::new(name).help(subject))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_read_from_the_words_typed() {
        let root = |words: &[&str]| root_of(words).map(|path| path.display().to_string());
        assert_eq!(
            root(&["trustctl", "--root", "/a", "remove", ""]).as_deref(),
            Some("/a")
        );
        assert_eq!(
            root(&["trustctl", "remove", "--root=/b", ""]).as_deref(),
            Some("/b")
        );
        assert_eq!(root(&["trustctl", "--rootless", "--root"]), None);
    }

    #[test]
    fn a_command_is_never_taken_for_a_question() {
        assert!(is_asked(None::<&str>));
        assert!(is_asked(Some("--")));
        assert!(!is_asked(Some("add")));
        assert!(!is_asked(Some("--root")));
    }

    #[test]
    fn every_argument_that_names_certificates_exists() {
        command().debug_assert();
    }
}
