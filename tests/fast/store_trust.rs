//! Trust comes and goes only where that was asked for: certificates without a source, strangers' files, stores that
//! are a bundle and nothing else. On private trees with the real `update-ca-certificates`.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests act on trees of their own and fail by panicking"
)]

use std::collections::BTreeSet;

use serde_json::Value;
use support::{Ca, Dates, Host, certificates_in};

const LOCAL: &str = "usr/local/share/ca-certificates";
const BUNDLE: &str = "etc/ssl/certs/ca-certificates.crt";

fn append(host: &Host, pem: &str) {
    let bundle = host.text(BUNDLE);
    host.write(BUNDLE, format!("{bundle}{pem}"));
}

fn mentions(list: &Value) -> BTreeSet<String> {
    let all = list.as_array().unwrap().iter();
    all.map(|mention| mention["sha256"].as_str().unwrap().to_string())
        .collect()
}

fn of(cas: &[&Ca]) -> BTreeSet<String> {
    cas.iter().map(|ca| ca.sha256()).collect()
}

/// A settled store whose bundle has a certificate that no source has.
fn with_appended() -> (Host, Ca, Ca) {
    let (host, appended, new) = (Host::new().settled(), Ca::new("Appended"), Ca::new("New"));
    append(&host, appended.pem());
    host.input("new.crt", new.pem());
    (host, appended, new)
}

#[test]
fn what_only_the_bundle_has_is_not_lost_without_a_word() {
    let (host, appended, _) = with_appended();
    let before = host.everything();
    for command in [
        ["add", "--yes", "new.crt"].as_slice(),
        &["add", "--yes", "new.crt", "--dry-run"],
        &["refresh"],
        &["refresh", "--yes"],
        &["refresh", "--dry-run"],
        &["distrust", "Vendor_Root_1.crt"],
    ] {
        let json = ["--format", "json"].iter().chain(command);
        let run = host.trustctl(json).exits(2);
        let report = run.report();
        assert_eq!(mentions(&report["lost"]), of(&[&appended]), "{command:?}");
        assert!(mentions(&report["removed"]).contains(&appended.sha256()));
        assert_eq!(
            (&report["refused"], &report["changed"]),
            (&true.into(), &false.into())
        );
        let adopt = format!(
            "`sudo trustctl --root {} adopt --all`",
            host.root().display()
        );
        run.says("--drop-foreign").says(&adopt);
        let run = host.trustctl(command).exits(2);
        assert!(
            run.stdout.contains("- O=Example Corp, CN=Appended"),
            "{run}"
        );
        let mut after = host.everything();
        after.retain(|path, _| !path.starts_with("var/lib/trustctl"));
        assert_eq!(after, before, "{command:?}");
    }
}

#[test]
fn it_goes_when_that_is_asked_for_is_on_record_and_comes_back() {
    let (host, appended, new) = with_appended();
    let before = host.store();
    let report = host
        .trustctl([
            "--format",
            "json",
            "add",
            "--yes",
            "new.crt",
            "--drop-foreign",
        ])
        .exits(0)
        .report();
    assert_eq!(mentions(&report["lost"]), of(&[&appended]));
    assert_eq!(host.sees(&appended.sha256()), [false; 3]);
    assert_eq!(host.sees(&new.sha256()), [true; 3]);
    let history = host
        .trustctl(["--format", "json", "history"])
        .exits(0)
        .report();
    assert_eq!(
        mentions(&history["generations"][0]["lost"]),
        of(&[&appended])
    );
    host.trustctl(["rollback"])
        .exits(0)
        .says("+ O=Example Corp, CN=Appended");
    assert_eq!(host.store(), before);
}

#[test]
fn the_remedy_that_is_printed_works_as_it_is_printed() {
    let (host, appended, new) = with_appended();
    let run = host.trustctl(["add", "--yes", "new.crt"]).exits(2);
    let hint = run.stderr.split("`sudo trustctl ").nth(1).unwrap();
    let words: Vec<&str> = hint.split('`').next().unwrap().split(' ').collect();
    // It names the tree itself.
    assert_eq!(words[..2], ["--root", host.root().to_str().unwrap()]);
    host.trustctl(words[2..].iter().chain(&["--yes"])).exits(0);
    host.trustctl(["add", "--yes", "new.crt"]).exits(0);
    for ca in [&appended, &new] {
        assert_eq!(host.sees(&ca.sha256()), [true; 3], "{}", ca.name());
    }
}

