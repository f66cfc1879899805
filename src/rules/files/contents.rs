//! Rules about what is in the files of the store.

use std::collections::BTreeMap;
use std::path::Path;

use super::super::Hit;
use super::super::facts::Facts;
use super::remedies::{add_properly, correct, delete, remove, word};
use crate::cert::readers::Reader;
use crate::cert::{BlockKind, Characters, Document, Encoding, Problem, judge};
use crate::store::inventory::{Content, Entry, EntryKind, Origin, Source};
use crate::store::layout::{CERTS, LOCAL};

/// The local sources with what they hold.
fn local(facts: &Facts) -> impl Iterator<Item = (&Source, &Document)> {
    facts
        .store
        .local()
        .filter_map(|source| Some((source, source.content.document()?)))
}

fn has_certificate(document: &Document) -> bool {
    document.certificates().next().is_some()
}

pub(super) fn ignored_extension(facts: &Facts) -> Vec<Hit> {
    let hit = |file: &super::super::facts::IgnoredFile| {
        let (_, certificate) = file.document.as_ref()?.certificates().next()?;
        let file_word = word(&file.path);
        let remedy = format!("run `trustctl add {file_word}`, then `rm {file_word}`");
        let hit = Hit::at(
            &file.path,
            format!(
                "{}; it holds `{}`",
                file.reason,
                super::super::title(certificate)
            ),
        );
        Some(hit.certificate(certificate, Origin::Local).remedy(remedy))
    };
    facts.ignored.iter().filter_map(hit).collect()
}

pub(super) fn several_certificates(facts: &Facts) -> Vec<Hit> {
    let hit = |(source, document): (&Source, &Document)| {
        let (path, count) = (&source.place.name, document.certificates().count());
        let hit = Hit::at(
            path,
            format!("{count} certificates; none of them has a hash link"),
        );
        let found = count > 1 && document.encoding == Encoding::Pem;
        found.then(|| hit.remedy(add_properly(path)))
    };
    local(facts).filter_map(hit).collect()
}

pub(super) fn der_encoded(facts: &Facts) -> Vec<Hit> {
    let binary = |document: &Document| {
        matches!(
            document.encoding,
            Encoding::Der | Encoding::Pkcs7Der | Encoding::SerializedStore
        )
    };
    let hit = |(source, document): (&Source, &Document)| {
        let path = &source.place.name;
        let hit = Hit::at(path, "the content is binary, not PEM").remedy(add_properly(path));
        (binary(document) && has_certificate(document)).then_some(hit)
    };
    local(facts).filter_map(hit).collect()
}

pub(super) fn not_a_certificate(facts: &Facts) -> Vec<Hit> {
    let hit = |(source, document): (&Source, &Document)| {
        let path = &source.place.name;
        match document.characters {
            Characters::Utf16Le | Characters::Utf16Be if has_certificate(document) => {
                let hit = Hit::at(path, "the text is UTF-16, which no program reads");
                Some(hit.remedy(add_properly(path)))
            }
            _ if hides_its_certificates(source) && source.content.harm().is_none() => {
                let blocks = document.blocks.iter().flat_map(|block| &block.problems);
                let mut problems = document.problems.iter().chain(blocks);
                let problem = problems.find(|problem| !problem.is_note());
                let evidence = problem.map_or(NOT_FOUND, Problem::message);
                let remedy = problem.map_or_else(|| delete(path), |problem| correct(path, problem));
                Some(Hit::at(path, evidence).remedy(remedy))
            }
            _ if has_certificate(document)
                || source.content.harm().is_some()
                || document.has_private_key() =>
            {
                None
            }
            _ => Some(Hit::at(path, describe(document)).remedy(remove(path))),
        }
    };
    local(facts).filter_map(hit).collect()
}

/// Whether a PEM file holds certificates that OpenSSL does not find in it, such as one whose markers are indented.
pub fn hides_its_certificates(source: &Source) -> bool {
    let pem = |document: &Document| document.encoding == Encoding::Pem && has_certificate(document);
    let found = || source.content.found_by(Reader::OpenSsl3).certificates;
    source.content.document().is_some_and(pem) && found().is_empty()
}

const NOT_FOUND: &str = "OpenSSL finds no certificate in it";

fn describe(document: &Document) -> String {
    let labels: Vec<&str> = document
        .blocks
        .iter()
        .map(|block| block.label.as_str())
        .filter(|label| !label.is_empty())
        .collect();
    match (labels.as_slice(), document.problems.first()) {
        ([], Some(problem)) => problem.message().to_string(),
        ([], None) => "there is no certificate in it".to_string(),
        (labels, _) => format!("it holds {}", labels.join(", ")),
    }
}

/// Where a file costs programs other certificates of its bundle, and how.
pub fn damage(content: &Content) -> Option<(usize, String)> {
    let harm = content.harm()?;
    let programs = harm.programs();
    Some((
        harm.line,
        format!("{}; {programs} cannot load what is with it", harm.cause),
    ))
}

