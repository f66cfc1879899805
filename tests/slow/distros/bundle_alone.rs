//! A host that has a bundle and nothing else, as many container images are: no script, no sources, no hash links.

use support::{Ca, Cell};

const BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";
/// What such an image does not have.
const STRIP: &str = "find /etc/ssl/certs -type l -delete; rm -rf /usr/share/ca-certificates \
    /etc/ca-certificates /etc/ca-certificates.conf /usr/local/share/ca-certificates /usr/sbin/update-ca-certificates";

fn has_script(cell: &Cell) -> bool {
    cell.sh("ls /usr/sbin/update-ca-certificates /usr/local/share/ca-certificates /etc/ca-certificates.conf")
        .has("conf\n")
}

#[test]
fn a_host_with_a_bundle_and_nothing_else_is_served() {
    for release in ["bullseye", "bookworm", "trixie"] {
        let ca = Ca::new("Corp Root");
        let cell = Cell::new(release);
        cell.sh(STRIP).exits(0);
        let before = cell.read(BUNDLE);
        cell.trustctl(["list"]).exits(0).says("a bundle alone");
        cell.write("/srv/corp.crt", ca.pem());
        cell.trustctl(["add", "--yes", "--dry-run", "/srv/corp.crt"])
            .exits(0);
        assert_eq!(cell.read(BUNDLE), before, "{release}");

        cell.trustctl(["add", "--yes", "/srv/corp.crt"]).exits(0);
        let with = cell.read(BUNDLE);
        assert!(with.starts_with(&before), "{release}");
        assert_eq!(
            support::certificates_in(&with).len(),
            support::certificates_in(&before).len() + 1,
            "{release}"
        );
        assert!(cell.bundle_trusts(ca.pem()), "{release}");
        cell.trustctl(["check", "/srv/corp.crt"]).exits(0);
        assert!(cell.trustctl(["audit"]).code < 2, "{release}");

        cell.trustctl(["rollback"]).exits(0);
        assert_eq!(cell.read(BUNDLE), before, "{release}");
        assert!(!cell.bundle_trusts(ca.pem()), "{release}");

        cell.trustctl(["add", "--yes", "/srv/corp.crt"]).exits(0);
        cell.trustctl(["remove", &ca.sha256()]).exits(0);
        assert_eq!(cell.read(BUNDLE), before, "{release}");
        assert!(!has_script(&cell), "{release}: a source was made up");
        cell.trustctl(["rollback", "0", "--yes"]).exits(0);
        assert_eq!(cell.read(BUNDLE), before, "{release}");
    }
}