#[test]
fn the_sources_themselves_say_what_goes() {
    // Deselected, deleted or replaced by hand: the certificate is named, and goes as the sources say.
    let host = Host::new()
        .local("gone.crt", Ca::new("Gone").pem())
        .local("renewed.crt", Ca::new("Renewed").pem())
        .settled();
    let old = certificates_in(&host.bundle());
    host.delete(format!("{LOCAL}/gone.crt"));
    let renewed = Ca::new("Renewed");
    host.write(format!("{LOCAL}/renewed.crt"), renewed.pem());
    let conf = host.text("etc/ca-certificates.conf");
    let conf = conf.replace("mozilla/Vendor_Root_2", "!mozilla/Vendor_Root_2");
    host.write("etc/ca-certificates.conf", conf);
    host.trustctl(["refresh"]).exits(2).says(&renewed.sha256());
    let report = host
        .trustctl(["--format", "json", "refresh", "--yes"])
        .exits(0)
        .report();
    assert_eq!(mentions(&report["added"]), of(&[&renewed]));
    assert_eq!(mentions(&report["lost"]), BTreeSet::new());
    let kept: BTreeSet<String> = certificates_in(&host.bundle()).into_iter().collect();
    let gone: BTreeSet<String> = old.into_iter().filter(|one| !kept.contains(one)).collect();
    assert_eq!(gone.len(), 3);
    assert_eq!(mentions(&report["removed"]), gone);
}

#[test]
fn a_strangers_file_is_not_trusted_along_with_what_was_asked_for() {
    let (stranger, new, corp) = (Ca::new("Stranger"), Ca::new("New"), Ca::new("Corp"));
    let host = Host::new().local("corp.crt", corp.pem()).settled();
    host.write(format!("{LOCAL}/stranger.crt"), stranger.pem());
    host.input("new.crt", new.pem());
    let before = host.store();
    let (fp, own) = (stranger.sha256(), new.sha256());
    for command in [
        ["add", "new.crt", "--sha256", own.as_str()].as_slice(),
        &["add", "new.crt", "--yes"],
        &["add", "new.crt", "--yes", "--dry-run"],
        &["remove", "corp.crt"],
        &["distrust", "Vendor_Root_1.crt"],
        &["refresh"],
    ] {
        host.trustctl(command)
            .exits(2)
            .says(&fp)
            .says("stranger.crt");
        assert_eq!(host.store(), before, "{command:?}");
    }
    let report = host
        .trustctl(["--format", "json", "remove", "corp.crt", "--also", &fp])
        .exits(0)
        .report();
    assert_eq!(mentions(&report["added"]), of(&[&stranger]));
    assert_eq!(mentions(&report["removed"]), of(&[&corp]));
    let history = host
        .trustctl(["--format", "json", "history"])
        .exits(0)
        .report();
    assert_eq!(
        mentions(&history["generations"][0]["added"]),
        of(&[&stranger])
    );
}

#[test]
fn a_strangers_file_in_the_place_of_a_known_one_is_no_repair() {
    // Readers of the hash directory see it at once: that does not make it known.
    let (host, corp) = (Host::new().settled(), Ca::new("Corp"));
    let path = host.input("corp.crt", corp.pem());
    host.trustctl(["add", "--yes", path.to_str().unwrap()])
        .exits(0);
    let stranger = Ca::new("Corp");
    host.write(format!("{LOCAL}/corp.crt"), stranger.pem());
    host.input("new.crt", Ca::new("New").pem());
    let run = host.trustctl(["add", "--yes", "new.crt"]).exits(2);
    run.says(&stranger.sha256());
    assert!(!host.bundle_certs().contains(&stranger.sha256()));
}

#[test]
fn a_damaged_store_is_repaired_without_a_question() {
    let (host, corp) = (Host::new().settled(), Ca::new("Corp"));
    let path = host.input("corp.crt", corp.pem());
    host.trustctl(["add", "--yes", path.to_str().unwrap()])
        .exits(0);
    let good = host.store();
    host.write(BUNDLE, "");
    host.trustctl(["refresh"]).exits(0);
    assert_eq!(host.store(), good);
}

#[test]
fn refresh_brings_in_what_lies_there_when_it_is_told_to() {
    let (host, ca) = (Host::new().settled(), Ca::new("By hand"));
    host.write(format!("{LOCAL}/hand.crt"), ca.pem());
    host.trustctl(["refresh"])
        .exits(2)
        .says("--yes")
        .says(&ca.sha256());
    let report = host
        .trustctl(["--format", "json", "refresh", "--yes"])
        .exits(0)
        .report();
    assert_eq!(mentions(&report["added"]), of(&[&ca]));
    assert_eq!(host.sees(&ca.sha256()), [true; 3]);
}

