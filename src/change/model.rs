//! What `update-ca-certificates` must make of a set of sources, computed without running it. Pure.
//!
//! The stage made by the real script is compared with this; a difference means that one of the two is wrong,
//! and nothing is published.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cert::readers::{Harm, Reader};
use crate::cert::{Block, Certificate, Encoding, Fingerprint, ProblemCode};
use crate::store::inventory::{Content, Origin};
use crate::store::links;

/// One selected source of the state to be.
#[derive(Clone, Debug)]
pub struct ModelSource {
    /// Its name inside the tree.
    pub name: PathBuf,
    /// Local or vendor.
    pub origin: Origin,
    /// What it holds.
    pub content: Arc<Content>,
}

/// The tree that the script must make.
#[derive(Debug, Default, PartialEq)]
pub struct Expected {
    /// The bundle, byte for byte; empty when there is no source.
    pub bundle: Vec<u8>,
    /// The bundle to publish, where that is not the one that the script makes.
    pub instead: Option<Vec<u8>>,
    /// Link names and their targets.
    pub links: BTreeMap<PathBuf, PathBuf>,
    /// Under each subject hash the certificates that must be reachable, each through one of these link names.
    pub required: BTreeMap<(u32, Fingerprint), Vec<PathBuf>>,
    /// Link names whose files are odd: `openssl rehash` may link them or not, by version.
    pub lax: BTreeSet<PathBuf>,
}

impl Expected {
    /// The bundle that readers are to find.
    pub fn published(&self) -> &[u8] {
        self.instead.as_deref().unwrap_or(&self.bundle)
    }

    /// Whether this link name leads to a certificate that must be reachable under this subject hash.
    pub fn requires(&self, hash: u32, name: &Path) -> bool {
        let (first, last) = (Fingerprint([0; 32]), Fingerprint([0xff; 32]));
        let mut all = self.required.range((hash, first)..=(hash, last));
        all.any(|(_, names)| names.iter().any(|known| known == name))
    }
}

/// Something about a source that forbids publishing any bundle made from it.
#[derive(Debug, PartialEq, Eq)]
pub struct Hazard {
    /// The source's name inside the tree.
    pub name: PathBuf,
    /// Local or vendor.
    pub origin: Origin,
    /// What is wrong with it.
    pub reason: String,
}

/// Computes the tree; sources come in the script's order (conf, then local by name).
pub fn expected(sources: &[ModelSource]) -> Expected {
    let mut tree = Expected::default();
    for source in sources {
        append(&mut tree.bundle, source.content.bytes().unwrap_or_default());
        // A later source of the same link name takes the link over (`ln -sf`).
        tree.links
            .insert(links::link_name(&source.name), source.name.clone());
    }
    for source in sources {
        let link = links::link_name(&source.name);
        if tree.links[&link] != source.name {
            continue;
        }
        match plain_single(&source.content) {
            Some(certificate) => {
                let key = (certificate.subject_hash(), certificate.sha256());
                // Nearly all have one name: no room for more.
                match tree.required.entry(key) {
                    Entry::Vacant(place) => drop(place.insert(vec![link])),
                    Entry::Occupied(mut names) => names.get_mut().push(link),
                }
            }
            None => drop(tree.lax.insert(link)),
        }
    }
    tree
}

/// `sed -e '$a\'`: the content, with a newline at its end if it has any content at all.
fn append(bundle: &mut Vec<u8>, bytes: &[u8]) {
    bundle.extend_from_slice(bytes);
    if !bytes.is_empty() && !bytes.ends_with(b"\n") {
        bundle.push(b'\n');
    }
}

/// The certificate of a file that every version of `openssl rehash` links: one PEM block, nothing odd about it, that
/// OpenSSL finds (where lines end with CR alone it does not).
pub fn plain_single(content: &Content) -> Option<&Certificate> {
    let (document, bytes) = (content.document()?, content.bytes()?);
    let [block] = document.blocks.as_slice() else {
        return None;
    };
    let plain = document.encoding == Encoding::Pem
        && document.problems.is_empty()
        && block.kind.is_certificate()
        && block.problems.is_empty();
    let [Ok(certificate)] = block.certificates.as_slice() else {
        return None;
    };
    let finds = |reader: Reader| {
        let found = reader.read_known(bytes, document).certificates;
        found.as_slice() == std::slice::from_ref(certificate)
    };
    let is_found =
        || document.is_plain(bytes) || (finds(Reader::OpenSsl1) && finds(Reader::OpenSsl3));
    (plain && is_found()).then_some(certificate)
}

/// Sources that would make the bundle hurt: a program loses other certificates by it, or it publishes a secret.
pub fn hazards(sources: &[ModelSource]) -> Vec<Hazard> {
    sources
        .iter()
        .filter_map(|source| {
            let reason = hazard(&source.content)?;
            Some(Hazard {
                name: source.name.clone(),
                origin: source.origin,
                reason,
            })
        })
        .collect()
}

