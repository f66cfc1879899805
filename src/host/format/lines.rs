//! Formats of one setting a line: wgetrc, ldap.conf, yarnrc, apt's one-line sources, and file name lists.

use super::Setting;
use super::environment::{numbered, unquoted};

/// wgetrc: `key = value`; case, `-` and `_` in keys do not count (wget manual, "Wgetrc Syntax").
pub fn wget(text: &str) -> Vec<Setting> {
    let setting = |(line, text): (usize, &str)| {
        let text = text.trim();
        let (key, value) = text.split_once('=').filter(|_| !text.starts_with('#'))?;
        let key = key.trim().to_lowercase().replace(['-', '_'], "");
        Some(Setting::new(line, &[&key], value.trim()))
    };
    numbered(text).filter_map(setting).collect()
}

/// ldap.conf(5): a keyword in any case, blanks, a value; blanks in front do not count, `#` in the first column
/// comments out (OpenLDAP, `openldap_ldap_init_w_conf`).
pub fn ldap(text: &str) -> Vec<Setting> {
    let setting = |(line, text): (usize, &str)| {
        let (key, value) = text.trim().split_once([' ', '\t'])?;
        let wrong = text.starts_with('#');
        (!wrong).then(|| Setting::new(line, &[&key.to_lowercase()], value.trim()))
    };
    numbered(text).filter_map(setting).collect()
}

/// yarn 1's `.yarnrc`: `key value`, both may be quoted.
pub fn yarn(text: &str) -> Vec<Setting> {
    let setting = |(line, text): (usize, &str)| {
        let text = text.trim();
        let (key, value) = text
            .split_once([' ', '\t'])
            .filter(|_| !text.starts_with('#'))?;
        Some(Setting::new(line, &[unquoted(key)], unquoted(value.trim())))
    };
    numbered(text).filter_map(setting).collect()
}

/// `sources.list` (sources.list(5)): one setting for each option of an entry; the path is `deb` and the option,
/// the value carries the address behind a blank.
pub fn sources_list(text: &str) -> Vec<Setting> {
    numbered(text)
        .flat_map(|(line, text)| source(line, text))
        .collect()
}

fn source(line: usize, text: &str) -> Vec<Setting> {
    let text = text.split('#').next().unwrap_or_default().trim();
    let Some((kind @ ("deb" | "deb-src"), rest)) = text.split_once([' ', '\t']) else {
        return Vec::new();
    };
    let Some((options, _)) = rest
        .trim_start()
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    else {
        return Vec::new();
    };
    let option = |word: &str| {
        let (key, value) = word.split_once('=')?;
        Some(Setting::new(line, &[kind, &key.to_lowercase()], value))
    };
    options.split_whitespace().filter_map(option).collect()
}

/// deb822 sources (`*.sources`): the fields of the stanzas that are enabled, the path being `deb` and the field.
pub fn sources_deb822(text: &str) -> Vec<Setting> {
    let mut out = Vec::new();
    let mut stanza: Vec<Setting> = Vec::new();
    let mut finish = |stanza: &mut Vec<Setting>| {
        let off = stanza
            .iter()
            .any(|s| s.key() == "enabled" && is_no(&s.value));
        let stanza = std::mem::take(stanza);
        if !off {
            out.extend(stanza);
        }
    };
    for (line, text) in numbered(text) {
        if text.trim().is_empty() {
            finish(&mut stanza);
        } else if !text.starts_with(['#', ' ', '\t'])
            && let Some((key, value)) = text.split_once(':')
        {
            stanza.push(Setting::new(
                line,
                &["deb", &key.trim().to_lowercase()],
                value.trim(),
            ));
        }
    }
    finish(&mut stanza);
    out
}

/// apt's words for no (`StringToBool`).
pub fn is_no(value: &str) -> bool {
    ["no", "false", "without", "off", "disable", "0"].contains(&value.to_lowercase().as_str())
}

/// apt's words for yes (`StringToBool`).
pub fn is_yes(value: &str) -> bool {
    let value = value.to_lowercase();
    ["yes", "true", "with", "on", "enable"].contains(&value.as_str())
        || value.parse::<u32>().is_ok_and(|number| number != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::format::flat;

    #[test]
    fn wget_keys_have_no_case_and_no_dashes() {
        let text = "Check-Certificate = off\ncheck_certificate=quiet\n";
        assert_eq!(
            flat(&wget(text)),
            ["1:checkcertificate=off", "2:checkcertificate=quiet"]
        );
        for text in [
            "#check_certificate = off",
            "check_certificates = off",
            "header = check_certificate: off",
        ] {
            assert!(
                !wget(text).iter().any(|s| s.is(&["checkcertificate"])),
                "{text}"
            );
        }
    }

    #[test]
    fn ldap_keywords_have_no_case() {
        for text in [
            "TLS_ReqCert\tnever\n",
            "  tls_reqcert   never  \n",
            "TLS_REQCERT never\r\n",
        ] {
            assert_eq!(flat(&ldap(text)), ["1:tls_reqcert=never"], "{text}");
        }
        for text in [
            "#TLS_REQCERT never",
            "# TLS_REQCERT never",
            " # TLS_REQCERT never",
            "TLS_REQCERT=never",
            "TLS_REQCERTS never",
            "URI x",
        ] {
            assert!(!ldap(text).iter().any(|s| s.is(&["tls_reqcert"])), "{text}");
        }
    }

    #[test]
    fn yarn_keys() {
        assert_eq!(
            flat(&yarn("\"strict-ssl\" false\n")),
            ["1:strict-ssl=false"]
        );
        for text in [
            "# strict-ssl false",
            "--strict-ssl false",
            "x \"strict-ssl false\"",
        ] {
            assert!(!yarn(text).iter().any(|s| s.is(&["strict-ssl"])), "{text}");
        }
    }

    #[test]
    fn options_of_one_line_sources() {
        let text = "deb [arch=amd64 trusted=yes] http://x y main\n";
        assert_eq!(
            flat(&sources_list(text)),
            ["1:deb/arch=amd64", "1:deb/trusted=yes"]
        );
        for text in [
            "#deb [trusted=yes] http://x y",
            "deb http://x/[trusted=yes] y",
            "deb http://x y # [trusted=yes]",
            "trusted=yes",
        ] {
            assert!(
                !sources_list(text).iter().any(|s| s.key() == "trusted"),
                "{text}"
            );
        }
    }

    #[test]
    fn fields_of_enabled_stanzas() {
        let text = "Types: deb\nTrusted: yes\n\nEnabled: no\nTrusted: yes\n\n# Trusted: yes\nURIs: http://x\n Trusted: yes\n";
        assert_eq!(
            flat(&sources_deb822(text)),
            [
                "1:deb/types=deb",
                "2:deb/trusted=yes",
                "8:deb/uris=http://x"
            ]
        );
    }

    #[test]
    fn yes_and_no_are_those_of_apt() {
        assert!(["yes", "TRUE", "1", "on"].iter().all(|v| is_yes(v)));
        assert!(
            ["no", "False", "0", "off"]
                .iter()
                .all(|v| is_no(v) && !is_yes(v))
        );
    }
}
