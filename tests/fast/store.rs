//! The commands that change the store, on private trees with the real `update-ca-certificates`.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests act on trees of their own and fail by panicking"
)]

use support::{Ca, Host};

const LOCAL: &str = "usr/local/share/ca-certificates";

fn add(host: &Host, ca: &Ca, file: &str) {
    let path = host.input(file, ca.pem());
    host.trustctl(["add", "--yes", path.to_str().unwrap()])
        .exits(0);
}

fn assert_trusted(host: &Host, ca: &Ca, trusted: bool) {
    assert_eq!(host.sees(&ca.sha256()), [trusted; 3], "{}", ca.name());
}

#[test]
fn what_is_added_is_trusted_in_all_views_and_what_is_removed_in_none() {
    let (host, ca) = (Host::new().settled(), Ca::new("Corp Root"));
    let before = host.store();
    add(&host, &ca, "corp-ca.crt");
    assert_trusted(&host, &ca, true);
    assert!(host.bundle_trusts(ca.pem()) && host.hash_dir_trusts(ca.pem()));
    host.trustctl(["remove", "corp-ca"]).exits(0);
    assert_eq!(host.store(), before);
}

#[test]
fn adding_what_is_there_changes_nothing_and_says_where_it_is() {
    let (host, ca) = (Host::new().settled(), Ca::new("Corp Root"));
    add(&host, &ca, "corp-ca.crt");
    let before = host.everything();
    let path = host.input("other-name.crt", ca.pem());
    let report = host
        .trustctl(["--format", "json", "add", "--yes", path.to_str().unwrap()])
        .exits(0)
        .report();
    assert_eq!(report["changed"], false);
    assert_eq!(
        report["already"][0]["file"],
        format!("/{LOCAL}/corp-ca.crt")
    );
    assert_eq!(host.everything(), before);

    let vendor = host.input("vendor.crt", host.vendors()[0].pem());
    let report = host
        .trustctl(["--format", "json", "add", "--yes", vendor.to_str().unwrap()])
        .exits(0)
        .report();
    assert!(
        report["already"][0]["file"]
            .as_str()
            .unwrap()
            .starts_with("/usr/share/ca-certificates/")
    );
    assert_eq!(host.everything(), before);
}

#[test]
fn a_rehearsal_changes_nothing_and_reports_the_same_steps() {
    let (host, ca) = (Host::new().settled(), Ca::new("Corp Root"));
    let before = host.everything();
    let path = host.input("corp-ca.crt", ca.pem());
    let arguments = ["--format", "json", "add", "--yes", path.to_str().unwrap()];
    let rehearsed = host
        .trustctl(arguments.into_iter().chain(["--dry-run"]))
        .exits(0)
        .report();
    assert_eq!(host.everything(), before);
    let real = host.trustctl(arguments).exits(0).report();
    for key in ["steps", "added", "removed", "changed"] {
        assert_eq!(rehearsed[key], real[key], "{key}");
    }
    assert_eq!(rehearsed["dry_run"], true);
}

#[test]
fn nobody_to_ask_means_no_unless_the_fingerprint_is_named() {
    let (host, ca, other) = (
        Host::new().settled(),
        Ca::new("Corp Root"),
        Ca::new("Other"),
    );
    let path = host.input("corp-ca.crt", ca.pem());
    let path = path.to_str().unwrap();
    let before = host.store();
    host.trustctl(["add", path]).exits(2).says("--yes");
    host.trustctl(["add", path, "--sha256", &other.sha256()])
        .exits(2)
        .says("SHA-256");
    assert_eq!(host.store(), before);
    host.trustctl(["add", path, "--sha256", &ca.sha256().to_uppercase()])
        .exits(0);
    assert_trusted(&host, &ca, true);
}

#[test]
fn one_bad_file_refuses_the_whole_call_and_every_reason_is_named() {
    let (host, ca) = (Host::new().settled(), Ca::new("Good"));
    let good = host.input("good.crt", ca.pem());
    let key = host.input("key.crt", format!("{}{}", ca.pem(), ca.key_pem()));
    let text = host.input("text.crt", "<html></html>");
    let leaf = host.input("leaf.crt", ca.leaf("www.example.org").pem);
    let before = host.store();
    let files = [&good, &key, &text, &leaf].map(|path| path.to_str().unwrap());
    let run = host
        .trustctl(["add", "--yes"].into_iter().chain(files))
        .exits(2);
    for name in ["key.crt", "text.crt", "leaf.crt", "private key", "not-a-ca"] {
        assert!(run.has(name), "{name}: {run}");
    }
    assert!(!run.has("`good.crt`"));
    assert_eq!(host.store(), before);
}

#[test]
fn a_rule_is_broken_only_when_it_is_allowed_by_name() {
    let root = Ca::new("Root");
    let (host, intermediate) = (Host::new().settled(), root.intermediate("Issuing"));
    let path = host.input("issuing.crt", intermediate.pem());
    let path = path.to_str().unwrap();
    host.trustctl(["add", "--yes", path])
        .exits(2)
        .says("intermediate-as-anchor");
    host.trustctl(["add", "--yes", path, "--allow", "private-key"])
        .exits(2);
    host.trustctl(["add", "--yes", path, "--allow", "intermediate-as-anchor"])
        .exits(0);
    assert_trusted(&host, &intermediate, true);
}

