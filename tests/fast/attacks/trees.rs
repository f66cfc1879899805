//! Trees that somebody else has made, each with one attack.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, lchown, symlink};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use support::{Ca, Host, Snapshot, Tree, output, sha256};

use super::{Stopped, done_as_root};

const LOCAL: &str = "usr/local/share/ca-certificates";
const STATE: &str = "var/lib/trustctl";
const STRANGER: u32 = 65534;

/// A settled store, a CA to be added, and a folder of the machine that no command may touch.
struct Case {
    host: Host,
    new: String,
    outside: PathBuf,
    before: Snapshot,
}

fn case() -> Case {
    let host = Host::new()
        .local("corp.crt", Ca::new("Corp").pem())
        .settled();
    let outside = host.beside("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("precious"), "precious").unwrap();
    fs::write(outside.join("ca.crt"), Ca::new("Precious").pem()).unwrap();
    let new = host.input("new.crt", Ca::new("New").pem());
    Case {
        new: new.to_str().unwrap().to_string(),
        before: Tree::new(&outside).everything(),
        host,
        outside,
    }
}

impl Case {
    /// Every command that may act on what it finds in a tree.
    fn commands(&self) -> Vec<Vec<&str>> {
        vec![
            vec!["history"],
            vec!["recover"],
            vec!["list"],
            vec!["audit"],
            vec!["refresh"],
            vec!["refresh", "--dry-run"],
            vec!["add", "--yes", &self.new],
            vec!["remove", "corp.crt"],
            vec!["distrust", "Vendor_Root_1.crt"],
            vec!["rollback"],
        ]
    }

    #[track_caller]
    fn assert_untouched(&self, after: &[&str]) {
        let now = Tree::new(&self.outside).everything();
        assert_eq!(now, self.before, "after {after:?}");
    }

    /// Puts a record of an interrupted change into the tree, with these steps and the content that they name.
    fn record(&self, steps: &Value, content: &[u8]) {
        let object = format!("{STATE}/objects/{}", sha256(content));
        self.host.write(object, content);
        let manifest = json!({
            "schema": 1, "number": 1, "phase": "prepared", "command": "add", "reason": null,
            "time": "2026-01-01T00:00:00Z", "user": null, "uid": 0, "version": "0.1.0", "added": [], "removed": [],
            "hook_lines": [], "open": [], "sources": {}, "selection": { "is": "absent" }, "steps": steps,
        });
        self.host.write(
            format!("{STATE}/generations/000001/manifest.json"),
            manifest.to_string(),
        );
    }
}

fn file(content: &[u8]) -> Value {
    json!({ "is": "file", "sha256": sha256(content), "mode": 0o644, "uid": 0, "gid": 0 })
}

#[test]
fn a_record_that_first_makes_a_link_and_then_writes_through_it_is_refused() {
    let content = b"* * * * * root true\n";
    for target in ["ABSOLUTE", "CLIMBING"] {
        let case = case();
        let target = match target {
            "ABSOLUTE" => case.outside.display().to_string(),
            _ => format!("{}outside", "../".repeat(5)),
        };
        let link = json!({ "is": "link", "target": target });
        let steps = json!([
            { "role": "source", "path": format!("/{LOCAL}/d"), "before": link, "after": { "is": "absent" } },
            { "role": "source", "path": format!("/{LOCAL}/d/evil"), "before": file(content),
              "after": { "is": "absent" } },
        ]);
        for command in case.commands() {
            case.record(&steps, content);
            let run = case.host.trustctl(&command);
            case.assert_untouched(&command);
            if !matches!(command[0], "list" | "audit") && !command.contains(&"--dry-run") {
                run.exits(2).says("lies below");
            }
            assert!(!case.host.has(format!("{LOCAL}/d")), "{command:?}");
        }
    }
}

#[test]
fn a_record_that_writes_through_a_link_of_the_tree_is_refused() {
    let content = b"* * * * * root true\n";
    let steps = json!([
        { "role": "source", "path": format!("/{LOCAL}/d/evil"), "before": file(content),
          "after": { "is": "absent" } },
    ]);
    for target in ["ABSOLUTE", "../../../../../outside", "/etc"] {
        let case = case();
        let target = match target {
            "ABSOLUTE" => case.outside.to_str().unwrap(),
            target => target,
        };
        symlink(target, case.host.path(format!("{LOCAL}/d"))).unwrap();
        for command in case.commands() {
            case.record(&steps, content);
            case.host.trustctl(&command);
            case.assert_untouched(&command);
            assert!(!case.host.has("etc/evil"), "{command:?}");
        }
    }
}

#[test]
fn a_digest_on_record_that_is_a_path_is_refused() {
    let case = case();
    let path = case.outside.join("precious").display().to_string();
    for digest in [path.as_str(), "../lock", "", "ABC"] {
        let state = json!({ "is": "file", "sha256": digest, "mode": 0o644, "uid": 0, "gid": 0 });
        let steps = json!([{ "role": "source", "path": format!("/{LOCAL}/x.crt"), "before": state,
                             "after": { "is": "absent" } }]);
        case.record(&steps, b"");
        for command in [["recover"].as_slice(), &["refresh"], &["history"]] {
            case.host
                .trustctl(command)
                .exits(2)
                .says("it has a digest that is none");
        }
        case.assert_untouched(&["recover"]);
    }
}

#[test]
fn a_record_of_a_stranger_is_shown_but_not_carried_out() {
    if done_as_root("trees::a_record_of_a_stranger_is_shown_but_not_carried_out") {
        return;
    }
    let case = case();
    let content = Ca::new("Planted");
    let content = content.pem().as_bytes();
    let steps = json!([{ "role": "source", "path": format!("/{LOCAL}/planted.crt"), "before": file(content),
                         "after": { "is": "absent" } }]);
    case.record(&steps, content);
    let manifest = case
        .host
        .path(format!("{STATE}/generations/000001/manifest.json"));
    lchown(&manifest, Some(STRANGER), Some(STRANGER)).unwrap();
    case.host
        .trustctl(["history"])
        .exits(0)
        .says("was interrupted");
    for command in [
        ["recover"].as_slice(),
        &["refresh"],
        &["add", "--yes", &case.new],
    ] {
        case.host
            .trustctl(command)
            .exits(2)
            .says("was written by user 65534");
        assert!(!case.host.has(format!("{LOCAL}/planted.crt")));
    }
    // The same record by root is carried out.
    lchown(&manifest, Some(0), Some(0)).unwrap();
    case.host.trustctl(["recover"]).exits(0).says("undone");
    assert!(case.host.has(format!("{LOCAL}/planted.crt")));
}

#[test]
fn history_only_reads() {
    let case = case();
    let content = Ca::new("Earlier");
    let content = content.pem().as_bytes();
    let steps = json!([{ "role": "source", "path": format!("/{LOCAL}/earlier.crt"), "before": file(content),
                         "after": { "is": "absent" } }]);
    case.record(&steps, content);
    let before = case.host.everything();
    let root = case.host.root().display();
    case.host
        .trustctl(["history"])
        .exits(0)
        .says("a change was interrupted or is under way")
        .says(&format!("`sudo trustctl --root {root} recover`"));
    case.host
        .trustctl(["--format", "json", "history"])
        .exits(0)
        .json();
    assert_eq!(case.host.everything(), before);
    let run = case.host.trustctl(["--format", "json", "recover"]).exits(0);
    let report = run.report();
    let what = report["recovered"].as_str().unwrap();
    assert!(what.contains("was interrupted; it was undone"), "{what}");
    assert!(case.host.has(format!("{LOCAL}/earlier.crt")));
    case.host
        .trustctl(["recover"])
        .exits(0)
        .says("nothing to recover: no change was interrupted");
    case.host
        .trustctl(["history"])
        .exits(0)
        .never_says("was interrupted or");
}

#[test]
fn recover_leaves_a_tree_without_a_record_as_it_is() {
    let case = case();
    let before = case.host.everything();
    case.host
        .trustctl(["recover"])
        .exits(0)
        .says("nothing to recover");
    assert_eq!(case.host.everything(), before);
}

#[test]
fn a_lock_file_that_is_not_ours_is_neither_written_nor_opened() {
    if done_as_root("trees::a_lock_file_that_is_not_ours_is_neither_written_nor_opened") {
        return;
    }
    let case = case();
    let lock = case.host.path(format!("{STATE}/lock"));
    fs::create_dir_all(lock.parent().unwrap()).unwrap();
    let precious = case.outside.join("precious");
    let mknod = |kind: &[&str]| {
        output(Command::new("/bin/mknod").arg(&lock).args(kind)).exits(0);
    };
    // Only root of the machine makes device nodes.
    let devices = fs::read_to_string("/proc/self/uid_map").unwrap();
    let devices = devices.split_whitespace().last() == Some("4294967295");
    for kind in [
        "hard link",
        "link",
        "fifo",
        "folder",
        "stranger",
        "block device",
        "device",
    ] {
        match kind {
            "link" => symlink(&precious, &lock).unwrap(),
            "hard link" => fs::hard_link(&precious, &lock).unwrap(),
            "fifo" => mknod(&["p"]),
            "folder" => fs::create_dir(&lock).unwrap(),
            "stranger" => {
                fs::write(&lock, "theirs").unwrap();
                lchown(&lock, Some(STRANGER), Some(STRANGER)).unwrap();
            }
            "block device" if devices => mknod(&["b", "7", "250"]),
            "device" if devices => mknod(&["c", "1", "3"]),
            _ => continue,
        }
        let run = case.host.trustctl(["add", "--yes", &case.new]);
        assert_eq!(fs::read(&precious).unwrap(), b"precious", "{kind}");
        run.exits(2).says("cannot use the lock file");
        if kind == "stranger" {
            assert_eq!(fs::read(&lock).unwrap(), b"theirs");
        }
        let remove = fs::remove_file(&lock).or_else(|_| fs::remove_dir(&lock));
        remove.unwrap();
    }
    case.assert_untouched(&["add"]);
    case.host.trustctl(["add", "--yes", &case.new]).exits(0);
}

#[test]
fn a_folder_of_temporary_files_outside_the_tree_is_left_alone() {
    for target in ["/", "..", "../../..", "../../../../..", "/etc", "OUTSIDE"] {
        let case = case();
        let beside = case.host.beside(".trustctl-tmp");
        fs::create_dir(&beside).unwrap();
        fs::write(beside.join("precious"), "precious").unwrap();
        fs::rename(
            case.host.path("etc/ssl/certs"),
            case.host.path("etc/ssl/moved"),
        )
        .unwrap();
        let target = match target {
            "OUTSIDE" => case.outside.to_str().unwrap(),
            target => target,
        };
        symlink(target, case.host.path("etc/ssl/certs")).unwrap();
        for command in case.commands() {
            case.host.trustctl(&command);
            let kept = fs::read(beside.join("precious")).unwrap();
            assert_eq!(kept, b"precious", "{target} {command:?}");
            case.assert_untouched(&command);
        }
    }
}

#[test]
fn what_is_reached_through_a_link_below_the_local_folder_is_never_removed() {
    let case = case();
    let host = &case.host;
    host.write("etc/openvpn/ca.crt", Ca::new("Vpn").pem());
    host.write("etc/openvpn/other.crt", Ca::new("Other").pem());
    host.link(format!("{LOCAL}/vpn"), "/etc/openvpn");
    host.trustctl(["refresh", "--yes"]).exits(0);
    // It is the link that would go, and another certificate with it.
    host.trustctl(["remove", "ca.crt"])
        .exits(2)
        .says("is reached through the link");
    assert!(host.has("etc/openvpn/ca.crt") && host.has(format!("{LOCAL}/vpn")));
    host.trustctl(["remove", "ca.crt", "other.crt"]).exits(0);
    assert!(host.has("etc/openvpn/ca.crt") && host.has("etc/openvpn/other.crt"));
    assert!(!host.has(format!("{LOCAL}/vpn")));
    assert_eq!(host.bundle_certs().len(), 4);
    // Nothing is written through it either.
    host.link(format!("{LOCAL}/vpn"), "/etc/openvpn");
    let before = Tree::new(&host.path("etc/openvpn")).everything();
    for command in case.commands() {
        host.trustctl(&command);
        let now = Tree::new(&host.path("etc/openvpn")).everything();
        assert_eq!(now, before, "{command:?}");
    }
}

#[test]
fn a_link_of_a_stranger_on_the_way_to_the_local_folder_is_not_followed_by_a_change() {
    if done_as_root(
        "trees::a_link_of_a_stranger_on_the_way_to_the_local_folder_is_not_followed_by_a_change",
    ) {
        return;
    }
    let case = case();
    let host = &case.host;
    let own = fs::metadata(host.root()).unwrap().uid();
    host.write("etc/openvpn/corp.crt", Ca::new("Vpn").pem());
    let link = host.path(LOCAL);
    fs::rename(&link, host.path("moved")).unwrap();
    symlink("/etc/openvpn", &link).unwrap();
    lchown(&link, Some(STRANGER), Some(STRANGER)).unwrap();
    let commands = [
        ["remove", "corp.crt"].as_slice(),
        &["add", "--yes", &case.new],
    ];
    for command in commands {
        host.trustctl(command)
            .exits(2)
            .says("belongs to user 65534");
    }
    assert!(host.has("etc/openvpn/corp.crt") && !host.has("etc/openvpn/new.crt"));
    // The administrator's own link is.
    lchown(&link, Some(own), None).unwrap();
    host.trustctl(["remove", "corp.crt"]).exits(0);
    assert!(!host.has("etc/openvpn/corp.crt"));
}

#[test]
fn a_folder_that_becomes_a_link_while_a_change_is_under_way_leads_nowhere() {
    let case = case();
    let host = &case.host;
    let pem = Ca::new("Vpn").pem().to_string();
    host.write("etc/openvpn/ca.crt", &pem);
    let (folder, aside) = (
        host.path(format!("{LOCAL}/vpn")),
        host.path(format!("{LOCAL}/aside")),
    );
    let link = host.path(format!("{LOCAL}/link"));
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let _ = symlink("/etc/openvpn", &link);
                let _ = fs::rename(&folder, &aside);
                let _ = fs::rename(&link, &folder);
                std::thread::sleep(Duration::from_micros(300));
                let _ = fs::rename(&folder, &link);
                let _ = fs::rename(&aside, &folder);
                std::thread::sleep(Duration::from_micros(300));
            }
        });
        let stopped = Stopped(&stop);
        for _ in 0..12 {
            for place in [&folder, &aside] {
                if place.symlink_metadata().is_ok_and(|found| found.is_dir()) {
                    let _ = fs::write(place.join("ca.crt"), &pem);
                }
            }
            if !folder.exists() && !aside.exists() {
                let _ = fs::create_dir(&folder);
            }
            // Not once more with `--format json`: by then the folder is another.
            support::output(&mut host.command(["remove", "ca.crt"]));
            // What the test itself wrote through the link is the same.
            assert_eq!(host.text("etc/openvpn/ca.crt"), pem);
        }
        drop(stopped);
    });
    case.assert_untouched(&["remove"]);
}

