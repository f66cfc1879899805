//! `trustctl tls` on made-up hosts: private trees with a release, a package database, libraries and settings.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(
    clippy::disallowed_methods,
    reason = "tests look at trees of their own"
)]

mod table;

use serde_json::Value;
use support::Host;

/// What a host of these tests is made of.
pub(crate) struct Made<'a> {
    pub(crate) release: &'a str,
    pub(crate) library: &'a str,
    pub(crate) version: &'a str,
    pub(crate) upstream: &'a str,
    pub(crate) conf: &'a str,
}

/// Ubuntu 22.04 with every fix.
pub(crate) const JAMMY: Made<'static> = Made {
    release: "ID=ubuntu\nVERSION_ID=\"22.04\"\nVERSION_CODENAME=jammy\nPRETTY_NAME=\"Ubuntu 22.04.5 LTS\"\n",
    library: "libssl3",
    version: "3.0.2-0ubuntu1.30",
    upstream: "3.0.2 15 Mar 2022",
    conf: "openssl_conf = openssl_init\n[openssl_init]\nssl_conf = ssl_sect\n[ssl_sect]\nsystem_default = sect\n[sect]\nCipherString = DEFAULT:@SECLEVEL=2\n",
};

/// Ubuntu 20.04 as it is without Ubuntu Pro.
const FOCAL: Made<'static> = Made {
    release: "ID=ubuntu\nVERSION_ID=\"20.04\"\nVERSION_CODENAME=focal\nPRETTY_NAME=\"Ubuntu 20.04.6 LTS\"\n",
    library: "libssl1.1",
    version: "1.1.1f-1ubuntu2.24",
    upstream: "1.1.1f  31 Mar 2020",
    conf: "",
};

/// Something that a version can be found in, as in a library.
fn binary(upstream: &str, folder: &str) -> Vec<u8> {
    let mut bytes = vec![0; 4096];
    bytes.extend(format!("\0OpenSSL {upstream}\0OPENSSLDIR: \"{folder}\"\0").as_bytes());
    bytes
}

pub(crate) fn host(made: &Made<'_>) -> Host {
    let host = Host::empty();
    let Made {
        library, version, ..
    } = made;
    let stanza = |name: &str| {
        format!(
            "Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nSource: openssl\nVersion: {version}\n\n"
        )
    };
    host.write("etc/os-release", made.release);
    host.write("var/lib/dpkg/status", stanza(library) + &stanza("openssl"));
    let generation = if *library == "libssl1.1" { "1.1" } else { "3" };
    host.write(
        format!("usr/lib/x86_64-linux-gnu/libcrypto.so.{generation}"),
        binary(made.upstream, "/usr/lib/ssl"),
    );
    host.write("usr/bin/openssl", binary(made.upstream, "/usr/lib/ssl"));
    host.write("usr/lib/ssl/openssl.cnf", made.conf);
    host
}

#[track_caller]
fn tls(host: &Host, exit: i32) -> Value {
    host.trustctl(["--format", "json", "tls"])
        .exits(exit)
        .report()
}

fn row<'a>(report: &'a Value, question: &str) -> &'a Value {
    let rows = report["verdict"]["rows"].as_array().unwrap();
    rows.iter().find(|row| row["question"] == question).unwrap()
}

fn commands(report: &Value) -> Vec<&str> {
    let advice = report["verdict"]["advice"].as_array().unwrap();
    advice
        .iter()
        .filter_map(|advice| advice["command"].as_str())
        .map(|command| command.trim_start_matches("sudo "))
        .collect()
}

#[test]
fn the_fix_that_is_lacking_is_named() {
    let version = "3.0.2-0ubuntu1.29";
    let report = tls(&host(&Made { version, ..JAMMY }), 1);
    let answer = row(&report, "fixes")["answer"].as_str().unwrap();
    assert!(answer.contains("CVE-2026-84782"), "{answer}");
}

#[test]
fn protocols_that_the_configuration_changes_are_told_with_its_line() {
    let conf = format!("{}MaxProtocol = TLSv1.2\n", JAMMY.conf);
    let report = tls(
        &host(&Made {
            conf: &conf,
            ..JAMMY
        }),
        1,
    );
    let answer = row(&report, "tls-1.3")["answer"].as_str().unwrap();
    assert!(
        answer.contains("`MaxProtocol = TLSv1.2` in /usr/lib/ssl/openssl.cnf:8"),
        "{answer}"
    );
    assert_eq!(report["maximum"], "TLS 1.2");
    let debian = Made {
        release: "ID=debian\nVERSION_ID=\"11\"\nVERSION_CODENAME=bullseye\nPRETTY_NAME=\"Debian GNU/Linux 11 (bullseye)\"\n",
        library: "libssl1.1",
        version: "1.1.1w-0+deb11u8",
        upstream: "1.1.1w  11 Sep 2023",
        conf: "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nMinProtocol = TLSv1\nCipherString = DEFAULT@SECLEVEL=1\n",
    };
    let report = tls(&host(&debian), 1);
    assert_eq!(report["minimum"], "TLS 1.0");
    assert_eq!(report["security_level"]["level"], 1);
    assert_eq!(
        report["security_level"]["origin"],
        "/usr/lib/ssl/openssl.cnf:8"
    );
    assert_eq!(row(&report, "maintained")["state"], "failed");
    let settings = report["settings"].as_array().unwrap();
    assert!(
        settings
            .iter()
            .any(|setting| setting["name"] == "minprotocol" && setting["value"] == "TLSv1"),
        "{settings:?}"
    );
}

