//! Reports for people: one file per command.

use super::page::Page;
use crate::commands::Report;

/// Renders any report.
pub fn render(report: &Report) -> Page {
    let _ = report;
    Page::default()
}
