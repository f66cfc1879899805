//! `trustctl reach` against the programs themselves: what it says of a store is what Chromium, Firefox, Node and
//! Python do with it, before a real server and beside a control whose CA is in no store.
//!
//! The browsers are this machine's own; their policies are laid over `/etc/chromium` in a mount namespace.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests act on trees of their own and fail by panicking"
)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use support::{Ca, Host, PATH, openssl, output};

/// What the page of the server holds.
const PAGE: &str = "hello-reach";

/// A tree with a user whose home the programs use, and a server under its CA.
struct Bed {
    host: Host,
    ca: Ca,
    server: Server,
}

/// `openssl s_server`, gone with the value.
struct Server {
    child: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn of(host: &Host, ca: &Ca, name: &str) -> Server {
        let folder = host.beside(name);
        std::fs::create_dir_all(&folder).unwrap();
        let leaf = ca.leaf("localhost");
        std::fs::write(folder.join("cert.pem"), &leaf.pem).unwrap();
        std::fs::write(folder.join("key.pem"), &leaf.key).unwrap();
        let page = format!("HTTP/1.0 200 ok\r\nContent-Type: text/html\r\n\r\n<p>{PAGE}</p>\n");
        std::fs::write(folder.join("page"), page).unwrap();
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let mut command = Command::new("/usr/bin/openssl");
        command
            .env_clear()
            .current_dir(&folder)
            .args([
                "s_server", "-quiet", "-HTTP", "-cert", "cert.pem", "-key", "key.pem",
            ])
            .args(["-accept", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        // From here on it ends with the value.
        let server = Server {
            child: command.spawn().unwrap(),
            port,
        };
        for _ in 0..200 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return server;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the server does not answer");
    }

    fn url(&self) -> String {
        format!("https://localhost:{}/page", self.port)
    }
}

impl Bed {
    fn new() -> Bed {
        let ca = Ca::new("Reach");
        let host = Host::new().local("reach.crt", ca.pem());
        host.write(
            "etc/passwd",
            "root:x:0:0:root:/root:/bin/bash\nann:x:1000:1000:Ann:/home/ann:/bin/bash\n",
        );
        std::fs::create_dir_all(host.path("home/ann/.config/chromium")).unwrap();
        let version =
            output(Command::new("/usr/bin/dpkg-query").args(["-W", "-f", "${Version}", "libnss3"]));
        let status = format!(
            "Package: libnss3\nStatus: install ok installed\nArchitecture: amd64\nVersion: {}\n\n",
            version.exits(0).stdout
        );
        host.write("var/lib/dpkg/status", status);
        host.write("usr/bin/chromium", "");
        let host = host.settled();
        let server = Server::of(&host, &ca, "server");
        Bed { host, ca, server }
    }

    fn home(&self) -> PathBuf {
        self.host.path("home/ann")
    }

    /// What `reach` says of the CA, in the words of the programs.
    fn said(&self, kind: &str) -> String {
        let run = self.host.trustctl([
            "--format",
            "json",
            "reach",
            "--only",
            kind,
            &self.ca.sha256(),
        ]);
        let rows = run.report()["rows"].as_array().unwrap().clone();
        assert_eq!(rows.len(), 1, "{run}");
        match rows[0]["verdict"].as_str().unwrap() {
            "trusts" | "follows_system" => "trusted".to_string(),
            "does_not" | "distrusts" => "refused".to_string(),
            other => other.to_string(),
        }
    }

    fn certutil(folder: &Path, arguments: &[&str]) {
        let at = format!("sql:{}", folder.display());
        let mut command = Command::new("/usr/bin/certutil");
        output(command.env_clear().args(["-d", &at]).args(arguments)).exits(0);
    }

    fn import(&self, folder: &Path, trust: &str) {
        std::fs::create_dir_all(folder).unwrap();
        let file = self.host.path("usr/local/share/ca-certificates/reach.crt");
        let file = file.to_str().unwrap();
        Self::certutil(folder, &["-A", "-t", trust, "-n", "reach", "-i", file]);
    }

    /// What Chromium does with a server.
    fn chromium(&self, url: &str) -> String {
        let policies = self.host.path("etc/chromium");
        std::fs::create_dir_all(policies.join("policies/managed")).unwrap();
        let script = "mount --bind \"$0\" /etc/chromium && exec /usr/bin/chromium \"$@\"";
        let data = format!("--user-data-dir={}", self.host.beside("chromium").display());
        let mut command = Command::new("/usr/bin/unshare");
        command
            .env_clear()
            .env("PATH", PATH)
            .env("HOME", self.home())
            .args(["--mount", "/bin/sh", "-c", script])
            .arg(policies)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
            ])
            .args([&data, "--dump-dom", url]);
        let run = output(&mut command);
        match (run.has(PAGE), run.has("net_error -202")) {
            (true, _) => "trusted".to_string(),
            (false, true) => "refused".to_string(),
            (false, false) => format!("neither: {run}"),
        }
    }

