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
use crate::cert::{Certificate, Fingerprint};
use crate::error::{Error, ErrorKind, Exit, Result};
use crate::probe::observation::Observation;
use crate::probe::proxy::Proxy;
use crate::probe::target::{Starttls, Target};
use crate::probe::{self, Limits, Options};
use crate::programs::hellos::{self, Offer};
use crate::programs::messages;
use crate::redact;
use crate::rules::diagnosis::codes::Code;
use crate::rules::diagnosis::facts::Facts;
use crate::rules::diagnosis::programs::Program;
use crate::rules::diagnosis::trust::Judgement;
use crate::rules::diagnosis::{self, Conclusion, Diagnosis};
use crate::system::files;
use gather::{Own, Question};
pub use steps::{Sent, State, Step};
pub use tools::{Advice, ToolReport};
use tools::{Asked, Route, Supported, go};

/// Arguments of `diagnose`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  trustctl diagnose https://proxy.example.org/     why does this URL fail
  trustctl diagnose --starttls smtp mail.example   a service that begins in clear
  trustctl diagnose go --module-dir .              every host that `go mod tidy` would ask
  trustctl diagnose git https://git.example/r.git  as git would reach it")]
pub struct DiagnoseArgs {
    /// A URL, `HOST[:PORT]`, or one of the tools go, pip, npm, pnpm, yarn, `git [URL]`, apt, `curl URL`,
    /// `docker [REGISTRY]`, `containerd [REGISTRY]`, cargo, maven, gradle, conda, kubectl
    #[arg(value_name = "TARGET", required = true)]
    pub targets: Vec<String>,
    /// Use STARTTLS for this protocol
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
        Some(tool) if messages::says(tool, code).is_some() => vec![tool],
        _ => failing.map(|program| program.consumer).collect(),
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
    /// The other addresses of the name, where there are more that answer.
    pub addresses: Vec<AddressReport>,
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

/// What another address of the same name comes to.
#[derive(Debug, Serialize)]
pub struct AddressReport {
    /// The address.
    pub address: String,
    /// The conclusion on it.
    pub code: Code,
    /// What was seen that says so.
    pub evidence: String,
    /// SHA-256 of the server's own certificate there.
    pub sha256: Option<Fingerprint>,
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
    targets: Vec<Asked>,
    consumers: Vec<&'static str>,
    /// What was named and is no target, where other targets are.
    unread: Vec<(String, Error)>,
    /// The entries of GOPROXY.
    sequence: Vec<go::Entry>,
    /// What restores work without the mirror that is configured, while it fails.
    meanwhile: Option<(Target, String)>,
}

/// Runs `diagnose`.
pub fn run(context: &Context, arguments: &DiagnoseArgs) -> anyhow::Result<Outcome> {
    let mut plan = plan(context, arguments)?;
    let tool_report = plan.tool.take();
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
    let known = Known::gather(context, &plan, &candidates);
    let seen = observe(context, arguments, &plan, &offers(&known.first.facts))?;
    let (plan_targets, seen) = needed(&plan.targets, seen);
    let (seen, elsewhere): (Vec<Observation>, Vec<Vec<Observation>>) = seen.into_iter().unzip();
    let asked: Vec<diagnosis::Asked<'_>> = plan_targets
        .iter()
        .zip(&seen)
        .map(|(target, seen)| diagnosis::Asked {
            seen,
            facts: known.of(target.own.as_ref()),
            ruling: target.ruling.as_ref(),
        })
        .collect();
    let all = diagnosis::conclude(&asked);
    if let (Some(path), Some(seen)) = (&arguments.save_chain, seen.first()) {
        save(context, path, seen)?;
    }
    let tool = tool_report.as_ref().map(|report| report.tool);
    let is_told = arguments.no_proxy || arguments.proxy.is_some() || arguments.connect.is_some();
    let reported = |(((target, seen), others), mut diagnosis): (
        ((&&Asked, &Observation), &Vec<Observation>),
        Diagnosis,
    )| {
        let facts = known.of(target.own.as_ref());
        let addresses = addresses(target, others, facts, &mut diagnosis);
        let mut report = self::target(seen, diagnosis, tool);
        if target.route == Route::Any && tool.is_none() && !is_told {
            let note = Proxy::disagreement(&seen.target, |name| context.variable(name));
            report.notes.extend(note);
        }
        report.addresses = addresses;
        report
    };
    let mut targets: Vec<TargetReport> = plan_targets
        .iter()
        .zip(&seen)
        .zip(&elsewhere)
        .zip(all)
        .map(reported)
        .collect();
    go_on(&plan, &seen, &mut targets);
    targets.extend(plan.unread.iter().map(|(text, error)| unread(text, error)));
    let skipped = known.first.facts.skipped.iter();
    let skipped = skipped.map(|(consumer, reason)| Skipped {
        consumer,
        reason: reason.clone(),
    });
    let skipped = skipped.collect();
    Ok(outcome(DiagnoseReport {
        tool: tool_report,
        targets,
        skipped,
    }))
}

/// What is known of this host, once for each store of its own that a tool's configuration makes it read.
struct Known<'a> {
    first: Facet<'a>,
    others: Vec<Facet<'a>>,
}

