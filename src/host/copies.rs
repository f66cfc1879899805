//! Every OpenSSL on the host, found by the text inside the files: nothing is run.

use std::path::{Path, PathBuf};

use memchr::memmem;

use super::tree::Tree;
use super::users::{users, with_homes};
use crate::system::files::Kind;

/// Where copies lie by default; deep looks go through [`DEEP`] too.
const PLACES: &[&str] = &[
    "/usr/bin/openssl",
    "/usr/lib/*/libcrypto.so*",
    "/usr/lib/libcrypto.so*",
    "/lib/*/libcrypto.so*",
    "/usr/local/bin/openssl",
    "/usr/local/lib/libcrypto.so*",
    "/usr/local/lib64/libcrypto.so*",
    "/usr/local/lib/*/libcrypto.so*",
    "/usr/local/ssl/bin/openssl",
    "/usr/local/ssl/lib*/libcrypto.so*",
    "/usr/local/openssl*/bin/openssl",
    "/usr/local/openssl*/lib*/libcrypto.so*",
    "/opt/*/bin/openssl",
    "/opt/*/lib/libcrypto.so*",
    "/opt/*/lib64/libcrypto.so*",
    "/opt/*/envs/*/lib/libcrypto.so*",
    "/usr/local/*conda*/lib/libcrypto.so*",
    "/home/linuxbrew/.linuxbrew/opt/openssl*/bin/openssl",
    "/home/linuxbrew/.linuxbrew/opt/openssl*/lib/libcrypto.so*",
    "/snap/*/current/usr/lib/*/libcrypto.so*",
    "/snap/*/current/bin/node",
    "/usr/bin/node",
    "/usr/local/bin/node",
    "/opt/*/bin/node",
    "/usr/local/lib/python3*/dist-packages/cryptography/hazmat/bindings/_rust*",
    "/usr/local/lib/python3*/dist-packages/*.libs/libcrypto*",
    "/usr/local/lib/python3*/site-packages/cryptography/hazmat/bindings/_rust*",
    "/usr/local/lib/python3*/site-packages/*.libs/libcrypto*",
    "/opt/*/lib/python3*/site-packages/cryptography/hazmat/bindings/_rust*",
    "/opt/*/lib/python3*/site-packages/*.libs/libcrypto*",
];
/// The same below each user's home.
const HOMES: &[&str] = &[
    "*conda3/lib/libcrypto.so*",
    "*conda3/envs/*/lib/libcrypto.so*",
    "*forge/lib/libcrypto.so*",
    "*forge/envs/*/lib/libcrypto.so*",
    "*forge3/lib/libcrypto.so*",
    "*forge3/envs/*/lib/libcrypto.so*",
    ".linuxbrew/opt/openssl*/lib/libcrypto.so*",
    ".nvm/versions/node/*/bin/node",
    ".local/lib/python3*/site-packages/cryptography/hazmat/bindings/_rust*",
    ".local/lib/python3*/site-packages/*.libs/libcrypto*",
    ".pyenv/versions/*/lib/python3*/site-packages/cryptography/hazmat/bindings/_rust*",
    ".pyenv/versions/*/lib/python3*/site-packages/*.libs/libcrypto*",
];
/// Folders walked by a deep look for programs and libraries that carry OpenSSL inside.
const DEEP: [&str; 4] = ["/usr/local", "/opt", "/srv", "/home"];
/// Of one file at most so much is looked at.
const LIMIT: u64 = 256 << 20;
/// A deep look stops after so many files.
const DEEP_FILES: usize = 20_000;
/// Longer than any text looked for.
const OVERLAP: usize = 512;

/// One file with OpenSSL inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// The file, its links followed.
    pub path: PathBuf,
    /// The upstream version: `1.1.1w`, `3.0.20`.
    pub version: String,
    /// The day of that version as OpenSSL writes it: `7 Apr 2026`.
    pub date: String,
    /// Its `OPENSSLDIR`, where configuration and trust store of its own lie, if the file tells.
    pub folder: Option<String>,
    /// Whether a package of the distribution installed it.
    pub packaged: bool,
}

impl Copy {
    /// Whether it is the command `openssl` rather than a library or a program with OpenSSL inside.
    pub fn is_command(&self) -> bool {
        self.path.file_name().is_some_and(|name| name == "openssl")
    }

    /// Whether it is a library that programs load by its name.
    pub fn is_library(&self) -> bool {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("libcrypto.so")
    }

    /// Whether programs look for the trust store in its own folder.
    pub fn has_own_store(&self) -> bool {
        self.is_library() || self.is_command()
    }

