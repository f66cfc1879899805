//! Names, connections, proxies, STARTTLS, and TLS itself.

use std::io::Write;
use std::process::Command;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use support::Host;
use support::{Run, output};

use crate::servers::{
    self, Identity, Server, after, alert, answering, drain, free_port, openssl, raw, read_some,
    tunnel, tunnel_after,
};
use crate::{concludes, diagnose, first, root, trusting};

/// A tree and a server that it trusts.
fn healthy(arguments: &[&str]) -> (Host, Server) {
    let ca = root();
    let server = openssl(&Identity::of(&ca.leaf("localhost")), arguments);
    (trusting(ca), server)
}

/// An RSA key and its certificate, for servers whose ciphers need one.
fn rsa(ca: &support::Ca, bits: u32) -> Identity {
    Identity::of(&ca.leaf_by_openssl("localhost", &format!("rsa:{bits}"), "sha256", ""))
}

#[test]
fn a_server_that_all_programs_accept_is_healthy() {
    let (host, server) = healthy(&["-www"]);
    let report = concludes(&host, server.port, &[], "healthy");
    assert_eq!(report["version"], "TLS 1.3");
    assert_eq!(report["certificates"].as_array().unwrap().len(), 1);
    let steps: Vec<&str> = report["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["step"].as_str().unwrap())
        .collect();
    assert_eq!(
        steps,
        [
            "resolve",
            "connect",
            "handshake",
            "certificates",
            "name",
            "validity",
            "trust"
        ]
    );
}

#[test]
fn a_server_of_tls_1_2_is_healthy_with_any_cipher_that_programs_share() {
    for cipher in ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA"] {
        let (host, server) = healthy(&["-tls1_2", "-cipher", cipher]);
        let report = concludes(&host, server.port, &[], "healthy");
        assert_eq!(report["version"], "TLS 1.2", "{cipher}");
    }
}

#[test]
fn both_families_of_a_name_are_tried_and_one_is_enough() {
    let (host, server) = healthy(&["-www"]);
    let run = diagnose(&host, &[&format!("localhost:{}", server.port)]);
    assert_eq!(first(&run)["conclusion"]["code"], "healthy", "{run}");
}

#[test]
fn the_page_for_people_names_the_conclusion_and_a_closed_port_is_told_at_once() {
    let host = Host::empty();
    let target = format!("localhost:{}", free_port());
    host.trustctl(["diagnose", &target])
        .exits(1)
        .says("conclusion: nothing listens on that port [connection-refused]");
}

#[test]
fn a_port_on_which_nobody_listens_is_told() {
    concludes(&Host::empty(), free_port(), &[], "connection-refused");
}

#[test]
fn a_listener_that_takes_no_more_connections_times_out() {
    let full = servers::python(
        "import socket,sys,time\n\
         s=socket.socket(); s.bind(('127.0.0.1',int(sys.argv[1]))); s.listen(0)\n\
         c=[socket.socket() for _ in range(4)]\n\
         [x.setblocking(False) or x.connect_ex(s.getsockname()) for x in c]\n\
         time.sleep(0.2); print('ACCEPT'); time.sleep(30)",
        None,
    );
    concludes(
        &Host::empty(),
        full.port,
        &["--timeout", "1"],
        "connection-timeout",
    );
}

/// Runs trustctl in a network of its own, where only loopback exists and the resolver is what `before` makes it.
fn alone(before: &str, target: &str) -> Value {
    let host = Host::empty();
    let trustctl = host.command(["--format", "json", "diagnose", "--timeout", "3", target]);
    let arguments: Vec<_> = trustctl
        .get_args()
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    let script = format!(
        "ip link set lo up && mount --bind \"$1\" /etc/resolv.conf && mount --bind \"$2\" /etc/nsswitch.conf && {before} shift 2; \"$@\"; code=$?; kill $server 2>/dev/null; exit $code"
    );
    let mut command = Command::new("/usr/bin/unshare");
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap());
    if !nix::unistd::geteuid().is_root() {
        command.args(["--map-root-user"]);
    }
    command.args(["--net", "--mount", "sh", "-c", &script, "sh"]);
    command.arg(host.input(
        "resolv.conf",
        "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
    ));
    command.arg(host.input("nsswitch.conf", "hosts: files dns\n"));
    command.arg(trustctl.get_program()).args(arguments);
    let run: Run = output(&mut command).exits(1);
    first(&run)["conclusion"].take()
}

