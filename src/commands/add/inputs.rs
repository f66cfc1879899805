//! What `add` is given: read, judged, and refused with every reason.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use super::{AddArgs, server};
use crate::cert::judge::{self, Rule, Verdict, Weight};
use crate::cert::{self, BlockKind, Certificate, Fingerprint, SelfSigned};
use crate::change::plan::Wanted;
use crate::commands::Context;
use crate::commands::anchor::AsAnchor;
use crate::commands::change::Already;
use crate::commands::input::{self, Input};
use crate::commands::programs;
use crate::error::{Error, ErrorKind, Result};
use crate::redact;

/// A certificate that may be added.
#[derive(Clone, Debug)]
pub(in crate::commands) struct Candidate {
    pub(in crate::commands) certificate: Certificate,
    /// The input it comes from, as the caller named it.
    file: String,
    /// The file's stem, when it held this one certificate alone.
    pub(in crate::commands) stem: Option<String>,
    pub(in crate::commands) verdicts: Vec<Verdict>,
}

/// Why something is not added.
#[derive(Clone, Debug)]
pub(in crate::commands) struct Refusal {
    reason: String,
    /// The rule that refuses it.
    rule: Option<Rule>,
    remedy: Option<String>,
    /// The rule that `--allow` would name.
    allow: Option<Rule>,
}

/// Everything read from the inputs.
#[derive(Debug, Default)]
pub(in crate::commands) struct Inputs {
    pub(in crate::commands) candidates: Vec<Candidate>,
    pub(in crate::commands) refusals: Vec<Refusal>,
    /// Files of folders in which there is no certificate to look for.
    skipped: Vec<String>,
}

/// Reads and judges every input.
pub(in crate::commands) fn read_all(context: &Context, arguments: &AddArgs) -> Result<Inputs> {
    if let Some(from) = &arguments.from {
        let root = server::root(context, from, arguments.starttls, &arguments.sha256)?;
        let candidate = Candidate {
            verdicts: judge::certificate(&root, context.now),
            certificate: root,
            file: redact::value(from).into_owned(),
            stem: None,
        };
        return Ok(Inputs {
            candidates: vec![candidate],
            ..Inputs::default()
        });
    }
    for argument in &arguments.inputs {
        input::is_meant_as_file(context, argument)?;
    }
    let mut inputs = Inputs::default();
    for argument in &arguments.inputs {
        let files = input::files_of(context, argument, arguments.recursive);
        if files.is_empty() {
            return Err(empty(argument, arguments.recursive));
        }
        for file in &files {
            read_one(context, file, &mut inputs)?;
        }
    }
    if inputs.candidates.is_empty() && inputs.refusals.is_empty() {
        let message = "no certificate found in what was given";
        let error = Error::new(message).kind(ErrorKind::NotFound);
        return Err(error.details(inputs.skipped));
    }
    let named = |candidate: &Candidate| {
        arguments.sha256.is_empty() || arguments.sha256.contains(&candidate.certificate.sha256())
    };
    for candidate in &inputs.candidates {
        let sha256 = candidate.certificate.sha256();
        if !named(candidate) && (arguments.only.is_empty() || arguments.only.contains(&sha256)) {
            let reason = format!("{candidate}: its SHA-256 {sha256} is none that `--sha256` names");
            inputs.refusals.push(Refusal::unpinned(reason));
        }
    }
    if arguments.skip_refused {
        inputs.candidates.retain(named);
    }
    Ok(inputs)
}

fn empty(folder: &Path, recursive: bool) -> Error {
    let message = format!("there are no files in `{}`", folder.display());
    let error = Error::new(message).kind(ErrorKind::NotFound);
    match recursive {
        true => error,
        false => error.hint("folders below it are read with `--recursive`"),
    }
}

