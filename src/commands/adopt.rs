//! `trustctl adopt`: certificates that readers trust although no source has them get files of their own, by the rules
//! of `add`. What the bundle alone has would be gone with the next run of the bare script.

use clap::Args;

use super::add::{self, Inputs, Terms};
use super::change::{self, Already, ChangeOptions};
use super::{Context, Outcome};
use crate::cert::Certificate;
use crate::cert::judge::Rule;
use crate::change::plan::{Plan, Wanted};
use crate::change::transaction;
use crate::error::{Error, ErrorKind, Result};
use crate::store::foreign;
use crate::store::inventory::Inventory;
use crate::store::select::{self, Fit};

/// Arguments of `adopt`.
#[derive(Debug, Args)]
pub struct AdoptArgs {
    /// A SHA-256 (8 hex digits or more), a file in /etc/ssl/certs, or a part of the subject
    #[arg(value_name = "SELECTOR", required_unless_present = "all")]
    pub selectors: Vec<String>,
    /// Every certificate without a source file
    #[arg(long, conflicts_with = "selectors")]
    pub all: bool,
    /// Override this rule (`trustctl check` names it)
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = add::allowed_rule)]
    pub allow: Vec<Rule>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows the options' own help")]
    pub options: ChangeOptions,
}

/// Runs `adopt`.
pub fn run(context: &Context, arguments: &AdoptArgs) -> anyhow::Result<Outcome> {
    let mut request = change::request(context, "adopt", &arguments.options);
    let terms = Terms {
        name: None,
        replace: &[],
        allow: &arguments.allow,
        skip_refused: false,
        compared: false,
        from_network: false,
        yes: arguments.options.yes,
        without_a_terminal: "compare each SHA-256 (`trustctl list`) with its owner's and add `--yes`",
    };
    let decide = |inventory: &Inventory| {
        let (certificates, already) = chosen(context, arguments, inventory)?;
        let inputs = Inputs::of(&certificates, context.now);
        let (wanted, _) = add::decide(inventory, &terms, &inputs)?;
        Ok::<(Wanted, Vec<Already>, Inputs), Error>((wanted, already, inputs))
    };
    change::may_change(context, &request)?;
    let inventory = Inventory::read(&context.layout);
    let (wanted, already, inputs) = decide(&inventory)?;
    let notes = add::notes(&inputs, &wanted, context);
    if wanted.writes.is_empty() && !change::is_unfinished(context)? {
        return Ok(change::outcome(transaction::Done::default(), already));
    }
    let last = context.kept.last();
    let plan = Plan::new(&inventory, wanted, transaction::sources_of(last.as_deref()));
    if !arguments.options.dry_run && add::confirm(context, &terms, &plan)? {
        change::agreed(&mut request, &plan);
    }
    request.prior = change::prior(context, plan);
    request.seen = Some(&inventory);
    let mut done = transaction::run(&request, &|inventory| Ok(decide(inventory)?.0))?;
    done.notes.extend(notes);
    Ok(change::outcome(done, already))
}

/// The certificates to adopt, and those asked for that have a source already.
fn chosen(
    context: &Context,
    arguments: &AdoptArgs,
    inventory: &Inventory,
) -> Result<(Vec<Certificate>, Vec<Already>)> {
    if inventory.is_bundle_only() {
        return Err(Error::new(
            "this store is a bundle and nothing else: there are no sources to adopt into",
        )
        .hint("`trustctl add` and `trustctl remove` change the bundle itself"));
    }
    let all = foreign::all(inventory);
    if arguments.all {
        let certificates = all.into_iter().map(|foreign| foreign.certificate);
        return Ok((certificates.collect(), Vec::new()));
    }
    let (mut chosen, mut already) = (Vec::new(), Vec::new());
    for selector in &arguments.selectors {
        let Some((fit, found)) = foreign::named(&all, selector) else {
            already.extend(with_source(inventory, selector)?);
            continue;
        };
        if found.len() > 1 {
            let count = found.len();
            let names = found.iter().map(|foreign| described(&foreign.certificate));
            return Err(
                Error::new(format!("`{selector}` names {count} certificates"))
                    .details(names.collect())
                    .hint("name them by their SHA-256, or add `--all` for every one"),
            );
        }
        if fit == Fit::Part && (!context.interactive || arguments.options.yes) {
            let names = found.iter().map(|foreign| described(&foreign.certificate));
            return Err(Error::new(format!(
                "`{selector}` is only part of a subject, and there is no terminal to ask at"
            ))
            .details(names.collect())
            .hint("name the certificate by its SHA-256"));
        }
        chosen.extend(found.iter().map(|foreign| foreign.certificate.clone()));
    }
    Ok((chosen, already))
}

fn described(certificate: &Certificate) -> String {
    let (subject, sha256) = (certificate.subject().display(), certificate.sha256());
    format!("`{subject}`, SHA-256 {sha256}")
}

/// Those that a selector names and that need not be adopted.
fn with_source(inventory: &Inventory, selector: &str) -> Result<Vec<Already>> {
    let Some(found) = select::find(inventory, None, selector)? else {
        return Err(Error::new(format!(
            "no certificate without a source is called `{selector}`"
        ))
        .kind(ErrorKind::NotFound)
        .hint("`trustctl list` shows what there is"));
    };
    let mut already = Vec::new();
    for source in found.sources {
        already.extend(source.content.certificates().map(|certificate| Already {
            sha256: certificate.sha256(),
            subject: certificate.subject().display().to_string(),
            file: source.place.name.clone(),
        }));
    }
    Ok(already)
}
