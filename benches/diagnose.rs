//! `diagnose` of a healthy server against `openssl s_client` to the same one: wall time per handshake, in turns, the
//! median of each. Both read the same store. Ends with 1 above the limit.

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

/// Wall time per handshake against the peer's.
const LIMIT: f64 = 2.0;
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
    let per_handshake = |command: Command| {
        let before = handshakes.load(Ordering::Relaxed);
        let taken = wall(command);
        taken / (handshakes.load(Ordering::Relaxed) - before) as u32
    };
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        first.push(per_handshake(peer()));
        second.push(per_handshake(ours()));
    }
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    let (peer, ours) = (median(first), median(second));
    let ratio = ours.as_secs_f64() / peer.as_secs_f64();
    println!("openssl s_client {peer:?} a handshake, trustctl diagnose {ours:?}");
    println!("ratio {ratio:.2} (at most {LIMIT})");
    ExitCode::from(u8::from(ratio > LIMIT))
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
    assert!(status.success(), "{command:?}: {status}");
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
