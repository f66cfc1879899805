//! Servers on loopback, one fault each; they end when dropped.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::{Ca, Leaf, PATH};

/// A server that listens on 127.0.0.1.
pub struct Server {
    /// Its port.
    pub port: u16,
    child: Option<Child>,
    folder: Option<TempDir>,
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
        drop(self.folder.take());
    }
}

/// A port on which nobody listens, and that the system gives to nobody who asks for any (32768 to 60999): each test is
/// a process of its own, and has ten ports of its own.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 10_000 + (std::process::id() % 2000) as u16 * 10;
    let mut own = (0..10).map(|_| first + NEXT.fetch_add(1, Ordering::Relaxed) % 10);
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    own.find(is_free).expect("ten ports are in use")
}

/// What a server shows: its certificate, what is sent with it, and its key.
pub struct Identity {
    leaf: String,
    chain: String,
    key: String,
}

impl Identity {
    /// A leaf alone.
    pub fn of(leaf: &Leaf) -> Identity {
        Identity::with(leaf, &[])
    }

    /// A leaf and what is sent behind it.
    pub fn with(leaf: &Leaf, chain: &[&Ca]) -> Identity {
        Identity {
            leaf: leaf.pem.clone(),
            chain: chain.iter().map(|ca| ca.pem()).collect(),
            key: leaf.key.clone(),
        }
    }

    /// PEM texts as they are.
    pub fn raw(leaf: &str, chain: &str, key: &str) -> Identity {
        let [leaf, chain, key] = [leaf, chain, key].map(ToString::to_string);
        Identity { leaf, chain, key }
    }
}

/// `openssl s_server` with these further arguments.
///
/// It has the system give it a port, so that any number of them can run beside each other.
pub fn openssl(identity: &Identity, arguments: &[&str]) -> Server {
    listening("127.0.0.1", 0, identity, arguments)
}

/// The same at another address.
pub fn on(address: &str, port: u16, identity: &Identity) -> Server {
    listening(address, port, identity, &["-www"])
}

fn listening(address: &str, port: u16, identity: &Identity, arguments: &[&str]) -> Server {
    let folder = TempDir::new().unwrap();
    let file = |name: &str, text: &str| -> PathBuf {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let mut command = Command::new("/usr/bin/openssl");
    command
        .env_clear()
        .env("PATH", PATH)
        .current_dir(folder.path());
    command.args(["s_server", "-accept", &format!("{address}:{port}")]);
    command
        .arg("-cert")
        .arg(file("leaf.pem", &identity.leaf))
        .arg("-key")
        .arg(file("key.pem", &identity.key));
    if !identity.chain.is_empty() {
        command
            .arg("-cert_chain")
            .arg(file("chain.pem", &identity.chain));
    }
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let line = await_line(&mut child, "ACCEPT");
    Server {
        port: match line.rsplit(':').next().map(str::parse) {
            Some(Ok(given)) if port == 0 => given,
            _ => port,
        },
        child: Some(child),
        folder: Some(folder),
    }
}

/// `gnutls-serv` with this priority string.
pub fn gnutls(identity: &Identity, priority: &str) -> Server {
    let folder = TempDir::new().unwrap();
    let (chain, key) = (
        folder.path().join("chain.pem"),
        folder.path().join("key.pem"),
    );
    std::fs::write(&chain, format!("{}{}", identity.leaf, identity.chain)).unwrap();
    std::fs::write(&key, &identity.key).unwrap();
    let port = free_port();
    let mut command = Command::new("/usr/bin/gnutls-serv");
    command.env_clear().env("PATH", PATH);
    command.args([
        "--http",
        "--port",
        &port.to_string(),
        "--priority",
        priority,
    ]);
    command.arg("--x509certfile").arg(&chain);
    command.arg("--x509keyfile").arg(&key);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let child = command.spawn().unwrap();
    let is_open = || TcpStream::connect(("127.0.0.1", port)).is_ok();
    let opened = (0..100).any(|_| {
        thread::sleep(Duration::from_millis(50));
        is_open()
    });
    assert!(opened, "`gnutls-serv` did not start");
    Server {
        port,
        child: Some(child),
        folder: Some(folder),
    }
}

/// A Python program that prints `ACCEPT` once it listens on the port that is its first argument.
pub fn python(program: &str, identity: Option<&Identity>) -> Server {
    let folder = TempDir::new().unwrap();
    if let Some(identity) = identity {
        let text = format!("{}{}{}", identity.key, identity.leaf, identity.chain);
        std::fs::write(folder.path().join("server.pem"), text).unwrap();
    }
    let port = free_port();
    let mut command = Command::new("python3");
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .current_dir(folder.path());
    command.args(["-u", "-c", program, &port.to_string()]);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    await_line(&mut child, "ACCEPT");
    Server {
        port,
        child: Some(child),
        folder: Some(folder),
    }
}

/// Waits until the program says so, and for the line; what it says later is read and dropped, so that it never blocks.
fn await_line(child: &mut Child, wanted: &str) -> String {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let found = lines.find_map(|line| line.ok().filter(|line| line.starts_with(wanted)));
    thread::spawn(move || lines.for_each(drop));
    found.expect("the server did not start")
}

/// A server that does with each connection what `serve` does.
pub fn raw(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = Arc::clone(&serve);
            thread::spawn(move || serve(stream));
        }
    });
    Server {
        port,
        child: None,
        folder: None,
    }
}

/// A server that reads what comes first and answers with these bytes.
pub fn answering(bytes: impl Into<Vec<u8>>) -> Server {
    let bytes = bytes.into();
    raw(move |mut stream| {
        read_some(&mut stream);
        let _ = stream.write_all(&bytes);
        let _ = stream.shutdown(Shutdown::Write);
        drain(&mut stream);
    })
}

/// What comes first, of at most 4 KiB.
pub fn read_some(stream: &mut TcpStream) -> Vec<u8> {
    let mut buffer = [0; 4096];
    let count = stream.read(&mut buffer).unwrap_or(0);
    buffer[..count].to_vec()
}

/// Reads to the end, so that closing is no reset.
pub fn drain(stream: &mut TcpStream) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(3)));
    let mut buffer = [0; 4096];
    while matches!(stream.read(&mut buffer), Ok(1..)) {}
}

/// Connects both ends and copies until either ends.
pub fn tunnel(client: TcpStream, port: u16) {
    tunnel_after(b"", client, port);
}

/// The same, these bytes of the client having been taken already.
pub fn tunnel_after(taken: &[u8], client: TcpStream, port: u16) {
    let Ok(mut server) = TcpStream::connect(("127.0.0.1", port)) else {
        return;
    };
    let _ = server.write_all(taken);
    let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
    let (mut from, mut to) = (server, client);
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Both);
}

/// A dialogue before TLS: what is said, and what must be heard before the next is said; then the real server.
pub fn after(dialogue: &'static [(&'static [u8], &'static [u8])], port: u16) -> Server {
    raw(move |mut stream| {
        for (heard, said) in dialogue {
            if !heard.is_empty() {
                let mut buffer = vec![0; heard.len()];
                if stream.read_exact(&mut buffer).is_err() || buffer != *heard {
                    return;
                }
            }
            let _ = stream.write_all(said);
        }
        tunnel(stream, port);
    })
}

/// A fatal alert in its record.
pub fn alert(number: u8) -> Vec<u8> {
    vec![21, 3, 3, 0, 2, 2, number]
}
