//! Rules about the release and its packages.

use super::facts::Facts;
use super::versions::{self, Standing};
use super::{Family, Hit, Rule, Severity};
use crate::cert::Time;
use crate::data;
use crate::host::dpkg::{Package, STATUS, compare};
use crate::host::release::{Distribution, Life};

/// Packages whose updates concern trust and TLS.
pub const WATCHED: [&str; 9] = [
    "libssl3t64",
    "libssl3",
    "libssl1.1",
    "libssl1.0.0",
    "openssl",
    "ca-certificates",
    "ca-certificates-java",
    "libgnutls30t64",
    "libgnutls30",
];
/// Package lists older than this tell nothing.
const STALE_DAYS: i64 = 14;
/// The end of support is announced so long before.
const ENDING_DAYS: i64 = 90;

/// The rules about packages.
pub const RULES: &[Rule] = &[
    Rule {
        id: "release-ended",
        severity: Severity::Warning,
        family: Family::Tls,
        title: "a release without free security updates",
        explanation: "The time in which this release of the distribution gets security updates without a subscription is over. Fixes for OpenSSL and updates of \
                      the list of CAs come only with a paid or registered service (Ubuntu Pro, Debian ELTS), or not at all.",
        remedy: "upgrade to a supported release, or attach the extended service: `pro attach` on Ubuntu",
        reference: "distro-info-data",
        check: release_ended,
    },
    Rule {
        id: "release-ending",
        severity: Severity::Note,
        family: Family::Tls,
        title: "a release whose ordinary support has ended or ends soon",
        explanation: "The release still gets security updates, but from a smaller team (Debian LTS), or only for some weeks more.",
        remedy: "plan the upgrade to the next release",
        reference: "distro-info-data",
        check: release_ending,
    },
    Rule {
        id: "openssl-fix-missing",
        severity: Severity::Warning,
        family: Family::Tls,
        title: "an OpenSSL library without published security fixes",
        explanation: "The installed package of the library is older than the version in which Ubuntu fixed the CVEs named. The comparison is by package \
                      version within the release, never by the upstream letter: a fully patched Ubuntu 20.04 says 1.1.1f for ever.",
        remedy: "run `apt-get update && apt-get install --only-upgrade openssl`",
        reference: "Ubuntu security notices",
        check: fix_missing,
    },
    Rule {
        id: "openssl-fips-build",
        severity: Severity::Note,
        family: Family::Tls,
        title: "a FIPS build of OpenSSL that cannot be compared",
        explanation: "Versions of FIPS builds sort above all others without having their fixes. The service `fips` is frozen, `fips-updates` is patched.",
        remedy: "check with `pro status` that `fips-updates` is enabled rather than `fips`",
        reference: "Ubuntu Pro client; OSV data of CVE-2026-45447",
        check: fips_build,
    },
    Rule {
        id: "package-outdated",
        severity: Severity::Warning,
        family: Family::Tls,
        title: "a package for which an update is waiting",
        explanation: "apt's lists have a newer version of a package that trust and TLS rest on. For ca-certificates this can mean CAs that were taken out \
                      for cause are still trusted here.",
        remedy: "run `apt-get install --only-upgrade PACKAGE`",
        reference: "apt-get(8)",
        check: outdated,
    },
    Rule {
        id: "package-lists-stale",
        severity: Severity::Note,
        family: Family::Tls,
        title: "package lists that are too old to tell",
        explanation: "apt has not fetched its lists for some time, so nobody on this host knows of newer security updates.",
        remedy: "run `apt-get update`",
        reference: "apt-get(8)",
        check: lists_stale,
    },
];

fn day(time: Time) -> String {
    time.to_string().chars().take(10).collect()
}

fn called(life: &Life) -> String {
    format!(
        "{} {} ({})",
        life.distribution.name(),
        life.version,
        life.series
    )
}

fn release(life: &Life, evidence: String) -> Hit {
    Hit::at("/etc/os-release", evidence).name(called(life))
}

fn about(package: &Package, evidence: String) -> Hit {
    Hit::at(STATUS, evidence).name(&package.name)
}

/// The last day on which everybody gets fixes: Debian's LTS is free, Ubuntu's ESM wants a subscription.
fn free_end(life: &Life) -> Option<Time> {
    match life.distribution {
        Distribution::Debian => life.extended.or(life.standard),
        Distribution::Ubuntu => life.standard,
    }
}

