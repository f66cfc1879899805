//! Attacks and odd surroundings: trees and folders that somebody else can write, links that lead out, signals,
//! closed streams, any umask, mounts.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests act on trees of their own and fail by panicking"
)]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::{Ca, Host, PATH, Run, Snapshot, output, trustctl};

const LOCAL: &str = "usr/local/share/ca-certificates";
const CONF: &str = "etc/ca-certificates.conf";
const MANIFEST: &str = "var/lib/trustctl/generations/000001/manifest.json";

/// A store, the path of a CA to be added, and a folder on the machine that no call may touch.
struct Case {
    host: Host,
    new: String,
    outside: PathBuf,
}

fn case() -> Case {
    let host = Host::new()
        .local("corp.crt", Ca::new("Corp").pem())
        .settled();
    let outside = host.beside("outside");
    fs::create_dir(&outside).unwrap();
    let new = host.input("new.crt", Ca::new("New").pem());
    Case {
        new: new.to_str().unwrap().to_string(),
        host,
        outside,
    }
}

impl Case {
    #[track_caller]
    fn add(&self) -> Run {
        self.host.trustctl(["add", "--yes", &self.new])
    }

    #[track_caller]
    fn assert_nothing_outside(&self) {
        let names: Vec<_> = fs::read_dir(&self.outside).unwrap().collect();
        assert!(names.is_empty(), "{names:?}");
    }

    /// Turns the change on record into one that was interrupted; the bundle that it replaced is not kept any more.
    fn interrupted(&self, bundle: &[u8], change: impl FnOnce(&mut serde_json::Value)) {
        let object = format!("var/lib/trustctl/objects/{}", support::sha256(bundle));
        self.host.write(object, bundle);
        let mut manifest = serde_json::from_str(&self.host.text(MANIFEST)).unwrap();
        change(&mut manifest);
        manifest["phase"] = "prepared".into();
        self.host.write(MANIFEST, manifest.to_string());
    }
}

/// The tree without what trustctl keeps for itself.
fn store(host: &Host) -> Snapshot {
    let mut all = host.everything();
    all.retain(|path, _| !path.starts_with("var/lib/trustctl"));
    all
}

/// `trustctl --root TREE ARGUMENT…` after some shell text that ends in `exec "$@"` or the like.
fn shell(host: &Host, text: &str, arguments: &[&str]) -> Run {
    let mut sh = Command::new("/bin/sh");
    sh.env_clear().env("PATH", PATH).args(["-c", text, "sh"]);
    sh.arg(trustctl()).arg("--root").arg(host.root());
    output(sh.args(arguments))
}