#[test]
fn a_twin_of_what_is_removed_is_named_and_ends_with_1() {
    // One key, one subject, two certificates: the leaf stays valid through the other.
    let host = Host::new().settled();
    let one = Ca::new("Twin");
    let two = one.renewed(Dates {
        from: 2021,
        to: 2048,
    });
    for (name, ca) in [("one.crt", &one), ("two.crt", &two)] {
        let path = host.input(name, ca.pem());
        host.trustctl(["add", "--yes", path.to_str().unwrap()])
            .exits(0);
    }
    host.trustctl(["remove", "one.crt"])
        .exits(1)
        .says("subject and key")
        .says(&two.sha256())
        .says("two.crt");
    host.trustctl(["remove", "two.crt"]).exits(0);
}

#[test]
fn adopted_certificates_are_ordinary_local_ones() {
    let host = Host::new().settled();
    let (appended, foreign, leaf) = (Ca::new("Appended"), Ca::new("In a file"), Ca::new("X"));
    append(&host, appended.pem());
    host.write("etc/ssl/certs/foreign.pem", foreign.pem());
    let before = host.store();
    host.trustctl(["adopt", "--all"]).exits(2).says("--yes");
    assert_eq!(host.store(), before);
    host.trustctl(["adopt", "--yes", &appended.sha256()[..12], "foreign.pem"])
        .exits(0);
    for ca in [&appended, &foreign] {
        assert_eq!(host.sees(&ca.sha256()), [true; 3], "{}", ca.name());
    }
    let list = host
        .trustctl(["--format", "json", "list", "--local"])
        .exits(0)
        .report();
    let rows = list["certificates"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    for row in rows {
        assert_eq!(row["provenance"]["by"], "adopted", "{row}");
    }
    host.trustctl(["adopt", "--all"])
        .exits(0)
        .says("nothing to do");
    host.trustctl(["adopt", "--yes", &appended.sha256()])
        .exits(0)
        .says("is already in the store");
    // The rules of `add` hold.
    append(&host, &leaf.leaf("www.example.org").pem);
    let run = host.trustctl(["adopt", "--all", "--yes"]).exits(2);
    run.says("not-a-ca").says("--allow");
}

#[test]
fn undoing_an_adoption_leaves_the_store_as_it_was() {
    let (host, appended, _) = with_appended();
    let before = host.store();
    host.trustctl(["adopt", "--all", "--yes"]).exits(0);
    assert_eq!(host.sees(&appended.sha256()), [true; 3]);
    host.trustctl(["rollback"]).exits(0);
    assert_eq!(host.store(), before);
    host.trustctl(["rollback", "--redo"]).exits(0);
    assert_eq!(host.sees(&appended.sha256()), [true; 3]);
    host.trustctl(["rollback", "0"]).exits(0);
    assert_eq!(host.store(), before);
}

#[test]
fn what_only_the_bundle_has_can_be_removed_by_name() {
    let (host, appended, _) = with_appended();
    host.trustctl(["remove", &appended.sha256()]).exits(0);
    assert_eq!(host.sees(&appended.sha256()), [false; 3]);
    host.trustctl(["rollback"]).exits(0);
    assert_eq!(host.sees(&appended.sha256()), [true, false, true]);
}

/// A tree with a bundle, as in many container images: no script, no sources, no links.
fn bundle_only(cas: &[&Ca]) -> Host {
    let host = Host::bare();
    let text: String = cas
        .iter()
        .map(|ca| format!("# {}\n{}", ca.name(), ca.pem()))
        .collect();
    host.write(BUNDLE, text.trim_end());
    host
}

#[test]
fn a_bundle_without_sources_keeps_every_byte_when_one_is_added() {
    let (one, two, new) = (Ca::new("One"), Ca::new("Two"), Ca::new("New"));
    let host = bundle_only(&[&one, &two]);
    let before = host.everything();
    let path = host.input("new.crt", new.pem());
    host.trustctl(["add", "--yes", path.to_str().unwrap(), "--dry-run"])
        .exits(0);
    assert_eq!(host.everything(), before);
    let report = host
        .trustctl(["--format", "json", "add", "--yes", path.to_str().unwrap()])
        .exits(0)
        .report();
    assert_eq!(mentions(&report["added"]), of(&[&new]));
    let bundle = host.bundle();
    let old = before[std::path::Path::new(BUNDLE)].clone();
    let support::Entry::File(_, old) = old else {
        panic!()
    };
    assert!(bundle.starts_with(&old));
    assert_eq!(certificates_in(&bundle).len(), 3);
    // Nothing is invented.
    let mut after = host.everything();
    after.retain(|path, _| !path.starts_with("var"));
    let mut expected = before.clone();
    expected.retain(|path, _| !path.starts_with("var"));
    assert_eq!(
        after.keys().collect::<Vec<_>>(),
        expected.keys().collect::<Vec<_>>()
    );
    host.trustctl(["add", "--yes", path.to_str().unwrap()])
        .exits(0)
        .says("is already in the store");
    host.trustctl(["refresh"]).exits(0).says("nothing to do");
    host.trustctl(["rollback"]).exits(0);
    assert_eq!(host.bundle(), old);
    host.trustctl(["rollback", "--redo"]).exits(0);
    assert_eq!(host.bundle(), bundle);
}

#[test]
fn a_block_is_taken_out_of_a_bundle_without_sources() {
    let cas = ["One", "Two", "Three"].map(Ca::new);
    let host = bundle_only(&[&cas[0], &cas[1], &cas[2]]);
    let text = host.text(BUNDLE);
    host.trustctl(["remove", "w"])
        .exits(2)
        .says(&cas[1].sha256());
    let report = host
        .trustctl(["--format", "json", "remove", "Two"])
        .exits(0)
        .report();
    assert_eq!(mentions(&report["removed"]), of(&[&cas[1]]));
    assert_eq!(host.text(BUNDLE), text.replace(cas[1].pem(), ""));
    host.trustctl(["remove", &cas[1].sha256()])
        .exits(0)
        .says("nothing to do");
    host.trustctl(["remove", "Two"]).exits(2);
    host.trustctl(["remove", "Two", "--if-present"]).exits(0);
    host.trustctl(["remove", "One"]).exits(0);
    host.trustctl(["remove", "Three"])
        .exits(2)
        .says("--allow-empty");
    // The oldest change alone, although another came after it.
    host.trustctl(["revert", "1"]).exits(0);
    assert_eq!(host.bundle_certs(), of(&[&cas[1], &cas[2]]));
    host.trustctl(["rollback", "0"]).exits(0);
    assert_eq!(host.text(BUNDLE), text);
}

#[test]
fn list_check_and_audit_know_a_bundle_without_sources() {
    let (one, new) = (Ca::new("One"), Ca::new("New"));
    let host = bundle_only(&[&one]);
    let list = host
        .trustctl(["--format", "json", "list"])
        .exits(0)
        .report();
    assert_eq!(list["store"]["kind"], "bundle");
    host.trustctl(["list"])
        .exits(0)
        .says("CN=One")
        .says("a bundle alone");
    let path = host.input("new.crt", new.pem());
    host.trustctl(["check", path.to_str().unwrap()]).exits(0);
    let audit = host.trustctl(["--format", "json", "audit"]);
    assert!(audit.code < 2, "{audit}");
    for command in [
        ["adopt", "--all"].as_slice(),
        &["distrust", "One"],
        &["trust", "One"],
    ] {
        host.trustctl(command).exits(2);
    }
    let list = Host::new()
        .settled()
        .trustctl(["--format", "json", "list"])
        .exits(0)
        .report();
    assert_eq!(list["store"]["kind"], "sources");
}

#[test]
fn a_bundle_that_programs_cannot_load_gets_nothing_added() {
    let host = bundle_only(&[&Ca::new("One")]);
    let text = host.text(BUNDLE);
    host.write(BUNDLE, &text[..text.len() - 60]);
    let path = host.input("new.crt", Ca::new("New").pem());
    let before = host.bundle();
    host.trustctl(["add", "--yes", path.to_str().unwrap()])
        .exits(2);
    assert_eq!(host.bundle(), before);
}

#[test]
fn a_certificate_whose_settings_reject_servers_is_refused() {
    let (host, ca) = (Host::new().settled(), Ca::new("Settled"));
    let with = |options: &[&str]| {
        let arguments = ["x509", "-trustout"].iter().chain(options).copied();
        let arguments: Vec<&str> = arguments.collect();
        support::openssl(&arguments, ca.pem().as_bytes())
            .exits(0)
            .stdout
    };
    for options in [
        ["-addreject", "serverAuth"],
        ["-addtrust", "emailProtection"],
    ] {
        let path = host.input("ca.crt", with(&options));
        let path = path.to_str().unwrap();
        host.trustctl(["check", path])
            .exits(1)
            .says("reject TLS servers");
        host.trustctl(["add", "--yes", path])
            .exits(2)
            .says("reject TLS servers");
    }
    host.write(
        format!("{LOCAL}/rejecting.crt"),
        with(&["-addreject", "serverAuth"]),
    );
    host.trustctl(["refresh", "--yes"])
        .exits(2)
        .says("rejecting.crt");
    host.delete(format!("{LOCAL}/rejecting.crt"));
    let path = host.input("ca.crt", with(&["-addtrust", "serverAuth"]));
    host.trustctl(["add", "--yes", path.to_str().unwrap()])
        .exits(0);
    assert_eq!(host.sees(&ca.sha256()), [true; 3]);
}
