//! Where a source leads: includes, `EnvironmentFile=`, variables that name files.

use std::path::{Path, PathBuf};

use super::Source;
use crate::host::format::shell::Exported;
use crate::host::format::{self, Setting};
use crate::host::places::{self, Kind};

/// The files that a source leads to, and how they are read; a path may have stars in it.
pub(super) fn led_to(source: &Source, text: &str) -> Vec<(PathBuf, Kind)> {
    let absolute = |path: &str| expanded(source, path).filter(|path| path.is_absolute());
    let values = |wanted: &'static [&'static [&'static str]]| {
        let settings = source.settings.iter();
        settings
            .filter(|setting| wanted.iter().any(|path| setting.is(path)))
            .map(|setting| setting.value.as_str())
    };
    let kind = source.kind;
    let mut out: Vec<PathBuf> = match kind {
        Kind::Git => {
            let settings = source.settings.iter();
            let includes = settings.filter(|setting| format::git::is_include(setting));
            let paths = includes.filter_map(|setting| relative(source, &setting.value));
            paths.collect()
        }
        Kind::Curl => values(&[&["config"], &["-K"]])
            .filter_map(absolute)
            .collect(),
        Kind::AptConf => format::apt::includes(&source.settings)
            .filter_map(absolute)
            .collect(),
        Kind::Containerd => values(&[&["imports", "*"]])
            .filter_map(|path| pattern(source, path))
            .collect(),
        _ => Vec::new(),
    };
    out.retain(|path| path.is_absolute());
    let led = out.into_iter().map(|path| (path, kind));
    let sourced = match kind {
        Kind::Profile => sourced(source, text),
        _ => Vec::new(),
    };
    led.chain(sourced).chain(variables(source)).collect()
}

/// The files that a script reads; behind `set -a` every assignment in them counts.
fn sourced(source: &Source, text: &str) -> Vec<(PathBuf, Kind)> {
    let files = format::shell::sourced(text).into_iter();
    files
        .filter_map(|(path, exported)| {
            let path = expanded(source, &path).filter(|path| path.is_absolute())?;
            let kind = match exported {
                Exported::Marked => Kind::Profile,
                Exported::All => Kind::Defaults,
            };
            Some((path, kind))
        })
        .collect()
}

/// The files that a unit leads to: `EnvironmentFile=`, and those that its variables name.
pub(super) fn handed_on(source: &Source, unit: &[Setting]) -> Vec<(PathBuf, Kind)> {
    let files = format::systemd::environment_files(unit);
    let files = files.iter().filter_map(|path| pattern(source, path));
    files
        .map(|path| (path, Kind::SystemdEnvironment))
        .chain(variables(source))
        .collect()
}

/// The files of settings that the variables of a source name.
fn variables(source: &Source) -> Vec<(PathBuf, Kind)> {
    if !source.kind.is_environment() {
        return Vec::new();
    }
    let settings = source.settings.iter();
    settings
        .flat_map(|setting| named(source, setting))
        .collect()
}

/// The files of settings that a variable names.
fn named(source: &Source, setting: &Setting) -> Vec<(PathBuf, Kind)> {
    let mut out = Vec::new();
    for (_, kind) in places::VARIABLES
        .iter()
        .filter(|(name, _)| *name == setting.key())
    {
        let paths = setting
            .value
            .split(':')
            .filter_map(|path| expanded(source, path));
        out.extend(paths.map(|path| (path, *kind)));
    }
    for (_, file, kind) in places::FOLDER_VARIABLES
        .iter()
        .filter(|(name, ..)| *name == setting.key())
    {
        out.extend(expanded(source, &setting.value).map(|folder| (folder.join(file), *kind)));
    }
    if setting.key() == "LDAPRC"
        && let Some(home) = &source.home
    {
        // A name in the home, with and without a dot (ldap.conf(5)).
        let names = [setting.value.clone(), format!(".{}", setting.value)];
        out.extend(names.map(|name| (home.join(name), Kind::Ldap)));
    }
    if places::JAVA_OPTIONS.contains(&setting.key()) {
        let options = setting.value.split_whitespace();
        let files = options.filter_map(|option| option.strip_prefix("-Djava.security.properties="));
        // A second `=` lets the file replace Java's own instead of adding to it.
        let paths = files.filter_map(|path| expanded(source, path.trim_start_matches('=')));
        out.extend(paths.map(|path| (path, Kind::JavaSecurity)));
    }
    out.retain(|(path, _)| path.is_absolute());
    out
}

/// The path with `~` and `$HOME` replaced; none where something else would have to be known.
pub fn expanded(source: &Source, text: &str) -> Option<PathBuf> {
    let home = source.home.as_ref().map(|home| home.display().to_string());
    for prefix in ["~/", "$HOME/", "${HOME}/", "%h/", "@{HOME}/"] {
        if let Some(rest) = text.strip_prefix(prefix) {
            return home.map(|home| Path::new(&home).join(rest));
        }
    }
    (!text.contains(['$', '`', '%', '*', '{'])).then(|| PathBuf::from(text))
}

/// The path, which may have stars in it; none where something else would have to be known.
fn pattern(source: &Source, text: &str) -> Option<PathBuf> {
    let starless = expanded(source, &text.replace('*', ""))?;
    starless.is_absolute().then_some(())?;
    match text.strip_prefix("%h/") {
        Some(rest) => source.home.as_ref().map(|home| home.join(rest)),
        None => Some(PathBuf::from(text)),
    }
}

fn relative(source: &Source, text: &str) -> Option<PathBuf> {
    let folder = source.path.as_ref()?.parent()?;
    expanded(source, text).map(|path| folder.join(path))
}
