//! A run of the bare script, which takes no lock, makes and removes names beside a change: what was there when the
//! folder was listed can be gone when it is looked at, read, or looked at once more.

use crate::faults::bed::Bed;
use crate::faults::{add, refresh};

/// The n-th look at the name finds nothing, for every n until the command makes fewer.
fn sweep(bed: &Bed, name: &str) -> usize {
    let mut looks = 0;
    for call in ["statx", "newfstatat", "readlink", "readlinkat", "openat"] {
        for nth in 1.. {
            let copy = bed.copy();
            let run = copy.lose_at(name, call, nth);
            if !copy.log().contains("(INJECTED)") {
                break;
            }
            looks += 1;
            assert_eq!(run.code, 0, "{name}: {call} number {nth}: {run}");
            let state = copy.state();
            assert_eq!(
                state.views(),
                bed.after.views(),
                "{name}: {call} number {nth}"
            );
        }
    }
    println!("{name}: gone at {looks} looks");
    looks
}

#[test]
fn a_bundle_on_its_way_that_comes_and_goes_stops_nothing() {
    let stray = "etc/ssl/certs/ca-certificates.crt.new";
    assert!(sweep(&refresh(), stray) >= 3);
}

#[test]
fn a_link_that_comes_and_goes_stops_nothing() {
    assert!(sweep(&add(), "etc/ssl/certs/Alpha.pem") >= 2);
}
