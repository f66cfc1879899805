//! `history`, newest first.

use super::shown;
use crate::change::generation::{Mention, Phase};
use crate::commands::history::{Generation, HistoryReport};
use crate::output::page::{Page, Tone};
use crate::output::surface;

pub(super) fn render(report: &HistoryReport) -> Page {
    let mut page = Page::default();
    if report.generations.is_empty() {
        page.line("no change on record");
    }
    for generation in &report.generations {
        entry(&mut page, generation);
    }
    page
}

/// What an undoing took back.
fn undone(generation: &Generation) -> Option<String> {
    let numbers = generation.undoes.iter().map(u64::to_string);
    match (generation.restores, generation.redoes) {
        (Some(0), _) => Some("back to before the first change".to_string()),
        (Some(number), _) => Some(format!("back to the state after {number}")),
        (None, Some(number)) => Some(format!("takes back {number}")),
        (None, None) if generation.undoes.is_empty() => None,
        (None, None) => Some(format!("undoes {}", numbers.collect::<Vec<_>>().join(", "))),
    }
}

fn entry(page: &mut Page, generation: &Generation) {
    let who = match (&generation.user, generation.uid) {
        (Some(user), _) => user.clone(),
        (None, 0) => "root".to_string(),
        (None, uid) => format!("uid {uid}"),
    };
    let (result, tone) = match generation.result {
        Phase::Committed if generation.open.is_empty() => ("done", Tone::Good),
        Phase::Committed => ("done, with open points", Tone::Warning),
        Phase::Undone => ("undone", Tone::Warning),
        Phase::Prepared | Phase::Published => ("unfinished", Tone::Error),
    };
    page.styled(Tone::Strong, format!("{:>4}  ", generation.number));
    page.put(format!(
        "{}  {:9} {who}  ",
        generation.time, generation.command
    ));
    page.styled(tone, result).end();
    if let Some(reason) = &generation.reason {
        page.line(format!("      reason: {reason}"));
    }
    if let Some(undone) = undone(generation) {
        page.line(format!("      {undone}"));
    }
    mentions(page, "+", &generation.added);
    mentions(page, "-", &generation.removed);
    let (files, more) = shown(&generation.files);
    for file in files {
        page.line(format!("      file {}", surface::path(file)));
    }
    if more > 0 {
        page.line(format!(
            "      and {more} more files (`--format json` lists all)"
        ));
    }
    for open in &generation.open {
        page.styled(Tone::Warning, "      ! ").line(open);
    }
}

fn mentions(page: &mut Page, sign: &str, all: &[Mention]) {
    let (few, more) = shown(all);
    for mention in few {
        page.line(format!("      {sign} {}", mention.subject));
        let sha256 = format!("        SHA-256 {}", mention.sha256);
        page.styled(Tone::Faint, sha256).end();
    }
    if more > 0 {
        page.line(format!(
            "      {sign} {more} more certificates (`--format json` lists all)"
        ));
    }
}
