//! A private tree with a small store of its own.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::ops::Deref;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::ca::Ca;
use crate::run::{PATH, Run, output, output_with};
use crate::tree::Tree;

/// The parts of a host that a tree replaces where a program is shown the tree as the machine's own store.
const REPLACED: [&str; 5] = [
    "/etc/ca-certificates.conf",
    "/etc/ca-certificates",
    "/etc/ssl",
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
];

/// A private tree: `trustctl` works on it with `--root`, everything else in a mount namespace where the tree's
/// folders lie over the machine's own (`/etc/ssl` and its like), so that each path and link is the usual one.
pub struct Host {
    folder: TempDir,
    tree: Tree,
    vendors: Vec<Ca>,
}

impl Deref for Host {
    type Target = Tree;

    fn deref(&self) -> &Tree {
        &self.tree
    }
}

impl Default for Host {
    fn default() -> Self {
        Host::new()
    }
}

impl Host {
    /// A tree with three vendor roots, all selected. Nothing has been built from them yet: see [`Host::settled`].
    pub fn new() -> Host {
        (1..=3).fold(Host::empty(), |host, n| {
            host.vendor(
                &format!("Vendor_Root_{n}"),
                Ca::new(&format!("Vendor Root {n}")),
            )
        })
    }

    /// A tree with nothing but a certificate folder, as in many container images.
    pub fn bare() -> Host {
        let host = Host::empty();
        for part in ["usr", "var"] {
            fs::remove_dir_all(host.path(part)).unwrap();
        }
        fs::remove_dir_all(host.path("etc/ca-certificates")).unwrap();
        host.delete("etc/ca-certificates.conf");
        host
    }

    /// A tree without any certificate.
    pub fn empty() -> Host {
        let folder = TempDir::with_prefix("trustctl-host-").unwrap();
        // Programs of other users read the tree in some tests.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let root = folder.path().join("root");
        let parts = [
            "etc/ca-certificates/update.d",
            "etc/ssl/certs",
            "usr/share/ca-certificates/mozilla",
        ];
        for part in parts
            .into_iter()
            .chain(["usr/local/share/ca-certificates", "var/lib"])
        {
            fs::create_dir_all(root.join(part)).unwrap();
        }
        fs::write(
            root.join("etc/ca-certificates.conf"),
            "# Lines start with ! where a root is switched off.\n",
        )
        .unwrap();
        Host {
            tree: Tree::new(&root),
            folder,
            vendors: Vec::new(),
        }
    }

    /// A tree with the vendor certificates of this machine (none of its local ones), all selected.
    pub fn of_this_machine() -> Host {
        let host = Host::empty();
        let copied = host.path("usr/share/ca-certificates");
        let from = "/usr/share/ca-certificates/.";
        output(
            Command::new("/bin/cp")
                .env_clear()
                .args(["-a", from])
                .arg(&copied),
        )
        .exits(0);
        let mut names: Vec<PathBuf> = files_below(&copied);
        names.sort();
        let lines = names
            .iter()
            .map(|path| format!("{}\n", path.strip_prefix(&copied).unwrap().display()));
        host.write("etc/ca-certificates.conf", lines.collect::<String>());
        host
    }

    /// Adds a vendor root, selected: `/usr/share/ca-certificates/mozilla/NAME.crt`.
    pub fn vendor(mut self, name: &str, ca: Ca) -> Host {
        self.write(
            format!("usr/share/ca-certificates/mozilla/{name}.crt"),
            ca.pem(),
        );
        let conf = self.text("etc/ca-certificates.conf");
        self.write(
            "etc/ca-certificates.conf",
            format!("{conf}mozilla/{name}.crt\n"),
        );
        self.vendors.push(ca);
        self
    }

    /// Puts a file among the local certificates, as an administrator without trustctl does.
    pub fn local(self, name: &str, bytes: impl AsRef<[u8]>) -> Host {
        self.write(format!("usr/local/share/ca-certificates/{name}"), bytes);
        self
    }

    /// Lets the script build the store.
    #[track_caller]
    pub fn settled(self) -> Host {
        self.bare_update(&["--fresh"]).exits(0);
        self
    }

    /// The vendor roots added with [`Host::vendor`], in their order.
    pub fn vendors(&self) -> &[Ca] {
        &self.vendors
    }