#[test]
fn a_network_without_a_route_is_told() {
    let conclusion = alone("", "192.0.2.1:443");
    assert_eq!(conclusion["code"], "network-unreachable", "{conclusion:#}");
}

#[test]
fn a_name_that_does_not_exist_is_told_from_a_resolver_that_does_not_answer() {
    // Answers every question with "no such name" (RFC 1035 §4.1.1, RCODE 3).
    let server = "python3 -c \"
import socket
s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.bind(('127.0.0.1',53))
while True:
    q,a=s.recvfrom(512); s.sendto(q[:2]+bytes([0x81,0x83])+q[4:6]+bytes(6)+q[12:],a)
\" >/dev/null 2>&1 & server=$!; for _ in $(seq 100); do grep -q :0035 /proc/self/net/udp && break; sleep 0.1; done;";
    let conclusion = alone(server, "no-such-host.example:443");
    assert_eq!(conclusion["code"], "name-unknown", "{conclusion:#}");
    let conclusion = alone("", "no-such-host.example:443");
    assert_eq!(conclusion["code"], "resolver-failed", "{conclusion:#}");
}

#[test]
fn an_address_that_routing_forbids_is_a_failed_connection() {
    let conclusion = alone("ip route add prohibit 192.0.2.0/24;", "192.0.2.1:443");
    assert_eq!(conclusion["code"], "connection-failed", "{conclusion:#}");
}

/// Diagnoses a target through a proxy.
fn through(host: &Host, proxy: u16, target: u16) -> Value {
    let run = diagnose(
        host,
        &[
            "--proxy",
            &format!("http://me:secret@127.0.0.1:{proxy}"),
            &format!("localhost:{target}"),
        ],
    );
    run.never_says("secret");
    let run = diagnose(
        host,
        &[
            "--proxy",
            &format!("http://me:secret@127.0.0.1:{proxy}"),
            &format!("localhost:{target}"),
        ],
    );
    first(&run)
}

/// A proxy that lets everything through that brings the right credentials.
fn proxy() -> Server {
    raw(|mut stream| {
        let request = String::from_utf8_lossy(&read_some(&mut stream)).into_owned();
        if !request.contains("Proxy-Authorization: Basic bWU6c2VjcmV0\r\n") {
            let _ = stream.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
            return;
        }
        let port = request
            .split([':', ' '])
            .find_map(|word| word.parse().ok())
            .unwrap();
        let _ = stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n");
        tunnel(stream, port);
    })
}

#[test]
fn a_proxy_that_lets_through_is_no_obstacle() {
    let (host, server) = healthy(&["-www"]);
    let proxy = proxy();
    let report = through(&host, proxy.port, server.port);
    assert_eq!(report["conclusion"]["code"], "healthy", "{report:#}");
    assert_eq!(report["proxy"], format!("http://127.0.0.1:{}", proxy.port));
}

#[test]
fn what_a_proxy_says_no_with_is_told_apart() {
    for (answer, code) in [
        (
            &b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"[..],
            "proxy-authentication",
        ),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "proxy-refused"),
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", "proxy-refused"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "proxy-not-http"),
        (b"", "proxy-not-http"),
    ] {
        let server = answering(answer);
        let report = through(&Host::empty(), server.port, 1);
        assert_eq!(report["conclusion"]["code"], code, "{report:#}");
    }
    let report = through(&Host::empty(), free_port(), 1);
    assert_eq!(
        report["conclusion"]["code"], "proxy-unreachable",
        "{report:#}"
    );
}

#[test]
fn the_environments_proxy_is_taken_and_its_exceptions_are_kept() {
    let closed = format!("http://127.0.0.1:{}", free_port());
    let host = Host::empty();
    let run = |exceptions: &str| {
        let mut command = host.command([
            "--format",
            "json",
            "diagnose",
            "--timeout",
            "1",
            "proxy-test.invalid:1",
        ]);
        output(
            command
                .env("https_proxy", &closed)
                .env("no_proxy", exceptions),
        )
    };
    assert_eq!(first(&run(""))["conclusion"]["code"], "proxy-unreachable");
    let (host, server) = healthy(&["-www"]);
    let mut command = host.command([
        "--format",
        "json",
        "diagnose",
        &format!("127.0.0.1:{}", server.port),
    ]);
    assert_ne!(
        first(&output(command.env("https_proxy", &closed)))["conclusion"]["code"],
        "proxy-unreachable"
    );
}

