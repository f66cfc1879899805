//! Faults of the store that need more than a row of a table: two places, two hosts, Java's keystore.

use std::collections::BTreeSet;

use support::{Ca, Host};

use super::faults::{LOCAL, corp, local, mode};
use super::{furnished, good_host, limited_ca, mend, only};

/// Rules whose cases stand in a test of their own below.
const OTHERS: [&str; 17] = [
    "private-key",
    "unparsable",
    "bundle-unloadable",
    "byte-order-mark",
    "wrong-owner",
    "breaking-name",
    "empty-store",
    "deselected-still-trusted",
    "conf-missing",
    "java-extra",
    "java-missing",
    "java-unusable",
    "java-updates-off",
    "trusted-elsewhere",
    "policy-unread",
    "policy-certificate-missing",
    "browser-ignores-databases",
];

pub fn rules() -> BTreeSet<&'static str> {
    OTHERS.into()
}

#[test]
fn a_private_key_is_found_in_the_source_and_in_the_bundle_it_was_copied_to() {
    let ca = limited_ca("Corp Root");
    let host =
        furnished(Host::new().local("corp.crt", format!("{}{}", ca.pem(), ca.key_pem()))).settled();
    let source = "/usr/local/share/ca-certificates/corp.crt";
    let found = super::found(&host);
    assert!(
        found
            .iter()
            .any(|line| line.starts_with(&format!("private-key {source}:"))),
        "{found:?}"
    );
    assert!(
        found
            .iter()
            .any(|line| line.starts_with("private-key /etc/ssl/certs/ca-certificates.crt:")),
        "{found:?}"
    );
    assert_eq!(
        found
            .iter()
            .filter(|line| !line.starts_with("private-key"))
            .count(),
        0,
        "{found:?}"
    );
    mend(&host);
    only(&host, &[], "after the remedy");
    host.trustctl(["audit"]).exits(0).never_says("PRIVATE");
}

#[test]
fn a_private_key_that_the_script_passes_over_is_found_where_everybody_can_read_it() {
    let host = good_host();
    let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
    local(&host, "corp.key", key);
    let at = "/usr/local/share/ca-certificates/corp.key";
    only(&host, &[&format!("private-key {at}:1")], "mode 0644");
    mode(&host, at.trim_start_matches('/'), 0o600);
    only(&host, &[], "mode 0600");
}

#[test]
fn a_truncated_certificate_is_an_error_in_the_source_and_in_the_bundle() {
    let pem = limited_ca("Corp Root").pem().to_string();
    let host = furnished(Host::new().local("corp.crt", &pem[..pem.len() / 2])).settled();
    let found = super::found(&host);
    let cut = format!(
        "unparsable /usr/local/share/ca-certificates/corp.crt:{}",
        pem[..pem.len() / 2].lines().count()
    );
    assert!(found.contains(cut.as_str()), "{found:?}");
    assert!(
        found
            .iter()
            .any(|line| line.starts_with("bundle-unloadable /etc/ssl/certs/ca-certificates.crt:")),
        "{found:?}"
    );
    assert_eq!(found.len(), 2, "{found:?}");
    host.trustctl(["audit", "--rule", "unparsable"]).exits(1);
    super::carry_out(&host, "rm /usr/local/share/ca-certificates/corp.crt");
    super::carry_out(&host, "update-ca-certificates --fresh");
    only(&host, &[], "after the remedy");
}

#[test]
fn a_byte_order_mark_matters_to_openssl_1_1_1_only() {
    let host = furnished(Host::new().local("corp.crt", format!("\u{feff}{}", corp()))).settled();
    only(&host, &[], "OpenSSL 3");
    host.write(
        "var/lib/dpkg/status",
        super::status("1.1.1f-1ubuntu2.24+esm5").replace("libssl3t64", "libssl1.1"),
    );
    only(
        &host,
        &["byte-order-mark /usr/local/share/ca-certificates/corp.crt:1"],
        "OpenSSL 1.1.1",
    );
}

