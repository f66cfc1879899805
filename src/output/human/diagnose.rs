//! A diagnosis for people: the steps with their evidence, the conclusion, and what helps.

use crate::commands::diagnose::{Advice, DiagnoseReport, State, Step, TargetReport, ToolReport};
use crate::output::page::{Page, Tone};
use crate::rules::diagnosis::codes::Code;

/// Width of the step's name.
const NAME: usize = 12;
/// Where a step's evidence begins.
const EVIDENCE: usize = NAME + 12;

/// The page of a `diagnose`.
pub fn render(report: &DiagnoseReport) -> Page {
    let mut page = Page::default();
    if let Some(tool) = &report.tool {
        render_tool(&mut page, tool);
    }
    for target in &report.targets {
        render_target(&mut page, target);
    }
    if report.targets.is_empty() {
        page.line("no host is reached over TLS");
    }
    for skipped in &report.skipped {
        let text = format!("not asked about: {} ({})", skipped.consumer, skipped.reason);
        page.toned(Tone::Faint, 0, text);
    }
    page
}

fn render_tool(page: &mut Page, tool: &ToolReport) {
    page.heading(format!("configuration of {}", tool.tool));
    if tool.settings.is_empty() && tool.notes.is_empty() && tool.advice.is_empty() {
        page.line("  nothing is set");
    }
    for setting in &tool.settings {
        page.put(format!("  {}={}", setting.name, setting.value));
        page.styled(Tone::Faint, format!("  ({})", setting.origin))
            .end();
    }
    for note in &tool.notes {
        page.put("  ").toned(Tone::Faint, 2, note);
    }
    for advice in &tool.advice {
        render_advice(page, advice);
    }
    page.end();
}

fn render_advice(page: &mut Page, advice: &Advice) {
    page.styled(Tone::Warning, format!("  {}: ", advice.code));
    page.line(format!("`{}` ({})", advice.setting, advice.origin));
    page.put("    ").paragraph(4, &advice.text);
    page.styled(Tone::Hint, "    hint: ")
        .paragraph(10, &advice.remedy);
}

fn render_target(page: &mut Page, target: &TargetReport) {
    page.styled(Tone::Strong, &target.target);
    if let Some(proxy) = &target.proxy {
        page.put(format!(" through {proxy}"));
    }
    page.end();
    for step in &target.steps {
        render_step(page, step);
    }
    for note in &target.notes {
        page.styled(Tone::Faint, "  note    ")
            .toned(Tone::Faint, 10, note);
    }
    page.end();
    render_conclusion(page, target);
}

fn render_step(page: &mut Page, step: &Step) {
    let (tone, word) = match step.state {
        State::Ok => (Tone::Good, "ok"),
        State::Failed => (Tone::Error, "failed"),
        State::Partly => (Tone::Warning, "partly"),
        State::Unknown => (Tone::Warning, "?"),
    };
    page.styled(tone, format!("  {word:6}  "))
        .put(format!("{:NAME$}  ", step.step));
    let mut lines = step.evidence.iter();
    let first = lines.next().map_or("", String::as_str);
    match step.milliseconds {
        Some(milliseconds) => page.paragraph(EVIDENCE, format!("{first} ({milliseconds} ms)")),
        None => page.paragraph(EVIDENCE, first),
    };
    for line in lines {
        page.put(" ".repeat(EVIDENCE)).paragraph(EVIDENCE, line);
    }
}

fn render_conclusion(page: &mut Page, target: &TargetReport) {
    let conclusion = &target.conclusion;
    let tone = if conclusion.code == Code::Healthy {
        Tone::Good
    } else {
        Tone::Error
    };
    page.styled(tone, "conclusion: ")
        .styled(Tone::Strong, conclusion.title)
        .line(format!(" [{}]", conclusion.code.as_str()));
    page.put("  ").paragraph(2, &conclusion.evidence);
    if conclusion.code == Code::Healthy {
        page.end();
        return;
    }
    page.put("  ").paragraph(2, conclusion.text);
    for message in &target.messages {
        page.put("  ")
            .paragraph(4, format!("{} says: `{}`", message.program, message.text));
    }
    page.styled(Tone::Hint, "what to do:").end();
    for step in &conclusion.remedy {
        page.put("  - ").paragraph(4, step);
    }
    for command in &conclusion.commands {
        page.put("    ").styled(Tone::Strong, command).end();
    }
    page.end();
}
