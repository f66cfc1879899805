//! Random trees of links, folders, devices, hard links and records, each command on them, and an attacker who renames
//! meanwhile: every path outside the tree is afterwards what it was before, and nothing of it is inside or told.
//!
//! A sample runs by default; `TRUSTCTL_RANDOM_TREES=2000` runs that many, `TRUSTCTL_RANDOM_SEED` other ones.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use support::{Ca, Host, PATH, Run, output, sha256, trustctl};
use tempfile::TempDir;

use super::{Stopped, is_root};

/// So many trees by default.
const SAMPLE: u64 = 80;
/// What nothing inside a tree and no report may ever hold.
const SECRET: &str = "SECRET-7f3a9c51";
const LOCAL: &str = "usr/local/share/ca-certificates";
const STATE: &str = "var/lib/trustctl";

/// The places of a tree that an attacker changes.
const PLACES: [&str; 40] = [
    "etc",
    "etc/ssl",
    "etc/ssl/certs",
    "etc/ssl/certs/ca-certificates.crt",
    "etc/ssl/certs/corp.pem",
    "etc/ssl/certs/new.pem",
    "etc/ssl/certs/ca-certificates.crt.new",
    "etc/ssl/certs/.trustctl-tmp",
    "etc/ssl/.trustctl-tmp",
    "etc/ca-certificates.conf",
    "etc/ca-certificates",
    "etc/ca-certificates/update.d",
    "etc/ca-certificates/update.d/hook",
    "etc/trustctl",
    "etc/trustctl/trustctl.toml",
    "usr",
    "usr/local",
    "usr/local/share",
    LOCAL,
    "usr/local/share/ca-certificates/corp.crt",
    "usr/local/share/ca-certificates/new.crt",
    "usr/local/share/ca-certificates/d",
    "usr/local/share/ca-certificates/d/evil.crt",
    "usr/local/share/ca-certificates/vpn",
    "usr/local/share/ca-certificates/.trustctl-tmp",
    "usr/share/ca-certificates",
    "usr/share/ca-certificates/mozilla",
    "usr/share/ca-certificates/mozilla/Vendor_Root_1.crt",
    "var",
    "var/lib",
    STATE,
    "var/lib/trustctl/lock",
    "var/lib/trustctl/generations",
    "var/lib/trustctl/generations/000001",
    "var/lib/trustctl/generations/000001/manifest.json",
    "var/lib/trustctl/generations/000002",
    "var/lib/trustctl/objects",
    "var/lib/trustctl/objects/new",
    "var/lib/dpkg/info/a.list",
    "etc/gitconfig",
];

/// Those of them through which most is reached: half of all changes are made here.
const CRITICAL: [&str; 8] = [
    "etc/ssl/certs",
    "etc/ssl/.trustctl-tmp",
    "usr/local/share/ca-certificates/d",
    "usr/local/share/ca-certificates/vpn",
    "usr/local/share/ca-certificates/corp.crt",
    STATE,
    "var/lib/trustctl/lock",
    "var/lib/trustctl/objects",
];

