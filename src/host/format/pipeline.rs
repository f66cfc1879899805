//! Files of continuous integration in YAML (GitLab, GitHub, Travis, CircleCI, Azure, Bitbucket, Woodpecker) and of
//! compose: the variables that jobs get, and the scripts they run.

use super::shell::{self, Exported, Run};
use super::words::{commands, is_name};
use super::{Setting, yaml};

/// Names of mappings (or lists of `NAME=value`) that hold variables.
const VARIABLES: [&str; 3] = ["variables", "env", "environment"];
/// Names of parts of Travis's `env`.
const PARTS: [&str; 3] = ["global", "matrix", "jobs"];
/// Names of scripts, or of lists of commands.
const SCRIPTS: [&str; 17] = [
    "script",
    "before_script",
    "after_script",
    "run",
    "command",
    "commands",
    "bash",
    "install",
    "before_install",
    "before_deploy",
    "after_deploy",
    "after_success",
    "after_failure",
    "pre",
    "post",
    "override",
    "entrypoint",
];
/// Names below which everything is data for an action.
const DATA: [&str; 3] = ["with", "labels", "inputs"];

/// The variables of the jobs, and those that their scripts set.
pub fn parse(text: &str) -> Vec<Setting> {
    let settings = yaml::parse(text);
    let mut out: Vec<Setting> = settings.iter().flat_map(variables).collect();
    out.extend(named_apart(&settings));
    let scripts = settings.iter().filter(|setting| is_script(setting));
    out.extend(
        scripts.flat_map(|script| shell::parse_from(script.line, &script.value, Exported::Marked)),
    );
    out
}

/// The programs that the scripts run.
pub fn runs(text: &str) -> Vec<Run> {
    let settings = yaml::parse(text);
    let scripts = settings.iter().filter(|setting| is_script(setting));
    scripts
        .flat_map(|script| shell::runs_from(script.line, &script.value))
        .collect()
}

/// `env: {NAME: value}`, `variables: {NAME: {value: value}}`, `environment: [NAME=value]`.
fn variables(setting: &Setting) -> Vec<Setting> {
    let path: Vec<&str> = setting.path.iter().map(String::as_str).collect();
    if path.iter().any(|part| DATA.contains(part)) {
        return Vec::new();
    }
    let holds = |part: &str| VARIABLES.contains(&part);
    match path.as_slice() {
        [.., "build", "args", name] if is_name(name) => {
            vec![Setting::new(setting.line, &[name], &setting.value)]
        }
        [.., "build", "args", index] if is_index(index) => assigned(setting),
        [.., holder, name] if holds(holder) && is_name(name) && !PARTS.contains(name) => {
            vec![Setting::new(setting.line, &[name], &setting.value)]
        }
        [.., holder, name, "value"] if holds(holder) && is_name(name) => {
            vec![Setting::new(setting.line, &[name], &setting.value)]
        }
        [.., "env", part, name] if PARTS.contains(part) && is_name(name) => {
            vec![Setting::new(setting.line, &[name], &setting.value)]
        }
        [.., holder, index] if holds(holder) && is_index(index) => assigned(setting),
        [.., "env", part, index] if PARTS.contains(part) && is_index(index) => assigned(setting),
        [.., "env", part] if PARTS.contains(part) => assigned(setting),
        [.., "env"] => assigned(setting),
        _ => Vec::new(),
    }
}

fn is_index(part: &str) -> bool {
    part.chars().all(|c| c.is_ascii_digit())
}

/// `NAME=value OTHER="and more"`.
fn assigned(setting: &Setting) -> Vec<Setting> {
    let words = commands(&setting.value).into_iter().flatten();
    words
        .filter_map(|word| {
            let (name, value) = word.assignment()?;
            Some(Setting::new(setting.line, &[name], value))
        })
        .collect()
}

