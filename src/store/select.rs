//! Selectors: how a person names a certificate of the store.

use std::collections::BTreeMap;
use std::path::Path;

use super::inventory::{Inventory, Origin, Source};
use super::layout::{LOCAL, VENDOR};
use crate::cert::{Certificate, Fingerprint};
use crate::error::{Error, ErrorKind, Result};

/// Fewer hex digits than this are no fingerprint prefix.
const SHORTEST_PREFIX: usize = 8;

/// The sources that a selector names: by file name (with or without folder or `.crt`), by SHA-256 (a prefix of at
/// least 8 hex digits, colons allowed), or by a part of the subject, in this order.
///
/// Several files with the very same certificate are one match. Nothing found and an ambiguous selector are errors.
pub fn sources<'a>(
    inventory: &'a Inventory,
    origin: Option<Origin>,
    selector: &str,
) -> Result<Vec<&'a Source>> {
    let all = || {
        inventory
            .sources
            .iter()
            .filter(move |source| origin.is_none_or(|wanted| source.origin == wanted))
    };
    let by_file: Vec<_> = all()
        .filter(|source| names_file(source, selector))
        .collect();
    if !by_file.is_empty() {
        return unambiguous(by_file, selector, |source| {
            source.place.name.display().to_string()
        });
    }
    let prefix = fingerprint_prefix(selector);
    let fits = |certificate: &Certificate| match &prefix {
        Some(prefix) => certificate.sha256().to_string().starts_with(prefix),
        None => has_subject(certificate, selector),
    };
    let found: Vec<_> = all()
        .filter(|source| source.content.certificates().any(fits))
        .collect();
    if found.is_empty() {
        return Err(nothing(selector, origin));
    }
    unambiguous(found, selector, |source| {
        let certificate = source.content.certificates().find(|c| fits(c));
        certificate.map_or_else(String::new, |c| c.sha256().to_string())
    })
}

/// Whether a selector names this certificate by fingerprint or subject.
pub fn matches(certificate: &Certificate, selector: &str) -> bool {
    match fingerprint_prefix(selector) {
        Some(prefix) => certificate.sha256().to_string().starts_with(&prefix),
        None => has_subject(certificate, selector),
    }
}

fn has_subject(certificate: &Certificate, part: &str) -> bool {
    let subject = certificate.subject().display().to_lowercase();
    !part.trim().is_empty() && subject.contains(&part.trim().to_lowercase())
}

/// The hex digits of a fingerprint prefix, lower case, without colons.
pub fn fingerprint_prefix(selector: &str) -> Option<String> {
    let digits: String = selector
        .chars()
        .filter(|c| *c != ':')
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let hex = digits.chars().all(|c| c.is_ascii_hexdigit());
    (hex && (SHORTEST_PREFIX..=64).contains(&digits.len())).then_some(digits)
}

/// Whether a selector is this source's file name: absolute, relative to its folder, or the last part alone.
fn names_file(source: &Source, selector: &str) -> bool {
    let name = source.place.name.as_path();
    let wanted = Path::new(selector);
    let folder = match source.origin {
        Origin::Vendor => VENDOR,
        _ => LOCAL,
    };
    let candidates = [
        Some(name),
        name.strip_prefix(folder).ok(),
        name.file_name().map(Path::new),
        name.file_stem().map(Path::new),
    ];
    candidates.contains(&Some(wanted))
}

/// The sources, if they are all one thing by `key`; else an error that names the candidates.
fn unambiguous<'a>(
    found: Vec<&'a Source>,
    selector: &str,
    key: impl Fn(&Source) -> String,
) -> Result<Vec<&'a Source>> {
    let mut groups: BTreeMap<String, &Source> = BTreeMap::new();
    for source in &found {
        groups.entry(key(source)).or_insert(source);
    }
    if groups.len() == 1 {
        return Ok(found);
    }
    let candidates: Vec<String> = groups
        .values()
        .take(10)
        .map(|source| describe(source))
        .collect();
    let more = groups.len().saturating_sub(candidates.len());
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    Err(Error::new(format!(
        "`{selector}` names {} certificates: {}{more}",
        groups.len(),
        candidates.join(", ")
    ))
    .kind(ErrorKind::Ambiguous)
    .hint("name one of them by its file or by its SHA-256"))
}

fn describe(source: &Source) -> String {
    let sha256 = source
        .content
        .certificates()
        .next()
        .map(Certificate::sha256);
    let short = |sha256: Fingerprint| sha256.to_string().chars().take(16).collect::<String>();
    let name = source.place.name.display();
    match sha256 {
        Some(sha256) => format!("`{name}` ({})", short(sha256)),
        None => format!("`{name}`"),
    }
}

fn nothing(selector: &str, origin: Option<Origin>) -> Error {
    let (kind, list) = match origin {
        Some(Origin::Local) => ("local certificate", "trustctl list --local"),
        Some(Origin::Vendor) => ("vendor certificate", "trustctl list --vendor"),
        _ => ("certificate", "trustctl list"),
    };
    Error::new(format!("no {kind} is called `{selector}`"))
        .kind(ErrorKind::NotFound)
        .hint(format!("`{list}` shows what there is"))
}
