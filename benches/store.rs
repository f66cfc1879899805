//! Speed and size of what people wait for, compared with its peers in one run: CPU time of whole processes with all
//! they start (`getrusage(2)`), the least of some runs each. Ends with 1 when a target is missed.

#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark acts on trees of its own"
)]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "as in tests")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use support::{Ca, Host, PATH, output};

/// How often each is run; the least counts, since whatever else the machine does can only add.
const RUNS: usize = 15;
/// MiB that `check` may need for 100,000 certificates.
const MEMORY: u64 = 160;

fn main() -> ExitCode {
    // First, since the peak of memory is that of all programs so far.
    let mut targets = check_many();
    let host = Host::of_this_machine();
    let settled = host.trustctl(["refresh", "--yes"]);
    assert!(settled.ok(), "{settled}");
    let count = host.bundle_certs().len();
    println!("a store of {count} vendor certificates, CPU time, the least of {RUNS} runs\n");
    targets.extend(list(&host));
    targets.extend(add(&host));
    targets.extend(start());
    let missed = targets.iter().filter(|target| !target.is_met()).count();
    println!();
    for target in &targets {
        println!("{target}");
    }
    ExitCode::from(u8::from(missed > 0))
}

/// A ratio that is not to be exceeded.
struct Target {
    what: &'static str,
    ratio: f64,
    limit: f64,
}

impl Target {
    fn new(what: &'static str, ours: Duration, theirs: Duration, limit: f64) -> Target {
        let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
        Target { what, ratio, limit }
    }

    fn is_met(&self) -> bool {
        self.ratio <= self.limit
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Target { what, ratio, limit } = self;
        let word = if self.is_met() { "met" } else { "MISSED" };
        write!(f, "{word:6}  {ratio:7.4} (at most {limit:.4})  {what}")
    }
}

fn list(host: &Host) -> Vec<Target> {
    let bundle = host.certs().join("ca-certificates.crt");
    let ours = least("trustctl list", &|| host.command(["list"]));
    let json = least("trustctl list --format json", &|| {
        host.command(["list", "--format", "json"])
    });
    // The loop takes seconds: one run tells enough.
    let openssl = cpu(&mut openssl_loop(&bundle));
    println!("{:>10.1} ms  shell loop of `openssl x509`", millis(openssl));
    let mut targets = vec![
        Target::new(
            "`list` against a loop of `openssl x509`",
            ours,
            openssl,
            1.0 / 50.0,
        ),
        Target::new(
            "`list --format json` against the same",
            json,
            openssl,
            1.0 / 50.0,
        ),
    ];
    match go_program(host) {
        Some(program) => {
            let go = least("Go program with crypto/x509", &|| {
                plain(&program, &[&bundle])
            });
            targets.push(Target::new("`list` against a Go program", ours, go, 0.9));
        }
        None => println!("(no Go here: put it on the path, or run `make testbed`)"),
    }
    targets
}

/// What a program takes that does next to nothing.
fn start() -> Vec<Target> {
    let nothing = least("/bin/true", &|| plain(Path::new("/bin/true"), &[]));
    let empty = Host::empty();
    let list = least("trustctl list of an empty tree", &|| {
        empty.command(["list"])
    });
    let version = least("trustctl --version", &|| empty.command(["--version"]));
    vec![
        Target::new("`--version` against `/bin/true`", version, nothing, 3.0),
        Target::new(
            "`list` of an empty tree against the same",
            list,
            nothing,
            3.0,
        ),
    ]
}

/// What administrators do without a tool for it.
fn openssl_loop(bundle: &Path) -> Command {
    let text = r#"awk '/BEGIN CERT/ { c = "openssl x509 -noout -subject -issuer -enddate -fingerprint -sha256" }
        c { print | c } /END CERT/ { close(c); c = "" }' "$0""#;
    plain(
        Path::new("/bin/sh"),
        &[Path::new("-c"), Path::new(text), bundle],
    )
}

fn add(host: &Host) -> Vec<Target> {
    let new = host.input("new.crt", Ca::new("New").pem());
    let name = new.to_str().unwrap();
    let script = script_adds(host, &new);
    let before = host.trustctl(["remove", "new.crt"]);
    assert!(!before.ok(), "it is not there yet");
    let ours = least("trustctl add", &|| {
        host.trustctl(["remove", "new.crt"]);
        host.command(["add", "--yes", name])
    });
    let again = least("trustctl add of what is there", &|| {
        host.command(["add", "--yes", name])
    });
    vec![
        Target::new("`add` against the bare script", ours, script, 0.15),
        Target::new(
            "`add` of what is there against the bare script",
            again,
            script,
            1.0 / 20.0,
        ),
    ]
}

