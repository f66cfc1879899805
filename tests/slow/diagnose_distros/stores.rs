//! Every cause that lies in the store of the host itself, on hosts of OpenSSL 1.1.1 and 3.x, with the distribution's own
//! `openssl` beside it: what `diagnose` says it would do is what it does.

use serde_json::Value;
use support::{Ca, Cell, Run};

use crate::diagnose_distros::HOST;

const TARGET: &str = "goproxy.corp.example:8443";
const BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";

/// A cell with a server whose root is `Corp Root`, above an intermediate that is sent.
struct Stage {
    cell: Cell,
    root: Ca,
    issuing: Ca,
}

impl Stage {
    fn new(release: &str) -> Stage {
        let cell = Cell::new(release);
        let root = Ca::new("Corp Root");
        let issuing = root.intermediate("Issuing CA");
        let leaf = issuing.leaf(HOST);
        cell.write("/srv/crt", format!("{}{}", leaf.pem, issuing.pem()));
        cell.write("/srv/key", &leaf.key);
        let listen =
            "listen 127.0.0.1:8443 ssl; ssl_certificate /srv/crt; ssl_certificate_key /srv/key;";
        cell.write(
            "/srv/nginx.conf",
            format!("events {{}} http {{ access_log off; server {{ {listen} }} }}"),
        );
        let start = format!(
            "echo 127.0.0.1 {HOST} >>/etc/hosts; cp -a /etc/ssl/certs /srv/certs; nginx -c /srv/nginx.conf >/srv/nginx.log 2>&1 </dev/null"
        );
        cell.sh(&start).exits(0);
        Stage {
            cell,
            root,
            issuing,
        }
    }

    /// Puts everything back as it was at first, then does this.
    fn with(&self, text: &str) -> &Stage {
        let back = "rm -rf /etc/ssl/certs && cp -a /srv/certs /etc/ssl/certs && \
             sed -i /Corp/d /etc/ca-certificates.conf && rm -rf /usr/share/ca-certificates/mozilla/Corp* /usr/local/share/ca-certificates/*";
        self.cell.sh(&format!("{back} && {text}")).exits(0);
        self
    }

    /// The root as a vendor's, selected.
    fn delivered(&self) {
        self.cell.write("/srv/root.crt", self.root.pem());
        self.with(
            "cp /srv/root.crt /usr/share/ca-certificates/mozilla/Corp_Root.crt && \
             echo mozilla/Corp_Root.crt >>/etc/ca-certificates.conf && update-ca-certificates",
        );
    }

    fn diagnose(&self, environment: &[&str]) -> (Run, Value) {
        let mut command = self.cell.command("env");
        command.args(environment);
        command.args(["trustctl", "--format", "json", "diagnose", TARGET]);
        let run = support::output(&mut command);
        let target = run.report()["targets"][0].take();
        (run, target)
    }

    /// Expects this conclusion, and that the cell's OpenSSL is of the opinion that is ascribed to it.
    #[track_caller]
    fn concludes(&self, code: &str) -> Value {
        let (run, target) = self.diagnose(&[]);
        assert_eq!(target["conclusion"]["code"], code, "{target:#}");
        run.exits(i32::from(code != "healthy"));
        let client = format!(
            "openssl s_client -connect {TARGET} -servername {HOST} -verify_hostname {HOST} -verify_return_error </dev/null"
        );
        let accepted = self.cell.sh(&client).ok();
        let judgements = target["trust"].as_array().unwrap();
        let openssl = judgements.iter().find(|one| one["consumer"] == "openssl");
        assert_eq!(openssl.unwrap()["accepted"], accepted, "{target:#}");
        target["conclusion"].clone()
    }