#[test]
fn settings_in_included_files_are_followed() {
    let conf = format!("{}.include /etc/ssl/conf.d\n", JAMMY.conf);
    let host = host(&Made {
        conf: &conf,
        ..JAMMY
    });
    host.write("etc/ssl/conf.d/10.cnf", "[sect]\nMaxProtocol = TLSv1.2\n");
    let report = tls(&host, 1);
    assert!(
        row(&report, "tls-1.3")["answer"]
            .as_str()
            .unwrap()
            .contains("/etc/ssl/conf.d/10.cnf:2"),
        "{report:#}"
    );
}

#[test]
fn a_hand_built_openssl_with_an_empty_store_is_told_and_never_recommended() {
    let host = host(&JAMMY);
    host.write(
        "usr/local/bin/openssl",
        binary("3.3.1 4 Jun 2024", "/usr/local/ssl"),
    );
    host.write(
        "usr/local/lib64/libcrypto.so.3",
        binary("3.3.1 4 Jun 2024", "/usr/local/ssl"),
    );
    let report = tls(&host, 0);
    let copies = report["copies"].as_array().unwrap();
    let local = copies
        .iter()
        .find(|copy| copy["path"] == "/usr/local/bin/openssl")
        .unwrap();
    assert_eq!(
        [
            &local["packaged"],
            &local["empty_store"],
            &local["first_in_path"]
        ],
        [false, true, true]
    );
    assert!(
        commands(&report)
            .contains(&"ln -s /etc/ssl/certs/ca-certificates.crt /usr/local/ssl/cert.pem"),
        "{report:#}"
    );
    assert_eq!(report["own"]["library"], "OpenSSL 3.0.2 15 Mar 2022");
    // With a store of its own it is no matter.
    host.write("usr/local/ssl/cert.pem", "x");
    assert!(
        commands(&tls(&host, 0))
            .iter()
            .all(|command| !command.starts_with("ln "))
    );
}

#[test]
fn apts_lists_tell_of_updates_and_their_age_is_told() {
    let host = host(&JAMMY);
    let report = tls(&host, 0);
    assert_eq!(row(&report, "update")["state"], "unknown");
    assert!(commands(&report).contains(&"apt-get update"));
    host.write("var/lib/apt/lists/x_InRelease", "Suite: jammy\n");
    let list =
        |version: &str| format!("Package: libssl3\nArchitecture: amd64\nVersion: {version}\n\n");
    host.write(
        "var/lib/apt/lists/x_main_binary-amd64_Packages",
        list("3.0.2-0ubuntu1.30"),
    );
    assert_eq!(row(&tls(&host, 0), "update")["state"], "ok");
    host.write(
        "var/lib/apt/lists/x_main_binary-amd64_Packages",
        list("3.0.2-0ubuntu1.31"),
    );
    let report = tls(&host, 0);
    assert_eq!(row(&report, "update")["state"], "note");
    assert!(commands(&report).contains(&"apt-get install --only-upgrade openssl libssl3"));
}

#[test]
fn programs_of_another_tree_are_never_run() {
    let host = host(&JAMMY);
    let mark = host.beside("ran");
    host.write_program(
        "usr/bin/openssl",
        &format!("#!/bin/sh\ntouch {}\n", mark.display()),
    );
    let report = tls(&host, 0);
    assert!(std::fs::symlink_metadata(&mark).is_err());
    assert!(
        report["skipped"][0]
            .as_str()
            .unwrap()
            .contains("another tree"),
        "{report:#}"
    );
}

#[test]
fn a_host_without_openssl_is_told_without_a_guess() {
    let report = tls(&Host::empty(), 0);
    assert_eq!(row(&report, "tls-1.3")["state"], "unknown");
    assert_eq!(row(&report, "fixes")["state"], "unknown");
    assert_eq!(report["maximum"], Value::Null);
}

#[test]
fn the_page_for_people_has_the_verdict_and_the_command() {
    let host = host(&Made {
        version: "3.0.2-0ubuntu1.29",
        ..JAMMY
    });
    host.trustctl(["tls"])
        .exits(1)
        .says("verdict (fixes as of 2026-09-29)")
        .says("apt-get install --only-upgrade openssl libssl3");
}

/// Debian 13: OpenSSL 3.5, and nothing in `openssl.cnf`.
const TRIXIE: Made<'static> = Made {
    release: "ID=debian\nVERSION_ID=\"13\"\nVERSION_CODENAME=trixie\nPRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\n",
    library: "libssl3",
    version: "3.5.4-1~deb13u1",
    upstream: "3.5.4 30 Sep 2025",
    conf: "",
};

#[test]
fn without_a_handshake_openssl_3_is_not_said_to_speak_what_its_security_level_refuses() {
    let range = |conf: &str| {
        let report = tls(&host(&Made { conf, ..TRIXIE }), 0);
        [&report["minimum"], &report["maximum"]]
            .map(|protocol| protocol.as_str().unwrap().to_string())
    };
    let level = |level: u32| {
        format!(
            "openssl_conf = init\n[init]\nssl_conf = ssl\n[ssl]\nsystem_default = sect\n[sect]\nCipherString = DEFAULT:@SECLEVEL={level}\n"
        )
    };
    assert_eq!(range(""), ["TLS 1.2", "TLS 1.3"]);
    assert_eq!(range(&level(1)), ["TLS 1.2", "TLS 1.3"]);
    assert_eq!(range(&level(0)), ["TLS 1.0", "TLS 1.3"]);
}

#[test]
fn fixes_of_another_distribution_are_not_judged_by_ubuntus_table() {
    let report = tls(&host(&TRIXIE), 0);
    let fixes = row(&report, "fixes");
    assert_eq!(fixes["state"], "unknown");
    let answer = fixes["answer"].as_str().unwrap();
    assert!(
        answer.starts_with("not judged: the table covers Ubuntu"),
        "{answer}"
    );
}
