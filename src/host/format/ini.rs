//! INI files of Python's configparser (pip, ansible), of npm, and of GnuTLS.

use super::Setting;
use super::environment::{numbered, unquoted};

/// pip's configuration: Python's configparser, names in lower case with dashes (`--` in front does not count,
/// `pip._internal.configuration`).
pub fn pip(text: &str) -> Vec<Setting> {
    let mut settings = python(text, None);
    for name in settings.iter_mut().filter_map(|s| s.path.last_mut()) {
        *name = name.replace('_', "-");
        if let Some(rest) = name.strip_prefix("--") {
            *name = rest.to_string();
        }
    }
    settings
}

/// ansible's configuration: configparser with comments behind a blank and `;`, quotes around values taken off.
pub fn ansible(text: &str) -> Vec<Setting> {
    let mut settings = python(text, Some(';'));
    for setting in &mut settings {
        setting.value = unquoted(&setting.value).to_string();
    }
    settings
}

/// Python's configparser: sections as they are, names in lower case, `=` or `:`; a line that is indented more than
/// the one with the name continues its value, over empty lines too; `#` and `;` comment out whole lines.
fn python(text: &str, inline: Option<char>) -> Vec<Setting> {
    let mut section = String::new();
    let mut out: Vec<Setting> = Vec::new();
    // How far the last name is indented; none behind the head of a section.
    let mut open = None;
    for (line, raw) in numbered(text) {
        let raw = uncommented(raw, inline);
        let text = raw.trim();
        if text.is_empty() || text.starts_with(['#', ';']) {
            continue;
        }
        let indent = raw.len() - raw.trim_start().len();
        if let (Some(level), Some(last)) = (open, out.last_mut())
            && indent > level
        {
            last.value.push('\n');
            last.value.push_str(text);
        } else if let Some((name, _)) = text.strip_prefix('[').and_then(|t| t.rsplit_once(']')) {
            section = name.to_string();
            open = None;
        } else if let Some((key, value)) = text.split_once(['=', ':']) {
            let key = key.trim().to_lowercase();
            out.push(Setting::new(line, &[&section, &key], value.trim()));
            open = Some(indent);
        }
    }
    out
}

/// The line without a comment that begins behind a blank.
fn uncommented(line: &str, mark: Option<char>) -> &str {
    let begins = |(index, c): &(usize, char)| {
        let before = line.get(..*index).unwrap_or_default();
        Some(*c) == mark && before.ends_with([' ', '\t'])
    };
    let end = line.char_indices().find(begins).map(|(index, _)| index);
    line.get(..end.unwrap_or(line.len())).unwrap_or(line)
}

/// npm's `ini`: keys as they are, a key alone is true, `;` and `#` begin a comment wherever they stand outside
/// quotes; anything in a section is no setting of npm's own.
pub fn npm(text: &str) -> Vec<Setting> {
    let mut out = Vec::new();
    for (line, text) in numbered(text) {
        let text = text.trim_end();
        if text.starts_with('[') && text.ends_with(']') {
            break;
        }
        let text = text.trim_start();
        if text.is_empty() || text.starts_with([';', '#']) {
            continue;
        }
        let (key, value) = text.split_once('=').unwrap_or((text, "true"));
        out.push(Setting::new(line, &[&npm_text(key)], npm_text(value)));
    }
    out
}

/// A key or value of npm's: quoted, or up to a comment (`unsafe` of the package `ini`).
fn npm_text(text: &str) -> String {
    let text = text.trim();
    let inner = unquoted(text);
    if inner.len() + 2 == text.len() {
        return inner.trim().to_string();
    }
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if matches!(chars.peek(), Some('\\' | ';' | '#')) => out.extend(chars.next()),
            ';' | '#' => break,
            c => out.push(c),
        }
    }
    out.trim().to_string()
}