#[test]
fn a_part_that_belongs_to_somebody_else_is_an_error() {
    let host = good_host();
    let conf = host.path("etc/ca-certificates.conf");
    if nix::unistd::geteuid().is_root() {
        std::os::unix::fs::chown(&conf, Some(1000), Some(1000)).unwrap();
    } else {
        // To one of the numbers that an ordinary user has for others (/etc/subuid).
        let mut give = std::process::Command::new("/usr/bin/unshare");
        give.args(["--map-auto", "--map-root-user", "chown", "1000:1000"]);
        support::output(give.arg(&conf)).exits(0);
    }
    only(
        &host,
        &["wrong-owner /etc/ca-certificates.conf"],
        "ann's file",
    );
    mend(&host);
    only(&host, &[], "after the remedy");
}

#[test]
fn a_group_with_members_that_may_write_is_a_warning_and_one_without_is_none() {
    use std::os::unix::fs::MetadataExt;
    let host = good_host();
    if nix::unistd::geteuid().is_root() {
        std::os::unix::fs::chown(host.path(LOCAL), Some(0), Some(50)).unwrap();
    }
    let gid = std::fs::metadata(host.path(LOCAL)).unwrap().gid();
    let group = |members: &str| {
        let text = format!("root:x:0:\nstaff:x:{gid}:{members}\n");
        host.write("etc/group", text);
    };
    group("");
    mode(&host, LOCAL, 0o2775);
    only(&host, &[], "the group staff is empty");
    group("ann");
    only(
        &host,
        &["writable-store /usr/local/share/ca-certificates"],
        "ann is in staff",
    );
    host.trustctl(["audit"])
        .exits(1)
        .says("the group `staff` may write (ann)");
}

#[test]
fn a_remedy_names_odd_files_as_a_shell_takes_them() {
    let host = good_host();
    let name = "it's $(touch x) `y`; z.crt";
    std::os::unix::fs::symlink("/none", host.path(LOCAL).join(name)).unwrap();
    let path = format!("/{LOCAL}/{name}");
    only(&host, &[&format!("dangling-link {path}")], name);
    let remedy = super::findings(&host, &[])[0]["remedy"].to_string();
    let root = host.root().display();
    let expected =
        format!(r"rm '{root}/usr/local/share/ca-certificates/it'\\''s $(touch x) `y`; z.crt'");
    assert!(remedy.contains(&expected), "{remedy}");
}

#[test]
fn a_name_that_makes_the_script_fail_is_an_error() {
    let host = good_host();
    local(&host, "a\nb.crt", corp());
    let found = super::found(&host);
    assert!(
        found.iter().any(|line| line.starts_with("breaking-name ")),
        "{found:?}"
    );
    // The remedy works as printed, although no terminal gets the name raw.
    let findings = super::findings(&host, &["--rule", "breaking-name"]);
    let remedy = findings[0]["remedy"].as_str().unwrap();
    super::carry_out(&host, remedy.split('`').nth(1).unwrap());
    assert!(host.has(format!("{LOCAL}/local-a-b.crt")), "{remedy}");
    host.delete(format!("{LOCAL}/local-a-b.crt"));
    local(&host, "a\\b.crt", corp());
    assert!(
        !super::found(&host)
            .iter()
            .any(|line| line.starts_with("breaking-name ")),
        "from 20250419 on a backslash works"
    );
    host.write(
        "var/lib/dpkg/status",
        super::status("3.0.13-0ubuntu3.16").replace("20250419", "20230311"),
    );
    assert!(
        super::found(&host)
            .iter()
            .any(|line| line.starts_with("breaking-name "))
    );
}

#[test]
fn an_empty_store_is_one_finding() {
    only(
        &furnished(Host::empty()),
        &["empty-store /etc/ssl/certs/ca-certificates.crt"],
        "nothing at all",
    );
    let host = furnished(Host::new());
    only(
        &host,
        &["empty-store /etc/ssl/certs/ca-certificates.crt"],
        "sources, but nothing built",
    );
}

#[test]
fn a_deselected_ca_that_is_still_trusted_is_an_error() {
    let host = good_host();
    let conf = host
        .text("etc/ca-certificates.conf")
        .replace("mozilla/Vendor_Root_2", "!mozilla/Vendor_Root_2");
    host.write("etc/ca-certificates.conf", conf);
    only(
        &host,
        &["deselected-still-trusted /usr/share/ca-certificates/mozilla/Vendor_Root_2.crt"],
        "switched off, not rebuilt",
    );
    mend_first(&host);
    only(&host, &[], "after the remedy");
}

