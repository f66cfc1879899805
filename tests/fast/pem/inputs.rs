//! Input that people really have.

use std::process::Command;

use support::{Ca, Host, PATH, openssl, output};

fn authorities(count: usize) -> Vec<Ca> {
    (1..=count).map(|n| Ca::new(&format!("Root {n}"))).collect()
}

fn bundle(all: &[Ca]) -> String {
    all.iter().map(Ca::pem).collect()
}

/// PKCS#7 with these certificates, in DER.
fn pkcs7(host: &Host, all: &[Ca]) -> Vec<u8> {
    let pem = host.input("all.pem", bundle(all));
    let out = host.beside("all.p7b");
    let (pem, out) = (pem.to_str().unwrap(), out.to_str().unwrap());
    let arguments = [
        "crl2pkcs7",
        "-nocrl",
        "-certfile",
        pem,
        "-outform",
        "DER",
        "-out",
        out,
    ];
    openssl(&arguments, b"").exits(0);
    std::fs::read(out).unwrap()
}

/// A serialized store of Windows with these certificates, each with a property before it.
fn serialized(all: &[Ca]) -> Vec<u8> {
    let mut out = b"\0\0\0\0CERT".to_vec();
    let mut element = |identifier: u32, content: &[u8]| {
        for number in [identifier, 1, content.len() as u32] {
            out.extend(number.to_le_bytes());
        }
        out.extend(content);
    };
    for ca in all {
        element(3, &[7; 20]);
        element(32, ca.der());
    }
    out.extend([0; 12]);
    out
}

#[test]
fn what_windows_exports_is_read_and_said() {
    let all = authorities(2);
    let host = Host::new().settled();
    let lines = openssl(&["base64"], &pkcs7(&host, &all[..1])).stdout;
    let as_certificate = format!("-----BEGIN CERTIFICATE-----\n{lines}-----END CERTIFICATE-----\n");
    let certnew = host.input("certnew.cer", as_certificate);
    let sst = host.input("roots.sst", serialized(&all));
    for (file, note, count) in [
        (&certnew, "PKCS#7 under a `CERTIFICATE` marker", 1),
        (&sst, "a serialized certificate store of Windows", 2),
    ] {
        let file = file.to_str().unwrap();
        host.trustctl(["check", file]).exits(0).says(note);
        host.trustctl(["add", "--yes", file]).exits(0);
        for ca in &all[..count] {
            assert_eq!(host.sees(&ca.sha256()), [true; 3], "{file}");
        }
        host.trustctl(["rollback", "--yes"]).exits(0);
    }
    let cut = serialized(&all);
    let cut = host.input("cut.sst", &cut[..cut.len() - 20]);
    host.trustctl(["add", "--yes", cut.to_str().unwrap()])
        .exits(2)
        .says("cannot be read to its end");
}

#[test]
fn check_has_one_rule_for_its_exit_status_and_a_fingerprint_for_every_certificate() {
    let all = authorities(6);
    let host = Host::new().settled();
    let pem = bundle(&all);
    let utf16: Vec<u8> = pem.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let p7 = pkcs7(&host, &all);
    for (name, bytes) in [
        ("all.crt", pem.clone().into_bytes()),
        ("all.p7b", p7),
        ("utf16.crt", utf16),
        ("one.der", all[0].der().to_vec()),
        ("all.sst", serialized(&all)),
    ] {
        let file = host.input(name, bytes);
        let file = file.to_str().unwrap();
        let run = host.trustctl(["check", file]).exits(0).never_says("line 0");
        let count = if name == "one.der" { 1 } else { all.len() };
        for ca in &all[..count] {
            assert!(run.has(&ca.sha256()), "{name}: {run}");
        }
        if ["all.p7b", "all.sst"].contains(&name) {
            assert!(run.has("certificate 3: "), "{run}");
        }
        host.trustctl(["add", "--yes", "--dry-run", file]).exits(0);
    }
}

