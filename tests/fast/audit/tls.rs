//! Releases, packages, copies of OpenSSL, and the TLS settings of OpenSSL, GnuTLS and Java.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use support::Host;

use super::{good_host, only, status};

const OPENSSL_CNF: &str = "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\n";

/// Rule, file, text, where it must be found.
fn cases() -> Vec<(&'static str, &'static str, String, &'static str)> {
    let cnf = |line: &str| format!("{OPENSSL_CNF}{line}\n");
    let conf = "etc/ssl/openssl.cnf";
    let java = "etc/java-21-openjdk/security/java.security";
    vec![
        (
            "openssl-min-protocol",
            conf,
            cnf("MinProtocol = TLSv1"),
            "/etc/ssl/openssl.cnf:7",
        ),
        (
            "openssl-min-protocol",
            conf,
            cnf("minprotocol = None"),
            "/etc/ssl/openssl.cnf:7",
        ),
        (
            "openssl-max-protocol",
            conf,
            cnf("MaxProtocol = TLSv1.2"),
            "/etc/ssl/openssl.cnf:7",
        ),
        (
            "openssl-security-level",
            conf,
            cnf("CipherString = DEFAULT:@SECLEVEL=1"),
            "/etc/ssl/openssl.cnf:7",
        ),
        (
            "openssl-security-level",
            conf,
            cnf("CipherString = ALL:\\\n@SECLEVEL=0"),
            "/etc/ssl/openssl.cnf:7",
        ),
        (
            "openssl-legacy-options",
            conf,
            cnf("Options = ServerPreference,UnsafeLegacyRenegotiation"),
            "/etc/ssl/openssl.cnf:7",
        ),
        (
            "gnutls-lowered",
            "etc/gnutls/config",
            "[overrides]\ndefault-priority-string = NORMAL:+VERS-TLS1.0\n".into(),
            "/etc/gnutls/config:2",
        ),
        (
            "gnutls-lowered",
            "etc/gnutls/config",
            "[overrides]\ndefault-priority-string = NORMAL:%PROFILE_LOW\n".into(),
            "/etc/gnutls/config:2",
        ),
        (
            "java-tls-lowered",
            java,
            "# x\njdk.tls.disabledAlgorithms=SSLv3, TLSv1, \\\n  RC4, 3DES_EDE_CBC\n".into(),
            "/etc/java-21-openjdk/security/java.security:2",
        ),
        (
            "openssl-fix-missing",
            "var/lib/dpkg/status",
            status("3.0.13-0ubuntu3.15"),
            "/var/lib/dpkg/status",
        ),
        (
            "openssl-fips-build",
            "var/lib/dpkg/status",
            status("3.0.13-0ubuntu3.16+Fips1"),
            "/var/lib/dpkg/status",
        ),
        (
            "release-ended",
            "etc/os-release",
            "ID=ubuntu\nVERSION_ID=\"25.10\"\nVERSION_CODENAME=questing\n".into(),
            "/etc/os-release",
        ),
    ]
}

pub fn rules() -> BTreeSet<&'static str> {
    let others = [
        "release-ending",
        "package-outdated",
        "package-lists-stale",
        "openssl-command-differs",
        "openssl-private-copy",
        "openssl-copy-ended",
        "openssl-empty-store",
        "clock-behind",
    ];
    cases()
        .iter()
        .map(|(rule, ..)| *rule)
        .chain(others)
        .collect()
}

#[test]
fn each_lowered_setting_and_old_package_is_found() {
    let host = good_host();
    for (rule, file, text, at) in cases() {
        let before = host.read(file);
        host.write(file, &text);
        only(&host, &[&format!("{rule} {at}")], &text);
        match before {
            Some(before) => host.write(file, before),
            None => host.delete(file),
        }
    }
}

#[test]
fn settings_of_openssl_that_lower_nothing_are_none() {
    let host = good_host();
    let table = [
        "MinProtocol = TLSv1.2\nCipherString = DEFAULT@SECLEVEL=2\n",
        "MinProtocol = TLSv1\nMinProtocol = TLSv1.2\n",
        "# MinProtocol = TLSv1\n",
        "[d]\nMinProtocol = TLSv1\n",
        "MaxProtocol = TLSv1.3\nOptions = ServerPreference\n",
    ];
    for text in table {
        host.write("etc/ssl/openssl.cnf", format!("{OPENSSL_CNF}{text}"));
        only(&host, &[], text);
    }
    host.write(
        "etc/ssl/openssl.cnf",
        "[system_default_sect]\nMinProtocol = TLSv1\n",
    );
    only(&host, &[], "a section that nothing leads to");
}

