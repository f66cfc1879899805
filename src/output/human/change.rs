//! What a change did: the certificates first, then what else moved, then how to undo it.

use std::path::Path;

use super::shown;
use crate::change::generation::Mention;
use crate::change::plan::{Role, State, Step};
use crate::commands::change::ChangeReport;
use crate::output::page::{Page, Tone};
use crate::output::surface;
use crate::store::layout::CERTS;

pub(super) fn render(report: &ChangeReport) -> Page {
    let mut page = Page::default();
    render_into(&mut page, report);
    page
}

/// The same on a page that has more to say.
pub(super) fn render_into(page: &mut Page, report: &ChangeReport) {
    let done = &report.done;
    for found in &report.already {
        page.styled(Tone::Good, "= ");
        page.line(format!(
            "{} is already in the store: {}",
            found.subject,
            surface::path(&found.file)
        ));
    }
    if report.refused {
        page.line("refused: this would change what readers trust");
    }
    mentions(page, Tone::Good, "+", &done.added);
    mentions(page, Tone::Warning, "-", &done.removed);
    let (repairs, more) = shown(&done.repaired);
    for repaired in repairs {
        let verb = if done.dry_run {
            "would repair"
        } else {
            "repaired"
        };
        page.styled(Tone::Good, "~ ")
            .line(format!("{verb}: {repaired}"));
    }
    if more > 0 {
        page.line(format!("  and {more} more (`--format json` lists all)"));
    }
    for note in &done.notes {
        page.styled(Tone::Hint, "note: ").line(note);
    }
    if report.refused {
        return;
    }
    if !report.changed {
        page.line("nothing to do: the store is as it should be");
        return;
    }
    files(page, &done.steps, done.dry_run);
    for step in &done.databases {
        let verb = if done.dry_run {
            "would change"
        } else {
            "changed"
        };
        let folder = surface::path(&step.folder);
        page.line(format!("  {verb} the database {folder} of {}", step.user));
    }
    ending(page, report);
}

fn mentions(page: &mut Page, tone: Tone, sign: &str, all: &[Mention]) {
    let (few, more) = shown(all);
    for mention in few {
        page.styled(tone, format!("{sign} "));
        page.line(&mention.subject);
        page.styled(Tone::Faint, format!("    SHA-256 {}", mention.sha256))
            .end();
    }
    if more > 0 {
        page.styled(tone, format!("{sign} ")).line(format!(
            "{more} more certificates (`--format json` lists all)"
        ));
    }
}

/// Sources by name; links, hash links and the bundle in one line.
fn files(page: &mut Page, steps: &[Step], dry_run: bool) {
    for step in steps
        .iter()
        .filter(|s| matches!(s.role, Role::Source | Role::Selection | Role::Store))
    {
        let verb = match (&step.before, &step.after, dry_run) {
            (State::Absent, _, false) => "wrote",
            (_, State::Absent, false) => "removed",
            (State::Absent, _, true) => "would write",
            (_, State::Absent, true) => "would remove",
            (_, _, false) => "changed",
            (_, _, true) => "would change",
        };
        page.line(format!("  {verb} {}", surface::path(&step.path)));
    }
    let count = |role: Role| steps.iter().filter(|step| step.role == role).count();
    let mut moved = Vec::new();
    for (role, one) in [(Role::Link, "link"), (Role::HashLink, "hash link")] {
        match count(role) {
            0 => {}
            1 => moved.push(format!("1 {one}")),
            n => moved.push(format!("{n} {one}s")),
        }
    }
    if count(Role::Bundle) > 0 {
        moved.push("the bundle".to_string());
    }
    if !moved.is_empty() {
        let folder = surface::path(Path::new(CERTS));
        let would = if dry_run { "would change " } else { "" };
        page.line(format!("  {would}in {folder}: {}", moved.join(", ")));
    }
}

fn ending(page: &mut Page, report: &ChangeReport) {
    let done = &report.done;
    match (done.dry_run, done.generation) {
        (true, _) => page.line("dry run: nothing was changed"),
        (false, Some(number)) => {
            let views = match done.bundle_only {
                true => "the bundle",
                false => "the bundle, the hash directory and the folder",
            };
            let trustctl = surface::command();
            let redo = if done.goes_back { " --redo" } else { "" };
            page.line(format!(
                "verified in {views}; generation {number}, `{trustctl} rollback{redo}` undoes it"
            ))
        }
        (false, None) => page,
    };
    // What runs on this machine does not read another tree.
    if !done.dry_run && surface::root().is_none() {
        running(page, report);
    }
}

/// What programs that are running make of a change, as measured: OpenSSL's look up a new hash link when they need it
/// and keep what they found; Go and Java read the store once.
fn running(page: &mut Page, report: &ChangeReport) {
    let done = &report.done;
    if !done.added.is_empty() {
        page.styled(
            Tone::Faint,
            "running programs: most see it at once, Go and Java only after a restart",
        )
        .end();
    }
    if !done.removed.is_empty() {
        page.styled(
            Tone::Faint,
            "running programs may go on trusting what was removed until they are restarted",
        )
        .end();
    }
}
