//! `report` of 10,000 hosts, 300 MB of JSON in all: processor time and peak memory, and of a tenth of them, to see that both
//! grow no faster than the fleet. Ends with 1 above a limit.

#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark writes files of its own and starts the program"
)]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "as in tests")]

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use serde_json::{Value, json};
use tempfile::TempDir;

const HOSTS: usize = 10_000;
/// Bytes of one report, about.
const SIZE: usize = 30_000;
/// Seconds of processor time for all.
const SECONDS: f64 = 60.0;
/// Peak memory for all, in MiB.
const MEMORY: i64 = 512;
/// All may take so many times what a tenth takes, and no more.
const GROWTH: f64 = 13.0;

fn main() -> ExitCode {
    let folder = TempDir::with_prefix("trustctl-bench-fleet-").unwrap();
    let (small, whole) = (folder.path().join("small"), folder.path().join("whole"));
    let bytes = write(&whole, HOSTS);
    write(&small, HOSTS / 10);
    println!("{HOSTS} reports, {} MB", bytes / 1_000_000);
    let mut ok = true;
    for format in ["json", "html"] {
        let (little, _) = run(&small, format);
        let (much, peak) = run(&whole, format);
        let growth = much / little.max(0.01);
        println!(
            "{format}: {much:.2} s CPU, {peak} MiB peak; a tenth of the hosts: {little:.2} s; {growth:.1} times"
        );
        ok &= much <= SECONDS && peak <= MEMORY && growth <= GROWTH;
    }
    println!("limits: {SECONDS} s, {MEMORY} MiB, {GROWTH} times");
    if ok {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Processor time in seconds and peak memory in MiB of one call. The peak is that of the largest child yet, so the small
/// fleet must come first.
fn run(folder: &Path, format: &str) -> (f64, i64) {
    let used = || {
        let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
        let time = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
        (time as f64 / 1e6, usage.max_rss() / 1024)
    };
    let before = used().0;
    let mut report = Command::new(env!("CARGO_BIN_EXE_trustctl"));
    report.env_clear().args(["--format", format, "report"]);
    let status = report.arg(folder).stdout(Stdio::null()).status().unwrap();
    assert!(status.success());
    let (after, peak) = used();
    (after - before, peak)
}

fn write(folder: &Path, hosts: usize) -> usize {
    std::fs::create_dir(folder).unwrap();
    let mut bytes = 0;
    for host in 0..hosts {
        let text = report(host).to_string();
        bytes += text.len();
        std::fs::write(folder.join(format!("host{host}.audit.json")), text).unwrap();
    }
    bytes
}

/// The audit of one host: most have the same three CAs, some have one of their own; every finding names the host.
fn report(host: usize) -> Value {
    let ca = |n: usize| {
        json!({"sha256": format!("{n:064x}"), "subject": format!("CN=Corp CA {n}, O=Example Corp"),
            "issuer": format!("CN=Corp CA {}, O=Example Corp", n / 2), "not_before": "2020-01-01T00:00:00Z",
            "not_after": "2030-01-01T00:00:00Z", "file": format!("/usr/local/share/ca-certificates/{n}.crt")})
    };
    let mut cas: Vec<Value> = (1..=3).map(ca).collect();
    if host.is_multiple_of(50) {
        cas.push(ca(1000 + host));
    }
    let finding = |n: usize| {
        let severity = ["note", "warning", "error"][n % 3];
        json!({"rule": format!("rule-{n}"), "family": "files", "severity": severity,
            "title": "something that is not as it should be", "reference": "trustctl-rules(7)",
            "subject": {"path": format!("/home/user{host}/.config/tool{n}/settings"), "line": n, "sha256": null, "name": null},
            "evidence": format!("`verify = false` in a file of host {host}: {}", "x".repeat(200)),
            "remedy": "delete the setting, and add the CA with `trustctl add`"})
    };
    let mut findings = Vec::new();
    let mut size = 0;
    while size < SIZE {
        let one = finding(findings.len() % 60);
        size += one.to_string().len();
        findings.push(one);
    }
    json!({"schema": 1, "trustctl": "0.1.0", "command": "audit", "report": {
        "time": "2026-11-01T00:00:00Z", "host": {"name": format!("host{host}"), "release": format!("Debian {}", 11 + host % 3)},
        "openssl": {"package": "libssl3", "version": format!("3.0.{}", host % 20), "upstream": null},
        "local": cas, "deselected": [], "findings": findings}})
}
