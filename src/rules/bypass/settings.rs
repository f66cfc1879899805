//! What the checks have in common: finding settings, and saying where they stand.

use super::super::Hit;
use super::super::facts::Facts;
use crate::host::format::Setting;
pub(super) use crate::host::names::is_loopback;
use crate::host::places::Kind;
use crate::host::sources::{Scope, Source};
use crate::redact;

/// A hit on one setting: where it stands, what it says, whom it is for.
pub fn hit(source: &Source, setting: &Setting, evidence: impl Into<String>) -> Hit {
    let whom = match &source.scope {
        Scope::System => "for all users".to_string(),
        Scope::User(name) => format!("for the user `{name}`"),
        Scope::Project(folder) => format!("for the project in `{}`", folder.display()),
        Scope::Process => "in the environment of this call".to_string(),
    };
    let evidence = format!("{}, {whom}", evidence.into());
    let hit = match &source.path {
        Some(path) => Hit::at(path, evidence),
        None => Hit::named("", evidence),
    };
    hit.line(setting.line)
        .name(redact::value(&setting.path.join(".")))
}

pub(super) fn shown(source: &Source, setting: &Setting) -> Hit {
    if let Some(words) = &source.said {
        return hit(source, setting, format!("`{words}`"));
    }
    let is_variable = has_variables(source);
    let key = if is_variable {
        setting.key().to_string()
    } else {
        redact::value(&setting.path.join(".")).into_owned()
    };
    let value = redact::setting(setting.key(), &setting.value);
    let evidence = match (is_variable, value.is_empty()) {
        (true, _) => format!("`{key}={value}`"),
        (false, true) => format!("`{key}`"),
        (false, false) => format!("`{key} = {}`", value.replace('\n', " ")),
    };
    hit(source, setting, evidence)
}

/// The files of some kinds.
pub(super) fn files<'a>(facts: &'a Facts, kinds: &'a [Kind]) -> impl Iterator<Item = &'a Source> {
    facts
        .settings
        .iter()
        .filter(move |source| kinds.contains(&source.kind))
}

/// Whether the settings are environment variables, of this host or of what a recipe makes.
fn has_variables(source: &Source) -> bool {
    source.kind.is_environment() || source.kind.is_recipe()
}

/// Every place where variables are set.
pub(super) fn environments(facts: &Facts) -> impl Iterator<Item = &Source> {
    let settings = facts.settings.iter();
    settings.filter(|source| has_variables(source))
}

/// The settings of one kind of file that are wrong.
pub(super) fn in_files(
    facts: &Facts,
    kinds: &[Kind],
    wrong: impl Fn(&Setting) -> bool,
) -> Vec<Hit> {
    let all = files(facts, kinds)
        .flat_map(|source| source.settings.iter().map(move |setting| (source, setting)));
    all.filter(|(_, setting)| wrong(setting))
        .map(|(source, setting)| shown(source, setting))
        .collect()
}

/// The variables with a wrong value, in every place where variables are set.
pub(super) fn in_environments(facts: &Facts, wrong: impl Fn(&str, &str) -> bool) -> Vec<Hit> {
    let all = environments(facts)
        .flat_map(|source| source.settings.iter().map(move |setting| (source, setting)));
    all.filter(|(_, setting)| wrong(setting.key(), &setting.value))
        .map(|(source, setting)| shown(source, setting))
        .collect()
}

/// A word for yes.
pub(super) fn is_on(value: &str) -> bool {
    matches!(
        value.trim().to_lowercase().as_str(),
        "1" | "true" | "yes" | "on" | "y" | "t"
    )
}

/// A word for no.
pub(super) fn is_off(value: &str) -> bool {
    matches!(
        value.trim().to_lowercase().as_str(),
        "0" | "false" | "no" | "off" | "n" | "f"
    )
}