#[test]
fn a_bundle_is_split_into_one_file_per_certificate() {
    let (host, one, two) = (Host::new().settled(), Ca::new("One, Inc."), Ca::new("Two"));
    let path = host.input("all.pem", format!("junk\n{}text\n{}", one.pem(), two.pem()));
    host.trustctl(["add", "--yes", path.to_str().unwrap()])
        .exits(0);
    assert_trusted(&host, &one, true);
    assert_trusted(&host, &two, true);
    assert_eq!(
        host.text(format!("{LOCAL}/One_Inc.crt")),
        one.pem().replace("\r\n", "\n")
    );
}

#[test]
fn names_are_safe_and_never_collide() {
    let host = Host::new().settled();
    let cas = ["../../evil", "../../evil", "Corp", "Corp"].map(Ca::new);
    let bundle: String = cas.iter().map(Ca::pem).collect();
    let path = host.input("all.pem", bundle);
    host.trustctl(["add", "--yes", path.to_str().unwrap()])
        .exits(0);
    for name in ["evil.crt", "evil-2.crt", "Corp.crt", "Corp-2.crt"] {
        assert!(host.has(format!("{LOCAL}/{name}")), "{name}");
    }
    let path = host.input("x.crt", Ca::new("X").pem());
    let path = path.to_str().unwrap();
    for name in ["../x", "a/b", ".x", "", "a b"] {
        host.trustctl(["add", "--yes", path, "--name", name])
            .exits(2);
    }
    host.trustctl(["add", "--yes", path, "--name", "Corp.crt"])
        .exits(2)
        .says("taken");
    host.trustctl(["add", "--yes", path, "--name", "fine-1.crt"])
        .exits(0);
    assert!(host.has(format!("{LOCAL}/fine-1.crt")));
}

#[test]
fn a_rotation_is_one_change_under_the_same_name() {
    let (host, old, new) = (Host::new().settled(), Ca::new("Corp 1"), Ca::new("Corp 2"));
    add(&host, &old, "corp.crt");
    let path = host.input("corp.crt", new.pem());
    host.trustctl([
        "add",
        "--yes",
        path.to_str().unwrap(),
        "--replace",
        "corp.crt",
    ])
    .exits(0);
    assert_trusted(&host, &old, false);
    assert_trusted(&host, &new, true);
    assert!(!host.has(format!("{LOCAL}/corp-2.crt")));
    host.trustctl(["rollback"]).exits(0);
    assert_trusted(&host, &old, true);
    assert_trusted(&host, &new, false);
}

#[test]
fn a_distrusted_root_is_in_no_view_and_comes_back() {
    let host = Host::new().settled();
    let before = host.store();
    let sha256 = host.vendors()[1].sha256();
    host.trustctl(["distrust", &sha256[..12]]).exits(0);
    assert_eq!(host.sees(&sha256), [false; 3]);
    host.trustctl(["trust", &sha256]).exits(0);
    assert_eq!(host.store(), before);
}

#[test]
fn an_ambiguous_or_unknown_selector_names_the_candidates_and_changes_nothing() {
    let host = Host::new().settled();
    add(&host, &Ca::new("Corp One"), "one.crt");
    add(&host, &Ca::new("Corp Two"), "two.crt");
    let before = host.store();
    host.trustctl(["remove", "corp"])
        .exits(2)
        .says("one.crt")
        .says("two.crt");
    host.trustctl(["remove", "nothing"])
        .exits(2)
        .says("list --local");
    let vendor = host.vendors()[0].sha256();
    host.trustctl(["remove", &vendor]).exits(2).says("distrust");
    assert_eq!(host.store(), before);
}

