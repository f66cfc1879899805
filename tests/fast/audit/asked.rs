//! What is looked at only below the folders of `--project`.

use std::collections::BTreeSet;

use super::{findings, good_host, only, shown};

/// Rule, file, text, line: what is only looked at where it was asked for.
const ASKED: &[(&str, &str, &str, usize)] = &[(
    "ansible-verification-off",
    "srv/app/roles/x/tasks/main.yml",
    "- name: fetch\n  ansible.builtin.get_url:\n    url: https://a\n    validate_certs: no\n",
    4,
)];

pub fn rules() -> BTreeSet<&'static str> {
    ASKED.iter().map(|(rule, ..)| *rule).collect()
}

#[test]
fn playbooks_are_read_only_in_a_named_project() {
    let host = good_host();
    let near = [
        ("srv/app/vars.yml", "validate_certs: no\n"),
        (
            "srv/app/play.yml",
            "- hosts: all\n  tasks:\n  - uri:\n      validate_certs: yes\n    name: 'validate_certs: no'\n",
        ),
    ];
    for (file, text) in near {
        host.write(file, text);
    }
    assert_eq!(findings(&host, &["--project", "/srv/app"]), [""; 0]);
    for (rule, file, text, line) in ASKED {
        host.write(file, text);
        only(&host, &[], "nobody asked");
        let found = findings(&host, &["--project", "/srv/app"]);
        let found: Vec<String> = found.iter().map(shown).collect();
        assert_eq!(found, [format!("{rule} /{file}:{line}")], "{text}");
        host.delete(file);
    }
}

#[test]
fn a_project_that_is_asked_for_is_searched_to_its_depths() {
    let host = good_host();
    let deep = "var/builds/a/b/c/d/e/.npmrc";
    host.write(deep, "strict-ssl=false\n");
    only(&host, &[], "nobody asked");
    let found = findings(&host, &["--project", "/var/builds"]);
    let found: Vec<String> = found.iter().map(shown).collect();
    assert_eq!(found, [format!("npm-verification-off /{deep}:1")]);
    let inside = host.path("var/builds");
    let found = findings(&host, &["--project", inside.to_str().unwrap()]);
    assert_eq!(found.len(), 1);
    host.trustctl(["audit", "--project", "/var/none"])
        .exits(2)
        .says("there is no folder `/var/none`");
}
