//! Undoing takes back its own change and nothing else, names what it leaves alone, and can always reach the state
//! before the first change. On private trees with the real `update-ca-certificates`.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests act on trees of their own and fail by panicking"
)]

use std::fs;

use support::{Ca, Host};

const LOCAL: &str = "usr/local/share/ca-certificates";
const CONF: &str = "etc/ca-certificates.conf";
const BUNDLE: &str = "etc/ssl/certs/ca-certificates.crt";

fn add(host: &Host, ca: &Ca, file: &str) {
    let path = host.input(file, ca.pem());
    host.trustctl(["add", "--yes", path.to_str().unwrap()])
        .exits(0);
}

/// A changing command with what comes before it.
struct Change {
    name: &'static str,
    arguments: &'static [&'static str],
}

const CHANGES: [Change; 5] = [
    Change {
        name: "add",
        arguments: &["add", "--yes", "new.crt"],
    },
    Change {
        name: "remove",
        arguments: &["remove", "old.crt"],
    },
    Change {
        name: "distrust",
        arguments: &["distrust", "Vendor_Root_1.crt"],
    },
    Change {
        name: "trust",
        arguments: &["trust", "Vendor_Root_3.crt"],
    },
    Change {
        name: "adopt",
        arguments: &["adopt", "--all", "--yes"],
    },
];

/// What somebody else does between a change and its undoing; it must still stand afterwards.
struct Between {
    name: &'static str,
    act: fn(&Host),
    stands: fn(&Host) -> bool,
}

const BETWEEN: [Between; 4] = [
    Between {
        name: "hand edit of the conf",
        act: |host| {
            let conf = host.text(CONF);
            host.write(
                CONF,
                conf.replace("mozilla/Vendor_Root_2", "!mozilla/Vendor_Root_2"),
            );
        },
        stands: |host| {
            host.text(CONF).contains("!mozilla/Vendor_Root_2")
                && !host.bundle_certs().contains(&host.vendors()[1].sha256())
        },
    },
    Between {
        name: "package upgrade",
        // As dpkg and its trigger do it: files come, lines of the conf move and come, the script runs.
        act: |host| {
            let file = "usr/share/ca-certificates/mozilla/Upgraded.crt";
            host.write(file, host.beside_text("upgraded.crt"));
            let conf = host.text(CONF);
            let (comments, lines): (Vec<_>, Vec<_>) =
                conf.lines().partition(|l| l.starts_with('#'));
            let text = [comments, vec!["mozilla/Upgraded.crt"], lines]
                .concat()
                .join("\n");
            host.write(CONF, format!("{text}\n"));
            host.bare_update(&[]).exits(0);
        },
        stands: |host| {
            let upgraded = support::certificates_in(host.beside_text("upgraded.crt").as_bytes());
            host.text(CONF).contains("\nmozilla/Upgraded.crt\n")
                && host.bundle_certs().contains(&upgraded[0])
        },
    },
    Between {
        name: "other local file",
        act: |host| {
            host.write(format!("{LOCAL}/other.crt"), host.beside_text("other.crt"));
            host.bare_update(&[]).exits(0);
        },
        stands: |host| {
            let other = support::certificates_in(host.beside_text("other.crt").as_bytes());
            host.has(format!("{LOCAL}/other.crt")) && host.sees(&other[0]) == [true; 3]
        },
    },
    Between {
        name: "bare script",
        act: |host| drop(host.bare_update(&["--fresh"]).exits(0)),
        stands: |_| true,
    },
];

/// Three vendor roots of which the third is off, a local file, and a certificate that only the bundle has.
fn prepared(change: &Change) -> Host {
    let host = Host::new().local("old.crt", Ca::new("Old").pem());
    let conf = host.text(CONF);
    host.write(
        CONF,
        conf.replace("mozilla/Vendor_Root_3", "!mozilla/Vendor_Root_3"),
    );
    let host = host.settled();
    for name in ["new.crt", "upgraded.crt", "other.crt"] {
        host.input(name, Ca::new(name).pem());
    }
    if change.name == "adopt" {
        let bundle = host.text(BUNDLE);
        host.write(BUNDLE, format!("{bundle}{}", Ca::new("Appended").pem()));
    }
    host
}

