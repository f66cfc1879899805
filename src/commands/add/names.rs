//! Names for new files: safe, free, and never those of a vendor certificate.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::inputs::Candidate;
use crate::change::plan::Wanted;
use crate::error::{Error, ErrorKind, Result};
use crate::store::inventory::{EntryKind, Inventory, Source};
use crate::store::layout::LOCAL;
use crate::store::links;

/// Longest file name given to a certificate, without `.crt` and a number.
const LONGEST_NAME: usize = 100;

/// Link names that a new file must not have: of every source, selected or not, and of every file in the
/// certificate folder. Names compare without case, so that a person can tell them apart.
pub(in crate::commands) fn taken_names(inventory: &Inventory, wanted: &Wanted) -> BTreeSet<String> {
    let stays = |source: &&Source| !wanted.removals.contains(&source.place.name);
    let sources = inventory.sources.iter().filter(stays);
    let of_sources = sources.map(|source| links::link_name(&source.place.name));
    let going: BTreeSet<PathBuf> = wanted
        .removals
        .iter()
        .map(|name| links::link_name(name))
        .collect();
    // A link to a source that is gone goes too: its name is free.
    let entries = inventory
        .entries
        .values()
        .filter(|entry| !matches!(entry.kind, EntryKind::SourceLink(_)))
        .map(|entry| &entry.name)
        .filter(|name| !going.contains(*name))
        .cloned();
    let ignored = inventory
        .ignored
        .iter()
        .map(|ignored| links::link_name(&ignored.place.name));
    of_sources
        .chain(entries)
        .chain(ignored)
        .map(|name| name.to_string_lossy().to_lowercase())
        .collect()
}

/// A free name inside the tree: the one asked for, or made from the input file or the subject.
pub(in crate::commands) fn file_name(
    candidate: &Candidate,
    asked: Option<&str>,
    taken: &mut BTreeSet<String>,
) -> Result<PathBuf> {
    let is_taken = |taken: &BTreeSet<String>, stem: &str| {
        let link = links::link_name(Path::new(&format!("{stem}.crt")));
        taken.contains(&link.to_string_lossy().to_lowercase())
    };
    let stem = match asked {
        Some(asked) => {
            let stem = asked.strip_suffix(".crt").unwrap_or(asked);
            if safe_name(stem) != stem {
                return Err(Error::new(format!("`{asked}` is not a valid file name"))
                    .kind(ErrorKind::Usage)
                    .hint(
                        "use letters, digits, `.`, `_` and `-`, and begin with a letter or digit",
                    ));
            }
            if is_taken(taken, stem) {
                return Err(Error::new(format!("the name `{stem}` is taken"))
                    .kind(ErrorKind::Usage)
                    .hint(format!(
                        "choose another name, or add `--replace {stem}.crt`"
                    )));
            }
            stem.to_string()
        }
        None => {
            let base = base_name(candidate);
            let numbered = (2..).map(|n| format!("{base}-{n}"));
            std::iter::once(base.clone())
                .chain(numbered)
                .find(|stem| !is_taken(taken, stem))
                .unwrap_or(base)
        }
    };
    let file = format!("{stem}.crt");
    taken.insert(
        links::link_name(Path::new(&file))
            .to_string_lossy()
            .to_lowercase(),
    );
    Ok(Path::new(LOCAL).join(file))
}

fn base_name(candidate: &Candidate) -> String {
    let subject = candidate.certificate.subject();
    let from_file = candidate
        .stem
        .as_deref()
        .map(safe_name)
        .filter(|name| !name.is_empty());
    let from_subject = || {
        let text = subject.common_name().or_else(|| subject.organization())?;
        Some(safe_name(text)).filter(|name| !name.is_empty())
    };
    let by_hash = || format!("ca-{}", &candidate.certificate.sha256().to_string()[..16]);
    from_file.or_else(from_subject).unwrap_or_else(by_hash)
}

/// `[A-Za-z0-9._-]+`, beginning with a letter or digit; runs of anything else become one `_`.
fn safe_name(text: &str) -> String {
    let mut name = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || "._-".contains(c) {
            name.push(c);
        } else if !name.ends_with('_') {
            name.push('_');
        }
    }
    let name = name
        .trim_start_matches(['.', '_', '-'])
        .trim_end_matches(['_', '.']);
    name.chars().take(LONGEST_NAME).collect()
}

#[cfg(test)]
mod tests {
    use super::safe_name;

    #[test]
    fn names_from_certificates_never_leave_the_folder_or_hide() {
        for (text, name) in [
            ("../../etc/passwd", "etc_passwd"),
            ("Corp Root CA (2024), Zürich", "Corp_Root_CA_2024_Z_rich"),
            (".hidden", "hidden"),
            ("-rf", "rf"),
            ("a\nb\u{202e}c", "a_b_c"),
            ("日本", ""),
            ("..", ""),
        ] {
            assert_eq!(safe_name(text), name, "{text:?}");
        }
    }
}
