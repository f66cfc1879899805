//! A reader that never rests: what do programs meet in the store while it is being changed?
//!
//! It reads as the three kinds of program do, and looks for certificates that are trusted throughout.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, spawn};

use crate::ca::Ca;
use crate::tree::{Tree, certificates_in};

/// What a reader has met so far.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// How often it looked.
    pub rounds: u64,
    /// How often a watched certificate was not in the bundle.
    pub lost_in_bundle: u64,
    /// How often a watched certificate was not found by its hash.
    pub lost_in_hash_dir: u64,
    /// How often a watched certificate was in none of the files of the folder.
    pub lost_in_every_file: u64,
    /// All certificates it ever met, in any view.
    pub met: BTreeSet<String>,
}

impl Seen {
    /// How often a watched certificate was missing in any view.
    pub fn lost(&self) -> u64 {
        self.lost_in_bundle + self.lost_in_hash_dir + self.lost_in_every_file
    }
}

/// A thread that reads the store in a tight loop until it is asked what it has seen.
pub struct Reader {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Seen>,
}

impl Reader {
    /// Starts to look for certificates that should never be missing.
    pub fn start(tree: &Tree, watched: &[&Ca]) -> Reader {
        let stop = Arc::new(AtomicBool::new(false));
        let (flag, tree) = (Arc::clone(&stop), tree.clone());
        let watched: Vec<_> = watched
            .iter()
            .map(|ca| (ca.sha256(), ca.subject_hash()))
            .collect();
        let thread = spawn(move || {
            let mut seen = Seen::default();
            // At least one whole round, however soon it is stopped.
            while seen.rounds == 0 || !flag.load(Ordering::Relaxed) {
                round(&tree, &watched, &mut seen);
            }
            seen
        });
        Reader { stop, thread }
    }

    /// Ends it and tells what it has seen.
    pub fn stop(self) -> Seen {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("a reader does not panic")
    }
}

fn round(tree: &Tree, watched: &[(String, String)], seen: &mut Seen) {
    let bundle = certificates_in(&tree.bundle());
    let every_file = every_file(tree);
    for (sha256, subject_hash) in watched {
        let by_hash = by_hash(tree, subject_hash);
        let lacks = |view: &[String]| u64::from(!view.contains(sha256));
        seen.lost_in_bundle += lacks(&bundle);
        seen.lost_in_hash_dir += lacks(&by_hash);
        seen.lost_in_every_file += lacks(&every_file);
        seen.met.extend(by_hash);
    }
    seen.met.extend(bundle.into_iter().chain(every_file));
    seen.rounds += 1;
}

/// As OpenSSL reads a hash directory: `HASH.0`, `HASH.1`, … until one cannot be read.
fn by_hash(tree: &Tree, subject_hash: &str) -> Vec<String> {
    let names =
        (0..).map(|index| Path::new("/etc/ssl/certs").join(format!("{subject_hash}.{index}")));
    names
        .map_while(|name| tree.read(name))
        .flat_map(|bytes| certificates_in(&bytes))
        .collect()
}

/// As Go reads the store: the bundle first, then the list of names, then each file of the list.
fn every_file(tree: &Tree) -> Vec<String> {
    let mut found = certificates_in(&tree.bundle());
    let entries: Vec<PathBuf> = match fs::read_dir(tree.certs()) {
        Ok(entries) => entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect(),
        Err(_) => Vec::new(),
    };
    for path in entries {
        let name = Path::new("/etc/ssl/certs").join(path.file_name().unwrap_or_default());
        found.extend(
            tree.read(name)
                .map(|bytes| certificates_in(&bytes))
                .unwrap_or_default(),
        );
    }
    found
}
