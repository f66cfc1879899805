//! A store that is prepared once, and of which every fault gets a fresh copy in memory.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::{Host, PATH, Run, Snapshot, Tree, output, trustctl};
use tempfile::TempDir;

/// The system calls that change files. `openat` counts where it opens for writing.
const CHANGING: &str = "openat,open,creat,write,pwrite64,writev,rename,renameat,renameat2,link,linkat,symlink,\
symlinkat,unlink,unlinkat,mkdir,mkdirat,rmdir,chmod,fchmod,fchmodat,chown,fchown,lchown,fchownat,truncate,ftruncate,\
fallocate,copy_file_range,sendfile,fsync,fdatasync,syncfs,utimensat";

/// What trustctl keeps for itself: not part of the store.
const STATE: &str = "var/lib/trustctl";

/// One file-changing system call of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Its name.
    pub name: String,
    /// The how manieth of that name it is, from 1 (as strace counts).
    pub nth: usize,
    /// Whether it succeeded.
    pub done: bool,
    /// The line of the log.
    pub line: String,
}

/// A tree and what readers see in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Everything but what trustctl keeps for itself.
    pub files: Snapshot,
    views: [std::collections::BTreeSet<String>; 3],
}

impl State {
    /// The state of a tree.
    pub fn of(tree: &Tree) -> State {
        let mut files = tree.everything();
        // A tree that had no folder for it keeps the empty one that was made on the way.
        files.retain(|path, _| !path.starts_with(STATE) && !Path::new(STATE).starts_with(path));
        State {
            files,
            views: tree.views(),
        }
    }

    /// The fingerprints that each kind of reader trusts.
    pub fn views(&self) -> &[std::collections::BTreeSet<String>; 3] {
        &self.views
    }

    /// Where two states differ, for a message.
    pub fn differs_from(&self, other: &State) -> String {
        let names = self.files.keys().chain(other.files.keys());
        let mut differences: BTreeMap<&Path, String> = BTreeMap::new();
        for name in names {
            let (a, b) = (self.files.get(name), other.files.get(name));
            if a != b {
                differences.insert(name, format!("{a:?} instead of {b:?}"));
            }
        }
        format!("{differences:?}")
    }
}

/// A command on a prepared tree, what it does when nothing goes wrong, and each of its file-changing calls.
pub struct Bed {
    folder: TempDir,
    /// The words after `trustctl --root TREE`.
    pub arguments: Vec<String>,
    /// The store before the command.
    pub before: State,
    /// The store after it.
    pub after: State,
    /// Its calls, in order.
    pub calls: Vec<Call>,
}

impl Bed {
    /// Takes a host with its input files over and records the command.
    pub fn new(host: &Host, arguments: &[&str]) -> Bed {
        let folder = memory();
        let from = format!("{}/.", host.beside("").display());
        copy(&from, &folder.path().join("base"));
        Bed::record(folder, arguments, None)
    }

    /// A command (`refresh` or `recover`) on what another one left when it was killed at this call.
    pub fn after_kill(bed: &Bed, call: &Call, arguments: &[&str]) -> Bed {
        let folder = memory();
        let killed = bed.copy();
        assert_eq!(killed.kill_at(call).code, 137);
        copy(
            &format!("{}/.", killed.folder.path().display()),
            &folder.path().join("base"),
        );
        Bed::record(folder, arguments, Some((&bed.before, &bed.after)))
    }

    fn record(folder: TempDir, arguments: &[&str], ends: Option<(&State, &State)>) -> Bed {
        let mut bed = Bed {
            before: State::of(&Tree::new(&folder.path().join("base/root"))),
            after: State::of(&Tree::new(&folder.path().join("base/root"))),
            folder,
            arguments: arguments.iter().map(ToString::to_string).collect(),
            calls: Vec::new(),
        };
        let copy = bed.copy();
        // 1: made, and something that it could not reach is still open, such as a foreign file.
        let run = copy.traced(&[]);
        assert!([0, 1].contains(&run.code), "{run}");
        bed.after = copy.state();
        bed.calls = copy.calls();
        if let Some((before, after)) = ends {
            (bed.before, bed.after) = (before.clone(), after.clone());
        }
        assert!(bed.calls.len() > 10, "{:?}", bed.calls);
        bed
    }

    /// A fresh copy.
    pub fn copy(&self) -> Copy {
        let folder = memory();
        copy(
            &format!("{}/.", self.folder.path().join("base").display()),
            folder.path(),
        );
        Copy {
            folder,
            arguments: self.arguments.clone(),
        }
    }

    /// Whether readers of all three views see what they must while the command is under way: what is trusted
    /// before and after it, and nothing that is in neither.
    pub fn promise(&self, state: &State) -> Result<(), String> {
        for (index, view) in ["bundle", "hash directory", "every file"]
            .iter()
            .enumerate()
        {
            let (before, after) = (&self.before.views[index], &self.after.views[index]);
            let seen = &state.views[index];
            if let Some(lost) = (before & after).difference(seen).next() {
                return Err(format!("{lost} is lost for readers of the {view}"));
            }
            if let Some(strange) = seen.difference(&(before | after)).next() {
                return Err(format!("{strange} is in neither state, but in the {view}"));
            }
        }
        Ok(())
    }

    /// Whether a store is as before or as planned.
    pub fn is_whole(&self, state: &State) -> Result<(), String> {
        if *state == self.before || *state == self.after {
            return Ok(());
        }
        let (before, after) = (
            state.differs_from(&self.before),
            state.differs_from(&self.after),
        );
        Err(format!(
            "neither as before nor as planned:\n  before: {before}\n  after: {after}"
        ))
    }
}

/// A copy of the tree to be hurt.
pub struct Copy {
    folder: TempDir,
    arguments: Vec<String>,
}

