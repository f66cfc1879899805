//! What is in the package.

use std::process::Command;

use support::{PATH, output};

use crate::package::packages::{Unpacked, Which, dpkg_deb, path, program};

#[test]
fn the_binary_needs_no_c_library_newer_than_2_31() {
    assert_old_libraries(Which::This);
}

#[test]
fn the_arm64_binary_needs_no_c_library_newer_than_2_31() {
    assert_old_libraries(Which::Arm64);
}

fn assert_old_libraries(which: Which) {
    let unpacked = Unpacked::of(which);
    let symbols = program(
        "/usr/bin/objdump",
        &["-T", unpacked.binary().to_str().unwrap()],
    );
    let versions = symbols
        .split(['(', ')', ' '])
        .filter_map(|word| word.strip_prefix("GLIBC_"));
    let parse = |text: &str| {
        text.split('.')
            .map(|part| part.parse::<u32>().unwrap())
            .collect::<Vec<_>>()
    };
    let newest = versions.map(parse).max().expect("it uses the C library");
    println!("newest symbol version: GLIBC_{newest:?}");
    assert!(newest <= vec![2, 31], "{newest:?}");

    let needed = program(
        "/usr/bin/objdump",
        &["-p", unpacked.binary().to_str().unwrap()],
    );
    let libraries = needed
        .lines()
        .filter_map(|line| line.trim().strip_prefix("NEEDED"));
    for library in libraries.map(str::trim) {
        let of_libc6 = [
            "libc.so.6",
            "libm.so.6",
            "libpthread.so.0",
            "libdl.so.2",
            "librt.so.1",
            "libutil.so.1",
        ];
        assert!(
            of_libc6.contains(&library) || library.starts_with("ld-linux"),
            "{library} is not in libc6"
        );
    }
}

#[test]
fn the_binary_is_hardened() {
    assert_hardened(Which::This);
}

#[test]
fn the_arm64_binary_is_hardened() {
    assert_hardened(Which::Arm64);
}

fn assert_hardened(which: Which) {
    let unpacked = Unpacked::of(which);
    let binary = unpacked.binary();
    let binary = binary.to_str().unwrap();
    let headers = program(
        "/usr/bin/readelf",
        &[
            "--wide",
            "--file-header",
            "--program-headers",
            "--dynamic",
            binary,
        ],
    );
    assert!(
        headers.contains("Type:") && headers.contains("DYN (Position-Independent Executable file)"),
        "{headers}"
    );
    assert!(headers.contains("GNU_RELRO"), "no RELRO");
    assert!(
        headers.contains("BIND_NOW") || headers.contains("Flags: NOW"),
        "RELRO is not full"
    );
    let stack = headers
        .lines()
        .find(|line| line.contains("GNU_STACK"))
        .expect("a GNU_STACK header");
    assert!(stack.contains(" RW ") && !stack.contains("RWE"), "{stack}");
    let symbols = program("/usr/bin/objdump", &["-T", binary]);
    assert!(
        symbols.contains("__stack_chk_fail"),
        "the C parts have no stack protector"
    );
    let size = std::fs::metadata(binary).unwrap().len();
    let package = std::fs::metadata(path(which)).unwrap().len();
    println!(
        "{}: binary {size} bytes, package {package} bytes",
        path(which).display()
    );
    // Outside of the whole run the one for arm64 is built quickly, and large.
    let is_optimized = matches!(which, Which::This) || support::whole();
    assert!(!is_optimized || size < 16 << 20, "{size} bytes");
}

/// The programs in them are two builds as well where `make test-whole` has made the packages.
#[test]
fn two_builds_of_one_commit_are_equal() {
    let (this, again) = (
        std::fs::read(path(Which::This)).unwrap(),
        std::fs::read(path(Which::Again)).unwrap(),
    );
    let sum = support::sha256(&this);
    println!("sha256 of the package: {sum}");
    assert!(
        this == again,
        "{sum} and {} differ: compare them with diffoscope",
        support::sha256(&again)
    );
}

