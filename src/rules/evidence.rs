//! What may be shown of a configuration line: secrets are cut out, long texts are cut short.

/// Longer evidence is cut.
const LONGEST: usize = 240;
/// Parts of names whose values are nobody's business.
const SECRET: [&str; 8] = [
    "token",
    "passw",
    "secret",
    "_auth",
    "apikey",
    "api_key",
    "credential",
    "privatekey",
];

/// The text without passwords in addresses and without values of names that sound like secrets.
pub fn redacted(text: &str) -> String {
    let words: Vec<String> = text
        .split(' ')
        .map(|word| without_value(&without_user(word)))
        .collect();
    let text = words.join(" ");
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// `https://user:password@host` as `https://…@host`.
fn without_user(word: &str) -> String {
    let mut out = String::new();
    let mut rest = word;
    while let Some((before, after)) = rest.split_once("://") {
        out.push_str(before);
        out.push_str("://");
        let end = after
            .find(['/', '"', '\'', '`', ',', '?'])
            .unwrap_or(after.len());
        let (authority, tail) = after.split_at(end);
        match authority.rsplit_once('@') {
            Some((_, host)) => {
                out.push_str("…@");
                out.push_str(host);
            }
            None => out.push_str(authority),
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// `NPM_TOKEN=abc` as `NPM_TOKEN=…`.
fn without_value(word: &str) -> String {
    let Some((name, value)) = word.split_once('=') else {
        return word.to_string();
    };
    let lower = name.to_lowercase();
    let secret = SECRET.iter().any(|part| lower.contains(part)) && !value.is_empty();
    if secret {
        format!("{name}=…")
    } else {
        word.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_cut_out() {
        let table = [
            ("`a = https://u:p@h/x?y`", "`a = https://…@h/x?y`"),
            ("HTTP=http://u@h,http://x:y@z", "HTTP=http://…@h,http://…@z"),
            ("`NPM_TOKEN=abc def`", "`NPM_TOKEN=… def`"),
            ("//r/:_authToken=x", "//r/:_authToken=…"),
            ("sslVerify = false", "sslVerify = false"),
            ("mail a@b", "mail a@b"),
        ];
        for (text, expected) in table {
            assert_eq!(redacted(text), expected);
        }
    }

    #[test]
    fn long_evidence_is_cut() {
        assert_eq!(redacted(&"ä".repeat(1000)).chars().count(), LONGEST + 1);
    }
}
