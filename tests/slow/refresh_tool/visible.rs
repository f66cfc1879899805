//! What lies in a store that only the script has touched is visible in `list --format json`, file by file, with
//! what each kind of reader makes of it.

use serde_json::{Value, json};
use support::{Ca, Dates, Host};

/// What `list` says.
#[track_caller]
fn list(host: &Host) -> Value {
    host.trustctl(["--format", "json", "list"])
        .exits(0)
        .report()
}

/// What `list` says of one certificate in one file.
#[track_caller]
fn row(report: &Value, file: &str, ca: &Ca) -> Value {
    let rows = report["certificates"].as_array().unwrap();
    let found = rows.iter().find(|row| {
        row["file"].as_str() == Some(file) && row["sha256"].as_str() == Some(&ca.sha256())
    });
    found
        .unwrap_or_else(|| panic!("`{file}` with {} is not in {report:#}", ca.name()))
        .clone()
}

/// Asserts that `list` says this of a file under "not as it should be".
#[track_caller]
fn assert_problem(report: &Value, file: &str, message: &str) {
    let problems = report["problems"].as_array().unwrap();
    let named = problems.iter().any(|problem| {
        problem["file"].as_str() == Some(file)
            && problem["message"].as_str().unwrap().contains(message)
    });
    assert!(named, "`{file}`: `{message}` is not in {report:#}");
}

fn trusted(bundle: bool, hash_directory: bool, every_file: bool) -> Value {
    json!({"bundle": bundle, "hash_directory": hash_directory, "every_file": every_file})
}

const LOCAL: &str = "/usr/local/share/ca-certificates";

#[test]
fn e01_a_file_that_the_script_skips_for_its_name() {
    let host = Host::new()
        .local("corp.pem", Ca::new("Corp").pem())
        .settled();
    assert_problem(
        &list(&host),
        &format!("{LOCAL}/corp.pem"),
        "does not end in `.crt`",
    );
}

#[test]
fn e02_e03_e04_files_that_hold_something_else_than_one_pem_certificate() {
    let (der, one, two, key) = (
        Ca::new("Der"),
        Ca::new("One"),
        Ca::new("Two"),
        Ca::new("Key"),
    );
    let host = Host::new()
        .local("der.crt", der.der())
        .local("two.crt", format!("{}{}", one.pem(), two.pem()))
        .local("key.crt", format!("{}{}", key.key_pem(), key.pem()))
        .settled();
    let report = list(&host);
    // Go reads the DER file's link as PEM and finds nothing; so does everyone else.
    assert_eq!(
        row(&report, &format!("{LOCAL}/der.crt"), &der)["trusted"],
        trusted(false, false, false)
    );
    for ca in [&one, &two] {
        assert_eq!(
            row(&report, &format!("{LOCAL}/two.crt"), ca)["trusted"],
            trusted(true, false, true)
        );
    }
    assert_problem(&report, &format!("{LOCAL}/two.crt"), "2 certificates");
    assert_problem(&report, &format!("{LOCAL}/key.crt"), "private key");
}

#[test]
fn e05_e06_files_without_a_certificate_in_them() {
    let broken = Ca::new("Broken").pem()[..200].to_string();
    let host = Host::new()
        .local("broken.crt", broken)
        .local("page.crt", "<html></html>\n")
        .settled();
    let report = list(&host);
    for name in ["broken.crt", "page.crt"] {
        assert_problem(&report, &format!("{LOCAL}/{name}"), "no certificate");
    }
}

#[test]
fn e08_e09_two_files_of_one_name() {
    let (x, y, usurper) = (Ca::new("X"), Ca::new("Y"), Ca::new("Usurper"));
    let host = Host::new()
        .local("x/ca.crt", x.pem())
        .local("y/ca.crt", y.pem())
        .local("Vendor_Root_1.crt", usurper.pem())
        .settled();
    let report = list(&host);
    let hidden = "/usr/share/ca-certificates/mozilla/Vendor_Root_1.crt";
    assert_eq!(
        row(&report, &format!("{LOCAL}/x/ca.crt"), &x)["trusted"],
        trusted(true, false, true)
    );
    assert_eq!(
        row(&report, &format!("{LOCAL}/y/ca.crt"), &y)["trusted"],
        trusted(true, true, true)
    );
    assert_eq!(
        row(&report, hidden, &host.vendors()[0])["trusted"],
        trusted(true, false, true)
    );
    assert_problem(
        &report,
        &format!("{LOCAL}/x/ca.crt"),
        "its link is taken by",
    );
    assert_problem(&report, hidden, "its link is taken by");
}

#[test]
fn e10_e12_links_that_no_longer_fit() {
    let (gone, old, new) = (Ca::new("Gone"), Ca::new("Old"), Ca::new("New"));
    let host = Host::new()
        .local("gone.crt", gone.pem())
        .local("corp.crt", old.pem())
        .settled();
    host.delete(format!("{LOCAL}/gone.crt"));
    host.write(format!("{LOCAL}/corp.crt"), new.pem());
    host.bare_update(&[]).exits(0).says("0 added, 0 removed");
    let report = list(&host);
    assert_eq!(
        row(&report, &format!("{LOCAL}/corp.crt"), &new)["trusted"],
        trusted(true, false, true)
    );
    assert_problem(&report, "/etc/ssl/certs/gone.pem", "dangling");
}

#[test]
fn e18_e19_what_only_the_folder_or_the_bundle_holds() {
    let (rogue, hand) = (Ca::new("Rogue"), Ca::new("Hand Made"));
    let host = Host::new().settled();
    host.write("/etc/ssl/certs/rogue.pem", rogue.pem());
    let bundle = "/etc/ssl/certs/ca-certificates.crt";
    host.write(
        bundle,
        [host.bundle(), hand.pem().as_bytes().to_vec()].concat(),
    );
    let report = list(&host);
    let row_of_rogue = row(&report, "/etc/ssl/certs/rogue.pem", &rogue);
    assert_eq!(row_of_rogue["origin"], "foreign");
    assert_eq!(row_of_rogue["trusted"], trusted(false, false, true));
    assert_eq!(
        row(&report, bundle, &hand)["trusted"],
        trusted(true, false, true)
    );
}

#[test]
fn e20_a_certificate_that_is_no_ca() {
    let no_ca = Ca::with("No CA", Dates::default(), |params| {
        params.is_ca = rcgen::IsCa::ExplicitNoCa;
    });
    let host = Host::new().local("corp.crt", no_ca.pem()).settled();
    assert_eq!(
        row(&list(&host), &format!("{LOCAL}/corp.crt"), &no_ca)["ca"],
        false
    );
}

#[test]
fn e27_a_broken_link_and_a_missing_vendor_file() {
    let host = Host::new().settled();
    host.link(format!("{LOCAL}/lost.crt"), "/nowhere.crt");
    host.delete("/usr/share/ca-certificates/mozilla/Vendor_Root_2.crt");
    let report = list(&host);
    assert_problem(&report, &format!("{LOCAL}/lost.crt"), "");
    assert_problem(&report, "/etc/ca-certificates.conf", "Vendor_Root_2.crt");
}
