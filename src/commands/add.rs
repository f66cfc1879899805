//! `trustctl add`: certificates judged, named, installed one per file, and proven.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;

use super::anchor::AsAnchor;
use super::change::{self, Already, ChangeOptions};
use super::input::{self, Input};
use super::{Context, Outcome, Question};
use crate::cert::judge::{self, Rule, Verdict, Weight};
use crate::cert::{self, Certificate, Fingerprint, Time};
use crate::change::plan::{Plan, SourceFile, Wanted};
use crate::change::{model, transaction};
use crate::error::{Error, Result};
use crate::store::inventory::{Inventory, Origin, Source};
use crate::store::layout::LOCAL;
use crate::store::{links, select};

/// Longest file name given to a certificate, without `.crt` and a number.
const LONGEST_NAME: usize = 100;

/// Arguments of `add`.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// Certificate files, folders of them, or - for standard input
    #[arg(value_name = "FILE|DIR|-", required = true)]
    pub inputs: Vec<PathBuf>,
    /// Call the file NAME.crt (one certificate only)
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Add only certificates with one of these SHA-256 fingerprints; takes the place of a confirmation
    #[arg(long, value_name = "FP", value_delimiter = ',')]
    pub sha256: Vec<Fingerprint>,
    /// Remove this local certificate in the same change
    #[arg(long, value_name = "SELECTOR")]
    pub replace: Vec<String>,
    /// Add in spite of this rule (see what `trustctl check` says)
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = allowed_rule)]
    pub allow: Vec<Rule>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows the options' own help")]
    pub options: ChangeOptions,
}

fn allowed_rule(text: &str) -> Result<Rule, String> {
    let can = |rule: &&Rule| rule.weight() == Weight::RefusedUnlessAllowed;
    Rule::from_id(text)
        .filter(|rule| can(&rule))
        .ok_or_else(|| {
            let all: Vec<&str> = Rule::ALL.iter().filter(can).map(|rule| rule.id()).collect();
            format!("it can be one of: {}", all.join(", "))
        })
}

/// A certificate that may be added.
#[derive(Clone, Debug)]
struct Candidate {
    certificate: Certificate,
    /// The input it comes from, as the caller named it.
    file: String,
    /// The file's stem, when it held this one certificate alone.
    stem: Option<String>,
    verdicts: Vec<Verdict>,
}

/// Why something is not added.
#[derive(Clone, Debug)]
struct Refusal {
    reason: String,
    remedy: Option<String>,
    /// The rule that `--allow` would name.
    allow: Option<Rule>,
}

/// Everything read from the inputs.
#[derive(Debug, Default)]
struct Inputs {
    candidates: Vec<Candidate>,
    refusals: Vec<Refusal>,
}

/// Runs `add`.
pub fn run(context: &Context, arguments: &AddArgs) -> anyhow::Result<Outcome> {
    let mut request = change::request(context, "add", &arguments.options);
    request.dry_run = arguments.options.dry_run;
    let inputs = read_all(context, arguments)?;
    let inventory = Inventory::read(&context.layout);
    let decide = |inventory: &Inventory| decide(inventory, arguments, &inputs);
    let (wanted, already) = decide(&inventory)?;
    let notes = notes(&inputs, &wanted, context.now);
    let plan = Plan::new(&inventory, wanted);
    if plan.changes_no_source()
        && all_trusted(&inventory, &already)
        && !change::is_unfinished(context)?
    {
        return Ok(change::outcome(transaction::Done::default(), already));
    }
    change::may_change(context, &request)?;
    if !arguments.options.dry_run && !plan.changes_no_source() {
        confirm(context, arguments, &plan)?;
    }
    let mut done = transaction::run(&request, &|inventory| Ok(decide(inventory)?.0))?;
    done.notes.extend(notes);
    Ok(change::outcome(done, already))
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

/// Reads and judges every input.
fn read_all(context: &Context, arguments: &AddArgs) -> Result<Inputs> {
    let files = input::expand(context, &arguments.inputs);
    if files.is_empty() {
        return Err(Error::new("there is no file in the folder"));
    }
    let mut inputs = Inputs::default();
    for file in &files {
        read_one(context, file, &mut inputs)?;
    }
    for candidate in &inputs.candidates {
        let sha256 = candidate.certificate.sha256();
        if !arguments.sha256.is_empty() && !arguments.sha256.contains(&sha256) {
            let reason = format!("{candidate}: its SHA-256 {sha256} is none that `--sha256` names");
            inputs.refusals.push(Refusal {
                reason,
                remedy: Some("ask the owner of the CA which fingerprint is right".to_string()),
                allow: None,
            });
        }
    }
    Ok(inputs)
}

impl std::fmt::Display for Candidate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "`{}` (`{}`)",
            self.file,
            self.certificate.subject().display()
        )
    }
}

