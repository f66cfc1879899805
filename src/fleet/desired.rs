//! The file of `apply`: what the trust of a host is to be, see trustctl-apply(5).

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::Deserialize;
use toml::Spanned;

use crate::cert::judge::{Rule, Weight};
use crate::cert::{Fingerprint, Time};
use crate::config;
use crate::error::{Error, Result};
use crate::rules::policy::Policy;
use crate::store::names::StoreName;

/// The manual that every mistake in the file is pointed to.
const HINT: &str =
    "see trustctl-apply(5) for the keys and their values; the store is as it was before";

/// A desired state, checked as far as the file alone allows.
#[derive(Debug, Default)]
pub struct Desired {
    /// The local CAs, in the order of the file.
    pub cas: Vec<Ca>,
    /// Vendor certificates that are not to be trusted.
    pub distrust: BTreeSet<Fingerprint>,
    /// Vendor certificates that are to be trusted.
    pub trust: BTreeSet<Fingerprint>,
    /// Whether every other local certificate goes.
    pub exclusive: bool,
    /// What must, may and must not be trusted.
    pub policy: Policy,
    /// Why, for the record.
    pub reason: Option<String>,
}

/// One `[[ca]]` table.
#[derive(Debug)]
pub struct Ca {
    /// Where its certificates come from.
    pub content: Source,
    /// The only certificates that it may have, and must have.
    pub sha256: BTreeSet<Fingerprint>,
    /// What its file is to be called.
    pub name: Option<String>,
    /// Stores that are to trust it beside the system's.
    pub stores: Vec<StoreName>,
    /// Rules of admission that do not refuse it.
    pub allow: Vec<Rule>,
    /// Why, for the record.
    pub reason: Option<String>,
    /// The last second in which it is to be trusted.
    pub until: Option<Time>,
    /// ` line L, column C` of the table.
    pub place: String,
}

/// Where the certificates of a `[[ca]]` table come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// All files of a folder.
    Folder(PathBuf),
    /// PEM in the table itself.
    Pem(String),
}

impl Ca {
    /// Whether its time is over.
    pub fn has_ended(&self, now: Time) -> bool {
        self.until.is_some_and(|until| until < now)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    exclusive: bool,
    reason: Option<String>,
    #[serde(default)]
    ca: Vec<Spanned<CaTable>>,
    #[serde(default)]
    distrust: Vec<Spanned<VendorTable>>,
    #[serde(default)]
    trust: Vec<Spanned<VendorTable>>,
    policy: Option<Spanned<config::Policy>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaTable {
    file: Option<PathBuf>,
    folder: Option<PathBuf>,
    pem: Option<String>,
    sha256: Option<OneOrMany>,
    name: Option<String>,
    #[serde(default)]
    allow: Vec<Spanned<String>>,
    #[serde(default)]
    stores: Vec<Spanned<String>>,
    reason: Option<String>,
    until: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VendorTable {
    sha256: Fingerprint,
    /// For people; the fingerprint alone counts.
    #[serde(rename = "name")]
    _name: Option<String>,
    /// For people.
    #[serde(rename = "reason")]
    _reason: Option<String>,
}

/// `sha256 = "…"` or `sha256 = ["…", "…"]`.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "a SHA-256 fingerprint (64 hex digits, colons or blanks between them allowed) or a list of them"
)]
enum OneOrMany {
    One(Fingerprint),
    Many(Vec<Fingerprint>),
}

impl Desired {
    /// Reads the text of the file called `name`; an error names line and column.
    pub fn parse(text: &str, name: &str) -> Result<Desired> {
        let wrong = Place { text, name };
        let file: File = toml::from_str(text).map_err(|error| {
            let reason = error.message().replace('\n', "; ");
            match error.span() {
                Some(span) => wrong.at(span.start, &reason),
                None => Error::new(format!("`{name}`: {reason}")).hint(HINT),
            }
        })?;
        let policy = match &file.policy {
            Some(table) => Policy::read(table.get_ref())
                .map_err(|error| wrong.at(table.span().start, &error.message))?,
            None => Policy::default(),
        };
        let mut desired = Desired {
            exclusive: file.exclusive,
            reason: file.reason,
            policy,
            ..Desired::default()
        };
        for table in file.ca {
            desired.cas.push(wrong.ca(table)?);
        }
        for table in &file.distrust {
            let sha256 = table.get_ref().sha256;
            if desired.policy.require.contains(&sha256) {
                let reason = format!("`policy.require` requires {sha256}");
                return Err(wrong.at(table.span().start, &reason));
            }
            desired.distrust.insert(sha256);
        }
        for table in &file.trust {
            let sha256 = table.get_ref().sha256;
            let against = match () {
                () if desired.distrust.contains(&sha256) => "`[[distrust]]`",
                () if desired.policy.forbid.contains(&sha256) => "`policy.forbid`",
                () => {
                    desired.trust.insert(sha256);
                    continue;
                }
            };
            let reason = format!("{against} names {sha256} too");
            return Err(wrong.at(table.span().start, &reason));
        }
        Ok(desired)
    }

    /// Why a certificate of a `[[ca]]` table cannot be meant: another part of the file says the contrary.
    pub fn contradiction(&self, sha256: Fingerprint) -> Option<&'static str> {
        [
            (self.distrust.contains(&sha256), "`[[distrust]]` names it"),
            (
                self.policy.forbid.contains(&sha256),
                "`policy.forbid` names it",
            ),
            (
                !self.policy.allows_local(sha256),
                "`policy.allow_local_only` does not name it",
            ),
        ]
        .into_iter()
        .find_map(|(is, said)| is.then_some(said))
    }
}

/// Where a mistake is.
struct Place<'a> {
    text: &'a str,
    name: &'a str,
}

