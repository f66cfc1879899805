//! How the rules about the files of the store judge.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::super::facts::Facts;
use super::super::{Hit, Severity};
use crate::cert::{Block, BlockKind, Characters, Document, Encoding, Problem, ProblemCode, judge};
use crate::host::users;
use crate::store::inventory::{Entry, EntryKind, Inventory, Origin, Source};
use crate::store::layout::{CERTS, CONF, LOCAL};
use crate::store::links;
use crate::system::files;

/// The local sources with what they hold.
fn local(facts: &Facts) -> impl Iterator<Item = (&Source, &Document)> {
    facts
        .store
        .local()
        .filter_map(|source| Some((source, source.content.document()?)))
}

/// Deleting a file of the local folder and building the store anew.
fn delete(path: &Path) -> String {
    format!(
        "run `rm '{}'`, then `update-ca-certificates --fresh`",
        path.display()
    )
}

/// Taking a file out of the local folder and adding what is in it properly.
fn add_properly(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    format!(
        "run `mv '{}' /var/tmp`, then `trustctl add '/var/tmp/{name}'`",
        path.display()
    )
}

/// Renaming a file of the local folder and building the store anew.
fn rename(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let clean = |c: char| {
        if c.is_ascii_alphanumeric() || "._-".contains(c) {
            c
        } else {
            '-'
        }
    };
    let name: String = name.chars().map(clean).collect();
    let to = path.with_file_name(format!("local-{name}"));
    format!(
        "run `mv '{}' '{}'`, then `update-ca-certificates --fresh`",
        path.display(),
        to.display()
    )
}

fn has_certificate(document: &Document) -> bool {
    document.certificates().next().is_some()
}

pub(super) fn ignored_extension(facts: &Facts) -> Vec<Hit> {
    let hit = |file: &super::super::facts::IgnoredFile| {
        let (_, certificate) = file.document.as_ref()?.certificates().next()?;
        let remedy = format!(
            "run `trustctl add '{0}'`, then `rm '{0}'`",
            file.path.display()
        );
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
    let binary =
        |document: &Document| matches!(document.encoding, Encoding::Der | Encoding::Pkcs7Der);
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
            _ if has_certificate(document)
                || is_damaged(document)
                || document.has_private_key() =>
            {
                None
            }
            _ => Some(Hit::at(path, describe(document)).remedy(delete(path))),
        }
    };
    local(facts).filter_map(hit).collect()
}

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

/// Whether a block of a certificate cannot be read, which makes the bundle unloadable.
fn is_damaged(document: &Document) -> bool {
    damage(document).is_some()
}

/// The first thing in a PEM file that OpenSSL stumbles over, with its line.
pub fn damage(document: &Document) -> Option<(usize, String)> {
    if document.encoding != Encoding::Pem {
        return None;
    }
    let in_blocks = document.blocks.iter().find_map(block_damage);
    let outside = || {
        document
            .problems
            .iter()
            .find(|problem| stops_a_reader(problem))
            .map(|p| (p.line, p.message().to_string()))
    };
    in_blocks.or_else(outside)
}

fn block_damage(block: &Block) -> Option<(usize, String)> {
    if !matches!(
        block.kind,
        BlockKind::Certificate | BlockKind::TrustedCertificate
    ) {
        return None;
    }
    let fault = block
        .certificates
        .iter()
        .find_map(|read| read.as_ref().err());
    let der = fault.map(|fault| (block.line, format!("it is no valid certificate: {fault}")));
    let armour = || {
        block
            .problems
            .iter()
            .find(|problem| stops_a_reader(problem))
            .map(|p| (block.line, p.message().to_string()))
    };
    der.or_else(armour)
}

/// Problems for which OpenSSL gives up on the whole file.
fn stops_a_reader(problem: &Problem) -> bool {
    use ProblemCode::{
        BadBase64, BadPadding, BeginInsideBlock, EmptyBlock, EndLabelMismatch, LabelMismatch,
        UnterminatedBlock,
    };
    matches!(
        problem.code,
        BadBase64
            | BadPadding
            | BeginInsideBlock
            | EmptyBlock
            | EndLabelMismatch
            | LabelMismatch
            | UnterminatedBlock
    )
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
    sources
        .chain(entries)
        .map(|(path, line)| {
            let mend = if path.starts_with(LOCAL) {
                delete(&path)
            } else {
                "run `update-ca-certificates`".to_string()
            };
            let remedy = format!("{mend}; replace the key, which everybody could read");
            Hit::at(path, "a private key").line(line).remedy(remedy)
        })
        .collect()
}