impl Refusal {
    fn of(who: &str, verdict: &Verdict) -> Refusal {
        let may = verdict.weight == Weight::RefusedUnlessAllowed;
        Refusal {
            reason: format!("{who}: {} ({})", verdict.message, verdict.rule),
            remedy: verdict.remedy.clone(),
            allow: may.then_some(verdict.rule),
        }
    }
}

fn read_one(context: &Context, input: &Input, inputs: &mut Inputs) -> Result<()> {
    let limits = &context.config.limits;
    let who = format!("`{}`", input.name);
    let bytes = match input.read(limits.file_bytes) {
        Ok(bytes) => bytes,
        Err(error) if error.source.kind() == std::io::ErrorKind::FileTooLarge => {
            let verdict = Verdict::new(Rule::TooLarge, crate::system::plain(&error.source));
            inputs.refusals.push(Refusal::of(&who, &verdict));
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let document = cert::read_at_most(&bytes, limits.certificates_per_file);
    let problems = document.problems.iter().filter_map(judge::problem);
    let verdicts = problems.chain(document.blocks.iter().flat_map(judge::block));
    let mut refusals: Vec<Refusal> = verdicts
        .filter(|verdict| verdict.weight == Weight::Refused)
        .map(|verdict| Refusal::of(&who, &verdict))
        .collect();
    let certificates: Vec<&Certificate> = document.certificates().map(|(_, c)| c).collect();
    if certificates.is_empty() && refusals.is_empty() {
        let verdict = Verdict::new(Rule::NotACertificate, "there is no certificate in it");
        refusals.push(Refusal::of(&who, &verdict));
    }
    inputs.refusals.extend(refusals);
    let stem = match (input.path.as_deref(), certificates.len()) {
        (Some(path), 1) => path
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned()),
        _ => None,
    };
    let candidates = certificates.into_iter().map(|certificate| Candidate {
        verdicts: judge::certificate(certificate, context.now),
        certificate: certificate.clone(),
        file: input.name.clone(),
        stem: stem.clone(),
    });
    inputs.candidates.extend(candidates);
    Ok(())
}

/// What is to be written and removed, and what is there already.
fn decide(
    inventory: &Inventory,
    arguments: &AddArgs,
    inputs: &Inputs,
) -> Result<(Wanted, Vec<Already>)> {
    let mut wanted = Wanted::default();
    for selector in &arguments.replace {
        for source in select::sources(inventory, Some(Origin::Local), selector)? {
            wanted.meant.extend(source.content.certificates().cloned());
            wanted.removals.insert(source.place.name.clone());
        }
    }
    let (mut already, mut new) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    for candidate in &inputs.candidates {
        let sha256 = candidate.certificate.sha256();
        wanted
            .meant
            .retain(|certificate| certificate.sha256() != sha256);
        if !seen.insert(sha256) {
            continue;
        }
        match present(inventory, &wanted, sha256)? {
            Some(source) => already.push(found(candidate, source)),
            None => new.push(candidate),
        }
    }
    admit(&inputs.refusals, &new, &arguments.allow)?;
    if arguments.name.is_some() && new.len() > 1 {
        return Err(Error::new(format!(
            "`--name` names one file, but there are {} certificates",
            new.len()
        ))
        .hint("leave it out: the files are named after the certificates"));
    }
    let mut taken = taken_names(inventory, &wanted);
    for candidate in new {
        let name = file_name(candidate, arguments.name.as_deref(), &mut taken)?;
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

/// The selected source that has this very certificate in a file of its own and that stays.
fn present<'a>(
    inventory: &'a Inventory,
    wanted: &Wanted,
    sha256: Fingerprint,
) -> Result<Option<&'a Source>> {
    let has = |source: &&Source| {
        source.selected
            && !wanted.removals.contains(&source.place.name)
            && source.content.certificates().any(|c| c.sha256() == sha256)
    };
    let all: Vec<&Source> = inventory.sources.iter().filter(has).collect();
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
            ))
            .hint(format!("add `--replace {file}`: the file's certificates are then written one per file")))
        }
    }
}

