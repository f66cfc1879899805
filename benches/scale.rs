//! What grows with the store: CPU time, wall time and peak memory of commands at 142 vendor certificates and more and
//! more local ones, beside the bare script on the same tree, and the exponent from size to size. Ends with 1 when a
//! limit is missed.
//!
//! `TRUSTCTL_SIZES=0,1000` has it look at these sizes only.

#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark acts on trees of its own"
)]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "as in tests")]

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, KeyUsagePurpose};
use support::{Host, PATH, output, trustctl};

const SIZES: [usize; 4] = [0, 1000, 5000, 20_000];
/// The bare script takes minutes with more.
const SCRIPT_AT_MOST: usize = 5000;
/// How often each command is run; the least counts.
const RUNS: usize = 3;
const LOCAL: &str = "usr/local/share/ca-certificates";
/// Makes the program run the rest of its arguments and print what they took.
const MEASURE: &str = "--measure";

/// What a run took.
#[derive(Clone, Copy, Debug)]
struct Taken {
    cpu: f64,
    wall: f64,
    mib: f64,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [word, command @ ..] = arguments.as_slice()
        && word == MEASURE
    {
        return measured(command);
    }
    let sizes: Vec<usize> = match std::env::var("TRUSTCTL_SIZES") {
        Ok(text) => text.split(',').map(|size| size.parse().unwrap()).collect(),
        Err(_) => SIZES.to_vec(),
    };
    let mut rows: BTreeMap<&str, Vec<(usize, Taken)>> = BTreeMap::new();
    println!(
        "{:>6}  {:<34} {:>9} {:>9} {:>7}",
        "local", "", "CPU s", "wall s", "MiB"
    );
    // Removed at the end: ext4 takes its time to make files where others have just been removed.
    let mut hosts = Vec::new();
    for size in sizes {
        for (what, taken) in of_size(size, &mut hosts) {
            let Taken { cpu, wall, mib } = taken;
            println!("{size:>6}  {what:<34} {cpu:>9.3} {wall:>9.3} {mib:>7.0}");
            rows.entry(what).or_default().push((size, taken));
        }
    }
    exponents(&rows);
    ExitCode::from(u8::from(!limits(&rows)))
}

/// Runs a command; its CPU time and memory are those of all that it waits for.
fn measured(command: &[String]) -> ExitCode {
    let started = Instant::now();
    let mut child = Command::new(&command[0]);
    child.env_clear().env("PATH", PATH).args(&command[1..]);
    child.stdin(Stdio::null()).stdout(Stdio::null());
    let status = child.status().unwrap();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let times = [usage.user_time(), usage.system_time()];
    let cpu: f64 = times
        .iter()
        .map(|t| t.tv_sec() as f64 + t.tv_usec() as f64 / 1e6)
        .sum();
    let wall = started.elapsed().as_secs_f64();
    println!("{cpu} {wall} {}", usage.max_rss() as f64 / 1024.0);
    ExitCode::from(u8::from(status.code().is_none_or(|code| code >= 2)))
}

fn taken(command: &[impl AsRef<OsStr>]) -> Taken {
    let mut again = Command::new(std::env::current_exe().unwrap());
    let run = output(again.arg(MEASURE).args(command)).exits(0);
    let numbers: Vec<f64> = run
        .stdout
        .split_whitespace()
        .map(|n| n.parse().unwrap())
        .collect();
    let [cpu, wall, mib] = numbers[..] else {
        panic!("{run}")
    };
    Taken { cpu, wall, mib }
}

fn least(runs: usize, mut command: impl FnMut() -> Taken) -> Taken {
    let all: Vec<Taken> = (0..runs).map(|_| command()).collect();
    let of = |what: fn(&Taken) -> f64| all.iter().map(what).fold(f64::MAX, f64::min);
    Taken {
        cpu: of(|t| t.cpu),
        wall: of(|t| t.wall),
        mib: of(|t| t.mib),
    }
}

