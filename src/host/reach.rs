//! What every store and consumer on a host says of a certificate, as values: readers of stores make [`Store`]s,
//! and [`Store::judge`] answers for one certificate.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use crate::cert::Fingerprint;
use crate::host::format::words::quoted;

/// What kind of store or consumer it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The system's store, in its three views.
    System,
    /// Java's keystores.
    Java,
    /// Chromium and Google Chrome.
    Chromium,
    /// Firefox.
    Firefox,
    /// Thunderbird.
    Thunderbird,
    /// A database of NSS that no browser known here reads.
    Nss,
    /// Certificates in Python's packages.
    Python,
    /// Node.js.
    Node,
    /// Deno.
    Deno,
    /// Bun.
    Bun,
    /// uv.
    Uv,
    /// PHP.
    Php,
    /// OpenLDAP's library.
    Ldap,
    /// PostgreSQL's library.
    Postgresql,
    /// The AWS command line and SDKs.
    Aws,
    /// Certificates for one registry of containers.
    Registry,
    /// snapd.
    Snap,
    /// A variable or setting that points programs to another store.
    Carrier,
}

impl Kind {
    /// Its name, as `--only` takes it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::System => "system",
            Kind::Java => "java",
            Kind::Chromium => "chromium",
            Kind::Firefox => "firefox",
            Kind::Thunderbird => "thunderbird",
            Kind::Nss => "nss",
            Kind::Python => "python",
            Kind::Node => "node",
            Kind::Deno => "deno",
            Kind::Bun => "bun",
            Kind::Uv => "uv",
            Kind::Php => "php",
            Kind::Ldap => "ldap",
            Kind::Postgresql => "postgresql",
            Kind::Aws => "aws",
            Kind::Registry => "registry",
            Kind::Snap => "snap",
            Kind::Carrier => "carrier",
        }
    }
}

/// The answer for one certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Expressly not trusted.
    Distrusts,
    /// Not there, or there without trust.
    DoesNot,
    /// Some programs that read it trust the certificate, others do not.
    DependsOnReader,
    /// It could not be told.
    NotJudged,
    /// Whatever the system's store trusts.
    FollowsSystem,
    /// Trusted as a CA of servers.
    Trusts,
}

impl Verdict {
    /// All, the worst first.
    pub const ALL: [Verdict; 6] = [
        Verdict::Distrusts,
        Verdict::DoesNot,
        Verdict::DependsOnReader,
        Verdict::NotJudged,
        Verdict::FollowsSystem,
        Verdict::Trusts,
    ];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Distrusts => "distrusts",
            Verdict::DoesNot => "does_not",
            Verdict::DependsOnReader => "depends_on_reader",
            Verdict::NotJudged => "not_judged",
            Verdict::FollowsSystem => "follows_system",
            Verdict::Trusts => "trusts",
        }
    }

    /// Whether programs that read this store refuse servers of the CA.
    pub fn lacks(self) -> bool {
        matches!(self, Verdict::Distrusts | Verdict::DoesNot)
    }
}

/// A verdict with what it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The verdict.
    pub verdict: Verdict,
    /// What was seen.
    pub evidence: String,
}

impl Said {
    /// A verdict with its evidence.
    pub fn new(verdict: Verdict, evidence: impl Into<String>) -> Said {
        Said {
            verdict,
            evidence: evidence.into(),
        }
    }
}

/// Commands and settings that help, with `{file}` and `{name}` for the certificate's, and `{label}` for what it is
/// called in the store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remedies {
    /// Where the certificate is not trusted and should be.
    pub lacks: String,
    /// Where it is expressly distrusted and should not be.
    pub distrusts: String,
    /// Where it is trusted and should not be.
    pub surplus: String,
}

