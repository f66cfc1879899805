//! What Java's keystores have, against the store.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::folder::plain;
use crate::cert::Fingerprint;
use crate::host::keystore::{Entry, SETTINGS};
use crate::rules::facts::Facts;
use crate::rules::{Hit, Severity};

/// Java's keystores that could be read and belong to the store.
fn keystores(facts: &Facts) -> impl Iterator<Item = (&PathBuf, &Vec<Entry>)> {
    facts
        .keystores
        .iter()
        .filter_map(|(path, entries)| Some((path, entries.as_ref().ok()?)))
}

pub(super) fn java_extra(facts: &Facts) -> Vec<Hit> {
    let expected = &facts.views.expected;
    // The password itself is nobody's business.
    let password = match own_password(facts) {
        true => format!("\"$(. {SETTINGS}; echo \"$storepass\")\""),
        false => "changeit".to_string(),
    };
    let hit = |path: &PathBuf, entry: &Entry| {
        let subject = entry.subject.as_deref().unwrap_or("unreadable");
        let remedy = format!(
            "run `keytool -delete -keystore {} -storepass {password} -alias {}`",
            path.display(),
            entry.alias
        );
        let mut hit = Hit::at(path, format!("alias `{}`: `{subject}`", entry.alias))
            .name(&entry.alias)
            .remedy(remedy);
        hit.subject.sha256 = Some(entry.sha256);
        if entry.alias.starts_with("debian:") {
            hit.severity(Severity::Error)
        } else {
            hit
        }
    };
    keystores(facts)
        .flat_map(|(path, entries)| {
            let extra = entries
                .iter()
                .filter(|entry| !expected.contains(&entry.sha256));
            extra.map(|entry| hit(path, entry)).collect::<Vec<_>>()
        })
        .collect()
}

fn own_password(facts: &Facts) -> bool {
    let file = facts.settings.iter();
    let mut file = file.filter(|source| source.path.as_deref() == Some(Path::new(SETTINGS)));
    file.any(|source| {
        let mut set = source.settings.iter();
        set.any(|set| set.key() == "storepass" && !set.value.is_empty())
    })
}

pub(super) fn java_missing(facts: &Facts) -> Vec<Hit> {
    keystores(facts)
        .flat_map(|(path, entries)| {
            let mut present: BTreeSet<Fingerprint> =
                entries.iter().map(|entry| entry.sha256).collect();
            let wanted = facts
                .selected()
                .filter_map(|source| Some((source, plain(source)?)));
            let missing = wanted.filter(|(_, certificate)| present.insert(certificate.sha256()));
            missing
                .map(|(source, certificate)| {
                    let evidence = format!(
                        "`{}` is selected, but not in the keystore",
                        source.place.name.display()
                    );
                    Hit::at(path, evidence).certificate(certificate, source.origin)
                })
                .collect::<Vec<_>>()
        })
        .collect()
}

pub(super) fn java_unusable(facts: &Facts) -> Vec<Hit> {
    let unusable = facts.unusable_keystores.iter();
    unusable
        .map(|(path, reason)| Hit::at(path, reason.clone()))
        .collect()
}

pub(super) fn java_updates_off(facts: &Facts) -> Vec<Hit> {
    let file = Path::new(SETTINGS);
    let source = facts
        .settings
        .iter()
        .find(|source| source.path.as_deref() == Some(file));
    let last = source.and_then(|source| {
        source
            .settings
            .iter()
            .rev()
            .find(|s| s.is(&["cacerts_updates"]))
    });
    let off = last.filter(|setting| setting.value != "yes");
    off.map(|setting| {
        Hit::at(file, format!("`cacerts_updates={}`", setting.value)).line(setting.line)
    })
    .into_iter()
    .collect()
}