#[test]
fn a_fifo_in_the_place_of_any_file_is_not_opened() {
    for name in [
        "etc/ca-certificates.conf",
        "etc/trustctl/trustctl.toml",
        "etc/ssl/certs/ca-certificates.crt",
        "etc/ssl/certs/extra.pem",
        "usr/local/share/ca-certificates/pipe.crt",
        "usr/share/ca-certificates/mozilla/Vendor_Root_1.crt",
        "var/lib/trustctl/lock",
        "var/lib/trustctl/generations/000001/manifest.json",
        "var/lib/dpkg/info/a.list",
        "etc/gitconfig",
        "etc/environment",
    ] {
        let case = case();
        let path = case.host.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let _ = fs::remove_file(&path);
        output(Command::new("/usr/bin/mkfifo").arg(&path)).exits(0);
        // It ends as soon as somebody opens the other end.
        let mut writer = Command::new("/bin/sh")
            .args(["-c", "exec 3>\"$0\""])
            .arg(&path)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        for command in case.commands() {
            case.host.trustctl(&command);
            let ended = writer.try_wait().unwrap();
            assert!(ended.is_none(), "{name} was opened by {command:?}");
        }
        let found = fs::symlink_metadata(&path).unwrap();
        if found.file_type().is_fifo() {
            // The trap works.
            drop(fs::File::open(&path).unwrap());
            assert!(writer.wait().unwrap().success());
        } else {
            // It was replaced, unopened.
            assert_eq!(name, "etc/ssl/certs/ca-certificates.crt");
            writer.kill().unwrap();
            writer.wait().unwrap();
        }
    }
}

