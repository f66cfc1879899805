//! `recover`: what became of an interrupted change.

use crate::commands::recover::RecoverReport;
use crate::output::page::Page;

pub(super) fn render(report: &RecoverReport) -> Page {
    let mut page = Page::default();
    page.line(match &report.recovered {
        Some(what) => what,
        None => "nothing to recover: no change was interrupted",
    });
    page
}