/// Azure's `variables: [{name: NAME, value: value}]`.
fn named_apart(settings: &[Setting]) -> Vec<Setting> {
    let named = settings
        .iter()
        .filter(|s| s.is(&["**", "variables", "*", "name"]));
    named
        .filter_map(|name| {
            let (_, item) = name.path.split_last()?;
            let value = settings.iter().find(|s| {
                s.key() == "value" && s.path.len() == name.path.len() && s.path.starts_with(item)
            })?;
            is_name(&name.value).then(|| Setting::new(value.line, &[&name.value], &value.value))
        })
        .collect()
}

/// Whether a value is a script or a line of one: `script: text`, `script: [text]`, `script: [[text]]`.
fn is_script(setting: &Setting) -> bool {
    let path: Vec<&str> = setting.path.iter().map(String::as_str).collect();
    let names = |part: &str| SCRIPTS.contains(&part);
    let data = path
        .iter()
        .any(|part| DATA.contains(part) || VARIABLES.contains(part));
    !data
        && match path.as_slice() {
            [.., a, b, c] if is_index(b) && is_index(c) => names(a),
            [.., a, b] if is_index(b) => names(a),
            [.., a] => names(a),
            [] => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::format::flat;

    #[test]
    fn variables_of_pipelines() {
        let table: [(&str, &[&str]); 13] = [
            ("variables:\n  A: \"0\"\n", &["2:A=0"]),
            (
                "build:\n  variables:\n    A:\n      value: 0\n      description: x\n",
                &["4:A=0"],
            ),
            (
                "env:\n  A: 0\njobs:\n  x:\n    env: {B: 1}\n    steps:\n    - env:\n        C: 2\n",
                &["2:A=0", "5:B=1", "8:C=2"],
            ),
            (
                "services:\n  x:\n    build:\n      args: {A: 0}\n",
                &["4:A=0"],
            ),
            ("env: A=0 B='1 2'\n", &["1:A=0", "1:B=1 2"]),
            ("env:\n  - A=0 B=1\n  - C=2\n", &["2:A=0", "2:B=1", "3:C=2"]),
            (
                "env:\n  global:\n    - A=0\n  jobs:\n    - B=1\n",
                &["3:A=0", "5:B=1"],
            ),
            ("env:\n  global:\n    A: 0\n", &["3:A=0"]),
            ("jobs:\n  x:\n    environment:\n      A: 0\n", &["4:A=0"]),
            (
                "services:\n  x:\n    environment:\n      - A=0\n",
                &["4:A=0"],
            ),
            (
                "variables:\n- name: A\n  value: 0\n- group: x\n",
                &["3:A=0"],
            ),
            (
                "job:\n  script:\n    - export A=0\n    - B=1 npm ci\n",
                &["3:A=0", "4:B=1"],
            ),
            (
                "jobs:\n  x:\n    steps:\n    - run: |\n        set -e\n        export A=0\n",
                &["6:A=0"],
            ),
        ];
        for (text, expected) in table {
            assert_eq!(flat(&parse(text)), expected, "{text}");
        }
    }

    #[test]
    fn near_misses_of_pipelines() {
        for text in [
            "# variables: {A: 0}",
            "variables: {B: 'A=0'}",
            "A: 0",
            "stages: [A]\nx: {A: 0}",
            "job:\n  script:\n    - echo A=0\n    - '# A=0 x'",
            "steps:\n- with:\n    env: A=0\n    script: export A=0",
            "job:\n  environment:\n    name: A=0\n",
            "x:\n  description: 'export A=0'",
            "job:\n  script: [A=0]",
        ] {
            assert!(!parse(text).iter().any(|s| s.key() == "A"), "{text}");
        }
    }

    #[test]
    fn programs_of_pipelines() {
        let text = "a:\n  before_script:\n  - curl -k x\n  script:\n  - - b\n  - >\n    c\n    d\njobs:\n  e:\n    steps:\n    - run: |\n        f\n\n        g h\n    - run:\n        command: i\n";
        let shown: Vec<String> = runs(text)
            .iter()
            .map(|run| format!("{}:{} {}", run.line, run.program, run.arguments.join(" ")))
            .collect();
        assert_eq!(
            shown,
            ["3:curl -k x", "5:b ", "7:c d", "13:f ", "15:g h", "17:i "]
        );
    }
}
