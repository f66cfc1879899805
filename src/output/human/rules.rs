//! `rules` as a table, `explain` as a page of text.

use crate::commands::explain::ExplainReport;
use crate::commands::rules::RulesReport;
use crate::output::page::{Page, Tone};
use crate::output::surface;
use crate::output::wrap::wrapped;
use crate::rules::explain::Explained;
use crate::rules::{Family, Severity};

pub(super) fn list(report: &RulesReport) -> Page {
    let mut page = Page::default();
    for family in Family::ALL {
        let rows = report.rules.iter().filter(|row| row.family == family);
        for (index, row) in rows.enumerate() {
            if index == 0 {
                page.heading(family.name());
            }
            let tone = match row.severity {
                Severity::Error => Tone::Error,
                Severity::Warning => Tone::Warning,
                Severity::Note => Tone::Faint,
            };
            page.put("  ")
                .styled(tone, format!("{:7}", row.severity.name()));
            page.put("  ").styled(Tone::Strong, row.id).end();
            for line in wrapped(row.title, surface::width() - 11) {
                page.put("           ").line(line);
            }
        }
    }
    page.line(format!(
        "{} rules; `trustctl explain RULE` explains one",
        report.rules.len()
    ));
    page
}

pub(super) fn explain(report: &ExplainReport) -> Page {
    let mut page = Page::default();
    for (index, explained) in report.explained.iter().enumerate() {
        if index > 0 {
            page.end();
        }
        one(&mut page, explained);
    }
    page
}

fn one(page: &mut Page, explained: &Explained) {
    page.heading(explained.id);
    paragraph(page, "", explained.title);
    page.end();
    paragraph(page, "", explained.text);
    page.end();
    paragraph(page, "→ ", explained.remedy);
    page.end();
    page.styled(Tone::Faint, format!("see {}", explained.reference))
        .end();
}

fn paragraph(page: &mut Page, lead: &str, text: &str) {
    let width = lead.chars().count();
    for (index, line) in wrapped(text, surface::width() - width)
        .into_iter()
        .enumerate()
    {
        page.put(if index == 0 {
            lead.to_string()
        } else {
            " ".repeat(width)
        })
        .line(line);
    }
}