struct Facet<'a> {
    own: Option<&'a Own>,
    facts: Facts,
}

impl<'a> Known<'a> {
    fn gather(context: &Context, plan: &'a Plan, candidates: &[(String, Certificate)]) -> Self {
        let owns = plan.targets.iter().map(|asked| asked.own.as_ref());
        let mut owns: Vec<Option<&Own>> = owns.collect();
        owns.dedup();
        let facet = |own| Facet {
            own,
            facts: gather::facts(
                context,
                &Question {
                    consumers: &plan.consumers,
                    own,
                    candidates,
                },
            ),
        };
        let mut owns = owns.into_iter();
        Self {
            first: facet(owns.next().flatten()),
            others: owns.map(facet).collect(),
        }
    }

    fn of(&self, own: Option<&Own>) -> &Facts {
        let facet = self.others.iter().find(|facet| facet.own == own);
        &facet.unwrap_or(&self.first).facts
    }
}

/// What was seen of a target, and of the other addresses of its name.
type Seen = (Observation, Vec<Observation>);

/// Judges the other addresses; where the first is well and another is not, that is the conclusion.
fn addresses(
    asked: &Asked,
    others: &[Observation],
    facts: &Facts,
    diagnosis: &mut Diagnosis,
) -> Vec<AddressReport> {
    let mut all = Vec::new();
    let mut worse = None;
    for seen in others {
        // Programs try the next address where one does not answer.
        let Some(address) = seen.connected().map(|address| address.to_string()) else {
            continue;
        };
        let ruling = asked.ruling.as_ref();
        let found = diagnosis::conclude(&[diagnosis::Asked {
            seen,
            facts,
            ruling,
        }]);
        let Some(found) = found.into_iter().next() else {
            continue;
        };
        let code = found.conclusion.code;
        if code != diagnosis.conclusion.code {
            diagnosis.notes.push(format!(
                "{address} differs: {} [{}]",
                found.conclusion.evidence,
                code.as_str()
            ));
        }
        all.push(AddressReport {
            address: address.clone(),
            code,
            evidence: found.conclusion.evidence.clone(),
            sha256: seen.certificates().first().map(|der| Fingerprint::of(der)),
        });
        if diagnosis.conclusion.code == Code::Healthy && code != Code::Healthy {
            worse.get_or_insert((address, found));
        }
    }
    if let Some((address, mut found)) = worse {
        found.conclusion.evidence = format!("only at {address}: {}", found.conclusion.evidence);
        found.notes.append(&mut diagnosis.notes);
        *diagnosis = found;
    }
    all
}

/// Without the hosts that another has said are not asked.
fn needed(targets: &[Asked], seen: Vec<Seen>) -> (Vec<&Asked>, Vec<Seen>) {
    let offers = |unless: &Supported| {
        let mut all = seen.iter();
        all.any(|(one, _)| one.target == unless.proxy && one.status == Some(200))
    };
    let kept: Vec<bool> = targets
        .iter()
        .map(|asked| !asked.unless.as_ref().is_some_and(offers))
        .collect();
    let both = targets.iter().zip(seen).zip(kept).filter(|(_, kept)| *kept);
    both.map(|(both, _)| both).unzip()
}

