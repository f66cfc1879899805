//! crontab(5): environment lines, and variables set inside a job's command.

use super::Setting;
use super::environment::{numbered, unquoted};
use super::shell::{self, Exported, Run};
use super::words::is_name;

/// Whose table it is: that tells what stands before the commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// `/etc/crontab` and `/etc/cron.d`: times and a user.
    System,
    /// A user's own: times.
    User,
    /// `/etc/anacrontab`: period, delay and a name (anacrontab(5)).
    Anacron,
}

/// The variables.
pub fn parse(text: &str, table: Table) -> Vec<Setting> {
    let mut out = Vec::new();
    for (line, text) in numbered(text) {
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        match variable(line, text) {
            Some(setting) => out.push(setting),
            None => out.extend(job(line, text, table)),
        }
    }
    out
}

fn variable(line: usize, text: &str) -> Option<Setting> {
    let (name, value) = text.split_once('=')?;
    let name = unquoted(name.trim());
    is_name(name).then(|| Setting::new(line, &[name], unquoted(value.trim())))
}

/// The programs that the jobs run.
pub fn runs(text: &str, table: Table) -> Vec<Run> {
    let jobs = numbered(text).map(|(line, text)| (line, text.trim()));
    let jobs = jobs.filter(|(line, text)| {
        !text.is_empty() && !text.starts_with('#') && variable(*line, text).is_none()
    });
    jobs.flat_map(|(line, text)| {
        let mut runs = shell::runs(&command(behind_times(text, table)));
        for run in &mut runs {
            run.line = line;
        }
        runs
    })
    .collect()
}

fn job(line: usize, text: &str, table: Table) -> Vec<Setting> {
    let mut settings = shell::parse(&command(behind_times(text, table)), Exported::Marked);
    for setting in &mut settings {
        setting.line = line;
    }
    settings
}

/// The command of a job: what stands behind its times and, in a system crontab, its user.
fn behind_times(text: &str, table: Table) -> &str {
    let times = if text.starts_with('@') { 1 } else { 5 };
    let fields = match table {
        Table::System => times + 1,
        Table::User => times,
        Table::Anacron => 3,
    };
    let mut rest = text;
    for _ in 0..fields {
        rest = rest
            .split_once([' ', '\t'])
            .map_or("", |(_, rest)| rest.trim_start());
    }
    rest
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
            flat(&parse(text, Table::System)),
            ["1:A=0", "2:B=x y", "3:C=1", "4:D=2"]
        );
        assert_eq!(
            flat(&parse("5 * * * * C=1 git pull", Table::User)),
            ["1:C=1"]
        );
        let text = "A=0\n@monthly 10 x.y nice env B=1 run-parts /x\n7\t5\tz\tC=2 w\n";
        let found = parse(text, Table::Anacron);
        assert_eq!(flat(&found), ["1:A=0", "2:B=1", "3:C=2"]);
        let job = "5\t*  * * *\tcd /x && sudo -u y C=1 git pull \\% %x";
        assert_eq!(flat(&parse(job, Table::User)), ["1:C=1"]);
        let job = "@reboot root flock -n /x bash -c 'export C=1; git pull'";
        assert_eq!(flat(&parse(job, Table::System)), ["1:C=1"]);
    }

    #[test]
    fn programs_of_a_crontab() {
        let text = "A=curl\n5 * * * * root cd /x && curl -k https://a %x\n# @daily root b\n@daily root c\n";
        let shown: Vec<String> = runs(text, Table::System)
            .iter()
            .map(|run| format!("{}:{} {}", run.line, run.program, run.arguments.join(" ")))
            .collect();
        assert_eq!(shown, ["2:cd /x", "2:curl -k https://a", "4:c "]);
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
            assert_eq!(parse(text, Table::System), [], "{text}");
        }
    }
}
