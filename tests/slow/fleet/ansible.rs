//! The Ansible collection on real distributions, which Ansible enters by chroot. `make test-fleet` makes what it needs.

use std::path::PathBuf;
use std::process::Command;

use support::{Ca, Cell, PATH, Run, output, trustctl};
use tempfile::TempDir;

use super::{PRINTED, block, repository};

/// One root of each release, all with Python.
const ROOTS: [&str; 3] = ["bullseye", "bookworm", "trixie-java"];

/// Where `tests/testbed/ansible.sh` put Ansible.
fn ansible() -> PathBuf {
    let folder = std::env::var_os("TRUSTCTL_ANSIBLE")
        .map_or_else(|| repository().join("target/ansible"), PathBuf::from);
    assert!(
        folder.join("key").is_file(),
        "`{}` is missing: run `make test-fleet`, which makes it",
        folder.display()
    );
    folder
}

/// Three hosts, and a controller that has the collection as it is built.
struct Fleet {
    hosts: Vec<Cell>,
    folder: TempDir,
}

impl Fleet {
    fn new() -> Fleet {
        let hosts: Vec<Cell> = ROOTS.iter().map(|name| Cell::new(name)).collect();
        for host in &hosts {
            host.sh("ln -s /opt/trustctl/trustctl /usr/bin/trustctl")
                .exits(0);
        }
        let folder = TempDir::with_prefix("trustctl-ansible-").unwrap();
        let fleet = Fleet { hosts, folder };
        let built = fleet.path("built");
        fleet
            .program("ansible-galaxy")
            .args(["collection", "build", "--output-path"])
            .arg(&built)
            .arg(repository().join("packaging/ansible"))
            .run()
            .exits(0);
        let archive = std::fs::read_dir(&built)
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .path();
        fleet
            .program("ansible-galaxy")
            .args(["collection", "install", "--offline", "-p"])
            .arg(fleet.path("collections"))
            .arg(archive)
            .run()
            .exits(0);
        let inventory: String = fleet
            .hosts
            .iter()
            .map(|host| {
                let root = host.tree().root().display().to_string();
                format!("{} ansible_host={root}\n", host.name())
            })
            .collect();
        let variables = "[all:vars]\nansible_connection=community.general.chroot\n\
            ansible_python_interpreter=/usr/bin/python3\nansible_become=false\n";
        fleet.write("inventory", format!("[all]\n{inventory}{variables}"));
        fleet
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    fn program(&self, name: &str) -> Call {
        let ansible = ansible();
        let mut command = Command::new(ansible.join("venv/bin").join(name));
        let collections = [self.path("collections"), ansible.join("collections")];
        command
            .env_clear()
            .env(
                "PATH",
                format!("{}:{PATH}", ansible.join("venv/bin").display()),
            )
            .env("HOME", self.folder.path())
            .env("LC_ALL", "C.UTF-8")
            .env(
                "ANSIBLE_COLLECTIONS_PATH",
                std::env::join_paths(collections).unwrap(),
            )
            .env("ANSIBLE_NOCOLOR", "1")
            .env("ANSIBLE_DEPRECATION_WARNINGS", "false")
            .env("ANSIBLE_COLLECTIONS_ON_ANSIBLE_VERSION_MISMATCH", "ignore")
            .current_dir(self.folder.path());
        Call(command)
    }

    fn play(&self, text: &str, more: &[&str]) -> Played {
        let play = self.write("play.yml", text);
        let mut call = self
            .program("ansible-playbook")
            .args(["-i", "inventory"])
            .args(more);
        call.0.arg(play);
        Played(call.run())
    }

    fn trusted(&self, ca: &Ca, trusted: bool) {
        for host in &self.hosts {
            assert_eq!(
                host.tree().sees(&ca.sha256()),
                [trusted; 3],
                "{}",
                host.name()
            );
        }
    }
}

struct Call(Command);

impl Call {
    fn args<S: AsRef<std::ffi::OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Call {
        self.0.args(arguments);
        self
    }

    fn arg(mut self, argument: impl AsRef<std::ffi::OsStr>) -> Call {
        self.0.arg(argument);
        self
    }

