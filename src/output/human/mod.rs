//! Reports for people: one file per command.

mod apply;
mod audit;
mod change;
mod check;
mod compare;
mod diagnose;
mod fleet;
mod history;
mod list;
mod reach;
mod recover;
mod rules;
mod tls;
mod verify;

use super::page::Page;
use crate::commands::Report;
use crate::commands::list::Shape;

/// So many certificates or files of one change are all shown; JSON has them whatever their number.
const ALL: usize = 10;
/// So many are shown where there are more.
const FEW: usize = 3;

/// What is shown of a list one by one, and how many it has beside.
fn shown<T>(all: &[T]) -> (&[T], usize) {
    let few = match all.len() {
        ..=ALL => all.len(),
        _ => FEW,
    };
    (&all[..few], all.len() - few)
}

/// Whether a program reads what people see too: its lines are left whole, on a terminal as well.
pub fn is_read_by_programs(report: &Report) -> bool {
    match report {
        Report::Export(_) => true,
        Report::List(report) => matches!(report.shape, Shape::Wide | Shape::Tsv),
        _ => false,
    }
}

/// Renders any report.
pub fn render(report: &Report) -> Page {
    match report {
        Report::List(report) => list::render(report),
        Report::Change(report) => change::render(report),
        Report::Apply(report) => apply::render(report),
        Report::Export(report) => apply::export(report),
        Report::History(report) => history::render(report),
        Report::Recover(report) => recover::render(report),
        Report::Check(report) => check::render(report),
        Report::Verify(report) => verify::render(report),
        Report::Diagnose(report) => diagnose::render(report),
        Report::Audit(report) => audit::render(report),
        Report::Reach(report) => reach::render(report),
        Report::Rules(report) => rules::list(report),
        Report::Explain(report) => rules::explain(report),
        Report::Fleet(report) => fleet::render(&report.fleet),
        Report::Compare(report) => compare::render(report),
        Report::Tls(report) => tls::render(report),
    }
}
