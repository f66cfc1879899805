//! Names, connections, proxies, STARTTLS.

use std::io::Write;
use std::process::Command;

use serde_json::Value;
use support::Host;
use support::{Ca, Run, output};

use crate::diagnose::{concludes, diagnose, first, root, trusting};
use support::servers::{
    self, Identity, Server, after, answering, drain, free_port, openssl, raw, read_some, tunnel,
};

/// A tree and a server that it trusts.
pub fn healthy(arguments: &[&str]) -> (Host, Server) {
    let ca = root();
    let server = openssl(&Identity::of(&ca.leaf("localhost")), arguments);
    (trusting(ca), server)
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
            "trust",
            "programs"
        ]
    );
}

#[test]
fn a_server_of_tls_1_2_is_healthy_with_any_cipher_that_programs_share() {
    for (cipher, code) in [
        ("ECDHE-ECDSA-AES128-GCM-SHA256", "healthy"),
        // All but rustls.
        ("ECDHE-ECDSA-AES128-SHA", "old-cipher"),
    ] {
        let (host, server) = healthy(&["-tls1_2", "-cipher", cipher]);
        let report = concludes(&host, server.port, &[], code);
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
pub(super) fn proxy() -> Server {
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
fn the_schemes_of_a_407_decide_what_helps_and_rejected_credentials_differ_from_none() {
    let answer = |schemes: &str| {
        let fields: String = schemes
            .split_whitespace()
            .map(|scheme| format!("Proxy-Authenticate: {scheme}\r\n"))
            .collect();
        answering(format!(
            "HTTP/1.1 407 Proxy Authentication Required\r\n{fields}\r\n"
        ))
    };
    let ask = |proxy: String| {
        let run = diagnose(&Host::empty(), &["--proxy", &proxy, "localhost:1"]);
        let conclusion = first(&run)["conclusion"].take();
        assert_eq!(conclusion["code"], "proxy-authentication", "{conclusion:#}");
        conclusion.to_string()
    };
    let basic = answer("Negotiate Basic");
    let none = ask(format!("http://127.0.0.1:{}", basic.port));
    assert!(
        none.contains("none were sent") && none.contains("negotiate, basic"),
        "{none}"
    );
    let wrong = ask(format!("http://me:secret@127.0.0.1:{}", basic.port));
    assert!(
        wrong.contains("rejects the credentials") && !wrong.contains("secret"),
        "{wrong}"
    );
    let windows = answer("Negotiate NTLM");
    let only = ask(format!("http://me:secret@127.0.0.1:{}", windows.port));
    assert!(
        only.contains("can't work") && only.contains("cntlm"),
        "{only}"
    );
}

#[test]
fn a_proxy_that_is_not_spoken_to_here_is_said_not_to_be_tested() {
    for proxy in [
        "socks5://127.0.0.1:1",
        "socks5h://127.0.0.1",
        "https://p.example:3128",
    ] {
        let run = diagnose(&Host::empty(), &["--proxy", proxy, "localhost:1"]).exits(1);
        let report = first(&run);
        assert_eq!(
            report["conclusion"]["code"], "proxy-not-tested",
            "{report:#}"
        );
        assert!(
            report["proxy"].as_str().unwrap().starts_with(proxy),
            "{report:#}"
        );
        for one in report["programs"].as_array().unwrap() {
            assert!(one["connects"].is_null(), "{one:#}");
        }
        for step in report["steps"].as_array().unwrap() {
            assert_eq!(step["state"], "unknown", "{step:#}");
        }
    }
}

/// A SOCKS 5 proxy without authentication, for one connection at a time (RFC 1928).
const SOCKS: &str = "
import socket, sys, threading
def pump(a, b):
    try:
        while data := a.recv(65536): b.sendall(data)
    finally:
        b.shutdown(socket.SHUT_WR)
listener = socket.create_server(('127.0.0.1', int(sys.argv[1])))
print('ACCEPT')
while True:
    client, _ = listener.accept()
    client.recv(client.recv(2)[1])
    client.sendall(b'\\5\\0')
    kind = client.recv(4)[3]
    host = client.recv(client.recv(1)[0]) if kind == 3 else socket.inet_ntoa(client.recv(4))
    server = socket.create_connection((host, int.from_bytes(client.recv(2), 'big')))
    client.sendall(b'\\5\\0\\0\\1\\0\\0\\0\\0\\0\\0')
    threading.Thread(target=pump, args=(client, server)).start()
    threading.Thread(target=pump, args=(server, client)).start()
";

#[test]
fn what_is_printed_for_a_proxy_that_was_not_tested_tests_it() {
    let ca = Ca::new("Example Corp Root CA");
    let server = openssl(&Identity::of(&ca.leaf("localhost")), &["-www"]);
    let socks = support::servers::python(SOCKS, None);
    let host = Host::empty();
    let (proxy, target) = (
        format!("socks5h://127.0.0.1:{}", socks.port),
        format!("localhost:{}", server.port),
    );
    let run = diagnose(&host, &["--proxy", &proxy, &target]).exits(1);
    let remedy = first(&run)["conclusion"]["remedy"][0]
        .as_str()
        .unwrap()
        .to_string();
    let command = remedy.split('`').nth(1).unwrap();
    assert!(command.starts_with("curl "), "{remedy}");
    let mut shell = Command::new("/bin/sh");
    shell.env_clear().env("PATH", support::PATH);
    shell.env("CURL_CA_BUNDLE", host.input("ca.pem", ca.pem()));
    output(shell.args(["-c", command])).exits(0);
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
    (
        "mysql",
        &[
            (b"", MYSQL_GREETING),
            (
                b"\x20\0\0\x01\x01\x8a\0\0\0\0\0\x01\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
                b"",
            ),
        ],
    ),
    (
        "ftp",
        &[
            (b"", b"220-hello\r\n free text\r\n220 ready\r\n"),
            (b"AUTH TLS\r\n", b"234 begin\r\n"),
        ],
    ),
    (
        "xmpp",
        &[
            (
                b"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='localhost' version='1.0'>",
                b"<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' id='1'><stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>",
            ),
            (
                b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
                b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
            ),
        ],
    ),
    (
        "sieve",
        &[
            (b"", b"\"IMPLEMENTATION\" \"x\"\r\n\"STARTTLS\"\r\nOK \"ready\"\r\n"),
            (b"STARTTLS\r\n", b"OK \"begin\"\r\n"),
        ],
    ),
    (
        "nntp",
        &[
            (b"", b"200 news.example\r\n"),
            (b"STARTTLS\r\n", b"382 begin\r\n"),
        ],
    ),
];

/// What a MySQL server with TLS begins with.
const MYSQL_GREETING: &[u8] =
    b"\x27\0\0\0\x0a8.0.36\0\x01\0\0\0abcdefgh\0\xff\xff\x21\x02\0\xff\xdf\x15\0\0\0\0\0\0\0\0\0\0";

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
        (
            "xmpp",
            b"<stream:stream><stream:features></stream:features>",
            "starttls-refused",
        ),
        (
            "xmpp",
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
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
    for (kind, greeting, code) in [
        (
            "mysql",
            &b"\x09\0\0\0\xff\x6a\x04denied"[..],
            "starttls-refused",
        ),
        ("mysql", b"SSH-2.0-x\r\n", "starttls-unexpected"),
        ("ftp", b"421 too many\r\n", "starttls-refused"),
        ("ftp", b"SSH-2.0-x\r\n", "starttls-unexpected"),
        ("sieve", b"\"SASL\" \"\"\r\nOK\r\n", "starttls-refused"),
        ("sieve", b"* OK\r\n", "starttls-unexpected"),
        ("nntp", b"502 go away\r\n", "starttls-refused"),
    ] {
        concludes(
            &Host::empty(),
            greets(greeting).port,
            &["--starttls", kind],
            code,
        );
    }
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
fn services_that_greet_in_clear_are_named_with_the_command_that_looks_at_them() {
    for (greeting, name, word) in [
        (MYSQL_GREETING, "MySQL", "--starttls mysql"),
        (
            b"220 ftp.example FTP server ready\r\n",
            "FTP",
            "--starttls ftp",
        ),
        (
            b"200 news.example InterNetNews\r\n",
            "NNTP",
            "--starttls nntp",
        ),
        (
            b"\"IMPLEMENTATION\" \"x\"\r\nOK\r\n",
            "ManageSieve",
            "--starttls sieve",
        ),
    ] {
        let server = answering(greeting);
        let report = concludes(&Host::empty(), server.port, &[], "starttls-needed");
        let conclusion = report["conclusion"].to_string();
        assert!(
            conclusion.contains(name) && conclusion.contains(word),
            "{conclusion}"
        );
    }
    let redis = answering(&b"-ERR unknown command\r\n"[..]);
    let report = concludes(&Host::empty(), redis.port, &[], "other-protocol");
    assert!(report["conclusion"].to_string().contains("Redis"));
}

#[test]
fn every_address_of_a_name_is_judged_and_what_differs_is_the_conclusion() {
    let ca = root();
    let good = openssl(&Identity::of(&ca.leaf("two.test")), &["-www"]);
    let bad = Identity::of(&ca.leaf("other.example"));
    let host = trusting(ca);
    let hosts = host.input("hosts", "127.0.0.1 two.test\n127.0.0.2 two.test\n");
    let target = format!("two.test:{}", good.port);
    let ask = || {
        let trustctl = host.command(["--format", "json", "diagnose", &target]);
        let mut command = Command::new("/usr/bin/unshare");
        command.env_clear().env("PATH", support::PATH);
        if !nix::unistd::geteuid().is_root() {
            command.arg("--map-root-user");
        }
        let script = "mount --bind \"$1\" /etc/hosts && shift && exec \"$@\"";
        command.args(["--mount", "sh", "-c", script, "sh"]);
        command.arg(&hosts).arg(trustctl.get_program());
        first(&output(command.args(trustctl.get_args())))
    };
    // The second address is closed: programs go to the first.
    let report = ask();
    assert_eq!(report["conclusion"]["code"], "healthy", "{report:#}");
    let other = servers::on("127.0.0.2", good.port, &bad);
    let report = ask();
    drop(other);
    assert_eq!(report["conclusion"]["code"], "wrong-name", "{report:#}");
    let addresses = report["addresses"].as_array().unwrap();
    assert_eq!(addresses.len(), 1, "{report:#}");
    assert!(addresses[0]["sha256"].is_string(), "{report:#}");
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
