//! `trustctl add`: certificates judged, named, installed one per file, and proven.

pub(in crate::commands) mod inputs;
pub(in crate::commands) mod names;
mod server;

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use clap::Args;

use self::inputs::{Candidate, admit, read_all};
pub(super) use self::inputs::{Inputs, notes};
use self::names::{file_name, taken_names};
use super::change::{self, Already, ChangeOptions, store_name};
use super::{Context, Outcome, Question};
use crate::cert::judge::{Rule, Weight};
use crate::cert::{Certificate, Fingerprint};
use crate::change::others::{Addition, Others};
use crate::change::plan::{Plan, SourceFile, Wanted};
use crate::change::{model, transaction};
use crate::error::{Error, ErrorKind, Result};
use crate::probe::target::Starttls;
use crate::store::inventory::{Inventory, Origin, Source};
use crate::store::layout::{BUNDLE, CERTS, Layout};
use crate::store::names::StoreName;
use crate::store::select;

/// Arguments of `add`.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// Certificate files, folders of them, or - for standard input
    #[arg(value_name = "FILE|DIR|-", required_unless_present = "from")]
    pub inputs: Vec<PathBuf>,
    /// Take the files of sub-folders too
    #[arg(short, long)]
    pub recursive: bool,
    /// Fetch the root from a server, a URL or `HOST[:PORT]` (requires --sha256 or interactive confirmation)
    #[arg(long, value_name = "HOST", conflicts_with = "inputs")]
    pub from: Option<String>,
    /// With --from: use STARTTLS for this protocol
    #[arg(long, value_name = "PROTOCOL", requires = "from")]
    pub starttls: Option<Starttls>,
    /// Name the file NAME.crt (one certificate only)
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Accept only certificates with one of these SHA-256 fingerprints, instead of asking
    #[arg(long, value_name = "FP", value_delimiter = ',')]
    pub sha256: Vec<Fingerprint>,
    /// Add only these certificates of the input
    #[arg(long, value_name = "FP", value_delimiter = ',')]
    pub only: Vec<Fingerprint>,
    /// Add only root CAs (self-signed) of the input
    #[arg(long)]
    pub roots_only: bool,
    /// Add what can be added, list what is refused, and exit with status 1
    #[arg(long)]
    pub skip_refused: bool,
    /// Trust it in these stores too, beside the system's; also java:PATH, nss:USER, docker:HOST, containers:HOST
    #[arg(long, value_name = "STORE", value_delimiter = ',', value_parser = store_name())]
    pub to: Vec<StoreName>,
    /// Remove this local certificate in the same change
    #[arg(long, value_name = "SELECTOR")]
    pub replace: Vec<String>,
    /// Override this rule (`trustctl check` names it)
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = allowed_rule)]
    pub allow: Vec<Rule>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows the options' own help")]
    pub options: ChangeOptions,
}

pub(super) fn allowed_rule(text: &str) -> Result<Rule, String> {
    let can = |rule: &&Rule| rule.weight() == Weight::RefusedUnlessAllowed;
    Rule::from_id(text)
        .filter(|rule| can(&rule))
        .ok_or_else(|| {
            let all: Vec<&str> = Rule::ALL.iter().filter(can).map(|rule| rule.id()).collect();
            format!("it can be one of: {}", all.join(", "))
        })
}

/// What a caller says of certificates that get files of their own.
pub(super) struct Terms<'a> {
    /// What the one file is to be called.
    pub(super) name: Option<&'a str>,
    /// Local certificates that go in the same change.
    pub(super) replace: &'a [String],
    /// Rules that do not count.
    pub(super) allow: &'a [Rule],
    /// Whether what is refused is left out, instead of refusing all.
    pub(super) skip_refused: bool,
    /// Whether the fingerprints were compared before.
    pub(super) compared: bool,
    /// Whether the certificates came over the network.
    pub(super) from_network: bool,
    /// Whether nobody is to be asked.
    pub(super) yes: bool,
    /// What to do where nobody can be asked.
    pub(super) without_a_terminal: &'static str,
}

