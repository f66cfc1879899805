//! A whole subject as people write it: RFC 4514 (`CN=Corp, C=US`), OpenSSL's `C = US, CN = Corp` and `/C=US/CN=Corp`,
//! quotes or backslashes round commas, first attribute first or last.

/// Whether `written` names every attribute of the subject `shown` (RFC 4514), and no other.
pub(super) fn is_whole(shown: &str, written: &str) -> bool {
    let (shown, written) = (
        attributes(shown, false),
        attributes(written, written.starts_with('/')),
    );
    match (shown, written) {
        (Some(shown), Some(written)) => !written.is_empty() && shown == written,
        _ => false,
    }
}

/// The attributes, sorted, in lower case; `None` where a part is none.
fn attributes(text: &str, slashes: bool) -> Option<Vec<(String, String)>> {
    let mut found = Vec::new();
    for part in parts(text, slashes) {
        let (name, value) = part.split_once('=')?;
        let (name, value) = (name.trim().to_lowercase(), value.trim().to_lowercase());
        found.push((name, unquoted(&value)));
    }
    found.sort();
    Some(found)
}

fn unquoted(value: &str) -> String {
    let inside = value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    inside.unwrap_or(value).to_string()
}

/// The text between separators that begin an attribute; escaped and quoted ones do not. A comma in a value that
/// nobody escaped is part of it where no `NAME=` follows.
fn parts(text: &str, slashes: bool) -> Vec<String> {
    let separators: &[char] = if slashes {
        &['/', '+']
    } else {
        &[',', '+', ';']
    };
    let (mut parts, mut part) = (Vec::new(), String::new());
    let (mut quoted, mut rest) = (false, text.chars());
    while let Some(c) = rest.next() {
        match c {
            '\\' => part.extend(rest.next()),
            '"' => {
                quoted = !quoted;
                part.push(c);
            }
            c if !quoted && separators.contains(&c) && begins_attribute(rest.as_str()) => {
                parts.push(std::mem::take(&mut part));
            }
            c => part.push(c),
        }
    }
    parts.push(part);
    parts.retain(|part| !part.trim().is_empty());
    parts
}

fn begins_attribute(text: &str) -> bool {
    let Some((name, _)) = text.split_once('=') else {
        return false;
    };
    let name = name.trim();
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '.')
}

#[cfg(test)]
mod tests {
    use super::is_whole;

    const SHOWN: &str = r"CN=Corp Root, OU=A+OU=B, O=Example\, Inc., C=US";

    #[test]
    fn a_whole_subject_is_known_in_every_usual_spelling() {
        for written in [
            SHOWN,
            r"C = US, O = Example\, Inc., OU = A + OU = B, CN = Corp Root",
            r#"C = US, O = "Example, Inc.", OU = A, OU = B, CN = Corp Root"#,
            "/C=US/O=Example, Inc./OU=A/OU=B/CN=Corp Root",
            "/C=US/O=Example, Inc./OU=A+OU=B/CN=corp root",
            "c=us,o=Example, Inc.,ou=a,ou=b,cn=Corp Root",
        ] {
            assert!(is_whole(SHOWN, written), "{written}");
        }
    }

    #[test]
    fn a_part_or_another_subject_is_not_the_whole() {
        for written in [
            "",
            "/",
            "CN=Corp Root",
            "C=US, O=Example, OU=A, OU=B, CN=Corp Root",
            r"CN=Corp Root, OU=A, O=Example\, Inc., C=US",
            r"CN=Corp Root, OU=A+OU=B, O=Example\, Inc., C=US, ST=X",
            "Corp Root",
        ] {
            assert!(!is_whole(SHOWN, written), "{written}");
        }
    }
}
