//! Servers that mean harm: every one of them ends in a clear conclusion, in bounded time and memory.

use std::io::Write;
use std::net::TcpStream;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use rcgen::SanType;
use serde_json::Value;
use support::Host;
use support::output;
use support::{Ca, Dates};

use crate::diagnose::{first, root, trusting};
use support::servers::{Identity, Server, openssl, raw, read_some};

/// What a diagnosis with a step limit of two seconds may take.
const TIME: Duration = Duration::from_secs(9);
/// Peak memory in KiB, a debug build's own 20 MiB included.
const MEMORY: u64 = 64 << 10;

/// Diagnoses, and expects the end within bounds of time and memory.
#[track_caller]
fn bounded(host: &Host, server: &Server, code: &str) -> Value {
    bounded_with(host, server, &["--connect", "127.0.0.1"], code)
}

/// The same with these arguments.
#[track_caller]
fn bounded_with(host: &Host, server: &Server, arguments: &[&str], code: &str) -> Value {
    let target = format!("localhost:{}", server.port);
    let common = ["--format", "json", "diagnose", "--timeout", "2"];
    let plain = host.command(common.iter().chain(arguments).chain([&&*target]));
    let mut command = Command::new("/bin/sh");
    command.env_clear().env("PATH", support::PATH).args([
        "-c",
        "\"$@\"; code=$?; grep VmHWM /proc/$$/status >&2; exit $code",
        "sh",
    ]);
    command
        .args(["/usr/bin/python3", "-c", MEASURE])
        .arg(plain.get_program())
        .args(plain.get_args());
    let started = Instant::now();
    let run = output(&mut command);
    assert!(started.elapsed() < TIME, "{:?}", started.elapsed());
    let peak = run
        .stderr
        .lines()
        .find_map(|line| line.strip_prefix("peak "))
        .and_then(|kib| kib.parse::<u64>().ok());
    assert!(
        peak.is_some_and(|peak| peak < MEMORY),
        "{peak:?} KiB; {run}"
    );
    let report = first(&run);
    assert_eq!(report["conclusion"]["code"], code, "{report:#}");
    report
}

/// Runs a program and tells its peak memory.
const MEASURE: &str = "import resource,subprocess,sys\n\
    code=subprocess.call(sys.argv[1:])\n\
    print('peak',resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss,file=sys.stderr)\n\
    sys.exit(code)";

fn flood(stream: &mut TcpStream, piece: &[u8]) {
    while stream.write_all(piece).is_ok() {}
}

#[test]
fn a_handshake_without_an_end_is_cut_off() {
    // Empty HelloRequests, for ever.
    let server = raw(|mut stream| {
        read_some(&mut stream);
        flood(&mut stream, &[22, 3, 3, 0, 4, 0, 0, 0, 0].repeat(500));
    });
    bounded(&Host::empty(), &server, "malformed-tls");
}

#[test]
fn sixteen_megabytes_of_certificates_are_not_read() {
    // TLS 1.2 with a Certificate message that announces, and brings, 16 MB.
    let server = raw(|mut stream| {
        read_some(&mut stream);
        let mut hello = vec![22, 3, 3, 0, 42, 2, 0, 0, 38, 3, 3];
        hello.extend([7; 32]);
        hello.extend([0, 0xc0, 0x2f, 0]);
        let mut first = hello.clone();
        first.extend([22, 3, 3, 0, 7, 11, 0xff, 0xff, 0xfc, 0xff, 0xff, 0xf9]);
        let _ = stream.write_all(&first);
        let mut record = vec![22, 3, 3, 0x40, 0];
        record.extend(vec![0x30; 16 << 10]);
        flood(&mut stream, &record);
    });
    bounded(&Host::empty(), &server, "handshake-too-large");
}

