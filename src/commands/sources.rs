//! `remove`, `distrust`, `trust` and `refresh`.

mod behind;

use std::collections::BTreeSet;
use std::path::Path;

use clap::Args;

use super::change::{self, Asks, ChangeOptions};
use super::list::problems;
use super::{Context, Outcome, Warning};
use crate::cert::Certificate;
use crate::change::others::Others;
use crate::change::plan::Wanted;
use crate::error::{Error, Result};
use crate::host::format::words;
use crate::store::conf::Conf;
use crate::store::foreign::{self, Foreign};
use crate::store::inventory::{Inventory, Origin};
use crate::store::layout::{Layout, VENDOR};
use crate::store::links;
use crate::store::select::{self, Fit, Found};

/// Arguments of `remove` and `distrust`.
#[derive(Debug, Args)]
pub struct RemoveArgs {
    /// A file name, a SHA-256 (8 hex digits or more), or a part of the subject
    #[arg(value_name = "SELECTOR", required = true)]
    pub selectors: Vec<String>,
    /// Allow the change to leave the store without any certificate
    #[arg(long)]
    pub allow_empty: bool,
    /// Succeed where there is no such certificate
    #[arg(long)]
    pub if_present: bool,
    /// Remove it from every other store too, even where it was not added by trustctl
    #[arg(long)]
    pub everywhere: bool,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows the options' own help")]
    pub options: ChangeOptions,
}

/// Arguments of `trust`.
#[derive(Debug, Args)]
pub struct TrustArgs {
    /// A file name, a SHA-256 (8 hex digits or more), or a part of the subject
    #[arg(value_name = "SELECTOR", required = true)]
    pub selectors: Vec<String>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows the options' own help")]
    pub options: ChangeOptions,
}

/// Arguments of `refresh`.
#[derive(Debug, Args)]
pub struct RefreshArgs {
    /// Have update-ca-certificates make the whole store in the rehearsal, not only what the change touches
    #[arg(long)]
    pub full: bool,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap shows the options' own help")]
    pub options: ChangeOptions,
}

/// Removes local certificates.
pub fn remove(context: &Context, arguments: &RemoveArgs) -> anyhow::Result<Outcome> {
    let mut request = change::request(context, "remove", &arguments.options);
    request.allow_empty = arguments.allow_empty;
    let decide = |inventory: &Inventory| {
        let mut wanted = Wanted::default();
        for selector in &arguments.selectors {
            remove_one(context, arguments, inventory, selector, &mut wanted)?;
        }
        wanted.others = others_of(context, arguments, &wanted)?;
        Ok(wanted)
    };
    let asks = Asks::BeforeTrustGoes;
    change::carry_out(context, &arguments.options, request, asks, &decide)
}

fn remove_one(
    context: &Context,
    arguments: &RemoveArgs,
    inventory: &Inventory,
    selector: &str,
    wanted: &mut Wanted,
) -> Result<()> {
    if let Some(found) = select::find(inventory, Some(Origin::Local), selector)? {
        exactly(context, &arguments.options, selector, &found)?;
        for source in found.sources {
            wanted.meant.extend(source.content.certificates().cloned());
            behind::remove(&context.layout, inventory, source, wanted);
        }
        return Ok(());
    }
    let missing = select::nothing(selector, Some(Origin::Local));
    if matches!(
        select::find(inventory, Some(Origin::Vendor), selector),
        Ok(Some(_))
    ) {
        return Err(missing.hint(format!(
            "it is a vendor certificate, which belongs to a package: `{}`",
            words::trustctl(
                &context.layout,
                &format!("distrust {}", words::quoted(selector))
            )
        )));
    }
    let all = foreign::all(inventory);
    match foreign::named(&all, selector) {
        Some((fit, found)) => remove_foreign(&context.layout, (fit, &found), selector, wanted),
        None if arguments.if_present || select::is_whole_fingerprint(selector) => Ok(()),
        None => Err(missing),
    }
}

/// What only the bundle has goes with it; a file that somebody made is theirs to remove.
fn remove_foreign(
    layout: &Layout,
    (fit, found): (Fit, &[&Foreign]),
    selector: &str,
    wanted: &mut Wanted,
) -> Result<()> {
    let [foreign] = found else {
        let count = found.len();
        return Err(Error::new(format!(
            "`{selector}` names {count} certificates that no source has"
        ))
        .hint("name one of them by its SHA-256: `trustctl list` shows them"));
    };
    if fit == Fit::Part {
        return Err(inexact(selector, &[&foreign.certificate]));
    }
    if let Some(file) = foreign
        .files
        .iter()
        .find(|file| links::hash_name(file_name(file)).is_none())
    {
        let file = file.display();
        return Err(Error::new(format!(
            "no source has `{}`: `{file}` carries it, which was not made by update-ca-certificates",
            foreign.certificate.subject().display()
        ))
        .hint(format!(
            "find out who needs `{file}`, remove it, then run `{}`",
            words::trustctl(layout, "refresh")
        )));
    }
    wanted.meant.push(foreign.certificate.clone());
    Ok(())
}

fn file_name(path: &Path) -> &Path {
    path.file_name().map_or(path, Path::new)
}

/// Nobody is asked: then the selector itself must leave no doubt.
fn exactly(
    context: &Context,
    options: &ChangeOptions,
    selector: &str,
    found: &Found<'_>,
) -> Result<()> {
    if found.is_exact() || (context.interactive && !options.yes) {
        return Ok(());
    }
    let certificates = found
        .sources
        .iter()
        .flat_map(|source| source.content.certificates())
        .filter(|certificate| select::matches(certificate, selector));
    Err(inexact(selector, &certificates.collect::<Vec<_>>()))
}

