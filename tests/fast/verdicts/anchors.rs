//! What `check` and `add` say of a certificate as an anchor is what `verify` says of a chain that ends in it, whatever its
//! key: for each program, at several versions.

#![expect(
    clippy::disallowed_methods,
    reason = "OpenSSL makes certificates that are valid from now on, and writes the key"
)]

use std::time::{SystemTime, UNIX_EPOCH};

use support::{leaf_by_openssl, openssl};
use trustctl::programs::Release;
use trustctl::verify::{Anchors, Options, PeerName, Profile, as_anchor, verify};

/// Keys as `openssl req -newkey` takes them, and the hash of their signatures.
const KEYS: &[(&str, &str)] = &[
    ("rsa:1024", "sha256"),
    ("rsa:2040", "sha256"),
    ("rsa:2047", "sha256"),
    ("rsa:2048", "sha1"),
    ("rsa:2048", "sha256"),
    ("rsa:2048", "sha512"),
    ("rsa:3072", "sha384"),
    ("rsa:2048", "sha512-256"),
    ("rsa:2048", "sha3-256"),
    ("rsa-pss -pkeyopt rsa_keygen_bits:2048", "sha256"),
    (
        "rsa-pss -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_pss_keygen_md:sha384",
        "sha384",
    ),
    ("ec -pkeyopt ec_paramgen_curve:prime192v1", "sha256"),
    ("ec -pkeyopt ec_paramgen_curve:P-224", "sha256"),
    ("ec -pkeyopt ec_paramgen_curve:P-256", "sha224"),
    ("ec -pkeyopt ec_paramgen_curve:P-256", "sha256"),
    ("ec -pkeyopt ec_paramgen_curve:P-256", "sha3-256"),
    ("ec -pkeyopt ec_paramgen_curve:P-384", "sha384"),
    ("ec -pkeyopt ec_paramgen_curve:P-521", "sha512"),
    ("ec -pkeyopt ec_paramgen_curve:secp256k1", "sha256"),
    ("ec -pkeyopt ec_paramgen_curve:brainpoolP256r1", "sha256"),
    ("ec -pkeyopt ec_paramgen_curve:brainpoolP512r1", "sha512"),
    ("ec -pkeyopt ec_paramgen_curve:sect283r1", "sha256"),
    ("ed25519", "sha256"),
    ("ed448", "sha256"),
];

/// Beside the newest of each program.
const OLDER: [&str; 16] = [
    "openssl@1.1.1",
    "openssl@3.0",
    "openssl@3.2",
    "curl@7.88/openssl@3.0",
    "python@3.8/openssl@1.1.1",
    "python@3.11/openssl@3.0",
    "gnutls@3.6",
    "gnutls@3.7",
    "go@1.19",
    "go@1.22",
    "go@1.24",
    "java@8",
    "java@11",
    "java@17",
    "node@18",
    "node@22",
];

/// OpenSSL makes leaves that are valid from now on.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_secs() as i64 + 60
}

fn releases() -> Vec<Release> {
    let older = OLDER.iter().map(|text| Release::named(text).unwrap());
    older.chain(Release::all_newest()).collect()
}

fn der(pem: &str) -> Vec<u8> {
    pem::parse(pem).unwrap().into_contents()
}

/// A certificate signed with its own key, and the key.
fn own((key, hash): (&str, &str), extensions: &[&str]) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    let file = file.to_str().unwrap();
    let hash = format!("-{hash}");
    let mut make = vec![
        "req",
        "-x509",
        "-nodes",
        "-subj",
        "/CN=www.example.com",
        "-newkey",
    ];
    make.extend(key.split(' '));
    make.extend([&*hash, "-days", "3000", "-keyout", file, "-set_serial", "5"]);
    for extension in extensions {
        make.extend(["-addext", extension]);
    }
    let pem = openssl(&make, b"").exits(0).stdout;
    (pem, std::fs::read_to_string(file).unwrap())
}

/// Whether a release accepts a server with this certificate, `anchor` being all that it trusts; `None`: nothing here can
/// check its signature.
fn accepts(release: &Release, leaf: &[u8], anchor: &[u8]) -> Option<bool> {
    let options = Options {
        profile: Profile::named(release.program).unwrap(),
        release: Some(release.clone()),
        names: vec![PeerName::Dns("www.example.com".into())],
        ..Options::at(now())
    };
    verify(leaf, &[], &Anchors::read([anchor]), &options).answer()
}

/// What differs between both for this anchor.
fn differences(what: &str, anchor: &[u8], leaf: &[u8]) -> Vec<String> {
    let releases = releases();
    let taken = as_anchor(anchor, now(), &releases).unwrap();
    assert_eq!(taken.len(), releases.len());
    let differs = taken.iter().filter_map(|one| {
        let accepts = accepts(&one.release, leaf, anchor);
        let said = one.obstacle.is_none();
        let (program, version) = (one.release.program, one.release.version);
        (accepts == Some(!said)).then(|| {
            format!(
                "{what}: {program} {version}: said {said} ({:?}), verify {accepts:?}",
                one.obstacle
            )
        })
    });
    differs.collect()
}

#[test]
fn a_ca_is_said_to_serve_those_programs_that_accept_what_it_issues() {
    let mut wrong = Vec::new();
    for &key in KEYS {
        let of_a_ca = ["keyUsage=critical,keyCertSign,cRLSign"];
        let (ca, ca_key) = own(key, &of_a_ca);
        let leaf = leaf_by_openssl(
            &ca,
            &ca_key,
            "www.example.com",
            "ec -pkeyopt ec_paramgen_curve:P-256",
            // Which hashes a program takes in certificates has nothing to do with the anchor.
            if key.0.contains("sha384") {
                "sha384"
            } else {
                "sha256"
            },
            "basicConstraints=critical,CA:FALSE\nsubjectKeyIdentifier=hash\n",
        );
        wrong.extend(differences(&format!("{key:?}"), &der(&ca), &der(&leaf.pem)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_servers_own_certificate_is_said_to_serve_those_that_accept_the_server() {
    let mut wrong = Vec::new();
    for &key in KEYS {
        for basic in [
            "basicConstraints=critical,CA:FALSE",
            "basicConstraints=CA:FALSE",
        ] {
            let (own, _) = own(key, &[basic, "subjectAltName=DNS:www.example.com"]);
            let der = der(&own);
            wrong.extend(differences(&format!("{key:?} {basic}"), &der, &der));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