impl Copy {
    /// The tree.
    pub fn tree(&self) -> Tree {
        Tree::new(&self.folder.path().join("root"))
    }

    /// A path in the copy's folder, beside its tree.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What it is now.
    pub fn state(&self) -> State {
        State::of(&self.tree())
    }

    /// The command under test, not yet started.
    pub fn command(&self) -> Command {
        self.plain(&self.words())
    }

    /// `trustctl --root TREE` with other arguments.
    pub fn trustctl(&self, arguments: &[&str]) -> Run {
        output(&mut self.plain(&strings(arguments)))
    }

    fn plain(&self, arguments: &[String]) -> Command {
        let mut command = Command::new(trustctl());
        command.env_clear().current_dir(self.folder.path());
        command.args(["--root", "root"]).args(arguments);
        command
    }

    fn words(&self) -> Vec<String> {
        self.arguments.clone()
    }

    /// Runs the command and kills it (SIGKILL) when it is about to make this call.
    pub fn kill_at(&self, call: &Call) -> Run {
        let Call { name, nth, .. } = call;
        self.traced(&[&format!("inject={name}:signal=KILL:when={nth}")])
    }

    /// Runs the command and lets this call fail; `more` as strace's `when=N+` for all later ones of its name too.
    pub fn fail_at(&self, call: &Call, errno: &str, more: &str) -> Run {
        let Call { name, nth, .. } = call;
        self.traced(&[&format!("inject={name}:error={errno}:when={nth}{more}")])
    }

    /// Runs the command as on a kernel that lacks openat2 (Linux before 5.6).
    pub fn on_an_old_kernel(&self) -> Run {
        let missing = "inject=openat2:error=ENOSYS";
        self.straced(&["-e", "trace=openat2", "-e", missing])
    }

    /// Runs the command, for which this name inside the tree is gone at the n-th call of that kind.
    pub fn lose_at(&self, name: &str, call: &str, nth: usize) -> Run {
        let path = self.tree().path(name);
        // By its name in a folder that is held open, too.
        let inside = path.file_name().unwrap().to_str().unwrap();
        let fault = format!("inject={call}:error=ENOENT:when={nth}");
        self.straced(&["-P", path.to_str().unwrap(), "-P", inside, "-e", &fault])
    }

    /// Under strace, which follows trustctl itself and not the programs that it starts. In a process namespace of
    /// its own, so that looking through `/proc` makes the same calls each time.
    fn traced(&self, expressions: &[&str]) -> Run {
        let mut options = vec!["-e".to_string(), format!("trace={CHANGING}")];
        for expression in expressions {
            options.extend(["-e".to_string(), expression.to_string()]);
        }
        self.straced(&options)
    }

    fn straced(&self, options: &[impl AsRef<std::ffi::OsStr>]) -> Run {
        let mut strace = Command::new("/usr/bin/unshare");
        strace
            .env_clear()
            .env("PATH", PATH)
            .current_dir(self.folder.path());
        if !is_root() {
            strace.arg("--map-root-user");
        }
        strace.args(["--pid", "--fork", "--mount-proc", "strace", "-y", "-o"]);
        strace
            .arg(self.beside("calls.log"))
            .args(options)
            .arg(trustctl())
            .args(["--root", "root"])
            .args(self.words());
        output(&mut strace)
    }

    /// What strace wrote.
    pub fn log(&self) -> String {
        fs::read_to_string(self.beside("calls.log")).unwrap()
    }

    /// The file-changing calls of the traced run.
    pub fn calls(&self) -> Vec<Call> {
        let log = self.log();
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let mut calls = Vec::new();
        for line in log.lines().filter(|line| !line.starts_with(['+', '-'])) {
            let Some((name, rest)) = line.split_once('(') else {
                panic!("no call: {line}");
            };
            let nth = counts.entry(name).or_default();
            *nth += 1;
            if changes_files(name, rest) {
                calls.push(Call {
                    name: name.to_string(),
                    nth: *nth,
                    done: !rest.contains(" = -1 "),
                    line: line.to_string(),
                });
            }
        }
        calls
    }

    /// How far the newest change on record is, if there is one.
    pub fn phase(&self) -> Option<String> {
        let folder = self.tree().path("var/lib/trustctl/generations");
        let mut numbers: Vec<PathBuf> = fs::read_dir(folder)
            .ok()?
            .map(|entry| entry.unwrap().path())
            .collect();
        numbers.sort();
        let manifests = numbers.iter().rev();
        let text = manifests
            .flat_map(|path| fs::read_to_string(path.join("manifest.json")))
            .next()?;
        let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
        Some(manifest["phase"].as_str().unwrap().to_string())
    }

    /// Whether a change waits to be completed or undone.
    pub fn is_unfinished(&self) -> bool {
        matches!(self.phase().as_deref(), Some("prepared" | "published"))
    }
}

fn changes_files(name: &str, rest: &str) -> bool {
    match name {
        "open" | "openat" => ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"]
            .iter()
            .any(|flag| rest.contains(flag)),
        // Standard output and error.
        "write" | "writev" => !rest.starts_with("1<") && !rest.starts_with("2<"),
        _ => true,
    }
}

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

/// A folder in memory, so that a sweep does not wait for a disk.
pub fn memory() -> TempDir {
    let shared = Path::new("/dev/shm");
    let builder = tempfile::Builder::new()
        .prefix("trustctl-faults-")
        .tempdir_in(shared);
    builder.or_else(|_| tempfile::tempdir()).unwrap()
}

/// Copies a folder with everything that files are.
pub fn copy(from: &str, to: &Path) {
    output(
        Command::new("/bin/cp")
            .env_clear()
            .args(["-a", from])
            .arg(to),
    )
    .exits(0);
}

/// Whether the tests run as root.
pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}
