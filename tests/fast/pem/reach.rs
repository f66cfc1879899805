//! A rehearsal finds what the real run would meet: mount points, read-only file systems, immutable files.

use std::process::Command;

use support::{Ca, Host, PATH, Run, output, trustctl};

/// Runs shell text in a mount namespace of its own; `$R` is the tree, `$T` the program under test.
fn shell(host: &Host, text: &str) -> Run {
    let mut unshare = Command::new("/usr/bin/unshare");
    unshare
        .env_clear()
        .env("PATH", PATH)
        .env("R", host.root())
        .env("T", trustctl())
        .env("I", host.beside("corp.crt"))
        .current_dir(host.beside("."));
    if output(Command::new("/usr/bin/id").arg("-u")).stdout.trim() != "0" {
        unshare.arg("--map-root-user");
    }
    output(unshare.args(["--mount", "/bin/sh", "-ec", text]))
}

fn host() -> Host {
    let host = Host::new().settled();
    host.input("corp.crt", Ca::new("Corp").pem());
    host
}

#[test]
fn a_rehearsal_names_the_mount_point_that_is_in_the_way() {
    let host = host();
    let before = host.store();
    for dry in ["--dry-run", ""] {
        let text = format!(
            "B=$R/etc/ssl/certs/ca-certificates.crt; mount --bind \"$B\" \"$B\"\n\
             exec \"$T\" --root \"$R\" add --yes {dry} \"$I\""
        );
        shell(&host, &text)
            .exits(2)
            .says("is a mount point of its own")
            .says("mount the folder");
    }
    assert_eq!(host.store(), before);
}

#[test]
fn a_read_only_root_with_a_writable_store_is_served_with_records_elsewhere() {
    let host = host();
    let before = host.store();
    let read_only = "mount --bind \"$R\" \"$R\"; mount -o remount,ro,bind \"$R\"\n";
    let writable = "for d in etc/ssl/certs usr/local/share/ca-certificates; do\n\
                    cp -a \"$R/$d\" copy; mount -t tmpfs none \"$R/$d\"; cp -a copy/. \"$R/$d\"; rm -rf copy; done\n";
    for dry in ["--dry-run", ""] {
        let add =
            |options: &str| format!("\"$T\" {options} --root \"$R\" add --yes {dry} \"$I\"\n");
        shell(&host, &format!("{read_only}{}", add("")))
            .exits(2)
            .says("read-only file system")
            .says("--state DIR");
        let all = format!("{read_only}{writable}");
        shell(&host, &format!("{read_only}{}", add("--state state")))
            .exits(2)
            .says("is on a read-only file system")
            .never_says("sudo");
        let then = "grep -c BEGIN \"$R/etc/ssl/certs/ca-certificates.crt\"\n";
        let count = if dry.is_empty() { "4" } else { "3" };
        let served = shell(&host, &format!("{all}{}{then}", add("--state state"))).exits(0);
        assert!(served.stdout.trim_end().ends_with(count), "{served}");
        let config = host.input(
            "state.toml",
            "[history]\nfolder = \"/etc/ssl/certs/.trustctl\"\n",
        );
        let config = format!("--config {}", config.display());
        shell(&host, &format!("{all}{}{then}", add(&config))).exits(0);
    }
    // Undone where it was put on record.
    let text = format!(
        "{read_only}{writable}\"$T\" --state records --root \"$R\" add --yes \"$I\"\n\
         \"$T\" --state records --root \"$R\" rollback --yes\n\
         cmp \"$R/etc/ssl/certs/ca-certificates.crt\" copy.crt"
    );
    host.input("copy.crt", host.bundle());
    shell(&host, &text).exits(0);
    assert_eq!(host.store(), before);
}

#[test]
fn records_are_not_kept_where_everyone_can_write() {
    let host = host();
    shell(
        &host,
        "mkdir open; chmod 777 open; exec \"$T\" --state open --root \"$R\" add --yes \"$I\"",
    )
    .exits(2)
    .says("everyone can write there");
}

#[test]
fn a_rehearsal_names_the_file_that_is_immutable() {
    let host = host();
    let text = "B=$R/etc/ssl/certs/ca-certificates.crt\n\
                chattr +i \"$B\" 2>refused || { grep -q 'not permitted' refused; exit 99; }\n\
                trap 'chattr -i \"$B\"' EXIT\n\
                \"$T\" --root \"$R\" add --yes --dry-run \"$I\"";
    let run = shell(&host, text);
    if run.code == 99 {
        // Only root can make a file immutable: then there is none to meet.
        assert_ne!(
            output(Command::new("/usr/bin/id").arg("-u")).stdout.trim(),
            "0"
        );
        return;
    }
    run.exits(2)
        .says("is immutable (`lsattr`)")
        .says("sudo chattr -i ");
}

#[test]
fn a_source_that_is_a_mount_point_of_its_own_is_listed_and_named_where_it_is_in_the_way() {
    let (host, ca) = (Host::new(), Ca::new("Mounted"));
    // As a container gets one file: the name in the tree is another file's.
    host.write("usr/local/share/ca-certificates/mounted.crt", ca.pem());
    host.input("corp.crt", ca.pem());
    let host = host.settled();
    let before = host.store();
    let mount = "F=$R/usr/local/share/ca-certificates/mounted.crt; mount --bind \"$I\" \"$F\"\n";
    let run = |words: &str| shell(&host, &format!("{mount}exec \"$T\" --root \"$R\" {words}"));
    run("list --local")
        .exits(0)
        .says("mounted.crt")
        .says("CN=Mounted");
    assert!(run("audit").code < 2);
    run("refresh").exits(0).says("nothing to do");
    for dry in ["--dry-run", ""] {
        run(&format!("remove {dry} mounted.crt"))
            .exits(2)
            .says("mounted.crt` is a mount point of its own");
    }
    // What does not touch it goes on, there and back.
    host.input("other.crt", Ca::new("Other").pem());
    let text = format!(
        "{mount}\"$T\" --root \"$R\" add --yes \"$(dirname \"$I\")/other.crt\"\nexec \"$T\" --root \"$R\" rollback"
    );
    shell(&host, &text).exits(0);
    assert_eq!(host.store(), before);
}
