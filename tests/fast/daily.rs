//! Daily use at a terminal and from scripts: folders, exit statuses, remedies that work as printed, trees elsewhere.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests act on trees of their own and fail by panicking"
)]

use support::{Ca, Host, Run};

const LOCAL: &str = "usr/local/share/ca-certificates";

#[test]
fn a_readme_in_a_folder_is_skipped_and_said_and_an_empty_folder_is_named() {
    let (host, one, two) = (Host::new().settled(), Ca::new("One"), Ca::new("Two"));
    host.input("inbox/one.crt", one.pem());
    host.input("inbox/README", "Ask the PKI team.\n");
    host.input("inbox/more/two.pem", two.pem());
    host.trustctl(["check", "inbox"])
        .exits(0)
        .says("README: skipped");
    host.trustctl(["add", "--yes", "inbox"])
        .exits(0)
        .says("skipped `inbox/README`: no certificate in it");
    assert_eq!(host.sees(&one.sha256()), [true; 3]);
    assert_eq!(host.sees(&two.sha256()), [false; 3]);
    host.trustctl(["add", "--yes", "-r", "inbox"]).exits(0);
    assert_eq!(host.sees(&two.sha256()), [true; 3]);
    std::fs::create_dir(host.beside("empty")).unwrap();
    host.trustctl(["add", "--yes", "empty"])
        .exits(2)
        .says("there are no files in `empty`");
    host.input("words/README", "nothing\n");
    host.trustctl(["add", "--yes", "words"])
        .exits(2)
        .says("README");
    // What is named by itself, or like a certificate, or holds a key, is not passed by.
    host.trustctl(["add", "--yes", "inbox/README"]).exits(2);
    host.input("keys/server.key", Ca::new("Key").key_pem());
    host.trustctl(["add", "--yes", "keys"])
        .exits(2)
        .says("private key");
    host.input("broken/ca.crt", "<html>");
    host.trustctl(["add", "--yes", "broken"]).exits(2);
}

#[test]
fn what_may_issue_for_every_name_is_said_once_for_many() {
    let host = Host::new().settled();
    for name in ["One", "Two", "Three"] {
        host.input(&format!("inbox/{name}.crt"), Ca::new(name).pem());
    }
    let once = |run: Run| {
        let run = run.exits(0);
        assert_eq!(
            run.stdout.matches("no-name-constraints").count(),
            1,
            "{run}"
        );
    };
    once(host.trustctl(["check", "inbox"]));
    once(host.trustctl(["check", "inbox/One.crt"]));
    once(host.trustctl(["add", "--yes", "inbox"]));
}

#[test]
fn list_answers_scripts_by_status_and_by_lines() {
    let ca = Ca::new("Corp");
    let host = Host::new().local("corp.crt", ca.pem()).settled();
    let run = host.trustctl(["list", "--quiet", "corp.crt"]).exits(0);
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
    host.trustctl(["list", "-q", &ca.sha256()]).exits(0);
    let run = host
        .trustctl(["list", "--quiet", "corp.crt", "nothing"])
        .exits(1);
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
    host.trustctl(["list", "--quiet"]).exits(2);
    host.trustctl(["distrust", "--yes", "Vendor_Root_2.crt"])
        .exits(0);
    let run = host.trustctl(["list", "--untrusted", "--tsv"]).exits(0);
    let fields: Vec<&str> = run.stdout.trim_end().split('\t').collect();
    let file = host.path("usr/share/ca-certificates/mozilla/Vendor_Root_2.crt");
    assert_eq!(
        fields[2..],
        [
            "no",
            "vendor",
            file.to_str().unwrap(),
            "O=Example Corp, CN=Vendor Root 2"
        ]
    );
    assert_eq!(fields[0], host.vendors()[1].sha256());
    let run = host.trustctl(["list", "--wide", "--local"]).exits(0);
    let file = host.path(format!("{LOCAL}/corp.crt"));
    let line = run
        .stdout
        .lines()
        .find(|line| line.contains(&ca.sha256()))
        .unwrap();
    assert!(
        line.contains(file.to_str().unwrap()) && line.ends_with("CN=Corp"),
        "{line}"
    );
}

