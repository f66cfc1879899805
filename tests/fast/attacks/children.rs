//! Programs that a change runs, and programs that look as if they took part: nobody's but the system's own are run,
//! nobody's but root's and the owner's are waited for.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use support::{Ca, Host, PATH, Run, output, trustctl};

use super::is_root;

const NOBODY: [&str; 5] = ["--reuid", "65534", "--regid", "65534", "--clear-groups"];

fn host() -> Host {
    Host::new()
        .local("corp.crt", Ca::new("Corp").pem())
        .settled()
}

/// `trustctl ARGUMENT…` on the tree as the machine's own store, with this folder in the place of both of
/// `/usr/local/bin` and `/usr/local/sbin`.
#[track_caller]
fn with_local_programs(host: &Host, programs: &Path, arguments: &[&str]) -> Run {
    let program = trustctl();
    let text = "mount --bind \"$1\" /usr/local/bin && mount --bind \"$1\" /usr/local/sbin && \
                mount --bind \"$2\" /var/lib && shift 2 && exec \"$@\"";
    let state = host.path("var/lib");
    let fixed = ["/bin/sh", "-c", text, "sh"].map(Path::new);
    let command = fixed
        .into_iter()
        .chain([programs, &state, &program])
        .chain(arguments.iter().map(Path::new));
    host.inside(command)
}

#[test]
fn no_program_below_usr_local_is_run_by_a_change_or_its_hooks() {
    let host = host();
    host.write_program(
        "etc/ca-certificates/update.d/hook",
        "#!/bin/sh\nsed p /dev/null; echo \"$PATH\" >/var/lib/hook\n",
    );
    let met = host.beside("met");
    let names = "awk basename cat cp cut date find grep ln ls mktemp mv openssl readlink realpath rm run-parts sed \
                 sh sort tail tr uname update-ca-certificates wc";
    for name in names.split_whitespace() {
        let text = format!(
            "#!/bin/sh\necho {name} >>{}\nexec /usr/bin/{name} \"$@\"\n",
            met.display()
        );
        host.program(&format!("local/{name}"), &text);
    }
    let programs = host.beside("local");
    // The trap works: whoever searches as root's own shell does falls into it.
    let search = format!("PATH={PATH}; mount --bind \"$1\" /usr/local/bin; sed p /dev/null");
    let shell = ["/bin/sh", "-c", &search, "sh"].map(Path::new);
    host.inside(shell.into_iter().chain([programs.as_path()]))
        .exits(0);
    assert_eq!(host.beside_text("met"), "sed\n");
    fs::remove_file(&met).unwrap();

    let new = host.input("new.crt", Ca::new("New").pem());
    let new = new.to_str().unwrap();
    for arguments in [
        ["add", "--yes", "--dry-run", new].as_slice(),
        &["add", "--yes", new],
        &["refresh"],
        &["remove", "new.crt"],
    ] {
        with_local_programs(&host, &programs, arguments).exits(0);
        assert!(!met.exists(), "{arguments:?}: {}", host.beside_text("met"));
    }
    assert_eq!(host.text("var/lib/hook"), "/usr/sbin:/usr/bin:/sbin:/bin\n");
}

/// Starts what follows with these signals ignored, as some supervisors do.
fn ignoring(signals: &str) -> Command {
    let mut env = Command::new("/usr/bin/env");
    env.env_clear()
        .env("PATH", PATH)
        .arg(format!("--ignore-signal={signals}"));
    env
}

#[test]
fn a_caller_that_ignores_its_children_does_not_hinder_a_change() {
    let host = host();
    let new = host.input("new.crt", Ca::new("New").pem());
    for ignored in ["CHLD", "CHLD,PIPE,HUP"] {
        let mut env = ignoring(ignored);
        env.arg(trustctl()).arg("--root").arg(host.root());
        output(env.args(["add", "--yes"]).arg(&new)).exits(0);
        assert!(host.has("etc/ssl/certs/new.pem"), "{ignored}");
        host.trustctl(["remove", "new.crt"]).exits(0);
    }
}

#[test]
fn a_script_that_fails_is_known_to_have_failed_where_children_are_ignored() {
    let host = host();
    let new = host.input("new.crt", Ca::new("New").pem());
    let script = host.program("failing", "#!/bin/sh\nexit 7\n");
    let text = format!(
        "[tools]\nupdate_ca_certificates = \"{}\"\n",
        script.display()
    );
    let config = host.input("config.toml", text);
    let mut env = ignoring("CHLD");
    env.arg(trustctl()).arg("--config").arg(config);
    env.arg("--root").arg(host.root());
    output(env.args(["add", "--yes"]).arg(&new))
        .exits(2)
        .says("exit status 7");
}