fn hazard(content: &Content) -> Option<String> {
    let document = match content {
        Content::Read { document, .. } => document,
        Content::Unread(reason) => return Some(format!("it cannot be read: {reason}")),
    };
    if document.has_private_key() {
        return Some(
            "it holds a private key, which would be copied into the world-readable bundle".into(),
        );
    }
    let hidden = content.facts().is_some_and(|facts| facts.mode & 0o004 == 0);
    if hidden && content.certificates().next().is_none() && content.bytes() != Some(b"") {
        let reason = "it holds no certificate and is not readable by everyone, but the bundle is";
        return Some(reason.into());
    }
    if let Some(harm) = content.harm() {
        let Harm { line, cause, .. } = &harm;
        let programs = harm.programs();
        return Some(format!(
            "line {line}: {cause}; with it in the bundle {programs} cannot load other certificates"
        ));
    }
    if document.encoding != Encoding::Pem {
        return None;
    }
    document.blocks.iter().find_map(disputed)
}

/// A certificate that is not sound, though no program loses others by it.
fn disputed(block: &Block) -> Option<String> {
    let line = block.line;
    if block
        .problems
        .iter()
        .any(|p| p.code == ProblemCode::RejectsServers)
    {
        return Some(format!(
            "the settings of the certificate at line {line} reject TLS servers, but programs that do not read them trust it"
        ));
    }
    let broken = block.kind.is_certificate() && block.certificates.iter().any(Result::is_err);
    broken.then(|| {
        format!("line {line}: the certificate is broken, which programs judge differently")
    })
}

/// Which hash links to publish, slot by slot, so that no certificate that stays is ever out of reach.
///
/// OpenSSL looks at `HASH.0`, `HASH.1` … and stops at the first gap. A name that stays keeps its slot; a slot
/// that falls free takes a new name, then the last of those that stay beyond the new end. So a slot is only ever
/// overwritten when its old name goes away, and only the tail is removed.
pub fn slots(
    live: &BTreeMap<u32, BTreeMap<u32, PathBuf>>,
    wanted: &BTreeMap<u32, BTreeSet<PathBuf>>,
) -> BTreeMap<PathBuf, PathBuf> {
    let mut result = BTreeMap::new();
    for (hash, names) in wanted {
        let empty = BTreeMap::new();
        let old = live.get(hash).unwrap_or(&empty);
        for (index, name) in (0..).zip(assign(old, names)) {
            result.insert(links::hash_link(*hash, index), name);
        }
    }
    result
}

fn assign(old: &BTreeMap<u32, PathBuf>, names: &BTreeSet<PathBuf>) -> Vec<PathBuf> {
    let mut left = names.clone();
    let mut chosen: Vec<Option<PathBuf>> = vec![None; names.len()];
    for (index, name) in old {
        if let Some(slot) = chosen.get_mut(*index as usize)
            && left.remove(name)
        {
            *slot = Some(name.clone());
        }
    }
    let new_first = |name: &PathBuf| old.values().any(|present| present == name);
    let mut rest: Vec<PathBuf> = left.into_iter().collect();
    rest.sort_by_key(|name| (new_first(name), name.clone()));
    let mut rest = rest.into_iter();
    chosen
        .into_iter()
        .filter_map(|slot| slot.or_else(|| rest.next()))
        .collect()
}

/// Whether a link name is formed in a way that the script can handle: a newline or a backslash breaks it
/// (`sed: can't read`, measured on 20210119 and 20230311).
pub fn name_is_usable(name: &Path) -> bool {
    name.to_str()
        .is_some_and(|text| !text.contains(['\n', '\\', '\r']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn old(names: &[&str]) -> BTreeMap<u32, PathBuf> {
        (0..).zip(names.iter().map(PathBuf::from)).collect()
    }

    fn run(before: &[&str], after: &[&str]) -> Vec<String> {
        let names = after.iter().map(PathBuf::from).collect();
        assign(&old(before), &names)
            .into_iter()
            .map(|path| path.display().to_string())
            .collect()
    }

    #[test]
    fn names_that_stay_keep_their_slots() {
        assert_eq!(run(&["a", "b"], &["a", "b", "c"]), ["a", "b", "c"]);
        assert_eq!(run(&["b", "a"], &["a", "b"]), ["b", "a"]);
    }

    #[test]
    fn a_free_slot_takes_the_new_name_first() {
        assert_eq!(run(&["a", "b", "c"], &["b", "c", "d"]), ["d", "b", "c"]);
    }

    #[test]
    fn a_free_slot_takes_a_name_from_beyond_the_end() {
        assert_eq!(run(&["a", "b", "c"], &["b", "c"]), ["c", "b"]);
        assert_eq!(run(&["a", "b"], &["b"]), ["b"]);
    }
}
