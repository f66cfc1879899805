//! How a run goes: E13 to E15, E24 to E27. In cells, since it matters which release's script runs.

use support::{Ca, Cell, Host};

const LOCAL: &str = "/usr/local/share/ca-certificates/corp.crt";
const INPUT: &str = "/root/corp.crt";

/// Releases whose script gathers the bundle in one file of fixed name (since ca-certificates 20211004).
const FIXED_NAME: [&str; 2] = ["bookworm", "trixie"];

#[test]
fn e13_two_runs_at_once_lose_most_roots_until_refresh() {
    for release in FIXED_NAME {
        let cell = Cell::new(release);
        let vendors = cell.tree().bundle_certs();
        let two = "update-ca-certificates >/dev/null 2>&1 & sleep 0.$1; update-ca-certificates >/dev/null 2>&1; a=$?; wait $!; echo $a $?";
        let lost = (0..10).any(|n| {
            cell.sh(&two.replace("$1", &n.to_string()));
            cell.tree().bundle_certs() != vendors
        });
        assert!(lost, "ten times two runs at once did no harm on {release}");

        cell.trustctl(["refresh"]).exits(0);
        assert_eq!(
            cell.tree().views(),
            [&vendors; 3].map(Clone::clone),
            "{release}"
        );
        assert_eq!(
            support::certificates_in(&cell.tree().bundle()).len(),
            vendors.len(),
            "{release}"
        );
    }
}

#[test]
fn e14_after_a_killed_run_a_removed_ca_is_trusted_again_until_refresh() {
    for release in FIXED_NAME {
        let cell = Cell::new(release);
        let corp = Ca::new("Corp");
        cell.write(LOCAL, corp.pem());
        // Killed in the last instant before the bundle is put in place: by the `mv` that the script calls.
        cell.write("/tmp/kill/mv", "#!/bin/sh\nkill -KILL $PPID\n");
        let killed = cell.sh("chmod +x /tmp/kill/mv; PATH=/tmp/kill:$PATH update-ca-certificates");
        assert!(
            !killed.ok()
                && cell
                    .sh("test -s /etc/ssl/certs/ca-certificates.crt.new")
                    .ok(),
            "{killed}"
        );
        cell.sh(&format!("rm {LOCAL}")).exits(0);
        cell.bare_update(&[]).exits(0).says("0 added, 0 removed");
        assert!(
            cell.bundle_trusts(corp.pem()),
            "the removed CA is gone on {release}"
        );

        // Once more, with trustctl coming after the kill.
        cell.sh("PATH=/tmp/kill:$PATH update-ca-certificates");
        assert!(
            cell.sh("test -s /etc/ssl/certs/ca-certificates.crt.new")
                .ok()
        );
        cell.trustctl(["refresh"]).exits(0);
        assert_eq!(cell.tree().sees(&corp.sha256()), [false; 3], "{release}");
        assert!(
            !cell
                .sh("test -e /etc/ssl/certs/ca-certificates.crt.new")
                .ok()
        );
        cell.bare_update(&[]).exits(0);
        assert!(!cell.bundle_trusts(corp.pem()), "{release}");
    }
}

/// Puts the store of a cell on a file system of its own, with room for so many bundles and 64 KiB.
fn small_disk(cell: &Cell, bundles: u32) {
    let text = "cp -a /etc/ssl/certs /tmp/was && size=$(stat -c %s /etc/ssl/certs/ca-certificates.crt) &&
        mount -t tmpfs -o mode=755,size=$((size * BUNDLES + 65536)) tmpfs /etc/ssl/certs && cp -a /tmp/was/. /etc/ssl/certs";
    cell.sh(&text.replace("BUNDLES", &bundles.to_string()))
        .exits(0);
}

#[test]
fn e15_a_full_disk_leaves_a_half_made_store_with_the_script_and_the_old_one_with_add() {
    // Bullseye's script takes the old bundle away first, the later ones need room for two: this local file
    // (128 KiB of text round a certificate) is what does not fit.
    for (release, bundles) in [("bullseye", 1), ("bookworm", 2), ("trixie", 2)] {
        let corp = Ca::new("Corp");
        let wordy = format!("{}\n{}", "# much text before it\n".repeat(6000), corp.pem());
        let cell = Cell::new(release);
        small_disk(&cell, bundles);
        let bundle = cell.tree().bundle();
        cell.write(LOCAL, &wordy);
        let run = cell.bare_update(&[]);
        assert!(!run.ok(), "{release}: {run}");
        assert!(
            cell.tree().names().contains("corp.pem"),
            "{release}: the link without the rest"
        );
        assert!(!cell.bundle_trusts(corp.pem()), "{release}");
        assert_eq!(
            cell.hash_dir_trusts(corp.pem()),
            release == "bullseye",
            "{release} rehashes before it fails"
        );
        assert_eq!(
            cell.tree().bundle() == bundle,
            release != "bullseye",
            "{release} left a truncated bundle"
        );

        let cell = Cell::new(release);
        small_disk(&cell, 1);
        let before = cell.tree().store();
        cell.write(INPUT, &wordy);
        cell.trustctl(["add", "--yes", INPUT])
            .exits(2)
            .says("no space left")
            .says("as it was before");
        assert_eq!(cell.tree().store(), before, "{release}");
    }
}