/// Carries out the first command of the first remedy.
fn mend_first(host: &Host) {
    let found = super::findings(host, &[]);
    let remedy = found[0]["remedy"].as_str().unwrap();
    super::carry_out(host, remedy.split('`').nth(1).unwrap());
}

#[test]
fn a_missing_selection_is_a_warning() {
    let host = furnished(Host::new()).settled();
    host.delete("etc/ca-certificates.conf");
    let found = super::found(&host);
    assert!(
        found.contains("conf-missing /etc/ca-certificates.conf"),
        "{found:?}"
    );
}

/// A JKS keystore with these entries.
fn keystore(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = vec![0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2];
    out.extend((entries.len() as u32).to_be_bytes());
    for (alias, der) in entries {
        out.extend(2_u32.to_be_bytes());
        out.extend((alias.len() as u16).to_be_bytes());
        out.extend(alias.as_bytes());
        out.extend([0; 8]);
        out.extend([0, 5]);
        out.extend(b"X.509");
        out.extend((der.len() as u32).to_be_bytes());
        out.extend(*der);
    }
    out.extend([0; 20]);
    out
}

#[test]
fn a_keystore_that_java_cannot_open_is_found() {
    let host = good_host();
    let pem = host.input("roots.pem", host.vendors()[0].pem());
    let made = host.beside("made.p12");
    let (pem, made) = (pem.to_str().unwrap(), made.to_str().unwrap());
    let export = |password: &str| {
        let arguments = ["pkcs12", "-export", "-nokeys", "-in", pem, "-out", made];
        let arguments = [&arguments[..], &["-passout", password]].concat();
        support::openssl(&arguments, b"").exits(0);
        host.write("etc/ssl/certs/java/cacerts", std::fs::read(made).unwrap());
        host.trustctl(["--format", "json", "audit", "--rule", "java-unusable"])
    };
    export("pass:changeit")
        .exits(1)
        .says("every connection fails");
    host.write("etc/ssl/certs/java/cacerts", "rubbish");
    host.trustctl(["audit", "--rule", "java-unusable"]).exits(1);
    host.write(
        "etc/ssl/certs/java/cacerts",
        keystore(&[("a", host.vendors()[0].der())]),
    );
    host.trustctl(["audit", "--rule", "java-unusable"]).exits(0);
}

/// What these rules find, as `SEVERITY PATH`.
fn of_rule(host: &Host, rule: &str) -> Vec<String> {
    let run = host.trustctl([
        "--format",
        "json",
        "audit",
        "--fail-on",
        "never",
        "--rule",
        rule,
    ]);
    let report = run.exits(0).report();
    let findings = report["findings"].as_array().unwrap();
    let line = |found: &serde_json::Value| {
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_string();
        format!(
            "{} {}",
            text(&found["severity"]),
            text(&found["subject"]["path"])
        )
    };
    findings.iter().map(line).collect()
}

#[test]
fn what_other_programs_trust_and_this_host_does_not_is_found() {
    let host = good_host();
    host.write("usr/bin/chromium", "");
    let managed = "etc/chromium/policies/managed";
    let of = |ca: &Ca| support::openssl(&["enc", "-base64", "-A"], ca.der()).stdout;
    let policy = |ca: &Ca| format!("{{\"CACertificates\": [\"{}\"]}}", of(ca));
    // What the host trusts too is no finding.
    host.write(format!("{managed}/a.json"), policy(&host.vendors()[0]));
    assert_eq!(of_rule(&host, "trusted-elsewhere"), [""; 0]);
    host.write(format!("{managed}/a.json"), policy(&Ca::new("Elsewhere")));
    let at = "/etc/chromium/policies";
    let found = of_rule(&host, "trusted-elsewhere");
    assert!(
        found.len() == 1 && found[0].starts_with(&format!("note {at}")),
        "{found:?}"
    );
    host.delete(format!("{managed}/a.json"));
    // A JDK has a list of its own; what is deselected here matters.
    let vendor = &host.vendors()[1];
    let jdk = "opt/jdk/lib/security/cacerts";
    host.write(
        jdk,
        keystore(&[("a", vendor.der()), ("b", Ca::new("Elsewhere").der())]),
    );
    assert_eq!(of_rule(&host, "trusted-elsewhere"), [""; 0]);
    host.trustctl(["distrust", "--yes", &vendor.sha256()])
        .exits(0);
    assert_eq!(
        of_rule(&host, "trusted-elsewhere"),
        [format!("warning /{jdk}")]
    );
}

