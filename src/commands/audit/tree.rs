//! Remedies for a tree other than `/`: the rules write a host's own paths, and the command is run outside of the tree.

/// Where files are put out of the way: on this host, whatever the tree, which may lack it.
const ASIDE: &str = "/var/tmp";

/// The remedy with its commands as they are run from outside; `root` is quoted for a shell.
pub(super) fn remedy(text: &str, root: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('`') {
        let (before, command) = (&rest[..=start], &rest[start + 1..]);
        let end = closing(command).unwrap_or(command.len());
        out += before;
        out += &on_tree(&command[..end], root);
        rest = &command[end..];
        // The closing backtick opens nothing.
        if let Some(after) = rest.strip_prefix('`') {
            out.push('`');
            rest = after;
        }
    }
    out + rest
}

/// Where a command ends: at a backtick outside quotes; at the first one if that leaves a quote open.
fn closing(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '`') => return Some(at),
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
    }
    text.find('`')
}

fn on_tree(command: &str, root: &str) -> String {
    let words = split(command);
    let first = words.iter().position(|word| *word != "sudo").unwrap_or(0);
    let mut out: Vec<String> = words.iter().map(|word| (*word).to_string()).collect();
    match words.get(first).copied().unwrap_or_default() {
        "trustctl" if words.len() > first + 1 => {
            out[first] = format!("trustctl --root {root}");
            // Others take the name of a certificate in the store, as the report shows it.
            if words[first + 1] == "add" {
                all_below(&mut out[first + 2..], root);
            }
        }
        "rm" | "mv" | "chmod" | "chown" => all_below(&mut out[first + 1..], root),
        // What a link leads to is read inside the tree.
        "ln" => out
            .iter_mut()
            .skip(first + 1)
            .next_back()
            .into_iter()
            .for_each(|word| below(word, root)),
        "update-ca-certificates" => out[first] = format!("chroot {root} update-ca-certificates"),
        _ => {}
    }
    out.join(" ")
}

fn all_below(words: &mut [String], root: &str) {
    for word in words {
        below(word, root);
    }
}

/// Puts the root before a word that is a path of the tree; a shell joins the two, whatever quotes there are.
fn below(word: &mut String, root: &str) {
    let path = word
        .trim_start_matches("\"$(printf ")
        .trim_start_matches('\'');
    if path.starts_with('/') && !path.starts_with(ASIDE) {
        *word = match word.strip_prefix('\'') {
            Some(rest) if !root.contains('\'') => format!("'{root}{rest}"),
            _ => format!("{root}{word}"),
        };
    }
}

/// The words of a command with their quotes.
fn split(command: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut quote, mut start) = (None, 0);
    for (at, c) in command.char_indices() {
        match (quote, c) {
            (None, ' ') => {
                words.push(&command[start..at]);
                start = at + 1;
            }
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
    }
    words.push(&command[start..]);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_name_the_tree_and_other_words_stay() {
        for (live, tree) in [
            (
                "run `rm /etc/a`, then `trustctl refresh`",
                "run `rm /r/etc/a`, then `trustctl --root /r refresh`",
            ),
            ("`mv '/usr/a b' /var/tmp`", "`mv '/r/usr/a b' /var/tmp`"),
            ("`rm '/usr/a`b'` and `x`", "`rm '/r/usr/a`b'` and `x`"),
            (
                "`rm \"$(printf '/usr/a\\007')\"`",
                "`rm /r\"$(printf '/usr/a\\007')\"`",
            ),
            (
                "`ln -s /etc/ssl/cert.pem /opt/cert.pem`",
                "`ln -s /etc/ssl/cert.pem /r/opt/cert.pem`",
            ),
            (
                "`trustctl add /var/tmp/ca.crt`",
                "`trustctl --root /r add /var/tmp/ca.crt`",
            ),
            (
                "`sudo trustctl add /usr/ca.crt`",
                "`sudo trustctl --root /r add /r/usr/ca.crt`",
            ),
            (
                "`update-ca-certificates --fresh`",
                "`chroot /r update-ca-certificates --fresh`",
            ),
            ("`it's` of `/etc/a`", "`it's` of `/etc/a`"),
            ("set `trustctl`", "set `trustctl`"),
            ("an open `rm /a", "an open `rm /r/a"),
        ] {
            assert_eq!(remedy(live, "/r"), tree);
        }
        assert_eq!(remedy("`rm '/a b'`", "'/r t'"), "`rm '/r t''/a b'`");
    }
}
