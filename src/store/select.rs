//! Selectors: how a person names a certificate of the store.

mod subject;

use std::collections::BTreeMap;
use std::path::Path;

use super::inventory::{Inventory, Origin, Source};
use super::layout::{LOCAL, VENDOR};
use crate::cert::{Certificate, Fingerprint};
use crate::error::{Error, ErrorKind, Result};

/// Fewer hex digits than this are no fingerprint prefix.
const SHORTEST_PREFIX: usize = 8;

/// How well a selector fits a certificate; the better one wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// A part of the subject: good enough to show, not to act on unasked.
    Part,
    /// The common name, or the whole subject in any order and spelling.
    Subject,
    /// The SHA-256, or its first digits.
    Fingerprint,
    /// The name of its file.
    File,
}

/// What a selector names.
#[derive(Debug)]
pub struct Found<'a> {
    /// The sources.
    pub sources: Vec<&'a Source>,
    /// How it names them.
    pub fit: Fit,
}

impl Found<'_> {
    /// Whether nothing else can be meant.
    pub fn is_exact(&self) -> bool {
        self.fit > Fit::Part
    }
}

/// The sources that a selector names: by file name (with or without folder or `.crt`), by SHA-256 (a prefix of at
/// least 8 hex digits, colons allowed), by common name or whole subject, or by a part of the subject, in this order.
///
/// Several files with the very same certificate are one match, and so are several names of one file. Nothing found
/// and an ambiguous selector are errors.
pub fn sources<'a>(
    inventory: &'a Inventory,
    origin: Option<Origin>,
    selector: &str,
) -> Result<Found<'a>> {
    find(inventory, origin, selector)?.ok_or_else(|| nothing(selector, origin))
}

/// The same, where it is no error that nothing is found.
pub fn find<'a>(
    inventory: &'a Inventory,
    origin: Option<Origin>,
    selector: &str,
) -> Result<Option<Found<'a>>> {
    let fits: Vec<(Fit, &Source)> = inventory
        .sources
        .iter()
        .filter(|source| origin.is_none_or(|wanted| source.origin == wanted))
        .filter_map(|source| Some((fit(source, selector)?, source)))
        .collect();
    let Some(best) = fits.iter().map(|(fit, _)| *fit).max() else {
        return Ok(None);
    };
    let found: Vec<&Source> = fits
        .into_iter()
        .filter(|(fit, _)| *fit == best)
        .map(|(_, source)| source)
        .collect();
    let key = |source: &Source| match best {
        Fit::File => contents(source),
        _ => {
            certificate(source, selector, best).map_or_else(String::new, |c| c.sha256().to_string())
        }
    };
    let sources = unambiguous(found, selector, key)?;
    Ok(Some(Found { sources, fit: best }))
}

fn fit(source: &Source, selector: &str) -> Option<Fit> {
    if names_file(source, selector) {
        return Some(Fit::File);
    }
    let certificates = source.content.certificates();
    certificates.filter_map(|c| fit_of(c, selector)).max()
}

fn certificate<'a>(source: &'a Source, selector: &str, fit: Fit) -> Option<&'a Certificate> {
    let mut certificates = source.content.certificates();
    certificates.find(|c| fit_of(c, selector) == Some(fit))
}

/// How a selector names this certificate, whatever file it is in.
pub fn fit_of(certificate: &Certificate, selector: &str) -> Option<Fit> {
    if let Some(prefix) = fingerprint_prefix(selector)
        && certificate.sha256().to_string().starts_with(&prefix)
    {
        return Some(Fit::Fingerprint);
    }
    let subject = certificate.subject();
    let wanted = selector.trim();
    let is_common_name = subject
        .common_name()
        .is_some_and(|name| same(name, wanted) || same(name, without_cn(wanted)));
    if is_common_name || subject::is_whole(subject.display(), wanted) {
        return Some(Fit::Subject);
    }
    let shown = subject.display().to_lowercase();
    (!wanted.is_empty() && shown.contains(&wanted.to_lowercase())).then_some(Fit::Part)
}

/// `CN=Corp` names the common name alone.
fn without_cn(selector: &str) -> &str {
    let after = |prefix: &str| {
        let (start, rest) = selector.split_at_checked(prefix.len())?;
        start
            .eq_ignore_ascii_case(prefix)
            .then(|| rest.trim_start())
    };
    let value = after("CN").and_then(|rest| rest.strip_prefix('='));
    value.map_or(selector, str::trim)
}

fn same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.to_lowercase()
}

/// Whether a selector names this certificate by fingerprint or subject.
pub fn matches(certificate: &Certificate, selector: &str) -> bool {
    fit_of(certificate, selector).is_some()
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

/// Whether a selector is a whole SHA-256: then it names one certificate, whether that is there or not.
pub fn is_whole_fingerprint(selector: &str) -> bool {
    fingerprint_prefix(selector).is_some_and(|digits| digits.len() == 64)
}

/// Whether a selector is this source's file name: absolute, relative to its folder, or the last part alone.
fn names_file(source: &Source, selector: &str) -> bool {
    let folder = match source.origin {
        Origin::Vendor => VENDOR,
        _ => LOCAL,
    };
    is_name_of(&source.place.name, folder, selector)
}

/// Whether a selector is the name of this file: absolute, relative to the folder, or the last part with or without
/// its ending.
pub fn is_name_of(name: &Path, folder: &str, selector: &str) -> bool {
    let candidates = [
        Some(name),
        name.strip_prefix(folder).ok(),
        name.file_name().map(Path::new),
        name.file_stem().map(Path::new),
    ];
    candidates.contains(&Some(Path::new(selector)))
}

/// Two names of one file, or of two files with the same content, are one thing; what cannot be read is known by its
/// name alone.
fn contents(source: &Source) -> String {
    match source.content.bytes() {
        Some(bytes) => Fingerprint::of(bytes).to_string(),
        None => source.place.real.display().to_string(),
    }
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

/// Nothing is called that.
pub fn nothing(selector: &str, origin: Option<Origin>) -> Error {
    let (kind, list) = match origin {
        Some(Origin::Local) => ("local certificate", "trustctl list --local"),
        Some(Origin::Vendor) => ("vendor certificate", "trustctl list --vendor"),
        _ => ("certificate", "trustctl list"),
    };
    Error::new(format!("no {kind} is called `{selector}`"))
        .kind(ErrorKind::NotFound)
        .hint(format!("`{list}` shows what there is"))
}
