//! The installed completions in real shells: a command, an option, and the name of a local certificate.

use std::process::Command;

use support::{Ca, Host, PATH, Run, output};

use crate::package::packages::Unpacked;

/// A host whose local certificates have names to complete, and the package's files.
struct Scene {
    host: Host,
    files: Unpacked,
}

impl Scene {
    fn new() -> Scene {
        let host = Host::new().local("corp-root.crt", Ca::new("Corp Root").pem());
        let host = host
            .local("corp-proxy.crt", Ca::new("Corp Proxy").pem())
            .settled();
        host.input("inbox/corp-inbox.crt", "");
        host.input("inbox/corp-inbox.toml", "");
        Scene {
            host,
            files: Unpacked::new(),
        }
    }

    /// Runs a program with the package's `trustctl` first in its search path.
    fn run(&self, program: &str, arguments: &[&str]) -> Run {
        let mut command = Command::new(program);
        let folder = self.files.path("usr/bin");
        command
            .env_clear()
            .env("PATH", format!("{}:{PATH}", folder.display()));
        command
            .current_dir(self.host.beside("inbox"))
            .env("HOME", self.host.beside(""))
            .env("TERM", "dumb")
            .env("LC_ALL", "C.UTF-8");
        output(command.args(arguments))
    }

    /// What each line of input must be completed to, at least; the first word is the shell's business.
    fn questions(&self) -> [(String, Vec<&'static str>); 9] {
        let root = self.host.root().display();
        [
            ("trustctl rol".to_string(), vec!["rollback"]),
            ("trustctl add --repl".to_string(), vec!["--replace"]),
            (
                "trustctl explain git-v".to_string(),
                vec!["git-verification-off"],
            ),
            (
                format!("trustctl --root {root} remove corp-"),
                vec!["corp-proxy.crt", "corp-root.crt"],
            ),
            (
                format!("trustctl --root {root} add --replace corp-p"),
                vec!["corp-proxy.crt"],
            ),
            (
                "trustctl add corp-".to_string(),
                vec!["corp-inbox.crt", "corp-inbox.toml"],
            ),
            (
                "trustctl check corp-inbox.c".to_string(),
                vec!["corp-inbox.crt"],
            ),
            (
                "trustctl --config corp-inbox.t".to_string(),
                vec!["corp-inbox.toml"],
            ),
            ("trustctl add --allow exp".to_string(), vec!["expired"]),
        ]
    }
}

#[test]
fn bash_completes_commands_options_and_names() {
    let scene = Scene::new();
    let script = scene
        .files
        .path("usr/share/bash-completion/completions/trustctl");
    for (line, expected) in scene.questions() {
        // As bash itself does: the function that `complete -p` names is called with the words so far.
        let text = r#"
            source "$1"
            function=$(complete -p trustctl | sed 's/.*-F \([^ ]*\) .*/\1/')
            read -ra COMP_WORDS <<<"$2"
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_LINE=$2 COMP_POINT=${#2} COMP_TYPE=9 COMP_KEY=9
            "$function" trustctl "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" 2>/dev/null
            printf '%s\n' "${COMPREPLY[@]}"
        "#;
        let run = scene
            .run(
                "/bin/bash",
                &[
                    "--norc",
                    "-c",
                    text,
                    "bash",
                    script.to_str().unwrap(),
                    &line,
                ],
            )
            .exits(0);
        let offered: Vec<&str> = run.stdout.lines().map(str::trim_end).collect();
        assert_eq!(offered, expected, "{line}: {run}");
    }
}

#[test]
fn fish_completes_commands_options_and_names() {
    let scene = Scene::new();
    let script = scene
        .files
        .path("usr/share/fish/vendor_completions.d/trustctl.fish");
    for (line, expected) in scene.questions() {
        let text = format!(
            "source {}; complete --do-complete '{line}'",
            script.display()
        );
        let run = scene
            .run("/usr/bin/fish", &["--no-config", "-c", &text])
            .exits(0);
        let offered: Vec<&str> = run
            .stdout
            .lines()
            .map(|line| line.split('\t').next().unwrap())
            .collect();
        assert_eq!(offered, expected, "{line}: {run}");
    }
}

#[test]
fn zsh_completes_commands_options_and_names() {
    let scene = Scene::new();
    let folder = scene.files.path("usr/share/zsh/vendor-completions");
    for (line, expected) in scene.questions() {
        // A terminal of zsh's own (zpty), in which the line is typed and Tab is pressed.
        let text = r#"
            zmodload zsh/zpty
            zpty shell 'TERM=dumb PS1= zsh -f -i'
            zpty -w shell "fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D; unsetopt zle_bracketed_paste"
            zpty -w shell "zstyle ':completion:*' list-prompt ''; LISTMAX=0; setopt no_beep; PS1=''"
            zpty -w shell "echo re''ady"
            zpty -r -m shell all '*ready*' || exit 2
            zpty -w -n shell "$2"$'\t'
            sleep 1
            for again in 1 2; do
                zpty -w -n shell $'\t'
                sleep 1
            done
            while zpty -r -t shell part; do print -rn -- "$part"; done
            zpty -d shell
        "#;
        let run = scene.run(
            "/bin/zsh",
            &["-f", "-c", text, "zsh", folder.to_str().unwrap(), &line],
        );
        for word in expected {
            assert!(run.stdout.contains(word), "{line}: no {word}: {run}");
        }
    }
}
