//! TOML with the line of every value.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Lines, Setting};

/// Every scalar with its path (list items by their index); a file that is no TOML has none.
pub fn parse(text: &str) -> Vec<Setting> {
    let mut out = Vec::new();
    let lines = &Lines::of(text);
    if let Ok(table) = DeTable::parse(text) {
        for (key, value) in table.get_ref() {
            nested(
                lines,
                key.get_ref().to_string(),
                value,
                &mut Vec::new(),
                &mut out,
            );
        }
    }
    out.sort_by_key(|setting: &Setting| setting.line);
    out
}

fn nested(
    lines: &Lines,
    name: String,
    value: &Spanned<DeValue<'_>>,
    path: &mut Vec<String>,
    out: &mut Vec<Setting>,
) {
    path.push(name);
    collect(lines, value, path, out);
    path.pop();
}

fn collect(
    lines: &Lines,
    value: &Spanned<DeValue<'_>>,
    path: &mut Vec<String>,
    out: &mut Vec<Setting>,
) {
    let scalar = match value.get_ref() {
        DeValue::String(value) => value.to_string(),
        DeValue::Integer(value) => value.to_string(),
        DeValue::Float(value) => value.to_string(),
        DeValue::Boolean(value) => value.to_string(),
        DeValue::Datetime(value) => value.to_string(),
        DeValue::Array(array) => {
            for (index, element) in array.iter().enumerate() {
                nested(lines, index.to_string(), element, path, out);
            }
            return;
        }
        DeValue::Table(table) => {
            for (key, value) in table {
                nested(lines, key.get_ref().to_string(), value, path, out);
            }
            return;
        }
    };
    let line = lines.at(value.span().start);
    out.push(Setting {
        line,
        path: path.clone(),
        value: scalar,
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::format::flat;

    #[test]
    fn scalars_with_their_lines() {
        let text = "a = 1\n[[registry]]\nlocation = \"x\"\ninsecure = true\n[h.\"https://y\"]\nskip_verify = true\n";
        let all = [
            "1:a=1",
            "3:registry/0/location=x",
            "4:registry/0/insecure=true",
            "6:h/https://y/skip_verify=true",
        ];
        assert_eq!(flat(&parse(text)), all);
    }

    #[test]
    fn near_misses() {
        let table = [
            "# insecure = true",
            "[[registry]]\nprefix = \"insecure = true\"",
            "[[registry]]\ninsecure = false",
            "[[registry]]\ninsecure = true\ninsecure = true",
        ];
        for text in table {
            assert!(
                !parse(text)
                    .iter()
                    .any(|s| s.key() == "insecure" && s.value == "true"),
                "{text}"
            );
        }
    }

    #[test]
    fn deep_nesting_is_refused_not_followed() {
        assert_eq!(parse(&format!("a = {}", "[".repeat(100_000))), []);
    }
}