/// What the change itself was about: its file, its line, the trust in its certificate.
fn is_undone(host: &Host, change: &Change) -> bool {
    let conf = host.text(CONF);
    match change.name {
        "add" => !host.has(format!("{LOCAL}/new.crt")),
        "remove" => host.has(format!("{LOCAL}/old.crt")),
        "distrust" => conf.contains("\nmozilla/Vendor_Root_1.crt"),
        "trust" => conf.contains("\n!mozilla/Vendor_Root_3.crt"),
        _ => !host.has(format!("{LOCAL}/Appended.crt")),
    }
}

/// One change with everything that can come between it and its undoing.
fn is_taken_back(name: &str) {
    let change = CHANGES.iter().find(|change| change.name == name).unwrap();
    for between in &BETWEEN {
        let case = format!("{name} and {}", between.name);
        let host = prepared(change);
        host.trustctl(change.arguments).exits(0);
        assert!(!is_undone(&host, change), "{case}");
        (between.act)(&host);
        let run = host.trustctl(["rollback", "--yes"]);
        assert!(run.code == 0, "{case}: {run}");
        assert!(is_undone(&host, change), "{case}: {run}");
        assert!((between.stands)(&host), "{case}: {run}");
    }
}

#[test]
fn undoing_add_takes_back_its_own_change_whatever_came_between() {
    is_taken_back("add");
}

#[test]
fn undoing_remove_takes_back_its_own_change_whatever_came_between() {
    is_taken_back("remove");
}

#[test]
fn undoing_distrust_takes_back_its_own_change_whatever_came_between() {
    is_taken_back("distrust");
}

#[test]
fn undoing_trust_takes_back_its_own_change_whatever_came_between() {
    is_taken_back("trust");
}

#[test]
fn undoing_adopt_takes_back_its_own_change_whatever_came_between() {
    is_taken_back("adopt");
}

#[test]
fn an_upgrade_between_keeps_every_root_and_every_mark() {
    let host = prepared(&CHANGES[0]);
    for (file, name) in [("a.crt", "A"), ("b.crt", "B"), ("c.crt", "C")] {
        add(&host, &Ca::new(name), file);
    }
    (BETWEEN[1].act)(&host);
    let conf = host.text(CONF);
    for back in ["2", "1", "0"] {
        host.trustctl(["rollback", back]).exits(0);
        assert_eq!(host.text(CONF), conf, "{back}");
        assert!((BETWEEN[1].stands)(&host), "{back}");
    }
    host.trustctl(["list"]).exits(0).never_says("not found");
}

#[test]
fn what_somebody_else_has_changed_since_is_left_alone_and_named() {
    let (host, two, theirs) = (Host::new().settled(), Ca::new("Two"), Ca::new("Theirs"));
    add(&host, &two, "vv.crt");
    host.write(format!("{LOCAL}/vv.crt"), theirs.pem());
    let before = host.store();
    host.trustctl(["rollback"])
        .exits(2)
        .says("vv.crt")
        .says("somebody else")
        .says("--force");
    assert_eq!(host.store(), before);
    host.trustctl(["rollback", "--force", "--yes"]).exits(0);
    assert!(!host.has(format!("{LOCAL}/vv.crt")));

    // The line of the conf that the change turned, turned again by hand, and by a later generation.
    let host = Host::new().settled();
    host.trustctl(["distrust", "Vendor_Root_1.crt"]).exits(0);
    let conf = host.text(CONF);
    host.write(CONF, conf.replace("!mozilla/Vendor_Root_1.crt\n", ""));
    let before = host.store();
    host.trustctl(["rollback"])
        .exits(2)
        .says("Vendor_Root_1")
        .says("somebody else");
    assert_eq!(host.store(), before);
    host.trustctl(["rollback", "--force"]).exits(0);
    assert!(host.text(CONF).contains("\nmozilla/Vendor_Root_1.crt"));
}

