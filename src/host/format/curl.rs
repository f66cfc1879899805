//! curl's configuration file (curl(1), "--config").

use super::Setting;
use super::environment::{numbered, unquoted};

/// Short options without an argument that may stand together (`-sSk`).
const SWITCHES: &str = "0123460aBfGgIiJjkLlMNnOpqRSsTvV#";

/// The options: long names in lower case without dashes, short ones as a dash and one letter; `no-` kept.
pub fn parse(text: &str) -> Vec<Setting> {
    numbered(text)
        .flat_map(|(line, text)| options(line, text))
        .collect()
}

/// The options of a command line; the values of short options stand in the next word or behind the letter.
pub fn arguments(line: usize, words: &[&str]) -> Vec<Setting> {
    let mut out = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let found = match word.strip_prefix('-') {
            Some(rest) if !rest.is_empty() => options(line, word),
            _ => Vec::new(),
        };
        let wants_value = found.last().is_some_and(|option| {
            let letter = option.key().strip_prefix('-');
            option.value.is_empty() && letter.is_some_and(|letter| !SWITCHES.contains(letter))
        });
        if wants_value {
            words.next();
        }
        out.extend(found);
    }
    out
}

fn options(line: usize, text: &str) -> Vec<Setting> {
    let text = text.trim();
    if text.is_empty() || text.starts_with('#') {
        return Vec::new();
    }
    if let Some(letters) = text.strip_prefix('-').filter(|rest| !rest.starts_with('-')) {
        return short(line, letters);
    }
    // `=` and `:` part name and value only where there are no dashes.
    let (long, parts): (&str, &[char]) = match text.strip_prefix("--") {
        Some(long) => (long, &[' ', '\t']),
        None => (text, &[' ', '\t', '=', ':']),
    };
    let end = long.find(parts).unwrap_or(long.len());
    let (name, value) = long.split_at(end);
    let value = value.trim_start_matches(parts);
    vec![Setting::new(line, &[&name.to_lowercase()], unquoted(value))]
}

fn short(line: usize, letters: &str) -> Vec<Setting> {
    let mut out = Vec::new();
    for (index, letter) in letters.char_indices() {
        if !SWITCHES.contains(letter) {
            let value = letters.get(index + letter.len_utf8()..).unwrap_or_default();
            out.push(Setting::new(
                line,
                &[&format!("-{letter}")],
                unquoted(value.trim()),
            ));
            break;
        }
        out.push(Setting::new(line, &[&format!("-{letter}")], ""));
    }
    out
}

/// The switch where it is on at the end: `insecure` and `-k` are one, `no-insecure` takes it back.
pub fn switched_on(settings: &[Setting], long: &str, short: &str) -> Option<Setting> {
    let mut on = None;
    for setting in settings {
        let key = setting.key();
        if (!short.is_empty() && key == short) || is_short_for(key, long) {
            on = Some(setting.clone());
        } else if key.strip_prefix("no-") == Some(long) {
            on = None;
        }
    }
    on
}

/// Whether curl takes a name for this switch: the beginning is enough, as long as no other option has it. All
/// switches asked for here end in `insecure`, and `ins` is all that is needed of that.
fn is_short_for(name: &str, long: &str) -> bool {
    long.starts_with(name) && name.len() + "ecure".len() >= long.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::format::flat;

    #[test]
    fn options_in_every_spelling() {
        let text = "insecure\n--insecure\n-k\n-sk\nproxy = \"http://p\"\nuser-agent: x\n-o out\n";
        let all = [
            "1:insecure=",
            "2:insecure=",
            "3:-k=",
            "4:-s=",
            "4:-k=",
            "5:proxy=http://p",
            "6:user-agent=x",
            "7:-o=out",
        ];
        assert_eq!(flat(&parse(text)), all);
    }

    #[test]
    fn near_misses() {
        for text in [
            "# insecure",
            "#-k",
            "user-agent = insecure",
            "-H \"k\"",
            "-Ak",
            "insecure\nno-insecure",
            "cacert = /k",
            "k",
            "in",
            "--insecure=no",
            "-s-k",
            "silent -k",
            ":insecure",
            "insecure#x",
            "\"insecure\"",
            "-ok",
        ] {
            assert_eq!(switched_on(&parse(text), "insecure", "-k"), None, "{text}");
        }
        // Each tried with curl 7.88: the value of a switch does not count.
        for text in [
            "-fsk",
            "-k # x",
            "-k=1",
            "  insecure",
            "INSECURE",
            "insec",
            "insecure = false",
            "--no-insecure\n-k",
        ] {
            assert!(
                switched_on(&parse(text), "insecure", "-k").is_some(),
                "{text}"
            );
        }
    }
}
