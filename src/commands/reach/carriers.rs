//! Carriers: variables and settings that point programs to another store, each judged by what it leads to.

use std::path::Path;
use std::sync::Arc;

use crate::host::consumers::{Found, Keystore, Look};
use crate::host::format::{Setting, words};
use crate::host::places::JAVA_OPTIONS;
use crate::host::reach::{Kind, SYSTEM_BUNDLE, Said, Store, Verdict};
use crate::host::sources::{Scope, Source, expanded};
use crate::host::tree::Tree;
use crate::rules::overrides;
use crate::store::layout::CERTS;
use crate::store::links;
use crate::system::files::Kind as FileKind;

/// Variables that add to what a program trusts anyway.
const ADDING: [&str; 2] = ["NODE_EXTRA_CA_CERTS", "DENO_CERT"];
/// The option of Java.
const TRUST_STORE: &str = "-Djavax.net.ssl.trustStore=";
const PASSWORD: &str = "-Djavax.net.ssl.trustStorePassword=";

pub(super) fn find(look: &Look<'_>, settings: &[Source], found: &mut Found) {
    for source in settings {
        for setting in &source.settings {
            for path in overrides::named(source, setting) {
                found.stores.push(carrier(look, source, setting, &path));
            }
            if source.kind.is_environment() && JAVA_OPTIONS.contains(&setting.key()) {
                found.stores.extend(java(look, source, setting));
            }
        }
    }
}

/// Where a setting stands, in words.
fn title(source: &Source, setting: &Setting) -> String {
    let key = setting.path.join(".");
    match &source.path {
        Some(path) if setting.line > 0 => {
            format!("`{key}` in `{}`, line {}", path.display(), setting.line)
        }
        Some(path) => format!("`{key}` in `{}`", path.display()),
        None => format!("`{key}` in the environment of this call"),
    }
}

fn owner(source: &Source) -> Option<String> {
    match &source.scope {
        Scope::User(name) => Some(name.clone()),
        Scope::System => Some("root".to_string()),
        Scope::Project(_) | Scope::Process => None,
    }
}

fn carrier(look: &Look<'_>, source: &Source, setting: &Setting, path: &Path) -> Store {
    let title = title(source, setting);
    let mut store = match look.tree.is_folder(path) {
        true => folder(look.tree, look, path, &title),
        false => look.file(Kind::Carrier, path, &title),
    };
    if store.otherwise.verdict == Verdict::DoesNot && !store.present.is_empty() {
        if ADDING.contains(&setting.key()) {
            store.otherwise.evidence =
                format!("{title}: not in the file, so that nothing is added");
        }
        if setting.key() == "SSL_CERT_FILE" {
            store.otherwise = Said::new(
                Verdict::DependsOnReader,
                format!(
                    "{title}: not in the file, which programs with OpenSSL's defaults add to the hash directory, and others read instead of it"
                ),
            );
        }
    }
    if let Some(unsafe_owner) = unsafe_owner(look, source, path) {
        store.present = format!("{}; {unsafe_owner}", store.present);
        store.otherwise.evidence = format!("{}; {unsafe_owner}", store.otherwise.evidence);
    }
    let place = match &source.path {
        Some(path) => format!(" in `{}`", path.display()),
        None => String::new(),
    };
    let remedy = format!(
        "let `{}`{place} name `{SYSTEM_BUNDLE}`, or delete it",
        setting.key()
    );
    store.owned_by(owner(source)).remedy(remedy)
}

/// Who else decides what is in a file that counts for all users.
fn unsafe_owner(look: &Look<'_>, source: &Source, path: &Path) -> Option<String> {
    if source.scope != Scope::System {
        return None;
    }
    let facts = look.tree.facts(path)?;
    if facts.uid != 0 && look.uid == 0 {
        return Some(format!(
            "it belongs to user {}, who decides what all programs trust",
            facts.uid
        ));
    }
    (facts.mode & 0o022 != 0).then(|| "others may write it".to_string())
}

/// A hash directory.
fn folder(tree: &Tree<'_>, look: &Look<'_>, path: &Path, title: &str) -> Store {
    if tree.real(path) == tree.real(Path::new(CERTS)) {
        let evidence = format!("{title}: the system's folder");
        return Store::all(Kind::Carrier, path, Verdict::FollowsSystem, evidence);
    }
    let mut trusted = std::collections::BTreeSet::new();
    let names = tree.names(path);
    let hashed = names
        .iter()
        .filter(|name| links::hash_name(Path::new(name)).is_some());
    for name in hashed {
        let file = path.join(name);
        let regular = tree
            .facts(&file)
            .is_some_and(|facts| facts.kind == FileKind::File);
        let bytes = regular.then(|| tree.bytes(&file, 1 << 20)).flatten();
        if let Some(bytes) = bytes {
            trusted.extend(look.certificates(&bytes).iter().copied());
        }
    }
    Store::of(
        Kind::Carrier,
        path,
        Arc::new(trusted),
        format!("{title}: in the folder"),
        format!("{title}: no hash link in the folder leads to it"),
    )
}

/// A keystore that options of Java name.
fn java(look: &Look<'_>, source: &Source, setting: &Setting) -> Option<Store> {
    let options: Vec<String> = words::commands(&setting.value)
        .into_iter()
        .flatten()
        .map(|word| word.text)
        .collect();
    let value = |name: &str| {
        options
            .iter()
            .rev()
            .find_map(|option| option.strip_prefix(name))
    };
    let path = expanded(source, value(TRUST_STORE)?)?;
    let title = title(source, setting);
    let keystore = Keystore {
        path: &path,
        password: value(PASSWORD),
        title: &title,
    };
    let store = look.keystore(&keystore);
    let remedy = format!("let the option name `{}`", crate::host::keystore::CACERTS);
    Some(store.owned_by(owner(source)).remedy(remedy))
}
