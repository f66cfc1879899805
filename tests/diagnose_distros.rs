//! Diagnosis on whole distributions, with their own OpenSSL and Go: the story of a failing `go mod tidy` from the
//! cause to the remedy, servers of OpenSSL 1.1.1 and 3.x, and `trustctl tls` of three releases.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::Value;
use support::{Ca, Cell, Dates, Leaf, Run};

const HOST: &str = "goproxy.corp.example";

/// A module proxy with one module, over TLS.
const PROXY: &str = r#"package main

import (
	"archive/zip"
	"bytes"
	"net/http"
	"os"
	"strings"
)

func main() {
	var packed bytes.Buffer
	archive := zip.NewWriter(&packed)
	for name, text := range map[string]string{
		"go.mod":   "module corp.example/greet\n",
		"greet.go": "package greet\n\n// Hi greets.\nfunc Hi() string { return \"hi from the private module\" }\n",
	} {
		file, _ := archive.Create("corp.example/greet@v1.0.0/" + name)
		file.Write([]byte(text))
	}
	archive.Close()
	files := map[string]string{
		"list":        "v1.0.0\n",
		"v1.0.0.info": `{"Version":"v1.0.0","Time":"2026-01-01T00:00:00Z"}`,
		"v1.0.0.mod":  "module corp.example/greet\n",
		"v1.0.0.zip":  packed.String(),
	}
	http.HandleFunc("/", func(answer http.ResponseWriter, request *http.Request) {
		name := strings.TrimPrefix(request.URL.Path, "/corp.example/greet/@v/")
		if text, found := files[name]; found {
			answer.Write([]byte(text))
		} else {
			http.NotFound(answer, request)
		}
	})
	panic(http.ListenAndServeTLS(":8443", os.Args[1], os.Args[2], nil))
}
"#;

const MAIN: &str = "package main\n\nimport (\n\t\"fmt\"\n\n\t\"corp.example/greet\"\n)\n\nfunc main() { fmt.Println(greet.Hi()) }\n";

/// A cell with Go, a module of ours that needs one from a private proxy, and the settings for it.
struct Story {
    cell: Cell,
}

impl Story {
    fn new(release: &str) -> Story {
        let cell = Cell::new(release);
        cell.sh(&format!("echo 127.0.0.1 {HOST} >>/etc/hosts"))
            .exits(0);
        cell.write("/srv/app/main.go", MAIN);
        let story = Story { cell };
        let settings =
            format!("go env -w GOPROXY=https://{HOST}:8443 GOSUMDB=off GOFLAGS=-mod=mod");
        story.go(&settings).exits(0);
        story
    }

    /// Shell text with what Go needs.
    fn go(&self, text: &str) -> Run {
        let run = format!("export GOTOOLCHAIN=local GOTELEMETRY=off; cd /srv/app && {text}");
        self.cell.sh(&format!("timeout 100 sh -c '{run}'"))
    }

    /// `go mod tidy` and a run of the program, from an empty cache.
    fn tidy(&self) -> Run {
        let text = "go clean -modcache; rm -f go.sum; printf \"module app\\n\\ngo 1.15\\n\" >go.mod; go mod tidy && go run .";
        self.go(text)
    }

    /// Starts the module proxy with this certificate.
    fn serve(&self, leaf: &Leaf, chain: &str) {
        self.cell.write("/srv/proxy/main.go", PROXY);
        self.cell
            .write("/srv/server.crt", format!("{}{chain}", leaf.pem));
        self.cell.write("/srv/server.key", &leaf.key);
        let build = "cd /srv/proxy && GO111MODULE=off GOFLAGS= go build -o /srv/serve main.go";
        self.go(build).exits(0);
        self.cell
            .sh("/srv/serve /srv/server.crt /srv/server.key >/srv/log 2>&1 </dev/null &")
            .exits(0);
        self.listening();
    }

