//! Rules about time: the host's clock, and the age of trustctl's own tables.

use super::facts::Facts;
use super::{Family, Hit, Rule, Severity};
use crate::cert::Time;
use crate::data;

/// So much may the clock be behind the newest file (time zones of images, file systems with coarse times).
const TOLERANCE_SECONDS: i64 = 86_400;

/// Tables older than this are told of.
const OLD_DAYS: i64 = 180;

/// The rules of this family.
pub const RULES: &[Rule] = &[
    Rule {
        id: "clock-behind",
        severity: Severity::Error,
        family: Family::Clock,
        title: "a clock that is behind",
        explanation: "The package database, apt's lists or the bundle are newer than the time of this host. With a clock that is behind, certificates are `not \
                      yet valid` on many sites at once; removing CAs or switching checks off does not help.",
        remedy: "set the time: `timedatectl set-ntp true`, and check the battery of the clock",
        reference: "timedatectl(1)",
        check: behind,
    },
    Rule {
        id: "data-old",
        severity: Severity::Note,
        family: Family::Clock,
        title: "tables of trustctl older than 180 days",
        explanation: "What trustctl knows of releases, of fixes of OpenSSL and of certificates to be wary of was written down on the days named. What has come \
                      to light since is not in its findings.",
        remedy: "upgrade the package trustctl, or install a newer `/usr/share/trustctl/data.toml`",
        reference: "trustctl.toml(5), `data.file`",
        check: old_tables,
    },
    Rule {
        id: "data-unusable",
        severity: Severity::Warning,
        family: Family::Clock,
        title: "a file of tables that cannot be used",
        explanation: "The file that is to bring the tables of trustctl up to date cannot be used, for the reason given: the tables compiled in are used in its \
                      place, which may be older.",
        remedy: "correct the file or install it again; without the file the tables compiled in are used",
        reference: "trustctl.toml(5), `data.file`",
        check: unusable_tables,
    },
];

fn behind(facts: &Facts) -> Vec<Hit> {
    let Some((path, newest)) = &facts.newest else {
        return Vec::new();
    };
    if newest.0 <= facts.now.0 + TOLERANCE_SECONDS {
        return Vec::new();
    }
    vec![Hit::at(
        path,
        format!("changed at {newest}, but the clock says {}", facts.now),
    )]
}

fn old_tables(facts: &Facts) -> Vec<Hit> {
    let tables = data::tables();
    let days = [
        ("known certificates", &tables.certificates.as_of),
        ("fixes of OpenSSL", &tables.openssl.as_of),
        ("releases", &tables.releases.as_of),
    ];
    let old: Vec<String> = days
        .into_iter()
        .filter(|(_, day)| {
            Time::end_of_day(day.text()).is_some_and(|day| day.days_until(facts.now) > OLD_DAYS)
        })
        .map(|(table, day)| format!("{table} as of {day}"))
        .collect();
    match old.is_empty() {
        true => Vec::new(),
        false => vec![Hit::at(data::FILE, old.join(", "))],
    }
}

fn unusable_tables(_: &Facts) -> Vec<Hit> {
    let problem = data::problem().into_iter();
    problem
        .map(|(path, reason)| Hit::at(path, reason.clone()))
        .collect()
}