fn of_size(size: usize, hosts: &mut Vec<Host>) -> Vec<(&'static str, Taken)> {
    let maker = Maker::new();
    let host = Host::of_this_machine();
    maker.settle(&host);
    let root = host.root().to_str().unwrap().to_string();
    let program = trustctl();
    let program = program.to_str().unwrap();
    let run = |words: &[&str]| taken(&[&[program, "--root", &root], words].concat());
    let new = host.input("new.crt", maker.pem("New"));
    let add = ["add", "--yes", new.to_str().unwrap()];
    // The first change is rehearsed whole, which takes the script minutes in a large store: it comes before that grows.
    run(&add);
    run(&["remove", "new.crt"]);
    maker.grow(&host, size);
    let first = run(&add);
    let mut removed = vec![run(&["remove", "new.crt"])];
    let mut rows = vec![
        ("trustctl list", least(RUNS, || run(&["list"]))),
        (
            "trustctl show",
            least(RUNS, || run(&["show", "ISRG_Root_X1.crt"])),
        ),
        ("trustctl audit", least(1, || run(&["audit"]))),
        ("trustctl add, the first", first),
    ];
    let added = least(RUNS, || {
        let taken = run(&add);
        removed.push(run(&["remove", "new.crt"]));
        taken
    });
    let removed = least(removed.len(), || removed.pop().unwrap());
    rows.push(("trustctl add", added));
    rows.push(("trustctl remove", removed));
    rows.push((
        "trustctl refresh, nothing to do",
        least(RUNS, || run(&["refresh"])),
    ));
    run(&add);
    rows.push(("trustctl rollback", run(&["rollback"])));
    if size <= SCRIPT_AT_MOST {
        let copied = bare(&host, "bare");
        fs::copy(&new, copied.join(LOCAL).join("new.crt")).unwrap();
        rows.push(("update-ca-certificates", taken(&script(&copied))));
    }
    if size > 0 && size <= SCRIPT_AT_MOST {
        let (other, of_folder) = of_folder(&maker, &host, &new);
        rows.extend(of_folder);
        hosts.push(other);
    }
    hosts.push(host);
    rows
}

