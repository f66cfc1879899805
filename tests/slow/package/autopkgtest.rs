//! The package's test in Debian's form (`packaging/debian/tests`), run as autopkgtest does: on the installed package.

use std::path::Path;

use support::Cell;

use crate::package::lifecycle::install;
use crate::package::packages::Which;

#[test]
fn the_tests_of_debian_tests_pass_on_the_installed_package() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(repository.join(path)).unwrap();
    let control = read("packaging/debian/tests/control");
    let names = control
        .lines()
        .find_map(|line| line.strip_prefix("Tests: "))
        .expect("a list of tests");
    let cell = Cell::new("bookworm");
    install(&cell, Which::This);
    cell.write("/srv/tests/demo.sh", read("tests/demo.sh"));
    for name in names.split_whitespace() {
        let path = format!("/srv/packaging/debian/tests/{name}");
        cell.write(&path, read(&format!("packaging/debian/tests/{name}")));
        cell.sh("chmod -R 755 /srv").exits(0);
        cell.sh(&format!("cd /srv && {path}"))
            .exits(0)
            .says("server.crt: OK")
            .says("Everything is on record");
    }
}
