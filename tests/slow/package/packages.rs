//! Where the packages lie, and what is in them.

use std::path::{Path, PathBuf};
use std::process::Command;

use support::{PATH, output};
use tempfile::TempDir;

/// One of the packages that `tests/testbed/packages.sh` builds.
#[derive(Clone, Copy)]
pub enum Which {
    /// Of this commit.
    This,
    /// The same, from a fresh clone in another folder.
    Again,
    /// Of an earlier commit.
    Previous,
    /// Of this commit, for arm64.
    Arm64,
}

/// The folder with the packages and the distribution roots.
pub fn testbed() -> PathBuf {
    std::env::var_os("TRUSTCTL_TESTBED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/testbed"),
        PathBuf::from,
    )
}

/// The file of a package.
#[track_caller]
pub fn path(which: Which) -> PathBuf {
    let name = match which {
        Which::This => "this.deb",
        Which::Again => "again.deb",
        Which::Previous => "previous.deb",
        Which::Arm64 => "arm64.deb",
    };
    let path = testbed().join("packages").join(name);
    assert!(
        path.is_file(),
        "`{}` is missing: run `make test-package`, which builds it",
        path.display()
    );
    path
}

/// The files of a package, unpacked for as long as this value lives.
pub struct Unpacked(TempDir);

impl Unpacked {
    /// Of this commit.
    pub fn new() -> Unpacked {
        Unpacked::of(Which::This)
    }

    pub fn of(which: Which) -> Unpacked {
        let folder = TempDir::with_prefix("trustctl-package-").unwrap();
        dpkg_deb(&[
            "--extract",
            path(which).to_str().unwrap(),
            folder.path().to_str().unwrap(),
        ]);
        Unpacked(folder)
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.0.path().join(relative)
    }

    pub fn binary(&self) -> PathBuf {
        self.path("usr/bin/trustctl")
    }
}

/// What `dpkg-deb` says.
#[track_caller]
pub fn dpkg_deb(arguments: &[&str]) -> String {
    program("/usr/bin/dpkg-deb", arguments)
}

/// What a program of this machine says.
#[track_caller]
pub fn program(path: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(path);
    command
        .env_clear()
        .env("PATH", PATH)
        .env("LC_ALL", "C.UTF-8")
        .args(arguments);
    output(&mut command).exits(0).stdout
}
