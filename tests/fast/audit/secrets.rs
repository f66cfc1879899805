//! Credentials in the settings of a host: they are in none of the reports, whatever is in the password.

use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::process::Command;

use support::{Host, output, trustctl};

use super::{furnished, good_host};

/// The ends of every password: neither may be seen, whatever stands between them.
const ENDS: [&str; 2] = ["S3cr", "et9X"];

/// Passwords with what people put into them, and what parsers trip over.
fn passwords() -> Vec<String> {
    // Each character alone is tried by the tests of `redact`.
    let odd = ["", ",", "'", "/", "@", "\"", ",'\"?/@:", "#`;=|&\\!)://%40"];
    odd.iter()
        .map(|odd| format!("{}{odd}{}", ENDS[0], ENDS[1]))
        .collect()
}

/// A host on which every reader of settings finds something to report beside a password.
fn careless(password: &str) -> Host {
    let host = furnished(Host::new());
    let url = format!("https://tok:{password}@git.example/r");
    let proxy = format!("http://me:{password}@proxy.example:3128");
    let files = [
        (
            "home/ann/.gitconfig",
            format!(
                "[http \"{url}\"]\n\tsslVerify = false\n\tproxy = {proxy}\n[http]\n\tsslVerify = false\n\textraHeader = \"Authorization: Bearer {password}\"\n"
            ),
        ),
        (
            "home/ann/.npmrc",
            format!(
                "registry={url}\nproxy={proxy}\n//npm.example/:_authToken={password}\n//npm.example/:_password={password}\nstrict-ssl=false\n"
            ),
        ),
        (
            "etc/pip.conf",
            format!(
                "[global]\nindex-url = {url}\ntrusted-host = tok:{password}@pypi.example\n  {url}\nproxy = {proxy}\n"
            ),
        ),
        (
            "etc/environment",
            format!(
                "https_proxy={proxy}\nGOPROXY={url},direct\nGOINSECURE=git.example\nGOFLAGS=-insecure\nNODE_TLS_REJECT_UNAUTHORIZED=0\nPIP_TRUSTED_HOST=tok:{password}@pypi.example\nGIT_SSL_NO_VERIFY={url}\nSSL_CERT_FILE={url}\nNPM_TOKEN={password}\n"
            ),
        ),
        (
            "home/ann/.curlrc",
            format!(
                "insecure\nproxy = {proxy}\nuser = me:{password}\nurl = {url}\ncacert = {url}\n"
            ),
        ),
        (
            "home/ann/.wgetrc",
            format!(
                "check_certificate = off\nhttps_proxy = {proxy}\nhttp_password = {password}\nca_certificate = {url}\n"
            ),
        ),
        (
            "etc/apt/apt.conf.d/90x",
            format!(
                "Acquire::https::tok:{password}@deb.example::Verify-Peer \"false\";\nAcquire::https::Verify-Peer \"false\";\nAcquire::https::Proxy \"{proxy}\";\n"
            ),
        ),
        (
            "etc/apt/sources.list",
            format!("deb [trusted=yes] {url} stable main\n"),
        ),
        (
            "etc/docker/daemon.json",
            format!(
                "{{\"insecure-registries\": [\"tok:{password}@reg.example:5000\"], \"proxies\": {{\"https-proxy\": \"{proxy}\"}}}}"
            ),
        ),
        (
            "etc/containers/registries.conf",
            format!("[[registry]]\nlocation = 'tok:{password}@reg.example'\ninsecure = true\n"),
        ),
        (
            "home/ann/.kube/config",
            format!(
                "clusters:\n- name: c\n  cluster:\n    server: {url}\n    insecure-skip-tls-verify: true\nusers:\n- name: u\n  user:\n    token: {password}\n"
            ),
        ),
        (
            "srv/app/Dockerfile",
            format!(
                "FROM x\nENV https_proxy={proxy} NODE_TLS_REJECT_UNAUTHORIZED=0\nRUN git -c http.{url}.sslVerify=false clone {url}\nRUN curl -k -u me:{password} {url}\nRUN pip install --trusted-host tok:{password}@pypi.example x\nRUN npm config set strict-ssl false --registry {url}\n"
            ),
        ),
        (
            "etc/systemd/system/x.service",
            format!(
                "[Service]\nEnvironment=\"https_proxy={proxy}\" NODE_TLS_REJECT_UNAUTHORIZED=0\nExecStart=/usr/bin/curl -k {url}\n"
            ),
        ),
        (
            "etc/cron.d/x",
            format!("https_proxy={proxy}\nGIT_SSL_NO_VERIFY=1\n0 0 * * * root curl -k {url}\n"),
        ),
    ];
    for (path, text) in files {
        host.write(path, text);
    }
    host
}

