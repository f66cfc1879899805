//! A TLS server in a cell, and what the cell's own programs say of it.

use support::{Ca, Cell, Run};

/// The name the server's certificate is for.
const HOST: &str = "server.corp.example";

const GO_CLIENT: &str = r#"package main

import (
	"crypto/tls"
	"fmt"
	"os"
)

func main() {
	connection, err := tls.Dial("tcp", os.Args[1], nil)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	connection.Close()
}
"#;

/// A cell with a TLS server whose certificate comes from a CA of ours.
pub struct Site {
    pub cell: Cell,
    has_go: bool,
}

impl Site {
    /// Starts the server in a fresh cell.
    pub fn new(release: &str, ca: &Ca) -> Site {
        let cell = Cell::new(release);
        let leaf = ca.leaf(HOST);
        cell.write("/srv/server.crt", leaf.pem);
        cell.write("/srv/server.key", leaf.key);
        cell.sh(&format!("echo 127.0.0.1 {HOST} >>/etc/hosts"))
            .exits(0);
        let server =
            "openssl s_server -accept 8443 -www -cert /srv/server.crt -key /srv/server.key";
        cell.sh(&format!("{server} >/srv/log 2>&1 </dev/null &"))
            .exits(0);
        let waiting = "for n in $(seq 100); do grep -q ACCEPT /srv/log && exit 0; sleep 0.1; done; cat /srv/log; exit 1";
        cell.sh(waiting).exits(0);
        let has_go = cell.sh("command -v go").ok();
        if has_go {
            cell.write("/srv/client/main.go", GO_CLIENT);
            let build = "cd /srv/client && GOFLAGS= GO111MODULE=off GOTOOLCHAIN=local GOTELEMETRY=off go build -o /srv/go-client main.go";
            cell.sh(build).exits(0);
        }
        Site { cell, has_go }
    }

    /// Asserts that OpenSSL, curl and (where it is installed) Go all trust the server, or all refuse it for
    /// want of a trusted issuer.
    #[track_caller]
    pub fn assert_trusted_by_all(&self, expected: bool) {
        let release = self.cell.name();
        for (client, trusted, run) in self.verdicts() {
            assert_eq!(trusted, expected, "{client} on {release}: {run}");
        }
    }

    fn verdicts(&self) -> Vec<(&'static str, bool, Run)> {
        let mut verdicts = vec![("openssl", self.openssl()), ("curl", self.curl())];
        if self.has_go {
            verdicts.push(("go", self.go()));
        }
        verdicts
            .into_iter()
            .map(|(client, (trusted, run))| (client, trusted, run))
            .collect()
    }

    /// Its exit status is 0 after a failed verification too, and it says "Verify return code: 0 (ok)" after a
    /// failed handshake: so it is told to stop at an error, and asked for a cipher.
    fn openssl(&self) -> (bool, Run) {
        let client = format!(
            "openssl s_client -connect {HOST}:8443 -servername {HOST} -verify_hostname {HOST} -verify_return_error </dev/null"
        );
        let run = self.cell.sh(&format!("timeout 20 {client}"));
        let connected =
            run.stdout.contains("Cipher is ") && !run.stdout.contains("Cipher is (NONE)");
        let trusted =
            run.ok() && connected && !run.has("no peer certificate") && !run.has("verify error");
        assert!(
            trusted || run.has("verify error:num="),
            "openssl failed otherwise: {run}"
        );
        (trusted, run)
    }

    fn curl(&self) -> (bool, Run) {
        let run = self.cell.sh(&format!(
            "curl --silent --show-error --max-time 20 https://{HOST}:8443/"
        ));
        assert!(matches!(run.code, 0 | 60), "curl failed otherwise: {run}");
        (run.ok(), run)
    }

    fn go(&self) -> (bool, Run) {
        let run = self
            .cell
            .sh(&format!("timeout 20 /srv/go-client {HOST}:8443"));
        assert!(
            run.ok() || run.has("x509: certificate signed by unknown authority"),
            "go failed otherwise: {run}"
        );
        (run.ok(), run)
    }
}