#[test]
fn who_added_it_when_and_why_is_shown_and_found_in_the_history() {
    let (host, corp, other) = (Host::new().settled(), Ca::new("Corp"), Ca::new("Other"));
    host.input("corp.crt", corp.pem());
    host.input("other.crt", other.pem());
    let mut add = host.command(["add", "--yes", "--reason", "ticket 7", "corp.crt"]);
    support::output(add.env("SUDO_USER", "ann")).exits(0);
    host.trustctl(["add", "--yes", "other.crt"]).exits(0);
    let card = host.trustctl(["show", "corp.crt"]).exits(0);
    for text in [
        "added by",
        "ann",
        "trustctl add",
        "added on",
        "ticket 7",
        "generation",
    ] {
        assert!(card.has(text), "{text}: {card}");
    }
    let report = host
        .trustctl(["--format", "json", "show", "corp.crt"])
        .exits(0)
        .report();
    let recorded = &report["certificates"][0]["recorded"];
    assert_eq!(
        (recorded["user"].as_str(), recorded["generation"].as_u64()),
        (Some("ann"), Some(1))
    );
    let all = host.trustctl(["history"]).exits(0);
    let file = host.path(format!("{LOCAL}/corp.crt"));
    for text in [&corp.sha256(), file.to_str().unwrap(), &other.sha256()] {
        assert!(all.has(text), "{text}: {all}");
    }
    for selector in ["corp.crt", &corp.sha256()[..12], "cn=corp"] {
        host.trustctl(["history", selector])
            .exits(0)
            .says("CN=Corp")
            .never_says("CN=Other");
    }
    host.trustctl(["history", "nothing"])
        .exits(2)
        .says("no change on record concerns `nothing`");
}

#[test]
fn a_rehearsal_speaks_of_what_would_be_and_a_tree_is_named_with_its_paths() {
    let (host, ca) = (Host::new().settled(), Ca::new("Corp"));
    host.input("corp.crt", ca.pem());
    let file = host.path(format!("{LOCAL}/corp.crt")).display().to_string();
    host.trustctl(["add", "--dry-run", "corp.crt"])
        .exits(0)
        .says(&format!("would write {file}"))
        .says("would change in")
        .says("nothing was changed")
        .never_says("\n  wrote");
    let run = host.trustctl(["add", "--yes", "corp.crt"]).exits(0);
    let undo = format!("`trustctl --root {} rollback`", host.root().display());
    run.says(&format!("wrote {file}"))
        .says(&undo)
        .never_says("running programs");
    host.trustctl(["list"])
        .exits(0)
        .never_says("no OpenSSL library found");
    host.trustctl(["remove", "--dry-run", "corp.crt"])
        .exits(0)
        .says(&format!("would remove {file}"));
}

#[test]
fn a_store_full_of_new_roots_is_counted_with_the_first_few_of_them() {
    let host = Host::of_this_machine();
    let roots = host
        .text("etc/ca-certificates.conf")
        .matches(".crt")
        .count();
    assert!(roots > 100, "{roots}");
    let run = host.trustctl(["refresh", "--yes"]).exits(0);
    let rest = format!(
        "+ {} more certificates (`--format json` lists all)",
        roots - 3
    );
    run.clone().says(&rest);
    assert_eq!(run.stdout.matches("SHA-256").count(), 3, "{run}");
    let history = host.trustctl(["history"]).exits(0);
    history.clone().says(&rest);
    assert_eq!(history.stdout.matches("SHA-256").count(), 3, "{history}");
    let all = host.trustctl(["history", "--format", "json"]).report();
    let added = all["generations"][0]["added"].as_array().unwrap();
    assert_eq!(added.len(), roots);
}

