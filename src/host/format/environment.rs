//! Files of `NAME=value` lines that are no shell scripts, each with its own rules.

use super::Setting;
use super::words::is_name;

/// `/etc/environment` as `pam_env(8)` reads it: `export` is skipped, `#` ends the
/// line wherever it stands, one pair of quotes is taken off, a name alone takes the variable away
/// (Linux-PAM, `_parse_env_file`).
pub fn pam(text: &str) -> Vec<Setting> {
    let mut out: Vec<Setting> = Vec::new();
    for (line, text) in numbered(text) {
        let text = text.trim_start();
        let text = text.strip_prefix("export ").unwrap_or(text);
        let text = text.split('#').next().unwrap_or_default().trim_end();
        match text.split_once('=') {
            Some((name, value)) if is_name(name) => {
                out.push(Setting::new(line, &[name], unquoted(value)));
            }
            Some(_) => {}
            None => out.retain(|setting| setting.key() != text),
        }
    }
    out
}

/// `/etc/security/pam_env.conf`: `NAME [DEFAULT=value] [OVERRIDE=value]`; a non-empty OVERRIDE wins.
pub fn pam_conf(text: &str) -> Vec<Setting> {
    joined(text)
        .iter()
        .filter_map(|(line, text)| pam_conf_line(*line, text))
        .collect()
}

/// `~/.pam_environment`: written like pam_env.conf (pam_env(8), `user_envfile`), by many like `/etc/environment`.
pub fn pam_user(text: &str) -> Vec<Setting> {
    let mut out = pam(text);
    out.extend(pam_conf(text));
    out.sort_by_key(|setting| setting.line);
    out
}

fn pam_conf_line(line: usize, text: &str) -> Option<Setting> {
    let text = text.split('#').next()?.trim();
    let (name, rest) = text.split_once([' ', '\t'])?;
    if !is_name(name) {
        return None;
    }
    let given = |key: &str| {
        let after = rest.split_once(key)?.1;
        let value = match after.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next()?,
            None => after.split([' ', '\t']).next()?,
        };
        (!value.is_empty()).then_some(value)
    };
    // What a variable holds later is not known: without it the default counts.
    let known = |value: &&str| !value.contains("${") && !value.contains("@{");
    let (wanted, default) = (given("OVERRIDE="), given("DEFAULT="));
    let value = wanted.filter(known).or(default).or(wanted)?;
    Some(Setting::new(line, &[name], value))
}

/// `EnvironmentFile=` of systemd.exec(5) and environment.d(5): `#` and `;` comment out whole lines, quotes
/// as in a shell, a backslash continues the line; a name that is none (`export A`) is dropped.
pub fn systemd(text: &str) -> Vec<Setting> {
    joined(text)
        .iter()
        .filter_map(|(line, text)| {
            let text = text.trim();
            if text.starts_with(['#', ';']) {
                return None;
            }
            let (name, value) = text.split_once('=')?;
            let name = name.trim_end();
            is_name(name).then(|| Setting::new(*line, &[name], dequoted(value.trim())))
        })
        .collect()
}

/// `go env`'s file: `NAME=value` lines taken as they are; a line that starts otherwise is dropped
/// (Go, `cmd/go/internal/cfg.readEnvFile`).
pub fn go(text: &str) -> Vec<Setting> {
    numbered(text)
        .filter_map(|(line, text)| {
            let (name, value) = text.trim_end_matches('\r').split_once('=')?;
            let upper = name.starts_with(|c: char| c.is_ascii_uppercase());
            (upper && is_name(name)).then(|| Setting::new(line, &[name], value))
        })
        .collect()
}

/// The lines with their numbers, counted from 1.
pub fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
}

/// The lines with those that end in a backslash joined to the next, numbered by their first.
pub fn joined(text: &str) -> Vec<(usize, String)> {
    let mut out: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for (line, text) in numbered(text) {
        let (text, continues) = match text.strip_suffix('\\') {
            Some(before) => (before, true),
            None => (text, false),
        };
        match out.last_mut() {
            Some((_, last)) if open => last.push_str(text),
            _ => out.push((line, text.to_string())),
        }
        open = continues;
    }
    out
}

/// The text without one pair of quotes around it.
pub fn unquoted(text: &str) -> &str {
    let inner = |quote: char| {
        text.strip_prefix(quote)
            .map(|rest| rest.strip_suffix(quote).unwrap_or(rest))
    };
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

fn dequoted(text: &str) -> String {
    let mut commands = super::words::commands(text);
    match (commands.len(), commands.pop()) {
        (1, Some(mut words)) if words.len() == 1 => words.pop().map(|w| w.text).unwrap_or_default(),
        _ => unquoted(text).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::format::flat;

    #[test]
    fn pam_reads_assignments_and_cuts_comments() {
        let text = "A=0\nexport B=\"x\"\n C='y' # z\nPATH=\"/bin\"\n";
        assert_eq!(flat(&pam(text)), ["1:A=0", "2:B=x", "3:C=y", "4:PATH=/bin"]);
    }

    #[test]
    fn pam_near_misses_set_nothing() {
        for text in [
            "#A=0",
            "A 0",
            "set A=0",
            "if A=0",
            "A-B=0",
            "A = 0",
            "export\tA=0",
            "A=0\nA",
        ] {
            assert_eq!(pam(text), [], "{text}");
        }
    }

    #[test]
    fn pam_conf_takes_the_override() {
        let text = "A DEFAULT=1 OVERRIDE=0\nB DEFAULT=\"x y\"\nC DEFAULT=\\\n3\nD OVERRIDE=\nE\tDEFAULT=${HOME}\nF DEFAULT=0 OVERRIDE=${X}\n";
        assert_eq!(
            flat(&pam_conf(text)),
            ["1:A=0", "2:B=x y", "3:C=3", "6:E=${HOME}", "7:F=0"]
        );
        for text in ["#A DEFAULT=0", "A", "A=0", "A-B DEFAULT=0"] {
            assert_eq!(pam_conf(text), [], "{text}");
        }
    }

    #[test]
    fn a_users_own_file_has_both_forms() {
        let text = "A DEFAULT=0\nB=1\n#C DEFAULT=2\nD\tDEFAULT=\"3 4\" # x\n";
        assert_eq!(flat(&pam_user(text)), ["1:A=0", "2:B=1", "4:D=3 4"]);
        for text in ["# A DEFAULT=0", "A", "A-B DEFAULT=0", "A DEFAULT"] {
            assert_eq!(pam_user(text), [], "{text}");
        }
    }

    #[test]
    fn systemd_reads_quotes_and_continued_lines() {
        let text = "A=0\nB=\"x y\"\nC=1\\\n2\nD='q'\nE=a b\n";
        assert_eq!(
            flat(&systemd(text)),
            ["1:A=0", "2:B=x y", "3:C=12", "5:D=q", "6:E=a b"]
        );
        for text in ["#A=0", ";A=0", "export A=0", "A", "# x \\\nA=0"] {
            assert_eq!(systemd(text), [], "{text}");
        }
    }

    #[test]
    fn go_reads_lines_as_they_are() {
        assert_eq!(
            flat(&go("GOSUMDB=off\nGOFLAGS=-x -y\n")),
            ["1:GOSUMDB=off", "2:GOFLAGS=-x -y"]
        );
        for text in [
            "#GOSUMDB=off",
            " GOSUMDB=off",
            "export GOSUMDB=off",
            "gosumdb=off",
        ] {
            assert_eq!(go(text), [], "{text}");
        }
    }
}
