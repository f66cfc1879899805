//! Foreign text made safe to show: control, bidirectional and invisible characters never reach a terminal raw.

use std::fmt::Write;

use crate::redact::is_unsafe;

/// Text for a terminal: unsafe characters as `\u{202e}`, and as `\n`, `\r`, `\t` where they have a short form.
pub fn terminal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    terminal_into(&mut out, text);
    out
}

/// The same, appended to `out`.
pub fn terminal_into(out: &mut String, text: &str) {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return out.push_str(text);
    }
    for c in text.chars() {
        match c {
            ' '..='~' => out.push(c),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_unsafe(c) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
}

/// A JSON document with the same characters as `\uXXXX` (outside strings they do not occur, but for newlines).
pub fn json(document: &str) -> String {
    let mut out = String::with_capacity(document.len());
    for c in document.chars() {
        if c == '\n' || !is_unsafe(c) {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_moves_reorders_or_hides_passes() {
        assert_eq!(
            terminal("a\u{1b}[31mb\nc\u{202e}d\u{200b}"),
            "a\\u{1b}[31mb\\nc\\u{202e}d\\u{200b}"
        );
        assert_eq!(terminal("\u{9b}x"), "\\u{9b}x");
    }

    #[test]
    fn ordinary_text_passes_unchanged() {
        assert_eq!(
            terminal("Autoridad de Certificación — 日本"),
            "Autoridad de Certificación — 日本"
        );
    }

    #[test]
    fn json_stays_the_same_document() {
        let value = serde_json::json!({"a": "x\u{202e}y\u{e0001}", "b": "\u{7f}"});
        let text = json(&serde_json::to_string_pretty(&value).unwrap());
        assert!(text.is_ascii(), "{text}");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&text).unwrap(),
            value
        );
    }
}