/// What is heard, and what is said then.
type Dialogue = &'static [(&'static [u8], &'static [u8])];

const DIALOGUES: &[(&str, Dialogue)] = &[
    (
        "smtp",
        &[
            (b"", b"220-mail.example\r\n220 ESMTP\r\n"),
            (
                b"EHLO trustctl.invalid\r\n",
                b"250-mail.example\r\n250-SIZE 1000\r\n250 STARTTLS\r\n",
            ),
            (b"STARTTLS\r\n", b"220 go ahead\r\n"),
        ],
    ),
    (
        "imap",
        &[
            (b"", b"* OK ready\r\n"),
            (b"a1 STARTTLS\r\n", b"* note\r\na1 OK begin\r\n"),
        ],
    ),
    (
        "pop3",
        &[(b"", b"+OK ready\r\n"), (b"STLS\r\n", b"+OK begin\r\n")],
    ),
    ("postgres", &[(&[0, 0, 0, 8, 4, 210, 22, 47], b"S")]),
    (
        "ldap",
        &[(
            b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037",
            b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00",
        )],
    ),
];

#[test]
fn every_starttls_dialogue_ends_in_a_handshake() {
    let (host, server) = healthy(&[]);
    for (kind, dialogue) in DIALOGUES {
        let front = after(dialogue, server.port);
        let report = concludes(&host, front.port, &["--starttls", kind], "healthy");
        assert_eq!(report["steps"][2]["step"], "starttls", "{kind}");
    }
}

#[test]
fn a_service_that_refuses_tls_is_told_from_one_that_speaks_something_else() {
    for (kind, said, code) in [
        ("postgres", &b"N"[..], "starttls-refused"),
        ("postgres", b"H", "starttls-unexpected"),
        (
            "ldap",
            b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00",
            "starttls-refused",
        ),
        (
            "ldap",
            b"HTTP/1.1 400 Bad Request\r\n",
            "starttls-unexpected",
        ),
    ] {
        let server = answering(said);
        concludes(&Host::empty(), server.port, &["--starttls", kind], code);
    }
    let greets = |greeting: &'static [u8]| {
        raw(move |mut stream| {
            let _ = stream.write_all(greeting);
            read_some(&mut stream);
            let _ = stream.write_all(b"250 mail.example\r\n");
            drain(&mut stream);
        })
    };
    concludes(
        &Host::empty(),
        greets(b"220 mail ESMTP\r\n").port,
        &["--starttls", "smtp"],
        "starttls-refused",
    );
    concludes(
        &Host::empty(),
        greets(b"* OK ready\r\n").port,
        &["--starttls", "pop3"],
        "starttls-unexpected",
    );
    concludes(
        &Host::empty(),
        greets(b"554 go away\r\n").port,
        &["--starttls", "smtp"],
        "starttls-refused",
    );
    let silent = raw(|mut stream| drain(&mut stream));
    concludes(
        &Host::empty(),
        silent.port,
        &["--starttls", "imap", "--timeout", "1"],
        "starttls-unexpected",
    );
}

#[test]
fn plain_protocols_are_told_by_what_they_say() {
    for (said, code) in [
        (
            &b"HTTP/1.1 400 Bad Request\r\nDate: x\r\n\r\n"[..],
            "plain-http",
        ),
        (b"220 mail.example ESMTP\r\n", "starttls-needed"),
        (b"* OK IMAP4rev1\r\n", "starttls-needed"),
        (b"+OK POP3\r\n", "starttls-needed"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "other-protocol"),
        (b"220 (vsFTPd 3.0.3)\r\n", "other-protocol"),
        (b"\x00\x01\x02\x03hello", "not-tls"),
    ] {
        let server = answering(said);
        concludes(&Host::empty(), server.port, &[], code);
    }
}

