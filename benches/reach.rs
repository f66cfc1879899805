//! What `reach` needs on a large host: 50 users, 200 environments of Python, 20 JDKs. Ends with 1 when it is more than
//! 2 s of CPU time or 100 MiB.

#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark acts on trees of its own"
)]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "as in tests")]

use std::fmt::Write as _;
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use support::{Ca, Host};

const USERS: usize = 50;
const ENVIRONMENTS: usize = 200;
const JDKS: usize = 20;
/// Milliseconds of CPU time, and MiB.
const LIMITS: (f64, i64) = (2000.0, 100);

fn main() -> ExitCode {
    let host = large();
    let before = children();
    let status = host
        .command(["--format", "json", "reach", "corp"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(1));
    let taken = children().saturating_sub(before).as_secs_f64() * 1000.0;
    let run = host.trustctl(["--format", "json", "reach", "corp"]);
    let rows = run.report()["rows"].as_array().unwrap().len();
    assert!(rows >= USERS + ENVIRONMENTS + JDKS, "{rows}");
    let peak = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss() / 1024;
    println!(
        "reach on {USERS} users, {ENVIRONMENTS} environments, {JDKS} JDKs: {rows} rows, {taken:.0} ms CPU, {peak} MiB"
    );
    ExitCode::from(u8::from(taken > LIMITS.0 || peak > LIMITS.1))
}

fn large() -> Host {
    let host = Host::of_this_machine().local("corp.crt", Ca::new("Corp").pem());
    let host = host.settled();
    let bundle = host.text("etc/ssl/certs/ca-certificates.crt");
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/nss");
    let database = std::fs::read(format!("{fixtures}/ff140.db")).unwrap();
    let mut passwd = "root:x:0:0:root:/root:/bin/bash\n".to_string();
    for user in 0..USERS {
        let _ = writeln!(
            passwd,
            "u{user}:x:{}:{}::/home/u{user}:/bin/bash",
            1000 + user,
            1000 + user
        );
        host.write(format!("home/u{user}/.pki/nssdb/cert9.db"), &database);
    }
    host.write("etc/passwd", passwd);
    for number in 0..ENVIRONMENTS {
        let folder = format!("home/u{}/work/p{number}/.venv", number % USERS);
        host.write(format!("{folder}/pyvenv.cfg"), "home = /usr/bin\n");
        // A few versions, as on a real host.
        let text = format!("# {}\n{bundle}", number % 5);
        host.write(
            format!("{folder}/lib/python3.11/site-packages/certifi/cacert.pem"),
            text,
        );
    }
    let keystore = keystore(&host);
    for number in 0..JDKS {
        host.write(format!("opt/jdk-{number}/lib/security/cacerts"), &keystore);
    }
    host
}

/// The bundle as Java keeps it.
fn keystore(host: &Host) -> Vec<u8> {
    let ders: Vec<Vec<u8>> = pem::parse_many(host.text("etc/ssl/certs/ca-certificates.crt"))
        .unwrap()
        .into_iter()
        .map(pem::Pem::into_contents)
        .collect();
    let mut out = vec![0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2];
    out.extend((ders.len() as u32).to_be_bytes());
    for (number, der) in ders.iter().enumerate() {
        let alias = format!("a{number}");
        out.extend(2_u32.to_be_bytes());
        out.extend((alias.len() as u16).to_be_bytes());
        out.extend(alias.as_bytes());
        out.extend([0; 8]);
        out.extend([0, 5]);
        out.extend(b"X.509");
        out.extend((der.len() as u32).to_be_bytes());
        out.extend(der);
    }
    out.extend([0; 20]);
    out
}

fn children() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    [usage.user_time(), usage.system_time()]
        .iter()
        .map(|time| Duration::new(time.tv_sec() as u64, time.tv_usec() as u32 * 1000))
        .sum()
}
