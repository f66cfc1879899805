//! What the rows say that programs offer is what the distributions' own programs send.

use serde_json::{Value, json};
use support::Cell;
use trustctl::programs::hellos::{self, Offer};

/// Release, program, its version in the rows, and the command.
const PROGRAMS: &[(&str, &str, &str, &str)] = &[
    ("bullseye", "openssl", "1.1.1", OPENSSL),
    ("bullseye", "curl", "1.1.1", CURL),
    ("bullseye", "python", "1.1.1", PYTHON),
    ("bullseye", "gnutls", "3.7", GNUTLS),
    ("bookworm", "openssl", "3.0", OPENSSL),
    ("bookworm", "curl", "3.0", CURL),
    ("bookworm", "python", "3.0", PYTHON),
    ("bookworm", "gnutls", "3.7", GNUTLS),
    ("bookworm", "go", "1.19", GO),
    ("trixie-java", "openssl", "3.5", OPENSSL),
    ("trixie-java", "curl", "3.5", CURL),
];

const OPENSSL: &str = "openssl s_client -connect 127.0.0.1:PORT -servername localhost";
const CURL: &str = "curl -sk --resolve localhost:PORT:127.0.0.1 https://localhost:PORT/";
const PYTHON: &str = "python3 -c 'import ssl,socket; c=ssl.create_default_context(); c.set_alpn_protocols([\"http/1.1\"]); c.wrap_socket(socket.create_connection((\"127.0.0.1\",PORT)),server_hostname=\"localhost\")'";
const GNUTLS: &str = "gnutls-cli --insecure --sni-hostname=localhost -p PORT 127.0.0.1";
const GO: &str = "cd /srv && GOFLAGS=-mod=mod GOPROXY=https://localhost:PORT GOSUMDB=off go list -m x.example/y@v1.0.0";

fn row(offer: &Offer) -> Value {
    json!({
        "size": offer.size,
        "versions": offer.versions,
        "ciphers": offer.ciphers,
        "groups": offer.groups,
        "shares": offer.shares,
        "schemes": offer.schemes,
        "extensions": offer.extensions,
    })
}

#[test]
fn each_row_is_what_the_program_of_the_distribution_sends() {
    let mut wrong = Vec::new();
    for release in ["bullseye", "bookworm", "trixie-java"] {
        let cell = Cell::new(release);
        cell.write("/srv/capture.py", include_str!("capture.py"));
        cell.write("/srv/go.mod", "module x\n");
        cell.sh("grep -q localhost /etc/hosts || echo 127.0.0.1 localhost >>/etc/hosts")
            .exits(0);
        for (_, consumer, version, command) in PROGRAMS.iter().filter(|one| one.0 == release) {
            let mut python = cell.command("python3");
            let run = support::output(python.args(["/srv/capture.py", command])).exits(0);
            let sent: Value = serde_json::from_str(&run.stdout).unwrap();
            let known = hellos::at(consumer, version).unwrap();
            assert_eq!(known.version, *version);
            if sent != row(known) {
                wrong.push(format!(
                    "{release} {consumer}: {sent}\ninstead of {}",
                    row(known)
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