pub(super) fn unparsable(facts: &Facts) -> Vec<Hit> {
    let hit = |source: &Source| {
        let (line, reason) = damage(source.content.document()?)?;
        let path = &source.place.name;
        let remedy = format!("{}; get an intact copy of the certificate", delete(path));
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

pub(super) fn dangling_link(facts: &Facts) -> Vec<Hit> {
    let entry = |entry: &Entry| {
        let (EntryKind::SourceLink(target)
        | EntryKind::ForeignLink(target)
        | EntryKind::HashLink { target, .. }) = &entry.kind
        else {
            return None;
        };
        let path = Path::new(CERTS).join(&entry.name);
        let hit = Hit::at(
            path,
            format!("it points at `{}`, where no file is", target.display()),
        );
        entry.content.is_none().then_some(hit)
    };
    let entries = facts.store.entries.values().filter_map(entry);
    let ignored = facts
        .ignored
        .iter()
        .filter(|file| file.reason.contains("link") || file.reason.contains("loop"));
    let local = ignored.map(|file| {
        let remedy = format!("delete the link with `rm {}`", file.path.display());
        Hit::at(&file.path, file.reason).remedy(remedy)
    });
    entries.chain(local).collect()
}

/// Every file and folder whose owner and mode matter, each once.
fn guarded(facts: &Facts) -> BTreeMap<PathBuf, files::Facts> {
    let store = &facts.store;
    let folders = [(LOCAL, store.local_folder), (CERTS, store.certs_folder)];
    let folders = folders
        .into_iter()
        .filter_map(|(path, facts)| Some((PathBuf::from(path), facts?)));
    let sources = facts
        .selected()
        .filter_map(|source| Some((source.place.name.clone(), *source.content.facts()?)));
    let plain = |entry: &&Entry| {
        matches!(
            entry.kind,
            EntryKind::Bundle | EntryKind::StrayBundle | EntryKind::ForeignFile
        )
    };
    let entries = store.entries.values().filter(plain);
    let entries =
        entries.filter_map(|entry| Some((Path::new(CERTS).join(&entry.name), entry.facts?)));
    let hooks = facts.hooks.iter().cloned();
    let others = facts
        .modes
        .iter()
        .map(|(path, facts)| (path.clone(), *facts));
    folders
        .chain(sources)
        .chain(entries)
        .chain(hooks)
        .chain(others)
        .collect()
}

pub(super) fn wrong_owner(facts: &Facts) -> Vec<Hit> {
    let wrong = guarded(facts)
        .into_iter()
        .filter(|(_, found)| found.uid != facts.owner && found.uid != 0);
    wrong
        .map(|(path, found)| {
            let remedy = format!(
                "run `chown root:root {}`, after comparing it with what should be there",
                path.display()
            );
            Hit::at(
                path,
                format!("it belongs to {}", facts.user_name(found.uid)),
            )
            .remedy(remedy)
        })
        .collect()
}

pub(super) fn writable_store(facts: &Facts) -> Vec<Hit> {
    let hit = |(path, found): (PathBuf, files::Facts)| {
        let remedy = format!(
            "run `chmod go-w {}`, after comparing it with what should be there",
            path.display()
        );
        let mode = found.mode;
        if mode & 0o002 != 0 {
            return Some(
                Hit::at(path, format!("mode {mode:04o}: everybody may write")).remedy(remedy),
            );
        }
        let members = users::members(found.gid, &facts.groups, &facts.users);
        let by_group = mode & 0o020 != 0 && found.gid != 0 && !members.is_empty() && found.uid == 0;
        let group = facts
            .groups
            .iter()
            .find(|group| group.gid == found.gid)
            .map_or("", |group| group.name.as_str());
        let evidence = format!(
            "mode {mode:04o}: the group `{group}` may write ({})",
            members.join(", ")
        );
        by_group.then(|| {
            Hit::at(path, evidence)
                .remedy(remedy)
                .severity(Severity::Warning)
        })
    };
    guarded(facts).into_iter().filter_map(hit).collect()
}

pub(super) fn unreadable_store(facts: &Facts) -> Vec<Hit> {
    let hooks: Vec<&PathBuf> = facts.hooks.iter().map(|(path, _)| path).collect();
    let hit = |(path, found): (PathBuf, files::Facts)| {
        let (needed, word) = match found.kind {
            files::Kind::Directory => (0o005, "go+rx"),
            _ => (0o004, "go+r"),
        };
        let closed =
            found.mode & needed != needed && !hooks.contains(&&path) && path != Path::new(CONF);
        let own = path.starts_with(CERTS) && is_foreign(&facts.store, &path);
        let remedy = format!("run `chmod {word} {}`", path.display());
        (closed && !own).then(|| Hit::at(path, format!("mode {:04o}", found.mode)).remedy(remedy))
    };
    guarded(facts).into_iter().filter_map(hit).collect()
}

/// Somebody's own file in the certificate folder need not be readable.
fn is_foreign(store: &Inventory, path: &Path) -> bool {
    let entry = path
        .file_name()
        .and_then(|name| store.entries.get(OsStr::new(name)));
    entry.is_some_and(|entry| entry.kind == EntryKind::ForeignFile)
}

pub(super) fn shadows_vendor(facts: &Facts) -> Vec<Hit> {
    let vendor: BTreeMap<PathBuf, &Path> = facts
        .selected()
        .filter(|s| s.origin == Origin::Vendor)
        .map(|s| (links::link_name(&s.place.name), s.place.name.as_path()))
        .collect();
    let hit = |source: &Source| {
        let shadowed = vendor.get(&links::link_name(&source.place.name))?;
        let path = &source.place.name;
        let hit = Hit::at(
            path,
            format!("it takes the link of `{}`", shadowed.display()),
        );
        Some(hit.remedy(rename(path)))
    };
    facts.store.local().filter_map(hit).collect()
}

pub(super) fn same_base_name(facts: &Facts) -> Vec<Hit> {
    let mut first: BTreeMap<PathBuf, &Path> = BTreeMap::new();
    let mut hits = Vec::new();
    for source in facts.store.local() {
        let link = links::link_name(&source.place.name);
        if let Some(other) = first.get(&link) {
            let evidence = format!(
                "`{}` has the same link, `{}`",
                other.display(),
                link.display()
            );
            let path = &source.place.name;
            hits.push(Hit::at(path, evidence).remedy(rename(path)));
        } else {
            first.insert(link, &source.place.name);
        }
    }
    hits
}

pub(super) fn duplicate_certificate(facts: &Facts) -> Vec<Hit> {
    let mut first: BTreeMap<_, &Path> = BTreeMap::new();
    let mut hits = Vec::new();
    for placed in facts
        .placed()
        .into_iter()
        .filter(|placed| placed.origin != Origin::Foreign)
    {
        match first.get(&placed.certificate.sha256()) {
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

pub(super) fn breaking_name(facts: &Facts) -> Vec<Hit> {
    let old = facts
        .package("ca-certificates")
        .is_none_or(|package| crate::host::dpkg::compare(&package.version, "20250419").is_lt());
    let hit = |source: &Source| {
        let name = source.place.name.as_os_str().as_bytes();
        let what = match (name.contains(&b'\n'), name.contains(&b'\\')) {
            (true, _) => "a line break in the name",
            (false, true) if old => "a backslash in the name",
            _ => return None,
        };
        Some(Hit::at(&source.place.name, what))
    };
    facts.store.local().filter_map(hit).collect()
}

pub(super) fn stray_bundle(facts: &Facts) -> Vec<Hit> {
    let stray = facts
        .store
        .entries
        .values()
        .filter(|entry| entry.kind == EntryKind::StrayBundle);
    stray
        .map(|entry| {
            let count = entry
                .content
                .as_ref()
                .map_or(0, |content| content.certificates().count());
            let path = Path::new(CERTS).join(&entry.name);
            let remedy = format!("run `rm {}`, then `update-ca-certificates`", path.display());
            Hit::at(path, format!("{count} certificates in it")).remedy(remedy)
        })
        .collect()
}

pub(super) fn ignored_hook(facts: &Facts) -> Vec<Hit> {
    let runnable = |c: u8| c.is_ascii_alphanumeric() || c == b'_' || c == b'-';
    let hit = |(path, found): &(PathBuf, files::Facts)| {
        let name = path.file_name().unwrap_or_default().as_bytes();
        let left_over = name.windows(5).any(|part| part == b".dpkg") || name.ends_with(b"~");
        if found.kind != files::Kind::File || left_over {
            return None;
        }
        if !name.iter().copied().all(runnable) {
            let runnable = |c: char| {
                if c.is_ascii_alphanumeric() || "_-".contains(c) {
                    c
                } else {
                    '-'
                }
            };
            let name: String = String::from_utf8_lossy(name)
                .chars()
                .map(runnable)
                .collect();
            let to = path.with_file_name(name);
            let remedy = format!(
                "run `mv '{}' '{}'` and `chmod 755 '{1}'`, or delete it",
                path.display(),
                to.display()
            );
            return Some(Hit::at(path, "run-parts passes over this name").remedy(remedy));
        }
        (found.mode & 0o111 == 0).then(|| {
            Hit::at(path, format!("mode {:04o}: not executable", found.mode))
                .remedy(format!("run `chmod 755 {}`, or delete it", path.display()))
        })
    };
    facts.hooks.iter().filter_map(hit).collect()
}