/// A store, or a consumer with its own idea of trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// What it is.
    pub kind: Kind,
    /// Where, inside the tree.
    pub path: PathBuf,
    /// Whose it is.
    pub owner: Option<String>,
    /// What is said of certificates one by one.
    pub special: BTreeMap<Fingerprint, Said>,
    /// Certificates that are trusted.
    pub trusted: Arc<BTreeSet<Fingerprint>>,
    /// What the trust in those rests on.
    pub present: String,
    /// What certificates are called there, where it matters for a command.
    pub labels: BTreeMap<Fingerprint, String>,
    /// What is said of all others.
    pub otherwise: Said,
    /// Whether it has Mozilla's CAs built in, which are not looked at here.
    pub builtin: bool,
    /// What helps.
    pub remedies: Remedies,
}

/// A certificate that is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Its fingerprint.
    pub sha256: Fingerprint,
    /// A short name: of its file, or the first digits of its fingerprint.
    pub name: String,
    /// A file of the system's store that has it.
    pub file: Option<PathBuf>,
    /// Whether the system's bundle has it.
    pub in_bundle: bool,
    /// Whether its file is selected: a local one always is.
    pub selected: bool,
    /// Whether it comes with the distribution, so that other lists of Mozilla's CAs are likely to have it.
    pub vendor: bool,
}

impl Store {
    /// A store of which everything is said alike.
    pub fn all(
        kind: Kind,
        path: impl Into<PathBuf>,
        verdict: Verdict,
        evidence: impl Into<String>,
    ) -> Store {
        Store {
            kind,
            path: path.into(),
            owner: None,
            special: BTreeMap::new(),
            trusted: Arc::default(),
            present: String::new(),
            labels: BTreeMap::new(),
            otherwise: Said::new(verdict, evidence),
            builtin: false,
            remedies: Remedies::default(),
        }
    }

    /// A store that trusts what it has.
    pub fn of(
        kind: Kind,
        path: impl Into<PathBuf>,
        trusted: Arc<BTreeSet<Fingerprint>>,
        present: impl Into<String>,
        otherwise: impl Into<String>,
    ) -> Store {
        Store {
            trusted,
            present: present.into(),
            ..Store::all(kind, path, Verdict::DoesNot, otherwise)
        }
    }

    /// Adds whose it is.
    #[must_use]
    pub fn owned_by(mut self, owner: Option<String>) -> Store {
        self.owner = owner;
        self
    }

    /// Adds what helps where a certificate is not trusted.
    #[must_use]
    pub fn remedy(mut self, lacks: impl Into<String>) -> Store {
        self.remedies.lacks = lacks.into();
        self
    }

    /// Says that Mozilla's CAs are built in.
    #[must_use]
    pub fn with_builtin(mut self) -> Store {
        self.builtin = true;
        self
    }

    /// The answer for one certificate.
    pub fn judge(&self, asked: &Asked) -> Said {
        if let Some(said) = self.special.get(&asked.sha256) {
            return said.clone();
        }
        if self.trusted.contains(&asked.sha256) {
            return Said::new(Verdict::Trusts, self.present.clone());
        }
        if self.builtin && asked.vendor && self.otherwise.verdict == Verdict::DoesNot {
            let reason = "it has a list of Mozilla's CAs built in, which was not looked at";
            return Said::new(Verdict::NotJudged, reason);
        }
        self.otherwise.clone()
    }

    /// Every certificate that it is known to trust by itself.
    pub fn trusts(&self) -> impl Iterator<Item = Fingerprint> {
        let special = self.special.iter();
        let special = special.filter(|(_, said)| said.verdict == Verdict::Trusts);
        let whole = self.trusted.iter();
        whole
            .filter(|sha256| !self.special.contains_key(*sha256))
            .copied()
            .chain(special.map(|(sha256, _)| *sha256))
    }

    /// Every certificate that it expressly distrusts.
    pub fn distrusts(&self) -> impl Iterator<Item = Fingerprint> {
        let special = self.special.iter();
        special
            .filter(|(_, said)| said.verdict == Verdict::Distrusts)
            .map(|(sha256, _)| *sha256)
    }

