//! Java's keystore, which ca-certificates-java feeds from a hook (E11). Two generations: bullseye's hook, which
//! Ubuntu 20.04 and 22.04 have too, writes the keystore at once; bookworm's leaves that to a dpkg trigger.

use support::{Ca, Cell};

const ROOTS: [&str; 2] = ["bullseye-java", "bookworm-java"];
const LOCAL: &str = "/usr/local/share/ca-certificates/corp.crt";
const INPUT: &str = "/root/corp.crt";

/// Whether Java's keystore has this entry.
#[track_caller]
fn java_has(cell: &Cell, alias: &str) -> bool {
    let keytool = "keytool -list -keystore /etc/ssl/certs/java/cacerts -storepass changeit -alias";
    let run = cell.sh(&format!("{keytool} {alias}"));
    assert!(run.ok() || run.has("does not exist"), "{run}");
    run.ok()
}

#[test]
fn e11_java_keeps_a_deleted_ca_whatever_the_script_does_until_refresh() {
    for root in ROOTS {
        let cell = Cell::new(root);
        cell.write(LOCAL, Ca::new("Corp").pem());
        cell.bare_update(&[]).exits(0);
        assert!(java_has(&cell, "debian:corp.pem"), "{root}");
        cell.sh(&format!("rm {LOCAL}")).exits(0);
        cell.bare_update(&[]).exits(0);
        assert!(
            java_has(&cell, "debian:corp.pem"),
            "the plain run took it out on {root}"
        );
        cell.bare_update(&["--fresh"]).exits(0);
        assert!(
            java_has(&cell, "debian:corp.pem"),
            "the fresh run took it out on {root}"
        );

        cell.trustctl(["refresh"]).exits(0);
        assert!(!java_has(&cell, "debian:corp.pem"), "{root}");
    }
}

#[test]
fn java_trusts_a_ca_from_add_to_remove() {
    for root in ROOTS {
        let cell = Cell::new(root);
        assert!(!java_has(&cell, "debian:corp.pem"));
        cell.write(INPUT, Ca::new("Corp").pem());
        cell.trustctl(["add", "--yes", INPUT]).exits(0);
        assert!(java_has(&cell, "debian:corp.pem"), "{root}");
        cell.trustctl(["remove", "corp.crt"]).exits(0);
        assert!(!java_has(&cell, "debian:corp.pem"), "{root}");
    }
}

#[test]
fn java_follows_distrust_trust_and_rollback_of_a_vendor_root() {
    for root in ROOTS {
        let cell = Cell::new(root);
        let alias = "debian:isrg_root_x1.pem";
        assert!(java_has(&cell, alias), "{root}");
        cell.trustctl(["distrust", "ISRG_Root_X1.crt"]).exits(0);
        assert!(!java_has(&cell, alias), "{root}");
        cell.trustctl(["trust", "ISRG_Root_X1.crt"]).exits(0);
        assert!(java_has(&cell, alias), "{root}");
        cell.trustctl(["rollback"]).exits(0);
        assert!(!java_has(&cell, alias), "{root}");
    }
}

#[test]
fn java_gets_the_new_certificate_of_a_rotated_ca() {
    for root in ROOTS {
        let cell = Cell::new(root);
        let (old, new) = (Ca::new("Corp 2020"), Ca::new("Corp 2030"));
        cell.write(INPUT, old.pem());
        cell.trustctl(["add", "--yes", INPUT]).exits(0);
        cell.write(INPUT, new.pem());
        cell.trustctl(["add", "--yes", "--replace", "corp.crt", INPUT])
            .exits(0);
        let list = "keytool -list -v -keystore /etc/ssl/certs/java/cacerts -storepass changeit";
        cell.sh(list)
            .exits(0)
            .says("CN=Corp 2030")
            .never_says("CN=Corp 2020");
    }
}

#[test]
fn a_keystore_that_does_not_open_is_said_and_never_passed_over() {
    let (cell, ca) = (Cell::new("bookworm-java"), Ca::new("Corp"));
    cell.write(INPUT, ca.pem());
    let change = "keytool -storepasswd -keystore /etc/ssl/certs/java/cacerts -storepass changeit -new other-1 -storetype jks";
    cell.sh(change).exits(0);
    // JKS opens for our reader whatever its password is; PKCS#12 does not.
    let convert = "cd /etc/ssl/certs/java && keytool -importkeystore -noprompt -srckeystore cacerts -srcstorepass other-1 \
                   -destkeystore new -deststoretype pkcs12 -deststorepass other-1 && mv new cacerts";
    cell.sh(convert).exits(0);
    let run = cell.trustctl(["add", "--yes", INPUT]).exits(1);
    assert!(run.stderr.contains("Java was not checked"), "{run}");
}
