//! How much room the record of changes takes, how often a change waits for the disk, and how often it reads a file.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests act on trees of their own and fail by panicking"
)]

use std::fs;
use std::path::{Path, PathBuf};
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
        let words = ["add", "--yes", file.to_str().unwrap()];
        calls(&host, &["-f"], "fsync,fdatasync,syncfs,sync", &words)
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

/// The system calls of a command, with the files that descriptors are of.
fn calls(host: &Host, options: &[&str], names: &str, words: &[&str]) -> String {
    let mut strace = Command::new("/usr/bin/strace");
    strace
        .env_clear()
        .args(options)
        .args(["-y", "-s", "1", "-e", &format!("trace={names}"), "-o"])
        .arg(host.beside("calls"))
        .arg(support::trustctl())
        .arg("--root")
        .arg(host.root())
        .args(words);
    output(&mut strace).exits(0);
    host.beside_text("calls")
}

#[test]
fn a_change_reads_each_file_once_before_the_lock_and_once_under_it() {
    let host = Host::of_this_machine().settled();
    let input = |name: &str| {
        host.input(&format!("{name}.crt"), Ca::new(name).pem())
            .into_os_string()
            .into_string()
            .unwrap()
    };
    for name in ["first", "second"] {
        host.trustctl(["add", "--yes", &input(name)]).exits(0);
    }
    // strace writes other letters in a way of its own.
    let vendor = fs::read_dir(host.path("usr/share/ca-certificates/mozilla")).unwrap();
    let vendor: Vec<PathBuf> = vendor
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_str().is_some_and(str::is_ascii))
        .collect();
    assert!(vendor.len() > 100);
    let local = host.path("usr/local/share/ca-certificates");
    let (bundle, conf) = (
        host.certs().join("ca-certificates.crt"),
        host.path("etc/ca-certificates.conf"),
    );
    let record = host.path("var/lib/trustctl/generations");
    // `openat(…, O_RDONLY|…) = 8</the/file>`; what is opened with O_PATH is not read.
    let reads = |words: &[&str]| -> Vec<String> {
        let calls = calls(&host, &[], "open,openat,openat2", words);
        let reading = calls.lines().filter(|line| !line.contains("O_PATH"));
        let reading = reading.filter(|line| !line.contains("O_DIRECTORY"));
        let opened =
            reading.filter_map(|line| Some(line.rsplit_once('<')?.1.trim_end_matches('>')));
        opened.map(str::to_string).collect()
    };
    let third = input("third");
    for (words, looks) in [
        (&["add", "--yes", &third][..], 2),
        (&["remove", "third.crt"], 1),
    ] {
        let found = reads(words);
        let count = |file: &Path| {
            let name = file.to_str().unwrap();
            found.iter().filter(|opened| *opened == name).count()
        };
        let told = format!("{words:?}: {found:#?}");
        for file in vendor.iter().chain([&local.join("first.crt"), &conf]) {
            assert_eq!(count(file), looks, "{}: {told}", file.display());
        }
        // Of the new bundle what was published is read.
        assert_eq!(count(&bundle), looks + 1, "{told}");
        let manifests = |name: &str| count(&record.join(name).join("manifest.json"));
        let newest = if looks == 2 { "000002" } else { "000003" };
        assert_eq!(manifests(newest), 1, "{told}");
        assert_eq!(manifests("000001"), 0, "{told}");
    }
}
