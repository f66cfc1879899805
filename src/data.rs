//! Facts that age: the support of releases, the fixes of OpenSSL, certificates known for something.
//!
//! They are compiled in, and a file of the same form on the host takes their place, so that a package or a
//! configuration tool can bring them up to date without a new program. `main` says how the file is read; it is read
//! when the first fact is asked for.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

pub use crate::config::DATA as FILE;
use serde::{Deserialize, Serialize};

/// Largest file, in bytes.
pub const LIMIT: u64 = 1 << 20;
/// The form that this program reads.
const SCHEMA: u32 = 1;
const BUILT_IN: &str = include_str!("../packaging/data.toml");

/// The tables.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tables {
    schema: u32,
    /// Until when releases are supported.
    pub releases: Releases,
    /// Fixes and branches of OpenSSL.
    pub openssl: OpenSsl,
    /// Certificates known for something.
    pub certificates: Certificates,
}

/// Until when releases are supported, in the form of the package distro-info-data.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Releases {
    /// The day up to which the source was read.
    pub as_of: Day,
    source: String,
    /// `ubuntu.csv`.
    pub ubuntu: String,
    /// `debian.csv`.
    pub debian: String,
}

/// Fixes of Ubuntu's OpenSSL packages, and the branches of OpenSSL.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenSsl {
    /// The day up to which the sources were read.
    pub as_of: Day,
    source: String,
    /// How the source versions of Ubuntu's releases begin.
    pub families: Vec<String>,
    /// The last day on which OpenSSL itself supports a branch.
    pub branches: BTreeMap<String, Day>,
    /// The fixes, oldest first.
    pub fixes: Vec<Fix>,
}

/// One fix of Ubuntu's OpenSSL packages.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fix {
    /// The CVE, or the first of those fixed together.
    pub cve: String,
    /// Ubuntu's notice.
    pub notice: String,
    /// Whether OpenSSL calls it high.
    pub high: bool,
    /// The first source version with the fix in each family; a family that is not affected is absent.
    pub fixed: Vec<String>,
}

/// Certificates known for something an administrator should hear before trusting them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificates {
    /// The day up to which the sources were read.
    pub as_of: Day,
    source: String,
    /// One row each.
    pub known: Vec<Known>,
}

/// A certificate or key that is known for something.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Why it is in the table.
    pub class: Class,
    #[serde(rename = "of")]
    _of: Of,
    /// SHA-256 of the certificate or of its public key, in hexadecimal.
    pub sha256: Digest,
    /// For the classes with a date: that date, as RFC 3339.
    pub date: Option<Moment>,
    /// The usual name.
    pub name: String,
}

/// What a digest is of; both are looked up in one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Of {
    Cert,
    Spki,
}

/// Why a certificate is in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Its private key is public, or it exists to read other people's traffic.
    KeyLeakedOrInterception,
    /// Removed from Mozilla's list because of what its operator did.
    RemovedForCause,
    /// A root of the Symantec family, distrusted by all browsers.
    Symantec,
    /// Mozilla takes no certificate under it that was issued after a date.
    DistrustAfter,
    /// Chrome takes no certificate under it that was logged after a date.
    ChromeSctAfter,
    /// On Debian's own blacklist since October 2026.
    #[serde(rename = "debian-blacklist-2026")]
    DebianBlacklist2026,
    /// In no public root program: worth knowing who operates it.
    Notice,
    /// Expired, and known for what broke when it did.
    Expired,
}

/// A day, `2026-11-22`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(String);

/// A point in time, as RFC 3339.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Moment(String);

/// 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Digest(String);

impl TryFrom<String> for Day {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.parse::<jiff::civil::Date>() {
            Ok(_) if text.len() == 10 => Ok(Self(text)),
            _ => Err(format!("`{text}` is not a day like 2026-11-22")),
        }
    }
}

impl TryFrom<String> for Moment {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.parse::<jiff::Timestamp>() {
            Ok(_) => Ok(Self(text)),
            Err(_) => Err(format!("`{text}` is not a time like 2026-01-31T12:00:00Z")),
        }
    }
}

impl TryFrom<String> for Digest {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            true => Ok(Self(text)),
            false => Err(format!(
                "`{text}` is not a SHA-256 of 64 hexadecimal digits"
            )),
        }
    }
}

impl From<Day> for String {
    fn from(day: Day) -> String {
        day.0
    }
}

