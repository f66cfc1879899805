//! Certificates that something is wrong with, each alone in the local folder.

use std::collections::BTreeSet;

use rcgen::{BasicConstraints, CustomExtension, IsCa, KeyUsagePurpose, SerialNumber};
use support::{Ca, Dates, Host, openssl};

use super::{findings, furnished, good_host, limit, limited_ca, only};

/// What the CA whose certificate this is was removed for is told in facts about it: Mozilla bug 1842928.
const REMOVED: &str = include_str!("e-tugra-global-root-ca-ecc-v3.pem");
/// Its private key has been public since February 2015.
const LEAKED: &str = include_str!("superfish.pem");
/// Mozilla trusts what it issued up to 2024-11-30 only.
const LIMITED: &str = include_str!("affirmtrust-premium-ecc.pem");

/// The rules that must be found in each, all on the one file.
fn cases() -> Vec<(&'static str, &'static [&'static str], String)> {
    let with = |dates: Dates, change: fn(&mut rcgen::CertificateParams)| {
        Ca::with("Corp Root", dates, |params| {
            limit(params);
            change(params);
        })
        .pem()
        .to_string()
    };
    let usual = |change: fn(&mut rcgen::CertificateParams)| with(Dates::default(), change);
    vec![
        (
            "expired",
            &["expired"],
            with(
                Dates {
                    from: 2010,
                    to: 2020,
                },
                |_| {},
            ),
        ),
        (
            "not yet valid",
            &["not-yet-valid"],
            with(
                Dates {
                    from: 2150,
                    to: 2160,
                },
                |_| {},
            ),
        ),
        (
            "valid too long",
            &["long-validity"],
            with(
                Dates {
                    from: 2020,
                    to: 2100,
                },
                |_| {},
            ),
        ),
        ("a server's", &["not-a-ca"], server()),
        (
            "an intermediate",
            &["intermediate-as-anchor", "no-name-constraints"],
            limited_ca("R").intermediate("I").pem().into(),
        ),
        (
            "no keyCertSign",
            &["no-key-cert-sign"],
            usual(|params| params.key_usages = vec![KeyUsagePurpose::CrlSign]),
        ),
        (
            "no name constraints",
            &["no-name-constraints"],
            usual(|params| params.name_constraints = None),
        ),
        (
            "a long serial number",
            &["long-serial"],
            usual(|params| params.serial_number = Some(SerialNumber::from(vec![0x7f; 24]))),
        ),
        (
            "an unknown critical extension",
            &["unknown-critical-extension"],
            usual(|params| params.custom_extensions.push(extension(true))),
        ),
        (
            "an extension twice",
            &["malformed"],
            usual(|params| {
                params
                    .custom_extensions
                    .extend([extension(false), extension(false)]);
            }),
        ),
        ("a wrong signature", &["bad-signature"], forged()),
        (
            "a negative serial number",
            &["negative-serial", "no-name-constraints"],
            by_openssl(&["-newkey", "rsa:2048", "-set_serial", "-5"], ""),
        ),
        (
            "a small key",
            &["weak-key", "no-name-constraints"],
            by_openssl(&["-newkey", "rsa:1024"], ""),
        ),
        (
            "a curve that nothing here computes on",
            &["signature-unverified", "no-name-constraints"],
            by_openssl(
                &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:sect283r1"],
                "",
            ),
        ),
        (
            "a rare key",
            &["no-name-constraints"],
            by_openssl(&["-newkey", "ed448"], ""),
        ),
        (
            "no subject key identifier",
            &["no-ski", "no-name-constraints"],
            by_openssl(&["-newkey", "rsa:2048"], "subjectKeyIdentifier=none\n"),
        ),
        (
            "no key usage",
            &["no-key-usage", "no-name-constraints"],
            by_openssl(&["-newkey", "rsa:2048"], "keyUsage=none\n"),
        ),
        (
            "for clients only",
            &["not-for-servers", "no-name-constraints"],
            by_openssl(&["-newkey", "rsa:2048"], "extendedKeyUsage=clientAuth\n"),
        ),
        (
            "constraints that are not critical",
            &["basic-constraints", "no-name-constraints"],
            by_openssl(&["-newkey", "rsa:2048"], "basicConstraints=CA:TRUE\n"),
        ),
        (
            "signed over SHA-1",
            &[
                "weak-signature",
                "intermediate-as-anchor",
                "no-name-constraints",
            ],
            over_sha1(),
        ),
        (
            "removed for cause",
            &["known-bad", "no-name-constraints"],
            REMOVED.into(),
        ),
        (
            "limited by Mozilla",
            &["known-limited", "long-validity", "no-name-constraints"],
            LIMITED.into(),
        ),
    ]
}

pub fn rules() -> BTreeSet<&'static str> {
    cases()
        .iter()
        .flat_map(|(_, rules, _)| *rules)
        .copied()
        .chain(["expires-soon", "key-unsupported"])
        .collect()
}

