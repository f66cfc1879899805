//! `trustctl-rules(7)` is made from the tables of rules and of what `verify` finds; this keeps the file in step with it.

use std::fmt::Write;

use trustctl::rules::{self, Family};
use trustctl::verify::Code;

const FILE: &str = "man/trustctl-rules.7";

/// Whether the page has an entry for a rule.
pub fn has(id: &str) -> bool {
    let page = std::fs::read_to_string(FILE).unwrap();
    page.contains(&format!("\n.B {}\n", escaped(id)))
}

/// Text as roff: `-` as the character people can copy, no line that begins with a control character.
fn escaped(text: &str) -> String {
    let text = text
        .replace('\\', "\\e")
        .replace('-', "\\-")
        .replace('`', "\"");
    match text.strip_prefix(['.', '\'']) {
        Some(_) => format!("\\&{text}"),
        None => text,
    }
}

/// The length of a line as mandoc sees it: other characters than ASCII are escapes (`[u00A7]`).
fn length(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 8 }).sum()
}

/// Lines of at most 79 characters, none of which begins like a request.
fn filled(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always one");
        if line.is_empty() || length(line) + 1 + length(word) <= 79 {
            let blank = if line.is_empty() { "" } else { " " };
            line.push_str(blank);
            line.push_str(word);
        } else {
            let guard = if word.starts_with(['.', '\'']) {
                "\\&"
            } else {
                ""
            };
            lines.push(format!("{guard}{word}"));
        }
    }
    lines.join("\n")
}

fn page() -> String {
    let mut out = String::from(
        ".\\\" Made from the tables of rules and reasons by the tests: run them with TRUSTCTL_WRITE_MANUAL=1 to write it anew.\n\
         .TH TRUSTCTL\\-RULES 7 2026-11-22 trustctl \"System trust store\"\n\
         .SH NAME\ntrustctl\\-rules \\- the rules of trustctl audit\n\
         .SH DESCRIPTION\n\
         .B trustctl audit\njudges a host by these rules.\nEach has a severity, which the configuration can change\n\
         .RB ( trustctl.toml (5)),\nand which a finding can raise or lower where it says so.\n\
         .B trustctl explain\n.I RULE\nprints the same text.\n",
    );
    for family in Family::ALL {
        let _ = writeln!(out, ".SH {}", family.name().to_uppercase());
        for rule in rules::all().filter(|rule| rule.family == family) {
            let _ = writeln!(
                out,
                ".TP\n.B {}\n{}",
                escaped(rule.id),
                filled(&format!(
                    "({}) {}.",
                    rule.severity.name(),
                    escaped(rule.title)
                ))
            );
            let _ = writeln!(out, ".IP\n{}", filled(&escaped(rule.explanation)));
            let _ = writeln!(
                out,
                ".IP\n{}",
                filled(&format!(
                    "What to do: {}. See: {}.",
                    escaped(rule.remedy),
                    escaped(rule.reference)
                ))
            );
        }
    }
    out.push_str(
        ".SH REASONS OF VERIFY\n\
         What\n.B trustctl verify\nand its JSON reports name, most telling first.\n\
         Whether a reason refuses the chain depends on the profile, and on where in the\n\
         chain the certificate stands.\n\
         .B trustctl explain\nsays more of those that audit or diagnose know too.\n",
    );
    for code in Code::all() {
        let (name, meaning) = (escaped(code.code()), escaped(code.meaning()));
        let text = filled(&format!("{meaning} See: {}.", escaped(code.reference())));
        let _ = writeln!(out, ".TP\n.B {name}\n{text}");
    }
    out.push_str(".SH SEE ALSO\n.BR trustctl (8),\n.BR trustctl.toml (5),\n.BR update\\-ca\\-certificates (8)\n");
    out
}

#[test]
fn the_manual_page_is_that_of_the_rules() {
    if std::env::var_os("TRUSTCTL_WRITE_MANUAL").is_some() {
        std::fs::create_dir_all("man").unwrap();
        std::fs::write(FILE, page()).unwrap();
    }
    let written = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(
        written == page(),
        "{FILE} is out of date: run this test with TRUSTCTL_WRITE_MANUAL=1"
    );
}
