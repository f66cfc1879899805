//! `trustctl diagnose`: why a TLS connection fails, step by step, to one cause and a remedy.

mod gather;
mod steps;
mod tools;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::{Context, Outcome, Report};
use crate::error::{Error, Exit, Result};
use crate::probe::observation::Observation;
use crate::probe::proxy::Proxy;
use crate::probe::target::{Starttls, Target};
use crate::probe::{self, Limits, Options};
use crate::rules::diagnosis::codes::Code;
use crate::rules::diagnosis::trust::Judgement;
use crate::rules::diagnosis::{self, Conclusion, Diagnosis};
use crate::system::files;
use gather::Question;
pub use steps::{Sent, State, Step};
pub use tools::{Advice, ToolReport};

/// Arguments of `diagnose`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  trustctl diagnose https://proxy.example.org/     why does this URL fail
  trustctl diagnose --starttls smtp mail.example   a service that begins in clear
  trustctl diagnose go --module-dir .              every host that `go mod tidy` would ask
  trustctl diagnose git https://git.example/r.git  as git would reach it")]
pub struct DiagnoseArgs {
    /// A URL, `HOST[:PORT]`, or one of the tools go, pip, npm, `git [URL]`, apt
    #[arg(value_name = "TARGET", required = true)]
    pub targets: Vec<String>,
    /// Turn to TLS as this protocol does
    #[arg(long, value_name = "PROTOCOL")]
    pub starttls: Option<Starttls>,
    /// Go through this HTTP proxy (default: what the environment names)
    #[arg(long, value_name = "URL", conflicts_with = "no_proxy")]
    pub proxy: Option<String>,
    /// Go through no proxy, whatever the environment says
    #[arg(long)]
    pub no_proxy: bool,
    /// Connect to this address (ADDR or ADDR:PORT) instead of what the name resolves to
    #[arg(long, value_name = "ADDR", conflicts_with = "proxy")]
    pub connect: Option<String>,
    /// A CA certificate: would the server be trusted with it
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Write the certificates that the server sends to a new file
    #[arg(long, value_name = "FILE")]
    pub save_chain: Option<PathBuf>,
    /// The longest any one step may take
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=300))]
    pub timeout: u64,
    /// For `go`: the folder of a go.mod, whose modules' own hosts are looked at too
    #[arg(long, value_name = "DIR")]
    pub module_dir: Option<PathBuf>,
}

/// What `diagnose` reports.
#[derive(Debug, Serialize)]
pub struct DiagnoseReport {
    /// The tool whose hosts were looked at; `null` for targets named directly.
    pub tool: Option<ToolReport>,
    /// The targets, in order.
    pub targets: Vec<TargetReport>,
    /// Programs that could not be asked about, and why.
    pub skipped: Vec<Skipped>,
}

/// A program that could not be asked about.
#[derive(Debug, Serialize)]
pub struct Skipped {
    /// Its profile's name.
    pub consumer: &'static str,
    /// Why.
    pub reason: String,
}

/// One target.
#[derive(Debug, Serialize)]
pub struct TargetReport {
    /// `host:port`.
    pub target: String,
    /// The proxy used, without credentials.
    pub proxy: Option<String>,
    /// What was done and seen.
    pub steps: Vec<Step>,
    /// Agreed version; `null` where none was.
    pub version: Option<String>,
    /// Agreed cipher suite.
    pub suite: Option<String>,
    /// Whether the server asked for a client certificate.
    pub client_certificate: bool,
    /// What the server sent.
    pub certificates: Vec<Sent>,
    /// What each program says.
    pub trust: Vec<Judgement>,
    /// The server's clock, where it was asked for.
    pub server_time: Option<crate::cert::Time>,
    /// What it comes to.
    pub conclusion: Conclusion,
    /// What else is worth knowing.
    pub notes: Vec<String>,
}

/// Every program with a profile of its own.
const CONSUMERS: [&str; 9] = [
    "openssl",
    "curl",
    "gnutls",
    "go",
    "python",
    "python-strict",
    "java",
    "node",
    "webpki-rs",
];

/// What is to be looked at, and how it is to be judged.
struct Plan {
    tool: Option<ToolReport>,
    targets: Vec<Target>,
    consumers: Vec<&'static str>,
    own_file: Option<(PathBuf, String)>,
    proxy: Option<String>,
}

