//! One file per command: its arguments and its `run`, which returns a [`Report`] and prints nothing.

pub mod add;
pub mod adopt;
pub mod anchor;
pub mod apply;
pub mod audit;
pub mod change;
pub mod check;
pub mod compare;
pub mod diagnose;
pub mod explain;
pub mod export;
pub mod facts;
pub mod history;
pub mod input;
pub mod list;
pub mod programs;
pub mod reach;
pub mod recover;
pub mod report;
pub mod rules;
pub mod sources;
pub mod tls;
pub mod verify;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::cert::Time;
use crate::change::generation::Generations;
use crate::config::Config;
use crate::error::{Error, ErrorKind, Exit, Result};
use crate::store::layout::{CONFIG, Layout};
use crate::system::files;

/// The configuration file is refused when larger.
const CONFIG_LIMIT: u64 = 1 << 20;

/// The facts of this call, read once by `main`: nothing below reads clock, environment or terminal.
pub struct Context {
    /// Every path of the store.
    pub layout: Layout,
    /// The record of changes.
    pub kept: Generations,
    /// The configuration.
    pub config: Config,
    /// The time of the call.
    pub now: Time,
    /// Effective user.
    pub uid: u32,
    /// `SUDO_USER`, where the call came through sudo.
    pub sudo_user: Option<String>,
    /// The arguments after the program's name, for hints.
    pub arguments: Vec<String>,
    /// The environment as it was.
    pub environment: BTreeMap<OsString, OsString>,
    /// The folder the call was made in.
    pub folder: PathBuf,
    /// Whether a person can be asked (standard input and standard error are terminals).
    pub interactive: bool,
    /// Asks a person to confirm a change; the answer is no unless they say yes.
    pub confirm: fn(&Question) -> anyhow::Result<bool>,
    /// Shows what is being done, where a person watches.
    pub progress: fn(&str),
}

/// What a person is asked before a change.
#[derive(Debug, Default)]
pub struct Question {
    /// What the change is about, one group of `(label, value)` lines per certificate.
    pub facts: Vec<Vec<(String, String)>>,
    /// The question itself.
    pub prompt: String,
}

impl Context {
    /// Reads the configuration: the file given, or the tree's own (absent: the defaults).
    ///
    /// It names programs that are run, so it must belong to root or to the caller, and nobody else may write it. The
    /// own configuration of a tree that is not this host's may not name programs at all.
    pub fn read_config(layout: &Layout, file: Option<&Path>, uid: u32) -> Result<Config> {
        let path = file.map_or_else(|| layout.place(CONFIG).real, Path::to_path_buf);
        let read = match file {
            Some(file) => files::read_with_facts(file, CONFIG_LIMIT),
            None => layout.tree.read_with_facts(&path, CONFIG_LIMIT),
        };
        let (bytes, facts) = match read {
            Ok(read) => read,
            Err(error) if error.is_absent() && file.is_none() => return Ok(Config::default()),
            Err(error) => return Err(error.into()),
        };
        let name = path.display().to_string();
        let foreign_tree = file.is_none() && !layout.is_live();
        if !foreign_tree && (facts.mode & 0o022 != 0 || ![0, uid].contains(&facts.uid)) {
            return Err(Error::new(format!("`{name}` can be written by others"))
                .kind(ErrorKind::Config)
                .hint(format!("`chown root:root {name} && chmod 0644 {name}`")));
        }
        let text = String::from_utf8(bytes).map_err(|_| {
            Error::new(format!("`{name}`: the file is not UTF-8 text")).kind(ErrorKind::Config)
        })?;
        let config = Config::parse(&text, &name)?;
        let own = Config::default();
        if foreign_tree && (config.tools != own.tools || config.data != own.data) {
            return Err(Error::new(format!(
                "`{name}` names programs or a file of data, but is not this host's own"
            ))
            .kind(ErrorKind::Config)
            .hint("give a configuration of your own with `--config FILE`"));
        }
        Ok(config)
    }

    /// A path from the command line as an absolute one.
    pub fn absolute(&self, path: &Path) -> PathBuf {
        self.folder.join(path)
    }

    /// A variable of the environment as text.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(&OsString::from(name))?.to_str()
    }
}

/// What a command found or did; rendered by `output`, never printed here.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Report {
    /// `list` and `show`.
    List(list::ListReport),
    /// Every command that changes the store.
    Change(change::ChangeReport),
    /// `apply`.
    Apply(Box<apply::ApplyReport>),
    /// `export`.
    Export(export::ExportReport),
    /// `history`.
    History(history::HistoryReport),
    /// `recover`.
    Recover(recover::RecoverReport),
    /// `check`.
    Check(check::CheckReport),
    /// `verify`.
    Verify(verify::VerifyReport),
    /// `diagnose`.
    Diagnose(diagnose::DiagnoseReport),
    /// `audit`.
    Audit(Box<audit::AuditReport>),
    /// `reach`.
    Reach(reach::ReachReport),
    /// `rules`.
    Rules(rules::RulesReport),
    /// `explain`.
    Explain(explain::ExplainReport),
    /// `report`.
    Fleet(Box<report::FleetReport>),
    /// `compare`.
    Compare(crate::fleet::differences::Differences),
    /// `tls`.
    Tls(Box<tls::TlsReport>),
}

/// A report with what else the caller must know.
#[derive(Debug)]
pub struct Outcome {
    /// Goes to standard output.
    pub report: Report,
    /// How the process ends.
    pub exit: Exit,
    /// Go to standard error, in this order.
    pub warnings: Vec<Warning>,
    /// Why the command did not do what it was asked, where the report has the particulars.
    pub error: Option<Error>,
}

/// Something that did not stop the command but must be said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// What it is.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Warning {
    /// A warning without a hint.
    pub fn new(message: impl Into<String>) -> Warning {
        Warning {
            message: message.into(),
            hint: None,
        }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Warning {
        self.hint = Some(hint.into());
        self
    }
}

impl Outcome {
    /// A report of a command that did what was asked.
    pub fn done(report: Report) -> Outcome {
        Outcome {
            report,
            exit: Exit::Done,
            warnings: Vec::new(),
            error: None,
        }
    }

    /// Replaces the exit status.
    #[must_use]
    pub fn exit(mut self, exit: Exit) -> Outcome {
        self.exit = exit;
        self
    }
}
