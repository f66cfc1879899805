//! Other runs of `update-ca-certificates` on the same tree, seen through `/proc`.
//!
//! The script takes no lock. A run that started before our sources changed can still publish the old ones, so a
//! change waits for such runs to end and looks again. Only for runs that can publish anything: those of root and of
//! the store's owner. Anybody can give a process that name and keep it for ever, and a compromised CA must go all the
//! same.

#![expect(clippy::disallowed_methods, reason = "system reads /proc")]

use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, thread};

use super::signals::interrupted;

/// How often the process table is looked at while waiting.
const PAUSE: Duration = Duration::from_millis(15);

/// The script's own arguments are shorter by far than this.
const LINE: u64 = 1 << 16;
/// The bits that start a program with other rights than its caller's (inode(7): S_ISUID, S_ISGID).
const SET_ID: u32 = 0o6000;

/// One run: its process and when that started (clock ticks since boot), which together are unique.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    process: u32,
    started: u64,
}

/// The runs of the script, by root or the owner of `certs`, that work on the certificate folder `certs` of the tree
/// under `root`.
///
/// Where a process may not be looked at (another user's), it is taken to work on the live tree.
pub fn running(root: &Path, certs: &Path) -> Vec<Run> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let owner = fs::metadata(certs).map_or(0, |metadata| metadata.uid());
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|process| works_on(*process, root, certs) && may_publish(*process, owner))
        .filter_map(|process| {
            Some(Run {
                process,
                started: started(process)?,
            })
        })
        .collect()
}

/// Waits until none of these runs is left; `false` when the time is up first.
pub fn wait(runs: &[Run], limit: Duration) -> bool {
    let deadline = Instant::now() + limit;
    while runs
        .iter()
        .any(|run| started(run.process) == Some(run.started))
    {
        if Instant::now() >= deadline || interrupted() {
            return false;
        }
        thread::sleep(PAUSE);
    }
    true
}

/// Field 22 of `/proc/PID/stat` (proc(5)); a zombie counts as ended.
fn started(process: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    if fields.next() == Some("Z") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

/// Whether a process has the rights of root or of the store's owner, and had them from its start.
///
/// A program with the set-uid bit can be started by anybody under any name (`exec -a`), and waits for a password as
/// long as they like. The owner of `/proc/PID` says nothing: it is root for every process that cannot be traced.
fn may_publish(process: u32, owner: u32) -> bool {
    let Ok(status) = fs::read_to_string(format!("/proc/{process}/status")) else {
        return false;
    };
    let Some(line) = status.lines().find_map(|line| line.strip_prefix("Uid:")) else {
        return false;
    };
    let mut users = line.split_whitespace().map(str::parse);
    let theirs = users.all(|user| user.is_ok_and(|user: u32| user == 0 || user == owner));
    let program = fs::metadata(format!("/proc/{process}/exe"));
    theirs && program.map_or(true, |program| program.mode() & SET_ID == 0)
}

fn works_on(process: u32, root: &Path, certs: &Path) -> bool {
    let mut line = Vec::new();
    let read = fs::File::open(format!("/proc/{process}/cmdline"))
        .and_then(|file| file.take(LINE).read_to_end(&mut line));
    if read.is_err() {
        return false;
    }
    let arguments: Vec<&str> = line
        .split(|byte| *byte == 0)
        .filter_map(|argument| std::str::from_utf8(argument).ok())
        .collect();
    let is_script =
        |argument: &str| Path::new(argument).file_name() == Some("update-ca-certificates".as_ref());
    let Some(at) = arguments
        .iter()
        .take(4)
        .position(|argument| is_script(argument))
    else {
        return false;
    };
    // An editor or `grep` that names the script is no run of it: the shell or the script itself comes first.
    if at > 0 && !arguments[0].ends_with("sh") {
        return false;
    }
    match value(&arguments, "--etccertsdir") {
        Some(folder) => same(&seen_by(process, Path::new(folder)), certs),
        None => match value(&arguments, "--sysroot") {
            Some(folder) => same(&seen_by(process, Path::new(folder)), root),
            None => match root_of(process) {
                Some(own) => same(&own, root),
                None => root == Path::new("/"),
            },
        },
    }
}

fn value<'a>(arguments: &[&'a str], option: &str) -> Option<&'a str> {
    let at = arguments.iter().position(|argument| *argument == option)?;
    arguments.get(at + 1).copied()
}

/// A path as that process sees it, from outside.
fn seen_by(process: u32, path: &Path) -> PathBuf {
    let base = if path.is_absolute() { "root" } else { "cwd" };
    let relative = path.strip_prefix("/").unwrap_or(path);
    PathBuf::from(format!("/proc/{process}/{base}")).join(relative)
}

fn root_of(process: u32) -> Option<PathBuf> {
    let path = PathBuf::from(format!("/proc/{process}/root"));
    fs::metadata(path.join(".")).ok().map(|_| path)
}

fn same(one: &Path, other: &Path) -> bool {
    match (fs::metadata(one), fs::metadata(other)) {
        (Ok(a), Ok(b)) => (a.dev(), a.ino()) == (b.dev(), b.ino()),
        _ => false,
    }
}