/// Runs `add`.
pub fn run(context: &Context, arguments: &AddArgs) -> anyhow::Result<Outcome> {
    let mut request = change::request(context, "add", &arguments.options);
    request.consent.all &= arguments.sha256.is_empty();
    let mut inputs = read_all(context, arguments)?;
    inputs.choose(arguments)?;
    let inventory = Inventory::read(&context.layout);
    let terms = Terms {
        name: arguments.name.as_deref(),
        replace: &arguments.replace,
        allow: &arguments.allow,
        skip_refused: arguments.skip_refused,
        compared: !arguments.sha256.is_empty(),
        from_network: arguments.from.is_some(),
        yes: arguments.options.yes,
        without_a_terminal: "compare the SHA-256 with its owner's and add `--sha256 FINGERPRINT`, or add `--yes`",
    };
    let stores = change::stores(context, &arguments.to)?;
    let decide = |inventory: &Inventory| -> Result<(Wanted, Vec<Already>)> {
        let (mut wanted, already) = decide(inventory, &terms, &inputs)?;
        wanted.others = others_of(context, inventory, &inputs, (&wanted, &already), &stores)?;
        Ok((wanted, already))
    };
    let (wanted, already) = decide(&inventory)?;
    let notes = notes(&inputs, &wanted, context);
    let last = context.kept.last();
    let plan = Plan::new(&inventory, wanted, transaction::sources_of(last.as_deref()));
    if plan.changes_no_source()
        && plan.wanted.others.is_empty()
        && plan.trust.added.is_empty()
        && all_trusted(&inventory, &already)
        && !change::is_unfinished(context)?
    {
        let mut open = plan.wanted.others.open.clone();
        open.extend(inputs.left_out(arguments, &already));
        let done = transaction::Done {
            open,
            ..transaction::Done::default()
        };
        return Ok(change::outcome(done, already));
    }
    change::may_change(context, &request)?;
    let comes =
        !plan.changes_no_source() || !plan.trust.added.is_empty() || !plan.wanted.others.is_empty();
    if !arguments.options.dry_run && comes && confirm(context, &terms, &plan)? {
        change::agreed(&mut request, &plan);
    }
    request.prior = change::prior(context, plan);
    request.seen = Some(&inventory);
    let mut done = transaction::run(&request, &|inventory| Ok(decide(inventory)?.0))?;
    if arguments.from.is_some() {
        done.notes.push(server::WARNING.to_string());
    }
    done.notes.extend(notes);
    done.open.extend(inputs.left_out(arguments, &already));
    Ok(change::outcome(done, already))
}

/// What is to be done in other stores: they are given what is added, and what is in the system's store already.
fn others_of(
    context: &Context,
    inventory: &Inventory,
    inputs: &Inputs,
    (wanted, already): (&Wanted, &[Already]),
    stores: &[StoreName],
) -> Result<Others> {
    let addition = |file: &Path, certificate: &Certificate| Addition {
        stores: stores.to_vec(),
        file: file.to_path_buf(),
        certificate: certificate.clone(),
    };
    let written = wanted.writes.iter().flat_map(|(name, file)| {
        let all = file.content.certificates();
        all.map(|certificate| addition(name, certificate))
    });
    let present = already.iter().filter_map(|found| {
        let mut candidates = inputs.candidates.iter();
        let same = candidates.find(|candidate| candidate.certificate.sha256() == found.sha256)?;
        Some(addition(&found.file, &same.certificate))
    });
    let add: Vec<Addition> = written.chain(present).collect();
    if inventory.is_bundle_only() && !stores.is_empty() && !add.is_empty() {
        return Err(
            Error::new("there are no source files that other stores could be pointed to")
                .kind(ErrorKind::Refused)
                .hint("leave `--to` out: here the bundle is all there is"),
        );
    }
    change::others(context, add, &wanted.meant, false)
}

fn all_trusted(inventory: &Inventory, already: &[Already]) -> bool {
    let views = [
        inventory.bundle_view(),
        inventory.hash_view(),
        inventory.file_view(),
    ];
    already
        .iter()
        .all(|found| views.iter().all(|view| view.contains(&found.sha256)))
}

/// What is to be written and removed, and what is there already.
pub(super) fn decide(
    inventory: &Inventory,
    terms: &Terms<'_>,
    inputs: &Inputs,
) -> Result<(Wanted, Vec<Already>)> {
    let mut wanted = Wanted::default();
    for selector in terms.replace {
        for source in select::sources(inventory, Some(Origin::Local), selector)?.sources {
            wanted.meant.extend(source.content.certificates().cloned());
            wanted.removals.insert(source.place.name.clone());
        }
    }
    let (mut already, mut new) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    let selected = selected(inventory);
    let only_bundle = inventory.is_bundle_only().then(|| inventory.bundle_view());
    for candidate in &inputs.candidates {
        let sha256 = candidate.certificate.sha256();
        wanted
            .meant
            .retain(|certificate| certificate.sha256() != sha256);
        wanted.asked.insert(sha256);
        if !seen.insert(sha256) {
            continue;
        }
        if only_bundle
            .as_ref()
            .is_some_and(|bundle| bundle.contains(&sha256))
        {
            already.push(Already {
                sha256,
                subject: candidate.certificate.subject().display().to_string(),
                file: Path::new(CERTS).join(BUNDLE),
            });
            continue;
        }
        match present(&selected, &wanted, sha256)? {
            Some(source) => already.push(found(candidate, source)),
            None => new.push(candidate),
        }
    }
    match terms.skip_refused {
        true => new.retain(|candidate| candidate.is_admitted(terms.allow)),
        false => admit(&inputs.refusals, &new, terms.allow)?,
    }
    if terms.name.is_some() && new.len() > 1 {
        return Err(Error::new(format!(
            "`--name` names one file, but there are {} certificates",
            new.len()
        ))
        .kind(ErrorKind::Usage)
        .hint("leave it out: the files are named after the certificates"));
    }
    let mut taken = taken_names(inventory, &wanted);
    for candidate in new {
        let name = file_name(candidate, terms.name, &mut taken)?;
        wanted.removals.remove(&name);
        wanted
            .writes
            .insert(name, SourceFile::certificate(&candidate.certificate));
    }
    Ok((wanted, already))
}

