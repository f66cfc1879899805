//! The question before a change. It is written to standard error, and its default is no.

use dialoguer::Confirm;

use super::page::Page;
use crate::commands::Question;

/// Shows the facts and asks; end of input and an interrupt mean no.
pub fn confirm(question: &Question) -> anyhow::Result<bool> {
    let mut page = Page::default();
    for group in &question.facts {
        let width = group
            .iter()
            .map(|(label, _)| label.len())
            .max()
            .unwrap_or(0);
        for (label, value) in group {
            page.field(width, label, value);
        }
        page.end();
    }
    super::to_stderr(&page);
    let answer = Confirm::new()
        .with_prompt(super::escape::terminal(&question.prompt))
        .default(false)
        .interact_opt();
    Ok(matches!(answer, Ok(Some(true))))
}