    /// What Firefox does with the server, under the tree's `/etc` and local certificates laid over this machine's.
    fn firefox(&self, profile: &Path) -> String {
        const DRIVER: &str = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/slow/reach/marionette.py"
        );
        let script = "mount -t overlay -o lowerdir=\"$0/etc:/etc\" overlay /etc && \
             mount --bind \"$0/usr/local/share/ca-certificates\" /usr/local/share/ca-certificates && \
             exec /usr/bin/python3 \"$@\"";
        let mut command = Command::new("/usr/bin/unshare");
        command
            .env_clear()
            .env("PATH", PATH)
            .env("HOME", self.home())
            .env("MOZ_HEADLESS", "1")
            .args(["--mount", "/bin/sh", "-c", script])
            .arg(self.host.root())
            .arg(DRIVER)
            .arg(profile)
            .args([&self.server.url(), PAGE]);
        let run = output(&mut command).exits(0);
        run.stdout.trim().to_string()
    }

    /// A profile of Firefox, which is there.
    fn firefox_profile(&self) -> PathBuf {
        let root = "home/ann/.config/mozilla/firefox";
        let profile = self.host.path(root).join("x.default");
        std::fs::create_dir_all(&profile).unwrap();
        self.host.write(
            format!("{root}/profiles.ini"),
            "[Profile0]\nIsRelative=1\nPath=x.default\n",
        );
        let version = std::fs::read("/usr/lib/firefox-esr/application.ini").unwrap();
        self.host
            .write("usr/lib/firefox-esr/application.ini", version);
        profile
    }

    #[track_caller]
    fn chromium_agrees(&self, what: &str, expected: &str) {
        assert_eq!(
            self.chromium(&self.server.url()),
            expected,
            "Chromium: {what}"
        );
        assert_eq!(self.said("chromium"), expected, "reach: {what}");
    }
}

#[test]
fn chromium_does_what_reach_says() {
    let bed = Bed::new();
    let (old, new) = (
        bed.home().join(".pki/nssdb"),
        bed.home().join(".local/share/pki/nssdb"),
    );
    bed.chromium_agrees("in the system's store only", "refused");
    bed.import(&new, "C,,");
    bed.chromium_agrees("a database in the new place", "trusted");
    let control = Ca::new("Control");
    let other = Server::of(&bed.host, &control, "control");
    assert_eq!(bed.chromium(&other.url()), "refused", "the control");
    Bed::certutil(&new, &["-M", "-t", "p,,", "-n", "reach"]);
    bed.chromium_agrees("expressly not trusted", "refused");
    Bed::certutil(&new, &["-M", "-t", "C,,", "-n", "reach"]);
    std::fs::create_dir_all(&old).unwrap();
    bed.chromium_agrees("hidden by an empty old place", "refused");
    bed.import(&old, ",,");
    bed.chromium_agrees("there without trust", "refused");
    Bed::certutil(&old, &["-M", "-t", "C,,", "-n", "reach"]);
    bed.chromium_agrees("a database in the old place", "trusted");
}