#[track_caller]
fn assert_no_password(text: &str, password: &str, what: &str) {
    for end in ENDS {
        let line = text.lines().find(|line| line.contains(end));
        assert!(line.is_none(), "{password} in {what}: {line:?}");
    }
}

#[test]
fn no_password_is_in_any_report_of_an_audit() {
    for password in passwords() {
        let host = careless(&password);
        for format in ["human", "json", "sarif", "prometheus"] {
            let run = host
                .trustctl(["--format", format, "audit", "--fail-on", "never"])
                .exits(0);
            assert_no_password(&run.stdout, &password, format);
            assert_no_password(&run.stderr, &password, format);
            if format == "json" && password == ENDS.concat() {
                // The readers did find what they are to report.
                for path in [
                    ".gitconfig",
                    ".npmrc",
                    "pip.conf",
                    "environment",
                    ".curlrc",
                    "Dockerfile",
                    "90x",
                ] {
                    assert!(run.stdout.contains(path), "{path}: {run}");
                }
                assert!(run.stdout.contains("…@git.example"), "{run}");
            }
        }
    }
}

/// `git`, `pip` and their like tell of their settings without a connection being possible.
#[test]
fn no_password_is_in_any_report_of_a_diagnosis() {
    for password in passwords().into_iter().step_by(3) {
        let host = careless(&password);
        host.write("home/ann/.pip/pip.conf", host.text("etc/pip.conf"));
        let url = format!("https://tok:{password}@git.example/r");
        let plain = format!("http://tok:{password}@git.example/r");
        let proxy = format!("http://me:{password}@127.0.0.1:1");
        let calls: &[&[&str]] = &[
            &["npm"],
            &["pip"],
            &["go"],
            &["apt"],
            &["git", &url],
            &["git", &plain],
            &[&plain],
            &["gopher://tok:x@", &url],
            &["npm", &url],
        ];
        for call in calls {
            for format in ["human", "json"] {
                let fixed = [
                    "--format",
                    format,
                    "diagnose",
                    "--timeout",
                    "1",
                    "--connect",
                    "127.0.0.1:1",
                ];
                let mut command = host.command(fixed.iter().chain(*call));
                command.env("HOME", "/home/ann").env("https_proxy", &proxy);
                let go = format!("{url},direct");
                command
                    .env("GOPROXY", go)
                    .env("PIP_INDEX_URL", &url)
                    .env("npm_config_registry", &url);
                let run = output(&mut command);
                // What a target's own parser takes for the host is looked up, and may be named.
                let ends_early = password.contains(['/', '?', '#'])
                    && call.len() == 1
                    && call[0].contains("://");
                if !ends_early {
                    assert_no_password(&run.stdout, &password, &format!("{format} {call:?}"));
                    assert_no_password(&run.stderr, &password, &format!("{format} {call:?}"));
                }
            }
        }
        for given in [
            &proxy,
            &url,
            &format!("socks5://me:{password}@p"),
            &format!("http://me:{password}@a b"),
        ] {
            let run = host.trustctl([
                "--format",
                "json",
                "diagnose",
                "--timeout",
                "1",
                "--proxy",
                given,
                "127.0.0.1:1",
            ]);
            assert_no_password(&run.stdout, &password, given);
            assert_no_password(&run.stderr, &password, given);
        }
        for given in [&url, &proxy] {
            let run = host
                .trustctl(["--format", "json", "list", &format!("--x={given}")])
                .exits(2);
            assert_no_password(&run.stdout, &password, given);
            assert_no_password(&run.stderr, &password, given);
        }
    }
}

