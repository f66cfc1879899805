//! Which versions of OpenSSL have which fixes. Judged by distribution and package version, never by the letter of
//! the upstream version: a distribution mends without changing it.

use std::cmp::Ordering;

use crate::cert::Time;
use crate::host::dpkg::compare;

/// The day of the tables below.
pub const AS_OF: &str = "2026-09-29";

/// One fix of Ubuntu's OpenSSL packages.
#[derive(Debug, PartialEq, Eq)]
pub struct Fix {
    /// The CVE, or the first of those mended together.
    pub cve: &'static str,
    /// Ubuntu's notice.
    pub notice: &'static str,
    /// Whether OpenSSL calls it high.
    pub high: bool,
    /// The source version that mends it, by how versions of the release begin; absent where it is not affected.
    pub mended: &'static [&'static str],
}

/// From Ubuntu's security notices (OSV files) up to [`AS_OF`].
pub const FIXES: &[Fix] = &[
    Fix {
        cve: "CVE-2021-3449",
        notice: "USN-4891-1",
        high: true,
        mended: &["1.1.1-1ubuntu2.1~18.04.9", "1.1.1f-1ubuntu2.3"],
    },
    Fix {
        cve: "CVE-2022-0778",
        notice: "USN-5328-1",
        high: true,
        mended: &["1.1.1-1ubuntu2.1~18.04.15", "1.1.1f-1ubuntu2.12"],
    },
    Fix {
        cve: "CVE-2022-3602",
        notice: "USN-5710-1",
        high: true,
        mended: &["3.0.2-0ubuntu1.7"],
    },
    Fix {
        cve: "CVE-2023-0286",
        notice: "USN-5844-1",
        high: true,
        mended: &[
            "1.1.1-1ubuntu2.1~18.04.21",
            "1.1.1f-1ubuntu2.17",
            "3.0.2-0ubuntu1.8",
        ],
    },
    Fix {
        cve: "CVE-2023-3446",
        notice: "USN-6435-1",
        high: false,
        mended: &[
            "1.1.1-1ubuntu2.1~18.04.23+esm3",
            "1.1.1f-1ubuntu2.20",
            "3.0.2-0ubuntu1.12",
        ],
    },
    Fix {
        cve: "CVE-2024-5535",
        notice: "USN-6937-1",
        high: false,
        mended: &[
            "1.1.1f-1ubuntu2.23",
            "3.0.2-0ubuntu1.17",
            "3.0.13-0ubuntu3.2",
        ],
    },
    Fix {
        cve: "CVE-2025-9230",
        notice: "USN-7786-1",
        high: false,
        mended: &[
            "1.1.1-1ubuntu2.1~18.04.23+esm6",
            "1.1.1f-1ubuntu2.24+esm1",
            "3.0.2-0ubuntu1.20",
            "3.0.13-0ubuntu3.6",
        ],
    },
    Fix {
        cve: "CVE-2025-15467",
        notice: "USN-7980-1",
        high: true,
        mended: &["3.0.2-0ubuntu1.21", "3.0.13-0ubuntu3.7"],
    },
    Fix {
        cve: "CVE-2026-45447",
        notice: "USN-8414-1",
        high: true,
        mended: &[
            "1.1.1-1ubuntu2.1~18.04.23+esm9",
            "1.1.1f-1ubuntu2.24+esm4",
            "3.0.2-0ubuntu1.25",
            "3.0.13-0ubuntu3.11",
        ],
    },
    Fix {
        cve: "CVE-2026-63072",
        notice: "USN-8678-1",
        high: false,
        mended: &[
            "1.1.1-1ubuntu2.1~18.04.23+esm10",
            "1.1.1f-1ubuntu2.24+esm5",
            "3.0.2-0ubuntu1.29",
            "3.0.13-0ubuntu3.15",
            "3.5.5-1ubuntu3.4",
        ],
    },
    Fix {
        cve: "CVE-2026-84782",
        notice: "USN-8847-1",
        high: true,
        mended: &[
            "3.0.2-0ubuntu1.30",
            "3.0.13-0ubuntu3.16",
            "3.5.5-1ubuntu3.6",
        ],
    },
];

/// How the versions of Ubuntu's releases begin.
const FAMILIES: [&str; 5] = [
    "1.1.1-1ubuntu2.1~18.04.",
    "1.1.1f-1ubuntu2.",
    "3.0.2-0ubuntu1.",
    "3.0.13-0ubuntu3.",
    "3.5.5-1ubuntu3.",
];

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
    let of_family =
        |family: &&&str| version.starts_with(**family) || version == family.trim_end_matches('.');
    let Some(family) = FAMILIES.iter().find(of_family) else {
        return Standing::Unknown;
    };
    let missing = |fix: &'static Fix| {
        let mended = fix
            .mended
            .iter()
            .find(|mended| mended.starts_with(family))?;
        (compare(version, mended) == Ordering::Less).then_some((fix, *mended))
    };
    let missing: Vec<_> = FIXES.iter().filter_map(missing).collect();
    if missing.is_empty() {
        Standing::Good
    } else {
        Standing::Missing(missing)
    }
}

/// Until when OpenSSL itself mends a branch: the last day of the month or day published.
const BRANCHES: [(&str, &str); 12] = [
    ("0.9.8", "2015-12-31"),
    ("1.0.0", "2015-12-31"),
    ("1.0.1", "2016-12-31"),
    ("1.0.2", "2019-12-31"),
    ("1.1.0", "2019-09-11"),
    ("1.1.1", "2023-09-11"),
    ("3.0", "2026-09-07"),
    ("3.1", "2025-03-14"),
    ("3.2", "2025-11-23"),
    ("3.3", "2026-04-09"),
    ("3.4", "2026-10-22"),
    ("3.6", "2026-11-01"),
];

/// The end of OpenSSL's own support of a branch; `None` where it is supported or not known.
pub fn upstream_end(branch: &str) -> Option<Time> {
    let known = BRANCHES
        .iter()
        .chain(&[("3.5", "2030-04-08"), ("4.0", "2027-05-14")]);
    let (_, day) = known.into_iter().find(|(name, _)| *name == branch)?;
    format!("{day}T23:59:59Z").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(version: &str) -> Vec<&'static str> {
        match standing(version) {
            Standing::Missing(fixes) => fixes.iter().map(|(fix, _)| fix.cve).collect(),
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
