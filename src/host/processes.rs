//! Programs that are running, and what of the store they may still hold: read from `/proc`, nothing is asked of them.
//!
//! Measured (Debian 12 and 13): a mapped or open file tells nothing, since the bundle is read and closed; a library of
//! TLS says that a program can have read it, not that it did. Hence "may".

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use memchr::memmem;

use crate::store::layout::CERTS;
use crate::system::files::{self, Kind};

/// Files of `/proc` are read up to this size.
const LIMIT: u64 = 16 << 20;
/// Of a program at most so much is looked through for what Go writes into it.
const PROGRAM_LIMIT: u64 = 64 << 20;
/// What Go's linker writes in front of the facts about a build.
const GO: &[u8] = b"\xff Go buildinf:";
/// Ticks of `/proc/PID/stat` a second (USER_HZ; 100 on every architecture that Debian supports).
const TICKS: f64 = 100.0;

/// How a program does TLS, as far as can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// Links OpenSSL: looks up hash links when it needs them, and keeps what it found.
    Openssl,
    /// Links GnuTLS: reads the bundle for each connection or once, as the program likes.
    Gnutls,
    /// A JVM: reads its keystore once.
    Java,
    /// A Go program: reads the store once.
    Go,
}

impl Tls {
    /// Whether it sees a certificate that is added while it runs.
    pub fn sees_added(self) -> bool {
        matches!(self, Tls::Openssl | Tls::Gnutls)
    }
}

/// What runs a process.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Manager {
    /// A unit of the system.
    Unit(String),
    /// A unit of a user's own manager.
    UserUnit {
        /// The user's number.
        uid: u32,
        /// The unit.
        unit: String,
    },
    /// A login.
    Session(String),
    /// A container.
    Container(String),
    /// Nothing that systemd knows.
    Nobody,
}

/// A process that can do TLS.
#[derive(Clone, Debug, PartialEq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// Its short name.
    pub name: String,
    /// When it started, in seconds since the machine did.
    pub started: f64,
    /// How it does TLS.
    pub tls: Tls,
    /// What runs it.
    pub manager: Manager,
}

/// What was seen of the running processes.
#[derive(Debug, Default)]
pub struct Processes {
    /// Those that can do TLS and read this host's store.
    pub all: Vec<Process>,
    /// How many could not be looked into (other users').
    pub closed: usize,
    /// How many have another root or are in containers, and so another store.
    pub elsewhere: usize,
    /// Seconds since the machine started.
    pub uptime: f64,
}

/// Looks at everything that runs.
pub fn running() -> Processes {
    let mut found = Processes {
        uptime: uptime().unwrap_or_default(),
        ..Processes::default()
    };
    let store = identity(Path::new(CERTS));
    let mut programs = HashMap::new();
    // This program carries the mark of Go that it looks for.
    let own = files::link_target(Path::new("/proc/self/exe")).ok();
    if let Some(own) = own.as_deref().and_then(identity) {
        programs.insert(own, false);
    }
    for name in files::names(Path::new("/proc")).unwrap_or_default() {
        let Some(pid) = name.to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        look_at(pid, store, &mut programs, &mut found);
    }
    found
}

fn look_at(
    pid: u32,
    store: Option<(u64, u64)>,
    programs: &mut HashMap<(u64, u64), bool>,
    found: &mut Processes,
) {
    let folder = PathBuf::from(format!("/proc/{pid}"));
    let Some((name, started)) = text(&folder.join("stat")).as_deref().and_then(stat) else {
        return;
    };
    let maps = match files::read(&folder.join("maps"), LIMIT) {
        // Threads of the kernel have none.
        Ok(maps) if maps.is_empty() => return,
        Ok(maps) => maps,
        Err(error) if error.is_denied() => {
            found.closed += 1;
            return;
        }
        Err(_) => return,
    };
    let manager = text(&folder.join("cgroup")).map_or(Manager::Nobody, |text| manager(&text));
    let sees = identity(&folder.join("root").join(CERTS.trim_start_matches('/')));
    if sees != store || matches!(manager, Manager::Container(_)) {
        found.elsewhere += 1;
        return;
    }
    let linked = linked(&String::from_utf8_lossy(&maps));
    let tls = linked.or_else(|| is_go(&folder, programs).then_some(Tls::Go));
    let Some(tls) = tls else { return };
    found.all.push(Process {
        pid,
        name,
        started,
        tls,
        manager,
    });
}

