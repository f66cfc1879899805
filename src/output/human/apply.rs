//! How a host differs from its desired state, then what was done about it.

use super::change;
use crate::commands::apply::ApplyReport;
use crate::commands::export::ExportReport;
use crate::fleet::compare::DriftKind;
use crate::output::page::{Page, Tone};

pub(super) fn render(report: &ApplyReport) -> Page {
    let mut page = Page::default();
    let file = report.file.display();
    for drift in &report.drift {
        let tone = match drift.kind {
            DriftKind::Unmet => Tone::Error,
            _ => Tone::Warning,
        };
        page.styled(tone, format!("{:<12}", drift.kind.name()));
        page.line(&drift.message);
        if let Some(sha256) = drift.sha256 {
            page.styled(Tone::Faint, format!("            SHA-256 {sha256}"))
                .end();
        }
        if let Some(file) = &drift.file {
            page.styled(Tone::Faint, format!("            {}", file.display()))
                .end();
        }
    }
    match (report.check, report.drift.len()) {
        (true, 0) => page.line(format!("as `{file}` says")),
        (true, 1) => page.line(format!("1 difference from `{file}`; nothing was changed")),
        (true, n) => page.line(format!(
            "{n} differences from `{file}`; nothing was changed"
        )),
        (false, _) => {
            change::render_into(&mut page, &report.change);
            &mut page
        }
    };
    page
}

/// The file itself, so that it can be piped into `apply -`.
pub(super) fn export(report: &ExportReport) -> Page {
    let mut page = Page::default();
    for line in report.file.lines() {
        page.line(line);
    }
    page
}
