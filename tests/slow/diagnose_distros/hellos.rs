//! What the rows say that programs offer is what the distributions' own programs send.

use std::collections::BTreeSet;

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
    ("bookworm", "go", "1.18", GO),
    ("bullseye", "go", "1.15", GO),
    ("trixie", "go", "1.24", GO),
    ("bullseye-java", "java", "11", JAVA),
    ("bookworm-java", "java", "17.0.18", JAVA),
    ("trixie-java", "java", "21.0.10", JAVA),
    ("bookworm-java", "node", "3.0", NODE),
    ("trixie-java", "openssl", "3.5", OPENSSL),
    ("trixie-java", "curl", "3.5", CURL),
];

const OPENSSL: &str = "openssl s_client -connect 127.0.0.1:PORT -servername localhost";
const CURL: &str = "curl -sk --resolve localhost:PORT:127.0.0.1 https://localhost:PORT/";
const PYTHON: &str = "python3 -c 'import ssl,socket; c=ssl.create_default_context(); c.set_alpn_protocols([\"http/1.1\"]); c.wrap_socket(socket.create_connection((\"127.0.0.1\",PORT)),server_hostname=\"localhost\")'";
const GNUTLS: &str = "gnutls-cli --insecure --sni-hostname=localhost -p PORT 127.0.0.1";
const GO: &str = "cd /srv && GOFLAGS=-mod=mod GOPROXY=https://localhost:PORT GOSUMDB=off go list -m x.example/y@v1.0.0";
const JAVA: &str = "keytool -printcert -sslserver localhost:PORT";
const NODE: &str = "node -e 'require(\"https\").get({host:\"localhost\",port:PORT,family:4}).on(\"error\",()=>{})'";

fn row(offer: &Offer) -> Value {
    // Java sends no name without a dot: an extension of 18 bytes.
    let unnamed = offer.consumer == "java";
    let extensions = offer.extensions.iter();
    let extensions: Vec<_> = extensions.filter(|id| **id != 0 || !unnamed).collect();
    json!({
        "size": offer.size - if unnamed { 18 } else { 0 },
        "versions": offer.versions,
        "ciphers": offer.ciphers,
        "groups": offer.groups,
        "shares": offer.shares,
        "schemes": offer.schemes,
        "extensions": extensions,
    })
}

#[test]
fn each_row_is_what_the_program_of_the_distribution_sends() {
    let mut wrong = Vec::new();
    let roots: BTreeSet<&str> = PROGRAMS.iter().map(|one| one.0).collect();
    for release in roots {
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