#[test]
fn a_certificate_that_only_the_bundle_has_is_not_called_local() {
    let (host, ca) = (Host::new().settled(), Ca::new("Left Behind"));
    let bundle = host.text("etc/ssl/certs/ca-certificates.crt");
    host.write("etc/ssl/certs/ca-certificates.crt", bundle + ca.pem());
    let audit = host.trustctl([
        "audit",
        "--rule",
        "no-name-constraints",
        "--fail-on",
        "never",
    ]);
    audit
        .exits(0)
        .says("Left Behind")
        .says("a CA that may issue for every name")
        .never_says("a local");
}

#[test]
fn a_refresh_with_nothing_to_rebuild_points_to_what_needs_attention() {
    let host = Host::new().settled();
    host.trustctl(["refresh"]).exits(0).never_says("attention");
    host.write(format!("{LOCAL}/corp.pem"), Ca::new("Corp").pem());
    host.trustctl(["refresh"])
        .exits(0)
        .says("nothing to do")
        .says("attention")
        .says("corp.pem")
        .says("audit`");
    host.trustctl(["list"]).exits(0).says("corp.pem");
    host.trustctl(["audit", "--fail-on", "never"])
        .exits(0)
        .says("corp.pem");
}

/// Runs a command as a shell takes it, with `sudo` and `trustctl` in the search path.
fn paste(host: &Host, command: &str) -> Run {
    let bin = host.beside("bin");
    std::fs::create_dir_all(&bin).unwrap();
    host.program("bin/sudo", "#!/bin/sh\nexec \"$@\"\n");
    let _ = std::os::unix::fs::symlink(support::trustctl(), bin.join("trustctl"));
    let mut shell = std::process::Command::new("/bin/sh");
    shell
        .env_clear()
        .env("PATH", format!("{}:/usr/sbin:/usr/bin:/bin", bin.display()));
    support::output(shell.args(["-c", command]))
}

#[test]
fn a_remedy_works_as_printed_for_names_with_blanks_quotes_and_more() {
    for name in [
        "a b.crt",
        "it's \"this\".crt",
        "$(id) `id`;.crt",
        "bell\u{7}.crt",
        "-r.crt",
    ] {
        let host = Host::new().settled();
        host.input("corp.crt", Ca::new("Corp").pem());
        host.write(
            format!("{LOCAL}/{name}"),
            "-----BEGIN CERTIFICATE-----\nAAAA\n",
        );
        let report = host
            .trustctl(["--format", "json", "add", "--yes", "corp.crt"])
            .exits(2)
            .json();
        let hint = report["error"]["hint"].as_str().unwrap();
        let from = hint.find("run `").unwrap() + 5;
        let command = &hint[from..hint.rfind('`').unwrap()];
        assert!(command.starts_with("sudo trustctl --root"), "{hint}");
        paste(&host, command).exits(0);
        assert!(!host.has(format!("{LOCAL}/{name}")), "{name}");
        host.trustctl(["add", "--yes", "corp.crt"]).exits(0);
    }
}

/// The commands in a remedy, those between backticks that begin with the name of a program.
fn commands(remedy: &str) -> Vec<&str> {
    let programs = ["rm", "mv", "chmod", "chown", "sudo", "trustctl"];
    let quoted = remedy.split('`').skip(1).step_by(2);
    quoted
        .filter(|text| programs.contains(&text.split(' ').next().unwrap()) && text.contains(' '))
        .collect()
}