    /// Writes a file of the tree (mode 0644 when new), its folders made as needed.
    pub fn write(&self, path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Writes a program of the tree.
    pub fn write_program(&self, path: impl AsRef<Path>, text: &str) {
        self.write(&path, text);
        fs::set_permissions(self.path(path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Puts a link into the tree.
    pub fn link(&self, path: impl AsRef<Path>, target: &str) {
        symlink(target, self.path(path)).unwrap();
    }

    /// Takes a file or link of the tree away.
    #[track_caller]
    pub fn delete(&self, path: impl AsRef<Path>) {
        fs::remove_file(self.path(path)).unwrap();
    }

    /// The text of a file of the tree.
    #[track_caller]
    pub fn text(&self, path: impl AsRef<Path>) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// Whether there is anything at this path of the tree, even a link that leads nowhere.
    pub fn has(&self, path: impl AsRef<Path>) -> bool {
        fs::symlink_metadata(self.path(path)).is_ok()
    }

    /// A path beside the tree, for input files and wrappers.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file beside the tree (its folders made as needed) and says where.
    pub fn input(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.beside(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Writes a program beside the tree and says where.
    pub fn program(&self, name: &str, text: &str) -> PathBuf {
        let path = self.input(name, text);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// The text of a file beside the tree.
    #[track_caller]
    pub fn beside_text(&self, name: &str) -> String {
        fs::read_to_string(self.beside(name)).unwrap()
    }

    /// `trustctl --root TREE ARGUMENT…`, not yet started; it starts in the folder beside the tree.
    pub fn command<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(trustctl());
        command
            .env_clear()
            .env("PATH", PATH)
            .current_dir(self.folder.path());
        command.arg("--root").arg(self.root()).args(arguments);
        command
    }

    /// Runs `trustctl --root TREE ARGUMENT…`.
    ///
    /// What is refused is refused once more with `--format json`: then it is one object, as the schema says.
    #[track_caller]
    pub fn trustctl<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Run {
        let arguments: Vec<OsString> = arguments
            .into_iter()
            .map(|word| word.as_ref().into())
            .collect();
        let run = output(&mut self.command(&arguments));
        let chosen = arguments
            .iter()
            .any(|word| word.to_string_lossy().starts_with("--format"));
        if run.code == 2 && !chosen {
            let words = ["--format".into(), "json".into()]
                .into_iter()
                .chain(arguments);
            let again = output(&mut self.command(words));
            assert_eq!(
                again.code, 2,
                "with `--format json`: {again}; without: {run}"
            );
            let value = again.json();
            // `check` answers for files that cannot be read, too.
            let refused = value["exit"] == 2 && value["error"]["message"].is_string();
            assert!(refused || value["report"].is_object(), "{again}");
        }
        run
    }

    /// Runs `trustctl --root TREE ARGUMENT…` with these bytes as its standard input.
    #[track_caller]
    pub fn trustctl_reading<S: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = S>,
        input: &[u8],
    ) -> Run {
        output_with(&mut self.command(arguments), input)
    }

    /// `PROGRAM ARGUMENT…` where the tree's store is the machine's, not yet started.
    pub fn inside_command<S: AsRef<OsStr>>(&self, command: impl IntoIterator<Item = S>) -> Command {
        let binds = REPLACED
            .map(|path| format!("mount --bind \"$0{path}\" {path}"))
            .join(" && ");
        let mut unshare = Command::new("/usr/bin/unshare");
        unshare
            .env_clear()
            .env("PATH", PATH)
            .env("LC_ALL", "C")
            .current_dir("/");
        if !is_root() {
            unshare.arg("--map-root-user");
        }
        unshare.args([
            "--mount",
            "/bin/sh",
            "-c",
            &format!("{binds} && exec \"$@\""),
        ]);
        unshare.arg(self.root()).args(command);
        unshare
    }

    /// Runs a program of this machine where the tree's store is the machine's.
    #[track_caller]
    pub fn inside<S: AsRef<OsStr>>(&self, command: impl IntoIterator<Item = S>) -> Run {
        output(&mut self.inside_command(command))
    }

    /// Runs the real `update-ca-certificates` of this machine on the tree, with its own paths.
    #[track_caller]
    pub fn bare_update(&self, arguments: &[&str]) -> Run {
        self.inside(["/usr/sbin/update-ca-certificates"].iter().chain(arguments))
    }

    /// Whether `openssl verify` takes the certificate with the tree's bundle alone.
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

    /// Whether `openssl verify` takes the certificate with the tree's hash directory alone.
    #[track_caller]
    pub fn hash_dir_trusts(&self, pem: &str) -> bool {
        self.verify(pem, &["-no-CAfile", "-CApath", "/etc/ssl/certs"])
    }

    fn verify(&self, pem: &str, options: &[&str]) -> bool {
        let version = output(Command::new("/usr/bin/openssl").env_clear().arg("version")).stdout;
        let command = ["/usr/bin/openssl", "verify"]
            .iter()
            .chain(options)
            .chain(only(&version));
        output_with(&mut self.inside_command(command), pem.as_bytes()).ok()
    }
}

/// OpenSSL 3 has a third way to the store (`-CAstore`), which is on unless switched off, lists the default
/// folder and takes `HASH.N` with any N; older ones don't know the option.
pub(crate) fn only(version: &str) -> &'static [&'static str] {
    if version.starts_with("OpenSSL 1.") {
        &[]
    } else {
        &["-no-CAstore"]
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                files_below(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

/// Whether the tests run as root.
pub(crate) fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// The driver of suites (`tests/limbo`), which cargo puts beside the program.
pub fn limbo() -> PathBuf {
    trustctl().with_file_name("examples").join("limbo")
}

/// The program under test, as cargo built it for this machine.
pub fn trustctl() -> PathBuf {
    for name in ["CARGO_BIN_EXE_trustctl", "NEXTEST_BIN_EXE_trustctl"] {
        if let Some(path) = std::env::var_os(name) {
            return path.into();
        }
    }
    // target/debug/deps/NAME-HASH: cargo puts the program two folders up.
    let test = std::env::current_exe().unwrap();
    test.parent()
        .and_then(Path::parent)
        .unwrap()
        .join("trustctl")
}