impl Place<'_> {
    fn at(&self, offset: usize, reason: &str) -> Error {
        let place = config::place(self.text, offset);
        Error::new(format!("`{}`{place}: {reason}", self.name)).hint(HINT)
    }

    fn ca(&self, table: Spanned<CaTable>) -> Result<Ca> {
        let start = table.span().start;
        let table = table.into_inner();
        let content = match (table.file, table.folder, table.pem) {
            (Some(file), None, None) => Source::File(file),
            (None, Some(folder), None) => Source::Folder(folder),
            (None, None, Some(pem)) => Source::Pem(pem),
            _ => {
                let reason = "`[[ca]]` needs exactly one of `file`, `folder` and `pem`";
                return Err(self.at(start, reason));
            }
        };
        let stores = table.stores.iter().map(|name| {
            name.get_ref().parse::<StoreName>().map_err(|forms| {
                let reason = format!("`{}` is not a store: {forms}", name.get_ref());
                self.at(name.span().start, &reason)
            })
        });
        let stores = stores.collect::<Result<_>>()?;
        let until = table.until.map(|day| {
            Time::end_of_day(day.get_ref()).ok_or_else(|| {
                let reason = format!("`{}` is not a date like `2027-01-31`", day.get_ref());
                self.at(day.span().start, &reason)
            })
        });
        let allow = table.allow.iter().map(|rule| self.allowed(rule));
        Ok(Ca {
            content,
            sha256: match table.sha256 {
                None => BTreeSet::new(),
                Some(OneOrMany::One(sha256)) => [sha256].into(),
                Some(OneOrMany::Many(all)) => all.into_iter().collect(),
            },
            name: table.name,
            stores,
            allow: allow.collect::<Result<_>>()?,
            reason: table.reason,
            until: until.transpose()?,
            place: config::place(self.text, start),
        })
    }

    fn allowed(&self, id: &Spanned<String>) -> Result<Rule> {
        let can = |rule: &Rule| rule.weight() == Weight::RefusedUnlessAllowed;
        Rule::from_id(id.get_ref()).filter(can).ok_or_else(|| {
            let reason = format!("`{}` cannot be allowed", id.get_ref());
            self.at(id.span().start, &reason)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    #[test]
    fn every_key_is_read() {
        let text = format!(
            r#"
            exclusive = true
            reason = "baseline 7"
            [[ca]]
            file = "corp.crt"
            sha256 = "{A}"
            stores = ["system"]
            allow = ["expired"]
            reason = "proxy"
            until = "2027-01-31"
            [[ca]]
            folder = "cas"
            sha256 = ["{A}"]
            [[ca]]
            pem = "x"
            [[distrust]]
            sha256 = "{A}"
            name = "Old Root"
            [policy]
            allow_local_only = []
            "#
        );
        let desired = Desired::parse(&text, "f").unwrap();
        assert!(desired.exclusive);
        assert_eq!(desired.cas.len(), 3);
        let first = &desired.cas[0];
        assert_eq!(first.content, Source::File("corp.crt".into()));
        assert_eq!((first.sha256.len(), first.allow.len()), (1, 1));
        assert_eq!(first.place, " line 4, column 13");
        assert!(first.has_ended(Time::end_of_day("2027-02-01").unwrap()));
        assert!(!first.has_ended(Time::end_of_day("2027-01-31").unwrap()));
        assert_eq!(
            desired.contradiction(A.parse().unwrap()),
            Some("`[[distrust]]` names it")
        );
    }

    #[test]
    fn a_mistake_is_named_with_its_place() {
        for (text, said) in [
            (
                "exclusiv = true",
                "`f` line 1, column 1: unknown field `exclusiv`",
            ),
            (
                "\n[[ca]]\n",
                "`f` line 2, column 1: `[[ca]]` needs exactly one of `file`, `folder` and `pem`",
            ),
            (
                "[[ca]]\npem = \"x\"\nfile = \"y\"",
                "`f` line 1, column 1: `[[ca]]` needs exactly one",
            ),
            (
                "[[ca]]\npem = \"x\"\nuntil = \"soon\"",
                "`f` line 3, column 9: `soon` is not a date",
            ),
            (
                "[[ca]]\npem = \"x\"\nstores = [\"system\", \"nss\"]",
                "`f` line 3, column 21: `nss` is not a store",
            ),
            (
                "[[ca]]\npem = \"x\"\nallow = [\"private-key\"]",
                "`f` line 3, column 10: `private-key` cannot be allowed",
            ),
            (
                "[[distrust]]\nsha256 = \"12\"",
                "`f` line 2, column 10: a SHA-256 fingerprint has 64 hex digits",
            ),
            (
                "[[ca]]\npem = \"x\"\nsha256 = 7",
                "`f` line 3, column 10: a SHA-256 fingerprint",
            ),
            (
                "[policy]\nforbid = [\"zz\"]",
                "`f` line 1, column 1: `zz` in `policy` is not a SHA-256 fingerprint",
            ),
            ("exclusive = ", "`f` line 1, column 13: "),
        ] {
            let error = Desired::parse(text, "f").unwrap_err();
            assert!(error.message.starts_with(said), "{text}\n{}", error.message);
        }
    }

    #[test]
    fn a_file_that_contradicts_itself_is_refused() {
        let table = format!("sha256 = \"{A}\"\n");
        for text in [
            format!("[[distrust]]\n{table}[[trust]]\n{table}"),
            format!("[[trust]]\n{table}[policy]\nforbid = [\"{A}\"]\n"),
            format!("[[distrust]]\n{table}[policy]\nrequire = [\"{A}\"]\n"),
        ] {
            let error = Desired::parse(&text, "f").unwrap_err();
            assert!(error.message.contains(" line "), "{}", error.message);
        }
    }
}