#[test]
fn e24_a_private_mode_hides_a_ca_from_users_of_the_hash_directory_and_not_after_add() {
    let as_user = "setpriv --reuid 65534 --regid 65534 --clear-groups openssl verify";
    let by_hash = format!("{as_user} -no-CAfile -CApath /etc/ssl/certs /tmp/corp.pem");
    let by_bundle =
        format!("{as_user} -no-CApath -CAfile /etc/ssl/certs/ca-certificates.crt /tmp/corp.pem");
    for release in ["bullseye", "bookworm"] {
        let corp = Ca::new("Corp");
        let cell = Cell::new(release);
        cell.write("/tmp/corp.pem", corp.pem());
        cell.write(LOCAL, corp.pem());
        cell.sh(&format!("chmod 600 {LOCAL}")).exits(0);
        cell.bare_update(&[]).exits(0);
        assert_eq!(
            [&by_bundle, &by_hash].map(|text| cell.sh(text).ok()),
            [true, false],
            "{release}"
        );

        let cell = Cell::new(release);
        cell.write("/tmp/corp.pem", corp.pem());
        cell.write(INPUT, corp.pem());
        cell.sh(&format!(
            "chmod 600 {INPUT}; umask 077; trustctl add --yes {INPUT}"
        ))
        .exits(0);
        assert_eq!(
            [&by_bundle, &by_hash].map(|text| cell.sh(text).ok()),
            [true, true],
            "{release}"
        );
    }
}

#[test]
fn e25_a_failing_hook_ends_the_script_with_0_and_add_with_1() {
    for release in ["bullseye", "bookworm", "trixie"] {
        let cell = Cell::new(release);
        let corp = Ca::new("Corp");
        for (name, text) in [
            ("failing", "#!/bin/sh\ncat >/tmp/failing\nexit 3\n"),
            ("dotted.sh", "#!/bin/sh\ncat >/tmp/dotted\n"),
        ] {
            let path = format!("/etc/ca-certificates/update.d/{name}");
            cell.write(&path, text);
            cell.sh(&format!("chmod +x {path}")).exits(0);
        }
        cell.bare_update(&[]).exits(0).says("exited with code 3");
        assert!(
            !cell.sh("test -e /tmp/dotted").ok(),
            "run-parts ran a name with a dot on {release}"
        );

        cell.write(INPUT, corp.pem());
        cell.trustctl(["add", "--yes", INPUT])
            .exits(1)
            .says("failing");
        assert_eq!(cell.tree().sees(&corp.sha256()), [true; 3], "{release}");
        assert_eq!(
            cell.read("/tmp/failing"),
            b"+/etc/ssl/certs/corp.pem\n",
            "{release}"
        );
        assert!(!cell.sh("test -e /tmp/dotted").ok(), "{release}");
    }
}

#[test]
fn e26_a_mistyped_option_ends_the_script_with_0_and_trustctl_with_2() {
    let host = Host::new().settled();
    let host = host.local("corp.crt", Ca::new("Corp").pem());
    let before = host.store();
    for option in ["--frehs", "--dry-run", "--version"] {
        host.bare_update(&[option])
            .exits(0)
            .says("[--verbose] [--fresh]");
        assert_eq!(host.store(), before);
    }
    host.trustctl(["refresh", "--frehs"])
        .exits(2)
        .says("--frehs");
    assert_eq!(host.store(), before);
    host.trustctl(["refresh", "--dry-run", "--yes"])
        .exits(0)
        .says("corp");
    assert_eq!(host.store(), before, "a rehearsal changes nothing");
}

#[test]
fn e27_a_broken_link_and_a_missing_vendor_file_are_passed_over_by_the_script_and_named_by_list() {
    let host = Host::new().settled();
    host.link("usr/local/share/ca-certificates/lost.crt", "/nowhere.crt");
    host.delete("usr/share/ca-certificates/mozilla/Vendor_Root_2.crt");
    host.bare_update(&[])
        .exits(0)
        .never_says("lost.crt")
        .says("Vendor_Root_2.crt not found");

    host.trustctl(["list"])
        .exits(0)
        .says("lost.crt")
        .says("Vendor_Root_2.crt");
}
