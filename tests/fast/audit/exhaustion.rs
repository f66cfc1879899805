//! What users put into their homes: it costs root's audit little, and what was left out is said.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use support::{Host, Run, output, trustctl};

use super::{found, furnished, good_host};

/// Less memory than the attacks took, and far more than any audit needs.
const MEMORY_KIB: usize = 400_000;

/// Runs trustctl with so little memory that it dies where others choose how much it takes.
fn bounded(host: &Host, arguments: &[&str]) -> Run {
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", &format!("ulimit -v {MEMORY_KIB}; exec \"$0\" \"$@\"")])
        .arg(trustctl())
        .arg("--root")
        .arg(host.root());
    output(command.args(arguments))
}

fn audit(host: &Host) -> Value {
    bounded(host, &["--format", "json", "audit", "--fail-on", "never"])
        .exits(0)
        .report()
}

fn skipped(report: &Value) -> String {
    report["skipped"].to_string()
}

/// A file of settings as large as is read.
fn large_settings() -> String {
    let mut text = String::from("NODE_TLS_REJECT_UNAUTHORIZED=0\n");
    while text.len() < (1 << 20) - 32 {
        let line = format!("V{}=1\n", text.len());
        text.push_str(&line);
    }
    text
}

#[test]
fn a_file_with_many_names_is_read_once() {
    let host = good_host();
    host.write("home/ann/.config/environment.d/0.conf", large_settings());
    for number in 1..80 {
        let link = host.path(format!("home/ann/.config/environment.d/{number}.conf"));
        std::fs::hard_link(host.path("home/ann/.config/environment.d/0.conf"), link).unwrap();
    }
    let started = Instant::now();
    let report = audit(&host);
    // In a debug build, on a busy machine; eighty times took minutes.
    assert!(
        started.elapsed() < Duration::from_secs(60),
        "{:?}",
        started.elapsed()
    );
    let found = report["findings"].as_array().unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(skipped(&report).contains("of its"), "{}", skipped(&report));
}

#[test]
fn what_a_user_has_beyond_the_bounds_is_said_not_to_be_checked_and_takes_nothing_from_others() {
    let host = good_host();
    host.write(
        "etc/passwd",
        "root:x:0:0:root:/root:/bin/bash\nann:x:1000:1000:Ann:/home/ann:/bin/bash\nbob:x:1001:1001:Bob:/home/bob:/bin/bash\n",
    );
    let text = large_settings();
    for number in 0..12 {
        host.write(
            format!("home/ann/.config/environment.d/{number:02}.conf"),
            &text,
        );
    }
    host.write(
        "home/bob/.profile",
        "export NODE_TLS_REJECT_UNAUTHORIZED=0\n",
    );
    let report = audit(&host);
    let skipped = skipped(&report);
    assert!(
        skipped.contains("not checked: `ann` has more than 8 MiB of settings"),
        "{skipped}"
    );
    let findings = report["findings"].to_string();
    assert!(findings.contains("/home/bob/.profile"), "{findings}");
}

#[test]
fn names_without_end_in_a_home_are_not_all_looked_at() {
    let host = good_host();
    for folder in 0..70 {
        let path = host.path(format!("home/ann/.config/systemd/user/{folder:03}"));
        std::fs::create_dir_all(&path).unwrap();
        for name in 0..3000 {
            std::fs::File::create(path.join(format!("{name}.service"))).unwrap();
        }
    }
    host.write("home/ann/.npmrc", "strict-ssl=false\n");
    let started = Instant::now();
    let report = audit(&host);
    assert!(
        started.elapsed() < Duration::from_secs(100),
        "{:?}",
        started.elapsed()
    );
    assert!(
        skipped(&report).contains("too many below this home"),
        "{}",
        skipped(&report)
    );
}

