//! Java's keystore behind a password of its own.

use support::{Ca, Host, openssl};

#[test]
fn a_keystore_is_opened_with_the_password_of_the_hook() {
    let ca = Ca::new("Corp");
    let host = Host::new().local("corp.crt", ca.pem()).settled();
    let (pem, out) = (
        host.input("ca.pem", ca.pem()),
        host.path("etc/ssl/certs/java/cacerts"),
    );
    std::fs::create_dir_all(out.parent().unwrap()).unwrap();
    let (pem, out) = (pem.to_str().unwrap(), out.to_str().unwrap());
    let export = [
        "pkcs12",
        "-export",
        "-nokeys",
        "-in",
        pem,
        "-passout",
        "pass:s3cret",
        "-out",
        out,
    ];
    openssl(&export, b"").exits(0);
    let skipped = || {
        let report = host.trustctl(["audit", "--format", "json"]).report();
        let skipped = report["skipped"].as_array().unwrap().clone();
        skipped.iter().any(|skip| skip["rule"] == "java-extra")
    };
    assert!(skipped());
    host.write(
        "etc/default/cacerts",
        "# settings\nstorepass='s3cret'\ncacerts_updates=yes\n",
    );
    assert!(!skipped());
    host.write("etc/default/cacerts", "storepass='other'\n");
    assert!(skipped());
}
