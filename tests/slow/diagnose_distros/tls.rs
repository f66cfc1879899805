//! `trustctl tls` of three releases.

use serde_json::Value;
use support::Cell;

fn answer<'a>(report: &'a Value, protocol: &str, level: &str) -> &'a str {
    let protocols = report["protocols"].as_array().unwrap();
    protocols
        .iter()
        .find(|one| one["protocol"] == protocol)
        .unwrap()[level]
        .as_str()
        .unwrap()
}

#[test]
fn tls_tells_the_truth_on_three_releases() {
    // Debian 11 has been without free updates since 2026-08-31.
    for (release, exit, minimum, level) in [
        ("bullseye", 1, "TLS 1.2", 2),
        ("bookworm", 0, "TLS 1.2", 2),
        ("trixie", 0, "TLS 1.2", 2),
    ] {
        let cell = Cell::new(release);
        let report = cell
            .trustctl(["--format", "json", "tls"])
            .exits(exit)
            .report();
        for by in ["by_version", "by_build", "by_configuration", "by_handshake"] {
            assert_eq!(
                answer(&report, "TLS 1.3", by),
                "yes",
                "{release} {by}: {report:#}"
            );
        }
        assert_eq!(
            answer(&report, "TLS 1.0", "by_handshake"),
            "no",
            "{release}: {report:#}"
        );
        assert_eq!(
            [&report["minimum"], &report["maximum"]],
            [minimum, "TLS 1.3"],
            "{release}"
        );
        assert_eq!(
            report["security_level"]["level"], level,
            "{release}: {report:#}"
        );
        assert!(
            report["own"]["build"].as_array().unwrap().len() > 2,
            "{release}"
        );
    }
}

#[test]
fn tls_sees_what_the_configuration_really_does() {
    let cell = Cell::new("bookworm");
    let conf = |line: &str| {
        format!("openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\n{line}\n")
    };
    cell.write("/etc/ssl/openssl.cnf", conf("MaxProtocol = TLSv1.2"));
    let report = cell.trustctl(["--format", "json", "tls"]).exits(1).report();
    assert_eq!(answer(&report, "TLS 1.3", "by_version"), "yes");
    assert_eq!(answer(&report, "TLS 1.3", "by_configuration"), "no");
    assert_eq!(report["maximum"], "TLS 1.2");
    cell.write(
        "/etc/ssl/openssl.cnf",
        conf("MinProtocol = TLSv1\nCipherString = DEFAULT@SECLEVEL=0"),
    );
    let report = cell.trustctl(["--format", "json", "tls"]).exits(0).report();
    assert_eq!(
        answer(&report, "TLS 1.0", "by_handshake"),
        "yes",
        "{report:#}"
    );
    assert_eq!(report["minimum"], "TLS 1.0");
    // An openssl that others could have written is not run.
    cell.sh("chmod 0777 /usr/bin/openssl").exits(0);
    let report = cell.trustctl(["--format", "json", "tls"]).exits(0).report();
    assert_eq!(answer(&report, "TLS 1.3", "by_handshake"), "unknown");
    assert!(
        report["skipped"][0]
            .as_str()
            .unwrap()
            .contains("changed by others"),
        "{report:#}"
    );
}
