//! Files among the local certificates that are more than certificates: the bundle is a copy of them that everyone
//! reads, so no change makes one of them, and the command that is printed mends it.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests act on trees of their own, and fail by panicking"
)]

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use support::{Ca, Host, Run, output, trustctl};

const LOCAL: &str = "usr/local/share/ca-certificates";
const SECRET: &str = "hunter2";
const STATIC_KEY: &str = "-----BEGIN OpenVPN Static key V1-----\n0123456789abcdef0123456789abcdef\nhunter2hunter2hunter2hunter2hunt\n-----END OpenVPN Static key V1-----\n";

/// A store with one local certificate, and a second one beside it that is put there as an attack or a mistake.
struct Case {
    host: Host,
    ca: Ca,
    new: String,
}

fn case() -> Case {
    let host = Host::new()
        .local("good.crt", Ca::new("Good").pem())
        .settled();
    let new = host.input("new.crt", Ca::new("New").pem());
    Case {
        new: new.to_str().unwrap().to_string(),
        ca: Ca::new("Corp Root"),
        host,
    }
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Runs the command of a hint as it is printed; `sudo trustctl` is this build, and root is the one who runs it.
#[track_caller]
fn as_printed(run: &Run) {
    let hint = run
        .stderr
        .lines()
        .find(|line| line.starts_with("hint: "))
        .unwrap();
    let (_, rest) = hint
        .split_once('`')
        .unwrap_or_else(|| panic!("no command: {run}"));
    let (command, _) = rest.rsplit_once('`').unwrap();
    let program = trustctl().display().to_string();
    let command = command
        .replace("sudo trustctl", &program)
        .replace("sudo ", "");
    output(Command::new("/bin/sh").args(["-c", &command])).exits(0);
}

/// Every change refuses, nothing is published, the printed command mends it, and then the change is made.
#[track_caller]
fn refused_and_mended(case: &Case, name: &str, reason: &str) {
    let Case { host, ca, new } = case;
    let (bundle, sources) = (host.bundle(), host.names());
    for change in [
        &["add", "--yes", new.as_str()][..],
        &["add", "--yes", "--dry-run", new],
        &["refresh"],
        &["refresh", "--dry-run"],
        &["remove", "--yes", "good.crt"],
        &["distrust", "--yes", "Vendor_Root_1"],
    ] {
        let run = host.trustctl(change).exits(2).says(reason).says(name);
        assert!(!run.has(SECRET), "{run}");
        assert_eq!(
            (host.bundle(), host.names()),
            (bundle.clone(), sources.clone()),
            "{change:?}"
        );
    }
    let json = host
        .trustctl(["--format", "json", "refresh"])
        .exits(2)
        .json();
    assert_eq!(json["error"]["kind"], "refused");
    as_printed(&host.trustctl(["refresh"]).exits(2));
    // A file that may be published now is not trusted before somebody says so.
    if !host.sees(&ca.sha256())[0] {
        host.trustctl(["add", "--yes", new])
            .exits(2)
            .says(&ca.sha256())
            .says("not asked for");
        host.trustctl(["refresh", "--yes"]).exits(0);
    }
    host.trustctl(["add", "--yes", new]).exits(0);
    assert_eq!(host.sees(&ca.sha256()), [true; 3]);
    assert!(!String::from_utf8_lossy(&host.bundle()).contains(SECRET));
    host.trustctl(["refresh"]).exits(0);
}

#[test]
fn what_stands_beside_a_certificate_is_not_published() {
    let spellings: &[(&str, &str, &str)] = &[
        ("password: hunter2\n", "", "looks like a password"),
        ("", "hunter2\n", "is a single word"),
        ("# token = hunter2\n", "", "looks like a password"),
        (
            "",
            "https://me:hunter2@proxy.example/\n",
            "looks like a password",
        ),
        ("", "\u{1}hunter2\n", "bytes that are not text"),
        (
            "client\nremote vpn.example 1194\n<ca>\n",
            "</ca>\n",
            "is a single word",
        ),
        ("", STATIC_KEY, "`OpenVPN Static key V1`"),
        (
            "",
            "-----BEGIN PASSWORD-----\naHVudGVyMg==\n-----END PASSWORD-----\n",
            "`PASSWORD`",
        ),
    ];
    for (before, after, reason) in spellings {
        let case = case();
        let text = format!("{before}{}{after}", case.ca.pem());
        case.host.write(format!("{LOCAL}/corp.crt"), text);
        refused_and_mended(&case, "corp.crt", reason);
    }
}

#[test]
fn names_with_blanks_and_quotes_are_mended_by_the_printed_command_too() {
    for name in ["my corp.crt", "it's.crt", "a;b $(c).crt", "-x.crt"] {
        let case = case();
        case.host.write(
            format!("{LOCAL}/{name}"),
            format!("hunter2\n{}", case.ca.pem()),
        );
        refused_and_mended(&case, name, "is a single word");
    }
}

#[test]
fn what_others_cannot_read_is_not_published() {
    let case = case();
    case.host.write(format!("{LOCAL}/corp.crt"), case.ca.pem());
    set_mode(&case.host.path(format!("{LOCAL}/corp.crt")), 0o600);
    refused_and_mended(&case, "corp.crt", "others cannot read it");
}

#[test]
fn a_link_to_a_place_that_others_cannot_enter_is_not_published() {
    for folder in ["root", "home/ann/private"] {
        let case = case();
        case.host.write(format!("{folder}/ca.crt"), case.ca.pem());
        set_mode(&case.host.path(folder), 0o700);
        symlink(
            format!("/{folder}/ca.crt"),
            case.host.path(format!("{LOCAL}/corp.crt")),
        )
        .unwrap();
        refused_and_mended(&case, "corp.crt", &format!("`/{folder}`"));
        // The link is gone, and what it led to is as it was.
        assert_eq!(case.host.text(format!("{folder}/ca.crt")), case.ca.pem());
        let link = std::fs::symlink_metadata(case.host.path(format!("{LOCAL}/corp.crt"))).unwrap();
        assert!(link.is_file());
    }
}

#[test]
fn a_file_without_a_certificate_is_not_published() {
    let case = case();
    case.host.write(format!("{LOCAL}/notes.crt"), "hunter2\n");
    case.host
        .trustctl(["add", "--yes", &case.new])
        .exits(2)
        .says("is a single word")
        .says("sudo mv -i")
        .never_says(SECRET);
    case.host
        .trustctl(["remove", "--yes", "notes.crt"])
        .exits(0);
    case.host.trustctl(["add", "--yes", &case.new]).exits(0);
}

#[test]
fn certificates_as_tools_write_them_are_published() {
    let case = case();
    let Case { host, ca, new } = &case;
    let file = host.input("plain.pem", ca.pem());
    let dump = output(
        Command::new("/usr/bin/openssl")
            .args([
                "x509",
                "-text",
                "-fingerprint",
                "-sha256",
                "-subject",
                "-issuer",
                "-dates",
                "-in",
            ])
            .arg(&file),
    )
    .exits(0);
    let bag = format!(
        "Bag Attributes\n    localKeyID: 54 69 6D 65\n    friendlyName: corp\nsubject=CN = Corp Root\nissuer=CN = Corp Root\n{}",
        ca.pem()
    );
    let titled = format!(
        "Corp Root\n=========\n# added 2026-01-31 for the proxy, see http://pki.example/ca.crt\n{}",
        ca.pem()
    );
    for text in [
        dump.stdout,
        bag,
        titled,
        ca.pem().replace('\n', "\r\n"),
        format!("\n{}\n\n", ca.pem()),
    ] {
        host.write(format!("{LOCAL}/corp.crt"), &text);
        host.trustctl(["refresh", "--yes"]).exits(0);
        assert_eq!(host.sees(&ca.sha256()), [true; 3], "{text}");
    }
    // A link to a place that everyone can enter is as good as a file.
    host.write("opt/pki/ca.crt", ca.pem());
    host.delete(format!("{LOCAL}/corp.crt"));
    symlink("/opt/pki/ca.crt", host.path(format!("{LOCAL}/corp.crt"))).unwrap();
    host.trustctl(["add", "--yes", new]).exits(0);
    assert_eq!(host.sees(&ca.sha256()), [true; 3]);
}
