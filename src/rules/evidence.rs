//! What may be shown of a configuration line: secrets are cut out, long texts are cut short.

use crate::redact;

/// Longer evidence is cut.
const LONGEST: usize = 240;

/// The text as it may be shown.
pub fn shown(text: &str) -> String {
    let text = redact::text(text);
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_evidence_is_cut() {
        assert_eq!(shown(&"ä".repeat(1000)).chars().count(), LONGEST + 1);
    }
}