    fn run(mut self) -> Run {
        output(&mut self.0)
    }
}

struct Played(Run);

impl Played {
    /// A number of the recap: `changed`, `failed` …
    #[track_caller]
    fn count(&self, host: &str, what: &str) -> usize {
        let recap = self
            .0
            .stdout
            .split("PLAY RECAP")
            .nth(1)
            .unwrap_or_else(|| panic!("{}", self.0));
        let line = recap
            .lines()
            .find(|line| line.split_whitespace().next() == Some(host))
            .unwrap_or_else(|| panic!("{}", self.0));
        let number = line.split(&format!("{what}=")).nth(1).unwrap();
        number.split_whitespace().next().unwrap().parse().unwrap()
    }

    /// Every host changed so many things, and none failed.
    #[track_caller]
    fn changed(self, changed: usize) -> Played {
        for host in ROOTS {
            let counts = ["changed", "failed", "unreachable"].map(|what| self.count(host, what));
            assert_eq!(counts, [changed, 0, 0], "{host}: {}", self.0);
        }
        self
    }
}

#[test]
fn the_play_of_the_readme_changes_once_and_tells_before() {
    let (fleet, ca) = (Fleet::new(), Ca::new("Corp Root"));
    fleet.write("corp-ca.crt", ca.pem());
    let play =
        block("README.md", "yaml", "trustctl.fleet.trustctl_ca").replace(PRINTED, &ca.sha256());
    let told = fleet.play(&play, &["--check", "--diff"]).changed(1);
    let line = format!("+{} ", ca.sha256());
    assert_eq!(
        told.0.stdout.matches(&line).count(),
        ROOTS.len(),
        "{}",
        told.0
    );
    fleet.trusted(&ca, false);
    fleet.play(&play, &[]).changed(1);
    fleet.trusted(&ca, true);
    fleet.play(&play, &["--check", "--diff"]).changed(0);
    fleet.play(&play, &[]).changed(0);
    let history = fleet.hosts[0].sh("trustctl history").exits(0);
    assert!(history.has("ansible"), "{history}");

    // One host after the other, by the content instead of the fingerprint.
    let away = "- hosts: all\n  serial: 1\n  gather_facts: false\n  tasks:\n    - trustctl.fleet.trustctl_ca:\n        state: absent\n        src: corp-ca.crt\n";
    fleet.play(away, &["--check"]).changed(1);
    fleet.trusted(&ca, true);
    fleet.play(away, &[]).changed(1);
    fleet.trusted(&ca, false);
    fleet.play(away, &[]).changed(0);
}

#[test]
fn a_task_names_other_stores_and_takes_the_ca_out_of_them_again() {
    let (fleet, ca) = (Fleet::new(), Ca::new("Corp Root"));
    fleet.write("corp-ca.crt", ca.pem());
    let play = "- hosts: all\n  gather_facts: false\n  tasks:\n    - trustctl.fleet.trustctl_ca:\n        src: corp-ca.crt\n        stores: [env, 'docker:registry.test:5000']\n";
    let there = || -> Vec<String> {
        let list = "ls /etc/docker/certs.d/registry.test:5000 2>/dev/null | wc -l";
        let hosts = fleet.hosts.iter();
        hosts
            .map(|host| host.sh(list).exits(0).stdout.trim().to_string())
            .collect()
    };
    fleet.play(play, &["--check"]).changed(1);
    assert_eq!(there(), ["0"; 3]);
    fleet.play(play, &[]).changed(1);
    assert_eq!(there(), ["1"; 3]);
    fleet.play(play, &[]).changed(0);
    let facts = "- hosts: all\n  gather_facts: false\n  tasks:\n    - trustctl.fleet.trustctl_info:\n        gather: [inventory, audit, reach]\n      register: trust\n    - ansible.builtin.assert:\n        that:\n          - trust.inventory.command == 'list'\n          - trust.audit.report.counts.error == 0\n          - trust.reach.report.rows | selectattr('kind', 'equalto', 'registry') | map(attribute='verdict') | list == ['trusts']\n";
    fleet.play(facts, &[]).changed(0);
    let away = play.replace("        stores", "        state: absent\n        stores");
    fleet.play(&away, &[]).changed(1);
    assert_eq!(there(), ["0"; 3]);
}

#[test]
fn a_host_with_a_broken_file_fails_alone_with_the_words_of_the_refusal() {
    let (fleet, ca) = (Fleet::new(), Ca::new("Corp Root"));
    fleet.write("corp-ca.crt", ca.pem());
    fleet.hosts[1].write("/usr/local/share/ca-certificates/key.crt", ca.key_pem());
    let play =
        block("README.md", "yaml", "trustctl.fleet.trustctl_ca").replace(PRINTED, &ca.sha256());
    let played = fleet.play(&play, &[]);
    for (host, changed, failed) in [(ROOTS[0], 1, 0), (ROOTS[1], 0, 1), (ROOTS[2], 1, 0)] {
        assert_eq!(
            [played.count(host, "changed"), played.count(host, "failed")],
            [changed, failed],
            "{}",
            played.0
        );
    }
    assert!(
        played.0.stdout.contains("key.crt") && played.0.stdout.contains("private key"),
        "{}",
        played.0
    );

    // What is refused itself fails everywhere, and changes nothing.
    let leaf = ca.leaf("www.example");
    fleet.write("corp-ca.crt", &leaf.pem);
    let play = "- hosts: all\n  gather_facts: false\n  tasks:\n    - trustctl.fleet.trustctl_ca:\n        src: corp-ca.crt\n";
    let played = fleet.play(play, &[]);
    for host in [ROOTS[0], ROOTS[2]] {
        assert_eq!(
            [played.count(host, "changed"), played.count(host, "failed")],
            [0, 1],
            "{}",
            played.0
        );
    }
    assert!(played.0.stdout.contains("not-a-ca"), "{}", played.0);
}

#[test]
fn the_role_applies_a_state_and_writes_the_report_of_the_fleet() {
    let (fleet, ca) = (Fleet::new(), Ca::new("Corp Root"));
    let vendor = fleet.hosts[1]
        .sh("trustctl --format json list --vendor 'ISRG Root X1'")
        .exits(0);
    let vendor = vendor.report()["certificates"][0]["sha256"]
        .as_str()
        .unwrap()
        .to_string();
    fleet.write(
        "baseline.toml",
        format!(
            "exclusive = true\n[[ca]]\npem = '''\n{}'''\n[[distrust]]\nsha256 = \"{vendor}\"\n",
            ca.pem()
        ),
    );
    std::fs::create_dir(fleet.path("reports")).unwrap();
    let controller = fleet.path("reports").display().to_string();
    let report = fleet.path("fleet.html");
    let play = format!(
        "- hosts: all\n  gather_facts: false\n  roles:\n    - role: trustctl.fleet.host\n      vars:\n        trustctl_desired: baseline.toml\n        trustctl_reports: {controller}\n        trustctl_report: {}\n        trustctl_controller_executable: {}\n",
        report.display(),
        trustctl().display(),
    );
    let first = fleet.play(&play, &[]);
    // The state and the fetched audit.
    first.changed(2);
    fleet.trusted(&ca, true);
    for host in &fleet.hosts {
        assert_eq!(host.tree().sees(&vendor), [false; 3], "{}", host.name());
        let audit = std::fs::read(
            fleet
                .path("reports")
                .join(format!("{}.audit.json", host.name())),
        )
        .unwrap();
        let audit: serde_json::Value = serde_json::from_slice(&audit).unwrap();
        assert_eq!(audit["report"]["local"][0]["sha256"], ca.sha256());
    }
    let html = std::fs::read_to_string(report).unwrap();
    assert!(html.contains("<title>Trust of 3 hosts</title>"), "{html}");
    for host in ROOTS {
        assert!(html.contains(host), "{host}");
    }
    let again = fleet.play("- hosts: all\n  gather_facts: false\n  tasks:\n    - trustctl.fleet.trustctl_apply:\n        src: baseline.toml\n", &["--check", "--diff"]);
    again.changed(0);
    let back = format!(
        "- hosts: all\n  gather_facts: false\n  tasks:\n    - trustctl.fleet.trustctl_vendor:\n        sha256: {vendor}\n        state: trusted\n"
    );
    fleet.play(&back, &[]).changed(1);
    fleet.play(&back, &[]).changed(0);
    for host in &fleet.hosts {
        assert_eq!(host.tree().sees(&vendor), [true; 3], "{}", host.name());
    }
}

#[test]
fn the_plain_task_of_the_readme_works_in_success_and_refusal() {
    let (fleet, ca) = (Fleet::new(), Ca::new("Corp Root"));
    for host in &fleet.hosts {
        host.sh("mkdir /etc/pki-inbox").exits(0);
        host.write("/etc/pki-inbox/corp-ca.crt", ca.pem());
    }
    let task = block("README.md", "yaml", "ansible.builtin.command");
    let indented: String = task.lines().map(|line| format!("    {line}\n")).collect();
    let play = |sha256: &str| {
        format!(
            "- hosts: all\n  gather_facts: false\n  vars:\n    corp_ca_sha256: \"{sha256}\"\n  tasks:\n{indented}"
        )
    };
    let refused = fleet.play(&play(&"0".repeat(64)), &[]);
    for host in ROOTS {
        assert_eq!(
            [
                refused.count(host, "changed"),
                refused.count(host, "failed")
            ],
            [0, 1],
            "{}",
            refused.0
        );
    }
    assert!(refused.0.stdout.contains("its SHA-256"), "{}", refused.0);
    fleet.trusted(&ca, false);
    fleet.play(&play(&ca.sha256()), &[]).changed(1);
    fleet.play(&play(&ca.sha256()), &[]).changed(0);
    fleet.trusted(&ca, true);
}

#[test]
fn the_cloud_init_file_of_the_readme_does_what_it_says() {
    let (cell, ca) = (Cell::new("bookworm"), Ca::new("Corp Root"));
    cell.sh("ln -s /opt/trustctl/trustctl /usr/bin/trustctl")
        .exits(0);
    let printed = block("README.md", "yaml", "#cloud-config");
    // Read by a YAML reader that is not ours, then done as cloud-init's write_files and runcmd do it.
    let read = "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))";
    let mut python = Command::new(ansible().join("venv/bin/python3"));
    let run =
        support::output_with(python.env_clear().args(["-c", read]), printed.as_bytes()).exits(0);
    let config: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(config["packages"], serde_json::json!(["trustctl"]));
    let run_all = |sha256: &str| {
        let file = &config["write_files"][0];
        assert!(
            file["content"]
                .as_str()
                .unwrap()
                .contains("BEGIN CERTIFICATE")
        );
        cell.write(file["path"].as_str().unwrap(), ca.pem());
        let commands = config["runcmd"].as_array().unwrap().iter();
        let mut commands = commands.map(|command| {
            let words = command
                .as_array()
                .unwrap()
                .iter()
                .map(|word| word.as_str().unwrap());
            let words: Vec<String> = words.map(|word| word.replace(PRINTED, sha256)).collect();
            output(cell.command(&words[0]).args(&words[1..]))
        });
        commands.next_back().unwrap()
    };
    run_all(&"0".repeat(64)).exits(2);
    assert_eq!(cell.tree().sees(&ca.sha256()), [false; 3]);
    run_all(&ca.sha256()).exits(0);
    assert_eq!(cell.tree().sees(&ca.sha256()), [true; 3]);
}

#[test]
fn ansible_test_finds_nothing_wrong() {
    let fleet = Fleet::new();
    // It wants a git repository in `ansible_collections/NAMESPACE/NAME`.
    let folder = fleet.path("source/ansible_collections/trustctl/fleet");
    std::fs::create_dir_all(folder.parent().unwrap()).unwrap();
    let copied = output(
        Command::new("/bin/cp")
            .arg("-a")
            .arg(repository().join("packaging/ansible"))
            .arg(&folder),
    );
    copied.exits(0);
    for arguments in [&["init", "--quiet"][..], &["add", "--all"]] {
        output(
            Command::new("/usr/bin/git")
                .env_clear()
                .env("PATH", PATH)
                .arg("-C")
                .arg(&folder)
                .args(arguments),
        )
        .exits(0);
    }
    // The step that would fetch pip from the network: this Python brings its own.
    let cache = fleet.path(".ansible/test/cache");
    std::fs::create_dir_all(&cache).unwrap();
    std::fs::write(
        cache.join("get_pip_24_2.py"),
        "import ensurepip\nensurepip.bootstrap()\n",
    )
    .unwrap();
    let mut call = fleet
        .program("ansible-test")
        .args(["sanity", "--color", "no", "--python", "default"]);
    for test in [
        "action-plugin-docs",
        "ansible-doc",
        "compile",
        "empty-init",
        "import",
        "line-endings",
        "no-assert",
        "no-smart-quotes",
        "pep8",
        "runtime-metadata",
        "shebang",
        "symlinks",
        "use-argspec-type-path",
        "validate-modules",
        "yamllint",
    ] {
        call = call.args(["--test", test]);
    }
    call.0.current_dir(&folder);
    call.run().exits(0);
}