#[test]
fn includes_and_files_named_by_a_variable_are_followed() {
    let host = good_host();
    host.write(
        "etc/ssl/openssl.cnf",
        format!("{OPENSSL_CNF}.include /etc/ssl/openssl.d\n"),
    );
    host.write("etc/ssl/openssl.d/x.cnf", "# x\nMinProtocol = TLSv1.1\n");
    host.write("etc/environment", "OPENSSL_CONF=/opt/openssl.cnf\n");
    host.write(
        "opt/openssl.cnf",
        format!("low = TLSv1\n{OPENSSL_CNF}MinProtocol = $low\n"),
    );
    only(
        &host,
        &[
            "openssl-min-protocol /etc/ssl/openssl.d/x.cnf:2",
            "openssl-min-protocol /opt/openssl.cnf:8",
        ],
        "an include and a variable",
    );
}

#[test]
fn an_up_to_date_focal_is_told_of_its_end_and_not_of_its_letter() {
    let host = good_host();
    host.write(
        "etc/os-release",
        "ID=ubuntu\nVERSION_ID=\"20.04\"\nVERSION_CODENAME=focal\n",
    );
    host.write(
        "var/lib/dpkg/status",
        status("1.1.1f-1ubuntu2.24+esm5").replace("libssl3t64", "libssl1.1"),
    );
    only(
        &host,
        &["release-ended /etc/os-release"],
        "all fixes of ESM",
    );
    host.trustctl(["audit"])
        .exits(1)
        .says("Ubuntu Pro (ESM)")
        .never_says("1.1.1k");
    host.write(
        "var/lib/dpkg/status",
        status("1.1.1f-1ubuntu2.24").replace("libssl3t64", "libssl1.1"),
    );
    only(
        &host,
        &[
            "release-ended /etc/os-release",
            "openssl-fix-missing /var/lib/dpkg/status",
        ],
        "without ESM",
    );
    host.trustctl(["audit"]).exits(1).says("pro attach");
}

#[test]
fn a_release_in_lts_is_a_note() {
    let host = good_host();
    let life = "version,codename,series,created,release,eol,eol-lts,eol-elts\n12,Bookworm,bookworm,2021-08-14,2023-06-10,2026-07-11,2199-06-30,2199-06-30\n";
    host.write("usr/share/distro-info/debian.csv", life);
    host.write(
        "etc/os-release",
        "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n",
    );
    let found = super::findings(&host, &[]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (found[0]["rule"].as_str(), found[0]["severity"].as_str()),
        (Some("release-ending"), Some("note"))
    );
}

#[test]
fn an_unknown_release_is_said_to_be_unknown() {
    let host = good_host();
    host.write("etc/os-release", "ID=gentoo\nPRETTY_NAME=Gentoo\n");
    only(&host, &[], "nothing is known");
    host.trustctl(["audit"])
        .exits(0)
        .says("nothing is known of the life of Gentoo");
}

/// Package lists with this version of the library.
fn lists(host: &Host, version: &str) {
    let folder = "var/lib/apt/lists/archive.corp.example_dists_noble";
    host.write(format!("{folder}_InRelease"), "Suite: noble\n");
    let text = format!(
        "Package: libssl3t64\nArchitecture: amd64\nSource: openssl\nVersion: {version}\n\nPackage: z\nArchitecture: all\nVersion: 1\n\n"
    );
    host.write(format!("{folder}_main_binary-amd64_Packages"), text);
}

#[test]
fn an_update_that_is_waiting_is_found_unless_pins_decide() {
    let host = good_host();
    lists(&host, "3.0.13-0ubuntu3.16");
    only(&host, &[], "the same version");
    lists(&host, "3.0.13-0ubuntu3.17");
    only(
        &host,
        &["package-outdated /var/lib/dpkg/status"],
        "a newer one",
    );
    host.write(
        "etc/apt/preferences.d/x",
        "Package: *\nPin: release a=noble\nPin-Priority: 1\n",
    );
    only(&host, &[], "pins decide");
    host.trustctl(["audit"])
        .exits(0)
        .says("apt preferences (pins)");
}

