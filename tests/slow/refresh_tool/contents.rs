//! What lies in the files: E1 to E7, E20, E23.

use support::{Ca, Dates, Host, openssl};

use crate::refresh_tool::{adds, assert_seen, assert_trusted, refuses};

#[test]
fn e01_a_file_with_another_extension_is_skipped_silently_by_the_script_and_taken_by_add() {
    let (pem, upper) = (Ca::new("Pem"), Ca::new("Upper"));
    let host = Host::new().settled();
    let bare = Host::new()
        .local("corp.pem", pem.pem())
        .local("corp.CRT", upper.pem())
        .settled();
    assert_seen(&bare, &pem, [false; 3]);
    assert_seen(&bare, &upper, [false; 3]);

    for (name, ca) in [("corp.pem", &pem), ("other.CRT", &upper)] {
        adds(&host, &host.input(name, ca.pem()));
        assert_trusted(&host, ca);
    }
}

#[test]
fn e02_der_named_crt_puts_raw_bytes_into_the_bundle_and_is_converted_by_add() {
    let ca = Ca::new("Der");
    let bare = Host::new().local("corp.crt", ca.der()).settled();
    assert!(
        bare.bundle()
            .windows(ca.der().len())
            .any(|window| window == ca.der())
    );
    assert!(!bare.bundle_trusts(ca.pem()) && !bare.hash_dir_trusts(ca.pem()));

    let host = Host::new().settled();
    adds(&host, &host.input("corp.crt", ca.der()));
    assert_trusted(&host, &ca);
}

#[test]
fn e03_two_certificates_in_one_file_are_trusted_by_the_bundle_alone_and_are_split_by_add() {
    let (one, two) = (Ca::new("One"), Ca::new("Two"));
    let both = format!("{}{}", one.pem(), two.pem());
    let bare = Host::new().local("corp.crt", &both).settled();
    for ca in [&one, &two] {
        assert!(bare.bundle_trusts(ca.pem()) && !bare.hash_dir_trusts(ca.pem()));
    }

    let host = Host::new().settled();
    adds(&host, &host.input("corp.crt", &both));
    assert_trusted(&host, &one);
    assert_trusted(&host, &two);
}

#[test]
fn e04_a_private_key_reaches_the_world_readable_bundle_and_is_refused_by_add() {
    let ca = Ca::new("Key");
    let text = format!("{}{}", ca.key_pem(), ca.pem());
    let bare = Host::new().local("corp.crt", &text).settled();
    assert!(
        String::from_utf8(bare.bundle())
            .unwrap()
            .contains("BEGIN PRIVATE KEY")
    );

    let host = Host::new().settled();
    let file = host.input("corp.crt", &text);
    refuses(
        &host,
        &["add", "--yes", file.to_str().unwrap()],
        "private key",
    );
}

#[test]
fn e05_one_broken_block_makes_the_whole_bundle_unloadable_and_is_refused_by_add() {
    let ca = Ca::new("Broken");
    let truncated = ca.pem().split_at(ca.pem().len() / 2).0.to_string();
    let bad_base64 = ca.pem().replacen("\nMII", "\nM!!", 1);
    let not_der = "-----BEGIN CERTIFICATE-----\nSGVsbG8sIHdvcmxkIQ==\n-----END CERTIFICATE-----\n";
    for (name, text) in [
        ("truncated", &truncated),
        ("base64", &bad_base64),
        ("der", &not_der.to_string()),
    ] {
        let bare = Host::new()
            .local("zz.crt", text)
            .local("zzz.crt", Ca::new("Last").pem())
            .settled();
        let vendor = &bare.vendors()[0];
        assert!(
            !bare.bundle_trusts(vendor.pem()),
            "the bundle still works with a file of kind {name}"
        );

        let host = Host::new().settled();
        let file = host.input("corp.crt", text);
        refuses(&host, &["add", "--yes", file.to_str().unwrap()], "corp.crt");
        assert!(host.bundle_trusts(host.vendors()[0].pem()));
    }
}