#[test]
fn a_file_that_leads_to_many_others_is_followed_to_some() {
    let host = good_host();
    let lines: String = (0..1000)
        .map(|number| format!("path = /home/ann/inc{number}\n"))
        .collect();
    host.write("home/ann/.gitconfig", format!("[include]\n{lines}"));
    let report = audit(&host);
    assert!(
        skipped(&report).contains("only the first 256 of the files it names"),
        "{}",
        skipped(&report)
    );
}

/// Each is a link in a home to something that root can read and the user cannot, or that acts when it is read.
#[test]
fn links_of_users_do_not_lead_root_to_what_they_may_not_read() {
    let host = good_host();
    host.write(
        "etc/shadow",
        "insecure\nssl_verify: false\nroot:x:1::::::\n",
    );
    host.write("home/bob/secret", "strict-ssl=false\n");
    for (path, mode) in [("etc/shadow", 0o640), ("home/bob/secret", 0o600)] {
        std::fs::set_permissions(host.path(path), std::fs::Permissions::from_mode(mode)).unwrap();
    }
    symlink("/etc/shadow", host.path("home/ann/.condarc")).unwrap();
    symlink("/etc/shadow", host.path("home/ann/.curlrc")).unwrap();
    symlink("/home/bob/secret", host.path("home/ann/.npmrc")).unwrap();
    host.write("home/ann/.gitconfig", "[include]\npath = /etc/shadow\n");
    host.write("srv/app/.git/config", "[include]\npath = /etc/shadow\n");
    if nix::unistd::geteuid().is_root() {
        std::os::unix::fs::chown(host.path("srv/app"), Some(1000), Some(1000)).unwrap();
    }
    let report = audit(&host);
    assert_eq!(report["findings"], serde_json::json!([]));
    let skipped = skipped(&report);
    for path in [
        "/home/ann/.condarc",
        "/home/ann/.curlrc",
        "/home/ann/.npmrc",
        "/etc/shadow",
    ] {
        assert!(skipped.contains(path), "{path}: {skipped}");
    }
    assert!(
        skipped.contains("belongs to another user and is not world-readable"),
        "{skipped}"
    );
    // What everyone may read is read, wherever it lies.
    let open = furnished(Host::new()).settled();
    open.write("opt/shared/curlrc", "insecure\n");
    symlink("/opt/shared/curlrc", open.path("home/ann/.curlrc")).unwrap();
    assert!(
        found(&open)
            .iter()
            .any(|line| line.contains("/home/ann/.curlrc"))
    );
}

/// `/proc/kmsg` hands each message of the kernel out once, and `/proc/self/environ` is root's.
#[test]
fn what_the_kernel_makes_up_is_not_read() {
    let mut command = Command::new("/usr/bin/unshare");
    let host = good_host();
    let script = "mkdir -p \"$1/proc\" && mount -t proc proc \"$1/proc\" && exec \"$0\" --root \"$1\" --format json audit --fail-on never";
    symlink("/proc/1/cmdline", host.path("home/ann/.curlrc")).unwrap();
    symlink("/proc/kmsg", host.path("home/ann/.npmrc")).unwrap();
    command.args([
        "--user",
        "--map-root-user",
        "--mount",
        "--pid",
        "--fork",
        "/bin/sh",
        "-c",
        script,
    ]);
    let run = output(command.arg(trustctl()).arg(host.root()));
    let report = run.exits(0).report();
    let skipped = skipped(&report);
    assert!(
        skipped.matches("the kernel makes its content up").count() >= 1,
        "{skipped}"
    );
    assert!(skipped.contains("/home/ann/.curlrc"), "{skipped}");
}

#[test]
fn many_names_of_one_large_file_among_the_sources_are_read_once() {
    let host = good_host();
    let first = host.path("usr/local/share/ca-certificates/0.crt");
    std::fs::File::create(&first)
        .unwrap()
        .set_len(60 << 20)
        .unwrap();
    for number in 1..12 {
        let link = host.path(format!("usr/local/share/ca-certificates/{number}.crt"));
        std::fs::hard_link(&first, link).unwrap();
    }
    bounded(&host, &["list"]).exits(0);
    bounded(&host, &["list", "--format", "json"]).exits(0);
}
