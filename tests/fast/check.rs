//! `trustctl check` as a user meets it: files as real tools write them, exit status, report.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests make files, run programs, and fail by panicking"
)]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, KeyUsagePurpose};
use serde_json::Value;

/// An empty tree to check against, and a folder for the files to check.
struct Host {
    folder: tempfile::TempDir,
}

impl Host {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["root/etc/ssl/certs", "root/usr/local/share/ca-certificates"] {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        fs::write(self.path(name), content).unwrap();
        name.to_owned()
    }

    fn trustctl(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_trustctl"))
            .env_clear()
            .current_dir(self.folder.path())
            .args(["--root", "root", "check"])
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// The exit status and the report on one file.
    fn check(&self, name: &str) -> (i32, Value) {
        let output = self.trustctl(&["--format", "json", name]);
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(
            (&document["schema"], &document["command"]),
            (&1.into(), &"check".into())
        );
        (
            output.status.code().unwrap(),
            document["report"]["files"][0].clone(),
        )
    }

    fn openssl(&self, arguments: &str) -> String {
        let output = Command::new("/usr/bin/openssl")
            .env_clear()
            .current_dir(self.folder.path())
            .args(arguments.split_whitespace())
            .stdin(Stdio::null())
            .output()
            .expect("openssl is installed");
        assert!(
            output.status.success(),
            "openssl {arguments}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// `ca.pem` and `ca.key`, made by OpenSSL.
    fn openssl_root(&self) {
        self.openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 400 \
             -subj /O=Example/CN=OpenSSL-Root -addext keyUsage=critical,keyCertSign,cRLSign",
        );
    }
}

struct Authority {
    key: KeyPair,
    parameters: CertificateParams,
}

fn ca(name: &str) -> Authority {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    Authority {
        key: KeyPair::generate().unwrap(),
        parameters,
    }
}

impl Authority {
    fn pem(&self) -> String {
        self.parameters.self_signed(&self.key).unwrap().pem()
    }

    fn issue(&self, subject: &Authority) -> String {
        let issuer = rcgen::Issuer::from_params(&self.parameters, &self.key);
        subject
            .parameters
            .signed_by(&subject.key, &issuer)
            .unwrap()
            .pem()
    }
}

fn rules(verdicts: &Value) -> Vec<&str> {
    let refusals = verdicts
        .as_array()
        .unwrap()
        .iter()
        .filter(|verdict| verdict["weight"] != "note");
    refusals
        .map(|verdict| verdict["rule"].as_str().unwrap())
        .collect()
}

/// The demands that are not met.
fn unmet(report: &Value) -> Vec<&str> {
    let rows = report["format"].as_array().unwrap().iter();
    rows.filter(|row| row["ok"] == false)
        .map(|row| row["demand"].as_str().unwrap())
        .collect()
}

#[test]
fn a_root_in_pem_could_be_added_as_it_is() {
    let host = Host::new();
    let name = host.file("corp-ca.crt", ca("Corp").pem());
    let (exit, report) = host.check(&name);
    assert_eq!((exit, &report["answer"]), (0, &"addable".into()));
    assert_eq!(unmet(&report), Vec::<&str>::new());
    let certificate = &report["certificates"][0];
    assert_eq!(certificate["subject"], "CN=Corp");
    assert_eq!(certificate["self_signed"], "yes");
    assert_eq!(certificate["issuer_place"]["where"], "itself");
    assert_eq!(certificate["in_store"], Value::Array(vec![]));
}

#[test]
fn whatever_real_tools_write_is_read() {
    let host = Host::new();
    host.openssl_root();
    let pem = fs::read_to_string(host.path("ca.pem")).unwrap();
    host.openssl("x509 -in ca.pem -outform DER -out ca.der");
    host.openssl("x509 -in ca.pem -text -out text.crt");
    host.openssl("x509 -in ca.pem -trustout -addtrust serverAuth -out trusted.crt");
    host.file("crlf.crt", pem.replace('\n', "\r\n"));
    host.file("bom.crt", format!("\u{feff}{pem}"));
    let utf16: Vec<u8> = format!("\u{feff}{pem}")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    host.file("utf16.crt", utf16);
    host.file("open.crt", pem.trim_end());
    for name in [
        "ca.der",
        "text.crt",
        "trusted.crt",
        "crlf.crt",
        "bom.crt",
        "utf16.crt",
        "open.crt",
    ] {
        let (exit, report) = host.check(name);
        assert_eq!(
            (exit, &report["certificate_count"]),
            (0, &1.into()),
            "{name}: {report}"
        );
    }
    assert_eq!(
        unmet(&host.check("utf16.crt").1),
        ["PEM, that is Base64 text"]
    );
}

#[test]
fn pkcs7_is_read_in_every_encoding_but_is_said_to_be_converted() {
    let host = Host::new();
    host.openssl_root();
    host.openssl("crl2pkcs7 -nocrl -certfile ca.pem -out ca.p7b");
    host.openssl("crl2pkcs7 -nocrl -certfile ca.pem -outform DER -out der.p7b");
    // A streamed signature comes out in BER, with indefinite lengths.
    host.openssl("cms -sign -in ca.pem -signer ca.pem -inkey ca.key -nodetach -stream -outform DER -out ber.p7b");
    for name in ["ca.p7b", "der.p7b", "ber.p7b"] {
        let (exit, report) = host.check(name);
        assert_eq!(
            (exit, &report["answer"]),
            (0, &"addable-converted".into()),
            "{name}: {report}"
        );
        assert_eq!(
            report["certificates"][0]["subject"],
            "CN=OpenSSL-Root, O=Example"
        );
    }
}

#[test]
fn pkcs12_is_refused_with_the_command_that_extracts_the_certificates() {
    let host = Host::new();
    host.openssl_root();
    host.openssl("pkcs12 -export -in ca.pem -inkey ca.key -passout pass:x -out ca.p12");
    let (exit, report) = host.check("ca.p12");
    assert_eq!((exit, &report["encoding"]), (2, &"pkcs12".into()));
    let remedy = report["verdicts"][0]["remedy"].as_str().unwrap();
    assert!(
        remedy.contains("openssl pkcs12 -in FILE -cacerts -nokeys"),
        "{remedy}"
    );
}

#[test]
fn private_keys_are_found_in_every_form() {
    let host = Host::new();
    host.openssl_root();
    let pem = fs::read_to_string(host.path("ca.pem")).unwrap();
    host.openssl("ec -in ca.key -out sec1.pem");
    host.openssl("ec -in ca.key -outform DER -out sec1.der");
    host.openssl("pkcs8 -topk8 -nocrypt -in ca.key -outform DER -out pkcs8.der");
    host.openssl("pkcs8 -topk8 -in ca.key -passout pass:x -out encrypted.pem");
    host.openssl("pkcs8 -topk8 -in ca.key -passout pass:x -outform DER -out encrypted.der");
    host.openssl("genrsa -traditional -out rsa.pem 2048");
    host.openssl("rsa -in rsa.pem -traditional -outform DER -out rsa.der");
    host.openssl("ec -in ca.key -aes256 -passout pass:x -out legacy.pem");
    for name in [
        "ca.key",
        "sec1.pem",
        "encrypted.pem",
        "rsa.pem",
        "legacy.pem",
    ] {
        let key = fs::read_to_string(host.path(name)).unwrap();
        let (exit, report) = host.check(&host.file("both.crt", format!("{pem}{key}")));
        assert_eq!(
            (exit, rules(&report["verdicts"])[0]),
            (1, "private-key"),
            "{name}"
        );
        assert_eq!(unmet(&report).last(), Some(&"no private key"), "{name}");
    }
    for name in ["sec1.der", "pkcs8.der", "encrypted.der", "rsa.der"] {
        let (exit, report) = host.check(name);
        assert_eq!(
            (exit, rules(&report["verdicts"])[0]),
            (2, "private-key"),
            "{name}: {report}"
        );
    }
}

#[test]
fn an_intermediate_is_told_where_its_issuer_is() {
    let host = Host::new();
    let (root, intermediate) = (ca("Root"), ca("Intermediate"));
    let (below, above) = (root.issue(&intermediate), root.pem());
    let both = host.file("both.crt", format!("{below}{above}"));
    let alone = host.file("alone.crt", &below);

    let (exit, report) = host.check(&alone);
    assert_eq!(
        (exit, &report["answer"]),
        (1, &"refused-unless-allowed".into())
    );
    assert_eq!(
        rules(&report["certificates"][0]["verdicts"]),
        ["intermediate-as-anchor"]
    );
    assert_eq!(
        report["certificates"][0]["issuer_place"]["where"],
        "missing"
    );

    let (_, report) = host.check(&both);
    let place = &report["certificates"][0]["issuer_place"];
    let line = below.lines().count() + 1;
    assert_eq!(
        (&place["where"], &place["line"]),
        (&"file".into(), &line.into())
    );

    host.file("root/usr/local/share/ca-certificates/root.crt", &above);
    let (_, report) = host.check(&alone);
    let place = &report["certificates"][0]["issuer_place"];
    assert_eq!(place["where"], "store");
    assert_eq!(place["path"], "/usr/local/share/ca-certificates/root.crt");
    let (_, report) = host.check(&both);
    let holders = report["certificates"][1]["in_store"].as_array().unwrap();
    assert_eq!(holders, &["/usr/local/share/ca-certificates/root.crt"]);
}

#[test]
fn what_is_no_anchor_is_refused_by_name() {
    let host = Host::new();
    let mut expired = ca("Expired");
    expired.parameters.not_after = rcgen::date_time_ymd(2020, 1, 1);
    let mut leaf = ca("Leaf");
    leaf.parameters.is_ca = IsCa::ExplicitNoCa;
    for (authority, rule) in [(expired, "expired"), (leaf, "not-a-ca")] {
        let (exit, report) = host.check(&host.file("x.crt", authority.pem()));
        assert_eq!(
            (exit, rules(&report["certificates"][0]["verdicts"])),
            (1, vec![rule])
        );
    }
}

#[test]
fn a_truncated_bundle_never_passes() {
    let host = Host::new();
    let bundle = format!("{}{}", ca("One").pem(), ca("Two").pem());
    let cut = bundle.rsplit_once("-----END").unwrap().0;
    let (exit, report) = host.check(&host.file("cut.crt", cut));
    assert_eq!((exit, &report["answer"]), (1, &"refused".into()));
    assert_eq!(rules(&report["verdicts"]), ["unparsable"]);
    assert!(
        report["verdicts"][0]["message"]
            .as_str()
            .unwrap()
            .contains("before the END marker")
    );
}

#[test]
fn what_cannot_be_read_is_reported_with_status_2() {
    let host = Host::new();
    host.file("empty", "");
    host.file("text", "hello");
    for name in ["empty", "text", "missing", "/dev/null", "root/etc/ssl"] {
        let output = host.trustctl(&["--format", "json", name]);
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(
            serde_json::from_slice::<Value>(&output.stdout).is_ok(),
            "{name}"
        );
    }
    let (_, report) = host.check("root/etc/ssl");
    assert_eq!(report["unread"], "there are no files in this folder");
    let (_, report) = host.check("missing");
    assert!(report["unread"].as_str().unwrap().contains("no such file"));
}

#[test]
fn a_folder_stands_for_its_files_and_the_worst_answer_counts() {
    let host = Host::new();
    fs::create_dir_all(host.path("in/sub")).unwrap();
    host.file("in/b.crt", ca("B").pem());
    host.file("in/a.crt", ca("A").pem());
    host.file("in/.hidden", "");
    let output = host.trustctl(&["--format", "json", "in"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let files = document["report"]["files"].as_array().unwrap();
    let names: Vec<&str> = files
        .iter()
        .map(|file| file["path"].as_str().unwrap())
        .collect();
    assert_eq!(
        (output.status.code(), &names[..]),
        (Some(0), &["in/a.crt", "in/b.crt"][..])
    );
    let output = host.trustctl(&["in", "missing"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn standard_input_is_a_file_too() {
    let host = Host::new();
    let name = host.file("ca.crt", ca("Corp").pem());
    let output = Command::new(env!("CARGO_BIN_EXE_trustctl"))
        .env_clear()
        .args(["check", "-"])
        .stdin(fs::File::open(host.path(&name)).unwrap())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(
        String::from_utf8_lossy(&output.stdout).starts_with("standard input: could be added\n")
    );
}

#[test]
fn text_from_certificates_never_reaches_the_terminal_raw() {
    let host = Host::new();
    let name = host.file("evil.crt", ca("\u{1b}[2J\u{202e}evil\u{7}").pem());
    let output = host.trustctl(&[&name]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("evil") && !text.contains(['\u{1b}', '\u{202e}', '\u{7}']),
        "{text:?}"
    );
    let output = host.trustctl(&["--format", "json", &name]);
    assert!(
        !String::from_utf8(output.stdout)
            .unwrap()
            .contains(['\u{1b}', '\u{202e}', '\u{7}'])
    );
}

#[test]
fn limits_of_add_refuse_a_file_that_is_read_all_the_same() {
    let host = Host::new();
    let name = host.file("many.crt", ca("Many").pem().repeat(1001));
    let (exit, report) = host.check(&name);
    assert_eq!((exit, &report["certificate_count"]), (1, &1001.into()));
    assert_eq!(rules(&report["verdicts"]), ["too-many-certificates"]);
    assert_eq!(report["certificates"].as_array().unwrap().len(), 1000);
    assert_eq!(report["unlisted"]["no-name-constraints"], 1);
}

#[test]
fn the_report_for_people_says_the_answer_first_and_names_the_remedy() {
    let host = Host::new();
    let name = host.file("alone.pem", ca("Root").issue(&ca("Intermediate")));
    let output = host.trustctl(&[&name]);
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines = text.lines();
    assert_eq!(
        lines.next(),
        Some("alone.pem: would be refused unless allowed")
    );
    assert_eq!(lines.next(), Some("  CN=Intermediate"));
    let verdict = lines.next().unwrap();
    assert!(verdict.contains("[intermediate-as-anchor]"), "{text}");
    let form =
        "  not ok   file name ends in `.crt`: it ends in `.pem` (`trustctl add` puts this right)";
    assert!(lines.any(|line| line == form), "{text}");
    assert!(text.contains("  hint     add the root `CN=Root`"), "{text}");
}