/// A process, ended with the test.
struct Process(Child);

impl Process {
    fn start(command: &mut Command) -> Process {
        let child = command
            .env_clear()
            .env("PATH", PATH)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Process(child)
    }

    /// Waits until its arguments, of which one is `argument`, and its users are these.
    fn await_as(&self, argument: &str, users: &str) {
        let deadline = Instant::now() + Duration::from_secs(20);
        let id = self.0.id();
        loop {
            let read = |name: &str| {
                let text = fs::read(format!("/proc/{id}/{name}")).unwrap_or_default();
                String::from_utf8_lossy(&text).into_owned()
            };
            let status = read("status");
            let uid = status.lines().find_map(|line| line.strip_prefix("Uid:\t"));
            let name = read("cmdline");
            let is_script = name
                .split('\0')
                .take(2)
                .any(|a| a.ends_with("update-ca-certificates"));
            if is_script && name.contains(argument) && uid == Some(users) {
                return;
            }
            assert!(Instant::now() < deadline, "{name} {uid:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `remove corp.crt`, with two seconds for whatever is waited for.
fn remove(host: &Host) -> Run {
    let config = host.input("config.toml", "[timeouts]\nlock_seconds = 2\n");
    host.trustctl(["--config", config.to_str().unwrap(), "remove", "corp.crt"])
}

/// Prefixes a command so that it runs as an ordinary user who is not the tree's owner, and tells its user line.
fn as_another_user() -> (Command, String) {
    if is_root() {
        let mut command = Command::new("/usr/bin/setpriv");
        command.args(NOBODY);
        return (command, "65534\t65534\t65534\t65534".to_string());
    }
    // The first of the numbers set apart for this user (subuid(5)).
    let name = output(Command::new("/usr/bin/id").arg("-un")).stdout;
    let given = fs::read_to_string("/etc/subuid").unwrap();
    let line = given
        .lines()
        .find_map(|line| line.strip_prefix(&format!("{}:", name.trim())));
    let first: u32 = line.unwrap().split(':').next().unwrap().parse().unwrap();
    let mut command = Command::new("/usr/bin/unshare");
    command.args(["--map-auto", "--map-root-user", "/usr/bin/setpriv"]);
    let id = (first + 999).to_string();
    command.args(["--reuid", "1000", "--regid", "1000", "--clear-groups"]);
    (command, [id.as_str(); 4].join("\t"))
}

#[test]
fn only_runs_of_the_script_by_root_or_the_owner_are_waited_for() {
    let host = host();
    let script = host.program(
        "update-ca-certificates",
        "while :; do read x </dev/zero; done\n",
    );
    let certs = host.path("etc/ssl/certs");
    let certs = certs.to_str().unwrap();

    // The control: the owner's own run is waited for.
    let own = fs::metadata(host.root()).unwrap().uid().to_string();
    let mut command = Command::new("/bin/sh");
    command.arg(&script).args(["--etccertsdir", certs]);
    let run = Process::start(&mut command);
    run.await_as(certs, &[own.as_str(); 4].join("\t"));
    remove(&host)
        .exits(2)
        .says("`update-ca-certificates` has been running");
    drop(run);

    let (mut command, users) = as_another_user();
    command.arg("/bin/sh").arg(&script);
    let run = Process::start(command.args(["--etccertsdir", certs]));
    run.await_as(certs, &users);
    let started = Instant::now();
    remove(&host).exits(0);
    assert!(started.elapsed() < Duration::from_secs(20));
    assert!(!host.has("etc/ssl/certs/corp.pem"));
}

#[test]
fn a_set_uid_program_under_the_scripts_name_is_not_waited_for() {
    if !is_root() {
        // Only root can make a program that another user starts as root: what is left is that `only_runs_…` holds.
        return;
    }
    let host = host();
    let python = fs::canonicalize("/usr/bin/python3").unwrap();
    let program = host.beside("set-uid");
    fs::copy(python, &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o4755)).unwrap();
    let certs = host.path("etc/ssl/certs");
    let certs = certs.to_str().unwrap();
    let mut command = Command::new("/usr/bin/setpriv");
    command.args(NOBODY).args(["/bin/bash", "-c"]);
    let text = "exec -a update-ca-certificates \"$0\" -I -S -c '
import os, time
os.setresuid(0, 0, 0)
time.sleep(100)' --etccertsdir \"$1\"";
    command.arg(text).arg(&program).arg(certs);
    let run = Process::start(&mut command);
    run.await_as(certs, "0\t0\t0\t0");
    remove(&host).exits(0);
}
