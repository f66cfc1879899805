//! The part tells the whole: on trees made at random, a change whose script was shown the part that it touches leaves
//! the very store that the same change leaves whose script was shown everything.
//!
//! Each tree is changed a few times, side by side. `TRUSTCTL_TREES` says how many trees of each distribution (a hundred
//! unless told), `TRUSTCTL_SEED` where to begin; both are printed.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests act on trees of their own and fail by panicking"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use support::{Ca, Cell, Entry, Host, PATH, Run, Snapshot, Tree, output, trustctl};

/// Trees of each distribution in an ordinary run: three hundred in all.
const TREES: u64 = 100;
/// Trees of this machine, whose script is one of theirs.
const FEW: u64 = 6;
/// Changes of each tree.
const CHANGES: u64 = 3;
/// Most sources of a tree.
const LARGEST: u64 = 300;
const LOCAL: &str = "usr/local/share/ca-certificates";
const VENDOR: &str = "usr/share/ca-certificates";
const CONF: &str = "etc/ca-certificates.conf";

/// Numbers that a seed tells (xorshift64*).
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Dice {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        dice.below(2);
        dice
    }

    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % end
    }

    /// Once in so many times.
    fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len() as u64) as usize]
    }
}

/// Certificates that trees are made of, each given out once; some subjects have many.
struct Pool {
    cas: Vec<Ca>,
    next: usize,
}

impl Pool {
    fn new(count: usize) -> Pool {
        let subject = |n: usize| match n % 9 {
            0 => "Twin".to_string(),
            1 => format!("Triplet {}", n / 40),
            _ => format!("Authority {n}"),
        };
        Pool {
            cas: (0..count).map(|n| Ca::new(&subject(n))).collect(),
            next: 0,
        }
    }

    fn next(&mut self) -> &Ca {
        self.next += 1;
        &self.cas[self.next % self.cas.len()]
    }
}

/// A file of certificates, plain or odd.
fn content(dice: &mut Dice, pool: &mut Pool) -> Vec<u8> {
    let pem = pool.next().pem().to_string();
    let text = match dice.below(40) {
        0 => pem.trim_end().to_string(),
        1 => format!("# Corp Root, from the proxy team\n{pem}"),
        2 => pem.replace('\n', "\r\n"),
        3 => format!("\u{feff}{pem}"),
        4 => format!("{pem}{}", pool.next().pem()),
        5 => format!("{pem}\n\n"),
        6 => format!("Corp Root\n=========\n{pem}"),
        // Binary files are refused, and with them the whole tree.
        7 if dice.once_in(8) => return pool.next().der().to_vec(),
        8 => return pool.next().crl(),
        9 => String::new(),
        _ => pem,
    };
    text.into_bytes()
}

fn name(dice: &mut Dice, number: u64) -> String {
    let folder = *dice.one(&["", "", "", "", "sub/", "sub/deep/", "with blank/"]);
    let stem = match dice.below(16) {
        0 => format!("Corp Root ({number}), G2"),
        1 => "same".to_string(),
        2 => format!("Zürich-{number}"),
        3 => format!("a.b.{number}"),
        _ => format!("corp-{number}"),
    };
    let ending = *dice.one(&[
        ".crt", ".crt", ".crt", ".crt", ".crt", ".crt", ".pem", ".CRT",
    ]);
    format!("{folder}{stem}{ending}")
}

/// Makes a tree.
fn grow(dice: &mut Dice, pool: &mut Pool, root: &Path) {
    let host = Tree::new(root);
    for folder in [
        "etc/ssl/certs",
        "etc/ca-certificates/update.d",
        LOCAL,
        VENDOR,
        "var/lib",
    ] {
        fs::create_dir_all(host.path(folder)).unwrap();
    }
    // The script takes as long as the tree is large: most are small.
    let size = match dice.below(12) {
        0 | 1 => dice.below(3),
        2..=7 => dice.below(30),
        8..=10 => dice.below(80),
        _ => dice.below(LARGEST + 1),
    };
    let mut conf = String::from("# selection\n");
    for number in 0..size {
        let vendor = dice.once_in(3);
        let (folder, name) = match vendor {
            true => (VENDOR, format!("mozilla/Vendor_{number}.crt")),
            false => (LOCAL, name(dice, number)),
        };
        let path = host.path(format!("{folder}/{name}"));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let bytes = match vendor {
            true => pool.next().pem().as_bytes().to_vec(),
            false => content(dice, pool),
        };
        if vendor {
            let mark = if dice.once_in(6) { "!" } else { "" };
            writeln!(conf, "{mark}{name}").unwrap();
        }
        if !(vendor && dice.once_in(12)) {
            fs::write(&path, bytes).unwrap();
        }
        if !vendor && dice.once_in(12) {
            let link = path.with_file_name(format!("link-{number}.crt"));
            std::os::unix::fs::symlink(path.file_name().unwrap(), link).unwrap();
        }
    }
    match dice.below(8) {
        0 => conf.push_str("mozilla/no-final-newline.crt"),
        1 => conf.push_str("mozilla/with-cr.crt\r\n"),
        _ => {}
    }
    fs::write(host.path(CONF), conf).unwrap();
}

