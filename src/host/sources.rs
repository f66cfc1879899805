//! Every file of settings on the host, read: who it is for, and what it says.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::format::{self, Setting};
use super::places::{self, Kind};
use super::tree::Tree;
use super::users::User;

mod follow;
mod skip;

pub use follow::expanded;
use follow::led_to;
use skip::{is_left_over, is_passed_over};

/// Includes and variables lead to further files at most this often in a row.
const FOLLOW_DEPTH: usize = 4;

/// Whom a setting is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Everybody on the host.
    System,
    /// One user.
    User(String),
    /// This call of the program.
    Process,
}

/// One file of settings, or the environment of this call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The file inside the tree; `None` for the environment of this call.
    pub path: Option<PathBuf>,
    /// How it was read.
    pub kind: Kind,
    /// Whom it is for.
    pub scope: Scope,
    /// The home that `~` and `$HOME` in it mean.
    pub home: Option<PathBuf>,
    /// What it says, in order.
    pub settings: Vec<Setting>,
}

/// Reads a text as its program does.
pub fn parse(kind: Kind, text: &str) -> Vec<Setting> {
    use format::shell::{Exported, parse as shell};
    match kind {
        Kind::PamEnvironment => format::last_of_each(format::environment::pam(text)),
        Kind::PamConf => format::last_of_each(format::environment::pam_conf(text)),
        Kind::Profile => shell(text, Exported::Marked),
        Kind::Defaults => shell(text, Exported::All),
        Kind::SystemdEnvironment => format::last_of_each(format::environment::systemd(text)),
        Kind::Unit => {
            let unit = format::systemd::parse(text);
            let mut variables = format::systemd::variables(&unit);
            variables.extend(format::systemd::variables_of_commands(&unit));
            variables
        }
        Kind::UnitCommands => format::systemd::arguments(&format::systemd::parse(text)),
        Kind::SystemCrontab => format::crontab::parse(text, true),
        Kind::Crontab => format::crontab::parse(text, false),
        Kind::Go => format::last_of_each(format::environment::go(text)),
        Kind::Process => Vec::new(),
        Kind::Git => format::last_of_each(format::git::parse(text)),
        Kind::Curl => format::curl::parse(text),
        Kind::Wget => format::last_of_each(format::lines::wget(text)),
        Kind::Pip => format::last_of_each(format::ini::pip(text)),
        Kind::Ansible => format::last_of_each(format::ini::ansible(text)),
        Kind::Npm => format::last_of_each(format::ini::npm(text)),
        Kind::Yarn => format::last_of_each(format::lines::yarn(text)),
        Kind::YarnBerry | Kind::Gem | Kind::Conda | Kind::Helm | Kind::Kube => {
            format::yaml::parse(text)
        }
        Kind::AptConf => format::apt::parse(text),
        Kind::AptList => format::lines::sources_list(text),
        Kind::AptSources => format::lines::sources_deb822(text),
        Kind::Docker => format::json::parse(text),
        Kind::Registries | Kind::Containerd | Kind::Cargo => format::toml::parse(text),
        Kind::Ldap => format::last_of_each(format::lines::ldap(text)),
        Kind::Gnutls => format::ini::gnutls(text),
        Kind::JavaSecurity => format::last_of_each(format::properties::parse(text)),
        Kind::Maven => words(text),
    }
}

/// The words of each line, without a name.
fn words(text: &str) -> Vec<Setting> {
    let commands = format::words::commands(text).into_iter().flatten();
    commands
        .map(|word| Setting::new(word.line, &["option"], word.text))
        .collect()
}

/// Reads everything: the system's files, those in the homes given, and where they lead.
pub fn gather(tree: &Tree<'_>, homes: &[User], process: Option<Source>) -> Vec<Source> {
    let mut reader = Reader {
        tree,
        seen: HashSet::new(),
        sources: Vec::new(),
    };
    for (pattern, kind) in places::SYSTEM {
        let owner = |path: &Path| match kind {
            Kind::Crontab => user_named(path, homes),
            _ => (Scope::System, None),
        };
        for path in tree.expand(pattern) {
            if is_passed_over(&path, *kind) {
                continue;
            }
            let (scope, home) = owner(&path);
            reader.take(&path, *kind, &scope, home.as_deref(), 0);
        }
    }
    for user in homes {
        reader.home(user);
    }
    if let Some(source) = process {
        reader.follow(&source, "", 0);
        reader.sources.push(source);
    }
    // apt reads all its files as one.
    let apt = reader
        .sources
        .iter_mut()
        .filter(|s| s.kind == Kind::AptConf);
    let mut apt: Vec<&mut Vec<Setting>> = apt.map(|source| &mut source.settings).collect();
    format::apt::effective(&mut apt);
    reader.sources
}

/// A crontab in the spool belongs to the user it is named after.
fn user_named(path: &Path, homes: &[User]) -> (Scope, Option<PathBuf>) {
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let home = homes
        .iter()
        .find(|user| user.name == name)
        .map(|user| user.home.clone());
    (Scope::User(name), home)
}

struct Reader<'a> {
    tree: &'a Tree<'a>,
    seen: HashSet<(PathBuf, Kind)>,
    sources: Vec<Source>,
}

impl Reader<'_> {
    fn home(&mut self, user: &User) {
        let names: HashSet<String> = self.tree.names(&user.home).into_iter().collect();
        let scope = Scope::User(user.name.clone());
        for (place, kind) in places::USER {
            let first = place.split('/').next().unwrap_or_default();
            if !names.contains(first) {
                continue;
            }
            let pattern = user.home.join(place);
            for path in self.tree.expand(&pattern.to_string_lossy()) {
                self.take(&path, *kind, &scope, Some(&user.home), 0);
            }
        }
    }

    fn take(&mut self, path: &Path, kind: Kind, scope: &Scope, home: Option<&Path>, depth: usize) {
        let Some(real) = self.tree.real(path) else {
            return;
        };
        if !self.seen.insert((real, kind)) || is_left_over(path) || depth > FOLLOW_DEPTH {
            return;
        }
        let Some(text) = self.tree.text(path) else {
            return;
        };
        let source = Source {
            path: Some(path.to_path_buf()),
            kind,
            scope: scope.clone(),
            home: home.map(Path::to_path_buf),
            settings: parse(kind, &text),
        };
        self.follow(&source, &text, depth);
        if kind == Kind::Unit {
            let settings = parse(Kind::UnitCommands, &text);
            self.sources.push(Source {
                kind: Kind::UnitCommands,
                settings,
                ..source.clone()
            });
        }
        self.sources.push(source);
    }

    /// Reads the files that a source leads to.
    fn follow(&mut self, source: &Source, text: &str, depth: usize) {
        let home = source.home.as_deref();
        for (path, kind) in led_to(source, text) {
            let text = path.to_string_lossy();
            let paths = match text.contains('*') {
                true => self.tree.expand(&text),
                false if kind == Kind::AptConf && text.ends_with('/') => {
                    self.tree.expand(&format!("{text}*"))
                }
                false => vec![path],
            };
            for path in paths.iter().filter(|path| !is_passed_over(path, kind)) {
                self.take(path, kind, &source.scope, home, depth + 1);
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests act on trees of their own")]
mod tests;