#[test]
fn pythons_own_http_server_is_recognised() {
    let server = servers::python(
        "import http.server,sys\ns=http.server.HTTPServer(('127.0.0.1',int(sys.argv[1])),http.server.SimpleHTTPRequestHandler)\nprint('ACCEPT')\ns.serve_forever()",
        None,
    );
    concludes(&Host::empty(), server.port, &[], "plain-http");
}

#[test]
fn an_http_server_that_only_closes_on_a_handshake_is_recognised_by_asking_it() {
    let server = raw(|mut stream| {
        if read_some(&mut stream).starts_with(b"GET ") {
            let _ = stream.write_all(b"HTTP/1.0 200 OK\r\n\r\n");
        }
    });
    concludes(&Host::empty(), server.port, &[], "plain-http");
}

#[test]
fn silence_slowness_and_a_closed_connection_are_told_apart() {
    let silent = raw(|mut stream| drain(&mut stream));
    concludes(&Host::empty(), silent.port, &["--timeout", "1"], "silent");
    let slow = raw(|mut stream| {
        for byte in [22, 3, 3, 0, 80, 2, 0, 0, 76] {
            if stream.write_all(&[byte]).is_err() {
                return;
            }
            thread::sleep(Duration::from_millis(300));
        }
        drain(&mut stream);
    });
    concludes(&Host::empty(), slow.port, &["--timeout", "1"], "too-slow");
    let closed = raw(|mut stream| drop(read_some(&mut stream)));
    concludes(&Host::empty(), closed.port, &[], "closed");
}

/// Lets only handshakes through whose first bytes lack the name.
fn filter(port: u16, answer: &'static [u8]) -> Server {
    raw(move |mut stream| {
        let hello = read_some(&mut stream);
        if hello.windows(9).any(|window| window == b"localhost") {
            let _ = stream.write_all(answer);
            return;
        }
        tunnel_after(&hello, stream, port);
    })
}

#[test]
fn a_filter_that_looks_at_the_name_is_found_by_leaving_it_out() {
    let (host, server) = healthy(&["-tls1_2"]);
    concludes(&host, filter(server.port, b"").port, &[], "name-filtered");
    concludes(
        &host,
        filter(server.port, &[21, 3, 3, 0, 2, 2, 40]).port,
        &[],
        "name-not-served",
    );
}

#[test]
fn a_server_that_does_not_serve_the_name_is_told() {
    let ca = root();
    let other = ca.leaf("other.example");
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = (folder.path().join("c"), folder.path().join("k"));
    std::fs::write(&cert, &other.pem).unwrap();
    std::fs::write(&key, &other.key).unwrap();
    let (cert, key) = (cert.to_str().unwrap(), key.to_str().unwrap());
    let arguments = [
        "-servername",
        "other.example",
        "-servername_fatal",
        "-cert2",
        cert,
        "-key2",
        key,
    ];
    let server = openssl(&Identity::of(&ca.leaf("localhost")), &arguments);
    concludes(&trusting(ca), server.port, &[], "name-not-served");
}

#[test]
fn servers_of_old_versions_only_are_told_with_their_versions() {
    for (version, shown) in [("-tls1", "TLS 1.0"), ("-tls1_1", "TLS 1.1")] {
        let (host, server) = healthy(&[version, "-cipher", "DEFAULT@SECLEVEL=0"]);
        let report = concludes(&host, server.port, &[], "protocol-too-old");
        let evidence = report["conclusion"]["evidence"].as_str().unwrap();
        assert!(
            evidence.contains(&format!("accepts {shown} and nothing later")),
            "{evidence}"
        );
    }
    concludes(
        &Host::empty(),
        answering(alert(70)).port,
        &[],
        "protocol-too-old",
    );
}

#[test]
fn ciphers_that_nobody_or_only_some_accept_are_told() {
    let ca = root();
    let (nothing, exchange) = (rsa(&ca, 2048), rsa(&ca, 2048));
    let host = trusting(ca);
    let server = openssl(&nothing, &["-tls1_2", "-cipher", "NULL-SHA256@SECLEVEL=0"]);
    concludes(&host, server.port, &[], "no-common-cipher");
    let server = openssl(&exchange, &["-tls1_2", "-cipher", "AES128-SHA256"]);
    let report = concludes(&host, server.port, &[], "old-cipher");
    assert_eq!(report["suite"], "TLS_RSA_WITH_AES_128_CBC_SHA256");
    // An EC certificate with a cipher that needs RSA: the server can agree to nothing.
    let (host, server) = healthy(&["-tls1_2", "-cipher", "AES128-SHA256"]);
    concludes(&host, server.port, &[], "handshake-refused");
}