    fn listening(&self) {
        // 8443 is 20FB.
        let waiting = "for n in $(seq 100); do grep -q :20FB /proc/net/tcp /proc/net/tcp6 && exit 0; sleep 0.1; done; cat /srv/log; exit 1";
        self.cell.sh(waiting).exits(0);
    }

    /// `trustctl diagnose go`, the conclusion on the proxy, and the whole report.
    #[track_caller]
    fn diagnose(&self, more: &[&str], exit: i32) -> (Value, Value) {
        let mut command = self.cell.command("trustctl");
        command
            .args([
                "--format",
                "json",
                "diagnose",
                "go",
                "--module-dir",
                "/srv/app",
            ])
            .args(more);
        let report = support::output(&mut command).exits(exit).report();
        assert_eq!(
            report["targets"][0]["target"],
            format!("{HOST}:8443"),
            "{report:#}"
        );
        assert_eq!(report["targets"].as_array().unwrap().len(), 1, "{report:#}");
        (report["targets"][0]["conclusion"].clone(), report)
    }
}

#[test]
fn on_bullseye_a_failing_go_mod_tidy_is_led_to_its_cause_and_mended_by_the_printed_command() {
    from_failure_to_success("bullseye", true);
}

#[test]
fn on_bookworm_a_failing_go_mod_tidy_is_led_to_its_cause_and_mended_by_the_printed_command() {
    from_failure_to_success("bookworm", false);
}

fn from_failure_to_success(release: &str, sends_root: bool) {
    let story = Story::new(release);
    let ca = Ca::new("Corp Root");
    let unknown = "x509: certificate signed by unknown authority";
    story.cell.write("/root/corp-ca.crt", ca.pem());
    story.serve(&ca.leaf(HOST), if sends_root { ca.pem() } else { "" });
    assert_ne!(story.tidy().says(unknown).code, 0);

    let (more, code): (&[&str], _) = if sends_root {
        (&[], "private-root")
    } else {
        (&["--ca", "/root/corp-ca.crt"], "unknown-issuer")
    };
    let (conclusion, report) = story.diagnose(more, 1);
    assert_eq!(conclusion["code"], code, "{report:#}");
    let command = conclusion["commands"][0].as_str().unwrap();
    assert!(command.contains("trustctl add"), "{command}");
    let yes = if sends_root { "" } else { " --yes" };
    story.cell.sh(&format!("{command}{yes}")).exits(0);

    story.tidy().exits(0).says("hi from the private module");
    let (conclusion, report) = story.diagnose(&[], 0);
    assert_eq!(conclusion["code"], "healthy", "{report:#}");

    let run = story
        .cell
        .trustctl(["--format", "json", "list", "--local"])
        .exits(0);
    let file = run.report()["certificates"][0]["file"]
        .as_str()
        .unwrap()
        .to_string();
    let name = file.rsplit('/').next().unwrap();
    story.cell.trustctl(["remove", name, "--yes"]).exits(0);
    assert_ne!(story.tidy().says(unknown).code, 0);
    assert_eq!(
        story.diagnose(&[], 1).0["code"],
        if sends_root {
            "private-root"
        } else {
            "unknown-issuer"
        }
    );
}

