//! `diagnose` of a healthy server against one `openssl s_client` to the same, and `diagnose go` of a go.mod with thirty
//! modules behind a proxy: wall time, in turns, the median of each. Both read the same store, all is on loopback. Ends
//! with 1 above a limit.

#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark starts servers and clients of its own"
)]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "as in tests")]

use std::fs;
use std::io::{BufRead, BufReader, copy};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use support::{Ca, Host, PATH};

/// Wall time of the whole against the peer's.
const LIMIT: f64 = 2.5;
/// Seconds of `diagnose go`.
const GO_LIMIT: f64 = 3.0;
/// How often each is run.
const RUNS: usize = 41;

fn main() -> ExitCode {
    let root = Ca::new("Bench Root");
    let leaf = root.leaf("localhost");
    let host = Host::of_this_machine()
        .local("bench.crt", root.pem())
        .settled();
    let mut server = serve(&host, &leaf);
    let (port, handshakes) = counted(server.port);
    let target = format!("localhost:{port}");

    let ours = || host.command(["diagnose", "--connect", "127.0.0.1", &target]);
    let bundle = host.certs().join("ca-certificates.crt");
    let peer = || {
        let mut client = Command::new("/usr/bin/openssl");
        client.env_clear().env("PATH", PATH);
        client.args(["s_client", "-connect", &format!("127.0.0.1:{port}")]);
        client.args(["-servername", "localhost", "-verify_hostname", "localhost"]);
        client.args(["-verify_return_error", "-no-CApath", "-CAfile"]);
        client.arg(&bundle);
        client
    };
    let handshakes_of = |command: Command| {
        let before = handshakes.load(Ordering::Relaxed);
        (wall(command), handshakes.load(Ordering::Relaxed) - before)
    };
    let (mut first, mut second, mut count) = (Vec::new(), Vec::new(), 0);
    for _ in 0..RUNS {
        first.push(handshakes_of(peer()).0);
        let (taken, handshakes) = handshakes_of(ours());
        second.push(taken);
        count = handshakes;
    }
    let (peer, ours) = (median(first), median(second));
    let ratio = ours.as_secs_f64() / peer.as_secs_f64();
    println!("openssl s_client {peer:?}, trustctl diagnose {ours:?} with {count} handshakes");
    println!("ratio {ratio:.2} (at most {LIMIT})");
    let go = median((0..RUNS / 4).map(|_| wall(of_go(&host, port))).collect());
    println!("trustctl diagnose go, thirty modules: {go:?} (at most {GO_LIMIT} s)");
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    ExitCode::from(u8::from(ratio > LIMIT || go.as_secs_f64() > GO_LIMIT))
}

/// `diagnose go` in a folder with a go.mod of thirty modules, behind a module proxy on this port and, after it, each
/// from a host of its own, where nobody listens.
fn of_go(host: &Host, port: u16) -> Command {
    let modules: String = (0..30)
        .map(|at| format!("\tgit{at}.corp.example/team/module v1.{at}.0\n"))
        .collect();
    let folder = host.input(
        "module/go.mod",
        format!("module m\n\nrequire (\n{modules})\n"),
    );
    let mut command = host.command(["diagnose", "--connect", "127.0.0.1", "go"]);
    command.current_dir(folder.parent().unwrap());
    command.env("HOME", "/root");
    command.env("GOPROXY", format!("https://localhost:{port},direct"));
    command.env("GOSUMDB", "off");
    command
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn wall(mut command: Command) -> Duration {
    command.stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let started = Instant::now();
    let status = command.status().unwrap();
    let taken = started.elapsed();
    assert!(
        status.code().is_some_and(|code| code < 2),
        "{command:?}: {status}"
    );
    taken
}

struct Server {
    port: u16,
    child: Child,
}

/// `openssl s_server` with this certificate.
fn serve(host: &Host, leaf: &support::Leaf) -> Server {
    let file = host.input("server.pem", format!("{}{}", leaf.key, leaf.pem));
    assert!(fs::metadata(&file).unwrap().len() > 0);
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let mut command = Command::new("/usr/bin/openssl");
    command.env_clear().env("PATH", PATH);
    command.args(["s_server", "-www", "-accept", &format!("127.0.0.1:{port}")]);
    command.arg("-cert").arg(file);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command.stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().starts_with("ACCEPT")));
    thread::spawn(move || lines.for_each(drop));
    Server { port, child }
}

/// Lets everything through to a port, and counts the connections.
fn counted(port: u16) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let front = listener.local_addr().unwrap().port();
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            counter.fetch_add(1, Ordering::Relaxed);
            let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
            let (back, forth) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || pass(client, server));
            thread::spawn(move || pass(forth, back));
        }
    });
    (front, count)
}

fn pass(mut from: TcpStream, mut to: TcpStream) {
    // Either side may be gone; the other is told.
    let _ = copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}