    /// Runs the printed command as it stands, and expects that it helps.
    #[track_caller]
    fn mended_by(&self, conclusion: &Value) {
        let command = conclusion["commands"][0].as_str().unwrap();
        let yes = if command.contains("trustctl") {
            " --yes"
        } else {
            ""
        };
        self.cell.sh(&format!("{command}{yes}")).exits(0);
        self.concludes("healthy");
    }
}

fn every_fault_of_the_store(release: &str) {
    let stage = Stage::new(release);
    let cell = &stage.cell;
    let hash = stage.root.subject_hash();

    stage.with("true").concludes("unknown-issuer");

    stage.delivered();
    stage.concludes("healthy");
    cell.sh("sed -i s,^mozilla/Corp,!mozilla/Corp, /etc/ca-certificates.conf && update-ca-certificates --fresh")
        .exits(0);
    let conclusion = stage.concludes("root-deselected");
    stage.mended_by(&conclusion);

    // A package update took the root away, and the conf still names it.
    stage.delivered();
    cell.sh("rm /usr/share/ca-certificates/mozilla/Corp_Root.crt && update-ca-certificates --fresh 2>/dev/null")
        .exits(0);
    stage.concludes("root-removed");

    stage.delivered();
    cell.sh(&format!("rm /etc/ssl/certs/{hash}.0")).exits(0);
    // Since Debian 12 OpenSSL reads the bundle too, and nobody else needs the hash directory.
    if release == "bullseye" {
        let conclusion = stage.concludes("store-inconsistent");
        stage.mended_by(&conclusion);
    } else {
        stage.concludes("healthy");
    }

    stage.delivered();
    cell.sh(&format!("cp /srv/certs/ca-certificates.crt {BUNDLE}"))
        .exits(0);
    let conclusion = stage.concludes("store-inconsistent");
    let evidence = conclusion["evidence"].as_str().unwrap();
    assert!(evidence.contains("but not in the bundle"), "{conclusion:#}");
    stage.mended_by(&conclusion);

    stage.delivered();
    let block = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
    cell.sh(&format!("echo '{block}' >>{BUNDLE}")).exits(0);
    let (_, target) = stage.diagnose(&[]);
    assert_eq!(target["conclusion"]["code"], "store-damaged", "{target:#}");
    let curl = format!("curl -sS https://{TARGET}/ -o /dev/null");
    assert_eq!(cell.sh(&curl).code, 77, "{release}");
    cell.sh("trustctl refresh --yes").exits(0);
    stage.concludes("healthy");
    cell.sh(&curl).exits(0);

    cell.write("/srv/issuing.crt", stage.issuing.pem());
    stage
        .with("cp /srv/issuing.crt /usr/local/share/ca-certificates/ && update-ca-certificates")
        .concludes("intermediate-anchor");

    stage.delivered();
    let (_, target) = stage.diagnose(&["SSL_CERT_FILE=/srv/none", "SSL_CERT_DIR=/srv/none"]);
    assert_eq!(
        target["conclusion"]["code"], "store-redirected",
        "{target:#}"
    );

    for (code, gone) in [
        (
            "store-empty",
            format!("rm -rf /etc/ssl/certs/* && : >{BUNDLE}"),
        ),
        ("store-missing", "rm -rf /etc/ssl/certs/*".to_string()),
    ] {
        stage.delivered();
        cell.sh(&gone).exits(0);
        let conclusion = stage.concludes(code);
        let told = conclusion["commands"][0].as_str().unwrap();
        let install = format!(
            "apt-get -qq update && DEBIAN_FRONTEND=noninteractive {} --yes",
            told.trim_start_matches("sudo ")
        );
        let mut shell = cell.command_on_outer_network("/bin/sh");
        support::output(shell.args(["-c", &install])).exits(0);
        stage.concludes("healthy");
    }
}

#[test]
fn on_bullseye_what_the_store_lacks_is_told() {
    every_fault_of_the_store("bullseye");
}

#[test]
fn on_bookworm_what_the_store_lacks_is_told() {
    every_fault_of_the_store("bookworm");
}