#[test]
fn services_and_proxies_that_never_stop_talking_are_cut_off() {
    let talks = |text: &'static [u8]| raw(move |mut stream| flood(&mut stream, &text.repeat(1000)));
    let host = Host::empty();
    let starttls = |kind| ["--connect", "127.0.0.1", "--starttls", kind];
    let smtp = talks(b"220-more\r\n");
    bounded_with(&host, &smtp, &starttls("smtp"), "starttls-unexpected");
    let imap = talks(b"* more\r\n");
    bounded_with(&host, &imap, &starttls("imap"), "starttls-unexpected");
    let line = talks(b"220 without an end of line ");
    bounded_with(&host, &line, &starttls("smtp"), "starttls-unexpected");
    let proxy = talks(b"HTTP/1.1 200 OK\r\nX: more\r\n");
    let url = format!("http://127.0.0.1:{}", proxy.port);
    bounded_with(&host, &proxy, &["--proxy", &url], "proxy-not-http");
}

#[test]
fn one_byte_per_second_is_not_waited_for() {
    let server = raw(|mut stream| {
        read_some(&mut stream);
        for byte in [22, 3, 3, 0x40, 0, 2, 0, 0, 38].iter().chain(&[7; 60]) {
            if stream.write_all(&[*byte]).is_err() {
                return;
            }
            thread::sleep(Duration::from_secs(1));
        }
    });
    bounded(&Host::empty(), &server, "too-slow");
}

#[test]
fn ten_thousand_names_are_too_large_for_any_client_and_are_counted_all_the_same() {
    let ca = root();
    let leaf = ca.leaf_with("localhost", Dates::default(), |params| {
        for n in 0..9_999 {
            let name = format!("host-{n}.example.org");
            params
                .subject_alt_names
                .push(SanType::DnsName(name.as_str().try_into().unwrap()));
        }
    });
    let server = openssl(&Identity::of(&leaf), &[]);
    let report = bounded(&trusting(ca), &server, "handshake-too-large");
    assert_eq!(report["certificates"][0]["name_count"], 10_000);
    assert_eq!(
        report["certificates"][0]["names"].as_array().unwrap().len(),
        20
    );
}

/// What a terminal would act on, or not show.
fn is_raw(c: char) -> bool {
    (c.is_control() && c != '\n') || ['\u{202e}', '\u{200b}'].contains(&c)
}

/// Diagnoses within bounds, and expects that nothing raw reaches the terminal.
#[track_caller]
fn escaped(host: &Host, server: &Server, code: &str, text: &str) {
    bounded(host, server, code);
    let target = format!("localhost:{}", server.port);
    for format in ["human", "json"] {
        let arguments = ["--format", format, "diagnose", "--connect", "127.0.0.1"];
        let run = host.trustctl(arguments.iter().copied().chain([&*target]));
        assert!(!run.stdout.chars().any(is_raw), "{run}");
        assert!(run.has(text), "{run}");
    }
}

#[test]
fn control_characters_in_names_never_reach_the_terminal() {
    let evil = "evil\u{1b}[31m\u{202e}\u{7}\u{200b}Root";
    let ca = Ca::new(evil);
    let server = openssl(&Identity::with(&ca.leaf("localhost"), &[&ca]), &[]);
    escaped(&trusting(root()), &server, "private-root", "evil");
}

#[test]
fn greetings_with_control_characters_are_escaped_too() {
    let server = support::servers::answering("\u{1b}]0;owned\u{7}\u{202e}".as_bytes());
    escaped(&Host::empty(), &server, "not-tls", "not-tls");
}

#[test]
fn malformed_records_are_told() {
    for junk in [
        &[22, 3, 3, 0, 4, 99, 0, 0, 0][..],
        &[22, 3, 3, 0, 8, 2, 0, 0, 4, 3, 3, 0, 0],
        &[23, 3, 3, 0, 3, 1, 2, 3],
        &[22, 3, 3, 0xff, 0xff, 1, 2, 3],
        &[21, 3, 3, 0, 1, 2],
    ] {
        bounded(
            &Host::empty(),
            &support::servers::answering(junk),
            "malformed-tls",
        );
    }
}