/// The same file put in place and the bare script run, each time on a fresh copy of the settled tree.
fn script_adds(host: &Host, new: &Path) -> Duration {
    let root = host.beside("bare");
    let update = |root: &Path| {
        let option =
            |name: &str, path: &str| [name.to_string(), root.join(path).display().to_string()];
        let mut script = plain(Path::new("/usr/sbin/update-ca-certificates"), &[]);
        script.args(option("--certsconf", "etc/ca-certificates.conf"));
        script.args(option("--certsdir", "usr/share/ca-certificates"));
        script.args(option("--localcertsdir", "usr/local/share/ca-certificates"));
        script.args(option("--etccertsdir", "etc/ssl/certs"));
        script.args(option("--hooksdir", "none"));
        script
    };
    copy(host.root(), &root);
    fs::remove_dir_all(root.join("etc/ssl/certs")).unwrap();
    fs::create_dir(root.join("etc/ssl/certs")).unwrap();
    assert!(
        update(&root)
            .arg("--fresh")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap()
            .success()
    );
    let local = root.join("usr/local/share/ca-certificates/new.crt");
    least("update-ca-certificates", &|| {
        let _ = fs::remove_file(&local);
        assert!(
            update(&root)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .unwrap()
                .success()
        );
        let link = root.join("etc/ssl/certs/new.pem");
        let _ = fs::remove_file(link);
        fs::copy(new, &local).unwrap();
        update(&root)
    })
}

/// 100,000 certificates in one file, with the limits raised.
fn check_many() -> Vec<Target> {
    let host = Host::of_this_machine();
    let all = vendor_certificates(&host);
    let (mut text, mut number) = (String::new(), 0);
    for pem in all.iter().cycle().take(100_000) {
        number += 1;
        let _ = write!(text, "# {number}\n{pem}");
    }
    let bundle = host.input("many.pem", text);
    let config = "[limits]\nfile_bytes = 1073741824\ncertificates_per_file = 100000\n";
    let config = host.input("config.toml", config);
    let mut command = host.command([
        "--config",
        config.to_str().unwrap(),
        "check",
        bundle.to_str().unwrap(),
    ]);
    let taken = cpu(&mut command);
    let peak = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss() / 1024;
    let size = fs::metadata(&bundle).unwrap().len() >> 20;
    println!(
        "check of 100,000 certificates ({size} MiB): {peak} MiB, {:.0} ms CPU",
        millis(taken)
    );
    let mut targets = vec![Target {
        what: "MiB of memory for `check` of 100,000 certificates",
        ratio: peak as f64,
        limit: MEMORY as f64,
    }];
    if let Some(program) = go_program(&host) {
        let go = cpu(&mut plain(&program, &[&bundle]));
        println!("the same in Go: {:.0} ms CPU", millis(go));
        let what = "`check` of 100,000 certificates against a Go program that parses them";
        targets.push(Target::new(what, taken, go, 1.0));
    }
    targets
}

fn vendor_certificates(host: &Host) -> Vec<String> {
    let folder = host.path("usr/share/ca-certificates");
    let find = output(
        Command::new("/usr/bin/find")
            .arg(folder)
            .args(["-name", "*.crt"]),
    );
    let all: Vec<String> = find
        .stdout
        .lines()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    assert!(all.len() > 50);
    all
}

/// The peer in Go, built with the `go` of this machine or of a distribution root of the tests.
fn go_program(host: &Host) -> Option<PathBuf> {
    let testbed =
        std::env::var_os("TRUSTCTL_TESTBED").map_or_else(|| "target/testbed".into(), PathBuf::from);
    let ours = testbed.join("bookworm/usr/lib/go-1.19/bin/go");
    let go = ["/usr/bin/go".into(), "/usr/local/go/bin/go".into(), ours];
    let go: PathBuf = go.into_iter().find(|path: &PathBuf| path.exists())?;
    let (source, program) = (
        Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/store.go"),
        host.beside("peer"),
    );
    let mut build = plain(&fs::canonicalize(go).unwrap(), &[]);
    build
        .env("HOME", host.beside(""))
        .env("GO111MODULE", "off")
        .env("CGO_ENABLED", "0");
    let built = output(build.arg("build").arg("-o").arg(&program).arg(source));
    assert!(built.ok(), "{built}");
    Some(program)
}

fn plain(program: &Path, arguments: &[&Path]) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", PATH).args(arguments);
    command
}

fn copy(from: &Path, to: &Path) {
    let copied = output(Command::new("/bin/cp").arg("-a").arg(from).arg(to));
    assert!(copied.ok(), "{copied}");
}

/// The least CPU time of some runs; `command` also prepares each.
fn least(name: &str, command: &dyn Fn() -> Command) -> Duration {
    let times = (0..RUNS).map(|_| cpu(&mut command()));
    let least = times.min().unwrap();
    println!("{:>10.1} ms  {name}", millis(least));
    least
}

/// CPU time of one run with all that it starts and waits for.
fn cpu(command: &mut Command) -> Duration {
    let before = children();
    let status = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .stdin(Stdio::null())
        .status()
        .unwrap();
    let taken = children().checked_sub(before).unwrap();
    assert!(
        status.code().is_some_and(|code| code < 2),
        "{command:?}: {status}"
    );
    taken
}

fn children() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    [usage.user_time(), usage.system_time()]
        .iter()
        .map(|time| Duration::new(time.tv_sec() as u64, time.tv_usec() as u32 * 1000))
        .sum()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