#[test]
fn chromium_obeys_policies_as_reach_says() {
    let bed = Bed::new();
    let base64 = openssl(&["enc", "-base64", "-A"], bed.ca.der()).stdout;
    let policy = |name: &str, text: &str| {
        bed.host
            .write(format!("etc/chromium/policies/managed/{name}"), text);
    };
    let with = format!("{{\"CACertificates\": [\"{base64}\"]}}");
    policy(
        "m.json",
        &format!("// ours\n{{\"CACertificates\": [\"{base64}\", \"junk\"],}}"),
    );
    bed.chromium_agrees("a policy with a comment, a comma and junk", "trusted");
    policy("m.json", &with);
    policy("n", "{\"CACertificates\": []}");
    bed.chromium_agrees("a later file without it", "refused");
    policy("a", "{\"CACertificates\": []}");
    bed.host.delete("etc/chromium/policies/managed/n");
    bed.chromium_agrees("an earlier file without it", "trusted");
    let database = bed.home().join(".local/share/pki/nssdb");
    bed.import(&database, "p,,");
    bed.chromium_agrees("a policy adds, the database distrusts", "refused");
    Bed::certutil(&database, &["-M", "-t", "C,,", "-n", "reach"]);
    policy("m.json", "{\"CAPlatformIntegrationEnabled\": false}");
    bed.chromium_agrees("told not to read the database", "refused");
    policy(
        "m.json",
        &format!("{{\"CADistrustedCertificates\": [\"{base64}\"]}}"),
    );
    bed.chromium_agrees("distrusted by a policy", "refused");
    bed.host.delete("etc/chromium/policies/managed/m.json");
    bed.chromium_agrees("without a policy", "trusted");
}

#[test]
fn firefox_does_what_reach_says() {
    let bed = Bed::new();
    let profile = bed.firefox_profile();
    let agrees = |what: &str, expected: &str| {
        assert_eq!(bed.firefox(&profile), expected, "Firefox: {what}");
        assert_eq!(bed.said("firefox"), expected, "reach: {what}");
    };
    agrees("in the system's store only", "refused");
    bed.import(&profile, "C,,");
    agrees("imported by certutil", "trusted");
    Bed::certutil(&profile, &["-M", "-t", "p,,", "-n", "reach"]);
    agrees("expressly not trusted", "refused");
}

#[test]
fn a_change_reaches_the_browsers_themselves() {
    let bed = Bed::new();
    let profile = bed.firefox_profile();
    let file = bed.host.input("reach.crt", bed.ca.pem());
    let file = file.to_str().unwrap();
    let browsers = |what: &str, expected: &str| {
        bed.chromium_agrees(what, expected);
        assert_eq!(bed.firefox(&profile), expected, "Firefox: {what}");
        assert_eq!(bed.said("firefox"), expected, "reach: {what}");
    };
    browsers("in the system's store only", "refused");
    let add = ["add", "--yes", "--to", "browsers", file];
    bed.host.trustctl(add).exits(0);
    browsers("after add --to browsers", "trusted");
    let control = Server::of(&bed.host, &Ca::new("Control"), "control");
    assert_eq!(bed.chromium(&control.url()), "refused", "the control");
    // Firefox has copied it into the profile, and keeps it there; another tree's users are theirs to change.
    let run = bed.host.trustctl(["remove", "--yes", "reach"]).exits(1);
    assert!(run.stderr.contains("certutil -D"), "{run}");
    bed.chromium_agrees("after remove", "refused");
    Bed::certutil(&profile, &["-D", "-n", &nickname(&profile)]);
    browsers("after remove, and certutil -D as it says", "refused");
    bed.host.trustctl(["rollback", "--yes"]).exits(0);
    browsers("after rollback", "trusted");
}

/// What Firefox calls the one certificate that a policy gave it.
fn nickname(profile: &Path) -> String {
    let bytes = std::fs::read(profile.join("cert9.db")).unwrap();
    let entries = trustctl::store::nss::read(&bytes).unwrap().entries;
    let anchors = entries.iter().filter(|entry| {
        let anchor = Some(trustctl::store::nss::Trust::Anchor);
        entry.old == anchor || entry.new == anchor
    });
    let labels: Vec<&str> = anchors.map(|entry| entry.label.as_str()).collect();
    assert_eq!(labels.len(), 1, "{labels:?}");
    labels[0].to_string()
}