fn found(candidate: &Candidate, source: &Source) -> Already {
    Already {
        sha256: candidate.certificate.sha256(),
        subject: candidate.certificate.subject().display().to_string(),
        file: source.place.name.clone(),
    }
}

/// The selected sources that stay, by their certificates.
fn selected(inventory: &Inventory) -> HashMap<Fingerprint, Vec<&Source>> {
    let mut by_certificate: HashMap<Fingerprint, Vec<&Source>> = HashMap::new();
    for source in inventory.sources.iter().filter(|source| source.selected) {
        for certificate in source.content.certificates() {
            let all = by_certificate.entry(certificate.sha256()).or_default();
            all.push(source);
        }
    }
    by_certificate
}

/// The selected source that has this very certificate in a file of its own and that stays.
fn present<'a>(
    selected: &HashMap<Fingerprint, Vec<&'a Source>>,
    wanted: &Wanted,
    sha256: Fingerprint,
) -> Result<Option<&'a Source>> {
    let stays = |source: &&&Source| !wanted.removals.contains(&source.place.name);
    let all = selected.get(&sha256).into_iter().flatten();
    let all: Vec<&Source> = all.filter(stays).copied().collect();
    if let Some(sound) = all
        .iter()
        .find(|s| model::plain_single(&s.content).is_some())
    {
        return Ok(Some(sound));
    }
    match all.first() {
        None => Ok(None),
        Some(odd) => {
            let name = odd.place.name.display();
            let file = odd
                .place
                .name
                .file_name()
                .unwrap_or_default()
                .to_string_lossy();
            Err(Error::new(format!(
                "`{name}` has this certificate, but not alone and in plain PEM, so the hash directory lacks it"
            )).kind(ErrorKind::Refused)
            .hint(format!("add `--replace {file}`: the file's certificates are then written one per file")))
        }
    }
}

/// Asks a person, or takes `--yes` or `--sha256` for an answer; tells whether a person has seen all that comes.
pub(super) fn confirm(context: &Context, terms: &Terms<'_>, plan: &Plan) -> anyhow::Result<bool> {
    // A certificate from the network is added only when its fingerprint was pinned, or is compared by a person now.
    if terms.compared || (terms.yes && !terms.from_network) {
        return Ok(false);
    }
    if terms.from_network && (terms.yes || !context.interactive) {
        return Err(Error::new(
            "`--from` requires `--sha256 FINGERPRINT`, or a terminal at which it is compared",
        )
        .kind(ErrorKind::NotConfirmed)
        .details(vec![server::WARNING.to_string()])
        .hint("ask the owner of the CA for its SHA-256")
        .into());
    }
    if !context.interactive {
        return Err(Error::new("cannot prompt: stdin is not a terminal")
            .kind(ErrorKind::NotConfirmed)
            .hint(terms.without_a_terminal)
            .into());
    }
    let count = plan.trust.added.len().max(plan.wanted.writes.len());
    let layout = &context.layout;
    let question = Question {
        facts: plan
            .wanted
            .writes
            .iter()
            .filter_map(|(name, file)| facts(layout, name, file))
            .chain(beside(layout, plan))
            .chain(change::elsewhere(layout, plan))
            .collect(),
        prompt: match count {
            _ if terms.from_network => {
                "the connection proves nothing. Is this the SHA-256 that the CA's owner published elsewhere, and do you want to trust this CA?".to_string()
            }
            1 => format!("trust this CA {}?", change::for_what(layout)),
            n => format!("trust these {n} CAs {}?", change::for_what(layout)),
        },
    };
    match (context.confirm)(&question)? {
        true => Ok(true),
        false => Err(Error::new("not confirmed; nothing was changed")
            .kind(ErrorKind::NotConfirmed)
            .into()),
    }
}

/// What comes and goes beside the files that are written.
fn beside(layout: &Layout, plan: &Plan) -> Vec<Vec<(String, String)>> {
    let written: BTreeSet<String> = plan
        .wanted
        .writes
        .values()
        .flat_map(|file| file.content.certificates())
        .map(|certificate| certificate.sha256().to_string())
        .collect();
    let mut groups = change::differences(layout, plan);
    groups.retain(|group| !group.iter().any(|(_, value)| written.contains(value)));
    groups
}

fn facts(layout: &Layout, name: &Path, file: &SourceFile) -> Option<Vec<(String, String)>> {
    let certificate = file.content.certificates().next()?;
    let validity = format!(
        "{} to {}",
        certificate.not_before(),
        certificate.not_after()
    );
    let lines = [
        ("subject", certificate.subject().display().to_string()),
        ("issuer", certificate.issuer().display().to_string()),
        ("valid", validity),
        ("sha-256", certificate.sha256().to_string()),
        ("file", change::on_machine(layout, name)),
    ];
    Some(
        lines
            .map(|(label, value)| (label.to_string(), value))
            .to_vec(),
    )
}