pub(super) fn private_key(facts: &Facts) -> Vec<Hit> {
    let keys = |document: &Document| {
        document
            .blocks
            .iter()
            .find(|block| block.kind == BlockKind::PrivateKey)
            .map(|block| block.line)
    };
    let sources = local(facts)
        .filter_map(|(source, document)| Some((source.place.name.clone(), keys(document)?)));
    let entry = |entry: &Entry| {
        let own = matches!(
            entry.kind,
            EntryKind::Bundle | EntryKind::StrayBundle | EntryKind::ForeignFile
        );
        let content = entry.content.as_ref().filter(|_| own)?;
        // A key beside the bundle that only its owner can read is somebody's server key, and no leak.
        let shown = content.facts()?.mode & 0o044 != 0;
        Some((
            Path::new(CERTS).join(&entry.name),
            keys(content.document()?).filter(|_| shown)?,
        ))
    };
    let entries = facts.store.entries.values().filter_map(entry);
    let ignored = facts.ignored.iter().filter(|file| file.shown);
    let ignored =
        ignored.filter_map(|file| Some((file.path.clone(), keys(file.document.as_ref()?)?)));
    // A refresh would copy the key into the bundle again.
    let copied = local(facts).find(|(_, document)| keys(document).is_some());
    let copied = copied.map(|(source, _)| source.place.name.as_path());
    let is_source = |path: &Path| facts.store.local().any(|source| source.place.name == path);
    sources
        .chain(entries)
        .chain(ignored)
        .map(|(path, line)| {
            let first = match (path.starts_with(LOCAL), is_source(&path)) {
                (true, true) => remove(&path),
                (true, false) => format!("run `rm {}`", word(&path)),
                (false, _) => copied.map_or_else(|| "run `trustctl refresh`".to_string(), remove),
            };
            let remedy = format!("{first}; replace the key, which every user could read");
            Hit::at(path, "a private key").line(line).remedy(remedy)
        })
        .collect()
}

pub(super) fn unparsable(facts: &Facts) -> Vec<Hit> {
    let hit = |source: &Source| {
        let (line, reason) = damage(&source.content)?;
        let path = &source.place.name;
        let remedy = format!("{}; get an intact copy of the certificate", remove(path));
        Some(Hit::at(path, reason).line(line).remedy(remedy))
    };
    let names = facts.selected().filter_map(hit);
    let odd = facts.placed().into_iter().zip(facts.verdicts());
    let odd = odd.filter(|(placed, _)| placed.origin == Origin::Local);
    let odd = odd.flat_map(|(placed, verdicts)| {
        let bad = verdicts
            .iter()
            .filter(|verdict| verdict.rule == judge::Rule::Unparsable);
        let hit =
            |verdict: &judge::Verdict| Hit::at(placed.path, &verdict.message).line(placed.line);
        bad.map(hit).collect::<Vec<_>>()
    });
    names.chain(odd).collect()
}

pub(super) fn byte_order_mark(facts: &Facts) -> Vec<Hit> {
    if facts
        .library()
        .is_none_or(|library| library.name != "libssl1.1")
    {
        return Vec::new();
    }
    let marked = local(facts).filter(|(_, document)| document.characters == Characters::Utf8Bom);
    marked
        .map(|(source, _)| {
            let path = &source.place.name;
            let hit = Hit::at(path, "the file begins with a byte order mark").line(1);
            hit.remedy(add_properly(path))
        })
        .collect()
}

pub(super) fn trust_settings(facts: &Facts) -> Vec<Hit> {
    let settings = |document: &Document| {
        let block = document
            .blocks
            .iter()
            .find(|block| block.kind == BlockKind::TrustedCertificate)?;
        Some(block.line)
    };
    let hit = |(source, document): (&Source, &Document)| {
        let path = &source.place.name;
        let hit = Hit::at(path, "a `TRUSTED CERTIFICATE` block").line(settings(document)?);
        Some(hit.remedy(add_properly(path)))
    };
    local(facts).filter_map(hit).collect()
}

pub(super) fn duplicate_certificate(facts: &Facts) -> Vec<Hit> {
    let mut first: BTreeMap<_, &Path> = BTreeMap::new();
    let mut hits = Vec::new();
    let behind: BTreeMap<&Path, &Path> = facts
        .store
        .sources
        .iter()
        .map(|source| (source.place.name.as_path(), source.place.real.as_path()))
        .collect();
    for placed in facts
        .placed()
        .into_iter()
        .filter(|placed| placed.origin != Origin::Foreign)
    {
        match first.get(&placed.certificate.sha256()) {
            // Another name of the same file is no second one.
            Some(other) if behind.get(other) == behind.get(placed.path) => {}
            Some(other) => {
                let hit = Hit::at(placed.path, format!("it is also in `{}`", other.display()));
                let hit = if placed.origin == Origin::Local {
                    hit.remedy(delete(placed.path))
                } else {
                    hit
                };
                hits.push(
                    hit.line(placed.line)
                        .certificate(placed.certificate, placed.origin),
                );
            }
            None => drop(first.insert(placed.certificate.sha256(), placed.path)),
        }
    }
    hits
}