#[test]
fn a_folder_where_our_temporary_file_goes_is_not_emptied() {
    let case = case();
    let name = format!("{LOCAL}/.trustctl-tmp/theirs/file");
    case.host.write(&name, "theirs");
    case.host
        .trustctl(["add", "--yes", &case.new])
        .exits(2)
        .says(".trustctl-tmp");
    assert_eq!(case.host.text(&name), "theirs");
}

#[test]
fn a_file_swapped_while_it_is_staged_is_not_what_is_published() {
    // What is published is what was judged, whatever the file says by the time that the script reads it.
    let case = case();
    let corp = case.host.path(format!("{LOCAL}/corp.crt"));
    let pem = fs::read(&corp).unwrap();
    let (one, other) = (case.host.beside("one"), case.host.beside("other"));
    fs::write(
        &other,
        "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n",
    )
    .unwrap();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let mut file = fs::File::create(&one).unwrap();
                file.write_all(&pem).unwrap();
                let _ = fs::copy(&other, case.host.beside("bad"));
                let _ = fs::rename(case.host.beside("bad"), &corp);
                let _ = fs::rename(&one, &corp);
            }
        });
        let stopped = Stopped(&stop);
        for command in [
            ["add", "--yes", &case.new],
            ["remove", "--reason=none", "new.crt"],
        ]
        .repeat(5)
        {
            // Not once more with `--format json`: by then the file is another.
            support::output(&mut case.host.command(command));
            let bundle = String::from_utf8(case.host.bundle()).unwrap();
            assert!(!bundle.contains("PRIVATE KEY"), "{bundle}");
        }
        drop(stopped);
    });
}

#[test]
fn modes_of_what_is_replaced_outside_by_a_hard_link_stay() {
    let case = case();
    let precious = case.outside.join("ca.crt");
    fs::set_permissions(&precious, fs::Permissions::from_mode(0o600)).unwrap();
    let before = Tree::new(&case.outside).everything();
    fs::hard_link(&precious, case.host.path(format!("{LOCAL}/linked.crt"))).unwrap();
    for command in case.commands() {
        case.host.trustctl(&command);
        assert_eq!(Tree::new(&case.outside).everything(), before, "{command:?}");
    }
}