#[test]
fn the_proxy_that_only_speaks_tls_1_0_is_told_and_that_no_setting_of_go_helps() {
    let story = Story::new("bookworm");
    let ca = Ca::new("Corp Root");
    let leaf = ca.leaf(HOST);
    story.cell.write("/srv/server.crt", &leaf.pem);
    story.cell.write("/srv/server.key", &leaf.key);
    let server = "openssl s_server -accept 8443 -tls1 -cipher DEFAULT@SECLEVEL=0 -www -cert /srv/server.crt -key /srv/server.key";
    story
        .cell
        .sh(&format!("{server} >/srv/log 2>&1 </dev/null &"))
        .exits(0);
    story.listening();
    let tidy = "printf \"module app\\n\\ngo 1.15\\n\" >go.mod; GODEBUG=tls10=1,tls11=1 go mod tidy";
    assert_ne!(story.go(tidy).says("protocol version").code, 0);

    let mut command = story.cell.command("env");
    command.args([
        "GODEBUG=tls10=1,tls11=1",
        "trustctl",
        "--format",
        "json",
        "diagnose",
        "go",
    ]);
    let report = support::output(&mut command).exits(1).report();
    let conclusion = &report["targets"][0]["conclusion"];
    assert_eq!(conclusion["code"], "protocol-too-old", "{report:#}");
    let remedy = conclusion["remedy"][0].as_str().unwrap();
    assert!(
        remedy.contains("Upgrade the server")
            && remedy.contains("No client setting of today's Go helps"),
        "{remedy}"
    );
    let advice = report["tool"]["advice"].as_array().unwrap();
    assert_eq!(
        advice
            .iter()
            .filter(|advice| advice["code"] == "no-effect")
            .count(),
        2,
        "{report:#}"
    );
}

/// One fault: the certificate, what is sent with it, further arguments of the server, and the conclusion.
struct Fault {
    leaf: Leaf,
    chain: String,
    arguments: &'static str,
    code: &'static str,
}

fn faults(trusted: &Ca) -> Vec<Fault> {
    let private = Ca::new("Private Root");
    let past = Dates {
        from: 2020,
        to: 2021,
    };
    let fault = |leaf, chain: &str, arguments, code| Fault {
        leaf,
        chain: chain.to_string(),
        arguments,
        code,
    };
    vec![
        fault(trusted.leaf(HOST), "", "-www", "healthy"),
        fault(trusted.leaf(HOST), "", "-tls1_2 -www", "healthy"),
        fault(private.leaf(HOST), "", "-www", "unknown-issuer"),
        fault(private.leaf(HOST), private.pem(), "-www", "private-root"),
        fault(
            trusted.leaf_with(HOST, past, |_| {}),
            "",
            "-www",
            "expired-leaf",
        ),
        fault(trusted.leaf("other.example"), "", "-www", "wrong-name"),
        fault(
            trusted.leaf_with(HOST, Dates::default(), |params| {
                params.subject_alt_names.clear();
            }),
            "",
            "-www",
            "common-name-only",
        ),
        fault(
            trusted.leaf(HOST),
            "",
            "-tls1 -cipher DEFAULT@SECLEVEL=0 -www",
            "protocol-too-old",
        ),
        fault(
            trusted.leaf(HOST),
            "",
            "-tls1_1 -cipher DEFAULT@SECLEVEL=0 -www",
            "protocol-too-old",
        ),
        fault(
            trusted.leaf(HOST),
            "",
            "-tls1_3 -Verify 1 -verify_return_error -www",
            "client-certificate-required",
        ),
        fault(
            trusted.leaf(HOST),
            "",
            "-tls1_2 -Verify 1 -verify_return_error -www",
            "client-certificate-required",
        ),
        fault(
            trusted.leaf(HOST),
            "",
            "-tls1_2 -cipher AES128-SHA256 -www",
            "handshake-refused",
        ),
    ]
}