impl Inputs {
    /// Keeps what the options choose.
    pub(super) fn choose(&mut self, arguments: &AddArgs) -> Result<()> {
        let has = |sha256: &Fingerprint| {
            let mut all = self.candidates.iter();
            all.any(|candidate| candidate.certificate.sha256() == *sha256)
        };
        if let Some(missing) = arguments.only.iter().find(|sha256| !has(sha256)) {
            let message = format!("no certificate given has the SHA-256 {missing}");
            return Err(Error::new(message).hint("`trustctl check` lists what a file holds"));
        }
        self.candidates.retain(|candidate| {
            let certificate = &candidate.certificate;
            let root = certificate.is_ca() && certificate.self_signed() != SelfSigned::No;
            (arguments.only.is_empty() || arguments.only.contains(&certificate.sha256()))
                && (root || !arguments.roots_only)
        });
        if self.candidates.is_empty() && self.refusals.is_empty() && arguments.roots_only {
            let message = "none of the certificates is a self-signed CA";
            return Err(Error::new(message).hint("leave `--roots-only` out to add others"));
        }
        Ok(())
    }

    /// With `--skip-refused`: what was not added, each with its reason.
    pub(super) fn left_out(&self, arguments: &AddArgs, already: &[Already]) -> Vec<String> {
        if !arguments.skip_refused {
            return Vec::new();
        }
        let present = |candidate: &Candidate| {
            let sha256 = candidate.certificate.sha256();
            already.iter().any(|found| found.sha256 == sha256)
        };
        let refused = self
            .candidates
            .iter()
            .filter(|candidate| !present(candidate));
        let refused = refused.flat_map(|candidate| candidate.refusals(&arguments.allow));
        let all = self.refusals.iter().cloned().chain(refused);
        all.map(|refusal| format!("not added: {}", refusal.reason))
            .collect()
    }

    /// Certificates that the store has somewhere already, judged as any that is added.
    pub(in crate::commands) fn of(certificates: &[Certificate], now: crate::cert::Time) -> Inputs {
        let candidates = certificates.iter().map(|certificate| Candidate {
            verdicts: judge::certificate(certificate, now),
            certificate: certificate.clone(),
            file: certificate.sha256().to_string().chars().take(16).collect(),
            stem: None,
        });
        Inputs {
            candidates: candidates.collect(),
            ..Inputs::default()
        }
    }
}

impl Candidate {
    /// Why it is refused, but for rules that were allowed by name.
    fn refusals(&self, allow: &[Rule]) -> Vec<Refusal> {
        let broken = self.verdicts.iter();
        let broken =
            broken.filter(|verdict| verdict.is_refusal() && !allow.contains(&verdict.rule));
        broken
            .map(|verdict| Refusal::of(&self.to_string(), verdict))
            .collect()
    }

    /// Whether nothing stands in its way.
    pub(super) fn is_admitted(&self, allow: &[Rule]) -> bool {
        self.refusals(allow).is_empty()
    }
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
    /// A certificate with another fingerprint than was named.
    pub(in crate::commands) fn unpinned(reason: String) -> Refusal {
        Refusal {
            reason,
            rule: None,
            remedy: Some("ask the owner of the CA which fingerprint is right".to_string()),
            allow: None,
        }
    }

    fn of(who: &str, verdict: &Verdict) -> Refusal {
        let may = verdict.weight == Weight::RefusedUnlessAllowed;
        Refusal {
            reason: format!("{who}: {} ({})", verdict.message, verdict.rule),
            rule: Some(verdict.rule),
            remedy: verdict.remedy.clone(),
            allow: may.then_some(verdict.rule),
        }
    }
}

/// Reads one input and judges what it holds.
pub(in crate::commands) fn read_one(
    context: &Context,
    input: &Input,
    inputs: &mut Inputs,
) -> Result<()> {
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
    take(context, input, &bytes, inputs);
    Ok(())
}

