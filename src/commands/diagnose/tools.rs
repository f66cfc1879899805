//! The hosts a tool would talk to, from its own configuration, and the settings in it that can't work or weaken.

mod apt;
mod conda;
mod containers;
mod curl;
mod git;
pub(super) mod go;
mod java;
mod kubectl;
mod npm;
mod pip;
mod rust;
mod yarn;

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::gather::{FILE_LIMIT, Own};
use super::{DiagnoseArgs, Plan};
use crate::cert;
use crate::commands::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::host::format::Setting;
use crate::host::tree::Tree;
use crate::probe::target::Target;
use crate::programs::no_proxy::NoProxy;
use crate::redact;
use crate::rules::diagnosis::Ruling;
use crate::system::files;

/// How the configuration of a tool is read: what is given after its name comes along.
type Reads = fn(&mut Look<'_>, &[String]) -> Result<Plan>;

/// The tools whose configuration is read, and whether something may be named after them.
const TOOLS: &[(&str, bool, Reads)] = &[
    ("go", false, |look, _| go::plan(look)),
    ("pip", false, |look, _| Ok(pip::plan(look))),
    ("npm", false, |look, _| Ok(npm::plan(look, "npm"))),
    ("pnpm", false, |look, _| Ok(npm::plan(look, "pnpm"))),
    ("yarn", false, |look, _| Ok(yarn::plan(look))),
    ("git", true, git::plan),
    ("apt", false, |look, _| Ok(apt::plan(look))),
    ("curl", true, curl::plan),
    ("docker", true, |look, names| {
        Ok(containers::docker(look, names))
    }),
    ("containerd", true, |look, names| {
        Ok(containers::containerd(look, names))
    }),
    ("cargo", false, |look, _| Ok(rust::plan(look))),
    ("maven", false, |look, _| Ok(java::maven(look))),
    ("gradle", false, |look, _| Ok(java::gradle(look))),
    ("conda", false, |look, _| Ok(conda::plan(look))),
    ("kubectl", false, |look, _| kubectl::plan(look)),
];

/// Other names of these.
const ALIASES: &[(&str, &str)] = &[
    ("pip3", "pip"),
    ("apt-get", "apt"),
    ("mvn", "maven"),
    ("mamba", "conda"),
];

/// Programs that a person may name, and hardly means a host by.
const OTHERS: &[&str] = &[
    "bundle",
    "composer",
    "deno",
    "gem",
    "helm",
    "java",
    "node",
    "podman",
    "poetry",
    "python",
    "python3",
    "terraform",
    "uv",
    "wget",
];

/// No more hosts of one tool are looked at.
const HOSTS: usize = 24;

/// What a tool's configuration says about its connections.
#[derive(Debug, Default, Serialize)]
pub struct ToolReport {
    /// The tool.
    pub tool: &'static str,
    /// The settings that decide, secrets cut out.
    pub settings: Vec<Effective>,
    /// What is to be known of how the tool connects.
    pub notes: Vec<String>,
    /// Settings that have no effect, or take protection away.
    pub advice: Vec<Advice>,
}

/// A setting in force.
#[derive(Debug, Serialize)]
pub struct Effective {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Where it is set: `PATH:LINE`, `the environment` or `default`.
    pub origin: String,
}

/// What is to be said about one setting.
#[derive(Debug, Serialize)]
pub struct Advice {
    /// A stable code: `no-effect`, `bypass` or `plain-http`.
    pub code: &'static str,
    /// The setting as it stands.
    pub setting: String,
    /// Where it is set.
    pub origin: String,
    /// What is wrong with it.
    pub text: String,
    /// What to do instead.
    pub remedy: String,
}

/// How the tool gets to a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// As the environment's variables say, read by this rule.
    Environment(NoProxy),
    /// Through a proxy of its own configuration.
    Proxy(String),
    /// Through none.
    Direct,
    /// As the environment says; no one program's rule is known.
    Any,
}

