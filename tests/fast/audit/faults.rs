//! Faults of files and of the views of the store, each alone; where the remedy is a command, it is carried out.

use std::collections::BTreeSet;
use std::os::unix::fs::{PermissionsExt, symlink};

use support::{Host, openssl};

use super::{furnished, limited_ca, mend, only};

pub(super) const LOCAL: &str = "usr/local/share/ca-certificates";

/// A fault: what is done before the store is built, what after, what must be found, whether the remedy mends it.
struct Case {
    rule: &'static str,
    before: fn(&Host),
    after: fn(&Host),
    at: &'static str,
    mends: bool,
}

fn nothing(_: &Host) {}

pub(super) fn local(host: &Host, name: &str, bytes: impl AsRef<[u8]>) {
    host.write(format!("{LOCAL}/{name}"), bytes);
}

pub(super) fn corp() -> String {
    limited_ca("Corp Root").pem().to_string()
}

pub(super) fn mode(host: &Host, path: &str, mode: u32) {
    std::fs::set_permissions(host.path(path), std::fs::Permissions::from_mode(mode)).unwrap();
}

const CASES: &[Case] = &[
    Case {
        rule: "ignored-extension",
        before: |host| local(host, "corp.pem", corp()),
        after: nothing,
        at: "/usr/local/share/ca-certificates/corp.pem",
        mends: true,
    },
    Case {
        rule: "several-certificates",
        before: |host| {
            local(
                host,
                "corp.crt",
                format!("{}{}", corp(), limited_ca("Other Root").pem()),
            );
        },
        after: nothing,
        at: "/usr/local/share/ca-certificates/corp.crt",
        mends: true,
    },
    Case {
        rule: "der-encoded",
        before: |host| local(host, "corp.crt", limited_ca("Corp Root").der()),
        after: nothing,
        at: "/usr/local/share/ca-certificates/corp.crt",
        mends: true,
    },
    Case {
        rule: "not-a-certificate",
        before: |host| local(host, "corp.crt", "<html>log in</html>\n"),
        after: nothing,
        at: "/usr/local/share/ca-certificates/corp.crt",
        mends: true,
    },
    Case {
        rule: "not-a-certificate",
        before: |host| local(host, "corp.crt", corp().replace('\n', "\r")),
        after: nothing,
        at: "/usr/local/share/ca-certificates/corp.crt",
        mends: true,
    },
    Case {
        rule: "not-a-certificate",
        before: |host| {
            local(
                host,
                "corp.crt",
                corp().replace("-----BEGIN", "  -----BEGIN"),
            );
        },
        after: nothing,
        at: "/usr/local/share/ca-certificates/corp.crt",
        mends: true,
    },
    Case {
        rule: "trust-settings",
        before: |host| {
            let trusted = openssl(
                &["x509", "-trustout", "-addreject", "emailProtection"],
                corp().as_bytes(),
            );
            local(host, "corp.crt", trusted.exits(0).stdout);
        },
        after: nothing,
        at: "/usr/local/share/ca-certificates/corp.crt:1",
        mends: true,
    },
    Case {
        rule: "dangling-link",
        before: |host| local(host, "corp.crt", corp()),
        after: |host| {
            host.delete(format!("{LOCAL}/corp.crt"));
            // The bundle is built anew by any run; the links stay.
            host.bare_update(&[]);
            let hash_link = |name: &String| {
                let target = std::fs::read_link(host.path(format!("etc/ssl/certs/{name}")));
                name.ends_with(".0") && target.is_ok_and(|target| target.ends_with("corp.pem"))
            };
            let names = host.names().into_iter().filter(hash_link);
            names.for_each(|name| host.delete(format!("etc/ssl/certs/{name}")));
        },
        at: "/etc/ssl/certs/corp.pem",
        mends: true,
    },
    Case {
        rule: "dangling-link",
        before: |host| symlink("/none", host.path(format!("{LOCAL}/x.crt"))).unwrap(),
        after: nothing,
        at: "/usr/local/share/ca-certificates/x.crt",
        mends: true,
    },
    Case {
        rule: "writable-store",
        before: nothing,
        after: |host| mode(host, LOCAL, 0o777),
        at: "/usr/local/share/ca-certificates",
        mends: true,
    },
    Case {
        rule: "writable-store",
        before: nothing,
        after: |host| mode(host, "etc/ssl/certs/ca-certificates.crt", 0o666),
        at: "/etc/ssl/certs/ca-certificates.crt",
        mends: true,
    },
    Case {
        rule: "unreadable-store",
        before: |host| {
            local(host, "corp.crt", corp());
            mode(host, &format!("{LOCAL}/corp.crt"), 0o600);
        },
        after: nothing,
        at: "/usr/local/share/ca-certificates/corp.crt",
        mends: true,
    },
    Case {
        rule: "shadows-vendor",
        before: |host| local(host, "Vendor_Root_1.crt", corp()),
        after: nothing,
        at: "/usr/local/share/ca-certificates/Vendor_Root_1.crt",
        mends: true,
    },
    Case {
        rule: "same-base-name",
        before: |host| {
            local(host, "x/corp.crt", corp());
            local(host, "y/corp.crt", limited_ca("Other Root").pem());
        },
        after: nothing,
        at: "/usr/local/share/ca-certificates/y/corp.crt",
        mends: true,
    },
    Case {
        rule: "duplicate-certificate",
        before: |host| {
            let corp = corp();
            local(host, "a.crt", &corp);
            local(host, "b.crt", &corp);
        },
        after: nothing,
        at: "/usr/local/share/ca-certificates/b.crt:1",
        mends: true,
    },
    Case {
        rule: "stray-bundle",
        before: nothing,
        after: |host| host.write("etc/ssl/certs/ca-certificates.crt.new", host.bundle()),
        at: "/etc/ssl/certs/ca-certificates.crt.new",
        mends: true,
    },
    Case {
        rule: "ignored-hook",
        before: nothing,
        after: |host| host.write_program("etc/ca-certificates/update.d/x.sh", "#!/bin/sh\n"),
        at: "/etc/ca-certificates/update.d/x.sh",
        mends: true,
    },
    Case {
        rule: "ignored-hook",
        before: nothing,
        after: |host| host.write("etc/ca-certificates/update.d/x", "#!/bin/sh\n"),
        at: "/etc/ca-certificates/update.d/x",
        mends: true,
    },
    Case {
        rule: "bundle-missing",
        before: nothing,
        after: |host| {
            let bundle = String::from_utf8(host.bundle()).unwrap();
            let end = bundle.find("-----END CERTIFICATE-----\n").unwrap() + 26;
            host.write("etc/ssl/certs/ca-certificates.crt", &bundle[end..]);
        },
        at: "/etc/ssl/certs/ca-certificates.crt",
        mends: true,
    },
    Case {
        rule: "foreign-in-bundle",
        before: nothing,
        after: |host| {
            host.write(
                "etc/ssl/certs/ca-certificates.crt",
                [host.bundle(), corp().into_bytes()].concat(),
            );
        },
        at: "/etc/ssl/certs/ca-certificates.crt:LAST",
        mends: false,
    },
    Case {
        rule: "bundle-twice",
        before: nothing,
        after: |host| {
            host.write(
                "etc/ssl/certs/ca-certificates.crt",
                [host.bundle(), host.vendors()[0].pem().as_bytes().to_vec()].concat(),
            );
        },
        at: "/etc/ssl/certs/ca-certificates.crt:LAST",
        mends: true,
    },
    Case {
        rule: "hash-missing",
        before: |host| local(host, "corp.crt", corp()),
        after: |host| {
            // The content is replaced under the same name, as in a rotation.
            local(host, "corp.crt", limited_ca("Corp Root 2").pem());
            host.bare_update(&[]);
        },
        at: "/usr/local/share/ca-certificates/corp.crt",
        mends: true,
    },
    Case {
        rule: "foreign-for-go",
        before: nothing,
        after: |host| host.write("etc/ssl/certs/rogue.pem", corp()),
        at: "/etc/ssl/certs/rogue.pem",
        mends: false,
    },
    Case {
        rule: "foreign-in-hash-directory",
        before: |host| host.write("etc/ssl/certs/rogue.pem", corp()),
        after: nothing,
        at: "/etc/ssl/certs/rogue.pem",
        mends: false,
    },
    Case {
        rule: "bundle-empty",
        before: nothing,
        after: |host| host.delete("etc/ssl/certs/ca-certificates.crt"),
        at: "/etc/ssl/certs/ca-certificates.crt",
        mends: true,
    },
    Case {
        rule: "bundle-empty",
        before: nothing,
        after: |host| host.write("etc/ssl/certs/ca-certificates.crt", ""),
        at: "/etc/ssl/certs/ca-certificates.crt",
        mends: true,
    },
    Case {
        rule: "hash-missing",
        before: nothing,
        after: |host| {
            let hash_links = host.names().into_iter().filter(|name| name.ends_with(".0"));
            hash_links.for_each(|name| host.delete(format!("etc/ssl/certs/{name}")));
        },
        at: "/etc/ssl/certs",
        mends: true,
    },
    Case {
        rule: "conf-without-file",
        before: nothing,
        after: |host| {
            host.write(
                "etc/ca-certificates.conf",
                format!(
                    "{}mozilla/None.crt\r\n",
                    host.text("etc/ca-certificates.conf")
                ),
            );
        },
        at: "/etc/ca-certificates.conf:5",
        mends: false,
    },
    Case {
        rule: "conf-unfinished",
        before: nothing,
        after: |host| {
            host.write(
                "etc/ca-certificates.conf",
                format!(
                    "{}!mozilla/Vendor_Root_4.crt",
                    host.text("etc/ca-certificates.conf")
                ),
            );
        },
        at: "/etc/ca-certificates.conf:5",
        mends: true,
    },
];

pub fn rules() -> BTreeSet<&'static str> {
    CASES.iter().map(|case| case.rule).collect()
}

fn check(case: &Case) {
    let host = furnished(Host::new());
    (case.before)(&host);
    let host = host.settled();
    (case.after)(&host);
    let last = String::from_utf8_lossy(&host.bundle())
        .lines()
        .enumerate()
        .filter(|(_, line)| line.starts_with("-----BEGIN"))
        .last()
        .map_or(0, |(index, _)| index + 1);
    let expected = format!(
        "{} {}",
        case.rule,
        case.at.replace("LAST", &last.to_string())
    );
    only(&host, &[&expected], case.rule);
    if case.mends {
        mend(&host);
        only(&host, &[], &format!("{} after its remedy", case.rule));
    }
}

#[test]
fn each_fault_of_a_source_is_found_alone_and_its_remedy_mends_it() {
    CASES.iter().take(9).for_each(check);
}

#[test]
fn each_fault_of_a_file_is_found_alone_and_its_remedy_mends_it() {
    CASES.iter().skip(9).take(7).for_each(check);
}

#[test]
fn each_fault_between_the_views_is_found_alone_and_its_remedy_mends_it() {
    CASES.iter().skip(16).for_each(check);
}
