//! The package: its fixes, who maintains it, and whether apt knows of a newer one.

use std::cmp::Ordering;

use super::{Facts, State, Verdict};
use crate::cert::Time;
use crate::data::Fix;
use crate::host::dpkg::compare;
use crate::host::release::Distribution;
use crate::rules::versions::{self, Standing};

/// apt's lists tell nothing any more when they are older, in days.
const STALE: i64 = 14;

fn upgrade(facts: &Facts, library: &str) -> String {
    format!(
        "{}apt-get install --only-upgrade openssl {library}",
        facts.sudo
    )
}

/// "At least 1.1.1k", put right: whether the package has the fixes, whatever upstream's letter.
pub(super) fn fixes(facts: &Facts, verdict: &mut Verdict) {
    let Some((name, version, source)) = &facts.package else {
        return verdict.row(
            "fixes",
            State::Unknown,
            "no package of the OpenSSL library is installed, so which fixes it has is unknown",
        );
    };
    match versions::standing(source) {
        Standing::Good => {
            verdict.row("fixes", State::Ok, format!("{name} {version} has every fix in the table as of {}, whatever its upstream letter", versions::as_of()));
        }
        Standing::Fips => {
            verdict.row(
                "fixes",
                State::Unknown,
                format!(
                    "{name} {version} is a FIPS build, whose versions can't be compared with others"
                ),
            );
            verdict.advise(
                "see whether `fips-updates` is enabled rather than the frozen `fips`",
                Some("pro status".to_string()),
            );
        }
        Standing::Unknown => {
            let answer = format!(
                "not judged: the table covers Ubuntu, {name} {version} is from elsewhere; see `update` for what apt offers"
            );
            verdict.row("fixes", State::Unknown, answer);
        }
        Standing::Missing(missing) => lacking(facts, verdict, name, version, &missing),
    }
}

fn lacking(
    facts: &Facts,
    verdict: &mut Verdict,
    name: &str,
    version: &str,
    missing: &[(&Fix, &str)],
) {
    let list: Vec<String> = missing
        .iter()
        .map(|(fix, mended)| format!("{} (fixed in {mended})", fix.cve))
        .collect();
    verdict.row(
        "fixes",
        State::Failed,
        format!(
            "{name} {version} lacks {} as of {}",
            list.join(", "),
            versions::as_of()
        ),
    );
    let free = missing.iter().any(|(_, mended)| !mended.contains("+esm"));
    if free {
        verdict.advise("install the fixed package", Some(upgrade(facts, name)));
    }
    if missing.iter().any(|(_, mended)| mended.contains("+esm")) {
        let attach = format!("{}pro attach", facts.sudo);
        verdict.advise(
            "the newest fixes come only with Ubuntu Pro (ESM): attach it, or upgrade the release",
            Some(attach),
        );
    }
}

/// "Officially maintained", by whom it counts: the distribution.
pub(super) fn maintained(facts: &Facts, verdict: &mut Verdict) {
    let upstream = facts
        .version
        .as_deref()
        .and_then(ended_upstream)
        .filter(|end| *end < facts.now);
    let upstream = upstream.map_or_else(String::new, |end| {
        format!(
            "; OpenSSL itself ended this branch on {}, the distribution still maintains it",
            day(end)
        )
    });
    let Some(life) = &facts.life else {
        return verdict.row(
            "maintained",
            State::Unknown,
            format!("support dates of this release are not known{upstream}"),
        );
    };
    let name = format!("{} {}", life.distribution.name(), life.version);
    if let Some(end) = life.standard.filter(|end| *end >= facts.now) {
        return verdict.row(
            "maintained",
            State::Ok,
            format!("{name} gets security updates until {}{upstream}", day(end)),
        );
    }
    let (service, free) = match life.distribution {
        Distribution::Ubuntu => ("Ubuntu Pro (ESM)", false),
        Distribution::Debian => ("Debian LTS", true),
    };
    if let Some(end) = life.extended.filter(|end| *end >= facts.now) {
        let state = if free { State::Ok } else { State::Note };
        verdict.row(
            "maintained",
            state,
            format!(
                "{name} gets security updates only through {service}, until {}",
                day(end)
            ),
        );
        if !free {
            verdict.advise(
                "attach Ubuntu Pro, or upgrade the release",
                Some(format!("{}pro attach", facts.sudo)),
            );
        }
        return;
    }
    verdict.row(
        "maintained",
        State::Failed,
        format!("{name} no longer gets updates without a subscription"),
    );
    let command = match life.distribution {
        Distribution::Ubuntu => Some(format!("{}do-release-upgrade", facts.sudo)),
        Distribution::Debian => None,
    };
    verdict.advise("upgrade the release of the distribution", command);
}

fn ended_upstream(version: &str) -> Option<Time> {
    let numbers: Vec<&str> = version.split('.').collect();
    let branch = match numbers.as_slice() {
        [major @ ("0" | "1"), minor, patch, ..] => {
            format!(
                "{major}.{minor}.{}",
                patch.trim_end_matches(|c: char| c.is_ascii_alphabetic())
            )
        }
        [major, minor, ..] => format!("{major}.{minor}"),
        _ => return None,
    };
    versions::upstream_end(&branch)
}

fn day(time: Time) -> String {
    time.to_string().chars().take(10).collect()
}

/// Whether apt knows of something newer, and whether it would.
pub(super) fn update(facts: &Facts, verdict: &mut Verdict) {
    let refresh = || Some(format!("{}apt-get update", facts.sudo));
    let Some((name, version, _)) = &facts.package else {
        return;
    };
    let age = facts
        .candidate
        .fetched
        .map(|fetched| fetched.days_until(facts.now));
    match (&facts.candidate.version, age) {
        (Some(candidate), _) if compare(version, candidate) == Ordering::Less => {
            let pins = if facts.candidate.pinned {
                " (pins exist: see `apt-cache policy`)"
            } else {
                ""
            };
            verdict.row(
                "update",
                State::Note,
                format!("apt knows of {name} {candidate}, {version} is installed{pins}"),
            );
            verdict.advise("install the newer package", Some(upgrade(facts, name)));
        }
        (_, None) => {
            verdict.row("update", State::Unknown, "apt has no package lists");
            verdict.advise("fetch the package lists, then look again", refresh());
        }
        (_, Some(age)) if age > STALE => {
            verdict.row(
                "update",
                State::Unknown,
                format!("apt's package lists are {age} days old"),
            );
            verdict.advise("fetch the package lists, then look again", refresh());
        }
        (None, Some(_)) => verdict.row(
            "update",
            State::Unknown,
            format!("apt's package lists do not have {name}"),
        ),
        (Some(_), Some(age)) => verdict.row(
            "update",
            State::Ok,
            format!("apt knows of nothing newer (lists {age} days old)"),
        ),
    }
}