fn text(path: &Path) -> Option<String> {
    let bytes = files::read(path, LIMIT).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn uptime() -> Option<f64> {
    text(Path::new("/proc/uptime"))?
        .split(' ')
        .next()?
        .parse()
        .ok()
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    let facts = files::facts(path).ok()??;
    Some((facts.device, facts.inode))
}

/// The name and the start of a process; the name can hold anything, so that the last `)` ends it.
fn stat(text: &str) -> Option<(String, f64)> {
    let (before, after) = text.rsplit_once(')')?;
    let name = before.split_once('(')?.1.to_string();
    // Behind the name comes field 3; the start is field 22.
    let ticks: f64 = after.split_ascii_whitespace().nth(19)?.parse().ok()?;
    Some((name, ticks / TICKS))
}

/// The library of TLS among the mapped files; a JVM comes before what it links itself.
fn linked(maps: &str) -> Option<Tls> {
    const LIBRARIES: [(&str, Tls); 4] = [
        ("libjvm.so", Tls::Java),
        ("libssl.so", Tls::Openssl),
        ("libssl-", Tls::Openssl),
        ("libgnutls.so", Tls::Gnutls),
    ];
    let names = || {
        let paths = maps.lines().filter_map(|line| line.split_once('/'));
        paths.map(|(_, path)| path.rsplit('/').next().unwrap_or(path))
    };
    LIBRARIES
        .into_iter()
        .find(|(library, _)| names().any(|name| name.starts_with(library)))
        .map(|(_, tls)| tls)
}

/// Whether the program was built by Go; each program is looked through once.
fn is_go(process: &Path, programs: &mut HashMap<(u64, u64), bool>) -> bool {
    let Ok(target) = files::link_target(&process.join("exe")) else {
        return false;
    };
    let Ok(Some(facts)) = files::facts(&target) else {
        return false;
    };
    if facts.kind != Kind::File {
        return false;
    }
    *programs
        .entry((facts.device, facts.inode))
        .or_insert_with(|| {
            let mut found = false;
            let mut look = |piece: &[u8]| {
                found = memmem::find(piece, GO).is_some();
                match found {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                }
            };
            // A program that cannot be read is not known to be one.
            files::scan(&target, PROGRAM_LIMIT, GO.len(), &mut look).is_ok() && found
        })
}

/// What runs a process, by its cgroup: version 2 has one line `0::/…`, version 1 one of `name=systemd`.
fn manager(cgroup: &str) -> Manager {
    let paths = |wanted: &'static str| {
        cgroup.lines().filter_map(move |line| {
            let mut parts = line.splitn(3, ':').skip(1);
            let (controller, path) = (parts.next()?, parts.next()?);
            (controller == wanted && path != "/").then_some(path)
        })
    };
    let Some(path) = paths("name=systemd").next().or_else(|| paths("").next()) else {
        return Manager::Nobody;
    };
    let parts: Vec<String> = path.split('/').map(unescaped).collect();
    let container = |part: &&String| {
        let has_id = part.chars().filter(char::is_ascii_hexdigit).count() >= 32;
        let made_by = [
            "docker-",
            "libpod-",
            "crio-",
            "cri-containerd-",
            "kubepods",
            "lxc.payload",
            "machine-",
        ];
        made_by.iter().any(|prefix| part.starts_with(prefix))
            || (has_id && path.contains("/docker/"))
    };
    if let Some(part) = parts.iter().find(container) {
        return Manager::Container(part.clone());
    }
    let user = parts.iter().find_map(|part| {
        let uid = part.strip_prefix("user@")?.strip_suffix(".service")?;
        uid.parse().ok()
    });
    let ends = |ending: &'static str| move |part: &&String| part.ends_with(ending);
    let last = parts
        .iter()
        .rev()
        .find(|part| ends(".service")(part) || ends(".scope")(part));
    match (last, user) {
        (Some(unit), Some(uid)) if !unit.starts_with("user@") => Manager::UserUnit {
            uid,
            unit: unit.clone(),
        },
        (Some(unit), _) if unit.starts_with("session-") => Manager::Session(unit.clone()),
        (Some(unit), _) => Manager::Unit(unit.clone()),
        (None, _) => Manager::Nobody,
    }
}

/// systemd writes odd characters of names as `\xNN`.
fn unescaped(part: &str) -> String {
    let mut out = String::new();
    let mut rest = part;
    while let Some(at) = rest.find("\\x") {
        let code = rest.get(at + 2..at + 4);
        let byte = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        let Some(byte) = byte.filter(u8::is_ascii_graphic) else {
            break;
        };
        out.push_str(&rest[..at]);
        out.push(char::from(byte));
        rest = &rest[at + 4..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_stands_behind_a_name_that_can_hold_anything() {
        let fields = "S 1 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 12345 1 1";
        let found = stat(&format!("17 (a) b (c)) {fields}"));
        assert_eq!(found, Some(("a) b (c)".to_string(), 123.45)));
        assert_eq!(stat("17 (x"), None);
    }

    #[test]
    fn libraries_are_known_by_their_names() {
        let line = |path: &str| format!("7f00-7f01 r-xp 00000000 08:01 42    {path}\n");
        let java = line("/usr/lib/jvm/x/lib/server/libjvm.so") + &line("/usr/lib/libssl.so.3");
        assert_eq!(linked(&java), Some(Tls::Java));
        assert_eq!(
            linked(&line("/usr/lib/libssl.so.3 (deleted)")),
            Some(Tls::Openssl)
        );
        assert_eq!(
            linked(&line("/usr/lib/libgnutls.so.30.34.3")),
            Some(Tls::Gnutls)
        );
        assert_eq!(linked(&line("/srv/libssl.so/data")), None);
    }

    #[test]
    fn units_sessions_and_containers_are_told_apart() {
        let id = "ab".repeat(32);
        let unit = |name: &str| Manager::Unit(name.to_string());
        let table = [
            (
                "0::/system.slice/nginx.service\n".to_string(),
                unit("nginx.service"),
            ),
            (
                "9:name=systemd:/system.slice/x.service\n0::/other\n".to_string(),
                unit("x.service"),
            ),
            (
                "0::/system.slice/a\\x2db@c.service\n".to_string(),
                unit("a-b@c.service"),
            ),
            (
                format!("0::/system.slice/docker-{id}.scope\n"),
                Manager::Container(format!("docker-{id}.scope")),
            ),
            (
                "0::/user.slice/user-1000.slice/session-3.scope\n".to_string(),
                Manager::Session("session-3.scope".to_string()),
            ),
            (
                "0::/user.slice/user-1000.slice/user@1000.service/app.slice/app.service\n"
                    .to_string(),
                Manager::UserUnit {
                    uid: 1000,
                    unit: "app.service".to_string(),
                },
            ),
            ("0::/\n".to_string(), Manager::Nobody),
        ];
        for (text, expected) in table {
            assert_eq!(manager(&text), expected, "{text}");
        }
    }
}