/// One refusal refuses the whole call, naming every file's reason; rules that were allowed by name do not count.
fn admit(always: &[Refusal], new: &[&Candidate], allow: &[Rule]) -> Result<()> {
    let mut refusals = always.to_vec();
    for candidate in new {
        let broken = candidate
            .verdicts
            .iter()
            .filter(|verdict| verdict.is_refusal() && !allow.contains(&verdict.rule));
        refusals.extend(broken.map(|verdict| Refusal::of(&candidate.to_string(), verdict)));
    }
    if refusals.is_empty() {
        return Ok(());
    }
    let remedy = refusals.iter().find_map(|refusal| refusal.remedy.clone());
    let rules: BTreeSet<&str> = refusals
        .iter()
        .filter_map(|r| Some(r.allow?.id()))
        .collect();
    let allow = rules.into_iter().collect::<Vec<_>>().join(",");
    let all_may = refusals.iter().all(|refusal| refusal.allow.is_some());
    let override_hint = all_may.then(|| format!("to add it all the same: `--allow {allow}`"));
    let hint: Vec<String> = remedy.into_iter().chain(override_hint).collect();
    let error = Error::new("refused; the store is as it was before")
        .details(refusals.into_iter().map(|refusal| refusal.reason).collect());
    Err(if hint.is_empty() {
        error
    } else {
        error.hint(hint.join("; "))
    })
}

/// What is worth knowing of certificates that are added.
fn notes(inputs: &Inputs, wanted: &Wanted, now: Time) -> Vec<String> {
    let is_written = |candidate: &&Candidate| {
        let sha256 = candidate.certificate.sha256();
        let mut written = wanted
            .writes
            .values()
            .flat_map(|file| file.content.certificates());
        written.any(|certificate| certificate.sha256() == sha256)
    };
    inputs
        .candidates
        .iter()
        .filter(is_written)
        .flat_map(|candidate| {
            let subject = candidate.certificate.subject().display();
            let said = candidate
                .verdicts
                .iter()
                .map(move |verdict| format!("`{subject}`: {} ({})", verdict.message, verdict.rule));
            let anchor = AsAnchor::of(&candidate.certificate, now);
            let by_all = anchor.refused_by.is_empty();
            let sentence = format!("`{subject}`: as an anchor {}", anchor.sentence());
            said.chain((!by_all).then_some(sentence))
        })
        .collect()
}

/// Link names that a new file must not have: of every source, selected or not, and of every file in the
/// certificate folder. Names compare without case, so that a person can tell them apart.
fn taken_names(inventory: &Inventory, wanted: &Wanted) -> BTreeSet<String> {
    let stays = |source: &&Source| !wanted.removals.contains(&source.place.name);
    let sources = inventory.sources.iter().filter(stays);
    let of_sources = sources.map(|source| links::link_name(&source.place.name));
    let going: BTreeSet<PathBuf> = wanted
        .removals
        .iter()
        .map(|name| links::link_name(name))
        .collect();
    let entries = inventory
        .entries
        .keys()
        .filter(|name| !going.contains(*name))
        .cloned();
    let ignored = inventory
        .ignored
        .iter()
        .map(|ignored| links::link_name(&ignored.place.name));
    of_sources
        .chain(entries)
        .chain(ignored)
        .map(|name| name.to_string_lossy().to_lowercase())
        .collect()
}

