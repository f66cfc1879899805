//! `apply` and `export` on private trees with the real `update-ca-certificates`.

use std::os::unix::fs::PermissionsExt;

use serde_json::Value;
use support::{Ca, Dates, Host, Run};

const LOCAL: &str = "usr/local/share/ca-certificates";

fn apply(host: &Host, text: &str, more: &[&str]) -> Run {
    let file = host.input("desired.toml", text);
    let arguments = ["--format", "json", "apply", file.to_str().unwrap()];
    host.trustctl(arguments.iter().chain(more))
}

/// The kinds and subjects of a report's differences.
fn drift(report: &Value) -> Vec<(String, String)> {
    let word = |value: &Value| {
        let word = value.as_str().unwrap_or_default();
        word.replace("O=Example Corp, ", "")
    };
    let all = report["drift"].as_array().unwrap().iter();
    let mut all: Vec<_> = all
        .map(|d| (word(&d["kind"]), word(&d["subject"])))
        .collect();
    all.sort();
    all
}

fn assert_trusted(host: &Host, ca: &Ca, trusted: bool) {
    assert_eq!(host.sees(&ca.sha256()), [trusted; 3], "{}", ca.name());
}

fn generations(host: &Host) -> usize {
    let report = host
        .trustctl(["--format", "json", "history"])
        .exits(0)
        .report();
    report["generations"].as_array().unwrap().len()
}

/// Checking says no, applying changes in one generation, both then find nothing, and one undo leads back.
fn converges(host: &Host, text: &str, expected: &[(&str, &str)]) {
    let before = (
        host.store(),
        host.text("etc/ca-certificates.conf"),
        generations(host),
    );
    let checked = apply(host, text, &["--check"]).exits(1).report();
    let rehearsed = apply(host, text, &["--dry-run"]).exits(0).report();
    assert_eq!(host.store(), before.0);
    let real = apply(host, text, &[]).exits(0).report();
    for report in [&checked, &rehearsed, &real] {
        let expected: Vec<_> = expected
            .iter()
            .map(|(k, s)| (k.to_string(), s.to_string()))
            .collect();
        assert_eq!(drift(report), expected);
    }
    assert_eq!(
        [&checked, &rehearsed, &real].map(|report| report["changed"].as_bool().unwrap()),
        [false, true, true]
    );
    assert_eq!(rehearsed["steps"], real["steps"]);
    assert_eq!(generations(host), before.2 + 1);
    let settled = host.everything();
    for more in [&["--check"][..], &[]] {
        let again = apply(host, text, more).exits(0).report();
        assert_eq!(
            (&again["changed"], drift(&again)),
            (&Value::Bool(false), Vec::new())
        );
    }
    assert_eq!(host.everything(), settled);
    host.trustctl(["rollback"]).exits(0);
    assert_eq!(
        (host.store(), host.text("etc/ca-certificates.conf")),
        (before.0, before.1)
    );
}

#[test]
fn a_desired_state_is_reached_in_one_change_and_undone_in_one() {
    let host = Host::new().settled();
    let [corp, inline, one, two, old] = ["Corp", "Inline", "One", "Two", "Old"].map(Ca::new);
    let path = host.input("old.crt", old.pem());
    host.trustctl(["add", "--yes", path.to_str().unwrap()])
        .exits(0);
    host.input("pki/corp.crt", corp.pem());
    host.input("pki/all/one.crt", one.pem());
    host.input("pki/all/two.pem", two.pem());
    let text = format!(
        "exclusive = true\nreason = \"baseline\"\n\
         [[ca]]\nfile = \"pki/corp.crt\"\nsha256 = \"{}\"\nstores = [\"system\"]\n\
         [[ca]]\npem = '''\n{}'''\nname = \"inline-ca\"\n\
         [[ca]]\nfolder = \"pki/all\"\nsha256 = [\"{}\", \"{}\"]\n\
         [[distrust]]\nsha256 = \"{}\"\nname = \"Vendor Root 1\"\n",
        corp.sha256(),
        inline.pem(),
        one.sha256(),
        two.sha256(),
        host.vendors()[0].sha256(),
    );
    converges(
        &host,
        &text,
        &[
            ("distrusted", "CN=Vendor Root 1"),
            ("missing", "CN=Corp"),
            ("missing", "CN=Inline"),
            ("missing", "CN=One"),
            ("missing", "CN=Two"),
            ("unwanted", "CN=Old"),
        ],
    );
    apply(&host, &text, &[]).exits(0);
    for ca in [&corp, &inline, &one, &two] {
        assert_trusted(&host, ca, true);
        assert!(host.bundle_trusts(ca.pem()) && host.hash_dir_trusts(ca.pem()));
    }
    assert_trusted(&host, &old, false);
    assert_trusted(&host, &host.vendors()[0], false);
    assert!(host.has(format!("{LOCAL}/inline-ca.crt")) && host.has(format!("{LOCAL}/two.crt")));
    let history = host
        .trustctl(["--format", "json", "history"])
        .exits(0)
        .report();
    let last = &history["generations"][0];
    assert_eq!(
        (&last["command"], &last["reason"]),
        (&"apply".into(), &"baseline".into())
    );
}