#[test]
fn e06_what_is_no_certificate_is_counted_as_added_and_is_refused_by_add() {
    let request = [
        "req",
        "-new",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-keyout",
        "/dev/null",
        "-subj",
        "/CN=request",
    ];
    let request = openssl(&request, b"").exits(0).stdout;
    for (name, text) in [
        ("page", "<!DOCTYPE html>\n<html></html>\n"),
        ("empty", ""),
        ("request", &request),
    ] {
        let bare = Host::new().settled();
        bare.write("usr/local/share/ca-certificates/corp.crt", text);
        bare.bare_update(&[]).exits(0).says("1 added, 0 removed");
        assert_eq!(bare.views().map(|view| view.len()), [3; 3], "{name}");

        let host = Host::new().settled();
        let file = host.input("corp.crt", text);
        refuses(&host, &["add", "--yes", file.to_str().unwrap()], "corp.crt");
    }
}

#[test]
fn e06_utf_16_as_windows_writes_it_is_counted_as_added_and_is_decoded_by_add() {
    let ca = Ca::new("Wide");
    let text: Vec<u8> = "\u{feff}"
        .encode_utf16()
        .chain(ca.pem().encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let bare = Host::new().settled();
    bare.write("usr/local/share/ca-certificates/corp.crt", &text);
    bare.bare_update(&[]).exits(0).says("1 added, 0 removed");
    assert!(!bare.bundle_trusts(ca.pem()) && !bare.hash_dir_trusts(ca.pem()));

    let host = Host::new().settled();
    adds(&host, &host.input("corp.crt", &text));
    assert_trusted(&host, &ca);
}

#[test]
fn e07_carriage_returns_a_byte_order_mark_and_a_missing_newline_are_gone_after_add() {
    for (name, change) in [
        (
            "crlf",
            (|pem| pem.replace('\n', "\r\n")) as fn(&str) -> String,
        ),
        ("mark", |pem| format!("\u{feff}{pem}")),
        ("newline", |pem| pem.trim_end().to_string()),
    ] {
        let ca = Ca::new(name);
        let bare = Host::new().local("corp.crt", change(ca.pem())).settled();
        assert!(bare.bundle_trusts(ca.pem()), "{name}");

        let host = Host::new().settled();
        adds(&host, &host.input("corp.crt", change(ca.pem())));
        assert_trusted(&host, &ca);
        assert_eq!(
            host.text("usr/local/share/ca-certificates/corp.crt"),
            ca.pem().replace("\r\n", "\n"),
            "{name}"
        );
    }
}

#[test]
fn e20_leaf_weak_key_and_no_ca_are_trusted_silently_and_refused_by_add() {
    let leaf = Ca::new("Issuer").leaf("www.example.org").pem;
    let no_ca = Ca::with("No CA", Dates::default(), |params| {
        params.is_ca = rcgen::IsCa::ExplicitNoCa;
    });
    let weak = [
        "req",
        "-x509",
        "-newkey",
        "rsa:1024",
        "-nodes",
        "-keyout",
        "/dev/null",
        "-days",
        "3650",
        "-subj",
        "/CN=weak",
    ];
    let weak = openssl(&weak, b"").exits(0).stdout;
    for (pem, rule) in [
        (leaf.as_str(), "not-a-ca"),
        (no_ca.pem(), "not-a-ca"),
        (&weak, "weak-key"),
    ] {
        let bare = Host::new().settled();
        bare.write("usr/local/share/ca-certificates/corp.crt", pem);
        let run = bare.bare_update(&[]).exits(0).says("1 added, 0 removed");
        assert!(!run.has("warning: skipping corp"), "{run}");
        assert_eq!(bare.views().map(|view| view.len()), [4; 3]);

        let host = Host::new().settled();
        let file = host.input("corp.crt", pem);
        refuses(&host, &["add", "--yes", file.to_str().unwrap()], rule);
    }
}

#[test]
fn e23_a_block_that_rejects_its_own_certificate_reaches_the_bundle_as_it_is_and_never_through_add()
{
    let ca = Ca::new("Rejected");
    let text = openssl(
        &["x509", "-trustout", "-addreject", "serverAuth"],
        ca.pem().as_bytes(),
    )
    .exits(0)
    .stdout;
    assert!(text.contains("BEGIN TRUSTED CERTIFICATE"));
    let bare = Host::new().local("corp.crt", &text).settled();
    assert!(
        String::from_utf8(bare.bundle())
            .unwrap()
            .contains("BEGIN TRUSTED CERTIFICATE")
    );

    let host = Host::new().settled();
    let file = host.input("corp.crt", &text);
    host.trustctl(["add", "--yes", file.to_str().unwrap()]);
    assert!(
        !String::from_utf8(host.bundle())
            .unwrap()
            .contains("TRUSTED CERTIFICATE")
    );
}