#[test]
fn policies_without_effect_are_found() {
    let host = good_host();
    host.write("usr/bin/chromium", "");
    host.write(
        "usr/lib/firefox-esr/application.ini",
        "[App]\nVersion=140\n",
    );
    let (chromium, firefox) = (
        "etc/chromium/policies/managed/a.json",
        "etc/firefox/policies/policies.json",
    );
    let distribution = "usr/lib/firefox-esr/distribution/policies.json";
    host.write(chromium, "{");
    host.write(firefox, "{\"policies\": {},}");
    let unread = of_rule(&host, "policy-unread");
    assert_eq!(
        unread,
        [
            format!("warning /{chromium}"),
            format!("warning /{firefox}")
        ]
    );
    host.write(chromium, "{\"CAPlatformIntegrationEnabled\": false}");
    host.write(
        firefox,
        "{\"policies\": {\"Certificates\": {\"Install\": [\"/none.crt\"]}}}",
    );
    assert_eq!(of_rule(&host, "policy-unread"), [""; 0]);
    assert_eq!(
        of_rule(&host, "browser-ignores-databases"),
        [format!("note /{chromium}")]
    );
    assert_eq!(
        of_rule(&host, "policy-certificate-missing"),
        [format!("warning /{firefox}")]
    );
    host.write(distribution, "{\"policies\": {}}");
    assert_eq!(
        of_rule(&host, "policy-unread"),
        [format!("warning /{distribution}")]
    );
    host.delete(chromium);
    host.delete(firefox);
    for rule in [
        "policy-unread",
        "browser-ignores-databases",
        "policy-certificate-missing",
    ] {
        assert_eq!(of_rule(&host, rule), [""; 0], "{rule}");
    }
}

#[test]
fn a_java_keystore_that_differs_from_the_store_is_found() {
    let host = good_host();
    let vendors: Vec<&Ca> = host.vendors().iter().collect();
    let all: Vec<(&str, &[u8])> = vendors
        .iter()
        .map(|ca| ("debian:x.pem", ca.der()))
        .collect();
    host.write("etc/ssl/certs/java/cacerts", keystore(&all));
    only(&host, &[], "the same certificates");
    host.write("etc/ssl/certs/java/cacerts", keystore(&all[..2]));
    only(
        &host,
        &["java-missing /etc/ssl/certs/java/cacerts"],
        "one is missing",
    );
    let removed = limited_ca("Removed Root");
    let more = [&all[..], &[("debian:removed.pem", removed.der())]].concat();
    host.write("etc/ssl/certs/java/cacerts", keystore(&more));
    only(
        &host,
        &["java-extra /etc/ssl/certs/java/cacerts"],
        "one too many",
    );
    host.trustctl(["audit"])
        .exits(1)
        .says("-alias debian:removed.pem");
    host.write("etc/ssl/certs/java/cacerts", "rubbish");
    let report = host
        .trustctl(["--format", "json", "audit"])
        .exits(1)
        .report();
    assert!(
        report["skipped"]
            .to_string()
            .contains("neither a JKS nor a PKCS#12 keystore"),
        "{report}"
    );
}

#[test]
fn a_java_keystore_that_is_no_longer_updated_is_found() {
    let host = good_host();
    host.write("etc/default/cacerts", "storepass=''\ncacerts_updates=yes\n");
    only(&host, &[], "as delivered");
    host.write(
        "etc/default/cacerts",
        "storepass=''\n\ncacerts_updates=no\n",
    );
    only(
        &host,
        &["java-updates-off /etc/default/cacerts:3"],
        "switched off",
    );
}