#[test]
fn lists_that_are_old_are_a_note() {
    let host = good_host();
    lists(&host, "3.0.13-0ubuntu3.16");
    let old = SystemTime::now() - Duration::from_secs(40 * 86_400);
    let name = "var/lib/apt/lists/archive.corp.example_dists_noble_InRelease";
    std::fs::File::options()
        .write(true)
        .open(host.path(name))
        .unwrap()
        .set_modified(old)
        .unwrap();
    only(
        &host,
        &["package-lists-stale /var/lib/apt/lists"],
        "40 days",
    );
}

#[test]
fn a_clock_that_is_behind_the_newest_file_is_an_error() {
    let host = good_host();
    let later = SystemTime::now() + Duration::from_secs(3 * 86_400);
    std::fs::File::options()
        .write(true)
        .open(host.path("var/lib/dpkg/status"))
        .unwrap()
        .set_modified(later)
        .unwrap();
    only(
        &host,
        &["clock-behind /var/lib/dpkg/status"],
        "the database is of tomorrow",
    );
}

fn library(text: &str) -> Vec<u8> {
    [
        &vec![0_u8; 200_000][..],
        b"OpenSSL ",
        text.as_bytes(),
        b"\0",
    ]
    .concat()
}

#[test]
fn copies_of_openssl_are_told_apart() {
    let host = good_host();
    host.write(
        "var/lib/dpkg/info/libssl3t64:amd64.list",
        "/usr/lib/x86_64-linux-gnu/libcrypto.so.3\n",
    );
    host.write("var/lib/dpkg/info/openssl.list", "/usr/bin/openssl\n");
    host.write(
        "usr/lib/x86_64-linux-gnu/libcrypto.so.3",
        library("3.0.13 30 Jan 2024\0OPENSSLDIR: \"/usr/lib/ssl\""),
    );
    host.write("usr/bin/openssl", library("3.0.13 30 Jan 2024"));
    only(&host, &[], "library and command of one version");
    host.write(
        "opt/app/lib/libcrypto.so.1.1",
        library("1.1.1w  11 Sep 2023\0OPENSSLDIR: \"/opt/app/ssl\""),
    );
    let copy = "/opt/app/lib/libcrypto.so.1.1";
    only(
        &host,
        &[
            &format!("openssl-private-copy {copy}"),
            &format!("openssl-copy-ended {copy}"),
            &format!("openssl-empty-store {copy}"),
        ],
        "a private copy of an ended branch with an empty store",
    );
    host.write("opt/app/ssl/cert.pem", host.vendors()[0].pem());
    only(
        &host,
        &[
            &format!("openssl-private-copy {copy}"),
            &format!("openssl-copy-ended {copy}"),
        ],
        "its store has a certificate",
    );
    host.delete("opt/app/lib/libcrypto.so.1.1");
    host.write("usr/local/bin/openssl", library("3.5.0 8 Apr 2025"));
    let command = "/usr/local/bin/openssl";
    only(
        &host,
        &[
            &format!("openssl-private-copy {command}"),
            &format!("openssl-command-differs {command}"),
        ],
        "another command comes first",
    );
}

#[test]
fn a_deep_look_finds_openssl_inside_a_program() {
    use std::os::unix::fs::PermissionsExt;
    let host = good_host();
    host.write("opt/app/inner/tool", library("3.0.2 15 Mar 2022"));
    std::fs::set_permissions(
        host.path("opt/app/inner/tool"),
        std::fs::Permissions::from_mode(0o755),
    )
    .unwrap();
    only(&host, &[], "the usual look");
    let deep: Vec<String> = super::findings(&host, &["--deep"])
        .iter()
        .map(super::shown)
        .collect();
    assert_eq!(
        deep,
        [
            "openssl-copy-ended /opt/app/inner/tool",
            "openssl-private-copy /opt/app/inner/tool"
        ]
    );
}
