//! How much room the record of changes takes, and how often a change waits for the disk.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests act on trees of their own and fail by panicking"
)]

use std::process::Command;

use support::{Ca, Host, output};

#[test]
fn fifty_generations_of_a_whole_store_take_less_than_five_megabytes() {
    let host = Host::of_this_machine().settled();
    let roots = host.bundle_certs().len();
    let kib = |host: &Host| -> u64 {
        let mut du = Command::new("/usr/bin/du");
        let run = output(du.args(["-sk"]).arg(host.path("var/lib/trustctl"))).exits(0);
        run.stdout
            .split_whitespace()
            .next()
            .unwrap()
            .parse()
            .unwrap()
    };
    let round = |number: u32| {
        let path = host.input("x.crt", Ca::new(&format!("CA {number}")).pem());
        host.trustctl(["add", "--yes", path.to_str().unwrap()])
            .exits(0);
        host.trustctl(["remove", "x.crt"]).exits(0);
    };
    round(0);
    let base = kib(&host);
    (1..=2).for_each(round);
    let each = (kib(&host) - base).div_ceil(4);
    println!("{roots} roots: {base} KiB for 2 generations, {each} KiB for each more");
    assert!(roots > 100 && base + 48 * each < 5000);
    host.trustctl(["rollback", "1"]).exits(0);
    assert_eq!(host.bundle_certs().len(), roots + 1);
}

#[test]
fn a_change_syncs_each_file_and_folder_once() {
    let host = Host::new().settled();
    let add = |name: &str| {
        let file = host.input(&format!("{name}.crt"), Ca::new(name).pem());
        let mut strace = Command::new("/usr/bin/strace");
        strace
            .env_clear()
            .args(["-f", "-y", "-e", "trace=fsync,fdatasync,syncfs,sync", "-o"]);
        strace.arg(host.beside("calls")).arg(support::trustctl());
        strace
            .arg("--root")
            .arg(host.root())
            .args(["add", "--yes"])
            .arg(file);
        output(&mut strace).exits(0);
        host.beside_text("calls")
    };
    add("first");
    let calls = add("second");
    let count = |name: &str| calls.lines().filter(|line| line.contains(name)).count();
    // The source and the bundle with their folders; the manifest thrice (prepared, published, committed), each time
    // with its folder; the list of generations once; everything kept once.
    let (files, kept) = (count(" fsync("), count(" syncfs("));
    assert_eq!((files, kept), (2 + 2 + 3 + 3 + 1, 1), "{calls}");
    assert_eq!(count(" fdatasync(") + count(" sync("), 0, "{calls}");
}