    /// Who brought it, as its place tells.
    pub fn origin(&self) -> &'static str {
        let path = self.path.to_string_lossy();
        let has = |part: &str| path.contains(part);
        match () {
            () if has("/.linuxbrew/") => "homebrew",
            () if path.starts_with("/snap/") => "snap",
            () if has("/site-packages/") || has("/dist-packages/") => "python",
            () if has("conda") || has("forge") || has("mamba") => "conda",
            () if path.ends_with("/node") => "node",
            () if self.packaged => "distribution",
            () => "by hand",
        }
    }

    /// `3.0` of `3.0.20`, `1.1.1` of `1.1.1w`.
    pub fn branch(&self) -> String {
        let numbers: Vec<&str> = self.version.split('.').collect();
        match numbers.as_slice() {
            [major @ ("0" | "1"), minor, patch, ..] => {
                let patch = patch.trim_end_matches(|c: char| c.is_ascii_alphabetic());
                format!("{major}.{minor}.{patch}")
            }
            [major, minor, ..] => format!("{major}.{minor}"),
            _ => self.version.clone(),
        }
    }
}

/// Looks at the usual places, and with `deep` at programs and libraries in the folders people install to.
pub fn find(tree: &Tree<'_>, packaged: &dyn Fn(&Path) -> bool, deep: bool) -> Vec<Copy> {
    let mut candidates: Vec<PathBuf> = PLACES
        .iter()
        .flat_map(|pattern| tree.expand(pattern))
        .collect();
    let passwd = tree.text("/etc/passwd").unwrap_or_default();
    for user in with_homes(users(&passwd)) {
        let patterns = HOMES.iter().map(|pattern| user.home.join(pattern));
        candidates.extend(patterns.flat_map(|pattern| tree.expand(&pattern.to_string_lossy())));
    }
    if deep {
        let mut left = DEEP_FILES;
        for folder in DEEP {
            walk(tree, Path::new(folder), 0, &mut left, &mut candidates);
        }
        if left == 0 {
            tree.note(
                Path::new("/"),
                format!("the deep look for OpenSSL ended after {DEEP_FILES} files"),
            );
        }
    }
    let mut seen = Vec::new();
    let mut copies = Vec::new();
    for path in candidates {
        let Some(facts) = tree.facts(&path).filter(|facts| facts.kind == Kind::File) else {
            continue;
        };
        let identity = (facts.device, facts.inode);
        if !seen.contains(&identity) {
            seen.push(identity);
            copies.extend(look_at(tree, &path, packaged));
        }
    }
    copies
}

fn walk(tree: &Tree<'_>, folder: &Path, depth: usize, left: &mut usize, out: &mut Vec<PathBuf>) {
    for name in tree.names(folder) {
        if *left == 0 || depth > 12 {
            return;
        }
        let path = folder.join(&name);
        let Some(real) = tree.real(folder).map(|real| real.join(&name)) else {
            continue;
        };
        let Some(facts) = tree.facts_at(&real) else {
            continue;
        };
        match facts.kind {
            Kind::Directory => walk(tree, &path, depth + 1, left, out),
            // Smaller files hold no TLS library.
            Kind::File
                if facts.size > 100_000 && (facts.mode & 0o111 != 0 || name.contains(".so")) =>
            {
                *left -= 1;
                out.push(path);
            }
            _ => {}
        }
    }
}

fn look_at(tree: &Tree<'_>, path: &Path, packaged: &dyn Fn(&Path) -> bool) -> Option<Copy> {
    let mut found = Found::default();
    tree.scan(path, LIMIT, OVERLAP, &mut |piece| found.look(piece));
    let (version, date) = found.version?;
    let real = tree.real(path)?;
    let inside = real
        .strip_prefix(tree.root())
        .map_or_else(|_| path.to_path_buf(), |rest| Path::new("/").join(rest));
    Some(Copy {
        packaged: packaged(path) || packaged(&inside),
        path: inside,
        version,
        date,
        folder: found.folder,
    })
}

/// What a file says of the OpenSSL inside it.
#[derive(Debug, Default)]
struct Found {
    version: Option<(String, String)>,
    folder: Option<String>,
}

impl Found {
    fn look(&mut self, piece: &[u8]) {
        if self.version.is_none() {
            let mut hits = memmem::find_iter(piece, b"OpenSSL ");
            self.version = hits.find_map(|at| version(piece.get(at + 8..)?));
        }
        if self.folder.is_none() {
            let mut hits = memmem::find_iter(piece, b"OPENSSLDIR: \"");
            self.folder = hits.find_map(|at| quoted(piece.get(at + 13..)?));
        }
    }
}