fn inexact(selector: &str, certificates: &[&Certificate]) -> Error {
    let details = certificates.iter().map(|certificate| {
        let (subject, sha256) = (certificate.subject().display(), certificate.sha256());
        format!("`{subject}`, SHA-256 {sha256}")
    });
    Error::new(format!(
        "`{selector}` is only part of a subject, and there is no terminal to ask at; the store is as it was before"
    ))
    .details(details.collect())
    .hint("name the certificate by its file, its SHA-256 (8 digits or more), its common name or its whole subject")
}

/// Deselects vendor certificates.
pub fn distrust(context: &Context, arguments: &RemoveArgs) -> anyhow::Result<Outcome> {
    let mut request = change::request(context, "distrust", &arguments.options);
    request.allow_empty = arguments.allow_empty;
    let decide = |inventory: &Inventory| {
        let mut wanted = distrusted(context, inventory, arguments)?;
        wanted.others = others_of(context, arguments, &wanted)?;
        Ok(wanted)
    };
    let asks = Asks::BeforeTrustGoes;
    change::carry_out(context, &arguments.options, request, asks, &decide)
}

/// Where trustctl put a certificate, it goes too.
fn others_of(context: &Context, arguments: &RemoveArgs, wanted: &Wanted) -> Result<Others> {
    change::others(context, Vec::new(), &wanted.meant, arguments.everywhere)
}

/// Selects vendor certificates.
pub fn trust(context: &Context, arguments: &TrustArgs) -> anyhow::Result<Outcome> {
    let request = change::request(context, "trust", &arguments.options);
    let decide = |inventory: &Inventory| select_again(inventory, &arguments.selectors);
    let asks = Asks::BeforeUnasked;
    change::carry_out(context, &arguments.options, request, asks, &decide)
}

fn distrusted(context: &Context, inventory: &Inventory, arguments: &RemoveArgs) -> Result<Wanted> {
    let before = inventory.conf.clone().unwrap_or_default();
    let (mut conf, mut meant) = (before.clone(), Vec::new());
    for selector in &arguments.selectors {
        let found = match select::find(inventory, Some(Origin::Vendor), selector)? {
            Some(found) => found,
            None if may_be_missing(arguments, inventory, selector) => continue,
            None => return Err(select::nothing(selector, Some(Origin::Vendor))),
        };
        exactly(context, &arguments.options, selector, &found)?;
        for source in found.sources {
            if source.selected {
                conf = conf.with(&relative(&source.place.name), false);
            }
            meant.extend(source.content.certificates().cloned());
        }
    }
    Ok(of_conf(&before, conf, meant))
}

/// What is not there need not go: said by `--if-present`, or by a whole SHA-256 that nothing has.
fn may_be_missing(arguments: &RemoveArgs, inventory: &Inventory, selector: &str) -> bool {
    let asked = arguments.if_present || select::is_whole_fingerprint(selector);
    let elsewhere = !matches!(select::find(inventory, None, selector), Ok(None))
        || foreign::named(&foreign::all(inventory), selector).is_some();
    asked && !elsewhere
}

fn select_again(inventory: &Inventory, selectors: &[String]) -> Result<Wanted> {
    let before = inventory.conf.clone().unwrap_or_default();
    let (mut conf, mut asked) = (before.clone(), BTreeSet::new());
    for selector in selectors {
        for source in select::sources(inventory, Some(Origin::Vendor), selector)?.sources {
            if !source.selected {
                conf = conf.with(&relative(&source.place.name), true);
            }
            asked.extend(source.content.certificates().map(Certificate::sha256));
        }
    }
    Ok(Wanted {
        asked,
        ..of_conf(&before, conf, Vec::new())
    })
}

fn of_conf(before: &Conf, conf: Conf, meant: Vec<Certificate>) -> Wanted {
    Wanted {
        conf: (conf != *before).then_some(conf),
        meant,
        ..Wanted::default()
    }
}

fn relative(name: &Path) -> String {
    let relative = name.strip_prefix(VENDOR).unwrap_or(name);
    relative.display().to_string()
}

/// Rebuilds, verifies and repairs the store from its sources.
pub fn refresh(context: &Context, arguments: &RefreshArgs) -> anyhow::Result<Outcome> {
    let mut request = change::request(context, "refresh", &arguments.options);
    // What is empty already may be refreshed: it takes no certificate away that a source has.
    request.allow_empty = true;
    // The sources are what is asked for; who says yes has seen what they bring, or need not.
    request.consent.all |= arguments.options.yes;
    request.whole = arguments.full;
    let asks = Asks::BeforeUnasked;
    let mut outcome = change::carry_out(context, &arguments.options, request, asks, &|_| {
        Ok(Wanted::default())
    })?;
    outcome.warnings.extend(needs_attention(context));
    Ok(outcome)
}

/// So many files are named one by one.
const NAMED: usize = 5;

/// What no rebuilding puts right: files that `list` names too.
fn needs_attention(context: &Context) -> Option<Warning> {
    let problems = problems(&Inventory::read(&context.layout));
    let files: BTreeSet<&Path> = problems
        .iter()
        .map(|problem| problem.file.as_path())
        .collect();
    let named: Vec<String> = files
        .iter()
        .take(NAMED)
        .map(|file| format!("`{}`", file.display()))
        .collect();
    let more = match files.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let (what, named) = match files.len() {
        0 => return None,
        1 => ("a file needs", named.join(", ")),
        _ => ("files need", named.join(", ")),
    };
    let audit = words::trustctl(&context.layout, "audit");
    Some(
        Warning::new(format!(
            "{what} attention that no refresh can give: {named}{more}"
        ))
        .hint(format!("`{audit}` says what is wrong and what to do")),
    )
}
