//! crontab(5): environment lines, and variables set inside a job's command.

use super::Setting;
use super::environment::{numbered, unquoted};
use super::shell::{self, Exported};
use super::words::is_name;

/// The variables; `system` says whether jobs name a user (`/etc/crontab`, `/etc/cron.d`).
pub fn parse(text: &str, system: bool) -> Vec<Setting> {
    let mut out = Vec::new();
    for (line, text) in numbered(text) {
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        match variable(line, text) {
            Some(setting) => out.push(setting),
            None => out.extend(job(line, text, system)),
        }
    }
    out
}

fn variable(line: usize, text: &str) -> Option<Setting> {
    let (name, value) = text.split_once('=')?;
    let name = unquoted(name.trim());
    is_name(name).then(|| Setting::new(line, &[name], unquoted(value.trim())))
}

fn job(line: usize, text: &str, system: bool) -> Vec<Setting> {
    let times = if text.starts_with('@') { 1 } else { 5 };
    let mut rest = text;
    for _ in 0..times + usize::from(system) {
        rest = rest
            .split_once([' ', '\t'])
            .map_or("", |(_, rest)| rest.trim_start());
    }
    let mut settings = shell::parse(&command(rest), Exported::Marked);
    for setting in &mut settings {
        setting.line = line;
    }
    settings
}

/// The command up to the first `%`, behind which its input stands; `\%` is the character itself.
fn command(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '%' => break,
            '\\' if chars.peek() == Some(&'%') => out.extend(chars.next()),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::format::flat;

    #[test]
    fn variables_of_a_crontab() {
        let text = "A = 0\n\"B\"=\"x y\"\n5 * * * * root C=1 git pull\n@daily root export D=2; x\n";
        assert_eq!(
            flat(&parse(text, true)),
            ["1:A=0", "2:B=x y", "3:C=1", "4:D=2"]
        );
        assert_eq!(flat(&parse("5 * * * * C=1 git pull", false)), ["1:C=1"]);
        let job = "5\t*  * * *\tcd /x && sudo -u y C=1 git pull \\% %x";
        assert_eq!(flat(&parse(job, false)), ["1:C=1"]);
        let job = "@reboot root flock -n /x bash -c 'export C=1; git pull'";
        assert_eq!(flat(&parse(job, true)), ["1:C=1"]);
    }

    #[test]
    fn near_misses_of_a_crontab() {
        for text in [
            "#A=0",
            "5 * * * * root echo A=0",
            "5 * * * * root test x = A=0",
            "@daily root A",
            "@daily root cat % export A=0",
            "@daily root date \"+\\%F; export A=0\"",
        ] {
            assert_eq!(parse(text, true), [], "{text}");
        }
    }
}
