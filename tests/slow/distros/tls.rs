//! What TLS clients say before, with and after a CA.

use support::{Ca, Cell};

use crate::distros::clients::Site;

const INPUT: &str = "/root/corp.crt";

#[test]
fn on_bullseye_clients_trust_a_server_from_add_to_remove() {
    from_add_to_remove("bullseye");
}

#[test]
fn on_bookworm_clients_trust_a_server_from_add_to_remove() {
    from_add_to_remove("bookworm");
}

#[test]
fn on_trixie_clients_trust_a_server_from_add_to_remove() {
    from_add_to_remove("trixie");
}

/// Ubuntu 20.04 with its updates: the old OpenSSL under the newer script.
#[test]
fn on_bullseye_with_the_newer_script_clients_trust_a_server_from_add_to_remove() {
    let ca = Ca::new("Corp Root");
    let site = Site::new("bullseye", &ca);
    let script = Cell::new("bookworm").read("/usr/sbin/update-ca-certificates");
    assert_ne!(site.cell.read("/usr/sbin/update-ca-certificates"), script);
    site.cell.write("/usr/sbin/update-ca-certificates", script);
    carry_out(&site, &ca);
}

fn from_add_to_remove(release: &str) {
    let ca = Ca::new("Corp Root");
    carry_out(&Site::new(release, &ca), &ca);
}

fn carry_out(site: &Site, ca: &Ca) {
    let release = site.cell.name();
    let before = site.cell.tree().store();
    site.assert_trusted_by_all(false);

    site.cell.write(INPUT, ca.pem());
    site.cell
        .trustctl(["add", "--yes", "--reason", "proxy team, ticket 42", INPUT])
        .exits(0);
    site.assert_trusted_by_all(true);
    site.cell
        .trustctl(["history"])
        .exits(0)
        .says("proxy team, ticket 42");

    site.cell.trustctl(["remove", "corp.crt"]).exits(0);
    site.assert_trusted_by_all(false);
    assert_eq!(site.cell.tree().store(), before, "{release}");
}

#[test]
fn on_bullseye_clients_refuse_a_vendor_root_from_distrust_to_trust() {
    from_distrust_to_trust("bullseye");
}

#[test]
fn on_bookworm_clients_refuse_a_vendor_root_from_distrust_to_trust() {
    from_distrust_to_trust("bookworm");
}

fn from_distrust_to_trust(release: &str) {
    let ca = Ca::new("Vendor Root");
    let site = Site::new(release, &ca);
    site.cell
        .write("/usr/share/ca-certificates/corp/Vendor_Root.crt", ca.pem());
    site.cell
        .sh("echo corp/Vendor_Root.crt >>/etc/ca-certificates.conf")
        .exits(0);
    site.cell.bare_update(&[]).exits(0);
    site.assert_trusted_by_all(true);
    let before = site.cell.tree().store();

    site.cell.trustctl(["distrust", "Vendor_Root.crt"]).exits(0);
    site.assert_trusted_by_all(false);
    assert_eq!(site.cell.tree().sees(&ca.sha256()), [false; 3], "{release}");

    site.cell.trustctl(["trust", "Vendor_Root.crt"]).exits(0);
    site.assert_trusted_by_all(true);
    assert_eq!(site.cell.tree().store(), before, "{release}");
}

#[test]
fn on_bullseye_rollback_takes_back_and_gives_back() {
    rollback("bullseye");
}

#[test]
fn on_bookworm_rollback_takes_back_and_gives_back() {
    rollback("bookworm");
}

fn rollback(release: &str) {
    let ca = Ca::new("Corp Root");
    let site = Site::new(release, &ca);
    let before = site.cell.tree().store();
    site.cell.write(INPUT, ca.pem());
    site.cell.trustctl(["add", "--yes", INPUT]).exits(0);
    let with = site.cell.tree().store();

    site.cell.trustctl(["rollback"]).exits(0);
    site.assert_trusted_by_all(false);
    assert_eq!(site.cell.tree().store(), before, "{release}");

    site.cell.trustctl(["rollback", "--redo"]).exits(0);
    site.assert_trusted_by_all(true);
    assert_eq!(site.cell.tree().store(), with, "{release}");
}