#[test]
fn a_server_that_requires_a_client_certificate_is_told_in_every_version() {
    for version in ["-tls1_3", "-tls1_2"] {
        let (host, server) = healthy(&[version, "-Verify", "1", "-verify_return_error"]);
        let report = concludes(&host, server.port, &[], "client-certificate-required");
        assert_eq!(report["client_certificate"], true, "{version}");
    }
}

#[test]
fn a_server_that_asks_for_a_client_certificate_and_goes_on_is_healthy() {
    let (host, server) = healthy(&["-verify", "1", "-www"]);
    let report = concludes(&host, server.port, &[], "healthy");
    assert!(
        report["notes"][0]
            .as_str()
            .unwrap()
            .contains("goes on without one"),
        "{report:#}"
    );
}

#[test]
fn alerts_are_told_by_number() {
    for (number, code) in [
        (40, "handshake-refused"),
        (42, "client-certificate-refused"),
        (48, "client-certificate-refused"),
        (71, "no-common-cipher"),
        (80, "server-fault"),
        (86, "alert"),
        (109, "alert"),
        (112, "name-not-served"),
        (116, "client-certificate-required"),
        (120, "alert"),
    ] {
        let report = concludes(&Host::empty(), answering(alert(number)).port, &[], code);
        let evidence = report["conclusion"]["evidence"].as_str().unwrap();
        assert!(evidence.contains(&format!("alert {number}")), "{evidence}");
    }
}

/// TLS 1.2 by the book (RFC 5246), but for an empty list of certificates.
fn without_certificate() -> Vec<u8> {
    let mut hello = vec![2, 0, 0, 38, 3, 3];
    hello.extend([7; 32]);
    hello.extend([0, 0xc0, 0x2f, 0]);
    let mut exchange = vec![12, 0, 0, 44, 3, 0, 29, 32];
    exchange.extend([9; 32]);
    exchange.extend([8, 4, 0, 4, 1, 2, 3, 4]);
    let messages = [
        hello,
        vec![11, 0, 0, 3, 0, 0, 0],
        exchange,
        vec![14, 0, 0, 0],
    ];
    let records = messages.iter().flat_map(|message| {
        let mut record = vec![22, 3, 3, 0, message.len() as u8];
        record.extend(message);
        record
    });
    records.collect()
}

#[test]
fn a_server_without_a_certificate_is_told() {
    concludes(
        &Host::empty(),
        answering(without_certificate()).port,
        &[],
        "no-certificate",
    );
}

#[test]
fn the_chain_is_written_as_it_was_sent_and_never_over_a_file() {
    let ca = root();
    let leaf = ca.leaf("localhost");
    let server = openssl(&Identity::with(&leaf, &[&ca]), &[]);
    let host = trusting(ca);
    let target = format!("localhost:{}", server.port);
    diagnose(
        &host,
        &[
            "--save-chain",
            "chain.pem",
            "--connect",
            "127.0.0.1",
            &target,
        ],
    )
    .exits(0);
    let saved = host.beside_text("chain.pem");
    assert_eq!(saved.matches("BEGIN CERTIFICATE").count(), 2);
    let strip = |text: &str| text.replace(['\r', '\n'], "");
    assert!(strip(&saved).starts_with(&strip(&leaf.pem)));
    diagnose(
        &host,
        &[
            "--save-chain",
            "chain.pem",
            "--connect",
            "127.0.0.1",
            &target,
        ],
    )
    .exits(2)
    .says("chain.pem");
    diagnose(&host, &["--save-chain", "more.pem", &target, &target])
        .exits(2)
        .says("one target");
}

#[test]
fn what_is_no_target_is_refused_as_usage() {
    let host = Host::empty();
    for target in ["http://localhost/", "a..b", "localhost:0", "b\u{1b}[31m"] {
        let run = host.trustctl(["diagnose", target]).exits(2);
        assert!(!run.stderr.contains('\u{1b}'), "{run}");
    }
}
