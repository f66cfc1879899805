//! A throw-away copy of a whole distribution.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::host::{is_root, only};
use crate::run::{Run, output, output_with};
use crate::tree::Tree;

/// The search path inside a cell: the portable `trustctl` lies in `/opt/trustctl`.
const PATH: &str = "/opt/trustctl:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A distribution root under an overlay in memory, with processes, mounts, host name and loopback network of
/// its own. Everything in it ends and vanishes when it is dropped, or when the test's process dies.
pub struct Cell {
    /// Its standard input keeps the cell alive.
    first: Child,
    pid: String,
    name: String,
}

impl Cell {
    /// A fresh cell on the root of this name (`bullseye`, `bookworm`, `trixie`, and each with `-java`).
    ///
    /// Fails, naming the remedy, where the roots or the portable `trustctl` have not been made.
    #[track_caller]
    pub fn new(name: &str) -> Cell {
        let testbed = testbed();
        let (root, programs) = (testbed.join(name), testbed.join("bin"));
        for needed in [
            &testbed.join(format!("{name}.key")),
            &programs.join("trustctl"),
        ] {
            let needed_path = needed.display();
            assert!(
                needed.is_file(),
                "`{needed_path}` is missing: run `make testbed`, which makes it"
            );
        }
        let mut first = namespaces()
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../testbed/cell.sh"))
            .args([&root, &programs])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(first.stdout.take().expect("it was piped"))
            .read_line(&mut line)
            .unwrap();
        let Some(pid) = line.trim().strip_prefix("ready ") else {
            panic!(
                "the cell on `{name}` could not be made: it said `{}`",
                line.trim()
            );
        };
        let cell = Cell {
            pid: pid.to_string(),
            first,
            name: name.to_string(),
        };
        // Whatever runs in a cell runs as root: never on the outer machine.
        assert_eq!(cell.read("/etc/hostname"), b"cell\n");
        cell
    }

    /// The name of its root.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What readers see in it.
    pub fn tree(&self) -> Tree {
        Tree::new(Path::new(&format!("/proc/{}/root", self.pid)))
    }

    /// A program inside, by name or path, not yet started.
    pub fn command(&self, program: &str) -> Command {
        self.inside(&["--mount", "--pid", "--net", "--uts"], program)
    }

    fn inside(&self, namespaces: &[&str], program: &str) -> Command {
        let mut nsenter = self.enter(namespaces);
        nsenter.args(["/usr/bin/env", "-i", &format!("PATH={PATH}")]);
        nsenter.args(["LC_ALL=C", "HOME=/root", "TERM=dumb", program]);
        nsenter
    }

    /// A program inside that has the network of the outer machine, where a test has its servers; not yet started.
    pub fn command_on_outer_network(&self, program: &str) -> Command {
        self.inside(&["--mount", "--pid", "--uts"], program)
    }

    /// A program of the outer machine that sees its own files, and the cell's below [`Cell::tree`]; its processes,
    /// network and host name are the cell's. Not yet started.
    pub fn outer_command(&self, program: &str) -> Command {
        let mut nsenter = self.enter(&["--pid", "--net", "--uts"]);
        nsenter.arg(program);
        nsenter
    }

    fn enter(&self, namespaces: &[&str]) -> Command {
        let mut nsenter = Command::new("/usr/bin/nsenter");
        nsenter.env_clear().env("PATH", crate::run::PATH);
        nsenter.args(["--target", &self.pid]).args(namespaces);
        if !is_root() {
            nsenter.arg("--user");
        }
        nsenter
    }

    /// Runs shell text inside.
    #[track_caller]
    pub fn sh(&self, text: &str) -> Run {
        output(self.command("/bin/sh").args(["-c", text]))
    }

    /// Runs `trustctl ARGUMENT…` inside, on the cell's own `/`.
    #[track_caller]
    pub fn trustctl<const N: usize>(&self, arguments: [&str; N]) -> Run {
        output(self.command("trustctl").args(arguments))
    }

    /// Runs the cell's own `update-ca-certificates`.
    #[track_caller]
    pub fn bare_update(&self, arguments: &[&str]) -> Run {
        output(self.command("update-ca-certificates").args(arguments))
    }

    /// Writes a file (mode 0644 when new), its folders made as needed.
    #[track_caller]
    pub fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let text = "mkdir -p \"$(dirname \"$0\")\" && cat >\"$0\"";
        output_with(
            self.command("/bin/sh").args(["-c", text, path]),
            bytes.as_ref(),
        )
        .exits(0);
    }

    /// The bytes of a file, links followed inside the cell.
    #[track_caller]
    pub fn read(&self, path: &str) -> Vec<u8> {
        self.tree()
            .read(path)
            .unwrap_or_else(|| panic!("`{path}` cannot be read in the cell"))
    }

    /// Whether `openssl verify` of the cell takes the certificate with the bundle alone.
    #[track_caller]
    pub fn bundle_trusts(&self, pem: &str) -> bool {
        self.verify(
            pem,
            &[
                "-no-CApath",
                "-CAfile",
                "/etc/ssl/certs/ca-certificates.crt",
            ],
        )
    }

    /// Whether `openssl verify` of the cell takes the certificate with the hash directory alone.
    #[track_caller]
    pub fn hash_dir_trusts(&self, pem: &str) -> bool {
        self.verify(pem, &["-no-CAfile", "-CApath", "/etc/ssl/certs"])
    }

    fn verify(&self, pem: &str, options: &[&str]) -> bool {
        let version = self.sh("openssl version").stdout;
        let mut openssl = self.command("openssl");
        openssl.arg("verify").args(options).args(only(&version));
        output_with(&mut openssl, pem.as_bytes()).ok()
    }
}

impl Drop for Cell {
    fn drop(&mut self) {
        // The end of its standard input ends process 1, and with it all others of the cell.
        drop(self.first.stdin.take());
        let _ = self.first.wait();
    }
}

/// The folder with the distribution roots.
fn testbed() -> PathBuf {
    std::env::var_os("TRUSTCTL_TESTBED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/testbed"),
        PathBuf::from,
    )
}

fn namespaces() -> Command {
    let mut unshare = Command::new("/usr/bin/unshare");
    unshare.env_clear().env("PATH", crate::run::PATH);
    if !is_root() {
        unshare.args(["--map-auto", "--map-root-user"]);
    }
    unshare.args(["--mount", "--pid", "--fork", "--net", "--uts"]);
    unshare
}
