//! systemd units, drop-ins and `system.conf` (systemd.syntax(7)).

use std::collections::HashSet;

use super::Setting;
use super::shell::{self, Exported, Run};
use super::words::commands;

/// The assignments, the path being section and key; a continued line is one setting.
pub fn parse(text: &str) -> Vec<Setting> {
    let mut section = String::new();
    let mut out = Vec::new();
    for (line, text) in logical(text) {
        let text = text.trim();
        if let Some(name) = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            section = name.to_string();
        } else if let Some((key, value)) = text.split_once('=') {
            out.push(Setting::new(line, &[&section, key.trim()], value.trim()));
        }
    }
    out
}

/// Logical lines: a backslash continues, comment lines inside a continued one are dropped.
fn logical(text: &str) -> Vec<(usize, String)> {
    let mut out: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for (line, text) in super::environment::numbered(text) {
        if text.trim_start().starts_with(['#', ';']) {
            continue;
        }
        let (text, continues) = match text.strip_suffix('\\') {
            Some(before) => (before, true),
            None => (text, false),
        };
        match out.last_mut() {
            Some((_, last)) if open => {
                last.push(' ');
                last.push_str(text.trim_start());
            }
            _ => out.push((line, text.to_string())),
        }
        open = continues;
    }
    out
}

/// Sections in which a program's environment can be set, and that of all programs (`system.conf`).
const SECTIONS: [&str; 5] = ["Service", "Socket", "Mount", "Swap", "Manager"];

/// The variables of `Environment=` and `DefaultEnvironment=`; an empty assignment drops those before it, and of
/// several assignments of one name the last counts.
pub fn variables(settings: &[Setting]) -> Vec<Setting> {
    let mut out = Vec::new();
    for setting in settings {
        let key = setting.key();
        let known = matches!(
            key,
            "Environment" | "DefaultEnvironment" | "ManagerEnvironment"
        );
        if !known || !SECTIONS.iter().any(|name| setting.is(&[name, key])) {
            continue;
        }
        if setting.value.is_empty() {
            out.clear();
        }
        out.extend(assignments(setting));
    }
    super::last_of_each(out)
}

/// Settings that are lists, which an empty assignment empties.
const LISTS: [&str; 5] = [
    "Environment",
    "DefaultEnvironment",
    "ManagerEnvironment",
    "EnvironmentFile",
    "UnsetEnvironment",
];

/// Takes from each file of a unit what an empty assignment in a later one drops; the files in the order in which
/// systemd reads them.
pub fn drop_reset(files: &mut [&mut Vec<Setting>]) {
    let mut dropped: HashSet<Vec<String>> = HashSet::new();
    for file in files.iter_mut().rev() {
        file.retain(|setting| !dropped.contains(&setting.path));
        let empty = file.iter().filter(|setting| setting.value.is_empty());
        let lists = empty.filter(|s| LISTS.contains(&s.key()) || s.key().starts_with("Exec"));
        dropped.extend(lists.map(|setting| setting.path.clone()));
    }
}

/// What `UnsetEnvironment=` takes away, which is carried out last: `NAME`, or `NAME=VALUE` where the value is that.
pub fn unset(settings: &[Setting]) -> Vec<String> {
    let lists = settings
        .iter()
        .filter(|setting| setting.is(&["Service", "UnsetEnvironment"]));
    let words =
        lists.flat_map(|setting| commands(&protected(&setting.value)).into_iter().flatten());
    words.map(|word| word.text).collect()
}

/// The variables that a unit's own command lines set: `env A=b program`, `sh -c 'A=b program'`.
pub fn variables_of_commands(settings: &[Setting]) -> Vec<Setting> {
    let set = |setting: &Setting| {
        let text = setting.value.trim_start_matches(PREFIXES);
        let mut found = match text.split_whitespace().next() {
            Some(program) if !program.contains('=') => {
                shell::parse(&protected(text), Exported::Marked)
            }
            _ => Vec::new(),
        };
        for variable in &mut found {
            variable.line = setting.line;
        }
        found
    };
    commands_of(settings).iter().flat_map(|s| set(s)).collect()
}

/// What may stand before the path of a program.
const PREFIXES: [char; 6] = ['-', '@', '+', '!', ':', '|'];

/// The command lines that count: an empty one drops those of its kind before it.
fn commands_of(settings: &[Setting]) -> Vec<&Setting> {
    let mut out: Vec<&Setting> = Vec::new();
    for setting in settings.iter().filter(|s| s.key().starts_with("Exec")) {
        if setting.value.is_empty() {
            out.retain(|before| before.path != setting.path);
        } else {
            out.push(setting);
        }
    }
    out
}

