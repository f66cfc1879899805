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
use crate::error::{Error, ErrorKind, Exit, Result};
use crate::probe::observation::Observation;
use crate::probe::proxy::Proxy;
use crate::probe::target::{Starttls, Target};
use crate::probe::{self, Limits, Options};
use crate::programs::hellos::{self, Offer};
use crate::programs::messages;
use crate::programs::no_proxy::NoProxy;
use crate::rules::diagnosis::codes::Code;
use crate::rules::diagnosis::facts::Facts;
use crate::rules::diagnosis::programs::Program;
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

/// A message of a program.
#[derive(Debug, Serialize)]
pub struct Message {
    /// The tool or program.
    pub program: &'static str,
    /// What is the same in its message everywhere.
    pub text: &'static str,
}

/// The words in which this conclusion shows: the tool's own, or those of each program that does not connect.
fn messages(tool: Option<&'static str>, diagnosis: &Diagnosis) -> Vec<Message> {
    let code = diagnosis.conclusion.code.as_str();
    let failing = diagnosis.programs.iter();
    let failing = failing.filter(|program| program.connects == Some(false));
    let mut programs: Vec<&'static str> = match tool {
        Some(tool) => vec![tool],
        None => failing.map(|program| program.consumer).collect(),
    };
    programs.dedup();
    // Node.js has another message where more than the server's own certificate is sent.
    let is_lone = diagnosis.chain.len() == 1 || code != "unknown-issuer";
    let says = |program| {
        let text = messages::says(program, code)
            .filter(|_| is_lone || !matches!(program, "node" | "npm"))?;
        Some(Message { program, text })
    };
    programs.into_iter().filter_map(says).collect()
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
    /// Which programs connect: the handshake and the certificates together.
    pub programs: Vec<Program>,
    /// What was agreed on: the group of the key exchange.
    pub group: Option<String>,
    /// What was agreed on: the signature with which the server proves its key.
    pub signature: Option<String>,
    /// What each program says of the certificates.
    pub trust: Vec<Judgement>,
    /// The server's clock, where it was asked for.
    pub server_time: Option<crate::cert::Time>,
    /// What it comes to.
    pub conclusion: Conclusion,
    /// What the tool, or each program that does not connect, says of it in its own words.
    pub messages: Vec<Message>,
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
    /// How the tool reads `NO_PROXY`, where that is known.
    rule: Option<NoProxy>,
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
        .kind(ErrorKind::Usage)
        .into());
    }
    let facts = gather::facts(
        context,
        Question {
            consumers: &plan.consumers,
            own_file: plan.own_file.clone(),
            candidates,
        },
    );
    let seen = observe(context, arguments, &plan, &offers(&facts))?;
    let all = diagnosis::conclude(&seen, &facts);
    if let (Some(path), Some(seen)) = (&arguments.save_chain, seen.first()) {
        save(context, path, seen)?;
    }
    let tool = plan.tool.as_ref().map(|tool| tool.tool);
    let is_told = arguments.no_proxy || arguments.proxy.is_some() || arguments.connect.is_some();
    let skipped = facts
        .skipped
        .into_iter()
        .map(|(consumer, reason)| Skipped { consumer, reason });
    Ok(outcome(DiagnoseReport {
        tool: plan.tool,
        targets: seen
            .iter()
            .zip(all)
            .map(|(seen, diagnosis)| {
                let mut report = target(seen, diagnosis, tool);
                if plan.rule.is_none() && plan.proxy.is_none() && !is_told {
                    let note = Proxy::disagreement(&seen.target, |name| context.variable(name));
                    report.notes.extend(note);
                }
                report
            })
            .collect(),
        skipped: skipped.collect(),
    }))
}

fn outcome(report: DiagnoseReport) -> Outcome {
    let healthy = report
        .targets
        .iter()
        .all(|target| target.conclusion.code == Code::Healthy);
    let exit = if healthy { Exit::Done } else { Exit::Findings };
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
        rule: None,
    })
}

/// The hellos of all programs asked about, each once.
fn offers(facts: &Facts) -> Vec<&'static Offer> {
    let mut offers: Vec<&'static Offer> = Vec::new();
    for offer in facts.readers.iter().flat_map(|reader| &reader.offers) {
        if !offers.contains(offer) {
            offers.push(offer);
        }
    }
    offers
}

/// Looks at every target, one after the other.
fn observe(
    context: &Context,
    arguments: &DiagnoseArgs,
    plan: &Plan,
    offers: &[&'static Offer],
) -> Result<Vec<Observation>> {
    let address = arguments.connect.as_deref().map(address).transpose()?;
    let limits = Limits::within(Duration::from_secs(arguments.timeout));
    let look = |target: &Target| {
        let proxy = match (&arguments.proxy, &plan.proxy) {
            _ if arguments.no_proxy || address.is_some() => None,
            (Some(told), _) | (None, Some(told)) => Some(Proxy::parse(told)?),
            (None, None) => match plan.rule {
                Some(rule) => Proxy::of_program(target, |name| context.variable(name), rule)?,
                None => Proxy::from_environment(target, |name| context.variable(name))?,
            },
        };
        let options = Options {
            proxy,
            address,
            limits,
            now: context.now,
            offers: offers.to_vec(),
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
            .kind(ErrorKind::Usage)
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
        return Err(Error::new(message)
            .kind(ErrorKind::Network)
            .exit(Exit::Findings));
    }
    let text: String = chain.iter().map(crate::cert::Certificate::to_pem).collect();
    files::create(&context.absolute(path), text.as_bytes(), 0o644)?;
    Ok(())
}

fn target(seen: &Observation, diagnosis: Diagnosis, tool: Option<&'static str>) -> TargetReport {
    let messages = messages(tool, &diagnosis);
    let handshake = seen.handshake.as_ref();
    let mut hellos = seen.hellos.iter().chain(&seen.rows);
    let hello = hellos.find(|hello| hello.is_accepted());
    let agreed = handshake
        .and_then(|found| found.agreement)
        .or_else(|| hello.and_then(super::super::probe::observation::Hello::agreement));
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
        programs: diagnosis.programs,
        group: agreed.and_then(|one| one.group).map(hellos::group),
        signature: agreed.and_then(|one| one.scheme).map(hellos::scheme),
        trust: diagnosis.judgements,
        server_time: seen.date,
        messages,
        conclusion: diagnosis.conclusion,
        notes: diagnosis.notes,
    }
}
