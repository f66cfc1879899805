//! Finding the few DNS subtrees that can decide about a name among thousands.
//!
//! Programs without a limit on comparisons (Go, the JDK) answer such questions, so they must be answered for them.

use std::collections::HashMap;

use super::constraints::Subtree;
use super::names::GeneralName;
use super::profile::Constraining;

/// Below this many comparisons a walk over the list is as fast.
const WORTH: usize = 10_000;

/// DNS subtrees by their name, without a leading dot.
pub(crate) struct DnsIndex<'s, 'c> {
    by_name: HashMap<Vec<u8>, Vec<&'s Subtree<'c>>>,
    /// By the name above, for wildcards of which a subtree is one expansion.
    by_parent: HashMap<Vec<u8>, &'s Subtree<'c>>,
    /// Any one: what lies outside of it lies outside of all that are not near.
    any: Option<&'s Subtree<'c>>,
}

impl<'s, 'c> DnsIndex<'s, 'c> {
    /// An index, where it saves work and the program compares whole labels.
    pub(crate) fn worth(list: &'s [Subtree<'c>], names: usize, way: Constraining) -> Option<Self> {
        let labels = matches!(
            way,
            Constraining::Standard | Constraining::Go | Constraining::Java
        );
        // A bounded subtree decides about names wherever they are.
        let bounded = way != Constraining::Go && list.iter().any(|subtree| subtree.bounded);
        if !labels || bounded || list.len().saturating_mul(names) < WORTH {
            return None;
        }
        let mut index = Self {
            by_name: HashMap::new(),
            by_parent: HashMap::new(),
            any: None,
        };
        for subtree in list {
            if let GeneralName::Dns(text) = &subtree.base {
                index.add(text, subtree);
            }
        }
        Some(index)
    }

    fn add(&mut self, text: &[u8], subtree: &'s Subtree<'c>) {
        let bare = text.strip_prefix(b".").unwrap_or(text).to_ascii_lowercase();
        if let Some(parent) = above(&bare) {
            self.by_parent.insert(parent.to_vec(), subtree);
        }
        self.by_name.entry(bare).or_default().push(subtree);
        self.any = Some(subtree);
    }

    /// The subtrees that may hold the name, and one more that tells it is outside otherwise.
    pub(crate) fn near(&self, name: &[u8]) -> impl Iterator<Item = &'s Subtree<'c>> + use<'s, 'c> {
        let name = name.strip_suffix(b".").unwrap_or(name).to_ascii_lowercase();
        let mut found: Vec<&'s Subtree<'c>> = Vec::new();
        let mut rest: Option<&[u8]> = Some(name.strip_prefix(b"*.").unwrap_or(&name));
        found.extend(rest.and_then(|base| self.by_parent.get(base)));
        while let Some(suffix) = rest {
            found.extend(self.by_name.get(suffix).into_iter().flatten());
            rest = above(suffix);
        }
        found.extend(self.by_name.get(&b""[..]).into_iter().flatten());
        found.extend(self.any);
        found.into_iter()
    }
}

/// The name without its first label.
fn above(name: &[u8]) -> Option<&[u8]> {
    let dot = name.iter().position(|&byte| byte == b'.')?;
    name.get(dot + 1..)
}

#[cfg(test)]
mod tests {
    use super::super::constraints::{Fit, fit};
    use super::*;

    #[test]
    fn an_index_is_made_where_there_is_much_to_compare() {
        let subtree = Subtree {
            base: GeneralName::Dns(b"example.com"),
            bounded: false,
            written: false,
        };
        let list = vec![subtree; 100];
        let worth = |names, way| DnsIndex::worth(&list, names, way).is_some();
        assert!(!worth(99, Constraining::Standard));
        for (way, made) in [
            (Constraining::Standard, true),
            (Constraining::Go, true),
            (Constraining::Java, true),
            (Constraining::OpenSsl, false),
            (Constraining::GnuTls, false),
            (Constraining::Webpki, false),
        ] {
            assert_eq!(worth(100, way), made, "{way:?}");
        }
        let mut list = list.clone();
        list[7].bounded = true;
        assert!(DnsIndex::worth(&list, 100, Constraining::Standard).is_none());
        assert!(DnsIndex::worth(&list, 100, Constraining::Go).is_some());
    }

    #[test]
    fn what_is_near_decides_as_the_whole_list_does() {
        let bases: Vec<String> = (0..200)
            .map(|n| format!("{}h{n}.example.com", if n % 3 == 0 { "." } else { "" }))
            .collect();
        let list: Vec<Subtree<'_>> = bases
            .iter()
            .map(|base| Subtree {
                base: GeneralName::Dns(base.as_bytes()),
                bounded: false,
                written: false,
            })
            .collect();
        let index = DnsIndex::worth(&list, 1000, Constraining::Standard).unwrap();
        for name in [
            "h1.example.com",
            "a.h3.example.com",
            "h3.example.com",
            "*.example.com",
            "*.h4.EXAMPLE.com",
            "other.org",
            "h1.example.com.",
            "..",
            "*",
        ] {
            let name = GeneralName::Dns(name.as_bytes());
            let best = |fits: &mut dyn Iterator<Item = Fit>| {
                let all: Vec<Fit> = fits.collect();
                [Fit::Inside, Fit::Partly, Fit::BadName, Fit::Outside]
                    .into_iter()
                    .find(|fit| all.contains(fit))
            };
            let whole = best(&mut list.iter().map(|subtree| fit(&name, &subtree.base)));
            let GeneralName::Dns(text) = &name else {
                continue;
            };
            let near = best(&mut index.near(text).map(|near| fit(&name, &near.base)));
            assert_eq!(whole, near, "{}", name.describe());
        }
    }
}