fn release_ended(facts: &Facts) -> Vec<Hit> {
    let Some(life) = &facts.life else {
        return Vec::new();
    };
    let Some(end) = free_end(life).filter(|end| *end < facts.now) else {
        return Vec::new();
    };
    let services = match life.distribution {
        Distribution::Debian => [(life.legacy, "ELTS (paid)"), (None, "")],
        Distribution::Ubuntu => [
            (life.extended, "Ubuntu Pro (ESM)"),
            (life.legacy, "Ubuntu Pro with legacy support"),
        ],
    };
    let served = services.iter().find_map(|(until, name)| {
        until
            .filter(|until| *until >= facts.now)
            .map(|until| (until, name))
    });
    let (rest, remedy) = match (served, life.distribution) {
        (Some((until, name)), Distribution::Ubuntu) => (
            format!("only {name} has fixes, until {}", day(until)),
            "run `pro attach`, or upgrade with `do-release-upgrade`",
        ),
        (Some((until, name)), Distribution::Debian) => (
            format!("only {name} has fixes, until {}", day(until)),
            "upgrade to a supported release of Debian",
        ),
        (None, _) => (
            "no more fixes are published".to_string(),
            "upgrade to a supported release",
        ),
    };
    vec![
        release(
            life,
            format!(
                "free updates ended on {}; {rest} (dates of {} or newer)",
                day(end),
                data::tables().releases.as_of
            ),
        )
        .remedy(remedy),
    ]
}

fn release_ending(facts: &Facts) -> Vec<Hit> {
    let Some(life) = &facts.life else {
        return Vec::new();
    };
    let Some(end) = free_end(life).filter(|end| *end >= facts.now) else {
        return Vec::new();
    };
    let days = facts.now.days_until(end);
    let evidence = match life.standard {
        _ if days < ENDING_DAYS => format!("free updates end on {}, in {days} days", day(end)),
        Some(standard) if standard < facts.now => format!(
            "ordinary support ended on {}, LTS goes on until {}",
            day(standard),
            day(end)
        ),
        _ => return Vec::new(),
    };
    vec![release(life, evidence)]
}

/// The library of a distribution whose versions the table knows.
fn ubuntu_library(facts: &Facts) -> Option<&Package> {
    facts
        .library()
        .filter(|_| facts.release.distribution() == Some(Distribution::Ubuntu))
}

fn fix_missing(facts: &Facts) -> Vec<Hit> {
    let Some(library) = ubuntu_library(facts) else {
        return Vec::new();
    };
    let Standing::Missing(fixes) = versions::standing(&library.source_version) else {
        return Vec::new();
    };
    let Some((_, newest)) = fixes.last().copied() else {
        return Vec::new();
    };
    let names: Vec<String> = fixes
        .iter()
        .map(|(fix, _)| format!("{} ({})", fix.cve, fix.notice))
        .collect();
    let evidence = format!(
        "`{}` {} lacks {}; fixed in {newest}, as of {}",
        library.name,
        library.version,
        names.join(", "),
        versions::as_of()
    );
    let hit = about(library, evidence);
    // What came after the end of free updates is in Ubuntu Pro only.
    let remedy = if newest.contains("+esm") {
        "run `pro attach`, then `apt-get update && apt-get upgrade`, or upgrade the release"
            .to_string()
    } else {
        format!(
            "run `apt-get update && apt-get install --only-upgrade openssl {}`",
            library.name
        )
    };
    vec![hit.remedy(remedy)]
}

fn fips_build(facts: &Facts) -> Vec<Hit> {
    let fips = ubuntu_library(facts)
        .filter(|library| versions::standing(&library.source_version) == Standing::Fips);
    fips.map(|library| about(library, format!("version {}", library.version)))
        .into_iter()
        .collect()
}

fn outdated(facts: &Facts) -> Vec<Hit> {
    if facts.lists.pinned {
        return Vec::new();
    }
    let hit = |package: &Package| {
        let newest = facts.lists.newest(&package.name, &package.architecture)?;
        let newer = compare(&newest.version, &package.version).is_gt();
        let evidence = format!(
            "{} {} is installed, {} is available",
            package.name, package.version, newest.version
        );
        let remedy = format!("run `apt-get install --only-upgrade {}`", package.name);
        newer.then(|| about(package, evidence).remedy(remedy))
    };
    facts
        .packages
        .iter()
        .filter(|package| WATCHED.contains(&package.name.as_str()))
        .filter_map(hit)
        .collect()
}

fn lists_stale(facts: &Facts) -> Vec<Hit> {
    let Some(fetched) = facts.lists.fetched.map(Time) else {
        return Vec::new();
    };
    let days = fetched.days_until(facts.now);
    let hit = || {
        Hit::at(
            crate::host::apt::LISTS,
            format!("fetched at {fetched}, {days} days ago"),
        )
    };
    if days > STALE_DAYS {
        vec![hit()]
    } else {
        Vec::new()
    }
}
