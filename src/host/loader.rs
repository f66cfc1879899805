//! Which file the dynamic loader takes for a library's name (ld.so(8), ldconfig(8)): nothing is run.

use std::path::{Path, PathBuf};

use memchr::memmem;

use super::tree::Tree;

const CONF: &str = "/etc/ld.so.conf";
const CACHE: &str = "/etc/ld.so.cache";
/// Read when larger: no cache is.
const LIMIT: u64 = 16 << 20;
/// Files that include each other are followed so deep.
const DEPTH: usize = 4;
/// Searched when the configuration names nothing.
const DEFAULT: [&str; 4] = [
    "/lib/*-linux-gnu",
    "/usr/lib/*-linux-gnu",
    "/lib",
    "/usr/lib",
];

/// The folders in the order in which libraries are looked for, `first` (`LD_LIBRARY_PATH`) before all others.
pub struct Loader<'a> {
    tree: &'a Tree<'a>,
    first: Vec<PathBuf>,
    configured: Vec<PathBuf>,
    /// What `ldconfig` last wrote; a library that is not in it is not found in the configured folders.
    cache: Option<Vec<u8>>,
}

impl<'a> Loader<'a> {
    /// Reads the configuration.
    pub fn read(tree: &'a Tree<'a>, first: Vec<PathBuf>) -> Self {
        let mut configured = Vec::new();
        read(tree, CONF, 0, &mut configured);
        Self {
            tree,
            first,
            configured,
            cache: tree.bytes(CACHE, LIMIT),
        }
    }

    /// The file that a program gets which asks for this name, as it is named where it was found.
    pub fn pick(&self, name: &str) -> Option<PathBuf> {
        let there = |folder: &PathBuf| {
            let path = folder.join(name);
            self.tree.facts(&path).is_some().then_some(path)
        };
        let cached = |path: &PathBuf| {
            let is_in = |cache: &Vec<u8>| memmem::find(cache, path.as_os_str().as_encoded_bytes());
            self.cache
                .as_ref()
                .is_none_or(|cache| is_in(cache).is_some())
        };
        self.first
            .iter()
            .find_map(there)
            .or_else(|| self.configured.iter().filter_map(there).find(cached))
            .or_else(|| {
                let default = DEFAULT.iter().flat_map(|pattern| self.tree.expand(pattern));
                default.into_iter().find_map(|folder| there(&folder))
            })
    }
}

/// The folders of one file, the files that it includes in their place.
fn read(tree: &Tree<'_>, path: &str, depth: usize, folders: &mut Vec<PathBuf>) {
    let text = tree.text(path).unwrap_or_default();
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if let Some(pattern) = line.strip_prefix("include").map(str::trim) {
            let beside = Path::new("/etc").join(pattern);
            let files = tree.expand(&beside.to_string_lossy());
            for file in files.iter().filter(|_| depth < DEPTH) {
                read(tree, &file.to_string_lossy(), depth + 1, folders);
            }
        } else if line.starts_with('/') {
            folders.push(PathBuf::from(line));
        }
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests act on trees of their own")]
mod tests {
    use super::*;
    use crate::store::layout::Layout;

    const NAME: &str = "libcrypto.so.3";

    /// A tree with the library in each of these folders, `/usr/local/lib` being configured first, as in Debian.
    fn tree(folders: &[&str], cache: Option<&str>) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("etc/ld.so.conf", "include ld.so.conf.d/*.conf\n");
        write("etc/ld.so.conf.d/libc.conf", "# libc\n/usr/local/lib\n");
        write("etc/ld.so.conf.d/x.conf", "/usr/lib/x86_64-linux-gnu\n");
        for folder in folders {
            write(&format!("{folder}/{NAME}"), "x");
        }
        if let Some(cache) = cache {
            write("etc/ld.so.cache", cache);
        }
        root
    }

    fn pick(root: &tempfile::TempDir, first: &[&str]) -> Option<String> {
        let layout = Layout::new(root.path());
        let tree = Tree::new(&layout);
        let first = first.iter().map(PathBuf::from).collect();
        let picked = Loader::read(&tree, first).pick(NAME);
        picked.map(|path| path.display().to_string())
    }

    #[test]
    fn folders_are_asked_in_the_order_of_the_configuration() {
        let both = tree(&["usr/local/lib", "usr/lib/x86_64-linux-gnu"], None);
        assert_eq!(
            pick(&both, &[]).as_deref(),
            Some("/usr/local/lib/libcrypto.so.3")
        );
        let own = tree(&["usr/lib/x86_64-linux-gnu"], None);
        let found = "/usr/lib/x86_64-linux-gnu/libcrypto.so.3";
        assert_eq!(pick(&own, &["/opt/none"]).as_deref(), Some(found));
        assert_eq!(pick(&tree(&["opt/x"], None), &[]), None);
        let other = tree(&["opt/x", "usr/lib/x86_64-linux-gnu"], None);
        assert_eq!(
            pick(&other, &["/opt/x"]).as_deref(),
            Some("/opt/x/libcrypto.so.3")
        );
    }

    #[test]
    fn a_library_that_ldconfig_has_not_seen_is_passed_over() {
        let cache = "glibc-ld.so.cache1.1\0/usr/lib/x86_64-linux-gnu/libcrypto.so.3\0";
        let both = ["usr/local/lib", "usr/lib/x86_64-linux-gnu"];
        let found = "/usr/lib/x86_64-linux-gnu/libcrypto.so.3";
        assert_eq!(pick(&tree(&both, Some(cache)), &[]).as_deref(), Some(found));
    }
}