/// Adding a folder of certificates to a store that has none, and the same with `cp` and the bare script.
fn of_folder(maker: &Maker, host: &Host, new: &Path) -> (Host, [(&'static str, Taken); 2]) {
    let (program, folder) = (trustctl(), host.beside("many"));
    copy(&host.path(LOCAL), &folder);
    let other = Host::of_this_machine();
    maker.settle(&other);
    let add = |what: &Path| {
        let words = [
            program.as_path(),
            Path::new("--root"),
            other.root(),
            Path::new("add"),
        ];
        let words = words.into_iter().chain([Path::new("--yes"), what]);
        taken(&words.map(|word| word.to_str().unwrap()).collect::<Vec<_>>())
    };
    let copied = bare(&other, "bare");
    let into = copied.join(LOCAL);
    let cp = format!("cp {}/* {}", folder.display(), into.display());
    let text = format!("{cp} && {}", script(&copied).join(" "));
    let by_hand = taken(&["/bin/sh", "-c", &text]);
    add(new);
    let rows = [
        ("trustctl add DIR", add(&folder)),
        ("cp and update-ca-certificates", by_hand),
    ];
    (other, rows)
}

fn copy(from: &Path, to: &Path) {
    output(Command::new("/bin/cp").arg("-a").arg(from).arg(to)).exits(0);
}

/// A copy of the tree, its links leading to the names in the copy.
fn bare(host: &Host, name: &str) -> PathBuf {
    let root = host.beside(name);
    copy(host.root(), &root);
    let certs = root.join("etc/ssl/certs");
    for entry in fs::read_dir(&certs).unwrap() {
        let path = entry.unwrap().path();
        let Ok(target) = fs::read_link(&path) else {
            continue;
        };
        if let Ok(target) = target.strip_prefix("/") {
            fs::remove_file(&path).unwrap();
            symlink(root.join(target), &path).unwrap();
        }
    }
    root
}

/// The words that run the bare script on a tree.
fn script(root: &Path) -> Vec<String> {
    let mut words = vec!["/usr/sbin/update-ca-certificates".to_string()];
    for (option, path) in [
        ("--certsconf", "etc/ca-certificates.conf"),
        ("--certsdir", "usr/share/ca-certificates"),
        ("--localcertsdir", LOCAL),
        ("--etccertsdir", "etc/ssl/certs"),
    ] {
        words.extend([option.to_string(), root.join(path).display().to_string()]);
    }
    words.extend(["--hooksdir", "none"].map(String::from));
    words
}

/// Makes many certificates fast: one key, many names.
struct Maker(KeyPair);

impl Maker {
    fn new() -> Maker {
        Maker(KeyPair::generate().unwrap())
    }

    fn pem(&self, name: &str) -> String {
        let mut params = CertificateParams::default();
        params
            .distinguished_name
            .push(DnType::OrganizationName, "Scale");
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.self_signed(&self.0).unwrap().pem()
    }

    /// Builds the store, as the script would.
    fn settle(&self, host: &Host) {
        self.grow(host, 0);
    }

    /// Adds local certificates and builds the store anew, as the script would, in a fraction of its time.
    fn grow(&self, host: &Host, count: usize) {
        for number in 0..count {
            let name = format!("scale-{number:05}.crt");
            host.write(
                format!("{LOCAL}/{name}"),
                self.pem(&format!("Scale {number:05}")),
            );
        }
        fs::remove_dir_all(host.certs()).unwrap();
        fs::create_dir(host.certs()).unwrap();
        let mut stages = (1..).map(|number| host.beside(&format!("stage-{number}")));
        let stage = stages.find(|path| !path.exists()).unwrap();
        fs::create_dir(&stage).unwrap();
        let mut bundle = Vec::new();
        for source in sources(host) {
            let stem = source.file_stem().unwrap().to_str().unwrap();
            let link = stem.replace([' ', ','], "_").replace(['(', ')'], "=") + ".pem";
            host.link(format!("etc/ssl/certs/{link}"), source.to_str().unwrap());
            symlink(host.path(&source), stage.join(link)).unwrap();
            bundle.extend(fs::read(host.path(&source)).unwrap());
        }
        host.write("etc/ssl/certs/ca-certificates.crt", bundle);
        output(Command::new("/usr/bin/openssl").arg("rehash").arg(&stage)).exits(0);
        for entry in fs::read_dir(&stage).unwrap() {
            let path = entry.unwrap().path();
            let target = fs::read_link(&path).unwrap();
            if target.is_relative() {
                symlink(target, host.certs().join(path.file_name().unwrap())).unwrap();
            }
        }
        host.trustctl(["refresh"]).exits(0).says("nothing");
    }
}

/// The sources in the script's order, by their names inside the tree.
fn sources(host: &Host) -> Vec<PathBuf> {
    let conf = host.text("etc/ca-certificates.conf");
    let vendor = conf
        .lines()
        .map(|line| Path::new("/usr/share/ca-certificates").join(line));
    let local = fs::read_dir(host.path(LOCAL)).unwrap();
    let mut local: Vec<PathBuf> = local
        .map(|entry| Path::new("/").join(LOCAL).join(entry.unwrap().file_name()))
        .collect();
    local.sort();
    vendor.chain(local).collect()
}

fn exponents(rows: &BTreeMap<&str, Vec<(usize, Taken)>>) {
    println!();
    for (what, of) in rows {
        for two in of.windows(2).filter(|two| two[0].0 > 0) {
            let [(small, one), (large, other)] = two else {
                continue;
            };
            let growth = (*large as f64 / *small as f64).ln();
            let exponent = (other.cpu / one.cpu).ln() / growth;
            println!("{what}: {small} to {large}: exponent {exponent:.2}");
        }
    }
}

/// The limits of what people wait for; tells whether all are met.
fn limits(rows: &BTreeMap<&str, Vec<(usize, Taken)>>) -> bool {
    let at = |what: &str, size: usize| {
        let of = rows.get(what)?.iter().find(|(at, _)| *at == size)?;
        Some(of.1)
    };
    let mut met = true;
    let mut limit = |what: String, value: Option<f64>, most: f64| {
        let Some(value) = value else { return };
        let word = if value <= most { "met" } else { "MISSED" };
        met &= value <= most;
        println!("{word:6}  {value:8.3} (at most {most:.3})  {what}");
    };
    println!();
    for (size, most) in [(0, 0.15), (1000, 0.04), (5000, 0.03)] {
        for what in ["trustctl add", "trustctl remove"] {
            let ours = at(what, size).zip(at("update-ca-certificates", size));
            let cpu = ours.map(|(ours, script)| ours.cpu / script.cpu);
            limit(
                format!("`{what}` with {size} local, CPU against the script"),
                cpu,
                most,
            );
            let wall = ours.map(|(ours, script)| ours.wall / script.wall);
            limit(
                format!("`{what}` with {size} local, wall against the script"),
                wall,
                most,
            );
        }
    }
    let audit = at("trustctl audit", 0).zip(at("update-ca-certificates", 0));
    limit(
        "`audit`, CPU against the script".into(),
        audit.map(|(ours, script)| ours.cpu / script.cpu),
        0.2,
    );
    let many = at("trustctl add DIR", 5000).zip(at("cp and update-ca-certificates", 5000));
    for (what, of) in [
        ("CPU", (|t: Taken| t.cpu) as fn(Taken) -> f64),
        ("wall", |t: Taken| t.wall),
    ] {
        let ratio = many.map(|(ours, script)| of(ours) / of(script));
        limit(
            format!("`add DIR` of 5000, {what} against `cp` and the script"),
            ratio,
            0.15,
        );
    }
    let refresh = at("trustctl refresh, nothing to do", 5000).map(|taken| taken.cpu);
    limit(
        "seconds of `refresh` with nothing to do, 5000 local".into(),
        refresh,
        1.0,
    );
    let grown = at("trustctl add", 1000).zip(at("trustctl add", 20_000));
    let grown = grown.map(|(one, other)| (other.cpu / one.cpu).ln() / 20f64.ln());
    limit("exponent of `add`, 1000 to 20000 local".into(), grown, 1.15);
    let mib = at("trustctl add", 20_000).map(|taken| taken.mib);
    limit("MiB of `add` with 20000 local".into(), mib, 200.0);
    met
}