/// Judges the bytes of one input.
pub(in crate::commands) fn take(
    context: &Context,
    input: &Input,
    bytes: &[u8],
    inputs: &mut Inputs,
) {
    let who = format!("`{}`", input.name);
    let document = cert::read_at_most(bytes, context.config.limits.certificates_per_file);
    let problems = document.problems.iter().filter_map(judge::problem);
    let verdicts = problems.chain(document.blocks.iter().flat_map(judge::block));
    let mut refusals: Vec<Refusal> = verdicts
        .filter(|verdict| verdict.weight == Weight::Refused)
        .map(|verdict| Refusal::of(&who, &verdict))
        .collect();
    let certificates: Vec<&Certificate> = document.certificates().map(|(_, c)| c).collect();
    let is_empty = document.blocks.is_empty() && certificates.is_empty();
    if is_empty && input.from_folder && !input.is_named_as_certificate() {
        inputs
            .skipped
            .push(format!("skipped {who}: no certificate in it"));
        return;
    }
    if certificates.is_empty() && refusals.is_empty() {
        let request = |block: &cert::Block| block.kind == BlockKind::Csr;
        let verdict = judge::nothing(document.blocks.iter().any(request));
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
}

/// One refusal refuses the whole call, naming every file's reason; rules that were allowed by name do not count.
pub(in crate::commands) fn admit(
    always: &[Refusal],
    new: &[&Candidate],
    allow: &[Rule],
) -> Result<()> {
    let mut refusals = always.to_vec();
    for candidate in new {
        refusals.extend(candidate.refusals(allow));
    }
    if refusals.is_empty() {
        return Ok(());
    }
    let remedy = refusals.iter().find_map(|refusal| refusal.remedy.clone());
    let rules: BTreeSet<&str> = refusals
        .iter()
        .filter_map(|r| Some(r.allow?.id()))
        .collect();
    let broken: BTreeSet<&'static str> = refusals
        .iter()
        .filter_map(|refusal| Some(refusal.rule?.id()))
        .collect();
    let allow = rules.into_iter().collect::<Vec<_>>().join(",");
    let all_may = refusals.iter().all(|refusal| refusal.allow.is_some());
    let override_hint = all_may.then(|| format!("to add it anyway: `--allow {allow}`"));
    let hint: Vec<String> = remedy.into_iter().chain(override_hint).collect();
    let error = Error::new("refused; the store is as it was before")
        .kind(ErrorKind::Refused)
        .rules(broken.into_iter().collect())
        .details(refusals.into_iter().map(|refusal| refusal.reason).collect());
    Err(if hint.is_empty() {
        error
    } else {
        error.hint(hint.join("; "))
    })
}

/// What is worth knowing of certificates that are added.
pub(in crate::commands) fn notes(
    inputs: &Inputs,
    wanted: &Wanted,
    context: &Context,
) -> Vec<String> {
    let releases = programs::of_host(context);
    let contents = wanted.writes.values().map(|file| &file.content);
    let new: HashSet<Fingerprint> = contents
        .flat_map(|content| content.certificates())
        .map(Certificate::sha256)
        .collect();
    let is_written = |candidate: &&Candidate| new.contains(&candidate.certificate.sha256());
    let written: Vec<&Candidate> = inputs.candidates.iter().filter(is_written).collect();
    let is_unlimited = |verdict: &&Verdict| verdict.rule == Rule::NoNameConstraints;
    let unlimited = written
        .iter()
        .filter(|candidate| {
            candidate
                .verdicts
                .iter()
                .any(|verdict| is_unlimited(&verdict))
        })
        .count();
    let own = written.iter().flat_map(|candidate| {
        let subject = candidate.certificate.subject().display();
        let verdicts = candidate.verdicts.iter();
        let said = verdicts
            .filter(move |verdict| unlimited < 2 || !is_unlimited(verdict))
            .map(move |verdict| format!("`{subject}`: {} ({})", verdict.message, verdict.rule));
        let anchor = AsAnchor::of(&candidate.certificate, context.now, &releases);
        let by_all = anchor.refused_by.is_empty();
        let sentence = format!("`{subject}`: as an anchor {}", anchor.sentence());
        said.chain((!by_all).then_some(sentence))
    });
    // Nearly every CA may: of many it is said once.
    let all = (unlimited > 1).then(|| {
        let rule = Rule::NoNameConstraints;
        format!("{unlimited} of these CAs may issue for every name ({rule})")
    });
    inputs
        .skipped
        .iter()
        .cloned()
        .chain(own)
        .chain(all)
        .collect()
}
