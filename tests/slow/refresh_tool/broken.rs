//! Broken files that already lie among the local certificates (E5 and its like): where they make the bundle useless
//! for OpenSSL, no change is published over them; where they don't, they are in nobody's way.

use support::{Ca, Host, openssl};

/// Passed over by OpenSSL, but GnuTLS or Go load nothing of a bundle with it: refused as well.
const DISPUTED: [&str; 5] = [
    "trailing-der",
    "csr",
    "csr-broken",
    "csr-truncated",
    "text-after-begin",
];

/// Files with one oddity each.
fn odd_files() -> Vec<(&'static str, Vec<u8>)> {
    let c = Ca::new("Corp");
    let p = c.pem().to_string();
    let body: String = p
        .lines()
        .filter(|l| !l.starts_with("--"))
        .collect::<Vec<_>>()
        .join("\n");
    let req = openssl(
        &[
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
            "/CN=r",
        ],
        b"",
    )
    .stdout;
    let wrap =
        |l: &str, b: &str| format!("-----BEGIN {l}-----\n{b}\n-----END {l}-----\n").into_bytes();
    let dir = tempfile::tempdir().unwrap();
    let f = dir.path().join("c.pem");
    std::fs::write(&f, &p).unwrap();
    let p7 = openssl(
        &["crl2pkcs7", "-nocrl", "-certfile", f.to_str().unwrap()],
        b"",
    )
    .stdout;
    let mut trailing = c.der().to_vec();
    trailing.extend(b"xx");
    let b64 = |d: &[u8]| pem_body(d);
    let crl = c.crl();
    vec![
     ("truncated", p.as_bytes()[..p.len()/2].to_vec()),
     ("no-end", p.replace("-----END CERTIFICATE-----\n","").into()),
     ("no-newline-truncated-end", p.trim_end().trim_end_matches('-').into()),
     ("bad-base64", p.replacen("\nMII","\nM!!",1).into()),
     ("not-der", wrap("CERTIFICATE","SGVsbG8sIHdvcmxkIQ==")),
     ("empty-block", wrap("CERTIFICATE","")),
     ("end-mismatch", p.replace("END CERTIFICATE","END X509 CERTIFICATE").into()),
     ("begin-inside", format!("-----BEGIN CERTIFICATE-----\n{p}").into()),
     ("extra-padding", p.replace("\n-----END","==\n-----END").into()),
     ("headers", p.replacen("-----\n","-----\nX-Foo: bar\n\n",1).into()),
     ("encrypted", p.replacen("-----\n","-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00000000000000000000000000000000\n\n",1).into()),
     ("nul-in-text", format!("text\0more\n{p}").into()),
     ("nul-in-block", p.replacen("\nMII","\nM\0I",1).into()),
     ("marker-inside-line", format!("x{p}").into()),
     ("text-after-begin", p.replacen("CERTIFICATE-----\n","CERTIFICATE----- foo\n",1).into()),
     ("text-after-end", format!("{}foo\n", p.trim_end()).into()),
     ("malformed-begin", p.replacen("-----BEGIN","----BEGIN",1).into()),
     ("malformed-end", p.replacen("-----END","----END",1).into()),
     ("end-without-begin", "-----END CERTIFICATE-----\n".into()),
     ("csr", req.clone().into()),
     ("csr-broken", req.replacen("\nM","\n!!",1).into()),
     ("csr-truncated", req.as_bytes()[..req.len()/2].to_vec()),
     ("unknown-block", wrap("FOO","SGVsbG8=")),
     ("unknown-block-broken", wrap("FOO","SG!!")),
     ("pkcs7", p7.clone().into()),
     ("pkcs7-broken", p7.replacen("\nMII","\n!!!",1).into()),
     ("pkcs7-not-der", wrap("PKCS7","SGVsbG8=")),
     ("crl", wrap("X509 CRL", &b64(&crl))),
     ("crl-cut", wrap("X509 CRL", &b64(&crl[..crl.len() - 9]))),
     ("crl-trailing", wrap("X509 CRL", &b64(&[&crl[..], b"xx"].concat()))),
     ("crl-not-der", wrap("X509 CRL","SGVsbG8=")),
     ("crl-is-certificate", wrap("X509 CRL", &b64(c.der()))),
     ("pubkey-not-der", wrap("PUBLIC KEY","SGVsbG8=")),
     ("dhparams-not-der", wrap("DH PARAMETERS","SGVsbG8=")),
     ("x509-certificate", p.replace("CERTIFICATE","X509 CERTIFICATE").into()),
     ("trusted-plain", p.replace("CERTIFICATE","TRUSTED CERTIFICATE").into()),
     ("trusted-not-der", wrap("TRUSTED CERTIFICATE","SGVsbG8=")),
     ("trailing-der", wrap("CERTIFICATE",&b64(&trailing))),
     ("bare-base64", body.clone().into()),
     ("one-line", wrap("CERTIFICATE", &body.replace('\n',""))),
     ("blank-lines", p.replacen("\nMII","\n\nMII",1).into()),
     ("blanks-in-base64", p.replacen("\nMII","\nM II",1).into()),
     ("indented", p.lines().map(|l| format!("  {l}\n")).collect::<String>().into()),
     ("trailing-blanks", p.lines().map(|l| format!("{l}  \n")).collect::<String>().into()),
     ("long-line", format!("{}\n{p}", "x".repeat(5000)).into()),
     ("cr-only", p.replace('\n',"\r").into()),
     ("utf16", "\u{feff}".encode_utf16().chain(p.encode_utf16()).flat_map(u16::to_le_bytes).collect()),
     ("der", c.der().to_vec()),
    ]
}
fn pem_body(d: &[u8]) -> String {
    let o = support::output_with(&mut std::process::Command::new("/usr/bin/base64"), d);
    o.stdout.trim_end().to_string()
}

