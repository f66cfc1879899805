//! What apt knows: how fresh its lists are, and the newest version of a package in them.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use super::dpkg::{self, Package};
use super::tree::Tree;

/// Where apt keeps its lists.
pub const LISTS: &str = "/var/lib/apt/lists";
/// Of one list, unpacked, at most so much is read.
const LIST_LIMIT: u64 = 256 << 20;
/// A packed list larger than this is not read.
const PACKED_LIMIT: u64 = 32 << 20;
/// Stanzas are shorter than this; so much of each piece is seen twice.
const OVERLAP: usize = 16 << 10;

/// apt's lists as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lists {
    /// When the newest signed index was fetched, Unix seconds; `None` where there is none.
    pub fetched: Option<i64>,
    /// The wanted packages in them, one for each version.
    pub packages: Vec<Package>,
    /// Whether preferences (pins) exist, which make another version than the newest the candidate.
    pub pinned: bool,
}

/// Reads the lists for the packages named.
pub fn read(tree: &Tree<'_>, wanted: &[String]) -> Lists {
    let names = tree.names(LISTS);
    let mut lists = Lists {
        pinned: is_pinned(tree),
        ..Lists::default()
    };
    let path = |name: &str| Path::new(LISTS).join(name);
    for name in names.iter().filter(|name| name.ends_with("Release")) {
        let fetched = tree.facts(path(name)).map(|facts| facts.modified);
        lists.fetched = lists.fetched.max(fetched);
    }
    let by_hand: Vec<String> = names
        .iter()
        .filter_map(|name| not_automatic(tree, name))
        .collect();
    for name in names.iter().filter(|name| name.contains("_Packages")) {
        if !by_hand.iter().any(|prefix| name.starts_with(prefix)) {
            lists.packages.extend(packages(tree, &path(name), wanted));
        }
    }
    lists
}

fn is_pinned(tree: &Tree<'_>) -> bool {
    let says = |path: &Path| {
        tree.text(path)
            .is_some_and(|text| text.lines().any(|line| line.starts_with("Pin:")))
    };
    let folder = tree.expand("/etc/apt/preferences.d/*");
    says(Path::new("/etc/apt/preferences")) || folder.iter().any(|path| says(path))
}

/// The prefix of the lists of an archive from which nothing is installed unasked (backports, experimental).
fn not_automatic(tree: &Tree<'_>, name: &str) -> Option<String> {
    let prefix = name
        .strip_suffix("InRelease")
        .or_else(|| name.strip_suffix("Release"))?;
    let mut by_hand = false;
    let mut look =
        |piece: &[u8]| by_hand |= memchr::memmem::find(piece, b"\nNotAutomatic: yes").is_some();
    // The fields come before the long list of files.
    tree.scan(&Path::new(LISTS).join(name), 4096, 32, &mut look);
    by_hand.then(|| prefix.to_string())
}

fn packages(tree: &Tree<'_>, path: &Path, wanted: &[String]) -> Vec<Package> {
    let name = path.to_string_lossy();
    if name.ends_with("_Packages") {
        let mut found = Vec::new();
        tree.scan(path, LIST_LIMIT, OVERLAP, &mut |piece| {
            found.extend(stanzas(piece, wanted));
        });
        return unique(found);
    }
    let packed = |tree: &Tree<'_>| tree.bytes(path, PACKED_LIMIT);
    if name.ends_with(".lz4") {
        let bytes = packed(tree).unwrap_or_default();
        return unpacked(
            tree,
            path,
            lz4_flex::frame::FrameDecoder::new(bytes.as_slice()),
            wanted,
        );
    }
    if name.ends_with(".gz") {
        let bytes = packed(tree).unwrap_or_default();
        return unpacked(
            tree,
            path,
            flate2::read::GzDecoder::new(bytes.as_slice()),
            wanted,
        );
    }
    if !name.ends_with(".diff_Index") {
        tree.note(path, "this kind of compression is not read");
    }
    Vec::new()
}

fn unpacked(tree: &Tree<'_>, path: &Path, reader: impl Read, wanted: &[String]) -> Vec<Package> {
    let mut reader = BufReader::with_capacity(1 << 18, reader.take(LIST_LIMIT));
    let mut piece: Vec<u8> = Vec::new();
    let mut found = Vec::new();
    loop {
        match reader.fill_buf() {
            Ok([]) => return unique(found),
            Ok(bytes) => piece.extend_from_slice(bytes),
            Err(error) => {
                tree.note(path, format!("it cannot be unpacked: {error}"));
                return unique(found);
            }
        }
        let read = reader.buffer().len();
        reader.consume(read);
        found.extend(stanzas(&piece, wanted));
        piece.drain(..piece.len().saturating_sub(OVERLAP));
    }
}

