//! What is looked at only below the folders of `--project`.

use std::collections::BTreeSet;

use super::{findings, good_host, only, shown};

/// Rule, file, text, line: what is only looked at where it was asked for.
const ASKED: &[(&str, &str, &str, usize)] = &[
    (
        "code-verification-off",
        "srv/app/main.go",
        "package main\nvar c = tls.Config{InsecureSkipVerify: true}\n",
        2,
    ),
    (
        "code-verification-off",
        "srv/app/x/get.py",
        "import requests\nrequests.get(url,\n             verify=False)\n",
        3,
    ),
    (
        "code-verification-off",
        "srv/app/a.ts",
        "new https.Agent({ rejectUnauthorized: false })\n",
        1,
    ),
    (
        "code-verification-off",
        "srv/app/a.php",
        "<?php\ncurl_setopt($c, CURLOPT_SSL_VERIFYPEER, 0);\n",
        2,
    ),
    (
        "ansible-verification-off",
        "srv/app/roles/x/tasks/main.yml",
        "- name: fetch\n  ansible.builtin.get_url:\n    url: https://a\n    validate_certs: no\n",
        4,
    ),
];

pub fn rules() -> BTreeSet<&'static str> {
    ASKED.iter().map(|(rule, ..)| *rule).collect()
}

#[test]
fn code_and_playbooks_are_looked_at_where_that_was_asked_for() {
    let host = good_host();
    let near = [
        (
            "srv/app/b.go",
            "// InsecureSkipVerify: true\nvar s = \"InsecureSkipVerify: true\"\nvar c = tls.Config{InsecureSkipVerify: false}\n",
        ),
        (
            "srv/app/b.py",
            "import requests # get(verify=False)\nverify = False\ndef get(url, verify=False):\n    '''verify=False'''\n",
        ),
        (
            "srv/app/b.js",
            "/* rejectUnauthorized: false */\nx = 'rejectUnauthorized: false'\n",
        ),
        (
            "srv/app/b.c",
            "curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L); // CURLOPT_SSL_VERIFYPEER, 0\n",
        ),
        ("srv/app/vars.yml", "validate_certs: no\n"),
        (
            "srv/app/play.yml",
            "- hosts: all\n  tasks:\n  - uri:\n      validate_certs: yes\n    name: 'validate_certs: no'\n",
        ),
        (
            "srv/app/InsecureSkipVerify.txt",
            "InsecureSkipVerify: true\n",
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
