//! INI files of Python's configparser (pip, ansible), of npm, and of GnuTLS.

use super::Setting;
use super::environment::{numbered, unquoted};

/// Python's configparser: section and key in lower case, `=` or `:`, indented lines continue the value,
/// `#` and `;` comment out whole lines.
pub fn python(text: &str) -> Vec<Setting> {
    let mut section = String::new();
    let mut out: Vec<Setting> = Vec::new();
    for (line, raw) in numbered(text) {
        let text = raw.trim();
        if text.is_empty() || text.starts_with(['#', ';']) {
            continue;
        }
        if raw.starts_with([' ', '\t']) && !out.is_empty() {
            if let Some(last) = out.last_mut() {
                last.value.push('\n');
                last.value.push_str(text);
            }
        } else if let Some(name) = text
            .strip_prefix('[')
            .and_then(|rest| rest.split(']').next())
        {
            section = name.trim().to_lowercase();
        } else if let Some((key, value)) = text.split_once(['=', ':']) {
            let key = key.trim().to_lowercase().replace('_', "-");
            out.push(Setting::new(line, &[&section, &key], value.trim()));
        }
    }
    out
}

/// npm's `ini`: keys as they are, `;` and `#` comments, a key alone is true; anything in a section is no
/// setting of npm's own.
pub fn npm(text: &str) -> Vec<Setting> {
    let mut out = Vec::new();
    for (line, text) in numbered(text) {
        let text = text.trim();
        if text.starts_with('[') {
            break;
        }
        if text.is_empty() || text.starts_with([';', '#']) {
            continue;
        }
        let (key, value) = text.split_once('=').unwrap_or((text, "true"));
        let value = value.split(" ;").next().unwrap_or(value);
        let value = value.split(" #").next().unwrap_or(value);
        out.push(Setting::new(
            line,
            &[unquoted(key.trim())],
            unquoted(value.trim()),
        ));
    }
    out
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
    fn python_sections_keys_and_continued_values() {
        let text = "[global]\ntrusted-host = a\n  b\n# c\n[install]\ntrusted_host: d\n";
        assert_eq!(
            flat(&python(text)),
            ["2:global/trusted-host=a\nb", "6:install/trusted-host=d"]
        );
    }

    #[test]
    fn python_near_misses() {
        let table = [
            "[global]\n#trusted-host = a",
            "[global]\n; trusted-host = a",
            "[global]\nindex-url = https://x/?trusted-host=a",
            "[global]\ntrusted-hosts = a",
        ];
        for text in table {
            assert!(
                !python(text).iter().any(|s| s.is(&["*", "trusted-host"])),
                "{text}"
            );
        }
    }

    #[test]
    fn npm_keys_and_comments() {
        let text = "strict-ssl=false\n; a=b\nregistry = \"https://r/\" ; c\nflag\n";
        assert_eq!(
            flat(&npm(text)),
            ["1:strict-ssl=false", "3:registry=https://r/", "4:flag=true"]
        );
    }

    #[test]
    fn npm_near_misses() {
        for text in [
            "; strict-ssl=false",
            "#strict-ssl=false",
            "[x]\nstrict-ssl=false",
            "strict-ssl=true",
            "x=strict-ssl=false",
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