    /// What helps to make this certificate trusted here; `None` where nothing has to be done or is known to help.
    pub fn remedy_for(&self, asked: &Asked, verdict: Verdict) -> Option<String> {
        if self.kind == Kind::System {
            return verdict.lacks().then(|| asked.adding_to_system());
        }
        let template = match verdict {
            Verdict::Distrusts => &self.remedies.distrusts,
            Verdict::DoesNot | Verdict::DependsOnReader => &self.remedies.lacks,
            _ => return None,
        };
        if template.is_empty() {
            return None;
        }
        // What copies from the system's store, or points to it, needs the certificate there.
        let needs_file = template.contains("{file}");
        if (needs_file && asked.file.is_none())
            || (!asked.in_bundle && template.contains(SYSTEM_BUNDLE))
        {
            let first = asked.adding_to_system();
            return Some(format!("let the system's store trust it first: {first}"));
        }
        Some(self.filled(template, asked))
    }

    /// What helps to make a certificate no longer trusted here.
    pub fn surplus_remedy(&self, asked: &Asked) -> Option<String> {
        let template = &self.remedies.surplus;
        (!template.is_empty()).then(|| self.filled(template, asked))
    }

    fn filled(&self, template: &str, asked: &Asked) -> String {
        let file = asked.file.as_deref().unwrap_or(Path::new("FILE"));
        let label = self.labels.get(&asked.sha256).unwrap_or(&asked.name);
        template
            .replace("{file}", &quoted(&file.to_string_lossy()))
            .replace("{name}", &quoted(&asked.name))
            .replace("{label}", &quoted(label))
    }
}

/// The system's bundle, to which variables and settings best point.
pub const SYSTEM_BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";

impl Asked {
    /// What brings it into the system's store.
    fn adding_to_system(&self) -> String {
        match (&self.file, self.selected) {
            (None, _) => "`trustctl add FILE`".to_string(),
            (Some(_), false) => format!("`trustctl trust {}`", self.sha256),
            (Some(_), true) => "`trustctl refresh`".to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(file: Option<&str>) -> Asked {
        Asked {
            sha256: Fingerprint([1; 32]),
            name: "corp ca".to_string(),
            file: file.map(PathBuf::from),
            in_bundle: true,
            selected: true,
            vendor: false,
        }
    }

    #[test]
    fn the_special_comes_before_the_rest() {
        let mut store = Store::of(
            Kind::Nss,
            "/x",
            Arc::new(BTreeSet::from([Fingerprint([1; 32]), Fingerprint([2; 32])])),
            "it is there",
            "it is not",
        );
        store.special.insert(
            Fingerprint([1; 32]),
            Said::new(Verdict::Distrusts, "switched off"),
        );
        let verdict = |byte| {
            let asked = Asked {
                sha256: Fingerprint([byte; 32]),
                ..asked(None)
            };
            store.judge(&asked).verdict
        };
        assert_eq!(verdict(1), Verdict::Distrusts);
        assert_eq!(verdict(2), Verdict::Trusts);
        assert_eq!(verdict(3), Verdict::DoesNot);
        assert_eq!(store.trusts().collect::<Vec<_>>(), [Fingerprint([2; 32])]);
        assert_eq!(
            store.distrusts().collect::<Vec<_>>(),
            [Fingerprint([1; 32])]
        );
    }

    #[test]
    fn remedies_are_commands_that_can_be_run() {
        let store = Store::all(Kind::Java, "/x", Verdict::DoesNot, "")
            .remedy("`keytool -alias {name} -file {file}`");
        let remedy = |file| store.remedy_for(&asked(file), Verdict::DoesNot).unwrap();
        assert_eq!(
            remedy(Some("/a b.crt")),
            "`keytool -alias 'corp ca' -file '/a b.crt'`"
        );
        assert!(remedy(None).contains("trustctl add"));
        assert_eq!(store.remedy_for(&asked(None), Verdict::Trusts), None);
    }
}
