//! The package's test in Debian's form (`packaging/debian/tests`), run by autopkgtest itself on a distribution where
//! the package is installed.

use std::os::unix::fs::symlink;
use std::path::Path;

use support::{Cell, output};
use tempfile::TempDir;

use crate::package::lifecycle::install;
use crate::package::packages::Which;

/// A source package as autopkgtest takes it: `debian` leads to `packaging/debian`.
fn source() -> TempDir {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = TempDir::with_prefix("trustctl-source-").unwrap();
    for file in [
        "packaging/debian/tests/control",
        "packaging/debian/tests/demo",
        "tests/demo.sh",
    ] {
        let copy = folder.path().join(file);
        std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
        std::fs::copy(repository.join(file), copy).unwrap();
    }
    symlink("packaging/debian", folder.path().join("debian")).unwrap();
    folder
}

#[test]
fn autopkgtest_passes_the_tests_of_debian_tests() {
    let (cell, source) = (Cell::new("bookworm"), source());
    let logs = TempDir::with_prefix("trustctl-autopkgtest-").unwrap();
    // The test depends on the package: autopkgtest is content with the one that is installed.
    install(&cell, Which::This);
    let mut autopkgtest = cell.outer_command("/usr/bin/autopkgtest");
    autopkgtest
        .arg("--output-dir")
        .arg(logs.path().join("logs"))
        .arg(source.path())
        .args(["--", "chroot"])
        .arg(cell.tree().path("/"));
    output(&mut autopkgtest)
        .exits(0)
        .says("server.crt: OK")
        .says("Everything is on record");
    let summary = std::fs::read_to_string(logs.path().join("logs/summary")).unwrap();
    assert_eq!(
        summary.split_whitespace().collect::<Vec<_>>(),
        ["demo", "PASS"],
        "{summary}"
    );
}