/// What is said beside the remedy where a proxy or mirror of the tool fails.
fn go_on(plan: &Plan, seen: &[Observation], targets: &mut [TargetReport]) {
    let healthy: Vec<bool> = targets
        .iter()
        .map(|one| one.conclusion.code == Code::Healthy)
        .collect();
    let works = |target: &Target| {
        let mut all = seen.iter().zip(&healthy);
        all.any(|(one, healthy)| one.target == *target && *healthy)
    };
    let failing = |(_, report): &(&Observation, &mut TargetReport)| {
        !matches!(
            report.conclusion.code,
            Code::Healthy | Code::VerificationOff
        )
    };
    for (one, report) in seen.iter().zip(targets).filter(failing) {
        let remedy = &mut report.conclusion.remedy;
        remedy.extend(go::afterwards(&plan.sequence, &one.target, &works));
        let meanwhile = plan.meanwhile.iter();
        let meanwhile = meanwhile.filter(|(target, _)| *target == one.target);
        remedy.extend(meanwhile.map(|(_, text)| text.clone()));
    }
}

/// The report on what is no target.
fn unread(text: &str, error: &Error) -> TargetReport {
    let explanation = Code::NoTarget.explanation();
    TargetReport {
        target: redact::value(text).into_owned(),
        proxy: None,
        steps: Vec::new(),
        addresses: Vec::new(),
        version: None,
        suite: None,
        client_certificate: false,
        certificates: Vec::new(),
        programs: Vec::new(),
        group: None,
        signature: None,
        trust: Vec::new(),
        server_time: None,
        conclusion: Conclusion {
            code: Code::NoTarget,
            title: explanation.title,
            evidence: error.message.clone(),
            text: explanation.text,
            remedy: vec![explanation.remedy.to_string()],
            commands: Vec::new(),
            reference: explanation.reference,
        },
        messages: Vec::new(),
        notes: Vec::new(),
    }
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
    let (mut targets, mut unread) = (Vec::new(), Vec::new());
    for text in &arguments.targets {
        match Target::parse(text, arguments.starttls) {
            Ok(target) => targets.push(Asked::plain(target)),
            Err(error) if arguments.targets.len() == 1 => return Err(error),
            Err(error) => unread.push((text.clone(), error)),
        }
    }
    Ok(Plan {
        tool: None,
        targets,
        consumers: CONSUMERS.to_vec(),
        unread,
        sequence: Vec::new(),
        meanwhile: None,
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
) -> Result<Vec<Seen>> {
    let address = arguments.connect.as_deref().map(address).transpose()?;
    let limits = Limits::within(Duration::from_secs(arguments.timeout));
    let look = |asked: &Asked| {
        let target = &asked.target;
        let variable = |name: &str| context.variable(name);
        let proxy = match (&arguments.proxy, &asked.route) {
            _ if arguments.no_proxy || address.is_some() => None,
            (Some(told), _) | (None, Route::Proxy(told)) => Some(Proxy::parse(told)?),
            (None, Route::Direct) => None,
            (None, Route::Environment(rule)) => Proxy::of_program(target, variable, *rule)?,
            (None, Route::Any) => Proxy::from_environment(target, variable)?,
        };
        let mut unless = plan
            .targets
            .iter()
            .filter_map(|other| other.unless.as_ref());
        let path = unless
            .find(|one| one.proxy == *target)
            .map(|one| one.path.clone());
        let options = Options {
            proxy,
            address,
            limits,
            now: context.now,
            offers: offers.to_vec(),
            path,
        };
        (context.progress)(&format!("looking at {target}"));
        let first = probe::observe(target.clone(), &options);
        let others = probe::elsewhere(&first, &options);
        Ok((first, others))
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
        Error::new(format!("`{text}` is not an address"))
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
        addresses: Vec::new(),
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
