//! Reports for people: one file per command.

mod check;

use super::page::Page;
use crate::commands::Report;

/// Renders any report.
pub fn render(report: &Report) -> Page {
    match report {
        Report::Check(report) => check::render(report),
    }
}