#[test]
fn without_exclusive_other_local_cas_stay_and_vendor_roots_can_be_selected_again() {
    let host = Host::new().settled();
    let [corp, other] = ["Corp", "Other"].map(Ca::new);
    let path = host.input("other.crt", other.pem());
    host.trustctl(["add", "--yes", path.to_str().unwrap()])
        .exits(0);
    host.trustctl(["distrust", "Vendor_Root_2"]).exits(0);
    let text = format!(
        "[[ca]]\npem = '''\n{}'''\n[[trust]]\nsha256 = \"{}\"\n",
        corp.pem(),
        host.vendors()[1].sha256()
    );
    converges(
        &host,
        &text,
        &[("deselected", "CN=Vendor Root 2"), ("missing", "CN=Corp")],
    );
    apply(&host, &text, &[]).exits(0);
    assert_trusted(&host, &other, true);
    assert_trusted(&host, &host.vendors()[1], true);
}

#[test]
fn a_ca_goes_when_its_last_day_has_passed() {
    let host = Host::new().settled();
    let [short, long] = ["Short", "Long"].map(Ca::new);
    let text = |day: &str| {
        format!(
            "[[ca]]\npem = '''\n{}'''\nuntil = \"{day}\"\n[[ca]]\npem = '''\n{}'''\nuntil = \"9999-12-31\"\n",
            short.pem(),
            long.pem()
        )
    };
    apply(&host, &text("9000-01-01"), &[]).exits(0);
    assert_trusted(&host, &short, true);
    converges(&host, &text("2020-01-01"), &[("ended", "CN=Short")]);
    apply(&host, &text("2020-01-01"), &[]).exits(0);
    assert_trusted(&host, &short, false);
    assert_trusted(&host, &long, true);
}