/// The same in a mount namespace of its own.
fn in_namespace(host: &Host, text: &str, arguments: &[&str]) -> Run {
    let mut unshare = Command::new("/usr/bin/unshare");
    unshare
        .env_clear()
        .env("PATH", PATH)
        .env("ROOT", host.root());
    if !is_root() {
        unshare.arg("--map-root-user");
    }
    unshare.args(["--mount", "/bin/sh", "-c", text, "sh"]);
    unshare.arg(trustctl()).arg("--root").arg(host.root());
    output(unshare.args(arguments))
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

#[test]
fn a_selection_that_leaves_the_vendor_folder_is_refused_and_reaches_nothing() {
    let up = "../".repeat(30);
    for absolute in [false, true] {
        let case = case();
        let victim = case.outside.join("planted.crt");
        let inside = victim.strip_prefix("/").unwrap();
        case.host.write(inside, Ca::new("Planted").pem());
        let name = match absolute {
            true => victim.display().to_string(),
            false => format!("{up}{}", inside.display()),
        };
        case.host
            .write(CONF, format!("{}{name}\n", case.host.text(CONF)));
        let before = case.host.everything();
        let tries: [&[&str]; 3] = [
            &["refresh"],
            &["refresh", "--dry-run"],
            &["add", "--yes", &case.new],
        ];
        for arguments in tries {
            case.host
                .trustctl(arguments)
                .exits(2)
                .says("line 5 selects");
            case.assert_nothing_outside();
        }
        case.host.trustctl(["list"]).exits(0);
        assert_eq!(store(&case.host), {
            let mut b = before;
            b.retain(|p, _| !p.starts_with("var/lib/trustctl"));
            b
        });
    }
}

#[test]
fn a_record_that_came_with_the_tree_reaches_nothing_beyond_the_store() {
    let case = case();
    let bundle = case.host.bundle();
    case.add().exits(0);
    for name in [
        format!(
            "/{LOCAL}/none/{}{}/x.crt",
            "../".repeat(30),
            case.outside.display()
        ),
        case.outside.join("x.crt").display().to_string(),
        "/etc/ssl/certs/sub/../../x".to_string(),
    ] {
        case.interrupted(&bundle, |manifest| {
            for step in manifest["steps"].as_array_mut().unwrap() {
                step["path"] = name.clone().into();
            }
        });
        let before = store(&case.host);
        case.host
            .trustctl(["refresh"])
            .exits(2)
            .says("is not part of the store");
        assert_eq!(store(&case.host), before);
        case.assert_nothing_outside();
    }
}

#[test]
fn a_record_that_came_with_the_tree_makes_no_set_uid_file() {
    let case = case();
    let bundle = case.host.bundle();
    case.host.trustctl(["remove", "corp.crt"]).exits(0);
    case.interrupted(&bundle, |manifest| {
        for step in manifest["steps"].as_array_mut().unwrap() {
            if step["before"]["is"] == "file" {
                step["before"]["mode"] = 0o6755.into();
            }
        }
    });
    case.host.trustctl(["recover"]).exits(0).says("undone");
    let restored = fs::metadata(case.host.path(format!("{LOCAL}/corp.crt"))).unwrap();
    assert_eq!(restored.mode() & 0o7000, 0, "{:o}", restored.mode());
}

#[test]
fn links_in_the_place_of_our_own_folders_are_refused() {
    for name in ["generations", "objects"] {
        let case = case();
        fs::create_dir_all(case.host.path("var/lib/trustctl")).unwrap();
        symlink(
            &case.outside,
            case.host.path(format!("var/lib/trustctl/{name}")),
        )
        .unwrap();
        let before = store(&case.host);
        case.add().exits(2).says(name);
        assert_eq!(store(&case.host), before);
        case.assert_nothing_outside();
    }
    let case = case();
    symlink(&case.outside, case.host.path("etc/ssl/.trustctl-tmp")).unwrap();
    case.add().exits(0);
    case.assert_nothing_outside();
}

#[test]
fn absolute_links_of_a_tree_lead_nowhere_on_the_machine() {
    for part in ["usr/local/share", "usr/local", "etc/ssl", "var/lib"] {
        let case = case();
        let moved = case.host.beside("moved");
        fs::rename(case.host.path(part), &moved).unwrap();
        symlink(&case.outside, case.host.path(part)).unwrap();
        case.add();
        case.host.trustctl(["refresh"]);
        case.host.trustctl(["list"]);
        case.assert_nothing_outside();
    }
    // Inside the tree such a link leads where a program inside would go.
    let case = case();
    fs::rename(case.host.path("etc/ssl"), case.host.path("srv-ssl")).unwrap();
    symlink("/srv-ssl", case.host.path("etc/ssl")).unwrap();
    case.add().exits(0);
    assert!(case.host.has("srv-ssl/certs/new.pem"));
}

#[test]
fn what_others_put_in_the_way_of_our_temporary_files_is_not_followed() {
    let case = case();
    let victim = case.outside.join("victim");
    fs::write(&victim, "precious").unwrap();
    let local = case.host.path(LOCAL);
    fs::set_permissions(&local, fs::Permissions::from_mode(0o2775)).unwrap();
    symlink(&victim, local.join(".trustctl-tmp")).unwrap();
    case.add().exits(0);
    assert!(!case.host.has(format!("{LOCAL}/.trustctl-tmp")));
    fs::hard_link(&victim, local.join(".trustctl-tmp")).unwrap();
    case.host.trustctl(["remove", "new.crt"]).exits(0);
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    assert_eq!(fs::metadata(&local).unwrap().mode() & 0o7777, 0o2775);
}

#[test]
fn another_name_of_a_replaced_file_keeps_its_content() {
    let case = case();
    let (corp, other) = (
        case.host.path(format!("{LOCAL}/corp.crt")),
        case.outside.join("corp.crt"),
    );
    fs::hard_link(&corp, &other).unwrap();
    let before = fs::read(&other).unwrap();
    let corp = case.host.input("corp.crt", Ca::new("Corp of today").pem());
    let corp = corp.to_str().unwrap();
    case.host
        .trustctl(["add", "--yes", "--replace", "corp.crt", corp])
        .exits(0);
    assert_eq!(fs::read(&other).unwrap(), before);
}

#[test]
fn nobody_else_can_hold_the_lock() {
    let case = case();
    case.add().exits(0);
    let lock = fs::metadata(case.host.path("var/lib/trustctl/lock")).unwrap();
    assert_eq!(lock.mode() & 0o777, 0o600);
}

#[test]
fn undoing_leaves_what_somebody_else_changed_since() {
    let case = case();
    let bundle = case.host.bundle();
    case.host
        .trustctl(["distrust", "Vendor_Root_1.crt"])
        .exits(0);
    case.interrupted(&bundle, |_| {});
    let theirs = format!("{}# mine\n", case.host.text(CONF));
    case.host.write(CONF, &theirs);
    case.host
        .trustctl(["recover"])
        .exits(0)
        .says("but for `/etc/ca-certificates.conf`");
    assert_eq!(case.host.text(CONF), theirs);
    case.host.trustctl(["refresh"]).exits(0);
    assert!(!case.host.bundle_trusts(case.host.vendors()[0].pem()));
}

#[test]
fn without_the_selection_no_change_drops_the_vendor_certificates() {
    let case = case();
    case.host.delete(CONF);
    let before = store(&case.host);
    let tries: [&[&str]; 3] = [
        &["refresh"],
        &["distrust", "Vendor_Root_1.crt"],
        &["add", "--yes", &case.new],
    ];
    for arguments in tries {
        case.host
            .trustctl(arguments)
            .exits(2)
            .says("no vendor certificate would stay trusted");
        assert_eq!(store(&case.host), before);
    }
}

#[test]
fn every_umask_makes_the_same_modes() {
    let modes = |umask: &str| {
        let case = case();
        let run = shell(
            &case.host,
            &format!("umask {umask}; exec \"$@\""),
            &["add", "--yes", &case.new],
        );
        run.exits(0);
        let all = case.host.everything();
        let modes = all.iter().filter_map(|(path, entry)| {
            let entry = format!("{entry:?}");
            let mode = entry.split([' ', ',']).nth(1)?.to_string();
            (!entry.starts_with("link") && !path.to_string_lossy().contains("objects/"))
                .then(|| (path.clone(), mode))
        });
        modes.collect::<Vec<_>>()
    };
    let usual = modes("022");
    assert!(usual.len() > 15);
    assert_eq!(modes("000"), usual);
    assert_eq!(modes("077"), usual);
}

#[test]
fn closed_streams_do_not_hinder_a_change() {
    for close in [
        "<&-",
        ">&-",
        "2>&-",
        "<&- >&- 2>&-",
        ">/dev/null 2>&1 </dev/null",
    ] {
        let case = case();
        shell(
            &case.host,
            &format!("exec \"$@\" {close}"),
            &["add", "--yes", &case.new],
        )
        .exits(0);
        assert!(case.host.has("etc/ssl/certs/new.pem"), "{close}");
    }
    let case = case();
    let text = "\"$@\" | head -c 0; exit 0";
    shell(&case.host, text, &["add", "--yes", &case.new]).exits(0);
    assert!(case.host.has("etc/ssl/certs/new.pem"));
}

#[test]
fn a_change_whose_report_cannot_be_written_stands_and_ends_with_1() {
    let case = case();
    shell(
        &case.host,
        "exec \"$@\" >/dev/full",
        &["add", "--yes", &case.new],
    )
    .exits(1)
    .says("cannot write the report");
    assert!(case.host.has("etc/ssl/certs/new.pem"));
    shell(&case.host, "exec \"$@\" >/dev/full", &["list"]).exits(2);
}

#[test]
fn an_interrupt_leaves_the_store_as_before_or_as_planned_at_once() {
    let case = case();
    let before = store(&case.host);
    let started = Instant::now();
    case.add().exits(0);
    let whole = started.elapsed();
    let after = store(&case.host);
    for (part, signal) in (0..10).zip(["INT", "TERM", "HUP", "QUIT"].into_iter().cycle()) {
        case.host.trustctl(["remove", "new.crt"]);
        assert_eq!(store(&case.host), before);
        let mut command = case.host.command(["add", "--yes", &case.new]);
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(whole * part / 9);
        output(Command::new("/bin/kill").args(["-s", signal, &child.id().to_string()]));
        child.wait().unwrap();
        let now = store(&case.host);
        assert!(now == before || now == after, "{signal} after {part}/9");
        case.host
            .trustctl(["refresh"])
            .exits(0)
            .never_says("was interrupted");
    }
}

#[test]
fn odd_local_files_neither_stop_nor_join_a_change() {
    let case = case();
    let local = case.host.path(LOCAL);
    let names = [
        "with blanks, (and) commas.crt",
        "Zürich.crt",
        "-rf.crt",
        "star*[x].crt",
        "sub/deep.crt",
    ];
    for name in names {
        case.host
            .write(format!("{LOCAL}/{name}"), Ca::new(name).pem());
    }
    case.host
        .write(format!("{LOCAL}/new\nline.crt"), Ca::new("newline").pem());
    output(Command::new("/usr/bin/mkfifo").arg(local.join("pipe.crt"))).exits(0);
    symlink("/nowhere", local.join("dangling.crt")).unwrap();
    symlink("loop.crt", local.join("loop.crt")).unwrap();
    symlink("..", local.join("up")).unwrap();
    case.host.trustctl(["refresh", "--yes"]).exits(0);
    case.add().exits(0).says("cannot handle its name");
    assert_eq!(
        case.host.views().map(|view| view.len()),
        [3 + 1 + 1 + names.len(); 3]
    );
}

#[test]
fn a_huge_local_file_is_refused_by_name_and_not_read() {
    let case = case();
    let huge = fs::File::create(case.host.path(format!("{LOCAL}/huge.crt"))).unwrap();
    huge.set_len(5 << 40).unwrap();
    let before = store_names(&case.host);
    let limited = "ulimit -v 4000000; exec \"$@\"";
    for arguments in [
        ["add", "--yes", &case.new].as_slice(),
        &["refresh"],
        &["remove", "huge.crt"],
    ] {
        shell(&case.host, limited, arguments)
            .exits(2)
            .says("huge.crt");
        assert_eq!(store_names(&case.host), before);
    }
    shell(&case.host, limited, &["list"])
        .exits(0)
        .says("huge.crt");
}

fn store_names(host: &Host) -> Vec<PathBuf> {
    let find = output(
        Command::new("/usr/bin/find")
            .arg(host.path("etc"))
            .arg(host.path("usr")),
    );
    find.stdout.lines().map(PathBuf::from).collect()
}

#[test]
fn links_to_sources_and_to_the_selection_stay_links() {
    let case = case();
    let conf = case.host.path(CONF);
    fs::rename(&conf, case.host.path("etc/selection")).unwrap();
    symlink("/etc/selection", &conf).unwrap();
    case.host.write("opt/linked.crt", Ca::new("Linked").pem());
    symlink(
        "/opt/linked.crt",
        case.host.path(format!("{LOCAL}/linked.crt")),
    )
    .unwrap();
    case.host.trustctl(["refresh", "--yes"]).exits(0);
    case.host
        .trustctl(["distrust", "Vendor_Root_1.crt"])
        .exits(0);
    assert_eq!(fs::read_link(&conf).unwrap(), Path::new("/etc/selection"));
    assert!(
        case.host
            .text("etc/selection")
            .contains("!mozilla/Vendor_Root_1.crt")
    );
    case.host.trustctl(["remove", "linked.crt"]).exits(0);
    assert!(case.host.has("opt/linked.crt") && !case.host.has(format!("{LOCAL}/linked.crt")));
    case.host.trustctl(["rollback"]).exits(0);
    let link = fs::read_link(case.host.path(format!("{LOCAL}/linked.crt"))).unwrap();
    assert_eq!(link, Path::new("/opt/linked.crt"));
}

#[test]
fn the_certificate_folder_may_be_a_mount_of_any_kind() {
    let fill = "cp -a \"$ROOT/etc/ssl/certs/.\" \"$ROOT/copy\"";
    let bind = "mount --bind \"$ROOT/copy\" \"$ROOT/etc/ssl/certs\"";
    let tmpfs = "mount -t tmpfs -o mode=755 tmpfs \"$ROOT/etc/ssl/certs\" && cp -a \"$ROOT/copy/.\" \"$ROOT/etc/ssl/certs\"";
    let alone = "mount --bind \"$ROOT/etc/ssl\" \"$ROOT/etc/ssl\" && mount -o remount,bind,ro \"$ROOT/etc/ssl\"";
    for mounts in [
        bind.to_string(),
        tmpfs.to_string(),
        format!("{alone} && {tmpfs}"),
    ] {
        let case = case();
        fs::create_dir(case.host.path("copy")).unwrap();
        let text = format!("{fill} && {mounts} && \"$@\" && ls -A \"$ROOT/etc/ssl/certs\"");
        let run = in_namespace(&case.host, &text, &["add", "--yes", &case.new]).exits(0);
        assert!(
            run.has("new.pem") && !run.has(".trustctl-tmp"),
            "{mounts}: {run}"
        );
    }
}

#[test]
fn on_a_read_only_tree_changes_are_refused_and_reading_works() {
    let case = case();
    case.add().exits(0);
    let before = case.host.everything();
    let text =
        "mount --bind \"$ROOT\" \"$ROOT\" && mount -o remount,bind,ro \"$ROOT\" && exec \"$@\"";
    for arguments in [["list"].as_slice(), &["history"]] {
        in_namespace(&case.host, text, arguments).exits(0);
    }
    for arguments in [["remove", "new.crt"].as_slice(), &["rollback"]] {
        in_namespace(&case.host, text, arguments)
            .exits(2)
            .says("read-only");
    }
    assert_eq!(case.host.everything(), before);
}

#[test]
fn an_ordinary_user_changes_a_tree_of_their_own() {
    let case = case();
    let mut command = Command::new(trustctl());
    if is_root() {
        let owner = ["-R", "65534:65534"];
        output(Command::new("/bin/chown").args(owner).arg(case.host.root())).exits(0);
        // Its parents are not for everyone: the program is reached by name from where they are.
        command = Command::new("/usr/bin/setpriv");
        command
            .args(["--reuid", "65534", "--regid", "65534", "--clear-groups"])
            .arg(copy_for_all(&case));
    }
    command
        .env_clear()
        .env("PATH", PATH)
        .arg("--root")
        .arg(case.host.root());
    output(command.args(["add", "--yes", &case.new])).exits(0);
    assert!(case.host.has("etc/ssl/certs/new.pem"));
}

/// The program where everyone can run it.
fn copy_for_all(case: &Case) -> PathBuf {
    let path = case.host.beside("trustctl");
    fs::copy(trustctl(), &path).unwrap();
    path
}

#[test]
fn a_program_that_waits_for_a_held_lock_gives_up_in_time() {
    let case = case();
    case.add().exits(0);
    let config = case
        .host
        .input("config.toml", "[timeouts]\nlock_seconds = 1\n");
    let lock = case.host.path("var/lib/trustctl/lock");
    let mut holder = Command::new("/usr/bin/flock");
    let mut holder = holder
        .arg(&lock)
        .args(["sleep", "30"])
        .process_group(0)
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let started = Instant::now();
    let run = case
        .host
        .trustctl(["--config", config.to_str().unwrap(), "remove", "new.crt"]);
    let group = format!("-{}", holder.id());
    output(Command::new("/bin/kill").args(["-KILL", "--", &group])).exits(0);
    holder.wait().unwrap();
    run.exits(2).says("is being changed by");
    assert!(started.elapsed() < Duration::from_secs(10));
}
