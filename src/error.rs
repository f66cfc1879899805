//! What a failed command says, and how the process ends.

use std::fmt;

use serde::Serialize;

/// How the process ends (design: the exit status is a contract, see trustctl(8)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Done, or nothing found.
    Done = 0,
    /// The answer is no; after a change: it stands, but something is still open.
    Findings = 1,
    /// Usage, refusal or failure: the store is as it was.
    Failed = 2,
    /// Undoing failed too: manual intervention required.
    Unrecovered = 3,
}

impl Exit {
    /// The number handed to the operating system.
    pub fn code(self) -> u8 {
        self as u8
    }
}

/// Why a command failed, for programs that decide by it; the words are part of the JSON contract.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The command line cannot be carried out as it is written.
    Usage,
    /// The configuration file is not valid.
    Config,
    /// Nothing of that name.
    NotFound,
    /// More than one thing of that name.
    Ambiguous,
    /// It could be done, but must not be: `rules` names the rules, where there are any.
    Refused,
    /// Nobody confirmed it.
    NotConfirmed,
    /// It needs other privileges.
    PermissionDenied,
    /// Another program is at work on the store.
    Busy,
    /// The file system failed.
    Io,
    /// The network, or the server asked.
    Network,
    /// Another program failed, or ran too long.
    Program,
    /// Undoing failed too.
    Unrecovered,
    /// Anything else.
    #[default]
    Failed,
}

/// An error with everything a person needs: what went wrong, what to do, how the process ends.
///
/// Shown as `error: MESSAGE` and, where there is one, `hint: HINT`.
#[derive(Debug)]
pub struct Error {
    /// What went wrong, lower case, paths and commands in backticks.
    pub message: String,
    /// The reasons one by one, where there are several; each is shown on a line of its own.
    pub details: Vec<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// Why, for programs.
    pub kind: ErrorKind,
    /// The ids of the rules that refuse it.
    pub rules: Vec<&'static str>,
    /// How the process ends.
    pub exit: Exit,
}

impl Error {
    /// A refusal or failure (exit status 2) that left the store as it was.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            details: Vec::new(),
            hint: None,
            kind: ErrorKind::default(),
            rules: Vec::new(),
            exit: Exit::Failed,
        }
    }

    /// Adds the reasons one by one.
    #[must_use]
    pub fn details(mut self, details: Vec<String>) -> Self {
        self.details = details;
        self
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Says why, for programs.
    #[must_use]
    pub fn kind(mut self, kind: ErrorKind) -> Self {
        self.kind = kind;
        self
    }

    /// Adds the ids of the rules that refuse it.
    #[must_use]
    pub fn rules(mut self, rules: Vec<&'static str>) -> Self {
        self.rules = rules;
        self
    }

    /// Replaces the exit status.
    #[must_use]
    pub fn exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        if exit == Exit::Unrecovered {
            self.kind = ErrorKind::Unrecovered;
        }
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// The result of everything that can fail with something to tell a person.
pub type Result<T, E = Error> = std::result::Result<T, E>;