/// One host that is to be looked at, and what the tool's configuration says for it.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// The host.
    pub(super) target: Target,
    /// How the tool gets there.
    pub(super) route: Route,
    /// What it trusts there, where not the system's store alone.
    pub(super) own: Option<Own>,
    /// What a setting does to the connection.
    pub(super) ruling: Option<Ruling>,
    /// Not asked where another host says so.
    pub(super) unless: Option<Supported>,
}

/// A module proxy through which the checksum database is asked, where it says that it does that.
#[derive(Clone, Debug)]
pub(super) struct Supported {
    /// The proxy.
    pub(super) proxy: Target,
    /// Where it says so, with status 200.
    pub(super) path: String,
}

impl Asked {
    /// A host that no tool's configuration says anything about.
    pub(super) fn plain(target: Target) -> Self {
        Self {
            target,
            route: Route::Any,
            own: None,
            ruling: None,
            unless: None,
        }
    }
}

/// The plan of a tool, if the first target is the name of one.
pub(super) fn plan(context: &Context, arguments: &DiagnoseArgs) -> Result<Option<Plan>> {
    let Some((first, rest)) = arguments.targets.split_first() else {
        return Ok(None);
    };
    let alias = ALIASES.iter().find(|(alias, _)| alias == first);
    let name = alias.map_or(first.as_str(), |(_, name)| name);
    let Some((_, takes_more, read)) = TOOLS.iter().find(|(known, ..)| *known == name) else {
        return match OTHERS.contains(&name) {
            true => Err(unknown(name)),
            false => Ok(None),
        };
    };
    if let (Some(extra), false) = (rest.first(), takes_more) {
        return Err(Error::new(format!(
            "`diagnose {first}` takes no target, but `{}` was given",
            redact::value(extra)
        ))
        .kind(ErrorKind::Usage)
        .hint(format!(
            "to look at a host that is called `{first}`, write `{first}:443`"
        )));
    }
    let tree = Tree::new(&context.layout);
    read(&mut Look::new(context, arguments, &tree), rest).map(Some)
}

fn unknown(tool: &str) -> Error {
    let known: Vec<&str> = TOOLS.iter().map(|(name, ..)| *name).collect();
    Error::new(format!(
        "`{tool}` is a tool whose configuration is not read here"
    ))
    .kind(ErrorKind::Usage)
    .hint(format!(
        "the tools are {}; for another name the URL that it fails on, or write `{tool}:443` for a host of that name",
        known.join(", ")
    ))
}

/// One source of settings: where it is, and what it says.
struct Layer {
    path: Option<PathBuf>,
    settings: Vec<Setting>,
}

/// A setting found, with where.
#[derive(Clone)]
struct Found {
    name: String,
    value: String,
    origin: String,
}

impl Found {
    /// The setting and its place, as it is shown.
    fn shown(&self) -> String {
        let (name, value) = (
            redact::value(&self.name),
            redact::setting(&self.name, &self.value),
        );
        format!("`{name}={value}` ({})", self.origin)
    }
}

/// What is looked through, most important source first, and what is found on the way.
struct Look<'a> {
    context: &'a Context,
    arguments: &'a DiagnoseArgs,
    tree: &'a Tree<'a>,
    layers: Vec<Layer>,
    report: ToolReport,
    targets: Vec<Asked>,
}

impl<'a> Look<'a> {
    fn new(context: &'a Context, arguments: &'a DiagnoseArgs, tree: &'a Tree<'a>) -> Self {
        Self {
            context,
            arguments,
            tree,
            layers: Vec::new(),
            report: ToolReport::default(),
            targets: Vec::new(),
        }
    }

    /// A file in the home of whoever calls.
    fn home(&self, name: &str) -> Option<PathBuf> {
        self.context
            .variable("HOME")
            .map(|home| Path::new(home).join(name))
    }