#[test]
fn the_policy_means_what_it_means_for_audit() {
    let host = Host::new().settled();
    let [allowed, other] = ["Allowed", "Other"].map(Ca::new);
    for ca in [&allowed, &other] {
        let path = host.input(&format!("{}.crt", ca.name()), ca.pem());
        host.trustctl(["add", "--yes", path.to_str().unwrap()])
            .exits(0);
    }
    host.trustctl(["distrust", "Vendor_Root_1"]).exits(0);
    let policy = format!(
        "[policy]\nrequire = [\"{}\"]\nforbid = [\"{}\"]\nallow_local_only = [\"{}\"]\n",
        host.vendors()[0].sha256(),
        host.vendors()[1].sha256(),
        allowed.sha256()
    );
    let rules = || {
        let config = host.input("config.toml", &policy);
        let run = host.trustctl([
            "--format",
            "json",
            "--config",
            config.to_str().unwrap(),
            "audit",
            "--rule",
            "policy-required,policy-forbidden,policy-unlisted",
        ]);
        let mut rules: Vec<String> = run.report()["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|finding| finding["rule"].as_str().unwrap().to_string())
            .collect();
        rules.sort();
        rules
    };
    assert_eq!(
        rules(),
        ["policy-forbidden", "policy-required", "policy-unlisted"]
    );
    converges(
        &host,
        &policy,
        &[
            ("deselected", "CN=Vendor Root 1"),
            ("distrusted", "CN=Vendor Root 2"),
            ("unwanted", "CN=Other"),
        ],
    );
    apply(&host, &policy, &[]).exits(0);
    assert_eq!(rules(), Vec::<String>::new());
}

#[test]
fn an_export_describes_the_host_and_makes_another_one_like_it() {
    let host = Host::new().settled();
    let hostile = Ca::new("x\"\n[[distrust]]\nsha256 = \u{202e}\\");
    let expired = Ca::with(
        "Expired",
        Dates {
            from: 2019,
            to: 2020,
        },
        |_| {},
    );
    for (name, ca) in [("corp", &Ca::new("Corp")), ("hostile", &hostile)] {
        let path = host.input(&format!("{name}.crt"), ca.pem());
        host.trustctl(["add", "--yes", path.to_str().unwrap()])
            .exits(0);
    }
    let path = host.input("expired.crt", expired.pem());
    host.trustctl(["add", "--yes", "--allow", "expired", path.to_str().unwrap()])
        .exits(0);
    host.trustctl(["distrust", "Vendor_Root_3"]).exits(0);
    let file = host.trustctl(["export"]).exits(0).stdout;
    assert!(file.is_ascii(), "{file}");
    for more in [&["--check"][..], &[]] {
        let arguments = ["--format", "json", "apply", "-"].iter().chain(more);
        let report = host
            .trustctl_reading(arguments, file.as_bytes())
            .exits(0)
            .report();
        assert_eq!(
            (&report["changed"], drift(&report)),
            (&Value::Bool(false), Vec::new())
        );
    }
    let json = host
        .trustctl(["--format", "json", "export"])
        .exits(0)
        .report();
    assert_eq!(json["file"].as_str().unwrap(), file);
    assert_eq!(json["ca"].as_array().unwrap().len(), 3);

    let mut second = Host::empty();
    for (number, ca) in (1..).zip(host.vendors()) {
        second.write(
            format!("usr/share/ca-certificates/mozilla/Vendor_Root_{number}.crt"),
            ca.pem(),
        );
        let conf = second.text("etc/ca-certificates.conf");
        second.write(
            "etc/ca-certificates.conf",
            format!("{conf}mozilla/Vendor_Root_{number}.crt\n"),
        );
    }
    second = second.settled();
    // What is dangerous is not taken over in silence.
    let refused = second
        .trustctl_reading(["apply", "-"], file.as_bytes())
        .exits(2);
    assert!(refused.stderr.contains("expired"), "{}", refused.stderr);
    let allowed = file.replace("#allow", "allow");
    second
        .trustctl_reading(["apply", "-"], allowed.as_bytes())
        .exits(0);
    let names = |host: &Host| {
        let mut names: Vec<_> = std::fs::read_dir(host.path(LOCAL))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(&second), names(&host));
    assert_eq!(
        second.text("etc/ssl/certs/ca-certificates.crt"),
        host.text("etc/ssl/certs/ca-certificates.crt")
    );
    assert_eq!(
        second
            .trustctl(["export"])
            .exits(0)
            .stdout
            .replace(&second.root().display().to_string(), ""),
        file.replace(&host.root().display().to_string(), "")
    );
}

#[test]
fn a_bad_file_is_refused_with_its_place_and_changes_nothing() {
    let host = Host::new().settled();
    let [corp, other] = ["Corp", "Other"].map(Ca::new);
    host.input("corp.crt", corp.pem());
    host.input("key.pem", corp.key_pem());
    let leaf = corp.leaf("www.example");
    host.input("leaf.pem", &leaf.pem);
    std::fs::create_dir(host.beside("empty")).unwrap();
    let before = host.everything();
    for (text, said) in [
        (
            "exclusive = maybe".to_string(),
            "desired.toml` line 1, column 13: ",
        ),
        (
            "\n[[ca]]\nfile = \"corp.crt\"\nsha265 = \"\"".to_string(),
            "desired.toml` line 4, column 1: unknown field `sha265`",
        ),
        (
            format!(
                "[[ca]]\nfile = \"corp.crt\"\nsha256 = \"{}\"",
                other.sha256()
            ),
            "desired.toml` line 1, column 1: the SHA-256 is to be",
        ),
        (
            "\n\n[[ca]]\nfile = \"corp.crt\"\n[policy]\nallow_local_only = []".to_string(),
            "desired.toml` line 3, column 1: ",
        ),
        (
            format!(
                "[[ca]]\nfile = \"corp.crt\"\n[[distrust]]\nsha256 = \"{}\"",
                corp.sha256()
            ),
            "`[[distrust]]` names it",
        ),
        (
            "[[ca]]\nfile = \"corp.crt\"\nname = \"../x\"".to_string(),
            "desired.toml` line 1, column 1: `../x` is not a valid file name",
        ),
        ("[[ca]]\nfile = \"key.pem\"".to_string(), "(private-key)"),
        ("[[ca]]\nfile = \"leaf.pem\"".to_string(), "(not-a-ca)"),
        ("[[ca]]\nfile = \"missing.pem\"".to_string(), "missing.pem"),
        (
            "[[ca]]\nfolder = \"empty\"".to_string(),
            "has no file in it",
        ),
        (
            format!("[[ca]]\npem = '''{}'''\nstores = [\"nss\"]", corp.pem()),
            "`nss` is not a store: it can be one of: system, all,",
        ),
    ] {
        for more in [&["--check"][..], &["--dry-run"], &[]] {
            let run = apply(&host, &text, more).exits(2);
            assert!(run.stderr.contains(said), "{text}\n{}", run.stderr);
        }
    }
    assert_eq!(host.everything(), before);
}

#[test]
fn a_file_that_others_can_write_is_only_compared() {
    let host = Host::new().settled();
    let corp = Ca::new("Corp");
    let certificate = host.input("corp.crt", corp.pem());
    let text = "[[ca]]\nfile = \"corp.crt\"\n";
    let file = host.input("desired.toml", text);
    let before = host.everything();
    let mode = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    for writable in [&file, &certificate] {
        mode(writable, 0o666);
        let run = apply(&host, text, &[]).exits(2);
        assert!(
            run.stderr.contains("can be written by others"),
            "{}",
            run.stderr
        );
        apply(&host, text, &["--check"]).exits(1);
        mode(writable, 0o644);
    }
    assert_eq!(host.everything(), before);
    // Its fingerprint says which certificate is meant.
    mode(&certificate, 0o666);
    apply(
        &host,
        &format!("{text}sha256 = \"{}\"\n", corp.sha256()),
        &[],
    )
    .exits(0);
    assert_trusted(&host, &corp, true);
}

#[test]
fn what_cannot_be_brought_about_is_said_and_the_rest_is_done() {
    let host = Host::new().settled();
    let [corp, absent, foreign] = ["Corp", "Absent", "Foreign"].map(Ca::new);
    host.write("etc/ssl/certs/foreign.pem", foreign.pem());
    let text = format!(
        "[[ca]]\npem = '''\n{}'''\n[[trust]]\nsha256 = \"{}\"\n[[distrust]]\nsha256 = \"{}\"\n",
        corp.pem(),
        absent.sha256(),
        foreign.sha256()
    );
    let run = apply(&host, &text, &[]).exits(1);
    for said in [&*absent.sha256(), "/etc/ssl/certs/foreign.pem"] {
        assert!(run.stderr.contains(said), "{}", run.stderr);
    }
    assert_trusted(&host, &corp, true);
    let left = [
        ("unmet".to_string(), String::new()),
        ("unmet".to_string(), "CN=Foreign".to_string()),
    ];
    for more in [&["--check"][..], &[]] {
        let again = apply(&host, &text, more).exits(1).report();
        assert_eq!(
            (&again["changed"], drift(&again)),
            (&Value::Bool(false), left.to_vec())
        );
    }
}

#[test]
fn a_file_with_several_certificates_becomes_one_file_each() {
    let [one, two, other] = ["One", "Two", "Other"].map(Ca::new);
    let both = format!("{}{}", one.pem(), two.pem());
    let host = Host::new().local("both.crt", &both).settled();
    let text = format!("[[ca]]\npem = '''\n{both}'''\n");
    converges(
        &host,
        &text,
        &[("malformed", "CN=One"), ("malformed", "CN=Two")],
    );
    apply(&host, &text, &[]).exits(0);
    for ca in [&one, &two] {
        assert_trusted(&host, ca, true);
    }
    // Of a file with a certificate that nobody decided on, nothing is taken.
    let host = Host::new()
        .local("both.crt", format!("{}{}", one.pem(), other.pem()))
        .settled();
    let before = host.everything();
    let text = format!("[[ca]]\npem = '''\n{}'''\n", one.pem());
    let run = apply(&host, &text, &[]).exits(2);
    assert!(run.stderr.contains("both.crt"), "{}", run.stderr);
    assert_eq!(host.everything(), before);
}

#[test]
fn what_somebody_else_changed_is_repaired() {
    let host = Host::new().settled();
    let corp = Ca::new("Corp");
    let text = format!("[[ca]]\npem = '''\n{}'''\nname = \"corp\"\n", corp.pem());
    apply(&host, &text, &[]).exits(0);
    let good = host.store();
    host.delete("etc/ssl/certs/corp.pem");
    let report = apply(&host, &text, &["--check"]).exits(1).report();
    assert_eq!(drift(&report)[0].0, "store");
    apply(&host, &text, &[]).exits(0);
    host.delete(format!("{LOCAL}/corp.crt"));
    let report = apply(&host, &text, &[]).exits(0).report();
    assert_eq!(
        drift(&report)[0],
        ("missing".to_string(), "CN=Corp".to_string())
    );
    assert_eq!(host.store(), good);
}

#[test]
fn a_file_name_can_pass_to_the_next_ca() {
    let host = Host::new().settled();
    let [old, new] = ["Old", "New"].map(Ca::new);
    let text = |ca: &Ca| {
        format!(
            "exclusive = true\n[[ca]]\nname = \"corp\"\npem = '''\n{}'''\n",
            ca.pem()
        )
    };
    apply(&host, &text(&old), &[]).exits(0);
    converges(
        &host,
        &text(&new),
        &[("missing", "CN=New"), ("unwanted", "CN=Old")],
    );
}