#[test]
fn the_package_asks_for_what_it_needs_and_no_more() {
    let fields = dpkg_deb(&["--field", path(Which::This).to_str().unwrap()]);
    assert!(
        fields.contains("\nDepends: ca-certificates, libc6 (>= 2.31), openssl\n"),
        "{fields}"
    );
    let listing = dpkg_deb(&["--contents", path(Which::This).to_str().unwrap()]);
    for wanted in [
        "./usr/bin/trustctl",
        "./etc/trustctl/trustctl.toml",
        "./usr/share/man/man8/trustctl.8.gz",
        "./usr/share/man/man5/trustctl-apply.5.gz",
        "./usr/share/man/man5/trustctl.toml.5.gz",
        "./usr/share/man/man7/trustctl-refresh.7.gz",
        "./usr/share/man/man7/trustctl-rules.7.gz",
        "./usr/share/bash-completion/completions/trustctl",
        "./usr/share/zsh/vendor-completions/_trustctl",
        "./usr/share/fish/vendor_completions.d/trustctl.fish",
        "./usr/share/doc/trustctl/trustctl.schema.json",
        "./usr/share/doc/trustctl/monitoring/trustctl.rules.yml",
        "./usr/share/doc/trustctl/copyright",
        "./usr/share/doc/trustctl/crates.gz",
        "./usr/share/doc/trustctl/sbom.cdx.json.gz",
        "systemd/system/trustctl-audit.service",
        "systemd/system/trustctl-audit.timer",
        "systemd/system/trustctl-apply.path",
        "systemd/system/trustctl-apply.service",
        "systemd/system/trustctl-apply.timer",
    ] {
        assert!(
            listing.lines().any(|line| line.ends_with(wanted)),
            "{wanted} is not in it:\n{listing}"
        );
    }
    // Older dpkg (Ubuntu 20.04) reads xz, not zstd.
    let members = program("/usr/bin/ar", &["t", path(Which::This).to_str().unwrap()]);
    assert!(
        members.contains("data.tar.xz") && members.contains("control.tar.xz"),
        "{members}"
    );
}

#[test]
fn every_crate_that_is_linked_has_its_licence_in_the_list() {
    let unpacked = Unpacked::new();
    let crates = program(
        "/bin/zcat",
        &[unpacked
            .path("usr/share/doc/trustctl/crates.gz")
            .to_str()
            .unwrap()],
    );
    // cargo's own word, by another way than the list is made.
    let mut tree = Command::new(std::env::var_os("CARGO").expect("cargo runs the tests"));
    tree.args([
        "tree",
        "--locked",
        "--offline",
        "--edges",
        "normal",
        "--prefix",
        "none",
    ]);
    tree.current_dir(env!("CARGO_MANIFEST_DIR"));
    let tree = output(tree.args(["--format", "{p}|{l}"])).exits(0).stdout;
    let mut linked = 0;
    for line in tree.lines().filter(|line| !line.starts_with("trustctl ")) {
        let (package, licence) = line.trim_end_matches(" (*)").split_once('|').unwrap();
        let package = package.replacen(" v", " ", 1);
        let package = package.split(" (").next().unwrap();
        let wanted = format!("{package}: {licence}");
        assert!(
            crates.lines().any(|line| line == wanted),
            "`{wanted}` is missing"
        );
        linked += 1;
    }
    assert!(linked > 100, "{linked}");
    assert!(crates.contains("Permission is hereby granted") && crates.contains("Apache License"));
}

#[test]
fn lintian_has_no_error_and_no_warning() {
    assert_lintian_clean(Which::This);
}

#[test]
fn lintian_has_no_error_and_no_warning_for_arm64() {
    assert_lintian_clean(Which::Arm64);
}

fn assert_lintian_clean(which: Which) {
    let file = path(which);
    let mut lintian = Command::new("/usr/bin/lintian");
    lintian
        .env_clear()
        .env("PATH", PATH)
        .env("LC_ALL", "C.UTF-8")
        .env("HOME", "/nonexistent");
    lintian
        .args(["--pedantic", "--allow-root", "--fail-on", "error,warning"])
        .arg(file);
    let run = output(&mut lintian);
    println!("{}", run.stdout);
    run.exits(0);
}

/// What keeps the audit from changing anything and from speaking to anybody.
const HARDENING: &[&str] = &[
    "CapabilityBoundingSet=CAP_DAC_READ_SEARCH",
    "NoNewPrivileges=yes",
    "ProtectSystem=strict",
    "ProtectHome=read-only",
    "PrivateNetwork=yes",
    "MemoryDenyWriteExecute=yes",
    "SystemCallFilter=@system-service",
    "SystemCallFilter=~@privileged @resources",
];

#[test]
fn the_audit_unit_is_sound_and_has_little_exposure() {
    let unpacked = Unpacked::new();
    let unit = ["usr/lib", "lib"]
        .map(|folder| unpacked.path(&format!("{folder}/systemd/system/trustctl-audit.service")))
        .into_iter()
        .find(|path| path.is_file())
        .expect("the unit");
    let mut analyze = Command::new("/usr/bin/systemd-analyze");
    analyze
        .env_clear()
        .env("PATH", PATH)
        .args(["security", "--offline=true", "--no-pager"])
        .arg(&unit);
    let run = output(&mut analyze);
    let text = std::fs::read_to_string(&unit).unwrap();
    for setting in HARDENING {
        assert!(text.lines().any(|line| line == *setting), "no `{setting}`");
    }
    if run.has("unrecognized option") {
        println!("systemd-analyze before 250 measures no unit that is not installed: {run}");
        return;
    }
    let verdict = run
        .stdout
        .lines()
        .find(|line| line.contains("Overall exposure"))
        .unwrap_or_else(|| panic!("{run}"));
    println!("{verdict}");
    let figure: f64 = verdict
        .split(':')
        .nth(1)
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert!(figure < 2.0, "{run}");
}
