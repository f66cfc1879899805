//! Trees that nobody would make on purpose: audit ends, soon, and says what it could not look at.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use support::{Host, output};

use super::{furnished, good_host, limited_ca, only};

fn skipped(host: &Host) -> String {
    let report = host
        .trustctl(["--format", "json", "audit", "--fail-on", "never"])
        .exits(0)
        .report();
    report["skipped"].to_string()
}

#[test]
fn fifos_and_sockets_are_passed_over_with_the_reason() {
    let host = good_host();
    let fifo = |path: &str| {
        std::fs::create_dir_all(host.path(path).parent().unwrap()).unwrap();
        nix::unistd::mkfifo(&host.path(path), nix::sys::stat::Mode::S_IRWXU).unwrap();
    };
    fifo("usr/local/share/ca-certificates/fifo.crt");
    fifo("etc/ssl/certs/fifo.pem");
    fifo("etc/profile.d/fifo.sh");
    fifo("home/ann/.gitconfig");
    fifo("srv/app/Dockerfile");
    let _socket = UnixListener::bind(host.path("usr/local/share/ca-certificates/s.crt")).unwrap();
    only(&host, &[], "nothing can be said of them");
    let skipped = skipped(&host);
    for path in [
        "/usr/local/share/ca-certificates/fifo.crt",
        "/usr/local/share/ca-certificates/s.crt",
        "/etc/profile.d/fifo.sh",
        "/home/ann/.gitconfig",
        "/srv/app/Dockerfile",
    ] {
        assert!(skipped.contains(path), "{path} in {skipped}");
    }
}

#[test]
fn loops_of_links_end() {
    let host = good_host();
    symlink(".", host.path("usr/local/share/ca-certificates/loop")).unwrap();
    symlink("b", host.path("usr/local/share/ca-certificates/a")).unwrap();
    symlink("a", host.path("usr/local/share/ca-certificates/b")).unwrap();
    std::fs::create_dir_all(host.path("etc/systemd/system")).unwrap();
    symlink("..", host.path("etc/systemd/system/up")).unwrap();
    symlink("x.sh", host.path("etc/profile.d")).unwrap_or(());
    std::fs::create_dir_all(host.path("srv/app")).unwrap();
    symlink("..", host.path("srv/app/up")).unwrap();
    symlink("/srv", host.path("srv/app/.git")).unwrap();
    std::fs::create_dir_all(host.path("home/ann/.config")).unwrap();
    symlink("/home/ann/.config", host.path("home/ann/.config/git")).unwrap();
    let rules: Vec<String> = super::found(&host).into_iter().collect();
    assert!(
        rules
            .iter()
            .all(|line| line.starts_with("dangling-link /usr/local/share/ca-certificates/")),
        "{rules:?}"
    );
}

#[test]
fn a_file_of_100_megabytes_is_passed_over() {
    let host = good_host();
    let large = |path: &str| {
        std::fs::File::create(host.path(path))
            .unwrap()
            .set_len(100 << 20)
            .unwrap();
    };
    large("usr/local/share/ca-certificates/large.crt");
    large("etc/environment");
    let started = Instant::now();
    let skipped = skipped(&host);
    assert!(started.elapsed() < Duration::from_secs(5));
    assert!(
        skipped.contains("/usr/local/share/ca-certificates/large.crt")
            && skipped.contains("/etc/environment"),
        "{skipped}"
    );
}

#[test]
fn what_may_not_be_read_is_said_to_be_so() {
    let host = good_host();
    host.write("etc/environment", "NODE_TLS_REJECT_UNAUTHORIZED=0\n");
    std::fs::set_permissions(
        host.path("etc/environment"),
        std::fs::Permissions::from_mode(0o0),
    )
    .unwrap();
    let mut audit = host.command(["--format", "json", "audit"]);
    let run = if nix::unistd::geteuid().is_root() {
        // Root may read everything as long as it has its capabilities.
        let mut bare = std::process::Command::new("/usr/bin/setpriv");
        bare.env_clear()
            .args(["--bounding-set=-all", "--inh-caps=-all"]);
        output(bare.arg(audit.get_program()).args(audit.get_args()))
    } else {
        output(&mut audit)
    };
    let report = run.exits(0).report();
    assert_eq!(report["findings"], serde_json::json!([]));
    let skipped = report["skipped"].to_string();
    assert!(
        skipped.contains("`/etc/environment` was not read: permission denied"),
        "{skipped}"
    );
}

#[test]
fn a_thousand_local_files_are_judged() {
    // Ten times as many, with a limit on the time, are judged in the slow layer.
    let host = good_host();
    let pem = limited_ca("Corp Root").pem().to_string();
    for number in 0..1000 {
        host.write(
            format!("usr/local/share/ca-certificates/{number}.crt"),
            &pem,
        );
    }
    let report = host
        .trustctl(["--format", "json", "audit"])
        .exits(1)
        .report();
    assert_eq!(report["store"]["local"], 1000);
    assert_eq!(
        report["counts"]["error"], 1,
        "one certificate is missing from the bundle: {}",
        report["counts"]
    );
}

#[test]
fn links_of_an_image_never_lead_out_of_it() {
    let host = good_host();
    let outside = host.input("outside", "NODE_TLS_REJECT_UNAUTHORIZED=0\n");
    symlink(&outside, host.path("etc/environment")).unwrap();
    symlink(outside.parent().unwrap(), host.path("etc/environment.d")).unwrap();
    only(&host, &[], "a link to a file outside");
}

#[test]
fn rubbish_in_every_file_of_settings_is_no_finding_and_no_crash() {
    let host = furnished(Host::new()).settled();
    let rubbish: Vec<u8> = (0..4096_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    for file in [
        "etc/environment",
        "etc/gitconfig",
        "etc/apt/apt.conf",
        "etc/docker/daemon.json",
        "etc/containerd/config.toml",
        "etc/gemrc",
        "home/ann/.kube/config",
        "etc/crontab",
        "etc/profile",
        "etc/ssl/openssl.cnf",
        "etc/group",
        "etc/java-8-openjdk/security/java.security",
    ] {
        host.write(file, &rubbish);
    }
    only(&host, &[], "rubbish");
}
