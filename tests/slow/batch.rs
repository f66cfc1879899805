//! Many certificates in one call.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use support::{Ca, Host};

#[test]
fn five_hundred_certificates_in_one_add_run_the_script_once() {
    let host = Host::new().settled();
    let log = host.beside("runs");
    let text = format!(
        "#!/bin/sh\necho run >>{}\nexec /usr/sbin/update-ca-certificates \"$@\"\n",
        log.display()
    );
    let script = host.program("counted", &text);
    host.input(
        "trustctl.toml",
        format!(
            "[tools]\nupdate_ca_certificates = \"{}\"\n",
            script.display()
        ),
    );
    let add = ["--config", "trustctl.toml", "add", "--yes", "many"];
    let cas: Vec<Ca> = (0..500).map(|n| Ca::new(&format!("Corp {n:03}"))).collect();
    for (n, five) in cas.chunks(5).enumerate() {
        let text: String = five.iter().map(Ca::pem).collect();
        host.input(&format!("many/{n:03}.pem"), text);
    }

    host.trustctl(add).exits(0);
    for view in host.views() {
        assert_eq!(
            cas.iter().filter(|ca| view.contains(&ca.sha256())).count(),
            500
        );
    }
    assert_eq!(host.beside_text("runs"), "run\n");

    // All of it once more: nothing to do, no tool started.
    host.trustctl(add).exits(0);
    assert_eq!(host.beside_text("runs"), "run\n");
}
