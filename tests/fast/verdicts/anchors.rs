//! What `check` and `add` say of a certificate as an anchor is what `verify` says of a chain that ends in it, whatever its
//! key: for each program, at several versions.

#![expect(
    clippy::disallowed_methods,
    reason = "OpenSSL makes certificates that are valid from now on"
)]

use std::time::{SystemTime, UNIX_EPOCH};

use support::{KEYS, leaf_by_openssl, own_by_openssl as own};
use trustctl::programs::Release;
use trustctl::verify::{Anchors, Options, PeerName, Profile, as_anchor, verify};

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
        let (ca, ca_key) = own("Corp Root", key, &of_a_ca);
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
            let (own, _) = own(
                "www.example.com",
                key,
                &[basic, "subjectAltName=DNS:www.example.com"],
            );
            let der = der(&own);
            wrong.extend(differences(&format!("{key:?} {basic}"), &der, &der));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