/// A free name inside the tree: the one asked for, or made from the input file or the subject.
fn file_name(
    candidate: &Candidate,
    asked: Option<&str>,
    taken: &mut BTreeSet<String>,
) -> Result<PathBuf> {
    let is_taken = |taken: &BTreeSet<String>, stem: &str| {
        let link = links::link_name(Path::new(&format!("{stem}.crt")));
        taken.contains(&link.to_string_lossy().to_lowercase())
    };
    let stem = match asked {
        Some(asked) => {
            let stem = asked.strip_suffix(".crt").unwrap_or(asked);
            if safe_name(stem) != stem {
                return Err(
                    Error::new(format!("`{asked}` is no usable file name")).hint(
                        "use letters, digits, `.`, `_` and `-`, and begin with a letter or digit",
                    ),
                );
            }
            if is_taken(taken, stem) {
                return Err(
                    Error::new(format!("the name `{stem}` is taken")).hint(format!(
                        "choose another name, or add `--replace {stem}.crt`"
                    )),
                );
            }
            stem.to_string()
        }
        None => {
            let base = base_name(candidate);
            let numbered = (2..).map(|n| format!("{base}-{n}"));
            std::iter::once(base.clone())
                .chain(numbered)
                .find(|stem| !is_taken(taken, stem))
                .unwrap_or(base)
        }
    };
    let file = format!("{stem}.crt");
    taken.insert(
        links::link_name(Path::new(&file))
            .to_string_lossy()
            .to_lowercase(),
    );
    Ok(Path::new(LOCAL).join(file))
}

fn base_name(candidate: &Candidate) -> String {
    let subject = candidate.certificate.subject();
    let from_file = candidate
        .stem
        .as_deref()
        .map(safe_name)
        .filter(|name| !name.is_empty());
    let from_subject = || {
        let text = subject.common_name().or_else(|| subject.organization())?;
        Some(safe_name(text)).filter(|name| !name.is_empty())
    };
    let by_hash = || format!("ca-{}", &candidate.certificate.sha256().to_string()[..16]);
    from_file.or_else(from_subject).unwrap_or_else(by_hash)
}

/// `[A-Za-z0-9._-]+`, beginning with a letter or digit; runs of anything else become one `_`.
fn safe_name(text: &str) -> String {
    let mut name = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || "._-".contains(c) {
            name.push(c);
        } else if !name.ends_with('_') {
            name.push('_');
        }
    }
    let name = name
        .trim_start_matches(['.', '_', '-'])
        .trim_end_matches(['_', '.']);
    name.chars().take(LONGEST_NAME).collect()
}

/// Asks a person, or takes `--yes` or `--sha256` for an answer.
fn confirm(context: &Context, arguments: &AddArgs, plan: &Plan) -> anyhow::Result<()> {
    if arguments.options.yes || !arguments.sha256.is_empty() {
        return Ok(());
    }
    if !context.interactive {
        return Err(Error::new("nobody can be asked here: this is no terminal")
            .hint("compare the SHA-256 with its owner's and add `--sha256 FINGERPRINT`, or add `--yes`")
            .into());
    }
    let count = plan.wanted.writes.len();
    let question = Question {
        facts: plan
            .wanted
            .writes
            .iter()
            .filter_map(|(name, file)| facts(name, file))
            .collect(),
        prompt: match count {
            1 => "trust this CA for every TLS connection of this host?".to_string(),
            n => format!("trust these {n} CAs for every TLS connection of this host?"),
        },
    };
    match (context.confirm)(&question)? {
        true => Ok(()),
        false => Err(Error::new("not confirmed; the store is as it was before").into()),
    }
}

fn facts(name: &Path, file: &SourceFile) -> Option<Vec<(String, String)>> {
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
        ("file", name.display().to_string()),
    ];
    Some(
        lines
            .map(|(label, value)| (label.to_string(), value))
            .to_vec(),
    )
}

#[cfg(test)]
mod tests {
    use super::safe_name;

    #[test]
    fn names_from_certificates_never_leave_the_folder_or_hide() {
        for (text, name) in [
            ("../../etc/passwd", "etc_passwd"),
            ("Corp Root CA (2024), Zürich", "Corp_Root_CA_2024_Z_rich"),
            (".hidden", "hidden"),
            ("-rf", "rf"),
            ("a\nb\u{202e}c", "a_b_c"),
            ("日本", ""),
            ("..", ""),
        ] {
            assert_eq!(safe_name(text), name, "{text:?}");
        }
    }
}
