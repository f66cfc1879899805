//! Which versions of OpenSSL have which fixes. Judged by distribution and package version, never by the letter of
//! the upstream version: a distribution fixes without changing it.

use std::cmp::Ordering;

use crate::cert::Time;
use crate::data::{self, Day, Fix};
use crate::host::dpkg::compare;

/// The day of the tables.
pub fn as_of() -> &'static Day {
    &data::tables().openssl.as_of
}

/// What can be said of an installed source version.
#[derive(Debug, PartialEq, Eq)]
pub enum Standing {
    /// These fixes are missing: CVE, and the version that has it.
    Missing(Vec<(&'static Fix, &'static str)>),
    /// Every fix of the table is in.
    Good,
    /// A FIPS build: its versions cannot be compared with the others.
    Fips,
    /// Not one of Ubuntu's versions in the table.
    Unknown,
}

/// Where a source version of Ubuntu's `openssl` stands.
pub fn standing(version: &str) -> Standing {
    if version.to_lowercase().contains("fips") {
        return Standing::Fips;
    }
    // `1.1.1f-1ubuntu2` itself, the version of the release, has no dot behind it.
    let of_family = |family: &&String| {
        version.starts_with(family.as_str()) || version == family.trim_end_matches('.')
    };
    let table = &data::tables().openssl;
    let Some(family) = table.families.iter().find(of_family) else {
        return Standing::Unknown;
    };
    let missing = |fix: &'static Fix| {
        let mut versions = fix.fixed.iter();
        let fixed = versions.find(|fixed| fixed.starts_with(family.as_str()))?;
        (compare(version, fixed) == Ordering::Less).then_some((fix, fixed.as_str()))
    };
    let missing: Vec<_> = table.fixes.iter().filter_map(missing).collect();
    if missing.is_empty() {
        Standing::Good
    } else {
        Standing::Missing(missing)
    }
}

/// The end of OpenSSL's own support of a branch; `None` where it is supported or not known.
pub fn upstream_end(branch: &str) -> Option<Time> {
    let day = data::tables().openssl.branches.get(branch)?;
    day.last_second().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(version: &str) -> Vec<&'static str> {
        match standing(version) {
            Standing::Missing(fixes) => fixes.iter().map(|(fix, _)| fix.cve.as_str()).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn an_up_to_date_release_has_every_fix_whatever_its_upstream_letter() {
        for version in [
            "3.0.2-0ubuntu1.30",
            "3.0.13-0ubuntu3.16",
            "3.5.5-1ubuntu3.6",
            "1.1.1f-1ubuntu2.24+esm5",
            "1.1.1-1ubuntu2.1~18.04.23+esm10",
        ] {
            assert_eq!(standing(version), Standing::Good, "{version}");
        }
    }

    #[test]
    fn focal_without_esm_lacks_only_what_came_after_its_end() {
        assert_eq!(
            missing("1.1.1f-1ubuntu2.24"),
            ["CVE-2025-9230", "CVE-2026-45447", "CVE-2026-63072"]
        );
        assert_eq!(missing("1.1.1f-1ubuntu2.2").first(), Some(&"CVE-2021-3449"));
        assert_eq!(missing("1.1.1f-1ubuntu2").len(), 8);
        assert_eq!(missing("3.0.2-0ubuntu1.29"), ["CVE-2026-84782"]);
    }

    #[test]
    fn fips_builds_and_other_distributions_are_not_compared() {
        assert_eq!(standing("1.1.1f-1ubuntu2.fips.7.1"), Standing::Fips);
        assert_eq!(standing("3.0.2-0ubuntu1.25+Fips1"), Standing::Fips);
        assert_eq!(standing("3.0.20-1~deb12u2"), Standing::Unknown);
    }

    #[test]
    fn branches_end() {
        assert_eq!(
            upstream_end("1.0.2").map(|t| t.to_string()),
            Some("2019-12-31T23:59:59Z".to_string())
        );
        assert_eq!(upstream_end("9.9"), None);
    }
}
