//! Many certificates in one call.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use support::{Ca, Host};

#[test]
fn five_hundred_certificates_in_one_add_run_the_script_once() {
    let host = Host::new().settled();
    let log = host.beside("runs");
    let script = host.input(
        "counted",
        format!(
            "#!/bin/sh\necho run >>{}\nexec /usr/sbin/update-ca-certificates \"$@\"\n",
            log.display()
        ),
    );
    support::output(
        std::process::Command::new("/bin/chmod")
            .arg("755")
            .arg(&script),
    )
    .exits(0);
    host.write(
        "etc/trustctl/trustctl.toml",
        format!(
            "[tools]\nupdate_ca_certificates = \"{}\"\n",
            script.display()
        ),
    );
    let cas: Vec<Ca> = (0..500).map(|n| Ca::new(&format!("Corp {n:03}"))).collect();
    let folder: Vec<_> = cas
        .chunks(5)
        .enumerate()
        .map(|(n, five)| {
            let text: String = five.iter().map(Ca::pem).collect();
            host.input(&format!("many/{n:03}.pem"), text)
        })
        .collect();

    host.trustctl([
        "add",
        "--yes",
        folder[0].parent().unwrap().to_str().unwrap(),
    ])
    .exits(0);
    for view in host.views() {
        assert_eq!(
            cas.iter().filter(|ca| view.contains(&ca.sha256())).count(),
            500
        );
    }
    assert_eq!(
        support::output(std::process::Command::new("/bin/cat").arg(&log)).stdout,
        "run\n"
    );

    // All of it once more: nothing to do, no tool started.
    host.trustctl([
        "add",
        "--yes",
        folder[0].parent().unwrap().to_str().unwrap(),
    ])
    .exits(0);
    assert_eq!(
        support::output(std::process::Command::new("/bin/cat").arg(&log)).stdout,
        "run\n"
    );
}