#[test]
fn what_can_be_undone_is_undone_and_the_rest_ends_with_1() {
    let (host, theirs) = (Host::new().settled(), Ca::new("Theirs"));
    let (one, two) = (Ca::new("One"), Ca::new("Two"));
    let both = host.input("both.pem", format!("{}{}", one.pem(), two.pem()));
    host.trustctl(["add", "--yes", both.to_str().unwrap()])
        .exits(0);
    host.write(format!("{LOCAL}/Two.crt"), theirs.pem());
    host.trustctl(["refresh", "--yes"]).exits(0);
    host.trustctl(["revert", "1"])
        .exits(1)
        .says("not undone")
        .says("Two.crt");
    assert_eq!(host.sees(&one.sha256()), [false; 3]);
    assert_eq!(host.sees(&theirs.sha256()), [true; 3]);
}

#[test]
fn a_revert_undoes_one_generation_and_keeps_later_ones() {
    let host = Host::new().settled();
    let cas = ["A", "B", "C"].map(Ca::new);
    for ca in &cas {
        add(&host, ca, &format!("{}.crt", ca.name()));
    }
    host.trustctl(["distrust", "Vendor_Root_1.crt"]).exits(0);
    let trusted = || cas.each_ref().map(|ca| host.sees(&ca.sha256())[0]);
    host.trustctl(["revert", "2"]).exits(0);
    assert_eq!(trusted(), [true, false, true]);
    assert!(host.text(CONF).contains("!mozilla/Vendor_Root_1"));
    host.trustctl(["revert", "2"])
        .exits(2)
        .says("undone already");
    host.trustctl(["revert", "77"]).exits(2).says("history");
    // A revert is a change like any other: it can be undone, and then the change stands again.
    host.trustctl(["rollback"]).exits(0);
    assert_eq!(trusted(), [true; 3]);
    // A later generation has changed the same place: named as a conflict.
    let replacement = host.input("A.crt", Ca::new("A new").pem());
    host.trustctl([
        "add",
        "--yes",
        "--replace",
        "A.crt",
        replacement.to_str().unwrap(),
    ])
    .exits(0);
    host.trustctl(["revert", "1"])
        .exits(2)
        .says("generation 7 (`trustctl add`)");
}

#[test]
fn rollbacks_go_further_back_each_time_and_redo_comes_forward() {
    let host = Host::new().settled();
    let cas = ["A", "B", "C"].map(Ca::new);
    let trusted = |host: &Host| cas.each_ref().map(|ca| host.sees(&ca.sha256())[0]);
    let mut states = vec![host.store()];
    for ca in &cas {
        add(&host, ca, &format!("{}.crt", ca.name()));
        states.push(host.store());
    }
    for left in (0..3).rev() {
        host.trustctl(["rollback"]).exits(0);
        assert_eq!(host.store(), states[left], "{left}");
    }
    host.trustctl(["rollback"])
        .exits(2)
        .says("no change to undo");
    for state in states.iter().skip(1) {
        host.trustctl(["rollback", "--redo"]).exits(0);
        assert_eq!(host.store(), *state);
    }
    host.trustctl(["rollback", "--redo"])
        .exits(2)
        .says("no change to redo");
    host.trustctl(["rollback", "0"]).exits(0);
    assert_eq!(host.store(), states[0]);
    host.trustctl(["rollback", "--redo"]).exits(0);
    assert_eq!(trusted(&host), [true; 3]);
    // Another change ends what can be redone.
    host.trustctl(["rollback"]).exits(0);
    add(&host, &Ca::new("D"), "d.crt");
    host.trustctl(["rollback", "--redo"]).exits(2);
}

#[test]
fn a_rollback_that_takes_other_trust_along_needs_a_yes() {
    let (host, old, new) = (Host::new().settled(), Ca::new("Old"), Ca::new("New"));
    add(&host, &old, "old.crt");
    host.trustctl(["remove", "old.crt"]).exits(0);
    add(&host, &new, "new.crt");
    // Deselected by hand and not built yet: the rollback would carry that out too.
    let conf = host.text(CONF);
    host.write(
        CONF,
        conf.replace("mozilla/Vendor_Root_1", "!mozilla/Vendor_Root_1"),
    );
    let before = host.store();
    let run = host.trustctl(["rollback"]).exits(2);
    run.says("--yes").says("Vendor Root 1");
    assert_eq!(host.store(), before);
    host.trustctl(["rollback", "--yes"])
        .exits(0)
        .says("- O=Example Corp, CN=New");
}

