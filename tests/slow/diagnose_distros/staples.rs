//! What the clients of each distribution do with a stapled OCSP response, beside what is said of them.

use rcgen::CustomExtension;
use support::{
    Answer, Ca, Cell, Dates, Leaf, Run, ocsp_response, ocsp_response_forged, ocsp_response_unknown,
    sample,
};

/// Consumer, and shell text that succeeds where the program connects.
type Client = (&'static str, &'static str);

const OPENSSL: Client = (
    "openssl",
    "openssl s_client -connect localhost:9001 -servername localhost -verify_return_error -status </dev/null",
);
const CURL: Client = ("curl", "curl -sS -o /dev/null https://localhost:9001/");
const PYTHON: Client = (
    "python",
    "python3 -c 'import ssl,socket; ssl.create_default_context().wrap_socket(socket.create_connection((\"127.0.0.1\",9001),5),server_hostname=\"localhost\")'",
);
const GNUTLS: Client = ("gnutls", "gnutls-cli --port 9001 localhost </dev/null");
/// go says that it finds no such module once it has connected.
const GO: Client = (
    "go",
    "cd /srv && HOME=/srv GOFLAGS=-mod=mod GOPROXY=https://localhost:9001 GOSUMDB=off go list -m x.example/y@v1.0.0 2>&1 | tee /dev/stderr | grep -q -e 'unrecognized import' -e 'not found' -e 'invalid' -e 'unexpected'",
);
/// Its status 5 says that the certificate is refused; OpenSSL 1.1.1 as server ends the connection as it may not.
const WGET: Client = (
    "gnutls",
    "wget -q --tries=1 --timeout=5 -O /dev/null https://localhost:9001/; [ $? != 5 ]",
);
/// Git says that it finds no repository once it has connected.
const GIT: Client = (
    "gnutls",
    "git ls-remote https://localhost:9001/x 2>&1 | tee /dev/stderr | grep -q -e 'not found' -e 'not valid: is this a git' -e 'non-properly terminated'",
);
const NODE: Client = (
    "node",
    "NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt node -e \"require('tls').connect(9001,'127.0.0.1',{servername:'localhost'},()=>process.exit(0)).on('error',e=>{console.log(e.message);process.exit(1)})\"",
);

/// Root, its clients.
const RELEASES: &[(&str, &[Client])] = &[
    ("bullseye", &[OPENSSL, CURL, PYTHON, GNUTLS, GO]),
    ("bookworm", &[OPENSSL, CURL, PYTHON, GNUTLS, GO]),
    ("bullseye-java", &[WGET, GIT, NODE]),
    ("bookworm-java", &[WGET, GIT, NODE]),
    ("trixie-java", &[OPENSSL, CURL, PYTHON, WGET, GIT, NODE]),
];

fn promising(ca: &Ca) -> Leaf {
    ca.leaf_with("localhost", Dates::default(), |params| {
        let oid = &[1, 3, 6, 1, 5, 5, 7, 1, 24];
        let features = CustomExtension::from_oid_content(oid, vec![0x30, 3, 2, 1, 5]);
        params.custom_extensions.push(features);
    })
}

/// Name, and what is stapled.
fn staples(ca: &Ca, leaf: &Leaf) -> Vec<(&'static str, Option<Vec<u8>>)> {
    let other = ca.leaf("other");
    let of = |answer| Some(ocsp_response(ca, leaf, answer));
    let at = |when, days| Answer {
        when,
        days,
        ..Answer::GOOD
    };
    vec![
        ("none", None),
        ("good", of(Answer::GOOD)),
        ("revoked", of(Answer::REVOKED)),
        ("expired", of(at("-5 days", "1"))),
        ("of 14 days ago, undated", of(at("-14 days", ""))),
        ("of 16 days ago, undated", of(at("-16 days", ""))),
        ("of the future", of(at("+5 days", "1"))),
        ("unknown", Some(ocsp_response_unknown(ca, leaf))),
        ("foreign", Some(ocsp_response(ca, &other, Answer::GOOD))),
        ("forged", Some(ocsp_response_forged(ca, &other, leaf))),
        ("unauthorized", Some(vec![0x30, 3, 0x0a, 1, 6])),
    ]
}

/// Serves it and runs these commands, one after the other.
fn with_server(cell: &Cell, name: &str, staple: Option<&[u8]>, text: &str) -> Run {
    let status = staple.map_or("", |bytes| {
        cell.write("/srv/staple.der", bytes);
        "-status_file /srv/staple.der"
    });
    cell.sh(&format!(
        "openssl s_server -accept 127.0.0.1:9001 -cert /srv/{name}.crt -key /srv/{name}.key -www {status} >/srv/log 2>&1 </dev/null & server=$!
         for n in $(seq 100); do grep -q :2329.00000000:0000.0A /proc/net/tcp && break; sleep 0.1; done
         {text}
         kill $server"
    ))
}

#[test]
fn clients_of_each_distribution_do_with_staples_what_is_said_of_them() {
    let ca = Ca::new("Staple Root");
    let mut wrong = Vec::new();
    for (release, clients) in RELEASES {
        let cell = Cell::new(release);
        cell.write("/usr/local/share/ca-certificates/staple.crt", ca.pem());
        cell.write("/srv/go.mod", "module x\n");
        cell.sh("grep -q localhost /etc/hosts || echo 127.0.0.1 localhost >>/etc/hosts; update-ca-certificates")
            .exits(0);
        for (name, leaf) in [
            ("plain", ca.leaf("localhost")),
            ("promising", promising(&ca)),
        ] {
            cell.write(&format!("/srv/{name}.crt"), &leaf.pem);
            cell.write(&format!("/srv/{name}.key"), &leaf.key);
            for (staple, bytes) in sample(staples(&ca, &leaf), 3) {
                let ask =
                    "trustctl --format json diagnose --timeout 5 localhost:9001 >/srv/report.json";
                let mut commands = vec![ask.to_owned()];
                for (at, (_, text)) in clients.iter().enumerate() {
                    let quoted = text.replace('\'', "'\\''");
                    let one = format!(
                        "timeout 20 sh -c '{quoted}' >/srv/{at}.out 2>&1; echo $? >/srv/{at}.rc"
                    );
                    commands.push(one);
                }
                with_server(&cell, name, bytes.as_deref(), &commands.join("\n"));
                let report: serde_json::Value =
                    serde_json::from_slice(&cell.read("/srv/report.json")).unwrap();
                let programs = report["report"]["targets"][0]["programs"]
                    .as_array()
                    .unwrap();
                for (at, (consumer, text)) in clients.iter().enumerate() {
                    let connects = cell.read(&format!("/srv/{at}.rc")) == b"0\n";
                    let of_it = |one: &&serde_json::Value| {
                        one["consumer"].as_str().unwrap().starts_with(consumer)
                    };
                    let said: Vec<_> = programs.iter().filter(of_it).collect();
                    if said.is_empty() || said.iter().any(|one| one["connects"] != connects) {
                        let output = cell.read(&format!("/srv/{at}.out"));
                        wrong.push(format!(
                            "{release} {name} {staple}: `{text}` {connects}: {}\n{said:#?}",
                            String::from_utf8_lossy(&output)
                        ));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
