//! `compare` for people: a diff, `-` for what only the first has, `+` for what only the second has.

use crate::fleet::differences::{Differences, Side};
use crate::output::page::{Page, Tone};

pub(super) fn render(found: &Differences) -> Page {
    let mut page = Page::default();
    page.styled(Tone::Warning, "- ").line(&found.before);
    page.styled(Tone::Good, "+ ").line(&found.after);
    for value in &found.values {
        page.heading(value.name);
        let lines = [(Side::Before, &value.before), (Side::After, &value.after)];
        for (side, value) in lines {
            sign(&mut page, side).line(value.as_deref().unwrap_or("unknown"));
        }
    }
    for (title, certificates) in [
        ("local certificates", &found.local),
        ("trusted vendor certificates", &found.vendor),
    ] {
        if !certificates.is_empty() {
            page.heading(title);
        }
        for certificate in certificates {
            sign(&mut page, certificate.side).line(&certificate.subject);
            let sha256 = format!("    SHA-256 {}", certificate.sha256);
            page.styled(Tone::Faint, sha256).end();
        }
    }
    if !found.findings.is_empty() {
        page.heading("findings");
    }
    for finding in &found.findings {
        let text = format!(
            "{:7}  {}: {}",
            finding.severity.name(),
            finding.rule,
            finding.seen
        );
        sign(&mut page, finding.side).line(text);
    }
    if !found.unknown.is_empty() {
        let text = format!("not compared: {}", found.unknown.join(", "));
        page.styled(Tone::Hint, "note: ").line(text);
    }
    if found.is_empty() {
        page.line("no difference");
    }
    page
}

fn sign(page: &mut Page, side: Side) -> &mut Page {
    match side {
        Side::Before => page.styled(Tone::Warning, "- "),
        Side::After => page.styled(Tone::Good, "+ "),
    }
}