#[test]
fn a_part_of_a_file_can_be_chosen() {
    let root = Ca::new("Root");
    let (below, expired) = (
        root.intermediate("Below"),
        Ca::with(
            "Expired",
            support::Dates {
                from: 2001,
                to: 2010,
            },
            |_| {},
        ),
    );
    let host = Host::new().settled();
    let text = format!("{}{}{}", root.pem(), below.pem(), expired.pem());
    let file = host.input("all.pem", text);
    let file = file.to_str().unwrap();
    let sees = |ca: &Ca| host.sees(&ca.sha256()) == [true; 3];
    host.trustctl(["add", "--yes", file]).exits(2);
    host.trustctl(["add", "--yes", "--roots-only", file])
        .exits(2)
        .says("Expired")
        .never_says("Below");
    let run = host
        .trustctl(["add", "--yes", "--skip-refused", file])
        .exits(1);
    assert!(
        run.has("not added") && run.has("Below") && run.has("Expired"),
        "{run}"
    );
    assert!(sees(&root) && !sees(&below) && !sees(&expired));
    // What is there already is no news, what is refused stays open.
    host.trustctl(["add", "--yes", "--skip-refused", file])
        .exits(1);
    host.trustctl([
        "add",
        "--yes",
        "--skip-refused",
        "--roots-only",
        "--allow",
        "expired",
        file,
    ])
    .exits(0);
    assert!(sees(&expired) && !sees(&below));
    host.trustctl(["add", "--yes", "--only", &root.sha256(), file])
        .exits(0);
    let other = Ca::new("Other").sha256();
    host.trustctl(["add", "--yes", "--only", &other, file])
        .exits(2)
        .says("no certificate given has the SHA-256");
}

#[test]
fn a_refusal_names_its_cause_and_the_printed_remedy_works() {
    let [one, two] = [Ca::new("One"), Ca::new("Two")];
    let host = Host::new().settled();
    let indented: String = one
        .pem()
        .lines()
        .map(|line| format!("  {line}\n"))
        .collect();
    let literal = one
        .pem()
        .replace("\r\n", "\n")
        .trim_end()
        .replace('\n', "\\n");
    // With 2 nothing in it can be read.
    for (name, text, cause, exit) in [
        (
            "joined",
            format!("{}{}", one.pem().trim_end(), two.pem()),
            "files were joined",
            1,
        ),
        (
            "marks",
            format!("{}\u{feff}{}", one.pem(), two.pem()),
            "a byte order mark before a marker",
            1,
        ),
        ("indented", indented, "does not start its line", 1),
        (
            "carriage-returns",
            one.pem().replace("\r\n", "\n").replace('\n', "\r"),
            "lines end with CR alone",
            1,
        ),
        ("literal", literal, "newlines are written as `\\n`", 2),
    ] {
        let file = host.input(&format!("{name}.crt"), text);
        let path = file.to_str().unwrap();
        let run = host.trustctl(["check", path]).exits(exit).says(cause);
        host.trustctl(["add", "--yes", path]).exits(2).says(cause);
        let mut commands = run
            .stdout
            .split('`')
            .filter(|part| part.ends_with(" > ca.crt"));
        let command = commands
            .next()
            .unwrap_or_else(|| panic!("{name}: no command; {run}"));
        let mut shell = Command::new("/bin/sh");
        shell
            .env_clear()
            .env("PATH", PATH)
            .current_dir(host.beside("."));
        output(shell.args(["-c", &command.replace("FILE", path)])).exits(0);
        let mended = host.beside("ca.crt");
        host.trustctl(["check", mended.to_str().unwrap()]).exits(0);
    }
    let request = openssl(
        &[
            "req",
            "-new",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            "/dev/null",
            "-subj",
            "/CN=r",
        ],
        b"",
    );
    for (name, bytes, cause) in [
        (
            "request",
            request.stdout.into_bytes(),
            "a certificate request",
        ),
        (
            "page",
            b"<!DOCTYPE html>\n<title>Login</title>\n".to_vec(),
            "a web page",
        ),
        (
            "jks",
            b"\xfe\xed\xfe\xed\0\0\0\x02\0\0\0\0".to_vec(),
            "a Java keystore",
        ),
        ("key", one.key_pem().into_bytes(), "a private key"),
    ] {
        let file = host.input(&format!("{name}.crt"), bytes);
        host.trustctl(["add", "--yes", file.to_str().unwrap()])
            .exits(2)
            .says(cause);
    }
}

#[test]
fn a_url_or_a_server_is_told_how_it_is_done() {
    let host = Host::new().settled();
    for (argument, way) in [
        (
            "https://pki.example/ca.pem",
            "curl -fsSLo ca.crt https://pki.example/ca.pem",
        ),
        ("http://pki.example/ca.pem", "curl -fsSLo ca.crt"),
        (
            "https://proxy.example:8443/",
            "--from https://proxy.example:8443/",
        ),
        ("proxy.example:443", "--from proxy.example:443"),
    ] {
        host.trustctl(["add", "--yes", argument])
            .exits(2)
            .says("is not a file")
            .says(way);
    }
}
