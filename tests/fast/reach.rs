//! `trustctl reach` on private trees: every kind of store, what is said of it, and homes whose owners mean ill.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests act on trees of their own and fail by panicking"
)]

use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use support::{Ca, Host, openssl};
use trustctl::store::nss;

/// A tree with a user and a local CA that its store trusts.
fn host_with(ca: &Ca) -> Host {
    let host = Host::new().local("corp.crt", ca.pem());
    host.write(
        "etc/passwd",
        "root:x:0:0:root:/root:/bin/bash\nann:x:1000:1000:Ann:/home/ann:/bin/bash\n",
    );
    host.write("home/ann/.profile", "");
    host.settled()
}

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/data/nss/{name}.db", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).unwrap()
}

/// The fingerprints of "one" and "two", the authorities in the databases.
fn authorities() -> (String, String) {
    let entries = nss::read(&fixture("bookworm")).unwrap().entries;
    (entries[0].sha256.to_string(), entries[1].sha256.to_string())
}

#[track_caller]
fn rows(host: &Host, arguments: &[&str]) -> Vec<Value> {
    let run = host.trustctl(["--format", "json", "reach"].iter().chain(arguments));
    assert!(run.code < 2, "{run}");
    let report = run.report();
    let lacks = |row: &Value| ["does_not", "distrusts"].contains(&row["verdict"].as_str().unwrap());
    let rows = report["rows"].as_array().unwrap().clone();
    assert_eq!(run.code == 1, rows.iter().any(lacks), "{run}");
    rows
}

/// The verdict and evidence on the one row of this kind below this path.
#[track_caller]
fn said(host: &Host, arguments: &[&str], kind: &str, path: &str) -> (String, String) {
    let rows = rows(host, arguments);
    let fits =
        |row: &&Value| row["kind"] == kind && row["path"].as_str().unwrap().starts_with(path);
    let found: Vec<&Value> = rows.iter().filter(fits).collect();
    assert_eq!(found.len(), 1, "{kind} {path}: {rows:#?}");
    let text = |key: &str| found[0][key].as_str().unwrap().to_string();
    (text("verdict"), text("evidence"))
}

#[track_caller]
fn verdict(host: &Host, arguments: &[&str], kind: &str, path: &str) -> String {
    said(host, arguments, kind, path).0
}

fn nss_installed(host: &Host, version: &str) {
    let stanza = format!(
        "Package: libnss3\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n\n"
    );
    host.write("var/lib/dpkg/status", stanza);
}

