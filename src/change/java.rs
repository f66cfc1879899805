//! The Java keystore that the hook of ca-certificates-java keeps: what it must be told beyond the links, and whether
//! it did what it was told.
//!
//! The bare script tells it nothing of a local certificate that is gone or has a new content (measured on 20210119 to
//! 20250419), so a keystore can be wrong although the store is right.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

use super::model::Expected;
use crate::cert::{Certificate, Fingerprint};
use crate::host::keystore::{self, Entry, KeystoreFault};
use crate::host::tree::Tree;
use crate::store::layout::{CERTS, Layout};

/// How the hook calls the entry of `/etc/ssl/certs/X.pem`, in lower case as keystores keep aliases.
const PREFIX: &str = "debian:";

/// The entries of the keystore; `None` where there is none.
fn entries(layout: &Layout) -> Option<Result<Vec<Entry>, KeystoreFault>> {
    keystore::of(&Tree::new(layout))
}

/// Lines for the hook that bring the keystore in line with the tree to be: `-` for entries without a link, `+` for
/// links without an entry or with another certificate.
pub fn lines(layout: &Layout, expected: &Expected) -> Vec<String> {
    let hooks = super::hooks::find(layout).unwrap_or_default();
    let kept = layout.is_live() && hooks.iter().any(|hook| hook.ends_with("jks-keystore"));
    // One that cannot be opened is told of after the change.
    let Some(Ok(entries)) = kept.then(|| entries(layout)).flatten() else {
        return Vec::new();
    };
    let present: BTreeMap<&str, Fingerprint> = entries
        .iter()
        .filter_map(|entry| Some((entry.alias.strip_prefix(PREFIX)?, entry.sha256)))
        .collect();
    let single: BTreeMap<&OsStr, Fingerprint> = expected
        .required
        .iter()
        .flat_map(|((_, sha256), names)| names.iter().map(|name| (name.as_os_str(), *sha256)))
        .collect();
    let links: BTreeMap<String, (&Path, Option<Fingerprint>)> = expected
        .links
        .keys()
        .map(|name| {
            let alias = name.to_string_lossy().to_lowercase();
            let sha256 = single.get(name.as_os_str()).copied();
            (alias, (name.as_path(), sha256))
        })
        .collect();
    let gone = present.keys().filter(|alias| !links.contains_key(**alias));
    let come = links.iter().filter(|(alias, (_, sha256))| {
        sha256.is_some() && present.get(alias.as_str()) != sha256.as_ref()
    });
    gone.map(|alias| format!("-{CERTS}/{alias}"))
        .chain(come.map(|(_, (name, _))| format!("+{CERTS}/{}", name.display())))
        .collect()
}

/// A word on the keystore that has followed a change; `None` where there is none.
pub fn followed(layout: &Layout) -> Option<String> {
    let file = keystore::CACERTS;
    entries(layout)?.ok()?;
    Some(format!("Java: the keystore `{file}` was updated as well"))
}

/// What the keystore still trusts of what was to go, and lacks of what was to come.
pub fn still_open(layout: &Layout, gone: &[&Certificate], come: &[Certificate]) -> Vec<String> {
    let file = keystore::CACERTS;
    let entries = match entries(layout) {
        None => return Vec::new(),
        Some(Err(fault)) => {
            return vec![format!(
                "Java was not checked: the keystore `{file}`: {fault}"
            )];
        }
        Some(Ok(entries)) => entries,
    };
    let has = |certificate: &Certificate| entries.iter().any(|e| e.sha256 == certificate.sha256());
    let left = gone
        .iter()
        .filter(|certificate| has(certificate))
        .map(|certificate| {
            let subject = certificate.subject().display();
            format!("the Java keystore `{file}` still trusts `{subject}`")
        });
    let missing = come
        .iter()
        .filter(|certificate| !has(certificate))
        .map(|certificate| {
            let subject = certificate.subject().display();
            format!("the Java keystore `{file}` does not have `{subject}`")
        });
    left.chain(missing).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "a tree of the test's own")]

    use super::*;

    #[test]
    fn a_keystore_that_cannot_be_opened_is_never_passed_over() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::new(root.path());
        assert_eq!(still_open(&layout, &[], &[]), Vec::<String>::new());
        let file = root.path().join("etc/ssl/certs/java/cacerts");
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        for bytes in [
            &b"neither"[..],
            &[0x30, 3, 2, 1, 3],
            b"\xfe\xed\xfe\xed\0\0",
        ] {
            std::fs::write(&file, bytes).unwrap();
            let open = still_open(&layout, &[], &[]);
            assert_eq!(open.len(), 1, "{open:?}");
            assert!(open[0].starts_with("Java was not checked"), "{open:?}");
        }
    }
}
