//! What README and Makefile promise a first-time reader.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test acts on folders of its own, and fails by panicking"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::{PATH, Run, Tree, output};

/// A user that has nothing here: no home, no entry in the list of users.
const NOBODY: &str = "54321";

#[test]
fn make_demo_in_a_fresh_clone_needs_no_privileges_and_leaves_nothing_behind() {
    let this_machine = Tree::new(Path::new("/"));
    let before = this_machine.store();
    let folder = tempfile::tempdir().unwrap();
    let clone = folder.path().join("clone");
    git_clone(&clone);
    let temporary = temporary_files();

    let run = make_demo(folder.path()).exits(0);
    assert_eq!(run.stdout.matches("server.crt: OK").count(), 2, "{run}");
    assert_eq!(
        run.stdout.matches("verification failed").count(),
        2,
        "{run}"
    );
    let vendor = this_machine
        .store()
        .keys()
        .filter(|path| is_vendor(path))
        .count();
    let run = run
        .says("a private key")
        .says(&format!("1 local, {vendor} vendor"));
    for local in std::fs::read_dir("/usr/local/share/ca-certificates").unwrap() {
        let name = local.unwrap().file_name();
        assert!(
            !run.has(name.to_str().unwrap()),
            "{name:?} of this machine was copied"
        );
    }
    assert_eq!(
        this_machine.store(),
        before,
        "the demo changed this machine's store"
    );
    // What a build that was killed an hour ago left is not of this run.
    let left: Vec<String> = temporary_files().difference(&temporary).cloned().collect();
    assert!(left.is_empty(), "the demo left something behind: {left:?}");
}

/// The temporary files of the user that the demo runs as.
fn temporary_files() -> BTreeSet<String> {
    let mut find = Command::new("/usr/bin/find");
    let run = output(find.args(["/tmp", "-maxdepth", "1", "-user", NOBODY])).exits(0);
    run.stdout.lines().map(str::to_string).collect()
}

fn is_vendor(path: &Path) -> bool {
    path.starts_with("usr/share/ca-certificates")
        && path.extension().is_some_and(|extension| extension == "crt")
}

fn git_clone(to: &Path) {
    let mut git = Command::new("/usr/bin/git");
    git.env_clear().env("PATH", PATH).args([
        "-c",
        "safe.directory=*",
        "clone",
        "--quiet",
        "--no-hardlinks",
    ]);
    output(git.arg(env!("CARGO_MANIFEST_DIR")).arg(to)).exits(0);
}

/// Runs `make demo` as a user without any rights; as root that is one of its own, who sees the toolchain and
/// the packages cargo has fetched at places that it may read.
fn make_demo(folder: &Path) -> Run {
    let toolchain = Path::new(env!("CARGO"))
        .parent()
        .and_then(Path::parent)
        .unwrap();
    let home = std::env::var_os("CARGO_HOME").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cargo"),
        PathBuf::from,
    );
    // The crates that are compiled already are not compiled once more: trustctl itself is.
    let text = "set -e
        cd \"$1\"
        home=$PWD/cargo
        if [ -d \"$5/.fingerprint\" ]; then
            mkdir -p clone/target/debug
            (cd \"$5\" && find .fingerprint build deps ! -type d ! -path '*trustctl*' ! -path 'deps/fast-*' \
                ! -path 'deps/slow-*' -print0 | tar c --null -T -) | tar x -C clone/target/debug
        fi
        if [ \"$(id -u)\" = 0 ]; then
            mkdir rust cargo
            mount --bind \"$2\" rust && mount --bind \"$3\" cargo && mount -o remount,bind,ro cargo
            # To cargo a crate at another path is another crate: its home stands where it was, for all to read.
            above=$(dirname \"$3\")
            case \"$PWD/\" in
                \"$above\"/*) ;;
                *)
                    mount -t tmpfs -o mode=755 tmpfs \"$above\"
                    mkdir \"$3\" && mount --bind cargo \"$3\"
                    home=$3 ;;
            esac
            chmod 755 . && chown -R $4:$4 clone
            as_user=\"setpriv --reuid $4 --regid $4 --clear-groups --no-new-privs --bounding-set -all\"
        else
            ln -s \"$2\" rust; ln -s \"$3\" cargo
        fi
        cd clone
        exec $as_user env -i PATH=\"$PWD/../rust/bin:$PATH\" HOME=\"$PWD\" CARGO_HOME=\"$home\" \
            CARGO_NET_OFFLINE=true make demo";
    let is_root = output(Command::new("/usr/bin/id").arg("-u")).stdout.trim() == "0";
    let mut shell = Command::new(if is_root {
        "/usr/bin/unshare"
    } else {
        "/usr/bin/env"
    });
    shell.env_clear().env("PATH", PATH);
    if is_root {
        shell.arg("--mount");
    }
    shell
        .args(["/bin/sh", "-c", text, "sh"])
        .args([folder, toolchain, &home]);
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/debug");
    output(shell.arg(NOBODY).arg(built))
}