#[test]
fn servers_of_openssl_1_1_1_and_3_are_told_alike() {
    for release in ["bullseye", "bookworm", "trixie"] {
        let cell = Cell::new(release);
        cell.sh(&format!("echo 127.0.0.1 {HOST} >>/etc/hosts"))
            .exits(0);
        let trusted = Ca::new("Trusted Root");
        cell.write("/root/trusted.crt", trusted.pem());
        cell.trustctl(["add", "--yes", "/root/trusted.crt"])
            .exits(0);
        for (at, fault) in faults(&trusted).iter().enumerate() {
            let port = 9000 + at;
            cell.write("/srv/leaf", &fault.leaf.pem);
            cell.write("/srv/key", &fault.leaf.key);
            cell.write("/srv/chain", &fault.chain);
            let chain = if fault.chain.is_empty() {
                ""
            } else {
                "-cert_chain /srv/chain"
            };
            let server = format!(
                "openssl s_server -accept {port} -cert /srv/leaf -key /srv/key {chain} {} >/srv/log-{port} 2>&1 </dev/null & \
                 for n in $(seq 100); do grep -q ACCEPT /srv/log-{port} && exit 0; sleep 0.1; done; cat /srv/log-{port}; exit 1",
                fault.arguments
            );
            cell.sh(&server).exits(0);
            let run = cell.trustctl(["--format", "json", "diagnose", &format!("{HOST}:{port}")]);
            let report = run.report();
            assert_eq!(
                report["targets"][0]["conclusion"]["code"], fault.code,
                "{release} {}: {report:#}",
                fault.arguments
            );
        }
    }
}

fn answer<'a>(report: &'a Value, protocol: &str, level: &str) -> &'a str {
    let protocols = report["protocols"].as_array().unwrap();
    protocols
        .iter()
        .find(|one| one["protocol"] == protocol)
        .unwrap()[level]
        .as_str()
        .unwrap()
}

#[test]
fn tls_tells_the_truth_on_three_releases() {
    // Debian 11 has been without free updates since 2026-08-31.
    for (release, exit, minimum, level) in [
        ("bullseye", 1, "TLS 1.2", 2),
        ("bookworm", 0, "TLS 1.2", 2),
        ("trixie", 0, "TLS 1.2", 2),
    ] {
        let cell = Cell::new(release);
        let report = cell
            .trustctl(["--format", "json", "tls"])
            .exits(exit)
            .report();
        for by in ["by_version", "by_build", "by_configuration", "by_handshake"] {
            assert_eq!(
                answer(&report, "TLS 1.3", by),
                "yes",
                "{release} {by}: {report:#}"
            );
        }
        assert_eq!(
            answer(&report, "TLS 1.0", "by_handshake"),
            "no",
            "{release}: {report:#}"
        );
        assert_eq!(
            [&report["minimum"], &report["maximum"]],
            [minimum, "TLS 1.3"],
            "{release}"
        );
        assert_eq!(
            report["security_level"]["level"], level,
            "{release}: {report:#}"
        );
        assert!(
            report["own"]["build"].as_array().unwrap().len() > 2,
            "{release}"
        );
    }
}

#[test]
fn tls_sees_what_the_configuration_really_does() {
    let cell = Cell::new("bookworm");
    let conf = |line: &str| {
        format!("openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\n{line}\n")
    };
    cell.write("/etc/ssl/openssl.cnf", conf("MaxProtocol = TLSv1.2"));
    let report = cell.trustctl(["--format", "json", "tls"]).exits(1).report();
    assert_eq!(answer(&report, "TLS 1.3", "by_version"), "yes");
    assert_eq!(answer(&report, "TLS 1.3", "by_configuration"), "no");
    assert_eq!(report["maximum"], "TLS 1.2");
    cell.write(
        "/etc/ssl/openssl.cnf",
        conf("MinProtocol = TLSv1\nCipherString = DEFAULT@SECLEVEL=0"),
    );
    let report = cell.trustctl(["--format", "json", "tls"]).exits(0).report();
    assert_eq!(
        answer(&report, "TLS 1.0", "by_handshake"),
        "yes",
        "{report:#}"
    );
    assert_eq!(report["minimum"], "TLS 1.0");
    // An openssl that others could have written is not run.
    cell.sh("chmod 0777 /usr/bin/openssl").exits(0);
    let report = cell.trustctl(["--format", "json", "tls"]).exits(0).report();
    assert_eq!(answer(&report, "TLS 1.3", "by_handshake"), "unknown");
    assert!(
        report["skipped"][0]
            .as_str()
            .unwrap()
            .contains("changed by others"),
        "{report:#}"
    );
}
