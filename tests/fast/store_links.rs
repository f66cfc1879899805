//! Identity is the file behind the links and its SHA-256, not the path: a table of layouts, each with what `list`,
//! `audit`, `remove` and `rollback` do about it.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests act on trees of their own and fail by panicking"
)]

use std::fs;

use support::{Ca, Host};

const LOCAL: &str = "usr/local/share/ca-certificates";

struct Layout {
    name: &'static str,
    /// Builds it; the certificate's PEM is given.
    build: fn(&Host, &str),
    /// How many certificates `list --local` shows.
    rows: usize,
    /// How `remove SHA256` ends.
    removes: i32,
    /// What must be there untouched after `remove`.
    stays: &'static [&'static str],
}

const LAYOUTS: [Layout; 7] = [
    Layout {
        name: "plain file",
        build: |host, pem| host.write(format!("{LOCAL}/corp.crt"), pem),
        rows: 1,
        removes: 0,
        stays: &[],
    },
    Layout {
        name: "alias beside its target",
        build: |host, pem| {
            host.write(format!("{LOCAL}/real.crt"), pem);
            host.link(format!("{LOCAL}/alias.crt"), "real.crt");
        },
        rows: 1,
        removes: 0,
        stays: &[],
    },
    Layout {
        name: "ConfigMap",
        build: |host, pem| {
            host.write(format!("{LOCAL}/..2026/corp.crt"), pem);
            host.link(format!("{LOCAL}/..data"), "..2026");
            host.link(format!("{LOCAL}/corp.crt"), "..data/corp.crt");
        },
        rows: 1,
        removes: 0,
        stays: &[],
    },
    Layout {
        name: "link to a file outside of the folder",
        build: |host, pem| {
            host.write("opt/corp.crt", pem);
            host.link(format!("{LOCAL}/corp.crt"), "/opt/corp.crt");
        },
        rows: 1,
        removes: 0,
        stays: &["opt/corp.crt"],
    },
    Layout {
        name: "link to a folder outside of the folder",
        build: |host, pem| {
            host.write("opt/corp/ca.crt", pem);
            host.link(format!("{LOCAL}/corp"), "/opt/corp");
        },
        rows: 1,
        removes: 0,
        stays: &["opt/corp/ca.crt"],
    },
    Layout {
        name: "link to a folder with others in it",
        build: |host, pem| {
            host.write("opt/corp/ca.crt", pem);
            host.write("opt/corp/other.crt", Ca::new("Other").pem());
            host.link(format!("{LOCAL}/corp"), "/opt/corp");
        },
        rows: 2,
        removes: 2,
        stays: &["opt/corp/ca.crt", "opt/corp/other.crt"],
    },
    Layout {
        name: "links in a loop",
        build: |host, pem| {
            host.write(format!("{LOCAL}/corp.crt"), pem);
            host.link(format!("{LOCAL}/up"), ".");
            host.link(format!("{LOCAL}/self.crt"), "self.crt");
        },
        rows: 1,
        removes: 0,
        stays: &[],
    },
];

#[test]
fn every_layout_is_listed_judged_removed_and_restored() {
    for layout in &LAYOUTS {
        let (host, ca) = (Host::new(), Ca::new("Corp"));
        (layout.build)(&host, ca.pem());
        host.trustctl(["refresh", "--yes"]).exits(0);
        let before = host.store();
        let name = layout.name;
        let list = host
            .trustctl(["--format", "json", "list", "--local"])
            .exits(0)
            .report();
        assert_eq!(
            list["certificates"].as_array().unwrap().len(),
            layout.rows,
            "{name}: {list:#}"
        );
        let taken = list["problems"].as_array().unwrap().iter();
        let mut taken =
            taken.filter(|problem| problem["message"].as_str().unwrap().contains("is taken by"));
        assert!(taken.next().is_none(), "{name}: {list:#}");
        let audit = host.trustctl(["audit"]);
        assert!(
            audit.code < 2 && !audit.has("duplicate-certificate") && !audit.has("same-base-name"),
            "{name}: {audit}"
        );
        host.trustctl(["refresh"]).exits(0).says("nothing to do");
        let run = host.trustctl(["remove", &ca.sha256()]);
        assert_eq!(run.code, layout.removes, "{name}: {run}");
        if layout.removes == 2 {
            run.says("is reached through the link").says("rm /");
        }
        for path in layout.stays {
            assert!(fs::metadata(host.path(path)).is_ok(), "{name}: {path}");
        }
        if layout.removes == 0 {
            assert_eq!(host.sees(&ca.sha256()), [false; 3], "{name}");
            host.trustctl(["rollback"]).exits(0);
        }
        assert_eq!(host.store(), before, "{name}");
    }
}

#[test]
fn a_local_folder_that_is_a_link_is_the_folder_behind_it() {
    let (host, ca) = (Host::new().settled(), Ca::new("Corp"));
    fs::create_dir_all(host.path("srv")).unwrap();
    fs::rename(host.path(LOCAL), host.path("srv/cas")).unwrap();
    host.link(LOCAL, "/srv/cas");
    let path = host.input("corp.crt", ca.pem());
    host.trustctl(["add", "--yes", path.to_str().unwrap()])
        .exits(0);
    assert!(host.has("srv/cas/corp.crt"));
    assert_eq!(host.sees(&ca.sha256()), [true; 3]);
    host.trustctl(["remove", "corp"]).exits(0);
    assert!(!host.has("srv/cas/corp.crt"));
    host.trustctl(["rollback"]).exits(0);
    assert_eq!(host.sees(&ca.sha256()), [true; 3]);
}

#[test]
fn removing_one_name_of_a_file_removes_the_certificate() {
    for selector in ["real.crt", "alias.crt"] {
        let (host, ca) = (Host::new(), Ca::new("Corp"));
        (LAYOUTS[1].build)(&host, ca.pem());
        let host = host.settled();
        let before = host.store();
        host.trustctl(["remove", selector]).exits(0);
        assert_eq!(host.sees(&ca.sha256()), [false; 3], "{selector}");
        host.trustctl(["rollback"]).exits(0);
        assert_eq!(host.store(), before, "{selector}");
    }
}
