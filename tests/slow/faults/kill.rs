//! Killed at every single file-changing system call.

use support::sample;

use crate::faults::bed::{Bed, Call, Copy};
use crate::faults::{add, add_in_part, distrust, refresh, remove, replace, rollback};

/// Kills the command at each call in turn (a sample of them by `make test`). In the state that leaves, readers must be whole; the next command must
/// leave the store as before or as planned, say what it did, and the store must be of use.
pub fn sweep(name: &str, bed: &Bed) {
    let calls: Vec<&Call> = bed.calls.iter().filter(|call| call.done).collect();
    let calls = sample(calls, 3);
    let mut failures = Vec::new();
    for (index, call) in calls.iter().enumerate() {
        if let Err(reason) = one(bed, call, index) {
            failures.push(format!("killed at {}\n  {reason}", call.line));
        }
    }
    println!("{name}: {} kill points", calls.len());
    let (count, all) = (failures.len(), failures.join("\n"));
    assert!(
        failures.is_empty(),
        "{count} of {} kill points:\n{all}",
        calls.len()
    );
}

fn one(bed: &Bed, call: &Call, index: usize) -> Result<(), String> {
    let copy = bed.copy();
    let run = copy.kill_at(call);
    if run.code != 137 {
        return Err(format!("it was not killed: {run}"));
    }
    as_recorded(bed, call, &copy)?;
    bed.promise(&copy.state())?;
    recover(bed, &copy, ["refresh", "recover"][index % 2])?;
    if index.is_multiple_of(7) {
        is_of_use(&copy)?;
    }
    Ok(())
}

/// The kill came where it was meant to: the run made the calls of the recording up to this one.
fn as_recorded(bed: &Bed, call: &Call, copy: &Copy) -> Result<(), String> {
    let names = |calls: &[Call]| calls.iter().map(|c| c.name.clone()).collect::<Vec<_>>();
    let made = names(&copy.calls());
    let at = bed.calls.iter().position(|c| c == call).unwrap();
    match names(&bed.calls[..=at]) == made {
        true => Ok(()),
        false => Err(format!("not as recorded: {made:?}")),
    }
}

/// The next command completes or undoes what was left, and says so.
pub fn recover(bed: &Bed, copy: &Copy, with: &str) -> Result<(), String> {
    let phase = copy.phase();
    let unfinished = copy.is_unfinished();
    // A store that is broken again by undoing has local files that no reader of the bundle trusts.
    let run = match with {
        "refresh" => copy.trustctl(&["refresh", "--yes"]),
        with => copy.trustctl(&[with]),
    };
    // Trust that has no source makes `refresh` refuse once what was left is settled; `recover` asks nothing of it.
    let refused = run.code == 2 && run.has("would no longer be trusted");
    let settled = match refused {
        true => copy.trustctl(&["recover"]).code,
        false => run.code,
    };
    if settled != 0 {
        return Err(format!("`{with}` after it: {run}"));
    }
    let state = copy.state();
    bed.is_whole(&state)
        .map_err(|reason| format!("after `{with}`: {reason}"))?;
    if unfinished {
        let word = if phase.as_deref() == Some("published") {
            "completed"
        } else {
            "undone"
        };
        if !run.has("was interrupted") || !run.has(word) {
            return Err(format!("`{with}` does not say `{word}`: {run}"));
        }
    }
    match copy.is_unfinished() {
        true => Err(format!("still unfinished after `{with}`")),
        false => Ok(()),
    }
}

/// A certificate can be added and removed again. A store that is as broken as before needs `refresh` first, since
/// an addition would make more trusted than it was asked for.
fn is_of_use(copy: &Copy) -> Result<(), String> {
    let add = ["add", "--yes", "--drop-foreign", "further.crt"];
    let refused = "would become trusted, which was not asked for";
    let broken = copy.trustctl(&[add[0], "--dry-run", add[1], add[2], add[3]]);
    let refresh: &[&[&str]] = match broken.has(refused) {
        true => &[&["refresh", "--yes"]],
        false => &[],
    };
    for arguments in refresh
        .iter()
        .chain([&add[..], &["remove", "Further"]].iter())
    {
        let run = copy.trustctl(arguments);
        if run.code != 0 {
            return Err(format!("`{arguments:?}` after it: {run}"));
        }
    }
    Ok(())
}

#[test]
fn add_killed_anywhere_is_undone_or_complete() {
    sweep("add", &add());
}

#[test]
fn add_rehearsed_in_part_killed_anywhere_is_undone_or_complete() {
    sweep("add in part", &add_in_part());
}

#[test]
fn add_with_replace_killed_anywhere_is_undone_or_complete() {
    sweep("add --replace", &replace());
}

#[test]
fn remove_killed_anywhere_is_undone_or_complete() {
    sweep("remove", &remove());
}

#[test]
fn distrust_killed_anywhere_is_undone_or_complete() {
    sweep("distrust", &distrust());
}

#[test]
fn rollback_killed_anywhere_is_undone_or_complete() {
    sweep("rollback", &rollback());
}

#[test]
fn refresh_of_a_broken_store_killed_anywhere_is_undone_or_complete() {
    sweep("refresh", &refresh());
}

#[test]
fn recovery_killed_anywhere_is_completed_by_the_next_one() {
    let bed = replace();
    // Both when the store is changed in part and when only the hooks and the record are missing.
    let phase = |wanted: &str| {
        let at = |call: &&Call| {
            let copy = bed.copy();
            copy.kill_at(call);
            copy.phase().as_deref() == Some(wanted)
        };
        bed.calls
            .iter()
            .filter(|call| call.done)
            .rev()
            .find(at)
            .unwrap()
    };
    sweep(
        "recovery that undoes",
        &Bed::after_kill(&bed, phase("prepared"), &["recover"]),
    );
    sweep(
        "recovery that completes",
        &Bed::after_kill(&bed, phase("published"), &["recover"]),
    );
}