fn extension(critical: bool) -> CustomExtension {
    let mut extension =
        CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99999, 1], vec![5, 0]);
    extension.set_criticality(critical);
    extension
}

/// A server certificate that signed itself.
fn server() -> String {
    let server = Ca::with("www.corp.example", Dates::default(), |params| {
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::KeyCertSign,
        ];
    });
    server.pem().to_string()
}

/// A root whose last byte, in its signature, is another.
fn forged() -> String {
    let mut der = limited_ca("Corp Root").der().to_vec();
    *der.last_mut().unwrap() ^= 1;
    pem(&der)
}

fn pem(der: &[u8]) -> String {
    let block = pem::Pem::new("CERTIFICATE", der);
    pem::encode_config(
        &block,
        pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF),
    )
}

/// A root that rcgen cannot make.
fn by_openssl(arguments: &[&str], extensions: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let basic = if extensions.contains("basicConstraints") {
        ""
    } else {
        "basicConstraints=critical,CA:TRUE\n"
    };
    let usage = match extensions.strip_prefix("keyUsage=none\n") {
        Some(_) => "",
        None => "keyUsage=critical,keyCertSign,cRLSign\n",
    };
    let extensions = extensions.trim_start_matches("keyUsage=none\n");
    let text = format!(
        "[req]\ndistinguished_name=dn\nx509_extensions=x\nprompt=no\n[dn]\nCN=Corp Root\n[x]\n{basic}{usage}{extensions}"
    );
    let conf = folder.path().join("conf");
    std::fs::write(&conf, text).unwrap();
    let key = folder.path().join("key");
    let fixed = [
        "req",
        "-x509",
        "-nodes",
        "-days",
        "3650",
        "-config",
        conf.to_str().unwrap(),
        "-keyout",
        key.to_str().unwrap(),
    ];
    openssl(&[&fixed, arguments].concat(), b"").exits(0).stdout
}

/// A CA certificate that another CA signed over SHA-1.
fn over_sha1() -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let root = limited_ca("Old Root");
    std::fs::write(path("ca"), root.pem()).unwrap();
    std::fs::write(path("key"), root.key_pem()).unwrap();
    std::fs::write(path("ext"), "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\n").unwrap();
    let request = [
        "req",
        "-new",
        "-nodes",
        "-newkey",
        "rsa:2048",
        "-subj",
        "/CN=Old Intermediate",
        "-keyout",
        &path("own"),
    ];
    let request = openssl(&request, b"").exits(0).stdout;
    let sign = [
        "x509",
        "-req",
        "-sha1",
        "-days",
        "3650",
        "-CA",
        &path("ca"),
        "-CAkey",
        &path("key"),
        "-extfile",
        &path("ext"),
    ];
    openssl(&sign, request.as_bytes()).exits(0).stdout
}

#[test]
fn each_fault_of_a_certificate_is_found_in_its_file() {
    for (what, rules, pem) in cases() {
        let host = furnished(Host::new().local("corp.crt", &pem)).settled();
        let line = pem
            .lines()
            .position(|line| line.starts_with("-----BEGIN"))
            .unwrap()
            + 1;
        let expected: Vec<String> = rules
            .iter()
            .map(|rule| format!("{rule} /usr/local/share/ca-certificates/corp.crt:{line}"))
            .collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        only(&host, &expected, what);
    }
}

#[test]
fn a_local_ca_that_is_limited_and_sound_has_no_finding() {
    let host = furnished(Host::new().local("corp.crt", limited_ca("Corp Root").pem())).settled();
    only(&host, &[], "a limited CA");
}

#[test]
fn a_certificate_expires_soon_within_the_days_configured() {
    let pem = by_openssl(
        &["-newkey", "rsa:2048", "-days", "20"],
        "nameConstraints=permitted;DNS:corp.example\n",
    );
    let host = furnished(Host::new().local("corp.crt", pem)).settled();
    only(
        &host,
        &["expires-soon /usr/local/share/ca-certificates/corp.crt:1"],
        "20 of 30 days",
    );
    host.write(
        "etc/trustctl/trustctl.toml",
        "[audit]\nexpiring_days = 10\n",
    );
    only(&host, &[], "20 of 10 days");
}

