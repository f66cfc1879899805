//! The hosts a tool would talk to, from its own configuration, and the settings in it that can't work or weaken.

mod apt;
mod git;
mod go;
mod npm;
mod pip;

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{DiagnoseArgs, Plan};
use crate::commands::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::host::format::Setting;
use crate::host::tree::Tree;
use crate::probe::target::Target;
use crate::redact;

/// Programs that a person may name, and hardly means a host by.
const OTHERS: &[&str] = &[
    "apt-get", "bundle", "cargo", "composer", "conda", "curl", "docker", "gem", "gradle", "helm",
    "java", "kubectl", "maven", "mvn", "node", "pip3", "pnpm", "podman", "poetry", "python",
    "python3", "uv", "wget", "yarn",
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

/// The plan of a tool, if the first target is the name of one.
pub(super) fn plan(context: &Context, arguments: &DiagnoseArgs) -> Result<Option<Plan>> {
    let Some((first, rest)) = arguments.targets.split_first() else {
        return Ok(None);
    };
    let tree = Tree::new(&context.layout);
    let mut look = Look::new(context, arguments, &tree);
    let plan = match first.as_str() {
        "go" => go::plan(&mut look)?,
        "pip" => pip::plan(&mut look),
        "npm" => npm::plan(&mut look),
        "apt" => apt::plan(&mut look),
        "git" => return git::plan(&mut look, rest).map(Some),
        tool if OTHERS.contains(&tool) => {
            return Err(Error::new(format!(
                "`{tool}` is a tool whose configuration is not read here"
            ))
            .hint(format!(
                "the tools are go, pip, npm, git and apt; for another name the URL that it fails on, or write `{tool}:443` for a host of that name"
            )));
        }
        _ => return Ok(None),
    };
    if let Some(extra) = rest.first() {
        return Err(Error::new(format!(
            "`diagnose {first}` takes no target, but `{}` was given",
            redact::value(extra)
        ))
        .kind(ErrorKind::Usage)
        .hint(format!(
            "to look at a host that is called `{first}`, write `{first}:443`"
        )));
    }
    Ok(Some(plan))
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

/// What is looked through, most important source first, and what is found on the way.
struct Look<'a> {
    context: &'a Context,
    arguments: &'a DiagnoseArgs,
    tree: &'a Tree<'a>,
    layers: Vec<Layer>,
    report: ToolReport,
    targets: Vec<Target>,
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

    /// Reads a file of the tree as the next source, if it is there.
    fn file(&mut self, path: &Path, read: fn(&str) -> Vec<Setting>) {
        if let Some(text) = self.tree.text(path) {
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
        let found = found.unwrap_or_else(|| Found {
            name: name.to_string(),
            value: default.to_string(),
            origin: "default".to_string(),
        });
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
    fn url(&mut self, url: &str, found: Option<&Found>) {
        let shown = redact::value(url);
        if url.starts_with("http://") {
            let setting = found.cloned().unwrap_or_else(|| Found {
                name: "url".to_string(),
                value: url.to_string(),
                origin: "default".to_string(),
            });
            self.advise(
                "plain-http",
                &setting,
                "the connection is not encrypted, anyone on the way can change what is fetched",
                "use `https://`",
            );
            return;
        }
        if !url.starts_with("https://") {
            return self.note(format!("`{shown}` is not reached over TLS"));
        }
        match Target::parse(url, None) {
            Ok(target) if self.targets.contains(&target) || self.targets.len() >= HOSTS => {}
            Ok(target) => self.targets.push(target),
            Err(error) => self.note(error.message),
        }
    }

    /// The plan: every target, judged as these programs do.
    fn plan(&mut self, tool: &'static str, consumers: &[&'static str]) -> Plan {
        self.report.tool = tool;
        Plan {
            tool: Some(std::mem::take(&mut self.report)),
            targets: std::mem::take(&mut self.targets),
            consumers: consumers.to_vec(),
            own_file: None,
            proxy: None,
            rule: None,
        }
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