/// One change: what is done by hand on either side, and the words after `trustctl`.
fn change(dice: &mut Dice, pool: &mut Pool, base: &Path, tree: &Tree, number: u64) -> [String; 2] {
    let input = |name: String, text: &str| {
        let path = base.join(&name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        name
    };
    let local: Vec<String> = sources(tree, LOCAL);
    let vendor: Vec<String> = sources(tree, VENDOR);
    let quoted = |name: &String| format!("'/{name}'");
    let by_trustctl = |words: String| [String::new(), words];
    match dice.below(10) {
        0..=2 => {
            let file = input(format!("new-{number}.crt"), pool.next().pem());
            by_trustctl(format!("add --yes ../{file}"))
        }
        3 => {
            let several: String = (0..=dice.below(4))
                .map(|_| pool.next().pem().to_string())
                .collect();
            let file = input(format!("several-{number}.pem"), &several);
            by_trustctl(format!("add --yes ../{file}"))
        }
        4 | 5 if !local.is_empty() => by_trustctl(format!("remove {}", quoted(dice.one(&local)))),
        6 if !vendor.is_empty() => {
            let word = *dice.one(&["distrust", "trust"]);
            by_trustctl(format!("{word} --yes {}", quoted(dice.one(&vendor))))
        }
        7 if !local.is_empty() => {
            let file = input(format!("instead-{number}.crt"), pool.next().pem());
            let old = quoted(dice.one(&local));
            by_trustctl(format!("add --yes --replace {old} ../{file}"))
        }
        8 => by_trustctl("rollback --yes".to_string()),
        _ => {
            let file = input(format!("by-hand-{number}.crt"), pool.next().pem());
            let by_hand = format!("cp ../{file} {LOCAL}/");
            [by_hand, "refresh --yes".to_string()]
        }
    }
}

fn sources(tree: &Tree, folder: &str) -> Vec<String> {
    let everything = tree.store();
    let names = everything.keys().filter(|path| path.starts_with(folder));
    let names = names.filter(|path| path.extension().is_some_and(|ending| ending == "crt"));
    names
        .map(|path| path.to_str().unwrap().to_string())
        .collect()
}

/// Where the sides are, and how programs are run there.
enum Ground {
    Here(Host),
    There(Cell),
}

impl Ground {
    fn sh(&self, text: &str) -> Run {
        match self {
            Ground::Here(_) => {
                let mut shell = Command::new("/bin/sh");
                shell
                    .env_clear()
                    .env("PATH", PATH)
                    .env("TRUSTCTL", trustctl());
                output(shell.args(["-c", text]))
            }
            Ground::There(cell) => cell.sh(&format!("TRUSTCTL=trustctl; {text}")),
        }
    }

    /// The folder of a tree, for programs there and for this one.
    fn base(&self, seed: u64) -> (PathBuf, PathBuf) {
        match self {
            Ground::Here(host) => {
                let path = host.beside(&format!("t{seed}"));
                (path.clone(), path)
            }
            Ground::There(cell) => {
                let path = PathBuf::from(format!("/tmp/t{seed}"));
                let seen = cell.tree().path(&path);
                (path, seen)
            }
        }
    }
}

/// What must be the same: everything but how hash links of one subject are numbered.
fn outcome(
    tree: &Tree,
) -> (
    Snapshot,
    [std::collections::BTreeSet<String>; 3],
    BTreeMap<String, usize>,
) {
    let mut files = tree.store();
    let mut slots: BTreeMap<String, usize> = BTreeMap::new();
    files.retain(|path, entry| {
        let name = path.file_name().unwrap().to_str().unwrap_or_default();
        let hash = name.split_once('.').filter(|(hash, index)| {
            hash.len() == 8 && index.parse::<u32>().is_ok() && matches!(entry, Entry::Link(_))
        });
        if let Some((hash, _)) = hash {
            *slots.entry(hash.to_string()).or_default() += 1;
        }
        hash.is_none()
    });
    (files, tree.views(), slots)
}

/// How many changes were rehearsed in part, in whole, and refused.
#[derive(Debug, Default)]
struct Count {
    part: usize,
    whole: usize,
    refused: usize,
}

fn compare(ground: &Ground, pool: &mut Pool, seed: u64, count: &mut Count) {
    let mut dice = Dice::new(seed);
    let (there, here) = ground.base(seed);
    let there = there.display();
    fs::create_dir_all(&here).unwrap();
    grow(&mut dice, pool, &here.join("part"));
    fs::write(here.join("part.toml"), "").unwrap();
    fs::write(here.join("whole.toml"), "[change]\nrehearsal = \"whole\"\n").unwrap();
    let settled = ground.sh(&format!(
        "cd {there} && $TRUSTCTL --root part refresh --yes --drop-foreign && cp -a part whole"
    ));
    // What no change would publish: some odd file.
    if settled.code != 0 {
        count.refused += 1;
        return;
    }
    let (part, whole) = (
        Tree::new(&here.join("part")),
        Tree::new(&here.join("whole")),
    );
    for number in 0..CHANGES {
        let [by_hand, words] = change(&mut dice, pool, &here, &part, number);
        let by_hand = if by_hand.is_empty() { "true" } else { &by_hand };
        let run = ground.sh(&format!(
            "cd {there} || exit 99; for side in part whole; do ( cd $side && {by_hand}; \
             $TRUSTCTL --root . --config ../$side.toml --format json {words} >../$side.json 2>../$side.err; echo $? ); done"
        ));
        let told = format!(
            "seed {seed}, change {number}, `{words}`: {run}\n{}",
            fs::read_to_string(here.join("part.err")).unwrap_or_default()
        );
        let codes: Vec<&str> = run.stdout.lines().collect();
        assert_eq!(codes.first(), codes.get(1), "{told}");
        let report = |side: &str| -> serde_json::Value {
            let bytes = fs::read(here.join(format!("{side}.json"))).unwrap();
            serde_json::from_slice(&bytes).unwrap()
        };
        let (one, other) = (report("part"), report("whole"));
        for key in ["changed", "added", "removed", "lost", "open"] {
            assert_eq!(one["report"][key], other["report"][key], "{key}; {told}");
        }
        let (one_is, other_is) = (outcome(&part), outcome(&whole));
        for (path, entry) in &one_is.0 {
            assert_eq!(
                Some(entry),
                other_is.0.get(path),
                "{}: {told}",
                path.display()
            );
        }
        assert!(
            one_is == other_is,
            "{told}\n{:?}\n{:?}",
            one_is.2,
            other_is.2
        );
        assert_ne!(other["report"]["rehearsal"], "part", "{told}");
        match one["report"]["rehearsal"].as_str() {
            Some("part") => count.part += 1,
            Some(_) => count.whole += 1,
            None => count.refused += 1,
        }
    }
    ground.sh(&format!("rm -r {there}"));
}

fn number_of(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

fn compare_many(ground: &Ground, trees: u64) {
    let now = || {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs()
    };
    let first = number_of("TRUSTCTL_SEED").unwrap_or_else(now);
    let trees = number_of("TRUSTCTL_TREES").unwrap_or(trees);
    println!("TRUSTCTL_SEED={first} TRUSTCTL_TREES={trees}");
    let (mut pool, mut count) = (Pool::new(400), Count::default());
    for seed in first..first + trees {
        pool.next = 0;
        compare(ground, &mut pool, seed, &mut count);
    }
    println!("{trees} trees: {count:?}");
    assert!(count.part > 0 && count.refused < count.part + count.whole);
}

#[test]
fn the_part_tells_the_whole_on_this_machine() {
    compare_many(&Ground::Here(Host::empty()), FEW);
}

#[test]
fn the_part_tells_the_whole_on_bullseye() {
    compare_many(&Ground::There(Cell::new("bullseye")), TREES);
}

#[test]
fn the_part_tells_the_whole_on_bookworm() {
    compare_many(&Ground::There(Cell::new("bookworm")), TREES);
}

#[test]
fn the_part_tells_the_whole_on_trixie() {
    compare_many(&Ground::There(Cell::new("trixie")), TREES);
}