/// Runs `diagnose`.
pub fn run(context: &Context, arguments: &DiagnoseArgs) -> anyhow::Result<Outcome> {
    let plan = plan(context, arguments)?;
    let candidates = match &arguments.ca {
        Some(path) => gather::candidates(context, path)?,
        None => Vec::new(),
    };
    if arguments.save_chain.is_some() && plan.targets.len() != 1 {
        return Err(Error::new(
            "`--save-chain` writes the certificates of one target, not of several",
        )
        .into());
    }
    let seen = observe(context, arguments, &plan)?;
    let facts = gather::facts(
        context,
        Question {
            consumers: &plan.consumers,
            own_file: plan.own_file,
            candidates,
        },
    );
    let all = diagnosis::conclude(&seen, &facts);
    if let (Some(path), Some(seen)) = (&arguments.save_chain, seen.first()) {
        save(context, path, seen)?;
    }
    let skipped = facts
        .skipped
        .into_iter()
        .map(|(consumer, reason)| Skipped { consumer, reason });
    Ok(outcome(DiagnoseReport {
        tool: plan.tool,
        targets: seen
            .iter()
            .zip(all)
            .map(|(seen, diagnosis)| target(seen, diagnosis))
            .collect(),
        skipped: skipped.collect(),
    }))
}

fn outcome(report: DiagnoseReport) -> Outcome {
    let healthy = report
        .targets
        .iter()
        .all(|target| target.conclusion.code == Code::Healthy);
    let exit = if healthy { Exit::Done } else { Exit::No };
    Outcome::done(Report::Diagnose(report)).exit(exit)
}

fn plan(context: &Context, arguments: &DiagnoseArgs) -> Result<Plan> {
    if let Some(plan) = tools::plan(context, arguments)? {
        return Ok(plan);
    }
    let targets = arguments
        .targets
        .iter()
        .map(|text| Target::parse(text, arguments.starttls));
    Ok(Plan {
        tool: None,
        targets: targets.collect::<Result<_>>()?,
        consumers: CONSUMERS.to_vec(),
        own_file: None,
        proxy: None,
    })
}

/// Looks at every target, one after the other.
fn observe(context: &Context, arguments: &DiagnoseArgs, plan: &Plan) -> Result<Vec<Observation>> {
    let address = arguments.connect.as_deref().map(address).transpose()?;
    let limits = Limits::within(Duration::from_secs(arguments.timeout));
    let look = |target: &Target| {
        let proxy = match (&arguments.proxy, &plan.proxy) {
            _ if arguments.no_proxy || address.is_some() => None,
            (Some(told), _) | (None, Some(told)) => Some(Proxy::parse(told)?),
            (None, None) => Proxy::from_environment(target, |name| context.variable(name))?,
        };
        let options = Options {
            proxy,
            address,
            limits,
            now: context.now,
        };
        (context.progress)(&format!("looking at {target}"));
        Ok(probe::observe(target.clone(), &options))
    };
    plan.targets.iter().map(look).collect()
}

/// `ADDR` or `ADDR:PORT`; port 0 stands for the target's.
fn address(text: &str) -> Result<SocketAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let read = text.parse::<SocketAddr>().ok();
    let read = read.or_else(|| {
        bare.parse::<IpAddr>()
            .ok()
            .map(|address| SocketAddr::new(address, 0))
    });
    read.ok_or_else(|| {
        Error::new(format!("`{text}` is no address"))
            .hint("write `--connect 192.0.2.1` or `--connect [2001:db8::1]:8443`")
    })
}

fn save(context: &Context, path: &std::path::Path, seen: &Observation) -> Result<()> {
    let chain = probe::chain(seen);
    if chain.is_empty() {
        let message = format!(
            "cannot write `{}`: the server sent no certificate that can be read",
            path.display()
        );
        return Err(Error::new(message).exit(Exit::No));
    }
    let text: String = chain.iter().map(crate::cert::Certificate::to_pem).collect();
    files::create(&context.absolute(path), text.as_bytes(), 0o644)?;
    Ok(())
}

fn target(seen: &Observation, diagnosis: Diagnosis) -> TargetReport {
    let handshake = seen.handshake.as_ref();
    let hello = seen.hellos.iter().find(|hello| hello.is_accepted());
    let version = handshake
        .and_then(|found| found.version)
        .or_else(|| hello.and_then(|hello| hello.version));
    let suite = hello.and_then(|hello| hello.suite).map(probe::suites::name);
    TargetReport {
        target: seen.target.to_string(),
        proxy: seen.proxy.clone(),
        steps: steps::steps(seen, &diagnosis),
        version: version.map(|version| version.to_string()),
        suite: handshake.and_then(|found| found.suite.clone()).or(suite),
        client_certificate: handshake.is_some_and(|found| found.client_certificate.is_some())
            || hello.is_some_and(|hello| hello.wants_certificate),
        certificates: steps::sent(seen),
        trust: diagnosis.judgements,
        server_time: seen.date,
        conclusion: diagnosis.conclusion,
        notes: diagnosis.notes,
    }
}
