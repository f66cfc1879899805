//! The configuration file: absent means defaults, anything unknown or out of range is an error with its place.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};

/// What trustctl keeps, unless told otherwise: lock, generations, stages.
pub const STATE: &str = "/var/lib/trustctl";
/// Where the file of facts that age is, unless told otherwise.
pub const DATA: &str = "/usr/share/trustctl/data.toml";

/// `/etc/trustctl/trustctl.toml`, see trustctl.toml(5).
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Bounds on input.
    pub limits: Limits,
    /// Bounds on waiting.
    pub timeouts: Timeouts,
    /// What is kept for going back.
    pub history: History,
    /// How a change is proven.
    pub change: Change,
    /// Where certificates go beside the system's store.
    pub stores: Stores,
    /// Programs run, by absolute path.
    pub tools: Tools,
    /// Facts that age.
    pub data: Data,
    /// When audit speaks, and how loudly.
    pub audit: Audit,
    /// What must, may and must not be trusted.
    pub policy: Policy,
    /// Findings that are accepted for a time.
    pub accept: Vec<Accept>,
    /// The file that it was read from.
    #[serde(skip)]
    pub origin: Origin,
}

/// The file behind a configuration, so that what is wrong with a value can be said with its place.
#[derive(Clone, Debug, Default, Eq)]
pub struct Origin {
    name: String,
    text: String,
}

/// Two configurations with the same values are the same, wherever they come from.
impl PartialEq for Origin {
    fn eq(&self, _: &Origin) -> bool {
        true
    }
}

impl Origin {
    /// The file and, where the key is in it, its line: ``/etc/trustctl/trustctl.toml` line 7`.
    pub fn place(&self, table: &str, key: &str) -> String {
        let mut now = String::new();
        let line = self.text.lines().position(|line| {
            let line = line.trim();
            if let Some(name) = line
                .strip_prefix('[')
                .and_then(|rest| rest.split(']').next())
            {
                name.trim().clone_into(&mut now);
            }
            let found = line
                .split_once('=')
                .map(|(name, _)| name.trim().trim_matches('"'));
            found == Some(key) && now == table
        });
        let line = line.map_or_else(String::new, |at| format!(" line {}", at + 1));
        format!("`{}`{line}", self.name)
    }
}

/// Bounds on input.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Largest input file that `add` takes, in bytes.
    pub file_bytes: u64,
    /// Most certificates in one input file that `add` takes.
    pub certificates_per_file: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 1 << 20,
            certificates_per_file: 1000,
        }
    }
}

/// Bounds on waiting, in seconds.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timeouts {
    /// For another `trustctl`, a package manager, or a running `update-ca-certificates`.
    pub lock_seconds: u64,
    /// For `update-ca-certificates` on the stage.
    pub tool_seconds: u64,
    /// For each hook.
    pub hook_seconds: u64,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            lock_seconds: 120,
            tool_seconds: 300,
            hook_seconds: 300,
        }
    }
}

impl Timeouts {
    /// How long to wait for another process that changes the store.
    pub fn lock(&self) -> Duration {
        Duration::from_secs(self.lock_seconds)
    }

    /// How long `update-ca-certificates` may take.
    pub fn tool(&self) -> Duration {
        Duration::from_secs(self.tool_seconds)
    }

    /// How long a hook may take.
    pub fn hook(&self) -> Duration {
        Duration::from_secs(self.hook_seconds)
    }
}

/// Where certificates go beside the system's store.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Stores {
    /// What `add` goes to where it is not told with `--to`.
    pub default: Vec<String>,
}

impl Default for Stores {
    fn default() -> Self {
        Self {
            default: vec!["system".to_string()],
        }
    }
}

/// What is kept for going back.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct History {
    /// How many generations are kept; at least 1.
    pub keep: usize,
    /// Where they are kept, and the lock.
    pub folder: PathBuf,
}

impl Default for History {
    fn default() -> Self {
        Self {
            keep: 50,
            folder: STATE.into(),
        }
    }
}

/// How a change is proven.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Change {
    /// What `update-ca-certificates` is shown before anything is published.
    pub rehearsal: Rehearsal,
}

/// What the script is shown in a rehearsal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Rehearsal {
    /// The part of the sources that the change touches, where that tells the whole.
    #[default]
    Part,
    /// Every source.
    Whole,
}

/// Programs run, by absolute path.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tools {
    /// The script of the package ca-certificates.
    pub update_ca_certificates: PathBuf,
    /// The OpenSSL command, asked for its version and ciphers.
    pub openssl: PathBuf,
}

impl Default for Tools {
    fn default() -> Self {
        Self {
            update_ca_certificates: "/usr/sbin/update-ca-certificates".into(),
            openssl: "/usr/bin/openssl".into(),
        }
    }
}

/// Facts that age: dates of releases, fixes of OpenSSL, certificates known for something.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Data {
    /// The file that takes the place of what is compiled in.
    pub file: PathBuf,
}