/// `1.1.1w  11 Sep 2023` or `3.0.20 7 Apr 2026` (two blanks up to 1.1.1, one since).
fn version(text: &[u8]) -> Option<(String, String)> {
    let text: String = text
        .iter()
        .take(64)
        .take_while(|c| (b' '..=b'~').contains(c))
        .map(|c| char::from(*c))
        .collect();
    let mut words = text.split_ascii_whitespace();
    let version = words.next().filter(|word| is_version(word))?;
    let (day, month, year) = (words.next()?, words.next()?, words.next()?);
    let year: String = year.chars().take(4).collect();
    let dated = day.parse::<u8>().is_ok() && month.len() == 3 && year.parse::<u16>().is_ok();
    dated.then(|| (version.to_string(), format!("{day} {month} {year}")))
}

fn is_version(word: &str) -> bool {
    let mut parts = word.split('.');
    let number = |part: Option<&str>| part.is_some_and(|part| part.parse::<u32>().is_ok());
    number(parts.next())
        && number(parts.next())
        && parts
            .next()
            .is_some_and(|part| part.starts_with(|c: char| c.is_ascii_digit()))
}

fn quoted(text: &[u8]) -> Option<String> {
    let end = text.iter().take(256).position(|c| *c == b'"')?;
    String::from_utf8(text.get(..end)?.to_vec()).ok()
}

/// Whether the trust store of a copy is empty: neither a `cert.pem` with content nor a hash link in `certs`.
pub fn store_is_empty(tree: &Tree<'_>, folder: &str) -> bool {
    let folder = Path::new(folder);
    let file = tree
        .facts(folder.join("cert.pem"))
        .is_some_and(|facts| facts.size > 0);
    let is_hash = |name: &String| {
        name.split_once('.').is_some_and(|(hash, number)| {
            hash.len() == 8
                && hash.chars().all(|c| c.is_ascii_hexdigit())
                && number.parse::<u32>().is_ok()
        })
    };
    !file && !tree.names(folder.join("certs")).iter().any(is_hash)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests act on trees of their own")]
mod tests {
    use super::*;
    use crate::store::layout::Layout;

    fn library(text: &str) -> Vec<u8> {
        let mut bytes = vec![0; 300_000];
        bytes.extend_from_slice(b"OpenSSL %s\0OpenSSL default\0OpenSSL 3.x\0");
        bytes.extend_from_slice(text.as_bytes());
        bytes
    }

    #[test]
    fn copies_are_found_with_version_and_folder() {
        let root = tempfile::tempdir().unwrap();
        let lib = root.path().join("usr/local/lib");
        std::fs::create_dir_all(&lib).unwrap();
        let text = "\0OpenSSL 1.1.1w  11 Sep 2023\0OPENSSLDIR: \"/usr/local/ssl\"\0";
        std::fs::write(lib.join("libcrypto.so.1.1"), library(text)).unwrap();
        std::os::unix::fs::symlink("libcrypto.so.1.1", lib.join("libcrypto.so")).unwrap();
        let layout = Layout::new(root.path());
        let tree = Tree::new(&layout);
        let copies = find(&tree, &|_| false, false);
        assert_eq!(copies.len(), 1);
        assert_eq!(
            (copies[0].version.as_str(), copies[0].date.as_str()),
            ("1.1.1w", "11 Sep 2023")
        );
        assert_eq!(copies[0].folder.as_deref(), Some("/usr/local/ssl"));
        assert_eq!(
            (copies[0].branch().as_str(), copies[0].path.to_str()),
            ("1.1.1", Some("/usr/local/lib/libcrypto.so.1.1"))
        );
        assert!(store_is_empty(&tree, "/usr/local/ssl"));
    }

    #[test]
    fn text_that_is_no_version_is_none() {
        for text in [
            "OpenSSL 3",
            "OpenSSL 3.0.1",
            "OpenSSL a.b.c 1 Jan 2020",
            "OpenSSL 3.0.1 released in 2020",
        ] {
            let mut found = Found::default();
            found.look(text.as_bytes());
            assert_eq!(found.version, None, "{text}");
        }
    }

    #[test]
    fn branches() {
        let branch = |version: &str| {
            let copy = Copy {
                path: "/x".into(),
                version: version.into(),
                date: String::new(),
                folder: None,
                packaged: false,
            };
            copy.branch()
        };
        assert_eq!(branch("1.0.2n"), "1.0.2");
        assert_eq!(branch("3.0.20"), "3.0");
        assert_eq!(branch("4.0.0"), "4.0");
    }
}