#[test]
fn a_change_is_refused_exactly_where_a_broken_file_makes_the_bundle_useless_for_openssl() {
    let mut wrong = Vec::new();
    for (name, bytes) in odd_files() {
        let after = Ca::new("After It");
        let host = Host::new()
            .local("m.crt", &bytes)
            .local("z.crt", after.pem());
        host.bare_update(&["--fresh"]);
        let works = |host: &Host| {
            host.bundle_trusts(host.vendors()[0].pem()) && host.bundle_trusts(after.pem())
        };
        let worked = works(&host);
        let good = host.input("good.crt", Ca::new("Good").pem());
        let before = host.store();
        let run = host.trustctl(["add", "--yes", good.to_str().unwrap()]);
        let as_expected = match run.code {
            0 => worked && works(&host) && !DISPUTED.contains(&name),
            // What would publish more than a certificate is refused too, whether OpenSSL reads it or not.
            2 => {
                let exposed = run.has("would be copied into the world-readable bundle");
                (!worked || DISPUTED.contains(&name) || exposed)
                    && run.has("m.crt")
                    && host.store() == before
            }
            _ => false,
        };
        if !as_expected {
            wrong.push(format!("{name}: bundle worked before: {worked}, {run}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn refresh_never_calls_a_store_sound_that_publishes_a_key_or_that_openssl_cannot_load() {
    let ca = Ca::new("Corp");
    for bytes in [
        format!("{}{}", ca.key_pem(), ca.pem()),
        ca.pem()[..200].to_string(),
    ] {
        let host = Host::new().local("m.crt", bytes).settled();
        let before = host.store();
        for arguments in [&["refresh"][..], &["refresh", "--dry-run"]] {
            host.trustctl(arguments)
                .exits(2)
                .says("m.crt")
                .says("as it was before");
        }
        assert_eq!(host.store(), before);
        host.trustctl(["remove", "m.crt"]).exits(0);
        host.trustctl(["refresh"]).exits(0).says("as it should be");
        assert!(host.bundle_trusts(host.vendors()[0].pem()));
    }
}

#[test]
fn the_link_of_a_revocation_list_stays_and_goes_with_its_source() {
    let ca = Ca::new("Corp");
    let crl = pem_body(&ca.crl());
    let crl = format!("-----BEGIN X509 CRL-----\n{crl}\n-----END X509 CRL-----\n");
    let host = Host::new().local("ca.crt", ca.pem()).local("list.crt", crl);
    host.bare_update(&["--fresh"]);
    let link = format!("{}.r0", ca.subject_hash());
    let links = |host: &Host| {
        ["list.pem", &link].map(|name| host.certs().join(name).symlink_metadata().is_ok())
    };
    assert_eq!(links(&host), [true; 2]);
    let good = host.input("good.crt", Ca::new("Good").pem());
    host.trustctl(["add", "--yes", good.to_str().unwrap()])
        .exits(0);
    assert_eq!(links(&host), [true; 2]);
    host.delete("usr/local/share/ca-certificates/list.crt");
    host.trustctl(["refresh"]).exits(0);
    let link = host.certs().join(&link);
    assert!(link.symlink_metadata().is_err(), "it would lead nowhere");
}
