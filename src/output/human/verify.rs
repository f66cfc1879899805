//! `verify`: the path from leaf to anchor, each fault where it is, then what to do.

use crate::commands::verify::{ChainLink, Consumer, Reason, VerifyReport};
use crate::output::page::{Page, Tone};

pub(super) fn render(report: &VerifyReport) -> Page {
    let mut page = Page::default();
    verdict(&mut page, report);
    for (at, link) in report.chain.iter().enumerate() {
        draw(&mut page, report, at, link);
    }
    if !report.complete && !report.chain.is_empty() {
        let indent = "   ".repeat(report.chain.len());
        page.styled(Tone::Error, format!("{indent}╰─ ?  no trusted certificate"))
            .end();
    }
    for reason in report
        .reasons
        .iter()
        .filter(|reason| !is_drawn(report, reason))
    {
        fault(&mut page, "", reason);
    }
    for line in &report.advice {
        page.styled(Tone::Hint, "hint: ").line(line);
    }
    if let Some(consumers) = &report.consumers {
        table(&mut page, consumers);
    }
    page
}

fn verdict(page: &mut Page, report: &VerifyReport) {
    let (word, tone) = match report.valid {
        Some(true) => ("valid", Tone::Good),
        Some(false) => ("not valid", Tone::Error),
        None => ("undecided", Tone::Warning),
    };
    page.styled(tone, word);
    let names = if report.names.is_empty() {
        String::new()
    } else {
        format!(" for {}", report.names.join(", "))
    };
    page.line(format!(
        "{names} as {} at {}, judged by {}",
        report.purpose, report.at, report.profile
    ));
}

/// The reason stands at a certificate that is drawn.
fn is_drawn(report: &VerifyReport, reason: &Reason) -> bool {
    reason.cert.is_some_and(|at| at < report.chain.len())
}

fn draw(page: &mut Page, report: &VerifyReport, at: usize, link: &ChainLink) {
    let indent = "   ".repeat(at);
    let arm = if at == 0 { "" } else { "╰─ " };
    page.put(format!("{}{arm}", if at == 0 { "" } else { &indent }));
    page.styled(Tone::Strong, &link.subject).end();
    let sha256 = link.sha256.to_string();
    let place = format!(
        "{indent}   {}  {}  `{}` #{}",
        link.source,
        &sha256[..16],
        link.file.display(),
        link.block
    );
    page.styled(Tone::Faint, place).end();
    for reason in report
        .reasons
        .iter()
        .filter(|reason| reason.cert == Some(at))
    {
        fault(page, &format!("{indent}   "), reason);
    }
}

fn fault(page: &mut Page, indent: &str, reason: &Reason) {
    let (mark, tone) = match reason.severity {
        "error" => ("✗", Tone::Error),
        "undecided" => ("?", Tone::Warning),
        _ => ("!", Tone::Warning),
    };
    page.put(indent)
        .styled(tone, format!("{mark} {}: ", reason.severity));
    page.put(&reason.message);
    page.styled(
        Tone::Faint,
        format!("  [{}; {}]", reason.code, reason.reference),
    )
    .end();
}

/// Programs of one verdict stand together, below what they say.
fn table(page: &mut Page, consumers: &[Consumer]) {
    page.end().heading("what each program would say");
    let said = |consumer: &Consumer| {
        let message = consumer
            .reason
            .as_ref()
            .map(|reason| reason.message.clone());
        (consumer.accepts, message)
    };
    let mut groups = Vec::new();
    for one in consumers.iter().map(said) {
        if !groups.contains(&one) {
            groups.push(one);
        }
    }
    for group in &groups {
        let (word, tone) = match group.0 {
            Some(true) => ("accepts", Tone::Good),
            Some(false) => ("refuses", Tone::Error),
            None => ("undecided", Tone::Warning),
        };
        page.put("  ").styled(tone, word);
        match &group.1 {
            Some(message) => page.line(format!(": {message}")),
            None => page.end(),
        };
        for consumer in consumers.iter().filter(|one| said(one) == *group) {
            page.put(format!("    {:22}", consumer.title));
            page.styled(Tone::Faint, &consumer.version).end();
        }
    }
}