/// Numbers that a seed makes (xorshift).
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Dice {
        Dice((seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % end
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// A store from which every tree is copied, and certificates for it.
struct Base {
    host: Host,
    new: String,
    planted: String,
}

impl Base {
    fn new() -> Base {
        let host = Host::new()
            .local("corp.crt", Ca::new("Corp").pem())
            .settled();
        let earlier = host.input("earlier.crt", Ca::new("Earlier").pem());
        host.trustctl(["add", "--yes", earlier.to_str().unwrap()])
            .exits(0);
        Base {
            host,
            new: Ca::new("New").pem().to_string(),
            planted: Ca::new("Planted").pem().to_string(),
        }
    }
}

/// A copy of the base with what lies beside it.
struct Sandbox {
    folder: TempDir,
}

impl Sandbox {
    fn new(base: &Base) -> Sandbox {
        let folder = TempDir::with_prefix("trustctl-random-").unwrap();
        let at = |name: &str| folder.path().join(name);
        let copy = Command::new("/bin/cp")
            .arg("-a")
            .arg(base.host.root())
            .arg(at("root"))
            .status();
        assert!(copy.unwrap().success());
        for name in [
            "outside/d",
            "outside/certs",
            ".trustctl-tmp",
            "generations/000001",
            "objects",
        ] {
            fs::create_dir_all(at(name)).unwrap();
        }
        let secret = format!("{SECRET}\n{}", base.planted);
        for name in [
            "outside/precious",
            "outside/ca.crt",
            "outside/corp.crt",
            "outside/certs/ca-certificates.crt",
            "outside/d/evil.crt",
            "outside/lock",
            "outside/manifest.json",
            ".trustctl-tmp/new",
            "generations/000001/manifest.json",
        ] {
            fs::write(at(name), &secret).unwrap();
            fs::set_permissions(at(name), fs::Permissions::from_mode(0o600)).unwrap();
        }
        fs::write(at("linkable"), "a file with a name inside the tree\n").unwrap();
        fs::write(at("new.crt"), &base.new).unwrap();
        Sandbox { folder }
    }

    fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn root(&self) -> PathBuf {
        self.beside("root")
    }

    /// Everything beside the tree: all that an operation on it would change.
    fn outside(&self) -> BTreeMap<PathBuf, String> {
        let mut all = BTreeMap::new();
        look(self.folder.path(), &self.root(), &mut all);
        all
    }

    fn trustctl(&self, arguments: &[&str]) -> Run {
        let mut command = Command::new("/usr/bin/timeout");
        command
            .env_clear()
            .env("PATH", PATH)
            .current_dir(self.folder.path())
            .args(["--signal=KILL", "60"])
            .arg(trustctl())
            .arg("--root")
            .arg(self.root());
        output(command.args(arguments))
    }
}

/// Type, mode, owner, inode, size, time and content of everything in a folder but `except`.
fn look(folder: &Path, except: &Path, all: &mut BTreeMap<PathBuf, String>) {
    let found = folder.symlink_metadata().unwrap();
    let content = match found.file_type() {
        kind if kind.is_symlink() => format!("-> {}", fs::read_link(folder).unwrap().display()),
        kind if kind.is_file() => sha256(&fs::read(folder).unwrap()),
        _ => String::new(),
    };
    // A folder's own time changes with the root in it; what is in it is compared.
    let time = if found.is_dir() {
        0
    } else {
        found.mtime_nsec() + found.mtime()
    };
    all.insert(
        folder.to_path_buf(),
        format!(
            "{:o} {}:{} {} {} {time} {content}",
            found.mode(),
            found.uid(),
            found.gid(),
            found.ino(),
            if found.is_dir() { 0 } else { found.len() },
        ),
    );
    if found.is_dir() && folder != except {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path != except {
                look(&path, except, all);
            }
        }
    }
}

/// Where a link of an attacker leads.
fn target(dice: &mut Dice, sandbox: &Sandbox) -> String {
    let up = "../".repeat(dice.below(12));
    match dice.below(9) {
        0 => "/".to_string(),
        1 => sandbox.beside("outside").display().to_string(),
        2 => sandbox.beside("").display().to_string(),
        3 => format!("{up}outside"),
        4 => format!(
            "{up}outside/{}",
            dice.one(&["precious", "d", "ca.crt", "lock"])
        ),
        5 => format!(
            "{up}{}",
            dice.one(&["generations", "objects", ".trustctl-tmp", ""])
        ),
        6 => format!("/{}", dice.one(&PLACES)),
        7 => sandbox.beside("outside/certs").display().to_string(),
        _ => dice
            .one(&[".", "..", "/nowhere", "/proc/self/root/tmp", "loop"])
            .to_string(),
    }
}

/// Clears a place, and puts something else there.
fn change(dice: &mut Dice, sandbox: &Sandbox, base: &Base) {
    let place = match dice.below(2) {
        0 => dice.one(&CRITICAL),
        _ => dice.one(&PLACES),
    };
    let place = sandbox.root().join(place);
    // Through links that earlier changes made nothing is to be changed here.
    let parent = place.parent().unwrap();
    let real = parent.canonicalize();
    if !real.is_ok_and(|real| real == parent) && fs::create_dir_all(parent).is_err() {
        return;
    }
    if parent.canonicalize().unwrap() != parent {
        return;
    }
    let aside = sandbox.root().join(format!("aside{}", dice.below(1000)));
    let was = fs::rename(&place, &aside);
    match dice.below(12) {
        0..=4 => drop(symlink(target(dice, sandbox), &place)),
        5 => drop(fs::hard_link(sandbox.beside("linkable"), &place)),
        6 => drop(output(Command::new("/usr/bin/mkfifo").arg(&place))),
        7 if is_root() => {
            let kinds = [["c", "1", "3"], ["c", "1", "5"], ["b", "7", "250"]];
            let kind = *dice.one(&kinds);
            drop(output(Command::new("/bin/mknod").arg(&place).args(kind)));
        }
        8 => drop(fs::create_dir(&place)),
        9 => drop(fs::write(&place, base.planted.as_bytes())),
        10 => drop(fs::write(&place, "\0garbage = [\n{\"schema\":1")),
        _ => {
            if was.is_ok() {
                let _ = fs::rename(&aside, &place);
            }
            if is_root() {
                let _ = lchown(&place, Some(65534), Some(65534));
            }
        }
    }
}

fn state(dice: &mut Dice, sandbox: &Sandbox, base: &Base) -> Value {
    match dice.below(8) {
        0 | 1 => json!({ "is": "absent" }),
        2 | 3 => json!({ "is": "link", "target": target(dice, sandbox) }),
        4 => json!({ "is": "folder", "mode": 0o777 }),
        5 => json!({ "is": "file", "sha256": sandbox.beside("outside/precious"), "mode": 0o6777,
                     "uid": 0, "gid": 0 }),
        _ => json!({ "is": "file", "sha256": sha256(base.planted.as_bytes()), "mode": 0o4755,
                     "uid": dice.below(2), "gid": 0 }),
    }
}

/// What a killed change has made of a place: mostly what is there, since anything else is somebody else's and stays.
fn left(dice: &mut Dice, sandbox: &Sandbox, base: &Base) -> Value {
    match dice.below(2) {
        0 => json!({ "is": "absent" }),
        _ => state(dice, sandbox, base),
    }
}

/// Two steps, in either order, of which one makes a link that leads out and the other writes through it.
fn through_a_link(dice: &mut Dice, sandbox: &Sandbox, base: &Base) -> Vec<Value> {
    let out = [
        sandbox.beside("outside/d").display().to_string(),
        "../../../../../outside/d".to_string(),
    ];
    let link = json!({ "is": "link", "target": dice.one(&out) });
    let sha256 = sha256(base.planted.as_bytes());
    let file = json!({ "is": "file", "sha256": sha256, "mode": 0o644, "uid": 0, "gid": 0 });
    let name = *dice.one(&["evil.crt", "new.crt"]);
    // What is not as the record says stays: nothing of it is there yet.
    let step = |path: String, state: Value| json!({ "role": "source", "path": path, "before": state, "after": { "is": "absent" } });
    let mut steps = vec![
        step(format!("/{LOCAL}/d"), link),
        step(format!("/{LOCAL}/d/{name}"), file),
    ];
    if dice.below(2) == 0 {
        steps.reverse();
    }
    steps
}

/// A step at a place where no store has anything.
fn no_place(dice: &mut Dice, sandbox: &Sandbox, base: &Base) -> Value {
    let roles = ["source", "folder", "selection", "link", "bundle", "stray"];
    let path = match dice.below(3) {
        0 => format!("/{LOCAL}/{}outside/x", "../".repeat(dice.below(9))),
        1 => sandbox.beside("outside/x").display().to_string(),
        _ => format!("/{}", dice.one(&PLACES)),
    };
    json!({ "role": dice.one(&roles), "path": path,
        "before": state(dice, sandbox, base), "after": left(dice, sandbox, base) })
}

/// A record of an interrupted change that no change made.
fn record(dice: &mut Dice, sandbox: &Sandbox, base: &Base) {
    let folder = sandbox.root().join(STATE);
    if folder.canonicalize().ok() != Some(folder.clone()) {
        return;
    }
    // Only now and then one step that no store has: for its sake the whole record is refused.
    let mut steps = match dice.below(5) {
        0 | 1 => through_a_link(dice, sandbox, base),
        2 => vec![no_place(dice, sandbox, base)],
        _ => Vec::new(),
    };
    for _ in 0..=dice.below(3) {
        let (role, path) = *dice.one(&[
            ("source", "/usr/local/share/ca-certificates/d"),
            ("source", "/usr/local/share/ca-certificates/d/evil.crt"),
            ("source", "/usr/local/share/ca-certificates/vpn/ca.crt"),
            ("source", "/usr/local/share/ca-certificates/new.crt"),
            ("folder", "/usr/local/share/ca-certificates/d"),
            ("folder", "/usr/local/share"),
            ("selection", "/etc/ca-certificates.conf"),
            ("link", "/etc/ssl/certs/x.pem"),
            ("hash_link", "/etc/ssl/certs/01234567.0"),
            ("bundle", "/etc/ssl/certs/ca-certificates.crt"),
            ("stray", "/etc/ssl/certs/ca-certificates.crt.new"),
        ]);
        steps.push(json!({ "role": role, "path": path,
            "before": state(dice, sandbox, base), "after": left(dice, sandbox, base) }));
    }
    let phases = ["prepared", "prepared", "prepared", "published", "committed"];
    let manifest = json!({
        "schema": 1, "number": 9, "phase": dice.one(&phases), "command": "add",
        "reason": null, "time": "2026-01-01T00:00:00Z", "user": null, "uid": 0, "version": "0.1.0", "added": [],
        "removed": [], "hook_lines": [], "open": [], "steps": steps,
        "sources": { (format!("/{LOCAL}/d")): state(dice, sandbox, base) },
        "selection": state(dice, sandbox, base),
    });
    let place = folder.join("generations/000009");
    let _ = fs::create_dir_all(&place);
    let _ = fs::write(place.join("manifest.json"), manifest.to_string());
    let object = folder.join("objects").join(sha256(base.planted.as_bytes()));
    let _ = fs::write(object, base.planted.as_bytes());
}

/// Swaps a place of the tree with a link that leads out of it, again and again.
fn rename_all_the_time(mut dice: Dice, sandbox: &Sandbox, stop: &AtomicBool) {
    let root = sandbox.root();
    let places: Vec<PathBuf> = (0..3).map(|_| root.join(dice.one(&PLACES))).collect();
    let (link, aside) = (root.join("swap-link"), root.join("swap-aside"));
    while !stop.load(Ordering::Relaxed) {
        for place in &places {
            // The attacker stays in the tree: its own links are not followed.
            let parent = place.parent().unwrap();
            if parent.canonicalize().ok().as_deref() != Some(parent) {
                continue;
            }
            let _ = symlink(target(&mut dice, sandbox), &link);
            let _ = fs::rename(place, &aside);
            let _ = fs::rename(&link, place);
            std::thread::sleep(Duration::from_micros(dice.below(800) as u64));
            let _ = fs::rename(place, &link);
            let _ = fs::rename(&aside, place);
            let _ = fs::remove_file(&link);
            std::thread::sleep(Duration::from_micros(dice.below(800) as u64));
        }
    }
}

/// One tree: what is wrong with what two commands did.
fn one(seed: u64, base: &Base) -> Result<[i32; 2], String> {
    let mut dice = Dice::new(seed);
    let sandbox = Sandbox::new(base);
    for _ in 0..dice.below(4) {
        change(&mut dice, &sandbox, base);
    }
    if dice.below(3) > 0 {
        record(&mut dice, &sandbox, base);
    }
    let before = sandbox.outside();
    let commands: [&[&str]; 13] = [
        &["history"],
        &["recover"],
        &["refresh"],
        &["add", "--yes", "new.crt"],
        &["add", "--yes", "--dry-run", "new.crt"],
        &["remove", "corp.crt"],
        &["remove", "evil.crt"],
        &["remove", "ca.crt"],
        &["distrust", "Vendor_Root_1.crt"],
        &["rollback"],
        &["list"],
        &["audit"],
        &["show", "corp.crt"],
    ];
    let mut codes = [0; 2];
    for code in &mut codes {
        let command = *dice.one(&commands);
        let attacked = dice.below(2) == 0;
        let stop = AtomicBool::new(false);
        let run = std::thread::scope(|scope| {
            if attacked {
                let dice = Dice::new(dice.0);
                scope.spawn(|| rename_all_the_time(dice, &sandbox, &stop));
            }
            let _stopped = Stopped(&stop);
            sandbox.trustctl(command)
        });
        *code = run.code;
        if run.code == 3 {
            println!("seed {seed}: {command:?}, attacked: {attacked}: {run}");
        }
        if !(0..=3).contains(&run.code) {
            return Err(format!("{command:?}: {run}"));
        }
        if run.has(SECRET) || holds_secret(&sandbox.root()) {
            return Err(format!("{command:?} has read what is outside: {run}"));
        }
        let now = sandbox.outside();
        if now != before {
            let changed = now
                .iter()
                .filter(|(path, found)| before.get(*path) != Some(*found));
            let gone = before.keys().filter(|path| !now.contains_key(*path));
            let changed: Vec<_> = changed.map(|(path, _)| path).chain(gone).collect();
            return Err(format!("{command:?} has changed {changed:?}: {run}"));
        }
    }
    Ok(codes)
}

fn holds_secret(tree: &Path) -> bool {
    let mut grep = Command::new("/bin/grep");
    let found = grep
        .args(["-r", "-q", "-s", "--devices=skip", SECRET])
        .arg(tree)
        .status();
    found.unwrap().success()
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

#[test]
fn random_trees_reach_nothing_outside() {
    let base = Base::new();
    let first = number("TRUSTCTL_RANDOM_SEED", 0);
    let trees = number("TRUSTCTL_RANDOM_TREES", SAMPLE);
    let mut ends: BTreeMap<i32, u64> = BTreeMap::new();
    let mut failures = Vec::new();
    for seed in first..first + trees {
        match one(seed, &base) {
            Ok(codes) => codes
                .iter()
                .for_each(|code| *ends.entry(*code).or_default() += 1),
            Err(reason) => failures.push(format!("seed {seed}: {reason}")),
        }
    }
    println!("{trees} trees from seed {first}; exit statuses: {ends:?}");
    let (count, all) = (failures.len(), failures.join("\n"));
    assert!(failures.is_empty(), "{count} of {trees}:\n{all}");
    assert!(
        ends.get(&0).is_some_and(|count| *count > trees / 10),
        "{ends:?}"
    );
}
