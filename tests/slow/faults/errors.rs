//! ENOSPC, EIO and EROFS at every single file-changing system call.

use support::{sample, seed, whole};

use crate::faults::bed::{Bed, Call, Copy, State};
use crate::faults::kill::recover;
use crate::faults::{add, add_in_part, distrust, refresh, remove, replace, rollback};

const ERRORS: [&str; 3] = ["ENOSPC", "EIO", "EROFS"];

/// The errors that a call is to fail with: each by `make test-whole`, else one after the other.
fn errors(index: usize) -> Vec<&'static str> {
    match whole() {
        true => ERRORS.to_vec(),
        false => vec![ERRORS[(index + seed()) % ERRORS.len()]],
    }
}

/// Lets each call fail, with each error in turn (a sample of them by `make test`).
pub fn sweep(name: &str, bed: &Bed) {
    let mut ends = [0; 4];
    let mut failures = Vec::new();
    let mut points = 0;
    for (index, call) in sample(bed.calls.iter().collect(), 3)
        .into_iter()
        .enumerate()
    {
        for errno in errors(index) {
            points += 1;
            match once(bed, call, errno) {
                Ok(code) => ends[code] += 1,
                Err(reason) => failures.push(format!("{errno} at {}\n  {reason}", call.line)),
            }
        }
    }
    let [done, open, refused, _] = ends;
    println!("{name}: {points} error points: {refused} ended with 2, {open} with 1, {done} with 0");
    let (count, all) = (failures.len(), failures.join("\n"));
    assert!(failures.is_empty(), "{count} failures:\n{all}");
    assert!(refused > done, "most calls matter");
}

/// One call fails; undoing does not, so the exit status tells the state of the store: it is as before with 2, and
/// as planned with 0 and 1.
fn once(bed: &Bed, call: &Call, errno: &str) -> Result<usize, String> {
    let copy = bed.copy();
    let run = copy.fail_at(call, errno, "");
    let state = copy.state();
    let wanted = match run.code {
        0 | 1 => &bed.after,
        2 => &bed.before,
        _ => return Err(format!("{run}")),
    };
    if state != *wanted {
        let difference = state.differs_from(wanted);
        return Err(format!("{difference} with {run}"));
    }
    // Where the machine is busy, it says first what it waits for.
    if run.code == 2 && !run.stderr.lines().any(|line| line.starts_with("error: ")) {
        return Err(format!("no word of it: {run}"));
    }
    is_clean(bed, &copy, run.code).map_err(|reason| format!("{reason} after {run}"))?;
    Ok(run.code as usize)
}

/// What is left does no harm: a change that is not whole waits on record and is seen to by the next command.
fn is_clean(bed: &Bed, copy: &Copy, code: i32) -> Result<(), String> {
    if !copy.is_unfinished() {
        return Ok(());
    }
    let state = copy.state();
    recover(bed, copy, "recover")?;
    match copy.state() == state {
        true => Ok(()),
        false => Err(format!(
            "recovery changed what stood with exit status {code}"
        )),
    }
}

/// From one call on, all of its kind fail: the disk has become full or read-only. Undoing may fail too, which the
/// exit status must tell; when the disk is well again, the next command leaves the store as before or as planned.
fn lasting(name: &str, bed: &Bed) {
    let calls: Vec<&Call> = bed
        .calls
        .iter()
        .filter(|call| call.name != "openat")
        .collect();
    let calls = sample(calls, 3);
    let (mut failures, mut broken) = (Vec::new(), 0);
    for (index, call) in calls.iter().enumerate() {
        let errno = ERRORS[index % ERRORS.len()];
        match from_then_on(bed, call, errno) {
            Ok(code) => broken += usize::from(code == 3),
            Err(reason) => failures.push(format!("{errno} from {} on\n  {reason}", call.line)),
        }
    }
    println!(
        "{name}: {} lasting errors, {broken} ended with 3",
        calls.len()
    );
    let (count, all) = (failures.len(), failures.join("\n"));
    assert!(failures.is_empty(), "{count} failures:\n{all}");
}

fn from_then_on(bed: &Bed, call: &Call, errno: &str) -> Result<i32, String> {
    let copy = bed.copy();
    let run = copy.fail_at(call, errno, "+");
    let state = copy.state();
    let as_told = |wanted: &State| match state == *wanted {
        true => Ok(()),
        false => Err(format!("{} with {run}", state.differs_from(wanted))),
    };
    match run.code {
        0 | 1 => as_told(&bed.after)?,
        2 => as_told(&bed.before)?,
        3 => bed
            .promise(&state)
            .map_err(|reason| format!("{reason} with {run}"))?,
        _ => return Err(format!("{run}")),
    }
    recover(bed, &copy, "refresh").map_err(|reason| format!("{reason} after {run}"))?;
    Ok(run.code)
}

#[test]
fn add_that_fails_anywhere_leaves_the_store_as_it_was() {
    sweep("add", &add());
}

#[test]
fn add_rehearsed_in_part_that_fails_anywhere_leaves_the_store_as_it_was() {
    sweep("add in part", &add_in_part());
}

#[test]
fn add_with_replace_that_fails_anywhere_leaves_the_store_as_it_was() {
    sweep("add --replace", &replace());
}

#[test]
fn remove_that_fails_anywhere_leaves_the_store_as_it_was() {
    sweep("remove", &remove());
}

#[test]
fn distrust_that_fails_anywhere_leaves_the_store_as_it_was() {
    sweep("distrust", &distrust());
}

#[test]
fn rollback_that_fails_anywhere_leaves_the_store_as_it_was() {
    sweep("rollback", &rollback());
}

#[test]
fn refresh_that_fails_anywhere_leaves_the_store_as_it_was() {
    sweep("refresh", &refresh());
}

#[test]
fn a_disk_that_fails_for_good_never_makes_the_exit_status_lie() {
    lasting("add --replace", &replace());
    lasting("distrust", &distrust());
}