fn unique(mut packages: Vec<Package>) -> Vec<Package> {
    let key = |package: &Package| {
        (
            package.name.clone(),
            package.version.clone(),
            package.architecture.clone(),
        )
    };
    packages.sort_by_key(key);
    packages.dedup();
    packages
}

/// The complete stanzas of wanted packages in a piece of a list.
fn stanzas(piece: &[u8], wanted: &[String]) -> Vec<Package> {
    wanted
        .iter()
        .flat_map(|name| stanzas_of(piece, name))
        .collect()
}

fn stanzas_of(piece: &[u8], name: &str) -> Vec<Package> {
    let needle = format!("Package: {name}\n");
    let starts = memchr::memmem::find_iter(piece, needle.as_bytes());
    let stanza = |start: usize| {
        let at_start = start == 0 || piece.get(start - 1) == Some(&b'\n');
        let rest = piece.get(start..).filter(|_| at_start)?;
        let end = memchr::memmem::find(rest, b"\n\n")?;
        dpkg::from_stanza(&String::from_utf8_lossy(rest.get(..end)?))
    };
    starts.filter_map(stanza).collect()
}

impl Lists {
    /// The newest version of a package for an architecture that apt knows.
    pub fn newest(&self, name: &str, architecture: &str) -> Option<&Package> {
        let fits =
            |package: &&Package| package.name == name && package.architecture == architecture;
        self.packages
            .iter()
            .filter(fits)
            .max_by(|a, b| dpkg::compare(&a.version, &b.version))
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests act on trees of their own")]
mod tests {
    use super::*;
    use crate::store::layout::Layout;
    use std::io::Write;

    const LIST: &str = "Package: a\nVersion: 9\nArchitecture: amd64\n\nPackage: libssl3\nVersion: 3.0.2\nArchitecture: amd64\nSource: openssl\n\nPackage: libssl3\nVersion: 3.0.10\nArchitecture: amd64\n\nPackage: libssl3-dev\nVersion: 4\nArchitecture: amd64\n\n";

    fn read_list(name: &str, bytes: &[u8], release: &str) -> Lists {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("var/lib/apt/lists");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(name), bytes).unwrap();
        std::fs::write(folder.join("h_dists_x_InRelease"), release).unwrap();
        let layout = Layout::new(root.path());
        read(&Tree::new(&layout), &["libssl3".to_string()])
    }

    fn newest(lists: &Lists) -> Option<&str> {
        lists
            .newest("libssl3", "amd64")
            .map(|package| package.version.as_str())
    }

    #[test]
    fn the_newest_version_is_found_in_plain_and_packed_lists() {
        let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
        lz4.write_all(LIST.as_bytes()).unwrap();
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(LIST.as_bytes()).unwrap();
        let table = [
            (
                "h_dists_x_main_binary-amd64_Packages",
                LIST.as_bytes().to_vec(),
            ),
            (
                "h_dists_x_main_binary-amd64_Packages.lz4",
                lz4.finish().unwrap(),
            ),
            (
                "h_dists_x_main_binary-amd64_Packages.gz",
                gz.finish().unwrap(),
            ),
        ];
        for (name, bytes) in table {
            let lists = read_list(name, &bytes, "Suite: x\n");
            assert_eq!(newest(&lists), Some("3.0.10"), "{name}");
            assert!(lists.fetched.is_some());
        }
    }

    #[test]
    fn archives_that_are_not_automatic_do_not_count() {
        let lists = read_list(
            "h_dists_x_main_binary-amd64_Packages",
            LIST.as_bytes(),
            "Suite: x\nNotAutomatic: yes\n",
        );
        assert_eq!(newest(&lists), None);
    }

    #[test]
    fn a_broken_list_is_noted() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("var/lib/apt/lists");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("h_Packages.gz"), b"no gzip").unwrap();
        let layout = Layout::new(root.path());
        let tree = Tree::new(&layout);
        read(&tree, &["libssl3".to_string()]);
        assert_eq!(tree.unread().len(), 1);
    }
}
