//! The OpenSSL library of the distribution, found without running anything.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use crate::store::layout::Layout;

/// No more of a library is looked at (libcrypto 3.x has 5 MB).
const LIBRARY_LIMIT: u64 = 64 << 20;
/// Longer than a version text.
const OVERLAP: usize = 128;

/// The first line of `openssl version` for the distribution's library: `OpenSSL 3.0.20 7 Apr 2026`.
pub fn library_line(layout: &Layout) -> Option<String> {
    libraries(layout).iter().find_map(|path| {
        let mut found = None;
        let mut look = |piece: &[u8]| {
            found = version_text(piece);
            match found {
                Some(_) => ControlFlow::Break(()),
                None => ControlFlow::Continue(()),
            }
        };
        layout
            .tree
            .scan(path, LIBRARY_LIMIT, OVERLAP, &mut look)
            .ok()?;
        found
    })
}

/// `libcrypto` in the multiarch folders, the newest generation first.
pub fn libraries(layout: &Layout) -> Vec<PathBuf> {
    let base = layout.place("/usr/lib").real;
    let names = layout.tree.names(&base).unwrap_or_default();
    let folders: Vec<PathBuf> = names
        .iter()
        .filter(|name| name.to_string_lossy().ends_with("-linux-gnu"))
        .map(|name| Path::new("/usr/lib").join(name))
        .collect();
    ["libcrypto.so.3", "libcrypto.so.1.1"]
        .iter()
        .flat_map(|library| {
            folders
                .iter()
                .map(move |folder| layout.place(folder.join(library)).real)
        })
        .collect()
}

/// The version text in a library: the word, a version that starts with a digit, and a date.
pub fn version_text(bytes: &[u8]) -> Option<String> {
    let finder = memchr::memmem::Finder::new(b"OpenSSL ");
    finder.find_iter(bytes).find_map(|at| {
        let text = bytes.get(at..)?.split(|byte| *byte == 0).next()?;
        let text = std::str::from_utf8(text.get(..text.len().min(80))?).ok()?;
        let version = text.strip_prefix("OpenSSL ")?;
        let words: Vec<&str> = version.split_whitespace().collect();
        let dated =
            words.len() >= 4 && words[3].len() == 4 && words[3].bytes().all(|b| b.is_ascii_digit());
        (version.starts_with(|c: char| c.is_ascii_digit()) && dated)
            .then(|| text.trim().to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::version_text;

    #[test]
    fn the_version_is_found_between_other_texts() {
        let bytes = b"OpenSSL default\0OpenSSL 3 compat\0OpenSSL 3.0.20 7 Apr 2026\0";
        assert_eq!(
            version_text(bytes).as_deref(),
            Some("OpenSSL 3.0.20 7 Apr 2026")
        );
        assert_eq!(
            version_text(b"OpenSSL 1.1.1w  11 Sep 2023").as_deref(),
            Some("OpenSSL 1.1.1w  11 Sep 2023")
        );
        assert_eq!(version_text(b"OpenSSL x"), None);
    }
}