/// Runs commands at a terminal where nothing of this machine can be written and `/var/tmp` is empty; says yes if asked.
fn paste_safely(host: &Host, commands: &str) -> Run {
    let bin = host.beside("bin");
    std::fs::create_dir_all(&bin).unwrap();
    let _ = std::os::unix::fs::symlink(support::trustctl(), bin.join("trustctl"));
    let guard = "mount -t tmpfs none /var/tmp && for d in /etc /usr /opt; do mount --bind $d $d && \
                 mount -o remount,bind,ro $d || exit 9; done; exec script -qec \"$0\" /dev/null";
    let mut unshare = std::process::Command::new("/usr/bin/unshare");
    unshare
        .env_clear()
        .env("PATH", format!("{}:/usr/sbin:/usr/bin:/bin", bin.display()));
    unshare.args([
        "--map-root-user",
        "--mount",
        "/bin/sh",
        "-c",
        guard,
        commands,
    ]);
    support::output_with(&mut unshare, b"y\ry\r")
}

#[test]
fn remedies_for_a_tree_work_as_printed_on_that_tree() {
    let mode = |host: &Host, path: &str, mode| {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
        std::fs::set_permissions(host.path(path), mode).unwrap();
    };
    let host = Host::new()
        .local("writable one.crt", Ca::new("One").pem())
        .local("closed.crt", Ca::new("Two").pem())
        .settled();
    mode(&host, &format!("{LOCAL}/writable one.crt"), 0o666);
    mode(&host, &format!("{LOCAL}/closed.crt"), 0o600);
    host.write(format!("{LOCAL}/ignored it.pem"), Ca::new("Three").pem());
    host.write(
        format!("{LOCAL}/page.crt"),
        "-----BEGIN CERTIFICATE-----\nAAAA\n",
    );
    host.write("etc/ca-certificates/update.d/hook.sh", "#!/bin/sh\n");
    host.link("etc/ssl/certs/nowhere.pem", "/no/such/file");
    // What stops every change comes first.
    let wanted = [
        "unreadable-store",
        "unparsable",
        "writable-store",
        "ignored-extension",
        "ignored-hook",
        "dangling-link",
    ];
    let audit = || {
        host.trustctl(["--format", "json", "audit", "--fail-on", "never"])
            .exits(0)
            .report()["findings"]
            .take()
    };
    let of = |findings: &serde_json::Value, rule: &str| -> Vec<String> {
        let all = findings.as_array().unwrap().iter();
        all.filter(|finding| finding["rule"] == rule)
            .map(|finding| finding["remedy"].as_str().unwrap().to_string())
            .collect()
    };
    for rule in wanted {
        let remedies = of(&audit(), rule);
        assert!(!remedies.is_empty(), "{rule}: {:#}", audit());
        for remedy in remedies {
            let commands = commands(&remedy).join(" && ");
            assert!(!commands.is_empty(), "{rule}: {remedy}");
            paste_safely(&host, &commands).exits(0);
        }
        assert!(of(&audit(), rule).is_empty(), "{rule}: {:#}", audit());
    }
    host.trustctl(["refresh"]).exits(0);
}

#[test]
fn the_cloud_init_file_of_the_readme_holds_the_certificate_that_it_names() {
    let readme = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let file = readme
        .split("#cloud-config")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let lines = file.lines().map(str::trim);
    let pem: Vec<&str> = lines
        .skip_while(|line| !line.starts_with("-----BEGIN"))
        .take_while(|line| !line.starts_with("runcmd"))
        .collect();
    let pinned = file
        .split_once("--sha256, ")
        .unwrap()
        .1
        .split(',')
        .next()
        .unwrap();
    let host = Host::new().settled();
    host.trustctl_reading(
        ["add", "--sha256", pinned, "-"],
        (pem.join("\n") + "\n").as_bytes(),
    )
    .exits(0);
    assert_eq!(host.sees(pinned), [true; 3]);
}

#[test]
fn a_number_that_is_none_is_said_in_words() {
    let host = Host::new();
    for arguments in [
        &["list", "--expiring", "soon"][..],
        &["history", "-n", ""],
        &["rollback", "x"],
    ] {
        host.trustctl(arguments)
            .exits(2)
            .says("not a whole number")
            .never_says("digit found");
    }
}