#[test]
fn rollback_goes_back_to_any_generation_and_can_be_undone_itself() {
    let host = Host::new().settled();
    let cas = ["A", "B", "C"].map(Ca::new);
    for ca in &cas {
        add(&host, ca, &format!("{}.crt", ca.name()));
    }
    host.trustctl(["rollback", "1"]).exits(0);
    assert_eq!(
        cas.each_ref().map(|ca| host.sees(&ca.sha256())[0]),
        [true, false, false]
    );
    host.trustctl(["rollback", "--redo"]).exits(0);
    assert_eq!(
        cas.each_ref().map(|ca| host.sees(&ca.sha256())),
        [[true; 3]; 3]
    );
    host.trustctl(["rollback", "99"]).exits(2).says("history");
    let history = host
        .trustctl(["--format", "json", "history"])
        .exits(0)
        .report();
    let commands: Vec<_> = history["generations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|g| g["command"].clone())
        .collect();
    assert_eq!(commands, ["rollback", "rollback", "add", "add", "add"]);
}

#[test]
fn no_certificate_moves_into_a_file_that_another_leaves_in_the_same_change() {
    let host = Host::new().settled();
    let (a, b) = (Ca::new("A"), Ca::new("B"));
    for (folder, first, second) in [("straight", &a, &b), ("crossed", &b, &a)] {
        host.input(&format!("{folder}/first.crt"), first.pem());
        host.input(&format!("{folder}/second.crt"), second.pem());
        host.trustctl(["add", "--yes", folder]).exits(0);
        host.trustctl(["remove", "first.crt", "second.crt"])
            .exits(0);
    }
    // 1 straight, 2 none, 3 crossed, 4 none.
    host.trustctl(["rollback", "3"]).exits(0);
    let before = host.store();
    host.trustctl(["rollback", "1"])
        .exits(2)
        .says("would move from")
        .says("history");
    assert_eq!(host.store(), before);
    host.trustctl(["rollback", "2"]).exits(0);
    host.trustctl(["rollback", "1"]).exits(0);
    assert_eq!([&a, &b].map(|ca| host.sees(&ca.sha256())), [[true; 3]; 2]);
}

#[test]
fn the_last_certificate_goes_only_when_that_is_asked_for() {
    let (host, ca) = (Host::empty(), Ca::new("Only"));
    let path = host.input("only.crt", ca.pem());
    host.trustctl(["add", "--yes", path.to_str().unwrap()])
        .exits(0);
    let before = host.store();
    host.trustctl(["remove", "only"])
        .exits(2)
        .says("--allow-empty");
    assert_eq!(host.store(), before);
    host.trustctl(["remove", "only", "--allow-empty"]).exits(0);
    assert_eq!(host.bundle(), b"");
    assert_trusted(&host, &ca, false);
}

#[test]
fn what_another_file_still_carries_is_said_and_ends_with_1() {
    let (host, ca) = (Host::new().settled(), Ca::new("Corp"));
    add(&host, &ca, "corp.crt");
    host.write("etc/ssl/certs/stray.pem", ca.pem());
    host.trustctl(["remove", "corp"]).exits(1).says("stray.pem");
    assert!(!host.has(format!("{LOCAL}/corp.crt")) && host.has("etc/ssl/certs/stray.pem"));
}

#[test]
fn foreign_files_and_their_hash_links_stay_through_every_change() {
    let (host, foreign, ca) = (Host::new(), Ca::new("Same"), Ca::new("Same"));
    host.write("etc/ssl/certs/snakeoil.pem", foreign.pem());
    let host = host.settled();
    assert_eq!(host.sees(&foreign.sha256()), [false, true, true]);
    add(&host, &ca, "same.crt");
    assert_eq!(host.sees(&foreign.sha256()), [false, true, true]);
    assert_trusted(&host, &ca, true);
    host.trustctl(["remove", "same"]).exits(0);
    assert_eq!(host.sees(&foreign.sha256()), [false, true, true]);
}

#[test]
fn a_configuration_with_a_mistake_is_refused_with_its_place() {
    let host = Host::new().settled();
    let path = host.input("trustctl.toml", "[limits]\nfile_byte = 1\n");
    host.trustctl(["--config", path.to_str().unwrap(), "list"])
        .exits(2)
        .says("line 2, column 1")
        .says("file_byte");
}

#[test]
fn a_tree_may_not_name_programs_for_the_host_to_run() {
    let host = Host::new().settled();
    host.write(
        "etc/trustctl/trustctl.toml",
        "[tools]\nupdate_ca_certificates = \"/tmp/evil\"\n",
    );
    host.trustctl(["list"]).exits(2).says("names programs");
}

#[test]
fn limits_are_those_of_the_configuration() {
    let (host, ca) = (Host::new().settled(), Ca::new("Corp"));
    let config = host.input("small.toml", "[limits]\nfile_bytes = 100\n");
    let path = host.input("corp.crt", ca.pem());
    let arguments = [
        "--config",
        config.to_str().unwrap(),
        "add",
        "--yes",
        path.to_str().unwrap(),
    ];
    host.trustctl(arguments)
        .exits(2)
        .says("larger than the limit of 100 bytes");
}

#[test]
fn a_link_to_a_secret_is_not_copied_into_the_bundle() {
    use std::os::unix::fs::PermissionsExt;
    let host = Host::new().settled();
    host.write("etc/shadow", "root:secret\n");
    let shadow = host.path("etc/shadow");
    std::fs::set_permissions(shadow, std::fs::Permissions::from_mode(0o640)).unwrap();
    host.link(format!("{LOCAL}/shadow.crt"), "/etc/shadow");
    let path = host.input("corp.crt", Ca::new("Corp").pem());
    host.trustctl(["add", "--yes", path.to_str().unwrap()])
        .exits(2)
        .says("shadow.crt");
    host.trustctl(["refresh"]).exits(2);
    assert!(!String::from_utf8_lossy(&host.bundle()).contains("secret"));
    host.trustctl(["remove", "shadow.crt"]).exits(0);
    assert_eq!(host.text("etc/shadow"), "root:secret\n");
}