#[test]
fn the_state_before_trustctl_can_be_reached_after_many_changes() {
    // With a stranger in the bundle, and generations in between that are not kept any more.
    let host = Host::new().local("own.crt", Ca::new("Own").pem()).settled();
    let appended = Ca::new("Appended");
    let bundle = host.text(BUNDLE);
    host.write(BUNDLE, format!("{bundle}{}", appended.pem()));
    let before = host.store();
    let config = host.input("t.toml", "[history]\nkeep = 2\n");
    let trustctl = |arguments: &[&str]| {
        let config = ["--config", config.to_str().unwrap()];
        host.trustctl(config.iter().chain(arguments)).exits(0);
    };
    for name in ["A", "B", "C", "D", "E"] {
        let path = host.input(&format!("{name}.crt"), Ca::new(name).pem());
        trustctl(&["add", "--yes", "--drop-foreign", path.to_str().unwrap()]);
    }
    trustctl(&["remove", "own.crt"]);
    trustctl(&["distrust", "Vendor_Root_2.crt"]);
    host.trustctl(["rollback", "3"])
        .exits(2)
        .says("no generation 3");
    trustctl(&["rollback", "0", "--yes"]);
    assert_eq!(host.store(), before);
}

#[test]
fn selectors_that_take_trust_away_are_exact_where_nobody_is_asked() {
    let host = Host::new().settled();
    let (two, network) = (Ca::new("two"), Ca::new("Networks"));
    add(&host, &two, "a.crt");
    add(&host, &network, "b.crt");
    let before = host.store();
    for selector in ["o", "etwor", "Example Corp", &two.sha256()[..7]] {
        for yes in [&[][..], &["--yes"]] {
            host.trustctl([&["remove", selector], yes].concat())
                .exits(2);
            assert_eq!(host.store(), before, "{selector}");
        }
    }
    host.trustctl(["distrust", "Root 1"])
        .exits(2)
        .says("Vendor Root 1");
    // Exact matches win over parts: `two` is not a part of `Networks` here.
    let list = host
        .trustctl(["--format", "json", "show", "two"])
        .exits(0)
        .report();
    assert_eq!(list["certificates"].as_array().unwrap().len(), 1);
    let colons: Vec<String> = two
        .sha256()
        .as_bytes()
        .chunks(2)
        .map(|pair| String::from_utf8(pair.to_vec()).unwrap())
        .collect();
    let spellings = [
        "two".to_string(),
        "a.crt".to_string(),
        format!("/{LOCAL}/a.crt"),
        two.sha256()[..8].to_string(),
        colons.join(":").to_uppercase(),
        "CN=two, O=Example Corp".to_string(),
        "O = Example Corp, CN = two".to_string(),
        "/O=Example Corp/CN=two".to_string(),
    ];
    for selector in &spellings {
        host.trustctl(["remove", selector]).exits(0).says("- ");
        assert_eq!(host.sees(&two.sha256()), [false; 3], "{selector}");
        host.trustctl(["rollback"]).exits(0);
    }
    host.trustctl(["distrust", "O=Example Corp, CN=Vendor Root 1"])
        .exits(0);
}

#[test]
fn what_is_gone_already_is_nothing_to_do() {
    let (host, ca) = (Host::new().settled(), Ca::new("Corp"));
    add(&host, &ca, "corp.crt");
    host.trustctl(["remove", &ca.sha256()]).exits(0);
    host.trustctl(["remove", &ca.sha256()])
        .exits(0)
        .says("nothing to do");
    host.trustctl(["remove", "corp.crt", "--if-present"])
        .exits(0)
        .says("nothing to do");
    host.trustctl(["remove", "corp.crt"]).exits(2);
    host.trustctl(["distrust", &host.vendors()[0].sha256()])
        .exits(0);
    host.trustctl(["distrust", &host.vendors()[0].sha256()])
        .exits(0)
        .says("nothing to do");
    host.trustctl(["distrust", "nothing.crt", "--if-present"])
        .exits(0);
    // A vendor certificate is not gone only because no local file has it.
    host.trustctl(["remove", &host.vendors()[1].sha256()])
        .exits(2)
        .says("distrust");
    assert!(fs::metadata(host.path(BUNDLE)).is_ok());
}