/// GnuTLS's `/etc/gnutls/config`: sections, `key = value`, `#` comments.
pub fn gnutls(text: &str) -> Vec<Setting> {
    let mut section = String::new();
    let mut out = Vec::new();
    for (line, text) in numbered(text) {
        let text = text.trim();
        if text.starts_with('#') {
            continue;
        }
        if let Some(name) = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            section = name.trim().to_lowercase();
        } else if let Some((key, value)) = text.split_once('=') {
            out.push(Setting::new(line, &[&section, key.trim()], value.trim()));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::format::flat;

    #[test]
    fn python_sections_names_and_continued_values() {
        let table: [(&str, &[&str]); 7] = [
            (
                "[global]\ntrusted-host = a\n  b\n# c\n[install]\ntrusted_host: d\n",
                &["2:global/trusted-host=a\nb", "6:install/trusted-host=d"],
            ),
            // Indented less than the line before is no continuation, and neither is the first line of a section.
            (
                "[a]\nx=1\n[b]\n  y = 2\n  z = 3\n",
                &["2:a/x=1", "4:b/y=2", "5:b/z=3"],
            ),
            (
                "[a]\nx =\n\n   # c\n   1\n\n   2\ny=3\n",
                &["2:a/x=\n1\n2", "8:a/y=3"],
            ),
            (" [a]\n x=1\n", &["2:a/x=1"]),
            ("[a]\n--X_y = 1 ; 2\n", &["2:a/x-y=1 ; 2"]),
            ("[A]\nx=1\n", &["2:A/x=1"]),
            ("[a]\r\nx = 1\r\n", &["2:a/x=1"]),
        ];
        for (text, expected) in table {
            assert_eq!(flat(&pip(text)), expected, "{text}");
        }
    }

    #[test]
    fn python_near_misses() {
        let table = [
            "[global]\n#trusted-host = a",
            "[global]\n; trusted-host = a",
            "[global]\nindex-url = https://x/?trusted-host=a",
            "[global]\ntrusted-hosts = a",
            "[global]\nindex-url = x\n  trusted-host = a",
        ];
        for text in table {
            assert!(
                !pip(text).iter().any(|s| s.is(&["*", "trusted-host"])),
                "{text}"
            );
        }
    }

    #[test]
    fn ansible_cuts_comments_and_quotes() {
        let text = "[galaxy] ; x\nignore_certs = \"True\" ; y\na = b;c\nd = e # f\n";
        assert_eq!(
            flat(&ansible(text)),
            [
                "2:galaxy/ignore_certs=True",
                "3:galaxy/a=b;c",
                "4:galaxy/d=e # f"
            ]
        );
    }

    #[test]
    fn npm_keys_and_comments() {
        let text = "strict-ssl=false\n; a=b\nregistry = \"https://r/;x\"\nflag\n";
        assert_eq!(
            flat(&npm(text)),
            [
                "1:strict-ssl=false",
                "3:registry=https://r/;x",
                "4:flag=true"
            ]
        );
        // As npm 11 reads them.
        for text in [
            "\"strict-ssl\" = 'false'",
            "strict-ssl=false;x",
            "strict-ssl=false # x",
            " strict-ssl=\" false\"",
            "strict-ssl=false\r",
        ] {
            assert_eq!(flat(&npm(text)), ["1:strict-ssl=false"], "{text}");
        }
    }

    #[test]
    fn npm_near_misses() {
        for text in [
            "; strict-ssl=false",
            "#strict-ssl=false",
            "[x]\nstrict-ssl=false",
            "strict-ssl=true",
            "x=strict-ssl=false",
            "strict-ssl=a\\;false",
            "strict-ssl=",
            "strict_ssl=false",
            "Strict-SSL=false",
        ] {
            assert!(
                !npm(text)
                    .iter()
                    .any(|s| s.is(&["strict-ssl"]) && s.value == "false"),
                "{text}"
            );
        }
    }

    #[test]
    fn gnutls_sections() {
        let text = "[overrides]\n# a = b\ndefault-priority-string = NORMAL\n";
        assert_eq!(
            flat(&gnutls(text)),
            ["3:overrides/default-priority-string=NORMAL"]
        );
    }
}
