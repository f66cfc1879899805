//! git-config(1) files.

use std::iter::Peekable;
use std::str::Chars;

use super::Setting;
use super::environment::numbered;

/// The variables; the path is section, subsection where there is one, and name (section and name in lower case).
pub fn parse(text: &str) -> Vec<Setting> {
    let mut section = Vec::new();
    let mut out = Vec::new();
    let mut lines = numbered(text).peekable();
    while let Some((line, text)) = lines.next() {
        let mut text = text.trim_start().to_string();
        if let Some((found, rest)) = header(&text) {
            section = found;
            text = rest;
        }
        while continues(&text) {
            text.pop();
            text.push_str(lines.next().map_or("", |(_, next)| next));
        }
        out.extend(variable(line, &text, &section));
    }
    out
}

/// Whether the line ends in a backslash outside a comment.
fn continues(text: &str) -> bool {
    let backslashes = text.chars().rev().take_while(|c| *c == '\\').count();
    backslashes % 2 == 1 && !text.trim_start().starts_with(['#', ';'])
}

/// `[section]`, `[section "sub"]`, `[section.sub]`, and what follows on the line.
fn header(text: &str) -> Option<(Vec<String>, String)> {
    let mut chars = text.strip_prefix('[')?.chars().peekable();
    let mut name = String::new();
    let mut path = None;
    loop {
        match chars.next()? {
            ']' => break,
            '"' => path = Some(vec![name.trim().to_lowercase(), subsection(&mut chars)?]),
            c => name.push(c),
        }
    }
    let old_style = || {
        name.trim()
            .to_lowercase()
            .split('.')
            .map(str::to_string)
            .collect()
    };
    Some((
        path.unwrap_or_else(old_style),
        chars.collect::<String>().trim_start().to_string(),
    ))
}

fn subsection(chars: &mut Peekable<Chars<'_>>) -> Option<String> {
    let mut out = String::new();
    loop {
        match chars.next()? {
            '"' => return Some(out),
            '\\' => out.push(chars.next()?),
            c => out.push(c),
        }
    }
}

fn variable(line: usize, text: &str, section: &[String]) -> Option<Setting> {
    let end = text
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if section.is_empty() || !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let rest = rest.trim_start();
    let value = match rest.strip_prefix('=') {
        Some(value) => self::value(value),
        // A name alone is a boolean that is true.
        None if rest.is_empty() || rest.starts_with(['#', ';']) => "true".to_string(),
        None => return None,
    };
    let mut path = section.to_vec();
    path.push(name.to_lowercase());
    Some(Setting { line, path, value })
}

/// Quotes taken off, escapes resolved, an unquoted comment and trailing blanks dropped.
fn value(text: &str) -> String {
    let mut out = String::new();
    let mut kept = 0;
    let mut quoted = false;
    let mut chars = text.trim_start().chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                quoted = !quoted;
                kept = out.len();
            }
            '\\' => out.push(match chars.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some(c) => c,
                None => break,
            }),
            '#' | ';' if !quoted => break,
            c => out.push(c),
        }
        if quoted || !c.is_whitespace() {
            kept = out.len();
        }
    }
    out.truncate(kept);
    out
}

/// Whether git takes the value for false (git-config(1): false, no, off, 0, or empty).
pub fn is_false(value: &str) -> bool {
    matches!(
        value.to_ascii_lowercase().as_str(),
        "false" | "no" | "off" | "0" | ""
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::format::flat;

    #[test]
    fn variables_are_read_as_git_reads_them() {
        let table: [(&str, &[&str]); 8] = [
            ("[http]\n\tsslVerify = false\n", &["2:http/sslverify=false"]),
            (
                "[HTTP \"https://A.b/\"] SSLVERIFY=0 ; x\n",
                &["1:http/https://A.b//sslverify=0"],
            ),
            (
                "[http.example]\nsslverify = \"no\"\n",
                &["2:http/example/sslverify=no"],
            ),
            ("[a]\nb = x \"y # z\" w # c\n", &["2:a/b=x y # z w"]),
            (
                "[a]\nb = one \\\n two\nc\n",
                &["2:a/b=one  two", "4:a/c=true"],
            ),
            ("[a \"q\\\"r\"]\nb=1", &["2:a/q\"r/b=1"]),
            ("[a]\nb=\n", &["2:a/b="]),
            ("[a]\r\nb = false\r\n", &["2:a/b=false"]),
        ];
        for (text, expected) in table {
            assert_eq!(flat(&parse(text)), expected, "{text}");
        }
    }

    #[test]
    fn near_misses_are_not_the_setting() {
        let table = [
            "[http]\n# sslVerify = false",
            "[http]\n; sslVerify = false",
            "sslVerify = false",
            "[alias]\n x = \"!git -c http.sslVerify=false clone\"",
            "[https]\n sslVerify = false",
            "[http]\n sslVerifyX = false",
        ];
        for text in table {
            assert!(
                !parse(text).iter().any(|s| s.is(&["http", "sslverify"])),
                "{text}"
            );
        }
    }

    #[test]
    fn booleans_are_those_of_git() {
        assert!(["false", "No", "OFF", "0", ""].iter().all(|v| is_false(v)));
        assert!(!["true", "yes", "1", "falsey"].iter().any(|v| is_false(v)));
    }

    #[test]
    fn unfinished_files_end() {
        for text in ["[", "[a \"", "[a \"b\\", "[a]\nb=\\", "[a]\nb=\"x"] {
            parse(text);
        }
    }
}
