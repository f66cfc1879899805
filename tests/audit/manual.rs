//! `trustctl-rules(7)` is made from the table of rules; this keeps the file in step with it.

use std::fmt::Write;

use trustctl::rules::{self, Family};

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

/// Lines of at most 79 characters, none of which begins like a request.
fn filled(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always one");
        if line.is_empty() || line.len() + 1 + word.len() <= 79 {
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
        ".\\\" Made from the table of rules by the tests: run them with TRUSTCTL_WRITE_MANUAL=1 to write it anew.\n\
         .TH TRUSTCTL\\-RULES 7 2026-11-22 trustctl \"System trust store\"\n\
         .SH NAME\ntrustctl\\-rules \\- the rules of trustctl audit\n\
         .SH DESCRIPTION\n\
         .B trustctl audit\njudges a host by these rules. Each has a severity, which the configuration can change\n\
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
