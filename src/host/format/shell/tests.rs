use super::*;
use crate::host::format::flat;

#[test]
fn exported_variables_are_found() {
    let table: [(&str, &[&str]); 32] = [
        ("A=0\nexport -- A", &["1:A=0"]),
        ("export A=0 # B=1", &["1:A=0"]),
        ("export 'A=0' \"B=x y\"", &["1:A=0", "1:B=x y"]),
        ("env 'A=0' git pull", &["1:A=0"]),
        ("typeset -gx A=0", &["1:A=0"]),
        ("set -o allexport; A=0", &["1:A=0"]),
        ("set -ea; A=0; set +a; B=0", &["1:A=0"]),
        ("[ -f x ] && export A=0 || true", &["1:A=0"]),
        ("f() { export A=0; }", &["1:A=0"]),
        ("function f { export A=0; }", &["1:A=0"]),
        ("case $x in\n a|b) export A=0 ;;\n*) ;;\nesac", &["2:A=0"]),
        (
            "((n = 1 << 2))\nx=$(echo ')')\nexport A=\\\n'0'",
            &["3:A=0"],
        ),
        ("sudo -u ann -E A=0 git pull", &["1:A=0"]),
        ("env -u X A=0 git pull", &["1:A=0"]),
        ("exec env A=0 git pull", &["1:A=0"]),
        ("timeout -k 5 10 env A=0 git pull", &["1:A=0"]),
        ("bash -lc 'cd x\nexport A=0; y'", &["2:A=0"]),
        ("su - ann -c \"A=0 git pull\"", &["1:A=0"]),
        ("eval 'export A=0'", &["1:A=0"]),
        ("OFF=0; export A=$OFF B=\"x${OFF}y\"", &["1:A=0", "1:B=x0y"]),
        ("export A=${A:-0} B='$C'", &["1:A=0", "1:B=$C"]),
        (
            "export A=$HOME/x B=${C:+1}",
            &["1:A=$HOME/x", "1:B=${C:+1}"],
        ),
        ("export A=\"${B:-'0'}\"", &["1:A=0"]),
        ("export A=1\n", &["1:A=1"]),
        ("A=1\nexport A\n", &["1:A=1"]),
        ("export A=1 B='x y'; export C", &["1:A=1", "1:B=x y"]),
        ("declare -x A=0", &["1:A=0"]),
        ("set -a\nA=0\n", &["2:A=0"]),
        ("if true; then export A=0; fi", &["1:A=0"]),
        ("A=0 git pull", &["1:A=0"]),
        ("env -i A=0 git pull", &["1:A=0"]),
        ("export A=0\nA=1\n", &["2:A=1"]),
    ];
    for (script, expected) in table {
        assert_eq!(flat(&parse(script, Exported::Marked)), expected, "{script}");
    }
}

#[test]
fn what_only_looks_like_an_export_is_none() {
    let table = [
        "# export A=0",
        "echo export A=0",
        "echo 'export A=0'",
        "A=0",
        "export A=0\nunset A",
        "export A=0\nexport -n A",
        "cat <<EOF\nexport A=0\nEOF",
        "printf '%s\\n' \"export A=0\" >> x",
        "alias x='A=0 git'",
        "set -o allexport\nset +o allexport\nA=0",
        "set -o noglob; A=0",
        "sh -c 'A=0'",
        "bash ./A=0 -c",
        "x=$(export A=0)",
        "'A=0' git pull",
        "x=\"\n export A=0\n\"",
        "git commit -m \"export A=0\"",
        "sudo -E git A=0",
    ];
    for script in table {
        assert_eq!(parse(script, Exported::Marked), [], "{script}");
    }
}

#[test]
fn files_that_are_sourced_are_named() {
    let script = "D=/etc/x\n. /etc/a\n[ -r $D/b ] && source \"$D/b\"\n\\. ~/c\n# . /d\necho . /e\nset -a; . /f; set +a\n";
    let named = sourced(script);
    let of = |wanted: Exported| -> Vec<&str> {
        let fitting = named.iter().filter(|(_, exported)| *exported == wanted);
        fitting.map(|(path, _)| path.as_str()).collect()
    };
    assert_eq!(of(Exported::Marked), ["/etc/a", "/etc/x/b", "~/c"]);
    assert_eq!(of(Exported::All), ["/f"]);
}

#[test]
fn programs_are_named_with_their_arguments() {
    let script = "H=h\nif curl -k \\\n \"https://$H\"; then\nsudo env A=0 /usr/bin/git pull\nfi\nalias c='curl -k'\nbash -c 'x\ny z'\n# q\necho 'r s'";
    let shown: Vec<String> = runs(script)
        .iter()
        .map(|run| format!("{}:{} {}", run.line, run.program, run.arguments.join(" ")))
        .collect();
    assert_eq!(
        shown,
        [
            "2:curl -k https://h",
            "4:git pull",
            "5:fi ",
            "6:alias c=curl -k",
            "6:curl -k",
            "7:bash -c x\ny z",
            "7:x ",
            "8:y z",
            "10:echo r s"
        ]
    );
}

#[test]
fn scripts_within_scripts_end() {
    let deep = "eval ".repeat(1000) + "export A=0";
    assert_eq!(parse(&deep, Exported::Marked), []);
    let long = "env ".repeat(100_000) + "A=0 x";
    assert_eq!(flat(&parse(&long, Exported::Marked)), ["1:A=0"]);
    let bomb = "A=xxxxxxxxxxxxxxxx\n".to_string() + &"export A=$A$A\n".repeat(1000);
    assert!(parse(&bomb, Exported::Marked)[0].value.len() <= LONGEST);
}

#[test]
fn a_sourced_file_counts_every_assignment() {
    assert_eq!(flat(&parse("A=0\n#B=1\n", Exported::All)), ["1:A=0"]);
}