impl Default for Data {
    fn default() -> Self {
        Self { file: DATA.into() }
    }
}

/// When audit speaks, and how loudly.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Audit {
    /// A certificate that ends within so many days is expiring.
    pub expiring_days: u32,
    /// Severity by rule id: `error`, `warning`, `note` or `off`.
    pub severity: BTreeMap<String, String>,
}

impl Default for Audit {
    fn default() -> Self {
        Self {
            expiring_days: 30,
            severity: BTreeMap::new(),
        }
    }
}

/// What must, may and must not be trusted: certificates by SHA-256.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Must be in the bundle.
    pub require: Vec<String>,
    /// Must not be trusted by anything.
    pub forbid: Vec<String>,
    /// The only local certificates that are allowed; absent: all are.
    pub allow_local_only: Option<Vec<String>>,
}

/// A finding that is accepted for a time.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Accept {
    /// The rule.
    pub rule: String,
    /// Path, SHA-256 (8 digits or more) or name of what it is about.
    pub subject: String,
    /// Why.
    pub reason: String,
    /// The last day on which it counts (`2027-01-31`).
    pub until: String,
}

impl Config {
    /// Reads the text of the file called `name`; the error names line and column.
    pub fn parse(text: &str, name: &str) -> Result<Config> {
        let config: Config = toml::from_str(text).map_err(|error| located(text, name, &error))?;
        let origin = Origin {
            name: name.to_owned(),
            text: text.to_owned(),
        };
        let config = Config { origin, ..config };
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<()> {
        let tools = &self.tools;
        let paths = [
            (
                "tools.update_ca_certificates",
                &tools.update_ca_certificates,
            ),
            ("tools.openssl", &tools.openssl),
            ("history.folder", &self.history.folder),
            ("data.file", &self.data.file),
        ];
        for (key, path) in paths {
            if !path.is_absolute() {
                return Err(self.bad_value(key, "an absolute path"));
            }
        }
        let times = [
            ("timeouts.lock_seconds", self.timeouts.lock_seconds),
            ("timeouts.tool_seconds", self.timeouts.tool_seconds),
            ("timeouts.hook_seconds", self.timeouts.hook_seconds),
        ];
        for (key, seconds) in times {
            if !(1..=86_400).contains(&seconds) {
                return Err(self.bad_value(key, "between 1 and 86400"));
            }
        }
        match self.history.keep {
            0 => Err(self.bad_value("history.keep", "at least 1")),
            _ => Ok(()),
        }
    }

    fn bad_value(&self, key: &str, wanted: &str) -> Error {
        let (table, own) = key.rsplit_once('.').unwrap_or(("", key));
        let place = self.origin.place(table, own);
        Error::new(format!("{place}: `{key}` must be {wanted}"))
            .kind(ErrorKind::Config)
            .hint("correct the value, or remove the line to get the default")
    }
}

fn located(text: &str, name: &str, error: &toml::de::Error) -> Error {
    let reason = error.message().replace('\n', "; ");
    let place = error
        .span()
        .map_or_else(String::new, |span| place(text, span.start));
    Error::new(format!("`{name}`{place}: {reason}"))
        .kind(ErrorKind::Config)
        .hint("see trustctl.toml(5) for the keys and their values")
}

/// ` line L, column C` of a byte offset, counted from 1.
pub fn place(text: &str, offset: usize) -> String {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
    format!(" line {line}, column {column}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_is_the_defaults() {
        assert_eq!(Config::parse("", "c").unwrap(), Config::default());
    }

    #[test]
    fn an_unknown_key_is_named_with_its_place() {
        let error = Config::parse("[limits]\nfile_byte = 3\n", "/etc/c").unwrap_err();
        let message = error.to_string();
        assert!(
            message.starts_with("`/etc/c` line 2, column 1: unknown field `file_byte`"),
            "{message}"
        );
    }

    #[test]
    fn a_bad_value_is_named_with_its_place() {
        let error = Config::parse("[history]\nkeep = \"many\"\n", "c").unwrap_err();
        assert!(
            error.to_string().starts_with("`c` line 2, column 8: "),
            "{error}"
        );
    }

    #[test]
    fn a_value_out_of_range_is_named_with_its_place() {
        let text = "[timeouts]\nlock_seconds = 5\n\n[history]\nkeep = 0\n";
        let error = Config::parse(text, "c").unwrap_err();
        assert_eq!(
            error.message,
            "`c` line 5: `history.keep` must be at least 1"
        );
    }

    #[test]
    fn values_out_of_range_are_refused() {
        for text in [
            "[history]\nkeep = 0",
            "[timeouts]\nlock_seconds = 0",
            "[tools]\nopenssl = \"openssl\"",
        ] {
            assert!(Config::parse(text, "c").is_err(), "{text}");
        }
    }
}
