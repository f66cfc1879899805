//! Java's `.properties` files (`java.util.Properties.load`).

use super::Setting;
use super::environment::numbered;

/// The properties; a backslash at the end of a line continues it, `#` and `!` comment out lines.
pub fn parse(text: &str) -> Vec<Setting> {
    let mut out = Vec::new();
    let mut lines = numbered(text);
    while let Some((line, text)) = lines.next() {
        let text = text.trim_start();
        if text.is_empty() || text.starts_with(['#', '!']) {
            continue;
        }
        let mut whole = text.to_string();
        while whole.chars().rev().take_while(|c| *c == '\\').count() % 2 == 1 {
            whole.pop();
            match lines.next() {
                Some((_, next)) => whole.push_str(next.trim_start()),
                None => break,
            }
        }
        let end = whole.find(['=', ':', ' ', '\t']).unwrap_or(whole.len());
        let (key, value) = whole.split_at(end);
        let value = value.trim_start().trim_start_matches(['=', ':']).trim();
        out.push(Setting::new(line, &[key], value));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::format::flat;

    #[test]
    fn continued_lines_and_separators() {
        let text = "# c\na=b, \\\n   c\n! d\ne: f\ng h\n";
        assert_eq!(flat(&parse(text)), ["2:a=b, c", "5:e=f", "6:g=h"]);
    }

    #[test]
    fn near_misses() {
        for text in ["#jdk.x=", "x=jdk.x=", "!jdk.x=", "jdk.xy="] {
            assert!(!parse(text).iter().any(|s| s.is(&["jdk.x"])), "{text}");
        }
    }
}