/// `"A=b c" D=e`: each word, quotes taken off, is one assignment, the quotes may be round the whole of it.
fn assignments(setting: &Setting) -> Vec<Setting> {
    let words = commands(&protected(&setting.value)).into_iter().flatten();
    words
        .filter_map(|word| {
            let (name, value) = word.text.split_once('=')?;
            super::words::is_name(name).then(|| Setting::new(setting.line, &[name], value))
        })
        .collect()
}

/// Shell separators mean nothing to systemd.
fn protected(text: &str) -> String {
    let mut out = String::new();
    let mut quote = None;
    for c in text.chars() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(q), c) if q == c => quote = None,
            (None, ';' | '&' | '|' | '(' | ')' | '#' | '<' | '>' | '`' | '$') => out.push('\\'),
            _ => {}
        }
        out.push(c);
    }
    out
}

/// The files of `EnvironmentFile=`; the `-` for "may be missing" is taken off, an empty one drops those before.
pub fn environment_files(settings: &[Setting]) -> Vec<String> {
    let mut out = Vec::new();
    for setting in settings.iter().filter(|s| s.key() == "EnvironmentFile") {
        match setting.value.trim_start_matches('-') {
            "" => out.clear(),
            path => out.push(super::environment::unquoted(path).to_string()),
        }
    }
    out
}

/// The programs that the command lines of a unit run.
pub fn runs(settings: &[Setting]) -> Vec<Run> {
    let run = |setting: &Setting| {
        let text = setting.value.trim_start_matches(PREFIXES);
        let mut runs = shell::runs(&protected(text));
        for run in &mut runs {
            run.line = setting.line;
        }
        runs
    };
    commands_of(settings).into_iter().flat_map(run).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::format::flat;

    #[test]
    fn variables_of_a_unit() {
        let unit = "[Service]\nEnvironment=\"A=b c\" D=e;f\nEnvironment=G=1 \\\n  # note\n  H=2\nExecStart=/bin/x\n";
        assert_eq!(
            flat(&variables(&parse(unit))),
            ["2:A=b c", "2:D=e;f", "3:G=1", "3:H=2"]
        );
    }

    #[test]
    fn near_misses_of_a_unit() {
        let table = [
            "[Service]\n#Environment=A=0",
            "[Service]\n;Environment=A=0",
            "[Service]\nEnvironment=A=0\nEnvironment=\n",
            "[Unit]\nDescription=Environment=A=0",
            "[Service]\nPassEnvironment=A",
            "[Service]\nUnsetEnvironment=A=0",
            "[Unit]\nEnvironment=A=0",
            "[X-Note]\nEnvironment=A=0",
            "Environment=A=0",
        ];
        for unit in table {
            assert_eq!(variables(&parse(unit)), [], "{unit}");
        }
    }

    #[test]
    fn variables_of_command_lines() {
        let unit = "[Service]\nExecStartPre=/bin/x\nExecStart=-/usr/bin/env A=0 \"B=x y\" \\\n /bin/x\nExecStop=+/bin/sh -c 'C=1 git pull; echo D=2'\n";
        assert_eq!(
            flat(&variables_of_commands(&parse(unit))),
            ["3:A=0", "3:B=x y", "5:C=1"]
        );
        for unit in [
            "[Service]\nExecStart=/bin/echo A=0",
            "[Service]\nExecStart=/usr/bin/env A=0 x\nExecStart=\nExecStart=/bin/x",
            "[Service]\nExecStart=A=0 x",
            "[Service]\nDescription=/usr/bin/env A=0 x",
        ] {
            assert_eq!(variables_of_commands(&parse(unit)), [], "{unit}");
        }
    }

    #[test]
    fn the_last_assignment_in_a_unit_counts() {
        let unit = parse("[Service]\nEnvironment=A=0\nEnvironment=A=1\n");
        assert_eq!(flat(&variables(&unit)), ["3:A=1"]);
    }

    #[test]
    fn environment_files_are_named() {
        let unit = parse("[Service]\nEnvironmentFile=/etc/a\nEnvironmentFile=-/etc/b\n");
        assert_eq!(environment_files(&unit), ["/etc/a", "/etc/b"]);
        assert!(
            environment_files(&parse("[Service]\nEnvironmentFile=/a\nEnvironmentFile=")).is_empty()
        );
    }

    #[test]
    fn programs_of_a_unit() {
        let unit = parse(
            "[Service]\nExecStart=-/usr/bin/dockerd --insecure-registry=a:5000 \\\n -H fd://\nExecStop=/bin/sh -c 'curl -k https://a | x'\n",
        );
        let shown: Vec<String> = runs(&unit)
            .iter()
            .map(|run| format!("{}:{} {}", run.line, run.program, run.arguments.join(" ")))
            .collect();
        assert_eq!(
            shown,
            [
                "2:dockerd --insecure-registry=a:5000 -H fd://",
                "4:sh -c curl -k https://a | x",
                "4:curl -k https://a",
                "4:x ",
            ]
        );
    }
}
