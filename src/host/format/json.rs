//! JSON with the line of every value.

use jsonc_parser::ast::{ObjectPropName, Value};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::{Lines, Setting};

/// Every scalar with its path (list items by their index); a file that is no JSON has none, as its program
/// would refuse it.
pub fn parse(text: &str) -> Vec<Setting> {
    let strict = ParseOptions {
        allow_comments: false,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let mut out = Vec::new();
    if let Ok(parsed) = parse_to_ast(text, &CollectOptions::default(), &strict)
        && let Some(value) = parsed.value
    {
        collect(&Lines::of(text), &value, &mut Vec::new(), &mut out);
    }
    out
}

fn collect(lines: &Lines, value: &Value<'_>, path: &mut Vec<String>, out: &mut Vec<Setting>) {
    let mut scalar = |value: String, start: usize| {
        let line = lines.at(start);
        out.push(Setting {
            line,
            path: path.clone(),
            value,
        });
    };
    match value {
        Value::StringLit(node) => scalar(node.value.to_string(), node.start()),
        Value::NumberLit(node) => scalar(node.value.to_string(), node.start()),
        Value::BooleanLit(node) => scalar(node.value.to_string(), node.start()),
        Value::NullKeyword(_) => {}
        Value::Array(array) => {
            for (index, element) in array.elements.iter().enumerate() {
                nested(lines, index.to_string(), element, path, out);
            }
        }
        Value::Object(object) => {
            for property in &object.properties {
                let name = match &property.name {
                    ObjectPropName::String(name) => name.value.to_string(),
                    ObjectPropName::Word(name) => name.value.to_string(),
                };
                nested(lines, name, &property.value, path, out);
            }
        }
    }
}

fn nested(
    lines: &Lines,
    name: String,
    value: &Value<'_>,
    path: &mut Vec<String>,
    out: &mut Vec<Setting>,
) {
    path.push(name);
    collect(lines, value, path, out);
    path.pop();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::format::flat;

    #[test]
    fn scalars_with_their_lines() {
        let text = "{\n\t\"insecure-registries\": [\"a:5000\",\n \"b\"],\n \"debug\": true, \"n\": null\n}\n";
        assert_eq!(
            flat(&parse(text)),
            [
                "2:insecure-registries/0=a:5000",
                "3:insecure-registries/1=b",
                "4:debug=true"
            ]
        );
    }

    #[test]
    fn near_misses() {
        let table = [
            "{\"insecure-registries\": []}",
            "{\"labels\": [\"insecure-registries\"]}",
            "{\"x\": {\"insecure-registries\": [\"a\"]}}",
            "// \"insecure-registries\": [\"a\"]",
            "{\"insecure-registries\": [\"a\"],}",
        ];
        for text in table {
            assert!(
                !parse(text)
                    .iter()
                    .any(|s| s.is(&["insecure-registries", "*"])),
                "{text}"
            );
        }
    }

    #[test]
    fn deep_nesting_is_refused_not_followed() {
        assert_eq!(parse(&"[".repeat(100_000)), []);
    }
}