fn audit_to(host: &Host, file: &str, umask: &str) -> support::Run {
    let line = format!("umask {umask}; exec \"$0\" \"$@\"");
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", &line])
        .arg(trustctl())
        .arg("--root")
        .arg(host.root());
    output(command.args(["audit", "--output", file]))
}

#[test]
fn the_output_file_has_the_mode_that_the_umask_leaves_or_the_one_it_had() {
    let host = good_host();
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for (umask, expected) in [("022", 0o644), ("077", 0o600), ("027", 0o640)] {
        let file = host.beside(&format!("report-{umask}"));
        audit_to(&host, file.to_str().unwrap(), umask).exits(0);
        assert_eq!(mode(&file), expected, "{umask}");
    }
    let kept = host.input("kept", "old");
    std::fs::set_permissions(&kept, std::fs::Permissions::from_mode(0o604)).unwrap();
    let owner = nix::unistd::geteuid().is_root().then_some(1234);
    if owner.is_some() {
        std::os::unix::fs::chown(&kept, owner, owner).unwrap();
    }
    audit_to(&host, kept.to_str().unwrap(), "077").exits(0);
    assert_eq!(mode(&kept), 0o604);
    assert!(
        std::fs::read_to_string(&kept)
            .unwrap()
            .contains("certificates")
    );
    if let Some(owner) = owner {
        assert_eq!(std::fs::metadata(&kept).unwrap().uid(), owner);
    }
}

/// As root the report used to take the place of the device.
#[test]
fn an_output_that_is_not_a_regular_file_is_written_to_or_refused_and_stays_what_it_is() {
    let host = good_host();
    let null = host.beside("null");
    symlink("/dev/null", &null).unwrap();
    audit_to(&host, null.to_str().unwrap(), "022").exits(0);
    assert!(std::fs::symlink_metadata(&null).unwrap().is_symlink());
    assert!(
        std::fs::metadata("/dev/null")
            .unwrap()
            .file_type()
            .is_char_device()
    );

    let fifo = host.beside("fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
    audit_to(&host, fifo.to_str().unwrap(), "022")
        .exits(2)
        .says("no program reads from it");
    let read = {
        let fifo = fifo.clone();
        std::thread::spawn(move || std::fs::read_to_string(fifo).unwrap())
    };
    // The reader opens the FIFO before it can be written to.
    let mut tries = 0;
    while audit_to(&host, fifo.to_str().unwrap(), "022").code != 0 {
        tries += 1;
        assert!(tries < 100, "the FIFO is never written to");
    }
    assert!(read.join().unwrap().contains("certificates"));
    assert!(std::fs::metadata(&fifo).unwrap().file_type().is_fifo());

    let secret = host.input("elsewhere/secret", "mine");
    let link = host.beside("link");
    symlink(&secret, &link).unwrap();
    audit_to(&host, link.to_str().unwrap(), "022")
        .exits(2)
        .says("it is a symbolic link");
    assert_eq!(std::fs::read_to_string(&secret).unwrap(), "mine");
    let folder = host.beside("elsewhere");
    audit_to(&host, folder.to_str().unwrap(), "022").exits(2);
    assert!(folder.is_dir());

    let shown = Command::new("/bin/sh")
        .args([
            "-c",
            "exec \"$0\" --root \"$1\" audit --output /dev/stdout > \"$2\"",
        ])
        .arg(trustctl())
        .arg(host.root())
        .arg(host.beside("shown"))
        .status()
        .unwrap();
    assert!(shown.success() && host.beside_text("shown").contains("certificates"));
}