#[test]
fn a_vendor_certificate_is_the_distributions_to_mend() {
    let expired = Ca::with(
        "Old",
        Dates {
            from: 2010,
            to: 2020,
        },
        |_| {},
    );
    let host = furnished(Host::new().vendor("Old", expired)).settled();
    let found = findings(&host, &[]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (found[0]["rule"].as_str(), found[0]["severity"].as_str()),
        (Some("expired"), Some("note"))
    );
}

#[test]
fn what_was_removed_for_cause_weighs_more_where_somebody_put_it_back() {
    let local = furnished(Host::new().local("corp.crt", REMOVED)).settled();
    let severity = |host: &Host| {
        let found = findings(host, &["--rule", "known-bad"]);
        found[0]["severity"].as_str().unwrap().to_string()
    };
    assert_eq!(severity(&local), "warning");
    let vendor = Host::empty();
    vendor.write("usr/share/ca-certificates/mozilla/E.crt", REMOVED);
    vendor.write("etc/ca-certificates.conf", "mozilla/E.crt\n");
    assert_eq!(severity(&furnished(vendor).settled()), "note");
}

#[test]
fn a_root_whose_key_everybody_has_is_an_error_wherever_it_stands() {
    let error = |host: &Host, path: &str| {
        let found = findings(host, &["--rule", "known-bad"]);
        let of_file: Vec<_> = found
            .iter()
            .filter(|finding| finding["subject"]["path"] == path)
            .collect();
        assert_eq!(of_file.len(), 1, "{path}: {found:?}");
        assert_eq!(of_file[0]["severity"], "error", "{found:?}");
        let sha256 = "b6fe9151402bad1c06d7e66db67a26aa7356f2e6c644dbcf9f98968ff632e1b7";
        assert_eq!(of_file[0]["subject"]["sha256"], sha256);
        host.trustctl(["audit", "--fail-on", "error"])
            .exits(1)
            .says("its private key is public");
    };
    let local = furnished(Host::new().local("corp.crt", LEAKED)).settled();
    error(&local, "/usr/local/share/ca-certificates/corp.crt");
    let vendor = Host::empty();
    vendor.write("usr/share/ca-certificates/x/S.crt", LEAKED);
    vendor.write("etc/ca-certificates.conf", "x/S.crt\n");
    error(
        &furnished(vendor).settled(),
        "/usr/share/ca-certificates/x/S.crt",
    );
    // Put past every tool into the folder, where Go reads it.
    let foreign = good_host();
    foreign.write("etc/ssl/certs/proxy.pem", LEAKED);
    error(&foreign, "/etc/ssl/certs/proxy.pem");

    let host = good_host();
    let input = host.input("superfish.crt", LEAKED);
    host.trustctl(["add", "--yes", input.to_str().unwrap()])
        .exits(2)
        .says("known-bad");
    only(&host, &[], "it was refused");
}

#[test]
fn a_ca_with_a_path_length_is_sound() {
    let ca = Ca::with("Corp Root", Dates::default(), |params| {
        limit(params);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(1));
    });
    only(
        &furnished(Host::new().local("corp.crt", ca.pem())).settled(),
        &[],
        "a path length",
    );
}

#[test]
fn a_key_that_programs_of_this_host_cannot_verify_with_is_told_with_their_names() {
    let host = good_host();
    let package = |name: &str, version: &str| {
        format!(
            "\nPackage: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n"
        )
    };
    let installed = host.text("var/lib/dpkg/status")
        + &package("golang-1.22-go", "1.22.2-2ubuntu0.3")
        + &package("openjdk-21-jre-headless", "21.0.8+9-1");
    let add = |file: &str, key: &[&str]| {
        host.write(
            format!("usr/local/share/ca-certificates/{file}"),
            by_openssl(key, ""),
        );
        host.bare_update(&[]).exits(0);
    };
    let told = || {
        let all = findings(&host, &["--rule", "key-unsupported"]);
        let evidence = |one: &serde_json::Value| one["evidence"].as_str().unwrap().to_owned();
        all.iter().map(evidence).collect::<Vec<_>>()
    };
    add("ed448.crt", &["-newkey", "ed448"]);
    // OpenSSL 3.0, which the host has, verifies with it; nothing is said of programs that are not there.
    assert_eq!(told(), [""; 0]);
    host.write("var/lib/dpkg/status", &installed);
    assert_eq!(told(), ["Go 1.22.2 cannot verify with its key (Ed448)"]);
    add(
        "brainpool.crt",
        &[
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:brainpoolP256r1",
        ],
    );
    add("usual.crt", &["-newkey", "rsa:3072"]);
    assert_eq!(told().len(), 2);
    assert!(
        told()
            .iter()
            .any(|one| one.starts_with("Go 1.22.2, Java 21.0.8 cannot")),
        "{:?}",
        told()
    );
}