impl Day {
    /// As written.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Its last second, as RFC 3339.
    pub fn last_second(&self) -> String {
        format!("{}T23:59:59Z", self.0)
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Moment {
    /// As written.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl Digest {
    /// As written.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl Tables {
    /// Reads them; what is wrong is said with its line.
    pub fn parse(text: &str) -> Result<Tables, String> {
        let tables: Tables = toml::from_str(text).map_err(|error| {
            let place = error
                .span()
                .map_or_else(String::new, |span| crate::config::place(text, span.start));
            format!("{}{place}", error.message().replace('\n', "; "))
        })?;
        match tables.schema {
            SCHEMA => Ok(tables),
            other => Err(format!(
                "schema {other}, where this trustctl reads {SCHEMA}"
            )),
        }
    }

    /// The day of the tables: the newest of theirs.
    pub fn as_of(&self) -> &Day {
        let days = [
            &self.releases.as_of,
            &self.openssl.as_of,
            &self.certificates.as_of,
        ];
        days.into_iter().max().unwrap_or(&self.releases.as_of)
    }
}

/// How the host's file is read: its text, `None` where there is none, or why it cannot be used.
pub type Reader = Box<dyn Fn() -> Result<Option<String>, String> + Send + Sync>;

/// Where the host's file is and how it is read.
pub struct Source {
    /// Its path, for messages.
    pub path: String,
    /// Reads it.
    pub read: Reader,
}

static SOURCE: OnceLock<Source> = OnceLock::new();
static LOADED: LazyLock<Loaded> = LazyLock::new(|| Loaded::from(SOURCE.get()));

/// Names the file of this host; before the first fact is asked for.
pub fn use_file(source: Source) {
    // Only `main` does, once.
    let _ = SOURCE.set(source);
}

/// The tables in force.
pub fn tables() -> &'static Tables {
    &LOADED.tables
}

/// Why the host's file is not used, where there is one that cannot be: its path, and the reason.
pub fn problem() -> Option<&'static (String, String)> {
    LOADED.problem.as_ref()
}

struct Loaded {
    tables: Tables,
    problem: Option<(String, String)>,
}

impl Loaded {
    #[expect(
        clippy::expect_used,
        reason = "the text is compiled in, and a test reads it"
    )]
    fn from(source: Option<&Source>) -> Loaded {
        let built_in = Tables::parse(BUILT_IN).expect("the tables compiled in are whole");
        let Some(source) = source else {
            return Loaded {
                tables: built_in,
                problem: None,
            };
        };
        let read =
            (source.read)().and_then(|text| text.map(|text| Tables::parse(&text)).transpose());
        match read {
            // An older file at the usual place was left by an older package; one that is named is meant.
            Ok(Some(tables)) if source.path != FILE || tables.as_of() >= built_in.as_of() => {
                Loaded {
                    tables,
                    problem: None,
                }
            }
            Ok(_) => Loaded {
                tables: built_in,
                problem: None,
            },
            Err(reason) => Loaded {
                tables: built_in,
                problem: Some((source.path.clone(), reason)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(path: &str, text: Result<Option<&str>, &str>) -> Loaded {
        let text = text
            .map(|text| text.map(str::to_string))
            .map_err(str::to_string);
        Loaded::from(Some(&Source {
            path: path.to_string(),
            read: Box::new(move || text.clone()),
        }))
    }

    #[test]
    fn the_tables_compiled_in_are_whole() {
        let tables = Tables::parse(BUILT_IN).unwrap();
        assert!(tables.certificates.known.len() >= 77);
        assert!(tables.openssl.fixes.len() >= 11);
        assert_eq!(loaded(FILE, Ok(None)).tables, tables);
        for fix in &tables.openssl.fixes {
            for version in &fix.fixed {
                let mut families = tables.openssl.families.iter();
                assert!(
                    families.any(|family| version.starts_with(family)),
                    "{version}"
                );
            }
        }
    }

    #[test]
    fn a_newer_file_takes_their_place_and_an_older_one_only_where_it_is_named() {
        let day =
            |day: &str| BUILT_IN.replace("as_of = \"2026-11-22\"", &format!("as_of = \"{day}\""));
        let used = |path, day: &String| {
            let loaded = loaded(path, Ok(Some(day)));
            assert!(loaded.problem.is_none());
            loaded.tables.certificates.as_of.0
        };
        assert_eq!(used(FILE, &day("2027-01-01")), "2027-01-01");
        assert_eq!(used(FILE, &day("2020-01-01")), "2026-11-22");
        assert_eq!(used("/etc/corp.toml", &day("2020-01-01")), "2020-01-01");
    }

    #[test]
    fn a_file_that_cannot_be_used_is_told_of_with_its_line() {
        for (from, to, reason) in [
            (
                "schema = 1",
                "schema = 2",
                "schema 2, where this trustctl reads 1",
            ),
            ("class = \"symantec\"", "class = \"sym\"", "unknown variant"),
            (
                "as_of = \"2026-11-22\"",
                "as_of = \"2026-11-31\"",
                "is not a day",
            ),
            ("sha256 = \"b6fe", "sha256 = \"x6fe", "is not a SHA-256"),
            (
                "date = \"2026-04-15T23:59:59Z\"",
                "date = \"soon\"",
                "is not a time",
            ),
            ("[openssl]", "[opensll]", "unknown field `opensll`"),
            ("high = true", "high = 1", "line "),
        ] {
            let text = BUILT_IN.replacen(from, to, 1);
            assert_ne!(text, BUILT_IN, "{from}");
            let loaded = loaded(FILE, Ok(Some(&text)));
            let (path, said) = loaded.problem.unwrap();
            assert!(path == FILE && said.contains(reason), "{said}");
            assert_eq!(loaded.tables.certificates.as_of.0, "2026-11-22");
        }
        let refused = loaded(FILE, Err("others can write it"));
        assert_eq!(refused.problem.unwrap().1, "others can write it");
    }
}
