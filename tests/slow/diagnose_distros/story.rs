//! The story of a failing `go mod tidy`, from the cause to the remedy.

use serde_json::Value;
use support::{Ca, Cell, Leaf, Run};

use crate::diagnose_distros::HOST;

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