    /// A file of the configuration folder of whoever calls.
    fn config_home(&self, name: &str) -> Option<PathBuf> {
        match self
            .context
            .variable("XDG_CONFIG_HOME")
            .filter(|folder| !folder.is_empty())
        {
            Some(folder) => Some(Path::new(folder).join(name)),
            None => self.home(".config").map(|folder| folder.join(name)),
        }
    }

    /// `~/` at the beginning is the home.
    fn without_tilde(&self, path: &str) -> PathBuf {
        let home = path.strip_prefix("~/").and_then(|rest| self.home(rest));
        home.unwrap_or_else(|| PathBuf::from(path))
    }

    /// A file of the tree, or of the folder of the call where the path is relative or lies in it.
    fn bytes(&self, path: &Path) -> Option<Vec<u8>> {
        if path.is_absolute() && !path.starts_with(&self.context.folder) {
            return self.tree.bytes(path, FILE_LIMIT);
        }
        files::read(&self.context.absolute(path), FILE_LIMIT).ok()
    }

    fn text(&self, path: &Path) -> Option<String> {
        let bytes = self.bytes(path)?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The files of this name in the folder of the call and those above it.
    fn upwards(&self, name: &str) -> Vec<PathBuf> {
        let folders = self.context.folder.ancestors().take(32);
        folders.map(|folder| folder.join(name)).collect()
    }

    /// Reads a file as the next source, if it is there.
    fn file(&mut self, path: &Path, read: fn(&str) -> Vec<Setting>) {
        if let Some(text) = self.text(path) {
            self.layers.push(Layer {
                path: Some(path.to_path_buf()),
                settings: read(&text),
            });
        }
    }

    /// A variable of the environment.
    fn variable(&self, name: &str) -> Option<Found> {
        let value = self.context.variable(name)?;
        Some(Found {
            name: name.to_string(),
            value: value.to_string(),
            origin: "the environment".to_string(),
        })
    }

    /// A variable of the environment that is not empty.
    fn filled(&self, name: &str) -> Option<Found> {
        self.variable(name).filter(|found| !found.value.is_empty())
    }

    /// The first source that has such a setting wins; within a source the last line does.
    fn setting(&self, wanted: &dyn Fn(&Setting) -> bool) -> Option<Found> {
        self.layers.iter().find_map(|layer| {
            let setting = layer
                .settings
                .iter()
                .rev()
                .find(|setting| wanted(setting))?;
            Some(found(layer, setting))
        })
    }

    /// Every such setting in every source.
    fn settings(&self, wanted: &dyn Fn(&Setting) -> bool) -> Vec<Found> {
        let all = self
            .layers
            .iter()
            .flat_map(|layer| layer.settings.iter().map(move |setting| (layer, setting)));
        all.filter(|(_, setting)| wanted(setting))
            .map(|(layer, setting)| found(layer, setting))
            .collect()
    }

    /// Puts a setting in the report.
    fn effective(&mut self, found: &Found) {
        self.report.settings.push(Effective {
            name: redact::value(&found.name).into_owned(),
            value: redact::setting(&found.name, &found.value).into_owned(),
            origin: found.origin.clone(),
        });
    }

    /// A setting, or what the tool does without one; in the report either way.
    fn or_default(&mut self, found: Option<Found>, name: &str, default: &str) -> String {
        let found = found.unwrap_or_else(|| default_of(name, default));
        self.effective(&found);
        found.value
    }

    fn note(&mut self, text: impl Into<String>) {
        let text: String = text.into();
        self.report.notes.push(redact::text(&text).into_owned());
    }

    fn advise(&mut self, code: &'static str, found: &Found, text: &str, remedy: &str) {
        self.report.advice.push(Advice {
            code,
            setting: format!(
                "{}={}",
                redact::value(&found.name),
                redact::setting(&found.name, &found.value)
            ),
            origin: found.origin.clone(),
            text: text.to_string(),
            remedy: remedy.to_string(),
        });
    }

    /// A URL that the tool connects to; one without TLS is remarked, one that can't be read is noted.
    fn url(&mut self, url: &str, found: Option<&Found>) -> Option<&mut Asked> {
        let shown = redact::value(url);
        if url.starts_with("http://") {
            let setting = found.cloned().unwrap_or_else(|| default_of("url", url));
            self.advise(
                "plain-http",
                &setting,
                "the connection is not encrypted, anyone on the way can change what is fetched",
                "use `https://`",
            );
            return None;
        }
        if !url.starts_with("https://") {
            self.note(format!("`{shown}` is not reached over TLS"));
            return None;
        }
        let target = match Target::parse(url, None) {
            Ok(target) => target,
            Err(error) => {
                self.note(error.message);
                return None;
            }
        };
        let known = self.targets.iter().position(|asked| asked.target == target);
        if known.is_none() && self.targets.len() < HOSTS {
            self.targets.push(Asked::plain(target));
            return self.targets.last_mut();
        }
        self.targets.get_mut(known?)
    }

    /// Certificates in a file that a setting names; none where it can't be read.
    fn own(&self, setting: &Found, path: &Path, adds: bool) -> Option<Own> {
        let bytes = self.bytes(path)?;
        Some(Own {
            label: format!("`{}`", path.display()),
            ..own_of(setting, &bytes, adds)
        })
    }

    /// Certificates in the files of a folder that a setting names.
    fn own_folder(&self, setting: &Found, folder: &Path, adds: bool) -> Own {
        let names = self.tree.names(folder).into_iter().take(1000);
        let files = names.filter_map(|name| self.bytes(&folder.join(name)));
        let certificates = files.flat_map(|bytes| own_of(setting, &bytes, adds).certificates);
        Own {
            setting: setting.name.clone(),
            label: format!("`{}`", folder.display()),
            certificates: certificates.collect(),
            adds,
        }
    }

    /// Says of every host asked so far that certificates are not checked.
    fn unverified(
        &mut self,
        program: &'static str,
        found: &Found,
        covers: &dyn Fn(&Target) -> bool,
    ) {
        for asked in self
            .targets
            .iter_mut()
            .filter(|asked| covers(&asked.target))
        {
            asked.ruling = Some(Ruling::Unverified {
                program,
                setting: found.shown(),
            });
        }
    }

    /// The plan: every target, judged as these programs do.
    fn plan(
        &mut self,
        tool: &'static str,
        consumers: &[&'static str],
        rule: Option<NoProxy>,
    ) -> Plan {
        self.report.tool = tool;
        let mut targets = std::mem::take(&mut self.targets);
        for asked in &mut targets {
            if let (Some(rule), Route::Any) = (rule, &asked.route) {
                asked.route = Route::Environment(rule);
            }
        }
        Plan {
            tool: Some(std::mem::take(&mut self.report)),
            targets,
            consumers: consumers.to_vec(),
            unread: Vec::new(),
            sequence: Vec::new(),
            meanwhile: None,
        }
    }
}

/// A setting that names a file which can't be read, as the tool itself puts it.
fn broken(found: &Found, says: &str) -> Ruling {
    Ruling::Broken {
        setting: found.shown(),
        reason: says.to_string(),
    }
}

fn own_of(setting: &Found, bytes: &[u8], adds: bool) -> Own {
    let document = cert::read(bytes);
    let certificates = document.certificates().map(|(_, one)| one.clone());
    Own {
        setting: setting.name.clone(),
        label: format!("`{}`", setting.name),
        certificates: certificates.collect(),
        adds,
    }
}

fn default_of(name: &str, value: &str) -> Found {
    Found {
        name: name.to_string(),
        value: value.to_string(),
        origin: "default".to_string(),
    }
}

fn found(layer: &Layer, setting: &Setting) -> Found {
    let path = layer
        .path
        .as_ref()
        .map_or_else(String::new, |path| path.display().to_string());
    Found {
        name: setting.path.join("."),
        value: setting.value.clone(),
        origin: format!("{path}:{}", setting.line),
    }
}
