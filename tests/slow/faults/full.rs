//! A disk that is really full: the whole tree in a small file system of its own, larger by one page or one file at
//! a time, until the command has room enough.

use std::path::Path;
use std::process::Command;

use support::{PATH, Run, Tree, output, trustctl};

use crate::faults::bed::{Bed, State, is_root, memory};
use crate::faults::{distrust, replace};

/// Makes the file system, copies the tree in, runs the command, copies the tree out.
const SHELL: &str = r#"
mount -t tmpfs -o mode=755,"$OPTION" tmpfs "$WORK" || exit 90
cp -a "$BASE/root" "$WORK/" 2>/dev/null || exit 91
cd "$BASE"
"$@"
code=$?
cp -a "$WORK/root" "$OUT/" || exit 92
exit $code
"#;

struct Full {
    run: Run,
    state: Option<State>,
}

fn run(bed: &Bed, option: &str) -> Full {
    let (work, out, copy) = (memory(), memory(), bed.copy());
    let mut unshare = Command::new("/usr/bin/unshare");
    unshare.env_clear().env("PATH", PATH).env("OPTION", option);
    unshare.env("WORK", work.path()).env("OUT", out.path());
    unshare.env("BASE", copy.beside(""));
    if !is_root() {
        unshare.arg("--map-root-user");
    }
    unshare.args(["--mount", "/bin/sh", "-c", SHELL, "sh"]);
    unshare
        .arg(trustctl())
        .arg("--root")
        .arg(work.path().join("root"));
    let run = output(unshare.args(&bed.arguments));
    assert!(run.code != 90 && run.code != 92, "{run}");
    let state =
        (run.code != 91).then(|| State::of(&Tree::new(Path::new(&out.path().join("root")))));
    Full { run, state }
}

/// From too small for the tree itself to large enough.
fn sweep(name: &str, bed: &Bed, options: impl Iterator<Item = String>) {
    let mut refused = 0;
    for option in options {
        let Full { run, state } = run(bed, &option);
        let Some(state) = state else { continue };
        match run.code {
            0 => {
                assert!(
                    state == bed.after,
                    "{option}: {}",
                    state.differs_from(&bed.after)
                );
                println!("{name}: {refused} sizes too small, `{option}` is enough");
                assert!(refused > 2, "it was full only {refused} times");
                return;
            }
            2 => {
                let difference = || state.differs_from(&bed.before);
                assert!(state == bed.before, "{option}: {} with {run}", difference());
                // Ours or, quoted, that of the script's tools.
                let says_why = run.has("no space left") || run.has("No space left");
                assert!(says_why, "{run}");
                refused += 1;
            }
            _ => panic!("{option}: {run}"),
        }
    }
    panic!("it never had room enough");
}

#[test]
fn a_disk_without_room_leaves_the_store_as_it_was() {
    for (name, bed) in [("add --replace", replace()), ("distrust", distrust())] {
        sweep(
            name,
            &bed,
            (20..400).map(|pages| format!("size={}k", pages * 4)),
        );
    }
}

#[test]
fn a_disk_without_inodes_leaves_the_store_as_it_was() {
    for (name, bed) in [("add --replace", replace()), ("distrust", distrust())] {
        sweep(
            name,
            &bed,
            (40..400).map(|files| format!("nr_inodes={files}")),
        );
    }
}