/// The layout of `sun.security.provider.JavaKeyStore`.
fn jks(ders: &[&[u8]]) -> Vec<u8> {
    let mut out = vec![0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2];
    out.extend((ders.len() as u32).to_be_bytes());
    for (number, der) in ders.iter().enumerate() {
        let alias = format!("a{number}");
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
fn the_three_views_of_the_system_are_judged() {
    let ca = Ca::new("Corp");
    let host = host_with(&ca);
    let of = |host: &Host| {
        let rows = rows(host, &["--only", "system"]);
        rows.iter()
            .map(|row| row["verdict"].as_str().unwrap().to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(of(&host), ["trusts"; 3]);
    host.write(
        "usr/local/share/ca-certificates/late.crt",
        Ca::new("Late").pem(),
    );
    let late = rows(&host, &["--only", "system", "CN=Late"]);
    assert_eq!(late.len(), 3);
    assert!(late.iter().all(|row| row["verdict"] == "does_not"));
    assert_eq!(late[0]["remedy"], "`trustctl refresh`");
}

#[test]
fn a_database_in_a_home_is_read_in_both_formats() {
    let host = host_with(&Ca::new("Corp"));
    let (one, two) = authorities();
    let place = "home/ann/.pki/nssdb/cert9.db";
    let of = |sha256: &str| verdict(&host, &["--only", "nss", sha256], "nss", "/home/ann");
    host.write(place, fixture("bookworm"));
    assert_eq!((of(&one), of(&two)), ("trusts".into(), "distrusts".into()));
    host.write(place, fixture("sid"));
    for (version, expected) in [
        ("2:3.110-1", "does_not"),
        ("2:3.132-1", "trusts"),
        ("2:3.120-1", "depends_on_reader"),
    ] {
        nss_installed(&host, version);
        assert_eq!(of(&one), expected, "{version}");
    }
    host.write(place, fixture("m3"));
    let (verdict, evidence) = said(&host, &["--only", "nss", &two], "nss", "/home/ann");
    assert_eq!(verdict, "depends_on_reader");
    assert!(evidence.contains("trusted for newer"), "{evidence}");
    host.write(place, fixture("m1"));
    let (verdict, evidence) = said(&host, &["--only", "nss", &one], "nss", "/home/ann");
    assert_eq!(verdict, "does_not");
    assert!(evidence.contains("without their certificate"), "{evidence}");
}

#[test]
fn the_old_place_hides_the_new_even_when_it_is_empty() {
    let host = host_with(&Ca::new("Corp"));
    let (one, _) = authorities();
    host.write("usr/bin/chromium", "");
    host.write("home/ann/.config/chromium/Local State", "{}");
    let of = || {
        said(
            &host,
            &["--only", "chromium", &one],
            "chromium",
            "/home/ann",
        )
    };
    assert_eq!(of().0, "does_not");
    host.write(
        "home/ann/.local/share/pki/nssdb/cert9.db",
        fixture("bookworm"),
    );
    assert_eq!(of().0, "trusts");
    std::fs::create_dir_all(host.path("home/ann/.pki/nssdb")).unwrap();
    let (verdict, evidence) = of();
    assert_eq!(verdict, "does_not");
    assert!(evidence.contains("is not read as long as"), "{evidence}");
}

#[test]
fn policies_of_chromium_add_distrust_and_switch_off() {
    let ca = Ca::new("Corp");
    let host = host_with(&ca);
    let base64 = openssl(&["enc", "-base64", "-A"], ca.der()).stdout;
    let (one, _) = authorities();
    host.write("usr/bin/chromium", "");
    let managed = "etc/chromium/policies/managed";
    let corp = || verdict(&host, &["--only", "chromium"], "chromium", "/");
    assert_eq!(corp(), "does_not");
    host.write(
        format!("{managed}/a.json"),
        format!("{{\"CACertificates\": [\"{base64}\"]}}"),
    );
    assert_eq!(corp(), "trusts");
    // Of a policy in several files the last by name counts.
    host.write(format!("{managed}/b"), "{\"CACertificates\": []}");
    assert_eq!(corp(), "does_not");
    host.delete(format!("{managed}/b"));
    host.write(
        format!("{managed}/c.json"),
        format!("{{\"CADistrustedCertificates\": [\"{base64}\"]}}"),
    );
    assert_eq!(corp(), "distrusts");
    host.write("home/ann/.pki/nssdb/cert9.db", fixture("bookworm"));
    let by_hand = || {
        verdict(
            &host,
            &["--only", "chromium", &one],
            "chromium",
            "/home/ann",
        )
    };
    assert_eq!(by_hand(), "trusts");
    host.write(
        format!("{managed}/d.json"),
        "{\"CAPlatformIntegrationEnabled\": false}",
    );
    assert_eq!(by_hand(), "does_not");
}

#[test]
fn firefox_is_judged_by_profile_version_and_policy() {
    let ca = Ca::new("Corp");
    let host = host_with(&ca);
    let (one, two) = authorities();
    let root = "home/ann/.config/mozilla/firefox";
    host.write(
        "usr/lib/firefox-esr/application.ini",
        "[App]\nVersion=153.5.1\n",
    );
    host.write(
        format!("{root}/profiles.ini"),
        "[Profile0]\nIsRelative=1\nPath=x.default\n",
    );
    host.write(format!("{root}/x.default/cert9.db"), fixture("m3"));
    let of = |sha256: &str| {
        verdict(
            &host,
            &["--only", "firefox", sha256],
            "firefox",
            "/home/ann",
        )
    };
    assert_eq!((of(&one), of(&two)), ("trusts".into(), "trusts".into()));
    host.write(
        "usr/lib/firefox-esr/application.ini",
        "[App]\nVersion=140.12.0\n",
    );
    assert_eq!(of(&two), "distrusts");
    let corp = || verdict(&host, &["--only", "firefox"], "firefox", "/home/ann");
    assert_eq!(corp(), "does_not");
    host.write("usr/lib/mozilla/certificates/corp.crt", ca.pem());
    host.write(
        "usr/lib/firefox-esr/distribution/policies.json",
        "{\"policies\": {\"Certificates\": {\"Install\": [\"corp.crt\"]}}}",
    );
    assert_eq!(corp(), "trusts");
    // Only one file is read, and nothing of a broken one.
    host.write("etc/firefox/policies/policies.json", "{\"policies\": {},}");
    assert_eq!(corp(), "does_not");
    host.write("usr/lib/x86_64-linux-gnu/pkcs11/p11-kit-trust.so", "");
    let module = "library=/usr/lib/x86_64-linux-gnu/pkcs11/p11-kit-trust.so\nname=p11-kit-trust\n";
    host.write(format!("{root}/x.default/pkcs11.txt"), module);
    assert_eq!(corp(), "follows_system");
}

#[test]
fn java_reads_the_one_keystore_that_java_reads() {
    let ca = Ca::new("Corp");
    let host = host_with(&ca);
    let security = "opt/jdk-21/lib/security";
    let of = || said(&host, &["--only", "java"], "java", "/opt/jdk-21");
    host.write(format!("{security}/cacerts"), jks(&[ca.der()]));
    assert_eq!(of().0, "trusts");
    host.write(
        format!("{security}/jssecacerts"),
        jks(&[Ca::new("Other").der()]),
    );
    assert_eq!(of().0, "does_not");
    host.delete(format!("{security}/jssecacerts"));
    let pem = host.input("corp.pem", ca.pem());
    let locked = host.beside("locked.p12");
    let arguments = [
        "pkcs12",
        "-export",
        "-nokeys",
        "-in",
        pem.to_str().unwrap(),
        "-passout",
        "pass:changeit",
        "-out",
    ];
    let arguments: Vec<&str> = arguments
        .into_iter()
        .chain([locked.to_str().unwrap()])
        .collect();
    openssl(&arguments, b"").exits(0);
    host.write(
        format!("{security}/cacerts"),
        std::fs::read(&locked).unwrap(),
    );
    let (verdict, evidence) = of();
    assert_eq!(verdict, "does_not");
    assert!(evidence.contains("every connection fails"), "{evidence}");
    let mut jceks = jks(&[ca.der()]);
    jceks[..4].copy_from_slice(&[0xce; 4]);
    host.write(format!("{security}/cacerts"), jceks);
    assert_eq!(of().0, "does_not");
    // One that is linked to the system's is the system's.
    host.delete(format!("{security}/cacerts"));
    host.write("etc/ssl/certs/java/cacerts", jks(&[ca.der()]));
    host.link(format!("{security}/cacerts"), "/etc/ssl/certs/java/cacerts");
    let (verdict, evidence) = said(&host, &["--only", "java"], "java", "/");
    assert_eq!(verdict, "trusts");
    assert!(evidence.contains("read by `/opt/jdk-21`"), "{evidence}");
}

#[test]
fn packages_of_python_are_judged_by_their_own_bundles() {
    let ca = Ca::new("Corp");
    let host = host_with(&ca);
    let packages = "home/ann/work/app/.venv/lib/python3.11/site-packages";
    host.write("home/ann/work/app/.venv/pyvenv.cfg", "home = /usr/bin\n");
    host.write(
        format!("{packages}/certifi/cacert.pem"),
        Ca::new("Mozilla").pem(),
    );
    host.write(
        format!("{packages}/certifi-2024.7.4.dist-info/METADATA"),
        "",
    );
    let of = |name: &str| {
        said(
            &host,
            &["--only", "python"],
            "python",
            &format!("/{packages}/{name}"),
        )
    };
    let (verdict, evidence) = of("certifi");
    assert_eq!(verdict, "does_not");
    assert!(evidence.starts_with("certifi 2024.7.4"), "{evidence}");
    host.write(format!("{packages}/certifi/cacert.pem"), ca.pem());
    assert_eq!(of("certifi").0, "trusts");
    host.write(
        format!("{packages}/pip/_vendor/certifi/cacert.pem"),
        Ca::new("Mozilla").pem(),
    );
    for (version, expected) in [
        ("24.1", "does_not"),
        ("24.2", "follows_system"),
        ("25.1.1", "follows_system"),
    ] {
        let info = host.path(format!("{packages}/pip-{version}.dist-info"));
        std::fs::create_dir_all(&info).unwrap();
        assert_eq!(of("pip").0, expected, "{version}");
        std::fs::remove_dir(info).unwrap();
    }
    let debian = "def where():\n    return \"/etc/ssl/certs/ca-certificates.crt\"\n";
    host.write(format!("{packages}/pip/_vendor/certifi/core.py"), debian);
    assert_eq!(of("pip").0, "follows_system");
}

/// A program as large as such programs are, most of it a hole.
fn large_program(host: &Host, path: &str, text: &str) {
    host.write_program(path, text);
    let file = std::fs::OpenOptions::new()
        .write(true)
        .open(host.path(path))
        .unwrap();
    file.set_len(20 << 20).unwrap();
}

#[test]
fn node_is_known_by_its_build() {
    let host = host_with(&Ca::new("Corp"));
    large_program(&host, "opt/node/bin/node", "node-v22.19.0.tar.gz");
    large_program(&host, "home/ann/.nvm/versions/node/v20.20.2/bin/node", "");
    host.write_program("usr/bin/node", "small");
    host.write("usr/lib/x86_64-linux-gnu/libnode.so.108", "");
    let all = rows(&host, &["--only", "node"]);
    let find = |path: &str| all.iter().find(|row| row["path"] == path).unwrap();
    let upstream = find("/opt/node/bin/node");
    assert_eq!(upstream["verdict"], "does_not");
    assert!(
        upstream["remedy"]
            .as_str()
            .unwrap()
            .contains("NODE_USE_SYSTEM_CA")
    );
    assert_eq!(
        find("/home/ann/.nvm/versions/node/v20.20.2/bin/node")["owner"],
        "ann"
    );
    assert_eq!(find("/usr/bin/node")["verdict"], "follows_system");
}

#[test]
fn carriers_are_judged_by_what_they_lead_to() {
    let ca = Ca::new("Corp");
    let host = host_with(&ca);
    host.write("srv/with.pem", ca.pem());
    host.write("srv/without.pem", Ca::new("Other").pem());
    let table = [
        ("REQUESTS_CA_BUNDLE=/srv/with.pem", "trusts"),
        ("REQUESTS_CA_BUNDLE=/srv/without.pem", "does_not"),
        ("REQUESTS_CA_BUNDLE=/srv/missing.pem", "does_not"),
        (
            "REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt",
            "follows_system",
        ),
        ("NODE_EXTRA_CA_CERTS=/srv/without.pem", "does_not"),
        ("SSL_CERT_FILE=/srv/without.pem", "depends_on_reader"),
        ("SSL_CERT_DIR=/etc/ssl/certs", "follows_system"),
        ("SSL_CERT_DIR=/srv", "does_not"),
    ];
    for (line, expected) in table {
        host.write("etc/environment", format!("{line}\n"));
        assert_eq!(
            verdict(&host, &["--only", "carrier"], "carrier", "/"),
            expected,
            "{line}"
        );
    }
    host.write("srv/store.jks", jks(&[ca.der()]));
    for (file, expected) in [
        ("/srv/store.jks", "trusts"),
        ("/srv/with.pem", "does_not"),
        ("/srv/none", "does_not"),
    ] {
        let line = format!("JAVA_TOOL_OPTIONS=\"-Xmx1g -Djavax.net.ssl.trustStore={file}\"\n");
        host.write("etc/environment", line);
        assert_eq!(
            verdict(&host, &["--only", "java"], "java", "/srv"),
            expected,
            "{file}"
        );
    }
}

#[test]
fn services_with_a_file_of_their_own() {
    let ca = Ca::new("Corp");
    let host = host_with(&ca);
    let of = |kind: &str| verdict(&host, &["--only", kind], kind, "/");
    host.write("usr/lib/x86_64-linux-gnu/libldap-2.5.so.0", "");
    host.write("usr/lib/x86_64-linux-gnu/libldap.so.2", "");
    assert_eq!(of("ldap"), "does_not");
    host.write(
        "etc/ldap/ldap.conf",
        "TLS_CACERT\t/etc/ssl/certs/ca-certificates.crt\n",
    );
    assert_eq!(of("ldap"), "follows_system");
    host.write("home/ann/.postgresql/root.crt", ca.pem());
    assert_eq!(of("postgresql"), "trusts");
    host.write("home/ann/.postgresql/root.crt", Ca::new("Old").pem());
    assert_eq!(of("postgresql"), "does_not");
    host.write("home/ann/.aws/config", "[default]\nca_bundle = ~/own.pem\n");
    host.write("home/ann/own.pem", ca.pem());
    assert_eq!(of("aws"), "trusts");
    host.write(
        "etc/php/8.2/cli/php.ini",
        ";openssl.cafile=/x\nopenssl.cafile = \"/srv/none.pem\"\n",
    );
    assert_eq!(of("php"), "does_not");
    host.write("etc/docker/certs.d/registry.example:5000/ca.pem", ca.pem());
    let (verdict, evidence) = said(&host, &["--only", "registry"], "registry", "/etc/docker");
    assert_eq!(verdict, "follows_system");
    assert!(evidence.contains("only `*.crt`"), "{evidence}");
    host.write("etc/docker/certs.d/registry.example:5000/ca.crt", ca.pem());
    assert_eq!(of("registry"), "trusts");
}

#[test]
fn a_home_whose_owner_means_ill_leads_nowhere() {
    let host = host_with(&Ca::new("Corp"));
    let (one, _) = authorities();
    let home = host.path("home/ann");
    let outside = host.path("root/secret");
    host.write("root/secret/nssdb/cert9.db", fixture("bookworm"));
    symlink(&outside, home.join(".pki")).unwrap();
    let of = |kind: &str, path: &str| said(&host, &["--only", kind, &one], kind, path);
    let (verdict, evidence) = of("nss", "/home/ann");
    assert_eq!(verdict, "not_judged");
    assert!(evidence.contains("symbolic link"), "{evidence}");
    std::fs::remove_file(home.join(".pki")).unwrap();

    let place = home.join(".pki/nssdb");
    std::fs::create_dir_all(&place).unwrap();
    let database = place.join("cert9.db");
    let fifo = |path: &Path| {
        nix::unistd::mkfifo(path, nix::sys::stat::Mode::S_IRWXU).unwrap();
    };
    let started = Instant::now();
    fifo(&database);
    assert_eq!(of("nss", "/home/ann").0, "not_judged");
    std::fs::remove_file(&database).unwrap();
    let huge = std::fs::File::create(&database).unwrap();
    huge.set_len(1 << 30).unwrap();
    assert_eq!(of("nss", "/home/ann").0, "not_judged");
    std::fs::write(&database, fixture("bookworm")).unwrap();
    std::fs::write(place.join("cert9.db-journal"), "hot").unwrap();
    let (verdict, evidence) = of("nss", "/home/ann");
    assert_eq!(verdict, "not_judged");
    assert!(evidence.contains("under way"), "{evidence}");
    std::fs::remove_file(place.join("cert9.db-journal")).unwrap();
    std::fs::write(&database, "SQLite format 3\0 and nothing more").unwrap();
    assert_eq!(of("nss", "/home/ann").0, "not_judged");

    let firefox = home.join(".mozilla/firefox");
    std::fs::create_dir_all(&firefox).unwrap();
    for path in ["/root/secret/nssdb", "../../../../root/secret/nssdb"] {
        let relative = u8::from(!path.starts_with('/'));
        let ini = format!("[Profile0]\nIsRelative={relative}\nPath={path}\n");
        std::fs::write(firefox.join("profiles.ini"), ini).unwrap();
        let (verdict, evidence) = of("firefox", "/home/ann");
        assert_eq!(verdict, "not_judged", "{path}");
        assert!(evidence.contains("leads out"), "{evidence}");
    }
    std::fs::remove_file(firefox.join("profiles.ini")).unwrap();
    fifo(&firefox.join("profiles.ini"));
    assert_eq!(of("firefox", "/home/ann").0, "not_judged");

    fifo(&home.join("pyvenv.cfg"));
    let packages = home.join("lib/python3.11/site-packages/certifi");
    std::fs::create_dir_all(&packages).unwrap();
    symlink("/etc/shadow", packages.join("cacert.pem")).unwrap();
    assert_eq!(of("python", "/home/ann").0, "not_judged");
    symlink("/", home.join("loop")).unwrap();
    rows(&host, &[&one]);
    assert!(
        started.elapsed() < Duration::from_secs(60),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let host = host_with(&Ca::new("Corp"));
    host.trustctl(["reach", "nothing-like-it"])
        .exits(2)
        .says("whole SHA-256");
    host.trustctl(["reach", "--user", "nobody-here"])
        .exits(2)
        .says("there is no user");
    let gone = "ab".repeat(32);
    let run = host.trustctl(["reach", &gone]).exits(1);
    run.says("a certificate in none of the sources")
        .says("trustctl add FILE");
    let bare = Host::new().settled();
    bare.trustctl(["reach"])
        .exits(0)
        .says("no local certificate");
}

#[test]
fn a_page_for_people_names_the_worst_first_and_counts_the_rest() {
    let host = host_with(&Ca::new("Corp"));
    for number in 0..5 {
        let packages =
            format!("home/ann/v{number}/lib/python3.11/site-packages/certifi/cacert.pem");
        host.write(packages, Ca::new("Mozilla").pem());
        host.write(format!("home/ann/v{number}/pyvenv.cfg"), "");
    }
    host.write("home/ann/.pki/nssdb/cert9.db", fixture("bookworm"));
    let run = host.trustctl(["reach"]).exits(1);
    let page = run.stdout;
    assert!(page.contains("and 2 more"), "{page}");
    assert!(page.contains("trusted: 3 system"), "{page}");
    assert!(
        page.contains("-t C,, -n corp -i /usr/local/share/ca-certificates/corp.crt`"),
        "{page}"
    );
    let at = |text: &str| page.find(text).unwrap();
    assert!(at("not trusted") < at("trusted: 3 system"), "{page}");
    assert!(page.lines().count() < 25, "{page}");
}

#[test]
fn running_programs_are_asked_about_on_this_host_only() {
    let host = host_with(&Ca::new("Corp"));
    host.trustctl(["reach", "--running"])
        .exits(2)
        .says("leave out `--root`");
    host.trustctl(["reach", "--running", "corp"]).exits(2);
}

/// A server that runs during a change, seen where the tree is the machine's own store.
#[test]
pub(crate) fn a_program_that_is_older_than_a_removal_may_still_trust() {
    let ca = Ca::new("Gone");
    let host = host_with(&ca);
    let leaf = ca.leaf("localhost");
    let cert = host.input("cert.pem", &leaf.pem);
    let key = host.input("key.pem", &leaf.key);
    let change = |arguments: &str| {
        format!(
            "'{}' --root '{}' {arguments} >/dev/null 2>&1",
            support::trustctl().display(),
            host.root().display()
        )
    };
    let ours = support::trustctl().display().to_string();
    let script = format!(
        "mount --bind '{}/var/lib' /var/lib || exit 9
         openssl s_server -quiet -cert '{}' -key '{}' -accept 127.0.0.1:0 </dev/null >/dev/null 2>&1 &
         server=$!
         sleep 3
         echo $server
         '{ours}' reach --running >/dev/null; echo $?
         {} || exit 8
         '{ours}' --format json reach --running; code=$?
         kill $server
         exit $code",
        host.root().display(),
        cert.display(),
        key.display(),
        change("remove --yes corp.crt"),
    );
    let run = host.inside(["/bin/sh", "-c", &script]).exits(1);
    let mut lines = run.stdout.splitn(3, '\n');
    let server: u64 = lines.next().unwrap().parse().unwrap();
    assert_eq!(lines.next(), Some("0"), "before any change: {run}");
    let json: Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    let units = json["report"]["running"]["units"].as_array().unwrap();
    let ours = |unit: &Value| unit["programs"].to_string().contains("trustctl");
    assert!(!units.iter().any(ours), "{run}");
    let holds = |unit: &&Value| unit["pids"].as_array().unwrap().contains(&server.into());
    let unit = units.iter().find(holds).unwrap_or_else(|| panic!("{run}"));
    assert_eq!(unit["may_trust_removed"], true, "{run}");
    assert_eq!(unit["misses_added"], false, "{run}");
    assert_eq!(unit["tls"], serde_json::json!(["openssl"]), "{run}");
}
