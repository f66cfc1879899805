//! What every store says of a certificate: the worst in full, what is well in numbers.

use std::collections::BTreeMap;

use crate::commands::reach::{Named, ReachReport, Row, Running, Unit};
use crate::host::reach::{Kind, Verdict};
use crate::output::page::{Page, Tone};

/// So many stores with the same remedy are named one by one; JSON has them all.
const SHOWN: usize = 3;
/// So many files that could not be looked at are named.
const UNREAD: usize = 5;

pub(super) fn render(report: &ReachReport) -> Page {
    let mut page = Page::default();
    if let Some(running) = &report.running {
        running_programs(&mut page, running);
        return page;
    }
    if report.certificates.is_empty() {
        page.line(
            "this host has no local certificate; name another with `trustctl reach SELECTOR`",
        );
    }
    for named in &report.certificates {
        certificate(&mut page, report, named);
    }
    unread(&mut page, report);
    page
}

fn certificate(page: &mut Page, report: &ReachReport, named: &Named) {
    page.heading(
        named
            .subject
            .as_deref()
            .unwrap_or("a certificate in none of the sources"),
    );
    page.styled(Tone::Faint, format!("    SHA-256 {}", named.sha256))
        .end();
    let rows = || report.rows.iter().filter(|row| row.sha256 == named.sha256);
    if rows().next().is_none() {
        page.line("  no store of these kinds was found");
    }
    for verdict in Verdict::ALL {
        let of_it: Vec<&Row> = rows().filter(|row| row.verdict == verdict).collect();
        if of_it.is_empty() {
            continue;
        }
        let (words, tone) = in_words(verdict);
        if matches!(verdict, Verdict::Trusts | Verdict::FollowsSystem) {
            page.put("  ").styled(tone, words).put(": ");
            page.paragraph(4, numbers(&of_it));
            continue;
        }
        page.put("  ").styled(tone, words).end();
        for group in grouped(&of_it) {
            stores(page, &group);
        }
    }
    page.end();
}

fn in_words(verdict: Verdict) -> (&'static str, Tone) {
    match verdict {
        Verdict::Distrusts => ("expressly not trusted", Tone::Error),
        Verdict::DoesNot => ("not trusted", Tone::Error),
        Verdict::DependsOnReader => ("depends on the program", Tone::Warning),
        Verdict::NotJudged => ("not checked", Tone::Warning),
        Verdict::FollowsSystem => ("as the system's store", Tone::Good),
        Verdict::Trusts => ("trusted", Tone::Good),
    }
}

fn numbers(rows: &[&Row]) -> String {
    let mut counts: BTreeMap<Kind, usize> = BTreeMap::new();
    for row in rows {
        *counts.entry(row.kind).or_default() += 1;
    }
    let each: Vec<String> = counts
        .into_iter()
        .map(|(kind, count)| format!("{count} {}", kind.name()))
        .collect();
    each.join(", ")
}

/// Stores of one kind that one sentence tells everything of stand together.
fn grouped<'a>(rows: &[&'a Row]) -> Vec<Vec<&'a Row>> {
    let mut groups: Vec<Vec<&'a Row>> = Vec::new();
    for row in rows {
        let alike = |group: &&mut Vec<&Row>| {
            group.first().is_some_and(|first| {
                first.kind == row.kind && first.remedy == row.remedy && row.kind != Kind::System
            })
        };
        match groups.iter_mut().find(alike) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    groups
}

fn stores(page: &mut Page, group: &[&Row]) {
    for row in group.iter().take(SHOWN) {
        page.put(format!("    {:11} ", row.kind.name()));
        page.put(row.path.to_string_lossy());
        if let Some(owner) = row.owner.as_deref().filter(|owner| *owner != "root") {
            page.styled(Tone::Faint, format!(" ({owner})"));
        }
        page.end().put(" ".repeat(16));
        page.toned(Tone::Faint, 16, &row.evidence);
    }
    if group.len() > SHOWN {
        page.line(format!("{:16}and {} more", "", group.len() - SHOWN));
    }
    if let Some(remedy) = group.first().and_then(|row| row.remedy.as_deref()) {
        // Not broken into lines: commands are copied.
        page.put(" ".repeat(14))
            .styled(Tone::Hint, "→ ")
            .line(remedy);
    }
}

fn unread(page: &mut Page, report: &ReachReport) {
    for unread in report.unread.iter().take(UNREAD) {
        page.styled(Tone::Warning, "not looked at: ");
        page.line(format!("{}: {}", unread.path.display(), unread.reason));
    }
    if report.unread.len() > UNREAD {
        page.line(format!(
            "and {} more that could not be looked at",
            report.unread.len() - UNREAD
        ));
    }
    if report.as_user {
        page.line("other users' homes were not looked into: run it as root for those");
    }
}

fn running_programs(page: &mut Page, running: &Running) {
    if running.units.is_empty() {
        page.line(
            "no program that can be seen is older than a change of the store that it may miss",
        );
    }
    for unit in &running.units {
        page.styled(
            Tone::Strong,
            unit.unit.as_deref().unwrap_or("not run by systemd"),
        );
        let pids: Vec<String> = unit.pids.iter().take(SHOWN).map(u32::to_string).collect();
        let more = match unit.pids.len() > SHOWN {
            true => ", …",
            false => "",
        };
        page.line(format!(
            "  {} ({}{more})",
            unit.programs.join(", "),
            pids.join(", ")
        ));
        page.put("    ").paragraph(4, what_of(unit));
        if let Some(command) = &unit.command {
            page.put("  ")
                .styled(Tone::Hint, "→ ")
                .line(format!("`{command}`"));
        }
    }
    if running.elsewhere > 0 {
        page.line(format!(
            "{} in containers or other trees: their stores are their own",
            running.elsewhere
        ));
    }
    if running.not_judged > 0 {
        page.line(format!(
            "{} not checked: they belong to other users; run as root to include them",
            running.not_judged
        ));
    }
}

fn what_of(unit: &Unit) -> &'static str {
    match (unit.misses_added, unit.may_trust_removed) {
        (true, true) => {
            "does not see what was added since it started, and may still trust what was removed"
        }
        (true, false) => {
            "does not see what was added since it started, if it read the store before"
        }
        (false, _) => "may still trust what was removed since it started",
    }
}
