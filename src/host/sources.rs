//! Every file of settings on the host, read: who it is for, and what it says.

use std::path::PathBuf;

use super::format::crontab::Table;
use super::format::shell::{Exported, Run};
use super::format::{self, Setting};
use super::places::Kind;
use super::spoken::{Spoken, spoken};

mod follow;
mod reader;
mod skip;
mod units;

pub use follow::expanded;
pub use reader::{Wanted, gather};

/// Whom a setting is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Everybody on the host.
    System,
    /// One user.
    User(String),
    /// Who works in a folder, or uses what is made from it.
    Project(PathBuf),
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
    /// The words of a command in it that say so, where no setting does.
    pub said: Option<String>,
}

/// Reads a text as its program does.
pub fn parse(kind: Kind, text: &str) -> Vec<Setting> {
    use format::shell::parse as shell;
    match kind {
        Kind::PamEnvironment => format::last_of_each(format::environment::pam(text)),
        Kind::PamConf => format::last_of_each(format::environment::pam_conf(text)),
        Kind::PamUser => format::last_of_each(format::environment::pam_user(text)),
        Kind::Profile => shell(text, Exported::Marked),
        Kind::Defaults => shell(text, Exported::All),
        Kind::SystemdEnvironment => format::last_of_each(format::environment::systemd(text)),
        Kind::Unit => of_unit(&format::systemd::parse(text)),
        Kind::SystemCrontab => format::crontab::parse(text, Table::System),
        Kind::Crontab => format::crontab::parse(text, Table::User),
        Kind::Anacrontab => format::crontab::parse(text, Table::Anacron),
        Kind::Go => format::last_of_each(format::environment::go(text)),
        Kind::Process | Kind::Aws => Vec::new(),
        Kind::Git => format::git::effective(format::git::parse(text)),
        Kind::Curl => format::curl::parse(text),
        Kind::Wget => format::last_of_each(format::lines::wget(text)),
        Kind::Pip => format::last_of_each(format::ini::pip(text)),
        Kind::Ansible => format::last_of_each(format::ini::ansible(text)),
        Kind::Npm => format::last_of_each(format::ini::npm(text)),
        Kind::Yarn => format::last_of_each(format::lines::yarn(text)),
        Kind::YarnBerry | Kind::Gem | Kind::Conda | Kind::Helm | Kind::Kube | Kind::Playbook => {
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
        Kind::Dockerfile => format::dockerfile::parse(text),
        Kind::Pipeline => format::pipeline::parse(text),
    }
}

/// The variables of a unit, and those that its command lines set.
fn of_unit(unit: &[Setting]) -> Vec<Setting> {
    let mut variables = format::systemd::variables(unit);
    variables.extend(format::systemd::variables_of_commands(unit));
    variables
}

/// What the commands in a text say, each once on its line.
pub fn commanded(kind: Kind, text: &str) -> Vec<Spoken> {
    match kind {
        Kind::Profile => said(&format::shell::runs(text)),
        Kind::SystemCrontab => said(&format::crontab::runs(text, Table::System)),
        Kind::Crontab => said(&format::crontab::runs(text, Table::User)),
        Kind::Anacrontab => said(&format::crontab::runs(text, Table::Anacron)),
        Kind::Dockerfile => said(&format::dockerfile::runs(text)),
        Kind::Pipeline => said(&format::pipeline::runs(text)),
        _ => Vec::new(),
    }
}

fn said(runs: &[Run]) -> Vec<Spoken> {
    let mut out: Vec<Spoken> = Vec::new();
    for said in runs.iter().flat_map(spoken) {
        if !out.contains(&said) {
            out.push(said);
        }
    }
    out
}

/// The words of each line, without a name.
fn words(text: &str) -> Vec<Setting> {
    let commands = format::words::commands(text).into_iter().flatten();
    commands
        .map(|word| Setting::new(word.line, &["option"], word.text))
        .collect()
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests act on trees of their own")]
mod tests;
